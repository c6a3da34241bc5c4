//! What gates asked of an image, and what met it.

use serde::Serialize;

use super::{ChildrenReport, Help, Place, Reason, Weakening, is_zero};

/// What the gates ask for a stage, and what was found.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct GateReport {
    /// The file of gates, as it was named.
    pub(crate) file: String,
    /// Digest of the file.
    pub(crate) file_digest: String,
    /// Digest of the file together with all roots and signing profiles that it trusts.
    pub(crate) policy_digest: String,
    /// The stage that the image was to pass, or to be approved for.
    pub(crate) stage: String,
    /// One row for each requirement: those of the stages that come before first. Of a stage that requires all children, one more.
    pub(crate) rows: Vec<GateRow>,
    /// Settings in force that weaken a check, for which nothing is verified by gates; the report of the run has them in JSON.
    #[serde(skip)]
    pub(crate) weakened: Vec<Weakening>,
}

/// A requirement, and what was found for it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct GateRow {
    /// The stage that requires it.
    pub(crate) stage: String,
    /// What is required, in words: `1 of anna, ben, with stage=test`.
    pub(crate) requirement: String,
    pub(crate) status: GateStatus,
    /// What counts for it, a signer each.
    pub(crate) met_by: Vec<ApprovalReport>,
    /// Why signatures of its signers do not count.
    pub(crate) refused: Vec<RefusalReport>,
    /// Those that are left out above, since they would make the report too long.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) refused_omitted: usize,
    /// What was found of the manifests of its index, if it requires all of them and they were looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) children: Option<ChildrenReport>,
    /// What meets it, if it is not met: the commands that add what is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) help: Vec<Help>,
    /// Where it stands in the file of gates.
    pub(crate) place: Place,
}

/// Whether a requirement is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum GateStatus {
    Met,
    /// Nobody of whom it is required has signed; of children, one is not there.
    Missing,
    /// There are signatures of those of whom it is required, and they do not count; of children, one is another.
    Refused,
    /// Something that might meet it could not be judged.
    NotJudged,
    /// Nobody looked, since another is not met.
    NotAsked,
}

impl GateStatus {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 5] = [Self::Met, Self::Missing, Self::Refused, Self::NotJudged, Self::NotAsked];

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missing => "missing",
            Self::Refused => "refused",
            Self::NotJudged => "not judged",
            Self::NotAsked => "not asked",
        }
    }
}

/// A signature that counts for a requirement.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ApprovalReport {
    /// Name of the signer in the gates.
    pub(crate) signer: String,
    /// Digest of the signature manifest.
    pub(crate) signature_manifest: String,
    /// Who made it: the subject of the certificate, or the ARN of the version of the signing profile.
    pub(crate) signed_by: Option<String>,
    /// When it was made, as a signing authority says.
    pub(crate) authentic_signing_time: Option<String>,
    /// When it was made, as the signer says.
    pub(crate) signing_time: Option<String>,
    /// ARN of the signing job, of a signature by AWS Signer.
    pub(crate) signing_job: Option<String>,
    /// From when on it is too old for the requirement.
    pub(crate) fresh_until: Option<String>,
    /// Whether that is near: less than a tenth of its time is left.
    pub(crate) renew: bool,
}

/// Why a signature does not count for a requirement.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RefusalReport {
    /// Name of the signer in the gates.
    pub(crate) signer: String,
    /// Digest of the signature manifest.
    pub(crate) signature_manifest: String,
    pub(crate) reason: Reason,
}

impl GateReport {
    /// The rows that are not met, without those that nobody asked about because of these.
    pub(crate) fn unmet(&self) -> impl Iterator<Item = &GateRow> {
        self.rows.iter().filter(|row| !matches!(row.status, GateStatus::Met | GateStatus::NotAsked))
    }

    /// Whether every row is met.
    pub(crate) fn is_met(&self) -> bool {
        self.rows.iter().all(|row| row.status == GateStatus::Met)
    }

    /// What counts for any of the rows, in their order. One signature may count for several.
    pub(crate) fn approvals(&self) -> impl Iterator<Item = &ApprovalReport> {
        self.rows.iter().flat_map(|row| &row.met_by)
    }
}
