//! Whether a telephone number can exist, and in which country.
//!
//! The crate `phonenumber` (0.3.10) knows every country's plan, but takes 96 s of cold build on
//! one core, 4 MB of a program and 180 ms before its first answer, out of proportion to one
//! signal. Here instead: a number with `+` or `00` must have the length that the ITU's E.164 allows
//! for its calling code, which must be assigned; the national plans that leads come from most are checked by length and
//! first digits (NANP after ITU-T E.164 supplement and nanpa.com: `[2-9]XX [2-9]XX XXXX`; Spain
//! after its Plan Nacional de Numeración: nine digits from 6, 7, 8 or 9). It does not know which
//! ranges have been handed out. A number of one repeated digit, or `123456789`, is invalid.

use super::{Explained, word_enum};

word_enum! {
    /// Whether a number can exist.
    Validity {
        /// It can.
        Valid = "valid",
        /// It cannot.
        Invalid = "invalid",
        /// Nobody can tell: it is national, and the country is not known.
        Unknown = "unknown",
    }
}

/// What was read in a telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phone {
    /// Whether it can exist.
    pub validity: Validity,
    /// The country (ISO 3166, two letters), from its calling code or, without one, from the lead's
    /// country. `None` when neither says. A code that countries share gives the largest.
    pub region: Option<&'static str>,
}

/// A numbering plan.
struct Plan {
    region: &'static str,
    /// Other words for the country, folded.
    names: &'static [&'static str],
    code: &'static str,
    /// The fewest and the most digits of a national number, without the trunk prefix.
    digits: (usize, usize),
    /// What stands before a national number that is dialled at home.
    trunk: &'static str,
    /// The digits that it may begin with; empty for any.
    starts: &'static str,
}

macro_rules! plans {
    ($($region:literal $code:literal $least:literal..$most:literal $trunk:literal $starts:literal [$($name:literal),*];)+) => {
        &[$(Plan {
            region: $region, names: &[$($name),*], code: $code, digits: ($least, $most),
            trunk: $trunk, starts: $starts,
        }),+]
    };
}

