//! Walks over a keyboard, and repeats.

/// Rows of keyboards, columns of one, and the alphabet.
const PATHS: &[&[u8]] = &[
    b"qwertyuiop",
    b"asdfghjkl",
    b"zxcvbnm",
    b"azertyuiop",
    b"qsdfghjklm",
    b"wxcvbn",
    b"qwertz",
    b"1234567890",
    b"abcdefghijklmnopqrstuvwxyz",
    b"qaz",
    b"wsx",
    b"edc",
    b"rfv",
    b"tgb",
    b"yhn",
    b"ujm",
    b"yxcvbnm",
];
/// Words that walk and are names or words.
const REAL: &[&str] = &[
    "tre", "wert", "werth", "poi", "ert", "def", "stu", "nop", "mno", "rst", "were", "fed", "tuv",
    "hij", "uio", "rew", "rewe", "lkm", "ghi", "pon", "pono", "cde", "wer", "oiu", "tres", "nmo",
    "onm", "port", "uvw", "kjm", "cba", "dsa", "dfs", "tyre", "pop", "erti",
];

/// Whether a word is made of steps to neighbouring keys: runs of three or more keys along a path,
/// in one direction, that make up nearly all of it.
pub(super) fn is_walk(word: &[u8]) -> bool {
    if word.len() < 3 || REAL.iter().any(|real| real.as_bytes() == word) {
        return false;
    }
    if word.len() >= 6 && word.iter().all(|b| b"asdf".contains(b)) {
        return true; // `sadsad`: the left hand at rest.
    }
    let (mut at, mut covered, mut longest) = (0, 0, 0);
    while at < word.len() {
        let run = PATHS.iter().map(|path| run(path, &word[at..])).max().unwrap_or(0);
        if run >= 3 {
            covered += run;
            longest = longest.max(run);
            at += run;
        } else {
            at += 1;
        }
    }
    let left = word.len() - covered;
    covered > 0 && (left == 0 || (longest >= 4 && left <= 1) || covered >= 5 * left)
}

/// Rows of keyboards of other scripts, in the order of their keys from the left.
const OTHER_PATHS: &[&str] = &[
    "йцукенгшщзхъ",
    "фывапролджэ",
    "ячсмитьбю",
    "ضصثقفغعهخحج",
    "شسيبلاتنمك",
    "ςερτυθιοπ",
    "ασδφγηξκλ",
    "שדגכעיחלך",
];

/// Whether letters of a script that does not fold are a walk: a piece of a row, five neighbours
/// within a longer text, the left hand at rest, or single letters of Hangul, which makes names of
/// syllables.
pub(super) fn is_walk_of_other_script(letters: &[char]) -> bool {
    if letters.len() < 4 {
        return letters.len() > 1 && letters.iter().all(is_jamo);
    }
    // No letter stands twice in a row.
    let follows = |row: &str, keys: &[char]| {
        let at = keys.first().and_then(|key| row.find(*key));
        at.is_some_and(|at| row[at..].chars().take(keys.len()).eq(keys.iter().copied()))
    };
    let walks =
        |row: &str| follows(row, letters) || letters.windows(5).any(|five| follows(row, five));
    let rest = ['ф', 'ы', 'в', 'а'];
    let at_rest =
        || letters.iter().all(|c| rest.contains(c)) && rest.iter().all(|key| letters.contains(key));
    OTHER_PATHS.iter().any(|row| walks(row)) || at_rest() || letters.iter().all(is_jamo)
}

fn is_jamo(c: &char) -> bool {
    matches!(c, '\u{3131}'..='\u{318e}')
}

/// How many letters at the start of a word follow a path, forwards or backwards.
fn run(path: &[u8], word: &[u8]) -> usize {
    let position = |b: &u8| path.iter().position(|key| key == b);
    let mut keys = word.iter().map(position);
    let (Some(Some(first)), second) = (keys.next(), keys.next()) else { return 0 };
    let Some(Some(second)) = second else { return 1 };
    let forwards = second == first + 1;
    if !forwards && first != second + 1 {
        return 1;
    }
    let (mut last, mut length) = (second, 2);
    for key in keys {
        match key {
            Some(key) if forwards && key == last + 1 => last = key,
            Some(key) if !forwards && key + 1 == last => last = key,
            _ => break,
        }
        length += 1;
    }
    length
}

/// Whether a word is one letter again and again, has a letter three times in a row, or is a piece
/// three times (`lalala`). Twice is a name (`Berber`, `Sciascia`); walks are told elsewhere.
pub(super) fn repeats(word: &[u8]) -> bool {
    if word.len() >= 2 && word.iter().all(|b| *b == word[0]) && word != b"oo" && word != b"ee" {
        return true;
    }
    if word.windows(3).any(|three| three[0] == three[1] && three[1] == three[2]) {
        return true;
    }
    (2..=word.len() / 3).any(|piece| word[piece..].iter().zip(word).all(|(a, b)| a == b))
}
