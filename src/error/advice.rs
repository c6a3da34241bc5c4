//! The one place that says what to do next: each typed error becomes an [`Error`] here, once.
//!
//! Advice is an executable next step, and never to loosen a policy.

use std::error::Error as StdError;
use std::io;
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use notary::trust_policy::TrustPolicyError;

use super::place::{at, in_policy};
use super::{Error, code, foreign_flags};
use crate::called_off::Stop;
use crate::cli::UnknownCommand;
use crate::config::ResolveError;
use crate::config::file::FileError;
use crate::config::notation_folder::NotationFolderError;
use crate::config::trust::TrustError;
use crate::config::unknown::EnvError;
use crate::report::{Help, escape};

/// The run was told to end, with so many of all images done where it works on images. `is_clean` is whether nothing temporary
/// is left.
pub(crate) fn called_off(stop: Stop, images: Option<(usize, usize)>, is_clean: bool) -> Error {
    let done = images.map(|(done, all)| format!("with {done} of {all} images done; ")).unwrap_or_default();
    if is_clean {
        return called_off_with(stop, &format!("{done}nothing was left half-written"));
    }
    called_off_with(stop, &format!("{done}a temporary file could not be removed"))
        .help("remove the files whose names begin with .sealgate- where files were written")
}

/// The run was told to end, and this is how far it was.
pub(crate) fn called_off_with(stop: Stop, state: &str) -> Error {
    match stop {
        Stop::Interrupt => Error::new(code::INTERRUPTED, format!("interrupted (SIGINT), {state}")),
        Stop::Terminate => Error::new(code::TERMINATED, format!("terminated (SIGTERM), {state}")),
    }
}

/// A report could not be written to this file.
pub(crate) fn report_not_written(path: &Path, source: &io::Error) -> Error {
    Error::new(code::FILE, format!("cannot write the report {}", path.display()))
        .because_of(Some(source))
        .help("give a folder that you can write to: --report-dir DIR")
}

/// Standard output could not be written to.
pub(crate) fn stdout_not_written(source: &io::Error) -> Error {
    Error::new(code::FILE, "cannot write to standard output").because_of(Some(source))
}

/// What a step tells its CI system could not be written to the file that this variable names.
pub(crate) fn step_file_not_written(variable: &str, path: &Path, source: &io::Error) -> Error {
    Error::new(code::FILE, format!("cannot write to {}, which {variable} names", path.display()))
        .because_of(Some(source))
        .help(format!("the CI system sets {variable} for each step; leave it as it is"))
}

