//! Signals over events against DuckDB. The expected values are in tests/oracle/signals, beside
//! them the script that computes them with SQL from the documentation of the measures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use leadscore_features::events::{
    Bursts, Condition, EventColumns, EventLog, Filters, History, Measure, Pattern, Scanners,
    Selection, Span, Test,
};
use leadscore_features::io::{EventFiles, EventStore, event_columns, read_table};
use leadscore_features::{
    Catalogue, Column, Expr, Kind, LeadIndex, Role, Schema, Signal, Table, Time, Value,
};
use leadscore_model::Scorer;
use leadscore_model::points::SchemaView;
use leadscore_train::Leads;

const AGES: [i64; 2] = [30, 150];
const ROLES: [&str; 5] = ["lead_id", "kind", "at", "known_at", "event_id"];
const HISTORY: [&str; 3] = ["employees", "job_title", "lifecycle"];

fn oracle(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/signals").join(name)
}

fn of(kinds: &[&str]) -> Selection {
    Selection { kinds: kinds.iter().map(|&kind| kind.to_owned()).collect(), conditions: vec![] }
}

fn pages() -> Selection {
    of(&["page_view"])
}

fn any() -> Selection {
    of(&[])
}

fn whose(mut of: Selection, property: &str, test: Test) -> Selection {
    of.conditions.push(Condition { property: property.to_owned(), test });
    of
}

fn is(of: Selection, property: &str, texts: &[&str]) -> Selection {
    let patterns = texts.iter().map(|&text| Pattern(text.to_owned())).collect();
    whose(of, property, Test::OneOf(patterns))
}

fn between(of: Selection, property: &str, from: Option<f64>, below: Option<f64>) -> Selection {
    whose(of, property, Test::Between { from, below })
}

fn pricing() -> Selection {
    is(pages(), "page", &["/pricing*"])
}

/// The signals, under the names that they have in the script.
fn signals() -> Vec<Signal> {
    let p = |property: &str| property.to_owned();
    let span = |text: &str| Span::parse(text).unwrap();
    let week = Some(Span::days(7));
    let month = Some(Span::days(30));
    let quarter = Some(Span::days(90));
    let opened = || of(&["email_opened"]);
    let sent = || of(&["email_sent"]);
    let acts = ["download", "webinar", "demo_request", "trial_request"];
    let then = |then: Selection, within: Option<Span>| Measure::Then { then, within };
    let measures = [
        ("pv_7d", pages(), week, Measure::Count),
        ("pv_30d", pages(), month, Measure::Count),
        ("pv_90d", pages(), quarter, Measure::Count),
        ("pv_all", pages(), None, Measure::Count),
        ("any_30d", any(), month, Measure::Count),
        ("any_all", any(), None, Measure::Count),
        ("acts_all", of(&acts), None, Measure::Count),
        ("sets_all", of(&["set"]), None, Measure::Count),
        ("pricing_30d", pricing(), month, Measure::Count),
        ("demo_page_30d", is(pages(), "page", &["/demo"]), month, Measure::Count),
        (
            "pages_90d",
            is(pages(), "page", &["/pricing", "/demo", "/docs*"]),
            quarter,
            Measure::Count,
        ),
        ("one_character_all", is(any(), "page", &["/dem?"]), None, Measure::Count),
        ("deep_30d", between(pages(), "depth", Some(5.0), None), month, Measure::Count),
        ("middle_90d", between(pages(), "depth", Some(3.0), Some(7.0)), quarter, Measure::Count),
        (
            "shallow_blog_all",
            between(is(pages(), "page", &["/blog*"]), "depth", None, Some(4.0)),
            None,
            Measure::Count,
        ),
        (
            "newsletters_opened_90d",
            is(opened(), "email_type", &["newsletter"]),
            quarter,
            Measure::Count,
        ),
        ("depth_is_2_all", is(any(), "depth", &["2"]), None, Measure::Count),
        ("pages_seen_30d", pages(), month, Measure::Distinct { property: p("page") }),
        ("channels_90d", any(), quarter, Measure::Distinct { property: p("channel") }),
        ("depths_all", pages(), None, Measure::Distinct { property: p("depth") }),
        ("messages_opened_all", opened(), None, Measure::Distinct { property: p("message") }),
        ("depth_sum_30d", pages(), month, Measure::Sum { property: p("depth") }),
        ("value_sum_all", any(), None, Measure::Sum { property: p("value") }),
        ("depth_mean_30d", pages(), month, Measure::Mean { property: p("depth") }),
        (
            "value_mean_all",
            of(&["survey", "purchase"]),
            None,
            Measure::Mean { property: p("value") },
        ),
        ("depth_min_90d", pages(), quarter, Measure::Min { property: p("depth") }),
        ("depth_max_90d", pages(), quarter, Measure::Max { property: p("depth") }),
        ("value_max_all", any(), None, Measure::Max { property: p("value") }),
        ("page_last_all", pages(), None, Measure::Last { property: p("page") }),
        ("depth_last_30d", pages(), month, Measure::Last { property: p("depth") }),
        ("channel_last_7d", any(), week, Measure::Last { property: p("channel") }),
        ("since_first_pv_all", pages(), None, Measure::DaysSinceFirst),
        ("since_first_pv_30d", pages(), month, Measure::DaysSinceFirst),
        ("since_last_any_90d", any(), quarter, Measure::DaysSinceLast),
        ("since_last_sent_all", sent(), None, Measure::DaysSinceLast),
        ("active_any_30d", any(), month, Measure::ActiveDays),
        ("active_pv_all", pages(), None, Measure::ActiveDays),
        ("gap_any_all", any(), None, Measure::LongestGap),
        ("gap_pv_90d", pages(), quarter, Measure::LongestGap),
        ("rate_any_7d", any(), week, Measure::RatePerDay),
        ("rate_pv_90d", pages(), quarter, Measure::RatePerDay),
        ("rate_any_all", any(), None, Measure::RatePerDay),
        ("decayed_pv_30d", pages(), month, Measure::Decayed { half_life: Span::days(7) }),
        ("decayed_any_all", any(), None, Measure::Decayed { half_life: Span::days(14) }),
        ("trend_pv_7d", pages(), week, Measure::Trend),
        ("trend_any_30d", any(), month, Measure::Trend),
        ("opened_of_sent_30d", opened(), month, Measure::Ratio { over: sent() }),
        ("pricing_of_pv_all", pricing(), None, Measure::Ratio { over: pages() }),
        ("sent_then_opened_90d", sent(), quarter, then(opened(), Some(Span::days(1)))),
        ("opened_then_clicked_all", opened(), None, then(of(&["email_clicked"]), Some(span("1h")))),
        ("pricing_then_demo_all", pricing(), None, then(of(&["demo_request"]), None)),
        ("pricing_then_any_7d", pricing(), week, then(any(), Some(span("10min")))),
    ];
    let measured = measures.into_iter().map(|(name, of, window, measure)| Signal {
        name: name.to_owned(),
        expr: Expr::Events { of, window, measure },
    });
    let attributes = HISTORY.into_iter().map(|name| Signal {
        name: name.to_owned(),
        expr: Expr::Attribute { column: name.to_owned() },
    });
    measured.chain(attributes).collect()
}

