//! What authorizes the requests of this run, so that no text of a server tells it: a server may quote what it was given,
//! escaped as JSON, XML or a URL has it, and AWS does where a signature is wrong. So texts are looked at once they are
//! decoded, right before they become a part of an error.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use url::form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

/// Secrets that are remembered. A run has a handful; what authorizes a single request is of no use to anybody after it.
const REMEMBERED: usize = 256;

/// Bytes below which a text is no secret worth hiding: to hide it would make holes in the words of every error.
const SHORTEST: usize = 8;

/// What stands in its place.
const HIDDEN: &str = "(not shown)";

static SENT: Mutex<VecDeque<Zeroizing<String>>> = Mutex::new(VecDeque::new());

/// Notes a secret that is about to be sent. Of the value of an `Authorization` header what stands behind its scheme is one
/// too.
pub(crate) fn sent(secret: &str) {
    let behind = secret.split_once(' ').map(|(_scheme, value)| value);
    let mut sent = SENT.lock().unwrap_or_else(PoisonError::into_inner);
    for secret in std::iter::once(secret).chain(behind).map(str::trim).filter(|secret| secret.len() >= SHORTEST) {
        if sent.iter().any(|known| known.as_str() == secret) {
            continue;
        }
        if sent.len() == REMEMBERED {
            sent.pop_front();
        }
        sent.push_back(Zeroizing::new(secret.to_owned()));
    }
}

/// A text of a server without what was sent to authorize, as it is or percent-encoded.
pub(crate) fn hidden(text: &str) -> Cow<'_, str> {
    let mut sent: Vec<_> = SENT.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect();
    // Of a header and the token in it the longer one goes first, or its rest would stay.
    sent.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let mut told = Cow::Borrowed(text);
    for secret in sent {
        let encoded: String = byte_serialize(secret.as_bytes()).collect();
        for form in [secret.as_str(), encoded.as_str(), encoded.to_ascii_lowercase().as_str()] {
            if told.contains(form) {
                told = Cow::Owned(told.replace(form, HIDDEN));
            }
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_hidden_in_every_form_that_a_decoded_text_has() {
        sent("Bearer hid-1/token+x==");
        sent("hid-2");
        for (text, expected) in [
            ("got hid-1/token+x==, no", "got (not shown), no"),
            ("got Bearer hid-1/token+x==", "got (not shown)"),
            ("got hid-1%2Ftoken%2Bx%3D%3D", "got (not shown)"),
            ("got hid-1%2ftoken%2bx%3d%3d", "got (not shown)"),
            ("twice hid-1/token+x== hid-1/token+x==", "twice (not shown) (not shown)"),
            ("hid-1/token", "hid-1/token"),
            ("hid-2 is too short to be told from other words", "hid-2 is too short to be told from other words"),
        ] {
            assert_eq!(hidden(text), expected, "{text}");
        }
    }
}
