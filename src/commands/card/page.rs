//! The model card as a page: the training record, every curve and pair, and what draws them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use leadscore_features::io::write_atomic;
use leadscore_model::bundle::{Doubt, ProbabilityBands, Training};
use leadscore_model::{
    Bundle, Curve, CurveStep, PairTable, Recalibration, curves, extremes, strongest_first,
};
use serde::Serialize;

use crate::args::Language;
use crate::pages::Page;
use crate::provenance::again::{self, Said};

/// Steps of a drawn curve, about; more are finer than a screen.
const MOST_STEPS: usize = 200;

/// What the page draws.
#[derive(Serialize)]
struct Drawn<'a> {
    name: &'a str,
    version: &'a str,
    file: String,
    hash: &'a str,
    bands: ProbabilityBands,
    training: &'a Training,
    /// What to doubt.
    doubts: Vec<Doubt<'a>>,
    /// What the trainer said of columns.
    said: Said,
    /// The command that makes the model again.
    command: String,
    /// Whether the model knows how sure it is.
    intervals: bool,
    /// Curves and pairs of the model that are not on the page, for others were asked for.
    left_out: LeftOut,
    curves: Vec<DrawnCurve<'a>>,
    pairs: &'a [PairTable],
}

/// A curve, and the values that raise most and that lower most.
#[derive(Serialize)]
struct DrawnCurve<'a> {
    #[serde(flatten)]
    curve: &'a Curve,
    highest: Option<&'a CurveStep>,
    lowest: Option<&'a CurveStep>,
}

#[derive(Serialize)]
struct LeftOut {
    curves: usize,
    pairs: usize,
}

/// A model that is shown, and where it stands.
pub(crate) struct Shown<'a> {
    pub(crate) bundle: &'a Bundle,
    pub(crate) file: &'a Path,
    pub(crate) hash: &'a str,
    /// The signals whose curves are drawn; none for all.
    pub(crate) signals: &'a [String],
}

impl Shown<'_> {
    /// Writes the page, and says how many curves and pairs it draws.
    pub(crate) fn write(&self, language: Language, path: &Path) -> Result<(usize, usize)> {
        let bundle = self.bundle;
        let (mut found, mut pairs) = curves(&bundle.model, MOST_STEPS)?;
        let mut ends = extremes(&bundle.model)?;
        // What is drawn is what is scored: a line stretches all parts. A curve does so by the lead, which
        // the page says.
        if let Some(by) = bundle.model.recalibration.as_ref().and_then(Recalibration::stretch) {
            found.iter_mut().for_each(|curve| curve.scale(by));
            pairs.iter_mut().for_each(|pair| pair.scale(by));
            ends.iter_mut().flatten().flatten().for_each(|step| step.scale(by));
        }
        let signals = bundle.model.encoder.inputs.iter().map(|input| input.signal.as_str());
        let ends: BTreeMap<&str, &[Option<CurveStep>; 2]> = signals.zip(&ends).collect();
        strongest_first(&mut found, &mut pairs);
        let all = (found.len(), pairs.len());
        if !self.signals.is_empty() {
            found.retain(|curve| self.signals.contains(&curve.signal));
            pairs.retain(|pair| pair.signals.iter().any(|signal| self.signals.contains(signal)));
        }
        let ends_of = |curve: &Curve| -> [Option<&CurveStep>; 2] {
            ends.get(curve.signal.as_str())
                .map_or([None, None], |steps| steps.each_ref().map(Option::as_ref))
        };
        let file = self.file.file_name().map(|name| name.to_string_lossy().into_owned());
        let file = file.unwrap_or_else(|| self.file.display().to_string());
        let drawn = Drawn {
            name: &bundle.name,
            version: &bundle.version,
            file: file.clone(),
            hash: self.hash,
            bands: bundle.bands,
            training: &bundle.training,
            doubts: bundle.training.doubts(),
            said: Said::of(bundle),
            command: again::command(bundle, &bundle.training.data.file, &file, |_| None),
            intervals: bundle.model.uncertainty.is_some(),
            left_out: LeftOut { curves: all.0 - found.len(), pairs: all.1 - pairs.len() },
            curves: found
                .iter()
                .map(|curve| {
                    let [highest, lowest] = ends_of(curve);
                    DrawnCurve { curve, highest, lowest }
                })
                .collect(),
            pairs: &pairs,
        };
        let page = Page::model_card(language, &bundle.name).filled(&drawn)?;
        write_atomic(path, |out| out.write_all(page.as_bytes()))?;
        Ok((found.len(), pairs.len()))
    }
}
