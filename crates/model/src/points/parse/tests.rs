use super::*;

/// Every mistake that a file can have, with its place and its words.
#[test]
fn mistakes_are_found_at_once() {
    let text = "name = \"\"\nversion = 1\nhand_off = 900\ncolour = 1\nmissing = { a = [[]] }\n\
                [bands]\nwarm = 5\nhot = 2\n\
                [[rule]]\nname = \"a\"\npoints = \"ten\"\nwhen = { signal = \"v\", at_least = 3 }\n\
                [[rule]]\nname = \"a\"\npoints = nan\nwhn = { signal = \"v\" }\n\
                [[rule]]\nname = \"é\"\npoints = 1e99\nwhen = { all = [{ any = [] }, { not = 3 }, { signal = \"v\" }, { all = 1 }] }\n\
                [[rule]]\nname = \"b\"\npoints = 10\nwhen = { signal = \"v\", at_least = 3, below = 2, missing = 1, contains = 2, in = [] }\n";
    let error = rule_set("r.toml", text).unwrap_err().to_string();
    let expected = [
        "r.toml:1:8: name is empty",
        "r.toml:2:11: version is a text, in quotes",
        "r.toml:4:1: a rule set has no key \"colour\"; it takes name, version, description, hand_off, missing, signals, scale, bands, band, grade, stages, funnel, group, score, rule, exclude",
        "r.toml:5:18: a value is a text in quotes, a number, true or false",
        "r.toml:6:1: hot (2) must be above warm (5), or no lead is warm",
        "r.toml:11:10: points is a number, without quotes",
        "r.toml:13:1: a rule needs when",
        "r.toml:15:10: points is not a finite number",
        "r.toml:16:1: a rule has no key \"whn\"; did you mean \"when\"?",
        "r.toml:19:10: points is beyond 1000000000",
        "r.toml:20:25: any is empty",
        "r.toml:20:39: a condition is a table, like { signal = \"industry\", equals = \"IT\" }",
        "r.toml:20:44: a condition needs a test: equals, in, at_least, above, at_most, below, contains, glob or missing",
        "r.toml:20:70: all is a list of conditions: [...]",
        "r.toml:24:35: no number lies between these bounds",
        "r.toml:24:59: missing is true or false",
        "r.toml:24:73: contains is a text, in quotes",
        "r.toml:24:81: in is a list of values: [\"a\", \"b\"]",
    ];
    assert_eq!(error.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_rule_set_is_not_empty() {
    let error = rule_set("r.toml", "bands = 1\nrule = 2").unwrap_err().to_string();
    let expected = [
        "r.toml:1:1: a rule set needs name",
        "r.toml:1:1: a rule set needs version",
        "r.toml:1:9: bands is a table: [bands]",
        "r.toml:2:8: rules are written as [[rule]]",
    ];
    assert_eq!(error.lines().collect::<Vec<_>>(), expected);
}
