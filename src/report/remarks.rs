//! What of a report deserves attention, as one list in the order of its weight, for the systems that show such remarks one by one:
//! the annotations of a CI system, a check run. Texts are as they came; what they become is one safe line each.

use super::escape::terminal;
use super::fingerprint::Subject;
use super::gate;
use super::gist::{Tone, WEAKENED};
use super::limits::{ANNOTATION_TEXT, ANNOTATION_TITLE, ANNOTATIONS};
use super::model::{
    ArtifactOutcome, ArtifactReport, CheckReport, CheckStatus, ErrorReport, Findings, GateProblem, GateReport, GateRow,
    Help, PinProblem, Place, Reason, Report,
};

/// How grave a remark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grade {
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
    pub(super) place: Option<Place>,
    /// What it is, as programs know it.
    pub(super) about: About,
}

/// What a remark is, for those who sort remarks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct About {
    /// Stable, kebab-case.
    pub(super) code: String,
    /// The image, the file or the setting.
    pub(super) subject: Option<String>,
    /// Which requirement of gates.
    pub(super) part: Option<String>,
}

impl About {
    fn new(code: &str, subject: Option<&str>) -> Self {
        Self { code: code.to_owned(), subject: subject.map(str::to_owned), part: None }
    }

    /// What it is found of.
    pub(super) fn subject(&self) -> Subject<'_> {
        Subject { name: self.subject.as_deref(), part: self.part.as_deref() }
    }
}

impl Remark {
    /// Its title, as one line.
    pub(super) fn title(&self) -> String {
        cut(&terminal(&self.title), ANNOTATION_TITLE)
    }

    /// Its title behind that of the report, as one line.
    pub(super) fn headline(&self, report: &str) -> String {
        cut(&format!("{report}: {}", terminal(&self.title)), ANNOTATION_TITLE)
    }

    /// What was found and what to do next, each part in a line.
    pub(super) fn text(&self) -> String {
        let lines: Vec<_> = self.lines.iter().map(|line| terminal(line)).collect();
        cut(&lines.join("\n"), ANNOTATION_TEXT)
    }

    /// All of it, the headline first, for a system that shows one text.
    pub(super) fn headed_text(&self, report: &str) -> String {
        format!("{}\n{}", self.headline(report), self.text())
    }
}

/// At most so many characters of a text.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The first of a list of which so many may be shown, and how many more there are. One place is kept to say that.
pub(super) fn capped<T>(all: &[T], most: usize) -> (&[T], usize) {
    let shown = if all.len() > most { most.saturating_sub(1) } else { all.len() };
    all.split_at_checked(shown).map_or((all, 0), |(first, rest)| (first, rest.len()))
}

impl Report {
    /// What deserves attention, the gravest first.
    pub(super) fn remarks(&self) -> Vec<Remark> {
        let mut remarks: Vec<_> = self.error.iter().map(failure).collect();
        let of_images = self.worst_first().into_iter().map(of_image);
        // No image is pushed out by what further is asked of another.
        let (first, further): (Vec<_>, Vec<_>) =
            of_images.map(|mut remarks| (remarks.by_ref().next(), remarks.collect::<Vec<_>>())).unzip();
        remarks.extend(first.into_iter().flatten().chain(further.into_iter().flatten()));
        remarks.extend(self.problems().into_iter().map(|problem| problem.remark()));
        let loud = |title: &str, text: &str| Remark {
            grade: Grade::Warning,
            title: title.to_owned(),
            lines: vec![text.to_owned()],
            place: None,
            about: About::new(title, None),
        };
        remarks.extend(self.caveats().into_iter().map(|caveat| loud(&caveat.code, &caveat.text)));
        let warned = |warning: &Reason| Remark { place: warning.place.clone(), ..loud(&warning.code, &warning.text) };
        remarks.extend(self.warnings.iter().map(warned));
        let empty = self.shard_line().filter(|_| self.is_empty_shard());
        remarks.extend(empty.map(|text| Remark { grade: Grade::Notice, ..loud("empty-shard", &text) }));
        let weakenings = self.weakenings().zip(&self.weakened);
        remarks.extend(weakenings.map(|((label, text), weakening)| {
            let about = About::new(WEAKENED, Some(weakening.setting));
            Remark { grade: Grade::Notice, about, ..loud(label, &text) }
        }));
        // What was equally grave stays in its order.
        remarks.sort_by_key(|remark| remark.grade);
        remarks
    }

