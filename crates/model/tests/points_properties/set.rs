//! Rule sets as the plainest data there is, and how each is written down. Nothing here is shared
//! with the engine.

use std::fmt::Write as _;

/// Points are in thousandths, lengths of time in hours.
#[derive(Clone, Debug, Default)]
pub(crate) struct Set {
    pub(crate) rules: Vec<Rule>,
    pub(crate) groups: Vec<Group>,
    pub(crate) scale: Scale,
    pub(crate) bands: Bands,
    pub(crate) hand_off: Option<i64>,
    /// The groups that each adds up, and its scale.
    pub(crate) scores: Vec<(Vec<usize>, Scale)>,
    /// For the letter and for the number: a score, and thresholds, highest first.
    pub(crate) grade: Option<[(usize, Vec<i64>); 2]>,
    pub(crate) stages: Option<Ladder>,
    pub(crate) exclusions: Vec<(Condition, i64)>,
}

/// The score, where it is not the total, and where one comes up to each step and falls off it.
pub(crate) type Ladder = (Option<usize>, Vec<(i64, i64)>);

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) group: Option<usize>,
    pub(crate) gives: Gives,
    pub(crate) when: Option<Condition>,
    pub(crate) limits: Limits,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) floor: Option<i64>,
    pub(crate) cap: Option<i64>,
}

#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) limits: Limits,
    pub(crate) decay: Option<Decay>,
}

