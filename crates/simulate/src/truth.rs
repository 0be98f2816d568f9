//! The exact probabilities that follow from what nobody sees of a lead, and without it. The
//! derivation is in the documentation of the crate.

use crate::calendar::Calendar;
use crate::chain::{backward, forward, weigh};
use crate::latent::{closing_rate, conversion_rate, depth_given, survey_given};
use crate::parameters::{
    ACTS, Act, ByIntent, CLICKED, CLICKING_FLOOR, CLICKING_MEAN, FITS, INTENTS, LATE_MEANS,
    LATE_SHARE, NEEDS, OPENED, OPENING_FLOOR, OPENING_MEAN, TRANSITIONS, first_intent,
};
use crate::record::{Event, Kind, Origin, SimulatedLead};

/// The process of [`ACTS`] that an event belongs to; `None` for emails and `set` events.
fn process(event: &Event) -> Option<&'static Act> {
    ACTS.iter().find(|act| {
        act.kind == event.kind && event.page.is_none_or(|page| act.pages.contains(&page))
    })
}

/// Days of `from..to` on which an event would be known at `until`, where this share is late.
fn known_days(from: f64, to: f64, until: f64, share: f64) -> f64 {
    let unknown = |mean: f64| {
        mean * (libm::exp((to - until) / mean) - libm::exp((from - until) / mean)) / 2.0
    };
    (to - from) - share * LATE_MEANS.iter().map(|mean| unknown(*mean)).sum::<f64>()
}

/// Probability that an act which follows with this floor and mean has not come after `days`.
fn not_yet(days: f64, floor: f64, mean: f64) -> f64 {
    if days <= floor { 1.0 } else { libm::exp((floor - days) / mean) }
}

/// Exact probabilities of converting.
pub(crate) struct Oracle<'a> {
    pub(crate) calendar: &'a Calendar,
    pub(crate) lead: &'a SimulatedLead,
}

