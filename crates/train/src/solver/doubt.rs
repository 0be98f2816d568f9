//! What intervals are wider by than the posterior of a fit: what its prior and its shape do not know of themselves.

/// Strengths are learnt from few numbers each, so that they are known to an order of magnitude, and a
/// mean is best under stronger ones than an interval: a signal that says little so far may say much.
/// So the prior of intervals has strengths of this share of those learnt.
///
/// This and the constants below were chosen so that intervals hold what they are of on simulated leads
/// (benchmarks/coverage.py).
pub(crate) const DOUBTED: f64 = 0.25;
/// With this information half of that share: where few rows convert, strengths are hardly learnt.
const FEW: f64 = 100.0;
/// The variance of log-odds that pairs of signals make together, before there are data.
const UNTAKEN: f64 = 0.25;
/// The share of the degrees of freedom of pairs that structure lies in: signals go together, and few of them say
/// most.
const CONCENTRATED: f64 = 0.02;

/// What is not sure of a fit whose shape and strengths were learnt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doubt {
    /// What cross-validation multiplied the strengths by that the data taught.
    pub(crate) factor: f64,
    /// The degrees of freedom of the pairs that were looked at and not taken.
    pub(crate) untaken: f64,
}

impl Doubt {
    /// The share of the strengths of the fit that intervals take, where rows have so much information on a log-odds that
    /// they share.
    pub(super) fn share(&self, information: f64) -> f64 {
        let learnt = DOUBTED * information / (information + FEW);
        (learnt / self.factor).min(1.0)
    }

    /// The variance of log-odds that pairs which were not taken may make: that no pair is more than what chance makes
    /// does not say that all of them are nothing, as what many say together no single one of them shows. It is what rows of
    /// so much information leave of a random effect that lies in a share of the pairs' degrees of freedom: next to nothing
    /// where few pairs are possible, or rows are many.
    pub(super) fn unmodelled(&self, information: f64) -> f64 {
        let directions = CONCENTRATED * self.untaken;
        if directions > 0.0 { UNTAKEN / (1.0 + UNTAKEN * information / directions) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_left_of_few_pairs_and_of_many_rows() {
        let unmodelled =
            |information, untaken| Doubt { factor: 1.0, untaken }.unmodelled(information);
        assert_eq!(unmodelled(100.0, 0.0), 0.0);
        assert_eq!(unmodelled(0.0, 1000.0), UNTAKEN);
        // 20 directions of a variance of 0.25 with 80 of information: 0.25 / (1 + 1).
        assert!((unmodelled(80.0, 1000.0) - 0.125).abs() < 1e-12);
        assert!(unmodelled(80.0, 25.0) < 0.01 && unmodelled(80_000.0, 1000.0) < 0.001);
    }

    #[test]
    fn strengths_are_doubted_most_where_little_is_known() {
        let share = |factor, information| Doubt { factor, untaken: 0.0 }.share(information);
        assert!((share(1.0, FEW) - DOUBTED / 2.0).abs() < 1e-12);
        assert!(share(1.0, 10.0) < share(1.0, 1_000.0) && share(1.0, 1e9) < DOUBTED);
        // Of the strengths that the data taught, whatever cross-validation made of them.
        assert!((share(2.0, 1e9) - DOUBTED / 2.0).abs() < 1e-6);
        assert_eq!(share(0.1, 1e9), 1.0);
    }
}
