//! A rule set, as its file says.

use leadscore_features::document::{DocumentError, Position};
use leadscore_features::project::Reference;
use leadscore_features::{Catalogue, Expr, Schema, Signal, SignalKind};
use serde::Serialize;

use super::condition::{Literal, Test};
use super::rule::{Exclusion, Gives, Group, Rule, SignalRef};
use super::scale::{Bands, Grade, Ladder, Scale};
use super::{LadderKind, Points, parse};

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

/// A score beside the total: that of some groups.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SubScore {
    /// Its name.
    pub name: String,
    /// The groups that it adds up, after their limits.
    pub groups: Vec<String>,
    /// Its scale.
    #[serde(flatten)]
    pub scale: Scale,
}

/// A rule set, as its file says.
#[derive(Clone, Debug, Serialize)]
pub struct RuleSet {
    /// Its name.
    pub name: String,
    /// The version its author gave it.
    pub version: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The scale of the total.
    pub scale: Scale,
    /// The bands of the total.
    #[serde(skip_serializing_if = "no_bands")]
    pub bands: Bands,
    /// A lead is handed to sales from here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hand_off: Option<Points>,
    /// A grade of two scores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
    /// The stages of a lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stages: Option<Ladder>,
    /// Its positions in the funnel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub funnel: Option<Ladder>,
    /// Values that stand for missing, beside the usual ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingValues>,
    /// Signals of its own, which come before those of the data.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<Signal>,
    /// The groups, in file order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// The scores beside the total, in file order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<SubScore>,
    /// The rules, in file order.
    pub rules: Vec<Rule>,
    /// Leads whose score is forced, in file order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclusions: Vec<Exclusion>,
    /// The BLAKE3 hash of the file, in hexadecimal: what tells two versions apart.
    pub hash: String,
    /// The file's name, for messages.
    #[serde(skip)]
    pub(super) source: String,
    /// The names in the file that are checked against the data, with their places.
    #[serde(skip)]
    pub(super) references: Vec<Reference>,
}

fn no_bands(bands: &Bands) -> bool {
    bands.all().is_empty()
}

impl PartialEq for RuleSet {
    /// By what they say: neither the hash of the file nor where things stand in it.
    fn eq(&self, other: &Self) -> bool {
        let said = |set: &RuleSet| {
            let RuleSet { name, version, description, scale, bands, hand_off, .. } = set.clone();
            (name, version, description, scale, bands, hand_off)
        };
        let missing = |set: &RuleSet| -> Vec<(String, Vec<String>)> {
            set.missing.iter().map(|m| (m.column.clone(), m.values.clone())).collect()
        };
        said(self) == said(other)
            && missing(self) == missing(other)
            && (&self.grade, &self.stages, &self.funnel)
                == (&other.grade, &other.stages, &other.funnel)
            && (&self.signals, &self.groups, &self.scores)
                == (&other.signals, &other.groups, &other.scores)
            && (&self.rules, &self.exclusions) == (&other.rules, &other.exclusions)
    }
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

