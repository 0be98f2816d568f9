use super::*;
use crate::events::{Bursts, Condition, Pattern, Scanners, Test};

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|&name| name.to_owned()).collect()
}

fn time(text: &str) -> Time {
    Time::parse(text).unwrap()
}

#[test]
fn every_key_is_read() {
    let project = parsed(FULL);
    assert_eq!(project.observed_until, Some(time("2025-12-31")));
    let pair = |column: &str, value: &str| (column.to_owned(), value.to_owned());
    let leads = LeadSource {
        files: names(&["leads.csv", "more/*.csv"]),
        id: "lead_id".into(),
        account: Some("account".into()),
        created: Some("created_at".into()),
        same_person: names(&["email", "phone"]),
        categories: names(&["zip"]),
        drop: names(&["notes"]),
        keep: names(&["source id"]),
        missing: vec![
            pair("pdays", "999"),
            pair("pdays", "x"),
            pair("flag", "true"),
            pair("age", "-1.5"),
        ],
    };
    assert_eq!(project.leads, leads);
    let ids =
        IdMap { files: names(&["visitors.csv"]), id: "visitor_id".into(), lead: "lead_id".into() };
    assert_eq!(project.ids, [ids]);
    let web = EventColumns {
        lead: "visitor_id".into(),
        kind: "event".into(),
        at: "time".into(),
        known_at: Some("seen".into()),
        id: Some("event_id".into()),
    };
    let source = |file: &str, columns: EventColumns| EventSource { files: names(&[file]), columns };
    let events = [source("web.parquet", web), source("mail.parquet", EventColumns::default())];
    assert_eq!(project.events, events);
    let history = History {
        kind: "change".into(),
        attribute: "field".into(),
        value: "new".into(),
        attributes: names(&["employees", "industry"]),
    };
    assert_eq!(project.history, Some(history));
    let outcomes = OutcomeSource {
        files: names(&["outcomes.csv"]),
        lead: Some("lead".into()),
        converted: "converted_at".into(),
        won: vec![],
        closed: Some("closed_at".into()),
        lost: vec![],
    };
    assert_eq!(project.outcomes, Some(outcomes));
    let rule = SnapshotRule { at: SnapshotTimes::Age(Span::days(14)), horizon: Span::days(90) };
    assert_eq!(project.snapshots, Some(rule));
    let condition = |property: &str, test| Condition { property: property.into(), test };
    let one_of = |list: &[&str]| Test::OneOf(list.iter().map(|&p| Pattern(p.into())).collect());
    let filters = Filters {
        duplicates: false,
        before_created: true,
        future: Some(Span::seconds(600)),
        internal: vec![
            condition("ip", one_of(&["10.*", "192.168.*"])),
            condition("agent", one_of(&["bot"])),
            condition("hits", Test::Between { from: Some(100.0), below: None }),
        ],
        scanners: Some(Scanners {
            sent: names(&["sent"]),
            acts: names(&["opened"]),
            within: Span::seconds(9),
        }),
        bursts: Some(Bursts { events: 50, within: Span::seconds(60) }),
    };
    assert_eq!(project.filters, filters);
    let signals: Vec<&str> = project.signals.iter().map(|signal| signal.name.as_str()).collect();
    assert_eq!(signals, ["zeta", "alpha"], "in file order");
    assert_eq!(project.source(), "leadscore.toml");
}

