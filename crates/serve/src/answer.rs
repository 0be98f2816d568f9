//! What is answered: for each lead its probability, points, reasons and warnings.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Instant;

use leadscore_features::{Encounter, Snapshot, Time, Value};
use leadscore_model::points::{Points, PointsScore, RuleSet};
use leadscore_model::{Score, reasons};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::problem::{FieldError, Problem};
use crate::request::{Id, LEADS_BETWEEN_LOOKS, Lead, Leads};
use crate::service::Inner;

/// Names for which a near one is looked for in one request; beyond it warnings do without.
const SUGGESTIONS: usize = 256;

/// The scores of the leads of a request, in its order.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema; the answer is written prediction by prediction")]
pub(crate) struct Answer<'a> {
    /// The model; null when only points are served.
    model: Option<Version>,
    /// The rule sets, in the order of each prediction's `points`.
    rule_sets: Vec<Version>,
    /// One for each lead, in order.
    predictions: Vec<Prediction<'a>>,
}

/// What tells one model or rule set from another.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Version {
    /// Its name.
    pub(crate) name: String,
    /// The version that its author gave it.
    pub(crate) version: String,
    /// The BLAKE3 hash of its file, in hexadecimal.
    pub(crate) hash: String,
}

/// The scores of one lead.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Prediction<'a> {
    /// The lead's id as it was given, or null.
    #[schema(value_type = Option<crate::openapi::LeadId>)]
    id: Option<&'a Id<'a>>,
    /// The moment that the lead was scored as of (RFC 3339).
    #[schema(value_type = String, format = DateTime)]
    as_of: Time,
    /// The probability of converting, from 0 to 1. Null without a model, as are the next four.
    #[schema(required, example = 0.31)]
    probability: Option<f64>,
    /// The log-odds of converting: `base_log_odds` and what every input adds.
    #[schema(required)]
    log_odds: Option<f64>,
    /// The log-odds of the average fitted lead.
    #[schema(required)]
    base_log_odds: Option<f64>,
    /// The band of the probability: `cold`, `warm` or `hot`.
    #[schema(required, value_type = Option<Band>)]
    band: Option<&'static str>,
    /// Why the probability is what it is.
    #[schema(required)]
    reasons: Option<Reasons<'a>>,
    /// The points of each rule set; empty without rule sets.
    points: Vec<PointsAnswer<'a>>,
    /// What should be known about how the lead was read.
    warnings: Vec<Warning<'a>>,
}

/// A band of leads.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "the schema of a text")]
pub(crate) enum Band {
    Cold,
    Warm,
    Hot,
}

/// The parts of the log-odds that count most, the largest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reasons<'a> {
    /// Parts that raise the probability.
    up: Vec<ReasonAnswer<'a>>,
    /// Parts that lower it.
    down: Vec<ReasonAnswer<'a>>,
}

/// One part of the log-odds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reason)]
pub(crate) struct ReasonAnswer<'a> {
    /// The signal.
    signal: &'a str,
    /// Its value: a number, yes (true) or no (false), a text, a time, or null when missing.
    #[schema(value_type = Option<crate::openapi::AttributeValue>)]
    value: Shown<'a>,
    /// What it adds to the log-odds, against the average fitted lead. These add up.
    log_odds: f64,
    /// What the probability would lose without it, all else equal. These do not add up.
    effect: f64,
}

/// The points that a rule set gives.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Points)]
pub(crate) struct PointsAnswer<'a> {
    /// The rule set's name.
    rule_set: &'a str,
    /// The exact sum of the breakdown.
    #[schema(value_type = f64)]
    total: Points,
    /// The band of the total: `cold`, `warm` or `hot`.
    #[schema(value_type = Band)]
    band: &'static str,
    /// Whether the lead is to be handed to sales; null when the rule set does not say from where.
    #[schema(required)]
    hand_off: Option<bool>,
    /// The rules that gave or took points, in the rule set's order.
    breakdown: Vec<RulePoints<'a>>,
}

/// The points of one rule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RulePoints<'a> {
    /// The rule.
    rule: &'a str,
    /// Its points, given or taken.
    #[schema(value_type = f64)]
    points: Points,
}

