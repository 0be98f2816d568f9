//! Kinds of email addresses, and whether an address belongs to a company.
//!
//! An address is of one kind, the first of these that is true of it: `invalid`, `disposable` (its
//! domain gives addresses away for an hour), `role` (nobody in particular reads it: `info@`,
//! `ventas@`; also at a free provider), `free` (a provider for private people), `corporate`.
//!
//! Disposable domains are a list kept by others, see `lists/SOURCES.md`; a domain below one of them
//! counts too. Free providers and roles are listed beside it.

use super::fold::{fold, folded};
use super::{Explained, word_enum};

mod lists;
mod punycode;

word_enum! {
    /// The kind of an address.
    EmailKind {
        /// A person's address at a domain of a company's own.
        Corporate = "corporate",
        /// At a provider for private people.
        Free = "free",
        /// At a domain that gives addresses away.
        Disposable = "disposable",
        /// Of a desk, not of a person.
        Role = "role",
        /// No address.
        Invalid = "invalid",
    }
}

/// The longest address (RFC 5321, 4.5.3.1, with the erratum on the path's length).
const LONGEST: usize = 254;
/// The longest part before the `@`.
const LONGEST_LOCAL: usize = 64;

/// The kind of an address.
pub fn kind(address: &str) -> EmailKind {
    decide(address).0
}

/// The kind of an address, and why.
pub fn explain(address: &str) -> Explained<EmailKind> {
    let (value, part) = decide(address);
    let why = match value {
        EmailKind::Invalid => "invalid because it is not of the form name@domain".to_owned(),
        EmailKind::Disposable => format!("disposable because {part} gives addresses away"),
        EmailKind::Role => format!("role because {part:?} is a desk and no person"),
        EmailKind::Free => format!("free because {part} is a provider for private people"),
        EmailKind::Corporate => format!("corporate because {part} is no provider that is known"),
    };
    Explained { value, why }
}

/// How [`same_company`] decides, in words.
pub(crate) fn explain_same_company(address: &str, company: &str) -> String {
    let domain = split(address).map(|(_, domain)| domain.to_ascii_lowercase());
    match (same_company(address, company), domain) {
        (Some(true), Some(domain)) => format!("yes because {domain} is like {company:?}"),
        (Some(false), Some(domain)) => format!("no because {domain} is not like {company:?}"),
        _ if company.trim().is_empty() => "cannot be told because no company is named".to_owned(),
        _ => format!(
            "cannot be told because {:?} is not an address at a company of its own, or {company:?} is no \
             company",
            address.trim()
        ),
    }
}

/// Whether an address is at the domain of a company, which may be given by its website
/// (`https://www.acme.es/contacto`), its domain, or its name (`Acme S.L.`). `None` when the
/// address is invalid, free or disposable, or nothing is known of the company: then it cannot be
/// told.
pub fn same_company(address: &str, company: &str) -> Option<bool> {
    if matches!(kind(address), EmailKind::Invalid | EmailKind::Free | EmailKind::Disposable) {
        return None;
    }
    let domain = split(address)?.1.to_ascii_lowercase();
    let own = registrable(&domain);
    let company = company.trim();
    if company.is_empty() || crate::MISSING_STAND_INS.contains(&company.to_lowercase().as_str()) {
        return None;
    }
    if let Some(host) = host(company) {
        let other = registrable(&host);
        // The same name under another ending is the same company more often than not.
        return Some(own == other || plain_label(own) == plain_label(other));
    }
    let name = folded(company, LONGEST);
    let words: Vec<&str> = name.split(' ').filter(|w| !w.is_empty()).collect();
    let form = |word: &&&str| lists::LEGAL_FORMS.contains(*word);
    // `Acme S.L.` ends in two words of one letter.
    let ending = words.iter().rev().take_while(|w| form(w) || w.len() == 1).count();
    let label = plain_label(own);
    // With its legal form: `acme-group.com`, `bigco.com`, `att.com` of AT&T.
    if label == words.concat() {
        return Some(true);
    }
    let words = if ending < words.len() { &words[..words.len() - ending] } else { &words[..] };
    if words.is_empty() {
        return None;
    }
    let joined = words.concat();
    let plain: String = words.iter().filter(|w| !lists::FILLERS.contains(*w)).copied().collect();
    let initials: String = words
        .iter()
        .filter(|w| !lists::FILLERS.contains(*w))
        .filter_map(|w| w.chars().next())
        .collect();
    // The first word alone, where it is long enough to be a name: `Acme Solutions`, `acme.es`.
    let first = words.iter().find(|w| !lists::FILLERS.contains(*w)).copied().unwrap_or_default();
    Some(
        label == joined
            || label == plain
            || (first.len() >= 4 && label == first)
            || (joined.len() >= 4
                && label
                    .strip_prefix(&*joined)
                    .is_some_and(|rest| lists::LEGAL_FORMS.contains(&rest)))
            || (label.len() >= 5 && joined.starts_with(&label))
            || (joined.len() >= 5 && label.starts_with(&joined))
            || (initials.len() >= 3 && label == initials),
    )
}

