//! The columns of what CRMs export.

use super::*;
use crate::events::{Condition, Pattern, Test};

/// The project of a file of leads with these columns.
fn of(columns: Vec<LookedColumn>) -> (String, Project) {
    project(&Looked { files: vec!["leads.csv".into()], columns, ..Looked::default() })
}

fn text(name: &str) -> LookedColumn {
    looked(name, Kind::Category, &["a", "b"])
}

fn id(name: &str) -> LookedColumn {
    looked(name, Kind::Identifier, &["1001", "1002"])
}

fn date(name: &str) -> LookedColumn {
    looked(name, DATE, &["2024-01-01 10:00:00"])
}

fn is(column: &str, values: &[&str]) -> Condition {
    let patterns = values.iter().map(|&value| Pattern(value.to_owned())).collect();
    Condition { property: column.to_owned(), test: Test::OneOf(patterns) }
}

#[test]
fn deals_of_pipedrive() {
    let (text, found) = of(vec![
        id("Deal - ID"),
        id("Deal - Title"),
        looked("Deal - Status", Kind::Category, &["Open", "Won", "Lost"]),
        date("Deal - Created"),
        date("Deal - Won time"),
        date("Deal - Lost time"),
        text("Deal - Lost reason"),
        date("Deal - Expected close date"),
        id("Person - Name"),
        id("Person - Email"),
        text("Organization - Name"),
    ]);
    let leads = &found.leads;
    assert_eq!((&*leads.id, leads.created.as_deref()), ("Deal - ID", Some("Deal - Created")));
    assert_eq!(leads.account.as_deref(), Some("Organization - Name"));
    let outcomes = found.outcomes.unwrap();
    assert_eq!(outcomes.converted, "Deal - Won time");
    assert_eq!(outcomes.closed.as_deref(), Some("Deal - Lost time"), "and not when it is expected");
    assert_eq!(
        leads.drop,
        [
            "Deal - Lost reason",
            "Deal - Status",
            "Deal - Expected close date",
            "Person - Email",
            "Person - Name"
        ]
    );
    assert!(text.contains("# \"Deal - Lost reason\": known only once it closed."), "{text}");
    assert!(text.contains("# \"Deal - Expected close date\": what sales expects"), "{text}");
    // A person may have several deals, and the title of a deal is no job title.
    assert!(leads.same_person.is_empty() && text.contains("# same_person = [\"Person - Email\"]"));
    assert!(!found.signals.iter().any(|signal| signal.name == "seniority"), "{text}");
    // So is a name of deals, and a plain title beside one.
    let (text, found) = of(vec![id("id"), id("title"), id("Deal name"), date("add_time")]);
    assert!(!found.signals.iter().any(|signal| signal.name == "seniority"), "{text}");
    assert_eq!(found.leads.created.as_deref(), Some("add_time"));
    let (text, found) = of(vec![id("id"), id("title"), date("created_at")]);
    assert!(found.signals.iter().any(|signal| signal.name == "seniority"), "{text}");
}

#[test]
fn outcomes_of_a_date_and_what_stands_beside_it() {
    let hubspot = |stages: &[&str]| {
        let (text, found) = of(vec![
            id("Record ID"),
            id("Deal Name"),
            looked("Deal Stage", Kind::Category, stages),
            date("Create Date"),
            date("Close Date"),
            looked("Is Closed Won", Kind::YesNo, &["true", "false"]),
            looked("Is Deal Closed?", Kind::YesNo, &["true", "false"]),
        ]);
        assert_eq!(&*found.leads.id, "Record ID", "{text}");
        (found.outcomes.unwrap(), found.leads.drop)
    };
    let (outcomes, drop) = hubspot(&["Proposal", "Closed won", "Closed lost"]);
    assert_eq!(
        (&*outcomes.converted, outcomes.closed.as_deref()),
        ("Close Date", Some("Close Date"))
    );
    assert_eq!(outcomes.won, [is("Is Closed Won", &["true"])]);
    let lost = [is("Is Deal Closed?", &["true"]), is("Is Closed Won", &["false"])];
    assert_eq!(outcomes.lost, lost);
    assert_eq!(drop, ["Deal Stage"]);
    // Names of stages are each company's own.
    let (outcomes, drop) = hubspot(&["One", "Two"]);
    assert_eq!(outcomes.lost, lost);
    assert_eq!(drop, Vec::<String>::new());
    // Zoho has the stage alone.
    let (text, found) = of(vec![
        looked("Record Id", Kind::Identifier, &["1"]),
        looked("Stage", Kind::Category, &["Closed Won", "Qualification", "Closed Lost"]),
        date("Closing Date"),
        date("Created Time"),
        date("Modified Time"),
    ]);
    let outcomes = found.outcomes.unwrap();
    assert_eq!(outcomes.won, [is("Stage", &["Closed Won"])]);
    assert_eq!(found.leads.created.as_deref(), Some("Created Time"));
    assert_eq!(found.leads.drop, ["Modified Time"], "{text}");
}

