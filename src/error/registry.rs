//! Advice for everything that has to do with images, registries and signatures.

use std::collections::BTreeSet;

use notary::certificate::ChainError;
use notary::limits;
use notary::sign::SignError;
use notary::trust_policy::NoApplicableStatement;

use super::{Code, Error, code};
use crate::aws::facts::AwsError;
use crate::config::trust::TrustKind;
use crate::reference::ReferenceError;
use crate::registry::{Kind, Listing, Mechanism, Occupant, RegistryError};
use crate::report::escape::shell_word;
use crate::signing::SigningError;
use crate::transport::{Flaw, NoAnswer, ProxyFault, TlsFault, TransportError};
use crate::verification::{Candidate, Examined, Found, Refused, TrustedBy, Verdict};

impl Error {
    /// References that cannot be read, all at once.
    pub(crate) fn references(errors: &[ReferenceError]) -> Self {
        let help = "write images as registry.example/app@sha256:… or registry.example/app:1.0, image layouts as oci-layout:PATH:TAG";
        match errors {
            [only @ ReferenceError::Registry { found }] if found.ends_with(':') => {
                Self::of(code::REFERENCE, only).help(format!("leave out {found}//")).help(help)
            }
            [only @ ReferenceError::Credentials { .. }] => Self::of(code::REFERENCE, only)
                .help("pass them with --username and SEALGATE_PASSWORD, or log in with docker, podman, or notation")
                .help("if the password was shown in a log before, replace it"),
            [only] => Self::of(code::REFERENCE, only).help(help),
            several => {
                let told =
                    Self::new(code::REFERENCE, format!("{} image names are not valid", several.len())).help(help);
                several.iter().fold(told, |told, error| told.because(error.to_string()))
            }
        }
    }

    /// Why an artifact is not accepted; `None` if it is. It is shown below the artifact's name, and does not repeat it.
    pub(crate) fn of_verdict(
        verdict: Verdict,
        name: &str,
        trusted: &TrustedBy<'_>,
        examined: &Examined,
    ) -> Option<Self> {
        let count = examined.candidates.len();
        let signatures =
            if count == 1 { "its only signature".to_owned() } else { format!("none of its {count} signatures") };
        let is = if count == 1 { "is not" } else { "is" };
        Some(match verdict {
            Verdict::Verified | Verdict::AcceptedWithWarnings => return None,
            Verdict::Unsigned => {
                let looked = match examined.listing.mechanism {
                    Mechanism::ReferrersApi => "the referrers API lists none",
                    Mechanism::TagSchema => "the referrers tag lists none",
                    Mechanism::Both => "the referrers API and the referrers tag list none",
                    Mechanism::Layout => "the image layout's index lists none",
                };
                let told = Self::new(code::UNSIGNED, format!("no signature was found: {looked}"));
                let notes = examined.listing.notes.iter();
                notes
                    .fold(told, |told, note| told.because(note.to_string()))
                    .help(format!("sign it where it is built: sealgate sign {}", signing(trusted, name)))
                    .help("if it was copied from elsewhere, copy its signatures too, for example with oras copy -r")
            }
            Verdict::Rejected => {
                let told = match count {
                    0 => Self::new(code::REJECTED, unreadable(&examined.listing)),
                    _ => Self::new(code::REJECTED, format!("{signatures} {is} acceptable")),
                };
                let more = examined.listing.unreadable > 0 && count > 0;
                let told = if more { told.because(unreadable(&examined.listing)) } else { told };
                let told = told.help(format!(
                    "see what the signatures say: sealgate inspect {}{}",
                    trusted.reach,
                    image(name)
                ));
                match only_unanswered(examined) {
                    Some(error) => super::aws::advise(told, error, None),
                    None => next_steps(told, examined, trusted, name),
                }
            }
            Verdict::LimitReached => limit_reached(examined),
            Verdict::Denied => kept_away(examined, Kind::Denied, code::DENIED, name),
            Verdict::Unavailable => kept_away(examined, Kind::Unavailable, code::UNAVAILABLE, name),
            Verdict::SettingUnusable => unknown_status(examined, code::INVALID_SETTING, name, Found::lacks_setting),
            Verdict::TrustStoreUnusable => Self::new(
                code::TRUST_STORE,
                format!("{name} cannot be judged: a trust store that the policy names cannot be used"),
            )
            .help("see what is wrong with it: sealgate trust show"),
        })
    }

