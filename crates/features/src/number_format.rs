//! Numbers as people and exports write them: which format a column has, and how a text of it is read.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::value::trimmed;

/// How the numbers of a column are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberFormat {
    /// What a comma means.
    #[serde(default, skip_serializing_if = "Commas::is_none")]
    pub commas: Commas,
    /// What stands before or after the digits, where something does: `$`, `EUR`, `%`. A number without it is
    /// read as well, one with another is not: five dollars are not five euros. Where nothing stands there, amounts
    /// are of money that was not named, and one that names it is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Whether numbers without a unit are written as amounts are: `(5)` and `5-` for -5, blanks or apostrophes between
    /// thousands, `12k`. Those with a unit always may be.
    #[serde(default, skip_serializing_if = "is_false")]
    pub amounts: bool,
}

/// Whether there is nothing to write.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// What commas mean in the numbers of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Commas {
    /// There are none.
    #[default]
    None,
    /// The decimal sign: `1,5`.
    Decimal,
    /// Thousands: `1,500` and `1,500.25`.
    Thousands,
    /// The decimal sign, where points part thousands: `1.500,25`, `1.500` and `1500,25`.
    DecimalBesidePoints,
}

impl Commas {
    fn is_none(&self) -> bool {
        *self == Commas::None
    }
}

impl NumberFormat {
    /// A number with a decimal point, and nothing beside it.
    pub const PLAIN: Self = Self { commas: Commas::None, unit: None, amounts: false };

    /// What a text of it is, for messages.
    pub(crate) fn a_number(&self) -> &'static str {
        match self.commas {
            Commas::None => "a number",
            Commas::Decimal => "a number like 1234,5",
            Commas::Thousands => "a number like 1,234.5",
            Commas::DecimalBesidePoints => "a number like 1.234,5",
        }
    }

    /// Reads a finite or infinite number of a column that is written in this format; `None` for a text that is none.
    /// Of a column of amounts, one with commas or with a unit every other way of writing one is read too that its
    /// decimal sign leaves one meaning: people who write `12k` write `$12,000` as well. What has another decimal sign
    /// is none: its neighbours would be misread without a word.
    #[inline]
    pub fn parse(&self, text: &str) -> Option<f64> {
        if *self == Self::PLAIN {
            return parse_number(text, Commas::None);
        }
        self.parse_alike(text).or_else(|| self.parse_otherwise(text))
    }

    /// Reads what is written in this very format.
    #[inline]
    pub(crate) fn parse_alike(&self, text: &str) -> Option<f64> {
        if self.unit.is_none() && !self.amounts {
            return parse_number(text, self.commas);
        }
        let amount = Amount::of(text)?;
        self.fits(amount.unit).then(|| amount.number(self.commas))?
    }

    /// Reads an amount that is written otherwise, with the same decimal sign.
    #[cold]
    fn parse_otherwise(&self, text: &str) -> Option<f64> {
        let amount = Amount::of(text)?;
        // With a money sign that the column does not have, `$12,000` may be of somebody who parts thousands so.
        if self.decimal_comma() && !self.fits(amount.unit) && ends_in_thousand(&amount.digits) {
            return None;
        }
        // `12%` is 0.12 or 12 where no unit is known.
        let is_money = self.unit.is_none() && amount.unit.is_some_and(|unit| unit != "%");
        let commas = match self.commas {
            Commas::None | Commas::Thousands => Commas::Thousands,
            // `1.500` may be a little more than one.
            Commas::Decimal if !amount.digits.contains(',') => Commas::Decimal,
            Commas::Decimal | Commas::DecimalBesidePoints => Commas::DecimalBesidePoints,
        };
        (is_money || self.fits(amount.unit)).then(|| amount.number(commas))?
    }

    fn decimal_comma(&self) -> bool {
        matches!(self.commas, Commas::Decimal | Commas::DecimalBesidePoints)
    }

    /// Whether what stands beside a number may stand there.
    fn fits(&self, unit: Option<&str>) -> bool {
        let is =
            |found: &str| self.unit.as_ref().is_some_and(|unit| found.eq_ignore_ascii_case(unit));
        unit.is_none_or(is)
    }
}

/// Whether three digits stand behind the only comma.
fn ends_in_thousand(digits: &str) -> bool {
    digits.split_once(',').is_some_and(|(_, behind)| behind.len() == 3)
}

