//! Scores leads and writes the answer.

use std::collections::HashMap;
use std::time::Instant;

use leadscore_features::events::Seen;
use leadscore_features::{Snapshot, Time, Value};
use leadscore_model::evaluate::Interval;
use leadscore_model::{Past, Score, strongest_reasons, take_ready};
use serde::Serialize;

use super::points::PointsAnswer;
use super::standing::{Known, StandingAnswer};
use super::warnings::Names;
use super::what_if::{Changes, WithChange, past, unanswered};
use super::{
    EventCounts, IntervalAnswer, PointsOfLead, Prediction, ReasonAnswer, Reasons, Shown,
    SignalValues,
};
use crate::problem::{FieldError, Problem};
use crate::request::{LEADS_BETWEEN_LOOKS, Lead, Leads};
use crate::scoring::{Asked, Question, Scoring};
use crate::telemetry::Metrics;

/// The clock is looked at once in about so many words of events.
const WORDS_BETWEEN_LOOKS: usize = 1 << 16;

/// Scores leads and writes the answer. Leads that say no moment are scored as of `now`.
pub(crate) fn write(
    scoring: &Scoring,
    metrics: &Metrics,
    question: Question,
    request: &Leads<'_>,
    now: Time,
    deadline: Instant,
) -> Result<Vec<u8>, Problem> {
    if request.intervals && question == Question::Predict && !scoring.scorer.has_intervals() {
        let what = if scoring.scorer.has_model() {
            "the model is of an earlier version and knows no intervals; train it again"
        } else {
            "intervals are a model's, and there is none"
        };
        return Err(Problem::bad_fields(vec![FieldError::of_body("intervals", what)], 0));
    }
    let changes = match question {
        Question::Predict => Changes::of(scoring, request)?,
        Question::Points => None,
    };
    let asked = scoring.asked(request.rule_sets.as_deref());
    let mut writer = Writer {
        scoring,
        metrics,
        asked: &asked,
        base: scoring.scorer.base(),
        reasons: request.reasons,
        intervals: request.intervals,
        near: HashMap::new(),
        errors: Vec::new(),
    };
    let scorer = &scoring.scorer;
    let width = scorer.columns().len();
    let mut out = Vec::with_capacity(1024 + 2048 * request.leads.len().min(4096));
    opening(question, scoring, &asked.sets, &mut out);
    let mut score = Score::default();
    let mut seen = Seen::new(&request.texts);
    let mut replayed = Seen::new(&request.texts);
    let mut words = 0;
    for (index, lead) in request.leads.iter().enumerate() {
        words += lead.events.as_ref().map_or(0, |events| events.records.len());
        let look =
            index % LEADS_BETWEEN_LOOKS == LEADS_BETWEEN_LOOKS - 1 || words > WORDS_BETWEEN_LOOKS;
        // Changes take longer than the lead itself.
        let look = look || changes.is_some();
        if look {
            words = 0;
            if Instant::now() > deadline {
                return Err(Problem::late());
            }
        }
        let as_of = lead.as_of.unwrap_or(now);
        let attributes = &request.values[index * width..][..width];
        let given = lead.events.as_ref().zip(scorer.event_plan());
        let counts = given.map(|(events, plan)| {
            EventCounts::from(seen.cut(plan, &events.records, as_of, lead.created))
        });
        let events = given.is_some().then_some(&seen);
        let snapshot = Snapshot { as_of: Some(as_of), attributes, events };
        let mut values = Vec::with_capacity(scorer.signals().len());
        scorer.evaluate(&snapshot, &mut values);
        take_ready(&lead.ready, snapshot.as_of, &mut values);
        scorer.score_some(&asked.sets, &values, snapshot.events, &mut score);
        if scorer.has_model() && !score.log_odds.is_finite() {
            let error = writer.not_finite(index, lead, request.alone, &score);
            writer.errors.push(error);
        }
        let what_if = changes.as_ref().map(|changes| {
            let at = (as_of, snapshot.events.is_some());
            changes.answer(&past(lead, attributes), at, &score).unwrap_or_else(|unknown| {
                let errors = unknown.into_iter().map(|unknown| unanswered(index, unknown));
                writer.errors.extend(errors);
                None
            })
        });
        if !writer.errors.is_empty() {
            continue;
        }
        let past = lead.events.as_ref().map(|events| Past {
            attributes,
            ready: &lead.ready,
            records: &events.records,
            created: lead.created,
        });
        let known = Known { scorer, stood: &lead.stood, past, as_of, deadline };
        let points = writer.points(&known, &score, snapshot.events, &mut replayed)?;
        let scored = Scored { lead, snapshot: &snapshot, values: &values, score: &score };
        if index > 0 {
            out.push(b',');
        }
        match question {
            Question::Predict => {
                append(&mut out, &writer.prediction(&scored, points, counts, what_if))?;
            }
            Question::Points => append(&mut out, &writer.points_of_lead(&scored, points, counts))?,
        }
    }
    if !writer.errors.is_empty() {
        return Err(Problem::bad_fields(writer.errors, 0));
    }
    out.extend_from_slice(b"]}");
    Ok(out)
}

/// The beginning of an answer, up to the first lead.
fn opening(question: Question, scoring: &Scoring, sets: &[usize], out: &mut Vec<u8>) {
    out.push(b'{');
    if question == Question::Predict {
        out.extend_from_slice(b"\"model\":");
        out.extend_from_slice(scoring.model_json.as_bytes());
        out.push(b',');
    }
    out.extend_from_slice(b"\"rule_sets\":[");
    for (place, &set) in sets.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(scoring.versions_json[set].as_bytes());
    }
    out.extend_from_slice(match question {
        Question::Predict => b"],\"predictions\":[",
        Question::Points => b"],\"leads\":[",
    });
}

