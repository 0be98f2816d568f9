//! `leadscore explain`: the scores of one lead, taken apart.

mod what_if;

use anyhow::{Result, anyhow};
use leadscore_features::events::{FilterCounts, Seen};
use leadscore_features::{Encounter, Snapshot, Time};
use leadscore_model::bundle::ProbabilityBands;
use leadscore_model::points::{PointsScore, RuleSet};
use leadscore_model::{Bundle, FAR, Score, Scorer, Usual, lead_id, reasons};
use leadscore_train::Step;
use serde::Serialize;

use crate::args::ExplainArgs;
use crate::commands::points::breakdown::{self, PointsPart};
use crate::commands::predict::{unread, unseen_in_words, without_events};
use crate::inputs::{load_scorers, parse_time, wrong_call};
use crate::leads::LeadFile;
use crate::print::{self, Align, line, percent, signed, wrap};
use what_if::{Asked, WithChange};

#[derive(Serialize)]
struct Explanation {
    id: String,
    row: usize,
    as_of: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<ModelPart>,
    points: Vec<PointsPart>,
    /// The lead's events: those kept, and what the cut and each filter took.
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<FilterCounts>,
    /// What was read from what people typed, and how.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    read: Vec<ReadValue>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// How a reader came to the value of signals.
#[derive(Serialize)]
struct ReadValue {
    /// The signals.
    signals: Vec<String>,
    /// Why they are what they are.
    why: String,
}

#[derive(Serialize)]
struct ModelPart {
    name: String,
    version: String,
    hash: String,
    probability: f64,
    /// The ends of its interval of 95 %, where the model knows them.
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<[f64; 2]>,
    band: &'static str,
    bands: ProbabilityBands,
    log_odds: f64,
    base_log_odds: f64,
    parts: Vec<Part>,
    /// What the recalibration adds, where the model has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    calibration_log_odds: Option<f64>,
    /// What the move to the base rate of the population adds, where the model has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    base_rate_log_odds: Option<f64>,
    /// What the probability would be with one thing otherwise.
    what_if: Vec<WithChange>,
}

#[derive(Serialize)]
struct Part {
    signal: String,
    value: String,
    /// The value as people read it.
    #[serde(skip)]
    shown: String,
    log_odds: f64,
    effect: f64,
}

pub(crate) fn run(args: &ExplainArgs) -> Result<()> {
    let given = parse_time("as-of", args.as_of.as_deref())?;
    let since = parse_time("since", args.since.as_deref())?;
    let asked = Asked::parse(args)?;
    let (loaded, rule_sets) = load_scorers(&args.scorer)?;
    let bundle = loaded.as_ref().map(|loaded| &loaded.bundle);
    let leads =
        LeadFile::open(&args.leads, args.events.as_deref(), bundle, args.id_column.as_deref())?;
    let scorer = leads.scorer(bundle, &rule_sets)?;
    let table = &leads.table;
    let ids = leads.ids(args.id_column.as_deref(), bundle)?;
    let wanted = args.id.trim();
    let rows: Vec<usize> = (0..table.rows()).filter(|&row| lead_id(ids, row) == wanted).collect();
    let file = args.leads.display();
    let Some(&row) = rows.last() else {
        let what = if ids.is_some() { "id" } else { "data row" };
        let help = if ids.is_some() { "" } else { "; name the column of ids with --id-column" };
        return Err(anyhow!(
            "{file}: there is no lead with {what} {wanted:?} among {} rows{help}",
            table.rows()
        ));
    };
    let moments = [leads.moments(&scorer, given)[row]];
    in_order(since, moments[0].1, given)?;
    let what_if = asked.of(&scorer)?;
    let store = leads.read_events(scorer.event_plan(), &rule_sets, &|_| {})?;
    leads.say_created_later(&moments);
    let usual = Usual::of(bundle.map(|bundle| &bundle.model), &scorer);
    let walk = leads.leads(store.as_ref()).walk(
        &scorer,
        &moments,
        || None,
        |found, step| {
            let mut score = Score::default();
            scorer.score_values(step.values, step.snapshot.events, &mut score);
            let parts = parts(&scorer, step.snapshot, &score);
            let far: Vec<usize> = usual.far(step.values).collect();
            let read = read(&scorer, step.snapshot);
            let points = points(&scorer, &rule_sets, step, &score, since);
            let interval = scorer.interval(step.values, &score);
            let changes = what_if.as_ref().map(|what_if| asked.answer(what_if, step, &score));
            *found = Some((score, interval, parts, step.counts, far, read, points, changes));
        },
    );
    let (found, _) = walk.map_err(|error| unread(&leads, &error, bundle))?;
    let found = found.into_iter().flatten().next();
    let Some((score, interval, parts, counts, far, read, points, changes)) = found else {
        return Err(anyhow!("{file}: the lead cannot be scored"));
    };
    let what_if = changes.transpose().map_err(wrong_call)?.unwrap_or_default();
    let as_of = moments[0].1.unwrap_or_else(Time::now);

    let mut notes = bundle.map_or_else(Vec::new, |bundle| notes(bundle, &scorer, &score));
    let names: Vec<&str> = scorer.inputs().collect();
    if !far.is_empty() {
        let far: Vec<&str> = far.iter().map(|&input| names[input]).collect();
        notes.push(format!(
            "more than {FAR} standard deviations from the mean of the fitted rows, where the model goes on \
             in a straight line: {}",
            far.join(", ")
        ));
    }
    let of_snapshots = bundle.and_then(|bundle| bundle.training.snapshots.as_ref());
    if let Some(record) = of_snapshots
        && let (Some(oldest), Some(days)) = (record.oldest, record.too_old())
        && leads.older(&moments, days) > 0
    {
        notes.push(format!(
            "the lead is far older than any that the model learnt from, which had come to be {} days before \
             at most: its probability is a guess",
            oldest.round()
        ));
    }
    if leads.decided(&moments) > 0 {
        notes.push("the lead had converted or been closed by then".to_owned());
    }
    if rows.len() > 1 {
        notes.push(format!("{} rows have this id; this is the last, row {}", rows.len(), row + 1));
    }
    let model = loaded.as_ref().zip(scorer.base()).map(|(loaded, base_log_odds)| ModelPart {
        name: loaded.bundle.name.clone(),
        version: loaded.bundle.version.clone(),
        hash: loaded.hash.clone(),
        probability: score.probability,
        interval: interval.map(|interval| [interval.low, interval.high]),
        band: score.band,
        bands: loaded.bundle.bands,
        log_odds: score.log_odds,
        base_log_odds,
        parts,
        calibration_log_odds: scorer.recalibration().map(|_| score.calibration),
        base_rate_log_odds: scorer.base_rate().map(|_| score.base_rate),
        what_if,
    });
    let unavailable = without_events(&scorer, store.is_some());
    if !unavailable.is_empty() {
        notes.push(format!(
            "events were not given (--events), so these are not known: {}",
            unavailable.join(", ")
        ));
    }
    let explanation = Explanation {
        id: wanted.to_owned(),
        row: row + 1,
        as_of,
        model,
        points,
        events: store.is_some().then_some(counts),
        read,
        notes,
    };
    if args.json { print::json(&explanation) } else { show(&explanation) }
}

/// Refuses to tell backwards what changed: the moment since when must not be after that of the
/// score.
fn in_order(since: Option<Time>, as_of: Option<Time>, given: Option<Time>) -> Result<()> {
    match (since, as_of) {
        (Some(since), Some(as_of)) if since > as_of => Err(wrong_call(if given == Some(as_of) {
            format!("--since {since} is after --as-of {as_of}; swap them")
        } else {
            format!(
                "--since {since} is after {as_of}, the moment that the lead is scored as of; name \
                 an earlier one"
            )
        })),
        _ => Ok(()),
    }
}

/// How readers came to their values; signals of one reading together.
fn read(scorer: &Scorer, snapshot: &Snapshot<'_>) -> Vec<ReadValue> {
    let mut found: Vec<ReadValue> = Vec::new();
    for (position, signal) in scorer.signals().enumerate() {
        let Some(why) = scorer.why(position, snapshot) else { continue };
        match found.iter_mut().find(|known| known.why == why) {
            Some(known) => known.signals.push(signal.to_owned()),
            None => found.push(ReadValue { signals: vec![signal.to_owned()], why }),
        }
    }
    found
}

/// The parts by size, those of 0 last, so that all are there and add up.
fn parts(scorer: &Scorer, snapshot: &Snapshot<'_>, score: &Score) -> Vec<Part> {
    let names: Vec<&str> = scorer.inputs().collect();
    let part = |input: usize, log_odds: f64, effect: f64| {
        let value = scorer.input_value(input, snapshot);
        let (value, shown) = (value.to_string(), print::value(&value));
        Part { signal: names[input].to_owned(), value, shown, log_odds, effect }
    };
    let mut parts: Vec<Part> = reasons(score, scorer.recalibration())
        .iter()
        .map(|reason| part(reason.input, reason.log_odds, reason.effect))
        .collect();
    let zero = score.parts.iter().enumerate().filter(|(_, p)| **p == 0.0);
    parts.extend(zero.map(|(input, _)| part(input, 0.0, 0.0)));
    parts
}

/// The points of every rule set, taken apart, and what changed since an earlier moment.
fn points(
    scorer: &Scorer,
    rule_sets: &[RuleSet],
    step: &Step<'_>,
    score: &Score,
    since: Option<Time>,
) -> Vec<PointsPart> {
    let mut before = PointsScore::default();
    rule_sets
        .iter()
        .enumerate()
        .map(|(index, set)| {
            let since = since.map(|moment| {
                let mut seen = Seen::new(step.texts);
                let events = scorer.event_plan().filter(|_| step.snapshot.events.is_some());
                let events = events.map(|plan| {
                    seen.cut(plan, step.past.records, moment, step.past.created);
                    &seen
                });
                let attributes = step.past.attributes_at(moment);
                let attributes = &attributes[..];
                let snapshot = Snapshot { as_of: Some(moment), attributes, events };
                scorer.points_of(index, &snapshot, &mut before);
                (moment, &before)
            });
            breakdown::take_apart(scorer, (index, set), step, &score.points[index], since)
        })
        .collect()
}

fn notes(bundle: &Bundle, scorer: &Scorer, score: &Score) -> Vec<String> {
    scorer
        .inputs()
        .zip(&score.encounters)
        .filter(|(_, encounter)| **encounter == Encounter::Unseen)
        .map(|(signal, _)| {
            let counts = unseen_in_words(bundle, signal);
            format!("no fitted row has this value of {signal:?}; {counts}")
        })
        .collect()
}

fn show(explanation: &Explanation) -> Result<()> {
    let Explanation { id, row, as_of, .. } = explanation;
    line(format!("Lead {id} (row {row}) as of {as_of}"))?;
    if let Some(events) = &explanation.events {
        let taken: Vec<String> = events
            .named()
            .iter()
            .filter(|(_, taken)| *taken > 0)
            .map(|(filter, taken)| format!("{filter} took {taken}"))
            .collect();
        let taken =
            if taken.is_empty() { String::new() } else { format!("; {}", taken.join(", ")) };
        line(wrap(
            &format!(
                "Events: {} counted, {} later or not known by then{taken}",
                events.kept, events.later
            ),
            2,
        ))?;
    }
    if let Some(model) = &explanation.model {
        line("")?;
        line(wrap(
            &format!(
                "Model {}: {} likely to convert{}, {} (warm from {}, hot from {})",
                model.name,
                percent(model.probability),
                model.interval.map_or_else(String::new, |[low, high]| format!(
                    " (95 % interval {} to {})",
                    percent(low),
                    percent(high)
                )),
                model.band,
                percent(model.bands.warm),
                percent(model.bands.hot)
            ),
            2,
        ))?;
        let mut rows = vec![vec![
            "(the average lead)".to_owned(),
            String::new(),
            signed(model.base_log_odds),
            String::new(),
        ]];
        for part in &model.parts {
            rows.push(vec![
                part.signal.clone(),
                print::cut(&part.shown, 24),
                signed(part.log_odds),
                format!("{:+.1} pp", 100.0 * part.effect),
            ]);
        }
        let added = [
            ("(calibration)", model.calibration_log_odds),
            ("(base rate)", model.base_rate_log_odds),
        ];
        for (name, log_odds) in added {
            rows.extend(
                log_odds.map(|added| {
                    vec![name.to_owned(), String::new(), signed(added), String::new()]
                }),
            );
        }
        rows.push(vec![
            "Sum".to_owned(),
            String::new(),
            signed(model.log_odds),
            format!("= {}", percent(model.probability)),
        ]);
        let header = [
            ("Signal", Align::Left),
            ("Value", Align::Left),
            ("Log-odds", Align::Right),
            ("On the probability", Align::Right),
        ];
        line(print::table(&header, rows))?;
        line(wrap(
            "Log-odds add up. The last column is what the probability would lose, in percentage \
             points (pp), were that signal average and all else as it is; those do not add up.",
            0,
        ))?;
        what_if::show(&model.what_if)?;
    }
    for points in &explanation.points {
        breakdown::show(points)?;
    }
    if !explanation.read.is_empty() {
        line("\nRead from what was typed:")?;
        for read in &explanation.read {
            line(wrap(&format!("  {}: {}", read.signals.join(", "), read.why), 4))?;
        }
    }
    for note in &explanation.notes {
        line(wrap(&format!("Note: {note}"), 2))?;
    }
    Ok(())
}
