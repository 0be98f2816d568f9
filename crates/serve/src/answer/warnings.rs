//! What should be known about how a lead was read.

use std::borrow::Cow;

use leadscore_features::events::EventPlan;
use leadscore_features::{Encounter, Time, Value};
use leadscore_model::{FAR, Score};
use serde::Serialize;
use utoipa::ToSchema;

use super::lead::Scored;
use super::write::Writer;
use crate::fields::Fields;
use crate::request::{GivenEvents, Lead, Named};
use crate::scoring::ModelInput;

/// Names for which a near one is looked for in one request; beyond it warnings do without.
const SUGGESTIONS: usize = 256;

/// Microseconds that the clock of who asks may be ahead: five minutes.
const CLOCKS_APART: i64 = 300_000_000;

/// Something that should be known about how a lead was read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Warning<'a> {
    /// What it is about.
    pub(super) kind: WarningKind,
    /// The attribute; null when it is about several, or about something else.
    #[schema(required)]
    attribute: Option<&'a str>,
    /// The kind of event that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    event_kind: Option<&'a str>,
    /// The property of events that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    property: Option<&'a str>,
    /// How many signals, events or values it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    count: Option<u64>,
    /// What happened and what it means for the score.
    message: Cow<'a, str>,
}

/// What a warning is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WarningKind {
    /// No lead that the model was fitted on had this value.
    UnseenCategory,
    /// The number is far from those that the model was fitted on, and goes on in a straight line.
    FarFromFitted,
    /// A score needs the attribute and it was not given; it counts as missing. Null says so
    /// without a warning.
    MissingColumn,
    /// Events tell the history of the attribute. Beside events of which none tells it by `as_of`, the
    /// value counts as missing: it may be a later one. Without events it counts as it is.
    HistoryNotTold,
    /// Nothing knows the attribute.
    UnknownAttribute,
    /// The date is later than `as_of`; it counts as missing.
    DateAfterAsOf,
    /// The model or a rule needs events, and neither they nor the signals were given.
    EventsNotGiven,
    /// Events were given, and nothing that is served looks at them.
    EventsNotUsed,
    /// No rule, signal, filter or history of attributes names the kind of event, and where the model counts
    /// events of any kind it has not learnt from it.
    UnknownEventKind,
    /// The events that the model was trained on have no such property; without these, no rule looks
    /// at it.
    UnknownProperty,
    /// The property is a number, and something else was given; it counts as missing.
    PropertyNotANumber,
    /// `as_of` is before the lead came to be.
    AsOfBeforeCreated,
    /// `as_of` is still to come.
    AsOfToCome,
    /// The lead is far older at `as_of` than any that the model has learnt from.
    OlderThanLearnt,
    /// A signal that was given ready can never have such a value; it counts as it was given.
    ImpossibleSignal,
    /// The time of an event is a day alone; it counts as the first moment of it.
    DayWithoutTime,
    /// Times of events, `as_of`, or when the lead came to be, name no zone; they are read as UTC.
    TimeWithoutZone,
}

impl WarningKind {
    pub(crate) const ALL: [(WarningKind, &'static str); 17] = [
        (WarningKind::UnseenCategory, "unseen_category"),
        (WarningKind::FarFromFitted, "far_from_fitted"),
        (WarningKind::MissingColumn, "missing_column"),
        (WarningKind::HistoryNotTold, "history_not_told"),
        (WarningKind::UnknownAttribute, "unknown_attribute"),
        (WarningKind::DateAfterAsOf, "date_after_as_of"),
        (WarningKind::EventsNotGiven, "events_not_given"),
        (WarningKind::EventsNotUsed, "events_not_used"),
        (WarningKind::UnknownEventKind, "unknown_event_kind"),
        (WarningKind::UnknownProperty, "unknown_property"),
        (WarningKind::PropertyNotANumber, "property_not_a_number"),
        (WarningKind::AsOfBeforeCreated, "as_of_before_created"),
        (WarningKind::AsOfToCome, "as_of_to_come"),
        (WarningKind::OlderThanLearnt, "older_than_learnt"),
        (WarningKind::ImpossibleSignal, "impossible_signal"),
        (WarningKind::DayWithoutTime, "day_without_time"),
        (WarningKind::TimeWithoutZone, "time_without_zone"),
    ];
}

impl<'a> Warning<'a> {
    fn new(kind: WarningKind, message: impl Into<Cow<'a, str>>) -> Self {
        let message = message.into();
        Self { kind, attribute: None, event_kind: None, property: None, count: None, message }
    }

