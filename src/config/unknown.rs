//! Variables that are unknown, and those that cannot be read: a typo is an error, never ignored.

use std::cell::LazyCell;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::Path;

use super::key::{KEYS, OWN_PREFIX};
use super::near;
use crate::env::{self, Env, VARIABLES};
use crate::files;
use crate::report::OUTPUT_VARIABLES;
use crate::transport::CA_FILE_BYTES;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum EnvError {
    #[error("environment variable {name} is not UTF-8")]
    NotUnicode { name: String },
    /// A variable names a file that a library reads to its end, and it is not a regular file.
    #[error("{name}={path}: {fact}")]
    NotFile { name: &'static str, path: String, fact: String },
    #[error("unknown environment variable {name}")]
    Unknown {
        name: String,
        /// The most similar name that is known.
        near: Option<String>,
    },
    #[error("the action has no input `{name}`")]
    UnknownInput {
        name: String,
        /// The most similar one that is known.
        near: Option<String>,
    },
}

impl EnvError {
    /// Whether it names what a library would read without an end.
    pub(super) const fn is_endless(&self) -> bool {
        matches!(self, Self::NotFile { .. })
    }
}

/// What pipelines and Dockerfiles call the version that they install. It is no setting, and nothing reads it.
const VERSION: &str = "SEALGATE_VERSION";

/// Checks that every variable of ours is known, and that everything which is read is UTF-8.
pub(super) fn check(environment: &Env) -> Vec<EnvError> {
    let own = LazyCell::new(|| KEYS.iter().filter_map(|key| key.variable()).collect::<Vec<String>>());
    let is_others = |name: &str| {
        name == VERSION
            || name.starts_with(OUTPUT_VARIABLES)
            || is_service_link(name, environment.named(name).unwrap_or_default())
    };
    let mut errors = Vec::new();
    for name in environment.names().filter(|name| name.starts_with(OWN_PREFIX)) {
        if !own.iter().any(|known| known == name) && !is_others(name) {
            let near = near::nearest(name, own.iter().map(String::as_str)).map(str::to_owned);
            errors.push(EnvError::Unknown { name: name.to_owned(), near });
        }
    }
    let is_read = |name: &&str| {
        let is_it = |known: &String| known == name;
        VARIABLES.iter().any(|variable| variable.name == *name)
            || KEYS.iter().any(|key| key.variable().iter().any(is_it) || key.inputs().iter().any(is_it))
    };
    let unreadable = environment.not_unicode().filter(is_read);
    errors.extend(unreadable.map(|name| EnvError::NotUnicode { name: name.to_owned() }));
    errors.extend(check_authorities(environment));
    errors
}

/// Inputs of the action that are no settings, as variables: `command`, `github-token`, and what every action in a container has.
const OTHER_INPUTS: [&str; 5] =
    ["INPUT_COMMAND", "INPUT_GITHUB-TOKEN", "INPUT_GITHUB_TOKEN", "INPUT_ARGS", "INPUT_ENTRYPOINT"];

/// Checks that every input of the action is known: the runner hands in what it does not know as well.
pub(super) fn check_inputs(environment: &Env) -> Vec<EnvError> {
    let of_keys = KEYS.iter().flat_map(|key| key.inputs());
    let known: Vec<String> = of_keys.chain(OTHER_INPUTS.map(str::to_owned)).collect();
    let inputs = environment.names().filter(|name| name.starts_with("INPUT_"));
    let unknown = inputs.filter(|name| !known.iter().any(|known| known == name));
    let told = unknown.map(|name| {
        let near = near::nearest(name, known.iter().map(String::as_str)).map(input_name);
        EnvError::UnknownInput { name: input_name(name), near }
    });
    told.collect()
}

/// The input that a variable hands in, as one writes it.
fn input_name(variable: &str) -> String {
    variable.strip_prefix("INPUT_").unwrap_or(variable).to_ascii_lowercase().replace('_', "-")
}

/// Whether Kubernetes set a variable, for a service whose name begins with ours (`SEALGATE_PORT_443_TCP_ADDR`): pods of the same
/// namespace have these for every service. Name and value both have to be of the form, so that no typo of a setting passes for one.
fn is_service_link(name: &str, value: &str) -> bool {
    let is_port = |text: &str| text.parse::<u16>().is_ok();
    let is_address = |text: &str| text.parse::<IpAddr>().is_ok();
    let is_protocol = |text: &str| ["tcp", "udp", "sctp"].contains(&text);
    let is_url = |text: &str| text.split_once("://").is_some_and(|(protocol, _)| is_protocol(protocol));
    // `…_SERVICE_PORT`, or with the port's name behind it.
    if name.ends_with("_SERVICE_PORT") || name.contains("_SERVICE_PORT_") {
        return is_port(value);
    }
    if name.ends_with("_SERVICE_HOST") {
        return is_address(value);
    }
    let Some((_, port)) = name.rsplit_once("_PORT_") else { return name.ends_with("_PORT") && is_url(value) };
    let mut words = port.split('_');
    let (Some(number), Some(protocol), part, None) = (words.next(), words.next(), words.next(), words.next()) else {
        // `…_PORT_443_TCP_PORT` ends like the port of a service.
        return false;
    };
    let is_of_port = is_port(number) && is_protocol(&protocol.to_ascii_lowercase());
    is_of_port
        && match part {
            None => is_url(value),
            Some("PROTO") => is_protocol(value),
            Some("PORT") => is_port(value),
            Some("ADDR") => is_address(value),
            Some(_) => false,
        }
}

/// The loader of certificate authorities reads its file without a limit. A missing one counts as none.
fn check_authorities(environment: &Env) -> Option<EnvError> {
    let path = environment.get(env::SSL_CERT_FILE)?;
    let fact = match files::open(Path::new(path)).and_then(|file| file.metadata()) {
        Ok(found) if found.len() > CA_FILE_BYTES => format!("it has more than {CA_FILE_BYTES} bytes"),
        Err(error) if error.kind() == ErrorKind::InvalidInput => error.to_string(),
        Ok(_) | Err(_) => return None,
    };
    Some(EnvError::NotFile { name: env::SSL_CERT_FILE.name, path: path.to_owned(), fact })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;

    use super::*;

    #[test]
    fn a_file_of_authorities_without_an_end_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, "").unwrap();
        let large = folder.path().join("large");
        std::fs::File::create(&large).unwrap().set_len(CA_FILE_BYTES + 1).unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let found = |path: &Path| check(&Env::of(&[("SSL_CERT_FILE", path.to_str().unwrap())]));
        for good in [&file, &folder.path().join("none")] {
            assert_eq!(found(good), []);
        }
        for bad in [Path::new("/dev/zero"), folder.path(), &pipe, &large] {
            assert!(matches!(found(bad).as_slice(), [EnvError::NotFile { name: "SSL_CERT_FILE", .. }]), "{bad:?}");
        }
    }

    #[test]
    fn an_unknown_variable_of_ours_is_an_error_that_names_the_near_one() {
        let environment = Env::of(&[("SEALGATE_POLICI", "x"), ("SEALGATE_POLICY", "y"), ("OTHER_POLICI", "z")]);
        assert_eq!(
            check(&environment),
            [EnvError::Unknown { name: "SEALGATE_POLICI".to_owned(), near: Some("SEALGATE_POLICY".to_owned()) }]
        );
    }

    #[test]
    fn an_unknown_variable_of_ours_is_an_error_even_when_it_is_empty() {
        let unlike = EnvError::Unknown { name: "SEALGATE_XYZZYXYZZY".to_owned(), near: None };
        assert_eq!(check(&Env::of(&[("SEALGATE_XYZZYXYZZY", "")])), [unlike]);
    }

    #[test]
    fn what_is_no_setting_of_ours_is_left_alone() {
        let left = [
            ("SEALGATE_VERSION", "0.1.0"),
            ("SEALGATE_VERSION", ""),
            ("SEALGATE_OUTPUT_IMAGE", "registry.example/app@sha256:0"),
            ("SEALGATE_PORT", "tcp://10.96.0.17:443"),
            ("SEALGATE_SERVICE_HOST", "10.96.0.17"),
            ("SEALGATE_SERVICE_HOST", "fd00::17"),
            ("SEALGATE_SERVICE_PORT", "443"),
            ("SEALGATE_SERVICE_PORT_HTTPS", "443"),
            ("SEALGATE_SERVICE_PORT_WEB_UI", "80"),
            ("SEALGATE_PORT_443_TCP", "tcp://10.96.0.17:443"),
            ("SEALGATE_PORT_443_TCP_PROTO", "tcp"),
            ("SEALGATE_PORT_443_TCP_PORT", "443"),
            ("SEALGATE_PORT_443_TCP_ADDR", "10.96.0.17"),
            ("SEALGATE_PORT_53_UDP", "udp://10.96.0.17:53"),
            // A service called `sealgate-policy`.
            ("SEALGATE_POLICY_PORT", "tcp://10.96.0.18:80"),
            ("SEALGATE_POLICY_SERVICE_HOST", "10.96.0.18"),
            ("SEALGATE_POLICY_PORT_80_TCP_ADDR", "10.96.0.18"),
        ];
        for variable in left {
            assert_eq!(check(&Env::of(&[variable])), [], "{variable:?}");
        }
        let refused = [
            ("SEALGATE_PORT", "443"),
            ("SEALGATE_PORT", ""),
            ("SEALGATE_PORTS", "tcp://10.96.0.17:443"),
            ("SEALGATE_SERVICE_HOST", "registry.example"),
            ("SEALGATE_SERVICE_PORT", "true"),
            ("SEALGATE_PORT_443", "tcp://10.96.0.17:443"),
            ("SEALGATE_PORT_443_TCP_HOST", "10.96.0.17"),
            ("SEALGATE_PORT_HTTPS_TCP", "tcp://10.96.0.17:443"),
            ("SEALGATE_VERSIONS", "0.1.0"),
            ("SEALGATE_OUTPUTS", "x"),
            ("SEALGATE_POLICI", "tcp://10.96.0.17:443"),
        ];
        for variable in refused {
            assert!(matches!(check(&Env::of(&[variable])).as_slice(), [EnvError::Unknown { .. }]), "{variable:?}");
        }
    }

    #[test]
    fn no_setting_of_ours_looks_like_an_output() {
        assert!(KEYS.iter().filter_map(|key| key.variable()).all(|name| !name.starts_with(OUTPUT_VARIABLES)));
    }

    #[test]
    fn no_setting_of_ours_looks_like_a_service_link() {
        for name in KEYS.iter().filter_map(|key| key.variable()) {
            for value in ["tcp://10.96.0.17:443", "443", "10.96.0.17", "tcp"] {
                assert!(!is_service_link(&name, value), "{name}={value}");
            }
        }
    }

    #[test]
    fn only_variables_that_are_read_must_be_unicode() {
        let broken = || OsString::from_vec(vec![0xff]);
        let names = ["HOME", "LS_COLORS", "SEALGATE_KEY", "INPUT_CERTIFICATE-CHAIN", "PLUGIN_KEY"];
        let environment = Env::capture(names.map(|name| (name.into(), broken())));
        let expected = ["HOME", "SEALGATE_KEY", "INPUT_CERTIFICATE-CHAIN", "PLUGIN_KEY"]
            .map(|name| EnvError::NotUnicode { name: name.to_owned() });
        assert_eq!(check(&environment), expected);
    }

    #[test]
    fn the_readme_lists_each_variable_and_no_other() {
        let own = KEYS.iter().filter_map(|key| Some(format!("| `{}` | {} |", key.variable()?, key.meaning)));
        let others = VARIABLES.iter().map(|variable| format!("| `{}` | {} |", variable.name, variable.meaning));
        let expected: Vec<_> = own.chain(others).collect();
        crate::readme::check_table("docs/settings.md", "## Environment variables", &expected);
    }
}
