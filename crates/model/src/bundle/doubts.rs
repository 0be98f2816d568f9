//! What to doubt of a model, in sentences: said by the terminal, the card and the page alike.

use serde::Serialize;

use super::{
    AgainstRecord, ColumnReport, RateSource, SplitRule, StrongSignal, Training, UncertaintyRecord,
};
use crate::evaluate::is_another_rate;
use crate::words::{count, percent, plural, shell_list};

/// A reason to stop before a model is used.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "doubt", rename_all = "snake_case")]
pub enum Doubt<'t> {
    /// So many rows repeat an earlier one that copies may stand on both sides of the split.
    Repeats {
        /// Rows that repeat an earlier one.
        repeated: usize,
        /// All rows.
        rows: usize,
    },
    /// Far more rows are held out than was meant, or far fewer.
    HeldOut {
        /// Their share of the rows that are fitted or held out, from 0 to 1.
        share: f64,
        /// Whether the rows are snapshots of leads, which a project takes.
        snapshots: bool,
    },
    /// Signals that tell the outcome very well by themselves.
    Strong {
        /// The signals, at least one.
        signals: &'t [StrongSignal],
    },
    /// Signals that are held against what the data say.
    Against {
        /// The signals, at least one.
        of: &'t AgainstRecord,
    },
    /// The held-out rows are ranked better than any honest model would.
    TooGood {
        /// The signal that moves scores most.
        strongest: &'t str,
        /// Whether copies of rows are a likely cause.
        repeats: bool,
    },
    /// The held-out rows convert at another rate than that which the probabilities were moved to.
    RateMoved {
        /// The rate that was read, or given.
        read: f64,
        /// That of the held-out rows.
        observed: f64,
        /// What the model gives them on average.
        predicted: f64,
    },
    /// The held-out rows are told no better than by the conversion rate.
    NoBetter,
}

/// From this share of rows on that repeat an earlier one, copies make the figures.
const MANY_REPEATS: f64 = 0.1;
/// A fifth is held out; groups can make it a little more or less.
const HELD_OUT: std::ops::RangeInclusive<f64> = 0.05..=0.4;
/// No honest model ranks better.
const TOO_GOOD: f64 = 0.99;

