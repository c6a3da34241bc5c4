//! What the tests of the flows share: signers, trust, an image in the registry of the test process, and what goes wrong
//! there.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use notary::algorithm::KeySpec;
use notary::descriptor::{Descriptor, media_type};
use notary::extension::aws_signer::AwsRoots;
use notary::signature_manifest::ManifestForm;
use notary::trust_policy::TrustPolicy;
use notary::trust_store::{TrustStore, TrustStoreName, TrustStores, UnusableTrustStore};
use notary::{Timestamp, limits};
use rcgen::Issuer;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::key_algorithm;
use super::key_generate::{self, KeyFiles};
use super::session::Session;
use crate::aws::Aws;
use crate::aws::facts::AwsSettings;
use crate::aws::facts::settings::{Endpoints, IdentitySettings, Sources};
use crate::called_off;
use crate::ci;
use crate::clock::Clock;
use crate::config::setting::Setting;
use crate::config::trust::{self, Trust};
use crate::config::{
    ColorChoice, Output, RegistrySettings, RevocationCheck, SkipStatements, TrustSource, VerifiedBy, VerifierSettings,
};
use crate::context::{Context, Stream, Streams};
use crate::env::Env;
use crate::reference::Reference;
use crate::registry::server::{Fake, Reply};
use crate::registry::settings::{Retries, TagIndexSettings, Timeouts};
use crate::registry::{Access, Credentials, Mechanism, Registries, Settings, Source};
use crate::report::Format;
use crate::report::style::Detail;
use crate::signing::{Existing, Order, Signed, SigningError, sign_artifact};
use crate::transport::{Proxies, Transport};
use crate::verification::{Terms, Trusted, Until};

/// No user metadata, signed or required.
pub(super) static NOTHING: BTreeMap<String, String> = BTreeMap::new();

/// The current time in all tests.
pub(super) fn now() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

pub(super) struct Signer {
    _folder: TempDir,
    pub(super) files: KeyFiles,
    pub(super) key: crate::signer::LocalKey,
}

impl Signer {
    pub(super) fn new(name: &str) -> Self {
        Self::made(name, now())
    }

    fn made(name: &str, at: Timestamp) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = key_generate::make_files(folder.path(), name, at).unwrap();
        let key = files.load().unwrap();
        Self { _folder: folder, files, key }
    }

    /// Two with certificates of the same authority.
    pub(super) fn siblings() -> (Self, Self) {
        let authority = key_algorithm::generate(KeySpec::Ec256).unwrap();
        let params = key_generate::anchor_params("family", now());
        let root = params.self_signed(&authority).unwrap().pem();
        let issuer = Issuer::from_params(&params, authority);
        let sibling = |name: &str| {
            let signer = Self::new(name);
            let key = key_algorithm::generate(KeySpec::Ec256).unwrap();
            let leaf = key_generate::leaf_params(name, now()).signed_by(&key, &issuer).unwrap().pem();
            std::fs::write(&signer.files.key, key.serialize_pem()).unwrap();
            std::fs::write(&signer.files.certificate_chain, format!("{leaf}{root}")).unwrap();
            std::fs::write(&signer.files.root, &root).unwrap();
            let key = signer.files.load().unwrap();
            Self { key, ..signer }
        };
        (sibling("elder"), sibling("younger"))
    }

    /// A signer whose certificates expire this long after the current time of the tests.
    pub(super) fn ending(left: Duration) -> Self {
        Self::made("ending", now() + left - key_generate::VALIDITY)
    }

    /// What a plain `sign` asks for.
    pub(super) fn order(&self) -> Order<'_> {
        Order {
            signer: crate::signer::Signer::LocalKey(&self.key),
            user_metadata: &NOTHING,
            lifetime: None,
            clock: Clock::starting_at(now()),
            form: ManifestForm::Current,
            existing: Existing::Keep,
        }
    }

    /// `--root` and `--identity` of this signer.
    pub(super) fn trust(&self) -> Trust {
        trust::in_memory(
            std::slice::from_ref(&self.files.root),
            std::slice::from_ref(&self.files.identity),
            AwsRoots::embedded(),
        )
        .unwrap()
    }

    /// The same as settings.
    pub(super) fn verifier(&self) -> VerifierSettings {
        VerifierSettings {
            by: VerifiedBy::Policy(TrustSource::InMemory {
                roots: Setting::default(vec![self.files.root.clone()]),
                identities: Setting::default(vec![self.files.identity.clone()]),
            }),
            scope: None,
            user_metadata: NOTHING.clone(),
            skip: SkipStatements::Refuse,
            max_signatures: limits::SIGNATURES,
            aws_root: None,
            revocation: RevocationCheck::ByPolicy,
        }
    }

    /// One statement of a level, for everything and everybody, with this signer's root in the store `ca:test`.
    pub(super) fn trust_at(&self, verification: &Value) -> Trust {
        let name = TrustStoreName::parse("ca:test").unwrap();
        let root = self.key.chain().root().clone();
        trust_of(verification, Ok(TrustStore::new(name, vec![root]).unwrap()))
    }
}

