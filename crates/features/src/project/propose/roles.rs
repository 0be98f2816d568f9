//! What the columns of leads and of events are for, guessed by their names and by what they hold.

use std::collections::HashSet;

use super::LookedColumn;
use super::decided::{Decided, tells_outcome};
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
    // Numbers that count time are told to be no times where they are read.
    let may_be_date = |column: &LookedColumn| {
        is_date(column) || column.samples.is_empty() || guess::counted(column).is_some()
    };
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
    let own = |column: &LookedColumn| !guess::is_like(column, names::BECAME);
    let named = |names| column(columns, names, &[], |column| may_be_id(column) && own(column));
    named(names::LEAD).or_else(|| named(names::ANY_ID)).or_else(|| {
        let every = |column: &&LookedColumn| {
            column.found.kind == Kind::Identifier && !column.name.trim().is_empty() && own(column)
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
    /// Columns that tell the outcome in other words, or only after it, and why a model is not given them.
    pub(super) outcome: Vec<(&'a str, Why)>,
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

/// Why a column is kept from a model that is to tell the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It is the outcome in other words.
    Outcome,
    /// It is filled in when a lead is closed.
    Closed,
    /// It is filled in when a lead is converted.
    Converted,
    /// It is what whoever sells expects.
    Forecast,
    /// It changes with the row.
    Changed,
}

impl Why {
    /// In words that follow the name of the column.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Outcome => "says what became of a lead, known only once it closed",
            Self::Closed => "known only once it closed",
            Self::Converted => "known only once it converted",
            Self::Forecast => "what sales expects, which nears the outcome as the deal goes on",
            Self::Changed => "changes whenever the row does, and so with the outcome",
        }
    }
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
        let became = columns.iter().filter(|c| guess::is_like(c, names::BECAME));
        let became: Vec<&str> =
            became.map(|c| c.name.as_str()).filter(|name| !taken.contains(name)).collect();
        taken.extend(&became);
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
            named_free(columns, names, fits, &mut taken)
        };
        let exact = |names: names::Names| move |column: &LookedColumn| is_named(column, names);
        // `Cliente` says whether, or who.
        let is_outcome = |c: &LookedColumn| is_named(c, names::OUTCOME) && !guess::is_of_many(c);
        let mut outcome: Vec<(&str, Why)> = Vec::new();
        let mut leave_out = |why: Why, found: Vec<&'a str>| {
            outcome.extend(found.into_iter().map(|name| (name, why)));
        };
        leave_out(Why::Outcome, free(names::OUTCOME, &is_outcome));
        for names in [names::IS_CLOSED, names::IS_LOST] {
            leave_out(Why::Outcome, free(names, &exact(names)));
        }
        leave_out(Why::Converted, became);
        leave_out(Why::Closed, free(names::AT_THE_END, &|_| true));
        leave_out(Why::Forecast, free(names::FORECAST, &exact(names::FORECAST)));
        for (names, why) in [
            (names::CONVERTED, Why::Converted),
            (names::CLOSED, Why::Closed),
            (names::CHANGED, Why::Changed),
        ] {
            leave_out(why, free(names, &is_past));
        }
        // What no lead is said to be closed by is left out all the same.
        if let Some(closed) = closed.filter(|_| converted.is_none() && decided.is_none()) {
            leave_out(Why::Closed, vec![closed]);
        }
        for names in [names::STAGE, names::OUTCOME] {
            leave_out(Why::Outcome, free(names, &tells_outcome));
        }
        let planned = columns.iter().filter(|c| guess::is_planned_end(c));
        let planned = planned.map(|c| c.name.as_str()).filter(|name| !taken.contains(name));
        let planned: Vec<&str> = planned.collect();
        taken.extend(&planned);
        outcome.extend(planned.into_iter().map(|name| (name, Why::Forecast)));
        let mut free = |names, fits: &dyn Fn(&LookedColumn) -> bool| -> Vec<&'a str> {
            named_free(columns, names, fits, &mut taken)
        };
        // Of a deal a name is its title.
        let of_companies = guess::is_for_companies(id);
        let is_person = |column: &LookedColumn| {
            let bare = matches!(guess::plain(&column.name).as_str(), "name" | "nombre");
            is_named(column, names::PERSON)
                && !(bare && (of_deals || of_companies))
                && !guess::is_of_companies(column)
        };
        let people = free(names::PERSON, &is_person);
        let anybody = free(names::ANYBODY, &|column| is_text(column) && guess::is_of_many(column));
        if let Some(decided) = &decided {
            outcome.retain(|(name, _)| !decided.columns().any(|column| column == *name));
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
        // Without a conversion there is no section that names when leads were closed.
        let closed = self.closed.filter(|_| self.converted.is_some());
        let roles = [Some(self.id), self.account, self.created, self.converted, closed];
        let decided = self.decided.iter().flat_map(Decided::columns);
        roles.into_iter().flatten().chain(decided)
    }
}

/// The columns that are named like this, fit and are not taken, which they are then.
fn named_free<'a>(
    columns: &'a [LookedColumn],
    names: names::Names,
    fits: &dyn Fn(&LookedColumn) -> bool,
    taken: &mut Vec<&'a str>,
) -> Vec<&'a str> {
    let like = columns.iter().filter(|c| guess::is_like(c, names) && fits(c));
    let found: Vec<&str> =
        like.map(|c| c.name.as_str()).filter(|name| !taken.contains(name)).collect();
    taken.extend(&found);
    found
}

/// Whether a column says when something happened.
fn is_past(column: &LookedColumn) -> bool {
    is_date(column) && !guess::is_expected(column)
}

/// Whether a column may name accounts, by what it holds.
fn is_account(column: &LookedColumn) -> bool {
    is_text(column) || guess::is_number(column)
}
