//! Damage to good envelopes, and the rule that none of it makes a verdict.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use notary_project::verify::Decision;
use serde_json::{Value, json};

use crate::cases::{Case, StoreOrder};
use crate::said::Said;

/// A vector that is verified, and what its envelope says.
struct Good {
    case: Case,
    said: Said,
}

static GOOD: LazyLock<Vec<Good>> = LazyLock::new(|| {
    let verified = Case::all().into_iter().filter(|case| case.expect.decision == "verified");
    let good = |case: Case| Good { said: Said::read(&case.envelope_bytes()).unwrap(), case };
    verified.map(good).collect()
});

fn good(number: u16) -> &'static Good {
    &GOOD[usize::from(number) % GOOD.len()]
}

/// Which envelope is damaged, how what it says is changed, how it is written, and what is done to the text.
#[derive(Arbitrary, Clone, Debug)]
pub struct Damage {
    good: u16,
    parts: Vec<PartEdit>,
    spelling: Spelling,
    members: Vec<MemberEdit>,
    text: Option<(u16, u8)>,
}

/// A change to what the envelope says.
#[derive(Arbitrary, Clone, Debug)]
enum PartEdit {
    Flip { part: u8, at: u16, bit: u8 },
    Insert { part: u8, at: u16, byte: u8 },
    Delete { part: u8, at: u16, count: u8 },
    Splice { part: u8, at: u16, count: u8, bytes: Vec<u8> },
    From { part: Part, other: u16 },
    CertificateFrom { at: u8, other: u16, number: u8 },
    RemoveCertificate(u8),
    RepeatCertificate(u8),
    SwapCertificates(u8, u8),
}

/// A part that can be taken from another envelope.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Part {
    Protected,
    Payload,
    Signature,
    Chain,
}

/// How the parts are written.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Spelling {
    Canonical,
    Padded,
    StandardAlphabet,
    LineBreaks,
    StrayBits,
}

/// A change to the members of the envelope.
#[derive(Arbitrary, Clone, Debug)]
enum MemberEdit {
    Remove(u8),
    Swap(u8, u8),
    UpperCase(u8),
    Nest(u8),
    Empty(u8),
    Null(u8),
    /// A second member of that name, from another envelope.
    Twice {
        name: u8,
        other: u16,
        first: bool,
    },
    /// A header beside the certificates.
    Header {
        name: u8,
        text: String,
    },
}

/// Names that mean something, or nearly.
const HEADERS: [&str; 8] = [
    "alg",
    "x5c",
    "X5C",
    "crit",
    "jwk",
    "io.cncf.notary.timestampSignature",
    "io.cncf.notary.signingAgent",
    "io.cncf.notary.signingScheme",
];

/// Judges a damaged envelope.
///
/// # Panics
/// When it is accepted, although nobody signed what it says with the key of its first certificate, or for another
/// artifact, or under a chain that no vector has.
pub fn check(damage: &Damage) {
    let Good { case, said } = good(damage.good);
    let mut said = said.clone();
    damage.parts.iter().take(8).for_each(|edit| edit.apply(&mut said));
    let envelope = damage.write(&said);
    let outcome = case.finish_envelope(&envelope, StoreOrder::AsGiven);
    if outcome.decision() == Decision::Rejected {
        return;
    }
    assert_eq!(outcome.decision(), Decision::Verified, "{}", case.name);
    let read = Said::read(&envelope).expect("what is accepted is clear");
    let signed = |good: &&Good| {
        let one = &good.said;
        (&one.protected, &one.payload, &one.signature) == (&read.protected, &read.payload, &read.signature)
            && one.key() == read.key()
    };
    assert!(GOOD.iter().find(signed).is_some(), "{}: nobody signed this: {read:?}", case.name);
    assert!(GOOD.iter().any(|good| good.said.x5c == read.x5c), "{}: a chain of nobody", case.name);
    let payload = outcome.payload().expect("what is accepted has a payload");
    assert!(payload.target_artifact().same_content(&case.artifact), "{}: another artifact", case.name);
}

impl PartEdit {
    fn apply(&self, said: &mut Said) {
        match self {
            Self::Flip { part, at, bit } => {
                let bytes = part_of(said, *part);
                if let Some(byte) = index(*at, bytes.len()).and_then(|at| bytes.get_mut(at)) {
                    *byte ^= 1 << (bit % 8);
                }
            }
            Self::Insert { part, at, byte } => splice(part_of(said, *part), *at, 0, &[*byte]),
            Self::Delete { part, at, count } => splice(part_of(said, *part), *at, *count, &[]),
            Self::Splice { part, at, count, bytes } => splice(part_of(said, *part), *at, *count, bytes),
            Self::From { part, other } => {
                let other = &good(*other).said;
                match part {
                    Part::Protected => said.protected.clone_from(&other.protected),
                    Part::Payload => said.payload.clone_from(&other.payload),
                    Part::Signature => said.signature.clone_from(&other.signature),
                    Part::Chain => said.x5c.clone_from(&other.x5c),
                }
            }
            Self::CertificateFrom { at, other, number } => {
                let chain = &good(*other).said.x5c;
                let certificate = chain[usize::from(*number) % chain.len()].clone();
                said.x5c.insert(usize::from(*at) % (said.x5c.len() + 1), certificate);
            }
            Self::RemoveCertificate(at) => {
                index((*at).into(), said.x5c.len()).map(|at| said.x5c.remove(at));
            }
            Self::RepeatCertificate(at) => {
                if let Some(at) = index((*at).into(), said.x5c.len()) {
                    said.x5c.insert(at, said.x5c[at].clone());
                }
            }
            Self::SwapCertificates(one, other) => {
                let length = said.x5c.len();
                if let Some((one, other)) = index((*one).into(), length).zip(index((*other).into(), length)) {
                    said.x5c.swap(one, other);
                }
            }
        }
    }
}

