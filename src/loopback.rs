//! Which hosts are this machine. Plain HTTP is right there, and a proxy is wrong.

use url::Host;

/// Whether a host is this machine: 127.0.0.0/8, ::1, `localhost` or a name below it.
pub(crate) fn is_this_machine(host: &Host<impl AsRef<str>>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => is_localhost(name.as_ref()),
    }
}

/// Whether a name, in lower case, means this machine (RFC 6761 section 6.3).
pub(crate) fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_all_its_names() {
        for (host, expected) in [
            ("localhost", true),
            ("localhost.", true),
            ("a.localhost", true),
            ("127.0.0.1", true),
            ("127.9.9.9", true),
            ("[::1]", true),
            ("notlocalhost", false),
            ("localhost.example", false),
            ("10.0.0.1", false),
            ("169.254.169.254", false),
            ("[::ffff:127.0.0.1]", false),
            ("[fe80::1]", false),
        ] {
            assert_eq!(is_this_machine(&Host::parse(host).unwrap()), expected, "{host}");
        }
    }
}