/// One statement whose only store cannot be used.
pub(super) fn unusable_trust() -> Trust {
    let name = TrustStoreName::parse("ca:test").unwrap();
    trust_of(&json!({"level": "strict"}), Err(UnusableTrustStore::new(name, "it does not exist")))
}

fn trust_of(verification: &Value, store: Result<TrustStore, UnusableTrustStore>) -> Trust {
    let nothing = verification["level"] == "skip";
    let (names, identities) = if nothing { (json!([]), json!([])) } else { (json!(["ca:test"]), json!(["*"])) };
    let policy = json!({"version": "1.0", "trustPolicies": [{
        "name": "test", "registryScopes": ["*"], "signatureVerification": verification,
        "trustStores": names, "trustedIdentities": identities,
    }]});
    let policy = TrustPolicy::parse(policy.to_string().as_bytes()).unwrap();
    let mut stores = TrustStores::new();
    stores.insert(store);
    let trusted = notary::verify::Trust::new(policy, stores).with_aws_roots(AwsRoots::embedded());
    Trust { trusted, kind: trust::TrustKind::Files, origin: "a test".to_owned(), file: None, shown_by: String::new() }
}

/// Settings for AWS, which these tests never call.
pub(super) fn aws_settings() -> AwsSettings {
    let sources = Sources {
        keys: Ok(None),
        files: Arc::default(),
        home: Some("/h".into()),
        web_identity: Ok(None),
        container: Ok(None),
        instance: Ok(Some("http://127.0.0.1:1".to_owned())),
        sso: Ok(()),
        session_name: "test".to_owned(),
    };
    AwsSettings {
        region: None,
        identity: IdentitySettings::Chain,
        sources,
        endpoints: Endpoints::default(),
        fips: false,
        dual_stack: false,
        timeout: Duration::from_secs(1),
        attempts: None,
        fault: None,
    }
}

pub(super) fn terms(trust: &Trust) -> Terms<'_> {
    Terms {
        trusted: Trusted::Statement(trust.trusted.terms_of(trust.trusted.policy().statements().first().unwrap())),
        clock: Clock::starting_at(now()),
        aws: None,
        max_signatures: limits::SIGNATURES,
        until: Until::FirstVerified,
    }
}

/// Registries with very short pauses between attempts.
pub(super) fn registries() -> Registries {
    let settings = Settings {
        proxies: Proxies::None,
        timeouts: Timeouts {
            connect: Duration::from_secs(5),
            progress: Duration::from_secs(20),
            request: Duration::from_secs(20),
            helper: Duration::from_secs(5),
        },
        retries: Retries {
            attempts: 2,
            first_pause: Duration::from_millis(1),
            longest_pause: Duration::from_millis(2),
            budget: Duration::from_secs(20),
        },
        tag_index: TagIndexSettings { rounds: 4, pause: Duration::from_millis(1) },
        ..Settings::default()
    };
    Registries::new(settings, Credentials::none())
}

/// Registries with very short pauses, and AWS, which is never called.
pub(super) fn session(context: &Context) -> Session {
    let transport = Arc::new(Transport::new(Settings { proxies: Proxies::None, ..Settings::default() }.transport()));
    let aws = Aws::new(aws_settings(), Arc::clone(&transport), context.clock);
    Session { registries: registries(), aws, transport }
}

pub(super) fn registry_settings() -> RegistrySettings {
    RegistrySettings {
        credentials: None,
        plain_http: Setting::default(Vec::new()),
        ca_file: None,
        ca_bundle: None,
        proxies: Proxies::None,
        timeout: Duration::from_secs(20),
        concurrency: 4,
    }
}