fn schema(filters: Filters) -> Schema {
    let kinds = [Kind::NUMBER, Kind::Category, Kind::Category];
    let columns = HISTORY.into_iter().zip(kinds).map(|(name, kind)| Column {
        name: name.to_owned(),
        kind,
        role: Role::Attribute,
        missing: vec![],
    });
    let mut properties = event_columns(&oracle("events.csv")).unwrap();
    properties.retain(|property| !ROLES.contains(&property.name.as_str()));
    let mut schema = Schema::new(columns.collect());
    schema.events = Some(EventLog {
        columns: EventColumns {
            known_at: Some("known_at".to_owned()),
            id: Some("event_id".to_owned()),
            ..EventColumns::default()
        },
        properties,
        history: Some(History {
            kind: "set".to_owned(),
            attribute: "attribute".to_owned(),
            value: "to".to_owned(),
            attributes: HISTORY.map(str::to_owned).to_vec(),
        }),
        filters,
    });
    schema
}

/// What a signal of a kind may be off by, as a share of the value and absolutely.
fn tolerance(expr: &Expr) -> (f64, f64) {
    match expr {
        Expr::Events { measure, .. } => match measure {
            Measure::Sum { .. }
            | Measure::Mean { .. }
            | Measure::Decayed { .. }
            | Measure::RatePerDay
            | Measure::Ratio { .. } => (1e-12, 0.0),
            Measure::DaysSinceFirst | Measure::DaysSinceLast | Measure::LongestGap => (0.0, 1e-9),
            _ => (0.0, 0.0),
        },
        _ => (0.0, 0.0),
    }
}

