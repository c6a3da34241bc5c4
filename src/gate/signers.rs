//! The signers of a file of gates: how each is recognized, and that no two are the same.

use std::io;

use notary::certificate::Certificate;
use notary::extension::aws_signer::TrustedProfile;
use notary::trust_policy::{TrustPolicy, TrustedIdentities, TrustedIdentity};
use notary::trust_store::{TrustStoreName, TrustStoreType, parse_certificates};

use super::fault::{Fault, RootError};
use super::limits;
use super::model::{Signer, SignerTrust};
use super::read::Faults;
use crate::document::{Map, Node, Place};

const MEMBERS: &[&str] = &["profile", "root", "identity", "sha256"];

/// Reads the file of a root, named as in the file of gates.
pub(crate) type ReadRoot<'a> = &'a dyn Fn(&str) -> io::Result<Vec<u8>>;

/// A signer as it was read.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) signer: Signer,
    /// Of certificates their identities, parsed.
    identities: TrustedIdentities,
    /// Of certificates the files that hold them.
    pub(super) files: Vec<String>,
}

/// Reads all signers.
pub(super) fn read(node: Node<'_>, read_root: ReadRoot<'_>, faults: &mut Faults) -> Vec<Read> {
    let mut signers = Vec::new();
    for (name, place, node) in faults.named(node, "`signers`", limits::SIGNERS) {
        signers.extend(read_one(name, place, node, read_root, faults));
    }
    check_apart(&signers, faults);
    signers
}

fn read_one(name: String, place: Place, node: Node<'_>, read_root: ReadRoot<'_>, faults: &mut Faults) -> Option<Read> {
    let map = faults.map(node, &format!("signer {name:?}"), MEMBERS)?;
    let other = ["root", "identity", "sha256"].into_iter().find(|member| map.get(member).is_some());
    match (map.get("profile"), other) {
        (Some(_), Some(other)) => faults.note(place, Fault::TwoKinds { name, other }),
        (None, None) => faults.note(place, Fault::NoKind { name }),
        (Some(profiles), None) => {
            let profiles = read_profiles(profiles, &name, faults);
            let trust = SignerTrust::Profiles(profiles);
            let identities = TrustedIdentities::default();
            return Some(Read { signer: Signer { name, trust, place }, identities, files: Vec::new() });
        }
        (None, Some(_)) => return read_certificates(name, place, map, read_root, faults),
    }
    None
}

fn read_profiles(node: Node<'_>, name: &str, faults: &mut Faults) -> Vec<TrustedProfile> {
    let texts = faults.texts(node, &format!("`profile` of signer {name:?}"));
    let parsed = texts.into_iter().filter_map(|(text, place)| match TrustedProfile::parse(text) {
        Ok(profile) => Some(profile),
        Err(source) => {
            faults.note(place, Fault::Profile { found: text.to_owned(), source });
            None
        }
    });
    parsed.collect()
}

fn read_certificates(
    name: String,
    place: Place,
    map: Map<'_>,
    read_root: ReadRoot<'_>,
    faults: &mut Faults,
) -> Option<Read> {
    let what = format!("signer {name:?}");
    let mut member = |member: &'static str| {
        let node = map.get(member);
        if node.is_none() {
            faults.note(place, Fault::Missing { what: what.clone(), member });
        }
        node
    };
    let (root, identity) = (member("root"), member("identity"));
    let (mut roots, mut files) = (Vec::new(), Vec::new());
    for (text, at) in
        root.into_iter().flat_map(|root| faults.texts(root, &format!("`root` of {what}"))).collect::<Vec<_>>()
    {
        if !is_inline(text) {
            files.push(text.to_owned());
        }
        match certificates(text, read_root) {
            Ok(found) => {
                roots.extend(found);
                if roots.len() > limits::ROOTS {
                    let what = format!("`root` of {what}, in certificates,");
                    faults.note(at, Fault::TooMany { what, limit: limits::ROOTS });
                    break;
                }
            }
            Err(source) => {
                let root = if is_inline(text) { "in the file itself".to_owned() } else { format!("{text:?}") };
                faults.note(at, Fault::Root { root, source });
            }
        }
    }
    if let Some(node) = map.get("sha256") {
        check_digests(node, &name, &roots, faults);
    }
    let (texts, identities) = read_identities(identity?, &name, faults)?;
    let trust = SignerTrust::Certificates { roots, identities: texts };
    Some(Read { signer: Signer { name, trust, place }, identities, files })
}

/// Whether the text is a certificate and no path.
pub(super) fn is_inline(text: &str) -> bool {
    text.trim_start().starts_with("-----BEGIN")
}