pub(super) fn context(command: &'static str) -> Context {
    let environment = Env::of(&[]);
    Context {
        step: None,
        command,
        ci: ci::detect(&environment),
        environment: Arc::new(environment),
        clock: Clock::starting_at(now()),
        output: Output {
            format: Format::Json,
            report_dir: None,
            color: ColorChoice::Never,
            detail: Detail::Normal,
            progress: false,
            deploy: Vec::new(),
            is_result_alone: false,
        },
        weakened: Vec::new(),
        caveats: Vec::new(),
        left: Vec::new(),
        streams: Streams { stdout: Stream::Other, stderr: Stream::Other },
        github: |_, _, _| Err("there is no GitHub here".into()),
        called_off: called_off::channel().1,
    }
}

/// A registry with one image, a trusted signer, and an untrusted one.
pub(super) struct Stage {
    pub(super) fake: Fake,
    pub(super) image: Descriptor,
    pub(super) ours: Signer,
    pub(super) stranger: Signer,
}

impl Stage {
    pub(super) async fn new() -> Self {
        let fake = Fake::start().await;
        let image = image(&fake, "v1");
        Self { fake, image, ours: Signer::new("ours"), stranger: Signer::new("stranger") }
    }

    pub(super) fn by_digest(&self) -> Reference {
        reference(&self.fake, &format!("@{}", self.image.digest))
    }

    pub(super) fn by_tag(&self) -> Reference {
        reference(&self.fake, ":v1")
    }

    pub(super) fn source(&self) -> Source {
        registries().open(&self.by_tag(), Access::PullPush).unwrap()
    }

    pub(super) async fn order(&self, order: &Order<'_>) -> Result<Signed, SigningError> {
        sign_artifact(&self.source(), &self.by_digest(), order).await
    }

    /// Signs even if signatures exist, and returns how the signature is listed.
    pub(super) async fn sign(&self, signer: &Signer) -> Descriptor {
        let order = Order { existing: Existing::SignAgain, ..signer.order() };
        let signed = self.order(&order).await.unwrap();
        let listed = self.listed().await;
        listed.into_iter().find(|listed| listed.digest == signed.signature_manifest).unwrap()
    }

    pub(super) async fn listed(&self) -> Vec<Descriptor> {
        let listing = self.source().signatures(&self.image.digest).await.unwrap();
        assert!(matches!(listing.mechanism, Mechanism::ReferrersApi | Mechanism::Both));
        listing.descriptors
    }

    /// The manifest of a signature, as stored.
    pub(super) fn manifest(&self, listed: &Descriptor) -> Value {
        let bytes = self.fake.with(|state| state.manifests[listed.digest.as_str()].1.clone());
        serde_json::from_slice(&bytes).unwrap()
    }

    /// Stores a manifest and returns how it would be listed.
    pub(super) fn store(&self, manifest: &Value) -> Descriptor {
        let annotations = serde_json::from_value(manifest["annotations"].clone()).unwrap_or_default();
        let stored = self.fake.put_manifest(media_type::IMAGE_MANIFEST, manifest.to_string(), None);
        Descriptor { annotations, artifact_type: Some(media_type::SIGNATURE.to_owned()), ..stored }
    }

    /// The registry lists these, in this order, and answers these requests (`METHOD /path`) always so.
    pub(super) fn behave(&self, listed: &[Descriptor], answers: &[(String, Reply)]) {
        let index = json!({"schemaVersion": 2, "mediaType": media_type::IMAGE_INDEX, "manifests": listed});
        let listing = Reply::new(200).body(media_type::IMAGE_INDEX, index.to_string());
        let listing = listing.header("oci-filters-applied", "artifactType");
        let mut answers = answers.to_vec();
        answers.push((format!("GET /v2/app/referrers/{}", self.image.digest), listing));
        self.fake.hook(move |seen| {
            let fitting = answers.iter().find(|(line, _)| *line == seen.line());
            fitting.map(|(_, reply)| reply.clone())
        });
    }
}

/// An image with unique content.
pub(super) fn image(fake: &Fake, tag: &str) -> Descriptor {
    let image = json!({"schemaVersion": 2, "mediaType": media_type::IMAGE_MANIFEST, "config": {}, "layers": [],
        "annotations": {"tag": tag}});
    fake.put_manifest(media_type::IMAGE_MANIFEST, image.to_string(), Some(tag))
}

pub(super) fn reference(fake: &Fake, rest: &str) -> Reference {
    Reference::parse(&format!("{}/app{rest}", fake.host())).unwrap()
}

pub(super) fn metadata(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
