//! What single levels of a category do that share a slot: companies with few leads each, which the model knows
//! together only, by their rates or as rare. What one of them does by itself is in no coefficient, and an interval
//! without it would be that of all of them together.

use leadscore_features::{Coding, level_hash};
use leadscore_model::{Fitted, sigmoid};

use crate::columns::Columns;
use crate::rows::Rows;
use crate::weights::above_one;
use crate::{SignalData, TrainError};

/// Rows that the levels of a category are held against each other on, about.
const MOST_ROWS: usize = 20_000;
/// Rows of one level among them, at most.
const MOST_OF_A_LEVEL: usize = 100;
/// The greatest deviation of levels, in log-odds: beyond it there is no telling from few rows.
const MOST_DEVIATION: f64 = 3.0;

/// Says of the slots that levels share how much those differ.
///
/// Effects of levels are normal around what the other signals say (a random intercept in log-odds). Their variance is
/// found by the products of residuals of two rows of one level (the method of moments), of which no two are of one
/// lead or account, as those are alike whatever their level; an interval takes as much more as the moments are sure to
/// (one standard error). A level of which the slot tells nothing has all
/// of it; one that the slot knows by its rate has what is left after as many rows: `1 / (1 / variance + information)`.
///
/// # Errors
/// [`TrainError`] when the model cannot be resolved.
pub(crate) fn add_within(
    rows: &Rows,
    columns: &Columns,
    fitted: &mut Fitted,
) -> Result<(), TrainError> {
    let mut found: Vec<(usize, f64)> = Vec::new();
    let mut first = 0;
    for (position, input) in fitted.encoder.inputs.iter().enumerate() {
        let from = first;
        first += input.coding.width();
        let shares_slots = match &input.coding {
            Coding::OneHot { rare, .. } => !rare.is_empty(),
            Coding::Rates { .. } => true,
            Coding::Standard { .. } | Coding::Bins { .. } => false,
        };
        let signal = rows.signals.iter().find(|signal| signal.name == input.signal);
        let Some(SignalData::Category { codes, names, .. }) = signal.map(|signal| &signal.data)
        else {
            continue;
        };
        if shares_slots {
            let levels = ByLevel::new(codes, names);
            let differ = differ(rows, columns, fitted, position, &levels)?;
            let each = within(&input.coding, &levels, names, differ);
            found.extend(each.into_iter().map(|(slot, within)| (from + slot, within)));
        }
    }
    for (slot, within) in found {
        fitted.logistic.slots[slot].within = within;
    }
    Ok(())
}

/// The rows of each level.
struct ByLevel {
    /// Rows, those of one level together.
    rows: Vec<usize>,
    /// Where those of each level end; the first begins at 0.
    ends: Vec<usize>,
    /// Levels in an order of their own, the same wherever they stand in the data.
    shuffled: Vec<usize>,
}

impl ByLevel {
    fn new(codes: &[u32], names: &[String]) -> Self {
        let mut ends = vec![0; names.len()];
        let known = || codes.iter().enumerate().filter(|(_, code)| (**code as usize) < names.len());
        known().for_each(|(_, &code)| ends[code as usize] += 1);
        let mut next = 0;
        for end in &mut ends {
            // Where the level begins, until its rows are there.
            (*end, next) = (next, next + *end);
        }
        let mut rows = vec![0; next];
        for (row, &code) in known() {
            let end = &mut ends[code as usize];
            rows[*end] = row;
            *end += 1;
        }
        let mut shuffled: Vec<usize> = (0..names.len()).collect();
        shuffled.sort_by_cached_key(|&level| (level_hash(&names[level]), level));
        Self { rows, ends, shuffled }
    }

    fn of(&self, level: usize) -> &[usize] {
        let start = level.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.rows[start..self.ends[level]]
    }

