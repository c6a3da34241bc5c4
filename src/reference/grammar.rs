//! The parts of a reference: host, repository, tag (distribution specification, "Pull"; Docker's reference package).

use notary::digest::Digest;
use url::Url;

use super::error::{ReferenceError, excerpt};

/// Longest repository name (Docker's reference package).
const REPOSITORY_LENGTH: usize = 255;

/// Longest tag (distribution specification).
const TAG_LENGTH: usize = 128;

/// Whether more than one name stands there: none has whitespace or a comma inside. A password may, and is not to be shown.
pub(super) fn holds_several(text: &str) -> bool {
    let words = text.split(|character: char| character.is_whitespace() || character == ',');
    let names_host = |word: &str| word.split_once('@').is_some_and(|(_, behind)| behind.contains('/'));
    words.clone().filter(|word| !word.is_empty()).nth(1).is_some() && !words.into_iter().any(names_host)
}

/// A host has a dot, a port or is `localhost` (Docker's rule); anything else Docker would look for on Docker Hub.
pub(super) fn check_host(whole: &str, host: &str) -> Result<(), ReferenceError> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if !(host.contains('.') || host.contains(':') || host == "localhost") {
        return Err(ReferenceError::RegistryMissing { found: excerpt(whole) });
    }
    let bracketed = host.starts_with('[');
    let plain = name.split('.').all(is_label);
    let parsed = Url::parse(&format!("https://{host}/"));
    let agrees = parsed.is_ok_and(|url| {
        let serialised = url.host_str().unwrap_or_default();
        url.path() == "/" && url.username().is_empty() && url.password().is_none() && {
            let bare = if bracketed { host.split_inclusive(']').next().unwrap_or_default() } else { name };
            serialised.eq_ignore_ascii_case(bare)
        }
    });
    let port = match host.rsplit_once(':') {
        Some((_, port)) if !bracketed || !port.ends_with(']') => is_port(port),
        _ => true,
    };
    if (plain || bracketed) && agrees && port { Ok(()) } else { Err(ReferenceError::Registry { found: excerpt(host) }) }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_label(label: &str) -> bool {
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    edge(label.as_bytes().first())
        && edge(label.as_bytes().last())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

pub(super) fn is_repository(text: &str) -> bool {
    text.len() <= REPOSITORY_LENGTH && text.split('/').all(is_component)
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`.
fn is_component(component: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut separator = String::new();
    let mut starts = true;
    for character in component.chars() {
        match character {
            'a'..='z' | '0'..='9' => {
                let fits = matches!(separator.as_str(), "" | "." | "_" | "__") || separator.bytes().all(|b| b == b'-');
                if !fits {
                    return false;
                }
                separator.clear();
            }
            '.' | '_' | '-' if !starts => separator.push(character),
            _ => return false,
        }
        starts = false;
    }
    component.bytes().last().is_some_and(alphanumeric)
}

/// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
pub(super) fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= TAG_LENGTH
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|byte| word(byte) || byte == b'.' || byte == b'-')
}

/// Whether the only colon is that of a drive: `C:\dir`.
pub(super) fn ends_in_drive(text: &str) -> bool {
    let bytes = text.as_bytes();
    text.rfind(':') == Some(1) && bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.get(2) == Some(&b'\\')
}

/// A digest, which an error shows with the text `whole` around it.
pub(super) fn parse_digest(whole: &str, digest: &str) -> Result<Digest, ReferenceError> {
    Digest::parse(digest).map_err(|source| ReferenceError::Digest { found: excerpt(whole), source })
}
