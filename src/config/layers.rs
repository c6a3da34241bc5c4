//! The layers that a setting can come from, and the one place that says which wins.

use std::cell::OnceCell;
use std::path::PathBuf;

use super::error::{ConfigError, Fault};
use super::file::Values;
use super::key::{self, Key, OWN_PREFIX, Reach, Shape};
use super::setting::{Origin, Setting};
use super::typed::Typed;
use crate::ci::change::Change;
use crate::ci::github::action::is_action;
use crate::ci::{CiSystem, Detected, debug_variable};
use crate::env::{self, Env, Secrecy};
use crate::files;

/// The settings from all sources.
#[derive(Debug, Default)]
pub(crate) struct Layers<'a> {
    pub(super) typed: Typed,
    /// `SEALGATE_` variables and CI inputs.
    pub(super) environment: Option<&'a Env>,
    /// How the CI system hands inputs in: the prefix of their variables.
    pub(super) inputs: Option<&'static str>,
    /// Whether we run as an action, whose inputs and variables are one step's.
    pub(super) is_action: bool,
    /// The configuration file, and its path.
    pub(super) file: Option<(String, Values)>,
    /// The settings that the CI system supplies.
    pub(super) ci: Vec<(&'static Key, Setting<String>)>,
    /// The folder in which files are that are named by relative paths, where that is another than the current one.
    pub(super) folder: Option<PathBuf>,
    /// Settings that count as not given, because one of them cannot be used.
    pub(super) aside: Vec<&'static str>,
    /// The CI system that the job is one of.
    pub(super) system: Option<CiSystem>,
    /// The CI system whose language is spoken.
    pub(super) spoken: Option<CiSystem>,
    /// Whose change the run is about, once somebody has asked.
    pub(super) change: OnceCell<Change>,
}

impl<'a> Layers<'a> {
    /// All sources except the file, which has to be read.
    pub(crate) fn new(typed: Typed, environment: &'a Env, ci: Detected) -> Self {
        let (job, spoken) = (ci.job(), Some(ci.system));
        // Both have to agree: whoever starts a job may set the variables of another system, and `--ci` asks for a language alone.
        let inputs = job.row().inputs.filter(|prefix| ci.system.row().inputs == Some(*prefix));
        let is_action = inputs.is_some() && is_action(environment, job);
        let (system, ci) = (Some(job), ci_layer(environment, ci));
        Self { typed, environment: Some(environment), inputs, is_action, ci, system, spoken, ..Self::default() }
    }

    /// The typed arguments, for a command that reads no other source.
    pub(crate) fn of_flags(typed: Typed) -> Self {
        Self { typed, ..Self::default() }
    }

    /// The same, with files in this folder where their paths are relative.
    pub(crate) fn in_folder(self, folder: Option<&str>) -> Self {
        Self { folder: folder.map(PathBuf::from), ..self }
    }

    /// Whose change the run is about. To know it, a file of the CI system may have to be read, which happens once.
    pub(super) fn change(&self) -> &Change {
        self.change.get_or_init(|| match self.environment.zip(self.system) {
            Some((environment, system)) => Change::of_job(environment, system, files::read),
            None => Change::Own,
        })
    }

    /// Lets these settings count as not given, wherever they are. Says whether any of them counted before.
    pub(super) fn set_aside(&mut self, keys: &[&'static Key]) -> bool {
        let new: Vec<_> = keys.iter().filter(|key| !self.is_aside(key)).map(|key| key.name).collect();
        self.aside.extend(&new);
        !new.is_empty()
    }

    /// Whether it is a setting of the command.
    pub(super) fn takes(&self, key: &Key) -> bool {
        self.typed.keys().iter().any(|own| own.name == key.name)
    }

    /// Whether a setting counts as not given, because it, or one that it goes with, cannot be used.
    pub(super) fn is_aside(&self, key: &Key) -> bool {
        self.aside.contains(&key.name)
    }
}

/// The settings that the CI system supplies.
fn ci_layer(environment: &Env, ci: Detected) -> Vec<(&'static Key, Setting<String>)> {
    let mut said = Vec::new();
    if let Some(variable) = debug_variable(environment) {
        said.push((key::VERBOSE, Setting { value: "true".to_owned(), origin: Origin::Ci(variable, ci.job()) }));
    }
    if let (CiSystem::GitLab, Some(path)) = (ci.job(), environment.get(env::CI_SERVER_TLS_CA_FILE)) {
        let origin = Origin::Ci(env::CI_SERVER_TLS_CA_FILE.name, ci.job());
        said.push((key::CA_FILE, Setting { value: path.to_owned(), origin }));
    }
    said
}

impl Layers<'_> {
    /// The value of a setting: flag, else `SEALGATE_` variable, else CI input, else file, else CI system.
    ///
    /// # Errors
    /// A flag that is empty, and a CI input for a setting that weakens a check: neither is passed over in silence.
    pub(super) fn words(&self, key: &'static Key) -> Result<Option<Setting<Vec<String>>>, ConfigError> {
        let found = self.found(key)?;
        match found {
            Some(found) if key.secrecy == Secrecy::Public && found.value.iter().any(|word| is_private_key(word)) => {
                Err(ConfigError::new(key, found.origin, Fault::PrivateKey))
            }
            found => Ok(found.map(|found| self.placed(key, found))),
        }
    }

