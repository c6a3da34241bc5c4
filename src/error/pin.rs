//! What keeps deploy files from being pinned, and what to do about it.

use std::io;
use std::path::Path;

use super::place::at;
use super::{Code, Error, code};
use crate::config::{PinFile, PinFileFault};
use crate::document::DocumentError;
use crate::files::NotReplaced;
use crate::pin::{Computed, Found, PinError, Unsupported, What, Wrong};
use crate::report::build::in_full;
use crate::report::{Help, PinProblem, Reason};

/// A line and a column.
type At = (usize, usize);

/// Why a file cannot be used as a whole.
pub(crate) fn pin_file_problem(file: &PinFile, fault: &PinFileFault) -> PinProblem {
    let place = match fault {
        PinFileFault::Content(error) => error.place(),
        PinFileFault::Read(_) | PinFileFault::TooMuch | PinFileFault::SecondName(_) => None,
    };
    let help = match fault {
        PinFileFault::Read(error) if error.kind() == io::ErrorKind::InvalidInput => {
            Some("name the files themselves, and not a link or a folder, for example: sealgate pin k8s/*.yaml")
        }
        PinFileFault::Read(_) => None,
        PinFileFault::SecondName(_) => Some("make it a file of its own, or name it once"),
        PinFileFault::TooMuch => Some("run the command for fewer files at a time"),
        PinFileFault::Content(error) => file_help(error),
    };
    problem(code::DEPLOY_FILE, file, place, in_full(fault), help.map(str::to_owned))
}

fn file_help(error: &PinError) -> Option<&'static str> {
    Some(match error {
        PinError::Template { .. } => {
            "render it first, and pin what comes out: helm template RELEASE CHART | sealgate pin -"
        }
        PinError::Unknown { .. } | PinError::Ambiguous(..) => "say what it is: --kind KIND",
        PinError::NotOfKind { .. } => "put documents of other kinds into files of their own",
        PinError::Empty | PinError::NoImages { .. } => {
            "leave it out: every file that is named must have an image; or say what it is: --kind KIND"
        }
        PinError::TooManyImages { .. } => "split the file",
        PinError::Document(DocumentError::Utf16) => "save it as UTF-8",
        PinError::NoDigest { .. } | PinError::ReadBack { .. } => {
            "this is a bug in sealgate, please report it; nothing was written"
        }
        PinError::Document(_) => return None,
    })
}

/// What keeps an image from being pinned that is no literal name.
pub(crate) fn pin_image_problem(file: &PinFile, found: &Found) -> Option<PinProblem> {
    let (what, help) = match &found.what {
        What::Literal(_) => return None,
        What::Computed(computed) => (computed.to_string(), computed_help(computed)),
        What::Wrong(wrong) => (in_full(wrong), wrong_help(wrong)),
        What::Unsupported(unsupported) => (unsupported.to_string(), Some(unsupported_help(*unsupported))),
    };
    let text = format!("{}: {what}", named(found));
    Some(problem(code::IMAGE_FIELD, file, Some(found.place), text, help.map(str::to_owned)))
}

const fn computed_help(computed: &Computed) -> Option<&'static str> {
    Some(match computed {
        Computed::Variable => {
            "write the name of the image, or pin the file in which variables have their values (docker compose config)"
        }
        Computed::Template => "render it first, and pin what comes out: helm template RELEASE CHART | sealgate pin -",
        Computed::Placeholder => {
            "CodePipeline fills it in from imageDetail.json: pin that file; in this one, name the other images by digest"
        }
        Computed::Function(_) => {
            "write the name of the image, or pin the template with all parameters resolved, as CloudFormation has it"
        }
        Computed::Built => "push what is built, and name it by `image`",
        Computed::Elsewhere => "pin the file that names the image",
        Computed::Managed => return None,
    })
}

