//! Outcomes: which rows converted, which did not, and which say neither.

use std::borrow::Cow;
use std::collections::BTreeMap;

use leadscore_features::{ColumnReader, RawColumn, canonical_number};
use leadscore_model::bundle::TargetRecord;

use crate::pipeline::POINTS_ALONE;
use crate::weights::Weights;
use crate::{TrainError, TrainOptions};

/// The outcome of every row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Labels {
    /// What the values mean; its count of conversions is of the rows below.
    pub(crate) target: TargetRecord,
    /// `None`: left out.
    pub(crate) of: Vec<Option<bool>>,
    /// How often rows count, where that was said.
    pub(crate) weights: Option<Weights>,
}

/// Pairs of values whose meaning nobody needs to be told, in lower case, converted first.
const KNOWN_PAIRS: &[(&str, &str)] = &[
    ("yes", "no"),
    ("true", "false"),
    ("1", "0"),
    ("1", "-1"),
    ("y", "n"),
    ("t", "f"),
    ("won", "lost"),
    ("closed won", "closed lost"),
    ("ganado", "perdido"),
    ("ganada", "perdida"),
    ("converted", "not converted"),
    ("success", "failure"),
    ("si", "no"),
    ("sí", "no"),
    ("verdadero", "falso"),
    ("closedwon", "closedlost"),
    ("cierre ganado", "cierre perdido"),
    ("cerrado ganado", "cerrado perdido"),
    ("cerrada ganada", "cerrada perdida"),
    ("convertido", "no convertido"),
    ("vendido", "no vendido"),
];

/// Reads the outcomes. `reader` reads the column as a category.
pub(crate) fn labels(
    column: &RawColumn,
    reader: &ColumnReader,
    options: &TrainOptions,
) -> Result<Labels, TrainError> {
    let target = &options.target;
    // A stand-in such as "unknown" can be the value that the user names, so the text is taken as
    // it is; only an empty cell, or a stand-in that nobody named, is a hole.
    let values: Vec<Option<String>> =
        column.values().cells().map(|cell| reader.text(cell).map(Cow::into_owned)).collect();
    let rows = column.len();
    let code = |row: usize| column.code(row);
    let is_hole = |value: &Option<String>| match value {
        None => true,
        Some(value) => {
            reader.is_missing(value)
                && !named(value, &options.positive)
                && !named(value, &options.negative)
        }
    };
    let is_hole: Vec<bool> = values.iter().map(is_hole).collect();
    let mut times = vec![0; values.len()];
    (0..rows).for_each(|row| times[code(row)] += 1);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for ((value, &times), hole) in values.iter().zip(&times).zip(&is_hole) {
        if let (Some(value), 1.., false) = (value, times, hole) {
            *counts.entry(value).or_default() += times;
        }
    }
    let holes: Vec<usize> = (0..rows).filter(|&row| is_hole[code(row)]).collect();
    let (positive, negative) = choose(target, &counts, options)?;
    let both_named = options.positive.is_some() && options.negative.is_some();
    if !both_named && !holes.is_empty() {
        let rows: Vec<String> = holes.iter().take(5).map(|row| (row + 1).to_string()).collect();
        return Err(TrainError::data(format!(
            "the target {target:?} has no value in {} of {} rows (row {}{}); give those rows an \
             outcome or remove them, or name both outcomes to leave them out: --positive {} \
             --negative {}",
            holes.len(),
            column.len(),
            rows.join(", "),
            if holes.len() > rows.len() { ", ..." } else { "" },
            quoted(&positive),
            quoted(&negative),
        )));
    }
    let mut target = TargetRecord { column: target.clone(), positive, negative, conversions: 0 };
    let outcomes: Vec<Option<bool>> =
        values.iter().map(|value| target.outcome(value.as_deref()?)).collect();
    let of: Vec<Option<bool>> = (0..rows).map(|row| outcomes[code(row)]).collect();
    target.conversions = of.iter().filter(|label| **label == Some(true)).count();
    Ok(Labels { target, of, weights: None })
}

