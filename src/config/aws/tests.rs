//! What the settings about AWS mean, and what is refused.

mod endpoints;
mod identity;
mod sdk;

use super::super::error::ResolveError;
use super::super::image_source::Tags;
use super::super::images::images;
use super::super::parts::RevocationCheck;
use super::super::sign::SignerSettings;
use super::super::task::{Config, Task};
use super::super::trust_install::Trusted;
use super::super::trust_settings::TrustSource;
use super::super::verifier::{VerifiedBy, VerifierSettings};
use super::super::verify::VerifySettings;
use super::*;
use crate::cli::Cli;
use crate::config::tests;

const PROFILE: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/release";
const OTHER_PROFILE: &str = "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/release";
const ROLE: &str = "arn:aws:iam::111122223333:role/ci";

type Variables<'a> = &'a [(&'a str, &'a str)];

fn resolved(words: &[&str], variables: Variables<'_>) -> Result<Config, Vec<ResolveError>> {
    tests::resolved(words, &[&[("HOME", "/h")], variables].concat())
}

/// The settings of `verify` for a profile, with these additional arguments and variables.
fn verify(words: &[&str], variables: Variables<'_>) -> VerifySettings {
    match resolved(&[&["verify", "a", "--profile", PROFILE], words].concat(), variables).unwrap().task {
        Task::Verify(settings) => settings,
        other => panic!("{other:?}"),
    }
}

/// The one invalid setting, its origin, and what is wrong with it.
fn fault(words: &[&str], variables: Variables<'_>) -> (&'static str, String, Fault) {
    let mut errors = resolved(words, variables).map(drop).unwrap_err();
    match (errors.pop(), errors.is_empty()) {
        (Some(ResolveError::Setting(error)), true) => (error.key, error.origin.to_string(), error.fault),
        other => panic!("{words:?}: {other:?}"),
    }
}

fn excludes(words: &[&str], variables: Variables<'_>) -> (&'static str, String) {
    match fault(words, variables) {
        (key, _, Fault::Excludes { other }) => (key, other),
        other => panic!("{words:?}: {other:?}"),
    }
}

#[test]
fn a_profile_is_an_arn_or_a_short_form_of_it() {
    for (text, expected) in [
        (
            "arn:aws:signer:us-west-2:111122223333:/signing-profiles/p1",
            "arn:aws:signer:us-west-2:111122223333:/signing-profiles/p1",
        ),
        ("p1@111122223333/us-west-2", "arn:aws:signer:us-west-2:111122223333:/signing-profiles/p1"),
        (
            "p1/AbCdEf1234@111122223333/us-gov-west-1",
            "arn:aws-us-gov:signer:us-gov-west-1:111122223333:/signing-profiles/p1/AbCdEf1234",
        ),
        ("p1@111122223333/cn-north-1", "arn:aws-cn:signer:cn-north-1:111122223333:/signing-profiles/p1"),
    ] {
        assert_eq!(parse_profile(text).unwrap().to_string(), expected);
    }
    for text in ["p1", "p1@111122223333", "p1@us-west-2", "p1/x"] {
        assert!(matches!(parse_profile(text), Err(Fault::NotProfile { .. })), "{text}");
    }
    for text in ["arn:aws:s3:::b", "p-1@111122223333/us-west-2", "p1@1/us-west-2", "p1@111122223333/", "arn:x@y/z"] {
        assert!(matches!(parse_profile(text), Err(Fault::ProfileArn { .. })), "{text}");
    }
}

#[test]
fn a_role_is_the_arn_of_a_role() {
    for text in ["arn:aws:iam::111122223333:role/ci", "arn:aws-us-gov:iam::111122223333:role/path/ci"] {
        assert!(parse_role(text).is_ok(), "{text}");
    }
    for text in [
        "ci",
        "arn:aws:iam::111122223333:user/ci",
        "arn:aws:iam::1:role/ci",
        "arn:aws:iam::111122223333:role/",
        "arn:aws:sts::111122223333:assumed-role/ci/x",
    ] {
        assert!(matches!(parse_role(text), Err(Fault::NotRole { .. })), "{text}");
    }
}

