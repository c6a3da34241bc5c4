//! Certificates as PEM (RFC 7468).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Certificate, CertificateError};
use crate::limits;

/// The only label that is taken.
const LABEL: &str = "CERTIFICATE";

/// Characters of a foreign label that are shown.
const LABEL_SHOWN: usize = 64;

/// Parses every certificate in a PEM file, in order. Text between the blocks is passed over.
///
/// Unlike Go's decoder, nothing that looks like a block is passed over: a block that is broken, not closed or of
/// another kind is an error, so that no certificate gets lost, and a private key that lies in the file by mistake is
/// named.
///
/// # Errors
/// [`CertificateError`]; what is wrong with one certificate is a [`CertificateError::Block`]. A text without any block
/// is an error, too, and more certificates than [`limits::TRUST_STORE_CERTIFICATES`].
pub fn parse_pem(text: &[u8]) -> Result<Vec<Certificate>, CertificateError> {
    let mut certificates = Vec::new();
    let mut lines = (1..).zip(text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end));
    while let Some((line, first)) = lines.next() {
        match Boundary::read(first) {
            None => continue,
            Some(Boundary::Begin(label)) => check_label(label, line)?,
            Some(Boundary::End(_) | Boundary::Malformed) => return Err(CertificateError::PemBoundary { line }),
        }
        let mut base64 = Vec::new();
        loop {
            let Some((next, content)) = lines.next() else {
                return Err(CertificateError::PemBoundary { line });
            };
            match Boundary::read(content) {
                None => base64.extend(content.iter().filter(|byte| !byte.is_ascii_whitespace())),
                Some(Boundary::End(label)) if label == LABEL.as_bytes() => break,
                Some(_) => return Err(CertificateError::PemBoundary { line: next }),
            }
        }
        let expected = limits::TRUST_STORE_CERTIFICATES;
        if certificates.len() == expected {
            return Err(CertificateError::TooMany { expected });
        }
        let der = STANDARD.decode(base64).map_err(|_| CertificateError::PemBase64 { line })?;
        let index = certificates.len();
        let block = |source| CertificateError::Block { index, source: Box::new(source) };
        certificates.push(Certificate::parse_der(&der).map_err(block)?);
    }
    if certificates.is_empty() {
        return Err(CertificateError::PemEmpty);
    }
    Ok(certificates)
}

/// A line that begins or ends a block, or looks like it.
enum Boundary<'a> {
    Begin(&'a [u8]),
    End(&'a [u8]),
    Malformed,
}

impl<'a> Boundary<'a> {
    fn read(line: &'a [u8]) -> Option<Self> {
        let text = line.trim_ascii_start();
        if !text.starts_with(b"-----BEGIN") && !text.starts_with(b"-----END") {
            return None;
        }
        let inner = line.strip_prefix(b"-----").and_then(|rest| rest.strip_suffix(b"-----"));
        Some(match inner.map(|inner| (inner.strip_prefix(b"BEGIN "), inner.strip_prefix(b"END "))) {
            Some((Some(label), _)) => Self::Begin(label),
            Some((_, Some(label))) => Self::End(label),
            _ => Self::Malformed,
        })
    }
}

fn check_label(label: &[u8], line: usize) -> Result<(), CertificateError> {
    if label == LABEL.as_bytes() {
        return Ok(());
    }
    let text: String = String::from_utf8_lossy(label).chars().take(LABEL_SHOWN).collect();
    Err(if label.ends_with(b"PRIVATE KEY") {
        CertificateError::PemPrivateKey { line, label: text }
    } else {
        CertificateError::PemLabel { line, label: text }
    })
}
