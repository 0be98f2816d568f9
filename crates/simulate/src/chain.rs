//! A hidden Markov chain of which one end is watched: what was seen moves forward, what is to come
//! moves backward. Written for any number of states, so that tests can try every path of small ones.

/// Multiplies every state's weight by what the state makes likely.
pub(crate) fn weigh<const K: usize>(belief: &mut [f64; K], likelihood: &[f64; K]) {
    belief.iter_mut().zip(likelihood).for_each(|(weight, factor)| *weight *= factor);
}

/// One step of the forward algorithm (Rabiner 1989, eq. 20), its likelihood apart: the weights of
/// tomorrow's states. `transitions[from][to]`.
pub(crate) fn forward<const K: usize>(belief: &[f64; K], transitions: &[[f64; K]; K]) -> [f64; K] {
    let mut next = [0.0; K];
    for (weight, row) in belief.iter().zip(transitions) {
        next.iter_mut().zip(row).for_each(|(sum, chance)| *sum += weight * chance);
    }
    next
}

/// One step backward: the probability of the event today or later, from each of today's states.
/// `happens` is its probability today, `goes_on` that neither it nor the end of the chain comes
/// today, `tomorrow` the probability from each of tomorrow's states.
pub(crate) fn backward<const K: usize>(
    tomorrow: &[f64; K],
    transitions: &[[f64; K]; K],
    happens: &[f64; K],
    goes_on: &[f64; K],
) -> [f64; K] {
    std::array::from_fn(|state| {
        let later: f64 =
            transitions[state].iter().zip(tomorrow).map(|(chance, value)| chance * value).sum();
        happens[state] + goes_on[state] * later
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRANSITIONS: [[f64; 2]; 2] = [[0.9, 0.1], [0.3, 0.7]];
    const START: [f64; 2] = [0.6, 0.4];
    const HAPPENS: [f64; 2] = [0.02, 0.2];
    const GOES_ON: [f64; 2] = [0.93, 0.75];

    /// Every path of this many days, with its probability by the chain alone.
    fn paths(days: usize) -> Vec<(Vec<usize>, f64)> {
        (0..1usize << days)
            .map(|bits| {
                let path: Vec<usize> = (0..days).map(|day| bits >> day & 1).collect();
                let steps: f64 =
                    path.windows(2).map(|pair| TRANSITIONS[pair[0]][pair[1]]).product();
                let weight = START[path[0]] * steps;
                (path, weight)
            })
            .collect()
    }

    #[test]
    fn forward_is_the_sum_over_all_paths() {
        let seen = [[0.5, 0.1], [0.2, 0.9], [0.7, 0.3], [0.4, 0.6]];
        let mut belief = START;
        for likelihood in &seen {
            weigh(&mut belief, likelihood);
            weigh(&mut belief, &GOES_ON);
            belief = forward(&belief, &TRANSITIONS);
        }
        let mut expected = [0.0; 2];
        for (path, weight) in paths(seen.len() + 1) {
            let likelihood: f64 =
                seen.iter().zip(&path).map(|(day, state)| day[*state] * GOES_ON[*state]).product();
            expected[path[seen.len()]] += weight * likelihood;
        }
        for (found, expected) in belief.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        }
    }

    #[test]
    fn backward_is_the_sum_over_all_paths() {
        let days = 6;
        let value =
            (0..days).fold([0.0; 2], |later, _| backward(&later, &TRANSITIONS, &HAPPENS, &GOES_ON));
        let mut expected = 0.0;
        for (path, weight) in paths(days) {
            let mut going = 1.0;
            for state in path {
                expected += weight * going * HAPPENS[state];
                going *= GOES_ON[state];
            }
        }
        let found = START[0] * value[0] + START[1] * value[1];
        assert!((found - expected).abs() < 1e-14, "{found} {expected}");
    }
}
