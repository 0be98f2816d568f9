//! What is said on standard error of how leads and outcomes were read, and of events.

mod events;

use leadscore_features::events::History;
use leadscore_features::io::{DatasetReport, HistorySeen, LackingColumn, MixedProperty, Undecided};
use leadscore_features::project::Project;
use leadscore_features::{LeadIndex, LeadTimes, Time};

pub(super) use events::{
    CountedKinds, said_of_events, said_of_same_events, said_of_sets, said_of_shared_events,
};

use crate::print::{self, count, percent, plural, verb};

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
            "{kind}: {} of {} came after observed_until, {until}, and {} for nothing",
            count(later),
            plural(all, "conversion"),
            verb(later, "counts", "count")
        ));
    }
    said
}

/// What a reader of figures should know of how leads were read; `ids` tells whether all events have some.
pub(super) fn said_of_leads(report: &DatasetReport, ids: bool) -> Vec<String> {
    let mut said = Vec::new();
    let rows = |number: usize| plural(number, "row");
    if let Some((id, other)) = &report.alike {
        said.push(format!(
            "warning: {} an id that another lead has too, written otherwise, like {id:?} and {other:?}: they count as \
             leads of their own, and events are of one of the two; write ids alike in all files",
            match report.ids_alike {
                1 => "1 lead has".to_owned(),
                more => format!("{} leads have", count(more)),
            }
        ));
    }
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
    if report.later_values > 0 {
        said.push(format!(
            "note: {} of merged leads {} in a row created later than the lead's first alone, and {} known from then on",
            plural(report.later_values, "value"),
            verb(report.later_values, "stands", "stand"),
            verb(report.later_values, "is", "are")
        ));
    }
    if let Some((id, largest)) = &report.largest
        && *largest > 2
    {
        said.push(format!("note: the person of the most rows has {}: {id:?}", count(*largest)));
    }
    if report.junk_addresses > 0 {
        said.push(format!(
            "note: {} of leads {} an address that is nobody's own (like test@test.com), by which \
             none are one person",
            rows(report.junk_addresses),
            verb(report.junk_addresses, "has", "have")
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
            "warning: {} and {} are the same{}: leave one out",
            one.display(),
            other.display(),
            if ids { "" } else { ", and without ids all events in them count twice" }
        ));
    }
    said.extend(said_of_lacking(&report.lacking));
    said.extend(report.mixed.iter().map(said_of_types));
    if report.ids_joined + report.id_conflicts + report.ids_foreign + report.ids_of_no_lead > 0 {
        let foreign = match report.ids_foreign {
            0 => String::new(),
            1 => "1 is another lead's own id, and goes on naming that one; ".to_owned(),
            some => format!("{} are another lead's own ids, and go on naming those; ", count(some)),
        };
        said.push(format!(
            "note: {} joined to leads; {} {} more than one person and {} none now; {foreign}{} {} of no known \
             lead",
            plural(report.ids_joined, "other id"),
            count(report.id_conflicts),
            verb(report.id_conflicts, "names", "name"),
            verb(report.id_conflicts, "names", "name"),
            count(report.ids_of_no_lead),
            verb(report.ids_of_no_lead, "is", "are")
        ));
    }
    if report.keys_foreign > 0 {
        said.push(format!(
            "warning: {} by which rows are one person {}, and what goes by it is of that lead, like {:?}: \
             `same_person` and `id` should not share values",
            plural(report.keys_foreign, "value"),
            verb(report.keys_foreign, "is another lead's own id", "are other leads' own ids"),
            report.foreign_key.as_deref().unwrap_or_default()
        ));
    }
    if report.keys_disputed > 0 {
        said.push(format!(
            "warning: {} by which rows are one person {} more than one by another column, and name none now",
            plural(report.keys_disputed, "value"),
            verb(report.keys_disputed, "names", "name"),
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
    let before =
        [(report.converted_before_created, "converted"), (report.closed_before_created, "closed")];
    let before: Vec<String> = before
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what} before creation", plural(*number, "lead")))
        .collect();
    if let (false, Some(example)) = (before.is_empty(), &report.ended_before_created) {
        said.push(format!(
            "warning: {}, and so without a snapshot, like {example:?}: correct the dates",
            before.join(" and ")
        ));
    }
    said.extend(said_of_outcomes(report));
    said.extend(said_of_undecided(&report.undecided));
    said
}

/// Values of outcomes that are named; more are left away.
const OUTCOMES_NAMED: usize = 5;

/// Rows that have a time of an outcome and are neither won nor lost.
fn said_of_undecided(of: &Undecided) -> Vec<String> {
    let nearly = of.nearly.iter().map(|(text, near, rows)| {
        format!(
            "warning: {} of outcomes {} {text:?}, which is not {near:?}, and so {} for nothing: write them alike, or \
             name both in [outcomes]: [{near:?}, {text:?}]",
            plural(*rows, "row"),
            verb(*rows, "has", "have"),
            verb(*rows, "counts", "count")
        )
    });
    let mut said: Vec<String> = nearly.take(OUTCOMES_NAMED).collect();
    if of.rows > 0 {
        let named: Vec<String> =
            of.values.iter().take(OUTCOMES_NAMED).map(|text| format!("{text:?}")).collect();
        let more = if of.values.len() > named.len() { ", ..." } else { "" };
        said.push(format!(
            "note: {} of outcomes with a time {} neither won nor lost, and {} as open: {}{more}",
            plural(of.rows, "row"),
            verb(of.rows, "is", "are"),
            verb(of.rows, "counts", "count"),
            named.join(", ")
        ));
    }
    said
}

/// Warns of columns that some files lack.
fn said_of_lacking(lacking: &[LackingColumn]) -> Option<String> {
    let told: Vec<String> = lacking
        .iter()
        .map(|LackingColumn { column, files }| format!("{column:?} (not in {})", some_files(files)))
        .collect();
    (!told.is_empty()).then(|| {
        format!(
            "warning: {} {} in some files of leads, other ids or outcomes only, and missing in the rows of the \
             others: {}",
            plural(told.len(), "column"),
            verb(told.len(), "is", "are"),
            told.join(", ")
        )
    })
}

/// Warns of a property that files have as different things.
fn said_of_types(mixed: &MixedProperty) -> String {
    let MixedProperty { property, numbers, truth_values, texts } = mixed;
    let types = [(numbers, "numbers"), (truth_values, "true and false"), (texts, "texts")];
    let told: Vec<String> = types
        .into_iter()
        .filter(|(files, _)| !files.is_empty())
        .map(|(files, what)| format!("{what} in {}", some_files(files)))
        .collect();
    let differ = match (numbers.is_empty(), truth_values.is_empty()) {
        (true, _) => "yes and true",
        (_, true) => "007 and 7",
        _ => "1 and true",
    };
    format!(
        "warning: the property {property:?} has {}: it counts as a text in all of them, in which {differ} are \
         two values; write it alike in all files",
        told.join(" and ")
    )
}

/// What is odd in `[events.history]`: roles among its attributes, names that are none, and a column of values
/// without them.
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
    said.extend(said_of_names(history, seen));
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

/// Warns of events that name attributes as the leads do not, or in another column.
fn said_of_names(history: &History, seen: &HistorySeen) -> Option<String> {
    let History { kind, attribute, .. } = history;
    if let Some((name, near, number)) = &seen.nearly {
        return Some(format!(
            "warning: [events.history] attributes: {} of {kind:?} {} {name:?}, which is no column of the leads, and \
             so nothing is made of {}; did you mean {near:?}? Write names alike in all files, capitals too",
            plural(*number, "event"),
            verb(*number, "names", "name"),
            verb(*number, "it", "them")
        ));
    }
    seen.names_none().then(|| {
        let advice = match seen.better_names() {
            Some(better) => format!("{better:?} does: write attribute = {better:?}"),
            None => "name the column that says which attribute is set: attribute = \"...\"".to_owned(),
        };
        format!(
            "warning: [events.history] attribute: {attribute:?} names no column of the leads in {} of {kind:?}, and \
             so all attributes would be missing; {advice}",
            plural(seen.naming_none, "event")
        )
    })
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

/// Ids that name no lead, with what would make them name one.
pub(super) fn unknown_of<'r>(
    index: &LeadIndex,
    ids: impl IntoIterator<Item = &'r String>,
) -> Vec<(&'r str, Option<&'static str>)> {
    let how = |id: &str| match index.is_disputed(id) {
        true => Some(Joins::DISPUTED),
        false => index.nearly(id),
    };
    ids.into_iter().map(|id| (id.as_str(), how(id))).collect()
}

/// How rows of events, or of outcomes, go with leads.
pub(crate) struct Joins<'r> {
    /// What the rows are.
    pub(crate) what: &'static str,
    /// Whether the leads are a file by itself, and no project.
    pub(crate) of_table: bool,
    pub(crate) of_leads: usize,
    pub(crate) of_no_lead: usize,
    /// Ids that name no lead, one of each file, and what would make them name one, in words that follow
    /// "would".
    pub(crate) unknown: Vec<(&'r str, Option<&'static str>)>,
    /// An id of a lead.
    pub(crate) first_id: Option<&'r str>,
}

impl Joins<'_> {
    /// What would make an id name a lead that several leads have.
    const DISPUTED: &'static str = "if one lead alone had that id";

    /// Why no row is of a lead, where there are rows and none is.
    pub(crate) fn failed(&self) -> Option<String> {
        let Self { what, of_leads, of_no_lead, .. } = *self;
        (of_no_lead > 0 && of_leads == 0).then(|| {
            let rows = plural(of_no_lead, what);
            format!("of {rows} none is of a known lead: {}", self.examples())
        })
    }

    /// A warning where no row is of a lead, or most are of none, or they would be if their ids were written otherwise.
    pub(crate) fn said(&self) -> Option<String> {
        let Self { what, of_leads, of_no_lead, .. } = *self;
        if let Some(failed) = self.failed() {
            return Some(format!("warning: {failed}"));
        }
        let all = of_leads + of_no_lead;
        if of_no_lead > of_leads {
            return Some(format!(
                "warning: {} of {} ({}) are of no known lead, and are left out: {}",
                percent(of_no_lead as f64 / all as f64),
                plural(all, what),
                count(of_no_lead),
                self.examples()
            ));
        }
        self.said_of_nearly()
    }

    /// A warning where rows would be of a lead if their ids were written otherwise.
    pub(crate) fn said_of_nearly(&self) -> Option<String> {
        self.nearly().map(|(id, how)| {
            format!(
                "warning: of {} of no known lead some name leads like {id:?}, and {how} they would name leads; {}",
                plural(self.of_no_lead, self.what),
                Self::remedy(how)
            )
        })
    }

    /// An id that names no lead and would if it were written otherwise, and how.
    fn nearly(&self) -> Option<(&str, &'static str)> {
        self.unknown.iter().find_map(|(id, how)| Some((*id, (*how)?)))
    }

    /// What to do about ids that name no lead as they are.
    fn remedy(how: &str) -> &'static str {
        match how == Self::DISPUTED {
            true => "keep one row of leads of each id",
            false => "write ids alike in all files",
        }
    }

    /// An id of each side, and what to do.
    fn examples(&self) -> String {
        let nearly = self.nearly();
        let unknown = nearly.or(self.unknown.first().map(|(id, _)| (*id, ""))).map(|(id, _)| id);
        let advice = match nearly {
            Some((_, how)) => format!("{how} they would name leads; {}", Self::remedy(how)),
            None if self.of_table => {
                "write ids alike in both files, or name the column of the leads' ids with --id \
                 (in explain --id-column)"
                    .to_owned()
            }
            None => "write ids alike in all files, name the column that has the lead's id, or say \
                     with [[ids]] whose other ids these are"
                .to_owned(),
        };
        match (unknown, self.first_id) {
            (Some(unknown), Some(id)) => {
                format!("they name leads like {unknown:?}, leads have ids like {id:?}; {advice}")
            }
            (Some(unknown), None) => format!("they name leads like {unknown:?}; {advice}"),
            (None, _) => "they name none".to_owned(),
        }
    }
}

/// Files that are named in a warning; more are counted.
const FILES_NAMED: usize = 2;

/// The first files, and how many more there are.
fn some_files(files: &[impl AsRef<str>]) -> String {
    let named: Vec<&str> = files.iter().take(FILES_NAMED).map(AsRef::as_ref).collect();
    let more = match files.len() - named.len() {
        0 => String::new(),
        more => format!(" and {} more", count(more)),
    };
    named.join(", ") + &more
}
