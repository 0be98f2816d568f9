//! What a rule is: plain data, as a file says it.

use leadscore_features::document::Position;
use leadscore_features::events::{Condition as EventCondition, Pattern, Selection, Span};
use serde::{Serialize, Serializer};

use super::Points;
use super::condition::{Condition, Test};

/// A signal named in a rule, with the place where it stands.
#[derive(Clone, Debug)]
pub struct SignalRef {
    pub(super) name: String,
    pub(super) at: Position,
    /// The place of each of its tests.
    pub(super) tests_at: Vec<Position>,
}

impl SignalRef {
    /// The signal's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A signal that stands in no file.
    pub fn of(name: &str) -> Self {
        Self { name: name.to_owned(), at: Position::default(), tests_at: Vec::new() }
    }
}

impl PartialEq for SignalRef {
    /// By name: where it stands is not what it says.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Serialize for SignalRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rule {
    /// Its name, unique in the set; it names the part of the score.
    pub name: String,
    /// The group whose limits hold for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What it gives.
    #[serde(flatten)]
    pub gives: Gives,
    /// It gives only while this holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition<SignalRef>>,
    /// Not less than this, 0 or below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor: Option<Points>,
    /// Not more than this, 0 or above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<Points>,
}

impl Rule {
    /// The signals that it looks at, each once.
    pub fn signals(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        if let Gives::Table { signal, .. } = &self.gives {
            names.push(signal.name());
        }
        if let Some(when) = &self.when {
            when.visit(&mut |signal, _| names.push(signal.name()));
        }
        let mut met = std::collections::HashSet::new();
        names.retain(|name| met.insert(*name));
        names
    }
}

/// What a rule gives.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gives {
    /// Points once, while the condition holds.
    Points(Points),
    /// Points by the value of a signal.
    Table {
        /// The signal.
        signal: SignalRef,
        /// The points.
        table: PointsTable,
    },
    /// Points for events.
    Events(EventPoints),
    /// Points for every full period without events.
    Idle(IdlePoints),
}

/// Points by the value of a signal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PointsTable {
    /// The rows; no value is in two of them.
    pub rows: Vec<TableRow>,
    /// For any other value.
    pub otherwise: Points,
    /// Where the value is missing.
    pub missing: Points,
}

/// One row of a table of points.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableRow {
    /// The values.
    #[serde(flatten)]
    pub test: Test,
    /// What they give.
    pub points: Points,
}

/// Which of its events a rule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Each.
    Each,
    /// The first so many.
    First(u32),
    /// The latest.
    Once,
}

/// Points for events.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EventPoints {
    /// Which events.
    #[serde(flatten)]
    pub of: Selection,
    /// Only those in (as_of - window, as_of]; all where not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Span>,
    /// Which of them.
    pub counted: Counted,
    /// For an event that no pattern of [`EventPoints::by`] fits. An event of no points is not
    /// counted.
    pub points: Points,
    /// Points by the text of a property; the first pattern that fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<ByProperty>,
    /// How the points of one event fade; the group's where not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decay: Option<Decay>,
    /// After so long the points of one event are gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Span>,
}

/// Points by the text of a property of events.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ByProperty {
    /// The property.
    pub property: String,
    /// Texts or globs, and the points of each, in order.
    pub points: Vec<(Pattern, Points)>,
}

impl ByProperty {
    /// The events of each pattern, with their points, in order.
    pub(super) fn selections(&self, of: &Selection) -> Vec<(Selection, Points)> {
        let with = |pattern: &Pattern| {
            let test = leadscore_features::events::Test::OneOf(vec![pattern.clone()]);
            let mut of = of.clone();
            of.conditions.push(EventCondition { property: self.property.clone(), test });
            of
        };
        self.points.iter().map(|(pattern, points)| (with(pattern), *points)).collect()
    }
}

/// Points for every full period without events.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IdlePoints {
    /// Events that end it.
    #[serde(flatten)]
    pub of: Selection,
    /// The period.
    pub every: Span,
    /// The points of each.
    pub points: Points,
    /// Only the first so many periods count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<u32>,
}

/// How points fade with the age of what gave them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decay {
    /// Not at all, whatever the group's decay: `decay = false`.
    Never,
    /// Half is left after so long: 2^(-age / half-life).
    HalfLife(Span),
    /// Evenly down to nothing after so long.
    Linear(Span),
    /// From so long on, such a share is left. Lengths rise, shares fall.
    Steps(Vec<DecayStep>),
}

/// One step of a decay.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DecayStep {
    /// From this age on.
    pub after: Span,
    /// The share that is left, from 0 to 1.
    pub keep: f64,
}

impl Decay {
    /// The share that is left at an age in microseconds, from 0 to 1; all of it before age 0.
    pub fn left(&self, age: i64) -> f64 {
        if age <= 0 {
            return 1.0;
        }
        let of = |span: &Span| age as f64 / span.micros() as f64;
        match self {
            Decay::Never => 1.0,
            Decay::HalfLife(span) => (-of(span)).exp2(),
            Decay::Linear(span) => (1.0 - of(span)).max(0.0),
            Decay::Steps(steps) => {
                let passed = steps.iter().rev().find(|step| age >= step.after.micros());
                passed.map_or(1.0, |step| step.keep)
            }
        }
    }
}

/// Rules whose points have limits together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Not less than this, 0 or below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor: Option<Points>,
    /// Not more than this, 0 or above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<Points>,
    /// How the points of its events fade, where a rule does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decay: Option<Decay>,
}

/// Leads whose score is forced: competitors, junk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exclusion {
    /// Its name.
    pub name: String,
    /// Who.
    pub when: Condition<SignalRef>,
    /// The score they get, the total and every other; the lowest of those that hold.
    pub score: Points,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_fade() {
        let day = Span::days(1).micros();
        let half = Decay::HalfLife(Span::days(30));
        assert_eq!([0, 30, 60].map(|days| half.left(days * day)), [1.0, 0.5, 0.25]);
        let linear = Decay::Linear(Span::days(40));
        assert_eq!([0, 10, 40, 400].map(|days| linear.left(days * day)), [1.0, 0.75, 0.0, 0.0]);
        let step = |days, keep| DecayStep { after: Span::days(days), keep };
        let steps = Decay::Steps(vec![step(30, 0.5), step(90, 0.0)]);
        let found = [0, 29, 30, 89, 90].map(|days| steps.left(days * day));
        assert_eq!(found, [1.0, 1.0, 0.5, 0.5, 0.0]);
        assert_eq!(half.left(-day), 1.0);
    }
}
