//! A bundle over events: 20 signals of them, a history, a persona and rules. The benchmark uses it
//! too.
#![allow(dead_code, clippy::unwrap_used)]

use leadscore_features::events::{
    Bursts, Condition, EventColumns, EventInput, EventLog, EventPlan, EventWriter, Filters,
    History, Measure, Pattern, Property, Scanners, Selection, Span, Test, Texts, content_hash,
};
use leadscore_features::{
    Catalogue, Cell, Coding, Column, DateFormat, Encoder, Expr, Input, Kind, Persona, Reader, Role,
    Schema, Signal, Time,
};
use leadscore_model::points::RuleSet;
use leadscore_model::{Bundle, Fitted, Logistic, SlotWeight};
use leadscore_serve::Service;
use serde_json::{Value as Json, json};

use crate::fixture::{self, Random};

pub(crate) const RULES: &str = r#"
name = "engagement"
version = "1"
hand_off = 20

[bands]
warm = 10
hot = 20

[[rule]]
name = "Prices"
points = 15
when = { signal = "pricing_visits_30d", at_least = 2 }

[[rule]]
name = "Quiet"
points = -5
when = { signal = "visits_7d", below = 1 }

[[rule]]
name = "Director"
points = 7.5
when = { signal = "seniority", equals = "director" }

[[rule]]
name = "Senior or interested"
points = 2
when = { any = [{ signal = "seniority", equals = "director" }, { signal = "demo_requests", at_least = 1 }] }
"#;

fn of(kinds: &[&str]) -> Selection {
    Selection { kinds: kinds.iter().map(|&kind| kind.into()).collect(), conditions: vec![] }
}

fn page(kinds: &[&str], page: &str) -> Selection {
    let test = Test::OneOf(vec![Pattern(page.into())]);
    Selection { conditions: vec![Condition { property: "page".into(), test }], ..of(kinds) }
}

/// The signals of events: name, selection, window in days, measure.
fn measured() -> Vec<(&'static str, Selection, Option<u16>, Measure)> {
    let visits = || of(&["page_view"]);
    let value = || "value".to_owned();
    vec![
        ("pricing_visits_30d", page(&["page_view"], "/pricing*"), Some(30), Measure::Count),
        ("visits_7d", visits(), Some(7), Measure::Count),
        ("visits_90d", visits(), Some(90), Measure::Count),
        ("docs_visits_90d", page(&["page_view"], "/docs/*"), Some(90), Measure::Count),
        ("downloads", of(&["download"]), None, Measure::Count),
        ("pages_30d", visits(), Some(30), Measure::Distinct { property: "page".into() }),
        ("value_90d", of(&[]), Some(90), Measure::Sum { property: value() }),
        ("mean_value", of(&[]), None, Measure::Mean { property: value() }),
        ("max_value", of(&["purchase"]), None, Measure::Max { property: value() }),
        ("min_value", of(&["purchase"]), None, Measure::Min { property: value() }),
        ("days_since_first", of(&[]), None, Measure::DaysSinceFirst),
        ("days_since_visit", visits(), None, Measure::DaysSinceLast),
        ("active_days_30d", of(&[]), Some(30), Measure::ActiveDays),
        ("longest_gap", of(&[]), None, Measure::LongestGap),
        ("visits_a_day", visits(), Some(30), Measure::RatePerDay),
        ("interest", visits(), None, Measure::Decayed { half_life: Span::days(14) }),
        ("visits_trend", visits(), Some(14), Measure::Trend),
        (
            "click_rate",
            of(&["email_clicked"]),
            Some(90),
            Measure::Ratio { over: of(&["email_sent"]) },
        ),
        (
            "prices_then_demo",
            page(&["page_view"], "/pricing*"),
            None,
            Measure::Then { then: of(&["demo_request"]), within: Some(Span::days(30)) },
        ),
        ("last_channel", of(&[]), None, Measure::Last { property: "channel".into() }),
        ("demo_requests", of(&["demo_request"]), None, Measure::Count),
    ]
}