impl Oracle<'_> {
    /// Probability of converting within `horizon` days of `age`, given the true state.
    pub(crate) fn probability(&self, age: f64, horizon: f64) -> f64 {
        let latent = &self.lead.latent;
        if latent.junk {
            return 0.0;
        }
        let ahead = self.ahead(usize::from(latent.fit), age, horizon);
        ahead[usize::from(latent.need)][latent.intent(age)]
    }

    /// The same given what was known at `age`.
    pub(crate) fn best(&self, age: f64, horizon: f64) -> f64 {
        if self.lead.latent.junk {
            return 0.0;
        }
        let belief = self.belief(age);
        let mut total = 0.0;
        let mut sum = 0.0;
        for (fit, needs) in belief.iter().enumerate() {
            let ahead = self.ahead(fit, age, horizon);
            for (weights, values) in needs.iter().zip(&ahead) {
                total += weights.iter().sum::<f64>();
                sum +=
                    weights.iter().zip(values).map(|(weight, value)| weight * value).sum::<f64>();
            }
        }
        sum / total
    }

    /// Probability of converting within the horizon from each state, `[need][intent]`: the
    /// backward recursion.
    fn ahead(&self, fit: usize, age: f64, horizon: f64) -> [ByIntent; NEEDS] {
        let end = age + horizon;
        let mut ahead = [[0.0; INTENTS]; NEEDS];
        for day in (age as u32..=end as u32).rev() {
            let length = (f64::from(day) + 1.0).min(end) - f64::from(day).max(age);
            let (mut happens, mut goes_on) = ([0.0; INTENTS], [0.0; INTENTS]);
            for intent in 0..INTENTS {
                let converts = self.conversion_rate(intent, fit, day);
                let ends = converts + closing_rate(intent, fit);
                goes_on[intent] = libm::exp(-ends * length);
                happens[intent] = converts / ends * (1.0 - goes_on[intent]);
            }
            for (need, values) in ahead.iter_mut().enumerate() {
                *values = backward(values, &TRANSITIONS[need], &happens, &goes_on);
            }
        }
        ahead
    }

    /// Weights of the states at `age` given all that was known, `[fit][need][intent]`: the forward
    /// algorithm. They add up to something positive, not to 1.
    fn belief(&self, age: f64) -> [[ByIntent; NEEDS]; FITS] {
        let form = &self.lead.latent.form;
        let prior = form.prior();
        let mut belief: [[ByIntent; NEEDS]; FITS] = std::array::from_fn(|fit| {
            std::array::from_fn(|need| {
                first_intent(form.source, need).map(|chance| chance * prior[need][fit])
            })
        });
        let seen = self.likelihoods(age);
        for (day, likelihood) in seen.iter().enumerate() {
            let length = (age - day as f64).min(1.0);
            for (fit, needs) in belief.iter_mut().enumerate() {
                let going: ByIntent = std::array::from_fn(|intent| {
                    let converts = self.conversion_rate(intent, fit, day as u32);
                    let ends = converts + closing_rate(intent, fit);
                    likelihood[intent] * libm::exp(-ends * length)
                });
                for (need, weights) in needs.iter_mut().enumerate() {
                    weigh(weights, &going);
                    if day + 1 < seen.len() {
                        *weights = forward(weights, &TRANSITIONS[need]);
                    }
                }
            }
            let total: f64 = belief.iter().flatten().flatten().sum();
            belief.iter_mut().flatten().flatten().for_each(|weight| *weight /= total);
        }
        belief
    }

    /// How likely each intent makes what was known of each day, the day of `age` included.
    fn likelihoods(&self, age: f64) -> Vec<ByIntent> {
        let lead = self.lead;
        let created = lead.lead.created_at;
        let mut days: Vec<ByIntent> = (0..=age as u32)
            .map(|day| {
                let from = f64::from(day);
                let to = (from + 1.0).min(age);
                let activity = self.calendar.activity(created, day);
                let known = LATE_SHARE.map(|share| activity * known_days(from, to, age, share));
                std::array::from_fn(|intent| {
                    let expected: f64 = ACTS
                        .iter()
                        .map(|act| act.rates[intent] * known[act.lateness as usize])
                        .sum();
                    libm::exp(-expected)
                })
            })
            .collect();
        let is_known = |event: &&Event| {
            event.origin == Origin::Genuine
                && event.at.days_since(created) <= age
                && event.known_at.days_since(created) <= age
        };
        for event in lead.events.iter().filter(is_known) {
            let at = event.at.days_since(created);
            let factor: ByIntent = match event.kind {
                Kind::EmailSent => self.email_given(event, age),
                _ => match process(event) {
                    Some(act) => std::array::from_fn(|intent| {
                        let depth = event.depth.map_or(1.0, |depth| depth_given(intent, depth));
                        let score = match (event.kind, event.value) {
                            (Kind::Survey, Some(score)) => survey_given(intent, score),
                            _ => 1.0,
                        };
                        act.rates[intent] * depth * score
                    }),
                    None => continue,
                },
            };
            let Some(likelihood) = days.get_mut(at as usize) else { continue };
            weigh(likelihood, &factor);
            // Only the proportions matter; a busy day must not become 0.
            let largest = likelihood.iter().fold(0.0_f64, |most, value| most.max(*value));
            likelihood.iter_mut().for_each(|value| *value /= largest);
        }
        days
    }

    /// How likely each intent makes what was known of an email that was sent.
    fn email_given(&self, sent: &Event, age: f64) -> ByIntent {
        let created = self.lead.lead.created_at;
        let now = |event: &Event| event.at.days_since(created);
        let followed = |kind: Kind| {
            self.lead.events.iter().find(|event| {
                event.origin == Origin::Genuine
                    && event.kind == kind
                    && event.message == Some(sent.event_id)
                    && now(event) <= age
            })
        };
        if followed(Kind::Bounce).is_some() {
            return [1.0; INTENTS];
        }
        let Some(opened) = followed(Kind::EmailOpened) else {
            let yet = not_yet(age - now(sent), OPENING_FLOOR, OPENING_MEAN);
            return OPENED.map(|chance| 1.0 - chance + chance * yet);
        };
        if followed(Kind::EmailClicked).is_some() {
            return std::array::from_fn(|intent| OPENED[intent] * CLICKED[intent]);
        }
        let yet = not_yet(age - now(opened), CLICKING_FLOOR, CLICKING_MEAN);
        std::array::from_fn(|intent| {
            OPENED[intent] * (1.0 - CLICKED[intent] + CLICKED[intent] * yet)
        })
    }

    fn conversion_rate(&self, intent: usize, fit: usize, day: u32) -> f64 {
        conversion_rate(intent, fit, self.calendar, self.lead.lead.created_at, day)
    }
}

