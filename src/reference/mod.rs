//! References to an artifact: in a registry (`host[:port]/repository[:tag][@digest]`) or in an OCI image layout
//! (`oci-layout:PATH:TAG`, `oci-layout:PATH@digest`).
//!
//! The grammar is that of the distribution specification (section "Pull") and of Docker's reference package. It is
//! written by hand: the regular expression of oci-spec's `Reference` takes 45 ms to compile, several times what a whole
//! `verify` may cost; a test compares the two. Nothing is added silently: no default registry, no `library/`, no
//! `latest`, since a gate that guesses checks something else than what is deployed.

mod error;
mod grammar;

use std::fmt;
use std::path::{Path, PathBuf};

use notary::digest::Digest;
use notary::reference::is_docker_hub;

pub(crate) use self::error::ReferenceError;
use self::error::excerpt;
use self::grammar::{check_host, ends_in_drive, is_repository, is_tag};

/// What selects an OCI image layout.
const LAYOUT_PREFIX: &str = "oci-layout:";

/// A reference as the user writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    /// In a registry.
    Registry(RegistryReference),
    /// In an OCI image layout.
    Layout(LayoutReference),
}

impl Reference {
    /// Parses either form.
    ///
    /// # Errors
    /// [`ReferenceError`] naming the part that is missing or malformed.
    pub(crate) fn parse(text: &str) -> Result<Self, ReferenceError> {
        match text.strip_prefix(LAYOUT_PREFIX) {
            Some(rest) => LayoutReference::parse(rest).map(Self::Layout),
            None => RegistryReference::parse(text).map(Self::Registry),
        }
    }

    /// The tag, also where a digest stands beside it.
    #[must_use]
    pub(crate) fn tag(&self) -> Option<&str> {
        match self {
            Self::Registry(reference) => reference.tag(),
            Self::Layout(reference) => reference.tag(),
        }
    }

    /// The digest, where the reference names one.
    #[must_use]
    pub(crate) fn digest(&self) -> Option<&Digest> {
        match self {
            Self::Registry(reference) => reference.digest(),
            Self::Layout(reference) => reference.digest(),
        }
    }

    /// The registry's host with port, as written; none for a layout.
    #[must_use]
    pub(crate) fn host(&self) -> Option<&str> {
        match self {
            Self::Registry(reference) => Some(reference.host()),
            Self::Layout(_) => None,
        }
    }

    /// The reference to the same repository or layout by `digest`, as text.
    #[must_use]
    pub(crate) fn at_digest(&self, digest: &Digest) -> String {
        match self {
            Self::Registry(reference) => format!("{}@{digest}", reference.name()),
            Self::Layout(reference) => format!("{LAYOUT_PREFIX}{}@{digest}", reference.path().display()),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(reference) => reference.fmt(formatter),
            Self::Layout(reference) => reference.fmt(formatter),
        }
    }
}

/// A reference in a registry: host and repository, and a tag, a digest, or both, of which the digest counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RegistryReference {
    host: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl RegistryReference {
    /// Parses `host[:port]/repository[:tag][@digest]`.
    ///
    /// # Errors
    /// [`ReferenceError`] naming the part that is missing or malformed.
    pub(crate) fn parse(text: &str) -> Result<Self, ReferenceError> {
        let whole = || excerpt(text);
        let (rest, digest) = match text.split_once('@') {
            // No digest has a slash: this is a host behind a user's name, and with it perhaps a password.
            Some((_, behind)) if behind.contains('/') => {
                return Err(ReferenceError::Credentials {
                    behind: excerpt(behind.rsplit('@').next().unwrap_or_default()),
                });
            }
            Some((rest, digest)) => (rest, Some(parse_digest(text, digest)?)),
            None => (text, None),
        };
        let (host, path) = rest.split_once('/').ok_or_else(|| ReferenceError::RegistryMissing { found: whole() })?;
        check_host(text, host)?;
        let (repository, tag) = match path.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (path, None),
        };
        if !is_repository(repository) {
            return Err(ReferenceError::Repository { found: excerpt(repository) });
        }
        if is_docker_hub(host) && !repository.contains('/') {
            return Err(ReferenceError::HubNamespaceMissing { repository: repository.to_owned() });
        }
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            return Err(ReferenceError::Tag { found: excerpt(tag) });
        }
        if tag.is_none() && digest.is_none() {
            return Err(ReferenceError::TagOrDigestMissing { found: whole() });
        }
        Ok(Self { host: host.to_owned(), repository: repository.to_owned(), tag: tag.map(str::to_owned), digest })
    }

    /// Host with port, as written.
    #[must_use]
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Repository, without the host.
    #[must_use]
    pub(crate) fn repository(&self) -> &str {
        &self.repository
    }

    /// Host and repository: what a trust policy's registry scope names.
    #[must_use]
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.host, self.repository)
    }

    /// The tag, also where a digest stands beside it.
    #[must_use]
    pub(crate) fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, where there is one.
    #[must_use]
    pub(crate) fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }
}

impl fmt::Display for RegistryReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.host, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(formatter, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(formatter, "@{digest}")?;
        }
        Ok(())
    }
}

