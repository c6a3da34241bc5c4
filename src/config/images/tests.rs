use super::super::task::Task;
use super::super::tests::resolved;
use super::*;
use crate::ci::{CiSystem, ShardError};
use crate::config::error::ResolveError as Refused;
use crate::config::image_source::{ImageSource, SourceError};
use crate::images;

const ONE: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
const TWO: &str = "sha256:2222222222222222222222222222222222222222222222222222222222222222";

fn images_of(task: Task) -> Images {
    match task {
        Task::Sign(settings) => settings.images,
        Task::Verify(settings) => settings.images,
        other => panic!("{other:?}"),
    }
}

/// The images of a command, or the first error.
fn found(command: &str, words: &[&str], variables: &[(&str, &str)]) -> Result<Images, Refused> {
    let own: &[&str] = match command {
        "sign" => &["sign", "--key", "k", "--certificate-chain", "c"],
        _ => &["verify", "--root", "r", "--identity", "*"],
    };
    let resolved = resolved(&[own, words].concat(), variables);
    resolved.map(|config| images_of(config.task)).map_err(|errors| errors.into_iter().next().unwrap())
}

#[track_caller]
fn names(found: Result<Images, Refused>) -> Vec<String> {
    found.unwrap().references.unwrap().iter().map(ToString::to_string).collect()
}

#[test]
fn a_word_or_a_variable_may_be_a_list() {
    let both = ["r.example/a:1", "r.example/b:2"];
    for text in
        ["r.example/a:1\nr.example/b:2", "r.example/a:1 r.example/b:2", "[\"r.example/a:1\", \"r.example/b:2\"]"]
    {
        for command in ["sign", "verify"] {
            assert_eq!(names(found(command, &[text], &[])), both, "{text}");
            assert_eq!(names(found(command, &[], &[("SEALGATE_IMAGES", text)])), both, "{text}");
            assert_eq!(
                names(found(command, &[], &[("GITHUB_ACTIONS", "true"), ("INPUT_IMAGES", text)])),
                both,
                "{text}"
            );
        }
    }
    assert_eq!(names(found("verify", &["ghcr.io/Acme/App:1"], &[])), ["ghcr.io/acme/app:1"]);
    assert_eq!(names(found("verify", &["oci-layout:a, b\nc:1"], &[])), ["oci-layout:a, b\nc:1"]);
    // A word of nothing is not passed over, as it may be what an unset variable leaves.
    for nothing in [",", "# a", "[]", "\n"] {
        let error = found("verify", &["r.example/a:1", nothing], &[]).unwrap_err();
        assert!(matches!(error, Refused::Setting(ConfigError { fault: Fault::Empty, .. })), "{nothing}: {error:?}");
    }
    // All that is wrong is told at once.
    let wrong = found("verify", &["postgres:16 r.example/a:1 ***", ONE], &[]).unwrap().references.unwrap_err();
    assert_eq!(wrong.len(), 3, "{wrong:?}");
}

#[test]
fn an_empty_list_of_images_is_never_a_reason_to_look_elsewhere() {
    let ci = [
        ("DOCKER_METADATA_OUTPUT_JSON", "{\"tags\": [\"r.example/a:1\"]}"),
        ("INPUT_IMAGES", ""),
        ("GITHUB_ACTIONS", "true"),
    ];
    for variables in [&[][..], &ci, &[("SEALGATE_IMAGES", " \n ")]] {
        let error = found("verify", &[], variables).unwrap_err();
        assert!(matches!(error, Refused::Setting(ConfigError { fault: Fault::NoImages, .. })), "{error:?}");
    }
    let asked = found("verify", &["--images-from", "ci"], &ci).unwrap();
    assert_eq!(asked.sources[0].name, "DOCKER_METADATA_OUTPUT_JSON");
    assert_eq!(names(Ok(asked)), ["r.example/a:1"]);
    let error = found("verify", &["--images-from", "ci"], &[]).unwrap_err();
    assert!(matches!(&error, Refused::Images(error) if matches!(**error, SourceError::NoCi)), "{error:?}");
}

