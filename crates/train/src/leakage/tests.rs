//! The guard on tables that were made to deceive it, from the table to the record.

use leadscore_features::{RawColumn, Table, TextColumn};
use leadscore_model::bundle::AfterWhat;

use super::*;
use crate::rules::random;
use crate::train;

/// A table that is made column by column; `y` is the outcome.
struct Deals {
    labels: Vec<bool>,
    columns: Vec<(String, RawColumn)>,
    random: Box<dyn FnMut() -> f64>,
}

impl Deals {
    /// So many rows, of which a share converted, with two honest columns.
    fn new(rows: usize, share: f64, seed: u64) -> Self {
        let mut random = random(seed);
        let labels = (0..rows).map(|_| random() < share).collect();
        let mut deals = Self { labels, columns: Vec::new(), random: Box::new(random) };
        deals.add("visits", |won, x| format!("{:.3}", x * if won { 1.5 } else { 1.0 }));
        deals.add("industry", |_, x| ["IT", "retail", "health"][(3.0 * x) as usize].to_owned());
        deals
    }

    /// A column by the label and a random number.
    fn add(&mut self, name: &str, mut cell: impl FnMut(bool, f64) -> String) {
        let mut column = TextColumn::new();
        for label in &self.labels {
            column.push(&cell(*label, (self.random)()));
        }
        self.columns.push((name.to_owned(), RawColumn::Text(column)));
    }

    /// A column that is filled for these shares of those that converted and of the others.
    fn filled(&mut self, name: &str, (won, lost): (f64, f64), words: &[&str]) {
        self.add(name, |label, x| {
            let share = if label { won } else { lost };
            let word = words[((x / share.max(1e-9)) * words.len() as f64) as usize % words.len()];
            if x < share { word.to_owned() } else { String::new() }
        });
    }

    fn table(&self) -> Table {
        let mut columns = self.columns.clone();
        let mut outcome = TextColumn::new();
        self.labels.iter().for_each(|won| outcome.push(if *won { "yes" } else { "no" }));
        columns.push(("y".to_owned(), RawColumn::Text(outcome)));
        Table::new(columns).unwrap()
    }

    fn train(&self, options: TrainOptions) -> LeakageRecord {
        let options = TrainOptions { target: "y".to_owned(), l2: Some(1.0), ..options };
        let bundle = train(self.table(), &options, &|_| {}).unwrap();
        let record = bundle.training.leakage.unwrap();
        // What was set aside is in neither model, and nothing but it is missing.
        for found in &record.columns {
            let used = bundle.model.encoder.signals().any(|signal| *signal == found.column);
            assert_eq!(used, found.action == LeakAction::Kept, "{}", found.column);
            let report = bundle.training.columns.iter().find(|c| c.name == found.column).unwrap();
            assert_eq!(report.used, used);
        }
        record
    }

    fn found(&self) -> Vec<String> {
        let record = self.train(TrainOptions::default());
        record.columns.into_iter().map(|column| column.column).collect()
    }
}

#[test]
fn every_kind_of_leak_is_found() {
    for seed in 0..6 {
        let mut deals = Deals::new(3_000, [0.08, 0.2, 0.5][seed as usize % 3], seed);
        deals.filled("field_a", (1.0, 0.0), &["x", "y", "z"]);
        deals.filled("field_b", (0.02, 0.98), &["price", "timing", "other"]);
        deals.filled("lost_reason", (0.02, 0.7), &["price", "timing", "other"]);
        deals.filled("field_c", (0.75, 0.0), &["x", "y", "z"]);
        deals.add("code", |won, x| if won == (x < 0.99) { "2" } else { "1" }.to_owned());
        deals.add("stage", |won, x| match won {
            true => "closed won".to_owned(),
            false => ["proposal", "demo", "new"][(3.0 * x) as usize].to_owned(),
        });
        deals.add("paid_eur", |won, x| if won { format!("{:.2}", 900.0 * x) } else { "0".into() });
        let expected: Vec<&str> =
            deals.columns.iter().skip(2).map(|(name, _)| name.as_str()).collect();
        assert_eq!(deals.found(), expected, "seed {seed}");
    }
}

