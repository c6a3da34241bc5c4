//! What `verify` trusts, as it would load it, and what about that is wrong or probably not intended.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use notary::Timestamp;
use notary::certificate::Certificate;
use notary::extension::aws_signer::TrustedProfile;
use notary::reference::Repository;
use notary::trust_policy::{PolicyStatement, RegistryScopes, TrustedIdentity, ValidationAction, ValidationType};
use notary::trust_store::{TrustStore, TrustStoreName, TrustStoreType};

use super::check::{About, Weight};
use crate::command::registries;
use crate::command::trust_show::aws_signer;
use crate::config::trust::{self, TRUST_STORE_FOLDER, Trust, TrustError, TrustKind};
use crate::config::{DoctorSettings, NoTrust, TrustSource};
use crate::error::{Error, code};
use crate::report::{Area, CheckReport};

const ABOUT: About = About::area(Area::Trust);

/// Roots that end sooner than this are to be replaced.
pub(in crate::command) const ROOTS_END_SOON: SignedDuration = SignedDuration::from_hours(90 * 24);

#[derive(Debug)]
pub(super) enum Loaded {
    Trust(Box<Trust>, Origin),
    /// Nothing was named or found, and the sentence that says so.
    Nothing(String),
    Unusable(Error),
    /// A setting about it cannot be used.
    Unknown,
}

/// Where trust was loaded from, as far as the checks depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Files, with this folder of trust stores.
    Stores(PathBuf),
    /// Signing profiles of the command line, which are checks of their own.
    Profiles,
    /// Roots and identities of the command line.
    Roots,
}

/// Loads what `verify` would load.
pub(super) fn load(settings: &DoctorSettings) -> Loaded {
    let source = match &settings.trust {
        Ok(source) => source,
        Err(NoTrust::Folder(error)) => return Loaded::Nothing(format!("none: no trust was given, and {error}")),
        Err(NoTrust::Setting) => return Loaded::Unknown,
    };
    let origin = match source {
        TrustSource::Folder(folder) => Origin::Stores(folder.join(TRUST_STORE_FOLDER)),
        TrustSource::Files { trust_store, .. } => Origin::Stores(trust_store.value.clone()),
        TrustSource::Profiles(_) => Origin::Profiles,
        TrustSource::InMemory { .. } => Origin::Roots,
    };
    let roots = trust::aws_roots(settings.aws_root.as_ref().map(|setting| setting.value.as_path()));
    match (
        roots.and_then(|roots| source.load_reached_by(roots, &|host| registries::scheme(&settings.registry, host))),
        &origin,
    ) {
        (Ok(trust), _) => Loaded::Trust(Box::new(trust), origin),
        (Err(TrustError::NoPolicy { folder }), Origin::Stores(stores)) if trust::stores_in(stores).is_empty() => {
            Loaded::Nothing(format!("none: no trust was given, and there is no trust policy in {}", folder.display()))
        }
        (Err(error), _) => Loaded::Unusable(error.into()),
    }
}

impl Loaded {
    /// Signing profiles that are trusted, as far as the revocation of their signatures is asked for.
    pub(super) fn profiles(&self) -> Vec<TrustedProfile> {
        let Self::Trust(trust, _) = self else { return Vec::new() };
        let asked = |statement: &&PolicyStatement| {
            statement.level().action(ValidationType::Revocation) != ValidationAction::Skip
        };
        let statements = trust.trusted.policy().statements().iter().filter(asked);
        let found: BTreeSet<_> =
            statements.flat_map(|statement| statement.trusted_identities().signing_profiles()).collect();
        found.into_iter().cloned().collect()
    }

    /// That the repository is not known by which `verify` would select a statement. Notation's folder, which nobody named, may not
    /// be meant for it.
    pub(super) fn without_scope(&self, error: &Error) -> Option<CheckReport> {
        let Self::Trust(trust, _) = self else { return None };
        let weight = if trust.kind == TrustKind::Folder { Weight::Optional } else { Weight::Needed };
        Some(ABOUT.error("statement", error, weight))
    }

    /// What there is to say, also of the statements that apply to these repositories.
    pub(super) fn checks(&self, repositories: &[Repository], now: Timestamp) -> Vec<CheckReport> {
        match self {
            Self::Unknown => vec![ABOUT.not_checked("policy", "a setting about trust cannot be used")],
            Self::Nothing(why) => vec![ABOUT.note("policy", why.clone())],
            Self::Unusable(error) => vec![ABOUT.error("policy", error, Weight::Needed)],
            Self::Trust(trust, origin) => checks(trust, origin, repositories, now),
        }
    }
}

