//! What is said of how events were read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use leadscore_features::events::{EventPlan, History};
use leadscore_features::io::{EventReport, HistorySeen, LackingFile, is_plausible};
use leadscore_features::project::Project;
use leadscore_features::{Expr, Signal, Table, Time};
use leadscore_model::points::RuleSet;

use super::some_files;
use crate::print::{count, percent, plural, verb};

/// Warns of files of events that are not the same, and have the same events.
pub(in crate::leads) fn said_of_same_events(one: &Path, other: &Path, ids: bool) -> String {
    format!(
        "warning: {} and {} have the same events, of the same leads at the same times{}: leave one out",
        one.display(),
        other.display(),
        if ids { "" } else { ", and without ids all of them count twice" }
    )
}

/// Warns of a file that has a share of the events of another; `ids` tells whether they have some, which differ.
pub(in crate::leads) fn said_of_shared_events(
    one: &Path,
    other: &Path,
    share: f64,
    ids: bool,
) -> String {
    let (why, or) = match ids {
        true => ("under other ids they count twice", ""),
        false => (
            "without ids they count twice",
            ", or name the column of their ids with id in [events]",
        ),
    };
    format!(
        "warning: about {} of the events in {} are in {} too, of the same leads at the same times, and {why}: leave \
         them out of one{or}",
        percent(share),
        other.display(),
        one.display()
    )
}

/// Warns of events that set what is no column of the leads, of which `told` says a part already.
pub(in crate::leads) fn said_of_sets(
    report: &EventReport,
    plan: &EventPlan,
    leads: &Table,
    told: Option<&HistorySeen>,
) -> Option<String> {
    let nearly = told.and_then(|told| told.nearly.as_ref()).map(|(name, ..)| name);
    if told.is_some_and(HistorySeen::names_none) && nearly.is_none() {
        return None;
    }
    let is_told = |name: &String| leads.column(name).is_some() || nearly == Some(name);
    let mut found: Vec<(&String, u64)> = report
        .set_otherwise
        .iter()
        .filter(|(name, _)| !is_told(name))
        .map(|(name, events)| (name, *events))
        .collect();
    found.sort_by_key(|(_, events)| std::cmp::Reverse(*events));
    let all: u64 = found.iter().map(|(_, events)| events).sum();
    let named: Vec<String> = found
        .iter()
        .take(KINDS_NAMED)
        .map(|(name, events)| format!("{name:?} {}", count(*events as usize)))
        .collect();
    let more = match found.len() - named.len() {
        0 => String::new(),
        more => format!(" and {} more", count(more)),
    };
    let History { kind, .. } = plan.history().filter(|_| !found.is_empty())?;
    Some(format!(
        "warning: {} of {kind:?} {} what is no column of the leads, and {} nothing: {}{more}; write names as the leads \
         do",
        plural(all as usize, "event"),
        verb(all as usize, "sets", "set"),
        verb(all as usize, "tells", "tell"),
        named.join(", ")
    ))
}

/// Kinds that are named in a note; more are counted.
const KINDS_NAMED: usize = 10;

/// What is known of kinds where events of any kind count.
#[derive(Clone, Copy)]
pub(in crate::leads) struct CountedKinds<'l> {
    /// The kinds that the model has learnt from, where there is one and it says.
    pub(in crate::leads) learnt: Option<&'l [String]>,
}

/// Kinds that count where any kind does, though nothing names them: a new one moves such counts. Where the
/// kinds are known that a model has learnt from, only others are told.
fn unnamed_kinds(
    report: &EventReport,
    plan: &EventPlan,
    CountedKinds { learnt }: CountedKinds<'_>,
) -> Option<String> {
    let is_new = |kind: &String| learnt.is_none_or(|learnt| !learnt.contains(kind));
    let mut unnamed: Vec<(&String, u64)> = report
        .kinds
        .iter()
        .filter(|(kind, _)| !plan.names_kind(kind) && is_new(kind))
        .map(|(kind, events)| (kind, *events))
        .collect();
    unnamed.sort_by_key(|(_, events)| std::cmp::Reverse(*events));
    let named: Vec<String> = unnamed
        .iter()
        .take(KINDS_NAMED)
        .map(|(kind, events)| format!("{kind} {}", count(*events as usize)))
        .collect();
    let more = match unnamed.len() - named.len() {
        0 => String::new(),
        more => format!(" and {} more", count(more)),
    };
    (!named.is_empty()).then(|| {
        let (one, s) = if unnamed.len() == 1 { ("1 kind", "s") } else { ("kinds", "") };
        let (severity, which) = match learnt {
            None => ("note", "nothing names"),
            Some(_) => ("warning", "the model has hardly learnt from, or not at all,"),
        };
        format!(
            "{severity}: {one} of events that {which} count{s} where events of any kind (\"*\") do: {}{more}",
            named.join(", ")
        )
    })
}

