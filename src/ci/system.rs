//! The table of CI systems: one row each says how a job of it is recognized, what it tells of itself, and what it understands.
//!
//! What the variables mean is in the documentation of each system. Tekton sets none, so it cannot be distinguished from a plain
//! container.

use super::row::{Definition, Head, Outputs, Part, PullRequests, ShardVariables, Sign, Summary, System};
use crate::env;
use crate::report::style::Folds;
use crate::report::{Files, Language, OutputForm};

/// A system of which only the name is known.
const PLAIN: System = System {
    word: "",
    name: "",
    signs: &[],
    inputs: None,
    workspace: None,
    definition: Definition::Unknown,
    commit: None,
    pull_requests: PullRequests::Unknown,
    page: &[],
    shard: None,
    renders_color: false,
    folds: Folds::None,
    language: Language::Plain,
    files: Files::Usual,
    outputs: Outputs::Nowhere,
    summary: Summary::Nowhere,
    artifacts: None,
};

/// GitHub Actions, and what runs its workflows.
const GITHUB: System = System {
    word: "github",
    name: "GitHub Actions",
    signs: &[Sign::Is(env::GITHUB_ACTIONS, "true")],
    inputs: Some("INPUT_"),
    workspace: Some(env::GITHUB_WORKSPACE),
    definition: Definition::Workflow(env::GITHUB_WORKFLOW_REF),
    commit: Some(env::GITHUB_SHA),
    page: &[
        Part::Of(env::GITHUB_SERVER_URL),
        Part::Is("/"),
        Part::Of(env::GITHUB_REPOSITORY),
        Part::Is("/actions/runs/"),
        Part::Of(env::GITHUB_RUN_ID),
    ],
    renders_color: true,
    folds: Folds::GitHub,
    language: Language::GitHub,
    outputs: Outputs::File(env::GITHUB_OUTPUT, OutputForm::GitHub),
    summary: Summary::File(env::GITHUB_STEP_SUMMARY),
    artifacts: Some(env::GITHUB_ARTIFACTS),
    pull_requests: PullRequests::Event,
    ..PLAIN
};

