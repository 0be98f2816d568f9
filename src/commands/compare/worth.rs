//! What points and rules are worth, what no rule looks at, and where two rankings part most.

use anyhow::Result;
use leadscore_compare::{Isotonic, Meaning, Outcomes, RuleEvidence, meaning};
use leadscore_features::Expr;
use leadscore_model::evaluate::top_size;
use leadscore_model::points::{Gives, Points, RuleSet};
use leadscore_model::{Bundle, CurveStep, Fitted, extremes, lead_id};
use serde::Serialize;

use super::list::{Told, told};
use super::rankings::{RankedBy, Ranking};
use super::report::{PairReport, mean};
use super::{Basis, Compared};

/// Points that are told where the scale is the usual one, 0 to 100.
const USUAL_POINTS: [f64; 4] = [20.0, 40.0, 60.0, 80.0];
/// Highest points of a scale for which they are.
const USUAL_SCALE: std::ops::RangeInclusive<f64> = 40.0..=150.0;
/// Of so few different totals each is told.
const FEW_TOTALS: usize = 8;
/// Of other scales, the points that these shares of the leads reach.
const REACHED: [f64; 7] = [0.02, 0.05, 0.10, 0.20, 0.30, 0.50, 0.75];
/// Leads on which two rankings part that are listed.
const DISAGREEMENTS: usize = 10;

/// What reaching points has meant: bands, the hand-off, and round numbers between.
pub(super) fn thresholds(
    compared: &Compared,
    ranking: &Ranking,
    outcomes: &Outcomes,
) -> Vec<Meaning> {
    let set = &compared.rule_sets[ranking.index];
    let at = compared.rankings.iter().position(|other| std::ptr::eq(other, ranking));
    let order = &compared.orders[at.unwrap_or_default()];
    let isotonic = Isotonic::of(outcomes, order);
    let named = set.bands.all().iter().map(|band| (Some(band.name.as_str()), band.from));
    let named = named.chain([(Some("hand_off"), set.hand_off)]);
    let mut wanted: Vec<(Option<&str>, Points)> =
        named.filter_map(|(name, from)| Some((name, from?))).collect();
    for points in telling_points(&ranking.scores) {
        if let Some(points) = Points::from_number(points)
            && wanted.iter().all(|(_, other)| *other != points)
        {
            wanted.push((None, points));
        }
    }
    wanted.sort_by_key(|(_, points)| *points);
    let model = (&compared.orders[0], compared.rankings[0].scores.as_slice());
    let of = |(name, points)| meaning(points, name, outcomes, (order, &isotonic), model);
    wanted.into_iter().map(of).collect()
}

/// The points that are told beside bands: of a few different totals each; 20, 40, 60 and 80 on a scale to
/// 100; on any other scale those that shares of the leads reach.
fn telling_points(totals: &[f64]) -> Vec<f64> {
    let mut sorted = totals.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let Some(highest) = sorted.first().copied() else { return Vec::new() };
    let mut found = sorted.clone();
    found.dedup();
    let few = found.len() <= FEW_TOTALS;
    if USUAL_SCALE.contains(&highest) {
        found.truncate(if few { FEW_TOTALS } else { 0 });
        found.extend(USUAL_POINTS.into_iter().filter(|points| *points <= highest));
    } else if !few {
        found = REACHED.map(|share| rounded(sorted[top_size(sorted.len(), share) - 1])).to_vec();
    }
    found.sort_unstable_by(f64::total_cmp);
    found.dedup();
    found
}

/// Points to two digits, which are easier to set, but never to parts of a point.
fn rounded(points: f64) -> f64 {
    let unit = 10f64.powf((points.abs().max(1.0).log10() - 1.0).floor()).max(1.0);
    if points.abs() < 10.0 { points } else { (points / unit).round() * unit }
}

/// What became of the leads to whom each rule gives or takes points.
pub(super) fn rules(
    compared: &Compared,
    ranking: &Ranking,
    converted: &[bool],
) -> Vec<RuleEvidence> {
    let set = &compared.rule_sets[ranking.index];
    let mut given = vec![vec![Points::ZERO; converted.len()]; set.rules.len()];
    for (lead, score) in compared.scores[0].iter().enumerate() {
        for of in &score.points[ranking.index].rules {
            given[of.rule][lead] = of.given();
        }
    }
    let each = set.rules.iter().zip(&given);
    each.map(|(rule, points)| RuleEvidence::of(&rule.name, points, converted)).collect()
}

