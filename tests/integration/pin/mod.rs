//! `pin`: what becomes of deploy files, in all cases all or nothing.

mod faults;
mod streams;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::aws_scene::{layout, report};
use crate::layout_registry::LayoutRegistry;
use crate::sealgate::{Answer, Sandbox};

/// A registry with a signed image, an unsigned one, and the key's root.
struct Scene {
    sandbox: Sandbox,
    registry: LayoutRegistry,
}

const TRUST: [&str; 4] = ["--root", "k/x-ca.crt", "--identity", "*"];

impl Scene {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.sealgate(&["key", "generate", "--out", "k", "--name", "x"]).exits(0);
        layout(&sandbox.path("app"), &["v1", "v2", "unsigned"]);
        let registry = LayoutRegistry::of(sandbox.path("app"));
        let scene = Self { sandbox, registry };
        scene.sign("v1");
        scene.sign("v2");
        scene
    }

    fn sign(&self, tag: &str) {
        let key = ["sign", "--key", "k/x.key", "--certificate-chain", "k/x.crt", &format!("oci-layout:app:{tag}")];
        self.sandbox.sealgate(&key).exits(0);
    }

    /// An image of the registry by digest.
    fn digest(&self, tag: &str) -> String {
        let index: Value = serde_json::from_str(&self.sandbox.read("app/index.json")).unwrap();
        let entries = index["manifests"].as_array().unwrap();
        let is_it = |entry: &&Value| entry["annotations"]["org.opencontainers.image.ref.name"] == tag;
        entries.iter().find(is_it).unwrap()["digest"].as_str().unwrap().to_owned()
    }

    /// A manifest of Kubernetes with these images of the registry.
    fn pod(&self, name: &str, tags: &[&str]) -> String {
        let image = |tag: &&str| {
            let image = self.registry.image(tag);
            format!("  - name: {tag}\n    image: {image} # keep\n")
        };
        let text =
            format!("apiVersion: v1\nkind: Pod\nspec:\n  containers:\n{}", tags.iter().map(image).collect::<String>());
        self.sandbox.write(name, &text);
        text
    }

    fn pin(&self, words: &[&str], exit: i32) -> Value {
        report(&self.run(&[words, &["--format", "json"]].concat(), exit))
    }

    fn run(&self, words: &[&str], exit: i32) -> Answer {
        self.sandbox.sealgate(&[&["pin"], &TRUST[..], words].concat()).exits(exit)
    }
}

/// What a folder holds besides what was put there.
fn unfinished(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(".sealgate-")).collect()
}

#[test]
fn changes_are_shown_and_nothing_is_written_by_default() {
    let scene = Scene::new();
    let before = scene.pod("pod.yaml", &["v1", "v2"]);
    let (host, v1, v2) = (&scene.registry.host, scene.digest("v1"), scene.digest("v2"));
    let told = scene.run(&["pod.yaml"], 0).stdout;
    let diff = format!(
        "--- a/pod.yaml\n+++ b/pod.yaml\n@@ -3,6 +3,6 @@\n spec:\n   containers:\n   - name: v1\n\
         -    image: {host}/app:v1 # keep\n+    image: {host}/app:v1@{v1} # keep\n   - name: v2\n\
         -    image: {host}/app:v2 # keep\n+    image: {host}/app:v2@{v2} # keep\n"
    );
    let hunk = diff.split_once("@@").unwrap().1;
    assert!(told.contains(hunk), "{told}\n{hunk}");
    assert!(told.contains("\nfile pod.yaml (kubernetes): 2 images: 2 to pin\n"), "{told}");
    assert_eq!(scene.sandbox.read("pod.yaml"), before);

    let report = scene.pin(&["pod.yaml"], 0);
    let file = &report["files"][0];
    assert_eq!(file["diff"], diff);
    assert_eq!((&file["kind"], &file["written"]), (&json!("kubernetes"), &json!(false)));
    let image = &file["images"][1];
    assert_eq!(
        image,
        &json!({
            "line": 8, "column": 12, "path": "spec.containers[1].image", "container": "v2",
            "text": format!("{host}/app:v2"), "guessed": false, "state": "changed",
            "reference": format!("{host}/app:v2"), "pinned": format!("{host}/app:v2@{v2}"),
            "outcome": "verified", "verified": true,
        })
    );
    assert_eq!(report["artifacts"][1]["digest_reference"], format!("{host}/app@{v2}"));
}