/// Something that should be known about how a lead was read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Warning<'a> {
    /// What it is about.
    kind: WarningKind,
    /// The attribute; null when it is about several.
    #[schema(required)]
    attribute: Option<&'a str>,
    /// What happened and what it means for the score.
    message: Cow<'a, str>,
}

/// What a warning is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WarningKind {
    /// No lead that the model was fitted on had this value.
    UnseenCategory,
    /// A score needs the attribute and it was not given; it counts as missing. Null says so
    /// without a warning.
    MissingColumn,
    /// Nothing knows the attribute.
    UnknownAttribute,
    /// The date is later than `as_of`; it counts as missing.
    DateAfterAsOf,
}

impl WarningKind {
    pub(crate) const ALL: [(WarningKind, &'static str); 4] = [
        (WarningKind::UnseenCategory, "unseen_category"),
        (WarningKind::MissingColumn, "missing_column"),
        (WarningKind::UnknownAttribute, "unknown_attribute"),
        (WarningKind::DateAfterAsOf, "date_after_as_of"),
    ];
}

/// A signal's value as JSON.
#[derive(Debug)]
struct Shown<'a>(Value<'a>);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53: beyond it a double skips whole numbers
        match &self.0 {
            Value::Missing => serializer.serialize_none(),
            // 30, not 30.0: people read it.
            Value::Number(number) if number.fract() == 0.0 && number.abs() < EXACT => {
                serializer.serialize_i64(*number as i64)
            }
            Value::Number(number) => serializer.serialize_f64(*number),
            Value::YesNo(flag) => serializer.serialize_bool(*flag),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Time(time) => time.serialize(serializer),
        }
    }
}

impl Serialize for Id<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Id::Text(text) => serializer.serialize_str(text),
            Id::Integer(number) => serializer.serialize_i64(*number),
            Id::Large(number) => serializer.serialize_u64(*number),
        }
    }
}

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
    let mut out = Vec::with_capacity(inner.opening.len() + 1024 * request.leads.len().min(4096));
    out.extend_from_slice(&inner.opening);
    let mut score = Score::default();
    for (index, lead) in request.leads.iter().enumerate() {
        if index % LEADS_BETWEEN_LOOKS == LEADS_BETWEEN_LOOKS - 1 && Instant::now() > deadline {
            return Err(Problem::late());
        }
        let start = index * writer.width;
        let snapshot = Snapshot {
            as_of: Some(lead.as_of.unwrap_or(now)),
            attributes: &request.values[start..start + writer.width],
        };
        inner.scorer.score(&snapshot, &mut score);
        if inner.scorer.has_model() && !score.log_odds.is_finite() {
            let error = writer.not_finite(index, request.alone, &score);
            writer.errors.push(error);
        }
        if !writer.errors.is_empty() {
            continue;
        }
        if index > 0 {
            out.push(b',');
        }
        let prediction = writer.prediction(lead, &snapshot, &score);
        serde_json::to_writer(&mut out, &prediction).map_err(|_| Problem::internal())?;
    }
    if !writer.errors.is_empty() {
        return Err(Problem::bad_fields(writer.errors, 0));
    }
    out.extend_from_slice(b"]}");
    Ok(out)
}

struct Writer<'s> {
    inner: &'s Inner,
    width: usize,
    base: Option<f64>,
    reasons: usize,
    /// The known names near unknown ones, found so far.
    near: HashMap<String, Option<&'s str>>,
    errors: Vec<FieldError>,
}

