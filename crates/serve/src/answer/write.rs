//! Scores leads and writes the answer.

use std::cell::Cell;
use std::collections::HashMap;
use std::time::Instant;

use leadscore_features::events::Seen;
use leadscore_features::{Snapshot, Time};
use leadscore_model::{Past, Score};

use super::EventCounts;
use super::lead::Scored;
use super::standing::{Known, StandingAnswer};
use super::warnings::Names;
use super::what_if::{Changes, past, unanswered};
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
        now,
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
    let mut score = SCORE.take();
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
        scorer.take_ready(&lead.ready, &snapshot, &mut values);
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
            later: &[],
        });
        let known = Known { scorer, stood: &lead.stood, past, as_of, deadline };
        let standings = writer.standings(&known, &score, &mut replayed)?;
        let scored = Scored {
            lead,
            snapshot: &snapshot,
            values: &values,
            score: &score,
            counts,
            what_if: what_if.as_ref(),
            standings: &standings,
        };
        if index > 0 {
            out.push(b',');
        }
        match question {
            Question::Predict => writer.prediction(&scored, &mut out),
            Question::Points => writer.points_of_lead(&scored, &mut out),
        }
        .map_err(|_| Problem::internal())?;
    }
    if !writer.errors.is_empty() {
        return Err(Problem::bad_fields(writer.errors, 0));
    }
    out.extend_from_slice(b"]}");
    SCORE.set(score);
    Ok(out)
}

thread_local! {
    /// The last score that this thread made, for the room that it has for the next.
    static SCORE: Cell<Score> = Cell::default();
}

/// The beginning of an answer, up to the first lead.
fn opening(question: Question, scoring: &Scoring, sets: &[usize], out: &mut Vec<u8>) {
    out.push(b'{');
    if question == Question::Predict {
        out.extend_from_slice(b"\"model\":");
        out.extend_from_slice(scoring.prepared.model.as_bytes());
        out.push(b',');
    }
    out.extend_from_slice(b"\"rule_sets\":[");
    for (place, &set) in sets.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(scoring.prepared.sets[set].version.as_bytes());
    }
    out.extend_from_slice(match question {
        Question::Predict => b"],\"predictions\":[",
        Question::Points => b"],\"leads\":[",
    });
}

pub(super) struct Writer<'s> {
    pub(super) scoring: &'s Scoring,
    pub(super) metrics: &'s Metrics,
    /// When the request was read.
    pub(super) now: Time,
    pub(super) asked: &'s Asked,
    pub(super) base: Option<f64>,
    pub(super) reasons: usize,
    pub(super) intervals: bool,
    /// The known names near unknown ones, found so far.
    pub(super) near: HashMap<(Names, String), Option<&'s str>>,
    errors: Vec<FieldError>,
}

impl<'s> Writer<'s> {
    /// Where a lead stands on the ladders of each rule set that is asked for.
    fn standings<'a>(
        &self,
        known: &Known<'_, '_>,
        score: &Score,
        replayed: &mut Seen<'_>,
    ) -> Result<Vec<[Option<StandingAnswer<'a>>; 2]>, Problem>
    where
        's: 'a,
    {
        let scoring = self.scoring;
        let one = |(&set, score): (&usize, &_)| {
            if !scoring.fields.sets.has_ladder(set) {
                return Ok([None, None]);
            }
            known.standings(set, &scoring.rule_sets[set], score, replayed)
        };
        self.asked.sets.iter().zip(&score.points).map(one).collect()
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
