//! `leadscore init`: a project file to start from, written after a look at the files. Every line
//! says why it is there; what was not found is a comment that says what to fill in.

mod decided;
mod guess;
mod moments;
mod names;
mod outcomes;
mod persons;
mod roles;
mod signals;
mod write;

use std::collections::HashSet;

pub(crate) use decided::closed_where;
pub(crate) use guess::date_format;
use guess::{column, is_date, is_named, is_text};
use roles::LeadGuess;
pub use roles::{EventGuess, guess_created, guess_event_columns, guess_lead_id};
use write::{Lines, list, quoted};

use crate::events::EventColumns;
use crate::{Inference, Time};

/// What was seen of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct LookedColumn {
    /// Its name.
    pub name: String,
    /// What looking at its cells found.
    pub found: Inference,
    /// Different values that occur, as texts: some, or all where they are few.
    pub samples: Vec<String>,
    /// The 0-based row of the first of them.
    pub first: usize,
}

/// What was seen of the events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LookedEvents {
    /// Their files, relative to the project file.
    pub files: Vec<String>,
    /// Their columns.
    pub columns: Vec<LookedColumn>,
    /// The kinds that occur in the column that [`guess_event_columns`] names, with their counts.
    pub kinds: Vec<(String, u64)>,
    /// The first and the last time in the column of times.
    pub range: Option<(Time, Time)>,
    /// When the newest event that is not to come was known, or happened where no column says when it was known.
    pub latest: Option<Time>,
    /// Whether event ids occur more than once.
    pub ids_repeat: bool,
    /// Whose events they are, where their column of leads and that of the leads' ids were found.
    pub of_leads: Option<EventsOfLeads>,
}

/// How many events are of leads that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventsOfLeads {
    /// Events that name a lead.
    pub events: u64,
    /// Those of them that name one of the leads.
    pub known: u64,
    /// The first id that is of none.
    pub unknown: Option<String>,
    /// What would make it one, in words that follow "would".
    pub nearly: Option<&'static str>,
}

/// What was seen of the files of a project.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Looked {
    /// The files of the leads, relative to the project file.
    pub files: Vec<String>,
    /// The columns of the leads.
    pub columns: Vec<LookedColumn>,
    /// The latest time that is not to come in any column of dates of the leads; where a column holds plans of
    /// open deals, of closed ones alone.
    pub latest: Option<Time>,
    /// When the first lead came to be, by the column that [`guess_created`] names.
    pub earliest: Option<Time>,
    /// The events, where there are any.
    pub events: Option<LookedEvents>,
}

/// The text of a project file to start from. It can be read with
/// [`Project::parse`](super::Project::parse) as it is.
pub fn propose(looked: &Looked) -> String {
    let leads = LeadGuess::new(&looked.columns);
    let mut lines = Lines::default();
    lines.comment(
        "What leadscore learns from, written by `leadscore init` after a look at the files.",
    );
    lines.comment("Every line is a guess that says why: check it. Lines with NOT FOUND need you.");
    lines.blank();
    let until = write_until(&mut lines, looked);
    let guessed = looked.events.as_ref().map(|events| {
        let id = looked.columns.iter().find(|c| leads.id_found && c.name == leads.id);
        guess_event_columns(&events.columns, id)
    });
    write_leads(&mut lines, looked, guessed.as_ref(), &leads);
    if let (Some(events), Some(guessed)) = (&looked.events, &guessed) {
        write_events(&mut lines, events, guessed, looked, &leads);
    }
    outcomes::write(&mut lines, &looked.columns, &leads);
    moments::write(&mut lines, &leads, looked.earliest, until);
    if let (Some(events), Some(guessed)) = (&looked.events, &guessed) {
        write_filters(&mut lines, events, guessed, &leads);
    }
    signals::write(&mut lines, looked, &leads, guessed.as_ref());
    lines.finish()
}

