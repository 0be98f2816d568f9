//! The model card: what a model is for, what it reached and what to doubt, in Markdown (M. Mitchell and
//! others, Model Cards for Model Reporting, 2019). Made of the training record alone, so it names no
//! lead, and no clock enters.

mod figures;

use super::repeats;
use super::{LeakAction, LeakEvidence, ProbabilityBands, SplitRule, Training};
use crate::words::{count, percent, plural, verb};

/// Signals and columns listed, at most.
const MOST_LISTED: usize = 20;

/// The first words of every card: a file that begins otherwise is not one.
pub const CARD_BEGINS: &str = "# Model card: ";

/// The card of a model.
pub fn card(name: &str, version: &str, bands: ProbabilityBands, training: &Training) -> String {
    let mut card = Card(format!("{CARD_BEGINS}{} (version {})\n", plain(name), plain(version)));
    card.purpose(training);
    card.data(training);
    figures::write(&mut card, bands, training);
    card.signals(training);
    card.towards(training);
    card.set_aside(training);
    card.sensitive(training);
    card.drift(training);
    card.doubts(training);
    card.limits(training);
    card.0
}

struct Card(String);

impl Card {
    fn heading(&mut self, title: &str) {
        self.0.push_str(&format!("\n## {title}\n"));
    }

    fn paragraph(&mut self, text: &str) {
        self.0.push_str(&format!("\n{text}\n"));
    }

    fn items(&mut self, items: impl IntoIterator<Item = String>) {
        self.0.push('\n');
        items.into_iter().for_each(|item| self.0.push_str(&format!("- {item}\n")));
    }

    /// A table; the columns after the first are numbers.
    fn table(&mut self, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        self.0.push('\n');
        self.0.push_str(&line(header.iter().map(|cell| (*cell).to_owned()).collect()));
        let rule = (0..header.len()).map(|at| if at == 0 { "---" } else { "---:" }.to_owned());
        self.0.push_str(&line(rule.collect()));
        rows.into_iter().for_each(|row| self.0.push_str(&line(row)));
    }

    fn purpose(&mut self, training: &Training) {
        let target = &training.target;
        let what = match &training.snapshots {
            Some(record) => format!(
                "the probability that a lead converts within {} of the moment it is scored",
                record.horizon
            ),
            None => format!(
                "the probability that a lead ends with {} = {}, and not {}",
                code(&target.column),
                code(&target.positive),
                code(&target.negative)
            ),
        };
        self.paragraph(&format!(
            "It gives {what}. It is meant for ranking leads and for choosing how many to work on; a \
             person decides what becomes of a lead. Made with leadscore {}.",
            training.leadscore
        ));
    }

    fn data(&mut self, training: &Training) {
        self.heading("Data and split");
        let (data, split) = (&training.data, &training.split);
        let rows = data.rows - data.left_out;
        let mut items = vec![format!(
            "{} (BLAKE3 {}): {}, {} converted ({}).",
            code(&data.file),
            code(data.blake3.get(..12).unwrap_or(&data.blake3)),
            match &training.snapshots {
                Some(record) => format!(
                    "{} snapshots of {} leads, taken {}",
                    count(rows),
                    count(record.leads),
                    plain(&record.at)
                ),
                None => format!("{} rows with an outcome", count(rows)),
            },
            count(training.target.conversions),
            percent(training.target.conversions as f64 / rows.max(1) as f64)
        )];
        let other = data.of_other_outcomes();
        if other > 0 {
            let were = verb(other, "was", "were");
            items.push(format!("{} with another outcome {were} left out.", plural(other, "row")));
        }
        let weights = data.weights.as_ref();
        items.extend(weights.map(|weights| weights.in_words(&code(&weights.column), rows)));
        if data.repeated > 0 {
            items.push(format!("{} an earlier one.", repeats(data.repeated)));
        }
        let how = match &split.rule {
            SplitRule::Newest { by, from } => {
                format!("the newest by {}, from {} on", code(by), plain(from))
            }
            SplitRule::Stratified { seed } => format!("at random, seed {seed}"),
        };
        items.push(format!(
            "Held out: {} rows ({how}), {} converted ({}). Fitted for the figures below: {} rows, {} \
             converted ({}). The model that is served was then fitted to all.",
            count(split.held_out_rows),
            count(split.held_out_conversions),
            share(split.held_out_conversions, split.held_out_rows),
            count(split.training_rows),
            count(split.training_conversions),
            share(split.training_conversions, split.training_rows),
        ));
        let neither = split.straddling_rows + split.gap_rows + split.rate_rows;
        if neither > 0 {
            items.push(format!(
                "{} {} in neither part: of leads that are also held out, with outcomes that were not \
                 known by then, or read for the base rate.",
                plural(neither, "older row"),
                verb(neither, "is", "are")
            ));
        }
        self.items(items);
    }