    /// Some levels of two rows and more, with some of their rows each.
    fn some(&self) -> Vec<Vec<usize>> {
        let mut left = MOST_ROWS;
        let mut some = Vec::new();
        for &level in &self.shuffled {
            let rows = self.of(level);
            if rows.len() < 2 {
                continue;
            }
            let step = rows.len().div_ceil(MOST_OF_A_LEVEL);
            let rows: Vec<usize> = rows.iter().copied().step_by(step).collect();
            left = left.saturating_sub(rows.len());
            some.push(rows);
            if left == 0 {
                break;
            }
        }
        some
    }
}

/// How much levels differ.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Differ {
    /// The variance of their effects, in log-odds.
    variance: f64,
    /// What a row tells of its level's effect, on average: the variance of its outcome.
    information: f64,
}

/// A row as the model sees it without the category.
#[derive(Clone, Copy, Debug)]
struct Seen {
    group: u64,
    weight: f64,
    /// The outcome less its probability, by the weight.
    residual: f64,
    /// The variance of the outcome, by the weight.
    variance: f64,
}

fn differ(
    rows: &Rows,
    columns: &Columns,
    fitted: &Fitted,
    position: usize,
    levels: &ByLevel,
) -> Result<Differ, TrainError> {
    let some = levels.some();
    let all: Vec<usize> = some.iter().flatten().copied().collect();
    // Rows that all weigh much do not tell as much more.
    let above = above_one(&rows.weights);
    let mut seen: Vec<Seen> = Vec::with_capacity(all.len());
    let mut at = all.iter();
    rows.score_each(columns, fitted, &all, |_, _, score| {
        let Some(&row) = at.next() else { return };
        // The part is against the average row's, so that without it the category is average.
        let part = score.parts.get(position).copied().unwrap_or(0.0);
        let probability = sigmoid(score.log_odds - part);
        let weight = rows.weights.get(row).copied().unwrap_or(1.0) / above;
        let outcome = f64::from(u8::from(rows.labels[row]));
        seen.push(Seen {
            group: rows.identities[row].group,
            weight,
            residual: weight * (outcome - probability),
            variance: weight * probability * (1.0 - probability),
        });
    })?;
    let mut rest = seen.as_mut_slice();
    let mut each = Vec::with_capacity(some.len());
    for level in &some {
        let (own, others) = rest.split_at_mut(level.len().min(rest.len()));
        each.push(own);
        rest = others;
    }
    Ok(moments(each))
}

/// The variance between levels by the rows of each.
fn moments<'s>(levels: impl IntoIterator<Item = &'s mut [Seen]>) -> Differ {
    let (mut together, mut couples, mut all, mut count) = (0.0, 0.0, 0.0, 0_usize);
    let (mut mass, mut of_levels) = (0.0, Vec::new());
    for level in levels {
        level.sort_unstable_by_key(|seen| seen.group);
        let sum = |seen: &[Seen]| -> [f64; 2] {
            [seen.iter().map(|s| s.residual).sum(), seen.iter().map(|s| s.variance).sum()]
        };
        let [residual, variance] = sum(level);
        let (mut own, mut same) = (0.0, 0.0);
        for group in level.chunk_by(|a, b| a.group == b.group) {
            let [residual, variance] = sum(group);
            own += residual * residual;
            same += variance * variance;
        }
        all += variance;
        count += level.len();
        mass += level.iter().map(|seen| seen.weight).sum::<f64>();
        if variance > 0.0 {
            // Levels count by what they tell, not by its square: the most frequent are not all.
            together += (residual * residual - own) / variance;
            couples += (variance * variance - same) / variance;
            of_levels.push(variance);
        }
    }
    let information = all / count.max(1) as f64;
    let moment = together / couples;
    if couples <= 0.0 || mass <= 0.0 || moment <= 0.0 {
        return Differ { variance: 0.0, information };
    }
    // Were effects and residuals normal, each level's square would have twice the square of its mean as variance.
    let square = |variance: &f64| 2.0 * (1.0 + variance * moment).powi(2);
    let error = of_levels.iter().map(square).sum::<f64>().sqrt() / couples;
    Differ { variance: deviation(moment + error, all / mass).powi(2), information }
}

