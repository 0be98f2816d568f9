//! What a column is for, guessed by its name, in English and Spanish, and by what it holds.

use super::LookedColumn;
use super::names::{self, Names};
use crate::date_format::{Counted, DatesSeen, Found};
use crate::kind::is_stand_in;
use crate::{DateFormat, Kind};

/// So few values, of so many leads each on average, are no accounts.
const MOST_GROUPS: usize = 12;
const LEAST_OF_A_GROUP: usize = 10;

/// A name in lower case without accents, its words joined by `_`: `createdAt` is `created_at`,
/// and so is `created_at_utc`. What a CRM puts on its own names (`hs_`), or on those of its users (`__c`), is
/// taken off.
pub(super) fn plain(name: &str) -> String {
    let mut found = String::new();
    let mut after_small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            if !found.is_empty() && !found.ends_with('_') {
                found.push('_');
            }
            after_small = false;
            continue;
        }
        if c.is_uppercase() && after_small {
            found.push('_');
        }
        after_small = c.is_lowercase() || c.is_numeric();
        found.extend(c.to_lowercase().map(|c| match c {
            'á' | 'à' | 'ä' | 'â' | 'ã' => 'a',
            'é' | 'è' | 'ë' | 'ê' => 'e',
            'í' | 'ì' | 'ï' | 'î' => 'i',
            'ó' | 'ò' | 'ö' | 'ô' | 'õ' => 'o',
            'ú' | 'ù' | 'ü' | 'û' => 'u',
            'ñ' => 'n',
            'ç' => 'c',
            c => c,
        }));
    }
    found.truncate(found.trim_end_matches('_').len());
    let bare = if name.trim_end().ends_with("__c") { found.strip_suffix("_c") } else { None };
    let bare = bare.or_else(|| found.strip_suffix("_utc")).unwrap_or(&found);
    bare.strip_prefix("hs_").filter(|rest| !rest.is_empty()).unwrap_or(bare).to_owned()
}

/// Whether a plain name is one of a role; `closedate`, as CRMs run words together, is `close_date`.
fn is_name(plain: &str, name: &str) -> bool {
    let letters = |text| str::chars(text).filter(|&c| c != '_');
    plain == name || letters(plain).eq(letters(name))
}

/// Whether a plain name ends with the words of a name.
fn ends_with(plain: &str, name: &str) -> bool {
    plain.strip_suffix(name).is_some_and(|before| before.ends_with('_'))
}

/// The column that is named most like a role among those that fit it and are not `taken`: one of
/// the names, else one that ends with the words of a longer name: `crm_lead_id`.
pub(super) fn column<'c>(
    columns: &'c [LookedColumn],
    names: Names,
    taken: &[&str],
    fits: impl Fn(&LookedColumn) -> bool,
) -> Option<&'c str> {
    let mut free: Vec<(&'c str, String)> = Vec::new();
    for column in columns {
        if !column.name.trim().is_empty() && !taken.contains(&column.name.as_str()) && fits(column)
        {
            free.push((&column.name, plain(&column.name)));
        }
    }
    let exact = names.iter().find_map(|name| free.iter().find(|(_, plain)| is_name(plain, name)));
    let near = || {
        let long = names.iter().filter(|name| name.len() >= 5);
        long.into_iter().find_map(|name| free.iter().find(|(_, plain)| ends_with(plain, name)))
    };
    exact.or_else(near).map(|(name, _)| *name)
}

/// Whether a column is named like this: exactly, or with words before it.
pub(super) fn is_like(column: &LookedColumn, names: Names) -> bool {
    self::column(std::slice::from_ref(column), names, &[], |_| true).is_some()
}

/// Whether a column tells of deals: a person may have several, and their titles are no job titles.
pub(super) fn is_of_deal(column: &LookedColumn) -> bool {
    let words = ["deal", "opportunity", "negocio", "oportunidad"];
    // The deal that a lead became is none that the row is of.
    if is_like(column, names::BECAME) {
        return false;
    }
    let plain = plain(&column.name);
    plain == "stage_name" || plain.split('_').any(|word| words.contains(&word))
}

/// Whether a column of dates tells what is to come: when a deal is expected to be closed.
pub(super) fn is_expected(column: &LookedColumn) -> bool {
    let starts = ["expected", "estimated", "forecast", "next", "previst", "esperad", "estimad"];
    plain(&column.name).split('_').any(|word| starts.iter().any(|start| word.starts_with(start)))
}

/// Whether leads of a column have so few values, each of many leads, that it names no accounts: regions,
/// or plans.
pub(super) fn is_of_few(column: &LookedColumn) -> bool {
    let few = |values| values <= MOST_GROUPS && column.found.filled >= LEAST_OF_A_GROUP * values;
    column.found.distinct.is_some_and(few)
}

