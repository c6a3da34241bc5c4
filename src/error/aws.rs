//! What to do when AWS does not do what was asked.

use jiff::SignedDuration;
use notary::extension::aws_signer::{AwsSignerFailure, SigningProfileArn};
use notary::sign::SignError;
use notary::verify::Failure;

use super::{Code, Error, code};
use crate::aws::facts::denial::{Denial, revocation_statement, statement};
use crate::aws::facts::{AwsError, AwsErrorKind, Operation};
use crate::report::{Audience, Help};
use crate::signer::AwsSignerError;

impl From<AwsError> for Error {
    fn from(error: AwsError) -> Self {
        Self::of_aws(&error, None)
    }
}

impl From<AwsSignerError> for Error {
    fn from(error: AwsSignerError) -> Self {
        match &error {
            AwsSignerError::PayloadTooLarge { over, .. } => Self::of(code::INVALID_SETTING, &error)
                .help(format!("shorten --user-metadata by at least {over} bytes")),
            AwsSignerError::Call { profile, source } => {
                advise(Self::of(code_of(source), &error), source, Some(&profile.to_string()))
            }
            AwsSignerError::Returned { source, clock_off } if let Some(off) = wrong_clock(source, *clock_off) => {
                Self::of(code::SIGNER_ANSWER, &error).help(set_clock(Some(off)))
            }
            AwsSignerError::Returned { source, .. } if let Some(signed) = other_version(source) => {
                Self::of(code::SIGNER_ANSWER, &error)
                    .help(format!("AWS Signer signs with the current version of a profile: --profile {signed}"))
                    .help("or leave out the version, but first find out who made a new one")
            }
            AwsSignerError::Returned { .. } => Self::of(code::SIGNER_ANSWER, &error)
                .help("run the command again; if it still fails, ask AWS Support, with the name of the signing profile")
                .help("if --endpoint-url or AWS_ENDPOINT_URL is set, the answer did not come from AWS"),
        }
    }
}

/// The version that signed, where it is another one of the profile that was asked for.
fn other_version(returned: &SignError) -> Option<&SigningProfileArn> {
    let SignError::Rejected(failure) = returned else { return None };
    let Failure::AwsSigner(failure) = failure.as_ref() else { return None };
    let AwsSignerFailure::AnotherProfile { signed, identities, .. } = failure.as_ref() else { return None };
    let asked = identities.iter().filter_map(|identity| SigningProfileArn::parse(identity).ok());
    let signed = signed.version()?;
    asked.into_iter().any(|asked| asked.without_version() == signed.without_version()).then_some(signed)
}

/// How far off AWS takes requests for sure.
const USABLE_CLOCK: SignedDuration = SignedDuration::from_mins(5);

/// From when on a difference of clocks is told.
const CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_mins(1);

/// How far this machine's clock is off, where that is why the time of a signature that was just made is refused. The dates of
/// the servers say so, or where there are none the signature itself.
fn wrong_clock(returned: &SignError, by_servers: Option<SignedDuration>) -> Option<SignedDuration> {
    let (signed, now) = match returned {
        SignError::SignedLongAgo { signing_time, now } => (signing_time, now),
        SignError::Rejected(failure) => match failure.as_ref() {
            Failure::SignedInFuture { signing_time, now } => (signing_time, now),
            _ => return None,
        },
        _ => return None,
    };
    let by_signature = now.duration_since(*signed);
    let off = by_servers.unwrap_or(by_signature);
    (off.abs() >= CLOCK_DIFFERENCE && off.is_negative() == by_signature.is_negative()).then_some(off)
}

/// The next step where the clock is wrong, with how far it is off where that is known.
fn set_clock(off: Option<SignedDuration>) -> String {
    match off.filter(|off| off.abs() >= CLOCK_DIFFERENCE) {
        Some(off) => {
            let direction = if off.is_negative() { "behind" } else { "ahead of" };
            format!("set the clock of this machine (NTP): it is {} {direction} AWS's", duration(off))
        }
        None => "set the clock of this machine: AWS accepts requests for five minutes only".to_owned(),
    }
}

