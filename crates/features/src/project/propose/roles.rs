//! What the columns of leads and of events are for, guessed by their names and by what they hold.

use std::collections::HashSet;

use super::LookedColumn;
use super::guess::{self, column, is_date, is_named, is_text, may_be_id};
use super::names;
use crate::Kind;

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
    /// The column that says which were won, and its values for that; none for a yes or no.
    pub(super) won: (&'a str, Vec<&'a str>),
    /// The same of those that were lost, or closed either way.
    pub(super) lost: Option<(&'a str, Vec<&'a str>)>,
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
        let account = pick(names::ACCOUNT, |c| is_account(c) && !guess::is_of_few(c));
        let email = pick(names::EMAIL, is_text);
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
        let mut outcome = free(names::OUTCOME, &exact(names::OUTCOME));
        outcome.extend(free(names::ENDED, &exact(names::ENDED)));
        for names in [names::CONVERTED, names::CLOSED, names::CHANGED] {
            outcome.extend(free(names, &is_past));
        }
        let says_it = |column: &LookedColumn| {
            !words_of(column, names::WON_WORDS).is_empty()
                || !words_of(column, names::LOST_WORDS).is_empty()
        };
        outcome.extend(free(names::STAGE, &says_it));
        // Of a deal a name is its title.
        let is_person = |column: &LookedColumn| {
            is_named(column, names::PERSON) && !(of_deals && guess::plain(&column.name) == "name")
        };
        let people = free(names::PERSON, &is_person);
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

/// The values of a column in which one of these words stands.
fn words_of(column: &LookedColumn, words: names::Names) -> Vec<&str> {
    let says = |sample: &&String| guess::plain(sample).split('_').any(|word| words.contains(&word));
    column.samples.iter().filter(says).map(String::as_str).collect()
}

/// Whether a column may name accounts, by what it holds.
fn is_account(column: &LookedColumn) -> bool {
    is_text(column) || guess::is_number(column)
}

impl<'a> Decided<'a> {
    /// Finds what says which leads were won, where `at` is when they were won or lost.
    fn of(columns: &'a [LookedColumn], at: &'a str) -> Option<Self> {
        let date = columns.iter().find(|column| column.name == at)?;
        if !guess::is_like(date, names::CLOSED_EITHER_WAY) {
            return None;
        }
        let flag = |names: names::Names| {
            let is_flag = |c: &&LookedColumn| c.found.kind == Kind::YesNo && is_named(c, names);
            columns.iter().find(is_flag).map(|column| (column.name.as_str(), Vec::new()))
        };
        let stages = columns.iter().filter(|c| guess::is_like(c, names::STAGE) && is_text(c));
        let stages: Vec<&LookedColumn> = stages.collect();
        let stage = |names: names::Names| {
            stages.iter().find_map(|column| {
                let found = words_of(column, names);
                (!found.is_empty()).then_some((column.name.as_str(), found))
            })
        };
        let won = flag(names::OUTCOME).or_else(|| stage(names::WON_WORDS))?;
        let lost = stage(names::LOST_WORDS).or_else(|| flag(names::ENDED));
        Some(Self { at, won, lost })
    }

    fn columns(&self) -> impl Iterator<Item = &'a str> {
        let lost = self.lost.as_ref().map(|(column, _)| *column);
        [Some(self.at), Some(self.won.0), lost].into_iter().flatten()
    }
}
