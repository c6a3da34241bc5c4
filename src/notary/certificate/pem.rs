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
        // Anywhere in the line: a certificate behind the end of another text would get lost, too.
        let holds = |mark: &[u8]| line.windows(mark.len()).any(|window| window == mark);
        if !holds(b"-----BEGIN") && !holds(b"-----END") {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> String {
        String::from_utf8(super::super::tests::read("certificates/accepted-chain-1.pem")).unwrap()
    }

    #[test]
    fn blocks_are_read_in_order_and_other_text_is_passed_over() {
        let two = super::super::tests::certificates("accepted-chain-2").unwrap();
        let one = one();
        let alone = parse_pem(one.as_bytes()).unwrap();
        assert_eq!(alone.len(), 1);
        for text in [
            format!("subject=x\n{one}"),
            format!("Bag Attributes\n    friendlyName: x\nKey Attributes: <No Attributes>\n{one}trailer"),
            one.replace('\n', "\r\n"),
            one.replace('\n', " \t\n"),
            one.trim_end().to_owned(),
            format!("\u{feff}# a comment\n-----\n-- BEGIN --\n{one}"),
        ] {
            assert_eq!(parse_pem(text.as_bytes()).as_ref(), Ok(&alone), "{text}");
        }
        let text = String::from_utf8(super::super::tests::read("certificates/accepted-chain-2.pem")).unwrap();
        let both = parse_pem(format!("{text}between\n{one}").as_bytes()).unwrap();
        assert_eq!(both, [&two[..], &alone[..]].concat());
    }

    #[test]
    fn nothing_that_looks_like_a_block_is_passed_over() {
        use CertificateError as E;
        let one = one();
        let line = |number| Err(E::PemBoundary { line: number });
        let lines = one.lines().count();
        for (text, expected) in [
            (String::new(), Err(E::PemEmpty)),
            ("no block".to_owned(), Err(E::PemEmpty)),
            (one.replace("-----END CERTIFICATE-----\n", ""), line(1)),
            (one.replace("-----END CERTIFICATE-----", "-----END CERTIFICATE----"), line(lines)),
            (one.replace("-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE----"), line(1)),
            (one.replace("-----BEGIN", " -----BEGIN"), line(1)),
            (format!("{one}the root, without a line feed{one}"), line(lines + 1)),
            (format!("{}{one}", one.trim_end()), line(lines)),
            (one.replace("-----BEGIN", "-----BEGIN CERTIFICATE-----\n-----BEGIN"), line(2)),
            (one.replace("END CERTIFICATE", "END PRIVATE KEY"), line(lines)),
            (format!("{one}-----END CERTIFICATE-----\n"), line(lines + 1)),
            (one.replace("CERTIFICATE-----\nMII", "CERTIFICATE-----\n!II"), Err(E::PemBase64 { line: 1 })),
            (one.replace("CERTIFICATE-----\nMII", "CERTIFICATE-----\nA: b\n\nMII"), Err(E::PemBase64 { line: 1 })),
            (
                format!("{one}-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"),
                Err(E::PemPrivateKey { line: lines + 1, label: "EC PRIVATE KEY".into() }),
            ),
            (
                "x\n-----BEGIN PRIVATE KEY-----".to_owned(),
                Err(E::PemPrivateKey { line: 2, label: "PRIVATE KEY".into() }),
            ),
            (
                one.replace("CERTIFICATE-----", "TRUSTED CERTIFICATE-----"),
                Err(E::PemLabel { line: 1, label: "TRUSTED CERTIFICATE".into() }),
            ),
            (format!("-----BEGIN {}-----", "X".repeat(100)), Err(E::PemLabel { line: 1, label: "X".repeat(64) })),
        ] {
            assert_eq!(parse_pem(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn a_broken_certificate_is_named_by_its_place() {
        let text = format!("{}-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", one());
        let error = parse_pem(text.as_bytes()).unwrap_err();
        assert!(matches!(&error, CertificateError::Block { index: 1, .. }), "{error:?}");
        assert_eq!(error.code(), "certificate-malformed");
    }

    #[test]
    fn there_is_a_largest_number_of_certificates() {
        let expected = limits::TRUST_STORE_CERTIFICATES;
        let text = one().repeat(expected + 1);
        assert_eq!(parse_pem(text.as_bytes()), Err(CertificateError::TooMany { expected }));
    }
}
