//! What `doctor` found, and the IAM documents that it prints.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Help, Place};
use crate::exit_code::ExitCode;

/// The checks, those of one area and subject behind each other.
#[derive(Debug, Serialize)]
pub(crate) struct DoctorReport {
    pub(crate) checks: Vec<CheckReport>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct CheckReport {
    pub(crate) area: Area,
    /// Which of several: a signing profile, an image.
    pub(crate) subject: Option<String>,
    /// Stable name, kebab-case.
    pub(crate) name: &'static str,
    pub(crate) status: CheckStatus,
    /// What was found, or why it was not checked.
    pub(crate) fact: String,
    /// Why, from the nearest cause to the root; or each thing that is wrong.
    pub(crate) causes: Vec<String>,
    pub(crate) help: Vec<Help>,
    pub(crate) denial: Option<DenialReport>,
    /// Code of the error, of a check that failed.
    pub(crate) code: Option<String>,
    /// How the process would end if this were all, of a check that failed.
    pub(crate) exit_code: Option<ExitCode>,
    /// The line of the file that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<Place>,
}

#[cfg(test)]
impl CheckReport {
    /// The next steps, one a line.
    pub(crate) fn help_text(&self) -> String {
        Help::lines(&self.help)
    }
}

/// What a check belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Area {
    /// The CI job or machine that sealgate runs on.
    Job,
    AwsCredentials,
    SigningProfile,
    /// A local key.
    SigningKey,
    /// An image and its registry.
    Image,
    /// Whom `verify` trusts.
    Trust,
}

impl Area {
    /// All of them, in the order in which they are shown.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 6] =
        [Self::Job, Self::AwsCredentials, Self::SigningProfile, Self::SigningKey, Self::Image, Self::Trust];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Job => "Job",
            Self::AwsCredentials => "AWS credentials",
            Self::SigningProfile => "Signing profile",
            Self::SigningKey => "Signing key",
            Self::Image => "Image",
            Self::Trust => "Trust",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CheckStatus {
    Ok,
    /// A fact that is neither good nor bad.
    Note,
    /// It may be meant so, or will be wrong before long.
    Warning,
    /// Something that is needed does not work.
    Failed,
    NotChecked,
}

impl CheckStatus {
    /// All of them, best first.
    pub(crate) const ALL: [Self; 5] = [Self::Ok, Self::Note, Self::Warning, Self::Failed, Self::NotChecked];

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "notes",
            Self::Warning => "warnings",
            Self::Failed => "failed",
            Self::NotChecked => "not checked",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct DenialReport {
    /// ARN of the caller that was refused, if AWS names it.
    pub(crate) principal: Option<String>,
    /// The action, such as `signer:SignPayload`.
    pub(crate) action: String,
    /// ARNs of the resources for which it was denied.
    pub(crate) resources: Vec<String>,
    /// The smallest IAM statement that allows it; none where a policy denies it outright.
    pub(crate) statement: Option<IamStatement>,
}

/// What `doctor --iam` prints.
#[derive(Debug, Serialize)]
pub(crate) struct IamReport {
    pub(crate) documents: Vec<IamDocument>,
    /// Commands of the AWS CLI.
    pub(crate) commands: Vec<IamCommand>,
}

/// A policy with what there is to say about it.
#[derive(Debug, Serialize)]
pub(crate) struct IamDocument {
    /// Stable name, kebab-case.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// What to know before it is used.
    pub(crate) notes: Vec<String>,
    pub(crate) policy: IamPolicy,
}

/// A command with what there is to say about it.
#[derive(Debug, Serialize)]
pub(crate) struct IamCommand {
    /// Stable name, kebab-case.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// What to know before it is run.
    pub(crate) notes: Vec<String>,
    pub(crate) command: String,
}

/// A policy in IAM's own form (IAM User Guide, "Grammar of the IAM JSON policy language").
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct IamPolicy {
    /// Always `2012-10-17`.
    pub(crate) version: &'static str,
    pub(crate) statement: Vec<IamStatement>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct IamStatement {
    /// Always `Allow`.
    pub(crate) effect: &'static str,
    /// Only in a trust policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) principal: Option<IamPrincipal>,
    pub(crate) action: OneOrMore,
    /// The resources; a trust policy has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resource: Option<OneOrMore>,
    /// Values by key by operator.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) condition: BTreeMap<&'static str, BTreeMap<String, OneOrMore>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct IamPrincipal {
    /// ARN of the identity provider.
    pub(crate) federated: String,
}

/// One text is a string, several are a list, as IAM writes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum OneOrMore {
    One(String),
    /// Several, or none.
    More(Vec<String>),
}

impl From<Vec<String>> for OneOrMore {
    fn from(mut texts: Vec<String>) -> Self {
        match (texts.pop(), texts.is_empty()) {
            (Some(only), true) => Self::One(only),
            (Some(last), false) => {
                texts.push(last);
                Self::More(texts)
            }
            (None, _) => Self::More(texts),
        }
    }
}

impl IamPolicy {
    pub(crate) const fn new(statement: Vec<IamStatement>) -> Self {
        Self { version: "2012-10-17", statement }
    }
}

impl IamStatement {
    pub(crate) fn allow(actions: &[&str], resources: Vec<String>) -> Self {
        let actions: Vec<_> = actions.iter().map(|action| (*action).to_owned()).collect();
        Self {
            effect: "Allow",
            principal: None,
            action: actions.into(),
            resource: Some(resources.into()),
            condition: BTreeMap::new(),
        }
    }

    /// As one line of JSON.
    pub(crate) fn line(&self) -> String {
        // Texts, lists and maps with texts for names: nothing that JSON does not have.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_written_as_iam_writes_it() {
        let one = IamStatement::allow(&["signer:SignPayload"], vec!["arn:x".to_owned()]);
        assert_eq!(one.line(), r#"{"Effect":"Allow","Action":"signer:SignPayload","Resource":"arn:x"}"#);
        let several = IamStatement::allow(&["a:B", "a:C"], vec!["arn:x".to_owned(), "arn:y".to_owned()]);
        assert_eq!(several.line(), r#"{"Effect":"Allow","Action":["a:B","a:C"],"Resource":["arn:x","arn:y"]}"#);
    }
}
