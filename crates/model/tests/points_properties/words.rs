//! Texts made of the words of the grammar.

use leadscore_model::points::RuleSet;
use proptest::prelude::*;
use proptest::sample::select;

use crate::common::{Alone, Lead, schema, to_json};
use crate::random::NOW;

const WORDS: [&str; 104] = [
    "name",
    "version",
    "description",
    "hand_off",
    "missing",
    "signals",
    "scale",
    "bands",
    "band",
    "grade",
    "stages",
    "funnel",
    "group",
    "groups",
    "score",
    "rule",
    "exclude",
    "[[rule]]\n",
    "[[group]]\n",
    "[[score]]\n",
    "[[band]]\n",
    "[[exclude]]\n",
    "[signals]\n",
    "[scale]\n",
    "[bands]\n",
    "[grade]\n",
    "[stages]\n",
    "[funnel]\n",
    "[missing]\n",
    "each",
    "once",
    "idle",
    "signal",
    "when",
    "points",
    "where",
    "window",
    "first",
    "by",
    "decay",
    "expires",
    "every",
    "table",
    "otherwise",
    "floor",
    "cap",
    "rescale",
    "from",
    "to",
    "below",
    "above",
    "at_least",
    "at_most",
    "equals",
    "in",
    "contains",
    "glob",
    "all",
    "any",
    "not",
    "half_life",
    "linear",
    "steps",
    "after",
    "keep",
    "enter",
    "leave",
    "warm",
    "hot",
    "action",
    "letter",
    "number",
    "count",
    "sum",
    "of",
    "attribute",
    "seniority",
    "persona",
    "=",
    "=",
    "=",
    "=",
    ",",
    ",",
    "{",
    "}",
    "[",
    "]",
    "\n",
    "\n",
    ".",
    "\"\"",
    "\"a\"",
    "\"30d\"",
    "\"*\"",
    "\"view\"",
    "true",
    "0",
    "1",
    "-5",
    "2.5",
    "1e9",
    "-1e99",
    "nan",
];

pub(crate) fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        20 => select(WORDS.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
    ]
}

/// A text cut where its words end; put together again it is the same.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let of_word = |c: char| c.is_alphanumeric() || c == '_';
    for c in text.chars() {
        match tokens.last_mut() {
            Some(last) if of_word(c) && last.chars().all(of_word) => last.push(c),
            _ => tokens.push(c.to_string()),
        }
    }
    tokens
}

/// Reads a text as a rule set, and uses what can be used.
pub(crate) fn used(text: &str, lead: &Lead) {
    match RuleSet::parse("words.toml", text) {
        Err(error) => {
            assert!(!error.mistakes.is_empty(), "refused without a word: {text}");
            assert!(error.mistakes.iter().all(|m| m.at.line >= 1 && m.at.column >= 1));
        }
        Ok(set) => {
            if let Ok(alone) = Alone::new(&set) {
                // A slip may have made another type of an attribute.
                let lead = Lead { attributes: serde_json::Map::new(), ..lead.clone() };
                alone.find(&lead, NOW);
            }
            let errors: Vec<_> =
                schema().iter_errors(&to_json(text)).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "the schema refuses what can be used: {errors:?}\n{text}");
            let printed = set.to_toml();
            let again = RuleSet::parse("printed.toml", &printed);
            assert_eq!(again.as_ref(), Ok(&set), "{printed}");
        }
    }
}
