//! Which leads are one person (`same_person`), and other ids of leads (`[[ids]]`): by an address, or by the browser
//! that events name too.

use super::guess::{self, column, is_date};
use super::names::{self, Names};
use super::roles::LeadGuess;
use super::write::{Lines, list, quoted};
use super::{EventGuess, Looked, LookedColumn};

pub(super) fn write(lines: &mut Lines, looked: &Looked, leads: &LeadGuess<'_>) {
    let roles: Vec<&str> = leads.roles().collect();
    let email = leads.email.filter(|email| !roles.contains(email));
    match email {
        Some(email) if leads.of_deals => {
            lines.comment("Deals of one person stay deals of their own. Were they one lead:");
            lines.comment(&format!("same_person = [{}]", quoted(email)));
        }
        Some(email) => {
            lines.comment("Two leads with one address are one person.");
            lines.line(&format!("same_person = [{}]", quoted(email)));
        }
        None => {}
    }
    let by_visitor = in_both(looked, leads, names::VISITOR);
    if let (Some((visitor, of_events)), false) = (by_visitor, leads.of_deals) {
        lines.comment(&format!(
            "Leads have {} and events {}, the id of a browser. Leads of one browser are one person, where",
            quoted(visitor),
            quoted(of_events)
        ));
        lines.comment("computers are not shared; the events of each are then those of one lead:");
        let all: Vec<&str> = email.into_iter().chain([visitor]).collect();
        lines.comment(&format!("same_person = {}", list(&all)));
    }
}

/// Other ids of leads that events name, at the end of the section: what is written is a section of its own.
pub(super) fn write_ids(
    lines: &mut Lines,
    looked: &Looked,
    guessed: Option<&EventGuess>,
    leads: &LeadGuess<'_>,
) {
    let in_both = [names::EMAIL, names::VISITOR].map(|names| in_both(looked, leads, names));
    let whose = guessed.and_then(|guessed| guessed.lead.as_deref());
    for (of_leads, of_events) in in_both.into_iter().flatten() {
        lines.comment(&format!(
            "Events can name leads by {} too, as leads have {} beside the id. To join them by that,",
            quoted(of_events),
            quoted(of_leads)
        ));
        lines.comment(&match whose == Some(of_events) {
            true => "write:".to_owned(),
            false => format!("say lead = {} in [events], and write:", quoted(of_events)),
        });
        let files: Vec<&str> = looked.files.iter().map(String::as_str).collect();
        for line in [
            "[[ids]]".to_owned(),
            format!("files = {}", list(&files)),
            format!("id = {}", quoted(of_leads)),
            format!("lead = {}", quoted(leads.id)),
        ] {
            lines.comment(&line);
        }
    }
}

/// A key that leads and events have beside the ids of leads: its column of each.
fn in_both<'a>(
    looked: &'a Looked,
    leads: &LeadGuess<'_>,
    names: Names,
) -> Option<(&'a str, &'a str)> {
    let roles: Vec<&str> = leads.roles().collect();
    let events = &looked.events.as_ref()?.columns;
    let fits = |column: &LookedColumn| !is_date(column) && !guess::is_of_seller(column);
    Some((column(&looked.columns, names, &roles, fits)?, column(events, names, &[], fits)?))
}
