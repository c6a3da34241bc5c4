//! A local key: whether it can sign, until when what it signs is accepted, and whether `verify` would accept it. A signature is
//! made in memory, by the rules of `sign`, and judged by the core, by the rules of `verify`. It goes nowhere.

use notary::Timestamp;
use notary::certificate::Certificate;
use notary::distinguished_name::DistinguishedName;
use notary::envelope::Envelope;
use notary::reference::Repository;
use notary::trust_policy::{PolicyStatement, TrustPolicy, check_identity};
use notary::trust_store::{TrustStoreName, TrustStoreType};
use notary::verify::{self, Decision};

use super::check::{About, Weight};
use super::trust::{Loaded, Origin};
use crate::clock::Clock;
use crate::command::key_algorithm::ALGORITHMS;
use crate::command::signer::end_of_certificates;
use crate::config::trust::{Trust, TrustKind};
use crate::config::{DoctorSettings, KeySettings, Part, RevocationCheck};
use crate::error::{Error, code};
use crate::report::{Area, CheckReport, build};
use crate::signer::{LocalKey, LocalKeyError};
use crate::signing::{Trial, try_key};

/// The checks of the key that was given, if one was. `repositories` are those for whose images it is to sign.
pub(super) fn checks(
    settings: &DoctorSettings,
    loaded: &Loaded,
    repositories: &[Repository],
    clock: Clock,
) -> Vec<CheckReport> {
    if settings.unusable.contains(&Part::Key) {
        return vec![About::area(Area::SigningKey).not_checked("key", "a setting about the key cannot be used")];
    }
    let Some(given) = &settings.key else { return Vec::new() };
    let about = About::subject(Area::SigningKey, given.key.to_string());
    match load(given) {
        Ok(key) => of_key(&about, &key, loaded, repositories, settings.revocation, clock),
        Err(error) => vec![
            about.error("key", &error.into(), Weight::Needed),
            about.not_checked("chain", "key and chain could not be read as a pair"),
            about.not_checked("trusted", "nothing can be signed with it"),
        ],
    }
}

fn load(given: &KeySettings) -> Result<LocalKey, LocalKeyError> {
    LocalKey::load(&given.key, &given.certificate_chain, given.password.as_ref())
}

fn of_key(
    about: &About,
    key: &LocalKey,
    loaded: &Loaded,
    repositories: &[Repository],
    revocation: RevocationCheck,
    clock: Clock,
) -> Vec<CheckReport> {
    let (leaf, root) = (key.chain().leaf(), key.chain().root());
    let kind = ALGORITHMS.iter().find(|(_, spec)| leaf.key_spec().is_ok_and(|found| found == *spec));
    let kind = kind.map(|(name, _)| format!("{name}, ")).unwrap_or_default();
    let mut checks = vec![about.ok("key", format!("{kind}of certificate {}", leaf.subject()))];
    checks.extend(key.warnings().iter().map(|warning| about.warning("permissions", warning.text.clone())));
    let trial = match try_key(key, clock) {
        Ok(trial) => trial,
        Err(error) => {
            checks.push(about.error("chain", &error.into(), Weight::Needed));
            checks.push(about.not_checked("trusted", "nothing can be signed with it"));
            return checks;
        }
    };
    let count = key.chain().certificates().len();
    checks.push(about.ok("chain", format!("{count} certificates, and the root is {}", root.subject())));
    checks.push(expiry(about, key, clock.now()));
    checks.push(identity(about, leaf));
    checks.extend(trusted(about, &trial, loaded, repositories, revocation, clock.now()));
    checks
}

/// Until when what the key signs is accepted.
fn expiry(about: &About, key: &LocalKey, now: Timestamp) -> CheckReport {
    const NAME: &str = "expiry";
    let expiring = key.expiring();
    match end_of_certificates(expiring, None, now) {
        Some(soon) => about
            .warning(NAME, soon.text)
            .with_help("get the next certificate in time, and sign again what has to be accepted after that"),
        None => {
            let (end, days) = (expiring.not_after(), expiring.not_after().duration_since(now).as_hours() / 24);
            about.ok(NAME, format!("signatures are accepted until {end:.0}, for {days} days"))
        }
    }
}

/// Whether an `x509.subject` identity can name the signer at all.
fn identity(about: &About, leaf: &Certificate) -> CheckReport {
    const NAME: &str = "identity";
    match identity_of(leaf) {
        Ok(identity) => about.ok(NAME, format!("{identity} names it")),
        Err(why) => about
            .warning(NAME, format!("no x509.subject identity can name {}: {why}", leaf.subject()))
            .with_help("get a certificate whose subject has C, ST and O, each attribute once; until then only the identity * trusts it"),
    }
}

/// The identity of all attributes of a subject, if the core finds it in the certificate.
fn identity_of(leaf: &Certificate) -> Result<String, String> {
    let name = DistinguishedName::parse(&leaf.subject().to_string()).map_err(|error| error.to_string())?;
    let identity = format!("x509.subject: {name}");
    let store = TrustStoreName::new(TrustStoreType::Ca, "key").map_err(|error| error.to_string())?;
    let policy = TrustPolicy::strict("key", &["*"], &[store], &[&identity]).map_err(|error| build::in_full(&error))?;
    for statement in policy.statements() {
        check_identity(leaf, statement.trusted_identities()).map_err(|error| build::in_full(&error))?;
    }
    Ok(identity)
}

