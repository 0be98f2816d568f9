//! Lints of a rule set against data: rules that do nothing, or the same as others; thresholds that
//! nobody reaches; scores that creep up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use leadscore_features::{Time, Value, did_you_mean};
use leadscore_model::Scorer;
use leadscore_model::points::{PointsScore, RuleSet};
use serde::Serialize;

/// Fewer leads than this say nothing of rules that never fire.
const LEAST_LEADS: usize = 20;
/// Fewer leads than this say nothing of two rules that fire together.
const LEAST_TOGETHER: usize = 10;
/// Two rules fire for the same leads when this share of those for whom either fires has both.
const SAME: f64 = 0.95;
/// A limit that holds for this share of the leads hides what is above it.
const OFTEN_LIMITED: f64 = 0.25;
/// Months needed to speak of a trend.
const LEAST_MONTHS: usize = 6;
/// Leads of a month, for its mean to say something.
const LEAST_OF_MONTH: usize = 20;
/// A rise of the monthly mean by this share of the standard deviation of the scores is inflation.
const INFLATED: f64 = 0.3;
/// Different values of a signal that are kept, to find slips of the pen.
const MOST_VALUES: usize = 5_000;

/// What data says of a rule set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// The rule set.
    pub rule_set: String,
    /// Leads looked at, each at one moment or more.
    pub leads: usize,
    /// What is wrong, or looks wrong.
    pub findings: Vec<Finding>,
    /// That there are too few leads to tell, where that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub too_few: Option<String>,
    /// Each rule.
    pub rules: Vec<CheckedRule>,
    /// The share of leads in each band, lowest first.
    pub bands: Vec<(String, f64)>,
    /// The scores of the leads that were open, month by month. Empty where time is not known.
    pub months: Vec<Month>,
}

/// How often a rule does something.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckedRule {
    /// The rule.
    pub rule: String,
    /// Leads to which it gives or takes points.
    pub leads: usize,
    /// Leads of which nothing can be said, because events were not given.
    pub unavailable: usize,
}

/// The scores of one month.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Month {
    /// `2024-03`.
    pub month: String,
    /// Leads that were open at its end.
    pub leads: usize,
    /// Their mean score.
    pub mean: f64,
    /// The share that would be handed to sales, where the set has a threshold.
    pub handed: Option<f64>,
}

/// What was found, with its figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Found {
    /// A rule that does nothing for any of so many leads.
    NeverFires {
        /// Leads for whom it could be looked at.
        leads: usize,
    },
    /// A rule that does something for every lead.
    AlwaysFires {
        /// Leads for whom it could be looked at.
        leads: usize,
    },
    /// Two rules that give, or take, for the same leads.
    Overlap {
        /// Leads for whom either does something.
        leads: usize,
        /// The share of them for whom both do.
        share: f64,
    },
    /// Two rules of which one gives what the other takes.
    Contradiction {
        /// Leads for whom either does something.
        leads: usize,
        /// The share of them for whom both do.
        share: f64,
    },
    /// A threshold that no lead reaches.
    NotReached {
        /// A band, or `hand_off`.
        threshold: String,
        /// Its points.
        points: f64,
        /// Leads looked at.
        leads: usize,
        /// The most points that one of them has.
        most: f64,
    },
    /// A limit that hides the differences between many leads.
    OftenLimited {
        /// What it is a limit of.
        limit: Limit,
        /// The share of the leads for whom it holds.
        share: f64,
    },
    /// A value that no lead has.
    UnknownValue {
        /// The signal.
        signal: String,
        /// The value.
        value: String,
        /// A value that leads have and that is nearly the same.
        #[serde(skip_serializing_if = "Option::is_none")]
        near: Option<String>,
    },
    /// A kind of events that does not occur.
    UnknownKind {
        /// The kind.
        event: String,
        /// Where the rule set names it, and what may have been meant.
        #[serde(skip)]
        said: String,
    },
    /// Scores that rise from month to month.
    Inflation {
        /// The mean of the first months.
        before: f64,
        /// The mean of the last months.
        after: f64,
        /// The first of the first months, and their last.
        first: [String; 2],
        /// The first of the last months, and their last.
        last: [String; 2],
    },
}

/// What a limit is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "of", content = "name", rename_all = "snake_case")]
pub enum Limit {
    /// Of a group of rules.
    Group(String),
    /// Of the total.
    Total,
    /// Of a rule.
    Rule(String),
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(name) => write!(f, "the cap of the group {name:?}"),
            Self::Total => f.write_str("the cap of the total"),
            Self::Rule(name) => write!(f, "the limit of {name:?}"),
        }
    }
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What it is.
    #[serde(flatten)]
    pub found: Found,
    /// The rules it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// What was found, and what could be done.
    pub message: String,
}

