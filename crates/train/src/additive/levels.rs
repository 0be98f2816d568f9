//! Categories of very many levels. Those beyond the most frequent have no slot of their own; what they
//! tell is at which rate each of them converted, shrunk by its count towards the rate of all
//! (empirical Bayes), in groups of about the same rate.
//!
//! An outcome enters such a rate, so a row that is fitted must not be told its own: its group is that of
//! its level among *other* rows ([`Tellers`]), and of the rows that are fitted no other code exists
//! ([`FittedEncoder`]). All other rows are coded as scoring codes them, by the rates of all fitted
//! rows. A shrunk rate is calibrated whatever the count, so that both mean the same.

use leadscore_features::{Coding, Encoder, Input, level_hash, looks_like_email};

use super::resolution::bins;
use crate::folds::{Dealing, Folds};
use crate::plain::slots_of;
use crate::recipe::FitRows;
use crate::rows::pick;
use crate::split::dealt;
use crate::{MOST_LEVELS, SignalColumn, SignalData};

/// Groups of levels at most.
const MOST_GROUPS: usize = 32;
/// A level has a rate from so many rows on: what became of a single lead is not for a bundle to tell.
const LEAST_ROWS: u32 = 2;
/// Folds of rows at random.
const FOLDS: usize = 5;
/// Levels must differ by this many standard errors beyond chance to be told by their rates.
const SURELY: f64 = 2.0;
/// The folds differ from those that rows are held out by.
const SEED: u64 = 0x6c65_7665_6c73;

/// Rows of a level, and how many of them converted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Count {
    rows: u32,
    converted: u32,
}

impl Count {
    fn add(&mut self, other: Count) {
        self.rows += other.rows;
        self.converted += other.converted;
    }
}

/// Which rows tell a row the rates of levels: those of other folds at random, or, where rows stand in
/// time and there is enough of it, those of earlier blocks whose outcomes were known. Of the first
/// block nothing came before; there it is other folds of the block itself. Nobody is told by their
/// own group.
pub(super) struct Tellers {
    /// The part of each row.
    part: Vec<usize>,
    parts: usize,
    tellings: Vec<Telling>,
}

/// For each part, whether its rows are told, and whether they tell.
struct Telling {
    told: Vec<bool>,
    tell: Vec<bool>,
}

impl Tellers {
    /// Deals rows into those that tell each other.
    pub(super) fn new(labels: &[bool], dealing: Dealing<'_>) -> Self {
        let dealing = Dealing { seed: dealing.seed ^ SEED, ..dealing };
        let folds = Folds::new(labels, dealing, FOLDS);
        let tested: Vec<bool> = (0..folds.classes)
            .map(|class| folds.folds.iter().any(|fold| fold.tested[class]))
            .collect();
        // Groups stand whole in a block, so those of the rows that no fold tests do too.
        let untested: Vec<usize> =
            (0..labels.len()).filter(|&row| !tested[folds.class[row]]).collect();
        let (of_labels, of_groups) = (pick(labels, &untested), pick(dealing.groups, &untested));
        let fold_of = dealt(&of_labels, &of_groups, FOLDS, dealing.seed);
        let mut part: Vec<usize> = folds.class.iter().map(|class| class * FOLDS).collect();
        untested.iter().zip(fold_of).for_each(|(&row, fold)| part[row] += fold);
        // Parts that have rows, in order.
        let mut kept = part.clone();
        kept.sort_unstable();
        kept.dedup();
        part.iter_mut().for_each(|part| *part = kept.partition_point(|kept| kept < part));
        let by_part = |of: &dyn Fn(usize, usize) -> bool| -> Vec<bool> {
            kept.iter().map(|part| of(part / FOLDS, part % FOLDS)).collect()
        };
        let mut tellings: Vec<Telling> = folds
            .folds
            .iter()
            .map(|fold| Telling {
                told: by_part(&|class, _| fold.tested[class]),
                tell: by_part(&|class, _| fold.fitted[class]),
            })
            .collect();
        if !untested.is_empty() {
            tellings.extend((0..FOLDS).map(|own| Telling {
                told: by_part(&|class, fold| !tested[class] && fold == own),
                tell: by_part(&|class, fold| !tested[class] && fold != own),
            }));
        }
        Self { part, parts: kept.len(), tellings }
    }
}

