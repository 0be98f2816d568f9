//! What is odd in the files of a project, and no mistake, is told: properties that some files lack,
//! conditions that nothing meets, columns that a signal hides, outcomes that contradict each other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::small_project::*;
use common::*;

/// Nothing that is printed to standard error holds this.
fn unsaid(folder: &Path, part: &str) {
    let output = leadscore(folder, &["signals", "p.toml"]);
    let errors = one_line(&String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success() && !errors.contains(part), "{part:?} is in: {errors}");
}

#[test]
fn properties_that_some_files_lack() {
    let folder = with_files();
    let folder = folder.path();
    edit(folder, "\"events.csv\"", "\"events.csv\", \"app.csv\", \"mail.csv\"");
    let project = std::fs::read_to_string(folder.join("p.toml")).unwrap();
    let more = "prices = { count = \"page_view\", where = { page = \"/p1\" } }\n\
                depth = { max = \"value\", of = \"page_view\" }\n";
    write(folder, "p.toml", format!("{project}{more}"));
    let day = "2024-01-09T08:00:00Z";
    let header = "lead_id,kind,at,known_at,event_id";
    let app = format!("{header},page\nl1,page_view,{day},{day},a1,/p1\n");
    write(folder, "app.csv", app);
    // Mails have no use for pages and values, and nothing asks for any of them.
    write(folder, "mail.csv", format!("{header}\nl1,email_sent,{day},{day},m1\n"));
    let start = "warning: some files of events lack a property that is looked at, and their events \
                 count as without a value: ";
    warned(folder, &[&format!("{start}\"value\" in app.csv, for depth")]);
    unsaid(folder, "mail.csv");
    // What is of any kind is of mails too.
    let more = format!("{more}all = {{ count = \"*\", where = {{ page = \"/p1\" }} }}\n");
    write(folder, "p.toml", format!("{project}{more}[filters]\ninternal = {{ page = \"/p3\" }}\n"));
    let pages = "\"page\" in mail.csv, for [filters] internal, all";
    warned(folder, &[&format!("{start}{pages}; \"value\" in app.csv, for depth")]);
}

#[test]
fn conditions_that_no_event_meets() {
    let folder = with_files();
    let folder = folder.path();
    let of = |page: &str| format!("{{ count = \"page_view\", where = {{ page = {page} }} }}");
    let deep = "{ count = \"*\", where = { value = { at_least = 9 } } }";
    let faxes = "{ count = \"fax\", where = { page = \"/x\" } }";
    let (good, bad) = (of("[\"/x\", \"/p0\"]"), of("\"/P1*\""));
    let signals =
        format!("views = {good}\nprices = {bad}\nagain = {bad}\ndeep = {deep}\nfaxes = {faxes}");
    edit(folder, "views = { count = \"page_view\" }", &signals);
    let said = "warning: no event meets these conditions; case counts: page_view where page = /P1* (for \
                prices, again); any event where value from 9 (for deep)";
    warned(folder, &[said, "no event is of the kind \"fax\""]);
    // What is asked for alone is told of alone; what is said of files stays.
    let only = |names: &str| {
        let args = ["signals", "p.toml", "--only", names];
        one_line(&String::from_utf8(leadscore(folder, &args).stderr).unwrap())
    };
    append(folder, "leads.csv", ",2024-01-01T00:00:00Z,CEO,1\n");
    let meets = "no event meets these conditions; case counts: ";
    assert_eq!(only("views"), "warning: 1 row of leads without an id, left out");
    assert!(
        only("again,job_title")
            .contains(&format!("{meets}page_view where page = /P1* (for again)"))
    );
    assert!(!only("again").contains("fax"), "{}", only("again"));
    assert!(only("faxes").contains("no event is of the kind \"fax\""));
    // Of a kind that is not there nothing more is said.
    unsaid(folder, "for faxes");
    edit(folder, "{ count = \"page_view\" }", &good);
    unsaid(folder, "meets");
    // An empty text is seen.
    edit(folder, "{ count = \"page_view\" }", &of("\"\""));
    warned(folder, &["case counts: page_view where page = \"\" (for views)"]);
}

#[test]
fn signals_that_hide_a_column() {
    let folder = with_files();
    let folder = folder.path();
    edit(folder, "views =", "pages =");
    let said = "warning: p.toml:18:1: the signal \"pages\" takes the place of the column \"pages\" of the \
                leads, which nothing looks at; give it another name to have both";
    warned(folder, &[said]);
    let only = leadscore(folder, &["signals", "p.toml", "--only", "job_title"]);
    assert_eq!(String::from_utf8(only.stderr).unwrap(), "");
    // One that looks at the column hides nothing, and what is left out is not missed.
    edit(folder, "views =", "job_title = { seniority = \"job_title\" }\nviews =");
    unsaid(folder, "takes the place");
    let project = PROJECT.replace("views =", "pages =");
    let dropped = project.replace("id = \"lead_id\"\n", "id = \"lead_id\"\ndrop = [\"pages\"]\n");
    write(folder, "p.toml", dropped);
    unsaid(folder, "takes the place");
}