    fn of_attribute(
        kind: WarningKind,
        attribute: &'a str,
        message: impl Into<Cow<'a, str>>,
    ) -> Self {
        Self { attribute: Some(attribute), ..Self::new(kind, message) }
    }
}

/// Among which names a near one is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Names {
    Attributes,
    Kinds,
    Properties,
    /// Attributes whose history events tell.
    Told,
}

impl Names {
    fn near<'s>(self, fields: &'s Fields, name: &str) -> Option<&'s str> {
        match self {
            Names::Attributes => fields.near(name),
            Names::Kinds => fields.events.near_kind(name),
            Names::Properties => fields.events.near_property(name),
            Names::Told => fields.events.near_told(name),
        }
    }
}

impl<'s> Writer<'s> {
    /// What should be known about a lead of which `unavailable` signals are not known.
    pub(super) fn warnings<'a>(
        &mut self,
        scored: &Scored<'a>,
        unavailable: usize,
    ) -> Vec<Warning<'a>>
    where
        's: 'a,
    {
        let scoring = self.scoring;
        let Scored { lead, snapshot, values, score, .. } = *scored;
        let mut warnings = Vec::new();
        // A signal that was given ready is known by its own name.
        let named = |input: &'s ModelInput| {
            let is_ready = lead.ready.iter().any(|(ready, _)| *ready == input.position);
            if is_ready { &input.signal } else { &input.column }
        };
        for (input, encounter) in scoring.inputs.iter().zip(&score.encounters) {
            if *encounter == Encounter::Unseen {
                let message = "no lead that the model was fitted on had this value";
                let kind = WarningKind::UnseenCategory;
                warnings.push(Warning::of_attribute(kind, named(input), message));
            }
        }
        for input in scoring.usual.far(values) {
            let message = format!(
                "it is more than {FAR} standard deviations from the mean of the leads that the model was fitted \
                 on, where the model goes on in a straight line"
            );
            let kind = WarningKind::FarFromFitted;
            warnings.push(Warning::of_attribute(kind, named(&scoring.inputs[input]), message));
        }
        let columns = scoring.scorer.columns();
        let lacking = lead.lacking.iter().filter(|position| self.needs(lead, **position));
        for &position in lacking {
            let message = "a score needs it and it was not given; it counts as missing";
            let kind = WarningKind::MissingColumn;
            warnings.push(Warning::of_attribute(kind, &columns[position].0, message));
        }
        if let (true, Some((created, _))) = (lead.lacks_created, scoring.fields.created()) {
            let message = "events are counted from it and it was not given; it counts as missing";
            warnings.push(Warning::of_attribute(WarningKind::MissingColumn, created, message));
        }
        self.of_histories(scored, &mut warnings);
        let as_of = snapshot.as_of;
        let is_later = |value: &Value<'_>| matches!((value, as_of), (Value::Time(time), Some(as_of)) if *time > as_of);
        let attributes = columns.iter().zip(snapshot.attributes);
        let later = attributes.filter(|(_, value)| is_later(value)).map(|((name, _), _)| name);
        let ready = lead.ready.iter().filter(|(_, value)| is_later(value));
        let ready = ready.map(|(signal, _)| &scoring.fields.signals.used()[*signal].name);
        for name in later.chain(ready) {
            let message = "it is later than as_of; it counts as missing";
            warnings.push(Warning::of_attribute(WarningKind::DateAfterAsOf, name, message));
        }
        if let (Some(created), Some(as_of), Some((name, _))) =
            (lead.created, as_of, scoring.fields.created())
            && as_of < created
        {
            let message = "as_of is before it: the lead did not exist then, and no model learned from \
                           such a moment";
            warnings.push(Warning::of_attribute(WarningKind::AsOfBeforeCreated, name, message));
        }
        if let Some(as_of) = as_of
            && as_of.micros().saturating_sub(self.now.micros()) > CLOCKS_APART
        {
            let message = format!(
                "as_of, {as_of}, is still to come: the lead is scored as if nothing happened until then"
            );
            warnings.push(Warning::new(WarningKind::AsOfToCome, message));
        }
        if let (Some(created), Some(as_of), Some((name, _)), Some(ages)) =
            (lead.created, as_of, scoring.fields.created(), scoring.ages)
            && (as_of.micros() - created.micros()) as f64
                >= ages.too_old * Time::MICROS_PER_DAY as f64
        {
            let message = format!(
                "the lead is far older than any that the model learnt from, which had come to be {} days before \
                 at most: its probability is a guess",
                ages.oldest.round()
            );
            warnings.push(Warning::of_attribute(WarningKind::OlderThanLearnt, name, message));
        }
        for (signal, value) in &lead.ready {
            let signal = &scoring.fields.signals.used()[*signal];
            if let Some(why) = signal.impossible(value) {
                let message = format!("it {why}, and counts as it was given");
                let kind = WarningKind::ImpossibleSignal;
                warnings.push(Warning::of_attribute(kind, &signal.name, message));
            }
        }
        if lead.as_of_without_zone {
            let message = "as_of names no zone, and is read as UTC";
            warnings.push(Warning::new(WarningKind::TimeWithoutZone, message));
        }
        for name in &lead.without_zone {
            let message = "it names no zone, and is read as UTC";
            warnings.push(Warning::of_attribute(WarningKind::TimeWithoutZone, name, message));
        }
        for name in &lead.unknown {
            let message: Cow<'_, str> = match (name.as_ref(), self.near(name, Names::Attributes)) {
                ("as_of", _) => "nothing uses it; as_of stands beside attributes, not in it".into(),
                (_, Some(near)) => format!("nothing uses it; did you mean {near:?}?").into(),
                (_, None) => "nothing uses it".into(),
            };
            warnings.push(Warning::of_attribute(WarningKind::UnknownAttribute, name, message));
        }
        if lead.unknown_left_out > 0 {
            let message = format!("nothing uses {} more of the attributes", lead.unknown_left_out);
            warnings.push(Warning::new(WarningKind::UnknownAttribute, message));
        }
        match &lead.events {
            Some(_) if !scoring.fields.events.used => {
                let message = "nothing that is served looks at events";
                warnings.push(Warning::new(WarningKind::EventsNotUsed, message));
            }
            Some(events) => {
                self.of_events(events, &mut warnings);
            }
            None => self.without_events(unavailable as u64, score, &mut warnings),
        }
        warnings
    }

    /// Attributes whose history events tell, and did not.
    fn of_histories<'a>(&self, scored: &Scored<'a>, warnings: &mut Vec<Warning<'a>>)
    where
        's: 'a,
    {
        let Scored { lead, snapshot, .. } = *scored;
        let scorer = &self.scoring.scorer;
        let mut warn = |position: usize, message: &'static str| {
            let attribute = &scorer.columns()[position].0;
            warnings.push(Warning::of_attribute(WarningKind::HistoryNotTold, attribute, message));
        };
        let needed = |position: &usize| self.needs(lead, *position);
        match snapshot.events {
            Some(seen) => {
                let given = lead.beside_history.iter().copied();
                for position in given.filter(|column| !scorer.is_told(*column, seen)).filter(needed)
                {
                    warn(
                        position,
                        "events tell its history, and none tells it by as_of: the value given may \
                         be a later one and is not used; it counts as missing",
                    );
                }
                let columns = scorer.told_by_events().enumerate().filter(|(_, told)| *told);
                let unread = columns.map(|(position, _)| position);
                for position in unread.filter(|at| scorer.is_unread(*at, seen)).filter(needed) {
                    warn(
                        position,
                        "the last event that sets it sets what cannot be read as its values are: it counts as \
                         missing",
                    );
                }
            }
            None => {
                let told = scorer.told_by_events().zip(snapshot.attributes).enumerate();
                let told = told.filter(|(_, (told, value))| *told && **value != Value::Missing);
                for position in told.map(|(position, _)| position).filter(needed) {
                    warn(
                        position,
                        "events tell its history, and none were given: the value given counts, and \
                         must be that of as_of",
                    );
                }
            }
        }
    }

    /// Whether what is asked for needs a column that was not given. Where all is, that is known.
    fn needs(&self, lead: &Lead<'_>, position: usize) -> bool {
        self.asked.signals.is_none()
            || self.scoring.fields.signals.used().iter().enumerate().any(|(signal, of)| {
                self.asked.uses(signal)
                    && of.positions.contains(&position)
                    && lead.ready.iter().all(|(ready, _)| *ready != signal)
            })
    }

    /// What is not known because events were not given.
    fn without_events(&self, signals: u64, score: &Score, warnings: &mut Vec<Warning<'_>>) {
        let rules: usize = score.points.iter().map(|points| points.unavailable.len()).sum();
        let (count, message) = if signals > 0 {
            let model = if self.scoring.scorer.has_model() {
                "the model takes them for missing, and "
            } else {
                ""
            };
            let signals_come = counted(signals, "signal comes", "signals come");
            let message = format!(
                "{signals_come} from events, and neither events nor their values were given; \
                 {model}rules that hang on them are unavailable"
            );
            (signals, message)
        } else if rules > 0 {
            let rules_hang = counted(rules as u64, "rule hangs", "rules hang");
            let message = format!(
                "{rules_hang} on events, and none were given; an empty list says that the lead \
                 did nothing"
            );
            (rules as u64, message)
        } else {
            return;
        };
        let warning = Warning::new(WarningKind::EventsNotGiven, message);
        warnings.push(Warning { count: Some(count), ..warning });
    }

    fn of_events<'a>(&mut self, events: &'a GivenEvents<'a>, warnings: &mut Vec<Warning<'a>>)
    where
        's: 'a,
    {
        self.unknown(Names::Kinds, &events.unknown_kinds, warnings);
        self.unknown(Names::Properties, &events.unknown_properties, warnings);
        self.of_sets(events, warnings);
        for (property, count) in &events.not_numbers {
            let message = format!(
                "it is a number, and {} something else there; it counts as missing",
                counted(*count, "event has", "events have")
            );
            let warning = Warning::new(WarningKind::PropertyNotANumber, message);
            warnings.push(Warning { property: Some(property), count: Some(*count), ..warning });
        }
        if events.without_hour > 0 {
            let message = format!(
                "{} a day and no time of day, and count{} from 00:00 UTC of it on: as_of on that day sees what \
                 came later that day",
                counted(events.without_hour, "event has", "events have"),
                if events.without_hour == 1 { "s" } else { "" },
            );
            let count = Some(events.without_hour);
            warnings.push(Warning { count, ..Warning::new(WarningKind::DayWithoutTime, message) });
        }
        if events.without_zone > 0 {
            let message = format!(
                "{} no zone, and {} read as UTC",
                counted(events.without_zone, "time of an event names", "times of events name"),
                if events.without_zone == 1 { "is" } else { "are" },
            );
            let count = Some(events.without_zone);
            warnings.push(Warning { count, ..Warning::new(WarningKind::TimeWithoutZone, message) });
        }
    }

    /// Events that set what nothing looks at.
    fn of_sets<'a>(&mut self, events: &'a GivenEvents<'a>, warnings: &mut Vec<Warning<'a>>)
    where
        's: 'a,
    {
        for (name, count) in &events.unknown_set.names {
            let what = match self.scoring.fields.get(name) {
                Some(_) => "its value is that among the attributes, and no event sets it",
                None => "nothing looks at the history of such an attribute",
            };
            let help = match self.near(name, Names::Told) {
                Some(near) => format!("; did you mean {near:?}?"),
                None => String::new(),
            };
            let message = format!("{what} ({}){help}", counted(*count, "event", "events"));
            let kind = WarningKind::UnknownAttribute;
            let warning = Warning::of_attribute(kind, name, message);
            warnings.push(Warning { count: Some(*count), ..warning });
        }
        if events.unknown_set.more > 0 {
            let count = events.unknown_set.more;
            let message =
                format!("there are {count} more that set attributes at which nothing looks");
            let warning = Warning::new(WarningKind::UnknownAttribute, message);
            warnings.push(Warning { count: Some(count), ..warning });
        }
        if events.naming_none > 0 {
            let message = format!(
                "{} no attribute: nothing is set",
                counted(
                    events.naming_none,
                    "event that is to set one names",
                    "events that are to set one name"
                ),
            );
            let warning = Warning::new(WarningKind::HistoryNotTold, message);
            warnings.push(Warning { count: Some(events.naming_none), ..warning });
        }
    }

    fn unknown<'a>(&mut self, names: Names, found: &'a Named<'a>, warnings: &mut Vec<Warning<'a>>)
    where
        's: 'a,
    {
        let (kind, what, more) = match names {
            Names::Kinds => (
                WarningKind::UnknownEventKind,
                "no rule, signal, filter or history names this kind of event",
                "of other kinds that nothing names",
            ),
            _ if self.scoring.fields.events.implied => (
                WarningKind::UnknownProperty,
                "no rule looks at this property of events",
                "with other properties that no rule looks at",
            ),
            _ => (
                WarningKind::UnknownProperty,
                "the events that the model was trained on have no such property",
                "with other properties that they do not have",
            ),
        };
        // Where events of any kind count, only a kind that is nearly one that is named is odd.
        let any = names == Names::Kinds
            && self.scoring.scorer.event_plan().is_some_and(EventPlan::asks_for_any);
        let learnt = any && self.scoring.fields.events.knows_learnt();
        let (what, more) = match (any, learnt) {
            (_, true) => (
                "nothing names this kind of event and the model has hardly learnt from it, or not at all, so it \
                 counts only where any kind does",
                "of other kinds that the model has hardly learnt from, or not at all",
            ),
            (true, false) => {
                ("nothing names this kind of event, so it counts only where any kind does", more)
            }
            (false, _) => (what, more),
        };
        for (name, count) in &found.names {
            let help = match self.near(name, names) {
                Some(near) => format!("; did you mean {near:?}?"),
                None if any && !learnt => continue,
                None => String::new(),
            };
            let message = format!("{what} ({}){help}", counted(*count, "event", "events"));
            let mut warning = Warning { count: Some(*count), ..Warning::new(kind, message) };
            match names {
                Names::Kinds => warning.event_kind = Some(name),
                _ => warning.property = Some(name),
            }
            warnings.push(warning);
        }
        if found.more > 0 && (!any || learnt) {
            let message = format!("there are {} more {more}", found.more);
            warnings.push(Warning { count: Some(found.more), ..Warning::new(kind, message) });
        }
    }

    fn near(&mut self, name: &str, names: Names) -> Option<&'s str> {
        let key = (names, name.to_owned());
        if let Some(near) = self.near.get(&key) {
            return *near;
        }
        if self.near.len() >= SUGGESTIONS {
            return None;
        }
        let near = names.near(&self.scoring.fields, name);
        self.near.insert(key, near);
        near
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
