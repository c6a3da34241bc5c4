//! Files that later steps deploy from: there after a run that ended well, and gone after any other.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::aws_scene::{layout, report, says};
use crate::layout_registry::LayoutRegistry;
use crate::sealgate::{Answer, Sandbox, mkfifo};

/// A key, and a registry with images that are signed (`good`, `fine`), one that is not (`bare`).
struct Scene {
    sandbox: Sandbox,
    registry: LayoutRegistry,
}

/// The names of the files, and the flags that ask for them.
const DEFINITIONS: &str = "imagedefinitions.json";
const DETAIL: &str = "imageDetail.json";
const EXPORTS: &str = "exports.sh";
const FILES: [&str; 3] = [DEFINITIONS, DETAIL, EXPORTS];

const TRUST: [&str; 4] = ["--root", "k/a-ca.crt", "--identity", "*"];

impl Scene {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.sealgate(&["key", "generate", "--out", "k", "--name", "a"]).exits(0);
        layout(&sandbox.path("l"), &["good", "fine", "bare"]);
        for image in ["oci-layout:l:good", "oci-layout:l:fine"] {
            sandbox.sealgate(&["sign", "--key", "k/a.key", "--certificate-chain", "k/a.crt", image]).exits(0);
        }
        let registry = LayoutRegistry::of(sandbox.path("l"));
        Self { sandbox, registry }
    }

    fn image(&self, tag: &str) -> String {
        self.registry.image(tag)
    }

    /// The same by digest.
    fn by_digest(&self, tag: &str) -> String {
        let index: Value = serde_json::from_str(&self.sandbox.read("l/index.json")).unwrap();
        let entries = index["manifests"].as_array().unwrap();
        let is_it = |entry: &&Value| entry["annotations"]["org.opencontainers.image.ref.name"] == tag;
        let digest = entries.iter().find(is_it).unwrap()["digest"].as_str().unwrap();
        format!("{}/app@{digest}", self.registry.host)
    }

    /// The flags of all files, for one image.
    fn all(&self, tag: &str) -> Vec<String> {
        let image = self.image(tag);
        ["--imagedefinitions", &format!("app={image}"), "--image-detail", &image, "--exports", EXPORTS]
            .map(str::to_owned)
            .to_vec()
    }

    /// Puts files there that an earlier run might have left.
    fn leave(&self) {
        FILES.iter().for_each(|name| {
            self.sandbox.write(name, "old");
        });
    }

    /// The files that are there.
    fn left(&self) -> Vec<&'static str> {
        FILES.into_iter().filter(|name| fs::symlink_metadata(self.sandbox.path(name)).is_ok()).collect()
    }

    #[track_caller]
    fn verify(&self, words: &[&str], code: i32) -> Answer {
        self.sandbox.sealgate(&[&["verify"], &TRUST[..], words].concat()).exits(code)
    }
}

