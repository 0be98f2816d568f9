//! What kind of column this is, found by looking at all its cells.

mod amounts;
mod numbers;
mod texts;
mod unread;

use std::collections::{HashMap, HashSet};

use numbers::Numbers;
use texts::Candidates;

use crate::number_format::parse_number;
use crate::value::trimmed;
use crate::{Cell, Column, ColumnReader, Commas, DateFormat, Kind, NumberFormat, RawColumn, Role};

/// What is known of a column before looking.
#[derive(Clone, Debug, Default)]
pub struct InferOptions {
    /// Its values are codes even where they look like numbers.
    pub category: bool,
    /// It orders the rows, so whole numbers are numbers even when every row has another one.
    pub ordering: bool,
    /// Values that stand for missing in this column.
    pub missing: Vec<String>,
    /// Texts that stand for missing in every column, in lower case.
    pub stand_ins: Vec<String>,
}

/// What looking at a column found.
#[derive(Clone, Debug, PartialEq)]
pub struct Inference {
    /// The kind.
    pub kind: Kind,
    /// Cells that hold a value.
    pub filled: usize,
    /// Distinct values, for kinds where they were counted.
    pub distinct: Option<usize>,
    /// Stand-ins for missing that occur, with their counts, the most frequent first. Empty cells are
    /// not among them.
    pub stand_ins: Vec<(String, usize)>,
    /// A number that may stand for missing: the lowest or highest by far, made of nines or minus
    /// one, in at least one row of a hundred. With its share of the filled cells.
    pub suspect: Option<(f64, f64)>,
    /// Why the kind is what it is, where a person would ask.
    pub why: Option<&'static str>,
    /// Set when nearly all values are of another kind than the one found: a few of them spoil the
    /// column.
    pub misfit: Option<Misfit>,
}

/// Values that keep a column from being numbers or dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// `numbers` or `dates`.
    pub others: &'static str,
    /// How many values are.
    pub count: usize,
    /// The 0-based row of the first value that is not.
    pub row: usize,
    /// That value.
    pub text: String,
    /// A few other such values.
    pub more: Vec<String>,
    /// A value of another row, 0-based, that contradicts this one: a date that has the day first where this one has
    /// the month, or the other way round; a number whose decimal sign may be what parts thousands in this one.
    pub against: Option<(usize, String)>,
}

impl Misfit {
    /// What `others` is of numbers.
    pub const NUMBERS: &str = "numbers";
}

/// At least this many values must be seen before "all different" makes a column an identifier.
const IDENTIFIER_FROM: usize = 30;
/// A text column is an identifier from this share of distinct values on.
const IDENTIFIER_SHARE: f64 = 0.9;

/// Finds the kind of a column.
///
/// All cells are looked at, so that the kind found is one that every cell can be read as, except
/// for infinite numbers, which are reported when they are read.
pub fn infer(name: &str, column: &RawColumn, options: &InferOptions) -> Inference {
    let probe = Column {
        name: name.to_owned(),
        kind: Kind::Category,
        role: Role::Attribute,
        missing: options.missing.clone(),
    };
    let missing = ColumnReader::new(&probe, &options.stand_ins);
    match column.values() {
        RawColumn::Time(_) => {
            let mut filled = 0;
            let mut distinct = HashSet::new();
            for of in column.occurring() {
                let Cell::Time(time) = of.cell else { continue };
                if filled < 100_000 {
                    distinct.insert(time);
                }
                filled += of.times;
            }
            let date = Kind::Date { format: DateFormat::Iso };
            Inference::plain(if distinct.len() <= 1 { Kind::Constant } else { date }, filled)
        }
        RawColumn::YesNo(_) => {
            let (mut filled, mut yes) = (0, 0);
            for of in column.occurring() {
                let Cell::YesNo(flag) = of.cell else { continue };
                filled += of.times;
                yes += if flag { of.times } else { 0 };
            }
            let constant = filled == 0 || (filled == column.len() && (yes == 0 || yes == filled));
            Inference::plain(if constant { Kind::Constant } else { Kind::YesNo }, filled)
        }
        RawColumn::Number(_) | RawColumn::Integer(_) => {
            infer_numbers(name, column, &missing, options)
        }
        RawColumn::Text(_) | RawColumn::Coded(_) => infer_text(name, column, &missing, options),
    }
}

