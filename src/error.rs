//! What a run can fail with: one type, one table of codes, one way to show it.
//!
//! The core and the edges state facts in errors of their own. Each is converted once, in [`advice`], the only place
//! that says what to do next.

mod advice;
mod aws;
mod children;
mod codes;
mod deploy;
mod ecr;
mod foreign_flags;
mod fork;
mod gates;
mod github;
mod images;
mod lambda;
mod pin;
mod place;
mod registry;
mod settings;
mod signing_key;
mod verdict;

use std::error::Error as StdError;
use std::fmt::Write as _;

pub(crate) use advice::{
    called_off, called_off_with, policy_problems, program_not_run, report_not_written, stdout_not_written,
    step_file_not_written,
};
pub(crate) use children::children_help;
pub(crate) use codes::{Code, code, meaning};
pub(crate) use deploy::{deploy_file_not_removed, deploy_file_not_written, deploy_file_removed, not_deployable};
pub(crate) use gates::gate_problems;
pub(crate) use github::not_posted;
pub(crate) use pin::{
    not_pinned, nothing_to_verify, pin_file_problem, pin_image_problem, pin_not_prepared, pin_not_replaced, pin_problem,
};
pub(crate) use place::{in_policy, of_finding};

use crate::exit_code::ExitCode;
use crate::report::style::{Paint, Style};
use crate::report::{Audience, ErrorReport, Help, Place, Reason, escape, wrap};

/// Causes shown at most: a chain that is longer says nothing more.
const CAUSES: usize = 16;

/// A failed run: what happened, why, and what can be done.
#[derive(Clone, Debug)]
pub(crate) struct Error {
    code: &'static Code,
    message: String,
    causes: Vec<String>,
    help: Vec<Help>,
    /// The line of the file that is wrong.
    place: Option<Place>,
}

impl Error {
    /// A failure of this code. The message states what was got and what was expected.
    pub(crate) fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), causes: Vec::new(), help: Vec::new(), place: None }
    }

    /// A failure described by an error: its text is the message and its sources are the causes.
    pub(crate) fn of(code: &'static Code, error: &dyn StdError) -> Self {
        Self::new(code, error.to_string()).because_of(error.source())
    }

    /// Adds an error and its sources as causes.
    pub(crate) fn because_of(mut self, source: Option<&dyn StdError>) -> Self {
        let mut next = source;
        while let Some(cause) = next {
            if self.causes.len() >= CAUSES {
                break;
            }
            self.causes.push(cause.to_string());
            next = cause.source();
        }
        self
    }

    pub(crate) fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    pub(crate) fn help(mut self, help: impl Into<Help>) -> Self {
        self.help.push(help.into());
        self
    }

    /// At a place in a file, if one is known.
    pub(crate) fn at(self, place: Option<Place>) -> Self {
        Self { place, ..self }
    }

    /// With the next steps for jobs of one kind.
    pub(crate) fn helping(mut self, audience: Audience) -> Self {
        self.help = Help::only_for(audience, self.help);
        self
    }

    /// Stable name of the failure.
    #[cfg(test)]
    pub(crate) const fn code(&self) -> &'static str {
        self.code.name
    }

    pub(crate) const fn exit_code(&self) -> ExitCode {
        self.code.exit
    }

    /// Whether something was unavailable, or denied the request: nothing that was asked for is known to be wrong.
    pub(crate) const fn is_out_of_reach(&self) -> bool {
        matches!(self.exit_code(), ExitCode::Unavailable | ExitCode::Denied)
    }

    pub(crate) fn report(&self) -> ErrorReport {
        ErrorReport {
            code: self.code.name.to_owned(),
            message: self.message.clone(),
            causes: self.causes.clone(),
            help: self.help.clone(),
            exit_code: self.code.exit,
            place: self.place.clone(),
        }
    }

    /// The same in one line, for what does not change how the run ends.
    pub(crate) fn reason(&self) -> Reason {
        reason_of(&self.report())
    }

    /// The form for a terminal or a log: `error[code]: …`, `caused by: …`, `help: …`, one line each.
    pub(crate) fn render(&self, style: &Style) -> String {
        self.render_as(style.paint(Paint::Bad, &format!("error[{}]:", self.code.name)), style)
    }

    /// The same for what does not change how the run ends.
    pub(crate) fn render_warning(&self, style: &Style) -> String {
        self.render_as(warning_label(self.code.name, style), style)
    }

    fn render_as(&self, head: String, style: &Style) -> String {
        let mut text = String::new();
        let mut line = |label: &str, words: &str| {
            // Writing to a String cannot fail.
            let _infallible = writeln!(text, "{label} {}", escape::terminal(words));
        };
        line(&head, &self.message);
        for cause in &self.causes {
            line("  caused by:", cause);
        }
        for help in &self.help {
            line(&format!("  {}", style.paint(Paint::Note, "help:")), &help.text);
        }
        wrap::lines(&text, style).into_owned()
    }
}