fn strs(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

#[test]
fn images_that_passed_are_written_by_digest() {
    let scene = Scene::new();
    let (good, fine) = (scene.image("good"), scene.by_digest("fine"));
    let web = format!("web={fine}");
    let answer = scene.verify(&[&strs(&scene.all("good"))[..], &["--imagedefinitions", &web]].concat(), 0);
    let expected = json!([
        {"name": "app", "imageUri": scene.by_digest("good")},
        {"name": "web", "imageUri": fine},
    ]);
    assert_eq!(serde_json::from_str::<Value>(&scene.sandbox.read(DEFINITIONS)).unwrap(), expected);
    let detail = json!({"ImageURI": scene.by_digest("good")});
    assert_eq!(serde_json::from_str::<Value>(&scene.sandbox.read(DETAIL)).unwrap(), detail);
    let exports = scene.sandbox.read(EXPORTS);
    assert!(
        exports.contains(&format!("export SEALGATE_OUTPUT_IMAGES='[\"{}\",\"{fine}\"]'\n", scene.by_digest("good"))),
        "{exports}"
    );
    assert!(
        exports.starts_with("unset ") && exports.contains("export SEALGATE_OUTPUT_RESULT='verified'\n"),
        "{exports}"
    );
    for name in FILES {
        assert_eq!(fs::metadata(scene.sandbox.path(name)).unwrap().permissions().mode() & 0o777, 0o644, "{name}");
        assert!(answer.stderr.contains(&format!("wrote {name}\n")), "{}", answer.stderr);
    }
    // Each image once.
    says(&answer.stdout, &["2 images: 2 verified"]);
    let quiet = scene.verify(&["--quiet", "--image-detail", &good], 0);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    // What was written is read again, and its images are those that are verified.
    let again = scene.verify(
        &["--images-from", DEFINITIONS, "--images-from", DETAIL, "--format", "json", "--image-detail", &good],
        0,
    );
    assert_eq!(report(&again)["image_sources"].as_array().unwrap().len(), 2);
}

#[test]
fn a_shell_goes_on_with_the_image_and_not_after_a_refusal() {
    let scene = Scene::new();
    let run = |tag: &str| {
        let image = scene.image(tag);
        let sealgate = scene.sandbox.sealgate(&[]).into_command();
        let line = r#""$0" verify --root k/a-ca.crt --identity '*' --exports exports.sh -- "$1" && . ./exports.sh; code=$?
            printf '%s|%s' "$code" "${SEALGATE_OUTPUT_IMAGE-none}""#;
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).arg(sealgate.get_program()).arg(image).current_dir(scene.sandbox.path(""));
        let output = shell.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", "/h").output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().last().unwrap().to_owned()
    };
    assert_eq!(run("good"), format!("0|{}", scene.by_digest("good")));
    assert_eq!(run("bare"), "11|none");
}

#[test]
fn what_was_signed_is_exported_too() {
    let scene = Scene::new();
    layout(&scene.sandbox.path("n"), &["new"]);
    let sign =
        ["sign", "--key", "k/a.key", "--certificate-chain", "k/a.crt", "--exports", EXPORTS, "--report-dir", "out's"];
    let layout_image = "oci-layout:n:new";
    scene.sandbox.sealgate(&[&sign[..], &[layout_image]].concat()).exits(0);
    let exports = scene.sandbox.read(EXPORTS);
    says(
        &exports,
        &[
            "export SEALGATE_OUTPUT_RESULT='signed'\n",
            "export SEALGATE_OUTPUT_IMAGE='oci-layout:n@sha256:",
            "out'\\''s/report.json'\n",
        ],
    );
    scene.sandbox.sealgate(&[&sign[..], &["oci-layout:n:none"]].concat()).exits(6);
    assert_eq!(scene.left(), [""; 0]);
}