/// The deviation of effects in log-odds which makes the probabilities of levels differ by so much: their variance over
/// the square of that of an outcome, which is a variance in log-odds as long as effects are small, and falls short of it
/// where they are not, as no probability leaves 0 to 1.
fn deviation(moment: f64, of_outcome: f64) -> f64 {
    // An outcome of this variance, and the steps of a normal distribution.
    let mean = (1.0 - (1.0 - 4.0 * of_outcome).max(0.0).sqrt()) / 2.0;
    let steps = || (-40..=40).map(|step| f64::from(step) * 0.125);
    let mass: f64 = steps().map(|x| (-x * x / 2.0).exp()).sum();
    let mean_of = |value: &dyn Fn(f64) -> f64| -> f64 {
        steps().map(|x| (-x * x / 2.0).exp() / mass * value(x)).sum()
    };
    let moment_of = |deviation: f64| {
        let center = halved((-40.0, 40.0), |z| mean_of(&|x| sigmoid(z + deviation * x)) < mean);
        mean_of(&|x| (sigmoid(center + deviation * x) - mean).powi(2)) / of_outcome.powi(2)
    };
    halved((0.0, MOST_DEVIATION), |deviation| moment_of(deviation) < moment)
}

/// Where what is too little ends, by halving a range.
fn halved((mut low, mut high): (f64, f64), is_little: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..40 {
        let middle = (low + high) / 2.0;
        if is_little(middle) { low = middle } else { high = middle }
    }
    high
}

