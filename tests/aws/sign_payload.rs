//! SignPayload: checks all that the service checks, then signs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::answer::{Author, Failure};
use super::arn;
use super::authority::Authorities;
use super::clock::{days, rfc3339};
use super::envelope::{
    AUTHENTIC_SIGNING_TIME, EXPIRY, JOB, PAYLOAD_TYPE, PLUGIN, PROFILE_ALIAS, PROFILE_VERSION, Plan, SCHEME,
    SIGNING_TIME, Style, VERIFICATION_PLUGIN,
};
use super::fault::Change;
use super::identity::Caller;
use super::input::{Fields, check, check_account, check_profile_name};
use super::random;
use super::signer::{Job, NOTATION, Profile};
use super::world::World;

/// The largest payload in bytes.
const PAYLOAD_LIMIT: usize = 4096;

/// Signs.
pub(crate) fn sign_payload(
    world: &mut World,
    caller: &Caller,
    fields: &Fields,
    change: Option<Change>,
) -> Result<Value, Failure> {
    let name = fields.required("profileName")?;
    check_profile_name(name)?;
    let owner = fields.text("profileOwner")?.unwrap_or(&caller.account);
    check_account("profileOwner", owner)?;
    let payload = payload(fields)?;
    let format = fields.required("payloadFormat")?;
    check("payloadFormat", format, format == PAYLOAD_TYPE, &format!("satisfy enum value set: [{PAYLOAD_TYPE}]"))?;

    let now = world.clock.now();
    let profile = permitted(world, caller, owner, name)?;
    if profile.status() != "Active" {
        let (name, status) = (&profile.name, profile.status());
        return Err(Failure::validation(format!("Signing profile {name} is not active. Status: {status}.")));
    }
    if profile.platform != NOTATION {
        return Err(Failure::validation(format!("Platform {} does not support SignPayload.", profile.platform)));
    }
    let expires_at = profile.validity.after(now).ok_or_else(|| Failure::validation("signatureValidityPeriod"))?;
    let job = Job {
        id: random::uuid(),
        owner: owner.to_owned(),
        region: caller.region.clone(),
        invoker: caller.account.clone(),
        requested_by: caller.arn.clone(),
        profile: profile.name.clone(),
        version: profile.version().id.clone(),
        platform: profile.platform.clone(),
        created_at: now,
        expires_at,
        revocation: None,
    };
    let answer = envelope(world, &profile, &job, payload, change);
    let (id, metadata) = (job.id.clone(), world.metadata.clone());
    world.signer.jobs.insert(job.arn(), job);
    Ok(json!({"jobId": id, "jobOwner": owner, "metadata": metadata, "signature": STANDARD.encode(answer)}))
}

/// The bytes of the payload.
fn payload(fields: &Fields) -> Result<Vec<u8>, Failure> {
    let text = fields.required("payload")?;
    let payload = STANDARD
        .decode(text)
        .map_err(|_| Failure::new("SerializationException", 400, "'payload' is not standard base64"))?;
    let fits = (1..=PAYLOAD_LIMIT).contains(&payload.len());
    check("payload", &format!("{} bytes", payload.len()), fits, "have length between 1 and 4096")?;
    Ok(payload)
}

/// The profile, if it is there and the caller's account or a permission of the owner lets the caller sign with it.
fn permitted(world: &mut World, caller: &Caller, owner: &str, name: &str) -> Result<Profile, Failure> {
    let arn = arn::profile(&caller.region, owner, name);
    let denied = Failure::denied(Author::Service, &caller.arn, "signer:SignPayload", &arn);
    match world.signer.profile(caller, owner, name) {
        Ok(profile) if profile.permits(caller, "signer:SignPayload") => Ok(profile.clone()),
        // Of another account's profile nobody learns whether it exists.
        Err(missing) if owner == caller.account => Err(missing),
        _ => Err(denied),
    }
}

/// The envelope as AWS makes it, or with one thing changed.
fn envelope(world: &mut World, profile: &Profile, job: &Job, payload: Vec<u8>, change: Option<Change>) -> Vec<u8> {
    let now = world.clock.now();
    let mut plan = plan(world.style, &profile.signed_arn(), job, payload);
    if let Some(alias) = profile.alias_arn() {
        plan.set(PROFILE_ALIAS, &alias);
    }
    if let Some(change) = change {
        apply(&mut plan, change, profile, job, now);
    }
    let partition = arn::partition(&job.region);
    let signer = match change {
        Some(Change::PartitionChain) => {
            world.authorities(other_partition(partition)).signer(other_region(partition), now)
        }
        Some(Change::AnotherRoot) => Authorities::new(partition, now).signer(&job.region, now),
        _ => world.authorities(partition).signer(&job.region, now),
    };
    match change {
        Some(Change::NotAnEnvelope) => b"this is not an envelope".to_vec(),
        _ => plan.sign(&signer),
    }
}

/// What AWS signs (three real signatures show these attributes and no others).
pub(crate) fn plan(style: Style, profile_version: &str, job: &Job, payload: Vec<u8>) -> Plan {
    let plan = Plan {
        payload,
        content_type: PAYLOAD_TYPE.to_owned(),
        attributes: Vec::new(),
        order: style.order,
        broken: false,
    };
    plan.with(SCHEME, "notary.x509.signingAuthority", true)
        .with(AUTHENTIC_SIGNING_TIME, &rfc3339(job.created_at), true)
        .with(EXPIRY, &rfc3339(job.expires_at), true)
        .with(VERIFICATION_PLUGIN, PLUGIN, true)
        .with(PROFILE_VERSION, profile_version, style.aws_attributes_critical)
        .with(JOB, &job.arn(), style.aws_attributes_critical)
}