#[test]
fn outcomes_that_contradict() {
    let folder = with_files();
    let folder = folder.path();
    edit(
        folder,
        "converted = \"converted_at\"",
        "converted = \"converted_at\"\nclosed = \"closed_at\"",
    );
    let outcomes = std::fs::read_to_string(folder.join("outcomes.csv")).unwrap();
    let mut outcomes = outcomes.replace('\n', ",\n").replacen("at,", "at,closed_at", 1);
    unsaid_with(folder, &outcomes, "contradict");
    // l0 converted on 2024-03-01; once more is later, and closed was it before. The same twice is once.
    outcomes += "l0,2024-03-05T08:00:00Z,2024-02-28\nl2,2024-03-05T08:00:00Z,\n\
                 l1,,2024-05-01\nl1,,2024-05-02\nl3,,2024-05-01\nl3,,2024-05-01\n";
    write(folder, "outcomes.csv", outcomes);
    let said = "note: outcomes that contradict: 1 lead with several times of conversion, of which the \
                first counts; 1 lead with several times of being closed, of which the last counts; 1 \
                lead closed before converting, without a snapshot from then on, and with the conversion \
                in those before";
    warned(folder, &[said]);
}

/// As [`unsaid`], with other outcomes.
fn unsaid_with(folder: &Path, outcomes: &str, part: &str) {
    write(folder, "outcomes.csv", outcomes);
    unsaid(folder, part);
}

#[test]
fn other_ids_without_a_side_are_counted() {
    let folder = with_files();
    let folder = folder.path();
    edit(
        folder,
        "[outcomes]",
        "[[ids]]\nfiles = [\"ids.csv\"]\nid = \"visitor\"\nlead = \"lead_id\"\n[outcomes]",
    );
    write(folder, "ids.csv", "visitor,lead_id\nv1,l1\nv2,\n,l2\n");
    let said = "warning: 2 rows of other ids without the id or without its lead, left out";
    let joined = "1 other id joined to leads; 0 name more than one person and name none now; 0 are of no known lead";
    warned(folder, &[said, joined]);
    write(folder, "ids.csv", "visitor,lead_id\nv1,l1\nv2,l1\nv2,l2\nv3,nobody\n");
    let joined = "1 other id joined to leads; 1 names more than one person and names none now; 1 is of no known lead";
    warned(folder, &[joined]);
}

#[test]
fn files_that_are_no_tables_say_what_they_are() {
    let folder = with_files();
    let folder = folder.path();
    for name in ["events.csv", "leads.csv", "outcomes.csv"] {
        let good = std::fs::read(folder.join(name)).unwrap();
        for (bytes, says) in [
            (&b"\x1f\x8b\x08\x00\xff"[..], "is compressed with gzip; decompress it first (gunzip)"),
            (b"PK\x03\x04\xff", "is a zip archive or an Excel workbook; unzip it"),
            (b"\xff\xfel\0e\0a\0d\0", "is UTF-16; save it as CSV (UTF-8), or convert it"),
            (b"\x1f\x8b", "is compressed with gzip"),
        ] {
            write(folder, name, bytes);
            refused(folder, &[&format!("{name}: {says}")]);
        }
        write(folder, name, good);
    }
}

#[test]
fn a_column_of_texts_that_is_to_be_numbers_names_its_file() {
    use leadscore_features::io::{Packing, Sheet, SheetColumn, write_sheet};
    let folder = with_files();
    let folder = folder.path();
    let texts = |texts: &[&str]| SheetColumn::Text(texts.iter().map(|&t| t.to_owned()).collect());
    let day = "2024-01-09T08:00:00Z";
    let columns = ["lead_id", "kind", "at", "known_at", "event_id", "value"].map(str::to_owned);
    let cells = ["l1", "page_view", day, day, "x1", "3"].map(|cell| texts(&[cell]));
    let sheet = Sheet { columns: columns.into_iter().zip(cells).collect() };
    write_sheet(&folder.join("app.parquet"), &sheet, Packing::Tight).unwrap();
    let project = PROJECT.replace("\"events.csv\"", "\"events.csv\", \"app.parquet\"");
    write(folder, "p.toml", format!("{project}most = {{ max = \"value\", of = \"page_view\" }}\n"));
    refused(
        folder,
        &[
            "the property \"value\" is text, and a number is needed here; in app.parquet it is no column of numbers",
        ],
    );
}

