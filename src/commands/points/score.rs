//! `leadscore points score`: the points of every lead, and what they come to.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, anyhow};
use leadscore_features::Time;
use leadscore_features::io::{Packing, write_sheet};
use leadscore_model::lead_id;
use leadscore_model::points::{Ladder, Points, RuleSet};
use serde::Serialize;

use super::scored::{OnPaper, Scored, Tally};
use super::{Ruled, one_moment};
use crate::args::PointsScoreArgs;
use crate::inputs::{check_table_name, keep_apart, parse_time, wrong_call};
use crate::print::{self, Align, count, line, percent, plural, wrap};

#[derive(Serialize)]
struct Report {
    leads: usize,
    /// The moment of all leads, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Time>,
    rule_sets: Vec<OfRuleSet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    out: Option<Written>,
}

#[derive(Serialize)]
struct Written {
    file: String,
    /// Leads in it: those of the bands that were asked for.
    leads: usize,
}

#[derive(Serialize)]
struct OfRuleSet {
    rule_set: String,
    version: String,
    hash: String,
    mean: f64,
    least: f64,
    most: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bands: Vec<Counted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    handed_off: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stages: Vec<Counted>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    funnel: Vec<Counted>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grades: Vec<Counted>,
    excluded: usize,
    rules: Vec<OfRule>,
}

/// How many leads are in a band, on a step, of a grade.
#[derive(Serialize)]
struct Counted {
    name: String,
    leads: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
}

