//! What the log, the leads and the outcomes look like.

use std::collections::{HashMap, HashSet};

use leadscore_features::Time;
use leadscore_simulate::noise::{BURST_SECONDS, LEAK_COLUMNS, NOISE, Noise, is_junk_name};
use leadscore_simulate::{
    Event, HISTORY_COLUMNS, Kind, LeadId, Origin, SimulatedLead, Simulation, observed_from,
    observed_until,
};

fn leads(count: u64) -> Vec<SimulatedLead> {
    let simulation = Simulation::new(count, 1);
    (0..count).map(|index| simulation.lead(index)).collect()
}

fn with(lead: &SimulatedLead, origin: Origin) -> impl Iterator<Item = &Event> {
    lead.events.iter().filter(move |event| event.origin == origin)
}

fn seconds(later: Time, earlier: Time) -> f64 {
    later.days_since(earlier) * 86_400.0
}

#[test]
fn a_lead_depends_on_seed_and_index_alone() {
    let simulation = Simulation::new(300, 8);
    let forwards: Vec<_> = (0..300).map(|index| simulation.lead(index)).collect();
    let again = Simulation::new(300, 8);
    for index in (0..300).rev() {
        assert_eq!(again.lead(index), forwards[index as usize]);
    }
    assert_ne!(Simulation::new(300, 9).lead(7), forwards[7]);
    let more = Simulation::new(1_000, 8).lead(7);
    assert_eq!((&more.lead, &more.outcome), (&forwards[7].lead, &forwards[7].outcome));
    // Indices beyond every table are no mistake.
    assert_eq!(simulation.lead(u64::MAX).lead.lead_id, LeadId::Known(u64::MAX));
}

#[test]
fn a_seed_means_the_same_for_ever() {
    // FNV-1a over what the files of 500 leads hold. When this changes, every figure that was
    // published for a seed is void.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |text: String| {
        for byte in text.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    let micros = |time: Option<Time>| time.map_or(0, Time::micros);
    for SimulatedLead { lead, outcome, events, .. } in leads(500) {
        add(format!("{} {} {}", lead.lead_id, lead.account, lead.created_at.micros()));
        add(format!("{} {} {:?} {:?}", lead.name, lead.email, lead.job_title, lead.company));
        add(format!("{:?} {:?} {:?}", lead.industry, lead.employees, lead.country));
        add(format!("{:?} {} {:?} {}", lead.phone, lead.source, lead.budget, lead.optional_fields));
        add(format!("{:?} {:?} {:?}", lead.age, lead.lifecycle, lead.contract_value));
        add(format!("{:?} {:?}", lead.closing_call_minutes, lead.won_reason));
        add(format!("{} {}", micros(outcome.converted_at), micros(outcome.closed_at)));
        for event in events {
            add(format!("{} {} {}", event.lead_id, event.kind, event.event_id));
            add(format!("{} {} {:?}", event.at.micros(), event.known_at.micros(), event.page));
            add(format!("{:?} {:?} {:?}", event.depth, event.channel, event.ip));
            add(format!("{:?} {:?}", event.email_type.map(|about| about.as_str()), event.value));
            add(format!("{:?} {:?}", event.attribute, event.to));
        }
    }
    assert_eq!(hash, 0x25ad_8cf4_09ce_4217);
}