/// The outcome of all rows where they have one value, and it is known what that means.
pub(crate) fn one_outcome(
    column: &RawColumn,
    reader: &ColumnReader,
    options: &TrainOptions,
) -> Option<bool> {
    let values = column.values();
    let mut texts = values.cells().map(|cell| reader.text(cell).map(Cow::into_owned));
    let first = texts.next()??;
    if texts.any(|text| text.as_deref() != Some(first.as_str())) {
        return None;
    }
    if let Some(positive) = &options.positive {
        return Some(same(&first, positive));
    }
    if let Some(negative) = &options.negative {
        return Some(!same(&first, negative));
    }
    let lower = first.trim().to_lowercase();
    let yes = KNOWN_PAIRS.iter().any(|(yes, _)| *yes == lower);
    let no = KNOWN_PAIRS.iter().any(|(_, no)| *no == lower);
    (yes != no).then_some(yes)
}

/// Whether a value is the one that the user named; numbers by value, texts without case only when
/// that is not ambiguous, which [`choose`] has settled.
fn named(value: &str, name: &Option<String>) -> bool {
    name.as_ref().is_some_and(|name| same(value, name))
}

fn same(value: &str, name: &str) -> bool {
    let number = |text: &str| text.trim().parse::<f64>().ok().map(canonical_number);
    value == name.trim() || (number(value).is_some() && number(value) == number(name))
}

fn choose(
    target: &str,
    counts: &BTreeMap<&str, usize>,
    options: &TrainOptions,
) -> Result<(String, String), TrainError> {
    let find = |name: &String, option: &str| {
        counts
            .keys()
            .find(|value| same(value, name))
            .or_else(|| {
                let mut alike = counts.keys().filter(|v| v.to_lowercase() == name.to_lowercase());
                alike.next().filter(|_| alike.next().is_none())
            })
            .map(|value| (*value).to_owned())
            .ok_or_else(|| {
                TrainError::data(format!(
                    "{option} {name:?} is not a value of the target {target:?}, which has {}",
                    listed(counts)
                ))
            })
    };
    let given = |name: &Option<String>, option| name.as_ref().map(|n| find(n, option)).transpose();
    let positive = given(&options.positive, "--positive")?;
    let negative = given(&options.negative, "--negative")?;
    let values: Vec<&str> = counts.keys().copied().collect();
    if let (Some(positive), Some(negative)) = (&positive, &negative) {
        if positive == negative {
            return Err(TrainError::data(
                "--positive and --negative name the same value".to_owned(),
            ));
        }
        return Ok((positive.clone(), negative.clone()));
    }
    let [first, second] = values[..] else {
        return Err(TrainError::data(match values.len() {
            0 => format!("the target {target:?} has no value in any row"),
            1 => format!(
                "the target {target:?} is {:?} in every row; a model needs leads that converted \
                 and leads that did not{POINTS_ALONE}",
                values[0]
            ),
            n => format!(
                "the target {target:?} has {n} values: {}; say which mean converted and not \
                 converted with --positive and --negative (other rows are left out)",
                listed(counts)
            ),
        }));
    };
    let other = |value: &str| if value == first { second } else { first }.to_owned();
    match (positive, negative) {
        (Some(positive), None) => Ok((positive.clone(), other(&positive))),
        (None, Some(negative)) => Ok((other(&negative), negative)),
        _ => {
            let is = |value: &str, word: &str| value.to_lowercase() == word;
            KNOWN_PAIRS
                .iter()
                .find_map(|(yes, no)| {
                    let pair = |a: &str, b: &str| {
                        (is(a, yes) && is(b, no)).then(|| (a.to_owned(), b.to_owned()))
                    };
                    pair(first, second).or_else(|| pair(second, first))
                })
                .ok_or_else(|| {
                    TrainError::data(format!(
                        "the target {target:?} is {first:?} or {second:?}; say which means \
                         converted: --positive {} or --positive {}",
                        quoted(first),
                        quoted(second)
                    ))
                })
        }
    }
}

/// A value as it is typed in a shell.
fn quoted(value: &str) -> String {
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    {
        value.to_owned()
    } else {
        format!("'{value}'")
    }
}

/// The most frequent values with their counts.
fn listed(counts: &BTreeMap<&str, usize>) -> String {
    let mut values: Vec<_> = counts.iter().collect();
    values.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let mut shown: Vec<String> =
        values.iter().take(6).map(|(value, count)| format!("{value:?} ({count})")).collect();
    if values.len() > 6 {
        shown.push(format!("and {} more", values.len() - 6));
    }
    if shown.is_empty() { "no values".to_owned() } else { shown.join(", ") }
}

