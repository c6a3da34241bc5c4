//! What a registry asks for in `WWW-Authenticate` (RFC 9110 section 11.6.1, RFC 6750 section 3).

use http::{HeaderMap, header};

use super::limits;

/// A way to authorize oneself that a registry offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User name and password with every request (RFC 7617).
    Basic,
    Bearer(Bearer),
}

/// Where to get a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bearer {
    /// URL of the token service.
    pub(super) realm: String,
    /// Name of the registry there.
    pub(super) service: Option<String>,
    /// Scopes, separated by spaces.
    pub(super) scope: Option<String>,
}

/// The challenges of an answer that are understood, the best first: bearer before basic. Others (`Negotiate`) and
/// malformed ones are left out.
pub(super) fn challenges(headers: &HeaderMap) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = headers
        .get_all(header::WWW_AUTHENTICATE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .filter(|text| text.len() <= limits::CHALLENGE_BYTES)
        .take(limits::CHALLENGES)
        .flat_map(parse)
        .filter_map(understand)
        .take(limits::CHALLENGES)
        .collect();
    found.sort_by_key(|challenge| matches!(challenge, Challenge::Basic));
    found
}

/// A challenge as received: scheme and parameters, names in lower case.
#[derive(Debug, PartialEq, Eq)]
struct Raw {
    scheme: String,
    parameters: Vec<(String, String)>,
}

fn understand(raw: Raw) -> Option<Challenge> {
    match raw.scheme.as_str() {
        "basic" => Some(Challenge::Basic),
        "bearer" => {
            let only = |name: &str| {
                let mut values = raw.parameters.iter().filter(|(other, _)| other == name).map(|(_, value)| value);
                // Two values of one name could be read in two ways.
                values.next().filter(|_| values.next().is_none()).cloned()
            };
            let repeated = raw.parameters.iter().filter(|(name, _)| name == "realm").count() != 1;
            if repeated {
                return None;
            }
            Some(Challenge::Bearer(Bearer { realm: only("realm")?, service: only("service"), scope: only("scope") }))
        }
        _ => None,
    }
}

/// Takes a header apart; at the first thing that is not of the grammar the rest is dropped, with the challenge it is in.
fn parse(text: &str) -> Vec<Raw> {
    let mut scanner = Scanner { rest: text };
    let mut found: Vec<Raw> = Vec::new();
    loop {
        scanner.skip(|character| matches!(character, ' ' | '\t' | ','));
        if scanner.rest.is_empty() {
            return found;
        }
        match scanner.element() {
            Some(Element::Scheme(scheme)) => found.push(Raw { scheme, parameters: Vec::new() }),
            Some(Element::Token68) if !found.is_empty() => {}
            Some(Element::Parameter(name, value)) if !found.is_empty() => {
                if let Some(challenge) = found.last_mut() {
                    challenge.parameters.push((name, value));
                }
            }
            _ => {
                found.pop();
                return found;
            }
        }
    }
}

enum Element {
    Scheme(String),
    Parameter(String, String),
    Token68,
}

struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    fn skip(&mut self, matches: impl Fn(char) -> bool) {
        self.rest = self.rest.trim_start_matches(matches);
    }

    fn take(&mut self, matches: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|character| !matches(character)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// One scheme, parameter or token68, whichever begins here.
    fn element(&mut self) -> Option<Element> {
        let name = self.take(is_token);
        if name.is_empty() {
            return None;
        }
        let before = self.rest;
        self.skip(|character| matches!(character, ' ' | '\t'));
        let Some(after) = self.rest.strip_prefix('=') else {
            self.rest = before;
            // What ends in `/` belongs to token68 alone.
            return if before.starts_with('/') { self.token68() } else { Some(Element::Scheme(name.to_lowercase())) };
        };
        let value = after.trim_start_matches([' ', '\t']);
        if value.is_empty() || value.starts_with([',', '=']) {
            self.rest = after;
            return self.token68();
        }
        self.rest = value;
        let value = if value.starts_with('"') { self.quoted()? } else { self.take(is_token).to_owned() };
        let ends = self.rest.is_empty() || self.rest.starts_with([' ', '\t', ',']);
        ends.then(|| Element::Parameter(name.to_lowercase(), value))
    }

    fn token68(&mut self) -> Option<Element> {
        self.skip(|character| character.is_ascii_alphanumeric() || "-._~+/=".contains(character));
        (self.rest.is_empty() || self.rest.starts_with([' ', '\t', ','])).then_some(Element::Token68)
    }

    /// A quoted string; nothing when it does not end.
    fn quoted(&mut self) -> Option<String> {
        let mut value = String::new();
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((position, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = self.rest.get(position + 1..).unwrap_or_default();
                    return Some(value);
                }
                '\\' => value.push(characters.next()?.1),
                other => value.push(other),
            }
        }
        None
    }
}

