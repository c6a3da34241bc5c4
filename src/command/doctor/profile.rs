//! A signing profile: whether it signs images, and whether AWS says what became of its signatures.

use notary::Timestamp;
use notary::extension::aws_signer::{PLATFORM_ID, SigningProfileArn, TrustedProfile};

use super::check::{About, Weight};
use crate::aws::facts::denial::revocation_resources;
use crate::aws::facts::{AwsError, AwsErrorKind};
use crate::aws::{Caller, ProfileStatus, RevocationAnswer, RevocationQuery, SigningProfile};
use crate::config::RevocationCheck;
use crate::error::{Error, code};
use crate::report::{Area, CheckReport};

/// A job that no signing profile ever had.
const NO_JOB: &str = "00000000-0000-0000-0000-000000000000";

/// A version that a profile may have had; nothing is signed by it.
const NO_VERSION: &str = "0000000000";

/// Hexadecimal digits of one entry of `certificateHashes`: two of SHA-384.
const HASH_DIGITS: usize = 192;

pub(super) fn about(profile: &TrustedProfile) -> About {
    About::subject(Area::SigningProfile, profile.as_str())
}

/// What AWS says of a profile, or why it says nothing. `similar` is a profile whose name differs in case only; `others`
/// are the other profiles that are checked.
pub(super) fn described(
    profile: &SigningProfileArn,
    found: &Result<SigningProfile, AwsError>,
    similar: Option<&str>,
    others: &[TrustedProfile],
) -> Vec<CheckReport> {
    let about = about(&profile.clone().into());
    let resources = [profile.without_version().to_string()];
    match found {
        Ok(found) => vec![
            status(&about, profile, found),
            platform(&about, &found.platform_id),
            validity(&about, found.validity.as_deref()),
            version(&about, profile, &found.version, others),
        ],
        // Nothing but this check needs the permission.
        Err(error) if error.kind == AwsErrorKind::Denied && !error.is_about_credentials() => {
            vec![about.aws("status", error, &resources, Weight::Optional)]
        }
        Err(error) => {
            let told = about.aws("status", error, &resources, Weight::Needed);
            vec![match similar {
                Some(name) => told.with_help(format!("there is one called {name}: names are case-sensitive")),
                None => told,
            }]
        }
    }
}

fn status(about: &About, profile: &SigningProfileArn, found: &SigningProfile) -> CheckReport {
    const NAME: &str = "status";
    const NEW: &str = "make another one: sealgate doctor --iam prints the command";
    if found.name != profile.name() {
        let fact = format!("AWS calls it {}: verify treats names as case-sensitive", found.name);
        return about.failed(NAME, code::INVALID_SETTING, fact).with_help("write its ARN as AWS does");
    }
    match &found.status {
        ProfileStatus::Active => about.ok(NAME, "Active"),
        ProfileStatus::Canceled => about
            .failed(NAME, code::AWS_REFUSED, "Canceled: it no longer signs, but its existing signatures stay valid")
            .with_help(NEW),
        ProfileStatus::Revoked { effective_from, revoked_by } => {
            let from = effective_from
                .map_or_else(|| "a time that AWS does not report".to_owned(), |time: Timestamp| time.to_string());
            let by = revoked_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            let fact = format!("Revoked{by}: what it has signed since {from} does not count");
            about.failed(NAME, code::AWS_REFUSED, fact).with_help(NEW)
        }
        ProfileStatus::Other(word) => about.warning(NAME, format!("{word}, which sealgate does not know")),
    }
}

fn platform(about: &About, platform: &str) -> CheckReport {
    const NAME: &str = "platform";
    if platform == PLATFORM_ID {
        return about.ok(NAME, platform);
    }
    about
        .failed(NAME, code::AWS_REFUSED, format!("{platform}, which does not sign images; expected {PLATFORM_ID}"))
        .with_help("make a profile for images: sealgate doctor --iam prints the command")
}

fn validity(about: &About, validity: Option<&str>) -> CheckReport {
    match validity {
        Some(validity) => about.ok("validity", format!("a signature is valid for {validity}")),
        None => about.note("validity", "AWS does not say how long a signature is valid"),
    }
}

/// The current version against the one of the ARN: `sign` refuses a signature of another version than was asked for.
fn version(about: &About, profile: &SigningProfileArn, current: &str, others: &[TrustedProfile]) -> CheckReport {
    const NAME: &str = "version";
    let current_arn = format!("{}/{current}", profile.without_version());
    let fact = |pinned: &str| format!("{current}, but the ARN pins {pinned}: new signatures are made with {current}");
    match profile.version() {
        None => {
            about.note(NAME, format!("{current}, not pinned: append /{current} to the ARN to trust only this version"))
        }
        Some(pinned) if pinned == current => about.ok(NAME, format!("{current}, as pinned")),
        Some(pinned) if others.iter().any(|other| other.as_str() == current_arn) => about.warning(NAME, fact(pinned)),
        Some(pinned) => about.failed(NAME, code::INVALID_SETTING, fact(pinned)).with_help(format!(
            "if the profile was changed on purpose, trust the new version: --profile {current_arn}"
        )),
    }
}