fn index(at: u16, length: usize) -> Option<usize> {
    usize::from(at).checked_rem(length)
}

/// The part with that number: protected header, payload, signature, then certificates.
fn part_of(said: &mut Said, number: u8) -> &mut Vec<u8> {
    let mut parts = vec![&mut said.protected, &mut said.payload, &mut said.signature];
    parts.extend(&mut said.x5c);
    let number = usize::from(number) % parts.len();
    parts.swap_remove(number)
}

fn splice(bytes: &mut Vec<u8>, at: u16, count: u8, with: &[u8]) {
    let start = usize::from(at) % (bytes.len() + 1);
    let end = (start + usize::from(count)).min(bytes.len());
    bytes.splice(start..end, with.iter().copied());
}

impl Damage {
    fn write(&self, said: &Said) -> Vec<u8> {
        let x5c: Vec<_> = said.x5c.iter().map(|der| STANDARD.encode(der)).collect();
        let mut header = json!({ "x5c": x5c });
        let mut members = vec![
            ("payload".to_owned(), Value::from(self.spelling.write(&said.payload))),
            ("protected".to_owned(), Value::from(self.spelling.write(&said.protected))),
            ("signature".to_owned(), Value::from(self.spelling.write(&said.signature))),
        ];
        for edit in self.members.iter().take(4) {
            edit.apply(&mut members, &mut header);
        }
        members.push(("header".to_owned(), header));
        let member = |(name, value): &(String, Value)| format!("{}:{value}", Value::from(name.as_str()));
        let members: Vec<_> = members.iter().map(member).collect();
        let mut text = format!("{{{}}}", members.join(",")).into_bytes();
        if let Some((at, byte)) = self.text {
            let at = usize::from(at) % text.len();
            text[at] = byte;
        }
        text
    }
}

impl Spelling {
    fn write(self, bytes: &[u8]) -> String {
        let canonical = || URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Canonical => canonical(),
            Self::Padded => URL_SAFE.encode(bytes),
            Self::StandardAlphabet => STANDARD_NO_PAD.encode(bytes),
            Self::LineBreaks => canonical() + "\n",
            Self::StrayBits => {
                let mut text = canonical();
                let last = text.pop();
                text.extend(last.map(|last| if last == 'A' { 'B' } else { 'A' }));
                text
            }
        }
    }
}

impl MemberEdit {
    fn apply(&self, members: &mut Vec<(String, Value)>, header: &mut Value) {
        let length = members.len();
        let at = |number: &u8| index((*number).into(), length);
        match self {
            Self::Remove(number) => {
                at(number).map(|at| members.remove(at));
            }
            Self::Swap(one, other) => {
                if let Some((one, other)) = at(one).zip(at(other)) {
                    let value = std::mem::take(&mut members[one].1);
                    members[one].1 = std::mem::replace(&mut members[other].1, value);
                }
            }
            Self::UpperCase(number) => {
                if let Some(at) = at(number) {
                    members[at].0 = members[at].0.to_uppercase();
                }
            }
            Self::Nest(number) => change(members, at(number), |value| json!([value])),
            Self::Empty(number) => change(members, at(number), |_| json!("")),
            Self::Null(number) => change(members, at(number), |_| Value::Null),
            Self::Twice { name, other, first } => {
                let other = &good(*other).said;
                let (name, bytes) = match name % 3 {
                    0 => ("payload", &other.payload),
                    1 => ("protected", &other.protected),
                    _ => ("signature", &other.signature),
                };
                let position = if *first { 0 } else { members.len() };
                members.insert(position, (name.to_owned(), URL_SAFE_NO_PAD.encode(bytes).into()));
            }
            Self::Header { name, text } => {
                header[HEADERS[usize::from(*name) % HEADERS.len()]] = json!(text);
            }
        }
    }
}

fn change(members: &mut [(String, Value)], at: Option<usize>, with: impl FnOnce(Value) -> Value) {
    if let Some((_, value)) = at.and_then(|at| members.get_mut(at)) {
        *value = with(std::mem::take(value));
    }
}
