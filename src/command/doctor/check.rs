//! How a check is reported: its subject, its result, and which permission is missing.

use std::future::Future;
use std::time::Duration;

use crate::aws::facts::denial::Denial;
use crate::aws::facts::{AwsError, AwsErrorKind, Operation};
use crate::error::{Code, Error, code};
use crate::report::{Area, CheckReport, CheckStatus, DenialReport, ErrorReport, Help, HelpKind, IamStatement};

/// The subject of a group of checks.
#[derive(Clone, Debug)]
pub(super) struct About {
    area: Area,
    subject: Option<String>,
}

/// How much it matters when a check does not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// `sign` or `verify` would fail.
    Needed,
    /// They would still work.
    Optional,
}

impl About {
    /// The one subject of an area.
    pub(super) const fn area(area: Area) -> Self {
        Self { area, subject: None }
    }

    /// One of several subjects of an area.
    pub(super) fn subject(area: Area, subject: impl Into<String>) -> Self {
        Self { area, subject: Some(subject.into()) }
    }

    fn check(&self, name: &'static str, status: CheckStatus, fact: String) -> CheckReport {
        CheckReport {
            area: self.area,
            subject: self.subject.clone(),
            name,
            status,
            fact,
            causes: Vec::new(),
            help: Vec::new(),
            denial: None,
            code: None,
            exit_code: None,
            place: None,
        }
    }

    pub(super) fn ok(&self, name: &'static str, fact: impl Into<String>) -> CheckReport {
        self.check(name, CheckStatus::Ok, fact.into())
    }

    /// A fact that is neither good nor bad.
    pub(super) fn note(&self, name: &'static str, fact: impl Into<String>) -> CheckReport {
        self.check(name, CheckStatus::Note, fact.into())
    }

    /// Something that may be intended.
    pub(super) fn warning(&self, name: &'static str, fact: impl Into<String>) -> CheckReport {
        self.check(name, CheckStatus::Warning, fact.into())
    }

    /// A check that was not made, and why.
    pub(super) fn not_checked(&self, name: &'static str, why: impl Into<String>) -> CheckReport {
        self.check(name, CheckStatus::NotChecked, why.into())
    }

    /// It does not work. The code says how `sign` or `verify` would end.
    pub(super) fn failed(&self, name: &'static str, code: &'static Code, fact: impl Into<String>) -> CheckReport {
        self.error(name, &Error::new(code, fact), Weight::Needed)
    }

    pub(super) fn error(&self, name: &'static str, error: &Error, weight: Weight) -> CheckReport {
        let report = error.report();
        let status = match weight {
            Weight::Needed => CheckStatus::Failed,
            Weight::Optional => CheckStatus::Warning,
        };
        let ErrorReport { causes, help, place, .. } = report;
        let told = CheckReport { causes, help, place, ..self.check(name, status, report.message) };
        match weight {
            Weight::Needed => CheckReport { code: Some(report.code), exit_code: Some(report.exit_code), ..told },
            Weight::Optional => told,
        }
    }

    /// AWS did not do what was asked. `resources` is what the action is needed for.
    pub(super) fn aws(
        &self,
        name: &'static str,
        error: &AwsError,
        resources: &[String],
        weight: Weight,
    ) -> CheckReport {
        let mut told = self.error(name, &Error::of_aws(error, resources.first().map(String::as_str)), weight);
        // The reader has just done so.
        told.help.retain(|help| help.kind != HelpKind::Doctor);
        match denial(error, resources) {
            Some(denial) => denied(told, error, denial),
            None => told,
        }
    }
}

impl CheckReport {
    pub(super) fn with_help(mut self, help: impl Into<Help>) -> Self {
        self.help.push(help.into());
        self
    }
}

/// What was denied: from AWS's message, or, if AWS says nothing, what was asked for.
fn denial(error: &AwsError, resources: &[String]) -> Option<DenialReport> {
    if error.kind != AwsErrorKind::Denied || error.is_about_credentials() {
        return None;
    }
    let allow = |action: &str, resources: &[String]| Some(IamStatement::allow(&[action], resources.to_vec()));
    if let Some(Denial { principal, action, resource, explicit }) = Denial::parse(&error.message) {
        // The sentence names the first resource that is missing; the next one would follow.
        let resources =
            if action == error.operation.0 && !resources.is_empty() { resources.to_vec() } else { vec![resource] };
        let statement = if explicit { None } else { allow(&action, &resources) };
        return Some(DenialReport { principal: Some(principal), action, resources, statement });
    }
    match error.operation {
        Operation::CREDENTIALS | Operation::ASSUME_ROLE_WITH_WEB_IDENTITY | Operation::GET_CALLER_IDENTITY => None,
        Operation(action) => {
            let any = ["*".to_owned()];
            let resources = if resources.is_empty() { &any } else { resources };
            let statement = allow(action, resources);
            Some(DenialReport { principal: None, action: action.to_owned(), resources: resources.to_vec(), statement })
        }
    }
}

/// A denial described by its parts, instead of AWS's long message.
fn denied(told: CheckReport, error: &AwsError, denial: DenialReport) -> CheckReport {
    let who = denial.principal.as_deref().unwrap_or("the caller");
    let what = denial.resources.join(" and ");
    let id = error.request_id.as_ref().map(|id| format!(" (request id {id})")).unwrap_or_default();
    let fact = format!("{who} is not allowed to call {} on {what}{id}", denial.action);
    let causes = if denial.principal.is_some() { Vec::new() } else { vec![error.to_string()] };
    let help = match &denial.statement {
        Some(statement) => vec![format!("allow it: {}", statement.line()).into()],
        None => told.help.clone(),
    };
    CheckReport { fact, causes, help, denial: Some(denial), ..told }
}

