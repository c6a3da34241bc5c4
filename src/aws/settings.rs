//! How AWS is asked, resolved by the caller. The SDK reads its own variables (`AWS_…`) and files itself.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

/// How AWS is asked.
#[derive(Clone, Debug)]
pub(crate) struct AwsSettings {
    /// Region for calls that no ARN and no host name gives a region for.
    pub(crate) region: Option<String>,
    /// Who asks.
    pub(crate) identity: IdentitySettings,
    /// The role that the SDK's own variables name (`AWS_ROLE_ARN`), for the token in a file: a part of
    /// [`IdentitySettings::Chain`].
    pub(crate) web_identity: Option<RoleSettings>,
    /// An endpoint for all services in place of AWS's.
    pub(crate) endpoint_url: Option<String>,
    /// Which of the SDK's own files are read.
    pub(crate) files: SdkFiles,
    /// Longest wait for one attempt.
    pub(crate) timeout: Duration,
}

/// Which of the SDK's own files are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SdkFiles {
    /// `~/.aws/config`, or the one that `AWS_CONFIG_FILE` names.
    pub(crate) config: bool,
    /// `~/.aws/credentials`, or the one that `AWS_SHARED_CREDENTIALS_FILE` names.
    pub(crate) credentials: bool,
}

impl SdkFiles {
    /// As the SDK wants to be told.
    #[expect(deprecated, reason = "the type's new home is a package of the SDK that is no dependency of ours")]
    pub(super) fn for_sdk(self) -> aws_config::profile::profile_file::ProfileFiles {
        use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
        // No file at all cannot be said: an empty one can.
        ProfileFiles::builder()
            .with_contents(ProfileFileKind::Config, "")
            .include_default_config_file(self.config)
            .include_default_credentials_file(self.credentials)
            .build()
    }
}

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) enum IdentitySettings {
    /// What the SDK finds: variables, files, web identity, container, instance.
    Chain,
    /// A profile of the SDK's configuration files, whatever else there is.
    Profile(String),
    /// A role.
    Role(RoleSettings),
}

/// The role to assume.
#[derive(Clone, Debug)]
pub(crate) struct RoleSettings {
    /// Its ARN.
    pub(crate) arn: String,
    /// Name of the session, which CloudTrail shows.
    pub(crate) session_name: String,
    /// What vouches for the job.
    pub(crate) token: TokenSource,
}

/// Where the token is that vouches for the job.
#[derive(Clone, Debug)]
pub(crate) enum TokenSource {
    /// In a variable (GitLab's `id_tokens` and others).
    Variable {
        /// Its name.
        name: String,
        /// The token.
        token: SecretString,
    },
    /// GitHub's runner gives it to who asks.
    GitHub {
        /// Address to ask.
        url: SecretString,
        /// What authorizes to ask.
        token: SecretString,
    },
    /// In a file (`AWS_WEB_IDENTITY_TOKEN_FILE`).
    File(PathBuf),
    /// Nothing: the role is assumed with the credentials that the SDK finds.
    None,
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

    proptest! {
        #[test]
        fn any_text_gives_a_session_name(text in ".{0,100}") {
            let name = session_name(&text);
            prop_assert!((2..=64).contains(&name.len()));
            prop_assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte)));
        }
    }
}
