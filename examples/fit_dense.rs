//! Fits one logistic regression to a dense matrix, for benchmarks/fit.py.
//!
//! `fit_dense X.f64 Y.u8 --l2 L2 --threads N --out COEFFICIENTS.f64`: X is row-major, little-endian,
//! as wide as it has values for each byte of Y. Writes the intercept and then the coefficients, and
//! prints what the fit took as JSON. CPU time is that of all threads, by Linux's scheduler, from when
//! the matrix is read to when the fit is done.

use std::path::Path;
use std::time::Instant;

use leadscore_train::solver::{Dense, Problem, Solution, solve};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [x, y, options @ ..] = arguments.as_slice() else {
        return Err("usage: fit_dense X.f64 Y.u8 --l2 L2 --threads N --out FILE".into());
    };
    let option = |name: &str| {
        let at = options.iter().position(|option| option == name);
        at.and_then(|at| options.get(at + 1)).ok_or_else(|| format!("{name} is missing"))
    };
    let targets: Vec<f64> = std::fs::read(y)?.into_iter().map(f64::from).collect();
    let values = doubles(Path::new(x))?;
    let columns = values.len() / targets.len().max(1);
    if columns * targets.len() != values.len() {
        return Err("X has no whole number of values for each byte of Y".into());
    }
    let dense = Dense { columns, values, strength: option("--l2")?.parse()?, last: None };
    let problem = Problem { tables: Vec::new(), dense, targets, weights: Vec::new() };
    let threads = option("--threads")?.parse()?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let (cpu, wall) = (cpu_seconds()?, Instant::now());
    let solution = pool.install(|| solve(&problem, &[], None))?;
    let (cpu, wall) = (cpu_seconds()? - cpu, wall.elapsed().as_secs_f64());
    let Solution { at, iterations, gradient } = solution;
    std::fs::write(option("--out")?, at.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<_>>())?;
    let objective = problem.objective(&[], &at);
    println!(
        "{}",
        serde_json::json!({
            "cpu_seconds": cpu,
            "wall_seconds": wall,
            "iterations": iterations,
            "objective": objective,
            "gradient": gradient,
        })
    );
    Ok(())
}

fn doubles(path: &Path) -> Result<Vec<f64>, Failure> {
    let bytes = std::fs::read(path)?;
    let (values, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(format!("{} does not hold whole doubles", path.display()).into());
    }
    Ok(values.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect())
}

/// Time that threads of this process were on a processor.
fn cpu_seconds() -> Result<f64, Failure> {
    let mut nanoseconds = 0.0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
        let first = text.split_whitespace().next().ok_or("schedstat is empty")?;
        nanoseconds += first.parse::<f64>()?;
    }
    Ok(nanoseconds / 1e9)
}
