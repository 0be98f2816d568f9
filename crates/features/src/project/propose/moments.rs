//! `[snapshots]`: at which age leads are looked at, and how long after that a conversion counts, by how
//! long a time the files tell of.

use super::roles::LeadGuess;
use super::write::Lines;
use crate::Time;

/// An age at which to look at leads, and a horizon, both in days, the longest first.
const MOMENTS: [(i64, i64); 5] = [(14, 90), (14, 60), (14, 30), (7, 14), (3, 7)];

/// The longest of [`MOMENTS`] that leaves snapshots to learn from and newer ones to be judged by: those
/// come one horizon and more after these, and need a horizon of their own.
fn moment_for(days: f64) -> (i64, i64) {
    let fits = |(age, horizon): &(i64, i64)| *age as f64 + 2.5 * *horizon as f64 <= days;
    MOMENTS.into_iter().find(fits).unwrap_or(MOMENTS[MOMENTS.len() - 1])
}

pub(super) fn write(
    lines: &mut Lines,
    leads: &LeadGuess<'_>,
    earliest: Option<Time>,
    until: Option<Time>,
) {
    let days = earliest.zip(until).map(|(earliest, until)| until.days_since(earliest));
    let (age, horizon) = days.map_or(MOMENTS[0], moment_for);
    let ready = leads.created.is_some() && until.is_some();
    if ready {
        lines.section("[snapshots]", "The moments a model learns from, and is asked at later.");
    } else {
        lines.blank();
        lines
            .comment("NOT FOUND: snapshots need observed_until and created in [leads]. With them:");
        lines.comment("[snapshots]");
    }
    let age_said = if age == 14 { "two weeks".to_owned() } else { format!("{age} days") };
    lines.comment(&format!("Each lead at an age of {age_said}. Or dates: at = [\"2025-01-01\", \"2025-04-01\"], or again and"));
    lines.comment("again while it is open: every = \"30d\".");
    for line in [format!("at = \"created + {age}d\""), format!("horizon = \"{horizon}d\"")] {
        if ready { lines.line(&line) } else { lines.comment(&line) }
    }
    if let Some(days) = days.filter(|_| (age, horizon) != MOMENTS[0]) {
        lines.comment(&format!(
            "The files tell of {days:.0} days: with a longer horizon few snapshots would be left."
        ));
    }
    lines.comment(
        "horizon is how long after its moment a conversion counts: about as long as a sale takes.",
    );
}
