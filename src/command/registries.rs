//! From settings to registries, and from words to references.

use std::collections::BTreeSet;
use std::io::Read as _;

use secrecy::SecretString;

use crate::config::env::Env;
use crate::config::{GivenCredentials, PasswordSource, RegistrySettings};
use crate::error::{Error, code};
use crate::registry::credentials::Given;
use crate::registry::settings::Timeouts;
use crate::registry::{Credentials, Reference, Registries, Settings};

/// Bytes of a password on standard input. The longest registry tokens have some kilobytes.
const PASSWORD_BYTES: u64 = 64 * 1024;

/// Reads the references; all that are wrong are told at once.
pub(super) fn references(images: &[String]) -> Result<Vec<Reference>, Error> {
    let (mut references, mut errors) = (Vec::new(), Vec::new());
    for image in images {
        match Reference::parse(image) {
            Ok(reference) => references.push(reference),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(references) } else { Err(Error::references(&errors)) }
}

/// Opens the registries as the settings say. No request is made yet.
pub(super) fn open(
    settings: &RegistrySettings,
    references: &[Reference],
    environment: &Env,
) -> Result<Registries, Error> {
    let given = settings.credentials.as_ref().map(|given| credential(given, references)).transpose()?;
    let home = environment.get(crate::config::env::HOME).map(Into::into);
    let credentials = Credentials::new(given.into_iter().collect(), environment.variables(), home);
    let defaults = Settings::default();
    let settings = Settings {
        insecure: settings.plain_http.value.clone(),
        ca_files: settings.ca_file.iter().map(|file| file.value.clone()).collect(),
        timeouts: Timeouts { progress: settings.timeout, ..defaults.timeouts },
        ..defaults
    };
    Ok(Registries::new(settings, credentials))
}

/// A credential that was given is for one registry: the one that all references name. With several it could end up at
/// a host that it is not for.
fn credential(given: &GivenCredentials, references: &[Reference]) -> Result<Given, Error> {
    let hosts: BTreeSet<_> = references.iter().filter_map(Reference::host).collect();
    let mut hosts = hosts.into_iter();
    let (host, further) = (hosts.next().unwrap_or_default(), hosts.next());
    if let Some(other) = further {
        let message = format!("one credential was given for images of {host} and {other}");
        return Err(Error::new(code::CONFLICT, message)
            .help("run the command once for each registry, or log in to them with docker, podman or notation"));
    }
    let (password, origin) = match &given.password {
        PasswordSource::Given(password) => (password.clone(), "--password or SEALGATE_PASSWORD"),
        PasswordSource::Stdin => (read_password()?, "--password-stdin"),
    };
    Ok(Given {
        host: host.to_owned(),
        username: given.username.clone().unwrap_or_default(),
        password,
        origin: origin.to_owned(),
    })
}

/// The password on standard input, without the line feed that `echo` adds.
fn read_password() -> Result<SecretString, Error> {
    let mut text = String::new();
    let read = std::io::stdin().take(PASSWORD_BYTES + 1).read_to_string(&mut text);
    read.map_err(|error| Error::new(code::INVALID_SETTING, "cannot read the password from standard input").because_of(Some(&error)))?;
    let password = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if password.is_empty() || u64::try_from(text.len()).unwrap_or(u64::MAX) > PASSWORD_BYTES {
        let found = if password.is_empty() { "nothing" } else { "more than 64 KiB" };
        return Err(Error::new(code::INVALID_SETTING, format!("standard input holds {found}, expected a password"))
            .help("pipe the password in, for example: printf %s \"$PASSWORD\" | sealgate … --password-stdin"));
    }
    Ok(SecretString::from(password))
}