/// The certificates that a root stands for.
fn certificates(text: &str, read_root: ReadRoot<'_>) -> Result<Vec<Certificate>, RootError> {
    let bytes = if is_inline(text) { text.as_bytes().to_vec() } else { read_root(text).map_err(RootError::Read)? };
    parse_certificates(&bytes).map_err(RootError::Certificates)
}

/// Roots that somebody swapped in the repository are other roots.
fn check_digests(node: Node<'_>, name: &str, roots: &[Certificate], faults: &mut Faults) {
    let mut expected = Vec::new();
    for (text, place) in faults.texts(node, &format!("`sha256` of signer {name:?}")) {
        let plain = text.strip_prefix("sha256:").unwrap_or(text).replace(':', "").to_ascii_lowercase();
        match plain.len() == 64 && plain.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            true => expected.push(plain),
            false => faults.note(place, Fault::RootDigest { found: text.to_owned() }),
        }
    }
    let mut found: Vec<_> = roots.iter().map(Certificate::fingerprint).collect();
    found.sort();
    found.dedup();
    expected.sort();
    expected.dedup();
    // What could not be read is a fault of its own.
    if !found.is_empty() && !expected.is_empty() && found != expected {
        faults.note(node.place(), Fault::OtherRoot { name: name.to_owned(), found, expected });
    }
}

/// The identities, under the rules of a trust policy.
fn read_identities(node: Node<'_>, name: &str, faults: &mut Faults) -> Option<(Vec<String>, TrustedIdentities)> {
    let texts = faults.texts(node, &format!("`identity` of signer {name:?}"));
    let place = texts.first()?.1;
    let identities: Vec<_> = texts.iter().map(|(text, _)| (*text).to_owned()).collect();
    let store = TrustStoreName::new(TrustStoreType::Ca, "gate").ok()?;
    let policy = match TrustPolicy::strict("gate", &["*"], &[store], &identities) {
        Ok(policy) => policy,
        Err(source) => {
            faults.note(place, Fault::Identities { name: name.to_owned(), source });
            return None;
        }
    };
    let parsed = policy.statements().first()?.trusted_identities().clone();
    let wrong = |identity: &&TrustedIdentity| identity.subject().is_none() && **identity != TrustedIdentity::Any;
    if let Some(identity) = parsed.iter().find(wrong) {
        faults.note(place, Fault::IdentityKind { found: identity.text().to_owned() });
        return None;
    }
    Some((identities, parsed))
}

/// That nothing is recognized as two signers.
fn check_apart(signers: &[Read], faults: &mut Faults) {
    for (position, read) in signers.iter().enumerate() {
        for earlier in signers.iter().take(position) {
            let fault = match (&read.signer.trust, &earlier.signer.trust) {
                (SignerTrust::Profiles(ours), SignerTrust::Profiles(theirs)) => {
                    let same = ours.iter().find(|one| theirs.iter().any(|other| is_same_profile(one, other)));
                    same.map(|same| Fault::SameProfile {
                        profile: same.to_string(),
                        other: earlier.signer.name.clone(),
                    })
                }
                (SignerTrust::Certificates { roots: ours, .. }, SignerTrust::Certificates { roots: theirs, .. }) => {
                    // A root that was issued anew with its old key is the same authority.
                    let is_same = |one: &Certificate, other: &Certificate| one.spki_der() == other.spki_der();
                    let is_shared = ours.iter().any(|root| theirs.iter().any(|other| is_same(root, other)));
                    is_shared.then(|| overlap(read, earlier)).flatten()
                }
                _ => None,
            };
            if let Some(fault) = fault {
                faults.note(read.signer.place, fault);
            }
        }
    }
}

/// Whether two name the same profile, in any version, or the same alias.
fn is_same_profile(one: &TrustedProfile, other: &TrustedProfile) -> bool {
    match (one.profile(), other.profile()) {
        (Some(one), Some(other)) => one.without_version() == other.without_version(),
        _ => one == other,
    }
}

/// An identity of one that is part of one of the other. `*` is part of all, and all are part of it.
fn overlap(read: &Read, earlier: &Read) -> Option<Fault> {
    let is_overlapping = |one: &TrustedIdentity, other: &TrustedIdentity| match (one.subject(), other.subject()) {
        (Some(one), Some(other)) => one.is_subset_of(other) || other.is_subset_of(one),
        _ => true,
    };
    let pairs = read.identities.iter().flat_map(|one| earlier.identities.iter().map(move |other| (one, other)));
    let (one, other) = pairs.into_iter().find(|(one, other)| is_overlapping(one, other))?;
    Some(Fault::SameIdentity {
        name: read.signer.name.clone(),
        other: earlier.signer.name.clone(),
        identity: one.text().to_owned(),
        of_other: other.text().to_owned(),
    })
}
