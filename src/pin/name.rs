//! How an image is named with its digest, in each kind of file.

use notary::digest::Digest;

use super::kind::FileKind;
use crate::reference::ImageName;

/// What is written in place of a name: host and repository as the file had them, and the tag where it may stand beside a digest.
pub(super) fn pinned(name: &ImageName, kind: FileKind, digest: &Digest) -> String {
    match name.tag() {
        Some(tag) if !kind.drops_tags() => format!("{}:{tag}@{digest}", name.repository()),
        _ => format!("{}@{digest}", name.repository()),
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
    fn a_tag_stays_for_people_where_it_may_stand() {
        let digest = Digest::parse(&format!("sha256:{HEX}")).unwrap();
        for (text, kubernetes, ecs) in [
            ("nginx", "nginx@", "nginx@"),
            ("nginx:1.25", "nginx:1.25@", "nginx@"),
            ("docker.io/nginx:1", "docker.io/nginx:1@", "docker.io/nginx@"),
            ("r.example:5000/a/b:1", "r.example:5000/a/b:1@", "r.example:5000/a/b@"),
        ] {
            for (kind, expected) in [
                (FileKind::Kubernetes, kubernetes),
                (FileKind::Compose, kubernetes),
                (FileKind::Ecs, ecs),
                (FileKind::ImageDefinitions, ecs),
                (FileKind::ImageDetail, ecs),
                (FileKind::CloudFormation, ecs),
            ] {
                assert_eq!(pinned(&parse(text), kind, &digest), format!("{expected}{digest}"), "{text} {kind}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_pinned_name_means_the_same_repository(
            host in "((localhost|r\\.example)(:[1-9][0-9]{0,3})?/)?", path in "[a-z]{1,4}(/[a-z0-9]{1,4}){0,2}", tag in "(:[a-z0-9_]{1,5})?"
        ) {
            let digest = Digest::parse(&format!("sha256:{HEX}")).unwrap();
            let name = parse(&format!("{host}{path}{tag}"));
            for kind in [FileKind::Ecs, FileKind::Compose] {
                let read = parse(&pinned(&name, kind, &digest));
                prop_assert_eq!(read.reference().by_digest(&digest), name.reference().by_digest(&digest));
                prop_assert_eq!(read.digest(), Some(&digest));
            }
        }
    }
}
