//! `[outcomes]`: which columns say when leads converted or were closed, and which rows count for that.

use super::parse::{Parser, Roles};
use super::{LeadSource, Named, OutcomeSource};
use crate::document::{DeTable, Node};
use crate::events::Condition;

impl Parser<'_, '_> {
    pub(super) fn outcomes(
        &mut self,
        value: &Node<'_>,
        leads: &Option<LeadSource>,
        lead_roles: &mut Roles,
    ) -> Option<OutcomeSource> {
        const KEYS: [&str; 6] = ["files", "lead", "converted", "won", "closed", "lost"];
        let table = self.table(value, "outcomes")?;
        let before = self.document.mistakes();
        self.document.only(table, &KEYS, "[outcomes]");
        // A key that is misspelt, or in a line that cannot be read, may be files.
        let partial = self.document.is_partial(&value.span());
        let complete = !partial && self.document.mistakes() == before;
        let mut own_roles = Roles::new();
        let own = table.contains_key("files") || (!complete && table.contains_key("lead"));
        let mut files = Vec::new();
        if own && table.contains_key("files") {
            let of_leads = leads.as_ref().map_or(&[][..], |leads| &leads.files);
            let span = value.span();
            files = self.files(table, &span, "[outcomes]", &mut Vec::new(), of_leads);
            if !table.contains_key("lead") {
                let _: Option<()> = self.document.lacks(&value.span(), "[outcomes]", "lead");
            }
        } else if let Some(lead) = table.get("lead") {
            let message = "without files the outcomes are columns of the leads, so lead has no \
                           meaning: add files or take lead out";
            self.document.mistake(&lead.span(), message);
        }
        let (of, roles) = if own {
            (Named::OutcomeColumn, &mut own_roles)
        } else {
            (Named::LeadColumn, lead_roles)
        };
        let lead = if own { self.role(table, "lead", of, roles) } else { None };
        if !table.contains_key("converted") {
            let _: Option<()> = self.document.lacks(&value.span(), "[outcomes]", "converted");
        }
        let converted = self.role(table, "converted", of, roles);
        let won = self.rows_where(table, "won", of);
        let lost = self.rows_where(table, "lost", of);
        // One column may say when either came about, where others say which of the two did.
        let parted = !won.is_empty() && !lost.is_empty();
        let shared = table.get("closed").and_then(|closed| closed.get_ref().as_str());
        let closed = if parted && shared.is_some() && shared == converted.as_deref() {
            self.column(table, "closed", of)
        } else {
            self.role(table, "closed", of, roles)
        };
        if let (Some(lost), None) = (table.get("lost"), table.get("closed")) {
            let at = lost.span();
            let needs = "lost says which rows count for closed, the column of when leads were closed: add it";
            self.document.absent(&at, &[value.span()], needs);
        }
        for (role, conditions) in [("converted", &won), ("closed", &lost)] {
            roles.extend(conditions.iter().map(|of| (role, of.property.clone())));
        }
        let found = OutcomeSource {
            files,
            lead,
            converted: converted.unwrap_or_default(),
            won,
            closed,
            lost,
        };
        if let (false, Some(leads)) = (own, leads) {
            for (key, columns) in [("drop", &leads.drop), ("keep", &leads.keep)] {
                for column in found.columns().filter(|of| columns.iter().any(|name| name == of)) {
                    let at = self.place_of(Named::LeadColumn, column);
                    let message =
                        format!("the column {column:?} is an outcome; take it out of {key}");
                    self.document.mistake_at(at, message);
                }
            }
        }
        Some(found)
    }

    /// Conditions on columns of the rows that count; none where the key is not there.
    fn rows_where(&mut self, table: &DeTable<'_>, key: &str, of: Named) -> Vec<Condition> {
        table.get(key).map_or_else(Vec::new, |value| self.conditions(value, key, of))
    }
}