#[test]
fn rates_are_those_of_a_company() {
    let leads = leads(20_000);
    let count = leads.len() as f64;
    let events: usize = leads.iter().map(|lead| lead.events.len()).sum();
    assert!((18.0..26.0).contains(&(events as f64 / count)), "{events}");

    let kinds: HashSet<Kind> =
        leads.iter().flat_map(|lead| &lead.events).map(|event| event.kind).collect();
    assert_eq!(kinds.len(), Kind::ALL.len());

    let accounts: HashSet<&str> = leads.iter().map(|lead| lead.lead.account.as_str()).collect();
    assert!((0.75..0.92).contains(&(accounts.len() as f64 / count)), "{}", accounts.len());

    let share = |has: fn(&SimulatedLead) -> bool| {
        leads.iter().filter(|lead| has(lead)).count() as f64 / count
    };
    assert!((0.05..0.25).contains(&share(|lead| lead.lead.job_title.is_none())));
    assert!((0.10..0.30).contains(&share(|lead| lead.lead.employees.is_none())));
    assert!((0.05..0.15).contains(&share(|lead| lead.lead.industry.is_none())));
    assert!((0.3..0.5).contains(&share(|lead| lead.lead.age.is_none())));
    assert!((0.02..0.04).contains(&share(|lead| lead.latent.junk)));
    assert!((0.2..0.5).contains(&share(|lead| lead.latent.need)));
    let missing = |need: bool| {
        let of: Vec<_> = leads.iter().filter(|lead| lead.latent.need == need).collect();
        of.iter().filter(|lead| lead.lead.budget.is_none()).count() as f64 / of.len() as f64
    };
    assert!(missing(false) > missing(true) + 0.2, "not at random");
}

#[test]
fn what_is_known_is_known_in_time() {
    let mut late = 0;
    let mut genuine = 0;
    for lead in leads(5_000) {
        let created = lead.lead.created_at;
        assert!((observed_from()..=observed_until()).contains(&created));
        let ended = lead.outcome.ended_at();
        assert!(lead.outcome.converted_at.is_none() || lead.outcome.closed_at.is_none());
        assert!(ended.is_none_or(|at| at >= created && at <= observed_until()));
        for event in &lead.events {
            assert!(event.known_at <= observed_until());
            // A copy may be one of an event from the future.
            if event.origin != Origin::Duplicate {
                assert_eq!(event.at > event.known_at, event.origin == Origin::Future);
            }
            assert_eq!(event.page.is_some(), event.kind == Kind::PageView);
            match event.origin {
                Origin::Genuine => {
                    genuine += 1;
                    late += u32::from(event.known_at > event.at);
                    assert!(event.at >= created && ended.is_none_or(|ended| event.at <= ended));
                }
                Origin::After => assert!(ended.is_some_and(|ended| event.at >= ended)),
                _ => {}
            }
            if event.kind == Kind::Purchase {
                assert!(lead.outcome.converted_at.is_some() && event.value > Some(0.0));
            }
        }
        assert_eq!(is_junk_name(&lead.lead.name), lead.latent.junk);
        assert!(!lead.latent.junk || lead.outcome.converted_at.is_none());
    }
    let share = f64::from(late) / f64::from(genuine);
    assert!((0.02..0.08).contains(&share), "{share}");
}

#[test]
fn every_kind_of_noise_is_there_and_bears_its_mark() {
    let leads = leads(20_000);
    for Noise { origin, share, events: (fewest, most), .. } in NOISE {
        let having = leads.iter().filter(|lead| with(lead, origin).next().is_some()).count();
        let found = having as f64 / leads.len() as f64;
        match origin {
            Origin::Duplicate => {
                let (mut copies, mut all) = (0, 0);
                for lead in &leads {
                    let others = lead.events.iter().filter(|event| {
                        event.kind != Kind::Set && event.origin != Origin::Duplicate
                    });
                    all += others.count();
                    copies += with(lead, origin).count();
                }
                let found = copies as f64 / all as f64;
                assert!((found / share - 1.0).abs() < 0.1, "{origin} {found} {share}");
            }
            // Of corporate addresses, and only where an email was sent.
            Origin::Scanner => assert!((0.3..1.0).contains(&(found / share)), "{found}"),
            // What would be known after the end is not in the log.
            _ => assert!((0.7..1.1).contains(&(found / share)), "{origin} {found} {share}"),
        }
        for lead in &leads {
            let some: Vec<&Event> = with(lead, origin).collect();
            let cut = some.len() < fewest as usize;
            assert!(
                matches!(origin, Origin::Scanner | Origin::Duplicate)
                    || some.len() <= most as usize
                    || cut
            );
            for event in some {
                has_mark(lead, event);
            }
        }
    }
}

