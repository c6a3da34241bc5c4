//! A place for the tests of AWS Signer: the endpoint, a folder with images, and the environment of a job.

use std::fs;
use std::path::Path;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::aws::arn;
use crate::aws::authority::pem;
use crate::aws::clock::rfc3339;
use crate::aws::endpoint::{Endpoint, Options};
use crate::aws::envelope::{
    AUTHENTIC_SIGNING_TIME, EXPIRY, JOB, Order, PAYLOAD_TYPE, PLUGIN, PROFILE_VERSION, Plan, SCHEME,
    VERIFICATION_PLUGIN,
};
use crate::aws::signer::Revocation;
use crate::sealgate::{Answer, Run, Sandbox};

/// Media type of a signature manifest's configuration, and its artifact type.
const SIGNATURE: &str = "application/vnd.cncf.notary.signature";

/// Media type of an image.
const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";

/// Media type of an index.
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The endpoint and a folder to work in.
pub(crate) struct Scene {
    /// What stands for AWS.
    pub(crate) endpoint: Endpoint,
    /// Where the command runs.
    pub(crate) sandbox: Sandbox,
    region: String,
}

/// A plan with one thing changed.
pub(crate) trait Changed {
    /// Signed by another profile version.
    fn profile(self, arn: &str) -> Self;
}

impl Changed for Plan {
    fn profile(mut self, arn: &str) -> Self {
        self.set(PROFILE_VERSION, arn);
        self
    }
}

impl Scene {
    /// The usual endpoint; its root certificate is in `root.pem`.
    pub(crate) fn new() -> Self {
        Self::with(Options::default())
    }

    /// An endpoint with these options.
    pub(crate) fn with(options: Options) -> Self {
        let partition = if options.region.starts_with("us-gov-") { "aws-us-gov" } else { "aws" };
        let region = options.region.clone();
        let endpoint = Endpoint::with(options).unwrap();
        let sandbox = Sandbox::new();
        sandbox.write("root.pem", &endpoint.root_pem(partition));
        Self { endpoint, sandbox, region }
    }

    /// An image in a layout of its own; returns its reference.
    pub(crate) fn image(&self, name: &str) -> String {
        layout(&self.sandbox.path(name), &[name]);
        format!("oci-layout:{name}:{name}")
    }

