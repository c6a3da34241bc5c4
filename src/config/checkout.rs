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
use crate::ci::change::{Change, workspace};
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
        Trusts::Gates(gates) => with_roots(named(layers)?, gates),
    };
    judged(layers, named)
}

/// The same for `doctor`, which is about what `sign` and `verify` would use.
///
/// # Errors
/// As [`caveats`].
pub(super) fn caveats_of_doctor(layers: &Layers<'_>, settings: &DoctorSettings) -> Result<Vec<Reason>, ConfigError> {
    judged(layers, with_folder(named(layers)?, layers, settings.trust.as_ref().ok()))
}

/// Checks the configuration file of a command that signs or judges, before anything in it counts.
///
/// # Errors
/// As [`caveats`].
pub(super) fn check_configuration(layers: &Layers<'_>, file: &Setting<String>) -> Result<(), ConfigError> {
    let concerns = layers.typed.keys().iter().any(|own| own.name == key::ALLOW_CHECKOUT_TRUST.name);
    let named = Named { key: key::CONFIG, origin: file.origin.clone(), paths: vec![PathBuf::from(&file.value)] };
    if concerns { judged(layers, vec![named]).map(drop) } else { Ok(()) }
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
        if !layers.typed.keys().iter().any(|own| own.name == key.name) {
            continue;
        }
        if let Some(Setting { value, origin }) = layers.words(key)? {
            let is_file = |word: &String| key.name != key::KEY.name || !word.starts_with("env:");
            named.push(Named { key, origin, paths: value.into_iter().filter(is_file).map(PathBuf::from).collect() });
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
fn judged(layers: &Layers<'_>, named: Vec<Named>) -> Result<Vec<Reason>, ConfigError> {
    if named.iter().all(|named| named.paths.is_empty()) || *layers.change() == Change::Own {
        return Ok(Vec::new());
    }
    let checkout = Checkout::of(layers);
    let is_allowed = layers.switch(key::ALLOW_CHECKOUT_TRUST)?.value;
    let mut inside = Vec::new();
    for Named { key, origin, paths } in named {
        for path in paths.iter().filter(|path| read_from(path).iter().any(|path| checkout.holds(path))) {
            if let Some(fault) = refused(layers.change(), key, path).filter(|_| !is_allowed) {
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
fn refused(change: &Change, key: &'static Key, path: &Path) -> Option<Fault> {
    let path = path.display().to_string();
    match change {
        Change::Fork(fork) => Some(Fault::FromFork { path, fork: Box::new(fork.clone()) }),
        Change::PullRequest if key.name == key::GATES.name => Some(Fault::GatesFromPullRequest { path }),
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
    /// The real path of the workspace, or else of the working folder; nothing if neither is known.
    root: Option<PathBuf>,
}

impl Checkout {
    fn of(layers: &Layers<'_>) -> Self {
        let said =
            layers.environment.zip(layers.system).and_then(|(environment, system)| workspace(environment, system));
        // In a container it may have another path than the system says.
        let root = said.and_then(|said| fs::canonicalize(said).ok()).or_else(|| fs::canonicalize(".").ok());
        Self { root }
    }

    /// Whether what is read from there is a part of it. What has no real path but a content counts as one, unless it is a pipe.
    fn holds(&self, path: &Path) -> bool {
        let Some(root) = &self.root else { return true };
        match fs::canonicalize(path) {
            Ok(real) => real.ancestors().any(|above| is_same(above, root)),
            Err(_) => fs::metadata(path).is_ok_and(|found| !found.file_type().is_fifo()),
        }
    }
}

/// Whether two paths are the same folder: by their names, or because the system says so, as where letters have no case.
fn is_same(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    one == other || identity(one).zip(identity(other)).is_some_and(|(one, other)| one == other)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::os::unix::fs::symlink;

    use super::super::tests::resolved;
    use super::*;
    use crate::cli::tests::{COMMANDS, arguments};
    use crate::config::ResolveError;

    #[test]
    fn each_command_that_trusts_or_signs_by_a_file_looks_where_it_is() {
        let takes = |name: &str, key: &Key| arguments(name).iter().any(|one| one.get_long() == Some(key.name));
        for (name, ..) in COMMANDS {
            let names_trust = KEYS.iter().any(|key| takes(name, key));
            // These only show what is there.
            let expected = names_trust && !["trust show", "gates check"].contains(&name);
            assert_eq!(takes(name, key::ALLOW_CHECKOUT_TRUST), expected, "{name}");
        }
    }

    /// A workspace with a file, a place outside with the same file, and links both ways.
    fn folders() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["work/sub", "workspace-2", "outside"] {
            fs::create_dir_all(path(name)).unwrap();
        }
        for name in ["work/a", "work/sub/a", "workspace-2/a", "outside/a"] {
            fs::write(path(name), "x").unwrap();
        }
        symlink(path("outside/a"), path("work/out")).unwrap();
        symlink(path("work/a"), path("outside/in")).unwrap();
        symlink("in", path("outside/in-twice")).unwrap();
        symlink(path("work/sub"), path("outside/folder")).unwrap();
        symlink(path("work"), path("link-to-work")).unwrap();
        folder
    }

    #[test]
    fn a_file_is_where_its_links_lead() {
        let folder = folders();
        let path = |name: &str| folder.path().join(name);
        for root in ["work", "link-to-work"] {
            let checkout = Checkout { root: fs::canonicalize(path(root)).ok() };
            for (name, expected) in [
                ("work/a", true),
                ("work/sub/a", true),
                ("work", true),
                ("link-to-work/a", true),
                ("work/out", false),
                ("outside/in", true),
                ("outside/in-twice", true),
                ("outside/folder/a", true),
                ("outside/a", false),
                ("workspace-2/a", false),
                ("work/../outside/a", false),
                ("outside/../work/a", true),
                // The folder above is no part of what is in it.
                ("", false),
                // From nowhere nothing is read.
                ("work/none", false),
                ("outside/none", false),
            ] {
                assert_eq!(checkout.holds(&path(name)), expected, "{root}: {name}");
            }
        }
        // Where it is not known what was checked out, all of it may have been.
        assert!(Checkout { root: None }.holds(&path("outside/a")));
    }

    #[test]
    fn a_pipe_without_a_name_stands_nowhere_and_a_file_without_one_counts() {
        use std::os::fd::AsRawFd as _;
        let folder = folders();
        let checkout = Checkout { root: fs::canonicalize(folder.path().join("work")).ok() };
        let shown = |file: &dyn std::os::fd::AsRawFd| PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        let (reader, _writer) = std::io::pipe().unwrap();
        let gone = fs::File::open(folder.path().join("outside/a")).unwrap();
        fs::remove_file(folder.path().join("outside/a")).unwrap();
        let inside = fs::File::open(folder.path().join("work/a")).unwrap();
        if Path::new("/proc/self/fd").exists() {
            assert!(!checkout.holds(&shown(&reader)));
            assert!(checkout.holds(&shown(&gone)) && checkout.holds(&shown(&inside)));
            assert!(inside.as_raw_fd() != gone.as_raw_fd());
        }
    }

    /// What a run makes of where its files are: nothing, a caveat, or this fault.
    fn judged(words: &[&str], variables: &[(&str, &str)]) -> &'static str {
        match resolved(words, variables) {
            Ok(config) => {
                let codes: Vec<_> = config.caveats.iter().map(|caveat| caveat.code.as_str()).collect();
                match codes.as_slice() {
                    [] => "nothing",
                    ["trust-from-pull-request"] => "caveat",
                    other => panic!("{other:?}"),
                }
            }
            Err(errors) => match errors.as_slice() {
                [ResolveError::Setting(error)] => match error.fault {
                    Fault::FromFork { .. } => "fork",
                    Fault::GatesFromPullRequest { .. } => "gates",
                    ref other => panic!("{other:?}"),
                },
                other => panic!("{other:?}"),
            },
        }
    }

    #[test]
    fn gates_that_a_pull_request_brings_are_refused() {
        const GATES: &str = "version: 1\nsigners:\n  ci: { profile: 'arn:aws:signer:us-west-2:111122223333:/signing-profiles/ci' }\n\
                             stages:\n  prod: { require: [ci] }\n";
        let folder = folders();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        fs::write(path("work/a"), GATES).unwrap();
        fs::write(path("outside/a"), GATES).unwrap();
        fs::write(path("own"), r#"{"pull_request":{"head":{"repo":{"id":1}},"base":{"repo":{"id":1}}}}"#).unwrap();
        fs::write(path("fork"), r#"{"pull_request":{"head":{"repo":{"id":2}},"base":{"repo":{"id":1}}}}"#).unwrap();
        let (workspace, own, fork) = (path("work"), path("own"), path("fork"));
        let github = |name: &'static str, event: &str| {
            let fixed = [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", name), ("GITHUB_WORKSPACE", &workspace)];
            let all = fixed.into_iter().chain([("GITHUB_EVENT_PATH", event)]);
            all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>()
        };
        let gitlab = |source: Option<&str>| {
            let source = source.map(|source| ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", source));
            let fixed = [("GITLAB_CI", "true"), ("CI_PROJECT_ID", "1"), ("CI_PROJECT_DIR", &workspace)];
            let all = fixed.into_iter().chain(source);
            all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>()
        };
        // What becomes of a file in the checkout; with the allowance; and of one outside.
        for (job, inside, allowed) in [
            (github("push", &own), "nothing", "nothing"),
            (github("workflow_dispatch", &own), "nothing", "nothing"),
            (github("merge_group", &own), "nothing", "nothing"),
            (github("pull_request", &own), "gates", "caveat"),
            (github("pull_request", &fork), "fork", "caveat"),
            (github("pull_request", "/none"), "fork", "caveat"),
            (github("pull_request_target", &own), "gates", "caveat"),
            (github("pull_request_target", &fork), "fork", "caveat"),
            (github("issue_comment", &own), "fork", "caveat"),
            (gitlab(None), "nothing", "nothing"),
            (gitlab(Some("1")), "gates", "caveat"),
            (gitlab(Some("2")), "fork", "caveat"),
        ] {
            let job: Vec<_> = job.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            for command in [&["verify", "r.example/a:1"][..], &["pin", "app.yaml"]] {
                let of = |file: &str, allowed: &str| {
                    let file = path(file);
                    let words = [command, &["--gates", &file, "--stage", "prod"]].concat();
                    judged(&words, &[&job[..], &[("SEALGATE_ALLOW_CHECKOUT_TRUST", allowed)]].concat())
                };
                for file in ["work/a", "outside/in", "link-to-work/a", "outside/../work/a"] {
                    assert_eq!((of(file, ""), of(file, "false")), (inside, inside), "{command:?} {file} {job:?}");
                    assert_eq!(of(file, "true"), allowed, "{command:?} {file} {job:?}");
                }
                for file in ["outside/a", "work/out"] {
                    assert_eq!((of(file, ""), of(file, "true")), ("nothing", "nothing"), "{command:?} {file} {job:?}");
                }
            }
        }
    }

    #[test]
    fn what_a_run_makes_of_it_follows_from_whose_change_it_is() {
        let folder = folders();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let event = |head: u8| {
            format!(r#"{{"pull_request":{{"head":{{"repo":{{"id":{head}}}}},"base":{{"repo":{{"id":1}}}}}}}}"#)
        };
        fs::write(path("own"), event(1)).unwrap();
        fs::write(path("fork"), event(2)).unwrap();
        // By event, its file, where the root is, and what is allowed: a caveat, an error, or neither.
        for (name, file, root, allowed, expected) in [
            ("push", "fork", "work/a", "", Ok(0)),
            ("pull_request", "own", "outside/a", "", Ok(0)),
            ("pull_request", "own", "work/a", "", Ok(1)),
            ("pull_request", "own", "work/a", "true", Ok(1)),
            ("pull_request", "fork", "outside/a", "", Ok(0)),
            ("pull_request", "fork", "work/a", "", Err(())),
            ("pull_request", "fork", "work/a", "false", Err(())),
            ("pull_request", "fork", "work/a", "true", Ok(1)),
            ("pull_request", "none", "work/a", "", Err(())),
            ("pull_request_target", "own", "work/a", "", Ok(1)),
            ("pull_request_target", "fork", "work/a", "", Err(())),
            ("issue_comment", "fork", "work/a", "", Err(())),
        ] {
            let (root, file, workspace) = (path(root), path(file), path("work"));
            let variables = [
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_EVENT_NAME", name),
                ("GITHUB_EVENT_PATH", &file),
                ("GITHUB_WORKSPACE", &workspace),
                ("SEALGATE_ALLOW_CHECKOUT_TRUST", allowed),
            ];
            let found = resolved(&["verify", "r.example/a:1", "--root", &root, "--identity", "*"], &variables);
            let found = match found {
                Ok(config) => {
                    let codes: BTreeSet<_> = config.caveats.iter().map(|caveat| caveat.code.as_str()).collect();
                    assert!(codes.iter().all(|code| *code == "trust-from-pull-request"), "{codes:?}");
                    assert_eq!(config.weakened.len(), usize::from(allowed == "true"));
                    Ok(config.caveats.len())
                }
                Err(errors) => match errors.as_slice() {
                    [ResolveError::Setting(error)] if matches!(error.fault, Fault::FromFork { .. }) => Err(()),
                    other => panic!("{other:?}"),
                },
            };
            assert_eq!(found, expected, "{name} {file} {root} {allowed}");
        }
    }
}
