//! What the SDK's own variables and files say, checked before the SDK sees it: it would take what it cannot read for absent, or fail with
//! words that quote the whole request, and with it what authorizes.
//!
//! Errors are reported when AWS is first needed, because most images do not need it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use url::Url;

use super::super::error::Fault;
use super::super::setting::Setting;
use super::forms::{chosen_session_name, endpoint_url, in_other_partition, parse_role};
use crate::aws::facts::AwsError;
use crate::aws::facts::container::{ContainerSettings, ContainerToken};
use crate::aws::facts::endpoint;
use crate::aws::facts::files::{NamedProfile, SdkFile, SdkFiles, SdkPaths, shown_value};
use crate::aws::facts::keys::Keys;
use crate::aws::facts::settings::{RoleSettings, Sources, TokenSource, is_region};
use crate::env::{self, Env, Variable};

/// Where a machine offers credentials by default.
const INSTANCE_V4: &str = "http://169.254.169.254";

/// The same for IPv6.
const INSTANCE_V6: &str = "http://[fd00:ec2::254]";

/// The files, and what keeps them from being used.
pub(super) fn files(environment: &Env, profile: Option<&Setting<String>>) -> (SdkFiles, Option<AwsError>) {
    let named = match profile {
        Some(Setting { value, origin }) => Some(NamedProfile { name: value.clone(), origin: origin.to_string() }),
        None => {
            let said = [env::AWS_PROFILE, env::AWS_DEFAULT_PROFILE].into_iter();
            let mut said = said.filter_map(|variable| Some((variable.name, environment.get(variable)?)));
            said.next().map(|(variable, name)| NamedProfile { name: name.to_owned(), origin: variable.to_owned() })
        }
    };
    match paths(environment).and_then(|paths| SdkFiles::read(paths, named)) {
        Ok(files) => (files, None),
        Err(fault) => (SdkFiles::default(), Some(fault)),
    }
}

/// Which files are read. Without a home folder the SDK takes `~` for a folder in the working one, which in CI is a checkout: what a
/// pull request puts there could name a program to run, or another endpoint.
pub(super) fn paths(environment: &Env) -> Result<SdkPaths, AwsError> {
    let home = environment.home();
    let file = |variable: &'static Variable, usual: &str| {
        let Some(path) = environment.get(variable) else {
            return Ok(home.map(|home| SdkFile { path: home.join(usual), variable: None }));
        };
        let below_home = if path == "~" { Some("") } else { path.strip_prefix("~/") };
        let path = match (below_home, home) {
            (None, _) => PathBuf::from(path),
            (Some(below), Some(home)) => home.join(below),
            (Some(_), None) => {
                let fact = "HOME is not set to an absolute path";
                return Err(AwsError::setting(format!("{} {path}: {fact}", variable.name)));
            }
        };
        Ok(Some(SdkFile { path, variable: Some(variable.name) }))
    };
    Ok(SdkPaths {
        config: file(env::AWS_CONFIG_FILE, ".aws/config")?,
        credentials: file(env::AWS_SHARED_CREDENTIALS_FILE, ".aws/credentials")?,
    })
}

/// The sources of credentials in variables and files.
pub(super) fn sources(environment: &Env, files: &Arc<SdkFiles>) -> Sources {
    Sources {
        keys: keys(environment),
        files: Arc::clone(files),
        home: environment.home().map(Path::to_owned),
        web_identity: web_identity(environment),
        container: container(environment),
        instance: instance(environment, files),
        sso: sso(environment),
        session_name: chosen_session_name(environment),
    }
}

/// Keys from environment variables.
fn keys(environment: &Env) -> Result<Option<Keys>, AwsError> {
    let named = |variable: &'static Variable| (variable.name, environment.get(variable));
    Keys::read(named(env::AWS_ACCESS_KEY_ID), named(env::AWS_SECRET_ACCESS_KEY), named(env::AWS_SESSION_TOKEN), "")
}

