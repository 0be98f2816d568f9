//! What a comparison knows, as data: printed by `--json`, drawn by `--html`.

use anyhow::Result;
use leadscore_compare::{
    Band, BandWorth, Bootstrap, Curve, Draws, Estimate, ForPrecision, Meaning, Outcomes, Pair,
    RuleEvidence, SliceOf, band_worth, capacities, for_precisions, slices,
};
use leadscore_features::Time;
use leadscore_model::evaluate::{
    CALIBRATION_BINS, Calibration, Interval, auc, auc_difference, average_precision, calibration,
    spearman, top_size, wilson,
};
use serde::Serialize;

use super::made::{self, Made};
use super::rankings::{RankedBy, Ranking};
use super::segments::{self, Segment};
use super::warnings::Warning;
use super::worth::{self, Unused};
use super::{Basis, Compared, LeftOut};
use crate::args::CompareArgs;

/// Samples within a segment.
const REPLICATES_OF_A_SLICE: usize = 1000;
/// The share of the leads that is shown first.
const SHOWN: f64 = 0.10;

/// A comparison. docs/compare.md describes it.
#[derive(Serialize)]
pub(crate) struct Report {
    leadscore: &'static str,
    pub(super) basis: Basis,
    pub(super) leads: usize,
    pub(super) conversions: usize,
    pub(super) base_rate: Option<Interval>,
    /// The outcome that too few leads have for intervals, `converted` or `not`.
    pub(super) too_few: Option<&'static str>,
    /// Leads or accounts that rows belong to, where several belong to one.
    pub(super) groups: Option<usize>,
    pub(super) period: Option<Period>,
    pub(super) warnings: Vec<Warning>,
    /// Rows that were not compared, for the first model.
    pub(super) left_out: LeftOut,
    bootstrap: Bootstrap,
    pub(super) capacities: Vec<usize>,
    /// The position of the capacity that is shown first.
    pub(super) capacity: usize,
    pub(super) rankings: Vec<RankingReport>,
    for_precision: Vec<ForPrecision>,
    pub(super) pairs: Vec<PairReport>,
    made: Made,
}

/// From the first moment of a lead to the last.
#[derive(Serialize)]
pub(super) struct Period {
    from: Time,
    to: Time,
    weeks: f64,
}

/// One ranking.
#[derive(Serialize)]
pub(super) struct RankingReport {
    pub(super) kind: RankedBy,
    pub(super) name: String,
    version: String,
    file: String,
    hash: String,
    pub(super) auc: Option<Estimate>,
    average_precision: Option<f64>,
    #[serde(flatten)]
    pub(super) curve: Curve,
    pub(super) bands: Vec<BandWorth>,
    mean_probability: Option<f64>,
    calibration: Option<Calibration>,
    pub(super) thresholds: Option<Vec<Meaning>>,
    pub(super) rules: Option<Vec<RuleEvidence>>,
    pub(super) unused: Option<Vec<Unused>>,
}

/// Two rankings.
#[derive(Serialize)]
pub(super) struct PairReport {
    /// Positions among the rankings.
    pub(super) first: usize,
    pub(super) second: usize,
    pub(super) rank_correlation: Option<f64>,
    pub(super) auc_difference: Option<Estimate>,
    #[serde(flatten)]
    pub(super) pair: Pair,
    segments: Vec<SegmentReport>,
    months: Option<Vec<SliceOf>>,
    pub(super) disagreements: Vec<worth::Disagreement>,
}

#[derive(Serialize)]
struct SegmentReport {
    column: String,
    /// The sensitive attribute of people that it is, such as `age`.
    sensitive: Option<&'static str>,
    values: Vec<SliceOf>,
}

impl Report {
    /// The figure of a band at the position of a capacity, with its interval.
    pub(super) fn at(band: &Band, capacity: usize) -> (f64, Option<[f64; 2]>) {
        let ends = band.low.as_ref().zip(band.high.as_ref());
        (band.value[capacity], ends.map(|(low, high)| [low[capacity], high[capacity]]))
    }
}

/// The report of what was compared.
pub(super) fn of(compared: &Compared, args: &CompareArgs) -> Result<Report> {
    let converted = compared.converted();
    let groups: Vec<u64> = compared.candidates().iter().map(|lead| lead.group).collect();
    let outcomes = Outcomes::new(&converted, Some(&groups));
    let capacities = capacities(converted.len());
    let bootstrap = Bootstrap { seed: args.seed, ..Bootstrap::default() };
    let draws = Draws::new(&outcomes, &compared.orders, &capacities, bootstrap);
    let found = segments::of(compared, &args.segment)?;
    let wanted = args.capacity.unwrap_or_else(|| top_size(converted.len(), SHOWN));
    let near = |capacity: &usize| capacity.abs_diff(wanted);
    let nearest = (0..capacities.len()).min_by_key(|at| near(&capacities[*at]));
    let rankings = compared
        .rankings
        .iter()
        .enumerate()
        .map(|(index, ranking)| {
            let order = (&compared.orders[index], index);
            let curve = Curve::of(&outcomes, order, &capacities, draws.as_ref());
            ranking_report(compared, ranking, curve, &outcomes)
        })
        .collect::<Result<_>>()?;
    let within = Within::new(compared, &outcomes, found, bootstrap);
    let pairs = pairs_of(&compared.rankings).into_iter().map(|[first, second]| {
        let scores = [first, second].map(|at| compared.rankings[at].scores.as_slice());
        PairReport {
            first,
            second,
            rank_correlation: spearman(scores[0], scores[1]),
            auc_difference: auc_difference(scores[0], scores[1], &converted)
                .map(|found| outcomes.estimate(found)),
            pair: Pair::of(
                &outcomes,
                &compared.orders,
                [first, second],
                &capacities,
                draws.as_ref(),
            ),
            segments: within.segments([first, second]),
            months: within.months([first, second]),
            disagreements: Vec::new(),
        }
    });
    let mut warnings = compared.warnings.clone();
    let shown = nearest.map_or(0, |at| capacities[at]);
    if let Some(asked) = args.capacity.filter(|asked| *asked != shown) {
        warnings.push(Warning::Capacity { asked, shown, leads: outcomes.leads() });
    }
    let mut report = Report {
        leadscore: env!("CARGO_PKG_VERSION"),
        basis: compared.judges[0].basis,
        leads: outcomes.leads(),
        conversions: outcomes.conversions(),
        base_rate: wilson(outcomes.conversions(), outcomes.leads()),
        too_few: outcomes.too_few().map(|converted| if converted { "converted" } else { "not" }),
        groups: outcomes.groups(),
        period: period(compared),
        warnings,
        left_out: compared.judges[0].left_out,
        bootstrap,
        capacity: nearest.unwrap_or_default(),
        rankings,
        for_precision: for_precisions(&outcomes, &compared.orders),
        pairs: pairs.collect(),
        made: made::of(compared)?,
        capacities,
    };
    worth::disagreements(compared, &mut report.pairs)?;
    Ok(report)
}

