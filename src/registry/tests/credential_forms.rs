//! Forms in which credentials are kept that are not Docker's own, and places that hold none.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::credentials::{Home, auths, shown, wanted};

#[tokio::test]
async fn the_forms_of_kubernetes_secrets_are_read() {
    let entry = |pair: &str| json!({"auth": STANDARD.encode(pair), "email": "e@r.example"});
    let new = json!({"auths": {"r.example": entry("u:new")}}).to_string();
    let old = json!({"r.example": entry("u:old"), "https://index.docker.io/v1/": entry("u:hub")}).to_string();
    for (file, text, pair) in [
        ("config.json", &new, "u:new"),
        ("config.json", &old, "u:old"),
        (".dockerconfigjson", &new, "u:new"),
        (".dockercfg", &old, "u:old"),
    ] {
        let mut home = Home::new();
        home.set("DOCKER_CONFIG", home.path().join("secret").to_str().unwrap());
        home.write(&format!("secret/{file}"), text);
        let credentials = home.credentials(Vec::new());
        assert_eq!(shown(credentials.find(&wanted("r.example/a")).await).0, pair, "{file}");
        assert_eq!(credentials.warnings(), []);
    }
    let home = Home::new();
    home.write(".dockercfg", &old);
    assert_eq!(home.find("docker.io/library/alpine").await.0, "u:hub");
    home.write(".docker/config.json", &new);
    assert_eq!(home.find("r.example/a").await.0, "u:new");
    assert_eq!(home.find("docker.io/library/alpine").await.0, "none");
    // Members of the new form are no hosts.
    for text in [json!({"HttpHeaders": entry("u:p")}), json!({"credsStore": "", "r.example": entry("u:p")})] {
        let home = Home::new();
        home.write(".docker/config.json", &text);
        assert_eq!(home.find("r.example/a").await.0, "none", "{text}");
    }
}

#[tokio::test]
async fn a_variable_that_names_no_file_is_said() {
    for (variable, name, fact) in [
        ("DOCKER_CONFIG", "none", "none/config.json or "),
        ("REGISTRY_AUTH_FILE", "none.json", "none.json"),
        ("NOTATION_CONFIG", "none", "none/config.json"),
    ] {
        let mut home = Home::new();
        home.write(".docker/config.json", auths("r.example", "u:p"));
        home.write(".config/containers/auth.json", auths("r.example", "u:p"));
        home.set(variable, home.path().join(name).to_str().unwrap());
        let credentials = home.credentials(Vec::new());
        credentials.find(&wanted("r.example/a")).await;
        let warnings: Vec<_> = credentials.warnings().iter().map(ToString::to_string).collect();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].starts_with(&format!("{variable}: there is no file ")), "{warnings:?}");
        assert!(warnings[0].contains(fact), "{warnings:?}");
    }
    // A folder of notation may hold trust policies alone.
    let mut home = Home::new();
    home.write("notation/trustpolicy.json", "{}");
    home.set("NOTATION_CONFIG", home.path().join("notation").to_str().unwrap());
    let credentials = home.credentials(Vec::new());
    credentials.find(&wanted("r.example/a")).await;
    assert_eq!(credentials.warnings(), []);
}

#[tokio::test]
async fn line_breaks_in_a_secret_that_cannot_be_meant_say_nothing() {
    let long = format!("u:{}", "p".repeat(100));
    let encoded = STANDARD.encode(&long);
    let wrapped = encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect::<Vec<_>>();
    for (entry, expected) in [
        (json!({"auth": wrapped.join("\n")}), long.as_str()),
        (json!({"auth": format!("{}\r\n", wrapped.join("\r\n"))}), &long),
        (json!({"auth": wrapped.join(" ")}), &long),
        (json!({"auth": STANDARD.encode("u:p\n")}), "u:p"),
        (json!({"auth": STANDARD.encode("u:p\r\n")}), "u:p"),
        (json!({"auth": STANDARD.encode("u:p\nq")}), "u:p\nq"),
        (json!({"username": "u", "password": "p\n"}), "u:p"),
        (json!({"identitytoken": "i\n"}), "identity i"),
        (json!({"registrytoken": "r\r\n"}), "registry r"),
    ] {
        let home = Home::new();
        home.write(".docker/config.json", json!({"auths": {"r.example": entry}}));
        assert_eq!(home.find("r.example/a").await.0, expected, "{entry}");
    }
    let mut home = Home::new();
    home.set("CI_REGISTRY", "r.example");
    home.set("CI_REGISTRY_USER", "job");
    home.set("CI_REGISTRY_PASSWORD", "p\n");
    assert_eq!(home.find("r.example/a").await.0, "job:p");
}
