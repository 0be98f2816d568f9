//! Fits of which some tables must rise, or fall, along their cells.
//!
//! An active set: neighbours that would stand the wrong way round are tied, and tied cells are one
//! cell of a smaller problem, which the one solver fits. Once all stand right, a tie is cut where its
//! multiplier says that the loss would fall by it, and where a fit then leaves what is allowed it is
//! gone towards as far as allowed (J. Nocedal, S. Wright, Numerical Optimization, 2nd edition, section
//! 16.5). The loss is strictly convex, so what meets the conditions of Karush, Kuhn and Tucker is the
//! minimum; how far it is from meeting them is part of [`Solution::gradient`].

use std::ops::Range;

use super::{FitError, Penalty, Problem, Solution, Strengths, Table, solve};

/// Cells of a table that must not fall from each to the next, or not rise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    /// The position of the table.
    pub table: usize,
    /// The cells, in order.
    pub cells: Range<usize>,
    /// Whether they rise.
    pub rising: bool,
}

/// A multiplier that is less below 0 than this, over the summed weights, is none.
const ENOUGH: f64 = 1e-10;
/// Fits at most.
const ROUNDS: usize = 400;

/// A minimum among what orders allow.
pub(crate) struct Ordered {
    /// The minimum. Its gradient is the larger of that along what is free and of what multipliers are
    /// below 0.
    pub(crate) solution: Solution,
    /// The problem of which tied cells are one, where any are: what is fitted freely.
    pub(crate) tied: Problem,
    /// For each coefficient, that of the tied problem.
    pub(crate) places: Vec<usize>,
}

/// For each order, whether each of its cells but the last is tied to the next.
type Ties = Vec<Vec<bool>>;

/// Minimises the penalised loss among coefficients that stand in order.
///
/// # Errors
/// [`FitError`] when a fit does not reach its minimum, or the ties are not found.
pub(crate) fn solve_ordered(
    problem: &Problem,
    strengths: &[Strengths],
    start: Option<Vec<f64>>,
    orders: &[Order],
) -> Result<Ordered, FitError> {
    let search = Search { problem, strengths, orders, firsts: problem.places() };
    let mut ties: Ties =
        orders.iter().map(|order| vec![false; order.cells.len().saturating_sub(1)]).collect();
    let mut fit = search.fit(&ties, start)?;
    // Tied until all stand in order: what is allowed, not yet the minimum.
    while search.tie(&mut ties, &fit.solution.at) {
        fit = search.fit(&ties, Some(fit.solution.at))?;
    }
    for _ in 0..ROUNDS {
        let (worst, wrong) = search.worst_multiplier(&ties, &fit.solution.at);
        let Some((order, place)) = wrong else {
            fit.solution.gradient = fit.solution.gradient.max(worst);
            return Ok(fit);
        };
        ties[order][place] = false;
        let mut allowed = fit.solution.at.clone();
        fit = search.fit(&ties, Some(allowed.clone()))?;
        while search.go_towards(&mut ties, &mut allowed, &fit.solution.at) {
            fit = search.fit(&ties, Some(allowed.clone()))?;
        }
    }
    let iterations = fit.solution.iterations;
    Err(FitError::NotConverged { iterations, gradient: fit.solution.gradient })
}

struct Search<'p> {
    problem: &'p Problem,
    strengths: &'p [Strengths],
    orders: &'p [Order],
    /// Where the cells of each table stand among the coefficients.
    firsts: Vec<Range<usize>>,
}