/// Whether a category has so many values that at most two rows share one, on average.
pub(super) fn is_of_many(column: &LookedColumn) -> bool {
    let many = |values: usize| 2 * values >= column.found.filled;
    column.found.kind == Kind::Category && column.found.distinct.is_some_and(many)
}

/// Whether a column tells of who sells to a lead, and not of the lead.
pub(super) fn is_of_seller(column: &LookedColumn) -> bool {
    plain(&column.name).split('_').any(|word| names::SELLER_WORDS.contains(&word))
}

/// Whether a column is named like this, exactly.
pub(super) fn is_named(column: &LookedColumn, names: Names) -> bool {
    let plain = plain(&column.name);
    names.iter().any(|name| is_name(&plain, name))
}

/// Whether a column of dates tells when a deal is expected to end.
pub(super) fn is_planned_end(column: &LookedColumn) -> bool {
    let of_end = |plain: String| plain.split('_').any(|word| names::END_WORDS.contains(&word));
    is_date(column)
        && is_expected(column)
        && (of_end(plain(&column.name)) || is_like(column, names::PLANNED_END))
}

/// Whether a name is that of a column about companies.
pub(super) fn is_for_companies(name: &str) -> bool {
    plain(name).split('_').any(|word| names::COMPANY_WORDS.contains(&word))
}

/// Whether a column names companies: by its name, or as a fifth of what stands in it ends with a legal form.
pub(super) fn is_of_companies(column: &LookedColumn) -> bool {
    let has_form = |text: &&String| {
        let end = text.trim().rsplit([' ', ',']).next().unwrap_or_default();
        let end: String = end.chars().filter(|c| c.is_alphabetic()).collect();
        end.len() < text.trim().len() && names::LEGAL_FORMS.contains(&end.to_lowercase().as_str())
    };
    is_for_companies(&column.name)
        || (!column.samples.is_empty()
            && 5 * column.samples.iter().filter(has_form).count() >= column.samples.len())
}

/// Whether a column holds moments: some cells that are none, and dates whose day and month cannot be
/// told apart, are for the column's owner to correct.
pub(super) fn is_date(column: &LookedColumn) -> bool {
    matches!(column.found.kind, Kind::Date { .. }) || dates_seen(column) != Found::None
}

/// How the moments of a column are written, where it holds any.
pub(crate) fn date_format(column: &LookedColumn) -> Option<DateFormat> {
    if let Kind::Date { format } = column.found.kind {
        return Some(format);
    }
    match dates_seen(column) {
        Found::Format(format) => Some(format),
        _ => None,
    }
}

/// What the samples of a column are, as dates.
fn dates_seen(column: &LookedColumn) -> Found {
    let mut seen = DatesSeen::default();
    let samples = column.samples.iter().enumerate().filter(|(_, text)| !is_stand_in(text.trim()));
    samples.for_each(|(row, text)| seen.see(row, text));
    seen.found()
}

/// Whether the moments of a column are days, without a time of day.
pub(super) fn is_of_days(column: &LookedColumn) -> bool {
    let clock = |text: &String| text.contains(':') && !text.ends_with("T00:00:00Z");
    is_date(column) && !column.samples.iter().any(clock)
}

/// Whether a column holds numbers.
pub(super) fn is_number(column: &LookedColumn) -> bool {
    matches!(column.found.kind, Kind::Number { .. })
}

/// What a column that is named for a time counts, where it holds numbers.
pub(super) fn counted(column: &LookedColumn) -> Option<Counted> {
    let times = [names::CREATED, names::CONVERTED, names::CLOSED, names::EVENT_AT, names::KNOWN_AT];
    let first = Counted::new(column.samples.first()?)?;
    let same = |text: &String| Counted::new(text).is_some_and(|other| other.is_as(&first));
    let all = column.samples.iter().all(same) && times.iter().any(|of| is_like(column, of));
    all.then_some(first)
}

/// Whether a column holds texts or codes.
pub(super) fn is_text(column: &LookedColumn) -> bool {
    !is_date(column) && !is_number(column) && column.found.kind != Kind::YesNo
}

/// Whether every row of a column may name another lead.
pub(super) fn may_be_id(column: &LookedColumn) -> bool {
    let repeats = column.found.distinct.is_some_and(|n| 10 * n < 9 * column.found.filled);
    !repeats && !is_date(column) && column.found.kind != Kind::YesNo
}

/// Whether a column may hold kinds: texts that occur again.
pub(super) fn may_be_kind(column: &LookedColumn) -> bool {
    is_text(column) && column.found.kind != Kind::Identifier
}
