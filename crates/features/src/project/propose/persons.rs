//! `same_person`: which leads are one person, by an address or by the browser that events name too.

use super::guess::{self, column, is_date};
use super::names::{self, Names};
use super::roles::LeadGuess;
use super::write::{Lines, list, quoted};
use super::{EventGuess, Looked, LookedColumn};

pub(super) fn write(
    lines: &mut Lines,
    looked: &Looked,
    guessed: Option<&EventGuess>,
    leads: &LeadGuess<'_>,
) {
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
    let events = looked.events.as_ref().map_or(&[][..], |events| &events.columns);
    // A key that leads and events have beside the ids of leads: its column of each.
    let in_both = |names: Names| {
        let fits = |column: &LookedColumn| !is_date(column) && !guess::is_of_seller(column);
        Some((column(&looked.columns, names, &roles, fits)?, column(events, names, &[], fits)?))
    };
    let (by_email, by_visitor) = (in_both(names::EMAIL), in_both(names::VISITOR));
    if let Some((visitor, of_events)) = by_visitor.filter(|_| !leads.of_deals) {
        lines.comment(&format!(
            "Leads have {} and events {}, the id of a browser. Leads of one browser are one person, where",
            quoted(visitor),
            quoted(of_events)
        ));
        lines.comment("computers are not shared; the events of each are then those of one lead:");
        let all: Vec<&str> = email.into_iter().chain([visitor]).collect();
        lines.comment(&format!("same_person = {}", list(&all)));
    }
    let whose = guessed.and_then(|guessed| guessed.lead.as_deref());
    for (of_leads, of_events) in by_email.into_iter().chain(by_visitor) {
        lines.comment(&format!(
            "Events can name leads by {} too, as leads have {} beside the id. To join them by that:",
            quoted(of_events),
            quoted(of_leads)
        ));
        if whose != Some(of_events) {
            lines.comment(&format!("lead = {} in [events], and", quoted(of_events)));
        }
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