/// Reads a finite or infinite number; `None` for a text that is none. `1e5` and `+2` are numbers,
/// `nan` is not.
pub(crate) fn parse_number(text: &str, commas: Commas) -> Option<f64> {
    let text = trimmed(text);
    // Most texts that are no numbers begin as none does; `inf` and `nan` are read below.
    let first = text.as_bytes().first()?;
    if first.is_ascii_alphabetic() && !matches!(first, b'i' | b'I' | b'n' | b'N') {
        return None;
    }
    let parsed = match commas {
        Commas::DecimalBesidePoints => {
            let (whole, fraction) = text.split_once(',').unwrap_or((text, ""));
            if !is_grouped(whole, '.') || fraction.contains('.') {
                return None;
            }
            text.replace('.', "").replacen(',', ".", 1).parse::<f64>().ok()
        }
        _ if !text.contains(',') => match commas {
            // `1.500` is no number of a column whose decimal sign is a comma.
            Commas::Decimal if text.contains('.') => None,
            _ => text.parse::<f64>().ok(),
        },
        Commas::None => None,
        Commas::Decimal if text.contains('.') => None,
        Commas::Decimal => text.replacen(',', ".", 1).parse::<f64>().ok(),
        Commas::Thousands => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            if !is_grouped(whole, ',') || fraction.contains(',') {
                return None;
            }
            text.replace(',', "").parse::<f64>().ok()
        }
    };
    parsed.filter(|number| !number.is_nan())
}

/// Whether the signs, if there are any, stand where thousands are parted: `-1,234,567`.
pub(crate) fn is_grouped(whole: &str, sign: char) -> bool {
    let mut groups = whole.trim_start_matches('-').split(sign);
    let digits = |group: &str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
    let Some(first) = groups.next() else { return false };
    let mut parted = false;
    let rest = groups.all(|group| {
        parted = true;
        digits(group) && group.len() == 3
    });
    digits(first) && rest && (!parted || first.len() <= 3)
}

/// A number with what stands around it.
#[derive(Debug, PartialEq)]
pub(crate) struct Amount<'a> {
    pub(crate) unit: Option<&'a str>,
    /// The digits, with points and commas.
    pub(crate) digits: Cow<'a, str>,
    /// A minus before or after it, or parentheses around it.
    pub(crate) negative: bool,
    /// What the digits are multiplied by: 1000 for `12k`, a million for `1.2M`.
    pub(crate) times: f64,
    /// Whether blanks parted its thousands.
    pub(crate) blanks: bool,
}

/// What may stand beside the digits of an amount: currencies as signs and as codes of ISO 4217, percent. The longer
/// of two that begin alike comes first.
const UNITS: [&str; 31] = [
    "US$", "MX$", "R$", "S/", "$", "€", "£", "¥", "₹", "%", "USD", "EUR", "GBP", "CHF", "JPY",
    "CNY", "INR", "CAD", "AUD", "NZD", "BRL", "MXN", "ARS", "COP", "CLP", "PEN", "UYU", "SEK",
    "NOK", "DKK", "PLN",
];

impl<'a> Amount<'a> {
    /// Takes a text apart: `$1,234.50`, `-5 €`, `EUR 20`, `(1,200)`, `$ -5`, `12 %`, `1 234,50`, `1'234`, `5-`, `12k`.
    /// `None` where letters, or signs that mean nothing here, are left, and where two units stand beside one number.
    pub(crate) fn of(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
        let (before, rest) = minus(inner.unwrap_or(text));
        let (leading, rest) = leading_unit(rest);
        let (trailing, rest) = trailing_unit(rest);
        let (after, digits) = minus(rest);
        let (behind, digits) = match digits.strip_suffix(['-', '\u{2212}']) {
            Some(digits) => (true, digits.trim_end()),
            None => (false, digits),
        };
        let (times, digits) = match digits.as_bytes() {
            [.., before, b'k' | b'K'] if before.is_ascii_digit() => {
                (1e3, &digits[..digits.len() - 1])
            }
            [.., before, b'M'] if before.is_ascii_digit() => (1e6, &digits[..digits.len() - 1]),
            _ => (1.0, digits),
        };
        let (blanks, digits) = joined(digits)?;
        let bare = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b','));
        let signs = [inner.is_some(), before, after, behind];
        let signs = signs.into_iter().filter(|&sign| sign).count();
        let begins = digits.starts_with(|first: char| first.is_ascii_digit() || first == '.');
        if !bare || !begins || signs > 1 || (leading.is_some() && trailing.is_some()) {
            return None;
        }
        Some(Self { unit: leading.or(trailing), digits, negative: signs == 1, times, blanks })
    }

    /// The number that it is, by what its commas mean.
    pub(crate) fn number(&self, commas: Commas) -> Option<f64> {
        let number = parse_number(&self.digits, commas)? * self.times;
        Some(if self.negative { -number } else { number })
    }
}

