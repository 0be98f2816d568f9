//! "Did you mean": the nearest of the names that exist.

/// Characters that a name has at least to be the beginning of another.
const BEGINNING: usize = 3;

/// The candidate nearest to `name` by edit distance, if it is near enough to be a slip of the
/// keys: at most a third of the longer name's characters (at least one) differ, case aside. Two
/// neighbours that were swapped are one slip. Where none is near, the shortest that begins with the
/// name as a word of its own: `won_at` for `won`.
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
            let longer = lower.strip_prefix(&wanted[..]).and_then(<[char]>::first);
            let begins = wanted.len() >= BEGINNING && longer.is_some_and(|c| !c.is_alphanumeric());
            (distance <= limit || begins).then_some((distance > limit, distance, candidate))
        })
        .min()
        .map(|(.., candidate)| candidate)
}

/// The end of a message about a name that does not exist: `; did you mean "industry"?`, or nothing
/// when no candidate is near.
pub fn hint<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    did_you_mean(name, candidates)
        .map_or_else(String::new, |near| format!("; did you mean {near:?}?"))
}

/// Names that [`hint_or_list`] lists.
const LISTED: usize = 20;

/// As [`hint`]; where no candidate is near, the candidates themselves, the first of them where there are
/// many: `; there are a, b, c`.
pub fn hint_or_list<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    let near = hint(name, candidates.clone());
    if !near.is_empty() {
        return near;
    }
    let mut all = candidates.into_iter();
    let listed: Vec<&str> = all.by_ref().take(LISTED).collect();
    match (listed.is_empty(), all.count()) {
        (true, _) => String::new(),
        (false, 0) => format!("; there are {}", listed.join(", ")),
        (false, more) => format!("; there are {} and {more} more", listed.join(", ")),
    }
}

/// The optimal string alignment distance: insertions, deletions, substitutions, and swaps of two
/// neighbours, where nothing is put into what was swapped. Three rows at a time.
fn edit_distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, cb) in b.iter().enumerate() {
            let substituted = last[j] + usize::from(ca != cb);
            let mut least = substituted.min(row[j] + 1).min(last[j + 1] + 1);
            if i > 0 && j > 0 && *ca == b[j - 1] && a[i - 1] == *cb {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_slips_only() {
        let names = ["job", "marital", "education", "Converted"];
        assert_eq!(did_you_mean("maritl", names), Some("marital"));
        assert_eq!(did_you_mean("converted", names), Some("Converted"));
        assert_eq!(did_you_mean("jbo", names), Some("job"));
        assert_eq!(did_you_mean("obj", names), None);
        assert_eq!(did_you_mean("revenue", names), None);
        assert_eq!(did_you_mean("", []), None);
    }

    #[test]
    fn suggests_names_that_begin_alike() {
        let names = ["won_at", "won_at_all", "wonder", "industry"];
        assert_eq!(did_you_mean("Won", names), Some("won_at"));
        assert_eq!(did_you_mean("wond", names), Some("wonder"));
        // A slip is nearer than a beginning; a letter or two begin too much.
        assert_eq!(did_you_mean("won", ["won_at", "one"]), Some("won_at"));
        assert_eq!(did_you_mean("job", ["job_title", "jobs"]), Some("jobs"));
        assert_eq!(did_you_mean("at", ["at_last", "industry"]), None);
    }

    #[test]
    fn a_swap_of_neighbours_is_one_slip() {
        let distance = |a: &str, b: &str| {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            let there = edit_distance(&letters(a), &letters(b));
            assert_eq!(there, edit_distance(&letters(b), &letters(a)), "{a} {b}");
            there
        };
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("email", "email", 0),
            ("emial", "email", 1),
            ("ab", "ba", 1),
            ("abcd", "badc", 2),
            ("kitten", "sitting", 3),
            // Nothing is put into what was swapped, so this is not 2.
            ("ca", "abc", 3),
            ("größe", "größe", 0),
            ("grßöe", "größe", 1),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
        assert_eq!(did_you_mean("emial", ["email", "employees"]), Some("email"));
        assert_eq!(hint("oen", ["one", "two"]), "; did you mean \"one\"?");
        assert_eq!(hint_or_list("oen", ["one", "two"]), "; did you mean \"one\"?");
        assert_eq!(hint_or_list("revenue", ["one", "two"]), "; there are one, two");
        assert!(hint_or_list("revenue", vec!["one"; 22]).ends_with(", one and 2 more"));
        assert_eq!(hint_or_list("revenue", []), "");
        // A swap is nearer than two other slips.
        assert_eq!(did_you_mean("soruce", ["source", "sorted"]), Some("source"));
    }
}
