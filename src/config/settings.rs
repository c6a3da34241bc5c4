//! What is meant: the settings of each command, resolved.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use notary::extension::aws_signer::SigningProfileArn;
use notary::signature_manifest::ManifestForm;

use super::notation_folder::NotationFolderError;
use super::output::Output;
use super::parts::RevocationCheck;
use super::registry::RegistrySettings;
use super::setting::Setting;
use crate::aws::AwsSettings;
use crate::cli::{CompletionsArgs, DemoArgs, HelpArgs, KeyGenerateArgs, TrustShowArgs};
use crate::report::Weakening;

/// Everything that a run needs to know.
#[derive(Debug)]
pub(crate) struct Config {
    /// How results are shown.
    pub(crate) output: Output,
    /// What to do.
    pub(crate) task: Task,
    /// Settings in force that weaken a check.
    pub(crate) weakened: Vec<Weakening>,
}

/// What to do, with its settings.
#[derive(Debug)]
pub(crate) enum Task {
    /// `sign`.
    Sign(SignSettings),
    /// `verify`.
    Verify(VerifySettings),
    /// `list`.
    List(LookSettings),
    /// `inspect`.
    Inspect(LookSettings),
    /// `doctor`.
    Doctor(Box<DoctorSettings>),
    /// `doctor --iam`.
    DoctorIam(IamSettings),
    /// `trust install`.
    TrustInstall(TrustInstallSettings),
    /// `trust show`.
    TrustShow(TrustShowArgs),
    /// `key generate`.
    KeyGenerate(KeyGenerateArgs),
    /// `demo`.
    Demo(DemoArgs),
    /// `completions`.
    Completions(CompletionsArgs),
    /// `help`.
    Help(HelpArgs),
    /// `version`.
    Version,
}

impl Task {
    /// Whether registries or AWS are asked.
    pub(crate) const fn uses_network(&self) -> bool {
        matches!(self, Self::Sign(_) | Self::Verify(_) | Self::List(_) | Self::Inspect(_) | Self::Doctor(_))
    }

    /// How AWS is asked, where it may be.
    pub(crate) fn aws(&self) -> Option<&AwsSettings> {
        match self {
            Self::Sign(settings) => Some(&settings.aws),
            Self::Verify(settings) => Some(&settings.aws),
            Self::List(settings) | Self::Inspect(settings) => Some(&settings.aws),
            Self::Doctor(settings) => Some(&settings.aws),
            _ => None,
        }
    }
}

/// Settings of `sign`.
#[derive(Debug)]
pub(crate) struct SignSettings {
    /// What to sign; never empty.
    pub(crate) images: Vec<String>,
    /// Who signs.
    pub(crate) signer: SignerSettings,
    /// What is signed along.
    pub(crate) user_metadata: BTreeMap<String, String>,
    /// Whether an image with a fitting signature is signed again.
    pub(crate) again: SignAgain,
    /// Form of the signature manifest.
    pub(crate) signature_manifest: ManifestForm,
    /// How AWS is asked.
    pub(crate) aws: AwsSettings,
    /// How registries are asked.
    pub(crate) registry: RegistrySettings,
}

/// Who signs.
#[derive(Debug)]
pub(crate) enum SignerSettings {
    /// A key in a file.
    LocalKey {
        /// File of the private key.
        key: Setting<PathBuf>,
        /// File of the certificate chain, leaf first.
        certificate_chain: Setting<PathBuf>,
        /// How long the signature is valid, in whole seconds; `None` without end.
        expiry: Option<Duration>,
    },
    /// A signing profile of AWS Signer, which decides itself how long signatures are valid.
    SigningProfile {
        /// The profile.
        profile: Setting<SigningProfileArn>,
        /// File of the roots that stand in place of AWS's.
        aws_root: Option<Setting<PathBuf>>,
    },
}

/// Whether an image with a fitting signature is signed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignAgain {
    /// Only where no fitting signature is there.
    WhenNeeded,
    /// Always (`--force`).
    Always,
}

