//! Signatures that notation v1.3.2 made (`tests/vectors/notation`): the core verifies each of them, reads both forms of
//! their manifests, and refuses them where anything is not as it was.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "functions that tests share; tests read vectors"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use notary_project::Timestamp;
use notary_project::certificate::parse_pem;
use notary_project::descriptor::Descriptor;
use notary_project::envelope::Envelope;
use notary_project::extension::aws_signer::AwsRoots;
use notary_project::signature_manifest::{ManifestForm, SignatureManifest, THUMBPRINTS};
use notary_project::trust_policy::TrustPolicy;
use notary_project::trust_store::{TrustStore, TrustStoreName, TrustStoreType, TrustStores};
use notary_project::verify::{self, Decision, Failure, Outcome, Status, Trust};
use serde::Deserialize;

/// Folders that must be there: one for each kind of key, length of chain, media type and attribute.
const NAMES: [&str; 13] = [
    "chain-of-1",
    "chain-of-4",
    "docker-image",
    "docker-list",
    "ec-p256",
    "ec-p384",
    "ec-p521",
    "expiry",
    "oci-index",
    "rsa-2048",
    "rsa-3072",
    "rsa-4096",
    "user-metadata",
];

/// What `vector.json` says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Facts {
    #[serde(rename = "keyType")]
    _key_type: String,
    signature_algorithm: String,
    identity: String,
    artifact: Descriptor,
    envelope: Descriptor,
    manifest_legacy: Descriptor,
    manifest_current: Descriptor,
    signing_time: Timestamp,
    expiry: Option<Timestamp>,
    user_metadata: BTreeMap<String, String>,
    certificates: usize,
}

/// One signature.
struct Vector {
    name: String,
    folder: PathBuf,
    facts: Facts,
}

impl Vector {
    fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/notation");
        let mut names: Vec<_> = fs::read_dir(&root)
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().join("vector.json").exists())
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, NAMES);
        let read = |name: String| {
            let folder = root.join(&name);
            let facts = serde_json::from_slice(&fs::read(folder.join("vector.json")).unwrap()).unwrap();
            Self { name, folder, facts }
        };
        names.into_iter().map(read).collect()
    }

    fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.folder.join(file)).unwrap()
    }

    /// Judges the envelope of this vector with its own root and one identity.
    fn judge(&self, identity: &str, root_of: &Self, artifact: &Descriptor, now: &str) -> Outcome {
        let name = TrustStoreName::new(TrustStoreType::Ca, "notation").unwrap();
        let policy = TrustPolicy::strict("notation", &["*"], std::slice::from_ref(&name), &[identity]).unwrap();
        let mut stores = TrustStores::new();
        stores.insert(Ok(TrustStore::new(name, parse_pem(&root_of.read("root.pem")).unwrap()).unwrap()));
        let trust = Trust::new(policy, stores).with_aws_roots(AwsRoots::embedded());
        let terms = trust.terms_of(&trust.policy().statements()[0]).with_user_metadata(&self.facts.user_metadata);
        let envelope = self.read("envelope.jws.json");
        verify::begin(Envelope::new(&self.facts.envelope.media_type, &envelope), artifact, &terms, now.parse().unwrap())
            .without_evidence()
    }

    fn judge_as_meant(&self) -> Outcome {
        self.judge(&self.facts.identity, self, &self.facts.artifact, PRESENT)
    }
}

const PRESENT: &str = "2030-01-01T00:00:00Z";

