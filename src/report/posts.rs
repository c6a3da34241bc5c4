//! What a server shows of a report besides the log: a headline, a page, and remarks one by one. Texts from outside stand in code spans
//! of the page, and are single lines of a remark.

use super::escape::markdown::code;
use super::gist::Tone;
use super::limits::{POST, POST_REMARKS};
use super::markdown;
use super::model::{Place, Report};
use super::remarks::{Grade, Remark, capped};
use crate::exit_code::ExitCode;

/// How a run ended, for those who see no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All images passed, and there is nothing to add.
    Good,
    /// All images passed, and there is something to add.
    GoodWithRemarks,
    /// An image was refused.
    Refused,
    /// There is no verdict.
    Failed,
}

/// A remark, and where it is if it is about a line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PostRemark {
    pub(crate) grade: Grade,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) place: Option<Place>,
}

impl Report {
    pub(crate) fn ending(&self) -> Ending {
        match (self.exit_code(), self.tone()) {
            (ExitCode::Success, Tone::Good) => Ending::Good,
            (ExitCode::Success, _) => Ending::GoodWithRemarks,
            (ExitCode::Rejected | ExitCode::Unsigned | ExitCode::GateUnmet, _) => Ending::Refused,
            _ => Ending::Failed,
        }
    }

    /// How the run ended, in a few words of ours. What weakens a check is among them, since nobody may see more than these.
    pub(crate) fn headline(&self) -> String {
        let weakened = if self.weakened.is_empty() { "" } else { "; A CHECK IS WEAKENED" };
        let caveats = if self.caveats().is_empty() { "" } else { "; with caveats" };
        format!("{}{weakened}{caveats}", self.gist())
    }

    /// The report as a page of at most [`POST`] bytes, which ends with where it is from: a commit, and the address of the run.
    pub(crate) fn page(&self, commit: Option<&str>, run: Option<&str>) -> String {
        let commit = commit.map(|commit| format!("commit {}", code(commit)));
        // An address of the CI system: what could end it early is left out, address and all.
        let is_plain =
            |address: &&str| address.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>()\\`".contains(&byte));
        let run = run.filter(is_plain).map(|address| format!("[this run](<{address}>)"));
        let from: Vec<_> = commit.into_iter().chain(run).collect();
        let from = if from.is_empty() { String::new() } else { format!("\n{}\n", from.join(", ")) };
        format!("{}{from}", markdown::render(self, POST.saturating_sub(from.len())))
    }

    /// What deserves attention, the gravest first. The last one says how many more there are.
    pub(crate) fn post_remarks(&self) -> Vec<PostRemark> {
        let remarks = self.remarks();
        let (shown, more) = capped(&remarks, POST_REMARKS);
        let mut posts: Vec<_> = shown.iter().map(post_remark).collect();
        if let Some(next) = remarks.get(shown.len()) {
            let text = format!("and {more} more: see the log, or the report");
            posts.push(PostRemark { grade: next.grade, title: format!("{more} more"), text, place: None });
        }
        posts
    }
}

fn post_remark(remark: &Remark) -> PostRemark {
    let (grade, place) = (remark.grade, remark.place.clone());
    PostRemark { grade, title: remark.title(), text: remark.text(), place }
}

#[cfg(test)]
mod tests {
    use super::super::model::{ArtifactOutcome, ArtifactReport, Findings, Weakening};
    use super::super::samples;
    use super::*;

    fn of(outcomes: &[ArtifactOutcome]) -> Report {
        let images = outcomes.iter().enumerate();
        let images = images.map(|(number, outcome)| ArtifactReport::new(format!("r.example/a{number}"), *outcome));
        Report::of("verify", Findings::Artifacts(images.collect()))
    }

    #[test]
    fn only_what_is_plainly_good_is_a_success() {
        use ArtifactOutcome as O;
        for (outcomes, ending) in [
            (&[O::Verified][..], Ending::Good),
            (&[O::Verified, O::AcceptedWithWarnings], Ending::GoodWithRemarks),
            (&[O::Skipped], Ending::GoodWithRemarks),
            (&[O::Verified, O::Unsigned], Ending::Refused),
            (&[O::Rejected], Ending::Refused),
            (&[O::GateUnmet], Ending::Refused),
        ] {
            assert_eq!(of(outcomes).ending(), ending, "{outcomes:?}");
        }
        let weakening = Weakening { setting: "ca-file", value: "x".to_owned(), origin: "--ca-file".to_owned() };
        let weakened = Report { weakened: vec![weakening], ..of(&[O::Verified]) };
        assert_eq!(weakened.ending(), Ending::GoodWithRemarks);
        assert_eq!(weakened.headline(), "1 image: 1 verified; A CHECK IS WEAKENED");
        let failed = Report { error: samples::several().artifacts()[4].error.clone(), ..Report::new("verify") };
        assert_eq!((failed.ending(), failed.headline().as_str()), (Ending::Failed, "failed"));
    }

    #[test]
    fn a_page_ends_with_where_it_is_from_and_is_never_too_long() {
        let report = samples::verified();
        let page = report.page(Some("abc"), Some("https://h.example/a/b/actions/runs/9"));
        assert!(page.ends_with("\ncommit `abc`, [this run](<https://h.example/a/b/actions/runs/9>)\n"), "{page}");
        for bad in ["https://h.example/>x", "https://h.example/ x", "https://h.example/\n"] {
            assert!(report.page(None, Some(bad)).ends_with("</details>\n"), "{bad}");
        }
        let many = of(&[ArtifactOutcome::Unsigned; 3000]);
        let page = many.page(Some("abc"), None);
        // With the line of the marker, and what says that something was left out.
        assert!(page.len() + 2048 <= 65_535 && page.len() > 50_000, "{}", page.len());
        assert!(page.contains("left out to keep this page short") && page.ends_with("commit `abc`\n"));
    }

    #[test]
    fn the_last_remark_says_how_many_more_there_are() {
        let all = of(&vec![ArtifactOutcome::Unsigned; POST_REMARKS]).post_remarks();
        assert!(all.len() == POST_REMARKS && all.iter().all(|remark| remark.text.starts_with("r.example/a")));
        let some = of(&vec![ArtifactOutcome::Unsigned; POST_REMARKS + 5]).post_remarks();
        assert_eq!((some.len(), some.last().unwrap().title.as_str()), (POST_REMARKS, "6 more"));
    }

    #[test]
    fn remarks_are_told_in_single_lines_without_escapes() {
        let mut report = of(&[ArtifactOutcome::Unsigned]);
        report.artifacts_mut()[0].reference = "a\n\u{1b}[2Jb".to_owned();
        let remarks = report.post_remarks();
        assert!(!remarks[0].text.contains('\u{1b}') && remarks[0].text.starts_with("a\\u{a}"), "{remarks:?}");
    }
}
