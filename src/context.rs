//! What every command is given: the settings, the environment, the time and the terminal, gathered once.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::called_off::CalledOff;
use crate::ci::step::{NamedFile, Step, StepOutputs, StepSummary};
use crate::ci::{self, CiSystem, Detected};
use crate::clock::Clock;
use crate::config::{ColorChoice, Output};
use crate::env::{self, Env};
use crate::files;
use crate::github;
use crate::output::plan::{self, FileOf, OutputPlace, StepPlaces, SummaryPlace};
use crate::output::{self, Log, Piece, Sink, StepFile};
use crate::progress;
use crate::report::style::{Color, Detail, Style};
use crate::report::{self, Audience, ErrorReport, Format, JobReport, Language, OutputForm, Reason, Report, Weakening};

/// Where standard output and standard error go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Streams {
    pub(crate) stdout: Stream,
    pub(crate) stderr: Stream,
}

/// Where a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// To a terminal, of this many columns if it says so.
    Terminal { columns: Option<u16> },
    /// To a file, a pipe, or the log of a CI system.
    Other,
}

impl Stream {
    /// Where one goes.
    pub(crate) fn of(stream: impl IsTerminal + AsFd) -> Self {
        match stream.is_terminal() {
            true => Self::Terminal { columns: terminal_size::terminal_size_of(stream).map(|(columns, _)| columns.0) },
            false => Self::Other,
        }
    }

    const fn is_terminal(self) -> bool {
        matches!(self, Self::Terminal { .. })
    }

    /// Columns after which a line goes on in the next.
    fn columns(self) -> Option<usize> {
        match self {
            Self::Terminal { columns } => columns.map(usize::from),
            Self::Other => None,
        }
    }
}

/// What every command receives.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// The words of the command, as reports have them.
    pub(crate) command: &'static str,
    /// The environment as it was at the start.
    pub(crate) environment: Arc<Env>,
    pub(crate) ci: Detected,
    /// Through what the step tells its CI system of the run.
    pub(crate) step: Option<Step>,
    /// The present, by which everything is judged when it is judged.
    pub(crate) clock: Clock,
    pub(crate) output: Output,
    /// Settings in force that weaken a check.
    pub(crate) weakened: Vec<Weakening>,
    /// What no result must be read without because of where the settings come from.
    pub(crate) caveats: Vec<Reason>,
    /// What an earlier run left to deploy from and is gone, for the report of a run that does not end well.
    pub(crate) left: Vec<Reason>,
    pub(crate) streams: Streams,
    /// What makes the requests to GitHub, where something is shown there.
    pub(crate) github: github::Open,
    /// Whether the run was told to end. Who has something to report of what was done until then looks; all else is dropped.
    pub(crate) called_off: CalledOff,
}

impl Context {
    pub(crate) fn stdout_style(&self) -> Style {
        self.style(self.streams.stdout, self.output.detail)
    }

    pub(crate) fn stderr_style(&self) -> Style {
        self.style(self.streams.stderr, Detail::Normal)
    }

    /// Where reports go, and their style there.
    pub(crate) fn of_reports(&self) -> (Sink, Style) {
        match self.output.is_result_alone {
            true => (Sink::Stderr, self.style(self.streams.stderr, self.output.detail)),
            false => (Sink::Stdout, self.stdout_style()),
        }
    }

    fn style(&self, stream: Stream, detail: Detail) -> Style {
        let color = color(self.output.color, stream.is_terminal(), &self.environment, self.ci);
        Style::new(color, detail).within(stream.columns()).folding(self.ci.system.row().folds)
    }

    /// A report with what the run knows of itself. Once for each: a name that is relative to the workspace may mean another file here.
    pub(crate) fn complete(&self, report: Report) -> Report {
        let (environment, system) = (&self.environment, self.ci.job());
        let job = system.is_ci().then(|| JobReport {
            system: system.name(),
            commit: ci::commit(environment, system),
            page: ci::page(environment, system),
        });
        let (now, job_file) = (Some(self.clock.now()), ci::definition_file(environment, system));
        let mut report = Report { now, job_file, job, ..report.helping(self.audience()).naming(self.file_name()) };
        report.warn_of(&self.caveats);
        if !report.ends_well() {
            report.warnings.extend(self.left.iter().cloned());
        }
        report
    }

    /// The report of a run that this ended.
    pub(crate) fn failure(&self, error: ErrorReport) -> Report {
        let weakened = self.weakened.clone();
        self.complete(Report { weakened, error: Some(error), ..Report::new(self.command) })
    }

    /// How reports name a file: as the repository does, where a job says where its files are.
    fn file_name(&self) -> impl Fn(&str) -> String {
        |path: &str| {
            let path = Path::new(path);
            let of_step = self.step.as_ref().and_then(|step| Some((step, std::path::absolute(path).ok()?)));
            let path = of_step.map_or_else(|| path.to_owned(), |(step, path)| step.in_repository(&path));
            let path: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
            path.to_string_lossy().into_owned()
        }
    }

    /// Which jobs' next steps help here.
    pub(crate) const fn audience(&self) -> Audience {
        match self.ci.system {
            system if system.speaks_github() => Audience::GitHub,
            CiSystem::GitLab => Audience::GitLab,
            CiSystem::CodeBuild => Audience::CodeBuild,
            CiSystem::Generic | CiSystem::None => Audience::Unknown,
            _ => Audience::Elsewhere,
        }
    }

