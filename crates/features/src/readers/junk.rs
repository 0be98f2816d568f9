//! Whether what somebody typed as a name, of a person or a company, is junk: `asdf`, `test@test`,
//! `aaa`, `xkjfhw`.
//!
//! Rules find placeholders, walks over a keyboard, repeats, digits and signs; what is left is
//! compared with the letters of real names of many languages (`junk/trigrams.bin`, made by
//! `junk/estimate.py`). Accents are folded, and a name in another script is no junk for that: only
//! words for a test, repeats and keyboard walks count there. `Jennifer Null` is doubtful, no junk. A name of three letters says little; `Ng` and `Xi` are
//! names, and so are acronyms in capitals (`KPMG`).

use super::Explained;
use super::email::{self, EmailKind};
use super::fold::fold;

mod digits;
mod letters;
mod placeholder;
mod walk;

/// From this score on a name is junk.
pub const THRESHOLD: f64 = 0.5;
/// The score of a name that may be junk, and is none for want of more.
const DOUBTFUL: f64 = 0.4;
/// Characters of a name that are looked at.
const LIMIT: usize = 100;

/// How sure it is that a name is junk, from 0 to 1; 1 for an empty text.
pub fn score(name: &str) -> f64 {
    judge(name).0
}

/// Whether a name is junk: whether [`score`] reaches [`THRESHOLD`].
pub fn is_junk(name: &str) -> bool {
    score(name) >= THRESHOLD
}

/// Whether an email address is nobody's own: not of the form of one, at a domain that gives addresses
/// away, or with a placeholder or mashed keys before the `@` (`test@`, `none@`, `asdf@`).
pub fn is_junk_address(address: &str) -> bool {
    if matches!(email::kind(address), EmailKind::Invalid | EmailKind::Disposable) {
        return true;
    }
    let local = address.trim().split(['@', '+']).next().unwrap_or_default();
    // A letter alone may be an initial.
    local.chars().filter(|c| c.is_alphabetic()).count() > 1
        && matches!(judge(local).1, Reason::Placeholder | Reason::Repeats | Reason::Walk)
}

