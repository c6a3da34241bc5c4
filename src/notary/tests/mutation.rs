//! Damaged envelopes: whatever is done to the bytes of a good one, it is accepted only while it says the same under
//! the same signature and chain.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "functions that tests share; clippy knows only tests themselves"
)]

#[expect(dead_code, reason = "the other half is for the test of the vectors themselves")]
mod cases;
pub mod said;

use std::sync::LazyLock;

use cases::{Case, StoreOrder};
use notary_project::verify::{Decision, Outcome};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::Config;
use said::Said;

/// A vector that is verified, and what its envelope says.
struct Good {
    case: Case,
    envelope: Vec<u8>,
    said: Said,
}

/// The part with that number: protected header, payload, signature, then certificates.
fn part<'a>(said: &'a mut Said, number: &Index) -> &'a mut Vec<u8> {
    let mut parts = vec![&mut said.protected, &mut said.payload, &mut said.signature];
    parts.extend(&mut said.x5c);
    parts.swap_remove(number.index(parts.len()))
}

static GOOD: LazyLock<Vec<Good>> = LazyLock::new(|| {
    let verified = Case::all().into_iter().filter(|case| case.expect.decision == "verified");
    let good = |case: Case| {
        let envelope = case.envelope_bytes();
        let said = Said::read(&envelope).unwrap();
        Good { case, envelope, said }
    };
    verified.map(good).collect()
});

fn good(number: &Index) -> &'static Good {
    number.get(&GOOD)
}

/// One thing done to bytes.
#[derive(Clone, Debug)]
enum Edit {
    Flip { at: Index, bit: u8 },
    Set { at: Index, byte: u8 },
    Insert { at: Index, byte: u8 },
    Delete { at: Index, count: usize },
    Repeat { at: Index, count: usize },
    Cut { at: Index },
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let length = bytes.len();
        let range = |at: &Index, count: usize| at.index(length)..(at.index(length) + count).min(length);
        match self {
            Self::Flip { at, bit } => bytes[at.index(length)] ^= 1 << bit,
            Self::Set { at, byte } => bytes[at.index(length)] = *byte,
            Self::Insert { at, byte } => bytes.insert(at.index(length + 1), *byte),
            Self::Delete { at, count } => drop(bytes.drain(range(at, *count))),
            Self::Repeat { at, count } => {
                let copied = bytes[range(at, *count)].to_vec();
                let at = at.index(length);
                bytes.splice(at..at, copied);
            }
            Self::Cut { at } => bytes.truncate(at.index(length)),
        }
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    // Bytes that mean something in JSON or base64, so that not every edit ends at the first letter.
    let telling = prop::sample::select(br#"{}[]",: \/+-_=AZaz09Ee."#.to_vec());
    let byte = || prop_oneof![telling.clone(), any::<u8>()];
    prop_oneof![
        4 => (at(), 0..8_u8).prop_map(|(at, bit)| Edit::Flip { at, bit }),
        4 => (at(), byte()).prop_map(|(at, byte)| Edit::Set { at, byte }),
        3 => (at(), byte()).prop_map(|(at, byte)| Edit::Insert { at, byte }),
        3 => (at(), 1..9_usize).prop_map(|(at, count)| Edit::Delete { at, count }),
        1 => (at(), 1..60_usize).prop_map(|(at, count)| Edit::Repeat { at, count }),
        1 => at().prop_map(|at| Edit::Cut { at }),
    ]
}

fn judge(case: &Case, envelope: &[u8]) -> Outcome {
    case.finish_envelope(envelope, StoreOrder::AsGiven)
}

fn is_accepted(outcome: &Outcome) -> bool {
    outcome.decision() != Decision::Rejected
}

fn config() -> Config {
    Config { cases: 512, failure_persistence: None, ..Config::default() }
}

#[test]
fn good_envelopes_are_accepted_as_they_are_and_when_they_are_written_anew() {
    for good in GOOD.iter() {
        assert!(is_accepted(&judge(&good.case, &good.envelope)), "{}", good.case.name);
        assert!(is_accepted(&judge(&good.case, &good.said.write())), "{}", good.case.name);
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_damaged_envelope_is_accepted_only_if_it_says_the_same(
        number in any::<Index>(),
        edits in prop::collection::vec(edit(), 1..4),
    ) {
        let good = good(&number);
        let mut damaged = good.envelope.clone();
        edits.iter().for_each(|edit| edit.apply(&mut damaged));
        if is_accepted(&judge(&good.case, &damaged)) {
            prop_assert_eq!(Said::read(&damaged), Some(good.said.clone()), "{}", good.case.name);
        }
    }

    #[test]
    fn an_envelope_with_a_damaged_part_is_refused(
        number in any::<Index>(),
        part in any::<Index>(),
        edits in prop::collection::vec(edit(), 1..4),
    ) {
        let good = good(&number);
        let mut said = good.said.clone();
        edits.iter().for_each(|edit| edit.apply(self::part(&mut said, &part)));
        prop_assert_eq!(is_accepted(&judge(&good.case, &said.write())), said == good.said, "{}", good.case.name);
    }

    #[test]
    fn an_envelope_made_of_two_is_accepted_only_where_the_signer_signed_just_that(
        first in any::<Index>(),
        second in any::<Index>(),
        from_second in any::<[bool; 4]>(),
    ) {
        let (one, other) = (good(&first), good(&second));
        let mut said = one.said.clone();
        let [protected, payload, signature, x5c] = from_second;
        if protected {
            said.protected.clone_from(&other.said.protected);
        }
        if payload {
            said.payload.clone_from(&other.said.payload);
        }
        if signature {
            said.signature.clone_from(&other.said.signature);
        }
        if x5c {
            said.x5c.clone_from(&other.said.x5c);
        }
        let signer = if signature { &other.said } else { &one.said };
        // Vectors share keys: a chain with another certificate of the same key is as good.
        let signed = said.protected == signer.protected && said.payload == signer.payload && said.key() == signer.key();
        if is_accepted(&judge(&one.case, &said.write())) {
            prop_assert!(signed, "{} and {}", one.case.name, other.case.name);
        }
    }

    #[test]
    fn bytes_at_random_are_refused(envelope in prop::collection::vec(any::<u8>(), 0..300), number in any::<Index>()) {
        prop_assert!(!is_accepted(&judge(&good(&number).case, &envelope)));
    }
}
