//! How results are shown. It is known before any other setting is, so that what is wrong with those is shown as was asked for.

use super::error::{ConfigError, Fault};
use super::key;
use super::layers::Layers;
use super::setting::Setting;
use crate::report::Format;

/// How results are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    /// Form on standard output.
    pub(crate) format: Format,
    /// When colours are written.
    pub(crate) color: ColorChoice,
    /// Whether every validation is shown.
    pub(crate) verbose: bool,
    /// Whether progress is shown.
    pub(crate) progress: bool,
}

/// When colours are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColorChoice {
    /// On a terminal, and where the CI system shows them, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
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
    let (verbose, no_progress) = (layers.switch(key::VERBOSE), layers.switch(key::NO_PROGRESS));
    let output = Output {
        format: said(&format).unwrap_or(Format::Text),
        color: said(&color).unwrap_or(ColorChoice::Auto),
        verbose: verbose.as_ref().is_ok_and(|setting| setting.value),
        progress: no_progress.as_ref().is_ok_and(|setting| !setting.value),
    };
    let faults = [format.err(), color.err(), verbose.err(), no_progress.err()];
    (output, faults.into_iter().flatten().next())
}

/// The value, where one was given that means something.
fn said<T: Copy>(setting: &Result<Option<Setting<T>>, ConfigError>) -> Option<T> {
    setting.as_ref().ok()?.as_ref().map(|setting| setting.value)
}