/// The words, the variables, the exit code, and what the run says of files that were left.
#[test]
fn nothing_is_left_at_any_end_but_a_good_one() {
    let scene = Scene::new();
    scene.sandbox.write("policy.json", "{");
    scene.sandbox.write("taken", "");
    scene.sandbox.write("c.yaml", "expiri: x\n");
    let (good, bare, none) = (scene.all("good"), scene.all("bare"), scene.all("none"));
    let (refused, another) = (scene.image("bare"), format!("x={}", scene.image("bare")));
    let (good, bare, none) = (strs(&good), strs(&bare), strs(&none));
    let with = |words: &[&'static str]| [&good[..], words].concat();
    type Variables = &'static [(&'static str, &'static str)];
    let table: Vec<(Vec<&str>, Variables, i32)> = vec![
        (bare, &[], 11),
        (none, &[], 6),
        ([&good[..], &["--", &refused]].concat(), &[], 11),
        ([&good[..], &["--imagedefinitions", &another]].concat(), &[], 11),
        // Told at once, unlike a host that refuses connections for a while.
        (with(&["--", "no-such-registry.invalid/app:1"]), &[], 4),
        (with(&["--identity", "x509.subject: C=US, ST=WA, O=Other"]), &[], 3),
        (with(&["--policy", "policy.json"]), &[], 2),
        (with(&["--timeout", "x"]), &[], 2),
        (with(&["--timeout", "1s", "--timeout", "2s"]), &[], 2),
        (with(&["--no-such-flag"]), &[], 2),
        (with(&["--", "Not/An:Image:"]), &[], 2),
        (with(&["--imagedefinitions", "a b=r.example/a:1"]), &[], 2),
        (with(&["--images-from", "missing"]), &[], 3),
        (with(&["--config", "c.yaml"]), &[], 3),
        (with(&["--config", "missing.yaml"]), &[], 3),
        (with(&["--report-dir", "taken"]), &[], 3),
        (with(&[]), &[("SEALGATE_TYPO", "x")], 3),
        (with(&[]), &[("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", "taken/out")], 3),
        (with(&["--digest", "x"]), &[], 2),
        (with(&["--commit-status"]), &[], 3),
    ];
    for (words, variables, code) in table {
        for format in ["text", "json"] {
            scene.leave();
            let line = [&["verify"], &TRUST[..], &["--format", format], &words].concat();
            let run = scene.sandbox.sealgate(&line);
            let answer = variables.iter().fold(run, |run, (name, value)| run.env(name, value)).exits(code);
            assert_eq!(scene.left(), [""; 0], "{words:?}");
            let is_late = words.contains(&"taken") || variables.iter().any(|(_, value)| *value == "taken/out");
            for name in FILES {
                let text = format!("{name} was there before this run, and was removed");
                let told = format!("{}{}", answer.stdout, answer.stderr);
                // The verdict was good when the report was written.
                assert!(is_late || told.contains(&text), "{words:?}: {told}");
                if format == "json" && !is_late {
                    let warnings = report(&answer)["warnings"].as_array().unwrap().clone();
                    let is_it = |one: &&Value| {
                        one["code"] == "stale-deploy-file" && one["text"].as_str().unwrap().contains(name)
                    };
                    assert_eq!(warnings.iter().filter(is_it).count(), 1, "{words:?}");
                }
            }
        }
    }
    scene.leave();
    scene.verify(&good, 0);
    assert_eq!(scene.left(), FILES);
    assert!(FILES.iter().all(|name| scene.sandbox.read(name) != "old"));
}

#[test]
fn a_file_of_an_earlier_run_is_gone_before_anything_is_asked() {
    let scene = Scene::new();
    // A registry that never answers: what ends the run then cannot clean up.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let waiting = format!("{}/app:v1", silent.local_addr().unwrap());
    for signal in ["-KILL", "-INT", "-TERM"] {
        scene.leave();
        let all = scene.all("good");
        let words = [&["verify"], &TRUST[..], &strs(&all), &["--", &waiting]].concat();
        let mut command = scene.sandbox.sealgate(&words).into_command();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let _asked = silent.accept().unwrap();
        assert_eq!(scene.left(), [""; 0]);
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let expected = match signal {
            "-KILL" => None,
            "-INT" => Some(130),
            _ => Some(143),
        };
        assert_eq!(child.wait().unwrap().code(), expected, "{stderr}");
        assert_eq!(scene.left(), [""; 0]);
    }
}

#[test]
fn a_run_that_is_told_to_end_while_settings_are_read_leaves_nothing() {
    let scene = Scene::new();
    mkfifo(&scene.sandbox.path("pipe"));
    scene.leave();
    let all = scene.all("good");
    let words = [&["verify"], &TRUST[..], &strs(&all), &["--images-from", "pipe"]].concat();
    let mut command = scene.sandbox.sealgate(&words).into_command();
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Opening it waits for the run that reads it.
    let _open = fs::File::options().write(true).open(scene.sandbox.path("pipe")).unwrap();
    assert_eq!(scene.left(), FILES, "images may be read from there");
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(143));
    assert_eq!(scene.left(), [""; 0]);
}

