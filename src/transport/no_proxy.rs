//! Which hosts are reached without a proxy: `NO_PROXY` as Go's tools read it (golang.org/x/net/http/httpproxy), so that what works for
//! docker, crane and notation works here.

use std::net::IpAddr;

/// Entries that are read. Those of large companies have some hundred.
const ENTRIES: usize = 4096;

/// What `NO_PROXY` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum NoProxy {
    /// `*`: no host is reached through a proxy.
    Everything,
    Entries(Vec<Entry>),
    #[default]
    Nothing,
}

/// One entry: which hosts, and on which port alone, if it names one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    hosts: Hosts,
    port: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    Address(IpAddr),
    /// Addresses that begin with the same bits.
    Network(IpAddr, u8),
    /// Names below this one, which begins with a dot.
    Below(String),
    /// This name, and those below it.
    NameAndBelow(String),
}

impl NoProxy {
    /// Reads entries that commas separate. Those that make no sense match nothing, as in Go.
    pub(super) fn parse(text: &str) -> Self {
        let mut entries = Vec::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).take(ENTRIES) {
            if entry == "*" {
                return Self::Everything;
            }
            entries.extend(Entry::parse(&entry.to_ascii_lowercase()));
        }
        if entries.is_empty() { Self::Nothing } else { Self::Entries(entries) }
    }

    /// Whether a host, as URLs have it, is reached without a proxy on this port.
    pub(super) fn matches(&self, host: &str, port: u16) -> bool {
        let entries = match self {
            Self::Everything => return true,
            Self::Nothing => return false,
            Self::Entries(entries) => entries,
        };
        let host = without_brackets(host).to_ascii_lowercase();
        let port = port.to_string();
        let fits = |entry: &Entry| entry.port.as_ref().is_none_or(|named| *named == port);
        match host.parse::<IpAddr>() {
            Ok(address) => entries.iter().any(|entry| entry.hosts.has_address(address) && fits(entry)),
            Err(_) => entries.iter().any(|entry| entry.hosts.has_name(&host) && fits(entry)),
        }
    }
}

impl Entry {
    /// One entry in lower case: a network, an address, or a name, the last two with a port if there is one.
    fn parse(text: &str) -> Option<Self> {
        if let Some((address, bits)) = text.split_once('/')
            && let (Ok(address), Ok(bits)) = (address.parse::<IpAddr>(), bits.parse::<u8>())
        {
            let longest = if address.is_ipv4() { 32 } else { 128 };
            let is_plain = bits <= longest;
            return is_plain.then_some(Self { hosts: Hosts::Network(address, bits), port: None });
        }
        let (host, port) = match text.rsplit_once(':') {
            // An address of IPv6 without brackets has no port.
            Some((host, port)) if host.ends_with(']') || !host.contains(':') => (host, Some(port)),
            _ => (text, None),
        };
        let port = port.filter(|port| !port.is_empty()).map(str::to_owned);
        let host = without_brackets(host);
        if let Ok(address) = host.parse::<IpAddr>() {
            return Some(Self { hosts: Hosts::Address(address.to_canonical()), port });
        }
        // `*.a.example` is `.a.example`. A star elsewhere is a letter that no name has.
        let host = if host.starts_with("*.") { host.strip_prefix('*')? } else { host };
        let hosts = match host.strip_prefix('.') {
            _ if host.is_empty() => return None,
            Some("") => return None,
            Some(_) => Hosts::Below(host.to_owned()),
            None => Hosts::NameAndBelow(host.to_owned()),
        };
        Some(Self { hosts, port })
    }
}

impl Hosts {
    fn has_address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        match self {
            Self::Address(one) => *one == address,
            Self::Network(IpAddr::V4(network), bits) => match address {
                IpAddr::V4(address) => {
                    begin_alike(u128::from(network.to_bits()), u128::from(address.to_bits()), 32, *bits)
                }
                IpAddr::V6(_) => false,
            },
            Self::Network(IpAddr::V6(network), bits) => match address {
                IpAddr::V6(address) => begin_alike(network.to_bits(), address.to_bits(), 128, *bits),
                IpAddr::V4(_) => false,
            },
            Self::Below(_) | Self::NameAndBelow(_) => false,
        }
    }

    fn has_name(&self, name: &str) -> bool {
        match self {
            Self::Below(end) => name.ends_with(end),
            Self::NameAndBelow(end) => {
                name.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            Self::Address(_) | Self::Network(..) => false,
        }
    }
}

