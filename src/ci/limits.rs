//! Caps on what a CI system hands in.

/// Bytes of the file in which a system describes the event that started a job. The texts in it, such as the description of a pull
/// request, have at most 64 Ki characters each, so that a real one has less than 3 MiB.
pub(crate) const EVENT_BYTES: u64 = 8 * 1024 * 1024;

/// Bytes of the name of a repository, `owner/name`. GitHub's have 140 at most.
pub(crate) const REPOSITORY_BYTES: usize = 1024;

/// Characters of what is told of an event that cannot be read: it may quote what stands there.
pub(crate) const FACT_CHARACTERS: usize = 1024;

/// Bytes of the path of a file that defines jobs. File systems take 4,096; those of repositories are far shorter.
pub(super) const PATH_BYTES: usize = 1024;

/// Bytes of the address of a job's page: what browsers and servers take without a doubt.
pub(super) const ADDRESS: usize = 2048;

/// Jobs that may share the work at most: no CI system starts more of one kind.
pub(super) const JOBS: u32 = 10_000;
