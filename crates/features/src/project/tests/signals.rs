use super::*;
use crate::events::{Condition, Measure, Pattern, Selection, Test};
use crate::{Expr, Persona, Reader};

/// The expression of a signal.
fn expr(value: &str) -> Expr {
    let mut project = parsed(&format!("{START}[signals]\nx = {{ {value} }}\n"));
    assert_eq!(project.signals.len(), 1);
    project.signals.remove(0).expr
}

/// The mistakes of a signal that stands at line 8.
fn wrong(value: &str, expected: &[&str]) {
    refused(&format!("{START}[signals]\n{value}\n"), expected);
}

fn condition(property: &str, values: &[&str]) -> Condition {
    let values = values.iter().map(|&value| Pattern(value.into())).collect();
    Condition { property: property.into(), test: Test::OneOf(values) }
}

fn of(kinds: &[&str], conditions: Vec<Condition>) -> Selection {
    Selection { kinds: kinds.iter().map(|&kind| kind.into()).collect(), conditions }
}

fn events(of: Selection, window: Option<u16>, measure: Measure) -> Expr {
    Expr::Events { of, window: window.map(Span::days), measure }
}

#[test]
fn every_measure_of_events() {
    let view = || of(&["page_view"], vec![]);
    for (key, measure) in [
        ("count", Measure::Count),
        ("active_days", Measure::ActiveDays),
        ("days_since_first", Measure::DaysSinceFirst),
        ("days_since_last", Measure::DaysSinceLast),
        ("longest_gap", Measure::LongestGap),
        ("rate", Measure::RatePerDay),
        ("trend", Measure::Trend),
    ] {
        let read = expr(&format!("{key} = \"page_view\", window = \"30d\""));
        assert_eq!(read, events(view(), Some(30), measure));
    }
    let property = || "depth".to_owned();
    for (key, measure) in [
        ("distinct", Measure::Distinct { property: property() }),
        ("sum", Measure::Sum { property: property() }),
        ("mean", Measure::Mean { property: property() }),
        ("min", Measure::Min { property: property() }),
        ("max", Measure::Max { property: property() }),
        ("last", Measure::Last { property: property() }),
    ] {
        let read = expr(&format!("{key} = \"depth\", of = \"page_view\", window = \"all\""));
        assert_eq!(read, events(view(), None, measure));
    }
    let decayed = Measure::Decayed { half_life: Span::days(7) };
    assert_eq!(expr("decayed = \"page_view\", half_life = \"7d\""), events(view(), None, decayed));
    assert_eq!(expr("count = \"*\""), events(of(&[], vec![]), None, Measure::Count));
    let two = of(&["call", "meeting"], vec![]);
    assert_eq!(expr("count = [\"call\", \"meeting\"]"), events(two, None, Measure::Count));
}

#[test]
fn conditions_ratios_and_sequences() {
    let between =
        |from, below| Condition { property: "depth".into(), test: Test::Between { from, below } };
    let read = expr(
        "count = \"page_view\", where = { page = \"/pricing*\", email_type = [\"newsletter\", \
         \"promotional\"], depth = { at_least = 3, below = 10 }, level = 5, paid = true }",
    );
    let conditions = vec![
        condition("page", &["/pricing*"]),
        condition("email_type", &["newsletter", "promotional"]),
        between(Some(3.0), Some(10.0)),
        condition("level", &["5"]),
        condition("paid", &["true"]),
    ];
    assert_eq!(read, events(of(&["page_view"], conditions), None, Measure::Count));

    let promo = || vec![condition("email_type", &["promo"])];
    let read = expr(
        "ratio = \"clicked\", over = \"sent\", where = { email_type = \"promo\" }, window = \"90d\"",
    );
    let over = of(&["sent"], promo());
    assert_eq!(read, events(of(&["clicked"], promo()), Some(90), Measure::Ratio { over }));
    let read = expr(
        "ratio = \"call\", over = \"*\", where = { email_type = \"promo\" }, over_where = { depth = { below = 2.5 } }",
    );
    let over = of(&[], vec![between(None, Some(2.5))]);
    assert_eq!(read, events(of(&["call"], promo()), None, Measure::Ratio { over }));

    let read = expr(
        "first = \"a\", then = [\"b\", \"c\"], within = \"7d\", where = { email_type = \"promo\" }",
    );
    let then = Measure::Then { then: of(&["b", "c"], vec![]), within: Some(Span::days(7)) };
    assert_eq!(read, events(of(&["a"], promo()), None, then));
    let read = expr("first = \"a\", then = \"b\", then_where = { email_type = \"promo\" }");
    let then = Measure::Then { then: of(&["b"], promo()), within: None };
    assert_eq!(read, events(of(&["a"], vec![]), None, then));
}

