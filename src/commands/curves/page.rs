//! The page of a model's curves: one file that needs nothing else, drawn in SVG.

use std::fmt::Write;

use leadscore_model::{Curve, CurveStep, PairTable};

use crate::pages::escaped;

/// The size of a drawing, in its own units, and the room around it.
const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 44.0;
const BOTTOM: f64 = 18.0;
/// Bars of levels are so high.
const LEVEL: f64 = 18.0;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1c2733;--soft:#5b6875;--line:#c9d1d9;--fill:#2b6cb0;--band:#2b6cb033;\
--up:#2f855a;--down:#c05621;--page:#fff}\
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa7b3;--line:#3d4752;--fill:#63a4e8;\
--band:#63a4e833;--up:#56b98a;--down:#e08a4f;--page:#12181f}}\
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:64rem;\
margin:2rem auto;padding:0 1rem}\
h1{font-size:1.5rem}h2{font-size:1rem;margin:0 0 .3rem;overflow-wrap:anywhere}\
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(26rem,1fr));gap:1.5rem}\
@media(max-width:30rem){.grid{grid-template-columns:1fr}}\
figure{margin:0}svg{width:100%;height:auto;display:block}\
text{font-size:10px;fill:var(--soft)}.axis{stroke:var(--line);stroke-width:1}\
.curve{fill:none;stroke:var(--fill);stroke-width:1.8}.band{fill:var(--band)}\
.up{fill:var(--up)}.down{fill:var(--down)}.whisker{stroke:var(--soft);stroke-width:1}\
figure+figure{margin-top:1.2rem}.grid figure{margin-top:0}\
table{border-collapse:collapse;font-size:.85rem}td,th{padding:.2rem .5rem;text-align:right;\
border-bottom:1px solid var(--line)}th{font-weight:600}tr>:first-child{text-align:left}\
.note{color:var(--soft);max-width:44rem}.scroll{overflow-x:auto}";

/// The page.
pub(super) fn of(name: &str, curves: &[Curve], pairs: &[PairTable]) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{0}: curves</title><style>{STYLE}</style></head><body>\n<h1>{0}</h1>\n\
         <p class=\"note\">What each value of a signal adds to the log-odds of converting, against the \
         average lead; the strongest signal first. 0.7 doubles the odds, -0.7 halves them. Shaded, or as \
         whiskers: the interval of 95 %. Steps are drawn as wide as the share of leads that they hold; \
         point at one to read it.</p>\n<div class=\"grid\">\n",
        escaped(name)
    );
    for curve in curves {
        let drawing = if curve.is_ordered { line(curve) } else { bars(curve) };
        let title = escaped(&curve.signal);
        // Writing to a string does not fail.
        let _ = writeln!(page, "<figure><h2>{title}</h2>{drawing}</figure>");
    }
    page.push_str("</div>\n");
    if !pairs.is_empty() {
        page.push_str(
            "<h1>Pairs</h1>\n<p class=\"note\">What two signals add together, beyond what each adds \
             alone.</p>\n",
        );
    }
    pairs.iter().for_each(|pair| table(pair, &mut page));
    page.push_str("</body></html>\n");
    page
}

/// The least and the largest that a drawing shows, 0 among them.
fn range(steps: &[&CurveStep]) -> (f64, f64) {
    let mut range = (-0.1f64, 0.1f64);
    for step in steps {
        range = (range.0.min(step.log_odds), range.1.max(step.log_odds));
    }
    for [low, high] in steps.iter().filter_map(|step| step.interval) {
        range = (range.0.min(low), range.1.max(high));
    }
    range
}

/// What a step is, for whoever points at it.
fn title(step: &CurveStep) -> String {
    let share =
        step.share.map_or_else(String::new, |share| format!(", {:.1} % of leads", 100.0 * share));
    let interval =
        step.interval.map_or_else(String::new, |[low, high]| format!(" ({low:+.2} to {high:+.2})"));
    format!("{}: {:+.2}{interval}{share}", escaped(&step.name), step.log_odds)
}

