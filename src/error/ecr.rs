//! What to do when a registry of ECR refuses: its texts are IAM's or its own.

use super::Error;
use crate::aws::facts::EcrHost;
use crate::aws::facts::denial::Denial;
use crate::aws::facts::ecr::EcrRefusal;
use crate::registry::error::ServerAnswer;

/// Adds the next step for an answer of ECR; gives the error back where the answer is of another registry, or says
/// nothing that is known.
pub(super) fn advise(told: Error, answer: &ServerAnswer) -> Result<Error, Error> {
    let Some(host) = EcrHost::parse(&answer.host) else { return Err(told) };
    let message = answer.message.as_deref().unwrap_or_default();
    let Some(refusal) = EcrRefusal::read(answer.status, answer.code.as_deref(), message) else { return Err(told) };
    Ok(match refusal {
        EcrRefusal::Denied(Denial { action, resource, explicit: true, .. }) => {
            told.help(format!("a policy explicitly denies {action} on {resource}: ask the account's administrator to find it"))
        }
        EcrRefusal::Denied(denial) => told
            .help(format!("allow it for {}: {}", denial.principal, denial.statement(None)))
            .help("sealgate doctor --iam prints everything that sign and verify need"),
        // Another account's repository: what IAM allows at home changes nothing there.
        EcrRefusal::DeniedByOwner(Denial { principal, action, resource, .. }) => told.help(format!(
            "the account that owns {resource} must allow {action} for {principal}: aws ecr set-repository-policy"
        )),
        EcrRefusal::LoginInvalid => told
            .help(format!("a saved login to {} is for another region or broken: docker logout {0}", answer.host))
            .help("without one, sealgate logs in with the job's AWS credentials"),
        EcrRefusal::LoginExpired => told
            .help(format!("a saved login to {} has expired: docker logout {0}", answer.host))
            .help("without one, sealgate logs in with the job's AWS credentials"),
        EcrRefusal::NoRepository => {
            let (region, public) = (host.region(), matches!(host, EcrHost::Public));
            let service = if public { "ecr-public" } else { "ecr" };
            told.help("check the account, region, and name of the repository: ECR does not create it automatically")
                .help(format!("create it: aws {service} create-repository --region {region} --repository-name NAME"))
        }
        EcrRefusal::TagImmutable => told
            .help("the repository's tags are immutable, and other tools keep an index of signatures in a tag; ECR needs no such tag")
            .help("if the tag is already in use, exclude `sha256-*` from the repository's tag immutability"),
        EcrRefusal::ForeignLogin => told.help(format!(
            "{host} did not recognize the login: check the account and the region of the image"
        )),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::code;

    const HOST: &str = "111122223333.dkr.ecr.us-west-2.amazonaws.com";

    fn help(host: &str, status: u16, code_of_registry: &str, message: &str) -> Option<String> {
        let answer = ServerAnswer {
            host: host.to_owned(),
            method: "GET".to_owned(),
            path: "/v2/app/manifests/x".to_owned(),
            status,
            code: Some(code_of_registry.to_owned()),
            message: Some(message.to_owned()),
            request_id: None,
        };
        advise(Error::new(code::DENIED, "x"), &answer).ok().map(|told| told.report().help_text())
    }

    #[test]
    fn the_texts_of_ecr_become_next_steps() {
        let sentence = "User: arn:aws:sts::111122223333:assumed-role/ci/s is not authorized to perform: \
            ecr:InitiateLayerUpload on resource: arn:aws:ecr:us-west-2:111122223333:repository/app because no policy";
        let resource_based = sentence.replace("because no policy", "because no resource-based policy");
        for (status, code, message, expected) in [
            (403, "DENIED", sentence, r#""Action":"ecr:InitiateLayerUpload""#),
            (403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.", "docker logout"),
            (
                404,
                "NAME_UNKNOWN",
                "The repository with name 'app' does not exist",
                "create-repository --region us-west-2",
            ),
            (403, "DENIED", &resource_based, "set-repository-policy"),
            (400, "DENIED", "Your Authorization Token is invalid.", "docker logout"),
            (400, "TAG_INVALID", "The image tag 'x' already exists and cannot be overwritten", "immutable"),
            (401, "UNAUTHORIZED", "no basic auth credentials", "account and the region"),
        ] {
            let help = help(HOST, status, code, message).unwrap();
            assert!(help.contains(expected), "{code}: {help}");
        }
        let public = help("public.ecr.aws", 404, "NAME_UNKNOWN", "does not exist").unwrap();
        assert!(public.contains("aws ecr-public create-repository --region us-east-1"), "{public}");
    }

    #[test]
    fn other_registries_and_other_texts_are_left_alone() {
        assert_eq!(help("registry.example", 404, "NAME_UNKNOWN", "does not exist"), None);
        assert_eq!(help(HOST, 403, "DENIED", "no"), None);
    }
}
