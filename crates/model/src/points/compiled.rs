//! A rule set with every name resolved: the engine that gives points.

use leadscore_features::events::{CompiledSelection, Occurrence, Seen, Selection, Span};
use leadscore_features::{Time, Value};

use super::breakdown::{GroupPoints, PatternPoints, PointsScore, RulePoints};
use super::condition::Condition;
use super::rule::{Counted, Decay, EventPoints, Gives, IdlePoints, PointsTable};
use super::scale::{Bands, Grade, Ladder, Scale};
use super::{Points, RuleSet};

/// Resolves what rules name.
pub(crate) trait RuleNames {
    /// What can go wrong.
    type Error;
    /// The position of a signal's value.
    fn signal(&mut self, name: &str) -> Result<usize, Self::Error>;
    /// The events that a rule counts.
    fn events(
        &mut self,
        rule: &str,
        of: &Selection,
        window: Option<Span>,
    ) -> Result<CompiledSelection, Self::Error>;
}

/// A rule set ready to score.
#[derive(Clone, Debug)]
pub struct CompiledRuleSet {
    rules: Vec<CompiledRule>,
    groups: Vec<Limits>,
    scores: Vec<(Vec<usize>, Scale)>,
    scale: Scale,
    exclusions: Vec<(Condition<usize>, Points)>,
    bands: Bands,
    hand_off: Option<Points>,
    /// The positions of the scores that a grade is of.
    grade: Option<(Grade, usize, usize)>,
    ladders: [Option<CompiledLadder>; 2],
    /// The positions of the signals that the rules look at.
    signals: Vec<usize>,
}

/// The ladders of a rule set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LadderKind {
    /// `[stages]`.
    Stages,
    /// `[funnel]`.
    Funnel,
}

impl LadderKind {
    /// Both, each at its place as a number.
    pub const ALL: [Self; 2] = [Self::Stages, Self::Funnel];
}

#[derive(Clone, Debug)]
struct CompiledLadder {
    ladder: Ladder,
    /// The position of its score; the total without.
    score: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Limits {
    floor: Option<Points>,
    cap: Option<Points>,
}

#[derive(Clone, Debug)]
struct CompiledRule {
    gives: CompiledGives,
    when: Option<Condition<usize>>,
    limits: Limits,
    group: Option<usize>,
}

#[derive(Clone, Debug)]
enum CompiledGives {
    Points(Points),
    Table(usize, PointsTable),
    Events(CompiledEvents),
    Idle { of: CompiledSelection, every: Span, points: Points, first: u32 },
}

#[derive(Clone, Debug)]
struct CompiledEvents {
    of: CompiledSelection,
    counted: Counted,
    points: Points,
    by: Vec<(CompiledSelection, Points)>,
    decay: Option<Decay>,
    expires: Option<Span>,
}

/// One event that gave points to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedEvent {
    /// When it happened.
    pub at: Time,
    /// What it gave.
    pub earned: Points,
    /// What is left of that.
    pub left: Points,
    /// The first pattern of the rule's [`ByProperty`](super::ByProperty) that it fits, by its
    /// position; `None` where it fits none, or the rule has none.
    pub pattern: Option<usize>,
}

impl RuleSet {
    /// The set with every name resolved.
    pub(crate) fn compile<N: RuleNames>(&self, names: &mut N) -> Result<CompiledRuleSet, N::Error> {
        let group = |name: &String| self.groups.iter().position(|group| group.name == *name);
        let score = |name: &String| self.scores.iter().position(|score| score.name == *name);
        let mut signals = Vec::new();
        let mut signal = |names: &mut N, name: &str| -> Result<usize, N::Error> {
            let position = names.signal(name)?;
            if !signals.contains(&position) {
                signals.push(position);
            }
            Ok(position)
        };
        let mut rules = Vec::with_capacity(self.rules.len());
        for rule in &self.rules {
            let when = match &rule.when {
                Some(when) => Some(when.map(&mut |named| signal(names, named.name()))?),
                None => None,
            };
            let of_group = rule.group.as_ref().and_then(group);
            let gives = match &rule.gives {
                Gives::Points(points) => CompiledGives::Points(*points),
                Gives::Table { signal: named, table } => {
                    CompiledGives::Table(signal(names, named.name())?, table.clone())
                }
                Gives::Events(events) => {
                    let usual = of_group.and_then(|group| self.groups[group].decay.clone());
                    CompiledGives::Events(compile_events(&rule.name, events, usual, names)?)
                }
                Gives::Idle(IdlePoints { of, every, points, first }) => CompiledGives::Idle {
                    of: names.events(&rule.name, of, None)?,
                    every: *every,
                    points: *points,
                    first: first.unwrap_or(u32::MAX),
                },
            };
            let limits = Limits { floor: rule.floor, cap: rule.cap };
            rules.push(CompiledRule { gives, when, limits, group: of_group });
        }
        let mut exclusions = Vec::with_capacity(self.exclusions.len());
        for exclusion in &self.exclusions {
            let when = exclusion.when.map(&mut |named| signal(names, named.name()))?;
            exclusions.push((when, exclusion.score));
        }
        let ladder = |ladder: Option<&Ladder>| {
            ladder.map(|ladder| CompiledLadder {
                score: ladder.score.as_ref().and_then(score),
                ladder: ladder.clone(),
            })
        };
        Ok(CompiledRuleSet {
            rules,
            groups: self.groups.iter().map(|g| Limits { floor: g.floor, cap: g.cap }).collect(),
            scores: self
                .scores
                .iter()
                .map(|score| (score.groups.iter().filter_map(group).collect(), score.scale))
                .collect(),
            scale: self.scale,
            exclusions,
            bands: self.bands.clone(),
            hand_off: self.hand_off,
            grade: self.grade.as_ref().and_then(|grade| {
                Some((grade.clone(), score(&grade.letter.score)?, score(&grade.number.score)?))
            }),
            ladders: LadderKind::ALL.map(|kind| ladder(self.ladder(kind))),
            signals,
        })
    }
}

