//! The credentials for AWS: their source, identity and expiry, never the credentials themselves.

use std::path::Path;

use jiff::SignedDuration;
use notary::Timestamp;

use super::check::{About, Weight};
use crate::aws::facts::files::shown_path;
use crate::aws::facts::settings::{IdentitySettings, TokenSource};
use crate::aws::facts::{AwsError, AwsErrorKind};
use crate::aws::{Caller, CredentialFacts};
use crate::env::{self, Env};
use crate::error::{Error, code};
use crate::report::{Area, CheckReport};

const ABOUT: About = About::area(Area::AwsCredentials);

/// Credentials that end sooner than this may end in the middle of the job.
const SHORT: SignedDuration = SignedDuration::from_mins(15);

pub(super) fn source(facts: CredentialFacts, identity: &IdentitySettings, environment: &Env) -> CheckReport {
    ABOUT.ok("source", source_words(Some(facts), identity, environment))
}

/// Why there are none. If nothing needs them, that is not a failure.
pub(super) fn missing(error: &AwsError, identity: &IdentitySettings, environment: &Env, weight: Weight) -> CheckReport {
    if weight == Weight::Optional && error.kind == AwsErrorKind::NoCredentials {
        return ABOUT.note("source", "none found; only AWS Signer and ECR need them");
    }
    let told = ABOUT.aws("source", error, &[], weight);
    match error.kind {
        AwsErrorKind::NoCredentials => told,
        _ => {
            let tried = source_words(None, identity, environment);
            CheckReport { causes: [vec![format!("tried: {tried}")], told.causes].concat(), ..told }
        }
    }
}

/// The identity they belong to. STS answers without a permission; where IAM refuses even that, they are genuine all the same.
pub(super) fn caller(found: &Result<Caller, AwsError>, weight: Weight) -> CheckReport {
    const NAME: &str = "caller";
    match found {
        Ok(Caller { account, arn }) => ABOUT.ok(NAME, format!("{arn} (account {account})")),
        Err(error) => {
            let told = ABOUT.aws(NAME, error, &[], weight);
            if told.denial.is_some() { ABOUT.aws(NAME, error, &[], Weight::Optional) } else { told }
        }
    }
}

pub(super) fn expiry(facts: CredentialFacts, now: Timestamp) -> CheckReport {
    const NAME: &str = "expiry";
    let Some(expiry) = facts.expiry else {
        return ABOUT.note(NAME, "unknown: long-lived keys, or variables, which do not include it");
    };
    let left = expiry.duration_since(now);
    let fact = format!("{expiry}, in {} min", left.as_secs() / 60);
    if left <= SignedDuration::ZERO {
        ABOUT
            .failed(NAME, code::DENIED, format!("they expired at {expiry:.0}"))
            .with_help("get new ones right before this step")
    } else if left < SHORT {
        ABOUT.warning(NAME, fact).with_help("get new ones right before this step: the job may take longer")
    } else {
        ABOUT.ok(NAME, fact)
    }
}

/// It is not known whom AWS would be asked as.
pub(super) fn unknown() -> CheckReport {
    ABOUT.not_checked("source", "a setting about AWS cannot be used")
}

/// No answer within the time limit.
pub(super) fn late(name: &'static str, error: &Error, weight: Weight) -> CheckReport {
    ABOUT.error(name, error, weight)
}

/// Where credentials come from: as the settings have it, and which source of the SDK that was.
fn source_words(facts: Option<CredentialFacts>, identity: &IdentitySettings, environment: &Env) -> String {
    let noted = facts.and_then(|facts| facts.source);
    let of_files = |name: &str| format!("profile {} of the AWS configuration files", shown_path(Path::new(name)));
    match identity {
        IdentitySettings::Role(role) => {
            let with = match &role.token {
                TokenSource::Variable { name, .. } => format!("the OIDC token in {name}"),
                TokenSource::GitHub { .. } => "an OIDC token of GitHub's runner".to_owned(),
                TokenSource::File(path) => format!("the OIDC token in {}", shown_path(path)),
                TokenSource::None => "the job's own credentials".to_owned(),
            };
            match facts {
                Some(CredentialFacts { token_refused: true, .. }) => {
                    format!("role {}, assumed with the job's own credentials: it does not trust {with}", role.arn)
                }
                _ => format!("role {}, assumed with {with}", role.arn),
            }
        }
        IdentitySettings::Profile(name) => of_files(name),
        IdentitySettings::Chain => {
            let hint = hint(noted, environment);
            match (noted, hint) {
                (Some(noted), Some(hint)) => format!("{noted} ({hint})"),
                (Some(noted), None) => noted.to_owned(),
                (None, Some(hint)) => format!("what {hint} says"),
                (None, None) => "what the AWS SDK finds in its files, the container or the instance".to_owned(),
            }
        }
    }
}

