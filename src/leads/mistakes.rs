//! Signals of a project that cannot be computed of what its columns hold, with their places.

use std::collections::{BTreeMap, HashSet};

use leadscore_features::document::Mistake;
use leadscore_features::events::PlanError;
use leadscore_features::io::Survey;
use leadscore_features::project::Project;
use leadscore_features::{Kind, RawColumn, SignalError, Table};
use leadscore_model::ScorerError;
use leadscore_train::{Prepared, SignalMistake, TrainOptions};

use super::{behaviour_of, options_of};

/// The mistakes of signals, each once. `strays` are the cells that keep properties of events from
/// being numbers.
pub(super) fn of_signals(
    project: &Project,
    strays: &BTreeMap<String, String>,
    errors: Vec<(String, SignalMistake)>,
) -> Vec<Mistake> {
    // A mistake in the filters is one of every signal of events.
    let mut known = HashSet::new();
    let mistake = |(signal, error): (String, SignalMistake)| {
        let stray = match &error {
            SignalMistake::Uncomputable(ScorerError::Signal(
                SignalError::Plan { problem: PlanError::NotANumber(property), .. }
                | SignalError::Filters(PlanError::NotANumber(property)),
            )) => strays.get(property),
            _ => None,
        };
        let message = match stray {
            Some(stray) => format!("{error}; {stray}"),
            None => error.to_string(),
        };
        let at = project.position_of_signal(&signal);
        known.insert(message.clone()).then(|| Mistake::at(at, message))
    };
    errors.into_iter().filter_map(mistake).collect()
}

/// The mistakes of signals in a project that has others too: of what the columns hold, and not of
/// names that are not there, which are told with the other names.
pub(super) fn of_types(project: &Project, survey: &Survey<'_>) -> Vec<Mistake> {
    // Where the leads could not be read, what signals ask of events can be checked all the same.
    let no_leads;
    let leads = match survey.leads() {
        Some(leads) => leads,
        None => {
            let ids = RawColumn::Number(vec![f64::NAN]);
            let table = Table::new(vec![(project.leads.id.clone(), ids)]);
            let Ok(table) = table else { return Vec::new() };
            no_leads = table;
            &no_leads
        }
    };
    let options = known_options(project, leads);
    let behaviour = behaviour_of(project, survey.log());
    // What keeps columns from being looked at is a matter of the files, and told when the project
    // has no mistake.
    let Ok(prepared) = Prepared::new(leads, &options, behaviour) else { return Vec::new() };
    // Rows that could not be read may bring a second value.
    let is_known = |column: &str| {
        let kind = prepared.schema().column(column).map(|column| &column.kind);
        kind.is_some_and(|kind| survey.has_all_leads() || *kind != Kind::Constant)
    };
    let of_scorer = |error: &ScorerError| match error {
        ScorerError::Signal(SignalError::Column { column, .. }) => is_known(column),
        ScorerError::Signal(SignalError::Plan { problem, .. } | SignalError::Filters(problem)) => {
            !matches!(problem, PlanError::UnknownProperty { .. })
        }
        ScorerError::Signal(SignalError::NoEvents(_) | SignalError::Persona { .. }) => false,
        _ => true,
    };
    let mut errors = prepared.mistakes();
    errors.retain(|(_, error)| match error {
        SignalMistake::Uncomputable(error) => of_scorer(error),
        SignalMistake::NoOrder { .. } | SignalMistake::Moment { .. } => true,
    });
    of_signals(project, &survey.strays(), errors)
}

/// What a project says of the columns that there are.
fn known_options(project: &Project, leads: &Table) -> TrainOptions {
    let mut options = options_of(project);
    let known = |name: &String| leads.column(name).is_some();
    for list in [&mut options.categories, &mut options.read_only, &mut options.keep] {
        list.retain(known);
    }
    options.missing.retain(|(column, _)| known(column));
    for column in [&mut options.id, &mut options.account, &mut options.created] {
        column.take_if(|name| !known(name));
    }
    options
}
