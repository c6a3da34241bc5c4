//! What to do about a file of gates that cannot be used.

use std::path::Path;

use super::place::at;
use super::{Error, code};
use crate::config::GatesError;
use crate::config::near::nearest;
use crate::gate::{Fault, Placed};
use crate::report::build::in_full;
use crate::report::escape::shell_word;
use crate::report::{GateProblem, Help, Reason};

impl From<GatesError> for Error {
    fn from(error: GatesError) -> Self {
        let told = Self::of(code::GATES, &error);
        match &error {
            GatesError::Read { .. } => told.help("give a file that can be read: --gates FILE"),
            GatesError::Faults { path, faults } => of_faults(told, path, faults),
            GatesError::NoStage { path, name, known } => {
                let told = meant(name, known).into_iter().fold(told, Self::help);
                told.help(format!("name one that it has: {}", known.join(", "))).help(format!(
                    "see what each stage asks: sealgate gates check {}",
                    shell_word(&path.to_string_lossy())
                ))
            }
        }
    }
}

/// All faults with their places, and what helps against them, each once.
fn of_faults(told: Error, path: &Path, faults: &[Placed]) -> Error {
    let lines = faults
        .iter()
        .map(|Placed { place: (line, column), fault }| format!("line {line} column {column}: {}", in_full(fault)));
    let told = lines.fold(told, Error::because).at(faults.first().map(|fault| at(path, fault.place)));
    let mut helps: Vec<String> = Vec::new();
    for help in faults.iter().filter_map(|placed| help(&placed.fault)) {
        if !helps.contains(&help) {
            helps.push(help);
        }
    }
    helps.into_iter().fold(told, Error::help)
}

/// The same as findings of a report, each with its place and what helps against it.
pub(crate) fn gate_problems(path: &Path, faults: &[Placed]) -> Vec<GateProblem> {
    let problem = |Placed { place, fault }: &Placed| GateProblem {
        reason: Reason::new(code::GATES.name, in_full(fault)).at(at(path, *place)),
        help: help(fault).map(Help::from).into_iter().collect(),
    };
    faults.iter().map(problem).collect()
}

/// What to do about a fault, where that does not follow from its words.
fn help(fault: &Fault) -> Option<String> {
    let text = match fault {
        Fault::UnknownSigner { name, known } | Fault::UnknownStage { name, known } => return meant(name, known),
        Fault::Unknown { member, known, .. } => return meant(member, known),
        Fault::Root { .. } => "paths of roots are relative to the file of gates; a PEM text may stand in their place",
        Fault::OtherRoot { .. } => {
            "find out who changed the root, before you change its `sha256`: openssl x509 -noout -fingerprint -sha256 -in FILE"
        }
        Fault::SameProfile { .. } | Fault::SameIdentity { .. } => {
            "give each signer a key of its own; several profiles of one signer are a list: `profile: [ARN, ARN]`"
        }
        Fault::NeedsStage { .. } => {
            "require the signer once, and let later stages come `after` that stage; or ask for `{signer: NAME, metadata: {stage: NAME}}` in each"
        }
        Fault::SameStage { .. } => "let the later stage come `after` the other, or ask for an approval of its own",
        _ => return None,
    };
    Some(text.to_owned())
}

/// The name that was probably meant.
fn meant(name: &str, known: &[impl AsRef<str>]) -> Option<String> {
    nearest(name, known.iter().map(AsRef::as_ref)).map(|near| format!("did you mean `{near}`?"))
}
