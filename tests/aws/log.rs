//! What was asked, by whom and when. Secrets, tokens and bodies are never kept.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::Serialize;

/// One request.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    /// The operation, or method and path where there is none.
    pub(crate) operation: String,
    /// The principal's ARN; none for an unsigned or a refused request.
    pub(crate) principal: Option<String>,
    /// The access key id: it is no secret.
    pub(crate) access_key: Option<String>,
    /// Region of the signature.
    pub(crate) region: Option<String>,
    /// Whether it had an `Authorization` header.
    pub(crate) authorized: bool,
    /// The `Host` header.
    pub(crate) host: String,
    /// The `User-Agent` header.
    pub(crate) user_agent: String,
    /// In the answer.
    pub(crate) request_id: String,
    /// HTTP status; 0 where the connection was reset.
    pub(crate) status: u16,
    /// Name of the error.
    pub(crate) error: Option<String>,
    /// The fault that was on, as JSON.
    pub(crate) fault: Option<String>,
    /// Milliseconds after the endpoint started.
    pub(crate) started: u64,
    /// Milliseconds after the endpoint started, without delays that a fault asks for.
    pub(crate) ended: u64,
    #[serde(skip)]
    pub(crate) at: Duration,
}

/// All requests in the order in which they were answered.
pub(crate) struct Log {
    since: Instant,
    entries: Vec<Entry>,
}

impl Log {
    /// An empty log that starts now.
    pub(crate) fn new() -> Self {
        Self { since: Instant::now(), entries: Vec::new() }
    }

    /// Time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }

    /// Adds a request.
    pub(crate) fn add(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// All of them.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Forgets all of them.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// How many of this operation came in the second before now and were not turned away.
    pub(crate) fn in_last_second(&self, operation: &str) -> usize {
        let since = self.elapsed().saturating_sub(Duration::from_secs(1));
        self.entries.iter().filter(|one| one.operation == operation && one.at >= since && one.error.is_none()).count()
    }

    /// The most requests of this operation that came within one second.
    pub(crate) fn peak_rate(&self, operation: &str) -> usize {
        let mut times: Vec<_> =
            self.entries.iter().filter(|one| one.operation == operation).map(|one| one.at).collect();
        times.sort();
        let within = |from: usize| {
            let end = times[from] + Duration::from_secs(1);
            times[from..].iter().take_while(|at| **at < end).count()
        };
        (0..times.len()).map(within).max().unwrap_or(0)
    }

    /// The same for each operation.
    pub(crate) fn peak_rates(&self) -> BTreeMap<&str, usize> {
        self.entries.iter().map(|one| (one.operation.as_str(), self.peak_rate(&one.operation))).collect()
    }
}
