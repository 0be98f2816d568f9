//! What `leadscore train` says of figures: what the model reached, how far that varies, beside rules, and
//! what has changed.

use anyhow::Result;
use leadscore_model::bundle::{BaseRateShift, Doubt, FoldRule, RateSource, SignalDrift, Training};
use leadscore_model::evaluate::{Auc, Evaluation, LEAST_FOR_SLOPE, TopShare};

use super::show::{doubt, warning};
use crate::print::{self, Align, count, line, percent, plural, shared_count, wrap};

pub(super) fn shift_text(shift: &BaseRateShift) -> String {
    let served = match shift.served {
        Some(mean) => format!(
            "The model that is served is fitted to all rows, and gives these {} on average: it will be as far \
             off once the rate has moved on as far.",
            percent(mean)
        ),
        None => "Refitting on all rows mends part of it.".to_owned(),
    };
    let direction = if shift.newest > shift.predicted { "low" } else { "high" };
    let remedy = match &shift.remedy {
        Some(found) => format!(
            "--base-rate newest moves them to the rate of the newest: read from the older {} of the \
             held-out rows and judged on the other {}, which convert at {}, it takes the mean \
             probability from {} to {}, log loss from {:.4} to {:.4} and the calibration error from \
             {:.4} to {:.4}. Or train on recent rows.",
            count(found.read_from),
            count(found.rows),
            percent(found.observed),
            percent(found.without.predicted),
            percent(found.with.predicted),
            found.without.log_loss,
            found.with.log_loss,
            found.without.ece,
            found.with.ece
        ),
        None => {
            "Trust the order of the leads more than the probabilities, and train on recent rows."
                .to_owned()
        }
    };
    format!(
        "the newest rows convert at {}, the ones before at {}. Fitted on those before, the model \
         gives the newest {} on average: its probabilities are too {direction} for them. {served} \
         {remedy}",
        percent(shift.newest),
        percent(shift.training),
        percent(shift.predicted)
    )
}

/// The signals that the model had to rise or fall along.
pub(super) fn monotone(training: &Training) -> Result<()> {
    if training.monotone.is_empty() {
        return Ok(());
    }
    let each = training.monotone.iter().map(|of| format!("{} {}", of.signal, of.word()));
    let each: Vec<String> = each.collect();
    line("")?;
    line(wrap(
        &format!(
            "Held in order: {}. Intervals take what is level for known to be so, and no pair has these.",
            each.join(", ")
        ),
        2,
    ))?;
    doubt(training, |of| matches!(of, Doubt::Against { .. }))
}

/// The rule set that the model leans on.
pub(super) fn towards(training: &Training) -> Result<()> {
    let Some(record) = &training.towards else { return Ok(()) };
    line("")?;
    let name = format!("{} {}", record.name, record.version);
    line(wrap(&record.in_words(&name), 2))?;
    match record.unsaid() {
        Some(unsaid) => warning(&unsaid),
        None => Ok(()),
    }
}

/// What is added to the log-odds of every lead.
pub(super) fn added(training: &Training) -> Result<()> {
    if let Some(found) = training.recalibration.as_ref().filter(|found| found.adopted) {
        line("")?;
        line(wrap(
            &format!(
                "Recalibrated: out of fold, probabilities are better with {} (log loss -{:.4} +- {:.4} \
                 on folds it was not fitted to). It is a part of every score.",
                found.found.in_words(),
                found.gain,
                1.96 * found.gain_error
            ),
            2,
        ))?;
    }
    let Some(record) = &training.base_rate else { return Ok(()) };
    let served = record.served;
    line("")?;
    let said = match record.from {
        RateSource::Given => format!(
            "Base rate: as given, the population converts at {}. All log-odds are moved by {:+.3}, a \
             part of every score. Figures but the AUC, and the bands, count rows by their outcome, as \
             many as they stand for.",
            percent(served.population),
            served.log_odds
        ),
        RateSource::Newest => format!(
            "Base rate: that of the newest rows, {}. All log-odds are moved by {:+.3}, a part of every \
             score. For the figures it was read from the {} before the held-out rows.",
            percent(served.population),
            served.log_odds,
            plural(record.rows, "row")
        ),
    };
    line(wrap(&said, 2))
}

