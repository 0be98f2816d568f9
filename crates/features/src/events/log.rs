//! How an event log is read: plain data, kept in the schema of a bundle.

use serde::{Deserialize, Serialize};

use super::Filters;

/// How events are read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EventLog {
    /// Which columns of a file mean what.
    pub columns: EventColumns,
    /// The properties that signals may use: all other columns.
    pub properties: Vec<Property>,
    /// How the history of attributes is told, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
    /// What is taken out after the cut.
    pub filters: Filters,
}

/// The columns of a file of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventColumns {
    /// Whose event it is.
    pub lead: String,
    /// What happened.
    pub kind: String,
    /// When.
    pub at: String,
    /// When we learnt of it. Without it, and where a cell is empty, at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_at: Option<String>,
    /// The event's own id, by which a second copy is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl EventColumns {
    /// The names of the columns that there are.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let Self { lead, kind, at, known_at, id } = self;
        let all = [Some(lead), Some(kind), Some(at), known_at.as_ref(), id.as_ref()];
        all.into_iter().flatten().map(String::as_str)
    }
}

impl Default for EventColumns {
    /// `lead_id`, `kind` and `at`.
    fn default() -> Self {
        Self {
            lead: "lead_id".into(),
            kind: "kind".into(),
            at: "at".into(),
            known_at: None,
            id: None,
        }
    }
}

/// One property of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    /// Its name: the column, and the key in a request.
    pub name: String,
    /// Whether it is a number; a text otherwise.
    pub number: bool,
    /// Whether its texts are words for yes and no, and `true` and `false` whichever of them is written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub yes_no: bool,
}

/// The history of attributes, told by events of one kind that name an attribute and its new value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// The kind of these events.
    pub kind: String,
    /// The property that names the attribute.
    pub attribute: String,
    /// The property that holds the new value, as text.
    pub value: String,
    /// The attributes whose history is told. Their value as of a moment is that of the last event
    /// up to then, and missing before the first.
    pub attributes: Vec<String>,
}

impl EventLog {
    /// A property by its name.
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// Whether the history of an attribute is told.
    pub fn has_history(&self, attribute: &str) -> bool {
        self.history.as_ref().is_some_and(|h| h.attributes.iter().any(|name| name == attribute))
    }
}
