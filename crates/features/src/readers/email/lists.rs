//! What the email reader knows by heart.

/// Domains that give addresses away, one a line, sorted; source and licence in `lists/SOURCES.md`.
pub(super) static DISPOSABLE: &str = include_str!("../lists/disposable_domains.txt");

/// Providers for private people that have one domain, or few; written for this project, sorted.
pub(super) static FREE: &str = include_str!("../lists/free_domains.txt");
/// Providers under many endings: `yahoo.com.mx`, `hotmail.es`.
pub(super) const FREE_BRANDS: &[&str] = &[
    "yahoo",
    "ymail",
    "rocketmail",
    "hotmail",
    "outlook",
    "live",
    "gmail",
    "googlemail",
    "latinmail",
];

/// Names of desks, without signs between the words; written for this project,
/// sorted.
pub(super) static ROLES: &str = include_str!("../lists/roles.txt");

/// Legal forms of companies, folded.
pub(super) const LEGAL_FORMS: &[&str] = &[
    "sl",
    "slu",
    "sa",
    "sau",
    "sll",
    "sal",
    "sc",
    "scp",
    "cb",
    "coop",
    "ltd",
    "limited",
    "llc",
    "llp",
    "inc",
    "incorporated",
    "corp",
    "corporation",
    "co",
    "company",
    "plc",
    "gmbh",
    "ag",
    "kg",
    "ug",
    "bv",
    "nv",
    "sarl",
    "sas",
    "sasu",
    "srl",
    "spa",
    "ab",
    "as",
    "oy",
    "oyj",
    "aps",
    "pty",
    "pte",
    "pvt",
    "cv",
    "rl",
    "sp",
    "zoo",
    "kft",
    "sro",
    "doo",
    "lda",
    "ltda",
    "eirl",
    "de",
    "slp",
    "asociados",
    "scoop",
    "sociedad",
    "limitada",
    "anonima",
    "group",
    "grupo",
    "holding",
    "holdings",
    "lp",
];
/// Words of a company's name that its domain often leaves out.
pub(super) const FILLERS: &[&str] = &[
    "the", "of", "and", "de", "del", "la", "el", "los", "las", "y", "e", "for", "grupo", "group",
    "i",
];

/// Second levels under which others register: `co.uk`.
pub(super) const SECOND_LEVELS: &[&str] =
    &["co", "com", "org", "net", "gov", "gob", "edu", "ac", "or", "ne", "gouv", "nom", "mil", "go"];
