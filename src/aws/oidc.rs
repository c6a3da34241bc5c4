//! A token that the CI system vouches with, and the role that AWS gives for it.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_sts::types::Credentials as Issued;
use notary::json::{self, Object};
use reqwest::Client;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;
use zeroize::Zeroizing;

use super::attempts::{Attempts, Patience};
use super::facts::error::{AwsError, AwsErrorKind, Operation};
use super::facts::files::shown_path;
use super::facts::keys::is_plain;
use super::facts::settings::RoleSettings;
use crate::files;
use crate::loopback::is_this_machine;
use crate::secrets;
use crate::transport::{NoAnswer, Route, Scheme, Transport, TransportError};

/// Bytes of a token: what `AssumeRoleWithWebIdentity` takes at most.
const TOKEN_BYTES: usize = 20_000;

/// Bytes of the runner's answer: the token and a little JSON around it.
const ANSWER_BYTES: usize = 64 * 1024;

/// The audience that AWS's examples name, by the partition of the role.
pub(super) fn audience(role: &str) -> &'static str {
    if role.starts_with("arn:aws-cn:") { "sts.amazonaws.com.cn" } else { "sts.amazonaws.com" }
}

/// Asks GitHub's runner for a token (`permissions: id-token: write`). One attempt may take `limit`; what may pass is tried
/// again.
///
/// # Errors
/// [`AwsError`] of kind `Denied`, `Throttled`, `Unavailable`, `Malformed` or `Setting`.
pub(super) async fn github_token(
    transport: &Transport,
    url: &SecretString,
    bearer: &SecretString,
    audience: &str,
    limit: Duration,
    patience: &Arc<Patience>,
) -> Result<SecretString, AwsError> {
    if !is_plain(bearer.expose_secret()) {
        let fact = "ACTIONS_ID_TOKEN_REQUEST_TOKEN: expected one line of visible ASCII without spaces; it is not shown";
        return Err(AwsError::setting(fact));
    }
    let (client, url) = runner(transport, url, audience)?;
    let late = || no_token(AwsErrorKind::Unavailable, &url, &format!("gave no complete answer within {limit:?}"));
    Attempts::ask(patience, limit, late, || ask(&client, &url, bearer)).await
}

/// The client for the runner's address, and that address with the audience.
fn runner(transport: &Transport, url: &SecretString, audience: &str) -> Result<(Client, Url), AwsError> {
    let unusable = |fact: &str| {
        let message = format!("ACTIONS_ID_TOKEN_REQUEST_URL {fact}");
        AwsError::new(Operation::CREDENTIALS, AwsErrorKind::Setting, message)
    };
    let mut url = Url::parse(url.expose_secret()).map_err(|_| unusable("is not a URL"))?;
    url.query_pairs_mut().append_pair("audience", audience);
    let (scheme, route) = match (url.scheme(), url.host().as_ref().is_some_and(is_this_machine)) {
        ("https", false) => (Scheme::Https, Route::Usual),
        ("https", true) => (Scheme::Https, Route::Direct),
        ("http", true) => (Scheme::Http, Route::Direct),
        _ => return Err(unusable("is neither HTTPS nor on this machine")),
    };
    let failed =
        |error: TransportError| AwsError::new(Operation::CREDENTIALS, AwsErrorKind::Setting, error.to_string());
    Ok((transport.client(scheme, route).map_err(failed)?, url))
}

/// A single attempt, without retries.
async fn ask(client: &Client, url: &Url, bearer: &SecretString) -> Result<SecretString, AwsError> {
    let accept = client.get(url.clone()).header(http::header::ACCEPT, "application/json");
    let no_answer = |error: reqwest::Error| {
        no_token(AwsErrorKind::Unavailable, url, &format!("gave no answer: {}", NoAnswer::of(&error)))
    };
    let mut response = accept.bearer_auth(bearer.expose_secret()).send().await.map_err(no_answer)?;
    let status = response.status();
    if !status.is_success() {
        let kind = match status.as_u16() {
            429 => AwsErrorKind::Throttled,
            500.. => AwsErrorKind::Unavailable,
            _ => AwsErrorKind::Denied,
        };
        return Err(no_token(kind, url, &format!("answered with HTTP status {status}")));
    }
    let malformed = |fact: &str| no_token(AwsErrorKind::Malformed, url, fact);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_BYTES {
            return Err(malformed(&format!("answered with more than {ANSWER_BYTES} bytes")));
        }
    }
    read_token(&body).ok_or_else(|| malformed("gave an answer without one"))
}

