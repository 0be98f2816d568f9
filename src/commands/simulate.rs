//! `leadscore simulate`: a simulation's leads, events, outcomes and truth to files. Leads are made
//! and written chunk by chunk, so that memory does not grow with their number.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use leadscore_features::Time;
use leadscore_features::io::{Packing, Sheet, SheetColumn, SheetWriter, write_atomic};
use leadscore_simulate::{
    Event, Lead, LeadId, Origin, Outcome, SimulatedLead, Simulation, TruthRow,
};
use rayon::prelude::*;
use serde::Serialize;

use crate::args::{EventFormat, SimulateArgs};
use crate::commands::train::{progress_bar, rayon_pool};
use crate::inputs::wrong_call;
use crate::print::{self, line, percent, plural};

/// Leads that are held in memory at a time: about a quarter of a million events, a row group.
const CHUNK: u64 = 10_000;
const CONFIGURATION: &str = "leadscore.toml";
/// Every file that a call may write.
const FILES: [&str; 6] =
    ["leads.csv", "events.parquet", "events.csv", "outcomes.csv", "truth.csv", CONFIGURATION];

/// A lead, with its row of truth.
type Made = (SimulatedLead, Option<TruthRow>);

/// What was written.
#[derive(Debug, Default, Serialize)]
struct Summary {
    folder: String,
    files: Vec<&'static str>,
    seed: u64,
    leads: usize,
    converted: usize,
    closed: usize,
    /// Neither, by the end of observation.
    open: usize,
    events: usize,
    /// Events that are noise, by what made them.
    noise: BTreeMap<&'static str, usize>,
    /// Leads with a row of truth.
    truth: usize,
}

pub(crate) fn run(args: &SimulateArgs) -> Result<()> {
    for name in FILES {
        let path = args.out.join(name);
        if path.symlink_metadata().is_ok() {
            return Err(wrong_call(format!(
                "{} is there already; name another folder with --out, or remove it first",
                path.display()
            )));
        }
    }
    if args.out.exists() && !args.out.is_dir() {
        return Err(wrong_call(format!("--out is {}, which is no folder", args.out.display())));
    }
    let pool = rayon_pool(args.threads)?;
    fs::create_dir_all(&args.out)
        .with_context(|| format!("{}: cannot be created", args.out.display()))?;
    let summary = pool.install(|| write(args))?;
    if args.json {
        return print::json(&summary);
    }
    line(format!("{}, {}", plural(summary.leads, "lead"), plural(summary.events, "event"),))?;
    let share = |part: usize| percent(part as f64 / summary.leads as f64);
    line(format!(
        "{} converted ({}), {} were closed otherwise, {} are open",
        print::count(summary.converted),
        share(summary.converted),
        print::count(summary.closed),
        print::count(summary.open),
    ))?;
    line(format!("\nWrote {} to {}", summary.files.join(", "), summary.folder))
}

fn write(args: &SimulateArgs) -> Result<Summary> {
    let simulation = Simulation::new(args.leads, args.seed);
    let events = match args.format {
        EventFormat::Parquet => "events.parquet",
        EventFormat::Csv => "events.csv",
    };
    let open =
        |name: &str, like: &Sheet| SheetWriter::open(&args.out.join(name), like, Packing::Tight);
    let mut to_leads = open("leads.csv", &leads(&[]))?;
    let mut to_events = open(events, &events_of(&[]))?;
    let mut to_outcomes = open("outcomes.csv", &outcomes(&[]))?;
    let mut to_truth = if args.no_truth { None } else { Some(open("truth.csv", &truth(&[]))?) };
    let mut summary = Summary { seed: args.seed, ..Summary::default() };
    let bar = progress_bar();
    bar.set_length(args.leads);
    bar.set_message("simulating leads");
    let mut first = 0;
    while first < args.leads {
        let end = (first + CHUNK).min(args.leads);
        let made: Vec<Made> = (first..end)
            .into_par_iter()
            .map(|index| {
                let lead = simulation.lead(index);
                let truth = if args.no_truth { None } else { simulation.snapshot_truth(&lead) };
                (lead, truth)
            })
            .collect();
        summary.add(&made);
        to_leads.write(&leads(&made))?;
        to_outcomes.write(&outcomes(&made))?;
        if let Some(to_truth) = &mut to_truth {
            to_truth.write(&truth(&made))?;
        }
        let mut chunk: Vec<&Event> = made.iter().flat_map(|(lead, _)| &lead.events).collect();
        // As a real log is written: by time, whoever it was.
        chunk.par_sort_by_key(|event| (event.at, event.known_at));
        to_events.write(&events_of(&chunk))?;
        first = end;
        bar.set_position(end);
    }
    bar.finish_and_clear();
    to_leads.finish()?;
    to_events.finish()?;
    to_outcomes.finish()?;
    summary.files = vec!["leads.csv", events, "outcomes.csv"];
    if let Some(to_truth) = to_truth {
        to_truth.finish()?;
        summary.files.push("truth.csv");
    }
    write_atomic(&args.out.join(CONFIGURATION), |out| {
        out.write_all(simulation.configuration(events).as_bytes())
    })?;
    summary.files.push(CONFIGURATION);
    summary.folder = args.out.display().to_string();
    Ok(summary)
}

