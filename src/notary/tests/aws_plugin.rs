//! What notation with AWS's own plugin said of signatures (`tests/vectors/aws-plugin`): the core says the same, or is
//! stricter for a reason that is written there; and what it wants asked of AWS is what the plugin asked. The same for
//! signatures of AWS itself (`tests/vectors/aws-live`), as far as someone recorded any.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "functions that tests share; tests read vectors"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use notary_project::Timestamp;
use notary_project::certificate::{Certificate, CertificateChain, parse_pem};
use notary_project::descriptor::{Descriptor, media_type};
use notary_project::envelope::Envelope;
use notary_project::extension::aws_signer::{
    AwsRoots, PLATFORM_ID, PLUGIN_VERSION, RevocationStatusRequest, SIGNING_JOB, SIGNING_PROFILE_VERSION,
    SignPayloadRequest, SigningProfileArn, VERIFICATION_PLUGIN, certificate_hashes, check_returned,
};
use notary_project::payload;
use notary_project::revocation::{Evidence, EvidenceAnswer, EvidenceRequest, Unavailability};
use notary_project::signature_manifest::{ManifestForm, SignatureManifest};
use notary_project::trust_policy::{TrustPolicy, ValidationAction, ValidationType};
use notary_project::trust_store::{TrustStore, TrustStoreName, TrustStoreType, TrustStores};
use notary_project::verify::{self, Decision, Outcome, Status, Step, Terms, Validation};
use serde::Deserialize;
use serde_json::{Value, json};

/// Cases and calls that must be there, so that none is lost in silence.
const CASES: usize = 89;
const CALLS: usize = 13;
/// Cases in which the core wants to ask what the plugin asked.
const COMPARED: usize = 40;

/// Where sealgate alone refuses: the whole list, as the README has it.
const STRICTER: [&str; 12] = [
    "another-case-hand",
    "audit-another-root-hand",
    "duplicate-attribute-hand",
    "duplicate-target-hand",
    "future-time-hand",
    "job-region-hand",
    "other-case-of-version-hand",
    "other-case-plugin",
    "other-case-sealgate",
    "revocation-empty-object-plugin",
    "revocation-empty-object-sealgate",
    "trailing-slash-beside-hand",
];

/// One signature, what was at hand to judge it, and who said what of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Vector {
    name: String,
    what: String,
    signed_by: String,
    now: Timestamp,
    artifact: Descriptor,
    artifact_manifest: String,
    signature_manifest: String,
    envelope: String,
    trust_policy: Value,
    trust_stores: BTreeMap<String, String>,
    /// None for the roots that are part of the core.
    aws_root: Option<String>,
    /// As `--profile` names them; none where what is trusted cannot be said so.
    profiles: Option<Vec<String>>,
    sign_payload: Option<SignPayload>,
    revocation: Option<Exchange>,
    /// None where the plugin was not at hand.
    pair: Option<Pair>,
    sealgate: Sealgate,
    difference: Option<String>,
}

/// A request to sign, from the plugin or from sealgate.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SignPayload {
    host: String,
    path: String,
    user_agent: String,
    body: BTreeMap<String, String>,
}

/// What the plugin asked about revocation, and the last answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Exchange {
    host: String,
    path: String,
    query: Vec<(String, String)>,
    asked: u32,
    status: u16,
    /// Whether the connection lasted to the end of the answer.
    complete: bool,
    answer: String,
}

/// What notation with the plugin said.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    verdict: String,
    says: String,
}

/// What sealgate must say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealgate {
    exit: i32,
    row: String,
    reason: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/aws-plugin")
}

/// All files of a folder, read.
fn all<T: serde::de::DeserializeOwned>(name: &str) -> Vec<T> {
    let entries = fs::read_dir(folder().join(name)).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|kind| kind == "json")).collect();
    paths.sort();
    let read = |path: &PathBuf| {
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    paths.iter().map(read).collect()
}

fn vectors() -> Vec<Vector> {
    all("cases")
}