/// The token in the runner's answer. An answer without one is never shown.
fn read_token(body: &[u8]) -> Option<SecretString> {
    let answer = json::parse_object(body).ok()?;
    let token = Object::new(&answer, &["value"]).ok()?.required_text("value").ok()?;
    (!token.is_empty() && is_plain(token)).then(|| token.into())
}

/// Why the runner issued no token. Only the host of its address is shown.
fn no_token(kind: AwsErrorKind, url: &Url, fact: &str) -> AwsError {
    let host = url.host_str().unwrap_or_default();
    AwsError::new(Operation::CREDENTIALS, kind, format!("{host}, asked for an OIDC token, {fact}"))
}

/// Reads the token of `AWS_WEB_IDENTITY_TOKEN_FILE`.
///
/// # Errors
/// [`AwsError`] of kind `Setting`.
pub(super) fn token_file(path: &Path) -> Result<SecretString, AwsError> {
    let failed = |fact: String| {
        let shown = shown_path(path);
        let message = format!("AWS_WEB_IDENTITY_TOKEN_FILE {shown}: {fact}");
        AwsError::new(Operation::CREDENTIALS, AwsErrorKind::Setting, message)
    };
    let limit = u64::try_from(TOKEN_BYTES).unwrap_or(u64::MAX);
    let bytes = files::read(path, limit).map(Zeroizing::new).map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge => failed(format!("more than {TOKEN_BYTES} bytes, which no token has")),
        _ => failed(error.to_string()),
    })?;
    let text = std::str::from_utf8(&bytes).map_err(|_| failed("it is not text".to_owned()))?;
    match text.trim() {
        "" => Err(failed("empty".to_owned())),
        token if is_plain(token) => Ok(token.into()),
        _ => Err(failed("expected one line of visible ASCII without spaces; it is not shown".to_owned())),
    }
}

