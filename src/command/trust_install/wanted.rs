//! What is to be written: the trust stores and the statement that names them.

use std::path::{Path, PathBuf};

use notary::certificate::Certificate;
use notary::extension::aws_signer::{AwsRoots, TrustedProfile};
use notary::trust_policy::TrustPolicy;
use notary::trust_store::{TrustStore, TrustStoreName, TrustStoreType};

use super::error::TrustInstallError;
use crate::config::trust::{self, TRUST_STORE_FOLDER, TrustError, X509_FOLDER};
use crate::config::{TrustInstallSettings, Trusted};

/// What is to be installed.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) stores: Vec<WantedStore>,
    /// A policy of the new statement alone: strict, for the scopes that were given or for all.
    pub(super) policy: TrustPolicy,
    pub(super) aws_roots: AwsRoots,
}

/// One trust store, of one file.
#[derive(Debug)]
pub(super) struct WantedStore {
    name: TrustStoreName,
    /// Path of the file below the folder.
    pub(super) file: String,
    pub(super) certificates: Vec<Certificate>,
    pub(super) owner: Owner,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Managed by sealgate alone.
    Sealgate,
    /// AWS's installer writes it too: a file that holds the same certificates is equivalent to ours.
    Aws,
}

impl Wanted {
    /// Reads and checks all that goes into the folder, and nothing of the folder itself.
    pub(super) fn of(settings: &TrustInstallSettings) -> Result<Self, TrustInstallError> {
        let (aws_roots, stores, identities) = match &settings.trusted {
            Trusted::Roots { roots, identities } => {
                let store = WantedStore::of_roots(&settings.name, roots)?;
                (AwsRoots::embedded(), vec![store], identities.clone())
            }
            Trusted::Profiles { profiles, aws_root } => {
                let roots = trust::aws_roots(aws_root.as_deref())?;
                let stores = match aws_root {
                    None => embedded_roots(profiles, &roots)?,
                    Some(path) => vec![WantedStore::of_replaced_roots(&settings.name, path)?],
                };
                (roots, stores, profiles.iter().map(ToString::to_string).collect())
            }
        };
        let all = ["*".to_owned()];
        let scopes = if settings.scopes.is_empty() { &all[..] } else { &settings.scopes };
        let names: Vec<_> = stores.iter().map(|store| store.name.clone()).collect();
        let policy =
            TrustPolicy::strict(&settings.name, scopes, &names, &identities).map_err(TrustInstallError::Policy)?;
        Ok(Self { stores, policy, aws_roots })
    }
}

impl WantedStore {
    /// A store of certificate authorities, named like the statement.
    fn of_roots(name: &str, roots: &[PathBuf]) -> Result<Self, TrustInstallError> {
        let store = store_name(TrustStoreType::Ca, name)?;
        let mut certificates: Vec<Certificate> = Vec::new();
        for root in roots {
            // The same certificate in two files is one.
            certificates.extend(
                anchors(root, &store)?.into_iter().filter(|new| !certificates.contains(new)).collect::<Vec<_>>(),
            );
        }
        Ok(Self::new(&store, &format!("{name}.crt"), certificates, Owner::Sealgate))
    }

    /// Roots that replace AWS's. The name says so for as long as the store exists.
    fn of_replaced_roots(name: &str, roots: &Path) -> Result<Self, TrustInstallError> {
        let store = store_name(TrustStoreType::SigningAuthority, &format!("{name}-not-aws"))?;
        Ok(Self::new(&store, "not-an-aws-root.crt", anchors(roots, &store)?, Owner::Sealgate))
    }

    fn new(name: &TrustStoreName, file: &str, certificates: Vec<Certificate>, owner: Owner) -> Self {
        let store_type = name.store_type().name();
        let file = format!("{TRUST_STORE_FOLDER}/{X509_FOLDER}/{store_type}/{}/{file}", name.name());
        Self { name: name.clone(), file, certificates, owner }
    }
}

/// For the partition of each profile, the store as AWS's installer has it: folder and file of the same names.
fn embedded_roots(profiles: &[TrustedProfile], roots: &AwsRoots) -> Result<Vec<WantedStore>, TrustInstallError> {
    let mut stores: Vec<WantedStore> = Vec::new();
    for profile in profiles {
        let Some(known) = roots.known().find(|known| known.partition() == profile.partition()) else {
            return Err(TrustError::NoAwsRoot { profile: profile.clone() }.into());
        };
        let name = store_name(TrustStoreType::SigningAuthority, known.trust_store())?;
        if stores.iter().all(|store| store.name != name) {
            let stem = known.trust_store().strip_suffix("-ts").unwrap_or(known.trust_store());
            let file = format!("{stem}-notation-root.crt");
            stores.push(WantedStore::new(&name, &file, vec![known.certificate().clone()], Owner::Aws));
        }
    }
    Ok(stores)
}

fn store_name(store_type: TrustStoreType, name: &str) -> Result<TrustStoreName, TrustInstallError> {
    TrustStoreName::new(store_type, name).map_err(|source| TrustInstallError::Name { name: name.to_owned(), source })
}

/// The certificates of a file, if a store may hold them.
fn anchors(path: &Path, store: &TrustStoreName) -> Result<Vec<Certificate>, TrustInstallError> {
    let certificates = trust::read_root(path)?;
    let anchor = |source| TrustInstallError::Anchor { path: path.to_owned(), source };
    Ok(TrustStore::new(store.clone(), certificates).map_err(anchor)?.certificates().to_vec())
}
