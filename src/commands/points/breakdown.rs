//! The points of one lead, taken apart: for `leadscore explain`.

use anyhow::Result;
use leadscore_features::events::Seen;
use leadscore_features::{Snapshot, Time};
use leadscore_model::Scorer;
use leadscore_model::points::{
    CompiledRuleSet, Counted, CountedEvent, EventPoints, Gives, Part, Points, PointsScore, Rule,
    RulePoints, RuleSet,
};
use leadscore_train::Step;
use serde::Serialize;

use crate::print::{self, Align, line, plural, wrap};

/// What a rule set gives a lead.
#[derive(Serialize)]
pub(crate) struct PointsPart {
    rule_set: String,
    version: String,
    hash: String,
    total: Points,
    #[serde(skip_serializing_if = "Option::is_none")]
    band: Option<String>,
    /// What to do with leads of the band.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    hand_off: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grade: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    funnel: Option<String>,
    /// The other scores of the set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scores: Vec<NamedScore>,
    /// Everything that adds up to the total, in the order of work.
    parts: Vec<PartOfScore>,
    /// The rules that gave or took something.
    rules: Vec<RuleOfScore>,
    groups: Vec<GroupOfScore>,
    /// Rules and exclusions of which nothing can be said, because events were not given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unavailable: Vec<String>,
    /// What changed since an earlier moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Changes>,
}

#[derive(Serialize)]
struct NamedScore {
    score: String,
    points: Points,
}

#[derive(Serialize)]
struct PartOfScore {
    part: String,
    points: Points,
    /// What it is a part of, for sums over parts of one kind.
    #[serde(skip)]
    kind: Part,
}

#[derive(Serialize)]
struct RuleOfScore {
    rule: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// What it gave in the end.
    points: Points,
    /// For how many events, or periods without them.
    times: u32,
    earned: Points,
    decay: Points,
    limit: Points,
    /// Which patterns its events met, where it is weighted by a property.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<ByOfRule>,
    /// The events that gave it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<EventOfRule>,
    /// The signals that it looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    signals: Vec<SignalOfRule>,
    #[serde(skip)]
    words: String,
}

#[derive(Serialize)]
struct EventOfRule {
    at: Time,
    earned: Points,
    left: Points,
    /// The pattern that it met, where its rule is weighted by a property and one fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
}

/// What the patterns of one property gave to a rule. Together they are what it earned and what age
/// took.
#[derive(Serialize)]
struct ByOfRule {
    property: String,
    patterns: Vec<PatternOfRule>,
}

#[derive(Serialize)]
struct PatternOfRule {
    /// `None` of the events that no pattern fits.
    pattern: Option<String>,
    times: u32,
    earned: Points,
    decay: Points,
    /// What one event gives.
    #[serde(skip)]
    each: Points,
}

#[derive(Serialize)]
struct SignalOfRule {
    signal: String,
    value: String,
    /// As people read it.
    #[serde(skip)]
    shown: String,
}

#[derive(Serialize)]
struct GroupOfScore {
    group: String,
    points: Points,
    limit: Points,
}

/// The difference between two moments, part by part.
#[derive(Serialize)]
struct Changes {
    moment: Time,
    total: Points,
    parts: Vec<PartOfScore>,
}

/// Takes the points of one rule set apart.
pub(crate) fn take_apart(
    scorer: &Scorer,
    (index, set): (usize, &RuleSet),
    step: &Step<'_>,
    score: &PointsScore,
    since: Option<(Time, &PointsScore)>,
) -> PointsPart {
    let part =
        |(part, points): (Part, Points)| PartOfScore { part: part.words(set), points, kind: part };
    let band = score.band.and_then(|band| set.bands.all().get(band));
    let [stage, funnel] = super::standings(scorer, (index, set), step, score);
    let rule = |index: &usize| set.rules[*index].name.clone();
    let exclusion = |index: &usize| set.exclusions[*index].name.clone();
    PointsPart {
        rule_set: set.name.clone(),
        version: set.version.clone(),
        hash: set.hash.clone(),
        total: score.total,
        band: band.map(|band| band.name.clone()),
        action: band.and_then(|band| band.action.clone()),
        hand_off: score.hand_off,
        grade: scorer.rule_sets()[index].grade(score),
        stage: stage.map(str::to_owned),
        funnel: funnel.map(str::to_owned),
        scores: set
            .scores
            .iter()
            .zip(&score.scores)
            .map(|(of, points)| NamedScore { score: of.name.clone(), points: *points })
            .collect(),
        parts: score.parts().into_iter().map(part).collect(),
        rules: score
            .rules
            .iter()
            .map(|of| rule_of_score(scorer, (index, set), step.snapshot, of))
            .collect(),
        groups: set
            .groups
            .iter()
            .zip(&score.groups)
            .map(|(group, of)| GroupOfScore {
                group: group.name.clone(),
                points: of.given(),
                limit: of.limit,
            })
            .collect(),
        unavailable: score
            .unavailable
            .iter()
            .map(rule)
            .chain(score.unavailable_exclusions.iter().map(exclusion))
            .collect(),
        since: since.map(|(moment, before)| Changes {
            moment,
            total: before.total,
            parts: score.changes_since(before).into_iter().map(part).collect(),
        }),
    }
}

