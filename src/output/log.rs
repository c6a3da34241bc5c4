//! The log of `--verbose`, and of a function: one line for each event, which no logged value can forge.
//!
//! A line begins with its level and with words of ours. What comes from outside follows as the value of a
//! field: escaped as for a terminal, and in quotes where it is more than one word, so that it ends neither the line nor
//! its field.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::report::escape;
use crate::report::style::Detail;

/// The field that holds the words of an event.
const MESSAGE: &str = "message";

/// Writes each event to standard error from now on: all of them for `--verbose`, else those that are for people, where the log is all
/// that a command tells. Only our own: those of the libraries below could hold headers, and with them credentials.
pub(crate) fn start(detail: Detail, is_all_that_is_told: bool) {
    let level = match (detail, is_all_that_is_told) {
        (Detail::Verbose, _) => Level::DEBUG,
        (_, true) => Level::INFO,
        (_, false) => return,
    };
    let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
    // A logger that is already set is kept.
    let _already_set = tracing_subscriber::registry().with(Lines(super::stderr)).with(ours).try_init();
}

/// Makes each event a line, and hands it on.
struct Lines<F>(F);

impl<S: Subscriber, F: Fn(&str) + 'static> Layer<S> for Lines<F> {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let mut told = Told::default();
        event.record(&mut told);
        (self.0)(&told.line(*event.metadata().level()));
    }
}

#[derive(Default)]
struct Told {
    words: String,
    fields: String,
}

impl Told {
    /// The line, with its line break.
    fn line(&self, level: Level) -> String {
        let level = match level {
            Level::ERROR => "error",
            Level::WARN => "warning",
            Level::INFO => "info",
            Level::DEBUG => "debug",
            Level::TRACE => "trace",
        };
        format!("{level}: {}{}\n", escape::terminal(&self.words), self.fields)
    }

    fn tell(&mut self, field: &Field, value: &str) {
        if field.name() == MESSAGE {
            self.words.push_str(value);
        } else {
            // Writing to a String cannot fail.
            let _infallible = write!(self.fields, " {}={}", field.name(), one_word(value));
        }
    }
}

impl Visit for Told {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.tell(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.tell(field, &format!("{value:?}"));
    }
}

/// A value that cannot be taken for the end of itself: as it is, or in quotes.
fn one_word(value: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./:@+[]%".contains(character);
    if !value.is_empty() && value.chars().all(is_plain) {
        return escape::terminal(value).into_owned();
    }
    let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", escape::terminal(&quoted))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use proptest::prelude::*;

    use super::*;

    /// The lines that the events of `work` make.
    fn logged(work: impl FnOnce()) -> String {
        let text = Arc::new(Mutex::new(String::new()));
        let seen = Arc::clone(&text);
        let lines = Lines(move |line: &str| seen.lock().unwrap().push_str(&escape::lines(line)));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), work);
        let text = text.lock().unwrap();
        text.clone()
    }

    #[test]
    fn a_line_is_the_level_our_words_and_the_fields() {
        let text = logged(|| {
            tracing::debug!(method = "GET", url = %"https://r.example/v2/", status = 200, "request");
            tracing::debug!(status = None::<u16>, milliseconds = 7_u64, good = true, "request");
            tracing::warn!(warning = %"a.json: not \"JSON\" \\", empty = "", "credential source not used");
        });
        assert_eq!(
            text,
            "debug: request method=GET url=https://r.example/v2/ status=200\n\
             debug: request milliseconds=7 good=true\n\
             warning: credential source not used warning=\"a.json: not \\\"JSON\\\" \\\\\" empty=\"\"\n"
        );
    }

    #[test]
    fn a_value_ends_neither_the_line_nor_its_field() {
        let text = logged(|| {
            tracing::debug!(error = %"x\n::error::y\r\n✓ verified a\u{1b}[2J\u{202e}\u{85}z", status = 429, "try again");
            tracing::debug!(code = %"A\" status=\"200", status = 403, "##[error]x\n::error::y");
        });
        assert_eq!(
            text,
            "debug: try again error=\"x\\u{a}::error::y\\u{d}\\u{a}✓ verified a\\u{1b}[2J\\u{202e}\\u{85}z\" status=429\n\
             debug: #\\u{23}[error]x\\u{a}::error::y code=\"A\\\" status=\\\"200\" status=403\n"
        );
    }

    proptest! {
        #[test]
        fn an_event_is_one_line_that_begins_with_our_words(value in r"([:#\[ \n\r\t]|\PC|\p{C}|::error::x|##vso\[a\]|✓ verified){0,20}") {
            let text = logged(|| tracing::debug!(shown = %value, debugged = ?value, text = value.as_str(), "request"));
            prop_assert!(text.starts_with("debug: request shown="), "{}", text);
            prop_assert_eq!(text.matches('\n').count(), 1);
            prop_assert!(text.ends_with('\n'));
            prop_assert!(!text.contains("##") && !text.trim_end_matches('\n').contains(char::is_control));
        }
    }
}
