//! Credentials of a container (CodeBuild, ECS, EKS): an address that variables name, and what authorizes to ask there. The SDK's own source
//! reads these variables by itself, takes one that is set and empty for an address, and quotes the answers it gets.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use http::HeaderValue;
use notary::{Timestamp, json};
use reqwest::Client;
use secrecy::ExposeSecret as _;

use super::attempts::{Attempts, Patience};
use super::facts::container::{ContainerSettings, ContainerToken};
use super::facts::error::{AwsError, AwsErrorKind, Operation};
use super::facts::files::{read_whole, shown_path};
use super::facts::keys::usable;
use super::http::way;
use crate::transport::{NoAnswer, Transport};

/// Longest wait for one attempt: it is the machine's own network.
const LIMIT: Duration = Duration::from_secs(7);

/// Bytes of an answer: keys and the token of a session.
const ANSWER_BYTES: usize = 64 * 1024;

/// Asks for the credentials. One attempt may take `limit`; what may pass is tried again.
///
/// # Errors
/// [`AwsError`] of kind `Denied`, `NoCredentials`, `Malformed`, `Throttled`, `Unavailable` or `Setting`.
pub(super) async fn credentials(
    transport: &Transport,
    settings: &ContainerSettings,
    limit: Duration,
    patience: &Arc<Patience>,
) -> Result<Credentials, AwsError> {
    let unusable = |fact: String| told(AwsErrorKind::Setting, &format!("cannot be asked: {fact}"));
    let (scheme, route) = way(&settings.url).map_err(|error| unusable(error.to_string()))?;
    let client = transport.client(scheme, route).map_err(|error| unusable(error.to_string()))?;
    let limit = limit.min(LIMIT);
    let late = || told(AwsErrorKind::Unavailable, "gave no complete answer in time");
    Attempts::ask(patience, limit, late, || ask(&client, settings)).await
}

fn told(kind: AwsErrorKind, fact: &str) -> AwsError {
    AwsError::new(Operation::CREDENTIALS, kind, format!("the container's endpoint {fact}"))
}

/// A single attempt, without retries.
async fn ask(client: &Client, settings: &ContainerSettings) -> Result<Credentials, AwsError> {
    let mut request = client.get(settings.url.clone()).header(http::header::ACCEPT, "application/json");
    if let Some(token) = header(&settings.token)? {
        request = request.header(http::header::AUTHORIZATION, token);
    }
    let no_answer =
        |error: reqwest::Error| told(AwsErrorKind::Unavailable, &format!("did not answer: {}", NoAnswer::of(&error)));
    let mut response = request.send().await.map_err(no_answer)?;
    let status = response.status();
    tracing::debug!(status = status.as_u16(), "request for the credentials of the container");
    if !status.is_success() {
        let kind = match status.as_u16() {
            401 | 403 => AwsErrorKind::Denied,
            429 => AwsErrorKind::Throttled,
            500.. => AwsErrorKind::Unavailable,
            _ => AwsErrorKind::NoCredentials,
        };
        return Err(told(kind, &format!("answered with HTTP status {}", status.as_u16())));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_BYTES {
            return Err(told(AwsErrorKind::NoCredentials, &format!("answered with more than {ANSWER_BYTES} bytes")));
        }
    }
    let missing = || told(AwsErrorKind::NoCredentials, "gave an answer that contains no credentials");
    usable(read(&body).ok_or_else(missing)?).map_err(|fact| told(AwsErrorKind::Malformed, &fact))
}

fn header(token: &ContainerToken) -> Result<Option<HeaderValue>, AwsError> {
    let (name, bytes) = match token {
        ContainerToken::None => return Ok(None),
        ContainerToken::Variable(token) => {
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN".to_owned(), token.expose_secret().as_bytes().to_vec())
        }
        ContainerToken::File(path) => {
            let name = format!("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE {}", shown_path(path));
            let bytes = read_whole(path).map_err(|error| AwsError::setting(format!("{name}: {error}")))?;
            (name, bytes)
        }
    };
    // Files and variables are often filled with one line break too many.
    let end = bytes.iter().rposition(|byte| !b"\r\n".contains(byte)).map_or(0, |last| last + 1);
    let line = bytes.get(..end).unwrap_or_default();
    match HeaderValue::from_bytes(line).ok().filter(|value| !value.is_empty() && value.to_str().is_ok()) {
        Some(mut value) => {
            value.set_sensitive(true);
            Ok(Some(value))
        }
        None => {
            let fact = "expected one line of visible ASCII; it is not shown";
            Err(AwsError::setting(format!("{name}: {fact}")))
        }
    }
}

