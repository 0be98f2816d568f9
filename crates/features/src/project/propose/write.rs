//! Writing TOML that people read: every name quoted where it must be, every comment one line.

use std::fmt::Write as _;

/// The lines of a file.
#[derive(Debug, Default)]
pub(super) struct Lines {
    text: String,
}

impl Lines {
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A comment. What names brought with them cannot end it: a comment holds no control
    /// characters.
    pub(super) fn comment(&mut self, comment: &str) {
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        let comment: String = comment.chars().map(plain).collect();
        self.line(&format!("# {comment}"));
    }

    /// The header of a table, what it is for above it.
    pub(super) fn section(&mut self, header: &str, comment: &str) {
        self.blank();
        self.comment(comment);
        self.line(header);
    }

    /// A key and a text.
    pub(super) fn pair(&mut self, key: &str, text: &str, why: &str) {
        self.line(&format!("{key} = {}  # {why}", quoted(text)));
    }

    /// A key and a column, or that there is none.
    pub(super) fn found(&mut self, key: &str, column: Option<&str>, why: &str) {
        match column {
            Some(column) => self.pair(key, column, why),
            None => self.comment(&format!("{key} = \"...\"  NOT FOUND: {why}")),
        }
    }

    /// The files, each once; the usual one where none is known.
    pub(super) fn files(&mut self, files: &[String], usual: &str) {
        let mut names: Vec<&str> = Vec::new();
        for file in files {
            let plain = |name: &str| name.strip_prefix("./").unwrap_or(name).to_owned();
            if !file.trim().is_empty() && !names.iter().any(|name| plain(name) == plain(file)) {
                names.push(file);
            }
        }
        if names.is_empty() {
            names.push(usual);
        }
        self.line(&format!(
            "files = {}  # relative to this file; globs like 2025-*.csv too",
            list(&names)
        ));
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// A basic string of TOML.
pub(super) fn quoted(text: &str) -> String {
    let mut found = String::with_capacity(text.len() + 2);
    found.push('"');
    for c in text.chars() {
        match c {
            '"' => found.push_str("\\\""),
            '\\' => found.push_str("\\\\"),
            '\n' => found.push_str("\\n"),
            '\t' => found.push_str("\\t"),
            c if c.is_control() => {
                // Writing to a String cannot fail.
                let _ = write!(found, "\\u{:04X}", u32::from(c));
            }
            c => found.push(c),
        }
    }
    found.push('"');
    found
}

/// A key of TOML: bare where it can be.
pub(super) fn key(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !text.is_empty() && text.chars().all(bare) { text.to_owned() } else { quoted(text) }
}

/// A list of strings, each once.
pub(super) fn list(texts: &[&str]) -> String {
    let mut seen = std::collections::HashSet::new();
    let items: Vec<String> =
        texts.iter().filter(|text| seen.insert(**text)).map(|text| quoted(text)).collect();
    format!("[{}]", items.join(", "))
}
