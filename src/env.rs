//! The environment: a snapshot taken once, and the table of everything that is read from it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::Bound;
use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetBy {
    Ci,
    /// The operating system, the shell, or another tool's setup.
    System,
    /// The author of the job.
    User,
}

/// One variable that is read.
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    #[expect(dead_code, reason = "says it to who reads or changes the table")]
    pub(crate) set_by: SetBy,
    #[expect(dead_code, reason = "says it to who reads or changes the table")]
    pub(crate) secrecy: Secrecy,
    #[cfg_attr(not(test), expect(dead_code, reason = "the documentation is held against it by a test"))]
    pub(crate) meaning: &'static str,
}

/// Whether a value must never be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrecy {
    Public,
    Secret,
}

/// Writes the constants and the table [`VARIABLES`] from one list.
macro_rules! variables {
    ($($constant:ident = $name:literal, $set_by:ident, $secrecy:ident, $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub(crate) const $constant: &Variable =
                &Variable { name: $name, set_by: SetBy::$set_by, secrecy: Secrecy::$secrecy, meaning: $meaning };
        )*

        /// Every variable that is read and does not follow from a setting's name.
        pub(crate) const VARIABLES: &[&Variable] = &[$($constant),*];
    };
}

variables! {
    CI = "CI", Ci, Public, "set by nearly every CI system";
    FORGEJO_ACTIONS = "FORGEJO_ACTIONS", Ci, Public, "`true` on Forgejo Actions";
    GITEA_ACTIONS = "GITEA_ACTIONS", Ci, Public, "`true` on Gitea Actions";
    GITHUB_ACTIONS = "GITHUB_ACTIONS", Ci, Public, "`true` on GitHub Actions and compatible systems";
    GITLAB_CI = "GITLAB_CI", Ci, Public, "set on GitLab CI";
    CI_JOB_ID = "CI_JOB_ID", Ci, Public, "GitLab CI: number of the job";
    CI_API_V4_URL = "CI_API_V4_URL", Ci, Public, "GitLab CI: address of the API";
    CI_REGISTRY = "CI_REGISTRY", Ci, Public, "GitLab CI: host of the project's registry";
    CI_REGISTRY_USER = "CI_REGISTRY_USER", Ci, Public, "GitLab CI: user name for that registry, used if there is no other credential";
    CI_REGISTRY_PASSWORD = "CI_REGISTRY_PASSWORD", Ci, Secret, "GitLab CI: password for that registry";
    CI_SERVER_TLS_CA_FILE = "CI_SERVER_TLS_CA_FILE", Ci, Public, "GitLab CI: certificate authority of the instance, the default for `--ca-file`";
    CODEBUILD_BUILD_ID = "CODEBUILD_BUILD_ID", Ci, Public, "set on AWS CodeBuild";
    CODEBUILD_BUILD_ARN = "CODEBUILD_BUILD_ARN", Ci, Public, "set on AWS CodeBuild";
    GITHUB_RUN_ID = "GITHUB_RUN_ID", Ci, Public, "GitHub Actions: number of the run, used in the name of the AWS session";
    ACTIONS_ID_TOKEN_REQUEST_URL = "ACTIONS_ID_TOKEN_REQUEST_URL", Ci, Secret, "GitHub Actions: where the job gets an OIDC token (`permissions: id-token: write`)";
    ACTIONS_ID_TOKEN_REQUEST_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN", Ci, Secret, "GitHub Actions: token that authorizes that request";
    CI_SYSTEM_NAME = "CI_SYSTEM_NAME", Ci, Public, "`woodpecker` on Woodpecker";
    DRONE = "DRONE", Ci, Public, "`true` on Drone";
    HARNESS_BUILD_ID = "HARNESS_BUILD_ID", Ci, Public, "set on Harness CI";
    BUILDKITE = "BUILDKITE", Ci, Public, "`true` on Buildkite";
    CIRCLECI = "CIRCLECI", Ci, Public, "`true` on CircleCI";
    BITBUCKET_BUILD_NUMBER = "BITBUCKET_BUILD_NUMBER", Ci, Public, "set on Bitbucket Pipelines";
    TF_BUILD = "TF_BUILD", Ci, Public, "`True` on Azure Pipelines";
    TRAVIS = "TRAVIS", Ci, Public, "`true` on Travis CI";
    TEAMCITY_VERSION = "TEAMCITY_VERSION", Ci, Public, "set on TeamCity";
    JENKINS_URL = "JENKINS_URL", Ci, Public, "set on Jenkins";
    RUNNER_DEBUG = "RUNNER_DEBUG", Ci, Public, "GitHub Actions: `1` if debug logging is on; same as `--verbose`";
    CI_DEBUG_TRACE = "CI_DEBUG_TRACE", Ci, Public, "GitLab CI: `true` if debug logging is on; same as `--verbose`";
    SYSTEM_DEBUG = "SYSTEM_DEBUG", Ci, Public, "Azure Pipelines: `true` if debug logging is on; same as `--verbose`";
    GITHUB_ARTIFACTS_LIST = "GITHUB_ARTIFACTS_LIST", Ci, Public, "GitHub Actions: file with the artifacts of the job, for `--images-from ci`";
    GITHUB_OUTPUT = "GITHUB_OUTPUT", Ci, Public, "GitHub Actions: file for the outputs of the step";
    GITHUB_STEP_SUMMARY = "GITHUB_STEP_SUMMARY", Ci, Public, "GitHub Actions: file for the summary of the job";
    GITHUB_ARTIFACTS = "GITHUB_ARTIFACTS", Ci, Public, "GitHub Actions: file for what the job made; `sign` adds the images that it signed";
    GITHUB_WORKSPACE = "GITHUB_WORKSPACE", Ci, Public, "GitHub Actions: folder with the files of the job";
    GITHUB_EVENT_NAME = "GITHUB_EVENT_NAME", Ci, Public, "GitHub Actions: what started the job, such as `push` or `pull_request`";
    GITHUB_EVENT_PATH = "GITHUB_EVENT_PATH", Ci, Public, "GitHub Actions: file that describes it, read for pull requests; one that cannot be read counts as a fork's";
    CI_PROJECT_ID = "CI_PROJECT_ID", Ci, Public, "GitLab CI: number of the project";
    CI_PROJECT_DIR = "CI_PROJECT_DIR", Ci, Public, "GitLab CI: folder with the files of the job";
    CI_MERGE_REQUEST_SOURCE_PROJECT_ID = "CI_MERGE_REQUEST_SOURCE_PROJECT_ID", Ci, Public, "GitLab CI: project that a merge request comes from; a fork's is another one";
    CI_EXTERNAL_PULL_REQUEST_IID = "CI_EXTERNAL_PULL_REQUEST_IID", Ci, Public, "GitLab CI: the pull request on GitHub that a job is about; GitLab runs none of a fork";
    GITHUB_WORKFLOW_REF = "GITHUB_WORKFLOW_REF", Ci, Public, "GitHub Actions: the workflow of the job, where SARIF shows what has no other place";
    CI_CONFIG_PATH = "CI_CONFIG_PATH", Ci, Public, "GitLab CI: file of the pipeline, where SARIF shows what has no other place";
    INPUT_COMMAND = "INPUT_COMMAND", Ci, Public, "GitHub Actions: the input `command` of the action";
    DOCKER_METADATA_OUTPUT_JSON = "DOCKER_METADATA_OUTPUT_JSON", Ci, Public, "tags that docker/metadata-action made, for `--images-from ci`";
    RESOURCE_URIS = "RESOURCE_URIS", Ci, Public, "Azure Pipelines: images that a task such as Docker@2 pushed, for `--images-from ci`";
    NO_COLOR = "NO_COLOR", User, Public, "no color unless `--color always` is given";
    TERM = "TERM", System, Public, "`dumb` for a terminal without color";
    HOME = "HOME", System, Public, "home folder, an absolute path; contains the files of notation, Docker, Podman, and AWS";
    PATH = "PATH", System, Public, "where to look for credential helpers; only folders with absolute paths count";
    XDG_CONFIG_HOME = "XDG_CONFIG_HOME", System, Public, "configuration folder, an absolute path; contains the files of notation and Podman";
    XDG_RUNTIME_DIR = "XDG_RUNTIME_DIR", System, Public, "runtime folder, an absolute path; contains Podman's credentials";
    NOTATION_CONFIG = "NOTATION_CONFIG", User, Public, "notation's configuration folder";
    NOTATION_USERNAME = "NOTATION_USERNAME", User, Public, "notation's user name, used with `NOTATION_PASSWORD` if no password is given to sealgate";
    NOTATION_PASSWORD = "NOTATION_PASSWORD", User, Secret, "notation's password, or identity token if there is no user name; used for the images' registry, like `SEALGATE_PASSWORD`";
    DOCKER_CONFIG = "DOCKER_CONFIG", User, Public, "folder of Docker's `config.json`, or of a Kubernetes secret's `.dockerconfigjson` or `.dockercfg`";
    DOCKER_AUTH_CONFIG = "DOCKER_AUTH_CONFIG", User, Secret, "content of a Docker `config.json` with credentials, as used by GitLab CI";
    REGISTRY_AUTH_FILE = "REGISTRY_AUTH_FILE", User, Public, "Podman's credentials file";
    HTTP_PROXY_UPPER = "HTTP_PROXY", System, Secret, "proxy for HTTP; may contain a password";
    HTTP_PROXY = "http_proxy", System, Secret, "proxy for HTTP; may contain a password";
    HTTPS_PROXY_UPPER = "HTTPS_PROXY", System, Secret, "proxy for HTTPS; may contain a password";
    HTTPS_PROXY = "https_proxy", System, Secret, "proxy for HTTPS; may contain a password";
    ALL_PROXY_UPPER = "ALL_PROXY", System, Secret, "proxy for both; may contain a password";
    ALL_PROXY = "all_proxy", System, Secret, "proxy for both; may contain a password";
    NO_PROXY_UPPER = "NO_PROXY", System, Public, "hosts to reach without a proxy";
    NO_PROXY = "no_proxy", System, Public, "hosts to reach without a proxy";
    REQUEST_METHOD = "REQUEST_METHOD", System, Public, "set in a CGI program, where `HTTP_PROXY` comes from whoever asks and does not count";
    SSL_CERT_FILE = "SSL_CERT_FILE", System, Public, "file with the certificate authorities that TLS trusts";
    SSL_CERT_DIR = "SSL_CERT_DIR", System, Public, "folder with the certificate authorities that TLS trusts";
    AWS_REGION = "AWS_REGION", System, Public, "AWS region, the default for `--region`; the AWS SDK reads its other variables itself";
    AWS_DEFAULT_REGION = "AWS_DEFAULT_REGION", System, Public, "AWS region if `AWS_REGION` is not set";
    AWS_ROLE_ARN = "AWS_ROLE_ARN", User, Public, "AWS role for the token of `--oidc-token-env` or `AWS_WEB_IDENTITY_TOKEN_FILE`";
    AWS_ROLE_SESSION_NAME = "AWS_ROLE_SESSION_NAME", User, Public, "name of the AWS session; the default is made from the job";
    AWS_WEB_IDENTITY_TOKEN_FILE = "AWS_WEB_IDENTITY_TOKEN_FILE", System, Public, "file with an OIDC token for the AWS role";
    AWS_ACCESS_KEY_ID = "AWS_ACCESS_KEY_ID", System, Public, "AWS access key, which the AWS SDK reads; `doctor` shows it as the source";
    AWS_SECRET_ACCESS_KEY = "AWS_SECRET_ACCESS_KEY", System, Secret, "secret of that access key";
    AWS_SESSION_TOKEN = "AWS_SESSION_TOKEN", System, Secret, "session token, if the access key belongs to a session";
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", System, Public, "CodeBuild and ECS: where the AWS SDK gets the container's credentials; `doctor` shows it as the source";
    AWS_CONTAINER_CREDENTIALS_FULL_URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI", System, Public, "the same as a full URL, on EKS";
    AWS_CONTAINER_AUTHORIZATION_TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN", System, Secret, "token that authorizes the request for the container's credentials";
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", System, Public, "the same in a file, on EKS";
    AWS_MAX_ATTEMPTS = "AWS_MAX_ATTEMPTS", User, Public, "attempts of one call to AWS, the first included; without it 5, and throttled calls wait up to 5 minutes of a run";
    AWS_EC2_METADATA_DISABLED = "AWS_EC2_METADATA_DISABLED", User, Public, "`true`: do not use the instance's credentials";
    AWS_EC2_METADATA_SERVICE_ENDPOINT = "AWS_EC2_METADATA_SERVICE_ENDPOINT", User, Public, "address of the instance's metadata service";
    AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", User, Public, "`IPv4` or `IPv6`, if that address is AWS's own";
    AWS_PROFILE = "AWS_PROFILE", User, Public, "profile in the AWS configuration files, which the AWS SDK reads; `doctor` shows it as the source";
    AWS_DEFAULT_PROFILE = "AWS_DEFAULT_PROFILE", User, Public, "the same, if `AWS_PROFILE` is not set, as in the AWS CLI and notation's plugin";
    AWS_CONFIG_FILE = "AWS_CONFIG_FILE", System, Public, "file with AWS profiles; the default is `~/.aws/config`, if `HOME` is an absolute path";
    AWS_SHARED_CREDENTIALS_FILE = "AWS_SHARED_CREDENTIALS_FILE", System, Public, "file with AWS credentials; the default is `~/.aws/credentials`, if `HOME` is an absolute path";
    AWS_LAMBDA_RUNTIME_API = "AWS_LAMBDA_RUNTIME_API", System, Public, "AWS Lambda: address of the Runtime API, which `lambda` asks for events";
    LAMBDA_TASK_ROOT = "LAMBDA_TASK_ROOT", System, Public, "AWS Lambda: folder of the function's package, from which `lambda` takes files with relative paths";
    AWS_ENDPOINT_URL = "AWS_ENDPOINT_URL", User, Public, "endpoint that the AWS SDK uses instead of AWS's; every report shows it";
    AWS_ENDPOINT_URL_ECR = "AWS_ENDPOINT_URL_ECR", User, Public, "the same for ECR";
    AWS_ENDPOINT_URL_ECR_PUBLIC = "AWS_ENDPOINT_URL_ECR_PUBLIC", User, Public, "the same for ECR Public";
    AWS_ENDPOINT_URL_ECS = "AWS_ENDPOINT_URL_ECS", User, Public, "the same for ECS, which `lambda` asks";
    AWS_ENDPOINT_URL_SIGNER = "AWS_ENDPOINT_URL_SIGNER", User, Public, "the same for AWS Signer";
    AWS_ENDPOINT_URL_SIGNER_DATA = "AWS_ENDPOINT_URL_SIGNER_DATA", User, Public, "the same for the revocation status of AWS Signer";
    AWS_ENDPOINT_URL_STS = "AWS_ENDPOINT_URL_STS", User, Public, "the same for STS";
    AWS_ENDPOINT_URL_SSO = "AWS_ENDPOINT_URL_SSO", User, Public, "the same for IAM Identity Center";
    AWS_ENDPOINT_URL_SSO_OIDC = "AWS_ENDPOINT_URL_SSO_OIDC", User, Public, "the same for the logins of IAM Identity Center";
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", User, Public, "`true`: ignore the endpoints in these variables and in the AWS configuration files";
    AWS_USE_FIPS_ENDPOINT = "AWS_USE_FIPS_ENDPOINT", User, Public, "`true`: use AWS's FIPS 140 endpoints";
    AWS_CA_BUNDLE = "AWS_CA_BUNDLE", User, Public, "file with certificate authorities that TLS trusts as well (PEM); every report shows it";
    AWS_EXECUTION_ENV = "AWS_EXECUTION_ENV", System, Public, "where the job runs, which the AWS SDK reports to AWS";
    AWS_USE_DUALSTACK_ENDPOINT = "AWS_USE_DUALSTACK_ENDPOINT", User, Public, "`true`: use AWS's dual-stack endpoints, with IPv6";
    GITHUB_API_URL = "GITHUB_API_URL", Ci, Public, "GitHub Actions: address of the API, for `--check-run`, `--commit-status` and `--comment`";
    GITHUB_REPOSITORY = "GITHUB_REPOSITORY", Ci, Public, "GitHub Actions: owner and name of the repository";
    GITHUB_SHA = "GITHUB_SHA", Ci, Public, "GitHub Actions: commit of the run";
    GITHUB_REF = "GITHUB_REF", Ci, Public, "GitHub Actions: branch, tag, or pull request of the run";
    GITHUB_SERVER_URL = "GITHUB_SERVER_URL", Ci, Public, "GitHub Actions: address of the server, for links to the run";
    GITHUB_RUN_ATTEMPT = "GITHUB_RUN_ATTEMPT", Ci, Public, "GitHub Actions: how often the run was started";
    GITHUB_JOB = "GITHUB_JOB", Ci, Public, "GitHub Actions: name of the job in its workflow";
    GITHUB_WORKFLOW = "GITHUB_WORKFLOW", Ci, Public, "GitHub Actions: name of the workflow";
    GITHUB_TOKEN = "GITHUB_TOKEN", User, Secret, "token for `--check-run`, `--commit-status` and `--comment`, if neither `--github-token-env` nor the input `github-token` gives one";
    INPUT_GITHUB_TOKEN_DASHED = "INPUT_GITHUB-TOKEN", Ci, Secret, "GitHub Actions: the input `github-token` of the action";
    INPUT_GITHUB_TOKEN = "INPUT_GITHUB_TOKEN", Ci, Secret, "the same, as a composite action hands it in";
    CI_COMMIT_SHA = "CI_COMMIT_SHA", Ci, Public, "GitLab CI and Woodpecker: commit of the job";
    CI_JOB_URL = "CI_JOB_URL", Ci, Public, "GitLab CI: address of the job's page";
    CI_NODE_INDEX = "CI_NODE_INDEX", Ci, Public, "GitLab CI: which of several parallel jobs this is, from 1, for `--shard auto`";
    CI_NODE_TOTAL = "CI_NODE_TOTAL", Ci, Public, "GitLab CI: number of these jobs";
    CODEBUILD_SRC_DIR = "CODEBUILD_SRC_DIR", Ci, Public, "AWS CodeBuild: folder with the source";
    CODEBUILD_RESOLVED_SOURCE_VERSION = "CODEBUILD_RESOLVED_SOURCE_VERSION", Ci, Public, "AWS CodeBuild: commit of the build";
    CODEBUILD_BUILD_URL = "CODEBUILD_BUILD_URL", Ci, Public, "AWS CodeBuild: address of the build's page";
    CI_WORKSPACE = "CI_WORKSPACE", Ci, Public, "Woodpecker: folder with the source";
    CI_PIPELINE_URL = "CI_PIPELINE_URL", Ci, Public, "Woodpecker: address of the pipeline's page";
    DRONE_WORKSPACE = "DRONE_WORKSPACE", Ci, Public, "Drone and Harness: folder with the source";
    DRONE_COMMIT_SHA = "DRONE_COMMIT_SHA", Ci, Public, "Drone and Harness: commit of the build";
    DRONE_BUILD_LINK = "DRONE_BUILD_LINK", Ci, Public, "Drone and Harness: address of the build's page";
    DRONE_OUTPUT = "DRONE_OUTPUT", Ci, Public, "Harness: file for the outputs of the step";
    BUILDKITE_BUILD_CHECKOUT_PATH = "BUILDKITE_BUILD_CHECKOUT_PATH", Ci, Public, "Buildkite: folder with the source";
    BUILDKITE_COMMIT = "BUILDKITE_COMMIT", Ci, Public, "Buildkite: commit of the build";
    BUILDKITE_BUILD_URL = "BUILDKITE_BUILD_URL", Ci, Public, "Buildkite: address of the build's page";
    BUILDKITE_PARALLEL_JOB = "BUILDKITE_PARALLEL_JOB", Ci, Public, "Buildkite: which of several parallel jobs this is, from 0, for `--shard auto`";
    BUILDKITE_PARALLEL_JOB_COUNT = "BUILDKITE_PARALLEL_JOB_COUNT", Ci, Public, "Buildkite: number of these jobs";
    CIRCLE_SHA1 = "CIRCLE_SHA1", Ci, Public, "CircleCI: commit of the job";
    CIRCLE_BUILD_URL = "CIRCLE_BUILD_URL", Ci, Public, "CircleCI: address of the job's page";
    CIRCLE_NODE_INDEX = "CIRCLE_NODE_INDEX", Ci, Public, "CircleCI: which of several parallel jobs this is, from 0, for `--shard auto`";
    CIRCLE_NODE_TOTAL = "CIRCLE_NODE_TOTAL", Ci, Public, "CircleCI: number of these jobs";
    BASH_ENV = "BASH_ENV", Ci, Public, "CircleCI: script that later steps begin with, for outputs";
    BITBUCKET_CLONE_DIR = "BITBUCKET_CLONE_DIR", Ci, Public, "Bitbucket Pipelines: folder with the source";
    BITBUCKET_COMMIT = "BITBUCKET_COMMIT", Ci, Public, "Bitbucket Pipelines: commit of the build";
    BITBUCKET_GIT_HTTP_ORIGIN = "BITBUCKET_GIT_HTTP_ORIGIN", Ci, Public, "Bitbucket Pipelines: address of the repository, for links to the build";
    BITBUCKET_PARALLEL_STEP = "BITBUCKET_PARALLEL_STEP", Ci, Public, "Bitbucket Pipelines: which of several parallel steps this is, from 0, for `--shard auto`";
    BITBUCKET_PARALLEL_STEP_COUNT = "BITBUCKET_PARALLEL_STEP_COUNT", Ci, Public, "Bitbucket Pipelines: number of these steps";
    BITBUCKET_PIPELINES_VARIABLES_PATH = "BITBUCKET_PIPELINES_VARIABLES_PATH", Ci, Public, "Bitbucket Pipelines: file for the outputs of the step";
    BUILD_SOURCESDIRECTORY = "BUILD_SOURCESDIRECTORY", Ci, Public, "Azure Pipelines: folder with the source";
    BUILD_SOURCEVERSION = "BUILD_SOURCEVERSION", Ci, Public, "Azure Pipelines: commit of the run";
    BUILD_BUILDID = "BUILD_BUILDID", Ci, Public, "Azure Pipelines: number of the run, for links to it";
    SYSTEM_TEAMFOUNDATIONCOLLECTIONURI = "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", Ci, Public, "Azure Pipelines: address of the organization, for links to the run";
    SYSTEM_TEAMPROJECT = "SYSTEM_TEAMPROJECT", Ci, Public, "Azure Pipelines: name of the project, for links to the run";
    SYSTEM_JOBPOSITIONINPHASE = "SYSTEM_JOBPOSITIONINPHASE", Ci, Public, "Azure Pipelines: which of several parallel jobs this is, from 1, for `--shard auto`";
    SYSTEM_TOTALJOBSINPHASE = "SYSTEM_TOTALJOBSINPHASE", Ci, Public, "Azure Pipelines: number of these jobs";
    TRAVIS_BUILD_DIR = "TRAVIS_BUILD_DIR", Ci, Public, "Travis CI: folder with the source";
    TRAVIS_COMMIT = "TRAVIS_COMMIT", Ci, Public, "Travis CI: commit of the job";
    TRAVIS_JOB_WEB_URL = "TRAVIS_JOB_WEB_URL", Ci, Public, "Travis CI: address of the job's page";
    BUILD_VCS_NUMBER = "BUILD_VCS_NUMBER", Ci, Public, "TeamCity: commit of the build";
    BUILD_URL = "BUILD_URL", Ci, Public, "TeamCity and Jenkins: address of the build's page";
    WORKSPACE = "WORKSPACE", Ci, Public, "Jenkins: folder with the source";
    CODEBUILD_WEBHOOK_EVENT = "CODEBUILD_WEBHOOK_EVENT", Ci, Public, "AWS CodeBuild: the event of the webhook that started the build, such as a pull request";
    CODEBUILD_SOURCE_VERSION = "CODEBUILD_SOURCE_VERSION", Ci, Public, "AWS CodeBuild: what was asked to be built, such as `pr/7` for a pull request";
    CI_COMMIT_PULL_REQUEST = "CI_COMMIT_PULL_REQUEST", Ci, Public, "Woodpecker: number of the pull request";
    DRONE_PULL_REQUEST = "DRONE_PULL_REQUEST", Ci, Public, "Drone and Harness: number of the pull request";
    BUILDKITE_PULL_REQUEST = "BUILDKITE_PULL_REQUEST", Ci, Public, "Buildkite: number of the pull request, or `false`";
    BUILDKITE_PULL_REQUEST_REPO = "BUILDKITE_PULL_REQUEST_REPO", Ci, Public, "Buildkite: repository that a pull request comes from; a fork's is another one";
    BUILDKITE_REPO = "BUILDKITE_REPO", Ci, Public, "Buildkite: repository of the job";
    CIRCLE_PULL_REQUEST = "CIRCLE_PULL_REQUEST", Ci, Public, "CircleCI: address of the pull request";
    CIRCLE_PR_REPONAME = "CIRCLE_PR_REPONAME", Ci, Public, "CircleCI: repository of a fork that a pull request comes from";
    BITBUCKET_PR_ID = "BITBUCKET_PR_ID", Ci, Public, "Bitbucket Pipelines: number of the pull request";
    SYSTEM_PULLREQUEST_PULLREQUESTID = "SYSTEM_PULLREQUEST_PULLREQUESTID", Ci, Public, "Azure Pipelines: number of the pull request";
    SYSTEM_PULLREQUEST_ISFORK = "SYSTEM_PULLREQUEST_ISFORK", Ci, Public, "Azure Pipelines: `True` for a pull request from a fork";
    TRAVIS_PULL_REQUEST = "TRAVIS_PULL_REQUEST", Ci, Public, "Travis CI: number of the pull request, or `false`";
    TRAVIS_PULL_REQUEST_SLUG = "TRAVIS_PULL_REQUEST_SLUG", Ci, Public, "Travis CI: repository that a pull request comes from; a fork's is another one";
    TRAVIS_REPO_SLUG = "TRAVIS_REPO_SLUG", Ci, Public, "Travis CI: repository of the job";
    SEMAPHORE = "SEMAPHORE", Ci, Public, "`true` on Semaphore";
    SEMAPHORE_GIT_SHA = "SEMAPHORE_GIT_SHA", Ci, Public, "Semaphore: commit of the job";
    SEMAPHORE_ORGANIZATION_URL = "SEMAPHORE_ORGANIZATION_URL", Ci, Public, "Semaphore: address of the organization, for links to the job";
    SEMAPHORE_JOB_ID = "SEMAPHORE_JOB_ID", Ci, Public, "Semaphore: ID of the job, for links to it";
    SEMAPHORE_JOB_INDEX = "SEMAPHORE_JOB_INDEX", Ci, Public, "Semaphore: which of several parallel jobs this is, from 1, for `--shard auto`";
    SEMAPHORE_JOB_COUNT = "SEMAPHORE_JOB_COUNT", Ci, Public, "Semaphore: number of these jobs";
    SEMAPHORE_GIT_PR_NUMBER = "SEMAPHORE_GIT_PR_NUMBER", Ci, Public, "Semaphore: number of the pull request";
    SEMAPHORE_GIT_PR_SLUG = "SEMAPHORE_GIT_PR_SLUG", Ci, Public, "Semaphore: repository that a pull request comes from; a fork's is another one";
    SEMAPHORE_GIT_REPO_SLUG = "SEMAPHORE_GIT_REPO_SLUG", Ci, Public, "Semaphore: repository of the job";
    CHANGE_ID = "CHANGE_ID", Ci, Public, "Jenkins: number of the pull request";
    CHANGE_FORK = "CHANGE_FORK", Ci, Public, "Jenkins: fork that a pull request comes from";
    GIT_COMMIT = "GIT_COMMIT", Ci, Public, "Jenkins: commit of the build";
}

