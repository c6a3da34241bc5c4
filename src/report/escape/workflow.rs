//! Text in a workflow command of GitHub's runner (`::name key=value::data`), as the runner decodes it (`ActionCommand` in
//! actions/runner): the data up to the end of the line, a property up to a comma or colon.

/// The data of a command: several lines are one.
pub(crate) fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
pub(crate) fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As the runner does it.
    fn decoded(text: &str) -> String {
        text.replace("%2C", ",").replace("%3A", ":").replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
    }

    #[test]
    fn what_has_a_meaning_in_a_command_has_none() {
        assert_eq!(data("100%\r\na::b,c"), "100%25%0D%0Aa::b,c");
        assert_eq!(property("a: b,c%\n"), "a%3A b%2Cc%25%0A");
    }

    proptest! {
        #[test]
        fn the_runner_reads_what_was_meant(text in any::<String>()) {
            let (data, property) = (data(&text), property(&text));
            prop_assert_eq!(decoded(&data), text.as_str());
            prop_assert_eq!(decoded(&property), text.as_str());
            prop_assert!(!data.contains(['\n', '\r']) && !property.contains([':', ',', '\n', '\r']));
        }
    }
}
