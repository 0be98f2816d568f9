//! How a model was made: plain data, written into the bundle and printed by `train --json`.

use leadscore_features::Time;
use leadscore_features::events::{FilterCounts, Span};
use serde::{Deserialize, Serialize};

use super::{
    AgainstRecord, LeakageRecord, MonotoneRecord, ProbabilityBands, TowardsRecord, WeightsRecord,
};
use crate::evaluate::{CalibrationSlope, Evaluation, Interval, TopShare};
use crate::words::{count, plural};
use crate::{BaseRate, Recalibration};

/// How a model was made and what it reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// The version of leadscore that trained it.
    pub leadscore: String,
    /// The data.
    pub data: DataRecord,
    /// The outcome.
    pub target: TargetRecord,
    /// The columns, in file order: what each was taken for, and whether the model uses it.
    pub columns: Vec<ColumnReport>,
    /// The split into training and held-out rows.
    pub split: SplitRecord,
    /// The seed of whatever is drawn: the random split, folds, samples of rows. 0 too in bundles from
    /// before it was kept.
    #[serde(skip_serializing_if = "is_no_seed", default)]
    pub seed: u64,
    /// The penalty, and how it was chosen.
    pub penalty: PenaltyRecord,
    /// What was learnt of the shape of signals; `None` for a plain model.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shape: Option<ShapeRecord>,
    /// The fit of the evaluated model.
    pub evaluated_fit: SolverRecord,
    /// The fit of the served model.
    pub served_fit: SolverRecord,
    /// What the evaluated model reached on the held-out rows.
    pub evaluation: Evaluation,
    /// What the recipe reached on folds of the training rows; `None` where that was not asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub folds: Option<FoldsRecord>,
    /// What was found of a recalibration; `None` without folds to judge it on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recalibration: Option<RecalibrationRecord>,
    /// The base rate that the evaluated model's probabilities were moved to, where one was given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub base_rate: Option<BaseRateRecord>,
    /// The signals that the model does not use, as they say what another says, by the training rows.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub copies: Vec<CopyRecord>,
    /// The signals along which the model must rise, or fall.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub monotone: Vec<MonotoneRecord>,
    /// The signals that are held against what the data say, and what that costs; `None` where none is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub against: Option<AgainstRecord>,
    /// The rule set whose points the model leans on, where it does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub towards: Option<TowardsRecord>,
    /// What rule sets reach on the same held-out rows.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub rule_sets: Vec<RuleSetRecord>,
    /// How far every signal has drifted from the training rows to the newest, the most drifted first;
    /// `None` where rows are not held out by time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub drift: Option<Vec<SignalDrift>>,
    /// How much each signal moves the held-out scores, the strongest first.
    pub signals: Vec<SignalStrength>,
    /// How snapshots were made of leads and events; `None` for a flat table.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub snapshots: Option<SnapshotRecord>,
    /// What leaving sensitive attributes out would cost, where there are any.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sensitive: Option<SensitiveRecord>,
    /// What the leakage guard found; `None` in bundles from before there was one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub leakage: Option<LeakageRecord>,
    /// How sure the served model's probabilities are; `None` in bundles from before format 4.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub uncertainty: Option<UncertaintyRecord>,
    /// Set when the newest rows convert at another rate than the ones before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub base_rate_shift: Option<BaseRateShift>,
    /// The bands of the evaluated model, where they are other ones than those that are served: where rows are
    /// held out by time, the served model has learnt from newer rows, and gives other probabilities.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub evaluated_bands: Option<ProbabilityBands>,
}

/// The data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataRecord {
    /// The file's name, without its folder.
    pub file: String,
    /// The BLAKE3 hash of the file.
    pub blake3: String,
    /// Data rows in the file.
    pub rows: usize,
    /// Rows with neither the positive nor the negative value, or with a weight of 0, left out.
    pub left_out: usize,
    /// Rows that repeat an earlier row.
    pub repeated: usize,
    /// How often rows count; `None` where each counts once.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weights: Option<WeightsRecord>,
}

impl DataRecord {
    /// Rows with neither the positive nor the negative value.
    pub fn of_other_outcomes(&self) -> usize {
        self.left_out - self.weights.as_ref().map_or(0, |weights| weights.zero.min(self.left_out))
    }
}

