//! What a file with a key or a chain holds, in the forms in which people have them: PEM, also with both in one file, on one
//! line or with its line breaks written out; DER; base64 of either. What is something else is named for what it is.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use notary::certificate::{self, Certificate, CertificateError};
use zeroize::Zeroizing;

/// Blocks of PEM that are looked at: a key, its parameters, and the longest chain with room to spare.
const BLOCKS: usize = 256;

/// Characters of the longest label: "ENCRYPTED PRIVATE KEY" has 21.
const LABEL: usize = 64;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// Content types of PKCS#7, which PKCS#12 uses too (RFC 2315 section 14): 1.2.840.113549.1.7.
const PKCS7: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];

/// How older programs encrypt in PKCS#12 (RFC 7292 appendix C), with RC2 or 3DES: 1.2.840.113549.1.12.1.
const PKCS12_OLD: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01];

/// What a file holds that is not what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The name of a file, where its content was expected: a variable of GitLab's type `file` holds one.
    Path,
    EncryptedKey,
    OpenSshKey,
    PuttyKey,
    PublicKey,
    CertificateRequest,
    Certificate,
    PrivateKey,
    Pkcs7,
    /// `old` if it is encrypted as OpenSSL 3 reads only with `-legacy`.
    Pkcs12 {
        old: bool,
    },
}

impl fmt::Display for Form {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Path => "a path",
            Self::EncryptedKey => "an encrypted private key",
            Self::OpenSshKey => "a key in OpenSSH's form",
            Self::PuttyKey => "a key in PuTTY's form",
            Self::PublicKey => "a public key",
            Self::CertificateRequest => "a certificate request",
            Self::Certificate => "a certificate",
            Self::PrivateKey => "a private key",
            Self::Pkcs7 => "a PKCS#7 file",
            Self::Pkcs12 { old: false } => "a PKCS#12 file",
            Self::Pkcs12 { old: true } => "a PKCS#12 file, encrypted with RC2 or 3DES",
        })
    }
}

/// A private key as its file has it.
pub(super) enum KeyDer {
    Pkcs8(Zeroizing<Vec<u8>>),
    /// RSA (RFC 8017 appendix A.1.2).
    Pkcs1(Zeroizing<Vec<u8>>),
    /// ECDSA (RFC 5915).
    Sec1(Zeroizing<Vec<u8>>),
    /// DER that does not name which of them it is.
    Unnamed(Zeroizing<Vec<u8>>),
    /// Encrypted PKCS#8 (RFC 5958 section 3).
    Encrypted(Zeroizing<Vec<u8>>),
}

/// Why a file has no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoKey {
    Other(Form),
    /// A key that is encrypted in OpenSSL's older form.
    PemHeaders,
    Nothing,
}

/// What a file is, before anything of it is understood.
enum Content {
    /// `whole` if none of them is broken.
    Blocks {
        found: Vec<Block>,
        whole: bool,
    },
    Der(Zeroizing<Vec<u8>>),
    Text,
}

/// A block of PEM.
struct Block {
    label: Vec<u8>,
    /// `None` if it is encrypted in OpenSSL's older form.
    der: Option<Zeroizing<Vec<u8>>>,
}

/// The first private key of a file.
pub(super) fn private_key(text: &[u8]) -> Result<KeyDer, NoKey> {
    let blocks = match content(text, true) {
        // What is broken behind the key is no matter of the key.
        Content::Blocks { found, .. } => found,
        Content::Der(der) => {
            return match form_of_der(&der) {
                Some(Form::PrivateKey) => Ok(KeyDer::Unnamed(der)),
                Some(Form::EncryptedKey) => Ok(KeyDer::Encrypted(der)),
                Some(form) => Err(NoKey::Other(form)),
                None => Err(NoKey::Nothing),
            };
        }
        Content::Text => return Err(form_of_text(text).map_or(NoKey::Nothing, NoKey::Other)),
    };
    let mut other = None;
    for block in blocks {
        match (form_of_label(&block.label), block.der) {
            (Some(Form::PrivateKey), None) => return Err(NoKey::PemHeaders),
            (Some(Form::PrivateKey), Some(der)) => {
                return Ok(match block.label.as_slice() {
                    b"RSA PRIVATE KEY" => KeyDer::Pkcs1(der),
                    b"EC PRIVATE KEY" => KeyDer::Sec1(der),
                    _ => KeyDer::Pkcs8(der),
                });
            }
            (Some(Form::EncryptedKey), Some(der)) => return Ok(KeyDer::Encrypted(der)),
            (Some(Form::OpenSshKey), _) => return Err(NoKey::Other(Form::OpenSshKey)),
            // A certificate says the least of what is missing.
            (Some(form), _) if other.is_none_or(|found| found == Form::Certificate) => other = Some(form),
            _ => {}
        }
    }
    Err(other.map_or(NoKey::Nothing, NoKey::Other))
}

