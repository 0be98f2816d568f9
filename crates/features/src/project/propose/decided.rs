//! Outcomes that are told by a date and by what stands beside it: which columns say that a lead was won,
//! lost or closed, and with which of their values.

use super::LookedColumn;
use super::guess::{self, is_named, is_text};
use super::names::{self, Names};
use super::write::{key, list, quoted};
use crate::Kind;
use crate::events::{Condition, Pattern, Test};

/// An outcome that is told by a date and by what stands beside it.
pub(super) struct Decided<'a> {
    /// The column of when a lead was closed, either way.
    pub(super) at: &'a str,
    /// What says which were won.
    pub(super) won: Rows<'a>,
    /// The same of those that were lost, or closed either way.
    pub(super) lost: Option<Rows<'a>>,
}

/// What stands in a column of rows that count.
#[derive(Clone)]
pub(super) enum Says<'a> {
    Yes,
    No,
    OneOf(Vec<&'a str>),
}

/// The rows in which all of some columns say something.
pub(super) struct Rows<'a>(Vec<(&'a str, Says<'a>)>);

impl Rows<'_> {
    /// As a table of TOML.
    pub(super) fn written(&self) -> String {
        let conditions = self.0.iter().map(|(column, says)| {
            let value = match says {
                Says::Yes => "true".to_owned(),
                Says::No => "false".to_owned(),
                Says::OneOf(values) => match values.as_slice() {
                    [value] => quoted(value),
                    values => list(values),
                },
            };
            format!("{} = {value}", key(column))
        });
        format!("{{ {} }}", conditions.collect::<Vec<_>>().join(", "))
    }
}

impl<'a> Decided<'a> {
    /// Finds what says which leads were won, where `at` is when they were won or lost.
    pub(super) fn of(columns: &'a [LookedColumn], at: &'a str) -> Option<Self> {
        let date = columns.iter().find(|column| column.name == at)?;
        if !guess::is_like(date, names::CLOSED_EITHER_WAY) {
            return None;
        }
        let [won, lost] = said_by(columns);
        Some(Self { at, won: won?, lost })
    }

    /// The columns of the date and of what stands beside it.
    pub(super) fn columns(&self) -> impl Iterator<Item = &'a str> {
        let rows = self.lost.iter().chain([&self.won]);
        let beside = rows.flat_map(|rows| rows.0.iter().map(|(column, _)| *column));
        std::iter::once(self.at).chain(beside)
    }
}

/// Where a column of dates holds plans too, in which rows they are none: one condition is met, which none may
/// be. `None` where all its dates have come, or are meant to.
pub(crate) fn closed_where(
    columns: &[LookedColumn],
    date: &LookedColumn,
) -> Option<Vec<Condition>> {
    if guess::is_expected(date) {
        return Some(Vec::new());
    }
    if !guess::is_like(date, names::PLANNED) {
        return None;
    }
    // The first column of several says that a lead is closed, the others how.
    let condition = |Rows(mut of): Rows<'_>| {
        let (column, says) = if of.is_empty() { return None } else { of.swap_remove(0) };
        let values = match says {
            Says::Yes => vec!["true"],
            Says::No => vec!["false"],
            Says::OneOf(values) => values,
        };
        let patterns = values.into_iter().map(|value| Pattern(value.to_owned())).collect();
        Some(Condition { property: column.to_owned(), test: Test::OneOf(patterns) })
    };
    Some(said_by(columns).into_iter().flatten().filter_map(condition).collect())
}

/// Whether values of a column say what became of a lead.
pub(super) fn tells_outcome(column: &LookedColumn) -> bool {
    let tells = |value: &String| {
        won(value).is_some() || is_value(value, names::CLOSED_VALUES) || is_customer(value)
    };
    column.samples.iter().any(tells)
}

/// Whether a value says that a deal was won, or that it was not; `None` where it says neither.
fn won(value: &str) -> Option<bool> {
    let plain = guess::plain(value);
    let says = |words: Names| plain.split('_').any(|word| words.contains(&word));
    if says(names::LOST_WORDS) {
        return Some(false);
    }
    says(names::WON_WORDS).then(|| !says(names::DENIALS))
}

fn is_value(value: &str, values: Names) -> bool {
    values.contains(&guess::plain(value).as_str())
}

fn is_customer(value: &str) -> bool {
    is_value(value, names::CUSTOMER_STAGES)
}

/// What says which leads were won, and which were lost or closed either way.
fn said_by(columns: &[LookedColumn]) -> [Option<Rows<'_>>; 2] {
    let flag = |names: Names| {
        let is_flag = |c: &&LookedColumn| c.found.kind == Kind::YesNo && is_named(c, names);
        columns.iter().find(is_flag).map(|column| column.name.as_str())
    };
    let says = |column: &&LookedColumn| {
        is_text(column)
            && [names::STAGE, names::OUTCOME].iter().any(|of| guess::is_like(column, of))
    };
    let of_values = |says_so: &dyn Fn(&str) -> bool| {
        columns.iter().filter(says).find_map(|column| {
            let found = column.samples.iter().map(String::as_str);
            let found: Vec<&str> = found.filter(|value| says_so(value)).collect();
            (!found.is_empty()).then_some((column.name.as_str(), Says::OneOf(found)))
        })
    };
    let won_flag = flag(names::OUTCOME);
    let won_rows = won_flag.map(|column| (column, Says::Yes));
    let won_rows = won_rows
        .or_else(|| of_values(&|value| won(value) == Some(true)))
        .or_else(|| of_values(&is_customer));
    let is_closed = flag(names::IS_CLOSED).map(|column| (column, Says::Yes));
    // Closed, and not won.
    let rest = |closed: Option<(_, _)>| Some(Rows(vec![closed?, (won_flag?, Says::No)]));
    let one = |of| Rows(vec![of]);
    let lost = flag(names::IS_LOST)
        .map(|column| one((column, Says::Yes)))
        .or_else(|| rest(is_closed.clone()))
        .or_else(|| of_values(&|value| won(value) == Some(false)).map(one))
        .or_else(|| rest(of_values(&|value| is_value(value, names::CLOSED_VALUES))))
        .or_else(|| is_closed.map(one));
    [won_rows.map(one), lost]
}