/// The outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetRecord {
    /// Its column.
    pub column: String,
    /// The value that means converted.
    pub positive: String,
    /// The value that means not converted.
    pub negative: String,
    /// Rows that converted.
    pub conversions: usize,
}

impl TargetRecord {
    /// The outcome that a value means, without case; `None` for any other value. Where the two
    /// values differ in case alone, case counts.
    pub fn outcome(&self, value: &str) -> Option<bool> {
        let value = value.trim();
        if value == self.positive {
            return Some(true);
        }
        if value == self.negative {
            return Some(false);
        }
        let lower = value.to_lowercase();
        match (lower == self.positive.to_lowercase(), lower == self.negative.to_lowercase()) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        }
    }
}

/// What a column was taken for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnReport {
    /// The column.
    pub name: String,
    /// Its kind, in one word.
    pub kind: String,
    /// Share of rows with a value, from 0 to 1.
    pub filled: f64,
    /// Distinct values, where they were counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub distinct: Option<usize>,
    /// Whether the model uses it.
    pub used: bool,
    /// What else should be known: why it is not used, what stood for missing, what looks odd.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
}

impl ColumnReport {
    /// The note of the column of the lead's id.
    pub const ID: &str = "the lead's id";
    /// The note of the column of the account.
    pub const ACCOUNT: &str = "the account";
    /// The note of a column that the trainer dropped.
    pub const DROPPED: &str = "dropped as you said";
    /// The note of a column that looks like an identifier and that the trainer kept.
    pub const KEPT: &str = "kept as you said";
    /// The note of a column whose values the trainer said are codes.
    pub const CODES: &str = "as you said";

    /// Whether it has a note.
    pub fn is_noted(&self, note: &str) -> bool {
        self.notes.iter().any(|found| found == note)
    }
}

/// How held-out rows were chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum SplitRule {
    /// The newest rows by a column, or by row order.
    Newest {
        /// The column, or `@row`.
        by: String,
        /// The first held-out moment, or row.
        from: String,
    },
    /// At random within each class.
    Stratified {
        /// The seed.
        seed: u64,
    },
}

/// The split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitRecord {
    /// How the rows were chosen.
    #[serde(flatten)]
    pub rule: SplitRule,
    /// Rows fitted by the evaluated model.
    pub training_rows: usize,
    /// Of them, converted.
    pub training_conversions: usize,
    /// Rows held out.
    pub held_out_rows: usize,
    /// Of them, converted.
    pub held_out_conversions: usize,
    /// Older rows of leads (or accounts) that also stand among the newest; in neither part.
    pub straddling_rows: usize,
    /// Older rows less than one horizon before the held-out part; in neither part.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub gap_rows: usize,
    /// The older half of the newest rows where `--base-rate newest` reads the rate there; in neither
    /// part.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub rate_rows: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn is_no_seed(seed: &u64) -> bool {
    *seed == 0
}

/// How snapshots were made of leads and events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SnapshotRecord {
    /// The moments, as the project says.
    pub at: String,
    /// How long after a moment a conversion counts.
    pub horizon: Span,
    /// The last moment of which outcomes are known.
    pub observed_until: Time,
    /// Leads.
    pub leads: usize,
    /// What was left out, by reason.
    pub left_out: LeftOut,
    /// Events, each lead's at its last snapshot: those kept, and what the cut and each filter
    /// took.
    pub events: FilterCounts,
    /// Attributes of which only today's value is known, so that the past may have been other.
    pub static_attributes: Vec<String>,
    /// How old the oldest lead was at its snapshot, in days since it came to be; `None` where no lead says when, and in
    /// bundles from before it was kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub oldest: Option<f64>,
    /// Attributes whose history tells nothing of many snapshots.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub untold: Vec<Untold>,
    /// The kinds of events that were learnt from, in order, without those of fewer than
    /// [`SnapshotRecord::LEAST_EVENTS`]. `None` where no signal counts events of any kind, where there are more than
    /// [`SnapshotRecord::MOST_KINDS`], and in bundles from before they were kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kinds: Option<Vec<String>>,
}

impl SnapshotRecord {
    /// Kinds of fewer events are not kept: a bundle holds no rare values.
    pub const LEAST_EVENTS: u64 = 10;
    /// Where there are more kinds, they are no kinds but texts of their own.
    pub const MOST_KINDS: usize = 1_000;

