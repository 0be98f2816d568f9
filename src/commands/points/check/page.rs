//! The cards of rule sets as a page: what rules say, for whom they do something, and what became of them.

use std::path::Path;

use anyhow::Result;
use leadscore_features::io::write_atomic;
use leadscore_model::points::{RuleSet, Scale};
use leadscore_train::rules::Check;
use serde::Serialize;

use super::judged::{Bin, Judged, Tally};
use crate::args::Language;
use crate::pages::Page;
use crate::provenance::{FileRead, command_line};

#[derive(Serialize)]
struct Drawn<'a> {
    leadscore: &'static str,
    command: String,
    files: Vec<FileRead>,
    sets: Vec<Card<'a>>,
}

#[derive(Serialize)]
struct Card<'a> {
    name: &'a str,
    version: &'a str,
    description: Option<&'a str>,
    hash: &'a str,
    scale: &'a Scale,
    hand_off: Option<f64>,
    /// From how many points each band is given, lowest first.
    bands: Vec<Option<f64>>,
    /// What each rule says, as its file does.
    bodies: Vec<String>,
    groups: Vec<Option<&'a str>>,
    exclusions: Vec<Excluded<'a>>,
    /// The whole set, as a file.
    toml: String,
    check: &'a Check,
    outcomes: Option<&'a Judged>,
    bins: Vec<Bin>,
}

/// Leads whose score is forced.
#[derive(Serialize)]
struct Excluded<'a> {
    name: &'a str,
    body: String,
    leads: usize,
}

/// What is shown of a rule set.
pub(super) struct Shown<'a> {
    pub(super) set: &'a RuleSet,
    pub(super) check: &'a Check,
    pub(super) tally: &'a Tally,
    pub(super) outcomes: Option<&'a Judged>,
}

pub(super) fn write<'a>(
    path: &Path,
    language: Language,
    files: impl Iterator<Item = &'a Path>,
    sets: &[Shown<'_>],
) -> Result<()> {
    let drawn = Drawn {
        leadscore: env!("CARGO_PKG_VERSION"),
        command: command_line(),
        files: files.map(FileRead::of).collect::<Result<_>>()?,
        sets: sets.iter().map(card).collect(),
    };
    let names: Vec<&str> = sets.iter().map(|of| of.set.name.as_str()).collect();
    let page = Page::rule_card(language, &names.join(" / ")).filled(&drawn)?;
    write_atomic(path, |out| out.write_all(page.as_bytes()))?;
    Ok(())
}

fn card<'a>(of: &Shown<'a>) -> Card<'a> {
    let set = of.set;
    Card {
        name: &set.name,
        version: &set.version,
        description: set.description.as_deref(),
        hash: &set.hash,
        scale: &set.scale,
        hand_off: set.hand_off.map(|points| points.to_number()),
        bands: set.bands.all().iter().map(|band| Some(band.from?.to_number())).collect(),
        bodies: set.rules.iter().map(|rule| rule.body()).collect(),
        groups: set.rules.iter().map(|rule| rule.group.as_deref()).collect(),
        exclusions: set
            .exclusions
            .iter()
            .zip(of.tally.excluded())
            .map(|(of, leads)| Excluded { name: &of.name, body: of.body(), leads: *leads })
            .collect(),
        toml: set.to_toml(),
        check: of.check,
        outcomes: of.outcomes,
        bins: of.tally.bins(),
    }
}