/// A duration in the two largest units that it needs.
fn duration(off: SignedDuration) -> String {
    match off.abs().as_secs() {
        seconds @ ..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

impl Error {
    /// A call that did not succeed, with the next step. `resource` is what it was about, where that is known.
    pub(crate) fn of_aws(error: &AwsError, resource: Option<&str>) -> Self {
        advise(Self::of(code_of(error), error), error, resource)
    }
}

pub(super) const fn code_of(error: &AwsError) -> &'static Code {
    match error.kind {
        AwsErrorKind::NoCredentials
        | AwsErrorKind::Expired
        | AwsErrorKind::ClockSkew
        | AwsErrorKind::Denied
        | AwsErrorKind::Proxy => code::DENIED,
        AwsErrorKind::NotFound => code::NOT_FOUND,
        AwsErrorKind::Throttled | AwsErrorKind::Unavailable => code::UNAVAILABLE,
        AwsErrorKind::Invalid | AwsErrorKind::Malformed | AwsErrorKind::Untrusted => code::AWS_REFUSED,
        AwsErrorKind::Setting => code::INVALID_SETTING,
    }
}

/// The next step after a call that did not succeed. `resource` is what it was about, where the caller knows.
pub(super) fn advise(told: Error, error: &AwsError, resource: Option<&str>) -> Error {
    if error.operation == Operation::CREDENTIAL_PROCESS {
        // The SDK's settings say which program it is, and only it knows what it waits for.
        return told
            .help("run the profile's credential_process program on its own: it must print JSON and exit")
            .help("it must finish within --timeout, and cannot ask for input");
    }
    match error.kind {
        AwsErrorKind::NoCredentials => told
            .help(Help::in_jobs_of(
                Audience::GitHub,
                "GitHub Actions: `permissions: id-token: write` in the job, and --role-arn ARN",
            ))
            .help(Help::in_jobs_of(
                Audience::GitLab,
                "GitLab CI: an entry under `id_tokens`, its name as --oidc-token-env NAME, and --role-arn ARN",
            ))
            .help(Help::in_jobs_of(
                Audience::CodeBuild,
                "CodeBuild: the service role is used automatically; `docker run` needs -e AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            ))
            .help(Help::in_jobs_of(
                Audience::Elsewhere,
                "elsewhere: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or --aws-profile NAME (after aws sso login)",
            )),
        AwsErrorKind::Expired => {
            told.help("get new credentials right before this step: they expire with the session they were issued for")
        }
        AwsErrorKind::ClockSkew => told.help(set_clock(error.clock_off)),
        AwsErrorKind::Denied => denied(told, error, resource),
        AwsErrorKind::NotFound => match resource {
            Some(profile) if error.is_of_signer() => told
                .help(format!("check the name, account, and region of {profile}"))
                .help("make one: sealgate doctor --iam prints the command"),
            _ => told,
        },
        AwsErrorKind::Throttled if error.is_of_signer() => {
            told.help("try again later: all jobs of the account and region share AWS Signer's limit of 10 requests per second")
        }
        AwsErrorKind::Throttled => {
            told.help("try again later: all jobs of the account and region share what AWS allows of these requests")
        }
        AwsErrorKind::Unavailable => told.help("check the network, the proxy variables, and the region, then try again"),
        AwsErrorKind::Invalid => match (error.operation, resource) {
            (Operation::ASSUME_ROLE_WITH_WEB_IDENTITY, _) => {
                told.help("check the ARN of the role, and that the variable or file of the token holds one")
            }
            (Operation::ASSUME_ROLE, _) => told.help("check the ARN of the role"),
            (_, Some(profile)) if error.is_of_signer() => {
                told.help(Help::doctor(format!("check the status of the signing profile: sealgate doctor --profile {profile}")))
            }
            _ => told,
        },
        AwsErrorKind::Malformed => told.help("something between this machine and AWS changes its answers: a proxy or endpoint"),
        AwsErrorKind::Untrusted => told
            .help("if a proxy or firewall on the way to AWS ends TLS, its certificate authority belongs in the file of --ca-file or AWS_CA_BUNDLE")
            .help("if the certificate is outside its time, check the clock of this machine"),
        AwsErrorKind::Proxy => told
            .help("let whoever runs the proxy allow this host; a user name and password go into HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT")
            .help("or, if the host is reached without a proxy, add it to NO_PROXY"),
        AwsErrorKind::Setting => told.help("fix the setting that is named, and run the command again"),
    }
}

/// Which permission is missing, and the statement that gives it.
fn denied(told: Error, error: &AwsError, resource: Option<&str>) -> Error {
    if error.is_about_credentials() {
        // A signature of another time may be refused in other words, too.
        let told = match error.clock_off {
            Some(off) if off.abs() >= USABLE_CLOCK => told.help(set_clock(Some(off))),
            _ => told,
        };
        return told
            .help("access key, secret, and session token must come from the same session: copy all three again")
            .help(Help::doctor("sealgate doctor shows where the credentials come from"));
    }
    if let Some(denial) = Denial::parse(&error.message) {
        if denial.explicit {
            let Denial { action, resource, .. } = &denial;
            return told.help(format!(
                "a policy explicitly denies {action} on {resource}: ask the account's administrator to find it"
            ));
        }
        let told = told.help(format!("allow it for {}: {}", denial.principal, denial.statement(resource)));
        return match other_account(&denial) {
            Some((profile, account)) => told.help(format!(
                "account {} owns the profile and must permit it too: aws signer add-profile-permission --region {} \
                 --profile-name {} --principal {account} --action {} --statement-id sealgate",
                profile.account(),
                profile.region(),
                profile.name(),
                denial.action
            )),
            None => told,
        };
    }
    match error.operation {
        Operation::ASSUME_ROLE_WITH_WEB_IDENTITY => told
            .help("the role's trust policy must match the token: sealgate doctor --iam prints one")
            .help("the token's issuer, audience, and subject must all match; check the branch or environment"),
        Operation::CREDENTIALS | Operation::GET_CALLER_IDENTITY => {
            told.help(Help::doctor("check the credentials: sealgate doctor shows which are used and whose they are"))
        }
        Operation::GET_REVOCATION_STATUS => {
            told.help(format!("allow it for the job's role: {}", revocation_statement(resource.unwrap_or("*"))))
        }
        // It is asked for on the role, and whoever may assume a role is said there as well.
        Operation::ASSUME_ROLE => told
            .help("allow sts:AssumeRole on the role of --role-arn for the job's own identity, in a policy of that identity")
            .help("and name that identity as the principal in the role's trust policy"),
        Operation(action) => {
            told.help(format!("allow it for the job's role: {}", statement(action, resource.unwrap_or("*"))))
        }
    }
}

/// The signing profile, where it is another account's than the principal, and the account of the principal.
fn other_account(denial: &Denial) -> Option<(SigningProfileArn, &str)> {
    let profile = SigningProfileArn::parse(&denial.resource).ok()?;
    let account = denial.principal.split(':').nth(4)?;
    // It becomes a part of a command, and is a server's word.
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    (account != profile.account()).then_some((profile, account))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit_code::ExitCode;

    fn error(operation: Operation, kind: AwsErrorKind, message: &str) -> AwsError {
        AwsError::new(operation, kind, message)
    }

    #[test]
    fn a_command_to_copy_holds_nothing_that_a_server_made_up() {
        let help = |account: &str| {
            let sentence = format!(
                "User: arn:aws:iam::{account}:user/u is not authorized to perform: signer:SignPayload on resource: \
                arn:aws:signer:us-west-2:111122223333:/signing-profiles/p1 because no policy allows it"
            );
            Error::from(error(Operation::SIGN_PAYLOAD, AwsErrorKind::Denied, &sentence)).report().help_text()
        };
        assert!(help("444455556666").contains("aws signer add-profile-permission"));
        assert!(!help("111122223333").contains("aws signer add-profile-permission"));
        assert!(!help("$(reboot)").contains("aws signer add-profile-permission"));
    }

    #[test]
    fn each_kind_has_its_exit_code_and_a_next_step() {
        for (kind, expected) in [
            (AwsErrorKind::NoCredentials, ExitCode::Denied),
            (AwsErrorKind::Expired, ExitCode::Denied),
            (AwsErrorKind::ClockSkew, ExitCode::Denied),
            (AwsErrorKind::Denied, ExitCode::Denied),
            (AwsErrorKind::NotFound, ExitCode::NotFound),
            (AwsErrorKind::Throttled, ExitCode::Unavailable),
            (AwsErrorKind::Unavailable, ExitCode::Unavailable),
            (AwsErrorKind::Invalid, ExitCode::Configuration),
            (AwsErrorKind::Malformed, ExitCode::Configuration),
            (AwsErrorKind::Setting, ExitCode::Configuration),
        ] {
            let source = error(Operation::SIGN_PAYLOAD, kind, "x");
            let told = advise(Error::of(code_of(&source), &source), &source, Some("arn:x"));
            assert_eq!(told.exit_code(), expected, "{kind:?}");
            assert!(!told.report().help.is_empty(), "{kind:?}");
        }
    }

    #[test]
    fn a_clock_that_is_wrong_is_told_with_how_far_it_is_off() {
        let off = |seconds: i64| Some(SignedDuration::from_secs(seconds));
        let help = |kind, code: &str, clock_off| {
            let error = AwsError { code: Some(code.to_owned()), clock_off, ..error(Operation::ECR_LOGIN, kind, "no") };
            Error::from(error).report().help_text()
        };
        for (seconds, expected) in
            [(-350, "5 min 50 s behind AWS's"), (1000, "16 min 40 s ahead of AWS's"), (-7290, "2 h 1 min behind AWS's")]
        {
            let told = help(AwsErrorKind::ClockSkew, "RequestExpired", off(seconds));
            assert!(told.contains(expected), "{told}");
            let told = help(AwsErrorKind::Denied, "SignatureDoesNotMatch", off(seconds));
            assert!(told.contains(expected) && told.contains("secret"), "{told}");
        }
        for unknown in [None, off(20)] {
            assert!(help(AwsErrorKind::ClockSkew, "RequestExpired", unknown).contains("five minutes only"));
            assert!(!help(AwsErrorKind::Denied, "SignatureDoesNotMatch", unknown).contains("clock"));
        }
        // What was signed in another time than ours: by our clock's fault, or by that of who signed.
        let at = |text: &str| text.parse().unwrap();
        let (signed, now) = (at("2026-06-01T12:06:00Z"), at("2026-06-01T12:00:00Z"));
        let future = || SignError::Rejected(Box::new(Failure::SignedInFuture { signing_time: signed, now }));
        let past = || SignError::SignedLongAgo { signing_time: now, now: signed };
        let told = |source: SignError, clock_off| {
            Error::from(AwsSignerError::Returned { source: Box::new(source), clock_off }).report().help_text()
        };
        for (source, clock_off, expected) in [
            (future(), off(-355), "5 min 55 s behind"),
            (future(), None, "6 min 0 s behind"),
            (past(), off(400), "6 min 40 s ahead of"),
            (past(), None, "6 min 0 s ahead of"),
        ] {
            let told = told(source, clock_off);
            assert!(told.contains(expected) && !told.contains("AWS Support"), "{told}");
        }
        for (source, clock_off) in
            [(future(), off(0)), (future(), off(400)), (past(), off(-400)), (SignError::PayloadChanged, off(-400))]
        {
            assert!(told(source, clock_off).contains("AWS Support"));
        }
    }

    #[test]
    fn advice_is_about_the_service_that_was_asked() {
        let help = |operation, kind| {
            let source = error(operation, kind, "no");
            advise(Error::of(code_of(&source), &source), &source, Some("arn:p")).report().help_text()
        };
        assert!(help(Operation::SIGN_PAYLOAD, AwsErrorKind::Throttled).contains("AWS Signer's limit"));
        for operation in [Operation::ASSUME_ROLE, Operation::ASSUME_ROLE_WITH_WEB_IDENTITY, Operation::ECR_LOGIN] {
            let told = help(operation, AwsErrorKind::Throttled);
            assert!(told.contains("try again later") && !told.contains("Signer"), "{told}");
            for kind in [AwsErrorKind::Invalid, AwsErrorKind::NotFound] {
                assert!(!help(operation, kind).contains("profile"), "{operation} {kind:?}");
            }
        }
        assert!(help(Operation::ASSUME_ROLE_WITH_WEB_IDENTITY, AwsErrorKind::Invalid).contains("the ARN of the role"));
        assert!(help(Operation::SIGN_PAYLOAD, AwsErrorKind::Invalid).contains("doctor --profile arn:p"));
    }

    #[test]
    fn advice_about_a_program_of_a_profile_is_about_the_program() {
        for (kind, exit) in
            [(AwsErrorKind::Unavailable, ExitCode::Unavailable), (AwsErrorKind::NoCredentials, ExitCode::Denied)]
        {
            let told = Error::from(error(Operation::CREDENTIAL_PROCESS, kind, "x"));
            assert_eq!(told.exit_code(), exit);
            assert!(told.report().help_text().contains("credential_process"), "{told:?}");
        }
    }

    #[test]
    fn wrong_credentials_are_no_missing_permission() {
        for code in ["InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException"] {
            let wrong =
                AwsError { code: Some(code.to_owned()), ..error(Operation::SIGN_PAYLOAD, AwsErrorKind::Denied, "no") };
            let help = Error::from(wrong).report().help_text();
            assert!(help.contains("secret") && !help.contains("Effect"), "{help}");
        }
    }

    #[test]
    fn a_denial_names_the_statement_that_is_missing() {
        let sentence = "User: arn:aws:iam::111122223333:user/u is not authorized to perform: signer:SignPayload on \
            resource: arn:aws:signer:r-1:111122223333:/signing-profiles/p1 because no policy allows it";
        let told = Error::from(error(Operation::SIGN_PAYLOAD, AwsErrorKind::Denied, sentence));
        let help = told.report().help_text();
        assert!(help.contains("arn:aws:iam::111122223333:user/u") && help.contains("\"signer:SignPayload\""), "{help}");
        let told = Error::from(error(Operation::GET_REVOCATION_STATUS, AwsErrorKind::Denied, "no"));
        let help = told.report().help_text();
        assert!(help.contains("\"signer:GetRevocationStatus\""), "{help}");
        let explicit = sentence.replace("because no policy allows it", "with an explicit deny");
        let told = Error::from(error(Operation::SIGN_PAYLOAD, AwsErrorKind::Denied, &explicit));
        assert!(told.report().help_text().contains("explicitly denies"));
    }
}
