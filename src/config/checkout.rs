//! Files that decide whom to trust, or as whom to sign, in the checkout of a pull request: its author may have written them.
//!
//! Where a file is follows from its real path: links are followed, so that one in the checkout that leads out of it is outside, and one
//! outside that leads in is inside. Every file below the workspace counts, also one of a second checkout, although `actions/checkout`
//! can write nowhere else. Nothing tells the two apart for sure: a folder with a `.git` of its own may be a submodule, or files that
//! the pull request holds under another name and a build step renames. A second checkout counts once a step has moved it out of
//! the workspace, where nothing of a pull request comes to be by itself.
//!
//! What runs code of the pull request in the same job before can do more than to write files. That is not for us to see.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use super::doctor::DoctorSettings;
use super::error::{ConfigError, Fault};
use super::gates::GateSettings;
use super::key::{self, Key};
use super::layers::Layers;
use super::setting::{Origin, Setting};
use super::task::Task;
use super::trust::folders_of_stores;
use super::trust_settings::TrustSource;
use super::trusts::Trusts;
use crate::ci::change::{Change, workspaces};
use crate::env::{self, Variable};
use crate::report::Reason;

/// The settings that name such files.
const KEYS: [&Key; 6] = [key::POLICY, key::TRUST_STORE, key::ROOT, key::GATES, key::AWS_ROOT, key::KEY];

/// A setting that names such files.
struct Named {
    key: &'static Key,
    origin: Origin,
    /// The paths that it names.
    paths: Vec<PathBuf>,
}

/// What every report of a run must say because of where its files are.
///
/// # Errors
/// [`Fault::FromFork`] or [`Fault::GatesFromPullRequest`], unless `--allow-checkout-trust` is given.
pub(super) fn caveats(layers: &Layers<'_>, task: &Task) -> Result<Vec<Reason>, ConfigError> {
    let named = match task.trusts() {
        Trusts::Nothing => return Ok(Vec::new()),
        Trusts::Typed => typed(layers),
        Trusts::Named(None) => named(layers)?,
        Trusts::Named(trust) => with_folder(named(layers)?, layers, trust),
        Trusts::Gates(gates) => {
            return judged(layers, with_roots(named(layers)?, gates), &keys_of_gates(layers, gates)?);
        }
    };
    judged(layers, named, &[])
}

/// The same for `doctor`, which is about what `sign` and `verify` would use.
///
/// # Errors
/// As [`caveats`].
pub(super) fn caveats_of_doctor(layers: &Layers<'_>, settings: &DoctorSettings) -> Result<Vec<Reason>, ConfigError> {
    judged(layers, with_folder(named(layers)?, layers, settings.trust.as_ref().ok()), &[])
}

/// Checks the configuration file of a command that signs or judges, before anything in it counts.
///
/// # Errors
/// As [`caveats`].
pub(super) fn check_configuration(layers: &Layers<'_>, file: &Setting<String>) -> Result<(), ConfigError> {
    let concerns = layers.takes(key::ALLOW_CHECKOUT_TRUST);
    let named = Named { key: key::CONFIG, origin: file.origin.clone(), paths: vec![PathBuf::from(&file.value)] };
    if concerns { judged(layers, vec![named], &[]).map(drop) } else { Ok(()) }
}

/// The command's own settings that name such files, and the configuration file. A variable that holds the text is no file.
fn named(layers: &Layers<'_>) -> Result<Vec<Named>, ConfigError> {
    let mut named = Vec::new();
    if layers.file.is_some()
        && let Some(Setting { value, origin }) = layers.text(key::CONFIG)?
    {
        named.push(Named { key: key::CONFIG, origin, paths: vec![value.into()] });
    }
    for key in KEYS {
        if !layers.takes(key) {
            continue;
        }
        if let Some(Setting { value, origin }) = layers.words(key)? {
            let is_file = |word: &String| key.name != key::KEY.name || !word.starts_with("env:");
            let paths = value.into_iter().filter(is_file).map(PathBuf::from).collect();
            named.push(Named { key, origin, paths });
        }
    }
    Ok(named)
}

/// The same of a command that hears its flags alone.
fn typed(layers: &Layers<'_>) -> Vec<Named> {
    let of = |key: &'static Key| {
        let paths = layers.typed.get(key)?.iter().map(PathBuf::from).collect();
        Some(Named { key, origin: Origin::Flag(key.name), paths })
    };
    KEYS.into_iter().filter_map(of).collect()
}

/// The files of roots that a file of gates names decide as much as itself.
fn with_roots(mut named: Vec<Named>, gates: &GateSettings) -> Vec<Named> {
    named.push(Named { key: key::GATES, origin: gates.file.origin.clone(), paths: gates.roots() });
    named
}

