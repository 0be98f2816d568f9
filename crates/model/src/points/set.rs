//! Rule sets: what the file says, checked against a schema, compiled, and put to a snapshot.

use leadscore_features::{
    Catalogue, Coding, Expr, Schema, Signal, SignalKind, Value, hint, level_hash,
};
use serde::{Serialize, Serializer};

use super::condition::{Condition, Literal, Test};
use super::{DocumentError, Mistake, Points, Position, parse};
use crate::Bundle;

/// A signal named in a rule, with the place where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalRef {
    pub(super) name: String,
    pub(super) at: Position,
    /// The place of each of its tests.
    pub(super) tests_at: Vec<Position>,
}

impl Serialize for SignalRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

/// One rule: points for a lead that meets a condition.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rule {
    /// Its name, unique in the set; it names the part of the score.
    pub name: String,
    /// The points it gives or takes.
    pub points: Points,
    /// When it does.
    pub when: Condition<SignalRef>,
}

/// From how many points each band starts. Everything below `warm` is cold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bands {
    /// Warm from here.
    pub warm: Points,
    /// Hot from here.
    pub hot: Points,
}

/// Values of one column that stand for missing, as a rule set says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MissingValues {
    /// The column.
    pub column: String,
    /// The values, as text.
    pub values: Vec<String>,
    #[serde(skip)]
    pub(super) at: Position,
}

/// A rule set, as its file says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleSet {
    /// Its name.
    pub name: String,
    /// The version its author gave it.
    pub version: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The bands.
    pub bands: Bands,
    /// A lead is handed to sales from here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hand_off: Option<Points>,
    /// Values that stand for missing, beside the usual ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingValues>,
    /// The rules, in file order.
    pub rules: Vec<Rule>,
    /// The BLAKE3 hash of the file, in hexadecimal: what tells two versions apart.
    pub hash: String,
    /// The file's name, for messages.
    #[serde(skip)]
    pub(super) source: String,
}

/// What a rule set is checked against: the signals that exist and the columns behind them.
#[derive(Clone, Copy, Debug)]
pub struct SchemaView<'a> {
    /// The columns.
    pub schema: &'a Schema,
    /// The signals.
    pub catalogue: &'a Catalogue,
}

impl RuleSet {
    /// Reads a rule set; `source` is the file's name, for messages.
    ///
    /// # Errors
    /// [`DocumentError`] with every mistake found and its line and column.
    pub fn parse(source: &str, text: &str) -> Result<Self, DocumentError> {
        parse::rule_set(source, text)
    }

    /// The names of the signals that the rules use, each once, in order of first use, with the
    /// type that the rules need (`None`: any).
    pub fn signals(&self) -> Vec<(&str, Option<SignalKind>)> {
        let mut found: Vec<(&str, Option<SignalKind>)> = Vec::new();
        self.visit_tests(&mut |signal, tests| {
            let implied = tests.iter().find_map(implied_kind);
            match found.iter_mut().find(|(name, _)| *name == signal.name) {
                Some((_, kind)) => *kind = kind.or(implied),
                None => found.push((&signal.name, implied)),
            }
        });
        found
    }

    /// Checks every signal and test against the signals that exist.
    ///
    /// # Errors
    /// [`DocumentError`] naming each unknown signal, with the nearest that exists, and each test
    /// that does not fit its signal's type.
    pub fn check(&self, view: SchemaView<'_>) -> Result<(), DocumentError> {
        let mut mistakes = Vec::new();
        self.visit_tests(&mut |signal, tests| {
            let Some(kind) = view.catalogue.kind(&signal.name, view.schema) else {
                let names = view.catalogue.signals.iter().map(|s| s.name.as_str());
                mistakes.push(Mistake::at(signal.at, unknown(&signal.name, view.schema, names)));
                return;
            };
            for (test, at) in tests.iter().zip(&signal.tests_at) {
                if let Err(needs) = test.fits(kind) {
                    let message = format!(
                        "the signal {:?} is a {}, and this test is for {needs}",
                        signal.name,
                        kind.word()
                    );
                    mistakes.push(Mistake::at(*at, message));
                }
            }
        });
        // Read one way beside the model and another way alone, the same lead would get two totals.
        for missing in &self.missing {
            let reader = view.schema.reader(&missing.column);
            for value in &missing.values {
                let message = match &reader {
                    Some(reader) if reader.is_missing(value) => continue,
                    Some(_) => format!(
                        "the model reads {} = {value} as a value; train it with --missing {}={value}",
                        missing.column, missing.column
                    ),
                    None => format!("there is no column {:?}", missing.column),
                };
                mistakes.push(Mistake::at(missing.at, message));
            }
        }
        DocumentError::unless_empty(&self.source, mistakes)
    }

