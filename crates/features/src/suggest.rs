//! "Did you mean": the nearest of the names that exist.

/// The candidate nearest to `name` by edit distance, if it is near enough to be a slip of the
/// keys: at most a third of the longer name's characters (at least one) differ, case aside.
pub fn did_you_mean<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted: Vec<char> = name.to_lowercase().chars().take(100).collect();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let lower: Vec<char> = candidate.to_lowercase().chars().take(100).collect();
            let distance = edit_distance(&wanted, &lower);
            let limit = (wanted.len().max(lower.len()) / 3).max(1);
            (distance <= limit).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// The end of a message about a name that does not exist: `; did you mean "industry"?`, or nothing
/// when no candidate is near.
pub fn hint<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    did_you_mean(name, candidates)
        .map_or_else(String::new, |near| format!("; did you mean {near:?}?"))
}

/// Levenshtein distance, one row at a time.
fn edit_distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_slips_only() {
        let names = ["job", "marital", "education", "Converted"];
        assert_eq!(did_you_mean("maritl", names), Some("marital"));
        assert_eq!(did_you_mean("converted", names), Some("Converted"));
        assert_eq!(did_you_mean("jbo", names), None);
        assert_eq!(did_you_mean("revenue", names), None);
        assert_eq!(did_you_mean("", []), None);
    }
}
