//! The moments of snapshots. Whatever would take them from the outcome is refused.

use super::parse::Parser;
use super::{LeadSource, OutcomeSource, SnapshotTimes};
use crate::Time;
use crate::document::{DeTable, DeValue, Node};
use crate::events::Span;

/// Words of outcomes: a word that begins like this.
const OUTCOME_STARTS: [&str; 4] = ["conver", "clos", "outcome", "purchas"];
/// Words of outcomes, whole.
const OUTCOME_WORDS: [&str; 7] = ["won", "win", "lost", "sale", "sold", "signed", "bought"];

/// The shortest step from one snapshot of a lead to the next: an hour, in microseconds.
const LEAST_STEP: i64 = 3_600_000_000;

impl Parser<'_, '_> {
    pub(super) fn snapshot_times(
        &mut self,
        section: &Node<'_>,
        table: &DeTable<'_>,
        observed_until: Option<Time>,
        leads: Option<&LeadSource>,
        outcomes: Option<&OutcomeSource>,
    ) -> Option<SnapshotTimes> {
        let of_outcome = |text: &str| is_of_outcome(text, outcomes);
        let created = leads.and_then(|leads| leads.created.as_deref());
        let [at, every] = ["at", "every"].map(|key| table.get(key));
        if at.is_none() && every.is_none() {
            let needs = "at = \"created + 14d\", at = [dates] or every = \"30d\"";
            return self.document.lacks(&section.span(), "[snapshots]", needs);
        }
        // Both are read where both are there, so that what is wrong with either is told.
        let of_at = at.and_then(|value| Some((value, self.at(value, created, &of_outcome)?)));
        let of_every = every.and_then(|value| Some((value, self.every(value, &of_outcome)?)));
        if let (Some(_), Some(every)) = (at, every) {
            self.document.mistake(&every.span(), "[snapshots] takes at or every, not both");
        }
        let counted = |(_, found): &(_, SnapshotTimes)| !matches!(found, SnapshotTimes::Dates(_));
        let counts = [&of_at, &of_every].into_iter().flatten().find(|found| counted(found));
        if let Some((value, _)) = counts.filter(|_| created.is_none() && leads.is_some()) {
            let message = "such snapshots count from when a lead came to be: say which column \
                           that is with created in [leads]";
            let leads = self.leads_at.clone();
            self.document.absent(&value.span(), &[leads], message);
        }
        if let (Some((value, SnapshotTimes::Dates(dates))), Some(until)) = (&of_at, observed_until)
            && let Some(last) = dates.last().filter(|last| **last >= until)
        {
            let message = format!(
                "the snapshot at {last} is not before observed_until, {until}: nothing is known of \
                 what came after it"
            );
            self.document.mistake(&value.span(), message);
        }
        of_at.or(of_every).map(|(_, found)| found)
    }

    fn at(
        &mut self,
        value: &Node<'_>,
        created: Option<&str>,
        of_outcome: &dyn Fn(&str) -> bool,
    ) -> Option<SnapshotTimes> {
        match value.get_ref() {
            DeValue::String(text) => {
                if of_outcome(text) {
                    return self.refuse_outcome(value, "at", text);
                }
                if Time::parse(text).is_ok() {
                    return self
                        .document
                        .time(value, "at")
                        .map(|time| SnapshotTimes::Dates(vec![time]));
                }
                let parts = text.split_once('+').filter(|(start, _)| {
                    start.trim() == "created" || Some(start.trim()) == created.map(str::trim)
                });
                let Some((_, length)) = parts else {
                    let message = format!(
                        "at = {text:?} is neither an age, \"created + 14d\", nor dates, \
                         [\"2024-06-01\", \"2024-09-01\"]"
                    );
                    self.document.mistake(&value.span(), message);
                    return None;
                };
                // Of 0 days one unit is none either.
                let none = length
                    .trim()
                    .strip_prefix('0')
                    .map(|unit| format!("1{}", unit.trim_start_matches('0')));
                let none = none.is_some_and(|one| Span::parse(&one).is_ok());
                match Span::parse(length.trim()) {
                    Ok(age) => return Some(SnapshotTimes::Age(age)),
                    Err(_) if none => self.document.mistake(
                        &value.span(),
                        format!(
                            "at = {text:?}: at the moment when a lead comes to be it has done nothing \
                             yet, not even what made it a lead; take an age above 0: \"created + 1h\""
                        ),
                    ),
                    Err(error) => self.document.mistake(&value.span(), format!("at: {error}")),
                }
                None
            }
            DeValue::Array(items) if items.is_empty() => {
                self.document.mistake(&value.span(), "at is an empty list");
                None
            }
            DeValue::Array(items) => {
                let before = self.document.mistakes();
                let mut dates = Vec::new();
                for item in items.iter() {
                    if let DeValue::String(text) = item.get_ref()
                        && of_outcome(text)
                    {
                        let _ = self.refuse_outcome(item, "at", text);
                        continue;
                    }
                    let Some(date) = self.document.time(item, "an item of at") else { continue };
                    if dates.contains(&date) {
                        let message = format!("the snapshot at {date} is listed twice");
                        self.document.mistake(&item.span(), message);
                    }
                    dates.push(date);
                }
                dates.sort_unstable();
                (self.document.mistakes() == before).then_some(SnapshotTimes::Dates(dates))
            }
            _ => self.document.time(value, "at").map(|date| SnapshotTimes::Dates(vec![date])),
        }
    }

    fn every(
        &mut self,
        value: &Node<'_>,
        of_outcome: &dyn Fn(&str) -> bool,
    ) -> Option<SnapshotTimes> {
        if let DeValue::String(text) = value.get_ref()
            && of_outcome(text)
        {
            return self.refuse_outcome(value, "every", text);
        }
        let step = self.document.length(value, "every")?;
        if step.micros() < LEAST_STEP {
            let message = "every is at least an hour: each lead has a snapshot at every step";
            self.document.mistake(&value.span(), message);
        }
        Some(SnapshotTimes::Every(step))
    }

    fn refuse_outcome(&mut self, value: &Node<'_>, key: &str, text: &str) -> Option<SnapshotTimes> {
        let message = format!(
            "{key} = {text:?} is counted from the outcome: at scoring time nobody knows when a \
             lead will convert, so such a model would learn the future; use a fixed age, \"created \
             + 14d\", or dates"
        );
        self.document.mistake(&value.span(), message);
        None
    }
}

/// Whether a text speaks of the outcome: of one of its columns, or in words for it.
fn is_of_outcome(text: &str, outcomes: Option<&OutcomeSource>) -> bool {
    let mut columns = outcomes.into_iter().flat_map(OutcomeSource::columns);
    let begins = |column: &str| {
        let rest = text.trim().strip_prefix(column.trim());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '+', '-']))
    };
    if columns.any(|column| !column.is_empty() && begins(column)) {
        return true;
    }
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).any(|word| {
        OUTCOME_STARTS.iter().any(|start| word.starts_with(start)) || OUTCOME_WORDS.contains(&word)
    })
}