fn ranking_report(
    compared: &Compared,
    ranking: &Ranking,
    curve: Curve,
    outcomes: &Outcomes,
) -> Result<RankingReport> {
    let converted = outcomes.converted();
    let probabilities = &compared.rankings[0].scores;
    let is_model = ranking.is_model();
    let own = if is_model { &ranking.scores } else { probabilities };
    Ok(RankingReport {
        kind: ranking.kind,
        name: ranking.name.clone(),
        version: ranking.version.clone(),
        file: ranking.file.clone(),
        hash: ranking.hash.clone(),
        auc: auc(&ranking.scores, converted).map(|found| outcomes.estimate(found)),
        average_precision: average_precision(&ranking.scores, converted),
        curve,
        bands: band_worth(&ranking.bands, &ranking.band_of, converted, own),
        mean_probability: is_model.then(|| mean(ranking.scores.to_vec())),
        calibration: is_model.then(|| {
            calibration(&ranking.scores, converted, CALIBRATION_BINS.min(converted.len()))
        }),
        thresholds: (!is_model).then(|| worth::thresholds(compared, ranking, outcomes)),
        rules: (!is_model).then(|| worth::rules(compared, ranking, converted)),
        unused: if is_model { Some(worth::unused(compared, ranking)?) } else { None },
    })
}

/// The mean, summed by size, so that the order of the rows does not show even in the last digit.
pub(super) fn mean(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.iter().sum::<f64>() / values.len() as f64
}

/// Every two rankings; first those of a model and a rule set, the models in their order.
fn pairs_of(rankings: &[Ranking]) -> Vec<[usize; 2]> {
    let all = (0..rankings.len())
        .flat_map(|first| (first + 1..rankings.len()).map(move |second| [first, second]));
    let mut pairs: Vec<[usize; 2]> = all.collect();
    pairs.sort_by_key(|[first, second]| {
        (rankings[*first].kind == rankings[*second].kind, *first, *second)
    });
    pairs
}

fn period(compared: &Compared) -> Option<Period> {
    let moments = || compared.candidates().iter().map(|lead| lead.as_of);
    let from = moments().collect::<Option<Vec<Time>>>()?.into_iter().min()?;
    let to = moments().flatten().max()?;
    let week = 7.0 * 24.0 * 3600.0 * 1e6;
    Some(Period { from, to, weeks: (to.micros() - from.micros()) as f64 / week })
}

/// Segments and months, with what every ranking finds there.
struct Within<'a> {
    compared: &'a Compared,
    columns: Vec<(Segment, Vec<leadscore_compare::Slice>)>,
}

impl<'a> Within<'a> {
    fn new(
        compared: &'a Compared,
        outcomes: &Outcomes,
        found: Vec<Segment>,
        bootstrap: Bootstrap,
    ) -> Self {
        let scores: Vec<&[f64]> =
            compared.rankings.iter().map(|ranking| ranking.scores.as_slice()).collect();
        let bootstrap = Bootstrap { replicates: REPLICATES_OF_A_SLICE, ..bootstrap };
        let sliced = |segment: Segment| {
            let slices = slices(&segment.values, outcomes, &scores, bootstrap);
            (segment, slices)
        };
        Self { compared, columns: found.into_iter().map(sliced).collect() }
    }

    fn of(
        &self,
        (segment, slices): &(Segment, Vec<leadscore_compare::Slice>),
        pair: [usize; 2],
    ) -> Vec<SliceOf> {
        let first = &self.compared.rankings[pair[0]];
        let filled = segment.values.iter().filter(|(_, leads)| !leads.is_empty());
        let mean = |leads: &[usize]| mean(leads.iter().map(|lead| first.scores[*lead]).collect());
        slices
            .iter()
            .zip(filled)
            .map(|(slice, (_, leads))| slice.of_pair(pair, first.is_model().then(|| mean(leads))))
            .collect()
    }

    fn segments(&self, pair: [usize; 2]) -> Vec<SegmentReport> {
        let columns = self.columns.iter().filter(|(segment, _)| segment.column.is_some());
        columns
            .map(|of| SegmentReport {
                column: of.0.column.clone().unwrap_or_default(),
                sensitive: of.0.sensitive,
                values: self.of(of, pair),
            })
            .collect()
    }

    fn months(&self, pair: [usize; 2]) -> Option<Vec<SliceOf>> {
        let months = self.columns.iter().find(|(segment, _)| segment.column.is_none())?;
        Some(self.of(months, pair))
    }
}