    /// Keeps the kinds of the events, each with how many there were.
    pub fn keep_kinds<'k>(&mut self, kinds: impl Iterator<Item = (&'k String, &'k u64)>) {
        let kept: Vec<String> = kinds
            .filter(|(_, events)| **events >= Self::LEAST_EVENTS)
            .map(|(kind, _)| kind.clone())
            .take(Self::MOST_KINDS + 1)
            .collect();
        self.kinds = (kept.len() <= Self::MOST_KINDS).then_some(kept);
    }

    /// From how many days on a lead is older than the model can know of: twice the oldest that it learnt from, and a
    /// day.
    pub fn too_old(&self) -> Option<f64> {
        self.oldest.map(|oldest| 2.0 * oldest.max(0.0) + 1.0)
    }
}

/// An attribute whose history, in the log of events, tells nothing of many snapshots although their leads have a value
/// today (it is missing there, as today's value would look ahead), or sets what cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Untold {
    /// The attribute.
    pub attribute: String,
    /// Snapshots that it tells nothing of; 0 where they are few.
    pub snapshots: usize,
    /// Snapshots of which the last value that was set cannot be read.
    pub unread: usize,
    /// All snapshots.
    pub of: usize,
}

impl Untold {
    /// Up to this share of the snapshots nothing is said: some leads are older than any log.
    const LITTLE: f64 = 0.05;

    /// What there is to tell, of so many snapshots that are untold and unread; `None` where it is little.
    pub fn new(attribute: &str, (untold, unread): (usize, usize), of: usize) -> Option<Self> {
        let many = untold as f64 > Self::LITTLE * of as f64;
        (many || unread > 0).then(|| Self {
            attribute: attribute.to_owned(),
            snapshots: if many { untold } else { 0 },
            unread,
            of,
        })
    }

    /// In words for people.
    pub fn in_words(&self) -> String {
        let of = plural(self.of, "snapshot");
        let untold = (self.snapshots > 0).then(|| {
            format!(
                "tells nothing of {} of {of}, whose leads have a value today: it is missing there. Let the log set \
                 every attribute when a lead comes to be, or take it out of attributes in [events.history]",
                count(self.snapshots)
            )
        });
        let unread = (self.unread > 0).then(|| {
            format!(
                "sets what cannot be read as the values of its column are, in {} of {of}: it is missing there. \
                 Correct those events",
                count(self.unread)
            )
        });
        let said: Vec<String> = [untold, unread].into_iter().flatten().collect();
        format!("the history of {:?} {}", self.attribute, said.join("; it "))
    }
}

/// Snapshots that were left out, by reason. Of snapshots that are taken again and again while a lead is
/// open, that after its end alone counts as left out for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The lead had converted by then.
    pub converted: usize,
    /// The lead had been closed by then.
    pub closed: usize,
    /// The horizon is not over at `observed_until`.
    pub horizon_open: usize,
    /// Of those, leads that have converted within it already: to keep them and not the others
    /// would count conversions more often than they are.
    pub horizon_open_converted: usize,
    /// The lead did not exist then.
    pub not_created: usize,
    /// Leads without a creation time, where the moment counts from it.
    pub without_created: usize,
}

impl LeftOut {
    /// What to change in `[snapshots]`, by why most were left out; `None` where none was.
    pub fn advice(&self) -> Option<&'static str> {
        let advice = [
            (
                self.horizon_open,
                "most end after observed_until; in [snapshots] write a shorter horizon or earlier moments \
                 (at), or take files of a longer time",
            ),
            (
                self.converted + self.closed,
                "most leads had converted or been closed by then; in [snapshots] write earlier moments (at)",
            ),
            (
                self.not_created,
                "most leads did not exist then; in [snapshots] write later moments (at), or at an age: \
                 \"created + 14d\"",
            ),
            (self.without_created, "most leads have no creation time; name its column in [leads]"),
        ];
        let most = advice.into_iter().rev().max_by_key(|(count, _)| *count)?;
        (most.0 > 0).then_some(most.1)
    }

    /// All snapshots left out.
    pub fn total(&self) -> usize {
        self.converted + self.closed + self.horizon_open + self.not_created + self.without_created
    }
}

