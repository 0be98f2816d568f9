//! `leadscore compare`: rankings of the same leads against what happened, on rows that no model was
//! fitted to.

mod candidates;
mod list;
mod made;
mod page;
mod rankings;
mod report;
mod segments;
mod sheet;
mod show;
mod warnings;
mod worth;

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use leadscore_compare::{Order, SHARES};
use leadscore_features::Time;
use leadscore_model::bundle::RuleSetRecord;
use leadscore_model::evaluate::{auc, auc_difference, spearman, top_shares};
use leadscore_model::points::RuleSet;
use leadscore_model::{Bundle, Score, Scorer, Sources};

use crate::args::CompareArgs;
use crate::inputs::{
    check_table_name, keep_apart, load_bundle, load_rule_sets, warn_of_rules, wrong_call,
};
use crate::leads::LeadFile;
use crate::print::{self, line};

use candidates::{Basis, LeftOut, candidates, choose, common};
pub(crate) use candidates::{Candidate, Found, of_project, of_table, score};
use rankings::Ranking;
pub(crate) use report::Report;
use warnings::Warning;

/// A model, the leads as it reads them, and what it gives those that are compared.
struct Judge {
    path: PathBuf,
    bundle: Bundle,
    hash: String,
    leads: LeadFile,
    basis: Basis,
    left_out: LeftOut,
    /// The leads compared: the same rows for every model.
    candidates: Vec<Candidate>,
}

/// What is compared.
struct Compared {
    judges: Vec<Judge>,
    rule_sets: Vec<RuleSet>,
    /// For every model its scores; those of the first have the points.
    scores: Vec<Vec<Score>>,
    scorers: Vec<Scorer>,
    /// The models, then the rule sets.
    rankings: Vec<Ranking>,
    orders: Vec<Order>,
    /// What to know of the models before trusting the comparison.
    warnings: Vec<Warning>,
}

impl Compared {
    fn converted(&self) -> Vec<bool> {
        self.candidates().iter().map(|candidate| candidate.label).collect()
    }

    fn candidates(&self) -> &[Candidate] {
        &self.judges[0].candidates
    }

    fn moments(&self, judge: usize) -> Vec<(usize, Option<Time>)> {
        self.judges[judge].candidates.iter().map(|lead| (lead.row, lead.as_of)).collect()
    }
}

pub(crate) fn run(args: &CompareArgs) -> Result<()> {
    check(args)?;
    let compared = compared(args)?;
    let inputs = || {
        let scorers = args.model.iter().chain(&args.points).map(PathBuf::as_path);
        compared.judges[0].leads.files().chain(scorers)
    };
    for path in args.page.html.iter().chain(&args.out) {
        keep_apart(path, inputs())?;
    }
    let report = report::of(&compared, args)?;
    if let Some(out) = &args.out {
        sheet::write(&compared, out)?;
    }
    if let Some(html) = &args.page.html {
        page::write(&compared, &report, args.page.lang, html)?;
    }
    if args.json {
        return print::json(&report);
    }
    show::show(&report)?;
    for (path, what) in [(&args.page.html, "the page"), (&args.out, "a row for each lead")] {
        if let Some(path) = path {
            line(format!("\nWrote {}: {what}", path.display()))?;
        }
    }
    Ok(())
}

/// The report alone, for those who print it beside other things.
pub(crate) fn report(args: &CompareArgs) -> Result<Report> {
    check(args)?;
    report::of(&compared(args)?, args)
}

fn check(args: &CompareArgs) -> Result<()> {
    if args.model.len() + args.points.len() < 2 {
        return Err(wrong_call(
            "there is one ranking, so nothing to compare it with: add --points RULES, or another \
             --model BUNDLE",
        ));
    }
    if args.capacity == Some(0) {
        return Err(wrong_call("--capacity is a number of leads, at least 1"));
    }
    args.out.as_deref().map(check_table_name).transpose()?;
    if args.page.html.is_some() && args.page.html == args.out {
        return Err(wrong_call("--html and --out name the same file; give each its own"));
    }
    Ok(())
}

