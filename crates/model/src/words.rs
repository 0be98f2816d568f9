//! Numbers as people read them.

/// A number of rows of which some are shared with others: whole as [`count`] has it, else with one decimal.
pub fn shared_count(rows: f64) -> String {
    let whole = rows.round();
    if (rows - whole).abs() < 1e-6 { count(whole as usize) } else { format!("{rows:.1}") }
}

/// A whole number with thousands apart: 41,188.
pub fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The form of a verb, or of whatever else, that goes with a number: `1 row is`, `2 rows are`.
pub fn verb(number: usize, one: &'static str, many: &'static str) -> &'static str {
    if number == 1 { one } else { many }
}

/// So many of what a word says: "1 row", "2 rows".
pub fn plural(number: usize, word: &str) -> String {
    format!("{} {word}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A share as a percentage: one digit after the point, two below one per cent.
pub fn percent(share: f64) -> String {
    let percent = 100.0 * share + 0.0; // no -0.0
    if percent != 0.0 && percent.abs() < 1.0 {
        format!("{percent:.2} %")
    } else {
        format!("{percent:.1} %")
    }
}

/// A word of a command as a POSIX shell reads it: `my leads.csv` as `'my leads.csv'`.
pub fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Names as the list that options such as `--drop` take, for a shell: `'job title,age'`.
pub fn shell_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    shell_word(&names.into_iter().collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_part_them() {
        assert_eq!(shell_word("data/bank.csv"), "data/bank.csv");
        assert_eq!(shell_word("my leads.csv"), "'my leads.csv'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_list(["Marital Status", "age"]), "'Marital Status,age'");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(41_188), "41,188");
        assert_eq!(count(999), "999");
        assert_eq!(plural(1, "row"), "1 row");
        assert_eq!(plural(2_000, "row"), "2,000 rows");
        assert_eq!(percent(0.1127), "11.3 %");
        assert_eq!(percent(0.00123), "0.12 %");
        assert_eq!(percent(0.0), "0.0 %");
    }
}
