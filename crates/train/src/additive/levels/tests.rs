//! Rates of levels: against an independent estimate, that nobody is told their own outcome, and what
//! they are worth.

use leadscore_model::Fitted;
use leadscore_model::evaluate::auc;
use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::additive::{Plan, fit_shape, learn_shape};
use crate::folds::Moments;

#[derive(Deserialize)]
struct Oracle {
    level: Vec<usize>,
    part: Vec<usize>,
    label: Vec<bool>,
    rate: f64,
    strength: f64,
    shrunk: Vec<f64>,
}

#[test]
fn the_prior_is_that_of_all_couples_of_rows() {
    let text = include_str!("../../../../../tests/oracle/level_rates.json");
    let oracle: Oracle = serde_json::from_str(text).unwrap();
    let levels: Vec<usize> = (0..oracle.shrunk.len()).collect();
    let mut parts = vec![vec![Count::default(); levels.len()]; 4];
    for ((&level, &part), &label) in oracle.level.iter().zip(&oracle.part).zip(&oracle.label) {
        parts[part][level].add(Count { rows: 1, converted: u32::from(label) });
    }
    let prior = Prior::new(&parts, &levels, &[true; 4]).unwrap();
    assert!((prior.rate - oracle.rate).abs() < 1e-12);
    assert!((prior.strength / oracle.strength - 1.0).abs() < 1e-9, "{prior:?}");
    let all = sum(&parts, &[true; 4]);
    for (count, expected) in all.iter().zip(&oracle.shrunk) {
        assert!((prior.rate_of(*count) - expected).abs() < 1e-12);
    }
}

#[test]
fn levels_that_do_not_differ_have_one_rate() {
    let parts = vec![vec![Count { rows: 10, converted: 3 }; 5]; 3];
    let prior = Prior::new(&parts, &[0, 1, 2, 3, 4], &[true; 3]).unwrap();
    assert_eq!((prior.rate, prior.strength), (0.3, f64::INFINITY));
    assert_eq!(prior.rate_of(Count { rows: 4, converted: 4 }), 0.3);
    // Where all or none convert there is nothing to estimate.
    for converted in [0, 10] {
        let parts = vec![vec![Count { rows: 10, converted }; 5]; 3];
        assert_eq!(Prior::new(&parts, &[0, 1, 2], &[true; 3]), None);
    }
    assert_eq!(Prior::new(&parts, &[0, 1], &[false; 3]), None);
}