#[test]
fn a_link_is_replaced_or_removed_and_what_it_leads_to_stays() {
    let scene = Scene::new();
    scene.sandbox.write("other", "other").write("folder/kept", "kept");
    for target in ["other", "dangling", "folder"] {
        for (tag, code) in [("good", 0), ("bare", 11)] {
            for name in FILES {
                let _none = fs::remove_file(scene.sandbox.path(name));
                symlink(target, scene.sandbox.path(name)).unwrap();
            }
            scene.verify(&strs(&scene.all(tag)), code);
            let is_file = |name: &str| fs::symlink_metadata(scene.sandbox.path(name)).unwrap().is_file();
            match code {
                0 => assert!(FILES.into_iter().all(is_file), "{target}"),
                _ => assert_eq!(scene.left(), [""; 0], "{target}"),
            }
            assert_eq!(
                (scene.sandbox.read("other").as_str(), scene.sandbox.read("folder/kept").as_str()),
                ("other", "kept")
            );
            assert!(!scene.sandbox.path("dangling").exists());
        }
    }
    fs::hard_link(scene.sandbox.path("other"), scene.sandbox.path(EXPORTS)).unwrap();
    scene.verify(&["--exports", EXPORTS, &scene.image("good")], 0);
    assert_eq!(scene.sandbox.read("other"), "other");
}

#[test]
fn what_cannot_be_written_is_refused_before_the_registry_is_asked() {
    let scene = Scene::new();
    let (sandbox, image) = (&scene.sandbox, scene.image("good"));
    let definition = format!("app={image}");
    fs::create_dir_all(sandbox.path("taken/imagedefinitions.json/x")).unwrap();
    fs::create_dir(sandbox.path("exports-folder")).unwrap();
    sandbox.write("file", "x");
    mkfifo(&sandbox.path("pipe"));
    let folder =
        |folder: &'static str| ["--imagedefinitions", &definition, "--deploy-dir", folder].map(str::to_owned).to_vec();
    let exports = |file: &'static str| ["--exports", file, &image].map(str::to_owned).to_vec();
    let reported = |at: &str| [folder("made"), vec!["--report-dir".to_owned(), at.to_owned()]].concat();
    for (words, code, said) in [
        (folder("taken"), 3, "not a regular file but a folder"),
        (folder("file/below"), 3, "Not a directory"),
        (folder("/proc/none"), 3, "cannot write /proc/none/imagedefinitions.json"),
        (exports("exports-folder"), 3, "not a regular file but a folder"),
        (exports("missing/exports.sh"), 3, "No such file"),
        (exports("file/exports.sh"), 3, "Not a directory"),
        (exports("pipe"), 3, "not a regular file but a pipe"),
        (exports("/dev/null"), 3, "in a folder of devices"),
        (exports("/dev/stdout"), 3, "in a folder of devices"),
        (exports("-"), 2, "expected the name of a file to write, got `-`"),
        (exports("k/"), 2, "expected the name of a file to write, got `k/`"),
        (exports("k/a-ca.crt"), 2, "it is the file of --root as well"),
        (reported("made/imagedefinitions.json"), 2, "it is the file of --report-dir as well"),
        (reported("made/imagedefinitions.json/below"), 2, "it is the file of --report-dir as well"),
    ] {
        let answer = scene.verify(&strs(&words), code);
        says(&answer.stderr, &[said, "\n  help: "]);
        assert_eq!((scene.registry.asked(), sandbox.path("missing").exists()), (0, false), "{words:?}");
    }
    assert!(sandbox.path("k/a-ca.crt").exists() && sandbox.path("taken/imagedefinitions.json/x").exists());
    assert!(fs::symlink_metadata("/dev/stdout").is_ok());
    scene.verify(&strs(&folder("made/here")), 0);
    assert!(sandbox.path("made/here/imagedefinitions.json").exists());
}

