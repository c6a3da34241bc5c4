//! The job: which CI system runs it, whether it has an identity token, and what weakens its checks.

use notary::Timestamp;

use super::check::{About, Weight};
use crate::aws::TokenClaims;
use crate::aws::facts::files::shown_path;
use crate::aws::facts::settings::{IdentitySettings, RoleSettings, TokenSource};
use crate::aws::facts::{AwsError, AwsErrorKind};
use crate::ci::change::Change;
use crate::ci::{CiSystem, Detected};
use crate::env::{self, Env};
use crate::error::{Error, code};
use crate::report::{Area, CheckReport, Weakening};

const ABOUT: About = About::area(Area::Job);

const TOKEN: &str = "oidc-token";

const GITHUB_HELP: &str = "give the job tokens: `permissions: { id-token: write, contents: read }` in the workflow";

const GITLAB_HELP: &str = "give the job a token: `id_tokens: { AWS_ID_TOKEN: { aud: sts.amazonaws.com } }`, and --oidc-token-env AWS_ID_TOKEN";

/// Which CI system was recognized, and by what.
pub(super) fn system(ci: Detected) -> CheckReport {
    let named = if ci.is_named() { format!("; --ci {} was given", ci.system.row().word) } else { String::new() };
    match ci.because {
        Some(variable) => ABOUT.ok("ci-system", format!("{} ({variable} is set){named}", ci.job().name())),
        None => ABOUT.note("ci-system", format!("none: no variable of a CI system is set{named}")),
    }
}

/// Whose change the job is about, if it is a pull request.
pub(super) fn change(change: &Change) -> Option<CheckReport> {
    const NAME: &str = "pull-request";
    match change {
        Change::Own => None,
        Change::PullRequest => Some(ABOUT.note(NAME, "its head is in the repository itself")),
        Change::Fork(fork) => Some(ABOUT.warning(
            NAME,
            format!("from a fork, for which `sign` signs nothing, and whose files decide no trust ({fork})"),
        )),
    }
}

/// The result of the request for the token with which the role is assumed; `None` if no token is used.
pub(super) type Token = Option<Result<Option<TokenClaims>, AwsError>>;

/// The token of the job: what it says, or why there is none.
pub(super) fn token(
    token: &Token,
    identity: &IdentitySettings,
    ci: Detected,
    environment: &Env,
    now: Timestamp,
) -> Option<CheckReport> {
    match token {
        None => unused_token(identity, ci, environment),
        Some(Err(error)) => {
            let told = ABOUT.aws(TOKEN, error, &[], Weight::Needed);
            let of_github =
                matches!(identity, IdentitySettings::Role(RoleSettings { token: TokenSource::GitHub { .. }, .. }));
            Some(if of_github && error.kind == AwsErrorKind::Denied { told.with_help(GITHUB_HELP) } else { told })
        }
        Some(Ok(None)) => {
            let fact = format!("{} is not a JSON Web Token", source(identity));
            Some(
                ABOUT
                    .failed(TOKEN, code::INVALID_SETTING, fact)
                    .with_help("give the variable or file that contains the token"),
            )
        }
        Some(Ok(Some(claims))) => Some(read_token(claims, identity, now)),
    }
}

/// No answer within the time limit.
pub(super) fn late_token(late: &Error) -> CheckReport {
    ABOUT.error(TOKEN, late, Weight::Needed)
}

/// What a token says. It is the trust policy of the role that has to fit, so all that counts there is shown.
fn read_token(claims: &TokenClaims, identity: &IdentitySettings, now: Timestamp) -> CheckReport {
    let TokenClaims { issuer, audience, subject, expiry } = claims;
    let fact = format!("{}: subject {subject}, audience {audience}, issuer {issuer}", source(identity));
    match expiry.filter(|expiry| *expiry <= now) {
        Some(expiry) => ABOUT
            .failed(TOKEN, code::DENIED, format!("{fact}; it expired at {expiry:.0}"))
            .with_help("assume the role right after the job begins: the token is valid for only a few minutes"),
        None => ABOUT.ok(TOKEN, fact),
    }
}

fn source(identity: &IdentitySettings) -> String {
    let IdentitySettings::Role(role) = identity else { return "the token".to_owned() };
    match &role.token {
        TokenSource::Variable { name, .. } => format!("the token in {name}"),
        TokenSource::GitHub { .. } => "the token of GitHub's runner".to_owned(),
        TokenSource::File(path) => format!("the token in {}", shown_path(path)),
        TokenSource::None => "the token".to_owned(),
    }
}

