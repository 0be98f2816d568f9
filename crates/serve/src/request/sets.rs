//! Which rule sets are asked for, and where a lead stands on their ladders as the caller knows it.

use std::fmt;

use leadscore_features::did_you_mean;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Reader;
use super::shape::{refuse, seed};
use crate::fields::{LADDERS, Ladders, Sets};
use crate::scalar::{Key, Scalar};

/// Where a lead stood on the ladders of a rule set, by the caller's word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stood {
    /// The rule set's position.
    pub(crate) set: usize,
    /// The step on each of [`LADDERS`].
    pub(crate) steps: [Option<usize>; 2],
}

/// The rule sets that are asked for. Null asks for all.
pub(super) struct RuleSets<'r, 's, 'a>(pub(super) &'r mut Reader<'s, 'a>);
seed!(RuleSets);

impl RuleSets<'_, '_, '_> {
    fn wrong(self, what: &str) {
        if what != "null" {
            let message = format!("it is a list of names of rule sets, not {what}");
            self.0.body_error(Some("rule_sets"), message);
        }
    }
}

impl<'a> Visitor<'a> for RuleSets<'_, '_, 'a> {
    type Value = ();
    refuse!(object);

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<(), A::Error> {
        let reader = self.0;
        let mut asked = Vec::new();
        let mut index = 0;
        while let Some(scalar) = list.next_element::<Scalar<'a>>()? {
            match reader.rule_set(&scalar) {
                Ok(set) if asked.contains(&set) => {
                    reader.body_error_at(&["rule_sets", &index.to_string()], "it is there twice");
                }
                Ok(set) => asked.push(set),
                Err(message) => {
                    reader.body_error_at(&["rule_sets", &index.to_string()], message);
                }
            }
            index += 1;
        }
        if index == 0 && !reader.fields.model {
            let message = "it names no rule set, and there is nothing else to score with; leave it \
                           out for all of them";
            reader.body_error(Some("rule_sets"), message);
        }
        reader.rule_sets = Some(asked);
        Ok(())
    }
}

impl Reader<'_, '_> {
    fn rule_set(&mut self, scalar: &Scalar<'_>) -> Result<usize, String> {
        match scalar {
            Scalar::Text(name) => {
                self.fields.sets.position(name).ok_or_else(|| self.unknown_set(name))
            }
            other => Err(format!("a rule set is asked for by its name, not {}", other.word())),
        }
    }

    fn unknown_set(&mut self, name: &str) -> String {
        let sets: &Sets = &self.fields.sets;
        if sets.all().is_empty() {
            return "there is no such rule set; none is served".to_owned();
        }
        let near = if self.may_suggest() { sets.near(name) } else { None };
        match near {
            Some(near) => format!("there is no such rule set; did you mean {near:?}?"),
            None => "there is no such rule set".to_owned(),
        }
    }
}

/// Where a lead stands, rule set by rule set. Null says nothing.
pub(super) struct Stages<'r, 's, 'a>(pub(super) &'r mut Reader<'s, 'a>);
seed!(Stages);

impl Stages<'_, '_, '_> {
    fn wrong(self, what: &str) {
        if what != "null" {
            let message = format!("stages are an object of rule sets, not {what}");
            self.0.lead_error(&["stages"], message);
        }
    }
}

impl<'a> Visitor<'a> for Stages<'_, '_, 'a> {
    type Value = ();
    refuse!(list);

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let reader = self.0;
        while let Some(Key(name)) = map.next_key()? {
            let set = reader.fields.sets.position(&name);
            let known = |stood: &Stood| Some(stood.set) == set;
            let mistake = match set {
                None => reader.unknown_set(&name),
                Some(_) if reader.draft.lead.stood.iter().any(known) => {
                    "it is there twice".to_owned()
                }
                Some(set) => {
                    reader.draft.lead.stood.push(Stood { set, steps: [None; 2] });
                    map.next_value_seed(Steps(reader))?;
                    continue;
                }
            };
            map.next_value::<Scalar<'a>>()?;
            reader.lead_error(&["stages", &name], mistake);
        }
        Ok(())
    }
}

/// Where a lead stands on the ladders of the rule set that was named last. Null says nothing.
struct Steps<'r, 's, 'a>(&'r mut Reader<'s, 'a>);
seed!(Steps);

impl<'s> Steps<'_, 's, '_> {
    fn wrong(mut self, what: &str) {
        if what != "null" {
            let message = format!(
                "it is an object like {{\"stage\": \"...\", \"funnel\": \"...\"}}, not {what}"
            );
            self.mistake(None, message);
        }
    }

    fn mistake(&mut self, key: Option<&str>, message: impl Into<String>) {
        let Some(set) = self.set() else { return };
        let path: Vec<&str> = ["stages", &set.name].into_iter().chain(key).collect();
        self.0.lead_error(&path, message);
    }

    fn set(&self) -> Option<&'s Ladders> {
        let stood = self.0.draft.lead.stood.last()?;
        self.0.fields.sets.all().get(stood.set)
    }

    /// Reads where the lead stands on one ladder.
    fn step(&mut self, ladder: usize, scalar: &Scalar<'_>) -> Result<Option<usize>, String> {
        let word = LADDERS[ladder].1;
        let steps = self.set().map_or(&[][..], |set| &set.steps[ladder]);
        if steps.is_empty() {
            return Err(format!("the rule set has no {}", ["stages", "funnel"][ladder]));
        }
        let name = match scalar {
            Scalar::Null => return Ok(None),
            Scalar::Text(name) => name,
            other => return Err(format!("a {word} is a text, not {}", other.word())),
        };
        if let Some(step) = steps.iter().position(|step| step == name) {
            return Ok(Some(step));
        }
        let names = || steps.iter().map(String::as_str);
        let near = if self.0.may_suggest() { did_you_mean(name, names()) } else { None };
        let place = if ladder == 0 { "stage" } else { "place in the funnel" };
        Err(match near {
            Some(near) => format!("there is no such {place}; did you mean {near:?}?"),
            None => format!("there is no such {place}; there is {}", steps.join(", ")),
        })
    }
}

impl<'a> Visitor<'a> for Steps<'_, '_, 'a> {
    type Value = ();
    refuse!(list);

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut named = [false; 2];
        while let Some((Key(key), scalar)) = map.next_entry::<Key<'a>, Scalar<'a>>()? {
            let found = match LADDERS.iter().position(|(_, word)| *word == key) {
                Some(ladder) if std::mem::replace(&mut named[ladder], true) => {
                    Err("it is there twice".to_owned())
                }
                Some(ladder) => self.step(ladder, &scalar).map(|step| (ladder, step)),
                None => Err("there is no such key; there is stage, funnel".to_owned()),
            };
            match (found, self.0.draft.lead.stood.last_mut()) {
                (Ok((ladder, step)), Some(stood)) => stood.steps[ladder] = step,
                (Ok(_), None) => {}
                (Err(message), _) => self.mistake(Some(&key), message),
            }
        }
        Ok(())
    }
}