#[test]
fn a_folder_that_is_not_writable_is_refused_and_what_is_left_there_told() {
    let scene = Scene::new();
    let locked = scene.sandbox.path("locked");
    scene.sandbox.write("locked/exports.sh", "old");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
    // Nothing is locked for who may do everything.
    let is_locked = fs::write(locked.join("probe"), "").is_err();
    if is_locked {
        let image = scene.image("good");
        let answer = scene.verify(&["--exports", "locked/exports.sh", &image], 3);
        says(&answer.stderr, &["cannot remove locked/exports.sh", "a later step must not deploy from it", "help: "]);
        let usage = scene.verify(&["--exports", "locked/exports.sh", &image, "--timeout", "x"], 2);
        says(&usage.stderr, &["error[usage]", "warning[file]: cannot remove locked/exports.sh"]);
        fs::remove_file(scene.sandbox.path("locked/exports.sh")).unwrap_err();
        let answer = scene.verify(&["--exports", "locked/another.sh", &image], 3);
        says(&answer.stderr, &["cannot write locked/another.sh", "Permission denied"]);
        assert_eq!(scene.registry.asked(), 0);
    }
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn an_image_that_is_deployed_is_never_skipped() {
    let scene = Scene::new();
    let statement = json!({"name": "none", "registryScopes": ["*"], "signatureVerification": {"level": "skip"}});
    scene.sandbox.write("p.json", &json!({"version": "1.0", "trustPolicies": [statement]}).to_string());
    let image = scene.image("good");
    let run = |words: &[&str], code| {
        let line = ["verify", "--policy", "p.json", "--trust-store", "none", "--allow-skip", "--exports", EXPORTS];
        scene.leave();
        scene.sandbox.sealgate(&[&line[..], words].concat()).exits(code)
    };
    for more in [&[][..], &["--wait", "1s"]] {
        let refused = run(&[&["--image-detail", &image], more].concat(), 10);
        says(&refused.stdout, &["has the level skip, and only what was checked is deployed", "stale-deploy-file"]);
        assert_eq!(scene.left(), [DEFINITIONS], "it was not asked for");
    }
    // Who asks for no file has what was allowed, and no image in the outputs.
    run(&[&image], 0);
    let exports = scene.sandbox.read(EXPORTS);
    says(&exports, &["export SEALGATE_OUTPUT_RESULT='skipped'\n", "unset "]);
    assert!(!exports.contains("export SEALGATE_OUTPUT_IMAGE"), "{exports}");
}

#[test]
fn a_wait_deploys_the_digest_that_was_verified() {
    let scene = Scene::new();
    scene.verify(&[&strs(&scene.all("good"))[..], &["--wait", "1m"]].concat(), 0);
    let detail = json!({"ImageURI": scene.by_digest("good")});
    assert_eq!(serde_json::from_str::<Value>(&scene.sandbox.read(DETAIL)).unwrap(), detail);
}

#[test]
fn settings_of_files_and_inputs_ask_for_the_same_files() {
    let scene = Scene::new();
    let image = scene.image("good");
    scene.sandbox.write("c.yaml", &format!("imagedefinitions:\n  - app={image}\nexports: exports.sh\ndeploy-dir: d\n"));
    scene.verify(&["--config", "c.yaml"], 0);
    assert!(scene.sandbox.path("d/imagedefinitions.json").exists() && scene.left() == [EXPORTS]);
    // Files that a configuration file names go as well, where that can be read.
    scene.verify(&["--config", "c.yaml", "--timeout", "x"], 2);
    assert!(!scene.sandbox.path("d/imagedefinitions.json").exists() && scene.left().is_empty());
    let run = scene.sandbox.sealgate(&[]).env("GITHUB_ACTIONS", "true").env("INPUT_COMMAND", "verify");
    let run = run.env("INPUT_ROOT", "k/a-ca.crt").env("INPUT_IDENTITY", "*").env("INPUT_IMAGE-DETAIL", &image);
    run.env("INPUT_EXPORTS", EXPORTS).exits(0);
    assert_eq!(scene.left(), [DETAIL, EXPORTS]);
    let run = scene.sandbox.sealgate(&[]).env("GITHUB_ACTIONS", "true").env("INPUT_COMMAND", "verfy");
    run.env("INPUT_IMAGE-DETAIL", &image).env("INPUT_EXPORTS", EXPORTS).exits(3);
    assert_eq!(scene.left(), [""; 0]);
}

#[test]
fn help_and_other_commands_touch_nothing() {
    let scene = Scene::new();
    scene.leave();
    let image = scene.image("good");
    for words in [&["verify", "--help"][..], &["list", &image], &["version"], &["list", "--bad"], &["demo", "--bad"]] {
        let mut command = scene
            .sandbox
            .sealgate(words)
            .env("SEALGATE_EXPORTS", EXPORTS)
            .env("SEALGATE_IMAGE_DETAIL", &image)
            .into_command();
        command.output().unwrap();
        assert_eq!(scene.left(), FILES, "{words:?}");
    }
}

#[test]
fn what_is_being_written_when_a_run_is_told_to_end_is_whole_or_gone() {
    let scene = Scene::new();
    let all = scene.all("good");
    let words = [&["verify"], &TRUST[..], &strs(&all)].concat();
    for signal in ["-TERM", "-INT"] {
        scene.leave();
        let mut command = scene.sandbox.sealgate(&words).into_command();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        // The verdict is told, and then the files are written.
        stderr.read_line(&mut line).unwrap();
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        match child.wait().unwrap().code() {
            Some(0) => assert_eq!(scene.left(), FILES, "{line}{rest}"),
            Some(130 | 143) => assert_eq!(scene.left(), [""; 0], "{line}{rest}"),
            other => panic!("{other:?}: {line}{rest}"),
        }
        let hidden = fs::read_dir(scene.sandbox.path(""))
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".sealgate-"));
        assert_eq!(hidden.count(), 0);
    }
}

