//! `trust install`: its flags, and what they mean. They are flags only: what is written outlives the job whose variables there are.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args};
use notary::extension::aws_signer::TrustedProfile;

use super::aws;
use super::error::ConfigError;
use super::key;
use super::setting::Origin;

/// Default name of a statement about signing profiles.
const PROFILES_NAME: &str = "aws-signer";

/// Flags of `trust install`.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("trusted").args(["profile", "root"]).required(true),
    after_help = "\
Examples:
  sealgate trust install --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release
  sealgate trust install --profile release@111122223333/us-west-2 --dir trust \\
      --scope 111122223333.dkr.ecr.us-west-2.amazonaws.com/app
  sealgate trust install --root acme-ca.crt --name acme \\
      --identity 'x509.subject: C=US, ST=WA, O=Acme'

Writes trustpolicy.json and trustpolicy.oci.json with the same content, the trust store in
truststore/x509, and sealgate-trust.json, which records what was written. The trust store is
signingAuthority/aws-signer-ts with the AWS root, as in AWS's own installer, or ca/NAME for --root.
Files that sealgate did not write, or that have changed since, are replaced only with --force, and
a copy is kept. Running the same command again changes nothing."
)]
pub(crate) struct TrustInstallArgs {
    /// AWS signing profile to trust, with the AWS root built into sealgate: its ARN (append /VERSION for that version
    /// only), or NAME@ACCOUNT/REGION. Repeatable.
    #[arg(long, value_name = "PROFILE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) profile: Vec<String>,
    /// Root for --profile if sealgate has no AWS root for it, or for tests (PEM or DER). Marked NOT AN AWS ROOT.
    #[arg(long, value_name = "FILE", conflicts_with = "root", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) aws_root: Option<String>,
    /// Trusted certificates (PEM or DER), instead of --profile. Needs --name and --identity. Repeatable.
    #[arg(long, value_name = "FILE", requires_all = ["name", "identity"], value_parser = NonEmptyStringValueParser::new())]
    pub(crate) root: Vec<String>,
    /// Trusted identity for --root: `x509.subject: C=…, ST=…, O=…`, or `*` for every signer the root vouches for. Repeatable.
    #[arg(long, value_name = "IDENTITY", conflicts_with = "profile", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) identity: Vec<String>,
    /// Name of the policy statement, and of the trust store for --root. Replaces a statement with the same name [default:
    /// aws-signer, for --profile].
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) name: Option<String>,
    /// Repository that the statement applies to, such as `registry.example/app` [default: all]. Repeatable.
    #[arg(long, value_name = "REPOSITORY", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) scope: Vec<String>,
    /// Folder to write to [default: notation's configuration folder].
    #[arg(long, value_name = "DIR", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) dir: Option<String>,
    /// Take certificates from the checkout of a pull request from a fork, whose author may have written them.
    #[arg(long)]
    pub(crate) allow_checkout_trust: bool,
    /// Replace files that sealgate did not write, and keep copies of them.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug)]
pub(crate) struct TrustInstallSettings {
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

#[derive(Debug)]
pub(crate) enum Trusted {
    /// Identities whose chains end in given root certificates.
    Roots {
        /// Files of the certificates, at least one.
        roots: Vec<PathBuf>,
        /// Never empty.
        identities: Vec<String>,
    },
    Profiles {
        /// Never empty.
        profiles: Vec<TrustedProfile>,
        /// File of the roots that replace AWS's.
        aws_root: Option<PathBuf>,
    },
}

/// What was typed, as what is meant. The command line has either profiles or a root with name and identities.
pub(crate) fn settings(args: TrustInstallArgs) -> Result<TrustInstallSettings, ConfigError> {
    let trusted = match args.root.as_slice() {
        roots @ [_, ..] => {
            Trusted::Roots { roots: roots.iter().map(PathBuf::from).collect(), identities: args.identity }
        }
        [] => Trusted::Profiles {
            profiles: aws::parse_profiles(&args.profile, &Origin::Flag(key::PROFILE.name))?,
            aws_root: args.aws_root.map(PathBuf::from),
        },
    };
    Ok(TrustInstallSettings {
        trusted,
        name: args.name.unwrap_or_else(|| PROFILES_NAME.to_owned()),
        scopes: args.scope,
        folder: args.dir.map(PathBuf::from),
        force: args.force,
    })
}
