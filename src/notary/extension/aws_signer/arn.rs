//! ARNs of what AWS Signer has: signing profiles, their aliases, signing jobs. Whatever parses has one text and prints as it
//! was.

use std::fmt;

use super::arn_error::ArnError;
use crate::digest::excerpt;

/// What an ARN of AWS Signer names, in its resource field.
const PROFILE_FORM: &str = "/signing-profiles/NAME or /signing-profiles/NAME/VERSION";

/// The same of profiles that are used by their alias only.
const ALIASED_FORM: &str = "/aliased-signing-profiles/ID";

/// The same of aliases.
const ALIAS_FORM: &str = "/aliases/NAME";

/// The same of jobs.
const JOB_FORM: &str = "/signing-jobs/ID";

/// Characters of the longest partition or region. Real ones have up to 16.
const LONGEST_PLACE: usize = 32;

/// Characters of the longest profile name (PutSigningProfile), and of the longest id that is taken: a UUID has 36.
const LONGEST_NAME: usize = 64;

/// Characters of the longest alias that is taken. AWS's own limit is not public.
const LONGEST_ALIAS: usize = 128;

/// Characters of a profile version (PutSigningProfile).
const VERSION_LENGTH: usize = 10;

/// Places of the fields between colons.
const PARTITION: usize = 1;
const REGION: usize = 3;
const ACCOUNT: usize = 4;
const RESOURCE: usize = 5;

/// What every ARN of AWS Signer has.
macro_rules! fields_of {
    ($($arn:ident),*) => {$(
        impl $arn {
            /// The whole ARN.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.text
            }

            /// The partition, for example `aws` or `aws-us-gov`.
            #[must_use]
            pub fn partition(&self) -> &str {
                field(&self.text, PARTITION)
            }

            /// The region, for example `eu-west-1`.
            #[must_use]
            pub fn region(&self) -> &str {
                field(&self.text, REGION)
            }

            /// The account that owns it: 12 digits.
            #[must_use]
            pub fn account(&self) -> &str {
                field(&self.text, ACCOUNT)
            }
        }

        impl fmt::Display for $arn {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.text)
            }
        }
    )*};
}

fields_of!(SigningProfileArn, AliasedProfileArn, ProfileAliasArn, SigningJobArn);

/// A signing profile, or one version of it: `arn:P:signer:R:A:/signing-profiles/NAME`, with `/VERSION` or without.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SigningProfileArn {
    text: String,
}

impl SigningProfileArn {
    /// Parses the ARN of a profile or of a profile version.
    ///
    /// # Errors
    /// [`ArnError`] with the first rule that is broken.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        match parts(text, "signing-profiles", PROFILE_FORM)?.as_slice() {
            [name] => check_name(name)?,
            [name, version] => {
                check_name(name)?;
                check_version(version)?;
            }
            other => return Err(wrong_parts(text, other.len(), PROFILE_FORM)),
        }
        Ok(Self { text: text.to_owned() })
    }

    /// The name of the profile.
    #[must_use]
    pub fn name(&self) -> &str {
        part(&self.text, 1).unwrap_or_default()
    }

    /// The version, if one is pinned.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        part(&self.text, 2)
    }

    /// The ARN of the profile, whatever its version.
    #[must_use]
    pub fn without_version(&self) -> Self {
        let profile = match self.version() {
            Some(version) => self.text.strip_suffix(version).and_then(|text| text.strip_suffix('/')),
            None => None,
        };
        Self { text: profile.unwrap_or(&self.text).to_owned() }
    }

    /// Whether a signature with the profile version `signed` is one of this profile, or of exactly this version if it
    /// has one. Names and versions are compared as they are: AWS has two profiles where case differs.
    #[must_use]
    pub fn matches(&self, signed: &Self) -> bool {
        match self.version() {
            Some(_) => self == signed,
            None => *self == signed.without_version(),
        }
    }

    /// The same without case, for a message: AWS's own plugin compares that way.
    pub(super) fn matches_without_case(&self, signed: &Self) -> bool {
        let lower = |arn: &Self| Self { text: arn.text.to_ascii_lowercase() };
        lower(self).matches(&lower(signed))
    }
}

/// A signing profile that is used by its alias only: `arn:P:signer:R:A:/aliased-signing-profiles/ID`, in the place in
/// which other signatures have the profile version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AliasedProfileArn {
    text: String,
}

impl AliasedProfileArn {
    /// Parses the ARN of such a profile.
    ///
    /// # Errors
    /// [`ArnError`] with the first rule that is broken.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        match parts(text, Self::TYPE, ALIASED_FORM)?.as_slice() {
            [id] if is_id(id) => Ok(Self { text: text.to_owned() }),
            [id] => Err(ArnError::AliasedProfileId { found: excerpt(id) }),
            other => Err(wrong_parts(text, other.len(), ALIASED_FORM)),
        }
    }

    /// The id of the profile, a UUID as far as is known.
    #[must_use]
    pub fn id(&self) -> &str {
        part(&self.text, 1).unwrap_or_default()
    }

    /// The type of the resource.
    pub(super) const TYPE: &str = "aliased-signing-profiles";
}

