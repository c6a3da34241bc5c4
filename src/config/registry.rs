//! How registries are asked: settings, and what they mean.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use secrecy::SecretString;

use super::error::{ConfigError, Fault, needs};
use super::key;
use super::layers::Layers;
use super::parts::{number, timeout};
use super::setting::{Origin, Setting};
use crate::aws::facts::AwsSettings;
use crate::aws::facts::files::SdkFiles;
use crate::env::{self, Env};
use crate::report::escape::shell_word;
use crate::transport::{CaFile, Proxies, ProxyVariable};

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
    /// Those that the AWS SDK's own settings name. They count for all hosts, as the others do.
    pub(crate) ca_bundle: Option<Setting<PathBuf>>,
    /// The proxies that variables name.
    pub(crate) proxies: Proxies,
    /// How long one request may take; more than zero.
    pub(crate) timeout: Duration,
    /// Images that are worked on at the same time; at least 1.
    pub(crate) concurrency: usize,
}

impl RegistrySettings {
    /// All files of certificate authorities, with what named each.
    pub(crate) fn ca_files(&self) -> Vec<CaFile> {
        let named = |file: &Setting<PathBuf>| CaFile { path: file.value.clone(), origin: file.origin.to_string() };
        self.ca_file.iter().chain(&self.ca_bundle).map(named).collect()
    }

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
    /// What gave the password.
    pub(crate) origin: Origin,
}

#[derive(Debug)]
pub(crate) enum PasswordSource {
    Given(SecretString),
    Stdin,
}

pub(super) fn settings(layers: &Layers<'_>, aws: &AwsSettings) -> Result<RegistrySettings, ConfigError> {
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
        ca_bundle: layers.environment.and_then(|environment| ca_bundle(environment, &aws.sources.files)),
        proxies: layers.environment.map(proxies).unwrap_or_default(),
        timeout: timeout(layers)?,
        concurrency: concurrency.map_or(CONCURRENCY, |setting| setting.value),
    })
}

/// The file of certificate authorities that the AWS SDK's own settings name: `AWS_CA_BUNDLE`, else `ca_bundle` of the profile.
pub(super) fn ca_bundle(environment: &Env, files: &SdkFiles) -> Option<Setting<PathBuf>> {
    if let Some(path) = environment.get(env::AWS_CA_BUNDLE) {
        let origin = Origin::Variable(env::AWS_CA_BUNDLE.name.to_owned());
        return Some(Setting { value: PathBuf::from(path), origin });
    }
    let path = files.get("ca_bundle")?;
    Some(Setting { value: PathBuf::from(path), origin: Origin::File(files.place(files.selected())) })
}

/// The proxies that variables name. In a CGI program `HTTP_PROXY` is a header of whoever asks, and does not count.
fn proxies(environment: &Env) -> Proxies {
    let first = |variables: &[&'static env::Variable]| {
        let named = |variable: &&'static env::Variable| {
            environment.get(variable).map(|value| ProxyVariable { name: variable.name, value })
        };
        variables.iter().find_map(named)
    };
    let http = match environment.get(env::REQUEST_METHOD) {
        Some(_) => first(&[env::HTTP_PROXY, env::ALL_PROXY_UPPER, env::ALL_PROXY]),
        None => first(&[env::HTTP_PROXY_UPPER, env::HTTP_PROXY, env::ALL_PROXY_UPPER, env::ALL_PROXY]),
    };
    let https = first(&[env::HTTPS_PROXY_UPPER, env::HTTPS_PROXY, env::ALL_PROXY_UPPER, env::ALL_PROXY]);
    let without = [env::NO_PROXY_UPPER, env::NO_PROXY].into_iter().find_map(|variable| environment.get(variable));
    Proxies::new(http, https, without.unwrap_or_default())
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
    let (password, origin) = match (password, stdin.value) {
        (Some(password), true) => {
            let other = stdin.origin.to_string();
            return Err(ConfigError::new(key::PASSWORD, password.origin, Fault::Excludes { other }));
        }
        (Some(Setting { value, origin }), false) => (PasswordSource::Given(value.into()), origin),
        (None, true) => (PasswordSource::Stdin, stdin.origin),
        (None, false) => match (notation(layers, env::NOTATION_PASSWORD), username) {
            (Some(Setting { value, origin }), username) => {
                let username = username.or_else(|| notation(layers, env::NOTATION_USERNAME));
                let password = PasswordSource::Given(value.into());
                return given(layers, username, password, origin).map(Some);
            }
            (None, Some(username)) => return Err(needs(key::USERNAME, username.origin, key::PASSWORD)),
            (None, None) => return Ok(None),
        },
    };
    // A password that was meant for us is a token without a user name, whatever is set for notation.
    given(layers, username, password, origin).map(Some)
}

