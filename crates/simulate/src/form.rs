//! What a lead says of itself when it comes: drawing it, and what it tells of fit and need.
//!
//! Every attribute has fit points; they are added up, and the class of fit is drawn from the sum.
//! Need shows in what was filled in. Both are hidden afterwards. [`Form::prior`] is the exact
//! probability of each class given the fields that are there: a missing field is summed over, and
//! that it is missing tells something where the chance of that depends on its value or on need.

use crate::parameters::{FITS, NEED, NEEDS, SOURCE_MIX, between};
use crate::random::Random;
use crate::record::Source;
use crate::titles::{FUNCTIONS, SENIORITIES};
use crate::words::Mail;

pub(crate) const INDUSTRIES: [&str; 8] = [
    "software",
    "financial services",
    "manufacturing",
    "retail",
    "healthcare",
    "education",
    "public sector",
    "professional services",
];
pub(crate) const COUNTRIES: [(&str, &str); 10] = [
    ("ES", "+34"),
    ("US", "+1"),
    ("MX", "+52"),
    ("GB", "+44"),
    ("DE", "+49"),
    ("FR", "+33"),
    ("AR", "+54"),
    ("CO", "+57"),
    ("BR", "+55"),
    ("IN", "+91"),
];
/// Whether titles of a country are written in Spanish, mostly.
pub(crate) const SPANISH: [bool; 10] =
    [true, false, true, false, false, false, true, true, false, false];
/// The least number of employees of each band, and one past the largest.
pub(crate) const SIZE_EDGES: [u32; SIZES + 1] = [1, 10, 50, 200, 1_000, 5_000, 60_000];
pub(crate) const BUDGETS: [&str; 4] = ["<5k", "5k-20k", "20k-100k", ">100k"];
pub(crate) const OPTIONAL_FIELDS: u8 = 6;
const SIZES: usize = 6;

const SENIORITY_MIX: [f64; SENIORITIES] = [0.09, 0.33, 0.26, 0.15, 0.07, 0.10];
const FUNCTION_MIX: [f64; FUNCTIONS] = [0.22, 0.24, 0.18, 0.10, 0.13, 0.07, 0.06];
const FUNCTION_MIX_CHIEF: [f64; FUNCTIONS] = [0.14, 0.10, 0.08, 0.09, 0.09, 0.04, 0.46];
const INDUSTRY_MIX: [f64; 8] = [0.20, 0.12, 0.15, 0.13, 0.10, 0.09, 0.06, 0.15];
const COUNTRY_MIX: [f64; 10] = [0.22, 0.20, 0.12, 0.10, 0.10, 0.07, 0.06, 0.06, 0.04, 0.03];
const SIZE_MIX: [f64; SIZES] = [0.26, 0.24, 0.20, 0.15, 0.10, 0.05];
/// Kind of the address, by size.
const MAIL_MIX: [[f64; 3]; SIZES] = [
    [0.40, 0.56, 0.04],
    [0.62, 0.35, 0.03],
    [0.78, 0.20, 0.02],
    [0.88, 0.11, 0.01],
    [0.93, 0.06, 0.01],
    [0.94, 0.05, 0.01],
];
/// Age by seniority: the middle, and how far it may be off. The difference of two equal dice.
const AGE: [(u8, u8); SENIORITIES] = [(24, 5), (32, 10), (37, 11), (43, 11), (46, 11), (49, 12)];

const SENIORITY_POINTS: [i32; SENIORITIES] = [-3, 0, 1, 3, 3, 2];
const FUNCTION_POINTS: [i32; FUNCTIONS] = [1, 3, 2, 0, 1, -2, 0];
const INDUSTRY_POINTS: [i32; 8] = [2, 2, 0, 1, 0, -2, -2, 1];
/// The best customers are neither small nor huge.
const SIZE_POINTS: [i32; SIZES] = [-3, -1, 2, 3, 2, 0];
const COUNTRY_POINTS: [i32; 10] = [2, 1, 1, 1, 1, 0, 0, 0, -1, -2];
const MAIL_POINTS: [i32; 3] = [1, -2, -6];
/// Points at which half of the leads reach the next class of fit, and how softly.
const FIT_CUTS: [f64; FITS - 1] = [-3.5, -0.5, 3.0, 6.0];
const FIT_SOFTNESS: f64 = 1.0;

