//! The `Link` header (RFC 8288), as far as pages of a listing need it.

use http::{HeaderMap, header};

/// The target of the first link whose relation is `next`.
pub(super) fn next(headers: &HeaderMap) -> Option<String> {
    headers.get_all(header::LINK).iter().filter_map(|value| value.to_str().ok()).find_map(next_in)
}

fn next_in(text: &str) -> Option<String> {
    let mut rest = text;
    loop {
        let (_, after) = rest.split_once('<')?;
        let (target, parameters) = after.split_once('>')?;
        // The next link begins at the next `<` that is not inside quotes.
        let mut quoted = false;
        let end = parameters
            .char_indices()
            .find(|(_, character)| {
                quoted ^= *character == '"';
                *character == '<' && !quoted
            })
            .map_or(parameters.len(), |(position, _)| position);
        let (own, following) = parameters.split_at_checked(end)?;
        if own.split(';').any(is_next) {
            return Some(target.to_owned());
        }
        rest = following;
    }
}

fn is_next(parameter: &str) -> bool {
    let parameter = parameter.trim_matches([' ', '\t', ',']);
    let Some((name, value)) = parameter.split_once('=') else { return false };
    name.trim().eq_ignore_ascii_case("rel")
        && value.trim().trim_matches('"').split(' ').any(|relation| relation.eq_ignore_ascii_case("next"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_next_page_is_found() {
        for (text, expected) in [
            (r#"</v2/a?n=1>; rel="next""#, Some("/v2/a?n=1")),
            ("<u>;rel=next", Some("u")),
            (r#"<u> ; REL = "Next" ; x=y"#, Some("u")),
            (r#"<p>; rel="prev", <n>; rel="next""#, Some("n")),
            (r#"<p>; title="a<b", <n>; rel="last next""#, Some("n")),
            (r#"<p>; rel="prev""#, None),
            ("<p>", None),
            ("", None),
            ("rel=next", None),
            ("<u; rel=next", None),
        ] {
            assert_eq!(next_in(text).as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_answered(text in "\\PC{0,80}", near in "(<|>|;|,|\"|=| |rel|next|a){0,40}") {
            let _ = next_in(&text);
            let _ = next_in(&near);
        }
    }
}
