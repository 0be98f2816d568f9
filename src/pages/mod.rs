//! Pages for people: one file each that needs nothing else, neither a network nor a server. Data goes
//! in as JSON and is set as text; the policy in the page lets nothing be fetched.

use anyhow::{Context, Result, anyhow};
use serde::Serialize;

use crate::args::Language;

const STYLE: &str = include_str!("style.css");
const COMPARE: &str = include_str!("compare.html");
/// The parts of the script of a comparison, in their order.
const COMPARE_SCRIPT: [&str; 14] = [
    include_str!("compare/01_words.js"),
    include_str!("compare/02_dom.js"),
    include_str!("compare/03_state.js"),
    include_str!("compare/04_answer.js"),
    include_str!("compare/05_figures.js"),
    include_str!("compare/06_chart.js"),
    include_str!("compare/07_places.js"),
    include_str!("compare/08_list.js"),
    include_str!("compare/09_csv.js"),
    include_str!("compare/10_thresholds.js"),
    include_str!("compare/11_segments.js"),
    include_str!("compare/12_rules.js"),
    include_str!("compare/13_made.js"),
    include_str!("compare/14_main.js"),
];
const ENGLISH: &str = include_str!("en.json");
const SPANISH: &str = include_str!("es.json");

/// A page to be filled.
pub(crate) struct Page<'a> {
    skeleton: &'static str,
    script: &'static [&'static str],
    language: Language,
    title: &'a str,
}

impl<'a> Page<'a> {
    /// The page of a comparison of what is named in the title.
    pub(crate) fn comparison(language: Language, title: &'a str) -> Self {
        Self { skeleton: COMPARE, script: &COMPARE_SCRIPT, language, title }
    }

    /// The page with its data.
    pub(crate) fn filled(&self, data: &impl Serialize) -> Result<String> {
        let (code, words) = match self.language {
            Language::En => ("en", ENGLISH),
            Language::Es => ("es", SPANISH),
        };
        let data = serde_json::to_string(data).context("the page's data")?;
        let script = self.script.join("\n");
        let mut page = String::with_capacity(data.len() + 200_000);
        let mut rest = self.skeleton;
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
                "words" => page.push_str(&within_script(words)),
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
pub(crate) fn escaped(text: &str) -> String {
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
        assert_eq!(keys(ENGLISH), keys(SPANISH));
    }
}