/// Writes the type of all systems and the table of what is known of them from one list.
macro_rules! systems {
    ($($(#[$doc:meta])* $variant:ident = $row:expr;)*) => {
        /// A CI system, or none.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum CiSystem {
            $($(#[$doc])* $variant,)*
        }

        impl CiSystem {
            /// All systems. The first whose signs are there is the one: the most specific come first.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),*];

            /// What `--ci` calls them.
            pub(crate) const WORDS: &[&str] = &[$(Self::$variant.row().word),*];

            /// What is known of it.
            pub(crate) const fn row(self) -> &'static System {
                match self {
                    $(Self::$variant => {
                        const ROW: System = $row;
                        &ROW
                    })*
                }
            }
        }
    };
}

systems! {
    // It sets `GITEA_ACTIONS` and `GITHUB_ACTIONS` as well, for what knows no other name.
    Forgejo = System {
        word: "forgejo",
        name: "Forgejo Actions",
        signs: &[Sign::Is(env::FORGEJO_ACTIONS, "true")],
        ..GITHUB
    };
    Gitea = System {
        word: "gitea",
        name: "Gitea Actions",
        signs: &[Sign::Is(env::GITEA_ACTIONS, "true")],
        ..GITHUB
    };
    /// GitHub Actions, also under act and on a runner of CodeBuild, which sets the variables of both: GitHub shows the log.
    GitHub = GITHUB;
    /// GitLab CI, also on a runner of CodeBuild, and under gitlab-ci-local, which sets `GITLAB_CI=false`.
    GitLab = System {
        word: "gitlab",
        name: "GitLab CI",
        signs: &[Sign::Set(env::GITLAB_CI), Sign::Both(env::CI_JOB_ID, env::CI_API_V4_URL)],
        workspace: Some(env::CI_PROJECT_DIR),
        definition: Definition::Named(env::CI_CONFIG_PATH, ".gitlab-ci.yml"),
        commit: Some(env::CI_COMMIT_SHA),
        page: &[Part::Of(env::CI_JOB_URL)],
        shard: Some(ShardVariables { index: env::CI_NODE_INDEX, total: env::CI_NODE_TOTAL, first: 1 }),
        renders_color: true,
        folds: Folds::GitLab,
        files: Files::WithThoseOfGitLab,
        outputs: Outputs::BesideReports("sealgate.env"),
        pull_requests: PullRequests::OfProject {
            source: env::CI_MERGE_REQUEST_SOURCE_PROJECT_ID,
            project: env::CI_PROJECT_ID,
            elsewhere: env::CI_EXTERNAL_PULL_REQUEST_IID,
        },
        ..PLAIN
    };
    CodeBuild = System {
        word: "codebuild",
        name: "AWS CodeBuild",
        signs: &[Sign::Set(env::CODEBUILD_BUILD_ID), Sign::Set(env::CODEBUILD_BUILD_ARN)],
        workspace: Some(env::CODEBUILD_SRC_DIR),
        definition: Definition::Usual("buildspec.yml"),
        commit: Some(env::CODEBUILD_RESOLVED_SOURCE_VERSION),
        page: &[Part::Of(env::CODEBUILD_BUILD_URL)],
        pull_requests: PullRequests::Begins(&[
            (env::CODEBUILD_WEBHOOK_EVENT, "PULL_REQUEST_"),
            (env::CODEBUILD_SOURCE_VERSION, "pr/"),
            (env::CODEBUILD_SOURCE_VERSION, "refs/pull/"),
        ]),
        ..PLAIN
    };
    Woodpecker = System {
        word: "woodpecker",
        name: "Woodpecker",
        signs: &[Sign::Is(env::CI, "woodpecker"), Sign::Is(env::CI_SYSTEM_NAME, "woodpecker")],
        inputs: Some("PLUGIN_"),
        workspace: Some(env::CI_WORKSPACE),
        commit: Some(env::CI_COMMIT_SHA),
        page: &[Part::Of(env::CI_PIPELINE_URL)],
        pull_requests: PullRequests::Numbered(env::CI_COMMIT_PULL_REQUEST, Head::Unknown),
        ..PLAIN
    };
    // It sets the variables of Drone as well.
    Harness = System {
        word: "harness",
        name: "Harness CI",
        signs: &[Sign::Set(env::HARNESS_BUILD_ID)],
        inputs: Some("PLUGIN_"),
        workspace: Some(env::DRONE_WORKSPACE),
        commit: Some(env::DRONE_COMMIT_SHA),
        page: &[Part::Of(env::DRONE_BUILD_LINK)],
        outputs: Outputs::File(env::DRONE_OUTPUT, OutputForm::Lines),
        pull_requests: PullRequests::Numbered(env::DRONE_PULL_REQUEST, Head::Unknown),
        ..PLAIN
    };
    Drone = System {
        word: "drone",
        name: "Drone",
        signs: &[Sign::Is(env::DRONE, "true")],
        inputs: Some("PLUGIN_"),
        workspace: Some(env::DRONE_WORKSPACE),
        definition: Definition::Usual(".drone.yml"),
        commit: Some(env::DRONE_COMMIT_SHA),
        page: &[Part::Of(env::DRONE_BUILD_LINK)],
        pull_requests: PullRequests::Numbered(env::DRONE_PULL_REQUEST, Head::Unknown),
        ..PLAIN
    };
    Buildkite = System {
        word: "buildkite",
        name: "Buildkite",
        signs: &[Sign::Is(env::BUILDKITE, "true")],
        workspace: Some(env::BUILDKITE_BUILD_CHECKOUT_PATH),
        commit: Some(env::BUILDKITE_COMMIT),
        page: &[Part::Of(env::BUILDKITE_BUILD_URL)],
        shard: Some(ShardVariables {
            index: env::BUILDKITE_PARALLEL_JOB,
            total: env::BUILDKITE_PARALLEL_JOB_COUNT,
            first: 0,
        }),
        renders_color: true,
        folds: Folds::Buildkite,
        summary: Summary::Buildkite,
        pull_requests: PullRequests::Numbered(
            env::BUILDKITE_PULL_REQUEST,
            Head::Repository(env::BUILDKITE_PULL_REQUEST_REPO, env::BUILDKITE_REPO),
        ),
        ..PLAIN
    };
    CircleCi = System {
        word: "circleci",
        name: "CircleCI",
        signs: &[Sign::Is(env::CIRCLECI, "true")],
        definition: Definition::Usual(".circleci/config.yml"),
        commit: Some(env::CIRCLE_SHA1),
        page: &[Part::Of(env::CIRCLE_BUILD_URL)],
        shard: Some(ShardVariables { index: env::CIRCLE_NODE_INDEX, total: env::CIRCLE_NODE_TOTAL, first: 0 }),
        renders_color: true,
        outputs: Outputs::File(env::BASH_ENV, OutputForm::Exports),
        pull_requests: PullRequests::Numbered(env::CIRCLE_PULL_REQUEST, Head::ForkIf(env::CIRCLE_PR_REPONAME)),
        ..PLAIN
    };
    Bitbucket = System {
        word: "bitbucket",
        name: "Bitbucket Pipelines",
        signs: &[Sign::Set(env::BITBUCKET_BUILD_NUMBER)],
        workspace: Some(env::BITBUCKET_CLONE_DIR),
        definition: Definition::Usual("bitbucket-pipelines.yml"),
        commit: Some(env::BITBUCKET_COMMIT),
        page: &[
            Part::Of(env::BITBUCKET_GIT_HTTP_ORIGIN),
            Part::Is("/pipelines/results/"),
            Part::Of(env::BITBUCKET_BUILD_NUMBER),
        ],
        shard: Some(ShardVariables {
            index: env::BITBUCKET_PARALLEL_STEP,
            total: env::BITBUCKET_PARALLEL_STEP_COUNT,
            first: 0,
        }),
        outputs: Outputs::File(env::BITBUCKET_PIPELINES_VARIABLES_PATH, OutputForm::Lines),
        pull_requests: PullRequests::Numbered(env::BITBUCKET_PR_ID, Head::Own),
        ..PLAIN
    };
    Azure = System {
        word: "azure",
        name: "Azure Pipelines",
        signs: &[Sign::Is(env::TF_BUILD, "true")],
        workspace: Some(env::BUILD_SOURCESDIRECTORY),
        definition: Definition::Usual("azure-pipelines.yml"),
        commit: Some(env::BUILD_SOURCEVERSION),
        page: &[
            Part::Of(env::SYSTEM_TEAMFOUNDATIONCOLLECTIONURI),
            Part::Of(env::SYSTEM_TEAMPROJECT),
            Part::Is("/_build/results?buildId="),
            Part::Of(env::BUILD_BUILDID),
        ],
        shard: Some(ShardVariables {
            index: env::SYSTEM_JOBPOSITIONINPHASE,
            total: env::SYSTEM_TOTALJOBSINPHASE,
            first: 1,
        }),
        renders_color: true,
        folds: Folds::Azure,
        language: Language::Azure,
        outputs: Outputs::Log(OutputForm::Azure),
        summary: Summary::Upload,
        pull_requests: PullRequests::Numbered(
            env::SYSTEM_PULLREQUEST_PULLREQUESTID,
            Head::ForkIf(env::SYSTEM_PULLREQUEST_ISFORK),
        ),
        ..PLAIN
    };
    Travis = System {
        word: "travis",
        name: "Travis CI",
        signs: &[Sign::Is(env::TRAVIS, "true")],
        workspace: Some(env::TRAVIS_BUILD_DIR),
        definition: Definition::Usual(".travis.yml"),
        commit: Some(env::TRAVIS_COMMIT),
        page: &[Part::Of(env::TRAVIS_JOB_WEB_URL)],
        renders_color: true,
        folds: Folds::Travis,
        pull_requests: PullRequests::Numbered(
            env::TRAVIS_PULL_REQUEST,
            Head::Repository(env::TRAVIS_PULL_REQUEST_SLUG, env::TRAVIS_REPO_SLUG),
        ),
        ..PLAIN
    };
    Semaphore = System {
        word: "semaphore",
        name: "Semaphore",
        signs: &[Sign::Is(env::SEMAPHORE, "true")],
        definition: Definition::Usual(".semaphore/semaphore.yml"),
        commit: Some(env::SEMAPHORE_GIT_SHA),
        page: &[Part::Of(env::SEMAPHORE_ORGANIZATION_URL), Part::Is("/jobs/"), Part::Of(env::SEMAPHORE_JOB_ID)],
        shard: Some(ShardVariables { index: env::SEMAPHORE_JOB_INDEX, total: env::SEMAPHORE_JOB_COUNT, first: 1 }),
        renders_color: true,
        pull_requests: PullRequests::Numbered(
            env::SEMAPHORE_GIT_PR_NUMBER,
            Head::Repository(env::SEMAPHORE_GIT_PR_SLUG, env::SEMAPHORE_GIT_REPO_SLUG),
        ),
        ..PLAIN
    };
    TeamCity = System {
        word: "teamcity",
        name: "TeamCity",
        signs: &[Sign::Set(env::TEAMCITY_VERSION)],
        commit: Some(env::BUILD_VCS_NUMBER),
        page: &[Part::Of(env::BUILD_URL)],
        renders_color: true,
        folds: Folds::TeamCity,
        language: Language::TeamCity,
        outputs: Outputs::Log(OutputForm::TeamCity),
        ..PLAIN
    };
    Jenkins = System {
        word: "jenkins",
        name: "Jenkins",
        signs: &[Sign::Set(env::JENKINS_URL)],
        workspace: Some(env::WORKSPACE),
        definition: Definition::Usual("Jenkinsfile"),
        commit: Some(env::GIT_COMMIT),
        page: &[Part::Of(env::BUILD_URL)],
        pull_requests: PullRequests::Numbered(env::CHANGE_ID, Head::ForkIf(env::CHANGE_FORK)),
        ..PLAIN
    };
    /// Some CI system: `CI` is set.
    Generic = System { word: "generic", name: "a CI system", ..PLAIN };
    None = System { word: "none", name: "no CI system", ..PLAIN };
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_system_has_a_word_and_a_name_of_its_own() {
        let (mut words, mut names) = (BTreeSet::new(), BTreeSet::new());
        for system in CiSystem::ALL {
            let System { word, name, .. } = system.row();
            assert!(words.insert(word) && names.insert(name), "{system:?}");
            assert!(!word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()), "{word}");
        }
    }

    /// A row of the documentation.
    fn row(system: &System) -> String {
        let signs = system.signs.iter().map(|sign| match sign {
            Sign::Set(variable) => format!("`{}`", variable.name),
            Sign::Is(variable, value) => format!("`{}={value}`", variable.name),
            Sign::Both(variable, other) => format!("`{}` and `{}`", variable.name, other.name),
        });
        let signs: Vec<_> = signs.collect();
        let shown = [
            (system.renders_color, "color"),
            (system.language != Language::Plain, "annotations"),
            (system.folds != Folds::None, "groups"),
        ];
        let shown: Vec<_> = shown.into_iter().filter_map(|(is_shown, what)| is_shown.then_some(what)).collect();
        let outputs = match system.outputs {
            Outputs::Nowhere => String::new(),
            Outputs::File(variable, _) => format!("file in `{}`", variable.name),
            Outputs::Log(OutputForm::Azure) => "variables, and outputs of the step".to_owned(),
            Outputs::Log(_) => "environment variables".to_owned(),
            Outputs::BesideReports(name) => format!("`{name}` beside the reports"),
        };
        let summary = match system.summary {
            Summary::Nowhere => "",
            Summary::File(_) => "of the job",
            Summary::Upload => "of the run",
            Summary::Buildkite => "of the build",
        };
        let shard = if system.shard.is_some() { "yes" } else { "" };
        let requests = match system.pull_requests {
            PullRequests::Unknown => "",
            PullRequests::Begins(..) | PullRequests::Numbered(_, Head::Unknown) => "yes",
            PullRequests::Numbered(_, Head::Own) => "yes; forks have no job",
            PullRequests::Event
            | PullRequests::OfProject { .. }
            | PullRequests::Numbered(_, Head::ForkIf(_) | Head::Repository(..)) => "yes, and forks",
        };
        let (name, word) = (system.name, system.word);
        let (word, signs, shown) = (format!("`{word}`"), signs.join(", "), shown.join(", "));
        let cells = [name, &word, &signs, &shown, &outputs, summary, shard, requests];
        let cells: String = cells.iter().map(|cell| format!("| {cell} ").replace("|  ", "| ")).collect();
        cells + "|"
    }

    #[test]
    fn the_documentation_lists_each_system_and_no_other() {
        let systems = CiSystem::ALL.iter().map(|system| system.row()).filter(|system| !system.signs.is_empty());
        let expected: Vec<_> = systems.map(row).collect();
        crate::readme::check_table("docs/ci.md", "## Systems", &expected);
    }

    #[test]
    fn what_a_log_obeys_is_of_one_language() {
        for system in CiSystem::ALL {
            let row = system.row();
            let form = match row.outputs {
                Outputs::Log(form) => Some(form),
                Outputs::File(_, form) => {
                    assert!(!matches!(form, OutputForm::Azure | OutputForm::TeamCity), "{system:?}");
                    None
                }
                Outputs::Nowhere | Outputs::BesideReports(_) => None,
            };
            let expected = match row.language {
                Language::Azure => Some(OutputForm::Azure),
                Language::TeamCity => Some(OutputForm::TeamCity),
                Language::GitHub | Language::Plain => None,
            };
            assert_eq!(form, expected, "{system:?}");
        }
    }
}
