//! `demo`: the first thing that a person tries, and the commands that it shows.

use crate::sealgate::Sandbox;

#[test]
fn the_demonstration_succeeds_and_fits_a_hundred_columns() {
    let answer = Sandbox::new().sealgate(&["demo"]).exits(0);
    assert_eq!(answer.stderr, "");
    for line in answer.stdout.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    for word in ["✓ verified", "✗ rejected", "✗ unsigned"] {
        assert!(answer.stdout.contains(word), "{word} in {}", answer.stdout);
    }
}

#[test]
fn the_commands_of_the_demonstration_do_what_it_says() {
    let sandbox = Sandbox::new();
    sandbox.sealgate(&["demo", "--dir", "."]).exits(0);
    let identity = "x509.subject: C=ZZ, ST=Development, O=sealgate development, CN=demo";
    let verify = ["verify", "--root", "keys/demo-ca.crt", "--identity", identity];
    for (image, exit) in [("app", 0), ("tampered", 10), ("foreign", 10), ("unsigned", 11)] {
        let image = format!("oci-layout:{image}:v1");
        sandbox.sealgate(&[&verify[..], &[&image]].concat()).exits(exit);
    }
}

#[test]
fn the_readme_shows_what_the_demonstration_prints() {
    let printed = Sandbox::new().sealgate(&["demo"]).exits(0).stdout;
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let (_, behind) = readme.split_once("as it prints them").unwrap();
    let shown = behind.split_once("```text\n").unwrap().1.split_once("\n```").unwrap().0;
    let steps: Vec<_> = shown.split("\n\n").collect();
    assert_eq!(steps.len(), 2, "{shown}");
    for step in steps {
        assert!(printed.contains(&format!("{step}\n")), "{step}\nis not in\n{printed}");
    }
}
