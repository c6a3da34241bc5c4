//! What an envelope of AWS Signer must say, and all that it may say.

use serde_json::Value;

use super::arn::{ProfileAliasArn, SigningJobArn};
use super::arn_error::ArnError;
use super::failure::AwsSignerFailure;
use super::profile::SignedProfile;
use super::{
    ATTRIBUTE_PREFIX, AwsSignature, PLUGIN_VERSION, SIGNING_JOB, SIGNING_PROFILE_ALIAS, SIGNING_PROFILE_VERSION,
    VERIFICATION_PLUGIN,
};
use crate::digest::excerpt;
use crate::envelope::{Criticality, ExtendedAttribute, SignedAttributes, name};
use crate::json;
use crate::signing_scheme::SigningScheme;

/// All attributes beyond those of the specification whose rules are known here.
const KNOWN: [&str; 5] = [
    name::VERIFICATION_PLUGIN,
    name::VERIFICATION_PLUGIN_MIN_VERSION,
    SIGNING_PROFILE_VERSION,
    SIGNING_PROFILE_ALIAS,
    SIGNING_JOB,
];

/// Reads the signer from an envelope whose chain has a root of AWS Signer.
///
/// The ARNs may be critical or not: AWS's plugin processes them either way.
pub(crate) fn check_attributes(signed: &SignedAttributes) -> Result<AwsSignature, AwsSignerFailure> {
    let scheme = signed.signing_scheme();
    if scheme != SigningScheme::X509SigningAuthority {
        return Err(AwsSignerFailure::Scheme { found: scheme.name() });
    }
    let extended = signed.extended();
    check_plugin(extended)?;
    check_plugin_version(extended)?;
    let others: Vec<_> =
        extended.iter().filter(|attribute| !is_harmless(attribute)).map(|attribute| excerpt(&attribute.key)).collect();
    if !others.is_empty() {
        return Err(AwsSignerFailure::OtherAttributes { keys: others });
    }
    let profile_version = required(extended, SIGNING_PROFILE_VERSION, SignedProfile::parse)?;
    if let Some(profile) = profile_version.version().filter(|profile| profile.version().is_none()) {
        return Err(AwsSignerFailure::ProfileWithoutVersion { found: profile.clone() });
    }
    let alias = read(extended, SIGNING_PROFILE_ALIAS, ProfileAliasArn::parse)?;
    if let Some(alias) =
        alias.as_ref().filter(|one| [one.partition(), one.region(), one.account()] != profile_version.place())
    {
        return Err(AwsSignerFailure::AliasElsewhere { alias: alias.clone(), profile: profile_version });
    }
    let job = required(extended, SIGNING_JOB, SigningJobArn::parse)?;
    // The accounts may differ as far as is known; each is one.
    if (job.partition(), job.region()) != (profile_version.partition(), profile_version.region()) {
        return Err(AwsSignerFailure::JobElsewhere { job, profile: profile_version });
    }
    Ok(AwsSignature { profile_version, alias, job })
}

/// Whether an attribute is known, or may be passed over. AWS Signer gets further attributes as time goes on, and those that
/// must be understood are critical; a list that is closed refuses good signatures one day. Names that are not AWS's are not
/// expected, and neither is one that differs from a known name in case only: who reads without case takes it for that one.
fn is_harmless(attribute: &ExtendedAttribute) -> bool {
    let key = attribute.key.as_str();
    let is_further = || {
        attribute.criticality == Criticality::NonCritical
            && key.strip_prefix(ATTRIBUTE_PREFIX).is_some_and(|rest| !rest.is_empty())
            && !KNOWN.iter().any(|known| known.eq_ignore_ascii_case(key))
    };
    KNOWN.contains(&key) || is_further()
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

/// An attribute that must be there.
fn required<T>(
    extended: &[ExtendedAttribute],
    key: &'static str,
    parse: fn(&str) -> Result<T, ArnError>,
) -> Result<T, AwsSignerFailure> {
    read(extended, key, parse)?.ok_or(AwsSignerFailure::AttributeMissing { key })
}

/// An attribute that may be absent. One that is there must be an ARN of its kind.
fn read<T>(
    extended: &[ExtendedAttribute],
    key: &'static str,
    parse: fn(&str) -> Result<T, ArnError>,
) -> Result<Option<T>, AwsSignerFailure> {
    let Some(attribute) = find(extended, key) else { return Ok(None) };
    let Value::String(text) = &attribute.value else {
        return Err(AwsSignerFailure::AttributeType { key, found: json::kind(&attribute.value) });
    };
    parse(text).map(Some).map_err(|source| AwsSignerFailure::AttributeArn { key, source })
}
