//! How registries are asked: settings, and what they mean.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use secrecy::SecretString;

use super::error::{ConfigError, Fault, needs, origin};
use super::key;
use super::layers::Layers;
use super::parts::{number, timeout};
use super::setting::{Origin, Setting};
use crate::report::escape::shell_word;

/// Images that are processed in parallel by default: enough to hide round trips of 50 ms, few
/// enough for a registry that limits requests.
const CONCURRENCY: usize = 16;

/// Images that may be worked on at the same time. More only meets the registry's limit.
const LARGEST_CONCURRENCY: usize = 256;

/// Flags about registries.
#[derive(Debug, Args)]
#[command(next_help_heading = "Registry options")]
pub(crate) struct RegistryArgs {
    /// User name [default: credentials from Docker, Podman, or notation, and on ECR those for AWS].
    #[arg(long, value_name = "NAME")]
    pub(crate) username: Option<String>,
    /// Password, or identity token if there is no user name. Other processes can see it: prefer SEALGATE_PASSWORD.
    #[arg(long, value_name = "PASSWORD")]
    pub(crate) password: Option<String>,
    /// Read the password from standard input.
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// Host to use HTTP without TLS for: others can read what is sent and change the answers. Repeatable.
    #[arg(long, value_name = "HOST")]
    pub(crate) plain_http: Vec<String>,
    /// Certificate authorities that TLS trusts in addition to the system's (PEM).
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<String>,
    /// Time limit for each request [default: 30s].
    #[arg(long, value_name = "DURATION")]
    pub(crate) timeout: Option<String>,
    /// Number of images to process in parallel [default: 16].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) concurrency: Option<String>,
}

#[derive(Debug)]
pub(crate) struct RegistrySettings {
    /// Credentials that were given; `None` to look in the places where Docker, Podman and notation keep them.
    pub(crate) credentials: Option<GivenCredentials>,
    /// Hosts, with port if they have one, that are asked over HTTP.
    pub(crate) plain_http: Setting<Vec<String>>,
    /// Further certificate authorities that TLS trusts.
    pub(crate) ca_file: Option<Setting<PathBuf>>,
    /// How long one request may take; more than zero.
    pub(crate) timeout: Duration,
    /// Images that are worked on at the same time; at least 1.
    pub(crate) concurrency: usize,
}

impl RegistrySettings {
    /// The flags of this call with which another command reaches the same registries, each with a space behind it.
    pub(crate) fn flags(&self) -> String {
        let given = |origin: &Origin| matches!(origin, Origin::Flag(_));
        let hosts = self.plain_http.value.iter().filter(|_| given(&self.plain_http.origin));
        let hosts = hosts.map(|host| format!("--plain-http {} ", shell_word(host)));
        let file = self.ca_file.iter().filter(|file| given(&file.origin));
        let file = file.map(|file| format!("--ca-file {} ", shell_word(&file.value.to_string_lossy())));
        hosts.chain(file).collect()
    }
}

/// Credentials that were given by a person.
#[derive(Debug)]
pub(crate) struct GivenCredentials {
    /// User name; `None` when the password is an identity token.
    pub(crate) username: Option<String>,
    pub(crate) password: PasswordSource,
}

#[derive(Debug)]
pub(crate) enum PasswordSource {
    Given(SecretString),
    Stdin,
}

pub(super) fn settings(layers: &Layers<'_>) -> Result<RegistrySettings, ConfigError> {
    let plain_http = layers.list(key::PLAIN_HTTP)?;
    if let Some(found) = plain_http.value.iter().find(|host| !is_host(host)) {
        // What comes before an `@` is a user name, and perhaps a password.
        let shown = found.rsplit_once('@').map_or_else(|| found.clone(), |(_, host)| format!("…@{host}"));
        let fault = Fault::NotHost { found: shown };
        return Err(ConfigError::new(key::PLAIN_HTTP, plain_http.origin, fault));
    }
    let concurrency = layers.parsed(key::CONCURRENCY, |text| number(text, LARGEST_CONCURRENCY))?;
    Ok(RegistrySettings {
        credentials: credentials(layers)?,
        plain_http,
        ca_file: layers.text(key::CA_FILE)?.map(|setting| setting.map(PathBuf::from)),
        timeout: timeout(layers)?,
        concurrency: concurrency.map_or(CONCURRENCY, |setting| setting.value),
    })
}

