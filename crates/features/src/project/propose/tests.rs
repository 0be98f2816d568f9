mod exports;

use proptest::prelude::*;

use super::*;
use crate::Kind;
use crate::project::{EventNames, Project, SnapshotTimes};
use crate::{Commas, DateFormat, Expr, NumberFormat};

const DATE: Kind = Kind::Date { format: DateFormat::Iso };

fn looked(name: &str, kind: Kind, samples: &[&str]) -> LookedColumn {
    let found = Inference {
        kind,
        filled: 100,
        distinct: None,
        stand_ins: vec![],
        suspect: None,
        why: None,
        misfit: None,
    };
    let samples = samples.iter().map(|&sample| sample.to_owned()).collect();
    LookedColumn { name: name.to_owned(), found, samples, first: 0 }
}

/// The columns of events that could all be read.
fn known(columns: &[String]) -> EventNames<'_> {
    EventNames { columns, nested: &[], whole: true }
}

fn names(columns: &[LookedColumn]) -> Vec<String> {
    columns.iter().map(|column| column.name.clone()).collect()
}

fn project(looked: &Looked) -> (String, Project) {
    let text = propose(looked);
    match Project::parse("leadscore.toml", &text) {
        Ok(project) => (text, project),
        Err(error) => panic!("{error}\n{text}"),
    }
}

/// The usual log and its leads.
fn usual() -> Looked {
    let mut pdays = looked("pdays", Kind::NUMBER, &["999", "3"]);
    pdays.found.suspect = Some((999.0, 0.96));
    let kinds = [
        ("page_view", 900),
        ("email_sent", 300),
        ("email_opened", 200),
        ("email_clicked", 100),
        ("purchase", 5),
        ("set", 40),
    ];
    Looked {
        files: vec!["leads.csv".into()],
        columns: vec![
            looked("lead_id", Kind::Identifier, &["L1"]),
            looked("account", Kind::Category, &["A1"]),
            looked("created_at", DATE, &["2024-01-01"]),
            looked("converted_at", DATE, &["2024-02-01"]),
            looked("closed_at", DATE, &["2024-02-01"]),
            looked("converted", Kind::YesNo, &["yes"]),
            looked("email", Kind::Identifier, &["a@example.com"]),
            looked("phone", Kind::Identifier, &["+34 600 000 000"]),
            looked("full_name", Kind::Identifier, &["Ada"]),
            looked("country", Kind::Category, &["ES"]),
            looked("job_title", Kind::Category, &["CTO"]),
            looked("employees", Kind::NUMBER, &["10"]),
            looked("website", Kind::Identifier, &["example.com"]),
            looked("zip", Kind::NUMBER, &["28001"]),
            looked("stage", Kind::Category, &["new"]),
            pdays,
        ],
        latest: Some(Time::parse("2025-06-01").unwrap()),
        earliest: None,
        events: Some(LookedEvents {
            files: vec!["events.parquet".into()],
            columns: vec![
                looked("lead_id", Kind::Category, &["L1"]),
                looked("kind", Kind::Category, &["page_view"]),
                looked("at", DATE, &["2024-01-01"]),
                looked("known_at", DATE, &["2024-01-01"]),
                looked("event_id", Kind::Identifier, &["e1"]),
                looked("page", Kind::Category, &["/", "/Pricing", "/es/precios"]),
                looked("email_type", Kind::Category, &["newsletter", "promo*"]),
                looked("value", Kind::NUMBER, &["10"]),
                looked("ip", Kind::Category, &["10.0.0.1", "8.8.8.8"]),
                looked("attribute", Kind::Category, &["employees", "nothing"]),
                looked("to", Kind::Category, &["50"]),
            ],
            kinds: kinds.map(|(kind, count)| (kind.to_owned(), count)).to_vec(),
            range: Some((Time::parse("2024-01-01").unwrap(), Time::parse("2025-12-31").unwrap())),
            latest: Some(Time::parse("2025-12-31").unwrap()),
            ids_repeat: true,
            of_leads: None,
        }),
    }
}

#[test]
fn events_of_days_may_be_of_the_day_of_creation() {
    let mut looked = usual();
    let created = looked.columns.iter_mut().find(|column| column.name == "created_at").unwrap();
    created.samples = vec!["2024-01-01T10:00:00Z".to_owned()];
    let (text, found) = project(&looked);
    assert!(!found.filters.before_created, "{text}");
    assert!(text.contains("would take all events of the day on which a lead came to be"), "{text}");
    let events = &mut looked.events.as_mut().unwrap().columns;
    let at = events.iter_mut().find(|column| column.name == "at").unwrap();
    at.samples = vec!["2024-01-01T10:00:00Z".to_owned()];
    assert!(project(&looked).1.filters.before_created);
}

