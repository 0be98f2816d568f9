//! What `init` writes and says, held against the files that it looked at.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::Path;

use common::small_project::one_line;
use common::*;

/// Runs `init` anew; what it said, and the file that it wrote.
fn init(folder: &Path, args: &[&str]) -> (String, String) {
    let out = folder.join("p.toml");
    let _ = std::fs::remove_file(&out);
    let output = leadscore(folder, &[&["init", "--out", "p.toml"], args].concat());
    let [said, errors] = [output.stdout, output.stderr].map(|of| String::from_utf8(of).unwrap());
    assert!(output.status.success(), "{errors}");
    (one_line(&format!("{errors}\n{said}")), std::fs::read_to_string(out).unwrap())
}

fn until(project: &str) -> &str {
    let line = project.lines().find(|line| line.starts_with("observed_until"));
    line.and_then(|line| line.strip_prefix("observed_until = ")).unwrap_or(project)
}

#[test]
fn what_was_observed_last_is_in_no_plan() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // Deals are closed until June; open ones are to be closed in July, and one in a far future.
    let deals = |stages: [&str; 3]| {
        let [won, lost, open] = stages;
        format!(
            "Record ID,Deal Stage,Create Date,Close Date,Expected close date\n\
             1,{won},2024-01-02 10:00,2024-05-01 10:00,2024-09-01\n\
             2,{lost},2024-01-03 10:00,2024-06-01 12:30,2024-09-02\n\
             3,{open},2024-01-04 10:00,2024-07-01 10:00,2024-09-03\n\
             4,{open},2024-01-05 10:00,2999-07-01 10:00,2024-09-04\n"
        )
    };
    write(folder, "deals.csv", deals(["Closed won", "Closed lost", "Proposal"]));
    let (_, project) = init(folder, &["deals.csv"]);
    assert_eq!(until(&project), "2024-06-01T12:30:00Z");
    assert!(
        project.contains("# Looked at for deals that are closed: [\"Close Date\"]"),
        "{project}"
    );
    // Nothing says which deals are closed: the dates may be plans, and that is said.
    write(folder, "deals.csv", deals(["A", "B", "C"]));
    let (_, project) = init(folder, &["deals.csv"]);
    assert_eq!(until(&project), "2024-01-05T10:00:00Z");
    let left_out = "plans in it: [\"Close Date\", \"Expected close date\"].";
    assert!(project.contains(left_out), "{project}");
    // Events tell of later days, but for those that are planned; one that is to come was known before.
    write(folder, "deals.csv", deals(["Closed won", "Closed lost", "Proposal"]));
    let events = "Record ID,kind,at,known_at\n\
                  1,call,2024-02-01T09:00:00Z,2024-08-02T09:00:00Z\n\
                  2,meeting,2999-01-01T09:00:00Z,2024-08-01T09:00:00Z\n";
    write(folder, "events.csv", events);
    let (_, project) = init(folder, &["deals.csv", "--events", "events.csv"]);
    assert_eq!(until(&project), "2024-08-02T09:00:00Z");
    let events = "Record ID,kind,at\n1,call,2024-08-03T09:00:00Z\n2,meeting,2999-01-01T09:00:00Z\n";
    write(folder, "events.csv", events);
    let (_, project) = init(folder, &["deals.csv", "--events", "events.csv"]);
    assert_eq!(until(&project), "2024-08-03T09:00:00Z");
}

#[test]
fn days_that_excel_counts_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let rows: String =
        (0..30).map(|i| format!("{i},{},{}\n", 45_600 + i, 45_000 + 7 * i)).collect();
    write(folder, "leads.csv", format!("Lead ID,Created,Amount\n{rows}"));
    let (said, project) = init(folder, &["leads.csv"]);
    let says = "times in leads.csv, \"Created\": row 1 has \"45600\"; a day as Excel counts them \
                (2024-11-04)? Format the cells as dates (yyyy-mm-dd) and export again";
    assert!(said.contains(says), "{said}");
    assert!(project.contains("# Not read as times: \"Created\": row 1 has \"45600\""), "{project}");
    // Who names them all the same is told too.
    write(
        folder,
        "p.toml",
        "[leads]\nfiles = [\"leads.csv\"]\nid = \"Lead ID\"\ncreated = \"Created\"\n",
    );
    let error = fail(folder, &["signals", "p.toml"], 1);
    assert!(
        error.contains("row 1 has \"45600\"; a day as Excel counts them (2024-11-04)? Format"),
        "{error}"
    );
}

