//! Which CI system runs us, and what follows from it.
//!
//! Facts come from variables that the system sets for every job. Tekton sets none, so it cannot be distinguished from a plain
//! container.

pub(crate) mod change;
pub(crate) mod github;

mod definition;
mod limits;

pub(crate) use definition::definition_file;

use crate::env::{self, Env, Variable};

/// A CI system, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CiSystem {
    Forgejo,
    Gitea,
    /// GitHub Actions, also under act and on a CodeBuild runner.
    GitHub,
    /// GitLab CI, also under gitlab-ci-local.
    GitLab,
    CodeBuild,
    Woodpecker,
    /// Drone and Harness CI.
    Drone,
    Buildkite,
    CircleCi,
    Bitbucket,
    Azure,
    Travis,
    TeamCity,
    Jenkins,
    /// Some CI system: `CI` is set.
    Generic,
    None,
}

impl CiSystem {
    /// Its display name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Forgejo => "Forgejo Actions",
            Self::Gitea => "Gitea Actions",
            Self::GitHub => "GitHub Actions",
            Self::GitLab => "GitLab CI",
            Self::CodeBuild => "AWS CodeBuild",
            Self::Woodpecker => "Woodpecker",
            Self::Drone => "Drone",
            Self::Buildkite => "Buildkite",
            Self::CircleCi => "CircleCI",
            Self::Bitbucket => "Bitbucket Pipelines",
            Self::Azure => "Azure Pipelines",
            Self::Travis => "Travis CI",
            Self::TeamCity => "TeamCity",
            Self::Jenkins => "Jenkins",
            Self::Generic => "a CI system",
            Self::None => "no CI system",
        }
    }

    /// Whether a person waits at the other end: progress is then a bar, otherwise plain lines.
    pub(crate) const fn is_ci(self) -> bool {
        !matches!(self, Self::None)
    }

    /// Whether its runner speaks GitHub's language: commands on the log, files of the step, `INPUT_` variables.
    pub(crate) const fn speaks_github(self) -> bool {
        matches!(self, Self::GitHub | Self::Gitea | Self::Forgejo)
    }

    /// Whether its log shows SGR colors although it is not a terminal.
    pub(crate) const fn renders_color(self) -> bool {
        self.speaks_github() || matches!(self, Self::GitLab)
    }
}

/// The CI system and the variable that revealed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Detected {
    pub(crate) system: CiSystem,
    /// The variable that revealed it; `None` if there is no CI system.
    pub(crate) because: Option<&'static str>,
}

/// How variables reveal a CI system.
enum Sign {
    /// It is set and not empty.
    Set(&'static Variable),
    /// It has this value, ignoring case.
    Is(&'static Variable, &'static str),
    Both(&'static Variable, &'static Variable),
}

/// The signs of each system, most specific first; the first that fits decides.
///
/// Forgejo and Gitea also set `GITHUB_ACTIONS`. A CodeBuild runner for GitHub sets the variables of both, and there
/// GitHub shows the log. gitlab-ci-local sets `GITLAB_CI=false`.
const SIGNS: &[(CiSystem, Sign)] = &[
    (CiSystem::Forgejo, Sign::Is(env::FORGEJO_ACTIONS, "true")),
    (CiSystem::Gitea, Sign::Is(env::GITEA_ACTIONS, "true")),
    (CiSystem::GitHub, Sign::Is(env::GITHUB_ACTIONS, "true")),
    (CiSystem::GitLab, Sign::Set(env::GITLAB_CI)),
    (CiSystem::GitLab, Sign::Both(env::CI_JOB_ID, env::CI_API_V4_URL)),
    (CiSystem::CodeBuild, Sign::Set(env::CODEBUILD_BUILD_ID)),
    (CiSystem::CodeBuild, Sign::Set(env::CODEBUILD_BUILD_ARN)),
    (CiSystem::Woodpecker, Sign::Is(env::CI, "woodpecker")),
    (CiSystem::Woodpecker, Sign::Is(env::CI_SYSTEM_NAME, "woodpecker")),
    (CiSystem::Drone, Sign::Is(env::DRONE, "true")),
    (CiSystem::Drone, Sign::Set(env::HARNESS_BUILD_ID)),
    (CiSystem::Buildkite, Sign::Is(env::BUILDKITE, "true")),
    (CiSystem::CircleCi, Sign::Is(env::CIRCLECI, "true")),
    (CiSystem::Bitbucket, Sign::Set(env::BITBUCKET_BUILD_NUMBER)),
    (CiSystem::Azure, Sign::Is(env::TF_BUILD, "true")),
    (CiSystem::Travis, Sign::Is(env::TRAVIS, "true")),
    (CiSystem::TeamCity, Sign::Set(env::TEAMCITY_VERSION)),
    (CiSystem::Jenkins, Sign::Set(env::JENKINS_URL)),
];

pub(crate) fn detect(environment: &Env) -> Detected {
    let told = SIGNS.iter().find_map(|(system, sign)| Some((*system, told_by(environment, sign)?)));
    if let Some((system, variable)) = told {
        return Detected { system, because: Some(variable) };
    }
    match environment.get(env::CI) {
        Some(value) if !value.eq_ignore_ascii_case("false") => {
            Detected { system: CiSystem::Generic, because: Some(env::CI.name) }
        }
        _ => Detected { system: CiSystem::None, because: None },
    }
}

/// The name of the variable, if the sign is there.
fn told_by(environment: &Env, sign: &Sign) -> Option<&'static str> {
    let is_set = |variable| environment.get(variable).is_some();
    match sign {
        Sign::Set(variable) => is_set(variable).then_some(variable.name),
        Sign::Is(variable, value) => {
            environment.get(variable).is_some_and(|found| found.eq_ignore_ascii_case(value)).then_some(variable.name)
        }
        Sign::Both(variable, other) => (is_set(variable) && is_set(other)).then_some(variable.name),
    }
}

