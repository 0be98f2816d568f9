//! What a total means: the scale it is on, bands, grades, and the ladders of stages.

use serde::Serialize;

use super::Points;

/// From a sum of points to a score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Scale {
    /// Not less than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor: Option<Points>,
    /// Not more than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<Points>,
    /// The sums that become 0 and 100; a set that rescales has no floor and no cap of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rescale: Option<(Points, Points)>,
}

impl Scale {
    /// The score of a sum.
    pub fn of(&self, sum: Points) -> Points {
        match self.rescale {
            Some((from, to)) => sum.rescaled(from, to),
            None => sum.within(self.floor, self.cap),
        }
    }

    /// The least and the most that a score can be, where the scale says so.
    pub fn ends(&self) -> (Option<Points>, Option<Points>) {
        match self.rescale {
            Some(_) => (Some(Points::ZERO), Some(Points::from_thousandths(100_000))),
            None => (self.floor, self.cap),
        }
    }
}

/// One band of a score: from its threshold to that of the next, the threshold itself inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Band {
    /// Its name.
    pub name: String,
    /// From how many points; the first band takes everything below the second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Points>,
    /// What to do with its leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
}

/// The bands of a score, lowest first. Each starts where the one before it ends, so they cover the
/// scale without a gap and without an overlap. Empty where a score has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Bands(Vec<Band>);

impl Bands {
    /// Bands by rising thresholds, of which only the first has none. `None` when they are not.
    pub fn new(bands: Vec<Band>) -> Option<Self> {
        let first = bands.first().is_none_or(|band| band.from.is_none());
        let rising = bands.windows(2).all(|pair| match (pair[0].from, pair[1].from) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(a), Some(b)) => a < b,
        });
        (first && rising).then_some(Self(bands))
    }

    /// Cold, warm and hot.
    pub fn warm_hot(warm: Points, hot: Points) -> Option<Self> {
        let band = |name: &str, from| Band { name: name.to_owned(), from, action: None };
        Self::new(vec![band("cold", None), band("warm", Some(warm)), band("hot", Some(hot))])
    }

    /// Bands of one width from `floor` to `cap`; the last one ends there. `None` where the width is
    /// not above 0.
    pub fn clusters(floor: Points, cap: Points, width: Points) -> Option<Self> {
        if width <= Points::ZERO {
            return None;
        }
        let mut bands = Vec::new();
        let mut from = floor;
        while from < cap || bands.is_empty() {
            let to = (from + width).min(cap);
            bands.push(Band {
                name: format!("{from} to {to}"),
                from: (from > floor).then_some(from),
                action: None,
            });
            from += width;
        }
        Self::new(bands)
    }

    /// The width of clusters that these bands are on a scale; `None` where they are none.
    pub(super) fn width(&self, scale: &Scale) -> Option<Points> {
        let (Some(floor), Some(cap)) = scale.ends() else { return None };
        let width = self.0.get(1).and_then(|band| band.from).unwrap_or(cap) - floor;
        // As many as there are: what another width would make is not built.
        let last = self.0.last()?.from.unwrap_or(floor);
        let as_many = floor + width.times(self.0.len().saturating_sub(1) as u32) == last;
        let clusters = as_many.then(|| Self::clusters(floor, cap, width)).flatten();
        (clusters.as_ref() == Some(self)).then_some(width)
    }

    /// The position of the band of a score; `None` where there are no bands.
    pub fn of(&self, score: Points) -> Option<usize> {
        let above = self.0.partition_point(|band| band.from.is_none_or(|from| from <= score));
        above.checked_sub(1)
    }

    /// The bands, lowest first.
    pub fn all(&self) -> &[Band] {
        &self.0
    }

    /// The name of a band, by its position.
    pub fn name(&self, band: usize) -> Option<&str> {
        self.0.get(band).map(|band| band.name.as_str())
    }

    /// The position of a band, by its name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|band| band.name == name)
    }
}

/// Half of a grade: the step of one score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GradeAxis {
    /// The score.
    pub score: String,
    /// The thresholds, highest first; the first step is at or above the first of them, the last one
    /// below the last.
    pub from: Vec<Points>,
}

