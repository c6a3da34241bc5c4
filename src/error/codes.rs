//! The index of errors: every code, how the process ends with it, and what it means.

use crate::exit_code::ExitCode;

/// One kind of failure.
#[derive(Debug)]
pub(crate) struct Code {
    /// Stable, kebab-case name.
    pub(crate) name: &'static str,
    pub(crate) exit: ExitCode,
    /// What it means, for the index in `docs/errors.md` and for reports.
    pub(crate) meaning: &'static str,
}

/// Writes the constants in [`code`] and the table `CODES` from one list.
macro_rules! codes {
    ($($constant:ident = $name:literal, $exit:ident, $meaning:literal;)*) => {
        pub(crate) mod code {
            use super::{Code, ExitCode};
            $(
                #[doc = $meaning]
                pub(crate) const $constant: &Code = &Code { name: $name, exit: ExitCode::$exit, meaning: $meaning };
            )*
        }

        /// All codes, in the order of the exit codes.
        pub(crate) const CODES: &[&Code] = &[$(code::$constant),*];
    };
}

codes! {
    INTERNAL = "internal", Internal, "sealgate reached a state that it should never be in";
    DEMO = "demo-failed", Internal, "a step of `sealgate demo` did not give the expected result";
    USAGE = "usage", Usage, "the command line is not valid";
    REFERENCE = "reference", Usage, "the name of an image is not valid";
    NO_IMAGES = "no-images", Usage, "no image was named, or one of the names is empty";
    NO_DIGEST = "no-digest", Usage, "a file that names the images to sign has a tag without a digest";
    HOOK_EVENT = "hook-event", Usage, "what a function was given is not an event of an ECS deployment lifecycle hook";
    CONFLICT = "conflict", Usage, "two settings cannot be combined, or a setting needs another one that is missing";
    INVALID_SETTING = "invalid-setting", Configuration, "the value of a flag, variable, CI input, or configuration file does not have the expected form";
    UNKNOWN_VARIABLE = "unknown-variable", Configuration, "an environment variable starts with `SEALGATE_`, but sealgate does not know it";
    NOT_UNICODE = "not-unicode", Configuration, "an environment variable that sealgate reads is not UTF-8";
    CONFIGURATION_FILE = "configuration-file", Configuration, "the file given by `--config` cannot be read, or has a syntax error or an unknown setting";
    WEAKENING_REFUSED = "weakening-refused", Configuration, "a setting that weakens a check was set through a CI input";
    SIGNING_KEY = "signing-key", Configuration, "the private key or the certificate chain to sign with cannot be used";
    FILE_EXISTS = "file-exists", Configuration, "a file to be written already exists";
    FILE = "file", Configuration, "a file or folder cannot be read or written, or is not of the expected type";
    TRUST_POLICY = "trust-policy", Configuration, "the trust policy is missing, malformed, or its two files differ";
    TRUST_STORE = "trust-store", Configuration, "a trust store is missing or contains something that is not a certificate";
    FOREIGN_FILE = "foreign-file", Configuration, "a file in the trust folder was not written by sealgate, or has changed since";
    GATES = "gates", Configuration, "the file of gates cannot be read, breaks a rule, or has no such stage or signer";
    DEPLOY_FILE = "deploy-file", Configuration, "a deploy file cannot be read, is of no known kind, or has no image";
    IMAGE_FIELD = "image-field", Configuration, "where a deploy file should name an image stands something that cannot be pinned, such as a variable or a number";
    NOT_PINNED = "not-pinned", Configuration, "an image of a deploy file has no digest, and `--check` was given";
    NO_STATEMENT = "no-statement", Configuration, "no statement of the trust policy applies to the image's repository";
    REGISTRY_ANSWER = "registry-answer", Configuration, "a registry refused a request, or requires something that sealgate does not do, such as a redirect to a weaker scheme";
    AWS_REFUSED = "aws-refused", Configuration, "AWS rejected a request as invalid, such as one for a signing profile that was canceled, or its answer cannot be read";
    TRUST_FROM_FORK = "trust-from-fork", Configuration, "a file that decides trust is in the checkout of a pull request from a fork, and `--allow-checkout-trust` was not given";
    GATES_FROM_PULL_REQUEST = "gates-from-pull-request", Configuration, "a file of gates, of roots for them, or of settings that say which gates or stage, is in the checkout of a pull request, and `--allow-checkout-trust` was not given";
    STALE_DEPLOY_FILE = "stale-deploy-file", Configuration, "a file for later steps to deploy from was there before the run and was removed, since the run did not end well; a warning, which does not change how the run ends";
    UNAVAILABLE = "unavailable", Unavailable, "a registry or AWS did not answer, or said to try again later";
    NOT_POSTED = "not-posted", Unavailable, "what was asked to be shown on GitHub, such as a comment, could not be; a warning, which does not change how the run ends";
    DENIED = "denied", Denied, "credentials are missing, or do not allow the request";
    FORK = "fork", Denied, "the pull request comes from a fork, for which nothing is signed";
    NOT_FOUND = "not-found", NotFound, "the image or the signing profile does not exist";
    REJECTED = "rejected", Rejected, "signatures exist, but none of them is acceptable";
    SKIP_REFUSED = "skip-refused", Rejected, "the policy statement says `skip`, so nothing was checked, and `--allow-skip` was not given, or the image is one to be deployed";
    LIMIT_REACHED = "limit-reached", Rejected, "none of the signatures that were examined is acceptable, and there are more, beyond the limit in number or in bytes";
    IMAGE_NOT_BOUND = "image-not-bound", Rejected, "it is not known which image a container of an ECS service runs, as with a tag that ECS has not resolved, or one that has moved since";
    CONTENT = "content", Rejected, "what a registry or image layout holds contradicts its digest, its size, its media type or itself";
    SIGNER_ANSWER = "signer-answer", Rejected, "what AWS Signer returned is not the requested signature; nothing was pushed";
    UNSIGNED = "unsigned", Unsigned, "the complete list of signatures is empty";
    GATE_UNMET = "gate-unmet", GateUnmet, "the image is signed by signers of the gates, but a requirement of the stage is not met";
    INTERRUPTED = "interrupted", Interrupted, "Ctrl-C was pressed before the run ended";
    TERMINATED = "terminated", Terminated, "the run was terminated (SIGTERM) before it ended";
}

/// What a code means.
pub(crate) fn meaning(name: &str) -> Option<&'static str> {
    CODES.iter().find(|code| code.name == name).map(|code| code.meaning)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_codes_are_kebab_case_and_unique() {
        let mut seen = BTreeSet::new();
        for code in CODES {
            assert!(seen.insert(code.name), "{} is there twice", code.name);
            assert!(
                code.name.split('-').all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase())),
                "{}",
                code.name
            );
            assert_ne!(code.exit, ExitCode::Success, "{}", code.name);
        }
    }

    #[test]
    fn the_readme_describes_each_code_and_no_other() {
        let expected: Vec<_> = CODES
            .iter()
            .map(|code| format!("| `{}` | {} | {} |", code.name, code.exit.number(), code.meaning))
            .collect();
        crate::readme::check_table("docs/errors.md", "## Errors", &expected);
    }
}
