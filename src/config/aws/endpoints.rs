//! Endpoints that replace AWS's: ours for all services, else those of the SDK's own variables and files, in the SDK's own order.

use super::super::error::ConfigError;
use super::super::key;
use super::super::layers::Layers;
use super::super::setting::Setting;
use super::forms::endpoint_url;
use super::sdk;
use crate::aws::facts::AwsError;
use crate::aws::facts::endpoint;
use crate::aws::facts::files::SdkFiles;
use crate::aws::facts::settings::{Endpoints, NamedEndpoint};
use crate::env::{self, Env, Variable};

/// The services, by the SDK's own names, with the variable of each.
const VARIABLES: [(&str, &Variable); 6] = [
    ("signer", env::AWS_ENDPOINT_URL_SIGNER),
    ("Signer Data", env::AWS_ENDPOINT_URL_SIGNER_DATA),
    ("STS", env::AWS_ENDPOINT_URL_STS),
    ("ECR", env::AWS_ENDPOINT_URL_ECR),
    ("ECR PUBLIC", env::AWS_ENDPOINT_URL_ECR_PUBLIC),
    ("ECS", env::AWS_ENDPOINT_URL_ECS),
];

/// Those that the SDK asks by itself, for IAM Identity Center.
const OF_THE_SDK: [&Variable; 2] = [env::AWS_ENDPOINT_URL_SSO, env::AWS_ENDPOINT_URL_SSO_OIDC];

/// Key of a profile and of a service.
const KEY: &str = "endpoint_url";

/// What is said, and what of it cannot be used.
pub(super) fn endpoints(
    layers: &Layers<'_>,
    environment: &Env,
    files: &SdkFiles,
) -> Result<(Endpoints, Option<AwsError>), ConfigError> {
    let mut endpoints = Endpoints::default();
    if let Some(Setting { value, origin }) = layers.parsed(key::ENDPOINT_URL, endpoint_url)? {
        endpoints.named.push(NamedEndpoint { shown: endpoint::shown(&value), origin: origin.to_string() });
        endpoints.by_service = VARIABLES.iter().map(|(service, _)| (*service, value.clone())).collect();
        return Ok((endpoints, None));
    }
    let fault = of_the_sdk(&mut endpoints, environment, files).err();
    Ok((endpoints, fault))
}

/// What variables and files of the SDK say. All of it is reported, even where another setting wins.
fn of_the_sdk(endpoints: &mut Endpoints, environment: &Env, files: &SdkFiles) -> Result<(), AwsError> {
    let ignored = sdk::said_bool(
        environment,
        files,
        env::AWS_IGNORE_CONFIGURED_ENDPOINT_URLS,
        Some("ignore_configured_endpoint_urls"),
    )?;
    if ignored == Some(true) {
        return Ok(());
    }
    let mut fault = None;
    let mut checked = |text: &str, origin: String| {
        endpoints.named.push(NamedEndpoint { shown: endpoint::shown(text), origin: origin.clone() });
        let url = endpoint_url(text).map_err(|wrong| AwsError::setting(format!("{origin}: {wrong}")));
        url.map_err(|wrong| fault.get_or_insert(wrong).clone()).ok()
    };
    let mut of_variable = |variable: &'static Variable| checked(environment.get(variable)?, variable.name.to_owned());
    let everywhere = of_variable(env::AWS_ENDPOINT_URL);
    let named: Vec<_> = VARIABLES.iter().map(|(service, variable)| (*service, of_variable(variable))).collect();
    for variable in OF_THE_SDK {
        of_variable(variable);
    }
    let in_files = files.get(KEY).and_then(|text| checked(text, sdk::of_key(files, KEY)));
    for (service, named) in named {
        let section = service.to_ascii_lowercase().replace(' ', "-");
        let in_section = files.of_service(&section, KEY).and_then(|(name, text)| {
            checked(text, format!("{KEY} of {section} in section [services {name}] in {}", files.paths()))
        });
        let chosen = named.or_else(|| everywhere.clone()).or(in_section).or_else(|| in_files.clone());
        endpoints.by_service.extend(chosen.map(|url| (service, url)));
    }
    fault.map_or(Ok(()), Err)
}
