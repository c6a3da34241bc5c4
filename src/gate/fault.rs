//! What can be wrong with a file of gates. Facts, typed, each with its place; what to do stands elsewhere.

use std::io;

use notary::extension::aws_signer::ArnError;
use notary::trust_policy::TrustPolicyError;
use notary::trust_store::TrustStoreError;

use super::limits;
use crate::document::{DocumentError, Kind, Place};
use crate::duration::DurationError;

/// A fault and where it is.
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
pub(crate) struct Placed {
    /// Line and column in the file, from 1.
    pub(crate) place: Place,
    #[source]
    pub(crate) fault: Fault,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Fault {
    /// It is no YAML of one document.
    #[error(transparent)]
    Document(#[from] DocumentError),
    #[error("the file has {found} documents, expected 1")]
    Documents { found: usize },
    #[error("{what}: expected {expected}, got {found}")]
    Type { what: String, expected: &'static str, found: Kind },
    /// YAML's way to say what a value is; no program that reads gates needs one.
    #[error("{what} has the tag `{tag}`, expected none")]
    Tag { what: String, tag: String },
    #[error("{what} takes members of another map with `<<`, expected each where it counts")]
    Merge { what: String },
    #[error("{what} lacks `{member}`")]
    Missing { what: String, member: &'static str },
    #[error("{what} has the unknown member `{member}`, expected one of {}", list(known))]
    Unknown { what: String, member: String, known: &'static [&'static str] },
    /// A member that the format has and this version does not.
    #[error(
        "{what}: `{member}` comes later: this version of sealgate does not judge it, and a requirement that is not judged must not look met"
    )]
    Later { what: String, member: &'static str },
    #[error("{what}: `children` is {found:?}, expected `index` or `all`")]
    Children { what: String, found: String },
    #[error("version {found}, expected 1")]
    Version { found: String },
    #[error(
        "the name {found:?} is not 1 to {} letters, digits, `.`, `_` or `-`, beginning with a letter or digit",
        limits::NAME
    )]
    Name { found: String },
    #[error("{what} is empty")]
    Empty { what: String },
    #[error("{what} has more than {limit} entries")]
    TooMany { what: String, limit: usize },
    #[error("no signer is called {name:?}; the file has {}", list(known))]
    UnknownSigner { name: String, known: Vec<String> },
    #[error("no stage is called {name:?}; the file has {}", list(known))]
    UnknownStage { name: String, known: Vec<String> },
    #[error("{name:?} stands twice in {what}")]
    Repeated { what: String, name: String },
    #[error("signer {name:?} has both `profile` and `{other}`, expected `profile`, or `root` with `identity`")]
    TwoKinds { name: String, other: &'static str },
    #[error("signer {name:?} has neither `profile` nor `root`, expected `profile`, or `root` with `identity`")]
    NoKind { name: String },
    #[error("signing profile {found:?} cannot be used")]
    Profile {
        found: String,
        #[source]
        source: ArnError,
    },
    /// The rules of identities are those of a trust policy.
    #[error("the identities of signer {name:?} cannot be used")]
    Identities {
        name: String,
        #[source]
        source: TrustPolicyError,
    },
    #[error("identity {found:?} is of a kind that no certificate has, expected `x509.subject: …` or `*`")]
    IdentityKind { found: String },
    #[error("root {root} cannot be used")]
    Root {
        root: String,
        #[source]
        source: RootError,
    },
    #[error("{found:?} is no SHA-256 of a certificate: expected 64 hex digits")]
    RootDigest { found: String },
    #[error("the roots of signer {name:?} have SHA-256 {}, expected {}", list(found), list(expected))]
    OtherRoot { name: String, found: Vec<String>, expected: Vec<String> },
    #[error("signing profile {profile} belongs to signer {other:?} as well: nobody could say who signed")]
    SameProfile { profile: String, other: String },
    #[error(
        "signers {name:?} and {other:?} have the same root, and identity {identity:?} overlaps with {of_other:?}: nobody could say who signed"
    )]
    SameIdentity { name: String, other: String, identity: String, of_other: String },
    #[error("`any` is {found}, expected 1 to {most}, the number of signers in `of`")]
    Any { found: i64, most: usize },
    #[error("`max-age`: {found:?} cannot be used")]
    MaxAge {
        found: String,
        #[source]
        source: DurationError,
    },
    #[error("`max-age` of 0 is met by no signature")]
    NoAge,
    /// Requirements of a stage are filled by different signers.
    #[error("signer {name:?} stands in two requirements of stage {stage:?}, and can meet one only")]
    TwoRequirements { stage: String, name: String },
    /// One signature would meet both stages.
    #[error(
        "signer {name:?} stands in stage {other:?} as well, so what is required of it needs `metadata: {{stage: …}}` in each: one signature would meet both"
    )]
    NeedsStage { name: String, other: String },
    /// The same signature would meet both.
    #[error(
        "signer {name:?} is asked for `stage: {value}` here and in stage {other:?}, so one signature would meet both"
    )]
    SameStage { name: String, value: String, other: String },
    #[error("stage {name:?} comes after itself: {}", path.join(" after "))]
    Circle { name: String, path: Vec<String> },
    #[error("more is wrong from here on: only {limit} faults are told at once")]
    More { limit: usize },
}

/// Why there are no certificates in a root.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum RootError {
    #[error(transparent)]
    Read(io::Error),
    #[error(transparent)]
    Certificates(TrustStoreError),
}

/// What is allowed and probably not meant.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Notice {
    #[error(
        "`max-age` is never met by signer {name:?}: only AWS Signer vouches for the time of a signature, the time of a certificate's signature is its signer's own word"
    )]
    ClaimedTime { name: String },
    #[error("signer {name:?} stands in no stage")]
    UnusedSigner { name: String },
    /// `approve` writes names of stages only.
    #[error("`stage: {name}` is met by no approval: the stages are {}", list(known))]
    UnknownStage { name: String, known: Vec<String> },
}

impl Notice {
    /// Stable name.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::ClaimedTime { .. } => "gate-time-claimed",
            Self::UnusedSigner { .. } => "gate-unused-signer",
            Self::UnknownStage { .. } => "gate-unknown-stage",
        }
    }
}

/// Names in words: `a`, `b`.
fn list<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", "),
    }
}
