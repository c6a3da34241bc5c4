use super::super::task::{Config, Task};
use super::super::tests::resolved;
use super::*;
use crate::env::Env;

const ONE: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
const TRUST: [&str; 5] = ["verify", "--root", "r", "--identity", "*"];

fn verify(words: &[&str], variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    resolved(&[&TRUST[..], words].concat(), variables).map_err(|errors| match errors.into_iter().next() {
        Some(ResolveError::Setting(error)) => error,
        other => panic!("{other:?}"),
    })
}

/// The images of the run, and what is deployed of them.
fn images_of(words: &[&str], variables: &[(&str, &str)]) -> (Vec<String>, Deployment) {
    match verify(words, variables).unwrap().task {
        Task::Verify(settings) => {
            let images = settings.images.references.unwrap();
            (images.iter().map(ToString::to_string).collect(), settings.deploy.deployment())
        }
        other => panic!("{other:?}"),
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect()
}

fn fault(words: &[&str], variables: &[(&str, &str)]) -> (String, Fault) {
    let error = verify(words, variables).unwrap_err();
    (error.origin.to_string(), error.fault)
}

#[test]
fn each_image_is_verified_with_the_rest_and_once() {
    let two = ["--imagedefinitions", "app=r.example/a:1", "--imagedefinitions", "web=r.example/b:1"];
    let containers = pairs(&[("app", "r.example/a:1"), ("web", "r.example/b:1")]);
    let only = Deployment { containers: containers.clone(), detail: None };
    assert_eq!(images_of(&two, &[]), (vec!["r.example/a:1".to_owned(), "r.example/b:1".to_owned()], only.clone()));
    // The same in a variable.
    for list in ["app=r.example/a:1,web=r.example/b:1", "app=r.example/a:1\n web=r.example/b:1\n"] {
        let found = images_of(&[], &[("SEALGATE_IMAGEDEFINITIONS", list)]);
        assert_eq!(found, (vec!["r.example/a:1".to_owned(), "r.example/b:1".to_owned()], only.clone()));
    }
    let more = [
        &two[..],
        &[
            "--imagedefinitions",
            "c=r.example/a:1",
            "--image-detail",
            "r.example/b:1",
            "--",
            "r.example/b:1",
            "r.example/c:1",
        ],
    ]
    .concat();
    let (images, deployment) = images_of(&more, &[]);
    assert_eq!(images, ["r.example/b:1", "r.example/c:1", "r.example/a:1"]);
    assert_eq!(deployment.containers, [containers, pairs(&[("c", "r.example/a:1")])].concat());
    assert_eq!(deployment.detail.as_deref(), Some("r.example/b:1"));
    let (images, deployment) = images_of(&["--image-detail", "ghcr.io/Acme/App:1"], &[]);
    assert_eq!(
        (images, deployment.detail.as_deref()),
        (vec!["ghcr.io/acme/app:1".to_owned()], Some("ghcr.io/acme/app:1"))
    );
}

#[test]
fn a_digest_that_is_given_apart_belongs_to_what_is_deployed_too() {
    let words = ["--digest", ONE, "--imagedefinitions", "app=r.example/a", "--image-detail", "r.example/b:1"];
    let (images, deployment) = images_of(&words, &[]);
    let expected = [format!("r.example/a@{ONE}"), format!("r.example/b:1@{ONE}")];
    assert_eq!(images, expected);
    assert_eq!(
        (deployment.containers[0].1.as_str(), deployment.detail),
        (expected[0].as_str(), Some(expected[1].clone()))
    );
}

#[test]
fn only_verify_hears_which_images_are_deployed() {
    let variables =
        [("SEALGATE_IMAGEDEFINITIONS", "app=r.example/b:1"), ("SEALGATE_EXPORTS", "e"), ("SEALGATE_DEPLOY_DIR", "d")];
    let sign = resolved(&["sign", "r.example/a:1", "--key", "k", "--certificate-chain", "c"], &variables).unwrap();
    assert_eq!(sign.output.deploy, [DeployFile { kind: DeployKind::Exports, path: "e".into() }]);
    let Task::Sign(settings) = sign.task else { panic!() };
    assert_eq!(settings.images.references.unwrap().len(), 1);
    for command in ["list", "inspect"] {
        assert_eq!(resolved(&[command, "r.example/a:1"], &variables).unwrap().output.deploy, []);
    }
    assert_eq!(resolved(&["doctor"], &variables).unwrap().output.deploy, []);
    let files: Vec<_> = verify(&[], &variables).unwrap().output.deploy.into_iter().map(|file| file.path).collect();
    assert_eq!(files, [PathBuf::from("d/imagedefinitions.json"), PathBuf::from("e")]);
}

#[test]
fn a_job_on_gitlab_has_variables_for_later_jobs_beside_its_reports() {
    let file = |path: &str| DeployFile { kind: DeployKind::Dotenv, path: path.into() };
    let of = |words: &[&str], variables: &[(&str, &str)]| {
        resolved(&[words, &["--report-dir", "out"]].concat(), variables).unwrap().output.deploy
    };
    let gitlab = [("GITLAB_CI", "true"), ("HOME", "/h")];
    let sign = ["sign", "r.example/a:1", "--key", "k", "--certificate-chain", "c"];
    assert_eq!(of(&["verify", "r.example/a:1"], &gitlab), [file("out/sealgate.env")]);
    assert_eq!(of(&sign, &gitlab), [file("out/sealgate.env")]);
    // Other commands name no image, and other systems read no such file.
    assert_eq!(of(&["list", "r.example/a:1"], &gitlab), []);
    assert_eq!(of(&["doctor"], &gitlab), []);
    for other in [[("GITHUB_ACTIONS", "true"), ("HOME", "/h")], [("CI", "true"), ("HOME", "/h")]] {
        assert_eq!(of(&["verify", "r.example/a:1"], &other), []);
    }
    assert_eq!(verify(&["r.example/a:1"], &gitlab).unwrap().output.deploy, []);
    let same = [&gitlab[..], &[("SEALGATE_REPORT_DIR", "out")]].concat();
    let (_, found) = fault(&["r.example/a:1", "--exports", "out/sealgate.env"], &same);
    assert!(matches!(&found, Fault::SameFile { path, .. } if path == Path::new("out/sealgate.env")), "{found:?}");
}

#[test]
fn what_is_no_container_or_no_image_in_a_registry_is_refused() {
    let long = "c".repeat(256);
    let good = "c".repeat(255);
    let of = |value: &str| fault(&[&format!("--imagedefinitions={value}")], &[]).1;
    for name in ["", " app", "a b", "a.b", "a/b", "a\u{e9}", "\u{1f600}", "a\nb", "$(id)", long.as_str()] {
        assert_eq!(of(&format!("{name}=r.example/a:1")), Fault::NotContainer { found: name.to_owned() });
    }
    for pair in ["app", "r.example/a:1", "app=", "app= "] {
        assert_eq!(of(pair), Fault::NotDefinition { found: pair.to_owned() });
    }
    for name in ["a", "A-1_b", "-", good.as_str()] {
        assert!(verify(&[&format!("--imagedefinitions={name}=r.example/a:1")], &[]).is_ok(), "{name}");
    }
    let layout = Fault::LayoutDeployed { image: "oci-layout:x:1".to_owned() };
    assert_eq!(of("app=oci-layout:x:1"), layout);
    assert_eq!(fault(&["--image-detail", "oci-layout:x:1"], &[]), ("--image-detail".to_owned(), layout));
    let twice = ["--imagedefinitions", "a=r.example/a:1", "--imagedefinitions", "a=r.example/a:1"];
    assert_eq!(fault(&twice, &[]).1, Fault::SameContainer { container: "a".to_owned() });
    let variable = [("SEALGATE_IMAGEDEFINITIONS", "a=r.example/a:1,a=r.example/b:1")];
    assert_eq!(fault(&[], &variable).0, "SEALGATE_IMAGEDEFINITIONS");
    for flag in ["--imagedefinitions", "--image-detail", "--deploy-dir", "--exports"] {
        assert_eq!(fault(&["r.example/a:1", flag, ""], &[]), (flag.to_owned(), Fault::Empty));
    }
    // What an unset variable leaves is nothing, as everywhere.
    let empty = ["SEALGATE_IMAGEDEFINITIONS", "SEALGATE_IMAGE_DETAIL", "SEALGATE_DEPLOY_DIR", "SEALGATE_EXPORTS"]
        .map(|name| (name, ""));
    assert_eq!(verify(&["r.example/a:1"], &empty).unwrap().output.deploy, []);
    assert_eq!(fault(&[], &empty).1, Fault::NoImages);
}

#[test]
fn a_file_that_would_be_too_long_is_refused_before_anything_is_asked() {
    let list: Vec<_> = (0..1100).map(|number| format!("c{number}=r.example/a:1")).collect();
    let (_, fault) = fault(&[], &[("SEALGATE_IMAGEDEFINITIONS", &list.join("\n"))]);
    assert!(matches!(fault, Fault::NotDeployable(NotDeployable::TooLong { .. })), "{fault:?}");
    assert!(verify(&[], &[("SEALGATE_IMAGEDEFINITIONS", &list[..800].join("\n"))]).is_ok());
}

#[test]
fn a_file_that_is_read_or_written_for_something_else_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir_all(path("below/store")).unwrap();
    fs::write(path("file"), "x").unwrap();
    std::os::unix::fs::symlink("file", path("link")).unwrap();
    std::os::unix::fs::symlink("below", path("folder-link")).unwrap();
    let definitions = path("imagedefinitions.json");
    let deploy = ["--imagedefinitions", "a=r.example/a:1", "--deploy-dir", folder.path().to_str().unwrap()];
    let same = |words: &[&str], variables: &[(&str, &str)], other: &str, left: &[&str]| {
        let fault = fault(&[&["r.example/a:1"], words].concat(), variables).1;
        assert!(matches!(&fault, Fault::SameFile { other: found, .. } if found == other), "{words:?} {fault:?}");
        // What is somebody else's is not removed either.
        let words = [&TRUST[..], &["r.example/a:1"], words].concat();
        let environment = Env::of(variables);
        let cli = crate::cli::Cli::parse([&["sealgate"], &words[..]].concat()).unwrap();
        let files = cli.early_output(&environment, crate::ci::detect(&environment)).deploy;
        let found: Vec<_> = files.iter().map(|file| file.path.to_str().unwrap()).collect();
        assert_eq!(found, left, "{words:?}");
    };
    for (spelled, is_same) in
        [("file", true), ("./file", true), ("below/../file", true), ("folder-link/../file", true), ("other", false)]
    {
        let exports = path(spelled);
        for (flag, other) in
            [("--ca-file", "--ca-file"), ("--aws-root", "--aws-root"), ("--images-from", "--images-from")]
        {
            for read in ["file", "link"] {
                let words = ["--exports", &exports, flag, &path(read)];
                match is_same {
                    true => same(&words, &[], other, &[]),
                    // A list of images is read by then.
                    false if flag == "--images-from" => {}
                    false => assert!(verify(&[&["r.example/a:1"], &words[..]].concat(), &[]).is_ok()),
                }
            }
        }
    }
    let inside = path("below/store/file");
    same(&["--exports", &inside, "--trust-store", &path("below")], &[], "--trust-store", &[]);
    same(&["--exports", &path("file"), "--root", &path("file")], &[], "--root", &[]);
    // A key of another command is one too.
    same(&["--exports", &path("file")], &[("SEALGATE_KEY", &path("file"))], "SEALGATE_KEY", &[]);
    let reports = ["--exports", &path("report.md"), "--report-dir", folder.path().to_str().unwrap()];
    same(&reports, &[], "--report-dir", &[]);
    let code_quality = ["--exports", &path("gl-code-quality.json"), "--report-dir", folder.path().to_str().unwrap()];
    same(&code_quality, &[], "--report-dir", &[]);
    let mine = path("file");
    for (system, variable) in [
        (("GITHUB_ACTIONS", "true"), "GITHUB_OUTPUT"),
        (("GITHUB_ACTIONS", "true"), "GITHUB_STEP_SUMMARY"),
        (("GITHUB_ACTIONS", "true"), "GITHUB_ARTIFACTS"),
        (("CIRCLECI", "true"), "BASH_ENV"),
    ] {
        same(&["--exports", &mine], &[system, (variable, &mine)], variable, &[]);
    }
    same(&[&deploy[..], &["--exports", &definitions]].concat(), &[], "--imagedefinitions", &[&definitions]);
    same(&[&deploy[..], &["--ca-file", &definitions]].concat(), &[], "--ca-file", &[]);
}

