//! Caps on deploy files. What a file may hold as a tree stands in `document`.

/// Images of one file. A rendered chart of everything that a cluster runs has some hundreds.
pub(crate) const IMAGES: usize = 10_000;
