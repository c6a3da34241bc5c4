//! What a run was a part of, what it read, and what it asked.

use serde::Serialize;

/// The job of a CI system, as its variables say. Nobody vouches for them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct JobReport {
    /// Name of the CI system.
    pub(crate) system: &'static str,
    /// The commit that the job is about: an object name of Git, in lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) commit: Option<String>,
    /// Address (http or https) of the page that shows the job or its run. It may hold anything that an address can, so each form
    /// of the report escapes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) page: Option<String>,
}

/// The part of the images that one of several jobs takes.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ShardReport {
    /// Which part of how many, from 1, such as `1/4`.
    pub(crate) part: String,
    /// The number of images of all parts together.
    pub(crate) of_images: usize,
}

/// What images were read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ImageSourceReport {
    /// The file, the variable, or `standard input`.
    pub(crate) source: String,
    pub(crate) format: &'static str,
    /// Names in it; the same image may be named twice.
    pub(crate) images: usize,
}

/// The requests to registries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Statistics {
    /// Requests sent, retries and tokens included.
    pub(crate) requests: u64,
    /// Dependent rounds: the longest chain of requests of which each waited for the one before; tokens not counted.
    pub(crate) rounds: u64,
    /// Bytes of bodies sent.
    pub(crate) bytes_sent: u64,
    /// Bytes of bodies received.
    pub(crate) bytes_received: u64,
}

/// What images were judged by, as others can know it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PolicyReport {
    /// Name of the policy file or the file of gates as a relative URI; a URN where there is no file.
    pub(crate) uri: String,
    /// Of the policy file, or of the file of gates, with all that it trusts; without a file, of all that is trusted.
    pub(crate) digest: String,
}