#[test]
fn images_may_be_read_from_the_file_that_is_then_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("imagedefinitions.json");
    fs::write(&path, "[{\"name\":\"a\",\"imageUri\":\"r.example/a:1\"}]").unwrap();
    let words = [
        "--images-from",
        path.to_str().unwrap(),
        "--imagedefinitions",
        "a=r.example/a:1",
        "--deploy-dir",
        folder.path().to_str().unwrap(),
    ];
    assert_eq!(images_of(&words, &[]).0, ["r.example/a:1"]);
}

#[test]
fn what_is_no_file_is_refused_and_a_folder_needs_what_goes_there() {
    for path in ["-", "/", "a/", ".", "..", "a/.."] {
        let found = path.to_owned();
        assert_eq!(fault(&["r.example/a:1", "--exports", path], &[]).1, Fault::NotFile { found });
    }
    assert_eq!(fault(&["r.example/a:1", "--deploy-dir", "d"], &[]).1, Fault::Needs { other: "imagedefinitions" });
    // Of a variable it may be meant for another step of the job.
    assert_eq!(verify(&["r.example/a:1"], &[("SEALGATE_DEPLOY_DIR", "d")]).unwrap().output.deploy, []);
}

/// The files of a line that cannot be understood.
fn early(words: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
    let environment = Env::of(variables);
    let words: Vec<_> = words.iter().map(std::ffi::OsString::from).collect();
    let files = crate::cli::Cli::early_output_of(&words, &environment, crate::ci::detect(&environment)).deploy;
    files.into_iter().map(|file| file.path.to_str().unwrap().to_owned()).collect()
}

