//! The event log of one lead, while it is written.

use std::net::Ipv4Addr;

use leadscore_features::Time;

use crate::calendar::{after, observed_until};
use crate::parameters::{LATE_MEANS, LATE_SHARE, Lateness};
use crate::random::Random;
use crate::record::{Event, EventId, Kind, LeadId, Origin};

pub(crate) struct Log {
    pub(crate) lead: u64,
    pub(crate) created: Time,
    pub(crate) events: Vec<Event>,
    /// The address that the lead's own web events come from.
    pub(crate) ip: Ipv4Addr,
    next: u32,
}

impl Log {
    pub(crate) fn new(lead: u64, created: Time, random: &mut Random) -> Self {
        // The first part is one of public networks that nobody here simulates.
        let ip = Ipv4Addr::new(
            80 + random.below(12) as u8,
            random.below(256) as u8,
            random.below(256) as u8,
            1 + random.below(254) as u8,
        );
        Self { lead, created, events: Vec::with_capacity(32), ip, next: 0 }
    }

    /// A new event at an age in days, known at once and without properties.
    pub(crate) fn event(&mut self, kind: Kind, age: f64, origin: Origin) -> Event {
        let at = after(self.created, age);
        self.next += 1;
        Event {
            lead_id: LeadId::Known(self.lead),
            kind,
            at,
            known_at: at,
            event_id: EventId { lead: self.lead, number: self.next },
            page: None,
            depth: None,
            email_type: None,
            channel: None,
            value: None,
            ip: None,
            message: None,
            attribute: None,
            to: None,
            origin,
        }
    }

    /// A page view from the lead's own address.
    pub(crate) fn page(
        &mut self,
        age: f64,
        origin: Origin,
        page: &'static str,
        depth: u8,
    ) -> Event {
        let mut event = self.event(Kind::PageView, age, origin);
        event.page = Some(page);
        event.depth = Some(depth);
        event.channel = Some("web");
        event.ip = Some(self.ip);
        event
    }

    /// A new value of an attribute.
    pub(crate) fn set(&mut self, age: f64, attribute: &'static str, to: String) -> Event {
        let mut event = self.event(Kind::Set, age, Origin::History);
        event.attribute = Some(attribute);
        event.to = Some(to);
        event
    }

    /// Adds an event, if it is known by the end of observation.
    pub(crate) fn push(&mut self, event: Event) {
        if event.known_at <= observed_until() {
            self.events.push(event);
        }
    }
}

/// How many days late an event of this group is known; mostly 0.
pub(crate) fn delay(random: &mut Random, lateness: Lateness) -> f64 {
    if lateness == Lateness::Never || !random.chance(LATE_SHARE[lateness as usize]) {
        return 0.0;
    }
    let mean = random.one_of(&LATE_MEANS);
    random.wait(mean)
}
