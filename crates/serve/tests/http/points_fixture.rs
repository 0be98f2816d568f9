//! Rule sets with all that a rule set can have, alone and beside the model over events.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use leadscore_model::points::RuleSet;
use leadscore_serve::Service;

use crate::{event_fixture, fixture};

/// Fit and engagement, a grade, stages, a funnel, exclusions and limits.
pub(crate) const JOURNEY: &str = r#"
name = "journey"
version = "2"
hand_off = 60

[scale]
floor = 0
cap = 100

[[band]]
name = "cold"

[[band]]
name = "warm"
from = 30
action = "nurture"

[[band]]
name = "hot"
from = 60

[grade]
letter = { score = "fit", from = [20, 10] }
number = { score = "engagement", from = [50, 20] }

[stages]
steps = [
    { name = "subscriber" },
    { name = "lead", enter = 20, leave = 10 },
    { name = "MQL", enter = 40, leave = 30 },
    { name = "SQL", enter = 60, leave = 45 },
]

[funnel]
score = "engagement"
steps = [
    { name = "awareness" },
    { name = "consideration", enter = 20, leave = 10 },
    { name = "decision", enter = 50, leave = 30 },
]

[signals]
unsubscribes = { count = "unsubscribe" }

[[score]]
name = "fit"
groups = ["fit"]

[[score]]
name = "engagement"
groups = ["engagement"]

[[group]]
name = "fit"

[[group]]
name = "engagement"
floor = 0
cap = 70
decay = { half_life = "30d" }

[[rule]]
name = "size"
group = "fit"
points = 20
when = { signal = "employees", at_least = 100 }

[[rule]]
name = "pages"
group = "engagement"
each = "page_view"
by = { page = { "/pricing*" = 10, "/docs*" = 4 } }
points = 1
cap = 30

[[rule]]
name = "demo"
group = "engagement"
once = "demo_request"
points = 40

[[rule]]
name = "idle"
idle = ["page_view", "demo_request"]
every = "60d"
points = -10
first = 3

[[exclude]]
name = "unsubscribed"
when = { signal = "unsubscribes", at_least = 1 }
score = -5

[[exclude]]
name = "tiny"
when = { signal = "employees", below = 2 }
score = -10
"#;

/// Without events and without ladders.
pub(crate) const SIZE: &str = r#"
name = "size"
version = "1"

[[rule]]
name = "large"
points = 5
when = { signal = "employees", at_least = 1000 }
"#;

pub(crate) fn sets() -> Vec<RuleSet> {
    [("journey.toml", JOURNEY), ("size.toml", SIZE), ("engagement.toml", event_fixture::RULES)]
        .map(|(file, text)| RuleSet::parse(file, text).unwrap_or_else(|error| panic!("{error}")))
        .into()
}

/// Beside the model over events.
pub(crate) fn service() -> Service {
    Service::new(Some((event_fixture::bundle(), fixture::HASH.into())), sets()).unwrap()
}

/// Without any model.
pub(crate) fn rules_alone() -> Service {
    let mut sets = sets();
    sets.truncate(2);
    Service::new(None, sets).unwrap()
}