    /// The same for a log that shows only so many of each grade with the run. The last of those says how many more there are.
    pub(super) fn annotations(&self) -> Vec<Remark> {
        let remarks = self.remarks();
        let mut shown = Vec::new();
        for grade in [Grade::Error, Grade::Warning, Grade::Notice] {
            let of_grade: Vec<_> = remarks.iter().filter(|remark| remark.grade == grade).cloned().collect();
            let (first, more) = capped(&of_grade, ANNOTATIONS);
            shown.extend_from_slice(first);
            if more > 0 {
                let lines = vec![format!("and {more} more: see the log, the summary of the job, or the report")];
                shown.push(Remark {
                    grade,
                    title: format!("{more} more"),
                    lines,
                    place: None,
                    about: About::default(),
                });
            }
        }
        shown
    }

    /// What a command found that is not about images.
    pub(super) fn problems(&self) -> Vec<Problem<'_>> {
        let of_files = self.files.iter().flat_map(|file| {
            let of_file = |problem| of_deploy_file(problem, file.file.as_str());
            file.problems.iter().map(of_file)
        });
        match &self.findings {
            _ if self.has_unusable_files() => of_files.collect(),
            Some(Findings::Doctor(doctor)) => doctor.checks.iter().filter_map(of_check).collect(),
            Some(Findings::TrustInstalled(trust) | Findings::TrustShown(trust)) => {
                let subject = Some(trust.folder.as_str());
                trust.problems.iter().map(|problem| of_problem(problem, subject)).collect()
            }
            Some(Findings::Gates(gates)) => {
                let of_file = |problem| of_gates(problem, gates.file.as_str());
                gates.problems.iter().map(of_file).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Something that is wrong, and with what.
#[derive(Debug)]
pub(super) struct Problem<'a> {
    pub(super) grade: Grade,
    pub(super) code: &'a str,
    pub(super) subject: Option<&'a str>,
    pub(super) text: &'a str,
    pub(super) help: &'a [Help],
    pub(super) place: Option<&'a Place>,
}

impl Problem<'_> {
    fn remark(&self) -> Remark {
        let first = self.subject.map_or_else(|| self.text.to_owned(), |subject| format!("{subject}: {}", self.text));
        let lines = std::iter::once(first).chain(helps(self.help)).collect();
        let about = About::new(self.code, self.subject);
        Remark { grade: self.grade, title: self.code.to_owned(), lines, place: self.place.cloned(), about }
    }
}

/// What would make a verification fail.
fn of_problem<'a>(problem: &'a Reason, subject: Option<&'a str>) -> Problem<'a> {
    let Reason { code, text, place } = problem;
    Problem { grade: Grade::Error, code, subject, text, help: &[], place: place.as_ref() }
}

/// What would keep images from being verified by gates.
fn of_gates<'a>(problem: &'a GateProblem, file: &'a str) -> Problem<'a> {
    Problem { help: &problem.help, ..of_problem(&problem.reason, Some(file)) }
}

/// What keeps a deploy file from being pinned.
fn of_deploy_file<'a>(problem: &'a PinProblem, file: &'a str) -> Problem<'a> {
    Problem { help: &problem.help, ..of_problem(&problem.reason, Some(file)) }
}

/// A check that did not pass.
fn of_check(check: &CheckReport) -> Option<Problem<'_>> {
    let grade = match check.status {
        CheckStatus::Failed => Grade::Error,
        CheckStatus::Warning => Grade::Warning,
        CheckStatus::Ok | CheckStatus::Note | CheckStatus::NotChecked => return None,
    };
    let code = check.code.as_deref().unwrap_or(check.name);
    let (subject, place) = (check.subject.as_deref(), check.place.as_ref());
    Some(Problem { grade, code, subject, text: &check.fact, help: &check.help, place })
}

/// An image that is not plainly good; of gates, each requirement that is not met, and each that soon will not be.
fn of_image(image: &ArtifactReport) -> impl Iterator<Item = Remark> {
    let rows = || image.gate.iter().flat_map(|gate| &gate.rows);
    let mut remarks: Vec<_> = match image.outcome {
        ArtifactOutcome::GateUnmet => {
            image.gate.iter().flat_map(GateReport::unmet).map(|row| unmet(image, row)).collect()
        }
        _ => Vec::new(),
    };
    match (&image.error, remarks.first_mut()) {
        // What may be missing because it was not looked at.
        (Some(error), Some(first)) => first.lines.extend(details(error)),
        (_, Some(_)) => {}
        (_, None) => remarks.extend(whole(image)),
    }
    remarks.extend(rows().filter_map(|row| ending(image, row)));
    remarks.into_iter()
}

/// A requirement of gates that an image does not meet.
fn unmet(image: &ArtifactReport, row: &GateRow) -> Remark {
    let lines = std::iter::once(format!("{}: {}", image.name(), row.gap())).chain(row.details()).collect();
    let place = image.named_at.first().unwrap_or(&row.place).clone();
    let title = format!("{}: stage {}", image.outcome.words(), row.stage);
    let about = About { part: Some(row.title()), ..About::new(image.outcome.name(), Some(image.name())) };
    Remark { grade: Grade::Error, title, lines, place: Some(place), about }
}