#[test]
fn files_are_written_in_place_and_twice_is_as_good_as_once() {
    let scene = Scene::new();
    let before = scene.pod("k8s/pod.yaml", &["v1", "v2", "v1"]);
    let task = format!(
        "{{\n\t\"containerDefinitions\": [{{\"name\": \"a\", \"image\": \"{}\"}}]\n}}",
        scene.registry.image("v2")
    );
    scene.sandbox.write("task.json", &task);
    let (v1, v2) = (scene.digest("v1"), scene.digest("v2"));
    let (host, words) = (&scene.registry.host, ["--write", "k8s/pod.yaml", "./k8s/../k8s/pod.yaml", "task.json"]);
    let asked = scene.registry.asked();
    let report = scene.pin(&words, 0);
    assert_eq!(report["artifacts"].as_array().unwrap().len(), 2, "each image is verified once");
    let once = scene.registry.asked() - asked;
    assert_eq!(report["files"].as_array().unwrap().len(), 2, "each file is read once");
    assert!(report["files"].as_array().unwrap().iter().all(|file| file["written"] == true), "{report}");
    let pinned = before.replace("app:v1 #", &format!("app:v1@{v1} #")).replace("app:v2 #", &format!("app:v2@{v2} #"));
    assert_eq!(scene.sandbox.read("k8s/pod.yaml"), pinned);
    // What AWS documents has no tag beside a digest.
    assert_eq!(scene.sandbox.read("task.json"), task.replace(&format!("{host}/app:v2"), &format!("{host}/app@{v2}")));
    assert!(unfinished(&scene.sandbox.path("k8s")).is_empty() && unfinished(&scene.sandbox.path(".")).is_empty());

    let report = scene.pin(&words, 0);
    assert!(report["files"].as_array().unwrap().iter().all(|file| file["written"] == false), "{report}");
    assert_eq!(scene.sandbox.read("k8s/pod.yaml"), pinned);
    // Two tags are looked at besides.
    assert!(scene.registry.asked() - asked - once <= once + 2);
    scene.pin(&["--check", "k8s/pod.yaml", "task.json"], 0);
}

#[test]
fn nothing_is_written_unless_every_image_of_every_file_passes() {
    let scene = Scene::new();
    let good = scene.pod("good.yaml", &["v1"]);
    let bad = scene.pod("bad.yaml", &["v2", "unsigned"]);
    for words in [&["--write", "good.yaml", "bad.yaml"][..], &["--write", "bad.yaml", "good.yaml"]] {
        let report = scene.pin(words, 11);
        assert!(report["files"].as_array().unwrap().iter().all(|file| file["written"] == false), "{report}");
        assert_eq!((scene.sandbox.read("good.yaml"), scene.sandbox.read("bad.yaml")), (good.clone(), bad.clone()));
    }
    let told = scene.run(&["--write", "good.yaml", "bad.yaml"], 11).stdout;
    assert!(told.contains("named at: bad.yaml:8:12\n"), "{told}");
    // At its line, for whoever reviews the file.
    let words = [&["pin"], &TRUST[..], &["--write", "good.yaml", "bad.yaml"]].concat();
    let answer = scene.sandbox.sealgate(&words).env("GITHUB_ACTIONS", "true");
    let answer = answer.env("GITHUB_WORKSPACE", scene.sandbox.path("").to_str().unwrap()).exits(11);
    assert!(answer.stderr.contains("::error file=bad.yaml,line=8,col=12,"), "{}", answer.stderr);
}