/// A program of the CI system did not take what is shown with the run.
pub(crate) fn program_not_run(name: &str, error: &(dyn StdError + 'static)) -> Error {
    Error::new(code::FILE, format!("cannot show the report with the run: {name} did not take it"))
        .because_of(Some(error))
        .help(format!("the CI system has {name} in a folder of PATH; in a container, add it there"))
}

impl Error {
    /// What clap says about a command line: its first line is what happened; the tips and the usage are what to do. `more` is
    /// the command line that shows the help.
    pub(crate) fn usage(error: clap::Error, more: &str) -> Self {
        let foreign = match (error.kind(), error.get(ContextKind::InvalidArg)) {
            (ErrorKind::UnknownArgument, Some(ContextValue::String(flag))) => foreign_flags::advice(flag),
            _ => None,
        };
        let text = quoting_in_one_line(error).render().to_string();
        // A key begins with dashes, so that it is taken for a flag and would be quoted.
        if text.contains("PRIVATE KEY-----") {
            return Self::new(code::USAGE, "a private key is not expected here; the value is not shown")
                .help("give the name of the variable that holds the key: --key env:NAME")
                .help("or write the key to a file that only the job can read, and give the file name: --key FILE");
        }
        let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let (first, rest) = lines.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
        let mut message = first.strip_prefix("error: ").unwrap_or(first).to_owned();
        let mut help: Vec<Help> = foreign.into_iter().map(Help::from).collect();
        for line in rest {
            if let Some(tip) = line.strip_prefix("tip: ") {
                help.extend(foreign.is_none().then(|| tip.into()));
            } else if let Some(usage) = line.strip_prefix("Usage: ") {
                // It names the flag that is guessed.
                help.extend(foreign.is_none().then(|| format!("usage: {usage}").into()));
            } else if !line.starts_with("For more information") {
                message.push(' ');
                message.push_str(line);
            }
        }
        help.push(format!("more: {more}").into());
        help.into_iter().fold(Self::new(code::USAGE, message), Self::help)
    }
}

/// The error with each quoted word in one line, so that none passes for a tip or the usage.
fn quoting_in_one_line(error: clap::Error) -> clap::Error {
    let mut safe = error;
    let quoted: Vec<_> = safe.context().map(|(kind, value)| (kind, value.clone())).collect();
    let in_one_line = |text: &str| escape::terminal(text).into_owned();
    for (kind, value) in quoted {
        let value = match value {
            ContextValue::String(text) => ContextValue::String(in_one_line(&text)),
            ContextValue::Strings(texts) => ContextValue::Strings(texts.iter().map(|text| in_one_line(text)).collect()),
            ContextValue::StyledStrs(texts) => {
                ContextValue::StyledStrs(texts.iter().map(|text| in_one_line(&text.to_string()).into()).collect())
            }
            // The usage, which quotes nothing, and numbers.
            _ => continue,
        };
        safe.insert(kind, value);
    }
    safe
}

impl From<Vec<ResolveError>> for Error {
    /// One error as it is; several at once as one with causes.
    fn from(errors: Vec<ResolveError>) -> Self {
        let count = errors.len();
        let mut errors = errors.into_iter().map(Self::from);
        let Some(first) = errors.next() else {
            return Self::new(code::INTERNAL, "settings cannot be resolved, and no reason is known");
        };
        if count == 1 {
            return first;
        }
        let mut all = Self::new(first.code, format!("{count} settings cannot be used"));
        for error in std::iter::once(first).chain(errors) {
            all.place = all.place.or(error.place);
            all.causes.push(error.message);
            all.causes.extend(error.causes);
            let new: Vec<_> = error.help.into_iter().filter(|help| !all.help.contains(help)).collect();
            all.help.extend(new);
        }
        all
    }
}

impl From<ResolveError> for Error {
    fn from(error: ResolveError) -> Self {
        match error {
            ResolveError::Environment(error) => error.into(),
            ResolveError::File(error) => error.into(),
            ResolveError::Images(error) => (*error).into(),
            ResolveError::NotationFolder(error) => error.into(),
            ResolveError::Setting(error) => error.into(),
            ResolveError::Posts(error) => (*error).into(),
            ResolveError::Fork(error) => error.into(),
            ResolveError::Gates(error) => error.into(),
        }
    }
}

impl From<EnvError> for Error {
    fn from(error: EnvError) -> Self {
        match &error {
            EnvError::NotUnicode { .. } => {
                Self::of(code::NOT_UNICODE, &error).help("set it to UTF-8 text, or unset it")
            }
            EnvError::NotFile { .. } => {
                Self::of(code::INVALID_SETTING, &error).help("set it to a file with PEM certificates, or unset it")
            }
            EnvError::Unknown { near: Some(near), .. } => {
                Self::of(code::UNKNOWN_VARIABLE, &error).help(format!("did you mean {near}? otherwise unset it"))
            }
            EnvError::Unknown { near: None, .. } => Self::of(code::UNKNOWN_VARIABLE, &error)
                .help("unset it: variables that start with SEALGATE_ are named after flags (sealgate help sign)"),
            EnvError::UnknownInput { near, .. } => {
                let plain = Self::of(code::UNKNOWN_VARIABLE, &error);
                let plain = match near {
                    Some(near) => plain.help(format!("did you mean `{near}`?")),
                    None => plain,
                };
                plain.help(
                    "inputs are named after flags; what weakens a check is a variable of the step: `env: SEALGATE_…`",
                )
            }
        }
    }
}

impl From<UnknownCommand> for Error {
    fn from(error: UnknownCommand) -> Self {
        Self::of(code::INVALID_SETTING, &error)
            .help("give one of them as the input `command`; a `run:` step has all commands")
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        let plain = Self::of(code::CONFIGURATION_FILE, &error).at(match &error {
            FileError::Content { path, place, .. } | FileError::Weakening { path, place, .. } => Some(at(path, *place)),
            FileError::Read { .. } => None,
        });
        match error {
            FileError::Read { .. } => plain.help("give a file that can be read: --config FILE"),
            FileError::Weakening { .. } => {
                plain.help("set it in the job, as a flag or a SEALGATE_ variable, and remove it from the file")
            }
            FileError::Content { .. } => {
                plain.help("settings in the file are named like flags, without the leading dashes, for example `max-signatures: 10`")
            }
        }
    }
}

impl From<NotationFolderError> for Error {
    fn from(error: NotationFolderError) -> Self {
        Self::of(code::TRUST_POLICY, &error)
            .help("say what to trust: --profile ARN, or --policy FILE --trust-store DIR, or --root FILE --identity ID")
            .help("or set NOTATION_CONFIG to notation's configuration folder")
    }
}

impl From<TrustError> for Error {
    fn from(error: TrustError) -> Self {
        match &error {
            TrustError::NoPolicy { .. } => Self::of(code::TRUST_POLICY, &error)
                .help("with AWS Signer, you do not need one: sealgate verify --profile ARN -- IMAGE")
                .help("make one: sealgate trust install --profile ARN, or --root FILE --name NAME --identity ID")
                .help("or say what to trust: --policy FILE --trust-store DIR, or --root FILE --identity ID"),
            TrustError::ReadPolicy { .. } => {
                Self::of(code::TRUST_POLICY, &error).help("give a trust policy file that can be read: --policy FILE")
            }
            TrustError::PoliciesDiffer { folder } => Self::of(code::TRUST_POLICY, &error)
                .because(format!(
                    "both are in {}, and notation reads one or the other depending on its version",
                    folder.display()
                ))
                .help("give both the same content, or remove the one that is out of date"),
            TrustError::Policy { path, source } => policy_problems(&error, source)
                .at(in_policy(path, source))
                .help("fix it, then check it: sealgate trust show, with the --policy and --trust-store of this run"),
            TrustError::Identities(source) => identity_problems(&error, source)
                .help("for example --identity 'x509.subject: C=US, ST=WA, O=Acme'")
                .help("or --identity '*' for every signer the root vouches for"),
            TrustError::ReadRoot { .. } => Self::of(code::TRUST_STORE, &error)
                .help("give a file that can be read: --root FILE, or for AWS Signer --aws-root FILE"),
            TrustError::Root { .. } | TrustError::Roots(_) => Self::of(code::TRUST_STORE, &error)
                .help("the file needs CA certificates or self-signed certificates, in PEM or DER")
                .help("for development keys, use NAME-ca.crt"),
            TrustError::NoAwsRoot { .. } => Self::of(code::TRUST_STORE, &error)
                .help("get the root of that partition from AWS, compare its fingerprint, and pass it: --aws-root FILE"),
            TrustError::StoreName(_) => Self::of(code::TRUST_STORE, &error),
        }
    }
}

/// The identities of the command line with every rule that they break; a place in a policy would say nothing here.
fn identity_problems(error: &dyn std::error::Error, source: &TrustPolicyError) -> Error {
    let TrustPolicyError::Invalid(problems) = source else { return Error::of(code::TRUST_POLICY, error) };
    let told = Error::new(code::TRUST_POLICY, error.to_string());
    problems.iter().fold(told, |told, problem| told.because(problem.rule.to_string()))
}

/// A policy with every rule that it breaks as a cause.
pub(crate) fn policy_problems(error: &dyn std::error::Error, source: &TrustPolicyError) -> Error {
    let TrustPolicyError::Invalid(problems) = source else { return Error::of(code::TRUST_POLICY, error) };
    let mut told = Error::new(code::TRUST_POLICY, error.to_string());
    for problem in problems.iter() {
        told = told.because(problem.to_string());
    }
    match problems.omitted() {
        0 => told,
        more => told.because(format!("and {more} more")),
    }
}
