//! What is kept of scored leads: the counts of the summary, and the cells of those that are
//! written. Each part of a walk keeps its own; parts are put together in their order.

use std::collections::BTreeMap;

use anyhow::Result;
use leadscore_features::io::{Sheet, SheetColumn};
use leadscore_model::points::{Points, PointsScore, RuleSet};
use leadscore_model::{Score, Scorer};
use leadscore_train::Step;

use super::standings;
use crate::inputs::wrong_call;

/// What a column of the sheet tells of a rule set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tells {
    Points,
    Score(usize),
    Band,
    Action,
    HandOff,
    Grade,
    Stage,
    Funnel,
    Why,
}

/// One column of the sheet.
struct OfSheet {
    name: String,
    set: usize,
    tells: Tells,
}

/// The leads that are written, and how.
pub(super) struct OnPaper {
    columns: Vec<OfSheet>,
    /// The bands of the only set whose leads are written; all leads where empty.
    bands: Vec<usize>,
}

impl OnPaper {
    /// The columns of rule sets; `bands` are positions among those of the only set.
    ///
    /// # Errors
    /// A wrong call when two columns would have one name.
    pub(super) fn new(sets: &[RuleSet], bands: Vec<usize>) -> Result<Self> {
        let mut columns: Vec<OfSheet> = Vec::new();
        for (index, set) in sets.iter().enumerate() {
            let names = || set.bands.all().iter();
            let scores = (0..set.scores.len()).map(|score| (true, Tells::Score(score)));
            let told = [(true, Tells::Points)].into_iter().chain(scores).chain([
                (names().next().is_some(), Tells::Band),
                (names().any(|band| band.action.is_some()), Tells::Action),
                (set.hand_off.is_some(), Tells::HandOff),
                (set.grade.is_some(), Tells::Grade),
                (set.stages.is_some(), Tells::Stage),
                (set.funnel.is_some(), Tells::Funnel),
                (true, Tells::Why),
            ]);
            for (_, tells) in told.filter(|(there, _)| *there) {
                let column = OfSheet { name: tells.name(set), set: index, tells };
                if let Some(other) = columns.iter().find(|other| other.name == column.name) {
                    return Err(wrong_call(format!(
                        "the rule sets {:?} and {:?} would both write a column {:?}; give one of \
                         them another name",
                        sets[other.set].name, set.name, column.name
                    )));
                }
                columns.push(column);
            }
        }
        Ok(Self { columns, bands })
    }

    fn wants(&self, score: &Score) -> bool {
        self.bands.is_empty() || score.points[0].band.is_some_and(|band| self.bands.contains(&band))
    }
}

impl Tells {
    fn name(self, set: &RuleSet) -> String {
        let what = match self {
            Tells::Points => "points",
            Tells::Score(score) => {
                return format!("points_{}_{}", set.name, set.scores[score].name);
            }
            Tells::Band => "band",
            Tells::Action => "action",
            Tells::HandOff => "hand_off",
            Tells::Grade => "grade",
            Tells::Stage => "stage",
            Tells::Funnel => "funnel",
            Tells::Why => "why",
        };
        format!("{what}_{}", set.name)
    }
}

/// The leads of a part of a walk.
pub(super) struct Scored<'s> {
    sets: &'s [RuleSet],
    written: Option<&'s OnPaper>,
    pub(super) tallies: Vec<Tally<'s>>,
    ids: Vec<String>,
    cells: Vec<SheetColumn>,
    score: Score,
}

/// What one rule set came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally<'s> {
    pub(super) leads: usize,
    pub(super) sum: Points,
    pub(super) least: Points,
    pub(super) most: Points,
    pub(super) bands: Vec<usize>,
    pub(super) handed_off: usize,
    pub(super) excluded: usize,
    pub(super) stages: BTreeMap<&'s str, usize>,
    pub(super) funnel: BTreeMap<&'s str, usize>,
    pub(super) grades: BTreeMap<String, usize>,
    pub(super) rules: Vec<RuleTally>,
}

