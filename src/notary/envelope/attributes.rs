//! Signed, unsigned and extended attributes, in the words of the signature specification.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
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
#[non_exhaustive]
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
#[non_exhaustive]
pub struct ExtendedAttribute {
    pub(crate) key: String,
    pub(crate) criticality: Criticality,
    pub(crate) value: Value,
}

impl ExtendedAttribute {
    /// Name of the header.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether it is listed in `crit`.
    #[must_use]
    pub const fn criticality(&self) -> Criticality {
        self.criticality
    }

    /// Its value, if that is a text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.value.as_str()
    }

    /// Its value as JSON, whatever it is.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.value.to_string()
    }
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

/// Parses an RFC 3339 date-time and nothing looser: `T` and `Z` in upper case, seconds and an offset of less than 24
/// hours required. (Go also takes an hour of one digit, a comma before the fraction, and an offset of 24 hours.) As in
/// Go, there is no second 60, and digits beyond nanoseconds are cut off.
///
/// A time after the last [`Timestamp`] becomes the last: `9999-12-31T23:59:59Z` is some hours later than that.
pub(crate) fn parse_time(text: &str) -> Option<Timestamp> {
    let (head, rest) = text.split_at_checked("0000-00-00T00:00:00".len())?;
    if !fits(head, "0000-00-00T00:00:00") {
        return None;
    }
    let part = |start: usize| -> Option<i8> { head.get(start..start + 2)?.parse().ok() };
    let year = head.get(..4)?.parse().ok()?;
    let (nanosecond, zone) = parse_fraction(rest)?;
    let date = DateTime::new(year, part(5)?, part(8)?, part(11)?, part(14)?, part(17)?, nanosecond).ok()?;
    Some(parse_offset(zone)?.to_timestamp(date).unwrap_or(Timestamp::MAX))
}

/// Nanoseconds, and what follows them. Without a point there are none.
fn parse_fraction(text: &str) -> Option<(i32, &str)> {
    let Some(fraction) = text.strip_prefix('.') else { return Some((0, text)) };
    let zone = fraction.trim_start_matches(|character: char| character.is_ascii_digit());
    let digits = fraction.strip_suffix(zone).filter(|digits| !digits.is_empty())?;
    let nanosecond = format!("{digits:0<9}").get(..9)?.parse().ok()?;
    Some((nanosecond, zone))
}

/// `Z`, or a sign and up to `23:59`.
fn parse_offset(text: &str) -> Option<Offset> {
    if text == "Z" {
        return Some(Offset::UTC);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let offset = text.strip_prefix(['+', '-']).filter(|offset| fits(offset, "00:00"))?;
    let (hours, minutes) = offset.split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds = (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))?;
    Offset::from_seconds(seconds).ok()
}

/// Whether a text has a digit where the form has `0`, and the form's own letters elsewhere.
fn fits(text: &str, form: &str) -> bool {
    let same = |(found, expected): (u8, u8)| if expected == b'0' { found.is_ascii_digit() } else { found == expected };
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(same)
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
        assert_eq!(parse_time("1970-01-01T00:00:00.0000000019Z").unwrap().as_nanosecond(), 1);
        assert_eq!(parse_time("1970-01-01T23:59:00+23:59"), Some(Timestamp::UNIX_EPOCH));
        for last in ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999999-23:59"] {
            assert_eq!(parse_time(last), Some(Timestamp::MAX), "{last}");
        }
        assert!(parse_time("0000-01-01T00:00:00+23:59").unwrap() < Timestamp::UNIX_EPOCH);
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
            "2023-03-14T24:00:00Z",
            "2023-03-14T08:10:60Z",
            "2023-03-14T08:10:02+24:00",
            "2023-03-14T08:10:02-08:60",
            "2023-03-14T08:10:02--8:00",
            "+02023-03-14T08:10:02Z",
            "2023-03-14T08:10:02Z ",
            "2023-03-1\u{664}T08:10:02Z",
        ] {
            assert_eq!(parse_time(text), None, "{text:?}");
        }
    }
}