/// Writes up to when the files tell all, and gives it.
fn write_until(lines: &mut Lines, looked: &Looked) -> Option<Time> {
    let events = looked.events.as_ref().and_then(|events| events.latest);
    let until = looked.latest.max(events).filter(|time| {
        // TOML knows years of four digits.
        time.to_string().find(|c: char| !c.is_ascii_digit()) == Some(4)
    });
    for said in not_times(&looked.columns) {
        lines.comment(&format!("Not read as times: {said}."));
    }
    let Some(until) = until else {
        lines
            .comment("NOT FOUND: no time in the files. Up to when do they tell all that happened?");
        lines.comment("observed_until = 2025-12-31T00:00:00Z");
        return None;
    };
    lines.comment(
        "Up to when the files tell all that happened. This is the latest time in them that is not to come;",
    );
    lines.comment(
        "if the export was made later, write that: a lead without news since then is no lost lead yet.",
    );
    let columns = &looked.columns;
    let plans = |rows: bool| -> Vec<&str> {
        let holds = |column: &&LookedColumn| {
            is_date(column) && closed_where(columns, column).is_some_and(|of| of.is_empty() != rows)
        };
        columns.iter().filter(holds).map(|column| column.name.as_str()).collect()
    };
    let (never, closed) = (plans(false), plans(true));
    if !never.is_empty() {
        lines.comment(&format!(
            "Not looked at, since open deals have plans in it: {}.",
            list(&never)
        ));
    }
    if !closed.is_empty() {
        lines.comment(&format!("Looked at for deals that are closed: {}.", list(&closed)));
    }
    lines.line(&format!("observed_until = {until}"));
    Some(until)
}

/// The columns that are named for times and hold numbers, which are not read: each with a value, what it looks
/// like, and what to do.
pub fn not_times(columns: &[LookedColumn]) -> Vec<String> {
    let said = |column: &LookedColumn| {
        let (counted, first) = (guess::counted(column)?, column.samples.first()?);
        let shown = format!("row {} has {first:?}; {}", column.first + 1, counted.in_words());
        Some(format!("{:?}: {shown}", column.name))
    };
    columns.iter().filter_map(said).collect()
}

fn write_leads(
    lines: &mut Lines,
    looked: &Looked,
    guessed: Option<&EventGuess>,
    leads: &LeadGuess<'_>,
) {
    let columns = &looked.columns;
    lines.section("[leads]", "One row a lead.");
    lines.files(&looked.files, "leads.csv");
    if !leads.id_found {
        lines.comment("NOT FOUND: no column looks like the lead's id. Name it here:");
    }
    lines.pair("id", leads.id, "the lead's id");
    lines.found(
        "account",
        leads.account,
        "leads of one account never stand on both sides of a split",
    );
    lines.found("created", leads.created, "when the lead came to be");
    let roles: HashSet<&str> = leads.roles().collect();
    let free = |name: &&str| !roles.contains(name);
    if let Some(column) = leads.of_few {
        lines.comment(&format!(
            "{} has {} different values in {} rows: that is no account.",
            quoted(&column.name),
            column.found.distinct.unwrap_or_default(),
            column.found.filled
        ));
    }
    persons::write(lines, looked, leads);
    let codes: Vec<&str> = columns
        .iter()
        .filter(|column| is_named(column, names::CODES) && guess::is_number(column))
        .map(|column| column.name.as_str())
        .filter(free)
        .collect();
    if !codes.is_empty() {
        lines.comment("Numbers that are codes.");
        lines.line(&format!("categories = {}", list(&codes)));
    }
    let outcome: Vec<_> = leads.outcome.iter().filter(|(name, _)| free(name)).collect();
    if !outcome.is_empty() {
        lines.comment(
            "A model is not given what a lead that is still open cannot have as it is here:",
        );
    }
    for (name, why) in &outcome {
        lines.comment(&format!("{}: {}.", quoted(name), why.words()));
    }
    let mut drop: Vec<&str> = outcome.iter().map(|(name, _)| *name).collect();
    let personal = [leads.email, leads.phone].into_iter().flatten().chain(leads.people.clone());
    let personal: Vec<&str> = personal.filter(free).filter(|name| !drop.contains(name)).collect();
    if !personal.is_empty() {
        lines.comment(&format!(
            "{} name people: signals read them, no model learns them.",
            list(&personal)
        ));
    }
    drop.extend(personal);
    if !leads.anybody.is_empty() {
        lines.comment(&format!(
            "{} name somebody or something else in nearly every row: there is nothing to learn.",
            list(&leads.anybody)
        ));
    }
    drop.extend(&leads.anybody);
    if !drop.is_empty() {
        lines.line(&format!("drop = {}", list(&drop)));
    }
    let stages = columns.iter().filter(|column| is_named(column, names::STAGE));
    let stages = stages.map(|c| c.name.as_str()).filter(free);
    let stages: Vec<&str> = stages.filter(|name| !drop.contains(name)).collect();
    if !stages.is_empty() {
        lines.comment(&format!(
            "{}: does sales fill this in on the way to the outcome? Then drop it, or the model",
            list(&stages)
        ));
        lines.comment("learns what it cannot know in time.");
    }
    for column in columns.iter().filter(|column| !column.name.trim().is_empty()) {
        if let Some((number, share)) = column.found.suspect.filter(|(n, _)| n.is_finite()) {
            let name = write::key(&column.name);
            lines.comment(&format!(
                "{} is {number} in {:.0} % of the rows: does it stand for missing? Then write:",
                quoted(&column.name),
                100.0 * share
            ));
            lines.comment(&format!("missing = {{ {name} = {number} }}"));
        }
    }
    persons::write_ids(lines, looked, guessed, leads);
}

