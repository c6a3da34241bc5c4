//! Why no answer came, in our words. The HTTP library's own may quote what it was given; its types do not.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use rustls::CertificateError;

/// Errors below an error that are looked at. A chain that is longer says nothing more.
const DEPTH: usize = 16;

/// Why no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    TimedOut,
    /// No address is known for the name.
    UnknownName,
    /// Nothing listens there.
    Refused,
    /// The other side closed the connection.
    Ended,
    /// There is no route to the host.
    Unreachable,
    /// The other side's certificate is not accepted.
    Certificate(Flaw),
    /// TLS could not be established for another reason.
    Tls,
    /// No connection came about, and no more is known.
    NoConnection,
    Unknown,
}

/// What is wrong with a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Its issuer is not trusted.
    UnknownIssuer,
    /// It is for other names.
    OtherName,
    Expired,
    /// It is not valid yet.
    NotYet,
    Other,
}

#[derive(Debug, thiserror::Error)]
#[error("no address is known for the name")]
pub(super) struct UnknownName;

impl NoAnswer {
    /// By the types of an error and of those below it.
    pub(crate) fn of(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::TimedOut;
        }
        match Self::below(error, DEPTH) {
            Some(found) => found,
            None if error.is_connect() => Self::NoConnection,
            None => Self::Unknown,
        }
    }

    fn below(error: &(dyn StdError + 'static), depth: usize) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        if error.is::<UnknownName>() {
            return Some(Self::UnknownName);
        }
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(Self::of_tls(tls));
        }
        let Some(io) = error.downcast_ref::<io::Error>() else { return Self::below(error.source()?, depth) };
        // What an error of this kind holds is not its source but what its source would be of.
        let held = io.get_ref().and_then(|held| Self::below(held, depth));
        held.or_else(|| Self::of_kind(io.kind()))
    }

    fn of_tls(error: &rustls::Error) -> Self {
        let rustls::Error::InvalidCertificate(flaw) = error else { return Self::Tls };
        Self::Certificate(match flaw {
            CertificateError::UnknownIssuer => Flaw::UnknownIssuer,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Flaw::OtherName,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Flaw::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Flaw::NotYet,
            _ => Flaw::Other,
        })
    }

    const fn of_kind(kind: io::ErrorKind) -> Option<Self> {
        Some(match kind {
            io::ErrorKind::TimedOut => Self::TimedOut,
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => Self::Ended,
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
                Self::Unreachable
            }
            _ => return None,
        })
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TimedOut => "it took too long",
            Self::UnknownName => "no address is known for the name",
            Self::Refused => "connection refused",
            Self::Ended => "the connection was closed",
            Self::Unreachable => "there is no route to it",
            Self::Certificate(Flaw::UnknownIssuer) => {
                "its TLS certificate is from an authority that is not trusted here"
            }
            Self::Certificate(Flaw::OtherName) => "its TLS certificate is for another name",
            Self::Certificate(Flaw::Expired) => "its TLS certificate has expired",
            Self::Certificate(Flaw::NotYet) => "its TLS certificate is not valid yet",
            Self::Certificate(Flaw::Other) => "its TLS certificate is not valid",
            Self::Tls => "TLS could not be established",
            Self::NoConnection => "no connection could be established",
            Self::Unknown => "the exchange was cut off",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An error of a library, with its words and what is below it.
    #[derive(Debug, thiserror::Error)]
    #[error("geheim")]
    struct Library(#[source] Box<dyn StdError + Send + Sync>);

    fn found(error: impl StdError + Send + Sync + 'static) -> Option<NoAnswer> {
        NoAnswer::below(&Library(Box::new(error)), DEPTH)
    }

    #[test]
    fn the_types_say_why_however_deep_they_are() {
        let certificate = |flaw| rustls::Error::InvalidCertificate(flaw);
        assert_eq!(found(UnknownName), Some(NoAnswer::UnknownName));
        assert_eq!(found(io::Error::other(Library(Box::new(UnknownName)))), Some(NoAnswer::UnknownName));
        assert_eq!(found(io::Error::from(io::ErrorKind::ConnectionRefused)), Some(NoAnswer::Refused));
        assert_eq!(found(io::Error::new(io::ErrorKind::ConnectionReset, "geheim")), Some(NoAnswer::Ended));
        let untrusted = || certificate(CertificateError::UnknownIssuer);
        assert_eq!(found(untrusted()), Some(NoAnswer::Certificate(Flaw::UnknownIssuer)));
        let wrapped = io::Error::new(io::ErrorKind::InvalidData, untrusted());
        assert_eq!(found(wrapped), Some(NoAnswer::Certificate(Flaw::UnknownIssuer)));
        assert_eq!(found(certificate(CertificateError::Expired)), Some(NoAnswer::Certificate(Flaw::Expired)));
        assert_eq!(found(rustls::Error::General("geheim".into())), Some(NoAnswer::Tls));
        assert_eq!(found(io::Error::other("geheim")), None);
        assert_eq!(found(fmt::Error), None);
    }

    #[test]
    fn a_chain_without_end_is_left() {
        let mut chain = Library(Box::new(UnknownName));
        for _ in 0..DEPTH {
            chain = Library(Box::new(chain));
        }
        assert_eq!(found(chain), None);
    }

    #[tokio::test]
    async fn a_request_that_fails_has_a_reason_of_ours() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let error = client.get(format!("http://{address}/geheim")).send().await.unwrap_err();
        assert_eq!(NoAnswer::of(&error), NoAnswer::Refused);
    }
}
