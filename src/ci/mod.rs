//! Which CI system runs us, and what follows from it.
//!
//! Facts come from variables that the system sets for every job. The table of systems is [`system`].

pub(crate) mod change;
pub(crate) mod github;
pub(crate) mod step;

mod definition;
mod job;
mod limits;
mod row;
mod shard;
mod system;

pub(crate) use definition::definition_file;
pub(crate) use job::{commit, page};
pub(crate) use row::Outputs;
pub(crate) use shard::{Shard, ShardError, shard};
pub(crate) use system::CiSystem;

use self::row::Sign;
use crate::env::{self, Env};
use crate::report::Language;

impl CiSystem {
    /// Its display name.
    pub(crate) const fn name(self) -> &'static str {
        self.row().name
    }

    /// The system that `--ci` calls so.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|system| system.row().word == word)
    }

    /// The variable that reveals it, if one does.
    fn told_by(self, environment: &Env) -> Option<&'static str> {
        self.row().signs.iter().find_map(|sign| told_by(environment, sign))
    }

    /// Whether a person waits at the other end: progress is then a bar, otherwise plain lines.
    pub(crate) const fn is_ci(self) -> bool {
        !matches!(self, Self::None)
    }

    /// Whether its runner speaks GitHub's language: commands on the log, files of the step, `INPUT_` variables.
    pub(crate) const fn speaks_github(self) -> bool {
        matches!(self.row().language, Language::GitHub)
    }

    /// Whether its log shows SGR colors although it is not a terminal.
    pub(crate) const fn renders_color(self) -> bool {
        self.row().renders_color
    }
}

/// The CI system of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Detected {
    /// The system whose language is spoken: the one that was found, unless `--ci` names another.
    pub(crate) system: CiSystem,
    /// The system that variables reveal.
    found: CiSystem,
    /// The variable that revealed it; `None` if there is no CI system.
    pub(crate) because: Option<&'static str>,
}

impl Detected {
    const fn by(found: CiSystem, because: Option<&'static str>) -> Self {
        Self { system: found, found, because }
    }

    /// The same, where another language was asked for.
    pub(crate) const fn speaking(self, system: CiSystem) -> Self {
        Self { system, ..self }
    }

    /// The system that the job is one of, whose facts count: whose change it is about, where its files are. A language that was asked
    /// for changes none of them, and is all that is known where variables reveal no system.
    pub(crate) const fn job(self) -> CiSystem {
        match self.found {
            CiSystem::None | CiSystem::Generic => self.system,
            found => found,
        }
    }

    /// Whether `--ci` named another system than variables reveal.
    pub(crate) fn is_named(self) -> bool {
        self.system != self.found
    }
}

pub(crate) fn detect(environment: &Env) -> Detected {
    let told = |system: &CiSystem| Some((*system, system.told_by(environment)?));
    if let Some((system, variable)) = CiSystem::ALL.iter().find_map(told) {
        return Detected::by(system, Some(variable));
    }
    match environment.get(env::CI) {
        Some(value) if !value.eq_ignore_ascii_case("false") => Detected::by(CiSystem::Generic, Some(env::CI.name)),
        _ => Detected::by(CiSystem::None, None),
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
            (&[("HARNESS_BUILD_ID", "1"), ("DRONE", "true")], S::Harness, Some("HARNESS_BUILD_ID")),
            (&[("CI", "true"), ("BUILDKITE", "true")], S::Buildkite, Some("BUILDKITE")),
            (&[("CI", "true"), ("CIRCLECI", "true")], S::CircleCi, Some("CIRCLECI")),
            (&[("CI", "true"), ("BITBUCKET_BUILD_NUMBER", "7")], S::Bitbucket, Some("BITBUCKET_BUILD_NUMBER")),
            (&[("TF_BUILD", "True")], S::Azure, Some("TF_BUILD")),
            (&[("CI", "true"), ("TRAVIS", "true")], S::Travis, Some("TRAVIS")),
            (&[("CI", "true"), ("SEMAPHORE", "true")], S::Semaphore, Some("SEMAPHORE")),
            (&[("TEAMCITY_VERSION", "2026.1")], S::TeamCity, Some("TEAMCITY_VERSION")),
            (&[("JENKINS_URL", "https://j/")], S::Jenkins, Some("JENKINS_URL")),
        ];
        for (variables, system, because) in table {
            let found = detect(&Env::of(variables));
            assert_eq!(found, Detected::by(*system, *because), "{variables:?}");
        }
        // The table is whole.
        for system in CiSystem::ALL {
            assert!(table.iter().any(|(_, tried, _)| tried == system), "{system:?}");
        }
    }

    #[test]
    fn a_language_that_was_asked_for_changes_no_fact_of_the_job() {
        use CiSystem as S;
        let job = |variables: Variables<'_>, named| detect(&Env::of(variables)).speaking(named).job();
        assert_eq!(job(&[("GITHUB_ACTIONS", "true")], S::None), S::GitHub);
        assert_eq!(job(&[("GITHUB_ACTIONS", "true")], S::GitLab), S::GitHub);
        assert_eq!(job(&[("CI", "true")], S::GitLab), S::GitLab);
        assert_eq!(job(&[], S::GitLab), S::GitLab);
        assert_eq!(job(&[("CI", "true")], S::None), S::None);
    }

    #[test]
    fn only_no_system_is_not_ci_and_some_show_colors() {
        for system in CiSystem::ALL {
            assert_eq!(system.is_ci(), *system != CiSystem::None);
            assert_eq!(CiSystem::named(system.row().word), Some(*system));
        }
        assert_eq!((CiSystem::named("GitHub"), CiSystem::named("")), (None, None));
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
