//! Signals to start from, for the kinds of events that were met and the columns that a reader
//! reads.

use std::collections::HashSet;

use super::guess::{self, column, is_date, is_number, is_text};
use super::names::{self, Names};
use super::roles::LeadGuess;
use super::write::{self, Lines, quoted};
use super::{EventGuess, Looked, LookedColumn, LookedEvents};

/// Kinds that get counts of their own: the most frequent ones.
const MOST_KINDS: usize = 12;
/// Types of messages that get a count of their own.
const MOST_TYPES: usize = 4;
/// What pages about prices have in their address.
const PRICING: [&str; 4] = ["pricing", "precio", "tarifa", "plans"];

/// The first kind met that is named like this.
pub(super) fn kind_named(events: &LookedEvents, names: Names) -> Option<&str> {
    names.iter().find_map(|name| {
        let named = |kind: &&(String, u64)| guess::plain(&kind.0) == **name;
        events.kinds.iter().find(named).map(|(kind, _)| kind.as_str())
    })
}

/// Signals in the making: no two of one name, none with the name of a column.
struct Signals<'l> {
    lines: &'l mut Lines,
    taken: HashSet<String>,
}

impl Signals<'_> {
    fn comment(&mut self, comment: &str) {
        self.lines.comment(comment);
    }

    fn add(&mut self, name: &str, value: &str) {
        let name = guess::plain(name);
        let name = if name.is_empty() { "signal".to_owned() } else { name };
        let mut free = name.clone();
        let mut number = 2;
        while !self.taken.insert(free.clone()) {
            free = format!("{name}_{number}");
            number += 1;
        }
        self.lines.line(&format!("{} = {{ {value} }}", write::key(&free)));
    }

    /// A signal under its usual name, or with that of its column where a column is named so.
    fn read(&mut self, name: &str, column: &str, value: &str) {
        if self.taken.contains(name) {
            self.add(&format!("{column}_{name}"), value);
        } else {
            self.add(name, value);
        }
    }
}

pub(super) fn write(
    lines: &mut Lines,
    looked: &Looked,
    leads: &LeadGuess<'_>,
    guessed: Option<&EventGuess>,
) {
    lines.section(
        "[signals]",
        "What a model is given, beside every attribute that is not dropped. Add your own.",
    );
    let taken = looked.columns.iter().map(|column| column.name.clone()).collect();
    let mut signals = Signals { lines, taken };
    of_attributes(&mut signals, &looked.columns, leads);
    if let (Some(events), Some(guessed)) = (&looked.events, guessed) {
        of_events(&mut signals, events, &guessed.roles());
    }
}

fn of_attributes(signals: &mut Signals<'_>, columns: &[LookedColumn], leads: &LeadGuess<'_>) {
    let taken: Vec<&str> = leads.roles().filter(|name| leads.account != Some(*name)).collect();
    let find = |names: Names, fits: fn(&LookedColumn) -> bool| column(columns, names, &taken, fits);
    let is_job = |column: &LookedColumn| {
        // The title of a deal names it.
        let of_deal = leads.of_deals && guess::plain(&column.name) == "title";
        is_text(column) && !of_deal && !guess::is_of_deal(column)
    };
    if let Some(title) = column(columns, names::JOB_TITLE, &taken, is_job) {
        signals.comment("Who someone is, read from the job title.");
        signals.read("seniority", title, &format!("seniority = {}", quoted(title)));
        signals.read("function", title, &format!("function = {}", quoted(title)));
    }
    if let Some(email) = leads.email {
        signals.comment("Whether an address is of a company, free, disposable or a shared one.");
        signals.read("email_kind", email, &format!("email_kind = {}", quoted(email)));
        if let Some(company) = find(names::COMPANY, is_text).filter(|name| *name != email) {
            let value = format!("same_domain = {}, company = {}", quoted(email), quoted(company));
            signals.read("email_of_company", email, &value);
        }
    }
    if let Some(phone) = leads.phone {
        signals.comment("Whether a phone number can be one.");
        let country = find(names::COUNTRY, is_text);
        let country =
            country.map_or_else(String::new, |name| format!(", country = {}", quoted(name)));
        if country.is_empty() {
            signals
                .comment("Numbers without a prefix need their country. Where it is one for all:");
            signals.comment(&format!(
                "phone_valid = {{ phone_valid = {}, in_country = \"ES\" }}",
                quoted(phone)
            ));
        }
        signals.read("phone_valid", phone, &format!("phone_valid = {}{country}", quoted(phone)));
    }
    if let Some(employees) = find(names::EMPLOYEES, |column| !is_date(column)) {
        signals.comment("The bucket of a number of employees.");
        let value = format!("company_size = {}", quoted(employees));
        signals.read("company_size", employees, &value);
    }
    if let Some(person) = leads.people.first() {
        signals.comment("Whether a name is one: asdf, test test.");
        signals.read("junk_name", person, &format!("junk = {}", quoted(person)));
    }
}