/// Assumes the role with the token. The request is not signed: the token is what authorizes. The attempts are ours: to the SDK, a
/// key of the issuer that STS could not fetch is a refusal like another.
///
/// # Errors
/// [`AwsError`] in STS's words.
pub(super) async fn assume_with_web_identity(
    base: &SdkConfig,
    role: &RoleSettings,
    token: &SecretString,
    limit: Duration,
    patience: &Arc<Patience>,
) -> Result<Option<Issued>, AwsError> {
    const OPERATION: Operation = Operation::ASSUME_ROLE_WITH_WEB_IDENTITY;
    secrets::sent(token.expose_secret());
    let client = aws_sdk_sts::Client::new(base);
    let ask = || async {
        let request = client
            .assume_role_with_web_identity()
            .role_arn(&role.arn)
            .role_session_name(&role.session_name)
            .web_identity_token(token.expose_secret())
            .customize()
            .config_override(aws_sdk_sts::config::Builder::new().retry_config(RetryConfig::disabled()));
        request.send().await.map_err(|error| AwsError::of(OPERATION, &error))
    };
    let late = || AwsError::new(OPERATION, AwsErrorKind::Unavailable, "no answer came in time");
    Ok(Attempts::ask(patience, limit, late, ask).await?.credentials)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::time::Instant;

    use super::*;
    use crate::transport::{Proxies, TransportSettings};

    /// One after the other, the runner answers with these heads and bodies, and then no more. Of a body that is too short
    /// the rest never comes.
    async fn runner_of(answers: &'static [(&'static str, &'static str)]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/?id=1", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let mut open = Vec::new();
            for (head, body) in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _request = stream.read(&mut [0; 4096]).await.unwrap();
                stream
                    .write_all(format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n{body}").as_bytes())
                    .await
                    .unwrap();
                open.push(stream);
            }
            std::future::pending::<()>().await;
        });
        url
    }

    async fn asked(answers: &'static [(&'static str, &'static str)]) -> Result<String, AwsErrorKind> {
        let url = runner_of(answers).await.into();
        let found =
            github_token(&transport(), &url, &"b".into(), "a", Duration::from_millis(250), &Arc::default()).await;
        found.map(|token| token.expose_secret().to_owned()).map_err(|error| error.kind)
    }

    const GOOD: (&str, &str) = ("200 OK\r\ncontent-length: 13", r#"{"value":"t"}"#);
    const BUSY: (&str, &str) = ("503 Service Unavailable\r\ncontent-length: 0", "");
    const MANY: (&str, &str) = ("429 Too Many Requests\r\ncontent-length: 0", "");
    const ENDLESS: (&str, &str) = ("200 OK\r\ncontent-length: 100", r#"{"value":"#);

    #[tokio::test]
    async fn a_runner_that_is_busy_for_a_moment_is_asked_again() {
        assert_eq!(asked(&[GOOD]).await.as_deref(), Ok("t"));
        assert_eq!(asked(&[BUSY, MANY, GOOD]).await.as_deref(), Ok("t"));
        assert_eq!(asked(&[("403 Forbidden\r\ncontent-length: 0", ""), GOOD]).await, Err(AwsErrorKind::Denied));
        assert_eq!(asked(&[("200 OK\r\ncontent-length: 2", "{}"), GOOD]).await, Err(AwsErrorKind::Malformed));
    }

    #[test]
    fn an_answer_of_the_runner_has_one_meaning() {
        for answer in ["{\"value\":\"t\"}\n", r#"{"count":1,"value":"t"}"#] {
            assert_eq!(read_token(answer.as_bytes()).unwrap().expose_secret(), "t");
        }
        for answer in [
            "",
            "{}",
            r#"["t"]"#,
            r#"[{"value":"t"}]"#,
            r#"{"value":["t"]}"#,
            r#"{"value":1}"#,
            r#"{"value":null}"#,
            r#"{"value":""}"#,
            r#"{"value":"t\u0001"}"#,
            r#"{"value":"t","value":"u"}"#,
            r#"{"Value":"t"}"#,
        ] {
            assert!(read_token(answer.as_bytes()).is_none(), "{answer}");
        }
    }

    #[tokio::test]
    async fn a_runner_that_never_ends_its_answer_is_not_waited_for() {
        let began = Instant::now();
        assert_eq!(asked(&[ENDLESS, ENDLESS, ENDLESS]).await, Err(AwsErrorKind::Unavailable));
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }

    fn transport() -> Transport {
        let second = Duration::from_secs(1);
        Transport::new(TransportSettings {
            ca_files: Vec::new(),
            proxies: Proxies::None,
            connect: second,
            progress: second,
        })
    }

    #[test]
    fn the_audience_follows_the_partition_of_the_role() {
        assert_eq!(audience("arn:aws:iam::111122223333:role/r"), "sts.amazonaws.com");
        assert_eq!(audience("arn:aws-us-gov:iam::111122223333:role/r"), "sts.amazonaws.com");
        assert_eq!(audience("arn:aws-cn:iam::111122223333:role/r"), "sts.amazonaws.com.cn");
    }

    #[tokio::test]
    async fn the_runner_is_never_asked_over_plain_http_elsewhere() {
        for url in ["http://runner.example/token", "ftp://127.0.0.1/", "nonsense"] {
            let error =
                github_token(&transport(), &url.into(), &"b".into(), "a", Duration::from_secs(1), &Arc::default())
                    .await
                    .unwrap_err();
            assert_eq!(error.kind, AwsErrorKind::Setting, "{url}");
            assert!(!error.to_string().contains("runner.example"), "{error}");
        }
    }

    #[test]
    fn a_token_file_holds_a_token() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "abc\n").unwrap();
        assert_eq!(token_file(&file).unwrap().expose_secret(), "abc");
        std::fs::write(&file, "abc\r\n").unwrap();
        assert_eq!(token_file(&file).unwrap().expose_secret(), "abc");
        let bad = [String::new(), "\n".to_owned(), "x".repeat(TOKEN_BYTES + 1), "a\nb".to_owned(), "a\u{1}".to_owned()];
        for content in bad {
            std::fs::write(&file, content).unwrap();
            assert_eq!(token_file(&file).unwrap_err().kind, AwsErrorKind::Setting);
        }
        assert_eq!(token_file(&folder.path().join("none")).unwrap_err().kind, AwsErrorKind::Setting);
        let error = token_file(Path::new("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln")).unwrap_err();
        assert!(!error.to_string().contains("eyJ"), "{error}");
    }
}
