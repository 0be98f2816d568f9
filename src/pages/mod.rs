//! Pages for people: one file each that needs nothing else, neither a network nor a server. Data goes
//! in as JSON and is set as text; the policy in the page lets nothing be fetched.

use anyhow::{Context, Result, anyhow};
use serde::Serialize;

use crate::args::Language;

const STYLE: &str = include_str!("style.css");
const SKELETON: &str = include_str!("page.html");

/// The parts of a page's script in their order, and its words in English and in Spanish.
struct Parts {
    script: &'static [&'static str],
    words: &'static [[&'static str; 2]],
}

const COMPARISON: Parts = Parts {
    script: &[
        include_str!("common/01_words.js"),
        include_str!("common/02_dom.js"),
        include_str!("common/03_picture.js"),
        include_str!("common/04_made.js"),
        include_str!("compare/01_state.js"),
        include_str!("compare/02_answer.js"),
        include_str!("compare/03_figures.js"),
        include_str!("compare/04_chart.js"),
        include_str!("compare/05_places.js"),
        include_str!("compare/06_list.js"),
        include_str!("compare/07_csv.js"),
        include_str!("compare/08_thresholds.js"),
        include_str!("compare/09_segments.js"),
        include_str!("compare/10_rules.js"),
        include_str!("compare/11_made.js"),
        include_str!("compare/12_main.js"),
    ],
    words: &[
        [include_str!("common/en.json"), include_str!("common/es.json")],
        [include_str!("compare/en.json"), include_str!("compare/es.json")],
    ],
};
const MODEL_CARD: Parts = Parts {
    script: &[
        include_str!("common/01_words.js"),
        include_str!("common/02_dom.js"),
        include_str!("common/03_picture.js"),
        include_str!("common/04_made.js"),
        include_str!("model/01_data.js"),
        include_str!("model/02_answer.js"),
        include_str!("model/03_reached.js"),
        include_str!("model/04_signals.js"),
        include_str!("model/05_curves.js"),
        include_str!("model/06_pairs.js"),
        include_str!("model/07_doubts.js"),
        include_str!("model/08_made.js"),
        include_str!("model/09_main.js"),
    ],
    words: &[
        [include_str!("common/en.json"), include_str!("common/es.json")],
        [include_str!("model/en.json"), include_str!("model/es.json")],
    ],
};

const RULE_CARD: Parts = Parts {
    script: &[
        include_str!("common/01_words.js"),
        include_str!("common/02_dom.js"),
        include_str!("common/03_picture.js"),
        include_str!("common/04_made.js"),
        include_str!("rules/01_answer.js"),
        include_str!("rules/02_rules.js"),
        include_str!("rules/03_scores.js"),
        include_str!("rules/04_main.js"),
    ],
    words: &[
        [include_str!("common/en.json"), include_str!("common/es.json")],
        [include_str!("rules/en.json"), include_str!("rules/es.json")],
    ],
};

/// A page to be filled.
pub(crate) struct Page<'a> {
    parts: &'static Parts,
    language: Language,
    title: &'a str,
}

impl<'a> Page<'a> {
    /// The page of a comparison of what is named in the title.
    pub(crate) fn comparison(language: Language, title: &'a str) -> Self {
        Self { parts: &COMPARISON, language, title }
    }

    /// The card of the model that is named in the title.
    pub(crate) fn model_card(language: Language, title: &'a str) -> Self {
        Self { parts: &MODEL_CARD, language, title }
    }

    /// The cards of the rule sets that are named in the title.
    pub(crate) fn rule_card(language: Language, title: &'a str) -> Self {
        Self { parts: &RULE_CARD, language, title }
    }

    /// The page with its data.
    pub(crate) fn filled(&self, data: &impl Serialize) -> Result<String> {
        let (code, language) = match self.language {
            Language::En => ("en", 0),
            Language::Es => ("es", 1),
        };
        let words: Vec<&str> = self.parts.words.iter().map(|words| words[language]).collect();
        let words = format!("[{}]", words.join(","));
        let data = serde_json::to_string(data).context("the page's data")?;
        let script = self.parts.script.join("\n");
        let mut page = String::with_capacity(data.len() + 200_000);
        let mut rest = SKELETON;
        while let Some((before, after)) = rest.split_once("{{") {
            let (mark, after) = after
                .split_once("}}")
                .ok_or_else(|| anyhow!("a mark of the page is not closed"))?;
            page.push_str(before);
            match mark {
                "lang" => page.push_str(code),
                "title" => page.push_str(&escaped(self.title)),
                "style" => page.push_str(STYLE),
                "script" => page.push_str(&script),
                "words" => page.push_str(&within_script(&words)),
                "data" => page.push_str(&within_script(&data)),
                other => return Err(anyhow!("the page has an unknown mark {other:?}")),
            }
            rest = after;
        }
        page.push_str(rest);
        Ok(page)
    }
}

/// JSON that cannot end the element that it stands in: `<` occurs in strings alone.
fn within_script(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// A text that cannot be taken for markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_page_stays_text() {
        let page = Page::comparison(Language::Es, "a <b> & \"c\"");
        let data = serde_json::json!({"id": "</script><script>alert(1)</script>{{style}}"});
        let page = page.filled(&data).unwrap();
        assert!(page.contains("a &lt;b&gt; &amp; &quot;c&quot;"));
        assert!(page.contains(r"\u003c/script>\u003cscript>alert(1)\u003c/script>{{style}}"));
        assert!(page.contains("<html lang=\"es\""));
    }

    #[test]
    fn both_languages_have_the_same_words() {
        let keys = |words: &str| -> Vec<String> {
            let words: serde_json::Value = serde_json::from_str(words).unwrap();
            let mut keys: Vec<String> = words.as_object().unwrap().keys().cloned().collect();
            keys.sort_unstable();
            keys
        };
        let parts = [&COMPARISON, &MODEL_CARD, &RULE_CARD];
        for [english, spanish] in parts.iter().flat_map(|parts| parts.words) {
            assert_eq!(keys(english), keys(spanish));
        }
    }
}
