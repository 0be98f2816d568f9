//! From names to positions: each signal that a model or a rule set names is compiled once.

use std::collections::HashMap;

use leadscore_features::events::{CompiledSelection, Selection, Span};
use leadscore_features::{Catalogue, CompiledSignal, SignalCompiler, SignalError};

use crate::Definition;
use crate::points::{RuleNames, RuleSet, SchemaView};
use crate::score::ScorerError;

/// A signal that something needs.
#[derive(Debug)]
pub(crate) struct CompiledEntry {
    pub(crate) definition: Definition,
    pub(crate) signal: CompiledSignal,
}

/// The name of a signal that a rule set defines itself: another of the same name may be there, of
/// the data or of another set.
pub(crate) fn name_in_set(set: &RuleSet, name: &str) -> String {
    format!("{}.{name}", set.name)
}

/// What the rules of one set name.
pub(crate) struct NamesOfSet<'s, 'r, 'a> {
    pub(crate) set: &'s RuleSet,
    /// The signals of the set and those of the data.
    pub(crate) catalogue: Catalogue,
    pub(crate) resolver: &'r mut Resolver<'a>,
}

impl RuleNames for NamesOfSet<'_, '_, '_> {
    type Error = ScorerError;

    fn signal(&mut self, name: &str) -> Result<usize, ScorerError> {
        let known = self.resolver.view.catalogue.signal(name);
        let Some(own) = self.set.own_signal(name).filter(|own| known != Some(own)) else {
            return self.resolver.signal(name);
        };
        let full = name_in_set(self.set, name);
        if let Some(&position) = self.resolver.by_name.get(&full) {
            return Ok(position);
        }
        let signal = self.resolver.compiler.compile_in(&self.catalogue, own)?;
        let schema = self.resolver.view.schema;
        Ok(self.resolver.add(Definition::new(&full, own, &self.catalogue, schema), signal))
    }

    fn events(
        &mut self,
        rule: &str,
        of: &Selection,
        window: Option<Span>,
    ) -> Result<CompiledSelection, ScorerError> {
        Ok(self.resolver.compiler.selection(rule, of, window)?)
    }
}

/// Collects the signals that are needed, each once.
pub(crate) struct Resolver<'a> {
    pub(crate) view: SchemaView<'a>,
    pub(crate) compiler: SignalCompiler<'a>,
    pub(crate) signals: Vec<CompiledEntry>,
    by_name: HashMap<String, usize>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(view: SchemaView<'a>) -> Result<Self, SignalError> {
        let compiler = SignalCompiler::new(view.schema, view.catalogue)?;
        Ok(Self { view, compiler, signals: Vec::new(), by_name: HashMap::new() })
    }

    /// The position of a signal of the data.
    pub(crate) fn signal(&mut self, name: &str) -> Result<usize, ScorerError> {
        if let Some(&index) = self.by_name.get(name) {
            return Ok(index);
        }
        let catalogue = self.view.catalogue;
        let signal =
            catalogue.signal(name).ok_or_else(|| ScorerError::UnknownSignal(name.to_owned()))?;
        let compiled = self.compiler.compile(signal)?;
        let definition = Definition::new(name, signal, catalogue, self.view.schema);
        Ok(self.add(definition, compiled))
    }

    fn add(&mut self, definition: Definition, signal: CompiledSignal) -> usize {
        let position = self.signals.len();
        self.by_name.insert(definition.name().to_owned(), position);
        self.signals.push(CompiledEntry { definition, signal });
        position
    }
}
