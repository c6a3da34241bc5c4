//! All that the endpoint knows, under one lock.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::answer::ErrorName;
use super::authority::{Authorities, Kept};
use super::clock::Clock;
use super::ecr::Login;
use super::ecs::Ecs;
use super::envelope::Style;
use super::fault::Faults;
use super::identity::Identities;
use super::log::Log;
use super::runner::Runner;
use super::signer::Signer;

/// All of it.
pub(crate) struct World {
    /// The endpoint's clock.
    pub(crate) clock: Clock,
    /// Users, roles, sessions.
    pub(crate) identities: Identities,
    /// Profiles and jobs.
    pub(crate) signer: Signer,
    /// The faults that are on.
    pub(crate) faults: Faults,
    /// What was asked.
    pub(crate) log: Log,
    /// Logins for registries.
    pub(crate) logins: Vec<Login>,
    /// What runs on ECS.
    pub(crate) ecs: Ecs,
    /// CI runner.
    pub(crate) runner: Runner,
    /// In every answer of SignPayload. AWS's keys are not public.
    pub(crate) metadata: BTreeMap<String, String>,
    /// How envelopes are written.
    pub(crate) style: Style,
    /// How errors of Signer are named.
    pub(crate) error_name: ErrorName,
    authorities: BTreeMap<String, Authorities>,
    file: Option<PathBuf>,
}

/// What outlives the process, where there is a folder for it. The keys in it are worth nothing outside of it.
#[derive(Deserialize, Serialize)]
struct State {
    authorities: BTreeMap<String, Kept>,
    signer: Signer,
}

impl World {
    /// A new world, or the one that the folder holds.
    pub(crate) fn new(runner: Runner, folder: Option<&Path>) -> io::Result<Self> {
        let mut world = Self {
            clock: Clock::default(),
            identities: Identities::default(),
            signer: Signer::default(),
            faults: Faults::default(),
            log: Log::new(),
            logins: Vec::new(),
            ecs: Ecs::default(),
            runner,
            metadata: BTreeMap::new(),
            style: Style::default(),
            error_name: ErrorName::default(),
            authorities: BTreeMap::new(),
            file: folder.map(|folder| folder.join("state.json")),
        };
        if let Some(text) = world.file.as_ref().filter(|file| file.exists()).map(fs::read).transpose()? {
            let state: State = serde_json::from_slice(&text)?;
            let now = world.clock.now();
            for (partition, kept) in &state.authorities {
                let damaged = || io::Error::other(format!("the authorities of {partition} cannot be read"));
                let authorities = Authorities::from_kept(partition, kept, now).ok_or_else(damaged)?;
                world.authorities.insert(partition.clone(), authorities);
            }
            world.signer = state.signer;
        }
        Ok(world)
    }

    /// Writes what outlives the process. Nothing, where there is no folder for it.
    pub(crate) fn save(&self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let authorities: BTreeMap<_, _> = self.authorities.iter().map(|(name, one)| (name, one.kept())).collect();
        let state = serde_json::json!({"authorities": authorities, "signer": self.signer});
        let fresh = file.with_extension("new");
        fs::write(&fresh, state.to_string())?;
        fs::rename(fresh, file)
    }

    /// The authorities of a partition; made when they are first needed.
    pub(crate) fn authorities(&mut self, partition: &str) -> &mut Authorities {
        let now = self.clock.now();
        self.authorities.entry(partition.to_owned()).or_insert_with(|| Authorities::new(partition, now))
    }

    /// Every secret that was handed out, so that a test can look for them where they must not be.
    pub(crate) fn secrets(&self) -> BTreeSet<String> {
        let mut secrets = BTreeSet::new();
        for credential in self.identities.credentials.values() {
            secrets.insert(credential.secret.clone());
            secrets.extend(credential.token.clone());
        }
        for login in &self.logins {
            secrets.extend([login.password.clone(), login.authorization.clone()]);
        }
        secrets.extend(self.runner.issued.iter().cloned());
        secrets.insert(self.runner.request_token.clone());
        secrets.extend(self.runner.container_token.clone());
        secrets
    }
}