/// A signal that no rule looks at.
#[derive(Serialize)]
pub(super) struct Unused {
    pub(super) signal: String,
    /// The mean size of its part, in log-odds.
    pub(super) strength: f64,
    /// Of the sizes of all parts.
    pub(super) share: f64,
    /// The value that adds most.
    pub(super) highest: Option<Step>,
    /// The value that takes most.
    pub(super) lowest: Option<Step>,
}

/// A value and what it adds.
#[derive(Clone, Serialize)]
pub(super) struct Step {
    pub(super) value: String,
    pub(super) log_odds: f64,
}

/// The signals of a model of columns and kinds of events that no rule of any set reads, the strongest
/// first.
pub(super) fn unused(compared: &Compared, ranking: &Ranking) -> Result<Vec<Unused>> {
    if compared.rule_sets.is_empty() {
        return Ok(Vec::new());
    }
    let judge = &compared.judges[ranking.index];
    let bundle = &judge.bundle;
    let fitted = if judge.basis == Basis::HeldOut { &bundle.evaluated } else { &bundle.model };
    let sizes = mean_sizes(compared, ranking.index);
    let all: f64 = sizes.iter().sum();
    let read = Read::by(&compared.rule_sets, bundle);
    let names = fitted.encoder.inputs.iter().map(|input| input.signal.as_str());
    let mut found: Vec<Unused> = names
        .zip(&sizes)
        .filter(|(name, size)| **size > 0.0 && !read.holds(name, bundle))
        .map(|(name, size)| Unused {
            signal: name.to_owned(),
            strength: *size,
            share: size / all,
            highest: None,
            lowest: None,
        })
        .collect();
    found.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    tell_steps(&mut found, fitted)?;
    Ok(found)
}

/// The mean size of every part of a model's scores.
fn mean_sizes(compared: &Compared, model: usize) -> Vec<f64> {
    let scores = &compared.scores[model];
    let inputs = scores.first().map_or(0, |score| score.parts.len());
    let sizes = |input: usize| scores.iter().map(|score| score.parts[input].abs()).collect();
    (0..inputs).map(|input| mean(sizes(input))).collect()
}

fn tell_steps(found: &mut [Unused], fitted: &Fitted) -> Result<()> {
    let signals = fitted.encoder.inputs.iter().map(|input| input.signal.as_str());
    let told = |step: CurveStep| Step { value: step.name, log_odds: step.log_odds };
    for (signal, [highest, lowest]) in signals.zip(extremes(fitted)?) {
        if let Some(of) = found.iter_mut().find(|of| of.signal == signal) {
            (of.highest, of.lowest) = (highest.map(told), lowest.map(told));
        }
    }
    Ok(())
}

/// What the rules of all sets read.
struct Read {
    signals: Vec<String>,
    columns: Vec<String>,
    kinds: Vec<String>,
}

impl Read {
    fn by(sets: &[RuleSet], bundle: &Bundle) -> Self {
        let mut read = Self { signals: Vec::new(), columns: Vec::new(), kinds: Vec::new() };
        for set in sets {
            let catalogue = set.catalogue_over(&bundle.catalogue);
            for (name, _) in set.signals_used() {
                read.signals.push(name.to_owned());
                let Some(signal) = catalogue.signal(name) else { continue };
                read.columns.extend(catalogue.columns(signal).into_iter().map(str::to_owned));
                if let Expr::Events { of, .. } = &signal.expr {
                    read.kinds.extend(of.kinds.iter().cloned());
                }
            }
            for rule in &set.rules {
                match &rule.gives {
                    Gives::Events(given) => read.kinds.extend(given.of.kinds.iter().cloned()),
                    Gives::Idle(given) => read.kinds.extend(given.of.kinds.iter().cloned()),
                    Gives::Points(_) | Gives::Table { .. } => {}
                }
            }
        }
        read
    }