#[test]
fn what_has_no_digest_fails_a_check_at_its_line() {
    let scene = Scene::new();
    let text = scene.pod("pod.yaml", &["v1", "v2"]);
    scene.sandbox.write("pod.yaml", &text.replace("app:v1 #", &format!("app@{} #", scene.digest("v1"))));
    let report = scene.pin(&["--check", "pod.yaml"], 3);
    let problems = report["files"][0]["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0]["code"], "not-pinned");
    assert_eq!(problems[0]["place"], json!({"file": "pod.yaml", "line": 8, "column": 12}));
    let states: Vec<_> = report["files"][0]["images"].as_array().unwrap().iter().map(|image| &image["state"]).collect();
    assert_eq!(states, ["pinned", "not-pinned"]);
}

#[test]
fn the_digest_that_is_written_is_the_one_that_was_verified() {
    let scene = Scene::new();
    let v1 = scene.digest("v1");
    scene.pod("pod.yaml", &["v1"]);
    // The tag moves once it was asked for.
    let (index, moved) = (scene.sandbox.path("app/index.json"), scene.sandbox.read("app/index.json"));
    let mut moved: Value = serde_json::from_str(&moved).unwrap();
    for entry in moved["manifests"].as_array_mut().unwrap() {
        let name = &mut entry["annotations"]["org.opencontainers.image.ref.name"];
        if *name == "v1" {
            *name = json!("old");
        } else if *name == "v2" {
            *name = json!("v1");
        }
    }
    let moved = moved.to_string();
    scene.registry.after_manifest(move || fs::write(index, moved).unwrap());
    scene.pin(&["--write", "pod.yaml"], 0);
    assert!(scene.sandbox.read("pod.yaml").contains(&format!("app:v1@{v1} ")));

    // Now the tag beside it names something else: the digest stays, and is what is verified.
    let before = scene.sandbox.read("pod.yaml");
    let report = scene.pin(&["--write", "pod.yaml"], 0);
    let warning = &report["warnings"][0];
    assert_eq!((&warning["code"], &warning["place"]["line"]), (&json!("moved-tag"), &json!(6)));
    assert_eq!(scene.sandbox.read("pod.yaml"), before);
    scene.sandbox.write("pod.yaml", &before.replace("app:v1@", "app:none@"));
    let report = scene.pin(&["pod.yaml"], 0);
    assert!(report["warnings"][0]["text"].as_str().unwrap().contains("app:none is gone"), "{report}");
}

#[test]
fn each_kind_is_written_as_its_format_has_it() {
    let scene = Scene::new();
    let (image, digest) = (scene.registry.image("v1"), scene.digest("v1"));
    let repository = image.strip_suffix(":v1").unwrap().to_owned();
    let (bare, tagged) = (format!("{repository}@{digest}"), format!("{image}@{digest}"));
    for (name, text, written) in [
        ("a.json", format!("[{{\"name\":\"a\",\"imageUri\":\"{image}\"}}]"), &bare),
        ("b.json", format!("{{\"ImageURI\": \"{image}\"}}"), &bare),
        ("c.yaml", format!("services:\r\n  a:\r\n    image: '{image}' # a\r\n"), &tagged),
        (
            "d.yaml",
            format!("Resources: {{a: {{Type: AWS::Lambda::Function, Properties: {{Code: {{ImageUri: {image}}}}}}}}}\n"),
            &bare,
        ),
    ] {
        scene.sandbox.write(name, &text);
        scene.pin(&["--write", name], 0);
        assert_eq!(scene.sandbox.read(name), text.replace(&image, written), "{name}");
    }
    let text = format!("images:\n- name: app\n  newName: {repository}\n  newTag: v1 # the tag\n");
    scene.sandbox.write("kustomization.yaml", &text);
    scene.pin(&["--write", "kustomization.yaml"], 0);
    let pinned = text.replace("newTag: v1", &format!("digest: {digest}"));
    assert_eq!(scene.sandbox.read("kustomization.yaml"), pinned);
}

#[test]
fn gates_decide_as_they_do_for_verify() {
    let scene = Scene::new();
    scene.sandbox.sealgate(&["key", "generate", "--out", "k", "--name", "qa"]).exits(0);
    let signer = |name: &str| format!("  {name}: {{root: k/{name}-ca.crt, identity: '*'}}\n");
    let gates = format!(
        "version: 1\nsigners:\n{}{}stages:\n  build: {{require: [x]}}\n  test: {{after: [build], require: [qa]}}\n",
        signer("x"),
        signer("qa")
    );
    scene.sandbox.write("gates.yaml", &gates);
    let text = scene.pod("pod.yaml", &["v1"]);
    let run = |stage: &str, exit| {
        let words = ["pin", "--write", "--gates", "gates.yaml", "--stage", stage, "--format", "json", "pod.yaml"];
        report(&scene.sandbox.sealgate(&words).exits(exit))
    };
    let unmet = run("test", 12);
    assert_eq!(unmet["artifacts"][0]["gate"]["rows"].as_array().unwrap().len(), 2);
    assert_eq!(
        (unmet["files"][0]["images"][0]["outcome"].as_str(), scene.sandbox.read("pod.yaml")),
        (Some("gate-unmet"), text)
    );
    run("build", 0);
    assert!(scene.sandbox.read("pod.yaml").contains(&scene.digest("v1")));
}
