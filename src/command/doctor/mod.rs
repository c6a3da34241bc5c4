//! `doctor`: finds out why it does not work. Checks that do not depend on each other run at the same time, each under a
//! time limit; one that fails never ends the others. Nothing is changed anywhere, and no secret is shown.

mod check;
mod clock;
mod credentials;
mod iam;
mod image;
mod job;
mod profile;
mod trust;

use std::time::Duration;

use futures_util::StreamExt as _;
use notary::extension::aws_signer::{SigningProfileArn, TrustedProfile};
use notary::reference::Repository;

use self::check::{Weight, within};
use self::trust::Loaded;
use super::registries::Patience;
use super::session::Session;
use super::{Done, registries};
use crate::aws::facts::EcrHost;
use crate::aws::facts::settings::IdentitySettings;
use crate::aws::facts::{AwsError, AwsErrorKind};
use crate::aws::{Aws, Caller};
use crate::config::{DoctorSettings, IamSettings, RegistrySettings, RevocationCheck};
use crate::context::Context;
use crate::error::Error;
use crate::reference::Reference;
use crate::report::{CheckReport, DoctorReport, Findings, Reason, Report};

/// Signing profiles that are asked about at the same time: AWS Signer describes three in a second.
const PROFILES_AT_ONCE: usize = 2;

pub(super) fn run_iam(settings: &IamSettings, context: &Context) -> Result<Done, Error> {
    let iam = iam::report(settings)?;
    Ok(Done::Report(Box::new(Report::of(context.command, Findings::Iam(iam)))))
}

/// Runs all checks. References are read before anything is asked for.
pub(super) async fn run(settings: DoctorSettings, context: &Context) -> Result<Done, Error> {
    let references = registries::references(&settings.images)?;
    let loaded = trust::load(&settings);
    let limit = settings.registry.timeout;
    let start = context.clock.now();
    let session = Session::open(&references, &settings.registry, &settings.aws, Patience::Short, context).await?;
    let Session { registries, aws, transport } = &session;
    let images = futures_util::stream::iter(&references)
        .map(|reference| image::check(registries, reference, limit))
        .buffered(settings.registry.concurrency)
        .collect::<Vec<_>>();
    let asked = Asked { aws, settings: &settings, loaded: &loaded, references: &references, context, limit };
    let (token, of_aws, images) = tokio::join!(asked.token(), asked.of_aws(), images);
    let mut checks = vec![job::system(context.ci)];
    checks.extend(token);
    checks.push(clock::check(&transport.dates(), start));
    checks.extend(job::weakened(&context.weakened));
    checks.extend(of_aws);
    checks.extend(images.into_iter().flatten());
    let repositories: Vec<_> = references.iter().filter_map(|name| repository(name, &settings.registry)).collect();
    checks.extend(loaded.checks(&repositories, context.clock.now()));
    let noticed = registries.credential_warnings();
    Ok(Done::Report(Box::new(Report {
        weakened: context.weakened.clone(),
        warnings: noticed.iter().map(|warning| Reason::new("credential-source", warning.to_string())).collect(),
        ..Report::of(context.command, Findings::Doctor(DoctorReport { checks }))
    })))
}

/// The repository by which `verify` would select a statement. An image layout has none.
fn repository(reference: &Reference, settings: &RegistrySettings) -> Option<Repository> {
    let Reference::Registry(registry) = reference else { return None };
    let repository = registry.scope().ok()?.clone();
    let scheme = registries::scheme(settings, repository.registry());
    Some(repository.reached_by(scheme))
}

/// What is asked of AWS.
struct Asked<'a> {
    aws: &'a Aws,
    settings: &'a DoctorSettings,
    loaded: &'a Loaded,
    references: &'a [Reference],
    context: &'a Context,
    limit: Duration,
}

