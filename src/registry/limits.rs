//! Caps on what registries, token services and credential helpers send, each with its reason. What the formats
//! themselves limit (manifests, envelopes) stands in [`notary::limits`].

/// Bytes of one answer that lists referrers or is a tag index: what oras and notation read at most.
pub(crate) const LISTING_BYTES: u64 = 4 * 1024 * 1024;

/// Pages of one listing. Registries put 50 to 1000 entries on a page; [`notary::limits::SIGNATURES`] are tried.
pub(crate) const LISTING_PAGES: usize = 32;

/// Entries of one listing whose manifests are read because it does not say what they are. An image has a handful of
/// referrers; more stay candidates, and are judged like all others.
pub(crate) const LISTING_UNTYPED: usize = 128;

/// Errors of one answer that are shown beside the first.
pub(crate) const FURTHER_ERRORS: usize = 8;

/// Signatures kept of one listing, with half a KiB for each. Forty times what is tried unless the user asks for more.
pub(crate) const LISTING_ENTRIES: usize = 4096;

/// Memory of the annotations that are kept of one listing, over all its pages; the entries themselves take 2 MiB. About 1200
/// signatures have all that sealgate writes. Sixteen images are worked on at the same time unless the user asks for another
/// number, and then all listings take 56 MiB.
pub(crate) const LISTING_HINTS: usize = 1536 * 1024;

/// Bytes of one annotation that is kept: thumbprints of a chain of 32 certificates take 2145.
pub(crate) const HINT_BYTES: usize = 4 * 1024;

/// Bytes of the small envelopes and manifests of all images that are held at the same time: those of sixteen images with
/// four candidates each of the largest small size, so that none of them waits for another.
pub(crate) const ROOM_SMALL: u64 = 16 * 1024 * 1024;

/// Bytes of the others that are held at the same time: the largest manifest beside the largest envelope.
pub(crate) const ROOM_LARGE: u64 = 8 * 1024 * 1024;

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

/// Tags of an image layout that an error names: enough to see a slip of the keyboard.
pub(crate) const LAYOUT_TAGS_SHOWN: usize = 10;

/// Bytes of an image layout's `index.json`, and of an index inside it.
pub(crate) const LAYOUT_INDEX_BYTES: u64 = 4 * 1024 * 1024;

/// Manifests looked at in one image layout.
pub(crate) const LAYOUT_MANIFESTS: usize = 4096;

/// Entries read in all indexes of one image layout, those included that name the same or no manifest: a full index of
/// 4 MiB, and as many in those below it.
pub(crate) const LAYOUT_ENTRIES: usize = 32 * 1024;

/// Depth of indexes inside indexes in an image layout. Real ones have two or three levels.
pub(crate) const LAYOUT_DEPTH: usize = 8;

/// Manifests that are read of one index, attestations not counted. Images for many platforms and versions of Windows have some 40.
pub(crate) const CHILDREN: usize = 256;

/// Requests of which the times are kept, to tell how many waited for one another.
pub(crate) const LOG_ENTRIES: usize = 100_000;
