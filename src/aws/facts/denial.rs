//! What IAM's denial message says: which caller may not take which action on which resource.

use super::error::Operation;

/// A denial, split into its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denial {
    /// ARN of the caller.
    pub(crate) principal: String,
    /// The action, such as `signer:SignPayload`.
    pub(crate) action: String,
    /// ARN of what it was asked for; `*` where the sentence names none.
    pub(crate) resource: String,
    /// Whether a policy denies it outright, so that one more that allows it changes nothing.
    pub(crate) explicit: bool,
}

impl Denial {
    /// Takes apart `User: … is not authorized to perform: … on resource: … because …`, as AWS's services and ECR's
    /// registries say it. Nothing where the text is another, or any part is not of the form that AWS gives it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("User: ")?;
        let (principal, rest) = rest.split_once(" is not authorized to perform: ")?;
        let word = |text: &str| text.split_whitespace().next().map(|word| word.trim_end_matches('.').to_owned());
        let action = word(rest)?;
        let resource = rest.split_once(" on resource: ").and_then(|(_, rest)| word(rest));
        let resource = resource.unwrap_or_else(|| "*".to_owned());
        let of_arn = |text: &str| text.len() <= 512 && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
        // No wildcard: a statement that is pasted as is must not allow more than what was asked for.
        let of_action = action.split_once(':').is_some_and(|(service, name)| is_word(service) && is_word(name));
        let fits = principal.starts_with("arn:")
            && of_arn(principal)
            && of_action
            && (resource == "*" || resource.starts_with("arn:"))
            && of_arn(&resource);
        fits.then(|| Self {
            principal: principal.to_owned(),
            action,
            resource,
            explicit: text.contains("explicit deny"),
        })
    }

    /// The statement that an IAM policy needs. `profile` is the signing profile that it was about, where it is known.
    pub(crate) fn statement(&self, profile: Option<&str>) -> String {
        if self.action != Operation::GET_REVOCATION_STATUS.0 {
            return statement(&self.action, &self.resource);
        }
        revocation_statement(profile.unwrap_or(&self.resource))
    }
}

/// Whether a text is of letters, digits and hyphens: a service or an operation.
fn is_word(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

pub(crate) fn statement(action: &str, resource: &str) -> String {
    serde_json::json!({"Effect": "Allow", "Action": action, "Resource": resource}).to_string()
}

/// What `signer:GetRevocationStatus` has to be allowed for: AWS asks for it on the signing profile and on the signing job.
/// Each signature has another job, so that all jobs of the account and region have to be allowed. Of ARNs of profiles or
/// jobs; of anything else, everything.
pub(crate) fn revocation_resources(arns: &[impl AsRef<str>]) -> Vec<String> {
    let arns = || arns.iter().map(AsRef::as_ref);
    let profiles = arns().filter(|arn| arn.contains(":/signing-profiles/")).map(str::to_owned);
    let jobs = arns().filter_map(|arn| arn.split_once(":/")).map(|(place, _)| format!("{place}:/signing-jobs/*"));
    let mut resources = Vec::new();
    for resource in profiles.chain(jobs) {
        if !resources.contains(&resource) {
            resources.push(resource);
        }
    }
    if resources.is_empty() { vec!["*".to_owned()] } else { resources }
}

/// The statement for `signer:GetRevocationStatus`.
pub(crate) fn revocation_statement(arn: &str) -> String {
    let resources = revocation_resources(&[arn]);
    let action = Operation::GET_REVOCATION_STATUS.0;
    serde_json::json!({"Effect": "Allow", "Action": action, "Resource": resources}).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SENTENCE: &str = "User: arn:aws:sts::111122223333:assumed-role/ci/s is not authorized to perform: \
        signer:SignPayload on resource: arn:aws:signer:us-west-2:111122223333:/signing-profiles/p1 because no \
        identity-based policy allows the signer:SignPayload action";

    #[test]
    fn the_sentence_of_iam_is_taken_apart() {
        let denial = Denial::parse(SENTENCE).unwrap();
        assert_eq!(denial.principal, "arn:aws:sts::111122223333:assumed-role/ci/s");
        assert_eq!(
            denial.statement(None),
            r#"{"Action":"signer:SignPayload","Effect":"Allow","Resource":"arn:aws:signer:us-west-2:111122223333:/signing-profiles/p1"}"#
        );
        assert!(!denial.explicit);
        let explicit = SENTENCE.replace("because no", "with an explicit deny in a service control policy: no");
        assert!(Denial::parse(&explicit).unwrap().explicit);
        let bare = "User: arn:aws:iam::111122223333:user/u is not authorized to perform: ecr:GetAuthorizationToken.";
        let denial = Denial::parse(bare).unwrap();
        assert_eq!((denial.action.as_str(), denial.resource.as_str()), ("ecr:GetAuthorizationToken", "*"));
    }

    #[test]
    fn a_denied_revocation_status_is_allowed_for_the_profile_and_every_job() {
        let sentence = SENTENCE
            .replace("SignPayload", "GetRevocationStatus")
            .replace("signing-profiles/p1", "signing-jobs/5808635f-05de-4207-a891-c95f827b50f4");
        let denial = Denial::parse(&sentence).unwrap();
        let jobs = "arn:aws:signer:us-west-2:111122223333:/signing-jobs/*";
        let profile = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/p1";
        let statement = |resources: &str| {
            format!(r#"{{"Action":"signer:GetRevocationStatus","Effect":"Allow","Resource":[{resources}]}}"#)
        };
        assert_eq!(denial.statement(None), statement(&format!("\"{jobs}\"")));
        assert_eq!(denial.statement(Some(profile)), statement(&format!("\"{profile}\",\"{jobs}\"")));
        assert_eq!(revocation_statement("*"), statement("\"*\""));
    }

    #[test]
    fn several_profiles_share_the_jobs_of_their_account_and_region() {
        let profile =
            |region: &str, name: &str| format!("arn:aws:signer:{region}:111122223333:/signing-profiles/{name}");
        let jobs = |region: &str| format!("arn:aws:signer:{region}:111122223333:/signing-jobs/*");
        let profiles = [profile("us-west-2", "a"), profile("eu-west-1", "a"), profile("us-west-2", "b")];
        let expected = [&profiles[..], &[jobs("us-west-2"), jobs("eu-west-1")]].concat();
        assert_eq!(revocation_resources(&profiles), expected);
    }

    #[test]
    fn other_sentences_are_left_alone() {
        for text in [
            "",
            "Access denied",
            "User: someone is not authorized to perform: signer:SignPayload on resource: *",
            "User: arn:aws:iam::1:user/u is not authorized to perform: everything on resource: *",
            "User: arn:aws:iam::1:user/u is not authorized to perform: a:b on resource: \"x\"",
            "User: arn:aws:iam::1:user/u is not authorized to perform: *:* on resource: *",
            "User: arn:aws:iam::1:user/u is not authorized to perform: s3:* on resource: *",
            "User: arn:aws:iam::1:user/u is not authorized to perform: a:b;$(c) on resource: *",
        ] {
            assert_eq!(Denial::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in ".{0,200}") {
            let whole = format!("User: {text} is not authorized to perform: {text} on resource: {text}");
            if let Some(denial) = Denial::parse(&whole) {
                prop_assert!(denial.principal.starts_with("arn:"));
            }
        }
    }
}