/// Interns and staff leave the title out; small companies their size. Industry and age are left
/// out at random, and age by many.
const TITLE_MISSING: [f64; SENIORITIES] = [0.25, 0.15, 0.10, 0.08, 0.08, 0.12];
const SIZE_MISSING: [f64; SIZES] = [0.34, 0.25, 0.18, 0.14, 0.12, 0.12];
const INDUSTRY_MISSING: f64 = 0.10;
const AGE_MISSING: f64 = 0.40;
/// By need: who needs something tells more.
const PHONE_GIVEN: [f64; NEEDS] = [0.40, 0.62];
const BUDGET_GIVEN: [f64; NEEDS] = [0.22, 0.50];
const OPTIONAL_GIVEN: [f64; NEEDS] = [0.34, 0.50];
/// Ranges of budget by need and by size: small, middle, large.
const BUDGET_MIX: [[[f64; 4]; 3]; NEEDS] = [
    [[0.70, 0.22, 0.07, 0.01], [0.50, 0.33, 0.14, 0.03], [0.35, 0.35, 0.22, 0.08]],
    [[0.50, 0.36, 0.12, 0.02], [0.26, 0.40, 0.27, 0.07], [0.14, 0.32, 0.36, 0.18]],
];

/// What an account has, whoever comes from it. Fields that are missing are missing for all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Company {
    pub(crate) size: usize,
    pub(crate) industry: usize,
    pub(crate) country: usize,
    pub(crate) size_given: bool,
    pub(crate) industry_given: bool,
}

impl Company {
    pub(crate) fn draw(random: &mut Random) -> Self {
        let size = random.weighted(&SIZE_MIX, 1.0);
        Self {
            size,
            industry: random.weighted(&INDUSTRY_MIX, 1.0),
            country: random.weighted(&COUNTRY_MIX, 1.0),
            size_given: !random.chance(SIZE_MISSING[size]),
            industry_given: !random.chance(INDUSTRY_MISSING),
        }
    }
}

/// What is true of a lead, seen or not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    pub(crate) seniority: usize,
    pub(crate) function: usize,
    pub(crate) mail: Mail,
    pub(crate) fit: usize,
    pub(crate) need: usize,
}

/// What is seen of a lead: the classes that its row's texts and numbers stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Form {
    pub(crate) source: Source,
    /// When the lead came: 0 at the start of the two years, 1 at their end.
    pub(crate) when: f64,
    pub(crate) title: Option<(usize, usize)>,
    pub(crate) industry: Option<usize>,
    pub(crate) size: Option<usize>,
    pub(crate) country: usize,
    pub(crate) mail: Mail,
    pub(crate) budget: Option<usize>,
    pub(crate) phone: bool,
    pub(crate) optional: u8,
    pub(crate) age: Option<u8>,
}

/// Draws a lead that comes at `when` from a company: what is true, and what is seen.
pub(crate) fn draw(random: &mut Random, company: &Company, when: f64) -> (Person, Form) {
    let mix = SOURCE_MIX.map(|ends| between(ends, when));
    let source = Source::ALL[random.weighted(&mix, 1.0)];
    let need = usize::from(random.chance(between(NEED[source as usize], when)));
    let seniority = random.weighted(&SENIORITY_MIX, 1.0);
    let function = random.weighted(functions_of(seniority), 1.0);
    let mail = match random.weighted(&MAIL_MIX[company.size], 1.0) {
        0 => Mail::Corporate,
        1 => Mail::Free,
        _ => Mail::Disposable,
    };
    let points = SENIORITY_POINTS[seniority]
        + FUNCTION_POINTS[function]
        + INDUSTRY_POINTS[company.industry]
        + SIZE_POINTS[company.size]
        + COUNTRY_POINTS[company.country]
        + MAIL_POINTS[mail as usize];
    let fit = random.weighted(&fit_given(points), 1.0);
    let (middle, spread) = AGE[seniority];
    let dice = usize::from(spread) + 1;
    let age = middle + random.below(dice) as u8 - random.below(dice) as u8;
    let budget = random.weighted(&BUDGET_MIX[need][company.size / 2], 1.0);
    let form = Form {
        source,
        when,
        title: (!random.chance(TITLE_MISSING[seniority])).then_some((seniority, function)),
        industry: company.industry_given.then_some(company.industry),
        size: company.size_given.then_some(company.size),
        country: company.country,
        mail,
        budget: random.chance(BUDGET_GIVEN[need]).then_some(budget),
        phone: random.chance(PHONE_GIVEN[need]),
        optional: (0..OPTIONAL_FIELDS).map(|_| random.chance(OPTIONAL_GIVEN[need]) as u8).sum(),
        age: (!random.chance(AGE_MISSING)).then_some(age),
    };
    (Person { seniority, function, mail, fit, need }, form)
}