/// What leaving sensitive attributes out would cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SensitiveRecord {
    /// The attributes that the model uses.
    pub columns: Vec<SensitiveColumn>,
    /// What a model without them reaches on the held-out rows.
    pub without: Evaluation,
}

/// A column that holds something sensitive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensitiveColumn {
    /// The column.
    pub name: String,
    /// What it holds, and by what that was recognised.
    pub why: String,
}

/// What was learnt of the shape of signals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShapeRecord {
    /// Training rows that it was learnt from: all, or so many drawn.
    pub rows: usize,
    /// Pairs of signals that were looked at.
    pub pairs_looked_at: usize,
    /// Numbers that are cut finely, as the outcome hangs on exact values.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub fine: Vec<String>,
    /// Categories of so many levels that those without a slot of their own are told by their rates.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub by_rate: Vec<String>,
    /// Signals that the model does not use: there are too many to fit together, and these say least.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub left_out: Vec<String>,
    /// The tables: one for each signal, then one for each pair that was kept.
    pub tables: Vec<TableRecord>,
}

/// A signal that the model does not use, as it says what another says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyRecord {
    /// The signal.
    pub signal: String,
    /// The one that is used.
    pub of: String,
}

/// A table of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableRecord {
    /// Its signal, or its two.
    pub signals: Vec<String>,
    /// Its effective degrees of freedom: how much of it the data decided.
    pub freedom: f64,
    /// How strongly it is held: of neighbouring cells to each other (where they have an order),
    /// then of all to 0, as inverse variances of log-odds.
    pub strengths: Vec<f64>,
}

/// How folds are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoldRule {
    /// At random within each class: each fold is tested by what the others say.
    #[default]
    Random,
    /// Blocks of time: each fold is tested by what came before it.
    Forward,
}

/// What the recipe reached on folds of the training rows. The model of each fold, encoder and all, was
/// fitted without the rows that it is tested on; which pairs it has and how strongly it is held was
/// chosen once, on all training rows, so these figures say how far figures vary, and the held-out part
/// what to expect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldsRecord {
    /// Folds in each deal.
    pub folds: usize,
    /// Deals.
    pub repeats: usize,
    /// How the folds were made.
    pub by: FoldRule,
    /// Training rows that were dealt: all, or so many drawn.
    pub rows: usize,
    /// The mean AUC over the folds, with its 95 % interval for data of this size; `None` where no fold
    /// has both classes.
    pub auc: Option<Interval>,
    /// The mean log loss.
    pub log_loss: Option<Interval>,
    /// The mean log loss of giving every row the conversion rate of the rows fitted to.
    pub base_log_loss: Option<f64>,
    /// The calibration slope of all out-of-fold rows of the first deal, before any recalibration.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub slope: Option<CalibrationSlope>,
    /// Each fold, by deal; blocks of time oldest first.
    pub each: Vec<FoldFigures>,
}

/// A line or a curve through the out-of-fold log-odds, whichever gains more, and whether the score takes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecalibrationRecord {
    /// The line or the curve, fitted to all out-of-fold rows of the first deal.
    #[serde(rename = "line")]
    pub found: Recalibration,
    /// By how much its like brought down the mean log loss on folds that they were not fitted to.
    pub gain: f64,
    /// The standard error of that, over rows or over folds, whichever is larger.
    pub gain_error: f64,
    /// Whether it is a part of the score: where it gains more than two standard errors.
    pub adopted: bool,
}

/// The base rate that probabilities were moved to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BaseRateRecord {
    /// Where it comes from.
    pub from: RateSource,
    /// What the evaluated model's log-odds were moved by, and to which rate.
    pub evaluated: BaseRate,
    /// The same of the served model.
    pub served: BaseRate,
    /// The newest rows that the evaluated model's was read from; those after them are held out. 0 where
    /// it was given.
    pub rows: usize,
}

/// Where a base rate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateSource {
    /// It was given: the rows were sampled by outcome.
    Given,
    /// The newest rows.
    Newest,
}

/// What a rule set reaches on the held-out rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleSetRecord {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its hash.
    pub hash: String,
    /// The AUC of its points; `None` unless both classes occur.
    pub auc: Option<Interval>,
    /// The AUC of the evaluated model less that of the points, with DeLong's interval.
    pub auc_difference: Option<Interval>,
    /// The tenth of the leads that its points rank first. Rows count once, however they were sampled.
    pub top_tenth: Option<TopShare>,
    /// The tenth that the evaluated model ranks first.
    pub model_top_tenth: Option<TopShare>,
    /// Spearman's rank correlation of points and probabilities.
    pub rank_correlation: Option<f64>,
}