/// The variable by which the person who started the job asked for more detail, if any.
pub(crate) fn debug_variable(environment: &Env) -> Option<&'static str> {
    [(env::RUNNER_DEBUG, "1"), (env::CI_DEBUG_TRACE, "true"), (env::SYSTEM_DEBUG, "true")]
        .into_iter()
        .find(|(variable, value)| environment.get(variable).is_some_and(|found| found.eq_ignore_ascii_case(value)))
        .map(|(variable, _)| variable.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Variables<'a> = &'a [(&'a str, &'a str)];

    #[test]
    fn each_system_is_told_by_its_own_variables() {
        use CiSystem as S;
        #[rustfmt::skip]
        let table: &[(Variables<'_>, S, Option<&str>)] = &[
            (&[], S::None, None),
            (&[("CI", "")], S::None, None),
            (&[("CI", "false")], S::None, None),
            (&[("CI", "true")], S::Generic, Some("CI")),
            (&[("CI", "1")], S::Generic, Some("CI")),
            (&[("CI", "true"), ("GITHUB_ACTIONS", "true")], S::GitHub, Some("GITHUB_ACTIONS")),
            (&[("GITHUB_ACTIONS", "true"), ("ACT", "true")], S::GitHub, Some("GITHUB_ACTIONS")),
            (&[("GITHUB_ACTIONS", "true"), ("GITEA_ACTIONS", "true")], S::Gitea, Some("GITEA_ACTIONS")),
            (&[("GITHUB_ACTIONS", "true"), ("FORGEJO_ACTIONS", "true"), ("GITEA_ACTIONS", "true")], S::Forgejo, Some("FORGEJO_ACTIONS")),
            (&[("GITHUB_ACTIONS", "true"), ("CODEBUILD_BUILD_ID", "p:1")], S::GitHub, Some("GITHUB_ACTIONS")),
            (&[("CI", "true"), ("GITLAB_CI", "true")], S::GitLab, Some("GITLAB_CI")),
            (&[("CI", "true"), ("GITLAB_CI", "false")], S::GitLab, Some("GITLAB_CI")),
            (&[("CI", "true"), ("CI_JOB_ID", "1"), ("CI_API_V4_URL", "https://g/api/v4")], S::GitLab, Some("CI_JOB_ID")),
            (&[("CI", "true"), ("CI_JOB_ID", "1")], S::Generic, Some("CI")),
            (&[("CODEBUILD_BUILD_ID", "p:1")], S::CodeBuild, Some("CODEBUILD_BUILD_ID")),
            (&[("CODEBUILD_BUILD_ARN", "arn:aws:codebuild:x")], S::CodeBuild, Some("CODEBUILD_BUILD_ARN")),
            (&[("CI", "woodpecker")], S::Woodpecker, Some("CI")),
            (&[("CI", "true"), ("CI_SYSTEM_NAME", "woodpecker"), ("DRONE", "true")], S::Woodpecker, Some("CI_SYSTEM_NAME")),
            (&[("CI", "true"), ("DRONE", "true")], S::Drone, Some("DRONE")),
            (&[("HARNESS_BUILD_ID", "1")], S::Drone, Some("HARNESS_BUILD_ID")),
            (&[("CI", "true"), ("BUILDKITE", "true")], S::Buildkite, Some("BUILDKITE")),
            (&[("CI", "true"), ("CIRCLECI", "true")], S::CircleCi, Some("CIRCLECI")),
            (&[("CI", "true"), ("BITBUCKET_BUILD_NUMBER", "7")], S::Bitbucket, Some("BITBUCKET_BUILD_NUMBER")),
            (&[("TF_BUILD", "True")], S::Azure, Some("TF_BUILD")),
            (&[("CI", "true"), ("TRAVIS", "true")], S::Travis, Some("TRAVIS")),
            (&[("TEAMCITY_VERSION", "2026.1")], S::TeamCity, Some("TEAMCITY_VERSION")),
            (&[("JENKINS_URL", "https://j/")], S::Jenkins, Some("JENKINS_URL")),
        ];
        for (variables, system, because) in table {
            let found = detect(&Env::of(variables));
            assert_eq!(found, Detected { system: *system, because: *because }, "{variables:?}");
        }
    }

    #[test]
    fn only_no_system_is_not_ci_and_few_show_colors() {
        for (system, _) in SIGNS {
            assert!(system.is_ci());
        }
        assert!(!CiSystem::None.is_ci() && !CiSystem::None.renders_color());
        assert!(CiSystem::GitHub.renders_color() && CiSystem::GitLab.renders_color());
        assert!(!CiSystem::CodeBuild.renders_color() && !CiSystem::Generic.renders_color());
    }

    #[test]
    fn debug_is_what_the_system_says_and_nothing_else() {
        let table: [(Variables<'_>, Option<&str>); 6] = [
            (&[("RUNNER_DEBUG", "1")], Some("RUNNER_DEBUG")),
            (&[("CI_DEBUG_TRACE", "true")], Some("CI_DEBUG_TRACE")),
            (&[("SYSTEM_DEBUG", "True")], Some("SYSTEM_DEBUG")),
            (&[("RUNNER_DEBUG", "0")], None),
            (&[("CI_DEBUG_TRACE", "false")], None),
            (&[], None),
        ];
        for (variables, expected) in table {
            assert_eq!(debug_variable(&Env::of(variables)), expected, "{variables:?}");
        }
    }
}
