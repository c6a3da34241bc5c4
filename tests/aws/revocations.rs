//! GetRevocationStatus.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::Failure;
use super::arn::{self, Arn};
use super::identity::Caller;
use super::input::{check, null};
use super::request::Request;
use super::signer::{NOTATION, Profile};
use super::world::World;

/// Answers for the whole partition, whichever region is asked. Unknown jobs and profiles are not revoked.
pub(crate) fn get(world: &World, caller: &Caller, request: &Request) -> Result<Value, Failure> {
    let required = |name: &str| request.parameter(name).ok_or_else(|| null(name));
    let time = required("signatureTimestamp")?;
    let platform = required("platformId")?;
    let version = required("profileVersionArn")?;
    let job = required("jobArn")?;
    let hashes = request.parameters("certificateHashes");

    check("platformId", &platform, platform == NOTATION, &format!("satisfy enum value set: [{NOTATION}]"))?;
    let time: Option<Timestamp> = time.parse().ok();
    let time = time.ok_or_else(|| Failure::validation("'signatureTimestamp' is not a time."))?;
    check_arn(caller, "profileVersionArn", &version, |parts| {
        matches!(parts, ["", "signing-profiles", _, _] | ["", "aliased-signing-profiles", _])
    })?;
    check_arn(caller, "jobArn", &job, |parts| matches!(parts, ["", "signing-jobs", _]))?;
    let chain = chain(&hashes)?;

    let mut revoked = Vec::new();
    if world.signer.jobs.get(&job).is_some_and(|job| job.revocation.is_some()) {
        revoked.push(job);
    }
    if version_is_revoked(world, &version, time) {
        revoked.push(version);
    }
    revoked.extend(chain.into_iter().filter(|pair| world.signer.revoked_certificates.contains(&pair[..96])));
    Ok(json!({"revokedEntities": revoked}))
}

/// A signature of before the effective time stays good.
fn version_is_revoked(world: &World, version_arn: &str, signed_at: Timestamp) -> bool {
    let Some((profile, version)) = version_arn.rsplit_once('/') else { return false };
    let revocation = match world.signer.profiles.get(profile) {
        Some(profile) => profile.versions.iter().find(|one| one.id == version),
        // One that is used by its alias only is named without a version: the current one counts.
        None => world.signer.profiles.values().find(|one| one.signed_arn() == version_arn).map(Profile::version),
    };
    let revocation = revocation.and_then(|version| version.revocation.as_ref());
    revocation.is_some_and(|revocation| revocation.effective_from <= signed_at)
}

/// An ARN of Signer, in the partition that is asked.
fn check_arn(caller: &Caller, name: &str, text: &str, shape: fn(&[&str]) -> bool) -> Result<(), Failure> {
    let arn = Arn::parse(text).filter(|arn| {
        let parts: Vec<_> = arn.resource.split('/').collect();
        arn.service == "signer" && shape(&parts) && !parts[1..].contains(&"")
    });
    check(name, text, arn.is_some(), "be an ARN of AWS Signer")?;
    let partition = arn::partition(&caller.region);
    if arn.is_some_and(|arn| arn.partition != partition) {
        return Err(Failure::validation(format!("'{name}' is not in partition {partition}: {text}")));
    }
    Ok(())
}

/// The entries in the order of the chain. Each is the hash of a certificate and of the one above it; the root's comes twice.
///
/// They may come in any order: Go's SDK sorts repeated parameters, so AWS cannot insist on one.
fn chain(entries: &[String]) -> Result<Vec<String>, Failure> {
    if entries.is_empty() {
        return Err(null("certificateHashes"));
    }
    let mut above = BTreeMap::new();
    for entry in entries {
        let digits = entry.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        check("certificateHashes", entry, digits && entry.len() == 192, "be 192 hexadecimal digits")?;
        let (hash, issuer) = entry.split_at(96);
        if above.insert(hash, issuer).is_some() {
            return Err(Failure::validation("certificateHashes names a certificate twice."));
        }
    }
    let is_issuer = |hash: &str| above.iter().any(|(below, issuer)| *issuer == hash && *below != hash);
    let mut at = above.keys().copied().find(|hash| !is_issuer(hash));
    let mut chain = Vec::new();
    while let Some(hash) = at {
        let Some(issuer) = above.remove(hash) else { break };
        chain.push(format!("{hash}{issuer}"));
        at = Some(issuer);
    }
    let root_is_last = chain.last().is_some_and(|entry| entry[..96] == entry[96..]);
    if !above.is_empty() || !root_is_last {
        return Err(Failure::validation("certificateHashes is not one chain that ends in a root."));
    }
    Ok(chain)
}
