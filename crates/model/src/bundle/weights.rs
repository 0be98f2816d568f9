//! How often rows counted in training.

use serde::{Deserialize, Serialize};

use crate::words::{count, percent, plural};

/// How often rows count, by a column of the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeightsRecord {
    /// The column.
    pub column: String,
    /// Rows with an outcome that weigh 0, left out.
    pub zero: usize,
    /// The least weight of the others.
    pub least: f64,
    /// The largest.
    pub most: f64,
    /// What they count for together.
    pub sum: f64,
    /// What those of them count for that converted.
    pub converted: f64,
    /// As many rows of equal weight would say as much (L. Kish, Survey Sampling, 1965, section 11.7).
    pub effective: f64,
}

impl WeightsRecord {
    /// Rows that weigh less than this on average are held as if they were hardly there.
    const LIGHT: f64 = 0.1;

    /// In sentences; `column` is how its name is written, `rows` are those that weigh something.
    pub fn in_words(&self, column: &str, rows: usize) -> String {
        let zero = match self.zero {
            0 => String::new(),
            rows => format!("; {} of weight 0 left out", plural(rows, "row")),
        };
        let mean = self.sum / rows.max(1) as f64;
        let scale = if mean < Self::LIGHT {
            format!(
                " They weigh {} on average, so that the model takes them for few and trusts them little: \
                 where the weights are shares, multiply them so that a row like any other weighs 1.",
                short(mean)
            )
        } else {
            String::new()
        };
        format!(
            "Weighted by {column}: {} count for {} ({} to {} each), of which {} converted{zero}. Of a rate \
             they say as much as {} of equal weight.{scale}",
            plural(rows, "row"),
            short(self.sum),
            short(self.least),
            short(self.most),
            percent(self.converted / self.sum),
            plural(self.effective.round() as usize, "row"),
        )
    }
}

/// A number in few digits.
fn short(number: f64) -> String {
    match number {
        number if number >= 1e4 || (number >= 1.0 && number.fract() == 0.0) => {
            count(number.round() as usize)
        }
        number if number >= 0.01 => {
            let text = format!("{number:.2}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        number => format!("{number:.1e}"),
    }
}