const fn wrong_help(wrong: &Wrong) -> Option<&'static str> {
    match wrong {
        Wrong::Folded { .. } => Some("write the name of the member as the format has it"),
        Wrong::Kind { .. } | Wrong::Empty | Wrong::Missing { .. } => {
            Some("write the name of an image, for example registry.example/app:1.0")
        }
        Wrong::Reference(_) => None,
    }
}

const fn unsupported_help(unsupported: Unsupported) -> &'static str {
    match unsupported {
        Unsupported::Block => "write it in one line",
        Unsupported::Shared => "write the value where it is used, without an anchor",
    }
}

/// An image that has no digest where each must have one.
pub(crate) fn not_pinned(file: &PinFile, found: &Found) -> PinProblem {
    let text = format!("{}: not pinned to a digest", named(found));
    let help = file.path().map(|path| format!("pin it: sealgate pin --write … {}", path.display()));
    problem(code::NOT_PINNED, file, Some(found.place), text, help)
}

/// What cannot be written as it would be read.
pub(crate) fn pin_problem(file: &PinFile, error: &PinError) -> PinProblem {
    problem(code::DEPLOY_FILE, file, error.place(), in_full(error), file_help(error).map(str::to_owned))
}

/// An image of a file, by what runs it and what stands there.
fn named(found: &Found) -> String {
    let text = found.text.as_ref().map(|text| format!(" {text:?}")).unwrap_or_default();
    match &found.owner {
        Some(owner) => format!("{} of {owner:?}{text}", found.path),
        None => format!("{}{text}", found.path),
    }
}

fn problem(code: &'static Code, file: &PinFile, place: Option<At>, text: String, help: Option<String>) -> PinProblem {
    let reason = match (file.path(), place) {
        (Some(path), Some(place)) => Reason::new(code.name, text).at(at(path, place)),
        // It has no name that a place could have.
        (None, Some((line, column))) => Reason::new(code.name, format!("line {line} column {column}: {text}")),
        (_, None) => Reason::new(code.name, text),
    };
    PinProblem { reason, help: help.map(Help::from).into_iter().collect() }
}

/// A new content could not be written beside its file. All files are as they were.
pub(crate) fn pin_not_prepared(path: &Path, source: &io::Error) -> Error {
    Error::new(code::FILE, format!("cannot write beside {}: nothing was changed", path.display()))
        .because_of(Some(source))
        .help("make room, and let the job write to the folder of each file")
}

/// What the run would tell behind it could not be written, so that no file was changed.
pub(crate) fn pin_not_told(path: &Path, source: &io::Error) -> Error {
    Error::new(
        code::FILE,
        format!("cannot write {}, which tells what was changed: nothing was changed", path.display()),
    )
    .because_of(Some(source))
    .help("let the job write there, or give another folder: --report-dir DIR")
}

/// Files could not be replaced. All are as they were, but for those that are stuck.
pub(crate) fn pin_not_replaced(failed: &NotReplaced) -> Error {
    let path = failed.path.display();
    let told = match failed.stuck.as_slice() {
        [] => Error::new(code::FILE, format!("cannot replace {path}: nothing was changed")),
        _ => Error::new(code::FILE, format!("cannot replace {path}, and not put back what was replaced before")),
    };
    let told = told.because_of(Some(&failed.source));
    let helps = failed.stuck.iter().map(|(path, old)| put_back(path, old));
    match helps.fold(told, Error::help) {
        told if failed.stuck.is_empty() => told.help("run the command again when nothing else writes these files"),
        told => told,
    }
}

fn put_back(path: &Path, old: &Path) -> String {
    use crate::report::escape::shell_word;
    format!("put it back: mv {} {}", shell_word(&old.to_string_lossy()), shell_word(&path.to_string_lossy()))
}

/// Nothing of the files is verified.
pub(crate) fn nothing_to_verify() -> Error {
    Error::new(code::NO_IMAGES, "all images of the files stay unpinned: there is nothing to verify")
        .help("name files with at least one image that has a name")
}
