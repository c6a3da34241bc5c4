//! Lines that fit a terminal: what is longer goes on in the next line, behind the lines of its tree, and no word is cut.

use std::borrow::Cow;

use textwrap::{Options, WordSeparator, WordSplitter, core::display_width};

use super::style::Style;

/// Fewer columns are taken for this many: no report can be read in them.
const FEWEST: usize = 40;

/// How far a line that goes on stands behind its first.
const INDENT: &str = "  ";

/// How the lines of a tree are painted.
const FAINT: &str = "\u{1b}[2m";

/// How a color ends.
const RESET: &str = "\u{1b}[0m";

/// The text in lines that the style has room for. A word that is longer stands on a line of its own. Where a line starts may hold
/// a word that a CI system obeys: make lines safe after this.
pub(crate) fn lines<'a>(text: &'a str, style: &Style) -> Cow<'a, str> {
    let Some(columns) = style.columns().map(|columns| columns.max(FEWEST)) else { return Cow::Borrowed(text) };
    if text.lines().all(|line| display_width(line) <= columns) {
        return Cow::Borrowed(text);
    }
    let mut wrapped = String::with_capacity(text.len() + text.len() / 8);
    for line in text.lines() {
        wrap(line, columns, &mut wrapped);
    }
    Cow::Owned(wrapped)
}

fn wrap(line: &str, columns: usize, into: &mut String) {
    let (branch, words) = line.split_at_checked(branch(line)).unwrap_or(("", line));
    let further = branch.replace('├', "│").replace(['└', '─'], " ") + INDENT;
    let options = Options::new(columns.saturating_sub(display_width(branch)))
        .subsequent_indent(INDENT)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    let parts = textwrap::wrap(words, options);
    let mut color = "";
    for (place, part) in parts.iter().enumerate() {
        let (begin, part) = match place {
            0 => (branch, part.as_ref()),
            _ => (further.as_str(), part.strip_prefix(INDENT).unwrap_or(part)),
        };
        // The lines of the tree are not in the color of the words.
        let end = color_at_end(part).unwrap_or(color);
        let reset = if end.is_empty() { "" } else { RESET };
        for piece in [begin, color, part, reset, "\n"] {
            into.push_str(piece);
        }
        color = end;
    }
}

/// Bytes of the lines of a tree, or of the blanks, that a line begins with.
fn branch(line: &str) -> usize {
    let (faint, begin) = match line.strip_prefix(FAINT) {
        Some(rest) => (FAINT.len(), rest),
        None => (0, line),
    };
    let behind = begin.trim_start_matches(['│', '├', '└', '─', ' ']);
    match begin.len() - behind.len() {
        0 => 0,
        length if faint > 0 && behind.starts_with(RESET) => faint + length + RESET.len(),
        length => faint + length,
    }
}

/// The color that is on behind a text, or nothing if the text changes none.
fn color_at_end(text: &str) -> Option<&str> {
    let start = text.rfind("\u{1b}[")?;
    let rest = text.get(start..)?;
    let sequence = rest.get(..=rest.find('m')?)?;
    Some(if sequence == RESET { "" } else { sequence })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::style::{Color, Detail};
    use super::super::{samples, text};
    use super::*;

    fn wide(columns: usize) -> Style {
        Style::plain().within(Some(columns))
    }

    #[test]
    fn a_line_goes_on_behind_the_lines_of_its_tree() {
        let text = "a verdict of many words that need room\n\
                    ├── because: one two three four five six seven eight\n\
                    │   └── help: one two three four five six seven eight\n\
                    └── short\n";
        insta::assert_snapshot!(lines(text, &wide(1)), @r"
        a verdict of many words that need room
        ├── because: one two three four five six
        │     seven eight
        │   └── help: one two three four five
        │         six seven eight
        └── short
        ");
        assert_eq!(lines(text, &wide(200)), text);
        assert_eq!(lines(text, &Style::plain()), text);
    }

    #[test]
    fn a_color_goes_on_and_the_lines_of_the_tree_keep_theirs() {
        let colored = Style::new(Color::On, Detail::Normal).within(Some(40));
        let text = "\u{1b}[2m├── \u{1b}[0m\u{1b}[1;31mone two three four five six seven eight nine\u{1b}[0m ten\n";
        let expected = "\u{1b}[2m├── \u{1b}[0m\u{1b}[1;31mone two three four five six seven\u{1b}[0m\n\
                        \u{1b}[2m│   \u{1b}[0m  \u{1b}[1;31meight nine\u{1b}[0m ten\n";
        assert_eq!(lines(text, &colored), expected);
    }

    #[test]
    fn a_word_that_is_longer_stays_whole() {
        let digest = format!("sha256:{}", "1".repeat(64));
        let text = format!("└── signature {digest}: accepted\n");
        assert_eq!(lines(&text, &wide(40)), format!("└── signature\n      {digest}:\n      accepted\n"));
    }

    proptest! {
        #[test]
        fn a_wrapped_text_has_the_same_words_and_lines_that_fit(columns in 40_usize..200, words in "([a-zé漢]{1,30} ){1,60}") {
            let text = format!("└── {words}\n");
            let wrapped = lines(&text, &wide(columns));
            prop_assert_eq!(wrapped.split_whitespace().collect::<Vec<_>>(), text.split_whitespace().collect::<Vec<_>>());
            for line in wrapped.lines() {
                let is_one_word = line.trim_start_matches("└── ").split_whitespace().count() == 1;
                prop_assert!(display_width(line) <= columns || is_one_word, "{}", line);
            }
        }

        #[test]
        fn every_report_fits_and_keeps_its_words(columns in 40_usize..200) {
            let reports = [samples::verified(), samples::rejected(), samples::several(), samples::inspected(), samples::signed()];
            for report in reports {
                let whole = text::render(&report, &Style::new(Color::Off, Detail::Verbose));
                let wrapped = text::render(&report, &Style::new(Color::Off, Detail::Verbose).within(Some(columns)));
                let words = |text: &str| text.split(['│', '├', '└', '─', ' ', '\n']).filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>();
                prop_assert_eq!(words(&wrapped), words(&whole));
                for line in wrapped.lines() {
                    let is_one_word = words(line).len() == 1;
                    prop_assert!(display_width(line) <= columns || is_one_word, "{}", line);
                }
            }
        }
    }
}
