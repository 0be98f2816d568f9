//! Who is who: leads by any of their ids, and when things happened to them.

use crate::Time;
use crate::events::{ByHash, content_hash};

/// When each lead came to be, converted and was closed; vectors are parallel to the leads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeadTimes {
    /// When the lead came to be.
    pub created: Vec<Option<Time>>,
    /// When it converted, where it did.
    pub converted: Vec<Option<Time>>,
    /// When it was closed otherwise, where it was.
    pub closed: Vec<Option<Time>>,
}

/// A value of a lead that a row gives which was created after the lead's first row: it is known from
/// then on, and missing before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaterValue {
    /// The lead, as a position.
    pub lead: usize,
    /// The column of the table of leads, as a position.
    pub column: usize,
    /// When the row that gives it was created.
    pub from: Time,
}

/// Leads by their ids. An id is known by 96 bits of hashes of its text.
#[derive(Clone, Debug, Default)]
pub struct LeadIndex {
    leads: usize,
    by_id: ByHash<Entry>,
    /// Whether an id names a lead in any case.
    any_case: bool,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    lead: u32,
    check: u32,
    /// Whether it is the lead's own: another id never takes it away.
    own: bool,
    /// Whether the id, which is in lower case, names the lead in any case.
    any_case: bool,
}

/// The position of a lead that was in doubt: its id named two.
const DISPUTED: u32 = u32::MAX;

/// What naming a lead by an id came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// The id is new.
    New,
    /// The id named this lead before.
    Known,
    /// The id named another lead before; it names none now.
    Conflict,
    /// The id is another lead's own, and goes on naming that one.
    Foreign,
    /// The id named several leads before, so it names none.
    Disputed,
}

impl LeadIndex {
    /// An index of so many leads, none of them named yet.
    pub fn new(leads: usize) -> Self {
        let by_id = ByHash::with_capacity_and_hasher(leads, Default::default());
        Self { leads, by_id, any_case: false }
    }

    /// Names a lead, by its position, with an id of its own. An id that names two leads names
    /// none.
    pub fn name(&mut self, id: &str, lead: u32) -> Naming {
        self.add(id, lead, true)
    }

    /// Names a lead, by its position, with another id. An id that names two leads names none; the
    /// own id of a lead goes on naming it.
    pub fn also(&mut self, id: &str, lead: u32) -> Naming {
        self.add(id, lead, false)
    }

    /// Names a lead, by its position, with another id that means the same in any case, as that of an
    /// email does.
    pub fn also_in_any_case(&mut self, id: &str, lead: u32) -> Naming {
        if self.exact(id.trim()).is_some_and(|known| known.own && known.lead != lead) {
            return Naming::Foreign;
        }
        let lower = id.trim().to_lowercase();
        let naming = self.add(&lower, lead, false);
        if let Some(entry) = self.by_id.get_mut(&content_hash(&lower))
            && entry.lead == lead
        {
            (entry.any_case, self.any_case) = (true, true);
        }
        naming
    }

    fn add(&mut self, id: &str, lead: u32, own: bool) -> Naming {
        let id = id.trim();
        match self.by_id.entry(content_hash(id)) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(Entry { lead, check: check(id), own, any_case: false });
                Naming::New
            }
            std::collections::hash_map::Entry::Occupied(entry) if entry.get().lead == lead => {
                Naming::Known
            }
            std::collections::hash_map::Entry::Occupied(entry) if entry.get().lead == DISPUTED => {
                Naming::Disputed
            }
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                if !own && entry.get().own {
                    return Naming::Foreign;
                }
                entry.get_mut().lead = DISPUTED;
                Naming::Conflict
            }
        }
    }

    /// The position of the lead that an id names.
    pub fn lead(&self, id: &str) -> Option<u32> {
        let id = id.trim();
        let found = match self.exact(id) {
            None if self.any_case => {
                self.exact(&id.to_lowercase()).filter(|found| found.any_case)?
            }
            found => found?,
        };
        (found.lead != DISPUTED).then_some(found.lead)
    }

    /// What is known of an id as it is written.
    fn exact(&self, id: &str) -> Option<&Entry> {
        self.by_id.get(&content_hash(id)).filter(|found| found.check == check(id))
    }

    /// What would make an id that names no lead name one, in words that follow "would".
    pub fn nearly(&self, id: &str) -> Option<&'static str> {
        let id = id.trim();
        // Without the point of a number that was exported with its decimals.
        let whole = id.strip_suffix(".0").unwrap_or(id);
        let forms = [
            (id.trim_start_matches('0').to_owned(), "without their leading zeros"),
            (whole.to_owned(), "without \".0\" at the end"),
            (format!("{id}.0"), "with \".0\" at the end"),
            (id.to_lowercase(), "in lower case"),
            (id.to_uppercase(), "in upper case"),
        ];
        forms.into_iter().find(|(form, _)| self.lead(form).is_some()).map(|(_, how)| how)
    }

    /// Whether an id names several leads, and so none.
    pub fn is_disputed(&self, id: &str) -> bool {
        self.exact(id.trim()).is_some_and(|found| found.lead == DISPUTED)
    }

    /// The other way to write an id of a lead that names another lead: without the point or the zeros that programs put
    /// there, or an address in lower case. Other ids that differ by case alone may well be two.
    pub fn other_lead(&self, id: &str) -> Option<String> {
        let id = id.trim();
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let zeros = id.starts_with('0') && digits(id);
        let capitals = id.contains('@') && id.contains(char::is_uppercase);
        let forms = [
            id.strip_suffix(".0").map(str::to_owned),
            zeros.then(|| id.trim_start_matches('0').to_owned()),
            capitals.then(|| id.to_lowercase()),
        ];
        // Most ids have one way to be written, and are not looked up.
        let other = |form: &String| {
            self.lead(form).is_some_and(|lead| self.lead(id).is_some_and(|own| own != lead))
        };
        forms.into_iter().flatten().find(other)
    }

    /// How many leads there are.
    pub fn leads(&self) -> usize {
        self.leads
    }
}

