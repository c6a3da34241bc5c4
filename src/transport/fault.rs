//! Settings from which no client can be made.

use std::path::PathBuf;

/// A setting from which no client can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TransportError {
    #[error("CA file {} ({origin}) cannot be used: {fact}", path.display())]
    CaFile {
        path: PathBuf,
        /// What names it.
        origin: String,
        fact: String,
    },
    /// The value of a variable is no proxy.
    #[error("{variable} cannot be used: {fact}")]
    Proxy { variable: &'static str, fact: ProxyFault },
    #[error("TLS cannot be used: {fact}")]
    Tls { fact: String },
}

/// What is wrong with the value of a variable. The value may hold a password and is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProxyFault {
    #[error("expected the URL of a proxy; the value is not shown, because it may contain a password")]
    NotUrl,
    #[error("it names a SOCKS proxy, expected one for HTTP")]
    Socks,
    #[error("expected a URL that begins with http:// or https://")]
    Scheme,
}
