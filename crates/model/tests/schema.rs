//! The JSON Schema of rule sets: it takes every set that ships, and refuses what the parser refuses.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{rules, schema, to_json};
use leadscore_model::points::RuleSet;

#[test]
fn every_set_that_ships_is_valid() {
    let mut checked = 0;
    for entry in std::fs::read_dir(rules()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("#:schema ./schema.json\n"), "{name}: editors find the schema so");
        let set = RuleSet::parse(&name, &text).unwrap_or_else(|error| panic!("{error}"));
        for text in [text, set.to_toml()] {
            let json = to_json(&text);
            let errors = schema().iter_errors(&json);
            let errors: Vec<String> =
                errors.map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(errors.is_empty(), "{name}: {errors:#?}");
        }
        assert_eq!(RuleSet::parse(&name, &set.to_toml()).as_ref(), Ok(&set));
        checked += 1;
    }
    assert!(checked >= 12, "{checked}");
}

/// A set with one place to break.
fn with(top: &str, rule: &str) -> String {
    let rule = if rule.is_empty() { "each = \"page_view\"\npoints = 5" } else { rule };
    format!("name = \"a\"\nversion = \"1\"\n{top}\n[[rule]]\nname = \"r\"\n{rule}\n")
}

#[test]
fn broken_sets_are_refused_by_both() {
    // What stands before the rules.
    let tops = [
        "colour = 1",
        "hand_off = \"80\"",
        "hand_off = 1e10",
        "description = \"\"",
        "missing = { pdays = [[999]] }",
        "[scale]\nfloor = 0\ncap = 100\nrescale = { to = 90 }",
        "[scale]\nrescale = { from = 0 }",
        "[scale]\nflor = 0",
        "[bands]\nwarm = 40",
        "[bands]\nevery = 0\n[scale]\nfloor = 0\ncap = 100",
        "[bands]\nevery = 20\nhot = 80\n[scale]\nfloor = 0\ncap = 100",
        "[bands]\nwarm = 1\nhot = 2\n[[band]]\nname = \"all\"",
        "[[band]]\nfrom = 10",
        "[[band]]\nname = \"all\"\nfrom = \"ten\"",
        "[[band]]\nname = \"all\"\ncolour = \"red\"",
        "[[group]]\nname = \"g\"\nfloor = 5",
        "[[group]]\nname = \"g\"\ncap = -5",
        "[[group]]\ncap = 5",
        "[[group]]\nname = \"g\"\ndecay = { half_life = 30 }",
        "[[group]]\nname = \"g\"\ndecay = { half_life = \"30\" }",
        "[[group]]\nname = \"g\"\ndecay = { half_life = \"30d\", linear = \"30d\" }",
        "[[group]]\nname = \"g\"\ndecay = { steps = [] }",
        "[[group]]\nname = \"g\"\ndecay = { steps = [{ after = \"30d\", keep = 2 }] }",
        "[[group]]\nname = \"g\"\ndecay = {}",
        "[[group]]\nname = \"g\"\ndecay = false",
        "[[score]]\nname = \"fit\"",
        "[[group]]\nname = \"g\"\n[[score]]\nname = \"total\"\ngroups = [\"g\"]",
        "[[group]]\nname = \"g\"\n[[score]]\nname = \"fit\"\ngroups = []",
        "[[exclude]]\nname = \"x\"\nwhen = { signal = \"a\", equals = 1 }",
        "[[exclude]]\nname = \"x\"\nscore = 0",
        "[grade]\nletter = { score = \"fit\", from = [1] }",
        "[grade]\nletter = { score = \"fit\", from = [] }\nnumber = { score = \"fit\", from = [1] }",
        "[stages]\nsteps = []",
        "[stages]\nsteps = [{ name = \"a\", enter = 3, leave = 2 }]",
        "[stages]\nsteps = [{ name = \"a\" }, { name = \"b\", enter = 3 }]",
        "[funnel]\nstep = [{ name = \"a\" }]",
        "[signals]\nvisits = \"page_view\"",
        "[signals]\nvisits = { counts = \"page_view\" }",
        "[signals]\nvisits = { count = \"page_view\", sum = \"value\" }",
        "[signals]\nvisits = { count = [] }",
        "[signals]\nvisits = { count = [\"*\", \"call\"] }",
        "[signals]\nvisits = { count = \"page_view\", window = \"-30d\" }",
        "[signals]\nvisits = { count = \"page_view\", where = {} }",
        "[signals]\nspent = { sum = \"value\" }",
        "[signals]\nmore = { trend = \"page_view\" }",
        "[signals]\nrate = { ratio = \"email_clicked\" }",
        "[signals]\nknown = { one_of = \"industry\" }",
        "[signals]\nwho = { persona = [] }",
        "[signals]\nwho = { persona = [{ name = \"other\", when = { a = \"b\" } }] }",
    ];
    // The rule.
    let rules = [
        "points = 5",
        "when = { signal = \"a\", equals = 1 }",
        "each = \"page_view\"",
        "each = \"page_view\"\nonce = \"call\"\npoints = 5",
        "each = \"page_view\"\npoints = \"five\"",
        "each = 5\npoints = 5",
        "each = [\"call\", \"call\"]\npoints = 5",
        "each = \"page_view\"\npoints = 5\nwindow = \"0d\"",
        "each = \"page_view\"\npoints = 5\nwindow = \"30 days\"",
        "each = \"page_view\"\npoints = 5\nfirst = 0",
        "each = \"page_view\"\npoints = 5\nfirst = 1.5",
        "each = \"page_view\"\npoints = 5\nevery = \"30d\"",
        "once = \"page_view\"\npoints = 5\nfirst = 2",
        "each = \"page_view\"\nby = {}",
        "each = \"page_view\"\nby = { page = 10 }",
        "each = \"page_view\"\nby = { page = {} }",
        "each = \"page_view\"\nby = { page = { a = 1 }, kind = { b = 2 } }",
        "each = \"page_view\"\npoints = 5\nwhere = { depth = { at_least = \"5\" } }",
        "each = \"page_view\"\npoints = 5\nwhere = { depth = { above = 5 } }",
        "each = \"page_view\"\npoints = 5\nwhere = { page = [] }",
        "each = \"page_view\"\npoints = 5\nexpires = 30",
        "each = \"page_view\"\npoints = 5\ncap = -1",
        "each = \"page_view\"\npoints = 5\nfloor = 1",
        "each = \"page_view\"\npoints = 5\ndecay = true",
        "idle = \"*\"\npoints = -5",
        "idle = \"*\"\nevery = \"30d\"",
        "idle = \"*\"\nevery = \"30d\"\npoints = -5\ndecay = { linear = \"30d\" }",
        "signal = \"a\"\npoints = 5",
        "signal = \"a\"\ntable = {}",
        "signal = \"a\"\ntable = []",
        "signal = \"a\"\ntable = [{ below = 10 }]",
        "signal = \"a\"\ntable = [{ points = 10 }]",
        "signal = \"a\"\ntable = [{ below = 10, equals = 3, points = 10 }]",
        "signal = \"a\"\ntable = [{ contains = \"x\", points = 10 }]",
        "points = 5\nwhen = {}",
        "points = 5\nwhen = { signal = \"a\" }",
        "points = 5\nwhen = { equals = 1 }",
        "points = 5\nwhen = { signal = \"a\", equal = 1 }",
        "points = 5\nwhen = { signal = \"a\", in = [] }",
        "points = 5\nwhen = { signal = \"a\", equals = [1] }",
        "points = 5\nwhen = { signal = \"a\", missing = \"yes\" }",
        "points = 5\nwhen = { signal = \"a\", contains = 1 }",
        "points = 5\nwhen = { all = [] }",
        "points = 5\nwhen = { any = { signal = \"a\", equals = 1 } }",
        "points = 5\nwhen = { not = [{ signal = \"a\", equals = 1 }] }",
        "points = 5\nwhen = { all = [{ signal = \"a\", equals = 1 }], signal = \"b\" }",
    ];
    let whole = [
        "version = \"1\"\n[[rule]]\nname = \"r\"\neach = \"a\"\npoints = 1".to_owned(),
        "name = \"a\"\nversion = 1\n[[rule]]\nname = \"r\"\neach = \"a\"\npoints = 1".to_owned(),
        "name = \"a\"\nversion = \"1\"".to_owned(),
        with("", "").replace("\"a\"", "\"a\\nb\""),
        with("", "").replace("\"r\"", &format!("\"{}\"", "r".repeat(101))),
        "name = \"a\"\nversion = \"1\"\n[rule]\nname = \"r\"\neach = \"a\"\npoints = 1".to_owned(),
        "name = \"a\"\nversion = \"1\"\n[[rule]]\neach = \"a\"\npoints = 1".to_owned(),
    ];
    assert!(RuleSet::parse("whole.toml", &with("", "")).is_ok());
    assert!(schema().is_valid(&to_json(&with("", ""))));
    let tops = tops.iter().map(|top| with(top, ""));
    let broken = tops.chain(rules.iter().map(|rule| with("", rule))).chain(whole);
    for text in broken {
        assert!(RuleSet::parse("broken.toml", &text).is_err(), "the parser takes\n{text}");
        assert!(!schema().is_valid(&to_json(&text)), "the schema takes\n{text}");
    }
}