fn given(
    layers: &Layers<'_>,
    username: Option<Setting<String>>,
    password: PasswordSource,
    origin: Origin,
) -> Result<GivenCredentials, ConfigError> {
    check_receiver(layers, &origin)?;
    Ok(GivenCredentials { username: username.map(|setting| setting.value), password, origin })
}

/// What one of notation's own variables says, without the line breaks behind it. It counts where nothing is given to us, as in notation
/// where no flag is.
fn notation(layers: &Layers<'_>, variable: &'static env::Variable) -> Option<Setting<String>> {
    if layers.is_aside(key::PASSWORD) {
        return None;
    }
    let value = layers.environment?.get(variable)?.trim_end_matches(['\n', '\r']);
    let origin = Origin::Variable(variable.name.to_owned());
    (!value.is_empty()).then(|| Setting { value: value.to_owned(), origin })
}

/// A password goes to the host that the images name. Images in a file, which a pull request could change or its build writes, may
/// not choose that host.
fn check_receiver(layers: &Layers<'_>, password: &Origin) -> Result<(), ConfigError> {
    let from = layers.list(key::IMAGES_FROM)?;
    if !from.value.is_empty() {
        let other = from.origin.to_string();
        return Err(ConfigError::new(key::PASSWORD, password.clone(), Fault::Excludes { other }));
    }
    for key in key::NAMING {
        // Those that are deployed are images of `verify` alone.
        if layers.takes(key)
            && let Some(Origin::File(path)) = layers.words(key)?.map(|images| images.origin)
        {
            let other = format!("images that {path} names");
            return Err(ConfigError::new(key::PASSWORD, password.clone(), Fault::Excludes { other }));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::error::ResolveError;
    use secrecy::ExposeSecret as _;
    use url::Url;

    use super::super::tests::{resolved, verify};
    use super::*;
    use crate::transport::{Transport, TransportSettings};

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
    fn proxies_are_those_of_the_variables_and_an_empty_one_is_absent() {
        let shown = |variables: &[(&str, &str)], url: &str| {
            let transport = Transport::new(TransportSettings {
                ca_files: Vec::new(),
                proxies: proxies(&Env::of(variables)),
                connect: Duration::ZERO,
                progress: Duration::ZERO,
            });
            transport.proxy_of(&Url::parse(url).unwrap())
        };
        let (http, https) = ("http://r.example", "https://r.example");
        for (variables, plain, tls) in [
            (&[][..], None, None),
            (&[("HTTP_PROXY", "p:1")], Some("p:1"), None),
            (&[("https_proxy", "p:1")], None, Some("p:1")),
            (&[("ALL_PROXY", "p:1"), ("HTTPS_PROXY", "s:2")], Some("p:1"), Some("s:2")),
            (&[("HTTPS_PROXY", ""), ("https_proxy", "s:2")], None, Some("s:2")),
            (&[("HTTPS_PROXY", "s:1"), ("https_proxy", "s:2")], None, Some("s:1")),
            (&[("all_proxy", "p:1"), ("NO_PROXY", ""), ("no_proxy", "*.example")], None, None),
            (&[("HTTP_PROXY", "p:1"), ("REQUEST_METHOD", "GET")], None, None),
            (&[("http_proxy", "p:1"), ("REQUEST_METHOD", "GET")], Some("p:1"), None),
        ] {
            assert_eq!(shown(variables, http).as_deref(), plain, "{variables:?}");
            assert_eq!(shown(variables, https).as_deref(), tls, "{variables:?}");
        }
    }

    #[test]
    fn the_sdk_s_own_authorities_count_and_are_told_with_their_origin() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config");
        std::fs::write(&config, "[default]\nca_bundle = /file.pem\n[profile other]\nca_bundle =\n").unwrap();
        let file = ("AWS_CONFIG_FILE", config.to_str().unwrap());
        let of_file = format!("profile default in {}", config.display());
        for (variables, expected) in [
            (&[][..], &[][..]),
            (&[("AWS_CA_BUNDLE", "")], &[]),
            (&[("AWS_CA_BUNDLE", "/a.pem")], &[("/a.pem", "AWS_CA_BUNDLE")]),
            (&[file], &[("/file.pem", of_file.as_str())]),
            (&[file, ("AWS_CA_BUNDLE", "/a.pem")], &[("/a.pem", "AWS_CA_BUNDLE")]),
            (&[file, ("AWS_PROFILE", "other")], &[]),
            (
                &[("AWS_CA_BUNDLE", "/a.pem"), ("SEALGATE_CA_FILE", "/c.pem")],
                &[("/c.pem", "SEALGATE_CA_FILE"), ("/a.pem", "AWS_CA_BUNDLE")],
            ),
        ] {
            let files = verify(&[], variables).registry.ca_files();
            let files: Vec<_> = files.iter().map(|file| (file.path.to_str().unwrap(), file.origin.as_str())).collect();
            assert_eq!(files, expected, "{variables:?}");
            let words = ["list", "a"];
            let weakened = resolved(&words, variables).unwrap().weakened;
            let told: Vec<_> = weakened.iter().map(|one| (one.value.as_str(), one.origin.as_str())).collect();
            assert_eq!(told, expected, "{variables:?}");
            assert!(weakened.iter().all(|one| one.setting == "ca-file"), "{variables:?}");
        }
    }

    #[test]
    fn notation_s_variables_count_where_nothing_is_given_to_us() {
        let given = |words: &[&str], variables: &[(&str, &str)]| {
            let credentials = verify(words, variables).registry.credentials?;
            let password = match &credentials.password {
                PasswordSource::Given(password) => password.expose_secret().to_owned(),
                PasswordSource::Stdin => "stdin".to_owned(),
            };
            Some(format!("{} {password} {}", credentials.username.unwrap_or_default(), credentials.origin))
        };
        let (user, password) = (("NOTATION_USERNAME", "n"), ("NOTATION_PASSWORD", "geheim\n"));
        for (words, variables, expected) in [
            (&[][..], &[user, password][..], Some("n geheim NOTATION_PASSWORD")),
            (&[], &[password], Some(" geheim NOTATION_PASSWORD")),
            (&["--username", "u"], &[user, password], Some("u geheim NOTATION_PASSWORD")),
            (&[], &[user], None),
            (&[], &[user, ("NOTATION_PASSWORD", "\n")], None),
            (&[], &[user, password, ("SEALGATE_PASSWORD", "token")], Some(" token SEALGATE_PASSWORD")),
            (&["--username", "u", "--password-stdin"], &[user, password], Some("u stdin --password-stdin")),
        ] {
            assert_eq!(given(words, variables).as_deref(), expected, "{words:?} {variables:?}");
        }
        assert!(!format!("{:?}", verify(&[], &[user, password])).contains("geheim"));
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
        let config = [("SEALGATE_CONFIG", file.to_str().unwrap()), ("HOME", "/h")];
        let with = |words: &[&str], more: &[(&str, &str)]| resolved(words, &[&config[..], more].concat());
        let write = |text: &str| std::fs::write(&file, text).unwrap();
        // Those of `verify` alone are none of `list`.
        write("imagedefinitions: [a=evil.example/app:v1]\nimage-detail: evil.example/app:v1\n");
        assert!(with(&["list", "registry.example/app:v1"], &[("SEALGATE_PASSWORD", "secret")]).is_ok());
        for (text, more) in [
            ("images: [evil.example/app:v1]\n", ("SEALGATE_PASSWORD", "secret")),
            ("images: [evil.example/app:v1]\n", ("NOTATION_PASSWORD", "secret")),
            ("imagedefinitions: [a=evil.example/app:v1]\n", ("SEALGATE_PASSWORD", "secret")),
            ("image-detail: evil.example/app:v1\n", ("SEALGATE_PASSWORD", "secret")),
        ] {
            write(text);
            let errors = with(&["verify"], &[more]).map(drop).unwrap_err();
            let [ResolveError::Setting(error)] = errors.as_slice() else { panic!("{errors:?}") };
            assert!(matches!(&error.fault, Fault::Excludes { other } if other.contains("sealgate.yaml")), "{error}");
            let all = ["--imagedefinitions", "a=registry.example/b:1", "--image-detail", "registry.example/b:1"];
            assert!(with(&[&["verify", "registry.example/app:v1"], &all[..]].concat(), &[more]).is_ok());
        }
        write("images: [evil.example/app:v1]\n");
        assert!(with(&["verify", "--password-stdin"], &[]).is_err());
        assert!(with(&["verify"], &[]).is_ok());
    }
}
