//! `leadscore card`: the model card of a bundle.

use std::io::{self, Write};

use anyhow::Result;

use crate::args::CardArgs;
use crate::inputs::load_bundle;

pub(crate) fn run(args: &CardArgs) -> Result<()> {
    let loaded = load_bundle(&args.bundle)?;
    io::stdout().lock().write_all(loaded.bundle.card.as_bytes())?;
    Ok(())
}