    /// The statement says that nothing is to be checked.
    pub(crate) fn skip_refused(name: &str, statement: &str) -> Self {
        Self::new(
            code::SKIP_REFUSED,
            format!("{name} was not checked: policy statement {statement:?} has the level skip"),
        )
        .help("give the repository a statement that enforces, or let the image pass unverified with --allow-skip")
    }
}

/// There are signatures that were not looked at, because of their number or of their size.
fn limit_reached(examined: &Examined) -> Error {
    let told =
        Error::new(code::LIMIT_REACHED, "none of the signatures that were examined is acceptable, and there are more");
    let left_out = |candidate: &&Candidate| matches!(candidate.found, Found::NoRoom { .. });
    match examined.candidates.iter().filter(left_out).count() {
        0 if examined.listing.complete => told.help(
            "remove signatures that are no longer needed from the registry, or examine more: --max-signatures NUMBER",
        ),
        0 => told
            .help("remove signatures that are no longer needed from the registry: it lists more than sealgate reads"),
        count => told
            .because(format!(
                "{count} of them have large envelopes, beyond the {} bytes that are fetched for one image",
                limits::LARGE_ENVELOPES_BYTES
            ))
            .help("remove signatures that are no longer needed from the registry: a real one has a few kilobytes"),
    }
}

/// What to do about signatures that are not acceptable, by what is wrong with them.
fn next_steps(told: Error, examined: &Examined, trusted: &TrustedBy<'_>, name: &str) -> Error {
    let refused: BTreeSet<_> = examined
        .candidates
        .iter()
        .map(|candidate| match &candidate.found {
            Found::Judged(judged) => judged.refused,
            Found::Unusable(_) | Found::NotTried | Found::NoRoom { .. } => None,
        })
        .collect();
    let sign = format!("sealgate sign {}", signing(trusted, name));
    let steps = refused.iter().flatten().map(|refused| match refused {
        Refused::Revoked => {
            "what was revoked never becomes valid again: find out why, and sign the image again if it is still good".to_owned()
        }
        Refused::Expired => {
            format!("sign the image again (--expiry or the signing profile sets how long a signature is valid): {sign}")
        }
        Refused::CertificateExpired => {
            format!("a signature ends with its certificate; sign the image again with one that is valid: {sign}")
        }
        Refused::NotYetValid => "check the clock of this machine, and that of the signer: sealgate doctor".to_owned(),
        Refused::Tampered => format!(
            "do not use the image: a signature was changed, or was made for another image. Find out who put it there, build the \
             image again, and sign it where it is built: {sign}"
        ),
        Refused::LacksMetadata => {
            format!("sign the image with the metadata that is asked for: --user-metadata KEY=VALUE for each, and {sign}")
        }
    });
    let told = steps.fold(told, Error::help);
    match refused.contains(&None) || refused.is_empty() {
        true => told.help(who_is_trusted(trusted, name)),
        false => told,
    }
}

/// The words behind `sign` that sign as is trusted here.
fn signing(trusted: &TrustedBy<'_>, name: &str) -> String {
    let how = match trusted.profile {
        Some(trusted) => match trusted.profile() {
            Some(profile) => format!("--profile {}", profile.without_version()),
            None => "--profile ARN".to_owned(),
        },
        None => "--key FILE --certificate-chain FILE".to_owned(),
    };
    format!("{how} {}{}", trusted.reach, image(name))
}

/// The image behind the flags of a command.
fn image(name: &str) -> String {
    format!("-- {}", shell_word(name))
}

