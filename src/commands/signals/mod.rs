//! `leadscore signals`: the catalogue, what each signal looks like in the data, what the guard of training
//! finds, and the values.

mod buckets;
mod read;
mod show;

use anyhow::Result;
use leadscore_features::hint_or_list;
use leadscore_features::io::{Packing, Sheet, SheetColumn, write_sheet};
use leadscore_train::SignalData;
use rayon::prelude::*;

use crate::args::SignalsArgs;
use crate::inputs::{check_table_name, keep_apart, wrong_call};
use crate::leads::is_project;
use crate::print;
use buckets::{OfSignal, describe};
use read::Data;
pub(crate) use read::load;
use show::{Report, show};

pub(crate) fn run(args: &SignalsArgs) -> Result<()> {
    if let Some(out) = &args.out {
        keep_apart(out, [args.leads.as_path()])?;
        check_table_name(out)?;
    }
    let only: Vec<String> = args.only.iter().map(|name| name.trim().to_owned()).collect();
    let mut data = load(&args.leads, &args.outcome, args.out.as_deref(), &only)?;
    if only.iter().any(String::is_empty) {
        return Err(wrong_call(
            "--only: a name is empty; write names with commas between, or leave it out for all",
        ));
    }
    let names = || data.signals.iter().map(|signal| signal.name.as_str());
    // People know a column by its name, and signals of other names may read it.
    let readers = |column: &str| {
        let reads = |name: &&str| {
            let signal = data.catalogue.signal(name);
            signal.is_some_and(|signal| data.catalogue.columns(signal).contains(&column))
        };
        names().filter(reads).collect::<Vec<_>>()
    };
    let unknown: Vec<String> = only
        .iter()
        .filter(|name| names().all(|known| known != *name))
        .map(|name| {
            let help = match readers(name).as_slice() {
                [] if data.columns.contains(name) => {
                    format!(
                        "; that is a column, which no signal reads{}",
                        hint_or_list(name, names())
                    )
                }
                [] => hint_or_list(name, names()),
                [signal] => format!("; that is a column, which the signal {signal:?} reads"),
                signals => {
                    format!("; that is a column, which signals read: {}", signals.join(", "))
                }
            };
            format!("--only: there is no signal {name:?}{help}")
        })
        .collect();
    if !unknown.is_empty() {
        return Err(wrong_call(unknown.join("\n")));
    }
    // What is shown, and what is written.
    data.signals.retain(|signal| only.is_empty() || only.contains(&signal.name));
    let found: Vec<OfSignal> =
        data.signals.par_iter().map(|signal| describe(signal, &data)).collect();
    let snapshots = data.ids.len();
    let conversion_rate = data.labels.as_ref().map(|labels| {
        labels.iter().filter(|label| **label).count() as f64 / labels.len().max(1) as f64
    });
    let (events, left_out) = (data.events, data.left_out);
    let warnings = std::mem::take(&mut data.warnings);
    let leakage = data.leakage.take();
    let log = data.schema.events.clone();
    if let Some(out) = &args.out {
        write_sheet(out, &sheet(data), Packing::Tight)?;
    }
    let report = Report {
        file: args.leads.display().to_string(),
        snapshots,
        conversion_rate,
        left_out: left_out.map(|(left_out, _)| left_out),
        events,
        leakage,
        signals: found,
        warnings,
        out: args.out.as_ref().map(|out| out.display().to_string()),
    };
    if args.json {
        print::json(&report)
    } else {
        show(&report, left_out, log.as_ref(), is_project(&args.leads))
    }
}

/// The values, one row for each snapshot.
fn sheet(data: Data) -> Sheet {
    let dated = data.as_of.iter().any(Option::is_some);
    let mut columns = vec![("lead".to_owned(), SheetColumn::Text(data.ids))];
    if dated {
        columns.push(("as_of".to_owned(), SheetColumn::Time(data.as_of)));
    }
    if let Some(labels) = data.labels {
        columns.push(("converted".to_owned(), SheetColumn::YesNo(labels)));
    }
    for signal in data.signals {
        // A signal may be named as one of ours is.
        let taken = columns.iter().any(|(name, _)| *name == signal.name);
        let name = if taken { format!("signal_{}", signal.name) } else { signal.name };
        let column = match signal.data {
            SignalData::Number(numbers) => SheetColumn::Number(numbers),
            SignalData::Category { codes, names, .. } => SheetColumn::Text(
                codes
                    .iter()
                    .map(|code| names.get(*code as usize).cloned().unwrap_or_default())
                    .collect(),
            ),
        };
        columns.push((name, column));
    }
    Sheet { columns }
}
