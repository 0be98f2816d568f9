//! What the columns of leads and of events are for, guessed by their names and by what they hold.

use std::collections::HashSet;

use super::LookedColumn;
use super::guess::{self, column, is_date, is_named, is_text, may_be_id};
use super::names;
use crate::Kind;
use crate::events::{Condition, Pattern, Test};

/// Columns of events, as far as they were recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventGuess {
    /// Whose event it is.
    pub lead: Option<String>,
    /// What happened.
    pub kind: Option<String>,
    /// When.
    pub at: Option<String>,
    /// When it was known.
    pub known_at: Option<String>,
    /// The event's id.
    pub id: Option<String>,
}

/// Which column of events means what, by their names and by what they hold. `lead_id` is the lead's
/// id among the leads, where it is known: the same name is the surest sign, and the same values are
/// the next.
pub fn guess_event_columns(columns: &[LookedColumn], lead_id: Option<&LookedColumn>) -> EventGuess {
    let named = |name: &str| columns.iter().any(|column| column.name == name);
    let mut taken: Vec<&str> = Vec::new();
    // A column that holds nothing, in a log without events say, can be told by its name alone.
    let may_be_date = |column: &LookedColumn| is_date(column) || column.samples.is_empty();
    let at = column(columns, names::EVENT_AT, &taken, may_be_date);
    taken.extend(at);
    let known_at = column(columns, names::KNOWN_AT, &taken, is_date);
    taken.extend(known_at);
    let kind = column(columns, names::EVENT_KIND, &taken, guess::may_be_kind);
    taken.extend(kind);
    // A column `id` of events is more likely the event's own.
    let same = lead_id.filter(|id| !is_named(id, names::ANY_ID)).map(|id| id.name.as_str());
    let same = same.filter(|name| named(name) && !taken.contains(name));
    let shares = |column: &LookedColumn| {
        let ids: HashSet<&String> = lead_id.into_iter().flat_map(|id| &id.samples).collect();
        column.samples.iter().any(|sample| ids.contains(sample))
    };
    let named = |names| {
        column(columns, names, &taken, |column| !is_date(column) && shares(column))
            .or_else(|| column(columns, names, &taken, |column| !is_date(column)))
    };
    let lead = same.or_else(|| named(names::LEAD)).or_else(|| named(names::EVENT_LEAD));
    taken.extend(lead);
    let id = column(columns, names::EVENT_ID, &taken, |column| !is_date(column));
    let owned = |name: Option<&str>| name.map(str::to_owned);
    EventGuess {
        lead: owned(lead),
        kind: owned(kind),
        at: owned(at),
        known_at: owned(known_at),
        id: owned(id),
    }
}

/// The column of the leads' ids: by its name, else the first that has another value in every row.
pub fn guess_lead_id(columns: &[LookedColumn]) -> Option<&str> {
    let named = |names| column(columns, names, &[], may_be_id);
    named(names::LEAD).or_else(|| named(names::ANY_ID)).or_else(|| {
        let every = |column: &&LookedColumn| {
            column.found.kind == Kind::Identifier && !column.name.trim().is_empty()
        };
        columns.iter().find(every).map(|column| column.name.as_str())
    })
}

/// The column of when leads came to be, by its name.
pub fn guess_created(columns: &[LookedColumn]) -> Option<&LookedColumn> {
    let name = column(columns, names::CREATED, &[], is_date)?;
    columns.iter().find(|column| column.name == name)
}

/// Columns of the leads, as far as they were recognised.
pub(super) struct LeadGuess<'a> {
    pub(super) id: &'a str,
    /// Whether the id was recognised, and not just the first column taken.
    pub(super) id_found: bool,
    pub(super) account: Option<&'a str>,
    pub(super) created: Option<&'a str>,
    /// Whether that is a day, without a time of day.
    pub(super) created_on_days: bool,
    pub(super) converted: Option<&'a str>,
    pub(super) closed: Option<&'a str>,
    pub(super) email: Option<&'a str>,
    pub(super) phone: Option<&'a str>,
    /// Columns that tell the outcome in other words, or only after it.
    pub(super) outcome: Vec<&'a str>,
    /// Columns of names of people.
    pub(super) people: Vec<&'a str>,
    /// Columns that name somebody or something else in nearly every row.
    pub(super) anybody: Vec<&'a str>,
    /// Whether each row is a deal, of which a person may have several.
    pub(super) of_deals: bool,
    /// A column named like an account that has too few values for one.
    pub(super) of_few: Option<&'a LookedColumn>,
    /// Where one column says when leads were won or lost, and others which of the two.
    pub(super) decided: Option<Decided<'a>>,
}

