//! The points of one lead, taken apart: for `leadscore explain`.

use anyhow::Result;
use leadscore_features::{Snapshot, Time};
use leadscore_model::Scorer;
use leadscore_model::points::{Counted, Gives, Part, Points, PointsScore, RulePoints, RuleSet};
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
}

#[derive(Serialize)]
struct SignalOfRule {
    signal: String,
    value: String,
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
    let events: Vec<EventOfRule> = snapshot.events.map_or_else(Vec::new, |seen| {
        let counted = scorer.rule_sets()[index].counted_events(of.rule, seen);
        let event = |e: leadscore_model::points::CountedEvent| EventOfRule {
            at: e.at,
            earned: e.earned,
            left: e.left,
        };
        counted.into_iter().map(event).collect()
    });
    let signals: Vec<SignalOfRule> = rule
        .signals()
        .into_iter()
        .filter_map(|name| {
            let value = scorer.value_of(scorer.signal_of(set, name)?, snapshot);
            Some(SignalOfRule { signal: name.to_owned(), value: value.to_string() })
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
    words.extend(signals.iter().map(|s| format!("{} = {}", s.signal, s.value)));
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
        events,
        signals,
        words: words.join("; "),
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
    let names = points.rules.iter().map(|rule| rule.rule.chars().count());
    let widest = names.max().unwrap_or(0).clamp(4, 30);
    let mut rows: Vec<Vec<String>> = points
        .rules
        .iter()
        .map(|rule| {
            vec![print::cut(&rule.rule, widest), format!("{:+}", rule.points), rule.words.clone()]
        })
        .collect();
    let of_rule = |kind| matches!(kind, Part::Rule(_) | Part::Decay(_) | Part::RuleLimit(_));
    for part in points.parts.iter().filter(|part| !of_rule(part.kind)) {
        rows.push(vec![part.part.clone(), format!("{:+}", part.points), String::new()]);
    }
    rows.push(vec!["Sum".to_owned(), points.total.to_string(), String::new()]);
    let header = [("Rule", Align::Left), ("Points", Align::Right), ("From", Align::Left)];
    line(print::table(&header, rows))?;
    if !points.unavailable.is_empty() {
        let rules = points.unavailable.join(", ");
        line(wrap(&format!("  Without events it is not known of: {rules}"), 2))?;
    }
    if let Some(since) = &points.since {
        line(wrap(&format!("Since {}: {}", since.moment, changes(points.total, since)), 2))?;
    }
    Ok(())
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
