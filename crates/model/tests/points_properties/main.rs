//! What must hold of any rule set and any lead, over random ones; and a second scorer, written from
//! docs/points.md, that must agree.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;
mod random;
mod set;
mod slow;
mod words;

use common::{Alone, Lead, schema, to_json};
use leadscore_model::points::{EventPoints, Gives, Points, PointsScore, RuleSet};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use random::{HOUR, NOW, lead, orderly};
use set::Set;

/// The set as the engine reads it. `None` where a threshold cannot be reached, which is refused.
fn read(set: &Set) -> Option<RuleSet> {
    let text = set.text();
    match RuleSet::parse("random.toml", &text) {
        Ok(set) => Some(set),
        Err(error) => {
            let unreachable = |message: &str| message.contains("cannot be reached");
            let refused = error.mistakes.iter().all(|mistake| unreachable(&mistake.message));
            assert!(refused && !error.mistakes.is_empty(), "{error}\n{text}");
            None
        }
    }
}

fn scored(set: &Set, lead: &Lead) -> Option<(RuleSet, Alone, PointsScore)> {
    let set = read(set)?;
    let alone = Alone::new(&set).unwrap_or_else(|error| panic!("{error}"));
    let score = alone.score(lead, NOW);
    Some((set, alone, score))
}

fn within(points: Points, floor: Option<Points>, cap: Option<Points>) -> bool {
    floor.is_none_or(|floor| floor <= points) && cap.is_none_or(|cap| points <= cap)
}

fn size(points: Points) -> Points {
    points.max(-points)
}

/// A score without what depends on the order of rules: by the names of the rules.
fn by_name(set: &RuleSet, score: &PointsScore) -> impl PartialEq + std::fmt::Debug {
    let name = |rule: usize| set.rules[rule].name.clone();
    let mut rules: Vec<_> = score
        .rules
        .iter()
        .map(|of| (name(of.rule), of.times, of.earned, of.decay, of.limit))
        .collect();
    rules.sort_unstable();
    let mut unavailable: Vec<String> = score.unavailable.iter().map(|rule| name(*rule)).collect();
    unavailable.sort_unstable();
    let rest = (score.total, score.scale, score.exclusion, score.band, score.hand_off);
    (rules, unavailable, rest, score.groups.clone(), score.scores.clone())
}

#[test]
fn most_random_sets_can_be_used() {
    let mut runner = TestRunner::deterministic();
    let sets = (0..300).map(|_| random::set().new_tree(&mut runner).unwrap().current());
    let used = sets.filter(|set| read(set).is_some()).count();
    assert!(used > 200, "{used}");
}

