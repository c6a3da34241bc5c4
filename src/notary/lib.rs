//! Notary Project signatures: parse, judge and assemble them, without any I/O.
//!
//! Bytes, trust and a time go in; values come out. Nothing here opens a file or a socket, reads a clock or the
//! environment, or logs. Whoever calls gathers what is needed and passes it in.
//!
//! The words and rules are those of the Notary Project specifications at commit `d4b62b9`; "section" in a comment
//! is a section of the specification page or RFC that it names.

pub mod limits;

pub mod digest;

pub mod json;

pub mod descriptor;

pub mod reference;

pub mod algorithm;

pub mod certificate;

pub mod distinguished_name;

pub mod trust_store;

pub mod signing_scheme;

pub mod trust_policy;

pub mod payload;

pub mod envelope;

pub mod extension;

pub mod revocation;

pub mod verify;

pub mod sign;

pub mod signature_manifest;

pub use jiff::Timestamp;
