//! Docker credential helpers: `docker-credential-NAME get`, the server on standard input, JSON on standard output.
//!
//! What a helper prints may be the secret, so nothing of it ever goes into a message.

use std::collections::BTreeMap;
use std::time::Duration;

use notary::json::{self, Object};
use tokio::process::Command;

use super::super::limits;
use super::credential::{Credential, secret};
use crate::process::{self, Answer, ProcessError};

/// The user name by which helpers mark an identity token.
const TOKEN_USER: &str = "<token>";

/// How helpers say that they have nothing (docker-credential-helpers, `credentials/error.go`).
const NOT_FOUND: &str = "credentials not found";

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum HelperError {
    /// The name could lead elsewhere than to a program on the path.
    #[error("the name of a credential helper may contain only letters, digits, . _ and -")]
    Name,
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error("it failed with {0}")]
    Failed(std::process::ExitStatus),
    /// It printed something else than an answer.
    #[error("it did not print a credential in JSON")]
    Answer,
}

/// Asks `program` for the credential of `server`; nothing when it says that it has none.
pub(super) async fn ask(
    program: &str,
    server: &str,
    variables: &BTreeMap<String, String>,
    limit: Duration,
) -> Result<Option<Credential>, HelperError> {
    let named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if !program.bytes().all(named) {
        return Err(HelperError::Name);
    }
    // A helper of another registry has no business with passwords that were given to us.
    let inherited = variables.iter().filter(|(name, value)| !is_ours(name) && !is_private_key(value));
    let path = search_path(variables.get("PATH").map(String::as_str).unwrap_or_default());
    let mut command = Command::new(program);
    let command = command.arg("get").env_clear().envs(inherited).env("PATH", path);
    let Answer { output, status } = process::ask(command, server.as_bytes(), limits::HELPER_BYTES, limit).await?;
    if !status.success() {
        let none = String::from_utf8_lossy(&output).contains(NOT_FOUND);
        return if none { Ok(None) } else { Err(HelperError::Failed(status)) };
    }
    read_answer(&output).map(Some).ok_or(HelperError::Answer)
}

/// Where programs are looked for: nowhere below the working folder, which in CI is a checkout that could bring a helper.
/// Docker starts none from there either (Go's `exec.ErrDot`).
fn search_path(path: &str) -> String {
    let absolute: Vec<_> = path.split(':').filter(|folder| folder.starts_with('/')).collect();
    // An empty path would be one of the working folder.
    if absolute.is_empty() { "/usr/bin:/bin".to_owned() } else { absolute.join(":") }
}

/// Whether a variable holds a key to sign with (`--key env:NAME`), whatever its name.
fn is_private_key(value: &str) -> bool {
    value.contains("PRIVATE KEY-----")
}

fn is_ours(name: &str) -> bool {
    let secret = name.ends_with("PASSWORD") || name.ends_with("USERNAME");
    secret && ["SEALGATE_", "NOTATION_", "INPUT_", "PLUGIN_"].iter().any(|prefix| name.starts_with(prefix))
}

fn read_answer(bytes: &[u8]) -> Option<Credential> {
    let document = json::parse_object(bytes).ok()?;
    let members = Object::new(&document, &["ServerURL", "Username", "Secret"]).ok()?;
    let password = secret(members.text("Secret").ok()?.filter(|secret| !secret.is_empty())?);
    match members.text("Username").ok()?? {
        TOKEN_USER => Some(Credential::IdentityToken(password)),
        "" => None,
        username => Some(Credential::Password { username: username.to_owned(), password }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_is_not_handed_on() {
        for name in ["SEALGATE_PASSWORD", "SEALGATE_KEY_PASSWORD", "INPUT_PASSWORD", "NOTATION_USERNAME"] {
            assert!(is_ours(name), "{name}");
        }
        assert!(!is_ours("AWS_PROFILE") && !is_private_key("sha256:1"));
        assert!(is_private_key("-----BEGIN EC PRIVATE KEY-----\nA\n-----END EC PRIVATE KEY-----"));
    }

    #[test]
    fn an_answer_of_a_helper_has_one_meaning() {
        for (answer, token) in [
            ("{\"ServerURL\":\"r\",\"Username\":\"u\",\"Secret\":\"s\"}\n", false),
            (r#"{"Username":"<token>","Secret":"s","More":[]}"#, true),
        ] {
            let found = read_answer(answer.as_bytes()).unwrap();
            assert_eq!(matches!(found, Credential::IdentityToken(_)), token, "{answer}");
        }
        for answer in [
            "",
            "{}",
            r#"["r","u","s"]"#,
            r#"[{"Username":"u","Secret":"s"}]"#,
            r#"{"Username":"u","Secret":["s"]}"#,
            r#"{"Username":1,"Secret":"s"}"#,
            r#"{"Username":"u","Secret":null}"#,
            r#"{"Username":"u","Secret":"s","Secret":"t"}"#,
            r#"{"Username":"u","Secret":"s","secret":"t"}"#,
        ] {
            assert!(read_answer(answer.as_bytes()).is_none(), "{answer}");
        }
    }
}
