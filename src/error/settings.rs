//! What to do about the value of a setting that cannot be used.

use super::{Code, Error, code, lambda};
use crate::aws::facts::endpoint::partition_of;
use crate::config::key;
use crate::config::setting::Origin;
use crate::config::{ConfigError, Fault};
use crate::report::{Audience, Help};

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        let flag = error.key;
        let told = Self::new(fault_code(&error), error.to_string());
        match error.fault {
            Fault::NoImages => Self::new(code::NO_IMAGES, "no image was named")
                .help("name one, for example registry.example/app@sha256:… or oci-layout:PATH:TAG")
                .help("or list them in SEALGATE_IMAGES, one per line"),
            Fault::NoFiles => told.help("name one: sealgate pin k8s/*.yaml; or give it on standard input: … | sealgate pin -"),
            Fault::OneFile { .. } => told.help("write into the files themselves: --write; or run the command once for each"),
            Fault::Shard { .. } => told.help("say which part of how many this job takes, for example --shard 1/4"),
            Fault::Differs { .. } => {
                Self::of(code::INVALID_SETTING, &error).help("set it in one of the two places, or the same in both")
            }
            Fault::Empty if flag == key::IMAGES.name => Self::new(code::NO_IMAGES, "the name of an image is empty")
                .help("a variable of the job is probably not set; check how IMAGE is set"),
            Fault::Empty => {
                told.help(format!("a variable of the job is probably not set; give --{flag} a value, or leave it out"))
            }
            Fault::NoSigner => Self::new(
                code::USAGE,
                "nothing to sign with: --profile or --key is missing",
            )
            .help("with AWS Signer: sealgate sign --profile arn:aws:signer:REGION:ACCOUNT:/signing-profiles/NAME -- IMAGE")
            .help("with a key: sealgate sign --key FILE --certificate-chain FILE -- IMAGE")
            .help("to try it out, make a key: sealgate key generate --out keys --name dev"),
            Fault::NoTrust => lambda::no_trust(),
            Fault::Needs { other } => told.help(format!("also give --{other}")),
            Fault::Excludes { other } => told.help(format!("give either {} or {other}", error.origin)),
            Fault::WeakeningInput if flag == key::PLAIN_HTTP.name => {
                told.help("set SEALGATE_PLAIN_HTTP in the job, or give --plain-http")
            }
            Fault::WeakeningInput => {
                told.help(format!("set it in the job itself: --{flag}, or its SEALGATE_ variable"))
            }
            Fault::PrivateKey => told
                .help("give the name of the variable that holds it: --key env:NAME")
                .help("or write the key to a file that only the job can read, and give the file name: --key FILE")
                .help("if the key was shown in a log before, replace it"),
            Fault::NotProfile { .. } | Fault::ProfileArn { .. } | Fault::ProfileRegion { .. } => {
                told.help("for example --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release")
            }
            Fault::AliasToSignWith { .. } => told
                .help("give the signing profile that the alias points to: --profile arn:aws:signer:REGION:ACCOUNT:/signing-profiles/NAME")
                .help("verify, doctor and trust install take the ARN of an alias as --profile"),
            Fault::NotRole { .. } => told.help("for example --role-arn arn:aws:iam::111122223333:role/ci"),
            Fault::OtherPartition { .. } if flag == key::PROFILE.name => {
                told.help("copy the ARN from `aws signer list-signing-profiles`, asked in the profile's region")
            }
            Fault::OtherPartition { region, .. } => told
                .help(format!(
                    "give a role of an account in that partition: --role-arn arn:{}:iam::ACCOUNT:role/NAME",
                    partition_of(&region)
                ))
                .help("or, if the role is right, name the region in which it is assumed: AWS_REGION"),
            Fault::OtherRegion { .. } => {
                told.help("leave out --region: each signing profile is used in its own region")
            }
            Fault::NotEndpoint { .. } => told.help("for example --endpoint-url http://127.0.0.1:4566"),
            Fault::NotVariableName if [key::OIDC_TOKEN_ENV.name, key::GITHUB_TOKEN_ENV.name].contains(&flag) => told
                .help(format!("give the name of the variable, not its value: --{flag} TOKEN"))
                .help("if a token was shown in a log before, it is known to everyone who can read the log"),
            Fault::NotVariableName => told
                .help(format!("give the name of a variable behind `env:`, not its value: --{flag} env:SIGNING_KEY"))
                .help(format!("a file whose name begins so: --{flag} ./env:FILE")),
            Fault::VariableUnset { ref name } if flag == key::GITHUB_TOKEN_ENV.name => told
                .help(format!("set {name} in the step: `env:` / `  {name}: ${{{{ github.token }}}}`"))
                .help("in a job for a pull request from a fork, secrets are not set"),
            Fault::VariableUnset { ref name } if flag != key::OIDC_TOKEN_ENV.name => told
                .help(format!("set {name} in the job to the content of the file; CI systems call this a secret"))
                .help("in a job for a pull request from a fork, secrets are not set"),
            Fault::VariableUnset { .. } => told
                .help(Help::in_jobs_of(
                    Audience::GitLab,
                    "on GitLab CI, add an entry with that name under `id_tokens` in the job",
                ))
                .help(Help::in_jobs_of(
                    Audience::GitHub,
                    "on GitHub Actions, no variable is needed: leave out --oidc-token-env",
                )),
            Fault::NotPair { .. } => told.help("for example --user-metadata build=17"),
            Fault::LongWait { .. } => told.help("for example --wait 5m"),
            Fault::Duration { .. } if flag == key::WAIT.name => told.help("for example --wait 5m"),
            Fault::Duration { .. } | Fault::NoTime => told.help("for example 30s, 24h or 90d"),
            Fault::NoExpiry { .. } => told
                .help("for example --expiry 90d; if the value is computed, check that none of its variables is empty")
                .help("for a signature that does not expire leave --expiry out, or write --expiry 0"),
            Fault::NotDigest { .. } => told.help("for example --digest sha256:…, with 64 characters behind the colon"),
            Fault::StdinTwice => told.help("give `-` once; one list may hold all images, and one stream all documents"),
            Fault::NotHost { .. } => told.help("leave out the scheme and the path"),
            Fault::FromFork { .. } => told
                .help("with AWS Signer, no file is needed: --profile ARN")
                .help(Help::in_jobs_of(
                    Audience::GitHub,
                    "take it from a second checkout, of the base branch, moved out of the workspace: mv base \"$RUNNER_TEMP/trust\"",
                ))
                .help(Help::in_jobs_of(
                    Audience::GitLab,
                    "take it from a variable of the type File, which the project's settings hold",
                )),
            Fault::GatesFromPullRequest { .. } if flag == key::CONFIG.name => {
                told.help("say which gates and which stage where no pull request changes it: --gates FILE --stage NAME")
            }
            Fault::GatesFromPullRequest { .. } => told
                .help(Help::in_jobs_of(
                    Audience::GitHub,
                    "take it from the base branch, to a file outside the checkout: git fetch origin \"$GITHUB_BASE_REF\" && git show FETCH_HEAD:gates.yaml > \"$RUNNER_TEMP/gates.yaml\"",
                ))
                .help(Help::in_jobs_of(
                    Audience::GitLab,
                    "take it from a variable of the type File, which the project's settings hold: --gates \"$GATES\"",
                ))
                .help(Help::in_jobs_of(Audience::CodeBuild, FROM_BASE))
                .help(Help::in_jobs_of(Audience::Elsewhere, FROM_BASE))
                .help("the files of roots that it names have to come from there as well; as PEM in `root` they need no file"),
            Fault::NotDefinition { .. } => {
                told.help("for example --imagedefinitions app=registry.example/app@sha256:…")
            }
            Fault::NotContainer { .. } => told.help("give the name that the container has in the task definition"),
            Fault::SameContainer { .. } => told.help("give each container of the task definition once"),
            Fault::LayoutDeployed { .. } => told.help("push the image, and give its name in the registry"),
            Fault::NotDeployable(_) => told.help("deploy fewer containers at a time"),
            Fault::NotFile { .. } => told.help("for example --exports sealgate.sh, and then: . ./sealgate.sh"),
            Fault::SameFile { .. } if [key::EXPORTS.name, key::VSA_OUT.name, key::OUT.name].contains(&flag) => {
                told.help(format!("give another file: --{flag} FILE"))
            }
            Fault::SameFile { .. } if flag == key::REPORT_DIR.name => {
                told.help(format!("give another folder: --{flag} DIR"))
            }
            Fault::SameFile { .. } => told.help("give another folder: --deploy-dir DIR"),
            Fault::StageInMetadata => told.help("leave it out, and give the stage: --stage NAME"),
            Fault::NotAsked { .. } => told
                .help("see who is asked for what: sealgate gates check FILE")
                .help("metadata that a requirement asks for besides the stage is given as --user-metadata KEY=VALUE"),
            Fault::OtherSigner { .. } => told.help("approve as the signer that this key or signing profile is: --as SIGNER"),
            Fault::WhichProfile { .. } => told.help("name the one to sign with: --profile ARN"),
            Fault::NoSuchSigner { .. }
            | Fault::NotOne
            | Fault::NotSwitch { .. }
            | Fault::NotOneOf { .. }
            | Fault::NotRegion { .. }
            | Fault::NotNumber { .. }
            | Fault::SameKey { .. } => told,
        }
    }
}

/// Where gates are taken from that no pull request has changed.
const FROM_BASE: &str =
    "take it from the base branch, to a file outside the checkout: git show origin/main:gates.yaml > /tmp/gates.yaml";

/// The code of a fault: what was typed is a fault of usage, what was set is a fault of configuration.
fn fault_code(error: &ConfigError) -> &'static Code {
    match (&error.fault, &error.origin) {
        (Fault::NoImages, _) => code::NO_IMAGES,
        (Fault::Excludes { .. } | Fault::Needs { .. } | Fault::SameFile { .. }, _) => code::CONFLICT,
        (Fault::OtherSigner { .. } | Fault::WhichProfile { .. } | Fault::StageInMetadata, _) => code::CONFLICT,
        (Fault::NoSuchSigner { .. } | Fault::NotAsked { .. }, _) => code::GATES,
        (Fault::WeakeningInput, _) => code::WEAKENING_REFUSED,
        (Fault::FromFork { .. }, _) => code::TRUST_FROM_FORK,
        (Fault::GatesFromPullRequest { .. }, _) => code::GATES_FROM_PULL_REQUEST,
        (_, Origin::Flag(_)) => code::USAGE,
        _ => code::INVALID_SETTING,
    }
}
