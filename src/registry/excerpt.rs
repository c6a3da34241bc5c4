//! Texts from outside, as errors quote them.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let text = excerpt(&"é".repeat(1000));
        assert_eq!(text.chars().count(), limits::SERVER_TEXT + 1);
    }
}
