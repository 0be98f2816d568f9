//! `leadscore card`: the model card of a bundle, as Markdown or as a page.

pub(crate) mod page;

use std::io::{self, Write};
use std::path::Path;

use anyhow::Result;
use leadscore_model::Bundle;
use leadscore_model::bundle::{ProbabilityBands, Training};
use serde::Serialize;

use self::page::Shown;
use crate::args::{CardArgs, PageArgs};
use crate::inputs::{Loaded, keep_apart, load_bundle};
use crate::print::{self, line, plural};

/// What a card is made of, as `train --json` has it too.
#[derive(Serialize)]
struct Answer<'a> {
    name: &'a str,
    version: &'a str,
    hash: &'a str,
    bands: ProbabilityBands,
    training: &'a Training,
}

pub(crate) fn run(args: &CardArgs) -> Result<()> {
    let loaded = load_bundle(&args.bundle)?;
    let wrote = write_page(&args.page, &loaded, &args.bundle, &[])?;
    let Loaded { bundle, hash } = &loaded;
    if args.json {
        let Bundle { name, version, bands, training, .. } = bundle;
        return print::json(&Answer { name, version, hash, bands: *bands, training });
    }
    match wrote {
        Some(wrote) => line(wrote),
        None => Ok(io::stdout().lock().write_all(bundle.card.as_bytes())?),
    }
}

/// Writes the page of a bundle where one is wanted, and says what was written.
pub(crate) fn write_page(
    page: &PageArgs,
    loaded: &Loaded,
    file: &Path,
    signals: &[String],
) -> Result<Option<String>> {
    let Some(path) = &page.html else { return Ok(None) };
    keep_apart(path, [file])?;
    let shown = Shown { bundle: &loaded.bundle, file, hash: &loaded.hash, signals };
    let (curves, pairs) = shown.write(page.lang, path)?;
    let (curves, pairs) = (plural(curves, "curve"), plural(pairs, "pair"));
    Ok(Some(format!("Wrote {}: the model card, with {curves} and {pairs}", path.display())))
}
