//! From an index to a lead with all that belongs to it.

use leadscore_features::Time;

use crate::calendar::{Calendar, DAYS, after, observed_from, observed_until, progress};
use crate::form::{
    self, BUDGETS, COUNTRIES, Company, Form, INDUSTRIES, Person, SIZE_EDGES, SPANISH,
};
use crate::latent::Latent;
use crate::log::Log;
use crate::parameters::JUNK;
use crate::random::{Random, Stream};
use crate::record::{Lead, LeadId, SimulatedLead, TruthRow};
use crate::titles::{SENIORITIES, title};
use crate::truth::Oracle;
use crate::words::{self, Mail};
use crate::{course, customer, noise};

/// Age of a lead in days at its snapshot, unless stated otherwise.
pub const SNAPSHOT_AGE: f64 = 14.0;
/// Days within which a conversion counts, unless stated otherwise.
pub const HORIZON: f64 = 90.0;

/// Leads whose indices share this many follow each other may share an account.
const NEIGHBOURS: u64 = 8;
/// Probability that a lead joins the account of one before it among its neighbours.
const JOINS: f64 = 0.18;
/// How much more leads come at the end of the two years than at their start.
const GROWTH: f64 = 0.35;
/// Mean days between changes of a company's size, and of a person's title.
const SIZE_CHANGES: f64 = 500.0;
const TITLE_CHANGES: f64 = 1_800.0;

/// A company's leads over two years. Every lead depends on the seed and its index alone, so leads
/// may be made in any order, in parallel and in pieces.
#[derive(Clone, Debug)]
pub struct Simulation {
    leads: u64,
    seed: u64,
    calendar: Calendar,
}

impl Simulation {
    /// A simulation of this many leads. The same seed gives the same leads in every version and on
    /// every machine; a larger number of leads changes only the ids of stray events.
    pub fn new(leads: u64, seed: u64) -> Self {
        Self { leads, seed, calendar: Calendar::new() }
    }

