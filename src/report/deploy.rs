//! What later steps deploy from, as texts: `imagedefinitions.json` and `imageDetail.json`, which CodePipeline reads, exports for a
//! shell, and variables for GitLab. Each names only images that passed, by digest, and is there whole or not at all.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::escape::shell;
use super::gitlab;
use super::limits::IMAGE_DEFINITIONS;
use super::model::Report;
use super::outputs::{self, Output};
use crate::exit_code::ExitCode;

/// A file that a later step deploys from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeployFile {
    pub(crate) kind: DeployKind,
    pub(crate) path: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeployKind {
    /// `imagedefinitions.json`, for a rolling deployment to ECS.
    ImageDefinitions,
    /// `imageDetail.json`, for a blue/green deployment to ECS.
    ImageDetail,
    /// A deploy file with its digests.
    Pinned,
    /// The outputs as variables of a shell.
    Exports,
    /// The outputs as variables of later jobs on GitLab.
    Dotenv,
    /// How each image was judged, for whoever relies on that: there at every end that the images themselves are the reason for.
    Summaries,
}

impl DeployKind {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 6] =
        [Self::ImageDefinitions, Self::ImageDetail, Self::Pinned, Self::Exports, Self::Dotenv, Self::Summaries];
}

/// Why there is nothing to deploy from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotDeployable {
    /// The run did not end well.
    Failed,
    /// Nobody said what is deployed.
    Unknown,
    /// An image that is deployed did not pass, or has no digest.
    NotPassed { image: String },
    /// One name, several images.
    SeveralDigests { image: String },
    /// `imagedefinitions.json` would be longer than CodePipeline reads.
    TooLong { bytes: usize },
    /// The output of this name has a NUL character, which no variable can hold.
    Nul { name: &'static str },
}

impl fmt::Display for NotDeployable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed => formatter.write_str("the run did not end well"),
            Self::Unknown => formatter.write_str("it is not known which image is deployed"),
            Self::NotPassed { image } => write!(formatter, "{image} did not pass, or its digest is not known"),
            Self::SeveralDigests { image } => write!(formatter, "{image} was found with several digests"),
            Self::TooLong { bytes } => {
                write!(
                    formatter,
                    "imagedefinitions.json would have {bytes} bytes, and at most {IMAGE_DEFINITIONS} are read"
                )
            }
            Self::Nul { name } => write!(formatter, "the output `{name}` has a NUL character"),
        }
    }
}

impl Error for NotDeployable {}

/// The content of a file that a later step deploys from, or nothing where there is nothing to say. `folder` is where the report was
/// written to in all of its forms.
///
/// # Errors
/// [`NotDeployable`], always where the run did not end well, but for summaries.
pub(crate) fn deploy_file(
    report: &Report,
    exit: ExitCode,
    kind: DeployKind,
    folder: Option<&Path>,
) -> Result<Option<String>, NotDeployable> {
    let ends_well = exit == ExitCode::Success && report.ends_well();
    let deployment = report.deployment.as_ref().ok_or(NotDeployable::Unknown);
    let text = match kind {
        DeployKind::Summaries => return report.summaries(exit).map(|all| all.text).ok_or(NotDeployable::Failed),
        _ if !ends_well => Err(NotDeployable::Failed),
        DeployKind::ImageDefinitions => {
            let containers = deployment?.containers.iter();
            let containers: Vec<_> = containers
                .map(|(name, image)| Ok((name.as_str(), passed(report, image)?)))
                .collect::<Result<_, _>>()?;
            image_definitions(&containers)
        }
        DeployKind::ImageDetail => {
            let image = passed(report, deployment?.detail.as_deref().ok_or(NotDeployable::Unknown)?)?;
            Ok(json(format!("{{\"ImageURI\":{}}}", Value::from(image))))
        }
        DeployKind::Pinned => report.pinned.clone().ok_or(NotDeployable::Unknown),
        DeployKind::Exports => exports(&report.outputs(exit, folder)),
        DeployKind::Dotenv => Ok(gitlab::dotenv(&report.outputs(exit, folder))),
    };
    text.map(Some)
}

/// `imagedefinitions.json` of these containers and images.
///
/// # Errors
/// [`NotDeployable::TooLong`], and [`NotDeployable::Unknown`] for none.
pub(crate) fn image_definitions(containers: &[(&str, &str)]) -> Result<String, NotDeployable> {
    if containers.is_empty() {
        return Err(NotDeployable::Unknown);
    }
    let one = |(name, image): &(&str, &str)| {
        format!("{{\"name\":{},\"imageUri\":{}}}", Value::from(*name), Value::from(*image))
    };
    let text = json(format!("[{}]", containers.iter().map(one).collect::<Vec<_>>().join(",")));
    match text.len() {
        bytes if bytes > IMAGE_DEFINITIONS => Err(NotDeployable::TooLong { bytes }),
        _ => Ok(text),
    }
}

fn json(text: String) -> String {
    super::escape::json(&text).into_owned() + "\n"
}

/// The image by digest that was given by this reference: it has passed, wherever it stands in the report.
fn passed<'a>(report: &'a Report, reference: &str) -> Result<&'a str, NotDeployable> {
    let image = || reference.to_owned();
    let given: Vec<_> = report.artifacts().iter().filter(|artifact| artifact.reference == reference).collect();
    let passed: Vec<_> = given.iter().filter_map(|artifact| artifact.passed()).collect();
    match passed.as_slice() {
        [first, ..] if passed.len() == given.len() => match passed.iter().all(|one| one == first) {
            true => Ok(*first),
            false => Err(NotDeployable::SeveralDigests { image: image() }),
        },
        _ => Err(NotDeployable::NotPassed { image: image() }),
    }
}

/// Outputs as variables of a POSIX shell. Those that this run does not set are taken away, since the shell may have read those of
/// another run before.
pub(super) fn exports(outputs: &[Output]) -> Result<String, NotDeployable> {
    let is_set = |name: &&str| outputs.iter().any(|(set, _)| set == name);
    let unset: Vec<_> = outputs::NAMES.into_iter().filter(|name| !is_set(name)).map(outputs::variable).collect();
    let mut text = if unset.is_empty() { String::new() } else { format!("unset {}\n", unset.join(" ")) };
    for (name, value) in outputs {
        let value = shell::literal(value).ok_or(NotDeployable::Nul { name })?;
        text.push_str(&format!("export {}={value}\n", outputs::variable(name)));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
