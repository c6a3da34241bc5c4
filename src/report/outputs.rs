//! What the steps after ours read: the result in one word, counts, and the images that passed, by digest. A system writes
//! them in its own language: GitHub's is in `github.rs`.

use std::collections::HashSet;
use std::path::Path;

use super::limits::OUTPUT_IMAGES;
use super::model::{ArtifactOutcome, ArtifactReport, Report};
use crate::exit_code::ExitCode;

/// A name of ours and its value.
pub(crate) type Output = (&'static str, String);

/// All outputs that a run can have.
pub(super) const NAMES: [&str; 10] = [
    "result",
    "verified-count",
    "failed-count",
    "signature-digests",
    "report-path",
    "sarif-path",
    "junit-path",
    "image",
    "digest",
    "images",
];

/// How the variables begin that hold outputs, where a CI system has variables for them. None of them is a setting.
pub(crate) const VARIABLES: &str = "SEALGATE_OUTPUT_";

/// The variable that holds an output: `verified-count` is `SEALGATE_OUTPUT_VERIFIED_COUNT`.
pub(super) fn variable(name: &str) -> String {
    format!("{VARIABLES}{}", name.to_ascii_uppercase().replace('-', "_"))
}

impl Report {
    /// The outputs of a run that ends this way. `folder` is where the report was written to in all of its forms.
    ///
    /// Images are named only where the run ends well, and only those that passed: an image that is read from here may be deployed.
    pub(super) fn outputs(&self, exit: ExitCode, folder: Option<&Path>) -> Vec<Output> {
        let mut outputs = Vec::new();
        outputs.extend(self.result(exit).map(|result| ("result", result.to_owned())));
        outputs.extend(self.counts_of_outputs());
        let files = [("report-path", "report.json"), ("sarif-path", "report.sarif"), ("junit-path", "report.xml")];
        let paths =
            folder.map(|folder| files.map(|(name, file)| (name, folder.join(file).to_string_lossy().into_owned())));
        outputs.extend(paths.into_iter().flatten());
        // A run that signed a part of what it was asked to names none of it.
        let is_whole = || self.artifacts().iter().all(|image| image.outcome != ArtifactOutcome::NotSigned);
        if exit == ExitCode::Success && is_whole() {
            outputs.extend(self.images_that_passed());
        }
        outputs
    }

    /// How the run ended, in one word: its failure, or else what is weakest of what was found. Nothing where a command that is
    /// about something else than signing and verifying ended well.
    pub(crate) fn result(&self, exit: ExitCode) -> Option<&'static str> {
        match exit {
            ExitCode::Success => {}
            ExitCode::Rejected => return Some("rejected"),
            ExitCode::Unsigned => return Some("unsigned"),
            ExitCode::GateUnmet => return Some("gate-unmet"),
            ExitCode::Unavailable => return Some("unavailable"),
            ExitCode::Denied => return Some("denied"),
            ExitCode::NotFound => return Some("not-found"),
            _ => return Some("error"),
        }
        if self.is_empty_shard() {
            return Some("empty-shard");
        }
        let results = self.artifacts().iter().map(|image| match image.outcome {
            ArtifactOutcome::NotSigned => Some((4, "not-signed")),
            ArtifactOutcome::Skipped => Some((3, "skipped")),
            ArtifactOutcome::AcceptedWithWarnings => Some((2, "accepted-with-warnings")),
            ArtifactOutcome::Verified => Some((1, "verified")),
            ArtifactOutcome::Signed | ArtifactOutcome::AlreadySigned => Some((1, "signed")),
            ArtifactOutcome::Listed => None,
            // Where the run ends well there is none of these.
            ArtifactOutcome::Rejected
            | ArtifactOutcome::Unsigned
            | ArtifactOutcome::GateUnmet
            | ArtifactOutcome::Error => Some((5, "error")),
        });
        let unpinned = self.leaves_unpinned().then_some((2, "accepted-with-warnings"));
        results.flatten().chain(unpinned).max_by_key(|(weight, _)| *weight).map(|(_, result)| result)
    }

    fn counts_of_outputs(&self) -> Vec<Output> {
        let images = self.artifacts();
        if images.is_empty() {
            return Vec::new();
        }
        let verified = images.iter().filter(|image| image.outcome.is_verified()).count();
        let failed = images.iter().filter(|image| image.has_failed()).count();
        let digests: Vec<_> = images.iter().flat_map(ArtifactReport::signature_digests).take(OUTPUT_IMAGES).collect();
        vec![
            ("verified-count", verified.to_string()),
            ("failed-count", failed.to_string()),
            ("signature-digests", list(&digests)),
        ]
    }

    /// One image is named alone as well.
    fn images_that_passed(&self) -> Vec<Output> {
        let mut names: Vec<&str> = Vec::new();
        let mut seen = HashSet::new();
        for name in self.artifacts().iter().filter_map(ArtifactReport::passed) {
            if seen.insert(name) {
                names.push(name);
            }
        }
        // A part of them would be taken for all.
        if names.is_empty() || names.len() > OUTPUT_IMAGES {
            return Vec::new();
        }
        let one = match names.as_slice() {
            [name] => {
                name.rsplit_once('@').map(|(_, digest)| [("image", (*name).to_owned()), ("digest", digest.to_owned())])
            }
            _ => None,
        };
        one.into_iter().flatten().chain([("images", list(&names))]).collect()
    }

    /// The images in registries that were signed, by digest, where the run ends well.
    pub(super) fn signed_images(&self, exit: ExitCode) -> Vec<&str> {
        let is_signed =
            |image: &&ArtifactReport| matches!(image.outcome, ArtifactOutcome::Signed | ArtifactOutcome::AlreadySigned);
        let images = self.artifacts().iter().filter(|_| exit == ExitCode::Success).filter(is_signed);
        images.filter_map(ArtifactReport::passed).filter(|name| !name.starts_with("oci-layout:")).collect()
    }
}

