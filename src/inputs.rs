//! What commands read: bundles, rule sets, tables, times. Errors name the file.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use leadscore_features::io::{read_file, read_table};
use leadscore_features::{RawColumn, Role, Table, Time, hint};
use leadscore_model::points::RuleSet;
use leadscore_model::{Bundle, file_hash};

use crate::args::ScorerArgs;
use crate::print;

/// The call was wrong, not the work: exit status 2.
#[derive(Debug)]
pub(crate) struct WrongCall(pub(crate) String);

impl fmt::Display for WrongCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongCall {}

pub(crate) fn wrong_call(message: impl Into<String>) -> anyhow::Error {
    WrongCall(message.into()).into()
}

/// A bundle with the hash of its file.
pub(crate) struct Loaded {
    pub(crate) bundle: Bundle,
    pub(crate) hash: String,
}

pub(crate) fn load_bundle(path: &Path) -> Result<Loaded> {
    let bytes = read_file(path)?;
    let bundle = Bundle::from_bytes(&bytes).with_context(|| path.display().to_string())?;
    Ok(Loaded { bundle, hash: file_hash(&bytes) })
}

pub(crate) fn load_rule_set(path: &Path) -> Result<RuleSet> {
    let bytes = read_file(path)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| anyhow!("{}: is not UTF-8; a rule set is a TOML file", path.display()))?;
    Ok(RuleSet::parse(&path.display().to_string(), &text)?)
}

/// The bundle and the rule sets, at least one of either, rule sets by different names.
pub(crate) fn load_scorers(args: &ScorerArgs) -> Result<(Option<Loaded>, Vec<RuleSet>)> {
    if args.model.is_none() && args.points.is_empty() {
        return Err(wrong_call("nothing to score with: give --model, --points or both"));
    }
    let bundle = args.model.as_deref().map(load_bundle).transpose()?;
    Ok((bundle, load_rule_sets(&args.points)?))
}

pub(crate) fn load_rule_sets(paths: &[impl AsRef<Path>]) -> Result<Vec<RuleSet>> {
    let sets: Vec<RuleSet> =
        paths.iter().map(|path| load_rule_set(path.as_ref())).collect::<Result<_>>()?;
    for (index, set) in sets.iter().enumerate() {
        if sets[..index].iter().any(|other| other.name == set.name) {
            return Err(anyhow!(
                "two rule sets are named {:?}; give one of them another name",
                set.name
            ));
        }
    }
    Ok(sets)
}

pub(crate) fn load_table(path: &Path) -> Result<Table> {
    Ok(read_table(path)?)
}

/// Refuses to write over what is read.
pub(crate) fn keep_apart<'p>(out: &Path, inputs: impl IntoIterator<Item = &'p Path>) -> Result<()> {
    let same = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    match inputs.into_iter().find(|input| input.is_file() && same(out, input)) {
        Some(input) => Err(wrong_call(format!(
            "results would go to {}, which is read too; name another file",
            input.display()
        ))),
        None => Ok(()),
    }
}

/// Refuses a page that would be written over another result, or into a folder that is not there, before
/// any work is done.
pub(crate) fn check_page(page: &Path, results: &[&Path]) -> Result<()> {
    let folder = page.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(wrong_call(format!(
            "--html {}: there is no folder {}",
            page.display(),
            folder.display()
        )));
    }
    // Results may not be there yet, so their folders are compared.
    let place = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).canonicalize();
        Some((folder.ok()?, path.file_name()?.to_owned()))
    };
    match results.iter().find(|result| place(result).is_some() && place(result) == place(page)) {
        Some(result) => Err(wrong_call(format!(
            "--html {} is what {} is written as; give the page a name of its own",
            page.display(),
            result.display()
        ))),
        None => Ok(()),
    }
}

/// Refuses names of tables of results that are neither CSV nor Parquet: what is called `x.xlsx` would not
/// open as that. Standard output, devices and pipes get CSV.
pub(crate) fn check_table_name(out: &Path) -> Result<()> {
    let named = out.extension().is_some_and(|extension| {
        ["csv", "parquet"].iter().any(|known| extension.eq_ignore_ascii_case(known))
    });
    let device = out == Path::new("-")
        || ["/dev", "/proc"].iter().any(|of| out.starts_with(of))
        || (out.exists() && !out.is_file() && !out.is_dir());
    if named || device {
        return Ok(());
    }
    Err(wrong_call(format!(
        "--out {}: the name must end in .csv or .parquet, which says how it is written",
        out.display()
    )))
}

/// Says what in the rule sets can never hold for leads like those that the model was fitted on.
pub(crate) fn warn_of_rules(rule_sets: &[RuleSet], bundle: Option<&Bundle>) {
    let Some(bundle) = bundle else { return };
    for warning in rule_sets.iter().flat_map(|set| set.unmatched(bundle)) {
        print::say(&format!("warning: {warning}"));
    }
}

/// The moment that an option gives.
pub(crate) fn parse_time(option: &str, text: Option<&str>) -> Result<Option<Time>> {
    let wrong = |e| wrong_call(format!("--{option}: {e}"));
    let read = text.map(|text| Time::parse_zoned(text).map_err(wrong)).transpose()?;
    if let Some((time, false)) = read {
        print::say(&format!("warning: --{option} names no time zone, and is read as UTC: {time}"));
    }
    let read = read.map(|(time, _)| time);
    let now = Time::now();
    if let Some(time) = read.filter(|time| option == "as-of" && *time > now) {
        print::say(&format!(
            "warning: --as-of, {time}, is still to come (it is {now}): leads are scored as if nothing happened until \
             then"
        ));
    }
    Ok(read)
}

/// The column of the ids of a file of leads: the one named, else the bundle's where the table has it.
pub(crate) fn id_column<'t>(
    path: &Path,
    table: &'t Table,
    named: Option<&str>,
    bundle: Option<&Bundle>,
) -> Result<Option<&'t RawColumn>> {
    if let Some(name) = named {
        return table.column(name).map(Some).ok_or_else(|| {
            let help = hint(name, table.names().iter().map(String::as_str));
            wrong_call(format!("{}: there is no column {name:?}{help}", path.display()))
        });
    }
    let of_bundle = bundle.and_then(|bundle| bundle.schema.with_role(Role::Id));
    match of_bundle {
        None => Ok(None),
        Some(column) => table.column(&column.name).map(Some).ok_or_else(|| {
            let help = hint(&column.name, table.names().iter().map(String::as_str));
            anyhow!(
                "{}: there is no column {:?}, which holds the ids{help}; name another with --id (in explain \
                 --id-column)",
                path.display(),
                column.name
            )
        }),
    }
}