/// How what changes nothing at how the run ends is begun, as errors are.
fn warning_label(code: &str, style: &Style) -> String {
    style.paint(Paint::Warning, &format!("warning[{}]:", escape::terminal(code)))
}

/// The same as a line of its own, for what a report holds as well.
pub(crate) fn render_reason(reason: &Reason, style: &Style) -> String {
    let line = format!("{} {}\n", warning_label(&reason.code, style), escape::terminal(&reason.text));
    wrap::lines(&line, style).into_owned()
}

/// What a report says of an error, in one line.
pub(crate) fn reason_of(error: &ErrorReport) -> Reason {
    let causes = error.causes.iter().map(|cause| format!(": {cause}"));
    let help = error.help.iter().map(|help| format!("; {}", help.text));
    let text = std::iter::once(error.message.clone()).chain(causes).chain(help).collect::<String>();
    Reason::new(error.code.clone(), text)
}

/// What is reported of a panic, whose message may quote its input.
pub(crate) fn panic_text(text: &str, place: &str) -> String {
    let (name, text) = (code::INTERNAL.name, escape::terminal(text));
    format!("error[{name}]: {text}{place}\n  help: this is a bug in sealgate, please report it\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_shown_with_its_code_its_causes_and_the_next_steps() {
        let error = Error::new(code::CONFIGURATION_FILE, "cannot read \"a.yaml\"")
            .because_of(Some(&std::io::Error::other("disk on fire")))
            .because("a spark")
            .help("name a file that exists");
        assert_eq!(
            error.render(&Style::plain()),
            "error[configuration-file]: cannot read \"a.yaml\"\n  caused by: disk on fire\n  caused by: a spark\n  \
             help: name a file that exists\n"
        );
        assert_eq!(error.exit_code(), ExitCode::Configuration);
    }

    #[test]
    fn foreign_text_in_an_error_cannot_reach_the_terminal_raw() {
        let error = Error::new(code::INTERNAL, "a\u{1b}[2Jb").because("c\u{202e}d\re");
        let text = error.render(&Style::plain());
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\r']), "{text:?}");
    }

    #[test]
    fn a_chain_of_causes_without_end_is_cut() {
        #[derive(Debug, thiserror::Error)]
        #[error("again")]
        struct Again(#[source] Option<Box<Self>>);
        let mut chain = Again(None);
        for _ in 0..100 {
            chain = Again(Some(Box::new(chain)));
        }
        assert_eq!(Error::of(code::INTERNAL, &chain).report().causes.len(), CAUSES);
    }

    #[test]
    fn a_panic_is_two_lines_whatever_it_quotes() {
        let text = panic_text("a\n::error::b\u{1b}[2J##[error]c", " (src/a.rs:1)");
        assert_eq!(
            text,
            "error[internal]: a\\u{a}::error::b\\u{1b}[2J#\\u{23}[error]c (src/a.rs:1)\n  help: this is a bug in sealgate, please report it\n"
        );
    }
}
