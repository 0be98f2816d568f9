//! What each column is: roles from the options, kinds by looking, and what the user is told.

use leadscore_features::{
    Catalogue, Column, Expr, InferOptions, Inference, Kind, RawColumn, Role, Schema, Table,
    did_you_mean, infer,
};
use leadscore_model::bundle::ColumnReport;

use crate::{TrainError, TrainOptions};

/// The schema of a table, the signals that the model will use, and what to tell the user.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) schema: Schema,
    pub(crate) catalogue: Catalogue,
    /// Names of signals, in catalogue order.
    pub(crate) inputs: Vec<String>,
    pub(crate) reports: Vec<ColumnReport>,
}

/// Looks at every column.
pub(crate) fn look(table: &Table, options: &TrainOptions) -> Result<Columns, TrainError> {
    check(table, options)?;
    let listed = |list: &[String], name: &str| list.iter().any(|item| item == name);
    let mut schema = Schema::new(Vec::new());
    let mut looked: Vec<(Inference, &RawColumn)> = Vec::new();
    let mut spoilt = Vec::new();
    for (name, raw) in table.names().iter().zip(table.columns()) {
        let role = role(name, options);
        let missing: Vec<String> = options
            .missing
            .iter()
            .filter(|(column, _)| column == name)
            .map(|(_, value)| value.clone())
            .collect();
        let mut found = infer(
            name,
            raw,
            &InferOptions {
                category: listed(&options.categories, name),
                ordering: role == Role::Time,
                missing: missing.clone(),
                stand_ins: schema.missing.clone(),
            },
        );
        let asked = listed(&options.drop, name) || listed(&options.keep, name);
        if let (Some(misfit), false, Role::Attribute | Role::Time) = (&found.misfit, asked, role) {
            spoilt.push(format!(
                "row {}, column {name:?}: {:?} is not of the {} that {} of {} values are; correct \
                 it, or say --missing {name}={} if it means missing, or --category {name}",
                misfit.row + 1,
                misfit.text,
                misfit.others,
                misfit.count,
                found.filled,
                misfit.text,
            ));
        }
        if found.kind == Kind::Identifier && listed(&options.keep, name) {
            found.kind = Kind::Category;
            found.why = Some("kept as you said");
        }
        if matches!(role, Role::Id | Role::Account) {
            found.kind = Kind::Identifier;
            found.suspect = None;
        }
        if role == Role::Target {
            found.kind = Kind::Category;
        }
        schema.columns.push(Column { name: name.clone(), kind: found.kind.clone(), role, missing });
        looked.push((found, raw));
    }
    if !spoilt.is_empty() {
        return Err(TrainError::Data(spoilt));
    }
    let catalogue = Catalogue::of_table(&schema);
    // An age needs a moment to count to; a number or a row order is none.
    let timed =
        schema.with_role(Role::Time).is_some_and(|column| matches!(column.kind, Kind::Date { .. }));
    let inputs: Vec<String> = catalogue
        .signals
        .iter()
        .filter(|signal| {
            let column = signal.expr.column();
            let kind = schema.column(column).map(|c| &c.kind);
            !listed(&options.drop, column)
                && match (&signal.expr, kind) {
                    (Expr::DaysSince { .. }, _) => timed,
                    (
                        Expr::Attribute { .. },
                        Some(Kind::Number { .. } | Kind::YesNo | Kind::Category),
                    ) => true,
                    _ => false,
                }
        })
        .map(|signal| signal.name.clone())
        .collect();
    let reports = schema
        .columns
        .iter()
        .zip(&looked)
        .map(|(column, (found, raw))| {
            let used = catalogue
                .signals
                .iter()
                .any(|s| s.expr.column() == column.name && inputs.contains(&s.name));
            report(column, found, raw, used, timed, options)
        })
        .collect();
    if inputs.is_empty() {
        return Err(TrainError::data(
            "no column is left to learn from: all are ids, dates, constants or dropped",
        ));
    }
    Ok(Columns { schema, catalogue, inputs, reports })
}

