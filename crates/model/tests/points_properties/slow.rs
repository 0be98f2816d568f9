//! A second scorer, slow and plain, written from docs/points.md.

use crate::common::{Event, Lead};
use crate::set::{Condition, Decay, Events, Gives, Limits, Rule, Scale, Selection, Set, TextTest};

const HOUR: i64 = 3_600_000_000;

/// A value of a signal.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Missing,
    /// Of events that were not given.
    Unavailable,
    Number(f64),
    Text(String),
    Flag(bool),
}

/// What a set says of a lead, in thousandths.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) total: i64,
    pub(crate) scores: Vec<i64>,
    /// The names of the rules of which it cannot be known what they give.
    pub(crate) unavailable: Vec<String>,
}

/// The lead at a moment: the events that had happened and were known, in order.
struct View<'l> {
    lead: &'l Lead,
    as_of: i64,
    given: bool,
    events: Vec<&'l Event>,
}

pub(crate) fn score(set: &Set, lead: &Lead, as_of: i64, given: bool) -> Verdict {
    let mut events: Vec<&Event> = lead.events.iter().collect();
    events.retain(|event| event.at <= as_of && event.known_at.unwrap_or(event.at) <= as_of);
    events.sort_by_key(|event| event.at);
    let view = View { lead, as_of, given, events };
    let mut verdict = Verdict::default();
    let mut of_group = vec![0; set.groups.len()];
    let mut sum = 0;
    for rule in &set.rules {
        match view.rule(rule, set) {
            None => verdict.unavailable.push(rule.name.clone()),
            Some(points) => match rule.group {
                Some(group) => of_group[group] += points,
                None => sum += points,
            },
        }
    }
    for (group, points) in set.groups.iter().zip(&mut of_group) {
        *points = limited(*points, group.limits);
        sum += *points;
    }
    verdict.total = scaled(sum, set.scale);
    for (groups, scale) in &set.scores {
        verdict.scores.push(scaled(groups.iter().map(|group| of_group[*group]).sum(), *scale));
    }
    let holding = set.exclusions.iter().filter(|(when, _)| view.holds(when) == Some(true));
    if let Some(forced) = holding.map(|(_, score)| *score).min() {
        verdict.total = forced;
        verdict.scores.fill(forced);
    }
    verdict
}

fn limited(points: i64, limits: Limits) -> i64 {
    let points = limits.floor.map_or(points, |floor| points.max(floor));
    limits.cap.map_or(points, |cap| points.min(cap))
}

fn scaled(points: i64, scale: Scale) -> i64 {
    match scale {
        Scale::Raw => points,
        Scale::Limits(limits) => limited(points, limits),
        // To the nearest thousandth, halves up.
        Scale::Rescale(from, to) => {
            let place = (points - from) * 100_000;
            ((2 * place + (to - from)).div_euclid(2 * (to - from))).clamp(0, 100_000)
        }
    }
}