fn compile_events<N: RuleNames>(
    rule: &str,
    events: &EventPoints,
    usual: Option<Decay>,
    names: &mut N,
) -> Result<CompiledEvents, N::Error> {
    let mut by = Vec::new();
    for part in events.by.iter().flat_map(|by| by.selections(&events.of)) {
        let (of, points) = part;
        by.push((names.events(rule, &of, events.window)?, points));
    }
    Ok(CompiledEvents {
        of: names.events(rule, &events.of, events.window)?,
        counted: events.counted,
        points: events.points,
        by,
        decay: events.decay.clone().or(usual),
        expires: events.expires,
    })
}

impl CompiledRuleSet {
    /// Scores a snapshot: the values of its signals, and what was seen of its events, which is
    /// `None` where they were not given. The order of work: what each event earns and what its age
    /// takes, the limits of the rule, those of the group, the scale, exclusions.
    pub fn score(&self, values: &[Value<'_>], seen: Option<&Seen<'_>>, out: &mut PointsScore) {
        out.rules.clear();
        out.unavailable.clear();
        out.unavailable_exclusions.clear();
        out.groups.clear();
        out.groups.resize(self.groups.len(), GroupPoints::default());
        let mut sum = Points::ZERO;
        for (index, rule) in self.rules.iter().enumerate() {
            let Some(mut found) = rule.score(values, seen) else {
                out.unavailable.push(index);
                continue;
            };
            if found.times == 0 {
                continue;
            }
            found.rule = index;
            let before = found.earned + found.decay;
            found.limit = rule.limits.of(before) - before;
            out.rules.push(found);
            match rule.group {
                Some(group) => out.groups[group].sum += found.given(),
                None => sum += found.given(),
            }
        }
        for (limits, group) in self.groups.iter().zip(&mut out.groups) {
            group.limit = limits.of(group.sum) - group.sum;
            sum += group.given();
        }
        out.total = self.scale.of(sum);
        out.scale = out.total - sum;
        out.scores.clear();
        for (groups, scale) in &self.scores {
            let sum: Points = groups.iter().map(|group| out.groups[*group].given()).sum();
            out.scores.push(scale.of(sum));
        }
        self.exclude(values, out);
        out.band = self.bands.of(out.total);
        out.hand_off = self.hand_off.map(|threshold| out.total >= threshold);
    }

    /// Of the exclusions that hold, the one with the lowest score counts, so that their order does
    /// not matter.
    fn exclude(&self, values: &[Value<'_>], out: &mut PointsScore) {
        out.exclusion = None;
        let mut lowest: Option<(usize, Points)> = None;
        for (index, (when, score)) in self.exclusions.iter().enumerate() {
            match when.holds(values) {
                Some(true) if lowest.is_none_or(|(_, least)| *score < least) => {
                    lowest = Some((index, *score));
                }
                Some(_) => {}
                None => out.unavailable_exclusions.push(index),
            }
        }
        if let Some((index, score)) = lowest {
            out.exclusion = Some((index, score - out.total));
            out.total = score;
            out.scores.fill(score);
        }
    }

    /// The signals that the rules look at, by their positions among
    /// [`Scorer::signals`](crate::Scorer::signals).
    pub fn signals(&self) -> &[usize] {
        &self.signals
    }

    /// The grade of a score, where the set has one.
    pub fn grade(&self, score: &PointsScore) -> Option<String> {
        let (grade, letter, number) = self.grade.as_ref()?;
        Some(grade.of(*score.scores.get(*letter)?, *score.scores.get(*number)?))
    }

    /// Whether the set has a ladder.
    pub fn has_ladder(&self, kind: LadderKind) -> bool {
        self.ladders[kind as usize].is_some()
    }

    /// Where a lead stands on a ladder with a score, by where it stood before; see
    /// [`Ladder::next`]. `None` where the set has no such ladder.
    pub fn stand(
        &self,
        kind: LadderKind,
        before: Option<usize>,
        score: &PointsScore,
    ) -> Option<usize> {
        let CompiledLadder { ladder, score: of } = self.ladders[kind as usize].as_ref()?;
        let points = of.map_or(Some(score.total), |of| score.scores.get(of).copied())?;
        Some(ladder.next(before, points))
    }

    /// The events that gave points to a rule, in order; empty for rules that look at values.
    pub fn counted_events(&self, rule: usize, seen: &Seen<'_>) -> Vec<CountedEvent> {
        let mut found = Vec::new();
        if let Some(CompiledGives::Events(events)) = self.rules.get(rule).map(|rule| &rule.gives) {
            events.count(seen, |event| found.push(event));
        }
        found
    }

    /// What the events of each pattern gave to a rule that is weighted by a property: patterns in
    /// their order, then the events that fit none; those of no event are left out. Together they
    /// are what the rule earned and what age took. Empty for other rules.
    pub fn counted_by_pattern(&self, rule: usize, seen: &Seen<'_>) -> Vec<PatternPoints> {
        let mut found: Vec<PatternPoints> = Vec::new();
        match self.rules.get(rule).map(|rule| &rule.gives) {
            Some(CompiledGives::Events(events)) if !events.by.is_empty() => {
                events.count(seen, |CountedEvent { earned, left, pattern, .. }| {
                    let place = found.iter().position(|of| of.pattern == pattern);
                    let place = place.unwrap_or_else(|| {
                        found.push(PatternPoints { pattern, ..PatternPoints::default() });
                        found.len() - 1
                    });
                    found[place].times += 1;
                    found[place].earned += earned;
                    found[place].decay += left - earned;
                });
            }
            _ => {}
        }
        found.sort_by_key(|of| of.pattern.unwrap_or(usize::MAX));
        found
    }
}

impl Limits {
    fn of(self, points: Points) -> Points {
        points.within(self.floor, self.cap)
    }
}

impl CompiledRule {
    /// What the rule earns and what age takes of it; `times` is 0 where it says nothing. `None`
    /// where that cannot be known.
    fn score(&self, values: &[Value<'_>], seen: Option<&Seen<'_>>) -> Option<RulePoints> {
        let nothing = RulePoints::default();
        let holds = self.when.as_ref().map_or(Some(true), |when| when.holds(values));
        if holds == Some(false) {
            return Some(nothing);
        }
        let found = match &self.gives {
            CompiledGives::Points(points) => RulePoints { times: 1, earned: *points, ..nothing },
            CompiledGives::Table(signal, table) => {
                let earned = table.points(values.get(*signal).unwrap_or(&Value::Missing))?;
                RulePoints { times: u32::from(earned != Points::ZERO), earned, ..nothing }
            }
            CompiledGives::Events(events) => {
                let mut found = nothing;
                events.count(seen?, |CountedEvent { earned, left, .. }| {
                    found.times += 1;
                    found.earned += earned;
                    found.decay += left - earned;
                });
                found
            }
            CompiledGives::Idle { of, every, points, first } => {
                let seen = seen?;
                let last = seen.occurrences(*of).next_back().map(|event| event.at);
                let since = last.max(seen.created())?;
                let idle = seen.as_of().micros().saturating_sub(since.micros());
                // None where the lead is to come yet; as many as can be counted after ages.
                let periods = (idle / every.micros()).clamp(0, i64::from(*first)) as u32;
                RulePoints { times: periods, earned: points.times(periods), ..nothing }
            }
        };
        // What gives nothing gives nothing, whether it would or not.
        if found.times == 0 {
            return Some(nothing);
        }
        holds.map(|_| found)
    }
}

impl CompiledEvents {
    /// Goes through the events that give points, in order.
    fn count(&self, seen: &Seen<'_>, mut take: impl FnMut(CountedEvent)) {
        let now = seen.as_of();
        let gone = self.expires.map(|span| span.before(now));
        let mut see = |(at, earned, pattern): (Time, Points, Option<usize>)| {
            if gone.is_some_and(|gone| at <= gone) {
                return;
            }
            let age = now.micros().saturating_sub(at.micros());
            let left = self.decay.as_ref().map_or(earned, |decay| earned.share(decay.left(age)));
            take(CountedEvent { at, earned, left, pattern });
        };
        let paid = |event: Occurrence| {
            let pattern = self.by.iter().position(|(of, _)| seen.belongs(event, *of));
            let points = pattern.map_or(self.points, |pattern| self.by[pattern].1);
            (points != Points::ZERO).then_some((event.at, points, pattern))
        };
        let mut events = seen.occurrences(self.of).filter_map(paid);
        match self.counted {
            Counted::Each => events.for_each(see),
            Counted::First(first) => events.take(first as usize).for_each(see),
            Counted::Once => {
                if let Some(latest) = events.next_back() {
                    see(latest);
                }
            }
        }
    }
}

impl PointsTable {
    /// The points of a value; `None` where it is unavailable.
    pub fn points(&self, value: &Value<'_>) -> Option<Points> {
        match value {
            Value::Unavailable => None,
            Value::Missing => Some(self.missing),
            value => {
                let row = self.rows.iter().find(|row| row.test.holds(value) == Some(true));
                Some(row.map_or(self.otherwise, |row| row.points))
            }
        }
    }
}