/// Whatever the random sets of the properties lack: every measure and reader, and every key.
const EVERYTHING: &str = r#"
name = "everything"
version = "2"
description = "Every \"key\" \\ there is."
hand_off = -3.5

[missing]
pdays = 999
"job title" = ["?", "-", true]

[signals]
count = { count = "page_view", where = { page = ["/pricing*", "/demo"], depth = { at_least = 2, below = 7.5 } }, window = "90min" }
active_days = { active_days = "*", window = "all" }
days_since_first = { days_since_first = ["call", "meeting"] }
days_since_last = { days_since_last = "call" }
longest_gap = { longest_gap = "call" }
rate = { rate = "call", window = "2w" }
trend = { trend = "call", window = "30d" }
distinct = { distinct = "page", of = "page_view" }
sum = { sum = "value", of = "purchase", where = { value = { below = 0 } } }
mean = { mean = "value", of = "purchase" }
min = { min = "value", of = "purchase" }
max = { max = "value", of = "purchase" }
"last one" = { last = "channel", of = "*", where = { billed = true, code = 7 } }
decayed = { decayed = "call", half_life = "12h" }
ratio = { ratio = "email_clicked", over = "email_sent", where = { email_type = "newsletter" } }
ratio_apart = { ratio = "email_clicked", over = "email_sent", over_where = { email_type = "onboarding" } }
followed = { first = "page_view", then = "demo_request", within = "7d", where = { page = "/" }, then_where = { page = "/demo" } }
attribute = { attribute = "industry" }
days_since = { days_since = "signed_up" }
seniority = { seniority = "job_title" }
function = { function = "job_title" }
email_kind = { email_kind = "email" }
company_size = { company_size = "employees" }
junk = { junk = "name" }
junk_score = { junk_score = "name" }
same_domain = { same_domain = "email", company = "company" }
phone_valid = { phone_valid = "phone" }
phone_there = { phone_valid = "phone", country = "country" }
phone_here = { phone_valid = "phone", in_country = "ES" }
one_of = { one_of = "industry", values = ["Software", 7, true] }
filled = { filled = ["phone", "budget"] }
persona = { persona = [{ name = "buyer", when = { seniority = ["vp", "director"], rate = { at_least = 1 } } }] }

