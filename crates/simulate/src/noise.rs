//! What real logs hold besides what leads did. All of it has a stream of random numbers of its own
//! and looks at nothing but the moment a lead was created and what is already in its log, so it
//! tells nothing about intent, need, fit or outcome.

use std::net::Ipv4Addr;

use crate::calendar::after;
use crate::log::Log;
use crate::parameters::BLOG;
use crate::random::Random;
use crate::record::{Event, Kind, LeadId, Origin};
use crate::words::WALKS;

/// Shares and sizes of one kind of noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// Why such events are in the log.
    pub origin: Origin,
    /// Share of leads with any; of [`Origin::Duplicate`], share of events; of [`Origin::Scanner`],
    /// share of leads with a corporate address.
    pub share: f64,
    /// The fewest and the most events at a time. Scanners open and click every email.
    pub events: (u32, u32),
    /// What a filter can know them by.
    pub mark: &'static str,
}

/// A bot's burst: this many events within [`BURST_SECONDS`].
pub const BURST: Noise = Noise {
    origin: Origin::Bot,
    share: 0.03,
    events: (24, 60),
    mark: "at least 24 page views within 6 seconds",
};

/// How long a burst takes, in seconds.
pub const BURST_SECONDS: f64 = 6.0;

/// Every kind of noise among the events.
pub const NOISE: [Noise; 7] = [
    BURST,
    Noise {
        origin: Origin::Scanner,
        share: 0.12,
        events: (2, 2),
        mark: "opened and clicked 1 to 3 seconds after email_sent; people take 6 or more",
    },
    Noise {
        origin: Origin::Duplicate,
        share: 0.03,
        events: (1, 1),
        mark: "an event id seen before, known later",
    },
    Noise {
        origin: Origin::Internal,
        share: 0.03,
        events: (2, 6),
        mark: "an address in 10.0.0.0/8",
    },
    Noise {
        origin: Origin::BeforeCreated,
        share: 0.08,
        events: (1, 4),
        mark: "before the lead was created",
    },
    Noise { origin: Origin::Future, share: 0.02, events: (1, 2), mark: "at after known_at" },
    Noise { origin: Origin::Stray, share: 0.03, events: (1, 3), mark: "a lead_id of no lead" },
];

/// Columns of the table of leads that are filled in after the win. They must not be inputs.
pub const LEAK_COLUMNS: [&str; 3] = ["contract_value", "closing_call_minutes", "won_reason"];

/// Attributes whose latest value tells of the outcome while their history does not: `lifecycle`
/// becomes `customer` or `closed`, and a missing `employees` is often filled in after the win.
pub const BACKFILLED_COLUMNS: [&str; 2] = ["lifecycle", "employees"];

/// Attributes with `set` events.
pub const HISTORY_COLUMNS: [&str; 3] = ["employees", "job_title", "lifecycle"];

/// The attribute that must not be scored on.
pub const SENSITIVE_COLUMNS: [&str; 1] = ["age"];

/// Whether a name is that of a junk lead: a walk over the keyboard, or `test test`. No real lead
/// has such a name, and no junk lead another.
pub fn is_junk_name(name: &str) -> bool {
    name.split_once(' ').is_some_and(|(first, last)| first == last && WALKS.contains(&first))
}

const PAGES: [&str; 6] =
    ["/", "/pricing", "/docs/start", "/demo", "/careers", "/pricing/enterprise"];
/// Mean age of a lead in days when a burst or one of us comes.
const MEAN_AGE: f64 = 40.0;

/// The number and the sizes of this kind of noise.
fn of(origin: Origin) -> Noise {
    NOISE.into_iter().find(|noise| noise.origin == origin).unwrap_or(BURST)
}

/// How many events of this kind a lead has; mostly 0.
fn count(random: &mut Random, origin: Origin) -> u32 {
    let noise = of(origin);
    if !random.chance(noise.share) {
        return 0;
    }
    noise.events.0 + random.below((noise.events.1 - noise.events.0 + 1) as usize) as u32
}

/// Whether a machine reads a corporate address first.
pub(crate) fn is_scanned(random: &mut Random) -> bool {
    random.chance(of(Origin::Scanner).share)
}

/// Adds everything but scanners, which come with the emails, and duplicates.
pub(crate) fn add(random: &mut Random, leads: u64, log: &mut Log) {
    let start = random.wait(MEAN_AGE);
    for _ in 0..count(random, Origin::Bot) {
        let age = start + random.unit() * BURST_SECONDS / 86_400.0;
        let event = log.page(age, Origin::Bot, random.one_of(&PAGES), 1);
        log.push(event);
    }
    let start = random.wait(MEAN_AGE);
    for _ in 0..count(random, Origin::Internal) {
        let age = start + random.unit() * 0.02;
        let mut event = log.page(age, Origin::Internal, random.one_of(&PAGES), 3);
        let part = |random: &mut Random| random.below(256) as u8;
        event.ip = Some(Ipv4Addr::new(10, 0, part(random), part(random)));
        log.push(event);
    }
    for _ in 0..count(random, Origin::BeforeCreated) {
        let age = -1.0 / 24.0 - random.wait(6.0);
        let page = if random.chance(0.5) { random.one_of(&BLOG) } else { random.one_of(&PAGES) };
        let depth = 1 + random.below(5) as u8;
        let event = log.page(age, Origin::BeforeCreated, page, depth);
        log.push(event);
    }
    for _ in 0..count(random, Origin::Future) {
        let age = random.wait(MEAN_AGE);
        let mut event = log.page(age, Origin::Future, random.one_of(&PAGES), 2);
        event.at = after(event.known_at, 1.0 + random.wait(120.0));
        log.push(event);
    }
    for _ in 0..count(random, Origin::Stray) {
        let age = random.wait(MEAN_AGE);
        let mut event = log.page(age, Origin::Stray, random.one_of(&PAGES), 2);
        event.lead_id = LeadId::Stray(leads.saturating_add(log.lead));
        log.push(event);
    }
}

/// Delivers some events twice: the same id and content, a later `known_at`.
pub(crate) fn duplicate(random: &mut Random, log: &mut Log) {
    let share = of(Origin::Duplicate).share;
    let copies: Vec<Event> = log
        .events
        .iter()
        .filter(|event| event.kind != Kind::Set)
        .filter_map(|event| {
            // Drawn for every event, so that one event more or less shifts nothing else.
            let (twice, late) = (random.chance(share), random.wait(0.5));
            let known_at = after(event.known_at, late + 1.0 / 86_400.0);
            twice.then(|| Event { known_at, origin: Origin::Duplicate, ..event.clone() })
        })
        .collect();
    copies.into_iter().for_each(|copy| log.push(copy));
}
