//! What became of the leads that rules gave points to, where that is known.

use leadscore_compare::{RuleEvidence, RuleTally};
use leadscore_model::evaluate::{Interval, wilson};
use leadscore_model::points::{PointsScore, RuleSet};
use serde::Serialize;

/// Bins of the scores, at most.
const MOST_BINS: usize = 30;

/// What outcomes say of a rule set.
#[derive(Serialize)]
pub(super) struct Judged {
    /// Leads of which it is known whether they converted, each at one moment or more.
    pub(super) leads: usize,
    pub(super) conversions: usize,
    pub(super) rate: Option<Interval>,
    pub(super) rules: Vec<RuleEvidence>,
    /// Lowest first.
    pub(super) bands: Vec<BandRate>,
    /// Those that would be handed to sales, where the set says from how many points on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hand_off: Option<BandRate>,
}

/// What became of the leads of a band.
#[derive(Serialize)]
pub(super) struct BandRate {
    pub(super) band: String,
    pub(super) leads: usize,
    pub(super) conversions: usize,
    pub(super) rate: Option<Interval>,
}

impl BandRate {
    fn of(band: &str, (leads, conversions): (usize, usize)) -> Self {
        Self { band: band.to_owned(), leads, conversions, rate: wilson(conversions, leads) }
    }
}

/// Leads whose scores lie from one number up to another, which is not among them.
#[derive(Serialize)]
pub(super) struct Bin {
    from: f64,
    to: f64,
    leads: usize,
    /// Of those whose outcome is known, so many converted.
    rate: Option<Interval>,
}

/// Counts what became of leads.
#[derive(Clone)]
pub(super) struct Tally {
    rules: Vec<RuleTally>,
    /// Leads and conversions of every band.
    bands: Vec<(usize, usize)>,
    /// The same of those that would be handed to sales.
    handed: (usize, usize),
    /// For each exclusion, leads whose score it forces.
    excluded: Vec<usize>,
    scores: Vec<(f64, Option<bool>)>,
}

impl Tally {
    pub(super) fn new(set: &RuleSet) -> Self {
        Self {
            rules: vec![RuleTally::default(); set.rules.len()],
            bands: vec![(0, 0); set.bands.all().len()],
            handed: (0, 0),
            excluded: vec![0; set.exclusions.len()],
            scores: Vec::new(),
        }
    }

    /// For each exclusion, leads whose score it forces.
    pub(super) fn excluded(&self) -> &[usize] {
        &self.excluded
    }

    /// Takes in a lead: its points, and whether it converted where that is known.
    pub(super) fn add(&mut self, points: &PointsScore, outcome: Option<bool>) {
        self.scores.push((points.total.to_number(), outcome));
        if let Some((which, _)) = points.exclusion {
            self.excluded[which] += 1;
        }
        let Some(converted) = outcome else { return };
        if points.hand_off == Some(true) {
            self.handed = (self.handed.0 + 1, self.handed.1 + usize::from(converted));
        }
        for of in &points.rules {
            let given = of.given();
            if !given.is_zero() {
                self.rules[of.rule].add(given, converted);
            }
        }
        if let Some(band) = points.band {
            let (leads, conversions) = &mut self.bands[band];
            *leads += 1;
            *conversions += usize::from(converted);
        }
    }

    pub(super) fn append(&mut self, other: Self) {
        self.rules.iter_mut().zip(other.rules).for_each(|(all, more)| all.append(more));
        for (all, more) in self.bands.iter_mut().zip(other.bands) {
            *all = (all.0 + more.0, all.1 + more.1);
        }
        self.handed = (self.handed.0 + other.handed.0, self.handed.1 + other.handed.1);
        self.excluded.iter_mut().zip(other.excluded).for_each(|(all, more)| *all += more);
        self.scores.extend(other.scores);
    }

    /// What that says; `None` where nothing is known of any lead.
    pub(super) fn judged(&self, set: &RuleSet) -> Option<Judged> {
        let known = self.scores.iter().filter_map(|(_, outcome)| *outcome);
        let (leads, conversions) =
            known.fold((0, 0), |(leads, won), outcome| (leads + 1, won + usize::from(outcome)));
        if leads == 0 {
            return None;
        }
        let rules = set.rules.iter().zip(&self.rules);
        let bands = set.bands.all().iter().zip(&self.bands);
        Some(Judged {
            leads,
            conversions,
            rate: wilson(conversions, leads),
            rules: rules
                .map(|(rule, tally)| {
                    RuleEvidence::of_tally(&rule.name, *tally, (conversions, leads))
                })
                .collect(),
            bands: bands.map(|(band, counts)| BandRate::of(&band.name, *counts)).collect(),
            hand_off: set.hand_off.map(|_| BandRate::of("hand_off", self.handed)),
        })
    }

    /// The scores in bins of a round width.
    pub(super) fn bins(&self) -> Vec<Bin> {
        let scores = || self.scores.iter().map(|(score, _)| *score);
        let (low, high) = (scores().fold(f64::MAX, f64::min), scores().fold(f64::MIN, f64::max));
        if self.scores.is_empty() {
            return Vec::new();
        }
        let width = round_width(high - low);
        let first = (low / width).floor();
        let count = (high / width).floor() - first + 1.0;
        // A width that the digits of the scores cannot tell apart makes one bin.
        let count =
            if (1.0..=2.0 * MOST_BINS as f64).contains(&count) { count as usize } else { 1 };
        let mut counts = vec![(0, 0, 0); count];
        for (score, outcome) in &self.scores {
            let at = ((score / width).floor() - first) as usize;
            let (leads, known, won) = &mut counts[at.min(count - 1)];
            *leads += 1;
            *known += usize::from(outcome.is_some());
            *won += usize::from(*outcome == Some(true));
        }
        let bin = |(at, (leads, known, won)): (usize, (usize, usize, usize))| Bin {
            from: (first + at as f64) * width,
            to: if count == 1 { high + width } else { (first + at as f64 + 1.0) * width },
            leads,
            rate: wilson(won, known),
        };
        counts.into_iter().enumerate().map(bin).collect()
    }
}

/// 1, 2 or 5 times a power of ten, so that a range has at most so many bins.
fn round_width(range: f64) -> f64 {
    let least = (range / (MOST_BINS - 1) as f64).max(1.0);
    let unit = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|of| of * unit).find(|w| *w >= least).unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_round_and_hold_every_lead() {
        let tally = |scores: &[f64]| Tally {
            rules: Vec::new(),
            bands: Vec::new(),
            handed: (0, 0),
            excluded: Vec::new(),
            scores: scores.iter().map(|score| (*score, Some(*score > 50.0))).collect(),
        };
        let scores: Vec<f64> = (-7..=100).map(f64::from).collect();
        let bins = tally(&scores).bins();
        assert_eq!((bins[0].from, bins[0].to), (-10.0, -5.0));
        assert_eq!(bins.iter().map(|bin| bin.leads).sum::<usize>(), scores.len());
        assert!(
            bins.len() <= MOST_BINS && bins.iter().all(|bin| bin.rate.is_some() == (bin.leads > 0))
        );
        assert_eq!(tally(&[3.0, 3.0]).bins().len(), 1);
        assert!(tally(&[]).bins().is_empty());
        for huge in [[0.0, 1e15], [-9e14, 9e14], [1e15, 1e15 + 1.0]] {
            let bins = tally(&huge).bins();
            assert_eq!(bins.iter().map(|bin| bin.leads).sum::<usize>(), 2, "{huge:?}");
        }
    }
}
