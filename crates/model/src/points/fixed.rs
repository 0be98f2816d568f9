//! Points are fixed-point numbers, so that a breakdown adds up to its total exactly.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

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

    /// Whether there are none.
    pub fn is_zero(&self) -> bool {
        *self == Points::ZERO
    }

    /// So many times as much.
    pub fn times(self, count: u32) -> Self {
        Self(self.0.saturating_mul(i64::from(count)))
    }

    /// The part that is left of it, a share from 0 to 1, rounded to the nearest thousandth, halves
    /// away from zero. Never past zero and never more than there was.
    pub fn share(self, share: f64) -> Self {
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        let left = (self.0 as f64 * share).round() as i64;
        Self(left.clamp(self.0.min(0), self.0.max(0)))
    }

    /// Brought between limits, where there are any.
    pub fn within(self, floor: Option<Points>, cap: Option<Points>) -> Self {
        let low = floor.map_or(self, |floor| self.max(floor));
        cap.map_or(low, |cap| low.min(cap))
    }

    /// Its place between two amounts, as 0 to 100 points: what lies beyond them is 0 or 100.
    /// Rounded to the nearest thousandth, halves up.
    pub fn rescaled(self, from: Points, to: Points) -> Self {
        let span = i128::from(to.0) - i128::from(from.0);
        if span <= 0 {
            return Points::ZERO;
        }
        let above = i128::from(self.0) - i128::from(from.0);
        let place = (above * 200_000 + span).div_euclid(2 * span);
        Self(place.clamp(0, 100_000) as i64)
    }
}

impl AddAssign for Points {
    fn add_assign(&mut self, other: Points) {
        *self = *self + other;
    }
}

impl Sub for Points {
    type Output = Points;
    fn sub(self, other: Points) -> Points {
        Points(self.0.saturating_sub(other.0))
    }
}

impl Neg for Points {
    type Output = Points;
    fn neg(self) -> Points {
        Points(self.0.saturating_neg())
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

    #[test]
    fn shares_and_scales_are_rounded_as_stated() {
        assert_eq!(Points(5).share(0.5), Points(3));
        assert_eq!(Points(-5).share(0.5), Points(-3));
        assert_eq!(Points(-5).share(7.0), Points(-5));
        assert_eq!(Points(5).share(f64::NAN), Points::ZERO);
        let of = |points| Points(points).rescaled(Points(-20_000), Points(180_000));
        assert_eq!(of(-20_000), Points::ZERO);
        assert_eq!(of(-90_000), Points::ZERO);
        assert_eq!(of(80_000), Points(50_000));
        assert_eq!(of(80_001), Points(50_001));
        assert_eq!(of(i64::MAX), Points(100_000));
        assert_eq!(Points(7).within(Some(Points(9)), None), Points(9));
        assert_eq!(Points(7).within(None, Some(Points(2))), Points(2));
    }
}
