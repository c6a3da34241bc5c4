//! What to do about a file of gates that cannot be used.

use std::path::Path;

use super::place::at;
use super::{Error, code};
use crate::config::GatesError;
use crate::gate::{Fault, Placed};
use crate::report::build::in_full;
use crate::report::escape::shell_word;

impl From<GatesError> for Error {
    fn from(error: GatesError) -> Self {
        let told = Self::of(code::GATES, &error);
        match &error {
            GatesError::Read { .. } => told.help("give a file that can be read: --gates FILE"),
            GatesError::Faults { path, faults } => of_faults(told, path, faults),
            GatesError::NoStage { path, known, .. } => {
                told.help(format!("name one that it has: {}", known.join(", "))).help(format!(
                    "see what each stage asks: sealgate gates check {}",
                    shell_word(&path.to_string_lossy())
                ))
            }
        }
    }
}

/// All faults with their places, and what helps against the first.
fn of_faults(told: Error, path: &Path, faults: &[Placed]) -> Error {
    let lines = faults
        .iter()
        .map(|Placed { place: (line, column), fault }| format!("line {line} column {column}: {}", in_full(fault)));
    let told = lines.fold(told, Error::because).at(faults.first().map(|fault| at(path, fault.place)));
    let helps = faults.iter().filter_map(|placed| help(&placed.fault));
    let mut seen: Vec<&str> = Vec::new();
    helps
        .filter(|help| {
            let is_new = !seen.contains(help);
            if is_new {
                seen.push(help);
            }
            is_new
        })
        .fold(told, Error::help)
}

/// What to do about a fault, where that does not follow from its words.
const fn help(fault: &Fault) -> Option<&'static str> {
    match fault {
        Fault::Root { .. } => {
            Some("paths of roots are relative to the file of gates; a PEM text may stand in their place")
        }
        Fault::OtherRoot { .. } => Some(
            "find out who changed the root, before you change its `sha256`: openssl x509 -noout -fingerprint -sha256 -in FILE",
        ),
        Fault::SameProfile { .. } | Fault::SameIdentity { .. } => {
            Some("give each signer a key of its own; several profiles of one signer are a list: `profile: [ARN, ARN]`")
        }
        Fault::NeedsStage { .. } => Some(
            "require the signer once, and let later stages come `after` that stage; or ask for `{signer: NAME, metadata: {stage: NAME}}` in each",
        ),
        _ => None,
    }
}