    /// `sign` with the profile of the endpoint and its root, as its user.
    pub(crate) fn sign(&self, words: &[&str]) -> Run<'_> {
        self.as_user(&[&["sign", "--aws-root", "root.pem", "--profile", &self.endpoint.profile()], words].concat())
    }

    /// `verify` with the profile of the endpoint and its root, as its user.
    pub(crate) fn verify(&self, words: &[&str]) -> Run<'_> {
        self.as_user(&[&["verify", "--aws-root", "root.pem", "--profile", &self.endpoint.profile()], words].concat())
    }

    /// Any words, as the endpoint's user.
    pub(crate) fn as_user(&self, words: &[&str]) -> Run<'_> {
        with_env(self.sandbox.sealgate(words), &self.endpoint.env())
    }

    /// Any words, with the endpoint and without credentials.
    pub(crate) fn as_nobody(&self, words: &[&str]) -> Run<'_> {
        with_env(self.sandbox.sealgate(words), &self.endpoint.env_without_credentials())
    }

    /// An image that was signed.
    pub(crate) fn signed_image(&self, name: &str) -> String {
        let image = self.image(name);
        self.sign(&[&image]).exits(0);
        image
    }

    /// Adds a signature to an image as anybody could who may write to a registry.
    pub(crate) fn attach(&self, name: &str, envelope: &[u8]) {
        attach(&self.sandbox.path(name), envelope);
    }

    /// The signature manifests of an image, in the order of the index.
    pub(crate) fn signatures(&self, name: &str) -> Vec<Value> {
        let entries = index(&self.sandbox.path(name));
        entries.into_iter().filter(|entry| entry["artifactType"] == SIGNATURE).collect()
    }

    /// The content of a descriptor.
    pub(crate) fn blob(&self, name: &str, descriptor: &Value) -> Vec<u8> {
        fs::read(blob(&self.sandbox.path(name), descriptor["digest"].as_str().unwrap())).unwrap()
    }

    /// The envelope of the first signature.
    pub(crate) fn envelope(&self, name: &str) -> Vec<u8> {
        let manifest: Value = serde_json::from_slice(&self.blob(name, &self.signatures(name)[0])).unwrap();
        self.blob(name, &manifest["layers"][0])
    }

    /// The payload that a signature of this image has.
    pub(crate) fn payload(&self, name: &str) -> Vec<u8> {
        let mut image = index(&self.sandbox.path(name)).swap_remove(0);
        image.as_object_mut().unwrap().remove("annotations");
        json!({"targetArtifact": image}).to_string().into_bytes()
    }

    /// What AWS would sign for this image so many seconds from now, with so many seconds to live from now.
    pub(crate) fn plan(&self, name: &str, signed_in: i64, expires_in: i64) -> Plan {
        let world = self.endpoint.world();
        let at = |seconds| rfc3339(world.clock.now() + SignedDuration::from_secs(seconds));
        let profile = &world.signer.profiles[&self.endpoint.profile()];
        let job = arn::job(&profile.region, &profile.account, "5808635f-05de-4207-a891-c95f827b50f4");
        let plan = Plan {
            payload: self.payload(name),
            content_type: PAYLOAD_TYPE.to_owned(),
            attributes: Vec::new(),
            order: Order::AlgFirst,
            broken: false,
        };
        plan.with(SCHEME, "notary.x509.signingAuthority", true)
            .with(AUTHENTIC_SIGNING_TIME, &at(signed_in), true)
            .with(EXPIRY, &at(expires_in), true)
            .with(VERIFICATION_PLUGIN, PLUGIN, true)
            .with(PROFILE_VERSION, &profile.version_arn(), true)
            .with(JOB, &job, true)
    }

    /// Puts a signature of the endpoint's region in place of those of an image.
    pub(crate) fn replace_with(&self, name: &str, plan: &Plan) {
        self.unsign(name);
        self.attach(name, &self.endpoint.sign(&self.region, plan));
    }

    /// The same with times: when it was signed and when it expires, in seconds from now.
    pub(crate) fn replace_signature(&self, name: &str, signed_in: i64, expires_in: i64) {
        self.replace_with(name, &self.plan(name, signed_in, expires_in));
    }

    /// Takes the signatures away.
    pub(crate) fn unsign(&self, name: &str) {
        let path = self.sandbox.path(name);
        write_index(&path, index(&path).into_iter().filter(|entry| entry["artifactType"] != SIGNATURE).collect());
    }

    /// Lists the signatures the other way round.
    pub(crate) fn reverse_signatures(&self, name: &str) {
        let path = self.sandbox.path(name);
        let (mut signatures, mut entries): (Vec<_>, Vec<_>) =
            index(&path).into_iter().partition(|entry| entry["artifactType"] == SIGNATURE);
        signatures.reverse();
        entries.extend(signatures);
        write_index(&path, entries);
    }

    /// Writes `trustpolicy.json` with one statement, and the endpoint's root into `truststore`.
    pub(crate) fn policy(&self, level: &str, stores: &[&str], identities: &[&str]) {
        let statement = json!({
            "name": "images",
            "registryScopes": ["registry.example/app"],
            "signatureVerification": {"level": level},
            "trustStores": stores,
            "trustedIdentities": identities,
        });
        let policy = json!({"version": "1.0", "trustPolicies": [statement]});
        self.sandbox.write("trustpolicy.json", &policy.to_string());
        self.sandbox.write("truststore/x509/signingAuthority/aws/root.pem", &self.sandbox.read("root.pem"));
        self.sandbox.write("truststore/x509/ca/aws/root.pem", &self.sandbox.read("root.pem"));
    }

    /// `verify` by that policy, as the endpoint's user.
    pub(crate) fn verify_by_policy(&self, words: &[&str]) -> Run<'_> {
        let policy = [
            "verify",
            "--policy",
            "trustpolicy.json",
            "--trust-store",
            "truststore",
            "--scope",
            "registry.example/app",
        ];
        self.as_user(&[&policy[..], &["--aws-root", "root.pem"], words].concat())
    }

    /// Revokes every job that there is so far.
    pub(crate) fn revoke_jobs(&self) {
        let mut world = self.endpoint.world();
        let revocation = revocation(world.clock.now());
        for job in world.signer.jobs.values_mut() {
            job.revocation = Some(revocation.clone());
        }
    }

    /// Revokes the current version of the profile, from so many seconds from now on.
    pub(crate) fn revoke_profile_version(&self, effective_in: i64) {
        let profile = self.endpoint.profile();
        let mut world = self.endpoint.world();
        let revocation = revocation(world.clock.now() + SignedDuration::from_secs(effective_in));
        world.signer.profiles.get_mut(&profile).unwrap().versions.last_mut().unwrap().revocation = Some(revocation);
    }

    /// Who is asked how often: the names of the operations, in their order.
    pub(crate) fn asked(&self) -> Vec<String> {
        let entries = self.endpoint.requests().into_iter();
        // The connection that is opened early asks for nothing.
        entries.map(|entry| entry.operation).filter(|operation| operation != "HEAD /").collect()
    }

    /// All that the folder holds, with the paths.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        collect(&self.sandbox.path(""), &mut found);
        found.sort();
        found
    }
}

fn revocation(effective_from: Timestamp) -> Revocation {
    let (reason, revoked_by) = ("a test".to_owned(), "arn:aws:iam::111122223333:user/tester".to_owned());
    Revocation { reason, revoked_at: effective_from, revoked_by, effective_from }
}

