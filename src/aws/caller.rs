//! The identity behind the credentials: `GetCallerIdentity` of STS, which needs no permission.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature as Feature;
use notary::Timestamp;

use super::client::Aws;
use super::facts::error::{AwsError, AwsErrorKind, Operation};

/// Where STS is asked when nothing says where: it answers for every account of the commercial partition.
const ANY_REGION: &str = "us-east-1";

/// The identity behind the credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) account: String,
    /// ARN of the user or of the role's session.
    pub(crate) arn: String,
}

/// What is known of credentials without asking anybody. Never they themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CredentialFacts {
    /// Which source of the SDK gave them, where it says so.
    pub(crate) source: Option<&'static str>,
    /// Whether the job's own credentials were used for a role, and not the token that it has.
    pub(crate) token_refused: bool,
    /// When they expire; long-lived ones never do.
    pub(crate) expiry: Option<Timestamp>,
}

impl Aws {
    /// What is known of the credentials of the job.
    ///
    /// # Errors
    /// [`AwsError`] if there are none, or their source refused or did not answer.
    pub(crate) async fn credential_facts(&self) -> Result<CredentialFacts, AwsError> {
        let credentials = self.credentials().await?;
        let expiry = credentials.expiry().and_then(|expiry: SystemTime| Timestamp::try_from(expiry).ok());
        let token_refused = self.notice().is_some();
        Ok(CredentialFacts { source: source_of(&credentials), token_refused, expiry })
    }

    /// Asks STS which identity the credentials belong to.
    ///
    /// # Errors
    /// [`AwsError`] in STS's words.
    pub(crate) async fn caller(&self) -> Result<Caller, AwsError> {
        let operation = Operation::GET_CALLER_IDENTITY;
        let answer = self
            .sts(self.default_region().unwrap_or(ANY_REGION))
            .await?
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| AwsError::of_signed(operation, &error, &self.inner.clock))?;
        match (answer.account, answer.arn) {
            (Some(account), Some(arn)) => Ok(Caller { account, arn }),
            _ => Err(AwsError::new(operation, AwsErrorKind::Malformed, "the answer names no account or no ARN")),
        }
    }
}

/// The source that the SDK noted. The first is where they began: a role may have been assumed with them.
fn source_of(credentials: &Credentials) -> Option<&'static str> {
    let noted = credentials.get_property::<Vec<Feature>>()?;
    noted.iter().find_map(|feature| {
        Some(match feature {
            Feature::CredentialsEnvVars => "variables",
            Feature::CredentialsProfile | Feature::CredentialsProfileSourceProfile => {
                "a profile of the configuration files"
            }
            Feature::CredentialsProfileSso | Feature::CredentialsSso => "IAM Identity Center",
            Feature::CredentialsProfileLogin | Feature::CredentialsLogin => "aws login",
            Feature::CredentialsProfileProcess | Feature::CredentialsProcess => "a program of the configuration files",
            Feature::CredentialsEnvVarsStsWebIdToken
            | Feature::CredentialsStsAssumeRoleWebId
            | Feature::CredentialsProfileStsWebIdToken => "a web identity token",
            Feature::CredentialsHttp => "the container's endpoint",
            Feature::CredentialsImds => "the instance's metadata service",
            Feature::CredentialsStsAssumeRole => "an assumed role",
            _ => return None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(noted: &[Feature]) -> Credentials {
        let mut credentials = Credentials::new("a", "b", None, None, "test");
        credentials.get_property_mut_or_default::<Vec<Feature>>().extend_from_slice(noted);
        credentials
    }

    #[test]
    fn the_source_is_the_one_that_the_sdk_noted() {
        for (noted, expected) in [
            (&[Feature::CredentialsEnvVars][..], Some("variables")),
            (&[Feature::CredentialsHttp], Some("the container's endpoint")),
            (&[Feature::CredentialsImds], Some("the instance's metadata service")),
            (&[Feature::ResolvedAccountId, Feature::CredentialsSso], Some("IAM Identity Center")),
            (&[Feature::CredentialsCode], None),
            (&[], None),
        ] {
            assert_eq!(source_of(&credentials(noted)), expected, "{noted:?}");
        }
        assert_eq!(source_of(&Credentials::new("a", "b", None, None, "test")), None);
    }
}
