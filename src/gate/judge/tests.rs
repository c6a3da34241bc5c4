use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::super::children::Count;
use super::super::model::{Signer, SignerTrust, Stage};
use super::*;

const DAY: Duration = Duration::from_secs(86_400);

fn now() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn metadata(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Signers `ci`, `security`, `anna`, `ben`.
fn gates(stages: Vec<Stage>) -> Gates {
    let signer = |name: &str| Signer { name: name.to_owned(), trust: SignerTrust::Profiles(Vec::new()), place: (1, 1) };
    Gates {
        sha256: String::new(),
        root_files: Vec::new(),
        signers: ["ci", "security", "anna", "ben"].map(signer).to_vec(),
        stages,
    }
}

fn stage(name: &str, require: Vec<Requirement>, after: &[usize]) -> Stage {
    Stage { name: name.to_owned(), require, after: after.to_vec(), all_children: None }
}

fn asked(least: usize, of: &[usize]) -> Requirement {
    Requirement { least, of: of.to_vec(), metadata: BTreeMap::new(), max_age: None, place: (1, 1) }
}

fn one(signer: usize) -> Requirement {
    asked(1, &[signer])
}

/// A signature by that key that is accepted for these signers.
fn by(key: &str, signers: &[usize]) -> Approval {
    let stand = |signer| if signers.contains(&signer) { Stand::Accepted } else { Stand::Foreign };
    Approval {
        manifest: key.to_owned(),
        key: Some(Key::PublicKey(key.to_owned())),
        metadata: BTreeMap::new(),
        authentic_time: None,
        stands: (0..4).map(stand).collect(),
    }
}

fn with(stand: Stand, approval: Approval) -> Approval {
    let stands = approval.stands.iter().map(|one| if *one == Stand::Accepted { stand } else { *one });
    Approval { stands: stands.collect(), ..approval }
}

fn judged(require: Vec<Requirement>, approvals: &[Approval]) -> Judgement {
    judge(&gates(vec![stage("prod", require, &[])]), &[0], approvals, None, now())
}

fn state(require: Vec<Requirement>, approvals: &[Approval]) -> State {
    judged(require, approvals).state()
}

#[test]
fn a_stage_is_met_when_every_requirement_is() {
    let require = || vec![one(0), asked(1, &[2, 3])];
    let (ci, anna) = (by("a", &[0]), by("b", &[2]));
    assert_eq!(state(require(), &[ci.clone(), anna.clone()]), State::Met);
    for too_few in [vec![], vec![ci.clone()], vec![anna.clone()], vec![anna.clone(), by("c", &[3])]] {
        assert_eq!(state(require(), &too_few), State::Unmet, "{too_few:?}");
    }
    // Nothing to judge is no success.
    assert_eq!(judge(&gates(Vec::new()), &[0], &[ci], None, now()).state(), State::Unmet);
}

#[test]
fn signers_are_counted_and_not_signatures() {
    let two = || vec![asked(2, &[2, 3])];
    assert_eq!(state(two(), &[by("a", &[2]), by("b", &[2]), by("c", &[2])]), State::Unmet);
    assert_eq!(state(two(), &[by("a", &[2]), by("b", &[3])]), State::Met);
    let row = &judged(two(), &[by("a", &[2]), by("b", &[2])]).rows[0];
    assert_eq!((row.counted.len(), row.refusals.len()), (1, 0));
}

#[test]
fn a_key_that_is_two_signers_of_the_stage_counts_for_neither() {
    let require = || vec![asked(1, &[2, 3])];
    let both = by("k", &[2, 3]);
    let row = &judged(require(), std::slice::from_ref(&both)).rows[0];
    assert_eq!(row.state, State::Unmet);
    let why = Why::SharedKey { signers: vec![2, 3] };
    assert_eq!(row.refusals.iter().map(|refusal| &refusal.why).collect::<Vec<_>>(), [&why, &why]);
    // Under two certificates as well, and in two requirements.
    assert_eq!(state(require(), &[by("k", &[2]), by("k", &[3])]), State::Unmet);
    assert_eq!(state(vec![one(0), one(1)], &[by("k", &[0]), by("k", &[1])]), State::Unmet);
    // Another key of one of them still counts.
    assert_eq!(state(require(), &[both.clone(), by("l", &[3])]), State::Met);
    // A signer of no stage that is asked about plays no role here.
    assert_eq!(state(vec![one(2)], &[both]), State::Met);
    // It does not matter that one of the signatures could not be judged.
    let open = with(Stand::Open(Obstacle::Denied), by("k", &[3]));
    assert_eq!(state(require(), &[by("k", &[2]), open]), State::Unmet);
}

#[test]
fn keys_and_profiles_are_apart() {
    let profile = Approval { key: Some(Key::Profile("k".to_owned())), ..by("k", &[3]) };
    assert_eq!(state(vec![asked(2, &[2, 3])], &[by("k", &[2]), profile]), State::Met);
}

#[test]
fn metadata_must_be_there_letter_by_letter() {
    let require = || vec![Requirement { metadata: metadata(&[("stage", "test"), ("by", "qa")]), ..one(2) }];
    let saying = |pairs: &[(&str, &str)]| Approval { metadata: metadata(pairs), ..by("a", &[2]) };
    assert_eq!(state(require(), &[saying(&[("stage", "test"), ("by", "qa"), ("x", "y")])]), State::Met);
    let row = &judged(require(), &[saying(&[("stage", "Test"), ("by", "qa")])]).rows[0];
    assert_eq!(row.state, State::Unmet);
    assert_eq!(row.refusals[0].why, Why::Metadata { lacking: vec!["stage=test".to_owned()] });
    // Two signatures do not add up.
    assert_eq!(state(require(), &[saying(&[("stage", "test")]), saying(&[("by", "qa")])]), State::Unmet);
}

#[test]
fn freshness_is_reckoned_from_the_authentic_time() {
    let require = || vec![Requirement { max_age: Some(DAY * 30), ..one(1) }];
    let made = |ago: Duration| Approval { authentic_time: Some(now().checked_sub(ago).unwrap()), ..by("a", &[1]) };
    let row = |approval: Approval| judged(require(), &[approval]).rows.remove(0);
    for (ago, is_ending) in [(Duration::ZERO, false), (DAY * 27, false), (DAY * 27 + Duration::from_secs(1), true)] {
        let row = row(made(ago));
        assert_eq!((row.state, row.counted[0].is_ending), (State::Met, is_ending), "{ago:?}");
    }
    assert_eq!(row(made(DAY * 30 - Duration::from_nanos(1))).state, State::Met);
    let old = row(made(DAY * 30));
    assert_eq!((old.state, &old.refusals[0].why), (State::Unmet, &Why::TooOld { since: now() }));
    let claimed = row(by("a", &[1]));
    assert_eq!((claimed.state, &claimed.refusals[0].why), (State::Unmet, &Why::TimeClaimed));
    // Of two the younger counts.
    assert_eq!(judged(require(), &[made(DAY * 29), made(DAY)]).rows[0].counted[0].signature, 1);
}

#[test]
fn what_cannot_be_judged_is_no_refusal() {
    let open = |obstacle, signers: &[usize]| with(Stand::Open(obstacle), by("a", signers));
    let ci = by("c", &[0]);
    for obstacle in [Obstacle::Setting, Obstacle::Denied, Obstacle::Unavailable] {
        assert_eq!(state(vec![one(0), one(1)], &[ci.clone(), open(obstacle, &[1])]), State::Open(obstacle));
        // Nothing that could be judged would help the other requirement.
        assert_eq!(state(vec![one(0), one(1)], &[open(obstacle, &[1])]), State::Unmet);
        // It is not needed.
        assert_eq!(state(vec![one(0)], &[ci.clone(), open(obstacle, &[0])]), State::Met);
    }
    let two = [open(Obstacle::Unavailable, &[0]), with(Stand::Open(Obstacle::Denied), by("b", &[1]))];
    assert_eq!(state(vec![one(0), one(1)], &two), State::Open(Obstacle::Denied));
    // One that could not be read may be anybody's; one that was read may not say something else.
    let unread = Approval { key: None, stands: vec![Stand::Open(Obstacle::Unavailable); 4], ..by("", &[]) };
    let saying = || vec![Requirement { metadata: metadata(&[("stage", "test")]), max_age: Some(DAY), ..one(2) }];
    assert_eq!(state(saying(), &[unread]), State::Open(Obstacle::Unavailable));
    assert_eq!(state(saying(), &[open(Obstacle::Unavailable, &[2])]), State::Unmet);
    // A listing that was refused may have held anything.
    let judged = judge(&gates(vec![stage("prod", vec![one(0)], &[])]), &[0], &[], Some(Obstacle::Denied), now());
    assert_eq!(judged.state(), State::Open(Obstacle::Denied));
}

#[test]
fn a_signature_that_is_refused_is_told_and_does_not_count() {
    let row = &judged(vec![one(2)], &[with(Stand::Refused, by("a", &[2]))]).rows[0];
    assert_eq!((row.state, &row.refusals[0].why), (State::Unmet, &Why::Rejected));
}

/// What a stage with `children: all` comes to, with a signature that meets it or without.
fn with_found(found: Children, is_signed: bool) -> (State, ChildrenState) {
    let asking = Stage { all_children: Some((1, 1)), ..stage("prod", vec![one(0)], &[]) };
    let approvals = if is_signed { vec![by("a", &[0])] } else { Vec::new() };
    let judged = judge(&gates(vec![asking]), &[0], &approvals, None, now());
    assert_eq!((judged.wants_children(), judged.state()), (is_signed, State::Unmet), "nobody looked yet");
    let judged = judged.with_children(&found);
    (judged.state(), judged.children[0].state)
}

#[test]
fn children_are_all_there_or_the_stage_is_not_met() {
    use Obstacle::{Denied, Setting, Unavailable};
    let (there, nothing) = (Count { there: 3, ..Count::default() }, Count::default());
    let open = |obstacle| Count { obstacle: Some(obstacle), ..there };
    for (found, state, row) in [
        (there, State::Met, ChildrenState::Met),
        (nothing, State::Unmet, ChildrenState::Empty),
        (Count { missing: 1, ..there }, State::Unmet, ChildrenState::Missing),
        (Count { different: 1, ..there }, State::Unmet, ChildrenState::Different),
        (Count { empty: 1, ..there }, State::Unmet, ChildrenState::Empty),
        (Count { empty: 1, ..open(Denied) }, State::Unmet, ChildrenState::Empty),
        (Count { is_cut: true, ..there }, State::Unmet, ChildrenState::Cut),
        (open(Denied), State::Open(Denied), ChildrenState::Open(Denied)),
        (open(Unavailable), State::Open(Unavailable), ChildrenState::Open(Unavailable)),
        (open(Setting), State::Open(Setting), ChildrenState::Open(Setting)),
        // What is proven decides, and of that the worst.
        (Count { missing: 1, ..open(Denied) }, State::Unmet, ChildrenState::Missing),
        (Count { different: 1, missing: 1, is_cut: true, ..open(Denied) }, State::Unmet, ChildrenState::Different),
        (Count { is_cut: true, ..open(Denied) }, State::Unmet, ChildrenState::Cut),
    ] {
        assert_eq!(with_found(Children::Counted(found), true), (state, row), "{found:?}");
        // Whatever is there, it takes the place of no signature.
        assert_eq!(with_found(Children::Counted(found), false), (State::Unmet, ChildrenState::NotAsked), "{found:?}");
    }
    assert_eq!(with_found(Children::NoIndex, true), (State::Met, ChildrenState::Met));
}

#[test]
fn children_count_for_every_stage_that_asks_and_for_no_other() {
    let asking =
        |name, signer, after: &[usize]| Stage { all_children: Some((1, 1)), ..stage(name, vec![one(signer)], after) };
    let gates = gates(vec![asking("test", 0, &[]), stage("prod", vec![one(1)], &[0])]);
    let missing = Children::Counted(Count { missing: 1, ..Count::default() });
    let both = [by("a", &[0]), by("b", &[1])];
    let judged = |stages: &[usize]| judge(&gates, stages, &both, None, now()).with_children(&missing);
    // The stage before asks, so that this one has it in full.
    assert_eq!((judged(&gates.up_to(1)).state(), judged(&gates.up_to(1)).children.len()), (State::Unmet, 1));
    assert_eq!((judged(&[1]).state(), judged(&[1]).children.len()), (State::Met, 0));
}

#[test]
fn the_stages_before_one_come_first_and_once() {
    let stages = vec![
        stage("prod", vec![one(1)], &[2, 1]),
        stage("test", vec![one(2)], &[3]),
        stage("scan", vec![one(3)], &[3]),
        stage("build", vec![one(0)], &[]),
    ];
    let gates = gates(stages);
    assert_eq!(gates.up_to(0), [3, 2, 1, 0]);
    assert_eq!(gates.before(0), [3, 2, 1]);
    assert_eq!((gates.up_to(3), gates.before(3)), (vec![3], vec![]));
    let all = [by("a", &[0]), by("b", &[1]), by("c", &[2]), by("d", &[3])];
    let state = |approvals: &[Approval]| judge(&gates, &gates.up_to(0), approvals, None, now()).state();
    assert_eq!(state(&all), State::Met);
    for missing in 0..4 {
        let rest: Vec<_> =
            all.iter().enumerate().filter(|(at, _)| *at != missing).map(|(_, one)| one.clone()).collect();
        assert_eq!(state(&rest), State::Unmet, "{missing}");
    }
    // One key may not be somebody else of an earlier stage.
    let twice = [by("a", &[0]), by("k", &[1]), by("k", &[2]), by("d", &[3])];
    assert_eq!(state(&twice), State::Unmet);
}

fn stands() -> impl Strategy<Value = Vec<Stand>> {
    let stand = prop_oneof![
        4 => Just(Stand::Foreign),
        4 => Just(Stand::Accepted),
        1 => Just(Stand::Refused),
        1 => Just(Stand::Open(Obstacle::Denied)),
        1 => Just(Stand::Open(Obstacle::Unavailable)),
    ];
    proptest::collection::vec(stand, 4)
}

prop_compose! {
    fn approval()(
        key in proptest::option::weighted(0.9, 0..12_u8),
        pairs in proptest::collection::btree_map("stage|by", "test|prod", 0..=2),
        ago in proptest::option::of(0..40_u32),
        stands in stands(),
        manifest in 0..1000_u16,
    ) -> Approval {
        let stands = match key {
            Some(_) => stands,
            None => vec![Stand::Open(Obstacle::Unavailable); 4],
        };
        Approval {
            manifest: format!("sha256:{manifest:03}"),
            key: key.map(|key| Key::PublicKey(key.to_string())),
            metadata: pairs,
            authentic_time: ago.map(|days| now().checked_sub(DAY * days).unwrap()),
            stands,
        }
    }
}

prop_compose! {
    fn requirement()(
        of in proptest::sample::subsequence(vec![0, 1, 2, 3], 1..=4),
        least in any::<proptest::sample::Index>(),
        pairs in proptest::collection::btree_map("stage", "test|prod", 0..=1),
        max_age in proptest::option::weighted(0.3, 1..40_u32),
    ) -> Requirement {
        let least = 1 + least.index(of.len());
        Requirement { metadata: pairs, max_age: max_age.map(|days| DAY * days), ..asked(least, &of) }
    }
}

proptest! {
    #[test]
    fn the_order_of_signatures_changes_nothing(
        require in proptest::collection::vec(requirement(), 1..4),
        (listed, shuffled) in proptest::collection::vec(approval(), 0..8)
            .prop_flat_map(|all| (Just(all.clone()), Just(all.into_iter().enumerate().collect::<Vec<_>>()).prop_shuffle())),
    ) {
        let first = judged(require.clone(), &listed);
        let order: Vec<_> = shuffled.iter().map(|(at, _)| *at).collect();
        let second = judged(require, &shuffled.into_iter().map(|(_, one)| one).collect::<Vec<_>>());
        prop_assert_eq!(first.state(), second.state());
        for (one, other) in std::iter::zip(first.rows, second.rows) {
            prop_assert_eq!(one.state, other.state);
            let signers = |row: &Row| row.counted.iter().map(|one| (one.signer, one.until)).collect::<Vec<_>>();
            prop_assert_eq!(signers(&one), signers(&other));
            let place = |at: usize| order[at];
            let mut told: Vec<_> = one.refusals.iter().map(|one| (one.signer, one.signature, one.why.clone())).collect();
            let mut again: Vec<_> =
                other.refusals.iter().map(|one| (one.signer, place(one.signature), one.why.clone())).collect();
            told.sort();
            again.sort();
            prop_assert_eq!(told, again);
        }
    }

    #[test]
    fn one_more_signature_takes_nothing_but_by_a_shared_key_and_one_less_gives_nothing(
        require in proptest::collection::vec(requirement(), 1..4),
        listed in proptest::collection::vec(approval(), 0..8),
        more in approval(),
    ) {
        let before = judged(require.clone(), &listed);
        let all: Vec<_> = listed.into_iter().chain([more]).collect();
        let after = judged(require, &all);
        for (before, after) in std::iter::zip(before.rows, after.rows) {
            let is_shared = after.refusals.iter().any(|refusal| matches!(refusal.why, Why::SharedKey { .. }));
            prop_assert!(before.state != State::Met || after.state == State::Met || is_shared);
            // The other way round: what is unmet with all of them is unmet without the last, but for that.
            prop_assert!(after.state == State::Met || before.state != State::Met || is_shared);
        }
    }
}
