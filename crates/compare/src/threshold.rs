//! What reaching a score is worth.

use leadscore_model::evaluate::{Interval, wilson};
use leadscore_model::points::Points;
use serde::Serialize;

use crate::{Isotonic, Order, Outcomes};

/// The first so many leads at least, for a precision among them to say something.
const LEAST_LEADS: usize = 10;
/// The precisions that thresholds are looked for.
const PRECISIONS: [f64; 14] =
    [0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/// What reaching a number of points has meant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Meaning {
    /// The points.
    pub points: f64,
    /// The band that starts there, or `hand_off`.
    pub name: Option<String>,
    /// Leads with so many or more.
    pub leads: usize,
    /// Conversions among them.
    pub conversions: usize,
    /// Their conversion rate. `None` for no leads.
    pub rate: Option<Interval>,
    /// The mean probability that the model gives them. `None` for no leads.
    pub mean_probability: Option<f64>,
    /// The conversion rate that just so many points stand for ([`Isotonic`]). `None` where leads have
    /// only fewer, or only more.
    pub stands_for: Option<Interval>,
    /// The probability that as many leads reach by the model. `None` for no leads.
    pub matching_probability: Option<f64>,
    /// The conversion rate of as many leads when the model chooses them. `None` for no leads.
    pub model_rate: Option<f64>,
}

/// What reaching `points` has meant, by the points of leads and the probabilities of a model.
pub fn meaning(
    points: Points,
    name: Option<&str>,
    outcomes: &Outcomes,
    (order, isotonic): (&Order, &Isotonic),
    (model, probabilities): (&Order, &[f64]),
) -> Meaning {
    let points = points.to_number();
    let leads = order.reach(points);
    let reached = &order.in_order()[..leads];
    let converted = |lead: &&u32| outcomes.converted()[**lead as usize];
    let conversions = reached.iter().filter(converted).count();
    let mean = |sum: f64| (leads > 0).then(|| sum / leads as f64);
    let mut of_these: Vec<f64> = reached.iter().map(|lead| probabilities[*lead as usize]).collect();
    // By size, so that the order of the rows does not show even in the last digit.
    of_these.sort_unstable_by(f64::total_cmp);
    Meaning {
        points,
        name: name.map(str::to_owned),
        leads,
        conversions,
        rate: wilson(conversions, leads),
        mean_probability: mean(of_these.iter().sum()),
        stands_for: isotonic.at(points),
        matching_probability: (leads > 0).then(|| model.threshold(leads)).flatten().map(|t| t.0),
        model_rate: mean(model.conversions(outcomes, &[leads]).iter().sum()),
    }
}

/// What standing in a band has meant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BandWorth {
    /// Its name.
    pub band: String,
    /// From which score; `None` for the lowest.
    pub from: Option<f64>,
    /// Leads in it.
    pub leads: usize,
    /// Conversions among them.
    pub conversions: usize,
    /// Their conversion rate. `None` for no leads.
    pub rate: Option<Interval>,
    /// The mean probability that the model gives them. `None` for no leads.
    pub mean_probability: Option<f64>,
}

/// What standing in each band has meant, lowest first: of bands by name and threshold, the band of each
/// lead (`None`: in none), what became of it, and its probability.
pub fn band_worth(
    bands: &[(String, Option<f64>)],
    of_leads: &[Option<usize>],
    converted: &[bool],
    probabilities: &[f64],
) -> Vec<BandWorth> {
    let worth = |(band, (name, from)): (usize, &(String, Option<f64>))| {
        let inside = of_leads.iter().enumerate().filter(|(_, of)| **of == Some(band));
        let inside: Vec<usize> = inside.map(|(lead, _)| lead).collect();
        let conversions = inside.iter().filter(|lead| converted[**lead]).count();
        let mut sorted: Vec<f64> = inside.iter().map(|lead| probabilities[*lead]).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        BandWorth {
            band: name.clone(),
            from: *from,
            leads: inside.len(),
            conversions,
            rate: wilson(conversions, inside.len()),
            mean_probability: (!inside.is_empty())
                .then(|| sorted.iter().sum::<f64>() / inside.len() as f64),
        }
    };
    bands.iter().enumerate().map(worth).collect()
}

/// The most leads of which a share converted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Reached {
    /// The score that they have, or a higher one.
    pub threshold: f64,
    /// How many they are.
    pub leads: usize,
    /// Conversions among them.
    pub conversions: usize,
}

/// For a precision, from which score on each ranking reaches it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ForPrecision {
    /// The precision.
    pub precision: f64,
    /// The most leads of each ranking that reach it: all with one score or a higher one, at least 10.
    /// `None` where there are none.
    pub of: Vec<Option<Reached>>,
}

/// From which score on rankings reach precisions, of those above the conversion rate of all leads that
/// one of them reaches.
pub fn for_precisions(outcomes: &Outcomes, orders: &[Order]) -> Vec<ForPrecision> {
    let base = outcomes.conversions() as f64 / outcomes.leads().max(1) as f64;
    let above = PRECISIONS.into_iter().filter(|precision| *precision > base);
    let found = above.map(|precision| ForPrecision {
        precision,
        of: orders.iter().map(|order| reached(outcomes, order, precision)).collect(),
    });
    found.filter(|found| found.of.iter().any(Option::is_some)).collect()
}

fn reached(outcomes: &Outcomes, order: &Order, precision: f64) -> Option<Reached> {
    let (mut start, mut conversions, mut best) = (0, 0, None);
    for (threshold, leads) in order.runs().iter().copied() {
        let converted = |lead: &&u32| outcomes.converted()[**lead as usize];
        conversions += order.in_order()[start..leads].iter().filter(converted).count();
        start = leads;
        if leads >= LEAST_LEADS && conversions as f64 >= precision * leads as f64 {
            best = Some(Reached { threshold, leads, conversions });
        }
    }
    best
}
