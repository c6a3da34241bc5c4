//! The vectors of `tests/vectors/verify`, as the core takes them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use notary_project::Timestamp;
use notary_project::certificate::parse_pem;
use notary_project::descriptor::Descriptor;
use notary_project::envelope::Envelope;
use notary_project::extension::aws_signer::AwsRoots;
use notary_project::revocation::{Evidence, EvidenceAnswer, EvidenceRequest, Unavailability};
use notary_project::trust_policy::TrustPolicy;
use notary_project::trust_store::{TrustStore, TrustStoreName, TrustStores, UnusableTrustStore};
use notary_project::verify::{self, Outcome, Step, Terms};
use serde::Deserialize;

/// All files, each a list of cases.
const FILES: [(&str, &str); 12] = [
    ("accepting", include_str!("../../vectors/verify/accepting.json")),
    ("envelope", include_str!("../../vectors/verify/envelope.json")),
    ("signature", include_str!("../../vectors/verify/signature.json")),
    ("header", include_str!("../../vectors/verify/header.json")),
    ("payload", include_str!("../../vectors/verify/payload.json")),
    ("certificate", include_str!("../../vectors/verify/certificate.json")),
    ("trust", include_str!("../../vectors/verify/trust.json")),
    ("aws-attributes", include_str!("../../vectors/verify/aws-attributes.json")),
    ("aws-plugin", include_str!("../../vectors/verify/aws-plugin.json")),
    ("aws-alias", include_str!("../../vectors/verify/aws-alias.json")),
    ("aws-trust", include_str!("../../vectors/verify/aws-trust.json")),
    ("aws-revocation", include_str!("../../vectors/verify/aws-revocation.json")),
];

/// Why there is no answer, in the words of the vectors.
pub(crate) const UNAVAILABILITIES: [(&str, Unavailability); 4] = [
    ("no-answer", Unavailability::NoAnswer),
    ("denied", Unavailability::Denied),
    ("malformed", Unavailability::Malformed),
    ("not-supported", Unavailability::NotSupported),
];

/// One case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) why: String,
    pub(crate) media_type: String,
    envelope: String,
    pub(crate) artifact: Descriptor,
    statement: String,
    trust_stores: BTreeMap<String, Store>,
    pub(crate) now: Timestamp,
    user_metadata: BTreeMap<String, String>,
    /// Replace AWS Signer's roots.
    aws_roots: Option<Vec<String>>,
    /// What comes of the request to AWS Signer; nothing comes of others.
    answer: Option<Answer>,
    pub(crate) expect: Expect,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Store {
    Certificates(Vec<String>),
    Unusable { unusable: String },
}

/// What comes of a request.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Answer {
    Revoked { revoked: Vec<String>, endpoint: Option<String> },
    Unavailable { unavailable: String },
}

/// What must come of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    pub(crate) decision: String,
    pub(crate) rows: BTreeMap<String, String>,
    pub(crate) user_metadata: String,
    pub(crate) requests: Option<Vec<String>>,
    /// Profile version and job.
    pub(crate) aws_signature: Option<[String; 2]>,
    /// The alias through which the profile was used.
    pub(crate) aws_alias: Option<String>,
    /// What kept the signature from being judged.
    pub(crate) undecided: Option<String>,
}

/// Whether and how the certificates of each trust store are moved about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum StoreOrder<'a> {
    /// As the vector has them.
    AsGiven,
    /// The other way round, each twice.
    ReversedTwice,
    /// Between two that take no part.
    Between(&'a str, &'a str),
}

impl Case {
    /// All cases of all files.
    pub(crate) fn all() -> Vec<Self> {
        let read = |(file, text): (&str, &str)| -> Vec<Self> {
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{file}.json: {error}"))
        };
        FILES.into_iter().flat_map(read).collect()
    }

    /// Bytes of the envelope.
    pub(crate) fn envelope_bytes(&self) -> Vec<u8> {
        STANDARD.decode(&self.envelope).unwrap()
    }

    /// Judges the case.
    pub(crate) fn judge(&self, order: StoreOrder<'_>) -> Step {
        self.judge_envelope(&self.envelope_bytes(), order)
    }

    /// Judges other bytes in place of the envelope of the case.
    pub(crate) fn judge_envelope(&self, envelope: &[u8], order: StoreOrder<'_>) -> Step {
        self.judge_with(envelope, order, &self.aws_roots())
    }

    /// Judges the case without any root of AWS Signer, as a caller does that does not mention it.
    pub(crate) fn judge_without_aws_roots(&self) -> Step {
        self.judge_with(&self.envelope_bytes(), StoreOrder::AsGiven, &AwsRoots::none())
    }

