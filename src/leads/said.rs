//! What is said on standard error of how leads and events were read.

use leadscore_features::events::EventPlan;
use leadscore_features::io::{DatasetReport, EventReport};
use leadscore_features::project::Project;
use leadscore_model::points::RuleSet;

use crate::print::{self, count, plural};

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
                    "; where they contradict, the earlier row counts: {}",
                    contradictions.join(", ")
                )
            }
        ));
    }
    if report.ids_joined + report.id_conflicts + report.ids_of_no_lead > 0 {
        said.push(format!(
            "note: {} joined to leads; {} name more than one person and name none now; {} are of \
             no known lead",
            plural(report.ids_joined, "other id"),
            count(report.id_conflicts),
            count(report.ids_of_no_lead)
        ));
    }
    let warnings = [
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
    said
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
    if report.without_zone > 0 {
        said.push(format!(
            "warning: {} without a time zone, read as UTC",
            plural(report.without_zone as usize, "time")
        ));
    }
    for (property, number) in &report.not_numbers {
        said.push(format!(
            "warning: {} have a value of {property:?} that is not a number; it counts as missing",
            events(*number)
        ));
    }
    let kinds: Vec<String> = report.kinds.keys().cloned().collect();
    let mistaken = sets.iter().flat_map(|set| set.mistaken_kinds(&kinds));
    let mistaken: Vec<String> = mistaken.map(|unmet| format!("warning: {unmet}")).collect();
    match project {
        Some(project) => {
            said.extend(
                project.unmet_kinds(&kinds).iter().map(|unmet| format!("warning: {unmet}")),
            );
        }
        None if !mistaken.is_empty() => {}
        // A file of events to score need not have every kind; one with none of them is odd.
        None => {
            let asked = plan.kinds();
            if !asked.is_empty() && asked.iter().all(|kind| !report.kinds.contains_key(*kind)) {
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
