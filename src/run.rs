//! A run, from the first word to the exit code: takes what it is given of the world, runs the command, and turns what came of it into
//! text and an exit code.

use std::ffi::OsString;
use std::io;
use std::panic::{self, PanicHookInfo};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use notary::Timestamp;

use crate::called_off::Stop;
use crate::ci::step::Step;
use crate::cli::Cli;
use crate::clock::Clock;
use crate::command::{Done, help};
use crate::config::{Config, Output, Task, Unresolved};
use crate::context::{Context, Stream, Streams};
use crate::env::Env;
use crate::error::{Error, code};
use crate::exit_code::ExitCode;
use crate::output::{NotWritten, Piece, Sink, plan};
use crate::report::Format;
use crate::report::style::{Color, Style};
use crate::report::{Report, escape};
use crate::signals::Signals;
use crate::{called_off, ci, command, config, deploy, error, files, github, output, report, secrets, signals};

/// What a run is given of the world.
pub struct World {
    /// The command line, with the name of the program.
    pub words: Vec<OsString>,
    /// The environment.
    pub variables: Vec<(OsString, OsString)>,
    /// Looks at the clock: once, and once more for each event of `lambda`.
    pub now: fn() -> Timestamp,
    /// Makes the requests to GitHub, Gitea and Forgejo.
    pub github: github::Open,
}

/// Runs one command line.
pub fn run(world: World) -> process::ExitCode {
    panic::set_hook(Box::new(report_panic));
    let World { words, variables, now, github } = world;
    let (environment, clock) = (Env::capture(variables), Clock::set_by(now));
    let streams = Streams { stdout: Stream::of(io::stdout()), stderr: Stream::of(io::stderr()) };
    run_line(words, environment, clock, streams, github).into()
}

/// The same, where it is known how the world is.
fn run_line(words: Vec<OsString>, environment: Env, clock: Clock, streams: Streams, github: github::Open) -> ExitCode {
    let ci = config::ci(&words, ci::detect(&environment));
    let environment = Arc::new(environment);
    let step = Step::of(&environment, ci.system);
    if step.as_ref().is_some_and(|step| step.is_action) {
        secrets::tell_each(|secret| output::commands(&report::mask(secret)));
    }
    let (call_off, called_off) = called_off::channel();
    // How the run is shown is known first, and by itself: other settings that are wrong are shown that way.
    let early = |command, output| {
        let (environment, weakened, caveats, left) = (Arc::clone(&environment), Vec::new(), Vec::new(), Vec::new());
        let (step, called_off) = (step.clone(), called_off.clone());
        Context { command, environment, ci, step, clock, output, weakened, caveats, left, streams, github, called_off }
    };
    let words = match Cli::words(words, &environment, ci) {
        Ok(words) => words,
        Err(error) => {
            let output = Cli::early_output_of(&[], &environment, ci);
            return failed(&error.into(), &early("sealgate", output));
        }
    };
    let cli = match Cli::parse(&words) {
        Ok(cli) => cli,
        Err(error) => {
            let output = Cli::early_output_of(&words, &environment, ci);
            let words = words.get(1..).unwrap_or_default();
            return parsed_nothing(error, words, &early(help::command_of(words), output));
        }
    };
    let early = Arc::new(early(cli.command.name(), cli.early_output(&environment, ci)));
    output::deploy::announce(&early.output.deploy);
    output::announce_take_back(early.take_back());
    let signals = match Signals::new() {
        Ok(signals) => signals,
        Err(error) => return failed(&error, &early),
    };
    let reached = Arc::new(Reached::default());
    let end = {
        let (early, reached) = (Arc::clone(&early), Arc::clone(&reached));
        move |stop, left: Option<_>| exit(ended(stop, left.flatten(), &early, &reached))
    };
    // Settings may stand in a file that is a pipe, and a reader that does not read keeps the writer waiting: all of it is
    // work that signals call off.
    match signals.during(call_off, || work(cli, &early, &reached), end) {
        Ok(exit) => exit.unwrap_or(ExitCode::Internal),
        Err(error) => failed(&error, &early),
    }
}

/// How a run ends that was called off: as the work says, if it has reported that itself, or else by a report that says so.
fn ended(stop: Stop, left: Option<ExitCode>, early: &Context, reached: &Reached) -> ExitCode {
    if let Some(exit) = left {
        return exit;
    }
    let error = error::called_off(stop, None, files::remove_unfinished());
    // Work that waits for a reader holds standard output.
    if reached.is_writing.load(Ordering::Acquire) {
        deploy::withdraw();
        output::take_back();
        return fail(&error, &early.stderr_style());
    }
    failed(&error, reached.context.get().unwrap_or(early))
}

/// How far the work of a run is, for whoever calls it off.
#[derive(Debug, Default)]
struct Reached {
    /// What the command is given, as soon as the settings are resolved.
    context: OnceLock<Context>,
    /// Whether what it leaves is being written.
    is_writing: AtomicBool,
}

