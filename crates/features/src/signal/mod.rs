//! Signals: named, typed values computed from a snapshot. A signal is a tree of plain data; names
//! are resolved to positions once, by a [`SignalCompiler`].

mod compiled;

use serde::{Deserialize, Serialize};

pub use compiled::{CompiledSignal, SignalCompiler, SignalError, SignalLayout};

use crate::events::{Condition, Measure, Seen, Selection, Span};
use crate::readers::{company_size, email, title};
use crate::{Kind, Role, Schema, Time, Value};

/// One lead as of one moment. A row of a flat table is a snapshot without events.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// The moment. `None` where the data has no time; signals that need it are then missing.
    pub as_of: Option<Time>,
    /// The attributes, in the order of the columns that the signals were compiled against.
    pub attributes: &'a [Value<'a>],
    /// What was known of the lead's events. `None` where they were not given: then nothing is
    /// known of them, which is not the same as that there were none.
    pub events: Option<&'a Seen<'a>>,
}

impl<'a> Snapshot<'a> {
    /// A snapshot without events.
    pub fn flat(as_of: Option<Time>, attributes: &'a [Value<'a>]) -> Self {
        Self { as_of, attributes, events: None }
    }
}

/// How a signal is computed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Expr {
    /// The value of an attribute. A date that lies after `as_of` is missing: at that moment it
    /// had not happened yet.
    Attribute {
        /// The column.
        column: String,
    },
    /// Days of 24 hours from a date to `as_of`. Missing when the date is missing or later.
    DaysSince {
        /// The column of dates.
        column: String,
    },
    /// What a reader makes of a text that people type. Missing where the text is.
    Read {
        /// The column.
        column: String,
        /// What reads it.
        reader: Reader,
    },
    /// Whether the domain of an email address is that of the company: of its website, or of its
    /// name. Missing where either is.
    SameDomain {
        /// The column of email addresses.
        email: String,
        /// The column of the company's name or website.
        company: String,
    },
    /// Whether a phone number can be one. Missing where there is none, and where a national number's
    /// country is not known.
    PhoneValid {
        /// The column of numbers.
        phone: String,
        /// The column of countries, for numbers without a country code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        country: Option<String>,
        /// The country of all leads (ISO 3166, two letters), where no column says it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        in_country: Option<String>,
    },
    /// Whether an attribute is one of these values, case and accents aside. Missing where the attribute is.
    OneOf {
        /// The column.
        column: String,
        /// The values.
        values: Vec<String>,
    },
    /// How many of these attributes are filled in.
    Filled {
        /// The columns.
        columns: Vec<String>,
    },
    /// The first of these whose conditions on other signals all hold; `other` when none does.
    Persona {
        /// The personas, in order.
        personas: Vec<Persona>,
    },
    /// What is measured of selected events in a window.
    Events {
        /// Which events.
        of: Selection,
        /// Only those in (as_of - window, as_of]; all where not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        window: Option<Span>,
        /// What is measured.
        measure: Measure,
    },
}

/// What reads a text that people type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reader {
    /// The seniority in a job title.
    Seniority,
    /// The function in a job title.
    Function,
    /// The kind of an email address.
    EmailKind,
    /// The bucket of a number of employees.
    CompanySize,
    /// Whether a name is junk.
    Junk,
    /// How much a name looks like junk, from 0 to 1.
    JunkScore,
}

/// A kind of customer, by conditions on signals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Persona {
    /// Its name.
    pub name: String,
    /// Conditions that all hold; the property is the name of a signal.
    pub when: Vec<Condition>,
}

/// The persona of a lead whom none fits.
pub(crate) const NO_PERSONA: &str = "other";