/// Whether a text is a host with or without a port, and nothing more.
fn is_host(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

/// Credentials that were given. A user name alone is a mistake; a password alone is an identity token.
fn credentials(layers: &Layers<'_>) -> Result<Option<GivenCredentials>, ConfigError> {
    let username = layers.text(key::USERNAME)?;
    let password = layers.text(key::PASSWORD)?;
    let stdin = layers.switch(key::PASSWORD_STDIN)?;
    check_receiver(layers, password.as_ref().map(origin).or_else(|| stdin.value.then(|| stdin.origin.clone())))?;
    let password = match (password, stdin.value) {
        (Some(password), true) => {
            let other = stdin.origin.to_string();
            return Err(ConfigError::new(key::PASSWORD, password.origin, Fault::Excludes { other }));
        }
        (Some(password), false) => Some(PasswordSource::Given(password.value.into())),
        (None, true) => Some(PasswordSource::Stdin),
        (None, false) => None,
    };
    match (username, password) {
        (Some(username), None) => Err(needs(key::USERNAME, username.origin, key::PASSWORD)),
        (username, Some(password)) => {
            Ok(Some(GivenCredentials { username: username.map(|setting| setting.value), password }))
        }
        (None, None) => Ok(None),
    }
}

/// A password goes to the host that the images name. Images in a file, which a pull request could change, may not
/// choose that host.
fn check_receiver(layers: &Layers<'_>, password: Option<Origin>) -> Result<(), ConfigError> {
    match (password, layers.words(key::IMAGES)?.map(|images| images.origin)) {
        (Some(password), Some(Origin::File(path))) => {
            let other = format!("images that {path} names");
            Err(ConfigError::new(key::PASSWORD, password, Fault::Excludes { other }))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::ResolveError;
    use super::super::tests::{resolved, verify};
    use super::*;

    #[test]
    fn a_password_alone_is_an_identity_token_and_a_user_alone_is_a_mistake() {
        let given = |words: &[&str], variables: &[(&str, &str)]| {
            let credentials = verify(words, variables).registry.credentials.unwrap();
            (credentials.username, matches!(credentials.password, PasswordSource::Stdin))
        };
        assert_eq!(given(&[], &[("SEALGATE_PASSWORD", "x")]), (None, false));
        assert_eq!(given(&["--username", "u"], &[("SEALGATE_PASSWORD", "x")]), (Some("u".to_owned()), false));
        assert_eq!(given(&["--username", "u", "--password-stdin"], &[]), (Some("u".to_owned()), true));
        assert!(resolved(&["verify", "a", "--username", "u"], &[("HOME", "/h")]).is_err());
    }

    #[test]
    fn the_settings_never_show_the_password() {
        let shown = format!("{:?}", verify(&[], &[("SEALGATE_PASSWORD", "geheim")]));
        assert!(!shown.contains("geheim"), "{shown}");
    }

    #[test]
    fn a_password_is_not_sent_to_a_host_that_a_file_names() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sealgate.yaml");
        std::fs::write(&file, "images: [evil.example/app:v1]\n").unwrap();
        let config = [("SEALGATE_CONFIG", file.to_str().unwrap()), ("HOME", "/h")];
        let with = |words: &[&str], more: &[(&str, &str)]| resolved(words, &[&config[..], more].concat());
        for more in [("SEALGATE_PASSWORD", "secret"), ("INPUT_PASSWORD", "secret")] {
            let errors = with(&["verify"], &[more]).map(drop).unwrap_err();
            let [ResolveError::Setting(error)] = errors.as_slice() else { panic!("{errors:?}") };
            assert!(matches!(&error.fault, Fault::Excludes { other } if other.contains("sealgate.yaml")), "{error}");
            assert!(with(&["verify", "registry.example/app:v1"], &[more]).is_ok());
        }
        assert!(with(&["verify", "--password-stdin"], &[]).is_err());
        assert!(with(&["verify"], &[]).is_ok());
    }
}
