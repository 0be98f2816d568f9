//! The one way to score. Batch, requests, evaluation and reports all go through [`Scorer::score`].

use leadscore_features::events::{EventLog, EventPlan, Seen};
use leadscore_features::{
    ColumnReader, Encounter, Role, Schema, SignalError, SignalLayout, Snapshot, Time, Value,
};

use crate::bundle::ProbabilityBands;
use crate::compiled::CompiledModel;
use crate::evaluate::Interval;
use crate::points::{
    CompiledRuleSet, DocumentError, LadderKind, PointsScore, RuleSet, SchemaView,
    check_missing_agree, implied_columns, implied_log,
};
use crate::resolve::{CompiledEntry, NamesOfSet, Resolver, name_in_set};
use crate::{
    BaseRate, Bundle, ColumnScorer, ColumnSignal, Definition, Fitted, Recalibration, sigmoid,
    uncertainty,
};

/// What a scorer is made of: the columns and signals, perhaps a model, perhaps rule sets.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The columns and signals; `None` where only the rules say what they need.
    pub view: Option<SchemaView<'a>>,
    /// The model, with the bands of its probabilities.
    pub model: Option<(&'a Fitted, ProbabilityBands)>,
    /// The rule sets.
    pub rule_sets: &'a [RuleSet],
}

impl<'a> Sources<'a> {
    /// The served model of a bundle, where there is one, and rule sets.
    pub fn served(bundle: Option<&'a Bundle>, rule_sets: &'a [RuleSet]) -> Self {
        Self::of(bundle, |bundle| (&bundle.model, bundle.bands), rule_sets)
    }

    /// The evaluated model of a bundle, for its held-out rows only.
    pub fn evaluated(bundle: &'a Bundle, rule_sets: &'a [RuleSet]) -> Self {
        Self::of(Some(bundle), |bundle| (&bundle.evaluated, bundle.evaluated_bands()), rule_sets)
    }

    fn of(
        bundle: Option<&'a Bundle>,
        model: impl Fn(&'a Bundle) -> (&'a Fitted, ProbabilityBands),
        rule_sets: &'a [RuleSet],
    ) -> Self {
        Self {
            view: bundle.map(|b| SchemaView { schema: &b.schema, catalogue: &b.catalogue }),
            model: bundle.map(model),
            rule_sets,
        }
    }
}

/// Why a scorer cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ScorerError {
    /// A rule set does not fit the signals.
    #[error(transparent)]
    RuleSet(#[from] DocumentError),
    /// The model needs a signal that is not in the catalogue.
    #[error("the model needs the signal {0:?}, which its bundle does not define")]
    UnknownSignal(String),
    /// A signal cannot be computed from the columns and events that there are.
    #[error(transparent)]
    Signal(#[from] SignalError),
}

/// A column that holds a moment: that of each row, or when the lead came to be.
#[derive(Clone, Debug)]
pub struct TimeColumn {
    /// Its name.
    pub name: String,
    /// How it is read.
    pub reader: ColumnReader,
}

/// A model and rule sets with every name resolved, ready to score.
#[derive(Debug)]
pub struct Scorer {
    layout: SignalLayout,
    log: Option<EventLog>,
    as_of: Option<TimeColumn>,
    created: Option<TimeColumn>,
    signals: Vec<CompiledEntry>,
    model: Option<CompiledModel>,
    rule_sets: Vec<CompiledRuleSet>,
}

/// The score of one snapshot. Reused from one to the next, so that scoring allocates little.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Score {
    /// The model's log-odds of converting: [`Scorer::base`], the parts, the calibration and the base
    /// rate, added in this order.
    pub log_odds: f64,
    /// The probability of converting, from 0 to 1.
    pub probability: f64,
    /// The band of the probability.
    pub band: &'static str,
    /// What each input of the model adds, in log-odds, in the order of [`Scorer::inputs`]: what it
    /// adds by itself, and half of what each of its pairs adds (which is what the Shapley value
    /// gives each of two players of what only both together make: L. Shapley, A value for n-person
    /// games, 1953).
    pub parts: Vec<f64>,
    /// What the recalibration adds; 0 where there is none.
    pub calibration: f64,
    /// What the move to the base rate of the population adds; 0 where there is none.
    pub base_rate: f64,
    /// What each input met.
    pub encounters: Vec<Encounter>,
    /// The points of each rule set.
    pub points: Vec<PointsScore>,
    /// The slot of each input, from the input's first.
    slots: Vec<usize>,
}

