//! What is found of a file of gates: who its signers are, what its stages ask, and what is wrong with it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{CertificateReport, Help, Place, Reason};

/// A file of gates.
#[derive(Debug, Serialize)]
pub(crate) struct GatesReport {
    /// The file, as it was named.
    pub(crate) file: String,
    /// Digest of the file together with all roots and signing profiles that it trusts; absent if something is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) policy_digest: Option<String>,
    /// Digest of the file; absent if something is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file_digest: Option<String>,
    /// In the order of the file; empty if something is wrong.
    pub(crate) signers: Vec<GateSignerReport>,
    /// In the order of the file; empty if something is wrong.
    pub(crate) stages: Vec<GateStageReport>,
    /// Every rule that the file breaks.
    pub(crate) problems: Vec<GateProblem>,
}

/// Somebody who signs.
#[derive(Debug, Serialize)]
pub(crate) struct GateSignerReport {
    pub(crate) name: String,
    /// Signing profiles of AWS Signer that this signer signs with; empty for a signer with certificates.
    pub(crate) profiles: Vec<GateProfileReport>,
    /// Identities of this signer's certificates; empty for a signer with signing profiles.
    pub(crate) identities: Vec<String>,
    /// Trust anchors; of signing profiles those of AWS Signer.
    pub(crate) roots: Vec<CertificateReport>,
    /// The commands that sign as this signer: one for each stage that asks for it.
    pub(crate) signs_with: Vec<String>,
}

/// A signing profile, as a file of gates names it.
#[derive(Debug, Serialize)]
pub(crate) struct GateProfileReport {
    pub(crate) arn: String,
    pub(crate) trusted: ProfileTrust,
}

/// What of a signing profile is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ProfileTrust {
    /// Every version of the profile, also one that is made later.
    AnyVersion,
    ThisVersion,
    /// Whichever profile the alias named when the signature was made.
    Alias,
}

impl ProfileTrust {
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::AnyVersion => "any version",
            Self::ThisVersion => "this version alone",
            Self::Alias => "an alias",
        }
    }
}

/// A stage.
#[derive(Debug, Serialize)]
pub(crate) struct GateStageReport {
    pub(crate) name: String,
    /// The stages that have to be met as well, as the file names them.
    pub(crate) after: Vec<String>,
    /// What the stage itself requires.
    pub(crate) require: Vec<GateAskReport>,
    /// Where it asks that every manifest that the index of an image lists is there, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) all_children: Option<Place>,
    /// All that `verify` asks for with this stage: what those before it require comes first.
    pub(crate) in_full: Vec<GateAskedReport>,
    /// The command that verifies an image by it.
    pub(crate) verified_with: String,
}

/// A requirement.
#[derive(Debug, Serialize)]
pub(crate) struct GateAskReport {
    /// In words: `1 of anna, ben, with stage=test`.
    pub(crate) requirement: String,
    /// How many of the signers must have signed.
    pub(crate) least: usize,
    pub(crate) signers: Vec<String>,
    /// What their signatures must say.
    pub(crate) metadata: BTreeMap<String, String>,
    /// How old their signatures may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_age_seconds: Option<u64>,
    pub(crate) place: Place,
}

/// A requirement, and the stage that has it.
#[derive(Debug, Serialize)]
pub(crate) struct GateAskedReport {
    pub(crate) stage: String,
    pub(crate) requirement: String,
    /// Whether it is about the manifests that an index lists, and not about a signature.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) children: bool,
}

/// What is wrong with a file of gates.
#[derive(Debug, Serialize)]
pub(crate) struct GateProblem {
    #[serde(flatten)]
    pub(crate) reason: Reason,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) help: Vec<Help>,
}
