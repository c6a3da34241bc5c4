//! What the formats for people say of an image: the verdict in words, its reason, and the facts that led to it. All texts here are
//! as they came; a renderer escapes each of them as a whole.

use std::borrow::Cow;

use super::limits::CAVEATS;
use super::model::{
    Action, ArtifactOutcome, ArtifactReport, CandidateReport, Decision, EnvelopeReport, GateReport, NOT_AN_AWS_ROOT,
    Reason, Report, RowReport, SignedReport, Status, WaitReport, Weakening,
};
use crate::exit_code::ExitCode;

/// Pairs of metadata that are shown of one signature; JSON has more of them.
const PAIRS_SHOWN: usize = 32;

/// The code of a setting that weakens a check.
pub(super) const WEAKENED: &str = "weakened";

/// How good something is: a mark and a color follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Warning,
    Bad,
    /// Not judged, or not asked for.
    Neutral,
}

impl Tone {
    pub(super) const fn mark(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Warning => "!",
            Self::Bad => "✗",
            Self::Neutral => "–",
        }
    }
}

/// Why an image is not verified or signed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Why {
    /// Stable, kebab-case.
    pub(super) code: String,
    pub(super) text: String,
}

impl ArtifactOutcome {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::AcceptedWithWarnings => "accepted with warnings, not verified",
            Self::Skipped => "skipped, not verified",
            Self::Rejected => "rejected",
            Self::Unsigned => "unsigned",
            Self::GateUnmet => "gate unmet",
            Self::Error => "error",
            Self::Signed => "signed",
            Self::AlreadySigned => "already signed",
            Self::Listed => "listed, not judged",
            Self::NotSigned => "not signed",
        }
    }

    pub(super) const fn tone(self) -> Tone {
        match self {
            Self::Verified | Self::Signed | Self::AlreadySigned => Tone::Good,
            Self::AcceptedWithWarnings | Self::Skipped | Self::NotSigned => Tone::Warning,
            Self::Rejected | Self::Unsigned | Self::GateUnmet | Self::Error => Tone::Bad,
            Self::Listed => Tone::Neutral,
        }
    }
}

impl Report {
    /// How the run ended, with what all of it must not be read without.
    pub(super) fn tone(&self) -> Tone {
        let images = || self.artifacts().iter().map(ArtifactReport::tone);
        match self.exit_code() {
            ExitCode::Success if images().any(|tone| tone == Tone::Warning) || !self.weakened.is_empty() => {
                Tone::Warning
            }
            ExitCode::Success => Tone::Good,
            _ => Tone::Bad,
        }
    }

    /// How many images ended how, in the order in which each outcome is first met.
    pub(super) fn counts(&self) -> Vec<(ArtifactOutcome, usize)> {
        let mut counts: Vec<(ArtifactOutcome, usize)> = Vec::new();
        for image in self.artifacts() {
            match counts.iter_mut().find(|(counted, _)| *counted == image.outcome) {
                Some((_, count)) => *count += 1,
                None => counts.push((image.outcome, 1)),
            }
        }
        counts
    }

    /// How many images ended how, or else that the run did.
    pub(super) fn gist(&self) -> String {
        let counts = self.counts().into_iter().map(|(outcome, count)| format!("{count} {}", outcome.words()));
        match (self.artifacts().len(), self.exit_code()) {
            (0, ExitCode::Success) if self.is_empty_shard() => "no image is in this shard".to_owned(),
            (0, ExitCode::Success) => "done".to_owned(),
            (0, _) => "failed".to_owned(),
            (all, _) => format!("{}: {}", images(all), counts.collect::<Vec<_>>().join("; ")),
        }
    }

    /// The part of the images that the run was about, in words, and whether there was nothing to do for it.
    pub(super) fn shard_line(&self) -> Option<String> {
        let shard = self.shard.as_ref()?;
        let (part, all) = (&shard.part, images(shard.of_images));
        Some(match self.is_empty_shard() {
            true => format!("shard {part} has none of {all}: nothing was done here"),
            false => format!("shard {part}: {} of {all}", self.artifacts().len()),
        })
    }

    /// The caveats of the images, each once: they come from the settings of the run, and there are few.
    pub(super) fn caveats(&self) -> Vec<&Reason> {
        let mut caveats: Vec<&Reason> = Vec::new();
        for caveat in self.artifacts().iter().flat_map(|image| &image.caveats) {
            if caveats.len() < CAVEATS && !caveats.contains(&caveat) {
                caveats.push(caveat);
            }
        }
        caveats
    }

