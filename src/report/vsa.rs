//! How images were judged, for others to rely on: an in-toto statement for each, with SLSA's Verification Summary Attestation v1 as its
//! predicate. A statement is one line of JSON, so that one is a document, and several are a bundle as in-toto has it (JSON Lines).

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::gist::Tone;
use super::model::{ArtifactOutcome, ArtifactReport, GateReport, PolicyReport, Report};
use crate::exit_code::ExitCode;

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "https://slsa.dev/verification_summary/v1";

/// Who verified, as whoever relies on a statement names it beside the signer of the statement.
pub(super) const VERIFIER: &str = "urn:sealgate:verifier";

/// What every statement names that says that an image passed without gates.
const LEVEL_OF_POLICY: &str = "SEALGATE_VERIFIED";

/// How the level of a stage begins, before the name of the stage as the gates have it: no two stages have the same level.
const LEVEL_OF_STAGE: &str = "SEALGATE_GATE_";

/// The one level of an image that did not pass.
const NO_LEVEL: &str = "FAILED";

/// The statements of a run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Summaries {
    /// A line each; nothing if there is none.
    pub(crate) text: Option<String>,
    /// Images without one: nobody knows their digests.
    pub(crate) without: usize,
}

#[derive(Serialize)]
struct Statement<'a> {
    #[serde(rename = "_type")]
    kind: &'static str,
    subject: [Resource<'a>; 1],
    #[serde(rename = "predicateType")]
    predicate_type: &'static str,
    predicate: Predicate<'a>,
}

/// Something that has a digest.
#[derive(Serialize)]
struct Resource<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    digest: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Predicate<'a> {
    verifier: Verifier<'a>,
    time_verified: String,
    resource_uri: &'a str,
    policy: Resource<'a>,
    /// Where it is there, it names all that counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    input_attestations: Vec<Resource<'a>>,
    verification_result: &'static str,
    verified_levels: Vec<String>,
}

#[derive(Serialize)]
struct Verifier<'a> {
    id: &'static str,
    version: BTreeMap<&'static str, &'a str>,
}

impl Report {
    /// The statements on the images of a run that ends this way. There are none where it is not the images that say how it ends, as
    /// when it was called off, or could not write its results: then nobody is told that an image passed.
    pub(crate) fn summaries(&self, exit: ExitCode) -> Option<Summaries> {
        let policy = self.policy.as_ref().filter(|_| self.error.is_none() && exit == self.exit_code())?;
        let time = self.now?.to_string();
        let known = self.artifacts().iter().filter(|image| image.named().is_some());
        let mut passed: HashMap<&str, bool> = HashMap::new();
        for image in known.clone() {
            // An image that is named twice passes where it passed both times.
            *passed.entry(image.name()).or_insert(true) &= image.has_passed() && self.weakened.is_empty();
        }
        let lines = known.clone().filter_map(|image| {
            let statement = statement(image, passed.remove(image.name())?, policy, &time, self.tool_version)?;
            let line = serde_json::to_string(&statement).ok()?;
            Some(super::escape::json(&line).into_owned() + "\n")
        });
        let text: String = lines.collect();
        let without = self.artifacts().len().saturating_sub(known.count());
        Some(Summaries { text: (!text.is_empty()).then_some(text), without })
    }
}

impl ArtifactReport {
    /// Its repository and its digest.
    fn named(&self) -> Option<(&str, (&str, &str))> {
        let (repository, digest) = self.digest_reference.as_deref()?.rsplit_once('@')?;
        Some((repository, digest.split_once(':')?))
    }

    /// Whether it is verified, and nothing has to be added to that.
    fn has_passed(&self) -> bool {
        self.outcome == ArtifactOutcome::Verified && self.tone() == Tone::Good
    }

    /// What it passed.
    fn levels(&self) -> Vec<String> {
        let of_gates = |gate: &GateReport| gate.stages().map(|(stage, _)| format!("{LEVEL_OF_STAGE}{stage}")).collect();
        self.gate.as_ref().map_or_else(|| vec![LEVEL_OF_POLICY.to_owned()], of_gates)
    }
}

fn statement<'a>(
    image: &'a ArtifactReport,
    has_passed: bool,
    policy: &'a PolicyReport,
    time: &str,
    version: &'a str,
) -> Option<Statement<'a>> {
    let (repository, digest) = image.named()?;
    let signature = |digest: &'a str| {
        Some(Resource {
            name: None,
            uri: Some(format!("{repository}@{digest}")),
            digest: BTreeMap::from([digest.split_once(':')?]),
        })
    };
    let (verification_result, verified_levels) =
        if has_passed { ("PASSED", image.levels()) } else { (NO_LEVEL, vec![NO_LEVEL.to_owned()]) };
    Some(Statement {
        kind: STATEMENT,
        subject: [Resource { name: Some(repository), uri: None, digest: BTreeMap::from([digest]) }],
        predicate_type: PREDICATE,
        predicate: Predicate {
            verifier: Verifier { id: VERIFIER, version: BTreeMap::from([("sealgate", version)]) },
            time_verified: time.to_owned(),
            resource_uri: image.name(),
            policy: Resource {
                name: None,
                uri: Some(policy.uri.clone()),
                digest: BTreeMap::from([policy.digest.split_once(':')?]),
            },
            input_attestations: image.signature_digests().into_iter().filter_map(signature).collect(),
            verification_result,
            verified_levels,
        },
    })
}

#[cfg(test)]
mod tests;