impl<'s> Writer<'s> {
    fn prediction<'a>(
        &mut self,
        lead: &'a Lead<'a>,
        snapshot: &Snapshot<'a>,
        score: &'a Score,
    ) -> Prediction<'a>
    where
        's: 'a,
    {
        let model = self.inner.scorer.has_model();
        let points = self.inner.rule_sets.iter().zip(&score.points);
        let prediction = Prediction {
            id: lead.id.as_ref(),
            as_of: snapshot.as_of.unwrap_or(Time::from_micros(0)),
            probability: model.then_some(score.probability),
            log_odds: model.then_some(score.log_odds),
            base_log_odds: self.base,
            band: model.then_some(score.band),
            reasons: model.then(|| self.explain(snapshot, score)),
            points: points.map(|(set, points)| points_answer(set, points)).collect(),
            warnings: self.warnings(lead, snapshot, score),
        };
        let metrics = &self.inner.metrics;
        metrics.scored(model.then_some(score.band), score.points.iter().map(|points| points.band));
        prediction.warnings.iter().for_each(|warning| metrics.warned(warning.kind));
        prediction
    }

    fn explain<'a>(&self, snapshot: &Snapshot<'a>, score: &Score) -> Reasons<'a>
    where
        's: 'a,
    {
        let inner = self.inner;
        let all = reasons(score.log_odds, &score.parts);
        let side = |up: bool| {
            all.iter()
                .filter(|reason| (reason.log_odds > 0.0) == up)
                .take(self.reasons)
                .map(|reason| ReasonAnswer {
                    signal: &inner.inputs[reason.input].signal,
                    value: Shown(inner.scorer.input_value(reason.input, snapshot)),
                    log_odds: reason.log_odds,
                    effect: reason.effect,
                })
                .collect()
        };
        Reasons { up: side(true), down: side(false) }
    }

    fn warnings<'a>(
        &mut self,
        lead: &'a Lead<'a>,
        snapshot: &Snapshot<'_>,
        score: &Score,
    ) -> Vec<Warning<'a>>
    where
        's: 'a,
    {
        let inner = self.inner;
        let mut warnings = Vec::new();
        let mut warn = |kind, attribute, message| {
            warnings.push(Warning { kind, attribute, message });
        };
        for (input, encounter) in inner.inputs.iter().zip(&score.encounters) {
            if *encounter == Encounter::Unseen {
                let message = "no lead that the model was fitted on had this value".into();
                warn(WarningKind::UnseenCategory, Some(input.column.as_str()), message);
            }
        }
        let columns = inner.scorer.columns();
        for &position in &lead.lacking {
            let message = "a score needs it and it was not given; it counts as missing".into();
            warn(WarningKind::MissingColumn, Some(columns[position].0.as_str()), message);
        }
        for ((name, _), value) in columns.iter().zip(snapshot.attributes) {
            if matches!((value, snapshot.as_of), (Value::Time(time), Some(as_of)) if *time > as_of)
            {
                let message = "it is later than as_of; it counts as missing".into();
                warn(WarningKind::DateAfterAsOf, Some(name.as_str()), message);
            }
        }
        for name in &lead.unknown {
            let message = match (name.as_ref(), self.near(name)) {
                ("as_of", _) => "nothing uses it; as_of stands beside attributes, not in it".into(),
                (_, Some(near)) => format!("nothing uses it; did you mean {near:?}?").into(),
                (_, None) => "nothing uses it".into(),
            };
            warn(WarningKind::UnknownAttribute, Some(name), message);
        }
        if lead.unknown_left_out > 0 {
            let message =
                format!("nothing uses {} more of the attributes", lead.unknown_left_out).into();
            warn(WarningKind::UnknownAttribute, None, message);
        }
        warnings
    }

    fn near(&mut self, name: &str) -> Option<&'s str> {
        if let Some(near) = self.near.get(name) {
            return *near;
        }
        if self.near.len() >= SUGGESTIONS {
            return None;
        }
        let near = self.inner.fields.near(name);
        self.near.insert(name.to_owned(), near);
        near
    }

    /// Numbers that are finite can be too large for a finite score.
    fn not_finite(&self, index: usize, alone: bool, score: &Score) -> FieldError {
        let at = score.parts.iter().position(|part| !part.is_finite());
        let column = at.map(|input| self.inner.inputs[input].column.clone());
        let mut path = if alone { Vec::new() } else { vec!["leads".to_owned(), index.to_string()] };
        path.push("attributes".to_owned());
        path.extend(column.clone());
        FieldError {
            lead: Some(index),
            pointer: crate::request::pointer(path.iter().map(String::as_str)),
            field: column,
            message: "its number is too large to be scored".to_owned(),
        }
    }
}

fn points_answer<'a>(set: &'a RuleSet, points: &PointsScore) -> PointsAnswer<'a> {
    PointsAnswer {
        rule_set: &set.name,
        total: points.total,
        band: points.band,
        hand_off: points.hand_off,
        breakdown: points
            .parts
            .iter()
            .map(|&(rule, points)| RulePoints { rule: &set.rules[rule].name, points })
            .collect(),
    }
}