/// A reference in an OCI image layout on disk: the folder, and a tag or a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LayoutReference {
    path: PathBuf,
    target: LayoutTarget,
}

/// What is meant in a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
enum LayoutTarget {
    Tag(String),
    Digest(Digest),
}

impl LayoutReference {
    /// Parses `PATH:TAG` or `PATH@digest`, what follows `oci-layout:`. The last `@` wins, else the last colon, except
    /// that of a drive (`C:\…`), as in notation.
    ///
    /// # Errors
    /// [`ReferenceError`] naming the part that is missing or malformed.
    pub(crate) fn parse(text: &str) -> Result<Self, ReferenceError> {
        let missing = || ReferenceError::LayoutTargetMissing { found: excerpt(text) };
        let (path, target) = if let Some((path, digest)) = text.rsplit_once('@') {
            (path, LayoutTarget::Digest(parse_digest(text, digest)?))
        } else {
            let (path, tag) = text.rsplit_once(':').filter(|_| !ends_in_drive(text)).ok_or_else(missing)?;
            if tag.is_empty() {
                return Err(missing());
            }
            if !is_tag(tag) {
                return Err(ReferenceError::Tag { found: excerpt(tag) });
            }
            (path, LayoutTarget::Tag(tag.to_owned()))
        };
        if path.is_empty() || path.contains('\0') {
            return Err(ReferenceError::LayoutPathMissing { found: excerpt(text) });
        }
        Ok(Self { path: PathBuf::from(path), target })
    }

    /// The layout's folder.
    #[must_use]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The tag, if the reference names one.
    #[must_use]
    pub(crate) fn tag(&self) -> Option<&str> {
        match &self.target {
            LayoutTarget::Tag(tag) => Some(tag),
            LayoutTarget::Digest(_) => None,
        }
    }

    /// The digest, if the reference names one.
    #[must_use]
    pub(crate) fn digest(&self) -> Option<&Digest> {
        match &self.target {
            LayoutTarget::Tag(_) => None,
            LayoutTarget::Digest(digest) => Some(digest),
        }
    }
}

impl fmt::Display for LayoutReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.target {
            LayoutTarget::Tag(tag) => write!(formatter, "{LAYOUT_PREFIX}{path}:{tag}"),
            LayoutTarget::Digest(digest) => write!(formatter, "{LAYOUT_PREFIX}{path}@{digest}"),
        }
    }
}

