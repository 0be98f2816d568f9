//! docs/points.md says what is so: every set in it can be used, and every mistake is told in its words.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Alone, schema, to_json};
use leadscore_model::ScorerError;
use leadscore_model::points::{DocumentError, RuleSet};

fn blocks() -> Vec<(String, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/points.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        blocks.push((language.to_owned(), block.join("\n") + "\n"));
    }
    blocks
}

/// A block that names itself is a whole set. Any other is a part of one: it gets a name and a
/// version before it and, where it has no rule, rules after it that count any event: one in each of
/// its groups, and one in none.
fn completed(block: &str) -> String {
    if block.starts_with("name = ") {
        return block.to_owned();
    }
    let mut text = format!("name = \"part\"\nversion = \"1\"\n{block}");
    let json = to_json(&text);
    if json.get("rule").is_none() {
        let groups = json.get("group").and_then(|groups| groups.as_array());
        for group in groups.into_iter().flatten() {
            let name = &group["name"];
            text += &format!("[[rule]]\nname = {name}\ngroup = {name}\neach = \"*\"\npoints = 1\n");
        }
        text += "[[rule]]\nname = \"any\"\neach = \"*\"\npoints = 1\n";
    }
    text
}

fn used(text: &str) -> Result<(), DocumentError> {
    let set = RuleSet::parse("points.md", text)?;
    match Alone::new(&set) {
        Ok(_) => Ok(()),
        Err(ScorerError::RuleSet(error)) => Err(error),
        Err(error) => panic!("{error}\n{text}"),
    }
}

#[test]
fn every_set_can_be_used() {
    let blocks = blocks();
    let sets: Vec<String> =
        blocks.iter().filter(|(l, _)| l == "toml").map(|(_, block)| completed(block)).collect();
    assert!(sets.len() > 15, "{}", sets.len());
    for text in sets {
        used(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let json = to_json(&text);
        let errors: Vec<String> = schema().iter_errors(&json).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{text}");
    }
}

#[test]
fn every_mistake_is_told_in_these_words() {
    let blocks = blocks();
    let mut found = 0;
    for pair in blocks.windows(2).filter(|pair| pair[0].0 == "toml wrong") {
        let [(_, block), (language, words)] = pair else { continue };
        assert_eq!(language, "text", "a mistake and what is said of it");
        let error = used(&completed(block)).expect_err(block);
        let told: Vec<&str> = error.mistakes.iter().map(|m| m.message.as_str()).collect();
        assert_eq!(told, words.lines().collect::<Vec<_>>(), "{block}");
        found += 1;
    }
    assert!(found >= 8, "{found}");
}
