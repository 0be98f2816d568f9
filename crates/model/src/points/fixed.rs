//! Points are fixed-point numbers, so that a breakdown adds up to its total exactly.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;

use serde::{Serialize, Serializer};

/// Points in thousandths. Sums saturate instead of wrapping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Points(i64);

impl Points {
    /// No points.
    pub const ZERO: Points = Points(0);
    /// The largest amount that a rule or a threshold may name, either way.
    pub const LIMIT: f64 = 1e9;

    /// From a number, rounded to the nearest thousandth. `None` when it is not finite or beyond
    /// [`Points::LIMIT`].
    pub fn from_number(number: f64) -> Option<Self> {
        (number.is_finite() && number.abs() <= Self::LIMIT)
            .then(|| Self((number * 1000.0).round() as i64))
    }

    /// From thousandths.
    pub fn from_thousandths(thousandths: i64) -> Self {
        Self(thousandths)
    }

    /// As a number.
    pub fn to_number(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

impl Add for Points {
    type Output = Points;
    fn add(self, other: Points) -> Points {
        Points(self.0.saturating_add(other.0))
    }
}

impl Sum for Points {
    fn sum<I: Iterator<Item = Points>>(iter: I) -> Points {
        iter.fold(Points::ZERO, Add::add)
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whole points print without a fraction; the shortest form of a double of thousandths is
        // exact to three digits far beyond the limit.
        if f.sign_plus() && self.0 > 0 {
            f.write_str("+")?;
        }
        f.pad(&self.to_number().to_string())
    }
}

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 1000 == 0 {
            serializer.serialize_i64(self.0 / 1000)
        } else {
            serializer.serialize_f64(self.to_number())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_and_print_plainly() {
        let tenth = Points::from_number(0.1).unwrap();
        let sum: Points = std::iter::repeat_n(tenth, 30).sum();
        assert_eq!(sum, Points::from_number(3.0).unwrap());
        assert_eq!(sum.to_string(), "3");
        assert_eq!(format!("{:+}", Points::from_number(2.5).unwrap()), "+2.5");
        assert_eq!(Points::from_number(-15.0).unwrap().to_string(), "-15");
        assert_eq!(Points::from_number(f64::NAN), None);
        assert_eq!(Points::from_number(1e10), None);
        assert_eq!(Points(i64::MAX) + Points(1), Points(i64::MAX));
    }
}
