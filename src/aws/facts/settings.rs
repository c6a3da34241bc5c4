//! How AWS is asked, resolved by the caller: what the SDK's own variables (`AWS_…`) and files say as well, so that the SDK is given only
//! what was checked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::container::ContainerSettings;
use super::error::AwsError;
use super::files::SdkFiles;
use super::keys::Keys;

#[derive(Clone, Debug)]
pub(crate) struct AwsSettings {
    /// Region for calls that no ARN and no host name gives a region for.
    pub(crate) region: Option<String>,
    pub(crate) identity: IdentitySettings,
    /// The sources of credentials in the SDK's own variables and files: the parts of [`IdentitySettings::Chain`].
    pub(crate) sources: Sources,
    /// Endpoints that replace AWS's own.
    pub(crate) endpoints: Endpoints,
    /// Endpoints for FIPS 140.
    pub(crate) fips: bool,
    /// Endpoints with IPv6.
    pub(crate) dual_stack: bool,
    /// Longest wait for one attempt.
    pub(crate) timeout: Duration,
    /// Attempts of one call, throttled ones included, where a setting counts them (`AWS_MAX_ATTEMPTS`).
    pub(crate) attempts: Option<u32>,
    /// What keeps AWS from being asked at all: a variable or file of the SDK that cannot be used. Reported when AWS is
    /// first needed, as most images do not need it.
    pub(crate) fault: Option<AwsError>,
}

/// The sources of credentials in the SDK's own variables and files. An invalid one is reported when its turn comes.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    /// Keys from environment variables.
    pub(crate) keys: Result<Option<Keys>, AwsError>,
    pub(crate) files: Arc<SdkFiles>,
    /// The home folder, below which the SDK keeps logins.
    pub(crate) home: Option<PathBuf>,
    /// The role that variables name (`AWS_ROLE_ARN`), for the token in a file.
    pub(crate) web_identity: Result<Option<RoleSettings>, AwsError>,
    /// Where variables say that a container has its credentials.
    pub(crate) container: Result<Option<ContainerSettings>, AwsError>,
    /// Address of an instance's metadata service, unless it is not to be asked.
    pub(crate) instance: Result<Option<String>, AwsError>,
    /// Whether IAM Identity Center can be asked.
    pub(crate) sso: Result<(), AwsError>,
    /// Name of the session where a profile has none.
    pub(crate) session_name: String,
}

/// Endpoints that replace AWS's, by service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Endpoints {
    /// URLs, by the SDK's own name of the service.
    pub(crate) by_service: BTreeMap<&'static str, String>,
    /// All that were named, with their origins, for reports.
    pub(crate) named: Vec<NamedEndpoint>,
}

/// An endpoint that replaces AWS's, as it was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedEndpoint {
    /// The URL, without parts that may be secret.
    pub(crate) shown: String,
    /// What named it: a flag, a variable, or a profile in a file.
    pub(crate) origin: String,
}

#[derive(Clone, Debug)]
pub(crate) enum IdentitySettings {
    /// What the SDK finds: variables, files, web identity, container, instance.
    Chain,
    /// A profile of the SDK's configuration files, whatever else there is.
    Profile(String),
    Role(RoleSettings),
}

#[derive(Clone, Debug)]
pub(crate) struct RoleSettings {
    pub(crate) arn: String,
    /// Name of the session, which CloudTrail shows.
    pub(crate) session_name: String,
    /// Where the job's identity token comes from.
    pub(crate) token: TokenSource,
}

/// Where the job's identity token is.
#[derive(Clone, Debug)]
pub(crate) enum TokenSource {
    /// In a variable (GitLab's `id_tokens` and others).
    Variable { name: String, token: SecretString },
    /// GitHub's runner issues it on request.
    GitHub {
        url: SecretString,
        /// The bearer token for that request.
        token: SecretString,
    },
    /// In a file (`AWS_WEB_IDENTITY_TOKEN_FILE`).
    File(PathBuf),
    /// Nothing: the role is assumed with the credentials that the SDK finds.
    None,
}

