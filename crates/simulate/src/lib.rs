//! Leads, accounts, events and outcomes of a company that sells to companies, over two years, from
//! a model that is stated here and whose best possible score is known exactly.
//!
//! Nothing of leadscore's own signals or models is in it: the probability of converting comes from
//! a hidden process, not from what a log shows, and is not logistic in anything that can be counted.
//!
//! # The model
//!
//! A lead has three hidden things. **Fit** (five classes) is drawn from points that its attributes
//! have, which are added up; **need** (yes or no) is drawn from its source, and that of the ads gets
//! rarer over the two years while the ads get more; **intent** (dormant, browsing, evaluating,
//! buying) is a Markov chain over the lead's days, 24 hours each from its creation, that climbs with
//! a need and decays without. While a lead is open, on each of its days `d`
//!
//! - acts of every kind (a page, a demo request, ...) come as a Poisson process of rate
//!   `rate(kind, intent) x activity(d)`, where activity is the weekend's and the season's;
//! - marks (how far a page is read, a survey's score, whether an email we sent is opened, then
//!   clicked) are drawn by intent; emails are sent whatever the lead does;
//! - it converts at the rate `r / (1 + r / 0.08)` with `r = base(intent) x multiple(fit) x season(d)
//!   x drift(d) x age / (age + 7 days)`, and is closed at a rate by intent and fit.
//!
//! Some acts are known late. Fields are missing at random, by their own value (title, size), or by
//! need (phone, budget, optional fields). Afterwards customers buy, and sales fills in columns that
//! give the outcome away ([`noise::LEAK_COLUMNS`]). [`noise::NOISE`] lists what else is in the log,
//! none of which depends on anything hidden. Junk leads never convert; they can be told by their
//! names.
//!
//! # The best possible score
//!
//! Write `s` for intent, `c` for fit and need, `q(s, c, d)` for the rate of converting and `e(s, c)`
//! of being closed, `T` for the transitions. All rates are constant within a day, so within a part
//! of it of length `t` a lead converts with probability `q / (q + e) (1 - exp(-(q + e) t))` and stays
//! open with probability `exp(-(q + e) t)`. The probability of converting before the end of the
//! horizon, from a state on day `d`, is therefore the **backward recursion**
//!
//! ```text
//! V(s, c, d) = converts(s, c, d) + open(s, c, d) x sum over s' of T_c(s, s') V(s', c, d + 1)
//! ```
//!
//! with 0 after the last day; the first and the last day may be parts. [`TruthRow::probability`] is
//! `V` at the true state. [`TruthRow::best`] is its mean over the states given all that was known at
//! `as_of`, by the **forward algorithm** (L. Rabiner, A tutorial on hidden Markov models, Proc. IEEE
//! 77, 1989, eq. 19-21):
//!
//! ```text
//! a(s, c, 0)     = P(c | form) P(s | need, source)
//! a(s', c, d + 1) = sum over s of a(s, c, d) open(s, c, d) seen(s, d) T_c(s, s')
//! best           = sum of a(s, c, D) V(s, c, D) / sum of a(s, c, D)
//! ```
//!
//! The factor `open` says that the lead has neither converted nor been closed so far. `seen` is the
//! likelihood of what is known of the day: of Poisson processes, up to factors that are the same for
//! every state, `product of rate^count x exp(-rate x known days)`, times the marks' probabilities.
//! An act of a process whose acts are late with probability `p`, by a delay with mean `m`, is known
//! at `as_of` with a probability that depends on when it happened; a Poisson process thinned so is a
//! Poisson process again, and its *known days* are the integral of that probability over the day,
//! which has a closed form. An email without an open counts as not opened *yet*. `P(c | form)` sums
//! over the values of missing fields with the probability that they are missing; see the source of
//! `form`. By the tower property `best` is calibrated, the mean of `probability` among leads with
//! equal knowledge is `best`, and no score of what is known at `as_of` has a lower expected log loss
//! or Brier score; ranking by it maximises the expected AUC.
//!
//! *What is known* is the lead's own row as of then (attributes with a history at their first value)
//! and its own events; leads of one account share attributes, but nothing hidden.
//!
//! # Cost
//!
//! A lead takes about 10 microseconds of one core, a row of truth at the usual snapshot about 80 more:
//! the backward recursion goes through every day of the horizon for every class of fit.

mod calendar;
mod chain;
mod configuration;
mod course;
mod customer;
mod form;
mod latent;
mod log;
pub mod noise;
mod parameters;
mod random;
mod record;
mod simulation;
mod titles;
mod truth;
mod words;

pub use calendar::{observed_from, observed_until};
pub use latent::{Intent, Latent, Stay};
pub use noise::HISTORY_COLUMNS;
pub use record::{
    EmailType, Event, EventId, Kind, Lead, LeadId, Origin, Outcome, SimulatedLead, Source, TruthRow,
};
pub use simulation::{HORIZON, SNAPSHOT_AGE, Simulation};
