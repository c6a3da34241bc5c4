//! Signed, unsigned and extended attributes, in the words of the signature specification.

use jiff::Timestamp;
use serde_json::Value;

use crate::signing_scheme::SigningScheme;

/// Names of the headers that carry attributes, the same in JWS and COSE.
pub mod name {
    /// Signing scheme.
    pub const SIGNING_SCHEME: &str = "io.cncf.notary.signingScheme";
    /// Time that the signer claims.
    pub const SIGNING_TIME: &str = "io.cncf.notary.signingTime";
    /// Time that a signing authority vouches for.
    pub const AUTHENTIC_SIGNING_TIME: &str = "io.cncf.notary.authenticSigningTime";
    /// Time from which the signature no longer counts.
    pub const EXPIRY: &str = "io.cncf.notary.expiry";
    /// Plugin that must take part in verification.
    pub const VERIFICATION_PLUGIN: &str = "io.cncf.notary.verificationPlugin";
    /// Its least version.
    pub const VERIFICATION_PLUGIN_MIN_VERSION: &str = "io.cncf.notary.verificationPluginMinVersion";
    /// RFC 3161 countersignature.
    pub const TIMESTAMP_SIGNATURE: &str = "io.cncf.notary.timestampSignature";
    /// Free text of the tool that signed.
    pub const SIGNING_AGENT: &str = "io.cncf.notary.signingAgent";
}

/// When a signature was made, and on whose word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningTime {
    /// The signer's own claim (`notary.x509`): shown, never trusted.
    Claimed(Timestamp),
    /// Vouched for by the signing authority (`notary.x509.signingAuthority`).
    Authentic(Timestamp),
}

impl SigningTime {
    /// The moment, whoever vouches for it.
    #[must_use]
    pub const fn timestamp(self) -> Timestamp {
        match self {
            Self::Claimed(time) | Self::Authentic(time) => time,
        }
    }

    /// The scheme to which this kind of time belongs.
    #[must_use]
    pub const fn scheme(self) -> SigningScheme {
        match self {
            Self::Claimed(_) => SigningScheme::X509,
            Self::Authentic(_) => SigningScheme::X509SigningAuthority,
        }
    }
}

/// Whether a verifier that does not understand an attribute may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criticality {
    /// Listed in `crit`: who does not understand it must reject.
    Critical,
    /// May be ignored.
    NonCritical,
}

/// A signed attribute beyond those of the specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedAttribute {
    /// Name of the header.
    pub key: String,
    /// Whether it is listed in `crit`.
    pub criticality: Criticality,
    /// Value as the header has it.
    pub value: Value,
}

/// Attributes under the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedAttributes {
    pub(crate) signing_time: SigningTime,
    pub(crate) expiry: Option<Timestamp>,
    pub(crate) extended: Vec<ExtendedAttribute>,
}

impl SignedAttributes {
    /// The signing scheme.
    #[must_use]
    pub const fn signing_scheme(&self) -> SigningScheme {
        self.signing_time.scheme()
    }

    /// When it was signed.
    #[must_use]
    pub const fn signing_time(&self) -> SigningTime {
        self.signing_time
    }

    /// From when on it no longer counts.
    #[must_use]
    pub const fn expiry(&self) -> Option<Timestamp> {
        self.expiry
    }

    /// All further attributes, `verificationPlugin` among them, sorted by name.
    #[must_use]
    pub fn extended(&self) -> &[ExtendedAttribute] {
        &self.extended
    }
}

/// Attributes that anybody could have changed since.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnsignedAttributes {
    pub(crate) timestamp_signature: Option<Vec<u8>>,
    pub(crate) signing_agent: Option<String>,
}

impl UnsignedAttributes {
    /// The RFC 3161 token, as received.
    #[must_use]
    pub fn timestamp_signature(&self) -> Option<&[u8]> {
        self.timestamp_signature.as_deref()
    }

    /// What the signing tool called itself.
    #[must_use]
    pub fn signing_agent(&self) -> Option<&str> {
        self.signing_agent.as_deref()
    }
}

/// Parses an RFC 3339 date-time and nothing looser: `T` and `Z` in upper case, seconds and an offset required.
pub(crate) fn parse_time(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let digit_or = |index: usize, expected: u8| match expected {
        b'0' => bytes.get(index).is_some_and(u8::is_ascii_digit),
        other => bytes.get(index) == Some(&other),
    };
    let head = b"0000-00-00T00:00:00".iter().enumerate().all(|(index, expected)| digit_or(index, *expected));
    let rest = text.get(19..)?;
    let offset = match rest.strip_prefix('.') {
        Some(fraction) => {
            let offset = fraction.trim_start_matches(|character: char| character.is_ascii_digit());
            (offset.len() < fraction.len()).then_some(offset)?
        }
        None => rest,
    };
    let offset_at = text.len() - offset.len();
    let zone = offset == "Z"
        || (offset.len() == 6
            && offset.starts_with(['+', '-'])
            && b"00:00".iter().enumerate().all(|(index, expected)| digit_or(offset_at + 1 + index, *expected)));
    if head && zone { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_rfc_3339_are_read() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2023-03-14T16:10:02+08:00", 1_678_781_402),
            ("2023-03-14T08:10:02Z", 1_678_781_402),
            ("2023-03-14T03:10:02-05:00", 1_678_781_402),
            ("2023-03-14T08:10:02.000Z", 1_678_781_402),
        ] {
            assert_eq!(parse_time(text).unwrap().as_second(), seconds, "{text}");
        }
        assert_eq!(parse_time("1970-01-01T00:00:00.5Z").unwrap().as_millisecond(), 500);
    }

    #[test]
    fn looser_times_are_refused() {
        for text in [
            "",
            "2023-03-14",
            "2023-03-14T08:10Z",
            "2023-03-14T08:10:02",
            "2023-03-14 08:10:02Z",
            "2023-03-14t08:10:02Z",
            "2023-03-14T08:10:02z",
            "2023-03-14T08:10:02.Z",
            "2023-03-14T08:10:02,5Z",
            "2023-03-14T08:10:02+0800",
            "2023-03-14T08:10:02+08",
            "2023-03-14T08:10:02+08:00[Asia/Shanghai]",
            "2023-02-30T08:10:02Z",
            "2023-13-14T08:10:02Z",
            "2023-03-14T25:10:02Z",
            "+02023-03-14T08:10:02Z",
            "2023-03-14T08:10:02Z ",
            "2023-03-1\u{664}T08:10:02Z",
        ] {
            assert_eq!(parse_time(text), None, "{text:?}");
        }
    }
}
