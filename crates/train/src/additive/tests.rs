//! The fit of tables against an independent one, and against what it must not do.

use serde::Deserialize;

use super::strengths::freedom_at;
use super::*;
use crate::recipe::{Fit, FitRows};
use crate::solver::{Dense, Penalty, Problem, Strengths, Table, solve};
use crate::{Dealing, SignalColumn, SignalData};

/// What tests/oracle/tables.py wrote: numpy's solution.
#[derive(Deserialize)]
struct Oracle {
    codes: Vec<Vec<u16>>,
    cells: Vec<usize>,
    edges: Vec<Vec<(u16, u16)>>,
    bends: Vec<Vec<[(u16, f64); 3]>>,
    strengths: Vec<Strengths>,
    targets: Vec<f64>,
    weights: Vec<f64>,
    coefficients: Vec<f64>,
    freedom: Vec<f64>,
}

impl Oracle {
    fn read() -> Self {
        serde_json::from_str(include_str!("../../../../tests/oracle/tables.json")).unwrap()
    }

    fn problem(&self) -> Problem {
        let table = |table: usize| {
            let mut penalties = Vec::new();
            if !self.edges[table].is_empty() {
                penalties.push(Penalty::Walk(self.edges[table].clone()));
            }
            if !self.bends[table].is_empty() {
                penalties.push(Penalty::Bend(self.bends[table].clone()));
            }
            penalties.push(Penalty::Ridge);
            Table { codes: self.codes[table].clone(), cells: self.cells[table], penalties }
        };
        Problem {
            tables: (0..self.cells.len()).map(table).collect(),
            dense: Dense::default(),
            targets: self.targets.clone(),
            weights: self.weights.clone(),
        }
    }
}

fn near(a: &[f64], b: &[f64], by: f64) {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).for_each(|(a, b)| assert!((a - b).abs() < by, "{a} is not {b}"));
}

#[test]
fn the_minimum_is_that_of_numpy() {
    let oracle = Oracle::read();
    let solution = solve(&oracle.problem(), &oracle.strengths, None).unwrap();
    near(&solution.at, &oracle.coefficients, 1e-9);
    assert!(solution.gradient < 1e-11);
}

#[test]
fn degrees_of_freedom_are_those_of_numpy() {
    let oracle = Oracle::read();
    let found = freedom_at(&oracle.problem(), &oracle.strengths, &oracle.coefficients).unwrap();
    near(&found, &oracle.freedom, 1e-7);
}

#[test]
fn a_weight_is_so_many_equal_rows() {
    let oracle = Oracle::read();
    let weighted = oracle.problem();
    let times = |row: usize| std::iter::repeat_n(row, weighted.weights[row] as usize);
    let rows: Vec<usize> = (0..weighted.targets.len()).flat_map(times).collect();
    let tables = weighted.tables.iter().map(|table| Table {
        codes: rows.iter().map(|&row| table.codes[row]).collect(),
        ..table.clone()
    });
    let repeated = Problem {
        tables: tables.collect(),
        dense: Dense::default(),
        targets: rows.iter().map(|&row| weighted.targets[row]).collect(),
        weights: Vec::new(),
    };
    let a = solve(&weighted, &oracle.strengths, None).unwrap();
    let b = solve(&repeated, &oracle.strengths, None).unwrap();
    near(&a.at, &b.at, 1e-9);
    // A row that weighs nothing is not there.
    let mut nothing = oracle.problem();
    nothing.weights[..100].fill(0.0);
    let mut fewer = oracle.problem();
    fewer.tables.iter_mut().for_each(|table| drop(table.codes.drain(..100)));
    fewer.targets.drain(..100);
    fewer.weights.drain(..100);
    let a = solve(&nothing, &oracle.strengths, None).unwrap();
    let b = solve(&fewer, &oracle.strengths, None).unwrap();
    near(&a.at, &b.at, 1e-9);
}