fn certificates(file: &str) -> Vec<Certificate> {
    parse_pem(&fs::read(folder().join(file)).unwrap()).unwrap()
}

impl Exchange {
    /// The answer, as whoever fetched it tells the core: only a complete list counts as one.
    fn evidence(&self) -> EvidenceAnswer {
        let unavailable = |kind| EvidenceAnswer::Unavailable { kind, reason: format!("status {}", self.status) };
        match self.status {
            200 if !self.complete => unavailable(Unavailability::NoAnswer),
            200 => match serde_json::from_str::<BTreeMap<String, Vec<String>>>(&self.answer) {
                Ok(mut answer) if answer.contains_key("revokedEntities") => EvidenceAnswer::AwsRevocationStatus {
                    revoked_entities: answer.remove("revokedEntities").unwrap(),
                    endpoint: None,
                },
                _ => unavailable(Unavailability::Malformed),
            },
            403 => unavailable(Unavailability::Denied),
            429 | 500 => unavailable(Unavailability::NoAnswer),
            other => panic!("status {other}"),
        }
    }

    fn values(&self, name: &str) -> Vec<&str> {
        self.query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Whether the plugin asked exactly this. Go's SDK sorts the hashes, so their order says nothing.
    fn is(&self, request: &RevocationStatusRequest) -> bool {
        let hashes: BTreeSet<_> = request.certificate_hashes.iter().map(String::as_str).collect();
        self.query.len() == 4 + hashes.len()
            && self.values("certificateHashes").into_iter().collect::<BTreeSet<_>>() == hashes
            && self.values("signatureTimestamp") == [request.signature_timestamp.to_string()]
            && self.values("platformId") == [PLATFORM_ID]
            && self.values("profileVersionArn") == [request.profile_version_arn.as_str()]
            && self.values("jobArn") == [request.job_arn.as_str()]
    }
}

/// What came of one judgement.
struct Judged {
    outcome: Outcome,
    request: Option<RevocationStatusRequest>,
}

impl Judged {
    /// Row and reason, as the vectors have them.
    fn says(&self) -> (&'static str, &str) {
        match self.outcome.decision() {
            Decision::Verified => ("verified", ""),
            Decision::AcceptedWithWarnings => ("accepted-with-warnings", ""),
            Decision::Skipped => ("skipped", ""),
            Decision::Rejected => {
                let refuses =
                    |row: &&Validation| row.action() == ValidationAction::Enforce && !row.status().is_acceptable();
                let row = self.outcome.validations().iter().find(refuses).unwrap();
                (row_name(row.validation_type()), reason(row.status()))
            }
            other => panic!("{other:?}"),
        }
    }
}

const fn row_name(validation_type: ValidationType) -> &'static str {
    match validation_type {
        ValidationType::Integrity => "integrity",
        ValidationType::Authenticity => "authenticity",
        ValidationType::AuthenticTimestamp => "authentic-timestamp",
        ValidationType::Expiry => "expiry",
        ValidationType::Revocation => "revocation",
    }
}

fn reason(status: &Status) -> &str {
    match status {
        Status::Failed(failure) => failure.code(),
        Status::NotEvaluated(reason) => reason.code(),
        other => panic!("{other:?} refuses nothing"),
    }
}

impl Vector {
    fn aws_roots(&self) -> AwsRoots {
        match &self.aws_root {
            None => AwsRoots::embedded(),
            Some(file) => AwsRoots::replaced(certificates(file)),
        }
    }

    /// Judges by notation's policy and store. None where the policy cannot be used.
    fn judge_by_policy(&self) -> Option<Judged> {
        let policy = TrustPolicy::parse(self.trust_policy.to_string().as_bytes()).ok()?;
        let mut stores = TrustStores::new();
        for (name, file) in &self.trust_stores {
            stores.insert(Ok(TrustStore::new(TrustStoreName::parse(name).unwrap(), certificates(file)).unwrap()));
        }
        Some(self.judge(&policy, &stores))
    }

