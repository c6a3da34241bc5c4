//! What an envelope of AWS Signer must say, and all that it may say.

use serde_json::Value;

use super::arn::{SigningJobArn, SigningProfileArn};
use super::arn_error::ArnError;
use super::failure::AwsSignerFailure;
use super::{AwsSignature, PLUGIN_VERSION, SIGNING_JOB, SIGNING_PROFILE_VERSION, VERIFICATION_PLUGIN};
use crate::digest::excerpt;
use crate::envelope::{Criticality, ExtendedAttribute, SignedAttributes, name};
use crate::json;
use crate::signing_scheme::SigningScheme;

/// All attributes of AWS Signer beyond those of the specification.
const KNOWN: [&str; 4] =
    [name::VERIFICATION_PLUGIN, name::VERIFICATION_PLUGIN_MIN_VERSION, SIGNING_PROFILE_VERSION, SIGNING_JOB];

/// Reads the signer from an envelope whose chain has a root of AWS Signer.
///
/// notation refuses every extended attribute that the plugin did not process, critical or not, and the plugin processes
/// these two. The ARNs may be critical or not: the plugin takes both.
pub(crate) fn check_attributes(signed: &SignedAttributes) -> Result<AwsSignature, AwsSignerFailure> {
    let scheme = signed.signing_scheme();
    if scheme != SigningScheme::X509SigningAuthority {
        return Err(AwsSignerFailure::Scheme { found: scheme.name() });
    }
    let extended = signed.extended();
    check_plugin(extended)?;
    check_plugin_version(extended)?;
    let others: Vec<_> = extended
        .iter()
        .filter(|attribute| !KNOWN.contains(&attribute.key.as_str()))
        .map(|attribute| excerpt(&attribute.key))
        .collect();
    if !others.is_empty() {
        return Err(AwsSignerFailure::OtherAttributes { keys: others });
    }
    let profile_version = read(extended, SIGNING_PROFILE_VERSION, SigningProfileArn::parse)?;
    if profile_version.version().is_none() {
        return Err(AwsSignerFailure::ProfileWithoutVersion { found: profile_version });
    }
    let job = read(extended, SIGNING_JOB, SigningJobArn::parse)?;
    // The accounts may differ as far as is known; each is one.
    if (job.partition(), job.region()) != (profile_version.partition(), profile_version.region()) {
        return Err(AwsSignerFailure::JobElsewhere { job, profile: profile_version });
    }
    Ok(AwsSignature { profile_version, job })
}

pub(super) fn find<'a>(extended: &'a [ExtendedAttribute], key: &str) -> Option<&'a ExtendedAttribute> {
    extended.iter().find(|attribute| attribute.key == key)
}

fn check_plugin(extended: &[ExtendedAttribute]) -> Result<(), AwsSignerFailure> {
    let plugin = find(extended, name::VERIFICATION_PLUGIN).ok_or(AwsSignerFailure::PluginMissing)?;
    if plugin.value.as_str() != Some(VERIFICATION_PLUGIN) {
        return Err(AwsSignerFailure::Plugin { found: excerpt(&plugin.value.to_string()) });
    }
    check_critical(plugin, name::VERIFICATION_PLUGIN)
}

fn check_critical(attribute: &ExtendedAttribute, key: &'static str) -> Result<(), AwsSignerFailure> {
    match attribute.criticality {
        Criticality::Critical => Ok(()),
        Criticality::NonCritical => Err(AwsSignerFailure::NotCritical { key }),
    }
}

/// A later plugin may have further rules, which are not known here. AWS Signer has never been seen to ask for one.
fn check_plugin_version(extended: &[ExtendedAttribute]) -> Result<(), AwsSignerFailure> {
    let Some(least) = find(extended, name::VERIFICATION_PLUGIN_MIN_VERSION) else { return Ok(()) };
    let unreadable = || AwsSignerFailure::PluginVersion { found: excerpt(&least.value.to_string()) };
    let text = least.value.as_str().ok_or_else(unreadable)?;
    let version = parse_version(text).ok_or_else(unreadable)?;
    check_critical(least, name::VERIFICATION_PLUGIN_MIN_VERSION)?;
    // What is behind the three numbers makes a version earlier, never later.
    if version > PLUGIN_VERSION {
        return Err(AwsSignerFailure::PluginTooOld { found: excerpt(text) });
    }
    Ok(())
}

/// The three numbers of a semantic version (semver.org 2.0.0, items 2, 9 and 10).
fn parse_version(text: &str) -> Option<(u64, u64, u64)> {
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (core, pre_release) = text.split_once('-').map_or((text, None), |(core, rest)| (core, Some(rest)));
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_pre_release = |word: &str| is_word(word) && (!is_digits(word) || is_number(word));
    let legal = build.is_none_or(|build| build.split('.').all(is_word))
        && pre_release.is_none_or(|words| words.split('.').all(is_pre_release));
    let numbers: Option<Vec<u64>> =
        core.split('.').map(|number| is_number(number).then(|| number.parse().ok()).flatten()).collect();
    match numbers?.as_slice() {
        [major, minor, patch] if legal => Some((*major, *minor, *patch)),
        _ => None,
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Digits without a leading zero.
fn is_number(text: &str) -> bool {
    is_digits(text) && (text == "0" || !text.starts_with('0'))
}

fn read<T>(
    extended: &[ExtendedAttribute],
    key: &'static str,
    parse: fn(&str) -> Result<T, ArnError>,
) -> Result<T, AwsSignerFailure> {
    let attribute = find(extended, key).ok_or(AwsSignerFailure::AttributeMissing { key })?;
    let Value::String(text) = &attribute.value else {
        return Err(AwsSignerFailure::AttributeType { key, found: json::kind(&attribute.value) });
    };
    parse(text).map_err(|source| AwsSignerFailure::AttributeArn { key, source })
}
