//! `trust show`: the trust stores, the statements, and what is wrong with them.

pub(super) mod aws_signer;

use std::path::{Path, PathBuf};

use notary::Timestamp;
use notary::certificate::Certificate;
use notary::extension::aws_signer::AwsRoots;
use notary::trust_policy::{PolicyStatement, Problem, TrustPolicy, TrustPolicyError, Warning};
use notary::trust_store::{TrustStore, TrustStoreName};

use super::Done;
use super::trust_folder::folder_of;
use crate::config::trust::{self, PolicyFile, TRUST_STORE_FOLDER, TrustError};
use crate::config::trust_show::TrustShowArgs;
use crate::context::Context;
use crate::error::{Error, in_policy, of_finding};
use crate::registry::{LoopbackScheme, scheme_of};
use crate::report::{Findings, Reason, Report, TrustReport, TrustStatementReport, TrustStoreReport, build};

/// Shows a folder, or a policy file with a folder of trust stores.
pub(super) fn run(args: &TrustShowArgs, context: &Context) -> Result<Done, Error> {
    let roots = trust::aws_roots(args.aws_root.as_deref().map(Path::new))?;
    let (policy, trust, stores) = match (&args.policy, &args.trust_store) {
        (Some(policy), Some(stores)) => {
            let (policy, stores) = (PathBuf::from(policy), PathBuf::from(stores));
            (trust::read_named_policy(&policy), empty(&stores), stores)
        }
        _ => {
            let folder = folder_of(args.dir.as_ref(), context)?;
            (trust::read_policy_of(&folder), empty(&folder), folder.join(TRUST_STORE_FOLDER))
        }
    };
    let mut told = TrustReport { aws_roots: aws_signer::known_roots(&roots), ..trust };
    let (warnings, error) = match policy {
        // There is nothing to show but the roots, and how to begin.
        Err(error @ TrustError::NoPolicy { .. }) if trust::stores_in(&stores).is_empty() => {
            (Vec::new(), Some(Error::from(error).report()))
        }
        other => (show(&mut told, other, &stores, &roots, context.clock.now()), None),
    };
    let weakened = context.weakened.clone();
    let report = Report { weakened, warnings, error, ..Report::of(context.command, Findings::TrustShown(told)) };
    Ok(Done::Report(Box::new(report)))
}

/// Adds what a folder holds to the report on it, and returns what is allowed and probably not meant.
pub(super) fn describe(told: &mut TrustReport, folder: &Path, roots: &AwsRoots, now: Timestamp) -> Vec<Reason> {
    show(told, trust::read_policy_of(folder), &folder.join(TRUST_STORE_FOLDER), roots, now)
}

pub(super) fn empty(folder: &Path) -> TrustReport {
    TrustReport {
        folder: folder.display().to_string(),
        written: Vec::new(),
        removed: Vec::new(),
        backups: Vec::new(),
        policies: Vec::new(),
        statements: Vec::new(),
        stores: Vec::new(),
        aws_roots: Vec::new(),
        problems: Vec::new(),
    }
}

/// Reports statements, stores and problems.
fn show(
    told: &mut TrustReport,
    policy: Result<PolicyFile, TrustError>,
    folder: &Path,
    roots: &AwsRoots,
    now: Timestamp,
) -> Vec<Reason> {
    let mut noticed = Vec::new();
    let parsed = policy.and_then(|file| {
        told.policies = file.paths.iter().map(|path| path.display().to_string()).collect();
        // As `verify` reaches registries without further settings.
        file.parse(&|host| scheme_of(host, &[], LoopbackScheme::Plain))
    });
    let mut names = trust::stores_in(folder);
    match &parsed {
        Ok(policy) => {
            told.statements = policy.statements().iter().map(statement).collect();
            names.extend(policy.statements().iter().flat_map(PolicyStatement::trust_stores).cloned());
            let path = told.policies.first().map(PathBuf::from).unwrap_or_default();
            noticed.extend(warnings(policy, &path));
        }
        Err(error) => told.problems.extend(problems(error)),
    }
    names.sort();
    names.dedup();
    let mut stores = Vec::new();
    for name in names {
        match trust::load_store(folder, &name) {
            Ok(store) => stores.push((name, store)),
            Err(unusable) => told.problems.push(Reason::new("trust-store-unusable", unusable.to_string())),
        }
    }
    for (name, store) in &stores {
        noticed.extend(outside_validity(name, store, now));
        noticed.extend(aws_signer::misplaced(name, store, roots));
        let certificates = store.certificates().iter().map(|certificate| aws_signer::anchor(certificate, roots));
        told.stores.push(TrustStoreReport { name: name.to_string(), certificates: certificates.collect() });
    }
    let statements = parsed.iter().flat_map(TrustPolicy::statements);
    told.problems.extend(statements.flat_map(|statement| aws_signer::problems(statement, &stores, roots)));
    noticed
}

fn statement(statement: &PolicyStatement) -> TrustStatementReport {
    TrustStatementReport {
        name: statement.name().to_owned(),
        level: build::level(&statement.level()),
        scopes: statement.scopes().texts(),
        stores: statement.trust_stores().iter().map(ToString::to_string).collect(),
        identities: statement.trusted_identities().iter().map(|identity| identity.text().to_owned()).collect(),
    }
}

/// Why the policy cannot be used: each broken rule with its place.
fn problems(error: &TrustError) -> Vec<Reason> {
    let TrustError::Policy { path, source } = error else {
        return vec![Reason::new("trust-policy", build::in_full(error))];
    };
    match source {
        TrustPolicyError::Invalid(problems) => {
            let told = |problem: &Problem| Reason::new(problem.rule.code(), problem.to_string());
            problems.iter().map(|problem| told(problem).at(of_finding(path, &problem.place))).collect()
        }
        source => {
            let told = Reason::new("trust-policy", build::in_full(error));
            vec![Reason { place: in_policy(path, source), ..told }]
        }
    }
}

/// What is allowed in the policy and probably not meant.
fn warnings(policy: &TrustPolicy, path: &Path) -> impl Iterator<Item = Reason> {
    let told = |warning: &Warning| Reason::new(warning.notice.code(), warning.to_string());
    policy.warnings().iter().map(move |warning| told(warning).at(of_finding(path, &warning.place)))
}

/// Certificates of a store that are not valid now: signatures under them are judged by their own times.
fn outside_validity(name: &TrustStoreName, store: &TrustStore, now: Timestamp) -> Vec<Reason> {
    let outside = |certificate: &&Certificate| now < certificate.not_before() || now > certificate.not_after();
    let told = |certificate: &Certificate| {
        let (from, to) = (certificate.not_before(), certificate.not_after());
        Reason::new(
            "certificate-not-valid-now",
            format!("{name}: {} is valid from {from} to {to}, and now it is {now:.0}", certificate.subject()),
        )
    };
    store.certificates().iter().filter(outside).map(told).collect()
}