impl Scorer {
    /// Resolves every name once.
    ///
    /// # Errors
    /// [`ScorerError`] when a rule set does not fit the signals, or a bundle is inconsistent.
    pub fn new(sources: Sources<'_>) -> Result<Self, ScorerError> {
        Self::beginning_with(&[], sources)
    }

    /// The same, with some signals before those that are needed.
    fn beginning_with(signals: &[String], sources: Sources<'_>) -> Result<Self, ScorerError> {
        let of_events = sources.rule_sets.iter().any(RuleSet::is_of_events);
        let (schema, catalogue, with_events);
        let mut view = match sources.view {
            Some(view) => view,
            None => {
                for set in sources.rule_sets {
                    set.check_alone()?;
                }
                check_missing_agree(sources.rule_sets)?;
                (schema, catalogue) = implied_columns(sources.rule_sets);
                SchemaView { schema: &schema, catalogue: &catalogue }
            }
        };
        // Rules may count events where the model knows of none.
        if of_events && view.schema.events.is_none() {
            let events = Some(implied_log(sources.rule_sets));
            with_events = Schema { events, ..view.schema.clone() };
            view.schema = &with_events;
        }
        for set in sources.rule_sets {
            set.check(view)?;
        }
        let mut resolver = Resolver::new(view)?;
        for name in signals {
            resolver.signal(name)?;
        }
        let model = match sources.model {
            Some((fitted, bands)) => {
                Some(CompiledModel::new(fitted, bands, |name| resolver.signal(name))?)
            }
            None => None,
        };
        let mut rule_sets = Vec::with_capacity(sources.rule_sets.len());
        for set in sources.rule_sets {
            let catalogue = set.catalogue_over(view.catalogue);
            rule_sets.push(set.compile(&mut NamesOfSet {
                set,
                catalogue,
                resolver: &mut resolver,
            })?);
        }
        Ok(Self::assemble(resolver, model, rule_sets))
    }

    /// A scorer that reads signals and scores nothing: for fitting, which must see the values that
    /// scoring will see. The signals keep their order; see [`Scorer::evaluate`].
    ///
    /// # Errors
    /// [`ScorerError`] when a signal or its column is unknown.
    pub fn of_signals(view: SchemaView<'_>, signals: &[String]) -> Result<Self, ScorerError> {
        Self::of_signals_beside(view, signals, &[])
    }

    /// The same beside rule sets, which look at the same events: first the signals, in their order.
    ///
    /// # Errors
    /// [`ScorerError`] as for [`Scorer::of_signals`] and [`Scorer::new`].
    pub fn of_signals_beside(
        view: SchemaView<'_>,
        signals: &[String],
        rule_sets: &[RuleSet],
    ) -> Result<Self, ScorerError> {
        Self::beginning_with(signals, Sources { view: Some(view), model: None, rule_sets })
    }

    fn assemble(
        resolver: Resolver<'_>,
        model: Option<CompiledModel>,
        rule_sets: Vec<CompiledRuleSet>,
    ) -> Self {
        let schema = resolver.view.schema;
        let time = |role| {
            schema.with_role(role).map(|column| TimeColumn {
                name: column.name.clone(),
                reader: ColumnReader::new(column, &schema.missing),
            })
        };
        let (as_of, created) = (time(Role::Time), time(Role::Created));
        let log = schema.events.clone();
        let Resolver { compiler, signals, .. } = resolver;
        Self { layout: compiler.finish(), log, as_of, created, signals, model, rule_sets }
    }

    /// The signals that are evaluated, in the order of [`Scorer::evaluate`]: the model's first,
    /// in the order of its inputs, then those of the rule sets.
    pub fn signals(&self) -> impl ExactSizeIterator<Item = &str> {
        self.signals.iter().map(|entry| entry.definition.name())
    }

    /// Whether a signal comes from events, by its position among [`Scorer::signals`].
    pub fn is_of_events(&self, signal: usize) -> bool {
        self.signals.get(signal).is_some_and(|entry| entry.definition.of_events)
    }

    /// The signals that are evaluated, as they were defined, in the same order.
    pub fn definitions(&self) -> impl ExactSizeIterator<Item = &Definition> {
        self.signals.iter().map(|entry| &entry.definition)
    }

