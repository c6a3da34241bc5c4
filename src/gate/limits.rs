//! Caps on a file of gates, each with its reason: every signature is judged for every signer, and a person has to read the rows.

/// Bytes of the file: a hundred signers with their roots inline have some 200 KiB.
pub(crate) const FILE_BYTES: u64 = 1024 * 1024;

/// Signers of a file.
pub(super) const SIGNERS: usize = 64;

/// Stages of a file.
pub(super) const STAGES: usize = 64;

/// Requirements of a stage, names in a list, and pairs of metadata.
pub(super) const ENTRIES: usize = 64;

/// Certificates of a signer's roots, which are compared with those of each other signer, and shown: one authority has a few, and all
/// public ones together are some 150.
pub(super) const ROOTS: usize = 256;

/// Characters of a name.
pub(super) const NAME: usize = 64;

/// Faults that are told at once.
pub(super) const FAULTS: usize = 100;

/// Characters of a line in a box of the picture: metadata may be long, and a box has to be looked at.
pub(super) const LABEL: usize = 200;