fn schema() -> Schema {
    let column = |name: &str, kind, role| Column { name: name.into(), kind, role, missing: vec![] };
    let iso = Kind::Date { format: DateFormat::Iso };
    let mut schema = Schema::new(vec![
        column("lead_id", Kind::Identifier, Role::Id),
        column("created_at", iso, Role::Created),
        column("job_title", Kind::Category, Role::Attribute),
        column("plan", Kind::Category, Role::Attribute),
        column("employees", Kind::NUMBER, Role::Attribute),
        column("converted", Kind::YesNo, Role::Target),
    ]);
    let property = |name: &str, number| Property { name: name.into(), number, yes_no: false };
    schema.events = Some(EventLog {
        columns: EventColumns {
            known_at: Some("known_at".into()),
            id: Some("event_id".into()),
            ..EventColumns::default()
        },
        properties: vec![
            property("page", false),
            property("channel", false),
            property("value", true),
            property("ip", false),
            property("attribute", false),
            property("to", false),
            property("browser", false),
        ],
        history: Some(History {
            kind: "set".into(),
            attribute: "attribute".into(),
            value: "to".into(),
            attributes: vec!["plan".into(), "other".into()],
        }),
        filters: Filters {
            duplicates: true,
            before_created: true,
            future: Some(Span::days(1)),
            internal: vec![Condition {
                property: "ip".into(),
                test: Test::OneOf(vec![Pattern("10.*".into())]),
            }],
            scanners: Some(Scanners {
                sent: vec!["email_sent".into()],
                acts: vec!["email_clicked".into()],
                within: Span::seconds(5),
            }),
            bursts: Some(Bursts { events: 20, within: Span::seconds(10) }),
        },
    });
    schema
}

fn catalogue(schema: &Schema) -> Catalogue {
    let mut catalogue = Catalogue::of_table(schema);
    let mut add = |name: &str, expr| catalogue.signals.push(Signal { name: name.into(), expr });
    add("seniority", Expr::Read { column: "job_title".into(), reader: Reader::Seniority });
    for (name, of, window, measure) in measured() {
        add(name, Expr::Events { of, window: window.map(Span::days), measure });
    }
    let test = Test::Between { from: Some(2.0), below: None };
    let when = vec![Condition { property: "visits_90d".into(), test }];
    let personas = vec![Persona { name: "reader".into(), when }];
    add("persona", Expr::Persona { personas });
    catalogue
}

fn fitted() -> Fitted {
    let standard = |signal: &str, i: usize| Input {
        signal: signal.into(),
        coding: Coding::Standard { mean: i as f64 / 3.0, scale: 2.3 + i as f64 },
    };
    let one_hot = |signal: &str, levels: &[&str]| Input {
        signal: signal.into(),
        coding: Coding::OneHot {
            levels: levels.iter().map(|&level| level.into()).collect(),
            rare: vec![],
        },
    };
    // `demo_requests` is for a rule alone.
    let mut inputs: Vec<Input> = measured()[..20]
        .iter()
        .enumerate()
        .map(|(i, (name, ..))| match *name {
            "prices_then_demo" => one_hot(name, &["no", "yes"]),
            "last_channel" => one_hot(name, &["email", "search", "direct"]),
            name => standard(name, i),
        })
        .collect();
    inputs.push(standard("employees", 40));
    inputs.push(one_hot("plan", &["free", "team"]));
    inputs.push(one_hot("persona", &["other", "reader"]));
    let encoder = Encoder { inputs, pairs: Vec::new() };
    let slots = encoder.slots().into_iter().enumerate().map(|(i, slot)| {
        SlotWeight::new(slot.name, (i as f64 * 1.37).sin() / 3.0, 0.017 * i as f64 / 9.0)
    });
    let logistic = Logistic { intercept: -1.1, l2: 1.0, slots: slots.collect() };
    Fitted::new(encoder, logistic)
}

pub(crate) fn bundle() -> Bundle {
    let schema = schema();
    let catalogue = catalogue(&schema);
    Bundle { schema, catalogue, model: fitted(), evaluated: fitted(), ..fixture::bundle() }
}

pub(crate) fn rules() -> RuleSet {
    RuleSet::parse("engagement.toml", RULES).unwrap()
}

pub(crate) fn service() -> Service {
    Service::new(Some((bundle(), fixture::HASH.into())), vec![rules()]).unwrap()
}

/// The same with a model that reads job titles as seniorities.
pub(crate) fn service_of_seniority() -> Service {
    let Fitted { mut encoder, mut logistic, .. } = fitted();
    let levels = vec!["director".into()];
    let coding = Coding::OneHot { levels, rare: vec![] };
    encoder.inputs.push(Input { signal: "seniority".into(), coding });
    let slots = encoder.slots().into_iter().skip(logistic.slots.len());
    logistic.slots.extend(slots.map(|slot| SlotWeight::new(slot.name, 0.1, 0.2)));
    let model = Fitted::new(encoder, logistic);
    Service::new(Some((Bundle { model, ..bundle() }, fixture::HASH.into())), vec![rules()]).unwrap()
}

