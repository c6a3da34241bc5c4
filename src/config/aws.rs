//! Settings about AWS: signing profiles, credentials, regions and endpoints.

mod endpoints;
mod forms;
mod sdk;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use notary::extension::aws_signer::{SigningProfileArn, TrustedProfile};
use secrecy::SecretString;

use self::forms::{chosen_session_name, in_other_partition, parse_role};
use super::error::{ConfigError, Fault, needs};
use super::input::named_variable;
use super::key;
use super::layers::Layers;
use super::setting::{Origin, Setting};
use crate::aws::facts::EcrHost;
use crate::aws::facts::endpoint::partition_of;
use crate::aws::facts::files::shown_value;
use crate::aws::facts::settings::{IdentitySettings, RoleSettings, TokenSource, is_region};
use crate::aws::facts::{AwsError, AwsSettings};
use crate::env::{self, Env};
use crate::reference::References;

/// Flags about AWS.
#[derive(Debug, Args)]
#[command(next_help_heading = "AWS options")]
pub(crate) struct AwsArgs {
    /// IAM role to assume, with the job's OIDC token if it has one that the role trusts, else with the job's credentials.
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<String>,
    /// Name of the variable with the OIDC token for the role: one of GitLab's `id_tokens`. Not needed on GitHub Actions.
    #[arg(long, value_name = "NAME")]
    pub(crate) oidc_token_env: Option<String>,
    /// Profile in the AWS configuration files to take credentials from (not a signing profile).
    #[arg(long, value_name = "NAME")]
    pub(crate) aws_profile: Option<String>,
    /// Region to use where no ARN or ECR host gives one; must match the signing profile's.
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Endpoint to use instead of AWS's, for tests and private endpoints. Reports name it, because its answers are not AWS's.
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
}

/// How AWS is asked. Nothing is asked yet: most images need no AWS.
pub(super) fn settings(
    layers: &Layers<'_>,
    environment: &Env,
    timeout: Duration,
    images: &References,
) -> Result<AwsSettings, ConfigError> {
    let profile = layers.text(key::AWS_PROFILE)?;
    let (files, unreadable) = sdk::files(environment, profile.as_ref());
    let files = Arc::new(files);
    let (endpoints, no_endpoint) = endpoints::endpoints(layers, environment, &files)?;
    let faults = [unreadable, no_endpoint, sdk::unsayable(environment)];
    let mut faults: Vec<_> = faults.into_iter().flatten().collect();
    let mut usable = |said: Result<Option<bool>, AwsError>| match said {
        Ok(said) => said == Some(true),
        Err(fault) => {
            faults.push(fault);
            false
        }
    };
    let fips = usable(sdk::said_bool(environment, &files, env::AWS_USE_FIPS_ENDPOINT, Some("use_fips_endpoint")));
    let dual_stack =
        usable(sdk::said_bool(environment, &files, env::AWS_USE_DUALSTACK_ENDPOINT, Some("use_dualstack_endpoint")));
    let attempts = sdk::attempts(environment, &files).unwrap_or_else(|fault| {
        faults.push(fault);
        None
    });
    let region = match (region(layers)?, sdk::region(environment)) {
        (Some(region), _) => Some(region.value),
        (None, Ok(Some(region))) => Some(region.to_owned()),
        (None, Ok(None)) => implied_region(layers, images)?,
        (None, Err(fault)) => {
            faults.push(fault);
            None
        }
    };
    let identity = identity(layers, environment)?;
    let mut sources = sdk::sources(environment, &files);
    if let Some(region) = &region {
        check_role_partition(layers, &identity, region)?;
        sdk::check_web_identity_partition(&mut sources, region);
    }
    Ok(AwsSettings {
        region,
        identity,
        sources,
        endpoints,
        fips,
        dual_stack,
        timeout,
        attempts,
        fault: faults.into_iter().next(),
    })
}

