//! The one model of what a run found. Every format shows the same facts.
//!
//! Digests, times and names are text here: the core has judged them, and a report only repeats them. Times are
//! RFC 3339 in UTC.

mod caution;
mod children;
mod demo;
mod deployment;
mod doctor;
mod gate;
mod gates_file;
mod help;
mod pin;
mod place;
mod reason;
mod run;
mod signature;
mod trust;

use notary::Timestamp;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::exit_code::ExitCode;

pub(crate) use caution::*;
pub(crate) use children::*;
pub(crate) use demo::*;
pub(crate) use deployment::*;
pub(crate) use doctor::*;
pub(crate) use gate::*;
pub(crate) use gates_file::*;
pub(crate) use help::*;
pub(crate) use pin::*;
pub(crate) use place::*;
pub(crate) use reason::*;
pub(crate) use run::*;
pub(crate) use signature::*;
pub(crate) use trust::*;

/// What every report says that was judged by other roots than AWS's own.
pub(crate) const NOT_AN_AWS_ROOT: &str = "NOT AN AWS ROOT";

/// Version of the JSON form. It is raised when a member changes its meaning or goes; new members do not raise it.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// What a run found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// [`SCHEMA_VERSION`].
    pub(crate) schema_version: u32,
    /// The command that ran, for example `verify`.
    pub(crate) command: &'static str,
    /// Version of sealgate.
    pub(crate) tool_version: &'static str,
    /// When the run ended, from which people are told how long ago something was. Programs reckon by the times themselves.
    #[serde(skip)]
    pub(crate) now: Option<Timestamp>,
    /// The file in which the CI system defines the job, relative to its repository: the place of what has no other.
    #[serde(skip)]
    pub(crate) job_file: Option<String>,
    /// The job of a CI system that ran it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) job: Option<JobReport>,
    /// What later steps deploy of the images.
    #[serde(skip)]
    pub(crate) deployment: Option<Deployment>,
    /// What images were judged by.
    #[serde(skip)]
    pub(crate) policy: Option<PolicyReport>,
    /// What the command was about; nothing where the run ended before that.
    #[serde(flatten)]
    pub(crate) findings: Option<Findings>,
    /// Deploy files whose images the artifacts are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) files: Vec<PinFileReport>,
    /// The one deploy file with its digests, where that is what was asked for.
    #[serde(skip)]
    pub(crate) pinned: Option<String>,
    /// What images were read from, besides the names that were given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) image_sources: Vec<ImageSourceReport>,
    /// The part of the images that the run was about, if it was not all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shard: Option<ShardReport>,
    /// Settings in force that weaken a check.
    pub(crate) weakened: Vec<Weakening>,
    /// What deserves attention although the run went on.
    pub(crate) warnings: Vec<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) statistics: Option<Statistics>,
    /// Why the run ended early.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ErrorReport>,
}

impl Report {
    /// An empty report of a command.
    pub(crate) const fn new(command: &'static str) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            command,
            tool_version: env!("CARGO_PKG_VERSION"),
            now: None,
            job_file: None,
            job: None,
            deployment: None,
            policy: None,
            findings: None,
            files: Vec::new(),
            pinned: None,
            image_sources: Vec::new(),
            shard: None,
            weakened: Vec::new(),
            warnings: Vec::new(),
            statistics: None,
            error: None,
        }
    }

    pub(crate) fn of(command: &'static str, findings: Findings) -> Self {
        Self { findings: Some(findings), ..Self::new(command) }
    }

    /// What ran, as a title says it: the program, and its command where one was recognized.
    pub(super) fn title(&self) -> String {
        if self.command == "sealgate" { "sealgate".to_owned() } else { format!("sealgate {}", self.command) }
    }

    /// The artifacts, in the order in which they were named; none for a command that is not about artifacts.
    pub(crate) fn artifacts(&self) -> &[ArtifactReport] {
        match &self.findings {
            Some(Findings::Artifacts(artifacts)) => artifacts,
            _ => &[],
        }
    }
}

#[cfg(test)]
impl Report {
    /// The trust folder of a report about one.
    pub(crate) fn into_trust(self) -> TrustReport {
        match self.findings {
            Some(Findings::TrustInstalled(trust) | Findings::TrustShown(trust) | Findings::TrustRemoved(trust)) => {
                trust
            }
            other => panic!("{other:?}"),
        }
    }

    /// The artifacts of a report about artifacts.
    pub(crate) fn artifacts_mut(&mut self) -> &mut Vec<ArtifactReport> {
        match &mut self.findings {
            Some(Findings::Artifacts(artifacts)) => artifacts,
            other => panic!("{other:?}"),
        }
    }
}

/// What a command was about. In JSON it is a member of the report, by the name of what it is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Findings {
    /// Artifacts, in the order in which they were named.
    Artifacts(Vec<ArtifactReport>),
    Key(KeyReport),
    /// A trust folder that was written.
    #[serde(rename = "trust")]
    TrustInstalled(TrustReport),
    /// A trust folder that was looked at.
    #[serde(rename = "trust")]
    TrustShown(TrustReport),
    /// A trust folder from which something was removed.
    #[serde(rename = "trust")]
    TrustRemoved(TrustReport),
    Demo(DemoReport),
    Doctor(DoctorReport),
    Iam(IamReport),
    /// A file of gates that was looked at.
    Gates(GatesReport),
}