/// Properties that some files lack though a signal or a filter looks at them in events of kinds that these
/// files have.
fn lacking_properties(report: &EventReport, project: &Project) -> Option<String> {
    let mut found: BTreeMap<&str, (Vec<&str>, BTreeSet<&str>)> = BTreeMap::new();
    for LackingFile { file, properties, kinds } in &report.lacking {
        for property in properties {
            let looking = project.looks_at(property, kinds);
            if !looking.is_empty() {
                let (files, by) = found.entry(property).or_default();
                files.push(file);
                by.extend(looking);
            }
        }
    }
    let told: Vec<String> = found
        .iter()
        .map(|(property, (files, by))| {
            let by: Vec<&str> = by.iter().copied().collect();
            format!("{property:?} in {}, for {}", some_files(files), by.join(", "))
        })
        .collect();
    (!told.is_empty()).then(|| {
        format!(
            "warning: some files of events lack a property that is looked at, and their events count as \
             without a value: {}",
            told.join("; ")
        )
    })
}

/// Signals with conditions that no event meets, though there are events of the kind.
fn unmet_conditions(report: &EventReport, plan: &EventPlan, project: &Project) -> Option<String> {
    let told: Vec<String> = plan
        .unmet(&report.met)
        .filter(|of| !of.conditions.is_empty())
        .filter(|of| {
            // Of kinds that no event is of something else is said.
            let met = |kind: &String| report.kinds.contains_key(kind);
            of.kinds.iter().any(met) || of.kinds.is_empty() && !report.kinds.is_empty()
        })
        .filter_map(|of| {
            let asks = |signal: &&Signal| signal.expr.selections().contains(&of);
            let by: Vec<&str> =
                project.signals.iter().filter(asks).map(|signal| signal.name.as_str()).collect();
            (!by.is_empty()).then(|| format!("{of} (for {})", by.join(", ")))
        })
        .collect();
    (!told.is_empty()).then(|| {
        format!("warning: no event meets these conditions; case counts: {}", told.join("; "))
    })
}

/// Signals that measure a property of which no event of their kinds has a value.
fn empty_properties(report: &EventReport, plan: &EventPlan, project: &Project) -> Vec<String> {
    // By the property and how many events of which kinds there are, the signals.
    let mut found: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for signal in &project.signals {
        let Expr::Events { of, measure, .. } = &signal.expr else { continue };
        let Some(property) = measure.property() else { continue };
        let is_of = |kind: &String| of.kinds.is_empty() || of.kinds.contains(kind);
        let met = || report.kinds.iter().filter(|(kind, _)| is_of(kind));
        let events: u64 = met().map(|(_, events)| events).sum();
        if events > 0 && !met().any(|(kind, _)| report.has_value(plan, kind, property)) {
            let of_kinds = match of.kinds.is_empty() {
                true => String::new(),
                false => format!(" of {}", of.kinds.join(", ")),
            };
            let events = plural(events as usize, "event") + &of_kinds;
            found.entry((property, events)).or_default().push(&signal.name);
        }
    }
    let said = |((property, events), signals): (&(&str, String), &Vec<&str>)| {
        format!(
            "warning: the property {property:?} has no value in any of {events}, and so {} {} nothing",
            signals.join(", "),
            verb(signals.len(), "measures", "measure")
        )
    };
    found.iter().map(said).collect()
}