/// The role that variables name, for a token in a file. One without the other is incomplete.
fn web_identity(environment: &Env) -> Result<Option<RoleSettings>, AwsError> {
    let (role, path) = (environment.get(env::AWS_ROLE_ARN), environment.get(env::AWS_WEB_IDENTITY_TOKEN_FILE));
    let (arn, path) = match (role, path) {
        (None, None) => return Ok(None),
        (Some(arn), Some(path)) => (arn, path),
        (Some(_), None) => {
            let fact = "is set, but there is no token for the role: set AWS_WEB_IDENTITY_TOKEN_FILE, or give --oidc-token-env or --role-arn";
            return Err(AwsError::setting(format!("{} {fact}", env::AWS_ROLE_ARN.name)));
        }
        (None, Some(_)) => {
            let fact = "is set, but there is no role for the token: set AWS_ROLE_ARN, or give --role-arn";
            return Err(AwsError::setting(format!("{} {fact}", env::AWS_WEB_IDENTITY_TOKEN_FILE.name)));
        }
    };
    let arn = parse_role(arn).map_err(|fault| of_variable(env::AWS_ROLE_ARN, &fault))?;
    let token = TokenSource::File(PathBuf::from(path));
    Ok(Some(RoleSettings { arn, session_name: chosen_session_name(environment), token }))
}

/// A role of variables that is of another partition than the region in which it would be assumed.
pub(super) fn check_web_identity_partition(sources: &mut Sources, region: &str) {
    let Ok(Some(role)) = &sources.web_identity else { return };
    if let Some(fault) = in_other_partition(&role.arn, region) {
        sources.web_identity = Err(of_variable(env::AWS_ROLE_ARN, &fault));
    }
}

/// Where variables say that a container has its credentials.
fn container(environment: &Env) -> Result<Option<ContainerSettings>, AwsError> {
    let (relative, full) = (env::AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, env::AWS_CONTAINER_CREDENTIALS_FULL_URI);
    let wrong = |variable: &Variable, fact: &str| AwsError::setting(format!("{}: {fact}", variable.name));
    let url = match (environment.get(relative), environment.get(full)) {
        (None, None) => return Ok(None),
        (Some(path), _) => {
            let whole = path.starts_with('/') && is_uri(path);
            let url = ContainerSettings::on_own_host(path).filter(|_| whole);
            url.ok_or_else(|| wrong(relative, "expected a path that begins with /"))?
        }
        (None, Some(text)) => parsed(text).filter(endpoint::may_give_credentials).ok_or_else(|| {
            let fact = "expected an HTTPS URL, or HTTP on this machine or at an address of AWS's containers";
            wrong(full, &format!("{fact}, got `{}`", endpoint::shown(text)))
        })?,
    };
    let (file, token) = (env::AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, env::AWS_CONTAINER_AUTHORIZATION_TOKEN);
    let token = match (environment.get(file), environment.get(token)) {
        (Some(path), _) => ContainerToken::File(PathBuf::from(path)),
        (None, Some(token)) => ContainerToken::Variable(token.into()),
        (None, None) => ContainerToken::None,
    };
    Ok(Some(ContainerSettings { url, token }))
}

/// Address of an instance's metadata service. Nothing where it is not to be asked: the SDK would read that by itself, and by
/// another rule.
fn instance(environment: &Env, files: &SdkFiles) -> Result<Option<String>, AwsError> {
    if said_bool(environment, files, env::AWS_EC2_METADATA_DISABLED, None)? == Some(true) {
        return Ok(None);
    }
    let (variable, key) = (env::AWS_EC2_METADATA_SERVICE_ENDPOINT, "ec2_metadata_service_endpoint");
    if let Some((text, origin)) = said(environment, files, variable, key) {
        let url = parsed(text).filter(endpoint::may_give_credentials);
        let url = url.ok_or_else(|| {
            let fact = "expected an HTTPS URL, or HTTP on this machine or at the address of AWS's instances";
            AwsError::setting(format!("{origin}: {fact}, got `{}`", endpoint::shown(text)))
        })?;
        return Ok(Some(url.as_str().to_owned()));
    }
    let (variable, key) = (env::AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE, "ec2_metadata_service_endpoint_mode");
    match said(environment, files, variable, key) {
        None => Ok(Some(INSTANCE_V4.to_owned())),
        Some((mode, _)) if mode.eq_ignore_ascii_case("ipv4") => Ok(Some(INSTANCE_V4.to_owned())),
        Some((mode, _)) if mode.eq_ignore_ascii_case("ipv6") => Ok(Some(INSTANCE_V6.to_owned())),
        Some((_, origin)) => Err(AwsError::setting(format!("{origin}: expected IPv4 or IPv6"))),
    }
}