#[test]
fn the_usual_files_give_a_whole_project() {
    let looked = usual();
    let (text, project) = project(&looked);
    assert_eq!(text.matches("NOT FOUND").count(), 1, "the header alone: {text}");
    let patterns = "where = { page = [\"*Pricing*\", \"*precio*\"] }";
    assert!(text.contains(patterns), "as they are written in the data: {text}");
    assert_eq!(project.observed_until, Some(Time::parse("2025-12-31").unwrap()));
    let leads = &project.leads;
    assert_eq!((&*leads.id, leads.account.as_deref()), ("lead_id", Some("account")));
    assert_eq!(leads.created.as_deref(), Some("created_at"));
    assert_eq!(
        (&*leads.same_person, &*leads.categories),
        (&["email".to_owned()][..], &["zip".to_owned()][..])
    );
    assert_eq!(leads.drop, ["converted", "email", "phone", "full_name"]);
    let outcomes = project.outcomes.as_ref().unwrap();
    assert_eq!(
        (&*outcomes.converted, outcomes.closed.as_deref()),
        ("converted_at", Some("closed_at"))
    );
    let snapshots = project.snapshots.as_ref().unwrap();
    assert_eq!(snapshots.at, SnapshotTimes::Age(crate::events::Span::days(14)));
    let columns = &project.events[0].columns;
    assert_eq!(
        (columns.known_at.as_deref(), columns.id.as_deref()),
        (Some("known_at"), Some("event_id"))
    );
    assert_eq!(project.history.as_ref().unwrap().attributes, ["employees"]);
    let filters = &project.filters;
    assert!(filters.duplicates && filters.before_created && filters.future.is_some());
    assert!(filters.bursts.is_some());
    assert_eq!(filters.scanners.as_ref().unwrap().acts, ["email_opened", "email_clicked"]);
    assert_eq!(filters.internal[0].property, "ip");
    for name in [
        "seniority",
        "function",
        "email_kind",
        "email_of_company",
        "phone_valid",
        "company_size",
        "junk_name",
        "days_since_last_event",
        "active_days_30d",
        "activity_decayed",
        "activity_trend_30d",
        "page_view_7d",
        "page_view_30d",
        "page_view_90d",
        "pages_30d",
        "pricing_visits_30d",
        "email_click_rate_90d",
        "email_clicked_newsletter_90d",
        "purchase_value",
    ] {
        assert!(project.signals.iter().any(|signal| signal.name == name), "{name}\n{text}");
    }
    assert!(!project.signals.iter().any(|signal| signal.name.starts_with("set_")));
    for comment in
        ["\"pdays\" is 999 in 96 % of the rows", "missing = { pdays = 999 }", "[\"stage\"]"]
    {
        assert!(text.contains(comment), "{text}");
    }
    let events = looked.events.as_ref().unwrap();
    let (leads, of_events) = (names(&looked.columns), names(&events.columns));
    assert_eq!(project.unknown_names(Some(&leads), Some(known(&of_events))), []);
    let kinds: Vec<String> = events.kinds.iter().map(|(kind, _)| kind.clone()).collect();
    assert_eq!(project.unmet_kinds(&kinds), Vec::<String>::new());
}