#[derive(Clone, Debug)]
pub(crate) enum Gives {
    Points(i64),
    /// Texts of the signal `txt`.
    Texts {
        rows: Vec<(&'static str, i64)>,
        otherwise: i64,
        missing: i64,
    },
    /// Numbers of a signal, from one to below the next.
    Numbers {
        signal: &'static str,
        rows: Vec<(i32, i32, i64)>,
        otherwise: i64,
        missing: i64,
    },
    Events(Events),
    Idle {
        of: Selection,
        every: u32,
        points: i64,
        first: Option<u32>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Events {
    pub(crate) of: Selection,
    pub(crate) once: bool,
    pub(crate) first: Option<u32>,
    pub(crate) points: Option<i64>,
    /// By page.
    pub(crate) by: Vec<(&'static str, i64)>,
    pub(crate) window: Option<u32>,
    pub(crate) decay: Option<Decay>,
    pub(crate) expires: Option<u32>,
}

#[derive(Clone, Debug)]
pub(crate) struct Selection {
    /// Empty: any.
    pub(crate) kinds: Vec<&'static str>,
    pub(crate) pages: Vec<&'static str>,
    /// At least, below.
    pub(crate) value: Option<(Option<i32>, Option<i32>)>,
}

#[derive(Clone, Debug)]
pub(crate) enum Decay {
    /// Of a rule, in a group that decays.
    Never,
    HalfLife(u32),
    Linear(u32),
    /// After so long, such a share in eighths.
    Steps(Vec<(u32, u32)>),
}

#[derive(Clone, Debug)]
pub(crate) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Text(&'static str, TextTest),
    /// At least, above, at most, below.
    Number(&'static str, [Option<i32>; 4]),
    Flag(bool),
    Missing(&'static str, bool),
}

#[derive(Clone, Debug)]
pub(crate) enum TextTest {
    In(Vec<&'static str>),
    Contains(&'static str),
    Glob(&'static str),
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Scale {
    #[default]
    Raw,
    Limits(Limits),
    Rescale(i64, i64),
}

#[derive(Clone, Debug, Default)]
pub(crate) enum Bands {
    #[default]
    None,
    WarmHot(i64, i64),
    Named(Vec<i64>),
    Every(i64),
}

/// The signals of every set: its own, whose names are no attributes.
pub(crate) const OWN: &str = "[signals]\n\
    visits = { count = \"view\", window = \"240h\" }\n\
    since = { days_since_last = [\"view\", \"buy\"] }\n\
    spent = { sum = \"value\", of = \"*\", window = \"30d\" }\n\
    alias = { attribute = \"txt\" }\n";

fn points(thousandths: i64) -> String {
    let (sign, size) = (if thousandths < 0 { "-" } else { "" }, thousandths.abs());
    match size % 1000 {
        0 => format!("{sign}{}", size / 1000),
        rest => format!("{sign}{}.{rest:03}", size / 1000),
    }
}

fn texts(of: &[&str]) -> String {
    format!("{of:?}")
}

fn hours(hours: u32) -> String {
    if hours.is_multiple_of(24) { format!("\"{}d\"", hours / 24) } else { format!("\"{hours}h\"") }
}

impl Limits {
    fn write(self, out: &mut String) {
        for (key, limit) in [("floor", self.floor), ("cap", self.cap)] {
            if let Some(limit) = limit {
                let _ = writeln!(out, "{key} = {}", points(limit));
            }
        }
    }
}

impl Scale {
    fn write(self, out: &mut String) {
        match self {
            Scale::Raw => {}
            Scale::Limits(limits) => limits.write(out),
            Scale::Rescale(from, to) => {
                let (from, to) = (points(from), points(to));
                let _ = writeln!(out, "rescale = {{ from = {from}, to = {to} }}");
            }
        }
    }
}

impl Decay {
    fn text(&self) -> String {
        match self {
            Decay::Never => "false".to_owned(),
            Decay::HalfLife(length) => format!("{{ half_life = {} }}", hours(*length)),
            Decay::Linear(length) => format!("{{ linear = {} }}", hours(*length)),
            Decay::Steps(steps) => {
                let step = |(after, keep): &(u32, u32)| {
                    format!("{{ after = {}, keep = {} }}", hours(*after), f64::from(*keep) / 8.0)
                };
                let steps: Vec<String> = steps.iter().map(step).collect();
                format!("{{ steps = [{}] }}", steps.join(", "))
            }
        }
    }
}

impl Condition {
    fn text(&self) -> String {
        let list = |of: &[Condition]| of.iter().map(Condition::text).collect::<Vec<_>>().join(", ");
        match self {
            Condition::All(of) => format!("{{ all = [{}] }}", list(of)),
            Condition::Any(of) => format!("{{ any = [{}] }}", list(of)),
            Condition::Not(of) => format!("{{ not = {} }}", of.text()),
            Condition::Text(signal, test) => {
                let test = match test {
                    TextTest::In(of) if of.len() == 1 => format!("equals = {:?}", of[0]),
                    TextTest::In(of) => format!("in = {}", texts(of)),
                    TextTest::Contains(part) => format!("contains = {part:?}"),
                    TextTest::Glob(glob) => format!("glob = {glob:?}"),
                };
                format!("{{ signal = {signal:?}, {test} }}")
            }
            Condition::Number(signal, bounds) => {
                let keys = ["at_least", "above", "at_most", "below"];
                let mut text = format!("{{ signal = {signal:?}");
                for (key, bound) in keys.iter().zip(bounds) {
                    if let Some(bound) = bound {
                        let _ = write!(text, ", {key} = {bound}");
                    }
                }
                text + " }"
            }
            Condition::Flag(flag) => format!("{{ signal = \"flag\", equals = {flag} }}"),
            Condition::Missing(signal, missing) => {
                format!("{{ signal = {signal:?}, missing = {missing} }}")
            }
        }
    }
}

impl Selection {
    fn write(&self, key: &str, out: &mut String) {
        let kinds = if self.kinds.is_empty() { "\"*\"".into() } else { texts(&self.kinds) };
        let _ = writeln!(out, "{key} = {kinds}");
        let mut conditions = Vec::new();
        if !self.pages.is_empty() {
            conditions.push(format!("page = {}", texts(&self.pages)));
        }
        if let Some((at_least, below)) = self.value {
            let ends = [("at_least", at_least), ("below", below)];
            let ends = ends.iter().filter_map(|(key, end)| Some(format!("{key} = {}", (*end)?)));
            conditions.push(format!("value = {{ {} }}", ends.collect::<Vec<_>>().join(", ")));
        }
        if !conditions.is_empty() {
            let _ = writeln!(out, "where = {{ {} }}", conditions.join(", "));
        }
    }
}

impl Rule {
    fn write(&self, out: &mut String) {
        let _ = writeln!(out, "\n[[rule]]\nname = {:?}", self.name);
        if let Some(group) = self.group {
            let _ = writeln!(out, "group = \"g{group}\"");
        }
        let table = |out: &mut String, signal: &str, rows: &str, otherwise: i64, missing: i64| {
            let (otherwise, missing) = (points(otherwise), points(missing));
            let _ = writeln!(out, "signal = {signal:?}\ntable = {rows}");
            let _ = writeln!(out, "otherwise = {otherwise}\nmissing = {missing}");
        };
        match &self.gives {
            Gives::Points(of) => drop(writeln!(out, "points = {}", points(*of))),
            Gives::Texts { rows, otherwise, missing } => {
                let row = |(text, of): &(&str, i64)| format!("{text:?} = {}", points(*of));
                let rows: Vec<String> = rows.iter().map(row).collect();
                table(out, "txt", &format!("{{ {} }}", rows.join(", ")), *otherwise, *missing);
            }
            Gives::Numbers { signal, rows, otherwise, missing } => {
                let row = |(from, below, of): &(i32, i32, i64)| {
                    format!("{{ at_least = {from}, below = {below}, points = {} }}", points(*of))
                };
                let rows: Vec<String> = rows.iter().map(row).collect();
                table(out, signal, &format!("[{}]", rows.join(", ")), *otherwise, *missing);
            }
            Gives::Events(events) => events.write(out),
            Gives::Idle { of, every, points: each, first } => {
                of.write("idle", out);
                let _ = writeln!(out, "every = {}\npoints = {}", hours(*every), points(*each));
                if let Some(first) = first {
                    let _ = writeln!(out, "first = {first}");
                }
            }
        }
        if let Some(when) = &self.when {
            let _ = writeln!(out, "when = {}", when.text());
        }
        self.limits.write(out);
    }
}

impl Events {
    fn write(&self, out: &mut String) {
        self.of.write(if self.once { "once" } else { "each" }, out);
        let mut pair = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                let _ = writeln!(out, "{key} = {value}");
            }
        };
        pair("points", self.points.map(points));
        if !self.by.is_empty() {
            let row = |(page, of): &(&str, i64)| format!("{page:?} = {}", points(*of));
            let rows: Vec<String> = self.by.iter().map(row).collect();
            pair("by", Some(format!("{{ page = {{ {} }} }}", rows.join(", "))));
        }
        pair("window", self.window.map(hours));
        pair("first", self.first.map(|first| first.to_string()));
        pair("decay", self.decay.as_ref().map(Decay::text));
        pair("expires", self.expires.map(hours));
    }
}

impl Set {
    /// The set as a file.
    pub(crate) fn text(&self) -> String {
        let mut out = String::from("name = \"random\"\nversion = \"1\"\n");
        if let Some(hand_off) = self.hand_off {
            let _ = writeln!(out, "hand_off = {}", points(hand_off));
        }
        out.push_str(OWN);
        out.push_str("[scale]\n");
        self.scale.write(&mut out);
        match &self.bands {
            Bands::None => {}
            Bands::WarmHot(warm, hot) => {
                let _ = writeln!(out, "[bands]\nwarm = {}\nhot = {}", points(*warm), points(*hot));
            }
            Bands::Every(width) => drop(writeln!(out, "[bands]\nevery = {}", points(*width))),
            Bands::Named(from) => {
                out.push_str("[[band]]\nname = \"lowest\"\n");
                for from in from {
                    let from = points(*from);
                    let _ = writeln!(out, "[[band]]\nname = \"from {from}\"\nfrom = {from}");
                }
            }
        }
        if let Some(grade) = &self.grade {
            out.push_str("[grade]\n");
            for (key, (score, from)) in ["letter", "number"].iter().zip(grade) {
                let from: Vec<String> = from.iter().map(|from| points(*from)).collect();
                let from = from.join(", ");
                let _ = writeln!(out, "{key} = {{ score = \"s{score}\", from = [{from}] }}");
            }
        }
        if let Some((score, steps)) = &self.stages {
            out.push_str("[stages]\n");
            if let Some(score) = score {
                let _ = writeln!(out, "score = \"s{score}\"");
            }
            out.push_str("steps = [{ name = \"first\" }");
            for (index, (enter, leave)) in steps.iter().enumerate() {
                let (enter, leave) = (points(*enter), points(*leave));
                let _ = write!(
                    out,
                    ", {{ name = \"step {index}\", enter = {enter}, leave = {leave} }}"
                );
            }
            out.push_str("]\n");
        }
        for (index, group) in self.groups.iter().enumerate() {
            let _ = writeln!(out, "[[group]]\nname = \"g{index}\"");
            group.limits.write(&mut out);
            if let Some(decay) = &group.decay {
                let _ = writeln!(out, "decay = {}", decay.text());
            }
        }
        for (index, (groups, scale)) in self.scores.iter().enumerate() {
            let groups: Vec<String> = groups.iter().map(|group| format!("\"g{group}\"")).collect();
            let groups = groups.join(", ");
            let _ = writeln!(out, "[[score]]\nname = \"s{index}\"\ngroups = [{groups}]");
            scale.write(&mut out);
        }
        self.rules.iter().for_each(|rule| rule.write(&mut out));
        for (index, (when, score)) in self.exclusions.iter().enumerate() {
            let (when, score) = (when.text(), points(*score));
            let _ =
                writeln!(out, "[[exclude]]\nname = \"x{index}\"\nwhen = {when}\nscore = {score}");
        }
        out
    }
}
