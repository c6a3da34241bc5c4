//! `trust remove`: takes away what `trust install` wrote.
//!
//! All is decided before anything goes. Then the policy goes first, and after it the stores that no statement names any more: a
//! policy never names a store that is gone. A run that is cut short is finished by the same command again.

mod error;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use notary::Timestamp;
use notary::extension::aws_signer::AwsRoots;
use notary::trust_policy::{PolicyStatement, TrustPolicy};
use notary::trust_store::TrustStoreName;
use serde_json::Value;

use self::error::TrustRemoveError;
use super::trust_folder::{
    Folder, Planned, TrustFolderError, folder_of, is_named, lost_certificate, lost_of_statement, with_statements,
};
use super::{Done, trust_show};
use crate::config::trust::{POLICY_NAMES, TRUST_STORE_FOLDER, X509_FOLDER};
use crate::config::trust_remove::{Removed, TrustRemoveSettings};
use crate::context::Context;
use crate::error::Error;
use crate::files::Existing;
use crate::report::{Findings, Reason, Report};

/// Removes statements and their stores.
pub(super) fn run(settings: &TrustRemoveSettings, context: &Context) -> Result<Done, Error> {
    let folder = folder_of(settings.folder.as_ref(), context)?;
    let report = remove(&settings.statements, &folder, context.clock.now())?;
    Ok(Done::Report(Box::new(Report { weakened: context.weakened.clone(), ..report })))
}

/// Plans everything, then removes.
fn remove(removed: &Removed, folder: &Path, now: Timestamp) -> Result<Report, TrustRemoveError> {
    let mut folder = Folder::open(folder)?;
    let ours = folder.own_policy()?;
    let chosen = Chosen::of(removed, ours.as_ref(), &folder)?;
    let mut plan = plan_policy(&folder, ours.as_ref(), &chosen)?;
    let stores = plan_stores(&folder, &chosen)?;
    let mut gone = Vec::new();
    for (store, file) in &stores {
        for statement in chosen.go.iter().filter(|statement| statement.trust_stores().contains(store)) {
            let certificates = file.certificates_that_go();
            gone.extend(certificates.iter().map(|one| lost_certificate(statement.name(), &one.subject().to_string())));
        }
    }
    gone.extend(chosen.go.iter().flat_map(|statement| lost_of_statement(statement, None)));
    plan.extend(stores.into_iter().map(|(_, file)| file));
    let mut told = trust_show::empty(&folder.path);
    folder.apply(plan, chosen.names.clone(), now, &mut told)?;
    let mut warnings = match chosen.stay.is_empty() {
        true => Vec::new(),
        false => trust_show::describe(&mut told, &folder.path, &AwsRoots::embedded(), now),
    };
    warnings.extend(gone);
    warnings.extend(chosen.stores_that_stay().filter_map(|store| left(&folder.path, store)));
    Ok(Report { warnings, ..Report::of("trust remove", Findings::TrustRemoved(told)) })
}

/// The statements of our policy that go, and those that stay.
struct Chosen<'a> {
    go: Vec<&'a PolicyStatement>,
    stay: Vec<&'a PolicyStatement>,
    /// The names of those that go. What was begun before may have left only the name.
    names: Vec<String>,
    /// Whether all goes that we wrote.
    all: bool,
}

