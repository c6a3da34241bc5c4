//! Files that cannot be pinned, and what goes wrong while they are written.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use super::*;

/// The code and the line of all that is wrong with the files of a report.
fn problems(report: &Value) -> Vec<(String, u64)> {
    let files = report["files"].as_array().unwrap().iter();
    let all = files.flat_map(|file| file["problems"].as_array().unwrap());
    all.map(|problem| {
        (problem["code"].as_str().unwrap().to_owned(), problem["place"]["line"].as_u64().unwrap_or_default())
    })
    .collect()
}

#[test]
fn all_that_is_wrong_with_all_files_is_told_at_once_and_no_request_is_made() {
    let scene = Scene::new();
    scene.pod("good.yaml", &["v1"]);
    let pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n";
    let items = ["\"${TAG}\"", "{a: b}", "''", "5", "'{{ .Values.image }}'", "UPPER"];
    let items: String = items.iter().map(|image| format!("  - image: {image}\n")).collect();
    scene.sandbox.write("wrong.yaml", &format!("{pod}{items}"));
    scene.sandbox.write("twice.yaml", "services:\n  a: {image: a, image: b}\n");
    scene.sandbox.write("none.yaml", "apiVersion: v1\nkind: Service\n");
    scene.sandbox.write("what.yaml", "a: b\n");
    fs::write(scene.sandbox.path("latin1.yaml"), b"services: {a: {image: \xe9}}").unwrap();
    symlink("good.yaml", scene.sandbox.path("link.yaml")).unwrap();
    let files = ["good.yaml", "wrong.yaml", "twice.yaml", "none.yaml", "what.yaml", "latin1.yaml", "link.yaml", "k"];
    let asked = scene.registry.asked();
    let report = scene.pin(&[&["--write"], &files[..], &["missing.yaml"]].concat(), 3);
    let field = |line| ("image-field".to_owned(), line);
    let file = |line| ("deploy-file".to_owned(), line);
    let expected = [
        field(5),
        field(6),
        field(7),
        field(8),
        field(9),
        field(10),
        file(2),
        file(0),
        file(0),
        file(1),
        file(0),
        file(0),
        file(0),
    ];
    assert_eq!(problems(&report), expected);
    assert_eq!(scene.registry.asked(), asked);
    let text = scene.run(&["wrong.yaml"], 3).stdout;
    assert!(text.contains("line 5 column 12: spec.containers[0].image \"${TAG}\": a variable"), "{text}");
}

#[test]
fn a_file_is_one_however_it_is_written_and_a_hard_link_to_it_is_not_passed_over() {
    let scene = Scene::new();
    let text = scene.pod("a.yaml", &["v1"]);
    fs::hard_link(scene.sandbox.path("a.yaml"), scene.sandbox.path("b.yaml")).unwrap();
    let report = scene.pin(&["--write", "a.yaml", "b.yaml"], 3);
    assert_eq!(problems(&report), [("deploy-file".to_owned(), 0)]);
    assert_eq!((scene.sandbox.read("a.yaml"), scene.sandbox.read("b.yaml")), (text.clone(), text));
    let report = scene.pin(&["--write", "a.yaml", "./a.yaml"], 0);
    assert_eq!(report["files"].as_array().unwrap().len(), 1);
    assert!(scene.sandbox.read("a.yaml").contains(&scene.digest("v1")));
}

#[test]
fn what_stays_unpinned_is_allowed_by_its_exact_text_and_never_verified() {
    let scene = Scene::new();
    let text = format!("services:\n  a: {{image: '{}'}}\n  b: {{image: '${{B}}'}}\n", scene.registry.image("v1"));
    scene.sandbox.write("compose.yaml", &text);
    scene.pin(&["compose.yaml"], 3);
    scene.pin(&["compose.yaml", "--allow-unpinned", "B"], 3);
    let words = ["compose.yaml", "--write", "--allow-unpinned", "${B}", "--exports", "out.sh"];
    let report = scene.pin(&words, 0);
    assert_eq!(report["files"][0]["images"][1]["state"], "unpinned");
    assert_eq!(
        report["weakened"][0],
        json!({"setting": "allow-unpinned", "value": "${B}", "origin": "--allow-unpinned"})
    );
    assert!(scene.sandbox.read("compose.yaml").contains(&scene.digest("v1")));
    let exports = scene.sandbox.read("out.sh");
    assert!(
        exports.contains("RESULT=accepted-with-warnings\n") || exports.contains("RESULT='accepted-with-warnings'\n"),
        "{exports}"
    );
    // Nothing at all is verified.
    scene.sandbox.write("all.yaml", "services:\n  b: {image: '${B}'}\n");
    let report = scene.pin(&["all.yaml", "--allow-unpinned", "${B}"], 2);
    assert_eq!(report["error"]["code"], "no-images");
    let report = scene.pin(&["compose.yaml", "--allow-unpinned", "${B}", "--allow-unpinned", "${C}"], 0);
    assert_eq!(report["warnings"][0]["code"], "unused-allowance");
}

#[test]
fn a_file_that_changes_while_images_are_verified_keeps_all_files_as_they_are() {
    let scene = Scene::new();
    let first = scene.pod("a.yaml", &["v1"]);
    let second = scene.pod("b.yaml", &["v2"]);
    let path = scene.sandbox.path("b.yaml");
    let changed = second + "# changed\n";
    let content = changed.clone();
    scene.registry.before_answering(move || fs::write(path, content).unwrap());
    let report = scene.pin(&["--write", "a.yaml", "b.yaml"], 3);
    assert_eq!(report["error"]["code"], "file");
    assert!(report["error"]["message"].as_str().unwrap().contains("nothing was changed"), "{report}");
    assert_eq!((scene.sandbox.read("a.yaml"), scene.sandbox.read("b.yaml")), (first, changed));
    assert!(unfinished(&scene.sandbox.path(".")).is_empty());
}