    /// What is needed of events; `None` where the data has none.
    pub fn event_plan(&self) -> Option<&EventPlan> {
        self.layout.plan.as_ref()
    }

    /// How events are read: as the data says, or else as the rules imply. `None` where there is
    /// nothing to look at them.
    pub fn event_log(&self) -> Option<&EventLog> {
        self.log.as_ref()
    }

    /// Evaluates every signal, in the order of [`Scorer::signals`].
    pub fn evaluate<'a>(&self, snapshot: &Snapshot<'a>, values: &mut Vec<Value<'a>>) {
        values.clear();
        values.extend(self.signals.iter().map(|entry| entry.signal.evaluate(snapshot)));
    }

    /// The columns that a snapshot's attributes are in the order of, with their readers.
    pub fn columns(&self) -> &[(String, ColumnReader)] {
        &self.layout.columns
    }

    /// The position of a column among [`Scorer::columns`].
    pub fn position(&self, column: &str) -> Option<usize> {
        self.layout.positions.get(column).copied()
    }

    /// For each of [`Scorer::columns`], whether its history is told by events: where they are
    /// given, the attribute is missing until they tell it.
    pub fn told_by_events(&self) -> impl Iterator<Item = bool> {
        self.layout.history.iter().map(Option::is_some)
    }

    /// Whether events have told a column, by its position among [`Scorer::columns`], of those that
    /// were seen.
    pub fn is_told(&self, column: usize, seen: &Seen<'_>) -> bool {
        self.layout.is_told(column, seen)
    }

    /// Whether the last event that told a column set what cannot be read: it counts as missing.
    pub fn is_unread(&self, column: usize, seen: &Seen<'_>) -> bool {
        self.layout.is_unread(column, seen)
    }

    /// The column that holds the moment of a row, where the data has one.
    pub fn as_of_column(&self) -> Option<&TimeColumn> {
        self.as_of.as_ref()
    }

    /// The column that holds when the lead came to be, where the data has one.
    pub fn created_column(&self) -> Option<&TimeColumn> {
        self.created.as_ref()
    }

    /// Whether there is a model.
    pub fn has_model(&self) -> bool {
        self.model.is_some()
    }

    /// The log-odds of the average fitted lead, to which the parts are added. `None` without a
    /// model.
    pub fn base(&self) -> Option<f64> {
        self.model.as_ref().map(|model| model.base)
    }

    /// The line that the model's log-odds are put on, where they are.
    pub fn recalibration(&self) -> Option<&Recalibration> {
        self.model.as_ref()?.recalibration.as_ref()
    }

    /// The base rate that the model's log-odds are moved to, where they are.
    pub fn base_rate(&self) -> Option<BaseRate> {
        self.model.as_ref()?.base_rate
    }

    /// The signals that the model uses, in the order of [`Score::parts`].
    pub fn inputs(&self) -> impl Iterator<Item = &str> {
        self.input_positions().map(|position| self.signals[position].definition.name())
    }

    /// The positions of the model's signals among [`Scorer::signals`], in the order of
    /// [`Score::parts`].
    pub fn input_positions(&self) -> impl Iterator<Item = usize> {
        self.model.iter().flat_map(|model| &model.parts).map(|part| part.signal)
    }

    /// The definitions of the signals that the model uses, in the order of [`Score::parts`].
    pub fn input_definitions(&self) -> impl Iterator<Item = &Definition> {
        self.input_positions().map(|position| &self.signals[position].definition)
    }

    /// The value of one of the model's signals, for showing beside its part.
    pub fn input_value<'a>(&self, input: usize, snapshot: &Snapshot<'a>) -> Value<'a> {
        self.input_positions()
            .nth(input)
            .map_or(Value::Missing, |position| self.signals[position].signal.evaluate(snapshot))
    }

    /// The value of a signal, by its position among [`Scorer::signals`].
    pub fn value_of<'a>(&self, signal: usize, snapshot: &Snapshot<'a>) -> Value<'a> {
        self.signals.get(signal).map_or(Value::Missing, |entry| entry.signal.evaluate(snapshot))
    }

    /// How a reader came to the value of a signal, by its position among [`Scorer::signals`];
    /// `None` where nothing was read.
    pub fn why(&self, signal: usize, snapshot: &Snapshot<'_>) -> Option<String> {
        self.signals.get(signal)?.signal.why(snapshot)
    }

    /// The same model for rows by the column, as of one moment and without events. `None` where
    /// there is no model, there are rule sets, or an input is of more than one column.
    pub fn by_columns(&self, as_of: Option<Time>) -> Option<ColumnScorer<'_>> {
        let model = self.model.as_ref().filter(|_| self.rule_sets.is_empty())?;
        let alone = |signal: usize| {
            let (column, signal) = self.signals.get(signal)?.signal.of_one_column()?;
            Some((self.layout.columns.get(column)?, signal))
        };
        ColumnScorer::new(model, as_of, alone)
    }

    /// The signals that come from one column each, in the order of [`Scorer::signals`]; `None` of the
    /// others.
    pub fn column_signals(&self) -> Vec<Option<ColumnSignal<'_>>> {
        let of = |entry: &CompiledEntry| {
            let (column, signal) = entry.signal.of_one_column()?;
            let (column, reader) = self.layout.columns.get(column)?;
            Some(ColumnSignal { column, reader, signal })
        };
        self.signals.iter().map(of).collect()
    }

    /// Scores a snapshot whose attributes are in the order of [`Scorer::columns`].
    pub fn score(&self, snapshot: &Snapshot<'_>, out: &mut Score) {
        let mut values = Vec::with_capacity(self.signals.len());
        self.evaluate(snapshot, &mut values);
        self.score_values(&values, snapshot.events, out);
    }

    /// Scores values of the signals, in the order of [`Scorer::signals`], and what was seen of the
    /// events that rules count: the second half of [`Scorer::score`], for callers that want the
    /// values too.
    pub fn score_values(&self, values: &[Value<'_>], seen: Option<&Seen<'_>>, out: &mut Score) {
        self.score_model(values, out);
        score_sets(self.rule_sets.iter(), values, seen, out);
    }

    /// The same with some of the rule sets, by their positions: [`Score::points`] are theirs, in
    /// this order.
    pub fn score_some(
        &self,
        rule_sets: &[usize],
        values: &[Value<'_>],
        seen: Option<&Seen<'_>>,
        out: &mut Score,
    ) {
        self.score_model(values, out);
        let sets = rule_sets.iter().filter_map(|&set| self.rule_sets.get(set));
        score_sets(sets, values, seen, out);
    }

    /// Whether the model knows how sure its probabilities are: see [`Scorer::interval`].
    pub fn has_intervals(&self) -> bool {
        self.model.as_ref().is_some_and(CompiledModel::has_intervals)
    }

    /// The interval of 95 % of a probability, by values of the signals and the score that they got:
    /// what the fitted rows leave open of the probability of leads like this one, were the model of the
    /// right form. `None` where the model does not know it, as in bundles of before format 4.
    pub fn interval(&self, values: &[Value<'_>], score: &Score) -> Option<Interval> {
        let model = self.model.as_ref()?;
        let deviation = model.deviation(values)?;
        let added = score.calibration + score.base_rate;
        Some(uncertainty::interval_through(score.log_odds, deviation, |by| {
            match &model.recalibration {
                None => score.log_odds + by,
                Some(found) => found.worth(score.log_odds - added + by) + score.base_rate,
            }
        }))
    }

    fn score_model(&self, values: &[Value<'_>], out: &mut Score) {
        out.parts.clear();
        out.encounters.clear();
        if let Some(model) = &self.model {
            out.slots.clear();
            out.parts.reserve(model.parts.len());
            out.encounters.reserve(model.parts.len());
            out.slots.reserve(model.parts.len());
            for part in &model.parts {
                let value = values.get(part.signal).unwrap_or(&Value::Missing);
                let met = part.meet(value);
                out.parts.push(met.adds);
                out.encounters.push(met.encounter);
                out.slots.push(met.slot);
            }
            for pair in &model.pairs {
                let [a, b] = pair.inputs;
                let half = pair.half([out.slots[a], out.slots[b]]);
                out.parts[a] += half;
                out.parts[b] += half;
            }
            let sum = out.parts.iter().fold(model.base, |sum, part| sum + part);
            (out.calibration, out.base_rate) = model.last_parts(sum);
            out.log_odds = sum + out.calibration + out.base_rate;
            out.probability = sigmoid(out.log_odds);
            out.band = model.bands.of(out.probability);
        }
    }
}

fn score_sets<'s>(
    sets: impl Iterator<Item = &'s CompiledRuleSet>,
    values: &[Value<'_>],
    seen: Option<&Seen<'_>>,
    out: &mut Score,
) {
    let mut scored = 0;
    for set in sets {
        if scored == out.points.len() {
            out.points.push(PointsScore::default());
        }
        set.score(values, seen, &mut out.points[scored]);
        scored += 1;
    }
    out.points.truncate(scored);
}

impl Scorer {
    /// The points of one rule set, by its position: the same that [`Scorer::score`] gives.
    pub fn points_of(&self, set: usize, snapshot: &Snapshot<'_>, out: &mut PointsScore) {
        self.points_with(set, snapshot, &[], out);
    }

    /// The same where some signals were given ready; see [`Past::ready`](crate::Past::ready).
    pub(crate) fn points_with(
        &self,
        set: usize,
        snapshot: &Snapshot<'_>,
        ready: &[(usize, Value<'_>)],
        out: &mut PointsScore,
    ) {
        let Some(set) = self.rule_sets.get(set) else { return };
        let mut values = vec![Value::Missing; self.signals.len()];
        for &position in set.signals() {
            values[position] = self.signals[position].signal.evaluate(snapshot);
        }
        self.take_ready(ready, snapshot, &mut values);
        set.score(&values, snapshot.events, out);
    }

    /// Puts values that were given ready in the place of those that were evaluated; what looks at them
    /// is evaluated once more.
    pub fn take_ready<'a>(
        &self,
        ready: &'a [(usize, Value<'_>)],
        snapshot: &Snapshot<'a>,
        values: &mut [Value<'a>],
    ) {
        if ready.is_empty() {
            return;
        }
        take_ready(ready, snapshot.as_of, values);
        let given = |values: &[Value<'a>], name: &str| {
            let named = |signal: usize| {
                self.signals.get(signal).is_some_and(|entry| entry.definition.name() == name)
            };
            let (signal, _) = ready.iter().find(|(signal, _)| named(*signal))?;
            values.get(*signal).cloned()
        };
        for (position, entry) in self.signals.iter().enumerate() {
            if ready.iter().all(|(signal, _)| *signal != position)
                && let Some(persona) =
                    entry.signal.persona_of_ready(snapshot, |name| given(values, name))
                && let Some(value) = values.get_mut(position)
            {
                *value = persona;
            }
        }
    }

    /// The position among [`Scorer::signals`] of a signal that a rule set names.
    pub fn signal_of(&self, set: &RuleSet, name: &str) -> Option<usize> {
        let full = name_in_set(set, name);
        let position =
            |wanted: &str| self.signals.iter().position(|entry| entry.definition.name() == wanted);
        position(&full).or_else(|| position(name))
    }

    /// The positions among [`Scorer::signals`] of the signals whose texts a rule set compares, each
    /// once.
    pub fn text_signals(&self, set: &RuleSet) -> Vec<usize> {
        let compared = set.texts_compared().into_iter();
        let mut found: Vec<usize> =
            compared.filter_map(|(_, signal, _)| self.signal_of(set, signal)).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The rule sets, compiled, in the order in which they were given.
    pub fn rule_sets(&self) -> &[CompiledRuleSet] {
        &self.rule_sets
    }

    /// Where a lead stands on a ladder of a set with a score of it, by where it stood before.
    pub fn stand(
        &self,
        set: usize,
        kind: LadderKind,
        before: Option<usize>,
        score: &PointsScore,
    ) -> Option<usize> {
        self.rule_sets.get(set)?.stand(kind, before, score)
    }
}

/// Puts values that were given ready in the place of those that were evaluated. A date that lies
/// after `as_of` had not happened yet, as in an attribute.
fn take_ready<'a>(ready: &'a [(usize, Value<'_>)], as_of: Option<Time>, values: &mut [Value<'a>]) {
    for (signal, value) in ready {
        let Some(place) = values.get_mut(*signal) else { continue };
        *place = match value {
            Value::Missing | Value::Unavailable => Value::Missing,
            Value::Number(number) => Value::Number(*number),
            Value::YesNo(flag) => Value::YesNo(*flag),
            Value::Text(text) => Value::Text(text.as_ref().into()),
            Value::Time(time) if as_of.is_some_and(|as_of| *time > as_of) => Value::Missing,
            Value::Time(time) => Value::Time(*time),
        };
    }
}
