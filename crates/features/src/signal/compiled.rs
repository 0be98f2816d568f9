//! Signals with every name resolved, and the compiler that resolves them.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{Catalogue, Expr, NO_PERSONA, Reader, Signal, Snapshot};
use crate::events::{
    CompiledMeasure, CompiledSelection, Condition, EventPlan, PlanBuilder, PlanError, Seen,
    Selection, Span, Test,
};
use crate::readers::{self, phone::Validity};
use crate::{Cell, ColumnReader, Kind, Schema, SignalKind, Value, canonical_number, hint};

/// A signal that cannot be computed from what there is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignalError {
    /// The signal names a column that the schema does not have, or that is of another kind.
    #[error("the signal {signal:?} needs the column {column:?}, which {problem}")]
    Column {
        /// The signal.
        signal: String,
        /// The column.
        column: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The signal is about events, and the data has none.
    #[error("the signal {0:?} is about events, and there are none in this data")]
    NoEvents(String),
    /// The signal asks of events what they do not have.
    #[error("the signal {signal:?}: {problem}")]
    Plan {
        /// The signal.
        signal: String,
        /// What is wrong.
        problem: PlanError,
    },
    /// A filter asks of events what they do not have.
    #[error("the filters: {0}")]
    Filters(PlanError),
    /// A persona looks at a signal that does not exist, or at another persona.
    #[error("the signal {signal:?} looks at the signal {other:?}, which {problem}")]
    Persona {
        /// The signal.
        signal: String,
        /// The signal that it looks at.
        other: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A persona compares a signal with numbers that is none.
    #[error(
        "the signal {signal:?} asks whether {other:?} is at_least or below a number, and it is of kind {}; \
         name the values that it may have",
        kind.word()
    )]
    NoNumber {
        /// The signal.
        signal: String,
        /// The signal that it looks at.
        other: String,
        /// Its kind.
        kind: SignalKind,
    },
}

/// Which country the phone number of a lead is of, where it does not say so itself.
#[derive(Clone, Debug)]
enum Country {
    /// The one in a column.
    Column(CompiledColumn),
    /// One for all leads, where it is known.
    Same(Option<Box<str>>),
}

impl Country {
    fn of<'a>(&'a self, snapshot: &Snapshot<'a>) -> Option<Cow<'a, str>> {
        match self {
            Country::Column(column) => match column.value(snapshot) {
                Value::Text(text) => Some(text),
                _ => None,
            },
            Country::Same(country) => country.as_deref().map(Cow::Borrowed),
        }
    }
}

/// The value of a column as of a snapshot: the last known change where its history is told.
#[derive(Clone, Debug)]
pub(crate) struct CompiledColumn {
    position: usize,
    history: Option<(usize, usize, ColumnReader)>,
}

impl CompiledColumn {
    #[inline]
    fn value<'a>(&self, snapshot: &Snapshot<'a>) -> Value<'a> {
        if self.history.is_some()
            && let Some(told) = self.told(snapshot)
        {
            return told;
        }
        match snapshot.attributes.get(self.position) {
            // Borrowed even from an owned text: a score copies no attribute.
            Some(Value::Text(text)) => Value::Text(Cow::Borrowed(text.as_ref())),
            Some(Value::Number(number)) => Value::Number(*number),
            Some(Value::YesNo(flag)) => Value::YesNo(*flag),
            Some(Value::Time(time)) => Value::Time(*time),
            Some(Value::Unavailable) => Value::Unavailable,
            Some(Value::Missing) | None => Value::Missing,
        }
    }

    /// The value; missing where it is a moment that lies after that of the snapshot.
    #[inline]
    fn by_then<'a>(&self, snapshot: &Snapshot<'a>) -> Value<'a> {
        match self.value(snapshot) {
            Value::Time(time) if snapshot.as_of.is_some_and(|as_of| time > as_of) => Value::Missing,
            value => value,
        }
    }

    /// What events tell of it; `None` where they tell nothing.
    fn told<'a>(&self, snapshot: &Snapshot<'a>) -> Option<Value<'a>> {
        let (bit, field, reader) = self.history.as_ref()?;
        let text = snapshot.events?.last_text(*bit, *field)?;
        // A new value that cannot be read is as good as none.
        let read = |text| reader.read(Cell::Text(text)).unwrap_or(Value::Missing);
        Some(text.map_or(Value::Missing, read))
    }
}

