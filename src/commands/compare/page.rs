//! The page: one file with the report, the list of the leads, and what draws them.

use std::path::Path;

use anyhow::Result;
use leadscore_features::io::write_atomic;
use leadscore_model::lead_id;
use serde::Serialize;

use super::list::{OfScore, Told, told};
use super::{Compared, Report};
use crate::args::Language;
use crate::pages::Page;

/// Leads that a page lists, those that some ranking would call first.
const MOST_LISTED: usize = 100_000;
/// Leads whose scores it takes apart.
const MOST_REASONED: usize = 20_000;

/// What the page draws.
#[derive(Serialize)]
struct Drawn<'a> {
    report: &'a Report,
    list: List<'a>,
}

/// The leads, by the better of their ranks; columns are parallel, and those of rankings too.
#[derive(Serialize)]
struct List<'a> {
    leads: usize,
    id: Vec<String>,
    /// Days.
    as_of: Option<Vec<String>>,
    converted: Vec<u8>,
    score: Vec<Vec<f64>>,
    rank: Vec<Vec<f64>>,
    /// Positions among the bands, -1 for none.
    band: Vec<Vec<i64>>,
    /// Leads whose scores are taken apart: the first so many.
    reasoned: usize,
    inputs: Vec<&'a [String]>,
    values: Vec<Option<&'a [String]>>,
    reasons: Vec<&'a [Vec<OfScore>]>,
}

pub(super) fn write(
    compared: &Compared,
    report: &Report,
    language: Language,
    path: &Path,
) -> Result<()> {
    let listed = listed(compared);
    let reasoned = listed.len().min(MOST_REASONED);
    let apart: Vec<Told> = compared
        .rankings
        .iter()
        .map(|ranking| told(compared, ranking, &listed[..reasoned]))
        .collect::<Result<_>>()?;
    let drawn = Drawn { report, list: list(compared, &listed, &apart)? };
    let names: Vec<&str> = compared.rankings.iter().map(|ranking| ranking.name.as_str()).collect();
    let page = Page::comparison(language, &names.join(" / ")).filled(&drawn)?;
    write_atomic(path, |out| out.write_all(page.as_bytes()))?;
    Ok(())
}

/// The leads that are listed, the best first.
fn listed(compared: &Compared) -> Vec<usize> {
    let best = |lead: usize| {
        compared.orders.iter().map(|order| order.rank(lead)).fold(f64::INFINITY, f64::min)
    };
    let mut leads: Vec<(f64, f64, usize)> = (0..compared.candidates().len())
        .map(|lead| (best(lead), compared.orders[0].rank(lead), lead))
        .collect();
    leads
        .sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
    leads.truncate(MOST_LISTED);
    leads.into_iter().map(|(_, _, lead)| lead).collect()
}

fn list<'a>(compared: &Compared, listed: &[usize], apart: &'a [Told]) -> Result<List<'a>> {
    let judge = &compared.judges[0];
    let ids = judge.leads.ids(None, Some(&judge.bundle))?;
    let leads = compared.candidates();
    let day = |lead: &usize| Some(leads[*lead].as_of?.to_string().chars().take(10).collect());
    let of = |column: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
        let each = |at: usize| listed.iter().map(|lead| column(at, *lead)).collect();
        (0..compared.rankings.len()).map(each).collect()
    };
    let band = |at: usize, lead: usize| compared.rankings[at].band_of[lead];
    let bands = |at: usize| {
        let each = listed.iter().map(|lead| band(at, *lead).map_or(-1, |band| band as i64));
        each.collect()
    };
    Ok(List {
        leads: listed.len(),
        id: listed.iter().map(|lead| lead_id(ids, leads[*lead].row)).collect(),
        as_of: listed.iter().map(day).collect(),
        converted: listed.iter().map(|lead| u8::from(leads[*lead].label)).collect(),
        // Six digits tell leads apart; ranks are of the scores as they are.
        score: of(&|at, lead| (compared.rankings[at].scores[lead] * 1e6).round() / 1e6),
        rank: of(&|at, lead| compared.orders[at].rank(lead)),
        band: (0..compared.rankings.len()).map(bands).collect(),
        reasoned: apart.first().map_or(0, |told| told.parts.len()),
        inputs: apart.iter().map(|told| told.names.as_slice()).collect(),
        values: apart
            .iter()
            .zip(&compared.rankings)
            .map(|(told, ranking)| ranking.is_model().then_some(told.values.as_slice()))
            .collect(),
        reasons: apart.iter().map(|told| told.parts.as_slice()).collect(),
    })
}
