//! Numbers with a unit beside them, with points or blanks between thousands, or with signs as in accounts: in which format a column writes them.

use super::Misfit;
use super::numbers::Numbers;
use crate::number_format::{Amount, is_grouped, parse_number};
use crate::{Cell, ColumnReader, Commas, NumberFormat, RawColumn};

/// The format that reads all texts of a column, given with how many rows have each, and the numbers that they are.
///
/// # Errors
/// Why there is none, where more can be said than that a text is no number.
pub(super) fn amounts<'a, Texts: Iterator<Item = (&'a str, usize)>>(
    texts: impl Fn() -> Texts,
) -> Result<(NumberFormat, Numbers), Option<&'static str>> {
    let mut unit: Option<String> = None;
    // Blanks part the thousands of amounts, and the digits of numbers to call: of amounts some have more than others.
    let mut lengths = std::collections::BTreeSet::new();
    let (mut blanks, mut millions, mut thousands) = (false, false, false);
    // Points, and among them those that three digits follow at the end.
    let (mut points, mut before_three) = (0_usize, 0_usize);
    let mut all_are = true;
    for (text, _) in texts() {
        let Some(amount) = Amount::of(text) else {
            all_are = false;
            continue;
        };
        if let Some(found) = amount.unit {
            let unit = unit.get_or_insert_with(|| found.to_owned());
            if !unit.eq_ignore_ascii_case(found) {
                return Err(Some("amounts in several units; write them in one, as 12345.67"));
            }
        }
        lengths.insert(amount.digits.len());
        blanks |= amount.blanks;
        thousands |= amount.times == 1e3;
        millions |= amount.times == 1e6;
        if let Some((_, digits)) = amount.digits.rsplit_once('.') {
            points += 1;
            before_three += usize::from(digits.len() == 3);
        }
    }
    // `12M` and `24M` may be months.
    let are_months = millions && !thousands && unit.is_none();
    if !all_are || are_months || (blanks && unit.is_none() && lengths.len() < 2) {
        return Err(None);
    }
    // Nobody writes thousandths of a euro: `1.234 €` are thousands. Percents may have any fraction.
    let is_money = unit.as_deref().is_some_and(|unit| unit != "%");
    let no_fractions = is_money && points > 0 && points == before_three;
    // The first that reads all values is taken.
    let mut tried = [Commas::None, Commas::Thousands, Commas::DecimalBesidePoints];
    if no_fractions {
        tried.rotate_right(1);
    }
    tried
        .into_iter()
        .find_map(|commas| {
            let amounts =
                unit.is_none() && texts().any(|(text, _)| parse_number(text, commas).is_none());
            let format = NumberFormat { commas, unit: unit.clone(), amounts };
            let mut numbers = Numbers::new();
            for (text, times) in texts() {
                numbers.see(format.parse_alike(text)?, times);
            }
            Some((format, numbers))
        })
        .ok_or(None)
}

/// Of a column of numbers two, of which one has a point before its last three digits, the other a comma, where no number
/// of the column tells which of the two is the decimal sign: `73.223` and `8,622`. Written by one hand, the other signs
/// would be met too, so most likely they are thousands of two, and one in a thousand of what is meant either way.
pub(super) fn contrary_signs(column: &RawColumn, missing: &ColumnReader) -> Option<Misfit> {
    let mut first: [Option<(usize, String)>; 2] = [None, None];
    let mut count = 0;
    for of in column.occurring() {
        let Cell::Text(text) = of.cell else { continue };
        let text = text.trim();
        if missing.is_missing(text) {
            continue;
        }
        count += of.times;
        let amount = Amount::of(text)?;
        let digits = amount.digits.as_ref();
        let sign = match (digits.contains('.'), digits.contains(',')) {
            (false, false) => continue,
            (true, true) => return None,
            (true, false) => '.',
            (false, true) => ',',
        };
        let tells = digits.starts_with('0') || digits.matches(sign).count() > 1;
        if tells || !is_grouped(digits, sign) {
            return None;
        }
        first[usize::from(sign == ',')].get_or_insert_with(|| (of.row, text.to_owned()));
    }
    let [Some((row, text)), against @ Some(_)] = first else { return None };
    Some(Misfit { others: Misfit::NUMBERS, count, row, text, more: Vec::new(), against })
}