fn rule_of_score(
    scorer: &Scorer,
    (index, set): (usize, &RuleSet),
    snapshot: &Snapshot<'_>,
    of: &RulePoints,
) -> RuleOfScore {
    let rule = &set.rules[of.rule];
    let compiled = &scorer.rule_sets()[index];
    let by = by_of_rule(rule, of.rule, compiled, snapshot.events);
    let patterns = match &rule.gives {
        Gives::Events(EventPoints { by: Some(by), .. }) => by.points.as_slice(),
        _ => &[],
    };
    let events: Vec<EventOfRule> = snapshot.events.map_or_else(Vec::new, |seen| {
        let event = |event: CountedEvent| EventOfRule {
            at: event.at,
            earned: event.earned,
            left: event.left,
            pattern: event.pattern.and_then(|at| Some(patterns.get(at)?.0.0.clone())),
        };
        compiled.counted_events(of.rule, seen).into_iter().map(event).collect()
    });
    let signals: Vec<SignalOfRule> = rule
        .signals()
        .into_iter()
        .filter_map(|name| {
            let value = scorer.value_of(scorer.signal_of(set, name)?, snapshot);
            let (value, shown) = (value.to_string(), print::value(&value));
            Some(SignalOfRule { signal: name.to_owned(), value, shown })
        })
        .collect();
    let mut words: Vec<String> = Vec::new();
    match &rule.gives {
        Gives::Events(found) => {
            let last = events.last().map_or_else(String::new, |event| day(event.at));
            words.push(match (events.len(), found.counted) {
                (1, _) => last,
                (number, _) => format!("{number} events, the last {last}"),
            });
            if found.counted == Counted::Once {
                words.push("counted once".to_owned());
            }
            words.extend(by.as_ref().map(ByOfRule::words));
        }
        Gives::Idle(idle) => {
            words.push(format!(
                "{} of {} without events",
                plural(of.times as usize, "period"),
                idle.every
            ));
        }
        Gives::Points(_) | Gives::Table { .. } => {}
    }
    words.extend(signals.iter().map(|s| format!("{} = {}", s.signal, s.shown)));
    if of.decay != Points::ZERO {
        words.push(format!("{:+}, decay {:+}", of.earned, of.decay));
    }
    if of.limit != Points::ZERO {
        words.push(format!("limit {:+}", of.limit));
    }
    RuleOfScore {
        rule: rule.name.clone(),
        group: rule.group.clone(),
        points: of.given(),
        times: of.times,
        earned: of.earned,
        decay: of.decay,
        limit: of.limit,
        by,
        events,
        signals,
        words: words.join("; "),
    }
}

/// Which patterns the events of a rule met; `None` where it is not weighted by a property.
fn by_of_rule(
    rule: &Rule,
    at: usize,
    compiled: &CompiledRuleSet,
    seen: Option<&Seen<'_>>,
) -> Option<ByOfRule> {
    let Gives::Events(EventPoints { by: Some(by), points, .. }) = &rule.gives else { return None };
    let patterns = compiled.counted_by_pattern(at, seen?).into_iter().map(|of| {
        let met = of.pattern.and_then(|at| by.points.get(at));
        PatternOfRule {
            pattern: met.map(|(pattern, _)| pattern.0.clone()),
            times: of.times,
            earned: of.earned,
            decay: of.decay,
            each: met.map_or(*points, |(_, points)| *points),
        }
    });
    Some(ByOfRule { property: by.property.clone(), patterns: patterns.collect() })
}

impl ByOfRule {
    /// `page /pricing* 2 x +10, /docs* 1 x +3, others 4 x +1`; of one event its pattern alone.
    fn words(&self) -> String {
        let one = |of: &PatternOfRule| {
            let pattern = of.pattern.as_deref().unwrap_or("others");
            format!("{} {} x {:+}", print::cut(pattern, 30), of.times, of.each)
        };
        match self.patterns.as_slice() {
            [PatternOfRule { pattern: Some(pattern), times: 1, .. }] => {
                format!("{} {}", self.property, print::cut(pattern, 30))
            }
            [PatternOfRule { pattern: None, times: 1, .. }] => {
                format!("{}: no pattern fits", self.property)
            }
            patterns => {
                let all: Vec<String> = patterns.iter().map(one).collect();
                format!("{} {}", self.property, all.join(", "))
            }
        }
    }
}

/// The day of a moment.
fn day(at: Time) -> String {
    at.to_string().chars().take(10).collect()
}