#[test]
fn every_unknown_signal_is_named() {
    let folder = with_files();
    let error = fail(folder.path(), &["signals", "p.toml", "--only", "veiws,job,views,fax"], 2);
    assert!(error.contains("no signal \"veiws\"; did you mean \"views\"?"), "{error}");
    assert!(error.contains("no signal \"job\"; did you mean \"job_title\"?"), "{error}");
    assert!(error.contains("no signal \"fax\"; there are job_title, pages, views"), "{error}");
    assert_eq!(error.matches("no signal").count(), 3, "{error}");
}

#[test]
fn a_column_that_is_no_id_of_events() {
    let folder = with_files();
    let folder = folder.path();
    let events = std::fs::read_to_string(folder.join("events.csv")).unwrap();
    let shared: Vec<String> = events
        .lines()
        .map(|line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if cells[4].starts_with('e') && cells[4] != "event_id" {
                cells[4] = "web";
            }
            cells.join(",") + "\n"
        })
        .collect();
    write(folder, "events.csv", shared.concat());
    let said = "warning: \"event_id\" is named as the id of events, and by it 180 of 300 events were taken for \
                second copies: if it is no id, leave `id` out of [events], or name another column";
    warned(folder, &[said]);
    // The filters that are on are told, though they take nothing.
    edit(folder, "[signals]", "[filters]\nduplicates = true\nbursts = true\n[signals]");
    let shown = one_line(&succeed(folder, &["signals", "p.toml"]));
    assert!(shown.contains("; duplicates took 180, bursts took 0 "), "{shown}");
    // One that is an id, of a call that was written down as a view before.
    let call = "l3,call,2024-01-07T09:00:00Z,2024-01-07T09:00:00Z,e3-0,,\n";
    write(folder, "events.csv", events + call);
    warned(folder, &[", 1 of them of another kind than the first with its id: if it is no id"]);
    let again = std::fs::read_to_string(folder.join("events.csv")).unwrap();
    write(folder, "events.csv", again.replace("l3,call", "l3,page_view"));
    unsaid(folder, "is named as the id");
}

#[test]
fn files_of_events_that_are_the_same() {
    let folder = with_files();
    let folder = folder.path();
    std::fs::copy(folder.join("events.csv"), folder.join("copy.csv")).unwrap();
    edit(folder, "\"events.csv\"", "\"events.csv\", \"copy.csv\"");
    let said = "copy.csv are the same: leave one out";
    warned(folder, &["warning: events.csv and ", said]);
    let copy = std::fs::read_to_string(folder.join("copy.csv")).unwrap();
    unsaid(folder, "have the same events");
    // Another order of the rows, other ends of lines and a blank one are another file, of the same events.
    let (header, rows) = copy.split_once('\n').unwrap();
    let rows: Vec<&str> = rows.lines().rev().collect();
    write(folder, "copy.csv", format!("{header}\r\n{}\r\n\r\n", rows.join("\r\n")));
    let said = "copy.csv have the same events, of the same leads at the same times: leave one out";
    warned(folder, &["warning: events.csv and ", said]);
    unsaid(folder, "are the same:");
    // Without ids they count twice.
    let project = std::fs::read_to_string(folder.join("p.toml")).unwrap();
    write(folder, "p.toml", project.replacen("id = \"event_id\"\n", "", 1));
    warned(folder, &["at the same times, and without ids all of them count twice: leave one out"]);
    write(folder, "p.toml", project);
    write(folder, "copy.csv", copy.replacen("T08", "T09", 1));
    unsaid(folder, "the same");
}

#[test]
fn events_of_days() {
    let folder = with_files();
    let folder = folder.path();
    unsaid(folder, "no time of day");
    let events = std::fs::read_to_string(folder.join("events.csv")).unwrap();
    write(folder, "events.csv", events.replacen("T08:00:00Z", "", 2));
    warned(
        folder,
        &["warning: 1 event has a day and no time of day, and counts from 00:00 UTC of it on"],
    );
    write(folder, "events.csv", events.replace("T08:00:00Z", ""));
    warned(
        folder,
        &["warning: 300 events have a day and no time of day, and count from 00:00 UTC"],
    );
}