/// The deviation within each slot that levels share, by its place in the coding.
fn within(
    coding: &Coding,
    levels: &ByLevel,
    names: &[String],
    differ: Differ,
) -> Vec<(usize, f64)> {
    let Differ { variance, information } = differ;
    if variance <= 0.0 {
        return Vec::new();
    }
    match coding {
        // Rare levels, and those that were never seen: what is missing stands between them.
        Coding::OneHot { levels: own, .. } => {
            vec![(own.len(), variance.sqrt()), (own.len() + 2, variance.sqrt())]
        }
        Coding::Rates { levels: own, groups, .. } => {
            // Of a level that is known by its rate, by how many rows it is known.
            let mut rows_of: Vec<(u64, usize)> = names
                .iter()
                .enumerate()
                .map(|(level, name)| (level_hash(name), levels.of(level).len()))
                .collect();
            rows_of.sort_unstable();
            let left = |hash: &u64| {
                let at = rows_of.partition_point(|(of, _)| of < hash);
                let rows = rows_of.get(at).map_or(0.0, |(_, rows)| *rows as f64);
                (rows, 1.0 / (1.0 / variance + rows * information))
            };
            let of_group = |group: &Vec<u64>| {
                let (mut sum, mut mass) = (0.0, 0.0);
                for (rows, left) in group.iter().map(left) {
                    sum += rows * left;
                    mass += rows;
                }
                if mass > 0.0 { sum / mass } else { variance }
            };
            let (first, after) = (own.len(), own.len() + groups.len());
            let groups = groups.iter().enumerate().map(|(at, of)| (first + at, of_group(of)));
            // Rare levels, and those that were never seen; what is missing is one level.
            groups
                .chain([(after, variance), (after + 2, variance)])
                .map(|(slot, variance)| (slot, variance.sqrt()))
                .collect()
        }
        Coding::Standard { .. } | Coding::Bins { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use leadscore_model::{SplitMix64, sigmoid};

    use super::*;

    /// Rows of levels whose effects have a standard deviation, at a rate of about a third; `of_group` says which
    /// group a row of a level is in.
    fn levels(deviation: f64, of_group: impl Fn(usize, usize) -> u64) -> Vec<Vec<Seen>> {
        let unit = |random: &mut SplitMix64| random.below(1 << 30) as f64 / f64::from(1 << 30);
        let mut random = SplitMix64::new(7);
        let mut normal = || (0..12).map(|_| unit(&mut random)).sum::<f64>() - 6.0;
        let effects: Vec<f64> = (0..2_000).map(|_| deviation * normal()).collect();
        let mut random = SplitMix64::new(8);
        // A model without the category knows the mean.
        let known = effects.iter().map(|effect| sigmoid(effect - 0.7)).sum::<f64>() / 2_000.0;
        let row = |random: &mut SplitMix64, level: usize, row: usize| {
            let won = unit(random) < sigmoid(effects[level] - 0.7);
            Seen {
                group: of_group(level, row),
                weight: 1.0,
                residual: f64::from(u8::from(won)) - known,
                variance: known * (1.0 - known),
            }
        };
        (0..2_000)
            .map(|level| (0..2 + level % 7).map(|at| row(&mut random, level, at)).collect())
            .collect()
    }

    fn variance(mut levels: Vec<Vec<Seen>>) -> f64 {
        moments(levels.iter_mut().map(Vec::as_mut_slice)).variance
    }

    #[test]
    fn the_variance_of_effects_is_found() {
        let of = |deviation| variance(levels(deviation, |level, row| (100 * level + row) as u64));
        assert!(of(0.0) < 0.05, "{}", of(0.0));
        assert!((0.2..0.35).contains(&of(0.5)), "{}", of(0.5));
        assert!((0.9..1.3).contains(&of(1.0)), "{}", of(1.0));
        assert!((3.2..5.2).contains(&of(2.0)), "{}", of(2.0));
    }

    #[test]
    fn the_deviation_is_that_of_the_probabilities() {
        // Numpy, by 12,001 steps of a normal distribution from -6 to 6, the mean probability 0.2.
        for (expected, moment) in [(0.5, 0.240160), (1.0, 0.836700), (2.0, 2.161703)] {
            let found = deviation(moment, 0.2 * 0.8);
            assert!((found - expected).abs() < 1e-4, "{found} is not {expected}");
        }
        assert_eq!(deviation(1e9, 0.1), MOST_DEVIATION);
    }

    #[test]
    fn rows_of_one_account_do_not_tell_of_their_level() {
        assert_eq!(variance(levels(1.0, |level, _| level as u64)), 0.0);
        assert_eq!(variance(Vec::new()), 0.0);
    }

    #[test]
    fn what_is_known_of_a_level_by_its_rate_narrows_it() {
        let names: Vec<String> = ["own", "seldom", "often", "rare"].map(str::to_owned).into();
        let codes: Vec<u32> =
            [(0, 50), (1, 4), (2, 40), (3, 1)].into_iter().flat_map(|(c, n)| vec![c; n]).collect();
        let by_level = ByLevel::new(&codes, &names);
        let hash = |name: &str| level_hash(name);
        let coding = Coding::Rates {
            levels: vec!["own".into()],
            cuts: vec![0.2],
            groups: vec![vec![hash("seldom")], vec![hash("often")]],
            rare: vec![hash("rare")],
        };
        let differ = Differ { variance: 0.5, information: 0.1 };
        let found = within(&coding, &by_level, &names, differ);
        let expected = [(1, 1.0 / 2.4), (2, 1.0 / 6.0), (3, 0.5), (5, 0.5)];
        assert_eq!(found.len(), expected.len());
        for ((slot, within), (at, variance)) in found.into_iter().zip(expected) {
            assert_eq!(slot, at);
            assert!((within - f64::sqrt(variance)).abs() < 1e-12, "{slot}: {within}");
        }
        let pooled = Coding::OneHot { levels: vec!["own".into()], rare: vec![hash("rare")] };
        assert_eq!(
            within(&pooled, &by_level, &names, differ),
            [(1, 0.5_f64.sqrt()), (3, 0.5_f64.sqrt())]
        );
    }
}