    /// What weakens a check, each as a label and what it is set to.
    pub(super) fn weakenings(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.weakened.iter().map(|one| {
            let label = if one.replaces_aws_roots() { NOT_AN_AWS_ROOT } else { "a check is weakened" };
            (label, one.gist())
        })
    }

    /// The images: those first that have failed, then those to which there is something to say, in their order otherwise.
    pub(super) fn worst_first(&self) -> Vec<&ArtifactReport> {
        let mut images: Vec<_> = self.artifacts().iter().collect();
        images.sort_by_key(|image| match image.tone() {
            Tone::Bad => 0,
            Tone::Warning => 1,
            Tone::Good | Tone::Neutral => 2,
        });
        images
    }
}

impl Weakening {
    /// What it is set to, and by what.
    pub(super) fn gist(&self) -> String {
        format!("{} = {} (from {})", self.setting, self.value, self.origin)
    }
}

/// So many images, in words.
pub(super) fn images(count: usize) -> String {
    format!("{count} {}", if count == 1 { "image" } else { "images" })
}

impl ArtifactReport {
    /// A verdict with a caveat is no plain one.
    pub(super) fn tone(&self) -> Tone {
        match self.outcome.tone() {
            Tone::Good if !self.caveats.is_empty() => Tone::Warning,
            tone => tone,
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.exit_code() != ExitCode::Success
    }

    /// The signature that the verdict rests on: the first that is accepted without a warning, or else the first accepted one.
    pub(super) fn accepted(&self) -> Option<&CandidateReport> {
        let mut accepted = self.candidates.iter().filter(|candidate| candidate.decision == Decision::Accepted);
        let first = accepted.clone().next();
        accepted.find(|candidate| candidate.holds_in_all()).or(first)
    }

    /// Who signed it, where the verdict vouches for that.
    pub(super) fn signer(&self) -> Option<Cow<'_, str>> {
        let of_signed = |signed: &'_ SignedReport| signed.signing_profile_version.is_none();
        match (&self.signed, &self.gate) {
            (Some(signed), _) if of_signed(signed) => Some(signed.signer.as_str().into()),
            (Some(signed), _) => signed.signing_profile_version.as_deref().map(Cow::Borrowed),
            // By the names that the gates give them; of a stage that is not met nobody vouches for anything.
            (None, Some(gate)) if gate.is_met() => Some(gate.signers().join(", ").into()),
            (None, Some(_)) => None,
            (None, None) => self.accepted()?.content.as_ref()?.signer().map(Cow::Borrowed),
        }
    }

    /// Until when its signature is accepted, if it does not last forever. Of gates it is not one signature that counts.
    pub(super) fn accepted_until(&self) -> Option<&str> {
        match (&self.signed, &self.gate) {
            (Some(signed), _) => signed.accepted_until.as_deref().or(signed.expiry.as_deref()),
            (None, Some(_)) => None,
            (None, None) => self.accepted()?.until(),
        }
    }

    /// Why it is not simply verified, signed or listed.
    pub(super) fn why(&self) -> Option<Why> {
        let why = |code: &str, text: &str| Some(Why { code: code.to_owned(), text: text.to_owned() });
        match self.outcome {
            ArtifactOutcome::Verified
            | ArtifactOutcome::Signed
            | ArtifactOutcome::AlreadySigned
            | ArtifactOutcome::Listed => None,
            ArtifactOutcome::Skipped => match self.skip {
                Some(skip) => why(skip.code(), skip.words()),
                None => why("skipped", "nothing was checked"),
            },
            ArtifactOutcome::AcceptedWithWarnings => {
                if let Some(weakened) = self.gate.as_ref().and_then(GateReport::weakened) {
                    return why(WEAKENED, &weakened);
                }
                let logged = self.accepted().into_iter().flat_map(|candidate| &candidate.rows);
                let row = logged.into_iter().find(|row| row.tone() == Tone::Warning || row.action != Action::Enforce);
                match row.map(|row| (row, row.reason.as_ref())) {
                    Some((row, Some(reason))) => {
                        let text = format!("{} {}: {}", row.validation.label(), row.status.label(), reason.text);
                        why(&reason.code, &text)
                    }
                    _ => why(self.outcome.name(), "not everything that counts is enforced"),
                }
            }
            ArtifactOutcome::Rejected
            | ArtifactOutcome::Unsigned
            | ArtifactOutcome::GateUnmet
            | ArtifactOutcome::Error
            | ArtifactOutcome::NotSigned => {
                if self.outcome == ArtifactOutcome::GateUnmet
                    && let Some(gap) = self.gap()
                {
                    return why(self.outcome.name(), &gap);
                }
                match (self.only_candidate().and_then(|one| one.reason.as_ref()), &self.error) {
                    (Some(reason), _) => why(&reason.code, &reason.text),
                    (None, Some(error)) => why(&error.code, &error.message),
                    (None, None) => why(self.outcome.name(), self.outcome.words()),
                }
            }
        }
    }