/// A signal with its names resolved.
#[derive(Clone, Debug)]
pub struct CompiledSignal(What);

#[derive(Clone, Debug)]
enum What {
    Attribute(CompiledColumn),
    DaysSince(CompiledColumn),
    Read(CompiledColumn, Reader),
    SameDomain(CompiledColumn, CompiledColumn),
    PhoneValid(CompiledColumn, Country),
    /// The values in lower case.
    OneOf(CompiledColumn, Vec<String>),
    Filled(Vec<CompiledColumn>),
    Persona(Vec<(String, Vec<Looked>)>),
    Events(CompiledMeasure),
}

/// A condition of a persona.
#[derive(Clone, Debug)]
struct Looked {
    /// The name of the signal.
    name: String,
    signal: CompiledSignal,
    /// Of texts without case and accents.
    test: Test,
}

impl Looked {
    fn holds(&self, value: &Value<'_>) -> bool {
        text_of(value).is_some_and(|text| self.test.passes_text(&readers::plain(&text)))
            || matches!(value, Value::Number(number) if self.test.passes_number(*number))
    }
}

impl CompiledSignal {
    /// The value of the signal for a snapshot. An attribute that the snapshot does not carry is
    /// missing; what is measured of events that were not given is unavailable.
    #[inline]
    pub fn evaluate<'a>(&self, snapshot: &Snapshot<'a>) -> Value<'a> {
        match &self.0 {
            // Most are, and it takes little.
            What::Attribute(column) => column.by_then(snapshot),
            what => what.evaluate(snapshot),
        }
    }
}

impl What {
    fn evaluate<'a>(&self, snapshot: &Snapshot<'a>) -> Value<'a> {
        match self {
            What::Attribute(column) => column.by_then(snapshot),
            What::DaysSince(column) => match (column.value(snapshot), snapshot.as_of) {
                (Value::Time(time), Some(as_of)) if time <= as_of => {
                    Value::Number(as_of.days_since(time))
                }
                _ => Value::Missing,
            },
            What::Read(column, reader) => read(*reader, &column.value(snapshot)),
            What::SameDomain(email, company) => {
                match (email.value(snapshot), company.value(snapshot)) {
                    (Value::Text(email), Value::Text(company)) => {
                        // Missing where it cannot be told: a free address, say.
                        readers::email::same_company(&email, &company)
                            .map_or(Value::Missing, Value::YesNo)
                    }
                    _ => Value::Missing,
                }
            }
            What::PhoneValid(phone, country) => {
                let country = country.of(snapshot);
                match text_of(&phone.value(snapshot)) {
                    Some(phone) => {
                        match readers::phone::read(&phone, country.as_deref()).validity {
                            Validity::Valid => Value::YesNo(true),
                            Validity::Invalid => Value::YesNo(false),
                            Validity::Unknown => Value::Missing,
                        }
                    }
                    None => Value::Missing,
                }
            }
            What::OneOf(column, values) => match text_of(&column.value(snapshot)) {
                Some(text) => {
                    let text = readers::plain(&text);
                    Value::YesNo(values.iter().any(|value| *value == text))
                }
                None => Value::Missing,
            },
            What::Filled(columns) => {
                let filled = |column: &&CompiledColumn| !column.value(snapshot).is_missing();
                Value::Number(columns.iter().filter(filled).count() as f64)
            }
            What::Persona(personas) => persona(personas, |looked| looked.signal.evaluate(snapshot)),
            What::Events(measure) => {
                snapshot.events.map_or(Value::Unavailable, |seen| measure.evaluate(seen))
            }
        }
    }
}