/// The way to see who is trusted.
fn who_is_trusted(trusted: &TrustedBy<'_>, name: &str) -> String {
    let TrustedBy { kind, origin, shown_by, reach, .. } = trusted;
    match kind {
        TrustKind::Profiles => {
            format!("compare the signature's signing profile with --profile: sealgate inspect {reach}{}", image(name))
        }
        TrustKind::Roots => "compare the signer with those that --root and --identity trust".to_owned(),
        TrustKind::Files | TrustKind::Folder => format!("see which signers are trusted by {origin}: {shown_by}"),
    }
}

/// Entries that may have been signatures.
fn unreadable(listing: &Listing) -> String {
    match listing.unreadable {
        1 => "1 entry of the listing cannot be read".to_owned(),
        several => format!("{several} entries of the listing cannot be read"),
    }
}

/// Why AWS Signer did not say whether the only signature was revoked, where nothing else is wrong with it.
fn only_unanswered(examined: &Examined) -> Option<&AwsError> {
    match examined.candidates.as_slice() {
        [Candidate { found: Found::Judged(judged), .. }] if judged.undecided.is_some() => judged.unanswered.as_ref(),
        _ => None,
    }
}

/// The listing that was refused for this reason, or else the first candidate that could not be fetched for it.
fn kept_away(examined: &Examined, kind: Kind, code: &'static Code, name: &str) -> Error {
    if let Some(refusal) = examined.listing.refused.as_deref().filter(|refusal| refusal.kind() == kind) {
        let told = Error::new(
            code,
            format!(
                "{name} cannot be judged: not all of its signatures could be listed, and none of the others is acceptable"
            ),
        );
        return advise(told.because_of(Some(refusal)), refusal);
    }
    let errors = examined.candidates.iter().filter_map(|candidate| match &candidate.found {
        Found::Unusable(error) => error.registry(),
        Found::Judged(_) | Found::NotTried | Found::NoRoom { .. } => None,
    });
    let mut fitting = errors.filter(|error| error.kind() == kind);
    match fitting.next() {
        Some(cause) => {
            let told = Error::new(code, format!("{name} cannot be judged: a signature could not be fetched"));
            advise(told.because_of(Some(cause)), cause)
        }
        None => unknown_status(examined, code, name, |found| found.kept_away() == Some(kind)),
    }
}

/// The first candidate of these whose revocation status is not known.
fn unknown_status(examined: &Examined, code: &'static Code, name: &str, is_one: impl Fn(&Found) -> bool) -> Error {
    let told = Error::new(code, format!("{name} cannot be judged: the revocation status of a signature is not known"));
    let unknown = examined.candidates.iter().map(|candidate| &candidate.found).find(|found| is_one(found));
    let Some(Found::Judged(judged)) = unknown else { return told };
    let told = match &judged.reason {
        Some(why) => told.because(why.text.as_str()),
        None => told,
    };
    match &judged.unanswered {
        Some(error) => super::aws::advise(told, error, judged.signing_profile.as_deref()),
        None => told,
    }
}

impl From<NoApplicableStatement> for Error {
    fn from(error: NoApplicableStatement) -> Self {
        Self::of(code::NO_STATEMENT, &error)
            .help("add a statement with this repository in its registryScopes to the trust policy")
            .help("or say what to trust in this run: --root FILE --identity ID")
    }
}

impl From<RegistryError> for Error {
    fn from(error: RegistryError) -> Self {
        advise(Self::of(code_of(&error), &error), &error)
    }
}