#[test]
fn events_of_other_leads_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let leads: String = (0..40).map(|i| format!("l{i},2024-01-{:02}\n", i % 28 + 1)).collect();
    write(folder, "leads.csv", format!("lead_id,created_at\n{leads}"));
    let events = |of: &dyn Fn(usize) -> String| {
        let rows: String =
            (0..200).map(|i| format!("{},view,2024-02-{:02}\n", of(i), i % 28 + 1)).collect();
        write(folder, "events.csv", format!("lead_id,kind,at\n{rows}"));
        init(folder, &["leads.csv", "--events", "events.csv"])
    };
    let (said, project) = events(&|i| format!("l{}", i % 40));
    assert!(!said.contains("warning"), "{said}");
    assert!(!project.contains("name one of the leads"), "{project}");
    let (said, project) = events(&|i| format!("l{}", i % 50));
    assert!(!said.contains("warning"), "most of them are known: {said}");
    assert!(project.contains("# Of 200 events 160 name one of the leads"), "{project}");
    let (said, project) =
        events(&|i| format!("{}{}", if i.is_multiple_of(50) { "l" } else { "x" }, i % 40));
    assert!(said.contains("warning: 98.0 % of 200 events (196) are of no known lead"), "{said}");
    assert!(said.contains("they name leads like \"x1\", leads have ids like \"l0\""), "{said}");
    assert!(project.contains("# Of 200 events 4 name one of the leads"), "{project}");
    let (said, _) = events(&|i| format!("L{}", i % 40));
    assert!(said.contains("of 200 events none is of a known lead"), "{said}");
    assert!(said.contains("in lower case they would name leads"), "{said}");
}

/// A file of deals: of each row what is given, one in four won, one in two lost and the others open. The values of
/// `row` are the number, the day of creation, the day of closing, and whether it was won or lost.
fn deals(head: &str, row: impl Fn(usize, &str, &str, [bool; 2]) -> String) -> String {
    let mut uniform = uniform();
    let day = |days: usize| {
        format!("20{}-{:02}-{:02}", 23 + days / 336, days % 336 / 28 + 1, days % 28 + 1)
    };
    let rows = (0..400).map(|i| {
        let (created, length) = ((uniform() * 500.0) as usize, 10 + (uniform() * 60.0) as usize);
        let fate = uniform();
        let row = row(
            i,
            &day(created),
            &day(created + length),
            [fate < 0.25, (0.25..0.75).contains(&fate)],
        );
        format!("{row}\n")
    });
    format!("{head}\n{}", rows.collect::<String>())
}

/// That a project can be trained on, and that nothing has to be set aside.
fn is_sound(folder: &Path) {
    let trained = json(folder, &["train", "p.toml", "--l2", "10", "--out", "m.bundle", "--json"]);
    let aside = trained["training"]["leakage"]["columns"].as_array().unwrap().iter();
    let aside = aside.filter(|of| of["action"] == "set_aside").count();
    assert_eq!(aside, 0, "{}", trained["training"]["leakage"]);
}

fn has(project: &str, lines: &[&str]) {
    for line in lines {
        assert!(project.lines().any(|of| of.starts_with(line)), "{line}\n{project}");
    }
}