/// Sources: the ITU's list of E.164 assigned country codes and national numbering plans.
const PLANS: &[Plan] = plans! {
    "US" "1" 10..10 "1" "23456789" ["usa", "united states", "estados unidos", "eeuu", "ee uu", "u s", "us a", "united states of america"];
    "CA" "1" 10..10 "1" "23456789" ["canada"];
    "ES" "34" 9..9 "" "6789" ["spain", "espana"];
    "GB" "44" 9..10 "0" "123789" ["uk", "united kingdom", "reino unido", "great britain", "england", "inglaterra"];
    "FR" "33" 9..9 "0" "123456789" ["france", "francia"];
    "DE" "49" 6..11 "0" "" ["germany", "alemania", "deutschland"];
    "IT" "39" 6..11 "" "03" ["italy", "italia"];
    "PT" "351" 9..9 "" "2369" ["portugal"];
    "NL" "31" 9..9 "0" "" ["netherlands", "holanda", "paises bajos"];
    "BE" "32" 8..9 "0" "" ["belgium", "belgica"];
    "AT" "43" 4..13 "0" "" ["austria"];
    "CH" "41" 9..9 "0" "" ["switzerland", "suiza"];
    "IE" "353" 7..9 "0" "" ["ireland", "irlanda"];
    "DK" "45" 8..8 "" "" ["denmark", "dinamarca"];
    "SE" "46" 7..10 "0" "" ["sweden", "suecia"];
    "NO" "47" 8..8 "" "" ["norway", "noruega"];
    "FI" "358" 5..12 "0" "" ["finland", "finlandia"];
    "PL" "48" 9..9 "" "" ["poland", "polonia"];
    "CZ" "420" 9..9 "" "" ["czechia", "czech republic", "republica checa", "chequia"];
    "SK" "421" 9..9 "0" "" ["slovakia", "eslovaquia"];
    "HU" "36" 8..9 "06" "" ["hungary", "hungria"];
    "RO" "40" 9..9 "0" "237" ["romania", "rumania"];
    "BG" "359" 7..9 "0" "" ["bulgaria"];
    "GR" "30" 10..10 "" "26" ["greece", "grecia"];
    "HR" "385" 8..9 "0" "" ["croatia", "croacia"];
    "SI" "386" 8..8 "0" "" ["slovenia", "eslovenia"];
    "LT" "370" 8..8 "0" "" ["lithuania", "lituania"];
    "LV" "371" 8..8 "" "" ["latvia", "letonia"];
    "EE" "372" 7..8 "" "" ["estonia"];
    "LU" "352" 4..11 "" "" ["luxembourg", "luxemburgo"];
    "MT" "356" 8..8 "" "" ["malta"];
    "CY" "357" 8..8 "" "" ["cyprus", "chipre"];
    "AD" "376" 6..9 "" "" ["andorra"];
    "RU" "7" 10..10 "8" "34689" ["russia", "rusia"];
    "UA" "380" 9..9 "0" "" ["ukraine", "ucrania"];
    "TR" "90" 10..10 "0" "" ["turkey", "turquia", "turkiye"];
    "MX" "52" 10..10 "" "" ["mexico"];
    "AR" "54" 10..11 "0" "" ["argentina"];
    "CO" "57" 10..10 "" "36" ["colombia"];
    "CL" "56" 9..9 "" "" ["chile"];
    "PE" "51" 8..9 "0" "" ["peru"];
    "VE" "58" 10..10 "0" "" ["venezuela"];
    "EC" "593" 8..9 "0" "" ["ecuador"];
    "BO" "591" 8..8 "0" "" ["bolivia"];
    "PY" "595" 8..9 "0" "" ["paraguay"];
    "UY" "598" 8..8 "0" "" ["uruguay"];
    "CR" "506" 8..8 "" "" ["costa rica"];
    "PA" "507" 7..8 "" "" ["panama"];
    "GT" "502" 8..8 "" "" ["guatemala"];
    "SV" "503" 8..8 "" "" ["el salvador"];
    "HN" "504" 8..8 "" "" ["honduras"];
    "NI" "505" 8..8 "" "" ["nicaragua"];
    "CU" "53" 8..8 "0" "" ["cuba"];
    "BR" "55" 10..11 "0" "" ["brazil", "brasil"];
    "MA" "212" 9..9 "0" "5678" ["morocco", "marruecos"];
    "ZA" "27" 9..9 "0" "" ["south africa", "sudafrica"];
    "NG" "234" 8..10 "0" "" ["nigeria"];
    "EG" "20" 8..10 "0" "" ["egypt", "egipto"];
    "IN" "91" 10..10 "0" "" ["india"];
    "CN" "86" 10..11 "0" "" ["china"];
    "JP" "81" 9..10 "0" "" ["japan", "japon"];
    "KR" "82" 8..10 "0" "" ["south korea", "korea", "corea", "corea del sur"];
    "AU" "61" 9..9 "0" "23478" ["australia"];
    "NZ" "64" 8..10 "0" "" ["new zealand", "nueva zelanda"];
    "SG" "65" 8..8 "" "" ["singapore", "singapur"];
    "AE" "971" 8..9 "0" "" ["united arab emirates", "uae", "emiratos arabes unidos"];
    "SA" "966" 8..9 "0" "" ["saudi arabia", "arabia saudita"];
    "IL" "972" 8..9 "0" "" ["israel"];
};

/// The first three digits of numbers whose calling code is assigned but has no plan here, after the
/// ITU's list of E.164 assigned country codes; a code of two digits takes ten of them.
const ASSIGNED: &[(u16, u16)] = &[
    (211, 211),
    (213, 213),
    (216, 216),
    (218, 218),
    (220, 258),
    (260, 269),
    (290, 291),
    (297, 299),
    (350, 359),
    (370, 383),
    (385, 387),
    (389, 389),
    (420, 421),
    (423, 423),
    (500, 509),
    (590, 609),
    (620, 639),
    (660, 670),
    (672, 683),
    (685, 692),
    (800, 800),
    (808, 808),
    (840, 850),
    (852, 853),
    (855, 856),
    (870, 870),
    (878, 878),
    (880, 883),
    (886, 886),
    (920, 968),
    (970, 977),
    (979, 989),
    (992, 996),
    (998, 998),
];

/// The codes of ISO 3166-1 (alpha-2), in their order.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR \
    BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET \
    FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ \
    IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML \
    MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS \
    PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL \
    TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// More digits than a number has.
const MOST_DIGITS: usize = 17;
/// Characters of a text that are looked at.
const LIMIT: usize = 60;

/// The country of a code of two letters (ISO 3166), whose national numbers can be told.
///
/// # Errors
/// What is wrong with the code, and what to do, in words.
pub fn country(code: &str) -> Result<&'static str, String> {
    match PLANS.iter().find(|plan| plan.region == code) {
        Some(plan) => Ok(plan.region),
        None if COUNTRIES.split(' ').any(|known| known == code) => Err(
            "the national numbers of this country are not known here, and stay missing with it as \
             without: leave it out"
                .to_owned(),
        ),
        None => Err(match plan_of(code) {
            Some(plan) => format!("write the code of two letters (ISO 3166), {:?}", plan.region),
            None => "that is no country; write its code of two letters (ISO 3166), like \"ES\""
                .to_owned(),
        }),
    }
}