/// What one rule gave.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RuleTally {
    pub(super) leads: usize,
    pub(super) sum: Points,
    pub(super) unavailable: usize,
}

/// What the rule sets say of one lead, beside its scores.
struct Place<'s> {
    grade: Option<String>,
    stage: Option<&'s str>,
    funnel: Option<&'s str>,
}

impl<'s> Scored<'s> {
    /// No lead yet. `written` says which cells to keep, where a file is written.
    pub(super) fn new(sets: &'s [RuleSet], written: Option<&'s OnPaper>) -> Self {
        let tally = |set: &RuleSet| Tally {
            bands: vec![0; set.bands.all().len()],
            rules: vec![RuleTally::default(); set.rules.len()],
            ..Tally::default()
        };
        let cells = |written: &OnPaper| written.columns.iter().map(|c| c.tells.cells()).collect();
        Self {
            sets,
            written,
            tallies: sets.iter().map(tally).collect(),
            ids: Vec::new(),
            cells: written.map_or_else(Vec::new, cells),
            score: Score::default(),
        }
    }

    /// Scores one more lead.
    pub(super) fn push(&mut self, scorer: &Scorer, step: &Step<'_>, id: impl Fn() -> String) {
        scorer.score_values(step.values, step.snapshot.events, &mut self.score);
        let places: Vec<Place<'s>> = self
            .sets
            .iter()
            .zip(&self.score.points)
            .enumerate()
            .map(|(index, (set, score))| {
                let [stage, funnel] = standings(scorer, (index, set), step, score);
                Place { grade: scorer.rule_sets()[index].grade(score), stage, funnel }
            })
            .collect();
        for ((tally, score), place) in self.tallies.iter_mut().zip(&self.score.points).zip(&places)
        {
            tally.add(score, place);
        }
        let Some(written) = self.written.filter(|written| written.wants(&self.score)) else {
            return;
        };
        self.ids.push(id());
        for (cells, column) in self.cells.iter_mut().zip(&written.columns) {
            let (set, score) = (&self.sets[column.set], &self.score.points[column.set]);
            column.tells.push(cells, set, score, &places[column.set]);
        }
    }

    /// Takes in the leads of the next part.
    pub(super) fn append(&mut self, other: Self) {
        self.tallies.iter_mut().zip(other.tallies).for_each(|(all, more)| all.append(more));
        self.ids.extend(other.ids);
        for (all, more) in self.cells.iter_mut().zip(other.cells) {
            match (all, more) {
                (SheetColumn::Text(all), SheetColumn::Text(more)) => all.extend(more),
                (SheetColumn::Number(all), SheetColumn::Number(more)) => all.extend(more),
                // Both are made by `Tells::cells` of one column.
                _ => {}
            }
        }
    }

    /// The leads that are written, a row each.
    pub(super) fn into_sheet(self) -> Sheet {
        let names = self.written.iter().flat_map(|written| &written.columns);
        let cells = names.map(|column| column.name.clone()).zip(self.cells);
        let ids = ("id".to_owned(), SheetColumn::Text(self.ids));
        Sheet { columns: [ids].into_iter().chain(cells).collect() }
    }

    /// How many leads are written.
    pub(super) fn written(&self) -> usize {
        self.ids.len()
    }
}

impl Tells {
    fn cells(self) -> SheetColumn {
        match self {
            Tells::Points | Tells::Score(_) => SheetColumn::Number(Vec::new()),
            _ => SheetColumn::Text(Vec::new()),
        }
    }

