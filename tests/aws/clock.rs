//! The endpoint's clock, which a test can set wrong, and the forms in which AWS writes times.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The machine's clock and how far this one is ahead of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    /// Negative where it is behind.
    pub(crate) ahead: SignedDuration,
}

impl Clock {
    /// The endpoint's time.
    #[allow(clippy::disallowed_methods, reason = "a server of its own, with a clock of its own")]
    pub(crate) fn now(self) -> Timestamp {
        Timestamp::now() + self.ahead
    }
}

/// `20150830T123600Z`.
pub(crate) fn parse_basic(text: &str) -> Option<Timestamp> {
    let time = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// `20150830T123600Z`.
pub(crate) fn basic(time: Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// `2015-08-30T12:36:00Z`: whole seconds, as in an envelope and in a query.
pub(crate) fn rfc3339(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The `Date` header (RFC 9110 section 5.6.7).
pub(crate) fn http_date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Days.
pub(crate) const fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count * 24)
}

/// Milliseconds.
pub(crate) const fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}