fn functions_of(seniority: usize) -> &'static [f64; FUNCTIONS] {
    if seniority + 1 == SENIORITIES { &FUNCTION_MIX_CHIEF } else { &FUNCTION_MIX }
}

/// Probability of each class of fit given the points: an ordered logit.
fn fit_given(points: i32) -> [f64; FITS] {
    let mut reached = 1.0;
    let mut probabilities = [0.0; FITS];
    for (class, cut) in FIT_CUTS.iter().enumerate() {
        let next = 1.0 / (1.0 + libm::exp((cut - f64::from(points)) / FIT_SOFTNESS));
        probabilities[class] = reached - next;
        reached = next;
    }
    probabilities[FITS - 1] = reached;
    probabilities
}

/// Probability of so many successes and failures in one order. A loop, because `powi` may differ
/// between machines.
pub(crate) fn successes(chance: f64, yes: u8, no: u8) -> f64 {
    let product = (0..yes).fold(1.0, |product, _| product * chance);
    (0..no).fold(product, |product, _| product * (1.0 - chance))
}

/// Weights of sums of points, from `-REACH` to `REACH`.
const REACH: i32 = 24;
type Points = [f64; 2 * REACH as usize + 1];

/// Adds one more attribute: each way of it shifts the sum by its points.
fn add(points: &Points, ways: &(impl Iterator<Item = (i32, f64)> + Clone)) -> Points {
    let mut sums = [0.0; 2 * REACH as usize + 1];
    for (index, &weight) in points.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
        for (shift, probability) in ways.clone() {
            let place = (index as i32 + shift).clamp(0, 2 * REACH) as usize;
            sums[place] += weight * probability;
        }
    }
    sums
}

impl Form {
    /// Probability of each need and fit given the form, `[need][fit]`.
    pub(crate) fn prior(&self) -> [[f64; FITS]; NEEDS] {
        let start = COUNTRY_POINTS[self.country] + MAIL_POINTS[self.mail as usize];
        let mut known = [0.0; 2 * REACH as usize + 1];
        known[(REACH + start) as usize] = 1.0;
        let known = match self.title {
            Some((seniority, function)) => {
                let points = SENIORITY_POINTS[seniority] + FUNCTION_POINTS[function];
                add(&known, &std::iter::once((points, 1.0)))
            }
            None => {
                let ways = (0..SENIORITIES).flat_map(|seniority| {
                    let weight = SENIORITY_MIX[seniority]
                        * TITLE_MISSING[seniority]
                        * self.age_given(seniority);
                    (0..FUNCTIONS).map(move |function| {
                        let points = SENIORITY_POINTS[seniority] + FUNCTION_POINTS[function];
                        (points, weight * functions_of(seniority)[function])
                    })
                });
                add(&known, &ways)
            }
        };
        let industries = (0..INDUSTRIES.len())
            .filter(|industry| self.industry.is_none_or(|given| given == *industry))
            .map(|industry| (INDUSTRY_POINTS[industry], INDUSTRY_MIX[industry]));
        let known = add(&known, &industries);

        let mut prior = [[0.0; FITS]; NEEDS];
        for (need, fits) in prior.iter_mut().enumerate() {
            let sizes = (0..SIZES)
                .filter(|size| self.size.is_none_or(|given| given == *size))
                .map(|size| (SIZE_POINTS[size], self.size_weight(size, need)));
            for (index, weight) in add(&known, &sizes).iter().enumerate() {
                if *weight > 0.0 {
                    let given = fit_given(index as i32 - REACH);
                    fits.iter_mut().zip(given).for_each(|(fit, chance)| *fit += weight * chance);
                }
            }
            let weight = self.need_weight(need);
            fits.iter_mut().for_each(|fit| *fit *= weight);
        }
        let total: f64 = prior.iter().flatten().sum();
        prior.map(|fits| fits.map(|weight| weight / total))
    }