impl ArtifactReport {
    /// The image by digest, if a later step may rely on it.
    pub(super) fn passed(&self) -> Option<&str> {
        match self.outcome {
            ArtifactOutcome::Verified
            | ArtifactOutcome::AcceptedWithWarnings
            | ArtifactOutcome::Signed
            | ArtifactOutcome::AlreadySigned => self.digest_reference.as_deref(),
            ArtifactOutcome::Skipped
            | ArtifactOutcome::Rejected
            | ArtifactOutcome::Unsigned
            | ArtifactOutcome::GateUnmet
            | ArtifactOutcome::Error
            | ArtifactOutcome::NotSigned
            | ArtifactOutcome::Listed => None,
        }
    }

    /// The signature manifest that was made, kept, or accepted; of gates all that count for a requirement, each once.
    pub(super) fn signature_digests(&self) -> Vec<&str> {
        match (&self.signed, &self.gate) {
            (Some(signed), _) => vec![&signed.signature_manifest],
            (None, Some(gate)) => {
                let mut seen = HashSet::new();
                let all = gate.approvals().map(|approval| approval.signature_manifest.as_str());
                all.filter(|digest| seen.insert(*digest)).collect()
            }
            (None, None) => self.accepted().map(|accepted| accepted.signature_manifest.as_str()).into_iter().collect(),
        }
    }
}

