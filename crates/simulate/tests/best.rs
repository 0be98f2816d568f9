//! Whether the best possible score is what it says: calibrated against outcomes, the mean of the
//! truth, and above anything simple.

use leadscore_features::Time;
use leadscore_simulate::{Origin, SimulatedLead, Simulation, TruthRow, observed_until};

struct Row {
    truth: TruthRow,
    converted: bool,
    lead: SimulatedLead,
}

/// Whether a row belongs to a part.
type Part = fn(&Row) -> bool;

/// Rows with a label, of leads `age` days after creation.
fn rows(leads: u64, seed: u64, age: f64, horizon: f64) -> Vec<Row> {
    let simulation = Simulation::new(leads, seed);
    (0..leads)
        .filter_map(|index| {
            let lead = simulation.lead(index);
            let as_of = lead.lead.created_at.micros() + (age * 86_400e6) as i64;
            let truth = simulation.truth(&lead, Time::from_micros(as_of), horizon)?;
            Some(Row { converted: truth.converted?, truth, lead })
        })
        .collect()
}

/// The share of pairs of a converted and another lead that a score ranks rightly.
fn auc(rows: &[Row], score: impl Fn(&Row) -> f64) -> f64 {
    let mut scored: Vec<(f64, bool)> = rows.iter().map(|row| (score(row), row.converted)).collect();
    scored.sort_by(|left, right| left.0.total_cmp(&right.0));
    let (mut right, mut below) = (0.0, 0.0);
    for group in scored.chunk_by(|left, right| left.0 == right.0) {
        let yes = group.iter().filter(|(_, converted)| *converted).count() as f64;
        let no = group.len() as f64 - yes;
        right += yes * (below + no / 2.0);
        below += no;
    }
    right / (below * (rows.len() as f64 - below))
}

/// Fails when in some tenth by `best` the outcomes are not `best` on average, or the truth is not in
/// some half. Truths are very skewed, a few of them hold most of the sum: halves are large enough
/// for the error of a mean to mean something. The limit is 4 standard errors.
fn assert_calibrated(rows: &mut [Row]) {
    rows.sort_by(|left, right| left.truth.best.total_cmp(&right.truth.best));
    let best = |rows: &[Row]| rows.iter().map(|row| row.truth.best).sum::<f64>();
    for tenth in rows.chunks(rows.len().div_ceil(10)) {
        let best = best(tenth);
        let outcomes = tenth.iter().filter(|row| row.converted).count() as f64;
        let error = tenth.iter().map(|row| row.truth.best * (1.0 - row.truth.best)).sum::<f64>();
        // One conversion more is allowed: few are expected in the lowest tenths.
        assert!((outcomes - best).abs() < 4.0 * error.sqrt() + 1.0, "{outcomes} {best} {error}");
    }
    for half in rows.chunks(rows.len().div_ceil(2)) {
        let best = best(half);
        let truth = half.iter().map(|row| row.truth.probability).sum::<f64>();
        let spread = |row: &Row| (row.truth.probability - row.truth.best).powi(2);
        let error = half.iter().map(spread).sum::<f64>().sqrt();
        assert!((truth - best).abs() < 4.0 * error, "{truth} {best} {error}");
    }
}

#[test]
fn best_is_calibrated_and_best() {
    let mut rows = rows(40_000, 2, 14.0, 90.0);
    assert_calibrated(&mut rows);
    let rate = rows.iter().filter(|row| row.converted).count() as f64 / rows.len() as f64;
    assert!((0.06..0.10).contains(&rate), "{rate}");

    let truth = auc(&rows, |row| row.truth.probability);
    let best = auc(&rows, |row| row.truth.best);
    let events = auc(&rows, |row| {
        let known = row.lead.events.iter().filter(|event| event.known_at <= row.truth.as_of);
        known.filter(|event| event.origin == Origin::Genuine).count() as f64
    });
    let size = auc(&rows, |row| {
        let first = row.lead.events.iter().find(|event| event.attribute == Some("employees"));
        let first = first.filter(|event| event.at <= row.truth.as_of);
        first.and_then(|event| event.to.as_ref()?.parse().ok()).unwrap_or(30.0)
    });
    assert!(
        truth > best && best > events + 0.05 && best > size + 0.15,
        "{truth} {best} {events} {size}"
    );
    assert!((0.80..0.88).contains(&best), "{best}");
    assert!(size > 0.52 && events > 0.65, "{events} {size}");
}

