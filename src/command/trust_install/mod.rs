//! `trust install`: trust stores and a trust policy that notation and sealgate read.
//!
//! What is to be written is in `wanted.rs`; whose files stay, and how they are written, in `command/trust_folder/`.

mod error;
mod policy;
mod store;
mod wanted;

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use notary::Timestamp;
use notary::certificate::Certificate;
use notary::trust_policy::{PolicyStatement, TrustPolicy};

use super::trust_folder::{Folder, folder_of, lost_certificate, lost_of_statement};
use super::{Done, trust_show};
use crate::config::TrustInstallSettings;
use crate::config::trust::POLICY_NAMES;
use crate::context::Context;
use crate::error::Error;
use crate::files::Existing;
use crate::report::{Findings, Report};

pub(crate) use self::error::TrustInstallError;
use self::wanted::Wanted;

/// Characters of a line in PEM (RFC 7468 section 2).
const PEM_LINE: usize = 64;

/// Writes the stores and the statement.
pub(super) fn run(settings: &TrustInstallSettings, context: &Context) -> Result<Done, Error> {
    let folder = folder_of(settings.folder.as_ref(), context)?;
    let report = install(settings, &folder, context.clock.now())?;
    Ok(Done::Report(Box::new(Report { weakened: context.weakened.clone(), ..report })))
}

/// Plans everything, then writes what is not there yet.
pub(super) fn install(
    settings: &TrustInstallSettings,
    folder: &Path,
    now: Timestamp,
) -> Result<Report, TrustInstallError> {
    let wanted = Wanted::of(settings)?;
    let mut folder = Folder::open(folder)?;
    let existing = if settings.force { Existing::Replace } else { Existing::Keep };
    let ours = folder.own_policy()?;
    let name = settings.name.as_str();
    let mut gone = Vec::new();
    let mut plan = Vec::new();
    for wanted in &wanted.stores {
        let subjects = store::certificates_that_go(&folder, wanted);
        gone.extend(subjects.map(|subject| lost_certificate(name, &subject)));
        store::check(&folder, wanted)?;
        plan.push(store::plan(&folder, wanted, pem(&wanted.certificates).into_bytes(), existing)?);
    }
    if let Some(old) = ours.as_ref().and_then(|ours| named(ours, name)) {
        gone.extend(lost_of_statement(old, named(&wanted.policy, name)));
    }
    let policy = policy::with(ours.as_ref(), &wanted.policy, name, &folder.path)?;
    for file in POLICY_NAMES {
        plan.push(folder.plan(file, policy.clone().into_bytes(), existing)?);
    }
    let mut told = trust_show::empty(&folder.path);
    folder.apply(plan, Vec::new(), now, &mut told)?;
    let mut warnings = trust_show::describe(&mut told, &folder.path, &wanted.aws_roots, now);
    warnings.extend(gone);
    Ok(Report { warnings, ..Report::of("trust install", Findings::TrustInstalled(told)) })
}

fn named<'a>(policy: &'a TrustPolicy, name: &str) -> Option<&'a PolicyStatement> {
    policy.statements().iter().find(|statement| statement.name() == name)
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