/// What was found for one artifact.
#[derive(Debug, Serialize)]
pub(crate) struct ArtifactReport {
    /// The reference as it was given.
    pub(crate) reference: String,
    /// The artifact by digest; absent when the reference could not be resolved.
    pub(crate) digest_reference: Option<String>,
    /// Media type of the artifact's manifest.
    pub(crate) media_type: Option<String>,
    /// Bytes of the artifact's manifest.
    pub(crate) size: Option<u64>,
    /// The verdict; written as the members `outcome` and `verified`.
    #[serde(flatten)]
    pub(crate) outcome: ArtifactOutcome,
    /// Why it was skipped, if it was.
    #[serde(skip)]
    pub(crate) skip: Option<Skip>,
    /// Where deploy files name it.
    #[serde(skip)]
    pub(crate) named_at: Vec<Place>,
    /// What the verdict must not be read without.
    pub(crate) caveats: Vec<Reason>,
    /// The policy statement that was applied.
    pub(crate) statement: Option<StatementReport>,
    /// What the gates asked, in place of a statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gate: Option<GateReport>,
    pub(crate) listing: Option<ListingReport>,
    /// How long a signature was waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) waited: Option<WaitReport>,
    pub(crate) signed: Option<SignedReport>,
    /// The signatures that were looked at, in the order of the listing.
    pub(crate) candidates: Vec<CandidateReport>,
    /// Signatures that are left out above, since they would make the report too long.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) candidates_omitted: usize,
    /// Why there is no verdict, or the one reason for the verdict.
    pub(crate) error: Option<ErrorReport>,
}

impl ArtifactReport {
    /// An artifact of which no more is known than how it was named and how it ended.
    pub(crate) fn new(reference: impl Into<String>, outcome: ArtifactOutcome) -> Self {
        Self {
            reference: reference.into(),
            digest_reference: None,
            media_type: None,
            size: None,
            outcome,
            skip: None,
            named_at: Vec::new(),
            caveats: Vec::new(),
            statement: None,
            gate: None,
            listing: None,
            waited: None,
            signed: None,
            candidates: Vec::new(),
            candidates_omitted: 0,
            error: None,
        }
    }

    /// The artifact by digest where it is known, otherwise as it was given.
    pub(crate) fn name(&self) -> &str {
        self.digest_reference.as_deref().unwrap_or(&self.reference)
    }
}

/// The verdict on one artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArtifactOutcome {
    /// Integrity, authenticity and identity were enforced, and every enforced validation passed.
    Verified,
    /// Accepted by a statement that only logs something which failed.
    AcceptedWithWarnings,
    /// Not looked at, for the reason that [`Skip`] has.
    Skipped,
    /// Signatures exist, but none is acceptable.
    Rejected,
    /// No signature was found.
    Unsigned,
    /// Signers of the gates signed it, but not all that the stage requires.
    GateUnmet,
    /// No verdict was reached.
    Error,
    /// A signature was made, pushed and read back.
    Signed,
    /// A matching signature already existed.
    AlreadySigned,
    /// Signatures were listed or shown without being judged.
    Listed,
    /// It could not be signed, and `--best-effort` was given.
    NotSigned,
}

impl ArtifactOutcome {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 11] = [
        Self::Verified,
        Self::AcceptedWithWarnings,
        Self::Skipped,
        Self::Rejected,
        Self::Unsigned,
        Self::GateUnmet,
        Self::Error,
        Self::Signed,
        Self::AlreadySigned,
        Self::Listed,
        Self::NotSigned,
    ];

    /// The stable name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::AcceptedWithWarnings => "accepted-with-warnings",
            Self::Skipped => "skipped",
            Self::Rejected => "rejected",
            Self::Unsigned => "unsigned",
            Self::GateUnmet => "gate-unmet",
            Self::Error => "error",
            Self::Signed => "signed",
            Self::AlreadySigned => "already-signed",
            Self::Listed => "listed",
            Self::NotSigned => "not-signed",
        }
    }

    /// Whether the artifact may be called verified: only [`Self::Verified`] may.
    pub(crate) const fn is_verified(self) -> bool {
        matches!(self, Self::Verified)
    }
}

impl Serialize for ArtifactOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_struct("ArtifactOutcome", 2)?;
        members.serialize_field("outcome", self.name())?;
        members.serialize_field("verified", &self.is_verified())?;
        members.end()
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct StatementReport {
    pub(crate) name: String,
    /// Its verification level, with what was changed of it: `strict`, `strict with revocation skip`.
    pub(crate) level: String,
    /// The registry scope that selected it.
    pub(crate) scope: String,
    /// Where the policy came from, for example a file.
    pub(crate) origin: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
pub(super) const fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A failure, as `error.rs` describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ErrorReport {
    /// Stable, kebab-case.
    pub(crate) code: String,
    pub(crate) message: String,
    /// Why, from the nearest cause to the root.
    pub(crate) causes: Vec<String>,
    pub(crate) help: Vec<Help>,
    /// How the process would end if this were all.
    pub(crate) exit_code: ExitCode,
    /// The line of the file that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<Place>,
}

#[cfg(test)]
impl ErrorReport {
    /// The next steps, one a line.
    pub(crate) fn help_text(&self) -> String {
        Help::lines(&self.help)
    }
}

/// How long a signature was waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct WaitReport {
    /// How often the image was looked at.
    pub(crate) rounds: u64,
    pub(crate) seconds: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct KeyReport {
    /// For example `ec-p256`.
    pub(crate) algorithm: &'static str,
    /// File of the private key.
    pub(crate) key: String,
    /// File of the certificate chain, leaf first.
    pub(crate) certificate_chain: String,
    /// File of the trust anchor.
    pub(crate) root: String,
    /// The identity to verify with.
    pub(crate) identity: String,
    pub(crate) not_before: String,
    pub(crate) not_after: String,
}