/// The first persona whose conditions hold, by the values of the signals that they look at.
fn persona<'v>(
    personas: &[(String, Vec<Looked>)],
    value: impl Fn(&Looked) -> Value<'v>,
) -> Value<'static> {
    let mut unavailable = false;
    let mut holds = |looked: &Looked| {
        let value = value(looked);
        unavailable |= value == Value::Unavailable;
        looked.holds(&value)
    };
    let found = personas.iter().find(|(_, when)| when.iter().all(&mut holds));
    if unavailable {
        return Value::Unavailable;
    }
    Value::Text(found.map_or(Cow::Borrowed(NO_PERSONA), |(name, _)| Cow::Owned(name.clone())))
}

impl CompiledSignal {
    /// The persona of a snapshot of which some signals were given ready: `ready` gives their values,
    /// by their names. `None` of other signals, and of a persona that looks at none of these.
    pub fn persona_of_ready<'v>(
        &self,
        snapshot: &Snapshot<'v>,
        ready: impl Fn(&str) -> Option<Value<'v>>,
    ) -> Option<Value<'static>> {
        let What::Persona(personas) = &self.0 else { return None };
        personas.iter().flat_map(|(_, when)| when).find_map(|looked| ready(&looked.name))?;
        let value = |looked: &Looked| {
            ready(&looked.name).unwrap_or_else(|| looked.signal.evaluate(snapshot))
        };
        Some(persona(personas, value))
    }

    /// The signal for snapshots of one attribute alone and without events, with the position of
    /// that attribute among the columns it was compiled against. `None` where the value comes from
    /// more than one attribute, or from events.
    pub fn of_one_column(&self) -> Option<(usize, CompiledSignal)> {
        let mut alone = self.clone();
        let column = match &mut alone.0 {
            What::Attribute(column)
            | What::DaysSince(column)
            | What::Read(column, _)
            | What::PhoneValid(column, Country::Same(_))
            | What::OneOf(column, _) => column,
            What::SameDomain(..)
            | What::PhoneValid(_, Country::Column(_))
            | What::Filled(_)
            | What::Persona(_)
            | What::Events(_) => return None,
        };
        Some((std::mem::take(&mut column.position), alone))
    }
}

impl CompiledSignal {
    /// How a reader came to the signal's value, in words, so that one can disagree. `None` for
    /// signals that nothing was read for, and where there is no text.
    pub fn why(&self, snapshot: &Snapshot<'_>) -> Option<String> {
        match &self.0 {
            What::Read(column, reader) => {
                let value = column.value(snapshot);
                let text = text_of(&value)?;
                Some(match reader {
                    Reader::Seniority | Reader::Function => readers::title::explain(&text).why,
                    Reader::EmailKind => readers::email::explain(&text).why,
                    Reader::CompanySize => readers::company_size::explain(&text).why,
                    Reader::Junk | Reader::JunkScore => readers::junk::explain(&text).why,
                })
            }
            What::PhoneValid(phone, country) => {
                let (phone, country) = (phone.value(snapshot), country.of(snapshot));
                Some(readers::phone::explain(&text_of(&phone)?, country.as_deref()).why)
            }
            What::SameDomain(email, company) => {
                match (email.value(snapshot), company.value(snapshot)) {
                    (Value::Text(email), Value::Text(company)) => {
                        Some(readers::email::explain_same_company(&email, &company))
                    }
                    _ => None,
                }
            }
            What::Persona(personas) => {
                let holds = |looked: &&Looked| looked.holds(&looked.signal.evaluate(snapshot));
                let found = personas.iter().find(|(_, when)| when.iter().all(|of| holds(&of)));
                let said = |looked: &Looked| {
                    format!("{} is {}", looked.name, looked.signal.evaluate(snapshot))
                };
                Some(match found {
                    Some((name, when)) => {
                        let when: Vec<String> = when.iter().map(said).collect();
                        format!("{name} because {}", when.join(" and "))
                    }
                    // Why not the first of them: the condition that it fails on.
                    None => {
                        let fails = |(name, when): &(String, Vec<Looked>)| {
                            let failed = when.iter().find(|of| !holds(of))?;
                            Some(format!("not {name} as {}", said(failed)))
                        };
                        let fails: Vec<String> = personas.iter().filter_map(fails).collect();
                        format!("{NO_PERSONA} because {}", fails.join(", "))
                    }
                })
            }
            _ => None,
        }
    }
}

