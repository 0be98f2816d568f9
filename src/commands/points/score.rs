//! `leadscore points score`: the points of every lead, and what they come to.

use std::path::Path;

use anyhow::{Result, anyhow};
use leadscore_features::Time;
use leadscore_features::io::{Sheet, SheetColumn, write_sheet};
use leadscore_model::points::{PointsScore, RuleSet};
use leadscore_model::{Score, lead_id};
use rayon::prelude::*;
use serde::Serialize;

use super::{Ruled, one_moment, standings, texts};
use crate::args::PointsScoreArgs;
use crate::inputs::{keep_apart, parse_time, wrong_call};
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

/// What one lead comes to by one rule set.
struct Row {
    score: PointsScore,
    grade: Option<String>,
    stage: Option<String>,
    funnel: Option<String>,
    /// The parts of the score in words, where they are written.
    why: String,
}

pub(crate) fn run(args: &PointsScoreArgs) -> Result<()> {
    let as_of = parse_time("as-of", args.as_of.as_deref())?;
    let ruled = Ruled::open(&args.leads)?;
    let Ruled { leads, sets, scorer } = &ruled;
    if let Some(out) = &args.out {
        keep_apart(out, ruled.files(&args.leads))?;
    }
    let bands = bands(args, sets)?;
    let store = leads.read_events(scorer.event_plan(), &|_| {})?;
    let moments = leads.moments(scorer, as_of);
    let ids = leads.ids(args.leads.id.as_deref(), None)?;
    let walk = leads.leads(store.as_ref()).walk(scorer, &moments, Vec::new, |rows, step| {
        let mut score = Score::default();
        scorer.score_values(step.values, step.snapshot.events, &mut score);
        let of_sets: Vec<Row> = score
            .points
            .into_iter()
            .enumerate()
            .map(|(index, score)| {
                let set = (index, &sets[index]);
                let [stage, funnel] =
                    standings(scorer, set, step, &score).map(|name| name.map(str::to_owned));
                let grade = scorer.rule_sets()[index].grade(&score);
                let why = args.out.as_ref().map(|_| why(&sets[index], &score));
                Row { score, grade, stage, funnel, why: why.unwrap_or_default() }
            })
            .collect();
        rows.push((lead_id(ids, step.lead), of_sets));
    });
    let (parts, _) = walk.map_err(|e| anyhow!("{}: {e}", args.leads.leads.display()))?;
    let rows: Vec<(String, Vec<Row>)> = parts.into_iter().flatten().collect();
    let rule_sets = sets.iter().enumerate().map(|(index, set)| of_set(set, index, &rows)).collect();
    let mut out = None;
    if let Some(file) = &args.out {
        let wanted = |row: &&(String, Vec<Row>)| {
            bands.is_empty() || row.1[0].score.band.is_some_and(|band| bands.contains(&band))
        };
        let chosen: Vec<&(String, Vec<Row>)> = rows.iter().filter(wanted).collect();
        let to_stdout = file.as_os_str() == "-";
        let path = if to_stdout { Path::new("/dev/stdout") } else { file };
        write_sheet(path, &sheet(sets, &chosen))?;
        if to_stdout {
            return Ok(());
        }
        out = Some(Written { file: file.display().to_string(), leads: chosen.len() });
    }
    let report = Report { leads: rows.len(), as_of: one_moment(&moments), rule_sets, out };
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

fn of_set(set: &RuleSet, index: usize, rows: &[(String, Vec<Row>)]) -> OfRuleSet {
    let scores = || rows.iter().map(|(_, of_sets)| &of_sets[index]);
    let totals: Vec<f64> = scores().map(|row| row.score.total.to_number()).collect();
    let counted = |name: &str, action: &Option<String>, is: &dyn Fn(&Row) -> bool| Counted {
        name: name.to_owned(),
        leads: scores().filter(|row| is(row)).count(),
        action: action.clone(),
    };
    let steps = |ladder: &Option<leadscore_model::points::Ladder>,
                 of: &dyn Fn(&Row) -> Option<&str>| {
        let steps = ladder.iter().flat_map(|ladder| &ladder.steps);
        steps
            .map(|step| counted(&step.name, &None, &|row| of(row) == Some(step.name.as_str())))
            .collect()
    };
    let mut grades: Vec<&str> = scores().filter_map(|row| row.grade.as_deref()).collect();
    grades.sort_unstable();
    grades.dedup();
    let rules = set
        .rules
        .par_iter()
        .enumerate()
        .map(|(rule, of)| {
            let given: Vec<f64> = scores()
                .filter_map(|row| row.score.rules.iter().find(|found| found.rule == rule))
                .map(|found| found.given().to_number())
                .collect();
            OfRule {
                rule: of.name.clone(),
                leads: given.len(),
                mean: given.iter().sum::<f64>() / given.len().max(1) as f64,
                unavailable: scores().filter(|r| r.score.unavailable.contains(&rule)).count(),
            }
        })
        .collect();
    OfRuleSet {
        rule_set: set.name.clone(),
        version: set.version.clone(),
        hash: set.hash.clone(),
        mean: totals.iter().sum::<f64>() / totals.len().max(1) as f64,
        least: totals.iter().copied().reduce(f64::min).unwrap_or_default(),
        most: totals.iter().copied().reduce(f64::max).unwrap_or_default(),
        bands: set
            .bands
            .all()
            .iter()
            .enumerate()
            .map(|(at, band)| counted(&band.name, &band.action, &|row| row.score.band == Some(at)))
            .collect(),
        handed_off: set
            .hand_off
            .map(|_| scores().filter(|row| row.score.hand_off == Some(true)).count()),
        stages: steps(&set.stages, &|row| row.stage.as_deref()),
        funnel: steps(&set.funnel, &|row| row.funnel.as_deref()),
        grades: grades
            .into_iter()
            .map(|grade| counted(grade, &None, &|row| row.grade.as_deref() == Some(grade)))
            .collect(),
        excluded: scores().filter(|row| row.score.exclusion.is_some()).count(),
        rules,
    }
}

fn sheet(sets: &[RuleSet], rows: &[&(String, Vec<Row>)]) -> Sheet {
    let mut columns = vec![("id".to_owned(), texts(rows.iter().map(|(id, _)| id.as_str())))];
    for (index, set) in sets.iter().enumerate() {
        let of = || rows.iter().map(|(_, of_sets)| &of_sets[index]);
        let name = |what: &str| format!("{what}_{}", set.name);
        let totals = of().map(|row| row.score.total.to_number()).collect();
        columns.push((name("points"), SheetColumn::Number(totals)));
        for (at, score) in set.scores.iter().enumerate() {
            let points = of().map(|row| row.score.scores[at].to_number()).collect();
            let name = format!("{}_{}", name("points"), score.name);
            columns.push((name, SheetColumn::Number(points)));
        }
        let band = |row: &Row| row.score.band.and_then(|band| set.bands.all().get(band).cloned());
        if !set.bands.all().is_empty() {
            let names = of().map(|row| band(row).map_or_else(String::new, |band| band.name));
            columns.push((name("band"), SheetColumn::Text(names.collect())));
        }
        if set.bands.all().iter().any(|band| band.action.is_some()) {
            let action = |row| band(row).and_then(|band| band.action).unwrap_or_default();
            columns.push((name("action"), SheetColumn::Text(of().map(action).collect())));
        }
        if set.hand_off.is_some() {
            let word = |row: &Row| if row.score.hand_off == Some(true) { "yes" } else { "no" };
            columns.push((name("hand_off"), texts(of().map(word))));
        }
        if set.grade.is_some() {
            columns.push((name("grade"), texts(of().map(|r| r.grade.as_deref().unwrap_or("")))));
        }
        if set.stages.is_some() {
            columns.push((name("stage"), texts(of().map(|r| r.stage.as_deref().unwrap_or("")))));
        }
        if set.funnel.is_some() {
            columns.push((name("funnel"), texts(of().map(|r| r.funnel.as_deref().unwrap_or("")))));
        }
        columns.push((name("why"), texts(of().map(|row| row.why.as_str()))));
    }
    Sheet { columns }
}

/// The parts of a score, largest first: `demo request +40, pricing visits +20`.
fn why(set: &RuleSet, score: &PointsScore) -> String {
    let parts = score.changes_since(&PointsScore::default());
    let words = parts.iter().map(|(part, points)| format!("{} {points:+}", part.words(set)));
    words.collect::<Vec<_>>().join(", ")
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
            let known = if rule.unavailable == report.leads { "no events" } else { "" };
            let name = print::cut(&rule.rule, 40);
            vec![name, count(rule.leads), share(rule.leads), mean, known.to_owned()]
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