    fn judge_with(&self, envelope: &[u8], order: StoreOrder<'_>, aws_roots: &AwsRoots) -> Step {
        let policy = TrustPolicy::parse(self.statement.as_bytes())
            .unwrap_or_else(|error| panic!("{}: trust policy: {error:?}", self.name));
        let [statement] = policy.statements() else { panic!("{}: not one statement", self.name) };
        let stores = self.trust_stores(order);
        let terms = Terms::new(statement, &stores).with_aws_roots(aws_roots).with_user_metadata(&self.user_metadata);
        verify::begin(Envelope::new(&self.media_type, envelope), &self.artifact, &terms, self.now)
    }

    /// Judges the case for two who trust the same, the first of them by these roots of AWS Signer.
    pub(crate) fn judge_for_two(&self, first: &AwsRoots) -> (Step, Vec<Step>) {
        let policy = TrustPolicy::parse(self.statement.as_bytes()).unwrap();
        let [statement] = policy.statements() else { panic!("{}: not one statement", self.name) };
        let (stores, roots, envelope) =
            (self.trust_stores(StoreOrder::AsGiven), self.aws_roots(), self.envelope_bytes());
        let terms = Terms::new(statement, &stores).with_user_metadata(&self.user_metadata);
        let terms = (&terms.with_aws_roots(first), &[terms.with_aws_roots(&roots)][..]);
        verify::begin_each(Envelope::new(&self.media_type, &envelope), &self.artifact, terms, self.now)
    }

    /// Judges other bytes in place of the envelope of the case, and answers as the case says.
    pub(crate) fn finish_envelope(&self, envelope: &[u8], order: StoreOrder<'_>) -> Outcome {
        self.finish(self.judge_envelope(envelope, order))
    }

    /// Completes the judgment with the answer of the case.
    pub(crate) fn finish(&self, step: Step) -> Outcome {
        let pending = match step {
            Step::NeedsEvidence(pending) => pending,
            step => return step.without_evidence(),
        };
        let is_aws = |request: &&EvidenceRequest| matches!(request, EvidenceRequest::AwsRevocationStatus(_));
        let evidence =
            |request: &EvidenceRequest| Some(Evidence::new(request.clone(), self.answer.as_ref()?.evidence()));
        let gathered: Vec<_> = pending.requests().iter().filter(is_aws).filter_map(evidence).collect();
        pending.finish(&gathered, self.now)
    }

    /// What counts as a root of AWS Signer.
    pub(crate) fn aws_roots(&self) -> AwsRoots {
        match &self.aws_roots {
            None => AwsRoots::embedded(),
            Some(pems) => AwsRoots::replaced(pems.iter().flat_map(|pem| parse_pem(pem.as_bytes()).unwrap()).collect()),
        }
    }

    fn trust_stores(&self, order: StoreOrder<'_>) -> TrustStores {
        let mut stores = TrustStores::new();
        for (name, store) in &self.trust_stores {
            let name = TrustStoreName::parse(name).unwrap();
            stores.insert(match store {
                Store::Unusable { unusable } => Err(UnusableTrustStore::new(name, unusable)),
                Store::Certificates(pems) => load(name, &order.apply(pems)),
            });
        }
        stores
    }
}

impl Answer {
    fn evidence(&self) -> EvidenceAnswer {
        match self {
            Self::Revoked { revoked, endpoint } => {
                EvidenceAnswer::AwsRevocationStatus { revoked_entities: revoked.clone(), endpoint: endpoint.clone() }
            }
            Self::Unavailable { unavailable } => {
                let kind = UNAVAILABILITIES.iter().find(|(name, _)| name == unavailable).unwrap().1;
                EvidenceAnswer::Unavailable { kind, reason: "as the vector says".into() }
            }
        }
    }
}

/// A store whose certificates may not be in it cannot be used.
fn load(name: TrustStoreName, pems: &[&str]) -> Result<TrustStore, UnusableTrustStore> {
    let certificates = pems.iter().flat_map(|pem| parse_pem(pem.as_bytes()).unwrap()).collect();
    TrustStore::new(name.clone(), certificates).map_err(|error| UnusableTrustStore::new(name, error.to_string()))
}

impl<'a> StoreOrder<'a> {
    fn apply(self, pems: &'a [String]) -> Vec<&'a str> {
        let given = pems.iter().map(String::as_str);
        match self {
            // An empty store cannot be used; with another certificate it could.
            _ if pems.is_empty() => Vec::new(),
            Self::AsGiven => given.collect(),
            Self::ReversedTwice => given.clone().rev().chain(given.rev()).collect(),
            Self::Between(first, last) => std::iter::once(first).chain(given).chain(std::iter::once(last)).collect(),
        }
    }
}

/// The PEM of a root that the case `name` has in its trust store.
pub(crate) fn root_of<'a>(cases: &'a [Case], name: &str) -> &'a str {
    let case = cases.iter().find(|case| case.name == name).unwrap();
    match case.trust_stores.values().next() {
        Some(Store::Certificates(pems)) => pems.first().unwrap(),
        other => panic!("{name}: {other:?}"),
    }
}
