//! Both forms, and what is neither.

use std::path::Path;

use notary::reference::RepositoryError;
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
        "me:hid,hidden@r.example/app:1".to_owned(),
        "me:hid hidden@r.example/app:1".to_owned(),
        "me:hid/hid,hidden@r.example/app:1,r.example/b:1".to_owned(),
    ] {
        let error = Reference::parse(&text).unwrap_err();
        assert!(matches!(error, ReferenceError::Credentials { .. }), "{text}: {error:?}");
        assert!(!error.to_string().contains("hid"), "{error}");
    }
}

#[test]
fn what_is_no_single_image_is_told_as_what_it_is() {
    let id = format!("sha256:{}", "a".repeat(64));
    assert!(matches!(Reference::parse(&id), Err(ReferenceError::RepositoryMissing { .. })));
    assert!(matches!(Reference::parse(&id[7..]), Err(ReferenceError::RepositoryMissing { .. })));
    assert!(matches!(Reference::parse(&id[..40]), Err(ReferenceError::RegistryMissing { .. })));
    let digests = format!("r.example/a@{id},r.example/b@{id}");
    for text in [
        "r.example/a:1 r.example/b:1",
        "r.example/a:1\nr.example/b:1",
        "a b",
        "r.example/a: 1",
        "r.example/a:1,r.example/b:1",
        "r.example/a:1, r.example/b:1",
        &digests,
    ] {
        assert!(matches!(Reference::parse(text), Err(ReferenceError::Several { .. })), "{text:?}");
    }
    assert!(matches!(Reference::parse("r.example/a:1 "), Err(ReferenceError::Tag { .. })));
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
    for host in ["-r.example", "r..example", "r.example:", "r.example:0", "r.example:99999", "r.example:5x", "a_b.c"]
        .into_iter()
        .chain(["user:pw.x", "r.example#x", "[::1", "[::g]:5000", "r.example:+1", "1.2.3.4.5.6"])
        .chain(["0x7f.1", "127.1"])
    {
        let found = Reference::parse(&format!("{host}/a:1"));
        assert!(matches!(found, Err(ReferenceError::Registry { .. })), "{host}: {found:?}");
    }
    let long = "a".repeat(256);
    for repository in ["", "A", "a//b", "a/", "a..b", "a___b", "-a", "a-", "a._b", "é", long.as_str(), "a/../b"] {
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
fn a_reference_by_digest_has_no_tag_any_more() {
    let digest = Digest::parse(&format!("sha256:{HEX}")).unwrap();
    for (text, expected) in [
        ("r.example/app:v1".to_owned(), format!("r.example/app@{digest}")),
        (format!("[::1]:5000/app:v1@{digest}"), format!("[::1]:5000/app@{digest}")),
        ("oci-layout:a/b:c:v1".to_owned(), format!("oci-layout:a/b:c@{digest}")),
    ] {
        let reference = Reference::parse(&text).unwrap();
        assert_eq!(reference.at_digest(&digest), expected, "{text}");
        assert_eq!(Reference::parse(&expected).unwrap(), reference.by_digest(&digest));
    }
}

#[test]
fn a_registry_scope_can_name_every_repository_but_those_at_an_ipv6_address() {
    for name in ["localhost/app", "R.example:443/a__b/c---d.e_f", "127.0.0.1:5000/a"] {
        assert_eq!(registry(&format!("{name}:v1")).scope().unwrap().to_string(), name);
    }
    for name in ["[::1]/a", "[::1]:5000/a"] {
        let reference = registry(&format!("{name}:v1"));
        assert!(matches!(reference.scope(), Err(RepositoryError::Registry { .. })));
        assert_eq!(reference.name(), name);
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
            prop_assert!(ours.scope().is_ok());
            prop_assert_eq!(ours.host(), theirs.registry());
            prop_assert_eq!(ours.repository(), theirs.repository());
            prop_assert_eq!(ours.tag(), theirs.tag());
            prop_assert_eq!(ours.digest().map(Digest::as_str), theirs.digest());
        }
    }
}