#[test]
fn every_measure_of_attributes() {
    let c = || "c".to_owned();
    assert_eq!(expr("attribute = \"c\""), Expr::Attribute { column: c() });
    assert_eq!(expr("days_since = \"c\""), Expr::DaysSince { column: c() });
    for (key, reader) in [
        ("seniority", Reader::Seniority),
        ("function", Reader::Function),
        ("email_kind", Reader::EmailKind),
        ("company_size", Reader::CompanySize),
        ("junk", Reader::Junk),
        ("junk_score", Reader::JunkScore),
    ] {
        assert_eq!(expr(&format!("{key} = \"c\"")), Expr::Read { column: c(), reader });
    }
    let same = Expr::SameDomain { email: "email".into(), company: "website".into() };
    assert_eq!(expr("same_domain = \"email\", company = \"website\""), same);
    let valid = |country: Option<&str>, in_country: Option<&str>| Expr::PhoneValid {
        phone: "phone".into(),
        country: country.map(str::to_owned),
        in_country: in_country.map(str::to_owned),
    };
    assert_eq!(expr("phone_valid = \"phone\""), valid(None, None));
    let read = expr("phone_valid = \"phone\", country = \"country\"");
    assert_eq!(read, valid(Some("country"), None));
    let read = expr("phone_valid = \"phone\", in_country = \"ES\"");
    assert_eq!(read, valid(None, Some("ES")));
    let area = Expr::OneOf { column: c(), values: vec!["ES".into(), "28".into(), "yes".into()] };
    assert_eq!(expr("one_of = \"c\", values = [\"ES\", 28, true]"), area);
    let filled = Expr::Filled { columns: vec!["a".into(), "b".into()] };
    assert_eq!(expr("filled = [\"a\", \"b\"]"), filled);
    let read = expr(
        "persona = [{ name = \"buyer\", when = { seniority = [\"director\", \"vp\"], junk = false } }, \
         { name = \"user\", when = { visits = { at_least = 3 } } }]",
    );
    let visits = Test::Between { from: Some(3.0), below: None };
    let personas = vec![
        Persona {
            name: "buyer".into(),
            when: vec![condition("seniority", &["director", "vp"]), condition("junk", &["no"])],
        },
        Persona {
            name: "user".into(),
            when: vec![Condition { property: "visits".into(), test: visits }],
        },
    ];
    assert_eq!(read, Expr::Persona { personas });
    let table = parsed(&format!("{START}[signals.\"a b\"]\ncount = \"*\"\n"));
    assert_eq!(table.signals[0].name, "a b");
}

#[test]
fn measures_that_are_none_or_two() {
    wrong(
        "x = 3\n\"\" = { count = \"a\" }",
        &[
            "8:5: the signal \"x\" is a table, like { count = \"page_view\", window = \"30d\" }",
            "9:1: a signal needs a name",
        ],
    );
    wrong("x = {}", &["8:1: the signal \"x\" has no measure: one of count, active_days"]);
    wrong("x = { window = \"30d\" }", &["8:1: the signal \"x\" has no measure"]);
    wrong(
        "x = { window = \"30d\", coun = \"a\" }\ny = { seniorty = \"t\" }",
        &[
            "8:23: there is no measure \"coun\"; did you mean \"count\"?",
            "9:7: there is no measure \"seniorty\"; did you mean \"seniority\"?",
        ],
    );
    wrong(
        "x = { quantity = \"a\" }",
        &["8:7: there is no measure \"quantity\"; it is one of count,"],
    );
    wrong(
        "x = { sum = \"v\", count = \"a\", of = \"b\" }",
        &["8:18: the signal \"x\" has two measures, sum and count; give each a signal of its own"],
    );
    refused(&format!("signals = 3\n{START}"), &["1:11: signals is a table: [signals]"]);
}

