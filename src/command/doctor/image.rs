//! An image: whether its registry answers, with which credential, what it allows, and how signatures are listed there.
//! Nothing is ever changed: no upload is opened to see whether one may be.

use std::time::Duration;

use notary::digest::Digest;

use super::check::{About, Weight, within};
use crate::aws::facts::EcrHost;
use crate::aws::facts::denial::Denial;
use crate::aws::facts::endpoint::partition_of;
use crate::error::Error;
use crate::reference::{Reference, ReferenceError};
use crate::registry::credentials::CredentialSource;
use crate::registry::{
    Access, Authorization, Authorized, Listing, Mechanism, Registries, RegistryError, Resolved, Source,
};
use crate::report::{Area, CheckReport, DenialReport, IamStatement};

/// What pushing a signature to ECR needs (ECR User Guide, "Pushing an image").
pub(super) const ECR_PUSH: [&str; 5] = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
];

/// What reading images and signatures from ECR needs; the referrers API counts as `ecr:BatchGetImage`.
pub(super) const ECR_PULL: [&str; 2] = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

/// Checks one image. Each request has its own time limit.
pub(super) async fn check(registries: &Registries, reference: &Reference, limit: Duration) -> Vec<CheckReport> {
    let about = About::subject(Area::Image, reference.to_string());
    let source = match registries.open(reference, Access::Pull) {
        Ok(source) => source,
        Err(error) => return vec![about.error("registry", &error.into(), Weight::Needed)],
    };
    let resolved = match within(limit, source.resolve(reference)).await {
        Ok(Ok(resolved)) => resolved,
        Ok(Err(error)) => return refused(&about, reference, &source, error),
        Err(late) => return with_rest(&about, reference, vec![about.error("registry", &late, Weight::Needed)]),
    };
    let digest = &resolved.descriptor.digest;
    let (listing, push) =
        tokio::join!(within(limit, source.signatures(digest)), push(registries, &about, reference, digest, limit));
    let mut checks = reached(&about, reference, &source);
    checks.extend(found(&about, &resolved, &source));
    checks.extend(push);
    checks.push(match listing {
        Ok(Ok(listing)) => signatures(&about, &listing),
        Ok(Err(error)) => of_registry(&about, "signatures", error, Weight::Needed),
        Err(late) => about.error("signatures", &late, Weight::Needed),
    });
    checks
}

/// A name that is none of an image.
pub(super) fn unnamed(error: &ReferenceError) -> CheckReport {
    About::area(Area::Image).error("name", &Error::references(std::slice::from_ref(error)), Weight::Needed)
}

/// An image whose registry cannot be asked as `sign` and `verify` would.
pub(super) fn unreachable(reference: &Reference, why: &str) -> CheckReport {
    About::subject(Area::Image, reference.to_string()).not_checked("registry", why)
}

/// The registry answers, with a credential or without.
fn reached(about: &About, reference: &Reference, source: &Source) -> Vec<CheckReport> {
    let (Some(host), Some(authorization)) = (reference.host(), source.authorization()) else { return Vec::new() };
    let credential = match &authorization.authorized {
        Authorized::Nothing => "none was required".to_owned(),
        Authorized::Token(_) if authorization.credential == CredentialSource::Anonymous => {
            "none: the registry issued an anonymous token".to_owned()
        }
        Authorized::AsGiven | Authorized::Token(_) => authorization.credential.to_string(),
    };
    vec![about.ok("registry", format!("{host} answers")), about.ok("credential", credential)]
}

/// The checks of an image that exists and can be read.
fn found(about: &About, resolved: &Resolved, source: &Source) -> Vec<CheckReport> {
    let image = about.ok("image", resolved.descriptor.digest.to_string());
    match source {
        Source::Remote(_) => vec![image, about.ok("pull", "allowed")],
        Source::Layout(_) => vec![image],
    }
}

/// The image could not be read: what is known of the registry all the same.
fn refused(about: &About, reference: &Reference, source: &Source, error: RegistryError) -> Vec<CheckReport> {
    let (name, mut checks) = match &error {
        RegistryError::Connection { .. }
        | RegistryError::Busy { .. }
        | RegistryError::UnknownHost { .. }
        | RegistryError::Tls { .. }
        | RegistryError::Proxy { .. }
        | RegistryError::Setting { .. }
        | RegistryError::Transport(_) => ("registry", Vec::new()),
        RegistryError::Denied { .. }
        | RegistryError::StoreDenied { .. }
        | RegistryError::Login { .. }
        | RegistryError::Token { .. }
        | RegistryError::Challenge { .. } => {
            let host = reference.host().unwrap_or_default();
            ("pull", vec![about.ok("registry", format!("{host} answers"))])
        }
        _ => ("image", reached(about, reference, source)),
    };
    checks.push(of_registry(about, name, error, Weight::Needed));
    with_rest(about, reference, checks)
}