impl Training {
    /// What to doubt, in the order in which it is said.
    pub fn doubts(&self) -> Vec<Doubt<'_>> {
        let (data, split, evaluation) = (&self.data, &self.split, &self.evaluation);
        // Rows of one lead or account stand on one side of the split, and so do rows of one time.
        let noted = |note| self.columns.iter().any(|column| column.is_noted(note));
        let together = noted(ColumnReport::ID)
            || noted(ColumnReport::ACCOUNT)
            || self.snapshots.is_some()
            || matches!(&split.rule, SplitRule::Newest { by, .. } if by != "@row");
        let many = data.repeated as f64 >= MANY_REPEATS * data.rows.max(1) as f64;
        let repeats = many && data.repeated > 0 && !together;
        let share =
            split.held_out_rows as f64 / (split.held_out_rows + split.training_rows).max(1) as f64;
        let strong = self.leakage.as_ref().map_or(&[][..], |found| &found.strong);
        let of_figures = if evaluation.auc.is_some_and(|auc| auc.value > TOO_GOOD) {
            let strongest = self.signals.first().map_or("", |signal| signal.signal.as_str());
            Some(Doubt::TooGood { strongest, repeats })
        } else if evaluation.auc.is_none_or(|auc| auc.low <= 0.5)
            || evaluation.log_loss >= evaluation.base_log_loss
        {
            Some(Doubt::NoBetter)
        } else {
            None
        };
        [
            repeats.then_some(Doubt::Repeats { repeated: data.repeated, rows: data.rows }),
            (!HELD_OUT.contains(&share))
                .then_some(Doubt::HeldOut { share, snapshots: self.snapshots.is_some() }),
            (!strong.is_empty()).then_some(Doubt::Strong { signals: strong }),
            self.against.as_ref().map(|of| Doubt::Against { of }),
            self.rate_moved(),
            of_figures,
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Training {
    /// Where the newest rows convert at another rate than what the model gives them, by the rate that was read from those
    /// before them.
    fn rate_moved(&self) -> Option<Doubt<'_>> {
        let moved = self.base_rate.as_ref().filter(|of| of.from == RateSource::Newest)?;
        let bins = &self.evaluation.calibration.bins;
        let rows = bins.iter().map(|bin| bin.count).sum::<usize>() as f64;
        let sum: f64 = bins.iter().map(|bin| bin.count as f64 * bin.mean_score).sum();
        let (observed, predicted) = (self.evaluation.base_rate, sum / rows);
        let error = (predicted * (1.0 - predicted) / rows).sqrt();
        let read = moved.evaluated.population;
        let found = Doubt::RateMoved { read, observed, predicted };
        is_another_rate(observed, predicted, error).then_some(found)
    }
}

impl Doubt<'_> {
    /// In words for people; `name` shows a name as it is to be shown.
    pub fn in_words(&self, name: impl Fn(&str) -> String) -> String {
        match self {
            Doubt::Repeats { repeated, rows } => format!(
                "{} of {} rows repeat an earlier one in every cell. Unless leads are alike by chance, \
                 copies stand on both sides of the split, and the figures are better than they will be \
                 for new leads. Remove the copies, or name the column that says whose rows they are with \
                 --id or --account.",
                count(*repeated),
                count(*rows)
            ),
            Doubt::HeldOut { share, snapshots } => format!(
                "{} of the rows are held out, where a fifth is meant: one lead or account has many of \
                 them, or many have one time, and these stay together. The figures are those of {} few \
                 rows; {} better.",
                percent(*share),
                if share > HELD_OUT.end() { "a model fitted to" } else { "very" },
                if *snapshots {
                    "moments that lie closer together, or no account, split"
                } else {
                    "another --account, --id or --time, or none, splits"
                }
            ),
            Doubt::Strong { signals } => strong_in_words(signals, name),
            Doubt::Against { of } => {
                let each = of.signals.iter().map(|of| {
                    let other = if of.increasing { "falls" } else { "rises" };
                    format!("{} is held {}, and {other} by the data", name(&of.signal), of.word())
                });
                let one = of.signals.len() == 1;
                format!(
                    "{}: what is left of {} is about nothing. The log loss of the held-out rows is {:.4}, and \
                     {:.4} without any order. Turn the order, or leave it away; or --drop {}.",
                    each.collect::<Vec<_>>().join("; "),
                    if one { "it" } else { "them" },
                    of.log_loss,
                    of.without,
                    if one { "the signal" } else { "the signals" }
                )
            }
            Doubt::RateMoved { read, observed, predicted } => format!(
                "The held-out rows convert at {}, and the model gives them {} on average: the rate moved on after \
                 the rows that {} was read from. Trust the order of leads more than the probabilities, or give \
                 the rate with --base-rate.",
                percent(*observed),
                percent(*predicted),
                percent(*read)
            ),
            Doubt::TooGood { strongest, repeats: false } => format!(
                "This is too good to be true. A column was probably filled in after the outcome was \
                 known; look at {} first, and --drop what a new lead cannot have.",
                name(strongest)
            ),
            Doubt::TooGood { strongest, repeats: true } => format!(
                "This is too good to be true. The copies of rows on both sides of the split are a likely \
                 cause: remove them first. Or a column was filled in after the outcome was known; look \
                 at {} then, and --drop what a new lead cannot have.",
                name(strongest)
            ),
            Doubt::NoBetter => {
                "On the held-out rows this model is no better than giving every lead the same \
                 probability; its ranking and its bands say little."
                    .to_owned()
            }
        }
    }
}

/// So many rows that repeat, as the subject of a sentence goes with its verb.
pub fn repeats(rows: usize) -> String {
    format!("{} repeat{}", plural(rows, "row"), if rows == 1 { "s" } else { "" })
}

/// What tells the outcome very well by itself.
fn strong_in_words(found: &[StrongSignal], name: impl Fn(&str) -> String) -> String {
    let one = |signal: &StrongSignal| match (&signal.value, signal.auc) {
        (Some((value, rate)), _) => format!(
            "{} ({} convert, {} at least)",
            name(&format!("{} = {value}", signal.signal)),
            percent(rate.value),
            percent(rate.low)
        ),
        (None, Some(auc)) => {
            let (signal, at) = (name(&signal.signal), auc.value);
            format!("{signal} (AUC {at:.2}, {:.2}-{:.2})", auc.low, auc.high)
        }
        (None, None) => name(&signal.signal),
    };
    let all: Vec<&str> = found.iter().map(|signal| signal.signal.as_str()).collect();
    format!(
        "{} the outcome very well alone: {}. That is strength and no evidence, so the model uses {}. \
         What is known only after the outcome must go: {}. --keep says that it is known before.",
        if found.len() == 1 {
            "One signal tells".to_owned()
        } else {
            format!("{} tell", plural(found.len(), "signal"))
        },
        found.iter().map(one).collect::<Vec<_>>().join(", "),
        if found.len() == 1 { "it" } else { "them" },
        name(&format!("--drop {}", shell_list(all)))
    )
}

impl UncertaintyRecord {
    /// In words for people; `conversions` are those of the data.
    pub fn in_words(&self, conversions: usize) -> String {
        let wide = format!(
            "How sure: the 95 % intervals of probabilities are {:.1} points wide on average (predict \
             --intervals).",
            100.0 * self.mean_width
        );
        match self.halved_at {
            Some(at) => format!(
                "{wide} Half as wide would take at least {}, and more where more rows let curves be finer; there {} {}.",
                plural(at, "conversion"),
                if conversions == 1 { "is" } else { "are" },
                count(conversions)
            ),
            None => wide,
        }
    }
}