/// What can be said of a profile that AWS is not asked about by its name: how aliases are looked up is not public.
pub(super) fn by_alias(profile: &TrustedProfile) -> CheckReport {
    const NAME: &str = "alias";
    let about = about(profile);
    match profile {
        TrustedProfile::Alias(_) => {
            about.note(NAME, "whoever may point it at another signing profile decides who is trusted; where it points now is not checked")
        }
        _ => about.note(NAME, "the profile is used by its alias only; its status is not checked"),
    }
}

/// A query about a signature that does not exist: the permission for it covers all signatures of the profile.
pub(super) struct Dummy {
    region: String,
    profile_version: String,
    job: String,
    hashes: Vec<String>,
}

impl Dummy {
    /// None of an alias: what stands in a signature is the profile that it points to.
    pub(super) fn of(profile: &TrustedProfile) -> Option<Self> {
        let profile_version = match profile {
            TrustedProfile::Profile(named) => {
                format!("{}/{}", named.without_version(), named.version().unwrap_or(NO_VERSION))
            }
            TrustedProfile::Aliased(aliased) => aliased.to_string(),
            _ => return None,
        };
        Some(Self {
            region: profile.region().to_owned(),
            profile_version,
            job: format!("{}/{NO_JOB}", jobs_of(profile)),
            hashes: vec!["0".repeat(HASH_DIGITS)],
        })
    }

    pub(super) fn query(&self, now: Timestamp) -> RevocationQuery<'_> {
        RevocationQuery {
            region: &self.region,
            signature_timestamp: now.as_second(),
            platform_id: PLATFORM_ID,
            profile_version_arn: &self.profile_version,
            job_arn: &self.job,
            certificate_hashes: &self.hashes,
        }
    }
}

/// The signing jobs of the profile's account and region.
fn jobs_of(profile: &TrustedProfile) -> String {
    format!("arn:{}:signer:{}:{}:/signing-jobs", profile.partition(), profile.region(), profile.account())
}

/// Whether the revocation status of the profile's signatures can be asked for.
pub(super) fn revocation(
    profile: &TrustedProfile,
    answered: Result<&Result<RevocationAnswer, AwsError>, &Error>,
    revocation: RevocationCheck,
) -> CheckReport {
    const NAME: &str = "revocation";
    let about = about(profile);
    let weight = match revocation {
        RevocationCheck::ByPolicy => Weight::Needed,
        RevocationCheck::Skip => Weight::Optional,
    };
    match answered {
        Ok(Ok(RevocationAnswer { foreign_endpoint: None, .. })) => {
            about.ok(NAME, "AWS answers signer:GetRevocationStatus (asked about a job that does not exist)")
        }
        Ok(Ok(RevocationAnswer { foreign_endpoint: Some(endpoint), .. })) => {
            about.warning(NAME, format!("{endpoint} answers signer:GetRevocationStatus, but it is not AWS"))
        }
        // AWS looked at the question before it looked at the permission.
        Ok(Err(error)) if error.kind == AwsErrorKind::Invalid => {
            let why = format!("AWS was reached, but rejected a query about a job that does not exist: {error}");
            about.not_checked(NAME, why)
        }
        Ok(Err(error)) => {
            let resources = revocation_resources(&[resource(profile)]);
            about.aws(NAME, error, &resources, weight)
        }
        Err(late) => about.error(NAME, late, weight),
    }
}

/// What IAM calls a profile: without its version.
pub(super) fn resource(profile: &TrustedProfile) -> String {
    profile.profile().map_or_else(|| profile.to_string(), |named| named.without_version().to_string())
}

/// That the status cannot be asked for by an alias alone.
pub(super) fn revocation_of_alias(profile: &TrustedProfile) -> CheckReport {
    about(profile).not_checked("revocation", "AWS is asked about the signing profile, which only a signature names")
}