/// As JSON, with nothing in it that a terminal or a CI system would obey.
fn list(texts: &[&str]) -> String {
    super::escape::json(&serde_json::Value::from(texts).to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::model::{Findings, ShardReport, Status};
    use super::super::samples;
    use super::*;

    fn get<'a>(outputs: &'a [Output], name: &str) -> Option<&'a str> {
        outputs.iter().find(|(found, _)| *found == name).map(|(_, value)| value.as_str())
    }

    fn with(outcomes: &[ArtifactOutcome]) -> Report {
        let image = |(number, outcome): (usize, &ArtifactOutcome)| ArtifactReport {
            digest_reference: Some(format!("r.example/a{number}@sha256:{number:064}")),
            ..ArtifactReport::new(format!("r.example/a{number}:1"), *outcome)
        };
        Report::of("verify", Findings::Artifacts(outcomes.iter().enumerate().map(image).collect()))
    }

    #[test]
    fn an_output_has_the_same_words_as_a_variable() {
        assert_eq!(variable("image"), "SEALGATE_OUTPUT_IMAGE");
        assert_eq!(variable("verified-count"), "SEALGATE_OUTPUT_VERIFIED_COUNT");
    }

    #[test]
    fn the_result_is_the_weakest_of_what_was_found() {
        use ArtifactOutcome as O;
        let table: &[(&[O], Option<&str>)] = &[
            (&[O::Verified], Some("verified")),
            (&[O::Verified, O::AcceptedWithWarnings], Some("accepted-with-warnings")),
            (&[O::Skipped, O::AcceptedWithWarnings], Some("skipped")),
            (&[O::Signed, O::AlreadySigned], Some("signed")),
            (&[O::Listed], None),
            (&[O::Signed, O::NotSigned, O::AlreadySigned], Some("not-signed")),
            (&[O::Verified, O::Rejected, O::Unsigned], Some("rejected")),
            (&[O::Unsigned, O::Verified], Some("unsigned")),
            (&[], Some("error")),
        ];
        for (outcomes, result) in table {
            let report = with(outcomes);
            assert_eq!(report.result(report.exit_code()), *result, "{outcomes:?}");
        }
        for (exit, result) in [
            (ExitCode::Unavailable, "unavailable"),
            (ExitCode::Denied, "denied"),
            (ExitCode::NotFound, "not-found"),
            (ExitCode::Usage, "error"),
            (ExitCode::Configuration, "error"),
            (ExitCode::Interrupted, "error"),
        ] {
            assert_eq!(with(&[O::Verified]).result(exit), Some(result), "{exit:?}");
        }
    }

    /// Whoever reads `result` in a pipeline knows all that it can be.
    #[test]
    fn every_result_is_documented_and_no_other() {
        use ArtifactOutcome as O;
        let images = [&[O::Signed][..], &[O::Verified], &[O::AcceptedWithWarnings], &[O::Skipped], &[O::NotSigned]];
        let mut results: Vec<_> =
            images.iter().filter_map(|outcomes| with(outcomes).result(ExitCode::Success)).collect();
        let shard = ShardReport { part: "2/2".to_owned(), of_images: 1 };
        results.extend(Report { shard: Some(shard), ..with(&[]) }.result(ExitCode::Success));
        results.extend(ExitCode::ALL.iter().filter_map(|exit| with(&[O::Verified]).result(*exit)));
        results.sort_unstable();
        results.dedup();
        for (page, start) in [("docs/github.md", "| `result` |"), ("action.yml", "description: 'The worst outcome:")] {
            let text = std::fs::read_to_string(crate::readme::root().join(page)).unwrap();
            let told = text.lines().find_map(|line| line.trim().strip_prefix(start)).unwrap();
            let mut told: Vec<_> = told.split('`').skip(1).step_by(2).collect();
            told.sort_unstable();
            assert_eq!(told, results, "{page}");
        }
    }

    #[test]
    fn images_are_named_only_where_the_run_ends_well_and_only_those_that_passed() {
        use ArtifactOutcome as O;
        for (outcomes, exit, image, images) in [
            (vec![O::Verified], ExitCode::Success, true, 1),
            (vec![O::Signed], ExitCode::Success, true, 1),
            (vec![O::AlreadySigned, O::Signed], ExitCode::Success, false, 2),
            (vec![O::AcceptedWithWarnings], ExitCode::Success, true, 1),
            (vec![O::Skipped], ExitCode::Success, false, 0),
            (vec![O::Skipped, O::Verified], ExitCode::Success, true, 1),
            (vec![O::Listed], ExitCode::Success, false, 0),
            (vec![O::NotSigned], ExitCode::Success, false, 0),
            (vec![O::Signed, O::NotSigned], ExitCode::Success, false, 0),
            (vec![O::Verified, O::Rejected], ExitCode::Rejected, false, 0),
            // A report that could not be written ends a run that found nothing wrong.
            (vec![O::Verified], ExitCode::Configuration, false, 0),
        ] {
            let outputs = with(&outcomes).outputs(exit, None);
            assert_eq!(get(&outputs, "image").is_some(), image, "{outcomes:?}");
            assert_eq!(get(&outputs, "digest").is_some(), image, "{outcomes:?}");
            let found = get(&outputs, "images").map_or(0, |list| list.matches("@sha256:").count());
            assert_eq!(found, images, "{outcomes:?}");
        }
    }

    #[test]
    fn what_is_named_is_a_digest() {
        let outputs = with(&[ArtifactOutcome::Verified]).outputs(ExitCode::Success, Some(Path::new("out")));
        let digest = format!("sha256:{:064}", 0);
        assert_eq!(get(&outputs, "image"), Some(format!("r.example/a0@{digest}").as_str()));
        assert_eq!(get(&outputs, "digest"), Some(digest.as_str()));
        assert_eq!(get(&outputs, "images"), Some(format!("[\"r.example/a0@{digest}\"]").as_str()));
        assert_eq!((get(&outputs, "verified-count"), get(&outputs, "failed-count")), (Some("1"), Some("0")));
        assert_eq!(get(&outputs, "sarif-path"), Some("out/report.sarif"));
    }

    #[test]
    fn the_signature_that_counts_is_named() {
        for report in [samples::verified(), samples::signed()] {
            let outputs = report.outputs(ExitCode::Success, None);
            assert!(get(&outputs, "signature-digests").unwrap().starts_with("[\"sha256:"), "{outputs:?}");
        }
        assert_eq!(get(&samples::rejected().outputs(ExitCode::Rejected, None), "signature-digests"), Some("[]"));
    }

    #[test]
    fn of_gates_all_signatures_that_count_are_named_once() {
        let of = |report: Report| {
            let outputs = report.outputs(report.exit_code(), None);
            let digests: Vec<String> = serde_json::from_str(get(&outputs, "signature-digests").unwrap()).unwrap();
            digests.into_iter().map(|digest| digest[..11].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(of(samples::gate_met()), ["sha256:2222", "sha256:3333", "sha256:4444", "sha256:5555"]);
        let mut twice = samples::gate_met();
        let rows = &mut twice.artifacts_mut()[0].gate.as_mut().unwrap().rows;
        let first = rows[0].clone();
        rows.push(first);
        assert_eq!(of(twice).len(), 4);
        assert_eq!(of(samples::gate_unmet()), ["sha256:2222", "sha256:4444"]);
        assert_eq!(samples::gate_unmet().result(ExitCode::GateUnmet), Some("gate-unmet"));
    }

    #[test]
    fn of_several_accepted_signatures_the_one_that_the_verdict_rests_on_is_named() {
        let mut report = samples::verified();
        let mut warned = samples::verified().artifacts_mut().remove(0).candidates.remove(0);
        warned.signature_manifest = "sha256:warned".to_owned();
        warned.rows[0].status = Status::Failed;
        report.artifacts_mut()[0].candidates.insert(0, warned);
        let sound = report.artifacts()[0].candidates[1].signature_manifest.clone();
        let outputs = report.outputs(ExitCode::Success, None);
        assert_eq!(get(&outputs, "signature-digests"), Some(format!("[\"{sound}\"]").as_str()));
    }
}