/// Reads an answer; `None` if it is malformed.
fn read(body: &[u8]) -> Option<Credentials> {
    let answer = json::parse_object(body).ok()?;
    let text = |name: &str| answer.get(name)?.as_str().filter(|text| !text.is_empty());
    let expiry: Timestamp = text("Expiration")?.parse().ok()?;
    let token = Some(text("Token")?.to_owned());
    let mut credentials =
        Credentials::new(text("AccessKeyId")?, text("SecretAccessKey")?, token, Some(expiry.into()), "container");
    let feature = AwsCredentialFeature::CredentialsHttp;
    credentials.get_property_mut_or_default::<Vec<AwsCredentialFeature>>().push(feature);
    Some(credentials)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        r#"{"RoleArn":"r","AccessKeyId":"a","SecretAccessKey":"b","Token":"c","Expiration":"2026-06-01T12:00:00Z"}"#;

    #[test]
    fn an_answer_holds_credentials_with_an_end_or_nothing() {
        let found = read(GOOD.as_bytes()).unwrap();
        let expected: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        assert_eq!((found.access_key_id(), found.secret_access_key(), found.session_token()), ("a", "b", Some("c")));
        assert_eq!(found.expiry(), Some(expected.into()));
        for bad in [
            "",
            "[]",
            r#"{"code":"AccessDenied","message":"no"}"#,
            &GOOD.replace("Expiration", "x"),
            &GOOD.replace("Token", "x"),
            &GOOD.replace("2026-06-01T12:00:00Z", "soon"),
            &GOOD.replace("\"c\"", "\"\""),
            &GOOD.replace("\"a\"", "\"\""),
        ] {
            assert!(read(bad.as_bytes()).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_path_stays_on_the_containers_own_host() {
        let at = |path: &str| ContainerSettings::on_own_host(path).map(|url| url.as_str().to_owned());
        assert_eq!(at("/v2/credentials/1?a=b").as_deref(), Some("http://169.254.170.2/v2/credentials/1?a=b"));
        for elsewhere in ["//evil.example/x", "http://evil.example/", "/\\evil.example/"] {
            let found = at(elsewhere);
            assert!(found.as_ref().is_none_or(|url| url.starts_with("http://169.254.170.2/")), "{found:?}");
        }
    }

    #[test]
    fn a_token_is_one_line_and_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let of_file = |content: &str| {
            std::fs::write(&path, content).unwrap();
            header(&ContainerToken::File(path.clone()))
        };
        assert_eq!(of_file("Bearer geheim").unwrap().unwrap(), "Bearer geheim");
        assert_eq!(header(&ContainerToken::Variable("geheim".into())).unwrap().unwrap(), "geheim");
        assert!(header(&ContainerToken::None).unwrap().is_none());
        for line in ["geheim\n", "geheim\r\n", "geheim\r", "geheim\n\n"] {
            assert_eq!(of_file(line).unwrap().unwrap(), "geheim", "{line:?}");
        }
        for bad in ["\n", "", "geheim\u{e9}", "\ngeheim", "geheim\ngeheim\n", "geheim\u{1}"] {
            let error = of_file(bad).unwrap_err();
            assert_eq!(error.kind, AwsErrorKind::Setting);
            assert!(
                error.message.starts_with("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
                    && !error.message.contains("geheim")
            );
            assert!(header(&ContainerToken::Variable(bad.into())).is_err());
        }
        std::fs::remove_file(&path).unwrap();
        assert!(header(&ContainerToken::File(path)).is_err());
    }
}