/// The environment as it was when the program started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Env {
    /// Values that are UTF-8, by name.
    text: BTreeMap<String, String>,
    /// Names of variables whose value is not UTF-8.
    not_unicode: Vec<String>,
}

impl Env {
    pub(crate) fn capture(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut captured = Self::default();
        for (name, value) in variables {
            let name = name.to_string_lossy().into_owned();
            match value.into_string() {
                Ok(value) => {
                    captured.text.insert(name, value);
                }
                Err(_not_unicode) => captured.not_unicode.push(name),
            }
        }
        captured
    }

    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        Self::capture(variables.iter().map(|(name, value)| (name.into(), value.into())))
    }

    /// Everything that is UTF-8, by name.
    pub(crate) fn variables(&self) -> BTreeMap<String, String> {
        self.text.clone()
    }

    /// Value of a variable of the table, by the rule of [`Self::named`].
    pub(crate) fn get(&self, variable: &Variable) -> Option<&str> {
        self.named(variable.name)
    }

    /// A variable as others read it, who have no such rule.
    pub(crate) fn as_written(&self, variable: &Variable) -> Option<&str> {
        self.text.get(variable.name).map(String::as_str)
    }

    /// Value of a variable whose name follows from a setting, or that a setting names. Line breaks at its end are no part of it:
    /// they come from the file or the program that it was filled from, and no value that is read means them. An empty one
    /// is absent.
    pub(crate) fn named(&self, name: &str) -> Option<&str> {
        self.text.get(name).map(|value| value.trim_end_matches(['\r', '\n'])).filter(|value| !value.is_empty())
    }

    /// Whether any name begins like this, so that there can be a variable whose name follows from a setting.
    pub(crate) fn any_begins_with(&self, prefix: &str) -> bool {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        self.text.range::<str, _>(from).next().is_some_and(|(name, _)| name.starts_with(prefix))
    }

    /// The home folder: the one rule for all that is read below it.
    pub(crate) fn home(&self) -> Option<&Path> {
        self.folder(HOME)
    }

    /// The folder that a variable of the system names, for files that are looked for without being asked for. A path that
    /// is not absolute is as if there were none (XDG Base Directory Specification): it would lead to the working folder,
    /// which in CI is a checkout, where a pull request could put programs to run and credentials to use.
    pub(crate) fn folder(&self, variable: &Variable) -> Option<&Path> {
        self.get(variable).map(Path::new).filter(|path| path.is_absolute())
    }

    /// Whether a variable names a folder and [`Self::folder`] does not take it.
    pub(crate) fn is_folder_refused(&self, variable: &Variable) -> bool {
        self.get(variable).is_some() && self.folder(variable).is_none()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.text.keys().map(String::as_str).chain(self.not_unicode())
    }

    /// Names of the variables whose value is not UTF-8, which are as if they were not set.
    pub(crate) fn not_unicode(&self) -> impl Iterator<Item = &str> {
        self.not_unicode.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_variable_is_in_the_table_once_and_has_a_meaning() {
        let mut seen = BTreeSet::new();
        for variable in VARIABLES {
            assert!(seen.insert(variable.name), "{} is there twice", variable.name);
            assert!(!variable.meaning.is_empty() && !variable.name.starts_with("SEALGATE_"), "{}", variable.name);
        }
    }

    #[test]
    fn an_empty_variable_is_absent() {
        let environment = Env::of(&[("HOME", ""), ("PATH", "/bin")]);
        assert_eq!(environment.get(HOME), None);
        assert_eq!(environment.get(PATH), Some("/bin"));
        assert_eq!(environment.get(NO_COLOR), None);
    }

    #[test]
    fn names_that_begin_alike_are_found_wherever_they_stand() {
        let environment = Env::of(&[("A", "1"), ("SEALGATE", "1"), ("SEALGATE_A", ""), ("Z", "1")]);
        for (prefix, expected) in [("SEALGATE_", true), ("A", true), ("Z", true), ("INPUT_", false), ("ZZ", false)] {
            assert_eq!(environment.any_begins_with(prefix), expected, "{prefix}");
        }
        assert!(!Env::of(&[("SEALGATE", "1")]).any_begins_with("SEALGATE_"));
        assert!(!Env::of(&[]).any_begins_with("SEALGATE_"));
    }

    #[test]
    fn line_breaks_at_the_end_of_a_variable_are_none_of_it() {
        for (written, expected) in [
            ("a\n", Some("a")),
            ("a\r\n", Some("a")),
            ("a\r", Some("a")),
            ("a\n\n", Some("a")),
            ("a\nb\n", Some("a\nb")),
            ("\na", Some("\na")),
            ("a \n", Some("a ")),
            ("\n", None),
            ("\r\n", None),
            ("", None),
        ] {
            let environment = Env::of(&[("AWS_PROFILE", written)]);
            assert_eq!(environment.get(AWS_PROFILE), expected, "{written:?}");
            assert_eq!(environment.named("AWS_PROFILE"), expected, "{written:?}");
            assert_eq!(environment.as_written(AWS_PROFILE), Some(written));
        }
    }

    #[test]
    fn a_home_folder_is_an_absolute_path_or_none() {
        for (home, expected) in
            [("/h", Some("/h")), ("/", Some("/")), ("", None), (".", None), ("h", None), ("./h", None), ("~", None)]
        {
            let environment = Env::of(&[("HOME", home), ("XDG_CONFIG_HOME", home)]);
            assert_eq!(environment.home(), expected.map(Path::new), "{home}");
            assert_eq!(environment.folder(XDG_CONFIG_HOME), expected.map(Path::new), "{home}");
            assert_eq!(environment.is_folder_refused(HOME), !home.is_empty() && expected.is_none(), "{home}");
        }
        assert_eq!((Env::of(&[]).home(), Env::of(&[]).is_folder_refused(HOME)), (None, false));
    }
}
