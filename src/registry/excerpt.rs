//! Texts from outside, as errors quote them.

use std::error::Error as _;

use super::limits;
use crate::secrets;

/// At most [`limits::SERVER_TEXT`] characters of a text from outside, without what was sent to authorize.
pub(crate) fn excerpt(text: &str) -> String {
    let text = &*secrets::hidden(text);
    match text.char_indices().nth(limits::SERVER_TEXT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// What the layers of the HTTP client say about themselves, which helps no reader.
const LAYERS: [&str; 6] = [
    "operation timed out",
    "client error (Connect)",
    "client error (SendRequest)",
    "dns error",
    "error resolving DNS",
    "tcp connect error",
];

/// The causes of an error without its URL, whose query may hold a signature.
pub(super) fn causes(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() {
        "timed out".to_owned()
    } else if error.is_connect() {
        "no connection".to_owned()
    } else {
        "the connection broke".to_owned()
    };
    let mut cause = error.source();
    for _ in 0..16 {
        let Some(current) = cause else { break };
        let words = current.to_string();
        if !LAYERS.contains(&words.as_str()) {
            text = format!("{text}: {words}");
        }
        cause = current.source();
    }
    excerpt(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let text = excerpt(&"é".repeat(1000));
        assert_eq!(text.chars().count(), limits::SERVER_TEXT + 1);
    }
}
