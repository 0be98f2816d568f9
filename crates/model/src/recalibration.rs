//! What out-of-fold log-odds were found to need before they can be taken at their word.

use serde::{Deserialize, Serialize};

use crate::sigmoid;

/// What log-odds are turned into, always rising, so that the order of leads stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Recalibration {
    /// A straight line (J. Platt, Probabilistic Outputs for Support Vector Machines, 1999).
    Line {
        /// The slope; above 0.
        slope: f64,
        /// The intercept, in log-odds.
        intercept: f64,
    },
    /// A rising curve: straight between its knots, and before the first and after the last a shift.
    Curve {
        /// The knots, at least one, rising in both.
        knots: Vec<Knot>,
    },
}

/// A place of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Knot {
    /// The log-odds that the model says.
    pub said: f64,
    /// The log-odds that these are worth.
    pub worth: f64,
}

impl Recalibration {
    /// What is added to log-odds.
    pub fn part(&self, log_odds: f64) -> f64 {
        match self {
            Self::Line { slope, intercept } => intercept + (slope - 1.0) * log_odds,
            Self::Curve { knots } => {
                let shift = |knot: &Knot| knot.worth - knot.said;
                let after = knots.partition_point(|knot| knot.said <= log_odds);
                match (after.checked_sub(1).and_then(|at| knots.get(at)), knots.get(after)) {
                    (Some(a), Some(b)) => {
                        let along = (log_odds - a.said) / (b.said - a.said);
                        shift(a) + along * (shift(b) - shift(a))
                    }
                    (Some(end), None) | (None, Some(end)) => shift(end),
                    (None, None) => 0.0,
                }
            }
        }
    }

    /// What log-odds are turned into, infinite ones too.
    pub fn worth(&self, log_odds: f64) -> f64 {
        match self {
            Self::Line { slope, intercept } => intercept + slope * log_odds,
            Self::Curve { .. } => log_odds + self.part(log_odds),
        }
    }

    /// By how much all log-odds are stretched alike; `None` where some are more than others.
    pub fn stretch(&self) -> Option<f64> {
        match self {
            Self::Line { slope, .. } => Some(*slope),
            Self::Curve { .. } => None,
        }
    }

    /// What it does, for people: the line, or what some probabilities are turned into.
    pub fn in_words(&self) -> String {
        match self {
            Self::Line { slope, intercept } => {
                format!("{slope:.3} times the log-odds {intercept:+.3}")
            }
            Self::Curve { knots } => {
                let last = knots.len().saturating_sub(1);
                let mut places: Vec<usize> = (0..=3).map(|n| n * last / 3).collect();
                places.dedup();
                let shown = places.iter().filter_map(|&place| knots.get(place)).map(|knot| {
                    let [said, worth] = [knot.said, knot.worth].map(|z| 100.0 * sigmoid(z));
                    format!("{said:.1} % to {worth:.1} %")
                });
                format!("a rising curve that turns {}", shown.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// Whether its numbers are finite, and it rises.
    pub fn is_consistent(&self) -> bool {
        match self {
            Self::Line { slope, intercept } => {
                *slope > 0.0 && slope.is_finite() && intercept.is_finite()
            }
            Self::Curve { knots } => {
                !knots.is_empty()
                    && knots.iter().all(|knot| knot.said.is_finite() && knot.worth.is_finite())
                    && knots
                        .windows(2)
                        .all(|of| of[0].said < of[1].said && of[0].worth < of[1].worth)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_part() {
        let line = Recalibration::Line { slope: 0.8, intercept: -0.1 };
        assert!((1.5 + line.part(1.5) - (0.8 * 1.5 - 0.1)).abs() < 1e-15);
    }

    #[test]
    fn a_curve_goes_through_its_knots_and_on_as_a_shift() {
        let knots = [(-2.0, -3.0), (0.0, 0.5), (1.0, 1.0)];
        let knots = knots.map(|(said, worth)| Knot { said, worth }).to_vec();
        let curve = Recalibration::Curve { knots: knots.clone() };
        let worth = |said: f64| said + curve.part(said);
        for Knot { said, worth: expected } in &knots {
            assert!((worth(*said) - expected).abs() < 1e-15);
        }
        assert!((worth(-1.0) - -1.25).abs() < 1e-15 && (worth(0.5) - 0.75).abs() < 1e-15);
        assert_eq!((worth(-5.0), worth(4.0)), (-6.0, 4.0));
        for (far, to) in [(f64::INFINITY, f64::INFINITY), (f64::NEG_INFINITY, f64::NEG_INFINITY)] {
            let line = Recalibration::Line { slope: 0.5, intercept: 0.1 };
            assert_eq!((curve.worth(far), line.worth(far)), (to, to));
        }
        assert!(curve.is_consistent());
        let words = "a rising curve that turns 11.9 % to 4.7 %, 50.0 % to 62.2 %, 73.1 % to 73.1 %";
        assert_eq!(curve.in_words(), words);
        let turned = vec![knots[1], knots[0]];
        assert!(!Recalibration::Curve { knots: turned }.is_consistent());
        assert!(!Recalibration::Curve { knots: Vec::new() }.is_consistent());
    }

    #[test]
    fn lines_of_older_bundles_are_read() {
        let line: Recalibration =
            serde_json::from_str(r#"{"slope":0.9,"intercept":0.05}"#).unwrap();
        assert_eq!(line, Recalibration::Line { slope: 0.9, intercept: 0.05 });
        let curve = Recalibration::Curve { knots: vec![Knot { said: -1.0, worth: -0.5 }] };
        let text = serde_json::to_string(&curve).unwrap();
        assert_eq!(serde_json::from_str::<Recalibration>(&text).unwrap(), curve);
    }
}