#[test]
fn honest_columns_stay_however_strong_they_are() {
    for seed in 0..12 {
        let mut deals = Deals::new(4_000, [0.05, 0.15, 0.4, 0.7][seed as usize % 4], 100 + seed);
        deals.filled("demo_requested", (0.9, 0.08), &["a", "b"]);
        deals.filled("phone", (0.95, 0.5), &["a", "b"]);
        deals.filled("bounced_on", (0.0, 0.2), &["a", "b"]);
        deals.filled("customer_since", (0.5, 0.08), &["a", "b"]);
        deals.filled("won_before", (0.4, 0.1), &["closed won", "closed lost"]);
        deals.add("previous_outcome", |won, x| {
            let success = if won { 0.3 } else { 0.02 };
            if x < success { "success" } else { "failure" }.to_owned()
        });
        deals.add("competitor", |won, x| if !won && x < 0.1 { "yes" } else { "no" }.to_owned());
        deals.add("asked", |won, x| {
            if x < if won { 0.8 } else { 0.1 } { "yes" } else { "no" }.to_owned()
        });
        // The sum of this and a little noise is a score with an AUC of about 0.9.
        deals.add("score", |won, x| format!("{:.4}", x + if won { 0.55 } else { 0.0 }));
        deals.add("page_value", |won, x| {
            if x < if won { 0.8 } else { 0.12 } { format!("{:.3}", 9.0 * x) } else { "0".into() }
        });
        let mut pure = 0;
        deals.add("partner", |won, _| {
            pure += usize::from(won);
            if won && pure <= 12 { "Acme" } else { "" }.to_owned()
        });
        let record = deals.train(TrainOptions::default());
        assert!(record.columns.is_empty(), "seed {seed}: {:?}", record.columns);
        assert!(record.strong.iter().any(|strong| strong.signal == "score"), "{:?}", record.strong);
        assert_eq!(record.claimed, None);
    }
}

#[test]
fn a_few_rows_never_suffice() {
    // Some 10 that converted, all filled, and nobody else: fewer than 10 of them are looked at.
    let mut deals = Deals::new(1_000, 0.0, 3);
    for row in 0..11 {
        deals.labels[row * 50] = true;
    }
    deals.filled("field", (1.0, 0.0), &["x", "y"]);
    deals.filled("closed_won", (1.0, 0.0), &["x", "y"]);
    assert_eq!(deals.found(), Vec::<String>::new());
}

#[test]
fn few_rows_suffice_where_chance_is_out_of_the_question() {
    for seed in 0..20 {
        let mut deals = Deals::new(400, 0.0, 500 + seed);
        for row in 0..26 {
            deals.labels[row * 15] = true;
        }
        deals.filled("field", (1.0, 0.0), &["x", "y"]);
        deals.filled("won_field", (0.9, 0.0), &["x", "y"]);
        // Honest columns of the strongest kind.
        deals.filled("demo_requested", (0.9, 0.09), &["a", "b"]);
        deals.filled("customer_since", (0.5, 0.06), &["a", "b"]);
        deals.filled("rare", (0.3, 0.0), &["a", "b"]);
        deals.filled("bounced_on", (0.0, 0.2), &["a", "b"]);
        assert_eq!(deals.found(), ["field", "won_field"], "seed {seed}");
    }
}

#[test]
fn held_out_rows_are_not_looked_at() {
    // By row order the newest fifth is held out: there alone the column gives the outcome away.
    let of = |honest: std::ops::Range<usize>| {
        let mut deals = Deals::new(2_000, 0.3, 7);
        let mut row = 0;
        deals.add("field", |won, x| {
            row += 1;
            let filled = if honest.contains(&(row - 1)) { x < 0.5 } else { won };
            if filled { ["x", "y"][(1e6 * x) as usize % 2] } else { "" }.to_owned()
        });
        let options = TrainOptions { time: Some("@row".to_owned()), ..TrainOptions::default() };
        deals.train(options)
    };
    assert!(of(0..1_600).columns.is_empty());
    let found = of(1_600..2_000);
    assert_eq!(found.columns.len(), 1, "{found:?}");
    assert_eq!(found.of.total(), 1_600);
}

#[test]
fn keep_and_drop_override() {
    let mut deals = Deals::new(1_000, 0.3, 9);
    deals.filled("deal_value", (1.0, 0.0), &["1", "2", "3", "5.5"]);
    deals.filled("won_reason", (1.0, 0.0), &["x", "y"]);
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let actions = |keep: &[&str], drop: &[&str]| {
        let options =
            TrainOptions { keep: names(keep), drop: names(drop), ..TrainOptions::default() };
        let record = deals.train(options);
        let actions: Vec<_> = record.columns.iter().map(|column| column.action).collect();
        (actions, record.claimed.is_some())
    };
    use LeakAction::{Kept, NotUsed, SetAside};
    assert_eq!(actions(&[], &[]), (vec![SetAside, SetAside], true));
    assert_eq!(actions(&["deal_value"], &[]), (vec![Kept, SetAside], true));
    assert_eq!(actions(&["deal_value", "won_reason"], &[]), (vec![Kept, Kept], false));
    assert_eq!(actions(&[], &["deal_value", "won_reason"]), (vec![NotUsed, NotUsed], false));
    // When nothing is left it says what to do.
    let drop = names(&["visits", "industry"]);
    let options =
        TrainOptions { target: "y".to_owned(), drop, l2: Some(1.0), ..TrainOptions::default() };
    let error = train(deals.table(), &options, &|_| {}).unwrap_err().to_string();
    assert!(error.contains("--keep deal_value,won_reason"), "{error}");
}

