//! `leadscore demo`: the main job on the data that comes along.

use std::path::Path;

use anyhow::{Result, anyhow};
use leadscore_features::{Cell, Table};
use leadscore_model::Bundle;

use crate::args::{
    CompareArgs, DEFAULT_FOLDS, DemoArgs, ExplainArgs, PageArgs, ScorerArgs, SolverArg, TrainArgs,
};
use crate::commands::{compare, explain, train};
use crate::inputs::load_table;
use crate::print::{self, line};

/// The lead that is taken apart, by its row: one with many reasons on both sides.
const LEAD: usize = 24_265;

pub(crate) fn run(args: &DemoArgs) -> Result<()> {
    let leads = args.data.join("bank-marketing/bank-additional-full.csv");
    let rules = args.data.join("rules/bank-marketing.toml");
    let project = args.data.join("simulated/leadscore.toml");
    let behaviour_rules = args.data.join("rules/simulated.toml");
    for path in [&leads, &rules, &project, &behaviour_rules] {
        if !path.is_file() {
            return Err(anyhow!(
                "{}: there is no such file; run the demo in the project's folder, or name its \
                 data folder with --data",
                path.display()
            ));
        }
    }
    std::fs::create_dir_all(&args.models)
        .map_err(|error| anyhow!("{}: {error}", args.models.display()))?;
    let bundle = args.models.join("bank-marketing.bundle");

    if !args.json {
        heading(
            "1. Learn from past deals",
            &format!(
                "leadscore train {} \\\n    --target y --drop duration --missing pdays=999 --out {}",
                leads.display(),
                bundle.display()
            ),
        )?;
    }
    let trained = train::train_and_write(&TrainArgs {
        leads: leads.clone(),
        target: Some("y".to_owned()),
        positive: None,
        negative: None,
        id: None,
        account: None,
        time: None,
        weight: None,
        category: Vec::new(),
        // Known only after the call, so a score made before it cannot use it.
        drop: vec!["duration".to_owned()],
        keep: Vec::new(),
        missing: vec!["pdays=999".to_owned()],
        plain: false,
        l2: None,
        solver: SolverArg::Newton,
        seed: 0,
        folds: DEFAULT_FOLDS,
        repeats: 1,
        base_rate: None,
        points: Vec::new(),
        increasing: Vec::new(),
        decreasing: Vec::new(),
        towards: None,
        name: Some("bank-marketing".to_owned()),
        model_version: "1".to_owned(),
        out: Some(bundle.clone()),
        page: PageArgs::default(),
        json: false,
        threads: None,
    })?;
    let comparison = compared(&leads, &bundle, &rules);
    let behaviour = behaviour(&project, &args.models);
    let learned_bundle = args.models.join("simulated.bundle");
    let behaviour_comparison = compared(&project, &learned_bundle, &behaviour_rules);
    if args.json {
        let learned = train::train_and_write(&behaviour)?;
        return print::json(&serde_json::json!({
            "bundle": bundle.display().to_string(),
            "training": trained.bundle.training,
            "comparison": compare::report(&comparison)?,
            "behaviour": {
                "training": learned.bundle.training,
                "comparison": compare::report(&behaviour_comparison)?,
            },
        }));
    }
    train::summary(&trained.bundle)?;

    heading(
        "2. Compare with the marketers' points",
        &format!(
            "leadscore compare {} \\\n    --model {} --points {}",
            leads.display(),
            bundle.display(),
            rules.display()
        ),
    )?;
    compare::run(&comparison)?;

    heading(
        "3. Take one lead apart",
        &format!(
            "leadscore explain {} --id {LEAD} \\\n    --model {} --points {}",
            leads.display(),
            bundle.display(),
            rules.display()
        ),
    )?;
    let scorer = ScorerArgs { model: Some(bundle.clone()), points: vec![rules.clone()] };
    explain::run(&ExplainArgs {
        leads: leads.clone(),
        id: LEAD.to_string(),
        id_column: None,
        events: None,
        as_of: None,
        since: None,
        what_if: Vec::new(),
        what_if_event: Vec::new(),
        scorer,
        json: false,
    })?;
    heading(
        "4. Learn from what leads did, as of a date",
        &format!(
            "leadscore train {} \\\n    --out {}",
            project.display(),
            learned_bundle.display()
        ),
    )?;
    let learned = train::train_and_write(&behaviour)?;
    train::columns(&learned.bundle, false)?;
    train::summary(&learned.bundle)?;
    heading(
        "5. Compare it with rules over the same signals",
        &format!(
            "leadscore compare {} \\\n    --model {} --points {}",
            project.display(),
            learned_bundle.display(),
            behaviour_rules.display()
        ),
    )?;
    compare::run(&behaviour_comparison)?;
    next(&load_table(&leads)?, &trained.bundle, &leads, &bundle, &rules)
}