#[cfg(test)]
mod tests {
    use leadscore_features::{Column, Kind, Role, Schema, TextColumn};

    use super::*;

    fn read(
        cells: &[&str],
        positive: Option<&str>,
        negative: Option<&str>,
    ) -> Result<Labels, String> {
        let mut text = TextColumn::new();
        cells.iter().for_each(|cell| text.push(cell));
        let column =
            Column { name: "y".into(), kind: Kind::Category, role: Role::Target, missing: vec![] };
        let reader = ColumnReader::new(&column, &Schema::new(vec![]).missing);
        let options = TrainOptions {
            target: "y".into(),
            positive: positive.map(str::to_owned),
            negative: negative.map(str::to_owned),
            ..TrainOptions::default()
        };
        labels(&RawColumn::Text(text), &reader, &options).map_err(|e| e.to_string())
    }

    #[test]
    fn one_value_says_what_became_of_all() {
        let of = |cells: &[&str], positive: Option<&str>| {
            let mut text = TextColumn::new();
            cells.iter().for_each(|cell| text.push(cell));
            let column = Column {
                name: "y".into(),
                kind: Kind::Category,
                role: Role::Target,
                missing: vec![],
            };
            let reader = ColumnReader::new(&column, &Schema::new(vec![]).missing);
            let options = TrainOptions {
                target: "y".into(),
                positive: positive.map(str::to_owned),
                ..TrainOptions::default()
            };
            one_outcome(&RawColumn::Text(text), &reader, &options)
        };
        assert_eq!(of(&["no", "no"], None), Some(false));
        assert_eq!(of(&["Won"], None), Some(true));
        assert_eq!(of(&["open"], None), None);
        assert_eq!(of(&["open"], Some("closed")), Some(false));
        assert_eq!(of(&["yes", "no"], None), None);
        assert_eq!(of(&["yes", ""], None), None);
        assert_eq!(of(&[], None), None);
    }

    #[test]
    fn known_pairs_need_no_words_in_either_order() {
        for (yes, no) in [("yes", "no"), ("TRUE", "FALSE"), ("1", "0"), ("Won", "Lost")] {
            for cells in [[yes, no, no], [no, no, yes]] {
                let found = read(&cells, None, None).unwrap();
                assert_eq!(found.target.positive, yes);
                let expected: Vec<_> = cells.iter().map(|cell| Some(*cell == yes)).collect();
                assert_eq!(found.of, expected);
            }
        }
        assert_eq!(read(&["1.0", "0.0"], None, None).unwrap().of, [Some(true), Some(false)]);
    }

    #[test]
    fn other_values_are_left_out_when_both_are_named() {
        let found = read(&["won", "lost", "open", ""], Some("won"), Some("lost")).unwrap();
        assert_eq!(found.of, [Some(true), Some(false), None, None]);
        let found = read(&["unknown", "lost"], Some("unknown"), Some("lost")).unwrap();
        assert_eq!(found.of, [Some(true), Some(false)]);
        assert_eq!(read(&["Won", "Lost"], Some("won"), None).unwrap().target.positive, "Won");
        let found = read(&["Yes", "yes", "no", "NO"], Some("yes"), Some("no")).unwrap();
        assert_eq!(found.of, [Some(true), Some(true), Some(false), Some(false)]);
    }

    #[test]
    fn every_refusal_says_what_to_do() {
        let refused = |cells: &[&str], positive| read(cells, positive, None).unwrap_err();
        assert!(refused(&["yes", "", "no"], None).contains("(row 2)"));
        assert!(refused(&["yes", "", "no"], None).contains("--positive yes --negative no"));
        assert!(refused(&["yes", "yes"], None).contains("in every row"));
        assert!(refused(&["a", "b", "c"], None).contains("has 3 values"));
        assert!(refused(&["a", "b"], None).contains("--positive a or --positive b"));
        assert!(refused(&["a", "b"], Some("z")).contains("not a value of the target"));
        assert!(refused(&["", ""], None).contains("no value in any row"));
    }
}