const TRUSTED: &str = "trusted";

/// Whether `verify` would accept the signature.
fn trusted(
    about: &About,
    trial: &Trial,
    loaded: &Loaded,
    repositories: &[Repository],
    revocation: RevocationCheck,
    now: Timestamp,
) -> Vec<CheckReport> {
    let (trust, origin) = match loaded {
        Loaded::Trust(trust, origin) => (trust, origin),
        Loaded::Nothing(_) => {
            let told = about.not_checked(TRUSTED, "no trust was given");
            return vec![
                told.with_help("say what is trusted: --root FILE --identity ID, or --policy FILE --trust-store DIR"),
            ];
        }
        Loaded::Unusable(_) | Loaded::Unknown => {
            return vec![about.not_checked(TRUSTED, "it is not known what is trusted")];
        }
    };
    let judging = Judging { about, trial, trust, revocation, now };
    // Trust of the command line is for every repository.
    if matches!(origin, Origin::Stores(_)) && !repositories.is_empty() {
        return repositories.iter().map(|repository| judging.for_repository(repository)).collect();
    }
    vec![judging.by_any_statement()]
}

/// A signature, judged by what is trusted. Whether a certificate was revoked is not asked.
struct Judging<'a> {
    about: &'a About,
    trial: &'a Trial,
    trust: &'a Trust,
    revocation: RevocationCheck,
    now: Timestamp,
}

/// What a statement makes of it.
enum Judged {
    Accepted(&'static str),
    /// It checks nothing.
    Skipped,
    Rejected(String),
}

impl Judging<'_> {
    fn for_repository(&self, repository: &Repository) -> CheckReport {
        let Ok(statement) = self.trust.trusted.policy().statement_for(repository) else {
            return self.about.not_checked(TRUSTED, format!("no statement applies to {repository}"));
        };
        let name = statement.name();
        match self.judged(statement) {
            Judged::Accepted(how) => self
                .about
                .ok(TRUSTED, format!("verify accepts what it signs for {repository}{how}, by statement {name}")),
            Judged::Skipped => self.skipped(name),
            Judged::Rejected(why) => {
                self.rejected(format!("verify rejects what it signs for {repository}, by statement {name}"), vec![why])
            }
        }
    }

    /// The first statement that accepts it, or why none does.
    fn by_any_statement(&self) -> CheckReport {
        let mut reasons = Vec::new();
        let mut skipped = None;
        let statements = self.trust.trusted.policy().statements();
        for statement in statements {
            match self.judged(statement) {
                Judged::Accepted(how) => {
                    let by =
                        if self.is_of_files() { format!(", by statement {}", statement.name()) } else { String::new() };
                    return self.about.ok(TRUSTED, format!("verify accepts what it signs{how}{by}"));
                }
                Judged::Skipped => skipped = Some(statement.name()),
                Judged::Rejected(why) if self.is_of_files() => {
                    reasons.push(format!("statement {}: {why}", statement.name()));
                }
                Judged::Rejected(why) => reasons.push(why),
            }
        }
        match (skipped, reasons.is_empty()) {
            (Some(name), true) => self.skipped(name),
            _ => self.rejected("verify rejects what it signs".to_owned(), reasons),
        }
    }

    const fn is_of_files(&self) -> bool {
        matches!(self.trust.kind, TrustKind::Files | TrustKind::Folder)
    }

    fn judged(&self, statement: &PolicyStatement) -> Judged {
        let Self { trial, trust, now, .. } = self;
        let envelope = Envelope::new(trial.envelope.media_type(), trial.envelope.bytes());
        // Without evidence: what a chain names and nobody can ask is refused here as by `verify`.
        let statement = match self.revocation {
            RevocationCheck::ByPolicy => statement.clone(),
            RevocationCheck::Skip => statement.clone().without_revocation(),
        };
        let terms = trust.trusted.terms_of(&statement);
        let outcome = verify::begin(envelope, &trial.artifact, &terms, *now).without_evidence();
        match outcome.decision() {
            Decision::Verified => Judged::Accepted(""),
            Decision::AcceptedWithWarnings => Judged::Accepted(" with warnings"),
            Decision::Skipped => Judged::Skipped,
            _ => Judged::Rejected(build::rejection(&outcome).map(|reason| reason.text).unwrap_or_default()),
        }
    }

    fn skipped(&self, name: &str) -> CheckReport {
        self.about.note(TRUSTED, format!("statement {name} has level skip: verify checks nothing"))
    }

    /// A failure where the trust was named for this; notation's folder may be for other signers.
    fn rejected(&self, fact: String, why: Vec<String>) -> CheckReport {
        let help = match self.trust.kind {
            TrustKind::Roots => {
                "compare root and subject of its chain with what --root and --identity trust".to_owned()
            }
            TrustKind::Profiles => {
                "only signing profiles are trusted; to check a key, say what is trusted: --root FILE --identity ID"
                    .to_owned()
            }
            TrustKind::Files | TrustKind::Folder | TrustKind::Gates => {
                format!("see what is trusted: {}", self.trust.shown_by)
            }
        };
        let weight = if self.trust.kind == TrustKind::Folder { Weight::Optional } else { Weight::Needed };
        let error = why.into_iter().fold(Error::new(code::REJECTED, fact), Error::because);
        self.about.error(TRUSTED, &error.help(help), weight)
    }
}

#[cfg(test)]
mod tests;