/// 32 further bits of an id, so that an unknown id is not taken for a known one.
fn check(id: &str) -> u32 {
    // As FNV-1a (Fowler, Noll, Vo), but by words, with the multiplier of xorshift64* (Vigna, 2014):
    // unrelated to the content hash.
    let take = |hash: u64, word: u64| {
        let hash = (hash ^ word).wrapping_mul(0x2545_f491_4f6c_dd1d);
        hash ^ hash >> 32
    };
    let (words, rest) = id.as_bytes().as_chunks::<8>();
    let hash =
        words.iter().fold(id.len() as u64, |hash, word| take(hash, u64::from_le_bytes(*word)));
    let rest = rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    take(hash, rest) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_two_leads_names_none() {
        let mut index = LeadIndex::new(2);
        assert_eq!(index.name("a", 0), Naming::New);
        assert_eq!(index.name(" a ", 0), Naming::Known);
        assert_eq!(index.name("x", 0), Naming::New);
        assert_eq!(index.name("x", 1), Naming::Conflict);
        assert_eq!(index.name("x", 0), Naming::Disputed);
        assert_eq!((index.lead("a"), index.lead("x"), index.lead("y")), (Some(0), None, None));
        // A line of a map that names one lead as another takes nothing from either.
        assert_eq!(index.also("a", 1), Naming::Foreign);
        assert_eq!(index.lead("a"), Some(0));
        assert_eq!((index.also("v", 0), index.also("v", 1)), (Naming::New, Naming::Conflict));
        assert_eq!(index.lead("v"), None);
    }

    #[test]
    fn some_ids_mean_the_same_in_any_case() {
        let mut index = LeadIndex::new(3);
        index.name("a", 0);
        index.name("A@X.com", 1);
        assert_eq!(index.also_in_any_case("Ana@X.com", 0), Naming::New);
        assert_eq!((index.lead("ANA@x.com"), index.lead("A")), (Some(0), None));
        assert_eq!(index.also_in_any_case("A@X.com", 0), Naming::Foreign);
        assert_eq!(index.also_in_any_case("A", 1), Naming::Foreign);
        assert_eq!(
            (index.lead("a"), index.lead("A"), index.lead("A@X.com")),
            (Some(0), None, Some(1))
        );
        assert_eq!(index.also_in_any_case("ana@x.com", 2), Naming::Conflict);
        assert_eq!(index.lead("Ana@X.com"), None);
    }

    #[test]
    fn ids_that_are_written_otherwise_are_near() {
        let mut index = LeadIndex::new(2);
        index.name("5", 0);
        index.name("ab", 1);
        index.name("8.0", 1);
        let near = |id: &str| index.nearly(id).unwrap_or_default();
        assert_eq!(near(" 0005"), "without their leading zeros");
        assert_eq!(near("5.0"), "without \".0\" at the end");
        assert_eq!(near("AB"), "in lower case");
        assert_eq!((near("7"), near("000"), near("")), ("", "", ""));
        assert_eq!(near("8"), "with \".0\" at the end");
        assert!(!index.is_disputed("5") && !index.is_disputed("7"));
        index.name("5", 1);
        assert!(index.is_disputed("5") && index.nearly("5").is_none());
    }

    #[test]
    fn leads_whose_ids_are_one_anothers_written_otherwise() {
        let mut index = LeadIndex::new(7);
        for (lead, id) in ["5", "5.0", "007", "7", "a@x.com", "A@x.com", "Ab"].iter().enumerate() {
            index.name(id, lead as u32);
        }
        index.name("ab", 6);
        let other = |id: &str| index.other_lead(id).unwrap_or_default();
        assert_eq!([other("5.0"), other(" 007"), other("A@x.com")], ["5", "7", "a@x.com"]);
        // Of two one is told; one lead may have both, and so may two whose ids are codes.
        assert_eq!([other("5"), other("7"), other("Ab"), other("9.0")], [""; 4]);
    }
}