impl Finding {
    fn new(found: Found, rules: &[&str]) -> Self {
        let message = found.in_words(rules);
        Self { found, rules: rules.iter().map(|rule| (*rule).to_owned()).collect(), message }
    }
}

impl Found {
    fn in_words(&self, rules: &[&str]) -> String {
        let rule = |at: usize| format!("{:?}", rules.get(at).copied().unwrap_or_default());
        match self {
            Self::NeverFires { leads } => format!(
                "{} does nothing for any of {leads} leads: take it out, or look for a slip of the pen",
                rule(0)
            ),
            Self::AlwaysFires { leads } => format!(
                "{} fires for every one of {leads} leads, so it tells none from another",
                rule(0)
            ),
            Self::Overlap { leads, share } => format!(
                "{} and {} overlap: of the {leads} leads for whom either fires, {:.0} % have both; one \
                 rule would do",
                rule(0),
                rule(1),
                100.0 * share
            ),
            Self::Contradiction { leads, share } => format!(
                "{} and {} contradict each other: of the {leads} leads for whom either fires, {:.0} % \
                 have both, and one gives what the other takes",
                rule(0),
                rule(1),
                100.0 * share
            ),
            Self::NotReached { threshold, points, leads, most } => format!(
                "no lead reaches {threshold} ({points}): the most that one of {leads} leads has is {most}"
            ),
            Self::OftenLimited { limit, share } => format!(
                "{limit} holds for {:.0} % of leads, and hides what sets them apart: raise it, or give \
                 fewer points",
                100.0 * share
            ),
            Self::UnknownValue { signal, value, near } => {
                let help = near.as_ref().map(|near| format!("; did you mean {near:?}?"));
                let help = help.unwrap_or_default();
                format!("{}: no lead has {signal} = {value:?}{help}", rule(0))
            }
            Self::UnknownKind { said, .. } => said.clone(),
            Self::Inflation { before, after, first, last } => format!(
                "scores creep up: open leads had {before:.1} points on average in {} to {}, and \
                 {after:.1} in {} to {}; let points decay or expire, or raise the thresholds",
                first[0], first[1], last[0], last[1]
            ),
        }
    }
}

/// Collects the scores of many leads by one rule set.
#[derive(Clone, Debug)]
pub struct Observed {
    totals: Vec<f64>,
    fired: Vec<usize>,
    /// For each pair of rules, leads for whom both do something: with one sign, with two.
    together: BTreeMap<(usize, usize), [usize; 2]>,
    unavailable: Vec<usize>,
    bands: Vec<usize>,
    rule_limits: Vec<usize>,
    group_limits: Vec<usize>,
    scale_limits: usize,
    values: Vec<BTreeSet<String>>,
}

impl Observed {
    /// Nothing seen yet. `signals` are the positions of the signals of text of which unknown values
    /// are looked for.
    pub fn new(set: &RuleSet, signals: usize) -> Self {
        let rules = set.rules.len();
        Self {
            totals: Vec::new(),
            fired: vec![0; rules],
            together: BTreeMap::new(),
            unavailable: vec![0; rules],
            bands: vec![0; set.bands.all().len()],
            rule_limits: vec![0; rules],
            group_limits: vec![0; set.groups.len()],
            scale_limits: 0,
            values: vec![BTreeSet::new(); signals],
        }
    }

    /// Takes in the score of one lead, and the values of the signals of text.
    pub fn add<'v>(
        &mut self,
        set: &RuleSet,
        score: &PointsScore,
        values: impl Iterator<Item = Value<'v>>,
    ) {
        self.totals.push(score.total.to_number());
        for (at, of) in score.rules.iter().enumerate() {
            self.fired[of.rule] += 1;
            self.rule_limits[of.rule] += usize::from(of.limit.to_number() != 0.0);
            for other in &score.rules[..at] {
                let same =
                    (other.given() > Default::default()) == (of.given() > Default::default());
                self.together.entry((other.rule, of.rule)).or_default()[usize::from(!same)] += 1;
            }
        }
        score.unavailable.iter().for_each(|rule| self.unavailable[*rule] += 1);
        if let Some(band) = score.band {
            self.bands[band] += 1;
        }
        for (limits, group) in self.group_limits.iter_mut().zip(&score.groups) {
            *limits += usize::from(group.limit.to_number() < 0.0);
        }
        let cut = score.scale.to_number() < 0.0 && set.scale.rescale.is_none();
        self.scale_limits += usize::from(cut);
        for (known, value) in self.values.iter_mut().zip(values) {
            if let Value::Text(text) = value
                && known.len() < MOST_VALUES
                && !known.contains(text.as_ref())
            {
                known.insert(text.into_owned());
            }
        }
    }

    /// Takes in what others saw of other leads.
    pub fn append(&mut self, other: Self) {
        let sum = |all: &mut [usize], more: Vec<usize>| {
            all.iter_mut().zip(more).for_each(|(all, more)| *all += more);
        };
        self.totals.extend(other.totals);
        sum(&mut self.fired, other.fired);
        sum(&mut self.unavailable, other.unavailable);
        sum(&mut self.bands, other.bands);
        sum(&mut self.rule_limits, other.rule_limits);
        sum(&mut self.group_limits, other.group_limits);
        self.scale_limits += other.scale_limits;
        for (pair, counts) in other.together {
            let all = self.together.entry(pair).or_default();
            all[0] += counts[0];
            all[1] += counts[1];
        }
        for (all, more) in self.values.iter_mut().zip(other.values) {
            all.extend(more);
        }
    }
}

