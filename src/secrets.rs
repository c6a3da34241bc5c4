//! The credentials of this run, so that no text of a server reveals them: a server may quote what it was given,
//! escaped as JSON, XML or a URL has it, and AWS does where a signature is wrong. So texts are looked at once they are
//! decoded, right before they become a part of an error.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, OnceLock, PoisonError};

use url::form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

/// Secrets of each kind that are remembered. A run has a handful that stand; what authorizes a single request is of no use to
/// anybody soon after it.
const REMEMBERED: usize = 128;

/// Bytes below which a text is not worth hiding as a secret: that would leave gaps in every error.
const SHORTEST: usize = 8;

/// What is shown instead.
const HIDDEN: &str = "(not shown)";

/// A secret in the forms that a decoded text may have it in: as it is, or percent-encoded.
type Forms = [Zeroizing<String>; 3];

/// Tokens and passwords, which are valid until they expire.
static STANDING: Mutex<VecDeque<Forms>> = Mutex::new(VecDeque::new());

/// What authorizes one request. There is another for each, so that they must not push out those that stand.
static ONCE: Mutex<VecDeque<Forms>> = Mutex::new(VecDeque::new());

/// Who is told each secret that stands, before anything that it authorizes.
static LISTENER: OnceLock<fn(&str)> = OnceLock::new();

/// Tells each secret that stands from now on, in all of its forms, to who can keep it out of a log.
pub(crate) fn tell_each(listener: fn(&str)) {
    let _is_the_first = LISTENER.set(listener);
}

/// Notes a secret that is kept and not sent, such as the key that requests are signed with.
pub(crate) fn held(secret: &str) {
    note(&STANDING, secret, LISTENER.get());
}

/// Notes a secret that is about to be sent. Of the value of an `Authorization` header what stands behind its scheme is one
/// too.
pub(crate) fn sent(secret: &str) {
    note_whole_and_behind(&STANDING, secret, LISTENER.get());
}

/// Notes what is about to authorize one request alone, such as its signature.
pub(crate) fn sent_once(secret: &str) {
    note_whole_and_behind(&ONCE, secret, None);
}

fn note_whole_and_behind(queue: &Mutex<VecDeque<Forms>>, secret: &str, listener: Option<&fn(&str)>) {
    let behind = secret.split_once(' ').map(|(_scheme, value)| value);
    std::iter::once(secret).chain(behind).for_each(|secret| note(queue, secret, listener));
}

fn note(queue: &Mutex<VecDeque<Forms>>, secret: &str, listener: Option<&fn(&str)>) {
    let secret = secret.trim();
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    if secret.len() < SHORTEST || queue.iter().any(|[plain, ..]| plain.as_str() == secret) {
        return;
    }
    if queue.len() == REMEMBERED {
        queue.pop_front();
    }
    let encoded: String = byte_serialize(secret.as_bytes()).collect();
    let lower = encoded.to_ascii_lowercase();
    let forms = [secret.to_owned(), encoded, lower].map(Zeroizing::new);
    // Before anybody who notes it as well goes on: the queue is still held.
    if let Some(tell) = listener {
        let told: BTreeSet<&str> = forms.iter().map(|form| form.as_str()).collect();
        told.into_iter().for_each(tell);
    }
    queue.push_back(forms);
}

/// A text of a server without what was sent to authorize.
pub(crate) fn hidden(text: &str) -> Cow<'_, str> {
    let mut found: Vec<Zeroizing<String>> = Vec::new();
    for queue in [&STANDING, &ONCE] {
        let queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        found.extend(queue.iter().flatten().filter(|form| text.contains(form.as_str())).cloned());
    }
    // Of a header and the token in it the longer one goes first, or its rest would stay.
    found.sort_by_key(|form| std::cmp::Reverse(form.len()));
    found.iter().fold(Cow::Borrowed(text), |told, form| Cow::Owned(told.replace(form.as_str(), HIDDEN)))
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

    #[test]
    fn many_requests_do_not_push_out_what_stands() {
        sent("standing-secret-1");
        for number in 0..=REMEMBERED {
            sent_once(&format!("signature-of-request-{number}-of-many"));
        }
        assert_eq!(hidden("got standing-secret-1"), "got (not shown)");
        assert_eq!(hidden(&format!("got signature-of-request-{REMEMBERED}-of-many")), "got (not shown)");
    }
}
