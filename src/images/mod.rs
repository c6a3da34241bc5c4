//! Where the images of a run come from: lists as people write them, and what build tools and CI systems write. A text is
//! recognized by its content and not by the name of its file. Pure: text in, names out; what is a valid name, `reference` says.

mod document;
mod lines;

use std::fmt;

use notary::digest::Digest;
use notary::json::JsonError;

use crate::reference::is_layout;

/// Names of one text at most. A repository of this many images takes hours.
const NAMES: usize = 10_000;

/// What a text lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) format: Format,
    /// Names, in order, as `reference` parses them.
    pub(crate) names: Vec<String>,
    /// Line and column of each name of a list; documents are read as a whole.
    pub(crate) places: Vec<(usize, usize)>,
    /// Digests that stand alone: which image each belongs to is said elsewhere.
    pub(crate) digests: Vec<Digest>,
}

/// What wrote a text, by its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Names or digests, separated by line breaks, commas or spaces: also what kaniko, buildah and ko write.
    List,
    /// A JSON array of names.
    Array,
    /// `docker buildx build --metadata-file`.
    BuildMetadata,
    /// `docker buildx bake --metadata-file`: the same by target.
    BakeMetadata,
    /// The output `json` of docker/metadata-action.
    MetadataAction,
    /// `jib-image.json` of Jib.
    Jib,
    /// `artifacts.json` of GoReleaser.
    GoReleaser,
    /// `imagedefinitions.json`, for a rolling deployment to ECS.
    ImageDefinitions,
    /// `imageDetail.json`, for a blue/green deployment to ECS.
    ImageDetail,
    /// `$GITHUB_ARTIFACTS_LIST` of GitHub Actions.
    GitHubArtifacts,
}

impl Format {
    /// Its name in reports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Array => "JSON array",
            Self::BuildMetadata => "metadata of buildx build",
            Self::BakeMetadata => "metadata of buildx bake",
            Self::MetadataAction => "JSON of docker/metadata-action",
            Self::Jib => "jib-image.json",
            Self::GoReleaser => "GoReleaser's artifacts.json",
            Self::ImageDefinitions => "imagedefinitions.json",
            Self::ImageDetail => "imageDetail.json",
            Self::GitHubArtifacts => "artifacts of GitHub Actions",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Why a text lists no images.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ImagesError {
    #[error("not UTF-8")]
    NotUnicode,
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A JSON document of no known form.
    #[error("{found}, in no form that is known")]
    Unknown { found: String },
    #[error("{format}: {found}")]
    Malformed { format: Format, found: String },
    /// A build that did not say what it made.
    #[error("{format}: {what} has a digest and no name")]
    NoName { format: Format, what: String },
    #[error("{format}: no image in it")]
    Nothing { format: Format },
    #[error("more than {NAMES} images")]
    TooMany,
}

/// Reads the images of a text.
///
/// # Errors
/// [`ImagesError`]; a text that lists nothing is one.
pub(crate) fn parse(text: &[u8]) -> Result<Listed, ImagesError> {
    let text = str::from_utf8(text).map_err(|_not_unicode| ImagesError::NotUnicode)?;
    let listed = if is_document(text.trim()) { document::parse(text.trim())? } else { lines::parse(text) };
    match listed.names.len().max(listed.digests.len()) {
        0 => Err(ImagesError::Nothing { format: listed.format }),
        1..=NAMES => Ok(listed),
        _ => Err(ImagesError::TooMany),
    }
}

/// Whether a text is JSON. A bracket may also begin the address of a registry: `[::1]:5000/app`.
fn is_document(text: &str) -> bool {
    let inside = |rest: &str| rest.trim_start().starts_with(['"', '{', ']', '[']);
    text.starts_with('{') || text.strip_prefix('[').is_some_and(inside)
}

/// A name with its repository in lower case: registries have no other. Owners on GitHub may have capitals, and workflows have no
/// function that takes them away.
pub(crate) fn lower_case(name: String) -> String {
    let Some((host, rest)) = name.split_once('/').filter(|_| !is_layout(&name)) else { return name };
    let end = rest.find([':', '@']).unwrap_or(rest.len());
    let (repository, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
    format!("{host}/{}{behind}", repository.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
