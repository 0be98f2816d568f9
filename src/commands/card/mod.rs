//! `leadscore card`: the model card of a bundle, as Markdown or as a page.

pub(crate) mod page;

use std::io::{self, Write};

use anyhow::Result;

use self::page::Shown;
use crate::args::{CardArgs, PageArgs};
use crate::inputs::{Loaded, keep_apart, load_bundle};
use crate::print::{line, plural};

pub(crate) fn run(args: &CardArgs) -> Result<()> {
    let loaded = load_bundle(&args.bundle)?;
    if args.page.html.is_none() {
        io::stdout().lock().write_all(loaded.bundle.card.as_bytes())?;
        return Ok(());
    }
    if let Some(wrote) = write_page(&args.page, &loaded, &args.bundle, &[])? {
        line(wrote)?;
    }
    Ok(())
}

/// Writes the page of a bundle where one is wanted, and says what was written.
pub(crate) fn write_page(
    page: &PageArgs,
    loaded: &Loaded,
    file: &std::path::Path,
    signals: &[String],
) -> Result<Option<String>> {
    let Some(path) = &page.html else { return Ok(None) };
    keep_apart(path, [file])?;
    let shown = Shown { bundle: &loaded.bundle, file, hash: &loaded.hash, signals };
    let (curves, pairs) = shown.write(page.lang, path)?;
    let (curves, pairs) = (plural(curves, "curve"), plural(pairs, "pair"));
    Ok(Some(format!("Wrote {}: the model card, with {curves} and {pairs}", path.display())))
}
