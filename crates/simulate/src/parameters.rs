//! The numbers of the model. Rates are per day of 24 hours. Tables by intent are in the order of
//! [`crate::Intent`]; tables by source in the order of [`Source`].

use crate::record::{Kind, Source};

/// Levels of intent.
pub(crate) const INTENTS: usize = 4;
/// Classes of fit.
pub(crate) const FITS: usize = 5;
/// Classes of need.
pub(crate) const NEEDS: usize = 2;

/// A value for every level of intent.
pub(crate) type ByIntent = [f64; INTENTS];

/// Probability of each level of intent on the next day, by need and by today's level.
pub(crate) const TRANSITIONS: [[ByIntent; INTENTS]; NEEDS] = [
    [
        [0.996, 0.004, 0.0, 0.0],
        [0.120, 0.870, 0.010, 0.0],
        [0.030, 0.120, 0.835, 0.015],
        [0.010, 0.040, 0.120, 0.830],
    ],
    [
        [0.988, 0.011, 0.001, 0.0],
        [0.045, 0.920, 0.034, 0.001],
        [0.008, 0.040, 0.917, 0.035],
        [0.004, 0.008, 0.045, 0.943],
    ],
];

/// Probability of each level of intent on the first day, by need.
pub(crate) const FIRST_INTENT: [ByIntent; NEEDS] =
    [[0.42, 0.46, 0.10, 0.02], [0.12, 0.42, 0.36, 0.10]];

/// The first day's intent of a referral or a visitor of our stand, by need: they know us.
pub(crate) const FIRST_INTENT_WARM: [ByIntent; NEEDS] =
    [[0.32, 0.50, 0.15, 0.03], [0.06, 0.32, 0.44, 0.18]];

/// Probability of a real need at the start and at the end of the two years. Those of the ads fall.
pub(crate) const NEED: [[f64; 2]; 5] =
    [[0.40, 0.16], [0.30, 0.30], [0.50, 0.50], [0.36, 0.36], [0.42, 0.46]];

/// Share of the sources at the start and at the end. That of the ads rises.
pub(crate) const SOURCE_MIX: [[f64; 2]; 5] =
    [[0.22, 0.42], [0.38, 0.26], [0.12, 0.10], [0.16, 0.10], [0.12, 0.12]];

/// Rate of converting, before fit, season, drift, sales cycle and saturation.
pub(crate) const CONVERSION: ByIntent = [0.000_02, 0.000_35, 0.0045, 0.030];
/// What fit multiplies it with: little below the middle, then levelling off.
pub(crate) const CONVERSION_BY_FIT: [f64; FITS] = [0.05, 0.30, 1.0, 1.9, 2.3];
/// No lead converts faster than this: `rate / (1 + rate / CEILING)`.
pub(crate) const CONVERSION_CEILING: f64 = 0.08;
/// Days after which half of the full rate is reached: contracts take time.
pub(crate) const SALES_CYCLE: f64 = 7.0;
/// What the rate has gained by the end of the two years.
pub(crate) const CONVERSION_DRIFT: f64 = 0.15;
/// What the rate is multiplied with in each month: August and December are slow, quarters close.
pub(crate) const CONVERSION_SEASON: [f64; 12] =
    [0.90, 1.0, 1.15, 1.0, 1.0, 1.10, 0.90, 0.55, 1.10, 1.05, 1.05, 0.60];

/// Rate of being closed otherwise.
pub(crate) const CLOSING: ByIntent = [0.0075, 0.0040, 0.0015, 0.0008];
/// What fit multiplies it with.
pub(crate) const CLOSING_BY_FIT: [f64; FITS] = [2.2, 1.4, 1.0, 0.8, 0.7];

/// What all acts and emails are multiplied with on a day that begins on Saturday or Sunday.
pub(crate) const WEEKEND: f64 = 0.45;
/// And in each month.
pub(crate) const ACTIVITY_SEASON: [f64; 12] =
    [0.98, 1.0, 1.0, 1.0, 1.0, 1.0, 0.92, 0.78, 1.0, 1.0, 1.0, 0.82];

/// How late events of one group are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lateness {
    Never = 0,
    Seldom = 1,
    Sometimes = 2,
    Often = 3,
}

/// Share of late events, by [`Lateness`].
pub(crate) const LATE_SHARE: [f64; 4] = [0.0, 0.02, 0.25, 0.45];
/// Mean delays in days of a late event: half of them wait for a nightly job, half for a person.
pub(crate) const LATE_MEANS: [f64; 2] = [0.3, 8.0];

/// One Poisson process of acts: its rate depends on intent alone.
pub(crate) struct Act {
    pub(crate) kind: Kind,
    /// Pages of a `page_view`, all as likely.
    pub(crate) pages: &'static [&'static str],
    pub(crate) channel: &'static str,
    pub(crate) lateness: Lateness,
    pub(crate) rates: ByIntent,
}

/// Pages of the blog.
pub(crate) const BLOG: [&str; 5] = [
    "/blog/lead-quality",
    "/blog/pipeline-review",
    "/blog/five-metrics",
    "/blog/customer-story",
    "/blog/release-notes",
];