/// The variable behind a source of the SDK's chain; without a source, the first of the chain that is set.
fn hint(noted: Option<&str>, environment: &Env) -> Option<String> {
    let variables = [
        ("variables", env::AWS_ACCESS_KEY_ID),
        ("a profile of the configuration files", env::AWS_PROFILE),
        ("a profile of the configuration files", env::AWS_DEFAULT_PROFILE),
        ("IAM Identity Center", env::AWS_PROFILE),
        ("IAM Identity Center", env::AWS_DEFAULT_PROFILE),
        ("a web identity token", env::AWS_WEB_IDENTITY_TOKEN_FILE),
        ("the container's endpoint", env::AWS_CONTAINER_CREDENTIALS_RELATIVE_URI),
        ("the container's endpoint", env::AWS_CONTAINER_CREDENTIALS_FULL_URI),
    ];
    let fitting = |(source, variable): &(&str, &env::Variable)| {
        noted.is_none_or(|noted| noted == *source) && environment.get(variable).is_some()
    };
    let (_, variable) = variables.into_iter().find(fitting)?;
    Some(match environment.get(variable).filter(|_| variable.name.ends_with("_PROFILE")) {
        Some(profile) => format!("{} = {}", variable.name, shown_path(Path::new(profile))),
        None => variable.name.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use crate::exit_code::ExitCode;
    use std::path::PathBuf;

    use super::*;
    use crate::aws::facts::Operation;
    use crate::aws::facts::settings::RoleSettings;
    use crate::report::CheckStatus;

    fn words(noted: Option<&'static str>, identity: &IdentitySettings, variables: &[(&str, &str)]) -> String {
        source(CredentialFacts { source: noted, token_refused: false, expiry: None }, identity, &Env::of(variables))
            .fact
    }

    #[test]
    fn the_source_is_what_is_set_and_what_the_sdk_says() {
        let chain = IdentitySettings::Chain;
        let key = ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
        for (noted, variables, expected) in [
            (Some("variables"), &[key][..], "variables (AWS_ACCESS_KEY_ID)"),
            (
                Some("the container's endpoint"),
                &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "x")],
                "the container's endpoint (AWS_CONTAINER_CREDENTIALS_FULL_URI)",
            ),
            (
                Some("a profile of the configuration files"),
                &[("AWS_PROFILE", "prod")],
                "a profile of the configuration files (AWS_PROFILE = prod)",
            ),
            (Some("a profile of the configuration files"), &[], "a profile of the configuration files"),
            (Some("the instance's metadata service"), &[], "the instance's metadata service"),
            (None, &[key], "what AWS_ACCESS_KEY_ID says"),
            (None, &[], "what the AWS SDK finds in its files, the container or the instance"),
        ] {
            assert_eq!(words(noted, &chain, variables), expected);
        }
        assert_eq!(
            words(None, &IdentitySettings::Profile("prod".to_owned()), &[key]),
            "profile prod of the AWS configuration files"
        );
        let role = |token| {
            let arn = "arn:aws:iam::111122223333:role/ci".to_owned();
            IdentitySettings::Role(RoleSettings { arn, session_name: "s".to_owned(), token })
        };
        for (token, expected) in [
            (TokenSource::Variable { name: "T".to_owned(), token: "secret".into() }, "the OIDC token in T"),
            (TokenSource::GitHub { url: "secret".into(), token: "secret".into() }, "an OIDC token of GitHub's runner"),
            (TokenSource::File(PathBuf::from("/t")), "the OIDC token in /t"),
            (TokenSource::File(PathBuf::from("eyJ.secret")), "the OIDC token in (not shown: it looks like a token)"),
            (TokenSource::None, "the job's own credentials"),
        ] {
            let told = words(Some("variables"), &role(token), &[key]);
            assert_eq!(told, format!("role arn:aws:iam::111122223333:role/ci, assumed with {expected}"));
        }
        let refused = CredentialFacts { source: Some("an assumed role"), token_refused: true, expiry: None };
        let told = source(refused, &role(TokenSource::File(PathBuf::from("/t"))), &Env::of(&[key])).fact;
        let expected = "assumed with the job's own credentials: it does not trust the OIDC token in /t";
        assert_eq!(told, format!("role arn:aws:iam::111122223333:role/ci, {expected}"));
    }

    #[test]
    fn credentials_are_missed_only_where_they_are_needed() {
        let environment = Env::of(&[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x")]);
        let told = |kind, weight| {
            let error = AwsError::new(Operation::CREDENTIALS, kind, "no");
            missing(&error, &IdentitySettings::Chain, &environment, weight)
        };
        let check = told(AwsErrorKind::NoCredentials, Weight::Optional);
        assert_eq!(check.status, CheckStatus::Note);
        let check = told(AwsErrorKind::NoCredentials, Weight::Needed);
        assert_eq!((check.status, check.exit_code), (CheckStatus::Failed, Some(ExitCode::Denied)));
        assert!(check.help_text().contains("id_tokens"), "{:?}", check.help);
        let check = told(AwsErrorKind::Unavailable, Weight::Needed);
        assert_eq!(
            (check.exit_code, check.causes[0].as_str()),
            (Some(ExitCode::Unavailable), "tried: what AWS_CONTAINER_CREDENTIALS_RELATIVE_URI says")
        );
        assert_eq!(told(AwsErrorKind::Unavailable, Weight::Optional).status, CheckStatus::Warning);
    }

    #[test]
    fn wrong_credentials_fail_and_a_denial_of_the_question_does_not() {
        let refused = |code: &str, message: &str| {
            let error = AwsError::new(Operation::GET_CALLER_IDENTITY, AwsErrorKind::Denied, message);
            caller(&Err(AwsError { code: Some(code.to_owned()), ..error }), Weight::Needed)
        };
        let wrong = refused("InvalidClientTokenId", "The security token included in the request is invalid.");
        assert_eq!((wrong.status, wrong.exit_code, wrong.denial), (CheckStatus::Failed, Some(ExitCode::Denied), None));
        let sentence = "User: arn:aws:iam::111122223333:user/u is not authorized to perform: sts:GetCallerIdentity on \
            resource: * because no VPC endpoint policy allows the sts:GetCallerIdentity action";
        let denied = refused("AccessDenied", sentence);
        assert_eq!(denied.status, CheckStatus::Warning);
        assert_eq!(denied.fact, "arn:aws:iam::111122223333:user/u is not allowed to call sts:GetCallerIdentity on *");
        let found = Caller { account: "111122223333".to_owned(), arn: "arn:aws:iam::111122223333:user/u".to_owned() };
        assert_eq!(caller(&Ok(found), Weight::Needed).fact, "arn:aws:iam::111122223333:user/u (account 111122223333)");
    }

    #[test]
    fn credentials_that_end_soon_are_a_warning() {
        let now: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let told = |end: Option<&str>| {
            expiry(
                CredentialFacts { source: None, token_refused: false, expiry: end.map(|end| end.parse().unwrap()) },
                now,
            )
        };
        for (end, status) in [
            (None, CheckStatus::Note),
            (Some("2026-06-01T13:00:00Z"), CheckStatus::Ok),
            (Some("2026-06-01T12:14:59Z"), CheckStatus::Warning),
            (Some("2026-06-01T12:00:00Z"), CheckStatus::Failed),
        ] {
            assert_eq!(told(end).status, status, "{end:?}");
        }
        assert_eq!(told(Some("2026-06-01T13:00:00Z")).fact, "2026-06-01T13:00:00Z, in 60 min");
    }
}
