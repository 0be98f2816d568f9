//! The `leadscore.toml` that goes with the files of a simulation.

use crate::simulation::Simulation;

const TEXT: &str = include_str!("leadscore.toml");

impl Simulation {
    /// The text of a `leadscore.toml` that reads `leads.csv`, `events` and `outcomes.csv` beside it.
    /// `events` is the name of the file of events, such as `events.parquet`.
    pub fn configuration(&self, events: &str) -> String {
        format!(
            "# {} simulated leads, seed {}.\n{}",
            self.leads(),
            self.seed(),
            TEXT.replace("{events}", &events.replace(['"', '\\', '\n'], "_"))
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::LEAK_COLUMNS;
    use crate::observed_until;

    #[test]
    fn the_configuration_names_the_end_the_file_and_the_leaks() {
        let text = Simulation::new(10, 3).configuration("events.csv");
        assert!(text.contains(&format!("observed_until = {}", observed_until())), "{text}");
        assert!(text.contains(r#"files = ["events.csv"]"#), "{text}");
        assert!(text.starts_with("# 10 simulated leads, seed 3.\n"), "{text}");
        assert!(LEAK_COLUMNS.iter().all(|column| text.contains(column)), "{text}");
    }
}
