//! `leadscore points replay`: what rule sets would have done in the past.

use anyhow::{Result, anyhow};
use leadscore_features::Time;
use leadscore_features::events::Span;
use leadscore_model::evaluate::Interval;
use leadscore_train::rules::{MoveCount, Period, Replay, ReplayOptions, Replayed, replay};

use crate::args::PointsReplayArgs;
use crate::inputs::{load_rule_sets, parse_time, wrong_call};
use crate::leads::{LeadFile, is_project};
use crate::print::{self, Align, count, line, percent, plural, wrap};

/// How long a conversion counts where nothing says.
const USUAL_HORIZON: Span = Span::days(90);
/// Weeks that are shown on a terminal, the newest.
const WEEKS_SHOWN: usize = 26;

pub(crate) fn run(args: &PointsReplayArgs) -> Result<()> {
    let (from, to) =
        (parse_time("from", args.from.as_deref())?, parse_time("to", args.to.as_deref())?);
    let horizon = args.horizon.as_deref().map(Span::parse).transpose();
    let horizon = horizon.map_err(|e| wrong_call(format!("--horizon: {e}")))?;
    let sets = load_rule_sets(&args.points)?;
    let file = args.project.display();
    if !is_project(&args.project) {
        return Err(wrong_call(format!(
            "{file}: a replay needs to know when leads came, what they did and when they converted; \
             name a leadscore.toml, which `leadscore init` writes"
        )));
    }
    let leads = LeadFile::open_project(&args.project)?;
    let Some(project) = &leads.project else { return Err(anyhow!("{file}: is no project")) };
    let until = project.project.observed_until.ok_or_else(|| {
        wrong_call(format!("{file}: observed_until is missing: up to when the files tell all"))
    })?;
    let to = to.unwrap_or(until);
    if to > until {
        return Err(wrong_call(format!("--to is after {until}, up to when {file} was observed")));
    }
    let first = project.times.created.iter().flatten().min().copied();
    let from = from.or(first).unwrap_or(to);
    if from >= to {
        return Err(wrong_call(format!("--from ({from}) must be before --to ({to})")));
    }
    let of_project = project.project.snapshots.as_ref().map(|rule| rule.horizon);
    let options =
        ReplayOptions { from, to, horizon: horizon.or(of_project).unwrap_or(USUAL_HORIZON) };
    let scorer = leads.scorer(None, &sets)?;
    let store = leads.read_events(scorer.event_plan(), &sets, &|_| {})?;
    let walker = leads.leads(store.as_ref());
    let found = replay(&walker, &project.times, &scorer, &sets, &options)
        .map_err(|error| anyhow!("{}", leads.unread(&error)))??;
    if args.json { print::json(&found) } else { show(&found) }
}

fn show(found: &Replay) -> Result<()> {
    let day = |time: Time| time.to_string().chars().take(10).collect::<String>();
    line(wrap(
        &format!(
            "{} from {} to {}, {} of which converted; each scored day by day with what was known \
             that day, until it converted or was closed. A conversion within {} days of the \
             hand-off counts for it.",
            plural(found.leads, "lead"),
            day(found.from),
            day(found.to),
            count(found.conversions),
            found.horizon_days
        ),
        0,
    ))?;
    // A rule set is a column: with intervals beside each other a row would not fit.
    let mut header = vec![("", Align::Left)];
    let names: Vec<String> = found.rule_sets.iter().map(|set| cut(&set.rule_set)).collect();
    header.extend(names.iter().map(|name| (name.as_str(), Align::Right)));
    let row = |name: &str, of: &dyn Fn(&Replayed) -> String| {
        let mut row = vec![name.to_owned()];
        row.extend(found.rule_sets.iter().map(of));
        row
    };
    let rows = vec![
        row("Handed over from", &|set| set.threshold.to_string()),
        row("Handed over", &|set| count(set.all.handed)),
        row("Known", &|set| count(set.all.known)),
        row("Converted (95 %)", &|set| print::rate(set.all.precision)),
        row("Found (95 %)", &|set| print::rate(set.all.recall)),
        row("Days before", &|set| {
            set.all.lead_time_days.map_or_else(|| "-".to_owned(), |days| format!("{days:.1}"))
        }),
    ];
    line(format!("\n{}", print::table(&header, rows)))?;
    line(wrap(
        "Known: those handed over so long ago that the horizon is over. Converted: of these. Found: \
         of the leads that converted, those handed over before. Days before: from the hand-off to \
         the conversion, the median.",
        0,
    ))?;
    if let Some([first, second, both]) = &found.side_by_side {
        // Of leads that were chosen by their hand-off, what was found says nothing.
        let row = |name: String, period: &Period| {
            vec![name, count(period.handed), count(period.known), print::rate(period.precision)]
        };
        let rows = vec![
            row(format!("only {}", names[0]), first),
            row(format!("only {}", names[1]), second),
            row("both".to_owned(), both),
        ];
        let header = [
            ("Handed over by", Align::Left),
            ("Leads", Align::Right),
            ("Known", Align::Right),
            ("Converted (95 %)", Align::Right),
        ];
        line(format!("\n{}", print::table(&header, rows)))?;
    }
    weeks(found)?;
    for set in &found.rule_sets {
        moves(set, "Stages", &set.stage_moves)?;
        moves(set, "Funnel", &set.funnel_moves)?;
    }
    Ok(())
}

/// The newest weeks; of two rule sets side by side.
fn weeks(found: &Replay) -> Result<()> {
    let Some(first) = found.rule_sets.first() else { return Ok(()) };
    let skipped = first.weeks.len().saturating_sub(WEEKS_SHOWN);
    let shown = found.rule_sets.iter().take(2).collect::<Vec<&Replayed>>();
    let mut header = vec![("Week of", Align::Left), ("Converted", Align::Right)];
    for _ in &shown {
        header.extend([
            ("Handed", Align::Right),
            ("Precision", Align::Right),
            ("Found", Align::Right),
        ]);
    }
    let rows = (skipped..first.weeks.len()).map(|week| {
        let start = first.weeks[week].start.map_or_else(String::new, |time| time.to_string());
        let mut row = vec![start.chars().take(10).collect(), count(first.weeks[week].conversions)];
        for set in &shown {
            let period = &set.weeks[week];
            let share = |found: Option<Interval>| {
                found.map_or_else(|| "-".to_owned(), |found| percent(found.value))
            };
            row.extend([count(period.handed), share(period.precision), share(period.recall)]);
        }
        row
    });
    let rows: Vec<Vec<String>> = rows.collect();
    line("")?;
    if shown.len() > 1 {
        let names: Vec<&str> = shown.iter().map(|set| set.rule_set.as_str()).collect();
        line(wrap(&format!("Week by week: left {}, right {}.", names[0], names[1]), 0))?;
    }
    if skipped > 0 {
        line(format!("The newest {WEEKS_SHOWN} of {} weeks; --json has all.", first.weeks.len()))?;
    }
    line(print::table(&header, rows))
}

fn moves(set: &Replayed, what: &str, moves: &[MoveCount]) -> Result<()> {
    if moves.is_empty() {
        return Ok(());
    }
    let rows = moves
        .iter()
        .map(|found| vec![found.from.clone(), found.to.clone(), count(found.moves)])
        .collect();
    let header = [("From", Align::Left), ("To", Align::Left), ("Moves", Align::Right)];
    line(format!("\n{what} of {}:\n{}", set.rule_set, print::table(&header, rows)))
}

fn cut(name: &str) -> String {
    print::cut(name, 20)
}
