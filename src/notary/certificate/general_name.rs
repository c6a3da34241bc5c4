//! Alternative names and name constraints (RFC 5280 sections 4.2.1.6 and 4.2.1.10), which decide nothing here.
//!
//! Nothing is looked up by such a name, so what Go's parser refuses is refused, and nothing is kept.

use std::net::{IpAddr, Ipv6Addr};

use der::asn1::AnyRef;
use der::{Tag, Tagged as _};

use super::der::{Fields, constructed, primitive};

/// The choices of `GeneralName` that are texts or addresses.
const EMAIL: Tag = primitive(1);
const DNS: Tag = primitive(2);
const URI: Tag = primitive(6);
const IP: Tag = primitive(7);

/// `SEQUENCE OF GeneralName`. Names of other kinds may hold anything.
pub(super) fn read_alternative_names(value: &[u8]) -> Option<()> {
    let mut names = Fields::of_sequence(value)?;
    while !names.is_finished() {
        let name = names.any()?;
        let valid = match name.tag() {
            EMAIL | DNS => name.value().is_ascii(),
            URI => std::str::from_utf8(name.value()).is_ok_and(is_uri),
            IP => matches!(name.value().len(), 4 | 16),
            _ => true,
        };
        valid.then_some(())?;
    }
    Some(())
}

/// `SEQUENCE { permittedSubtrees [0] OPTIONAL, excludedSubtrees [1] OPTIONAL }`, and something in one of them.
pub(super) fn read_constraints(value: &[u8]) -> Option<()> {
    let mut fields = Fields::of_sequence(value)?;
    let permitted = fields.optional(constructed(0))?.unwrap_or_default();
    let excluded = fields.optional(constructed(1))?.unwrap_or_default();
    fields.finish()?;
    (!permitted.is_empty() || !excluded.is_empty()).then_some(())?;
    for trees in [permitted, excluded] {
        let mut trees = Fields::new(trees)?;
        while !trees.is_finished() {
            is_constraint(trees.sequence()?.any()?).then_some(())?;
        }
    }
    Some(())
}

/// The base of a subtree. Names of other kinds may hold anything.
fn is_constraint(base: AnyRef<'_>) -> bool {
    let text = || std::str::from_utf8(base.value()).ok();
    match (base.tag(), base.value().len()) {
        (DNS, _) => text().is_some_and(is_domain),
        (EMAIL, _) => text().is_some_and(|text| text.split_once('@').map_or_else(|| is_domain(text), is_mailbox)),
        (URI, _) => text().is_some_and(|text| is_domain(text) && text.parse::<IpAddr>().is_err()),
        (IP, length @ (8 | 32)) => is_mask(base.value().get(length / 2..).unwrap_or_default()),
        (IP, _) => false,
        _ => true,
    }
}

/// A domain, or with a leading dot what is below one. Empty means all.
fn is_domain(text: &str) -> bool {
    text.is_empty() || is_host(text.strip_prefix('.').unwrap_or(text))
}

/// Labels that are not empty, of visible ASCII.
fn is_host(text: &str) -> bool {
    text.split('.').all(|label| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_graphic()))
}

/// `dot-atom@domain` (RFC 5322 section 3.4.1).
fn is_mailbox((local, domain): (&str, &str)) -> bool {
    let atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    local.split('.').all(|part| !part.is_empty() && part.bytes().all(atom)) && is_host(domain)
}

/// A reference as Go's `url.Parse` takes one, which is more than RFC 3986 has: a relative one, and any visible character in
/// path, query and fragment. Its host is that of an authority as below.
fn is_uri(text: &str) -> bool {
    if !text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_control()) {
        return false;
    }
    let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (scheme, rest) = match before.split_once(':') {
        Some(("", _)) => return false,
        Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
        _ => (None, before),
    };
    let path = rest.split('?').next().unwrap_or_default();
    let valid = match path.strip_prefix("//") {
        Some(behind) if scheme.is_some() || !behind.starts_with('/') => {
            let (authority, path) = behind.find('/').map_or((behind, ""), |end| behind.split_at(end));
            is_authority(authority) && is_escaped(path)
        }
        _ if path.starts_with('/') => is_escaped(path),
        // What follows a scheme (`urn:…`) is not read further.
        _ if scheme.is_some() => true,
        _ => !path.split('/').next().unwrap_or_default().contains(':') && is_escaped(path),
    };
    valid && is_escaped(fragment)
}

