//! The flags as a layer: what was typed, by name of the setting.

use std::collections::BTreeMap;

use clap::CommandFactory as _;

use super::key::{self, KEYS, Key};
use crate::cli::{
    AwsArgs, Cli, DoctorArgs, GlobalArgs, LookArgs, RegistryArgs, SignArgs, TrustArgs, TrustInstallArgs, TrustShowArgs,
    VerifyArgs,
};

/// The settings that a command has flags for, by the words of its name and in the order of the table.
pub(super) fn keys_of(name: &str) -> Vec<&'static Key> {
    let root = Cli::command();
    let named = name.split(' ').try_fold(&root, |command, word| command.find_subcommand(word));
    let ids: Vec<_> = named.into_iter().flat_map(clap::Command::get_arguments).map(clap::Arg::get_id).collect();
    let is_flag = |key: &&Key| ids.iter().any(|id| id.as_str().replace('_', "-") == key.name);
    KEYS.iter().copied().filter(is_flag).collect()
}

/// What was typed.
#[derive(Debug, Default)]
pub(super) struct Flags(BTreeMap<&'static str, Vec<String>>);

impl Flags {
    /// What was typed for a setting.
    pub(super) fn get(&self, key: &Key) -> Option<&[String]> {
        self.0.get(key.name).map(Vec::as_slice)
    }

    /// One text.
    fn text(&mut self, key: &Key, value: Option<&String>) {
        if let Some(value) = value {
            self.0.insert(key.name, vec![value.clone()]);
        }
    }

    /// A list.
    fn list(&mut self, key: &Key, values: &[String]) {
        if !values.is_empty() {
            self.0.insert(key.name, values.to_vec());
        }
    }

    /// A switch: it is there or nothing was said.
    fn switch(&mut self, key: &Key, value: bool) {
        if value {
            self.0.insert(key.name, vec!["true".to_owned()]);
        }
    }

    /// Flags of every command.
    pub(super) fn global(&mut self, args: &GlobalArgs) {
        self.text(key::FORMAT, args.format.as_ref());
        self.text(key::CONFIG, args.config.as_ref());
        self.switch(key::VERBOSE, args.verbose);
        self.text(key::COLOR, args.color.as_ref());
        self.switch(key::NO_PROGRESS, args.no_progress);
    }

    /// Flags about registries.
    fn registry(&mut self, args: &RegistryArgs) {
        self.text(key::USERNAME, args.username.as_ref());
        self.text(key::PASSWORD, args.password.as_ref());
        self.switch(key::PASSWORD_STDIN, args.password_stdin);
        self.list(key::PLAIN_HTTP, &args.plain_http);
        self.text(key::CA_FILE, args.ca_file.as_ref());
        self.text(key::TIMEOUT, args.timeout.as_ref());
        self.text(key::CONCURRENCY, args.concurrency.as_ref());
    }

    /// Flags about AWS.
    fn aws(&mut self, args: &AwsArgs) {
        self.text(key::REGION, args.region.as_ref());
        self.text(key::ROLE_ARN, args.role_arn.as_ref());
        self.text(key::OIDC_TOKEN_ENV, args.oidc_token_env.as_ref());
        self.text(key::AWS_PROFILE, args.aws_profile.as_ref());
        self.text(key::ENDPOINT_URL, args.endpoint_url.as_ref());
    }

    /// Flags of `sign`.
    pub(super) fn sign(&mut self, args: &SignArgs) {
        self.list(key::IMAGES, &args.images);
        self.list(key::PROFILE, &args.profile);
        self.text(key::AWS_ROOT, args.aws_root.as_ref());
        self.text(key::KEY, args.key.as_ref());
        self.text(key::CERTIFICATE_CHAIN, args.certificate_chain.as_ref());
        self.list(key::USER_METADATA, &args.user_metadata);
        self.text(key::EXPIRY, args.expiry.as_ref());
        self.switch(key::FORCE, args.force);
        self.text(key::SIGNATURE_MANIFEST, args.signature_manifest.as_ref());
        self.aws(&args.aws);
        self.registry(&args.registry);
    }

    /// Flags about whom to trust.
    fn trust(&mut self, args: &TrustArgs) {
        self.text(key::AWS_ROOT, args.aws_root.as_ref());
        self.text(key::POLICY, args.policy.as_ref());
        self.text(key::TRUST_STORE, args.trust_store.as_ref());
        self.list(key::ROOT, &args.root);
        self.list(key::IDENTITY, &args.identity);
    }

    /// Flags of `verify`.
    pub(super) fn verify(&mut self, args: &VerifyArgs) {
        self.list(key::IMAGES, &args.images);
        self.list(key::PROFILE, &args.profile);
        self.trust(&args.trust);
        self.switch(key::SKIP_REVOCATION, args.skip_revocation);
        self.text(key::SCOPE, args.scope.as_ref());
        self.list(key::USER_METADATA, &args.user_metadata);
        self.switch(key::ALLOW_SKIP, args.allow_skip);
        self.text(key::MAX_SIGNATURES, args.max_signatures.as_ref());
        self.aws(&args.aws);
        self.registry(&args.registry);
    }

    /// Flags of `doctor`.
    pub(super) fn doctor(&mut self, args: &DoctorArgs) {
        self.list(key::IMAGES, &args.images);
        self.list(key::PROFILE, &args.profile);
        self.switch(key::IAM, args.iam);
        self.trust(&args.trust);
        self.aws(&args.aws);
        self.registry(&args.registry);
    }

    /// Flags of `trust install` that are settings of other commands too.
    pub(super) fn trust_install(&mut self, args: &TrustInstallArgs) {
        self.text(key::AWS_ROOT, args.aws_root.as_ref());
    }

    /// Flags of `trust show` that are settings of other commands too.
    pub(super) fn trust_show(&mut self, args: &TrustShowArgs) {
        self.text(key::AWS_ROOT, args.aws_root.as_ref());
    }

    /// Flags of `list` and `inspect`.
    pub(super) fn look(&mut self, args: &LookArgs) {
        self.list(key::IMAGES, &args.images);
        self.text(key::MAX_SIGNATURES, args.max_signatures.as_ref());
        self.aws(&args.aws);
        self.registry(&args.registry);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::{ArgAction, Parser as _};

    use super::*;
    use crate::cli::Command;
    use crate::config::key::Shape;

    /// The commands whose flags are settings, and the global flags.
    const COMMANDS: [&str; 5] = ["sign", "verify", "list", "inspect", "doctor"];

    /// The layer of one command line.
    fn flags(words: &[&str]) -> Flags {
        let cli = Cli::try_parse_from(words).unwrap();
        let mut flags = Flags::default();
        flags.global(&cli.global);
        match &cli.command {
            Command::Sign(args) => flags.sign(args),
            Command::Verify(args) => flags.verify(args),
            Command::Doctor(args) => flags.doctor(args),
            Command::List(args) | Command::Inspect(args) => flags.look(args),
            other => panic!("{other:?}"),
        }
        flags
    }

    #[test]
    fn each_flag_is_a_setting_of_the_same_name_and_shape_and_reaches_it() {
        let mut cli = Cli::command();
        cli.build();
        let mut reached = BTreeSet::new();
        for name in COMMANDS {
            let command = cli.find_subcommand(name).unwrap();
            for argument in command.get_arguments() {
                let id = argument.get_id().as_str();
                if id == "help" || id == "version" {
                    continue;
                }
                let word = id.replace('_', "-");
                let key = KEYS.iter().find(|key| key.name == word).unwrap_or_else(|| panic!("{name}: --{word}"));
                let is_switch = matches!(argument.get_action(), ArgAction::SetTrue);
                assert_eq!(is_switch, key.shape == Shape::Switch, "{name}: --{word}");
                let is_list = matches!(argument.get_action(), ArgAction::Append);
                assert_eq!(is_list, matches!(key.shape, Shape::List | Shape::Lines), "{name}: --{word}");
                let value =
                    argument.get_possible_values().first().map_or("v".to_owned(), |value| value.get_name().to_owned());
                let flag = format!("--{word}");
                let words = match (argument.is_positional(), is_switch) {
                    (true, _) => vec!["sealgate", name, "v"],
                    (false, true) => vec!["sealgate", name, &flag],
                    (false, false) => vec!["sealgate", name, &flag, &value],
                };
                let expected = if is_switch {
                    "true"
                } else if argument.is_positional() {
                    "v"
                } else {
                    &value
                };
                assert_eq!(flags(&words).get(key), Some(&[expected.to_owned()][..]), "{words:?}");
                assert_eq!(flags(&["sealgate", name]).get(key), None, "{name}: --{word} is there without being given");
                reached.insert(key.name);
            }
        }
        let all: BTreeSet<_> = KEYS.iter().map(|key| key.name).collect();
        assert_eq!(reached, all, "each setting has a flag");
    }
}
