//! What AWS Signer returns is judged as strictly as a verifier would judge it: over the vectors of such envelopes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "functions that tests share; clippy knows only tests themselves"
)]

#[expect(dead_code, reason = "the other half is for the test of the vectors themselves")]
mod cases;

use cases::Case;
use notary_project::Timestamp;
use notary_project::envelope::Envelope;
use notary_project::extension::aws_signer::{
    AwsRoots, ReturnedEnvelope, SignPayloadRequest, SigningProfileArn, check_returned,
};
use notary_project::sign::SignError;
use notary_project::verify::{Decision, Failure};

const GOOD: &str = "a signature as AWS Signer makes it is verified";
const PROFILE: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/build";

/// Ten seconds after all but a few of the vectors were signed.
const NOW: &str = "2026-06-01T08:00:10Z";

/// Everything that an answer is judged by.
struct Answer {
    case: Case,
    payload: Vec<u8>,
    profile: SigningProfileArn,
    now: Timestamp,
}

impl Answer {
    fn of(case: Case) -> Self {
        let payload = payload_of(&case.envelope_bytes());
        Self { case, payload, profile: SigningProfileArn::parse(PROFILE).unwrap(), now: NOW.parse().unwrap() }
    }

    fn named(name: &str) -> Self {
        Self::of(Case::all().into_iter().find(|case| case.name == name).unwrap_or_else(|| panic!("{name}")))
    }

    fn check(&self) -> Result<ReturnedEnvelope, SignError> {
        self.check_with(&self.case.aws_roots())
    }

    fn check_with(&self, roots: &AwsRoots) -> Result<ReturnedEnvelope, SignError> {
        let Self { case, payload, profile, now } = self;
        let envelope = case.envelope_bytes();
        let request = SignPayloadRequest::new(&case.artifact, payload, profile);
        check_returned(Envelope::new(&case.media_type, &envelope), &request, roots, *now)
    }

    fn with_profile(self, text: &str) -> Self {
        Self { profile: SigningProfileArn::parse(text).unwrap(), ..self }
    }

    fn with_now(self, now: &str) -> Self {
        Self { now: now.parse().unwrap(), ..self }
    }

    fn with_payload(self, payload: &str) -> Self {
        Self { payload: payload.into(), ..self }
    }

    fn payload_text(&self) -> String {
        String::from_utf8(self.payload.clone()).unwrap()
    }
}

/// The payload as it is in an envelope.
fn payload_of(envelope: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    let envelope: serde_json::Value = serde_json::from_slice(envelope).unwrap_or_default();
    let text = envelope.get("payload").and_then(serde_json::Value::as_str).unwrap_or_default();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap_or_default()
}

fn code(answer: &Answer) -> String {
    answer.check().map_or_else(|error| error.code().to_owned(), |_| "taken".to_owned())
}

#[test]
fn what_aws_signer_makes_is_taken_and_read() {
    let answer = Answer::named(GOOD);
    let returned = answer.check().unwrap();
    assert_eq!(returned.bytes(), answer.case.envelope_bytes());
    assert_eq!(returned.media_type(), "application/jose+json");
    assert_eq!(returned.chain().certificates().len(), 4);
    assert_eq!(returned.signing_time().to_string(), "2026-06-01T08:00:00Z");
    assert_eq!(returned.expiry().unwrap().to_string(), "2037-09-01T08:00:00Z");
    assert_eq!(returned.aws_signature().profile_version.without_version(), answer.profile.into());
    assert_eq!(returned.aws_signature().job.id(), "5808635f-05de-4207-a891-c95f827b50f4");
    assert_eq!(code(&Answer::named(GOOD).with_profile(&format!("{PROFILE}/IrwHQeF7XW"))), "taken");
    assert_eq!(code(&Answer::named("user metadata under AWS Signer is read")), "taken");
    assert_eq!(
        Answer::named("a signature of AWS Signer without an expiry is verified").check().unwrap().expiry(),
        None
    );
}

#[test]
fn another_profile_or_version_than_the_one_asked_for_is_refused() {
    for other in [
        PROFILE.replace("build", "other"),
        PROFILE.replace("build", "Build"),
        PROFILE.replace("us-west-2", "us-east-1"),
        PROFILE.replace("111122223333", "111122223334"),
        format!("{PROFILE}/awUPb84ibN"),
    ] {
        assert_eq!(code(&Answer::named(GOOD).with_profile(&other)), "aws-profile-mismatch", "{other}");
    }
}