/// Fails when an event of noise does not look as its filter expects.
fn has_mark(lead: &SimulatedLead, event: &Event) {
    match event.origin {
        Origin::Bot => {
            let near = with(lead, Origin::Bot)
                .filter(|other| seconds(other.at, event.at).abs() <= BURST_SECONDS);
            assert!(near.count() >= 20);
        }
        Origin::Scanner => {
            let sent = lead.events.iter().find(|sent| Some(sent.event_id) == event.message);
            let Some(sent) = sent else { panic!("an email was sent") };
            let wait = seconds(event.at, sent.at);
            assert!((0.9..=3.1).contains(&wait), "{wait}");
        }
        Origin::Duplicate => {
            let first = lead.events.iter().find(|first| {
                first.event_id == event.event_id && first.origin != Origin::Duplicate
            });
            let Some(first) = first else { panic!("the first delivery is there") };
            assert!(event.known_at > first.known_at);
            let same = Event { known_at: first.known_at, origin: first.origin, ..event.clone() };
            assert_eq!(&same, first);
        }
        Origin::Internal => assert!(event.ip.is_some_and(|ip| ip.octets()[0] == 10)),
        Origin::BeforeCreated => assert!(event.at < lead.lead.created_at),
        Origin::Future => assert!(event.at > event.known_at),
        Origin::Stray => assert!(matches!(event.lead_id, LeadId::Stray(_))),
        _ => panic!("{} is no noise", event.origin),
    }
}

#[test]
fn people_do_not_look_like_noise() {
    for lead in leads(5_000) {
        for event in with(&lead, Origin::Genuine) {
            assert!(event.ip.is_none_or(|ip| ip.octets()[0] != 10));
            assert_eq!(event.lead_id, lead.lead.lead_id);
            if event.kind == Kind::EmailOpened {
                let sent = lead.events.iter().find(|sent| Some(sent.event_id) == event.message);
                assert!(seconds(event.at, sent.expect("an email was sent").at) > 5.9);
            }
        }
    }
}

#[test]
fn ids_repeat_for_copies_only() {
    for lead in leads(2_000) {
        let mut seen = HashMap::new();
        for event in lead.events.iter().filter(|event| event.origin != Origin::Duplicate) {
            assert!(seen.insert(event.event_id, event).is_none());
        }
    }
}

#[test]
fn histories_lead_to_the_row_of_the_lead() {
    for lead in leads(5_000) {
        for attribute in HISTORY_COLUMNS {
            let sets = lead.events.iter().filter(|event| event.attribute == Some(attribute));
            let latest =
                sets.max_by_key(|event| (event.at, event.event_id)).and_then(|e| e.to.clone());
            let row = match attribute {
                "employees" => lead.lead.employees.map(|number| number.to_string()),
                "job_title" => lead.lead.job_title.clone(),
                _ => Some(lead.lead.lifecycle.to_owned()),
            };
            assert_eq!(latest, row, "{attribute}");
        }
    }
}

#[test]
fn leaks_are_filled_in_once_won() {
    let leads = leads(10_000);
    assert_eq!(LEAK_COLUMNS.len(), 3);
    let share = |won: bool, filled: fn(&SimulatedLead) -> bool| {
        let of: Vec<_> =
            leads.iter().filter(|lead| lead.outcome.converted_at.is_some() == won).collect();
        of.iter().filter(|lead| filled(lead)).count() as f64 / of.len() as f64
    };
    assert_eq!(share(true, |lead| lead.lead.contract_value.is_some()), 1.0);
    assert_eq!(share(false, |lead| lead.lead.contract_value.is_some()), 0.0);
    assert!(share(true, |lead| lead.lead.closing_call_minutes.is_some()) > 0.9);
    assert!(share(false, |lead| lead.lead.closing_call_minutes.is_some()) < 0.05);
    assert!(share(true, |lead| lead.lead.won_reason.is_some()) > 0.8);
    assert_eq!(share(false, |lead| lead.lead.won_reason.is_some()), 0.0);
}