/// Reads a number; `country` is the lead's, as a code of two letters or a name in English or
/// Spanish, and counts when the number has no international prefix. Without either it cannot be told.
pub fn read(number: &str, country: Option<&str>) -> Phone {
    decide(number, country).0
}

/// Reads a number, and says why it is valid or not.
pub fn explain(number: &str, country: Option<&str>) -> Explained<Phone> {
    let (value, why) = decide(number, country);
    let why = match value.validity {
        Validity::Unknown => format!("cannot be told because {why}"),
        validity => format!("{validity} because {why}"),
    };
    Explained { value, why }
}

fn decide(text: &str, country: Option<&str>) -> (Phone, &'static str) {
    let invalid = |region, why| (Phone { validity: Validity::Invalid, region }, why);
    let Some((digits, length, plus)) = digits(text) else {
        return invalid(None, "it has other signs than a number has");
    };
    let digits = std::str::from_utf8(&digits[..length]).unwrap_or_default();
    let (international, digits) = match digits.strip_prefix("00") {
        _ if plus => (true, digits),
        Some(rest) => (true, rest),
        None => (false, digits),
    };
    if !(6..=15).contains(&digits.len()) {
        return invalid(None, "it has too few or too many digits");
    }
    if invented(digits) {
        return invalid(None, "its digits are a pattern");
    }
    if international {
        // Codes have no common beginnings, so the longest match is the only one.
        let Some(plan) = PLANS.iter().find(|plan| digits.starts_with(plan.code)) else {
            return if !assigned(digits) || digits.len() < 8 {
                invalid(None, "no country has that calling code")
            } else {
                let phone = Phone { validity: Validity::Valid, region: None };
                (phone, "its length is one that E.164 allows")
            };
        };
        let national = &digits[plan.code.len()..];
        // `+44 (0)20`: the trunk prefix is often left in.
        let bare = national.strip_prefix(plan.trunk).filter(|_| !plan.trunk.is_empty());
        return if fits(plan, national) || bare.is_some_and(|bare| fits(plan, bare)) {
            (Phone { validity: Validity::Valid, region: Some(plan.region) }, "it fits its country")
        } else {
            invalid(Some(plan.region), "its country has no such numbers")
        };
    }
    let Some(plan) = country.and_then(plan_of) else {
        return if PLANS.iter().any(|plan| fits_at_home(plan, digits)) {
            let phone = Phone { validity: Validity::Unknown, region: None };
            (phone, "it has no prefix and the country is not known")
        } else {
            invalid(None, "no country has such numbers")
        };
    };
    if fits_at_home(plan, digits) {
        let phone = Phone { validity: Validity::Valid, region: Some(plan.region) };
        (phone, "it fits the lead's country")
    } else {
        invalid(Some(plan.region), "the lead's country has no such numbers")
    }
}

/// Whether a number without a plan begins with a calling code that some country or service has.
fn assigned(digits: &str) -> bool {
    let code = digits.get(..3).and_then(|code| code.parse::<u16>().ok());
    code.is_some_and(|code| ASSIGNED.iter().any(|(from, to)| (*from..=*to).contains(&code)))
}

/// Whether a number without an international prefix can be one of a country: as it is dialled there,
/// or with the calling code and no sign of it.
fn fits_at_home(plan: &Plan, digits: &str) -> bool {
    let bare = digits.strip_prefix(plan.trunk).filter(|_| !plan.trunk.is_empty());
    let coded = digits.strip_prefix(plan.code);
    let national = if plan.trunk == "0" { bare.or(Some(digits)) } else { Some(digits) };
    [national, bare, coded].into_iter().flatten().any(|number| fits(plan, number))
}

fn fits(plan: &Plan, national: &str) -> bool {
    let (least, most) = plan.digits;
    let starts = plan.starts.is_empty() || national.starts_with(|c| plan.starts.contains(c));
    // NANP: neither the area nor the exchange begins with 0 or 1.
    let exchange = plan.code != "1" || national.as_bytes().get(3).is_some_and(|b| *b >= b'2');
    (least..=most).contains(&national.len()) && starts && exchange && !invented(national)
}

/// All one digit, or counting up or down.
fn invented(digits: &str) -> bool {
    let steps = |by: i16| {
        let next =
            |pair: &[u8]| (i16::from(pair[0]) - 48 + by).rem_euclid(10) == i16::from(pair[1]) - 48;
        digits.as_bytes().windows(2).all(next)
    };
    // 666666666 is no Spanish mobile either, though its plan would allow it.
    digits.len() >= 6 && (steps(0) || steps(1) || steps(-1))
}

