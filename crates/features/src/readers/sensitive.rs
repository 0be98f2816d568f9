//! Columns that hold sensitive attributes of people: what the GDPR's article 9 and the usual laws
//! against discrimination name. Found by a column's name, in English and Spanish, or by its values.
//!
//! A name counts by its words: `age` is a word of `customer_age` and none of `page`; a word beside
//! it may say that it is something else (`company_age`, `account_age_days`, `brand_health`).

use super::fold::{folded, folded_chars};
use super::word_enum;

mod lists;
mod values;

use lists::{OTHERWISE, PHRASES};
use values::{VALUES, WEAK_VALUES};

word_enum! {
    /// A sensitive attribute.
    Attribute {
        /// Age.
        Age = "age",
        /// Date of birth.
        BirthDate = "birth_date",
        /// Sex or gender.
        Gender = "gender",
        /// Marital status.
        MaritalStatus = "marital_status",
        /// Ethnicity or race.
        Ethnicity = "ethnicity",
        /// Religion.
        Religion = "religion",
        /// Health.
        Health = "health",
        /// Nationality or origin.
        Nationality = "nationality",
        /// Disability.
        Disability = "disability",
        /// Sexual orientation.
        SexualOrientation = "sexual_orientation",
        /// Political opinion.
        PoliticalOpinion = "political_opinion",
        /// Membership of a union.
        UnionMembership = "union_membership",
        /// Family: children, dependants.
        Family = "family",
    }
}

/// A column that was found to be sensitive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sensitive {
    /// What it holds.
    pub attribute: Attribute,
    /// One sentence for people, that says what gave it away.
    pub why: String,
}

/// Samples that are looked at, and characters of each.
const SAMPLES: usize = 200;
const LENGTH: usize = 60;

/// Whether a column holds a sensitive attribute, by its name or else by some of its values.
pub fn sensitive<'a>(column: &str, values: impl IntoIterator<Item = &'a str>) -> Option<Sensitive> {
    by_name(column).or_else(|| by_values(values))
}

fn by_name(column: &str) -> Option<Sensitive> {
    let name = words(column);
    let padded = format!(" {name} ");
    let mut best: Option<(Attribute, &str)> = None;
    for (attribute, phrases) in PHRASES {
        for phrase in *phrases {
            if padded.contains(&format!(" {phrase} "))
                && !means_otherwise(phrase, &name)
                && best.is_none_or(|(_, known)| phrase.len() > known.len())
            {
                best = Some((*attribute, phrase));
            }
        }
    }
    let (attribute, phrase) = best?;
    let why = format!("{attribute}, because its name says {phrase:?}");
    Some(Sensitive { attribute, why })
}

fn means_otherwise(phrase: &str, name: &str) -> bool {
    let others = OTHERWISE.iter().find(|(word, _)| *word == phrase).map_or(&[][..], |(_, o)| o);
    name.split(' ').any(|word| others.contains(&word))
}

fn by_values<'a>(values: impl IntoIterator<Item = &'a str>) -> Option<Sensitive> {
    let values: Vec<String> = values
        .into_iter()
        .take(SAMPLES)
        .map(|value| folded(value, LENGTH))
        .filter(|value| !value.is_empty() && !crate::MISSING_STAND_INS.contains(&value.as_str()))
        .collect();
    if values.len() < 3 {
        return None;
    }
    VALUES.iter().find_map(|(attribute, set)| {
        let inside = values.iter().filter(|value| set.contains(&value.as_str()));
        let clear = |value: &&String| !WEAK_VALUES.contains(&value.as_str());
        let example = inside.clone().find(clear);
        let initials = *attribute == Attribute::Gender
            && values.iter().all(|value| value == "m" || value == "f");
        let two = inside.clone().any(|value| Some(value) != inside.clone().next());
        let example = example.or(values.first().filter(|_| initials))?;
        (inside.count() * 10 >= values.len() * 9 && two).then(|| Sensitive {
            attribute: *attribute,
            why: format!("{attribute}, because it has values such as {example:?}"),
        })
    })
}

/// The words of a column's name: cut at signs, and where capitals begin (`birthDate`).
fn words(column: &str) -> String {
    let mut lower = false;
    let cut = column.chars().take(LENGTH * 2).flat_map(|c| {
        let begins = c.is_uppercase() && lower;
        lower = c.is_lowercase();
        begins.then_some(' ').into_iter().chain([c])
    });
    folded_chars(cut, column.len().min(LENGTH) + 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(column: &str) -> Option<&'static str> {
        sensitive(column, []).map(|s| s.attribute.as_str())
    }

    #[test]
    fn names_of_columns() {
        for (column, expected) in [
            ("age", "age"),
            ("Edad", "age"),
            ("customer_age", "age"),
            ("marital", "marital_status"),
            ("estado_civil", "marital_status"),
            ("civil status", "marital_status"),
            ("sexo", "gender"),
            ("fecha_nacimiento", "birth_date"),
            ("FechaNacimiento", "birth_date"),
            ("dob", "birth_date"),
            ("birthDate", "birth_date"),
            ("Género", "gender"),
            ("país de nacimiento", "nationality"),
            ("Orientación sexual", "sexual_orientation"),
            ("sexual_orientation", "sexual_orientation"),
            ("grado_discapacidad", "disability"),
            ("trade_union", "union_membership"),
            ("intención de voto", "political_opinion"),
            ("religion", "religion"),
            ("RACE", "ethnicity"),
            ("health_status", "health"),
            ("nacionalidad", "nationality"),
            ("citizen", "nationality"),
            ("foreign_worker", "nationality"),
            ("native_language", "nationality"),
            ("lengua materna", "nationality"),
            ("extranjero", "nationality"),
            ("senior_citizen", "age"),
            ("SeniorCitizen", "age"),
            ("salutation", "gender"),
            ("Tratamiento", "gender"),
            ("number_of_children", "family"),
            ("numChildren", "family"),
            ("hijos", "family"),
            ("maritalStatus", "marital_status"),
        ] {
            assert_eq!(found(column), Some(expected), "{column}");
        }
        for column in [
            "company_age",
            "page",
            "days_since",
            "average",
            "account_age_days",
            "language",
            "tratamiento_datos",
            "foreign_currency",
            "children_books_category",
            "senior_account_manager",
            "native_app",
            "stage",
            "essex",
            "unit",
            "union_square",
            "health_score",
            "package",
            "message",
            "usage",
            "job",
            "politica_privacidad",
            "credit_union",
            "percentage",
            "manager",
            "city",
            "engagement",
        ] {
            assert_eq!(found(column), None, "{column}");
        }
    }

    #[test]
    fn values_give_a_column_away() {
        let by = |values: &[&'static str]| {
            sensitive("x1", values.iter().copied()).map(|s| s.attribute.as_str())
        };
        assert_eq!(by(&["Hombre", "Mujer", "Mujer", "-"]), Some("gender"));
        assert_eq!(by(&["M", "F", "F"]), Some("gender"));
        assert_eq!(by(&["Mr.", "Mrs.", "Ms"]), Some("gender"));
        assert_eq!(by(&["Sr.", "Sra.", "Srta."]), Some("gender"));
        assert_eq!(by(&["soltera", "casado", "divorciado"]), Some("marital_status"));
        assert_eq!(by(&["red", "white", "black"]), None);
        assert_eq!(by(&["white", "black", "white"]), None);
        assert_eq!(by(&["m", "l", "s"]), None);
        assert_eq!(by(&["male"]), None);
    }
}