/// Whether the first `bits` of two numbers of this width are the same.
fn begin_alike(left: u128, right: u128, width: u8, bits: u8) -> bool {
    let rest = u32::from(width.saturating_sub(bits));
    (left ^ right).checked_shr(rest).unwrap_or(0) == 0
}

fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_proxy_is_read_as_go_reads_it() {
        for (no_proxy, host, port, expected) in [
            ("", "r.corp", 443, false),
            (" , ,", "r.corp", 443, false),
            ("*", "r.corp", 443, true),
            ("a.corp, * ,b", "r.example", 443, true),
            // A name is itself and what is below it.
            ("r.corp", "r.corp", 443, true),
            ("r.corp", "a.r.corp", 443, true),
            ("r.corp", "other-r.corp", 443, false),
            ("R.Corp", "r.CORP", 443, true),
            ("a, r.corp ", "r.corp", 443, true),
            // With a dot or a star in front, only what is below it.
            (".corp", "r.corp", 443, true),
            (".corp", "corp", 443, false),
            ("*.corp", "r.corp", 443, true),
            ("*.corp", "a.r.corp", 443, true),
            ("*.corp", "corp", 443, false),
            ("*corp", "r.corp", 443, false),
            ("r.*", "r.corp", 443, false),
            ("corp", "r.corp", 443, true),
            // With a port, on this port alone.
            ("r.corp:5000", "r.corp", 5000, true),
            ("r.corp:5000", "a.r.corp", 5000, true),
            ("r.corp:5000", "r.corp", 443, false),
            (".corp:443", "r.corp", 443, true),
            (".corp:443", "r.corp", 5000, false),
            ("*.corp:443", "r.corp", 443, true),
            ("*.corp:443", "r.corp", 80, false),
            (":443", "r.corp", 443, false),
            ("r.corp:", "r.corp", 443, true),
            // Addresses, with a port or without.
            ("10.0.0.7", "10.0.0.7", 443, true),
            ("10.0.0.7", "10.0.0.70", 443, false),
            ("10.0.0.7:5000", "10.0.0.7", 5000, true),
            ("10.0.0.7:5000", "10.0.0.7", 443, false),
            ("fd00::7", "[fd00::7]", 443, true),
            ("FD00:0::7", "fd00::7", 443, true),
            ("[fd00::7]:5000", "[fd00::7]", 5000, true),
            ("[fd00::7]:5000", "[fd00::7]", 443, false),
            ("[fd00::7]", "[fd00::7]", 443, true),
            ("10.0.0.7", "[::ffff:10.0.0.7]", 443, true),
            // Networks.
            ("10.0.0.0/8", "10.200.3.4", 443, true),
            ("10.0.0.0/8", "11.0.0.1", 443, false),
            ("10.1.2.3/8", "10.9.9.9", 443, true),
            ("0.0.0.0/0", "8.8.8.8", 443, true),
            ("0.0.0.0/0", "[fd00::1]", 443, false),
            ("10.0.0.7/32", "10.0.0.7", 443, true),
            ("10.0.0.7/32", "10.0.0.6", 443, false),
            ("10.0.0.0/33", "10.0.0.0", 443, false),
            ("fd00::/8", "[fdab::1]", 443, true),
            ("fd00::/8", "[fe80::1]", 443, false),
            ("fd00::/8", "10.0.0.1", 443, false),
            ("::/0", "[fe80::1]", 443, true),
            // A name is not looked up to be compared with addresses.
            ("10.0.0.0/8", "r.corp", 443, false),
            ("0.0.7", "10.0.0.7", 443, false),
        ] {
            assert_eq!(NoProxy::parse(no_proxy).matches(host, port), expected, "{no_proxy:?} {host}:{port}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "[ -~]{0,40}", host in "[a-z0-9.:\\[\\]*]{0,20}", port: u16) {
            let _ = NoProxy::parse(&text).matches(&host, port);
        }
    }
}