#[test]
fn figures_with_and_without_differ_and_no_rare_value_is_told() {
    let mut deals = Deals::new(2_000, 0.3, 11);
    let mut seen = 0;
    deals.add("stage", |won, x| match won {
        true => {
            seen += 1;
            if seen <= 9 { "won by Ana Ruiz" } else { "won" }.to_owned()
        }
        false => ["open", "lost by Ana Ruiz"][usize::from(x < 0.003)].to_owned(),
    });
    let record = deals.train(TrainOptions::default());
    assert!(record.claimed.unwrap().value > 0.98, "{:?}", record.claimed);
    assert!(record.columns[0].auc.unwrap().value > 0.98);
    assert!(!format!("{record:?}").contains("Ruiz"), "{record:?}");
    let [LeakEvidence::NamesResult { value: Some(value), .. }] = &record.columns[0].evidence[..]
    else {
        panic!("{:?}", record.columns[0].evidence)
    };
    assert_eq!(value, "won");
}

/// The evidence of a column of dates; each case has a label, an end, and perhaps a date, in days.
fn timing(cases: &[(bool, i64, Option<f64>)], until: i64) -> Vec<LeakEvidence> {
    let day = |days: f64| Time::from_micros((days * Time::MICROS_PER_DAY as f64) as i64);
    let of_cases: Vec<Case> = cases
        .iter()
        .enumerate()
        .map(|(place, (converted, end, _))| Case {
            place,
            converted: *converted,
            as_of: Some(day(*end as f64 - 30.0)),
            ended: Some(day(*end as f64 + 0.5)),
        })
        .collect();
    let dates = cases.iter().map(|(_, _, date)| date.map(day)).collect();
    let raw = RawColumn::Time(dates);
    let column = leadscore_features::Column {
        name: "d".into(),
        kind: Kind::Date { format: leadscore_features::DateFormat::Iso },
        role: Role::Attribute,
        missing: vec![],
    };
    let reader = leadscore_features::ColumnReader::new(&column, &[]);
    let placed: Vec<_> = of_cases.iter().map(|case| (case.place, case.converted)).collect();
    let tally = ColumnTally::new(&raw, &reader, &placed);
    let observed_until = Some(day(until as f64));
    Judged { name: "d", tally: &tally, cases: &of_cases, observed_until }.evidence()
}

#[test]
fn dates_after_the_outcome_are_told_from_plans_and_from_the_past() {
    let mut random = random(1);
    let mut dates = |of: &mut dyn FnMut(bool, i64, f64) -> Option<f64>| -> Vec<_> {
        (0..1_000)
            .map(|i| {
                let (label, end) = (i % 5 == 0, 100 + i64::from(i) / 2);
                (label, end, of(label, end, random()))
            })
            .collect()
    };
    // Written over again and again, also after the end, of both classes.
    let activity = dates(&mut |_, end, x| Some(end as f64 + (40.0 * x).floor()));
    let found = timing(&activity, 700);
    assert!(
        matches!(found[..], [LeakEvidence::Timing { after: AfterWhat::Outcome, later, dated }]
            if later == dated && dated.converted == 200),
        "{found:?}"
    );
    // A whole day is that of the conversion where it is the same day.
    let same_day = dates(&mut |label, end, _| label.then_some(end as f64));
    assert!(matches!(timing(&same_day, 700)[0], LeakEvidence::Timing { .. }));
    // Plans lie after the end too, some of them beyond what is known.
    let plans = dates(&mut |_, end, x| Some(end as f64 + 10.0 + (200.0 * x).floor()));
    assert_eq!(timing(&plans, 650), []);
    // The past is honest, also where those that converted have it more often.
    let meeting = dates(&mut |label, end, x| {
        (x < if label { 0.9 } else { 0.2 }).then_some(end as f64 - 31.0 - x)
    });
    assert_eq!(timing(&meeting, 700), []);
}