    /// Checks that leads have a column for every signal, for use without a schema.
    ///
    /// # Errors
    /// [`DocumentError`] naming each signal without a column, with the nearest that there is.
    pub fn check_columns(&self, columns: &[String]) -> Result<(), DocumentError> {
        let mut mistakes = Vec::new();
        self.visit_tests(&mut |signal, _| {
            if !columns.contains(&signal.name) {
                let help = hint(&signal.name, columns.iter().map(String::as_str));
                let message = format!("the leads have no column {:?}{help}", signal.name);
                mistakes.push(Mistake::at(signal.at, message));
            }
        });
        DocumentError::unless_empty(&self.source, mistakes)
    }

    /// Values in the rules that no lead of a bundle's training had, as `file:line:column: what`:
    /// slips of the pen, mostly.
    pub fn unmatched(&self, bundle: &Bundle) -> Vec<String> {
        let mut found = Vec::new();
        self.visit_tests(&mut |signal, tests| {
            let input = bundle.model.encoder.inputs.iter().find(|i| i.signal == signal.name);
            let Some(Coding::OneHot { levels, rare }) = input.map(|input| &input.coding) else {
                return;
            };
            if bundle.catalogue.kind(&signal.name, &bundle.schema) != Some(SignalKind::Text) {
                return;
            }
            let column = bundle
                .catalogue
                .signal(&signal.name)
                .and_then(|s| s.expr.columns().first().copied());
            let reader = column.and_then(|column| bundle.schema.reader(column));
            for (test, at) in tests.iter().zip(&signal.tests_at) {
                let Test::In(literals) = test else { continue };
                for literal in literals {
                    let text = match literal {
                        Literal::Text(text) => text.clone(),
                        Literal::Number(number) => leadscore_features::canonical_number(*number),
                        Literal::YesNo(_) => continue,
                    };
                    if levels.contains(&text) || rare.contains(&level_hash(&text)) {
                        continue;
                    }
                    let help = if reader.as_ref().is_some_and(|r| r.is_missing(&text)) {
                        "; it is read as missing, so write missing = true".to_owned()
                    } else {
                        hint(&text, levels.iter().map(String::as_str))
                    };
                    found.push(format!(
                        "{}:{}:{}: no lead that the model was fitted on has {} = {text:?}{help}",
                        self.source, at.line, at.column, signal.name
                    ));
                }
            }
        });
        found
    }

    /// Checks that the rules agree among themselves on the type of every signal, for use without
    /// a schema.
    ///
    /// # Errors
    /// [`DocumentError`] for each test that needs another type than an earlier one.
    pub fn check_alone(&self) -> Result<(), DocumentError> {
        let kinds = self.signals();
        let mut mistakes = Vec::new();
        self.visit_tests(&mut |signal, tests| {
            let kind = kinds.iter().find(|(name, _)| *name == signal.name).and_then(|(_, k)| *k);
            let Some(kind) = kind else { return };
            for (test, at) in tests.iter().zip(&signal.tests_at) {
                if let Err(needs) = test.fits(kind) {
                    let message = format!(
                        "the signal {:?} is used as a {} elsewhere in this set, and this test is \
                         for {needs}",
                        signal.name,
                        kind.word()
                    );
                    mistakes.push(Mistake::at(*at, message));
                }
            }
        });
        DocumentError::unless_empty(&self.source, mistakes)
    }

    /// The rules with every signal replaced by its position. A signal that `position` does not
    /// know counts as missing; [`RuleSet::check`] has refused it before.
    pub fn compile(&self, position: impl Fn(&str) -> Option<usize>) -> CompiledRuleSet {
        let rules = self
            .rules
            .iter()
            .map(|rule| {
                let resolved = rule.when.map(&mut |signal: &SignalRef| {
                    Ok::<_, std::convert::Infallible>(position(&signal.name).unwrap_or(usize::MAX))
                });
                match resolved {
                    Ok(condition) => (condition, rule.points),
                    Err(never) => match never {},
                }
            })
            .collect();
        CompiledRuleSet { rules, bands: self.bands, hand_off: self.hand_off }
    }