#[test]
fn events_name_leads_by_the_ids_that_they_have() {
    let guess = |ids: &[&str]| {
        let lead = looked("Id", Kind::Identifier, ids);
        let columns = [
            looked("Id", Kind::Identifier, &["00T1"]),
            looked("WhoId", Kind::Category, &["00Q1", "00Q2"]),
            looked("WhatId", Kind::Category, &["0061", "0062"]),
            looked("Type", Kind::Category, &["Call"]),
            looked("ActivityDate", DATE, &["2024-01-01"]),
            date("CreatedDate"),
        ];
        let found = guess_event_columns(&columns, Some(&lead));
        assert_eq!(
            (found.at.as_deref(), found.kind.as_deref()),
            (Some("ActivityDate"), Some("Type"))
        );
        found.lead.unwrap()
    };
    assert_eq!(guess(&["00Q2", "00Q3"]), "WhoId");
    assert_eq!(guess(&["0061"]), "WhatId");
    assert_eq!(guess(&["other"]), "WhoId");
}

#[test]
fn spanish_names() {
    let (text, found) = of(vec![
        id("Id"),
        text("Empresa"),
        id("Correo"),
        text("Cargo"),
        date("Fecha de creación"),
        date("Fecha de conversión"),
        date("Fecha de pérdida"),
        date("Fecha de cierre"),
        text("Motivo de pérdida"),
    ]);
    let leads = &found.leads;
    assert_eq!(leads.created.as_deref(), Some("Fecha de creación"));
    assert_eq!(
        (leads.account.as_deref(), &*leads.same_person),
        (Some("Empresa"), &["Correo".to_owned()][..])
    );
    let outcomes = found.outcomes.unwrap();
    assert_eq!(outcomes.converted, "Fecha de conversión");
    assert_eq!(outcomes.closed.as_deref(), Some("Fecha de pérdida"));
    // What else says when it ended would tell the outcome.
    assert_eq!(leads.drop, ["Motivo de pérdida", "Fecha de cierre", "Correo"], "{text}");
}

#[test]
fn a_handful_of_values_is_no_account() {
    let account = |distinct, filled| {
        let mut column = text("Cuenta");
        (column.found.distinct, column.found.filled) = (Some(distinct), filled);
        of(vec![id("Id"), column])
    };
    let (text, found) = account(3, 600);
    assert_eq!(found.leads.account, None);
    assert!(
        text.contains("# \"Cuenta\" has 3 different values in 600 rows: that is no account."),
        "{text}"
    );
    assert_eq!(account(3, 20).1.leads.account.as_deref(), Some("Cuenta"));
    assert_eq!(account(60, 6_000).1.leads.account.as_deref(), Some("Cuenta"));
}

#[test]
fn planned_activities_can_be_taken_out() {
    let mut looked = usual();
    let events = looked.events.as_mut().unwrap();
    events.columns.push(super::looked("Done", Kind::Category, &["Done", "To do"]));
    let (text, _) = project(&looked);
    assert!(text.contains("# internal = { Done = [\"To do\"] }"), "{text}");
}

#[test]
fn one_closing_date_beside_what_became_of_it() {
    for (flag, values, won, lost) in [
        ("Resultado", &["Ganada", "Perdida", "Abierta"][..], &["Ganada"][..], &["Perdida"][..]),
        ("Outcome", &["Lost", "Won"], &["Won"], &["Lost"]),
        ("Estado", &["En curso", "No ganado", "Ganado"], &["Ganado"], &["No ganado"]),
        (
            "Status",
            &["Closed - Converted", "Closed - Not Converted"],
            &["Closed - Converted"],
            &["Closed - Not Converted"],
        ),
        (
            "Estado de la oportunidad",
            &["Cierre ganado", "Cierre perdido"],
            &["Cierre ganado"],
            &["Cierre perdido"],
        ),
        ("Deal result", &["Won", "Lost", "Won back"], &["Won", "Won back"], &["Lost"]),
    ] {
        let (text, found) = of(vec![
            id("ID"),
            date("Fecha de creación"),
            date("Fecha de cierre"),
            looked(flag, Kind::Category, values),
        ]);
        let outcomes = found.outcomes.unwrap_or_else(|| panic!("{flag}: {text}"));
        assert_eq!(
            (&*outcomes.won, &*outcomes.lost),
            (&[is(flag, won)][..], &[is(flag, lost)][..])
        );
        assert!(text.contains("# the rows in which that is so"), "{text}");
        assert_eq!(found.leads.drop, Vec::<String>::new(), "{text}");
    }
    // Beside dates of both, it would tell the outcome.
    let (text, found) = of(vec![
        id("ID"),
        date("won_at"),
        date("lost_at"),
        looked("Deal result", Kind::Category, &["Won", "Lost"]),
    ]);
    assert_eq!(found.leads.drop, ["Deal result"], "{text}");
}