impl View<'_> {
    fn rule(&self, rule: &Rule, set: &Set) -> Option<i64> {
        let usual = rule.group.and_then(|group| set.groups[group].decay.as_ref());
        // What a rule that gives nothing hangs on does not matter.
        let holds = rule.when.as_ref().map_or(Some(true), |when| self.holds(when));
        if holds == Some(false) {
            return Some(0);
        }
        let (points, counted) = match &rule.gives {
            Gives::Points(points) => (*points, true),
            Gives::Texts { rows, otherwise, missing } => {
                let points = match self.value("txt") {
                    Value::Unavailable => return None,
                    Value::Text(text) => rows
                        .iter()
                        .find(|(row, _)| **row == text)
                        .map_or(*otherwise, |(_, points)| *points),
                    _ => *missing,
                };
                (points, points != 0)
            }
            Gives::Numbers { signal, rows, otherwise, missing } => {
                let points = match self.value(signal) {
                    Value::Unavailable => return None,
                    Value::Number(number) => rows
                        .iter()
                        .find(|(from, below, _)| {
                            f64::from(*from) <= number && number < f64::from(*below)
                        })
                        .map_or(*otherwise, |(_, _, points)| *points),
                    _ => *missing,
                };
                (points, points != 0)
            }
            Gives::Events(events) => self.events_points(events, usual)?,
            Gives::Idle { of, every, points, first } => {
                if !self.given {
                    return None;
                }
                let last = self.selected(of).last().map(|event| event.at);
                let since = last.max(self.lead.created)?;
                let periods = ((self.as_of - since) / (i64::from(*every) * HOUR)).max(0);
                let periods = first.map_or(periods, |first| periods.min(i64::from(first)));
                (points * periods, periods > 0)
            }
        };
        if !counted {
            return Some(0);
        }
        holds?;
        Some(limited(points, rule.limits))
    }

    /// The points of events, and whether there were any that count.
    fn events_points(&self, events: &Events, usual: Option<&Decay>) -> Option<(i64, bool)> {
        if !self.given {
            return None;
        }
        let mut found: Vec<(i64, i64)> = Vec::new();
        for event in self.selected(&events.of) {
            let inside = |span: u32| event.at > self.as_of - i64::from(span) * HOUR;
            if !events.window.is_none_or(inside) {
                continue;
            }
            let page = text(event, "page");
            let by =
                events.by.iter().find(|(glob, _)| page.as_ref().is_some_and(|p| like(glob, p)));
            let points = by.map_or(events.points.unwrap_or_default(), |(_, points)| *points);
            if points != 0 {
                found.push((event.at, points));
            }
        }
        if events.once {
            found = found.pop().into_iter().collect();
        }
        if let Some(first) = events.first {
            found.truncate(first as usize);
        }
        if let Some(expires) = events.expires {
            found.retain(|(at, _)| self.as_of - at < i64::from(expires) * HOUR);
        }
        let decay = events.decay.as_ref().or(usual);
        let left = |(at, points): &(i64, i64)| {
            let age = (self.as_of - at) as f64 / HOUR as f64;
            let share = decay.map_or(1.0, |decay| share(decay, age));
            (*points as f64 * share).round() as i64
        };
        Some((found.iter().map(left).sum(), !found.is_empty()))
    }

    fn selected<'v>(&'v self, of: &'v Selection) -> impl Iterator<Item = &'v Event> {
        self.events.iter().copied().filter(move |event| {
            let kind = of.kinds.is_empty() || of.kinds.contains(&event.kind.as_str());
            let page = text(event, "page");
            let on_page = of.pages.is_empty()
                || page.is_some_and(|page| of.pages.iter().any(|glob| like(glob, &page)));
            let value = event.properties.get("value").and_then(serde_json::Value::as_f64);
            let valued = of.value.is_none_or(|(at_least, below)| {
                value.is_some_and(|value| {
                    at_least.is_none_or(|bound| value >= f64::from(bound))
                        && below.is_none_or(|bound| value < f64::from(bound))
                })
            });
            kind && on_page && valued
        })
    }

    fn value(&self, signal: &str) -> Value {
        let recent = |days: i64| {
            self.events.iter().filter(move |event| event.at > self.as_of - days * 24 * HOUR)
        };
        if ["visits", "since", "spent"].contains(&signal) && !self.given {
            return Value::Unavailable;
        }
        match signal {
            "visits" => {
                Value::Number(recent(10).filter(|event| event.kind == "view").count() as f64)
            }
            "since" => self
                .events
                .iter()
                .rfind(|event| event.kind == "view" || event.kind == "buy")
                .map_or(Value::Missing, |event| {
                    Value::Number((self.as_of - event.at) as f64 / (24 * HOUR) as f64)
                }),
            "spent" => {
                let values = recent(30).filter_map(|event| event.properties.get("value")?.as_f64());
                Value::Number(values.sum())
            }
            signal => {
                let column = if signal == "alias" { "txt" } else { signal };
                match self.lead.attributes.get(column) {
                    Some(serde_json::Value::Number(number)) => {
                        Value::Number(number.as_f64().unwrap_or_default())
                    }
                    Some(serde_json::Value::Bool(flag)) => Value::Flag(*flag),
                    Some(serde_json::Value::String(text)) => Value::Text(text.clone()),
                    _ => Value::Missing,
                }
            }
        }
    }

    fn holds(&self, condition: &Condition) -> Option<bool> {
        match condition {
            // The least of no, not known and yes; the greatest.
            Condition::All(of) => least(of.iter().map(|of| self.holds(of))),
            Condition::Any(of) => {
                least(of.iter().map(|of| self.holds(of).map(|holds| !holds))).map(|none| !none)
            }
            Condition::Not(of) => self.holds(of).map(|holds| !holds),
            Condition::Missing(signal, wanted) => match self.value(signal) {
                Value::Unavailable => None,
                value => Some((value == Value::Missing) == *wanted),
            },
            Condition::Flag(wanted) => Some(self.value("flag") == Value::Flag(*wanted)),
            Condition::Text(signal, test) => {
                let Value::Text(text) = self.value(signal) else { return Some(false) };
                Some(match test {
                    TextTest::In(of) => of.contains(&text.as_str()),
                    TextTest::Contains(part) => text.to_lowercase().contains(&part.to_lowercase()),
                    TextTest::Glob(glob) => like(glob, &text),
                })
            }
            Condition::Number(signal, [at_least, above, at_most, below]) => {
                match self.value(signal) {
                    Value::Unavailable => None,
                    Value::Number(number) => Some(
                        at_least.is_none_or(|bound| number >= f64::from(bound))
                            && above.is_none_or(|bound| number > f64::from(bound))
                            && at_most.is_none_or(|bound| number <= f64::from(bound))
                            && below.is_none_or(|bound| number < f64::from(bound)),
                    ),
                    _ => Some(false),
                }
            }
        }
    }
}

fn least(of: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let found: Vec<Option<bool>> = of.collect();
    if found.contains(&Some(false)) {
        return Some(false);
    }
    (!found.contains(&None)).then_some(true)
}

fn share(decay: &Decay, age: f64) -> f64 {
    match decay {
        Decay::Never => 1.0,
        Decay::HalfLife(length) => 0.5_f64.powf(age / f64::from(*length)),
        Decay::Linear(length) => (1.0 - age / f64::from(*length)).max(0.0),
        Decay::Steps(steps) => steps
            .iter()
            .filter(|(after, _)| age >= f64::from(*after))
            .map(|(_, keep)| f64::from(*keep) / 8.0)
            .fold(1.0, f64::min),
    }
}

fn text(event: &Event, property: &str) -> Option<String> {
    Some(event.properties.get(property)?.as_str()?.to_owned())
}

/// Whether a text is like a glob of which `*` is the only sign, and the last.
fn like(glob: &str, text: &str) -> bool {
    match glob.strip_suffix('*') {
        Some(start) => text.starts_with(start),
        None => glob == text,
    }
}