/// Adds the checks that could not be made.
fn with_rest(about: &About, reference: &Reference, mut checks: Vec<CheckReport>) -> Vec<CheckReport> {
    if reference.host().is_some() {
        checks.push(about.not_checked("push", "the image could not be read"));
    }
    checks.push(about.not_checked("signatures", "the image could not be read"));
    checks
}

/// An error of a registry; a denial of IAM with its parts.
fn of_registry(about: &About, name: &'static str, error: RegistryError, weight: Weight) -> CheckReport {
    if let RegistryError::Login { source, .. } = &error {
        return about.aws(name, source, &[], weight);
    }
    let sentence = error.answer().and_then(|answer| Denial::parse(answer.message.as_deref()?));
    let told = about.error(name, &Error::from(error), weight);
    let Some(Denial { principal, action, resource, explicit }) = sentence else { return told };
    let resources = vec![resource];
    let statement = (!explicit).then(|| IamStatement::allow(&[action.as_str()], resources.clone()));
    CheckReport { denial: Some(DenialReport { principal: Some(principal), action, resources, statement }), ..told }
}

/// How many signatures there are, and how the registry lists them.
fn signatures(about: &About, listing: &Listing) -> CheckReport {
    const NAME: &str = "signatures";
    let how = match listing.mechanism {
        Mechanism::ReferrersApi => "listed by the referrers API",
        Mechanism::TagSchema => "listed by the referrers tag: the registry has no referrers API",
        Mechanism::Both => "listed by the referrers API and the referrers tag",
        Mechanism::Layout => "listed by the index of the image layout",
    };
    let count = listing.descriptors.len();
    if !listing.complete || listing.unreadable > 0 {
        return about.warning(NAME, format!("{count}, and more that could not be read, {how}"));
    }
    match count {
        0 => about.note(NAME, format!("none, {how}")),
        count => about.ok(NAME, format!("{count}, {how}")),
    }
}

/// Whether a signature could be pushed, as far as that shows without pushing.
async fn push(
    registries: &Registries,
    about: &About,
    reference: &Reference,
    digest: &Digest,
    limit: Duration,
) -> Option<CheckReport> {
    const NAME: &str = "push";
    let host = reference.host()?;
    if let Some(ecr) = EcrHost::parse(host) {
        return Some(ecr_push(about, reference, &ecr));
    }
    // The token that `sign` would ask for, used for a look.
    let asked = async {
        let source = registries.open(reference, Access::PullPush)?;
        let at_digest = Reference::parse(&reference.at_digest(digest)).ok();
        source.resolve(at_digest.as_ref().unwrap_or(reference)).await?;
        Ok(source.authorization())
    };
    Some(match within(limit, asked).await {
        Ok(Ok(authorization)) => granted(about, authorization.as_ref()),
        Ok(Err(error)) => of_registry(about, NAME, error, Weight::Optional),
        Err(late) => about.error(NAME, &late, Weight::Optional),
    })
}

/// What the token service granted for a request of pull and push.
fn granted(about: &About, authorization: Option<&Authorization>) -> CheckReport {
    const NAME: &str = "push";
    const ONLY: &str = "this shows only when something is pushed";
    match authorization.map(|authorization| &authorization.authorized) {
        Some(Authorized::Token(Some(actions))) if actions.iter().any(|action| action == "push" || action == "*") => {
            about.ok(NAME, "allowed: the registry's token service grants it")
        }
        Some(Authorized::Token(Some(actions))) => {
            let granted = if actions.is_empty() { "nothing".to_owned() } else { actions.join(", ") };
            about
                .warning(NAME, format!("not allowed: the registry's token service grants only {granted}"))
                .with_help("verify does not need it; for sign, log in with a credential that may push")
        }
        Some(Authorized::Token(None)) => {
            about.not_checked(NAME, format!("the token does not say what it allows; {ONLY}"))
        }
        Some(Authorized::AsGiven) => about.not_checked(NAME, format!("the registry issues no tokens; {ONLY}")),
        Some(Authorized::Nothing) | None => about.not_checked(NAME, format!("no credential was required; {ONLY}")),
    }
}

/// ECR's logins do not show what they allow.
fn ecr_push(about: &About, reference: &Reference, ecr: &EcrHost) -> CheckReport {
    const WHY: &str = "ECR shows this only when something is pushed";
    let told = about.not_checked("push", WHY);
    match ecr_repository(reference, ecr) {
        Some(arn) => {
            told.with_help(format!("for sign, allow it: {}", IamStatement::allow(&ECR_PUSH, vec![arn]).line()))
        }
        None => told,
    }
}

/// ARN of a private repository.
pub(super) fn ecr_repository(reference: &Reference, ecr: &EcrHost) -> Option<String> {
    let Reference::Registry(registry) = reference else { return None };
    let (region, account) = (ecr.region(), ecr.account()?);
    Some(format!("arn:{}:ecr:{region}:{account}:repository/{}", partition_of(region), registry.repository()))
}

#[cfg(test)]
mod tests;
