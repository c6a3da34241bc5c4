//! A token that the CI system vouches with, and the role that AWS gives for it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use aws_config::SdkConfig;
use aws_sdk_sts::types::Credentials as Issued;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use super::error::{AwsError, AwsErrorKind, Operation};
use super::settings::RoleSettings;
use crate::transport::{Route, Scheme, Transport, is_localhost};

/// Bytes of a token: what `AssumeRoleWithWebIdentity` takes at most.
const TOKEN_BYTES: usize = 20_000;

/// Bytes of the runner's answer: the token and a little JSON around it.
const ANSWER_BYTES: usize = 64 * 1024;

/// The audience that AWS's examples name, by the partition of the role.
pub(super) fn audience(role: &str) -> &'static str {
    if role.starts_with("arn:aws-cn:") { "sts.amazonaws.com.cn" } else { "sts.amazonaws.com" }
}

/// Asks GitHub's runner for a token (`permissions: id-token: write`).
///
/// # Errors
/// [`AwsError`] of kind `Denied`, `Unavailable`, `Malformed` or `Setting`.
pub(super) async fn github_token(
    transport: &Transport,
    url: &SecretString,
    bearer: &SecretString,
    audience: &str,
) -> Result<SecretString, AwsError> {
    let failed = |kind, message: String| AwsError::new(Operation::CREDENTIALS, kind, message);
    let unusable = |fact: &str| failed(AwsErrorKind::Setting, format!("ACTIONS_ID_TOKEN_REQUEST_URL {fact}"));
    let mut url = Url::parse(url.expose_secret()).map_err(|_| unusable("is not a URL"))?;
    url.query_pairs_mut().append_pair("audience", audience);
    let host = url.host_str().unwrap_or_default().to_owned();
    let (scheme, route) = match (url.scheme(), is_local(&url)) {
        ("https", false) => (Scheme::Https, Route::Usual),
        ("https", true) => (Scheme::Https, Route::Direct),
        ("http", true) => (Scheme::Http, Route::Direct),
        _ => return Err(unusable("is neither HTTPS nor on this machine")),
    };
    let client = transport.client(scheme, route).map_err(|error| failed(AwsErrorKind::Setting, error.to_string()))?;
    let request = client.get(url).header(http::header::ACCEPT, "application/json").bearer_auth(bearer.expose_secret());
    let no_answer = |error: reqwest::Error| {
        failed(AwsErrorKind::Unavailable, format!("{host}, asked for an OIDC token: {}", error.without_url()))
    };
    let mut response = request.send().await.map_err(no_answer)?;
    let status = response.status();
    if !status.is_success() {
        let kind = if status.is_server_error() { AwsErrorKind::Unavailable } else { AwsErrorKind::Denied };
        return Err(failed(kind, format!("{host}, asked for an OIDC token, answered with HTTP status {status}")));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_BYTES {
            return Err(failed(
                AwsErrorKind::Malformed,
                format!("{host} answered with more than {ANSWER_BYTES} bytes"),
            ));
        }
    }
    #[derive(Deserialize)]
    struct Answer {
        value: String,
    }
    let answer: Answer = serde_json::from_slice(&body)
        .map_err(|_| failed(AwsErrorKind::Malformed, format!("the answer of {host} holds no OIDC token")))?;
    Ok(answer.value.into())
}

/// Whether a URL is on this machine.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => is_localhost(name),
        None => false,
    }
}

/// Reads the token of `AWS_WEB_IDENTITY_TOKEN_FILE`.
///
/// # Errors
/// [`AwsError`] of kind `Setting`.
pub(super) fn token_file(path: &Path) -> Result<SecretString, AwsError> {
    let failed = |fact: String| {
        // Every JSON Web Token begins like this (RFC 7515 section 4: `{"` in base64): then it is no path, and no text to show.
        let token = path.to_str().is_some_and(|text| text.starts_with("eyJ"));
        let shown = if token { "(not shown: it looks like a token)".to_owned() } else { path.display().to_string() };
        let message = format!("AWS_WEB_IDENTITY_TOKEN_FILE {shown}: {fact}");
        AwsError::new(Operation::CREDENTIALS, AwsErrorKind::Setting, message)
    };
    let limit = u64::try_from(TOKEN_BYTES).unwrap_or(u64::MAX);
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(limit + 1).read_to_string(&mut text))
        .map_err(|error| failed(error.to_string()))?;
    if text.len() > TOKEN_BYTES {
        return Err(failed(format!("more than {TOKEN_BYTES} bytes, which no token has")));
    }
    match text.trim() {
        "" => Err(failed("empty".to_owned())),
        token => Ok(token.into()),
    }
}

/// Assumes the role with the token. The request is not signed: the token is what authorizes.
///
/// # Errors
/// [`AwsError`] in STS's words.
pub(super) async fn assume_with_web_identity(
    base: &SdkConfig,
    role: &RoleSettings,
    token: &SecretString,
) -> Result<Option<Issued>, AwsError> {
    let answer = aws_sdk_sts::Client::new(base)
        .assume_role_with_web_identity()
        .role_arn(&role.arn)
        .role_session_name(&role.session_name)
        .web_identity_token(token.expose_secret())
        .send()
        .await
        .map_err(|error| AwsError::of(Operation::ASSUME_ROLE_WITH_WEB_IDENTITY, &error))?;
    Ok(answer.credentials)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::transport::{Proxies, TransportSettings};

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
            let error = github_token(&transport(), &url.into(), &"b".into(), "a").await.unwrap_err();
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
        for content in [String::new(), "\n".to_owned(), "x".repeat(TOKEN_BYTES + 1)] {
            std::fs::write(&file, content).unwrap();
            assert_eq!(token_file(&file).unwrap_err().kind, AwsErrorKind::Setting);
        }
        assert_eq!(token_file(&folder.path().join("none")).unwrap_err().kind, AwsErrorKind::Setting);
        let error = token_file(Path::new("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln")).unwrap_err();
        assert!(!error.to_string().contains("eyJ"), "{error}");
    }
}