/// Compares every value over a log; returns how many were compared and how many events were kept and
/// taken.
fn check(log: &str, filters: Filters, expected: &str) -> (usize, u64, u64) {
    let leads: Table = read_table(&oracle("leads.csv")).unwrap();
    let column = |table: &Table, name: &str, row: usize| {
        table.column(name).unwrap().cell(row).into_text().map(|text| text.into_owned())
    };
    let mut index = LeadIndex::new(leads.rows());
    let mut created = Vec::new();
    for row in 0..leads.rows() {
        index.name(&column(&leads, "lead_id", row).unwrap(), row as u32);
        created.push(Time::parse(&column(&leads, "created_at", row).unwrap()).unwrap());
    }
    let schema = schema(filters);
    let catalogue = Catalogue { signals: signals() };
    let names: Vec<String> = catalogue.signals.iter().map(|signal| signal.name.clone()).collect();
    let view = SchemaView { schema: &schema, catalogue: &catalogue };
    let scorer = Scorer::of_signals(view, &names).unwrap();
    let columns = &schema.events.as_ref().unwrap().columns;
    let files = EventFiles::look(vec![oracle(log)], columns).unwrap();
    // So little memory that the records are put aside on disk too.
    let plan = scorer.event_plan().unwrap().clone();
    let store = EventStore::read(&[files], plan, &index, 1 << 16, &|_| ()).unwrap();
    assert!(store.report.put_aside > 0 && store.report.examples.is_empty(), "{:?}", store.report);
    let moments: Vec<(usize, Option<Time>)> = (0..leads.rows())
        .flat_map(|lead| AGES.map(|age| (lead, age)))
        .map(|(lead, age)| {
            (lead, Some(Time::from_micros(created[lead].micros() + age * 86_400_000_000)))
        })
        .collect();
    let created: Vec<Option<Time>> = created.into_iter().map(Some).collect();
    let walk =
        Leads { table: &leads, created: &created, unnamed: &[], later: &[], events: Some(&store) };
    let (found, counts) = walk
        .walk(&scorer, &moments, Vec::new, |found, step| {
            found.push(step.values.iter().map(owned).collect::<Vec<_>>());
        })
        .unwrap();
    let found: Vec<Vec<Value<'static>>> = found.into_iter().flatten().collect();

    let expected = read_table(&oracle(expected)).unwrap();
    assert_eq!(expected.rows(), moments.len());
    assert_eq!(expected.names()[2..], names);
    let (mut compared, mut wrong) = (0, Vec::new());
    for (row, values) in found.iter().enumerate() {
        let lead = column(&expected, "lead_id", row);
        assert_eq!(lead, column(&leads, "lead_id", moments[row].0));
        for (signal, value) in catalogue.signals.iter().zip(values) {
            let wanted = column(&expected, &signal.name, row);
            if wanted.as_deref() == Some("*") {
                continue;
            }
            compared += 1;
            let (relative, absolute) = tolerance(&signal.expr);
            let equal = match (value, wanted.as_deref()) {
                (Value::Missing, None) => true,
                (Value::Number(number), Some(wanted)) => {
                    let wanted: f64 = wanted.parse().unwrap();
                    (number - wanted).abs() <= absolute + relative * wanted.abs()
                }
                (Value::Text(text), Some(wanted)) => text == wanted,
                (Value::YesNo(flag), Some(wanted)) => wanted == if *flag { "yes" } else { "no" },
                _ => false,
            };
            if !equal {
                wrong.push(format!(
                    "{} of {lead:?}, row {row}: {value}, not {wanted:?}",
                    signal.name
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(30)].join("\n")
    );
    (compared, counts.kept, counts.named().iter().map(|(_, taken)| taken).sum())
}

fn owned(value: &Value<'_>) -> Value<'static> {
    match value {
        Value::Text(text) => Value::Text(text.clone().into_owned().into()),
        Value::Number(number) => Value::Number(*number),
        Value::YesNo(flag) => Value::YesNo(*flag),
        Value::Time(time) => Value::Time(*time),
        Value::Missing => Value::Missing,
        Value::Unavailable => Value::Unavailable,
    }
}

/// Parquet files of the same log, see tests/oracle/event_files.py.
const ENCODINGS: [&str; 5] = ["coded", "fallback", "plain", "delta", "texts"];

#[test]
fn signals_are_those_of_sql() {
    let none = Filters { duplicates: false, ..Filters::default() };
    let found = check("events.csv", none.clone(), "expected_plain.csv");
    let (compared, kept, taken) = found;
    assert!(compared > 25_000 && kept > 4_000 && taken == 0, "{compared} {kept} {taken}");
    for encoding in ENCODINGS {
        let log = format!("events_{encoding}.parquet");
        assert_eq!(check(&log, none.clone(), "expected_plain.csv"), found, "{log}");
    }
}

#[test]
fn filtered_signals_are_those_of_sql() {
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    let internal = is(any(), "ip", &["10.*"]).conditions;
    let all = Filters {
        duplicates: true,
        before_created: true,
        future: Some(Span::parse("5min").unwrap()),
        internal,
        scanners: Some(Scanners {
            sent: words(&["email_sent"]),
            acts: words(&["email_opened", "email_clicked"]),
            within: Span::seconds(5),
        }),
        bursts: Some(Bursts { events: 20, within: Span::seconds(10) }),
    };
    let found = check("events.csv", all.clone(), "expected_filtered.csv");
    let (compared, kept, taken) = found;
    assert!(compared > 25_000 && kept > 3_500 && taken > 300, "{compared} {kept} {taken}");
    for encoding in ENCODINGS {
        let log = format!("events_{encoding}.parquet");
        assert_eq!(check(&log, all.clone(), "expected_filtered.csv"), found, "{log}");
    }
}
