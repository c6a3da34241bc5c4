//! When the files that later steps deploy from come and go: what an earlier run left goes before anything is asked for, new ones
//! come after all else was written, and at any end but a good one there is none. Only summaries of how images were judged are there as
//! well where the images are the reason for another end.

use std::path::PathBuf;

use crate::context::Context;
use crate::error::{self, Error};
use crate::exit_code::ExitCode;
use crate::output::{self, deploy::NotDone};
use crate::report::style::{Detail, Style};
use crate::report::{DeployFile, DeployKind, Reason, Report, deploy_file, escape};

/// Removes what an earlier run left, which the report says if the run does not end well. The error is a file that cannot be removed,
/// or not be written later on.
pub(crate) fn begin(context: Context) -> (Context, Option<Error>) {
    let files = &context.output.deploy;
    output::deploy::announce(files);
    let (gone, failed) = output::deploy::prepare(files);
    // Others of this run come in their place.
    let is_summary = |path: &PathBuf| files.iter().any(|file| file.kind == DeployKind::Summaries && file.path == *path);
    let gone = gone.into_iter().filter(|path| !is_summary(path)).collect();
    (Context { left: removed(gone), ..context }, failed.map(not_done))
}

/// Writes what later steps deploy from if the run ends well, and says how it ends.
pub(crate) fn end(report: &Report, exit: ExitCode, context: &Context) -> ExitCode {
    if context.output.deploy.is_empty() && !context.output.is_result_alone {
        return exit;
    }
    let tell = |error: &Error| output::stderr(&error.render(&context.stderr_style()));
    let end = match exit {
        ExitCode::Success => match write_all(report, exit, context) {
            Ok(()) => return exit,
            Err(error) => {
                tell(&error);
                error.exit_code()
            }
        },
        failed => failed,
    };
    let (_none_of_another_run, failed) = output::deploy::withdraw();
    failed.into_iter().map(not_done).for_each(|error| tell(&error));
    let is_summary = |file: &&DeployFile| file.kind == DeployKind::Summaries && report.summaries(end).is_some();
    let summaries: Vec<_> = context.output.deploy.iter().filter(is_summary).cloned().collect();
    // The run fails anyway, and its end stays what the images say.
    write(report, end, &summaries, context).err().iter().for_each(tell);
    end
}

/// Writes all that is there at a good end. What goes to standard output comes last: it cannot be taken back.
fn write_all(report: &Report, exit: ExitCode, context: &Context) -> Result<(), Error> {
    write(report, exit, &context.output.deploy, context)?;
    match report.pinned.as_ref().filter(|_| context.output.is_result_alone) {
        Some(text) => output::stdout(text).map_err(|source| error::stdout_not_written(&source)),
        None => Ok(()),
    }
}

/// Writes these files, all or none.
fn write(report: &Report, exit: ExitCode, files: &[DeployFile], context: &Context) -> Result<(), Error> {
    let given = context.output.report_dir.as_deref();
    let folder = given.and_then(|folder| std::path::absolute(folder).ok());
    let rendered = files.iter().map(|file| {
        let folder = match file.kind {
            // Another job has the folder in another checkout.
            DeployKind::Dotenv => given,
            DeployKind::ImageDefinitions
            | DeployKind::ImageDetail
            | DeployKind::Pinned
            | DeployKind::Exports
            | DeployKind::Summaries => folder.as_deref(),
        };
        let text = deploy_file(report, exit, file.kind, folder);
        text.map(|text| Some((file.clone(), text?))).map_err(|why| error::not_deployable(&file.path, &why))
    });
    let rendered: Vec<_> = rendered.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    output::deploy::publish(&rendered).map_err(not_done)?;
    for file in files {
        let is_written = rendered.iter().any(|(written, _)| written == file);
        tell_written(file, is_written, report, exit, context);
    }
    Ok(())
}

/// Says which files are there, and which images a summary is missing of.
fn tell_written(file: &DeployFile, is_written: bool, report: &Report, exit: ExitCode, context: &Context) {
    let path = file.path.to_string_lossy();
    let path = escape::terminal(&path);
    let summaries = (file.kind == DeployKind::Summaries).then(|| report.summaries(exit)).flatten();
    let without = summaries.filter(|summaries| summaries.without > 0).map(|summaries| match summaries.without {
        1 => "1 image has no summary: its digest is not known".to_owned(),
        count => format!("{count} images have no summary: their digests are not known"),
    });
    let line = match (is_written, without) {
        // What is missing is told whoever asked for silence.
        (true, Some(without)) => format!("wrote {path}; {without}\n"),
        (false, Some(without)) => format!("{path} is not written: {without}\n"),
        (true, None) if context.output.detail != Detail::Quiet => format!("wrote {path}\n"),
        (_, None) => return,
    };
    output::stderr(&line);
}

/// The context of a run that failed: what could still be deployed from is gone, and the report says so.
pub(crate) fn failed(context: &Context) -> Context {
    output::deploy::announce(&context.output.deploy);
    let (gone, failed) = output::deploy::withdraw();
    let mut left = context.left.clone();
    left.extend(removed(gone));
    left.extend(failed.into_iter().map(|failed| not_done(failed).reason()));
    Context { left, ..context.clone() }
}

/// Removes what could be deployed from, where nobody can be told more.
pub(crate) fn withdraw() {
    let _untold = output::deploy::withdraw();
}

/// What the report of a failed run says of files that were removed, as lines behind the reason for the failure.
pub(crate) fn told(context: &Context, style: &Style) -> String {
    context.left.iter().map(|reason| error::render_reason(reason, style)).collect()
}

fn removed(paths: Vec<PathBuf>) -> Vec<Reason> {
    paths.iter().map(|path| error::deploy_file_removed(path).reason()).collect()
}

fn not_done(failed: NotDone) -> Error {
    match failed {
        NotDone::Write { file, source } => error::deploy_file_not_written(&file, &source),
        NotDone::Remove { file, source } => error::deploy_file_not_removed(&file.path, &source),
    }
}