impl Summary {
    fn add(&mut self, made: &[Made]) {
        for (lead, truth) in made {
            let Outcome { converted_at, closed_at } = lead.outcome;
            self.leads += 1;
            self.converted += usize::from(converted_at.is_some());
            self.closed += usize::from(closed_at.is_some());
            self.open += usize::from(lead.outcome.ended_at().is_none());
            self.events += lead.events.len();
            self.truth += usize::from(truth.is_some());
            for event in &lead.events {
                if Origin::NOISE.contains(&event.origin) {
                    *self.noise.entry(event.origin.as_str()).or_default() += 1;
                }
            }
        }
    }
}

fn leads(made: &[Made]) -> Sheet {
    let text = |of: &dyn Fn(&Lead) -> String| {
        SheetColumn::Text(made.iter().map(|(lead, _)| of(&lead.lead)).collect())
    };
    let number = |of: &dyn Fn(&Lead) -> Option<f64>| {
        let cells = made.iter().map(|(lead, _)| of(&lead.lead).unwrap_or(f64::NAN));
        SheetColumn::Number(cells.collect())
    };
    let known = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let created = made.iter().map(|(lead, _)| Some(lead.lead.created_at)).collect();
    sheet([
        ("lead_id", text(&|lead| lead.lead_id.to_string())),
        ("account", text(&|lead| lead.account.clone())),
        ("created_at", SheetColumn::Time(created)),
        ("name", text(&|lead| lead.name.clone())),
        ("job_title", text(&|lead| known(lead.job_title.as_deref()))),
        ("company", text(&|lead| known(lead.company.as_deref()))),
        ("industry", text(&|lead| known(lead.industry))),
        ("employees", number(&|lead| lead.employees.map(f64::from))),
        ("country", text(&|lead| lead.country.to_owned())),
        ("email", text(&|lead| lead.email.clone())),
        ("phone", text(&|lead| known(lead.phone.as_deref()))),
        ("source", text(&|lead| lead.source.to_string())),
        ("budget", text(&|lead| known(lead.budget))),
        ("optional_fields", number(&|lead| Some(f64::from(lead.optional_fields)))),
        ("age", number(&|lead| lead.age.map(f64::from))),
        ("lifecycle", text(&|lead| lead.lifecycle.to_owned())),
        ("contract_value", number(&|lead| lead.contract_value)),
        ("closing_call_minutes", number(&|lead| lead.closing_call_minutes.map(f64::from))),
        ("won_reason", text(&|lead| known(lead.won_reason))),
    ])
}

fn outcomes(made: &[Made]) -> Sheet {
    let time = |of: &dyn Fn(&Outcome) -> Option<Time>| {
        SheetColumn::Time(made.iter().map(|(lead, _)| of(&lead.outcome)).collect())
    };
    sheet([
        ("lead_id", ids(made.iter().map(|(lead, _)| lead.lead.lead_id))),
        ("converted_at", time(&|outcome| outcome.converted_at)),
        ("closed_at", time(&|outcome| outcome.closed_at)),
    ])
}

fn truth(made: &[Made]) -> Sheet {
    let rows: Vec<&TruthRow> = made.iter().filter_map(|(_, truth)| truth.as_ref()).collect();
    let converted = |row: &&TruthRow| match row.converted {
        Some(true) => "yes".to_owned(),
        Some(false) => "no".to_owned(),
        None => String::new(),
    };
    sheet([
        ("lead_id", ids(rows.iter().map(|row| row.lead_id))),
        ("as_of", SheetColumn::Time(rows.iter().map(|row| Some(row.as_of)).collect())),
        ("probability", SheetColumn::Number(rows.iter().map(|row| row.probability).collect())),
        ("best", SheetColumn::Number(rows.iter().map(|row| row.best).collect())),
        ("converted", SheetColumn::Text(rows.iter().map(converted).collect())),
    ])
}

fn events_of(events: &[&Event]) -> Sheet {
    let text = |of: &(dyn Fn(&Event) -> String + Sync)| {
        SheetColumn::Text(events.par_iter().map(|event| of(event)).collect())
    };
    let number = |of: &dyn Fn(&Event) -> Option<f64>| {
        SheetColumn::Number(events.iter().map(|event| of(event).unwrap_or(f64::NAN)).collect())
    };
    let time = |of: &dyn Fn(&Event) -> Time| {
        SheetColumn::Time(events.iter().map(|event| Some(of(event))).collect())
    };
    let known = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let shown = |value: Option<String>| value.unwrap_or_default();
    sheet([
        ("lead_id", text(&|event| event.lead_id.to_string())),
        ("kind", text(&|event| event.kind.as_str().to_owned())),
        ("at", time(&|event| event.at)),
        ("known_at", time(&|event| event.known_at)),
        ("event_id", text(&|event| event.event_id.to_string())),
        ("page", text(&|event| known(event.page))),
        ("depth", number(&|event| event.depth.map(f64::from))),
        ("email_type", text(&|event| known(event.email_type.map(|email| email.as_str())))),
        ("channel", text(&|event| known(event.channel))),
        ("value", number(&|event| event.value)),
        ("ip", text(&|event| shown(event.ip.map(|ip| ip.to_string())))),
        ("message", text(&|event| shown(event.message.map(|message| message.to_string())))),
        ("attribute", text(&|event| known(event.attribute))),
        ("to", text(&|event| shown(event.to.clone()))),
    ])
}

fn ids(ids: impl Iterator<Item = LeadId>) -> SheetColumn {
    SheetColumn::Text(ids.map(|id| id.to_string()).collect())
}

fn sheet<const N: usize>(columns: [(&str, SheetColumn); N]) -> Sheet {
    Sheet { columns: columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect() }
}
