//! The flow of `sign` against the registry of the test process and image layouts: when it signs, what it costs, and
//! what it says when a registry does not keep what it took.

mod existing;
mod layout;
mod push;
mod time;

use std::time::Duration;

use notary::Timestamp;
use notary::envelope::Envelope;
use notary::signature_manifest::ManifestForm;

use super::*;
use crate::clock::Clock;
use crate::command::signer::end_of_certificates;
use crate::command::stage::{self, Stage};
use crate::config::{KeySettings, SignerSettings};
use crate::registry::Access;
use crate::signing::{Signed, SigningError, Work, sign_artifact};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Requests that change a registry, since the log was cleared.
fn writes(stage: &Stage) -> Vec<String> {
    stage.fake.lines().into_iter().filter(|line| !line.starts_with("GET ") && !line.starts_with("HEAD ")).collect()
}
