//! What can go wrong between sealgate and a registry or image layout: facts, typed, without advice.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use notary::digest::Digest;
use notary::json::JsonError;
use oci_client::errors::OciErrorCode;
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::StrDeserializer;

use super::credentials::CredentialSource;
use super::note::Occupant;
use crate::aws::facts::{AwsError, AwsErrorKind};
use crate::transport::{NoAnswer, TransportError};

/// What an error means for the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No answer, throttled, or a server's own failure: worth another try (4).
    Unavailable,
    /// Credentials missing or not allowed (5).
    Denied,
    /// The image, tag or layout does not exist (6).
    NotFound,
    /// What was sent contradicts itself or the format: never usable.
    Invalid,
    /// A setting of the user cannot be used (3).
    Configuration,
}

/// Why something could not be read from or written to a registry or image layout.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum RegistryError {
    #[error("{0}")]
    Answered(Box<ServerAnswer>),
    #[error("{answer}; sent with {credential}")]
    Denied { answer: Box<ServerAnswer>, credential: CredentialSource },
    /// Where the registry redirects to, such as a store of blobs, refused. It got no credential, and would not have taken one.
    #[error("{answer}; {registry} redirected there, and no credential was sent along")]
    StoreDenied { answer: Box<ServerAnswer>, registry: String },
    /// The login to a registry of ECR failed.
    #[error("cannot log in to {host}")]
    Login { host: String, source: Box<AwsError> },
    #[error("{what} not found: {answer}")]
    NotFound { what: String, answer: Box<ServerAnswer> },
    #[error("{answer} (attempts: {attempts})")]
    Busy { answer: Box<ServerAnswer>, attempts: usize, retry_after: Option<Duration> },
    /// No connection, a broken one, or half an answer, also after the last attempt.
    #[error("{method} {url}: {fact} (attempts: {attempts})")]
    Connection { method: String, url: String, fact: String, attempts: usize },
    /// No address is known for a host, or for the proxy through which it is reached.
    #[error("no address is known for {}", unknown(host, proxy.as_deref()))]
    UnknownHost { host: String, proxy: Option<String> },
    /// TLS with the host failed: its certificate is not trusted, or it speaks something else.
    #[error("no TLS connection to {host}: {why}")]
    Tls {
        host: String,
        why: NoAnswer,
        /// What named the CA files that are trusted in addition to the system's.
        ca_files: Vec<String>,
    },
    /// The proxy let no request through.
    #[error("the proxy {proxy} answered {status} to the request for {host}")]
    Proxy { host: String, proxy: String, status: u16 },
    /// A token service did not give a token.
    #[error("{realm} did not issue a token for {host}")]
    Token { host: String, realm: String, source: Box<Self> },
    /// A `WWW-Authenticate` that cannot be answered.
    #[error("{host} requires credentials in a way that sealgate does not support: {fact}")]
    Challenge { host: String, fact: String },
    #[error("{from} points to {to}: {fact}")]
    Hop {
        from: String,
        /// Where it points to, without query.
        to: String,
        fact: &'static str,
    },
    #[error("{what} has more than {limit} bytes")]
    TooLarge { what: String, limit: u64 },
    #[error("{what} has {found} bytes, expected {expected}")]
    Size { what: String, expected: u64, found: u64 },
    #[error("{what} has digest {found}, expected {expected}")]
    Digest {
        what: String,
        /// The digest that was asked for or announced.
        expected: Digest,
        /// The digest of what was received.
        found: Digest,
    },
    #[error("{what} has media type {found:?}, expected {expected}")]
    MediaType {
        what: String,
        /// What the header or document says.
        found: String,
        expected: String,
    },
    /// Something that is not announced as a manifest.
    #[error(
        "{what} was sent with media type {found:?}, expected that of an image manifest or index, OCI or Docker{}",
        its_own(named.as_deref())
    )]
    NotManifest {
        what: String,
        /// What the header, the descriptor, or, without those, the document says.
        found: String,
        /// The media type of a manifest that the document itself names.
        named: Option<String>,
    },
    #[error("{what} is an image of Docker's schema 1{}, expected one of schema 2 or OCI", sent_as(found.as_deref()))]
    Schema1 { what: String, found: Option<String> },
    #[error("{what} cannot be read")]
    Json { what: String, source: JsonError },
    #[error("{what}: {fact}")]
    Malformed { what: String, fact: String },
    /// The registry has the referrers API, and did not list.
    #[error("the referrers API of {host} does not list the {what}: {answer}")]
    ListingRefused { host: String, what: String, answer: Box<ServerAnswer> },
    /// The registry does not take a referrers tag index.
    #[error("the referrers index {tag} was not taken: {answer}")]
    TagRefused { tag: String, answer: Box<ServerAnswer> },
    /// Something else stands under the tag of the referrers index.
    #[error("the referrers index {tag} was not written: {found}")]
    TagTaken { tag: String, found: Occupant },
    /// The registry took a signature, said that it recorded its subject, and does not list it.
    #[error("{repository} does not list the signature {manifest} of {subject}, sent {rounds} time(s)")]
    NotListed { repository: String, subject: Digest, manifest: Digest, rounds: usize },
    /// The registry took content, and does not have it when it is read back.
    #[error("the registry accepted {what} but does not have it: {answer}")]
    NotStored { what: String, answer: Box<ServerAnswer> },
    /// Others kept overwriting the referrers tag index.
    #[error("the entry {entry} was not in the referrers index {tag} after {rounds} updates")]
    TagIndexLost { tag: String, entry: Digest, rounds: usize },
    #[error("{what} not found in image layout {}", path.display())]
    NotInLayout { path: PathBuf, what: String },
    /// No entry has the tag. Others that there are, at most [`super::limits::LAYOUT_TAGS_SHOWN`], and how many more.
    #[error("tag {tag} not found in image layout {}", path.display())]
    TagNotInLayout { path: PathBuf, tag: String, tags: Vec<String>, more: usize },
    /// An archive, which is not read.
    #[error("{} is a file, expected the folder of an image layout", path.display())]
    LayoutIsFile { path: PathBuf },
    #[error("{} cannot be {action}", path.display())]
    File {
        path: PathBuf,
        /// `read`, `written` or `locked`.
        action: &'static str,
        source: std::io::Error,
    },
    #[error("{what} cannot be used: {fact}")]
    Setting { what: String, fact: String },
    #[error(transparent)]
    Transport(#[from] TransportError),
}

