//! Which image each container of a revision runs: pure, from what ECS says of it. An image counts by its digest alone, so that what is
//! verified is what runs.

use std::collections::{BTreeMap, BTreeSet};

use notary::digest::{Digest, DigestError};

use crate::aws::{DefinedContainer, RevisionImage, TagUse};
use crate::reference::{ImageName, Reference, ReferenceError, RegistryReference, is_layout};

/// An image that runs, and the containers that run it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bound {
    /// By its digest.
    pub(super) image: Reference,
    pub(super) containers: Vec<String>,
    /// By the tags that ECS resolved to it: they have to lead to the same digest now.
    pub(super) tags: Vec<Reference>,
}

/// Why it is not known which image a container runs.
#[derive(Debug, thiserror::Error)]
pub(super) enum BindError {
    #[error("the revision has no container")]
    NoContainer,
    #[error("ECS lists container {container} twice")]
    SameContainer { container: String },
    #[error("container {container}: {source}")]
    NotReference { container: String, source: ReferenceError },
    #[error("container {container}: {image} is not in a registry")]
    NotInRegistry { container: String, image: String },
    #[error("container {container}: the digest that ECS resolved {image} to is none: {source}")]
    NotDigest { container: String, image: String, source: DigestError },
    #[error("container {container}: the task definition has {defined}, and the revision {resolved}")]
    OtherImage { container: String, defined: String, resolved: String },
    #[error("container {container}: nothing says to which digest {image} leads")]
    NoDigest { container: String, image: String },
    #[error("container {container}: every task resolves the tag of {image} anew (versionConsistency)")]
    TagForEachTask { container: String, image: String },
}

/// What is said of one container.
#[derive(Debug, Default)]
struct Container<'a> {
    defined: Option<&'a DefinedContainer>,
    resolved: Option<&'a RevisionImage>,
}

/// The images that the containers of a revision run, each once: those of the task definition, and those that the revision lists
/// besides.
///
/// # Errors
/// [`BindError`], of the first container of which it is not known, in the order of their names.
pub(super) fn bind(defined: &[DefinedContainer], resolved: &[RevisionImage]) -> Result<Vec<Bound>, BindError> {
    let mut containers: BTreeMap<&str, Container<'_>> = BTreeMap::new();
    let twice = |name: &str| BindError::SameContainer { container: name.to_owned() };
    for one in defined {
        if containers.entry(&one.name).or_default().defined.replace(one).is_some() {
            return Err(twice(&one.name));
        }
    }
    for one in resolved {
        if containers.entry(&one.container).or_default().resolved.replace(one).is_some() {
            return Err(twice(&one.container));
        }
    }
    let mut images: Vec<Bound> = Vec::new();
    for (name, container) in containers {
        let (image, tag) = container.image(name)?;
        let place = match images.iter_mut().find(|bound| bound.image == image) {
            Some(bound) => bound,
            None => images.push_mut(Bound { image, containers: Vec::new(), tags: Vec::new() }),
        };
        place.containers.push(name.to_owned());
        let new = tag.filter(|tag| !place.tags.contains(tag));
        place.tags.extend(new);
    }
    if images.is_empty() { Err(BindError::NoContainer) } else { Ok(images) }
}

impl Container<'_> {
    /// The image by its digest, and by the tag that was resolved to it.
    fn image(&self, name: &str) -> Result<(Reference, Option<Reference>), BindError> {
        let (container, resolved) = (name.to_owned(), self.resolved.map(|one| one.image.as_str()));
        let text = self.defined.map(|one| one.image.as_str()).or(resolved).unwrap_or_default();
        let image = text.to_owned();
        let (reference, other) = (parse(name, text)?, resolved.map(|text| parse(name, text)).transpose()?);
        let of_revision = self.resolved.and_then(|one| one.digest.as_deref()).map(Digest::parse).transpose();
        let of_revision = match of_revision {
            Ok(digest) => digest,
            Err(source) => return Err(BindError::NotDigest { container, image, source }),
        };
        // All that is said has to agree, or nobody knows what runs.
        let said = [reference.digest(), other.as_ref().and_then(RegistryReference::digest), of_revision.as_ref()];
        let digests: BTreeSet<_> = said.into_iter().flatten().collect();
        let is_one = digests.len() <= 1 && other.as_ref().is_none_or(|other| is_same(&reference, other));
        if !is_one {
            let digest = of_revision.as_ref().map(|digest| format!(" ({digest})")).unwrap_or_default();
            let resolved = format!("{}{digest}", resolved.unwrap_or_default());
            return Err(BindError::OtherImage { container, defined: image, resolved });
        }
        let Some(digest) = digests.first() else { return Err(BindError::NoDigest { container, image }) };
        let is_tag = reference.digest().is_none();
        if is_tag && self.defined.is_some_and(|one| one.tag == TagUse::ForEachTask) {
            return Err(BindError::TagForEachTask { container, image });
        }
        let written = Reference::Registry(reference.clone());
        Ok((written.by_digest(digest), is_tag.then_some(written)))
    }
}