/// All of a run that may take long: resolves the settings, runs the command, writes what it leaves. Nothing when it was called
/// off before that.
fn work(cli: Cli, early: &Context, reached: &Reached) -> Option<ExitCode> {
    let writing = || reached.is_writing.store(true, Ordering::Release);
    let config = match cli.resolve(&early.environment, early.ci) {
        Ok(config) => config,
        Err(Unresolved { output, errors }) => {
            writing();
            return Some(failed(&errors.into(), &Context { output, ..early.clone() }));
        }
    };
    let Config { output, weakened, caveats, task } = config;
    let (context, hindered) = deploy::begin(Context { output, weakened, caveats, ..early.clone() });
    let context = reached.context.get_or_init(|| context);
    if let Some(error) = hindered {
        writing();
        return Some(failed(&error, context));
    }
    let done = execute(task, context)?;
    writing();
    Some(match done {
        Ok(done) => finish(done, context),
        Err(error) => failed(&error, context),
    })
}

/// Help and version are answers where nothing else was asked for; everything else that clap says is an error of usage.
fn parsed_nothing(error: clap::Error, words: &[OsString], early: &Context) -> ExitCode {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    let text = |style: &Style| {
        let rendered = error.render();
        if style.color() == Color::On { rendered.ansi().to_string() } else { rendered.to_string() }
    };
    match error.kind() {
        DisplayHelp | DisplayVersion => {
            let alone = help::check_asked_alone(words, early.ci).map_err(Error::from);
            let help = || escape::lines(&text(&early.stdout_style())).into_owned();
            match alone.and_then(|()| output::stdout(&help()).map_err(|error| not_written(NotWritten::Stdout(error)))) {
                Ok(()) => ExitCode::Success,
                Err(error) => failed(&error, early),
            }
        }
        DisplayHelpOnMissingArgumentOrSubcommand => {
            let error = Error::new(code::USAGE, "no command was given");
            // People are told by the help.
            tell(text(&early.stderr_style()), &error, early)
        }
        _ => {
            let told = match help::check_unknown(&error, words) {
                Ok(()) => Error::usage(error, &help::command_line(words)),
                Err(error) => error.into(),
            };
            failed(&told, early)
        }
    }
}

/// Runs the command until it is done, or was called off and did not end by itself, which is `None`: what it had written so far
/// was temporary files, which go with it.
fn execute(task: Task, context: &Context) -> Option<Result<Done, Error>> {
    if task.uses_network() {
        // An error says that there is a provider already, which is as good.
        let _already_installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
    output::start_log(context.output.detail, task.tells_in_log());
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Some(Err(Error::of(code::INTERNAL, &error))),
    };
    let called_off = async {
        context.called_off.told().await;
        tokio::time::sleep(signals::END).await;
    };
    let done = runtime.block_on(async {
        tokio::select! {
            biased;
            done = command::run(task, context) => Some(done),
            () = called_off => None,
        }
    });
    match done {
        // A thread that still reads standard input is not waited for.
        Some(_) => runtime.shutdown_background(),
        // What is being written has a moment to become whole or go.
        None => runtime.shutdown_timeout(signals::LEAVE_WRITING),
    }
    done
}

/// Writes what a command leaves, and says how the run ends.
fn finish(done: Done, context: &Context) -> ExitCode {
    let (mut report, error) = match done {
        Done::Text(text) => return write(&[Piece { sink: Sink::Stdout, text }], ExitCode::Success, context).0,
        Done::Report(report) => (*report, None),
        Done::CalledOff { report, stop, done } => {
            let images = (done, report.artifacts().len());
            let error = error::called_off(stop, Some(images), files::remove_unfinished());
            let error = error.helping(context.audience());
            (Report { error: Some(error.report()), ..*report }, Some(error))
        }
    };
    let exit = report.exit_code();
    let pieces = match planned(&mut report, error.as_ref(), context) {
        Ok(pieces) => pieces,
        Err(error) => {
            let exit = fail(&Error::of(code::INTERNAL, &error), &context.stderr_style());
            return deploy::end(&report, exit, context);
        }
    };
    let (exit, are_files) = write(&pieces, exit, context);
    // What a CI system was told cannot be taken back, as files can: it hears the end that there will be.
    let exit = deploy::end(&report, exit, context);
    match tell_step(&report, &pieces, exit, are_files, context) {
        told if told == exit => exit,
        told => deploy::end(&report, told, context),
    }
}