/// A number with a bend, a category that says something, noise, and a pair that says more together.
fn signals(rows: usize) -> (Vec<SignalColumn>, Vec<bool>) {
    let mut state = 7u64;
    let mut uniform = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let (mut bend, mut noise, mut other) = (Vec::new(), Vec::new(), Vec::new());
    let (mut kind, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..rows {
        let (x, n, o) = (uniform() * 10.0, uniform(), uniform() * 4.0);
        let k = (uniform() * 3.0) as u32;
        let together = if (x > 5.0) == (o > 2.0) { 1.2 } else { -1.2 };
        let z = -1.5 + (x - 5.0).abs() * 0.5 + f64::from(k) * 0.5 + together;
        bend.push(if uniform() < 0.05 { f64::NAN } else { x });
        noise.push(n);
        other.push(o);
        kind.push(k);
        labels.push(uniform() < leadscore_model::sigmoid(z));
    }
    let number =
        |name: &str, values| SignalColumn { name: name.into(), data: SignalData::Number(values) };
    let names = ["a", "b", "c"].map(str::to_owned).to_vec();
    let category = SignalData::Category { codes: kind, names, yes_no: false };
    let signals = vec![
        number("bend", bend),
        number("noise", noise),
        number("other", other),
        SignalColumn { name: "kind".into(), data: category },
    ];
    (signals, labels)
}

fn learn(signals: &[SignalColumn], labels: &[bool]) -> Learnt {
    let rows: Vec<usize> = (0..labels.len()).collect();
    let groups: Vec<u64> = rows.iter().map(|&row| row as u64).collect();
    let dealing = Dealing { groups: &groups, moments: None, seed: 0 };
    learn_shape(signals, FitRows::new(&rows, labels, dealing), &|_, _| {}).unwrap()
}

/// Fits some rows that are each a group of their own.
fn fit(
    signals: &[SignalColumn],
    rows: &[usize],
    labels: &[bool],
    surely: bool,
    plan: &Plan,
) -> Fit {
    let groups: Vec<u64> = rows.iter().map(|&row| row as u64).collect();
    let dealing = Dealing { groups: &groups, moments: None, seed: 0 };
    fit_shape(signals, FitRows::new(rows, labels, dealing), surely, plan).unwrap()
}

#[test]
fn shape_and_pairs_are_found_and_noise_is_not() {
    let (signals, labels) = signals(6_000);
    let learnt = learn(&signals, &labels);
    assert_eq!(learnt.plan.pairs, [("bend".to_owned(), "other".to_owned())]);
    let freedom = |name: &str| {
        let of = |(source, _): &&(Source, f64)| source.signals() == [name];
        learnt.freedom.iter().find(of).unwrap().1
    };
    assert!(freedom("bend") > 2.0 * freedom("noise"), "{:?}", learnt.freedom);
    let rows: Vec<usize> = (0..labels.len()).collect();
    let Fit { fitted, solver: record, .. } = fit(&signals, &rows, &labels, false, &learnt.plan);
    assert!(record.gradient < 1e-8 && fitted.is_consistent());
    // The bend: high at both ends, low in the middle.
    let slots: Vec<f64> = fitted.logistic.slots.iter().map(|slot| slot.coefficient).collect();
    let width = fitted.encoder.inputs[0].coding.width() - 1;
    let noise = &slots[width + 1..][..fitted.encoder.inputs[1].coding.width()];
    assert!(noise.iter().all(|weight| weight.abs() < 0.25), "{noise:?}");
    assert!(slots[0] > slots[width / 2] + 1.0 && slots[width - 1] > slots[width / 2] + 1.0);
}

#[test]
fn the_bytes_are_the_same_for_any_number_of_threads() {
    let (signals, labels) = signals(3_000);
    let rows: Vec<usize> = (0..labels.len()).collect();
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let plan = learn(&signals, &labels).plan;
            let groups: Vec<u64> = rows.iter().map(|&row| row as u64 / 3).collect();
            let dealing = Dealing { groups: &groups, moments: None, seed: 0 };
            let of = FitRows::new(&rows, &labels, dealing);
            let Fit { fitted, uncertainty, .. } = fit_shape(&signals, of, true, &plan).unwrap();
            assert_eq!(fitted.uncertainty.as_ref().unwrap().slots(), fitted.logistic.slots.len());
            (serde_json::to_string(&fitted).unwrap(), fitted.uncertainty, uncertainty)
        })
    };
    let one = with(1);
    assert_eq!(one, with(2));
    assert_eq!(one, with(5));
}