/// The score of a lead that was open at the end of a month.
#[derive(Clone, Copy, Debug)]
pub struct AtMonth {
    /// The end of the month.
    pub at: Time,
    /// The score.
    pub total: f64,
    /// Whether it would be handed to sales.
    pub handed: Option<bool>,
}

/// What the scores that were seen say of a rule set.
pub fn check(
    set: &RuleSet,
    scorer: &Scorer,
    observed: &Observed,
    months: &[AtMonth],
    kinds: Option<&[String]>,
) -> Check {
    let leads = observed.totals.len();
    let mut findings = Vec::new();
    rules_that_do_nothing(set, observed, &mut findings);
    rules_together(set, observed, &mut findings);
    thresholds(set, observed, &mut findings);
    unknown_values(set, scorer, observed, &mut findings);
    for (event, said) in kinds.map_or_else(Vec::new, |kinds| set.unmet_kinds(kinds)) {
        findings.push(Finding::new(Found::UnknownKind { event, said }, &[]));
    }
    let months = by_month(months);
    findings.extend(inflation(&months, &observed.totals));
    let rule = |(index, rule): (usize, &leadscore_model::points::Rule)| CheckedRule {
        rule: rule.name.clone(),
        leads: observed.fired[index],
        unavailable: observed.unavailable[index],
    };
    let bands = set.bands.all().iter().zip(&observed.bands);
    Check {
        rule_set: set.name.clone(),
        leads,
        findings,
        too_few: (leads < LEAST_LEADS).then(|| {
            format!(
                "{leads} leads are too few to say which rules never fire, always fire, overlap or \
                 contradict each other; it takes {LEAST_LEADS}"
            )
        }),
        rules: set.rules.iter().enumerate().map(rule).collect(),
        bands: bands
            .map(|(band, count)| (band.name.clone(), *count as f64 / leads.max(1) as f64))
            .collect(),
        months,
    }
}

fn rules_that_do_nothing(set: &RuleSet, observed: &Observed, findings: &mut Vec<Finding>) {
    let leads = observed.totals.len();
    if leads < LEAST_LEADS {
        return;
    }
    for (index, rule) in set.rules.iter().enumerate() {
        let known = leads - observed.unavailable[index];
        let found = match observed.fired[index] {
            _ if known < LEAST_LEADS => continue,
            0 => Found::NeverFires { leads: known },
            fired if fired == known => Found::AlwaysFires { leads: known },
            _ => continue,
        };
        findings.push(Finding::new(found, &[&rule.name]));
    }
}

fn rules_together(set: &RuleSet, observed: &Observed, findings: &mut Vec<Finding>) {
    let leads = observed.totals.len();
    for (&(a, b), &[same, against]) in &observed.together {
        let both = same + against;
        let either = observed.fired[a] + observed.fired[b] - both;
        // Rules that fire for everybody are said to do so.
        let always = observed.fired[a] == leads || observed.fired[b] == leads;
        if both < LEAST_TOGETHER || always || (both as f64) < SAME * either as f64 {
            continue;
        }
        let (leads, share) = (either, both as f64 / either as f64);
        let found = if against > same {
            Found::Contradiction { leads, share }
        } else {
            Found::Overlap { leads, share }
        };
        findings.push(Finding::new(found, &[&set.rules[a].name, &set.rules[b].name]));
    }
}

fn thresholds(set: &RuleSet, observed: &Observed, findings: &mut Vec<Finding>) {
    let leads = observed.totals.len();
    let Some(most) = observed.totals.iter().copied().reduce(f64::max) else { return };
    // Where rules could not be looked at, nobody knows how high a lead would come.
    let known = leads >= LEAST_LEADS && observed.unavailable.iter().all(|leads| *leads == 0);
    let named = set.bands.all().iter().map(|band| (band.name.as_str(), band.from));
    for (name, threshold) in named.chain([("hand_off", set.hand_off)]) {
        let Some(points) = threshold.map(|t| t.to_number()) else { continue };
        if known && points > most {
            let threshold = name.to_owned();
            findings.push(Finding::new(Found::NotReached { threshold, points, leads, most }, &[]));
        }
    }
    let mut limited = |limit: Limit, count: usize, rules: &[&str]| {
        let share = count as f64 / leads as f64;
        if leads >= LEAST_LEADS && share >= OFTEN_LIMITED {
            findings.push(Finding::new(Found::OftenLimited { limit, share }, rules));
        }
    };
    for (group, count) in set.groups.iter().zip(&observed.group_limits) {
        limited(Limit::Group(group.name.clone()), *count, &[]);
    }
    limited(Limit::Total, observed.scale_limits, &[]);
    for (rule, count) in set.rules.iter().zip(&observed.rule_limits) {
        limited(Limit::Rule(rule.name.clone()), *count, &[&rule.name]);
    }
}