fn decide(address: &str) -> (EmailKind, String) {
    let Some((local, domain)) = split(address) else { return (EmailKind::Invalid, String::new()) };
    let domain = domain.to_ascii_lowercase();
    if parents(&domain).any(|domain| listed(lists::DISPOSABLE, domain)) {
        return (EmailKind::Disposable, domain);
    }
    let local = local.to_ascii_lowercase();
    if is_role(&local) {
        return (EmailKind::Role, local);
    }
    if listed(lists::FREE, &domain) || lists::FREE_BRANDS.contains(&label(registrable(&domain))) {
        return (EmailKind::Free, domain);
    }
    (EmailKind::Corporate, domain)
}

/// The two parts of an address of an ordinary form: no quotes, no comments, a domain of at least
/// two labels whose last is letters.
fn split(address: &str) -> Option<(&str, &str)> {
    let address = address.trim();
    if address.len() > LONGEST {
        return None;
    }
    let (local, domain) = address.split_once('@')?;
    let of_atom = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let local_fits = !local.is_empty()
        && local.len() <= LONGEST_LOCAL
        && local.chars().all(of_atom)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..");
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = domain.rsplit('.').next().unwrap_or_default();
    let domain_fits = domain.contains('.')
        && domain.split('.').all(label_fits)
        && last.chars().count() >= 2
        && (last.chars().all(char::is_alphabetic) || last.starts_with("xn--"));
    (local_fits && domain_fits).then_some((local, domain))
}

/// A domain and the domains above it, without the last label alone.
fn parents(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |domain| domain.split_once('.').map(|(_, rest)| rest))
        .take_while(|domain| domain.contains('.'))
}

