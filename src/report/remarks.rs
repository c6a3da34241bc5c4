//! What of a report deserves attention, as one list in the order of its weight, for the systems that show such remarks one by one:
//! the annotations of a CI system, a check run. Texts are as they came; a renderer escapes each.

use super::gist::Tone;
use super::model::{ArtifactReport, CheckStatus, ErrorReport, Findings, Help, Report};

/// How grave a remark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grade {
    /// The run ends red because of it.
    Error,
    /// The run is green, and not plainly.
    Warning,
    Notice,
}

/// One remark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remark {
    pub(super) grade: Grade,
    /// In a few words of ours.
    pub(super) title: String,
    /// What was found and what to do next, each part in a line of its own.
    pub(super) lines: Vec<String>,
}

impl Report {
    /// What deserves attention, the gravest first.
    pub(super) fn remarks(&self) -> Vec<Remark> {
        let mut remarks: Vec<_> = self.error.iter().map(|error| failure(&error.code, None, error)).collect();
        remarks.extend(self.worst_first().into_iter().filter_map(of_image));
        remarks.extend(self.of_others());
        let loud = |title: &str, text: &str| Remark {
            grade: Grade::Warning,
            title: title.to_owned(),
            lines: vec![text.to_owned()],
        };
        remarks.extend(self.caveats().into_iter().map(|caveat| loud("not all is checked", caveat)));
        remarks.extend(self.warnings.iter().map(|warning| loud(&warning.code, &warning.text)));
        remarks.extend(self.weakenings().map(|(label, text)| Remark { grade: Grade::Notice, ..loud(label, &text) }));
        // What was equally grave stays in its order.
        remarks.sort_by_key(|remark| remark.grade);
        remarks
    }

    /// What commands found that are not about images.
    fn of_others(&self) -> Vec<Remark> {
        match &self.findings {
            Some(Findings::Doctor(doctor)) => {
                let grade = |status| match status {
                    CheckStatus::Failed => Some(Grade::Error),
                    CheckStatus::Warning => Some(Grade::Warning),
                    CheckStatus::Ok | CheckStatus::Note | CheckStatus::NotChecked => None,
                };
                let remark = |check: &super::model::CheckReport| {
                    let named = check.subject.as_ref().map(|subject| format!("{subject}: {}", check.fact));
                    let first = named.unwrap_or_else(|| check.fact.clone());
                    let title = check.code.as_deref().unwrap_or(check.name).to_owned();
                    Some(Remark { grade: grade(check.status)?, title, lines: with_help(vec![first], &check.help) })
                };
                doctor.checks.iter().filter_map(remark).collect()
            }
            Some(Findings::TrustInstalled(trust) | Findings::TrustShown(trust)) => {
                let remark = |problem: &super::model::Reason| Remark {
                    grade: Grade::Error,
                    title: problem.code.clone(),
                    lines: vec![format!("{}: {}", trust.folder, problem.text)],
                };
                trust.problems.iter().map(remark).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// An image that is not plainly good.
fn of_image(image: &ArtifactReport) -> Option<Remark> {
    let why = image.why()?;
    let grade = match image.outcome.tone() {
        Tone::Bad => Grade::Error,
        Tone::Warning => Grade::Warning,
        Tone::Good | Tone::Neutral => Grade::Notice,
    };
    let mut lines = vec![format!("{}: {}", image.name(), why.text)];
    if let Some(error) = &image.error {
        if error.code != why.code {
            lines.push(error.message.clone());
        }
        lines.extend(error.causes.iter().map(|cause| format!("caused by: {cause}")));
        lines = with_help(lines, &error.help);
    }
    let words = image.outcome.words();
    // A code that repeats the outcome says nothing more.
    let title = if why.code == image.outcome.name() { words.to_owned() } else { format!("{words} [{}]", why.code) };
    Some(Remark { grade, title, lines })
}

fn failure(title: &str, subject: Option<&str>, error: &ErrorReport) -> Remark {
    let first = subject.map_or_else(|| error.message.clone(), |subject| format!("{subject}: {}", error.message));
    let causes = error.causes.iter().map(|cause| format!("caused by: {cause}"));
    let lines = std::iter::once(first).chain(causes).collect();
    Remark { grade: Grade::Error, title: title.to_owned(), lines: with_help(lines, &error.help) }
}

fn with_help(mut lines: Vec<String>, help: &[Help]) -> Vec<String> {
    lines.extend(help.iter().map(|help| format!("help: {}", help.text)));
    lines
}

#[cfg(test)]
mod tests {
    use super::super::model::{Reason, Weakening};
    use super::super::samples;
    use super::*;

    fn short(report: &Report) -> Vec<(Grade, String)> {
        report.remarks().into_iter().map(|remark| (remark.grade, remark.title)).collect()
    }

    #[test]
    fn a_plainly_good_run_needs_no_remark() {
        assert_eq!(short(&samples::verified()), []);
        assert_eq!(short(&samples::signed()), []);
    }

    #[test]
    fn the_gravest_remark_comes_first_whatever_it_is_about() {
        let mut report = samples::several();
        report.warnings.push(Reason::new("a-warning", "w"));
        report.artifacts_mut()[0].caveats.push(Reason::new("x", "a caveat"));
        report.weakened.push(Weakening { setting: "plain-http", value: "a".to_owned(), origin: "b".to_owned() });
        let found = short(&report);
        let expected = [
            (Grade::Error, "unsigned"),
            (Grade::Error, "unsigned"),
            (Grade::Error, "error [denied]"),
            (Grade::Warning, "accepted with warnings, not verified"),
            (Grade::Warning, "not all is checked"),
            (Grade::Warning, "tag"),
            (Grade::Warning, "a-warning"),
            (Grade::Notice, "a check is weakened"),
        ];
        assert_eq!(found, expected.map(|(grade, title)| (grade, title.to_owned())));
    }

    #[test]
    fn a_failure_says_what_to_do_next() {
        let remarks = samples::several().remarks();
        let denied = remarks.iter().find(|remark| remark.title == "error [denied]").unwrap();
        let expected = [
            "registry.example/e:1: registry.example refused the request",
            "caused by: registry.example says: \"no pull access\"",
            "help: give credentials that may pull",
        ];
        assert_eq!((denied.grade, denied.lines.as_slice()), (Grade::Error, expected.map(str::to_owned).as_slice()));
    }
}