/// An outcome that is told by a date and by what stands beside it.
pub(super) struct Decided<'a> {
    /// The column of when a lead was closed, either way.
    pub(super) at: &'a str,
    /// What says which were won.
    pub(super) won: Saying<'a>,
    /// The same of those that were lost, or closed either way.
    pub(super) lost: Option<Saying<'a>>,
}

impl EventGuess {
    /// The columns with a role, which are no properties; those taken for one by default too.
    pub(super) fn roles(&self) -> Vec<&str> {
        let named = [&self.lead, &self.kind, &self.at, &self.known_at, &self.id];
        let named = named.into_iter().flatten().map(String::as_str);
        named.chain(["lead_id", "kind", "at"]).collect()
    }
}

impl<'a> LeadGuess<'a> {
    pub(super) fn new(columns: &'a [LookedColumn]) -> Self {
        let found = guess_lead_id(columns);
        let first = || columns.iter().find(|c| !c.name.trim().is_empty() && !is_date(c));
        let id = found.or_else(|| first().map(|c| c.name.as_str())).unwrap_or("lead_id");
        let mut taken = vec![id];
        let mut pick = |names, fits: fn(&LookedColumn) -> bool| {
            let found = column(columns, names, &taken, fits);
            taken.extend(found);
            found
        };
        let created = pick(names::CREATED, is_past);
        // A date in a column `won` says when, too.
        let converted = pick(names::CONVERTED, is_past)
            .or_else(|| pick(names::OUTCOME, is_past))
            .or_else(|| pick(names::SIGNED, |c| is_past(c) && is_named(c, names::SIGNED)));
        let closed = pick(names::CLOSED, is_past);
        // Where rows have ids of their own, a lead may have several of them.
        let account = pick(names::ACCOUNT, |c| is_account(c) && !guess::is_of_few(c))
            .or_else(|| pick(names::LEAD, |c| is_text(c) && !may_be_id(c) && !guess::is_of_few(c)));
        // The address of who sells is that of many leads.
        let email = pick(names::EMAIL, |c| is_text(c) && !guess::is_of_seller(c));
        let phone = pick(names::PHONE, |column| !is_date(column));
        let of_few =
            column(columns, names::ACCOUNT, &taken, |c| is_account(c) && guess::is_of_few(c));
        let of_few = columns.iter().find(|column| Some(column.name.as_str()) == of_few);
        let of_deals = columns.iter().any(guess::is_of_deal);
        let decided =
            closed.filter(|_| converted.is_none()).and_then(|at| Decided::of(columns, at));
        let mut free = |names, fits: &dyn Fn(&LookedColumn) -> bool| -> Vec<&'a str> {
            let like = columns.iter().filter(|c| guess::is_like(c, names) && fits(c));
            let found: Vec<&str> =
                like.map(|c| c.name.as_str()).filter(|name| !taken.contains(name)).collect();
            taken.extend(&found);
            found
        };
        let exact = |names: names::Names| move |column: &LookedColumn| is_named(column, names);
        // `Cliente` says whether, or who.
        let is_outcome = |c: &LookedColumn| is_named(c, names::OUTCOME) && !guess::is_of_many(c);
        let mut outcome = free(names::OUTCOME, &is_outcome);
        outcome.extend(free(names::ENDED, &exact(names::ENDED)));
        for names in [names::CONVERTED, names::CLOSED, names::CHANGED] {
            outcome.extend(free(names, &is_past));
        }
        let says_it = |column: &LookedColumn| column.samples.iter().any(|s| won(s).is_some());
        for names in [names::STAGE, names::OUTCOME] {
            outcome.extend(free(names, &says_it));
        }
        // Of a deal a name is its title.
        let is_person = |column: &LookedColumn| {
            is_named(column, names::PERSON) && !(of_deals && guess::plain(&column.name) == "name")
        };
        let people = free(names::PERSON, &is_person);
        let anybody = free(names::ANYBODY, &|column| is_text(column) && guess::is_of_many(column));
        if let Some(decided) = &decided {
            outcome.retain(|name| !decided.columns().any(|column| column == *name));
        }
        Self {
            id,
            id_found: found.is_some(),
            account,
            created,
            created_on_days: columns
                .iter()
                .any(|column| Some(&*column.name) == created && guess::is_of_days(column)),
            converted,
            closed: closed.filter(|_| decided.is_none()),
            email,
            phone,
            outcome,
            people,
            anybody,
            of_deals,
            of_few,
            decided,
        }
    }

    pub(super) fn roles(&self) -> impl Iterator<Item = &'a str> {
        let roles = [Some(self.id), self.account, self.created, self.converted, self.closed];
        let decided = self.decided.iter().flat_map(Decided::columns);
        roles.into_iter().flatten().chain(decided)
    }
}

