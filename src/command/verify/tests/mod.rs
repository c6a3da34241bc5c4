//! The flow of `verify` against the registry of the test process: verdicts, one bad signature next to a good one, rounds,
//! the limit, what a policy says, several images.

mod candidates;
mod children;
mod limit;
mod policy;
mod registries;
mod several;
mod time;
mod verdict;

use serde_json::Value;

use super::*;
use crate::command::stage::{self, Stage};
use crate::command::verifier::scope_of;
use crate::config::image_source::Images;
use crate::config::setting::Setting;
use crate::config::trust::{self, Trust};
use crate::config::{RegistrySettings, SkipStatements, TrustSource, VerifiedBy, VerifierSettings};
use crate::reference;
use crate::report::{ArtifactOutcome, Findings, Report, render_json};
use crate::verification::{Examined, Found, Terms, TrustedBy, Until, Verdict, examine, judge};

/// Settings of a plain `verify` of these images by `--root` and `--identity`.
fn settings(images: Vec<String>, signer: &stage::Signer) -> VerifySettings {
    VerifySettings {
        images: Images::of(reference::parse_all(&images)),
        verifier: signer.verifier(),
        wait: None,
        aws: stage::aws_settings(),
        registry: stage::registry_settings(),
        posts: None,
        deploy: Box::default(),
    }
}

/// The same, but for this of the verifier.
fn verifying(signer: &stage::Signer, change: impl FnOnce(VerifierSettings) -> VerifierSettings) -> VerifySettings {
    let settings = settings(vec![], signer);
    VerifySettings { verifier: change(settings.verifier), ..settings }
}

/// The report on the stage's image as JSON, and the exit code.
async fn report(stage: &Stage, trust: &Trust, settings: &VerifySettings) -> (Value, u8) {
    let (reference, context) = (stage.by_tag(), stage::context("verify"));
    let verifier = Verifier::of(trust.clone(), &settings.verifier, &settings.registry);
    let scope = verifier.scope(&reference).unwrap();
    let session = stage::session(&context);
    let run = Run { session: &session, verifier: &verifier, settings, context: &context };
    json(run.verify(&reference, &scope).await)
}

/// An artifact as the JSON report has it, and how a run about it ends.
fn json(artifact: ArtifactReport) -> (Value, u8) {
    let exit = artifact.exit_code().number();
    let report = Report::of("verify", Findings::Artifacts(vec![artifact]));
    let mut value: Value = serde_json::from_str(&render_json(&report).unwrap()).unwrap();
    let artifact = value["artifacts"][0].take();
    assert_eq!(artifact["verified"], artifact["outcome"] == "verified");
    assert_eq!(artifact["verified"] == true, artifact["outcome"] == "verified" && exit == 0);
    (artifact, exit)
}