#[test]
fn spanish_exports() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let heads = [
        "id_contacto,fecha de creación,fecha de cierre,estado,ganado,cargo,empresa,correo electrónico,teléfono,país,tamaño",
        "ID_CONTACTO,FECHA_CREACION,Fecha Cierre,ESTADO,Ganado,Puesto,EMPRESA,Correo,TELEFONO,Pais,Empleados",
    ];
    let words = [["VERDADERO", "FALSO"], ["Sí", "No"]];
    for (head, [yes, no]) in heads.into_iter().zip(words) {
        let text = deals(head, |i, created, closed, [won, lost]| {
            let flag = if won { yes } else { no };
            let state = if won || lost { "Cerrado" } else { "Abierto" };
            let job = ["Directora general", "Técnico", "Jefe de compras"][i % 3];
            format!(
                "{},{created},{closed},{state},{flag},{job},Empresa {} SL,p{i}@emp{}.es,+34 6{i:08},ES,{}",
                1000 + i,
                i % 130,
                i % 130,
                3 + i % 90
            )
        });
        write(folder, "contactos.csv", text);
        let (said, project) = init(folder, &["contactos.csv"]);
        assert!(
            !said.contains("still needs") && !project.contains("NOT FOUND:"),
            "{said}\n{project}"
        );
        let names: Vec<&str> = head.split(',').collect();
        let quoted = |name: &str| {
            if name.is_ascii() && !name.contains(' ') {
                name.to_owned()
            } else {
                format!("{name:?}")
            }
        };
        for line in [
            format!("id = \"{}\"", names[0]),
            format!("created = \"{}\"", names[1]),
            format!("account = \"{}\"", names[6]),
            format!("converted = \"{}\"", names[2]),
            format!("won = {{ {} = true }}", quoted(names[4])),
            format!("closed = \"{}\"", names[2]),
            format!(
                "lost = {{ {} = \"Cerrado\", {} = false }}",
                quoted(names[3]),
                quoted(names[4])
            ),
            format!("seniority = {{ seniority = \"{}\" }}", names[5]),
            format!("email_kind = {{ email_kind = \"{}\" }}", names[7]),
            format!(
                "phone_valid = {{ phone_valid = \"{}\", country = \"{}\" }}",
                names[8], names[9]
            ),
            format!("company_size = {{ company_size = \"{}\" }}", names[10]),
        ] {
            has(&project, &[&line]);
        }
        is_sound(folder);
    }
    // Of a flat table the words are known too.
    let target =
        ["train", "contactos.csv", "--target", "Ganado", "--l2", "10", "--out", "m.bundle"];
    succeed(folder, &target);
}