    /// The words, where those of a setting that names files are in their folder.
    fn placed(&self, key: &'static Key, found: Setting<Vec<String>>) -> Setting<Vec<String>> {
        match &self.folder {
            Some(folder) if key::READ.iter().any(|read| read.name == key.name) => {
                let placed = |path: String| folder.join(path).to_string_lossy().into_owned();
                found.map(|paths| paths.into_iter().map(placed).collect())
            }
            _ => found,
        }
    }

    /// The words, whatever they are.
    fn found(&self, key: &'static Key) -> Result<Option<Setting<Vec<String>>>, ConfigError> {
        if self.is_aside(key) {
            return Ok(None);
        }
        if let Some(words) = self.typed.get(key) {
            let origin = Origin::Flag(key.name);
            if words.iter().any(|word| word.trim().is_empty()) {
                return Err(ConfigError::new(key, origin, Fault::Empty));
            }
            let value = match key.secrecy {
                Secrecy::Secret => words.iter().flat_map(|word| split(key, word)).collect(),
                Secrecy::Public => words.to_vec(),
            };
            return Ok(Some(Setting { value, origin }));
        }
        if let Some(found) = self.variable(key)? {
            return Ok(Some(found));
        }
        if let Some((path, words)) = self.file.as_ref().and_then(|(path, values)| Some((path, values.get(key.name)?))) {
            let value: Vec<_> = words.iter().flat_map(|word| split(key, word)).collect();
            if !value.is_empty() {
                return Ok(Some(Setting { value, origin: Origin::File(path.clone()) }));
            }
        }
        let ci = self.ci.iter().find(|(named, _)| named.name == key.name);
        Ok(ci.map(|(_, setting)| setting.clone().map(|word| vec![word])))
    }

    /// What the environment says: our own variable first.
    fn variable(&self, key: &'static Key) -> Result<Option<Setting<Vec<String>>>, ConfigError> {
        let Some(environment) = self.environment else { return Ok(None) };
        // The names of a setting are not made where there is no variable like them.
        let is_there = |prefix: &&str| environment.any_begins_with(prefix);
        let own = Some(OWN_PREFIX).filter(is_there).and_then(|_| key.variable());
        let own = own.map(|name| (name.clone(), Origin::Variable(name)));
        let handed_in = |prefix: &'static str| key.inputs().into_iter().filter(move |name| name.starts_with(prefix));
        let inputs = self.inputs.filter(is_there).into_iter().flat_map(handed_in);
        let inputs = inputs.map(|name| (name.clone(), Origin::Input(name)));
        let mut found: Option<Setting<Vec<String>>> = None;
        for (name, origin) in own.into_iter().chain(inputs) {
            let value = environment.named(&name).map(|word| split(key, word)).unwrap_or_default();
            if value.is_empty() {
                continue;
            }
            if let Some(first) = &found {
                // Of a step that says two things nobody knows which is meant.
                if self.is_action && first.value != value {
                    return Err(ConfigError::new(key, origin, Fault::Differs { from: first.origin.to_string() }));
                }
                continue;
            }
            if key.reach == Reach::Weakening && matches!(origin, Origin::Input(_)) {
                return Err(ConfigError::new(key, origin, Fault::WeakeningInput));
            }
            found = Some(Setting { value, origin });
        }
        Ok(found)
    }

