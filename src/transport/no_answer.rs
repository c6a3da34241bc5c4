//! Why no answer came, in our words. The HTTP library's own may quote what it was given; its types do not.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use jiff::Timestamp;
use rustls::{AlertDescription, CertificateError, InvalidMessage, PeerIncompatible, PeerMisbehaved};
use rustls_pki_types::UnixTime;

use super::pinned::ShownAuthority;

/// Errors below an error that are looked at. A chain that is longer says nothing more.
const DEPTH: usize = 16;

/// Names of a certificate that are shown. Those of large services have hundreds.
const NAMES: usize = 3;

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    Tls(TlsFault),
    /// The proxy answered with this status to the request for a connection.
    Proxy {
        status: u16,
    },
    /// No connection came about, and no more is known.
    NoConnection,
    Unknown,
}

/// What is wrong with a server's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Its issuer is not trusted.
    UnknownIssuer,
    /// It is the certificate of an authority, and not in a CA file.
    Authority,
    /// It is for other names: some of them, and how many more there are.
    OtherName {
        names: Vec<String>,
        more: usize,
    },
    /// It was valid until then.
    Expired(Option<Timestamp>),
    /// It is valid from then on.
    NotYet(Option<Timestamp>),
    /// It is not for servers.
    Purpose,
    /// It, or one of its issuers, was signed in a way that is not accepted.
    Algorithm,
    Other,
}

/// Why TLS could not be established, other than for the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TlsFault {
    /// What came is no TLS.
    NotTls,
    /// No version of TLS is common to both sides.
    Version,
    /// No cipher suite, key exchange, or kind of signature is common to both sides.
    NothingInCommon,
    /// The server wants a certificate of the client.
    ClientCertificate,
    /// The server knows nothing by this name.
    UnknownName,
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
        use rustls::Error;
        Self::Tls(match error {
            Error::InvalidCertificate(flaw) => return Self::Certificate(Flaw::of(flaw)),
            Error::InvalidMessage(
                InvalidMessage::InvalidContentType
                | InvalidMessage::UnknownProtocolVersion
                | InvalidMessage::MessageTooLarge
                | InvalidMessage::InvalidEmptyPayload,
            )
            | Error::PeerSentOversizedRecord => TlsFault::NotTls,
            Error::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
                | PeerIncompatible::Tls12NotOffered
                | PeerIncompatible::Tls12NotOfferedOrEnabled,
            )
            | Error::AlertReceived(AlertDescription::ProtocolVersion) => TlsFault::Version,
            Error::PeerIncompatible(_)
            | Error::PeerMisbehaved(
                PeerMisbehaved::SelectedUnofferedCipherSuite | PeerMisbehaved::SelectedUnusableCipherSuiteForVersion,
            )
            | Error::AlertReceived(AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity) => {
                TlsFault::NothingInCommon
            }
            Error::AlertReceived(AlertDescription::CertificateRequired) => TlsFault::ClientCertificate,
            Error::AlertReceived(AlertDescription::UnrecognisedName) => TlsFault::UnknownName,
            _ => TlsFault::Other,
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

impl Flaw {
    fn of(error: &CertificateError) -> Self {
        match error {
            // A bad signature: an authority of that name is trusted, but has another key, as after a change of it.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownIssuer,
            CertificateError::NotValidForNameContext { presented, .. } => {
                let names: Vec<_> = presented.iter().filter_map(|name| bare_name(name)).collect();
                let more = names.len().saturating_sub(NAMES);
                Self::OtherName { names: names.into_iter().take(NAMES).map(str::to_owned).collect(), more }
            }
            CertificateError::NotValidForName => Self::OtherName { names: Vec::new(), more: 0 },
            CertificateError::ExpiredContext { not_after, .. } => Self::Expired(timestamp(*not_after)),
            CertificateError::Expired => Self::Expired(None),
            CertificateError::NotValidYetContext { not_before, .. } => Self::NotYet(timestamp(*not_before)),
            CertificateError::NotValidYet => Self::NotYet(None),
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => Self::Purpose,
            CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => Self::Algorithm,
            CertificateError::Other(other) if other.0.is::<ShownAuthority>() => Self::Authority,
            _ => Self::Other,
        }
    }
}

/// A name of a certificate, out of the form that the library gives it: `DnsName("a.example")`, `IpAddress(127.0.0.1)`.
fn bare_name(name: &str) -> Option<&str> {
    let dns = name.strip_prefix("DnsName(\"").and_then(|rest| rest.strip_suffix("\")"));
    dns.or_else(|| name.strip_prefix("IpAddress(").and_then(|rest| rest.strip_suffix(')')))
}

fn timestamp(time: UnixTime) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(time.as_secs()).ok()?).ok()
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TimedOut => "it took too long",
            Self::UnknownName => "no address is known for the name",
            Self::Refused => "connection refused",
            Self::Ended => "the connection was closed",
            Self::Unreachable => "there is no route to it",
            Self::Certificate(flaw) => return flaw.fmt(formatter),
            Self::Tls(fault) => return fault.fmt(formatter),
            Self::Proxy { status } => {
                return write!(formatter, "the proxy refused the connection with status {status}");
            }
            Self::NoConnection => "no connection could be established",
            Self::Unknown => "the exchange was cut off",
        })
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::UnknownIssuer => "its TLS certificate is from an authority that is not trusted here",
            Self::Authority => "its TLS certificate is that of an authority, and not trusted here itself",
            Self::OtherName { names, .. } if names.is_empty() => "its TLS certificate is for another name",
            Self::OtherName { names, more } => {
                write!(formatter, "its TLS certificate is for {}", names.join(", "))?;
                return if *more > 0 { write!(formatter, " and {more} other names") } else { Ok(()) };
            }
            Self::Expired(Some(time)) => return write!(formatter, "its TLS certificate expired at {time}"),
            Self::Expired(None) => "its TLS certificate has expired",
            Self::NotYet(Some(time)) => return write!(formatter, "its TLS certificate is not valid before {time}"),
            Self::NotYet(None) => "its TLS certificate is not valid yet",
            Self::Purpose => "its TLS certificate is not for servers",
            Self::Algorithm => "its TLS certificate is signed in a way that is not accepted",
            Self::Other => "its TLS certificate is not valid",
        })
    }
}

