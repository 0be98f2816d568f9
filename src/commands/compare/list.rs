//! Scores taken apart, for lists of leads.

use std::collections::HashMap;

use anyhow::{Result, anyhow};
use leadscore_model::points::{Part, Points};
use leadscore_model::reasons;
use serde::Serialize;

use super::Compared;
use super::rankings::Ranking;
use crate::print;

/// Parts of a model's score that are told, the strongest.
const MOST_PARTS: usize = 8;

/// Scores of one ranking, taken apart.
pub(super) struct Told {
    /// The names of the parts.
    pub(super) names: Vec<String>,
    /// The texts of values, of a model's signals.
    pub(super) values: Vec<String>,
    /// The parts of each lead that was asked for, the largest first.
    pub(super) parts: Vec<Vec<OfScore>>,
}

/// A part of a score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum OfScore {
    /// Of a model: a signal and its value, by their positions, what it adds to the log-odds, and what
    /// the probability would lose without it.
    Model { input: u32, value: u32, log_odds: f64, effect: f64 },
    /// Of a rule set: the part, and its points.
    Points { part: u32, points: Points },
}

impl Serialize for OfScore {
    /// As short as can be: `[input, value, effect]` or `[part, points]`.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Model { input, value, effect, .. } => {
                (input, value, (effect * 1e4).round() / 1e4).serialize(serializer)
            }
            Self::Points { part, points } => (part, points).serialize(serializer),
        }
    }
}

impl Told {
    /// The strongest parts of a lead's score that raise it, or that lower it, in words.
    pub(super) fn words(&self, lead: usize, up: bool, most: usize) -> Vec<String> {
        let raises = |part: &&OfScore| match part {
            OfScore::Model { log_odds, .. } => (*log_odds > 0.0) == up,
            OfScore::Points { points, .. } => (*points > Points::ZERO) == up,
        };
        self.parts[lead].iter().filter(raises).take(most).map(|part| self.in_words(part)).collect()
    }

    /// A part in words: `visits = 12 (+0.54)`, `asked for a demo +20`.
    pub(super) fn in_words(&self, part: &OfScore) -> String {
        match part {
            OfScore::Model { input, value, log_odds, .. } => {
                let (name, value) = (&self.names[*input as usize], &self.values[*value as usize]);
                format!("{name} = {value} ({log_odds:+.2})")
            }
            OfScore::Points { part, points } => {
                format!("{} {points:+}", self.names[*part as usize])
            }
        }
    }
}

/// Takes apart the scores that a ranking gives some of the leads, by their positions.
pub(super) fn told(compared: &Compared, ranking: &Ranking, leads: &[usize]) -> Result<Told> {
    if ranking.is_model() {
        of_model(compared, ranking, leads)
    } else {
        of_rules(compared, ranking, leads)
    }
}

fn of_rules(compared: &Compared, ranking: &Ranking, leads: &[usize]) -> Result<Told> {
    let set = &compared.rule_sets[ranking.index];
    let mut numbers: HashMap<Part, u32> = HashMap::new();
    let mut names = Vec::new();
    let mut of = |lead: &usize| -> Vec<OfScore> {
        let parts = compared.scores[0][*lead].points[ranking.index].parts_by_size();
        let number = |(part, points): (Part, Points)| {
            let part = *numbers.entry(part).or_insert_with(|| {
                names.push(part.words(set));
                (names.len() - 1) as u32
            });
            OfScore::Points { part, points }
        };
        parts.into_iter().map(number).collect()
    };
    let parts = leads.iter().map(&mut of).collect();
    Ok(Told { names, values: Vec::new(), parts })
}

fn of_model(compared: &Compared, ranking: &Ranking, leads: &[usize]) -> Result<Told> {
    let model = ranking.index;
    let (judge, scorer) = (&compared.judges[model], &compared.scorers[model]);
    let mut sorted: Vec<usize> = leads.to_vec();
    sorted.sort_unstable();
    let all = compared.moments(model);
    let moments: Vec<_> = sorted.iter().map(|lead| all[*lead]).collect();
    let store = judge.leads.read_events(scorer.event_plan(), &[], &|_| {})?;
    let walker = judge.leads.leads(store.as_ref());
    type Walked = Vec<(usize, Vec<(usize, f64, f64, String)>)>;
    let (walked, _) = walker
        .walk(scorer, &moments, Vec::new, |found: &mut Walked, step| {
            let score = &compared.scores[model][sorted[step.index]];
            let parts = reasons(score, scorer.recalibration()).into_iter().take(MOST_PARTS);
            let told = parts.map(|reason| {
                let value = scorer.input_value(reason.input, step.snapshot);
                (reason.input, reason.log_odds, reason.effect, print::value(&value))
            });
            found.push((sorted[step.index], told.collect()));
        })
        .map_err(|error| anyhow!("{}", judge.leads.unread(&error)))?;
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut values = Vec::new();
    let mut of_lead: HashMap<usize, Vec<OfScore>> = HashMap::with_capacity(leads.len());
    for (lead, told) in walked.into_iter().flatten() {
        let number = |(input, log_odds, effect, text): (usize, f64, f64, String)| {
            let value = *numbers.entry(text).or_insert_with_key(|text| {
                values.push(text.clone());
                (values.len() - 1) as u32
            });
            OfScore::Model { input: input as u32, value, log_odds, effect }
        };
        of_lead.insert(lead, told.into_iter().map(number).collect());
    }
    let parts = leads.iter().map(|lead| of_lead.remove(lead).unwrap_or_default()).collect();
    Ok(Told { names: scorer.inputs().map(str::to_owned).collect(), values, parts })
}