const DOCS: [&str; 4] = ["/docs/start", "/docs/api", "/docs/security", "/docs/integrations"];

const fn act(kind: Kind, channel: &'static str, lateness: Lateness, rates: ByIntent) -> Act {
    Act { kind, pages: &[], channel, lateness, rates }
}

const fn page(pages: &'static [&'static str], rates: ByIntent) -> Act {
    Act { kind: Kind::PageView, pages, channel: "web", lateness: Lateness::Seldom, rates }
}

/// Everything a lead does by itself, before it converts.
pub(crate) const ACTS: [Act; 20] = [
    page(&["/"], [0.0045, 0.050, 0.100, 0.160]),
    page(&BLOG, [0.0045, 0.060, 0.070, 0.050]),
    page(&DOCS, [0.0006, 0.012, 0.080, 0.120]),
    page(&["/pricing"], [0.0003, 0.008, 0.080, 0.200]),
    page(&["/pricing/enterprise"], [0.0001, 0.002, 0.020, 0.060]),
    page(&["/careers"], [0.0015, 0.007, 0.004, 0.003]),
    page(&["/demo"], [0.0002, 0.004, 0.030, 0.070]),
    act(Kind::Download, "web", Lateness::Seldom, [0.0006, 0.015, 0.040, 0.035]),
    act(Kind::Webinar, "web", Lateness::Often, [0.0005, 0.012, 0.020, 0.015]),
    act(Kind::EventAttended, "event", Lateness::Often, [0.0005, 0.006, 0.010, 0.012]),
    act(Kind::DemoRequest, "web", Lateness::Seldom, [0.0001, 0.0012, 0.014, 0.060]),
    act(Kind::TrialRequest, "web", Lateness::Seldom, [0.0001, 0.0010, 0.012, 0.040]),
    act(Kind::Call, "sales", Lateness::Sometimes, [0.0006, 0.003, 0.020, 0.060]),
    act(Kind::Meeting, "sales", Lateness::Sometimes, [0.0001, 0.0008, 0.010, 0.050]),
    act(Kind::Survey, "email", Lateness::Seldom, [0.0004, 0.003, 0.006, 0.006]),
    act(Kind::EmailReplied, "email", Lateness::Never, [0.0002, 0.002, 0.012, 0.030]),
    act(Kind::SocialClick, "social", Lateness::Seldom, [0.0020, 0.020, 0.020, 0.012]),
    act(Kind::SocialShare, "social", Lateness::Seldom, [0.0004, 0.004, 0.004, 0.004]),
    act(Kind::SocialLike, "social", Lateness::Seldom, [0.0015, 0.010, 0.010, 0.008]),
    act(Kind::Unsubscribe, "email", Lateness::Never, [0.0010, 0.0008, 0.0003, 0.0001]),
];

/// Emails we send, whatever the lead does: until which age in days, and the rate up to then.
pub(crate) const SENDING: [(f64, f64); 3] = [(30.0, 0.14), (180.0, 0.030), (1e9, 0.012)];
/// Probability that an email is opened, by intent on the day it was sent.
pub(crate) const OPENED: ByIntent = [0.10, 0.26, 0.40, 0.45];
/// Probability that an opened email is clicked.
pub(crate) const CLICKED: ByIntent = [0.08, 0.16, 0.26, 0.32];
/// An email is opened this many days after it was sent at the earliest (6 seconds); scanners are
/// faster.
pub(crate) const OPENING_FLOOR: f64 = 6.0 / 86_400.0;
/// Mean of what is added to it, in days (3 hours).
pub(crate) const OPENING_MEAN: f64 = 0.125;
/// The same for a click after an open: 2 seconds, and 40 more on average.
pub(crate) const CLICKING_FLOOR: f64 = 2.0 / 86_400.0;
/// See [`CLICKING_FLOOR`].
pub(crate) const CLICKING_MEAN: f64 = 40.0 / 86_400.0;

/// A page is read one step further with this probability, up to 10 steps.
pub(crate) const DEPTH: ByIntent = [0.55, 0.64, 0.74, 0.78];
/// A survey's score is the number of successes in 10 tries of this probability.
pub(crate) const SURVEY: ByIntent = [0.50, 0.60, 0.70, 0.74];

/// Share of leads that are no people: their names are walks over a keyboard. They never convert.
pub(crate) const JUNK: f64 = 0.03;

/// The rate at the start and at the end of the two years, at `when` from 0 to 1.
pub(crate) fn between(ends: [f64; 2], when: f64) -> f64 {
    ends[0] + (ends[1] - ends[0]) * when.clamp(0.0, 1.0)
}

/// The first day's intent of a lead from this source.
pub(crate) fn first_intent(source: Source, need: usize) -> &'static ByIntent {
    match source {
        Source::Referral | Source::Event => &FIRST_INTENT_WARM[need],
        Source::Ads | Source::Organic | Source::Partner => &FIRST_INTENT[need],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_add_up() {
        let rows = TRANSITIONS.iter().flatten().chain(&FIRST_INTENT).chain(&FIRST_INTENT_WARM);
        for row in rows {
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{row:?}");
        }
        for end in 0..2 {
            assert!((SOURCE_MIX.iter().map(|mix| mix[end]).sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
}
