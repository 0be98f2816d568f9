//! Evaluation of scores against outcomes. Pure functions of parallel slices; ties are handled as
//! expected values over a random order of the tied, so that no figure depends on row order.

mod auc;
mod compare;
mod interval;
mod loss;
mod order;
mod slope;
mod summary;

pub use auc::{Auc, auc, auc_difference};
pub use compare::{
    BandRate, Comparison, ComparisonError, Disagreement, Overlap, RankingQuality, ThresholdMeaning,
    compare,
};
pub use interval::{Interval, wilson};
pub use loss::{average_precision, brier, log_loss};
pub use order::{Bin, Calibration, Decile, TopShare, calibration, deciles, spearman, top_shares};
pub use slope::{CalibrationSlope, calibration_slope};
pub use summary::{Evaluation, evaluate};
