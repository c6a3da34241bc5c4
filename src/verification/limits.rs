//! Caps on the manifests that an index lists, each with its reason. Reaching one is an answer: the stage is not met.

/// Manifests of one image, those of indexes in its index included. Images for many platforms and versions of Windows have some 40.
pub(super) const CHILDREN: usize = crate::registry::limits::CHILDREN;

/// How many indexes may stand in one another, below that of the image. Real ones have none, or one.
pub(super) const CHILDREN_DEPTH: usize = 4;

/// Bytes of all of them, as the indexes declare: a manifest has some kilobytes, and each is read whole.
pub(super) const CHILDREN_BYTES: u64 = 32 * 1024 * 1024;

/// Manifests of one image that are fetched at the same time.
pub(super) const CHILDREN_AT_ONCE: usize = 8;