    /// Probability of the stated age given a seniority; 1 where it is not stated.
    fn age_given(&self, seniority: usize) -> f64 {
        let Some(age) = self.age else { return 1.0 };
        let (middle, spread) = AGE[seniority];
        let off = age.abs_diff(middle);
        let dice = f64::from(spread) + 1.0;
        if off > spread { 0.0 } else { (dice - f64::from(off)) / (dice * dice) }
    }

    /// Probability of a size and of all that depends on it.
    fn size_weight(&self, size: usize, need: usize) -> f64 {
        let missing =
            if self.size.is_some() { 1.0 - SIZE_MISSING[size] } else { SIZE_MISSING[size] };
        let budget = self.budget.map_or(1.0, |range| BUDGET_MIX[need][size / 2][range]);
        SIZE_MIX[size] * MAIL_MIX[size][self.mail as usize] * missing * budget
    }

    /// Probability of a need and of what depends on it alone.
    fn need_weight(&self, need: usize) -> f64 {
        let one = between(NEED[self.source as usize], self.when);
        let either =
            |given: bool, probability: f64| if given { probability } else { 1.0 - probability };
        let left = OPTIONAL_FIELDS - self.optional;
        either(need == 1, one)
            * either(self.phone, PHONE_GIVEN[need])
            * either(self.budget.is_some(), BUDGET_GIVEN[need])
            * successes(OPTIONAL_GIVEN[need], self.optional, left)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::random::Stream;

    #[test]
    fn mixes_add_up() {
        let sums = [
            SENIORITY_MIX.iter().sum::<f64>(),
            FUNCTION_MIX.iter().sum(),
            FUNCTION_MIX_CHIEF.iter().sum(),
            INDUSTRY_MIX.iter().sum(),
            COUNTRY_MIX.iter().sum(),
            SIZE_MIX.iter().sum(),
        ];
        assert!(sums.iter().all(|sum| (sum - 1.0).abs() < 1e-12), "{sums:?}");
        for row in MAIL_MIX {
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
        for row in BUDGET_MIX.iter().flatten() {
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn the_prior_is_the_share_among_leads_with_that_pattern() {
        // Forms grouped by what is there: within a group, the mean prior is the share of the class.
        let mut groups: HashMap<_, (f64, [f64; 4])> = HashMap::new();
        for number in 0..300_000 {
            let company = Company::draw(&mut Random::new(7, Stream::Company, number));
            let mut random = Random::new(7, Stream::Person, number);
            let when = random.unit();
            let (person, form) = draw(&mut random, &company, when);
            let prior = form.prior();
            let need: f64 = prior[1].iter().sum();
            let good = prior[0][3] + prior[0][4] + prior[1][3] + prior[1][4];
            let key = (
                form.title.is_some(),
                form.size.is_some(),
                form.industry.is_some(),
                form.age.is_some_and(|age| age < 33),
                form.mail == Mail::Free,
            );
            let (count, sums) = groups.entry(key).or_default();
            *count += 1.0;
            let seen = [need, person.need as f64, good, f64::from(person.fit >= 3)];
            sums.iter_mut().zip(seen).for_each(|(sum, value)| *sum += value);
        }
        for (key, (count, sums)) in groups.into_iter().filter(|(_, (count, _))| *count > 500.0) {
            for pair in sums.chunks(2) {
                let (expected, found) = (pair[0] / count, pair[1] / count);
                let error = (expected * (1.0 - expected) / count).sqrt();
                assert!((expected - found).abs() < 4.5 * error, "{key:?} {expected} {found}");
            }
        }
    }
}
