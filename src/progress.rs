//! How far a command is, on standard error: a bar for a person, plain lines for a log.

use std::fmt;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::output;
use crate::report::escape;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A bar that moves, on a terminal.
    Bar,
    /// One line for each that is done, in a log.
    Lines,
    Silent,
}

/// Progress over a known number of images. It can be reported by several tasks at once.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    lines: bool,
}

impl Progress {
    /// Starts. One image needs no progress lines: the report follows at once. `waiting` says what is being waited for, if anything
    /// is; it may hold foreign text.
    pub(crate) fn start(
        form: Form,
        total: usize,
        waiting: impl Fn() -> Option<String> + Clone + Send + Sync + 'static,
    ) -> Self {
        let bar = (form == Form::Bar).then(|| bar(total, waiting));
        Self { bar, lines: form == Form::Lines && total > 1 }
    }

    /// One image is done. The line says which and how it ended; it may hold foreign text.
    pub(crate) fn done(&self, line: &str) {
        let line = escape::terminal(line);
        if let Some(bar) = &self.bar {
            bar.set_message(line.into_owned());
            bar.inc(1);
        } else if self.lines {
            output::stderr(&format!("{line}\n"));
        }
    }

    /// Everything is done: the bar makes room for the report.
    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Numbers, the time that passed, what is being waited for, and what was done last.
const TEMPLATE: &str = "{bar:30.green} {pos}/{len} {elapsed} {waiting}{wide_msg}";

fn bar(total: usize, waiting: impl Fn() -> Option<String> + Clone + Send + Sync + 'static) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(total).unwrap_or(u64::MAX));
    let shown = move |_: &ProgressState, line: &mut dyn fmt::Write| {
        // A bar that cannot be drawn is no failure.
        let _ = line.write_str(&told(waiting()));
    };
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style.with_key("waiting", shown).progress_chars("━╸─"));
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// What is being waited for, before what was done last.
fn told(waiting: Option<String>) -> String {
    waiting.map(|text| format!("{}; ", escape::terminal(&text))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_of_the_bar_is_valid() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }

    #[test]
    fn the_bar_says_what_is_being_waited_for() {
        assert_eq!(told(None), "");
        assert_eq!(
            told(Some("r.example did not answer, attempt 2 of 6".to_owned())),
            "r.example did not answer, attempt 2 of 6; "
        );
        assert!(!told(Some("a\u{1b}[2J".to_owned())).contains('\u{1b}'));
    }

    #[test]
    fn lines_are_for_several_images_and_a_bar_counts_what_is_done() {
        assert!(!Progress::start(Form::Lines, 1, || None).lines);
        assert!(Progress::start(Form::Lines, 2, || None).lines);
        let progress = Progress::start(Form::Bar, 2, || None);
        progress.done("a\u{1b}[2J");
        let bar = progress.bar.as_ref().unwrap();
        assert_eq!(bar.position(), 1);
        assert!(!bar.message().contains('\u{1b}'));
        progress.finish();
        assert!(Progress::start(Form::Silent, 2, || None).bar.is_none());
    }
}
