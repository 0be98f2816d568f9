//! Job titles: free text in English or Spanish from a seniority and a function. A text stands for
//! one seniority and one function only, so that whoever reads it well knows both.

use crate::random::Random;

/// Levels of seniority, from intern to chief.
pub(crate) const SENIORITIES: usize = 6;
/// Functions: engineering, marketing, sales, finance, operations, people, general.
pub(crate) const FUNCTIONS: usize = 7;

const CHIEF: usize = SENIORITIES - 1;

const ENGLISH: [&[&str]; CHIEF] = [
    &["{} Intern", "Student, {}", "{} Trainee"],
    &["{} Specialist", "{} Analyst", "{} Associate", "Senior {} Specialist"],
    &["{} Manager", "{} Mgr", "Manager, {}", "{} Team Lead"],
    &["Director of {}", "Head of {}", "{} Director", "Sr. Director, {}"],
    &["VP {}", "VP of {}", "Vice President, {}", "SVP {}"],
];
const SPANISH: [&[&str]; CHIEF] = [
    &["Becario de {}", "Becaria de {}", "Practicante de {}"],
    &["Analista de {}", "Especialista en {}", "Técnico de {}"],
    &["Gerente de {}", "Jefe de {}", "Jefa de {}", "Responsable de {}"],
    &["Director de {}", "Directora de {}"],
    &["Vicepresidente de {}", "Vicepresidenta de {}"],
];
const ENGLISH_FUNCTIONS: [&[&str]; FUNCTIONS] = [
    &["Engineering", "IT", "Software Development"],
    &["Marketing", "Growth", "Demand Generation"],
    &["Sales", "Business Development"],
    &["Finance", "Accounting"],
    &["Operations", "Logistics", "Supply Chain"],
    &["HR", "Human Resources", "People"],
    &["Strategy", "Administration"],
];
const SPANISH_FUNCTIONS: [&[&str]; FUNCTIONS] = [
    &["Ingeniería", "Sistemas", "Tecnología"],
    &["Marketing", "Mercadotecnia"],
    &["Ventas", "Desarrollo de Negocio"],
    &["Finanzas", "Contabilidad"],
    &["Operaciones", "Logística"],
    &["Recursos Humanos", "RRHH"],
    &["Estrategia", "Administración"],
];
const ENGLISH_CHIEFS: [&[&str]; FUNCTIONS] = [
    &["CTO", "Chief Technology Officer", "CIO"],
    &["CMO", "Chief Marketing Officer"],
    &["CRO", "Chief Revenue Officer", "Chief Sales Officer"],
    &["CFO", "Chief Financial Officer"],
    &["COO", "Chief Operating Officer"],
    &["CHRO", "Chief People Officer"],
    &["CEO", "Founder & CEO", "Owner", "Managing Director", "President"],
];
const SPANISH_CHIEFS: [&[&str]; FUNCTIONS] = [
    &["Director de Tecnología (CTO)"],
    &["Director de Marketing (CMO)", "Directora de Marketing (CMO)"],
    &["Director Comercial (CRO)"],
    &["Director Financiero (CFO)", "Directora Financiera (CFO)"],
    &["Director de Operaciones (COO)"],
    &["Directora de Personas (CHRO)"],
    &["Director General", "Directora General", "Fundador", "Socia fundadora", "Dueño"],
];

/// A title as somebody typed it: some in small letters, some shouted, some with a blank behind.
pub(crate) fn title(
    random: &mut Random,
    seniority: usize,
    function: usize,
    spanish: bool,
) -> String {
    let text = if seniority == CHIEF {
        let chiefs = if spanish { &SPANISH_CHIEFS } else { &ENGLISH_CHIEFS };
        random.one_of(chiefs[function]).to_owned()
    } else {
        let (forms, functions) =
            if spanish { (&SPANISH, &SPANISH_FUNCTIONS) } else { (&ENGLISH, &ENGLISH_FUNCTIONS) };
        let form = random.one_of(forms[seniority]);
        form.replacen("{}", random.one_of(functions[function]), 1)
    };
    match random.below(40) {
        0..6 => text.to_lowercase(),
        6..8 => text.to_uppercase(),
        8 => text + " ",
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::random::Stream;

    #[test]
    fn a_title_stands_for_one_seniority_and_function() {
        let mut random = Random::new(1, Stream::Person, 1);
        let mut seen = HashMap::new();
        for _ in 0..200_000 {
            let pair = (random.below(SENIORITIES), random.below(FUNCTIONS));
            let spanish = random.chance(0.5);
            let text = title(&mut random, pair.0, pair.1, spanish).trim().to_lowercase();
            assert_eq!(*seen.entry(text.clone()).or_insert(pair), pair, "{text}");
        }
        assert!(seen.len() > 300, "{}", seen.len());
    }
}
