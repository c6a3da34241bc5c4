//! The settings: one row each. Flags, variables, CI inputs and members of the configuration file are the same words.

use crate::env::Secrecy;

/// Start of the names of our own variables.
pub(super) const OWN_PREFIX: &str = "SEALGATE_";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    /// `true` or `false`.
    Switch,
    /// Texts, one a line: their values may hold commas.
    Lines,
    /// Texts, separated by newlines or commas.
    List,
    /// Texts, which whoever asks takes apart.
    Whole,
}

/// Where a setting may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Anywhere,
    /// Flag, variable or CI input, but not in the configuration file.
    NotInFile,
    /// It weakens a check: flag or `SEALGATE_` variable, where the author of the job sees it.
    Weakening,
    /// Flag only, and it weakens a check.
    WeakeningFlag,
    FlagOnly,
}

#[derive(Debug)]
pub(crate) struct Key {
    /// Its name: the flag without dashes in front.
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) reach: Reach,
    pub(crate) secrecy: Secrecy,
    #[cfg_attr(not(test), expect(dead_code, reason = "the documentation is held against it by a test"))]
    pub(crate) meaning: &'static str,
}

impl Reach {
    /// Whether every report mentions it, because it weakens a check.
    pub(crate) const fn weakens(self) -> bool {
        matches!(self, Self::Weakening | Self::WeakeningFlag)
    }

    const fn is_flag_only(self) -> bool {
        matches!(self, Self::WeakeningFlag | Self::FlagOnly)
    }
}

impl Key {
    /// Name of its `SEALGATE_` variable.
    pub(crate) fn variable(&self) -> Option<String> {
        (!self.reach.is_flag_only()).then(|| format!("{OWN_PREFIX}{}", underscored(self.name)))
    }

    /// Names under which CI systems hand it in: GitHub keeps the dash, composite actions and Woodpecker do not.
    pub(crate) fn inputs(&self) -> Vec<String> {
        if self.reach.is_flag_only() {
            return Vec::new();
        }
        let underscored = underscored(self.name);
        let mut names = vec![
            format!("INPUT_{}", self.name.to_ascii_uppercase()),
            format!("INPUT_{underscored}"),
            format!("PLUGIN_{underscored}"),
        ];
        names.dedup();
        names
    }
}

/// The name as it appears in variables.
fn underscored(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}

/// Writes the constants and the table [`KEYS`] from one list.
macro_rules! keys {
    ($($constant:ident = $name:literal, $shape:ident, $reach:ident, $secrecy:ident, $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub(crate) const $constant: &Key = &Key {
                name: $name,
                shape: Shape::$shape,
                reach: Reach::$reach,
                secrecy: Secrecy::$secrecy,
                meaning: $meaning,
            };
        )*

        pub(crate) const KEYS: &[&Key] = &[$($constant),*];
    };
}

