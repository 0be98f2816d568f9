//! Names that may have digits.

/// Whether digits belong: `3M`, `G4S`, `20th Century Fox`, `Grupo 2000 S.L.`.
pub(super) fn may_have_digits(folded: &str, capitals: bool) -> bool {
    const COMPANY: &[&str] = &[
        "sl",
        "sa",
        "slu",
        "ltd",
        "inc",
        "llc",
        "gmbh",
        "group",
        "grupo",
        "company",
        "co",
        "corp",
        "sociedad",
        "solutions",
        "studio",
        "studios",
        "hotel",
        "talleres",
        "labs",
        "capital",
        "hermanos",
        "seguros",
        "club",
        "cafe",
        "bank",
        "tech",
        "consulting",
        "media",
        "partners",
        "construcciones",
        "transportes",
        "ventures",
        "digital",
        "radio",
        "canal",
        "farmacia",
        "sas",
        "century",
        "seven",
        "eleven",
        "fox",
        "technologies",
        "systems",
        "services",
        "servicios",
    ];
    let ordinal =
        |word: &str| matches!(word, "1st" | "2nd" | "3rd" | "4th" | "5th" | "20th" | "21st");
    let digit = |word: &str| word.bytes().any(|b| b.is_ascii_digit());
    let letter = |word: &str| word.bytes().any(|b| b.is_ascii_alphabetic());
    let words = || folded.split(' ');
    if capitals && folded.len() <= 4 && words().all(|word| word.len() > 1 && letter(word)) {
        return true;
    }
    // `S.L.` is two words of one letter.
    let company = words().any(|word| COMPANY.contains(&word))
        || folded.ends_with(" s l")
        || folded.ends_with(" s a")
        || folded.ends_with(" s l u");
    let first = words().next().is_some_and(|w| digit(w) && !letter(w) && w.len() <= 2);
    words().filter(|word| digit(word)).all(|word| {
        ordinal(word)
            || (company && word.len() <= 4)
            || (first && words().count() > 1 && word.len() <= 2)
    })
}
