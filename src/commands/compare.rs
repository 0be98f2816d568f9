//! `leadscore compare`: both rankings against what happened, on rows that the model never saw.

use anyhow::{Result, anyhow};
use leadscore_features::{Role, Table, Time, Value, hint};
use leadscore_model::bundle::{Membership, RuleSetRecord};
use leadscore_model::evaluate::{Comparison, Interval, TopShare, auc_difference, compare};
use leadscore_model::points::{Part, Points, RuleSet};
use leadscore_model::{
    Bundle, IdentityReader, RowHasher, Score, Scorer, Sources, lead_id, reasons,
};
use leadscore_train::{Leads, snapshot_identity, snapshots};
use serde::Serialize;

use crate::args::CompareArgs;
use crate::inputs::{load_bundle, load_rule_sets, warn_of_rules, wrong_call};
use crate::leads::{LeadFile, ProjectFile};
use crate::print::{self, Align, count, line, percent, plural, wrap};

/// The share of a ranking that is told beside a model's.
const TENTH: f64 = 0.10;

/// Which rows were compared, and by which model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Basis {
    /// Held out in training: scored by the evaluated model, which never saw them.
    HeldOut,
    /// New to the bundle: scored by the served model.
    New,
}

#[derive(Serialize)]
pub(crate) struct Report {
    model: String,
    model_hash: String,
    basis: Basis,
    /// Rows of the file that were not compared, by reason.
    left_out: LeftOut,
    comparisons: Vec<OfRuleSet>,
}

#[derive(Default, Serialize)]
struct LeftOut {
    /// The model was fitted on them, or on other rows of their leads.
    seen: usize,
    /// New rows, when held-out rows are compared.
    new: usize,
    /// Held-out rows, when new rows are compared.
    held_out: usize,
    /// Neither outcome.
    no_outcome: usize,
}

#[derive(Serialize)]
struct OfRuleSet {
    rule_set: String,
    rule_set_hash: String,
    #[serde(flatten)]
    comparison: Comparison,
    disagreements_in_words: Vec<InWords>,
}

#[derive(Serialize)]
struct InWords {
    id: String,
    converted: bool,
    probability: f64,
    model_rank: f64,
    points: Points,
    points_rank: f64,
    reason: String,
}

/// A row or a snapshot that can be compared.
#[derive(Clone, Copy)]
pub(crate) struct Candidate {
    /// The lead, as a row of the table.
    pub(crate) row: usize,
    pub(crate) as_of: Option<Time>,
    pub(crate) label: bool,
    /// The log-odds that training recorded, for one that was held out.
    pub(crate) recorded: Option<f64>,
}

pub(crate) fn run(args: &CompareArgs) -> Result<()> {
    let report = report(args)?;
    if args.json { print::json(&report) } else { show(&report) }
}

pub(crate) fn report(args: &CompareArgs) -> Result<Report> {
    let loaded = load_bundle(&args.model)?;
    let bundle = &loaded.bundle;
    let rule_sets = load_rule_sets(&args.points)?;
    let file = args.leads.display().to_string();
    let leads = LeadFile::open(&args.leads, None, Some(bundle), None)?;
    if leads.project.is_none() && bundle.training.snapshots.is_some() {
        return Err(wrong_call(format!(
            "{file}: the model was trained on snapshots of a leadscore.toml; name that file, which \
             says where the events and outcomes are"
        )));
    }
    let found = match &leads.project {
        Some(project) => of_project(&leads.table, project, bundle, &file)?,
        None => of_table(&leads.table, bundle, args.target.as_deref(), &file)?,
    };
    warn_of_rules(&rule_sets, Some(bundle));
    let (candidates, basis, left_out) = choose(found, &file)?;
    let scorer = Scorer::new(match basis {
        Basis::HeldOut => Sources::evaluated(bundle, &rule_sets),
        Basis::New => Sources::served(Some(bundle), &rule_sets),
    })?;
    let store = leads.read_events(scorer.event_plan(), &rule_sets, &|_| {})?;
    let walker = leads.leads(store.as_ref());
    let scores = score(&walker, &scorer, &candidates, &file)?;
    let ids = leads.ids(None, Some(bundle))?;

    let outcomes: Vec<bool> = candidates.iter().map(|candidate| candidate.label).collect();
    let probabilities: Vec<f64> = scores.iter().map(|score| score.probability).collect();
    let mut comparisons = Vec::with_capacity(rule_sets.len());
    for (index, set) in rule_sets.iter().enumerate() {
        let points: Vec<Points> = scores.iter().map(|score| score.points[index].total).collect();
        let comparison = compare(&probabilities, &points, &outcomes, &set.bands, set.hand_off)?;
        let mut disagreements_in_words = Vec::with_capacity(comparison.disagreements.len());
        for found in &comparison.disagreements {
            let (candidate, score) = (candidates[found.lead], &scores[found.lead]);
            let up = found.model_rank < found.points_rank;
            let model = model_in_words(&walker, &scorer, candidate, score, up)?;
            disagreements_in_words.push(InWords {
                id: lead_id(ids, candidate.row),
                converted: candidate.label,
                probability: score.probability,
                model_rank: found.model_rank,
                points: points[found.lead],
                points_rank: found.points_rank,
                reason: format!("{model}; {}", rules_in_words(set, score, index, !up)),
            });
        }
        comparisons.push(OfRuleSet {
            rule_set: set.name.clone(),
            rule_set_hash: set.hash.clone(),
            comparison,
            disagreements_in_words,
        });
    }
    Ok(Report { model: bundle.name.clone(), model_hash: loaded.hash, basis, left_out, comparisons })
}

