//! Whether two words are one slip of the hand apart.

/// Whether `b` comes from `a` by one letter added, left out or replaced, or by two neighbours
/// swapped (Damerau-Levenshtein distance of exactly 1, without building the table).
pub(crate) fn one_slip(a: &[u8], b: &[u8]) -> bool {
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same..], &b[same..]);
    match a.len() as isize - b.len() as isize {
        0 if a.is_empty() => false,
        0 => a[1..] == b[1..] || (a.len() >= 2 && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..]),
        1 => a[1..] == *b,
        -1 => *a == b[1..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::one_slip;

    #[test]
    fn slips() {
        for (a, b) in [("manger", "manager"), ("enginer", "engineer"), ("dierctor", "director")] {
            assert!(one_slip(a.as_bytes(), b.as_bytes()), "{a}");
            assert!(one_slip(b.as_bytes(), a.as_bytes()), "{a}");
        }
        assert!(!one_slip(b"director", b"director"));
        assert!(!one_slip(b"", b""));
        assert!(!one_slip(b"dirctr", b"director"));
    }
}
