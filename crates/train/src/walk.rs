//! Walks over the snapshots of many leads, part by part and in parallel: reads attributes, cuts
//! events, evaluates the signals of a scorer. Training, batch scores and reports all walk here.

use leadscore_features::events::{EventParts, FilterCounts, Part, PartError, Seen, Texts};
use leadscore_features::{LaterValue, Snapshot, Table, Time, Value};
use leadscore_model::{BatchReader, ColumnMismatch, Past, RowMistake, Scorer};
use rayon::prelude::*;

/// Leads of a part where there are no events to say so.
const LEADS_OF_A_PART: usize = 4096;

/// Leads, with their events where there are any.
#[derive(Clone, Copy)]
pub struct Leads<'d> {
    /// Their attributes, a row each.
    pub table: &'d Table,
    /// When each came to be.
    pub created: &'d [Option<Time>],
    /// The leads that no event can be known to be of, rising: for them, events are not given.
    pub unnamed: &'d [usize],
    /// The values that were known later than the lead, lead by lead.
    pub later: &'d [LaterValue],
    /// Their events, read by the plan of the scorer that walks.
    pub events: Option<&'d dyn EventParts>,
}

/// A walk that could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// The table lacks columns.
    #[error(transparent)]
    Columns(#[from] ColumnMismatch),
    /// Cells that cannot be read.
    #[error("{}", list(.0))]
    Cells(Vec<RowMistake>),
    /// Events could not be read again.
    #[error(transparent)]
    Events(#[from] PartError),
}

fn list(mistakes: &[RowMistake]) -> String {
    let mut found = leadscore_features::Mistakes::default();
    found.extend(mistakes.iter().map(ToString::to_string));
    found.check().err().unwrap_or_default().join("\n")
}

impl WalkError {
    /// What to do about cells that a model cannot read, for its columns are read as training found them; a
    /// line for each column, at most five. A model of a `project` is trained again by what its file says.
    pub fn remedy(&self, project: bool) -> Option<String> {
        let WalkError::Cells(mistakes) = self else { return None };
        let mut columns: Vec<&str> = Vec::new();
        let mut said = Vec::new();
        for RowMistake { column, misread, .. } in mistakes {
            if columns.contains(&column.as_str()) {
                continue;
            }
            columns.push(column);
            let (read, or) = match misread.expected {
                "yes or no" => ("yes or no (or 1 and 0)", "value"),
                number if number.starts_with("a number") => ("numbers", "text"),
                _ => continue,
            };
            let (category, missing) = match project {
                true => (
                    format!("say in [leads] categories = [{column:?}] and train again"),
                    format!("missing = {{ {column:?} = \"...\" }}"),
                ),
                false => (format!("train with --category {column}"), "with --missing".to_owned()),
            };
            let missing = match or {
                "text" => format!(", or {missing} if that means missing"),
                _ => String::new(),
            };
            said.push(format!(
                "{column:?} is read as {read}, for training saw nothing else there: correct the cells, or \
                 {category}, which takes any {or}{missing}"
            ));
        }
        said.truncate(5);
        (!said.is_empty()).then(|| said.join("\n"))
    }
}

/// One step of a walk.
#[derive(Clone, Copy, Debug)]
pub struct Step<'s> {
    /// The position of the snapshot among those walked over.
    pub index: usize,
    /// The lead.
    pub lead: usize,
    /// The snapshot.
    pub snapshot: &'s Snapshot<'s>,
    /// The values of the scorer's signals.
    pub values: &'s [Value<'s>],
    /// What the cut and the filters took.
    pub counts: FilterCounts,
    /// Everything that is told of the lead, for scores at other moments. It looks ahead of the
    /// snapshot; what is scored of it does not look ahead of its own moment.
    pub past: Past<'s>,
    /// The texts behind the records of the past.
    pub texts: &'s Texts,
}

