//! Caps on what registries, token services and credential helpers send, each with its reason. What the formats
//! themselves limit (manifests, envelopes) stands in [`notary::limits`].

/// Bytes of one answer that lists referrers or is a tag index: what oras and notation read at most.
pub(crate) const LISTING_BYTES: u64 = 4 * 1024 * 1024;

/// Pages of one listing. Registries put 50 to 1000 entries on a page; [`notary::limits::SIGNATURES`] are tried.
pub(crate) const LISTING_PAGES: usize = 32;

/// Signatures kept of one listing. Forty times what is tried unless the user asks for more.
pub(crate) const LISTING_ENTRIES: usize = 4096;

/// Bytes read of an answer that reports an error; the rest says nothing more.
pub(crate) const ERROR_BYTES: u64 = 64 * 1024;

/// Characters kept of a text from a server that goes into an error: a denial of IAM, with two ARNs and a reason, has up
/// to 500.
pub(crate) const SERVER_TEXT: usize = 600;

/// Bytes of a token answer. Tokens must fit into a request header, so real ones have 1 to 10 KiB.
pub(crate) const TOKEN_BYTES: u64 = 256 * 1024;

/// Bytes of one `WWW-Authenticate` header that are parsed; hyper refuses headers beyond 400 KiB or so.
pub(crate) const CHALLENGE_BYTES: usize = 8 * 1024;

/// Challenges read from one answer. Registries send one or two.
pub(crate) const CHALLENGES: usize = 8;

/// Redirects followed for one request. Blob stores need one, mirrors two.
pub(crate) const REDIRECTS: usize = 5;

/// Bytes of a credential file (`config.json`, `auth.json`).
pub(crate) const CREDENTIAL_FILE_BYTES: u64 = 1024 * 1024;

/// Bytes of a credential helper's answer; tokens of cloud registries have up to 10 KiB.
pub(crate) const HELPER_BYTES: u64 = 256 * 1024;

/// Bytes of an image layout's `index.json`, and of an index inside it.
pub(crate) const LAYOUT_INDEX_BYTES: u64 = 4 * 1024 * 1024;

/// Manifests looked at in one image layout.
pub(crate) const LAYOUT_MANIFESTS: usize = 4096;

/// Depth of indexes inside indexes in an image layout. Real ones have two or three levels.
pub(crate) const LAYOUT_DEPTH: usize = 8;

/// Entries of the request log that `--verbose` prints and tests count.
pub(crate) const LOG_ENTRIES: usize = 100_000;