/// Bins of a number, as steps as wide as their shares; a straight line as five points.
fn line(curve: &Curve) -> String {
    let (last, steps): (Vec<&CurveStep>, Vec<&CurveStep>) =
        curve.steps.iter().partition(|step| step.name == "(missing)");
    let all: Vec<&CurveStep> = curve.steps.iter().collect();
    let (low, high) = range(&all);
    let y = |value: f64| (HEIGHT - BOTTOM) * (high - value.clamp(low, high)) / (high - low);
    let mut svg = String::new();
    let _ = write!(svg, "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">");
    axis(&mut svg, (low, high), &y);
    // Missing stands apart, to the right.
    let room = WIDTH - LEFT - if last.is_empty() { 0.0 } else { 34.0 };
    let even = 1.0 / steps.len().max(1) as f64;
    // No step is so narrow that it cannot be pointed at.
    let widths: Vec<f64> =
        steps.iter().map(|step| step.share.map_or(even, |share| share.max(0.002))).collect();
    let total: f64 = widths.iter().sum();
    let (mut x, mut path, mut upper, mut lower) = (LEFT, String::new(), String::new(), Vec::new());
    let mut spots = String::new();
    for (step, width) in steps.iter().zip(&widths) {
        let (from, to) = (x, x + room * width / total.max(f64::MIN_POSITIVE));
        let at = y(step.log_odds);
        let begin = if path.is_empty() { 'M' } else { 'L' };
        let _ = write!(path, "{begin}{from:.1} {at:.1}L{to:.1} {at:.1}");
        if let Some([bottom, top]) = step.interval {
            let begin = if upper.is_empty() { 'M' } else { 'L' };
            let _ = write!(upper, "{begin}{from:.1} {0:.1}L{to:.1} {0:.1}", y(top));
            lower.push(format!("L{to:.1} {0:.1}L{from:.1} {0:.1}", y(bottom)));
        }
        let _ = write!(
            spots,
            "<rect x=\"{from:.1}\" y=\"0\" width=\"{:.1}\" height=\"{HEIGHT}\" fill=\"transparent\">\
             <title>{}</title></rect>",
            to - from,
            title(step)
        );
        x = to;
    }
    if !upper.is_empty() {
        lower.reverse();
        let _ = write!(svg, "<path class=\"band\" d=\"{upper}{}Z\"/>", lower.concat());
    }
    let _ = write!(svg, "<path class=\"curve\" d=\"{path}\"/>{spots}");
    if let (Some(first), Some(end)) = (steps.first(), steps.last()) {
        let below = HEIGHT - 5.0;
        let _ = write!(
            svg,
            "<text x=\"{LEFT}\" y=\"{below}\">{}</text>\
             <text x=\"{:.1}\" y=\"{below}\" text-anchor=\"end\">{}</text>",
            escaped(&first.name),
            LEFT + room,
            escaped(&end.name)
        );
    }
    for step in last {
        let middle = WIDTH - 15.0;
        whisker(&mut svg, middle, step, &y);
        let _ = write!(
            svg,
            "<circle cx=\"{middle}\" cy=\"{:.1}\" r=\"3.5\" class=\"{}\"><title>{}</title></circle>\
             <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">none</text>",
            y(step.log_odds),
            side(step.log_odds),
            title(step),
            HEIGHT - 5.0
        );
    }
    svg.push_str("</svg>");
    svg
}

/// The line of 0 and the ends of the range.
fn axis(svg: &mut String, (low, high): (f64, f64), y: &impl Fn(f64) -> f64) {
    let _ = write!(
        svg,
        "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>",
        y(0.0)
    );
    let ends = [(high, 9.0), (low, HEIGHT - BOTTOM)];
    for (value, at) in ends {
        let _ = write!(
            svg,
            "<text x=\"{}\" y=\"{at:.1}\" text-anchor=\"end\">{value:+.1}</text>",
            LEFT - 5.0
        );
    }
    let zero = y(0.0) + 3.0;
    if zero > 20.0 && zero < HEIGHT - BOTTOM - 10.0 {
        let _ =
            write!(svg, "<text x=\"{}\" y=\"{zero:.1}\" text-anchor=\"end\">0</text>", LEFT - 5.0);
    }
}

fn whisker(svg: &mut String, x: f64, step: &CurveStep, y: &impl Fn(f64) -> f64) {
    if let Some([low, high]) = step.interval {
        let _ = write!(
            svg,
            "<line class=\"whisker\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{:.1}\"/>",
            y(high),
            y(low)
        );
    }
}

/// Levels of a category, as bars to both sides.
fn bars(curve: &Curve) -> String {
    let mut steps: Vec<&CurveStep> = curve.steps.iter().collect();
    steps.sort_by(|a, b| b.log_odds.total_cmp(&a.log_odds));
    let (low, high) = range(&steps);
    let names = 150.0;
    let x = |value: f64| names + (WIDTH - names) * (value.clamp(low, high) - low) / (high - low);
    let height = LEVEL * steps.len() as f64;
    let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">");
    for (row, step) in steps.iter().enumerate() {
        let (top, zero, at) = (LEVEL * row as f64, x(0.0), x(step.log_odds));
        let name: String = step.name.chars().take(26).collect();
        let _ = write!(
            svg,
            "<g><title>{}</title><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{}\" class=\"{}\" opacity=\".75\"/>",
            title(step),
            names - 6.0,
            top + 12.5,
            escaped(&name),
            zero.min(at),
            top + 3.0,
            (zero - at).abs().max(0.5),
            LEVEL - 6.0,
            side(step.log_odds)
        );
        if let Some([from, to]) = step.interval {
            let _ = write!(
                svg,
                "<line class=\"whisker\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{2:.1}\" y2=\"{2:.1}\"/>",
                x(from),
                x(to),
                top + LEVEL / 2.0
            );
        }
        svg.push_str("</g>");
    }
    let _ = write!(
        svg,
        "<line class=\"axis\" x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"0\" y2=\"{height}\"/></svg>",
        x(0.0)
    );
    svg
}

