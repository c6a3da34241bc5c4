//! Where the file of gates and the roots that it names are: which of them a pull request brings.

use crate::aws_scene::report;
use crate::gates::{GATES, IMAGE, sandbox, sign};

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
