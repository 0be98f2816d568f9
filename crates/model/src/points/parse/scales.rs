//! What a score means: `[scale]`, `[bands]` or `[[band]]`, `[grade]`, `[stages]` and `[funnel]`.

use std::ops::Range;

use leadscore_features::document::{DeTable, DeValue, Node};

use super::Parser;
use crate::points::Points;
use crate::points::scale::{Band, Bands, Grade, GradeAxis, Ladder, Scale, Step};
use crate::points::set::SubScore;

/// More clusters than this are a slip of the pen.
const MOST_CLUSTERS: u32 = 1000;

impl Parser<'_, '_> {
    pub(super) fn scale_of(&mut self, value: &Node<'_>) -> Scale {
        let DeValue::Table(table) = value.get_ref() else {
            self.mistake(&value.span(), "scale is a table: [scale]");
            return Scale::default();
        };
        self.document().only(table, &["floor", "cap", "rescale"], "[scale]");
        self.scale(&value.span(), table)
    }

    /// The keys `floor`, `cap` and `rescale`.
    pub(super) fn scale(&mut self, span: &Range<usize>, table: &DeTable<'_>) -> Scale {
        let (floor, cap) = (self.points_at(table, "floor"), self.points_at(table, "cap"));
        if let (Some(floor), Some(cap)) = (floor, cap)
            && floor >= cap
        {
            let at = table.get("floor").map_or(span.clone(), Node::span);
            self.mistake(&at, format!("the floor ({floor}) must be below the cap ({cap})"));
        }
        let Some(value) = table.get("rescale") else { return Scale { floor, cap, rescale: None } };
        if floor.is_some() || cap.is_some() {
            let message = "rescale makes 0 to 100 of the points, so floor and cap have no meaning \
                           beside it";
            self.mistake(&value.span(), message);
        }
        const EXAMPLE: &str = "rescale is the sums that become 0 and 100: { from = 0, to = 180 }";
        let DeValue::Table(ends) = value.get_ref() else {
            self.mistake(&value.span(), EXAMPLE);
            return Scale::default();
        };
        self.document().only(ends, &["from", "to"], "rescale");
        let from = match ends.get("from") {
            Some(value) => self.points(value, "from"),
            None => Some(Points::ZERO),
        };
        let to = match ends.get("to") {
            Some(value) => self.points(value, "to"),
            None => self.document().lacks(&value.span(), "rescale", "to"),
        };
        let (Some(from), Some(to)) = (from, to) else { return Scale::default() };
        if from >= to {
            self.mistake(&value.span(), format!("from ({from}) must be below to ({to})"));
        }
        Scale { floor: None, cap: None, rescale: Some((from, to)) }
    }

    pub(super) fn bands(&mut self, table: &DeTable<'_>, scale: &Scale) -> Bands {
        match (table.get("bands"), table.get("band")) {
            (Some(_), Some(value)) => {
                let message = "bands are written as [bands] or as [[band]], not both";
                self.mistake(&value.span(), message);
                Bands::default()
            }
            (Some(value), None) => self.usual_bands(value, scale).unwrap_or_default(),
            (None, Some(_)) => self.named_bands(table, scale),
            (None, None) => Bands::default(),
        }
    }

    /// `[bands]` with warm and hot, or with `every`: clusters.
    fn usual_bands(&mut self, value: &Node<'_>, scale: &Scale) -> Option<Bands> {
        let DeValue::Table(bands) = value.get_ref() else {
            self.mistake(&value.span(), "bands is a table: [bands]");
            return None;
        };
        self.document().only(bands, &["warm", "hot", "every"], "[bands]");
        if let Some(every) = bands.get("every") {
            if bands.len() > 1 {
                let message = "[bands] has warm and hot, or every, not both";
                self.mistake(&every.span(), message);
            }
            return self.clusters(every, scale);
        }
        let mut threshold = |key| match bands.get(key) {
            Some(value) => self.points(value, key),
            None => self.document().lacks(&value.span(), "[bands]", key),
        };
        let (warm, hot) = (threshold("warm"), threshold("hot"));
        let (warm, hot) = (warm?, hot?);
        if hot <= warm {
            let message = format!("hot ({hot}) must be above warm ({warm}), or no lead is warm");
            self.mistake(&value.span(), message);
        }
        Bands::warm_hot(warm, hot)
    }