/// Whether a column says when something happened.
fn is_past(column: &LookedColumn) -> bool {
    is_date(column) && !guess::is_expected(column)
}

/// Whether a value says that a deal was won, or that it was not; `None` where it says neither.
fn won(value: &str) -> Option<bool> {
    let plain = guess::plain(value);
    let says = |words: names::Names| plain.split('_').any(|word| words.contains(&word));
    if says(names::LOST_WORDS) {
        return Some(false);
    }
    says(names::WON_WORDS).then(|| !says(names::DENIALS))
}

/// Whether a column may name accounts, by what it holds.
fn is_account(column: &LookedColumn) -> bool {
    is_text(column) || guess::is_number(column)
}

/// A column and those of its values that say something; none for a yes or no.
type Saying<'a> = (&'a str, Vec<&'a str>);

/// What says which leads were won, and which were lost or closed either way.
fn said_by(columns: &[LookedColumn]) -> [Option<Saying<'_>>; 2] {
    let flag = |names: names::Names| {
        let is_flag = |c: &&LookedColumn| c.found.kind == Kind::YesNo && is_named(c, names);
        columns.iter().find(is_flag).map(|column| (column.name.as_str(), Vec::new()))
    };
    let says = |column: &&LookedColumn| {
        is_text(column)
            && [names::STAGE, names::OUTCOME].iter().any(|of| guess::is_like(column, of))
    };
    let of_values = |which: bool| {
        columns.iter().filter(says).find_map(|column| {
            let found = column.samples.iter().filter(|value| won(value) == Some(which));
            let found: Vec<&str> = found.map(String::as_str).collect();
            (!found.is_empty()).then_some((column.name.as_str(), found))
        })
    };
    [
        flag(names::OUTCOME).or_else(|| of_values(true)),
        of_values(false).or_else(|| flag(names::ENDED)),
    ]
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
    let condition = |(column, values): Saying<'_>| {
        let values = if values.is_empty() { vec!["true"] } else { values };
        let patterns = values.into_iter().map(|value| Pattern(value.to_owned())).collect();
        Condition { property: column.to_owned(), test: Test::OneOf(patterns) }
    };
    Some(said_by(columns).into_iter().flatten().map(condition).collect())
}

impl<'a> Decided<'a> {
    /// Finds what says which leads were won, where `at` is when they were won or lost.
    fn of(columns: &'a [LookedColumn], at: &'a str) -> Option<Self> {
        let date = columns.iter().find(|column| column.name == at)?;
        if !guess::is_like(date, names::CLOSED_EITHER_WAY) {
            return None;
        }
        let [won, lost] = said_by(columns);
        Some(Self { at, won: won?, lost })
    }

    fn columns(&self) -> impl Iterator<Item = &'a str> {
        let lost = self.lost.as_ref().map(|(column, _)| *column);
        [Some(self.at), Some(self.won.0), lost].into_iter().flatten()
    }
}
