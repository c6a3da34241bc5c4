//! Signing profiles: `GetSigningProfile`, and the search for one whose name differs only in case.

use aws_sdk_signer::types::{SigningProfileStatus, ValidityType};
use aws_smithy_types::DateTime;
use notary::Timestamp;
use notary::extension::aws_signer::{PLATFORM_ID, SigningProfileArn};

use super::client::Aws;
use super::facts::error::{AwsError, AwsErrorKind, Operation};

/// Profiles that are looked through for a similar name: the most that one answer holds.
const LISTED: i32 = 25;

/// A signing profile, as AWS describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SigningProfile {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) platform_id: String,
    pub(crate) status: ProfileStatus,
    /// How long its signatures are valid, such as `135 months`.
    pub(crate) validity: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProfileStatus {
    Active,
    /// It no longer can; what it signed stays good.
    Canceled,
    /// It no longer can, and what it signed from a time on does not count.
    Revoked {
        /// When the revocation takes effect, if AWS says so.
        effective_from: Option<Timestamp>,
        /// ARN of the identity that revoked it.
        revoked_by: Option<String>,
    },
    /// A status that this version does not know.
    Other(String),
}

impl Aws {
    /// Asks AWS for a signing profile. The version of the ARN is not part of the question: the current one is described.
    ///
    /// # Errors
    /// [`AwsError`]; of kind `Malformed` when the answer does not say what a profile is.
    pub(crate) async fn signing_profile(&self, profile: &SigningProfileArn) -> Result<SigningProfile, AwsError> {
        let operation = Operation::GET_SIGNING_PROFILE;
        let client = self.signer(profile.region()).await?;
        let answer = client
            .get_signing_profile()
            .profile_name(profile.name())
            .profile_owner(profile.account())
            .send()
            .await
            .map_err(|error| AwsError::of_signed(operation, &error, &self.inner.clock))?;
        let missing =
            |what: &str| AwsError::new(operation, AwsErrorKind::Malformed, format!("the answer has no {what}"));
        let status = match answer.status().ok_or_else(|| missing("status"))? {
            SigningProfileStatus::Active => ProfileStatus::Active,
            SigningProfileStatus::Canceled => ProfileStatus::Canceled,
            SigningProfileStatus::Revoked => {
                let record = answer.revocation_record();
                let from = record.and_then(|record| record.revocation_effective_from());
                ProfileStatus::Revoked {
                    effective_from: from.and_then(timestamp),
                    revoked_by: record.and_then(|record| record.revoked_by()).map(str::to_owned),
                }
            }
            other => ProfileStatus::Other(other.as_str().to_owned()),
        };
        let validity = answer.signature_validity_period().and_then(|period| validity(period.value(), period.r#type()?));
        Ok(SigningProfile {
            status,
            validity,
            name: answer.profile_name.ok_or_else(|| missing("name"))?,
            version: answer.profile_version.ok_or_else(|| missing("version"))?,
            platform_id: answer.platform_id.ok_or_else(|| missing("platform"))?,
        })
    }

    /// The name of an active profile of the job's own account that differs in case only. Nothing where there is none
    /// among the first, or where listing is not allowed: it is a hint.
    pub(crate) async fn similar_profile(&self, profile: &SigningProfileArn) -> Option<String> {
        let client = self.signer(profile.region()).await.ok()?;
        let request = client.list_signing_profiles().max_results(LISTED).platform_id(PLATFORM_ID);
        let answer = request.send().await.ok()?;
        let mut names = answer.profiles().iter().filter_map(|found| found.profile_name());
        names.find(|name| name.eq_ignore_ascii_case(profile.name())).map(str::to_owned)
    }
}

fn timestamp(time: &DateTime) -> Option<Timestamp> {
    Timestamp::from_second(time.secs()).ok()
}

/// A number of calendar units in words.
fn validity(value: i32, unit: &ValidityType) -> Option<String> {
    let unit = match unit {
        ValidityType::Days => "day",
        ValidityType::Months => "month",
        ValidityType::Years => "year",
        _ => return None,
    };
    let plural = if value == 1 { "" } else { "s" };
    (value > 0).then(|| format!("{value} {unit}{plural}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validity_is_told_in_words() {
        for (value, unit, expected) in [
            (135, ValidityType::Months, Some("135 months")),
            (1, ValidityType::Days, Some("1 day")),
            (11, ValidityType::Years, Some("11 years")),
            (0, ValidityType::Days, None),
            (5, ValidityType::from("WEEKS"), None),
        ] {
            assert_eq!(validity(value, &unit).as_deref(), expected, "{value} {unit:?}");
        }
    }
}