/// The certificates of a file, in order. A private key beside them is passed over: it is no part of a chain.
///
/// # Errors
/// [`CertificateError`] as of a PEM file that has nothing else; the form, if it is another one.
pub(super) fn certificates(text: &[u8]) -> Result<Vec<Certificate>, (CertificateError, Option<Form>)> {
    // Most files are as they should be, and only of those the lines in messages are right.
    let strict = match certificate::parse_pem(text) {
        Ok(found) => return Ok(found),
        Err(error) => error,
    };
    match content(text, true) {
        Content::Der(der) => match form_of_der(&der) {
            None | Some(Form::Certificate) => match Certificate::parse_der(&der) {
                Ok(one) => Ok(vec![one]),
                Err(error) => Err((error, None)),
            },
            Some(form) => Err((strict, Some(form))),
        },
        Content::Blocks { whole: false, .. } => Err((strict, None)),
        Content::Blocks { found: blocks, .. } => {
            let form =
                blocks.iter().find_map(|block| form_of_label(&block.label).filter(|form| *form != Form::Certificate));
            match certificate::parse_pem(&certificates_of(&blocks)) {
                Ok(found) => Ok(found),
                Err(
                    CertificateError::PemEmpty
                    | CertificateError::PemLabel { .. }
                    | CertificateError::PemPrivateKey { .. },
                ) => Err((strict, form)),
                Err(error) => match strict {
                    CertificateError::PemPrivateKey { .. } => Err((error, None)),
                    _ => Err((strict, None)),
                },
            }
        }
        Content::Text => Err((strict, form_of_text(text))),
    }
}

/// The blocks of a chain as the strict reader takes them: all but keys and the parameters that OpenSSL writes before them.
fn certificates_of(blocks: &[Block]) -> Vec<u8> {
    let is_of_key = |block: &Block| {
        matches!(form_of_label(&block.label), Some(Form::PrivateKey | Form::EncryptedKey))
            || block.label.ends_with(b" PARAMETERS")
    };
    let mut text = Vec::new();
    for block in blocks.iter().filter(|block| !is_of_key(block)) {
        let base64 = STANDARD.encode(block.der.as_ref().map_or(&[][..], |der| der));
        for part in [BEGIN, &block.label, DASHES, b"\n", base64.as_bytes(), b"\n", END, &block.label, DASHES, b"\n"] {
            text.extend_from_slice(part);
        }
    }
    text
}

/// What a file is. Base64 is taken off once: nobody wraps a key twice on purpose.
fn content(text: &[u8], may_be_base64: bool) -> Content {
    if find(text, BEGIN).is_some() {
        let (found, whole) = blocks(text);
        return Content::Blocks { found, whole };
    }
    if tlv(text).is_some_and(|(tag, _, rest)| tag == SEQUENCE && rest.is_empty()) {
        return Content::Der(Zeroizing::new(text.to_vec()));
    }
    match decode(text).filter(|decoded| may_be_base64 && !decoded.is_empty()) {
        Some(decoded) => content(&decoded, false),
        None => Content::Text,
    }
}

/// The blocks of a PEM file up to the first that is broken, and whether none is.
fn blocks(text: &[u8]) -> (Vec<Block>, bool) {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(start) = find(rest, BEGIN) {
        let next = rest.get(start..).filter(|_| blocks.len() < BLOCKS).and_then(block);
        let Some((block, after)) = next else { return (blocks, false) };
        blocks.push(block);
        rest = after;
    }
    (blocks, true)
}

/// The block with which a text begins, and what follows it.
fn block(text: &[u8]) -> Option<(Block, &[u8])> {
    let after = text.strip_prefix(BEGIN)?;
    let (label, body) = after.split_at_checked(find(after, DASHES)?).filter(|(label, _)| label.len() <= LABEL)?;
    let body = body.strip_prefix(DASHES)?;
    let (body, end) = body.split_at_checked(find(body, END)?)?;
    let rest = end.strip_prefix(END)?.strip_prefix(label)?.strip_prefix(DASHES)?;
    let is_encrypted = find(body, b"Proc-Type:").is_some() && find(body, b"ENCRYPTED").is_some();
    let der = if is_encrypted { None } else { Some(decode(body)?) };
    Some((Block { label: label.to_vec(), der }, rest))
}

