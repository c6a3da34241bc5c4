use std::collections::BTreeSet;
use std::os::unix::fs::symlink;

use super::super::tests::resolved;
use super::*;
use crate::cli::tests::{COMMANDS, arguments};
use crate::config::ResolveError;

#[test]
fn each_command_that_trusts_or_signs_by_a_file_looks_where_it_is() {
    let takes = |name: &str, key: &Key| arguments(name).iter().any(|one| one.get_long() == Some(key.name));
    for (name, ..) in COMMANDS {
        let names_trust = KEYS.iter().any(|key| takes(name, key));
        // These only show what is there.
        let expected = names_trust && !["trust show", "gates check"].contains(&name);
        assert_eq!(takes(name, key::ALLOW_CHECKOUT_TRUST), expected, "{name}");
    }
}

/// A workspace with a file, a place outside with the same file, and links both ways.
fn folders() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["work/sub", "workspace-2", "outside"] {
        fs::create_dir_all(path(name)).unwrap();
    }
    for name in ["work/a", "work/sub/a", "workspace-2/a", "outside/a"] {
        fs::write(path(name), "x").unwrap();
    }
    symlink(path("outside/a"), path("work/out")).unwrap();
    symlink(path("work/a"), path("outside/in")).unwrap();
    symlink("in", path("outside/in-twice")).unwrap();
    symlink(path("work/sub"), path("outside/folder")).unwrap();
    symlink(path("work"), path("link-to-work")).unwrap();
    folder
}

#[test]
fn a_file_is_where_its_links_lead() {
    let folder = folders();
    let path = |name: &str| folder.path().join(name);
    for root in ["work", "link-to-work"] {
        let checkout = Checkout { roots: vec![fs::canonicalize(path(root)).unwrap()] };
        for (name, expected) in [
            ("work/a", true),
            ("work/sub/a", true),
            ("work", true),
            ("link-to-work/a", true),
            ("work/out", false),
            ("outside/in", true),
            ("outside/in-twice", true),
            ("outside/folder/a", true),
            ("outside/a", false),
            ("workspace-2/a", false),
            ("work/../outside/a", false),
            ("outside/../work/a", true),
            // The folder above is no part of what is in it.
            ("", false),
            // From nowhere nothing is read.
            ("work/none", false),
            ("outside/none", false),
        ] {
            assert_eq!(checkout.holds(&path(name)), expected, "{root}: {name}");
        }
    }
    // Where it is not known what was checked out, all of it may have been.
    assert!(Checkout { roots: Vec::new() }.holds(&path("outside/a")));
}

#[test]
fn a_pipe_without_a_name_stands_nowhere_and_a_file_without_one_counts() {
    use std::os::fd::AsRawFd as _;
    let folder = folders();
    let checkout = Checkout { roots: vec![fs::canonicalize(folder.path().join("work")).unwrap()] };
    let shown = |file: &dyn std::os::fd::AsRawFd| PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let (reader, _writer) = std::io::pipe().unwrap();
    let gone = fs::File::open(folder.path().join("outside/a")).unwrap();
    fs::remove_file(folder.path().join("outside/a")).unwrap();
    let inside = fs::File::open(folder.path().join("work/a")).unwrap();
    if Path::new("/proc/self/fd").exists() {
        assert!(!checkout.holds(&shown(&reader)));
        assert!(checkout.holds(&shown(&gone)) && checkout.holds(&shown(&inside)));
        assert!(inside.as_raw_fd() != gone.as_raw_fd());
    }
}

#[test]
fn without_a_workspace_the_whole_tree_around_the_working_folder_is_the_checkout() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("work/module/sub")).unwrap();
    assert_eq!(working_tree(&path("work/module/sub")), path("work/module/sub"));
    // A submodule is a part of what holds it.
    fs::write(path("work/module/.git"), "gitdir: ../.git/modules/module").unwrap();
    assert_eq!(working_tree(&path("work/module/sub")), path("work/module"));
    fs::create_dir(path("work/.git")).unwrap();
    assert_eq!(working_tree(&path("work/module/sub")), path("work"));
    assert_eq!(working_tree(&path("work")), path("work"));
}