/// A value as the text that a condition compares with.
fn text_of<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    match value {
        Value::Missing | Value::Unavailable => None,
        Value::Text(text) => Some(Cow::Borrowed(text.as_ref())),
        Value::Number(number) => Some(Cow::Owned(canonical_number(*number))),
        Value::YesNo(flag) => Some(Cow::Borrowed(if *flag { "yes" } else { "no" })),
        Value::Time(time) => Some(Cow::Owned(time.to_string())),
    }
}

fn read(reader: Reader, value: &Value<'_>) -> Value<'static> {
    let Some(text) = text_of(value) else { return Value::Missing };
    let word = |word: &'static str| Value::Text(Cow::Borrowed(word));
    match reader {
        Reader::Seniority => word(readers::title::read(&text).seniority.as_str()),
        Reader::Function => word(readers::title::read(&text).function.as_str()),
        Reader::EmailKind => word(readers::email::kind(&text).as_str()),
        Reader::CompanySize => {
            readers::company_size::read(&text).map_or(Value::Missing, |size| word(size.as_str()))
        }
        Reader::Junk => Value::YesNo(readers::junk::is_junk(&text)),
        Reader::JunkScore => Value::Number(readers::junk::score(&text)),
    }
}

/// Resolves signals against a schema, and collects the columns and the plan that they need.
#[derive(Debug)]
pub struct SignalCompiler<'a> {
    schema: &'a Schema,
    catalogue: &'a Catalogue,
    layout: SignalLayout,
    plan: Option<PlanBuilder<'a>>,
}

/// What compiled signals are evaluated against.
#[derive(Clone, Debug, Default)]
pub struct SignalLayout {
    /// The columns that a snapshot's attributes are in the order of, with their readers.
    pub columns: Vec<(String, ColumnReader)>,
    /// The bit of the events that tell the history of each column, where events do, and the field of what they set.
    pub history: Vec<Option<(usize, usize)>>,
    /// The position of each column.
    pub positions: HashMap<String, usize>,
    /// What is needed of events; `None` where the data has none.
    pub plan: Option<EventPlan>,
}

impl SignalLayout {
    /// Whether events have told a column, by its position among [`SignalLayout::columns`], of those that were seen.
    pub fn is_told(&self, column: usize, seen: &Seen<'_>) -> bool {
        let history = self.history.get(column).copied().flatten();
        history.is_some_and(|(bit, _)| seen.has(bit))
    }

    /// Whether the last of the events that told a column set what cannot be read as its values are.
    pub fn is_unread(&self, column: usize, seen: &Seen<'_>) -> bool {
        let history = self.history.get(column).copied().flatten();
        let set = history.and_then(|(bit, field)| seen.last_text(bit, field)).flatten();
        let reader = self.columns.get(column).map(|(_, reader)| reader);
        set.zip(reader).is_some_and(|(text, reader)| reader.read(Cell::Text(text)).is_err())
    }
}

impl<'a> SignalCompiler<'a> {
    /// A compiler of the signals of a catalogue over a schema.
    ///
    /// # Errors
    /// [`SignalError::Filters`] when a filter names a property that events do not have.
    pub fn new(schema: &'a Schema, catalogue: &'a Catalogue) -> Result<Self, SignalError> {
        let plan = schema.events.as_ref().map(PlanBuilder::new).transpose();
        Ok(Self {
            schema,
            catalogue,
            layout: SignalLayout::default(),
            plan: plan.map_err(SignalError::Filters)?,
        })
    }

    /// Resolves a signal.
    ///
    /// # Errors
    /// [`SignalError`] when the signal cannot be computed from what there is.
    pub fn compile(&mut self, signal: &Signal) -> Result<CompiledSignal, SignalError> {
        self.compile_in(self.catalogue, signal)
    }

    /// Resolves the events of a selection in a window, for `what`.
    ///
    /// # Errors
    /// [`SignalError`] when there are no such events.
    pub fn selection(
        &mut self,
        what: &str,
        of: &Selection,
        window: Option<Span>,
    ) -> Result<CompiledSelection, SignalError> {
        let plan = self.plan.as_mut().ok_or_else(|| SignalError::NoEvents(what.to_owned()))?;
        let problem = |problem| SignalError::Plan { signal: what.to_owned(), problem };
        of.compile(window, plan).map_err(problem)
    }

