//! `schema`: what a program that reads JSON reports may rely on.

use super::Done;
use crate::report::SCHEMA;

pub(super) fn run() -> Done {
    Done::Text(SCHEMA.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::NAMES;

    #[test]
    fn every_command_has_a_name_of_the_form_that_reports_have() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
        assert_eq!(schema["properties"]["command"]["pattern"], "^[a-z]+( [a-z]+)?$");
        for name in NAMES {
            let words: Vec<_> = name.split(' ').collect();
            let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
            assert!(words.len() <= 2 && words.iter().all(is_word), "{name}");
        }
    }
}