/// What comes of a step that has so long.
///
/// # Errors
/// That it took longer.
pub(super) async fn within<T>(limit: Duration, step: impl Future<Output = T>) -> Result<T, Error> {
    let told = |_elapsed| {
        Error::new(code::UNAVAILABLE, format!("no answer within {} s", limit.as_secs_f32()))
            .help("check the network and the proxy variables, or allow more time: --timeout DURATION")
    };
    tokio::time::timeout(limit, step).await.map_err(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit_code::ExitCode;

    const PRINCIPAL: &str = "arn:aws:sts::111122223333:assumed-role/ci/s";
    const PROFILE: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/p1";
    const JOBS: &str = "arn:aws:signer:us-west-2:111122223333:/signing-jobs/*";

    fn sentence(rest: &str) -> String {
        format!(
            "User: {PRINCIPAL} is not authorized to perform: signer:GetRevocationStatus on resource: {PROFILE} {rest}"
        )
    }

    fn told(message: &str, resources: &[&str], weight: Weight) -> CheckReport {
        let error = AwsError::new(Operation::GET_REVOCATION_STATUS, AwsErrorKind::Denied, message);
        let resources: Vec<_> = resources.iter().map(|resource| (*resource).to_owned()).collect();
        About::area(Area::SigningProfile).aws("revocation", &error, &resources, weight)
    }

    #[test]
    fn a_denial_names_action_resource_principal_and_the_statement_that_is_missing() {
        let check = told(&sentence("because no policy"), &[PROFILE, JOBS], Weight::Needed);
        assert_eq!(
            check.fact,
            format!("{PRINCIPAL} is not allowed to call signer:GetRevocationStatus on {PROFILE} and {JOBS}")
        );
        let statement =
            format!(r#"{{"Effect":"Allow","Action":"signer:GetRevocationStatus","Resource":["{PROFILE}","{JOBS}"]}}"#);
        assert_eq!(check.help, [format!("allow it: {statement}").into()]);
        assert_eq!((check.status, check.exit_code), (CheckStatus::Failed, Some(ExitCode::Denied)));
        assert_eq!(check.denial.unwrap().principal.as_deref(), Some(PRINCIPAL));
        let check = told(&sentence("because no policy"), &[], Weight::Optional);
        assert_eq!((check.status, check.exit_code, check.code), (CheckStatus::Warning, None, None));
        assert_eq!(check.denial.unwrap().resources, [PROFILE]);
    }

    #[test]
    fn without_a_sentence_the_action_and_the_resource_are_those_that_were_asked_for() {
        let check = told("no", &[PROFILE], Weight::Needed);
        assert_eq!(check.fact, format!("the caller is not allowed to call signer:GetRevocationStatus on {PROFILE}"));
        assert_eq!(check.causes, ["signer:GetRevocationStatus: no"]);
        assert!(check.help_text().contains(PROFILE), "{:?}", check.help);
        assert_eq!(told("no", &[], Weight::Needed).denial.unwrap().resources, ["*"]);
    }

    #[test]
    fn one_more_statement_does_not_help_against_an_outright_denial() {
        let check = told(&sentence("with an explicit deny in a service control policy"), &[PROFILE], Weight::Needed);
        assert_eq!(check.denial.as_ref().unwrap().statement, None);
        assert!(
            check.help_text().contains("explicitly denies") && !check.help_text().contains("Allow"),
            "{:?}",
            check.help
        );
    }

    #[test]
    fn nobody_who_runs_doctor_is_told_to_run_it() {
        for kind in [AwsErrorKind::Denied, AwsErrorKind::Invalid, AwsErrorKind::NoCredentials] {
            let error = AwsError::new(Operation::GET_CALLER_IDENTITY, kind, "no");
            let check = About::area(Area::AwsCredentials).aws("caller", &error, &[PROFILE.to_owned()], Weight::Needed);
            assert!(!check.help_text().contains("sealgate doctor --profile"), "{check:?}");
            assert!(!check.help_text().contains("sealgate doctor shows"), "{check:?}");
        }
    }

    #[test]
    fn wrong_credentials_are_no_missing_permission() {
        let error = AwsError {
            code: Some("InvalidClientTokenId".to_owned()),
            ..AwsError::new(Operation::GET_REVOCATION_STATUS, AwsErrorKind::Denied, "no")
        };
        assert_eq!(denial(&error, &[]), None);
        let error = AwsError::new(Operation::GET_CALLER_IDENTITY, AwsErrorKind::Denied, "no");
        assert_eq!(denial(&error, &[]), None);
        let error = AwsError::new(Operation::GET_SIGNING_PROFILE, AwsErrorKind::NotFound, "no");
        assert_eq!(denial(&error, &[]), None);
    }

    #[tokio::test]
    async fn a_step_without_an_end_ends() {
        let error = within(Duration::from_millis(1), std::future::pending::<()>()).await.unwrap_err();
        assert_eq!(error.exit_code().number(), 4);
        assert_eq!(within(Duration::from_secs(1), async { 7 }).await.unwrap(), 7);
    }
}