/// While a run goes on, others may take the place of a file that it is to write.
#[test]
fn a_run_that_cannot_write_a_file_to_deploy_from_names_no_image_anywhere() {
    let scene = Scene::new();
    let (sandbox, all) = (&scene.sandbox, scene.all("good"));
    let words = [&["verify", "--report-dir", "r"], &TRUST[..], &strs(&all)].concat();
    for (system, variable) in
        [(("GITHUB_ACTIONS", "true"), "GITHUB_OUTPUT"), (("CIRCLECI", "true"), "BASH_ENV"), (("TF_BUILD", "True"), "X")]
    {
        let (taken, told) = (sandbox.path(DETAIL), sandbox.path("told"));
        sandbox.write("told", "");
        let place = taken.clone();
        scene.registry.before_answering(move || fs::create_dir(place).unwrap());
        let run = sandbox.sealgate(&words).env(system.0, system.1).env(variable, told.to_str().unwrap());
        let answer = run.exits(3);
        says(&answer.stderr, &["cannot write imageDetail.json"]);
        let heard = sandbox.read("told") + &answer.stderr;
        assert!(heard.contains("error") && !heard.contains("@sha256:"), "{heard}");
        fs::remove_dir(taken).unwrap();
        assert_eq!(scene.left(), [""; 0], "{system:?}");
    }
}

/// The other way around: what is told cannot be written, so there is nothing to deploy from.
#[test]
fn a_run_whose_outputs_cannot_be_written_leaves_no_file_to_deploy_from() {
    let scene = Scene::new();
    let all = scene.all("good");
    let words = [&["verify"], &TRUST[..], &strs(&all)].concat();
    fs::create_dir(scene.sandbox.path("told")).unwrap();
    let told = scene.sandbox.path("told");
    let run = scene.sandbox.sealgate(&words).env("GITHUB_ACTIONS", "true").env("GITHUB_OUTPUT", told.to_str().unwrap());
    says(&run.exits(3).stderr, &["not a regular file but a folder"]);
    assert_eq!(scene.left(), [""; 0]);
}