#[test]
fn a_file_that_a_build_wrote_is_read_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("any name");
    let path = path.to_str().unwrap();
    std::fs::write(path, format!("\u{feff}{{\"containerimage.digest\":\"{ONE}\",\"image.name\":\"r.example/a:1\"}}"))
        .unwrap();
    let images = found("sign", &["--images-from", path], &[]).unwrap();
    assert_eq!(
        images.sources,
        [ImageSource { name: path.to_owned(), format: images::Format::BuildMetadata, count: 1 }]
    );
    assert_eq!(names(Ok(images)), [format!("r.example/a:1@{ONE}")]);
    // Named beside others, and by the variable of GitHub Actions.
    let more = names(found("sign", &["r.example/b:2", "--images-from", path, "--images-from", path], &[]));
    assert_eq!(more, ["r.example/b:2".to_owned(), format!("r.example/a:1@{ONE}"), format!("r.example/a:1@{ONE}")]);
    let list =
        format!("{{\"version\":1,\"subjects\":[{{\"name\":\"r.example/c\",\"digest\":\"{TWO}\",\"kind\":\"oci\"}}]}}");
    std::fs::write(path, list).unwrap();
    let of_ci =
        names(found("sign", &["--images-from", "ci"], &[("GITHUB_ARTIFACTS_LIST", path), ("RESOURCE_URIS", "x")]));
    assert_eq!(of_ci, [format!("r.example/c@{TWO}")]);
    for (content, what) in [("", "Content"), ("{\"a\": 1}", "Content")] {
        std::fs::write(path, content).unwrap();
        let error = found("sign", &["--images-from", path], &[]).unwrap_err();
        assert!(format!("{error:?}").contains(what), "{error:?}");
    }
    let error = found("sign", &["--images-from", "none"], &[]).unwrap_err();
    assert!(matches!(&error, Refused::Images(error) if matches!(**error, SourceError::Read { .. })), "{error:?}");
}

#[test]
fn what_a_build_wrote_has_a_digest_before_it_is_signed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list");
    let path = path.to_str().unwrap();
    std::fs::write(path, "r.example/a:1\n").unwrap();
    let error = found("sign", &["--images-from", path], &[]).unwrap_err();
    assert!(matches!(&error, Refused::Images(error) if matches!(**error, SourceError::NoDigest { .. })), "{error:?}");
    assert_eq!(names(found("verify", &["--images-from", path], &[])), ["r.example/a:1"]);
    let with = names(found("sign", &["--images-from", path, "--digest", ONE], &[]));
    assert_eq!(with, [format!("r.example/a:1@{ONE}")]);
}

#[test]
fn a_digest_goes_to_the_names_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("digest");
    let path = path.to_str().unwrap();
    std::fs::write(path, format!("{ONE}\n")).unwrap();
    let tags = "r.example/a:1\nghcr.io/Acme/b";
    let expected = [format!("r.example/a:1@{ONE}"), format!("ghcr.io/acme/b@{ONE}")];
    for words in [[tags, "--digest", ONE], [tags, "--images-from", path]] {
        assert_eq!(names(found("sign", &words, &[])), expected);
        assert_eq!(names(found("verify", &words, &[])), expected);
    }
    assert_eq!(names(found("sign", &[tags, "--images-from", path, "--digest", ONE], &[])), expected);
    assert_eq!(names(found("sign", &["oci-layout:out:1", "--digest", ONE], &[])), [format!("oci-layout:out@{ONE}")]);
    let same = format!("r.example/a:1@{ONE}");
    assert_eq!(names(found("sign", &[&same, "--digest", ONE], &[])), [same.as_str()]);
    let refused = |words: &[&str]| match found("sign", words, &[]) {
        Err(Refused::Images(error)) => *error,
        other => panic!("{other:?}"),
    };
    assert!(matches!(refused(&[&same, "--digest", TWO]), SourceError::OtherDigest { .. }));
    assert!(matches!(refused(&[tags, "--images-from", path, "--digest", TWO]), SourceError::SeveralDigests { .. }));
    assert!(matches!(refused(&["--images-from", path]), SourceError::NoImage { .. }));
    let error = found("sign", &[tags, "--digest", "sha256:1"], &[]).unwrap_err();
    assert!(matches!(error, Refused::Setting(ConfigError { fault: Fault::NotDigest { .. }, .. })), "{error:?}");
}