#[test]
fn the_files_of_a_line_that_cannot_be_understood_are_known() {
    let exports = [("SEALGATE_EXPORTS", "v")];
    for (words, variables, expected) in [
        (&["sealgate", "verify", "--no-such-flag", "--exports", "e"][..], &[][..], &["e"][..]),
        (&["sealgate", "verify", "--exports=e", "--exports=f"], &[], &["f"]),
        (&["sealgate", "verify", "--exports"], &[], &[]),
        (&["sealgate", "verify", "--exports", "--quiet"], &[], &[]),
        (&["sealgate", "verfy", "--exports", "e"], &[], &["e"]),
        (&["sealgate", "verify", "--bad", "--", "--exports", "e"], &[], &[]),
        (
            &["sealgate", "verify", "--imagedefinitions", "a", "--deploy-dir", "d", "--image-detail=x"],
            &[],
            &["d/imagedefinitions.json", "d/imageDetail.json"],
        ),
        (
            &["sealgate", "verify", "--imagedefinitions"],
            &[("SEALGATE_IMAGEDEFINITIONS", "a=b")],
            &["imagedefinitions.json"],
        ),
        (&["sealgate", "sign", "--bad"], &[("SEALGATE_IMAGEDEFINITIONS", "a=b"), ("SEALGATE_EXPORTS", "v")], &["v"]),
        (&["sealgate", "list", "--bad"], &exports, &[]),
        (&["sealgate"], &exports, &[]),
        (&["sealgate", "verify", "--bad", "--exports", "p", "--policy", "p"], &[], &[]),
        // An action that is asked for what it cannot do.
        (&[], &exports, &["v"]),
    ] {
        assert_eq!(early(words, variables), expected, "{words:?} {variables:?}");
    }
}
