//! The command that adds an approval.

use std::path::Path;

use crate::gate::{Gates, Requirement, STAGE, SignerTrust};
use crate::report::escape::shell_word;

/// What the command is made from.
#[derive(Clone, Copy, Debug)]
pub(super) struct ApprovalStep<'a> {
    pub(super) file: &'a Path,
    pub(super) gates: &'a Gates,
    /// The flags with which it reaches the registry.
    pub(super) reach: &'a str,
    /// The image, as a word of a command line.
    pub(super) image: &'a str,
}

impl ApprovalStep<'_> {
    /// The command with which a signer meets a requirement of a stage.
    pub(super) fn command(&self, stage: &str, asked: &Requirement, signer: usize) -> String {
        let Self { file, gates, reach, image } = self;
        // A requirement may ask for the approval of another stage.
        let named = asked.metadata.get(STAGE).filter(|named| gates.stage(named).is_some());
        let stage = named.map_or(stage, String::as_str);
        let more = asked.metadata.iter().filter(|(key, _)| *key != STAGE);
        let more: String =
            more.map(|(key, value)| format!(" --user-metadata {}", shell_word(&format!("{key}={value}")))).collect();
        format!(
            "sealgate approve --gates {} --stage {stage} --as {}{}{more} {reach}-- {image}",
            shell_word(&file.to_string_lossy()),
            gates.signer_name(signer),
            self.signs_with(signer),
        )
    }

    /// With what the signer signs, where the gates do not say it.
    fn signs_with(&self, signer: usize) -> String {
        match self.gates.signers.get(signer).map(|signer| &signer.trust) {
            Some(SignerTrust::Profiles(profiles)) => match profiles.as_slice() {
                [one] if one.profile().is_some() => String::new(),
                // Of several the first; what an alias stands for only AWS knows.
                all => match all.iter().find_map(|trusted| trusted.profile()) {
                    Some(profile) => format!(" --profile {}", profile.without_version()),
                    None => " --profile PROFILE".to_owned(),
                },
            },
            _ => " --key FILE --certificate-chain FILE".to_owned(),
        }
    }
}
