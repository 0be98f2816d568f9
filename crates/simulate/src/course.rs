//! A lead's course from its creation to its end: intent, acts, emails, conversion or closing.
//!
//! Rates are constant within a lead's day, so waiting times are exponential; candidates come at a
//! rate that is never exceeded and are kept in proportion (Lewis and Shedler 1979, thinning), which
//! gives exactly the stated process without a step for every day.

use leadscore_features::Time;

use crate::calendar::{Calendar, after, observed_until};
use crate::latent::{Intent, Stay, closing_rate, conversion_rate};
use crate::log::{Log, delay};
use crate::parameters::{
    ACTS, CLICKED, CLICKING_FLOOR, CLICKING_MEAN, CONVERSION, CONVERSION_BY_FIT, CONVERSION_DRIFT,
    CONVERSION_SEASON, DEPTH, INTENTS, OPENED, OPENING_FLOOR, OPENING_MEAN, SENDING, SURVEY,
    TRANSITIONS, first_intent,
};
use crate::random::Random;
use crate::record::{EmailType, Event, Kind, Origin, Outcome, Source};
use crate::words::Mail;

/// What a course depends on.
pub(crate) struct Lead {
    pub(crate) source: Source,
    pub(crate) need: usize,
    pub(crate) fit: usize,
    pub(crate) junk: bool,
    pub(crate) mail: Mail,
    /// Whether a machine opens and clicks every email first.
    pub(crate) scanned: bool,
}

/// Rate at which junk is closed, per day; and at which it looks at the first page.
const JUNK_CLOSING: f64 = 0.02;
const JUNK_ACTS: f64 = 0.01;
/// Share of emails that bounce: corporate, free, disposable addresses, and those of junk.
const BOUNCES: [f64; 3] = [0.01, 0.01, 0.25];
const JUNK_BOUNCES: f64 = 0.8;

/// What happens to a candidate.
enum Turn {
    Act(usize),
    Send,
    Convert,
    Close,
}

/// Writes the course into the log. Gives the levels of intent and the outcome.
pub(crate) fn run(
    random: &mut Random,
    noise: &mut Random,
    calendar: &Calendar,
    lead: &Lead,
    log: &mut Log,
) -> (Vec<Stay>, Outcome) {
    let created = log.created;
    let last = observed_until().days_since(created);
    let mut intent = random.weighted(first_intent(lead.source, lead.need), 1.0);
    let mut stays = Vec::with_capacity(8);
    let mut mailing = Mailing { subscribed: true, qualified: false };
    let mut day = 0u32;
    loop {
        stays.push(Stay { from_day: day, intent: Intent::ALL[intent] });
        let row = &TRANSITIONS[lead.need][intent];
        let leaves = day.saturating_add(days_until(random, 1.0 - row[intent]));
        let until = f64::from(leaves).min(last);
        let end = stay(random, noise, calendar, lead, log, &mut mailing, intent, (day, until));
        if let Some((turn, age)) = end {
            let at = Some(after(created, age));
            let outcome = match turn {
                Turn::Convert => Outcome { converted_at: at, closed_at: None },
                _ => Outcome { converted_at: None, closed_at: at },
            };
            return (stays, outcome);
        }
        if f64::from(leaves) >= last {
            return (stays, Outcome::default());
        }
        day = leaves;
        intent = move_on(random, row, intent);
    }
}

/// Whole days until something happens that has this probability every day.
fn days_until(random: &mut Random, probability: f64) -> u32 {
    // The inverse of the geometric distribution; at least one day.
    let days = libm::log(1.0 - random.unit()) / libm::log1p(-probability);
    1 + days.min(1e6) as u32
}

/// Another level of intent than this one.
fn move_on(random: &mut Random, row: &[f64; INTENTS], intent: usize) -> usize {
    let mut others = *row;
    others[intent] = 0.0;
    random.weighted(&others, 1.0 - row[intent])
}

struct Mailing {
    subscribed: bool,
    qualified: bool,
}

/// The days of one level of intent, from the first of `span` to its end. Gives what ended the
/// course, if something did.
#[expect(clippy::too_many_arguments, reason = "one caller, and every argument is a thing apart")]
fn stay(
    random: &mut Random,
    noise: &mut Random,
    calendar: &Calendar,
    lead: &Lead,
    log: &mut Log,
    mailing: &mut Mailing,
    intent: usize,
    span: (u32, f64),
) -> Option<(Turn, f64)> {
    let created = log.created;
    let acts = if lead.junk { JUNK_ACTS } else { act_total(intent) };
    let closing = if lead.junk { JUNK_CLOSING } else { closing_rate(intent, lead.fit) };
    let converting = if lead.junk { 0.0 } else { conversion_bound(intent, lead.fit) };
    let mut age = f64::from(span.0);
    while age < span.1 {
        let (phase_end, sending) = sending(age);
        let sending = if mailing.subscribed { sending } else { 0.0 };
        let bound = acts + sending + closing + converting;
        let next = age + random.wait(1.0 / bound);
        let border = phase_end.min(span.1);
        if next >= border {
            // Waiting times have no memory: they may start again where the rates change.
            age = border;
            continue;
        }
        age = next;
        let day = age as u32;
        let activity = calendar.activity(created, day);
        let mut left = random.unit() * bound;
        let turn = if left < closing {
            Turn::Close
        } else {
            left -= closing;
            if left < converting {
                if left >= conversion_rate(intent, lead.fit, calendar, created, day) {
                    continue;
                }
                Turn::Convert
            } else {
                left -= converting;
                let of_act = left < acts;
                let share = if of_act { left / acts } else { (left - acts) / sending };
                if share >= activity {
                    continue;
                }
                if of_act {
                    Turn::Act(pick_act(lead, intent, share / activity))
                } else {
                    Turn::Send
                }
            }
        };
        match turn {
            Turn::Act(number) => act(random, log, mailing, intent, number, age),
            Turn::Send => send(random, noise, lead, log, intent, age),
            Turn::Convert | Turn::Close => return Some((turn, age)),
        }
    }
    None
}

