//! What reports about signatures of AWS Signer show, from the test endpoint to the text.

use serde_json::Value;

use crate::aws::endpoint::Endpoint;
use crate::sealgate::{Answer, Sandbox};

/// A signed image layout, the endpoint that signed it, and the root that is not AWS's.
struct Signed {
    sandbox: Sandbox,
    aws: Endpoint,
    image: String,
}

impl Signed {
    fn new() -> Self {
        let (sandbox, aws) = (Sandbox::new(), Endpoint::start());
        sandbox.write("root.pem", &aws.root_pem("aws"));
        sandbox.sealgate(&["demo", "--dir", "demo"]).exits(0);
        let index: Value = serde_json::from_str(&sandbox.read("demo/unsigned/index.json")).unwrap();
        let image = format!("oci-layout:demo/unsigned@{}", index["manifests"][0]["digest"].as_str().unwrap());
        let signed = Self { sandbox, aws, image };
        signed.run("sign", &[], 0);
        signed
    }

    /// Runs a command about the image, with the profile and the root that are right.
    fn run(&self, command: &str, words: &[&str], code: i32) -> Answer {
        let profile = self.aws.profile();
        let trusted = ["--profile", &profile, "--aws-root", "root.pem"];
        let trusted = if matches!(command, "list" | "inspect") { &[][..] } else { &trusted };
        let mut run = self.sandbox.sealgate(&[&[command, &self.image], trusted, words].concat());
        for (name, value) in self.aws.env() {
            run = run.env(name, &value);
        }
        run.exits(code)
    }

    fn json(&self, command: &str, words: &[&str]) -> Value {
        let answer = self.run(command, &[words, &["--format", "json"]].concat(), 0);
        serde_json::from_str(&answer.stdout).unwrap()
    }
}

/// The codes of what an image's verdict must not be read without.
fn caveats(report: &Value) -> Vec<&str> {
    let caveats = report["artifacts"][0]["caveats"].as_array().unwrap();
    caveats.iter().map(|caveat| caveat["code"].as_str().unwrap()).collect()
}

#[test]
fn other_roots_and_endpoints_than_those_of_aws_are_told_before_anything_else() {
    let signed = Signed::new();
    let url = signed.aws.url();
    let text = signed.run("verify", &[], 0).stdout;
    let head = format!(
        "! NOT AN AWS ROOT: other root certificates are used instead of AWS Signer's (from --aws-root)\n\
        ✓ verified (NOT AN AWS ROOT; revocation status came from {url}, not from AWS) oci-layout:"
    );
    assert!(text.starts_with(&head), "{text}");
    let row = text.lines().find(|line| line.contains("! revocation ")).unwrap();
    assert!(row.contains(&format!("(answered by {url}, which is not AWS's)")), "{row}");

    let report = signed.json("verify", &[]);
    assert_eq!(caveats(&report), ["not-an-aws-root", "revocation-answered-elsewhere"]);
    assert_eq!(report["artifacts"][0]["candidates"][0]["rows"][4]["answered_by"], url);
    let weakened: Vec<_> = report["weakened"].as_array().unwrap().iter().map(|one| &one["setting"]).collect();
    assert_eq!(weakened, ["aws-root", "endpoint-url"]);

    for (words, code) in [(&["--force"][..], 0), (&[], 0)] {
        let text = signed.run("sign", words, code).stdout;
        assert!(text.starts_with("! NOT AN AWS ROOT: ") && text.contains("signed (NOT AN AWS ROOT) oci-"), "{text}");
    }
    let refused = signed.run("verify", &["--user-metadata", "build=17"], 10).stdout;
    assert!(refused.contains("✗ rejected (NOT AN AWS ROOT) oci-layout:"), "{refused}");
}

#[test]
fn revocation_that_was_not_checked_is_told_in_the_first_line() {
    let signed = Signed::new();
    let before = signed.aws.count("GetRevocationStatus");
    let text = signed.run("verify", &["--skip-revocation"], 0).stdout;
    let expected = "✓ verified (NOT AN AWS ROOT; revocation was not checked: --skip-revocation) oci-layout:";
    assert!(text.lines().any(|line| line.starts_with(expected)), "{text}");
    assert_eq!(caveats(&signed.json("verify", &["--skip-revocation"])), ["not-an-aws-root", "revocation-not-checked"]);
    assert_eq!(signed.aws.count("GetRevocationStatus"), before, "nobody was asked");
}

#[test]
fn profile_and_job_are_shown_by_sign_and_verify_and_as_a_claim_by_inspect() {
    let signed = Signed::new();
    let verified = signed.json("verify", &[]);
    let content = &verified["artifacts"][0]["candidates"][0]["content"];
    let version = content["signing_profile_version"].as_str().unwrap();
    let job = content["signing_job"].as_str().unwrap();
    assert!(version.starts_with(&format!("{}/", signed.aws.profile())), "{version}");
    assert!(job.contains(":/signing-jobs/"), "{job}");
    let again = signed.json("sign", &[]);
    assert_eq!(again["artifacts"][0]["signed"]["signing_profile_version"], version);
    assert_eq!(again["artifacts"][0]["signed"]["signing_job"], job);
    let inspected = signed.json("inspect", &[]);
    assert_eq!(inspected["artifacts"][0]["candidates"][0]["content"]["signing_job"], job);

    let text = signed.run("verify", &[], 0).stdout;
    assert!(text.contains(&format!("signing profile version: {version}\n")), "{text}");
    let text = signed.run("inspect", &[], 0).stdout;
    for fact in [format!("signing profile version: {version}"), format!("signing job: {job}")] {
        assert!(text.contains(&format!("{fact} (as the envelope says, not verified)\n")), "{text}");
    }
}

#[test]
fn a_run_that_ends_early_says_in_json_what_was_weakened() {
    let signed = Signed::new();
    let words = ["verify", &signed.image, "--profile", &signed.aws.profile(), "--aws-root", "none", "--format", "json"];
    let report: Value = serde_json::from_str(&signed.sandbox.sealgate(&words).exits(3).stdout).unwrap();
    assert_eq!(report["error"]["code"], "trust-store");
    assert_eq!(report["weakened"][0]["value"], "none, NOT AN AWS ROOT");
}
