//! The same values of properties are the same in CSV, in Parquet and in what a request sends.

#![cfg(feature = "io")]
#![allow(clippy::unwrap_used)]

use std::path::Path;

use leadscore_features::events::{
    Condition, EventColumns, EventInput, EventLog, EventParts, EventWriter, Measure, Pattern,
    PlanBuilder, Seen, Selection, Test,
};
use leadscore_features::io::{
    EventFiles, EventStore, Packing, Sheet, SheetColumn, event_columns, write_sheet,
};
use leadscore_features::{Cell, LeadIndex, Time};

fn measure(log: &EventLog, names: &[&str], run: &mut dyn FnMut(&mut Measured)) -> String {
    let mut plan = PlanBuilder::new(log).unwrap();
    let property = || "f".to_owned();
    let mut measures = Vec::new();
    for name in names {
        let test = Test::OneOf(vec![Pattern((*name).to_owned())]);
        let conditions = vec![Condition { property: property(), test }];
        let of = Selection { kinds: vec!["call".to_owned()], conditions };
        measures.push(Measure::Count.compile(&of, None, &mut plan).unwrap());
    }
    let all = Selection::default();
    let asked =
        [Measure::Distinct { property: property() }, Measure::Last { property: property() }];
    measures.extend(asked.map(|asked| asked.compile(&all, None, &mut plan).unwrap()));
    let mut measured = Measured { plan: Some(plan.finish()), measures, said: String::new() };
    run(&mut measured);
    measured.said
}

/// What is to be measured, and what was found.
struct Measured {
    plan: Option<leadscore_features::events::EventPlan>,
    measures: Vec<leadscore_features::events::CompiledMeasure>,
    said: String,
}

impl Measured {
    fn see(&mut self, seen: &Seen<'_>) {
        let values = self.measures.iter().map(|of| format!("{:?}", of.evaluate(seen)));
        self.said = values.collect::<Vec<_>>().join(" ");
    }
}

fn now() -> Time {
    Time::parse("2024-06-01").unwrap()
}

/// What a file tells: how many calls have each of the texts, how many values there are, and the last.
fn of_file(path: &Path, names: &[&str]) -> (EventLog, String) {
    let mut properties = event_columns(path).unwrap();
    properties.retain(|of| of.name == "f");
    let log = EventLog { properties, ..EventLog::default() };
    let mut index = LeadIndex::new(1);
    index.name("a", 0);
    let said = measure(&log, names, &mut |measured| {
        let files = EventFiles::look(vec![path.to_owned()], &EventColumns::default()).unwrap();
        let plan = measured.plan.take().unwrap();
        let store = EventStore::read(&[files], plan, &index, 1 << 20, &|_| ()).unwrap();
        let part = store.load(0).unwrap();
        let mut seen = Seen::new(store.texts());
        seen.cut(store.plan(), part.of(0), now(), None);
        measured.see(&seen);
    });
    (log, said)
}

