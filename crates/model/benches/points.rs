//! 50 rules over a lead with 200 events: signals and points, and the cut before them.
//!
//! `cargo bench -p leadscore-model --bench points`

#![allow(missing_docs, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use leadscore_features::events::{EventInput, EventWriter, Seen, content_hash};
use leadscore_features::{Cell, Snapshot, Time, Value};
use leadscore_model::points::{PointsScore, RuleSet};
use leadscore_model::{Scorer, Sources};

const KINDS: [&str; 8] = [
    "page_view",
    "email_opened",
    "email_clicked",
    "download",
    "webinar",
    "demo_request",
    "social_click",
    "unsubscribe",
];
const PAGES: [&str; 5] = ["/pricing", "/pricing/plans", "/blog/a", "/docs/start", "/"];
const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// 24 rules that count events with decay, pages and windows, 6 that count them once, 4 of silence,
/// 10 tables and 6 conditions over signals.
fn rules() -> RuleSet {
    let mut text = String::from(
        "name = \"fifty\"\nversion = \"1\"\nhand_off = 100\n[bands]\nwarm = 40\nhot = 80\n[signals]\n",
    );
    for (at, kind) in KINDS.iter().enumerate() {
        writeln!(text, "n{at} = {{ count = \"{kind}\", window = \"30d\" }}").unwrap();
    }
    for group in ["fit", "site", "email"] {
        writeln!(text, "[[group]]\nname = \"{group}\"\ncap = 60\nfloor = -60").unwrap();
    }
    let mut rule = |name: String, group: &str, rest: String| {
        writeln!(text, "[[rule]]\nname = \"{name}\"\ngroup = \"{group}\"\n{rest}").unwrap();
    };
    for at in 0..24 {
        let kind = KINDS[at % KINDS.len()];
        let rest = match at / KINDS.len() {
            0 => "points = 2\ndecay = { half_life = \"30d\" }".to_owned(),
            1 => "points = 1\nwindow = \"90d\"\nfirst = 10\ncap = 20".to_owned(),
            _ => "by = { page = { \"/pricing*\" = 5, \"/blog*\" = 1 } }\n\
                  decay = { linear = \"120d\" }\nexpires = \"180d\""
                .to_owned(),
        };
        rule(format!("each {at}"), "site", format!("each = \"{kind}\"\n{rest}"));
    }
    for (at, kind) in KINDS.iter().enumerate().take(6) {
        rule(format!("once {at}"), "email", format!("once = \"{kind}\"\npoints = 5"));
    }
    for days in [7, 14, 30, 60] {
        let rest = format!("idle = \"*\"\nevery = \"{days}d\"\npoints = -3\nfirst = 4");
        rule(format!("idle {days}"), "email", rest);
    }
    for at in 0..10 {
        let signal = format!("n{}", at % KINDS.len());
        let rest = format!(
            "signal = \"{signal}\"\ntable = [{{ below = {0}, points = -{0} }}, {{ at_least = {0}, \
             points = 5 }}]",
            at + 1
        );
        rule(format!("table {at}"), "fit", rest);
    }
    for at in 0..6 {
        let when = format!("points = 4\nwhen = {{ signal = \"n{at}\", at_least = {at} }}");
        rule(format!("when {at}"), "fit", when);
    }
    RuleSet::parse("fifty.toml", &text).unwrap()
}

fn points(c: &mut Criterion) {
    let sets = [rules()];
    assert_eq!(sets[0].rules.len(), 50);
    let scorer = Scorer::new(Sources::served(None, &sets)).unwrap();
    let plan = scorer.event_plan().unwrap();
    let as_of = Time::parse("2024-06-30").unwrap();
    let created = Some(Time::parse("2024-01-01").unwrap());
    let mut writer = EventWriter::new(plan);
    let mut records = Vec::new();
    let ids: Vec<String> = (0..200).map(|at| format!("e{at}")).collect();
    for (at, id) in ids.iter().enumerate() {
        let hours = (at as i64 * 7919) % (180 * 24);
        let input = EventInput {
            kind: KINDS[at % KINDS.len()],
            at: Time::from_micros(as_of.micros() - hours * MICROS_PER_HOUR),
            known_at: None,
            id: content_hash(id),
        };
        writer.write(0, &input, |_| Cell::Text(PAGES[at % PAGES.len()]), &mut records);
    }
    plan.sort(&mut records);
    let mut seen = Seen::new(&writer.texts);
    let attributes = vec![Value::Missing; scorer.columns().len()];
    let mut score = PointsScore::default();
    let mut group = c.benchmark_group("50 rules, 200 events");
    group.bench_function("cut, signals, points", |bencher| {
        bencher.iter(|| {
            seen.cut(plan, black_box(&records), as_of, created);
            let snapshot =
                Snapshot { as_of: Some(as_of), attributes: &attributes, events: Some(&seen) };
            scorer.points_of(0, &snapshot, &mut score);
            black_box(score.total)
        });
    });
    seen.cut(plan, &records, as_of, created);
    let snapshot = Snapshot { as_of: Some(as_of), attributes: &attributes, events: Some(&seen) };
    group.bench_function("signals and points", |bencher| {
        bencher.iter(|| {
            scorer.points_of(0, black_box(&snapshot), &mut score);
            black_box(score.total)
        });
    });
    group.finish();
}

criterion_group!(benches, points);
criterion_main!(benches);