    pub(super) fn text(&self, key: &'static Key) -> Result<Option<Setting<String>>, ConfigError> {
        let Some(Setting { value, origin }) = self.words(key)? else { return Ok(None) };
        let mut words = value.into_iter();
        match (words.next(), words.next()) {
            (Some(value), None) => Ok(Some(Setting { value, origin })),
            _ => Err(ConfigError::new(key, origin, Fault::NotOne)),
        }
    }

    /// A switch, off unless it was set to `true`, `yes` or `1`.
    pub(super) fn switch(&self, key: &'static Key) -> Result<Setting<bool>, ConfigError> {
        let Some(Setting { value, origin }) = self.text(key)? else { return Ok(Setting::default(false)) };
        match value.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Ok(Setting { value: true, origin }),
            "false" | "no" | "0" => Ok(Setting { value: false, origin }),
            _ => Err(ConfigError::new(key, origin, Fault::NotSwitch { found: value })),
        }
    }

    /// A list, empty by default.
    pub(super) fn list(&self, key: &'static Key) -> Result<Setting<Vec<String>>, ConfigError> {
        Ok(self.words(key)?.unwrap_or_else(|| Setting::default(Vec::new())))
    }

    /// One value, parsed.
    pub(super) fn parsed<T>(
        &self,
        key: &'static Key,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Result<Option<Setting<T>>, ConfigError> {
        let Some(Setting { value, origin }) = self.text(key)? else { return Ok(None) };
        match parse(&value) {
            Ok(value) => Ok(Some(Setting { value, origin })),
            Err(fault) => Err(ConfigError::new(key, origin, fault)),
        }
    }
}

/// Whether a word is a private key itself and not the name of its file. No message must ever quote it.
fn is_private_key(word: &str) -> bool {
    word.contains("-----BEGIN ") && word.contains("PRIVATE KEY-----")
}

