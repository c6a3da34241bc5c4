//! Each form as its tool writes it, and what is none.

use super::*;

const ONE: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
const TWO: &str = "sha256:2222222222222222222222222222222222222222222222222222222222222222";

#[track_caller]
fn lists(text: &str, format: Format, names: &[&str]) {
    let listed = parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
    let found: Vec<_> = listed.names.iter().map(String::as_str).collect();
    assert_eq!((listed.format, found.as_slice()), (format, names), "{text}");
    assert!(listed.digests.is_empty(), "{text}");
}

#[test]
fn a_list_is_read_however_it_is_separated() {
    let both = ["r.example/a:1", "r.example/b:2"];
    for text in [
        "r.example/a:1\nr.example/b:2\n",
        "r.example/a:1\r\nr.example/b:2\r\n",
        "r.example/a:1,r.example/b:2",
        "r.example/a:1, r.example/b:2,",
        "  r.example/a:1   r.example/b:2",
        "# the web\nr.example/a:1\n\n#r.example/c:3, r.example/d:4\nr.example/b:2",
    ] {
        lists(text, Format::List, &both);
    }
    let digest = format!("r.example/a:1@{ONE}");
    lists(&digest, Format::List, &[&digest]);
    lists("[::1]:5000/a:1\n[fe80::1]:5000/b:2", Format::List, &["[::1]:5000/a:1", "[fe80::1]:5000/b:2"]);
    lists("oci-layout:my out:1, r.example/a:1", Format::List, &["oci-layout:my out:1", "r.example/a:1"]);
    // Folded by YAML: nothing behind a remark gets lost.
    lists("r.example/a:1 # web r.example/b:2", Format::List, &["r.example/a:1", "#", "web", "r.example/b:2"]);
    // What is wrong with a name is told where names are parsed.
    lists("\"r.example/a:1\" ***", Format::List, &["\"r.example/a:1\"", "***"]);
}

#[test]
fn a_digest_alone_is_no_name() {
    for text in [ONE.to_owned(), format!("{ONE}\n"), format!("[\"{ONE}\"]")] {
        let listed = parse(text.as_bytes()).unwrap();
        assert_eq!((listed.names.len(), listed.digests.len()), (0, 1), "{text}");
        assert_eq!(listed.digests[0].as_str(), ONE);
    }
}