fn write_events(
    lines: &mut Lines,
    events: &LookedEvents,
    guessed: &EventGuess,
    looked: &Looked,
    leads: &LeadGuess<'_>,
) {
    lines.section("[events]", "What leads did, one row an event.");
    if let Some((from, to)) = events.range {
        lines.comment(&format!("They run from {from} to {to}."));
    }
    lines.files(&events.files, "events.csv");
    for said in not_times(&events.columns) {
        lines.comment(&format!("Not read as times: {said}."));
    }
    lines.found(
        "lead",
        guessed.lead.as_deref(),
        "whose event it is; the same ids as those of the leads",
    );
    if let Some(of) = events.of_leads.as_ref().filter(|of| of.known < of.events) {
        lines.comment(&format!(
            "Of {} events {} name one of the leads; the others are left out.",
            of.events, of.known
        ));
    }
    lines.found("kind", guessed.kind.as_deref(), "what happened");
    lines.found("at", guessed.at.as_deref(), "when");
    lines.found(
        "known_at",
        guessed.known_at.as_deref(),
        "when we learnt of it; without it, at once",
    );
    lines.found("id", guessed.id.as_deref(), "the event's own id, by which a copy is known");
    let usual = EventColumns::default();
    for (key, found, usual) in [
        ("lead", &guessed.lead, usual.lead),
        ("kind", &guessed.kind, usual.kind),
        ("at", &guessed.at, usual.at),
    ] {
        if found.is_none() {
            lines.comment(&format!("Until you name it, {key} is taken from a column {usual:?}."));
        }
    }
    let set = signals::kind_named(events, names::SET);
    let attribute = column(&events.columns, names::HISTORY_ATTRIBUTE, &guessed.roles(), is_text);
    let value = column(&events.columns, names::HISTORY_VALUE, &guessed.roles(), |_| true);
    if let (Some(kind), Some(attribute), Some(value)) = (set, attribute, value) {
        let named = events.columns.iter().find(|column| column.name == attribute);
        let told = |name: &&str| {
            named.is_some_and(|column| column.samples.iter().any(|sample| sample == name))
        };
        let roles: HashSet<&str> = leads.roles().collect();
        let mut seen = HashSet::new();
        let attributes: Vec<&str> = looked
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .filter(|name| !name.trim().is_empty() && told(name) && !roles.contains(name))
            .filter(|name| seen.insert(*name))
            .collect();
        if attributes.is_empty() {
            lines.comment(
                "NOT FOUND: events of attribute changes name no column of the leads. Else:",
            );
            lines.comment(&format!(
                "history = {{ kind = {}, attributes = [\"...\"] }}",
                quoted(kind)
            ));
        } else if attribute != value {
            lines.section("[events.history]", "These events tell what attributes were, and when.");
            lines.line(&format!("kind = {}", quoted(kind)));
            lines.line(&format!("attribute = {}", quoted(attribute)));
            lines.line(&format!("value = {}", quoted(value)));
            lines.line(&format!("attributes = {}", list(&attributes)));
        }
    }
}

