//! What `leadscore train` says of a model: its data, its figures, and what to doubt.

use anyhow::Result;
use leadscore_features::events::{EventLog, FilterCounts};
use leadscore_features::{Role, Time};
use leadscore_model::Bundle;
use leadscore_model::bundle::{
    Doubt, FoldRule, LeftOut, ShapeRecord, SnapshotRecord, SplitRule, Training, repeats,
};
use leadscore_model::evaluate::Auc;
use leadscore_model::words::shell_list;

use super::figures::{
    added, drift, folds, lift, metrics, monotone, rules, shift_text, strengths, towards,
};
use super::leakage::leakage;
use crate::print::{self, Align, count, line, percent, plural, verb, wrap};

/// What the model was trained on, and, where `each` is set, what each column was taken for.
pub(crate) fn columns(bundle: &Bundle, each: bool) -> Result<()> {
    let training = &bundle.training;
    let data = &training.data;
    let rows = data.rows - data.left_out;
    let rate = training.target.conversions as f64 / rows.max(1) as f64;
    match &training.snapshots {
        Some(record) => made_of(training, record, bundle.schema.events.as_ref(), rate)?,
        None => {
            line(format!(
                "{}: {}, {}",
                data.file,
                plural(data.rows, "row"),
                plural(training.columns.len(), "column")
            ))?;
            line(wrap(
                &format!(
                    "{} = {}: {} converted ({}){}{}",
                    training.target.column,
                    training.target.positive,
                    plural(training.target.conversions, "row"),
                    percent(rate),
                    match data.of_other_outcomes() {
                        0 => String::new(),
                        other =>
                            format!("; {} with another outcome left out", plural(other, "row")),
                    },
                    if data.repeated > 0 {
                        format!("; {} an earlier one", repeats(data.repeated))
                    } else {
                        String::new()
                    },
                ),
                2,
            ))?;
            if let Some(weights) = &data.weights {
                let said = weights.in_words(&weights.column, rows);
                line(wrap(
                    &format!(
                        "{said} All figures below but the numbers of leads are by weight, the won of a tenth too."
                    ),
                    2,
                ))?;
            }
        }
    }
    doubt(training, |of| matches!(of, Doubt::Repeats { .. }))?;
    if !each {
        return Ok(());
    }
    let rows = training
        .columns
        .iter()
        .map(|column| {
            let mut notes = column.notes.clone();
            if let Some(distinct) = column.distinct.filter(|_| column.kind == "category") {
                notes.insert(0, plural(distinct, "value"));
            }
            vec![
                column.name.clone(),
                column.kind.clone(),
                percent(column.filled),
                if column.used { "yes" } else { "no" }.to_owned(),
                notes.join("; "),
            ]
        })
        .collect();
    let header = [
        ("Column", Align::Left),
        ("Kind", Align::Left),
        ("Filled", Align::Right),
        ("Used", Align::Left),
        ("Notes", Align::Left),
    ];
    line(format!("\n{}", print::table(&header, rows)))
}

/// How snapshots were made, and what was left out of them and of the events.
fn made_of(
    training: &Training,
    record: &SnapshotRecord,
    log: Option<&EventLog>,
    rate: f64,
) -> Result<()> {
    line(wrap(
        &format!(
            "{}: {}, {} ({}), {} converted within {} ({})",
            training.data.file,
            plural(record.leads, "lead"),
            plural(training.data.rows, "snapshot"),
            record.at,
            count(training.target.conversions),
            record.horizon,
            percent(rate)
        ),
        2,
    ))?;
    if let Some(said) = said_of_left_out(&record.left_out, record.observed_until) {
        line(wrap(&said, 2))?;
    }
    if let Some(log) = log {
        if let Some(said) = said_of_events(&record.events, log) {
            line(wrap(&said, 2))?;
        }
        if let Some(said) = said_of_copies(&record.events, log) {
            print::say(&said);
        }
    }
    for found in &record.untold {
        print::say(&format!("warning: {}", found.in_words()));
    }
    if !record.static_attributes.is_empty() {
        line(wrap(
            &format!(
                "Static: only today's value is known of {}. Where it changed with the deal, the \
                 model learns from the future.",
                record.static_attributes.join(", ")
            ),
            2,
        ))?;
    }
    Ok(())
}

