//! The languages in which a CI system is told of a report by commands on the log, and the forms in which steps read outputs: which
//! renderer speaks which.

use std::path::Path;

use super::model::Report;
use super::{azure, deploy, github, teamcity, variables};
use crate::exit_code::ExitCode;

/// What a log obeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// Nothing: it is only shown.
    Plain,
    /// The workflow commands of GitHub's runner, which Gitea and Forgejo share.
    GitHub,
    /// The logging commands of Azure Pipelines.
    Azure,
    /// The service messages of TeamCity.
    TeamCity,
}

/// How outputs are written for the steps behind this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputForm {
    /// The file of outputs of GitHub's runner.
    GitHub,
    /// Lines of a script that a POSIX shell reads.
    Exports,
    /// `NAME=VALUE` lines.
    Lines,
    /// Variables, by commands of Azure Pipelines.
    Azure,
    /// Parameters, by messages of TeamCity.
    TeamCity,
}

/// What deserves attention, in a language.
pub(crate) fn annotations(report: &Report, language: Language) -> String {
    match language {
        Language::Plain => String::new(),
        Language::GitHub => github::annotations(report),
        Language::Azure => azure::issues(report),
        Language::TeamCity => teamcity::messages(report),
    }
}

/// The outputs of a run that ends this way. `delimiter` is known to nobody. Nothing where they cannot be told apart from what a
/// value holds.
pub(crate) fn outputs(
    report: &Report,
    exit: ExitCode,
    folder: Option<&Path>,
    form: OutputForm,
    delimiter: &str,
) -> Option<String> {
    let outputs = report.outputs(exit, folder);
    match form {
        // A step may run us more than once, and what it does not have is empty there in any case.
        OutputForm::GitHub if report.result(exit).is_some() => github::outputs(&variables::all(&outputs), delimiter),
        OutputForm::GitHub => github::outputs(&outputs, delimiter),
        // What an earlier step left goes in any case.
        OutputForm::Exports => deploy::exports(&outputs).or_else(|_| deploy::exports(&[])).ok(),
        OutputForm::Lines => Some(variables::lines(&outputs)),
        OutputForm::Azure => Some(azure::variables(&outputs)),
        OutputForm::TeamCity => Some(teamcity::parameters(&outputs)),
    }
}
