//! Digests as the OCI image specification writes them: `algorithm:hex`.
//!
//! An artifact is a digest everywhere once its reference was resolved.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest as hash;
use serde::{Deserialize, Serialize};

/// Algorithms that OCI registers and this crate computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DigestAlgorithm {
    /// `sha256`, the one that registries must support.
    Sha256,
    /// `sha384`, unregistered, but produced by notation for blobs.
    Sha384,
    /// `sha512`.
    Sha512,
}

impl DigestAlgorithm {
    /// The name before the colon.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// Number of hexadecimal characters after the colon.
    #[must_use]
    pub const fn hex_length(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha384 => 96,
            Self::Sha512 => 128,
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Sha256, Self::Sha384, Self::Sha512].into_iter().find(|algorithm| algorithm.name() == name)
    }

    const fn implementation(self) -> &'static hash::Algorithm {
        match self {
            Self::Sha256 => &hash::SHA256,
            Self::Sha384 => &hash::SHA384,
            Self::Sha512 => &hash::SHA512,
        }
    }
}

/// A digest of content, in the canonical form `sha256:<64 lowercase hexadecimal characters>`.
///
/// Equal digests have equal text, because upper case is refused.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    algorithm: DigestAlgorithm,
    text: String,
}

impl Digest {
    /// Computes the digest of `content`.
    #[must_use]
    pub fn of(algorithm: DigestAlgorithm, content: &[u8]) -> Self {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(content);
        hasher.finish()
    }

    /// The SHA-256 digest of `content`, the form in which registries address what is pushed.
    #[must_use]
    pub fn sha256(content: &[u8]) -> Self {
        Self::of(DigestAlgorithm::Sha256, content)
    }

    /// Parses `algorithm:hex`.
    ///
    /// # Errors
    /// [`DigestError`] when the colon is missing, the algorithm is not one of the three, or the rest is not exactly
    /// as many lowercase hexadecimal characters as the algorithm needs.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        let (name, hex) = text.split_once(':').ok_or_else(|| DigestError::Malformed { found: excerpt(text) })?;
        let algorithm =
            DigestAlgorithm::from_name(name).ok_or_else(|| DigestError::Algorithm { found: excerpt(name) })?;
        let well_formed =
            hex.len() == algorithm.hex_length() && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !well_formed {
            return Err(DigestError::Hex {
                algorithm: algorithm.name(),
                expected: algorithm.hex_length(),
                found: excerpt(hex),
            });
        }
        Ok(Self { algorithm, text: text.to_owned() })
    }

    /// The algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// The hexadecimal part alone.
    #[must_use]
    pub fn hex(&self) -> &str {
        self.text.split_once(':').map_or("", |(_, hex)| hex)
    }

    /// The whole text, `algorithm:hex`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Computes a digest from content that arrives in parts.
pub struct Hasher {
    algorithm: DigestAlgorithm,
    context: hash::Context,
}

impl Hasher {
    /// Starts with no content.
    #[must_use]
    pub fn new(algorithm: DigestAlgorithm) -> Self {
        Self { algorithm, context: hash::Context::new(algorithm.implementation()) }
    }

    /// Takes the next part.
    pub fn update(&mut self, part: &[u8]) {
        self.context.update(part);
    }

    /// The digest of all parts.
    #[must_use]
    pub fn finish(self) -> Digest {
        let bytes = self.context.finish();
        Digest { algorithm: self.algorithm, text: format!("{}:{}", self.algorithm.name(), hex(bytes.as_ref())) }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Hasher").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// Bytes as lowercase hexadecimal characters.
#[must_use]
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Why a text is not a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DigestError {
    /// No colon.
    #[error("digest is {found:?}, expected algorithm:hex")]
    Malformed {
        /// Start of what was found.
        found: String,
    },
    /// Another algorithm.
    #[error("digest algorithm is {found:?}, expected sha256, sha384 or sha512")]
    Algorithm {
        /// Start of what was found.
        found: String,
    },
    /// Not the right number of lowercase hexadecimal characters.
    #[error("{algorithm} digest is {found:?}, expected {expected} lowercase hexadecimal characters")]
    Hex {
        /// The algorithm named before the colon.
        algorithm: &'static str,
        /// Number of characters expected.
        expected: usize,
        /// Start of what was found.
        found: String,
    },
}

/// At most 140 characters of a foreign text, so that an error stays readable.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(140) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY_SHA256: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn known_answers() {
        // FIPS 180-4 examples for the empty message and "abc".
        assert_eq!(Digest::sha256(b"").as_str(), EMPTY_SHA256);
        assert_eq!(
            Digest::of(DigestAlgorithm::Sha384, b"abc").as_str(),
            "sha384:cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
        );
        assert_eq!(
            Digest::of(DigestAlgorithm::Sha512, b"abc").hex(),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        );
    }

    #[test]
    fn parts_make_the_same_digest_as_the_whole() {
        let mut hasher = Hasher::new(DigestAlgorithm::Sha256);
        hasher.update(b"a");
        hasher.update(b"");
        hasher.update(b"bc");
        assert_eq!(hasher.finish(), Digest::sha256(b"abc"));
    }

    #[test]
    fn text_survives_parsing() {
        let digest = Digest::parse(EMPTY_SHA256).unwrap();
        assert_eq!(digest.to_string(), EMPTY_SHA256);
        assert_eq!(digest.algorithm(), DigestAlgorithm::Sha256);
        assert_eq!(serde_json::to_string(&digest).unwrap(), format!("{EMPTY_SHA256:?}"));
    }

    #[test]
    fn refused_texts() {
        let upper = EMPTY_SHA256.replace('e', "E");
        let short = EMPTY_SHA256.get(..70).unwrap().to_owned();
        let long = format!("{EMPTY_SHA256}0");
        for text in [upper, short, long, "sha256:".into(), format!("sha256: {}", EMPTY_SHA256.get(8..).unwrap())] {
            assert!(matches!(Digest::parse(&text), Err(DigestError::Hex { expected: 64, .. })), "{text}");
        }
        assert!(matches!(Digest::parse("md5:00"), Err(DigestError::Algorithm { .. })));
        assert!(matches!(Digest::parse("SHA256:00"), Err(DigestError::Algorithm { .. })));
        assert!(matches!(Digest::parse(""), Err(DigestError::Malformed { .. })));
        let Err(DigestError::Malformed { found }) = Digest::parse(&"x".repeat(9000)) else {
            unreachable!("no colon");
        };
        assert_eq!(found.chars().count(), 141);
    }
}