/// What there is of tokens where none is used: nothing that matters, unless a role is to be assumed.
fn unused_token(identity: &IdentitySettings, ci: Detected, environment: &Env) -> Option<CheckReport> {
    let is_set = |variable| environment.get(variable).is_some();
    let told = |fact: String, help: &str| {
        let check = match identity {
            IdentitySettings::Role(_) => ABOUT.warning(TOKEN, fact + "; the role is assumed with other credentials"),
            _ => ABOUT.note(TOKEN, fact + " (only --role-arn would use one)"),
        };
        Some(if help.is_empty() { check } else { check.with_help(help) })
    };
    match ci.job() {
        CiSystem::None => None,
        CiSystem::CodeBuild => Some(container(environment)),
        system if system.speaks_github() => {
            let given = is_set(env::ACTIONS_ID_TOKEN_REQUEST_URL) && is_set(env::ACTIONS_ID_TOKEN_REQUEST_TOKEN);
            match given {
                true => told("the runner issues tokens".to_owned(), ""),
                // A runner that CodeBuild started has the role of its project.
                false if is_set(env::CODEBUILD_BUILD_ID) => Some(container(environment)),
                false => told("none: the job has no permission `id-token: write`".to_owned(), GITHUB_HELP),
            }
        }
        system => match (token_variables(environment).as_slice(), system) {
            ([], _) if is_set(env::CODEBUILD_BUILD_ID) => Some(container(environment)),
            ([], CiSystem::GitLab) => told("none: no variable contains one".to_owned(), GITLAB_HELP),
            ([], _) => told("none: no variable contains one".to_owned(), ""),
            (names, _) => {
                told(format!("found one in {}", names.join(", ")), "use it: --oidc-token-env NAME --role-arn ARN")
            }
        },
    }
}