#[test]
fn spanish_names_are_known() {
    let columns = vec![
        looked("ID Cliente", Kind::Identifier, &["1"]),
        looked("Fecha de creación", DATE, &["2024-01-01"]),
        looked("fechaConversion", DATE, &["2024-01-01"]),
        looked("Fecha cierre", DATE, &["2024-01-01"]),
        looked("Correo electrónico", Kind::Identifier, &["a@b.es"]),
        looked("Teléfono", Kind::Identifier, &["600"]),
        looked("Cargo", Kind::Category, &["Jefe"]),
        looked("Nº de empleados", Kind::NUMBER, &["5"]),
        looked("Empresa", Kind::Category, &["Acme"]),
    ];
    let events = LookedEvents {
        columns: vec![
            looked("cliente_id", Kind::Category, &["1"]),
            looked("Tipo de evento", Kind::Category, &["visita"]),
            looked("Fecha y hora", DATE, &["2024-01-01"]),
            looked("id", Kind::Identifier, &["1"]),
            looked("Página", Kind::Category, &["/tarifas"]),
        ],
        kinds: vec![("Visita".into(), 3), ("Pedido".into(), 1)],
        ..LookedEvents::default()
    };
    let looked = Looked { columns, events: Some(events), ..Looked::default() };
    let (text, project) = project(&looked);
    assert_eq!(project.leads.id, "ID Cliente");
    assert_eq!(project.leads.created.as_deref(), Some("Fecha de creación"));
    assert_eq!(project.leads.account.as_deref(), Some("Empresa"));
    assert_eq!(project.outcomes.as_ref().unwrap().converted, "fechaConversion");
    let columns = &project.events[0].columns;
    assert_eq!((&*columns.lead, &*columns.kind), ("cliente_id", "Tipo de evento"));
    assert_eq!((&*columns.at, columns.id.as_deref()), ("Fecha y hora", Some("id")));
    for name in ["seniority", "email_kind", "email_of_company", "visita_30d", "pricing_visits_30d"]
    {
        assert!(project.signals.iter().any(|signal| signal.name == name), "{name}\n{text}");
    }
    assert!(project.snapshots.is_none() && text.contains("# observed_until ="), "{text}");
}

#[test]
fn what_was_not_found_is_said() {
    let (text, project) = project(&Looked::default());
    assert_eq!(project.leads.id, "lead_id");
    assert!(text.matches("NOT FOUND").count() >= 5, "{text}");
    let flat = Looked {
        columns: vec![
            looked("customer_email", Kind::Identifier, &["a@b.es"]),
            looked("won", Kind::YesNo, &["yes"]),
        ],
        events: Some(LookedEvents::default()),
        ..Looked::default()
    };
    let text = propose(&flat);
    assert!(text.contains("\"won\" says whether, not when"), "{text}");
    let project = Project::parse("p", &text).unwrap();
    assert_eq!(
        (&*project.leads.id, &*project.leads.drop),
        ("customer_email", &["won".to_owned()][..])
    );
    assert_eq!(project.events[0].columns, EventColumns::default());
}

#[test]
fn dates_of_winning_go_by_many_names() {
    let converted = |name: &str| {
        let columns = vec![
            looked("id", Kind::Identifier, &["1"]),
            looked("created", DATE, &["2024-01-01"]),
            looked(name, DATE, &["2024-02-01"]),
        ];
        let text = propose(&Looked { columns, ..Looked::default() });
        let project = Project::parse("p", &text).unwrap();
        (project.outcomes.map(|outcomes| outcomes.converted), text)
    };
    for name in [
        "Became a Customer Date",
        "hs_lifecyclestage_customer_date",
        "signed_at",
        "first_purchase",
        "first_purchase_date",
        "Contract Signed",
    ] {
        assert_eq!(converted(name).0.as_deref(), Some(name));
    }
    for name in ["nda_signed_at", "Close Date", "Last Activity"] {
        let (found, text) = converted(name);
        assert_eq!(found, None, "{name}");
        let said = format!("# Columns of dates that could be it: [\"{name}\"].");
        assert!(text.contains(&said), "{text}");
    }
    assert!(
        converted("Close Date")
            .1
            .contains("\"Close Date\" may be when deals were closed, won or lost")
    );
}

#[test]
fn a_horizon_fits_the_time_that_the_files_tell_of() {
    for (earliest, at, horizon) in [
        ("2024-01-01", "14d", "90d"),
        ("2024-12-01", "14d", "60d"),
        ("2025-02-15", "14d", "30d"),
        ("2025-04-15", "7d", "14d"),
        ("2025-05-10", "3d", "7d"),
        ("2025-05-31", "3d", "7d"),
    ] {
        let earliest = Some(Time::parse(earliest).unwrap());
        let looked = Looked { earliest, events: None, ..usual() };
        let (text, project) = project(&looked);
        let rule = project.snapshots.unwrap();
        assert_eq!(rule.horizon.to_string(), horizon, "{text}");
        assert!(text.contains(&format!("at = \"created + {at}\"")), "{text}");
    }
}

