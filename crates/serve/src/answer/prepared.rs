//! What answers say again and again, as the JSON that it is; made once, when a scorer is.

use leadscore_model::Scorer;
use leadscore_model::points::{Gives, Points, PointsScore, RulePoints, RuleSet};
use serde::Serialize;

use super::Version;

/// The parts of answers that hang on no lead.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// What tells the model from others.
    pub(super) model: String,
    /// The name of each signal, from the comma before it up to its value.
    pub(super) signals: Vec<String>,
    /// For each input of the model, the beginning of a reason, up to the value of its signal.
    pub(super) reasons: Vec<String>,
    pub(super) sets: Vec<PreparedSet>,
}

/// The parts of the points of a rule set that hang on no lead.
#[derive(Debug)]
pub(crate) struct PreparedSet {
    /// What tells the set from others.
    pub(super) version: String,
    /// The beginning, up to the total.
    pub(super) opening: String,
    /// For each band, it and its action.
    bands: Vec<String>,
    /// For each rule, what it says where it gives its points once and nothing takes any, and these
    /// points; `None` where it does not give the same always.
    rules: Vec<Option<(Points, String)>>,
}

impl Prepared {
    pub(crate) fn new<'i>(
        model: Option<&Version>,
        scorer: &Scorer,
        inputs: impl Iterator<Item = &'i str>,
        rule_sets: &[RuleSet],
    ) -> Self {
        Self {
            model: json(&model),
            signals: scorer.signals().map(|name| format!(",{}:", json(name))).collect(),
            reasons: inputs
                .map(|signal| format!("{{\"signal\":{},\"value\":", json(signal)))
                .collect(),
            sets: rule_sets.iter().map(PreparedSet::new).collect(),
        }
    }
}

impl PreparedSet {
    fn new(set: &RuleSet) -> Self {
        let bands = set.bands.all().iter().map(|band| {
            let action = band.action.as_ref();
            let action = action.map(|action| format!(",\"action\":{}", json(action)));
            format!(",\"band\":{}{}", json(&band.name), action.unwrap_or_default())
        });
        let rules = set.rules.iter().map(|rule| match &rule.gives {
            Gives::Points(points) => {
                let (rule, given) = (json(&rule.name), json(points));
                Some((*points, format!("{{\"rule\":{rule},\"points\":{given},\"times\":1}}")))
            }
            _ => None,
        });
        Self {
            version: json(&Version::from(set)),
            opening: format!("{{\"rule_set\":{},\"total\":", json(&set.name)),
            bands: bands.collect(),
            rules: rules.collect(),
        }
    }

    /// The band of a score, with its action.
    pub(super) fn band(&self, score: &PointsScore) -> &str {
        let band = score.band.and_then(|band| self.bands.get(band));
        band.map_or(",\"band\":null", String::as_str)
    }

    /// What a rule says, where that was known before.
    pub(super) fn rule(&self, found: &RulePoints) -> Option<&str> {
        let (points, text) = self.rules.get(found.rule)?.as_ref()?;
        let as_ever =
            RulePoints { rule: found.rule, times: 1, earned: *points, ..RulePoints::default() };
        (*found == as_ever).then_some(text)
    }
}

/// Texts, and structs of them, always serialise.
fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
