//! What probabilities would be with one thing otherwise, where that is asked.

use leadscore_features::Time;
use leadscore_features::events::Texts;
use leadscore_model::{Change, ChangeMistake, ChangeName, Otherwise, Past, Score, Unknown, WhatIf};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::IntervalAnswer;
use crate::problem::{FieldError, Problem};
use crate::request::{AskedWhatIf, Lead, Leads, pointer};
use crate::scoring::Scoring;

/// A lead of which one thing is otherwise: what leads that differ in this alone came to, not what
/// bringing it about would cause.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WhatIfAnswer)]
pub(crate) struct WithChange {
    /// The change in words.
    #[schema(example = "one more page_view page=/pricing")]
    with: String,
    /// The attribute that has another value; absent where the change is an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    attribute: Option<String>,
    /// That value, as text; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    value: Option<String>,
    /// The kind of the event that is one more; absent where the change is an attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    kind: Option<String>,
    /// Its properties, as texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    properties: Option<Map<String, Json>>,
    /// The probability of converting, from 0 to 1.
    #[schema(example = 0.44)]
    probability: f64,
    /// How much more that is than the lead's own.
    #[schema(example = 0.13)]
    change: f64,
    /// The log-odds of converting.
    log_odds: f64,
    /// What the fitted rows leave open of the probability, where `intervals` were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    interval: Option<IntervalAnswer>,
    /// The band of the probability.
    #[schema(value_type = super::Band)]
    band: &'static str,
    /// The filters that take events which they left before, and how many: the one that is more, or
    /// others because of it. Absent where there are none.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Option<Object>, nullable = false)]
    taken: Map<String, Json>,
    /// Whether no fitted row has the value; absent where not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    unseen: bool,
}

/// The changes that a request asks about, with every name resolved.
pub(super) struct Changes<'a> {
    what_if: WhatIf<'a>,
    /// The texts behind the records of all leads, and of the changes.
    texts: Texts,
    /// Whether those are wanted that raise the probability most.
    best: bool,
    intervals: bool,
}

impl<'a> Changes<'a> {
    /// `None` where nothing is asked.
    pub(super) fn of(
        scoring: &'a Scoring,
        request: &'a Leads<'_>,
    ) -> Result<Option<Self>, Problem> {
        let (scorer, asked) = (&scoring.scorer, &request.what_if);
        if matches!(asked, AskedWhatIf::No) {
            return Ok(None);
        }
        if !scorer.has_model() {
            let what = "it is asked of a model, and there is none";
            return Err(Problem::bad_fields(vec![FieldError::of_body("what_if", what)], 0));
        }
        let what_if = match asked {
            AskedWhatIf::These(changes) => {
                let changes: Vec<Change<'_>> = changes.iter().map(|c| c.change()).collect();
                WhatIf::new(scorer, &changes).map_err(|mistakes| {
                    Problem::bad_fields(mistakes.into_iter().map(mistake).collect(), 0)
                })?
            }
            AskedWhatIf::No | AskedWhatIf::Best => WhatIf::of_events(scorer),
        };
        let texts = what_if.texts(&request.texts);
        let best = matches!(asked, AskedWhatIf::Best);
        Ok(Some(Self { what_if, texts, best, intervals: request.intervals }))
    }

    /// What is said of a lead; null where what raises its probability is asked for and nothing is
    /// known of its events.
    pub(super) fn answer(
        &self,
        past: &Past<'_>,
        at: (Time, bool),
        score: &Score,
    ) -> Result<Option<Vec<WithChange>>, Vec<(usize, Unknown)>> {
        let with =
            |(name, otherwise)| WithChange::new(name, otherwise, score.probability, self.intervals);
        if self.best {
            let best = || self.what_if.best(past, &self.texts, at, score);
            return Ok(at.1.then(|| best().into_iter().map(with).collect()));
        }
        let (mut found, mut unknown) = (Vec::new(), Vec::new());
        for (position, name) in self.what_if.names().enumerate() {
            match self.what_if.score(position, past, &self.texts, at) {
                Ok(otherwise) => found.push(with((name, otherwise))),
                Err(why) => unknown.push((position, why)),
            }
        }
        if unknown.is_empty() { Ok(Some(found)) } else { Err(unknown) }
    }
}

/// What is said of one lead's changes that cannot be answered.
pub(super) fn unanswered(index: usize, (change, why): (usize, Unknown)) -> FieldError {
    FieldError {
        lead: Some(index),
        pointer: pointer(["what_if", &change.to_string()]),
        field: Some("what_if".to_owned()),
        message: why.to_string(),
    }
}

/// The past of a lead, for changes of it.
pub(super) fn past<'a>(
    lead: &'a Lead<'a>,
    attributes: &'a [leadscore_features::Value<'a>],
) -> Past<'a> {
    let records = lead.events.as_ref().map_or(&[][..], |events| &events.records);
    Past { attributes, ready: &lead.ready, records, created: lead.created, later: &[] }
}

fn mistake(mistake: ChangeMistake) -> FieldError {
    let change = mistake.change.to_string();
    let path = mistake.path.iter().map(String::as_str);
    FieldError {
        lead: None,
        pointer: pointer(["what_if", &change].into_iter().chain(path)),
        field: Some("what_if".to_owned()),
        message: mistake.message,
    }
}

impl WithChange {
    fn new(name: &ChangeName, otherwise: Otherwise, before: f64, intervals: bool) -> Self {
        let with = name.to_string();
        let (mut attribute, mut value, mut kind, mut properties) = (None, None, None, None);
        match name.clone() {
            ChangeName::Attribute { column, value: text } => {
                (attribute, value) = (Some(column), Some(text));
            }
            ChangeName::Event(event) => {
                let texts = event.properties.into_iter().map(|(name, text)| (name, text.into()));
                (kind, properties) = (Some(event.kind), Some(texts.collect()));
            }
        }
        let Otherwise { probability, log_odds, band, interval, taken, unseen } = otherwise;
        let interval = interval.filter(|_| intervals);
        let interval = interval.map(|found| IntervalAnswer { low: found.low, high: found.high });
        let taken = taken.into_iter().map(|(filter, count)| (filter.to_owned(), count.into()));
        let change = probability - before;
        let taken = taken.collect();
        Self {
            with,
            attribute,
            value,
            kind,
            properties,
            probability,
            change,
            log_odds,
            interval,
            band,
            taken,
            unseen,
        }
    }
}