    fn signals(&mut self, training: &Training) {
        self.heading("What moves the score");
        let moving = training.signals.iter().filter(|signal| signal.mean_log_odds > 0.0);
        self.table(
            &["Signal", "Mean size of its part, log-odds"],
            moving
                .take(MOST_LISTED)
                .map(|signal| vec![code(&signal.signal), format!("{:.3}", signal.mean_log_odds)]),
        );
        let Some(shape) = &training.shape else { return };
        let pairs: Vec<String> = shape
            .tables
            .iter()
            .filter(|table| table.signals.len() == 2)
            .take(MOST_LISTED)
            .map(|table| format!("{} with {}", code(&table.signals[0]), code(&table.signals[1])))
            .collect();
        if !pairs.is_empty() {
            self.paragraph(&format!("Together they say more than alone: {}.", pairs.join(", ")));
        }
    }

    fn towards(&mut self, training: &Training) {
        if !training.monotone.is_empty() {
            let each = training.monotone.iter();
            let each: Vec<String> =
                each.map(|of| format!("{} {}", code(&of.signal), of.word())).collect();
            self.paragraph(&format!(
                "Held in order by whoever trained it: {}. Intervals take what is level for known to be \
                 so.",
                each.join(", ")
            ));
        }
        let Some(record) = &training.towards else { return };
        self.heading("Rules that it leans on");
        self.paragraph(&record.in_words(&code(&record.name)));
        self.paragraph(&format!(
            "Version {}, hash {}. None of the rules is in the bundle{}.",
            code(&record.version),
            code(record.hash.get(..12).unwrap_or(&record.hash)),
            record.unsaid().map_or_else(String::new, |unsaid| format!("; {}", plain(&unsaid)))
        ));
    }

    fn set_aside(&mut self, training: &Training) {
        self.heading("What was set aside");
        let found = training.leakage.as_ref();
        let items: Vec<String> = found
            .iter()
            .flat_map(|record| &record.columns)
            .filter(|column| column.action != LeakAction::NotUsed)
            .map(|column| {
                let evidence: Vec<&str> = column.evidence.iter().map(in_words).collect();
                let but = match column.action {
                    LeakAction::Kept => " It is used all the same, as the trainer said.",
                    LeakAction::SetAside | LeakAction::NotUsed => "",
                };
                format!("{}: {}.{but}", code(&column.column), evidence.join("; "))
            })
            .collect();
        match found {
            None => {
                self.paragraph("This model was trained before there was a guard against leakage.");
            }
            Some(_) if items.is_empty() => {
                self.paragraph("No column showed evidence of being known only after the outcome.");
            }
            Some(record) => {
                self.paragraph(
                    "Known only after the outcome, by the evidence of the training rows:",
                );
                self.items(items);
                if let Some(claimed) = record.claimed {
                    self.paragraph(&format!(
                        "With them the AUC would have claimed {:.3}.",
                        claimed.value
                    ));
                }
            }
        }
        if !training.copies.is_empty() {
            self.paragraph("Left out, for another signal says the same:");
            let copies = training.copies.iter();
            let said =
                copies.map(|of| format!("{} says what {} says", code(&of.signal), code(&of.of)));
            self.items(said);
        }
        let left_out = training.shape.as_ref().map_or(&[][..], |shape| &shape.left_out);
        if !left_out.is_empty() {
            self.paragraph(&format!(
                "{} {} least and there are too many to fit together.",
                plural(left_out.len(), "signal"),
                verb(left_out.len(), "was left out, for it says", "were left out, for they say")
            ));
        }
    }

    fn sensitive(&mut self, training: &Training) {
        self.heading("Sensitive attributes");
        let Some(found) = &training.sensitive else {
            return self.paragraph("The model uses none that were recognised.");
        };
        self.items(found.columns.iter().map(|c| format!("{}: {}", code(&c.name), plain(&c.why))));
        let auc = |auc: Option<crate::evaluate::Auc>| {
            auc.map_or_else(|| "-".to_owned(), |auc| format!("{:.4}", auc.value))
        };
        self.paragraph(&format!(
            "Without them the AUC is {} instead of {}, and the log loss {:.4} instead of {:.4}.",
            auc(found.without.auc),
            auc(training.evaluation.auc),
            found.without.log_loss,
            training.evaluation.log_loss
        ));
    }

