//! Settings of `trust install`. They are flags only: what is written outlives the job whose variables there are.

use std::path::PathBuf;

use super::aws;
use super::error::ConfigError;
use super::key;
use super::setting::Origin;
use super::settings::{TrustInstallSettings, Trusted};
use crate::cli::TrustInstallArgs;

/// Name of a statement about signing profiles unless someone says otherwise.
const PROFILES_NAME: &str = "aws-signer";

/// What was typed, as what is meant. The command line has either profiles or a root with name and identities.
pub(super) fn settings(args: TrustInstallArgs) -> Result<TrustInstallSettings, ConfigError> {
    let trusted = match args.root {
        Some(root) => Trusted::Root { root: PathBuf::from(root), identities: args.identity },
        None => Trusted::Profiles {
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
