//! The walls of the design, held by tests.

mod circles;
mod planted;
mod rooms;
mod source;
mod table;
mod tokens;
mod tree;
mod walls;
mod words;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What the core may depend on. Nothing here opens a file, a socket or a clock by itself.
const CORE_DEPENDENCIES: [&str; 8] =
    ["aws-lc-rs", "base64", "const-oid", "der", "jiff", "serde", "serde_json", "thiserror"];

/// What the core may not call, by the start of the path.
const CORE_BANS: [&str; 11] = [
    "jiff::Timestamp::now",
    "std::env::var",
    "std::fs::File",
    "std::fs::read",
    "std::fs::write",
    "std::io::stdin",
    "std::net::TcpStream",
    "std::process::Command",
    "std::process::exit",
    "std::time::Instant::now",
    "std::time::SystemTime::now",
];

/// The project's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files in these folders of the project, and below them.
pub(crate) fn rust_files(folders: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<_> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

/// The names in one section of a manifest.
fn section(manifest: &str, name: &str) -> BTreeSet<String> {
    let head = format!("[{name}]");
    fs::read_to_string(root().join(manifest))
        .unwrap()
        .lines()
        .skip_while(|line| *line != head)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#') && line.contains('='))
        .map(|line| line.split(['.', ' ', '=']).next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_core_depends_on_the_allow_list_and_nothing_else() {
    assert_eq!(section("src/notary/Cargo.toml", "dependencies"), CORE_DEPENDENCIES.map(str::to_owned).into());
    let manifest = fs::read_to_string(root().join("src/notary/Cargo.toml")).unwrap();
    assert!(!manifest.contains("build-dependencies") && !manifest.contains("[target."), "no other way in");
}

#[test]
fn the_core_has_its_list_of_bans() {
    let bans = fs::read_to_string(root().join("src/notary/clippy.toml")).unwrap();
    for ban in CORE_BANS {
        assert!(bans.contains(&format!("path = \"{ban}\"")), "{ban}");
    }
}

#[test]
fn no_second_crypto_library_is_asked_for() {
    let dependencies: BTreeSet<_> =
        ["Cargo.toml", "src/Cargo.toml"].iter().flat_map(|manifest| section(manifest, "dependencies")).collect();
    for banned in ["ring", "openssl", "native-tls", "rsa", "sha2", "p256", "p384"] {
        assert!(!dependencies.contains(banned), "{banned}");
    }
}

/// The top level of the project, dotfiles aside. CI systems look for some of what comes here by name, and people for the rest.
const TOP_LEVEL: [&str; 14] = [
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "Dockerfile",
    "LICENSE",
    "README.md",
    "action.yml",
    "buildspec-templates",
    "docs",
    "rust-toolchain.toml",
    "setup",
    "src",
    "templates",
    "tests",
];

/// What a tool left there, such as a downloaded package, would be committed with the rest.
#[test]
fn the_top_level_is_that_of_the_design() {
    let entries = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    // What cargo and proptest write there is ignored by git.
    let is_ignored = |name: &String| name.starts_with('.') || ["target", "proptest-regressions"].contains(&&**name);
    let found: BTreeSet<_> = entries.filter(|name| !is_ignored(name)).collect();
    assert_eq!(found, TOP_LEVEL.map(str::to_owned).into());
}
