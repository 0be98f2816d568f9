//! The paired bootstrap: samples of the leads, drawn with replacement, on which all rankings are
//! looked at together (B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993, chapters 8
//! and 13). Leads that go together are drawn together.

use leadscore_model::SplitMix64;
use rayon::prelude::*;

use crate::{Order, Outcomes};

/// How samples are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Bootstrap {
    /// Samples.
    pub replicates: usize,
    /// The seed; the same seed means the same samples, whatever the number of threads.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { replicates: 2000, seed: 0 }
    }
}

/// What every ranking finds in every sample.
#[derive(Clone, Debug)]
pub struct Draws {
    rankings: usize,
    capacities: usize,
    /// A sample each: for every ranking and capacity the conversions, then the same as shares of the
    /// conversions of the sample (NaN where it has none).
    samples: Vec<Vec<f64>>,
}

impl Draws {
    /// Draws samples of as many units as there are, and looks at the first of each ranking: of a
    /// sample of more or fewer leads (units differ in size) at as large a share of it, and what is
    /// found counts as if it had as many leads. `None` where too few leads converted, or did not
    /// ([`Outcomes::are_enough`]).
    pub fn new(
        outcomes: &Outcomes,
        orders: &[Order],
        capacities: &[usize],
        bootstrap: Bootstrap,
    ) -> Option<Self> {
        if !outcomes.are_enough() || bootstrap.replicates < 2 {
            return None;
        }
        let mut seeds = SplitMix64::new(bootstrap.seed);
        let seeds: Vec<u64> = (0..bootstrap.replicates).map(|_| seeds.next()).collect();
        // What stands at each place of each ranking: the unit, and whether it converted.
        let places: Vec<Vec<(u32, bool)>> = orders
            .iter()
            .map(|order| {
                let of = |lead: &u32| {
                    let lead = *lead as usize;
                    (outcomes.units()[lead], outcomes.converted()[lead])
                };
                order.in_order().iter().map(of).collect()
            })
            .collect();
        let sample = |weights: &mut Vec<u32>, seed: &u64| -> Vec<f64> {
            let [leads, conversions] = draw(outcomes, *seed, weights);
            let scale = leads as f64 / outcomes.leads() as f64;
            let mut found = Vec::with_capacity(2 * orders.len() * capacities.len());
            for (order, places) in orders.iter().zip(&places) {
                let of = |place: usize| {
                    let (unit, converted) = places[place];
                    let weight = weights[unit as usize];
                    [weight, weight * u32::from(converted)]
                };
                order.walk(of, capacities.iter().map(|first| *first as f64 * scale), &mut found);
            }
            let counted = found.len();
            for at in 0..counted {
                found.push(found[at] / conversions as f64);
                found[at] /= scale;
            }
            found
        };
        let samples =
            seeds.par_iter().map_init(|| vec![0; outcomes.sizes().len()], sample).collect();
        Some(Self { rankings: orders.len(), capacities: capacities.len(), samples })
    }

    /// The interval of 95 % of the conversions that a ranking finds at a capacity.
    pub fn conversions(&self, ranking: usize, capacity: usize) -> [f64; 2] {
        let at = ranking * self.capacities + capacity;
        ends(self.samples.iter().map(|sample| sample[at]).collect())
    }

    /// The same of the share of all conversions that it finds.
    pub fn recall(&self, ranking: usize, capacity: usize) -> [f64; 2] {
        let at = (self.rankings + ranking) * self.capacities + capacity;
        ends(self.samples.iter().map(|sample| sample[at]).collect())
    }

    /// The same of the conversions that the first ranking finds less those of the second.
    pub fn difference(&self, first: usize, second: usize, capacity: usize) -> [f64; 2] {
        let [first, second] = [first, second].map(|ranking| ranking * self.capacities + capacity);
        ends(self.samples.iter().map(|sample| sample[first] - sample[second]).collect())
    }
}

/// Draws a sample: how often each unit is in it. Gives its leads and its conversions.
fn draw(outcomes: &Outcomes, seed: u64, weights: &mut [u32]) -> [u64; 2] {
    let mut random = SplitMix64::new(seed);
    weights.fill(0);
    for _ in 0..weights.len() {
        weights[random.below(weights.len())] += 1;
    }
    let mut sums = [0u64; 2];
    for (weight, size) in weights.iter().zip(outcomes.sizes()) {
        sums[0] += u64::from(*weight) * u64::from(size[0]);
        sums[1] += u64::from(*weight) * u64::from(size[1]);
    }
    sums
}

