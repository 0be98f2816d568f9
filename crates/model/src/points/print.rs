//! Rule sets as TOML: what is printed reads as the same set again.

use std::fmt::Write as _;

use leadscore_features::events::{
    Condition as EventCondition, Measure, Pattern, Selection, Span, Test as EventTest,
};
use leadscore_features::{Expr, Persona};

use super::condition::{Condition, Literal, Test};
use super::rule::{
    Counted, Decay, EventPoints, Exclusion, Gives, Group, PointsTable, Rule, SignalRef,
};
use super::scale::{Bands, GradeAxis, Ladder, Scale};
use super::{Points, RuleSet};

impl RuleSet {
    /// The set as a file.
    pub fn to_toml(&self) -> String {
        let mut out = Page::default();
        out.pair("name", &text(&self.name));
        out.pair("version", &text(&self.version));
        out.maybe("description", self.description.as_deref().map(text));
        out.maybe("hand_off", self.hand_off.map(number));
        if !self.missing.is_empty() {
            out.head("[missing]");
            for missing in &self.missing {
                out.pair(&key(&missing.column), &list(missing.values.iter().map(|v| text(v))));
            }
        }
        if !self.signals.is_empty() {
            out.head("[signals]");
            for signal in &self.signals {
                out.pair(&key(&signal.name), &signal_table(&signal.expr));
            }
        }
        if self.scale != Scale::default() {
            out.head("[scale]");
            out.scale(&self.scale);
        }
        out.bands(&self.bands, &self.scale);
        if let Some(grade) = &self.grade {
            out.head("[grade]");
            for (name, GradeAxis { score, from }) in
                [("letter", &grade.letter), ("number", &grade.number)]
            {
                let from = list(from.iter().map(|from| number(*from)));
                out.pair(name, &table([("score", text(score)), ("from", from)]));
            }
        }
        for (name, ladder) in [("stages", &self.stages), ("funnel", &self.funnel)] {
            if let Some(ladder) = ladder {
                out.head(&format!("[{name}]"));
                out.ladder(ladder);
            }
        }
        for Group { name, floor, cap, decay } in &self.groups {
            out.head("[[group]]");
            out.pair("name", &text(name));
            out.limits(*floor, *cap);
            out.maybe("decay", decay.as_ref().map(decay_table));
        }
        for score in &self.scores {
            out.head("[[score]]");
            out.pair("name", &text(&score.name));
            out.pair("groups", &list(score.groups.iter().map(|group| text(group))));
            out.scale(&score.scale);
        }
        for rule in &self.rules {
            out.head("[[rule]]");
            out.pair("name", &text(&rule.name));
            out.rule(rule);
        }
        for exclusion in &self.exclusions {
            out.head("[[exclude]]");
            out.pair("name", &text(&exclusion.name));
            out.exclusion(exclusion);
        }
        out.0
    }
}

impl Rule {
    /// What the rule says, as the lines of its table but the name.
    pub fn body(&self) -> String {
        let mut out = Page::default();
        out.rule(self);
        out.0
    }
}

