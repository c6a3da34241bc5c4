//! Where the token of a YAML value begins and ends. The parser's own spans begin at an anchor or a tag in front of it, and that of
//! a quoted scalar ends behind the comment that follows.

use super::scalar::Style;

/// Bytes of the anchor and the tag at the start of `text`, with the blanks, line breaks and comments behind each.
pub(super) fn properties(text: &str) -> usize {
    let mut rest = text;
    // One anchor and one tag at most.
    for _ in 0..2 {
        let end = match rest.as_bytes() {
            [b'!', b'<', ..] => rest.find('>').map(|end| end.saturating_add(1)),
            [b'!' | b'&', ..] => Some(rest.find(ends_property).unwrap_or(rest.len())),
            _ => None,
        };
        let Some(end) = end else { break };
        rest = behind_blanks(rest.get(end..).unwrap_or_default());
    }
    text.len().saturating_sub(rest.len())
}

const fn ends_property(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | ',' | '[' | ']' | '{' | '}')
}

fn behind_blanks(mut text: &str) -> &str {
    loop {
        let rest = text.trim_start_matches([' ', '\t', '\n', '\r']);
        if !rest.starts_with('#') {
            return rest;
        }
        text = rest.get(rest.find(['\n', '\r']).unwrap_or(rest.len())..).unwrap_or_default();
    }
}

/// Bytes of the quoted scalar at the start of `text`, with its quotes; none if there is none of this style.
pub(super) fn quoted(text: &str, style: Style) -> Option<usize> {
    let bytes = text.as_bytes();
    let quote = match style {
        Style::SingleQuoted => b'\'',
        Style::DoubleQuoted => b'"',
        Style::Plain | Style::Literal | Style::Folded => return None,
    };
    if bytes.first() != Some(&quote) {
        return None;
    }
    let mut at = 1_usize;
    loop {
        let (byte, next) = (bytes.get(at)?, bytes.get(at.saturating_add(1)));
        at = at.saturating_add(1);
        let is_escape = match style {
            Style::DoubleQuoted => *byte == b'\\',
            _ => *byte == b'\'' && next == Some(&b'\''),
        };
        if is_escape {
            at = at.saturating_add(1);
        } else if *byte == quote {
            return Some(at);
        }
    }
}

/// Whether the token says `text`, as far as this can be told without reading escapes and folded lines.
pub(super) fn says(token: &str, style: Style, text: &str) -> bool {
    let inside = match style {
        Style::Plain => token,
        Style::SingleQuoted | Style::DoubleQuoted => token.get(1..token.len().saturating_sub(1)).unwrap_or_default(),
        Style::Literal | Style::Folded => return true,
    };
    let is_escaped = match style {
        Style::DoubleQuoted => inside.contains('\\'),
        Style::SingleQuoted => inside.contains('\''),
        _ => false,
    };
    is_escaped || inside.contains(['\n', '\r']) || inside == text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_begins_behind_its_anchor_and_its_tag() {
        for (text, expected) in [
            ("nginx", "nginx"),
            ("&a nginx", "nginx"),
            ("!Sub 'x'", "'x'"),
            ("&a !!str \"x\"", "\"x\""),
            ("!<tag:x,2002:a b>\t&a # why\n  # more\r\n  x # y", "x # y"),
            ("&a &b x", "x"),
            ("&a", ""),
            ("&a{}", "{}"),
        ] {
            assert_eq!(&text[properties(text)..], expected, "{text}");
        }
    }

    #[test]
    fn a_quoted_token_ends_at_its_quote() {
        for (text, style, expected) in [
            ("\"re/po:1\" # keep", Style::DoubleQuoted, Some("\"re/po:1\"")),
            (r#""a\"b\\" "c""#, Style::DoubleQuoted, Some(r#""a\"b\\""#)),
            ("'a''b' 'c'", Style::SingleQuoted, Some("'a''b'")),
            ("''", Style::SingleQuoted, Some("''")),
            ("'a", Style::SingleQuoted, None),
            ("\"a\\\"", Style::DoubleQuoted, None),
            ("a'", Style::SingleQuoted, None),
            ("'a'", Style::DoubleQuoted, None),
            ("a", Style::Plain, None),
        ] {
            assert_eq!(quoted(text, style).map(|end| &text[..end]), expected, "{text}");
        }
    }

    #[test]
    fn what_a_token_says_is_compared_where_it_can_be() {
        assert!(says("a", Style::Plain, "a") && !says("a", Style::Plain, "b"));
        assert!(says("'a'", Style::SingleQuoted, "a") && !says("'a'", Style::SingleQuoted, "b"));
        assert!(says("\"\\u0061\"", Style::DoubleQuoted, "a") && says("a\n b", Style::Plain, "a b"));
    }
}
