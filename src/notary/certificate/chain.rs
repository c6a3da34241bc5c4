//! Chains: certificates in the order in which each is issued by the next.

use super::{Certificate, CertificateError, ChainError, Validity, code_signing};
use crate::{Timestamp, limits};

/// A certificate chain as an envelope carries it: leaf first, root last, never empty, at most
/// [`limits::CHAIN_CERTIFICATES`] long. Nothing else is known of it until a check was made.
///
/// A chain is a list: no path is searched for, and nothing is reordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateChain {
    leaf: Certificate,
    root: Certificate,
    certificates: Vec<Certificate>,
}

impl CertificateChain {
    /// Makes a chain of certificates, leaf first.
    ///
    /// # Errors
    /// [`ChainError::Empty`] and [`ChainError::TooLong`].
    pub fn new(certificates: Vec<Certificate>) -> Result<Self, ChainError> {
        if certificates.len() > limits::CHAIN_CERTIFICATES {
            return Err(ChainError::TooLong { expected: limits::CHAIN_CERTIFICATES });
        }
        let (Some(leaf), Some(root)) = (certificates.first(), certificates.last()) else {
            return Err(ChainError::Empty);
        };
        Ok(Self { leaf: leaf.clone(), root: root.clone(), certificates })
    }

    /// Parses a chain, one DER certificate each, leaf first.
    ///
    /// # Errors
    /// As [`Self::new`], and [`ChainError::Certificate`] for the first that does not parse.
    pub fn from_der<'a>(ders: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, ChainError> {
        let parse = |(index, der)| {
            let broken = |source: CertificateError| ChainError::Certificate { index, source };
            Certificate::parse_der(der).map_err(broken)
        };
        // One more than allowed, so that a longer list is noticed without being parsed.
        let parsed: Result<_, _> =
            ders.into_iter().take(limits::CHAIN_CERTIFICATES + 1).enumerate().map(parse).collect();
        Self::new(parsed?)
    }

    /// The signing certificate.
    #[must_use]
    pub const fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    /// The last certificate; the leaf itself in a chain of one.
    #[must_use]
    pub const fn root(&self) -> &Certificate {
        &self.root
    }

    /// All certificates, leaf first.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Checks that this is a complete chain that may sign code, whatever the time is: section "Certificate Requirements"
    /// of the signature specification, as notation reads it.
    ///
    /// - The chain ends in a self-signed root, no other certificate is self-signed, and each is issued by the next
    ///   ([`Certificate::check_issued_by`]). A chain of one is a self-signed signing certificate, not an authority.
    /// - The leaf is not an authority; its key usage is critical, has `digitalSignature` and besides at most
    ///   `contentCommitment`; its extended key usage, if any, has none of the purposes that code signing excludes; its
    ///   key is one of the six.
    /// - Every other certificate is an authority with critical basic constraints, enough path length, and a critical
    ///   key usage with `keyCertSign`.
    ///
    /// Where specification and notation differ, both are asked: the leaf has neither `anyExtendedKeyUsage`
    /// (specification) nor `OCSPSigning` (notation), basic constraints of an authority are critical (specification), and
    /// nothing is signed over SHA-1, not even by itself (specification).
    ///
    /// # Errors
    /// [`ChainError`] with the first rule that is broken. Rules about names come first, then those about single
    /// certificates, then signatures, so that the cheap and the telling ones speak first.
    pub fn check_code_signing(&self) -> Result<(), ChainError> {
        self.check_names()?;
        code_signing::check_leaf(&self.leaf)?;
        for (index, authority) in self.certificates.iter().enumerate().skip(1) {
            code_signing::check_authority(index, authority)?;
        }
        self.check_signatures()
    }

    /// Checks that every certificate is valid at one moment.
    ///
    /// # Errors
    /// [`ChainError::NotYetValid`] or [`ChainError::Expired`] for the first that is not.
    pub fn check_valid_at(&self, time: Timestamp) -> Result<(), ChainError> {
        for (index, certificate) in self.certificates.iter().enumerate() {
            let subject = || certificate.subject().excerpt();
            let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
            match certificate.covers(time) {
                Validity::Valid => {}
                Validity::NotYet => {
                    return Err(ChainError::NotYetValid { index, subject: subject(), not_before, time });
                }
                Validity::Expired => return Err(ChainError::Expired { index, subject: subject(), not_after, time }),
            }
        }
        Ok(())
    }

    /// Each certificate and the one that must have issued it; the root is its own issuer.
    fn links(&self) -> impl Iterator<Item = (usize, &Certificate, &Certificate)> {
        let issuers = self.certificates.iter().skip(1).chain([&self.root]);
        self.certificates
            .iter()
            .zip(issuers)
            .enumerate()
            .map(|(index, (certificate, issuer))| (index, certificate, issuer))
    }

    /// Checks that each issuer is the subject of the next certificate, and the root's its own.
    fn check_names(&self) -> Result<(), ChainError> {
        let last = self.certificates.len() - 1;
        for (index, certificate, issuer) in self.links() {
            if certificate.issuer() == issuer.subject() {
                continue;
            }
            let (subject, named) = (certificate.subject().excerpt(), certificate.issuer().excerpt());
            return Err(if index == last {
                ChainError::RootMissing { index, subject, issuer: named }
            } else {
                let next_subject = issuer.subject().excerpt();
                ChainError::Gap { index, subject, issuer: named, next: index + 1, next_subject }
            });
        }
        Ok(())
    }

    /// Checks which certificate signed which.
    ///
    /// Only the root is self-signed. Another certificate may have the subject of its issuer, if another key signed it.
    fn check_signatures(&self) -> Result<(), ChainError> {
        let last = self.certificates.len() - 1;
        for (index, certificate, issuer) in self.links() {
            if index < last && certificate.check_self_signed().is_ok() {
                return Err(ChainError::SelfSigned { index, subject: certificate.subject().excerpt() });
            }
            // Alone, a signing certificate is its own issuer without being an authority.
            let issued = if last == 0 { certificate.check_self_signed() } else { certificate.check_issued_by(issuer) };
            issued.map_err(|source| ChainError::NotIssued {
                index,
                subject: certificate.subject().excerpt(),
                issuer: issuer.subject().excerpt(),
                source,
            })?;
        }
        Ok(())
    }
}