#[cfg(test)]
mod tests {
    use leadscore_features::Time;

    use super::*;
    use crate::Simulation;
    use crate::parameters::{DEPTH, Lateness, SENDING, SURVEY};

    /// Probability that an event which is late with this share is known after `days`.
    fn known_after(days: f64, share: f64) -> f64 {
        let late = LATE_MEANS.iter().map(|mean| (-days / mean).exp()).sum::<f64>() / 2.0;
        1.0 - share * late
    }

    /// The likelihood of what is known of a day, term by term, with the known days by the midpoint
    /// rule.
    fn day_likelihood(lead: &SimulatedLead, calendar: &Calendar, day: u32, age: f64) -> ByIntent {
        let created = lead.lead.created_at;
        let (from, to) = (f64::from(day), (f64::from(day) + 1.0).min(age));
        let steps = 2_000;
        let width = (to - from) / f64::from(steps);
        let integral = |share: f64| -> f64 {
            (0..steps)
                .map(|step| {
                    known_after(age - from - (f64::from(step) + 0.5) * width, share) * width
                })
                .sum()
        };
        let known = LATE_SHARE.map(integral);
        let mut result = [1.0; INTENTS];
        for (intent, likelihood) in result.iter_mut().enumerate() {
            for act in &ACTS {
                let mean = act.rates[intent]
                    * calendar.activity(created, day)
                    * known[act.lateness as usize];
                *likelihood *= (-mean).exp();
            }
            for event in &lead.events {
                let at = event.at.days_since(created);
                let seen = event.known_at.days_since(created) <= age && at <= age;
                if event.origin != Origin::Genuine || !seen || at < from || at >= from + 1.0 {
                    continue;
                }
                let age_of = |kind: Kind| {
                    let mut followers = lead.events.iter().filter(|other| {
                        other.kind == kind
                            && other.origin == Origin::Genuine
                            && other.message == Some(event.event_id)
                    });
                    let age_of_it = followers.next().map(|it| it.at.days_since(created));
                    age_of_it.filter(|at| *at <= age)
                };
                if event.kind == Kind::EmailSent && age_of(Kind::Bounce).is_none() {
                    let come = |since: f64, floor: f64, mean: f64| {
                        1.0 - (-(age - since - floor).max(0.0) / mean).exp()
                    };
                    let open = OPENED[intent];
                    let click = CLICKED[intent];
                    *likelihood *= match (age_of(Kind::EmailOpened), age_of(Kind::EmailClicked)) {
                        (Some(_), Some(_)) => open * click,
                        (Some(opened), None) => {
                            open * (1.0 - click * come(opened, CLICKING_FLOOR, CLICKING_MEAN))
                        }
                        _ => 1.0 - open * come(at, OPENING_FLOOR, OPENING_MEAN),
                    };
                }
                if let Some(act) = process(event) {
                    *likelihood *= act.rates[intent];
                    if let Some(depth) = event.depth {
                        *likelihood *= DEPTH[intent].powi(i32::from(depth) - 1)
                            * if depth < 10 { 1.0 - DEPTH[intent] } else { 1.0 };
                    }
                    if event.kind == Kind::Survey {
                        let yes = event.value.unwrap();
                        *likelihood *=
                            SURVEY[intent].powf(yes) * (1.0 - SURVEY[intent]).powf(10.0 - yes);
                    }
                }
            }
        }
        result
    }