#[test]
fn what_is_not_said_has_a_usual_value() {
    let project = parsed("[leads]\nfiles = \"l.csv\"\nid = \" lead \"\n");
    assert_eq!(project.leads.id, " lead ", "names of columns are taken as they stand");
    assert_eq!((project.filters, project.snapshots), (Filters::default(), None));
    assert!(project.events.is_empty() && project.signals.is_empty());
    let project =
        parsed(&format!("{START}[filters]\nscanners = true\nbursts = true\nfuture = true"));
    let scanners = Scanners {
        sent: names(&["email_sent"]),
        acts: names(&["email_opened", "email_clicked"]),
        within: Span::seconds(5),
    };
    assert_eq!(project.filters.scanners, Some(scanners.clone()));
    assert_eq!(project.filters.bursts, Some(Bursts { events: 20, within: Span::seconds(10) }));
    assert_eq!(project.filters.future, Some(Span::seconds(300)));
    assert!(project.filters.duplicates);
    let none =
        "[filters]\nscanners = false\nbursts = false\nfuture = false\nbefore_created = false";
    assert_eq!(parsed(&format!("{START}{none}")).filters, Filters::default());
    let some =
        "[filters]\nscanners = { }\nbursts = { seconds = 3 }\n[events.history]\nattributes = \"a\"";
    let project = parsed(&format!("{START}{some}"));
    assert_eq!(project.filters.scanners, Some(scanners));
    assert_eq!(project.filters.bursts, Some(Bursts { events: 20, within: Span::seconds(3) }));
    let history = project.history.unwrap();
    assert_eq!((&*history.kind, &*history.attribute, &*history.value), ("set", "attribute", "to"));
    let columns = "[outcomes]\nconverted = \"won_at\"\n";
    let outcomes = parsed(&format!("{START}{columns}")).outcomes.unwrap();
    assert!(outcomes.files.is_empty() && outcomes.lead.is_none() && outcomes.closed.is_none());
}

#[test]
fn moments_of_snapshots() {
    let read = |at: &str| {
        let text =
            format!("observed_until = 2025-12-31\n{START}[snapshots]\nhorizon = \"1w\"\n{at}");
        parsed(&text).snapshots.unwrap().at
    };
    for age in ["at = \"created + 14d\"", "at = \"created+2w\"", "at = 'created_at +  336h'"] {
        assert_eq!(read(age), SnapshotTimes::Age(Span::days(14)), "{age}");
    }
    assert_eq!(read("every = \"30d\""), SnapshotTimes::Every(Span::days(30)));
    let dates = SnapshotTimes::Dates(vec![time("2024-06-01"), time("2024-09-01T12:00:00Z")]);
    for list in [
        "at = [\"2024-06-01\", \"2024-09-01T12:00:00Z\"]",
        "at = [2024-09-01T12:00:00Z, 2024-06-01]",
        "at = [2024-06-01, 2024-09-01 12:00:00]",
    ] {
        assert_eq!(read(list), dates, "{list}");
    }
    for date in ["at = 2024-06-01", "at = \"2024-06-01\"", "at = [2024-06-01T00:00:00Z]"] {
        assert_eq!(read(date), SnapshotTimes::Dates(vec![time("2024-06-01")]), "{date}");
    }
}

#[test]
fn a_snapshot_counted_from_the_outcome_is_refused_with_the_reason() {
    let start = format!("observed_until = 2025-12-31\n{START}[outcomes]\nconverted = \"abc\"\n");
    for value in [
        "at = \"converted - 7d\"",
        "at = \"closed_at - 1d\"",
        "at = \"converted_at\"",
        "at = \"converted + 1d\"",
        "at = \"the win\"",
        "at = \"abc - 1d\"",
        "every = \"conversion\"",
    ] {
        let found = mistakes(&format!("{start}[snapshots]\nhorizon = \"90d\"\n{value}\n"));
        assert_eq!(found.len(), 1, "{found:?}");
        let key = &value[..value.find(' ').unwrap()];
        assert!(found[0].starts_with(&format!("12:{}: {key} = ", key.len() + 4)), "{found:?}");
        let reason =
            "nobody knows when a lead will convert, so such a model would learn the future";
        assert!(found[0].contains(reason) && found[0].contains("or dates"), "{found:?}");
    }
    let list = format!("{start}[snapshots]\nhorizon = \"90d\"\nat = [2024-01-01, \"closed\"]\n");
    refused(&list, &["12:19: at = \"closed\" is counted from the outcome"]);
}