/// A comparison of a model and a rule set.
fn compared(leads: &Path, model: &Path, rules: &Path) -> CompareArgs {
    CompareArgs {
        leads: leads.to_owned(),
        model: vec![model.to_owned()],
        points: vec![rules.to_owned()],
        target: None,
        segment: Vec::new(),
        capacity: None,
        page: PageArgs::default(),
        out: None,
        seed: 0,
        json: false,
    }
}

/// The training of the simulated leads, with their events.
fn behaviour(project: &Path, models: &Path) -> TrainArgs {
    TrainArgs {
        leads: project.to_owned(),
        target: None,
        positive: None,
        negative: None,
        id: None,
        account: None,
        time: None,
        weight: None,
        category: Vec::new(),
        drop: Vec::new(),
        keep: Vec::new(),
        missing: Vec::new(),
        plain: false,
        l2: None,
        solver: SolverArg::Newton,
        seed: 0,
        folds: DEFAULT_FOLDS,
        repeats: 1,
        base_rate: None,
        points: Vec::new(),
        increasing: Vec::new(),
        decreasing: Vec::new(),
        towards: None,
        name: Some("simulated".to_owned()),
        model_version: "1".to_owned(),
        out: Some(models.join("simulated.bundle")),
        page: PageArgs::default(),
        json: false,
        threads: None,
    }
}

fn heading(title: &str, command: &str) -> Result<()> {
    line(format!("\n== {title}\n$ {command}"))
}

fn next(table: &Table, trained: &Bundle, leads: &Path, bundle: &Path, rules: &Path) -> Result<()> {
    line(format!("\n== What to try next\nThe bundle is {}. Serve it:", bundle.display()))?;
    line(format!(
        "\n  cargo run --release -- serve --model {} \\\n      --points {}",
        bundle.display(),
        rules.display()
    ))?;
    line("\nand from another terminal ask it for that lead (docs: http://127.0.0.1:8080/docs):")?;
    line(format!("\n{}", curl(table, trained)))?;
    line("\nSee both rankings on a page, with a slider of how many leads you can call:")?;
    line(format!(
        "\n  cargo run --release -- compare {} \\\n      --model {} --points {} \\\n      --html comparison.html",
        leads.display(),
        bundle.display(),
        rules.display()
    ))?;
    line("\nSee what each signal of the simulated leads is worth, or make a project of your own:")?;
    line("\n  cargo run --release -- signals data/simulated/leadscore.toml")?;
    line("  cargo run --release -- init leads.csv --events events.csv")?;
    line("\nTrain as if the future were unknown, on rows in the order of time:")?;
    line(format!(
        "\n  cargo run --release -- train {} \\\n      --target y --drop duration --missing pdays=999 \\\n      --time @row --out models/later.bundle",
        leads.display()
    ))
}

/// A call that works as printed: the demo's lead as JSON, in lines that fit.
fn curl(table: &Table, bundle: &Bundle) -> String {
    let used = |name: &str| bundle.training.columns.iter().any(|c| c.used && c.name == name);
    let mut lines = vec![
        "  curl -s http://127.0.0.1:8080/predict -H 'content-type: application/json' \\".to_owned(),
        "    -d '{\"attributes\": {".to_owned(),
    ];
    let mut current = String::from("     ");
    let fields: Vec<String> = table
        .names()
        .iter()
        .zip(table.columns())
        .filter(|(name, _)| used(name))
        .map(|(name, column)| {
            let value = match column.cell(LEAD - 1) {
                Cell::Text(text) if text.parse::<f64>().is_ok_and(f64::is_finite) => {
                    text.to_owned()
                }
                cell => serde_json::json!(cell.into_text().unwrap_or_default()).to_string(),
            };
            format!("{}: {value}", serde_json::json!(name))
        })
        .collect();
    for (index, field) in fields.iter().enumerate() {
        let comma = if index + 1 < fields.len() { "," } else { "}}'" };
        if current.len() + field.len() + comma.len() + 1 > 78 {
            lines.push(std::mem::replace(&mut current, String::from("     ")));
        }
        current.push(' ');
        current.push_str(field);
        current.push_str(comma);
    }
    lines.push(current);
    lines.join("\n")
}