    /// Probability of converting before `end` from a state at `age`, in small steps of time.
    fn stepped(
        calendar: &Calendar,
        created: Time,
        (fit, need, intent): (usize, usize, usize),
        (age, end): (f64, f64),
    ) -> f64 {
        let mut here = [0.0; INTENTS];
        here[intent] = 1.0;
        let mut converted = 0.0;
        let mut now = age;
        while now < end {
            let day = now as u32;
            let until = (f64::from(day) + 1.0).min(end);
            let steps = 400;
            let width = (until - now) / f64::from(steps);
            for _ in 0..steps {
                for (state, mass) in here.iter_mut().enumerate() {
                    let rate = conversion_rate(state, fit, calendar, created, day);
                    // Half a step of loss first makes the error of a step third order.
                    let ends = rate + closing_rate(state, fit);
                    let middle = *mass * (1.0 - ends * width / 2.0);
                    converted += middle * rate * width;
                    *mass -= middle * ends * width;
                }
            }
            here = std::array::from_fn(|to| {
                (0..INTENTS).map(|from| here[from] * TRANSITIONS[need][from][to]).sum()
            });
            now = until;
        }
        converted
    }

    #[test]
    fn best_is_the_sum_over_every_path() {
        let simulation = Simulation::new(400, 4);
        let calendar = Calendar::new();
        let (age, horizon) = (3.4, 5.3);
        let mut compared = 0;
        for index in 0..400 {
            let lead = simulation.lead(index);
            let created = lead.lead.created_at;
            let as_of = crate::calendar::after(created, age);
            let age = as_of.days_since(created);
            let early = lead.events.iter().filter(|event| {
                event.origin == Origin::Genuine
                    && (0.0..age).contains(&event.at.days_since(created))
            });
            let busy = early.count() >= 4;
            let Some(row) = simulation.truth(&lead, as_of, horizon).filter(|_| busy) else {
                continue;
            };
            if lead.latent.junk {
                assert_eq!(row.best, 0.0);
                continue;
            }
            let seen: Vec<ByIntent> =
                (0..4).map(|day| day_likelihood(&lead, &calendar, day, age)).collect();
            let prior = lead.latent.form.prior();
            let (mut sum, mut total) = (0.0, 0.0);
            for fit in 0..FITS {
                for (need, prior) in prior.iter().enumerate() {
                    let ahead: ByIntent = std::array::from_fn(|intent| {
                        stepped(&calendar, created, (fit, need, intent), (age, age + horizon))
                    });
                    if (fit, need) == (usize::from(lead.latent.fit), usize::from(lead.latent.need))
                    {
                        let true_value = ahead[lead.latent.intent(age)];
                        assert!((row.probability - true_value).abs() < 1e-7);
                    }
                    for path in 0..INTENTS.pow(4) {
                        let state = |day: u32| path / INTENTS.pow(day) % INTENTS;
                        let mut weight =
                            prior[fit] * first_intent(lead.lead.source, need)[state(0)];
                        for day in 0..4 {
                            let intent = state(day);
                            let length = (age - f64::from(day)).min(1.0);
                            let ends = conversion_rate(intent, fit, &calendar, created, day)
                                + closing_rate(intent, fit);
                            weight *= seen[day as usize][intent] * (-ends * length).exp();
                            if day > 0 {
                                weight *= TRANSITIONS[need][state(day - 1)][intent];
                            }
                        }
                        total += weight;
                        sum += weight * ahead[state(3)];
                    }
                }
            }
            let expected = sum / total;
            assert!(
                (row.best - expected).abs() < 1e-6 * expected.max(1e-3),
                "{index} {} {expected}",
                row.best
            );
            compared += 1;
        }
        assert!(compared > 20, "{compared}");
    }

    #[test]
    fn known_days_are_the_integral() {
        for share in LATE_SHARE {
            let (from, to, until) = (3.0, 3.7, 5.0);
            let steps = 10_000;
            let width = (to - from) / f64::from(steps);
            let sum: f64 = (0..steps)
                .map(|step| known_after(until - from - (f64::from(step) + 0.5) * width, share))
                .sum();
            assert!((known_days(from, to, until, share) - sum * width).abs() < 1e-9);
        }
    }

    #[test]
    fn acts_of_one_lateness_have_one_share_and_pages_one_process() {
        assert_eq!(LATE_SHARE[Lateness::Never as usize], 0.0);
        assert!(SENDING.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let pages: Vec<_> = ACTS.iter().flat_map(|act| act.pages).collect();
        let different: std::collections::HashSet<_> = pages.iter().collect();
        assert_eq!(pages.len(), different.len());
    }
}
