//! A ranking: leads by falling score, ties together.

use crate::Outcomes;

/// Leads by falling score. Leads of one score have no order among themselves: what is asked of the
/// first so many is the expected value over every order of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    leads: Vec<u32>,
    /// Each run of one score: the score, and where it ends.
    runs: Vec<(f64, usize)>,
    /// The run of each lead.
    of_lead: Vec<u32>,
}

impl Order {
    /// The order of finite scores, the highest first; `-0` and `0` are one score.
    pub fn of(scores: &[f64]) -> Self {
        let mut leads: Vec<u32> = (0..scores.len() as u32).collect();
        let score = |lead: u32| scores[lead as usize] + 0.0;
        leads.sort_unstable_by(|a, b| score(*b).total_cmp(&score(*a)).then(a.cmp(b)));
        let mut runs: Vec<(f64, usize)> = Vec::new();
        let mut of_lead = vec![0; scores.len()];
        for (at, lead) in leads.iter().enumerate() {
            match runs.last_mut() {
                Some((last, end)) if *last == score(*lead) => *end = at + 1,
                _ => runs.push((score(*lead), at + 1)),
            }
            of_lead[*lead as usize] = (runs.len() - 1) as u32;
        }
        Self { leads, runs, of_lead }
    }

    /// How many leads there are.
    pub fn leads(&self) -> usize {
        self.leads.len()
    }

    /// The leads, best first, ties by their position.
    pub(crate) fn in_order(&self) -> &[u32] {
        &self.leads
    }

    /// Each run of one score: the score, and how many leads have it or a higher one.
    pub(crate) fn runs(&self) -> &[(f64, usize)] {
        &self.runs
    }

    /// Where the run of a lead starts and ends.
    fn span(&self, lead: usize) -> (usize, usize) {
        let run = self.of_lead[lead] as usize;
        (if run == 0 { 0 } else { self.runs[run - 1].1 }, self.runs[run].1)
    }

    /// Which of the runs of one score a lead is in, the highest first.
    pub(crate) fn run(&self, lead: usize) -> u32 {
        self.of_lead[lead]
    }

    /// A lead's place, 1 the best; ties share the mean of theirs.
    pub fn rank(&self, lead: usize) -> f64 {
        let (start, end) = self.span(lead);
        (start + end + 1) as f64 / 2.0
    }

    /// The probability that a lead is among the first so many.
    pub fn chance(&self, lead: usize, first: usize) -> f64 {
        let (start, end) = self.span(lead);
        ((first as f64 - start as f64) / (end - start) as f64).clamp(0.0, 1.0)
    }

    /// The score of the last of the first so many leads (at least 1), and how many leads reach it.
    /// `None` without leads.
    pub fn threshold(&self, first: usize) -> Option<(f64, usize)> {
        let run = self.runs.partition_point(|(_, end)| *end < first);
        self.runs.get(run.min(self.runs.len().saturating_sub(1))).copied()
    }

    /// How many leads have a score, or a higher one.
    pub fn reach(&self, score: f64) -> usize {
        let runs = self.runs.partition_point(|(of_run, _)| *of_run >= score);
        if runs == 0 { 0 } else { self.runs[runs - 1].1 }
    }

    /// How many leads have a higher score.
    pub fn above(&self, score: f64) -> usize {
        let runs = self.runs.partition_point(|(of_run, _)| *of_run > score);
        if runs == 0 { 0 } else { self.runs[runs - 1].1 }
    }

    /// Whether another ranking places every lead as this one does.
    pub fn ranks_as(&self, other: &Self) -> bool {
        let ends = |order: &Self| order.runs.iter().map(|(_, end)| *end).collect::<Vec<_>>();
        self.leads == other.leads && ends(self) == ends(other)
    }

    /// Whether all leads have one score, so that nothing is ranked.
    pub fn is_flat(&self) -> bool {
        self.runs.len() < 2
    }

    /// The conversions among the first leads, for each of `firsts`, which are rising.
    pub fn conversions(&self, outcomes: &Outcomes, firsts: &[usize]) -> Vec<f64> {
        let firsts = firsts.iter().map(|first| *first as f64);
        let mut found = Vec::with_capacity(firsts.len());
        let of = |at: usize| [1, u32::from(outcomes.converted()[self.leads[at] as usize])];
        self.walk(of, firsts, &mut found);
        found
    }

    /// Walks the runs, best first. `of` gives what the lead at a place counts for and what its
    /// conversions do; for each of the rising `firsts` the conversions among so many are pushed.
    pub(crate) fn walk(
        &self,
        of: impl Fn(usize) -> [u32; 2],
        firsts: impl Iterator<Item = f64>,
        found: &mut Vec<f64>,
    ) {
        let mut firsts = firsts.peekable();
        let (mut before, mut converted, mut at) = (0u64, 0u64, 0);
        for (_, end) in &self.runs {
            let mut run = [0u64; 2];
            for place in at..*end {
                let [count, conversions] = of(place);
                run[0] += u64::from(count);
                run[1] += u64::from(conversions);
            }
            at = *end;
            while let Some(first) = firsts.next_if(|first| *first <= (before + run[0]) as f64) {
                let share = if run[0] == 0 { 0.0 } else { (first - before as f64) / run[0] as f64 };
                found.push(converted as f64 + run[1] as f64 * share);
            }
            before += run[0];
            converted += run[1];
            if firsts.peek().is_none() {
                return;
            }
        }
        // What is left lies beyond the last lead by a rounding.
        found.extend(firsts.map(|_| converted as f64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_places_chances_and_conversions() {
        let order = Order::of(&[3.0, 2.0, 2.0, 1.0]);
        assert_eq!((0..4).map(|lead| order.rank(lead)).collect::<Vec<_>>(), [1.0, 2.5, 2.5, 4.0]);
        assert_eq!(
            (0..4).map(|lead| order.chance(lead, 2)).collect::<Vec<_>>(),
            [1., 0.5, 0.5, 0.]
        );
        assert_eq!(order.threshold(2), Some((2.0, 3)));
        assert_eq!((order.reach(2.0), order.reach(2.5), order.reach(9.0)), (3, 1, 0));
        assert_eq!((order.above(2.0), order.above(2.5), order.above(3.0)), (1, 1, 0));
        let outcomes = Outcomes::new(&[false, true, false, true], None);
        assert_eq!(order.conversions(&outcomes, &[1, 2, 3, 4]), [0.0, 0.5, 1.0, 2.0]);
        assert!(order.ranks_as(&Order::of(&[9.0, 4.0, 4.0, -1.0])));
        assert!(!order.ranks_as(&Order::of(&[3.0, 2.0, 2.5, 1.0])));
        assert!(Order::of(&[1.0, 1.0]).is_flat() && Order::of(&[]).is_flat());
        assert_eq!(Order::of(&[]).threshold(1), None);
        assert_eq!(Order::of(&[0.0, -0.0]).rank(1), 1.5);
    }
}