impl Exclusion {
    /// What the exclusion says, as the lines of its table but the name.
    pub fn body(&self) -> String {
        let mut out = Page::default();
        out.exclusion(self);
        out.0
    }
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn head(&mut self, head: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "\n{head}");
    }

    fn pair(&mut self, key: &str, value: &str) {
        let _ = writeln!(self.0, "{key} = {value}");
    }

    fn maybe(&mut self, key: &str, value: Option<String>) {
        if let Some(value) = value {
            self.pair(key, &value);
        }
    }

    fn limits(&mut self, floor: Option<Points>, cap: Option<Points>) {
        self.maybe("floor", floor.map(number));
        self.maybe("cap", cap.map(number));
    }

    fn scale(&mut self, scale: &Scale) {
        self.limits(scale.floor, scale.cap);
        let ends =
            scale.rescale.map(|(from, to)| table([("from", number(from)), ("to", number(to))]));
        self.maybe("rescale", ends);
    }

    fn bands(&mut self, bands: &Bands, scale: &Scale) {
        // Clusters stay clusters: named bands that no lead can reach are refused.
        if let Some(width) = bands.width(scale) {
            self.head("[bands]");
            self.pair("every", &number(width));
            return;
        }
        if let [_, warm, hot] = bands.all()
            && let (Some(warm), Some(hot)) = (warm.from, hot.from)
            && Bands::warm_hot(warm, hot).as_ref() == Some(bands)
        {
            self.head("[bands]");
            self.pair("warm", &number(warm));
            self.pair("hot", &number(hot));
            return;
        }
        for band in bands.all() {
            self.head("[[band]]");
            self.pair("name", &text(&band.name));
            self.maybe("from", band.from.map(number));
            self.maybe("action", band.action.as_deref().map(text));
        }
    }

    fn ladder(&mut self, ladder: &Ladder) {
        self.maybe("score", ladder.score.as_deref().map(text));
        let _ = writeln!(self.0, "steps = [");
        for step in &ladder.steps {
            let limits = [("enter", step.enter), ("leave", step.leave)];
            let limits = limits.into_iter().filter_map(|(key, p)| Some((key, number(p?))));
            let _ = writeln!(
                self.0,
                "    {},",
                table([("name", text(&step.name))].into_iter().chain(limits))
            );
        }
        let _ = writeln!(self.0, "]");
    }

    fn exclusion(&mut self, exclusion: &Exclusion) {
        self.pair("when", &condition(&exclusion.when));
        self.pair("score", &number(exclusion.score));
    }

    fn rule(&mut self, rule: &Rule) {
        self.maybe("group", rule.group.as_deref().map(text));
        match &rule.gives {
            Gives::Points(points) => self.pair("points", &number(*points)),
            Gives::Table { signal, table } => {
                self.pair("signal", &text(signal.name()));
                self.table(table);
            }
            Gives::Events(events) => self.events(events),
            Gives::Idle(idle) => {
                self.pair("idle", &kinds(&idle.of));
                self.maybe("where", conditions(&idle.of.conditions));
                self.pair("every", &span(idle.every));
                self.pair("points", &number(idle.points));
                self.maybe("first", idle.first.map(|first| first.to_string()));
            }
        }
        self.maybe("when", rule.when.as_ref().map(condition));
        self.limits(rule.floor, rule.cap);
    }

    fn table(&mut self, of: &PointsTable) {
        let texts: Option<Vec<(String, String)>> = of
            .rows
            .iter()
            .map(|row| match &row.test {
                Test::In(literals) => match literals.as_slice() {
                    [Literal::Text(value)] => Some((text(value), number(row.points))),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        match texts {
            Some(texts) => self.pair("table", &table(texts)),
            None => {
                let _ = writeln!(self.0, "table = [");
                for row in &of.rows {
                    let mut pairs = test(&row.test);
                    pairs.push(("points", number(row.points)));
                    let _ = writeln!(self.0, "    {},", table(pairs));
                }
                let _ = writeln!(self.0, "]");
            }
        }
        for (key, points) in [("otherwise", of.otherwise), ("missing", of.missing)] {
            if points != Points::ZERO {
                self.pair(key, &number(points));
            }
        }
    }

    fn events(&mut self, events: &EventPoints) {
        let key = if events.counted == Counted::Once { "once" } else { "each" };
        self.pair(key, &kinds(&events.of));
        self.maybe("where", conditions(&events.of.conditions));
        if events.points != Points::ZERO || events.by.is_none() {
            self.pair("points", &number(events.points));
        }
        if let Some(by) = &events.by {
            let points = by.points.iter().map(|(Pattern(p), points)| (text(p), number(*points)));
            self.pair("by", &table([(self::key(&by.property), table(points))]));
        }
        self.maybe("window", events.window.map(span));
        if let Counted::First(first) = events.counted {
            self.pair("first", &first.to_string());
        }
        self.maybe("decay", events.decay.as_ref().map(decay_table));
        self.maybe("expires", events.expires.map(span));
    }
}

fn signal_table(expr: &Expr) -> String {
    let column = |key: &'static str, column: &str| vec![(key, text(column))];
    let pairs = match expr {
        Expr::Attribute { column: name } => column("attribute", name),
        Expr::DaysSince { column: name } => column("days_since", name),
        Expr::Read { column: name, reader } => column(reader.word(), name),
        Expr::SameDomain { email, company } => {
            vec![("same_domain", text(email)), ("company", text(company))]
        }
        Expr::PhoneValid { phone, country, in_country } => {
            let country = country.as_deref().map(|country| ("country", text(country)));
            let same = in_country.as_deref().map(|country| ("in_country", text(country)));
            [("phone_valid", text(phone))].into_iter().chain(country).chain(same).collect()
        }
        Expr::OneOf { column, values } => {
            let values = list(values.iter().map(|value| text(value)));
            vec![("one_of", text(column)), ("values", values)]
        }
        Expr::Filled { columns } => vec![("filled", list(columns.iter().map(|c| text(c))))],
        Expr::Persona { personas } => {
            let of = |Persona { name, when }: &Persona| {
                let when = conditions(when).map(|when| ("when", when));
                table([("name", text(name))].into_iter().chain(when))
            };
            vec![("persona", list(personas.iter().map(of)))]
        }
        Expr::Events { of, window, measure } => {
            let mut pairs = measure_pairs(measure, of);
            pairs.extend(conditions(&of.conditions).map(|conditions| ("where", conditions)));
            pairs.extend(window.map(|window| ("window", span(window))));
            pairs
        }
    };
    table(pairs)
}

fn measure_pairs(measure: &Measure, of: &Selection) -> Vec<(&'static str, String)> {
    let alone = |key: &'static str| vec![(key, kinds(of))];
    let property =
        |key: &'static str, property: &str| vec![(key, text(property)), ("of", kinds(of))];
    match measure {
        Measure::Count => alone("count"),
        Measure::ActiveDays => alone("active_days"),
        Measure::DaysSinceFirst => alone("days_since_first"),
        Measure::DaysSinceLast => alone("days_since_last"),
        Measure::LongestGap => alone("longest_gap"),
        Measure::RatePerDay => alone("rate"),
        Measure::Trend => alone("trend"),
        Measure::Distinct { property: name } => property("distinct", name),
        Measure::Sum { property: name } => property("sum", name),
        Measure::Mean { property: name } => property("mean", name),
        Measure::Min { property: name } => property("min", name),
        Measure::Max { property: name } => property("max", name),
        Measure::Last { property: name } => property("last", name),
        Measure::Decayed { half_life } => {
            vec![("decayed", kinds(of)), ("half_life", span(*half_life))]
        }
        Measure::Ratio { over } => {
            let mut pairs = vec![("ratio", kinds(of)), ("over", kinds(over))];
            // Without conditions of its own, what is divided by has those of what is divided.
            if over.conditions != of.conditions {
                let own = conditions(&over.conditions).unwrap_or_else(|| "{}".to_owned());
                pairs.push(("over_where", own));
            }
            pairs
        }
        Measure::Then { then, within } => {
            let mut pairs = vec![("first", kinds(of)), ("then", kinds(then))];
            pairs.extend(conditions(&then.conditions).map(|own| ("then_where", own)));
            pairs.extend(within.map(|within| ("within", span(within))));
            pairs
        }
    }
}

fn kinds(of: &Selection) -> String {
    match of.kinds.as_slice() {
        [] => text("*"),
        [kind] => text(kind),
        kinds => list(kinds.iter().map(|kind| text(kind))),
    }
}

fn conditions(of: &[EventCondition]) -> Option<String> {
    let one = |EventCondition { property, test }: &EventCondition| {
        let value = match test {
            EventTest::OneOf(patterns) => match patterns.as_slice() {
                [Pattern(pattern)] => text(pattern),
                patterns => list(patterns.iter().map(|Pattern(pattern)| text(pattern))),
            },
            EventTest::Between { from, below } => {
                let ends = [("at_least", from), ("below", below)];
                table(ends.into_iter().filter_map(|(key, end)| Some((key, float((*end)?)))))
            }
        };
        (key(property), value)
    };
    (!of.is_empty()).then(|| table(of.iter().map(one)))
}

fn condition(of: &Condition<SignalRef>) -> String {
    let each = |of: &[Condition<SignalRef>]| list(of.iter().map(condition));
    match of {
        Condition::All(of) => table([("all", each(of))]),
        Condition::Any(of) => table([("any", each(of))]),
        Condition::Not(of) => table([("not", condition(of))]),
        Condition::Signal { signal, tests } => {
            let tests = tests.iter().flat_map(test);
            table([("signal", text(signal.name()))].into_iter().chain(tests))
        }
    }
}

fn test(of: &Test) -> Vec<(&'static str, String)> {
    match of {
        Test::In(literals) => match literals.as_slice() {
            [one] => vec![("equals", literal(one))],
            many => vec![("in", list(many.iter().map(literal)))],
        },
        Test::Range { at_least, above, at_most, below } => {
            let ends =
                [("at_least", at_least), ("above", above), ("at_most", at_most), ("below", below)];
            ends.into_iter().filter_map(|(key, end)| Some((key, float((*end)?)))).collect()
        }
        Test::Contains(part) => vec![("contains", text(part))],
        Test::Glob(Pattern(pattern)) => vec![("glob", text(pattern))],
        Test::Missing(flag) => vec![("missing", flag.to_string())],
    }
}

fn literal(of: &Literal) -> String {
    match of {
        Literal::Text(value) => text(value),
        Literal::Number(value) => float(*value),
        Literal::YesNo(value) => value.to_string(),
    }
}

fn decay_table(of: &Decay) -> String {
    match of {
        Decay::Never => "false".to_owned(),
        Decay::HalfLife(length) => table([("half_life", span(*length))]),
        Decay::Linear(length) => table([("linear", span(*length))]),
        Decay::Steps(steps) => {
            let step = |step: &super::rule::DecayStep| {
                table([("after", span(step.after)), ("keep", float(step.keep))])
            };
            table([("steps", list(steps.iter().map(step)))])
        }
    }
}

/// An inline table.
fn table<K: AsRef<str>>(pairs: impl IntoIterator<Item = (K, String)>) -> String {
    let pairs: Vec<String> =
        pairs.into_iter().map(|(key, value)| format!("{} = {value}", key.as_ref())).collect();
    format!("{{ {} }}", pairs.join(", "))
}

fn list(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<String> = items.into_iter().collect();
    format!("[{}]", items.join(", "))
}

fn number(points: Points) -> String {
    points.to_string()
}

/// Whole numbers plainly; others in the shortest form that reads as the same number.
fn float(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        number.to_string()
    } else {
        format!("{number:?}")
    }
}

fn span(of: Span) -> String {
    text(&of.to_string())
}

/// A key, in quotes where it needs them.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { text(name) }
}

/// A text in quotes: TOML's basic string.
fn text(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for c in value.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