[scale]
floor = -50
cap = 50

[[band]]
name = "low"
below = 0
from = -50

[[band]]
name = "high"
from = 0
action = "call"

[grade]
letter = { score = "one", from = [0, -5] }
number = { score = "two", from = [-1] }

[stages]
score = "total"
steps = [{ name = "a" }, { name = "b", enter = 0, leave = -5 }]

[funnel]
score = "one"
steps = [{ name = "a" }]

[[group]]
name = "g"
floor = -10
cap = 10
decay = { steps = [{ after = "1d", keep = 0.5 }, { after = "2d", keep = 0 }] }

[[score]]
name = "one"
groups = ["g"]
cap = 5

[[score]]
name = "two"
groups = "g"
rescale = { to = 5 }

[[rule]]
name = "condition"
group = "g"
points = 1.125
when = { not = { any = [{ signal = "industry", in = ["a", 7, true] }, { all = [{ signal = "n", above = 1, at_most = 3 }, { signal = "t", glob = "a*" }, { signal = "t", contains = "é" }, { signal = "u", missing = false }] }] } }
floor = -1
cap = 1

[[rule]]
name = "events"
each = ["page_view"]
by = { page = { "/pricing*" = 10, "" = -1 } }
first = 3
window = "30d"
decay = { half_life = "30d" }
expires = "60d"

[[rule]]
name = "latest"
once = "*"
where = { page = "/x" }
points = 2
decay = { linear = "30d" }

[[rule]]
name = "silence"
idle = "*"
every = "30d"
points = -1
first = 2

[[rule]]
name = "numbers"
signal = "n"
table = [{ equals = 0, points = -1 }, { above = 0, at_most = 1, points = 1 }, { in = [2, 3], points = 2 }]
otherwise = 0.5
missing = -0.5

[[rule]]
name = "texts"
signal = "t"
table = { "1-10" = -5, "é \"q\"" = 5 }

[[exclude]]
name = "x"
when = { signal = "n", equals = -1 }
score = -100
"#;

#[test]
fn everything_that_can_be_written_is_valid_and_prints_as_the_same() {
    let set = RuleSet::parse("all.toml", EVERYTHING).unwrap_or_else(|error| panic!("{error}"));
    let printed = set.to_toml();
    let again = RuleSet::parse("all.toml", &printed).unwrap_or_else(|e| panic!("{e}\n{printed}"));
    assert_eq!(again, set, "{printed}");
    assert_eq!(again.to_toml(), printed);
    for text in [EVERYTHING, &printed] {
        let json = to_json(text);
        let errors = schema().iter_errors(&json);
        let errors: Vec<String> =
            errors.map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}
