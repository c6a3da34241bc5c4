//! What a run has to do, with its settings.

use std::sync::Arc;

use super::approve::ApproveSettings;
use super::completions::CompletionsArgs;
use super::demo::DemoArgs;
use super::doctor::{DoctorSettings, IamSettings};
use super::error::ResolveError;
use super::gates_check::{GatesCheckArgs, GatesGraphArgs};
use super::help::HelpArgs;
use super::key_generate::KeyGenerateArgs;
use super::lambda::LambdaSettings;
use super::look::LookSettings;
use super::output::Output;
use super::pin::PinSettings;
use super::posts::PostSettings;
use super::sign::{SignSettings, SkipSettings};
use super::trust_install::TrustInstallSettings;
use super::trust_remove::TrustRemoveSettings;
use super::trust_show::TrustShowArgs;
use super::trusts::Trusts;
use super::verify::VerifySettings;
use crate::aws::facts::AwsSettings;
use crate::report::{Reason, Weakening};

/// Everything that a run needs to know.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) output: Output,
    pub(crate) task: Task,
    /// Settings in force that weaken a check.
    pub(crate) weakened: Vec<Weakening>,
    /// What no result must be read without because of where the settings come from.
    pub(crate) caveats: Vec<Reason>,
}

#[derive(Debug)]
pub(crate) enum Task {
    Sign(SignSettings),
    Verify(VerifySettings),
    Approve(Box<ApproveSettings>),
    Pin(Box<PinSettings>),
    List(LookSettings),
    Inspect(LookSettings),
    Lambda(Box<LambdaSettings>),
    /// `lambda`, with settings that cannot be used.
    LambdaUnusable(Vec<ResolveError>),
    Doctor(Box<DoctorSettings>),
    DoctorIam(IamSettings),
    TrustInstall(TrustInstallSettings),
    TrustRemove(TrustRemoveSettings),
    TrustShow(TrustShowArgs),
    GatesCheck(GatesCheckArgs),
    GatesGraph(GatesGraphArgs),
    KeyGenerate(KeyGenerateArgs),
    Demo(DemoArgs),
    Completions(CompletionsArgs),
    Schema,
    Help(HelpArgs),
    Version,
    /// `sign`, for a pull request from a fork.
    SkipSigning(SkipSettings),
}

impl Task {
    /// What it decides by files that somebody named.
    pub(super) fn trusts(&self) -> Trusts<'_> {
        match self {
            Self::Sign(_) => Trusts::Named(None),
            Self::Verify(settings) => settings.verifier.by.trusts(),
            Self::Approve(settings) => Trusts::Gates(&settings.gates),
            Self::Pin(settings) => settings.verifier.by.trusts(),
            Self::Lambda(settings) => settings.verifier.by.trusts(),
            Self::TrustInstall(_) => Trusts::Typed,
            Self::List(_)
            | Self::Inspect(_)
            | Self::LambdaUnusable(_)
            | Self::Doctor(_)
            | Self::DoctorIam(_)
            | Self::SkipSigning(_)
            | Self::TrustRemove(_)
            | Self::TrustShow(_)
            | Self::GatesCheck(_)
            | Self::GatesGraph(_)
            | Self::KeyGenerate(_)
            | Self::Demo(_)
            | Self::Completions(_)
            | Self::Schema
            | Self::Help(_)
            | Self::Version => Trusts::Nothing,
        }
    }

    /// Whether registries or AWS are asked: a request to a registry may need a login from AWS.
    pub(crate) fn uses_network(&self) -> bool {
        self.aws().is_some()
    }

    /// Whether its log is all that it tells people.
    pub(crate) const fn tells_in_log(&self) -> bool {
        matches!(self, Self::Lambda(_) | Self::LambdaUnusable(_))
    }

    /// What is shown on GitHub besides the log.
    pub(crate) fn posts(&self) -> Option<&Arc<PostSettings>> {
        match self {
            Self::Sign(settings) => settings.posts.as_ref(),
            Self::Verify(settings) => settings.posts.as_ref(),
            Self::Approve(settings) => settings.posts.as_ref(),
            Self::Pin(settings) => settings.posts.as_ref(),
            _ => None,
        }
    }

    /// How AWS is asked, where it may be. Each command is named, so that no endpoint of a new one goes unreported.
    pub(crate) fn aws(&self) -> Option<&AwsSettings> {
        match self {
            Self::Sign(settings) => Some(&settings.aws),
            Self::Verify(settings) => Some(&settings.aws),
            Self::Approve(settings) => Some(&settings.aws),
            Self::Pin(settings) => Some(&settings.aws),
            Self::List(settings) | Self::Inspect(settings) => Some(&settings.aws),
            Self::Lambda(settings) => Some(&settings.aws),
            Self::Doctor(settings) => Some(&settings.aws),
            Self::LambdaUnusable(_)
            | Self::DoctorIam(_)
            | Self::SkipSigning(_)
            | Self::TrustInstall(_)
            | Self::TrustRemove(_)
            | Self::TrustShow(_)
            | Self::GatesCheck(_)
            | Self::GatesGraph(_)
            | Self::KeyGenerate(_)
            | Self::Demo(_)
            | Self::Completions(_)
            | Self::Schema
            | Self::Help(_)
            | Self::Version => None,
        }
    }
}