/// The digits, how many, and whether `+` stands before them; an extension is cut off. `None` when
/// there is something that no number has.
fn digits(text: &str) -> Option<([u8; MOST_DIGITS], usize, bool)> {
    let mut digits = [0; MOST_DIGITS];
    let (mut length, mut plus) = (0, false);
    let text = text.trim().strip_prefix("tel:").unwrap_or(text.trim());
    for (i, c) in text.chars().enumerate() {
        match c {
            _ if i >= LIMIT => return None,
            '0'..='9' => {
                *digits.get_mut(length)? = c as u8;
                length += 1;
            }
            '+' | '＋' if length == 0 && !plus => plus = true,
            ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' | '‐' | '–' | '\u{202f}' => {}
            'e' | 'E' | 'x' | 'X' | '#' | ',' | ';' if length >= 6 => break,
            _ => return None,
        }
    }
    Some((digits, length, plus))
}

fn plan_of(country: &str) -> Option<&'static Plan> {
    let country = country.trim();
    PLANS.iter().find(|plan| plan.region.eq_ignore_ascii_case(country)).or_else(|| {
        let name = super::fold::folded(country, LIMIT);
        PLANS.iter().find(|plan| plan.names.contains(&name.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_some_countries() {
        for (number, country, region) in [
            ("+34 612 345 678", None, "ES"),
            ("612 34 56 78", Some("España"), "ES"),
            ("0034 912345678", None, "ES"),
            ("+1 (415) 555-2671", None, "US"),
            ("415-555-2671 ext. 5", Some("us"), "US"),
            ("+44 (0)20 7946 0958", None, "GB"),
            ("020 7946 0958", Some("United Kingdom"), "GB"),
            ("+49 30 901820", None, "DE"),
            ("06 12 34 56 78", Some("FR"), "FR"),
            ("+52 55 1234 5678", None, "MX"),
            ("34612345678", Some("ES"), "ES"),
            ("+351 912 345 678", None, "PT"),
            ("06 12345678", Some("Italia"), "IT"),
            ("+39 06 698 12345", None, "IT"),
        ] {
            let phone = read(number, country);
            assert_eq!(
                phone.validity,
                Validity::Valid,
                "{number} {}",
                explain(number, country).why
            );
            assert_eq!(phone.region, Some(region), "{number}");
        }
        for (number, country) in [
            ("", None),
            ("12345", Some("ES")),
            ("123456789", Some("ES")),
            ("512345678", Some("ES")),
            ("+34 12", None),
            ("612345678901234", None),
            ("123456789", None),
            ("+1 111 555 2671", None),
            ("hello", Some("ES")),
            ("666666666", Some("ES")),
            ("+34 61234567890", None),
            ("415-155-2671", Some("US")),
            ("0000000000", Some("US")),
            ("n/a", None),
            ("+999 123 456 789", None),
            ("00999 123456789", Some("ES")),
            ("+210 123 456 789", None),
            ("+0 123 456 789", None),
        ] {
            assert_eq!(read(number, country).validity, Validity::Invalid, "{number}");
        }
    }

    #[test]
    fn a_national_number_of_no_known_country_cannot_be_told() {
        for (number, country) in [("612345678", None), ("612 34 56 78", Some("Atlantis"))] {
            let phone = Phone { validity: Validity::Unknown, region: None };
            assert_eq!(read(number, country), phone, "{number}");
            let why = explain(number, country).why;
            assert_eq!(why, "cannot be told because it has no prefix and the country is not known");
        }
    }

    #[test]
    fn countries_are_named_by_their_codes() {
        let all: Vec<&str> = COUNTRIES.split(' ').collect();
        assert!(all.len() == 249 && all.is_sorted() && all.iter().all(|code| code.len() == 2));
        assert!(PLANS.iter().all(|plan| all.contains(&plan.region)));
        assert_eq!(country("ES"), Ok("ES"));
        for (code, says) in [
            ("UK", "write the code of two letters (ISO 3166), \"GB\""),
            ("es", "(ISO 3166), \"ES\""),
            ("España", "(ISO 3166), \"ES\""),
            ("KE", "the national numbers of this country are not known here"),
            ("XX", "is no country"),
            ("", "is no country"),
        ] {
            let error = country(code).unwrap_err();
            assert!(error.contains(says), "{code}: {error}");
        }
    }

    #[test]
    fn an_assigned_code_needs_no_plan() {
        for number in ["+254 712 345 678", "+63 917 123 4567", "+84 91 234 56 78"] {
            let phone = Phone { validity: Validity::Valid, region: None };
            assert_eq!(read(number, None), phone, "{number}");
        }
    }

    #[test]
    fn no_code_begins_another() {
        for plan in PLANS {
            let begins =
                |other: &&Plan| other.code != plan.code && other.code.starts_with(plan.code);
            assert!(PLANS.iter().find(begins).is_none(), "{}", plan.code);
        }
    }
}