/// Every name in the options must be a column, and mean one thing.
fn check(table: &Table, options: &TrainOptions) -> Result<(), TrainError> {
    let mut mistakes = Vec::new();
    let mut need = |option: &str, name: &str| {
        if table.position(name).is_none() {
            let names = table.names().iter().map(String::as_str);
            mistakes.push(match did_you_mean(name, names) {
                Some(near) => {
                    format!("{option}: there is no column {name:?}; did you mean {near:?}?")
                }
                None => format!(
                    "{option}: there is no column {name:?}; the columns are {}",
                    table.names().join(", ")
                ),
            });
        }
    };
    need("--target", &options.target);
    let time = options.time.as_deref().filter(|time| *time != "@row");
    let single = [
        ("--id", options.id.as_deref()),
        ("--account", options.account.as_deref()),
        ("--time", time),
    ];
    for (option, name) in single {
        if let Some(name) = name {
            need(option, name);
        }
    }
    let lists =
        [("--category", &options.categories), ("--drop", &options.drop), ("--keep", &options.keep)];
    for (option, names) in lists {
        names.iter().for_each(|name| need(option, name));
    }
    options.missing.iter().for_each(|(name, _)| need("--missing", name));
    for (option, name) in single {
        if name == Some(options.target.as_str()) {
            mistakes.push(format!("{option}: {:?} is the target", options.target));
        }
    }
    for name in options.drop.iter().filter(|name| options.keep.contains(name)) {
        mistakes.push(format!("{name:?} is both in --drop and in --keep"));
    }
    if mistakes.is_empty() { Ok(()) } else { Err(TrainError::Options(mistakes)) }
}

fn role(name: &str, options: &TrainOptions) -> Role {
    let is = |option: &Option<String>| option.as_deref() == Some(name);
    if options.target == name {
        Role::Target
    } else if is(&options.id) {
        Role::Id
    } else if is(&options.account) {
        Role::Account
    } else if is(&options.time) {
        Role::Time
    } else {
        Role::Attribute
    }
}

fn report(
    column: &Column,
    found: &Inference,
    raw: &RawColumn,
    used: bool,
    timed: bool,
    options: &TrainOptions,
) -> ColumnReport {
    let mut notes: Vec<String> = Vec::new();
    match column.role {
        Role::Target => notes.push("the target".to_owned()),
        Role::Id => notes.push("the lead's id".to_owned()),
        Role::Account => notes.push("the account".to_owned()),
        Role::Time => notes.push("the time of the row".to_owned()),
        Role::Attribute if options.drop.contains(&column.name) => {
            notes.push("dropped as you said".to_owned());
        }
        Role::Attribute => {
            match &column.kind {
                Kind::Identifier => notes.push(format!(
                    "not used: {}; --keep {} uses it as a category",
                    found.why.unwrap_or("an identifier"),
                    column.name
                )),
                Kind::Constant => notes.push(format!(
                    "not used: {}",
                    found.why.unwrap_or("the same value in every row")
                )),
                Kind::Date { .. } if timed => {
                    notes.push(format!("used as days_since_{}", column.name));
                }
                Kind::Date { .. } => {
                    notes
                        .push("not used: an age needs a moment to count to, see --time".to_owned());
                }
                _ => notes.extend(found.why.map(str::to_owned)),
            }
            if let Some((value, share)) = found.suspect {
                notes.push(format!(
                    "{:.1} % are {value}; if that means missing: --missing {}={value}",
                    100.0 * share,
                    column.name
                ));
            }
        }
    }
    let mut stand_ins: Vec<String> =
        found.stand_ins.iter().take(3).map(|(text, count)| format!("{text:?} ({count})")).collect();
    if found.stand_ins.len() > 3 {
        stand_ins.push("and others".to_owned());
    }
    // A typed column has no texts to count.
    if matches!(raw, RawColumn::Text(_)) {
        for value in &column.missing {
            let number = |text: &str| text.trim().parse::<f64>().ok();
            let is = |text: &str| {
                text.eq_ignore_ascii_case(value)
                    || (number(text).is_some() && number(text) == number(value))
            };
            if !found.stand_ins.iter().any(|(text, _)| is(text)) {
                notes.push(format!("no cell is {value:?}, which --missing names"));
            }
        }
    }
    if column.role == Role::Attribute && !stand_ins.is_empty() {
        notes.push(format!("read as missing: {}", stand_ins.join(", ")));
    }
    let kind = match column.role {
        Role::Target => "target",
        _ => column.kind.word(),
    };
    ColumnReport {
        name: column.name.clone(),
        kind: kind.to_owned(),
        filled: found.filled as f64 / raw.len().max(1) as f64,
        distinct: found.distinct,
        used,
        notes,
    }
}