    /// The number of leads; their indices are `0..leads()`.
    pub fn leads(&self) -> u64 {
        self.leads
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The lead of an index. Any index is valid; those from [`Self::leads`] on belong to no file.
    pub fn lead(&self, index: u64) -> SimulatedLead {
        let mut person_random = Random::new(self.seed, Stream::Person, index);
        let mut latent_random = Random::new(self.seed, Stream::Latent, index);
        let mut noise_random = Random::new(self.seed, Stream::Noise, index);
        let mut course_random = Random::new(self.seed, Stream::Course, index);
        let mut after_random = Random::new(self.seed, Stream::After, index);

        let account = self.account(index);
        let mut company_random = Random::new(self.seed, Stream::Company, account);
        let company = Company::draw(&mut company_random);
        let (company_name, domain) = words::company(&mut company_random);
        let employees = employees(&mut company_random, company.size);

        let created = created(&mut person_random);
        let (person, form) = form::draw(&mut latent_random, &company, progress(created));
        let junk = latent_random.chance(JUNK);
        let scanned = person.mail == Mail::Corporate && noise::is_scanned(&mut noise_random);
        let mut log = Log::new(index, created, &mut person_random);
        let names = Names { company: company_name, domain, account };
        let mut lead = row(&mut person_random, &person, &form, names, junk, &log);
        lead.employees = company.size_given.then_some(employees);

        first_values(&lead, &mut log);
        let plan = course::Lead {
            source: form.source,
            need: person.need,
            fit: person.fit,
            junk,
            mail: person.mail,
            scanned,
        };
        let (stays, outcome) =
            course::run(&mut course_random, &mut noise_random, &self.calendar, &plan, &mut log);
        course::mark_after(&mut log, outcome.ended_at());
        if log.events.iter().any(|event| event.to.as_deref() == Some("mql")) {
            lead.lifecycle = "mql";
        }
        later_values(&mut noise_random, &person, &form, &mut lead, &mut log);
        customer::follow(&mut after_random, &outcome, company.size, employees, &mut lead, &mut log);
        noise::add(&mut noise_random, self.leads, &mut log);
        noise::duplicate(&mut noise_random, &mut log);

        let mut events = log.events;
        events.sort_by_key(|event| (event.lead_id, event.at, event.known_at));
        let latent = Latent { need: person.need == 1, fit: person.fit as u8, junk, stays, form };
        SimulatedLead { lead, events, outcome, latent }
    }

    /// The exact probabilities of converting in `(as_of, as_of + horizon]`, and the label. `None`
    /// when the lead is not at risk at `as_of`: before it was created, after it converted or was
    /// closed, or after the end of observation; and when `horizon` (in days) is negative, not finite
    /// or above 10,000. The cost grows with the lead's age and with the horizon.
    pub fn truth(&self, lead: &SimulatedLead, as_of: Time, horizon: f64) -> Option<TruthRow> {
        let created = lead.lead.created_at;
        let over = lead.outcome.ended_at().is_some_and(|ended| ended <= as_of);
        let valid = (0.0..=10_000.0).contains(&horizon);
        if as_of < created || as_of > observed_until() || over || !valid {
            return None;
        }
        let age = as_of.days_since(created);
        let oracle = Oracle { calendar: &self.calendar, lead };
        let end = after(as_of, horizon);
        let converted = lead.outcome.converted_at.is_some_and(|at| at <= end);
        Some(TruthRow {
            lead_id: lead.lead.lead_id,
            as_of,
            probability: oracle.probability(age, horizon),
            best: oracle.best(age, horizon),
            converted: (end <= observed_until()).then_some(converted),
        })
    }

    /// [`Self::truth`] for the usual snapshot, [`SNAPSHOT_AGE`] days after creation, and the usual
    /// [`HORIZON`].
    pub fn snapshot_truth(&self, lead: &SimulatedLead) -> Option<TruthRow> {
        self.truth(lead, after(lead.lead.created_at, SNAPSHOT_AGE), HORIZON)
    }

    /// The number of a lead's account: that of the first neighbour that came with it.
    fn account(&self, index: u64) -> u64 {
        let first = index - index % NEIGHBOURS;
        let mut random = Random::new(self.seed, Stream::Accounts, first);
        let mut accounts = [0u64; NEIGHBOURS as usize];
        for place in 0..accounts.len() {
            let (joins, other) = (random.chance(JOINS), random.below(place));
            accounts[place] = if joins && place > 0 { accounts[other] } else { place as u64 };
        }
        first + accounts[(index % NEIGHBOURS) as usize]
    }
}

/// When a lead comes: at any time of the two years, more and more of them.
fn created(random: &mut Random) -> Time {
    loop {
        let when = random.unit();
        if random.chance((1.0 + GROWTH * when) / (1.0 + GROWTH)) {
            // Whole seconds, as forms are stamped.
            let seconds = (when * DAYS as f64 * 86_400.0) as i64;
            return Time::from_micros(observed_from().micros() + seconds * 1_000_000);
        }
    }
}

/// A number of employees within a band, small ones more often.
fn employees(random: &mut Random, size: usize) -> u32 {
    let (low, high) = (f64::from(SIZE_EDGES[size]), f64::from(SIZE_EDGES[size + 1]));
    let number = low * libm::exp(random.unit() * libm::log(high / low));
    (number as u32).clamp(SIZE_EDGES[size], SIZE_EDGES[size + 1] - 1)
}

struct Names {
    company: String,
    domain: String,
    account: u64,
}

fn row(
    random: &mut Random,
    person: &Person,
    form: &Form,
    names: Names,
    junk: bool,
    log: &Log,
) -> Lead {
    let spanish = SPANISH[form.country] && random.chance(0.85);
    let job_title =
        form.title.map(|(seniority, function)| title(random, seniority, function, spanish));
    let (name, email) =
        if junk { words::junk(random) } else { words::person(random, person.mail, &names.domain) };
    let (country, prefix) = COUNTRIES[form.country];
    let phone = form.phone.then(|| {
        if junk {
            format!("{prefix} 123456789")
        } else {
            format!("{prefix} {}", 600_000_000 + random.below(399_999_999))
        }
    });
    // Who writes from a private address leaves the company out more often; the address is seen.
    let unnamed = if person.mail == Mail::Corporate { 0.03 } else { 0.40 };
    Lead {
        lead_id: LeadId::Known(log.lead),
        account: format!("A{:08}", names.account),
        created_at: log.created,
        name,
        job_title,
        company: (!random.chance(unnamed)).then_some(names.company),
        industry: form.industry.map(|industry| INDUSTRIES[industry]),
        employees: None,
        country,
        email,
        phone,
        source: form.source,
        budget: form.budget.map(|range| BUDGETS[range]),
        optional_fields: form.optional,
        age: form.age,
        lifecycle: "lead",
        contract_value: None,
        closing_call_minutes: None,
        won_reason: None,
    }
}

/// The first values of attributes with a history.
fn first_values(lead: &Lead, log: &mut Log) {
    let employees = lead.employees.map(|number| ("employees", number.to_string()));
    let job_title = lead.job_title.clone().map(|title| ("job_title", title));
    let lifecycle = Some(("lifecycle", lead.lifecycle.to_owned()));
    for (attribute, to) in [employees, job_title, lifecycle].into_iter().flatten() {
        let event = log.set(0.0, attribute, to);
        log.push(event);
    }
}

/// Changes of attributes that have nothing to do with the outcome: companies grow, people rise. Fit
/// was decided when the lead came and stays.
fn later_values(random: &mut Random, person: &Person, form: &Form, lead: &mut Lead, log: &mut Log) {
    let last = observed_until().days_since(log.created);
    let mut age = random.wait(SIZE_CHANGES);
    while age < last {
        if let Some(employees) = &mut lead.employees {
            let grown = f64::from(*employees) * (1.0 + 0.02 * random.bell() + 0.05);
            *employees = (grown.round() as u32).max(1);
            let event = log.set(age, "employees", employees.to_string());
            log.push(event);
        }
        age += random.wait(SIZE_CHANGES);
    }
    let age = random.wait(TITLE_CHANGES);
    if age < last && form.title.is_some() && person.seniority + 2 < SENIORITIES {
        let risen = title(random, person.seniority + 1, person.function, SPANISH[form.country]);
        let event = log.set(age, "job_title", risen.clone());
        log.push(event);
        lead.job_title = Some(risen);
    }
}
