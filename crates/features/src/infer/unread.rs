//! Texts that look like dates or amounts, but not like those that every column is tried for.

use crate::Commas;
use crate::number_format::{Amount, parse_number};

/// Values of a column that are looked at, the first that differ.
pub(super) const LOOKED_AT: usize = 100;

/// What nine of ten values of a column look like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Looks {
    Dates,
    Amounts,
}

impl Looks {
    /// What to tell the column's owner where they are not read.
    pub(super) fn unread(self) -> &'static str {
        match self {
            Self::Dates => {
                "looks like dates written in a way that is not read; write them as 2024-01-31"
            }
            Self::Amounts => {
                "looks like numbers written with signs or separators that are not read; write them \
                 as 12345.67"
            }
        }
    }
}

/// What a column's values look like. However many plain numbers stand first, they do not hide the others.
pub(super) fn looks_like<'a>(values: impl Iterator<Item = &'a str>) -> Option<Looks> {
    let (mut all, mut dates, mut amounts, mut numbers) = (0_usize, 0_usize, 0_usize, 0_usize);
    let mut others = 0;
    for value in values {
        let is_number = parse_number(value, Commas::None).is_some();
        if !is_number {
            if others == LOOKED_AT {
                break;
            }
            others += 1;
        }
        all += 1;
        if (all <= LOOKED_AT || !is_number) && is_date(value) {
            dates += 1;
        } else if is_number {
            numbers += 1;
        } else if is_amount(value) {
            amounts += 1;
        }
    }
    let nearly_all = |count: usize| count > 1 && 10 * count >= 9 * all;
    if nearly_all(dates) {
        Some(Looks::Dates)
    } else if (amounts > numbers && nearly_all(amounts + numbers))
        || (amounts > 0 && amounts + numbers == all)
    {
        Some(Looks::Amounts)
    } else {
        None
    }
}

/// The first letters of months, in English and Spanish.
const MONTHS: [&str; 17] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "ene",
    "abr", "ago", "set", "dic",
];
/// Words of a date beside a month and the day of the week.
const FILLERS: [&str; 13] =
    ["de", "del", "of", "the", "at", "am", "pm", "st", "nd", "rd", "th", "utc", "gmt"];
/// The first letters of the days of the week.
const WEEKDAYS: [&str; 13] =
    ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "lun", "mié", "mie", "jue", "vie", "dom"];

/// `31.01.24`, `1/31/2024 10:00`, `05-Jan-2024`, `Friday, 05 January 2024`, `5 de enero de 2024`.
fn is_date(text: &str) -> bool {
    if text.len() < 6 || text.len() > 60 {
        return false;
    }
    // Runs of digits and runs of letters, wherever they stand.
    let mut numbers: Vec<&str> = Vec::new();
    let (mut months, mut rest) = (0, text);
    while let Some(first) = rest.chars().next() {
        let same = |c: char| match first {
            first if first.is_ascii_digit() => c.is_ascii_digit(),
            first if first.is_alphabetic() => c.is_alphabetic(),
            _ => !c.is_ascii_digit() && !c.is_alphabetic(),
        };
        let (run, after) = rest.split_at(rest.find(|c| !same(c)).unwrap_or(rest.len()));
        rest = after;
        if first.is_ascii_digit() {
            numbers.push(run);
        } else if first.is_alphabetic() {
            let lower = run.to_lowercase();
            let begins = |list: &[&str]| list.iter().any(|word| lower.starts_with(word));
            let month = begins(&MONTHS) && lower.len() <= 10;
            let known = begins(&WEEKDAYS) || FILLERS.contains(&lower.as_str());
            months += usize::from(month);
            if !(month || known || lower == "t" || lower == "z") {
                return false;
            }
        }
    }
    let day =
        |run: &&str| run.len() <= 2 && run.parse().is_ok_and(|day: u8| (1..=31).contains(&day));
    let year = |run: &&str| matches!(run.len(), 2 | 4);
    match (months, numbers.as_slice()) {
        (1.., [first, second, ..]) => (day(first) && year(second)) || (year(first) && day(second)),
        (0, [first, second, third, ..]) => {
            let signs = text.chars().find(|c| !c.is_ascii_digit());
            let apart = matches!(signs, Some('/' | '-' | '.'));
            let one_is_a_month = [first, second]
                .iter()
                .any(|run| run.parse().is_ok_and(|month: u8| (1..=12).contains(&month)));
            let ends = day(first) && day(second) && year(third);
            let begins = first.len() == 4 && day(second) && day(third);
            // A fourth number is that of an address, unless a time begins there.
            let alone = numbers.len() == 3 || text.contains(':');
            apart && alone && ((ends && one_is_a_month) || begins)
        }
        _ => false,
    }
}

/// `$12,345.00`, `1.3%`, `1.234,56`, `EUR 20`, `(1,200)`, `1'200.50`, `1 200,50`, `12k`.
fn is_amount(text: &str) -> bool {
    let commas = [Commas::Thousands, Commas::DecimalBesidePoints];
    let reads = |amount: Amount| {
        // `600 111 222` is a number to call.
        let calls = amount.blanks && amount.unit.is_none() && amount.digits.len() == 9;
        !calls && commas.into_iter().any(|commas| amount.number(commas).is_some())
    };
    Amount::of(text).is_some_and(reads)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_amounts_are_told_from_other_texts() {
        for text in [
            "01/31/24",
            "31.01.24",
            "1/31/2024 10:00",
            "05-Jan-2024",
            "Jan 5, 2024",
            "Friday, 05 January 2024",
            "5 de enero de 2024",
            "2024.01.31",
            "Mon Jan 05 10:00:00 UTC 2024",
        ] {
            assert!(is_date(text) && !is_amount(text), "{text}");
        }
        for text in ["$12,345.00", "1.3%", "1.234,56", "EUR 20", "(1,200)", "-5 €", "1'200.50"] {
            assert!(is_amount(text) && !is_date(text), "{text}");
        }
        for text in [
            "192.168.10.24",
            "1.2.3",
            "March",
            "red",
            "sales-2024",
            "Mary 12, 2024 Ltd",
            "10-50",
            "45-60-12-3",
            "600 111 222",
            "",
            "%",
            "café 10",
            "12,34,56",
        ] {
            assert!(!is_date(text) && !is_amount(text), "{text}");
        }
    }

    #[test]
    fn nearly_all_must_look_so() {
        let note = looks_like(["05-Jan-2024", "06-Jan-2024", "07-Feb-2024"].into_iter());
        assert_eq!(note, Some(Looks::Dates));
        assert_eq!(looks_like(["05-Jan-2024", "06-Jan-2024", "soon"].into_iter()), None);
        assert_eq!(looks_like(std::iter::empty()), None);
        // A word among numbers is no way to write a number.
        let codes = ["some", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10,5"];
        assert_eq!(looks_like(codes.into_iter()), None);
        let signed = ["(1)", "1", "2", "3", "4"];
        assert_eq!(looks_like(signed.into_iter()), Some(Looks::Amounts));
        // Whichever of them stand first.
        let both: Vec<String> =
            (0..400).map(|i| format!("{}{i}", if i < 200 { "" } else { "$" })).collect();
        let both = || both.iter().map(String::as_str);
        assert_eq!(looks_like(both()), Some(Looks::Amounts));
        assert_eq!(looks_like(both().rev()), Some(Looks::Amounts));
    }
}