impl<'a> Chosen<'a> {
    fn of(removed: &Removed, ours: Option<&'a TrustPolicy>, folder: &Folder) -> Result<Self, TrustRemoveError> {
        let statements = ours.map(TrustPolicy::statements).unwrap_or_default();
        let known = || statements.iter().map(|statement| statement.name().to_owned()).collect();
        let path = || folder.path.clone();
        let names = match removed {
            Removed::All if folder.is_unknown() => {
                check_policies(folder)?;
                return Err(TrustRemoveError::NothingThere { folder: path() });
            }
            Removed::All => {
                let (go, stay, names) = (statements.iter().collect(), Vec::new(), known());
                return Ok(Self { go, stay, names, all: true });
            }
            Removed::Named(names) if names.is_empty() => {
                return Err(TrustRemoveError::NothingNamed { known: known(), folder: path() });
            }
            Removed::Named(names) => names,
        };
        let is_known = |name: &&String| {
            statements.iter().any(|statement| statement.name() == name.as_str())
                || folder.begun_removals().contains(name)
        };
        if let Some(name) = names.iter().find(|name| !is_known(name)) {
            check_policies(folder)?;
            return Err(TrustRemoveError::UnknownName { name: name.clone(), known: known(), folder: path() });
        }
        let is_named = |statement: &&PolicyStatement| names.iter().any(|name| name == statement.name());
        let (go, stay) = statements.iter().partition(is_named);
        Ok(Self { go, stay, names: names.clone(), all: false })
    }

    /// Whether a store was for what goes, so that it may not be passed over.
    fn is_for(&self, store: &TrustStoreName) -> bool {
        self.all || self.go.iter().any(|statement| statement.trust_stores().contains(store))
    }

    fn is_needed(&self, store: &TrustStoreName) -> bool {
        self.stay.iter().any(|statement| statement.trust_stores().contains(store))
    }

    /// The stores that were for what goes, and are no longer needed.
    fn stores_that_stay(&self) -> impl Iterator<Item = &'a TrustStoreName> {
        let named: BTreeSet<_> = self.go.iter().flat_map(|statement| statement.trust_stores()).collect();
        named.into_iter().filter(|store| !self.is_needed(store))
    }
}

/// Checks that the policy files that are there are ours.
fn check_policies(folder: &Folder) -> Result<(), TrustFolderError> {
    POLICY_NAMES.iter().try_for_each(|name| folder.plan_removal(name).map(drop))
}

/// The policy without the statements that go; without any, its files go too.
fn plan_policy(
    folder: &Folder,
    ours: Option<&TrustPolicy>,
    chosen: &Chosen<'_>,
) -> Result<Vec<Planned>, TrustFolderError> {
    check_policies(folder)?;
    let Some(ours) = ours.filter(|_| !chosen.stay.is_empty()) else {
        return POLICY_NAMES.iter().map(|name| folder.plan_removal(name)).collect();
    };
    let goes = |known: &Value| chosen.go.iter().any(|gone| is_named(known, gone.name()));
    let policy = with_statements(ours, |statements| statements.retain(|known| !goes(known)));
    let policy = policy.map_err(TrustFolderError::Policy)?;
    POLICY_NAMES.iter().map(|name| folder.plan(name, policy.clone().into_bytes(), Existing::Keep)).collect()
}

/// The store files of ours that no statement needs any more. What was changed since stays, or ends this if it was for what goes.
fn plan_stores(folder: &Folder, chosen: &Chosen<'_>) -> Result<Vec<(TrustStoreName, Planned)>, TrustFolderError> {
    let mut plan = Vec::new();
    for (store, file) in folder.store_files().into_iter().filter(|(store, _)| !chosen.is_needed(store)) {
        match folder.plan_removal(&file) {
            Ok(planned) => plan.push((store, planned)),
            Err(error) if chosen.is_for(&store) => return Err(error),
            Err(_) => {}
        }
    }
    Ok(plan)
}

/// That a store still holds something, which is not ours.
fn left(folder: &Path, store: &TrustStoreName) -> Option<Reason> {
    let place = [TRUST_STORE_FOLDER, X509_FOLDER, store.store_type().name(), store.name()];
    let path = place.iter().fold(folder.to_owned(), |path, part| path.join(part));
    let found = fs::read_dir(&path).ok()?.next()?.ok()?.file_name();
    let text = format!(
        "{} stays: it holds {}, which sealgate did not write; no statement names it any more",
        path.display(),
        found.to_string_lossy()
    );
    Some(Reason::new("trust-store-stays", text))
}

#[cfg(test)]
mod tests;