/// Attributes that all scores know.
pub(crate) fn attributes() -> Json {
    json!({"created_at": "2024-01-01", "job_title": "Director of Sales", "employees": 120})
}

/// An event as it is generated, and as a request has it.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) kind: &'static str,
    pub(crate) at: Time,
    pub(crate) known_at: Option<Time>,
    pub(crate) id: Option<String>,
    pub(crate) text: Vec<(&'static str, String)>,
    pub(crate) value: Option<f64>,
}

const MICROS: i64 = 1_000_000;
/// 2024-01-01T00:00:00Z.
pub(crate) const START: i64 = 1_704_067_200 * MICROS;

impl Event {
    /// An event in the 120 days after the start.
    pub(crate) fn random(random: &mut Random) -> Self {
        const KINDS: [&str; 9] = [
            "page_view",
            "page_view",
            "page_view",
            "download",
            "purchase",
            "email_sent",
            "email_clicked",
            "demo_request",
            "set",
        ];
        let kind = KINDS[random.below(9) as usize];
        // A few before the lead came to be; some at the same second.
        let seconds = random.below(122 * 24) as i64 * 3600 - 2 * 86_400 + random.below(4) as i64;
        let at = Time::from_micros(START + seconds * MICROS);
        let known = |days: i64| Time::from_micros(at.micros() + days * 86_400 * MICROS);
        let known_at = match random.below(8) {
            0 => Some(known(20)),
            1 => Some(known(-3)),
            2 => Some(known(0)),
            _ => None,
        };
        let id = (random.below(4) > 0).then(|| format!("e{}", random.below(400)));
        let one = |random: &mut Random, of: &[&str]| {
            of[random.below(of.len() as u64) as usize].to_owned()
        };
        let mut text = Vec::new();
        if kind == "set" {
            text.push(("attribute", one(random, &["plan", "other"])));
            text.push(("to", one(random, &["free", "team", "", "gold"])));
        } else {
            let page = one(random, &["/pricing", "/pricing/team", "/docs/a", "/docs/b", "/"]);
            text.push(("page", page));
            text.push(("channel", one(random, &["email", " search ", "direct", ""])));
            text.push(("ip", one(random, &["10.0.0.1", "81.2.69.142", "9.9.9.9", "8.8.8.8"])));
        }
        let value = (random.below(2) == 0).then(|| random.below(1000) as f64 / 7.0);
        Self { kind, at, known_at, id, text, value }
    }

    pub(crate) fn json(&self) -> Json {
        let mut properties = serde_json::Map::new();
        for (name, text) in &self.text {
            properties.insert((*name).into(), json!(text));
        }
        if let Some(value) = self.value {
            properties.insert("value".into(), json!(value));
        }
        let mut event = json!({"kind": self.kind, "at": self.at, "properties": properties});
        if let Some(known_at) = self.known_at {
            event["known_at"] = json!(known_at);
        }
        if let Some(id) = &self.id {
            event["id"] = json!(id);
        }
        event
    }
}

/// An event as a plan asks for it.
pub(crate) struct Prepared<'e> {
    input: EventInput<'e>,
    id: Option<&'e str>,
    cells: Vec<Cell<'e>>,
}

/// Events as a plan asks for them, without any JSON.
pub(crate) fn prepared<'e>(plan: &EventPlan, events: &'e [Event]) -> Vec<Prepared<'e>> {
    let cell = |event: &'e Event, name: &str| match name {
        "value" => event.value.map_or(Cell::Empty, Cell::Number),
        name => {
            let found = event.text.iter().find(|(known, _)| *known == name);
            found.map_or(Cell::Empty, |(_, text)| Cell::Text(text))
        }
    };
    let prepare = |event: &'e Event| {
        let Event { kind, at, known_at, .. } = event;
        Prepared {
            input: EventInput { kind, at: *at, known_at: *known_at, id: 0 },
            id: event.id.as_deref(),
            cells: plan.properties().map(|name| cell(event, name)).collect(),
        }
    };
    events.iter().map(prepare).collect()
}

/// The sorted records of events, and the texts behind them.
pub(crate) fn records(plan: &EventPlan, events: &[Prepared<'_>]) -> (Vec<u64>, Texts) {
    let mut writer = EventWriter::new(plan);
    let mut out = Vec::new();
    for event in events {
        let input = EventInput { id: event.id.map_or(0, content_hash), ..event.input };
        writer.write(0, &input, |place| event.cells[place], &mut out);
    }
    plan.sort(&mut out);
    (out, writer.texts)
}