    /// Judges by what `--profile` means.
    fn judge_by_profiles(&self, profiles: &[String]) -> Judged {
        let name = TrustStoreName::new(TrustStoreType::SigningAuthority, "aws-signer").unwrap();
        let policy = TrustPolicy::strict("command-line", &["*"], std::slice::from_ref(&name), profiles).unwrap();
        let mut stores = TrustStores::new();
        let file = self.aws_root.as_deref().unwrap_or_else(|| self.trust_stores.values().next().unwrap());
        stores.insert(Ok(TrustStore::new(name, certificates(file)).unwrap()));
        self.judge(&policy, &stores)
    }

    fn judge(&self, policy: &TrustPolicy, stores: &TrustStores) -> Judged {
        let aws_roots = self.aws_roots();
        let terms = Terms::new(&policy.statements()[0], stores).with_aws_roots(&aws_roots);
        let envelope = Envelope::new(media_type::JWS, self.envelope.as_bytes());
        let pending = match verify::begin(envelope, &self.artifact, &terms, self.now) {
            Step::NeedsEvidence(pending) => pending,
            step => return Judged { outcome: step.without_evidence(), request: None },
        };
        let [request @ EvidenceRequest::AwsRevocationStatus(asked)] = pending.requests() else {
            panic!("{}: {:?}", self.name, pending.requests())
        };
        let answer = |exchange: &Exchange| Evidence::new(request.clone(), exchange.evidence());
        let evidence: Vec<_> = self.revocation.iter().map(answer).collect();
        let asked = asked.clone();
        Judged { outcome: pending.finish(&evidence, self.now), request: Some(asked) }
    }

    fn expected(&self) -> (&str, &str) {
        (&self.sealgate.row, &self.sealgate.reason)
    }

    fn pair(&self) -> &Pair {
        self.pair.as_ref().unwrap_or_else(|| panic!("{}: notation was not asked", self.name))
    }

    fn pair_accepts(&self) -> bool {
        match self.pair().verdict.as_str() {
            "accepted" => true,
            "refused" => false,
            other => panic!("{}: {other}", self.name),
        }
    }

    /// The certificates in the envelope.
    fn chain(&self) -> CertificateChain {
        let verified = Envelope::new(media_type::JWS, self.envelope.as_bytes()).verify().unwrap();
        verified.chain().clone()
    }
}

#[test]
fn every_recorded_signature_is_judged_as_it_must() {
    let vectors = vectors();
    assert_eq!(vectors.len(), CASES);
    for vector in &vectors {
        assert!(!vector.what.is_empty(), "{}", vector.name);
        let judged = vector.judge_by_policy();
        let says = judged.as_ref().map_or(("none", "trust-policy"), Judged::says);
        assert_eq!(says, vector.expected(), "{}", vector.name);
        let accepted = ["verified", "accepted-with-warnings"].contains(&says.0);
        assert_eq!(accepted, vector.sealgate.exit == 0, "{}", vector.name);
    }
}

#[test]
fn naming_the_profiles_on_the_command_line_comes_to_the_same() {
    let named = |vector: &Vector| vector.profiles.clone();
    let vectors: Vec<_> =
        vectors().into_iter().filter_map(|vector| named(&vector).map(|named| (vector, named))).collect();
    assert!(vectors.len() > CASES / 2);
    for (vector, profiles) in vectors {
        assert_eq!(vector.judge_by_profiles(&profiles).says(), vector.expected(), "{}", vector.name);
    }
}