/// What rule sets reach on the held-out rows of a bundle that was just made of these leads.
pub(crate) fn beside_model(
    leads: &LeadFile,
    bundle: &Bundle,
    rule_sets: &[RuleSet],
) -> Result<Vec<RuleSetRecord>> {
    let file = leads.path.display().to_string();
    let found = match &leads.project {
        Some(project) => of_project(&leads.table, project, bundle, &file)?,
        None => of_table(&leads.table, bundle, None, &file)?,
    };
    warn_of_rules(rule_sets, Some(bundle));
    let (candidates, _, _) = choose(found, &file)?;
    let scorer = Scorer::new(Sources::evaluated(bundle, rule_sets))?;
    let store = leads.read_events(scorer.event_plan(), rule_sets, &|_| {})?;
    let scores = score(&leads.leads(store.as_ref()), &scorer, &candidates, &file)?;
    let outcomes: Vec<bool> = candidates.iter().map(|candidate| candidate.label).collect();
    let probabilities: Vec<f64> = scores.iter().map(|score| score.probability).collect();
    let judge = |(index, set): (usize, &RuleSet)| {
        let points: Vec<Points> = scores.iter().map(|score| score.points[index].total).collect();
        let found = compare(&probabilities, &points, &outcomes, &set.bands, set.hand_off)?;
        let totals: Vec<f64> = points.iter().map(|points| points.to_number()).collect();
        let tenth = |top: &[TopShare]| top.iter().find(|top| top.share == TENTH).copied();
        Ok(RuleSetRecord {
            name: set.name.clone(),
            version: set.version.clone(),
            hash: set.hash.clone(),
            auc: found.points.auc,
            auc_difference: auc_difference(&probabilities, &totals, &outcomes),
            top_tenth: tenth(&found.points.top),
            model_top_tenth: tenth(&found.model.top),
            rank_correlation: found.rank_correlation,
        })
    };
    rule_sets.iter().enumerate().map(judge).collect()
}

/// The outcome of each row, by the values that the bundle was trained with.
fn labels(
    table: &Table,
    bundle: &Bundle,
    target: Option<&str>,
    file: &str,
) -> Result<Vec<Option<bool>>> {
    let trained = &bundle.training.target;
    let name = target.unwrap_or(&trained.column);
    let (Some(column), Some(reader)) = (table.column(name), bundle.schema.reader(&trained.column))
    else {
        let help = hint(name, table.names().iter().map(String::as_str));
        let message = format!("{file}: there is no column {name:?} with the outcome{help}");
        return Err(wrong_call(message));
    };
    let labels: Vec<Option<bool>> =
        column.cells().map(|cell| trained.outcome(&reader.text(cell)?)).collect();
    if labels.iter().all(Option::is_none) {
        return Err(anyhow!(
            "{file}: no row of {name:?} is {:?} or {:?}, the outcomes that the model was trained on",
            trained.positive,
            trained.negative
        ));
    }
    Ok(labels)
}

/// Candidates, each with what the bundle knows of it.
pub(crate) struct Found {
    pub(crate) candidates: Vec<(Candidate, Membership)>,
    no_outcome: usize,
}