#[test]
fn another_root_is_refused() {
    assert_eq!(Answer::named(GOOD).check_with(&AwsRoots::embedded()).unwrap_err().code(), "aws-chain-not-aws");
    let foreign = Answer::named("another authority of the statement that claims a profile is refused");
    assert_eq!(code(&foreign), "aws-chain-not-aws");
    // A foreign chain that does not even claim to be of AWS Signer.
    let plain = Answer::named("another authority matches no profile");
    assert_eq!(code(&plain), "aws-chain-not-aws");
    assert_eq!(
        code(&Answer::named("a root with the key of AWS's in another certificate is not trusted")),
        "aws-root-of-another"
    );
    assert_eq!(code(&Answer::named("no roots at all are no roots of any partition")), "aws-partition-without-root");
}

#[test]
fn the_payload_says_what_was_sent_and_nothing_else() {
    let answer = Answer::named("user metadata under AWS Signer is read");
    let sent = answer.payload_text();
    let spaced = sent.replace(',', " ,\n").replace("{\"targetArtifact\":", "{ \"targetArtifact\" : ");
    assert_ne!(spaced, sent);
    assert_eq!(code(&Answer::named("user metadata under AWS Signer is read").with_payload(&spaced)), "taken");
    for changed in [
        sent.replace("\"commit\":\"abc\"", "\"commit\":\"abd\""),
        sent.replace("\"commit\":\"abc\"", "\"commit\":\"abc\",\"by\":\"me\""),
        sent.replace("\"annotations\":{\"commit\":\"abc\"},", ""),
        sent.replace("{\"targetArtifact\":", "{\"other\":1,\"targetArtifact\":"),
        sent.replace("\"commit\":\"abc\"", "\"commit\":\"abc\",\"commit\":\"abc\""),
        String::new(),
    ] {
        assert_ne!(changed, sent);
        let answer = Answer::named("user metadata under AWS Signer is read").with_payload(&changed);
        assert!(matches!(answer.check(), Err(SignError::PayloadChanged)), "{changed}");
    }
    assert_eq!(code(&Answer::named("AWS's signature of another artifact is refused")), "target-artifact-mismatch");
}

#[test]
fn the_signing_time_is_the_present_give_or_take() {
    for (now, expected) in [
        ("2026-06-01T07:54:59Z", "signed-in-future"),
        ("2026-06-01T07:55:00Z", "taken"),
        ("2026-06-01T08:00:00Z", "taken"),
        ("2026-06-01T08:15:00Z", "taken"),
        ("2026-06-01T08:15:00.1Z", "signed-long-ago"),
        ("2026-06-15T12:00:00Z", "signed-long-ago"),
        ("2037-09-01T08:00:00Z", "signature-expired"),
    ] {
        assert_eq!(code(&Answer::named(GOOD).with_now(now)), expected, "{now}");
    }
    let expired = Answer::named("a leaf that had expired when AWS signed is refused").with_now("2026-06-05T00:00:00Z");
    assert_eq!(code(&expired), "chain-expired");
}

#[test]
fn an_envelope_without_integrity_is_told_apart_from_one_that_is_rejected() {
    let mut answer = Answer::named(GOOD);
    answer.case.media_type = "application/cose".into();
    assert!(matches!(answer.check(), Err(SignError::Returned(_))));
    let extra = Answer::named("the further attribute 'other' is refused").check();
    assert!(matches!(extra, Err(SignError::Rejected(failure)) if matches!(*failure, Failure::AwsSigner(_))));
}

/// What is taken from the signer is what a verifier accepts, for every vector.
#[test]
fn nothing_is_taken_that_a_verifier_would_reject() {
    let mut taken = 0;
    for case in Case::all() {
        let verified = case.expect.decision != "rejected" && case.expect.decision != "skipped";
        let rows = case.expect.rows.clone();
        let answer = Answer::of(case);
        let Ok(returned) = answer.check() else { continue };
        taken += 1;
        assert!(rows.get("integrity").is_some_and(|row| row == "passed"), "{}", answer.case.name);
        assert_eq!(returned.aws_signature().profile_version.without_version(), answer.profile.into());
        // Rejected are some of these for what the verifier trusts or learns later: never for what the envelope says.
        let elsewhere = ["authenticity", "revocation", "expiry"];
        let judged = answer.case.finish_envelope(returned.bytes(), cases::StoreOrder::AsGiven);
        assert_eq!(judged.decision() == Decision::Rejected, !verified, "{}", answer.case.name);
        for (name, row) in rows.iter().filter(|(name, _)| !elsewhere.contains(&name.as_str())) {
            assert!(row.starts_with("passed") || row.starts_with("nothing"), "{}: {name} {row}", answer.case.name);
        }
    }
    assert!(taken > 60, "{taken}");
}