#[test]
fn nothing_is_accepted_that_notation_with_the_plugin_refused() {
    let mut stricter = BTreeSet::new();
    for vector in vectors() {
        let accepts = vector.judge_by_policy().is_some_and(|judged| judged.outcome.decision() != Decision::Rejected);
        assert!(vector.pair_accepts() || !accepts, "{}: {}", vector.name, vector.pair().says);
        assert_eq!(vector.pair_accepts(), vector.pair().says.is_empty(), "{}", vector.name);
        assert_eq!(vector.pair_accepts() != accepts, vector.difference.is_some(), "{}", vector.name);
        if vector.difference.is_some() {
            stricter.insert(vector.name);
        }
    }
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    for name in &stricter {
        let case = name.rsplit_once('-').unwrap().0;
        assert!(readme.contains(&format!("\n| `{case}` | ")), "README.md does not tell of {case}");
    }
    assert_eq!(stricter, STRICTER.iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn what_is_to_be_asked_about_revocation_is_what_the_plugin_asked() {
    let mut compared = 0;
    for vector in vectors() {
        let Some(judged) = vector.judge_by_policy() else { continue };
        let Some(request) = judged.request else { continue };
        let Some(exchange) = &vector.revocation else {
            // notation asks no plugin about what has expired.
            assert_eq!(vector.sealgate.row, "expiry", "{}", vector.name);
            continue;
        };
        assert_eq!((exchange.host.as_str(), exchange.path.as_str()), ("verification.localhost", "/revocations"));
        assert!(exchange.is(&request), "{}\n{request:?}\n{:?}", vector.name, exchange.query);
        assert_eq!(request.certificate_hashes, certificate_hashes(&vector.chain()), "{}", vector.name);
        assert!((1..=3).contains(&exchange.asked));
        compared += 1;
    }
    assert_eq!(compared, COMPARED);
}

#[test]
fn nobody_is_asked_about_a_signature_that_is_refused_anyway() {
    for vector in
        vectors().iter().filter(|vector| ["integrity", "authenticity"].contains(&vector.sealgate.row.as_str()))
    {
        let judged = vector.judge_by_policy().unwrap();
        assert!(judged.request.is_none(), "{}", vector.name);
    }
}

#[test]
fn what_the_plugin_sent_to_be_signed_is_what_is_sent_here() {
    let mut by = BTreeSet::new();
    for vector in vectors().into_iter().filter(|vector| !vector.name.starts_with("image-changed")) {
        let Some(sent) = &vector.sign_payload else { continue };
        let envelope = Envelope::new(media_type::JWS, vector.envelope.as_bytes()).verify().unwrap();
        let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
        let theirs = STANDARD.decode(&sent.body["payload"]).unwrap();
        let metadata = match &read(&theirs)["targetArtifact"]["annotations"] {
            Value::Null => BTreeMap::new(),
            annotations => serde_json::from_value(annotations.clone()).unwrap(),
        };
        assert_eq!(metadata.len(), if vector.name.starts_with("user-metadata") { 2 } else { 0 }, "{}", vector.name);
        let ours = payload::assemble(&vector.artifact, &metadata).unwrap();
        assert_eq!(read(&ours), read(&theirs), "{}", vector.name);

        let version = envelope.signed_attributes().extended().iter().find(|one| one.key() == SIGNING_PROFILE_VERSION);
        let profile = SigningProfileArn::parse(version.unwrap().text().unwrap()).unwrap().without_version();
        let about = json!({
            "payload": sent.body["payload"],
            "payloadFormat": media_type::PAYLOAD,
            "profileName": profile.name(),
            "profileOwner": profile.account(),
        });
        assert_eq!(json!(sent.body), about, "{}", vector.name);
        assert_eq!(sent.path, "/signing-jobs/with-payload");
        assert!(sent.host == "localhost" || sent.host == "127.0.0.1", "{}", sent.host);
        assert_eq!(sent.user_agent.contains("NotationPlugin"), vector.signed_by == "plugin", "{}", sent.user_agent);

        // What AWS returned passes here, before it is pushed.
        let (roots, now) = (vector.issuing_roots(), vector.now);
        let envelope = Envelope::new(media_type::JWS, vector.envelope.as_bytes());
        let request = SignPayloadRequest::new(&vector.artifact, &theirs, &profile);
        let returned = check_returned(envelope, &request, &roots, now);
        assert!(returned.is_ok(), "{}: {returned:?}", vector.name);
        by.insert(vector.signed_by);
    }
    assert_eq!(by, BTreeSet::from(["plugin".to_owned(), "sealgate".to_owned()]));
}

impl Vector {
    /// The root of who signed, whatever the verifier has.
    fn issuing_roots(&self) -> AwsRoots {
        AwsRoots::replaced(certificates("root.pem"))
    }
}

#[test]
fn every_signature_manifest_is_read_and_names_its_envelope() {
    for vector in vectors() {
        let manifest = SignatureManifest::parse(vector.signature_manifest.as_bytes()).unwrap();
        let envelope = Descriptor::of(media_type::JWS, vector.envelope.as_bytes());
        assert!(manifest.envelope().same_content(&envelope), "{}", vector.name);
        assert!(manifest.subject().same_content(&vector.artifact), "{}", vector.name);
        let artifact = Descriptor::of(&vector.artifact.media_type, vector.artifact_manifest.as_bytes());
        assert!(vector.artifact.same_content(&artifact), "{}", vector.name);
        let form = if vector.signed_by == "sealgate" && !vector.name.starts_with("image-changed") {
            ManifestForm::Current
        } else {
            ManifestForm::Legacy
        };
        assert_eq!(manifest.form(), Some(form), "{}", vector.name);
    }
}

#[test]
fn every_signature_that_aws_itself_made_is_verified_with_the_roots_inside() {
    for vector in all::<Vector>("../aws-live") {
        assert!(vector.aws_root.is_none() && vector.pair.as_ref().is_none_or(|pair| pair.verdict == "accepted"));
        assert_eq!(vector.expected(), ("verified", ""), "{}", vector.name);
        let judged = [vector.judge_by_policy().unwrap(), vector.judge_by_profiles(vector.profiles.as_ref().unwrap())];
        for Judged { outcome, request } in judged {
            assert_eq!(outcome.decision(), Decision::Verified, "{}: {:?}", vector.name, outcome.rejection());
            assert!(vector.revocation.as_ref().unwrap().is(&request.unwrap()), "{}", vector.name);
        }
    }
}

/// A call of the plugin: what notation wrote to it, and what it wrote back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    command: String,
    request: Value,
    response: Option<Value>,
    error: Option<Value>,
    exit: i32,
}

#[test]
fn the_calls_of_the_plugin_are_those_of_the_version_whose_rules_are_known_here() {
    let calls: Vec<Call> = all("calls");
    assert_eq!(calls.len(), CALLS);
    for call in &calls {
        assert_eq!(call.exit != 0, call.error.is_some(), "{call:?}");
        let response = call.response.clone().unwrap_or_default();
        match call.command.as_str() {
            "get-plugin-metadata" => {
                let (major, minor, patch) = PLUGIN_VERSION;
                assert_eq!(response["name"], VERIFICATION_PLUGIN);
                assert_eq!(response["version"], format!("{major}.{minor}.{patch}"));
            }
            "generate-envelope" => {
                assert_eq!(call.request["payloadType"], media_type::PAYLOAD);
                assert_eq!(call.request["signatureEnvelopeType"], media_type::JWS);
                let envelope = STANDARD.decode(response["signatureEnvelope"].as_str().unwrap()).unwrap();
                Envelope::new(media_type::JWS, &envelope).verify().unwrap();
            }
            "verify-signature" => {
                let attributes = call.request["signature"]["criticalAttributes"]["extendedAttributes"].as_object();
                let known = [SIGNING_JOB, SIGNING_PROFILE_VERSION];
                assert!(attributes.unwrap().keys().all(|name| known.contains(&name.as_str())), "{call:?}");
                if call.exit == 0 {
                    assert_eq!(response["processedAttributes"], json!([SIGNING_PROFILE_VERSION, SIGNING_JOB]));
                }
            }
            other => panic!("{other}"),
        }
    }
}