fn side(log_odds: f64) -> &'static str {
    if log_odds < 0.0 { "down" } else { "up" }
}

/// A pair, its cells coloured by what they add.
fn table(pair: &PairTable, page: &mut String) {
    let [rows, columns] = &pair.signals;
    let _ = write!(
        page,
        "<figure><h2>{} and {}</h2><div class=\"scroll\"><table><tr><th></th>",
        escaped(rows),
        escaped(columns)
    );
    for column in &pair.columns {
        let _ = write!(page, "<th>{}</th>", escaped(column));
    }
    page.push_str("</tr>");
    let cells = pair.log_odds.iter().flatten();
    let largest = cells.fold(0.1, |most: f64, cell| most.max(cell.abs()));
    for ((name, cells), shares) in pair.rows.iter().zip(&pair.log_odds).zip(&pair.shares) {
        let _ = write!(page, "<tr><th>{}</th>", escaped(name));
        for (cell, share) in cells.iter().zip(shares) {
            if *share == 0.0 {
                page.push_str("<td>-</td>");
                continue;
            }
            let colour = if *cell < 0.0 { "--down" } else { "--up" };
            let depth = 55.0 * cell.abs() / largest;
            let _ = write!(
                page,
                "<td style=\"background:color-mix(in srgb,var({colour}) {depth:.0}%,transparent)\" \
                 title=\"{:.1} % of leads\">{cell:+.2}</td>",
                100.0 * share
            );
        }
        page.push_str("</tr>");
    }
    page.push_str("</table></div></figure>\n");
}