/// The [`score`] of a name, and what decided it.
pub fn explain(name: &str) -> Explained<f64> {
    let (value, reason) = judge(name);
    let why = match reason {
        Reason::Empty => "junk because it has no letters".to_owned(),
        Reason::Sign(sign) => format!("junk because no name has {sign:?} in it"),
        Reason::Digits => "junk because there are digits among the letters".to_owned(),
        Reason::Placeholder => "junk because it stands for a name that was not given".to_owned(),
        Reason::Repeats => "junk because letters repeat".to_owned(),
        Reason::Walk => "junk because it walks over neighbouring keys".to_owned(),
        Reason::Single => "junk because it is a single letter".to_owned(),
        Reason::Letters if value >= THRESHOLD => {
            "junk because its letters follow each other as in no name".to_owned()
        }
        Reason::Letters => "no junk because its letters follow each other as in names".to_owned(),
        Reason::Surname => {
            "no junk because its last word, which may stand for a name that was not given, is a \
             surname too"
                .to_owned()
        }
        Reason::OtherScript => "no junk because it is written in another script".to_owned(),
    };
    Explained { value, why }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Reason {
    Empty,
    Sign(char),
    Digits,
    Placeholder,
    Repeats,
    Walk,
    Single,
    Letters,
    Surname,
    OtherScript,
}

/// A name cut into words.
#[derive(Debug, Default)]
struct Name {
    /// Folded words with one space between.
    folded: String,
    /// Letters of scripts that do not fold, in lower case.
    other: Vec<char>,
    digits: bool,
    /// Whether all its Latin letters are capitals.
    capitals: bool,
    sign: Option<char>,
    /// Whether a letter has an accent that nobody types by chance.
    accents: bool,
    /// Whether it begins with a capital that a small letter follows.
    cased: bool,
}

impl Name {
    fn of(name: &str) -> Self {
        let mut cut = Self { capitals: true, ..Self::default() };
        cut.folded.reserve(name.len().min(LIMIT) + 4);
        for c in name.trim().chars().take(LIMIT) {
            if let Some(letters) = fold(c) {
                cut.accents |= !c.is_ascii() && !matches!(c, 'ñ' | 'Ñ' | 'ç' | 'Ç');
                cut.digits |= c.is_ascii_digit();
                cut.capitals &= !c.is_lowercase();
                cut.folded.push_str(letters);
            } else if c.is_alphabetic() {
                cut.other.extend(c.to_lowercase().take(1));
            } else {
                if matches!(c, '@' | '_' | '<' | '>' | '{' | '}' | '#' | '$' | '%' | '^' | '*')
                    || matches!(c, '=' | '\\' | '~' | '|' | ';' | '[' | ']')
                {
                    cut.sign = cut.sign.or(Some(c));
                }
                // An apostrophe joins: `O'Brien`.
                if !matches!(c, '\'' | '’' | '‘' | '`' | '´' | 'ʼ')
                    && !cut.folded.ends_with(' ')
                    && !cut.folded.is_empty()
                {
                    cut.folded.push(' ');
                }
            }
        }
        let mut first = name.trim().chars();
        cut.cased = first.next().is_some_and(char::is_uppercase)
            && first.next().is_some_and(char::is_lowercase);
        cut.folded.truncate(cut.folded.trim_end().len());
        cut
    }
}

/// What of a text is looked at.
fn cut(text: &str) -> &str {
    text.char_indices().nth(LIMIT).map_or(text, |(end, _)| &text[..end])
}

fn judge(text: &str) -> (f64, Reason) {
    let name = Name::of(text);
    if name.folded.is_empty() && name.other.is_empty() {
        return (1.0, Reason::Empty);
    }
    let mut surname = false;
    if placeholder::is_placeholder(&name.folded) && name.other.is_empty() {
        // Programs write `Ana null` where a surname is missing; people begin theirs with a capital.
        let capital =
            text.split_whitespace().next_back().is_some_and(|w| w.starts_with(char::is_uppercase));
        surname = capital && placeholder::may_be_surname(&name.folded);
        if !surname {
            return (1.0, Reason::Placeholder);
        }
    }
    if let Some(sign) = name.sign {
        return (0.95, Reason::Sign(sign));
    }
    if !name.other.is_empty() {
        return other_script(text, &name);
    }
    let words = || name.folded.split(' ');
    if !name.folded.bytes().any(|b| b.is_ascii_alphabetic()) {
        return (1.0, Reason::Empty);
    }
    if name.digits && !digits::may_have_digits(&name.folded, name.capitals) {
        return (0.95, Reason::Digits);
    }
    if name.folded.len() == 1
        || (words().count() > 1 && words().all(|word| word.len() == 1)) && !text.contains('&')
    // `H&M`
    {
        return (0.9, Reason::Single);
    }
    let letters = name.folded.bytes().filter(|b| *b != b' ').count();
    // `Henry III` repeats; `III` alone is none.
    let repeated: usize = words()
        .filter(|word| !(matches!(*word, "iii" | "viii" | "xiii") && letters > word.len() + 2))
        .filter(|word| walk::repeats(word.as_bytes()))
        .map(str::len)
        .sum();
    if repeated * 3 >= letters {
        return (0.95, Reason::Repeats);
    }
    let walked: usize = words().filter(|word| walk::is_walk(word.as_bytes())).map(str::len).sum();
    if walked * 3 >= letters {
        return (0.95, Reason::Walk);
    }
    if name.capitals && letters <= 4 && !name.folded.contains(' ') {
        return (0.2, Reason::Letters); // an acronym
    }
    // Who takes the trouble of an accent or a capital is less likely to mash the keys.
    let slack = if name.accents { 0.6 } else { 0.0 } + if name.cased { 0.15 } else { 0.0 };
    let strange = letters::strangeness(&name.folded, slack);
    if surname && strange < DOUBTFUL {
        return (DOUBTFUL, Reason::Surname);
    }
    (strange, Reason::Letters)
}

/// Names in scripts that are not Latin: only what no language does.
fn other_script(text: &str, name: &Name) -> (f64, Reason) {
    if placeholder::is_placeholder_of_other_script(cut(text)) {
        return (1.0, Reason::Placeholder);
    }
    let alike = name.other.windows(2).take_while(|pair| pair[0] == pair[1]).count() + 1;
    if alike >= 3 && alike == name.other.len() {
        return (0.95, Reason::Repeats);
    }
    if walk::is_walk_of_other_script(&name.other) {
        return (0.9, Reason::Walk);
    }
    if name.digits {
        return (0.8, Reason::Digits);
    }
    (0.05, Reason::OtherScript)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_nobody_are_junk() {
        for address in
            ["test@test.com", "none@none.com", "ASDF@gmail.com", "aaaa@x.es", "@x.com", "a@b"]
        {
            assert!(is_junk_address(address), "{address}");
        }
        for address in ["ana@x.com", "u5@corp5.com", "j@acme.com", "mia.li@x.org", "hrvoje@x.hr"] {
            assert!(!is_junk_address(address), "{address}");
        }
    }

    #[test]
    fn names_of_all_languages_are_no_junk() {
        for name in [
            "José Ñúñez",
            "Łukasz",
            "Nguyễn",
            "Zhang Wei",
            "王伟",
            "Мария",
            "محمد",
            "Ng",
            "Xi",
            "Li",
            "O'Brien",
            "Jean-Luc",
            "Wójcik",
            "Krzysztof",
            "Schwarz",
            "Szczepański",
            "Hrvoje",
            "Srđan",
            "Ngozi",
            "Nkechi",
            "Mbeki",
            "Tsvetkov",
            "Bjørn",
            "Þór",
            "KPMG",
            "Acme S.L.",
            "Henry VIII",
            "3M",
            "J. Smith",
            "Asa",
            "Wert",
            "Ana",
            "Aaron",
            "García García",
            "Δημήτρης",
            "김민수",
            "IBM",
            "Jo",
            "De la Cruz",
            // Basque, Welsh, Croatian, Nahuatl, Quechua: letters that follow each other nowhere else.
            "Itxaso Etxebarria",
            "Txomin",
            "Kepa Atutxa",
            "Pitxu Garmendia",
            "Josetxo Erdozia",
            "Lutxi Olasagasti",
            "Andoni Txasko",
            "Rhys Llwyd",
            "Myfanwy Rhys",
            "Cwmbran Pryce",
            "Hrvoje Vrgoč",
            "Srđ Krmpotić",
            "Xochitl Tlaxcala",
            "Itzcóatl Ixtlilxóchitl",
            "Citlalmina Tzompantzi",
            "Yhosmar Qquelcca",
            "Jhoselyn Ttica",
            "Jennifer Null",
            "BOB NULL",
            "Mike Tester",
            "Тестов",
            "Иван Фываев",
        ] {
            assert!(!is_junk(name), "{name}: {:?}", explain(name));
        }
    }

    #[test]
    fn junk_is_found() {
        for name in [
            "asdf",
            "qwerty",
            "qazwsx",
            "12345",
            "xkjfhw",
            "test@test",
            "aaa",
            "foo bar",
            "no name",
            "J0hn",
            "maria123",
            "",
            "-",
            "🙂",
            "asdasd",
            "Test User",
            "x",
            "sin nombre",
            "qwe",
            "lkjhg",
            "abc",
            "dfgdfg",
            "йцукен",
            "n/a",
            "zzzz zzzz",
            "hjkl",
            "blah blah",
            "null",
            "Tester",
            "Test Tester",
            "Beta Tester",
            "Ana null",
            "тест",
            "Тест Иванов",
            "测试",
            "测试用户",
            "テスト",
            "اختبار",
            "ыфваыфва",
            "фыва",
            "ㅁㄴㅇㄹ",
            "ㅋㅋ",
            "شسيب",
            "yo mismo",
            "fuck you",
        ] {
            assert!(is_junk(name), "{name}: {:?}", explain(name));
        }
    }

    #[test]
    fn the_reason_is_said() {
        assert!(explain("asdf").why.contains("neighbouring keys"));
        assert!(explain("Мария").why.contains("another script"));
        assert!(explain("ana@perez").why.contains('@'));
    }
}
