//! Private keys that are encrypted with a password: PBES2 with PBKDF2 and AES in CBC mode (RFC 8018), which is what OpenSSL
//! writes today. Forms that are older, or that the one crypto library of the tree does not know, are named.

use std::fmt;
use std::num::NonZeroU32;

use aws_lc_rs::cipher::{self, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::pbkdf2;
use pkcs5::AlgorithmIdentifierRef;
use pkcs5::der::asn1::{ObjectIdentifier, OctetStringRef};
use pkcs5::der::{Decode as _, Error as DerError, ErrorKind, Reader as _, SliceReader};
use pkcs5::pbes2::{self, Kdf, Pbkdf2Prf};
use zeroize::Zeroizing;

/// Rounds of PBKDF2 that are computed, several seconds of them. OpenSSL asks for 2,048, guides of today for 600,000.
const ROUNDS: u32 = 10_000_000;

/// Bytes of the longest key of AES.
const KEY_BYTES: usize = 32;

/// Why an encrypted key cannot be decrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Undecrypted {
    /// It is encrypted in a form that is not read.
    Form(EncryptedForm),
    /// The password is another one, or the bytes are damaged: the two cannot be told apart.
    Password,
    /// It is no encrypted key inside.
    Malformed,
}

/// A form of encryption that is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EncryptedForm {
    /// OpenSSL's own, in which the headers of the PEM block name the cipher (RFC 1421).
    PemHeaders,
    /// A scheme from before PBES2, by its object identifier: DES, 3DES or RC2 with MD5 or SHA-1 (RFC 8018 section 6.1, RFC 7292
    /// appendix C).
    BeforePbes2(ObjectIdentifier),
    Scrypt,
    /// PBKDF2 with more rounds than are computed.
    Rounds(u32),
    /// A cipher or a hash, by its object identifier.
    Unknown(ObjectIdentifier),
}

impl fmt::Display for EncryptedForm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PemHeaders => formatter.write_str("OpenSSL's older form (`Proc-Type: 4,ENCRYPTED`)"),
            Self::BeforePbes2(oid) => write!(formatter, "an older scheme than PBES2 ({oid})"),
            Self::Scrypt => formatter.write_str("scrypt"),
            Self::Rounds(rounds) => {
                write!(formatter, "PBKDF2 with {rounds} rounds, of which at most {ROUNDS} are computed")
            }
            Self::Unknown(oid) => write!(formatter, "the algorithm {oid}"),
        }
    }
}

/// Decrypts an `EncryptedPrivateKeyInfo` (RFC 5958 section 3) to the PKCS#8 that is inside of it.
///
/// # Errors
/// [`Undecrypted`].
pub(super) fn decrypt(der: &[u8], password: &[u8]) -> Result<Zeroizing<Vec<u8>>, Undecrypted> {
    let (parameters, encrypted) = parse(der)?;
    let Recipe { cipher, key_length, iv, hash, rounds, salt } = Recipe::of(&parameters)?;
    let mut buffer = Zeroizing::new([0; KEY_BYTES]);
    let key = buffer.get_mut(..key_length).ok_or(Undecrypted::Malformed)?;
    pbkdf2::derive(hash, rounds, salt, password, key);
    let wrong = |_unspecified| Undecrypted::Password;
    let key = UnboundCipherKey::new(cipher, key).and_then(PaddedBlockDecryptingKey::cbc_pkcs7).map_err(wrong)?;
    let mut text = Zeroizing::new(encrypted.to_vec());
    let length = key.decrypt(&mut text, DecryptionContext::Iv128(FixedLength::from(iv))).map_err(wrong)?.len();
    text.truncate(length);
    Ok(text)
}

/// Whether a key could be decrypted, if the password were known.
///
/// # Errors
/// [`Undecrypted`].
pub(super) fn check_form(der: &[u8]) -> Result<(), Undecrypted> {
    let (parameters, _) = parse(der)?;
    Recipe::of(&parameters).map(drop)
}

/// How a key is encrypted, and the encrypted bytes.
fn parse(der: &[u8]) -> Result<(pbes2::Parameters, &[u8]), Undecrypted> {
    let (algorithm, encrypted) = parse_info(der).map_err(unread)?;
    if algorithm.oid != pbes2::PBES2_OID {
        return Err(Undecrypted::Form(EncryptedForm::BeforePbes2(algorithm.oid)));
    }
    let parameters = algorithm.parameters.ok_or(Undecrypted::Malformed)?;
    Ok((pbes2::Parameters::try_from(parameters).map_err(unread)?, encrypted))
}

fn parse_info(der: &[u8]) -> Result<(AlgorithmIdentifierRef<'_>, &[u8]), DerError> {
    let mut reader = SliceReader::new(der)?;
    let found = reader.sequence(|inner| {
        let algorithm = AlgorithmIdentifierRef::decode(inner)?;
        Ok::<_, DerError>((algorithm, <&OctetStringRef>::decode(inner)?.as_bytes()))
    })?;
    reader.finish()?;
    Ok(found)
}

/// Why something could not be read.
fn unread(error: DerError) -> Undecrypted {
    match error.kind() {
        ErrorKind::OidUnknown { oid } => Undecrypted::Form(EncryptedForm::Unknown(oid)),
        _ => Undecrypted::Malformed,
    }
}

/// How a password becomes a key, and what the key opens.
struct Recipe<'a> {
    cipher: &'static cipher::Algorithm,
    /// In bytes.
    key_length: usize,
    iv: &'a [u8; 16],
    hash: pbkdf2::Algorithm,
    rounds: NonZeroU32,
    salt: &'a [u8],
}

impl<'a> Recipe<'a> {
    fn of(pbes2::Parameters { kdf, encryption }: &'a pbes2::Parameters) -> Result<Self, Undecrypted> {
        let unsupported = |form| Err(Undecrypted::Form(form));
        let (cipher, key_length, iv) = match encryption {
            pbes2::EncryptionScheme::Aes128Cbc { iv } => (&cipher::AES_128, 16, iv),
            pbes2::EncryptionScheme::Aes192Cbc { iv } => (&cipher::AES_192, 24, iv),
            pbes2::EncryptionScheme::Aes256Cbc { iv } => (&cipher::AES_256, KEY_BYTES, iv),
            other => return unsupported(EncryptedForm::Unknown(other.oid())),
        };
        let Kdf::Pbkdf2(parameters) = kdf else { return unsupported(EncryptedForm::Scrypt) };
        let hash = match parameters.prf {
            Pbkdf2Prf::HmacWithSha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Pbkdf2Prf::HmacWithSha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Pbkdf2Prf::HmacWithSha384 => pbkdf2::PBKDF2_HMAC_SHA384,
            Pbkdf2Prf::HmacWithSha512 => pbkdf2::PBKDF2_HMAC_SHA512,
            other => return unsupported(EncryptedForm::Unknown(other.oid())),
        };
        if parameters.key_length.is_some_and(|length| usize::from(length) != key_length) {
            return Err(Undecrypted::Malformed);
        }
        let rounds = NonZeroU32::new(parameters.iteration_count).ok_or(Undecrypted::Malformed)?;
        if rounds.get() > ROUNDS {
            return unsupported(EncryptedForm::Rounds(rounds.get()));
        }
        Ok(Self { cipher, key_length, iv, hash, rounds, salt: parameters.salt.as_bytes() })
    }
}

#[cfg(test)]
mod tests;
