//! Every cap on foreign data, each with its reason. Reaching a cap is an answer of its own, never a short read.

/// Bytes of a signature manifest, image manifest or index: the size that the distribution specification asks
/// registries to accept at least, and that notation accepts at most.
pub const MANIFEST_BYTES: u64 = 4 * 1024 * 1024;

/// Bytes of a signature envelope: notation's limit is 32 MiB.
pub const ENVELOPE_BYTES: u64 = 32 * 1024 * 1024;

/// Bytes of an envelope that is fetched from a registry, where strangers put them: as many as of a manifest. One is held,
/// decoded and parsed, which takes ten times its bytes. A JWS envelope with a chain of 32 certificates of 16 KiB each stays
/// below 1 MiB, so the room is for metadata and extended attributes alone. A larger one is rejected for its size, never
/// passed over.
pub const FETCHED_ENVELOPE_BYTES: u64 = 4 * 1024 * 1024;

/// Bytes up to which an envelope is small: fetched first, and in parallel with others. Real ones have 2 to 20 KiB;
/// those of a chain of 32 certificates of 4 KiB each stay below it.
pub const SMALL_ENVELOPE_BYTES: u64 = 256 * 1024;

/// Bytes of all envelopes beyond [`SMALL_ENVELOPE_BYTES`] that are fetched for one artifact, smallest first: sixteen of the
/// largest. No more of what strangers pushed is waited for; one that is left out is reported, and the artifact is not unsigned.
pub const LARGE_ENVELOPES_BYTES: u64 = 64 * 1024 * 1024;

/// Bytes of a trust policy file. The largest policy seen in the field is some kilobytes.
pub const TRUST_POLICY_BYTES: u64 = 4 * 1024 * 1024;

/// Bytes of one file of a trust store. A bundle of all public roots is about 250 KiB.
pub const TRUST_STORE_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Certificates in one chain. Each costs a signature check; real chains have one to four.
pub const CHAIN_CERTIFICATES: usize = 32;

/// Bytes of one certificate in DER. Real ones have 0.5 to 3 KiB; a key of 16384 bits makes 2 KiB.
pub const CERTIFICATE_BYTES: usize = 64 * 1024;

/// Certificates in one trust store, over all its files.
pub const TRUST_STORE_CERTIFICATES: usize = 4096;

/// Nesting of a JSON document. `serde_json` refuses deeper ones; the deepest document of the formats has five.
pub const JSON_DEPTH: usize = 128;

/// Memory of the values of one JSON document, which may take a hundred times their text. A full index of 4 MiB, 20,000
/// manifests with their platforms, takes 37 MiB.
pub const JSON_MEMORY: usize = 40 * 1024 * 1024;

/// Memory of the values of a signature manifest, of an envelope, of its protected header and of its payload, each, beyond
/// the bytes of its text. Real ones have some twenty values.
pub const SIGNATURE_MEMORY: usize = 4 * 1024 * 1024;

/// How far an authentic signing time may lie in the future: what the clocks of a signing authority and of a verifier may
/// differ by. AWS's own services take requests whose time is off by as much.
pub const CLOCK_SKEW: std::time::Duration = std::time::Duration::from_secs(5 * 60);

/// How far the signing time of an envelope that was just returned may lie in the past: the largest difference of clocks that
/// AWS takes in a request, with room for the answer. An older one was not made for this request.
pub const RETURNED_SIGNATURE_AGE: std::time::Duration = std::time::Duration::from_secs(15 * 60);

/// Extended attributes in one envelope.
pub const EXTENDED_ATTRIBUTES: usize = 256;

/// Revoked entities that are reported of one answer of AWS Signer. One alone rejects; a signature has a job, a profile version
/// and a chain that can be revoked.
pub const REVOKED_ENTITIES: usize = CHAIN_CERTIFICATES + 2;

/// Revocation pointers (OCSP responders and CRL distribution points together) taken from one certificate. Real
/// certificates name one to four.
pub const REVOCATION_POINTERS: usize = 16;

/// Statements in one trust policy, and scopes, stores and identities in one statement. The overlap rules compare
/// them in pairs.
pub const POLICY_ENTRIES: usize = 1024;

/// Problems, and warnings, that are kept of one trust policy. More of them would not be fixed in one go.
pub const POLICY_FINDINGS: usize = 256;

/// Signatures tried for one artifact unless the caller asks for another number: notation's default.
pub const SIGNATURES: usize = 100;
