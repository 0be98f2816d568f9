//! The figures of a card.

use super::super::{FoldRule, ProbabilityBands, RateSource, Training};
use super::{Card, code, plain};
use crate::evaluate::{Evaluation, Interval};
use crate::words::{count, percent, shared_count};

pub(super) fn write(card: &mut Card, bands: ProbabilityBands, training: &Training) {
    card.heading("What it reached on the held-out rows");
    let evaluation = &training.evaluation;
    reached(card, evaluation);
    if evaluation.weights.is_some() {
        card.paragraph(
            "The rows were sampled by outcome. All figures but the AUC count each row for as many of the \
             population as it stands for.",
        );
    }
    if training.data.weights.is_some() {
        card.paragraph(
            "All figures but the counts of rows are by weight, the won of a tenth too; intervals take each row \
             for one lead, whatever it weighs.",
        );
    }
    folds(card, training);
    rule_sets(card, training);
    card.heading("Ranking");
    tenths(card, evaluation);
    card.paragraph(&format!(
        "Bands: hot from {}, which a tenth of the held-out leads reach; warm from {}, which three \
         tenths reach.",
        percent(bands.hot),
        percent(bands.warm)
    ));
    card.heading("Calibration");
    calibration(card, training);
}

fn reached(card: &mut Card, evaluation: &Evaluation) {
    let mut rows = vec![
        vec!["AUC (95 % interval)".to_owned(), interval(evaluation.auc), "0.5".to_owned()],
        vec![
            "Log loss".to_owned(),
            format!("{:.4}", evaluation.log_loss),
            format!("{:.4}", evaluation.base_log_loss),
        ],
        vec![
            "Brier score".to_owned(),
            format!("{:.4}", evaluation.brier),
            format!("{:.4}", evaluation.base_brier),
        ],
    ];
    if let Some(precision) = evaluation.average_precision {
        rows.push(vec![
            "Average precision".to_owned(),
            format!("{precision:.4}"),
            format!("{:.4}", evaluation.base_rate),
        ]);
    }
    card.table(&["Figure", "Model", "The base rate alone"], rows);
}

fn folds(card: &mut Card, training: &Training) {
    let Some(record) = &training.folds else { return };
    card.heading("How far the figures vary");
    let how = match record.by {
        FoldRule::Random => format!(
            "{} folds at random, dealt {}; each is tested by what the others say",
            record.folds,
            if record.repeats == 1 {
                "once".to_owned()
            } else {
                format!("{} times", record.repeats)
            }
        ),
        FoldRule::Forward => {
            format!("{} blocks of time, each tested by what came before it", record.folds)
        }
    };
    card.paragraph(&format!(
        "Within the training rows ({} of them): {how}. Means with 95 % intervals for other data of this \
         size (Nadeau and Bengio's correction): AUC {}, log loss {}. Which signals go in pairs and how \
         strongly all is held was chosen on the same rows, so the held-out figures are the ones to \
         expect.",
        count(record.rows),
        interval(record.auc),
        interval(record.log_loss)
    ));
    let each = record.each.iter().enumerate().map(|(index, fold)| {
        vec![
            (index + 1).to_string(),
            count(fold.fitted),
            count(fold.rows),
            percent(fold.conversions as f64 / fold.rows.max(1) as f64),
            fold.auc.map_or_else(|| "-".to_owned(), |auc| format!("{auc:.4}")),
            format!("{:.4}", fold.log_loss),
            format!("{:.4}", fold.base_log_loss),
        ]
    });
    card.table(
        &["Fold", "Fitted", "Tested", "Converted", "AUC", "Log loss", "The base rate alone"],
        each.take(25),
    );
}

