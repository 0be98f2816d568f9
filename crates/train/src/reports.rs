//! What is said of columns once a model is fitted to them.

use leadscore_features::{Catalogue, Coding, Expr};
use leadscore_model::Fitted;
use leadscore_model::bundle::ColumnReport;
use leadscore_model::words::{count, plural};

/// Says of each category how many of its values were too rare to have a slot.
pub(crate) fn pooled(
    mut reports: Vec<ColumnReport>,
    catalogue: &Catalogue,
    model: &Fitted,
) -> Vec<ColumnReport> {
    for input in &model.encoder.inputs {
        let (levels, groups, rare) = match &input.coding {
            Coding::OneHot { levels, rare } => (levels, &[][..], rare),
            Coding::Rates { levels, groups, rare, .. } => (levels, groups.as_slice(), rare),
            Coding::Standard { .. } | Coding::Bins { .. } => continue,
        };
        // What a reader makes of a column is not the column.
        let Some(Expr::Attribute { column }) =
            catalogue.signal(&input.signal).map(|signal| &signal.expr)
        else {
            continue;
        };
        let report = reports.iter_mut().find(|report| report.name == *column);
        if let (Some(report), false) = (report, rare.is_empty() && groups.is_empty()) {
            let by_rate: usize = groups.iter().map(Vec::len).sum();
            let kept = match levels.len() {
                kept if by_rate > 0 => format!(
                    "{}, {} by the rates at which they converted, {} pooled",
                    that_count(kept),
                    count(by_rate),
                    rare_ones(rare.len())
                ),
                0 => "no value is frequent enough to count by itself: all count together, as filled or \
                      missing"
                    .to_owned(),
                kept => format!("{}, {} pooled", that_count(kept), rare_ones(rare.len())),
            };
            report.notes.insert(0, kept);
        }
    }
    reports
}

/// So many values, with the verb.
fn that_count(values: usize) -> String {
    format!("{} count{}", plural(values, "value"), if values == 1 { "s" } else { "" })
}

fn rare_ones(rare: usize) -> String {
    if rare == 1 { "1 rare one is".to_owned() } else { format!("{} rare ones are", count(rare)) }
}