fn its_own(named: Option<&str>) -> String {
    named.map(|named| format!("; the document itself names {named}")).unwrap_or_default()
}

fn sent_as(found: Option<&str>) -> String {
    found.map(|found| format!(" (media type {found:?})")).unwrap_or_default()
}

/// What no address is known for.
fn unknown(host: &str, proxy: Option<&str>) -> String {
    match proxy {
        Some(proxy) => format!("the proxy {proxy}, through which {host} is reached"),
        None => format!("the host {host}"),
    }
}

impl RegistryError {
    /// What the error means for the exit code.
    #[must_use]
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Busy { .. }
            | Self::Connection { .. }
            | Self::ListingRefused { .. }
            | Self::UnknownHost { .. }
            | Self::NotListed { .. }
            | Self::NotStored { .. }
            | Self::TagIndexLost { .. } => Kind::Unavailable,
            Self::Denied { .. } | Self::StoreDenied { .. } => Kind::Denied,
            Self::Proxy { status, .. } => match status {
                429 | 500..=599 => Kind::Unavailable,
                // Also where what answers is no proxy for this: what lies behind it stays unknown, and is never "rejected".
                _ => Kind::Denied,
            },
            Self::Login { source, .. } => match source.kind {
                AwsErrorKind::Throttled | AwsErrorKind::Unavailable => Kind::Unavailable,
                AwsErrorKind::Setting | AwsErrorKind::Untrusted => Kind::Configuration,
                AwsErrorKind::Invalid | AwsErrorKind::Malformed | AwsErrorKind::NotFound => Kind::Invalid,
                AwsErrorKind::NoCredentials
                | AwsErrorKind::Expired
                | AwsErrorKind::ClockSkew
                | AwsErrorKind::Denied
                | AwsErrorKind::Proxy => Kind::Denied,
            },
            Self::NotFound { .. }
            | Self::NotInLayout { .. }
            | Self::TagNotInLayout { .. }
            | Self::LayoutIsFile { .. } => Kind::NotFound,
            Self::Token { source, .. } => match source.kind() {
                // A token service that is missing does not mean that the image is.
                Kind::NotFound => Kind::Invalid,
                other => other,
            },
            Self::File { source, .. } => match source.kind() {
                std::io::ErrorKind::NotFound => Kind::NotFound,
                _ => Kind::Configuration,
            },
            Self::Setting { .. } | Self::Transport(_) => Kind::Configuration,
            // A server's own failure, unless it says that it does not do this.
            Self::Answered(answer) if answer.status >= 500 && !matches!(answer.status, 501 | 505) => Kind::Unavailable,
            Self::Answered(_)
            | Self::TagRefused { .. }
            | Self::TagTaken { .. }
            | Self::Challenge { .. }
            | Self::Tls { .. }
            | Self::Hop { .. }
            | Self::TooLarge { .. }
            | Self::Size { .. }
            | Self::Digest { .. }
            | Self::MediaType { .. }
            | Self::NotManifest { .. }
            | Self::Schema1 { .. }
            | Self::Json { .. }
            | Self::Malformed { .. } => Kind::Invalid,
        }
    }

    /// Stable code of the variant, for reports.
    #[must_use]
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Answered(_) => "registry-refused",
            Self::Denied { .. } => "registry-denied",
            Self::StoreDenied { .. } => "registry-store-denied",
            Self::Login { .. } => "registry-login",
            Self::NotFound { .. } => "registry-not-found",
            Self::Busy { .. } => "registry-busy",
            Self::Connection { .. } => "registry-connection",
            Self::UnknownHost { .. } => "registry-unknown-host",
            Self::Tls { .. } => "registry-tls",
            Self::Proxy { .. } => "registry-proxy",
            Self::Token { .. } => "registry-token",
            Self::Challenge { .. } => "registry-challenge",
            Self::Hop { .. } => "registry-hop",
            Self::TooLarge { .. } => "content-too-large",
            Self::Size { .. } => "content-size",
            Self::Digest { .. } => "content-digest",
            Self::MediaType { .. } | Self::NotManifest { .. } => "content-media-type",
            Self::Schema1 { .. } => "content-schema-1",
            Self::Json { .. } => "content-json",
            Self::Malformed { .. } => "content-malformed",
            Self::ListingRefused { .. } => "listing-refused",
            Self::TagRefused { .. } => "tag-index-refused",
            Self::TagTaken { .. } => "tag-index-taken",
            Self::NotListed { .. } => "signature-not-listed",
            Self::NotStored { .. } => "signature-not-stored",
            Self::TagIndexLost { .. } => "tag-index-lost",
            Self::NotInLayout { .. } | Self::TagNotInLayout { .. } | Self::LayoutIsFile { .. } => "layout-not-found",
            Self::File { .. } => "layout-file",
            Self::Setting { .. } | Self::Transport(_) => "registry-setting",
        }
    }

    /// The server's answer, where one ended the request.
    pub(crate) fn answer(&self) -> Option<&ServerAnswer> {
        match self {
            Self::Answered(answer)
            | Self::Denied { answer, .. }
            | Self::StoreDenied { answer, .. }
            | Self::NotFound { answer, .. }
            | Self::ListingRefused { answer, .. }
            | Self::TagRefused { answer, .. }
            | Self::NotStored { answer, .. }
            | Self::Busy { answer, .. } => Some(answer),
            Self::Token { source, .. } => source.answer(),
            _ => None,
        }
    }
}