/// The words of a value that did not come as single words: CI systems hand lists in as one text. White space around
/// a word, empty words and lines of a list that are comments say nothing. A secret is taken as it is, but for the line breaks behind
/// it, which come from files, `echo`, and pasting.
fn split(key: &Key, value: &str) -> Vec<String> {
    let separators: &[char] = match (key.shape, key.secrecy) {
        (_, Secrecy::Secret) => {
            let secret = value.trim_end_matches(['\n', '\r']);
            return if secret.is_empty() { Vec::new() } else { vec![secret.to_owned()] };
        }
        (Shape::Text | Shape::Switch | Shape::Whole, Secrecy::Public) => &[],
        (Shape::Lines, Secrecy::Public) => &['\n', '\r'],
        (Shape::List, Secrecy::Public) => &['\n', '\r', ','],
    };
    let is_comment = |word: &str| !separators.is_empty() && word.starts_with('#');
    let words = value.split(separators).map(str::trim);
    words.filter(|word| !word.is_empty() && !is_comment(word)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;

    fn typed(words: &[&str]) -> Typed {
        Cli::parse([&["sealgate", "verify"], words].concat()).unwrap().typed
    }

    /// The layers of an environment in which a system hands inputs in.
    fn of(environment: &Env) -> Layers<'_> {
        let is_plugin = environment.names().any(|name| name.starts_with("PLUGIN_"));
        let system = if is_plugin { CiSystem::Woodpecker } else { CiSystem::GitHub };
        Layers::new(Typed::default(), environment, crate::ci::detect(&Env::of(&[])).speaking(system))
    }

    #[test]
    fn the_strongest_layer_wins() {
        let variables = [("SEALGATE_SCOPE", "variable"), ("INPUT_SCOPE", "input")];
        let file = || Some(("a.yaml".to_owned(), Values::from([("scope", vec!["file".to_owned()])])));
        let ci = || vec![(key::SCOPE, Setting { value: "ci".to_owned(), origin: Origin::Ci("X", CiSystem::GitLab) })];
        let table = [
            ("flag", Origin::Flag("scope")),
            ("variable", Origin::Variable("SEALGATE_SCOPE".to_owned())),
            ("input", Origin::Input("INPUT_SCOPE".to_owned())),
            ("file", Origin::File("a.yaml".to_owned())),
            ("ci", Origin::Ci("X", CiSystem::GitLab)),
        ];
        for (gone, (value, origin)) in table.into_iter().enumerate() {
            let typed = if gone == 0 { typed(&["--scope", "flag"]) } else { Typed::default() };
            let environment = Env::of(&variables[gone.saturating_sub(1).min(2)..]);
            let file = if gone <= 3 { file() } else { None };
            let layers = Layers { typed, file, ci: ci(), ..of(&environment) };
            assert_eq!(layers.text(key::SCOPE), Ok(Some(Setting { value: value.to_owned(), origin })));
        }
        assert_eq!(Layers::default().text(key::SCOPE), Ok(None));
    }

    #[test]
    fn an_empty_variable_or_member_lets_the_next_layer_speak() {
        let environment = Env::of(&[
            ("SEALGATE_SCOPE", " "),
            ("INPUT_SCOPE", ""),
            ("INPUT_MAX-SIGNATURES", ""),
            ("INPUT_MAX_SIGNATURES", "7"),
        ]);
        let layers = of(&environment);
        assert_eq!(layers.text(key::SCOPE), Ok(None));
        assert_eq!(layers.text(key::MAX_SIGNATURES).unwrap().unwrap().value, "7");
    }

    #[test]
    fn line_breaks_behind_a_secret_say_nothing() {
        for (value, expected) in [
            ("geheim", Some("geheim")),
            ("geheim\n", Some("geheim")),
            ("geheim\r\n", Some("geheim")),
            (" ge\nheim \n\n", Some(" ge\nheim ")),
            ("\n", None),
            ("\r\n", None),
        ] {
            for name in ["SEALGATE_PASSWORD", "INPUT_PASSWORD", "PLUGIN_PASSWORD"] {
                let environment = Env::of(&[(name, value)]);
                let layers = of(&environment);
                assert_eq!(
                    layers.text(key::PASSWORD).unwrap().map(|setting| setting.value).as_deref(),
                    expected,
                    "{name}"
                );
            }
            if let Some(expected) = expected {
                let layers = Layers { typed: typed(&["--password", value]), ..Layers::default() };
                assert_eq!(layers.text(key::PASSWORD).unwrap().unwrap().value, expected);
            }
        }
    }

    #[test]
    fn an_empty_flag_is_refused() {
        for words in [["--scope", ""], ["--identity", " "], ["", "a"]] {
            let layers = Layers { typed: typed(&words), ..Layers::default() };
            let faults: Vec<_> = [key::SCOPE, key::IDENTITY, key::IMAGES]
                .into_iter()
                .filter_map(|key| layers.words(key).err())
                .map(|error| error.fault)
                .collect();
            assert_eq!(faults, [Fault::Empty], "{words:?}");
        }
    }

    #[test]
    fn inputs_count_where_the_job_is_one_of_the_system_whose_language_is_spoken() {
        use CiSystem as S;
        let environment = Env::of(&[("PLUGIN_SCOPE", "plugin"), ("INPUT_SCOPE", "input")]);
        for (found, named, scope) in [
            ("GITLAB_CI", S::Woodpecker, None),
            ("GITLAB_CI", S::GitHub, None),
            ("GITHUB_ACTIONS", S::None, None),
            ("GITHUB_ACTIONS", S::GitLab, None),
            ("GITHUB_ACTIONS", S::GitHub, Some("input")),
            ("DRONE", S::GitHub, None),
            ("DRONE", S::Drone, Some("plugin")),
            ("CI", S::Woodpecker, Some("plugin")),
        ] {
            let ci = crate::ci::detect(&Env::of(&[(found, "true")])).speaking(named);
            let layers = Layers::new(Typed::default(), &environment, ci);
            let value = layers.text(key::SCOPE).unwrap().map(|setting| setting.value);
            assert_eq!(value.as_deref(), scope, "{found} {named:?}");
        }
    }

    #[test]
    fn the_dash_of_a_github_input_is_understood_and_so_is_the_underscore() {
        for name in ["INPUT_MAX-SIGNATURES", "INPUT_MAX_SIGNATURES", "PLUGIN_MAX_SIGNATURES", "SEALGATE_MAX_SIGNATURES"]
        {
            let environment = Env::of(&[(name, "7")]);
            let layers = of(&environment);
            assert_eq!(layers.text(key::MAX_SIGNATURES).unwrap().unwrap().value, "7", "{name}");
        }
    }

    #[test]
    fn lists_are_separated_by_newlines_and_those_without_commas_in_values_by_commas() {
        let value = " a, b \n# comment\n\n c\r\n";
        let variables = ["SEALGATE_ROOT", "SEALGATE_IDENTITY", "SEALGATE_IMAGES"].map(|name| (name, value));
        let environment = Env::of(&variables);
        let layers = of(&environment);
        assert_eq!(layers.list(key::ROOT).unwrap().value, ["a", "b", "c"]);
        // Whoever reads images takes them apart: they may be JSON.
        assert_eq!(layers.list(key::IMAGES).unwrap().value, [value.trim()]);
        assert_eq!(layers.list(key::IDENTITY).unwrap().value, ["a, b", "c"]);
    }

    #[test]
    fn a_secret_is_taken_as_it_is() {
        let environment = Env::of(&[("SEALGATE_PASSWORD", "#a, b\n "), ("SEALGATE_USERNAME", "#me ")]);
        let layers = of(&environment);
        assert_eq!(layers.text(key::PASSWORD).unwrap().unwrap().value, "#a, b\n ");
        assert_eq!(layers.text(key::USERNAME).unwrap().unwrap().value, "#me");
    }

    #[test]
    fn a_switch_is_on_or_off_and_nothing_else() {
        let table = [
            ("true", Some(true)),
            ("True", Some(true)),
            ("TRUE", Some(true)),
            ("false", Some(false)),
            ("False", Some(false)),
            ("FALSE", Some(false)),
            ("yes", Some(true)),
            ("1", Some(true)),
            ("No", Some(false)),
            ("0", Some(false)),
            ("on", None),
            ("2", None),
            ("01", None),
        ];
        for (value, expected) in table {
            let environment = Env::of(&[("SEALGATE_FORCE", value)]);
            let layers = of(&environment);
            assert_eq!(layers.switch(key::FORCE).map(|setting| setting.value).ok(), expected, "{value}");
        }
    }

    #[test]
    fn a_step_that_says_two_things_is_refused_and_any_other_place_is_overridden() {
        type Variables<'a> = &'a [(&'a str, &'a str)];
        let table: [(Variables<'_>, Option<&str>); 5] = [
            (&[("SEALGATE_SCOPE", "a"), ("INPUT_SCOPE", "b")], None),
            (&[("SEALGATE_SCOPE", "a"), ("INPUT_SCOPE", " a\n")], Some("a")),
            (&[("SEALGATE_SCOPE", "a"), ("INPUT_SCOPE", "")], Some("a")),
            (&[("INPUT_SCOPE", "a")], Some("a")),
            (&[], None),
        ];
        for (variables, expected) in table {
            let all = [&[("INPUT_COMMAND", "verify")], variables].concat();
            let environment = Env::of(&all);
            let found = of(&environment).text(key::SCOPE);
            assert_eq!(found.is_err(), variables.len() == 2 && expected.is_none(), "{variables:?}: {found:?}");
            assert_eq!(found.ok().flatten().map(|setting| setting.value).as_deref(), expected, "{variables:?}");
            let environment = Env::of(variables);
            assert!(of(&environment).text(key::SCOPE).is_ok());
        }
        let environment =
            Env::of(&[("INPUT_COMMAND", "sign"), ("INPUT_MAX-SIGNATURES", "7"), ("INPUT_MAX_SIGNATURES", "8")]);
        let fault = of(&environment).text(key::MAX_SIGNATURES).unwrap_err().fault;
        assert_eq!(fault, Fault::Differs { from: "INPUT_MAX-SIGNATURES".to_owned() });
    }

    #[test]
    fn a_ci_input_cannot_weaken_a_check_unless_our_own_variable_says_the_same() {
        let environment = Env::of(&[("INPUT_ALLOW-SKIP", "true")]);
        let layers = of(&environment);
        assert_eq!(layers.switch(key::ALLOW_SKIP).unwrap_err().fault, Fault::WeakeningInput);

        let environment = Env::of(&[("INPUT_ALLOW-SKIP", "true"), ("SEALGATE_ALLOW_SKIP", "true")]);
        let layers = of(&environment);
        assert!(layers.switch(key::ALLOW_SKIP).unwrap().value);
    }

    #[test]
    fn a_text_is_one_text() {
        let file = Some(("a.yaml".to_owned(), Values::from([("key", vec!["a".to_owned(), "b".to_owned()])])));
        let layers = Layers { file, ..Layers::default() };
        assert_eq!(layers.text(key::KEY).unwrap_err().fault, Fault::NotOne);
    }
}
