//! Scores leads and writes the answer.

use std::collections::HashMap;
use std::time::Instant;

use leadscore_features::events::Seen;
use leadscore_features::{Snapshot, Time, Value};
use leadscore_model::points::{PointsScore, RuleSet};
use leadscore_model::{Score, reasons};

use super::warnings::Names;
use super::{
    EventCounts, PointsAnswer, Prediction, ReasonAnswer, Reasons, RulePoints, Shown, SignalValues,
};
use crate::problem::{FieldError, Problem};
use crate::request::{LEADS_BETWEEN_LOOKS, Lead, Leads};
use crate::service::Inner;

/// The clock is looked at once in about so many words of events.
const WORDS_BETWEEN_LOOKS: usize = 1 << 16;

/// Scores leads and writes the answer. Leads that say no moment are scored as of `now`.
pub(crate) fn write(
    inner: &Inner,
    request: &Leads<'_>,
    now: Time,
    deadline: Instant,
) -> Result<Vec<u8>, Problem> {
    let mut writer = Writer {
        inner,
        width: inner.scorer.columns().len(),
        base: inner.scorer.base(),
        reasons: request.reasons,
        near: HashMap::new(),
        errors: Vec::new(),
    };
    let mut out = Vec::with_capacity(inner.opening.len() + 2048 * request.leads.len().min(4096));
    out.extend_from_slice(&inner.opening);
    let mut score = Score::default();
    let mut seen = Seen::new(&request.texts);
    let mut words = 0;
    for (index, lead) in request.leads.iter().enumerate() {
        words += lead.events.as_ref().map_or(0, |events| events.records.len());
        let look =
            index % LEADS_BETWEEN_LOOKS == LEADS_BETWEEN_LOOKS - 1 || words > WORDS_BETWEEN_LOOKS;
        if look {
            words = 0;
            if Instant::now() > deadline {
                return Err(Problem::late());
            }
        }
        let as_of = lead.as_of.unwrap_or(now);
        let start = index * writer.width;
        let given = lead.events.as_ref().zip(inner.scorer.event_plan());
        let counts = given.map(|(events, plan)| {
            EventCounts::from(seen.cut(plan, &events.records, as_of, lead.created))
        });
        let snapshot = Snapshot {
            as_of: Some(as_of),
            attributes: &request.values[start..start + writer.width],
            events: given.is_some().then_some(&seen),
        };
        let mut values = Vec::with_capacity(inner.scorer.signals().len());
        inner.scorer.evaluate(&snapshot, &mut values);
        for (signal, value) in &lead.ready {
            values[*signal] = ready(value, as_of);
        }
        inner.scorer.score_values(&values, snapshot.events, &mut score);
        if inner.scorer.has_model() && !score.log_odds.is_finite() {
            let error = writer.not_finite(index, lead, request.alone, &score);
            writer.errors.push(error);
        }
        if !writer.errors.is_empty() {
            continue;
        }
        if index > 0 {
            out.push(b',');
        }
        let scored = Scored { lead, snapshot: &snapshot, values: &values, score: &score };
        let prediction = writer.prediction(&scored, counts);
        serde_json::to_writer(&mut out, &prediction).map_err(|_| Problem::internal())?;
    }
    if !writer.errors.is_empty() {
        return Err(Problem::bad_fields(writer.errors, 0));
    }
    out.extend_from_slice(b"]}");
    Ok(out)
}

/// A ready value. A date that lies after `as_of` had not happened yet, as in an attribute.
fn ready<'a>(value: &'a Value<'_>, as_of: Time) -> Value<'a> {
    match value {
        Value::Missing | Value::Unavailable => Value::Missing,
        Value::Number(number) => Value::Number(*number),
        Value::YesNo(flag) => Value::YesNo(*flag),
        Value::Text(text) => Value::Text(text.as_ref().into()),
        Value::Time(time) if *time > as_of => Value::Missing,
        Value::Time(time) => Value::Time(*time),
    }
}

/// A lead with its score.
#[derive(Clone, Copy)]
pub(super) struct Scored<'a> {
    pub(super) lead: &'a Lead<'a>,
    pub(super) snapshot: &'a Snapshot<'a>,
    pub(super) values: &'a [Value<'a>],
    pub(super) score: &'a Score,
}

