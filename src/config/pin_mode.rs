//! What `pin` does with the files: shown, written, written elsewhere, or only checked.

use std::path::PathBuf;

use super::error::{ConfigError, Fault};
use super::key::{self, Key};
use super::layers::Layers;
use super::setting::{Origin, Setting};

/// How standard input and standard output are called.
pub(super) const STREAM: &str = "-";

/// What happens to files whose images pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PinMode {
    /// The changes are shown.
    Show,
    /// They are changed.
    Write,
    /// The one file is written elsewhere.
    Out,
    /// Nothing; what is not pinned fails.
    Check,
}

/// What is asked for, if it can be.
pub(super) fn mode(layers: &Layers<'_>, names: &Setting<Vec<String>>) -> Result<PinMode, ConfigError> {
    if names.value.is_empty() {
        return Err(ConfigError::new(key::FILES, Origin::Flag(key::FILES.name), Fault::NoFiles));
    }
    let asked = |key: &'static Key| layers.switch(key).map(|setting| setting.value.then_some((key, setting.origin)));
    let out = layers.text(key::OUT)?;
    let to_file = out.as_ref().map(|setting| (key::OUT, setting.origin.clone()));
    let all: Vec<_> = [asked(key::WRITE)?, to_file, asked(key::CHECK)?].into_iter().flatten().collect();
    if let [(key, origin), (_, other), ..] = all.as_slice() {
        return Err(ConfigError::new(key, origin.clone(), Fault::Excludes { other: other.to_string() }));
    }
    let streams = names.value.iter().filter(|name| *name == STREAM).count();
    let no_stream = |origin: &Origin, key| {
        let other = format!("standard input ({STREAM})");
        Err(ConfigError::new(key, origin.clone(), Fault::Excludes { other }))
    };
    match all.first() {
        Some((key, origin)) if streams > 0 && key.name == key::WRITE.name => return no_stream(origin, key),
        Some((key, origin)) if names.value.len() > 1 && key.name == key::OUT.name => {
            return Err(ConfigError::new(key, origin.clone(), Fault::OneFile { files: names.value.len() }));
        }
        _ => {}
    }
    if streams > 1 {
        return Err(ConfigError::new(key::FILES, names.origin.clone(), Fault::StdinTwice));
    }
    let password = layers.switch(key::PASSWORD_STDIN)?;
    if streams > 0 && password.value {
        return no_stream(&password.origin, key::PASSWORD_STDIN);
    }
    Ok(match all.first() {
        Some((key, _)) if key.name == key::WRITE.name => PinMode::Write,
        Some((key, _)) if key.name == key::CHECK.name => PinMode::Check,
        Some(_) => PinMode::Out,
        // What comes in a pipe goes on in one.
        None if names.value == [STREAM] => PinMode::Out,
        None => PinMode::Show,
    })
}

/// Whether the pinned file goes to standard output, as far as the settings can be understood.
pub(super) fn is_on_stdout(layers: &Layers<'_>) -> bool {
    let is_own = layers.takes(key::OUT);
    let files = layers.list(key::FILES).ok();
    let Some(files) = files.filter(|_| is_own) else { return false };
    match layers.text(key::OUT) {
        Ok(Some(out)) => out.value == STREAM,
        _ => mode(layers, &files) == Ok(PinMode::Out),
    }
}

/// Where the pinned file goes, if it goes to a file.
pub(super) fn out(layers: &Layers<'_>) -> Result<Option<Setting<PathBuf>>, ConfigError> {
    let out = layers.text(key::OUT)?.filter(|setting| setting.value != STREAM);
    Ok(out.map(|setting| setting.map(PathBuf::from)))
}
