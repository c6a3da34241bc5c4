//! `doctor`: finds out why it does not work. Checks that do not depend on each other run at the same time, each under a
//! time limit; one that fails never ends the others. Nothing is changed anywhere, and no secret is shown.

mod check;
mod clock;
mod credentials;
mod iam;
mod image;
mod job;
mod key;
mod profile;
mod trust;

use std::time::Duration;

use futures_util::StreamExt as _;
use notary::extension::aws_signer::{SigningProfileArn, TrustedProfile};
use notary::reference::{Repository, Scheme};

use self::check::{Weight, within};
use self::trust::Loaded;
pub(super) use self::trust::ROOTS_END_SOON;
use super::registries::Patience;
use super::session::Session;
use super::{Done, registries, verifier};
use crate::aws::facts::EcrHost;
use crate::aws::facts::settings::IdentitySettings;
use crate::aws::facts::{AwsError, AwsErrorKind};
use crate::aws::{Aws, Caller};
use crate::config::{DoctorSettings, IamSettings, Part, ResolveError, RevocationCheck, TrustSource};
use crate::context::Context;
use crate::error::Error;
use crate::reference::Reference;
use crate::registry::RegistryError;
use crate::report::{CheckReport, DoctorReport, Findings, Reason, Report};
use crate::transport::{self, Route, Transport, TransportError};

/// Signing profiles that are asked about at the same time: AWS Signer describes three in a second.
const PROFILES_AT_ONCE: usize = 2;

pub(super) fn run_iam(settings: &IamSettings, context: &Context) -> Result<Done, Error> {
    let iam = iam::report(settings)?;
    Ok(Done::Report(Box::new(Report::of(context.command, Findings::Iam(iam)))))
}

/// Runs all checks that can be made.
pub(super) async fn run(mut settings: DoctorSettings, context: &Context) -> Result<Done, Error> {
    let loaded = trust::load(&settings);
    let limit = settings.registry.timeout;
    let start = context.clock.now();
    let mut faults: Vec<_> = std::mem::take(&mut settings.faults).into_iter().map(fault).collect();
    let (scopes, without_scope) = scopes(&settings, &mut faults);
    let session = open(&mut settings, &mut faults, context).await?;
    let (settings, Session { registries, aws, transport }) = (&settings, &session);
    faults.extend(unusable_clients(transport, settings));
    let images = futures_util::stream::iter(&settings.images)
        .map(|reference| async move {
            match unreachable(reference, settings) {
                Some(why) => vec![image::unreachable(reference, why)],
                None => image::check(registries, reference, limit).await,
            }
        })
        .buffered(settings.registry.concurrency)
        .collect::<Vec<_>>();
    let asked = Asked { aws, settings, loaded: &loaded, context, limit };
    let (token, of_aws, images) = tokio::join!(asked.token(), asked.of_aws(), images);
    let now = context.clock.now();
    let mut checks = vec![job::system(context.ci)];
    checks.extend(job::change(&settings.change));
    checks.extend(token);
    checks.push(clock::check(&transport.dates(), start));
    checks.extend(job::settings(faults, &context.weakened));
    checks.extend(of_aws);
    checks.extend(key::checks(settings, &loaded, &scopes, context.clock));
    checks.extend(settings.unnamed.iter().map(image::unnamed));
    checks.extend(images.into_iter().flatten());
    checks.extend(loaded.checks(&scopes, now));
    checks.extend(without_scope.iter().filter_map(|error| loaded.without_scope(error)));
    let noticed = registries.credential_warnings();
    Ok(Done::Report(Box::new(Report {
        weakened: context.weakened.clone(),
        warnings: noticed.iter().map(|warning| Reason::new("credential-source", warning.to_string())).collect(),
        ..Report::of(context.command, Findings::Doctor(DoctorReport { checks }))
    })))
}

/// A setting that cannot be used. All that a file says goes with it.
fn fault(error: ResolveError) -> Error {
    match error {
        ResolveError::File(error) => {
            Error::from(error).because("the other checks are made without what this file says")
        }
        error => error.into(),
    }
}

/// Why a registry cannot be asked as `sign` and `verify` would, if a setting keeps it from being.
fn unreachable(reference: &Reference, settings: &DoctorSettings) -> Option<&'static str> {
    let is_unusable = |part| settings.unusable.contains(&part);
    if is_unusable(Part::Registries) && reference.host().is_some() {
        return Some("a setting about registries cannot be used");
    }
    (is_unusable(Part::Aws) && is_private_ecr(reference))
        .then_some("a setting about AWS cannot be used, and its login is AWS's")
}

/// Whether AWS gives the login.
fn is_private_ecr(reference: &Reference) -> bool {
    reference.host().and_then(EcrHost::parse).is_some_and(|host| host != EcrHost::Public)
}