/// The region of the first signing profile or of the first image in ECR, or one of the role's partition: credentials of one partition are worth nothing
/// in another, and STS has to be asked somewhere.
fn implied_region(layers: &Layers<'_>, images: &References) -> Result<Option<String>, ConfigError> {
    let profiles = layers.list(key::PROFILE)?.value;
    if let Some(profile) = profiles.iter().find_map(|text| parse_profile(text).ok()) {
        return Ok(Some(profile.region().to_owned()));
    }
    // With an invalid name the command ends before AWS is needed.
    let mut hosts = images.iter().flatten().filter_map(|image| EcrHost::parse(image.host()?));
    if let Some(host) = hosts.next() {
        return Ok(Some(host.region().to_owned()));
    }
    // A role is assumed in its own partition: in a region that each has had from its beginning.
    let role = layers.text(key::ROLE_ARN)?.map(|setting| setting.value).unwrap_or_default();
    Ok(match role.split(':').nth(1) {
        Some("aws-us-gov") => Some("us-gov-west-1".to_owned()),
        Some("aws-cn") => Some("cn-north-1".to_owned()),
        Some("aws-eusc") => Some("eusc-de-east-1".to_owned()),
        _ => None,
    })
}

/// The region that was asked for, by its form. It becomes part of host names.
pub(super) fn region(layers: &Layers<'_>) -> Result<Option<Setting<String>>, ConfigError> {
    layers.parsed(key::REGION, |text| match is_region(text) {
        true => Ok(text.to_owned()),
        false => Err(Fault::NotRegion { found: shown_value(text) }),
    })
}

/// The source of credentials: a role, a profile of the configuration files, or what the SDK finds.
fn identity(layers: &Layers<'_>, environment: &Env) -> Result<IdentitySettings, ConfigError> {
    let profile = layers.text(key::AWS_PROFILE)?;
    let token = layers.text(key::OIDC_TOKEN_ENV)?;
    let role = role_arn(layers)?;
    let role = match (role, &token) {
        (Some(role), _) => Some(role),
        // What GitLab's examples set for the SDK means the same here.
        (None, Some(token)) => match environment.get(env::AWS_ROLE_ARN) {
            Some(arn) => {
                let origin = Origin::Variable(env::AWS_ROLE_ARN.name.to_owned());
                let value = parse_role(arn).map_err(|fault| ConfigError::new(key::ROLE_ARN, origin.clone(), fault))?;
                Some(Setting { value, origin })
            }
            None => return Err(needs(key::OIDC_TOKEN_ENV, token.origin.clone(), key::ROLE_ARN)),
        },
        (None, None) => None,
    };
    match (role, profile) {
        (Some(role), Some(profile)) => {
            Err(ConfigError::new(key::ROLE_ARN, role.origin, Fault::Excludes { other: profile.origin.to_string() }))
        }
        (Some(role), None) => Ok(IdentitySettings::Role(RoleSettings {
            arn: role.value,
            session_name: chosen_session_name(environment),
            token: token_source(token, environment)?,
        })),
        (None, Some(profile)) => Ok(IdentitySettings::Profile(profile.value)),
        (None, None) => Ok(IdentitySettings::Chain),
    }
}

/// A role of another partition than the region in which it would be assumed.
fn check_role_partition(layers: &Layers<'_>, identity: &IdentitySettings, region: &str) -> Result<(), ConfigError> {
    let IdentitySettings::Role(role) = identity else { return Ok(()) };
    let Some(fault) = in_other_partition(&role.arn, region) else { return Ok(()) };
    let named = role_arn(layers)?.map(|setting| setting.origin);
    let origin = named.unwrap_or_else(|| Origin::Variable(env::AWS_ROLE_ARN.name.to_owned()));
    Err(ConfigError::new(key::ROLE_ARN, origin, fault))
}

pub(super) fn role_arn(layers: &Layers<'_>) -> Result<Option<Setting<String>>, ConfigError> {
    layers.parsed(key::ROLE_ARN, parse_role)
}

