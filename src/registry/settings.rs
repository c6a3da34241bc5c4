//! How requests are made: resolved once by the caller, never read from the environment here.

use std::time::Duration;

use crate::transport::{CaFile, Proxies, TransportSettings};

/// Everything that the user may change about requests.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Hosts (`host` or `host:port`) that may be asked over plain HTTP. Loopback always may.
    pub(crate) insecure: Vec<String>,
    pub(crate) loopback: LoopbackScheme,
    /// PEM files with certificate authorities to trust in addition to the system's.
    pub(crate) ca_files: Vec<CaFile>,
    pub(crate) proxies: Proxies,
    pub(crate) timeouts: Timeouts,
    pub(crate) retries: Retries,
    /// Requests to one host at the same time.
    pub(crate) requests_per_host: usize,
    /// Bytes of answers that are being read at the same time, over all hosts.
    pub(crate) bytes_in_flight: usize,
    pub(crate) tag_index: TagIndexSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            insecure: Vec::new(),
            loopback: LoopbackScheme::Plain,
            ca_files: Vec::new(),
            proxies: Proxies::None,
            timeouts: Timeouts::default(),
            retries: Retries::default(),
            requests_per_host: 32,
            bytes_in_flight: 16 * 1024 * 1024,
            tag_index: TagIndexSettings::default(),
        }
    }
}

impl Settings {
    /// What of this the HTTP clients need.
    pub(crate) fn transport(&self) -> TransportSettings {
        TransportSettings {
            ca_files: self.ca_files.clone(),
            proxies: self.proxies.clone(),
            connect: self.timeouts.connect,
            progress: self.timeouts.progress,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoopbackScheme {
    Plain,
    Tls,
}

/// How long to wait for one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// Until the connection is established, including TLS.
    pub(crate) connect: Duration,
    /// Without a byte from the server.
    pub(crate) progress: Duration,
    /// For one request with its whole answer.
    pub(crate) request: Duration,
    /// For a credential helper.
    pub(crate) helper: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            progress: Duration::from_secs(30),
            request: Duration::from_secs(120),
            helper: Duration::from_secs(30),
        }
    }
}

/// How often a request is tried again after 429, 500, 502, 503, 504, a broken connection or half an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retries {
    /// Further attempts after the first.
    pub(crate) attempts: usize,
    /// First pause; each is about twice as long as the one before, with jitter.
    pub(crate) first_pause: Duration,
    /// Longest pause that is chosen here.
    pub(crate) longest_pause: Duration,
    /// Time from the first attempt to the beginning of the last. A `Retry-After` that reaches beyond it ends the attempts.
    pub(crate) budget: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(10),
            budget: Duration::from_secs(60),
        }
    }
}

/// How an entry is kept in a referrers tag index that others write too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TagIndexSettings {
    /// Times that the index is written before the update fails.
    pub(crate) rounds: usize,
    /// Pause before the index is read again; the later ones are longer, all with jitter.
    pub(crate) pause: Duration,
}

impl Default for TagIndexSettings {
    fn default() -> Self {
        Self { rounds: 16, pause: Duration::from_millis(60) }
    }
}
