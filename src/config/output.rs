//! How results are shown. It is known before any other setting is, so that what is wrong with those is shown as was asked for.

use std::path::PathBuf;

use super::deploy;
use super::error::{ConfigError, Fault};
use super::key;
use super::layers::Layers;
use super::pin_mode;
use super::setting::Setting;
use crate::report::style::Detail;
use crate::report::{self, DeployFile, Format};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    /// Form on standard output.
    pub(crate) format: Format,
    /// Folder for the report in all of its forms.
    pub(crate) report_dir: Option<PathBuf>,
    pub(crate) color: ColorChoice,
    /// How much is shown.
    pub(crate) detail: Detail,
    pub(crate) progress: bool,
    /// What later steps deploy from.
    pub(crate) deploy: Vec<DeployFile>,
    /// Whether standard output is for what the command makes, so that reports go to standard error.
    pub(crate) is_result_alone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColorChoice {
    /// On a terminal, and where the CI system shows them, unless `NO_COLOR` is set.
    Auto,
    Always,
    Never,
}

/// What was asked for, and the first of it that means nothing. Each part is resolved by itself: an error about one is shown
/// as the others say.
pub(super) fn output(layers: &Layers<'_>) -> (Output, Option<ConfigError>) {
    let format = layers.parsed(key::FORMAT, |word| match word {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        other => Err(Fault::NotOneOf { found: other.to_owned(), expected: "`text` or `json`" }),
    });
    let color = layers.parsed(key::COLOR, |word| match word {
        "auto" => Ok(ColorChoice::Auto),
        "always" => Ok(ColorChoice::Always),
        "never" => Ok(ColorChoice::Never),
        other => Err(Fault::NotOneOf { found: other.to_owned(), expected: "`auto`, `always` or `never`" }),
    });
    let report_dir = layers.text(key::REPORT_DIR);
    let (verbose, quiet) = (layers.switch(key::VERBOSE), layers.switch(key::QUIET));
    let no_progress = layers.switch(key::NO_PROGRESS);
    let (deploy, not_deployed) = deploy::files(layers);
    let not_apart = deploy::check_reports(layers);
    let is_on = |switch: &Result<Setting<bool>, ConfigError>| switch.as_ref().is_ok_and(|setting| setting.value);
    let mut output = Output {
        format: said(&format).unwrap_or(Format::Text),
        report_dir: report_dir.as_ref().ok().and_then(Option::as_ref).map(|setting| PathBuf::from(&setting.value)),
        color: said(&color).unwrap_or(ColorChoice::Auto),
        // Whoever asks for both wants to see what happens: a job whose debug logging is on does.
        detail: match (is_on(&verbose), is_on(&quiet)) {
            (true, _) => Detail::Verbose,
            (false, true) => Detail::Quiet,
            (false, false) => Detail::Normal,
        },
        progress: no_progress.as_ref().is_ok_and(|setting| !setting.value) && !is_on(&quiet),
        deploy,
        is_result_alone: pin_mode::is_on_stdout(layers),
    };
    if let Err(error) = &not_apart {
        output.leave(error);
    }
    let (apart, switches) = (not_apart.err(), [verbose.err(), quiet.err(), no_progress.err()]);
    let faults = [format.err(), report_dir.err(), color.err()].into_iter().chain(switches).chain([not_deployed, apart]);
    (output, faults.flatten().next())
}

impl Output {
    /// Leaves a file alone that would be written and is somebody else's: it is neither written nor removed.
    pub(super) fn leave(&mut self, error: &ConfigError) {
        let Fault::SameFile { path, .. } = &error.fault else { return };
        self.deploy.retain(|file| file.path != *path);
        // A report is written whole or not at all, and so is its folder.
        self.report_dir =
            self.report_dir.take().filter(|folder| !report::FILES.iter().any(|name| folder.join(name) == *path));
    }
}

/// The value, where one was given that means something.
fn said<T: Copy>(setting: &Result<Option<Setting<T>>, ConfigError>) -> Option<T> {
    setting.as_ref().ok()?.as_ref().map(|setting| setting.value)
}