#[test]
fn names_of_people_are_no_categories() {
    let many = |name: &str| {
        let mut column = text(name);
        (column.found.distinct, column.found.filled) = (Some(80), 100);
        column
    };
    let few = |name: &str| {
        let mut column = text(name);
        (column.found.distinct, column.found.filled) = (Some(4), 100);
        column
    };
    for name in ["Associated Contact", "Contact person", "Persona de contacto", "Primary Contact"] {
        assert_eq!(of(vec![id("Id"), many(name)]).1.leads.drop, [name]);
    }
    for name in [
        "Opportunity Name",
        "Deal owner",
        "Contacto",
        "Owner name",
        "Propietario",
        "Lead - Contact person",
    ] {
        let (text, found) = of(vec![id("Id"), many(name)]);
        assert_eq!(found.leads.drop, [name], "{text}");
        assert!(found.signals.is_empty(), "who has to do with a lead is not who it is: {text}");
        // Of a few who have many leads each, who it is may matter.
        assert_eq!(of(vec![id("Id"), few(name)]).1.leads.drop, Vec::<String>::new());
    }
}

#[test]
fn leads_and_opportunities_of_close() {
    let lead = |distinct| {
        let mut column = looked("lead_id", Kind::Category, &["lead_1", "lead_2"]);
        (column.found.distinct, column.found.filled) = (Some(distinct), 100);
        column
    };
    let (text, found) = of(vec![lead(100), id("lead_name"), date("date_created")]);
    assert_eq!(
        (&*found.leads.id, &*found.leads.drop),
        ("lead_id", &["lead_name".to_owned()][..]),
        "{text}"
    );
    // Who a customer is is no outcome.
    let (text, found) = of(vec![id("Nº"), many_of("Cliente"), date("Fecha alta")]);
    assert_eq!(found.leads.account.as_deref(), Some("Cliente"), "{text}");
    let (text, found) = of(vec![id("Nº"), looked("Cliente", Kind::YesNo, &["sí", "no"])]);
    assert_eq!(
        (found.leads.account, &*found.leads.drop),
        (None, &["Cliente".to_owned()][..]),
        "{text}"
    );
    // A lead may have several opportunities.
    let columns = vec![id("id"), lead(50), many_of("lead_name"), date("date_created")];
    let (text, found) = of(columns);
    assert_eq!(&*found.leads.id, "id", "{text}");
    assert_eq!(found.leads.account.as_deref(), Some("lead_id"), "{text}");
    assert_eq!(found.leads.drop, ["lead_name"], "{text}");
}

fn many_of(name: &str) -> LookedColumn {
    let mut column = text(name);
    (column.found.distinct, column.found.filled) = (Some(50), 100);
    column
}

#[test]
fn plans_are_said_to_be_left_out() {
    let latest = Some(Time::parse("2025-06-01").unwrap());
    let of = |columns| propose(&Looked { columns, latest, ..Looked::default() });
    let said = of(vec![id("id"), date("Close Date"), date("Expected close date")]);
    let left_out = "open deals have plans in it: [\"Close Date\", \"Expected close date\"]";
    assert!(said.contains(left_out), "{said}");
    let stage = looked("Stage", Kind::Category, &["Closed Won", "New"]);
    let said = of(vec![id("id"), date("Close Date"), stage]);
    assert!(said.contains("# Looked at for deals that are closed: [\"Close Date\"]."), "{said}");
    assert!(!said.contains("have plans"), "{said}");
}

#[test]
fn the_address_of_who_sells_is_nobodys_identity() {
    let email = |name: &str| looked(name, Kind::Identifier, &["ana@corp.com", "leo@corp.com"]);
    let of = |columns| propose(&Looked { columns, ..Looked::default() });
    for name in ["Contact Owner Email", "owner_email", "Created By Email", "Email del propietario"]
    {
        let said = of(vec![id("id"), email(name)]);
        assert!(!said.contains("same_person"), "{name}: {said}");
        assert!(!said.contains("email = "), "{name}: {said}");
        let said = of(vec![id("id"), email(name), email("Email")]);
        assert!(said.contains("same_person = [\"Email\"]"), "{name}: {said}");
    }
}