impl Expr {
    /// Why the signal can never have such a value, in words that follow its name; `None` where it can.
    pub fn impossible(&self, value: f64) -> Option<&'static str> {
        use Measure::{
            ActiveDays, Count, DaysSinceFirst, DaysSinceLast, Decayed, Distinct, LongestGap,
            RatePerDay, Ratio,
        };
        let counts = match self {
            Expr::Filled { .. } => true,
            Expr::DaysSince { .. } => false,
            Expr::Events { measure, .. } => match measure {
                Count | Distinct { .. } | ActiveDays => true,
                DaysSinceFirst | DaysSinceLast | LongestGap | RatePerDay => false,
                Decayed { .. } | Ratio { .. } => false,
                _ => return None,
            },
            _ => return None,
        };
        match value {
            value if value < 0.0 => Some("is never below 0"),
            value if counts && value.fract() != 0.0 => Some("is always a whole number"),
            _ => None,
        }
    }

    /// The names of the signals that it looks at itself.
    pub fn looks_at(&self) -> impl Iterator<Item = &str> {
        let personas = match self {
            Expr::Persona { personas } => personas.as_slice(),
            _ => &[],
        };
        personas.iter().flat_map(|persona| &persona.when).map(|when| when.property.as_str())
    }

    /// The columns of attributes that the value comes from.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Expr::Attribute { column }
            | Expr::DaysSince { column }
            | Expr::Read { column, .. }
            | Expr::OneOf { column, .. } => vec![column],
            Expr::SameDomain { email, company } => vec![email, company],
            Expr::PhoneValid { phone, country, .. } => {
                let mut columns = vec![phone.as_str()];
                columns.extend(country.as_deref());
                columns
            }
            Expr::Filled { columns } => columns.iter().map(String::as_str).collect(),
            Expr::Persona { .. } | Expr::Events { .. } => vec![],
        }
    }

    /// Every text that the value can be, where that is a closed list: what a reader decides, and
    /// personas. `None` where any text can come.
    pub fn words(&self) -> Option<Vec<&str>> {
        match self {
            Expr::Read { reader, .. } => reader.words(),
            Expr::Persona { personas } => {
                let names = personas.iter().map(|persona| persona.name.as_str());
                Some(names.chain([NO_PERSONA]).collect())
            }
            _ => None,
        }
    }

    /// Whether the value comes from events.
    pub fn is_of_events(&self) -> bool {
        matches!(self, Expr::Events { .. })
    }

    /// The events that the value comes from: the selection itself, and the other one of a measure of
    /// two.
    pub fn selections(&self) -> Vec<&Selection> {
        let Expr::Events { of, measure, .. } = self else { return vec![] };
        match measure {
            Measure::Ratio { over: other } | Measure::Then { then: other, .. } => vec![of, other],
            _ => vec![of],
        }
    }

    /// The unit of the value, or what it is, for people.
    pub fn unit(&self) -> &str {
        match self {
            Expr::DaysSince { .. } => "days",
            Expr::Filled { .. } => "fields",
            Expr::Read { reader: Reader::JunkScore, .. } => "0 to 1",
            Expr::Events { measure, .. } => measure.unit(),
            _ => "",
        }
    }
}

impl Reader {
    /// The word in a project file.
    pub fn word(self) -> &'static str {
        match self {
            Reader::Seniority => "seniority",
            Reader::Function => "function",
            Reader::EmailKind => "email_kind",
            Reader::CompanySize => "company_size",
            Reader::Junk => "junk",
            Reader::JunkScore => "junk_score",
        }
    }

    /// The words that it decides between; `None` where it gives no word.
    fn words<'w>(self) -> Option<Vec<&'w str>> {
        fn all<'w, T: Copy>(words: &[T], word: fn(T) -> &'static str) -> Option<Vec<&'w str>> {
            Some(words.iter().map(|found| word(*found)).collect())
        }
        match self {
            Reader::Seniority => all(title::Seniority::ALL, title::Seniority::as_str),
            Reader::Function => all(title::Function::ALL, title::Function::as_str),
            Reader::EmailKind => all(email::EmailKind::ALL, email::EmailKind::as_str),
            Reader::CompanySize => {
                all(company_size::CompanySize::ALL, company_size::CompanySize::as_str)
            }
            Reader::Junk | Reader::JunkScore => None,
        }
    }

    /// The type of what is read.
    pub fn kind(self) -> SignalKind {
        match self {
            Reader::Junk => SignalKind::YesNo,
            Reader::JunkScore => SignalKind::Number,
            _ => SignalKind::Text,
        }
    }
}

/// A named signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// Its name, unique in a catalogue.
    pub name: String,
    /// How it is computed.
    #[serde(flatten)]
    pub expr: Expr,
}

/// The type of a signal's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// A finite number.
    Number,
    /// Yes or no.
    YesNo,
    /// A category or another text.
    Text,
    /// A moment.
    Time,
}