keys! {
    CONFIG = "config", Text, NotInFile, Public, "configuration file";
    FORMAT = "format", Text, Anywhere, Public, "`text` or `json`";
    REPORT_DIR = "report-dir", Text, Anywhere, Public, "folder to write reports to, a file for each format";
    VERBOSE = "verbose", Switch, Anywhere, Public, "show every validation of every signature";
    QUIET = "quiet", Switch, Anywhere, Public, "show only what failed or is not plainly good";
    COLOR = "color", Text, Anywhere, Public, "`auto`, `always` or `never`";
    NO_PROGRESS = "no-progress", Switch, Anywhere, Public, "do not show progress";
    CI = "ci", Text, FlagOnly, Public, "CI system whose language is spoken, or `none`";
    IMAGES = "images", Whole, Anywhere, Public, "images, as registry references or OCI image layouts; separated by line breaks, commas or spaces";
    IMAGES_FROM = "images-from", List, Anywhere, Public, "files to read images from, `-` for standard input, or `ci` for what the CI system says";
    SHARD = "shard", Text, Anywhere, Public, "part of the images that this job takes: `K/N`, or `auto` for what the CI system says";
    DIGEST = "digest", Text, Anywhere, Public, "digest of the images that are named without one";
    USERNAME = "username", Text, Anywhere, Public, "user name for the images' registries";
    PASSWORD = "password", Text, NotInFile, Secret, "password, or identity token if there is no user name";
    PASSWORD_STDIN = "password-stdin", Switch, FlagOnly, Public, "read the password from standard input";
    PLAIN_HTTP = "plain-http", List, Weakening, Public, "hosts to use HTTP without TLS for";
    CA_FILE = "ca-file", Text, Weakening, Public, "additional certificate authorities that TLS trusts (PEM)";
    TIMEOUT = "timeout", Text, Anywhere, Public, "time limit for each request";
    CONCURRENCY = "concurrency", Text, Anywhere, Public, "number of images to process in parallel";
    PROFILE = "profile", List, Anywhere, Public, "AWS signing profile to sign with, or profiles that `verify` trusts: ARN, or `name@account/region`";
    AWS_ROOT = "aws-root", Text, WeakeningFlag, Public, "file of the roots to use instead of AWS Signer's (PEM)";
    KEY = "key", Text, Anywhere, Public, "private key to sign with (PEM): a file, or `env:NAME` for the variable that holds it";
    KEY_PASSWORD = "key-password", Text, NotInFile, Secret, "password of the key, if it is encrypted";
    KEY_PASSWORD_FILE = "key-password-file", Text, Anywhere, Public, "file with the password of the key";
    CERTIFICATE_CHAIN = "certificate-chain", Text, Anywhere, Public, "the key's certificate chain, leaf first (PEM): a file, or `env:NAME`";
    USER_METADATA = "user-metadata", Lines, Anywhere, Public, "`KEY=VALUE` metadata to include when signing, or to require when verifying";
    EXPIRY = "expiry", Text, Anywhere, Public, "how long the signature is valid";
    FORCE = "force", Switch, Anywhere, Public, "sign even if a matching signature exists";
    BEST_EFFORT = "best-effort", Switch, Weakening, Public, "end with 0 if an image cannot be signed because something is unavailable or denied";
    SIGNATURE_MANIFEST = "signature-manifest", Text, Anywhere, Public, "form of the signature manifest: `current` or `legacy`";
    POLICY = "policy", Text, Anywhere, Public, "trust policy file";
    TRUST_STORE = "trust-store", Text, Anywhere, Public, "folder of trust stores, the one that contains `x509`";
    ROOT = "root", List, Anywhere, Public, "files of trusted certificates (PEM or DER), without a policy file";
    IDENTITY = "identity", Lines, Anywhere, Public, "trusted identities, without a policy file";
    GATES = "gates", Text, Anywhere, Public, "file of gates, in place of a policy: who must have signed before a stage lets an image pass";
    STAGE = "stage", Text, Anywhere, Public, "stage of the gates";
    AS = "as", Text, Anywhere, Public, "signer of the gates as whom to approve";
    SCOPE = "scope", Text, Anywhere, Public, "registry scope used to select the policy statement for an OCI image layout";
    SKIP_REVOCATION = "skip-revocation", Switch, Weakening, Public, "do not check revocation";
    ALLOW_SKIP = "allow-skip", Switch, Weakening, Public, "let images pass unverified if their policy statement says `skip`";
    WAIT = "wait", Text, Anywhere, Public, "how long to wait for signatures that come later";
    MAX_SIGNATURES = "max-signatures", Text, Anywhere, Public, "maximum number of signatures to examine per image";
    ROLLBACK = "rollback", Text, Weakening, Public, "what `lambda` does when a deployment returns to a revision that is not verified: `verify` or `allow`";
    FILES = "files", Lines, Anywhere, Public, "deploy files whose images are pinned; `-` is standard input";
    KIND = "kind", Text, Anywhere, Public, "what the deploy files are, such as `kubernetes`";
    WRITE = "write", Switch, Anywhere, Public, "write digests into the deploy files";
    OUT = "out", Text, Anywhere, Public, "file to write the one deploy file to, with its digests; `-` is standard output";
    CHECK = "check", Switch, Anywhere, Public, "fail if an image of the deploy files has no digest";
    ALLOW_UNPINNED = "allow-unpinned", Lines, Weakening, Public, "exact texts in deploy files that may stay without a digest, and unverified";
    IAM = "iam", Switch, FlagOnly, Public, "print the IAM policies that are needed, and check nothing";
    REGION = "region", Text, Anywhere, Public, "AWS region to use where no ARN or ECR host gives one";
    ROLE_ARN = "role-arn", Text, Anywhere, Public, "AWS role to assume, with the job's OIDC token if there is one";
    OIDC_TOKEN_ENV = "oidc-token-env", Text, NotInFile, Public, "name of the variable with the OIDC token for the role";
    AWS_PROFILE = "aws-profile", Text, Anywhere, Public, "profile in the AWS configuration files";
    ENDPOINT_URL = "endpoint-url", Text, Weakening, Public, "endpoint to use instead of AWS's";
    CHECK_RUN = "check-run", Switch, Anywhere, Public, "show the result as a check run of the commit on GitHub";
    COMMIT_STATUS = "commit-status", Switch, Anywhere, Public, "show the result as a status of the commit on GitHub, Gitea or Forgejo";
    COMMENT = "comment", Switch, Anywhere, Public, "show the result as a comment on the pull request, which later runs update";
    GITHUB_TOKEN_ENV = "github-token-env", Text, NotInFile, Public, "name of the variable with the token for that";
    ON_FORK = "on-fork", Text, NotInFile, Public, "what to do for a pull request from a fork, which has nothing to sign with: `fail` or `skip`";
    ALLOW_CHECKOUT_TRUST = "allow-checkout-trust", Switch, Weakening, Public, "let files in the checkout of a pull request decide trust: gates, and if it comes from a fork any";
    IMAGEDEFINITIONS = "imagedefinitions", List, Anywhere, Public, "`CONTAINER=IMAGE` pairs: the images are verified with the rest, and `imagedefinitions.json` is written for ECS";
    IMAGE_DETAIL = "image-detail", Text, Anywhere, Public, "image that is verified with the rest, and written to `imageDetail.json` for CodeDeploy";
    DEPLOY_DIR = "deploy-dir", Text, Anywhere, Public, "folder for `imagedefinitions.json` and `imageDetail.json`";
    VSA_OUT = "vsa-out", Text, Anywhere, Public, "file to write a verification summary of each image to, as SLSA and in-toto define it";
    EXPORTS = "exports", Text, Anywhere, Public, "file to write the outputs to, as `export` lines for a shell";
}