fn checks(trust: &Trust, origin: &Origin, repositories: &[Repository], now: Timestamp) -> Vec<CheckReport> {
    let statements = trust.trusted.policy().statements();
    let count =
        if statements.len() == 1 { "1 statement".to_owned() } else { format!("{} statements", statements.len()) };
    let mut checks = vec![ABOUT.ok("policy", format!("{count}, from {}", trust.origin))];
    checks.extend(trust.trusted.policy().warnings().iter().map(|warning| ABOUT.warning("policy", warning.to_string())));
    if let Origin::Stores(_) = origin {
        checks.extend(repositories.iter().map(|repository| applied(trust, repository)));
    }
    checks.extend(statements.iter().flat_map(weak));
    let (found, unusable) = stores(trust);
    checks.extend(unusable);
    checks.extend(statements.iter().flat_map(|statement| anchors(statement, &found, trust)));
    checks.extend(found.iter().flat_map(|(name, store)| misplaced(name, store, trust)));
    if let Origin::Stores(folder) = origin {
        checks.extend(unused(folder, statements));
    }
    checks.extend(certificates(&found, now));
    if *origin != Origin::Profiles {
        checks.extend(pinned(statements));
    }
    checks
}

/// The statement that applies to a repository.
fn applied(trust: &Trust, repository: &Repository) -> CheckReport {
    match trust.trusted.policy().statement_for(repository) {
        Ok(statement) => ABOUT
            .ok("statement", format!("{} ({}) applies to {repository}", statement.name(), statement.level().name())),
        Err(error) => ABOUT.error("statement", &Error::from(error), Weight::Needed),
    }
}

/// What a statement does not enforce, and whether it trusts every signer.
fn weak(statement: &PolicyStatement) -> Vec<CheckReport> {
    let mut checks = Vec::new();
    let (name, level) = (statement.name(), statement.level());
    let with = |action| {
        let fitting = ValidationType::ALL.into_iter().filter(move |validation| level.action(*validation) == action);
        fitting.map(ValidationType::name).collect::<Vec<_>>().join(", ")
    };
    if level.is_skip() {
        checks.push(ABOUT.warning("level", format!("statement {name} has level skip: nothing is checked")));
    } else {
        let (logged, skipped) = (with(ValidationAction::Log), with(ValidationAction::Skip));
        let told = [("only logged", logged), ("not checked", skipped)].into_iter().filter(|(_, list)| !list.is_empty());
        let told: Vec<_> = told.map(|(what, list)| format!("{what}: {list}")).collect();
        if !told.is_empty() {
            let custom = if level.is_customized() { ", with overrides" } else { "" };
            let fact = format!("statement {name} is {}{custom}; {}", level.name(), told.join("; "));
            checks.push(ABOUT.warning("level", fact));
        }
    }
    let anyone = statement.trusted_identities().iter().any(|identity| *identity == TrustedIdentity::Any);
    if anyone && *statement.scopes() == RegistryScopes::Any {
        let fact = format!("statement {name} trusts every signer below its trust stores, for every repository");
        checks.push(
            ABOUT
                .warning("scope", fact)
                .with_help("name repositories in registryScopes, or signers in trustedIdentities"),
        );
    }
    checks
}

/// The trust stores that statements name: those that can be used, and why the others cannot.
fn stores(trust: &Trust) -> (Vec<(TrustStoreName, TrustStore)>, Vec<CheckReport>) {
    let (mut found, mut unusable): (Vec<(TrustStoreName, TrustStore)>, Vec<CheckReport>) = (Vec::new(), Vec::new());
    let types = [TrustStoreType::Ca, TrustStoreType::SigningAuthority, TrustStoreType::Tsa];
    for statement in trust.trusted.policy().statements() {
        for store in types
            .into_iter()
            .flat_map(|store_type| trust.trusted.stores().stores_of(statement.trust_stores(), store_type))
        {
            match store {
                Ok(store) if !found.iter().any(|(name, _)| name == store.name()) => {
                    found.push((store.name().clone(), store.clone()));
                }
                Ok(_) => {}
                Err(store) => {
                    let check = ABOUT.failed("trust-store", code::TRUST_STORE, store.to_string());
                    if !unusable.contains(&check) {
                        unusable.push(check);
                    }
                }
            }
        }
    }
    (found, unusable)
}