impl TokenSource {
    /// Whether it is a token that a job has anyway, and nobody named for the role.
    pub(crate) const fn was_found(&self) -> bool {
        matches!(self, Self::GitHub { .. } | Self::File(_))
    }
}

/// The ARN of a role, by its form: path and name are visible ASCII (IAM API reference, "Role"). Whether it exists, AWS knows.
pub(crate) fn is_role_arn(text: &str) -> bool {
    let fields: Vec<_> = text.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = fields.as_slice() else { return false };
    partition.starts_with("aws")
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && resource
            .strip_prefix("role/")
            .is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()))
}

/// A region, by its form. It becomes part of host names.
pub(crate) fn is_region(text: &str) -> bool {
    text.contains('-')
        && !text.starts_with('-')
        && text.len() <= 63
        && text.bytes().all(may_name_region)
        && region_of_zone(text).is_none()
}

const fn may_name_region(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

/// The region that an availability zone (`us-east-1a`) or local zone (`us-west-2-lax-1a`) is in; nothing for what is neither.
fn region_of_zone(text: &str) -> Option<&str> {
    let is_digit = |character: char| character.is_ascii_digit();
    let number = text.find(is_digit)?;
    let behind = text.get(number..)?.trim_start_matches(is_digit);
    let region = text.strip_suffix(behind).filter(|_| text.get(..number).is_some_and(|area| area.ends_with('-')))?;
    let is_zone = behind.bytes().all(may_name_region) && behind.ends_with(|last: char| last.is_ascii_lowercase());
    is_zone.then_some(region)
}

/// What is said of a text where a region belongs, and that is none.
pub(crate) fn not_a_region(found: &str) -> String {
    let got = match region_of_zone(found) {
        Some(region) => format!("the zone `{found}` of {region}"),
        None => format!("`{found}`"),
    };
    format!("expected an AWS region such as eu-west-1, got {got}")
}

/// A session name out of text that anybody may have chosen: what IAM allows, at most 64 characters, at least two.
pub(crate) fn session_name(text: &str) -> String {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character);
    let mut name: String =
        text.chars().map(|character| if allowed(character) { character } else { '-' }).take(64).collect();
    if name.len() < 2 {
        name.push_str("sealgate");
    }
    name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_session_name_is_one_that_iam_takes() {
        for (text, expected) in
            [("gha-17", "gha-17"), ("codebuild-app:1-2", "codebuild-app-1-2"), ("a b/c+é", "a-b-c+-"), ("", "sealgate")]
        {
            assert_eq!(session_name(text), expected);
        }
    }

    #[test]
    fn a_zone_is_no_region_and_names_its_own() {
        for region in
            ["us-east-1", "us-gov-west-1", "us-isob-east-1", "eusc-de-east-1", "ap-southeast-12", "aws-global"]
        {
            assert!(is_region(region), "{region}");
        }
        for (zone, region) in
            [("us-east-1a", "us-east-1"), ("eu-west-12c", "eu-west-12"), ("us-west-2-lax-1a", "us-west-2")]
        {
            assert!(!is_region(zone), "{zone}");
            let told = format!("expected an AWS region such as eu-west-1, got the zone `{zone}` of {region}");
            assert_eq!(not_a_region(zone), told);
        }
        for text in
            ["<region>", "${AWS_REGION}", "REGION", "useast1", "us-east-1 ", "us-east-1a ", "1a", "us-east-1.x", ""]
        {
            assert!(!is_region(text) && not_a_region(text).ends_with(&format!("got `{text}`")), "{text}");
        }
    }

    #[test]
    fn the_name_of_a_role_has_no_whitespace() {
        let role = |name: &str| is_role_arn(&format!("arn:aws:iam::111122223333:role/{name}"));
        assert!(["ci", "path/to/ci", "a+=,.@-_b"].into_iter().all(role));
        assert!(["", "my role", "ci ", "ci\n", " ci", "ci\t", "rôle"].into_iter().all(|name| !role(name)));
    }

    proptest! {
        #[test]
        fn any_text_gives_a_session_name(text in ".{0,100}") {
            let name = session_name(&text);
            prop_assert!((2..=64).contains(&name.len()));
            prop_assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte)));
        }
    }
}