#[test]
fn what_the_history_of_an_attribute_does_not_tell_is_counted() {
    let folder = with_files();
    let folder = folder.path();
    let project = PROJECT
        .replace("[outcomes]", "[events.history]\nattributes = [\"job_title\"]\n[outcomes]")
        + "seniority = { seniority = \"job_title\" }\n";
    write(folder, "p.toml", project);
    // Every lead is told when it comes to be, but for the first, which is told after its snapshot.
    let events = std::fs::read_to_string(folder.join("events.csv")).unwrap();
    let leads = std::fs::read_to_string(folder.join("leads.csv")).unwrap();
    let mut lines = events.lines();
    let mut all = format!("{},attribute,to\n", lines.next().unwrap());
    lines.for_each(|line| all.push_str(&format!("{line},,\n")));
    let without = all.clone();
    for lead in leads.lines().skip(1) {
        let cells: Vec<&str> = lead.split(',').collect();
        let at = if cells[0] == "l0" { "2024-03-01T08:00:00Z" } else { cells[1] };
        let told = format!("{at},{at},s{},,,job_title,{}", cells[0], cells[2]);
        all.push_str(&format!("{},set,{told}\n", cells[0]));
    }
    write(folder, "events.csv", &all);
    let quiet = leadscore(folder, &["signals", "p.toml"]);
    let errors = one_line(&String::from_utf8(quiet.stderr).unwrap());
    assert!(!errors.contains("tells nothing"), "{errors}");
    // Nobody is told but one, as in a log of changes alone.
    write(
        folder,
        "events.csv",
        without + "l1,set,2024-01-03T08:00:00Z,2024-01-03T08:00:00Z,s1,,,job_title,CTO\n",
    );
    let says = "the history of \"job_title\" tells nothing of 119 of 120 snapshots, whose leads have a value today";
    warned(folder, &[says]);
    let report = json(folder, &["signals", "p.toml", "--json"]);
    assert!(report["warnings"].to_string().contains("tells nothing of 119"), "{report}");
    // Nothing can be told of leads that do not exist yet, as of a moment.
    succeed(folder, &["train", "p.toml", "--l2", "1", "--out", "m.bundle"]);
    let args = ["predict", "p.toml", "--model", "m.bundle", "--out", "p.csv"];
    let early = [&args[..], &["--as-of", "2024-01-10T00:00:00Z"]].concat();
    let shown = one_line(&succeed(folder, &early));
    assert!(shown.contains("\"job_title\" tells nothing of 4 of"), "{shown}");
    // What is set and cannot be read is no value either.
    let project = std::fs::read_to_string(folder.join("p.toml")).unwrap();
    write(folder, "p.toml", project.replace("[\"job_title\"]", "[\"job_title\", \"pages\"]"));
    for (lead, to) in [("l2", "many"), ("l3", "12")] {
        let at = "2024-01-09T08:00:00Z";
        append(folder, "events.csv", format!("{lead},set,{at},{at},p{lead},,,pages,{to}\n"));
    }
    let pages = "the history of \"pages\" tells nothing of 118 of 120 snapshots";
    warned(
        folder,
        &[pages, "it sets what cannot be read as the values of its column are, in 1 of 120"],
    );
}

#[test]
fn a_history_without_its_values_or_with_roles() {
    let folder = with_files();
    let folder = folder.path();
    let (mut leads, mut events) = (String::new(), String::new());
    let text = std::fs::read_to_string(folder.join("leads.csv")).unwrap();
    for (row, line) in text.lines().enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        let [id, day, title, ..] = cells[..] else { panic!("{line}") };
        if row == 0 {
            leads.push_str(&format!("{line},account\n"));
            events.push_str("lead_id,kind,at,known_at,event_id,attribute,old,to\n");
        } else {
            leads.push_str(&format!("{line},a{row}\n"));
            events.push_str(&format!("{id},page_view,{day},{day},v{row},,,\n"));
            events.push_str(&format!("{id},set,{day},{day},s{row},job_title,,{title}\n"));
        }
    }
    write(folder, "leads.csv", leads);
    write(folder, "events.csv", events);
    let history = |more: &str| {
        let section = format!("[events.history]\n{more}\n[outcomes]");
        edit(folder, "[outcomes]", &section);
    };
    history("attributes = [\"job_title\"]");
    unsaid(folder, "[events.history]");
    history("value = \"old\"\nattributes = [\"job_title\"]");
    let said = "warning: [events.history] value: \"old\" holds no value in 120 events of \"set\", and so their \
                attributes would be missing or wrong; \"to\" does: write value = \"to\"";
    warned(folder, &[said]);
    let text = std::fs::read_to_string(folder.join("events.csv")).unwrap();
    write(folder, "events.csv", text.replace("job_title,,", "job_title,crm,"));
    warned(
        folder,
        &[
            "\"old\" holds hardly a value that leads have in 120 events of \"set\"",
            "write value = \"to\"",
        ],
    );
    // What has a role is read from the leads, whatever events say of it.
    history("attributes = [\"job_title\", \"account\", \"created_at\", \"lead_id\"]");
    let project = std::fs::read_to_string(folder.join("p.toml")).unwrap();
    let account = "account = \"account\"\ncreated = ";
    write(folder, "p.toml", project.replace("created = ", account));
    let named = "attributes names what has a role among the leads: \"account\" (account), \"created_at\" \
                 (created), \"lead_id\" (id)";
    warned(folder, &[named, "take it out of attributes"]);
}
