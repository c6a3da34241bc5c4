//! A relative path as a reference to a URI (RFC 3986).

use std::fmt::Write as _;

/// A path whose parts have nothing in them that a URI would understand.
pub(crate) fn path(text: &str) -> String {
    let mut uri = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(byte.into()),
            _ => {
                // Writing to a String cannot fail.
                let _infallible = write!(uri, "%{byte:02X}");
            }
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
