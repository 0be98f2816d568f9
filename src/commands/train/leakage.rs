//! What `leadscore train` and `leadscore signals` say of columns that are known only after the outcome: what is
//! set aside, on what evidence, and what a figure with them would have been worth.

use anyhow::Result;
use leadscore_model::bundle::{
    AfterWhat, ClassCounts, Doubt, LeakAction, LeakEvidence, LeakageRecord, LeakingColumn, Training,
};
use leadscore_model::evaluate::Auc;
use leadscore_model::words::shell_word;

use super::show::{doubt, warning};
use crate::print::{count, line, wrap};

/// Everything that the guard found; nothing where it found nothing.
pub(super) fn leakage(training: &Training) -> Result<()> {
    let Some(record) = &training.leakage else { return Ok(()) };
    let aside = record.set_aside().count();
    let without = training.evaluation.auc;
    if aside > 0 {
        line("\nSet aside: known only after the outcome, by the evidence of the training part")?;
        if training.snapshots.is_some() {
            line("  (of its leads; one that converted late has converted, too)")?;
        }
    }
    for column in record.set_aside() {
        let claim = if aside == 1 {
            claimed(record, without, "it").map(|said| format!(" {said}"))
        } else {
            // A date after the moment is missing to a signal, so that it tells nothing alone.
            let auc = column.auc.filter(|auc| auc.low > 0.5);
            auc.map(|auc| format!(" Alone it ranks with AUC {}.", figure(auc)))
        };
        let said = format!(
            "  {}: {}{}{} --keep {} uses it.",
            column.column,
            evidence(record, column),
            also(column),
            claim.unwrap_or_default(),
            shell_word(&column.column)
        );
        line(wrap(&said, 4))?;
    }
    let all = if aside == 2 { "both".to_owned() } else { format!("all {aside}") };
    if aside > 1
        && let Some(said) = claimed(record, without, &all)
    {
        line(wrap(&format!("  {said}"), 4))?;
    }
    let not_used: Vec<&str> = of(record, LeakAction::NotUsed).map(|c| c.column.as_str()).collect();
    if !not_used.is_empty() {
        let said = format!(
            "{}Not used anyway, and known only after the outcome too: {}.",
            if aside == 0 { "\n" } else { "  " },
            not_used.join(", ")
        );
        line(wrap(&said, if aside == 0 { 2 } else { 4 }))?;
    }
    for column in of(record, LeakAction::Kept) {
        let said = format!(
            "\nWarning: {} is used, as you said, though it looks known only after the outcome. {} \
             If a new lead cannot have it, every figure here is a lie.",
            column.column,
            evidence(record, column)
        );
        line(wrap(&said, 2))?;
    }
    doubt(training, |of| matches!(of, Doubt::Strong { .. }))
}

/// What the guard finds before a model is trained; `is_project` where columns are kept by a file.
pub(crate) fn found(record: &LeakageRecord, is_project: bool) -> Result<()> {
    if record.columns.is_empty() {
        line("\nNo column looks known only after the outcome, as far as `train` can tell.")?;
    } else {
        line("\nKnown only after the outcome, by the evidence of the training part:")?;
    }
    for column in &record.columns {
        let then = match column.action {
            LeakAction::SetAside if is_project => {
                format!(" `train` sets it aside; keep = [{:?}] in [leads] uses it.", column.column)
            }
            LeakAction::SetAside => {
                format!(" `train` sets it aside; --keep {} uses it.", shell_word(&column.column))
            }
            LeakAction::NotUsed => " No model is given it.".to_owned(),
            LeakAction::Kept => " It is used all the same, as keep says.".to_owned(),
        };
        let auc = column.auc.filter(|auc| auc.low > 0.5);
        let said = format!(
            "  {}: {}{}{}{then}",
            column.column,
            evidence(record, column),
            also(column),
            auc.map_or_else(String::new, |auc| format!(
                " Alone it ranks with AUC {}.",
                figure(auc)
            )),
        );
        line(wrap(&said, 4))?;
    }
    if record.strong.is_empty() {
        return Ok(());
    }
    warning(&Doubt::Strong { signals: &record.strong }.in_words(str::to_owned))
}

fn of(record: &LeakageRecord, action: LeakAction) -> impl Iterator<Item = &LeakingColumn> {
    record.columns.iter().filter(move |column| column.action == action)
}

/// What the figure would have been.
fn claimed(record: &LeakageRecord, without: Option<Auc>, what: &str) -> Option<String> {
    let (claimed, without) = (record.claimed?, without?);
    Some(format!(
        "With {what} AUC would have claimed {} ({} without).",
        figure(claimed),
        figure(without)
    ))
}

fn figure(auc: Auc) -> String {
    format!("{:.3}", auc.value)
}

/// The signals that go with a column and are called otherwise.
fn also(column: &LeakingColumn) -> String {
    let others: Vec<&str> =
        column.signals.iter().map(String::as_str).filter(|name| *name != column.column).collect();
    if others.is_empty() {
        String::new()
    } else {
        format!(" It takes {} along.", others.join(", "))
    }
}

/// The evidence in sentences. What is found in the same rows is one of them.
fn evidence(record: &LeakageRecord, column: &LeakingColumn) -> String {
    let mut sentences: Vec<(Vec<String>, &ClassCounts)> = Vec::new();
    let mut said: Vec<String> = Vec::new();
    for found in &column.evidence {
        let (words, counts) = match found {
            LeakEvidence::Timing { after: AfterWhat::Outcome, later, dated } => {
                said.push(format!(
                    "Of those that converted and have a date there, {} of {} have one at or after \
                     the day of the conversion.",
                    count(later.converted),
                    count(dated.converted)
                ));
                continue;
            }
            LeakEvidence::Timing { after: AfterWhat::Moment, later, .. } => {
                ("its date lies after the row's own moment".to_owned(), later)
            }
            LeakEvidence::OneClass { filled, blank } => {
                let not = blank.as_ref().map(|blank| format!(" with more than {blank:?}"));
                (format!("it is filled{}", not.unwrap_or_default()), filled)
            }
            LeakEvidence::NamesResult { value: Some(value), found, .. } => {
                (format!("its value {value:?} names the result"), found)
            }
            LeakEvidence::NamesResult { word: Some(word), found, .. } => {
                let same = sentences.last().is_some_and(|(_, last)| *last == found);
                let filled = if same { "" } else { " and it has a value" };
                (format!("its name says {word:?}{filled}"), found)
            }
            LeakEvidence::NamesResult { word: None, value: None, found } => {
                ("it has a value that stands for converting".to_owned(), found)
            }
        };
        match sentences.last_mut().filter(|(_, last)| *last == counts) {
            Some((all, _)) => all.push(words),
            None => sentences.push((vec![words], counts)),
        }
    }
    said.extend(sentences.into_iter().map(|(words, found)| {
        let words: Vec<String> = words.into_iter().rev().collect();
        let words = words.join(" and ");
        let (first, rest) = words.split_at(1);
        format!(
            "{}{rest} in {} of {} {} that converted and in {} of {} that did not.",
            first.to_uppercase(),
            count(found.converted),
            count(record.of.converted),
            record.counted,
            count(found.others),
            count(record.of.others)
        )
    }));
    said.join(" ")
}