#[test]
fn modes_stay_and_a_folder_that_cannot_be_written_to_changes_nothing() {
    let scene = Scene::new();
    let first = scene.pod("a/pod.yaml", &["v1"]);
    let second = scene.pod("b/pod.yaml", &["v1"]);
    let mode =
        |name: &str, mode| fs::set_permissions(scene.sandbox.path(name), fs::Permissions::from_mode(mode)).unwrap();
    mode("a/pod.yaml", 0o640);
    // Root may write everywhere, but for a folder of devices.
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if !is_root {
        mode("b", 0o555);
        let report = scene.pin(&["--write", "a/pod.yaml", "b/pod.yaml"], 3);
        mode("b", 0o755);
        assert_eq!(report["error"]["code"], "file");
        let now = (scene.sandbox.read("a/pod.yaml"), scene.sandbox.read("b/pod.yaml"));
        assert_eq!(now, (first, second));
        assert!(unfinished(&scene.sandbox.path("a")).is_empty());
    }
    scene.pin(&["--write", "a/pod.yaml", "b/pod.yaml"], 0);
    let found = fs::metadata(scene.sandbox.path("a/pod.yaml")).unwrap().permissions().mode();
    assert_eq!(found & 0o777, 0o640);
}

#[test]
fn a_report_that_cannot_be_written_keeps_all_files_as_they_are() {
    let scene = Scene::new();
    let before = scene.pod("pod.yaml", &["v1"]);
    fs::create_dir_all(scene.sandbox.path("taken/report.html")).unwrap();
    fs::create_dir(scene.sandbox.path("output")).unwrap();
    scene.sandbox.write("file", "x").write("outputs", "");
    let path = |name: &str| scene.sandbox.path(name).to_str().unwrap().to_owned();
    for (folder, outputs, exit) in [
        ("file", "outputs", 3),
        ("file/below", "outputs", 3),
        ("taken", "outputs", 3),
        ("reports", "output", 3),
        ("reports", "outputs", 0),
    ] {
        let words = ["--write", "pod.yaml", "--report-dir", folder, "--format", "json"];
        let answer = scene
            .sandbox
            .sealgate(&[&["pin"], &TRUST[..], &words].concat())
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_OUTPUT", &path(outputs))
            .exits(exit);
        let (report, now) = (report(&answer), scene.sandbox.read("pod.yaml"));
        assert_eq!(now == before, exit == 3, "{folder} {outputs}");
        match exit {
            0 => assert!(report["files"][0]["written"] == true && report["error"].is_null(), "{report:#}"),
            _ => assert!(report["files"][0]["written"] != true && report["error"]["code"] == "file", "{report:#}"),
        }
    }
    assert!(unfinished(&scene.sandbox.path(".")).is_empty());
}

#[test]
fn a_full_disk_leaves_every_file_as_it_was() {
    let scene = Scene::new();
    let first = scene.pod("a.yaml", &["v1"]);
    // Files longer than a limit cannot be written, as on a full disk.
    let second = scene.pod("b.yaml", &["v1"]) + &"#".repeat(200_000) + "\n";
    scene.sandbox.write("b.yaml", &second);
    let words = [&["pin"], &TRUST[..], &["--write", "--format", "json", "a.yaml", "b.yaml"]].concat();
    let command = scene.sandbox.sealgate(&words).into_command();
    let mut limited = Command::new("/bin/sh");
    limited.arg("-c").arg("ulimit -f 100; exec \"$@\"").arg("sh").arg(command.get_program()).args(command.get_args());
    limited
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", scene.sandbox.path("."))
        .current_dir(scene.sandbox.path("."));
    let output = limited.output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["error"]["code"], "file", "{report}");
    assert_eq!((scene.sandbox.read("a.yaml"), scene.sandbox.read("b.yaml")), (first, second));
    assert!(unfinished(&scene.sandbox.path(".")).is_empty());
}

#[test]
fn large_files_and_bombs_come_to_an_end() {
    let scene = Scene::new();
    let pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: IMAGE}]}\n---\n";
    let pod = pod.replace("IMAGE", &scene.registry.image("v1"));
    scene.sandbox.write("many.yaml", &pod.repeat(10_000));
    let report = scene.pin(&["--write", "many.yaml"], 0);
    assert_eq!(report["artifacts"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&report["files"][0]["images_omitted"], report["files"][0]["images"].as_array().unwrap().len()),
        (&json!(5000), 5000)
    );
    assert_eq!(scene.sandbox.read("many.yaml").matches("@sha256:").count(), 10_000);

    let line = format!("#{}\n", "x".repeat(1022));
    let document = pod + &line.repeat(1024);
    scene.sandbox.write("large.yaml", &document.repeat(50));
    scene.pin(&["--write", "large.yaml"], 0);
    scene.sandbox.write("too-large.yaml", &document.repeat(66));
    let mut bomb = String::from("a: &a [x]\n");
    for (one, next) in ('a'..='y').zip('b'..='z') {
        bomb += &format!("{next}: &{next} [*{one},*{one},*{one},*{one},*{one},*{one},*{one},*{one},*{one}]\n");
    }
    scene.sandbox.write("bomb.yaml", &(bomb + "services: {a: {image: b}}\n"));
    let report = scene.pin(&["too-large.yaml", "bomb.yaml"], 3);
    assert_eq!(problems(&report).len(), 2);
}