impl Leads<'_> {
    /// Visits the snapshots of `moments`, which are sorted by lead; moments of a lead are rising.
    /// Each part of the leads has a state of its own, made by `new`; the states come back in the
    /// order of the parts, so that the outcome does not hang on the number of threads. With them
    /// comes what the filters took, each lead counted once, at its last moment.
    ///
    /// # Errors
    /// [`WalkError`] when the table lacks columns, cells cannot be read, or events that were put
    /// aside cannot.
    pub fn walk<T: Send>(
        &self,
        scorer: &Scorer,
        moments: &[(usize, Option<Time>)],
        new: impl Fn() -> T + Sync,
        see: impl Fn(&mut T, &Step<'_>) + Sync,
    ) -> Result<(Vec<T>, FilterCounts), WalkError> {
        let mut reader = BatchReader::new(scorer, self.table)?;
        let events = self.events.zip(scorer.event_plan());
        if events.is_some() {
            reader = reader.with_events(scorer);
        }
        // Where the values of each column of the table stand among those of a lead.
        let places: Vec<Option<usize>> = match self.later {
            [] => Vec::new(),
            _ => {
                let place = |name| scorer.columns().iter().position(|(known, _)| known == name);
                self.table.names().iter().map(place).collect()
            }
        };
        let none = Texts::new();
        let rows = self.table.rows();
        let parts = events.map_or(rows.div_ceil(LEADS_OF_A_PART), |(parts, _)| parts.count());
        let visit = |part: usize| -> Result<_, WalkError> {
            let leads = match events {
                Some((parts, _)) => parts.leads(part),
                None => part * LEADS_OF_A_PART..((part + 1) * LEADS_OF_A_PART).min(rows),
            };
            let start = moments.partition_point(|(lead, _)| *lead < leads.start);
            let end = moments.partition_point(|(lead, _)| *lead < leads.end);
            let mut state = new();
            let mut mistakes = Vec::new();
            let mut total = FilterCounts::default();
            if start == end {
                return Ok((state, mistakes, total));
            }
            let loaded = match events {
                Some((parts, _)) => parts.load(part)?,
                None => Part::default(),
            };
            let texts = events.map_or(&none, |(parts, _)| parts.texts());
            let mut seen = Seen::new(texts);
            let (mut attributes, mut later) = (Vec::new(), Vec::new());
            let mut last = None;
            for index in start..end {
                let (lead, as_of) = moments[index];
                if last.replace(lead) != Some(lead) {
                    // A row's own moment is not asked for: the snapshot has one.
                    reader.read(lead, &mut attributes, &mut mistakes);
                    later = self.later_of(lead, &places);
                }
                let known;
                let attributes = match as_of {
                    Some(as_of) if !later.is_empty() => {
                        let all =
                            Past { attributes: &attributes, later: &later, ..Past::default() };
                        known = all.attributes_at(as_of);
                        &known[..]
                    }
                    _ => &attributes[..],
                };
                let mut counts = FilterCounts::default();
                let created = self.created.get(lead).copied().flatten();
                let records = if events.is_some() { loaded.of(lead) } else { &[] };
                let named = self.unnamed.is_empty() || self.unnamed.binary_search(&lead).is_err();
                let given = match (events, as_of) {
                    (Some((_, plan)), Some(as_of)) if named => {
                        counts = seen.cut(plan, records, as_of, created);
                        true
                    }
                    _ => false,
                };
                if moments.get(index + 1).is_none_or(|(next, _)| *next != lead) {
                    total.add(&counts);
                }
                let snapshot = Snapshot { as_of, attributes, events: given.then_some(&seen) };
                let mut values = Vec::new();
                scorer.evaluate(&snapshot, &mut values);
                let later = &later[..];
                let past = Past { attributes, records, created, later, ..Past::default() };
                let step =
                    Step { index, lead, snapshot: &snapshot, values: &values, counts, past, texts };
                see(&mut state, &step);
            }
            Ok((state, mistakes, total))
        };
        let found: Vec<_> = (0..parts).into_par_iter().map(visit).collect::<Result<Vec<_>, _>>()?;
        let mut states = Vec::with_capacity(found.len());
        let (mut all, mut total) = (Vec::new(), FilterCounts::default());
        for (state, mistakes, counts) in found {
            states.push(state);
            all.extend(mistakes);
            total.add(&counts);
        }
        if all.is_empty() { Ok((states, total)) } else { Err(WalkError::Cells(all)) }
    }

    /// The values of a lead that were known later than it, by their positions among its attributes.
    fn later_of(&self, lead: usize, places: &[Option<usize>]) -> Vec<(usize, Time)> {
        let first = self.later.partition_point(|value| value.lead < lead);
        let of_lead = self.later[first..].iter().take_while(|value| value.lead == lead);
        let place = |value: &LaterValue| Some((places.get(value.column).copied()??, value.from));
        of_lead.filter_map(place).collect()
    }
}