/// An alias of a signing profile: `arn:P:signer:R:A:/aliases/NAME`. Whoever may point it at another profile decides what it
/// stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileAliasArn {
    text: String,
}

impl ProfileAliasArn {
    /// Parses the ARN of an alias.
    ///
    /// # Errors
    /// [`ArnError`] with the first rule that is broken.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        match parts(text, Self::TYPE, ALIAS_FORM)?.as_slice() {
            [name] if is_alias(name) => Ok(Self { text: text.to_owned() }),
            [name] => Err(ArnError::AliasName { found: excerpt(name) }),
            other => Err(wrong_parts(text, other.len(), ALIAS_FORM)),
        }
    }

    /// The name of the alias.
    #[must_use]
    pub fn name(&self) -> &str {
        part(&self.text, 1).unwrap_or_default()
    }

    /// The type of the resource.
    pub(super) const TYPE: &str = "aliases";
}

/// A signing job: `arn:P:signer:R:A:/signing-jobs/ID`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SigningJobArn {
    text: String,
}

impl SigningJobArn {
    /// Parses the ARN of a job.
    ///
    /// # Errors
    /// [`ArnError`] with the first rule that is broken.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        match parts(text, "signing-jobs", JOB_FORM)?.as_slice() {
            [id] if is_id(id) => Ok(Self { text: text.to_owned() }),
            [id] => Err(ArnError::JobId { found: excerpt(id) }),
            other => Err(wrong_parts(text, other.len(), JOB_FORM)),
        }
    }

    /// The id of the job, a UUID as far as is known.
    #[must_use]
    pub fn id(&self) -> &str {
        part(&self.text, 1).unwrap_or_default()
    }
}

/// A field of a text that was parsed.
fn field(text: &str, index: usize) -> &str {
    text.split(':').nth(index).unwrap_or_default()
}

/// A part of the resource of a text that was parsed: 0 is the type.
fn part(text: &str, index: usize) -> Option<&str> {
    field(text, RESOURCE).split('/').nth(index + 1)
}

/// Checks all fields, and the type of the resource; returns the parts of the resource after the type.
fn parts<'a>(text: &'a str, resource_type: &str, expected: &'static str) -> Result<Vec<&'a str>, ArnError> {
    let fields: Vec<_> = text.split(':').collect();
    let [prefix, partition, service, region, account, resource] = fields.as_slice() else {
        return Err(ArnError::Fields { text: excerpt(text), found: fields.len() });
    };
    if *prefix != "arn" {
        return Err(ArnError::Prefix { found: excerpt(prefix) });
    }
    if *partition != "aws" && !partition.strip_prefix("aws-").is_some_and(is_place) {
        return Err(ArnError::Partition { found: excerpt(partition) });
    }
    if *service != "signer" {
        return Err(ArnError::Service { found: excerpt(service) });
    }
    if !is_place(region) {
        return Err(ArnError::Region { found: excerpt(region) });
    }
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ArnError::Account { found: excerpt(account) });
    }
    let found = || excerpt(resource);
    let Some(path) = resource.strip_prefix('/') else {
        return Err(ArnError::LeadingSlash { found: found(), expected });
    };
    let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
    if first != resource_type {
        return Err(ArnError::ResourceType { found: found(), expected });
    }
    let rest = rest.ok_or_else(|| wrong_parts(text, 0, expected))?;
    if resource.ends_with('/') {
        return Err(ArnError::TrailingSlash { found: found(), expected });
    }
    Ok(rest.split('/').collect())
}

/// `parts` without the type of the resource, which is there.
fn wrong_parts(text: &str, parts: usize, expected: &'static str) -> ArnError {
    ArnError::Parts { found: excerpt(field(text, RESOURCE)), parts: parts.saturating_add(1), expected }
}

/// Partitions and regions become part of host names: labels of lowercase letters, digits and single hyphens between.
fn is_place(text: &str) -> bool {
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    text.len() <= LONGEST_PLACE && text.split('-').all(is_label)
}

fn check_name(name: &str) -> Result<(), ArnError> {
    let legal = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if legal && (2..=LONGEST_NAME).contains(&name.len()) {
        return Ok(());
    }
    Err(ArnError::ProfileName { found: excerpt(name) })
}

fn check_version(version: &str) -> Result<(), ArnError> {
    let legal = version.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if legal && version.len() == VERSION_LENGTH {
        return Ok(());
    }
    Err(ArnError::ProfileVersion { found: excerpt(version) })
}

fn is_id(id: &str) -> bool {
    let legal = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    legal && (1..=LONGEST_NAME).contains(&id.len())
}

/// AWS's own rule is not public. What a name may hold is compared as it is and never expanded.
fn is_alias(name: &str) -> bool {
    let legal = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    legal && (1..=LONGEST_ALIAS).contains(&name.len())
}

/// The type of the resource that a text names, if it has the form of an ARN so far.
pub(super) fn resource_type(text: &str) -> Option<&str> {
    text.split(':').nth(RESOURCE)?.strip_prefix('/')?.split('/').next()
}
