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
    fn every_command_is_one_that_a_report_may_name() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
        // The first is for a line that names none.
        let expected: Vec<_> = ["sealgate"].into_iter().chain(NAMES).collect();
        assert_eq!(schema["properties"]["command"]["enum"], serde_json::json!(expected));
    }
}
