//! After the end: what customers buy, what sales fills in, what a closed lead still does.

use crate::calendar::observed_until;
use crate::log::Log;
use crate::random::Random;
use crate::record::{EmailType, Kind, Lead, Origin, Outcome};

/// Mean days between purchases of the three kinds of customers, and their usual amounts in EUR.
const CUSTOMERS: [(f64, f64); 3] = [(18.0, 300.0), (50.0, 1_200.0), (140.0, 4_000.0)];
const CUSTOMER_MIX: [f64; 3] = [0.3, 0.45, 0.25];
/// Mean days that a customer stays.
const LOYALTY: f64 = 260.0;
/// Rate per day at which a customer reads the documentation.
const READING: f64 = 0.03;
/// Rate per day at which a closed lead looks by.
const PASSING_BY: f64 = 0.002;
/// Share of missing `employees` that sales fills in after a win.
const BACKFILLED: f64 = 0.6;
/// EUR a year, by size of the company.
const CONTRACT: [f64; 6] = [2_000.0, 5_000.0, 12_000.0, 30_000.0, 60_000.0, 110_000.0];
const WON_REASONS: [&str; 4] = ["price", "integration", "support", "recommendation"];

/// Writes what follows the outcome into the log and into the lead's row. `size` and `employees` are
/// the company's true ones.
pub(crate) fn follow(
    random: &mut Random,
    outcome: &Outcome,
    size: usize,
    employees: u32,
    lead: &mut Lead,
    log: &mut Log,
) {
    let last = observed_until().days_since(log.created);
    if let Some(at) = outcome.converted_at {
        let start = at.days_since(log.created);
        customer(random, start, last, size, log);
        lead.lifecycle = "customer";
        let event = log.set(start, "lifecycle", lead.lifecycle.to_owned());
        log.push(event);
        if lead.employees.is_none() && random.chance(BACKFILLED) {
            lead.employees = Some(employees);
            let event = log.set(start, "employees", employees.to_string());
            log.push(event);
        }
        lead.contract_value = Some((CONTRACT[size] * libm::exp(0.4 * random.bell())).round());
        lead.closing_call_minutes = random.chance(0.95).then(|| 10 + random.below(50) as u16);
        lead.won_reason = random.chance(0.85).then(|| random.one_of(&WON_REASONS));
    } else if let Some(at) = outcome.closed_at {
        let start = at.days_since(log.created);
        lead.lifecycle = "closed";
        let event = log.set(start, "lifecycle", lead.lifecycle.to_owned());
        log.push(event);
        lead.closing_call_minutes = random.chance(0.04).then(|| 3 + random.below(12) as u16);
        let mut age = start + random.wait(1.0 / PASSING_BY);
        while age < last {
            let event = log.page(age, Origin::After, "/", 1);
            log.push(event);
            age += random.wait(1.0 / PASSING_BY);
        }
    }
}

fn customer(random: &mut Random, start: f64, last: f64, size: usize, log: &mut Log) {
    let (gap, amount) = CUSTOMERS[random.weighted(&CUSTOMER_MIX, 1.0)];
    let end = last.min(start + random.wait(LOYALTY));
    let usual = amount * (1.0 + size as f64) * libm::exp(0.5 * random.bell());
    // The first purchase is the conversion itself.
    let mut age = start;
    while age < end {
        let mut event = log.event(Kind::Purchase, age, Origin::After);
        let value = usual * libm::exp(0.35 * random.bell());
        event.value = Some((value * 100.0).round() / 100.0);
        event.channel = Some("sales");
        log.push(event);
        age += random.wait(gap);
    }
    let mut age = start + random.wait(1.0 / READING);
    while age < end {
        let event = log.page(age, Origin::After, "/docs/start", 1 + random.below(10) as u8);
        log.push(event);
        age += random.wait(1.0 / READING);
    }
    for week in 1..=3 {
        let age = start + 7.0 * f64::from(week);
        if age < last {
            let mut event = log.event(Kind::EmailSent, age, Origin::After);
            event.email_type = Some(EmailType::Onboarding);
            event.channel = Some("email");
            log.push(event);
        }
    }
}
