//! What is known of a column of numbers after they went by.

/// What is kept while the numbers of a column go by, without storing them.
#[derive(Clone, Default)]
pub(super) struct Numbers {
    pub(super) count: usize,
    first: Option<f64>,
    pub(super) varies: bool,
    pub(super) zero_one: bool,
    pub(super) whole: bool,
    pub(super) min: f64,
    pub(super) max: f64,
    /// The counts of the two ends, for suspects.
    at_min: usize,
    at_max: usize,
    /// The next values inwards from the ends.
    second_min: f64,
    second_max: f64,
}

impl Numbers {
    pub(super) fn new() -> Self {
        Self {
            zero_one: true,
            whole: true,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            second_min: f64::INFINITY,
            second_max: f64::NEG_INFINITY,
            ..Self::default()
        }
    }

    /// Sees a number that so many rows have.
    pub(super) fn see(&mut self, number: f64, times: usize) {
        self.count += times;
        self.varies |= *self.first.get_or_insert(number) != number;
        self.zero_one &= number == 0.0 || number == 1.0;
        self.whole &= number.fract() == 0.0;
        if number < self.min {
            (self.second_min, self.min, self.at_min) = (self.min, number, 0);
        } else if number > self.min && number < self.second_min {
            self.second_min = number;
        }
        if number > self.max {
            (self.second_max, self.max, self.at_max) = (self.max, number, 0);
        } else if number < self.max && number > self.second_max {
            self.second_max = number;
        }
        if number == self.min {
            self.at_min += times;
        }
        if number == self.max {
            self.at_max += times;
        }
    }

    /// A number that may stand for missing: -1, -9, -99, 99, 999, 9999 and so on at an end.
    pub(super) fn suspect(&self) -> Option<(f64, f64)> {
        let nines = |number: f64| {
            let digits = number.abs().to_string();
            number.fract() == 0.0 && digits.len() >= 2 && digits.bytes().all(|b| b == b'9')
        };
        let share = |count: usize| count as f64 / self.count.max(1) as f64;
        if nines(self.max)
            && self.max > 2.0 * self.second_max.max(1.0)
            && share(self.at_max) >= 0.01
        {
            return Some((self.max, share(self.at_max)));
        }
        if (self.min == -1.0 || (self.min < 0.0 && nines(self.min)))
            && self.second_min >= 0.0
            && share(self.at_min) >= 0.01
        {
            return Some((self.min, share(self.at_min)));
        }
        None
    }
}