/// How far a signal has drifted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignalDrift {
    /// The signal.
    pub signal: String,
    /// The population stability index between the training rows and the held-out ones.
    pub psi: f64,
    /// What the index comes to at most, about, where only chance makes the difference.
    pub chance: f64,
}

impl SignalDrift {
    /// A signal has drifted from here on.
    pub const NOTE: f64 = 0.10;
    /// And much above this.
    pub const MUCH: f64 = 0.25;

    /// Whether it has drifted, and more than by chance.
    pub fn drifted(&self) -> bool {
        self.psi >= Self::NOTE && self.psi > self.chance
    }
}

/// What one fold reached.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldFigures {
    /// Rows that it was fitted to.
    pub fitted: usize,
    /// Rows that it was tested on.
    pub rows: usize,
    /// Of them, converted.
    pub conversions: usize,
    /// `None` unless both classes occur.
    pub auc: Option<f64>,
    /// Mean log loss, in nats.
    pub log_loss: f64,
    /// The log loss of giving every row the conversion rate of the rows fitted to.
    pub base_log_loss: f64,
}

/// The penalty: of a plain model the L2 penalty; else what all strengths of the tables were
/// multiplied by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PenaltyRecord {
    /// The penalty used.
    pub l2: f64,
    /// Folds of the cross-validation that chose it; 0 when it was given.
    pub folds: usize,
    /// How the folds were made.
    #[serde(default)]
    pub by: FoldRule,
    /// What the cross-validation found, by rising penalty.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub candidates: Vec<CandidatePenalty>,
}

/// One candidate penalty.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CandidatePenalty {
    /// The penalty.
    pub l2: f64,
    /// Mean log loss over all out-of-fold rows.
    pub log_loss: f64,
}

/// A fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SolverRecord {
    /// `newton` or `linfa`.
    pub solver: String,
    /// Steps taken.
    pub iterations: usize,
    /// The largest component of the gradient of the penalised mean loss at the end: 0 at the
    /// exact minimum.
    pub gradient: f64,
    /// Slots of the vector.
    pub slots: usize,
}

/// How sure the probabilities of a model are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct UncertaintyRecord {
    /// The mean width of the intervals of 95 % of the fitted rows' probabilities.
    pub mean_width: f64,
    /// By how much the variance was raised as rows of one lead or account go together: 1 where every
    /// row is of another.
    pub design_effect: f64,
    /// Where there are few conversions: with about how many, at the same rate, the intervals would be
    /// half as wide. `None` too where that is beyond reach.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub halved_at: Option<usize>,
}

/// How much a signal moves scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignalStrength {
    /// The signal.
    pub signal: String,
    /// The mean size of its part over the held-out rows, in log-odds.
    pub mean_log_odds: f64,
}

/// The newest rows convert at another rate than the ones before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BaseRateShift {
    /// Conversion rate of the training rows.
    pub training: f64,
    /// Conversion rate of the newest rows, which were held out.
    pub newest: f64,
    /// The mean probability that the evaluated model gives the newest rows.
    pub predicted: f64,
    /// The mean probability that the served model gives them, which has learnt from them too; `None` in bundles from
    /// before it was kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub served: Option<f64>,
    /// What `--base-rate newest` would mend; `None` where there are too few of the newest to tell.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub remedy: Option<RateRemedy>,
}

/// What moving the probabilities to the rate of the newest rows would mend: the move is read from the
/// older half of the held-out part, and judged on the newer half alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateRemedy {
    /// Rows that it was read from.
    pub read_from: usize,
    /// The move.
    pub base_rate: BaseRate,
    /// Rows that it was judged on.
    pub rows: usize,
    /// Their conversion rate.
    pub observed: f64,
    /// The figures as they are.
    pub without: RateFigures,
    /// The figures after the move.
    pub with: RateFigures,
}

/// What a move of the base rate changes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateFigures {
    /// The mean probability.
    pub predicted: f64,
    /// Mean log loss, in nats.
    pub log_loss: f64,
    /// Expected calibration error.
    pub ece: f64,
}