/// The rows of a table that have an outcome.
pub(crate) fn of_table(
    table: &Table,
    bundle: &Bundle,
    target: Option<&str>,
    file: &str,
) -> Result<Found> {
    let labels = labels(table, bundle, target, file)?;
    let mut identity = IdentityReader::new(
        &bundle.schema,
        &bundle.catalogue,
        bundle.model.encoder.signals(),
        table,
    )
    .map_err(|e| anyhow!("{file}: {e}"))?;
    let moment = bundle.schema.with_role(Role::Time).and_then(|column| {
        Some((table.column(&column.name)?, bundle.schema.reader(&column.name)?))
    });
    let mut found = Found { candidates: Vec::new(), no_outcome: 0 };
    for (row, label) in labels.iter().enumerate() {
        let Some(label) = *label else {
            found.no_outcome += 1;
            continue;
        };
        let as_of =
            moment.as_ref().and_then(|(column, reader)| match reader.read(column.cell(row)) {
                Ok(Value::Time(time)) => Some(time),
                _ => None,
            });
        let membership = bundle.ledger.membership(identity.next(row, label));
        found.candidates.push((Candidate { row, as_of, label, recorded: None }, membership));
    }
    Ok(found)
}

/// The snapshots of a project.
pub(crate) fn of_project(
    table: &Table,
    project: &ProjectFile,
    bundle: &Bundle,
    file: &str,
) -> Result<Found> {
    let history = project.history()?;
    let (snapshots, _) = snapshots(history.rule, history.times, history.observed_until);
    let ids = table.column(history.id);
    let accounts = history.account.and_then(|account| table.column(account));
    let mut hasher = RowHasher::new();
    let candidates: Vec<(Candidate, Membership)> = snapshots
        .iter()
        .map(|snapshot| {
            let id = lead_id(ids, snapshot.lead);
            let account = accounts.and_then(|column| column.cell(snapshot.lead).into_text());
            let group = account.as_deref().unwrap_or(&id);
            let identity =
                snapshot_identity(&mut hasher, &id, group, snapshot.as_of, snapshot.label);
            let candidate = Candidate {
                row: snapshot.lead,
                as_of: Some(snapshot.as_of),
                label: snapshot.label,
                recorded: None,
            };
            (candidate, bundle.ledger.membership(identity))
        })
        .collect();
    if candidates.is_empty() {
        return Err(anyhow!("{file}: there is no snapshot whose outcome is known"));
    }
    Ok(Found { candidates, no_outcome: 0 })
}

/// Those that can be compared honestly: the held-out ones when the data is mostly what was trained
/// on, else those that the bundle does not know. Without an id column a row is known by its
/// content, so among new leads a few can look like old ones; they must not decide.
fn choose(found: Found, file: &str) -> Result<(Vec<Candidate>, Basis, LeftOut)> {
    let (mut held_out, mut new) = (Vec::new(), Vec::new());
    let mut left_out = LeftOut { no_outcome: found.no_outcome, ..LeftOut::default() };
    for (candidate, membership) in found.candidates {
        match membership {
            Membership::HeldOut(held) => {
                held_out.push(Candidate { recorded: Some(held.log_odds), ..candidate });
            }
            Membership::Seen => left_out.seen += 1,
            Membership::New => new.push(candidate),
        }
    }
    if !held_out.is_empty() && held_out.len() >= new.len() {
        left_out.new = new.len();
        Ok((held_out, Basis::HeldOut, left_out))
    } else if !new.is_empty() {
        left_out.held_out = held_out.len();
        Ok((new, Basis::New, left_out))
    } else {
        Err(anyhow!(
            "{file}: the model was fitted on every one of these leads, so they say nothing about \
             it; compare on the file it was trained on, whose held-out rows are known, or on new \
             leads"
        ))
    }
}

