#![doc = include_str!("README.md")]
//!
//! ## Where the rules come from
//!
//! The words and rules are those of the Notary Project specifications at commit `d4b62b9`; "section" in a comment
//! is a section of the specification page or RFC that it names.

pub mod algorithm;
pub mod certificate;
pub mod descriptor;
pub mod digest;
pub mod distinguished_name;
pub mod envelope;
pub mod extension;
pub mod limits;
pub mod payload;
pub mod reference;
pub mod revocation;
pub mod sign;
pub mod signature_manifest;
pub mod signing_scheme;
pub mod trust_policy;
pub mod trust_store;
pub mod verify;

// Strict JSON, for sealgate's own edges. Not part of the public face: it may change in any version. The same goes for functions
// elsewhere that take what it gives and are hidden like it.
#[doc(hidden)]
pub mod json;

mod json_error;

pub use jiff::Timestamp;

pub use self::algorithm::KeySpec;
pub use self::certificate::{Certificate, CertificateChain};
pub use self::descriptor::Descriptor;
pub use self::digest::Digest;
pub use self::envelope::{Envelope, EnvelopeFormat, VerifiedEnvelope};
pub use self::json_error::{JsonError, JsonSyntaxError};
pub use self::reference::Repository;
pub use self::revocation::{Evidence, EvidenceAnswer, EvidenceRequest};
pub use self::signature_manifest::SignatureManifest;
pub use self::trust_policy::TrustPolicy;
pub use self::trust_store::{TrustStore, TrustStoreName, TrustStores};
pub use self::verify::{Decision, Outcome, Pending, Step, Terms, Trust};
