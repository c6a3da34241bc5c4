//! What a file of gates says, once it was checked.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use notary::certificate::Certificate;
use notary::extension::aws_signer::TrustedProfile;

/// A file of gates that holds all rules.
#[derive(Clone, Debug)]
pub(crate) struct Gates {
    /// SHA-256 of the file, lower-case hex.
    pub(crate) sha256: String,
    /// The files of roots, as it names them.
    pub(super) root_files: Vec<String>,
    /// Those who sign, in the order of the file; never empty.
    pub(crate) signers: Vec<Signer>,
    /// The stages, in the order of the file; never empty.
    pub(crate) stages: Vec<Stage>,
}

/// Somebody who signs. Whatever keys they use, they count once.
#[derive(Clone, Debug)]
pub(crate) struct Signer {
    pub(crate) name: String,
    pub(crate) trust: SignerTrust,
    /// Line and column in the file, counted from 1.
    pub(crate) place: (usize, usize),
}

/// By what a signer's signatures are recognized.
#[derive(Clone, Debug)]
pub(crate) enum SignerTrust {
    /// Signing profiles of AWS Signer, or their aliases; never empty.
    Profiles(Vec<TrustedProfile>),
    /// Certificates.
    Certificates {
        /// Trust anchors; never empty.
        roots: Vec<Certificate>,
        /// Trusted identities, as a trust policy has them; never empty.
        identities: Vec<String>,
    },
}

/// A stage of a pipeline.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub(crate) name: String,
    /// What must be there; never empty.
    pub(crate) require: Vec<Requirement>,
    /// The stages that must be met as well.
    pub(crate) after: Vec<usize>,
    /// Where it asks that every manifest that the image's index lists is there (`children: all`), if it does: line and column in
    /// the file, counted from 1.
    pub(crate) all_children: Option<(usize, usize)>,
}

/// Something that must be there.
#[derive(Clone, Debug)]
pub(crate) struct Requirement {
    /// How many of the signers must have signed: from 1 to as many as there are.
    pub(crate) least: usize,
    /// The signers, each once, by their position among [`Gates::signers`].
    pub(crate) of: Vec<usize>,
    /// What their signatures must say.
    pub(crate) metadata: BTreeMap<String, String>,
    /// How old their signatures may be.
    pub(crate) max_age: Option<Duration>,
    /// Line and column in the file, counted from 1.
    pub(crate) place: (usize, usize),
}

impl Gates {
    /// The stage of this name, by its position.
    pub(crate) fn stage(&self, name: &str) -> Option<usize> {
        self.stages.iter().position(|stage| stage.name == name)
    }

    /// The signer of this name, by its position.
    pub(crate) fn signer(&self, name: &str) -> Option<usize> {
        self.signers.iter().position(|signer| signer.name == name)
    }

    /// A stage, behind all stages that must be met before it, each once.
    pub(crate) fn up_to(&self, stage: usize) -> Vec<usize> {
        let mut order = Vec::new();
        // What is left to look at, and whether the stages before it were looked at. No deeper than the file is long.
        let mut left = vec![(stage, false)];
        let mut entered = BTreeSet::new();
        while let Some((position, is_left)) = left.pop() {
            let Some(stage) = self.stages.get(position) else { continue };
            if is_left {
                order.push(position);
            } else if entered.insert(position) {
                left.push((position, true));
                left.extend(stage.after.iter().rev().map(|before| (*before, false)));
            }
        }
        order
    }

    /// The stages that must be met before a stage is approved, those before them included.
    pub(crate) fn before(&self, stage: usize) -> Vec<usize> {
        self.up_to(stage).into_iter().filter(|position| *position != stage).collect()
    }

    /// Whether one of the stages asks for all children.
    pub(crate) fn ask_for_children(&self, stages: &[usize]) -> bool {
        stages.iter().filter_map(|stage| self.stages.get(*stage)).any(|stage| stage.all_children.is_some())
    }

    /// The files of roots, as the file of gates names them.
    pub(crate) fn root_files(&self) -> &[String] {
        &self.root_files
    }

    /// The name of a signer.
    pub(crate) fn signer_name(&self, position: usize) -> &str {
        self.signers.get(position).map_or("", |signer| &signer.name)
    }
}

impl Requirement {
    /// What it asks for, in a few words: `ci`, `1 of anna, ben, with stage=test, not older than 30d`.
    pub(crate) fn words(&self, gates: &Gates) -> String {
        let names: Vec<_> = self.of.iter().map(|signer| gates.signer_name(*signer)).collect();
        let mut words = match names.as_slice() {
            [name] => (*name).to_owned(),
            names => format!("{} of {}", self.least, names.join(", ")),
        };
        let metadata: Vec<_> = self.metadata.iter().map(|(key, value)| format!("{key}={value}")).collect();
        if !metadata.is_empty() {
            words.push_str(&format!(", with {}", metadata.join(" and ")));
        }
        if let Some(max_age) = self.max_age {
            words.push_str(&format!(", not older than {}", crate::duration::words(max_age)));
        }
        words
    }
}