/// What is known of the rates of levels before any of them is looked at: a beta distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Prior {
    /// The rate of all.
    rate: f64,
    /// So many rows at that rate are added to each level; infinite where levels do not differ.
    strength: f64,
    /// By how many standard errors levels differ beyond chance.
    surely: f64,
}

impl Prior {
    /// The prior of levels, each counted part by part: the method of moments for the correlation of two
    /// rows of a level (J. Kleinman, Proportions with Extraneous Variance: Single and Independent
    /// Samples, 1973), with rows of different parts only, so that rows of one lead, which are alike
    /// whatever their level, do not pass for what levels tell.
    fn new(counts: &[Vec<Count>], levels: &[usize], tell: &[bool]) -> Option<Self> {
        let telling = || counts.iter().zip(tell).filter(|(_, tell)| **tell).map(|(part, _)| part);
        let mut all = [0.0; 2];
        for part in telling() {
            for &level in levels {
                all[0] += f64::from(part[level].rows);
                all[1] += f64::from(part[level].converted);
            }
        }
        let rate = all[1] / all[0];
        // No row at all is no rate either.
        if rate.is_nan() || rate <= 0.0 || rate >= 1.0 {
            return None;
        }
        let variance = rate * (1.0 - rate);
        let (mut together, mut couples, mut spread) = (0.0, 0.0, 0.0);
        for &level in levels {
            let (mut sum, mut squares, mut rows, mut same) = (0.0, 0.0, 0.0, 0.0);
            for count in telling().map(|part| part[level]) {
                let of_part = f64::from(count.rows);
                let residual = f64::from(count.converted) - rate * of_part;
                sum += residual;
                squares += residual * residual;
                rows += of_part;
                same += of_part * of_part;
            }
            if rows > 0.0 {
                together += (sum * sum - squares) / rows;
                couples += (rows * rows - same) / rows;
                spread += 2.0 * (rows * rows - same) / (rows * rows);
            }
        }
        let alike = (together / (variance * couples)).min(0.99);
        let strength = if alike > 0.0 { 1.0 / alike - 1.0 } else { f64::INFINITY };
        let surely = if spread > 0.0 { together / (variance * spread.sqrt()) } else { 0.0 };
        Some(Self { rate, strength, surely })
    }

    /// The mean of the posterior.
    fn rate_of(&self, count: Count) -> f64 {
        if self.strength.is_infinite() {
            return self.rate;
        }
        (f64::from(count.converted) + self.rate * self.strength)
            / (f64::from(count.rows) + self.strength)
    }
}

/// A category counted level by level.
struct Counted<'s> {
    codes: &'s [u32],
    names: &'s [String],
    /// For each part of the rows, the count of each level.
    parts: Vec<Vec<Count>>,
    /// The count of each level among all rows.
    all: Vec<Count>,
    /// The levels that were seen and have no slot of their own, but for addresses.
    others: Vec<usize>,
    /// For each level, whether it is one of them.
    is_other: Vec<bool>,
}

impl<'s> Counted<'s> {
    /// Counts the levels of a category. `None` where there are no more than can have slots.
    fn new(
        data: &'s SignalData,
        coding: &Coding,
        FitRows { rows, labels, .. }: FitRows<'_>,
        tellers: &Tellers,
    ) -> Option<Self> {
        let SignalData::Category { codes, names, yes_no: false } = data else { return None };
        let own = coding.levels()?;
        if names.len() <= MOST_LEVELS {
            return None;
        }
        let mut parts = vec![vec![Count::default(); names.len()]; tellers.parts];
        for ((&row, &label), &part) in rows.iter().zip(labels).zip(&tellers.part) {
            if let Some(count) = parts[part].get_mut(codes[row] as usize) {
                count.add(Count { rows: 1, converted: u32::from(label) });
            }
        }
        let all = sum(&parts, &vec![true; parts.len()]);
        let is_other: Vec<bool> = names
            .iter()
            .zip(&all)
            .map(|(name, count)| {
                count.rows > 0 && own.binary_search(name).is_err() && !looks_like_email(name)
            })
            .collect();
        let others: Vec<usize> = (0..names.len()).filter(|&level| is_other[level]).collect();
        let with_rate = others.iter().filter(|&&level| all[level].rows >= LEAST_ROWS).count();
        (own.len() + with_rate > MOST_LEVELS).then_some(Self {
            codes,
            names,
            parts,
            all,
            others,
            is_other,
        })
    }

