//! From settings to registries.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use notary::reference::Scheme;

use crate::aws::Aws;
use crate::config::{GivenCredentials, RegistrySettings};
use crate::env::Env;
use crate::error::{Error, code};
use crate::reference::{Reference, References};
use crate::registry::credentials::GivenCredential;
use crate::registry::settings::{Retries, Timeouts};
use crate::registry::{Credentials, LoopbackScheme, Registries, Settings, scheme_of};
use crate::transport::Transport;

/// The references of a run; all invalid ones are reported at once.
pub(super) fn references(images: &References) -> Result<Vec<Reference>, Error> {
    images.clone().map_err(|errors| Error::references(&errors))
}

/// The HTTP clients of a run.
pub(super) fn transport(settings: &RegistrySettings) -> Arc<Transport> {
    Arc::new(Transport::new(requests(settings).transport()))
}

fn requests(settings: &RegistrySettings) -> Settings {
    let defaults = Settings::default();
    Settings {
        insecure: settings.plain_http.value.clone(),
        // Naming certificate authorities asks for TLS, even on this machine.
        loopback: match &settings.ca_file {
            Some(_) => LoopbackScheme::Tls,
            None => LoopbackScheme::Plain,
        },
        ca_files: settings.ca_files(),
        proxies: settings.proxies.clone(),
        timeouts: Timeouts { progress: settings.timeout, ..defaults.timeouts },
        ..defaults
    }
}

/// How the registry of a name is reached with these settings.
pub(super) fn scheme(settings: &RegistrySettings, host: &str) -> Scheme {
    let Settings { insecure, loopback, .. } = requests(settings);
    scheme_of(host, &insecure, loopback)
}

/// How patient to be with a registry that does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// With the usual retries.
    Usual,
    /// With one retry: it matters more to report soon that there is no answer than to get one in the end.
    Short,
}

/// Opens the registries as the settings say. No request is made yet.
pub(super) async fn open(
    settings: &RegistrySettings,
    references: &[Reference],
    patience: Patience,
    environment: &Env,
    aws: &Aws,
    transport: Arc<Transport>,
) -> Result<Registries, Error> {
    let requests = requests(settings);
    let requests = match patience {
        Patience::Usual => requests,
        Patience::Short => Settings { retries: Retries { attempts: 1, ..requests.retries }, ..requests },
    };
    let given = match &settings.credentials {
        Some(given) => Some(credential(given, references, settings.timeout).await?),
        None => None,
    };
    let credentials = Credentials::new(given.into_iter().collect(), environment, requests.timeouts.helper);
    Ok(Registries::over(transport, requests, credentials.logging_in_to_ecr(aws.clone())))
}

/// A credential that was given is for one registry: the one that all references name. With several it could end up at
/// a host that it is not for.
async fn credential(
    given: &GivenCredentials,
    references: &[Reference],
    limit: Duration,
) -> Result<GivenCredential, Error> {
    let hosts: BTreeSet<_> = references.iter().filter_map(Reference::host).collect();
    let mut hosts = hosts.into_iter();
    let (host, further) = (hosts.next().unwrap_or_default(), hosts.next());
    if let Some(other) = further {
        let message = format!("one credential was given ({}) for images of {host} and {other}", given.origin);
        return Err(Error::new(code::CONFLICT, message)
            .help("run the command once for each registry, or log in to them with docker, podman or notation"));
    }
    let password = given.password.read(limit).await.map_err(|error| {
        Error::new(code::INVALID_SETTING, "cannot read the password")
            .because_of(Some(&error))
            .help("pipe it in: printf %s \"$PASSWORD\" | sealgate … --password-stdin")
    })?;
    Ok(GivenCredential {
        host: host.to_owned(),
        username: given.username.clone().unwrap_or_default(),
        password,
        origin: given.origin.to_string(),
    })
}