fn compared(args: &CompareArgs) -> Result<Compared> {
    let rule_sets = load_rule_sets(&args.points)?;
    let file = args.leads.display().to_string();
    let mut judges: Vec<Judge> = Vec::with_capacity(args.model.len());
    for path in &args.model {
        let loaded = load_bundle(path)?;
        let bundle = loaded.bundle;
        let leads = LeadFile::open(&args.leads, None, Some(&bundle), None)?;
        let found = candidates(&leads, &bundle, args.target.as_deref())?;
        let of =
            if args.model.len() > 1 { format!("{file}, {}", path.display()) } else { file.clone() };
        let (candidates, basis, left_out) = choose(found, &of)?;
        let (path, hash) = (path.clone(), loaded.hash);
        judges.push(Judge { path, bundle, hash, leads, basis, left_out, candidates });
    }
    let of_project = judges.iter().any(|judge| judge.leads.project.is_some());
    let chosen = keep_common(&mut judges, &file, of_project)?;
    warn_of_rules(&rule_sets, Some(&judges[0].bundle));
    let mut scorers = Vec::with_capacity(judges.len());
    let mut scores = Vec::with_capacity(judges.len());
    for (index, judge) in judges.iter().enumerate() {
        let sets = if index == 0 { rule_sets.as_slice() } else { &[] };
        let scorer = scorer_of(judge, sets)?;
        let store = judge.leads.read_events(scorer.event_plan(), sets, &|_| {})?;
        scores.push(score(&judge.leads, store.as_ref(), &scorer, &judge.candidates)?);
        scorers.push(scorer);
    }
    let rankings = rankings::of(&judges, &rule_sets, &args.points, &scores)?;
    let orders = rankings.iter().map(|ranking| Order::of(&ranking.scores)).collect();
    let names: Vec<String> = rankings.iter().map(|ranking| ranking.name.clone()).collect();
    let warnings = warnings::of_splits(&judges, &names[..judges.len()], &chosen, of_project);
    Ok(Compared { judges, rule_sets, scores, scorers, rankings, orders, warnings })
}

/// The scorer of a model: for held-out rows the one that was fitted without them.
fn scorer_of(judge: &Judge, rule_sets: &[RuleSet]) -> Result<Scorer> {
    Ok(Scorer::new(match judge.basis {
        Basis::HeldOut => Sources::evaluated(&judge.bundle, rule_sets),
        Basis::New => Sources::served(Some(&judge.bundle), rule_sets),
    })?)
}

/// Leaves every model the leads that all chose. Gives what each chose.
fn keep_common(judges: &mut [Judge], file: &str, of_project: bool) -> Result<Vec<Vec<Candidate>>> {
    let chosen: Vec<Vec<Candidate>> = judges.iter().map(|judge| judge.candidates.clone()).collect();
    let kept = common(&chosen, of_project);
    if kept.iter().all(Vec::is_empty) {
        return Err(anyhow!(
            "{file}: there is no lead that every one of the models was not fitted to; train them on \
             the same file with the same --time or --seed, so that they hold out the same leads, or \
             compare on leads that are new to all"
        ));
    }
    let labels = |of: &[Candidate]| -> Vec<bool> { of.iter().map(|lead| lead.label).collect() };
    if kept.iter().any(|of| labels(of) != labels(&kept[0])) {
        return Err(anyhow!(
            "{file}: the models were trained on different outcomes, so that a lead converted for one \
             and not for another; name the column that counts for both with --target"
        ));
    }
    for (judge, kept) in judges.iter_mut().zip(kept) {
        judge.left_out.elsewhere = judge.candidates.len() - kept.len();
        judge.candidates = kept;
    }
    Ok(chosen)
}

/// What rule sets reach on the held-out rows of a bundle that was just made of these leads.
pub(crate) fn beside_model(
    leads: &LeadFile,
    bundle: &Bundle,
    rule_sets: &[RuleSet],
) -> Result<Vec<RuleSetRecord>> {
    let file = leads.path.display().to_string();
    let found = candidates(leads, bundle, None)?;
    warn_of_rules(rule_sets, Some(bundle));
    let (candidates, _, _) = choose(found, &file)?;
    let scorer = Scorer::new(Sources::evaluated(bundle, rule_sets))?;
    let store = leads.read_events(scorer.event_plan(), rule_sets, &|_| {})?;
    let scores = score(leads, store.as_ref(), &scorer, &candidates)?;
    let outcomes: Vec<bool> = candidates.iter().map(|candidate| candidate.label).collect();
    let probabilities: Vec<f64> = scores.iter().map(|score| score.probability).collect();
    let tenth = |scores: &[f64]| top_shares(scores, &outcomes, &[SHARES[1]]).first().copied();
    let judge = |(index, set): (usize, &RuleSet)| {
        let totals = rankings::totals(&scores, index);
        RuleSetRecord {
            name: set.name.clone(),
            version: set.version.clone(),
            hash: set.hash.clone(),
            auc: auc(&totals, &outcomes),
            auc_difference: auc_difference(&probabilities, &totals, &outcomes),
            top_tenth: tenth(&totals),
            model_top_tenth: tenth(&probabilities),
            rank_correlation: spearman(&probabilities, &totals),
        }
    };
    Ok(rule_sets.iter().enumerate().map(judge).collect())
}
