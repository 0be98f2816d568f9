//! What is said on standard error of how leads and events were read.

use std::collections::{BTreeMap, BTreeSet};

use leadscore_features::events::EventPlan;
use leadscore_features::io::{DatasetReport, EventReport, HistorySeen, LackingFile, is_plausible};
use leadscore_features::project::Project;
use leadscore_features::{LeadIndex, LeadTimes, Signal, Time};
use leadscore_model::points::RuleSet;

use crate::print::{self, count, percent, plural};

/// Says which leads of a file no event can be of.
pub(super) fn say_of_ids(without_id: usize, repeated: usize) {
    let warnings = [
        (without_id, "without an id: what is counted of events is unavailable for them"),
        (
            repeated,
            "whose id another row has too: what is counted of events is unavailable for them",
        ),
    ];
    for (number, what) in warnings.iter().filter(|(number, _)| *number > 0) {
        let said = format!("warning: {} of leads {what}", plural(*number, "row"));
        print::say(&said);
    }
}

/// Warns of times of a column of leads or outcomes that name no zone.
pub(super) fn said_of_zones(column: &str, number: usize) -> Option<String> {
    (number > 0).then(|| {
        let times = plural(number, "time");
        format!("warning: {times} in {column:?} without a time zone, read as UTC")
    })
}

/// Warns of an `observed_until` that does not fit the times of a project, of which `last` is the last
/// event. The clock is told of, and enters nothing else.
pub(super) fn said_of_observed(
    project: &Project,
    times: &LeadTimes,
    last: Option<Time>,
    now: Time,
) -> Vec<String> {
    let (Some(until), Some(rule)) = (project.observed_until, &project.snapshots) else {
        return Vec::new();
    };
    let mut said = Vec::new();
    let open = "a lead that did not convert by then counts as one that never did";
    if until > now {
        said.push(format!(
            "warning: observed_until, {until}, is still to come (it is {now}), and {open}: set it to \
             when the files were written"
        ));
    }
    let outcomes = || times.converted.iter().chain(&times.closed).flatten();
    let last = outcomes().copied().chain(last).max();
    if let Some(last) = last.filter(|last| rule.horizon.after(*last) < until) {
        said.push(format!(
            "warning: observed_until, {until}, is more than the horizon of {} after the last outcome \
             and event that the files tell of, {last}, and {open}: set it to when the files were \
             written",
            rule.horizon
        ));
    }
    let (all, later) = times
        .converted
        .iter()
        .flatten()
        .fold((0, 0), |(all, later), time| (all + 1, later + usize::from(*time > until)));
    if later > 0 {
        let kind = if 2 * later > all { "warning" } else { "note" };
        said.push(format!(
            "{kind}: {} of {} came after observed_until, {until}, and count for nothing",
            count(later),
            plural(all, "conversion")
        ));
    }
    said
}