/// Settings of `verify`.
#[derive(Debug)]
pub(crate) struct VerifySettings {
    /// What to verify; never empty.
    pub(crate) images: Vec<String>,
    /// Whom to trust.
    pub(crate) trust: TrustSource,
    /// Registry scope that selects the statement for an OCI image layout.
    pub(crate) scope: Option<Setting<String>>,
    /// Metadata that a signature must carry.
    pub(crate) user_metadata: BTreeMap<String, String>,
    /// What happens to an image whose statement says `skip`.
    pub(crate) skip: SkipStatements,
    /// Signatures of one image that are looked at; at least 1.
    pub(crate) max_signatures: usize,
    /// File of the roots that stand in place of AWS's.
    pub(crate) aws_root: Option<Setting<PathBuf>>,
    /// Whether revocation is asked for.
    pub(crate) revocation: RevocationCheck,
    /// How AWS is asked.
    pub(crate) aws: AwsSettings,
    /// How registries are asked.
    pub(crate) registry: RegistrySettings,
}

/// What happens to an image whose policy statement has the level `skip`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SkipStatements {
    /// It is refused: nothing was checked.
    Refuse,
    /// It passes, and the report says that it was not verified (`--allow-skip`).
    Allow,
}

/// Whom to trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TrustSource {
    /// A folder with notation's layout.
    Folder(PathBuf),
    /// A policy file and a folder of trust stores.
    Files {
        /// The policy.
        policy: Setting<PathBuf>,
        /// The folder that holds `x509`.
        trust_store: Setting<PathBuf>,
    },
    /// A policy in memory that enforces everything, for signing profiles of AWS Signer.
    Profiles(Setting<Vec<SigningProfileArn>>),
    /// A policy in memory that enforces everything.
    InMemory {
        /// Files of trusted certificates; never empty.
        roots: Setting<Vec<PathBuf>>,
        /// Trusted identities; never empty.
        identities: Setting<Vec<String>>,
    },
}

/// Settings of `list` and `inspect`.
#[derive(Debug)]
pub(crate) struct LookSettings {
    /// What to look at; never empty.
    pub(crate) images: Vec<String>,
    /// Signatures of one image that are looked at; at least 1.
    pub(crate) max_signatures: usize,
    /// How AWS is asked.
    pub(crate) aws: AwsSettings,
    /// How registries are asked.
    pub(crate) registry: RegistrySettings,
}

/// Settings of `doctor`.
#[derive(Debug)]
pub(crate) struct DoctorSettings {
    /// Images whose registries are checked.
    pub(crate) images: Vec<String>,
    /// Signing profiles that are checked.
    pub(crate) profiles: Vec<SigningProfileArn>,
    /// Whom `verify` trusts; the error where not even a folder to look in is known.
    pub(crate) trust: Result<TrustSource, NotationFolderError>,
    /// File of the roots that stand in place of AWS's.
    pub(crate) aws_root: Option<Setting<PathBuf>>,
    /// Whether revocation is asked for.
    pub(crate) revocation: RevocationCheck,
    /// How AWS is asked.
    pub(crate) aws: AwsSettings,
    /// How registries are asked.
    pub(crate) registry: RegistrySettings,
}

/// Settings of `doctor --iam`: what is known of what the policies are about.
#[derive(Debug)]
pub(crate) struct IamSettings {
    /// Images that are signed and verified.
    pub(crate) images: Vec<String>,
    /// Signing profiles that sign and are trusted.
    pub(crate) profiles: Vec<SigningProfileArn>,
    /// ARN of the role of the job.
    pub(crate) role_arn: Option<String>,
    /// Region for what has none of its own.
    pub(crate) region: Option<String>,
}

/// Settings of `trust install`.
#[derive(Debug)]
pub(crate) struct TrustInstallSettings {
    /// Whom to trust.
    pub(crate) trusted: Trusted,
    /// Name of the statement.
    pub(crate) name: String,
    /// Repositories that the statement is for; empty for all.
    pub(crate) scopes: Vec<String>,
    /// Folder to write to; `None` for notation's.
    pub(crate) folder: Option<PathBuf>,
    /// Whether files go that sealgate did not write.
    pub(crate) force: bool,
}

/// Whom `trust install` makes trusted.
#[derive(Debug)]
pub(crate) enum Trusted {
    /// Identities below certificates.
    Root {
        /// File of the certificates.
        root: PathBuf,
        /// Trusted identities; never empty.
        identities: Vec<String>,
    },
    /// Signing profiles of AWS Signer.
    Profiles {
        /// The profiles; never empty.
        profiles: Vec<SigningProfileArn>,
        /// File of the roots that stand in place of AWS's.
        aws_root: Option<PathBuf>,
    },
}