    fn drift(&mut self, training: &Training) {
        self.heading("Drift");
        match &training.drift {
            None => {
                self.paragraph("The rows were not split by time, so nothing can be said of drift.");
            }
            Some(drift) => {
                let drifted: Vec<_> =
                    drift.iter().filter(|d| d.drifted()).take(MOST_LISTED).collect();
                if drifted.is_empty() {
                    self.paragraph(
                        "No signal has another distribution among the held-out rows than among those \
                         before (PSI below 0.10, or no more than chance gives).",
                    );
                } else {
                    self.paragraph(
                        "Population stability index between the rows fitted and the newest; from 0.10 \
                         on a signal has drifted, above 0.25 much:",
                    );
                    let row =
                        |d: &&super::SignalDrift| vec![code(&d.signal), format!("{:.2}", d.psi)];
                    self.table(&["Signal", "PSI"], drifted.iter().map(row));
                }
            }
        }
        if let Some(shift) = &training.base_rate_shift {
            let served = shift.served.map_or(String::new(), |mean| {
                format!(
                    " The model that is served is fitted to these too, and gives them {}.",
                    percent(mean)
                )
            });
            self.paragraph(&format!(
                "The newest rows convert at {}, those before at {}; fitted on those before, the model gives the \
                 newest {} on average.{served} Trust the order of leads more than the probabilities, train on \
                 recent rows, or move the probabilities with `--base-rate newest`.",
                percent(shift.newest),
                percent(shift.training),
                percent(shift.predicted)
            ));
        }
    }

    /// What should make a reader stop, and how sure probabilities are.
    fn doubts(&mut self, training: &Training) {
        let mut items: Vec<String> =
            training.doubts().iter().map(|doubt| doubt.in_words(code)).collect();
        let sure = training.uncertainty.as_ref();
        items.extend(sure.map(|sure| sure.in_words(training.target.conversions)));
        if !items.is_empty() {
            self.heading("What to doubt");
            self.items(items);
        }
    }

    fn limits(&mut self, training: &Training) {
        self.heading("Limits");
        let mut items = vec![
            "The figures speak of leads like those in the data. For others, another market or another \
             way of collecting leads, train again."
                .to_owned(),
            "The score says what went with converting, not what brings it about.".to_owned(),
            "A value that no row had when the model was fitted counts as the middle of those it knows, not as \
             the average lead; answers warn of it."
                .to_owned(),
        ];
        let statics = training.snapshots.iter().flat_map(|record| &record.static_attributes);
        let statics: Vec<String> = statics.map(|name| code(name)).collect();
        if !statics.is_empty() {
            items.push(format!(
                "Only today's value is known of {}: where it changed with the deal, the model learnt \
                 from the future.",
                statics.join(", ")
            ));
        }
        if matches!(training.split.rule, SplitRule::Stratified { .. }) {
            items.push(
                "The held-out rows are of the same time as the others; the future may differ more."
                    .to_owned(),
            );
        }
        self.items(items);
        self.paragraph(
            "To use it: `leadscore predict LEADS --model BUNDLE --out SCORES.csv`; `leadscore explain` \
             takes one score apart; `leadscore compare` puts it beside rules on the held-out rows.",
        );
    }
}

fn in_words(evidence: &LeakEvidence) -> &'static str {
    match evidence {
        LeakEvidence::OneClass { .. } => "it is filled for one outcome only, or nearly so",
        LeakEvidence::NamesResult { .. } => "it names the result and goes with it",
        LeakEvidence::Timing { .. } => "its dates lie after what they should foretell",
    }
}

/// A name as code, on one line and in one cell.
fn code(text: &str) -> String {
    format!("`{}`", plain(text).replace('`', "'").replace('|', "\\|"))
}

/// A text on one line, without what Markdown would take for its own.
fn plain(text: &str) -> String {
    let spaced = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(spaced).collect::<String>().trim().to_owned()
}

fn share(part: usize, of: usize) -> String {
    percent(part as f64 / of.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_the_text() {
        assert_eq!(code("a|b`c\nd"), "`a\\|b'c d`");
    }
}
