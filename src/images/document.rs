//! JSON documents that name images, each told by members that no other has.

use notary::digest::Digest;
use notary::json::{self, Object, kind};
use serde_json::{Map, Value};

use super::{Format, ImagesError, Listed};

/// What a buildx build says of what it made: the image and where it was pushed, several names separated by commas.
const BUILT_DIGEST: &str = "containerimage.digest";
const BUILT_NAMES: &str = "image.name";

/// Members of an unknown object that are named.
const SHOWN: usize = 5;

/// The kind of an artifact that is an image, in the list of GitHub Actions.
const OCI: &str = "oci";

/// How the types of GoReleaser's artifacts begin that are images or indexes of them.
const DOCKER: &str = "Docker";

pub(super) fn parse(text: &str) -> Result<Listed, ImagesError> {
    match json::parse(text.as_bytes())? {
        Value::Array(items) => array(&items),
        Value::Object(members) => object(&members),
        // A text that begins with a bracket or a brace is nothing else.
        other => Err(ImagesError::Unknown { found: kind(&other).to_owned() }),
    }
}

/// Collects the names of one document.
struct Names {
    format: Format,
    found: Vec<String>,
}

impl Names {
    const fn of(format: Format) -> Self {
        Self { format, found: Vec::new() }
    }

    fn malformed(&self, found: impl ToString) -> ImagesError {
        ImagesError::Malformed { format: self.format, found: found.to_string() }
    }

    /// Adds a name, with a digest if there is one.
    fn add(&mut self, name: &str, digest: Option<&str>) {
        let name = name.trim();
        self.found.push(digest.map_or_else(|| name.to_owned(), |digest| format!("{name}@{digest}")));
    }