/// Digits without the blanks or apostrophes between their thousands, and whether those were blanks; `None` where they
/// stand elsewhere.
fn joined(digits: &str) -> Option<(bool, Cow<'_, str>)> {
    let is_sign =
        |c: char| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '\u{2019}');
    let Some(sign) = digits.chars().find(|&c| is_sign(c)) else {
        return Some((false, Cow::Borrowed(digits)));
    };
    let end = digits.find(['.', ',']).unwrap_or(digits.len());
    let (whole, fraction) = digits.split_at(end);
    // `030 123 456` is a number to call.
    let grouped = is_grouped(whole, sign) && !whole.starts_with('0') && !fraction.contains(is_sign);
    grouped.then(|| {
        let joined = whole.chars().filter(|&c| c != sign).chain(fraction.chars()).collect();
        (sign.is_whitespace(), Cow::Owned(joined))
    })
}

/// Whether a minus begins a text, and the rest of it.
fn minus(text: &str) -> (bool, &str) {
    match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    }
}

fn leading_unit(text: &str) -> (Option<&str>, &str) {
    let unit = UNITS.iter().find_map(|unit| {
        let (first, rest) = text.split_at_checked(unit.len())?;
        first.eq_ignore_ascii_case(unit).then_some((first, rest))
    });
    unit.map_or((None, text), |(unit, rest)| (Some(unit), rest.trim_start()))
}

