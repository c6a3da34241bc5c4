//! What holds the content of a setting: a file, or a variable.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

/// A file, or text that was given without one. Where it is a variable, CI systems hand a secret in by it, and no file has to be
/// written and removed.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    File(PathBuf),
    Text {
        /// How it was given, such as `env:NAME`.
        shown: String,
        content: SecretString,
    },
    Stdin,
}

impl Input {
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Text { .. } | Self::Stdin => None,
        }
    }

    /// Whether both name the same file or the same variable.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(one), Self::File(other)) => one == other,
            (Self::Text { shown: one, .. }, Self::Text { shown: other, .. }) => one == other,
            _ => false,
        }
    }

    /// The content as text: of a file as [`super::read_input`] reads it, without a byte order mark.
    ///
    /// # Errors
    /// `FileTooLarge` beyond the limit; of a file as [`super::read_input`].
    pub(crate) fn read(&self, limit: u64) -> io::Result<Zeroizing<Vec<u8>>> {
        let bytes = match self {
            Self::File(path) => super::read_input(path, limit)?,
            Self::Stdin => super::read_stdin(limit)?,
            Self::Text { content, .. } => {
                let text = content.expose_secret().as_bytes();
                if u64::try_from(text.len()).is_ok_and(|length| length > limit) {
                    return Err(super::too_large(limit));
                }
                text.to_vec()
            }
        };
        Ok(Zeroizing::new(super::text(bytes)))
    }
}

impl<P: Into<PathBuf>> From<P> for Input {
    fn from(path: P) -> Self {
        Self::File(path.into())
    }
}

impl fmt::Display for Input {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Text { shown, .. } => formatter.write_str(shown),
            Self::Stdin => formatter.write_str("standard input"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str, content: &str) -> Input {
        Input::Text { shown: format!("env:{name}"), content: content.into() }
    }

    #[test]
    fn a_variable_is_read_as_a_file_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "\u{feff}text").unwrap();
        for input in [Input::from(&path), variable("A", "\u{feff}text")] {
            assert_eq!(input.read(7).unwrap().as_slice(), b"text", "{input}");
            assert_eq!(input.read(6).unwrap_err().kind(), io::ErrorKind::FileTooLarge, "{input}");
        }
    }

    #[test]
    fn what_a_variable_holds_is_not_shown() {
        let input = variable("A", "geheim");
        assert_eq!(input.to_string(), "env:A");
        assert!(!format!("{input:?}").contains("geheim"));
    }

    #[test]
    fn the_same_are_two_of_one_name_and_one_kind() {
        assert!(variable("A", "x").is_same(&variable("A", "x")) && Input::from("A").is_same(&"A".into()));
        assert!(!variable("A", "x").is_same(&variable("B", "x")) && !Input::from("env:A").is_same(&variable("A", "x")));
    }
}