    /// A set of a name that is to be filled in.
    pub fn new(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            description: None,
            scale: Scale::default(),
            bands: Bands::default(),
            hand_off: None,
            grade: None,
            stages: None,
            funnel: None,
            missing: Vec::new(),
            signals: Vec::new(),
            groups: Vec::new(),
            scores: Vec::new(),
            rules: Vec::new(),
            exclusions: Vec::new(),
            hash: String::new(),
            source: name.to_owned(),
            references: Vec::new(),
        }
    }

    /// The name of the file, for messages.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The signals that the rules look at, each once, in order of first use, with the type that the
    /// rules need (`None`: any). Those that the set defines itself are among them.
    pub fn signals_used(&self) -> Vec<(&str, Option<SignalKind>)> {
        let mut found: Vec<(&str, Option<SignalKind>)> = Vec::new();
        for (signal, tests) in self.uses() {
            let implied = tests.iter().find_map(|test| test.implied_kind());
            match found.iter_mut().find(|(name, _)| *name == signal.name) {
                Some((_, kind)) => *kind = kind.or(implied),
                None => found.push((&signal.name, implied)),
            }
        }
        found
    }

    /// Whether it counts events, itself or through its own signals.
    pub fn is_of_events(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule.gives, Gives::Events(_) | Gives::Idle(_)))
            || self.signals.iter().any(|signal| signal.expr.is_of_events())
    }

    /// Whether it matters when a lead came to be: periods without events count from then.
    pub fn is_of_age(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule.gives, Gives::Idle(_)))
    }

    /// The ladder of a kind, where the set has it.
    pub fn ladder(&self, kind: LadderKind) -> Option<&Ladder> {
        match kind {
            LadderKind::Stages => self.stages.as_ref(),
            LadderKind::Funnel => self.funnel.as_ref(),
        }
    }

    /// The texts that rules and exclusions compare signals with: the name of the rule, the signal,
    /// the text.
    pub fn texts_compared(&self) -> Vec<(&str, &str, &str)> {
        let mut found = Vec::new();
        fn add<'s>(
            found: &mut Vec<(&'s str, &'s str, &'s str)>,
            rule: &'s str,
            signal: &'s SignalRef,
            test: &'s Test,
        ) {
            let Test::In(literals) = test else { return };
            for literal in literals {
                if let Literal::Text(text) = literal {
                    found.push((rule, signal.name(), text.as_str()));
                }
            }
        }
        for rule in &self.rules {
            if let Gives::Table { signal, table } = &rule.gives {
                table.rows.iter().for_each(|row| add(&mut found, &rule.name, signal, &row.test));
            }
        }
        let of_rules =
            self.rules.iter().filter_map(|rule| Some((rule.name.as_str(), rule.when.as_ref()?)));
        let of_exclusions = self.exclusions.iter().map(|e| (e.name.as_str(), &e.when));
        for (name, when) in of_rules.chain(of_exclusions) {
            when.visit(&mut |signal, tests| {
                tests.iter().for_each(|test| add(&mut found, name, signal, test));
            });
        }
        found
    }

    /// The values that stand for missing in a column, beside the usual ones.
    pub(super) fn stand_ins(&self, column: &str) -> Vec<String> {
        let named = self.missing.iter().filter(|missing| missing.column == column);
        named.flat_map(|missing| missing.values.clone()).collect()
    }

    /// A signal of its own.
    pub fn own_signal(&self, name: &str) -> Option<&Signal> {
        self.signals.iter().find(|signal| signal.name == name)
    }

    /// Takes the definition of a signal into the set, with those of the signals that it looks at,
    /// so that the set stands alone. An attribute of its own name needs none.
    pub fn define(&mut self, signal: &Signal, catalogue: &Catalogue) {
        let attribute =
            matches!(&signal.expr, Expr::Attribute { column } if *column == signal.name);
        if attribute || self.own_signal(&signal.name).is_some() {
            return;
        }
        self.signals.push(signal.clone());
        if let Expr::Persona { personas } = &signal.expr {
            for condition in personas.iter().flat_map(|persona| &persona.when) {
                if let Some(inner) = catalogue.signal(&condition.property) {
                    self.define(inner, catalogue);
                }
            }
        }
    }

    /// Takes over which values stand for missing, from the schema of the data that the set was made
    /// of: of the columns that its rules and signals look at.
    pub fn take_missing(&mut self, schema: &Schema) {
        let names = self.signals_used().into_iter().map(|(name, _)| name.to_owned());
        let of_signals = self.signals.iter().flat_map(|signal| signal.expr.columns());
        let used: Vec<String> = of_signals.map(str::to_owned).chain(names).collect();
        let named = schema.columns.iter().filter(|column| !column.missing.is_empty());
        for column in named.filter(|column| used.contains(&column.name)) {
            if self.missing.iter().all(|missing| missing.column != column.name) {
                self.missing.push(MissingValues {
                    column: column.name.clone(),
                    values: column.missing.clone(),
                    at: Position::default(),
                });
            }
        }
    }

    /// The signals of the data and its own, which come first.
    pub fn catalogue_over(&self, data: &Catalogue) -> Catalogue {
        let others = data.signals.iter().filter(|signal| self.own_signal(&signal.name).is_none());
        Catalogue { signals: self.signals.iter().chain(others).cloned().collect() }
    }

    /// Every place where a rule looks at a signal, with the tests that are put to it there.
    pub(super) fn uses(&self) -> Vec<(&SignalRef, Vec<&Test>)> {
        let mut found: Vec<(&SignalRef, Vec<&Test>)> = Vec::new();
        for rule in &self.rules {
            if let Gives::Table { signal, table } = &rule.gives {
                found.push((signal, table.rows.iter().map(|row| &row.test).collect()));
            }
        }
        let of_rules = self.rules.iter().filter_map(|rule| rule.when.as_ref());
        let conditions = of_rules.chain(self.exclusions.iter().map(|exclusion| &exclusion.when));
        for when in conditions {
            when.visit(&mut |signal, tests| found.push((signal, tests.iter().collect())));
        }
        found
    }
}