/// What a reader of figures should know of how leads were read.
pub(super) fn said_of_leads(report: &DatasetReport) -> Vec<String> {
    let mut said = Vec::new();
    let rows = |number: usize| plural(number, "row");
    if report.merged > 0 {
        let contradictions: Vec<String> = report
            .contradictions
            .iter()
            .map(|(column, number)| format!("{column} {}", count(*number)))
            .collect();
        said.push(format!(
            "note: {} of leads merged into an earlier one of the same person{}",
            rows(report.merged),
            if contradictions.is_empty() {
                ", without contradictions".to_owned()
            } else {
                format!(
                    "; where they contradict, the row counts that was created first, of two of one \
                     moment that of the smallest id: {}",
                    contradictions.join(", ")
                )
            }
        ));
    }
    if let Some((id, largest)) = &report.largest
        && *largest > 2
    {
        said.push(format!("note: the person of the most rows has {}: {id:?}", count(*largest)));
    }
    if report.junk_addresses > 0 {
        said.push(format!(
            "note: {} of leads have an address that is nobody's own (like test@test.com), by which \
             none are one person",
            rows(report.junk_addresses)
        ));
    }
    let zones = report.without_zone.iter();
    said.extend(zones.filter_map(|(column, number)| said_of_zones(column, *number)));
    for (column, (number, first)) in &report.implausible {
        said.push(format!(
            "warning: {} in {column:?} before 1980 or after 2099, like {first}: where such a time stands for \
             none, leave the cell empty",
            plural(*number, "time")
        ));
    }
    for (one, other) in &report.same_files {
        said.push(format!(
            "warning: {} and {} are the same, and without ids all events in them count twice: leave one out",
            one.display(),
            other.display()
        ));
    }
    if report.ids_joined + report.id_conflicts + report.ids_foreign + report.ids_of_no_lead > 0 {
        let foreign = match report.ids_foreign {
            0 => String::new(),
            1 => "1 is another lead's own id, and goes on naming that one; ".to_owned(),
            some => format!("{} are another lead's own ids, and go on naming those; ", count(some)),
        };
        said.push(format!(
            "note: {} joined to leads; {} name more than one person and name none now; {foreign}{} are of \
             no known lead",
            plural(report.ids_joined, "other id"),
            count(report.id_conflicts),
            count(report.ids_of_no_lead)
        ));
    }
    if report.keys_foreign > 0 {
        said.push(format!(
            "warning: {} by which rows are one person {}, and what goes by it is of that lead, like {:?}: \
             `same_person` and `id` should not share values",
            plural(report.keys_foreign, "value"),
            if report.keys_foreign == 1 { "is another lead's own id" } else { "are other leads' own ids" },
            report.foreign_key.as_deref().unwrap_or_default()
        ));
    }
    if report.keys_disputed > 0 {
        said.push(format!(
            "warning: {} by which rows are one person {} more than one by another column, and name none now",
            plural(report.keys_disputed, "value"),
            if report.keys_disputed == 1 { "names" } else { "name" },
        ));
    }
    let warnings = [
        (report.ids_incomplete, "of other ids without the id or without its lead, left out"),
        (report.without_id, "of leads without an id, left out"),
        (report.outcomes_of_no_lead, "of outcomes of no known lead, left out"),
    ];
    for (number, what) in warnings {
        if number > 0 {
            said.push(format!("warning: {} {what}", rows(number)));
        }
    }
    if report.converted_before_created > 0 {
        said.push(format!(
            "warning: {} converted before creation, and so without a snapshot",
            plural(report.converted_before_created, "lead")
        ));
    }
    said.extend(said_of_outcomes(report));
    said
}

/// What is odd in `[events.history]`: roles among its attributes, and a column of values without them.
pub(super) fn said_of_history(project: &Project, seen: &HistorySeen) -> Vec<String> {
    let mut said = Vec::new();
    let roles = project.roles_in_history();
    if !roles.is_empty() {
        let named: Vec<String> =
            roles.iter().map(|(name, role)| format!("{name:?} ({role})")).collect();
        said.push(format!(
            "warning: [events.history] attributes names what has a role among the leads: {}. That is read \
             from the leads as it is at every moment, and events tell nothing of it: take it out of \
             attributes",
            named.join(", ")
        ));
    }
    let Some(history) = &project.history else { return said };
    let of = format!("{} of {:?}", plural(seen.events, "event"), history.kind);
    let found = match (seen.filled, seen.better()) {
        (0, better) if seen.events > 0 => Some((format!("holds no value in {of}"), better)),
        (_, Some(better)) => {
            Some((format!("holds hardly a value that leads have in {of}"), Some(better)))
        }
        _ => None,
    };
    if let Some((what, better)) = found {
        let advice = match better {
            Some(better) => format!("{better:?} does: write value = {better:?}"),
            None => "name the column with the new values: value = \"...\"".to_owned(),
        };
        said.push(format!(
            "warning: [events.history] value: {:?} {what}, and so their attributes would be missing or wrong; \
             {advice}",
            history.value
        ));
    }
    said
}

/// Leads whose outcomes contradict each other, and what counts of them.
fn said_of_outcomes(report: &DatasetReport) -> Option<String> {
    let found: Vec<String> = [
        (report.converted_differ, "with several times of conversion, of which the first counts"),
        (report.closed_differ, "with several times of being closed, of which the last counts"),
        (
            report.closed_before_converted,
            "closed before converting, without a snapshot from then on, and with the conversion in those before",
        ),
    ]
    .iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, what)| format!("{} {what}", plural(*number, "lead")))
    .collect();
    (!found.is_empty()).then(|| format!("note: outcomes that contradict: {}", found.join("; ")))
}