/// A requirement of gates that soon is not met any more.
fn ending(image: &ArtifactReport, row: &GateRow) -> Option<Remark> {
    let lines = vec![format!("{}: {}", image.name(), row.renewal()?)];
    let about = About { part: Some(row.title()), ..About::new(gate::RENEW, Some(image.name())) };
    Some(Remark {
        grade: Grade::Notice,
        title: "an approval must be renewed".to_owned(),
        lines,
        place: Some(row.place.clone()),
        about,
    })
}

/// An image that is not plainly good, as a whole.
fn whole(image: &ArtifactReport) -> Option<Remark> {
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
        lines.extend(details(error));
    }
    let words = image.outcome.words();
    // A code that repeats the outcome says nothing more.
    let title = if why.code == image.outcome.name() { words.to_owned() } else { format!("{words} [{}]", why.code) };
    let about = About::new(&why.code, Some(image.name()));
    let place = image.place().cloned();
    Some(Remark { grade, title, lines, place, about })
}

fn failure(error: &ErrorReport) -> Remark {
    let lines = std::iter::once(error.message.clone()).chain(details(error)).collect();
    let about = About::new(&error.code, None);
    Remark { grade: Grade::Error, title: error.code.clone(), lines, place: error.place.clone(), about }
}

/// What stands below the message of an error.
fn details(error: &ErrorReport) -> impl Iterator<Item = String> {
    error.causes.iter().map(|cause| format!("caused by: {cause}")).chain(helps(&error.help))
}

fn helps(help: &[Help]) -> impl Iterator<Item = String> {
    help.iter().map(|help| format!("help: {}", help.text))
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
            (Grade::Warning, "x"),
            (Grade::Warning, "tag"),
            (Grade::Warning, "a-warning"),
            (Grade::Notice, "a check is weakened"),
        ];
        assert_eq!(found, expected.map(|(grade, title)| (grade, title.to_owned())));
    }

    #[test]
    fn each_requirement_of_gates_is_a_remark_at_its_line() {
        let told = |report: &Report| {
            let remarks = report.remarks().into_iter();
            remarks
                .map(|remark| (remark.grade, remark.place.as_ref().unwrap().line, remark.headed_text("verify")))
                .collect::<Vec<_>>()
        };
        insta::assert_debug_snapshot!(told(&samples::gate_unmet()), @r#"
        [
            (
                Error,
                13,
                "verify: gate unmet: stage prod\nregistry.example/app@sha256:1111: stage prod requires security, not older than 30d: a signature of security does not count: it is too old since 2026-02-01T03:04:05Z\nrefused security, signature sha256:4444: it is too old since 2026-02-01T03:04:05Z [gate-too-old]\nrefused security, signature sha256:4444: the signing job is revoked [revoked]\nhelp: approve it as security: sealgate approve --stage prod --as security -- IMAGE",
            ),
            (
                Error,
                14,
                "verify: gate unmet: stage prod\nregistry.example/app@sha256:1111: stage prod requires 2 of anna, ben: only anna signed\nhelp: approve it as ben: sealgate approve --stage prod --as ben -- IMAGE",
            ),
            (
                Error,
                15,
                "verify: gate unmet: stage prod\nregistry.example/app@sha256:1111: stage prod requires release: a signature that may count could not be judged",
            ),
        ]
        "#);
        insta::assert_debug_snapshot!(told(&samples::gate_met()), @r#"
        [
            (
                Notice,
                13,
                "verify: an approval must be renewed\nregistry.example/app@sha256:1111: stage prod requires security, not older than 30d: the approval of security must be renewed before 2026-02-01T03:04:05Z",
            ),
        ]
        "#);
    }

    #[test]
    fn no_image_is_pushed_out_by_the_requirements_of_another() {
        let mut report = samples::gate_unmet();
        report.artifacts_mut().push(samples::gate_unmet().artifacts_mut().remove(0));
        report.artifacts_mut()[1].digest_reference = Some("registry.example/b@sha256:2".to_owned());
        let remarks = report.remarks();
        let subjects: Vec<_> = remarks.iter().map(|remark| remark.about.subject.as_deref().unwrap().len()).collect();
        assert_eq!(subjects, [32, 27, 32, 32, 27, 27]);
        // What was not looked at may be what is missing.
        let error = report.artifacts_mut()[0].error.as_mut().unwrap();
        error.causes.push("900 of its 1000 signatures were not examined".to_owned());
        let text = report.remarks()[0].text();
        assert!(text.ends_with("\ncaused by: 900 of its 1000 signatures were not examined"), "{text}");
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
