//! A small hand-made bundle and rule set over 20 attributes, and leads for them. The benchmark
//! uses them too.
#![allow(dead_code, clippy::unwrap_used)]

use leadscore_features::{
    Catalogue, Cell, Coding, Column, DateFormat, Encoder, Input, Kind, Role, Schema, Time,
    level_hash,
};
use leadscore_model::bundle::{
    DataRecord, FoldRule, Ledger, PenaltyRecord, ProbabilityBands, SolverRecord, SplitRecord,
    SplitRule, TargetRecord, Training,
};
use leadscore_model::evaluate::evaluate;
use leadscore_model::points::RuleSet;
use leadscore_model::{BaseRate, Bundle, Fitted, Logistic, Recalibration, SlotWeight, Uncertainty};
use leadscore_serve::Service;

pub(crate) const NUMBERS: [&str; 8] =
    ["age", "employees", "revenue", "visits", "opens", "calls", "trial_days", "balance"];
pub(crate) const CATEGORIES: [&str; 9] =
    ["job", "industry", "country", "source", "seniority", "plan", "education", "region", "code"];
pub(crate) const FLAGS: [&str; 2] = ["newsletter", "customer"];
pub(crate) const HASH: &str = "0123abcd";

pub(crate) const RULES: &str = r#"
name = "classic"
version = "7"
hand_off = 20

[bands]
warm = 10
hot = 20

[[rule]]
name = "Senior"
points = 12.5
when = { signal = "seniority", in = ["level 1", "level 2"] }

[[rule]]
name = "Young"
points = -3
when = { signal = "age", below = 30 }

[[rule]]
name = "Reads"
points = 10
when = { any = [{ signal = "newsletter", equals = true }, { signal = "opens", at_least = 3 }] }

[[rule]]
name = "Fresh"
points = 4.25
when = { signal = "days_since_signed_up", at_most = 30 }
"#;

pub(crate) fn schema() -> Schema {
    let column = |name: &str, kind, role| Column { name: name.into(), kind, role, missing: vec![] };
    let iso = Kind::Date { format: DateFormat::Iso };
    let mut columns = vec![column("lead_id", Kind::Identifier, Role::Id)];
    columns.push(column("created", iso.clone(), Role::Time));
    columns.extend(NUMBERS.map(|name| column(name, Kind::NUMBER, Role::Attribute)));
    columns.extend(CATEGORIES.map(|name| column(name, Kind::Category, Role::Attribute)));
    columns.extend(FLAGS.map(|name| column(name, Kind::YesNo, Role::Attribute)));
    columns.push(column("signed_up", iso, Role::Attribute));
    columns.push(column("notes", Kind::Identifier, Role::Attribute));
    columns.push(column("converted", Kind::YesNo, Role::Target));
    columns[2].missing = vec!["999".into()];
    Schema::new(columns)
}

fn fitted() -> Fitted {
    let standard = |signal: &str, i: usize| Input {
        signal: signal.into(),
        coding: Coding::Standard { mean: 10.0 + i as f64 / 3.0, scale: 7.3 + i as f64 },
    };
    let one_hot = |signal: &str, levels: Vec<String>| Input {
        signal: signal.into(),
        coding: Coding::OneHot { levels, rare: vec![level_hash("rare")] },
    };
    let levels = || (1..=5).map(|i| format!("level {i}"));
    let mut inputs: Vec<Input> =
        NUMBERS.iter().enumerate().map(|(i, name)| standard(name, i)).collect();
    inputs.extend(CATEGORIES.map(|name| match name {
        "code" => one_hot(name, vec!["1".into(), "17".into(), "2.5".into()]),
        _ => one_hot(name, levels().collect()),
    }));
    inputs.extend(FLAGS.map(|name| one_hot(name, vec!["no".into(), "yes".into()])));
    inputs.push(standard("days_since_signed_up", 200));
    let encoder = Encoder { inputs, pairs: Vec::new() };
    let slots = encoder.slots().into_iter().enumerate().map(|(i, slot)| {
        let mean = if i % 3 == 0 { 0.1 } else { 0.017 * i as f64 / 9.0 };
        let within = if i % 5 == 0 { 0.3 } else { 0.0 };
        SlotWeight { within, ..SlotWeight::new(slot.name, (i as f64 * 1.37).sin() / 3.0, mean) }
    });
    let logistic = Logistic { intercept: -1.1, l2: 1.0, slots: slots.collect() };
    let recalibration = Some(Recalibration::Line { slope: 0.9, intercept: 0.05 });
    let base_rate = Some(BaseRate { population: 0.1, log_odds: -0.7 });
    // Draws of every size: some wave for each coefficient.
    let wave = |row: usize| std::array::from_fn(|draw| 0.02 * ((row * draw) as f64).cos());
    let uncertainty = Some(Uncertainty::new((0..=logistic.slots.len()).map(wave)));
    Fitted { encoder, logistic, recalibration, base_rate, unmodelled: 0.0, uncertainty }
}

