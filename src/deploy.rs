//! When the files that later steps deploy from come and go: what an earlier run left goes before anything is asked for, new ones
//! come after all else was written, and at any end but a good one there is none.

use std::path::PathBuf;

use crate::context::Context;
use crate::error::{self, Error};
use crate::exit_code::ExitCode;
use crate::output::{self, deploy::NotDone};
use crate::report::style::{Detail, Style};
use crate::report::{DeployKind, Reason, Report, deploy_file, escape};

/// Removes what an earlier run left, which the report says if the run does not end well. The error is a file that cannot be removed,
/// or not be written later on.
pub(crate) fn begin(context: Context) -> (Context, Option<Error>) {
    let files = &context.output.deploy;
    output::deploy::announce(files);
    let (gone, failed) = output::deploy::prepare(files);
    (Context { left: removed(gone), ..context }, failed.map(not_done))
}

/// Writes what later steps deploy from if the run ends well, and says how it ends.
pub(crate) fn end(report: &Report, exit: ExitCode, context: &Context) -> ExitCode {
    if context.output.deploy.is_empty() {
        return exit;
    }
    let exit = match exit {
        ExitCode::Success => match write(report, context) {
            Ok(()) => return exit,
            Err(error) => {
                output::stderr(&error.render(&context.stderr_style()));
                error.exit_code()
            }
        },
        failed => failed,
    };
    let (_none_of_another_run, failed) = output::deploy::withdraw();
    for failed in failed {
        output::stderr(&not_done(failed).render(&context.stderr_style()));
    }
    exit
}

fn write(report: &Report, context: &Context) -> Result<(), Error> {
    let files = &context.output.deploy;
    let given = context.output.report_dir.as_deref();
    let folder = given.and_then(|folder| std::path::absolute(folder).ok());
    let rendered = files.iter().map(|file| {
        let folder = match file.kind {
            // Another job has the folder in another checkout.
            DeployKind::Dotenv => given,
            DeployKind::ImageDefinitions | DeployKind::ImageDetail | DeployKind::Exports => folder.as_deref(),
        };
        let text = deploy_file(report, ExitCode::Success, file.kind, folder);
        text.map(|text| (file.clone(), text)).map_err(|why| error::not_deployable(&file.path, &why))
    });
    let rendered = rendered.collect::<Result<Vec<_>, _>>()?;
    output::deploy::publish(&rendered).map_err(not_done)?;
    if context.output.detail != Detail::Quiet {
        for file in files {
            output::stderr(&format!("wrote {}\n", escape::terminal(&file.path.to_string_lossy())));
        }
    }
    Ok(())
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
