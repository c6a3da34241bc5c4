//! A protected header, whatever it is, under a good signature with a root of AWS Signer: it is trusted only if it says all
//! that AWS Signer says, and nothing else.
#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use notary_fuzz::{certificate, signed};
use notary_project::Timestamp;
use notary_project::certificate::Certificate;
use notary_project::descriptor::Descriptor;
use notary_project::envelope::{Envelope, EnvelopeFormat};
use notary_project::extension::aws_signer::{self, AwsRoots};
use notary_project::payload;
use notary_project::revocation::{Evidence, EvidenceAnswer, EvidenceRequest};
use notary_project::trust_policy::TrustPolicy;
use notary_project::trust_store::{TrustStore, TrustStoreName, TrustStores};
use notary_project::verify::{self, Decision, Step, Terms};
use serde_json::Value;

const PROFILE: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/build";
const PREFIX: &str = "io.cncf.notary.";

struct Trust {
    artifact: Descriptor,
    payload: Vec<u8>,
    policies: [TrustPolicy; 2],
    stores: TrustStores,
    roots: AwsRoots,
    now: Timestamp,
}

static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let root = Certificate::parse_der(certificate()).unwrap();
    let name = TrustStoreName::parse("signingAuthority:aws-signer-ts").unwrap();
    let policy = |identity| TrustPolicy::strict("fuzz", &["*"], std::slice::from_ref(&name), &[identity]).unwrap();
    let policies = [policy(PROFILE), policy("*")];
    let mut stores = TrustStores::new();
    stores.insert(Ok(TrustStore::new(name, vec![root.clone()]).unwrap()));
    let artifact = Descriptor::of("application/vnd.oci.image.manifest.v1+json", b"{}");
    let payload = payload::assemble(&artifact, &BTreeMap::new()).unwrap();
    let now = "2026-06-15T12:00:00Z".parse().unwrap();
    Trust { artifact, payload, policies, stores, roots: AwsRoots::replaced(vec![root]), now }
});

/// What the policy with that number makes of an envelope about which AWS Signer knows nothing bad.
fn judge(envelope: &[u8], policy: usize) -> Decision {
    let trust = &*TRUST;
    let terms = Terms::new(&trust.policies[policy].statements()[0], &trust.stores).with_aws_roots(&trust.roots);
    let envelope = Envelope::new(EnvelopeFormat::Jws.media_type(), envelope);
    match verify::begin(envelope, &trust.artifact, &terms, trust.now) {
        Step::NeedsEvidence(pending) => {
            let [EvidenceRequest::AwsRevocationStatus(request)] = pending.requests() else {
                panic!("{:?}", pending.requests())
            };
            assert_eq!(request.profile_version_arn.without_version().as_str(), PROFILE);
            let answer = EvidenceAnswer::AwsRevocationStatus { revoked_entities: Vec::new(), endpoint: None };
            let request = EvidenceRequest::AwsRevocationStatus(request.clone());
            pending.finish(&[Evidence::new(request, answer)], trust.now).decision()
        }
        step => {
            let outcome = step.without_evidence();
            assert_eq!(outcome.decision(), Decision::Rejected, "nothing was asked");
            outcome.decision()
        }
    }
}

/// What AWS Signer writes is trusted, or the target would find nothing.
static GOOD: LazyLock<()> = LazyLock::new(|| {
    let protected = format!(
        r#"{{"alg":"ES256","crit":["{PREFIX}signingScheme","{PREFIX}authenticSigningTime","{PREFIX}verificationPlugin"],"cty":"application/vnd.cncf.notary.payload.v1+json","{PREFIX}signingScheme":"notary.x509.signingAuthority","{PREFIX}authenticSigningTime":"2026-06-01T08:00:00Z","{PREFIX}verificationPlugin":"{}","{}":"{PROFILE}/IrwHQeF7XW","{}":"arn:aws:signer:us-west-2:111122223333:/signing-jobs/0"}}"#,
        aws_signer::VERIFICATION_PLUGIN,
        aws_signer::SIGNING_PROFILE_VERSION,
        aws_signer::SIGNING_JOB
    );
    assert_eq!(judge(&signed(protected.as_bytes(), &TRUST.payload), 0), Decision::Verified);
});

fuzz_target!(|protected: &[u8]| {
    LazyLock::force(&GOOD);
    let envelope = signed(protected, &TRUST.payload);
    assert_eq!(judge(&envelope, 1), Decision::Rejected, "a chain of AWS Signer is trusted by profile only");
    if judge(&envelope, 0) == Decision::Rejected {
        return;
    }
    let header: Value = serde_json::from_slice(protected).unwrap();
    let text = |name: &str| header.get(name).and_then(Value::as_str).unwrap_or_default();
    assert_eq!(text("io.cncf.notary.signingScheme"), "notary.x509.signingAuthority");
    assert_eq!(text("io.cncf.notary.verificationPlugin"), aws_signer::VERIFICATION_PLUGIN);
    let version = text(aws_signer::SIGNING_PROFILE_VERSION).strip_prefix(PROFILE).unwrap();
    assert_eq!((version.len(), version.starts_with('/')), (11, true));
    assert!(text(aws_signer::SIGNING_JOB).starts_with("arn:aws:signer:us-west-2:"));
    let known = ["alg", "cty", "crit", aws_signer::SIGNING_PROFILE_VERSION, aws_signer::SIGNING_JOB];
    let specified =
        ["signingScheme", "authenticSigningTime", "expiry", "verificationPlugin", "verificationPluginMinVersion"];
    for name in header.as_object().unwrap().keys() {
        let is_specified = name.strip_prefix(PREFIX).is_some_and(|name| specified.contains(&name));
        assert!(known.contains(&name.as_str()) || is_specified, "{name}");
    }
});