/// How rows of events, or of outcomes, go with leads.
pub(super) struct Joins<'r> {
    /// What the rows are.
    pub(super) what: &'static str,
    pub(super) of_leads: usize,
    pub(super) of_no_lead: usize,
    /// An id that names no lead.
    pub(super) unknown: Option<&'r str>,
    pub(super) index: &'r LeadIndex,
    /// An id of a lead.
    pub(super) first_id: Option<&'r str>,
}

impl Joins<'_> {
    /// Why no row is of a lead, where there are rows and none is.
    pub(super) fn failed(&self) -> Option<String> {
        let Self { what, of_leads, of_no_lead, .. } = *self;
        (of_no_lead > 0 && of_leads == 0).then(|| {
            let rows = plural(of_no_lead, what);
            format!("of {rows} none is of a known lead: {}", self.examples())
        })
    }

    /// A warning where no row is of a lead, or most are of none.
    pub(super) fn said(&self) -> Option<String> {
        let Self { what, of_leads, of_no_lead, .. } = *self;
        if let Some(failed) = self.failed() {
            return Some(format!("warning: {failed}"));
        }
        let all = of_leads + of_no_lead;
        (of_no_lead > of_leads).then(|| {
            format!(
                "warning: {} of {} ({}) are of no known lead, and are left out: {}",
                percent(of_no_lead as f64 / all as f64),
                plural(all, what),
                count(of_no_lead),
                self.examples()
            )
        })
    }

    /// An id of each side, and what to do.
    fn examples(&self) -> String {
        let advice = match self.unknown.and_then(|id| self.index.nearly(id)) {
            Some(how) => format!("{how} they would name leads; write ids alike in all files"),
            None => "write ids alike in all files, name the column that has the lead's id, or say \
                     with [[ids]] whose other ids these are"
                .to_owned(),
        };
        match (self.unknown, self.first_id) {
            (Some(unknown), Some(id)) => {
                format!("they name leads like {unknown:?}, leads have ids like {id:?}; {advice}")
            }
            (Some(unknown), None) => format!("they name leads like {unknown:?}; {advice}"),
            (None, _) => "they name none".to_owned(),
        }
    }
}

/// Kinds that are named in a note; more are counted.
const KINDS_NAMED: usize = 10;

/// Kinds that count where any kind does, though nothing names them: a new one moves such counts.
fn unnamed_kinds(report: &EventReport, plan: &EventPlan) -> Option<String> {
    let mut unnamed: Vec<(&String, u64)> = report
        .kinds
        .iter()
        .filter(|(kind, _)| plan.asks_for_any() && !plan.names_kind(kind))
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
        format!(
            "note: {one} of events that nothing names count{s} where events of any kind (\"*\") do: {}{more}",
            named.join(", ")
        )
    })
}

/// Files that are named in a warning; more are counted.
const FILES_NAMED: usize = 2;

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
            let named: Vec<&str> = files.iter().take(FILES_NAMED).copied().collect();
            let more = match files.len() - named.len() {
                0 => String::new(),
                more => format!(" and {} more", count(more)),
            };
            let by: Vec<&str> = by.iter().copied().collect();
            format!("{property:?} in {}{more}, for {}", named.join(", "), by.join(", "))
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

/// What a reader of figures should know of how events were read.
pub(super) fn said_of_events(
    report: &EventReport,
    plan: &EventPlan,
    project: Option<&Project>,
    sets: &[RuleSet],
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
            "note: {} of known leads do not say when they were known, and count as known when they \
             happened",
            events(report.known_at_empty)
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
            "warning: {} a day and no time of day, and count{} from 00:00 UTC of it on: a moment on that day \
             sees what came later that day, and a lead that came to be on it did so after them; write times \
             like 2024-01-31T09:30:00Z, or take moments at midnight",
            match report.without_hour {
                1 => "1 event has".to_owned(),
                some => format!("{} have", events(some)),
            },
            if report.without_hour == 1 { "s" } else { "" }
        ));
    }
    for (property, number) in &report.not_numbers {
        said.push(format!(
            "warning: {} a value of {property:?} that is not a number; it counts as missing",
            if *number == 1 {
                "1 event has".to_owned()
            } else {
                format!("{} have", events(*number))
            }
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
    said.extend(unnamed_kinds(report, plan));
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