pub(super) fn metrics(evaluation: &Evaluation) -> Result<()> {
    let few = evaluation.conversions.min(evaluation.rows - evaluation.conversions);
    let auc = match evaluation.auc {
        Some(auc) if few < LEAST_FOR_SLOPE => (
            format!("{:.4}", auc.value),
            format!(
                "hardly told by fewer than {LEAST_FOR_SLOPE} rows of one outcome; 0.5 is chance"
            ),
        ),
        Some(auc) => (
            format!("{:.4}", auc.value),
            format!("95 % interval {:.4} to {:.4}; 0.5 is chance", auc.low, auc.high),
        ),
        None => ("-".to_owned(), "needs rows of both outcomes".to_owned()),
    };
    let precision = evaluation.average_precision;
    let mut rows = vec![
        vec!["AUC".to_owned(), auc.0, auc.1],
        vec![
            "Log loss".to_owned(),
            format!("{:.4}", evaluation.log_loss),
            format!("the base rate alone: {:.4}", evaluation.base_log_loss),
        ],
        vec![
            "Brier score".to_owned(),
            format!("{:.4}", evaluation.brier),
            format!("the base rate alone: {:.4}", evaluation.base_brier),
        ],
        vec![
            "Average precision".to_owned(),
            precision.map_or_else(|| "-".to_owned(), |p| format!("{p:.4}")),
            format!("a random order: {:.4}", evaluation.base_rate),
        ],
        vec![
            "Calibration error".to_owned(),
            format!("{:.4}", evaluation.calibration.ece),
            format!("ECE over {} bins of equal count", evaluation.calibration.bins.len()),
        ],
    ];
    let slope = match evaluation.slope {
        _ if few < LEAST_FOR_SLOPE => Some((
            "-".to_owned(),
            format!("cannot be told: fewer than {LEAST_FOR_SLOPE} rows of one outcome"),
        )),
        found => found.map(|found| {
            let error = 1.96 * found.slope_error;
            (
                format!("{:.3}", found.slope),
                format!("+- {error:.3}; 1 is honest, below 1 too extreme"),
            )
        }),
    };
    rows.extend(slope.map(|(value, said)| vec!["Calibration slope".to_owned(), value, said]));
    let header = [("On the held-out rows", Align::Left), ("", Align::Right), ("", Align::Left)];
    line(print::table(&header, rows))
}

/// How far the figures vary within the training rows.
pub(super) fn folds(training: &Training) -> Result<()> {
    let Some(record) = &training.folds else { return Ok(()) };
    let Some((auc, log_loss)) = record.auc.zip(record.log_loss) else { return Ok(()) };
    let how = match record.by {
        FoldRule::Random if record.repeats > 1 => {
            format!(
                "On {} folds of the training rows, dealt {} times",
                record.folds, record.repeats
            )
        }
        FoldRule::Random => format!("On {} folds of the training rows", record.folds),
        FoldRule::Forward => format!(
            "On {} blocks of time of the training rows, each by what came before it",
            record.folds
        ),
    };
    let each: Vec<String> =
        record.each.iter().filter_map(|fold| Some(format!("{:.3}", fold.auc?))).collect();
    let course = match record.by {
        FoldRule::Forward => format!("; from the oldest on {}", each.join(", ")),
        FoldRule::Random => String::new(),
    };
    line("")?;
    line(wrap(
        &format!(
            "{how}: AUC {:.4} ({:.4} to {:.4}), log loss {:.4} ({:.4} to {:.4}){course}.",
            auc.value, auc.low, auc.high, log_loss.value, log_loss.low, log_loss.high
        ),
        2,
    ))
}