#[test]
fn every_signature_that_notation_made_is_verified() {
    for vector in Vector::all() {
        let facts = &vector.facts;
        assert!(!facts.identity.contains('*') && facts.identity.starts_with("x509.subject: "), "{}", vector.name);
        assert!(
            facts.artifact.same_content(&Descriptor::of(&facts.artifact.media_type, &vector.read("artifact.json")))
        );
        let outcome = vector.judge_as_meant();
        assert_eq!(outcome.decision(), Decision::Verified, "{}: {:?}", vector.name, outcome.rejection());
        assert!(outcome.validations().iter().all(|row| row.status().is_acceptable()), "{}", vector.name);

        let envelope = outcome.envelope().unwrap();
        let signed = envelope.signed_attributes();
        assert_eq!(envelope.key_spec().signature_algorithm(), facts.signature_algorithm, "{}", vector.name);
        assert_eq!(signed.signing_scheme().name(), "notary.x509");
        assert_eq!(signed.expiry(), facts.expiry, "{}", vector.name);
        assert_eq!(
            signed.signing_time(),
            notary_project::envelope::SigningTime::Claimed(facts.signing_time),
            "{}",
            vector.name
        );
        assert_eq!(envelope.chain().certificates(), parse_pem(&vector.read("chain.pem")).unwrap(), "{}", vector.name);
        assert_eq!(envelope.chain().certificates().len(), facts.certificates, "{}", vector.name);
        let payload = outcome.payload().unwrap();
        assert!(payload.target_artifact().same_content(&facts.artifact), "{}", vector.name);
        assert_eq!(payload.user_metadata(), &facts.user_metadata, "{}", vector.name);
    }
}

#[test]
fn both_forms_of_the_manifest_are_read_and_say_the_same() {
    for vector in Vector::all() {
        let facts = &vector.facts;
        for (file, listed, form) in [
            ("manifest-legacy.json", &facts.manifest_legacy, ManifestForm::Legacy),
            ("manifest-current.json", &facts.manifest_current, ManifestForm::Current),
        ] {
            let bytes = vector.read(file);
            assert!(listed.same_content(&Descriptor::of(&listed.media_type, &bytes)), "{} {file}", vector.name);
            let manifest = SignatureManifest::parse(&bytes).unwrap();
            assert_eq!(manifest.form(), Some(form), "{} {file}", vector.name);
            assert!(manifest.subject().same_content(&facts.artifact), "{} {file}", vector.name);
            assert!(manifest.envelope().same_content(&facts.envelope), "{} {file}", vector.name);
            let envelope = vector.read("envelope.jws.json");
            assert!(manifest.envelope().same_content(&Descriptor::of(&facts.envelope.media_type, &envelope)));
            let claimed: Vec<String> = serde_json::from_str(&manifest.annotations()[THUMBPRINTS]).unwrap();
            let chain = parse_pem(&vector.read("chain.pem")).unwrap();
            let fingerprints: Vec<_> = chain.iter().map(|certificate| certificate.fingerprint()).collect();
            assert_eq!(claimed, fingerprints, "{} {file}", vector.name);
        }
    }
}

#[test]
fn nothing_that_notation_made_is_verified_for_another_root_identity_artifact_or_time() {
    let all = Vector::all();
    for (place, vector) in all.iter().enumerate() {
        let other = &all[(place + 1) % all.len()];
        let Facts { identity, artifact, expiry, .. } = &vector.facts;
        let outcome = vector.judge(identity, other, artifact, PRESENT);
        assert!(
            matches!(outcome.rejection(), Some(Status::Failed(Failure::ChainNotTrusted { .. }))),
            "{}: {:?}",
            vector.name,
            outcome.rejection()
        );
        let outcome = vector.judge(&format!("{identity} and more"), vector, artifact, PRESENT);
        assert!(matches!(outcome.rejection(), Some(Status::Failed(Failure::Identity(_)))), "{}", vector.name);
        let outcome = vector.judge(identity, vector, &Descriptor::of(&artifact.media_type, b"{}"), PRESENT);
        assert!(matches!(outcome.rejection(), Some(Status::Failed(Failure::TargetArtifact { .. }))), "{}", vector.name);
        let outcome = vector.judge(identity, vector, artifact, "2125-01-01T00:00:00Z");
        assert!(
            matches!(outcome.rejection(), Some(Status::Failed(Failure::CertificateValidity(_)))),
            "{}: {:?}",
            vector.name,
            outcome.rejection()
        );
        if let Some(expiry) = expiry {
            let outcome = vector.judge(identity, vector, artifact, &expiry.to_string());
            assert!(matches!(outcome.rejection(), Some(Status::Failed(Failure::Expired { .. }))), "{}", vector.name);
        }
    }
}