#[test]
fn keys_that_are_missing_unknown_or_of_another_type() {
    wrong(
        "x = { count = \"a\", windw = \"30d\" }\ny = { attribute = \"a\", window = \"30d\" }",
        &[
            "8:20: a signal with count has no key \"windw\"; did you mean \"window\"?",
            "9:24: a signal with attribute has no key \"window\"; it takes attribute",
        ],
    );
    for (value, needs) in [
        ("sum = \"v\"", "a signal with sum needs of"),
        ("distinct = \"v\"", "a signal with distinct needs of"),
        ("trend = \"a\"", "a signal with trend needs window"),
        ("decayed = \"a\"", "a signal with decayed needs half_life"),
        ("ratio = \"a\"", "a signal with ratio needs over"),
        ("first = \"a\"", "a signal with first needs then"),
        ("same_domain = \"a\"", "a signal with same_domain needs company"),
        ("one_of = \"a\"", "a signal with one_of needs values"),
    ] {
        wrong(&format!("x = {{ {value} }}"), &[&format!("8:1: {needs}")]);
    }
    wrong(
        "x = { count = 3, where = 4, window = 5 }\ny = { trend = [], window = \"all\" }\nz = { count = [\"a\", \"*\"], window = \"x\" }",
        &[
            "8:15: count is a text or a list of texts",
            "8:26: where is a table of conditions",
            "8:38: window is a length of time",
            "9:15: trend is an empty list",
            "9:28: a trend compares a window with the one before it",
            "10:21: count: \"*\" is any kind, so it stands alone",
            "10:36: window: \"x\" is no length of time",
        ],
    );
    wrong(
        "a = { sum = [\"v\"], of = \"a\" }\nb = { decayed = \"a\", half_life = 7 }\nc = { first = \"a\", then = 1, within = 2 }\nd = { attribute = 1 }\ne = { filled = [] }\nf = { one_of = \"c\", values = [] }",
        &[
            "8:13: sum is a text, in quotes",
            "9:34: half_life is a length of time",
            "10:27: then is a text or a list",
            "10:39: within is a length of time",
            "11:19: attribute is a text, in quotes",
            "12:16: filled is an empty list",
            "13:30: values is an empty list",
        ],
    );
    wrong(
        "x = { count = \"a\", where = { a = {}, b = { above = 1 }, c = { at_least = 3, below = 3 }, d = [[1]], e = [], f = { at_least = \"3\" } } }",
        &[
            "8:34: the condition on \"a\" needs at_least or below",
            "8:42: the condition on \"b\" needs at_least or below",
            "8:44: the condition on \"b\" has no key \"above\"; it takes at_least, below",
            "8:61: the condition on \"c\": no number is at least 3 and below 3",
            "8:95: d takes texts in quotes, numbers, true or false",
            "8:105: e is an empty list",
            "8:126: at_least is a number, without quotes",
        ],
    );
}

#[test]
fn personas_that_cannot_be() {
    wrong(
        "x = { persona = [] }\ny = { persona = [3] }\nz = { persona = 1 }",
        &[
            "8:17: persona is a list of personas",
            "9:18: persona is a list of personas",
            "10:17: persona is a list of personas",
        ],
    );
    wrong(
        "x = { persona = [{ nme = \"a\" }, { name = \"other\", when = {} }] }",
        &[
            "8:18: a persona needs name",
            "8:18: a persona needs when",
            "8:20: a persona has no key \"nme\"; did you mean \"name\"?",
            "8:42: \"other\" is the persona of leads that are none of these",
            "8:58: when has no condition",
        ],
    );
    wrong(
        "a = { persona = [{ name = \"n\", when = { b = \"x\" } }] }\nb = { persona = [{ name = \"n\", when = { c = \"x\" } }] }",
        &["8:1: the persona \"a\" looks at \"b\", which is a persona itself"],
    );
}

#[test]
fn signals_that_the_rest_of_the_file_rules_out() {
    let leads = "[leads]\nfiles = \"l.csv\"\nid = \"lead_id\"\naccount = \"acc\"\n";
    let outcomes = "[outcomes]\nconverted = \"won_at\"\nclosed = \"lost_at\"\n";
    refused(
        &format!(
            "{leads}{outcomes}[signals]\na = {{ count = \"x\" }}\nb = {{ days_since = \"won_at\" }}\nc = {{ filled = [\"x\", \"lost_at\"] }}\nd = {{ attribute = \"lead_id\" }}\ne = {{ attribute = \"acc\" }}\nf = {{ same_domain = \"x\", company = \"acc\" }}"
        ),
        &[
            "9:1: the signal \"a\" is about events, and there is no [events]",
            "10:1: the signal \"b\" reads \"won_at\", which is the outcome",
            "11:1: the signal \"c\" reads \"lost_at\", which is the outcome",
            "12:1: the signal \"d\" is the column \"lead_id\", which is id",
            "13:1: the signal \"e\" is the column \"acc\", which is account",
        ],
    );
}
