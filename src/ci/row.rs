//! What can be known of a CI system: the columns of the table of all of them.

use crate::env::Variable;
use crate::report::style::Folds;
use crate::report::{Files, Language, OutputForm};

/// What is known of a CI system.
#[derive(Debug)]
pub(crate) struct System {
    /// What `--ci` calls it.
    pub(crate) word: &'static str,
    /// Its display name.
    pub(crate) name: &'static str,
    /// The variables that reveal it; one is enough.
    pub(super) signs: &'static [Sign],
    /// With what the variables begin in which it hands inputs in. On another system such a variable is somebody else's.
    pub(crate) inputs: Option<&'static str>,
    /// The folder in which it checks a change out.
    pub(super) workspace: Option<&'static Variable>,
    /// The file in which its jobs are defined.
    pub(super) definition: Definition,
    /// The commit that the job is about.
    pub(super) commit: Option<&'static Variable>,
    /// How it says that the job is about a pull request.
    pub(super) pull_requests: PullRequests,
    /// The address of the page that shows the job or its run, from these parts.
    pub(super) page: &'static [Part],
    /// Which of several jobs of the same kind this is.
    pub(super) shard: Option<ShardVariables>,
    /// Whether its log shows SGR colors although it is not a terminal.
    pub(crate) renders_color: bool,
    /// How its log folds lines.
    pub(crate) folds: Folds,
    /// The language of commands that its log obeys.
    pub(crate) language: Language,
    /// The files that reports are written to.
    pub(crate) files: Files,
    /// Where the steps behind this one find outputs.
    pub(crate) outputs: Outputs,
    /// Where a page for people is shown.
    pub(crate) summary: Summary,
    /// The variable with the file of what the job made.
    pub(crate) artifacts: Option<&'static Variable>,
}

/// How a variable reveals a system.
#[derive(Debug)]
pub(super) enum Sign {
    /// It is set and not empty.
    Set(&'static Variable),
    /// It has this value, ignoring case.
    Is(&'static Variable, &'static str),
    Both(&'static Variable, &'static Variable),
}

/// The file in which jobs are defined.
#[derive(Clone, Copy, Debug)]
pub(super) enum Definition {
    /// There are several, none, or it has no usual name.
    Unknown,
    Usual(&'static str),
    /// The variable names it, or else it has the usual name.
    Named(&'static Variable, &'static str),
    /// `owner/repository/path@ref`, in this variable.
    Workflow(&'static Variable),
}

/// How a system says that a job is about a pull request, and whether its head is in the repository itself.
#[derive(Clone, Copy, Debug)]
pub(super) enum PullRequests {
    /// It says it in no variable.
    Unknown,
    /// In the file of the event that started the job.
    Event,
    /// By the project that it comes from, which is another one for a fork; or by its number on another system, which tells of none of a
    /// fork.
    OfProject { source: &'static Variable, project: &'static Variable, elsewhere: &'static Variable },
    /// By its number, or its address; `false` is none.
    Numbered(&'static Variable, Head),
    /// By a variable whose value begins so, of which one is enough.
    Begins(&'static [(&'static Variable, &'static str)]),
}

/// Where the head of a pull request is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Head {
    /// No variable says it.
    Unknown,
    /// In the repository itself: for others there is no job.
    Own,
    /// In a fork where the variable is set, and not to `false`.
    ForkIf(&'static Variable),
    /// In the repository of the first variable; the second has that of the job.
    Repository(&'static Variable, &'static Variable),
}

/// A part of an address.
#[derive(Debug)]
pub(super) enum Part {
    Is(&'static str),
    Of(&'static Variable),
}

/// The variables that say which of how many jobs this is.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShardVariables {
    pub(super) index: &'static Variable,
    pub(super) total: &'static Variable,
    /// The index of the first job.
    pub(super) first: u32,
}

/// Where steps find outputs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outputs {
    Nowhere,
    /// In the file that the variable names.
    File(&'static Variable, OutputForm),
    /// As commands on the log, in its language.
    Log(OutputForm),
    /// In a file of this name beside the reports, for other jobs. It is there only where the run ends well.
    BesideReports(&'static str),
}

/// Where a page for people is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Summary {
    Nowhere,
    /// In the file that the variable names.
    File(&'static Variable),
    /// In a file of the report, which a command of the log names.
    Upload,
    /// By the program that the agent of Buildkite is.
    Buildkite,
}
