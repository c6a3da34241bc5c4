//! Settings whose value is in a variable: what a file would hold, and tokens.

use secrecy::SecretString;

use super::error::{ConfigError, Fault};
use super::key::Key;
use super::layers::Layers;
use super::setting::{Origin, Setting};
use crate::env::Env;
use crate::files::Input;

/// What is in a file, or in a variable that is named as `env:NAME`.
pub(super) fn input(layers: &Layers<'_>, key: &'static Key) -> Result<Option<Setting<Input>>, ConfigError> {
    let Some(Setting { value, origin }) = layers.text(key)? else { return Ok(None) };
    let Some(name) = value.strip_prefix("env:") else {
        return Ok(Some(Setting { value: Input::File(value.into()), origin }));
    };
    // As cosign has it.
    let name = name.strip_prefix("//").unwrap_or(name).to_owned();
    let content = named_variable(key, &name, &origin, layers.environment)?;
    Ok(Some(Setting { value: Input::Text { shown: format!("env:{name}"), content }, origin }))
}

/// The content of a variable whose name is the value of a setting.
pub(super) fn named_variable(
    key: &'static Key,
    name: &str,
    origin: &Origin,
    environment: Option<&Env>,
) -> Result<SecretString, ConfigError> {
    if !is_variable_name(name) {
        return Err(ConfigError::new(key, origin.clone(), Fault::NotVariableName));
    }
    let content = environment.and_then(|environment| environment.named(name));
    let unset = || ConfigError::new(key, origin.clone(), Fault::VariableUnset { name: name.to_owned() });
    content.map(SecretString::from).ok_or_else(unset)
}

/// Whether a text can be the name of a variable (POSIX, "Environment Variable Definition"). A token, written there by
/// mistake, has dots.
fn is_variable_name(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !text.is_empty() && text.bytes().all(word) && !text.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_variable_is_no_token() {
        for name in ["AWS_TOKEN", "_x1", "gitlab_token"] {
            assert!(is_variable_name(name), "{name}");
        }
        for other in ["", "1TOKEN", "A B", "A-B", "$AWS_TOKEN"] {
            assert!(!is_variable_name(other), "{other}");
        }
    }
}