#[test]
fn what_hubspot_and_salesforce_call_their_columns() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let head = "hs_object_id,createdate,closedate,hs_analytics_source,lifecyclestage,dealstage,hs_is_closed_won,\
                jobtitle,numberofemployees,associatedcompanyid,hs_deal_stage_probability,closed_lost_reason";
    let text = deals(head, |i, created, closed, [won, lost]| {
        let (stage, life) = match (won, lost) {
            (true, _) => ("closedwon", "customer"),
            (_, true) => ("closedlost", "lead"),
            _ => ("qualifiedtobuy", "opportunity"),
        };
        let source = ["ORGANIC_SEARCH", "PAID_SEARCH"][i % 2];
        let reason = if lost { "Price" } else { "" };
        let chance = f64::from(u8::from(won)) + if won || lost { 0.0 } else { 0.4 };
        format!(
            "{},{created}T10:00:00Z,{closed}T10:00:00Z,{source},{life},{stage},{won},CEO,{},{},{chance},{reason}",
            5_000_000 + i,
            3 + i % 90,
            7_000 + i % 130
        )
    });
    write(folder, "deals.csv", text);
    let (said, project) = init(folder, &["deals.csv"]);
    assert!(!said.contains("still needs"), "{said}");
    has(
        &project,
        &[
            "id = \"hs_object_id\"",
            "account = \"associatedcompanyid\"",
            "created = \"createdate\"",
            "converted = \"closedate\"",
            "won = { hs_is_closed_won = true }",
            "lost = { dealstage = \"closedlost\" }",
            "seniority = { seniority = \"jobtitle\" }",
            "company_size = { company_size = \"numberofemployees\" }",
            "# \"lifecyclestage\": says what became of a lead, known only once it closed.",
            "# \"closed_lost_reason\": known only once it closed.",
            "# \"hs_deal_stage_probability\": what sales expects",
        ],
    );
    is_sound(folder);
    let head = "Id,CreatedDate,CloseDate,IsWon,IsClosed,StageName,LeadSource,AccountId,OwnerId,NumberOfEmployees,\
                AnnualRevenue,Probability,Loss_Reason__c";
    let text = deals(head, |i, created, closed, [won, lost]| {
        let stage = if won {
            "Closed Won"
        } else if lost {
            "Closed Lost"
        } else {
            "Proposal"
        };
        let upper = |flag: bool| flag.to_string().to_uppercase();
        format!(
            "006{i:015},{created},{closed},{},{},{stage},Web,001{:015},005{:015},{},{},{},{}",
            upper(won),
            upper(won || lost),
            i % 130,
            i % 6,
            3 + i % 90,
            1_000 * (i % 90),
            if won {
                100
            } else if lost {
                0
            } else {
                40
            },
            if lost { "Price" } else { "" },
        )
    });
    write(folder, "opportunities.csv", text);
    let (said, project) = init(folder, &["opportunities.csv"]);
    assert!(!said.contains("still needs"), "{said}");
    has(
        &project,
        &[
            "id = \"Id\"",
            "account = \"AccountId\"",
            "created = \"CreatedDate\"",
            "converted = \"CloseDate\"",
            "won = { IsWon = true }",
            "closed = \"CloseDate\"",
            "lost = { IsClosed = true, IsWon = false }",
            "drop = [\"Loss_Reason__c\", \"Probability\", \"StageName\"]",
        ],
    );
    is_sound(folder);
    // Open deals have plans in the column of when they were closed: those rows are neither won nor lost.
    let text = std::fs::read_to_string(folder.join("p.toml")).unwrap();
    write(folder, "p.toml", text.replace("IsWon = false }", "IsWo = false }"));
    let error = one_line(&fail(folder, &["signals", "p.toml"], 1));
    assert!(error.contains("p.toml:") && error.contains("\"IsWo\""), "{error}");
}

#[test]
fn leads_of_salesforce_become_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let head = "Id,CreatedDate,IsConverted,ConvertedDate,ConvertedAccountId,ConvertedContactId,\
                ConvertedOpportunityId,Status,Title,Company,Email";
    let text = deals(head, |i, created, closed, [won, lost]| {
        let [date, account, contact, deal] = [closed, "001", "003", "006"].map(|of| {
            if !won {
                String::new()
            } else if of == closed {
                of.to_owned()
            } else {
                format!("{of}{i:015}")
            }
        });
        let status = if won {
            "Qualified"
        } else if lost {
            "Unqualified"
        } else {
            "Working"
        };
        format!(
            "00Q{i:015},{created},{won},{date},{account},{contact},{deal},{status},CEO,Acme {},p{i}@a.com",
            i % 130
        )
    });
    write(folder, "leads.csv", text);
    let (_, project) = init(folder, &["leads.csv"]);
    has(
        &project,
        &[
            "id = \"Id\"",
            "account = \"Company\"",
            "converted = \"ConvertedDate\"",
            "same_person = [\"Email\"]",
            "seniority = { seniority = \"Title\" }",
            "# \"IsConverted\": says what became of a lead",
            "# \"ConvertedAccountId\": known only once it converted.",
            "# \"ConvertedContactId\": known only once it converted.",
            "# \"ConvertedOpportunityId\": known only once it converted.",
            "# \"Status\": says what became of a lead",
        ],
    );
    is_sound(folder);
}