    fn visit_tests<'a>(&'a self, see: &mut impl FnMut(&'a SignalRef, &'a [Test])) {
        for rule in &self.rules {
            rule.when.visit(see);
        }
    }

    /// The band of a total.
    pub fn band(&self, total: Points) -> &'static str {
        self.bands.of(total)
    }
}

impl Bands {
    /// The band of a total.
    pub fn of(self, total: Points) -> &'static str {
        if total >= self.hot {
            "hot"
        } else if total >= self.warm {
            "warm"
        } else {
            "cold"
        }
    }
}

/// The catalogue and schema that a rule set implies when nothing else describes the leads: every
/// signal an attribute of its own name, of the type that the rules need.
pub(crate) fn implied_columns(sets: &[RuleSet]) -> (Schema, Catalogue) {
    use leadscore_features::{Column, Kind, Role};
    let mut schema = Schema::new(Vec::new());
    let mut catalogue = Catalogue::default();
    for (name, kind) in sets.iter().flat_map(RuleSet::signals) {
        if schema.column(name).is_some() {
            continue;
        }
        let kind = match kind {
            Some(SignalKind::Number) => Kind::NUMBER,
            Some(SignalKind::YesNo) => Kind::YesNo,
            _ => Kind::Category,
        };
        let missing = sets
            .iter()
            .flat_map(|set| &set.missing)
            .filter(|missing| missing.column == name)
            .flat_map(|missing| missing.values.iter().cloned())
            .collect();
        let column = Column { name: name.to_owned(), kind, role: Role::Attribute, missing };
        schema.columns.push(column);
        let expr = Expr::Attribute { column: name.to_owned() };
        catalogue.signals.push(Signal { name: name.to_owned(), expr });
    }
    (schema, catalogue)
}

fn unknown<'a>(name: &str, schema: &Schema, names: impl Iterator<Item = &'a str>) -> String {
    use leadscore_features::Role;
    if let Some(column) = schema.column(name) {
        let role = match column.role {
            Role::Target => "the outcome: a rule cannot look at it",
            Role::Id => "the lead's id, which is not a signal",
            Role::Account => "the account's id, which is not a signal",
            Role::Time => "the time of the row, which is not a signal",
            Role::Attribute | Role::Created => "a column without a signal",
        };
        return format!("{name:?} is {role}");
    }
    format!("there is no signal {name:?}{}", hint(name, names))
}

fn implied_kind(test: &Test) -> Option<SignalKind> {
    match test {
        Test::Range { .. } => Some(SignalKind::Number),
        Test::Contains(_) => Some(SignalKind::Text),
        Test::Missing(_) => None,
        Test::In(literals) => literals.first().map(Literal::implied_kind),
    }
}

/// A rule set ready to score.
#[derive(Clone, Debug)]
pub struct CompiledRuleSet {
    rules: Vec<(Condition<usize>, Points)>,
    bands: Bands,
    hand_off: Option<Points>,
}

/// The points of one snapshot. Reused from one snapshot to the next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PointsScore {
    /// The total: the exact sum of the parts.
    pub total: Points,
    /// The rules that gave or took points, as positions in [`RuleSet::rules`], in order.
    pub parts: Vec<(usize, Points)>,
    /// The rules of which it cannot be said whether they hold, because a signal's source was not
    /// given. The total is without them.
    pub unavailable: Vec<usize>,
    /// `cold`, `warm` or `hot`.
    pub band: &'static str,
    /// Whether the lead is handed to sales. `None` when the set has no such threshold.
    pub hand_off: Option<bool>,
}

impl CompiledRuleSet {
    /// Scores the values of a snapshot's signals.
    pub fn score(&self, values: &[Value<'_>], out: &mut PointsScore) {
        out.parts.clear();
        out.unavailable.clear();
        for (index, (condition, points)) in self.rules.iter().enumerate() {
            match condition.holds(values) {
                Some(true) => out.parts.push((index, *points)),
                Some(false) => {}
                None => out.unavailable.push(index),
            }
        }
        out.total = out.parts.iter().map(|(_, points)| *points).sum();
        out.band = self.bands.of(out.total);
        out.hand_off = self.hand_off.map(|threshold| out.total >= threshold);
    }
}