/// What vouches for the job: the variable that was named, GitHub's runner, a file, or nothing.
fn token_source(named: Option<Setting<String>>, environment: &Env) -> Result<TokenSource, ConfigError> {
    if let Some(Setting { value: name, origin }) = named {
        let token = named_variable(key::OIDC_TOKEN_ENV, &name, &origin, Some(environment))?;
        return Ok(TokenSource::Variable { token, name });
    }
    let secret = |variable| environment.get(variable).map(SecretString::from);
    if let (Some(url), Some(token)) =
        (secret(env::ACTIONS_ID_TOKEN_REQUEST_URL), secret(env::ACTIONS_ID_TOKEN_REQUEST_TOKEN))
    {
        return Ok(TokenSource::GitHub { url, token });
    }
    Ok(match environment.get(env::AWS_WEB_IDENTITY_TOKEN_FILE) {
        Some(path) => TokenSource::File(PathBuf::from(path)),
        None => TokenSource::None,
    })
}

/// The signing profile to sign with. A region that was asked for has to be its own.
pub(super) fn signing_profile(layers: &Layers<'_>) -> Result<Option<Setting<SigningProfileArn>>, ConfigError> {
    let parse = |text: &str| match parse_profile(text)? {
        TrustedProfile::Profile(profile) => Ok(profile),
        // How AWS is asked to sign through an alias is not public.
        other => Err(Fault::AliasToSignWith { found: other.to_string() }),
    };
    let Some(profile) = layers.parsed(key::PROFILE, parse)? else { return Ok(None) };
    check_region(layers, std::slice::from_ref(&TrustedProfile::from(profile.value.clone())))?;
    Ok(Some(profile))
}

pub(super) fn trusted_profiles(layers: &Layers<'_>) -> Result<Option<Setting<Vec<TrustedProfile>>>, ConfigError> {
    let Some(Setting { value: texts, origin }) = layers.words(key::PROFILE)? else { return Ok(None) };
    let profiles = parse_profiles(&texts, &origin)?;
    check_region(layers, &profiles)?;
    Ok(Some(Setting { value: profiles, origin }))
}

/// Signing profiles and aliases of them, each once.
pub(super) fn parse_profiles(texts: &[String], origin: &Origin) -> Result<Vec<TrustedProfile>, ConfigError> {
    let mut profiles = Vec::new();
    for text in texts {
        let profile = parse_profile(text).map_err(|fault| ConfigError::new(key::PROFILE, origin.clone(), fault))?;
        if !profiles.contains(&profile) {
            profiles.push(profile);
        }
    }
    Ok(profiles)
}

/// notation's plugin calls the region of the SDK and ignores that of the ARN, and then finds no profile.
fn check_region(layers: &Layers<'_>, profiles: &[TrustedProfile]) -> Result<(), ConfigError> {
    let Some(region) = region(layers)? else { return Ok(()) };
    match profiles.iter().find(|profile| profile.region() != region.value) {
        None => Ok(()),
        Some(profile) => {
            let fault = Fault::OtherRegion { found: region.value, profile: profile.to_string() };
            Err(ConfigError::new(key::REGION, region.origin, fault))
        }
    }
}

/// An ARN, or `name@account/region` with a version behind the name if there is one: `name/version@account/region`.
fn parse_profile(text: &str) -> Result<TrustedProfile, Fault> {
    let arn = match text.split_once('@') {
        Some((name, place)) if !text.starts_with("arn:") => {
            let fault = || Fault::NotProfile { found: text.to_owned() };
            let (account, region) = place.split_once('/').ok_or_else(fault)?;
            format!("arn:{}:signer:{region}:{account}:/signing-profiles/{name}", partition_of(region))
        }
        _ if !text.contains(':') => return Err(Fault::NotProfile { found: text.to_owned() }),
        _ => text.to_owned(),
    };
    let profile = TrustedProfile::parse(&arn).map_err(|source| Fault::ProfileArn { found: text.to_owned(), source })?;
    let region = profile.region();
    if !is_region(region) {
        return Err(Fault::ProfileRegion { found: text.to_owned(), region: region.to_owned() });
    }
    match in_other_partition(&arn, region) {
        Some(fault) => Err(fault),
        None => Ok(profile),
    }
}

/// File of the roots that replace AWS's.
pub(super) fn aws_root(layers: &Layers<'_>) -> Result<Option<Setting<PathBuf>>, ConfigError> {
    Ok(layers.text(key::AWS_ROOT)?.map(|setting| setting.map(PathBuf::from)))
}

#[cfg(test)]
mod tests;