fn code_of(error: &RegistryError) -> &'static Code {
    match (error, error.kind()) {
        (_, Kind::Unavailable) => code::UNAVAILABLE,
        (_, Kind::Denied) => code::DENIED,
        (_, Kind::NotFound) => code::NOT_FOUND,
        (RegistryError::Transport(TransportError::Proxy { .. }), _) => code::INVALID_SETTING,
        (RegistryError::Setting { .. } | RegistryError::Transport(_) | RegistryError::File { .. }, _) => code::FILE,
        (
            RegistryError::Answered(_)
            | RegistryError::TagRefused { .. }
            | RegistryError::TagTaken { .. }
            | RegistryError::Challenge { .. }
            | RegistryError::Hop { .. }
            | RegistryError::Tls { .. },
            _,
        ) => code::REGISTRY_ANSWER,
        (_, Kind::Configuration) => code::FILE,
        (_, Kind::Invalid) => code::CONTENT,
    }
}

/// The next step after an error of a registry or layout.
fn advise(told: Error, error: &RegistryError) -> Error {
    let told = match error.answer() {
        Some(answer) => match super::ecr::advise(told, answer) {
            Ok(advised) => return advised,
            Err(told) => told,
        },
        None => told,
    };
    match error {
        RegistryError::Denied { answer, .. } => told
            .help(format!(
                "log in to {} (docker, podman or notation login), or set SEALGATE_USERNAME and SEALGATE_PASSWORD",
                answer.host
            ))
            .help("if the login is right, it lacks a permission: pull to verify, pull and push to sign"),
        RegistryError::Login { source, .. } => super::aws::advise(told, source, None),
        RegistryError::Token { host, .. } => {
            told.help(format!("check the login to {host}: its token service did not accept it"))
        }
        RegistryError::NotFound { .. } => {
            told.help("check the registry, repository, and tag or digest; some registries also answer this way if a login is missing")
        }
        RegistryError::NotInLayout { path, .. } => told
            .help(format!("{0}/oci-layout must exist, and {0}/index.json lists the tags and digests", path.display())),
        RegistryError::Busy { .. } => told.help("try again later; with many images, lower --concurrency"),
        RegistryError::Connection { .. } => told.help("check the host's name, the network and the proxy variables"),
        RegistryError::UnknownHost { proxy: None, .. } => told
            .help("check the host's name for typos")
            .help("if only a proxy knows the name, name the proxy in HTTPS_PROXY"),
        RegistryError::UnknownHost { proxy: Some(_), .. } => {
            told.help("check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, or except the host from the proxy: NO_PROXY")
        }
        RegistryError::Tls { host, why, ca_files } => tls(told, host, why, ca_files),
        RegistryError::Proxy { host, status, .. } => proxy(told, host, *status),
        RegistryError::Transport(TransportError::Proxy { variable, fact }) => match fact {
            ProxyFault::NotUrl | ProxyFault::Scheme => {
                told.help(format!("set {variable} to a URL such as http://proxy.example:3128, or unset it"))
            }
            ProxyFault::Socks => told.help(format!("set {variable} to an HTTP proxy, or unset it for this step")),
        },
        RegistryError::Transport(TransportError::CaFile { origin, .. }) => {
            told.help(format!("let {origin} name a file with certificates in PEM that can be read, or leave it out"))
        }
        RegistryError::ListingRefused { .. } => told
            .help("try again later: the registry has the referrers API, so nothing else says which signatures there are")
            .help("if it stays so, a proxy or cache in front of the registry may not pass the referrers API on"),
        RegistryError::TagRefused { .. } => told.help(
            "the registry lists signatures by tags that begin with sha256-: exempt those from immutability, and allow them to be \
             overwritten",
        ),
        RegistryError::TagTaken { tag, found } => match found {
            Occupant::Artifact => told.help(
                "the registry answers for this tag with the image itself, also after it took the index: use a registry with the \
                 referrers API, or a newer version of it",
            ),
            Occupant::Other(_) => told.help(format!(
                "delete the tag {tag} if nobody needs it, and run the command again: the name belongs to the index of signatures"
            )),
        },
        RegistryError::NotListed { .. } => {
            told.help("run the command again: the registry accepted the signature but does not list it")
        }
        RegistryError::NotStored { .. } => {
            told.help("run the command again: the registry accepted the signature but does not have it")
        }
        RegistryError::TagIndexLost { .. } => {
            told.help("run the command again: many signers wrote to this image at the same time")
        }
        RegistryError::Digest { .. } | RegistryError::Size { .. } | RegistryError::MediaType { .. } => {
            told.help("do not use this image: the registry sent something other than what was requested")
        }
        RegistryError::File { .. } => {
            told.help("check that the path exists and is readable, and for signing also writable")
        }
        _ => told,
    }
}