pub(crate) fn score(
    leads: &Leads<'_>,
    scorer: &Scorer,
    candidates: &[Candidate],
    file: &str,
) -> Result<Vec<Score>> {
    let moments: Vec<_> = candidates.iter().map(|c| (c.row, c.as_of)).collect();
    let walk = leads.walk(scorer, &moments, Vec::new, |scores, step| {
        let mut score = Score::default();
        scorer.score_values(step.values, step.snapshot.events, &mut score);
        scores.push(score);
    });
    let (parts, _) = walk.map_err(|e| anyhow!("{file}: {e}"))?;
    let scores: Vec<Score> = parts.into_iter().flatten().collect();
    for (candidate, score) in candidates.iter().zip(&scores) {
        // The bundle keeps what the evaluated model gave this row in training. Another score now
        // would mean that this build scores differently, or that the data has changed, and no
        // figure could be trusted.
        if candidate.recorded.is_some_and(|recorded| (recorded - score.log_odds).abs() > 1e-9) {
            return Err(anyhow!(
                "{file}: {} does not get the score that training recorded; its events or \
                 attributes have changed since, or this version of leadscore scores otherwise: \
                 train again",
                match candidate.as_of {
                    Some(as_of) => format!("row {} as of {as_of}", candidate.row + 1),
                    None => format!("row {}", candidate.row + 1),
                }
            ));
        }
    }
    Ok(scores)
}

/// The two strongest parts of a lead's probability that raise it, or that lower it.
fn model_in_words(
    leads: &Leads<'_>,
    scorer: &Scorer,
    candidate: Candidate,
    score: &Score,
    up: bool,
) -> Result<String> {
    let names: Vec<&str> = scorer.inputs().collect();
    let moment = [(candidate.row, candidate.as_of)];
    let (words, _) = leads.walk(scorer, &moment, Vec::new, |words: &mut Vec<String>, step| {
        let of_reasons = reasons(score.log_odds, &score.parts);
        let strongest = of_reasons.iter().filter(|reason| (reason.log_odds > 0.0) == up).take(2);
        words.extend(strongest.map(|reason| {
            let value = scorer.input_value(reason.input, step.snapshot);
            print::reason(names[reason.input], &value, reason)
        }));
    })?;
    let words: Vec<String> = words.into_iter().flatten().collect();
    Ok(if words.is_empty() { "nothing stands out".to_owned() } else { words.join(", ") })
}

/// The weightiest rules that gave a lead points, or that took some; two at most.
fn rules_in_words(set: &RuleSet, score: &Score, index: usize, up: bool) -> String {
    let mut parts = score.points[index].parts();
    parts.retain(|(_, points)| (*points > Points::ZERO) == up);
    parts.sort_by(|a, b| b.1.to_number().abs().total_cmp(&a.1.to_number().abs()));
    if parts.is_empty() {
        return if up { "no rule gives points" } else { "few rules give points" }.to_owned();
    }
    let word = |(part, points): &(Part, Points)| format!("{} {points:+}", part.words(set));
    parts.iter().take(2).map(word).collect::<Vec<_>>().join(", ")
}

fn show(report: &Report) -> Result<()> {
    for (index, of) in report.comparisons.iter().enumerate() {
        if index > 0 {
            line("")?;
        }
        show_one(report, of)?;
    }
    Ok(())
}

fn show_one(report: &Report, of: &OfRuleSet) -> Result<()> {
    let found = &of.comparison;
    let rows = match report.basis {
        Basis::HeldOut => "held out in training, scored by the model fitted without them",
        Basis::New => "that the model never saw",
    };
    line(wrap(
        &format!(
            "Model {} against rule set {}, on {} {rows}; {} converted ({}).",
            report.model,
            of.rule_set,
            plural(found.leads, "lead"),
            count(found.conversions),
            percent(found.conversions as f64 / found.leads as f64)
        ),
        0,
    ))?;
    let LeftOut { seen, new, held_out, no_outcome } = report.left_out;
    let mut left_out = Vec::new();
    if seen > 0 {
        left_out.push(format!("{} that the model was fitted on, by id or content", count(seen)));
    }
    if new > 0 {
        left_out.push(format!("{} new ones (put them into a file of their own)", count(new)));
    }
    if held_out > 0 {
        left_out.push(format!("{} that were held out in training", count(held_out)));
    }
    if no_outcome > 0 {
        left_out.push(format!("{} without one of the two outcomes", count(no_outcome)));
    }
    if !left_out.is_empty() {
        line(wrap(&format!("Left out: {}.", left_out.join(", ")), 0))?;
    }
    ranking(found)?;
    thresholds(found)?;
    if found.conversions == 0 || found.conversions == found.leads {
        line("\nAll of these leads had one outcome, so neither ranking can be told from chance.")?;
    } else {
        line(format!("\n{}", answer(found)))?;
    }
    disagreements(of)
}