#[test]
fn times_of_events_that_are_numbers_are_told_for_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let leads: String = (0..40).map(|i| format!("l{i},2023-01-{:02}\n", i % 28 + 1)).collect();
    write(folder, "leads.csv", format!("lead_id,created_at\n{leads}"));
    for (first, step, looks_like) in [
        (
            45_123.5,
            1.0,
            "a day as Excel counts them (2023-07-16T12:00:00Z)? Format the cells as dates",
        ),
        (1_700_000_000.0, 86_400.0, "seconds since 1970 (2023-11-14T22:13:20Z)? Write times like"),
        (
            1_700_000_000_000.0,
            86_400_000.0,
            "milliseconds since 1970 (2023-11-14T22:13:20Z)? Write",
        ),
    ] {
        // The first row has none.
        let rows: String =
            (0..40).map(|i| format!("l{i},view,{}\n", first + step * f64::from(i))).collect();
        write(folder, "events.csv", format!("lead_id,kind,at\nl1,view,\n{rows}"));
        let says = format!("row 2 has \"{first}\"; {looks_like}");
        let (said, project) = init(folder, &["leads.csv", "--events", "events.csv"]);
        assert!(said.contains(&format!("times in events.csv, \"at\": {says}")), "{said}");
        assert!(project.contains(&format!("# Not read as times: \"at\": {says}")), "{project}");
        has(&project, &["at = \"at\""]);
        let error = one_line(&fail(folder, &["signals", "p.toml"], 1));
        assert!(error.contains("the column \"at\" of events.csv holds no times"), "{error}");
        assert!(error.contains(&says), "{error}");
        // A few among times are told by their rows.
        write(
            folder,
            "events.csv",
            format!("lead_id,kind,at\nl1,view,2023-02-01\nl1,view,2023-02-02\nl2,view,{first}\n"),
        );
        let error = one_line(&fail(folder, &["signals", "p.toml"], 1));
        let says =
            format!("events.csv: row 3, column \"at\": \"{first}\" is not a time; {looks_like}");
        assert!(error.contains(&says), "{error}");
    }
}

#[test]
fn companies_are_no_people() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (id, name, value, is_person) in [
        ("id", "Name", "Ada Byron", true),
        ("id", "nombre", "Acme SL", false),
        ("id", "name", "Acme Tools Inc.", false),
        ("company_id", "name", "Acme", false),
        ("id", "Company", "Acme", false),
        ("id", "Empresa", "Acme", false),
        ("id", "Account Name", "Acme", false),
    ] {
        let rows: String = (0..60)
            .map(|i| format!("{i},2024-01-01,{}\n", value.replace(' ', &format!(" N{i} "))))
            .collect();
        write(folder, "leads.csv", format!("{id},created_at,{name}\n{}", rows));
        let (_, project) = init(folder, &["leads.csv"]);
        assert_eq!(project.contains("junk_name = "), is_person, "{name}: {project}");
    }
}

#[test]
fn keys_that_leads_and_events_share_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let leads: String = (0..40)
        .map(|i| format!("l{i},2024-01-{:02},p{i}@acme.com,v{}\n", i % 28 + 1, i / 2))
        .collect();
    write(folder, "leads.csv", format!("lead_id,created_at,email,visitor_id\n{leads}"));
    let events: String = (0..40).map(|i| format!("l{i},view,2024-02-01,v{}\n", i / 2)).collect();
    write(folder, "events.csv", format!("lead_id,kind,at,visitor_id\n{events}"));
    let (_, project) = init(folder, &["leads.csv", "--events", "events.csv"]);
    has(&project, &["same_person = [\"email\"]", "# same_person = [\"email\", \"visitor_id\"]"]);
    let said = "# Leads have \"visitor_id\" and events \"visitor_id\", the id of a browser.";
    assert!(project.contains(said), "{project}");
    // What stands there as a comment can be taken as it is.
    let ids = "[[ids]]\nfiles = [\"leads.csv\"]\nid = \"visitor_id\"\nlead = \"lead_id\"\n";
    let comment: String = ids.lines().map(|line| format!("# {line}\n")).collect();
    assert!(project.contains(&comment), "{project}");
    let one = "same_person = [\"email\"]";
    let both = "# same_person = [\"email\", \"visitor_id\"]";
    let joined = project.replace(&format!("{one}\n"), "").replace(both, &both[2..]);
    write(folder, "p.toml", joined.replace(&comment, ids));
    let told = json(folder, &["signals", "p.toml", "--json"]);
    assert_eq!(told["snapshots"], 20);
}