#[test]
fn silence_counts_however_long_it_is() {
    let text = "name = \"a\"\nversion = \"1\"\n[[rule]]\nname = \"a\"\nidle = \"*\"\n\
                every = \"1s\"\npoints = -1\n";
    let alone = Alone::new(&RuleSet::parse("a.toml", text).unwrap()).unwrap();
    let since = |micros: i64| {
        let lead = Lead { created: Some(micros), ..Lead::default() };
        alone.score(&lead, NOW).rules.first().map_or(0, |rule| rule.times)
    };
    assert_eq!(since(NOW - HOUR), 3600);
    assert_eq!(since(NOW + HOUR), 0);
    assert_eq!(since(i64::MIN), u32::MAX);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_breakdown_adds_up(set in random::set(), lead in lead()) {
        let Some((rules, alone, score)) = scored(&set, &lead) else { return Ok(()) };
        let parts: Points = score.parts().iter().map(|(_, points)| *points).sum();
        prop_assert_eq!(parts, score.total);
        for of in &score.rules {
            let counted = alone.counted(of.rule, &lead, NOW);
            if matches!(rules.rules[of.rule].gives, Gives::Events(_)) {
                prop_assert_eq!(counted.len(), of.times as usize);
                prop_assert_eq!(counted.iter().map(|event| event.earned).sum::<Points>(), of.earned);
                let left: Points = counted.iter().map(|event| event.left).sum();
                prop_assert_eq!(left, of.earned + of.decay);
            }
            // An event earns what its pattern gives, and the patterns together are the rule.
            if let Gives::Events(EventPoints { by: Some(by), points: others, .. }) =
                &rules.rules[of.rule].gives
            {
                for event in &counted {
                    let points = event.pattern.map_or(*others, |at| by.points[at].1);
                    prop_assert_eq!(event.earned, points);
                }
                let patterns = alone.by_pattern(of.rule, &lead, NOW);
                prop_assert!(patterns.windows(2).all(|of| of[0].pattern != of[1].pattern));
                prop_assert_eq!(patterns.iter().map(|of| of.times).sum::<u32>(), of.times);
                prop_assert_eq!(patterns.iter().map(|of| of.earned).sum::<Points>(), of.earned);
                prop_assert_eq!(patterns.iter().map(|of| of.decay).sum::<Points>(), of.decay);
            }
        }
        // The sums of the groups are those of their rules.
        for (index, group) in rules.groups.iter().enumerate() {
            let of = |rule: usize| rules.rules[rule].group.as_deref() == Some(&group.name);
            let rules = score.rules.iter().filter(|found| of(found.rule));
            prop_assert_eq!(rules.map(|found| found.given()).sum::<Points>(), score.groups[index].sum);
        }
    }

    #[test]
    fn a_second_scorer_agrees(set in random::set(), lead in orderly(), hours in random::back()) {
        let Some((rules, alone, _)) = scored(&set, &lead) else { return Ok(()) };
        let as_of = NOW - hours * HOUR;
        for given in [true, false] {
            let found =
                if given { alone.score(&lead, as_of) } else { alone.score_untold(&lead, as_of) };
            let expected = slow::score(&set, &lead, as_of, given);
            let of = |points: &i64| Points::from_thousandths(*points);
            prop_assert_eq!(found.total, of(&expected.total), "{}", set.text());
            prop_assert_eq!(&found.scores, &expected.scores.iter().map(of).collect::<Vec<_>>());
            let unavailable = found.unavailable.iter().map(|rule| rules.rules[*rule].name.clone());
            prop_assert_eq!(unavailable.collect::<Vec<_>>(), expected.unavailable);
        }
    }

    #[test]
    fn order_changes_nothing(
        (set, shuffled) in random::set().prop_flat_map(|set| {
            let rules = Just(set.rules.clone()).prop_shuffle();
            let other = set.clone();
            (Just(set), rules.prop_map(move |rules| Set { rules, ..other.clone() }))
        }),
        (lead, mixed) in lead().prop_flat_map(|lead| {
            let events = Just(lead.events.clone()).prop_shuffle();
            let other = lead.clone();
            (Just(lead), events.prop_map(move |events| Lead { events, ..other.clone() }))
        }),
    ) {
        let Some((first, _, score)) = scored(&set, &lead) else { return Ok(()) };
        let (second, _, other) = scored(&shuffled, &mixed).unwrap();
        prop_assert_eq!(by_name(&first, &score), by_name(&second, &other));
    }

    #[test]
    fn no_limit_is_passed(set in random::set(), lead in lead()) {
        let Some((rules, _, score)) = scored(&set, &lead) else { return Ok(()) };
        for of in &score.rules {
            let rule = &rules.rules[of.rule];
            prop_assert!(within(of.given(), rule.floor, rule.cap), "{}", rule.name);
        }
        for (group, of) in rules.groups.iter().zip(&score.groups) {
            prop_assert!(within(of.given(), group.floor, group.cap), "{}", group.name);
        }
        if score.exclusion.is_none() {
            let (floor, cap) = rules.scale.ends();
            prop_assert!(within(score.total, floor, cap));
            prop_assert!(within(score.total, None, rules.most()), "more than the most");
            for (of, points) in rules.scores.iter().zip(&score.scores) {
                let (floor, cap) = of.scale.ends();
                prop_assert!(within(*points, floor, cap));
            }
        }
    }

    #[test]
    fn points_fade_towards_zero_and_never_back(
        set in random::set(),
        lead in orderly(),
        hours in 1..1500_i64,
    ) {
        let Some((rules, alone, _)) = scored(&set, &lead) else { return Ok(()) };
        for rule in 0..rules.rules.len() {
            let now = alone.counted(rule, &lead, NOW);
            for event in &now {
                let between = (event.left.min(Points::ZERO), event.left.max(Points::ZERO));
                prop_assert!(size(event.left) <= size(event.earned));
                prop_assert!(event.earned >= between.0.min(event.earned));
                prop_assert!(event.left == Points::ZERO || (event.left > Points::ZERO) == (event.earned > Points::ZERO));
            }
            for later in alone.counted(rule, &lead, NOW + hours * HOUR) {
                let Some(before) = now.iter().find(|event| event.at == later.at) else { continue };
                prop_assert_eq!(before.earned, later.earned);
                prop_assert!(size(later.left) <= size(before.left), "{:?} {:?}", before, later);
            }
        }
    }

    #[test]
    fn what_comes_later_changes_nothing(
        set in random::set(),
        lead in lead(),
        more in lead(),
        (ahead, back) in (1..900_000_000_i64, 0..900_i64),
    ) {
        let Some((_, alone, score)) = scored(&set, &lead) else { return Ok(()) };
        let mut longer = lead;
        for (index, mut event) in more.events.into_iter().enumerate() {
            if index % 2 == 0 {
                event.at = NOW + ahead;
                event.known_at = (index % 4 == 0).then_some(NOW - back * HOUR);
            } else {
                event.known_at = Some(NOW + ahead);
            }
            longer.events.insert(index % (longer.events.len() + 1), event);
        }
        prop_assert_eq!(alone.score(&longer, NOW), score);
    }

    #[test]
    fn what_is_printed_reads_as_the_same(set in random::set()) {
        let Some(first) = read(&set) else { return Ok(()) };
        let printed = first.to_toml();
        let second = RuleSet::parse("printed.toml", &printed)
            .unwrap_or_else(|error| panic!("{error}\n{printed}"));
        prop_assert_eq!(&first, &second, "{}", printed);
        prop_assert_eq!(second.to_toml(), printed);
    }

    #[test]
    fn changes_add_up(set in random::set(), lead in lead(), hours in -900..900_i64) {
        let Some((_, alone, now)) = scored(&set, &lead) else { return Ok(()) };
        let then = alone.score(&lead, NOW + hours * HOUR);
        let changes: Points = then.changes_since(&now).iter().map(|(_, points)| *points).sum();
        prop_assert_eq!(changes, then.total - now.total);
        prop_assert!(now.changes_since(&now).is_empty());
    }

    #[test]
    fn every_score_is_in_one_band(set in random::set(), score in -200_000..200_000_i64) {
        let Some(rules) = read(&set) else { return Ok(()) };
        let bands = rules.bands.all();
        let edges = bands.iter().filter_map(|band| band.from);
        let near = edges.flat_map(|from| [-1, 0, 1].map(|step| from + Points::from_thousandths(step)));
        for score in near.chain([Points::from_thousandths(score)]) {
            let holds = |index: &usize| {
                let from = bands[*index].from.is_none_or(|from| from <= score);
                from && bands.get(index + 1).is_none_or(|next| score < next.from.unwrap())
            };
            let found: Vec<usize> = (0..bands.len()).filter(holds).collect();
            prop_assert_eq!(found.len(), usize::from(!bands.is_empty()));
            prop_assert_eq!(found.first().copied(), rules.bands.of(score));
        }
    }

    #[test]
    fn the_schema_takes_what_the_parser_takes(set in random::set()) {
        let Some(rules) = read(&set) else { return Ok(()) };
        for text in [set.text(), rules.to_toml()] {
            let json = to_json(&text);
            let errors: Vec<String> =
                schema().iter_errors(&json).map(|error| format!("{error} at {}", error.instance_path())).collect();
            prop_assert!(errors.is_empty(), "{errors:?}\n{text}");
        }
    }

    /// A word of a good set is replaced by another, or taken out: the set is good or refused, and a
    /// good one scores.
    #[test]
    fn no_text_of_these_words_panics(
        set in random::set(),
        lead in lead(),
        slips in prop::collection::vec((any::<prop::sample::Index>(), words::word()), 1..4),
    ) {
        let mut tokens = words::tokens(&set.text());
        for (index, word) in slips {
            *index.get_mut(&mut tokens) = word;
        }
        words::used(&tokens.concat(), &lead);
    }

    #[test]
    fn no_heap_of_words_panics(words in prop::collection::vec(words::word(), 0..80), lead in lead()) {
        words::used(&words.join(" "), &lead);
    }
}