fn write_filters(
    lines: &mut Lines,
    events: &LookedEvents,
    guessed: &EventGuess,
    leads: &LeadGuess<'_>,
) {
    lines.section("[filters]", "Events that are noise, taken out before anything is measured.");
    if guessed.id.is_some() {
        let why =
            if events.ids_repeat { "event ids occur more than once" } else { "no copies seen" };
        lines.line(&format!("duplicates = true  # {why}"));
    } else {
        lines.line("duplicates = false  # events have no ids");
    }
    let days = |name: &Option<String>| {
        let column = events.columns.iter().find(|column| Some(&column.name) == name.as_ref());
        column.is_some_and(guess::is_of_days)
    };
    if leads.created.is_some() && days(&guessed.at) && !leads.created_on_days {
        lines.comment("before_created = true would take all events of the day on which a lead came to be: they have no");
        lines.comment("time of day, and midnight is before that. Write when they happened to the second, or leave it out.");
    } else if leads.created.is_some() {
        lines.line("before_created = true  # events before the lead existed");
    }
    if days(&guessed.known_at) && !days(&guessed.at) {
        lines.comment("future = true would take nearly all events: they are known on days without a time of day, and");
        lines.comment("midnight is before they happened. Write when they were known to the second, or leave it out.");
    } else if guessed.known_at.is_some() {
        lines.line(
            "future = true  # events known over 5 minutes before they happened: a wrong clock",
        );
    }
    let done = events.columns.iter().find(|column| is_named(column, names::DONE));
    if let Some(done) = done {
        let planned = |text: &&String| names::PLANNED_WORDS.contains(&guess::plain(text).as_str());
        let planned: Vec<&str> = done.samples.iter().filter(planned).map(String::as_str).collect();
        if !planned.is_empty() {
            let name = write::key(&done.name);
            lines.comment(
                "Activities that are planned count as if they were done. To take them out:",
            );
            lines.comment(&format!("internal = {{ {name} = {} }}", list(&planned)));
        }
    }
    let sent = signals::kind_named(events, names::SENT);
    let acts = [names::OPENED, names::CLICKED].map(|names| signals::kind_named(events, names));
    let acts: Vec<&str> = acts.into_iter().flatten().collect();
    if let (Some(sent), false) = (sent, acts.is_empty()) {
        lines.comment("Mail scanners open and click at once.");
        let acts = list(&acts);
        lines.line(&format!(
            "scanners = {{ seconds = 5, sent = [{}], acts = {acts} }}",
            quoted(sent)
        ));
    }
    lines.comment("More at once than a person does.");
    lines.line("bursts = { events = 20, seconds = 10 }");
    if let Some(ip) =
        column(&events.columns, names::IP, &guessed.roles(), |column| !is_date(column))
    {
        let samples = events.columns.iter().filter(|c| c.name == ip).flat_map(|c| &c.samples);
        let inside: Vec<&str> = ["10.*", "192.168.*"]
            .into_iter()
            .filter(|net| samples.clone().any(|ip| ip.starts_with(net.trim_end_matches('*'))))
            .collect();
        let ip = write::key(ip);
        if inside.is_empty() {
            lines.comment("Your own people, by their addresses:");
            lines.comment(&format!("internal = {{ {ip} = [\"203.0.113.*\"] }}"));
        } else {
            lines.comment("Private addresses: your own people. Add your public ones.");
            lines.line(&format!("internal = {{ {ip} = {} }}", list(&inside)));
        }
    }
}

#[cfg(test)]
mod tests;
