//! A project of 120 leads, to be spoilt.

use std::path::Path;

use super::*;

/// A small project.
pub const PROJECT: &str = r#"observed_until = 2025-01-01T00:00:00Z
[leads]
files = ["leads.csv"]
id = "lead_id"
created = "created_at"
[events]
files = ["events.csv"]
known_at = "known_at"
id = "event_id"
[outcomes]
files = ["outcomes.csv"]
lead = "lead_id"
converted = "converted_at"
[snapshots]
at = "created + 14d"
horizon = "90d"
[signals]
views = { count = "page_view" }
"#;

/// Leads that can be trained on: 120, of which every second converts, with an event each.
pub fn files(folder: &Path) {
    let mut leads = String::from("lead_id,created_at,job_title,pages\n");
    let mut events = String::from("lead_id,kind,at,known_at,event_id,page,value\n");
    let mut outcomes = String::from("lead_id,converted_at\n");
    for i in 0..120 {
        let (month, day) = (i / 14 + 1, i % 14 * 2 + 1);
        let won = format!("2024-{:02}-{day:02}T08:00:00Z", month + 2);
        let day = format!("2024-{month:02}-{day:02}T08:00:00Z");
        leads.push_str(&format!("l{i},{day},{},{}\n", ["CEO", "CTO", "Intern"][i % 3], i % 7));
        for n in 0..=i % 4 {
            events.push_str(&format!("l{i},page_view,{day},{day},e{i}-{n},/p{n},{n}\n"));
        }
        outcomes.push_str(&format!("l{i},{}\n", if i % 2 == 0 { &won } else { "" }));
    }
    write(folder, "leads.csv", leads);
    write(folder, "events.csv", events);
    write(folder, "outcomes.csv", outcomes);
    write(folder, "p.toml", PROJECT);
}

/// A folder with the project and its files.
pub fn with_files() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path());
    folder
}

/// The words of a text.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Both commands refuse, say all of this, and leave nothing behind.
pub fn refused(folder: &Path, says: &[&str]) {
    let before = std::fs::read_dir(folder).unwrap().count();
    for args in [&["signals", "p.toml", "--out", "v.csv"][..], &["train", "p.toml"]] {
        let error = one_line(&fail(folder, args, 1));
        for part in says {
            assert!(error.contains(part), "{args:?}: {part:?} is not in: {error}");
        }
    }
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), before, "something was written");
}

/// Both commands work, and warn of all this.
pub fn warned(folder: &Path, says: &[&str]) {
    for args in [&["signals", "p.toml"][..], &["train", "p.toml", "--l2", "1"]] {
        let output = leadscore(folder, args);
        let errors = one_line(&String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{args:?}: {errors}");
        for part in says {
            assert!(errors.contains(part), "{args:?}: {part:?} is not in: {errors}");
        }
    }
}

/// Writes more at the end of a file.
pub fn append(folder: &Path, name: &str, lines: impl AsRef<[u8]>) {
    let mut bytes = std::fs::read(folder.join(name)).unwrap();
    bytes.extend_from_slice(lines.as_ref());
    write(folder, name, bytes);
}

/// Writes the project with a change.
pub fn edit(folder: &Path, from: &str, to: &str) {
    assert!(PROJECT.contains(from), "{from:?} is not in the project");
    write(folder, "p.toml", PROJECT.replace(from, to));
}
