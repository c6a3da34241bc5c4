//! Pull requests: whose they are, what is signed for them, and which of their files count.

use std::fs;
use std::os::unix::fs::symlink;

use super::runner::{Heard, Step};
use super::{SIGNED, UNSIGNED, place};
use crate::sealgate::{Run, Sandbox, mkfifo};

/// A pull request of `acme/app`, whose head is there or elsewhere.
fn pull_request(head: &str) -> String {
    format!(
        r#"{{"number":7,"pull_request":{{"number":7,"head":{{"sha":"abc","repo":{head}}},"base":{{"repo":{{"id":1,"full_name":"acme/app"}}}}}}}}"#
    )
}

fn own() -> String {
    pull_request(r#"{"id":1,"full_name":"acme/app"}"#)
}

fn fork() -> String {
    pull_request(r#"{"id":2,"full_name":"mallory/app"}"#)
}

fn run_after_another(event: &str, head: &str) -> String {
    format!(r#"{{"workflow_run":{{"event":"{event}","head_repository":{head}}},"repository":{{"id":1}}}}"#)
}

/// A line in a job of this event. The workspace is a folder of the sandbox, as outside of it the base's files may be.
fn job<'a>(step: &Step<'a>, sandbox: &Sandbox, event: &str, file: &str, words: &[&str]) -> Run<'a> {
    sandbox.write("event.json", file);
    let path = |name: &str| sandbox.path(name).to_str().unwrap().to_owned();
    fs::create_dir_all(sandbox.path("checkout")).unwrap();
    step.run(words)
        .env("NO_COLOR", "1")
        .env("GITHUB_EVENT_NAME", event)
        .env("GITHUB_EVENT_PATH", &path("event.json"))
        .env("GITHUB_WORKSPACE", &path("checkout"))
}

const SIGN: [&str; 6] = ["sign", UNSIGNED, "--key", "demo/keys/demo.key", "--certificate-chain", "demo/keys/demo.crt"];

/// Whether the image that is signed here has a signature.
fn is_signed(sandbox: &Sandbox) -> bool {
    let listed = sandbox.sealgate(&["list", UNSIGNED, "--format", "json"]).exits(0).stdout;
    serde_json::from_str::<serde_json::Value>(&listed).unwrap()["artifacts"][0]["listing"]["found"] != 0
}

fn first_error(heard: &Heard) -> &str {
    heard.answer.stderr.lines().find(|line| line.contains("error[")).unwrap_or_default()
}

#[test]
fn a_fork_has_nothing_to_sign_with_and_is_told_so_or_skipped() {
    let sandbox = place();
    let gone = pull_request("null");
    for file in [&fork(), &gone] {
        let step = Step::new(&sandbox);
        let heard = step.hears(job(&step, &sandbox, "pull_request", file, &SIGN), 5);
        assert!(first_error(&heard).starts_with("error[fork]: "), "{heard:?}");
        assert!(heard.answer.stderr.contains("--on-fork skip"), "{heard:?}");
        assert_eq!((heard.output("result"), heard.output("image")), (Some("denied"), None));
        // What a fork has not is not what was out of reach by chance.
        let step = Step::new(&sandbox);
        let line = [&SIGN[..], &["--best-effort"]].concat();
        assert_eq!(step.hears(job(&step, &sandbox, "pull_request", file, &line), 5).output("result"), Some("denied"));
        // The secret of the key is not there either, and that is not what is wrong.
        let step = Step::new(&sandbox);
        let line = ["sign", "registry.invalid/app:1", "--key", "env:SIGNING_KEY", "--on-fork", "skip"];
        let heard = step.hears(job(&step, &sandbox, "pull_request", file, &line), 0);
        assert_eq!((heard.output("result"), heard.output("failed-count")), (Some("skipped"), Some("0")), "{heard:?}");
        for name in ["image", "digest", "images"] {
            assert_eq!(heard.output(name), None, "{name}");
        }
        assert!(heard.artifacts.is_empty() && heard.annotations("warning").iter().any(|one| one.contains("fork")));
        assert!(!heard.answer.stdout.contains("policy statement"), "{heard:?}");
    }
    assert!(!is_signed(&sandbox));
}

#[test]
fn what_is_skipped_is_not_verified_in_the_report() {
    let sandbox = place();
    let step = Step::new(&sandbox);
    let run = job(&step, &sandbox, "pull_request", &fork(), &["sign", UNSIGNED, SIGNED, "--format", "json"]);
    let report = run.env("SEALGATE_ON_FORK", "skip").exits(0).stdout;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    for artifact in report["artifacts"].as_array().unwrap() {
        assert_eq!((&artifact["outcome"], &artifact["verified"]), (&"skipped".into(), &false.into()));
        assert_eq!(artifact["caveats"][0]["code"], "fork");
        let text = artifact["caveats"][0]["text"].as_str().unwrap();
        assert!(text.contains("mallory/app") && text.contains("acme/app"), "{text}");
    }
    assert_eq!(report["artifacts"].as_array().unwrap().len(), 2);
    // Nothing to sign is no success.
    let step = Step::new(&sandbox);
    let heard = step.hears(job(&step, &sandbox, "pull_request", &fork(), &["sign", "--on-fork", "skip"]), 2);
    assert!(first_error(&heard).contains("no-images"));
}

#[test]
fn the_repositorys_own_changes_are_signed() {
    let table = [
        ("pull_request", own()),
        ("pull_request_target", own()),
        ("workflow_run", run_after_another("pull_request", r#"{"id":1}"#)),
        ("workflow_run", run_after_another("push", r#"{"id":1}"#)),
        // What no pull request starts is not asked for its event.
        ("push", "{".to_owned()),
        ("merge_group", fork()),
    ];
    for (event, file) in table {
        let sandbox = place();
        let step = Step::new(&sandbox);
        let heard = step.hears(job(&step, &sandbox, event, &file, &SIGN), 0);
        assert_eq!(heard.output("result"), Some("signed"), "{event}: {heard:?}");
        assert!(is_signed(&sandbox));
    }
}

#[test]
fn a_job_with_the_secrets_of_the_repository_never_signs_for_a_fork() {
    let sandbox = place();
    for (event, file) in [
        ("pull_request_target", fork()),
        ("pull_request_comment", fork()),
        ("workflow_run", run_after_another("pull_request", r#"{"id":2}"#)),
        ("workflow_run", run_after_another("push", "null")),
        ("issue_comment", r#"{"issue":{"number":7,"pull_request":{}}}"#.to_owned()),
        ("pull_request_target", "{".to_owned()),
    ] {
        for more in
            [&[][..], &["--best-effort"], &["--on-fork", "skip"], &["--on-fork", "skip", "--allow-checkout-trust"]]
        {
            let step = Step::new(&sandbox);
            let heard = step.hears(job(&step, &sandbox, event, &file, &[&SIGN[..], more].concat()), 5);
            assert!(first_error(&heard).starts_with("error[fork]: "), "{event}: {heard:?}");
            assert!(!heard.answer.stderr.contains("--on-fork"), "{event}: {heard:?}");
        }
    }
    assert!(!is_signed(&sandbox));
}

#[test]
fn an_event_file_that_cannot_be_read_counts_as_a_forks() {
    type Make = fn(&std::path::Path);
    let kinds: [(&str, Make); 7] = [
        ("No such file", |_| ()),
        ("a folder", |path| fs::create_dir(path).unwrap()),
        ("a pipe", mkfifo),
        ("more than", |path| fs::File::create(path).unwrap().set_len(100 * 1024 * 1024).unwrap()),
        ("line 1 column", |path| fs::write(path, "{\"pull_request\":").unwrap()),
        ("pull_request", |path| fs::write(path, "{\"ref\":\"refs/heads/main\"}").unwrap()),
        ("an array", |path| fs::write(path, "[]").unwrap()),
    ];
    for (fact, make) in kinds {
        let sandbox = place();
        let step = Step::new(&sandbox);
        let path = sandbox.path("e/event.json");
        fs::create_dir(sandbox.path("e")).unwrap();
        make(&path);
        let run = job(&step, &sandbox, "pull_request", "", &SIGN).env("GITHUB_EVENT_PATH", path.to_str().unwrap());
        let heard = step.hears(run, 5);
        let error = first_error(&heard);
        assert!(error.starts_with("error[fork]: ") && error.contains(fact), "{fact}: {error}");
        assert!(error.contains("GITHUB_EVENT_PATH"), "{error}");
    }
    let sandbox = place();
    let step = Step::new(&sandbox);
    let heard = step.hears(job(&step, &sandbox, "pull_request", &own(), &SIGN).env("GITHUB_EVENT_PATH", ""), 5);
    assert!(first_error(&heard).contains("GITHUB_EVENT_PATH is not set"));
}

#[test]
fn no_text_of_an_event_makes_a_command_or_an_output() {
    let sandbox = with_roots();
    for name in ["::error::x", "##[set-output name=image]y", "a\\n::add-mask::b", "a\\r\\nimage=b", "\\u001b[2J<b>@x"] {
        let file = pull_request(&format!(r#"{{"id":2,"full_name":"{name}"}}"#));
        let skip = [&SIGN[..], &["--on-fork", "skip"]].concat();
        for (words, exit) in [(skip, 0), (SIGN.to_vec(), 5), (verify("checkout/root.crt", &[]), 3)] {
            let step = Step::new(&sandbox);
            let heard = step.hears(job(&step, &sandbox, "pull_request", &file, &words), exit);
            assert!(heard.commands.iter().all(|one| ["error", "warning"].contains(&one.name.as_str())), "{heard:?}");
            assert!(heard.commands.iter().all(|one| one.properties["title"].starts_with("sealgate ")), "{heard:?}");
            assert!(heard.output("image").is_none() && !heard.answer.stderr.contains('\u{1b}'), "{heard:?}");
        }
    }
}

#[test]
fn other_systems_have_pull_requests_too() {
    let sandbox = place();
    let gitlab = |source: &str| {
        sandbox
            .sealgate(&SIGN)
            .env("NO_COLOR", "1")
            .env("GITLAB_CI", "true")
            .env("CI_PROJECT_ID", "1")
            .env("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", source)
    };
    assert!(gitlab("2").exits(5).stderr.contains("error[fork]: "));
    assert!(gitlab("2").env("SEALGATE_ON_FORK", "skip").exits(0).stdout.contains("fork"));
    gitlab("1").exits(0);
    fs::create_dir(sandbox.path("builds")).unwrap();
    fs::copy(sandbox.path("demo/keys/demo-ca.crt"), sandbox.path("builds/root.crt")).unwrap();
    for (source, root, exit, words) in [
        ("1", "builds/root.crt", 0, "checkout of a pull request, which"),
        ("2", "builds/root.crt", 3, "[trust-from-fork]"),
        ("2", "demo/keys/demo-ca.crt", 0, "verified"),
    ] {
        let run = sandbox
            .sealgate(&verify(root, &[]))
            .env("NO_COLOR", "1")
            .env("GITLAB_CI", "true")
            .env("CI_PROJECT_ID", "1");
        let run = run.env("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", source);
        let answer = run.env("CI_PROJECT_DIR", sandbox.path("builds").to_str().unwrap()).exits(exit);
        assert!([answer.stdout.as_str(), &answer.stderr].concat().contains(words), "{source} {root}: {answer:?}");
    }
    let step = Step::new(&sandbox);
    let forgejo = job(&step, &sandbox, "pull_request", &fork(), &SIGN).env("FORGEJO_ACTIONS", "true");
    assert!(first_error(&step.hears(forgejo, 5)).starts_with("error[fork]: "));
}

/// What a job of a pull request verifies with: the files of the checkout, by a link from it, by a link into it.
fn verify<'a>(root: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["verify", SIGNED, "--root", root, "--identity", "*"], more].concat()
}

/// A sandbox with the trusted root in the checkout, beside it, and behind links.
fn with_roots() -> Sandbox {
    let sandbox = place();
    fs::create_dir_all(sandbox.path("checkout/base/signing")).unwrap();
    fs::create_dir_all(sandbox.path("trust")).unwrap();
    for place in ["checkout/root.crt", "checkout/base/signing/root.crt", "trust/root.crt"] {
        fs::copy(sandbox.path("demo/keys/demo-ca.crt"), sandbox.path(place)).unwrap();
    }
    symlink(sandbox.path("trust/root.crt"), sandbox.path("checkout/out.crt")).unwrap();
    symlink(sandbox.path("checkout/root.crt"), sandbox.path("trust/in.crt")).unwrap();
    symlink(sandbox.path("checkout"), sandbox.path("trust/folder")).unwrap();
    // What the author of a pull request may put there to look like another checkout.
    sandbox.write("checkout/base/.git/HEAD", "ref: refs/heads/main\n");
    sandbox
}

/// Paths of the same certificate, and whether a pull request may have written it.
const ROOTS: [(&str, bool); 9] = [
    ("checkout/root.crt", true),
    ("trust/root.crt", false),
    ("checkout/out.crt", false),
    ("trust/in.crt", true),
    ("trust/folder/root.crt", true),
    ("checkout/../trust/root.crt", false),
    ("trust/../checkout/root.crt", true),
    ("checkout/base/signing/root.crt", true),
    ("demo/keys/demo-ca.crt", false),
];

#[test]
fn trust_from_the_checkout_of_a_pull_request_is_a_caveat_and_of_a_forks_an_error() {
    let sandbox = with_roots();
    for (root, is_inside) in ROOTS {
        let step = Step::new(&sandbox);
        let heard = step.hears(job(&step, &sandbox, "pull_request", &own(), &verify(root, &[])), 0);
        let warned = heard.annotations("warning");
        let is_warned = warned.iter().any(|one| one.contains("checkout of a pull request") && one.contains(root));
        assert_eq!(is_warned, is_inside, "{root}: {heard:?}");
        assert_eq!(heard.summary.contains("its author may have written"), is_inside, "{root}: {}", heard.summary);

        for event in ["pull_request", "pull_request_target"] {
            let step = Step::new(&sandbox);
            let exit = if is_inside { 3 } else { 0 };
            let heard = step.hears(job(&step, &sandbox, event, &fork(), &verify(root, &[])), exit);
            assert_eq!(first_error(&heard).contains("[trust-from-fork]"), is_inside, "{root}: {heard:?}");
            assert_eq!(heard.output("image").is_none(), is_inside, "{root}");
        }

        let step = Step::new(&sandbox);
        let line = verify(root, &["--allow-checkout-trust"]);
        let heard = step.hears(job(&step, &sandbox, "pull_request", &fork(), &line), 0);
        assert_eq!(heard.summary.contains("from a fork"), is_inside, "{root}: {}", heard.summary);
        assert!(heard.annotations("notice").iter().any(|one| one.contains("allow-checkout-trust")), "{heard:?}");

        // On a push the files are the repository's.
        let step = Step::new(&sandbox);
        let heard = step.hears(job(&step, &sandbox, "push", "{", &verify(root, &[])), 0);
        assert!(heard.commands.is_empty(), "{heard:?}");
    }
}

#[test]
fn a_second_checkout_counts_once_it_is_out_of_the_workspace() {
    let sandbox = with_roots();
    fs::rename(sandbox.path("checkout/base"), sandbox.path("moved")).unwrap();
    let step = Step::new(&sandbox);
    let heard = step.hears(job(&step, &sandbox, "pull_request", &fork(), &verify("moved/signing/root.crt", &[])), 0);
    assert!(heard.commands.is_empty(), "{heard:?}");
}

#[test]
fn every_setting_that_names_trust_is_looked_at() {
    let sandbox = with_roots();
    let dir = sandbox.path("checkout/notation");
    let install = ["trust", "install", "--name", "demo", "--identity", "*", "--root", "demo/keys/demo-ca.crt", "--dir"];
    sandbox.sealgate(&[&install[..], &[dir.to_str().unwrap()]].concat()).exits(0);
    fs::create_dir(sandbox.path("notation")).unwrap();
    for name in ["trustpolicy.json", "trustpolicy.oci.json"] {
        fs::copy(dir.join(name), sandbox.path("notation").join(name)).unwrap();
    }
    symlink(dir.join("truststore"), sandbox.path("notation/truststore")).unwrap();
    sandbox.write("checkout/sealgate.yaml", "report-dir: reports\n");
    let (policy, store) = ("checkout/notation/trustpolicy.json", "checkout/notation/truststore");
    let scope = ["--scope", "registry.example/app"];
    let lines: [(&[&str], &str); 6] = [
        (&["--policy", policy, "--trust-store", "notation/truststore"], "--policy"),
        (&["--policy", "notation/trustpolicy.json", "--trust-store", store], "--trust-store"),
        // A folder that is not in the checkout, and a link below it that leads there.
        (&["--policy", "notation/trustpolicy.json", "--trust-store", "notation/truststore"], "--trust-store"),
        (&["--root", "trust/root.crt", "--root", "checkout/root.crt", "--identity", "*"], "--root"),
        (&["--root", "trust/root.crt", "--identity", "*", "--aws-root", "checkout/root.crt"], "--aws-root"),
        (&["--root", "trust/root.crt", "--identity", "*", "--config", "checkout/sealgate.yaml"], "--config"),
    ];
    for (words, named) in lines {
        for (command, exit) in [("verify", 3), ("doctor", 3)] {
            let step = Step::new(&sandbox);
            let line = [&[command, SIGNED], &scope[..], words].concat();
            let heard = step.hears(job(&step, &sandbox, "pull_request", &fork(), &line), exit);
            let told = [heard.answer.stdout.as_str(), heard.answer.stderr.as_str()].concat();
            assert!(told.contains("trust-from-fork") && told.contains(named), "{line:?}: {told}");
            assert!(told.contains("mallory/app"), "{line:?}: {told}");
        }
    }
    assert!(!sandbox.path("reports").exists(), "the configuration of a fork counted");
    // The folder of notation, which a variable of the job may lead into the checkout.
    for folder in ["checkout/notation", "notation"] {
        let step = Step::new(&sandbox);
        let line = [&["verify", SIGNED], &scope[..]].concat();
        let run = job(&step, &sandbox, "pull_request", &fork(), &line).env("NOTATION_CONFIG", folder);
        assert!(first_error(&step.hears(run, 3)).contains("[trust-from-fork]: NOTATION_CONFIG"), "{folder}");
    }
    let step = Step::new(&sandbox);
    let line = ["trust", "install", "--name", "x", "--identity", "*", "--root", "checkout/root.crt", "--dir", "new"];
    let heard = step.hears(job(&step, &sandbox, "pull_request", &fork(), &line), 3);
    assert!(first_error(&heard).contains("[trust-from-fork]: --root") && !sandbox.path("new").exists());
    // What it does not hear does not count.
    let step = Step::new(&sandbox);
    let line = ["trust", "install", "--name", "x", "--identity", "*", "--root", "trust/root.crt", "--dir", "new"];
    let run = job(&step, &sandbox, "pull_request", &fork(), &line).env("SEALGATE_ROOT", "checkout/root.crt");
    assert!(step.hears(run, 0).commands.is_empty());
}

#[test]
fn a_key_of_the_checkout_is_a_caveat_and_one_in_a_variable_is_none() {
    let sandbox = with_roots();
    for name in ["demo.key", "demo.crt"] {
        fs::copy(sandbox.path("demo/keys").join(name), sandbox.path("checkout").join(name)).unwrap();
    }
    let key = sandbox.read("demo/keys/demo.key");
    for (key_is, is_inside) in [("checkout/demo.key", true), ("demo/keys/demo.key", false), ("env:SIGNING_KEY", false)]
    {
        let step = Step::new(&sandbox);
        let line = ["sign", UNSIGNED, "--force", "--key", key_is, "--certificate-chain", "demo/keys/demo.crt"];
        let heard = step.hears(job(&step, &sandbox, "pull_request", &own(), &line).env("SIGNING_KEY", &key), 0);
        assert_eq!(heard.annotations("warning").iter().any(|one| one.contains("key checkout")), is_inside, "{key_is}");
    }
}

#[test]
fn a_workspace_that_is_not_there_is_the_working_folder() {
    let sandbox = with_roots();
    for workspace in ["", "/no/such/workspace"] {
        let step = Step::new(&sandbox);
        let run = job(&step, &sandbox, "pull_request", &fork(), &verify("trust/root.crt", &[]));
        let heard = step.hears(run.env("GITHUB_WORKSPACE", workspace), 3);
        assert!(first_error(&heard).contains("[trust-from-fork]"), "{heard:?}");
    }
}

#[test]
fn what_allows_trust_from_a_fork_is_no_input() {
    let sandbox = with_roots();
    for (variable, exit) in [("SEALGATE_ALLOW_CHECKOUT_TRUST", 0), ("INPUT_ALLOW-CHECKOUT-TRUST", 3)] {
        let step = Step::new(&sandbox);
        let run = job(&step, &sandbox, "pull_request", &fork(), &verify("checkout/root.crt", &[]));
        let _heard = step.hears(run.env(variable, "true"), exit);
    }
    sandbox.write("checkout/sealgate.yaml", "allow-checkout-trust: true\n");
    sandbox.write("sealgate.yaml", "allow-checkout-trust: true\n");
    for config in ["checkout/sealgate.yaml", "sealgate.yaml"] {
        let step = Step::new(&sandbox);
        let line = verify("checkout/root.crt", &["--config", config]);
        let _heard = step.hears(job(&step, &sandbox, "pull_request", &fork(), &line), 3);
    }
}
