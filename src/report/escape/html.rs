//! Text from outside in HTML: as the text of an element, or between the quotes of an attribute.

use super::terminal;

/// The text with the characters that mean something in HTML as references. Nothing in it ends an element, a quote or a line.
pub(crate) fn text(text: &str) -> String {
    let shown = terminal(text);
    let mut safe = String::with_capacity(shown.len());
    for character in shown.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // It is one more that means something where HTML stands in Markdown.
            '`' => safe.push_str("&#96;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Lines of ours with text from outside, for a `pre` element.
pub(crate) fn lines(lines: &str) -> String {
    lines.lines().map(|line| text(line) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_has_a_meaning_in_html_is_a_reference() {
        assert_eq!(text("<a href=\"x\" b='c'>&amp;\n"), "&lt;a href=&quot;x&quot; b=&#39;c&#39;&gt;&amp;amp;\\u{a}");
        assert_eq!(lines("✓ a\n<b>\n"), "✓ a\n&lt;b&gt;\n");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn nothing_ends_an_element_or_a_quote(raw in r#"([<>&"'/=\n;]|\PC|\p{C}|<script>|&#x3c;|-->){0,30}"#) {
            let shown = text(&raw);
            prop_assert!(!shown.contains(['<', '>', '"', '\'', '`']) && !shown.contains(char::is_control));
            for (place, _) in shown.match_indices('&') {
                let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&#96;"];
                prop_assert!(known.iter().any(|known| shown[place..].starts_with(known)));
            }
        }
    }
}