/// What a reader of figures should know of how events were read; `counted` is there where events of any kind
/// count.
pub(in crate::leads) fn said_of_events(
    report: &EventReport,
    plan: &EventPlan,
    project: Option<&Project>,
    (sets, counted): (&[RuleSet], Option<CountedKinds<'_>>),
) -> Vec<String> {
    let events = |number: u64| plural(number as usize, "event");
    let mut said = Vec::new();
    let warnings = [
        (report.of_no_lead, "of no known lead, left out"),
        (report.without_lead, "without a lead, left out"),
        (report.without_kind, "without a kind, left out"),
        (report.without_time, "without a readable time, left out"),
        (report.known_at_unread, "whose known-at cannot be read, taken as known at once"),
    ];
    let found: Vec<String> = warnings
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", events(*number)))
        .collect();
    if !found.is_empty() {
        said.push(format!(
            "warning: of {} rows of events: {}",
            count(report.rows as usize),
            found.join("; ")
        ));
    }
    said.extend(report.examples.iter().map(|example| format!("e.g. {example}")));
    if report.rows == 0 {
        said.push(
            "warning: the files of events have no rows: no lead has done anything".to_owned(),
        );
    }
    if report.known_at_empty > 0 {
        said.push(format!(
            "note: {} of known leads {}",
            events(report.known_at_empty),
            match report.known_at_empty {
                1 => "does not say when it was known, and counts as known when it happened",
                _ => "do not say when they were known, and count as known when they happened",
            }
        ));
    }
    for time in [report.first, report.last].into_iter().flatten().filter(|at| !is_plausible(*at)) {
        said.push(format!(
            "warning: there are events of {time}: such a time stands for something else, and moves \
             signals of age; leave these rows out"
        ));
    }
    let never = |known: &Time| *known > Time::now() && !is_plausible(*known);
    if let Some(time) = report.last_known.filter(never) {
        said.push(format!(
            "warning: there are events that were known at {time}: no score before that knows of them; where \
             such a time stands for none, leave the cell empty"
        ));
    }
    if report.without_zone > 0 {
        said.push(format!(
            "warning: {} without a time zone, read as UTC",
            plural(report.without_zone as usize, "time")
        ));
    }
    if report.without_hour > 0 {
        said.push(format!(
            "warning: {} {} a day and no time of day, and count{} from 00:00 UTC of it on: a moment on that day \
             sees what came later that day, and a lead that came to be on it did so after them; write times \
             like 2024-01-31T09:30:00Z, or take moments at midnight",
            events(report.without_hour),
            verb(report.without_hour as usize, "has", "have"),
            verb(report.without_hour as usize, "s", "")
        ));
    }
    for (property, number) in &report.not_numbers {
        said.push(format!(
            "warning: {} {} a value of {property:?} that is not a number, and counts as missing{}",
            events(*number),
            verb(*number as usize, "has", "have"),
            report.first_not_numbers.get(property).map_or_else(String::new, |at| format!(": {at}"))
        ));
    }
    if let (1.., Some(History { kind, attribute, .. })) = (report.naming_none, plan.history()) {
        said.push(format!(
            "warning: {} of {kind:?} {} no attribute in {attribute:?}, and {} the history of none",
            events(report.naming_none),
            verb(report.naming_none as usize, "names", "name"),
            verb(report.naming_none as usize, "tells", "tell")
        ));
    }
    // Of kinds that were met, though at no known lead, there is something else to say than that there
    // are none.
    let only_left_out =
        || report.kinds_left_out.keys().filter(|kind| !report.kinds.contains_key(*kind));
    for kind in only_left_out().filter(|kind| plan.names_kind(kind)) {
        said.push(format!(
            "warning: all events of the kind {kind:?} are of no known lead, and were left out"
        ));
    }
    said.extend(counted.and_then(|counted| unnamed_kinds(report, plan, counted)));
    let kinds: Vec<String> = report.kinds.keys().chain(only_left_out()).cloned().collect();
    let mistaken = sets.iter().flat_map(|set| set.mistaken_kinds(&kinds));
    let mistaken: Vec<String> = mistaken.map(|unmet| format!("warning: {unmet}")).collect();
    match project {
        Some(project) => {
            said.extend(
                project.unmet_kinds(&kinds).iter().map(|unmet| format!("warning: {unmet}")),
            );
            said.extend(lacking_properties(report, project));
            said.extend(unmet_conditions(report, plan, project));
            said.extend(empty_properties(report, plan, project));
        }
        None if !mistaken.is_empty() => {}
        // A file of events to score need not have every kind; one with none of them is odd.
        None => {
            let asked = plan.kinds();
            if !asked.is_empty()
                && asked.iter().all(|kind| !kinds.iter().any(|known| known == kind))
            {
                said.push(format!(
                    "warning: no event is of a kind that a signal asks for: {}",
                    asked.join(", ")
                ));
            }
        }
    }
    said.extend(mistaken);
    if report.put_aside > 0 {
        said.push(format!(
            "note: {:.1} GB of events were put aside on disk",
            report.put_aside as f64 / 1e9
        ));
    }
    said
}