/// What shows a report, and the error that called the run off.
fn planned(report: &mut Report, error: Option<&Error>, context: &Context) -> Result<Vec<Piece>, serde_json::Error> {
    let Output { format, report_dir, .. } = &context.output;
    // Files come first: whoever reads standard output may keep it waiting.
    let mut pieces = report_dir
        .as_deref()
        .map(|folder| plan::of_files(report, folder, error::meaning, context.ci.system.row().files))
        .transpose()?
        .unwrap_or_default();
    // People read the error behind the report, on standard error; programs in it.
    let is_told_behind = error.is_some() && *format == Format::Text;
    let behind = report.error.take_if(|_| is_told_behind);
    let (sink, style) = context.of_reports();
    pieces.extend(plan::of_report(report, *format, &style, sink)?);
    report.error = report.error.take().or(behind);
    pieces.extend(error.map(|error| Piece { sink: Sink::Stderr, text: error.render(&context.stderr_style()) }));
    Ok(pieces)
}

/// Writes texts, and says how the run ends, and whether all files of the report are there: what cannot be written makes no failure
/// better, and a success a failure.
fn write(pieces: &[Piece], exit: ExitCode, context: &Context) -> (ExitCode, bool) {
    let failed = output::write(pieces);
    let are_files = !failed.iter().any(|failed| matches!(failed, NotWritten::File { .. }));
    (ends(failed, exit, context), are_files)
}

/// Tells the step's runner of a report and of the end of the run, and says how it ends when that is done.
fn tell_step(report: &Report, pieces: &[Piece], exit: ExitCode, are_files: bool, context: &Context) -> ExitCode {
    let Some(places) = context.places() else { return exit };
    let folder = context.folder_for_later_steps().filter(|_| are_files);
    let is_page = |piece: &&Piece| matches!(&piece.sink, Sink::File { name, .. } if *name == report::PAGE);
    let page = pieces.iter().find(is_page).map(|piece| piece.text.as_str());
    let told = plan::Told { report, exit, folder, page };
    ends(output::write(&plan::of_step(&told, &places, &output::delimiter())), exit, context)
}

/// How a run ends that could not write all. Whoever reads a log is told of each text; what nobody relies on changes nothing.
fn ends(failed: Vec<NotWritten>, exit: ExitCode, context: &Context) -> ExitCode {
    let mut ends = exit;
    for failed in failed {
        let counts = match &failed {
            NotWritten::Step { file, .. } => file.is_relied_on(),
            NotWritten::Program { .. } => false,
            NotWritten::Stdout(_) | NotWritten::File { .. } => true,
        };
        let error = not_written(failed);
        output::stderr(&if counts {
            error.render(&context.stderr_style())
        } else {
            error.render_warning(&context.stderr_style())
        });
        if counts && ends == ExitCode::Success {
            ends = error.exit_code();
        }
    }
    ends
}

/// Reports an error as the settings ask for.
fn failed(error: &Error, context: &Context) -> ExitCode {
    let error = error.clone().helping(context.audience());
    tell(error.render(&context.stderr_style()), &error, context)
}

/// The same in other words.
fn tell(words: String, error: &Error, context: &Context) -> ExitCode {
    let context = &deploy::failed(context);
    let words = words + &deploy::told(context, &context.stderr_style());
    let Output { format, report_dir, .. } = &context.output;
    let report = context.failure(error.report());
    let files = report_dir
        .as_deref()
        .and_then(|folder| plan::of_files(&report, folder, error::meaning, context.ci.system.row().files).ok());
    // The run fails anyway, and its reason is reported first.
    let (sink, _) = context.of_reports();
    let mut pieces = plan::of_failure(words, (*format == Format::Json).then_some(&report), sink);
    pieces.splice(1..1, files.unwrap_or_default());
    let (exit, are_files) = write(&pieces, error.exit_code(), context);
    tell_step(&report, &pieces, exit, are_files, context)
}

/// Reports an error on standard error alone.
fn fail(error: &Error, style: &Style) -> ExitCode {
    output::stderr(&error.render(style));
    error.exit_code()
}

/// What the run could not write.
fn not_written(failed: NotWritten) -> Error {
    match failed {
        NotWritten::Stdout(error) => error::stdout_not_written(&error),
        NotWritten::File { path, source } => error::report_not_written(&path, &source),
        NotWritten::Step { variable, path, source, .. } => error::step_file_not_written(variable, &path, &source),
        NotWritten::Program { name, source } => error::program_not_run(name, &source),
    }
}

/// Reports a panic as an internal error. The release build aborts on panic, which would end with 134.
fn report_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(|place| format!(" ({}:{})", place.file(), place.line())).unwrap_or_default();
    output::stderr(&error::panic_text(panic.payload_as_str().unwrap_or("no message"), &place));
    // What other threads have begun to write goes with the process.
    let _is_clean = files::remove_unfinished();
    deploy::withdraw();
    output::take_back();
    command::answer_for_panic();
    exit(ExitCode::Internal);
}

/// Ends the process from wherever it is.
#[expect(clippy::exit, reason = "neither a panic nor the thread that hears signals can return an exit code")]
fn exit(code: ExitCode) -> ! {
    process::exit(code.number().into())
}