#[derive(Serialize)]
struct OfRule {
    rule: String,
    /// Leads to which it gave or took points.
    leads: usize,
    /// What it gave these on average.
    mean: f64,
    /// Leads of which nothing can be said, because events were not given.
    #[serde(skip_serializing_if = "is_zero")]
    unavailable: usize,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

pub(crate) fn run(args: &PointsScoreArgs) -> Result<()> {
    let as_of = parse_time("as-of", args.as_of.as_deref())?;
    let ruled = Ruled::open(&args.leads)?;
    let Ruled { leads, sets, scorer } = &ruled;
    if let Some(out) = &args.out {
        keep_apart(out, ruled.files(&args.leads))?;
        check_table_name(out)?;
    }
    let bands = bands(args, sets)?;
    let sheet = args.out.as_ref().map(|_| OnPaper::new(sets, bands)).transpose()?;
    let store = leads.read_events(scorer.event_plan(), sets, &|_| {})?;
    let moments = leads.moments(scorer, as_of);
    leads.say_created_later(&moments);
    let ids = leads.ids(args.leads.id.as_deref(), None)?;
    let new = || Scored::new(sets, sheet.as_ref());
    let walk = leads.leads(store.as_ref()).walk(scorer, &moments, new, |scored, step| {
        scored.push(scorer, step, || lead_id(ids, step.lead));
    });
    let (parts, _) = walk.map_err(|error| anyhow!("{}", leads.unread(&error)))?;
    let mut scored = new();
    parts.into_iter().for_each(|part| scored.append(part));
    let rule_sets = sets.iter().zip(&scored.tallies).map(|(set, tally)| of_set(set, tally));
    let mut report = Report {
        leads: moments.len(),
        as_of: one_moment(&moments),
        rule_sets: rule_sets.collect(),
        out: None,
    };
    if let Some(file) = &args.out {
        report.out = Some(Written { file: file.display().to_string(), leads: scored.written() });
        let to_stdout = file.as_os_str() == "-";
        let path = if to_stdout { Path::new("/dev/stdout") } else { file };
        write_sheet(path, &scored.into_sheet(), Packing::Fast)?;
        if to_stdout {
            return Ok(());
        }
    }
    if args.json { print::json(&report) } else { show(&report) }
}

/// The positions of the bands that were asked for.
fn bands(args: &PointsScoreArgs, sets: &[RuleSet]) -> Result<Vec<usize>> {
    if args.band.is_empty() {
        return Ok(Vec::new());
    }
    let [set] = sets else {
        return Err(wrong_call("--band is a band of one rule set; give one --points"));
    };
    if args.out.is_none() {
        return Err(wrong_call("--band chooses the leads that are written; give --out too"));
    }
    let names = || set.bands.all().iter().map(|band| band.name.as_str());
    args.band
        .iter()
        .map(|name| {
            set.bands.position(name.trim()).ok_or_else(|| {
                let all: Vec<&str> = names().collect();
                let help = match leadscore_features::did_you_mean(name, names()) {
                    Some(near) => format!("did you mean {near:?}?"),
                    None if all.is_empty() => "it has none".to_owned(),
                    None => format!("it has {}", all.join(", ")),
                };
                wrong_call(format!("--band: {} has no band {name:?}; {help}", set.name))
            })
        })
        .collect()
}

fn of_set(set: &RuleSet, tally: &Tally<'_>) -> OfRuleSet {
    let mean = |sum: Points, leads: usize| sum.to_number() / leads.max(1) as f64;
    let counted = |name: &str, action: &Option<String>, leads: usize| Counted {
        name: name.to_owned(),
        leads,
        action: action.clone(),
    };
    let steps = |ladder: &Option<Ladder>, of: &BTreeMap<&str, usize>| {
        let steps = ladder.iter().flat_map(|ladder| &ladder.steps);
        let leads = |name: &str| of.get(name).copied().unwrap_or_default();
        steps.map(|step| counted(&step.name, &None, leads(&step.name))).collect()
    };
    let bands = set.bands.all().iter().zip(&tally.bands);
    let rules = set.rules.iter().zip(&tally.rules);
    OfRuleSet {
        rule_set: set.name.clone(),
        version: set.version.clone(),
        hash: set.hash.clone(),
        mean: mean(tally.sum, tally.leads),
        least: tally.least.to_number(),
        most: tally.most.to_number(),
        bands: bands.map(|(band, leads)| counted(&band.name, &band.action, *leads)).collect(),
        handed_off: set.hand_off.map(|_| tally.handed_off),
        stages: steps(&set.stages, &tally.stages),
        funnel: steps(&set.funnel, &tally.funnel),
        grades: tally.grades.iter().map(|(grade, leads)| counted(grade, &None, *leads)).collect(),
        excluded: tally.excluded,
        rules: rules
            .map(|(rule, of)| OfRule {
                rule: rule.name.clone(),
                leads: of.leads,
                mean: mean(of.sum, of.leads),
                unavailable: of.unavailable,
            })
            .collect(),
    }
}

fn show(report: &Report) -> Result<()> {
    let as_of = report.as_of.map_or_else(String::new, |as_of| format!(" as of {as_of}"));
    line(format!("Scored {}{as_of}", plural(report.leads, "lead")))?;
    let share = |leads: usize| percent(leads as f64 / report.leads.max(1) as f64);
    for set in &report.rule_sets {
        let short = |number: f64| format!("{}", (number * 10.0).round() / 10.0);
        line(wrap(
            &format!(
                "\nRule set {}: {} points on average, from {} to {}",
                set.rule_set,
                short(set.mean),
                short(set.least),
                short(set.most)
            ),
            2,
        ))?;
        let mut notes = Vec::new();
        if let Some(leads) = set.handed_off {
            notes.push(format!("handed to sales {} ({})", count(leads), share(leads)));
        }
        if set.excluded > 0 {
            notes.push(format!("excluded {} ({})", count(set.excluded), share(set.excluded)));
        }
        let lists = [("stages", &set.stages), ("funnel", &set.funnel), ("grades", &set.grades)];
        for (what, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            let each: Vec<String> =
                list.iter().map(|c| format!("{} {}", c.name, count(c.leads))).collect();
            notes.push(format!("{what}: {}", each.join(", ")));
        }
        for note in notes {
            line(wrap(&format!("  {note}"), 4))?;
        }
        if !set.bands.is_empty() {
            let rows = set.bands.iter().rev().map(|band| {
                let action = band.action.clone().unwrap_or_default();
                vec![band.name.clone(), count(band.leads), share(band.leads), action]
            });
            let header = [
                ("Band", Align::Left),
                ("Leads", Align::Right),
                ("Share", Align::Right),
                ("To do", Align::Left),
            ];
            line(print::table(&header, rows.collect()))?;
        }
        let rows = set.rules.iter().map(|rule| {
            let mean = if rule.leads > 0 { format!("{:+.1}", rule.mean) } else { "-".to_owned() };
            let known = match rule.unavailable {
                0 => String::new(),
                all if all == report.leads => "not known".to_owned(),
                some => format!("not known of {}", count(some)),
            };
            let name = print::cut(&rule.rule, 40);
            vec![name, count(rule.leads), share(rule.leads), mean, known]
        });
        let header = [
            ("Rule", Align::Left),
            ("Leads", Align::Right),
            ("Share", Align::Right),
            ("Points each", Align::Right),
            ("", Align::Left),
        ];
        line(print::table(&header, rows.collect()))?;
    }
    match &report.out {
        Some(out) => line(format!("\nWrote {} to {}", plural(out.leads, "lead"), out.file)),
        None => Ok(()),
    }
}
