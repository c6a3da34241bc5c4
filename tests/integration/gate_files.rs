//! Where the file of gates and the roots that it names are: which of them a pull request brings, and what is not overwritten.

use crate::aws_scene::report;
use crate::gates::{GATES, IMAGE, sandbox, sign};

#[test]
fn a_root_that_only_the_gates_name_is_not_overwritten() {
    let sandbox = sandbox();
    sign(&sandbox, "ci", &[]);
    let root = sandbox.read("k/ci-ca.crt");
    std::fs::create_dir(sandbox.path("out")).unwrap();
    sandbox.write("out/report.json", &root).write("named.yaml", &GATES.replace("k/ci-ca.crt", "out/report.json"));
    // It is found as well where the file of gates cannot be used, or another setting.
    sandbox.write("broken.yaml", &GATES.replace("version: 1", "version: 9"));
    sandbox.write("app.yaml", "services: { app: { image: registry.example/app } }\n");
    let verify = |more: &[&'static str]| [&["verify", "--format", "json"], more, &[IMAGE]].concat();
    let (gates, stage) = (["--gates", "gates.yaml"], ["--stage", "build"]);
    let pin = ["pin", "--format", "json", "--out", "k/ci-ca.crt", "app.yaml"];
    for words in [
        verify(&[&gates[..], &stage, &["--vsa-out", "k/ci-ca.crt"]].concat()),
        verify(&[&gates[..], &stage, &["--vsa-out", "k/../k/ci-ca.crt"]].concat()),
        verify(&[&gates[..], &stage, &["--exports", "k/anna-ca.crt"]].concat()),
        verify(&[&gates[..], &["--stage", "none", "--exports", "k/ci-ca.crt"]].concat()),
        verify(&[&["--gates", "broken.yaml"], &stage[..], &["--exports", "k/ci-ca.crt"]].concat()),
        verify(&[&["--gates", "named.yaml"], &stage[..], &["--report-dir", "out"]].concat()),
        [&pin[..], &gates, &stage].concat(),
    ] {
        let heard = report(&sandbox.sealgate(&words).exits(2));
        assert_eq!(heard["error"]["code"], "conflict", "{words:?}: {heard:#}");
        assert_eq!((sandbox.read("k/ci-ca.crt"), sandbox.read("out/report.json")), (root.clone(), root.clone()));
        assert!(sandbox.path("k/anna-ca.crt").exists());
    }
    // Whatever else is wrong, and is told first.
    let exports = verify(&[&gates[..], &stage, &["--exports", "k/ci-ca.crt"]].concat());
    for (more, variable, exit) in [
        (&[][..], "SEALGATE_UNKNOWN", 3),
        (&["--imagedefinitions", "none"], "UNRELATED", 2),
        (&["--no-such-flag"], "UNRELATED", 2),
        (&["--color", "no-such-word"], "UNRELATED", 2),
    ] {
        let words = [&exports[..1], more, &exports[1..]].concat();
        let heard = report(&sandbox.sealgate(&words).env(variable, "x").exits(exit));
        assert_ne!(heard["error"]["code"], "conflict", "{words:?}");
        assert_eq!(sandbox.read("k/ci-ca.crt"), root, "{words:?}");
    }
    // The same of files that are named, and of notation's folder.
    let named = ["--root", "out/report.json", "--identity", "*", "--report-dir", "out"];
    assert_eq!(report(&sandbox.sealgate(&verify(&named)).exits(2))["error"]["code"], "conflict");
    assert_eq!(sandbox.read("out/report.json"), root);
    // And of what is pinned, or lists images.
    for more in [&["pin", "--write", "out/report.json"][..], &["verify", "--images-from", "out/report.json"]] {
        let words = [&more[..1], &["--root", "k/ci-ca.crt", "--identity", "*", "--report-dir", "out"], &more[1..]];
        sandbox.sealgate(&words.concat()).exits(2);
        assert_eq!(sandbox.read("out/report.json"), root, "{words:?}");
    }
    std::fs::create_dir_all(sandbox.path(".config/notation")).unwrap();
    sandbox.write(".config/notation/trustpolicy.json", "{}");
    let own = verify(&["--exports", ".config/notation/trustpolicy.json"]);
    sandbox.sealgate(&own).env("SEALGATE_UNKNOWN", "x").exits(3);
    sandbox.sealgate(&[&own[..], &["--no-such-flag"]].concat()).exits(2);
    assert_eq!(sandbox.read(".config/notation/trustpolicy.json"), "{}");
    let heard = sandbox.sealgate(&own).exits(2);
    assert_eq!(report(&heard)["error"]["code"], "conflict");
    assert_eq!(sandbox.read(".config/notation/trustpolicy.json"), "{}");
    // Beside them there is room.
    sandbox.sealgate(&verify(&[&gates[..], &stage, &["--vsa-out", "k/vsa.jsonl"]].concat())).exits(0);
    assert!(sandbox.read("k/vsa.jsonl").contains("PASSED") && sandbox.read("k/ci-ca.crt") == root);
}

#[test]
fn gates_of_a_pull_request_and_roots_that_gates_name_there_are_refused() {
    let sandbox = sandbox();
    sign(&sandbox, "ci", &[]);
    let event =
        |head: u8| format!(r#"{{"pull_request":{{"head":{{"repo":{{"id":{head}}}}},"base":{{"repo":{{"id":1}}}}}}}}"#);
    let workspace = sandbox.path("work");
    std::fs::create_dir(&workspace).unwrap();
    sandbox.write("work/gates.yaml", &GATES.replace("k/", "../k/")).write("work/ca.crt", &sandbox.read("k/ci-ca.crt"));
    // The file is outside, a root is not.
    sandbox.write("outside.yaml", &GATES.replace("k/ci-ca.crt", "work/ca.crt"));
    sandbox.write("work/app.yaml", "services: { app: { image: registry.example/app } }\n");
    let (own, fork) = (Some("gates-from-pull-request"), Some("trust-from-fork"));
    for (file, head, code) in [
        ("gates.yaml", 1, None),
        ("gates.yaml", 2, None),
        ("work/gates.yaml", 1, own),
        ("work/gates.yaml", 2, fork),
        ("outside.yaml", 1, own),
        ("outside.yaml", 2, fork),
    ] {
        sandbox.write("event.json", &event(head));
        let asked = |words: &[&str]| {
            sandbox
                .sealgate(words)
                .env("GITHUB_ACTIONS", "true")
                .env("GITHUB_EVENT_NAME", "pull_request")
                .env("GITHUB_EVENT_PATH", sandbox.path("event.json").to_str().unwrap())
                .env("GITHUB_WORKSPACE", workspace.to_str().unwrap())
        };
        let gates = ["--gates", file, "--stage", "build", "--format", "json"];
        let verify = |more: &[&'static str]| [&["verify"], &gates[..], more, &[IMAGE]].concat();
        let heard = report(&asked(&verify(&[])).exits(if code.is_some() { 3 } else { 0 }));
        assert_eq!(heard["error"]["code"].as_str(), code, "{file} {head}: {heard:#}");
        assert!(!heard.to_string().contains("trust-from-pull-request"), "{file} {head}: {heard:#}");
        let heard = report(&asked(&verify(&["--allow-checkout-trust"])).exits(0));
        assert_eq!(heard.to_string().contains("trust-from-pull-request"), code.is_some(), "{file} {head}: {heard:#}");
        assert_eq!(heard["artifacts"][0]["verified"], false, "a check was weakened");
        if code.is_some() {
            let heard = report(&asked(&[&["pin"], &gates[..], &["work/app.yaml"]].concat()).exits(3));
            assert_eq!(heard["error"]["code"].as_str(), code, "{file} {head}: {heard:#}");
        }
        // They decide nothing, and say what a pull request would change.
        asked(&["gates", "check", file]).exits(0);
        asked(&["gates", "graph", file]).exits(0);
    }
}