    fn holds(&self, name: &str, bundle: &Bundle) -> bool {
        let Some(signal) = bundle.catalogue.signal(name) else { return true };
        let kinds = if let Expr::Events { of, .. } = &signal.expr { &of.kinds[..] } else { &[] };
        self.signals.iter().any(|read| read == name)
            || bundle
                .catalogue
                .columns(signal)
                .iter()
                .any(|column| self.columns.iter().any(|c| c == column))
            || kinds.iter().any(|kind| self.kinds.contains(kind))
    }
}

/// A lead that two rankings place far apart.
#[derive(Serialize)]
pub(super) struct Disagreement {
    pub(super) id: String,
    pub(super) converted: bool,
    pub(super) first_score: f64,
    pub(super) first_rank: f64,
    pub(super) second_score: f64,
    pub(super) second_rank: f64,
    pub(super) reason: String,
}

/// Finds, for every pair, the leads that its rankings place farthest apart.
pub(super) fn disagreements(compared: &Compared, pairs: &mut [PairReport]) -> Result<()> {
    let leads = compared.candidates().len();
    for pair in pairs {
        let orders = [&compared.orders[pair.first], &compared.orders[pair.second]];
        let apart = |lead: usize| (orders[0].rank(lead) - orders[1].rank(lead)).abs();
        let mut farthest: Vec<usize> = (0..leads).filter(|lead| apart(*lead) > 0.0).collect();
        farthest.sort_by(|a, b| apart(*b).total_cmp(&apart(*a)).then(a.cmp(b)));
        farthest.truncate(DISAGREEMENTS);
        let rankings = [&compared.rankings[pair.first], &compared.rankings[pair.second]];
        let told =
            [told(compared, rankings[0], &farthest)?, told(compared, rankings[1], &farthest)?];
        let ids = compared.judges[0].leads.ids(None, Some(&compared.judges[0].bundle))?;
        let each = farthest.iter().enumerate().map(|(at, lead)| {
            let up = orders[0].rank(*lead) < orders[1].rank(*lead);
            let reason =
                [in_words(&told[0], at, rankings[0], up), in_words(&told[1], at, rankings[1], !up)];
            Disagreement {
                id: lead_id(ids, compared.candidates()[*lead].row),
                converted: compared.candidates()[*lead].label,
                first_score: rankings[0].scores[*lead],
                first_rank: orders[0].rank(*lead),
                second_score: rankings[1].scores[*lead],
                second_rank: orders[1].rank(*lead),
                reason: reason.join("; "),
            }
        });
        pair.disagreements = each.collect();
    }
    Ok(())
}

/// The two strongest parts of a score that raise it, or that lower it.
fn in_words(told: &Told, at: usize, ranking: &Ranking, up: bool) -> String {
    let words = told.words(at, up, 2);
    match (words.is_empty(), ranking.kind, up) {
        (false, ..) => words.join(", "),
        (true, RankedBy::Model, _) => "nothing stands out".to_owned(),
        (true, RankedBy::RuleSet, false) if !told.words(at, true, 1).is_empty() => {
            "few rules give points".to_owned()
        }
        (true, RankedBy::RuleSet, _) => "no rule gives points".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_points_told_fit_the_scale() {
        assert_eq!(telling_points(&[0.0, 75.0]), [0.0, 20.0, 40.0, 60.0, 75.0]);
        assert_eq!(telling_points(&[-5.0, 0.0, -5.0]), [-5.0, 0.0]);
        assert_eq!(telling_points(&[90_000.0, 0.0, 40_000.0]), [0.0, 40_000.0, 90_000.0]);
        assert!(telling_points(&[]).is_empty());
        let every: Vec<f64> = (0..=100).map(f64::from).collect();
        assert_eq!(telling_points(&every), USUAL_POINTS);
        // Skewed: shares of the leads, and not fifths of the highest.
        let skewed: Vec<f64> = (0..1000).map(|lead| f64::from(lead).powi(2) / 10.0).collect();
        let found = telling_points(&skewed);
        assert_eq!(found, [6300.0, 25_000.0, 49_000.0, 64_000.0, 81_000.0, 90_000.0, 96_000.0]);
        let low: Vec<f64> = (0..250).map(|lead| f64::from(lead % 25)).collect();
        assert_eq!(telling_points(&low), [6.0, 12.0, 17.0, 20.0, 22.0, 23.0, 24.0]);
    }
}
