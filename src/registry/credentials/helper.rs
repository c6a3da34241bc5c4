//! Docker credential helpers: `docker-credential-NAME get`, the server on standard input, JSON on standard output.
//!
//! What a helper prints may be the secret, so nothing of it ever goes into a message.

use std::collections::BTreeMap;
use std::time::Duration;

use notary::json::{self, Object};

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
    let mut command = process::command(program, variables);
    let command = command.arg("get");
    let Answer { output, status } = process::ask(command, server.as_bytes(), limits::HELPER_BYTES, limit).await?;
    if !status.success() {
        let none = String::from_utf8_lossy(&output).contains(NOT_FOUND);
        return if none { Ok(None) } else { Err(HelperError::Failed(status)) };
    }
    read_answer(&output).map(Some).ok_or(HelperError::Answer)
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