/// What to do about a server whose certificate or TLS is refused. A flag that was given is not advised again.
fn tls(told: Error, host: &str, why: &NoAnswer, ca_files: &[String]) -> Error {
    let name_the_authority = |told: Error| match ca_files {
        [] => told.help("for a private certificate authority, pass its certificate: --ca-file FILE"),
        named => told.help(format!(
            "the file of {} holds neither this certificate nor its issuer: add it there",
            named.join(" and of ")
        )),
    };
    match why {
        NoAnswer::Certificate(Flaw::UnknownIssuer | Flaw::Authority) => name_the_authority(told),
        NoAnswer::Certificate(Flaw::OtherName { .. }) => {
            told.help("name the registry as its certificate does, or give it a certificate for this name")
        }
        NoAnswer::Certificate(Flaw::Expired(_)) => told
            .help(format!("renew the certificate of {host}"))
            .help("or set the clock of this machine, if it is wrong"),
        NoAnswer::Certificate(Flaw::NotYet(_)) => told.help("set the clock of this machine, if it is wrong"),
        NoAnswer::Certificate(_) => told.help(format!("give {host} a certificate that is made for TLS servers")),
        NoAnswer::Tls(TlsFault::NotTls) => {
            told.help(format!("a registry that speaks HTTP without TLS must be named: --plain-http {host}"))
        }
        NoAnswer::Tls(TlsFault::Version | TlsFault::NothingInCommon) => told.help(format!(
            "let {host} accept TLS 1.2 or 1.3 with AES-GCM or ChaCha20, and ECDHE: sealgate has nothing weaker"
        )),
        NoAnswer::Tls(TlsFault::UnknownName) => told.help("check the registry's name"),
        _ => told.help("check that the registry answers there: its name and port, and a proxy or firewall in between"),
    }
}

/// What to do about a proxy that lets nothing through.
fn proxy(told: Error, host: &str, status: u16) -> Error {
    let except = format!("or, if {host} is reached without a proxy, add it to NO_PROXY");
    match status {
        401 | 407 => told
            .help("give the proxy's user name and password in its variable: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT")
            .help(except),
        403 => told.help(format!("let whoever runs the proxy allow {host}")).help(except),
        429 | 500..=599 => told.help("try again later: the proxy does not reach the host").help(except),
        _ => told
            .help("check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY: what answers there is no proxy for this")
            .help(except),
    }
}

/// Whether a certificate of the chain is not valid yet, or no more.
fn is_out_of_time(error: &SignError) -> bool {
    matches!(error, SignError::Chain(ChainError::Expired { .. } | ChainError::NotYetValid { .. }))
}

impl From<SigningError> for Error {
    fn from(error: SigningError) -> Self {
        match error {
            SigningError::Registry(error) => error.into(),
            SigningError::Envelope(ref source) if is_out_of_time(source) => Self::of(code::SIGNING_KEY, &error)
                .help("sign with a certificate that is valid now: --certificate-chain FILE, and its key: --key FILE")
                .help("if the certificate should be valid, check the clock of this machine"),
            SigningError::Key(_) | SigningError::Envelope(_) => Self::of(code::SIGNING_KEY, &error)
                .help("check key and chain: the chain starts with the key's certificate and ends with its root"),
            SigningError::Aws(error) => error.into(),
            SigningError::Payload(_) => {
                Self::of(code::INVALID_SETTING, &error).help("choose another key for --user-metadata")
            }
        }
    }
}
