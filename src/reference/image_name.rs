//! Names of images as deploy files and task definitions write them, by Docker's rules: short ones are of Docker Hub, and one without tag
//! means `latest`.

use notary::digest::Digest;
use notary::reference::is_docker_hub;

use super::{Reference, ReferenceError};

/// What a name without host is looked for at, and in which namespace one without a namespace.
const HUB: &str = "docker.io";
const OFFICIAL: &str = "library";

/// The tag of a name without one.
const DEFAULT_TAG: &str = "latest";

/// An image as it is named where something is deployed from, and what that means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ImageName {
    /// Host and repository as written.
    repository: String,
    /// The tag as written.
    tag: Option<String>,
    reference: Reference,
}

impl ImageName {
    /// Parses `[host/]repository[:tag][@digest]` by Docker's rules, which Kubernetes, ECS and compose share.
    ///
    /// # Errors
    /// [`ReferenceError`] of the whole name that it stands for.
    pub(crate) fn parse(text: &str) -> Result<Self, ReferenceError> {
        // Nothing of Docker takes an image ID for a name.
        if let Err(error @ ReferenceError::RepositoryMissing { .. }) = Reference::parse(text) {
            return Err(error);
        }
        let (rest, digest) = text.split_once('@').map_or((text, None), |(rest, digest)| (rest, Some(digest)));
        let path = rest.rfind('/').map_or(0, |slash| slash.saturating_add(1));
        let (repository, tag) = match rest.get(path..).unwrap_or_default().find(':') {
            Some(colon) => rest.split_at_checked(path.saturating_add(colon)).unwrap_or((rest, "")),
            None => (rest, ""),
        };
        let tag = tag.strip_prefix(':');
        let mut whole = whole_name(repository);
        if let Some(tag) = tag.or(if digest.is_none() { Some(DEFAULT_TAG) } else { None }) {
            whole = format!("{whole}:{tag}");
        }
        if let Some(digest) = digest {
            whole = format!("{whole}@{digest}");
        }
        let reference = Reference::parse(&whole)?;
        Ok(Self { repository: repository.to_owned(), tag: tag.map(str::to_owned), reference })
    }

    /// What is verified: the name with its host, and with a tag, a digest or both.
    pub(crate) const fn reference(&self) -> &Reference {
        &self.reference
    }

    /// [`Self::reference`], without the name.
    pub(crate) fn into_reference(self) -> Reference {
        self.reference
    }

    /// The digest that is there already. Such a name stays as it is.
    pub(crate) fn digest(&self) -> Option<&Digest> {
        self.reference.digest()
    }

    /// Host and repository as written.
    pub(crate) fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag as written.
    pub(crate) fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }
}

/// The repository with its host.
fn whole_name(repository: &str) -> String {
    // Docker's rule. It takes capitals for a host as well; no registry is called like that, and no repository has any.
    let is_host = |first: &str| first.contains(['.', ':']) || first == "localhost";
    match repository.split_once('/') {
        Some((host, path)) if is_docker_hub(host) && !path.contains('/') => format!("{host}/{OFFICIAL}/{path}"),
        Some((first, _)) if is_host(first) => repository.to_owned(),
        Some(_) => format!("{HUB}/{repository}"),
        None => format!("{HUB}/{OFFICIAL}/{repository}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEX: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    fn parse(text: &str) -> ImageName {
        ImageName::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn short_names_are_of_docker_hub_and_no_tag_means_latest() {
        for (text, expected) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("nginx:1.25", "docker.io/library/nginx:1.25"),
            ("user/app", "docker.io/user/app:latest"),
            ("user/team/app:1", "docker.io/user/team/app:1"),
            ("docker.io/nginx:1", "docker.io/library/nginx:1"),
            ("index.docker.io/nginx:1", "index.docker.io/library/nginx:1"),
            ("docker.io/user/app", "docker.io/user/app:latest"),
            ("localhost/app", "localhost/app:latest"),
            ("localhost:5000/app", "localhost:5000/app:latest"),
            ("r.example/app:v1", "r.example/app:v1"),
            ("r.example:5000/a/b", "r.example:5000/a/b:latest"),
            ("[::1]:5000/app:1", "[::1]:5000/app:1"),
            (
                "123456789012.dkr.ecr.us-west-2.amazonaws.com/app",
                "123456789012.dkr.ecr.us-west-2.amazonaws.com/app:latest",
            ),
        ] {
            assert_eq!(parse(text).reference().to_string(), expected, "{text}");
            assert_eq!(parse(text).digest(), None);
        }
        for text in ["nginx", "nginx:1.25", "r.example:5000/a/b:1"] {
            let name = parse(&format!("{text}@sha256:{HEX}"));
            assert!(name.digest().is_some());
            assert_eq!(name.reference().tag(), text.rsplit_once(':').map(|(_, tag)| tag), "{text}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "NGINX",
            "Nginx:1",
            "nginx:",
            "nginx:1 ",
            " nginx",
            "a b",
            "a//b",
            "/a",
            "a/",
            "a:b:c",
            "nginx@sha256:1",
            "nginx@",
            "user@host/a:1",
            "http://r.example/a:1",
            "oci-layout:out:v1",
            "<IMAGE>",
            "${IMAGE}",
            HEX,
            "a@sha256:1@sha256:2",
        ] {
            assert!(ImageName::parse(text).is_err(), "{text:?}");
        }
        assert!(matches!(ImageName::parse("r.example/A:1"), Err(ReferenceError::Repository { .. })));
        assert!(matches!(ImageName::parse("nginx:a b"), Err(ReferenceError::Several { .. })));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
            drop(ImageName::parse(&text));
        }
    }
}