pub(super) fn lift(evaluation: &Evaluation) -> Result<()> {
    let most = evaluation.deciles.iter().map(|d| d.lift).fold(1.0, f64::max);
    let rows = evaluation
        .deciles
        .iter()
        .enumerate()
        .map(|(index, decile)| {
            let bar = "#".repeat((decile.lift / most * 16.0).round() as usize);
            vec![
                (index + 1).to_string(),
                count(decile.count),
                shared_count(decile.conversions),
                decile.mean_score.map_or_else(|| "-".to_owned(), percent),
                print::rate(decile.rate),
                format!("{:.2}", decile.lift),
                bar,
            ]
        })
        .collect();
    let header = [
        ("Tenth", Align::Right),
        ("Leads", Align::Right),
        ("Won", Align::Right),
        ("Model says", Align::Right),
        ("Converted (95 %)", Align::Right),
        ("Lift", Align::Right),
        ("", Align::Left),
    ];
    line(format!("\n{}", print::table(&header, rows)))
}

/// What rule sets reach on the same rows.
pub(super) fn rules(training: &Training) -> Result<()> {
    let Some(first) = training.rule_sets.first() else { return Ok(()) };
    // The interval that counts is that of the difference; the model's own stands above.
    let auc =
        |auc: Option<Auc>| auc.map_or_else(|| "-".to_owned(), |auc| format!("{:.3}", auc.value));
    let top = |top: Option<TopShare>| match top {
        Some(top) => {
            vec![format!("{:.0} of {}", top.conversions, count(top.k)), format!("{:.2}", top.lift)]
        }
        None => vec!["-".to_owned(), "-".to_owned()],
    };
    // Beside rules every lead counts once, whatever it weighs.
    let weighs = training.data.weights.is_some();
    let own = match (first.auc, first.auc_difference) {
        (Some(rules), Some(less)) if weighs => format!("{:.3}", rules.value + less.value),
        _ => auc(training.evaluation.auc),
    };
    let mut rows = vec![
        [vec!["the model".to_owned(), own, String::new()], top(first.model_top_tenth)].concat(),
    ];
    rows.extend(training.rule_sets.iter().map(|set| {
        let less = set.auc_difference.map_or_else(
            || "-".to_owned(),
            |less| format!("{:+.3} ({:+.3} to {:+.3})", -less.value, -less.high, -less.low),
        );
        [vec![set.name.clone(), auc(set.auc), less], top(set.top_tenth)].concat()
    }));
    let header = [
        (if weighs { "Beside rules, each lead once" } else { "Beside rules" }, Align::Left),
        ("AUC", Align::Right),
        ("Against the model (95 %)", Align::Right),
        ("Top tenth", Align::Right),
        ("Lift", Align::Right),
    ];
    line(format!("\n{}", print::table(&header, rows)))
}

/// Signals that are spread otherwise among the newest rows.
pub(super) fn drift(training: &Training) -> Result<()> {
    let drifted: Vec<&SignalDrift> =
        training.drift.iter().flatten().filter(|drift| drift.drifted()).collect();
    let Some(most) = drifted.first() else { return Ok(()) };
    let much = most.psi > SignalDrift::MUCH;
    let listed: Vec<String> =
        drifted.iter().take(10).map(|drift| format!("{} {:.2}", drift.signal, drift.psi)).collect();
    let dots = if drifted.len() > listed.len() { ", ..." } else { "." };
    let said = format!(
        "{} another distribution among the newest rows than among those before (PSI; from 0.10 on drift, \
         above 0.25 much): {}{dots}",
        if drifted.len() == 1 {
            "one signal has".to_owned()
        } else {
            format!("{} have", plural(drifted.len(), "signal"))
        },
        listed.join(", ")
    );
    if much {
        return warning(&said);
    }
    line("")?;
    line(wrap(&format!("Note: {said}"), 2))
}

pub(super) fn strengths(training: &Training) -> Result<()> {
    let rows: Vec<Vec<String>> = training
        .signals
        .iter()
        .filter(|signal| signal.mean_log_odds > 0.0)
        .take(8)
        .map(|signal| vec![signal.signal.clone(), format!("{:.3}", signal.mean_log_odds)])
        .collect();
    let header = [("Signals that move scores most", Align::Left), ("mean log-odds", Align::Right)];
    line(format!("\n{}", print::table(&header, rows)))
}
