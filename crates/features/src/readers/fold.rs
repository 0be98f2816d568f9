//! Letters without case and accents.

use std::borrow::Cow;

/// The plain letters of a letter of the Latin alphabet, in lower case; `None` for a character that
/// is no Latin letter or digit. Combining accents fold to nothing.
pub(crate) fn fold(c: char) -> Option<&'static str> {
    const ASCII: &str = "0123456789abcdefghijklmnopqrstuvwxyz";
    let at = match c {
        '0'..='9' => c as usize - '0' as usize,
        'a'..='z' => c as usize - 'a' as usize + 10,
        'A'..='Z' => c as usize - 'A' as usize + 10,
        _ => return fold_accented(c),
    };
    ASCII.get(at..=at)
}

fn fold_accented(c: char) -> Option<&'static str> {
    Some(match c {
        'à'..='å' | 'À'..='Å' | 'Ā'..='ą' | 'ǎ' | 'ª' | 'ạ'..='ặ' | 'Ạ' => "a",
        'æ' | 'Æ' => "ae",
        'ç' | 'Ç' | 'Ć'..='č' => "c",
        'Ď'..='đ' | 'ð' | 'Ð' => "d",
        'è'..='ë' | 'È'..='Ë' | 'Ē'..='ě' | 'ə' | 'Ə' | 'Ẹ'..='ệ' => "e",
        'Ĝ'..='ģ' | 'ǧ' => "g",
        'Ĥ'..='ħ' => "h",
        'ì'..='ï' | 'Ì'..='Ï' | 'Ĩ'..='ı' | 'ǐ' | 'Ỉ'..='ị' => "i",
        'Ĵ' | 'ĵ' => "j",
        'Ķ'..='ĸ' => "k",
        'Ĺ'..='ł' => "l",
        'ñ' | 'Ñ' | 'Ń'..='ŋ' => "n",
        'ò'..='ö' | 'ø' | 'Ò'..='Ö' | 'Ø' | 'Ō'..='ő' | 'ǒ' | 'º' | 'ơ' | 'Ơ' | 'Ọ'..='ợ' => {
            "o"
        }
        'Œ' | 'œ' => "oe",
        'Ŕ'..='ř' => "r",
        'Ś'..='š' | 'ș' | 'Ș' | 'ſ' => "s",
        'ß' | 'ẞ' => "ss",
        'Ţ'..='ŧ' | 'ț' | 'Ț' => "t",
        'þ' | 'Þ' => "th",
        'ù'..='ü' | 'Ù'..='Ü' | 'Ũ'..='ų' | 'ǔ' | 'ư' | 'Ư' | 'Ụ'..='ự' => "u",
        'Ŵ' | 'ŵ' | 'Ẁ'..='ẅ' => "w",
        'ý' | 'ÿ' | 'Ý' | 'Ŷ'..='Ÿ' | 'Ỳ'..='ỹ' => "y",
        'Ź'..='ž' => "z",
        '\u{300}'..='\u{36f}' => "",
        _ => return None,
    })
}

/// A text folded: Latin letters without case and accents, digits, and one space for everything
/// between them. Looks at no more than `limit` characters.
pub(crate) fn folded(text: &str, limit: usize) -> String {
    folded_chars(text.chars().take(limit), text.len().min(limit) + 1)
}

/// As [`folded`], of all characters that are given; `room` is about how many.
pub(crate) fn folded_chars(chars: impl Iterator<Item = char>, room: usize) -> String {
    let mut out = String::with_capacity(room);
    for c in chars {
        match fold(c) {
            Some(plain) => out.push_str(plain),
            None if out.ends_with(' ') || out.is_empty() => {}
            None => out.push(' '),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// A text without case and accents, and everything else as it is: two texts that come to the same
/// are the same to people.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match fold(c) {
            Some(letters) => out.push_str(letters),
            None => out.extend(c.to_lowercase()),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::{folded, plain};

    #[test]
    fn texts_alike_to_people_are_the_same() {
        assert_eq!(plain("MÁLAGA"), plain("malaga"));
        assert_eq!(plain("A Coruña, 2*"), "a coruna, 2*");
        assert_eq!(plain("МОСКВА"), "москва");
    }

    #[test]
    fn accents_and_case_go() {
        assert_eq!(folded("  Ñúñez-DUEÑA, ŁUKASZ ", 100), "nunez duena lukasz");
        assert_eq!(folded("Nguyễn Þór Straße e\u{301}", 100), "nguyen thor strasse e");
        assert_eq!(folded("Ștefan Đorđević Çelik Øyvind", 100), "stefan dordevic celik oyvind");
        assert_eq!(folded("王伟", 100), "");
    }
}
