//! The formats of values about AWS, whether they come from our own settings or from variables and files of the SDK.

use url::Url;

use super::super::error::Fault;
use crate::aws::facts::endpoint;
use crate::aws::facts::files::shown_value;
use crate::aws::facts::settings::{is_role_arn, session_name};
use crate::env::{self, Env};
use crate::loopback::is_this_machine;

/// Checks the form of a role's ARN.
pub(super) fn parse_role(text: &str) -> Result<String, Fault> {
    if is_role_arn(text) { Ok(text.to_owned()) } else { Err(Fault::NotRole { found: shown_value(text) }) }
}

/// What is wrong with an ARN that is of another partition than the region.
pub(super) fn in_other_partition(arn: &str, region: &str) -> Option<Fault> {
    endpoint::other_partition(arn, region)?;
    Some(Fault::OtherPartition { arn: arn.to_owned(), region: region.to_owned() })
}

/// A session name that leads from CloudTrail to the job.
pub(super) fn chosen_session_name(environment: &Env) -> String {
    let of = |prefix: &str, variable| environment.get(variable).map(|id| format!("{prefix}-{id}"));
    let chosen = environment
        .get(env::AWS_ROLE_SESSION_NAME)
        .map(str::to_owned)
        .or_else(|| of("sealgate-gha", env::GITHUB_RUN_ID))
        .or_else(|| of("sealgate-gitlab", env::CI_JOB_ID))
        .or_else(|| of("sealgate-codebuild", env::CODEBUILD_BUILD_ID));
    session_name(chosen.as_deref().unwrap_or("sealgate"))
}

/// A URL that requests may go to: HTTPS, or this machine. It is passed on as it was understood, not as it was written: the SDK
/// reads URLs in another way.
pub(super) fn endpoint_url(text: &str) -> Result<String, Fault> {
    let fault = || Fault::NotEndpoint { found: endpoint::shown(text) };
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(fault());
    }
    let url = Url::parse(text).map_err(|_| fault())?;
    let local = is_this_machine(&url.host().ok_or_else(fault)?);
    let bare =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    let understood = url.as_str().trim_end_matches('/');
    let same = understood.parse::<http::Uri>().is_ok_and(|uri| uri.host() == url.host_str());
    match url.scheme() {
        "https" if bare && same => Ok(understood.to_owned()),
        "http" if bare && same && local => Ok(understood.to_owned()),
        _ => Err(fault()),
    }
}
