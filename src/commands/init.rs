//! `leadscore init`: looks at files and writes a leadscore.toml to start from.

use std::path::{Component, Path, PathBuf};

use anyhow::Result;
use leadscore_features::Table;
use leadscore_features::io::{Survey, look_at_files, write_atomic};
use leadscore_features::project::Project;
use leadscore_features::project::propose::{
    EventsOfLeads, Looked, LookedColumn, guess_lead_id, not_times, propose,
};
use serde::Serialize;

use crate::args::InitArgs;
use crate::inputs::{load_table, wrong_call};
use crate::leads::Joins;
use crate::print::{self, line, plural, wrap};

#[derive(Serialize)]
struct Report {
    out: String,
    lead_columns: usize,
    kinds: usize,
    signals: usize,
    /// Events that name a lead.
    events: Option<u64>,
    /// Those of them that name one of the leads.
    events_of_leads: Option<u64>,
    /// What the file still needs, where something was not found.
    open: Vec<String>,
}

pub(crate) fn run(args: &InitArgs) -> Result<()> {
    if args.out.exists() {
        return Err(wrong_call(format!(
            "{} is there already; remove it, or name another with --out",
            args.out.display()
        )));
    }
    let folder = args.out.parent().unwrap_or(Path::new(""));
    let leads = relative(&args.leads, folder);
    let events = args.events.as_ref().map(|events| (events.as_path(), relative(events, folder)));
    let table = load_table(&args.leads)?;
    let looked = look_at_files(
        (&table, &leads),
        events.as_ref().map(|(path, name)| (*path, name.as_str())),
    )?;
    let text = propose(&looked);
    write_atomic(&args.out, |out| out.write_all(text.as_bytes()))?;
    let out = args.out.display().to_string();
    let (signals, mut open) = match Project::parse(&out, &text) {
        Ok(project) => (project.signals.len(), lacking(&project, folder, table)),
        // A file that cannot be used yet says itself what it needs.
        Err(error) => (0, error.mistakes.iter().map(|m| m.message.clone()).collect()),
    };
    let Looked { columns, events, .. } = &looked;
    let of_events = args.events.as_ref().zip(events.as_ref().map(|of| &of.columns));
    for (file, columns) in [Some((&args.leads, columns)), of_events].into_iter().flatten() {
        let said = not_times(columns).into_iter();
        open.extend(said.map(|said| format!("times in {}, {said}", file.display())));
    }
    let of_leads = events.as_ref().and_then(|events| events.of_leads.as_ref());
    if let Some(said) = of_leads.and_then(|of| said_of_leads(of, columns)) {
        print::say(&said);
    }
    let report = Report {
        out,
        lead_columns: columns.len(),
        kinds: events.as_ref().map_or(0, |events| events.kinds.len()),
        signals,
        events: of_leads.map(|of| of.events),
        events_of_leads: of_leads.map(|of| of.known),
        open,
    };
    if args.json { print::json(&report) } else { show(&report) }
}

/// A warning where most events are of no lead that is known.
fn said_of_leads(of: &EventsOfLeads, leads: &[LookedColumn]) -> Option<String> {
    let id = guess_lead_id(leads).and_then(|id| leads.iter().find(|column| column.name == id));
    let joins = Joins {
        what: "event",
        of_table: false,
        of_leads: of.known as usize,
        of_no_lead: (of.events - of.known) as usize,
        unknown: of.unknown.iter().map(|id| (id.as_str(), of.nearly)).collect(),
        first_id: id.and_then(|id| id.samples.first()).map(String::as_str),
    };
    joins.said()
}

/// What a project needs to be trained on, and has not.
fn lacking(project: &Project, folder: &Path, leads: Table) -> Vec<String> {
    let needs = [
        (project.observed_until.is_none(), "up to when the files tell all (observed_until)"),
        (project.leads.created.is_none(), "when leads came to be (created in [leads])"),
        (project.outcomes.is_none(), "when leads converted ([outcomes])"),
    ];
    let needs = needs.iter().filter(|(lacks, _)| *lacks).map(|(_, what)| (*what).to_owned());
    let mut open: Vec<String> = needs.collect();
    // A column that was not found is written by its usual name, which may not be there.
    if let Err(found) = Survey::of_leads(project, folder, leads).check(Vec::new()) {
        let mistakes = found.project.into_iter().flat_map(|found| found.mistakes);
        open.extend(mistakes.map(|found| format!("line {}: {}", found.at.line, found.message)));
        open.extend(found.files.iter().map(|error| error.to_string().replace("\n  ", "; ")));
    }
    open
}

fn show(report: &Report) -> Result<()> {
    line(wrap(
        &format!(
            "Wrote {}: {} of leads, {} of events, {}. Every line says why it is there; read it \
             before you trust it.",
            report.out,
            plural(report.lead_columns, "column"),
            plural(report.kinds, "kind"),
            plural(report.signals, "signal")
        ),
        0,
    ))?;
    if report.open.is_empty() {
        line(format!("\nThen:\n  leadscore signals {0}\n  leadscore train {0}", report.out))
    } else {
        line("\nIt still needs:")?;
        for open in &report.open {
            line(wrap(&format!("  {open}"), 4))?;
        }
        Ok(())
    }
}

/// A path as it is written in a project file that stands in a folder: relative to it where both
/// are below one folder, with `/` between.
fn relative(path: &Path, folder: &Path) -> String {
    let full = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let (path, folder) = (plain(&full(path)), plain(&full(here)));
    let common = path.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().count() - common;
    // Nothing but the root in common: a relative path would only be longer.
    if common <= 1 && up > 0 {
        return path.to_string_lossy().replace('\\', "/");
    }
    let mut parts: Vec<String> = vec!["..".to_owned(); up];
    parts.extend(
        path.components().skip(common).map(|part| part.as_os_str().to_string_lossy().into_owned()),
    );
    parts.join("/")
}

/// A path without `.` and, where that is sure, `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_project() {
        let of = |path: &str, folder: &str| relative(Path::new(path), Path::new(folder));
        assert_eq!(of("/a/b/leads.csv", "/a/b"), "leads.csv");
        assert_eq!(of("/a/b/data/leads.csv", "/a/b"), "data/leads.csv");
        assert_eq!(of("/a/leads.csv", "/a/b"), "../leads.csv");
        assert_eq!(of("leads.csv", ""), "leads.csv");
        assert_eq!(of("./x/../leads.csv", ""), "leads.csv");
        assert_eq!(of("/x/leads.csv", "/a/b"), "/x/leads.csv");
    }
}