/// Whether a text is a line of a list. The list is sorted by bytes: a binary search over its text
/// needs no table.
fn listed(list: &str, text: &str) -> bool {
    let (mut low, mut high) = (0, list.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = list[..middle].rfind('\n').map_or(0, |at| at + 1).max(low);
        let end = list[start..].find('\n').map_or(list.len(), |at| start + at);
        match list[start..end].cmp(text) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

fn is_role(local: &str) -> bool {
    let base = local.split('+').next().unwrap_or(local);
    let known = |text: &str| listed(lists::ROLES, text);
    let plain: String = base.chars().filter(|c| !matches!(c, '.' | '-' | '_')).collect();
    let bare = plain.trim_end_matches(|c: char| c.is_ascii_digit());
    if known(bare) {
        return true;
    }
    // `ventas.madrid@` and `info-es@` are desks; `ana.ventas@` may be Ana.
    base.split(['.', '-', '_']).next().is_some_and(|first| first.len() > 3 && known(first))
        && !base.ends_with(['.', '-', '_'])
        && base.contains(['.', '-', '_'])
}

/// The part of a domain that somebody registered: its last two labels, or three under endings such
/// as `co.uk` and `com.mx`.
fn registrable(domain: &str) -> &str {
    let mut dots = domain.rmatch_indices('.').map(|(at, _)| at);
    let (Some(last), Some(second)) = (dots.next(), dots.next()) else { return domain };
    let below = &domain[second + 1..last];
    let country = domain.len() - last - 1 == 2;
    let shared = country && lists::SECOND_LEVELS.contains(&below);
    let start = if shared { dots.next().map_or(0, |at| at + 1) } else { second + 1 };
    &domain[start..]
}

/// The name in a registered domain: `acme` of `acme.co.uk`.
fn label(registered: &str) -> &str {
    registered.split('.').next().unwrap_or(registered)
}

/// The name in a registered domain without accents and hyphens, as the words of a company's name
/// are folded: `espana` of `españa.es` and of `xn--espaa-rta.es`. A name in another script stays as
/// it is.
fn plain_label(registered: &str) -> String {
    let label = label(registered);
    let decoded = punycode::decode(label);
    let label = decoded.as_deref().unwrap_or(label);
    if label.chars().any(|c| c != '-' && fold(c).is_none()) {
        return label.to_lowercase();
    }
    label.chars().filter_map(fold).collect()
}

/// The host of a website, or a domain; `None` for a name.
fn host(company: &str) -> Option<String> {
    if company.len() > 2000 || company.contains(char::is_whitespace) {
        return None;
    }
    let rest = company.split_once("://").map_or(company, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next()?.trim_end_matches('.').to_lowercase();
    let host = host.strip_prefix("www.").map(str::to_owned).unwrap_or(host);
    let last = host.rsplit('.').next()?;
    // `S.L.` and `S.A.` have dots too: an ending of one letter is none.
    (host.contains('.')
        && last.len() >= 2
        && last.chars().all(char::is_alphabetic)
        && host.split('.').all(|label| !label.is_empty())
        && host.split('.').next().is_some_and(|first| first.len() > 1))
    .then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_their_order() {
        for (address, expected) in [
            ("ana@acme.es", "corporate"),
            ("ana.garcia@gmail.com", "free"),
            ("info@acme.es", "role"),
            ("VENTAS@acme.es", "role"),
            ("no-reply@acme.com", "role"),
            ("contacto@gmail.com", "role"),
            ("x@mailinator.com", "disposable"),
            ("info@mailinator.com", "disposable"),
            ("x@sub.mailinator.com", "disposable"),
            ("ana@yahoo.com.mx", "free"),
            ("ana@", "invalid"),
            ("ana@acme", "invalid"),
            ("ana@@acme.es", "invalid"),
            ("", "invalid"),
            ("a b@c.es", "invalid"),
            ("ana@hotmail.es", "free"),
            ("sales.emea@acme.com", "role"),
            ("ana@acme..es", "invalid"),
            ("jose.núñez@empresa.es", "corporate"),
            (" ana@acme.es ", "corporate"),
            ("marketing@acme.com", "role"),
            ("salesh@acme.com", "corporate"),
        ] {
            assert_eq!(kind(address).as_str(), expected, "{address}");
        }
        assert!(explain("info@acme.es").why.contains("desk"));
    }

    #[test]
    fn lists_are_sorted_and_found() {
        for list in [lists::DISPOSABLE, lists::FREE, lists::ROLES] {
            let lines: Vec<&str> = list.lines().collect();
            assert!(lines.windows(2).all(|pair| pair[0] < pair[1]));
            assert!(lines.iter().all(|line| listed(list, line)));
            assert!(["", "zzzz.zz", "0", "gmail"].iter().all(|text| !listed(list, text)));
        }
        assert!(lists::FREE.lines().all(|domain| !listed(lists::DISPOSABLE, domain)));
    }

    #[test]
    fn companies() {
        for (address, company, expected) in [
            ("ana@acme.es", "Acme S.L.", Some(true)),
            ("ana@acme.es", "https://www.acme.es/x", Some(true)),
            ("ana@acme.com", "acme.es", Some(true)),
            ("ana@mail.acme.co.uk", "www.acme.co.uk", Some(true)),
            ("ana@other.es", "Acme S.L.", Some(false)),
            ("ana@gmail.com", "Acme S.L.", None),
            ("ana@acme.es", "", None),
            ("ana@construccionesperez.es", "Construcciones Pérez, S.A.", Some(true)),
            ("ana@ibm.com", "International Business Machines", Some(true)),
            ("ana@acme.es", "Zeta", Some(false)),
            ("ana@acme-iberia.es", "Acme Iberia SLU", Some(true)),
            ("ana@acme-group.com", "Acme Group", Some(true)),
            ("ana@acmegroup.com", "Acme Group", Some(true)),
            ("ana@acmegroup.com", "Acme", Some(true)),
            ("ana@acme.com", "Acme Group", Some(true)),
            ("ana@rocagroup.com", "Roca Group S.A.", Some(true)),
            ("ana@acmeholding.com", "Acme Holding", Some(true)),
            ("ana@acme-corp.com", "Acme Corp", Some(true)),
            ("ana@acme-sa.com", "Acme SA", Some(true)),
            ("ana@acmesl.es", "Acme SL", Some(true)),
            ("ana@bigco.com", "Big Co", Some(true)),
            ("ana@att.com", "AT&T", Some(true)),
            ("ana@españa.es", "España", Some(true)),
            ("ana@xn--espaa-rta.es", "España", Some(true)),
            ("ana@xn--espaa-rta.es", "https://españa.com", Some(true)),
            ("ana@muñoz.es", "Muñoz SL", Some(true)),
            ("ana@munoz.es", "Muñoz SL", Some(true)),
            ("ana@XN--MUOZ-HQA.es", "Muñoz SL", Some(true)),
            ("ana@acmegroup.com", "Roca Group", Some(false)),
            ("ana@group.com", "Acme Group", Some(false)),
            ("ana@тест.com", "король.com", Some(false)),
        ] {
            assert_eq!(same_company(address, company), expected, "{address} {company}");
        }
    }
}