fn rule_sets(card: &mut Card, training: &Training) {
    if training.rule_sets.is_empty() {
        return;
    }
    card.heading("Beside rules, on the same rows");
    let top = |top: &Option<crate::evaluate::TopShare>| {
        top.map_or_else(
            || vec!["-".to_owned(); 2],
            |top| {
                vec![
                    format!("{:.0} of {}", top.conversions, count(top.k)),
                    format!("{:.2}", top.lift),
                ]
            },
        )
    };
    let model = training.rule_sets.first().map(|set| {
        let mut row =
            vec!["The model".to_owned(), interval(training.evaluation.auc), String::new()];
        row.extend(top(&set.model_top_tenth));
        row
    });
    let sets = training.rule_sets.iter().map(|set| {
        let name =
            format!("{} ({})", code(&set.name), plain(set.hash.get(..12).unwrap_or(&set.hash)));
        let mut row = vec![name, interval(set.auc), interval(set.auc_difference)];
        row.extend(top(&set.top_tenth));
        row
    });
    card.table(
        &["Ranking", "AUC", "The model is ahead by", "Conversions in the top tenth", "Lift there"],
        model.into_iter().chain(sets),
    );
}

fn tenths(card: &mut Card, evaluation: &Evaluation) {
    let rows = evaluation.deciles.iter().enumerate().map(|(index, tenth)| {
        vec![
            (index + 1).to_string(),
            count(tenth.count),
            shared_count(tenth.conversions),
            tenth.mean_score.map_or_else(|| "-".to_owned(), percent),
            rate(tenth.rate),
            format!("{:.2}", tenth.lift),
        ]
    });
    card.table(&["Tenth", "Leads", "Converted", "Model says", "Rate (95 %)", "Lift"], rows);
}

fn calibration(card: &mut Card, training: &Training) {
    let evaluation = &training.evaluation;
    let mut said = format!(
        "Expected calibration error {:.4} over {} bins of equal count.",
        evaluation.calibration.ece,
        evaluation.calibration.bins.len()
    );
    if let Some(slope) = evaluation.slope {
        said.push_str(&format!(
            " Slope {:.3} (+- {:.3}; 1 is honest, below 1 too extreme), intercept {:+.3} (0 is honest).",
            slope.slope,
            1.96 * slope.slope_error,
            slope.intercept
        ));
    }
    card.paragraph(&said);
    let bins = evaluation.calibration.bins.iter().map(|bin| {
        vec![
            percent(bin.mean_score),
            percent(bin.mean_label),
            interval_of_rate(bin.rate),
            count(bin.count),
        ]
    });
    card.table(&["Model says", "Converted", "95 % interval", "Leads"], bins);
    if let Some(found) = &training.recalibration {
        card.paragraph(&format!(
            "A recalibration, {}, changes the log loss by {:+.5} (standard error {:.5}) on folds that it \
             was not fitted to. {}",
            found.found.in_words(),
            -found.gain,
            found.gain_error,
            if found.adopted {
                "It is a part of every score."
            } else {
                "That is no sure gain, so the scores are as they were fitted."
            }
        ));
    }
    if let Some(found) = training.base_rate {
        card.paragraph(&format!(
            "All log-odds are moved by {:+.3}, to a population that converts at {}: {}. It is a part of \
             every score.",
            found.served.log_odds,
            percent(found.served.population),
            match found.from {
                RateSource::Given => "the rate was given, for the rows were sampled by outcome",
                RateSource::Newest => "that of the newest rows",
            }
        ));
    }
}

fn interval(found: Option<Interval>) -> String {
    found.map_or_else(
        || "-".to_owned(),
        |found| format!("{:.4} ({:.4} to {:.4})", found.value, found.low, found.high),
    )
}

fn interval_of_rate(found: Option<Interval>) -> String {
    let bare = |share: f64| percent(share).replace(" %", "");
    found.map_or_else(
        || "-".to_owned(),
        |found| format!("{} to {} %", bare(found.low), bare(found.high)),
    )
}

fn rate(found: Option<Interval>) -> String {
    found.map_or_else(
        || "-".to_owned(),
        |found| format!("{} ({})", percent(found.value), interval_of_rate(Some(found))),
    )
}