    fn object<'a>(&self, value: &'a Value, known: &[&'static str]) -> Result<Object<'a>, ImagesError> {
        Object::of(value, known).map_err(|error| self.malformed(error))
    }

    fn text<'a>(&self, object: Object<'a>, member: &'static str) -> Result<&'a str, ImagesError> {
        object.required_text(member).map_err(|error| self.malformed(error))
    }

    fn optional<'a>(&self, object: Object<'a>, member: &'static str) -> Result<Option<&'a str>, ImagesError> {
        object.text(member).map_err(|error| self.malformed(error))
    }

    fn listed(self) -> Listed {
        Listed { format: self.format, names: self.found, places: Vec::new(), digests: Vec::new() }
    }
}

/// Names, or objects of one kind.
fn array(items: &[Value]) -> Result<Listed, ImagesError> {
    let has = |member: &str| items.iter().any(|item| item.get(member).is_some());
    match () {
        () if items.iter().all(Value::is_string) => names(items),
        () if has("imageUri") => image_definitions(items),
        () if has("type") && has("name") => go_releaser(items),
        () => {
            let other = items.iter().find(|item| !item.is_string()).map_or("nothing", kind);
            Err(ImagesError::Unknown { found: format!("an array with {other} in it") })
        }
    }
}

fn names(items: &[Value]) -> Result<Listed, ImagesError> {
    let (mut names, mut digests) = (Names::of(Format::Array), Vec::new());
    for text in items.iter().filter_map(Value::as_str) {
        match Digest::parse(text.trim()) {
            Ok(digest) => digests.push(digest),
            Err(_) => names.add(text, None),
        }
    }
    Ok(Listed { digests, ..names.listed() })
}

fn image_definitions(items: &[Value]) -> Result<Listed, ImagesError> {
    let mut names = Names::of(Format::ImageDefinitions);
    for item in items {
        let item = names.object(item, &["name", "imageUri"])?;
        let image = names.text(item, "imageUri")?;
        names.add(image, None);
    }
    Ok(names.listed())
}

/// Archives, checksums and the like stand beside the images. An image that was published has a digest, and may stand there once more
/// as it was before that, without one.
fn go_releaser(items: &[Value]) -> Result<Listed, ImagesError> {
    let (mut names, mut found) = (Names::of(Format::GoReleaser), Vec::new());
    for item in items {
        let artifact = names.object(item, &["name", "type", "extra"])?;
        if !names.optional(artifact, "type")?.is_some_and(|kind| kind.starts_with(DOCKER)) {
            continue;
        }
        let digest = match item.get("extra").filter(|extra| !extra.is_null()) {
            Some(extra) => names.optional(names.object(extra, &["Digest"])?, "Digest")?,
            None => None,
        };
        found.push((names.text(artifact, "name")?, digest));
    }
    let is_published = |name| found.iter().any(|(other, digest)| *other == name && digest.is_some());
    for (name, digest) in &found {
        if digest.is_some() || !is_published(*name) {
            names.add(name, *digest);
        }
    }
    Ok(names.listed())
}

fn object(members: &Map<String, Value>) -> Result<Listed, ImagesError> {
    let has = |member: &str| members.contains_key(member);
    let whole = || Value::Object(members.clone());
    match () {
        () if has(BUILT_DIGEST) => {
            let mut names = Names::of(Format::BuildMetadata);
            built(&mut names, &whole(), "the build")?;
            Ok(names.listed())
        }
        () if has("imageDigest") => jib(&whole()),
        () if has("ImageURI") => image_detail(&whole()),
        () if has("subjects") => github_artifacts(&whole()),
        () if has("tags") => metadata_action(&whole()),
        () if members.values().any(|target| target.get(BUILT_DIGEST).is_some()) => bake(members),
        () => {
            let shown: Vec<_> = members.keys().take(SHOWN).map(|name| format!("{name:?}")).collect();
            let found = match shown.as_slice() {
                [] => "an empty object".to_owned(),
                shown => format!("an object with the members {}", shown.join(", ")),
            };
            Err(ImagesError::Unknown { found })
        }
    }
}

/// What one build made. `containerimage.config.digest` is that of a part, and signs nothing that is deployed.
fn built(names: &mut Names, build: &Value, what: &str) -> Result<(), ImagesError> {
    let build = names.object(build, &[BUILT_DIGEST, BUILT_NAMES])?;
    let digest = names.text(build, BUILT_DIGEST)?;
    let found = names.optional(build, BUILT_NAMES)?.unwrap_or_default();
    let found: Vec<_> = found.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if found.is_empty() {
        return Err(ImagesError::NoName { format: names.format, what: what.to_owned() });
    }
    for name in found {
        names.add(name, Some(digest));
    }
    Ok(())
}

/// A target that made no image has neither name nor digest: it fills a cache, or runs tests. One with a name alone was built and
/// not pushed.
fn bake(targets: &Map<String, Value>) -> Result<Listed, ImagesError> {
    let mut names = Names::of(Format::BakeMetadata);
    for (name, target) in targets {
        let has = |member| target.get(member).is_some_and(|value| !value.is_null());
        if has(BUILT_DIGEST) {
            built(&mut names, target, &format!("target {name:?}"))?;
        } else if has(BUILT_NAMES) {
            let target = names.object(target, &[BUILT_NAMES])?;
            let found = names.text(target, BUILT_NAMES)?;
            found.split(',').for_each(|name| names.add(name, None));
        }
    }
    Ok(names.listed())
}

fn jib(document: &Value) -> Result<Listed, ImagesError> {
    let mut names = Names::of(Format::Jib);
    let image = names.object(document, &["image", "imageDigest"])?;
    let (name, digest) = (names.text(image, "image")?, names.text(image, "imageDigest")?);
    names.add(name, Some(digest));
    Ok(names.listed())
}

fn image_detail(document: &Value) -> Result<Listed, ImagesError> {
    let mut names = Names::of(Format::ImageDetail);
    let image = names.text(names.object(document, &["ImageURI"])?, "ImageURI")?;
    names.add(image, None);
    Ok(names.listed())
}

fn github_artifacts(document: &Value) -> Result<Listed, ImagesError> {
    let mut names = Names::of(Format::GitHubArtifacts);
    let subjects = document.get("subjects").and_then(Value::as_array);
    for subject in subjects.ok_or_else(|| names.malformed("member \"subjects\" is not an array"))? {
        let subject = names.object(subject, &["name", "digest", "kind"])?;
        if names.text(subject, "kind")? == OCI {
            let (name, digest) = (names.text(subject, "name")?, names.text(subject, "digest")?);
            names.add(name, Some(digest));
        }
    }
    Ok(names.listed())
}

/// Tags alone: the action runs before the build.
fn metadata_action(document: &Value) -> Result<Listed, ImagesError> {
    let mut names = Names::of(Format::MetadataAction);
    let tags = document.get("tags").and_then(Value::as_array);
    for tag in tags.ok_or_else(|| names.malformed("member \"tags\" is not an array"))? {
        let tag = tag.as_str().ok_or_else(|| names.malformed("member \"tags\" has something else than texts"))?;
        names.add(tag, None);
    }
    Ok(names.listed())
}