fn parse_digest(whole: &str, digest: &str) -> Result<Digest, ReferenceError> {
    Digest::parse(digest).map_err(|source| ReferenceError::Digest { found: excerpt(whole), source })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEX: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    fn registry(text: &str) -> RegistryReference {
        match Reference::parse(text) {
            Ok(Reference::Registry(reference)) => reference,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn registry_references_are_taken_apart() {
        let digest = format!("sha256:{HEX}");
        for (text, host, repository, tag, with_digest) in [
            ("localhost/app:v1".to_owned(), "localhost", "app", Some("v1"), false),
            ("localhost:5000/a/b:v1".to_owned(), "localhost:5000", "a/b", Some("v1"), false),
            (format!("r.example/a__b/c---d.e_f@{digest}"), "r.example", "a__b/c---d.e_f", None, true),
            (format!("r.example:443/a:_T.-x@{digest}"), "r.example:443", "a", Some("_T.-x"), true),
            ("127.0.0.1:5000/a:1".to_owned(), "127.0.0.1:5000", "a", Some("1"), false),
            ("[::1]:5000/a:1".to_owned(), "[::1]:5000", "a", Some("1"), false),
            ("[::1]/a:1".to_owned(), "[::1]", "a", Some("1"), false),
            ("Registry.Example/a:1".to_owned(), "Registry.Example", "a", Some("1"), false),
        ] {
            let reference = registry(&text);
            assert_eq!(reference.to_string(), text);
            assert_eq!((reference.host(), reference.repository(), reference.tag()), (host, repository, tag), "{text}");
            assert_eq!(reference.digest().is_some(), with_digest);
            assert_eq!(reference.name(), format!("{host}/{repository}"));
        }
    }

    #[test]
    fn a_password_in_front_of_the_host_is_refused_and_not_told() {
        for text in [
            "me:hidden@r.example/app:1".to_owned(),
            "https://me:hidden@r.example/app:1".to_owned(),
            "me:hid@hidden@r.example/app:1".to_owned(),
            format!("me:hidden@r.example/app@sha256:{HEX}"),
            "r.example/app@me:hidden@x/y".to_owned(),
        ] {
            let error = Reference::parse(&text).unwrap_err();
            assert!(matches!(error, ReferenceError::Credentials { .. }), "{text}: {error:?}");
            assert!(!error.to_string().contains("hid"), "{error}");
        }
    }

    #[test]
    fn nothing_is_added_silently() {
        for text in ["alpine", "alpine:3", "library/alpine:3", "user/app", "", "registry/app:v1", ":v1", "/a:b"] {
            assert!(matches!(Reference::parse(text), Err(ReferenceError::RegistryMissing { .. })), "{text}");
        }
        assert!(matches!(Reference::parse("r.example/a"), Err(ReferenceError::TagOrDigestMissing { .. })));
        assert!(matches!(Reference::parse("localhost:5000/a/b"), Err(ReferenceError::TagOrDigestMissing { .. })));
        for hub in ["docker.io", "Docker.IO", "docker.io:443", "index.docker.io", "registry.hub.docker.com"] {
            let found = Reference::parse(&format!("{hub}/alpine:3"));
            assert!(matches!(found, Err(ReferenceError::HubNamespaceMissing { .. })), "{hub}: {found:?}");
        }
    }

    #[test]
    fn each_malformed_part_is_named() {
        for host in
            ["-r.example", "r..example", "r.example:", "r.example:0", "r.example:99999", "r.example:5x", "a_b.c"]
                .into_iter()
                .chain(["user:pw.x", "r.example#x", "[::1", "[::g]:5000", "r.example:+1", "1.2.3.4.5.6"])
                .chain(["0x7f.1", "127.1"])
        {
            let found = Reference::parse(&format!("{host}/a:1"));
            assert!(matches!(found, Err(ReferenceError::Registry { .. })), "{host}: {found:?}");
        }
        let long = "a".repeat(256);
        for repository in
            ["", "A", "a//b", "a/", "a..b", "a___b", "-a", "a-", "a._b", "é", "a b", long.as_str(), "a/../b"]
        {
            let found = Reference::parse(&format!("r.example/{repository}:1"));
            assert!(matches!(found, Err(ReferenceError::Repository { .. })), "{repository}: {found:?}");
        }
        let long = "t".repeat(129);
        for tag in ["", "-a", ".a", "a/b", "a:b", "é", long.as_str()] {
            let found = Reference::parse(&format!("r.example/a:{tag}"));
            assert!(matches!(found, Err(ReferenceError::Tag { .. })), "{tag}: {found:?}");
        }
        let upper = HEX.to_uppercase();
        for digest in ["", "sha256", "sha256:00", "md5:00", &format!("sha256:{upper}"), &format!("sha256:{HEX}@x")] {
            let found = Reference::parse(&format!("r.example/a@{digest}"));
            assert!(matches!(found, Err(ReferenceError::Digest { .. })), "{digest}: {found:?}");
        }
    }

    #[test]
    fn layouts_are_taken_apart_as_notation_does() {
        for (text, path, tag) in [
            ("dir:v1".to_owned(), "dir", Some("v1")),
            ("/a/b:c:v1".to_owned(), "/a/b:c", Some("v1")),
            (r"C:\x:v1".to_owned(), r"C:\x", Some("v1")),
            (format!("a@b@sha256:{HEX}"), "a@b", None),
            (format!("dir:v1@sha256:{HEX}"), "dir:v1", None),
        ] {
            let text = format!("oci-layout:{text}");
            let Ok(Reference::Layout(reference)) = Reference::parse(&text) else { panic!("{text}") };
            assert_eq!((reference.path(), reference.tag()), (Path::new(path), tag), "{text}");
            assert_eq!(reference.to_string(), text);
        }
        for text in [r"C:\x", "dir", "dir:", "a/b"] {
            let found = Reference::parse(&format!("oci-layout:{text}"));
            assert!(matches!(found, Err(ReferenceError::LayoutTargetMissing { .. })), "{text}");
        }
        assert!(matches!(Reference::parse("oci-layout::v1"), Err(ReferenceError::LayoutPathMissing { .. })));
        assert!(matches!(Reference::parse("oci-layout:a@v1"), Err(ReferenceError::Digest { .. })));
        assert!(matches!(Reference::parse("oci-layout:a:b/c"), Err(ReferenceError::Tag { .. })));
    }

    proptest! {
        #[test]
        fn any_text_is_answered_and_what_is_accepted_round_trips(text in "\\PC{0,60}") {
            if let Ok(reference) = Reference::parse(&text) {
                prop_assert_eq!(reference.to_string(), text);
            }
        }

        #[test]
        fn what_is_accepted_oci_client_understands_alike(
            host in "[a-zA-Z0-9.-]{1,12}(:[0-9]{1,5})?",
            repository in "[a-z0-9._/-]{1,16}",
            tag in proptest::option::of("[A-Za-z0-9._-]{1,12}"),
            digest in any::<bool>(),
        ) {
            let mut text = format!("{host}/{repository}");
            if let Some(tag) = &tag {
                text = format!("{text}:{tag}");
            }
            if digest {
                text = format!("{text}@sha256:{HEX}");
            }
            if let Ok(Reference::Registry(ours)) = Reference::parse(&text) {
                let theirs: oci_client::Reference = text.parse().unwrap();
                prop_assert_eq!(ours.host(), theirs.registry());
                prop_assert_eq!(ours.repository(), theirs.repository());
                prop_assert_eq!(ours.tag(), theirs.tag());
                prop_assert_eq!(ours.digest().map(Digest::as_str), theirs.digest());
            }
        }
    }
}
