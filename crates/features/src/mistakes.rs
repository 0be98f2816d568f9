//! Mistakes found in one go: the first few in full, further ones counted.

/// Mistakes listed in full.
const LISTED: usize = 10;

/// Collects mistakes, however many there are, for one error.
#[derive(Clone, Debug, Default)]
pub struct Mistakes {
    listed: Vec<String>,
    count: usize,
}

impl Mistakes {
    /// Adds a mistake.
    pub fn add(&mut self, mistake: impl Into<String>) {
        self.count += 1;
        if self.listed.len() < LISTED {
            self.listed.push(mistake.into());
        }
    }

    /// Nothing when there were none, else the first of them and how many more there are.
    ///
    /// # Errors
    /// The mistakes, as lines of a message.
    pub fn check(mut self) -> Result<(), Vec<String>> {
        if self.count == 0 {
            return Ok(());
        }
        if self.count > self.listed.len() {
            self.listed.push(format!("and {} more", self.count - self.listed.len()));
        }
        Err(self.listed)
    }
}

impl Extend<String> for Mistakes {
    fn extend<I: IntoIterator<Item = String>>(&mut self, mistakes: I) {
        mistakes.into_iter().for_each(|mistake| self.add(mistake));
    }
}
