//! What the images of a run are collected from: names that were given, what a build or a CI system wrote down, and digests apart.

use std::io;

use notary::digest::Digest;

use crate::env::{self, Env};
use crate::files::Input;
use crate::images::{self, ImagesError, Listed};
use crate::reference::{Reference, ReferenceError, References, is_layout};

/// Bytes of one source. A release with a thousand artifacts has about 1 MiB.
const SOURCE_BYTES: u64 = 16 * 1024 * 1024;

/// The source that stands for what the CI system says.
const CI: &str = "ci";

/// The images of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Images {
    /// Never empty.
    pub(crate) references: References,
    /// What was read besides the names that were given.
    pub(crate) sources: Vec<ImageSource>,
}

#[cfg(test)]
impl Images {
    pub(crate) fn of(references: References) -> Self {
        Self { references, sources: Vec::new() }
    }
}

/// A source of images that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ImageSource {
    /// The file, the variable, or `standard input`.
    pub(crate) name: String,
    pub(crate) format: images::Format,
    /// Names and digests in it.
    pub(crate) count: usize,
}

/// What is asked of names without a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tags {
    /// They are resolved.
    Resolved,
    /// The same, but what a build wrote has to have a digest, as another image may be behind the tag by now. A list that ends in a
    /// digest, `${TAGS}@${DIGEST}`, is one image with several tags.
    Signed,
}

/// Why a source gives no images.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SourceError {
    #[error("cannot read the images from {name}")]
    Read {
        name: String,
        #[source]
        source: io::Error,
    },
    #[error("cannot take the images from {name}")]
    Content {
        name: String,
        #[source]
        source: ImagesError,
    },
    /// None of the variables of `ci` is set.
    #[error("the CI system names no image: none of {} is set", variables())]
    NoCi,
    /// A name in a source is no image.
    #[error("{name} names no image")]
    NotImage {
        name: String,
        #[source]
        source: ReferenceError,
    },
    /// A name of which only the tag is known.
    #[error("{name} names {image} without a digest")]
    NoDigest { name: String, image: String },
    /// Several digests for names that have none.
    #[error("there are several digests for images without one: {one} and {other}")]
    SeveralDigests { one: Digest, other: Digest },
    #[error("{image} has another digest than the one that was given, {digest}")]
    OtherDigest { image: String, digest: Digest },
    /// A digest, and nothing that it could belong to.
    #[error("{digest} belongs to no image: none was named")]
    NoImage { digest: Digest },
}

fn variables() -> String {
    CI_SOURCES.map(|(variable, _)| variable.name).join(", ")
}

/// The variables of `ci`, the first that is set counts, and whether each names a file.
const CI_SOURCES: [(&env::Variable, bool); 3] =
    [(env::GITHUB_ARTIFACTS_LIST, true), (env::DOCKER_METADATA_OUTPUT_JSON, false), (env::RESOURCE_URIS, false)];

/// A name, and the source that it was read from.
struct Named {
    text: String,
    source: Option<usize>,
}

/// Collects names and digests from all places.
#[derive(Default)]
pub(super) struct Collected {
    named: Vec<Named>,
    /// Digests that stand alone, and the one of `--digest`.
    digests: Vec<Digest>,
    sources: Vec<ImageSource>,
}

impl Collected {
    /// Takes one name as it is: the path of an image layout may have separators.
    pub(super) fn one(&mut self, text: String) {
        self.named.push(Named { text, source: None });
    }

    /// Takes a word that was typed, or the text of a variable, which may be a list. Whether it names anything.
    pub(super) fn given(&mut self, text: &str, tags: Tags) -> bool {
        let mut names = match images::parse(text.as_bytes()) {
            Ok(Listed { names, digests, .. }) if digests.is_empty() => names,
            // Separators and remarks alone, as where variables of a list are empty.
            Err(ImagesError::Nothing { .. }) => Vec::new(),
            // What is no name is told as what it is.
            _ => vec![text.to_owned()],
        };
        if tags == Tags::Signed {
            glue(&mut names);
        }
        let is_something = !names.is_empty();
        self.named.extend(names.into_iter().map(|text| Named { text, source: None }));
        is_something
    }