fn trailing_unit(text: &str) -> (Option<&str>, &str) {
    let unit = UNITS.iter().find_map(|unit| {
        let (rest, last) = text.split_at_checked(text.len().checked_sub(unit.len())?)?;
        last.eq_ignore_ascii_case(unit).then_some((last, rest))
    });
    unit.map_or((None, text), |(unit, rest)| (Some(unit), rest.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_by_decimal_sign() {
        assert_eq!(parse_number(" 1.5 ", Commas::None), Some(1.5));
        assert_eq!(parse_number("1,5", Commas::Decimal), Some(1.5));
        assert_eq!(parse_number("1,5", Commas::None), None);
        assert_eq!(parse_number("1.5", Commas::Decimal), None);
        assert_eq!(parse_number("-1,234,567.8", Commas::Thousands), Some(-1_234_567.8));
        assert_eq!(parse_number("1,23", Commas::Thousands), None);
        assert_eq!(parse_number("1234,567", Commas::Thousands), None);
        assert_eq!(parse_number("1.234,56", Commas::Thousands), None);
        assert_eq!(parse_number("nan", Commas::None), None);
        assert_eq!(parse_number("1e999", Commas::None), Some(f64::INFINITY));
        let european = |text| parse_number(text, Commas::DecimalBesidePoints);
        assert_eq!(european("-1.234.567,8"), Some(-1_234_567.8));
        assert_eq!(european("1.234"), Some(1234.0));
        assert_eq!(european("1234,5"), Some(1234.5));
        assert_eq!(european("12"), Some(12.0));
        for text in ["1.23", "1234.567", "1,234.5", "1.2,3", "1,2,3", ",5", "", "1e5"] {
            assert_eq!(european(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_are_read_in_their_unit() {
        let parse = |text: &str, unit: &str, commas| {
            NumberFormat { commas, unit: Some(unit.to_owned()), amounts: false }.parse(text)
        };
        let dollars = |text| parse(text, "$", Commas::Thousands);
        for (text, number) in [
            ("$12,345.00", 12_345.0),
            (" $ 5 ", 5.0),
            ("-$5.25", -5.25),
            ("$-5.25", -5.25),
            ("($1,200)", -1_200.0),
            ("(1,200)", -1_200.0),
            ("5$", 5.0),
            ("7", 7.0),
            ("$.50", 0.5),
        ] {
            assert_eq!(dollars(text), Some(number), "{text}");
        }
        for text in [
            "€5", "$", "$$5", "$5 USD", "--5", "-($5)", "$1,23", "$5 k", "$1e5", "1.234,5", "",
            "abc",
        ] {
            assert_eq!(dollars(text), None, "{text}");
        }
        let euros = |text| parse(text, "eur", Commas::DecimalBesidePoints);
        assert_eq!(euros("EUR 1.234,56"), Some(1_234.56));
        assert_eq!(euros("1.234,56 Eur"), Some(1_234.56));
        assert_eq!(parse("85.6%", "%", Commas::None), Some(85.6));
        assert_eq!(parse("12\u{a0}%", "%", Commas::None), Some(12.0));
        assert_eq!(parse("US$ 3", "US$", Commas::None), Some(3.0));
        assert_eq!(parse("1 234 567,5 €", "€", Commas::DecimalBesidePoints), Some(1_234_567.5));
        assert_eq!(dollars("$1.5M"), Some(1_500_000.0));
    }

    #[test]
    fn amounts_without_a_unit_are_read_as_people_write_them() {
        let format = NumberFormat { commas: Commas::Thousands, unit: None, amounts: true };
        for (text, number) in [
            ("(1,200)", -1_200.0),
            ("1,200-", -1_200.0),
            ("12k", 12_000.0),
            ("1.5K", 1_500.0),
            ("1 234 567.5", 1_234_567.5),
            ("1\u{a0}234", 1_234.0),
            ("1\u{202f}234", 1_234.0),
            ("1'234.50", 1_234.5),
            ("1\u{2019}234", 1_234.0),
            ("-7", -7.0),
        ] {
            assert_eq!(format.parse(text), Some(number), "{text}");
        }
        let others = [
            "5%",
            "12 34",
            "1 234'567",
            "030 123 456",
            "1.5 00",
            "k",
            "(5-)",
            "-5-",
            "5--",
            "1,5k",
            "1  234",
            "5kk",
            "5m",
        ];
        for text in others {
            assert_eq!(format.parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_one_decimal_sign_leaves_one_meaning_is_read_however_it_is_written() {
        let format = |commas, unit: Option<&str>, amounts| {
            let unit = unit.map(str::to_owned);
            NumberFormat { commas, unit, amounts }
        };
        // Trained on `12k`, on `$12` and on `1,200`.
        for of in [
            format(Commas::None, None, true),
            format(Commas::None, Some("$"), false),
            format(Commas::Thousands, None, false),
        ] {
            for (text, number) in [
                ("12k", 12_000.0),
                ("12,000", 12_000.0),
                ("$12,000", 12_000.0),
                ("$12,000.50", 12_000.5),
                ("(1,200)", -1_200.0),
                ("1 200", 1_200.0),
                ("1.5", 1.5),
            ] {
                assert_eq!(of.parse(text), Some(number), "{of:?} {text}");
            }
            for text in ["12,5", "1.200,5", "1.200.300", "12%", "$12 €", "abc", ""] {
                assert_eq!(of.parse(text), None, "{of:?} {text}");
            }
        }
        // Trained on `1,5`, and on `1.500,5 €`.
        for of in [
            format(Commas::Decimal, None, false),
            format(Commas::DecimalBesidePoints, Some("€"), false),
        ] {
            for (text, number) in
                [("1.500,5", 1_500.5), ("1 500,5 €", 1_500.5), ("1,5k", 1_500.0), ("-2,5", -2.5)]
            {
                assert_eq!(of.parse(text), Some(number), "{of:?} {text}");
            }
            for text in ["1.5", "1,500.5", "1.50,5"] {
                assert_eq!(of.parse(text), None, "{of:?} {text}");
            }
        }
        assert_eq!(format(Commas::Decimal, None, false).parse("1.500"), None);
        assert_eq!(format(Commas::Decimal, None, false).parse("$12,000"), None);
        assert_eq!(format(Commas::Decimal, None, false).parse("$12,50"), Some(12.5));
        // Of numbers that nobody wrote as amounts nothing is guessed.
        for text in ["12k", "12,000", "$12"] {
            assert_eq!(NumberFormat::PLAIN.parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_format_without_a_unit_is_written_as_before_there_were_units() {
        let json = |kind: &crate::Kind| serde_json::to_string(kind).unwrap();
        assert_eq!(json(&crate::Kind::NUMBER), r#"{"kind":"number"}"#);
        let format =
            NumberFormat { commas: Commas::Thousands, unit: Some("$".into()), amounts: false };
        let kind = crate::Kind::Number { format };
        assert_eq!(json(&kind), r#"{"kind":"number","commas":"thousands","unit":"$"}"#);
        assert_eq!(serde_json::from_str::<crate::Kind>(&json(&kind)).unwrap(), kind);
        let old = r#"{"kind":"number","commas":"decimal"}"#;
        assert_eq!(json(&serde_json::from_str(old).unwrap()), old);
    }
}