/// A profile of another account or partition than the credentials.
pub(super) fn owner(profile: &TrustedProfile, caller: &Caller) -> Option<CheckReport> {
    const NAME: &str = "owner";
    let partition = caller.arn.split(':').nth(1).unwrap_or_default();
    if partition != profile.partition() {
        let fact = format!("it is in partition {}, but the credentials are for {partition}", profile.partition());
        return Some(
            about(profile).failed(NAME, code::DENIED, fact).with_help("use credentials of the profile's partition"),
        );
    }
    (caller.account != profile.account()).then(|| {
        let fact = format!("account {}, which must share it with account {}", profile.account(), caller.account);
        about(profile).note(NAME, fact)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::facts::Operation;
    use crate::exit_code::ExitCode;
    use crate::report::CheckStatus;

    fn arn(rest: &str) -> SigningProfileArn {
        SigningProfileArn::parse(&format!("arn:aws:signer:us-west-2:111122223333:/signing-profiles/{rest}")).unwrap()
    }

    fn found() -> SigningProfile {
        SigningProfile {
            name: "release".to_owned(),
            version: "AbCdEf1234".to_owned(),
            platform_id: PLATFORM_ID.to_owned(),
            status: ProfileStatus::Active,
            validity: Some("135 months".to_owned()),
        }
    }

    fn told(arn: &SigningProfileArn, found: SigningProfile) -> Vec<CheckReport> {
        described(arn, &Ok(found), None, &[])
    }

    fn of(checks: &[CheckReport], name: &str) -> (CheckStatus, Option<ExitCode>, String) {
        let check = checks.iter().find(|check| check.name == name).unwrap();
        (check.status, check.exit_code, check.fact.clone())
    }

    #[test]
    fn an_active_profile_for_images_is_fine() {
        let checks = told(&arn("release/AbCdEf1234"), found());
        assert_eq!(checks.len(), 4);
        assert!(checks.iter().all(|check| check.status == CheckStatus::Ok), "{checks:?}");
        assert_eq!(of(&checks, "version").2, "AbCdEf1234, as pinned");
        assert_eq!(of(&checks, "validity").2, "a signature is valid for 135 months");
    }

    #[test]
    fn a_profile_that_does_not_sign_images_fails() {
        let status = |status| of(&told(&arn("release"), SigningProfile { status, ..found() }), "status");
        assert_eq!(status(ProfileStatus::Canceled).1, Some(ExitCode::Configuration));
        let revoked = status(ProfileStatus::Revoked {
            effective_from: Some("2026-01-02T03:04:05Z".parse().unwrap()),
            revoked_by: Some("arn:aws:iam::111122223333:user/u".to_owned()),
        });
        assert_eq!(
            revoked.2,
            "Revoked by arn:aws:iam::111122223333:user/u: what it has signed since 2026-01-02T03:04:05Z does not count"
        );
        assert_eq!(revoked.1, Some(ExitCode::Configuration));
        assert_eq!(
            status(ProfileStatus::Revoked { effective_from: None, revoked_by: None }).1,
            Some(ExitCode::Configuration)
        );
        assert_eq!(status(ProfileStatus::Other("Sleeping".to_owned())).0, CheckStatus::Warning);
        let lambda = SigningProfile { platform_id: "AWSLambda-SHA384-ECDSA".to_owned(), ..found() };
        assert_eq!(of(&told(&arn("release"), lambda), "platform").1, Some(ExitCode::Configuration));
        let renamed = SigningProfile { name: "Release".to_owned(), ..found() };
        let (_, exit, fact) = of(&told(&arn("release"), renamed), "status");
        assert!(exit == Some(ExitCode::Configuration) && fact.contains("Release"), "{fact}");
    }

    #[test]
    fn a_pinned_version_that_is_no_longer_the_current_one_fails_unless_the_new_one_is_given_too() {
        let (old, new) = (arn("release/0123456789"), arn("release/AbCdEf1234"));
        let checks = |others: &[TrustedProfile]| of(&described(&old, &Ok(found()), None, others), "version");
        assert_eq!(checks(&[old.clone().into()]).1, Some(ExitCode::Configuration));
        assert_eq!(checks(&[old.clone().into(), new.into()]).0, CheckStatus::Warning);
        assert_eq!(checks(&[arn("other/AbCdEf1234").into()]).0, CheckStatus::Failed);
        assert_eq!(of(&told(&arn("release"), found()), "version").0, CheckStatus::Note);
    }

    #[test]
    fn a_profile_that_is_not_there_fails_and_one_with_a_similar_name_is_named() {
        let error = AwsError::new(Operation::GET_SIGNING_PROFILE, AwsErrorKind::NotFound, "no");
        let checks = described(&arn("release"), &Err(error), Some("Release"), &[]);
        assert_eq!(of(&checks, "status").1, Some(ExitCode::NotFound));
        assert!(checks[0].help_text().contains("there is one called Release"), "{checks:?}");
    }

    #[test]
    fn that_a_profile_may_not_be_looked_at_is_a_warning_with_the_statement() {
        let error = AwsError::new(Operation::GET_SIGNING_PROFILE, AwsErrorKind::Denied, "no");
        let checks = described(&arn("release/AbCdEf1234"), &Err(error), None, &[]);
        let [check] = checks.as_slice() else { panic!("{checks:?}") };
        assert_eq!(check.status, CheckStatus::Warning);
        let statement = check.denial.as_ref().unwrap().statement.as_ref().unwrap().line();
        let expected = r#"{"Effect":"Allow","Action":"signer:GetSigningProfile","Resource":"arn:aws:signer:us-west-2:111122223333:/signing-profiles/release"}"#;
        assert_eq!(statement, expected);
    }

    #[test]
    fn the_question_about_revocation_is_well_formed() {
        let dummy = Dummy::of(&arn("release").into()).unwrap();
        let query = dummy.query("2026-06-01T12:00:00Z".parse().unwrap());
        assert!(SigningProfileArn::parse(query.profile_version_arn).unwrap().version().is_some());
        assert!(notary::extension::aws_signer::SigningJobArn::parse(query.job_arn).is_ok());
        let [hash] = query.certificate_hashes else { panic!("one certificate") };
        assert!(hash.len() == 192 && hash[..96] == hash[96..]);
        let pinned = arn("release/AbCdEf1234");
        assert_eq!(Dummy::of(&pinned.clone().into()).unwrap().profile_version, pinned.to_string());
    }

    #[test]
    fn an_alias_is_named_and_nothing_is_asked_about_it() {
        let arn = |rest: &str| TrustedProfile::parse(&format!("arn:aws:signer:us-west-2:111122223333:{rest}")).unwrap();
        let (alias, aliased) = (arn("/aliases/release"), arn("/aliased-signing-profiles/0c2b"));
        assert!(Dummy::of(&alias).is_none());
        assert_eq!(Dummy::of(&aliased).unwrap().profile_version, aliased.to_string());
        for (profile, words) in [(&alias, "whoever may point it"), (&aliased, "by its alias only")] {
            let (status, _, fact) = of(&[by_alias(profile)], "alias");
            assert!(status == CheckStatus::Note && fact.contains(words), "{fact}");
        }
        assert_eq!(of(&[revocation_of_alias(&alias)], "revocation").0, CheckStatus::NotChecked);
        let shown = revocation(
            &aliased,
            Ok(&Ok(RevocationAnswer { revoked_entities: Vec::new(), foreign_endpoint: None })),
            RevocationCheck::ByPolicy,
        );
        assert_eq!(shown.status, CheckStatus::Ok);
    }

    #[test]
    fn revocation_is_allowed_or_not_or_not_to_be_seen() {
        let told = |answered: Result<RevocationAnswer, AwsError>, check| {
            revocation(&arn("release").into(), Ok(&answered), check)
        };
        let answer = |foreign: Option<&str>| {
            Ok(RevocationAnswer { revoked_entities: Vec::new(), foreign_endpoint: foreign.map(str::to_owned) })
        };
        let error = |kind| Err(AwsError::new(Operation::GET_REVOCATION_STATUS, kind, "no"));
        let needed = RevocationCheck::ByPolicy;
        assert_eq!(told(answer(None), needed).status, CheckStatus::Ok);
        assert_eq!(told(answer(Some("http://127.0.0.1:1")), needed).status, CheckStatus::Warning);
        assert_eq!(told(error(AwsErrorKind::Invalid), needed).status, CheckStatus::NotChecked);
        let denied = told(error(AwsErrorKind::Denied), needed);
        assert_eq!(denied.exit_code, Some(ExitCode::Denied));
        assert_eq!(denied.denial.unwrap().resources, revocation_resources(&[arn("release").to_string()]));
        assert_eq!(told(error(AwsErrorKind::Denied), RevocationCheck::Skip).status, CheckStatus::Warning);
        assert_eq!(told(error(AwsErrorKind::Unavailable), needed).exit_code, Some(ExitCode::Unavailable));
        let late = Error::new(code::UNAVAILABLE, "no answer within 30 s");
        assert_eq!(revocation(&arn("release").into(), Err(&late), needed).exit_code, Some(ExitCode::Unavailable));
    }

    #[test]
    fn credentials_of_another_account_or_partition_are_told() {
        let caller = |partition: &str, account: &str| Caller {
            account: account.to_owned(),
            arn: format!("arn:{partition}:iam::{account}:user/u"),
        };
        assert_eq!(owner(&arn("release").into(), &caller("aws", "111122223333")), None);
        let other = owner(&arn("release").into(), &caller("aws", "444455556666")).unwrap();
        assert_eq!(other.status, CheckStatus::Note);
        assert_eq!(
            owner(&arn("release").into(), &caller("aws-us-gov", "111122223333")).unwrap().exit_code,
            Some(ExitCode::Denied)
        );
    }
}