    /// How the levels differ that have no slot of their own, by all rows.
    fn prior(&self) -> Option<Prior> {
        Prior::new(&self.parts, &self.others, &vec![true; self.parts.len()])
    }

    /// What each row is told of its level by those that tell it.
    fn told(&self, rows: &[usize], tellers: &Tellers) -> Vec<Told> {
        let mut found = vec![Told::Elsewhere; rows.len()];
        for Telling { told, tell } in &tellers.tellings {
            let counts = sum(&self.parts, tell);
            let prior = Prior::new(&self.parts, &self.others, tell);
            let each = found.iter_mut().zip(rows).zip(&tellers.part);
            for ((found, &row), _) in each.filter(|(_, part)| told[**part]) {
                let level = self.codes[row] as usize;
                if self.is_other.get(level).copied().unwrap_or(false) {
                    *found = match (counts[level], prior) {
                        (Count { rows: 0, .. }, _) => Told::Unseen,
                        (count, Some(prior)) if count.rows >= LEAST_ROWS => {
                            Told::Rate(prior.rate_of(count))
                        }
                        _ => Told::Rare,
                    };
                }
            }
        }
        found
    }
}

/// What a row is told of its level.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Told {
    /// Nothing: the level has a slot of its own, or there is none.
    Elsewhere,
    /// Its shrunk rate.
    Rate(f64),
    /// That it was seen too seldom to have one.
    Rare,
    /// That it was never seen.
    Unseen,
}

/// The counts of some parts together, level by level.
fn sum(parts: &[Vec<Count>], of: &[bool]) -> Vec<Count> {
    let mut sums = vec![Count::default(); parts.first().map_or(0, Vec::len)];
    for (part, _) in parts.iter().zip(of).filter(|(_, of)| **of) {
        sums.iter_mut().zip(part).for_each(|(sum, count)| sum.add(*count));
    }
    sums
}

/// The signals whose levels surely differ beyond those that have slots: what is told by rates.
pub(super) fn worth_rates(
    signals: &[SignalColumn],
    encoder: &Encoder,
    of: FitRows<'_>,
) -> Vec<String> {
    let many = |signal: &SignalColumn| matches!(&signal.data, SignalData::Category { names, .. } if names.len() > MOST_LEVELS);
    if !signals.iter().any(many) {
        return Vec::new();
    }
    let tellers = Tellers::new(of.labels, of.dealing);
    signals
        .iter()
        .zip(&encoder.inputs)
        .filter(|(signal, input)| {
            let counted = Counted::new(&signal.data, &input.coding, of, &tellers);
            let prior = counted.and_then(|counted| counted.prior());
            prior.is_some_and(|prior| prior.strength.is_finite() && prior.surely > SURELY)
        })
        .map(|(signal, _)| signal.name.clone())
        .collect()
}

/// An encoder, and the codes of the rows that it was fitted to where outcomes entered it.
pub(super) struct FittedEncoder {
    encoder: Encoder,
    /// For each input with rates, the slot of each row that was fitted, by the positions of the
    /// signal's values; [`FittedEncoder::NOT_FITTED`] of the others.
    out_of_fold: Vec<Option<Vec<u16>>>,
}

impl FittedEncoder {
    const NOT_FITTED: u16 = u16::MAX;

    /// Gives the signals that are named rates of levels, by the rows that the encoder was fitted to.
    pub(super) fn new(
        mut encoder: Encoder,
        signals: &[SignalColumn],
        by_rate: &[String],
        of: FitRows<'_>,
    ) -> Self {
        let mut out_of_fold = vec![None; encoder.inputs.len()];
        if by_rate.is_empty() {
            return Self { encoder, out_of_fold };
        }
        let tellers = Tellers::new(of.labels, of.dealing);
        for ((input, signal), found) in encoder.inputs.iter_mut().zip(signals).zip(&mut out_of_fold)
        {
            if by_rate.contains(&signal.name)
                && let Some((coding, slots)) = rates(signal, &input.coding, of, &tellers)
            {
                (input.coding, *found) = (coding, Some(slots));
            }
        }
        Self { encoder, out_of_fold }
    }

