//! One lead of the tests: its attributes and events, as a scorer reads them.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;

use leadscore_features::events::{EventInput, EventPlan, EventWriter, Seen, Texts};
use leadscore_features::{Cell, Snapshot, Time, Value};
use leadscore_model::points::{CountedEvent, PatternPoints, PointsScore, RuleSet};
use leadscore_model::{Past, Score, Scorer, ScorerError, Sources, Standing};
use serde_json::{Map, Value as Json};

/// The folder of the rule sets that ship.
pub(crate) fn rules() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data/rules")
}

/// A set that ships, by its file's name.
pub(crate) fn shipped(name: &str) -> RuleSet {
    let file = format!("{name}.toml");
    let text = std::fs::read_to_string(rules().join(&file)).unwrap();
    RuleSet::parse(&file, &text).unwrap_or_else(|error| panic!("{error}"))
}

/// One event.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) kind: String,
    pub(crate) at: i64,
    pub(crate) known_at: Option<i64>,
    pub(crate) properties: Map<String, Json>,
}

/// One lead.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lead {
    pub(crate) attributes: Map<String, Json>,
    pub(crate) events: Vec<Event>,
    pub(crate) created: Option<i64>,
}

fn cell(value: Option<&Json>) -> Cell<'_> {
    match value {
        None | Some(Json::Null) => Cell::Empty,
        Some(Json::Bool(flag)) => Cell::YesNo(*flag),
        Some(Json::Number(number)) => {
            number.as_i64().map_or_else(|| Cell::Number(number.as_f64().unwrap()), Cell::Integer)
        }
        Some(Json::String(text)) => Cell::Text(text),
        Some(other) => panic!("{other} is no cell"),
    }
}

/// A rule set that scores alone, without a model and without a schema.
pub(crate) struct Alone {
    pub(crate) scorer: Scorer,
}

/// What a set says of a lead.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) score: PointsScore,
    pub(crate) grade: Option<String>,
    pub(crate) standings: [Option<Standing>; 2],
}

impl Alone {
    pub(crate) fn new(set: &RuleSet) -> Result<Self, ScorerError> {
        let rule_sets = std::slice::from_ref(set);
        Ok(Self { scorer: Scorer::new(Sources { view: None, model: None, rule_sets })? })
    }

    fn attributes<'l>(&self, lead: &'l Lead) -> Vec<Value<'l>> {
        let read = |(name, reader): &(String, leadscore_features::ColumnReader)| {
            reader.read(cell(lead.attributes.get(name))).unwrap_or_else(|e| panic!("{name}: {e}"))
        };
        self.scorer.columns().iter().map(read).collect()
    }

    fn records(&self, plan: &EventPlan, lead: &Lead) -> (Vec<u64>, Texts) {
        let names: Vec<&str> = plan.properties().collect();
        let mut writer = EventWriter::new(plan);
        let mut records = Vec::new();
        for Event { kind, at, known_at, properties } in &lead.events {
            let known_at = known_at.map(Time::from_micros);
            let input = EventInput { kind, at: Time::from_micros(*at), known_at, id: 0 };
            writer.write(0, &input, |place| cell(properties.get(names[place])), &mut records);
        }
        plan.sort(&mut records);
        (records, writer.texts)
    }

    /// The score alone.
    pub(crate) fn score(&self, lead: &Lead, as_of: i64) -> PointsScore {
        self.with(lead, as_of, |snapshot, _, _| self.both_ways(snapshot))
    }

    /// The score where the lead's events were not given.
    pub(crate) fn score_untold(&self, lead: &Lead, as_of: i64) -> PointsScore {
        let attributes = self.attributes(lead);
        self.both_ways(&Snapshot::flat(Some(Time::from_micros(as_of)), &attributes))
    }

    fn both_ways(&self, snapshot: &Snapshot<'_>) -> PointsScore {
        let mut score = Score::default();
        self.scorer.score(snapshot, &mut score);
        let mut alone = PointsScore::default();
        self.scorer.points_of(0, snapshot, &mut alone);
        assert_eq!(alone, score.points[0], "one way to score");
        alone
    }

    /// What each event gave to a rule, and what is left of it.
    pub(crate) fn counted(&self, rule: usize, lead: &Lead, as_of: i64) -> Vec<CountedEvent> {
        self.with(lead, as_of, |snapshot, _, _| {
            snapshot
                .events
                .map_or_else(Vec::new, |seen| self.scorer.rule_sets()[0].counted_events(rule, seen))
        })
    }

    /// What the events of each pattern gave to a rule.
    pub(crate) fn by_pattern(&self, rule: usize, lead: &Lead, as_of: i64) -> Vec<PatternPoints> {
        let compiled = &self.scorer.rule_sets()[0];
        self.with(lead, as_of, |snapshot, _, _| {
            let found = snapshot.events.map(|seen| compiled.counted_by_pattern(rule, seen));
            found.unwrap_or_default()
        })
    }

    /// The score, the grade, and where the lead stands.
    pub(crate) fn find(&self, lead: &Lead, as_of: i64) -> Found {
        let score = self.score(lead, as_of);
        let grade = self.scorer.rule_sets()[0].grade(&score);
        let standings = self.with(lead, as_of, |_, past, texts| {
            self.scorer.standings(0, past, Time::from_micros(as_of), &mut Seen::new(texts))
        });
        Found { score, grade, standings }
    }

    fn with<T>(
        &self,
        lead: &Lead,
        as_of: i64,
        see: impl FnOnce(&Snapshot<'_>, &Past<'_>, &Texts) -> T,
    ) -> T {
        let attributes = self.attributes(lead);
        let as_of = Time::from_micros(as_of);
        let created = lead.created.map(Time::from_micros);
        let plan = self.scorer.event_plan();
        let (records, texts) =
            plan.map(|plan| self.records(plan, lead)).unwrap_or_else(|| (Vec::new(), Texts::new()));
        let mut seen = Seen::new(&texts);
        if let Some(plan) = plan {
            seen.cut(plan, &records, as_of, created);
        }
        let events = plan.is_some().then_some(&seen);
        let snapshot = Snapshot { as_of: Some(as_of), attributes: &attributes, events };
        let past = Past { attributes: &attributes, records: &records, created, ..Past::default() };
        see(&snapshot, &past, &texts)
    }
}

/// TOML as JSON.
pub(crate) fn to_json(text: &str) -> Json {
    let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
    serde_json::to_value(table).unwrap()
}

/// The JSON Schema of rule sets.
pub(crate) fn schema() -> &'static jsonschema::Validator {
    static SCHEMA: std::sync::LazyLock<jsonschema::Validator> = std::sync::LazyLock::new(|| {
        let text = std::fs::read_to_string(rules().join("schema.json")).unwrap();
        let json: Json = serde_json::from_str(&text).unwrap();
        jsonschema::meta::validate(&json).unwrap_or_else(|error| panic!("{error}"));
        jsonschema::draft202012::new(&json).unwrap_or_else(|error| panic!("{error}"))
    });
    &SCHEMA
}
