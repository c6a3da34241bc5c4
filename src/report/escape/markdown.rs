//! Text from outside in Markdown: always in a code span, in which there is no link, image, mention, reference, emoji, formula or
//! HTML.

use super::terminal;

/// A code span that shows the text, also as a cell of a table. What could end one or the other is spelled out. A span between two
/// backticks may hold single ones, as our own words have them (CommonMark, section 6.1).
pub(crate) fn code(text: &str) -> String {
    match (text.is_empty(), text.contains('`') && !text.contains("``")) {
        // Two backticks would begin a longer span.
        (true, _) => "` `".to_owned(),
        // A space at both ends is none of the text.
        (false, true) => format!("`` {} ``", without_bars(text)),
        (false, false) => format!("`{}`", inert(text)),
    }
}

/// Lines of ours with text from outside, as a block of code.
pub(crate) fn block(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(inert).collect();
    format!("```text\n{}\n```\n", lines.join("\n"))
}

fn inert(text: &str) -> String {
    without_bars(text).replace('`', "\\u{60}")
}

fn without_bars(text: &str) -> String {
    terminal(text).replace('|', "\\u{7c}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_has_a_meaning_in_markdown_has_none_in_a_span() {
        for (raw, shown) in [
            ("registry.example/app@sha256:00", "`registry.example/app@sha256:00`"),
            ("[a](https://a.example) @b #1 <img src=x>", "`[a](https://a.example) @b #1 <img src=x>`"),
            ("a`b``c", "`a\\u{60}b\\u{60}\\u{60}c`"),
            ("set `a`, or `b` | c", "`` set `a`, or `b` \\u{7c} c ``"),
            ("`", "`` ` ``"),
            ("` \n`", "`` ` \\u{a}` ``"),
            ("a | b\n| c |", "`a \\u{7c} b\\u{a}\\u{7c} c \\u{7c}`"),
            ("a\\", "`a\\`"),
            ("", "` `"),
        ] {
            assert_eq!(code(raw), shown);
        }
        assert_eq!(block("✓ a\n```\nb\n"), "```text\n✓ a\n\\u{60}\\u{60}\\u{60}\nb\n```\n");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn nothing_ends_a_span_a_cell_or_a_line(text in r"([`|\\<>\n\r~#&;]|\PC|\p{C}|```|https://a){0,30}") {
            let shown = code(&text);
            let wide = shown.strip_prefix("`` ").and_then(|shown| shown.strip_suffix(" ``"));
            let inside = wide.or_else(|| shown.strip_prefix('`')?.strip_suffix('`')).unwrap();
            let end = if wide.is_some() { "``" } else { "`" };
            prop_assert!(!inside.is_empty() && !inside.contains(end) && !inside.contains('|'));
            prop_assert!(!inside.contains(char::is_control));
        }
    }
}
