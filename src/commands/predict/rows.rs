//! Leads scored row by row: any file, with points, reasons and events.

use anyhow::Result;
use leadscore_features::Snapshot;
use leadscore_features::io::{Packing, Sheet, SheetColumn, write_sheet};
use leadscore_features::{Time, Value};
use leadscore_model::points::RuleSet;
use leadscore_model::{Bundle, Score, Scorer, Usual, lead_id, reasons};
use leadscore_train::Told;

use super::ranks::ranks;
use super::tally::Tally;
use super::{BandCount, Bands, Scored, unread, without_events};
use crate::args::PredictArgs;
use crate::inputs::{keep_apart, warn_of_rules};
use crate::leads::LeadFile;
use crate::print;

/// Scores the leads into the file of the results.
pub(super) fn score(
    args: &PredictArgs,
    bundle: Option<&Bundle>,
    rule_sets: &[RuleSet],
    as_of: Option<Time>,
    out: &std::path::Path,
) -> Result<Scored> {
    let leads = LeadFile::open(&args.leads, args.events.as_deref(), bundle, args.id.as_deref())?;
    keep_apart(&args.out, leads.files())?;
    let scorer = leads.scorer(bundle, rule_sets)?;
    warn_of_rules(rule_sets, bundle);
    let store = leads.read_events(scorer.event_plan(), rule_sets, &|_| {})?;
    let ids = leads.ids(args.id.as_deref(), bundle)?;
    let inputs: Vec<&str> = scorer.inputs().collect();
    let moments = leads.moments(&scorer, as_of);
    leads.say_created_later(&moments);
    let usual = Usual::of(bundle.map(|bundle| &bundle.model), &scorer);
    let walked = leads.leads(store.as_ref());
    let told = Told::new(&scorer, &walked);
    let new = || Part::new(rule_sets, &inputs, args, &usual, told.none());
    let (parts, _) = walked
        .walk(&scorer, &moments, new, |part, step| {
            told.count(&scorer, step, &mut part.untold);
            part.push(lead_id(ids, step.lead), &scorer, step.snapshot, step.values);
        })
        .map_err(|error| unread(&leads, &error, bundle))?;
    let mut all = new();
    parts.into_iter().for_each(|part| all.append(part));
    let Part { columns, tally, untold, .. } = all;
    let untold = told.untold(&scorer, &untold, &moments);
    let mut bands = Bands::default();
    bands.count(&columns.bands);
    let rule_bands = rule_sets
        .iter()
        .zip(&columns.points)
        .map(|(set, (_, bands))| band_counts_of(set, bands))
        .collect();
    write_sheet(out, &columns.into_sheet(scorer.has_model(), rule_sets), Packing::Fast)?;
    Ok(Scored {
        leads: leads.table.rows(),
        tally,
        usual,
        untold,
        bands,
        rule_bands,
        decided: leads.decided(&moments),
        older: bundle
            .and_then(|bundle| bundle.training.snapshots.as_ref()?.too_old())
            .map_or(0, |days| leads.older(&moments, days)),
        without_events: without_events(&scorer, store.is_some()),
        as_of: moments
            .first()
            .and_then(|(_, as_of)| *as_of)
            .filter(|first| moments.iter().all(|(_, as_of)| as_of.as_ref() == Some(first))),
    })
}

/// Leads in each band of a rule set, lowest first.
fn band_counts_of(set: &RuleSet, bands: &[Option<usize>]) -> Vec<BandCount> {
    let count = |position| bands.iter().filter(|band| **band == Some(position)).count();
    let all = set.bands.all().iter().enumerate();
    all.map(|(position, band)| BandCount { band: band.name.clone(), leads: count(position) })
        .collect()
}

/// What scoring a range of leads gives.
struct Part<'a> {
    usual: &'a Usual,
    columns: Columns<'a>,
    tally: Tally,
    /// Leads that the histories of attributes do not tell of, in the order of [`Told`].
    untold: Vec<[usize; 2]>,
    score: Score,
}

impl<'a> Part<'a> {
    fn new(
        rule_sets: &[RuleSet],
        inputs: &'a [&'a str],
        args: &PredictArgs,
        usual: &'a Usual,
        untold: Vec<[usize; 2]>,
    ) -> Self {
        Self {
            usual,
            columns: Columns::new(rule_sets, inputs, args),
            tally: Tally::new(inputs.len()),
            untold,
            score: Score::default(),
        }
    }

    fn push(&mut self, id: String, scorer: &Scorer, snapshot: &Snapshot<'_>, values: &[Value<'_>]) {
        self.usual.outside(values).for_each(|input| self.tally.outside[input] += 1);
        scorer.score_values(values, snapshot.events, &mut self.score);
        self.columns.push(id, scorer, (snapshot, values), &self.score);
        self.tally.count(&self.score.encounters);
    }

    fn append(&mut self, other: Self) {
        self.columns.append(other.columns);
        self.tally.add(&other.tally);
        for (all, more) in self.untold.iter_mut().zip(other.untold) {
            *all = [all[0] + more[0], all[1] + more[1]];
        }
    }
}