    fn push(self, cells: &mut SheetColumn, set: &RuleSet, score: &PointsScore, place: &Place<'_>) {
        let points = match self {
            Tells::Score(index) => score.scores[index],
            _ => score.total,
        };
        let band = || set.bands.all().get(score.band?);
        let text = || match self {
            Tells::Points | Tells::Score(_) => String::new(),
            Tells::Band => band().map_or_else(String::new, |band| band.name.clone()),
            Tells::Action => band().and_then(|band| band.action.clone()).unwrap_or_default(),
            Tells::HandOff => if score.hand_off == Some(true) { "yes" } else { "no" }.to_owned(),
            Tells::Grade => place.grade.clone().unwrap_or_default(),
            Tells::Stage => place.stage.unwrap_or_default().to_owned(),
            Tells::Funnel => place.funnel.unwrap_or_default().to_owned(),
            Tells::Why => why(set, score),
        };
        match cells {
            SheetColumn::Number(cells) => cells.push(points.to_number()),
            SheetColumn::Text(cells) => cells.push(text()),
            _ => {}
        }
    }
}

/// The parts of a score, largest first: `demo request +40, pricing visits +20`, and the rules of
/// which nothing can be said.
fn why(set: &RuleSet, score: &PointsScore) -> String {
    use std::fmt::Write as _;
    let mut words = String::new();
    for (part, points) in score.parts_by_size() {
        let comma = if words.is_empty() { "" } else { ", " };
        // Writing to a text does not fail.
        let _ = write!(words, "{comma}{} {points:+}", part.words(set));
    }
    let unknown = score.unavailable.iter().filter_map(|rule| set.rules.get(*rule));
    let unknown: Vec<&str> = unknown.map(|rule| rule.name.as_str()).collect();
    if !unknown.is_empty() {
        let comma = if words.is_empty() { "" } else { "; " };
        let _ = write!(words, "{comma}not known: {}", unknown.join(", "));
    }
    words
}

impl<'s> Tally<'s> {
    fn add(&mut self, score: &PointsScore, place: &Place<'s>) {
        let first = self.leads == 0;
        self.leads += 1;
        self.sum += score.total;
        self.least = if first { score.total } else { self.least.min(score.total) };
        self.most = if first { score.total } else { self.most.max(score.total) };
        if let Some(band) = score.band {
            self.bands[band] += 1;
        }
        self.handed_off += usize::from(score.hand_off == Some(true));
        self.excluded += usize::from(score.exclusion.is_some());
        for (steps, step) in [(&mut self.stages, place.stage), (&mut self.funnel, place.funnel)] {
            if let Some(step) = step {
                *steps.entry(step).or_default() += 1;
            }
        }
        match &place.grade {
            None => {}
            Some(grade) => match self.grades.get_mut(grade) {
                Some(leads) => *leads += 1,
                None => drop(self.grades.insert(grade.clone(), 1)),
            },
        }
        for of in &score.rules {
            let rule = &mut self.rules[of.rule];
            rule.leads += 1;
            rule.sum += of.given();
        }
        score.unavailable.iter().for_each(|rule| self.rules[*rule].unavailable += 1);
    }

    fn append(&mut self, other: Self) {
        if other.leads == 0 {
            return;
        }
        let first = self.leads == 0;
        self.leads += other.leads;
        self.sum += other.sum;
        self.least = if first { other.least } else { self.least.min(other.least) };
        self.most = if first { other.most } else { self.most.max(other.most) };
        self.bands.iter_mut().zip(other.bands).for_each(|(all, more)| *all += more);
        self.handed_off += other.handed_off;
        self.excluded += other.excluded;
        for (all, more) in [(&mut self.stages, other.stages), (&mut self.funnel, other.funnel)] {
            more.into_iter().for_each(|(step, leads)| *all.entry(step).or_default() += leads);
        }
        for (grade, leads) in other.grades {
            *self.grades.entry(grade).or_default() += leads;
        }
        for (all, more) in self.rules.iter_mut().zip(other.rules) {
            all.leads += more.leads;
            all.sum += more.sum;
            all.unavailable += more.unavailable;
        }
    }
}
