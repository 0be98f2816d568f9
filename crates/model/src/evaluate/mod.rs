//! Evaluation of scores against outcomes. Pure functions of parallel slices; ties are handled as
//! expected values over a random order of the tied, so that no figure depends on row order.

mod auc;
mod interval;
mod loss;
mod order;
mod rising;
mod slope;
mod summary;
mod weights;

pub use auc::{Auc, auc, auc_difference, auc_weighted};
pub(crate) use interval::Z95;
pub use interval::{Interval, is_another_rate, mean_over_folds, wilson};
pub use loss::{average_precision, brier, log_loss, log_loss_weighted};
pub use order::{
    Bin, Calibration, Decile, TopShare, calibration, calibration_weighted, deciles, spearman,
    top_shares, top_size,
};
pub use rising::recalibration_curve;
pub use slope::{
    CalibrationSlope, calibration_slope, calibration_slope_weighted, recalibration_line,
};
pub use summary::{CALIBRATION_BINS, Evaluation, LEAST_FOR_SLOPE, evaluate, evaluate_weighted};
pub use weights::{ClassWeights, RowWeights};