/// What a run makes of where its files are: nothing, a caveat, or this fault.
fn judged(words: &[&str], variables: &[(&str, &str)]) -> &'static str {
    match resolved(words, variables) {
        Ok(config) => {
            let codes: Vec<_> = config.caveats.iter().map(|caveat| caveat.code.as_str()).collect();
            match codes.as_slice() {
                [] => "nothing",
                ["trust-from-pull-request"] => "caveat",
                other => panic!("{other:?}"),
            }
        }
        Err(errors) => match errors.as_slice() {
            [ResolveError::Setting(error)] => match error.fault {
                Fault::FromFork { .. } => "fork",
                Fault::GatesFromPullRequest { .. } => "gates",
                ref other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        },
    }
}

#[test]
fn gates_that_a_pull_request_brings_are_refused() {
    const GATES: &str = "version: 1\nsigners:\n  ci: { profile: 'arn:aws:signer:us-west-2:111122223333:/signing-profiles/ci' }\n\
                         stages:\n  prod: { require: [ci] }\n";
    let folder = folders();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("work/a"), GATES).unwrap();
    fs::write(path("outside/a"), GATES).unwrap();
    fs::write(path("own"), r#"{"pull_request":{"head":{"repo":{"id":1}},"base":{"repo":{"id":1}}}}"#).unwrap();
    fs::write(path("fork"), r#"{"pull_request":{"head":{"repo":{"id":2}},"base":{"repo":{"id":1}}}}"#).unwrap();
    let (workspace, own, fork) = (path("work"), path("own"), path("fork"));
    let github = |name: &'static str, event: &str| {
        let fixed = [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", name), ("GITHUB_WORKSPACE", &workspace)];
        let all = fixed.into_iter().chain([("GITHUB_EVENT_PATH", event)]);
        all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>()
    };
    let gitlab = |source: Option<&str>| {
        let source = source.map(|source| ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", source));
        let fixed = [("GITLAB_CI", "true"), ("CI_PROJECT_ID", "1"), ("CI_PROJECT_DIR", &workspace)];
        let all = fixed.into_iter().chain(source);
        all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>()
    };
    // What becomes of a file in the checkout; with the allowance; and of one outside.
    for (job, inside, allowed) in [
        (github("push", &own), "nothing", "nothing"),
        (github("workflow_dispatch", &own), "nothing", "nothing"),
        (github("merge_group", &own), "nothing", "nothing"),
        (github("pull_request", &own), "gates", "caveat"),
        (github("pull_request", &fork), "fork", "caveat"),
        (github("pull_request", "/none"), "fork", "caveat"),
        (github("pull_request_target", &own), "gates", "caveat"),
        (github("pull_request_target", &fork), "fork", "caveat"),
        (github("issue_comment", &own), "fork", "caveat"),
        (gitlab(None), "nothing", "nothing"),
        (gitlab(Some("1")), "gates", "caveat"),
        (gitlab(Some("2")), "fork", "caveat"),
    ] {
        let job: Vec<_> = job.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        for command in [&["verify", "r.example/a:1"][..], &["pin", "app.yaml"]] {
            let of = |file: &str, allowed: &str| {
                let file = path(file);
                let words = [command, &["--gates", &file, "--stage", "prod"]].concat();
                judged(&words, &[&job[..], &[("SEALGATE_ALLOW_CHECKOUT_TRUST", allowed)]].concat())
            };
            for file in ["work/a", "outside/in", "link-to-work/a", "outside/../work/a"] {
                assert_eq!((of(file, ""), of(file, "false")), (inside, inside), "{command:?} {file} {job:?}");
                assert_eq!(of(file, "true"), allowed, "{command:?} {file} {job:?}");
            }
            for file in ["outside/a", "work/out"] {
                assert_eq!((of(file, ""), of(file, "true")), ("nothing", "nothing"), "{command:?} {file} {job:?}");
            }
        }
    }
}

#[test]
fn what_says_in_a_pull_request_which_gates_count_is_refused_with_them() {
    const PROFILE: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/ci";
    let folder = folders();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (gates, settings) = (path("outside/a"), path("work/a"));
    let text =
        format!("version: 1\nsigners:\n  ci: {{ profile: '{PROFILE}' }}\nstages:\n  prod: {{ require: [ci] }}\n");
    fs::write(&gates, text).unwrap();
    fs::write(path("own"), r#"{"pull_request":{"head":{"repo":{"id":1}},"base":{"repo":{"id":1}}}}"#).unwrap();
    let (event, workspace) = (path("own"), path("work"));
    let job = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_EVENT_PATH", &event),
        ("GITHUB_WORKSPACE", &workspace),
    ];
    let of = |words: &[&str], configured: &str, more: &[(&str, &str)]| {
        fs::write(&settings, configured).unwrap();
        judged(&[&["verify", "r.example/a:1"], words].concat(), &[&job[..], more].concat())
    };
    let (config, both) = (["--config", &settings], ["--gates", &gates, "--stage", "prod"]);
    let named = format!("gates: {gates}\n");
    for (words, configured, expected) in [
        ([&config[..], &both[2..]].concat(), named.as_str(), "gates"),
        ([&config[..], &both[..2]].concat(), "stage: prod\n", "gates"),
        ([&config[..], &both].concat(), "concurrency: 2\n", "caveat"),
        // What a flag says counts.
        ([&config[..], &both].concat(), "stage: other\n", "caveat"),
        (both.to_vec(), "", "nothing"),
    ] {
        assert_eq!(of(&words, configured, &[]), expected, "{words:?} {configured}");
        let allowed = of(&words, configured, &[("SEALGATE_ALLOW_CHECKOUT_TRUST", "true")]);
        assert_eq!(allowed, expected.replace("gates", "caveat"), "{words:?} {configured}");
    }
    // Roots in place of AWS Signer's say by whom a profile's signature is.
    let (inside, outside) = (path("work/sub/a"), path("workspace-2/a"));
    let root = |file| [&both[..], &["--aws-root", file]].concat();
    assert_eq!(of(&root(&inside), "", &[]), "gates");
    assert_eq!(of(&root(&outside), "", &[]), "nothing");
}

#[test]
fn what_a_run_makes_of_it_follows_from_whose_change_it_is() {
    let folder = folders();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let event =
        |head: u8| format!(r#"{{"pull_request":{{"head":{{"repo":{{"id":{head}}}}},"base":{{"repo":{{"id":1}}}}}}}}"#);
    fs::write(path("own"), event(1)).unwrap();
    fs::write(path("fork"), event(2)).unwrap();
    // By event, its file, where the root is, and what is allowed: a caveat, an error, or neither.
    for (name, file, root, allowed, expected) in [
        ("push", "fork", "work/a", "", Ok(0)),
        ("pull_request", "own", "outside/a", "", Ok(0)),
        ("pull_request", "own", "work/a", "", Ok(1)),
        ("pull_request", "own", "work/a", "true", Ok(1)),
        ("pull_request", "fork", "outside/a", "", Ok(0)),
        ("pull_request", "fork", "work/a", "", Err(())),
        ("pull_request", "fork", "work/a", "false", Err(())),
        ("pull_request", "fork", "work/a", "true", Ok(1)),
        ("pull_request", "none", "work/a", "", Err(())),
        ("pull_request_target", "own", "work/a", "", Ok(1)),
        ("pull_request_target", "fork", "work/a", "", Err(())),
        ("issue_comment", "fork", "work/a", "", Err(())),
    ] {
        let (root, file, workspace) = (path(root), path(file), path("work"));
        let variables = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", name),
            ("GITHUB_EVENT_PATH", &file),
            ("GITHUB_WORKSPACE", &workspace),
            ("SEALGATE_ALLOW_CHECKOUT_TRUST", allowed),
        ];
        let found = resolved(&["verify", "r.example/a:1", "--root", &root, "--identity", "*"], &variables);
        let found = match found {
            Ok(config) => {
                let codes: BTreeSet<_> = config.caveats.iter().map(|caveat| caveat.code.as_str()).collect();
                assert!(codes.iter().all(|code| *code == "trust-from-pull-request"), "{codes:?}");
                assert_eq!(config.weakened.len(), usize::from(allowed == "true"));
                Ok(config.caveats.len())
            }
            Err(errors) => match errors.as_slice() {
                [ResolveError::Setting(error)] if matches!(error.fault, Fault::FromFork { .. }) => Err(()),
                other => panic!("{other:?}"),
            },
        };
        assert_eq!(found, expected, "{name} {file} {root} {allowed}");
    }
}