    /// Resolves a signal that looks at those of another catalogue.
    ///
    /// # Errors
    /// [`SignalError`] when the signal cannot be computed from what there is.
    pub fn compile_in(
        &mut self,
        catalogue: &Catalogue,
        signal: &Signal,
    ) -> Result<CompiledSignal, SignalError> {
        let name = &signal.name;
        Ok(CompiledSignal(match &signal.expr {
            Expr::Attribute { column } => What::Attribute(self.column(name, column)?),
            Expr::DaysSince { column } => {
                let compiled = self.column(name, column)?;
                let problem = match self.schema.column(column).map(|column| &column.kind) {
                    Some(Kind::Date { .. }) => None,
                    Some(Kind::Constant) => {
                        Some("has no more than one value, so there is nothing to learn from it")
                    }
                    _ => Some("is not a date"),
                };
                if let Some(problem) = problem {
                    return Err(SignalError::Column {
                        signal: name.clone(),
                        column: column.clone(),
                        problem: problem.to_owned(),
                    });
                }
                What::DaysSince(compiled)
            }
            Expr::Read { column, reader } => {
                let compiled = self.column(name, column)?;
                let is_text = match self.schema.column(column).map(|column| &column.kind) {
                    Some(Kind::Number { .. }) => *reader == Reader::CompanySize,
                    Some(Kind::YesNo | Kind::Date { .. }) => false,
                    _ => true,
                };
                if !is_text {
                    return Err(SignalError::Column {
                        signal: name.clone(),
                        column: column.clone(),
                        problem: format!("has no texts for {} to read", reader.word()),
                    });
                }
                What::Read(compiled, *reader)
            }
            Expr::SameDomain { email, company } => {
                What::SameDomain(self.column(name, email)?, self.column(name, company)?)
            }
            Expr::PhoneValid { phone, country, in_country } => {
                let country = match country {
                    Some(country) => Country::Column(self.column(name, country)?),
                    None => Country::Same(in_country.as_deref().map(Into::into)),
                };
                What::PhoneValid(self.column(name, phone)?, country)
            }
            Expr::OneOf { column, values } => {
                let values =
                    values.iter().map(|value| readers::plain(value.trim()).into()).collect();
                What::OneOf(self.column(name, column)?, values)
            }
            Expr::Filled { columns } => What::Filled(
                columns.iter().map(|column| self.column(name, column)).collect::<Result<_, _>>()?,
            ),
            Expr::Persona { personas } => {
                let mut compiled = Vec::with_capacity(personas.len());
                for persona in personas {
                    let mut when = Vec::with_capacity(persona.when.len());
                    for condition in &persona.when {
                        let inner = self.inner(catalogue, name, condition)?;
                        when.push(Looked {
                            name: condition.property.clone(),
                            signal: inner,
                            test: condition.test.plain(),
                        });
                    }
                    compiled.push((persona.name.clone(), when));
                }
                What::Persona(compiled)
            }
            Expr::Events { of, window, measure } => {
                let plan = self.plan.as_mut().ok_or_else(|| SignalError::NoEvents(name.clone()))?;
                let problem = |problem| SignalError::Plan { signal: name.clone(), problem };
                What::Events(measure.compile(of, *window, plan).map_err(problem)?)
            }
        }))
    }

    /// A signal that another one looks at, and what it is held against.
    fn inner(
        &mut self,
        catalogue: &Catalogue,
        signal: &str,
        condition: &Condition,
    ) -> Result<CompiledSignal, SignalError> {
        let Condition { property: other, test } = condition;
        let problem = |problem: String| SignalError::Persona {
            signal: signal.to_owned(),
            other: other.clone(),
            problem,
        };
        let found = catalogue.signal(other).ok_or_else(|| {
            let names = catalogue.signals.iter().map(|signal| signal.name.as_str());
            problem(format!("does not exist{}", hint(other, names)))
        })?;
        if matches!(found.expr, Expr::Persona { .. }) {
            return Err(problem("looks at signals itself".to_owned()));
        }
        // A column that is the same everywhere may be a number elsewhere.
        let varies = |name: &&str| {
            self.schema.column(name).is_none_or(|column| column.kind != Kind::Constant)
        };
        if let Test::Between { .. } = test
            && found.expr.columns().iter().all(varies)
            && let Some(kind) = catalogue.kind(other, self.schema)
            && kind != SignalKind::Number
        {
            let (signal, other) = (signal.to_owned(), other.clone());
            return Err(SignalError::NoNumber { signal, other, kind });
        }
        self.compile_in(catalogue, found)
    }