#[test]
fn hostile_columns_give_finite_models() {
    let rows = 400;
    let number = |name: &str, values: Vec<f64>| SignalColumn {
        name: name.into(),
        data: SignalData::Number(values),
    };
    let labels: Vec<bool> = (0..rows).map(|row| row % 20 == 0).collect();
    let separates = labels.iter().map(|&label| f64::from(u8::from(label))).collect();
    let line: Vec<f64> = (0..rows).map(|row| f64::from(row as u32)).collect();
    let signals = vec![
        number("separates", separates),
        number("constant", vec![3.0; rows]),
        number("missing", vec![f64::NAN; rows]),
        number("line", line.clone()),
        number("line again", line.clone()),
        number("line shrunk", line.iter().map(|v| v * 1e-12).collect()),
        number("huge", line.iter().map(|v| v * 1e90).collect()),
    ];
    let all: Vec<usize> = (0..rows).collect();
    let learnt = learn(&signals, &labels);
    let Fit { fitted, solver: record, .. } = fit(&signals, &all, &labels, false, &learnt.plan);
    assert!(fitted.is_consistent() && record.gradient < 1e-8, "{record:?}");
    // One conversion is enough for a fit, and says little.
    let one: Vec<bool> = (0..rows).map(|row| row == 7).collect();
    let learnt = learn(&signals[3..], &one);
    let Fit { fitted, uncertainty, .. } = fit(&signals[3..], &all, &one, true, &learnt.plan);
    assert!(uncertainty.unwrap().mean_width > 0.0);
    assert!(fitted.is_consistent());
    let most = fitted.logistic.slots.iter().map(|slot| slot.coefficient.abs()).fold(0.0, f64::max);
    assert!(most < 2.0, "{most}");
}

#[test]
fn too_many_signals_are_cut_to_those_that_say_most() {
    let (mut signals, labels) = signals(300);
    let mut state = 11u64;
    for column in 0..1_500 {
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 11) as f64
        };
        let values = (0..labels.len()).map(|_| uniform()).collect();
        let name = format!("noise {column}");
        signals.push(SignalColumn { name, data: SignalData::Number(values) });
    }
    let learnt = learn(&signals, &labels);
    assert!(learnt.left_out.len() > 1_000, "{}", learnt.left_out.len());
    assert!(!learnt.left_out.contains(&"bend".to_owned()));
    let rows: Vec<usize> = (0..labels.len()).collect();
    let Fit { fitted, .. } = fit(&signals, &rows, &labels, false, &learnt.plan);
    assert_eq!(fitted.encoder.inputs.len() + learnt.left_out.len(), signals.len());
}

#[test]
fn exact_amounts_are_found_where_the_outcome_hangs_on_them() {
    // 300 prices, each on 20 leads, each with a rate of its own that its neighbours say nothing of.
    let price = |row: usize| (row * 7_919) % 300;
    let amounts = (0..6_000).map(|row| price(row) as f64 * 9.95).collect();
    let labels: Vec<bool> = (0..6_000)
        .map(|row| (row * 31) % 10 < if price(row) * 37 % 5 < 2 { 7 } else { 2 })
        .collect();
    let smooth = (0..6_000).map(|row| ((row * 613) % 6_000) as f64).collect();
    let number =
        |name: &str, values| SignalColumn { name: name.into(), data: SignalData::Number(values) };
    let signals = [number("amount", amounts), number("smooth", smooth)];
    let learnt = learn(&signals, &labels);
    assert_eq!(learnt.plan.fine, ["amount"]);
    let rows: Vec<usize> = (0..labels.len()).collect();
    let Fit { fitted, .. } = fit(&signals, &rows, &labels, false, &learnt.plan);
    assert_eq!(fitted.encoder.inputs[0].coding.width(), 301);
}
