//! What the images of a run are collected from: names that were given, what a build or a CI system wrote down, and digests apart.

use std::io;
use std::path::{Path, PathBuf};

use notary::digest::Digest;

use crate::ci::Shard;
use crate::env::{self, Env};
use crate::files::Input;
use crate::images::{self, ImagesError, Listed};
use crate::reference::{Reference, ReferenceError, References, RegistryReference, is_layout};

/// Bytes of one source. A release with a thousand artifacts has about 1 MiB.
const SOURCE_BYTES: u64 = 16 * 1024 * 1024;

/// The source that stands for what the CI system says.
const CI: &str = "ci";

/// The images of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Images {
    /// Empty only where another shard has all of them.
    pub(crate) references: References,
    /// What was read besides the names that were given.
    pub(crate) sources: Vec<ImageSource>,
    /// The part of all images that these are.
    pub(crate) shard: Option<TakenShard>,
}

/// The part of the images that one of several jobs takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TakenShard {
    pub(crate) shard: Shard,
    /// The number of all images, at least 1.
    pub(crate) all: usize,
}

impl Images {
    /// The images that a shard takes, in the order of their names: all jobs have the same list, in whatever order.
    pub(super) fn taken_by(self, shard: Shard) -> Self {
        let Ok(mut references) = self.references else { return self };
        references.sort_by_cached_key(ToString::to_string);
        references.dedup();
        let shard = TakenShard { shard, all: references.len() };
        let taken = references.into_iter().enumerate().filter(|(place, _)| shard.shard.takes(*place));
        Self { references: Ok(taken.map(|(_, reference)| reference).collect()), shard: Some(shard), ..self }
    }
}