/// Opens registries and AWS. If a credential that was given cannot be used, nothing is asked of registries with another.
async fn open(settings: &mut DoctorSettings, faults: &mut Vec<Error>, context: &Context) -> Result<Session, Error> {
    let (patience, images) = (Patience::Short, &settings.images);
    match Session::open(images, &settings.registry, &settings.aws, patience, context).await {
        Ok(session) => Ok(session),
        Err(error) => {
            faults.push(error);
            settings.unusable.push(Part::Registries);
            settings.registry.credentials = None;
            Session::open(&settings.images, &settings.registry, &settings.aws, patience, context).await
        }
    }
}

/// Why no request could be made: a file of certificate authorities, or a variable for a proxy, that cannot be used.
fn unusable_clients(transport: &Transport, settings: &DoctorSettings) -> Vec<Error> {
    let hosts = settings.images.iter().filter_map(Reference::host);
    let http = hosts.map(|host| registries::scheme(&settings.registry, host)).any(|scheme| scheme == Scheme::Http);
    let schemes =
        if http { &[transport::Scheme::Https, transport::Scheme::Http][..] } else { &[transport::Scheme::Https] };
    let errors = schemes.iter().filter_map(|scheme| transport.client(*scheme, Route::Usual).err());
    let mut told: Vec<TransportError> = Vec::new();
    for error in errors {
        if !told.contains(&error) {
            told.push(error);
        }
    }
    told.into_iter().map(|error| RegistryError::from(error).into()).collect()
}

/// The repositories by which `verify` would select statements: those of the images, and the one that was given; and why one is
/// not known.
fn scopes(settings: &DoctorSettings, faults: &mut Vec<Error>) -> (Vec<Repository>, Vec<Error>) {
    let given = settings.scope.as_ref().map(|scope| scope.value.as_str());
    let is_in_memory = settings.trust.as_ref().is_ok_and(TrustSource::is_in_memory);
    let named = given.map(|given| verifier::named_scope(given, &settings.registry)).transpose();
    let of_image = |reference| verifier::scope_of(reference, given, is_in_memory, &settings.registry);
    let (known, unknown): (Vec<_>, Vec<_>) = settings.images.iter().map(of_image).partition(Result::is_ok);
    let known = known.into_iter().flatten();
    match named {
        Ok(named) => (
            known.chain(named.filter(|_| settings.images.is_empty())).collect(),
            unknown.into_iter().filter_map(Result::err).collect(),
        ),
        Err(fault) => {
            faults.push(fault);
            (known.collect(), Vec::new())
        }
    }
}

/// What is asked of AWS.
struct Asked<'a> {
    aws: &'a Aws,
    settings: &'a DoctorSettings,
    loaded: &'a Loaded,
    context: &'a Context,
    limit: Duration,
}

impl Asked<'_> {
    async fn token(&self) -> Option<CheckReport> {
        if self.is_unknown() {
            return None;
        }
        let Context { ci, environment, .. } = self.context;
        let identity = &self.settings.aws.identity;
        match within(self.limit, self.aws.token_claims()).await {
            Ok(token) => job::token(&token, identity, *ci, environment, self.context.clock.now()),
            Err(late) => Some(job::late_token(&late)),
        }
    }

    /// Credentials, and then what is asked with them.
    async fn of_aws(&self) -> Vec<CheckReport> {
        if self.is_unknown() {
            return self.without_aws(credentials::unknown(), "a setting about AWS cannot be used");
        }
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
        self.without_aws(missing, "there are no AWS credentials")
    }

    /// Whether it is not known as whom, or where, AWS is to be asked.
    fn is_unknown(&self) -> bool {
        self.settings.unusable.contains(&Part::Aws)
    }

    /// The checks where nothing can be asked.
    fn without_aws(&self, credentials: CheckReport, why: &str) -> Vec<CheckReport> {
        let profiles = self.all_profiles();
        let of_profiles = profiles.iter().map(|profile| profile::about(profile).not_checked("status", why));
        std::iter::once(credentials).chain(of_profiles).collect()
    }

    /// Whether anything that was given or is trusted needs AWS.
    fn needs_credentials(&self) -> bool {
        let named = !matches!(self.settings.aws.identity, IdentitySettings::Chain);
        named || self.settings.images.iter().any(is_private_ecr) || !self.all_profiles().is_empty()
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ci::change::Change;
    use crate::command::stage::{aws_settings, registry_settings};
    use crate::config::NoTrust;

    /// Settings that ask for nothing.
    pub(super) fn doctor_settings(trust: Result<TrustSource, NoTrust>) -> DoctorSettings {
        DoctorSettings {
            images: Vec::new(),
            unnamed: Vec::new(),
            profiles: Vec::new(),
            key: None,
            trust,
            aws_root: None,
            revocation: RevocationCheck::ByPolicy,
            scope: None,
            aws: aws_settings(),
            registry: registry_settings(),
            faults: Vec::new(),
            unusable: Vec::new(),
            change: Change::Own,
        }
    }
}
