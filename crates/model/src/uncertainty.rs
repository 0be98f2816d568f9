//! How sure a probability is: the posterior around a fit, as draws from it.

use crate::evaluate::{Interval, Z95};
use crate::sigmoid;

/// Draws. The standard deviation of a score comes from them: exact for models of up to so many
/// coefficients; for larger ones off by about `1 / sqrt(2 * DRAWS)`, which is 6 %.
pub const DRAWS: usize = 128;
/// The largest step: draws are kept in steps of their largest by so many.
const STEPS: f64 = 127.0;

/// Draws of every coefficient around the fit, from a normal distribution with the inverse of the
/// Hessian of the penalised loss as its covariance (the Laplace approximation to the posterior:
/// D. MacKay, The Evidence Framework Applied to Classification Networks, 1992). The variance of a
/// score is then the mean square of the draws' scores.
///
/// Each coefficient keeps its draws as steps of a byte, which moves a standard deviation by less
/// than a hundredth of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Uncertainty {
    /// For the intercept and then every slot: the size of a step.
    sizes: Vec<f32>,
    /// The steps, [`DRAWS`] for each.
    steps: Vec<i8>,
}

impl Uncertainty {
    /// From draws, divided by the root of their number: first those of the intercept, then those of
    /// every slot.
    pub fn new(rows: impl IntoIterator<Item = [f64; DRAWS]>) -> Self {
        let mut all = Self::default();
        for row in rows {
            let largest = row.iter().fold(0.0, |most: f64, draw| most.max(draw.abs()));
            let size = (largest / STEPS) as f32;
            all.sizes.push(size);
            let step = |draw: f64| {
                if size > 0.0 { (draw / f64::from(size)).round().clamp(-STEPS, STEPS) } else { 0.0 }
            };
            all.steps.extend(row.iter().map(|&draw| step(draw) as i8));
        }
        all
    }

    /// The number of slots.
    pub fn slots(&self) -> usize {
        self.sizes.len().saturating_sub(1)
    }

    /// The bytes: for each row its size and its steps.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let rows = self.sizes.iter().zip(self.steps.chunks_exact(DRAWS));
        rows.flat_map(|(size, steps)| {
            size.to_le_bytes().into_iter().chain(steps.iter().map(|step| step.cast_unsigned()))
        })
        .collect()
    }

    /// The same from bytes; `None` where they are none.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let rows = bytes.chunks_exact(4 + DRAWS);
        if !rows.remainder().is_empty() {
            return None;
        }
        let mut all = Self::default();
        for row in rows {
            let (size, steps) = row.split_first_chunk::<4>()?;
            let size = f32::from_le_bytes(*size);
            if !(size.is_finite() && size >= 0.0) {
                return None;
            }
            all.sizes.push(size);
            all.steps.extend(steps.iter().map(|step| step.cast_signed()));
        }
        Some(all)
    }

    /// The scores of all draws for a lead without slots.
    pub(crate) fn start(&self) -> Spread {
        let mut spread = Spread::default();
        spread.add(self, 0, 1.0);
        spread
    }
}

/// What the draws give one lead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread([f64; DRAWS]);

impl Default for Spread {
    fn default() -> Self {
        Self([0.0; DRAWS])
    }
}

impl Spread {
    /// Adds a slot with its amount.
    pub(crate) fn add_slot(&mut self, of: &Uncertainty, slot: usize, amount: f64) {
        self.add(of, slot + 1, amount);
    }

    fn add(&mut self, of: &Uncertainty, row: usize, amount: f64) {
        let (Some(size), Some(steps)) =
            (of.sizes.get(row), of.steps.get(row * DRAWS..(row + 1) * DRAWS))
        else {
            return;
        };
        // In doubles: an amount can be any number that scores are finite for.
        let size = f64::from(*size) * amount;
        self.0.iter_mut().zip(steps).for_each(|(sum, step)| *sum += size * f64::from(*step));
    }

    /// The standard deviation of the log-odds.
    pub(crate) fn deviation(&self) -> f64 {
        self.0.iter().map(|sum| sum * sum).sum::<f64>().sqrt()
    }
}

/// The interval of 95 % of a probability, by its log-odds and their standard deviation.
pub fn interval(log_odds: f64, deviation: f64) -> Interval {
    interval_through(log_odds, deviation, |by| log_odds + by)
}

/// The interval of 95 % of a probability, by its log-odds, the standard deviation of what they were before
/// any recalibration, and what they would be with so much more before it.
pub(crate) fn interval_through(
    log_odds: f64,
    deviation: f64,
    moved: impl Fn(f64) -> f64,
) -> Interval {
    let at = |sign: f64| sigmoid(moved(sign * Z95 * deviation));
    Interval { value: sigmoid(log_odds), low: at(-1.0), high: at(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_come_back_and_the_deviation_is_theirs() {
        let row = |scale: f64| {
            let draw = |k: usize| scale * (k as f64 * 0.7).sin() / (DRAWS as f64).sqrt();
            std::array::from_fn(draw)
        };
        let uncertainty = Uncertainty::new([row(0.5), [0.0; DRAWS], row(-2.0)]);
        assert_eq!(uncertainty.slots(), 2);
        let bytes = uncertainty.to_bytes();
        assert_eq!(Uncertainty::from_bytes(&bytes), Some(uncertainty.clone()));
        assert_eq!(Uncertainty::from_bytes(&bytes[1..]), None);
        let mut spread = uncertainty.start();
        spread.add_slot(&uncertainty, 0, 1.0);
        spread.add_slot(&uncertainty, 1, 0.75);
        // 0.5 - 2 * 0.75 = -1 of the same wave.
        let exact = row(1.0).iter().map(|draw| draw * draw).sum::<f64>().sqrt();
        assert!((spread.deviation() - exact).abs() < 0.01 * exact);
        // A slot that is not there says nothing.
        let before = spread.deviation();
        spread.add_slot(&uncertainty, 7, 1.0);
        assert_eq!(spread.deviation(), before);
    }

    #[test]
    fn an_amount_beyond_all_measure_leaves_all_open() {
        let uncertainty = Uncertainty::new([[0.1; DRAWS], [-0.2; DRAWS]]);
        let mut spread = uncertainty.start();
        spread.add_slot(&uncertainty, 0, 1e200);
        let found = interval(1.0, spread.deviation());
        assert_eq!((found.low, found.high), (0.0, 1.0));
    }

    #[test]
    fn an_interval_is_around_its_probability() {
        let found = interval(-1.0, 0.5);
        assert!(found.low < found.value && found.value < found.high);
        assert!((found.low - sigmoid(-1.0 - 0.98)).abs() < 1e-4);
        let sure = interval(2.0, 0.0);
        assert_eq!((sure.low, sure.high), (sure.value, sure.value));
    }
}
