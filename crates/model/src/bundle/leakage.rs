//! What the leakage guard found: columns that are known only after the outcome, on what evidence,
//! and what they would have made of the figures.

use serde::{Deserialize, Serialize};

use crate::evaluate::{Auc, Interval};

/// What the leakage guard found. It looks at the training part alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LeakageRecord {
    /// What was counted: `rows` of a flat table, or `leads`, each once, by what became of it in the
    /// end.
    pub counted: String,
    /// How many of them there are.
    pub of: ClassCounts,
    /// Columns with evidence that they are known only after the outcome, in file order.
    #[serde(default)]
    pub columns: Vec<LeakingColumn>,
    /// The AUC on the held-out rows of a model that has all columns that were set aside too.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub claimed: Option<Auc>,
    /// Signals that tell the outcome very well by themselves. That is no evidence, so the model uses
    /// them.
    #[serde(default)]
    pub strong: Vec<StrongSignal>,
}

impl LeakageRecord {
    /// The columns that were set aside.
    pub fn set_aside(&self) -> impl Iterator<Item = &LeakingColumn> {
        self.columns.iter().filter(|column| column.action == LeakAction::SetAside)
    }
}

/// So many that converted, and so many that did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassCounts {
    /// That converted.
    pub converted: usize,
    /// That did not.
    pub others: usize,
}

impl ClassCounts {
    /// Counts one more.
    pub fn add(&mut self, converted: bool) {
        self.converted += usize::from(converted);
        self.others += usize::from(!converted);
    }

    /// Counts others too.
    pub fn add_all(&mut self, more: Self) {
        self.converted += more.converted;
        self.others += more.others;
    }

    /// Of both classes.
    pub fn total(self) -> usize {
        self.converted + self.others
    }

    /// Of one class.
    pub fn of(self, converted: bool) -> usize {
        if converted { self.converted } else { self.others }
    }
}

/// A column with evidence that it is known only after the outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeakingColumn {
    /// The column.
    pub column: String,
    /// What was done with it.
    pub action: LeakAction,
    /// The signals that read it, and that the model would use or does use.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub signals: Vec<String>,
    /// The evidence, at least one piece.
    pub evidence: Vec<LeakEvidence>,
    /// The AUC of the best of its signals alone, on the training rows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub auc: Option<Auc>,
}

/// What was done with a column that leaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeakAction {
    /// No signal that reads it is an input of the model.
    SetAside,
    /// It is used all the same, as the user said.
    Kept,
    /// No input reads it anyway: it was dropped, or it is an identifier, or a date without a moment.
    NotUsed,
}

/// A piece of evidence. A value is named only where it is frequent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "evidence", rename_all = "snake_case")]
pub enum LeakEvidence {
    /// It is filled for one class only, or nearly so.
    OneClass {
        /// Where it is filled.
        filled: ClassCounts,
        /// A value that counts as not filled: the `0` of who has none.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        blank: Option<String>,
    },
    /// It names the result, and goes with it.
    NamesResult {
        /// The word that names the result: of the value where there is one, else of the column's
        /// name. `None` where the values go with the result one to one, whatever their names.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        word: Option<String>,
        /// The value that names the result.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        value: Option<String>,
        /// Where it has that value; where there is none, where it is filled, or has one of the values
        /// that go with converting.
        found: ClassCounts,
    },
    /// Its dates lie after what they should have helped to foretell.
    Timing {
        /// After what.
        after: AfterWhat,
        /// Dates that do.
        later: ClassCounts,
        /// Dates that are there.
        dated: ClassCounts,
    },
}

/// What a date lies after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterWhat {
    /// At or after the day of the conversion, or, of who did not convert, of the closing.
    Outcome,
    /// After the moment of the row.
    Moment,
}

/// A signal that tells the outcome very well by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StrongSignal {
    /// The signal.
    pub signal: String,
    /// How well it ranks the training rows: a number as it is, or, where that is better, by the
    /// conversion rates of its values, those of one half of the rows for the other.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub auc: Option<Auc>,
    /// The value that nearly always converts, and how often; `None` where the signal as a whole is
    /// strong.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<(String, Interval)>,
}
