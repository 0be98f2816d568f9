//! The solver against what it must be equal to.

use super::*;

fn uniform(state: &mut u64) -> f64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 11) as f64 / (1u64 << 53) as f64
}

/// A table and some columns of amounts, with outcomes that hang on them.
fn problem(rows: usize, columns: usize) -> Problem {
    let mut state = 3u64;
    let codes: Vec<u16> = (0..rows).map(|_| (uniform(&mut state) * 4.0) as u16).collect();
    let values: Vec<f64> = (0..rows * columns).map(|_| uniform(&mut state) * 3.4 - 1.7).collect();
    let targets = (0..rows)
        .map(|row| {
            let amounts = &values[row * columns..(row + 1) * columns];
            let slope = |column: usize| 0.8 - 0.3 * column as f64;
            let z: f64 = amounts.iter().enumerate().map(|(i, x)| slope(i) * x).sum();
            let z = z - 1.0 + 0.5 * f64::from(codes[row]);
            f64::from(u8::from(uniform(&mut state) < leadscore_model::sigmoid(z)))
        })
        .collect();
    let table = Table { codes, cells: 4, penalties: vec![Penalty::Ridge] };
    let dense = Dense { columns, values, strength: 2.0, last: None };
    Problem { tables: vec![table], dense, targets, weights: Vec::new() }
}

/// The same with its table as columns of 0 and 1.
fn all_dense(problem: &Problem) -> Problem {
    let (table, old) = (&problem.tables[0], &problem.dense);
    let values = (0..problem.targets.len()).flat_map(|row| {
        let of_table = (0..4).map(move |cell| f64::from(u8::from(table.codes[row] == cell)));
        of_table.chain(old.values[row * old.columns..(row + 1) * old.columns].iter().copied())
    });
    let dense = Dense { columns: 4 + old.columns, values: values.collect(), ..*old };
    let (targets, weights) = (problem.targets.clone(), problem.weights.clone());
    Problem { tables: Vec::new(), dense, targets, weights }
}

fn near(a: &[f64], b: &[f64], by: f64) {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).for_each(|(a, b)| assert!((a - b).abs() < by, "{a} is not {b}"));
}

#[test]
fn a_table_is_so_many_columns_of_0_and_1() {
    for columns in [1, 3, 9] {
        let mut problem = problem(3_000, columns);
        problem.weights = (0..3_000).map(|row| f64::from(row % 4)).collect();
        let a = solve(&problem, &[vec![2.0]], None).unwrap();
        let b = solve(&all_dense(&problem), &[], None).unwrap();
        near(&a.at, &b.at, 1e-7);
    }
}

#[test]
fn a_start_from_samples_ends_where_any_other_does() {
    let problem = problem(70_000, 4);
    let sampled = solve(&problem, &[vec![2.0]], None).unwrap();
    let from_nothing = solve(&problem, &[vec![2.0]], Some(problem.nothing_known())).unwrap();
    near(&sampled.at, &from_nothing.at, 1e-7);
    assert!(sampled.gradient < 1e-8);
}

#[test]
fn the_gradient_is_that_of_differences() {
    let problem = problem(500, 3);
    let strengths = [vec![2.0]];
    let at: Vec<f64> = (0..problem.size()).map(|i| 0.3 - 0.1 * i as f64).collect();
    let point = Point::new(&problem, &strengths, at.clone());
    for i in 0..at.len() {
        let beside = |by: f64| {
            let mut at = at.clone();
            at[i] += by;
            problem.objective(&strengths, &at)
        };
        let slope = (beside(1e-5) - beside(-1e-5)) / 2e-5;
        assert!((slope + point.ascent[i]).abs() < 1e-5, "{i}: {slope} {}", point.ascent[i]);
    }
}

#[test]
fn classes_that_are_told_apart_without_a_mistake_have_a_minimum() {
    let rows = 200;
    let values: Vec<f64> = (0..rows).map(|row| f64::from(row as u32) - 99.5).collect();
    let targets: Vec<f64> = values.iter().map(|&x| f64::from(u8::from(x > 0.0))).collect();
    for strength in [1e-8, 1e-3, 1.0, 1e6] {
        let dense = Dense { columns: 1, values: values.clone(), strength, last: None };
        let (tables, weights) = (Vec::new(), Vec::new());
        let problem = Problem { tables, dense, targets: targets.clone(), weights };
        let solution = solve(&problem, &[], None).unwrap();
        assert!(solution.gradient < 1e-8 && solution.at.iter().all(|w| w.is_finite()));
        assert!(solution.at[1] > 0.0);
    }
}
