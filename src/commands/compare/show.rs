//! A comparison on a terminal.

use anyhow::Result;
use leadscore_compare::{Estimate, LEAST_CONVERSIONS, SHARES};
use leadscore_model::evaluate::top_size;

use super::rankings::RankedBy;
use super::report::{PairReport, RankingReport};
use super::{Basis, LeftOut, Report};
use crate::print::{self, Align, count, line, percent, plural, verb, wrap};

/// Pairs that are told; further ones are in the page and in the JSON.
const MOST_PAIRS: usize = 6;

pub(super) fn show(report: &Report) -> Result<()> {
    for warning in &report.warnings {
        line(wrap(&format!("Warning: {}", warning.in_words()), 0))?;
    }
    for (index, pair) in report.pairs.iter().take(MOST_PAIRS).enumerate() {
        if index > 0 {
            line("")?;
        }
        show_pair(report, pair)?;
    }
    let more = report.pairs.len().saturating_sub(MOST_PAIRS);
    if more > 0 {
        line(format!("\n{} more: --html FILE or --json has all.", plural(more, "pair")))?;
    }
    Ok(())
}

fn show_pair(report: &Report, pair: &PairReport) -> Result<()> {
    let [first, second] = sides(report, pair);
    let rows = match report.basis {
        Basis::HeldOut => "held out in training, scored by the model fitted without them",
        Basis::New => "that the model never saw",
    };
    line(wrap(
        &format!(
            "{} against {}, on {} {rows}; {} converted ({}).",
            capital(&name(first)),
            name(second),
            plural(report.leads, "lead"),
            count(report.conversions),
            percent(report.conversions as f64 / report.leads as f64)
        ),
        0,
    ))?;
    left_out(report.left_out)?;
    ranking(report, pair)?;
    [first, second].into_iter().try_for_each(|of| worth(report, of))?;
    line(format!("\n{}", answer(report, pair)))?;
    disagreements(report, pair)
}

fn sides<'r>(report: &'r Report, pair: &PairReport) -> [&'r RankingReport; 2] {
    [&report.rankings[pair.first], &report.rankings[pair.second]]
}

/// A ranking in words.
fn name(of: &RankingReport) -> String {
    match of.kind {
        RankedBy::Model => format!("model {}", of.name),
        RankedBy::RuleSet => format!("rule set {}", of.name),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// What heads the column of a ranking: its kind, or its name where both are of one kind.
fn heads([first, second]: [&RankingReport; 2]) -> [String; 2] {
    if first.kind == second.kind {
        return [first, second].map(|of| print::cut(&of.name, 20));
    }
    [first, second].map(|of| if of.kind == RankedBy::Model { "Model" } else { "Points" }.to_owned())
}

fn left_out(of: LeftOut) -> Result<()> {
    let LeftOut { seen, new, held_out, no_outcome, elsewhere } = of;
    let mut left_out = Vec::new();
    if seen > 0 {
        left_out.push(format!("{} that the model was fitted on, by id or content", count(seen)));
    }
    if new > 0 {
        let (ones, them) = (verb(new, "one", "ones"), verb(new, "it", "them"));
        left_out.push(format!(
            "{} new {ones} (put {them} into a file of {} own)",
            count(new),
            verb(new, "its", "their")
        ));
    }
    if held_out > 0 {
        let were = verb(held_out, "was", "were");
        left_out.push(format!("{} that {were} held out in training", count(held_out)));
    }
    if no_outcome > 0 {
        left_out.push(format!("{} without one of the two outcomes", count(no_outcome)));
    }
    if elsewhere > 0 {
        left_out.push(format!("{} that another of the models was fitted on", count(elsewhere)));
    }
    if left_out.is_empty() {
        return Ok(());
    }
    line(wrap(&format!("Left out: {}.", left_out.join(", ")), 0))
}

fn ranking(report: &Report, pair: &PairReport) -> Result<()> {
    let sides = sides(report, pair);
    let auc = |auc: Option<Estimate>| {
        let Some(Estimate { value, low, high }) = auc else { return "-".to_owned() };
        match low.zip(high) {
            Some((low, high)) => format!("{value:.3} ({low:.3}-{high:.3})"),
            None => format!("{value:.3} (-)"),
        }
    };
    let mut rows = vec![vec!["AUC (95 %)".to_owned(), auc(sides[0].auc), auc(sides[1].auc)]];
    for share in SHARES {
        let k = top_size(report.leads, share);
        let Ok(at) = report.capacities.binary_search(&k) else { continue };
        let head = format!("Top {:.0} %, {}", 100.0 * share, plural(k, "lead"));
        rows.push(vec![head, String::new(), String::new()]);
        let each = |what: &str, figure: &dyn Fn(&RankingReport) -> String| {
            vec![format!("  {what}"), figure(sides[0]), figure(sides[1])]
        };
        rows.push(each("precision", &|of| percent(of.curve.precision.value[at])));
        let optional = |band: &Option<leadscore_compare::Band>| band.as_ref().map(|b| b.value[at]);
        rows.push(each("recall", &|of| optional(&of.curve.recall).map_or("-".into(), percent)));
        let lift = |of: &RankingReport| {
            optional(&of.curve.lift).map_or_else(|| "-".to_owned(), |lift| format!("{lift:.2}"))
        };
        rows.push(each("lift", &lift));
        let both = pair.pair.both.leads[at] / k as f64;
        rows.push(vec!["  leads in both".into(), percent(both), String::new()]);
    }
    rows.push(vec![
        "Rank correlation".to_owned(),
        pair.rank_correlation.map_or_else(|| "-".to_owned(), |r| format!("{r:.3}")),
        String::new(),
    ]);
    let heads = heads(sides);
    let header =
        [("", Align::Left), (heads[0].as_str(), Align::Right), (heads[1].as_str(), Align::Right)];
    line(format!("\n{}", print::table(&header, rows)))
}

/// What the points of a rule set have stood for.
fn worth(report: &Report, of: &RankingReport) -> Result<()> {
    let Some(thresholds) = &of.thresholds else { return Ok(()) };
    let optional = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), percent);
    let rows: Vec<Vec<String>> = thresholds
        .iter()
        .map(|t| {
            let points = leadscore_features::canonical_number(t.points);
            let name = t.name.as_ref().map(|name| format!("{} ({points})", name.replace('_', "-")));
            vec![
                name.unwrap_or(points),
                count(t.leads),
                print::rate(t.rate),
                optional(t.mean_probability),
                optional(t.matching_probability),
                optional(t.model_rate),
            ]
        })
        .collect();
    if !rows.is_empty() {
        let header = [
            ("Points from", Align::Left),
            ("Leads", Align::Right),
            ("Converted (95 %)", Align::Right),
            ("Model says", Align::Right),
            ("As many", Align::Right),
            ("Converted", Align::Right),
        ];
        line(format!("\n{}", print::table(&header, rows)))?;
        let model = &report.rankings[0].name;
        line(wrap(
            &format!(
                "\"Model says\": the mean probability of those leads by {model}. \"As many\": the \
                 probability that as many leads reach by the model, and how many of those converted."
            ),
            0,
        ))?;
    }
    if of.bands.is_empty() {
        return Ok(());
    }
    let rows = of
        .bands
        .iter()
        .map(|band| vec![band.band.clone(), count(band.leads), print::rate(band.rate)])
        .collect();
    let header =
        [("Points band", Align::Left), ("Leads", Align::Right), ("Converted (95 %)", Align::Right)];
    line(format!("\n{}", print::table(&header, rows)))
}

