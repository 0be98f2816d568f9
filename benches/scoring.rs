//! Encode, fit, score one, score a batch, on data/bank-marketing: 41,188 rows, 19 columns used.
//!
//! `cargo bench --bench scoring`

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use leadscore_features::Snapshot;
use leadscore_features::io::read_table;
use leadscore_model::points::RuleSet;
use leadscore_model::{BatchReader, Bundle, Score, Scorer, Sources};
use leadscore_train::{Plain, TrainOptions, fit_encoder, signals, train};

fn options() -> TrainOptions {
    TrainOptions {
        target: "y".to_owned(),
        drop: vec!["duration".to_owned()],
        missing: vec![("pdays".to_owned(), "999".to_owned())],
        l2: Some(1.0),
        ..TrainOptions::default()
    }
}

fn path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
}

fn fitting(c: &mut Criterion) {
    let table = read_table(&path("bank-marketing/bank-additional-full.csv")).unwrap();
    let (columns, labels) = signals(&table, &options()).unwrap();
    let rows: Vec<usize> = (0..labels.len()).collect();
    let targets = || labels.iter().map(|&label| f64::from(u8::from(label))).collect::<Vec<f64>>();
    let encoded = || Plain::new(fit_encoder(&columns, &rows), &columns, &rows, targets());
    let mut plain = encoded();
    let mut group = c.benchmark_group("fit");
    group.sample_size(10).throughput(Throughput::Elements(rows.len() as u64));
    group.bench_function("encode: encoder and matrix", |b| {
        b.iter(encoded);
    });
    group.bench_function("newton, l2 1", |b| {
        b.iter(|| plain.solve(1.0, None).unwrap());
    });
    group.bench_function("train: look, split, fit twice, evaluate", |b| {
        b.iter(|| train(table.clone(), &options(), &|_| {}).unwrap());
    });
    group.finish();
}

fn scoring(c: &mut Criterion) {
    let table = read_table(&path("bank-marketing/bank-additional-full.csv")).unwrap();
    let bundle: Bundle = train(table.clone(), &options(), &|_| {}).unwrap();
    let text = std::fs::read_to_string(path("rules/bank-marketing.toml")).unwrap();
    let rules = [RuleSet::parse("bank-marketing.toml", &text).unwrap()];
    let scorer = Scorer::new(Sources::served(Some(&bundle), &rules)).unwrap();
    let reader = BatchReader::new(&scorer, &table).unwrap();
    let (mut values, mut mistakes, mut score) = (Vec::new(), Vec::new(), Score::default());
    reader.read(24_264, &mut values, &mut mistakes);
    let snapshot = Snapshot::flat(None, &values);
    let mut group = c.benchmark_group("score");
    group.bench_function("one lead, model and points, values read", |b| {
        b.iter(|| scorer.score(black_box(&snapshot), &mut score));
    });
    group.sample_size(20).throughput(Throughput::Elements(table.rows() as u64));
    group.bench_function("batch from text cells, model and points, one core", |b| {
        b.iter(|| {
            let mut sum = 0.0;
            let (mut values, mut mistakes) = (Vec::new(), Vec::new());
            for row in 0..table.rows() {
                let as_of = reader.read(row, &mut values, &mut mistakes);
                scorer.score(&Snapshot::flat(as_of, &values), &mut score);
                sum += score.probability;
            }
            sum
        });
    });
    group.finish();
}

criterion_group!(benches, fitting, scoring);
criterion_main!(benches);