/// Whether task definition and revision name one image. Their digests are compared elsewhere; without one the tag counts.
fn is_same(defined: &RegistryReference, resolved: &RegistryReference) -> bool {
    let has_digest = defined.digest().is_some() || resolved.digest().is_some();
    defined.name() == resolved.name() && (has_digest || defined.tag() == resolved.tag())
}

/// The image that a name means to whoever runs it: a short one is of Docker Hub, and one with neither tag nor digest is `latest`.
fn parse(container: &str, text: &str) -> Result<RegistryReference, BindError> {
    let elsewhere = || BindError::NotInRegistry { container: container.to_owned(), image: text.to_owned() };
    if is_layout(text) {
        return Err(elsewhere());
    }
    match ImageName::parse(text).map(ImageName::into_reference) {
        Ok(Reference::Registry(reference)) => Ok(reference),
        Ok(Reference::Layout(_)) => Err(elsewhere()),
        Err(source) => Err(BindError::NotReference { container: container.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(of: &str) -> Digest {
        Digest::sha256(of.as_bytes())
    }

    fn defined(name: &str, image: &str) -> DefinedContainer {
        DefinedContainer { name: name.to_owned(), image: image.to_owned(), tag: TagUse::Once }
    }

    fn resolved(container: &str, image: &str, digest: Option<&Digest>) -> RevisionImage {
        let digest = digest.map(ToString::to_string);
        RevisionImage { container: container.to_owned(), image: image.to_owned(), digest }
    }

    fn reference(text: &str) -> Reference {
        Reference::parse(text).unwrap()
    }

    #[test]
    fn each_image_is_bound_once_with_its_containers_and_tags() {
        let (a, b) = (digest("a"), digest("b"));
        let pinned = format!("r.example/b@{b}");
        let both = format!("r.example/b:2@{b}");
        let images = bind(
            &[defined("web", "r.example/a:1"), defined("log", &pinned), defined("log2", &both)],
            &[
                resolved("web", "r.example/a:1", Some(&a)),
                resolved("log", &pinned, None),
                resolved("new", "r.example/a:2", Some(&a)),
            ],
        );
        let expected = [
            Bound {
                image: reference(&pinned),
                containers: vec!["log".to_owned(), "log2".to_owned()],
                tags: Vec::new(),
            },
            Bound {
                image: reference(&format!("r.example/a@{a}")),
                containers: vec!["new".to_owned(), "web".to_owned()],
                tags: vec![reference("r.example/a:2"), reference("r.example/a:1")],
            },
        ];
        assert_eq!(images.unwrap(), expected);
    }

    #[test]
    fn a_digest_in_the_definition_is_enough_and_one_of_the_revision_as_well() {
        let a = digest("a");
        let pinned = format!("r.example/a@{a}");
        let image = reference(&pinned);
        for (defined_image, of_revision, has_tag) in [
            (pinned.as_str(), None, false),
            (&pinned, Some(resolved("web", &pinned, Some(&a))), false),
            (&pinned, Some(resolved("web", &pinned, None)), false),
            ("r.example/a:1", Some(resolved("web", "r.example/a:1", Some(&a))), true),
            ("r.example/a:1", Some(resolved("web", &pinned, None)), true),
        ] {
            let of_revision: Vec<_> = of_revision.into_iter().collect();
            let images = bind(&[defined("web", defined_image)], &of_revision).unwrap();
            assert_eq!((&images[0].image, images[0].tags.len()), (&image, usize::from(has_tag)), "{defined_image}");
        }
        // Short names are Docker Hub's.
        let hub = reference(&format!("docker.io/library/nginx@{a}"));
        let (short, official, whole) =
            (format!("nginx@{a}"), format!("library/nginx:1@{a}"), format!("docker.io/library/nginx@{a}"));
        for (defined_image, of_revision, tags) in [
            (short.as_str(), None, vec![]),
            (&official, None, vec![]),
            (&short, Some(resolved("web", &whole, Some(&a))), vec![]),
            (&whole, Some(resolved("web", &short, None)), vec![]),
            (
                "nginx:1",
                Some(resolved("web", "docker.io/library/nginx:1", Some(&a))),
                vec!["docker.io/library/nginx:1"],
            ),
            ("nginx", Some(resolved("web", "nginx", Some(&a))), vec!["docker.io/library/nginx:latest"]),
            ("nginx", Some(resolved("web", "library/nginx:latest", Some(&a))), vec!["docker.io/library/nginx:latest"]),
        ] {
            let of_revision: Vec<_> = of_revision.into_iter().collect();
            let images = bind(&[defined("web", defined_image)], &of_revision).unwrap();
            let tags: Vec<_> = tags.into_iter().map(reference).collect();
            assert_eq!((&images[0].image, &images[0].tags), (&hub, &tags), "{defined_image}");
        }
        // The tag is not used where there is a digest.
        let container = DefinedContainer { tag: TagUse::ForEachTask, ..defined("web", &pinned) };
        assert!(bind(&[container], &[]).is_ok());
    }

    #[test]
    fn what_is_not_bound_to_one_digest_is_refused() {
        let (a, b) = (digest("a"), digest("b"));
        let (pinned, other) = (format!("r.example/a@{a}"), format!("r.example/a@{b}"));
        let one = |image: &str, of_revision: Option<RevisionImage>| {
            bind(&[defined("web", image)], of_revision.as_slice()).unwrap_err()
        };
        assert!(matches!(bind(&[], &[]), Err(BindError::NoContainer)));
        assert!(matches!(
            bind(&[defined("a", &pinned), defined("a", &pinned)], &[]),
            Err(BindError::SameContainer { .. })
        ));
        let twice = [resolved("a", &pinned, None), resolved("a", &pinned, None)];
        assert!(matches!(bind(&[], &twice), Err(BindError::SameContainer { .. })));
        for image in [
            "",
            "Web",
            "nginx:",
            "nginx@sha256:1",
            "a b",
            "${IMAGE}",
            "r.example/A:1",
            "r.example/a@sha256:1",
            "https://r.example/a:1",
        ] {
            assert!(matches!(one(image, None), BindError::NotReference { .. }), "{image}");
        }
        assert!(matches!(one("oci-layout:/a:1", None), BindError::NotInRegistry { .. }));
        for image in ["r.example/a:1", "r.example/a", "nginx", "nginx:1", "me/app"] {
            assert!(matches!(one(image, None), BindError::NoDigest { .. }), "{image}");
        }
        assert!(matches!(
            one("r.example/a:1", Some(resolved("web", "r.example/a:1", None))),
            BindError::NoDigest { .. }
        ));
        // Another container's digest is not this one's.
        assert!(matches!(
            one("r.example/a:1", Some(resolved("log", "r.example/a:1", Some(&a)))),
            BindError::NoDigest { .. }
        ));
        for (image, of_revision) in [
            (pinned.as_str(), resolved("web", &other, None)),
            (&pinned, resolved("web", &pinned, Some(&b))),
            (&pinned, resolved("web", &format!("evil.example/a@{a}"), Some(&a))),
            ("r.example/a:1", resolved("web", "r.example/b:1", Some(&a))),
            ("nginx:1", resolved("web", "me/nginx:1", Some(&a))),
            ("nginx", resolved("web", "nginx:1", Some(&a))),
            ("nginx:1", resolved("web", "r.example/library/nginx:1", Some(&a))),
            ("r.example/a:1", resolved("web", "r.example/a:2", Some(&a))),
            ("r.example/a:1", resolved("web", &pinned, Some(&b))),
        ] {
            assert!(matches!(one(image, Some(of_revision)), BindError::OtherImage { .. }), "{image}");
        }
        let of_revision =
            RevisionImage { digest: Some("sha256:x".to_owned()), ..resolved("web", "r.example/a:1", None) };
        assert!(matches!(one("r.example/a:1", Some(of_revision)), BindError::NotDigest { .. }));
        let container = DefinedContainer { tag: TagUse::ForEachTask, ..defined("web", "r.example/a:1") };
        let of_revision = [resolved("web", "r.example/a:1", Some(&a))];
        assert!(matches!(bind(&[container], &of_revision), Err(BindError::TagForEachTask { .. })));
    }
}
