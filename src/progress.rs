//! How far a command is, on standard error: a bar for a person, plain lines for a log.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

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
    /// Starts. One image needs no progress lines: the report follows at once.
    pub(crate) fn start(form: Form, total: usize) -> Self {
        let bar = (form == Form::Bar).then(|| bar(total));
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

/// A bar with numbers, the time that passed, and what was done last.
fn bar(total: usize) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(total).unwrap_or(u64::MAX));
    if let Ok(style) = ProgressStyle::with_template("{bar:30.green} {pos}/{len} {elapsed} {wide_msg}") {
        bar.set_style(style.progress_chars("━╸─"));
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_of_the_bar_is_valid() {
        assert!(ProgressStyle::with_template("{bar:30.green} {pos}/{len} {elapsed} {wide_msg}").is_ok());
    }

    #[test]
    fn lines_are_for_several_images_and_a_bar_counts_what_is_done() {
        assert!(!Progress::start(Form::Lines, 1).lines);
        assert!(Progress::start(Form::Lines, 2).lines);
        let progress = Progress::start(Form::Bar, 2);
        progress.done("a\u{1b}[2J");
        let bar = progress.bar.as_ref().unwrap();
        assert_eq!(bar.position(), 1);
        assert!(!bar.message().contains('\u{1b}'));
        progress.finish();
        assert!(Progress::start(Form::Silent, 2).bar.is_none());
    }
}
