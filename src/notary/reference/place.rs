//! One name for each place: the spelling of an image must not select a different policy statement.
//!
//! Only names of one and the same registry are united. What is not known to be the same is another place, for which the
//! statement that names the first says nothing.

use super::ecr::EcrRegistry;

/// How a registry is reached, as far as it says which port a name without one stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// HTTP over TLS: port 443.
    #[default]
    Https,
    /// Plain HTTP: port 80.
    Http,
}

impl Scheme {
    const fn port(self) -> u16 {
        match self {
            Self::Https => HTTPS,
            Self::Http => 80,
        }
    }
}

/// Port of HTTPS, without which a place is written.
const HTTPS: u16 = 443;

/// How Docker Hub is called.
const DOCKER_HUB: &str = "docker.io";

/// Other names of Docker Hub.
const DOCKER_HUB_ALIASES: [&str; 3] = ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

/// Where Docker Hub keeps repositories that are named without a namespace.
const DOCKER_HUB_NAMESPACE: &str = "library";

/// Whether a host, with or without the port of HTTPS, is Docker Hub.
#[must_use]
pub fn is_docker_hub(host: &str) -> bool {
    registry(host, Scheme::Https) == DOCKER_HUB
}

/// The place of a repository.
pub(super) fn repository(host: &str, name: &str, scheme: Scheme) -> String {
    match registry(host, scheme) {
        hub if hub == DOCKER_HUB && !name.contains('/') => format!("{hub}/{DOCKER_HUB_NAMESPACE}/{name}"),
        registry => format!("{registry}/{name}"),
    }
}

/// The place of a registry: its host in lower case and the port that is asked, unless that is HTTPS' own.
fn registry(registry: &str, scheme: Scheme) -> String {
    let registry = registry.to_ascii_lowercase();
    let (host, port) = match registry.split_once(':') {
        // A port is digits; what is not a port number stays as it is and equals nothing else.
        Some((host, port)) => match port.parse::<u16>() {
            Ok(port) => (host, port),
            Err(_) => return registry,
        },
        None => (registry.as_str(), scheme.port()),
    };
    if port != HTTPS {
        return format!("{host}:{port}");
    }
    if DOCKER_HUB_ALIASES.contains(&host) {
        return DOCKER_HUB.to_owned();
    }
    EcrRegistry::parse(host).map_or_else(|| host.to_owned(), |registry| registry.usual_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_its_host_and_the_port_that_is_asked() {
        use Scheme::{Http, Https};
        for (text, scheme, expected) in [
            ("R.example", Https, "r.example"),
            ("r.example:443", Https, "r.example"),
            ("r.example:0443", Https, "r.example"),
            ("r.example:80", Https, "r.example:80"),
            ("r.example", Http, "r.example:80"),
            ("r.example:080", Http, "r.example:80"),
            ("r.example:443", Http, "r.example"),
            ("r.example:5000", Http, "r.example:5000"),
            ("r.example:05000", Https, "r.example:5000"),
            ("r.example:99999", Https, "r.example:99999"),
            ("localhost", Http, "localhost:80"),
            ("127.0.0.1", Http, "127.0.0.1:80"),
            ("docker.io", Https, "docker.io"),
            ("Index.Docker.io:443", Https, "docker.io"),
            ("registry-1.docker.io", Https, "docker.io"),
            ("registry.hub.docker.com", Https, "docker.io"),
            ("registry.hub.docker.com:5000", Https, "registry.hub.docker.com:5000"),
            ("hub.docker.com", Https, "hub.docker.com"),
            ("docker.io.example", Https, "docker.io.example"),
            ("111122223333.dkr-ecr-fips.us-east-1.on.aws:443", Https, "111122223333.dkr.ecr.us-east-1.amazonaws.com"),
            (
                "111122223333.dkr.ecr.us-east-1.amazonaws.com:80",
                Https,
                "111122223333.dkr.ecr.us-east-1.amazonaws.com:80",
            ),
            ("public.ecr.aws", Https, "public.ecr.aws"),
        ] {
            assert_eq!(registry(text, scheme), expected, "{text} {scheme:?}");
            assert_eq!(registry(expected, Https), expected, "one name is its own");
        }
    }

    #[test]
    fn only_docker_hub_adds_a_namespace() {
        assert_eq!(repository("index.docker.io", "a", Scheme::Https), "docker.io/library/a");
        assert_eq!(repository("docker.io", "user/a", Scheme::Https), "docker.io/user/a");
        assert_eq!(repository("r.example", "a", Scheme::Https), "r.example/a");
        assert!(is_docker_hub("Docker.IO:443") && is_docker_hub("registry.hub.docker.com"));
        assert!(!is_docker_hub("docker.io:5000") && !is_docker_hub("docker.io.example"));
    }
}