fn of_request(log: &EventLog, cells: &[Cell<'_>], names: &[&str]) -> String {
    measure(log, names, &mut |measured| {
        let plan = measured.plan.take().unwrap();
        let mut writer = EventWriter::new(&plan);
        let mut records = Vec::new();
        for (at, cell) in (1..).zip(cells) {
            let at = Time::from_micros(at * 1_000_000);
            let event = EventInput { kind: "call", at, known_at: None, id: 0 };
            writer.write(0, &event, |_| *cell, &mut records);
        }
        plan.sort(&mut records);
        let texts = std::mem::take(&mut writer.texts);
        let mut seen = Seen::new(&texts);
        seen.cut(&plan, &records, now(), None);
        measured.see(&seen);
    })
}

/// The same calls in both kinds of files and as requests.
fn everywhere(
    texts: &[&str],
    parquet: SheetColumn,
    cells: &[Cell<'_>],
    names: &[&str],
    says: &str,
) {
    let folder = tempfile::tempdir().unwrap();
    let rows = texts.len();
    let text = |text: &str| SheetColumn::Text(vec![text.to_owned(); rows]);
    let at = (1..=rows as i64).map(|at| Some(Time::from_micros(at * 1_000_000)));
    let at = SheetColumn::Time(at.collect());
    let as_text = SheetColumn::Text(texts.iter().map(|&text| text.to_owned()).collect());
    for (name, column) in
        [("e.csv", as_text.clone()), ("texts.parquet", as_text), ("e.parquet", parquet)]
    {
        let columns =
            [("lead_id", text("a")), ("kind", text("call")), ("at", at.clone()), ("f", column)];
        let columns = columns.map(|(name, column)| (name.to_owned(), column)).to_vec();
        let path = folder.path().join(name);
        write_sheet(&path, &Sheet { columns }, Packing::Tight).unwrap();
        let (log, said) = of_file(&path, names);
        assert_eq!(said, says, "{name}");
        let as_texts: Vec<Cell<'_>> = texts.iter().map(|&text| Cell::Text(text)).collect();
        assert_eq!(of_request(&log, &as_texts, names), says, "texts, as of {name}");
        assert_eq!(of_request(&log, cells, names), says, "values, as of {name}");
    }
}

fn words(texts: &[&str]) -> SheetColumn {
    SheetColumn::Text(texts.iter().map(|&text| text.to_owned()).collect())
}

#[test]
fn truth_values_are_what_they_mean() {
    let names = ["true", "True", "yes", "false", "t*", "other"];
    let says = "Number(2.0) Number(2.0) Number(2.0) Number(1.0) Number(2.0) Number(0.0) \
                Number(2.0) Text(\"true\")";
    for texts in [["True", "False", "True"], ["TRUE", "FALSE", "TRUE"], ["true", "false", "true"]] {
        let cells = [true, false, true].map(Cell::YesNo);
        everywhere(&texts, SheetColumn::YesNo(vec![true, false, true]), &cells, &names, says);
    }
    // So are other words for them, once one of the file says true or false.
    let texts = ["True", "no", "Yes", "1"];
    let says = "Number(3.0) Number(3.0) Number(1.0) Number(2.0) Text(\"true\")";
    everywhere(&texts, words(&texts), &texts.map(Cell::Text), &["true", "yes", "0"], says);
    // Words stay words, for true to meet.
    let texts = ["yes", "no", "Sí"];
    let says = "Number(2.0) Number(1.0) Number(1.0) Number(3.0) Text(\"Sí\")";
    let cells = texts.map(Cell::Text);
    everywhere(&texts, words(&texts), &cells, &["true", "yes", "false"], says);
}

#[test]
fn codes_with_zeros_before_them_stay_texts() {
    let texts = ["003", "12", "001"];
    let says = "Number(1.0) Number(0.0) Number(3.0) Text(\"001\")";
    everywhere(&texts, words(&texts), &texts.map(Cell::Text), &["003", "3"], says);
}

#[test]
fn texts_that_stand_for_a_missing_value_are_none_unless_they_are_named() {
    let texts = ["unknown", "web", "N/A", "-"];
    let says = "Number(1.0) Number(0.0) Number(1.0) Number(1.0) Text(\"web\")";
    let names = ["unknown", "Unknown", "*"];
    everywhere(&texts, words(&texts), &texts.map(Cell::Text), &names, says);
    // One other value makes no difference: here all are numbers.
    let texts = ["unknown", "7", "N/A", "-"];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e.csv");
    let rows = texts.iter().enumerate().map(|(n, f)| format!("a,call,2024-01-0{},{f}\n", n + 1));
    let rows: String = rows.collect();
    std::fs::write(&path, format!("lead_id,kind,at,f\n{rows}")).unwrap();
    let (log, said) = of_file(&path, &names);
    assert!(log.properties[0].number);
    assert_eq!(said, "Number(1.0) Number(0.0) Number(1.0) Number(1.0) Number(7.0)");
}
