//! What of the settings weakens a check, for every report: it follows from the table of settings, so that none is left out.

use super::error::ConfigError;
use super::key::{self, KEYS, Key, Shape};
use super::lambda;
use super::layers::Layers;
use super::registry;
use super::setting::{Origin, Setting};
use crate::aws::facts::AwsSettings;
use crate::aws::facts::endpoint;
use crate::aws::facts::settings::NamedEndpoint;
use crate::report::{NOT_AN_AWS_ROOT, Weakening};

/// Those of the settings that are in force and weaken a check. Other hosts and other anchors come first, checks that are left out
/// last; within both, the order is that of the table.
pub(super) fn weakened(
    layers: &Layers<'_>,
    keys: &[&'static Key],
    aws: Option<&AwsSettings>,
) -> Result<Vec<Weakening>, ConfigError> {
    let is_own = |key: &&Key| keys.iter().any(|own| own.name == key.name);
    let weakening = KEYS.iter().copied().filter(|key| key.reach.weakens()).filter(is_own);
    let (switches, others): (Vec<_>, Vec<_>) = weakening.partition(|key| key.shape == Shape::Switch);
    let mut weakened = Vec::new();
    for key in others {
        match layers.words(key)? {
            // It says what is done anyway.
            Some(Setting { value, .. }) if key.name == key::ROLLBACK.name && value == [lambda::VERIFY] => {}
            Some(Setting { value, origin }) => weakened.push(weakening_of(key, &origin, shown(key, &value))),
            None if key.name == key::ENDPOINT_URL.name => {
                weakened.extend(aws.into_iter().flat_map(endpoints_of_the_sdk))
            }
            None => {}
        }
        if key.name == key::CA_FILE.name {
            weakened.extend(aws.into_iter().flat_map(|aws| authorities_of_the_sdk(layers, aws)));
        }
    }
    for key in switches {
        let Setting { value, origin } = layers.switch(key)?;
        weakened.extend(value.then(|| weakening_of(key, &origin, value.to_string())));
    }
    Ok(weakened)
}

/// Endpoints that variables and files of the SDK name where none of ours does.
fn endpoints_of_the_sdk(settings: &AwsSettings) -> impl Iterator<Item = Weakening> {
    settings.endpoints.named.iter().map(|NamedEndpoint { shown, origin }| Weakening {
        setting: key::ENDPOINT_URL.name,
        value: shown.clone(),
        origin: origin.clone(),
    })
}

/// Certificate authorities that a variable or file of the SDK names. They count beside ours.
fn authorities_of_the_sdk(layers: &Layers<'_>, settings: &AwsSettings) -> Option<Weakening> {
    let Setting { value, origin } = registry::ca_bundle(layers.environment?, &settings.sources.files)?;
    Some(weakening_of(key::CA_FILE, &origin, value.display().to_string()))
}

fn weakening_of(key: &'static Key, origin: &Origin, value: String) -> Weakening {
    Weakening { setting: key.name, value, origin: origin.to_string() }
}

/// A value as reports show it.
fn shown(key: &Key, words: &[String]) -> String {
    let text = words.join(", ");
    match key.name {
        name if name == key::AWS_ROOT.name => format!("{text}, {NOT_AN_AWS_ROOT}"),
        // A URL may hold a password.
        name if name == key::ENDPOINT_URL.name => endpoint::shown(&text),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::resolved;
    use super::*;
    use crate::cli::tests::{COMMANDS, arguments};

    const PROFILE: &str = "release@111122223333/us-west-2";

    /// Settings and origins that the report of a run lists.
    fn told(words: &[&str], variables: &[(&str, &str)]) -> Vec<(&'static str, String)> {
        let weakened = resolved(words, variables).unwrap().weakened;
        weakened.into_iter().map(|one| (one.setting, one.origin)).collect()
    }

    #[test]
    fn what_weakens_a_check_is_told_by_every_command_that_takes_it() {
        let mut seen = 0;
        for (name, words, is_layered) in COMMANDS {
            let arguments = arguments(name);
            let is_own = |key: &&&Key| arguments.iter().any(|argument| argument.get_long() == Some(key.name));
            for key in KEYS.iter().filter(|key| key.reach.weakens()).filter(is_own) {
                let value = match key.shape {
                    Shape::Switch => "true",
                    _ if key.name == key::ENDPOINT_URL.name => "https://a.example",
                    _ if key.name == key::ROLLBACK.name => "allow",
                    _ => "localhost",
                };
                let flag = format!("--{}", key.name);
                let value_of_flag = (key.shape != Shape::Switch).then_some(value);
                let typed: Vec<_> = words.iter().copied().chain([flag.as_str()]).chain(value_of_flag).collect();
                assert_eq!(told(&typed, &[("HOME", "/h")]), [(key.name, flag.clone())], "{typed:?}");
                if let Some(variable) = key.variable().filter(|_| is_layered) {
                    let variables = [("HOME", "/h"), (variable.as_str(), value)];
                    assert_eq!(told(words, &variables), [(key.name, variable.clone())], "{words:?}");
                }
                seen += 1;
            }
        }
        assert!(seen >= 20, "{seen}");
    }

    #[test]
    fn what_is_set_for_another_command_is_not_told() {
        let variables = [("SEALGATE_ALLOW_SKIP", "true"), ("SEALGATE_SKIP_REVOCATION", "true"), ("HOME", "/h")];
        assert_eq!(told(&["sign", "a", "--profile", PROFILE], &variables), []);
        let verify = told(&["verify", "a", "--profile", PROFILE], &variables);
        assert_eq!(verify.iter().map(|(setting, _)| *setting).collect::<Vec<_>>(), ["skip-revocation", "allow-skip"]);
        assert_eq!(told(&["doctor"], &variables), verify);
    }

    #[test]
    fn an_endpoint_is_told_without_what_may_be_secret_and_those_of_the_sdk_where_ours_is_not() {
        let of_the_sdk = [("AWS_ENDPOINT_URL", "https://s.example"), ("HOME", "/h")];
        assert_eq!(told(&["list", "a"], &of_the_sdk), [("endpoint-url", "AWS_ENDPOINT_URL".to_owned())]);
        let both = told(&["list", "a", "--endpoint-url", "https://a.example"], &of_the_sdk);
        assert_eq!(both, [("endpoint-url", "--endpoint-url".to_owned())]);
        assert_eq!(
            shown(key::ENDPOINT_URL, &["https://u:p@a.example".to_owned()]),
            endpoint::shown("https://u:p@a.example")
        );
    }

    #[test]
    fn what_weakens_a_check_is_told_with_its_origin() {
        let words = ["verify", "a", "--root", "r", "--identity", "*", "--allow-skip", "--plain-http", "localhost:5000"];
        let weakened =
            resolved(&words, &[("GITLAB_CI", "true"), ("CI_SERVER_TLS_CA_FILE", "/ca.pem")]).unwrap().weakened;
        let told: Vec<_> =
            weakened.iter().map(|one| format!("{} = {} ({})", one.setting, one.value, one.origin)).collect();
        assert_eq!(
            told,
            [
                "plain-http = localhost:5000 (--plain-http)",
                "ca-file = /ca.pem (CI_SERVER_TLS_CA_FILE of GitLab CI)",
                "allow-skip = true (--allow-skip)"
            ]
        );
        assert!(resolved(&["verify", "a", "--root", "r", "--identity", "*"], &[]).unwrap().weakened.is_empty());
    }
}
