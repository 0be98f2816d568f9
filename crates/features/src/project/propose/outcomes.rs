//! `[outcomes]`: when leads converted or were closed, by one column each, or by one and what stands
//! beside it.

use super::LookedColumn;
use super::decided::Decided;
use super::guess::{is_date, is_named};
use super::names;
use super::roles::{LeadGuess, Why};
use super::write::{Lines, list, quoted};

pub(super) fn write(lines: &mut Lines, columns: &[LookedColumn], leads: &LeadGuess<'_>) {
    let either_way = leads.closed.is_some_and(|closed| {
        columns.iter().any(|c| c.name == closed && is_named(c, names::CLOSED_EITHER_WAY))
    });
    match leads.converted {
        None if let Some(decided) = &leads.decided => write_decided(lines, decided),
        Some(converted) => {
            lines.section(
                "[outcomes]",
                "Columns of the leads. A file of its own: files = [...] and lead = \"...\".",
            );
            lines.pair("converted", converted, "when the lead converted; empty: it did not");
            lines.found(
                "closed",
                leads.closed,
                "when the lead was closed otherwise; it is not open after that",
            );
            if either_way {
                lines.comment("Is it filled in for deals that were won too? That does no harm. Where open deals have a date");
                lines.comment("to come in it that moves with time, leave it out.");
            }
        }
        None => {
            lines.blank();
            lines.comment("NOT FOUND: no column of the leads says when a lead converted. Name it, or the file that has it:");
            for line in [
                "[outcomes]",
                "files = [\"outcomes.csv\"]",
                "lead = \"lead_id\"",
                "converted = \"converted_at\"",
            ] {
                lines.comment(line);
            }
            let dates = columns.iter().filter(|c| is_date(c) && !c.name.trim().is_empty());
            let dates: Vec<&str> = dates.map(|c| c.name.as_str()).collect();
            let could: Vec<&str> =
                dates.iter().copied().filter(|name| leads.created != Some(*name)).collect();
            if !could.is_empty() {
                lines.comment(&format!("Columns of dates that could be it: {}.", list(&could)));
            }
            if let (true, Some(closed)) = (either_way, leads.closed) {
                lines.comment(&format!(
                    "{} may be when deals were closed, won or lost: then make a column of those that were won.",
                    quoted(closed)
                ));
            }
            if let Some((flag, _)) = leads.outcome.iter().find(|(_, why)| *why == Why::Outcome) {
                lines.comment(&format!(
                    "{} says whether, not when. With that alone: leadscore train FILE --target ...",
                    quoted(flag)
                ));
            }
        }
    }
}

/// An outcome of a date and what stands beside it.
fn write_decided(lines: &mut Lines, decided: &Decided<'_>) {
    lines.section(
        "[outcomes]",
        "Columns of the leads. A file of its own: files = [...] and lead = \"...\".",
    );
    lines.pair("converted", decided.at, "when the lead was closed, which of those that won is");
    lines.line(&format!("won = {}  # the rows in which that is so", decided.won.written()));
    match &decided.lost {
        Some(lost) => {
            lines.pair("closed", decided.at, "when the lead was closed otherwise");
            lines.line(&format!("lost = {}", lost.written()));
        }
        None => {
            lines.comment(
                "NOT FOUND: which leads were lost. A lead that is closed is not open after that:",
            );
            lines.comment(&format!("closed = {}", quoted(decided.at)));
            lines.comment("lost = { stage = \"...\" }");
        }
    }
}