impl fmt::Display for TlsFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotTls => "it does not speak TLS",
            Self::Version => "it has neither TLS 1.2 nor TLS 1.3",
            Self::NothingInCommon => {
                "it has no cipher suite, key exchange or kind of signature in common with sealgate"
            }
            Self::ClientCertificate => "it requires a client certificate, and sealgate has none",
            Self::UnknownName => "it knows no server by this name",
            Self::Other => "TLS could not be established",
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
        assert_eq!(found(certificate(CertificateError::Expired)), Some(NoAnswer::Certificate(Flaw::Expired(None))));
        assert_eq!(found(rustls::Error::General("geheim".into())), Some(NoAnswer::Tls(TlsFault::Other)));
        assert_eq!(found(io::Error::other("geheim")), None);
        assert_eq!(found(fmt::Error), None);
    }

    #[test]
    fn refusals_of_tls_are_told_in_words() {
        let presented: Vec<_> = (0..17).map(|number| format!("DnsName(\"n{number}.example\")")).collect();
        let expected = "r.example".try_into().unwrap();
        let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_700_000_000));
        let certificate = rustls::Error::InvalidCertificate;
        let authority = rustls::OtherError(std::sync::Arc::new(ShownAuthority));
        let unknown = rustls::OtherError(std::sync::Arc::new(fmt::Error));
        let algorithm = CertificateError::UnsupportedSignatureAlgorithmContext {
            signature_algorithm_id: vec![42, 134, 72],
            supported_algorithms: Vec::new(),
        };
        for (error, words) in [
            (
                certificate(CertificateError::NotValidForNameContext { expected, presented }),
                "its TLS certificate is for n0.example, n1.example, n2.example and 14 other names",
            ),
            (
                certificate(CertificateError::ExpiredContext { time, not_after: time }),
                "its TLS certificate expired at 2023-11-14T22:13:20Z",
            ),
            (
                certificate(CertificateError::NotValidYetContext { time, not_before: time }),
                "its TLS certificate is not valid before 2023-11-14T22:13:20Z",
            ),
            (
                certificate(CertificateError::Other(authority)),
                "its TLS certificate is that of an authority, and not trusted here itself",
            ),
            (certificate(CertificateError::Other(unknown)), "its TLS certificate is not valid"),
            (
                certificate(CertificateError::BadSignature),
                "its TLS certificate is from an authority that is not trusted here",
            ),
            (certificate(algorithm), "its TLS certificate is signed in a way that is not accepted"),
            (rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType), "it does not speak TLS"),
            (
                rustls::Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13),
                "it has neither TLS 1.2 nor TLS 1.3",
            ),
            (
                rustls::Error::AlertReceived(AlertDescription::HandshakeFailure),
                "it has no cipher suite, key exchange or kind of signature in common with sealgate",
            ),
            (
                rustls::Error::AlertReceived(AlertDescription::CertificateRequired),
                "it requires a client certificate, and sealgate has none",
            ),
        ] {
            assert_eq!(found(error).unwrap().to_string(), words);
        }
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