#[cfg(test)]
impl Images {
    pub(crate) fn of(references: References) -> Self {
        Self { references, sources: Vec::new(), shard: None }
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
        /// The file, if it is one.
        file: Option<PathBuf>,
        #[source]
        source: ImagesError,
    },
    /// None of the variables of `ci` is set.
    #[error("the CI system names no image: none of {} is set", variables())]
    NoCi,
    /// Names in a source that are none of images.
    #[error("{name} has names that are none of images")]
    NotImages {
        name: String,
        errors: Vec<ReferenceError>,
        /// The file of a list, with line and column of the first such name.
        place: Option<(PathBuf, (usize, usize))>,
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

/// The variables of `ci`, the first that says something counts, and what each holds.
const CI_SOURCES: [(&env::Variable, Holds); 3] = [
    (env::GITHUB_ARTIFACTS_LIST, Holds::Path),
    (env::DOCKER_METADATA_OUTPUT_JSON, Holds::Text),
    (env::RESOURCE_URIS, Holds::Addresses),
];

#[derive(Clone, Copy)]
enum Holds {
    /// The path of a file, which is empty where the runner has no such list.
    Path,
    Text,
    /// Names with `https://` in front.
    Addresses,
}

/// A name, and the source that it was read from.
struct Named {
    text: String,
    source: Option<usize>,
    /// Line and column in the source, if it is a list.
    place: Option<(usize, usize)>,
}

/// Collects names and digests from all places.
#[derive(Default)]
pub(super) struct Collected {
    named: Vec<Named>,
    /// Digests that stand alone, and the one of `--digest`.
    digests: Vec<Digest>,
    sources: Vec<ImageSource>,
    /// Which of them are files.
    files: Vec<Option<PathBuf>>,
}

impl Collected {
    /// Takes one name as it is: the path of an image layout may have separators.
    pub(super) fn one(&mut self, text: String) {
        self.named.push(Named { text: images::lower_case(text), source: None, place: None });
    }

    /// Takes a word that was typed, or the text of a variable, which may be a list. Whether it names anything.
    pub(super) fn given(&mut self, text: &str, tags: Tags) -> bool {
        let mut names = match images::parse(text.as_bytes()) {
            Ok(Listed { names, digests, .. }) if digests.is_empty() && !names.iter().any(|name| has_user(name)) => {
                names
            }
            // Separators and remarks alone, as where variables of a list are empty.
            Err(ImagesError::Nothing { .. }) => Vec::new(),
            // What is no name is told as what it is, and no part of a password as a name.
            _ => vec![text.to_owned()],
        };
        names.iter_mut().for_each(|name| *name = images::lower_case(std::mem::take(name)));
        if tags == Tags::Signed {
            glue(&mut names);
        }
        let is_something = !names.is_empty();
        self.named.extend(names.into_iter().map(|text| Named { text, source: None, place: None }));
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
        let file = input.path().map(Path::to_owned);
        let listed = match images::parse(&text) {
            Ok(listed) => listed,
            Err(source) => return Err(SourceError::Content { name, file, source }),
        };
        let index = self.sources.len();
        let count = listed.names.len().saturating_add(listed.digests.len());
        self.sources.push(ImageSource { name, format: listed.format, count });
        self.files.push(file);
        let places = listed.places.into_iter().map(Some).chain(std::iter::repeat(None));
        let names = listed.names.into_iter().map(images::lower_case).zip(places);
        self.named.extend(names.map(|(text, place)| Named { text, source: Some(index), place }));
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
        self.named.into_iter().map(|named| named.text).collect()
    }

    /// All of them as references, each with its digest, and what is wrong with names that were given.
    pub(super) fn sorted(self, tags: Tags) -> Result<Sorted, SourceError> {
        let Self { named, digests, sources, files } = self;
        let digest = one_digest(&digests)?;
        if let (Some(digest), true) = (digest, named.is_empty()) {
            return Err(SourceError::NoImage { digest: digest.clone() });
        }
        let mut sorted = Sorted { references: Vec::with_capacity(named.len()), errors: Vec::new(), sources };
        let mut wrong: Option<Wrong> = None;
        for Named { text, source, place } in named {
            let reference = match (parse(&text, digest), source) {
                (Ok(reference), _) => reference,
                (Err(error), None) => {
                    sorted.errors.push(error);
                    continue;
                }
                (Err(error), Some(source)) => {
                    let found = wrong.get_or_insert_with(|| Wrong { source, place, errors: Vec::new() });
                    found.errors.push(error);
                    continue;
                }
            };
            if let (Some(digest), Some(own)) = (digest, reference.digest())
                && own != digest
            {
                return Err(SourceError::OtherDigest { image: reference.to_string(), digest: digest.clone() });
            }
            let from = source.and_then(|index| sorted.sources.get(index));
            if let (Tags::Signed, Some(from), None) = (tags, from, reference.digest()) {
                return Err(SourceError::NoDigest { name: from.name.clone(), image: reference.to_string() });
            }
            sorted.references.push(reference);
        }
        match wrong {
            Some(Wrong { source, place, errors }) => {
                let name = sorted.sources.get(source).map(|source| source.name.clone()).unwrap_or_default();
                let place = files.into_iter().nth(source).flatten().zip(place);
                Err(SourceError::NotImages { name, errors, place })
            }
            None => Ok(sorted),
        }
    }
}

/// Names in sources that are none of images.
struct Wrong {
    /// The source of the first one, and its line and column.
    source: usize,
    place: Option<(usize, usize)>,
    errors: Vec<ReferenceError>,
}

/// What was collected.
pub(super) struct Sorted {
    pub(super) references: Vec<Reference>,
    /// What is wrong with names that were given.
    pub(super) errors: Vec<ReferenceError>,
    pub(super) sources: Vec<ImageSource>,
}

impl Sorted {
    /// The images, if nothing is wrong.
    pub(super) fn images(self) -> Images {
        let Self { references, errors, sources } = self;
        Images { references: if errors.is_empty() { Ok(references) } else { Err(errors) }, sources, shard: None }
    }
}

/// What the CI system says: the first of its variables that says something, and what it holds.
fn of_ci(environment: Option<&Env>) -> Option<(String, Input)> {
    CI_SOURCES.into_iter().find_map(|(variable, holds)| {
        let value = environment?.get(variable)?;
        let name = variable.name.to_owned();
        let text = |content: String| Input::Text { shown: name.clone(), content: content.into() };
        let input = match holds {
            Holds::Path => {
                let file = Input::File(value.into());
                let is_empty = file.read(SOURCE_BYTES).is_ok_and(|text| text.trim_ascii().is_empty());
                Some(file).filter(|_| !is_empty)?
            }
            Holds::Text => text(value.to_owned()),
            Holds::Addresses => text(value.replace("https://", "")),
        };
        Some((name, input))
    })
}

/// Whether a user name, and perhaps a password, stands in front of the host.
fn has_user(name: &str) -> bool {
    name.split_once('@').is_some_and(|(_, behind)| behind.contains('/')) && !is_layout(name)
}

/// A list of tags in which only the last has a digest is one image: `"${TAGS}@${DIGEST}"`. It is pushed to several places under one
/// name, the last part of its repository.
fn glue(names: &mut [String]) {
    let Some((last, tags)) = names.split_last_mut() else { return };
    let Ok(Reference::Registry(last)) = Reference::parse(last) else { return };
    let (Some(digest), Some(_)) = (last.digest(), last.tag()) else { return };
    let part = |reference: &RegistryReference| reference.repository().rsplit('/').next().map(str::to_owned);
    let is_of_it = |tag: &String| match Reference::parse(tag) {
        Ok(Reference::Registry(tag)) => tag.digest().is_none() && part(&tag) == part(&last),
        _ => false,
    };
    if tags.iter().all(is_of_it) {
        tags.iter_mut().for_each(|tag| *tag = format!("{tag}@{digest}"));
    }
}

/// A name, by this digest where it has none of its own.
fn parse(text: &str, digest: Option<&Digest>) -> Result<Reference, ReferenceError> {
    match (Reference::parse(text), digest) {
        (Ok(reference), Some(digest)) if reference.digest().is_none() => Ok(reference.with_digest(digest)),
        (Err(ReferenceError::TagOrDigestMissing { .. }), Some(digest)) => Reference::parse(&format!("{text}@{digest}")),
        (parsed, _) => parsed,
    }
}

/// The one digest for names that have none.
fn one_digest(digests: &[Digest]) -> Result<Option<&Digest>, SourceError> {
    let Some(one) = digests.first() else { return Ok(None) };
    match digests.iter().find(|other| *other != one) {
        Some(other) => Err(SourceError::SeveralDigests { one: one.clone(), other: other.clone() }),
        None => Ok(Some(one)),
    }
}