#[test]
fn a_signal_never_takes_the_name_of_a_column() {
    let columns = vec![
        looked("lead_id", Kind::Identifier, &[]),
        looked("job_title", Kind::Category, &[]),
        looked("seniority", Kind::Category, &[]),
    ];
    let (_, project) = project(&Looked { columns, ..Looked::default() });
    let found: Vec<&str> = project.signals.iter().map(|signal| signal.name.as_str()).collect();
    assert_eq!(found, ["job_title_seniority", "function"]);
    assert!(matches!(project.signals[0].expr, Expr::Read { .. }));
}

#[test]
fn names_are_made_plain() {
    for (name, expected) in [
        ("createdAt", "created_at"),
        ("  Lead ID ", "lead_id"),
        ("Año (creación)", "ano_creacion"),
        ("created_at_utc", "created_at"),
        ("__", ""),
    ] {
        assert_eq!(guess::plain(name), expected);
    }
}

/// Names that occur, odd ones, and odd ones around those that occur.
fn name() -> impl Strategy<Value = String> {
    let known = [
        "lead_id",
        "id",
        "account",
        "company",
        "created_at",
        "converted_at",
        "converted",
        "closed_at",
        "email",
        "phone",
        "job_title",
        "employees",
        "name",
        "country",
        "zip",
        "stage",
        "kind",
        "at",
        "known_at",
        "event_id",
        "page",
        "email_type",
        "value",
        "ip",
        "attribute",
        "to",
        "type",
        "set",
        "page_view",
        "email_sent",
        "email_opened",
        "purchase",
        "*",
        "\"quoted\"",
        "a\nb",
        "a\\b",
        "#c",
        "'",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "ñ=1",
        "[x]",
        "a.b",
        " ",
        "",
    ];
    prop_oneof![
        4 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
        1 => any::<String>(),
        1 => "[ _A-Z]{0,3}(lead_id|createdAt|email|Converted At)[ \t_\"]{0,3}",
    ]
}

fn any_column() -> impl Strategy<Value = LookedColumn> {
    let kinds = vec![
        Kind::NUMBER,
        Kind::Number {
            format: NumberFormat { commas: Commas::Decimal, unit: None, amounts: false },
        },
        Kind::YesNo,
        Kind::Category,
        DATE,
        Kind::Identifier,
        Kind::Constant,
    ];
    let suspect = proptest::option::of((any::<f64>(), 0.0..1.0));
    let distinct = proptest::option::of(0..100_usize);
    let samples = proptest::collection::vec(name(), 0..4);
    (name(), proptest::sample::select(kinds), samples, suspect, distinct).prop_map(
        |(name, kind, samples, suspect, distinct)| {
            let mut column = looked(&name, kind, &[]);
            column.samples = samples;
            column.found.suspect = suspect;
            column.found.distinct = distinct;
            column
        },
    )
}

fn any_columns() -> impl Strategy<Value = Vec<LookedColumn>> {
    proptest::collection::vec(any_column(), 0..14)
}

fn any_events() -> impl Strategy<Value = LookedEvents> {
    let kinds = proptest::collection::vec((name(), any::<u64>()), 0..20);
    let files = proptest::collection::vec(name(), 0..3);
    let range = proptest::option::of((any::<i64>(), any::<i64>()));
    (files, any_columns(), kinds, range, any::<bool>()).prop_map(
        |(files, columns, kinds, range, ids_repeat)| {
            let range = range.map(|(a, b)| (Time::from_micros(a), Time::from_micros(b)));
            let latest = range.map(|(_, latest)| latest);
            LookedEvents { files, columns, kinds, range, latest, ids_repeat, of_leads: None }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Whatever the names: what is written can be read, and names nothing that is not there but
    /// what it says it did not find.
    #[test]
    fn what_is_proposed_can_be_read(
        files in proptest::collection::vec(name(), 0..3),
        columns in any_columns(),
        latest in proptest::option::of(prop_oneof![any::<i64>(), 0..2_000_000_000_000_000_i64]),
        events in proptest::option::of(any_events()),
    ) {
        let looked = Looked { files, columns, latest: latest.map(Time::from_micros), earliest: None, events };
        let text = propose(&looked);
        let project = Project::parse("p.toml", &text);
        let project = project.map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        let mut leads = names(&looked.columns);
        leads.push("lead_id".into());
        let mut of_events = looked.events.as_ref().map_or_else(Vec::new, |e| names(&e.columns));
        of_events.extend(["lead_id", "kind", "at"].map(str::to_owned));
        let unknown = project.unknown_names(Some(&leads), Some(known(&of_events)));
        prop_assert_eq!(unknown, [], "{}", text);
    }
}