#[test]
fn mistakes_of_snapshots() {
    let leads = "[leads]\nfiles = \"l.csv\"\nid = \"lead_id\"\n";
    refused(
        &format!("{leads}[snapshots]\nat = \"created + 14d\"\n"),
        &[
            "4:1: snapshots need observed_until, at the top of the file",
            "4:1: [snapshots] needs horizon, how long a conversion still counts: \"90d\"",
            "5:6: such snapshots count from when a lead came to be: say which column that is",
        ],
    );
    let with = |lines: &str, expected: &[&str]| {
        let text = format!("observed_until = 2025-12-31\n{START}[snapshots]\n{lines}\n");
        refused(&text, expected);
    };
    with(
        "horizon = 90",
        &[
            "8:1: [snapshots] needs at = \"created + 14d\"",
            "9:11: horizon is a length of time, in quotes",
        ],
    );
    let h = "horizon = \"90d\"\n";
    with(
        &format!("{h}at = \"created + 1d\"\nevery = \"1d\""),
        &["11:9: [snapshots] takes at or every"],
    );
    with(&format!("{h}at = \"created - 7d\""), &["10:6: at = \"created - 7d\" is neither an age"]);
    with(&format!("{h}at = \"created\""), &["10:6: at = \"created\" is neither an age"]);
    with(&format!("{h}at = \"created + soon\""), &["10:6: at: \"soon\" is no length of time"]);
    with(&format!("{h}at = []"), &["10:6: at is an empty list"]);
    with(&format!("{h}at = 3"), &["10:6: at is a time"]);
    with(
        &format!("{h}at = [3, \"x\", 2024-01-01, \"2024-01-01\"]"),
        &[
            "10:7: an item of at is a time",
            "10:10: an item of at: \"x\" is not a time",
            "10:27: the snapshot at 2024-01-01T00:00:00Z is listed twice",
        ],
    );
    with(
        &format!("{h}at = [2026-01-01]"),
        &["10:6: the snapshot at 2026-01-01T00:00:00Z is not before observed_until"],
    );
    with(&format!("{h}every = \"30\""), &["10:9: every: \"30\" is no length of time"]);
    with(
        &format!("{h}evry = \"30d\""),
        &[
            "8:1: [snapshots] needs at",
            "10:1: [snapshots] has no key \"evry\"; did you mean \"every\"?",
        ],
    );
}

#[test]
fn mistakes_of_leads_ids_and_outcomes() {
    refused("", &["1:1: a project needs [leads] with files and id"]);
    refused(
        "leads = 1\nlead = 2",
        &[
            "1:9: leads is a table: [leads]",
            "2:1: a project has no key \"lead\"; did you mean \"leads\"?",
        ],
    );
    refused("[leads]\n", &["1:1: [leads] needs files", "1:1: [leads] needs id"]);
    refused(
        "observed_until = \"soon\"\n[leads]\nfiles = []\nid = \"\"\nacount = \"a\"\ndrop = 3\nkeep = [\"a\", 1, \"a\"]\nmissing = 3",
        &[
            "1:18: observed_until: \"soon\" is not a time",
            "3:9: files is an empty list",
            "4:6: id is empty",
            "5:1: [leads] has no key \"acount\"; did you mean \"account\"?",
            "6:8: drop is a text or a list of texts",
            "7:14: an item of keep is a text",
            "7:17: keep names \"a\" twice",
            "8:11: missing is a table of columns",
        ],
    );
    refused(
        "[leads]\nfiles = [\"a.csv\", \"./a.csv\"]\nid = \"a\"\naccount = \"a\"\ncreated = \"c\"\nsame_person = \"a\"\ndrop = [\"c\", \"z\"]\nkeep = \"z\"\ncategories = \"z\"\nmissing = { x = [], y = {} }\n",
        &[
            "2:19: the file \"./a.csv\" is listed twice",
            "4:11: the column \"a\" is id already; it cannot be account too",
            "6:15: the column \"a\" is id, so it cannot stand in same_person",
            "7:8: the column \"c\" is created, so it cannot stand in drop",
            "8:8: the column \"z\" is both in drop and in keep",
            "9:14: the column \"z\" is both in drop and in categories",
            "10:17: x is an empty list",
            "10:25: y takes texts in quotes, numbers, true or false",
        ],
    );
    let leads = "[leads]\nfiles = \"l.csv\"\nid = \"i\"\ndrop = \"w\"\n";
    refused(
        &format!(
            "{leads}[[ids]]\nfiles = \"v.csv\"\nid = \"v\"\n[[ids]]\nfiles = \"v.csv\"\nid = \"v\"\nlead = \"v\"\n"
        ),
        &[
            "5:1: [[ids]] needs lead",
            "9:9: the file \"v.csv\" is listed twice",
            "11:8: the column \"v\" is id already; it cannot be lead too",
        ],
    );
    refused(&format!("ids = []\n{leads}"), &["1:7: ids is a table: [ids], or [[ids]]"]);
    refused(&format!("ids = [1]\n{leads}"), &["1:8: ids is a table: [ids], or [[ids]]"]);
    refused(
        &format!("{leads}[outcomes]\nfiles = \"./l.csv\"\n"),
        &[
            "5:1: [outcomes] needs lead",
            "5:1: [outcomes] needs converted",
            "6:9: \"./l.csv\" is the file of the leads",
        ],
    );
    refused(
        &format!("{leads}[outcomes]\nlead = \"x\"\nconverted = \"i\"\nclosed = \"w\"\n"),
        &[
            "4:8: the column \"w\" is an outcome; take it out of drop",
            "6:8: without files the outcomes are columns of the leads",
            "7:13: the column \"i\" is id already; it cannot be converted too",
        ],
    );
    refused(
        &format!(
            "{leads}[outcomes]\nfiles = \"o.csv\"\nlead = \"l\"\nconverted = \"c\"\nclosed = \"c\""
        ),
        &["9:10: the column \"c\" is converted already; it cannot be closed too"],
    );
}

