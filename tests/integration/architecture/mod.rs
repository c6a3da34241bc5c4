//! The walls of the design, held by tests.

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
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below a folder, each with its text before the test module.
fn sources(folder: &str, skipped: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if skipped.iter().any(|skipped| path == root().join(skipped)) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod ").next().unwrap().to_owned();
                found.push((path, code));
            }
        }
    }
    assert!(!found.is_empty(), "{folder}");
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
fn the_core_lifts_none_of_its_bans() {
    // Tests may read vectors.
    for (path, code) in sources("src/notary", &["src/notary/certificate/tests", "src/notary/tests"]) {
        for lint in ["disallowed_methods", "disallowed_types", "disallowed_macros"] {
            assert!(!code.contains(lint), "{}: {lint}", path.display());
        }
    }
}

#[test]
fn reports_know_nothing_but_themselves_the_core_and_serde() {
    for (path, code) in sources("src/report", &[]) {
        for line in code.lines().filter(|line| line.contains("crate::")) {
            assert!(line.contains("crate::report::"), "{}: {line}", path.display());
        }
        let imports = code.lines().filter_map(|line| line.trim().strip_prefix("use "));
        for import in imports {
            let first = import.split("::").next().unwrap();
            assert!(
                ["std", "serde", "serde_json", "notary", "super", "crate", "self"].contains(&first),
                "{}: {import}",
                path.display()
            );
        }
    }
}

#[test]
fn the_environment_and_the_clock_are_read_in_main_only() {
    let reads = ["env::var", "env::vars", "Timestamp::now()", "SystemTime::now()", "Zoned::now()"];
    let mut found = BTreeSet::new();
    for (path, code) in sources("src", &["src/notary"]) {
        for read in reads {
            if code.contains(read) {
                found.insert(path.strip_prefix(root()).unwrap().display().to_string());
            }
        }
        assert!(path.ends_with("src/main.rs") || !code.contains("disallowed_methods"), "{}", path.display());
    }
    assert_eq!(found, BTreeSet::from(["src/main.rs".to_owned()]));
    let main = fs::read_to_string(root().join("src/main.rs")).unwrap();
    assert_eq!(main.matches("std::env::vars_os()").count(), 1);
    assert_eq!(main.matches("Timestamp::now()").count(), 1);
    assert_eq!(main.matches("disallowed_methods").count(), 2);
}

/// What `serde` derives takes an array for an object and reads over what it was not asked for: JSON is parsed and read by
/// `notary::json`. The trust policy is taken apart by its places in the text, after `notary::json` has accepted it.
#[test]
fn foreign_json_is_read_in_one_place() {
    let readers = ["src/notary/json.rs", "src/notary/trust_policy/document.rs"];
    for (path, code) in
        sources("src", &["src/notary/tests", "src/registry/server", "src/registry/tests", "src/command/stage.rs"])
    {
        let name = path.strip_prefix(root()).unwrap();
        if readers.iter().any(|reader| name == Path::new(reader))
            || name.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs")
        {
            continue;
        }
        for reading in ["serde_json::from_", "serde_json::Deserializer", "from_reader(", "parse::<Value>"] {
            assert!(!code.contains(reading), "{}: {reading}", name.display());
        }
        let derives = code.lines().filter(|line| line.contains("derive(") && line.contains("Deserialize"));
        assert_eq!(derives.count(), 0, "{}", name.display());
    }
}

#[test]
fn text_leaves_in_two_places_and_events_have_words_of_ours_alone() {
    let (mut writers, mut loggers, mut events) = (BTreeSet::new(), BTreeSet::new(), 0);
    for (path, code) in sources("src", &["src/notary"]) {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        if ["stderr()", "stdout()"].iter().any(|stream| code.contains(&format!("io::{stream}"))) {
            writers.insert(name.clone());
        }
        if code.contains("tracing_subscriber::") {
            loggers.insert(name.clone());
        }
        for event in code.split("tracing::").skip(1).filter(|rest| rest.split('(').next().unwrap().ends_with('!')) {
            let event = event.split(");").next().unwrap();
            assert!(!event.contains('{'), "{name}: what comes from outside is a field of an event: {event}");
            events += 1;
        }
    }
    assert_eq!(writers, ["src/main.rs", "src/output.rs"].map(str::to_owned).into());
    assert_eq!(loggers, BTreeSet::from(["src/output/log.rs".to_owned()]));
    assert!(events >= 4, "{events}");
}

#[test]
fn nothing_but_the_panic_hook_ends_the_process() {
    for (path, code) in sources("src", &[]) {
        let exits = code.matches("process::exit(").count();
        assert_eq!(exits, usize::from(path.ends_with("src/main.rs")), "{}", path.display());
    }
}

#[test]
fn no_second_crypto_library_is_asked_for() {
    let dependencies = section("Cargo.toml", "dependencies");
    for banned in ["ring", "openssl", "native-tls", "rsa", "sha2", "p256", "p384"] {
        assert!(!dependencies.contains(banned), "{banned}");
    }
}

#[test]
fn files_can_be_read_in_one_sitting() {
    // Tables may be longer.
    let tables = ["src/cli.rs"];
    for (path, code) in sources("src", &["src/notary", "src/registry"]) {
        let name = path.strip_prefix(root()).unwrap();
        let lines = code.lines().count();
        assert!(
            lines <= 400 || tables.iter().any(|table| name == Path::new(table)),
            "{}: {lines} lines",
            name.display()
        );
    }
}