/// Base64, whatever its lines: broken as usual, not at all, by spaces, or by line breaks that are written out.
fn decode(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut plain = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if bytes.next_if(|next| matches!(next, b'n' | b'r')).is_some() => {}
            _ if byte.is_ascii_whitespace() => {}
            _ => plain.push(byte),
        }
    }
    STANDARD.decode(plain.as_slice()).ok().map(Zeroizing::new)
}

fn find(text: &[u8], mark: &[u8]) -> Option<usize> {
    text.windows(mark.len()).position(|window| window == mark)
}

/// What a label says that a block is.
fn form_of_label(label: &[u8]) -> Option<Form> {
    Some(match label {
        b"ENCRYPTED PRIVATE KEY" => Form::EncryptedKey,
        b"OPENSSH PRIVATE KEY" => Form::OpenSshKey,
        b"CERTIFICATE REQUEST" | b"NEW CERTIFICATE REQUEST" => Form::CertificateRequest,
        b"CERTIFICATE" | b"X509 CERTIFICATE" | b"TRUSTED CERTIFICATE" => Form::Certificate,
        b"PKCS7" | b"CMS" => Form::Pkcs7,
        _ if label.ends_with(b"PRIVATE KEY") => Form::PrivateKey,
        _ if label.ends_with(b"PUBLIC KEY") => Form::PublicKey,
        _ => return None,
    })
}

/// What a text without blocks begins like.
fn form_of_text(text: &[u8]) -> Option<Form> {
    let text = text.trim_ascii_start();
    let starts = |marks: &[&[u8]]| marks.iter().any(|mark| text.starts_with(mark));
    match () {
        () if starts(&[b"/"]) && text.trim_ascii_end().iter().all(|byte| !byte.is_ascii_control()) => Some(Form::Path),
        () if starts(&[b"PuTTY-User-Key-File-"]) => Some(Form::PuttyKey),
        () if starts(&[b"ssh-", b"ecdsa-sha2-", b"sk-", b"---- BEGIN SSH2 PUBLIC KEY"]) => Some(Form::PublicKey),
        () => None,
    }
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// Whether DER is a private key, by the types of its first members.
pub(super) fn is_private_key(der: &[u8]) -> bool {
    tlv(der).is_some_and(|(tag, _, rest)| tag == SEQUENCE && rest.is_empty())
        && form_of_der(der) == Some(Form::PrivateKey)
}

/// What a DER file is, by the types of its first members.
fn form_of_der(der: &[u8]) -> Option<Form> {
    let (_, inner, _) = tlv(der)?;
    let (first, content, rest) = tlv(inner)?;
    let second = tlv(rest);
    let (kind, body) = second.map_or((0, &[][..]), |(kind, body, _)| (kind, body));
    match (first, kind) {
        // PFX (RFC 7292 section 4): version 3, and what is protected by a MAC.
        (INTEGER, SEQUENCE) if content == [3] && is_oid(body, PKCS7) => {
            Some(Form::Pkcs12 { old: find(der, PKCS12_OLD).is_some() && find(der, PBES2).is_none() })
        }
        (INTEGER, _) => Some(Form::PrivateKey),
        (OBJECT_IDENTIFIER, _) if content.starts_with(PKCS7) => Some(Form::Pkcs7),
        (SEQUENCE, BIT_STRING) => Some(Form::PublicKey),
        (SEQUENCE, OCTET_STRING) => Some(Form::EncryptedKey),
        // A request has its version, 0, where a certificate has `[0]` or a serial number (RFC 2986 section 4.1).
        (SEQUENCE, SEQUENCE) if content.starts_with(&[INTEGER, 1, 0, SEQUENCE]) => Some(Form::CertificateRequest),
        (SEQUENCE, SEQUENCE) => Some(Form::Certificate),
        _ => None,
    }
}

/// How today's programs encrypt in PKCS#12 and PKCS#8: 1.2.840.113549.1.5.13.
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];

fn is_oid(text: &[u8], start: &[u8]) -> bool {
    tlv(text).is_some_and(|(tag, content, _)| tag == OBJECT_IDENTIFIER && content.starts_with(start))
}

/// The first element of DER: its tag, its content, and what follows.
fn tlv(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, short], rest) = der.split_first_chunk::<2>()?;
    if short < 0x80 {
        let (content, rest) = rest.split_at_checked(usize::from(short))?;
        return Some((tag, content, rest));
    }
    let (digits, rest) = rest.split_at_checked(usize::from(short & 0x7f)).filter(|(digits, _)| digits.len() <= 4)?;
    let length =
        digits.iter().try_fold(0_usize, |length, digit| length.checked_mul(256)?.checked_add(usize::from(*digit)))?;
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests;
