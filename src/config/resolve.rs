//! The one function that resolves settings.

use std::path::Path;

use super::checkout;
use super::doctor::{self, DoctorSettings};
use super::error::ResolveError;
use super::file;
use super::gates;
use super::key::{self, Key};
use super::layers::Layers;
use super::output::{self, Output};
use super::sign::SignArgs;
use super::task::{Config, Task};
use super::trust_source;
use super::typed::keys_of;
use super::unknown::{self, EnvError};
use super::verify::VerifyArgs;
use super::weakened::weakened;
use crate::env::Env;

/// Why there is no [`Config`], and how that is shown.
#[derive(Debug)]
pub(crate) struct Unresolved {
    /// How results are shown, as far as that is known.
    pub(crate) output: Output,
    /// Never empty.
    pub(crate) errors: Vec<ResolveError>,
}

/// Resolves the raw input, using the settings of the command, which it knows itself. All invalid variables
/// are reported at once.
pub(crate) fn resolve(
    mut layers: Layers<'_>,
    task: impl FnOnce(&Layers<'_>) -> Result<Task, ResolveError>,
) -> Result<Config, Unresolved> {
    let file = read_file(&mut layers);
    let (mut output, unusable) = output::output(&layers);
    let unknown = layers.environment.map(|environment| check_names(environment, layers.is_action)).unwrap_or_default();
    if !unknown.is_empty() {
        leave_trust(&layers, &mut output);
        return Err(Unresolved { output, errors: unknown.into_iter().map(ResolveError::from).collect() });
    }
    let unusable = unusable.map_or(Ok(()), |error| Err(error.into()));
    let task = file.and(unusable).and_then(|()| task(&layers));
    if let Err(error) = &task {
        if let ResolveError::Setting(error) = error {
            output.leave(error);
        }
        leave_trust(&layers, &mut output);
    }
    let config = task.and_then(|task| {
        let caveats = checkout::caveats(&layers, &task)?;
        let weakened = weakened(&layers, &weakening_keys(&layers, &task), task.aws())?;
        Ok(Config { output: output.clone(), task, weakened, caveats })
    });
    config.map_err(|error| Unresolved { output, errors: vec![error] })
}

/// Leaves the roots of gates and notation's own trust alone in a run that fails, which removes what an earlier run left: it may have failed
/// before they were known.
fn leave_trust(layers: &Layers<'_>, output: &mut Output) {
    for apart in [gates::check_roots(layers), trust_source::check_folder(layers)] {
        if let Err(error) = apart {
            output.leave(&error);
        }
    }
}

/// Checks that all variables of ours are known, and in an action all inputs.
fn check_names(environment: &Env, is_action: bool) -> Vec<EnvError> {
    let mut unknown = unknown::check(environment);
    if is_action {
        unknown.extend(unknown::check_inputs(environment));
    }
    unknown
}

/// Resolves the raw input for `doctor`, whose checks are there to find out what is wrong. A setting that cannot be used is one
/// of its findings, and ends no check but those that depend on it.
///
/// # Errors
/// Never for a fault of a setting that is in the table of settings.
pub(crate) fn resolve_doctor(mut layers: Layers<'_>, environment: &Env) -> Result<Config, Unresolved> {
    let mut faults: Vec<ResolveError> = read_file(&mut layers).err().into_iter().collect();
    let (output, unusable) = output::output(&layers);
    faults.extend(unusable.map(ResolveError::from));
    let unknown = check_names(environment, layers.is_action);
    // What a library would read without an end is not read to find out what is wrong.
    let is_endless = unknown.iter().any(EnvError::is_endless);
    faults.extend(unknown.into_iter().map(ResolveError::from));
    if is_endless {
        return Err(Unresolved { output, errors: faults });
    }
    loop {
        let resolved = doctor::settings(&layers, environment).and_then(|settings| {
            let caveats = checkout::caveats_of_doctor(&layers, &settings)?;
            let weakened = weakened(&layers, &doctor_keys(&layers), Some(&settings.aws))?;
            Ok((settings, weakened, caveats))
        });
        match resolved {
            Ok((settings, weakened, caveats)) => {
                let task = Task::Doctor(Box::new(DoctorSettings { faults, ..settings }));
                return Ok(Config { output, task, weakened, caveats });
            }
            Err(ResolveError::Setting(error)) if layers.set_aside(&doctor::together(error.key)) => {
                faults.push(error.into());
            }
            Err(error @ ResolveError::Images(_)) if layers.set_aside(&[key::IMAGES_FROM, key::DIGEST]) => {
                faults.push(error);
            }
            Err(error) => {
                faults.push(error);
                return Err(Unresolved { output, errors: faults });
            }
        }
    }
}

/// Resolves the raw input for `lambda`, which tells Lambda what cannot be used.
pub(crate) fn resolve_lambda(
    layers: Layers<'_>,
    task: impl FnOnce(&Layers<'_>) -> Result<Task, ResolveError>,
) -> Config {
    resolve(layers, task).unwrap_or_else(|Unresolved { output, errors }| Config {
        output,
        task: Task::LambdaUnusable(errors),
        weakened: Vec::new(),
        caveats: Vec::new(),
    })
}

/// How results are shown, as far as it is known without reading a file, which may be a pipe.
pub(crate) fn early_output(layers: &Layers<'_>) -> Output {
    output::output(layers).0
}

/// The same for a run that is to fail whatever else is said. No pipe is read.
pub(crate) fn output_of_failure(layers: &Layers<'_>) -> Output {
    let mut output = early_output(layers);
    leave_trust(layers, &mut output);
    output
}

/// Reads the configuration file, if one is named and the command reads more than flags.
fn read_file(layers: &mut Layers<'_>) -> Result<(), ResolveError> {
    if layers.environment.is_none() {
        return Ok(());
    }
    if let Some(path) = layers.text(key::CONFIG)? {
        checkout::check_configuration(layers, &path)?;
        layers.file = Some((path.value.clone(), file::load(Path::new(&path.value))?));
    }
    Ok(())
}

/// The settings that are searched for ones that weaken a check: the command's own.
fn weakening_keys(layers: &Layers<'_>, task: &Task) -> Vec<&'static Key> {
    match task {
        // It sends no request and judges nothing.
        Task::DoctorIam(_) => Vec::new(),
        _ => layers.typed.keys().to_vec(),
    }
}

/// Those of `doctor`: it reports on the job, in which images are signed and verified.
fn doctor_keys(layers: &Layers<'_>) -> Vec<&'static Key> {
    [layers.typed.keys(), &keys_of::<SignArgs>(), &keys_of::<VerifyArgs>()].concat()
}

#[cfg(test)]
mod tests {
    use crate::report::style::Detail;
    use notary::signature_manifest::ManifestForm;

    use super::super::sign::SignAgain;
    use super::super::tests::{resolved, sign, verify};
    use super::super::verifier::SkipStatements;

    #[test]
    fn nothing_is_weaker_than_it_could_be_unless_someone_said_so() {
        let settings = verify(&[], &[]);
        assert_eq!(settings.verifier.skip, SkipStatements::Refuse);
        assert_eq!(settings.verifier.max_signatures, 100);
        assert!(settings.registry.plain_http.value.is_empty() && settings.registry.credentials.is_none());
        assert!(settings.registry.ca_file.is_none() && settings.verifier.user_metadata.is_empty());
        assert_eq!(verify(&["--allow-skip"], &[]).verifier.skip, SkipStatements::Allow);
        let settings = sign(&[]);
        assert_eq!(settings.again, SignAgain::WhenNeeded);
        assert_eq!(settings.signature_manifest, ManifestForm::Current);
    }

    #[test]
    fn the_ca_of_gitlab_is_taken_on_gitlab_only_and_debug_means_verbose() {
        assert!(verify(&[], &[("CI_SERVER_TLS_CA_FILE", "/ca.pem")]).registry.ca_file.is_none());
        let words = ["verify", "a", "--root", "r", "--identity", "*"];
        let table: [(&[_], _); 6] = [
            (&[("RUNNER_DEBUG", "1")], Detail::Verbose),
            (&[("RUNNER_DEBUG", "0")], Detail::Normal),
            (&[("RUNNER_DEBUG", "1"), ("SEALGATE_VERBOSE", "false")], Detail::Normal),
            (&[("SEALGATE_QUIET", "true")], Detail::Quiet),
            (&[("SEALGATE_QUIET", "true"), ("RUNNER_DEBUG", "1")], Detail::Verbose),
            (&[("SEALGATE_NO_PROGRESS", "true")], Detail::Normal),
        ];
        for (variables, detail) in table {
            let output = resolved(&words, variables).unwrap().output;
            let is_plain = variables.iter().all(|(name, _)| *name == "RUNNER_DEBUG" || *name == "SEALGATE_VERBOSE");
            assert_eq!((output.detail, output.progress), (detail, is_plain), "{variables:?}");
        }
    }
}