/// What was left out of the snapshots, and why; `until` is up to when outcomes are known.
pub(crate) fn said_of_left_out(left_out: &LeftOut, until: Time) -> Option<String> {
    let reasons = [
        (left_out.converted, "converted by then".to_owned()),
        (left_out.closed, "closed by then".to_owned()),
        (
            left_out.horizon_open,
            format!(
                "end after {until} ({} of them converted already)",
                count(left_out.horizon_open_converted)
            ),
        ),
        (left_out.not_created, "before the lead existed".to_owned()),
        (left_out.without_created, "without a creation time".to_owned()),
    ];
    let said: Vec<String> = reasons
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, why)| format!("{} {why}", count(*number)))
        .collect();
    (!said.is_empty()).then(|| format!("Snapshots left out: {}", said.join(", ")))
}

/// What was counted of the events, and what the cut and the filters took.
pub(crate) fn said_of_events(events: &FilterCounts, log: &EventLog) -> Option<String> {
    let says_ids = log.columns.id.is_some();
    let taken: Vec<String> = events
        .of(&log.filters)
        .map(|(filter, taken)| match (filter, taken) {
            ("duplicates", 0) if !says_ids => {
                "second copies are not known, as no column is named as the id of events".to_owned()
            }
            _ => format!("{filter} took {}", count(taken as usize)),
        })
        .collect();
    (events.kept + events.later > 0 || events.named().iter().any(|(_, taken)| *taken > 0)).then(|| {
        format!(
            "Events of these leads, as of the last snapshot of each: {} counted, {} after the moment or not known by then{}{}",
            count(events.kept as usize),
            count(events.later as usize),
            if taken.is_empty() { "" } else { "; " },
            taken.join(", ")
        )
    })
}

/// Of fewer events nothing is said.
const FEW_EVENTS: u64 = 100;

/// Warns where what is named as the id of events seems to be none: one that so many share, or that
/// events of several kinds do.
pub(crate) fn said_of_copies(events: &FilterCounts, log: &EventLog) -> Option<String> {
    let column = log.columns.id.as_ref().filter(|_| log.filters.duplicates)?;
    let taken: u64 = events.named().iter().map(|(_, taken)| taken).sum();
    let all = events.kept + taken;
    let many = 3 * events.duplicates > all && all > FEW_EVENTS && !events.of_copied_files;
    let kinds = events.copies_of_another_kind;
    (many || kinds > 0).then(|| {
        let differ = match kinds {
            0 => String::new(),
            1 => ", 1 of them of another kind than the first with its id".to_owned(),
            _ => format!(", {} of them of another kind than the first with their id", count(kinds as usize)),
        };
        format!(
            "warning: {column:?} is named as the id of events, and by it {} of {} were taken for second \
             copies{differ}: if it is no id, leave `id` out of [events], or name another column",
            count(events.duplicates as usize),
            plural(all as usize, "event")
        )
    })
}

/// What leaving sensitive attributes out would cost.
fn sensitive(training: &Training) -> Result<()> {
    let Some(found) = &training.sensitive else { return Ok(()) };
    let names: Vec<&str> = found.columns.iter().map(|column| column.name.as_str()).collect();
    let auc = |auc: Option<Auc>| auc.map_or("-".to_owned(), |auc| format!("{:.4}", auc.value));
    line("")?;
    line(wrap(
        &format!(
            "Sensitive: {}. Without {}, AUC on the held-out rows is {} instead of {}, log loss \
             {:.4} instead of {:.4}: --drop {}",
            found
                .columns
                .iter()
                .map(|column| format!("{} ({})", column.name, column.why))
                .collect::<Vec<_>>()
                .join(", "),
            if names.len() == 1 { "it" } else { "them" },
            auc(found.without.auc),
            auc(training.evaluation.auc),
            found.without.log_loss,
            training.evaluation.log_loss,
            shell_list(names.iter().copied())
        ),
        2,
    ))
}