#[test]
fn best_is_calibrated_at_other_moments_and_horizons() {
    for (age, horizon) in [(0.0, 30.0), (1.3, 0.7), (45.71, 200.5), (200.25, 90.0)] {
        assert_calibrated(&mut rows(12_000, 3, age, horizon));
    }
}

#[test]
fn best_is_calibrated_in_every_part_that_can_be_seen() {
    let rows = rows(40_000, 5, 14.0, 90.0);
    let parts: [(&str, Part); 9] = [
        ("no title", |row| row.lead.lead.job_title.is_none()),
        ("no title, young", |row| {
            row.lead.lead.job_title.is_none() && row.lead.lead.age.is_some_and(|age| age < 30)
        }),
        ("no industry", |row| row.lead.lead.industry.is_none()),
        ("first size missing", |row| {
            let first = row.lead.events.iter().find(|event| event.attribute == Some("employees"));
            first.is_none_or(|event| event.at > row.lead.lead.created_at)
        }),
        ("budget", |row| row.lead.lead.budget.is_some()),
        ("no budget, no phone", |row| {
            row.lead.lead.budget.is_none() && row.lead.lead.phone.is_none()
        }),
        ("known late", |row| {
            row.lead.events.iter().any(|event| {
                event.known_at > event.at
                    && event.origin == Origin::Genuine
                    && event.known_at <= row.truth.as_of
            })
        }),
        ("noise", |row| {
            row.lead.events.iter().any(|event| {
                Origin::NOISE.contains(&event.origin) && event.known_at <= row.truth.as_of
            })
        }),
        ("second year", |row| row.lead.lead.created_at.to_string().starts_with("2025")),
    ];
    for (name, part) in parts {
        let of: Vec<&Row> = rows.iter().filter(|row| part(row)).collect();
        assert!(of.len() > 300, "{name} {}", of.len());
        let best: f64 = of.iter().map(|row| row.truth.best).sum();
        let outcomes = of.iter().filter(|row| row.converted).count() as f64;
        let error =
            of.iter().map(|row| row.truth.best * (1.0 - row.truth.best)).sum::<f64>().sqrt();
        assert!((outcomes - best).abs() < 4.0 * error, "{name} {outcomes} {best} {error}");
    }
}

#[test]
fn there_is_truth_only_for_leads_at_risk() {
    let simulation = Simulation::new(2_000, 6);
    let hour = 3_600_000_000;
    for index in 0..2_000 {
        let lead = simulation.lead(index);
        let created = lead.lead.created_at;
        let before = Time::from_micros(created.micros() - hour);
        assert_eq!(simulation.truth(&lead, before, 90.0), None);
        for horizon in [-1.0, f64::NAN, f64::INFINITY, 1e9] {
            assert_eq!(simulation.truth(&lead, created, horizon), None);
        }
        if let Some(ended) = lead.outcome.ended_at() {
            assert_eq!(simulation.truth(&lead, ended, 90.0), None);
        }
        let beyond = Time::from_micros(observed_until().micros() + hour);
        assert_eq!(simulation.truth(&lead, beyond, 90.0), None);
        if let Some(row) = simulation.snapshot_truth(&lead) {
            assert!((0.0..1.0).contains(&row.best) && (0.0..1.0).contains(&row.probability));
            let whole = row.as_of.micros() + 90 * 24 * hour <= observed_until().micros();
            assert_eq!(row.converted.is_some(), whole);
            assert!(!lead.latent.junk || (row.best == 0.0 && row.probability == 0.0));
        }
        if let Some(none) = simulation.truth(&lead, created, 0.0) {
            assert_eq!((none.probability, none.best), (0.0, 0.0));
        }
    }
}

#[test]
fn later_events_do_not_change_best() {
    let simulation = Simulation::new(500, 7);
    for index in 0..500 {
        let mut lead = simulation.lead(index);
        let Some(row) = simulation.snapshot_truth(&lead) else { continue };
        lead.events
            .retain(|event| event.known_at <= row.as_of && !Origin::NOISE.contains(&event.origin));
        let again = simulation.snapshot_truth(&lead).map(|row| row.best);
        assert_eq!(again, Some(row.best));
    }
}