/// Whether the signing profiles of a statement and the AWS roots of its stores fit together.
fn anchors(statement: &PolicyStatement, found: &[(TrustStoreName, TrustStore)], trust: &Trust) -> Vec<CheckReport> {
    let told = aws_signer::problems(statement, found, trust.trusted.aws_roots());
    let mut checks: Vec<_> =
        told.into_iter().map(|problem| ABOUT.failed("signing-profiles", code::TRUST_STORE, problem.text)).collect();
    if statement.trusted_identities().signing_profiles().next().is_none() {
        let named = found.iter().filter(|(name, _)| {
            name.store_type() == TrustStoreType::SigningAuthority && statement.trust_stores().contains(name)
        });
        let of_aws = named.filter(|(_, store)| aws_signer::is_of_aws(store, trust.trusted.aws_roots()));
        checks.extend(of_aws.map(|(name, _)| {
            let fact = format!(
                "statement {} names {name}, an AWS Signer root, and no signing profile: nothing signed below it is accepted",
                statement.name()
            );
            ABOUT.warning("signing-profiles", fact).with_help("add the profile's ARN to trustedIdentities")
        }));
    }
    checks
}

/// AWS roots in trust stores where they have no effect.
fn misplaced(name: &TrustStoreName, store: &TrustStore, trust: &Trust) -> Vec<CheckReport> {
    let told = aws_signer::misplaced(name, store, trust.trusted.aws_roots());
    told.into_iter().map(|reason| ABOUT.warning("trust-store", reason.text)).collect()
}

/// Folders of trust stores that no statement names.
fn unused(folder: &Path, statements: &[PolicyStatement]) -> Option<CheckReport> {
    let named: BTreeSet<_> = statements.iter().flat_map(PolicyStatement::trust_stores).collect();
    let unused = trust::stores_in(folder).into_iter().filter(|name| !named.contains(name));
    let unused: Vec<_> = unused.map(|name| name.to_string()).collect();
    (!unused.is_empty()).then(|| {
        let fact = format!("no statement names {}, so nothing is trusted because of it", unused.join(", "));
        ABOUT.warning("trust-store", fact).with_help("name it in trustStores, or remove its folder")
    })
}

/// Trusted certificates that have ended or soon will.
fn certificates(found: &[(TrustStoreName, TrustStore)], now: Timestamp) -> Vec<CheckReport> {
    const NAME: &str = "roots";
    let mut checks = Vec::new();
    let ends = |certificate: &Certificate| certificate.not_after().duration_since(now);
    for (name, store) in found {
        let ended = |certificate: &&Certificate| ends(certificate) < SignedDuration::ZERO;
        // By a signing authority's own time, what it signed before stays good.
        let useless = name.store_type() == TrustStoreType::Ca && store.certificates().iter().all(|one| ended(&one));
        for certificate in store.certificates().iter().filter(|certificate| ends(certificate) < ROOTS_END_SOON) {
            let (subject, end) = (certificate.subject(), certificate.not_after());
            checks.push(match (ended(&certificate), useless) {
                (true, true) => ABOUT.failed(
                    NAME,
                    code::TRUST_STORE,
                    format!("{name}: {subject} expired at {end}, and there is no other"),
                ),
                (true, false) => ABOUT.warning(NAME, format!("{name}: {subject} expired at {end}")),
                (false, _) => {
                    let days = ends(certificate).as_hours() / 24;
                    ABOUT
                        .warning(NAME, format!("{name}: {subject} expires at {end}, in {days} days"))
                        .with_help("add its successor in time")
                }
            });
        }
    }
    let first = found.iter().flat_map(|(_, store)| store.certificates()).map(Certificate::not_after).min();
    match first {
        Some(first) if checks.is_empty() => vec![ABOUT.ok(NAME, format!("all are valid until at least {first}"))],
        _ => checks,
    }
}

/// Whether signing profiles are trusted by version.
fn pinned(statements: &[PolicyStatement]) -> Option<CheckReport> {
    let trusted = statements.iter().flat_map(|statement| statement.trusted_identities().signing_profiles());
    // What has no version cannot be pinned; the warnings of the policy tell of aliases.
    let profiles = trusted.filter_map(TrustedProfile::profile);
    let (pinned, open): (Vec<_>, Vec<_>) = profiles.partition(|profile| profile.version().is_some());
    let fact = match (pinned.len(), open.len()) {
        (0, 0) => return None,
        (0, _) => "none is pinned to a version: anyone who can recreate one under its name is trusted too".to_owned(),
        (_, 0) => "all are pinned to a version".to_owned(),
        (pinned, open) => format!("{pinned} pinned to a version, {open} not"),
    };
    Some(ABOUT.note("signing-profiles", fact))
}

#[cfg(test)]
mod tests;