    /// Reads a source.
    pub(super) fn read(&mut self, source: &str, environment: Option<&Env>) -> Result<(), SourceError> {
        let (name, input) = match source {
            "-" => ("standard input".to_owned(), Input::Stdin),
            CI => of_ci(environment).ok_or(SourceError::NoCi)?,
            path => (path.to_owned(), Input::File(path.into())),
        };
        let text = match input.read(SOURCE_BYTES) {
            Ok(text) => text,
            Err(source) => return Err(SourceError::Read { name, source }),
        };
        let listed = match images::parse(&text) {
            Ok(listed) => listed,
            Err(source) => return Err(SourceError::Content { name, source }),
        };
        let index = self.sources.len();
        let count = listed.names.len().saturating_add(listed.digests.len());
        self.sources.push(ImageSource { name, format: listed.format, count });
        self.named.extend(listed.names.into_iter().map(|text| Named { text, source: Some(index) }));
        self.digests.extend(listed.digests);
        Ok(())
    }

    /// Whether nothing was named, and nothing was read.
    pub(super) fn is_empty(&self) -> bool {
        self.named.is_empty() && self.sources.is_empty()
    }

    /// Takes a digest for the names that have none.
    pub(super) fn digest(&mut self, digest: Digest) {
        self.digests.push(digest);
    }

    /// The names, as they were given.
    pub(super) fn names(self) -> Vec<String> {
        self.named.into_iter().map(|named| images::lower_case(named.text)).collect()
    }

    /// All of them as references, each with its digest.
    pub(super) fn images(self, tags: Tags) -> Result<Images, SourceError> {
        let Self { named, digests, sources } = self;
        let digest = one_digest(&digests)?;
        if let (Some(digest), true) = (digest, named.is_empty()) {
            return Err(SourceError::NoImage { digest: digest.clone() });
        }
        let (mut references, mut errors) = (Vec::with_capacity(named.len()), Vec::new());
        for Named { text, source } in named {
            let text = with_digest(images::lower_case(text), digest)?;
            let source = source.and_then(|index| sources.get(index));
            if let (Tags::Signed, Some(source), false) = (tags, source, has_digest(&text)) {
                return Err(SourceError::NoDigest { name: source.name.clone(), image: text });
            }
            match (Reference::parse(&text), source) {
                (Ok(reference), _) => references.push(reference),
                (Err(error), Some(source)) => {
                    return Err(SourceError::NotImage { name: source.name.clone(), source: error });
                }
                // What was typed is told all at once.
                (Err(error), None) => errors.push(error),
            }
        }
        let references = if errors.is_empty() { Ok(references) } else { Err(errors) };
        Ok(Images { references, sources })
    }
}

/// What the CI system says: the first of its variables that is set, and what it holds.
fn of_ci(environment: Option<&Env>) -> Option<(String, Input)> {
    CI_SOURCES.into_iter().find_map(|(variable, is_file)| {
        let value = environment?.get(variable)?;
        let name = variable.name.to_owned();
        let input = match is_file {
            true => Input::File(value.into()),
            false => Input::Text { shown: name.clone(), content: value.into() },
        };
        Some((name, input))
    })
}

/// A list in which only the last name has a digest is one image with several tags: `"${TAGS}@${DIGEST}"`.
fn glue(names: &mut [String]) {
    let Some((last, tags)) = names.split_last_mut() else { return };
    let Some((_, digest)) = last.split_once('@') else { return };
    if tags.iter().all(|tag| !tag.contains('@') && !is_layout(tag)) {
        tags.iter_mut().for_each(|tag| *tag = format!("{tag}@{digest}"));
    }
}

fn has_digest(name: &str) -> bool {
    name.contains('@')
}

/// The one digest for names that have none.
fn one_digest(digests: &[Digest]) -> Result<Option<&Digest>, SourceError> {
    let Some(one) = digests.first() else { return Ok(None) };
    match digests.iter().find(|other| *other != one) {
        Some(other) => Err(SourceError::SeveralDigests { one: one.clone(), other: other.clone() }),
        None => Ok(Some(one)),
    }
}

/// A name by this digest, where it has none of its own.
fn with_digest(name: String, digest: Option<&Digest>) -> Result<String, SourceError> {
    let Some(digest) = digest else { return Ok(name) };
    match name.split_once('@') {
        Some((_, own)) if own == digest.as_str() => Ok(name),
        Some(_) => Err(SourceError::OtherDigest { image: name, digest: digest.clone() }),
        // A layout has a tag or a digest. What is no name is told later.
        None if is_layout(&name) => Ok(Reference::parse(&name).map_or(name, |parsed| parsed.at_digest(digest))),
        None => Ok(format!("{name}@{digest}")),
    }
}