impl Inference {
    fn plain(kind: Kind, filled: usize) -> Self {
        Self {
            kind,
            filled,
            distinct: None,
            stand_ins: Vec::new(),
            suspect: None,
            why: None,
            misfit: None,
        }
    }
}

fn infer_numbers(
    name: &str,
    column: &RawColumn,
    missing: &ColumnReader,
    options: &InferOptions,
) -> Inference {
    let mut numbers = Numbers::new();
    for of in column.occurring() {
        // The probe reads every number as a category, or as missing where the user said so.
        if missing.read(of.cell).is_ok_and(|value| !value.is_missing()) {
            match of.cell {
                Cell::Number(number) => numbers.see(number, of.times),
                Cell::Integer(number) => numbers.see(number as f64, of.times),
                _ => {}
            }
        }
    }
    decide_number(name, column, &numbers, options, NumberFormat::PLAIN)
}

fn decide_number(
    name: &str,
    column: &RawColumn,
    numbers: &Numbers,
    options: &InferOptions,
    format: NumberFormat,
) -> Inference {
    let plain = format == NumberFormat::PLAIN;
    let why = match (format.commas, format.unit.is_some()) {
        (Commas::Thousands, false) => Some("commas read as thousands"),
        (Commas::Thousands, true) => Some("read without the unit; commas are thousands"),
        (Commas::DecimalBesidePoints, false) => Some("points read as thousands, commas as decimal"),
        (Commas::DecimalBesidePoints, true) => {
            Some("read without the unit; points are thousands, commas decimal")
        }
        (Commas::None | Commas::Decimal, true) => Some("read without the unit"),
        (Commas::None | Commas::Decimal, false) => None,
    };
    let mut found = Inference { why, ..Inference::plain(Kind::Number { format }, numbers.count) };
    if !numbers.varies && (numbers.count == column.len() || numbers.count == 0) {
        found.kind = Kind::Constant;
    } else if options.category {
        found.kind = Kind::Category;
        found.why = Some("as you said");
    } else if options.ordering {
        found.suspect = None;
    } else if numbers.zero_one && plain {
        // `1,0` is a number of somebody who writes commas, and no yes.
        found.kind = Kind::YesNo;
    } else if numbers.whole && is_identifying(name, column, numbers) {
        found.kind = Kind::Identifier;
        found.why = Some("a different whole number in every row");
    } else if numbers.whole && is_named_id(name) && is_mostly_different(column, numbers) {
        found.kind = Kind::Identifier;
        found.why = Some("its name says id, and at least half of its numbers are different");
    } else {
        found.suspect = numbers.suspect();
    }
    found
}

/// Whether a column is named like an id.
fn is_named_id(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower == "id"
        || lower.ends_with("_id")
        || lower.ends_with(" id")
        || lower.starts_with("id_")
        || name.ends_with("Id")
        || name.ends_with("ID")
        || lower.contains("uuid")
}

/// Whole numbers that count the rows, or are all different in a column named like an id.
fn is_identifying(name: &str, column: &RawColumn, numbers: &Numbers) -> bool {
    let consecutive = numbers.max - numbers.min + 1.0 == numbers.count as f64;
    if numbers.count < IDENTIFIER_FROM || !(is_named_id(name) || consecutive) {
        return false;
    }
    let mut seen = HashSet::with_capacity(numbers.count);
    let mut filled = column.occurring().filter(|of| of.cell != Cell::Empty);
    filled.all(|of| {
        of.times == 1 && of.cell.into_text().is_none_or(|text| seen.insert(text.into_owned()))
    })
}

