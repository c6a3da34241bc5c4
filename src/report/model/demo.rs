//! What the demonstration showed.

use serde::{Serialize, Serializer};

use super::{ArtifactOutcome, Reason};

/// What the demonstration showed: every step found what it should.
#[derive(Debug, Serialize)]
pub(crate) struct DemoReport {
    pub(crate) folder: String,
    /// Whether the folder is still there.
    pub(crate) kept: bool,
    pub(crate) steps: Vec<DemoStep>,
}

#[derive(Debug, Serialize)]
pub(crate) struct DemoStep {
    /// What it shows.
    pub(crate) title: String,
    /// The command that does the same, in the folder.
    pub(crate) command: String,
    /// What came out, for a step about an image.
    #[serde(serialize_with = "outcome_name")]
    pub(crate) outcome: Option<ArtifactOutcome>,
    pub(crate) reason: Option<Reason>,
}

fn outcome_name<S: Serializer>(outcome: &Option<ArtifactOutcome>, serializer: S) -> Result<S::Ok, S::Error> {
    outcome.map(ArtifactOutcome::name).serialize(serializer)
}
