//! Thresholds that no lead can reach: slips of the pen.

use std::ops::Range;

use leadscore_features::document::{DeTable, DeValue, Node};

use super::Parser;
use crate::points::rule::{Counted, Gives, Rule};
use crate::points::scale::{Ladder, Scale};
use crate::points::{Points, RuleSet};

impl Parser<'_, '_> {
    /// Refuses thresholds above the most that the rules can give.
    pub(super) fn reachable(&mut self, table: &DeTable<'_>, set: &RuleSet) {
        let total = set.most();
        let mut thresholds: Vec<(String, Points, Option<Points>, Range<usize>)> = Vec::new();
        let at = |table: &DeTable<'_>, key: &str| table.get(key).map_or(0..0, Node::span);
        if let Some(hand_off) = set.hand_off {
            thresholds.push(("hand_off".into(), hand_off, total, at(table, "hand_off")));
        }
        // Clusters divide the scale, reached or not.
        let section = |key: &str| match table.get(key).map(Node::get_ref) {
            Some(DeValue::Table(table)) => Some(table),
            _ => None,
        };
        let clusters = section("bands").is_some_and(|bands| bands.contains_key("every"));
        for band in set.bands.all().iter().filter(|_| !clusters) {
            let Some(from) = band.from else { continue };
            let of_table = section("bands").and_then(|bands| bands.get(&band.name[..]));
            let of_list = match table.get("band").map(Node::get_ref) {
                Some(DeValue::Array(list)) => list.iter().find(|item| named(item, &band.name)),
                _ => None,
            };
            let span = of_table.or(of_list).map_or(0..0, Node::span);
            thresholds.push((band.name.clone(), from, total, span));
        }
        let most_of = |name: &Option<String>| match name {
            None => total,
            Some(name) => set.most_of(name),
        };
        for (key, ladder) in [("stages", &set.stages), ("funnel", &set.funnel)] {
            let Some(Ladder { score, steps }) = ladder else { continue };
            for step in steps {
                let Some(enter) = step.enter else { continue };
                let what = format!("enter of {:?}", step.name);
                thresholds.push((what, enter, most_of(score), at(table, key)));
            }
        }
        if let Some(grade) = &set.grade {
            for axis in [&grade.letter, &grade.number] {
                if let Some(first) = axis.from.first() {
                    let what = format!("the best step of {:?}", axis.score);
                    let most = most_of(&Some(axis.score.clone()));
                    thresholds.push((what, *first, most, at(table, "grade")));
                }
            }
        }
        for (what, threshold, most, span) in thresholds {
            if let Some(most) = most.filter(|most| threshold > *most) {
                let message = format!(
                    "{what} = {threshold} cannot be reached: all rules together give at most {most}"
                );
                self.mistake(&span, message);
            }
        }
    }
}

fn named(item: &Node<'_>, name: &str) -> bool {
    let DeValue::Table(table) = item.get_ref() else { return false };
    matches!(table.get("name").map(Node::get_ref), Some(DeValue::String(n)) if n.trim() == name)
}

impl RuleSet {
    /// The most that the total can be. `None` where there is no end to it: events that count each
    /// time.
    pub fn most(&self) -> Option<Points> {
        let groups = self.groups.iter().map(|group| Some(group.name.as_str()));
        let sum = groups.chain([None]).map(|group| self.most_of_group(group)).sum();
        top(&self.scale, sum)
    }

    /// The most that another score can be.
    fn most_of(&self, score: &str) -> Option<Points> {
        let score = self.scores.iter().find(|found| found.name == score)?;
        let sum = score.groups.iter().map(|group| self.most_of_group(Some(group))).sum();
        top(&score.scale, sum)
    }

    fn most_of_group(&self, name: Option<&str>) -> Option<Points> {
        let rules = self.rules.iter().filter(|rule| rule.group.as_deref() == name);
        let sum: Option<Points> = rules.map(Rule::most).sum();
        let cap = self.groups.iter().find(|g| Some(g.name.as_str()) == name).and_then(|g| g.cap);
        least(sum, cap)
    }
}

impl Rule {
    /// The most that the rule can give; `None` where there is no end to it.
    fn most(&self) -> Option<Points> {
        let most = match &self.gives {
            Gives::Points(points) => Some(*points),
            Gives::Table { table, .. } => {
                let rows = table.rows.iter().map(|row| row.points);
                rows.chain([table.otherwise, table.missing]).max()
            }
            Gives::Events(events) => {
                let by = events.by.iter().flat_map(|by| &by.points).map(|(_, points)| *points);
                let best = by.chain([events.points]).max().unwrap_or_default();
                match events.counted {
                    _ if best <= Points::ZERO => Some(best),
                    Counted::Each => None,
                    Counted::First(first) => Some(best.times(first)),
                    Counted::Once => Some(best),
                }
            }
            Gives::Idle(idle) if idle.points > Points::ZERO => {
                idle.first.map(|first| idle.points.times(first))
            }
            Gives::Idle(_) => Some(Points::ZERO),
        };
        least(most.map(|most| most.max(Points::ZERO)), self.cap)
    }
}

/// The lesser of two limits, of which either may not be there.
fn least(a: Option<Points>, b: Option<Points>) -> Option<Points> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// The most that a scale makes of a sum.
fn top(scale: &Scale, sum: Option<Points>) -> Option<Points> {
    match sum {
        Some(sum) => Some(scale.of(sum)),
        None => scale.ends().1,
    }
}