fn of_events(signals: &mut Signals<'_>, events: &LookedEvents, roles: &[&str]) {
    let set = kind_named(events, names::SET);
    let mut kinds: Vec<&(String, u64)> = events
        .kinds
        .iter()
        .filter(|(kind, _)| Some(kind.as_str()) != set && !kind.trim().is_empty() && kind != "*")
        .collect();
    // The most frequent first; names settle ties, so that one file gives one proposal.
    kinds.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    signals.comment("Of any kind: how lately, how steadily, more or less than before.");
    signals.add("days_since_last_event", "days_since_last = \"*\"");
    signals.add("active_days_30d", "active_days = \"*\", window = \"30d\"");
    signals.add("activity_decayed", "decayed = \"*\", half_life = \"14d\"");
    signals.add("activity_trend_30d", "trend = \"*\", window = \"30d\"");
    if kinds.is_empty() {
        signals.comment("NOT FOUND: no kinds of events. With them:");
        signals.comment("demo_requests_30d = { count = \"demo_request\", window = \"30d\" }");
    } else {
        signals.comment("How often.");
    }
    for (kind, count) in kinds.iter().take(MOST_KINDS) {
        signals.comment(&format!("{} ({count})", quoted(kind)));
        for window in ["7d", "30d", "90d"] {
            let value = format!("count = {}, window = {}", quoted(kind), quoted(window));
            signals.add(&format!("{kind}_{window}"), &value);
        }
    }
    if kinds.len() > MOST_KINDS {
        let left: Vec<&str> = kinds[MOST_KINDS..].iter().map(|(kind, _)| kind.as_str()).collect();
        signals.comment(&format!("Seldom, and left out: {}", write::list(&left)));
    }
    of_pages(signals, events, roles);
    of_messages(signals, events, roles);
    let purchase = kind_named(events, names::PURCHASE);
    let amount = column(&events.columns, names::AMOUNT, roles, is_number);
    if let (Some(purchase), Some(amount)) = (purchase, amount) {
        signals.comment("What was bought before: the model looks for the next purchase.");
        let value = format!("sum = {}, of = {}", quoted(amount), quoted(purchase));
        signals.add(&format!("{purchase}_{amount}"), &value);
    }
}

fn of_pages(signals: &mut Signals<'_>, events: &LookedEvents, roles: &[&str]) {
    let page = column(&events.columns, names::PAGE, roles, |column| !is_date(column));
    let (Some(view), Some(page)) = (kind_named(events, names::PAGE_VIEW), page) else { return };
    signals.comment("How much of the site.");
    let value = format!("distinct = {}, of = {}, window = \"30d\"", quoted(page), quoted(view));
    signals.add("pages_30d", &value);
    let samples = events.columns.iter().filter(|c| c.name == page).flat_map(|c| &c.samples);
    // As the data writes them: in a pattern case counts.
    let mut patterns: Vec<String> = Vec::new();
    for sample in samples {
        let lower = sample.to_ascii_lowercase();
        let word = PRICING.iter().find_map(|word| {
            let at = lower.find(word)?;
            sample.get(at..at + word.len())
        });
        let pattern = word.map(|word| format!("*{word}*"));
        patterns.extend(pattern.filter(|pattern| !patterns.contains(pattern)));
    }
    if patterns.is_empty() {
        signals.comment("NOT FOUND: no page about prices. With its address:");
        signals.comment(&format!(
            "pricing_visits_30d = {{ count = {}, where = {{ {} = \"/pricing*\" }}, window = \"30d\" }}",
            quoted(view),
            write::key(page)
        ));
        return;
    }
    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
    let value = format!(
        "count = {}, where = {{ {} = {} }}, window = \"30d\"",
        quoted(view),
        write::key(page),
        write::list(&patterns)
    );
    signals.add("pricing_visits_30d", &value);
}

fn of_messages(signals: &mut Signals<'_>, events: &LookedEvents, roles: &[&str]) {
    let sent = kind_named(events, names::SENT);
    let clicked = kind_named(events, names::CLICKED);
    let opened = kind_named(events, names::OPENED);
    if let Some(sent) = sent {
        for (name, act) in [("email_click_rate_90d", clicked), ("email_open_rate_90d", opened)] {
            let Some(act) = act else { continue };
            signals.comment(&format!("How many of {} led to {}.", quoted(sent), quoted(act)));
            let value =
                format!("ratio = {}, over = {}, window = \"90d\"", quoted(act), quoted(sent));
            signals.add(name, &value);
        }
    }
    let of_type = column(&events.columns, names::EMAIL_TYPE, roles, is_text);
    let (Some(act), Some(of_type)) = (clicked.or(opened), of_type) else { return };
    let samples = events.columns.iter().filter(|c| c.name == of_type).flat_map(|c| &c.samples);
    // A text with a wildcard would be a pattern.
    let samples = samples.filter(|text| !text.trim().is_empty() && !text.contains(['*', '?']));
    for sample in samples.take(MOST_TYPES) {
        let value = format!(
            "count = {}, where = {{ {} = {} }}, window = \"90d\"",
            quoted(act),
            write::key(of_type),
            quoted(sample)
        );
        signals.add(&format!("{act}_{sample}_90d"), &value);
    }
}