/// Numbers from 0 to 1 that look random.
fn uniforms(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A number that says something, and levels whose log-odds have a standard deviation of `spread`.
fn leads(rows: usize, levels: usize, spread: f64) -> (Vec<SignalColumn>, Vec<bool>, Vec<f64>) {
    let mut uniform = uniforms(5);
    let mut normal = || (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
    let effects: Vec<f64> = (0..levels).map(|_| spread * normal()).collect();
    let mut uniform = uniforms(9);
    let (mut visits, mut codes, mut labels, mut truth) = (vec![], vec![], vec![], vec![]);
    for _ in 0..rows {
        let (visit, level) = (uniform() * 4.0, (uniform() * levels as f64) as usize);
        let z = -3.0 + 0.5 * visit + effects[level];
        visits.push(visit);
        codes.push(level as u32);
        labels.push(uniform() < leadscore_model::sigmoid(z));
        truth.push(z);
    }
    let names = (0..levels).map(|level| format!("company {level:05}")).collect();
    let signals = vec![
        SignalColumn { name: "visits".into(), data: SignalData::Number(visits) },
        SignalColumn {
            name: "company".into(),
            data: SignalData::Category { codes, names, yes_no: false },
        },
    ];
    (signals, labels, truth)
}

/// Learns and fits the first rows, each a group of its own.
fn fit(signals: &[SignalColumn], labels: &[bool], rows: usize) -> (Plan, Fitted) {
    let rows: Vec<usize> = (0..rows).collect();
    let groups: Vec<u64> = rows.iter().map(|&row| row as u64).collect();
    let dealing = Dealing { groups: &groups, moments: None, seed: 0 };
    let of = FitRows::new(&rows, &labels[..rows.len()], dealing);
    let plan = learn_shape(signals, of, &|_, _| {}).unwrap().plan;
    let fitted = fit_shape(signals, of, false, &plan).unwrap().fitted;
    (plan, fitted)
}

/// The area under the curve of the rows from `first`, coded as scoring codes them.
fn auc_of(signals: &[SignalColumn], labels: &[bool], fitted: &Fitted, rows: &[usize]) -> f64 {
    let weights = &fitted.logistic.slots;
    let slots = slots_in_scoring(&fitted.encoder, signals, rows);
    let firsts: Vec<usize> = fitted.encoder.compile().iter().map(|i| i.slots().start).collect();
    assert!(fitted.encoder.pairs.is_empty());
    let sum = |at: usize| -> f64 {
        let each = slots.iter().zip(&firsts);
        each.map(|(slots, first)| weights[first + usize::from(slots[at])].coefficient).sum()
    };
    let scores: Vec<f64> = (0..rows.len()).map(sum).collect();
    auc(&scores, &pick(labels, rows)).unwrap().value
}

/// The area under the curve of the rows from `first` by the means of the posteriors of their levels'
/// log-odds, given the rows before and everything else that made them: the best that there is.
fn reachable(signals: &[SignalColumn], labels: &[bool], first: usize) -> f64 {
    let (SignalData::Number(visits), SignalData::Category { codes, names, .. }) =
        (&signals[0].data, &signals[1].data)
    else {
        unreachable!()
    };
    let grid: Vec<f64> = (-40..=40).map(|step| f64::from(step) / 10.0).collect();
    let prior: Vec<f64> = grid.iter().map(|effect| -effect * effect / 2.0).collect();
    let mut log = vec![prior; names.len()];
    let rate =
        |row: usize, effect: f64| leadscore_model::sigmoid(-3.0 + 0.5 * visits[row] + effect);
    for row in 0..first {
        for (log, &effect) in log[codes[row] as usize].iter_mut().zip(&grid) {
            let rate = rate(row, effect);
            *log += if labels[row] { rate.ln() } else { (1.0 - rate).ln() };
        }
    }
    let scores: Vec<f64> = (first..labels.len())
        .map(|row| {
            let log = &log[codes[row] as usize];
            let most = log.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let (mut sum, mut mass) = (0.0, 0.0);
            for (log, &effect) in log.iter().zip(&grid) {
                sum += (log - most).exp() * rate(row, effect);
                mass += (log - most).exp();
            }
            sum / mass
        })
        .collect();
    auc(&scores, &labels[first..]).unwrap().value
}

#[test]
fn levels_that_tell_something_are_found() {
    let (signals, labels, truth) = leads(80_000, 3_000, 1.0);
    let (plan, fitted) = fit(&signals, &labels, 60_000);
    assert_eq!(plan.by_rate, ["company"]);
    assert!(matches!(fitted.encoder.inputs[1].coding, Coding::Rates { .. }));
    assert!(fitted.is_consistent());
    let rows: Vec<usize> = (60_000..80_000).collect();
    let found = auc_of(&signals, &labels, &fitted, &rows);
    let best = auc(&pick(&truth, &rows), &pick(&labels, &rows)).unwrap().value;
    let (alone, without) = fit(&signals[..1], &labels, 60_000);
    assert!(alone.by_rate.is_empty());
    let without = auc_of(&signals[..1], &labels, &without, &rows);
    // 20 rows a level leave something unknown; the rest is found, but for the last hundredth.
    let reachable = reachable(&signals, &labels, 60_000);
    assert!(reachable < best - 0.02 && reachable > without + 0.05, "{without} {reachable} {best}");
    assert!(found > reachable - 0.01, "{found} {reachable}");
    // What groups say rises with their rates.
    let weight = |group: usize| {
        fitted.logistic.slots[fitted.encoder.inputs[0].coding.width() + MOST_LEVELS + group]
            .coefficient
    };
    let Coding::Rates { groups, .. } = &fitted.encoder.inputs[1].coding else { unreachable!() };
    assert!(weight(groups.len() - 1) > weight(groups.len() / 2) + 0.3);
    assert!(weight(0) < weight(groups.len() / 2) - 0.3);
}

#[test]
fn levels_that_tell_nothing_gain_nothing() {
    let (signals, labels, _) = leads(60_000, 10_000, 0.0);
    let rows: Vec<usize> = (0..40_000).collect();
    let rest: Vec<usize> = (40_000..60_000).collect();
    let (alone, without) = fit(&signals[..1], &labels, 40_000);
    let without = auc_of(&signals[..1], &labels, &without, &rest);
    let (plan, fitted) = fit(&signals, &labels, 40_000);
    assert!(plan.by_rate.is_empty());
    assert!(auc_of(&signals, &labels, &fitted, &rest) > without - 0.003);
    // Nor when they are told by rates all the same; and what fitted rows are told says nothing of
    // them, where rates of all rows would say almost all.
    let groups: Vec<u64> = rows.iter().map(|&row| row as u64).collect();
    let dealing = Dealing { groups: &groups, moments: None, seed: 0 };
    let of = FitRows::new(&rows, &labels[..40_000], dealing);
    let forced = Plan { by_rate: vec!["company".into()], start: None, ..plan };
    let forced = Plan { factor: alone.factor, ..forced };
    let fitted = fit_shape(&signals, of, false, &forced).unwrap().fitted;
    assert!(auc_of(&signals, &labels, &fitted, &rest) > without - 0.003);
    let tellers = Tellers::new(of.labels, dealing);
    let coding = Coding::OneHot { levels: Vec::new(), rare: Vec::new() };
    let counted = Counted::new(&signals[1].data, &coding, of, &tellers).unwrap();
    let prior = Prior { rate: 0.1, strength: 20.0, surely: 0.0 };
    let mean_rate = |counts: &dyn Fn(usize) -> Count| -> f64 {
        let rates: Vec<f64> = rows.iter().map(|&row| prior.rate_of(counts(row))).collect();
        auc(&rates, of.labels).unwrap().value
    };
    assert!(mean_rate(&|row| counted.all[counted.codes[row] as usize]) > 0.8);
    let told: Vec<Vec<Count>> =
        tellers.tellings.iter().map(|telling| sum(&counted.parts, &telling.tell)).collect();
    let others = mean_rate(&|row| {
        let of_row = |telling: &Telling| telling.told[tellers.part[row]];
        let telling = tellers.tellings.iter().position(of_row).unwrap();
        told[telling][counted.codes[row] as usize]
    });
    assert!((others - 0.5).abs() < 0.02, "{others}");
}

#[test]
fn levels_of_their_own_lead_tell_nothing() {
    // Every lead has a company of its own and four rows of one outcome: rows of a level are alike, but
    // nobody else's tell.
    let rows: Vec<usize> = (0..8_000).collect();
    let codes: Vec<u32> = rows.iter().map(|&row| row as u32 / 4).collect();
    let names = (0..2_000).map(|level| level.to_string()).collect();
    let labels: Vec<bool> = codes.iter().map(|code| code * 7 % 10 < 3).collect();
    let data = SignalData::Category { codes: codes.clone(), names, yes_no: false };
    let signals = [SignalColumn { name: "company".into(), data }];
    let groups: Vec<u64> = codes.iter().map(|&code| u64::from(code)).collect();
    let dealing = Dealing { groups: &groups, moments: None, seed: 0 };
    let of = FitRows::new(&rows, &labels, dealing);
    let encoder = crate::fit_encoder(&signals, &rows);
    assert_eq!(worth_rates(&signals, &encoder, of), Vec::<String>::new());
    let names = ["company".to_owned()];
    let fitted = FittedEncoder::new(encoder.clone(), &signals, &names, of);
    assert_eq!(fitted.into_encoder(), encoder);
}

#[test]
fn a_bundle_tells_nobodys_outcome_and_no_address() {
    let (mut signals, labels, _) = leads(20_000, 2_000, 1.5);
    let SignalData::Category { codes, names, .. } = &mut signals[1].data else { unreachable!() };
    names.extend(["only once".to_owned(), "a@example.com".to_owned()]);
    codes[..100].fill(2_001);
    codes[100] = 2_000;
    let rows: Vec<usize> = (0..20_000).collect();
    let groups: Vec<u64> = rows.iter().map(|&row| row as u64).collect();
    let dealing = Dealing { groups: &groups, moments: None, seed: 0 };
    let of = FitRows::new(&rows, &labels, dealing);
    let encoder = crate::fit_encoder(&signals, &rows);
    let fitted = FittedEncoder::new(encoder, &signals, &["company".to_owned()], of);
    // A row that was not fitted is coded as scoring codes it.
    let out = FittedEncoder::new(
        crate::fit_encoder(&signals, &rows[..15_000]),
        &signals,
        &["company".to_owned()],
        FitRows::new(
            &rows[..15_000],
            &labels[..15_000],
            Dealing { groups: &groups[..15_000], ..dealing },
        ),
    );
    let (slots, scoring) =
        (out.slots(&signals, &rows), slots_in_scoring(&out.encoder, &signals, &rows));
    assert_eq!(slots[1][15_000..], scoring[1][15_000..]);
    assert_ne!(slots[1][..15_000], scoring[1][..15_000]);
    let Coding::Rates { levels, groups, rare, .. } = &fitted.encoder.inputs[1].coding else {
        panic!("levels differ")
    };
    assert!(!levels.iter().any(|level| level == "a@example.com"));
    let address = level_hash("a@example.com");
    assert!(!rare.contains(&address) && !groups.iter().any(|group| group.contains(&address)));
    let SignalData::Category { codes, names, .. } = &signals[1].data else { unreachable!() };
    let mut counts = vec![0; names.len()];
    codes.iter().for_each(|&code| counts[code as usize] += 1);
    let mut once: Vec<u64> = (0..names.len())
        .filter(|&level| counts[level] == 1)
        .map(|level| level_hash(&names[level]))
        .collect();
    once.sort_unstable();
    assert!(once.contains(&level_hash("only once")));
    assert_eq!(rare, &once);
    let rates = groups.iter().map(Vec::len).sum::<usize>();
    let several = counts[..2_001].iter().filter(|count| **count > 1).count();
    assert_eq!(levels.len() + rates, several);
}

proptest! {
    #[test]
    fn nobody_is_told_by_their_own_group_nor_by_the_future(
        rows in prop::collection::vec((0u64..80, 0u32..400, prop::bool::ANY, 0u32..300), 100..500),
        in_time in prop::bool::ANY,
        gap in 0u32..80,
        flip in any::<prop::sample::Index>(),
    ) {
        let groups: Vec<u64> = rows.iter().map(|row| row.0).collect();
        let moments: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
        let labels: Vec<bool> = rows.iter().map(|row| row.2).collect();
        let gap = f64::from(gap);
        let of_rows = in_time.then_some(Moments { of_rows: &moments, gap });
        let dealing = Dealing { groups: &groups, moments: of_rows, seed: 3 };
        let tellers = Tellers::new(&labels, dealing);
        let telling: Vec<usize> = tellers.part.iter().map(|&part| {
            let mut of = (0..tellers.tellings.len()).filter(|&t| tellers.tellings[t].told[part]);
            let found = of.next();
            assert!(found.is_some() && of.next().is_none(), "a row is told once");
            found.unwrap_or(0)
        }).collect();
        let folds = Folds::new(&labels, Dealing { seed: 3 ^ SEED, ..dealing }, FOLDS);
        let forward = folds.rule == leadscore_model::bundle::FoldRule::Forward;
        for row in 0..rows.len() {
            let telling = &tellers.tellings[telling[row]];
            let tells = (0..rows.len()).filter(|&r| telling.tell[tellers.part[r]]);
            for teller in tells {
                prop_assert_ne!(groups[teller], groups[row]);
                // The first block tells itself; later ones are told by what was known before.
                let in_fold = folds.folds.iter().any(|fold| fold.tested[folds.class[row]]);
                if forward && in_fold {
                    let last = |row: usize| {
                        let same = (0..rows.len()).filter(|&r| groups[r] == groups[row]);
                        same.map(|r| moments[r]).fold(0.0, f64::max)
                    };
                    prop_assert!(moments[teller] + gap <= last(row));
                }
            }
        }
        // With folds as they are, another outcome of a row changes what others are told, never what it
        // and its group are.
        let names: Vec<String> = (0..300).map(|level| level.to_string()).collect();
        let codes: Vec<u32> = rows.iter().map(|row| row.3).collect();
        let all: Vec<usize> = (0..rows.len()).collect();
        let told = |labels: &[bool]| {
            let mut parts = vec![vec![Count::default(); names.len()]; tellers.parts];
            for &row in &all {
                let count = Count { rows: 1, converted: u32::from(labels[row]) };
                parts[tellers.part[row]][codes[row] as usize].add(count);
            }
            let counted = Counted {
                codes: &codes,
                names: &names,
                all: sum(&parts, &vec![true; tellers.parts]),
                parts,
                others: (0..300).collect(),
                is_other: vec![true; 300],
            };
            counted.told(&all, &tellers)
        };
        let row = flip.index(rows.len());
        let mut flipped = labels.clone();
        flipped[row] = !flipped[row];
        let (before, after) = (told(&labels), told(&flipped));
        for other in (0..rows.len()).filter(|&other| groups[other] == groups[row]) {
            prop_assert_eq!(before[other], after[other]);
        }
    }
}