/// Sets variables.
pub(crate) fn with_env<'a, T: AsRef<str>>(run: Run<'a>, variables: &[(T, String)]) -> Run<'a> {
    variables.iter().fold(run, |run, (name, value)| run.env(name.as_ref(), value))
}

/// The report on standard output.
#[track_caller]
pub(crate) fn report(answer: &Answer) -> Value {
    serde_json::from_str(&answer.stdout).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
}

/// Every one of these words stands in the text.
#[track_caller]
pub(crate) fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in:\n{text}");
    }
}

/// A certificate in a file, as PEM.
pub(crate) fn certificate(der: &[u8]) -> String {
    pem("CERTIFICATE", der)
}

/// The certificates of an envelope, leaf first.
pub(crate) fn chain(envelope: &[u8]) -> Vec<Vec<u8>> {
    let envelope: Value = serde_json::from_slice(envelope).unwrap();
    let chain = envelope["header"]["x5c"].as_array().unwrap();
    chain.iter().map(|der| STANDARD.decode(der.as_str().unwrap()).unwrap()).collect()
}

/// Makes a layout with small images of these tags; each has another content.
pub(crate) fn layout(path: &Path, tags: &[&str]) {
    fs::create_dir_all(path.join("blobs/sha256")).unwrap();
    fs::write(path.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let image = |tag: &&str| {
        let config = json!({"architecture": "amd64", "os": "linux", "config": {"Labels": {"tag": tag}}, "rootfs": {"type": "layers", "diff_ids": []}});
        let config = put(path, "application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
        let manifest = json!({"schemaVersion": 2, "mediaType": IMAGE, "config": config, "layers": []});
        let mut listed = put(path, IMAGE, manifest.to_string().as_bytes());
        listed["annotations"] = json!({"org.opencontainers.image.ref.name": tag});
        listed
    };
    write_index(path, tags.iter().map(image).collect());
}

/// Adds an index of both images of a layout, whose tags are their architectures, under this tag.
/// Returns their digests.
pub(crate) fn index_of(path: &Path, tag: &str) -> [String; 2] {
    let images = index(path);
    let entry = |image: &Value| {
        let mut entry = image.clone();
        let annotations = entry.as_object_mut().unwrap().remove("annotations").unwrap();
        let architecture = &annotations["org.opencontainers.image.ref.name"];
        entry["platform"] = json!({"os": "linux", "architecture": architecture});
        entry
    };
    let entries: Vec<_> = images.iter().map(entry).collect();
    let of_all = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries});
    let mut listed = put(path, INDEX, of_all.to_string().as_bytes());
    listed["annotations"] = json!({"org.opencontainers.image.ref.name": tag});
    let digests = images.iter().map(|image| image["digest"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    write_index(path, [images, vec![listed]].concat());
    digests.try_into().unwrap()
}

fn attach(path: &Path, envelope: &[u8]) {
    let mut entries = index(path);
    let mut subject = entries[0].clone();
    subject.as_object_mut().unwrap().remove("annotations");
    let layer = put(path, "application/jose+json", envelope);
    let config = put(path, "application/vnd.oci.empty.v1+json", b"{}");
    let thumbprints: Vec<_> = chain(envelope)
        .iter()
        .map(|der| {
            digest::digest(&digest::SHA256, der).as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        })
        .collect();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": IMAGE,
        "artifactType": SIGNATURE,
        "config": config,
        "layers": [layer],
        "subject": subject,
        "annotations": {"io.cncf.notary.x509chain.thumbprint#S256": json!(thumbprints).to_string()},
    });
    let mut listed = put(path, IMAGE, manifest.to_string().as_bytes());
    listed["artifactType"] = SIGNATURE.into();
    listed["annotations"] = manifest["annotations"].clone();
    entries.push(listed);
    write_index(path, entries);
}

/// Writes a blob; returns its descriptor.
fn put(path: &Path, media_type: &str, content: &[u8]) -> Value {
    let hash = digest::digest(&digest::SHA256, content);
    let digest = format!("sha256:{}", hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    fs::write(blob(path, &digest), content).unwrap();
    json!({"mediaType": media_type, "digest": digest, "size": content.len()})
}

fn blob(path: &Path, digest: &str) -> std::path::PathBuf {
    path.join("blobs").join(digest.replace(':', "/"))
}

fn index(path: &Path) -> Vec<Value> {
    let mut index: Value = serde_json::from_slice(&fs::read(path.join("index.json")).unwrap()).unwrap();
    serde_json::from_value(index["manifests"].take()).unwrap()
}

fn write_index(path: &Path, entries: Vec<Value>) {
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries});
    fs::write(path.join("index.json"), index.to_string()).unwrap();
}

fn collect(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}