    /// The encoder, for rows that it was not fitted to.
    pub(super) fn into_encoder(self) -> Encoder {
        self.encoder
    }

    /// The slot of each row in each input, from the input's first: out of fold of rows that were
    /// fitted, as scoring has it of others.
    pub(super) fn slots(&self, signals: &[SignalColumn], rows: &[usize]) -> Vec<Vec<u16>> {
        let mut slots = slots_in_scoring(&self.encoder, signals, rows);
        for (slots, known) in slots.iter_mut().zip(&self.out_of_fold) {
            let Some(known) = known else { continue };
            for (slot, &row) in slots.iter_mut().zip(rows) {
                if known[row] != Self::NOT_FITTED {
                    *slot = known[row];
                }
            }
        }
        slots
    }
}

/// The slot of each row in each input as scoring has it.
pub(super) fn slots_in_scoring(
    encoder: &Encoder,
    signals: &[SignalColumn],
    rows: &[usize],
) -> Vec<Vec<u16>> {
    let compiled = encoder.compile();
    compiled.iter().zip(signals).map(|(input, signal)| slots_of(input, signal, rows)).collect()
}

/// A category coded by rates, and the slots of the fitted rows. `None` where rates tell nothing.
fn rates(
    signal: &SignalColumn,
    coding: &Coding,
    of: FitRows<'_>,
    tellers: &Tellers,
) -> Option<(Coding, Vec<u16>)> {
    let counted = Counted::new(&signal.data, coding, of, tellers)?;
    let prior = counted.prior().filter(|prior| prior.strength.is_finite())?;
    let told = counted.told(of.rows, tellers);
    let cuts = cuts(&told);
    if cuts.is_empty() {
        return None;
    }
    let mut groups = vec![Vec::new(); cuts.len() + 1];
    let mut rare = Vec::new();
    for &level in &counted.others {
        let hash = level_hash(&counted.names[level]);
        let count = counted.all[level];
        if count.rows >= LEAST_ROWS {
            groups[group_of(&cuts, prior.rate_of(count))].push(hash);
        } else {
            rare.push(hash);
        }
    }
    groups.iter_mut().for_each(|group| group.sort_unstable());
    rare.sort_unstable();
    let levels = coding.levels()?.to_vec();
    let own = levels.len();
    let pooled = own + groups.len();
    let coding = Coding::Rates { levels, cuts, groups, rare };
    let encoder = Encoder {
        inputs: vec![Input { signal: signal.name.clone(), coding: coding.clone() }],
        pairs: Vec::new(),
    };
    let in_scoring = slots_of(&encoder.compile()[0], signal, of.rows);
    let mut slots = vec![FittedEncoder::NOT_FITTED; counted.codes.len()];
    let Coding::Rates { cuts, .. } = &coding else { return None };
    for ((&row, told), in_scoring) in of.rows.iter().zip(&told).zip(in_scoring) {
        slots[row] = match *told {
            Told::Elsewhere => in_scoring,
            Told::Rate(rate) => (own + group_of(cuts, rate)) as u16,
            Told::Rare => pooled as u16,
            Told::Unseen => pooled as u16 + 2,
        };
    }
    Some((coding, slots))
}

fn group_of(cuts: &[f64], rate: f64) -> usize {
    cuts.partition_point(|cut| *cut <= rate)
}

/// Cuts between groups of about as many rows, as rates of three significant digits: what differs by less
/// is no other group.
fn cuts(told: &[Told]) -> Vec<f64> {
    let rate = |told: &Told| if let Told::Rate(rate) = told { Some(*rate) } else { None };
    let rates: Vec<f64> = told.iter().filter_map(rate).collect();
    let rows: Vec<usize> = (0..rates.len()).collect();
    let Coding::Bins { cuts, .. } = bins(&rates, &rows, MOST_GROUPS) else { return Vec::new() };
    let mut rounded: Vec<f64> = cuts
        .into_iter()
        .map(|cut| {
            let digits = 10f64.powi(2 - cut.log10().floor() as i32);
            (cut * digits).round() / digits
        })
        .collect();
    rounded.dedup();
    rounded
}

#[cfg(test)]
mod tests;
