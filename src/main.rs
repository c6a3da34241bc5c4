//! sealgate signs and verifies container images in CI.

mod registry;

fn main() {}
