//! What time servers say it is: the `Date` of their answers (RFC 9110 section 6.6.1), by which a wrong clock of this
//! machine shows.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, header};
use jiff::fmt::rfc2822;
use notary::Timestamp;
use tokio::time::Instant;

/// Hosts whose time is kept. A run contacts only a handful.
const HOSTS: usize = 64;

/// The time that a server reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerDate {
    pub(crate) host: String,
    /// Its time, in whole seconds.
    pub(crate) time: Timestamp,
    /// When its answer came, since the clients were made at the start of the run.
    pub(crate) after: Duration,
}

/// The time that a `Date` says.
pub(crate) fn read_date(text: &str) -> Option<Timestamp> {
    rfc2822::parse(text.trim()).ok().map(|date| date.timestamp())
}

/// The first date of each server.
#[derive(Debug)]
pub(super) struct Dates {
    start: Instant,
    seen: Mutex<Vec<ServerDate>>,
}

impl Dates {
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), seen: Mutex::new(Vec::new()) }
    }

    /// Notes the date of an answer. One that comes out of a cache, which has an `Age`, is of another time.
    pub(super) fn note(&self, host: &str, headers: &HeaderMap) {
        let date = headers.get(header::DATE).filter(|_| !headers.contains_key(header::AGE));
        let Some(time) = date.and_then(|date| read_date(date.to_str().ok()?)) else { return };
        let after = self.start.elapsed();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < HOSTS && !seen.iter().any(|known| known.host == host) {
            seen.push(ServerDate { host: host.to_owned(), time, after });
        }
    }

    /// The time since the clients were made.
    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    pub(super) fn all(&self) -> Vec<ServerDate> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_first_date_of_each_server_is_kept() {
        let dates = Dates::new();
        dates.note("a.example", &headers(&[(header::DATE, "Sun, 06 Nov 1994 08:49:37 GMT")]));
        dates.note("a.example", &headers(&[(header::DATE, "Sun, 06 Nov 1994 08:50:00 GMT")]));
        dates.note("b.example", &headers(&[(header::DATE, "Sun, 06 Nov 1994 08:51:00 GMT")]));
        let seen: Vec<_> = dates.all().into_iter().map(|one| (one.host, one.time.to_string())).collect();
        let expected = [("a.example", "1994-11-06T08:49:37Z"), ("b.example", "1994-11-06T08:51:00Z")];
        assert_eq!(seen, expected.map(|(host, time)| (host.to_owned(), time.to_owned())));
    }

    #[test]
    fn an_answer_without_a_date_of_its_own_says_nothing() {
        let dates = Dates::new();
        dates.note("a.example", &HeaderMap::new());
        dates.note("a.example", &headers(&[(header::DATE, "yesterday")]));
        dates.note("a.example", &headers(&[(header::DATE, "Sun, 06 Nov 1994 08:49:37 GMT"), (header::AGE, "86400")]));
        assert_eq!(dates.all(), []);
    }
}