/// The settings that name files which are read, besides lists of images.
pub(super) const READ: [&Key; 10] =
    [CONFIG, CA_FILE, AWS_ROOT, KEY, KEY_PASSWORD_FILE, CERTIFICATE_CHAIN, POLICY, TRUST_STORE, ROOT, GATES];

/// The settings that name images themselves.
pub(super) const NAMING: [&Key; 3] = [IMAGES, IMAGEDEFINITIONS, IMAGE_DETAIL];

/// The settings of what later steps deploy from.
pub(super) const DEPLOYMENT: [&Key; 5] = [IMAGEDEFINITIONS, IMAGE_DETAIL, DEPLOY_DIR, EXPORTS, VSA_OUT];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_kebab_case_and_unique() {
        let mut seen = BTreeSet::new();
        for key in KEYS {
            assert!(seen.insert(key.name), "{}", key.name);
            assert!(key.name.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase()), "{}", key.name);
        }
    }

    #[test]
    fn a_setting_has_the_same_word_everywhere() {
        assert_eq!(CERTIFICATE_CHAIN.variable().as_deref(), Some("SEALGATE_CERTIFICATE_CHAIN"));
        assert_eq!(
            CERTIFICATE_CHAIN.inputs(),
            ["INPUT_CERTIFICATE-CHAIN", "INPUT_CERTIFICATE_CHAIN", "PLUGIN_CERTIFICATE_CHAIN"]
        );
        assert_eq!(KEY.inputs(), ["INPUT_KEY", "PLUGIN_KEY"]);
        assert_eq!(PASSWORD_STDIN.variable(), None);
        assert!(PASSWORD_STDIN.inputs().is_empty());
    }

    #[test]
    fn what_weakens_a_check_or_is_secret_never_stands_in_the_file() {
        for (name, reach) in [
            ("plain-http", Reach::Weakening),
            ("ca-file", Reach::Weakening),
            ("allow-skip", Reach::Weakening),
            ("skip-revocation", Reach::Weakening),
            ("endpoint-url", Reach::Weakening),
            ("rollback", Reach::Weakening),
            ("allow-unpinned", Reach::Weakening),
            ("allow-checkout-trust", Reach::Weakening),
            ("on-fork", Reach::NotInFile),
            ("aws-root", Reach::WeakeningFlag),
            ("oidc-token-env", Reach::NotInFile),
            ("password", Reach::NotInFile),
            ("config", Reach::NotInFile),
        ] {
            let key = KEYS.iter().find(|key| key.name == name).unwrap();
            assert_eq!(key.reach, reach, "{name}");
        }
        for key in KEYS {
            assert!(key.secrecy == Secrecy::Public || key.reach != Reach::Anywhere, "{}", key.name);
        }
    }
}
