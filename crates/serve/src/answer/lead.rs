//! Writes what is answered of one lead, in the shape of [`Prediction`](super::Prediction) and
//! [`PointsOfLead`](super::PointsOfLead), whose descriptions a test holds answers against.

use leadscore_features::{Snapshot, Time, Value};
use leadscore_model::evaluate::Interval;
use leadscore_model::points::PointsScore;
use leadscore_model::{Score, strongest_reasons};
use serde_json::Error;

use super::points::{ExclusionAnswer, GroupAnswer, RuleAnswer};
use super::standing::StandingAnswer;
use super::what_if::WithChange;
use super::write::Writer;
use super::{EventCounts, IntervalAnswer, Warning};
use crate::json::{append, fraction, text};
use crate::request::Lead;

/// A lead with its score.
#[derive(Clone, Copy)]
pub(super) struct Scored<'a> {
    pub(super) lead: &'a Lead<'a>,
    pub(super) snapshot: &'a Snapshot<'a>,
    pub(super) values: &'a [Value<'a>],
    pub(super) score: &'a Score,
    /// What became of its events, where they were given.
    pub(super) counts: Option<EventCounts>,
    /// What was asked about it with one thing otherwise, where it was.
    pub(super) what_if: Option<&'a Option<Vec<WithChange>>>,
    /// For each rule set that was asked for, where it stands on its ladders.
    pub(super) standings: &'a [[Option<StandingAnswer<'a>>; 2]],
}