    /// What is known of the image itself, each fact with its label.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = Vec::new();
        if self.digest_reference.as_ref().is_some_and(|resolved| *resolved != self.reference) {
            facts.push(("given as", self.reference.clone()));
        }
        if let Some(media_type) = &self.media_type {
            let size = self.size.map(|size| format!(", {size} bytes")).unwrap_or_default();
            facts.push(("manifest", format!("{media_type}{size}")));
        }
        if let Some(one) = &self.statement {
            facts
                .push(("statement", format!("{} ({}), scope {}, from {}", one.name, one.level, one.scope, one.origin)));
        }
        facts.extend(self.named_where().map(|places| ("named at", places)));
        facts.extend(self.gate.iter().flat_map(GateReport::facts));
        if let Some(listing) = &self.listing {
            let limit = if listing.complete { "" } else { ", not all of them were examined" };
            let found = format!("{} ({}){limit}", listing.found, listing.method);
            facts.push(("signatures found", [vec![found], listing.notes.clone()].concat().join("; ")));
        }
        facts.extend(self.waited.as_ref().map(|waited| ("waited", waited.words())));
        if let Some(signed) = &self.signed {
            facts.extend(signed.facts());
        }
        if self.candidates_omitted > 0 {
            facts.push(("left out", format!("{} more signatures, to keep this report short", self.candidates_omitted)));
        }
        facts
    }
}

impl WaitReport {
    pub(super) fn words(&self) -> String {
        format!("{} s, looked {} times", self.seconds, self.rounds)
    }
}

impl SignedReport {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![("signature", self.signature_manifest.clone()), ("signer", self.signer.clone())];
        facts.extend(some(&[
            ("signing profile version", &self.signing_profile_version),
            ("signing profile alias", &self.signing_profile_alias),
            ("signing job", &self.signing_job),
            ("expires at", &self.expiry),
            ("accepted until", &self.accepted_until),
            ("signed again, although an existing signature may be good", &self.undecided),
        ]));
        facts.push(("published through", [vec![self.published.clone()], self.notes.clone()].concat().join("; ")));
        facts
    }
}

impl CandidateReport {
    fn until(&self) -> Option<&str> {
        let expiry = self.content.as_ref().and_then(|content| content.expiry.as_deref());
        self.accepted_until.as_deref().or(expiry)
    }

    pub(super) const fn words(&self) -> (Tone, &'static str) {
        match self.decision {
            Decision::Accepted => (Tone::Good, "accepted"),
            Decision::Rejected => (Tone::Bad, "rejected"),
            Decision::NotJudged | Decision::NotTried => (Tone::Neutral, "not judged"),
            Decision::Listed => (Tone::Neutral, "listed"),
        }
    }

    /// What it says, each fact with its label and who says so. What is not trusted is called that.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let is_trusted = self.decision == Decision::Accepted;
        let mut facts = Vec::new();
        if let Some(reason) = &self.reason {
            facts.push(("because", format!("{} [{}]", reason.text, reason.code)));
        }
        if let Some(content) = &self.content {
            let signer = if is_trusted { "signer" } else { "signer, as the envelope says, not verified" };
            facts.extend(content.signer().map(|name| (signer, name.to_owned())));
            facts.extend(content.facts());
        }
        facts.extend(some(&[("accepted until", &self.accepted_until), ("envelope", &self.envelope_type)]));
        if self.content_omitted {
            facts.push(("left out", "its content, to keep this report short".to_owned()));
        }
        facts
    }
}

impl EnvelopeReport {
    /// Who made it: the signing profile, or the subject of the signing certificate. That of AWS Signer is the same for every
    /// customer.
    fn signer(&self) -> Option<&str> {
        let subject = || self.certificates.first().map(|leaf| leaf.subject.as_str());
        self.signing_profile_version.as_deref().or_else(subject)
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = some(&[
            ("signing profile alias", &self.signing_profile_alias),
            ("signing job", &self.signing_job),
            ("signed at (the signer says)", &self.signing_time),
            ("signed at (the signing authority says)", &self.authentic_signing_time),
            ("expires at", &self.expiry),
            ("signing agent (the signer says)", &self.signing_agent),
        ]);
        let pairs = self.user_metadata.iter().take(PAIRS_SHOWN);
        facts.extend(pairs.map(|(key, value)| ("metadata", format!("{key} = {value}"))));
        let more = self.user_metadata.len().saturating_sub(PAIRS_SHOWN) + self.omitted;
        if more > 0 {
            facts.push(("left out", format!("{more} more facts, to keep this report short")));
        }
        facts
    }
}

