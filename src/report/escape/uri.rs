//! Text in a URI (RFC 3986).

use std::fmt::Write as _;

/// A path whose parts have nothing in them that a URI would understand.
pub(crate) fn path(text: &str) -> String {
    encoded(text, b"-._~/")
}

/// A text of letters, digits and these other ASCII characters (RFC 3986, section 2); all else is there by its bytes, `%20` for a space.
pub(crate) fn encoded(text: &str, others: &[u8]) -> String {
    let mut uri = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || others.contains(&byte) {
            uri.push(byte.into());
        } else {
            // Writing to a String cannot fail.
            let _infallible = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_in_a_uri_has_none() {
        assert_eq!(path(".github/workflows/a-1_b~.yml"), ".github/workflows/a-1_b~.yml");
        assert_eq!(path("a b?c#d%20:e\u{202e}\n\\ö"), "a%20b%3Fc%23d%2520%3Ae%E2%80%AE%0A%5C%C3%B6");
        assert_eq!(path("javascript:alert(1)"), "javascript%3Aalert%281%29");
    }
}
