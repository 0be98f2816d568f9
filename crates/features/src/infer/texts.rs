//! Which kinds a column of texts can still be, while its cells go by.

use super::amounts::{amounts, contrary_signs};
use super::numbers::Numbers;
use super::unread::{Looks, looks_like};
use super::{IDENTIFIER_FROM, IDENTIFIER_SHARE, InferOptions, Inference, Misfit, decide_number};
use crate::events::content_hash;
use crate::kind::{YES_NO_PAIRS, is_code, same_word};
use crate::number_format::{is_grouped, parse_number};
use crate::{
    Cell, ColumnReader, Commas, DateFormat, Kind, NumberFormat, RawColumn, looks_like_email,
    repeats,
};

/// The kinds that are still possible while the texts of a column go by.
pub(super) struct Candidates<'a> {
    options: &'a InferOptions,
    filled: usize,
    category: bool,
    /// Numbers under each meaning of commas, with what they are if they are numbers.
    /// Until a comma is met, that of all is kept with the first alone.
    numbers: [(bool, Numbers); 3],
    saw_comma: bool,
    codes: bool,
    dates: [bool; 3],
    values: Distinct<'a>,
    /// Values that are numbers, and dates, and the first few that are not, each once.
    near: [(usize, Vec<(usize, &'a str)>); 2],
    /// The first date that tells the day from the month.
    told: Option<(usize, &'a str)>,
    /// Whether a later one tells the contrary.
    contradicted: bool,
}

/// The different texts of a column, known by their hashes.
#[derive(Default)]
struct Distinct<'a> {
    /// Those of all texts that went by: to look at them once is faster than to look each of them up.
    hashes: Vec<u64>,
    /// The first two that differ: a yes and a no, where there are no more.
    first: Vec<&'a str>,
    /// How many texts went by, and how many of them are email addresses.
    counted: usize,
    emails: usize,
}

impl<'a> Distinct<'a> {
    /// Sees a text that so many rows have.
    fn see(&mut self, text: &'a str, times: usize) {
        self.counted += times;
        self.emails += if looks_like_email(text) { times } else { 0 };
        self.hashes.push(content_hash(text));
        if self.first.len() < 2 && !self.first.contains(&text) {
            self.first.push(text);
        }
    }

    fn count(&self) -> usize {
        let repeated = repeats(&self.hashes);
        self.hashes.len() - repeated.windows(2).filter(|two| two[0] == two[1]).count()
    }
}

const COMMAS: [Commas; 3] = [Commas::None, Commas::Thousands, Commas::Decimal];

/// A column is said to be spoilt by a few values when this share is of one kind.
const SPOILT_SHARE: f64 = 0.95;
/// Fewer values than this prove nothing, and a category of so few levels is no accident.
const SPOILT_FROM: usize = 50;
/// Values that are named of those that spoil a column.
const MISFITS: usize = 3;

impl<'a> Candidates<'a> {
    pub(super) fn new(options: &'a InferOptions) -> Self {
        Self {
            options,
            filled: 0,
            category: options.category,
            numbers: COMMAS.map(|_| (true, Numbers::new())),
            saw_comma: false,
            codes: false,
            dates: [true; 3],
            values: Distinct::default(),
            near: [const { (0, Vec::new()) }; 2],
            told: None,
            contradicted: false,
        }
    }

    /// Sees a text that so many rows have, the first of them `row`.
    pub(super) fn see(&mut self, row: usize, text: &'a str, times: usize) {
        self.filled += times;
        let comma = text.contains(',');
        if comma && !self.saw_comma {
            self.saw_comma = true;
            let seen = self.numbers[0].1.clone();
            self.numbers[1..].iter_mut().for_each(|(_, numbers)| numbers.clone_from(&seen));
        }
        let plain = parse_number(text, Commas::None);
        let mut is_number = plain.is_some();
        let apart = self.saw_comma;
        for ((possible, numbers), commas) in self.numbers.iter_mut().zip(COMMAS) {
            if !*possible {
                continue;
            }
            // Without a comma all read the same number, but for a point where commas are decimal.
            let number = match commas {
                Commas::Decimal if !comma && text.contains('.') => None,
                Commas::Thousands | Commas::Decimal if comma => parse_number(text, commas),
                _ => plain,
            };
            match number {
                Some(number) if apart || commas == Commas::None => {
                    numbers.see(number, times);
                }
                Some(_) => {}
                None => *possible = false,
            }
            is_number |= number.is_some();
        }
        if is_number {
            self.codes |= is_code(text);
        }
        let is_date = if self.dates.contains(&true) {
            for (possible, format) in self.dates.iter_mut().zip(DateFormat::ALL) {
                *possible = *possible && format.parse(text).is_ok();
            }
            let [_, day_first, month_first] = self.dates;
            if day_first != month_first && self.told.is_none() {
                self.told = Some((row, text));
            }
            let possible = self.dates.contains(&true);
            let slashed = &DateFormat::ALL[1..];
            self.contradicted = !possible
                && self.told.is_some()
                && slashed.iter().any(|format| format.parse(text).is_ok());
            possible
        } else {
            // No date begins with a letter, and to say so of every name would cost the most.
            !text.starts_with(|first: char| first.is_ascii_alphabetic())
                && DateFormat::ALL.iter().any(|format| format.parse(text).is_ok())
        };
        for (is, (count, others)) in [is_number, is_date].into_iter().zip(&mut self.near) {
            if is {
                *count += times;
            } else if others.len() < MISFITS && !others.iter().any(|(_, known)| *known == text) {
                others.push((row, text));
            }
        }
        // Counting every distinct number of a large table would cost more than reading it.
        if self.category || self.codes || !self.numbers.iter().any(|(possible, _)| *possible) {
            self.values.see(text, times);
        }
    }

    /// The number style that all values fit, of those that the commas allow.
    fn number_style(&self) -> Option<(Commas, &Numbers)> {
        let mut fits = self.numbers.iter().zip(COMMAS).filter(|((possible, _), _)| *possible);
        let found = fits.find(|(_, commas)| *commas == Commas::None || self.saw_comma);
        found.filter(|_| !self.codes).map(|((_, numbers), commas)| (commas, numbers))
    }

    fn misfit(&self) -> Option<Misfit> {
        self.near.iter().zip([Misfit::NUMBERS, "dates"]).find_map(|((count, found), others)| {
            let (&(row, text), more) = found.split_first()?;
            let spoilt =
                *count >= SPOILT_FROM && *count as f64 >= SPOILT_SHARE * self.filled as f64;
            let told = self.told.filter(|_| self.contradicted && others == "dates");
            let against = told.map(|(row, text)| (row, text.to_owned()));
            let more = || more.iter().map(|(_, text)| (*text).to_owned()).collect();
            let text = text.to_owned();
            spoilt.then(|| Misfit { others, count: *count, row, text, more: more(), against })
        })
    }

    pub(super) fn decide(
        mut self,
        name: &str,
        column: &'a RawColumn,
        missing: &ColumnReader,
    ) -> Inference {
        if self.filled == 0 {
            return Inference {
                why: Some("no row has a value"),
                ..Inference::plain(Kind::Constant, 0)
            };
        }
        if !self.category {
            if let Some((commas, numbers)) = self.number_style() {
                let format = NumberFormat { commas, unit: None, amounts: false };
                let thousands = commas == Commas::None && may_be_thousands(column, numbers);
                let mut found = decide_number(name, column, numbers, self.options, format);
                found.misfit = contrary_signs(column, missing).filter(|_| self.saw_comma);
                if thousands && matches!(found.kind, Kind::Number { .. }) {
                    found.why = found.why.or(Some(
                        "read as 1.234, a little more than 1; if its points part thousands, write it as 1234",
                    ));
                }
                return found;
            }
            match self.dates {
                [true, ..] => return self.date(DateFormat::Iso, column),
                [_, true, false] => return self.date(DateFormat::DayMonthYear, column),
                [_, false, true] => return self.date(DateFormat::MonthDayYear, column),
                [_, true, true] => {
                    return Inference {
                        why: Some(
                            "dates whose day and month cannot be told apart; write them as \
                             2024-01-31",
                        ),
                        ..Inference::plain(Kind::Identifier, self.filled)
                    };
                }
                [_, false, false] => {}
            }
        }
        // Values that went by while the column still looked like numbers were not counted.
        if self.values.counted < self.filled {
            self.values = Distinct::default();
            for of in column.occurring() {
                if let Cell::Text(text) = of.cell {
                    let text = text.trim();
                    if !missing.is_missing(text) {
                        self.values.see(text, of.times);
                    }
                }
            }
        }
        let (named, options) = (self.category, self.options);
        let mut found = self.decide_words(column.len());
        if named || !matches!(found.kind, Kind::Identifier | Kind::Category) {
            return found;
        }
        let texts = || {
            column.occurring().filter_map(|of| match of.cell {
                Cell::Text(text) => {
                    Some((text.trim(), of.times)).filter(|(text, _)| !missing.is_missing(text))
                }
                _ => None,
            })
        };
        let looks = looks_like(texts().map(|(text, _)| text));
        found.why = looks.map(Looks::unread).or(found.why);
        if looks == Some(Looks::Amounts) {
            match amounts(texts) {
                Ok((format, numbers)) => {
                    let found = decide_number(name, column, &numbers, options, format);
                    return Inference { misfit: contrary_signs(column, missing), ..found };
                }
                Err(why) => found.why = why.or(found.why),
            }
        }
        found
    }

    fn date(&self, format: DateFormat, column: &RawColumn) -> Inference {
        let mut cells = column.occurring().filter_map(|of| match of.cell {
            Cell::Text(text) => Some(text.trim()),
            _ => None,
        });
        let first = cells.next();
        let constant = self.filled == column.len() && cells.all(|text| Some(text) == first);
        Inference::plain(if constant { Kind::Constant } else { Kind::Date { format } }, self.filled)
    }

    fn decide_words(self, rows: usize) -> Inference {
        let distinct = self.values.count();
        let mut found = Inference::plain(Kind::Category, self.filled);
        found.distinct = Some(distinct);
        if distinct == 1 && self.filled == rows {
            found.kind = Kind::Constant;
        } else if self.category {
            found.why = Some("as you said");
        } else if distinct == 2 && is_yes_no(&self.values.first) {
            found.kind = Kind::YesNo;
        } else if self.values.emails * 2 > self.filled {
            found.kind = Kind::Identifier;
            found.why = Some("email addresses");
        } else if distinct >= IDENTIFIER_FROM
            && distinct as f64 >= IDENTIFIER_SHARE * self.filled as f64
        {
            found.kind = Kind::Identifier;
            found.why = Some("nearly every row has another value");
        } else if self.codes {
            found.why = Some("numbers with leading zeros or plus signs are codes");
        }
        if self.contradicted && !self.category {
            found.why = Some(
                "dates, some with the day first and some with the month; write all as 2024-01-31",
            );
        }
        let free = matches!(found.kind, Kind::Identifier | Kind::Category) && !self.category;
        if free && distinct > SPOILT_FROM {
            found.misfit = self.misfit();
        }
        found
    }
}

/// Whether points may part the thousands of all numbers of a column: three digits follow each, and numbers without one are
/// below 1000. Nothing else tells `12.000` people from `12.000` percent.
fn may_be_thousands(column: &RawColumn, numbers: &Numbers) -> bool {
    let small = numbers.max < 1000.0 && numbers.min > -1000.0;
    let fits = |text: &str| {
        let digits = text.trim().trim_start_matches('-');
        !digits.contains('.') || (is_grouped(digits, '.') && !digits.starts_with('0'))
    };
    let mut any = false;
    small
        && column.occurring().all(|of| match of.cell {
            Cell::Text(text) => {
                any |= text.contains('.');
                fits(text)
            }
            _ => true,
        })
        && any
}

/// Whether two values are one pair of words for yes and no.
fn is_yes_no(values: &[&str]) -> bool {
    YES_NO_PAIRS.iter().any(|(yes, no)| {
        let has = |word: &str| values.iter().any(|value| same_word(value, word));
        has(yes) && has(no)
    })
}
