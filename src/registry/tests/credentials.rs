//! Where credentials come from, and in which order.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::super::credentials::{
    Credential, CredentialSource, Credentials, FoundCredential, GivenCredential, WantedCredential,
};
use crate::env::Env;
use crate::reference::RegistryReference;

/// A home folder, and variables that point to nothing else.
pub(super) struct Home {
    folder: tempfile::TempDir,
    variables: BTreeMap<String, String>,
    helper_limit: Duration,
}

impl Home {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables: BTreeMap::new(), helper_limit: Duration::from_secs(5) }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn write(&self, file: &str, text: impl ToString) {
        let path = self.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text.to_string()).unwrap();
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.variables.insert(name.into(), value.into());
    }

    /// A credential helper; a copy made by another process, so that no other test's child holds it open for writing.
    fn helper(&mut self, suffix: &str, script: &str) {
        let bin = self.path().join("bin");
        self.write("script", format!("#!/bin/sh\n{script}\n"));
        std::fs::create_dir_all(&bin).unwrap();
        let target = bin.join(format!("docker-credential-{suffix}"));
        let mut install = std::process::Command::new("install");
        install.arg("-m755").arg(self.path().join("script")).arg(&target);
        assert!(install.status().unwrap().success());
        self.set("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    }

    pub(super) fn credentials(&self, given: Vec<GivenCredential>) -> Credentials {
        let home = ("HOME", self.path().to_str().unwrap());
        let variables = self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let variables: Vec<_> = std::iter::once(home).chain(variables).collect();
        Credentials::new(given, &Env::of(&variables), self.helper_limit)
    }

    pub(super) async fn find(&self, reference: &str) -> (String, CredentialSource) {
        shown(self.credentials(Vec::new()).find(&wanted(reference)).await)
    }
}

pub(super) fn wanted(name: &str) -> WantedCredential {
    WantedCredential::of(&RegistryReference::parse(&format!("{name}:v1")).unwrap())
}

/// The credential as text, which only tests may make.
pub(super) fn shown(found: FoundCredential) -> (String, CredentialSource) {
    let text = match found.credential {
        Credential::Anonymous => "none".to_owned(),
        Credential::Password { username, password } => format!("{username}:{}", password.expose_secret()),
        Credential::IdentityToken(token) => format!("identity {}", token.expose_secret()),
        Credential::RegistryToken(token) => format!("registry {}", token.expose_secret()),
    };
    (text, found.source)
}

pub(super) fn auths(key: &str, pair: &str) -> String {
    json!({"auths": {key: {"auth": STANDARD.encode(pair)}}}).to_string()
}

#[tokio::test]
async fn the_sources_are_asked_in_order() {
    let mut home = Home::new();
    let host = "r.example";
    home.set("CI_REGISTRY", host);
    home.set("CI_REGISTRY_USER", "gitlab-ci-token");
    home.set("CI_REGISTRY_PASSWORD", "job");
    let name = "r.example/team/app";
    assert_eq!(
        home.find(name).await,
        ("gitlab-ci-token:job".into(), CredentialSource::Variable("CI_REGISTRY_PASSWORD"))
    );
    for (file, pair) in [
        (".config/notation/config.json", "u:notation"),
        (".config/containers/auth.json", "u:podman"),
        (".docker/config.json", "u:docker"),
    ] {
        home.write(file, auths(host, pair));
        assert_eq!(home.find(name).await, (pair.into(), CredentialSource::File(home.path().join(file))), "{file}");
    }
    home.set("DOCKER_AUTH_CONFIG", auths(host, "u:variable"));
    assert_eq!(home.find(name).await, ("u:variable".into(), CredentialSource::Variable("DOCKER_AUTH_CONFIG")));
    let given = |host: &str, username: &str| GivenCredential {
        host: host.into(),
        username: username.into(),
        password: "given".to_owned().into(),
        origin: "--username".into(),
    };
    let found = home.credentials(vec![given("R.example", "u")]).find(&wanted(name)).await;
    assert_eq!(shown(found), ("u:given".into(), CredentialSource::Given("--username".into())));
    let found = home.credentials(vec![given(host, "")]).find(&wanted(name)).await;
    assert_eq!(shown(found).0, "identity given");
    // What is given for one host is for no other.
    let found = home.credentials(vec![given("r.example:5000", "u")]).find(&wanted(name)).await;
    assert_eq!(shown(found).0, "u:variable");
    assert_eq!(home.find("other.example/team/app").await, ("none".into(), CredentialSource::Anonymous));
}

#[tokio::test]
async fn variables_move_the_files() {
    let mut home = Home::new();
    for (variable, value, file) in [
        ("XDG_CONFIG_HOME", "xdg", "xdg/notation/config.json"),
        ("NOTATION_CONFIG", "n", "n/config.json"),
        ("XDG_CONFIG_HOME", "xdg2", "xdg2/containers/auth.json"),
        ("XDG_RUNTIME_DIR", "run", "run/containers/auth.json"),
        ("REGISTRY_AUTH_FILE", "auth.json", "auth.json"),
        ("DOCKER_CONFIG", "d", "d/config.json"),
    ] {
        home.set(variable, home.path().join(value).to_str().unwrap());
        home.write(file, auths("r.example", &format!("u:{variable}")));
        assert_eq!(home.find("r.example/a").await.0, format!("u:{variable}"), "{file}");
    }
    // An empty variable is one that is not set.
    home.set("DOCKER_CONFIG", "");
    assert_eq!(home.find("r.example/a").await.0, "u:REGISTRY_AUTH_FILE");
}

#[tokio::test]
async fn a_folder_that_is_not_absolute_is_told_and_not_read() {
    let mut home = Home::new();
    home.write(".docker/config.json", auths("r.example", "u:p"));
    home.set("XDG_RUNTIME_DIR", "run");
    home.set("XDG_CONFIG_HOME", "xdg");
    let credentials = home.credentials(Vec::new());
    assert_eq!(shown(credentials.find(&wanted("r.example/a")).await).0, "u:p");
    let sources: Vec<_> = credentials.warnings().into_iter().map(|warning| warning.source).collect();
    assert_eq!(sources, ["XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"]);
}

#[tokio::test]
async fn hosts_are_named_in_several_ways_and_repositories_in_podman_s_file_only() {
    for (key, reference, expected) in [
        ("r.example", "r.example/a", true),
        ("R.Example", "r.example/a", true),
        ("https://r.example", "r.example/a", true),
        ("https://r.example/v1/", "r.example/a", true),
        ("http://r.example/v2", "r.example/a", true),
        ("r.example:5000", "r.example:5000/a", true),
        ("r.example:5000", "r.example/a", false),
        ("r.example", "r.example:5000/a", false),
        // A path is a repository or above it, and for Docker says nothing.
        ("r.example/a", "r.example/a", true),
        ("r.example/team", "r.example/team/a", true),
        ("https://r.example/other", "r.example/a", true),
        ("r.example/other/", "r.example/a", true),
        ("r.example/a", "other.example/a", false),
        ("example", "r.example/a", false),
        // Kubernetes' patterns.
        ("*.example", "r.example/a", true),
        ("https://*.example/v1/", "r.example/a", true),
        ("r*.eu.example", "r1.eu.example/a", true),
        ("*.example:5000", "r.example:5000/a", true),
        ("*.example/team", "r.example/team/a", true),
        ("*.example/team", "r.example/other/a", false),
        ("*.example:5000", "r.example/a", false),
        ("*.example", "a.r.example/a", false),
        ("*.r.example", "r.example/a", false),
        ("*.*", "r.example/a", false),
        ("*", "r.example/a", false),
        ("https://index.docker.io/v1/", "docker.io/library/alpine", true),
        ("docker.io", "docker.io/library/alpine", true),
        ("registry-1.docker.io", "docker.io/library/alpine", true),
        ("https://index.docker.io/v1/", "r.example/a", false),
    ] {
        let home = Home::new();
        home.write(".docker/config.json", auths(key, "u:p"));
        let found = home.find(reference).await.0;
        assert_eq!(found, if expected { "u:p" } else { "none" }, "{key} for {reference}");
    }
    let home = Home::new();
    let entry = |pair: &str| json!({"auth": STANDARD.encode(pair)});
    let file = json!({"auths": {
        "r.example": entry("u:host"), "r.example/team": entry("u:team"), "r.example/team/app": entry("u:app"),
    }});
    let docker = Home::new();
    docker.write(".docker/config.json", &file);
    home.write(".config/containers/auth.json", &file);
    for (reference, pair) in [
        ("r.example/team/app", "u:app"),
        ("r.example/team/application", "u:team"),
        ("r.example/team/app/x", "u:app"),
        ("r.example/other", "u:host"),
    ] {
        assert_eq!(home.find(reference).await.0, pair, "{reference}");
        assert_eq!(docker.find(reference).await.0, pair, "{reference}");
    }
    // Podman has no key for a host that stands for another path.
    let home = Home::new();
    home.write(".config/containers/auth.json", auths("r.example/team", "u:p"));
    assert_eq!(home.find("r.example/other").await.0, "none");
}

#[tokio::test]
async fn every_form_of_an_entry_is_read() {
    for (entry, expected) in [
        (json!({"auth": STANDARD.encode("u:p:q")}), "u:p:q"),
        (json!({"auth": STANDARD.encode("u:p").trim_end_matches('=')}), "u:p"),
        (json!({"auth": STANDARD.encode("u:p\0\0")}), "u:p"),
        (json!({"username": "u", "password": "p"}), "u:p"),
        (json!({"identitytoken": "i", "auth": STANDARD.encode("u:")}), "identity i"),
        (json!({"registrytoken": "r"}), "registry r"),
        (json!({}), "none"),
        (json!({"auth": ""}), "none"),
        (json!({"username": "u"}), "none"),
        (json!(null), "none"),
        (json!({"auth": null, "email": 1, "username": "u", "password": "p"}), "u:p"),
    ] {
        let home = Home::new();
        home.write(".docker/config.json", json!({"auths": {"r.example": entry}}));
        let credentials = home.credentials(Vec::new());
        assert_eq!(shown(credentials.find(&wanted("r.example/a")).await).0, expected, "{entry}");
        assert_eq!(credentials.warnings(), []);
    }
}

#[tokio::test]
async fn a_source_that_cannot_be_used_is_a_warning_and_the_search_goes_on() {
    let mut home = Home::new();
    home.write(".config/notation/config.json", auths("r.example", "u:last"));
    home.write(".docker/config.json", json!({"auths": {"r.example": {"auth": "s3cret!"}}}));
    home.write(".config/containers/auth.json", r#"{"auths": {"r.example": {"auth": "s3cret"#);
    home.set("DOCKER_AUTH_CONFIG", r#"{"s3cret": 1, "s3cret": 2}"#);
    let credentials = home.credentials(Vec::new());
    assert_eq!(shown(credentials.find(&wanted("r.example/a")).await).0, "u:last");
    let warnings = credentials.warnings();
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(!format!("{warnings:?}").contains("s3cret"));

    // A folder, or a file beyond the cap, is not read.
    let home = Home::new();
    std::fs::create_dir_all(home.path().join(".docker/config.json")).unwrap();
    home.write(".config/containers/auth.json", " ".repeat(2 << 20));
    let credentials = home.credentials(Vec::new());
    assert_eq!(shown(credentials.find(&wanted("r.example/a")).await).0, "none");
    assert_eq!(credentials.warnings().len(), 2);
}

/// Go's reader, which Docker uses, refuses these as well; no reader takes an array for an object.
#[tokio::test]
async fn a_file_whose_members_are_of_another_type_is_a_warning() {
    for document in [
        json!([{"r.example": {"auth": "s3cret"}}]),
        json!({"auths": [{"auth": "s3cret"}]}),
        json!({"auths": "s3cret"}),
        json!({"credHelpers": ["s3cret"]}),
        json!({"credHelpers": {"other.example": 1}}),
        json!({"credsStore": ["s3cret"]}),
        json!({"Auths": {"r.example": {"auth": "s3cret"}}}),
        json!({"auths": {"r.example": ["s3cret"]}}),
        json!({"auths": {"r.example": "s3cret"}}),
        json!({"auths": {"r.example": {"auth": ["s3cret"]}}}),
        json!({"auths": {"r.example": {"username": "u", "password": 1}}}),
        json!({"auths": {"r.example": {"identityToken": "s3cret", "auth": STANDARD.encode("u:s3cret")}}}),
    ] {
        let home = Home::new();
        home.write(".docker/config.json", &document);
        home.write(".config/notation/config.json", auths("r.example", "u:last"));
        let credentials = home.credentials(Vec::new());
        assert_eq!(shown(credentials.find(&wanted("r.example/a")).await).0, "u:last", "{document}");
        let warnings = credentials.warnings();
        assert_eq!(warnings.len(), 1, "{document}: {warnings:?}");
        assert!(!format!("{warnings:?}").contains("s3cret"), "{warnings:?}");
    }
}

#[tokio::test]
async fn helpers_are_asked_for_their_hosts_and_the_store_for_all() {
    let mut home = Home::new();
    home.helper("host", r#"read -r server; echo "{\"Username\":\"$1\",\"Secret\":\"$server\"}""#);
    home.helper("store", r#"echo '{"Username":"<token>","Secret":"t"}'"#);
    home.write(
        ".docker/config.json",
        json!({
            "auths": {"r.example": {}, "file.example": {"auth": STANDARD.encode("u:file")}},
            "credHelpers": {"r.example": "host", "docker.io": "host"},
            "credsStore": "store",
        }),
    );
    let helper = |name: &str| CredentialSource::Helper {
        program: format!("docker-credential-{name}"),
        named_in: home.path().join(".docker/config.json").display().to_string(),
    };
    assert_eq!(home.find("r.example/a").await, ("get:r.example".into(), helper("host")));
    assert_eq!(home.find("docker.io/library/a").await.0, "get:https://index.docker.io/v1/");
    assert_eq!(home.find("other.example/a").await, ("identity t".into(), helper("store")));
}

#[tokio::test]
async fn a_helper_without_the_credential_is_no_failure_and_is_asked_once() {
    let mut home = Home::new();
    let calls = home.path().join("calls");
    home.helper(
        "none",
        &format!("echo x >> {}; echo 'credentials not found in native keychain'; exit 1", calls.display()),
    );
    home.write(
        ".docker/config.json",
        json!({
            "auths": {"r.example": {"auth": STANDARD.encode("u:file")}}, "credsStore": "none",
        }),
    );
    let credentials = home.credentials(Vec::new());
    for repository in ["r.example/a", "r.example/b"] {
        assert_eq!(shown(credentials.find(&wanted(repository)).await).0, "u:file");
    }
    assert_eq!(credentials.warnings(), []);
    assert_eq!(std::fs::read_to_string(calls).unwrap(), "x\n");
}

#[tokio::test]
async fn a_helper_that_fails_is_a_warning_without_what_it_printed() {
    let dead = "echo s3cret; echo s3cret >&2; exit 3";
    for (suffix, script, fact) in [
        ("dead", dead, "failed with"),
        ("odd", "echo s3cret", "did not print a credential in JSON"),
        ("empty", r#"echo '{"Username":"u","Secret":""}'"#, "did not print a credential in JSON"),
        ("loud", "yes s3cret", "more than"),
        ("slow", "exec sleep 60", "within"),
        ("missing", "", "cannot be started"),
        ("../../bin/sh", "", "letters, digits"),
    ] {
        let mut home = Home::new();
        home.helper("placeholder", "");
        if !script.is_empty() {
            home.helper(suffix, script);
        }
        home.write(".docker/config.json", json!({"credsStore": suffix}));
        home.write(".config/notation/config.json", auths("r.example", "u:next"));
        if suffix == "slow" {
            home.helper_limit = Duration::from_millis(100);
        }
        let credentials = home.credentials(Vec::new());
        assert_eq!(shown(credentials.find(&wanted("r.example/a")).await).0, "u:next", "{suffix}");
        let warnings = format!("{:?}", credentials.warnings());
        assert!(warnings.contains(fact) && !warnings.contains("s3cret"), "{suffix}: {warnings}");
    }
}

#[tokio::test]
async fn a_helper_does_not_see_passwords_that_were_given_to_us() {
    let mut home = Home::new();
    home.helper("env", r#"echo "{\"Username\":\"u\",\"Secret\":\"[$SEALGATE_PASSWORD$NOTATION_PASSWORD]$OTHER\"}""#);
    home.write(".docker/config.json", json!({"credsStore": "env"}));
    home.set("SEALGATE_PASSWORD", "s3cret");
    home.set("NOTATION_PASSWORD", "s3cret");
    home.set("OTHER", "seen");
    assert_eq!(home.find("r.example/a").await.0, "u:[]seen");
}

#[tokio::test]
async fn no_debug_form_shows_a_secret() {
    let home = Home::new();
    home.write(".docker/config.json", auths("r.example", "u:s3cret"));
    let given = GivenCredential {
        host: "h".into(),
        username: "u".into(),
        password: "s3cret".to_owned().into(),
        origin: "o".into(),
    };
    let credentials = home.credentials(vec![given.clone()]);
    let found = credentials.find(&wanted("r.example/a")).await;
    assert!(matches!(found.credential, Credential::Password { .. }));
    for text in [format!("{found:?}"), format!("{given:?}"), format!("{credentials:?}")] {
        assert!(!text.contains("s3cret"), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_as_a_credential_file_is_answered(text in "\\PC{0,100}", auth in "[A-Za-z0-9+/=:]{0,20}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for text in [text, json!({"auths": {"r.example": {"auth": auth}}}).to_string()] {
            let credentials = Credentials::new(Vec::new(), &Env::of(&[("DOCKER_AUTH_CONFIG", &text)]), Duration::ZERO);
            let _ = runtime.block_on(credentials.find(&wanted("r.example/a")));
        }
    }
}