impl Search<'_> {
    /// The coefficients of an order's cells.
    fn cells(&self, order: &Order) -> Range<usize> {
        let first = self.firsts[order.table].start;
        first + order.cells.start..first + order.cells.end
    }

    /// How far each two neighbours of an order stand apart the right way.
    fn rises<'a>(&self, order: &Order, at: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        let sign = if order.rising { 1.0 } else { -1.0 };
        at[self.cells(order)].windows(2).map(move |two| sign * (two[1] - two[0]))
    }

    /// The minimum with some cells tied, in the coefficients of the whole.
    fn fit(&self, ties: &Ties, start: Option<Vec<f64>>) -> Result<Ordered, FitError> {
        let (tied, places) = self.tied(ties);
        let start = start.map(|start| {
            let mut reduced = vec![0.0; tied.size()];
            start.iter().zip(&places).for_each(|(value, &place)| reduced[place] = *value);
            reduced
        });
        let mut solution = solve(&tied, self.strengths, start)?;
        solution.at = places.iter().map(|&place| solution.at[place]).collect();
        Ok(Ordered { solution, tied, places })
    }

    /// The problem of which tied cells are one, and where each coefficient stands in it.
    fn tied(&self, ties: &Ties) -> (Problem, Vec<usize>) {
        let mut places = vec![0];
        let mut next = 1;
        let tables = self.problem.tables.iter().enumerate().map(|(index, table)| {
            let mut groups = Vec::with_capacity(table.cells);
            for cell in 0..table.cells {
                let is_tied = self.orders.iter().zip(ties).any(|(order, ties)| {
                    order.table == index
                        && cell > order.cells.start
                        && order.cells.contains(&cell)
                        && ties[cell - order.cells.start - 1]
                });
                let last = groups.last().copied().unwrap_or(0);
                groups.push(if cell == 0 || is_tied { last } else { last + 1 });
            }
            places.extend(groups.iter().map(|&group| next + usize::from(group)));
            let table = merged(table, &groups);
            next += table.cells;
            table
        });
        let tables = tables.collect();
        places.extend(next..next + self.problem.dense.columns);
        let Problem { dense, targets, weights, .. } = self.problem;
        let tied = Problem {
            tables,
            dense: dense.clone(),
            targets: targets.clone(),
            weights: weights.clone(),
        };
        (tied, places)
    }

    /// Ties neighbours that stand the wrong way round; whether there were any.
    fn tie(&self, ties: &mut Ties, at: &[f64]) -> bool {
        let mut any = false;
        for (order, ties) in self.orders.iter().zip(ties) {
            for (rise, tied) in self.rises(order, at).zip(ties) {
                if rise < 0.0 && !*tied {
                    (*tied, any) = (true, true);
                }
            }
        }
        any
    }

    /// Goes from what is allowed towards a fit as far as is allowed, and ties what stops it; whether
    /// anything did.
    fn go_towards(&self, ties: &mut Ties, from: &mut [f64], to: &[f64]) -> bool {
        let (mut share, mut stop) = (1.0, None);
        for (index, order) in self.orders.iter().enumerate() {
            let rises = self.rises(order, from).zip(self.rises(order, to)).enumerate();
            for (place, (before, after)) in rises {
                if after < 0.0 && !ties[index][place] {
                    let allowed = (before / (before - after)).clamp(0.0, 1.0);
                    if allowed < share || stop.is_none() {
                        (share, stop) = (allowed, Some((index, place)));
                    }
                }
            }
        }
        from.iter_mut().zip(to).for_each(|(from, to)| *from += share * (to - *from));
        if let Some((order, place)) = stop {
            ties[order][place] = true;
        }
        stop.is_some()
    }

    /// By how much the multiplier of a tie is below 0 at most, over the summed weights, and the tie,
    /// where that is more than nothing. The multiplier of a tie is what the loss would gain by moving
    /// the tied cells before it up and those after it down, against the order.
    fn worst_multiplier(&self, ties: &Ties, at: &[f64]) -> (f64, Option<(usize, usize)>) {
        let (_, _, sums) = self.problem.expand(at);
        let ascent = self.problem.less_pulls(sums, self.strengths, at);
        let mass = self.problem.mass();
        let (mut worst, mut place_of_worst) = (0.0f64, None);
        for (index, (order, ties)) in self.orders.iter().zip(ties).enumerate() {
            let sign = if order.rising { 1.0 } else { -1.0 };
            let mut sum = 0.0;
            for (place, (up, &tied)) in ascent[self.cells(order)].iter().zip(ties).enumerate() {
                sum += sign * up;
                if !tied {
                    sum = 0.0;
                } else if -sum / mass > worst {
                    (worst, place_of_worst) = (-sum / mass, Some((index, place)));
                }
            }
        }
        (worst, place_of_worst.filter(|_| worst > ENOUGH))
    }
}