pub(super) struct Writer<'s> {
    pub(super) inner: &'s Inner,
    width: usize,
    base: Option<f64>,
    reasons: usize,
    /// The known names near unknown ones, found so far.
    pub(super) near: HashMap<(Names, String), Option<&'s str>>,
    errors: Vec<FieldError>,
}

impl<'s> Writer<'s> {
    fn prediction<'a>(&mut self, scored: &Scored<'a>, counts: Option<EventCounts>) -> Prediction<'a>
    where
        's: 'a,
    {
        let inner = self.inner;
        let Scored { lead, snapshot, values, score } = *scored;
        let model = inner.scorer.has_model();
        let points = inner.rule_sets.iter().zip(&score.points);
        let unavailable = inner.scorer.signals().zip(values);
        let prediction = Prediction {
            id: lead.id.as_ref(),
            as_of: snapshot.as_of.unwrap_or(Time::from_micros(0)),
            probability: model.then_some(score.probability),
            log_odds: model.then_some(score.log_odds),
            base_log_odds: self.base,
            band: model.then_some(score.band),
            reasons: model.then(|| self.explain(values, score)),
            points: points.map(|(set, points)| points_answer(set, points)).collect(),
            signals: SignalValues { scorer: &inner.scorer, values },
            unavailable_signals: unavailable
                .filter(|(_, value)| **value == Value::Unavailable)
                .map(|(name, _)| name)
                .collect(),
            events: counts,
            warnings: self.warnings(scored),
        };
        let metrics = &inner.metrics;
        metrics.scored(model.then_some(score.band), score.points.iter().map(|points| points.band));
        prediction.warnings.iter().for_each(|warning| metrics.warned(warning.kind));
        prediction
    }

    fn explain<'a>(&self, values: &'a [Value<'a>], score: &Score) -> Reasons<'a>
    where
        's: 'a,
    {
        let inner = self.inner;
        let all = reasons(score.log_odds, &score.parts);
        let side = |up: bool| {
            all.iter()
                .filter(|reason| (reason.log_odds > 0.0) == up)
                .take(self.reasons)
                .map(|reason| {
                    let input = &inner.inputs[reason.input];
                    ReasonAnswer {
                        signal: &input.signal,
                        value: Shown(&values[input.position]),
                        log_odds: reason.log_odds,
                        effect: reason.effect,
                    }
                })
                .collect()
        };
        Reasons { up: side(true), down: side(false) }
    }

    /// Numbers that are finite can be too large for a finite score.
    fn not_finite(&self, index: usize, lead: &Lead<'_>, alone: bool, score: &Score) -> FieldError {
        let at = score.parts.iter().position(|part| !part.is_finite());
        let input = at.map(|at| &self.inner.inputs[at]);
        let is_ready = |position| lead.ready.iter().any(|(ready, _)| *ready == position);
        let mut path = if alone { Vec::new() } else { vec!["leads".to_owned(), index.to_string()] };
        let field = match input {
            Some(input) if is_ready(input.position) => {
                path.extend(["signals".to_owned(), input.signal.clone()]);
                Some(input.signal.clone())
            }
            Some(input) if self.inner.scorer.is_of_events(input.position) => {
                path.push("events".to_owned());
                Some("events".to_owned())
            }
            input => {
                path.push("attributes".to_owned());
                path.extend(input.map(|input| input.column.clone()));
                input.map(|input| input.column.clone())
            }
        };
        FieldError {
            lead: Some(index),
            pointer: crate::request::pointer(path.iter().map(String::as_str)),
            field,
            message: "its number is too large to be scored".to_owned(),
        }
    }
}

fn points_answer<'a>(set: &'a RuleSet, points: &PointsScore) -> PointsAnswer<'a> {
    let name = |rule: usize| set.rules[rule].name.as_str();
    PointsAnswer {
        rule_set: &set.name,
        total: points.total,
        band: points.band.and_then(|band| set.bands.name(band)),
        hand_off: points.hand_off,
        breakdown: points
            .parts()
            .into_iter()
            .map(|(part, points)| RulePoints { rule: part.words(set), points })
            .collect(),
        unavailable: points.unavailable.iter().map(|&rule| name(rule)).collect(),
    }
}