/// The 2.5 and 97.5 % points of a sample, by linear interpolation between its order statistics (R. J.
/// Hyndman, Y. Fan, The American Statistician 50, 1996, definition 7). What is no number is left out.
fn ends(mut values: Vec<f64>) -> [f64; 2] {
    values.retain(|value| !value.is_nan());
    values.sort_unstable_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return [f64::NAN; 2] };
    [0.025, 0.975].map(|share| {
        let at = share * last as f64;
        let below = values[at.floor() as usize];
        below + (values[at.ceil() as usize] - below) * at.fract()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads() -> (Outcomes, Vec<Order>) {
        let mut random = SplitMix64::new(3);
        let score: Vec<f64> = (0..400).map(|_| (random.below(1000)) as f64).collect();
        let converted: Vec<bool> = score.iter().map(|s| random.below(1500) < *s as usize).collect();
        let coarse = score.iter().map(|s| (s / 200.0).floor()).collect::<Vec<_>>();
        (Outcomes::new(&converted, None), vec![Order::of(&score), Order::of(&coarse)])
    }

    #[test]
    fn threads_change_nothing() {
        let (outcomes, orders) = leads();
        let bootstrap = Bootstrap { replicates: 200, seed: 7 };
        let of = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Draws::new(&outcomes, &orders, &[10, 40, 400], bootstrap)).unwrap()
        };
        let (one, three) = (of(1), of(3));
        for capacity in 0..3 {
            assert_eq!(one.difference(0, 1, capacity), three.difference(0, 1, capacity));
            assert_eq!(one.recall(1, capacity), three.recall(1, capacity));
        }
        // Whoever calls everybody finds everybody, in every sample.
        assert_eq!(one.recall(0, 2), [1.0, 1.0]);
        assert_eq!(one.difference(0, 1, 2), [0.0, 0.0]);
        let [low, high] = one.conversions(0, 1);
        let value = orders[0].conversions(&outcomes, &[40])[0];
        assert!(low < value && value < high, "{low} {value} {high}");
    }

    #[test]
    fn leads_that_repeat_make_nothing_surer() {
        let (outcomes, _) = leads();
        let score: Vec<f64> = (0..400).map(|lead| f64::from(lead % 97)).collect();
        let order = Order::of(&score);
        let bootstrap = Bootstrap { replicates: 500, seed: 1 };
        let alone = Draws::new(&outcomes, &[order], &[100], bootstrap).unwrap();
        // Every lead four times over, drawn together.
        let four = |converted: &[bool]| -> Vec<bool> {
            converted.iter().flat_map(|converted| [*converted; 4]).collect()
        };
        let groups: Vec<u64> = (0..400).flat_map(|lead| [lead; 4]).collect();
        let repeated = Outcomes::new(&four(outcomes.converted()), Some(&groups));
        assert_eq!(repeated.groups(), Some(400));
        let order = Order::of(&score.iter().flat_map(|score| [*score; 4]).collect::<Vec<_>>());
        let together = Draws::new(&repeated, &[order], &[400], bootstrap).unwrap();
        let (alone, together) = (alone.conversions(0, 0), together.conversions(0, 0));
        for (alone, together) in alone.iter().zip(together) {
            assert!((4.0 * alone - together).abs() < 1e-9, "{alone} {together}");
        }
    }

    #[test]
    fn ends_agree_with_numpy() {
        // numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], [0.025, 0.975])
        let [low, high] = ends(vec![3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, f64::NAN]);
        assert!((low - 1.0).abs() < 1e-12 && (high - 8.475).abs() < 1e-12, "{low} {high}");
    }

    #[test]
    fn few_conversions_have_no_intervals() {
        let mut converted = vec![false; 100];
        converted[..9].fill(true);
        let order = Order::of(&(0..100).map(f64::from).collect::<Vec<_>>());
        let outcomes = Outcomes::new(&converted, None);
        assert!(Draws::new(&outcomes, &[order], &[10], Bootstrap::default()).is_none());
    }
}
