//! Caps on what a server may send or make us do, each with its reason.

use std::time::Duration;

/// How long all requests may take: a little less than all of it, so that each thing that is shown says itself that there was no time.
pub(super) const REQUESTS: Duration = Duration::from_secs(55);

/// How long one request may take.
pub(super) const REQUEST: Duration = Duration::from_secs(10);

/// Attempts of a request that only asks, the first included.
pub(super) const ATTEMPTS: usize = 4;

/// The first pause between them; the next ones are longer.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(300);

pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Bytes of an answer. A page of comments has at most a hundred of 65,536 characters, and usually some hundred KiB.
pub(super) const ANSWER: usize = 16 * 1024 * 1024;

/// Bytes that are read of an answer which says what is wrong.
pub(super) const REFUSAL: usize = 64 * 1024;

/// Comments and statuses of one page.
pub(super) const PAGE: usize = 100;

/// Pages of comments. GitHub takes 2,500 comments on a pull request.
pub(super) const PAGES: usize = 30;

/// Pages of the statuses of a commit: GitHub takes 1,000 of one context.
pub(super) const STATUS_PAGES: usize = 10;

/// Characters of what a server says that are shown.
pub(super) const SERVER_TEXT: usize = 200;

/// Characters of the description of a status.
pub(super) const DESCRIPTION: usize = 140;

/// Annotations of one request.
pub(super) const ANNOTATIONS: usize = 50;

/// Permissions that a server names of a request. GitHub names at most a handful.
pub(super) const PERMISSIONS: usize = 8;
