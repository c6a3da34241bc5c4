//! What to do about an artifact that is not accepted.

use std::collections::BTreeSet;

use notary::limits;

use super::{Code, Error, code};
use crate::aws::facts::AwsError;
use crate::config::trust::TrustKind;
use crate::registry::{Kind, Listing, Mechanism};
use crate::report::escape::shell_word;
use crate::verification::{Candidate, Examined, Found, Refused, TrustedBy, Verdict};

impl Error {
    /// Why an artifact is not accepted; `None` if it is. It is shown below the artifact's name, and does not repeat it.
    pub(crate) fn of_verdict(
        verdict: Verdict,
        name: &str,
        trusted: &TrustedBy<'_>,
        examined: &Examined,
    ) -> Option<Self> {
        if let Some(error) = super::children::unknown(verdict, examined, name) {
            return Some(error);
        }
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
                let told = notes.fold(told, |told, note| told.because(note.to_string()));
                // By gates, each row has the command that adds what it asks for.
                let told = match trusted.kind {
                    TrustKind::Gates => told,
                    _ => told.help(format!("sign it where it is built: sealgate sign {}", signing(trusted, name))),
                };
                told.help("if it was copied from elsewhere, copy its signatures too, for example with oras copy -r")
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
            Verdict::GateUnmet => gate_unmet(examined),
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

    /// The same of an image that is deployed, for which nobody can let that pass.
    pub(crate) fn skip_not_deployed(name: &str, statement: &str) -> Self {
        let text = format!(
            "{name} was not checked: policy statement {statement:?} has the level skip, and only what was checked is deployed"
        );
        Self::new(code::SKIP_REFUSED, text).help("give the repository a statement that enforces")
    }
}

/// What is missing stands in the rows of the gates; here, whether it might be among what was not looked at.
fn gate_unmet(examined: &Examined) -> Error {
    if examined.lacks_children() {
        return Error::new(
            code::GATE_UNMET,
            "not every manifest that its index lists is there, and the stage requires that",
        );
    }
    let told = Error::new(code::GATE_UNMET, "the image lacks an approval that the stage requires");
    let is_left_out = |candidate: &Candidate| matches!(candidate.found, Found::NotTried | Found::NoRoom { .. });
    let left_out = examined.candidates.iter().filter(|candidate| is_left_out(candidate)).count();
    match left_out {
        0 if examined.listing.complete => told,
        0 => told.because("the registry lists more signatures than sealgate reads"),
        count => told
            .because(format!("{count} of its {} signatures were not examined: a limit was reached", examined.candidates.len()))
            .help("remove signatures that are no longer needed from the registry, or examine more: --max-signatures NUMBER"),
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
    let sign = match trusted.kind {
        TrustKind::Gates => "with the commands that the rows of the gates name".to_owned(),
        _ => format!("sealgate sign {}", signing(trusted, name)),
    };
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
        TrustKind::Files | TrustKind::Folder | TrustKind::Gates => {
            format!("see which signers are trusted by {origin}: {shown_by}")
        }
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
        return super::registry::advise(told.because_of(Some(refusal)), refusal);
    }
    let errors = examined.candidates.iter().filter_map(|candidate| match &candidate.found {
        Found::Unusable(error) => error.registry(),
        Found::Judged(_) | Found::NotTried | Found::NoRoom { .. } => None,
    });
    let mut fitting = errors.filter(|error| error.kind() == kind);
    match fitting.next() {
        Some(cause) => {
            let told = Error::new(code, format!("{name} cannot be judged: a signature could not be fetched"));
            super::registry::advise(told.because_of(Some(cause)), cause)
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
