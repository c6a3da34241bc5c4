//! Where notation keeps its configuration (reference of notation, "Directory structure").

use std::path::PathBuf;

use crate::env::{self, Env};

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum NotationFolderError {
    #[error("neither NOTATION_CONFIG, XDG_CONFIG_HOME nor HOME is set")]
    NoHome,
    #[error("{variable} is not an absolute path: `{found}`")]
    Relative { variable: &'static str, found: String },
}

/// notation's configuration folder.
///
/// Where no variable says anything, notation takes `.notation` in the working folder. That is the checkout in CI, where
/// a pull request could put its own trust, so it is an error here. `NOTATION_CONFIG` names this one folder, and nothing
/// else sets it: what it says is taken as it is.
pub(crate) fn notation_folder(environment: &Env) -> Result<PathBuf, NotationFolderError> {
    if let Some(folder) = environment.get(env::NOTATION_CONFIG) {
        return Ok(PathBuf::from(folder));
    }
    for (variable, below) in [(env::XDG_CONFIG_HOME, "notation"), (env::HOME, ".config/notation")] {
        if let Some(folder) = environment.folder(variable) {
            return Ok(folder.join(below));
        }
        // If it were ignored, the next folder would decide what is trusted, so the user has to see that it is refused.
        if let Some(found) = environment.get(variable) {
            return Err(NotationFolderError::Relative { variable: variable.name, found: found.to_owned() });
        }
    }
    Err(NotationFolderError::NoHome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_found_as_notation_finds_it() {
        let all = [("NOTATION_CONFIG", "n"), ("XDG_CONFIG_HOME", "/x"), ("HOME", "/h")];
        let table = [(0, "n"), (1, "/x/notation"), (2, "/h/.config/notation")];
        for (gone, expected) in table {
            assert_eq!(notation_folder(&Env::of(&all[gone..])), Ok(PathBuf::from(expected)));
        }
        assert_eq!(notation_folder(&Env::of(&[])), Err(NotationFolderError::NoHome));
    }

    #[test]
    fn a_folder_relative_to_the_checkout_is_not_taken_by_accident() {
        for variable in ["XDG_CONFIG_HOME", "HOME"] {
            let found = "x".to_owned();
            assert_eq!(
                notation_folder(&Env::of(&[(variable, "x")])),
                Err(NotationFolderError::Relative { variable, found })
            );
        }
    }
}
