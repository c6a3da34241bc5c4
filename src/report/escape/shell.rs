//! Text for a POSIX shell.

/// A word that stands for exactly this text: in single quotes nothing has a meaning but the quote itself (POSIX.1-2017, Shell
/// Command Language, 2.2.2).
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The same for a file of commands that nobody reads first. Nothing for a NUL character, which no word can hold.
pub(in crate::report) fn literal(text: &str) -> Option<String> {
    (!text.contains('\0')).then(|| quoted(text))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use proptest::prelude::*;

    use super::*;

    /// What a real shell has in a variable that is set to each of these texts.
    fn read_back(texts: &[String]) -> Vec<String> {
        let mut script = String::new();
        for text in texts {
            script.push_str(&format!("export X={}\nprintf '%s\\0' \"$X\"\n", literal(text).unwrap()));
        }
        let mut shell = Command::new("sh").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = shell.stdin.take().unwrap();
        let writer = std::thread::spawn(move || input.write_all(script.as_bytes()));
        let output = shell.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        let mut found: Vec<_> = text.split('\0').map(str::to_owned).collect();
        assert_eq!(found.pop().as_deref(), Some(""));
        found
    }

    #[test]
    fn a_text_without_a_word_is_none() {
        assert_eq!(literal("a\0b"), None);
        assert_eq!(literal(""), Some("''".to_owned()));
        assert_eq!(literal("it's"), Some("'it'\\''s'".to_owned()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn a_real_shell_reads_back_what_was_meant(
            texts in proptest::collection::vec(r"('|\\|\$\(id\)|\$X|`id`|\n|\r|!!|;|&|\||#|~|\*|\[|EOF|\x1b|''\\''|\PC|[\x01-\x7f]){0,20}", 1..20)
        ) {
            prop_assert_eq!(read_back(&texts), texts);
        }
    }
}