pub(crate) fn bundle() -> Bundle {
    let schema = schema();
    let solver = SolverRecord { solver: "newton".into(), iterations: 1, gradient: 0.0, slots: 1 };
    Bundle {
        name: "deals".into(),
        version: "3".into(),
        catalogue: Catalogue::of_table(&schema),
        schema,
        model: fitted(),
        bands: ProbabilityBands { warm: 0.25, hot: 0.5 },
        evaluated: fitted(),
        training: Training {
            leadscore: "0".into(),
            data: DataRecord {
                file: "deals.csv".into(),
                blake3: "00".into(),
                rows: 2,
                left_out: 0,
                repeated: 0,
                weights: None,
            },
            target: TargetRecord {
                column: "converted".into(),
                positive: "yes".into(),
                negative: "no".into(),
                conversions: 1,
            },
            columns: vec![],
            split: SplitRecord {
                rule: SplitRule::Stratified { seed: 0 },
                training_rows: 1,
                training_conversions: 0,
                held_out_rows: 1,
                held_out_conversions: 1,
                straddling_rows: 0,
                gap_rows: 0,
                rate_rows: 0,
            },
            seed: 0,
            shape: None,
            penalty: PenaltyRecord { l2: 1.0, folds: 0, by: FoldRule::Random, candidates: vec![] },
            evaluated_fit: solver.clone(),
            served_fit: solver,
            evaluation: evaluate(&[0.2, 0.8], &[false, true], 0.5),
            folds: None,
            recalibration: None,
            base_rate: None,
            rule_sets: vec![],
            drift: None,
            signals: vec![],
            snapshots: None,
            sensitive: None,
            leakage: None,
            uncertainty: None,
            copies: Vec::new(),
            monotone: Vec::new(),
            against: None,
            towards: None,
            base_rate_shift: None,
            evaluated_bands: None,
        },
        card: String::new(),
        ledger: Ledger::default(),
    }
}

pub(crate) fn rules() -> RuleSet {
    RuleSet::parse("classic.toml", RULES).unwrap()
}

pub(crate) fn service() -> Service {
    Service::new(Some((bundle(), HASH.into())), vec![rules()]).unwrap()
}

pub(crate) fn model_alone() -> Service {
    Service::new(Some((bundle(), HASH.into())), vec![]).unwrap()
}

pub(crate) fn rules_alone() -> Service {
    Service::new(None, vec![rules()]).unwrap()
}

/// A lead of 20 attributes that all scores know.
pub(crate) fn plain_lead() -> serde_json::Value {
    let mut attributes = serde_json::Map::new();
    for (i, name) in NUMBERS.iter().enumerate() {
        attributes.insert((*name).into(), serde_json::json!(12.5 + i as f64));
    }
    for (i, name) in CATEGORIES.iter().enumerate() {
        attributes.insert((*name).into(), serde_json::json!(format!("level {}", i % 5 + 1)));
    }
    attributes.insert("code".into(), serde_json::json!(17));
    attributes.insert("newsletter".into(), serde_json::json!("yes"));
    attributes.insert("customer".into(), serde_json::json!(false));
    attributes.insert("signed_up".into(), serde_json::json!("2024-01-10"));
    serde_json::json!({"id": "lead-1", "as_of": "2024-01-31", "attributes": attributes})
}

/// An attribute of a generated lead.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    Absent,
    Null,
    Number(f64),
    Integer(i64),
    YesNo(bool),
    Text(String),
}

impl Given {
    pub(crate) fn cell(&self) -> Cell<'_> {
        match self {
            Given::Absent | Given::Null => Cell::Empty,
            Given::Number(number) => Cell::Number(*number),
            Given::Integer(number) => Cell::Integer(*number),
            Given::YesNo(flag) => Cell::YesNo(*flag),
            Given::Text(text) => Cell::Text(text),
        }
    }

    pub(crate) fn json(&self) -> Option<serde_json::Value> {
        Some(match self {
            Given::Absent => return None,
            Given::Null => serde_json::Value::Null,
            Given::Number(number) => (*number).into(),
            Given::Integer(number) => (*number).into(),
            Given::YesNo(flag) => (*flag).into(),
            Given::Text(text) => text.as_str().into(),
        })
    }
}

/// A stream of numbers that look random: xorshift64*, Vigna 2016.
pub(crate) struct Random(pub u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 11) % n
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// An attribute that its column can read, in one of the ways that clients write it.
    pub(crate) fn given(&mut self, kind: &Kind) -> Given {
        let text = |s: &str| Given::Text(s.to_owned());
        match (self.below(10), kind) {
            (0, _) => Given::Absent,
            (1, _) => Given::Null,
            (2, _) => text(["", " ", "n/a", "Unknown"][self.below(4) as usize]),
            (3, Kind::Number { .. }) => Given::Integer(self.below(1100) as i64 - 50),
            (4, Kind::Number { .. }) => Given::Text(format!(" {:.3}", self.unit() * 100.0)),
            (5, Kind::Number { .. }) => {
                // Any double, but none so large that its score is not finite.
                let bits = f64::from_bits(self.next());
                Given::Number(if bits.abs() < 1e200 { bits } else { -0.0 })
            }
            (_, Kind::Number { .. }) => Given::Number(self.unit() * 40.0),
            (3, Kind::YesNo) => Given::Integer(self.below(2) as i64),
            (4..=6, Kind::YesNo) => text(["yes", "No", "t", "0"][self.below(4) as usize]),
            (_, Kind::YesNo) => Given::YesNo(self.below(2) == 0),
            (3, Kind::Date { .. }) => Given::Text(format!("2024-0{}-10", self.below(9) + 1)),
            (_, Kind::Date { .. }) => {
                Given::Text(format!("202{}-01-10T0{}:30:00.5Z", self.below(5), self.below(10)))
            }
            (3, _) => Given::Integer(self.below(20) as i64),
            (4, _) => Given::Number([1.0, 17.0, 2.5, 1e300][self.below(4) as usize]),
            (5, _) => text(
                ["rare", "né \u{1f600} \"\\\n\t/", "never seen", "17.0"][self.below(4) as usize],
            ),
            (6, _) => Given::YesNo(true),
            _ => Given::Text(format!(" level {} ", self.below(6) + 1)),
        }
    }

    pub(crate) fn as_of(&mut self) -> Option<Time> {
        (self.below(4) > 0)
            .then(|| Time::from_micros(1_700_000_000_000_000 + self.below(1 << 45) as i64))
    }
}