/// What a server said, in its own words, which are not ours: cut to [`super::limits::SERVER_TEXT`] characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerAnswer {
    /// Host, with the port where it is not the usual one.
    pub(crate) host: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) status: u16,
    /// First error code of the body (`MANIFEST_UNKNOWN`).
    pub(crate) code: Option<String>,
    /// Its reason: message and detail, further errors, or a body in plain text.
    pub(crate) message: Option<String>,
    pub(crate) request_id: Option<String>,
}

/// What an error code of the distribution specification says; those that it does not have are kept as they are.
pub(super) fn error_code(text: &str) -> OciErrorCode {
    let text: StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
    OciErrorCode::deserialize(text).unwrap_or(OciErrorCode::Other(String::new()))
}

impl fmt::Display for ServerAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} answered {} to {} {}", self.host, self.status, self.method, self.path)?;
        let mut separator = ": ";
        if let Some(code) = &self.code {
            // One word is what a code is; anything else is quoted, so that nothing of it passes for our words.
            let is_word = code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
            if is_word {
                write!(formatter, "{separator}{code}")?
            } else {
                write!(formatter, "{separator}{code:?}")?
            }
            separator = " ";
        }
        if let Some(message) = &self.message {
            write!(formatter, "{separator}{message:?}")?;
            separator = " ";
        }
        if let Some(id) = &self.request_id {
            let colon = if separator == ": " { separator } else { ", " };
            write!(formatter, "{colon}request id {id:?}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> ServerAnswer {
        ServerAnswer {
            host: "registry.example".into(),
            method: "GET".into(),
            path: "/v2/app/manifests/v1".into(),
            status: 403,
            code: None,
            message: None,
            request_id: None,
        }
    }

    #[test]
    fn a_server_s_words_are_attributed_to_it() {
        let short = answer();
        assert_eq!(short.to_string(), "registry.example answered 403 to GET /v2/app/manifests/v1");
        let long = ServerAnswer {
            code: Some("DENIED".into()),
            message: Some("no\u{1b}[31m".into()),
            request_id: Some("r1".into()),
            ..answer()
        };
        assert_eq!(
            long.to_string(),
            "registry.example answered 403 to GET /v2/app/manifests/v1: DENIED \"no\\u{1b}[31m\", request id \"r1\""
        );
        let forged = ServerAnswer { code: Some("A, request id \"1\"\n::error::x".into()), ..answer() };
        assert!(forged.to_string().ends_with(r#"v1: "A, request id \"1\"\n::error::x""#), "{forged}");
        let id = ServerAnswer { request_id: Some("r1".into()), ..answer() };
        assert!(id.to_string().ends_with("v1: request id \"r1\""));
    }

    #[test]
    fn error_codes_are_those_of_the_specification() {
        for (text, code) in [
            ("NAME_UNKNOWN", OciErrorCode::NameUnknown),
            ("MANIFEST_UNKNOWN", OciErrorCode::ManifestUnknown),
            ("TOOMANYREQUESTS", OciErrorCode::Toomanyrequests),
            ("name_unknown", OciErrorCode::Other("name_unknown".into())),
            ("NameUnknown", OciErrorCode::Other("NameUnknown".into())),
            ("", OciErrorCode::Other(String::new())),
        ] {
            assert_eq!(error_code(text), code, "{text}");
        }
    }

    #[test]
    fn a_missing_token_service_is_not_a_missing_image() {
        let not_found = RegistryError::NotFound { what: "x".into(), answer: Box::new(answer()) };
        assert_eq!(not_found.kind(), Kind::NotFound);
        let token = RegistryError::Token { host: "h".into(), realm: "r".into(), source: Box::new(not_found) };
        assert_eq!(token.kind(), Kind::Invalid);
        assert_eq!(token.answer().unwrap().status, 403);
    }
}