fn ranking(found: &Comparison) -> Result<()> {
    let auc = |auc: Option<Interval>| {
        auc.map_or_else(
            || "-".to_owned(),
            |auc| format!("{:.3} ({:.3}-{:.3})", auc.value, auc.low, auc.high),
        )
    };
    let mut rows = vec![vec!["AUC (95 %)".to_owned(), auc(found.model.auc), auc(found.points.auc)]];
    for ((model, points), overlap) in
        found.model.top.iter().zip(&found.points.top).zip(&found.overlap)
    {
        let share = format!("Top {:.0} %, {}", 100.0 * model.share, plural(model.k, "lead"));
        rows.push(vec![share, String::new(), String::new()]);
        rows.push(vec!["  precision".into(), percent(model.precision), percent(points.precision)]);
        rows.push(vec!["  recall".into(), percent(model.recall), percent(points.recall)]);
        let lift = |lift: f64| format!("{lift:.2}");
        rows.push(vec!["  lift".into(), lift(model.lift), lift(points.lift)]);
        rows.push(vec!["  leads in both".into(), percent(overlap.overlap), String::new()]);
    }
    rows.push(vec![
        "Rank correlation".to_owned(),
        found.rank_correlation.map_or_else(|| "-".to_owned(), |r| format!("{r:.3}")),
        String::new(),
    ]);
    let header = [("", Align::Left), ("Model", Align::Right), ("Points", Align::Right)];
    line(format!("\n{}", print::table(&header, rows)))
}

/// What points have stood for.
fn thresholds(found: &Comparison) -> Result<()> {
    let optional = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), percent);
    let rows = found
        .thresholds
        .iter()
        .map(|t| {
            vec![
                format!("{} ({})", t.threshold.replace('_', "-"), t.points),
                count(t.leads),
                print::rate(t.conversion_rate),
                optional(t.mean_probability),
                optional(t.matching_probability),
                optional(t.model_conversion_rate),
            ]
        })
        .collect();
    let header = [
        ("Points from", Align::Left),
        ("Leads", Align::Right),
        ("Converted (95 %)", Align::Right),
        ("Model says", Align::Right),
        ("As many", Align::Right),
        ("Converted", Align::Right),
    ];
    line(format!("\n{}", print::table(&header, rows)))?;
    line(wrap(
        "\"Model says\": the mean probability of those leads. \"As many\": the probability that \
         as many leads reach by the model, and how many of those converted.",
        0,
    ))?;
    let rows = found
        .bands
        .iter()
        .map(|b| vec![b.band.clone(), count(b.leads), print::rate(b.conversion_rate)])
        .collect();
    let header =
        [("Points band", Align::Left), ("Leads", Align::Right), ("Converted (95 %)", Align::Right)];
    line(format!("\n{}", print::table(&header, rows)))
}

/// The answer in one sentence.
fn answer(found: &Comparison) -> String {
    let Some((model, points)) = found.model.top.get(1).zip(found.points.top.get(1)) else {
        return String::new();
    };
    let difference = model.conversions - points.conversions;
    let who = if difference.abs() < 0.5 {
        "as many".to_owned()
    } else if difference > 0.0 {
        format!("{:.0} more", difference)
    } else {
        format!("{:.0} fewer", -difference)
    };
    wrap(
        &format!(
            "Of the {} leads that the model ranks first, {:.0} converted; of the {} that the \
             points rank first, {:.0}: {who} by the model.",
            count(model.k),
            model.conversions,
            count(points.k),
            points.conversions,
        ),
        0,
    )
}

fn disagreements(of: &OfRuleSet) -> Result<()> {
    if of.disagreements_in_words.is_empty() {
        return line("\nThe two rankings agree on every lead.");
    }
    line(format!(
        "\nWhere they disagree most (places among {}, 1 the best):",
        count(of.comparison.leads)
    ))?;
    let rows = of
        .disagreements_in_words
        .iter()
        .map(|found| {
            vec![
                found.id.chars().take(16).collect(),
                format!("{:.0}", found.model_rank),
                format!("{:.0}", found.points_rank),
                if found.converted { "yes" } else { "no" }.to_owned(),
                found.reason.clone(),
            ]
        })
        .collect();
    let header = [
        ("Lead", Align::Left),
        ("Model", Align::Right),
        ("Points", Align::Right),
        ("Won", Align::Left),
        ("Why: the model; the rules", Align::Left),
    ];
    line(print::table(&header, rows))
}
