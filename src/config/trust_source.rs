//! What to trust, as configured: signing profiles, or files, or roots with identities, or notation's folder; never a
//! mixture.

use std::path::{Path, PathBuf};

use super::aws;
use super::deploy::check_apart;
use super::error::{ConfigError, Fault, ResolveError, needs, origin};
use super::key::{self, Key};
use super::layers::Layers;
use super::notation_folder::notation_folder;
use super::setting::{Origin, Setting};
use super::trust::{POLICY_NAMES, TRUST_STORE_FOLDER};
use super::trust_settings::TrustSource;
use crate::env::Env;

pub(super) fn trust(layers: &Layers<'_>, environment: &Env) -> Result<TrustSource, ResolveError> {
    let named = Named::read(layers)?;
    if let Some(profiles) = aws::trusted_profiles(layers)? {
        return match named.first() {
            Some(other) => {
                let fault = Fault::Excludes { other: other.to_string() };
                Err(ConfigError::new(key::PROFILE, profiles.origin, fault).into())
            }
            None => Ok(TrustSource::Profiles(profiles)),
        };
    }
    match named.source()? {
        Some(source) => Ok(source),
        None => {
            let folder = notation_folder(environment)?;
            check_folder_apart(layers, &folder)?;
            Ok(TrustSource::Folder(folder))
        }
    }
}

/// Checks that nothing that the command writes takes the place of notation's own trust, where nothing else says whom to trust and
/// something else is wrong.
///
/// # Errors
/// [`Fault::SameFile`].
pub(super) fn check_folder(layers: &Layers<'_>) -> Result<(), ConfigError> {
    let others = [key::POLICY, key::TRUST_STORE, key::ROOT, key::IDENTITY, key::PROFILE, key::GATES];
    let is_said = others.iter().any(|key| !matches!(layers.words(key), Ok(None)));
    match layers.environment.map(notation_folder) {
        Some(Ok(folder)) if !is_said => check_folder_apart(layers, &folder),
        _ => Ok(()),
    }
}

fn check_folder_apart(layers: &Layers<'_>, folder: &Path) -> Result<(), ConfigError> {
    let names = POLICY_NAMES.into_iter().chain([TRUST_STORE_FOLDER]);
    let read: Vec<_> = names.map(|name| folder.join(name)).collect();
    check_apart(layers, &read, "the trust policy")
}

/// What was named in addition to signing profiles.
pub(super) struct Named {
    policy: Option<Setting<String>>,
    trust_store: Option<Setting<String>>,
    roots: Option<Setting<Vec<String>>>,
    identities: Option<Setting<Vec<String>>>,
}

impl Named {
    /// Reads the settings.
    ///
    /// # Errors
    /// Files and roots together.
    pub(super) fn read(layers: &Layers<'_>) -> Result<Self, ConfigError> {
        let named = Self {
            policy: layers.text(key::POLICY)?,
            trust_store: layers.text(key::TRUST_STORE)?,
            roots: layers.words(key::ROOT)?,
            identities: layers.words(key::IDENTITY)?,
        };
        match (named.of_files(), named.in_memory()) {
            (Some((key, said)), Some((_, other))) => {
                Err(ConfigError::new(key, said, Fault::Excludes { other: other.to_string() }))
            }
            _ => Ok(named),
        }
    }

    fn of_files(&self) -> Option<(&'static Key, Origin)> {
        let policy = self.policy.as_ref().map(|policy| (key::POLICY, origin(policy)));
        policy.or_else(|| self.trust_store.as_ref().map(|store| (key::TRUST_STORE, origin(store))))
    }

    fn in_memory(&self) -> Option<(&'static Key, Origin)> {
        let roots = self.roots.as_ref().map(|roots| (key::ROOT, origin(roots)));
        roots.or_else(|| self.identities.as_ref().map(|identities| (key::IDENTITY, origin(identities))))
    }

    fn first(&self) -> Option<Origin> {
        self.of_files().or_else(|| self.in_memory()).map(|(_, origin)| origin)
    }

    /// What it means together; nothing where nothing was named.
    ///
    /// # Errors
    /// One without the other that it needs.
    pub(super) fn source(self) -> Result<Option<TrustSource>, ConfigError> {
        Ok(Some(match (self.policy, self.trust_store, self.roots, self.identities) {
            (Some(policy), Some(trust_store), _, _) => {
                TrustSource::Files { policy: policy.map(PathBuf::from), trust_store: trust_store.map(PathBuf::from) }
            }
            (Some(policy), None, _, _) => return Err(needs(key::POLICY, policy.origin, key::TRUST_STORE)),
            (None, Some(store), _, _) => return Err(needs(key::TRUST_STORE, store.origin, key::POLICY)),
            (None, None, Some(roots), Some(identities)) => {
                let roots = roots.map(|paths| paths.into_iter().map(PathBuf::from).collect());
                TrustSource::InMemory { roots, identities }
            }
            (None, None, Some(roots), None) => return Err(needs(key::ROOT, roots.origin, key::IDENTITY)),
            (None, None, None, Some(identities)) => return Err(needs(key::IDENTITY, identities.origin, key::ROOT)),
            (None, None, None, None) => return Ok(None),
        }))
    }
}