/// `tchar` of RFC 9110 section 5.6.2.
fn is_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(values: &[&str]) -> Vec<Challenge> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::WWW_AUTHENTICATE, http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        challenges(&headers)
    }

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        Challenge::Bearer(Bearer {
            realm: realm.into(),
            service: service.map(Into::into),
            scope: scope.map(Into::into),
        })
    }

    #[test]
    fn what_registries_send_is_understood() {
        for (values, expected) in [
            (
                vec![
                    r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
                ],
                vec![bearer(
                    "https://auth.docker.io/token",
                    Some("registry.docker.io"),
                    Some("repository:a/b:pull,push"),
                )],
            ),
            (vec![r#"bearer  REALM = "r" , Service=s"#], vec![bearer("r", Some("s"), None)]),
            (vec![r#"Basic realm="Registry Realm""#], vec![Challenge::Basic]),
            (vec!["Basic"], vec![Challenge::Basic]),
            (vec![r#"Basic realm="x", Bearer realm="r""#], vec![bearer("r", None, None), Challenge::Basic]),
            (vec!["Negotiate abc==, Basic"], vec![Challenge::Basic]),
            (vec!["Negotiate a/b+c=", "Basic"], vec![Challenge::Basic]),
            (vec![r#"Bearer realm="a\"b\\c,d""#], vec![bearer("a\"b\\c,d", None, None)]),
            (vec![r#", ,Bearer realm="r",,"#], vec![bearer("r", None, None)]),
        ] {
            assert_eq!(read(&values), expected, "{values:?}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_left_out() {
        for value in [
            "",
            "Bearer",
            r#"Bearer service="s""#,
            r#"Bearer realm="a",realm="b""#,
            r#"Bearer realm="a"#,
            r#"Bearer realm="a"x"#,
            r#"Bearer realm="a\"#,
            r#"realm="a""#,
            r#"Bearer realm="a",="b""#,
            "Digest realm=\"a\"",
            "\u{e9}",
        ] {
            assert_eq!(read(&[value]), [], "{value}");
        }
        let long = format!("Bearer realm=\"{}\"", "a".repeat(limits::CHALLENGE_BYTES));
        assert_eq!(read(&[&long]), []);
    }

    #[test]
    fn a_malformed_challenge_does_not_hide_the_one_before() {
        assert_eq!(read(&[r#"Basic realm="x", Bearer realm="open"#]), [Challenge::Basic]);
    }

    proptest! {
        #[test]
        fn any_header_is_answered(text in "\\PC{0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn any_text_near_the_grammar_is_answered(text in "(Bearer|Basic|[a-z]{1,3}| |,|=|\"|\\\\|realm|scope|/){0,40}") {
            prop_assert!(read(&[&text]).len() <= limits::CHALLENGES);
        }

        #[test]
        fn a_quoted_realm_survives(realm in "[ -~]{1,40}") {
            let quoted = realm.replace('\\', "\\\\").replace('"', "\\\"");
            prop_assert_eq!(read(&[&format!("Bearer realm=\"{quoted}\"")]), [bearer(&realm, None, None)]);
        }
    }
}
