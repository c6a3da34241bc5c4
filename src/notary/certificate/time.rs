//! Validity: two dates, both included (RFC 5280 section 4.1.2.5).

use der::{Tag, Tagged as _};
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::der::Fields;
use crate::Timestamp;

/// Where a moment lies in a certificate's validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// Before the first moment.
    NotYet,
    /// Within; both ends are.
    Valid,
    /// After the last moment.
    Expired,
}

/// Reads one date: `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`, the only forms that RFC 5280 allows. (Go also takes dates
/// without seconds or with an offset, which are not DER.)
///
/// A date after the last [`Timestamp`] becomes the last: `99991231235959Z`, the RFC's "no well-defined expiration
/// date", is some hours later than that.
pub(super) fn read_time(fields: &mut Fields<'_>) -> Option<Timestamp> {
    let field = fields.any()?;
    let text = std::str::from_utf8(field.value()).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match (field.tag(), text.len()) {
        (Tag::UtcTime, 12) => {
            let (year, rest) = text.split_at(2);
            let year: i16 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        (Tag::GeneralizedTime, 14) => {
            let (year, rest) = text.split_at(4);
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let part = |index: usize| -> Option<i8> { rest.get(index * 2..index * 2 + 2)?.parse().ok() };
    let date = DateTime::new(year, part(0)?, part(1)?, part(2)?, part(3)?, part(4)?, 0).ok()?;
    Some(Offset::UTC.to_timestamp(date).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tag: u8, text: &str) -> Option<Timestamp> {
        let mut bytes = vec![tag, u8::try_from(text.len()).unwrap()];
        bytes.extend_from_slice(text.as_bytes());
        read_time(&mut Fields::new(&bytes).unwrap())
    }

    #[test]
    fn both_forms_are_read() {
        for (tag, text, expected) in [
            (0x17, "200102030405Z", "2020-01-02T03:04:05Z"),
            (0x17, "491231235959Z", "2049-12-31T23:59:59Z"),
            (0x17, "500101000000Z", "1950-01-01T00:00:00Z"),
            (0x17, "991231235959Z", "1999-12-31T23:59:59Z"),
            (0x18, "20500101000000Z", "2050-01-01T00:00:00Z"),
            (0x18, "19000101000000Z", "1900-01-01T00:00:00Z"),
        ] {
            assert_eq!(read(tag, text), Some(expected.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn the_date_that_means_no_expiry_is_the_last_timestamp() {
        assert_eq!(read(0x18, "99991231235959Z"), Some(Timestamp::MAX));
    }

    #[test]
    fn other_forms_and_impossible_dates_are_refused() {
        for (tag, text) in [
            (0x17, "2001020304Z"),
            (0x17, "200102030405"),
            (0x17, "200102030405+0000"),
            (0x17, "20200102030405Z"),
            (0x17, "201302030405Z"),
            (0x17, "200230030405Z"),
            (0x17, "200102240405Z"),
            (0x17, "200102030460Z"),
            (0x17, "-00102030405Z"),
            (0x18, "200102030405Z"),
            (0x18, "20200102030405.5Z"),
            (0x18, "+0200102030405Z"),
            (0x18, "2020010203040\u{e9}Z"),
            (0x0c, "200102030405Z"),
            (0x17, ""),
        ] {
            assert_eq!(read(tag, text), None, "{text}");
        }
    }
}