#[test]
fn mistakes_of_events_and_filters() {
    let leads = "[leads]\nfiles = \"l.csv\"\nid = \"i\"\n";
    refused(&format!("{leads}[filters]\n"), &["4:1: [filters] are about events: add [events]"]);
    refused(
        &format!("{leads}[[events]]\nlead = \"a\"\nkind = \"a\"\nwhen = 1\n"),
        &[
            "4:1: [events] needs files",
            "6:8: the column \"a\" is lead already; it cannot be kind too",
            "7:1: [events] has no key \"when\"",
        ],
    );
    refused(
        &format!(
            "{leads}[[events]]\nfiles = \"a\"\nid = \"at\"\nhistory = {{ attributes = [] }}\n[[events]]\nfiles = \"a\"\nhistory = {{ value = \"attribute\" }}"
        ),
        &[
            "6:6: the column \"at\" is at already; it cannot be id too",
            "7:26: attributes is an empty list",
            "9:9: the file \"a\" is listed twice",
            "10:11: history is told once",
            "10:11: \"attribute\" cannot be both the attribute and its value",
            "10:11: [events.history] needs attributes",
        ],
    );
    let with =
        |lines: &str, expected: &[&str]| refused(&format!("{START}[filters]\n{lines}"), expected);
    with(
        "duplicate = true\nduplicates = 1\nbefore_created = \"yes\"\nfuture = 10\n",
        &[
            "8:1: [filters] has no key \"duplicate\"; did you mean \"duplicates\"?",
            "9:14: duplicates is true or false",
            "10:18: before_created is true or false",
            "11:10: future is true, false or a length of time",
        ],
    );
    with(
        "future = \"x\"\ninternal = true\nscanners = 5\nbursts = \"x\"",
        &[
            "8:10: future: \"x\" is no length of time",
            "9:12: internal is a table of conditions",
            "10:12: scanners is true, false or {",
            "11:10: bursts is true, false or {",
        ],
    );
    with(
        "internal = {}\nscanners = { second = 1, seconds = 0, sent = \"*\", acts = [] }\nbursts = { events = 1, seconds = 1.5 }",
        &[
            "8:12: internal has no condition",
            "9:14: scanners has no key \"second\"; did you mean \"seconds\"?",
            "9:36: seconds is a whole number from 1",
            "9:46: sent names kinds: any kind would take out everything",
            "9:58: acts is an empty list",
            "10:21: events is a whole number from 2",
            "10:34: seconds is a whole number from 1",
        ],
    );
}