/// Credentials of a CodeBuild container.
fn container(environment: &Env) -> CheckReport {
    const NAME: &str = "service-role";
    let places =
        [env::AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, env::AWS_CONTAINER_CREDENTIALS_FULL_URI, env::AWS_ACCESS_KEY_ID];
    match places.into_iter().find(|variable| environment.get(variable).is_some()) {
        Some(variable) => ABOUT.ok(NAME, format!("its credentials come from {}", variable.name)),
        None => ABOUT
            .warning(NAME, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set, so its credentials cannot be found")
            .with_help("inside `docker run`, pass it on: docker run -e AWS_CONTAINER_CREDENTIALS_RELATIVE_URI …"),
    }
}

/// Names of variables that hold a token which vouches for the job. GitLab's own `CI_JOB_…` are for GitLab alone.
fn token_variables(environment: &Env) -> Vec<String> {
    let variables = environment.variables().into_iter().filter(|(name, _)| !name.starts_with("CI_JOB_"));
    variables.filter(|(_, value)| TokenClaims::read(value).is_some()).map(|(name, _)| name).collect()
}

/// Settings that cannot be used, and those in force that weaken a check. What cannot be used may have been one of these.
pub(super) fn settings(faults: Vec<Error>, weakened: &[Weakening]) -> Vec<CheckReport> {
    const NAME: &str = "settings";
    if faults.is_empty() && weakened.is_empty() {
        return vec![ABOUT.ok(NAME, "no setting weakens a check")];
    }
    let told = |one: &Weakening| {
        ABOUT.warning(NAME, format!("{} = {} (from {}) weakens a check", one.setting, one.value, one.origin))
    };
    let faults = faults.iter().map(|fault| ABOUT.error(NAME, fault, Weight::Needed));
    faults.chain(weakened.iter().map(told)).collect()
}

#[cfg(test)]
mod tests {
    use crate::exit_code::ExitCode;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;
    use crate::aws::facts::Operation;
    use crate::ci::detect;
    use crate::report::CheckStatus;

    const GITHUB: (&str, &str) = ("GITHUB_ACTIONS", "true");
    const GITLAB: (&str, &str) = ("GITLAB_CI", "true");
    const CODEBUILD: (&str, &str) = ("CODEBUILD_BUILD_ID", "p:1");

    fn now() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn role(token: TokenSource) -> IdentitySettings {
        let arn = "arn:aws:iam::111122223333:role/ci".to_owned();
        IdentitySettings::Role(RoleSettings { arn, session_name: "s".to_owned(), token })
    }

    fn unused(identity: &IdentitySettings, variables: &[(&str, &str)]) -> Option<CheckReport> {
        let environment = Env::of(variables);
        token(&None, identity, detect(&environment), &environment, now())
    }

    #[test]
    fn the_system_is_told_with_what_told_it() {
        let environment = Env::of(&[GITHUB]);
        let check = system(detect(&environment));
        assert_eq!(check.fact, "GitHub Actions (GITHUB_ACTIONS is set)");
        assert_eq!(system(detect(&Env::of(&[]))).status, CheckStatus::Note);
    }

    #[test]
    fn why_a_job_has_no_token_is_told_with_what_gives_it_one() {
        let chain = IdentitySettings::Chain;
        let none = role(TokenSource::None);
        let jwt = format!("e30.{}.x", URL_SAFE_NO_PAD.encode(json!({"iss": "i", "aud": "a", "sub": "s"}).to_string()));
        let request = [GITHUB, ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://r"), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t")];
        let token = ("MY_TOKEN", jwt.as_str());
        use CheckStatus::{Note, Ok, Warning};
        for (identity, variables, status, fact, help) in [
            (&chain, &[GITHUB][..], Note, "id-token: write", "permissions:"),
            (&none, &[GITHUB], Warning, "other credentials", "permissions:"),
            (&chain, &request, Note, "the runner issues tokens", ""),
            (&chain, &[GITLAB], Note, "no variable contains one", "id_tokens:"),
            (&none, &[GITLAB], Warning, "other credentials", "id_tokens:"),
            (&chain, &[GITLAB, token], Note, "found one in MY_TOKEN", "--oidc-token-env"),
            (&chain, &[GITLAB, ("CI_JOB_JWT_V2", jwt.as_str())], Note, "no variable contains one", "id_tokens:"),
            (&chain, &[("CI", "true")], Note, "no variable contains one", ""),
            (&chain, &[CODEBUILD], Warning, "not set", "docker run -e"),
            (&chain, &[CODEBUILD, ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c")], Ok, "RELATIVE_URI", ""),
            (&chain, &[CODEBUILD, ("AWS_ACCESS_KEY_ID", "k")], Ok, "AWS_ACCESS_KEY_ID", ""),
        ] {
            let check = unused(identity, variables).unwrap();
            assert_eq!(check.status, status, "{variables:?} {check:?}");
            assert!(check.fact.contains(fact) && check.help_text().contains(help), "{variables:?} {check:?}");
            assert_eq!(check.help.is_empty(), help.is_empty(), "{variables:?}");
            assert!(!check.fact.contains(&jwt));
        }
        assert_eq!(unused(&chain, &[]), None);
    }

    #[test]
    fn what_the_token_says_is_shown_and_never_the_token() {
        let identity = role(TokenSource::Variable { name: "MY_TOKEN".to_owned(), token: "secret".into() });
        let environment = Env::of(&[GITLAB]);
        let told = |found: Token| token(&found, &identity, detect(&environment), &environment, now()).unwrap();
        let claims = |expiry: &str| TokenClaims {
            issuer: "https://gitlab.com".to_owned(),
            audience: "sts.amazonaws.com".to_owned(),
            subject: "project_path:acme/app:ref_type:branch:ref:main".to_owned(),
            expiry: Some(expiry.parse().unwrap()),
        };
        let check = told(Some(Ok(Some(claims("2026-06-01T12:05:00Z")))));
        assert_eq!(check.status, CheckStatus::Ok);
        assert_eq!(
            check.fact,
            "the token in MY_TOKEN: subject project_path:acme/app:ref_type:branch:ref:main, audience \
             sts.amazonaws.com, issuer https://gitlab.com"
        );
        let check = told(Some(Ok(Some(claims("2026-06-01T12:00:00Z")))));
        assert_eq!((check.status, check.exit_code), (CheckStatus::Failed, Some(ExitCode::Denied)));
        assert_eq!(told(Some(Ok(None))).exit_code, Some(ExitCode::Configuration));
        let error = AwsError::new(Operation::CREDENTIALS, AwsErrorKind::Unavailable, "no answer");
        assert_eq!(told(Some(Err(error))).exit_code, Some(ExitCode::Unavailable));
        let github = role(TokenSource::GitHub { url: "https://r".into(), token: "t".into() });
        let refused = AwsError::new(Operation::CREDENTIALS, AwsErrorKind::Denied, "HTTP status 401");
        let check = token(&Some(Err(refused)), &github, detect(&environment), &environment, now()).unwrap();
        assert_eq!((check.exit_code, check.help.as_slice()), (Some(ExitCode::Denied), &[GITHUB_HELP.into()][..]));
    }

    #[test]
    fn each_setting_that_weakens_a_check_is_a_warning() {
        let one = Weakening { setting: "plain-http", value: "a".to_owned(), origin: "--plain-http".to_owned() };
        let checks = settings(Vec::new(), &[one.clone(), one.clone()]);
        assert_eq!(checks.len(), 2);
        assert_eq!(checks[0].fact, "plain-http = a (from --plain-http) weakens a check");
        assert_eq!(settings(Vec::new(), &[])[0].status, CheckStatus::Ok);
        let fault = || vec![Error::new(code::INVALID_SETTING, "x")];
        let checks = settings(fault(), &[one]);
        assert_eq!((checks[0].status, checks[0].exit_code), (CheckStatus::Failed, Some(ExitCode::Configuration)));
        assert_eq!(checks[1].status, CheckStatus::Warning);
        assert_eq!(settings(fault(), &[]).len(), 1);
    }
}