/// What the model reached.
pub(crate) fn summary(bundle: &Bundle) -> Result<()> {
    let training = &bundle.training;
    let split = &training.split;
    let how = match &split.rule {
        SplitRule::Newest { by, from } if by == "@row" => format!("the newest, from {from} on"),
        SplitRule::Newest { by, from } => format!("the newest by {by}, from {from} on"),
        SplitRule::Stratified { seed } => format!("at random, seed {seed}"),
    };
    let evaluation = &training.evaluation;
    line("")?;
    line(wrap(
        &format!(
            "Held out: {} ({how}), {} converted ({})",
            plural(split.held_out_rows, "row"),
            count(split.held_out_conversions),
            percent(split.held_out_conversions as f64 / split.held_out_rows.max(1) as f64),
        ),
        2,
    ))?;
    if split.straddling_rows > 0 {
        let accounts = bundle.schema.with_role(Role::Account).is_some();
        let together = if accounts { "accounts" } else { "leads" };
        line(wrap(
            &format!(
                "  {} of {together} that are also among the newest {} in neither part",
                plural(split.straddling_rows, "older row"),
                verb(split.straddling_rows, "is", "are")
            ),
            2,
        ))?;
    }
    if split.rate_rows > 0 {
        line(wrap(
            &format!(
                "  {} before them {} in neither part: the base rate was read from {}",
                plural(split.rate_rows, "row"),
                verb(split.rate_rows, "is", "are"),
                verb(split.rate_rows, "it", "them")
            ),
            2,
        ))?;
    }
    if split.gap_rows > 0 {
        line(wrap(
            &format!(
                "  {} less than one horizon before {} in neither part: {} outcome was not known then",
                plural(split.gap_rows, "snapshot"),
                verb(split.gap_rows, "is", "are"),
                verb(split.gap_rows, "its", "their")
            ),
            2,
        ))?;
    }
    doubt(training, |of| matches!(of, Doubt::HeldOut { .. }))?;
    line("")?;
    metrics(evaluation)?;
    folds(training)?;
    lift(evaluation)?;
    rules(training)?;
    strengths(training)?;
    monotone(training)?;
    towards(training)?;
    added(training)?;
    leakage(training)?;
    sensitive(training)?;
    copies(training)?;
    shape(training)?;
    let penalty = &training.penalty;
    let chosen = match (penalty.folds, penalty.by) {
        (0, _) => "as given".to_owned(),
        (folds, FoldRule::Random) => {
            format!("chosen by {folds}-fold cross-validation on the training rows")
        }
        (folds, FoldRule::Forward) => format!(
            "chosen on {folds} blocks of time of the training rows, each by what came before it"
        ),
    };
    let fit = &training.served_fit;
    line("")?;
    line(wrap(
        &format!(
            "{} {}, {chosen}. Refitted on all rows by {}: {}, gradient {:.0e} a row.",
            if training.shape.is_some() { "Strengths learnt, times" } else { "Penalty l2 =" },
            short(penalty.l2),
            fit.solver,
            plural(fit.slots, "slot"),
            fit.gradient
        ),
        0,
    ))?;
    if fit.gradient > 1e-8 {
        warning("the solver stopped before the minimum; the default solver reaches it")?;
    }
    if let Some(sure) = &training.uncertainty {
        line(wrap(&sure.in_words(training.target.conversions), 2))?;
    }
    let bands = bundle.bands;
    line(wrap(
        &format!(
            "Bands: hot from {}, which a tenth of the held-out leads reach; warm from {}, which three \
             tenths reach.",
            percent(bands.hot),
            percent(bands.warm)
        ),
        0,
    ))?;
    drift(training)?;
    if let Some(shift) = &training.base_rate_shift {
        warning(&shift_text(shift))?;
    }
    doubt(training, |of| {
        matches!(of, Doubt::TooGood { .. } | Doubt::NoBetter | Doubt::RateMoved { .. })
    })
}

/// The signals that have a table of their own.
fn singles(shape: &ShapeRecord) -> usize {
    shape.tables.iter().filter(|table| table.signals.len() == 1).count()
}

/// The signals that say what another says.
fn copies(training: &Training) -> Result<()> {
    const NAMED: usize = 10;
    let all = &training.copies;
    if all.is_empty() {
        return Ok(());
    }
    let named: Vec<String> =
        all.iter().take(NAMED).map(|copy| format!("{} (as {})", copy.signal, copy.of)).collect();
    let more = match all.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {} more", count(more)),
    };
    line("")?;
    line(wrap(
        &format!(
            "Left out, as another signal says the same: {}{more}. --keep COLUMN uses one all the same.",
            named.join(", ")
        ),
        2,
    ))
}

