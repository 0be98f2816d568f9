//! `leadscore serve`.

use anyhow::Result;

use crate::args::ServeArgs;
use crate::inputs::load_scorers;

pub(crate) fn run(args: &ServeArgs) -> Result<()> {
    let (_loaded, _rule_sets) = load_scorers(&args.scorer)?;
    Ok(())
}
