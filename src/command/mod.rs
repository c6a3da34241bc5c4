//! The commands: one file each, which reads as the list of its steps.

pub(crate) mod key_algorithm;

pub(crate) mod help;

pub(crate) mod sign;

mod signer;

mod verifier;

pub(crate) mod verify;

mod approve;

mod doctor;

mod look;

mod posts;

mod demo;

mod approval_step;
mod artifact_report;
mod completions;
mod gates;
mod images;
mod key_generate;
mod lambda;
mod pin;
mod registries;
mod schema;
mod session;
mod trust_folder;
mod trust_install;
mod trust_remove;
mod trust_show;

#[cfg(test)]
pub(crate) use key_generate::generate as generate_key;
pub(crate) use lambda::answer_for_panic;

use crate::called_off::Stop;
use crate::config::Task;
use crate::context::Context;
use crate::error::Error;
use crate::report::Report;

/// What a command leaves to be written to standard output.
#[derive(Debug)]
pub(crate) enum Done {
    /// Findings, to be rendered as asked for.
    Report(Box<Report>),
    /// What was found until the run was told to end.
    CalledOff {
        report: Box<Report>,
        stop: Stop,
        /// Images of the report on which the work was done.
        done: usize,
    },
    /// Text that is the result itself.
    Text(String),
}

impl Done {
    /// The same, where its report has what the run knows of itself.
    fn complete(self, context: &Context) -> Self {
        match self {
            Self::Report(report) => Self::Report(Box::new(context.complete(*report))),
            Self::CalledOff { report, stop, done } => {
                Self::CalledOff { report: Box::new(context.complete(*report)), stop, done }
            }
            Self::Text(text) => Self::Text(text),
        }
    }
}

/// Runs a command, and shows on GitHub what it found, if that was asked for.
pub(crate) async fn run(task: Task, context: &Context) -> Result<Done, Error> {
    // Before anything is written, so that no log has the token.
    let posts = posts::begin(task.posts());
    let done = run_alone(task, context).await.map(|done| done.complete(context));
    match posts {
        Some(posts) => posts::show(done, &posts, context).await,
        None => done,
    }
}

async fn run_alone(task: Task, context: &Context) -> Result<Done, Error> {
    match task {
        Task::KeyGenerate(args) => key_generate::run(args, context).await,
        Task::TrustInstall(settings) => trust_install::run(&settings, context),
        Task::TrustRemove(settings) => trust_remove::run(&settings, context),
        Task::TrustShow(args) => trust_show::run(&args, context),
        Task::GatesCheck(args) => gates::check(&args, context),
        Task::GatesGraph(args) => gates::graph(&args),
        Task::Completions(args) => Ok(completions::run(&args)),
        Task::Sign(settings) => sign::run(settings, context).await,
        Task::SkipSigning(settings) => sign::fork::run(&settings, context),
        Task::Verify(settings) => verify::run(settings, context).await,
        Task::Approve(settings) => approve::run(*settings, context).await,
        Task::Pin(settings) => pin::run(*settings, context).await,
        Task::List(settings) => look::run(settings, look::Depth::Manifests, context).await,
        Task::Inspect(settings) => look::run(settings, look::Depth::Envelopes, context).await,
        Task::Doctor(settings) => doctor::run(*settings, context).await,
        Task::DoctorIam(settings) => doctor::run_iam(&settings, context),
        Task::Lambda(settings) => lambda::run(&settings, context).await,
        Task::LambdaUnusable(errors) => Err(lambda::refuse(errors.into(), context).await),
        Task::Demo(args) => demo::run(&args, context).await,
        Task::Schema => Ok(schema::run()),
        Task::Help(args) => help::run(&args, &context.stdout_style()),
        Task::Version => Ok(help::version()),
    }
}

#[cfg(test)]
mod stage;