fn is_scheme(text: &str) -> bool {
    let begins = text.starts_with(|character: char| character.is_ascii_alphabetic());
    begins && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Whether each `%` is followed by two hexadecimal digits.
fn is_escaped(text: &str) -> bool {
    let escaped =
        |part: &str| matches!(part.as_bytes(), [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit());
    text.split('%').skip(1).all(escaped)
}

/// `[ userinfo "@" ] host [ ":" port ]`
fn is_authority(authority: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:[]@!$&'()*+,;=%".contains(&byte);
    if !authority.bytes().all(allowed) || !is_escaped(authority) {
        return false;
    }
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let port = |text: &str| {
        text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let host = match host.strip_prefix('[').and_then(|literal| literal.split_once(']')) {
        Some((address, rest)) => address.parse::<Ipv6Addr>().is_ok() && port(rest),
        None => {
            let end = host.find(':').unwrap_or(host.len());
            let (name, rest) = host.split_at(end);
            port(rest) && (host.is_empty() || is_host(host)) && !name.contains(['[', ']', '%'])
        }
    };
    host && !user.contains(['[', ']'])
}

/// Ones, then zeros.
fn is_mask(mask: &[u8]) -> bool {
    let ones = mask.iter().position(|byte| *byte != 0xff).unwrap_or(mask.len());
    let mut rest = mask.iter().skip(ones);
    rest.next().is_none_or(|byte| byte.leading_ones() + byte.trailing_zeros() == 8) && rest.all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_those_that_go_takes_with_a_host_that_is_one() {
        for text in [
            "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "spiffe://example.org/ns/a/sa/b",
            "https://user:pass@host.example:8443/a%20b?c=%2F#d",
            "http://[2001:db8::1]:80/",
            "http://10.0.0.1",
            "file:///etc/x",
            "mailto:a@b.example",
            "a:",
            "",
            "www.example.com",
            "/a/b",
            "a/b:c",
            "?a:b",
            "urn:a b",
            "urn:%zz",
            "https://example.com/{id}|a b?c=%zz",
        ] {
            assert!(is_uri(text), "{text}");
        }
        for text in [
            ":a",
            "1a:b",
            "a%20b:c",
            "\u{6}rn:uuid:1",
            "urn:a\u{7f}",
            "/%2",
            "https://a.example/%zz",
            "https://a.example/#%zz",
            "//a..b/",
            "http://a b/",
            "http://a..b/",
            "http://a./",
            "http://.a/",
            "http://a:b:80/",
            "http://a:8x/",
            "http://%41.example/",
            "http://[::1/",
            "http://[10.0.0.1]/",
            "http://a[::1]/",
            "http://a]b/",
            "http://x[y@a/",
            "http://a`b/",
            "urn:\u{e9}",
        ] {
            assert!(!is_uri(text), "{text}");
        }
    }

    #[test]
    fn a_mailbox_has_atoms_and_a_host() {
        let constraint = |text: &str| {
            let der = [&[0x81, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
            is_constraint(Fields::new(&der).unwrap().any().unwrap())
        };
        for text in ["a@b.example", "a.b+c@d", "example", ".example", ""] {
            assert!(constraint(text), "{text}");
        }
        for text in
            ["@b", "a@", "a..b@c", ".a@b", "a.@b", "a b@c", "a@b.\u{c}", "a@.b", "a@b.", "\"a\"@b", "b.", "a@b@c d"]
        {
            assert!(!constraint(text), "{text}");
        }
    }
}
