//! The text of a file: UTF-8 without its byte order mark, and where in the file it stands.

use super::error::{DocumentError, Place};
use super::limits;

const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// A text, and how many bytes of the file come before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) skipped: usize,
}

impl<'a> Source<'a> {
    /// Takes the bytes of a whole file.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, DocumentError> {
        if bytes.len() > limits::BYTES {
            return Err(DocumentError::TooLarge { bytes: bytes.len() });
        }
        if is_utf16(bytes) {
            return Err(DocumentError::Utf16);
        }
        let (skipped, bytes) = bytes.strip_prefix(UTF8_MARK).map_or((0, bytes), |rest| (UTF8_MARK.len(), rest));
        match str::from_utf8(bytes) {
            Ok(text) => Ok(Self { text, skipped }),
            Err(error) => {
                let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
                Err(DocumentError::NotUnicode { place: end_of(str::from_utf8(valid).unwrap_or_default()) })
            }
        }
    }

    /// Refuses what YAML does not have (section 5.1), and line breaks that only its version 1.1 has.
    pub(super) fn check_characters(self) -> Result<(), DocumentError> {
        let is_break = |character: char| matches!(character, '\u{85}' | '\u{2028}' | '\u{2029}');
        let is_control = |character: char| {
            (character.is_control() && !matches!(character, '\t' | '\n' | '\r'))
                || matches!(character, '\u{fffe}' | '\u{ffff}')
        };
        let found = self.text.char_indices().find(|(_, character)| is_break(*character) || is_control(*character));
        let Some((at, character)) = found else { return Ok(()) };
        let place = end_of(self.text.get(..at).unwrap_or_default());
        Err(match is_break(character) {
            true => DocumentError::LineBreak { character, place },
            false => DocumentError::Control { character, place },
        })
    }
}

/// By its mark, or by its first characters if both are ASCII.
const fn is_utf16(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [1..=0x7f, 0, 1..=0x7f, 0, ..] | [0, 1..=0x7f, 0, 1..=0x7f, ..]
    )
}

/// The place of what follows a text.
fn end_of(text: &str) -> Place {
    advance((1, 1), text)
}

/// The place behind a text that begins at `place`. A line ends with `\n`, `\r\n` or `\r`, as YAML has it.
pub(super) fn advance(place: Place, text: &str) -> Place {
    let (mut place, mut rest) = (place, text.chars().peekable());
    while let Some(character) = rest.next() {
        match character {
            '\r' if rest.peek() == Some(&'\n') => {}
            '\n' | '\r' => place = (place.0.saturating_add(1), 1),
            _ => place.1 = place.1.saturating_add(1),
        }
    }
    place
}

/// Byte offsets of characters, which the YAML parser counts: one of each [`STEP`] is noted, and the rest is counted from there.
#[derive(Debug)]
pub(super) struct Offsets<'a> {
    text: &'a str,
    noted: Vec<usize>,
}

const STEP: usize = 64;

impl<'a> Offsets<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let noted = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(offset, _)| offset).step_by(STEP).collect()
        };
        Self { text, noted }
    }

    /// The offset of the character with this index; the length of the text for one beyond its end.
    pub(super) fn of(&self, index: usize) -> usize {
        if self.noted.is_empty() {
            return index.min(self.text.len());
        }
        let Some(start) = self.noted.get(index / STEP).copied() else { return self.text.len() };
        let rest = self.text.get(start..).unwrap_or_default();
        rest.char_indices().nth(index % STEP).map_or(self.text.len(), |(offset, _)| start.saturating_add(offset))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_utf8_with_or_without_a_mark() {
        assert_eq!(Source::new(b"a").unwrap().skipped, 0);
        let marked = Source::new("\u{feff}a".as_bytes()).unwrap();
        assert_eq!((marked.text, marked.skipped), ("a", 3));
        let utf16: Vec<_> = "a: b".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [&utf16[..], &[0xff, 0xfe, b'a', 0], &[0xfe, 0xff, 0, b'a'], &[0, b'a', 0, b':']] {
            assert!(matches!(Source::new(bytes), Err(DocumentError::Utf16)), "{bytes:?}");
        }
        let error = Source::new("a: é\nb: \u{e9}x".as_bytes().split_last().unwrap().1).map(drop);
        assert!(error.is_ok());
        assert!(matches!(Source::new(b"a: \xc3\xa9\nb: \xe9\n"), Err(DocumentError::NotUnicode { place: (2, 4) })));
        let large = vec![b' '; limits::BYTES + 1];
        assert!(matches!(Source::new(&large), Err(DocumentError::TooLarge { .. })));
        assert!(Source::new(&large[1..]).is_ok());
    }

    #[test]
    fn control_characters_and_breaks_of_one_version_are_refused_with_their_place() {
        let check = |text: &str| Source::new(text.as_bytes()).unwrap().check_characters();
        check("a:\tb\r\né: 🗝\u{a0}\n").unwrap();
        for character in ['\u{85}', '\u{2028}', '\u{2029}'] {
            let error = check(&format!("a: b\n# é{character}image: x\n"));
            assert!(matches!(error, Err(DocumentError::LineBreak { place: (2, 4), .. })), "{error:?}");
        }
        for character in ['\0', '\u{1b}', '\u{7f}', '\u{9b}', '\u{ffff}'] {
            let error = check(&format!("a: {character}"));
            assert!(matches!(error, Err(DocumentError::Control { place: (1, 4), .. })), "{error:?}");
        }
    }

    #[test]
    fn lines_end_in_three_ways() {
        assert_eq!(advance((2, 3), "é🗝"), (2, 5));
        assert_eq!(advance((1, 1), "a\nb\r\nc\rd"), (4, 2));
    }

    proptest! {
        #[test]
        fn offsets_are_those_of_the_characters(text in "[aé🗝\n]{0,300}") {
            let offsets = Offsets::new(&text);
            for (index, (offset, _)) in text.char_indices().enumerate() {
                prop_assert_eq!(offsets.of(index), offset);
            }
            prop_assert_eq!(offsets.of(text.chars().count()), text.len());
            prop_assert_eq!(offsets.of(usize::MAX), text.len());
        }
    }
}
