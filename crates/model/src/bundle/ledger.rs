//! Which rows a bundle was made from, without saying who they are.

use crate::{Naming, RowIdentity};

/// A row that the evaluated model never saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeldOutRow {
    /// See [`RowIdentity::row`].
    pub row: u64,
    /// Whether it converted.
    pub label: bool,
    /// The log-odds that the evaluated model gave it.
    pub log_odds: f64,
}

/// The rows of a bundle.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    /// The held-out rows, ordered by [`HeldOutRow::row`].
    held_out: Vec<HeldOutRow>,
    /// The [`RowIdentity::group`] of every row that either model saw or was evaluated on, ordered.
    groups: Vec<u64>,
    naming: Naming,
}

/// Written behind the groups of a ledger whose rows are named by [`Naming::Words`].
const BY_WORDS: u8 = 1;

/// How a row relates to a bundle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Membership {
    /// It was held out: the evaluated model's score of it is honest.
    HeldOut(HeldOutRow),
    /// It was fitted, or is another row of a lead or account that was: no figure may use it.
    Seen,
    /// It is new: the served model's score of it is honest.
    New,
}

impl Ledger {
    /// A ledger of held-out rows and of the groups of all rows, as they are named today.
    pub fn new(mut held_out: Vec<HeldOutRow>, mut groups: Vec<u64>) -> Self {
        held_out.sort_unstable_by_key(|row| row.row);
        groups.sort_unstable();
        groups.dedup();
        Self { held_out, groups, naming: Naming::default() }
    }

    /// How its rows are named: rows are looked up by names of this kind.
    pub fn naming(&self) -> Naming {
        self.naming
    }

    /// The held-out rows, ordered by their hash.
    pub fn held_out(&self) -> &[HeldOutRow] {
        &self.held_out
    }

    /// How a row relates to the bundle.
    pub fn membership(&self, identity: RowIdentity) -> Membership {
        match self.held_out.binary_search_by_key(&identity.row, |row| row.row) {
            Ok(index) => Membership::HeldOut(self.held_out[index]),
            Err(_) if self.groups.binary_search(&identity.group).is_ok() => Membership::Seen,
            Err(_) => Membership::New,
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(16 + 17 * self.held_out.len() + 8 * self.groups.len());
        out.extend_from_slice(&(self.held_out.len() as u64).to_le_bytes());
        for row in &self.held_out {
            out.extend_from_slice(&row.row.to_le_bytes());
            out.extend_from_slice(&row.log_odds.to_le_bytes());
            out.push(u8::from(row.label));
        }
        out.extend_from_slice(&(self.groups.len() as u64).to_le_bytes());
        for group in &self.groups {
            out.extend_from_slice(&group.to_le_bytes());
        }
        match self.naming {
            Naming::Blake3 => {}
            Naming::Words => out.push(BY_WORDS),
        }
        out
    }

    /// `None` when the bytes are not a ledger.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        fn u64_at(bytes: &[u8]) -> Option<(u64, &[u8])> {
            let (head, rest) = bytes.split_first_chunk::<8>()?;
            Some((u64::from_le_bytes(*head), rest))
        }
        let (count, mut rest) = u64_at(bytes)?;
        let count = usize::try_from(count).ok().filter(|n| *n <= rest.len() / 17)?;
        let mut held_out = Vec::with_capacity(count);
        for _ in 0..count {
            let (row, after) = u64_at(rest)?;
            let (log_odds, after) = u64_at(after)?;
            let (&label, after) = after.split_first()?;
            held_out.push(HeldOutRow {
                row,
                label: label == 1,
                log_odds: f64::from_bits(log_odds),
            });
            rest = after;
        }
        let (count, mut rest) = u64_at(rest)?;
        let count = usize::try_from(count).ok().filter(|n| *n <= rest.len() / 8)?;
        let mut groups = Vec::with_capacity(count);
        for _ in 0..count {
            let (group, after) = u64_at(rest)?;
            groups.push(group);
            rest = after;
        }
        let naming = match rest {
            [] => Naming::Blake3,
            [BY_WORDS] => Naming::Words,
            _ => return None,
        };
        Some(Self { naming, ..Self::new(held_out, groups) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn membership_and_bytes() {
        let row = HeldOutRow { row: 7, label: true, log_odds: -1.5 };
        let ledger = Ledger::new(vec![row], vec![9, 7, 3, 9]);
        let of = |row, group| ledger.membership(RowIdentity { row, group });
        assert_eq!(of(7, 7), Membership::HeldOut(row));
        assert_eq!(of(8, 9), Membership::Seen);
        assert_eq!(of(8, 8), Membership::New);
        let bytes = ledger.to_bytes();
        assert_eq!(Ledger::from_bytes(&bytes), Some(ledger.clone()));
        // Those of before say nothing of names.
        let before = &bytes[..bytes.len() - 1];
        let expected = Ledger { naming: Naming::Blake3, ..ledger };
        assert_eq!(expected.to_bytes(), before);
        assert_eq!(Ledger::from_bytes(before), Some(expected));
        let unknown = [before, &[BY_WORDS + 1]].concat();
        assert_eq!(Ledger::from_bytes(&unknown), None);
        for end in 0..before.len() {
            assert_eq!(Ledger::from_bytes(&bytes[..end]), None, "{end}");
        }
    }
}