#[test]
fn tags_that_end_in_a_digest_are_one_image_to_sign() {
    let glued = format!("r.example/a:1\nr.example/a:latest\nghcr.io/acme/a:1@{ONE}");
    let expected = ["r.example/a:1", "r.example/a:latest", "ghcr.io/acme/a:1"].map(|tag| format!("{tag}@{ONE}"));
    assert_eq!(names(found("sign", &[&glued], &[])), expected);
    assert_eq!(names(found("sign", &[], &[("GITHUB_ACTIONS", "true"), ("INPUT_IMAGES", &glued)])), expected);
    // A verdict is about what each name is: a tag is resolved.
    let verified = names(found("verify", &[&glued], &[]));
    assert_eq!(verified[..2], ["r.example/a:1", "r.example/a:latest"]);
    // Words that were given one by one are images of their own, and so are names with digests of their own.
    let apart = names(found("sign", &["r.example/a:1", &format!("r.example/b:2@{ONE}")], &[]));
    assert_eq!(apart[0], "r.example/a:1");
    // Neither is what was pinned without a tag, or goes by another name.
    for other in [format!("r.example/staging/a:2\nr.example/a@{ONE}"), format!("r.example/b:2\nr.example/a:1@{ONE}")] {
        assert!(!names(found("sign", &[&other], &[]))[0].contains('@'), "{other}");
    }
    let own = format!("r.example/a@{TWO} r.example/b:2 r.example/c@{ONE}");
    assert_eq!(names(found("sign", &[&own], &[]))[1], "r.example/b:2");
}

#[test]
fn a_password_in_front_of_a_name_is_never_shown() {
    for text in ["user:geheim@r.example/a:1", "user:ge,heim@r.example/a:1", "user:ge heim@r.example/a:1"] {
        for words in [&[text][..], &[text, "--digest", ONE], &["r.example/b:1", text]] {
            let told = match found("sign", words, &[]) {
                Ok(images) => format!("{:?}", images.references.unwrap_err()),
                Err(error) => format!("{error} {error:?}"),
            };
            assert!(!told.contains("geheim") && !told.contains("ge,") && !told.contains("heim"), "{told}");
        }
    }
}

#[test]
fn what_the_ci_system_says_is_read_in_its_own_form() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "\n").unwrap();
    let uris = format!("https://r.example/a@{ONE},https://r.example/b@{TWO}");
    // The file is empty where the runner has no such list.
    let variables = [("GITHUB_ARTIFACTS_LIST", empty.to_str().unwrap()), ("RESOURCE_URIS", &uris)];
    let of_ci = names(found("sign", &["--images-from", "ci"], &variables));
    assert_eq!(of_ci, [format!("r.example/a@{ONE}"), format!("r.example/b@{TWO}")]);
}

#[test]
fn standard_input_is_read_once() {
    for words in [
        &["--images-from", "-", "--password-stdin", "--username", "u"][..],
        &["--images-from", "-", "--images-from", "-"],
    ] {
        let error = found("verify", words, &[]).unwrap_err();
        let Refused::Setting(error) = error else { panic!("{error:?}") };
        assert!(matches!(error.fault, Fault::Excludes { .. } | Fault::StdinTwice), "{error:?}");
    }
}

#[test]
fn a_shard_is_a_part_of_the_images_in_the_order_of_their_names() {
    let taken = |shard: &str, variables: &[(&str, &str)]| {
        let words = ["r.example/c:1", "r.example/a:1", "r.example/b:1", "r.example/a:1", "--shard", shard];
        let images = found("verify", &words, variables).unwrap();
        let names: Vec<_> = images.references.unwrap().iter().map(ToString::to_string).collect();
        (names.join(" "), images.shard.unwrap().all)
    };
    assert_eq!(taken("1/2", &[]), ("r.example/a:1 r.example/c:1".to_owned(), 3));
    assert_eq!(taken("2/2", &[]), ("r.example/b:1".to_owned(), 3));
    assert_eq!(taken("4/4", &[]), (String::new(), 3));
    let gitlab = [("GITLAB_CI", "true"), ("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "2")];
    assert_eq!(taken("auto", &gitlab), ("r.example/b:1".to_owned(), 3));
    let wrong =
        |shard, variables: &[(&str, &str)]| match found("verify", &["r.example/a:1", "--shard", shard], variables)
            .unwrap_err()
        {
            Refused::Setting(ConfigError { fault: Fault::Shard { source, .. }, .. }) => *source,
            other => panic!("{other:?}"),
        };
    assert_eq!(wrong("3/2", &[]), ShardError::Form);
    assert_eq!(wrong("auto", &[("GITHUB_ACTIONS", "true")]), ShardError::NotSaid(CiSystem::GitHub));
    let zero = [("GITLAB_CI", "true"), ("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "2")];
    assert!(matches!(wrong("auto", &zero), ShardError::Variables { .. }));
}
