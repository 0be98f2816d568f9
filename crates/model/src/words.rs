//! Numbers as people read them.

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

#[cfg(test)]
mod tests {
    use super::*;

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