impl RowReport {
    /// What came of it, in words.
    pub(super) const fn words(&self) -> &'static str {
        match (self.status, self.action) {
            (Status::Failed, Action::Log) => "failed, only logged",
            (status, _) => status.label(),
        }
    }

    /// What was not evaluated has not failed.
    pub(super) const fn tone(&self) -> Tone {
        match (self.status, self.action) {
            (_, Action::Skip) | (Status::NotEvaluated, _) => Tone::Neutral,
            (Status::Passed | Status::NothingToCheck, _) if self.answered_by.is_some() => Tone::Warning,
            (Status::Passed | Status::NothingToCheck, _) => Tone::Good,
            (Status::Failed, Action::Enforce) => Tone::Bad,
            (Status::Failed, Action::Log) => Tone::Warning,
        }
    }
}

/// Those facts that are known.
fn some(facts: &[(&'static str, &Option<String>)]) -> Vec<(&'static str, String)> {
    facts.iter().filter_map(|(label, value)| Some((*label, value.as_ref()?.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::model::{Findings, Reason, Skip};
    use super::super::samples;
    use super::*;

    #[test]
    fn only_a_verified_image_is_called_that() {
        for outcome in ArtifactOutcome::ALL {
            let words = outcome.words();
            let says = words.contains("verified") && !words.contains("not verified");
            assert_eq!(says, outcome.is_verified(), "{words}");
        }
    }

    #[test]
    fn an_image_that_is_skipped_says_why() {
        let why = |skip| {
            let image = ArtifactReport { skip, ..ArtifactReport::new("a", ArtifactOutcome::Skipped) };
            image.why().map(|why| (why.code, why.text)).unwrap()
        };
        for (skip, code, word) in [(Skip::Policy, "skipped", "policy"), (Skip::Fork, "fork", "fork")] {
            let (found, text) = why(Some(skip));
            assert!(found == code && text.contains(word), "{found}: {text}");
        }
        let (code, text) = why(None);
        assert!(code == "skipped" && !text.contains("policy") && !text.contains("fork"), "{text}");
    }

    #[test]
    fn a_run_is_good_only_without_anything_to_say() {
        assert_eq!(samples::verified().tone(), Tone::Good);
        assert_eq!((samples::rejected().tone(), samples::several().tone()), (Tone::Bad, Tone::Bad));
        let mut caveat = samples::verified();
        caveat.artifacts_mut()[0].caveats.push(Reason::new("x", "x"));
        let mut weakened = samples::verified();
        let weakening = Weakening { setting: "plain-http", value: "x".to_owned(), origin: "x".to_owned() };
        weakened.weakened.push(weakening);
        assert_eq!((caveat.tone(), weakened.tone()), (Tone::Warning, Tone::Warning));
        assert_eq!(Report::of("verify", Findings::Artifacts(Vec::new())).tone(), Tone::Bad);
        assert_eq!(Report::new("verify").gist(), "failed");
    }

    #[test]
    fn the_signer_is_named_where_the_verdict_vouches_for_it() {
        let first = |report: &Report| report.artifacts()[0].signer().map(Cow::into_owned);
        assert_eq!(first(&samples::verified()).as_deref(), Some("CN=release,O=Acme,ST=WA,C=US"));
        let profile = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/release/AbCdEf1234";
        assert_eq!(first(&samples::verified_with_aws()).as_deref(), Some(profile));
        assert_eq!(first(&samples::signed()).as_deref(), Some("local key release.key"));
        assert_eq!((first(&samples::rejected()), first(&samples::inspected())), (None, None));
    }

    #[test]
    fn each_image_that_is_not_plainly_good_has_a_reason() {
        let report = samples::several();
        let codes: Vec<_> = report.artifacts().iter().map(|image| image.why().map(|why| why.code)).collect();
        let expected = [None, Some("unsigned"), Some("unsigned"), Some("accepted-with-warnings"), Some("denied")];
        assert_eq!(codes, expected.map(|code| code.map(str::to_owned)));
        assert_eq!(samples::rejected().artifacts()[0].why().unwrap().code, "untrusted-identity");
        let order: Vec<_> = report.worst_first().iter().map(|image| image.outcome.name()).collect();
        assert_eq!(order, ["unsigned", "unsigned", "error", "accepted-with-warnings", "verified"]);
    }
}
