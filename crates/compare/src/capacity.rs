//! How many leads are called: the numbers at which rankings are looked at.

use leadscore_model::evaluate::top_size;

/// The shares of a ranking that are always among the capacities.
pub const SHARES: [f64; 3] = [0.05, 0.10, 0.20];

/// Steps that the largest number of leads is divided into, about.
const STEPS: usize = 120;
/// The part at the top that is divided more finely, and how much more.
const FINE: (usize, usize) = (8, 5);

/// The numbers of leads at which rankings are looked at, rising: round ones, the first ones closer together, [`SHARES`] of the leads, and all of them. About 200, fewer of few leads; empty without leads.
pub fn capacities(leads: usize) -> Vec<usize> {
    let step = round_up(leads.div_ceil(STEPS));
    let fine = (step / FINE.1).max(1);
    let mut found: Vec<usize> = (1..=leads / step).map(|at| at * step).collect();
    found.extend((1..=leads / FINE.0 / fine).map(|at| at * fine));
    // The very first leads, down to one.
    found.extend([1, 2, 5, 10, 20, 50].into_iter().filter(|&first| first < fine));
    found.extend(SHARES.iter().map(|&share| top_size(leads, share)));
    found.push(leads);
    found.retain(|&count| (1..=leads).contains(&count));
    found.sort_unstable();
    found.dedup();
    found
}

/// The next of 1, 2, 5, 10, 20, 50 and so on.
fn round_up(number: usize) -> usize {
    let mut unit = 1;
    loop {
        for round in [unit, 2 * unit, 5 * unit] {
            if round >= number {
                return round;
            }
        }
        unit *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacities_are_round_and_reach_all() {
        assert!(capacities(0).is_empty());
        assert_eq!(capacities(1), [1]);
        assert_eq!(capacities(5), [1, 2, 3, 4, 5]);
        for leads in [7, 120, 121, 999, 8_238, 41_188, 100_000, 1_000_001] {
            let found = capacities(leads);
            assert!(found.len() <= 230, "{leads}: {}", found.len());
            assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
            assert_eq!((found[0], found[found.len() - 1]), (1, leads));
            for share in SHARES {
                assert!(found.contains(&top_size(leads, share)), "{leads} {share}");
            }
        }
        let found = capacities(8_238);
        assert!(found.contains(&400) && found.contains(&2_000), "{found:?}");
    }
}