#[test]
fn each_document_is_known_by_its_content() {
    let (one, two) = (format!("r.example/a:1@{ONE}"), format!("r.example/b:2@{TWO}"));
    let built = |names: &str, digest: &str| {
        format!(
            "{{\"buildx.build.ref\": \"b/b0/x\", \"containerimage.config.digest\": \"{TWO}\",
              \"containerimage.descriptor\": {{\"digest\": \"{digest}\"}}, \"containerimage.digest\": \"{digest}\",
              \"image.name\": \"{names}\"}}"
        )
    };
    lists(&built("r.example/a:1", ONE), Format::BuildMetadata, &[&one]);
    let twice = [one.as_str(), &format!("r.example/a:latest@{ONE}")];
    lists(&built("r.example/a:1,r.example/a:latest", ONE), Format::BuildMetadata, &twice);
    let (web, db) = (built("r.example/a:1", ONE), built("r.example/b:2", TWO));
    let bake = format!("{{\"web\": {web}, \"db\": {db}, \"lint\": {{\"buildx.build.ref\": \"x\"}}}}");
    lists(&bake, Format::BakeMetadata, &[&two, &one]);
    // Built and not pushed.
    let unpushed = format!("{{\"web\": {web}, \"db\": {{\"image.name\": \"r.example/b:2,r.example/b:3\"}}}}");
    lists(&unpushed, Format::BakeMetadata, &["r.example/b:2", "r.example/b:3", &one]);
    lists("[\"r.example/a:1\", \"r.example/b:2\"]", Format::Array, &["r.example/a:1", "r.example/b:2"]);
    lists(
        "{\"tags\": [\"r.example/a:1\", \"r.example/a:latest\"], \"labels\": {}, \"annotations\": []}",
        Format::MetadataAction,
        &["r.example/a:1", "r.example/a:latest"],
    );
    let jib =
        format!("{{\"image\":\"r.example/a:1\",\"imageId\":\"{TWO}\",\"imageDigest\":\"{ONE}\",\"tags\":[\"1\"]}}");
    lists(&jib, Format::Jib, &[&one]);
    let released = format!(
        "[{{\"name\": \"app.tar.gz\", \"type\": \"Archive\"}},
          {{\"name\": \"r.example/a:1\", \"type\": \"Docker Manifest\", \"extra\": {{\"Digest\": \"{ONE}\"}}}},
          {{\"name\": \"r.example/b:2\", \"type\": \"Docker Image\", \"extra\": null}}]"
    );
    lists(&released, Format::GoReleaser, &[&one, "r.example/b:2"]);
    // Before and after it was published.
    let twice = released.replace("r.example/b:2", "r.example/a:1");
    lists(&twice, Format::GoReleaser, &[&one]);
    let definitions =
        format!("[{{\"name\": \"web\", \"imageUri\": \"{one}\"}}, {{\"name\": \"db\", \"imageUri\": \"{two}\"}}]");
    lists(&definitions, Format::ImageDefinitions, &[&one, &two]);
    lists(&format!("{{\"ImageURI\": \"{one}\"}}"), Format::ImageDetail, &[&one]);
    let artifacts = format!(
        "{{\"version\":1,\"subjects\":[{{\"name\":\"r.example/a:1\",\"digest\":\"{ONE}\",\"kind\":\"oci\"}},
          {{\"name\":\"app.tar\",\"digest\":\"{TWO}\",\"kind\":\"file\"}}]}}"
    );
    lists(&artifacts, Format::GitHubArtifacts, &[&one]);
}

#[test]
fn what_lists_no_image_is_an_error_that_says_so() {
    let error = |text: &str| parse(text.as_bytes()).unwrap_err();
    for (text, format) in [
        ("", Format::List),
        ("# nothing\n ,\n", Format::List),
        ("[]", Format::Array),
        ("{\"tags\": []}", Format::MetadataAction),
        ("{\"version\":1,\"subjects\":[]}", Format::GitHubArtifacts),
        ("[{\"name\": \"a.tar\", \"type\": \"Archive\"}]", Format::GoReleaser),
    ] {
        let found = error(text);
        assert!(matches!(found, ImagesError::Nothing { format: found } if found == format), "{text}: {found:?}");
    }
    let unnamed = format!("{{\"containerimage.digest\": \"{ONE}\"}}");
    assert_eq!(error(&unnamed).to_string(), "metadata of buildx build: the build has a digest and no name");
    let target = error(&format!("{{\"web\": {unnamed}}}"));
    assert_eq!(target.to_string(), "metadata of buildx bake: target \"web\" has a digest and no name");
    for text in ["{}", "{\"a\": 1}", "[{\"a\": 1}]", "[[1]]", "[\"a\", {}]"] {
        assert!(matches!(error(text), ImagesError::Unknown { .. }), "{text}");
    }
    for text in [
        "{\"tags\": {}}",
        "{\"tags\": [1]}",
        "{\"subjects\": 1}",
        "{\"subjects\": [{\"kind\": \"oci\", \"name\": \"a\"}]}",
        "[{\"imageUri\": 1}]",
        "[{\"imageUri\": \"a\"}, {\"name\": \"b\"}]",
        "{\"imageDigest\": \"x\"}",
        "{\"ImageURI\": null}",
        "{\"containerimage.digest\": 7, \"image.name\": \"a\"}",
        "[{\"name\": 1, \"type\": \"Docker Image\"}]",
    ] {
        assert!(matches!(error(text), ImagesError::Malformed { .. }), "{text}: {}", error(text));
    }
    for text in ["{\"a\": ", "[\"a\" \"b\"]", "{\"tags\": [], \"tags\": [\"a\"]}"] {
        assert!(matches!(error(text), ImagesError::Json(_)), "{text}");
    }
    assert!(matches!(parse(b"r.example/a\xff"), Err(ImagesError::NotUnicode)));
    let many = |count: usize| "r.example/a:1\n".repeat(count);
    assert!(parse(many(NAMES).as_bytes()).is_ok());
    assert!(matches!(error(&many(NAMES + 1)), ImagesError::TooMany));
}

#[test]
fn a_repository_is_lower_case_and_nothing_else_changes() {
    for (name, expected) in [
        ("ghcr.io/Acme/App:V1", "ghcr.io/acme/app:V1"),
        ("ghcr.io/Acme/App", "ghcr.io/acme/app"),
        ("GHCR.io/Acme/App@sha256:AB", "GHCR.io/acme/app@sha256:AB"),
        ("[::1]:5000/App:V1", "[::1]:5000/app:V1"),
        ("oci-layout:Out/A:V1", "oci-layout:Out/A:V1"),
        ("Acme", "Acme"),
        ("", ""),
    ] {
        assert_eq!(lower_case(name.to_owned()), expected);
    }
}

#[test]
fn names_of_a_list_have_their_places() {
    for (text, places) in [
        ("a/b:1\nc/d:2\n", &[(1, 1), (2, 1)][..]),
        ("\n# a remark\n\n  a/b:1,c/d:2 e/f:3\n", &[(4, 3), (4, 9), (4, 15)]),
        ("ü/b:1\r\n\tc/d:2, c/d:2\r\n", &[(1, 1), (2, 2), (2, 9)]),
        (&format!("sha256:{} a", "0".repeat(64)), &[(1, 73)]),
        ("oci-layout:a b:1, x/y", &[(1, 1), (1, 19)]),
    ] {
        let listed = parse(text.as_bytes()).unwrap();
        assert_eq!(listed.places, places, "{text:?}");
        assert_eq!(listed.places.len(), listed.names.len(), "{text:?}");
    }
    assert_eq!(parse(br#"["a/b:1"]"#).unwrap().places, []);
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        let _read = parse(text.as_bytes());
    }

    #[test]
    fn a_name_that_is_listed_stands_in_the_text(words in proptest::collection::vec("[a-z.:/@]{1,12}", 1..8)) {
        let listed = parse(words.join("\n").as_bytes()).unwrap();
        let lines: Vec<_> = listed.places.iter().map(|(line, _)| *line).collect();
        proptest::prop_assert_eq!(lines, (1..=words.len()).collect::<Vec<_>>());
        proptest::prop_assert_eq!(listed.names, words);
    }
}