impl Asked<'_> {
    async fn token(&self) -> Option<CheckReport> {
        let Context { ci, environment, .. } = self.context;
        let identity = &self.settings.aws.identity;
        match within(self.limit, self.aws.token_claims()).await {
            Ok(token) => job::token(&token, identity, *ci, environment, self.context.clock.now()),
            Err(late) => Some(job::late_token(&late)),
        }
    }

    /// Credentials, and then what is asked with them.
    async fn of_aws(&self) -> Vec<CheckReport> {
        let (identity, environment) = (&self.settings.aws.identity, &self.context.environment);
        let weight = if self.needs_credentials() { Weight::Needed } else { Weight::Optional };
        let missing = match within(self.limit, self.aws.credential_facts()).await {
            Ok(Ok(facts)) => {
                let source = credentials::source(facts, identity, environment);
                let expiry = credentials::expiry(facts, self.context.clock.now());
                let (caller, profiles) = tokio::join!(self.caller(weight), self.profiles());
                let (caller, found) = caller;
                let owners = profiles.into_iter().flat_map(|(profile, mut checks)| {
                    checks.extend(found.as_ref().and_then(|caller| profile::owner(&profile, caller)));
                    checks
                });
                return [vec![source, caller, expiry], owners.collect()].concat();
            }
            Ok(Err(error)) => credentials::missing(&error, identity, environment, weight),
            Err(late) => credentials::late("source", &late, weight),
        };
        let mut checks = vec![missing];
        for profile in self.all_profiles() {
            checks.push(profile::about(&profile).not_checked("status", "there are no AWS credentials"));
        }
        checks
    }

    /// Whether anything that was given or is trusted needs AWS.
    fn needs_credentials(&self) -> bool {
        let of_ecr = |reference: &Reference| {
            let host = reference.host().and_then(EcrHost::parse);
            host.is_some_and(|host| host != EcrHost::Public)
        };
        let named = !matches!(self.settings.aws.identity, IdentitySettings::Chain);
        named || self.references.iter().any(of_ecr) || !self.all_profiles().is_empty()
    }

    /// The profiles that were given, and those that a policy trusts.
    fn all_profiles(&self) -> Vec<TrustedProfile> {
        let mut profiles = self.settings.profiles.clone();
        if self.settings.revocation == RevocationCheck::ByPolicy {
            let trusted = self.loaded.profiles();
            profiles.extend(trusted.into_iter().filter(|profile| !self.settings.profiles.contains(profile)));
        }
        profiles
    }

    async fn caller(&self, weight: Weight) -> (CheckReport, Option<Caller>) {
        match within(self.limit, self.aws.caller()).await {
            Ok(found) => (credentials::caller(&found, weight), found.ok()),
            Err(late) => (credentials::late("caller", &late, weight), None),
        }
    }

    /// What is found of each profile: all of those that were given, and for those of a policy what `verify` needs.
    async fn profiles(&self) -> Vec<(TrustedProfile, Vec<CheckReport>)> {
        let given = &self.settings.profiles;
        futures_util::stream::iter(self.all_profiles())
            .map(|profile| async move {
                let described = async {
                    match profile.profile() {
                        Some(named) if given.contains(&profile) => self.described(named).await,
                        Some(_) => Vec::new(),
                        None => vec![profile::by_alias(&profile)],
                    }
                };
                let (mut checks, revocation) = tokio::join!(described, self.revocation(&profile));
                checks.push(revocation);
                (profile, checks)
            })
            .buffered(PROFILES_AT_ONCE)
            .collect()
            .await
    }

    async fn described(&self, profile: &SigningProfileArn) -> Vec<CheckReport> {
        let found = match within(self.limit, self.aws.signing_profile(profile)).await {
            Ok(found) => found,
            Err(late) => return vec![profile::about(&profile.clone().into()).error("status", &late, Weight::Needed)],
        };
        let similar = match &found {
            Err(error) if is_missing(error) => {
                within(self.limit, self.aws.similar_profile(profile)).await.ok().flatten()
            }
            _ => None,
        };
        profile::described(profile, &found, similar.as_deref(), &self.settings.profiles)
    }

    async fn revocation(&self, profile: &TrustedProfile) -> CheckReport {
        let Some(dummy) = profile::Dummy::of(profile) else { return profile::revocation_of_alias(profile) };
        let query = dummy.query(self.context.clock.now());
        let answered = within(self.limit, self.aws.revocation_status(&query)).await;
        profile::revocation(profile, answered.as_ref(), self.settings.revocation)
    }
}

fn is_missing(error: &AwsError) -> bool {
    error.kind == AwsErrorKind::NotFound
}