/// Shows the points of one rule set.
pub(crate) fn show(points: &PointsPart) -> Result<()> {
    let mut head = vec![format!("{} points", points.total)];
    head.extend(points.band.clone());
    head.extend(points.grade.as_ref().map(|grade| format!("grade {grade}")));
    head.extend(points.stage.as_ref().map(|stage| format!("stage {stage}")));
    head.extend(points.funnel.as_ref().map(|funnel| format!("funnel {funnel}")));
    head.extend(points.hand_off.map(|hand_off| {
        if hand_off { "handed to sales" } else { "not handed to sales" }.to_owned()
    }));
    line(wrap(&format!("\nRule set {}: {}", points.rule_set, head.join(", ")), 2))?;
    if let Some(action) = &points.action {
        line(wrap(&format!("To do: {action}"), 2))?;
    }
    if !points.scores.is_empty() {
        let scores: Vec<String> =
            points.scores.iter().map(|s| format!("{} {}", s.score, s.points)).collect();
        line(wrap(&format!("Scores: {}", scores.join(", ")), 2))?;
    }
    line(table(points))?;
    if !points.unavailable.is_empty() {
        let rules = points.unavailable.join(", ");
        line(wrap(&format!("  Without events it is not known of: {rules}"), 2))?;
    }
    if let Some(since) = &points.since {
        line(wrap(&format!("Since {}: {}", since.moment, changes(points.total, since)), 2))?;
    }
    Ok(())
}

/// The parts of a score, which add up to its total. Where rules are in groups, each group stands
/// above its rules with what it gave; the totals of groups and what is in no group add up.
fn table(points: &PointsPart) -> String {
    let mut rows =
        Rows { rows: Vec::new(), grouped: points.rules.iter().any(|r| r.group.is_some()) };
    for (index, group) in points.groups.iter().enumerate() {
        let of_group = |rule: &&RuleOfScore| rule.group.as_ref() == Some(&group.group);
        if !points.rules.iter().any(|rule| of_group(&rule)) {
            continue;
        }
        rows.push(Level::Outer, &print::cut(&group.group, 30), signed(group.points), "");
        for rule in points.rules.iter().filter(of_group) {
            rows.push(Level::Inner, &print::cut(&rule.rule, 28), signed(rule.points), &rule.words);
        }
        let limit = |part: &&PartOfScore| part.kind == Part::GroupLimit(index);
        for part in points.parts.iter().filter(limit) {
            rows.push(Level::Inner, "limit of the group", signed(part.points), "");
        }
    }
    for rule in points.rules.iter().filter(|rule| rule.group.is_none()) {
        rows.push(Level::Outer, &print::cut(&rule.rule, 30), signed(rule.points), &rule.words);
    }
    let whole = |part: &&PartOfScore| matches!(part.kind, Part::Scale | Part::Exclusion(_));
    for part in points.parts.iter().filter(whole) {
        rows.push(Level::Outer, &part.part, signed(part.points), "");
    }
    rows.push(Level::Outer, "Sum", points.total.to_string(), "");
    rows.table()
}

/// Points with their sign; 0 has none.
fn signed(points: Points) -> String {
    format!("{points:+}")
}

/// Whether a line is part of the total, or part of a group.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Outer,
    Inner,
}

/// The lines of a table of points: a column for what is part of a group, where there are any, and
/// one for what is part of the total, so that each adds up by itself.
struct Rows {
    rows: Vec<Vec<String>>,
    grouped: bool,
}

impl Rows {
    fn push(&mut self, level: Level, name: &str, points: String, from: &str) {
        let indent = if level == Level::Inner { "  " } else { "" };
        let mut row = vec![format!("{indent}{name}")];
        match (self.grouped, level) {
            (false, _) => row.push(points),
            (true, Level::Inner) => row.extend([points, String::new()]),
            (true, Level::Outer) => row.extend([String::new(), points]),
        }
        row.push(from.to_owned());
        self.rows.push(row);
    }

    fn table(self) -> String {
        let points: &[(&str, Align)] = if self.grouped {
            &[("Points", Align::Right), ("Total", Align::Right)]
        } else {
            &[("Points", Align::Right)]
        };
        let header = [&[("Rule", Align::Left)], points, &[("From", Align::Left)]].concat();
        print::table(&header, self.rows)
    }
}

/// `72 -> 51: decay -14, unsubscribed -7`: what decay and limits changed is each one sum. The
/// largest first.
fn changes(total: Points, since: &Changes) -> String {
    let mut said: Vec<(String, Points)> = Vec::new();
    for part in &since.parts {
        let name = match part.kind {
            Part::Decay(_) => "decay".to_owned(),
            Part::RuleLimit(_) | Part::GroupLimit(_) => "limits".to_owned(),
            Part::Rule(_) | Part::Scale | Part::Exclusion(_) => part.part.clone(),
        };
        match said.iter_mut().find(|(known, _)| *known == name) {
            Some((_, points)) => *points += part.points,
            None => said.push((name, part.points)),
        }
    }
    said.sort_by_key(|(_, points)| std::cmp::Reverse((*points).max(-*points)));
    let words: Vec<String> = said
        .iter()
        .filter(|(_, points)| *points != Points::ZERO)
        .map(|(name, points)| format!("{name} {points:+}"))
        .collect();
    let what = if words.is_empty() { "nothing changed".to_owned() } else { words.join(", ") };
    format!("{} -> {total}: {what}", since.total)
}
