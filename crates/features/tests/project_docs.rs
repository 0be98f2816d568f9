//! docs/project.md says what is so: every project in it is read, and no measure is missing from it.

#![allow(clippy::unwrap_used)]

use leadscore_features::project::Project;

fn text() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/project.md");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn projects_of_the_documentation_are_read() {
    let text = text();
    let blocks: Vec<&str> =
        text.split("```toml\n").skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 4);
    for block in blocks {
        let read = Project::parse("docs/project.md", block);
        assert!(read.is_ok(), "{}", read.err().unwrap());
    }
}

#[test]
fn no_measure_is_missing() {
    // A measure that there is none of is told with all that there are.
    let wrong = "[leads]\nfiles = [\"l.csv\"]\nid = \"id\"\n[signals]\nx = { zzzzzz = \"y\" }\n";
    let told = Project::parse("p.toml", wrong).unwrap_err().to_string();
    let all = told.split("it is one of ").nth(1).unwrap().lines().next().unwrap();
    let text = text();
    let measures: Vec<&str> = all.split(", ").collect();
    assert!(measures.len() > 25, "{told}");
    for measure in measures {
        assert!(text.contains(&format!("{{ {measure} = ")), "{measure}");
        assert!(text.contains(&format!("`{measure}`")), "{measure}");
    }
}
