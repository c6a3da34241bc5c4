//! Caps on deploy files. What a file may hold as a tree stands in `document`.

/// Bytes of all files of a run together, which are held while their images are verified: twice as many as one may have.
pub(crate) const BYTES_IN_ALL: usize = 128 * 1024 * 1024;

/// Things about texts of the files that deserve attention: more of them say nothing new.
pub(crate) const NOTICED: usize = 100;

/// Images of one file. A rendered chart of everything that a cluster runs has some hundreds.
pub(crate) const IMAGES: usize = 10_000;
