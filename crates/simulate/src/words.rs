//! Names, companies, addresses: texts that tell nothing about the outcome, except that junk does.

use crate::random::Random;

const FIRST: [&str; 24] = [
    "Ana", "James", "Lucía", "Robert", "María", "Emma", "José", "Oliver", "Carmen", "Sofía",
    "Liam", "Paula", "Diego", "Hannah", "Jürgen", "Claire", "Andrés", "Priya", "Tom", "Elena",
    "Pablo", "Grace", "Javier", "Noah",
];
const LAST: [&str; 24] = [
    "García",
    "Smith",
    "López",
    "Müller",
    "Martínez",
    "Brown",
    "Núñez",
    "Dubois",
    "Sánchez",
    "Taylor",
    "Fernández",
    "Wilson",
    "Rossi",
    "Pérez",
    "Schmidt",
    "Patel",
    "Torres",
    "Evans",
    "Silva",
    "Romero",
    "Walker",
    "Ortega",
    "Clark",
    "Vega",
];
const COMPANY: [&str; 20] = [
    "Alta", "Nova", "Blue", "Iber", "Delta", "North", "Sol", "Vertex", "Rio", "Cobalt", "Luna",
    "Orion", "Terra", "Quanta", "Maple", "Faro", "Gran", "Pico", "Helix", "Arbor",
];
const TRADE: [&str; 14] = [
    "Systems",
    "Logistics",
    "Foods",
    "Labs",
    "Partners",
    "Industrial",
    "Health",
    "Energy",
    "Media",
    "Capital",
    "Retail",
    "Software",
    "Textil",
    "Consulting",
];
const FORM: [&str; 6] = ["Ltd", "SL", "SA", "Inc", "GmbH", "Group"];
const FREE: [&str; 5] = ["gmail.com", "hotmail.com", "outlook.com", "yahoo.com", "yahoo.es"];
const DISPOSABLE: [&str; 4] =
    ["mailinator.com", "guerrillamail.com", "10minutemail.com", "yopmail.com"];
/// What junk calls itself.
pub(crate) const WALKS: [&str; 6] = ["asdf", "qwerty", "test", "asdfgh", "zxcvbn", "aaaa"];

/// The kind of an email address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mail {
    Corporate = 0,
    Free = 1,
    Disposable = 2,
}

/// A company's name and its domain, by its account's number.
pub(crate) fn company(random: &mut Random) -> (String, String) {
    let (first, trade) = (random.one_of(&COMPANY), random.one_of(&TRADE));
    let number = random.below(900);
    let name = format!("{first} {trade} {}", random.one_of(&FORM));
    let domain = format!("{}{}{number}.com", plain(first), plain(trade));
    (name, domain)
}

/// A person's name, and its address at `domain` or at a provider.
pub(crate) fn person(random: &mut Random, mail: Mail, domain: &str) -> (String, String) {
    let (first, last) = (random.one_of(&FIRST), random.one_of(&LAST));
    let (host, number) = match mail {
        Mail::Corporate => (domain, 0),
        Mail::Free => (random.one_of(&FREE), 1 + random.below(9_999)),
        Mail::Disposable => (random.one_of(&DISPOSABLE), 1 + random.below(9_999)),
    };
    let mut local = plain(first);
    if random.chance(0.3) {
        local.truncate(1);
    } else {
        local.push('.');
    }
    local.push_str(&plain(last));
    if number > 0 {
        local.push_str(&number.to_string());
    }
    (format!("{first} {last}"), format!("{local}@{host}"))
}

/// A name and an address that nobody has.
pub(crate) fn junk(random: &mut Random) -> (String, String) {
    let walk = random.one_of(&WALKS);
    let host = match random.below(3) {
        0 => "test.com",
        1 => "asdf.com",
        _ => random.one_of(&FREE),
    };
    (format!("{walk} {walk}"), format!("{walk}@{host}"))
}

/// Small letters without accents.
fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            'á' => 'a',
            'é' => 'e',
            'í' => 'i',
            'ó' => 'o',
            'ú' | 'ü' => 'u',
            'ñ' => 'n',
            other => other.to_ascii_lowercase(),
        })
        .collect()
}