/// A table of which the cells of each group are one.
fn merged(table: &Table, groups: &[u16]) -> Table {
    let cells = groups.last().map_or(0, |&last| usize::from(last) + 1);
    if cells == table.cells {
        return table.clone();
    }
    let group = |cell: u16| groups[usize::from(cell)];
    let penalties = table.penalties.iter().map(|penalty| match penalty {
        Penalty::Walk(edges) => {
            let edges = edges.iter().map(|&(a, b)| (group(a), group(b)));
            Penalty::Walk(edges.filter(|(a, b)| a != b).collect())
        }
        // Cells that are one have their weights together; three that are one are on a line.
        Penalty::Bend(bends) => {
            let bends = bends.iter().map(|bend| bend.map(|(cell, by)| (group(cell), by)));
            Penalty::Bend(bends.filter(|bend| bend[0].0 != bend[2].0).collect())
        }
        Penalty::Ridge | Penalty::Weighted(_) => {
            let mut sizes = vec![0.0; cells];
            let weight = |cell: usize| match penalty {
                Penalty::Weighted(weights) => weights[cell],
                _ => 1.0,
            };
            let each = groups.iter().enumerate();
            each.for_each(|(cell, &group)| sizes[usize::from(group)] += weight(cell));
            Penalty::Weighted(sizes)
        }
    });
    Table {
        codes: table.codes.iter().map(|&code| group(code)).collect(),
        cells,
        penalties: penalties.collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(codes: Vec<u16>, bins: usize) -> Table {
        let walk = (1..bins as u16).map(|i| (i - 1, i)).collect();
        let bends = (2..bins as u16).map(|i| [(i - 2, 1.0), (i - 1, -2.0), (i, 1.0)]).collect();
        let penalties = vec![Penalty::Walk(walk), Penalty::Bend(bends), Penalty::Ridge];
        Table { codes, cells: bins + 1, penalties }
    }

    fn problem(tables: Vec<Table>, targets: Vec<f64>) -> Problem {
        Problem { tables, dense: super::super::Dense::default(), targets, weights: Vec::new() }
    }

    /// Whether coefficients stand in order, up to rounding.
    fn in_order(problem: &Problem, orders: &[Order], at: &[f64]) -> bool {
        orders.iter().all(|order| {
            let first = problem.places()[order.table].start;
            let cells = &at[first + order.cells.start..first + order.cells.end];
            let sign = if order.rising { 1.0 } else { -1.0 };
            cells.windows(2).all(|two| sign * (two[1] - two[0]) >= 0.0)
        })
    }

    #[test]
    fn the_minimum_is_that_of_an_independent_solver() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/oracle/monotone.json");
        let text = std::fs::read_to_string(path).unwrap();
        let oracle: serde_json::Value = serde_json::from_str(&text).unwrap();
        let numbers = |of: &serde_json::Value| -> Vec<f64> {
            of.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
        };
        let (mut tables, mut strengths, mut orders) = (Vec::new(), Vec::new(), Vec::new());
        for (index, of) in oracle["tables"].as_array().unwrap().iter().enumerate() {
            let bins = of["bins"].as_u64().unwrap() as usize;
            let codes = numbers(&of["codes"]).iter().map(|code| *code as u16).collect();
            tables.push(table(codes, bins));
            strengths.push(
                ["walk", "bend", "ridge"].map(|of_what| of[of_what].as_f64().unwrap()).to_vec(),
            );
            let rising = of["rising"].as_bool().unwrap();
            orders.push(Order { table: index, cells: 0..bins, rising });
        }
        let problem = problem(tables, numbers(&oracle["targets"]));
        let found = solve_ordered(&problem, &strengths, None, &orders).unwrap();
        assert!(found.solution.gradient < 1e-8);
        assert!(found.tied.size() < problem.size());
        let expected = numbers(&oracle["coefficients"]);
        assert_eq!(found.solution.at.len(), expected.len());
        for (found, expected) in found.solution.at.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        /// What is found stands in order, and nothing near it that does is better.
        #[test]
        fn what_is_found_is_in_order_and_least(
            rows in prop::collection::vec((0u16..7, 0u16..5, prop::bool::ANY), 5..200),
            rising in [prop::bool::ANY, prop::bool::ANY],
            held in prop::array::uniform6(0.01f64..10.0),
            moves in prop::collection::vec(-1.0f64..1.0, 13),
        ) {
            let targets = rows.iter().map(|row| f64::from(u8::from(row.2))).collect();
            let a = table(rows.iter().map(|row| row.0).collect(), 6);
            let b = table(rows.iter().map(|row| row.1).collect(), 4);
            let problem = problem(vec![a, b], targets);
            let strengths = [held[..3].to_vec(), held[3..].to_vec()];
            let orders = [
                Order { table: 0, cells: 0..6, rising: rising[0] },
                Order { table: 1, cells: 0..4, rising: rising[1] },
            ];
            // Outcomes of one kind leave the intercept without a minimum.
            prop_assume!(rows.iter().any(|row| row.2) && rows.iter().any(|row| !row.2));
            let found = solve_ordered(&problem, &strengths, None, &orders).unwrap();
            let at = &found.solution.at;
            prop_assert!(found.solution.gradient < 1e-8);
            prop_assert!(in_order(&problem, &orders, at));
            let least = problem.objective(&strengths, at);
            for size in [1e-3, 1e-1, 1.0] {
                let mut other: Vec<f64> =
                    at.iter().zip(&moves).map(|(at, by)| at + size * by).collect();
                // Put in order by sorting, which is as good a point as any.
                for (order, place) in orders.iter().zip(problem.places()) {
                    let cells = &mut other[place.start..][order.cells.clone()];
                    cells.sort_by(f64::total_cmp);
                    if !order.rising {
                        cells.reverse();
                    }
                }
                prop_assert!(problem.objective(&strengths, &other) >= least - 1e-9);
            }
            // Without an order that binds nothing is tied.
            let free = solve(&problem, &strengths, None).unwrap();
            if in_order(&problem, &orders, &free.at) {
                prop_assert_eq!(found.tied.size(), problem.size());
            }
        }
    }
}
