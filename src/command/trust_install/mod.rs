//! `trust install`: trust stores and a trust policy that notation and sealgate read.
//!
//! What was written is recorded in `sealgate-trust.json` next to the policy, by digest: a file whose digest is
//! there is ours and may be written again; any other is the user's. It is next to the policy and not in a store,
//! where any further file would break the store.

mod error;
mod folder;
mod wanted;

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use notary::Timestamp;
use notary::certificate::Certificate;
use notary::trust_policy::{PolicyStatement, TrustPolicy};

use super::{Done, trust_show};
use crate::config::TrustInstallSettings;
use crate::config::notation_folder::notation_folder;
use crate::config::trust::POLICY_NAMES;
use crate::context::Context;
use crate::error::Error;
use crate::files::Existing;
use crate::report::{Findings, Reason, Report};

use self::error::RecordError;
pub(crate) use self::error::TrustInstallError;
use self::folder::Folder;
use self::wanted::Wanted;

/// Characters of a line in PEM (RFC 7468 section 2).
const PEM_LINE: usize = 64;

/// Writes the stores and the statement.
pub(super) fn run(settings: &TrustInstallSettings, context: &Context) -> Result<Done, Error> {
    let folder = match &settings.folder {
        Some(folder) => folder.clone(),
        None => notation_folder(&context.environment)?,
    };
    let report = install(settings, &folder, context.clock.now())?;
    Ok(Done::Report(Box::new(Report { weakened: context.weakened.clone(), ..report })))
}

/// Plans everything, then writes what is not there yet.
fn install(settings: &TrustInstallSettings, folder: &Path, now: Timestamp) -> Result<Report, TrustInstallError> {
    let wanted = Wanted::of(settings)?;
    let mut folder = Folder::open(folder)?;
    let existing = if settings.force { Existing::Replace } else { Existing::Keep };
    let ours = folder.own_policy()?;
    let mut gone = Vec::new();
    let mut plan = Vec::new();
    for store in &wanted.stores {
        gone.extend(
            folder.certificates_that_go(store).map(|subject| no_longer(&settings.name, "certificate", &subject)),
        );
        folder.check_store(store)?;
        plan.push(folder.plan_store(store, pem(&store.certificates).into_bytes(), existing)?);
    }
    gone.extend(ours.as_ref().into_iter().flat_map(|ours| what_goes(ours, &wanted.policy, &settings.name)));
    let policy = folder.policy_with(ours.as_ref(), &wanted.policy, &settings.name)?;
    for name in POLICY_NAMES {
        plan.push(folder.plan(name, policy.clone().into_bytes(), existing)?);
    }
    let mut told = trust_show::empty(&folder.path);
    folder.apply(plan, now, &mut told.written, &mut told.backups)?;
    let mut warnings = trust_show::describe(&mut told, &folder.path, &wanted.aws_roots, now);
    warnings.extend(gone);
    Ok(Report { warnings, ..Report::of("trust install", Findings::TrustInstalled(told)) })
}

/// What the statement of this name trusted, and the new one does not.
fn what_goes(ours: &TrustPolicy, new: &TrustPolicy, name: &str) -> Vec<Reason> {
    let (Some(old), Some(new)) = (named(ours, name), named(new, name)) else { return Vec::new() };
    let (identities, scopes) = (identities(new), new.scopes().texts());
    let lost =
        self::identities(old).into_iter().filter(|identity| !identities.contains(identity) && !is_all(&identities));
    let left = old.scopes().texts().into_iter().filter(|scope| !scopes.contains(scope) && !is_all(&scopes));
    let lost = lost.map(|identity| no_longer(name, "identity", &identity));
    let left = left.map(|scope| {
        let scope = if is_all(std::slice::from_ref(&scope)) { "all repositories" } else { scope.as_str() };
        Reason::new("no-longer-trusted", format!("statement {name} is no longer for {scope}"))
    });
    lost.chain(left).collect()
}

fn named<'a>(policy: &'a TrustPolicy, name: &str) -> Option<&'a PolicyStatement> {
    policy.statements().iter().find(|statement| statement.name() == name)
}

fn identities(statement: &PolicyStatement) -> Vec<String> {
    statement.trusted_identities().iter().map(|identity| identity.text().to_owned()).collect()
}

/// Whether a list of a statement has the word for everything.
fn is_all(texts: &[String]) -> bool {
    texts.iter().any(|text| text == "*")
}

fn no_longer(name: &str, kind: &str, what: &str) -> Reason {
    Reason::new("no-longer-trusted", format!("no longer trusted by statement {name}: {kind} {what}"))
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
