use super::*;

fn encoder() -> Encoder {
    Encoder {
        inputs: vec![
            Input { signal: "age".into(), coding: Coding::Standard { mean: 40.0, scale: 10.0 } },
            Input {
                signal: "job".into(),
                coding: Coding::OneHot {
                    levels: vec!["admin.".into(), "retired".into()],
                    rare: vec![level_hash("pilot")],
                },
            },
        ],
        pairs: Vec::new(),
    }
}

#[test]
fn every_slot_has_a_name_and_a_signal() {
    let slots = encoder().slots();
    let names: Vec<_> = slots.iter().map(|slot| slot.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "age",
            "age is missing",
            "job = admin.",
            "job = retired",
            "job is rare",
            "job is missing",
            "job is unseen",
        ]
    );
    assert_eq!(slots.len(), encoder().width());
    assert_eq!(slots[4].input, 1);
}

#[test]
fn missing_rare_and_unseen_are_apart() {
    let inputs = encoder().compile();
    assert_eq!(inputs[0].encode(&Value::Number(45.0)), (0, 0.5, Encounter::Known));
    assert_eq!(inputs[0].encode(&Value::Missing), (1, 1.0, Encounter::Missing));
    let job = |text: &'static str| inputs[1].encode(&Value::Text(text.into()));
    assert_eq!(job("retired"), (3, 1.0, Encounter::Known));
    assert_eq!(job("pilot"), (4, 1.0, Encounter::Rare));
    assert_eq!(job("astronaut"), (6, 1.0, Encounter::Unseen));
    assert_eq!(inputs[1].encode(&Value::Missing), (5, 1.0, Encounter::Missing));
    assert_eq!(inputs[1].slots(), 2..7);
}

#[test]
fn bins_and_pairs_have_names() {
    let encoder = Encoder {
        inputs: vec![
            Input {
                signal: "age".into(),
                coding: Coding::Bins { cuts: vec![30.0, 45.0], mean: 40.0, scale: 9.0 },
            },
            Input {
                signal: "job".into(),
                coding: Coding::OneHot { levels: vec!["admin.".into()], rare: vec![] },
            },
        ],
        pairs: vec![Pair { inputs: [0, 1], groups: [vec![0, 1, 1, 0], vec![0, 1, 1, 1]] }],
    };
    assert!(encoder.is_consistent());
    let names: Vec<_> = encoder.slots().into_iter().map(|slot| slot.name).collect();
    assert_eq!(names.len(), encoder.width());
    assert_eq!(names[..4], ["age: below 30", "age: 30 to 45", "age: from 45", "age is missing"]);
    assert_eq!(
        names[8..],
        [
            "age: below 30, job: admin.",
            "age: below 30, job: other",
            "age: from 30, job: admin.",
            "age: from 30, job: other",
        ]
    );
    let age = &encoder.compile()[0];
    for (value, slot) in [(29.9, 0), (30.0, 1), (44.0, 1), (45.0, 2), (1e300, 2)] {
        assert_eq!(age.encode(&Value::Number(value)), (slot, 1.0, Encounter::Known));
    }
    assert_eq!(age.encode(&Value::Missing), (3, 1.0, Encounter::Missing));
}

#[test]
fn encoders_of_older_bundles_are_read() {
    let old = r#"[{"signal":"age","coding":"standard","mean":40.0,"scale":10.0}]"#;
    let read: Encoder = serde_json::from_str(old).unwrap();
    assert_eq!((read.inputs.len(), read.pairs.len()), (1, 0));
    let again: Encoder = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
    assert_eq!(again, read);
}

#[test]
fn email_addresses_are_recognised() {
    assert!(looks_like_email("a.b@example.com"));
    assert!(!looks_like_email("@example.com"));
    assert!(!looks_like_email("a@b"));
    assert!(!looks_like_email("meet @ 10.30 am"));
}

#[test]
fn levels_are_told_by_their_rates() {
    let coding = Coding::Rates {
        levels: vec!["acme".into()],
        cuts: vec![0.005, 0.123],
        groups: vec![vec![], vec![level_hash("b"), level_hash("a")], vec![level_hash("c")]],
        rare: vec![level_hash("once")],
    };
    let input = Input { signal: "company".into(), coding: coding.clone() };
    let mut encoder = Encoder { inputs: vec![input], pairs: Vec::new() };
    assert!(encoder.is_consistent());
    let names: Vec<_> = encoder.slots().into_iter().map(|slot| slot.name).collect();
    assert_eq!(
        names,
        [
            "company = acme",
            "company: levels that convert below 0.5 %",
            "company: levels that convert at 0.5 % to 12.3 %",
            "company: levels that convert at 12.3 % or more",
            "company is rare",
            "company is missing",
            "company is unseen",
        ]
    );
    assert_eq!((names.len(), encoder.compile()[0].slots()), (coding.width(), 0..7));
    let met = |text: &'static str| encoder.compile()[0].encode(&Value::Text(text.into()));
    assert_eq!(met("acme"), (0, 1.0, Encounter::Known));
    assert_eq!((met("a"), met("b")), ((2, 1.0, Encounter::Known), (2, 1.0, Encounter::Known)));
    assert_eq!(met("c"), (3, 1.0, Encounter::Known));
    assert_eq!(met("once"), (4, 1.0, Encounter::Rare));
    assert_eq!(met("a@example.com"), (4, 1.0, Encounter::Rare));
    assert_eq!(met("new"), (6, 1.0, Encounter::Unseen));
    assert_eq!(encoder.compile()[0].encode(&Value::Missing), (5, 1.0, Encounter::Missing));
    assert!(["acme", "a", "c", "once"].iter().all(|level| coding.has_seen(level)));
    assert!(!coding.has_seen("new"));
    assert_eq!(coding.name_of(1, 2), "other");
    let read: Encoder = serde_json::from_str(&serde_json::to_string(&encoder).unwrap()).unwrap();
    assert_eq!(read, encoder);
    let Coding::Rates { cuts, .. } = &mut encoder.inputs[0].coding else { unreachable!() };
    cuts.pop();
    assert!(!encoder.is_consistent());
}
