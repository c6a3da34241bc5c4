//! Text from outside, made safe for the place where it is shown.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Characters of one text that are shown at most. The longest text that has a meaning is a distinguished name.
const SHOWN: usize = 4096;

/// How commands to a CI system begin that stand in its log.
const COMMAND: &str = "##";

/// Text for a terminal or a log line: whatever could move the cursor, start a control sequence, break the line or
/// turn the direction of writing is shown as `\u{…}`, and a text without end is cut. So is the second `#` of `##`:
/// CI systems obey `##[…]` (GitHub Actions), `##vso[…]` (Azure Pipelines) and `##teamcity[…]` wherever they stand in a
/// line. GitHub's `::…` counts at the start of a line only, where no text from outside ever stands.
pub(crate) fn terminal(text: &str) -> Cow<'_, str> {
    if text.len() <= SHOWN && !text.contains(is_unsafe) && !text.contains(COMMAND) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len().min(SHOWN));
    let mut before = None;
    for (place, character) in text.chars().enumerate() {
        if place == SHOWN {
            safe.push('…');
            break;
        }
        if is_unsafe(character) || (before, character) == (Some('#'), '#') {
            // Writing to a String cannot fail.
            let _infallible = write!(safe, "\\u{{{:x}}}", u32::from(character));
            before = None;
        } else {
            safe.push(character);
            before = Some(character);
        }
    }
    Cow::Owned(safe)
}

/// JSON text whose strings hold nothing that a terminal or CI system would obey: the same characters as `\uXXXX`, so that a parser
/// reads what was meant. Newlines stay: in JSON they only stand between the values.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    let concerns = |character: char| character != '\n' && is_unsafe(character);
    if !text.contains(concerns) && !text.contains(COMMAND) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    let mut before = None;
    for character in text.chars() {
        let command = (before, character) == (Some('#'), '#');
        before = (!command).then_some(character);
        if command || concerns(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _infallible = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// Whether a character does something other than to be seen: C0 with ESC, tab and newlines, DEL, C1, line and
/// paragraph separators, direction marks (Unicode UAX #9, section 2), invisible characters and tags.
const fn is_unsafe(character: char) -> bool {
    matches!(
        character,
        '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn harmless_text_is_shown_as_it_is() {
        for text in ["", "CN=Müller, O=ワイン", "registry.example/app@sha256:00", "a b\"c'\\"] {
            assert!(matches!(terminal(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_spelled_out() {
        let table = [
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("a\nb\r\tc", "a\\u{a}b\\u{d}\\u{9}c"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{7f}", "\\u{7f}"),
            ("\u{202e}gpj.exe", "\\u{202e}gpj.exe"),
            ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
            ("a\u{2028}b", "a\\u{2028}b"),
            ("\u{feff}a\u{200b}", "\\u{feff}a\\u{200b}"),
        ];
        for (raw, shown) in table {
            assert_eq!(terminal(raw), shown);
        }
    }

    #[test]
    fn what_a_ci_system_would_obey_is_spelled_out() {
        let table = [
            ("CN=##vso[task.setvariable variable=a]b", "CN=#\\u{23}vso[task.setvariable variable=a]b"),
            ("x ##[set-output name=digest]y", "x #\\u{23}[set-output name=digest]y"),
            ("##teamcity[x]", "#\\u{23}teamcity[x]"),
            ("####", "#\\u{23}#\\u{23}"),
            ("C#, x#y", "C#, x#y"),
        ];
        for (raw, shown) in table {
            assert_eq!(terminal(raw), shown);
            let quoted = serde_json::to_string(raw).unwrap();
            let safe = json(&quoted);
            assert!(!safe.contains("##"), "{safe}");
            assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), raw);
        }
    }

    #[test]
    fn a_text_without_end_is_cut() {
        let shown = terminal(&"x".repeat(100_000)).into_owned();
        assert_eq!(shown.chars().count(), SHOWN + 1);
        assert!(shown.ends_with('…'));
    }

    proptest! {
        #[test]
        fn no_control_character_ever_gets_through(text in any::<String>()) {
            let shown = terminal(&text).into_owned();
            prop_assert!(!shown.contains(char::is_control));
            prop_assert!(!shown.contains(is_unsafe));
            prop_assert!(!shown.contains(COMMAND));
        }

        #[test]
        fn what_was_made_safe_stays_as_it_is(text in any::<String>()) {
            let once = terminal(&text).into_owned();
            prop_assert_eq!(terminal(&once), once.as_str());
        }
    }
}
