//! Servers whose own certificate is in a CA file.

use std::sync::Arc;
use std::time::Duration;

use notary::Timestamp;
use notary::certificate::{Certificate, Oid, Validity};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

/// The extended key usage of TLS servers (RFC 5280 section 4.2.1.12), and the one that stands for all.
const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
const ANY_USAGE: &str = "2.5.29.37.0";

/// A server shows the certificate of an authority as its own, which only a CA file can allow.
#[derive(Debug, thiserror::Error)]
#[error("the server shows the certificate of an authority as its own")]
pub(super) struct ShownAuthority;

/// Judges servers by the certificate authorities, and where these do not vouch for a server, by the certificates of the CA files
/// themselves: a server that shows exactly such a certificate is trusted, as crane, curl and docker do (Go's `x509.Verify` takes a
/// certificate for a chain of its own if it is among the roots).
///
/// This weakens nothing else. A chain is accepted where it was accepted before: this only looks at a refusal, and only where the
/// certificate is byte for byte one that the user named. It vouches for itself alone: no other certificate becomes acceptable
/// because of it that its being an authority would not allow anyway. Its name, its validity and its usage are checked as everyone
/// else's, and the handshake proves that the server holds its key.
#[derive(Debug)]
pub(super) struct Verifier {
    authorities: Arc<WebPkiServerVerifier>,
    /// The certificates of the CA files.
    named: Vec<CertificateDer<'static>>,
}

impl Verifier {
    pub(super) const fn new(authorities: Arc<WebPkiServerVerifier>, named: Vec<CertificateDer<'static>>) -> Self {
        Self { authorities, named }
    }

    fn names(&self, certificate: &CertificateDer<'_>) -> bool {
        self.named.iter().any(|named| named.as_ref() == certificate.as_ref())
    }

    /// Whether a refusal may only say that no authority vouches for a server's certificate: the issuer is not known, or an authority
    /// of its name has another key, or the certificate is that of an authority itself, for which the library has no name.
    fn is_for_lack_of_an_authority(error: &Error) -> bool {
        use CertificateError::{BadSignature, Other, UnknownIssuer};
        matches!(error, Error::InvalidCertificate(UnknownIssuer | BadSignature | Other(_)))
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judged = self.authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match judged {
            Err(error) if Self::is_for_lack_of_an_authority(&error) && self.names(end_entity) => {
                check_itself(end_entity, server_name, now)?;
                Ok(ServerCertVerified::assertion())
            }
            Err(Error::InvalidCertificate(CertificateError::Other(_))) if is_authority(end_entity) => {
                Err(CertificateError::Other(OtherError(Arc::new(ShownAuthority))).into())
            }
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// Whether a certificate may vouch for others: that of an authority, or one so old that it cannot say (Go's rule for issuers).
/// One that this reader does not read may, as before.
pub(super) fn may_issue(der: &CertificateDer<'_>) -> bool {
    Certificate::parse_der(der).map_or(true, |certificate| {
        certificate.version() < 3 || certificate.basic_constraints().is_some_and(|constraints| constraints.ca)
    })
}

fn is_authority(der: &CertificateDer<'_>) -> bool {
    let constraints = Certificate::parse_der(der).ok().and_then(|certificate| certificate.basic_constraints());
    constraints.is_some_and(|constraints| constraints.ca)
}

/// What is left to check of a certificate that is trusted for itself: validity, usage, name.
fn check_itself(der: &CertificateDer<'_>, name: &ServerName<'_>, now: UnixTime) -> Result<(), Error> {
    let parsed = ParsedCertificate::try_from(der)?;
    let certificate = Certificate::parse_der(der).map_err(|_| CertificateError::BadEncoding)?;
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let time = Timestamp::from_second(seconds).map_err(|_| Error::FailedToGetCurrentTime)?;
    match certificate.covers(time) {
        Validity::Valid => {}
        Validity::NotYet => {
            let not_before = unix(certificate.not_before());
            return Err(CertificateError::NotValidYetContext { time: now, not_before }.into());
        }
        Validity::Expired => {
            let not_after = unix(certificate.not_after());
            return Err(CertificateError::ExpiredContext { time: now, not_after }.into());
        }
    }
    let serves = |usage: &Oid| [SERVER_AUTH, ANY_USAGE].contains(&usage.to_string().as_str());
    if certificate.extended_key_usage().is_some_and(|usages| !usages.iter().any(serves)) {
        return Err(CertificateError::InvalidPurpose.into());
    }
    verify_server_name(&parsed, name)
}

fn unix(time: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(time.as_second()).unwrap_or(0)))
}