impl SignalKind {
    /// The type that a column of a kind gives.
    pub fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Number { .. } => SignalKind::Number,
            Kind::YesNo => SignalKind::YesNo,
            Kind::Date { .. } => SignalKind::Time,
            Kind::Category | Kind::Identifier | Kind::Constant => SignalKind::Text,
        }
    }

    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            SignalKind::Number => "number",
            SignalKind::YesNo => "yes/no",
            SignalKind::Text => "category",
            SignalKind::Time => "date",
        }
    }
}

/// All signals of a data set, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Catalogue {
    /// The signals.
    pub signals: Vec<Signal>,
}

impl Catalogue {
    /// The signals of a flat table: every attribute under its own name, and for every date its
    /// age, `days_since_NAME`. Where that name is taken by a column, the column keeps it.
    pub fn of_table(schema: &Schema) -> Self {
        let is_known = |role| matches!(role, Role::Attribute | Role::Created);
        let attributes = || schema.columns.iter().filter(|c| is_known(c.role));
        let mut signals: Vec<Signal> = attributes()
            .map(|column| Signal {
                name: column.name.clone(),
                expr: Expr::Attribute { column: column.name.clone() },
            })
            .collect();
        for column in attributes().filter(|c| matches!(c.kind, Kind::Date { .. })) {
            let name = format!("days_since_{}", column.name);
            if schema.column(&name).is_none() {
                signals
                    .push(Signal { name, expr: Expr::DaysSince { column: column.name.clone() } });
            }
        }
        Self { signals }
    }

    /// A signal by its name.
    pub fn signal(&self, name: &str) -> Option<&Signal> {
        self.signals.iter().find(|signal| signal.name == name)
    }

    /// The type of a signal's value. `None` when the signal or its column is unknown.
    pub fn kind(&self, name: &str, schema: &Schema) -> Option<SignalKind> {
        Some(match &self.signal(name)?.expr {
            Expr::Attribute { column } => SignalKind::of(&schema.column(column)?.kind),
            Expr::DaysSince { .. } | Expr::Filled { .. } => SignalKind::Number,
            Expr::SameDomain { .. } | Expr::PhoneValid { .. } | Expr::OneOf { .. } => {
                SignalKind::YesNo
            }
            Expr::Read { reader, .. } => reader.kind(),
            Expr::Persona { .. } => SignalKind::Text,
            Expr::Events { measure, .. } => {
                let log = schema.events.as_ref()?;
                measure.kind(|name| log.property(name).is_some_and(|property| property.number))
            }
        })
    }

    /// The columns of attributes behind a signal, those behind the signals it looks at among them.
    pub fn columns<'a>(&'a self, signal: &'a Signal) -> Vec<&'a str> {
        let Expr::Persona { .. } = &signal.expr else { return signal.expr.columns() };
        let inner = self.looked_at(signal);
        inner.into_iter().flat_map(|signal| signal.expr.columns()).collect()
    }

    /// Whether a signal comes from events, itself or through the signals it looks at.
    pub fn is_of_events(&self, signal: &Signal) -> bool {
        signal.expr.is_of_events()
            || self.looked_at(signal).iter().any(|signal| signal.expr.is_of_events())
    }

    /// The events that a signal comes from, itself or through the signals it looks at.
    pub fn selections(&self, signal: &Signal) -> Vec<&Selection> {
        let own = self.signal(&signal.name).into_iter();
        own.chain(self.looked_at(signal)).flat_map(|signal| signal.expr.selections()).collect()
    }

    /// Whether a signal is of attributes of which only today's value is known: its past values
    /// may have been others.
    pub fn is_static(&self, signal: &Signal, schema: &Schema) -> bool {
        let history = |column: &str| schema.events.as_ref().is_some_and(|e| e.has_history(column));
        self.columns(signal).iter().any(|column| !history(column))
    }

    fn looked_at(&self, signal: &Signal) -> Vec<&Signal> {
        let Expr::Persona { personas } = &signal.expr else { return vec![] };
        let names = personas.iter().flat_map(|persona| &persona.when).map(|c| c.property.as_str());
        names.filter_map(|name| self.signal(name)).collect()
    }
}