impl<'s> Writer<'s> {
    /// The scores of a lead.
    pub(super) fn prediction<'a>(
        &mut self,
        scored: &Scored<'a>,
        out: &mut Vec<u8>,
    ) -> Result<(), Error>
    where
        's: 'a,
    {
        let Scored { values, score, .. } = *scored;
        let scorer = &self.scoring.scorer;
        self.opening(scored, out)?;
        let model = scorer.has_model();
        field(out, ",\"probability\":", &model.then_some(score.probability))?;
        if let Some(interval) = self.interval(values, score) {
            field(out, ",\"interval\":", &interval)?;
        }
        field(out, ",\"log_odds\":", &model.then_some(score.log_odds))?;
        field(out, ",\"base_log_odds\":", &self.base)?;
        if scorer.recalibration().is_some() {
            field(out, ",\"calibration_log_odds\":", &score.calibration)?;
        }
        if scorer.base_rate().is_some() {
            field(out, ",\"base_rate_log_odds\":", &score.base_rate)?;
        }
        field(out, ",\"band\":", &model.then_some(score.band))?;
        if model {
            out.extend_from_slice(b",\"reasons\":{\"up\":[");
            self.reasons(values, score, true, out)?;
            out.extend_from_slice(b"],\"down\":[");
            self.reasons(values, score, false, out)?;
            out.extend_from_slice(b"]}");
        } else {
            out.extend_from_slice(b",\"reasons\":null");
        }
        if let Some(what_if) = scored.what_if {
            field(out, ",\"what_if\":", what_if)?;
        }
        self.rest(scored, model.then_some(score.band), out)
    }

    /// The points of a lead.
    pub(super) fn points_of_lead<'a>(
        &mut self,
        scored: &Scored<'a>,
        out: &mut Vec<u8>,
    ) -> Result<(), Error>
    where
        's: 'a,
    {
        self.opening(scored, out)?;
        self.rest(scored, None, out)
    }

    fn opening(&self, scored: &Scored<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
        field(out, "{\"id\":", &scored.lead.id)?;
        field(out, ",\"as_of\":", &scored.snapshot.as_of.unwrap_or(Time::from_micros(0)))
    }

    /// What both answers end with; counts the lead.
    fn rest<'a>(
        &mut self,
        scored: &Scored<'a>,
        band: Option<&str>,
        out: &mut Vec<u8>,
    ) -> Result<(), Error>
    where
        's: 'a,
    {
        let Scored { values, score, standings, .. } = *scored;
        out.extend_from_slice(b",\"points\":[");
        let sets = self.asked.sets.iter().zip(&score.points).zip(standings);
        for (place, ((&set, points), standings)) in sets.enumerate() {
            if place > 0 {
                out.push(b',');
            }
            self.points(set, points, scored, standings, out)?;
        }
        out.extend_from_slice(b"],\"signals\":{");
        let mut first = true;
        let mut unavailable = Vec::new();
        for (position, value) in values.iter().enumerate() {
            if !self.asked.uses(position) {
                continue;
            }
            if *value == Value::Unavailable {
                unavailable.push(position);
                continue;
            }
            let name = self.scoring.prepared.signals[position].as_bytes();
            // No comma stands before the first.
            let from = usize::from(std::mem::replace(&mut first, false));
            out.extend_from_slice(&name[from..]);
            shown(out, value)?;
        }
        out.push(b'}');
        if !unavailable.is_empty() {
            let names: Vec<&str> = self.scoring.scorer.signals().collect();
            let names: Vec<&str> = unavailable.iter().map(|&position| names[position]).collect();
            field(out, ",\"unavailable_signals\":", &names)?;
        }
        if let Some(counts) = scored.counts {
            field(out, ",\"events\":", &counts)?;
        }
        let warnings = self.warnings(scored, unavailable.len());
        self.count(band, score, &warnings);
        if warnings.is_empty() {
            out.extend_from_slice(b",\"warnings\":[]}");
            return Ok(());
        }
        field(out, ",\"warnings\":", &warnings)?;
        out.push(b'}');
        Ok(())
    }

    fn count(&self, band: Option<&str>, score: &Score, warnings: &[Warning<'_>]) {
        let bands = score.points.iter().map(|points| points.band);
        self.metrics.scored(band, self.asked.sets.iter().copied().zip(bands));
        warnings.iter().for_each(|warning| self.metrics.warned(warning.kind));
    }

    fn interval(&self, values: &[Value<'_>], score: &Score) -> Option<IntervalAnswer> {
        let wanted = self.intervals.then_some(&self.scoring.scorer)?;
        let Interval { low, high, .. } = wanted.interval(values, score)?;
        Some(IntervalAnswer { low, high })
    }

    /// The reasons that raise the probability (`up`), or those that lower it.
    fn reasons(
        &self,
        values: &[Value<'_>],
        score: &Score,
        up: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let reasons =
            strongest_reasons(score, self.scoring.scorer.recalibration(), up, self.reasons);
        for (place, reason) in reasons.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            out.extend_from_slice(self.scoring.prepared.reasons[reason.input].as_bytes());
            shown(out, &values[self.scoring.inputs[reason.input].position])?;
            field(out, ",\"log_odds\":", &reason.log_odds)?;
            field(out, ",\"effect\":", &reason.effect)?;
            out.push(b'}');
        }
        Ok(())
    }

    /// The points of a rule set, in the shape of [`PointsAnswer`](super::points::PointsAnswer).
    fn points(
        &self,
        set: usize,
        score: &PointsScore,
        scored: &Scored<'_>,
        [stage, funnel]: &[Option<StandingAnswer<'_>>; 2],
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let (of, prepared) = (&self.scoring.rule_sets[set], &self.scoring.prepared.sets[set]);
        let compiled = &self.scoring.scorer.rule_sets()[set];
        out.extend_from_slice(prepared.opening.as_bytes());
        append(out, &score.total)?;
        out.extend_from_slice(prepared.band(score).as_bytes());
        field(out, ",\"hand_off\":", &score.hand_off)?;
        if let Some(grade) = compiled.grade(score) {
            field(out, ",\"grade\":", &grade)?;
        }
        for (place, (named, points)) in of.scores.iter().zip(&score.scores).enumerate() {
            out.extend_from_slice(if place == 0 { b",\"scores\":{" } else { b"," });
            text(out, &named.name)?;
            field(out, ":", points)?;
        }
        if !of.scores.is_empty() {
            out.push(b'}');
        }
        if let Some(stage) = stage {
            field(out, ",\"stage\":", stage)?;
        }
        if let Some(funnel) = funnel {
            field(out, ",\"funnel\":", funnel)?;
        }
        out.extend_from_slice(b",\"breakdown\":{\"rules\":[");
        for (place, found) in score.rules.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            match prepared.rule(found) {
                Some(text) => out.extend_from_slice(text.as_bytes()),
                None => {
                    append(out, &RuleAnswer::new(of, compiled, found, scored.snapshot.events))?;
                }
            }
        }
        out.push(b']');
        if !of.groups.is_empty() {
            let groups = of.groups.iter().zip(&score.groups);
            let groups: Vec<_> =
                groups.map(|(group, found)| GroupAnswer::new(group, found)).collect();
            field(out, ",\"groups\":", &groups)?;
        }
        if !score.scale.is_zero() {
            field(out, ",\"scale\":", &score.scale)?;
        }
        if let Some((at, points)) = score.exclusion {
            field(out, ",\"exclusion\":", &ExclusionAnswer::new(of, at, points))?;
        }
        out.push(b'}');
        if !score.unavailable.is_empty() {
            let names = score.unavailable.iter().map(|&rule| of.rules[rule].name.as_str());
            field(out, ",\"unavailable\":", &names.collect::<Vec<_>>())?;
        }
        if !score.unavailable_exclusions.is_empty() {
            let names = score.unavailable_exclusions.iter();
            let names = names.map(|&exclusion| of.exclusions[exclusion].name.as_str());
            field(out, ",\"unavailable_exclusions\":", &names.collect::<Vec<_>>())?;
        }
        out.push(b'}');
        Ok(())
    }
}

/// Appends a value, and what stands before it.
#[inline]
fn field(out: &mut Vec<u8>, before: &str, value: &impl serde::Serialize) -> Result<(), Error> {
    out.extend_from_slice(before.as_bytes());
    append(out, value)
}

/// Appends a signal's value.
#[inline]
fn shown(out: &mut Vec<u8>, value: &Value<'_>) -> Result<(), Error> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53: beyond it a double skips whole numbers
    match value {
        Value::Missing | Value::Unavailable => out.extend_from_slice(b"null"),
        // 30, not 30.0: people read it.
        Value::Number(number) if *number == (*number as i64) as f64 && number.abs() < EXACT => {
            return append(out, &(*number as i64));
        }
        Value::Number(number) => return fraction(out, *number),
        Value::YesNo(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
        Value::Text(value) => return text(out, value),
        Value::Time(time) => return append(out, time),
    }
    Ok(())
}