    fn column(&mut self, signal: &str, name: &str) -> Result<CompiledColumn, SignalError> {
        let schema = self.schema;
        let column = schema.column(name).ok_or_else(|| {
            let names = schema.columns.iter().map(|column| column.name.as_str());
            SignalError::Column {
                signal: signal.to_owned(),
                column: name.to_owned(),
                problem: format!("is not there{}", hint(name, names)),
            }
        })?;
        let history = match &mut self.plan {
            Some(plan) => plan
                .history(name)
                .map_err(|problem| SignalError::Plan { signal: signal.to_owned(), problem })?,
            None => None,
        };
        let reader = ColumnReader::new(column, &schema.missing);
        let SignalLayout { columns, positions, history: told, .. } = &mut self.layout;
        let position = *positions.entry(name.to_owned()).or_insert_with(|| {
            columns.push((name.to_owned(), reader.clone()));
            told.push(history);
            columns.len() - 1
        });
        Ok(CompiledColumn { position, history: history.map(|(bit, field)| (bit, field, reader)) })
    }

    /// The columns and the plan that the compiled signals need.
    pub fn finish(self) -> SignalLayout {
        SignalLayout { plan: self.plan.map(PlanBuilder::finish), ..self.layout }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, DateFormat, Role, SignalKind, Time};

    fn schema() -> Schema {
        let column = |name: &str, kind| Column {
            name: name.into(),
            kind,
            role: Role::Attribute,
            missing: vec![],
        };
        Schema::new(vec![
            column("job", Kind::Category),
            column("signed_up", Kind::Date { format: DateFormat::Iso }),
        ])
    }

    #[test]
    fn dates_become_ages_and_never_look_ahead() {
        let schema = schema();
        let catalogue = Catalogue::of_table(&schema);
        assert_eq!(catalogue.kind("days_since_signed_up", &schema), Some(SignalKind::Number));
        let mut compiler = SignalCompiler::new(&schema, &catalogue).unwrap();
        let mut compile = |name: &str| compiler.compile(catalogue.signal(name).unwrap()).unwrap();
        let (age, date) = (compile("days_since_signed_up"), compile("signed_up"));
        let signed_up = Time::parse("2024-01-10").unwrap();
        let attributes = [Value::Time(signed_up)];
        let at = |text: &str| Snapshot::flat(Some(Time::parse(text).unwrap()), &attributes);
        assert_eq!(age.evaluate(&at("2024-01-31")), Value::Number(21.0));
        assert_eq!(age.evaluate(&at("2024-01-10")), Value::Number(0.0));
        assert_eq!(age.evaluate(&at("2024-01-09")), Value::Missing);
        assert_eq!(date.evaluate(&at("2024-01-09")), Value::Missing);
        assert_eq!(date.evaluate(&at("2024-01-10")), Value::Time(signed_up));
        assert_eq!(age.evaluate(&Snapshot::flat(None, &attributes)), Value::Missing);
        assert_eq!(age.evaluate(&Snapshot::flat(None, &[])), Value::Missing);
    }

    #[test]
    fn an_age_of_something_else_is_refused() {
        let schema = schema();
        let catalogue = Catalogue::default();
        let mut compiler = SignalCompiler::new(&schema, &catalogue).unwrap();
        let signal = Signal { name: "x".into(), expr: Expr::DaysSince { column: "job".into() } };
        let error = compiler.compile(&signal).unwrap_err();
        assert!(error.to_string().contains("is not a date"), "{error}");
    }
}