#[test]
fn a_project_is_checked_against_what_the_files_have() {
    let project = parsed(&FULL.replace(
        "alpha = {",
        "beta = { persona = [{ name = \"x\", when = { zta = \"1\", zip = \"2\" } }] }\nalpha = {",
    ));
    let leads = names(&[
        "lead_id",
        "account",
        "created_at",
        "email",
        "phone",
        "zip",
        "notes",
        "source id",
        "pdays",
        "flag",
        "age",
        "employees",
        "industry",
        "job_titel",
    ]);
    let events = names(&[
        "visitor_id",
        "event",
        "time",
        "seen",
        "event_id",
        "lead_id",
        "kind",
        "at",
        "ip",
        "agent",
        "field",
        "new",
        "page",
    ]);
    assert_eq!(
        shown(project.unknown_names(Some(&leads), Some(known(&events)))),
        "leadscore.toml:49:57: the events have no property \"hits\"\n\
         leadscore.toml:55:44: there is no signal \"zta\"; did you mean \"zeta\"?\n\
         leadscore.toml:56:23: the leads have no column \"job_title\"; did you mean \"job_titel\"?"
    );
    let project = parsed(
        &FULL.replace("page = ", "time = ").replace("alpha = { seniority = \"job_title\" }", ""),
    );
    let mut events = events;
    events.push("hits".into());
    events.retain(|name| name != "kind");
    assert_eq!(project.unknown_names(Some(&leads), Some(known(&events))), []);
    let error = shown(project.unknown_event_columns(1, &events));
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines, ["leadscore.toml:27:1: the events have no column \"kind\""]);
    let error = shown(project.roles_as_properties(&HashSet::new()));
    assert!(
        error
            .starts_with("leadscore.toml:54:41: \"time\" is no property: [events] gives it a role"),
        "{error}"
    );
    assert_eq!(project.roles_as_properties(&["time".to_owned()].into()), []);

    // Where files could not be read, a property is missed that looks like one of the others.
    let part = |columns| Some(EventNames { whole: false, ..known(columns) });
    let events = names(&["other"]);
    assert_eq!(project.unknown_names(Some(&leads), part(&events)), []);
    let events = names(&["agents"]);
    let error = shown(project.unknown_names(Some(&leads), part(&events)));
    let says = "the events that could be read have no property \"agent\"; did you mean \"agents\"?";
    assert_eq!(error, format!("leadscore.toml:49:42: {says}"));

    // Names of columns that are not known are not looked at.
    assert_eq!(project.unknown_names(Some(&leads), None), []);

    let columns = names(&["lead", "converted_at", "closed_at"]);
    assert_eq!(project.unknown_outcome_columns(&columns), []);
    let columns = names(&["lead", "converted_on", "closed_at"]);
    assert_eq!(
        shown(project.unknown_outcome_columns(&columns)),
        "leadscore.toml:38:13: the outcomes have no column \"converted_at\"; did you mean \"converted_on\"?"
    );
    let error = shown(project.unknown_id_columns(0, &names(&["visitor_id"])));
    assert_eq!(error, "leadscore.toml:17:8: the ids have no column \"lead_id\"");
    assert_eq!(
        project.unmet_kinds(&names(&["change", "sent", "page_views"])),
        [
            "leadscore.toml:50:50: no event is of the kind \"opened\"",
            "leadscore.toml:54:18: no event is of the kind \"page_view\"; did you mean \"page_views\"?",
        ]
    );
}

/// The columns of events that could all be read.
fn known(columns: &[String]) -> EventNames<'_> {
    EventNames { columns, nested: &[], whole: true }
}

#[test]
fn places_of_names_are_kept() {
    let project = parsed(FULL);
    let at = |line, column| Position { line, column };
    assert_eq!(project.position_of_signal("alpha"), at(55, 1));
    assert_eq!(project.position_of_signal("nothing"), at(1, 1));
    assert_eq!(project.position_of_lead_column("email"), Some(at(8, 16)));
    assert_eq!(project.position_of_event_column("seen"), Some(at(24, 12)));
    assert_eq!(project.position_of_event_column("page"), Some(at(54, 41)));
    assert_eq!(project.position_of_path("more/*.csv"), Some(at(4, 23)));
    assert_eq!(project.position_of_path("none.csv"), None);
    let error = shown(vec![Mistake::at(at(4, 23), "there is no such file")]);
    assert_eq!(error, "leadscore.toml:4:23: there is no such file");
}

/// Mistakes as they are told.
fn shown(mistakes: Vec<Mistake>) -> String {
    DocumentError::unless_empty("leadscore.toml", mistakes).unwrap_err().to_string()
}