fn act_total(intent: usize) -> f64 {
    ACTS.iter().map(|act| act.rates[intent]).sum()
}

/// The rate of converting is never above this.
fn conversion_bound(intent: usize, fit: usize) -> f64 {
    let season = CONVERSION_SEASON.iter().fold(0.0_f64, |most, season| most.max(*season));
    CONVERSION[intent] * CONVERSION_BY_FIT[fit] * season * (1.0 + CONVERSION_DRIFT)
}

/// Until when emails are sent at one rate, and that rate.
fn sending(age: f64) -> (f64, f64) {
    SENDING.iter().copied().find(|(end, _)| age < *end).unwrap_or((f64::INFINITY, 0.0))
}

/// The act at this place, from 0 to 1, of all acts' rates.
fn pick_act(lead: &Lead, intent: usize, place: f64) -> usize {
    if lead.junk {
        return 0;
    }
    let mut left = place * act_total(intent);
    for (number, act) in ACTS.iter().enumerate() {
        left -= act.rates[intent];
        if left < 0.0 {
            return number;
        }
    }
    0
}

/// How far a page is read at this level of intent.
pub(crate) fn depth(random: &mut Random, intent: usize) -> u8 {
    let mut depth = 1;
    while depth < 10 && random.chance(DEPTH[intent]) {
        depth += 1;
    }
    depth
}

fn act(
    random: &mut Random,
    log: &mut Log,
    mailing: &mut Mailing,
    intent: usize,
    number: usize,
    age: f64,
) {
    let act = &ACTS[number];
    let mut event = log.event(act.kind, age, Origin::Genuine);
    event.known_at = after(event.at, delay(random, act.lateness));
    event.channel = Some(act.channel);
    if act.channel == "web" {
        event.ip = Some(log.ip);
    }
    match act.kind {
        Kind::PageView => {
            event.page = Some(random.one_of(act.pages));
            event.depth = Some(depth(random, intent));
        }
        Kind::Survey => {
            let score = (0..10).filter(|_| random.chance(SURVEY[intent])).count();
            event.value = Some(score as f64);
        }
        Kind::Unsubscribe => mailing.subscribed = false,
        Kind::DemoRequest | Kind::TrialRequest if !mailing.qualified => {
            mailing.qualified = true;
            let mut set = log.set(age, "lifecycle", "mql".to_owned());
            set.known_at = event.known_at;
            log.push(set);
        }
        _ => {}
    }
    log.push(event);
}

/// An email and what follows from it. What the email is about, whether it bounces and whether a
/// machine reads it has nothing to do with the lead's intent.
fn send(
    random: &mut Random,
    noise: &mut Random,
    lead: &Lead,
    log: &mut Log,
    intent: usize,
    age: f64,
) {
    let about = if age < 10.0 {
        EmailType::Onboarding
    } else {
        noise.one_of(&[EmailType::Newsletter, EmailType::Newsletter, EmailType::Promotional])
    };
    let mut sent = log.event(Kind::EmailSent, age, Origin::Genuine);
    sent.email_type = Some(about);
    sent.channel = Some("email");
    let message = sent.event_id;
    log.push(sent);
    let bounces = if lead.junk { JUNK_BOUNCES } else { BOUNCES[lead.mail as usize] };
    let follow = |log: &mut Log, kind: Kind, age: f64, origin: Origin| -> Event {
        let mut event = log.event(kind, age, origin);
        event.email_type = Some(about);
        event.channel = Some("email");
        event.message = Some(message);
        event
    };
    if noise.chance(bounces) {
        let event = follow(log, Kind::Bounce, age + 3.0 / 86_400.0, Origin::Genuine);
        log.push(event);
        return;
    }
    if lead.scanned {
        let opened = age + (1.0 + noise.unit()) / 86_400.0;
        let event = follow(log, Kind::EmailOpened, opened, Origin::Scanner);
        log.push(event);
        let event = follow(log, Kind::EmailClicked, opened + 1.0 / 86_400.0, Origin::Scanner);
        log.push(event);
    }
    if lead.junk || !random.chance(OPENED[intent]) {
        return;
    }
    let opened = age + OPENING_FLOOR + random.wait(OPENING_MEAN);
    let event = follow(log, Kind::EmailOpened, opened, Origin::Genuine);
    log.push(event);
    if random.chance(CLICKED[intent]) {
        let clicked = opened + CLICKING_FLOOR + random.wait(CLICKING_MEAN);
        let event = follow(log, Kind::EmailClicked, clicked, Origin::Genuine);
        log.push(event);
    }
}

/// Marks what a lead did after its course ended: opens of emails that were sent before.
pub(crate) fn mark_after(log: &mut Log, ended: Option<Time>) {
    let Some(ended) = ended else { return };
    for event in log.events.iter_mut().filter(|event| event.at > ended) {
        if event.origin == Origin::Genuine {
            event.origin = Origin::After;
        }
    }
}
