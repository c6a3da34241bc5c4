//! What is advised follows from how trust is named, not from who named it: a flag, a variable, or a file.

use serde_json::Value;

use crate::aws_scene::report;
use crate::sealgate::Sandbox;

const PROFILE: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/release";
const IDENTITY: &str = "x509.subject: C=ZZ, ST=Development, O=sealgate development, CN=demo";

/// Settings by name.
type Settings<'a> = &'a [(&'a str, &'a str)];

/// Images signed by a stranger and by nobody, and a trust policy in files.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sealgate(&["demo", "--dir", "demo"]).exits(0);
    let install = ["trust", "install", "--root", "demo/keys/demo-ca.crt", "--name", "demo", "--identity", IDENTITY];
    sandbox.sealgate(&[&install[..], &["--dir", "trust"]].concat()).exits(0);
    sandbox.sealgate(&["trust", "install", "--profile", PROFILE, "--dir", "aws"]).exits(0);
    sandbox
}

/// The help of what `verify` says of an image, with these settings given in each way that there is.
fn help(sandbox: &Sandbox, image: &str, settings: Settings<'_>, exit: i32) -> Vec<String> {
    let flags: Vec<_> = settings.iter().map(|(name, value)| format!("--{name}={value}")).collect();
    let run = |more: &[&str]| sandbox.sealgate(&[&["verify", "--format", "json"], more, &["--", image]].concat());
    let by_flag = run(&flags.iter().map(String::as_str).collect::<Vec<_>>());
    let variable = |name: &str| format!("SEALGATE_{}", name.to_uppercase().replace('-', "_"));
    let by_variable = settings.iter().fold(run(&[]), |run, (name, value)| run.env(&variable(name), value));
    let file: String = settings.iter().map(|(name, value)| format!("{name}: {value:?}\n")).collect();
    sandbox.write("settings.yaml", &file);
    let by_file = run(&["--config", "settings.yaml"]);
    let told = [by_flag, by_variable, by_file].map(|run| {
        let report = report(&run.env("AWS_EC2_METADATA_DISABLED", "true").exits(exit));
        let help = report["artifacts"][0]["error"]["help"].as_array().unwrap().clone();
        help.iter().map(|step| Value::as_str(step).unwrap().to_owned()).collect::<Vec<_>>()
    });
    assert_eq!((&told[0], &told[0]), (&told[1], &told[2]), "{settings:?}");
    told.into_iter().next().unwrap()
}

#[test]
fn each_kind_of_trust_is_advised_alike_however_it_was_given() {
    let sandbox = sandbox();
    let root: Settings<'_> = &[("root", "demo/keys/demo-ca.crt"), ("identity", IDENTITY)];
    let files: Settings<'_> = &[("policy", "trust/trustpolicy.json"), ("trust-store", "trust/truststore")];
    let aws: Settings<'_> = &[("policy", "aws/trustpolicy.json"), ("trust-store", "aws/truststore")];
    let profile: Settings<'_> = &[("profile", PROFILE)];
    let signing = format!("--profile {PROFILE}");
    let (key, by_profile) = ("--key FILE --certificate-chain FILE", signing.as_str());
    for (settings, who, how) in [
        (root, "compare the signer with those that --root and --identity trust", key),
        (
            files,
            "see which signers are trusted by trust/trustpolicy.json: sealgate trust show --policy trust/trustpolicy.json --trust-store trust/truststore",
            key,
        ),
        (
            aws,
            "see which signers are trusted by aws/trustpolicy.json: sealgate trust show --policy aws/trustpolicy.json --trust-store aws/truststore",
            by_profile,
        ),
        (
            profile,
            "compare the signature's signing profile with --profile: sealgate inspect -- oci-layout:demo/foreign@sha256:",
            by_profile,
        ),
    ] {
        let refused =
            help(&sandbox, "oci-layout:demo/foreign:v1", &[settings, &[("scope", "a.example/b")]].concat(), 10);
        assert!(refused.last().unwrap().starts_with(who), "{refused:?}");
        let unsigned =
            help(&sandbox, "oci-layout:demo/unsigned:v1", &[settings, &[("scope", "a.example/b")]].concat(), 11);
        assert!(
            unsigned[0].starts_with(&format!("sign it where it is built: sealgate sign {how} -- ")),
            "{unsigned:?}"
        );
    }
}

#[test]
fn what_is_wrong_with_a_signature_decides_what_to_do() {
    let sandbox = sandbox();
    let root = [("root", "demo/keys/demo-ca.crt"), ("identity", IDENTITY)];
    let lacking = help(&sandbox, "oci-layout:demo/app:v1", &[&root[..], &[("user-metadata", "build=17")]].concat(), 10);
    let last = lacking.last().unwrap();
    assert!(
        last.starts_with("sign the image with the metadata that is asked for: --user-metadata KEY=VALUE"),
        "{last}"
    );
    // The flags of the call stand in what is to be copied.
    let words =
        ["verify", "--plain-http", "registry.example", "--ca-file", "demo/keys/demo-ca.crt", "--format", "json"];
    let trusted = ["--root", "demo/keys/demo-ca.crt", "--identity", IDENTITY, "--", "oci-layout:demo/foreign:v1"];
    let report = report(&sandbox.sealgate(&[&words[..], &trusted].concat()).exits(10));
    let inspect = report["artifacts"][0]["error"]["help"][0].as_str().unwrap();
    let flags =
        "sealgate inspect --plain-http registry.example --ca-file demo/keys/demo-ca.crt -- oci-layout:demo/foreign@";
    assert!(inspect.contains(flags), "{inspect}");
}

#[test]
fn notations_own_folder_is_shown_by_trust_show_alone() {
    let sandbox = sandbox();
    let words = ["verify", "--format", "json", "--scope", "a.example/b", "--", "oci-layout:demo/foreign:v1"];
    let folder = sandbox.path("trust");
    let run = sandbox.sealgate(&words).env("NOTATION_CONFIG", folder.to_str().unwrap());
    let report = report(&run.exits(10));
    let help = report["artifacts"][0]["error"]["help"].as_array().unwrap().last().unwrap().as_str().unwrap().to_owned();
    assert_eq!(
        help,
        "see which signers are trusted by [FOLDER]/trust/trustpolicy.json and trustpolicy.oci.json: sealgate trust show"
    );
}