/// The answer in one sentence.
fn answer(report: &Report, pair: &PairReport) -> String {
    let [first, second] = sides(report, pair);
    let at = report.capacity;
    let k = report.capacities.get(at).copied().unwrap_or_default();
    if report.conversions == 0 || report.conversions == report.leads {
        return wrap(
            "All of these leads had one outcome, so neither ranking can be told from chance.",
            0,
        );
    }
    let (difference, interval) = Report::at(&pair.pair.difference, at);
    let who = match difference.round() {
        0.0 => "as many by both".to_owned(),
        _ => format!("{} by {}", in_words(difference), name(first)),
    };
    let sure = match interval {
        Some([low, high]) if low >= 0.0 => format!("95 % interval {low:.0} to {high:.0}"),
        Some([low, high]) => format!("95 % interval {} to {}", in_words(low), in_words(high)),
        None => few(report),
    };
    let told = match interval {
        Some([low, high]) if low <= 0.0 && high >= 0.0 => " That may be chance.",
        _ => "",
    };
    wrap(
        &format!(
            "Of the {} that {} ranks first, {:.0} converted; of the {} that {} ranks first, {:.0}: {who} \
             ({sure}).{told}{}",
            if k == 1 { "one lead".to_owned() } else { plural(k, "lead") },
            name(first),
            first.curve.conversions.value[at],
            if k == 1 { "one".to_owned() } else { count(k) },
            name(second),
            second.curve.conversions.value[at],
            ties([first, second], at, k),
        ),
        0,
    )
}

/// The rankings that do not tell who the last of the first leads are.
fn ties(sides: [&RankingReport; 2], at: usize, k: usize) -> String {
    let each = sides.into_iter().filter(|of| of.curve.reach[at] > k).map(|of| {
        let above = of.curve.above[at];
        let drawn = match k - above {
            1 => "the last of them is".to_owned(),
            drawn => format!("the last {} of them are", count(drawn)),
        };
        let tied = count(of.curve.reach[at] - above);
        format!(" By {}, {drawn} drawn from {tied} leads with one score.", name(of))
    });
    each.collect()
}

/// Which leads there are too few of to say how sure a figure is.
fn few(report: &Report) -> String {
    let (count, what) = match report.too_few {
        Some("not") => (report.leads - report.conversions, "did not convert"),
        _ => (report.conversions, "converted"),
    };
    format!(
        "only {count} {what}, which is too few to say how sure that is; it takes {LEAST_CONVERSIONS}"
    )
}

/// A difference of conversions.
fn in_words(difference: f64) -> String {
    match difference.round() {
        0.0 => "as many".to_owned(),
        more if more > 0.0 => format!("{more:.0} more"),
        fewer => format!("{:.0} fewer", -fewer),
    }
}

fn disagreements(report: &Report, pair: &PairReport) -> Result<()> {
    if pair.disagreements.is_empty() {
        return line("\nThe two rankings agree on every lead.");
    }
    line(format!(
        "\nWhere they disagree most (places among {}, 1 the best):",
        count(report.leads)
    ))?;
    let rows = pair
        .disagreements
        .iter()
        .map(|found| {
            vec![
                found.id.chars().take(16).collect(),
                format!("{:.0}", found.first_rank),
                format!("{:.0}", found.second_rank),
                if found.converted { "yes" } else { "no" }.to_owned(),
                found.reason.clone(),
            ]
        })
        .collect();
    let heads = heads(sides(report, pair));
    let header = [
        ("Lead", Align::Left),
        (heads[0].as_str(), Align::Right),
        (heads[1].as_str(), Align::Right),
        ("Won", Align::Left),
        ("Why", Align::Left),
    ];
    line(print::table(&header, rows))
}