/// Which signals say more together, and how much of each shape the data decided.
fn shape(training: &Training) -> Result<()> {
    let Some(shape) = &training.shape else { return Ok(()) };
    if !shape.left_out.is_empty() {
        warning(&format!(
            "{} are too many to fit together; the model leaves out the {} that {} least alone: {}{}. \
             --drop what is of no use. Which they are was chosen by the training rows, so that folds of these \
             would flatter the model, and none are told; the held-out rows were not looked at.",
            plural(shape.left_out.len() + singles(shape), "signal"),
            count(shape.left_out.len()),
            verb(shape.left_out.len(), "says", "say"),
            shape.left_out.iter().take(5).cloned().collect::<Vec<_>>().join(", "),
            if shape.left_out.len() > 5 { ", ..." } else { "" },
        ))?;
    }
    let mut pairs: Vec<_> = shape.tables.iter().filter(|t| t.signals.len() == 2).collect();
    pairs.sort_by(|a, b| b.freedom.total_cmp(&a.freedom));
    let freedom: f64 = shape.tables.iter().map(|table| table.freedom).sum();
    let strongest: Vec<String> =
        pairs.iter().take(5).map(|pair| pair.signals.join(" with ")).collect();
    line("")?;
    line(wrap(
        &match pairs.len() {
            0 if shape.pairs_looked_at == 0 => "There are no pairs of signals.".to_owned(),
            0 if shape.pairs_looked_at == 1 => {
                "The one pair of signals says no more together than alone.".to_owned()
            }
            0 => format!(
                "None of {} says more together than alone.",
                plural(shape.pairs_looked_at, "pair")
            ),
            1 if shape.pairs_looked_at == 1 => {
                format!("One pair says more together than alone: {}.", strongest.join(", "))
            }
            kept => format!(
                "Of {} {} more together than alone{} {}.",
                plural(shape.pairs_looked_at, "pair"),
                if kept == 1 { "1 says".to_owned() } else { format!("{kept} say") },
                if kept > 5 { "; most," } else { ":" },
                strongest.join(", ")
            ),
        },
        2,
    ))?;
    if !shape.fine.is_empty() {
        let names = shape.fine.join(", ");
        line(wrap(&format!("The outcome hangs on single values or sharp edges of {names}."), 2))?;
    }
    if !shape.by_rate.is_empty() {
        let names = shape.by_rate.join(", ");
        line(wrap(&format!("Less frequent values of {names} are told by how they converted."), 2))?;
    }
    line(wrap(
        &format!(
            "The data decide {}; the rest is held smooth.",
            match format!("{freedom:.0}").as_str() {
                "1" => "1 degree of freedom".to_owned(),
                more => format!("{more} degrees of freedom"),
            }
        ),
        2,
    ))
}

/// Says what is to be doubted, of that which is wanted.
pub(super) fn doubt(training: &Training, wanted: impl Fn(&Doubt<'_>) -> bool) -> Result<()> {
    let found = training.doubts();
    found.iter().filter(|of| wanted(of)).try_for_each(|of| warning(&of.in_words(str::to_owned)))
}

/// A number in three digits; with an exponent where it would take more than fifteen to write it.
fn short(number: f64) -> String {
    let parsed = format!("{number:.2e}").parse().ok();
    // The greatest number would be rounded up to infinity.
    let rounded = parsed.filter(|rounded: &f64| rounded.is_finite()).unwrap_or(number);
    if (1e-5..1e15).contains(&rounded) { rounded.to_string() } else { format!("{rounded:e}") }
}

pub(super) fn warning(text: &str) -> Result<()> {
    line("")?;
    line(wrap(&format!("Warning: {text}"), 2))
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn penalties_of_any_size_are_short() {
        let told = [1.0, 0.123_456, 1234.5, 1e-5, 1e300, 1e-320, 4.567e20].map(short);
        assert_eq!(told, ["1", "0.123", "1230", "0.00001", "1e300", "1e-320", "4.57e20"]);
        assert!(short(f64::MAX).starts_with("1.79"), "no infinity");
    }
}