/// Whether at least half of enough numbers are different: those of persons who stand in some rows each,
/// not those of some branches or products.
fn is_mostly_different(column: &RawColumn, numbers: &Numbers) -> bool {
    if numbers.count < IDENTIFIER_FROM {
        return false;
    }
    let values = column.occurring().filter_map(|of| match of.cell {
        Cell::Number(number) => Some(number),
        Cell::Integer(number) => Some(number as f64),
        Cell::Text(text) => parse_number(text, Commas::Thousands),
        _ => None,
    });
    let different: HashSet<u64> = values.map(|number| (number + 0.0).to_bits()).collect();
    2 * different.len() >= numbers.count
}

fn infer_text<'a>(
    name: &str,
    column: &'a RawColumn,
    missing: &ColumnReader,
    options: &'a InferOptions,
) -> Inference {
    let mut candidates = Candidates::new(options);
    let mut stand_ins: HashMap<&str, usize> = HashMap::new();
    for of in column.occurring() {
        let Cell::Text(text) = of.cell else { continue };
        let text = trimmed(text);
        if missing.is_missing(text) {
            if !text.is_empty() {
                *stand_ins.entry(text).or_default() += of.times;
            }
        } else {
            candidates.see(of.row, text, of.times);
        }
    }
    let mut found = candidates.decide(name, column, missing);
    found.stand_ins = stand_ins.into_iter().map(|(text, n)| (text.to_owned(), n)).collect();
    // The most frequent first.
    found.stand_ins.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MISSING_STAND_INS, TextColumn, Time};

    fn options() -> InferOptions {
        InferOptions {
            stand_ins: MISSING_STAND_INS.iter().map(|&s| s.to_owned()).collect(),
            ..InferOptions::default()
        }
    }

    fn text(cells: &[&str]) -> RawColumn {
        let mut column = TextColumn::new();
        cells.iter().for_each(|cell| column.push(cell));
        RawColumn::Text(column)
    }

    fn commas(commas: Commas) -> Kind {
        Kind::Number { format: NumberFormat { commas, unit: None, amounts: false } }
    }

    fn kind(cells: &[&str]) -> Kind {
        infer("c", &text(cells), &options()).kind
    }

    #[test]
    fn kinds_of_text() {
        assert_eq!(kind(&["1", "2.5", "", "n/a"]), Kind::NUMBER);
        assert_eq!(kind(&["1,5", "2", "3"]), commas(Commas::Decimal));
        let thousands = commas(Commas::Thousands);
        assert_eq!(kind(&["2,500", "1,200.5", "950"]), thousands);
        assert_eq!(kind(&["1.5", "1,5"]), Kind::Category);
        assert_eq!(kind(&["+34600111222", "+34600111223"]), Kind::Category);
        assert_eq!(kind(&["yes", "no", "unknown"]), Kind::YesNo);
        assert_eq!(kind(&["TRUE", "FALSE"]), Kind::YesNo);
        assert_eq!(kind(&["0", "1", "1"]), Kind::YesNo);
        assert_eq!(kind(&["1.0", "0.0", ""]), Kind::YesNo);
        assert_eq!(kind(&["1,0", "0", ""]), commas(Commas::Decimal));
        assert_eq!(kind(&["yes", "0"]), Kind::Category);
        assert_eq!(kind(&["red", "blue", "red"]), Kind::Category);
        assert_eq!(kind(&["1", "2", "x"]), Kind::Category);
        assert_eq!(kind(&["01234", "90210", "00501"]), Kind::Category);
        assert_eq!(
            kind(&["2024-01-31", "2024-02-01 10:00:00"]),
            Kind::Date { format: DateFormat::Iso }
        );
        assert_eq!(
            kind(&["31/01/2024", "01/02/2024"]),
            Kind::Date { format: DateFormat::DayMonthYear }
        );
        assert_eq!(kind(&["a", "a"]), Kind::Constant);
        assert_eq!(kind(&["a", ""]), Kind::Category);
        assert_eq!(kind(&["", "NULL"]), Kind::Constant);
        assert_eq!(kind(&["7", "7"]), Kind::Constant);
        assert_eq!(kind(&["inf", "1"]), Kind::NUMBER);
    }

    #[test]
    fn ambiguous_dates_are_not_guessed() {
        let found = infer("c", &text(&["01/02/2024", "03/04/2024"]), &options());
        assert_eq!(found.kind, Kind::Identifier);
        assert!(found.why.unwrap().contains("day and month"));
    }

    #[test]
    fn what_looks_like_dates_or_numbers_is_said_so() {
        let why = |cells: &[&str]| infer("c", &text(cells), &options()).why;
        assert_eq!(
            kind(&["2024/01/31", "2024/02/01 10:00:00"]),
            Kind::Date { format: DateFormat::Iso }
        );
        for cells in [["05-Jan-2024", "06-Feb-2024"], ["01/31/24", "02/28/24"]] {
            assert!(
                why(&cells).is_some_and(|why| why.starts_with("looks like dates")),
                "{cells:?}"
            );
        }
        for cells in [["600 123 456", "611 222 333"], ["12M", "24M"]] {
            assert_eq!(kind(&cells), Kind::Category, "{cells:?}");
        }
        // Nothing tells thousands from thousandths here.
        assert!(why(&["12.000", "1.200", "900"]).is_some_and(|why| why.contains("thousands")));
        assert_eq!(kind(&["12.000", "1.200", "900"]), Kind::NUMBER);
        for cells in [["12.000", "1.25"], ["0.125", "1.250"], ["12.000", "1200"], ["12", "13"]] {
            assert_eq!(why(&cells), None, "{cells:?}");
        }
        assert!(why(&["$5", "€6", "$7"]).is_some_and(|why| why.contains("several units")));
        assert_eq!(why(&["red", "blue"]), None);
    }

    #[test]
    fn amounts_are_numbers_in_one_unit() {
        let of = |commas, unit: &str| {
            let unit = Some(unit.to_owned()).filter(|unit| !unit.is_empty());
            Kind::Number { format: NumberFormat { commas, unit, amounts: false } }
        };
        let european = Commas::DecimalBesidePoints;
        for (cells, expected) in [
            (vec!["$12,345.00", "$5.00", "7"], of(Commas::Thousands, "$")),
            (vec!["$12", "$5.50"], of(Commas::None, "$")),
            (vec!["1.3%", "12%"], of(Commas::None, "%")),
            (vec!["1.325%", "12.125%"], of(Commas::None, "%")),
            (vec!["12,5 %", "7 %"], of(european, "%")),
            (vec!["1.234,56", "12,5"], of(european, "")),
            (vec!["1.234,56 €", "12 €"], of(european, "€")),
            // Nobody writes thousandths of a euro.
            (vec!["1.234 €", "950 €"], of(european, "€")),
            (vec!["EUR 1,234", "eur 950"], of(Commas::Thousands, "EUR")),
            (vec!["($1,200)", "$3", "n/a"], of(Commas::Thousands, "$")),
            (vec!["1 234,50 €", "12 €"], of(european, "€")),
            (vec!["$1.5M", "$2"], of(Commas::None, "$")),
        ] {
            assert_eq!(kind(&cells), expected, "{cells:?}");
        }
        let typed =
            |commas| Kind::Number { format: NumberFormat { commas, unit: None, amounts: true } };
        for (cells, expected) in [
            (vec!["1'200.50", "3'100.00"], typed(Commas::None)),
            (vec!["(1,200)", "(300)", "5", "6", "7"], typed(Commas::Thousands)),
            (vec!["1 234,50", "12"], typed(european)),
            (vec!["12k", "1.5k", "1M"], typed(Commas::None)),
            (vec!["5-", "7"], typed(Commas::None)),
        ] {
            assert_eq!(kind(&cells), expected, "{cells:?}");
        }
        let found = infer("c", &text(&["$0", "$1", "$0"]), &options());
        assert_eq!((found.kind, found.filled), (of(Commas::None, "$"), 3));
    }

    #[test]
    fn a_few_values_that_spoil_a_column_are_named() {
        let cell = |i: usize| if i == 30 { "abc".to_owned() } else { format!("{}.5", i * i) };
        let cells: Vec<String> = (0..100).map(cell).collect();
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        let misfit = infer("c", &text(&cells), &options()).misfit.unwrap();
        assert_eq!((misfit.others, misfit.count, misfit.row), ("numbers", 99, 30));
        assert_eq!(misfit.text, "abc");
    }

    #[test]
    fn identifiers() {
        let ids: Vec<String> = (0..100).map(|i| format!("lead-{i}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        assert_eq!(kind(&ids), Kind::Identifier);
        let mails: Vec<String> = (0..100).map(|i| format!("rep{}@example.com", i % 3)).collect();
        let mails: Vec<&str> = mails.iter().map(String::as_str).collect();
        assert_eq!(kind(&mails), Kind::Identifier);
        let counting = RawColumn::Integer((1..=100).map(Some).collect());
        assert_eq!(infer("n", &counting, &options()).kind, Kind::Identifier);
        let squares = RawColumn::Integer((1..=100).map(|i| Some(i * i)).collect());
        assert_eq!(infer("n", &squares, &options()).kind, Kind::NUMBER);
        assert_eq!(infer("lead_id", &squares, &options()).kind, Kind::Identifier);
        // Half of them different is enough where the name says id; some branches are none.
        let some = |different: i64| {
            RawColumn::Integer((0..100).map(|i| Some(i % different * 7 + 3)).collect())
        };
        assert_eq!(infer("subject_id", &some(50), &options()).kind, Kind::Identifier);
        assert!(infer("subject_id", &some(50), &options()).why.unwrap().contains("half"));
        assert_eq!(infer("subject_id", &some(49), &options()).kind, Kind::NUMBER);
        assert_eq!(infer("subject", &some(50), &options()).kind, Kind::NUMBER);
        let ordering = InferOptions { ordering: true, ..options() };
        assert_eq!(infer("n", &counting, &ordering).kind, Kind::NUMBER);
    }

    #[test]
    fn a_number_that_may_mean_missing_is_a_suspect_only() {
        let cells: Vec<&str> = (0..100).map(|i| if i < 96 { "999" } else { "6" }).collect();
        let found = infer("pdays", &text(&cells), &options());
        assert_eq!(found.kind, Kind::NUMBER);
        assert_eq!(found.suspect, Some((999.0, 0.96)));
        let told = InferOptions { missing: vec!["999".into()], ..options() };
        let found = infer("pdays", &text(&cells), &told);
        assert_eq!((found.filled, found.suspect), (4, None));
        assert_eq!(found.stand_ins, [("999".to_owned(), 96)]);
    }

    #[test]
    fn told_categories_and_typed_columns() {
        let options = InferOptions { category: true, ..options() };
        assert_eq!(infer("c", &text(&["1", "2", "1"]), &options).kind, Kind::Category);
        let codes = RawColumn::Number(vec![1.0, 2.0, f64::NAN]);
        assert_eq!(infer("c", &codes, &options).kind, Kind::Category);
        let times = RawColumn::Time(vec![Some(Time::from_micros(0)), Some(Time::from_micros(1))]);
        assert!(matches!(infer("c", &times, &options).kind, Kind::Date { .. }));
        let mixed = infer("c", &text(&["1", "2", "x", "unknown"]), &self::options());
        assert_eq!((mixed.kind, mixed.distinct), (Kind::Category, Some(3)));
        let found = infer("c", &text(&["1", "2", "3", "N/A", "n/a", ""]), &self::options());
        assert_eq!(found.stand_ins, [("N/A".to_owned(), 1), ("n/a".to_owned(), 1)]);
        assert_eq!(found.filled, 3);
    }
}