/// Whether IAM Identity Center can be asked: the SDK reads these variables by itself and as they are written, also one that is
/// set and empty, and also where endpoints are to be ignored. What we take for absent and it for an endpoint is named.
fn sso(environment: &Env) -> Result<(), AwsError> {
    for variable in [env::AWS_ENDPOINT_URL, env::AWS_ENDPOINT_URL_SSO, env::AWS_ENDPOINT_URL_SSO_OIDC] {
        let Some(written) = environment.as_written(variable) else { continue };
        let Some(text) = environment.get(variable) else {
            let fact = "set and empty, which the AWS SDK takes for an endpoint of IAM Identity Center: unset it";
            return Err(AwsError::setting(format!("{} is {fact}", variable.name)));
        };
        endpoint_url(text).map_err(|fault| of_variable(variable, &fault))?;
        if text != written {
            let fact =
                "ends in a line break, which the AWS SDK takes for a part of the endpoint of IAM Identity Center";
            return Err(AwsError::setting(format!("{} {fact}: set it without", variable.name)));
        }
    }
    Ok(())
}

/// A switch that a variable or the selected profile sets. The SDK takes another word than `true` and `false` for none at all.
pub(super) fn said_bool(
    environment: &Env,
    files: &SdkFiles,
    variable: &'static Variable,
    key: Option<&str>,
) -> Result<Option<bool>, AwsError> {
    let of_variable = environment.get(variable).map(|text| (text, variable.name.to_owned()));
    let of_file = || key.and_then(|key| Some((files.get(key)?, of_key(files, key))));
    match of_variable.or_else(of_file) {
        None => Ok(None),
        Some((text, _)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some((text, _)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some((_, origin)) => Err(AwsError::setting(format!("{origin}: expected `true` or `false`"))),
    }
}

/// A setting of the SDK: its variable, else the selected profile, and which of both.
fn said<'a>(
    environment: &'a Env,
    files: &'a SdkFiles,
    variable: &'static Variable,
    key: &str,
) -> Option<(&'a str, String)> {
    let of_variable = environment.get(variable).map(|text| (text, variable.name.to_owned()));
    of_variable.or_else(|| Some((files.get(key)?, of_key(files, key))))
}

/// How often a call is made at most, the first attempt included. The SDK, too, takes no zero.
pub(super) fn attempts(environment: &Env, files: &SdkFiles) -> Result<Option<u32>, AwsError> {
    let Some((text, origin)) = said(environment, files, env::AWS_MAX_ATTEMPTS, "max_attempts") else { return Ok(None) };
    let number = text.parse().ok().filter(|number| *number > 0);
    let wrong = || AwsError::setting(format!("{origin}: expected a number from 1, got `{}`", shown_value(text)));
    number.map(Some).ok_or_else(wrong)
}

/// The name of a key of the selected profile, for messages.
pub(super) fn of_key(files: &SdkFiles, key: &str) -> String {
    format!("{key} of {}", files.place(files.selected()))
}

/// What the SDK says of the job in a header of each request, where no header can have it.
pub(super) fn unsayable(environment: &Env) -> Option<AwsError> {
    let variable = env::AWS_EXECUTION_ENV;
    let text = environment.as_written(variable)?;
    let fits = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    (!fits).then(|| AwsError::setting(format!("{}: expected visible ASCII on one line", variable.name)))
}

/// The region that variables of the SDK say.
pub(super) fn region(environment: &Env) -> Result<Option<&str>, AwsError> {
    let said = [env::AWS_REGION, env::AWS_DEFAULT_REGION].into_iter();
    let Some((variable, text)) = said.filter_map(|one| Some((one, environment.get(one)?))).next() else {
        return Ok(None);
    };
    if is_region(text) {
        return Ok(Some(text));
    }
    Err(of_variable(variable, &Fault::NotRegion { found: shown_value(text) }))
}

/// What is wrong with a variable of the SDK.
pub(super) fn of_variable(variable: &Variable, fault: &Fault) -> AwsError {
    AwsError::setting(format!("{}: {fault}", variable.name))
}

/// A URL of visible ASCII: what the SDK, too, takes for one.
fn parsed(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|_| is_uri(text))
}

fn is_uri(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic()) && text.parse::<http::Uri>().is_ok()
}
