//! `compare --out`: a row for each lead compared.

use std::path::Path;

use anyhow::Result;
use leadscore_compare::Outcomes;
use leadscore_features::io::{Packing, Sheet, SheetColumn, write_sheet};
use leadscore_model::lead_id;

use super::Compared;
use super::list::told;

/// Parts of each score that are told.
const MOST_REASONS: usize = 3;

pub(super) fn write(compared: &Compared, path: &Path) -> Result<()> {
    let judge = &compared.judges[0];
    let ids = judge.leads.ids(None, Some(&judge.bundle))?;
    let leads = compared.candidates();
    let mut columns = vec![(
        "id".to_owned(),
        SheetColumn::Text(leads.iter().map(|lead| lead_id(ids, lead.row)).collect()),
    )];
    if leads.iter().any(|lead| lead.as_of.is_some()) {
        let moments = leads.iter().map(|lead| lead.as_of).collect();
        columns.push(("as_of".to_owned(), SheetColumn::Time(moments)));
    }
    let groups: Vec<u64> = leads.iter().map(|lead| lead.group).collect();
    let outcomes = Outcomes::new(&compared.converted(), Some(&groups));
    if outcomes.groups().is_some() {
        let units = outcomes.units().iter().map(|unit| i64::from(*unit)).collect();
        columns.push(("group".to_owned(), SheetColumn::Integer(units)));
    }
    columns.push(("converted".to_owned(), SheetColumn::YesNo(compared.converted())));
    let all: Vec<usize> = (0..leads.len()).collect();
    for (ranking, order) in compared.rankings.iter().zip(&compared.orders) {
        let name = &ranking.name;
        let score = if ranking.is_model() { "probability" } else { "points" };
        columns.push((format!("{score}_{name}"), SheetColumn::Number(ranking.scores.clone())));
        let ranks = all.iter().map(|lead| order.rank(*lead)).collect();
        columns.push((format!("rank_{name}"), SheetColumn::Number(ranks)));
        let band = |band: &Option<usize>| {
            band.map_or_else(String::new, |band| ranking.bands[band].0.clone())
        };
        let bands = ranking.band_of.iter().map(band).collect();
        columns.push((format!("band_{name}"), SheetColumn::Text(bands)));
        let told = told(compared, ranking, &all)?;
        let words = |parts: &Vec<_>| {
            let words = parts.iter().take(MOST_REASONS).map(|part| told.in_words(part));
            words.collect::<Vec<_>>().join("; ")
        };
        let words = told.parts.iter().map(words).collect();
        columns.push((format!("reasons_{name}"), SheetColumn::Text(words)));
    }
    write_sheet(path, &Sheet { columns }, Packing::Tight)?;
    Ok(())
}