/// Changes one thing.
fn apply(plan: &mut Plan, change: Change, profile: &Profile, job: &Job, now: Timestamp) {
    let version = &profile.version().id;
    let profile_arn =
        |region: &str, account: &str, name: &str| format!("{}/{version}", arn::profile(region, account, name));
    let (region, account, name) = (job.region.as_str(), job.owner.as_str(), profile.name.as_str());
    match change {
        Change::AnotherPayload => plan.payload = altered(&plan.payload, another_digest),
        Change::MoreAnnotations => plan.payload = altered(&plan.payload, more_annotations),
        Change::DuplicateTarget => plan.payload = duplicate_target(&plan.payload),
        Change::AnotherProfile => plan.set(PROFILE_VERSION, &profile_arn(region, account, "another_profile")),
        Change::AnotherAccount => plan.set(PROFILE_VERSION, &profile_arn(region, "999999999999", name)),
        Change::AnotherCase => plan.set(PROFILE_VERSION, &profile_arn(region, account, &changed_case(name))),
        Change::AnotherPartition => {
            let region = other_region(arn::partition(region));
            plan.set(PROFILE_VERSION, &profile_arn(region, account, name));
            plan.set(JOB, &arn::job(region, account, &job.id));
        }
        Change::JobRegion => {
            plan.set(JOB, &arn::job(if region == "eu-west-1" { "eu-west-2" } else { "eu-west-1" }, account, &job.id))
        }
        Change::JobAccount => plan.set(JOB, &arn::job(region, "999999999999", &job.id)),
        Change::ExtraAttribute => plan.set("com.example.unknown", "1"),
        Change::ExtraUncriticalAttribute => *plan = plan.clone().with("com.example.unknown", "1", false),
        Change::FurtherAttribute => *plan = plan.clone().with("com.amazonaws.signer.further", "1", false),
        Change::FurtherCriticalAttribute => plan.set("com.amazonaws.signer.further", "1"),
        Change::AliasAccount => plan.set(PROFILE_ALIAS, &arn::alias(region, "999999999999", "release")),
        Change::WrongScheme => {
            plan.set(SCHEME, "notary.x509");
            plan.remove(AUTHENTIC_SIGNING_TIME);
            *plan = plan.clone().with(SIGNING_TIME, &rfc3339(now), false);
        }
        Change::Expired => {
            plan.set(AUTHENTIC_SIGNING_TIME, &rfc3339(now - days(2)));
            plan.set(EXPIRY, &rfc3339(now - days(1)));
        }
        Change::NoExpiry => plan.remove(EXPIRY),
        Change::FutureTime => plan.set(AUTHENTIC_SIGNING_TIME, &rfc3339(now + SignedDuration::from_hours(1))),
        Change::BeforeLeaf => plan.set(AUTHENTIC_SIGNING_TIME, &rfc3339(now - days(20))),
        Change::MissingPlugin => plan.remove(VERIFICATION_PLUGIN),
        Change::AnotherPlugin => plan.set(VERIFICATION_PLUGIN, "com.example.plugin"),
        Change::MissingProfile => plan.remove(PROFILE_VERSION),
        Change::MissingJob => plan.remove(JOB),
        Change::DuplicateAttribute => {
            let wrong = profile_arn(region, account, "another_profile");
            let mut first = plan.clone();
            first.attributes.clear();
            let mut first = first.with(PROFILE_VERSION, &wrong, true);
            first.attributes.append(&mut plan.attributes);
            *plan = first;
        }
        Change::BrokenSignature => plan.broken = true,
        Change::PartitionChain | Change::AnotherRoot | Change::NotAnEnvelope => {}
    }
}

fn other_partition(partition: &str) -> &'static str {
    if partition == "aws" { "aws-us-gov" } else { "aws" }
}

fn other_region(partition: &str) -> &'static str {
    if partition == "aws" { "us-gov-west-1" } else { "us-west-2" }
}

fn changed_case(name: &str) -> String {
    let change =
        |letter: char| if letter.is_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
    name.chars().map(change).collect()
}

/// The payload with its target changed; one that cannot be read is replaced.
fn altered(payload: &[u8], change: fn(&mut Value)) -> Vec<u8> {
    let mut payload = serde_json::from_slice(payload).unwrap_or_else(|_| json!({"targetArtifact": {}}));
    change(&mut payload["targetArtifact"]);
    payload.to_string().into_bytes()
}

fn another_digest(target: &mut Value) {
    target["digest"] = format!("sha256:{}", "0".repeat(64)).into();
}

fn more_annotations(target: &mut Value) {
    target["annotations"]["com.example.added"] = "by the signer".into();
}

/// `{"targetArtifact": another, "targetArtifact": the right one}`.
fn duplicate_target(payload: &[u8]) -> Vec<u8> {
    let mut both = altered(payload, another_digest);
    both.pop();
    both.push(b',');
    both.extend(payload.iter().skip_while(|byte| **byte != b'{').skip(1));
    both
}
