//! Caps on what a report repeats of what strangers wrote, each with its reason. Anyone who can push to a registry can push a
//! hundred signatures of megabytes; a log that is flooded hides what matters. What is left out is mentioned.

/// Characters of one reason: the longest of ours, with a distinguished name and the identities of a policy, have some
/// hundred.
pub(crate) const REASON_TEXT: usize = 2048;

/// What is shown of a signature that is verified: everything that its trusted signer wrote. Real ones have 2 to 4 KiB.
pub(crate) const VERIFIED_SHOWN: usize = 256 * 1024;

/// What is shown of any other signature: four times that of real ones.
pub(crate) const OTHER_SHOWN: usize = 16 * 1024;

/// What is shown of all signatures of one image together: more than a hundred real ones.
pub(crate) const ARTIFACT_SHOWN: usize = 512 * 1024;

/// What is shown of the signatures of an image, however much was shown of others before: two real ones with their rows.
pub(crate) const ARTIFACT_SHOWN_AT_LEAST: usize = 16 * 1024;

/// What is shown of the signatures of all images of a run beyond that.
pub(crate) const RUN_SHOWN: usize = 4 * 1024 * 1024;

/// Signatures that are told of a requirement of gates because they do not count: a signer who is no stranger made each of them, and
/// anybody can copy such a signature to another image.
pub(super) const REFUSALS: usize = 8;

/// The same of all requirements of an image together: eight of them in full.
pub(super) const ARTIFACT_REFUSALS: usize = 64;

/// Bytes of the Markdown form: GitHub shows a summary of at most 1 MiB, or nothing of it. The rest says what was left out.
pub(super) const MARKDOWN: usize = 1_000_000;

/// Bytes that are worth a summary.
pub(super) const SUMMARY_AT_LEAST: usize = 4096;

/// Bytes of the list of what failed in it: a thousand images with their next steps.
pub(super) const MARKDOWN_FAILURES: usize = 350_000;

/// Bytes of the deploy files in it, with what is written there.
pub(super) const MARKDOWN_FILES: usize = 200_000;

/// Bytes of the table in it: more than a thousand images.
pub(super) const MARKDOWN_TABLE: usize = 350_000;

/// Results of the SARIF form: GitHub shows 5,000 of a run.
pub(super) const SARIF_RESULTS: usize = 5000;

/// Annotations of one level: GitHub's runner shows so many of a step, and drops the rest.
pub(super) const ANNOTATIONS: usize = 10;

/// Characters of the text of an annotation: the runner cuts at 4,096.
pub(super) const ANNOTATION_TEXT: usize = 4000;

/// Characters of the title of an annotation: GitHub takes 255.
pub(super) const ANNOTATION_TITLE: usize = 200;

/// Images in the outputs of a step: GitHub takes 1 MiB of a job, in UTF-16.
pub(super) const OUTPUT_IMAGES: usize = 1000;

/// Artifacts that GitHub's runner takes of a job.
pub(super) const ARTIFACTS: usize = 500;

/// Bytes of a file of variables that GitLab no longer takes.
pub(super) const DOTENV: usize = 5 * 1024;

/// Variables that GitLab takes of a job: 20, where nobody changed that.
pub(super) const DOTENV_VARIABLES: usize = 20;

/// Entries of a Code Quality report: a merge request shows them all.
pub(super) const CODE_QUALITY: usize = 1000;

/// Links on the page of a job, which GitLab shows in a column beside the log.
pub(super) const LINKS: usize = 20;

/// Characters of a build problem that TeamCity takes, as it is written in a message.
pub(super) const PROBLEM: usize = 4000;

/// Bytes of `imagedefinitions.json`: CodePipeline reads 100 KB.
pub(super) const IMAGE_DEFINITIONS: usize = 100_000;

/// Bytes of a page that a server shows: GitHub takes 65,535 characters. The rest is for a marker, and says what was left out.
pub(super) const POST: usize = 62_000;

/// Remarks that are handed to a server, fifty with each request.
pub(super) const POST_REMARKS: usize = 500;

/// Images of deploy files that are told one by one: ten times those of a large chart.
pub(super) const PIN_IMAGES: usize = 5000;

/// Bytes of all diffs of deploy files together: some thousand images.
pub(super) const PIN_DIFFS: usize = 1024 * 1024;

/// Caveats that are shown above all images: there are three kinds.
pub(super) const CAVEATS: usize = 16;

/// At most [`REASON_TEXT`] characters of a text.
pub(super) fn reason_text(text: String) -> String {
    match text.char_indices().nth(REASON_TEXT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