    /// Bands of one width over a scale that has two ends.
    fn clusters(&mut self, every: &Node<'_>, scale: &Scale) -> Option<Bands> {
        let width = self.points(every, "every")?;
        let (Some(floor), Some(cap)) = scale.ends() else {
            let message = "clusters need a scale with two ends: [scale] with floor and cap, or with \
                           rescale";
            self.mistake(&every.span(), message);
            return None;
        };
        if width <= Points::ZERO || width.times(MOST_CLUSTERS) < cap - floor {
            let message = format!(
                "every is the width of a cluster, above 0, and there are at most {MOST_CLUSTERS}"
            );
            self.mistake(&every.span(), message);
            return None;
        }
        Bands::clusters(floor, cap, width)
    }

    /// `[[band]]`, each with a name and from where it starts.
    fn named_bands(&mut self, table: &DeTable<'_>, scale: &Scale) -> Bands {
        struct Found {
            band: Band,
            below: Option<Points>,
            span: Range<usize>,
        }
        let mut found: Vec<Found> = self.list(table, "band", |parser, span, table| {
            const WHAT: &str = "a band";
            parser.document().only(table, &["name", "from", "below", "action"], WHAT);
            let name = parser.document().text(table, "name", span, WHAT);
            let from = parser.points_at(table, "from");
            let below = parser.points_at(table, "below");
            let action =
                table.get("action").and_then(|v| parser.document().text_value(v, "action"));
            let span = table.get("from").map_or(span.clone(), Node::span);
            Some(Found { band: Band { name: name?, from, action }, below, span })
        });
        self.named_once(table, "band", found.iter().map(|f| f.band.name.as_str()));
        found.sort_by_key(|found| found.band.from);
        let mut mistakes = Vec::new();
        let start = scale.ends().0;
        if let Some(first) = found.first_mut() {
            match (first.band.from, start) {
                (None, _) => {}
                (Some(from), Some(start)) if from == start => first.band.from = None,
                (Some(from), _) => mistakes.push((
                    first.span.clone(),
                    format!(
                        "no band is below {from}; let the lowest band start without from, so that \
                         every score is in one"
                    ),
                )),
            }
        }
        for pair in found.windows(2) {
            let (low, high) = (&pair[0], &pair[1]);
            let (name, next) = (&low.band.name, &high.band.name);
            let message = match (low.below, high.band.from) {
                (_, None) => format!(
                    "{next:?} needs from: only the lowest band has none, and {name:?} has none \
                     either"
                ),
                (_, from) if from == low.band.from => {
                    format!("{next:?} starts where {name:?} starts")
                }
                (Some(below), Some(from)) if below > from => {
                    format!("{name:?} and {next:?} overlap from {from} to {below}")
                }
                (Some(below), Some(from)) if below < from => {
                    format!("no band has the scores from {below} to {from}")
                }
                _ => continue,
            };
            mistakes.push((high.span.clone(), message));
        }
        let end = scale.ends().1;
        if let Some(last) = found.last()
            && let Some(below) = last.below
        {
            let help = end.map_or_else(String::new, |end| format!(" up to {end}"));
            let message = format!(
                "{:?} is the highest band, so it has all from there{help}; leave below \
                         away",
                last.band.name
            );
            if end.is_none_or(|end| below <= end) {
                mistakes.push((last.span.clone(), message));
            }
        }
        let whole = mistakes.is_empty();
        for (span, message) in mistakes {
            self.mistake(&span, message);
        }
        let bands = found.into_iter().map(|found| found.band).collect();
        if whole { Bands::new(bands).unwrap_or_default() } else { Bands::default() }
    }

    pub(super) fn grade(&mut self, value: &Node<'_>, scores: &[SubScore]) -> Option<Grade> {
        let DeValue::Table(table) = value.get_ref() else {
            self.mistake(&value.span(), "grade is a table: [grade]");
            return None;
        };
        self.document().only(table, &["letter", "number"], "[grade]");
        let mut axis = |key| match table.get(key) {
            Some(value) => self.axis(value, key, scores),
            None => self.document().lacks(&value.span(), "[grade]", key),
        };
        let (letter, number) = (axis("letter"), axis("number"));
        Some(Grade { letter: letter?, number: number? })
    }

