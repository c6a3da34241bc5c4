//! `trust install`: a trust store and a trust policy that notation and sealgate read.
//!
//! What was written is remembered in `sealgate-trust.json` beside the policy, by digest: a file whose digest stands
//! there is ours and may be written again; any other is someone's. It stands beside the policy and not in a store,
//! where any further file would break the store.

mod error;
mod folder;

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use notary::Timestamp;
use notary::certificate::Certificate;
use notary::trust_policy::TrustPolicy;
use notary::trust_store::{TrustStore, TrustStoreName, TrustStoreType};

use super::write::Existing;
use super::{Done, trust_show};
use crate::cli::TrustInstallArgs;
use crate::config::notation_folder::notation_folder;
use crate::config::trust::{self, POLICY_NAMES, TRUST_STORE_FOLDER, X509_FOLDER};
use crate::context::Context;
use crate::error::Error;
use crate::report::Report;

pub(crate) use self::error::TrustInstallError;
use self::folder::Folder;

/// Characters of a line in PEM (RFC 7468 section 2).
const PEM_LINE: usize = 64;

/// Writes the store and the statement.
pub(super) fn run(args: &TrustInstallArgs, context: &Context) -> Result<Done, Error> {
    let folder = match &args.dir {
        Some(folder) => PathBuf::from(folder),
        None => notation_folder(&context.environment)?,
    };
    Ok(install(args, &folder, context.now)?)
}

/// Plans everything, then writes what is not there yet.
fn install(args: &TrustInstallArgs, folder: &Path, now: Timestamp) -> Result<Done, TrustInstallError> {
    let store = TrustStoreName::new(TrustStoreType::Ca, &args.name)
        .map_err(|source| TrustInstallError::Name { name: args.name.clone(), source })?;
    let anchors = anchors(Path::new(&args.root), &store)?;
    let mut folder = Folder::open(folder)?;
    let store_file = format!("{TRUST_STORE_FOLDER}/{X509_FOLDER}/ca/{0}/{0}.crt", args.name);
    folder.check_store(&store_file)?;
    let policy = folder.policy_with(&statement(args, &store)?, &args.name)?;
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    let mut plan = vec![folder.plan(&store_file, pem(&anchors).into_bytes(), existing)?];
    for name in POLICY_NAMES {
        plan.push(folder.plan(name, policy.clone().into_bytes(), existing)?);
    }
    let mut report = Report::new("trust install");
    let mut told = trust_show::empty(&folder.path);
    folder.apply(plan, now, &mut told.written, &mut told.backups)?;
    report.trust = Some(told);
    trust_show::describe(&mut report, &folder.path, now);
    Ok(Done::Report(Box::new(report)))
}

/// The certificates, if a store may hold them.
fn anchors(path: &Path, store: &TrustStoreName) -> Result<Vec<Certificate>, TrustInstallError> {
    let certificates = trust::read_root(path)?;
    let anchor = |source| TrustInstallError::Anchor { path: path.to_owned(), source };
    Ok(TrustStore::new(store.clone(), certificates).map_err(anchor)?.certificates().to_vec())
}

/// The new statement in a policy of its own: strict, for the scopes that were given or for all.
fn statement(args: &TrustInstallArgs, store: &TrustStoreName) -> Result<TrustPolicy, TrustInstallError> {
    let all = ["*".to_owned()];
    let scopes = if args.scope.is_empty() { &all[..] } else { &args.scope };
    TrustPolicy::strict(&args.name, scopes, std::slice::from_ref(store), &args.identity)
        .map_err(TrustInstallError::Policy)
}

/// Certificates as PEM, and nothing else.
fn pem(certificates: &[Certificate]) -> String {
    let mut text = String::new();
    for certificate in certificates {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let base64 = STANDARD.encode(certificate.der());
        let mut rest = base64.as_str();
        while let Some((line, after)) = rest.split_at_checked(PEM_LINE) {
            text.push_str(line);
            text.push('\n');
            rest = after;
        }
        if !rest.is_empty() {
            text.push_str(rest);
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}

#[cfg(test)]
mod tests;