    /// Where the CI system hears of the run.
    pub(crate) fn places(&self) -> Option<StepPlaces<'_>> {
        let step = self.step.as_ref()?;
        let (commands, outputs) = (self.commands(), self.outputs());
        let summary = step.summary.as_ref().map(|summary| match summary {
            StepSummary::File(named) => SummaryPlace::File { file: file(named), length: files::length(&named.path) },
            StepSummary::Upload => SummaryPlace::Upload,
            StepSummary::Buildkite => SummaryPlace::Buildkite { environment: self.environment.variables() },
        });
        let artifacts = step.artifacts.as_ref().map(file);
        Some(StepPlaces { language: step.language, commands, outputs, summary, artifacts })
    }

    /// Where the log is that obeys commands, if one does.
    fn commands(&self) -> Option<Log> {
        match self.step.as_ref()?.language {
            Language::Plain => None,
            Language::GitHub | Language::Azure => Some(Log::Stderr),
            // It hears standard output alone, where a report for programs stands alone.
            Language::TeamCity => {
                (self.output.format == Format::Text && !self.output.is_result_alone).then_some(Log::Stdout)
            }
        }
    }

    /// Where the steps behind this one find outputs.
    fn outputs(&self) -> Option<(OutputPlace<'_>, OutputForm)> {
        match self.step.as_ref()?.outputs.as_ref()? {
            StepOutputs::File(named, form) => Some((OutputPlace::File(file(named)), *form)),
            StepOutputs::Log(form) => Some((OutputPlace::Log(self.commands()?), *form)),
        }
    }

    /// What takes back the outputs of a step before this one, where the run cannot tell how it ends.
    pub(crate) fn take_back(&self) -> Option<Piece> {
        plan::of_no_end(self.command, self.outputs()?, &output::delimiter())
    }

    /// Checks that what the run will tell in files can be written, as far as that shows before, for what cannot be taken back behind it:
    /// the files of the report, and the outputs of the step.
    ///
    /// # Errors
    /// The first file that cannot be, and why.
    pub(crate) fn check_told(&self) -> Result<(), (PathBuf, io::Error)> {
        if let Some(folder) = &self.output.report_dir {
            for path in report::FILES.map(|name| folder.join(name)) {
                let checked = files::make_shared_folder(folder).and_then(|()| files::check_place(&path));
                checked.map_err(|source| (path, source))?;
            }
        }
        match self.outputs() {
            Some((OutputPlace::File((_, path)), _)) => {
                files::append(path, b"", StepFile::Output.limit()).map_err(|source| (path.to_owned(), source))
            }
            _ => Ok(()),
        }
    }

    /// The folder of the report, as the steps behind this one find it.
    pub(crate) fn folder_for_later_steps(&self) -> Option<PathBuf> {
        let folder = std::path::absolute(self.output.report_dir.as_deref()?).ok()?;
        Some(self.step.as_ref()?.for_later_steps(&folder))
    }

    pub(crate) fn progress(&self) -> progress::Form {
        match (self.output.progress, self.streams.stderr.is_terminal() && !self.ci.system.is_ci()) {
            (false, _) => progress::Form::Silent,
            (true, true) => progress::Form::Bar,
            (true, false) => progress::Form::Lines,
        }
    }
}

fn file(named: &NamedFile) -> FileOf<'_> {
    (named.variable, &named.path)
}

/// Whether colors are written: as requested; by default on a terminal that has them and in a CI log that shows them,
/// unless `NO_COLOR` is set.
pub(crate) fn color(choice: ColorChoice, is_terminal: bool, environment: &Env, ci: Detected) -> Color {
    let refused = environment.get(env::NO_COLOR).is_some();
    let dumb = environment.get(env::TERM) == Some("dumb");
    let shown = (is_terminal && !dumb) || ci.system.renders_color();
    match choice {
        ColorChoice::Always => Color::On,
        ColorChoice::Auto if shown && !refused => Color::On,
        ColorChoice::Auto | ColorChoice::Never => Color::Off,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::detect;

    #[test]
    fn colors_are_where_they_are_shown_and_wanted() {
        use ColorChoice::{Always, Auto, Never};
        type Variables<'a> = &'a [(&'a str, &'a str)];
        #[rustfmt::skip]
        let table: [(ColorChoice, bool, Variables<'_>, Color); 12] = [
            (Auto, true, &[], Color::On),
            (Auto, false, &[], Color::Off),
            (Auto, true, &[("NO_COLOR", "1")], Color::Off),
            (Auto, true, &[("NO_COLOR", "")], Color::On),
            (Auto, true, &[("TERM", "dumb")], Color::Off),
            (Auto, false, &[("GITHUB_ACTIONS", "true")], Color::On),
            (Auto, false, &[("GITLAB_CI", "true")], Color::On),
            (Auto, false, &[("GITLAB_CI", "true"), ("NO_COLOR", "1")], Color::Off),
            (Auto, false, &[("CODEBUILD_BUILD_ID", "x:1")], Color::Off),
            (Always, false, &[("NO_COLOR", "1")], Color::On),
            (Never, true, &[], Color::Off),
            (Never, false, &[("GITLAB_CI", "true")], Color::Off),
        ];
        for (choice, is_terminal, variables, expected) in table {
            let environment = Env::of(variables);
            let ci = detect(&environment);
            assert_eq!(
                color(choice, is_terminal, &environment, ci),
                expected,
                "{choice:?} {is_terminal} {variables:?}"
            );
        }
    }
}