impl GradeAxis {
    /// The step of a score, 0 the best.
    pub fn step(&self, score: Points) -> usize {
        self.from.iter().take_while(|from| score < **from).count()
    }
}

/// A letter for one score and a number for another: A1 is the best of both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grade {
    /// What the letter is of; fit, as a rule.
    pub letter: GradeAxis,
    /// What the number is of; engagement, as a rule.
    pub number: GradeAxis,
}

impl Grade {
    /// The most thresholds of the letter: there are 26 letters.
    pub const MOST_LETTERS: usize = 25;

    /// The grade of two scores.
    pub fn of(&self, letter: Points, number: Points) -> String {
        let letter = char::from(b'A' + self.letter.step(letter).min(Self::MOST_LETTERS) as u8);
        format!("{letter}{}", self.number.step(number) + 1)
    }
}

/// One step of a ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// A lead comes up to it from here; the first step needs nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enter: Option<Points>,
    /// A lead falls off it below this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leave: Option<Points>,
}

/// Steps that a lead goes up and down by its score: stages, or positions in the funnel. What it
/// takes to stay is less than what it takes to come, so that a lead does not flap; where it stands
/// therefore depends on where it stood before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ladder {
    /// The score that counts; the total where not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<String>,
    /// The steps, lowest first, at least one.
    pub steps: Vec<Step>,
}

impl Ladder {
    /// Where a lead stands with a score, by where it stood before; a new lead stood nowhere.
    pub fn next(&self, before: Option<usize>, score: Points) -> usize {
        let last = self.steps.len().saturating_sub(1);
        let mut step = before.unwrap_or(0).min(last);
        while step > 0 && self.steps[step].leave.is_some_and(|leave| score < leave) {
            step -= 1;
        }
        let entered = |step: &Step| step.enter.is_some_and(|enter| score >= enter);
        (step + 1..=last).rev().find(|above| entered(&self.steps[*above])).unwrap_or(step)
    }

    /// The position of a step, by its name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(whole: i64) -> Points {
        Points::from_thousandths(whole * 1000)
    }

    #[test]
    fn bands_are_half_open_and_cover_everything() {
        let bands = Bands::warm_hot(points(40), points(80)).unwrap();
        let name = |score| bands.name(bands.of(points(score)).unwrap()).unwrap().to_owned();
        assert_eq!(
            [-99, 39, 40, 79, 80, 999].map(name),
            ["cold", "cold", "warm", "warm", "hot", "hot"]
        );
        assert!(Bands::warm_hot(points(40), points(40)).is_none());
        assert_eq!(Bands::default().of(points(3)), None);
    }

    #[test]
    fn a_lead_does_not_flap() {
        let step = |name: &str, limits: Option<(i64, i64)>| Step {
            name: name.into(),
            enter: limits.map(|(enter, _)| points(enter)),
            leave: limits.map(|(_, leave)| points(leave)),
        };
        let ladder = Ladder {
            score: None,
            steps: vec![
                step("subscriber", None),
                step("lead", Some((20, 10))),
                step("MQL", Some((50, 40))),
                step("SQL", Some((80, 60))),
            ],
        };
        let mut stood = None;
        let mut walk = |score| {
            stood = Some(ladder.next(stood, points(score)));
            stood.unwrap()
        };
        assert_eq!([0, 25, 15, 85, 65, 59, 45, 39, 9].map(&mut walk), [0, 1, 1, 3, 3, 2, 2, 1, 0]);
        assert_eq!(ladder.next(None, points(85)), 3);
        assert_eq!(ladder.next(Some(99), points(65)), 3);
        assert_eq!(ladder.next(Some(3), points(5)), 0);
    }

    #[test]
    fn grades() {
        let axis = |score: &str| GradeAxis {
            score: score.into(),
            from: vec![points(75), points(50), points(25)],
        };
        let grade = Grade { letter: axis("fit"), number: axis("engagement") };
        assert_eq!(grade.of(points(75), points(75)), "A1");
        assert_eq!(grade.of(points(74), points(24)), "B4");
        assert_eq!(grade.of(points(-5), points(50)), "D2");
    }
}