#[test]
fn a_signing_profile_stands_alone() {
    let verify = |words: &[&'static str]| excludes(&[&["verify", "a", "--profile", PROFILE], words].concat(), &[]);
    assert_eq!(verify(&["--policy", "p"]), ("profile", "--policy".to_owned()));
    assert_eq!(verify(&["--policy", "p", "--trust-store", "t"]), ("profile", "--policy".to_owned()));
    assert_eq!(verify(&["--trust-store", "t"]), ("profile", "--trust-store".to_owned()));
    assert_eq!(verify(&["--root", "r", "--identity", "*"]), ("profile", "--root".to_owned()));
    assert_eq!(verify(&["--identity", "*"]), ("profile", "--identity".to_owned()));
    let sign = |words: &[&'static str]| excludes(&[&["sign", "a", "--profile", PROFILE], words].concat(), &[]);
    assert_eq!(sign(&["--key", "k"]), ("profile", "--key".to_owned()));
    assert_eq!(sign(&["--key", "k", "--certificate-chain", "c"]), ("profile", "--key".to_owned()));
    assert_eq!(sign(&["--certificate-chain", "c"]), ("profile", "--certificate-chain".to_owned()));
    assert_eq!(sign(&["--expiry", "1h"]), ("profile", "--expiry".to_owned()));
    // It counts the same whatever its origin.
    let found = excludes(&["verify", "a", "--policy", "p"], &[("SEALGATE_PROFILE", PROFILE)]);
    assert_eq!(found, ("profile", "--policy".to_owned()));
}

#[test]
fn an_alias_is_trusted_in_its_region_and_signs_nothing() {
    let place = "arn:aws:signer:us-west-2:111122223333:";
    for resource in ["/aliases/release", "/aliased-signing-profiles/0c2b8a55"] {
        let alias = format!("{place}{resource}");
        match resolved(&["verify", "a", "--profile", &alias, "--profile", PROFILE], &[]).unwrap().task {
            Task::Verify(VerifySettings {
                verifier: VerifierSettings { by: VerifiedBy::Policy(TrustSource::Profiles(profiles)), .. },
                ..
            }) => {
                assert_eq!(profiles.value.iter().map(TrustedProfile::as_str).collect::<Vec<_>>(), [&*alias, PROFILE]);
            }
            other => panic!("{other:?}"),
        }
        let (key, _, refused) = fault(&["verify", "a", "--profile", &alias, "--region", "eu-west-1"], &[]);
        assert!(key == "region" && matches!(refused, Fault::OtherRegion { .. }), "{refused:?}");
        let found = Fault::AliasToSignWith { found: alias.clone() };
        assert_eq!(fault(&["sign", "a", "--profile", &alias], &[]).2, found);
    }
    for typo in ["/aliases/", "/aliases/a/b", "/alias/release", "/aliased-signing-profiles/"] {
        let (_, _, refused) = fault(&["verify", "a", "--profile", &format!("{place}{typo}")], &[]);
        assert!(matches!(refused, Fault::ProfileArn { .. }), "{typo}");
    }
}

#[test]
fn several_profiles_are_trusted_and_one_signs() {
    let two = format!("{PROFILE}\n\n  release@111122223333/eu-west-1\r\n{PROFILE}\n");
    let words = ["verify", "a"];
    match resolved(&words, &[("SEALGATE_PROFILE", &two)]).unwrap().task {
        Task::Verify(VerifySettings {
            verifier: VerifierSettings { by: VerifiedBy::Policy(TrustSource::Profiles(profiles)), .. },
            ..
        }) => {
            let texts: Vec<_> = profiles.value.iter().map(TrustedProfile::as_str).collect();
            assert_eq!(texts, [PROFILE, OTHER_PROFILE]);
            assert_eq!(profiles.origin.to_string(), "SEALGATE_PROFILE");
        }
        other => panic!("{other:?}"),
    }
    let (key, origin, wrong) = fault(&["sign", "a"], &[("SEALGATE_PROFILE", &two)]);
    assert_eq!((key, origin.as_str(), wrong), ("profile", "SEALGATE_PROFILE", Fault::NotOne));
    let flags = ["sign", "a", "--profile", PROFILE, "--profile", OTHER_PROFILE];
    assert_eq!(fault(&flags, &[]).2, Fault::NotOne);
    match resolved(&["sign", "a"], &[("SEALGATE_PROFILE", PROFILE)]).unwrap().task {
        Task::Sign(settings) => {
            let SignerSettings::SigningProfile { profile, aws_root: None } = settings.signer else { panic!() };
            assert_eq!(profile.value.as_str(), PROFILE);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_profile_that_is_wrong_among_many_is_told() {
    let lines = format!("{PROFILE}\nrelease\n");
    let (key, _, wrong) = fault(&["verify", "a"], &[("SEALGATE_PROFILE", &lines)]);
    assert_eq!((key, wrong), ("profile", Fault::NotProfile { found: "release".to_owned() }));
    let wrong = fault(&["verify", "a", "--profile", "arn:aws:signer:us-west-2:1:/signing-profiles/release"], &[]).2;
    assert!(matches!(wrong, Fault::ProfileArn { .. }), "{wrong:?}");
}

#[test]
fn a_region_that_was_asked_for_is_that_of_every_profile_and_the_ambient_one_is_no_matter() {
    assert_eq!(verify(&["--region", "us-west-2"], &[]).aws.region.as_deref(), Some("us-west-2"));
    let profile = ["--profile", PROFILE, "--region", "eu-west-1"];
    for command in ["sign", "verify"] {
        let (key, origin, wrong) = fault(&[&[command, "a"][..], &profile].concat(), &[]);
        let expected = Fault::OtherRegion { found: "eu-west-1".to_owned(), profile: PROFILE.to_owned() };
        assert_eq!((key, origin.as_str(), wrong), ("region", "--region", expected), "{command}");
    }
    let both = ["verify", "a", "--profile", OTHER_PROFILE, "--profile", PROFILE, "--region", "eu-west-1"];
    assert_eq!(fault(&both, &[]).0, "region");
    let from_variable = fault(&["sign", "a", "--profile", PROFILE], &[("SEALGATE_REGION", "eu-west-1")]);
    assert_eq!((from_variable.0, from_variable.1.as_str()), ("region", "SEALGATE_REGION"));
    for (variables, expected) in [
        (&[("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "eu-west-2")][..], Some("eu-west-1")),
        (&[("AWS_DEFAULT_REGION", "eu-west-2")], Some("eu-west-2")),
        (&[], Some("us-west-2")),
    ] {
        assert_eq!(verify(&[], variables).aws.region.as_deref(), expected);
    }
    for text in
        ["US-WEST-2", "uswest2", "a.b-c", "us-west-2/", "us-west-2a", "us-west-2-lax-1a", "<region>", "${REGION}"]
    {
        let wrong = fault(&["verify", "a", "--profile", PROFILE, "--region", text], &[]).2;
        assert_eq!(wrong, Fault::NotRegion { found: text.to_owned() });
    }
}

#[test]
fn what_is_of_another_partition_than_its_region_or_of_no_region_is_told_before_anything_is_asked() {
    let arn = |partition: &str, region: &str| {
        format!("arn:{partition}:signer:{region}:111122223333:/signing-profiles/release")
    };
    for command in ["sign", "verify"] {
        for (partition, region) in [("aws-cn", "us-west-2"), ("aws", "cn-north-1"), ("aws", "us-gov-west-1")] {
            let (key, _, wrong) = fault(&[command, "a", "--profile", &arn(partition, region)], &[]);
            assert!(key == "profile" && matches!(wrong, Fault::OtherPartition { .. }), "{wrong:?}");
        }
        let (_, _, wrong) = fault(&[command, "a", "--profile", "release@111122223333/us-west-2b"], &[]);
        assert!(matches!(&wrong, Fault::ProfileRegion { region, .. } if region == "us-west-2b"), "{wrong:?}");
    }
    let role = |partition: &str| format!("arn:{partition}:iam::111122223333:role/ci");
    let (gov, china) = (role("aws-us-gov"), role("aws-cn"));
    for (words, variables, origin) in [
        (&["--profile", PROFILE, "--role-arn", &gov][..], &[][..], "--role-arn"),
        (&["--role-arn", &gov], &[("AWS_REGION", "eu-west-1")], "--role-arn"),
        (&["--profile", PROFILE], &[("SEALGATE_ROLE_ARN", &*china)], "SEALGATE_ROLE_ARN"),
        (
            &["--oidc-token-env", "T"],
            &[("AWS_ROLE_ARN", &*china), ("T", "t"), ("AWS_REGION", "eu-west-1")],
            "AWS_ROLE_ARN",
        ),
    ] {
        let trust = if words.contains(&"--profile") { &[][..] } else { &["--root", "r.pem", "--identity", "*"] };
        let (key, found, wrong) = fault(&[&["verify", "a"], trust, words].concat(), variables);
        assert!((key, &*found) == ("role-arn", origin) && matches!(wrong, Fault::OtherPartition { .. }), "{wrong:?}");
    }
    // What names neither a region nor a profile is asked for in its own partition.
    verify(&["--region", "us-west-2"], &[("AWS_ROLE_ARN", &china)]);
    let web = [("AWS_ROLE_ARN", &*china), ("AWS_WEB_IDENTITY_TOKEN_FILE", "/t")];
    let told = verify(&[], &web).aws.sources.web_identity.unwrap_err().to_string();
    assert!(told.starts_with("AWS_ROLE_ARN: arn:aws-cn:iam::111122223333:role/ci is in partition aws-cn"), "{told}");
}

#[test]
fn revocation_is_skipped_by_a_person_only_and_shown() {
    assert_eq!(verify(&[], &[]).verifier.revocation, RevocationCheck::ByPolicy);
    assert_eq!(verify(&["--skip-revocation"], &[]).verifier.revocation, RevocationCheck::Skip);
    let words = ["verify", "a", "--profile", PROFILE];
    let weakened = resolved(&words, &[("SEALGATE_SKIP_REVOCATION", "true")]).unwrap().weakened;
    let origins: Vec<_> = weakened.iter().map(|one| (one.setting, one.origin.as_str())).collect();
    assert_eq!(origins, [("skip-revocation", "SEALGATE_SKIP_REVOCATION")]);
    for (input, system) in [("INPUT_SKIP-REVOCATION", "GITHUB_ACTIONS"), ("PLUGIN_SKIP_REVOCATION", "DRONE")] {
        let (key, _, wrong) = fault(&words, &[(input, "true"), (system, "true")]);
        assert_eq!((key, wrong), ("skip-revocation", Fault::WeakeningInput));
    }
}

#[test]
fn another_root_is_a_flag_and_nothing_else_and_shown() {
    let settings = verify(&["--aws-root", "r.pem"], &[]);
    assert_eq!(settings.verifier.aws_root.map(|setting| setting.value), Some(PathBuf::from("r.pem")));
    for command in ["sign", "verify"] {
        let words = [command, "a", "--profile", PROFILE, "--aws-root", "r.pem"];
        let weakened = resolved(&words, &[]).unwrap().weakened;
        let told: Vec<_> = weakened.iter().map(|one| (one.setting, one.value.as_str(), one.origin.as_str())).collect();
        assert_eq!(told, [("aws-root", "r.pem, NOT AN AWS ROOT", "--aws-root")], "{command}");
    }
    for input in ["INPUT_AWS-ROOT", "INPUT_AWS_ROOT", "PLUGIN_AWS_ROOT"] {
        assert!(verify(&[], &[(input, "r.pem"), ("GITHUB_ACTIONS", "true")]).verifier.aws_root.is_none(), "{input}");
    }
    let errors = resolved(&["verify", "a", "--profile", PROFILE], &[("SEALGATE_AWS_ROOT", "r.pem")]).map(drop);
    assert!(matches!(errors.unwrap_err().as_slice(), [ResolveError::Environment(_)]));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sealgate.yaml");
    std::fs::write(&file, "aws-root: r.pem\n").unwrap();
    let errors = resolved(&["verify", "a", "--profile", PROFILE, "--config", file.to_str().unwrap()], &[]).map(drop);
    assert!(matches!(errors.unwrap_err().as_slice(), [ResolveError::File(_)]));
    let (key, _, wrong) = fault(&["sign", "a", "--key", "k", "--certificate-chain", "c", "--aws-root", "r"], &[]);
    assert_eq!((key, wrong), ("aws-root", Fault::Needs { other: "profile" }));
}

#[test]
fn trust_that_is_written_is_named_by_flags_alone() {
    let install = |words: &[&str], variables: Variables<'_>| match resolved(words, variables) {
        Ok(Config { task: Task::TrustInstall(settings), weakened, .. }) => Ok((settings, weakened)),
        Ok(other) => panic!("{other:?}"),
        Err(errors) => Err(errors),
    };
    let words = ["trust", "install", "--profile", "release@111122223333/us-west-2", "--profile", PROFILE];
    let (settings, weakened) = install(&words, &[("SEALGATE_PROFILE", OTHER_PROFILE)]).unwrap();
    let Trusted::Profiles { profiles, aws_root: None } = settings.trusted else { panic!("{settings:?}") };
    assert_eq!(profiles.iter().map(TrustedProfile::as_str).collect::<Vec<_>>(), [PROFILE]);
    assert_eq!((settings.name.as_str(), weakened.len()), ("aws-signer", 0));
    let words = ["trust", "install", "--profile", PROFILE, "--aws-root", "r.pem", "--name", "x"];
    let (settings, weakened) = install(&words, &[]).unwrap();
    assert_eq!((settings.name.as_str(), weakened[0].setting), ("x", "aws-root"));
    let words = ["trust", "install", "--profile", "release"];
    assert!(matches!(install(&words, &[]).unwrap_err().as_slice(), [ResolveError::Setting(_)]));
    let weakened = resolved(&["trust", "show", "--aws-root", "r.pem"], &[]).unwrap().weakened;
    assert_eq!(weakened[0].value, "r.pem, NOT AN AWS ROOT");
}

#[test]
fn without_a_region_the_profile_or_the_image_implies_it() {
    let region = |words: &[&str], variables: &[(&str, &str)]| {
        let environment = Env::of(variables);
        let cli = Cli::parse([&["sealgate", "verify"], words].concat()).unwrap();
        let layers = Layers { typed: cli.typed, environment: Some(&environment), ..Layers::default() };
        let images = images(&layers, Tags::Resolved).unwrap().references;
        settings(&layers, &environment, Duration::from_secs(1), &images).unwrap().region
    };
    let profile = ["--profile", "p1@111122223333/us-gov-west-1"];
    let image = ["111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:v1"];
    let both = [&image[..], &profile].concat();
    for (words, variables, expected) in [
        (&both[..], &[("AWS_REGION", "us-west-2")][..], Some("us-west-2")),
        (&both, &[("AWS_DEFAULT_REGION", "us-west-1")], Some("us-west-1")),
        (&both, &[], Some("us-gov-west-1")),
        (&image, &[], Some("eu-west-1")),
        (&["registry.example/app:v1"], &[], None),
        (&["a", "--role-arn", "arn:aws-us-gov:iam::111122223333:role/ci"], &[], Some("us-gov-west-1")),
        (&["a", "--role-arn", "arn:aws-cn:iam::111122223333:role/ci"], &[], Some("cn-north-1")),
        (&["a", "--role-arn", ROLE], &[], None),
    ] {
        assert_eq!(region(words, variables).as_deref(), expected, "{words:?} {variables:?}");
    }
}