/// The columns of the result, lead by lead.
struct Columns<'a> {
    /// The model's signals.
    inputs: &'a [&'a str],
    ids: Vec<String>,
    probabilities: Vec<f64>,
    bands: Vec<&'static str>,
    /// The ends of the intervals, where they are wanted.
    intervals: Option<[Vec<f64>; 2]>,
    /// For each rule set the totals, and the positions of the bands.
    points: Vec<(Vec<f64>, Vec<Option<usize>>)>,
    reasons: Vec<Vec<String>>,
}

impl<'a> Columns<'a> {
    fn new(rule_sets: &[RuleSet], inputs: &'a [&'a str], args: &PredictArgs) -> Self {
        Self {
            inputs,
            ids: Vec::new(),
            probabilities: Vec::new(),
            bands: Vec::new(),
            intervals: args.intervals.then(Default::default),
            points: vec![(Vec::new(), Vec::new()); rule_sets.len()],
            reasons: vec![Vec::new(); args.reasons.min(inputs.len())],
        }
    }

    fn push(
        &mut self,
        id: String,
        scorer: &Scorer,
        (snapshot, values): (&Snapshot<'_>, &[Value<'_>]),
        score: &Score,
    ) {
        self.ids.push(id);
        if scorer.has_model() {
            self.probabilities.push(score.probability);
            self.bands.push(score.band);
        }
        for ((totals, bands), points) in self.points.iter_mut().zip(&score.points) {
            totals.push(points.total.to_number());
            bands.push(points.band);
        }
        if let Some([lows, highs]) = &mut self.intervals {
            let found = scorer.interval(values, score);
            lows.push(found.map_or(f64::NAN, |interval| interval.low));
            highs.push(found.map_or(f64::NAN, |interval| interval.high));
        }
        if self.reasons.is_empty() {
            return;
        }
        let mut found = reasons(score, scorer.recalibration()).into_iter();
        for column in &mut self.reasons {
            column.push(found.next().map_or_else(String::new, |reason| {
                let value = scorer.input_value(reason.input, snapshot);
                print::reason(self.inputs[reason.input], &value, &reason)
            }));
        }
    }

    fn append(&mut self, other: Self) {
        self.ids.extend(other.ids);
        self.probabilities.extend(other.probabilities);
        self.bands.extend(other.bands);
        for (all, more) in
            self.intervals.iter_mut().flatten().zip(other.intervals.into_iter().flatten())
        {
            all.extend(more);
        }
        for (all, more) in self.points.iter_mut().zip(other.points) {
            all.0.extend(more.0);
            all.1.extend(more.1);
        }
        self.reasons.iter_mut().zip(other.reasons).for_each(|(all, more)| all.extend(more));
    }

    fn into_sheet(self, has_model: bool, rule_sets: &[RuleSet]) -> Sheet {
        let mut columns = vec![("id".to_owned(), SheetColumn::Text(self.ids))];
        let ranked = match self.points.first() {
            Some((totals, _)) if !has_model => ranks(totals),
            _ => ranks(&self.probabilities),
        };
        if has_model {
            columns.push(("probability".to_owned(), SheetColumn::Number(self.probabilities)));
        }
        if let Some([lows, highs]) = self.intervals {
            columns.push(("probability_low".to_owned(), SheetColumn::Number(lows)));
            columns.push(("probability_high".to_owned(), SheetColumn::Number(highs)));
        }
        columns.push(("rank".to_owned(), SheetColumn::Integer(ranked)));
        if has_model {
            columns.push(("band".to_owned(), SheetColumn::Word(self.bands)));
        }
        for ((totals, bands), set) in self.points.into_iter().zip(rule_sets) {
            columns.push((format!("points_{}", set.name), SheetColumn::Number(totals)));
            if !set.bands.all().is_empty() {
                let name = |band: Option<usize>| band.and_then(|band| set.bands.name(band));
                let names = bands.into_iter().map(|b| name(b).unwrap_or_default().to_owned());
                columns.push((format!("band_{}", set.name), SheetColumn::Text(names.collect())));
            }
        }
        for (index, reasons) in self.reasons.into_iter().enumerate() {
            columns.push((format!("reason_{}", index + 1), SheetColumn::Text(reasons)));
        }
        Sheet { columns }
    }
}