fn unknown_values(
    set: &RuleSet,
    scorer: &Scorer,
    observed: &Observed,
    findings: &mut Vec<Finding>,
) {
    if observed.totals.len() < LEAST_LEADS {
        return;
    }
    for (position, known) in scorer.text_signals(set).iter().zip(&observed.values) {
        if known.is_empty() || known.len() >= MOST_VALUES {
            continue;
        }
        let compared = set.texts_compared();
        let here = |signal: &str| scorer.signal_of(set, signal) == Some(*position);
        for (rule, signal, value) in compared.iter().copied().filter(|(_, s, _)| here(s)) {
            if known.contains(value) {
                continue;
            }
            let near = did_you_mean(value, known.iter().map(String::as_str));
            // A list may name what has not come yet; that nothing of it is met is another thing.
            let mut others = compared.iter().filter(|(r, s, _)| *r == rule && *s == signal);
            if near.is_none() && others.any(|(_, _, value)| known.contains(*value)) {
                continue;
            }
            let found = Found::UnknownValue {
                signal: signal.to_owned(),
                value: value.to_owned(),
                near: near.map(str::to_owned),
            };
            findings.push(Finding::new(found, &[rule]));
        }
    }
}

fn by_month(scores: &[AtMonth]) -> Vec<Month> {
    let mut months: BTreeMap<i64, Vec<&AtMonth>> = BTreeMap::new();
    for score in scores {
        months.entry(score.at.micros()).or_default().push(score);
    }
    months
        .into_iter()
        .map(|(at, scores)| {
            // The end of a month is the start of the next; the moment before it names it.
            let name = Time::from_micros(at.saturating_sub(1)).to_string();
            let handed: Vec<bool> = scores.iter().filter_map(|score| score.handed).collect();
            let share = handed.iter().filter(|h| **h).count() as f64 / handed.len().max(1) as f64;
            Month {
                month: name.chars().take(7).collect(),
                leads: scores.len(),
                mean: scores.iter().map(|score| score.total).sum::<f64>() / scores.len() as f64,
                handed: (!handed.is_empty()).then_some(share),
            }
        })
        .collect()
}

/// Whether the last third of the months has higher scores than the first.
fn inflation(months: &[Month], totals: &[f64]) -> Option<Finding> {
    let told: Vec<&Month> = months.iter().filter(|month| month.leads >= LEAST_OF_MONTH).collect();
    if told.len() < LEAST_MONTHS {
        return None;
    }
    let third = told.len() / 3;
    let mean = |months: &[&Month]| {
        let leads: usize = months.iter().map(|month| month.leads).sum();
        months.iter().map(|m| m.mean * m.leads as f64).sum::<f64>() / leads as f64
    };
    let (first, last) = (&told[..third], &told[told.len() - third..]);
    let (before, after) = (mean(first), mean(last));
    let all = totals.iter().sum::<f64>() / totals.len().max(1) as f64;
    let variance =
        totals.iter().map(|total| (total - all).powi(2)).sum::<f64>() / totals.len().max(1) as f64;
    let ends = |months: &[&Month]| -> Option<[String; 2]> {
        Some([months.first()?.month.clone(), months.last()?.month.clone()])
    };
    let found = Found::Inflation { before, after, first: ends(first)?, last: ends(last)? };
    (after - before > INFLATED * variance.sqrt() && after > before)
        .then(|| Finding::new(found, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_that_creeps_up_is_found() {
        let month = |index: usize, mean: f64| Month {
            month: format!("2024-{:02}", index + 1),
            leads: 100,
            mean,
            handed: None,
        };
        let totals = [0.0, 10.0, 20.0, 30.0];
        let rising: Vec<Month> = (0..9).map(|i| month(i, 5.0 * i as f64)).collect();
        let found = inflation(&rising, &totals).unwrap();
        assert!(found.message.contains("5.0 points on average in 2024-01 to 2024-03"), "{found:?}");
        let flat: Vec<Month> = (0..9).map(|i| month(i, 5.0 + (i % 2) as f64)).collect();
        assert_eq!(inflation(&flat, &totals), None);
        assert_eq!(inflation(&rising[..5], &totals), None);
    }
}