/// The settings whose files say what the gates are, or whom they trust: also other roots of AWS, and a configuration file that says which
/// gates or which stage.
fn keys_of_gates(layers: &Layers<'_>, gates: &GateSettings) -> Result<Vec<&'static Key>, ConfigError> {
    let stage = layers.text(key::STAGE)?.map(|stage| stage.origin);
    let mut origins = [Some(&gates.file.origin), stage.as_ref()].into_iter().flatten();
    let configuration = origins.any(|origin| matches!(origin, Origin::File(_))).then_some(key::CONFIG);
    Ok([key::GATES, key::AWS_ROOT].into_iter().chain(configuration).collect())
}

/// notation's folder counts where nothing else is named. A variable may lead into the checkout.
fn with_folder(mut named: Vec<Named>, layers: &Layers<'_>, trust: Option<&TrustSource>) -> Vec<Named> {
    if let Some(TrustSource::Folder(folder)) = trust {
        let is_set =
            |variable: &&&Variable| layers.environment.is_some_and(|environment| environment.get(variable).is_some());
        let variables = [env::NOTATION_CONFIG, env::XDG_CONFIG_HOME, env::HOME];
        let origin =
            variables.iter().find(is_set).map_or(Origin::Default, |found| Origin::Variable(found.name.to_owned()));
        named.push(Named { key: key::POLICY, origin, paths: vec![folder.clone()] });
    }
    named
}

/// Looks where the files are. Only a pull request has any in its checkout that count.
fn judged(layers: &Layers<'_>, named: Vec<Named>, of_gates: &[&Key]) -> Result<Vec<Reason>, ConfigError> {
    if named.iter().all(|named| named.paths.is_empty()) || *layers.change() == Change::Own {
        return Ok(Vec::new());
    }
    let checkout = Checkout::of(layers);
    let is_allowed = layers.switch(key::ALLOW_CHECKOUT_TRUST)?.value;
    let mut inside = Vec::new();
    for Named { key, origin, paths } in named {
        let of_gates = of_gates.iter().any(|of_gates| of_gates.name == key.name);
        for path in paths.iter().filter(|path| read_from(path).iter().any(|path| checkout.holds(path))) {
            if let Some(fault) = refused(layers.change(), of_gates, path).filter(|_| !is_allowed) {
                return Err(ConfigError::new(key, origin, fault));
            }
            inside.push(format!("{} {}", key.name, path.display()));
        }
    }
    let whose = match layers.change() {
        Change::Fork(_) => "a pull request from a fork",
        Change::PullRequest | Change::Own => "a pull request",
    };
    let files = inside.join(", ");
    let text = format!("decided by files in the checkout of {whose}, which its author may have written: {files}");
    Ok((!inside.is_empty()).then(|| Reason::new("trust-from-pull-request", text)).into_iter().collect())
}

/// Why a file in the checkout may not decide. Gates say who approves what others wrote: the author of a pull request is the last to
/// say that, whoever it is. A policy of the repository's own pull request is told instead.
fn refused(change: &Change, of_gates: bool, path: &Path) -> Option<Fault> {
    let path = path.display().to_string();
    match change {
        Change::Fork(fork) => Some(Fault::FromFork { path, fork: Box::new(fork.clone()) }),
        Change::PullRequest if of_gates => Some(Fault::GatesFromPullRequest { path }),
        Change::PullRequest | Change::Own => None,
    }
}

/// What is read from where a path leads: the file, or the folders below it, in which no file may be a link.
fn read_from(path: &Path) -> Vec<PathBuf> {
    let below = if path.is_dir() { folders_of_stores(path) } else { Vec::new() };
    std::iter::once(path.to_owned()).chain(below).collect()
}

/// Where the change was checked out.
struct Checkout {
    /// The real paths of the workspaces, or else of the folder that holds the working folder; none if nothing is known.
    roots: Vec<PathBuf>,
}

impl Checkout {
    fn of(layers: &Layers<'_>) -> Self {
        let job = layers.environment.zip(layers.system);
        let said = job.into_iter().flat_map(|(environment, system)| workspaces(environment, system));
        let mut roots: Vec<_> = said.filter_map(|said| fs::canonicalize(said).ok()).collect();
        if roots.is_empty() {
            // In a container it may have another path than the system says.
            roots.extend(fs::canonicalize(".").ok().as_deref().map(working_tree).map(Path::to_owned));
        }
        Self { roots }
    }

    /// Whether what is read from there is a part of it. What has no real path but a content counts as one, unless it is a pipe.
    fn holds(&self, path: &Path) -> bool {
        if self.roots.is_empty() {
            return true;
        }
        match fs::canonicalize(path) {
            Ok(real) => real.ancestors().any(|above| self.roots.iter().any(|root| is_same(above, root))),
            Err(_) => fs::metadata(path).is_ok_and(|found| !found.file_type().is_fifo()),
        }
    }
}

/// The outermost working tree of Git that a folder is in, since one may be a submodule of another; the folder itself, if it is in none.
fn working_tree(folder: &Path) -> &Path {
    folder.ancestors().filter(|above| above.join(".git").exists()).last().unwrap_or(folder)
}

/// Whether two paths are the same folder: by their names, or because the system says so, as where letters have no case.
fn is_same(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    one == other || identity(one).zip(identity(other)).is_some_and(|(one, other)| one == other)
}

#[cfg(test)]
mod tests;
