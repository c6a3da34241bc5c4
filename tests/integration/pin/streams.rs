//! Standard input and output, other files, and signals.

use std::io::Write as _;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::*;

#[test]
fn what_comes_in_a_pipe_goes_on_in_one_and_the_report_goes_to_standard_error() {
    let scene = Scene::new();
    let text = scene.pod("pod.yaml", &["v1"]);
    let pinned = text.replace("app:v1 #", &format!("app:v1@{} #", scene.digest("v1")));
    let pipe = |words: &[&str], text: &str, exit| {
        scene.sandbox.sealgate(&[&["pin"], &TRUST[..], words].concat()).stdin(text).exits(exit)
    };
    for words in [&["-"][..], &["-", "--out", "-"]] {
        let answer = pipe(words, &text, 0);
        assert_eq!(answer.stdout, pinned);
        assert!(answer.stderr.contains("✓ verified"), "{}", answer.stderr);
    }
    let answer = pipe(&["-", "--format", "json"], &text, 0);
    assert_eq!(answer.stdout, pinned);
    let report: Value = serde_json::from_str(&answer.stderr).unwrap();
    assert_eq!(report["files"][0]["file"], "-");
    assert_eq!(scene.run(&["pod.yaml", "--out", "-"], 0).stdout, pinned);

    // Nothing of it comes out where an image fails, or the text is wrong.
    let answer = pipe(&["-"], &text.replace(":v1 #", ":unsigned #"), 11);
    assert_eq!(answer.stdout, "");
    let answer = pipe(&["-", "--format", "json"], "a: [", 3);
    assert_eq!(answer.stdout, "");
    assert!(answer.stderr.contains("deploy-file"), "{}", answer.stderr);
    let answer = pipe(&["-", "--check"], &text, 3);
    assert!(answer.stdout.contains("line 6 column 12: "), "{}", answer.stdout);
    pipe(&["-", "--write"], &text, 2);
}

#[test]
fn another_file_is_there_only_where_the_run_ends_well() {
    let scene = Scene::new();
    let text = scene.pod("pod.yaml", &["v1"]);
    let pinned = text.replace("app:v1 #", &format!("app:v1@{} #", scene.digest("v1")));
    scene.run(&["pod.yaml", "--out", "pinned.yaml"], 0);
    assert_eq!(scene.sandbox.read("pinned.yaml"), pinned);
    assert_eq!(scene.sandbox.read("pod.yaml"), text);
    for (words, exit) in [(&["unsigned.yaml", "--out", "pinned.yaml"][..], 11), (&["k", "--out", "pinned.yaml"], 3)] {
        scene.sandbox.write("pinned.yaml", "old");
        scene.pod("unsigned.yaml", &["unsigned"]);
        scene.run(words, exit);
        assert!(!scene.sandbox.path("pinned.yaml").exists(), "{words:?}");
    }
    // It is no file that is read.
    scene.run(&["pod.yaml", "--out", "./pod.yaml"], 2);
    scene.run(&["pod.yaml", "--out", "k/x-ca.crt"], 2);
    assert_eq!(scene.sandbox.read("pod.yaml"), text);
    scene.run(&["pod.yaml", "--out", "none/pinned.yaml"], 3);
}

fn kill(child: &Child, signal: &str) {
    Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
}

#[test]
fn a_signal_leaves_every_file_whole_and_all_or_none_changed() {
    let scene = Scene::new();
    let names: Vec<_> = (0..100).map(|number| format!("f/{number}.yaml")).collect();
    let text = scene.pod("f/0.yaml", &["v1"]);
    let pinned = text.replace("app:v1 #", &format!("app:v1@{} #", scene.digest("v1")));
    let (mut ended, mut done) = (0, 0);
    for (pause, signal, code) in (0..24).map(|step| match step % 2 {
        0 => (step * 8, "-INT", 130),
        _ => (step * 8, "-TERM", 143),
    }) {
        for name in &names {
            scene.sandbox.write(name, &text);
        }
        let words = names.iter().map(String::as_str).collect::<Vec<_>>();
        let words = [&["pin", "--write"], &TRUST[..], &words].concat();
        let mut command = scene.sandbox.sealgate(&words).into_command();
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(pause));
        kill(&child, signal);
        let status = child.wait_with_output().unwrap().status;
        let now: Vec<_> = names.iter().map(|name| scene.sandbox.read(name)).collect();
        let are_all = |expected: &str| now.iter().all(|text| text == expected);
        assert!(are_all(&text) || are_all(&pinned), "{pause} {signal}");
        assert_eq!(unfinished(&scene.sandbox.path("f")), Vec::<PathBuf>::new(), "{pause} {signal}");
        match status.code() {
            Some(0) => done += 1,
            // A run that does not listen yet is ended by the signal itself.
            found => {
                assert!(found == Some(code) || found.is_none(), "{pause} {signal}: {found:?}");
                ended += 1;
            }
        }
    }
    assert!(ended + done == 24);
}

#[test]
fn a_signal_while_images_are_verified_changes_nothing() {
    let scene = Scene::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let text = scene.pod("pod.yaml", &["v1"]).replace(&scene.registry.host, &silent.local_addr().unwrap().to_string());
    scene.sandbox.write("pod.yaml", &text);
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let words = [&["pin", "--write", "pod.yaml"], &TRUST[..]].concat();
        let mut command = scene.sandbox.sealgate(&words).into_command();
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (mut stream, _) = silent.accept().unwrap();
        kill(&child, signal);
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(code));
        let _may_be_closed = stream.write_all(b"");
        assert_eq!(scene.sandbox.read("pod.yaml"), text);
        assert!(unfinished(&scene.sandbox.path(".")).is_empty());
    }
}
