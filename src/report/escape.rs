//! Text from outside, made safe for the place where it is shown.

pub(crate) mod html;
pub(crate) mod markdown;
pub(crate) mod shell;
pub(crate) mod uri;
pub(crate) mod workflow;

use std::borrow::Cow;
use std::fmt::Write as _;

/// Characters of one text that are shown at most. The longest text that has a meaning is a distinguished name.
const SHOWN: usize = 4096;

/// How CI system commands that may appear anywhere in a log line begin: `##[…]` (GitHub Actions), `##vso[…]` (Azure
/// Pipelines) and `##teamcity[…]`.
const COMMAND: &str = "##";

/// How those begin that count at the start of a line only, behind white space at most: `::…` (GitHub Actions and those
/// that follow it), and the folds of Buildkite and Travis CI. GitLab's sections need a control sequence.
const LINE_COMMANDS: [&str; 7] = ["::", "---", "+++", "~~~", "^^^", "travis_fold:", "travis_time:"];

/// Text for a terminal or a part of a log line: whatever could move the cursor, start a control sequence, break the line,
/// turn the direction of writing or not be seen is shown as `\u{…}`, and a text without end is cut. So is the second `#`
/// of [`COMMAND`]. What counts at the start of a line only is left to [`lines`].
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
            safe.extend(character.escape_unicode());
            before = None;
        } else {
            safe.push(character);
            before = Some(character);
        }
    }
    Cow::Owned(safe)
}

/// Whole lines for a log or a terminal, made of our words and of text that [`terminal`] made safe: no line is one that a CI
/// system obeys. The first character of such a line is spelled out. Of control sequences only colors pass, which are ours.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    if !text.contains(|character| character != '\n' && is_unsafe(character))
        && !text.contains(COMMAND)
        && !text.lines().any(is_command)
    {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        safe_line(line, &mut safe);
    }
    Cow::Owned(safe)
}

/// Whether a CI system obeys a line for how it starts.
fn is_command(line: &str) -> bool {
    let seen = visible(line);
    LINE_COMMANDS.iter().any(|command| seen.starts_with(command))
}

/// One line with its end.
fn safe_line(line: &str, into: &mut String) {
    let start = line.len() - visible(line).len();
    let is_command = is_command(line);
    let mut before = None;
    let mut rest = line;
    while let Some(character) = rest.chars().next() {
        let place = line.len() - rest.len();
        let color = sgr(rest);
        let spelled = is_unsafe(character) || (before, character) == (Some('#'), '#') || (is_command && place == start);
        if let Some(length) = color {
            into.push_str(rest.get(..length).unwrap_or_default());
        } else if spelled && character != '\n' {
            into.extend(character.escape_unicode());
            before = None;
        } else {
            into.push(character);
            before = Some(character);
        }
        rest = rest.get(color.unwrap_or(character.len_utf8())..).unwrap_or_default();
    }
}

/// A line from the first character on that is seen.
fn visible(line: &str) -> &str {
    let mut rest = line;
    loop {
        let trimmed = rest.trim_start();
        match sgr(trimmed) {
            Some(length) => rest = trimmed.get(length..).unwrap_or_default(),
            None => return trimmed,
        }
    }
}

/// The length of the SGR sequence that the text begins with: `ESC [`, digits and `;`, `m`.
fn sgr(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|character: char| !character.is_ascii_digit() && character != ';')?;
    parameters.get(end..)?.starts_with('m').then_some("\u{1b}[".len() + end + 1)
}

/// JSON text whose strings hold nothing that a terminal or CI system would obey: the same characters as `\uXXXX`, so that a parser
/// reads what was meant. Newlines stay: in JSON they only occur between the values.
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

/// A word of a command line that a person may paste: as a shell takes it, quoted where it must be.
pub(crate) fn shell_word(text: &str) -> String {
    let shown = terminal(text);
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./:@=,+".contains(character);
    let plain = !shown.is_empty() && shown.chars().all(is_plain);
    if plain { shown.into_owned() } else { shell::quoted(&shown) }
}

/// A message of SARIF: whatever would be a link in it (`[text](target)`; SARIF 2.1.0, section 3.11.6) is none.
pub(crate) fn message(text: &str) -> String {
    terminal(text).replace("](", "]\\u{28}")
}

/// Whether a character does something other than to be seen: C0 with ESC, tab and newlines, DEL, C1, line and
/// paragraph separators, direction marks (Unicode UAX #9, section 2), and all that Unicode wants to be ignored where it is
/// not known (`Default_Ignorable_Code_Point`): joiners, fillers, variation selectors, tags.
const fn is_unsafe(character: char) -> bool {
    // Nearly all of a report.
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    matches!(
        character,
        '\u{80}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
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
    fn no_line_begins_with_what_a_ci_system_would_obey() {
        let table = [
            ("::error::x\n", "\\u{3a}:error::x\n"),
            ("a\n \t\u{a0}::error::x", "a\n \\u{9}\u{a0}\\u{3a}:error::x"),
            ("\u{1b}[1m::error::x\u{1b}[0m\n", "\u{1b}[1m\\u{3a}:error::x\u{1b}[0m\n"),
            ("--- x\n+++ x\n", "\\u{2d}-- x\n\\u{2b}++ x\n"),
            ("~~~\n^^^ +++\n", "\\u{7e}~~\n\\u{5e}^^ +++\n"),
            ("travis_fold:start:a\n", "\\u{74}ravis_fold:start:a\n"),
            ("a #\u{1b}[0m#[error]\n", "a #\u{1b}[0m\\u{23}[error]\n"),
            ("\u{1b}[2Ja\rb\n", "\\u{1b}[2Ja\\u{d}b\n"),
            ("\u{1b}[0K\u{1b}[1;3xm\n", "\\u{1b}[0K\\u{1b}[1;3xm\n"),
        ];
        for (raw, shown) in table {
            assert_eq!(lines(raw), shown, "{raw:?}");
        }
        for same in ["", "\n", "error[a]: b ::error::x\n  help: --flag\n", "\u{1b}[1;31ma\u{1b}[0m: ::1\n"] {
            assert_eq!(lines(same), same);
        }
    }

    #[test]
    fn a_message_has_no_link() {
        assert_eq!(message("[a](https://a.example) [b] (c)\n"), "[a]\\u{28}https://a.example) [b] (c)\\u{a}");
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
        fn no_line_is_one_that_a_ci_system_obeys(text in r"([:#+~^\-\[m1;e \n\t\r]|\x1b\[|\u{a0}|\u{85}|\PC|\p{C}|::error::|##\[|travis_fold:){0,30}") {
            let shown = lines(&text).into_owned();
            prop_assert!(!shown.contains(COMMAND));
            prop_assert_eq!(shown.matches('\n').count(), text.matches('\n').count());
            for line in shown.split('\n') {
                let mut seen = line.trim_start();
                while let Some(length) = sgr(seen) {
                    seen = seen[length..].trim_start();
                }
                prop_assert!(!LINE_COMMANDS.iter().any(|command| seen.starts_with(command)), "{:?}", line);
                let plain = line.split("\u{1b}[").map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';'));
                prop_assert!(plain.skip(1).all(|part| part.starts_with('m')), "{:?}", line);
                let obeyed = |character: char| character != '\u{1b}' && is_unsafe(character);
                prop_assert!(!line.contains(obeyed));
            }
            prop_assert_eq!(lines(&shown), shown.as_str());
        }

        #[test]
        fn what_was_made_safe_stays_as_it_is(text in any::<String>()) {
            let once = terminal(&text).into_owned();
            prop_assert_eq!(terminal(&once), once.as_str());
        }
    }
}