    fn axis(&mut self, value: &Node<'_>, key: &str, scores: &[SubScore]) -> Option<GradeAxis> {
        let example = format!("{key} is {{ score = \"fit\", from = [75, 50, 25] }}");
        let DeValue::Table(table) = value.get_ref() else {
            self.mistake(&value.span(), example);
            return None;
        };
        self.document().only(table, &["score", "from"], key);
        let score = self.score_name(table, scores);
        if !table.contains_key("score") {
            let _: Option<()> = self.document().lacks(&value.span(), key, "score");
        }
        let items = match table.get("from").map(Node::get_ref) {
            Some(DeValue::Array(items)) if (1..=Grade::MOST_LETTERS).contains(&items.len()) => {
                items
            }
            _ => {
                self.mistake(&value.span(), example);
                return None;
            }
        };
        let mut from: Vec<Points> = Vec::new();
        for item in items.iter() {
            let Some(points) = self.points(item, "from") else { continue };
            if from.last().is_some_and(|last| *last <= points) {
                let message = "the thresholds of a grade stand highest first, each below the one \
                               before";
                self.mistake(&item.span(), message);
            }
            from.push(points);
        }
        Some(GradeAxis { score: score?, from })
    }

    /// The key `score`: the name of one of the scores.
    fn score_name(&mut self, table: &DeTable<'_>, scores: &[SubScore]) -> Option<String> {
        let value = table.get("score")?;
        let name = self.document().text_value(value, "score")?;
        self.known("score", &name, &value.span(), scores.iter().map(|s| s.name.as_str()));
        Some(name)
    }

    pub(super) fn ladder(
        &mut self,
        value: &Node<'_>,
        key: &str,
        scores: &[SubScore],
    ) -> Option<Ladder> {
        let DeValue::Table(table) = value.get_ref() else {
            self.mistake(&value.span(), format!("{key} is a table: [{key}]"));
            return None;
        };
        self.document().only(table, &["score", "steps"], &format!("[{key}]"));
        // The total has no table of its own to be named.
        let total = matches!(
            table.get("score").map(Node::get_ref),
            Some(DeValue::String(name)) if name.as_ref() == "total"
        );
        let score = if total { None } else { self.score_name(table, scores) };
        let items = match table.get("steps").map(Node::get_ref) {
            Some(DeValue::Array(items)) if !items.is_empty() => items,
            _ => {
                let message = format!(
                    "[{key}] needs steps, lowest first: [{{ name = \"subscriber\" }}, {{ name = \
                     \"lead\", enter = 20, leave = 10 }}]"
                );
                self.mistake(&value.span(), message);
                return None;
            }
        };
        let mut steps: Vec<Step> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let step = self.step(item, index == 0)?;
            if steps.iter().any(|other| other.name == step.name) {
                let message = format!("there are two steps named {:?}", step.name);
                self.mistake(&item.span(), message);
            }
            if let Some(below) = steps.last() {
                let rises = |a: Option<Points>, b: Option<Points>| a.is_none_or(|a| b > Some(a));
                if !rises(below.enter, step.enter) || !rises(below.leave, step.leave) {
                    let message = format!(
                        "{:?} stands above {:?}, so both its enter and its leave are higher",
                        step.name, below.name
                    );
                    self.mistake(&item.span(), message);
                }
            }
            steps.push(step);
        }
        Some(Ladder { score, steps })
    }

    fn step(&mut self, item: &Node<'_>, first: bool) -> Option<Step> {
        const WHAT: &str = "a step";
        let DeValue::Table(table) = item.get_ref() else {
            let message = "a step is { name = \"lead\", enter = 20, leave = 10 }";
            self.mistake(&item.span(), message);
            return None;
        };
        self.document().only(table, &["name", "enter", "leave"], WHAT);
        let name = self.document().text(table, "name", &item.span(), WHAT);
        let (enter, leave) = (self.points_at(table, "enter"), self.points_at(table, "leave"));
        if first && (table.contains_key("enter") || table.contains_key("leave")) {
            let message = "the first step is where every lead begins: it has no enter and no leave";
            self.mistake(&item.span(), message);
        }
        if !first {
            for key in ["enter", "leave"].iter().filter(|key| !table.contains_key(**key)) {
                let _: Option<()> = self.document().lacks(&item.span(), WHAT, key);
            }
            if let (Some(enter), Some(leave)) = (enter, leave)
                && leave > enter
            {
                let message = format!(
                    "leave ({leave}) is above enter ({enter}): a lead would come and go at once"
                );
                self.mistake(&item.span(), message);
            }
        }
        Some(Step { name: name?, enter, leave })
    }
}
