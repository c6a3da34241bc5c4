//! The bytes of a text file as UTF-8 without a byte order mark. Editors and shells of Windows write the mark, and UTF-16;
//! no format that is read here begins with either: JSON (RFC 8259, section 8.1), PEM and DER do not.

use zeroize::Zeroize as _;

/// UTF-8's byte order mark.
const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// Decodes a text file. What is no text, and UTF-16 that is broken, stays as it is: its reader says what it expected.
///
/// A mark is believed. Without one, UTF-16 is told by its first two characters, if both are ASCII: neither UTF-8 nor DER
/// begins like that. No copy of what may be a key is left behind.
pub(crate) fn text(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.starts_with(UTF8_MARK) {
        bytes.drain(..UTF8_MARK.len());
        return bytes;
    }
    let decoded = match *bytes.as_slice() {
        [0xff, 0xfe, ref rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, ref rest @ ..] => utf16(rest, u16::from_be_bytes),
        [first, 0, second, 0, ..] if is_plain(first) && is_plain(second) => utf16(&bytes, u16::from_le_bytes),
        [0, first, 0, second, ..] if is_plain(first) && is_plain(second) => utf16(&bytes, u16::from_be_bytes),
        _ => None,
    };
    match decoded {
        Some(decoded) => {
            bytes.zeroize();
            decoded
        }
        None => bytes,
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte.is_ascii_whitespace()
}

/// UTF-16 of whole units and paired surrogates, as UTF-8.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<Vec<u8>> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    // Room for all of it at once: a unit becomes three bytes at most.
    let mut text = String::with_capacity(pairs.len().saturating_mul(3));
    for decoded in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        text.push(decoded.ok()?);
    }
    rest.is_empty().then(|| text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\"name\": \"bücher 🗝\"}\r\n";

    fn units(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn every_encoding_of_a_text_is_read_as_the_same_text() {
        let marked = format!("\u{feff}{TEXT}");
        for bytes in [
            TEXT.as_bytes().to_vec(),
            marked.as_bytes().to_vec(),
            units(&marked, u16::to_le_bytes),
            units(&marked, u16::to_be_bytes),
            units(TEXT, u16::to_le_bytes),
            units(TEXT, u16::to_be_bytes),
        ] {
            assert_eq!(text(bytes.clone()), TEXT.as_bytes(), "{bytes:x?}");
        }
    }

    #[test]
    fn what_is_no_text_or_broken_stays_as_it_is() {
        let odd = [units("\u{feff}{}", u16::to_le_bytes), vec![b'x']].concat();
        let half = [&[0xff, 0xfe][..], &0xd800_u16.to_le_bytes(), b"x\0"].concat();
        for bytes in [
            Vec::new(),
            vec![0x30, 0x82, 0x01, 0x00, 0x02, 0x01],
            vec![0x30, 0x00],
            vec![0, 0],
            b"x\0".to_vec(),
            vec![0xef, 0xbb],
            vec![0xff],
            odd,
            half,
        ] {
            assert_eq!(text(bytes.clone()), bytes);
        }
        // One mark is taken off, not two: the second is a character.
        assert_eq!(text("\u{feff}\u{feff}x".as_bytes().to_vec()), "\u{feff}x".as_bytes());
    }
}
