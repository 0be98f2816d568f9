//! Words that name the result of a deal, in English and Spanish. A word alone is never evidence:
//! the outcome of an earlier campaign is honest, and so is a column named `contract`.

/// Of a deal that was won.
const WON: &[&str] = &[
    "accepted",
    "bought",
    "client",
    "cliente",
    "clientes",
    "compra",
    "comprado",
    "contract",
    "contracted",
    "contratado",
    "contratada",
    "contrato",
    "conversion",
    "converted",
    "convertido",
    "convertida",
    "customer",
    "exito",
    "factura",
    "facturado",
    "facturada",
    "firmado",
    "firmada",
    "ganado",
    "ganada",
    "invoice",
    "invoiced",
    "invoices",
    "order",
    "ordered",
    "orders",
    "pagado",
    "pagada",
    "pago",
    "paid",
    "payment",
    "pedido",
    "purchase",
    "purchased",
    "renewed",
    "sale",
    "signed",
    "sold",
    "subscribed",
    "success",
    "successful",
    "vendido",
    "vendida",
    "venta",
    "win",
    "winner",
    "won",
];

/// Of a deal that was lost.
const LOST: &[&str] = &[
    "baja",
    "canceled",
    "cancelled",
    "cancelado",
    "cancelada",
    "churn",
    "churned",
    "declined",
    "descartado",
    "descartada",
    "discarded",
    "disqualified",
    "failed",
    "failure",
    "loss",
    "lost",
    "perdida",
    "perdido",
    "rechazado",
    "rechazada",
    "rejected",
    "unqualified",
    "unsuccessful",
];

/// Of either.
const ENDED: &[&str] = &[
    "cerrado",
    "cerrada",
    "cierre",
    "close",
    "closed",
    "closing",
    "outcome",
    "result",
    "resultado",
];

/// What turns the word after it round: `not converted`.
const TURNS: &[&str] = &["no", "non", "not", "never", "sin"];

/// A word that names the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// The word, as it was found, without case and accents.
    pub(super) word: String,
    /// The class that it names; `None` for one that says only that there is a result.
    pub(super) converted: Option<bool>,
}

/// The first word of a text that names the result, one that names a class before one that does not.
/// `None` where there is none, or where they contradict each other.
pub(super) fn named(text: &str) -> Option<Named> {
    let words = words(text);
    let is = |list: &[&str], word: &String| list.contains(&word.as_str());
    let turned = words.iter().any(|word| is(TURNS, word));
    let find = |list: &[&str]| words.iter().find(|word| is(list, word)).cloned();
    let of = |word, converted: bool| Named { word, converted: Some(converted != turned) };
    match (find(WON), find(LOST)) {
        (Some(_), Some(_)) => None,
        (Some(word), None) => Some(of(word, true)),
        (None, Some(word)) => Some(of(word, false)),
        (None, None) => find(ENDED).map(|word| Named { word, converted: None }),
    }
}

/// The words of a text or of the name of a column (`wonReason`, `won_reason`), without case and
/// accents.
fn words(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut was_lower = false;
    // Names and values of results are short; a long text is no value.
    for c in text.chars().take(100) {
        let begins = c.is_uppercase() && was_lower;
        if (begins || !c.is_alphabetic()) && !word.is_empty() {
            found.push(std::mem::take(&mut word));
        }
        was_lower = c.is_lowercase();
        if c.is_alphabetic() {
            word.extend(c.to_lowercase().map(plain));
        }
    }
    if !word.is_empty() {
        found.push(word);
    }
    found
}

/// A lower-case letter without the accents of Spanish.
fn plain(c: char) -> char {
    match c {
        'á' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ú' | 'ü' => 'u',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_found_among_other_words() {
        let found = |text: &str| named(text).map(|named| (named.word, named.converted));
        let won = |word: &str| Some((word.to_owned(), Some(true)));
        let lost = |word: &str| Some((word.to_owned(), Some(false)));
        assert_eq!(found("Closed Won"), won("won"));
        assert_eq!(found("06 - Ganado"), won("ganado"));
        assert_eq!(found("contractValue"), won("contract"));
        assert_eq!(found("éxito"), won("exito"));
        assert_eq!(found("lost_reason"), lost("lost"));
        assert_eq!(found("not converted"), lost("converted"));
        assert_eq!(found("closing_call_minutes"), Some(("closing".into(), None)));
        // Words are whole: neither a month nor a campaign names a result.
        for text in ["wonderful", "poutcome", "unclosed", "may", "signed-up?".trim_start(), ""] {
            let expected = text.starts_with("signed").then(|| ("signed".to_owned(), Some(true)));
            assert_eq!(found(text), expected, "{text}");
        }
        // What says both says neither.
        assert_eq!(found("won or lost"), None);
    }
}