fn append(out: &mut Vec<u8>, value: &impl Serialize) -> Result<(), Problem> {
    serde_json::to_writer(out, value).map_err(|_| Problem::internal())
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
    pub(super) scoring: &'s Scoring,
    metrics: &'s Metrics,
    pub(super) asked: &'s Asked,
    base: Option<f64>,
    reasons: usize,
    intervals: bool,
    /// The known names near unknown ones, found so far.
    pub(super) near: HashMap<(Names, String), Option<&'s str>>,
    errors: Vec<FieldError>,
}

impl<'s> Writer<'s> {
    /// The points of the rule sets that are asked for, with where the lead stands.
    fn points<'a>(
        &self,
        known: &Known<'_, '_>,
        score: &'a Score,
        events: Option<&Seen<'_>>,
        replayed: &mut Seen<'_>,
    ) -> Result<Vec<PointsAnswer<'a>>, Problem>
    where
        's: 'a,
    {
        let scoring = self.scoring;
        let one = |(&set, score): (&usize, &'a _)| {
            let of = &scoring.rule_sets[set];
            let standings: [Option<StandingAnswer<'a>>; 2] = if scoring.fields.sets.has_ladder(set)
            {
                known.standings(set, of, score, replayed)?
            } else {
                [None, None]
            };
            let compiled = &scoring.scorer.rule_sets()[set];
            Ok(PointsAnswer::new(of, compiled, score, events, standings))
        };
        self.asked.sets.iter().zip(&score.points).map(one).collect()
    }

    fn prediction<'a>(
        &mut self,
        scored: &Scored<'a>,
        points: Vec<PointsAnswer<'a>>,
        counts: Option<EventCounts>,
        what_if: Option<Option<Vec<WithChange>>>,
    ) -> Prediction<'a>
    where
        's: 'a,
    {
        let Scored { lead, snapshot, values, score } = *scored;
        let model = self.scoring.scorer.has_model();
        let prediction = Prediction {
            id: lead.id.as_ref(),
            as_of: snapshot.as_of.unwrap_or(Time::from_micros(0)),
            probability: model.then_some(score.probability),
            interval: self.interval(values, score),
            log_odds: model.then_some(score.log_odds),
            base_log_odds: self.base,
            calibration_log_odds: self.scoring.scorer.recalibration().map(|_| score.calibration),
            base_rate_log_odds: self.scoring.scorer.base_rate().map(|_| score.base_rate),
            band: model.then_some(score.band),
            reasons: model.then(|| self.explain(values, score)),
            what_if,
            points,
            signals: self.signals(values),
            unavailable_signals: self.unavailable(values),
            events: counts,
            warnings: self.warnings(scored),
        };
        self.count(prediction.band, score, &prediction.warnings);
        prediction
    }

    fn points_of_lead<'a>(
        &mut self,
        scored: &Scored<'a>,
        points: Vec<PointsAnswer<'a>>,
        counts: Option<EventCounts>,
    ) -> PointsOfLead<'a>
    where
        's: 'a,
    {
        let Scored { lead, snapshot, values, score } = *scored;
        let found = PointsOfLead {
            id: lead.id.as_ref(),
            as_of: snapshot.as_of.unwrap_or(Time::from_micros(0)),
            points,
            signals: self.signals(values),
            unavailable_signals: self.unavailable(values),
            events: counts,
            warnings: self.warnings(scored),
        };
        self.count(None, score, &found.warnings);
        found
    }

    fn signals<'a>(&self, values: &'a [Value<'a>]) -> SignalValues<'a>
    where
        's: 'a,
    {
        SignalValues { scorer: &self.scoring.scorer, values, used: self.asked.signals.as_deref() }
    }

    /// The signals in use that are not known.
    pub(super) fn unavailable<'a>(&self, values: &[Value<'_>]) -> Vec<&'a str>
    where
        's: 'a,
    {
        let signals = self.scoring.scorer.signals().zip(values).enumerate();
        signals
            .filter(|(index, (_, value))| **value == Value::Unavailable && self.asked.uses(*index))
            .map(|(_, (name, _))| name)
            .collect()
    }

    fn count(&self, band: Option<&str>, score: &Score, warnings: &[super::Warning<'_>]) {
        let bands = score.points.iter().map(|points| points.band);
        self.metrics.scored(band, self.asked.sets.iter().copied().zip(bands));
        warnings.iter().for_each(|warning| self.metrics.warned(warning.kind));
    }

    fn interval(&self, values: &[Value<'_>], score: &Score) -> Option<IntervalAnswer> {
        let wanted = self.intervals.then_some(&self.scoring.scorer)?;
        let Interval { low, high, .. } = wanted.interval(values, score)?;
        Some(IntervalAnswer { low, high })
    }

    fn explain<'a>(&self, values: &'a [Value<'a>], score: &Score) -> Reasons<'a>
    where
        's: 'a,
    {
        let scoring = self.scoring;
        let side = |up: bool| {
            strongest_reasons(score.log_odds, &score.parts, up, self.reasons)
                .into_iter()
                .map(|reason| {
                    let input = &scoring.inputs[reason.input];
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
        let input = at.map(|at| &self.scoring.inputs[at]);
        let is_ready = |position| lead.ready.iter().any(|(ready, _)| *ready == position);
        let mut path = if alone { Vec::new() } else { vec!["leads".to_owned(), index.to_string()] };
        let field = match input {
            Some(input) if is_ready(input.position) => {
                path.extend(["signals".to_owned(), input.signal.clone()]);
                Some(input.signal.clone())
            }
            Some(input) if self.scoring.scorer.is_of_events(input.position) => {
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
