//! ARNs, roots and hashes, each rule with what keeps it and what breaks it. What envelopes must say is in
//! `tests/vectors/verify/aws-*.json`.

use proptest::prelude::*;

use super::*;
use crate::certificate::{Certificate, CertificateChain, parse_pem};
use crate::digest::Digest;

const PROFILE: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/build";
const VERSION: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/build/IrwHQeF7XW";
const ALIASED: &str =
    "arn:aws:signer:us-west-2:111122223333:/aliased-signing-profiles/0c2b8a55-1d0e-4e6f-8a0b-5b4b7e1c9d3a";
const ALIAS: &str = "arn:aws:signer:us-west-2:111122223333:/aliases/release";
const JOB: &str = "arn:aws:signer:us-west-2:111122223333:/signing-jobs/5808635f-05de-4207-a891-c95f827b50f4";

/// A certificate of tests/vectors/aws-signer.
macro_rules! certificate {
    ($name:literal) => {
        parse_pem(include_bytes!(concat!("../../vectors/aws-signer/", $name, ".pem"))).unwrap().remove(0)
    };
}

fn profile(text: &str) -> SigningProfileArn {
    SigningProfileArn::parse(text).unwrap()
}

fn signature(text: &str) -> AwsSignature {
    AwsSignature {
        profile_version: SignedProfile::parse(text).unwrap(),
        alias: None,
        job: SigningJobArn::parse(JOB).unwrap(),
    }
}

/// The same through an alias.
fn through(text: &str, alias: &str) -> AwsSignature {
    AwsSignature { alias: Some(ProfileAliasArn::parse(alias).unwrap()), ..signature(text) }
}

fn trusted(text: &str) -> TrustedProfile {
    TrustedProfile::parse(text).unwrap()
}

/// A chain of one certificate, which these rules do not check.
fn chain(certificate: Certificate) -> CertificateChain {
    CertificateChain::new(vec![certificate]).unwrap()
}

#[test]
fn the_parts_of_an_arn_are_read() {
    let arn = profile(VERSION);
    assert_eq!((arn.partition(), arn.region(), arn.account()), ("aws", "us-west-2", "111122223333"));
    assert_eq!((arn.name(), arn.version()), ("build", Some("IrwHQeF7XW")));
    assert_eq!((arn.to_string().as_str(), arn.as_str()), (VERSION, VERSION));
    assert_eq!((arn.without_version(), profile(PROFILE).version()), (profile(PROFILE), None));
    assert_eq!(profile(PROFILE).without_version(), profile(PROFILE));
    let job = SigningJobArn::parse(JOB).unwrap();
    assert_eq!((job.partition(), job.region(), job.account()), ("aws", "us-west-2", "111122223333"));
    assert_eq!((job.id(), job.as_str()), ("5808635f-05de-4207-a891-c95f827b50f4", JOB));
    assert_eq!(job.to_string(), JOB);
}

#[test]
fn a_name_may_be_the_version_of_another_profile() {
    // The version is cut off at the end, not where its letters first occur.
    let arn = profile("arn:aws:signer:us-west-2:111122223333:/signing-profiles/abcdefghij/abcdefghij");
    let expected = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/abcdefghij";
    assert_eq!(arn.without_version().as_str(), expected);
}

#[test]
fn arns_at_the_limits_are_read() {
    let longest = "n".repeat(64);
    for text in [
        "arn:aws-us-gov:signer:us-gov-west-1:000000000000:/signing-profiles/ab".to_owned(),
        "arn:aws-cn:signer:cn-north-1:111122223333:/signing-profiles/A_9/0123456789".to_owned(),
        format!("arn:aws-{}:signer:{}:111122223333:/signing-profiles/{longest}", "p".repeat(32), "r".repeat(32)),
    ] {
        assert_eq!(profile(&text).to_string(), text);
    }
    for id in ["5", "5808635f-05de-4207-a891-c95f827b50f4", &longest] {
        let text = format!("arn:aws:signer:eu-west-1:111122223333:/signing-jobs/{id}");
        assert_eq!(SigningJobArn::parse(&text).unwrap().id(), id);
    }
}

/// A change to an ARN, and the code with which it is refused.
type Broken = (&'static str, &'static str, &'static str);

#[test]
fn each_rule_of_profile_arns_refuses_with_what_is_wrong() {
    let broken: [Broken; 34] = [
        ("arn:aws", "aws", "arn-fields"),
        (":/signing", "/signing", "arn-fields"),
        ("/build", ":build", "arn-fields"),
        ("arn:", "ARN:", "arn-prefix"),
        ("arn:", ":", "arn-prefix"),
        ("arn:", " arn:", "arn-prefix"),
        (":aws:", "::", "arn-partition"),
        (":aws:", ":AWS:", "arn-partition"),
        (":aws:", ":aws-:", "arn-partition"),
        (":aws:", ":aws-us--gov:", "arn-partition"),
        (":aws:", ":awscn:", "arn-partition"),
        (":aws:", ":other:", "arn-partition"),
        (":signer:", ":iam:", "arn-service"),
        (":signer:", ":Signer:", "arn-service"),
        ("us-west-2", "", "arn-region"),
        ("us-west-2", "us_west_2", "arn-region"),
        ("us-west-2", "us-west-2.example", "arn-region"),
        ("us-west-2", "-west-2", "arn-region"),
        ("us-west-2", "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr", "arn-region"),
        ("111122223333", "11112222333", "arn-account"),
        ("111122223333", "1111222233333", "arn-account"),
        ("111122223333", "11112222333x", "arn-account"),
        ("111122223333", "\u{661}11122223333", "arn-account"),
        (":/signing", ":signing", "arn-leading-slash"),
        ("/signing-profiles", "//signing-profiles", "arn-resource-type"),
        ("signing-profiles", "signing-jobs", "arn-resource-type"),
        ("signing-profiles", "Signing-Profiles", "arn-resource-type"),
        ("/build", "", "arn-parts"),
        ("/build", "/", "arn-trailing-slash"),
        ("/build", "/build/", "arn-trailing-slash"),
        ("/build", "/build/IrwHQeF7XW/x", "arn-parts"),
        ("/build", "/b", "arn-profile-name"),
        ("/build", "//IrwHQeF7XW", "arn-profile-name"),
        ("/build", "/build/IrwHQeF7X-", "arn-profile-version"),
    ];
    for (part, other, code) in broken {
        let text = PROFILE.replacen(part, other, 1);
        assert_eq!(SigningProfileArn::parse(&text).unwrap_err().code(), code, "{text}");
    }
    for name in ["bu-ild", "bu ild", "bu*", "büild", &"n".repeat(65)] {
        let found = SigningProfileArn::parse(&PROFILE.replace("build", name)).unwrap_err();
        assert!(matches!(found, ArnError::ProfileName { found } if found == name));
        let found = SigningProfileArn::parse(&VERSION.replace("build", name)).unwrap_err();
        assert!(matches!(found, ArnError::ProfileName { .. }));
    }
    for version in ["IrwHQeF7X", "IrwHQeF7XWx", "IrwHQeF7X_"] {
        let found = SigningProfileArn::parse(&VERSION.replace("IrwHQeF7XW", version)).unwrap_err();
        assert!(matches!(found, ArnError::ProfileVersion { found } if found == version));
    }
    assert!(matches!(SigningProfileArn::parse(""), Err(ArnError::Fields { found: 1, .. })));
    assert!(matches!(
        SigningProfileArn::parse(&format!("{PROFILE}/IrwHQeF7XW/x")),
        Err(ArnError::Parts { parts: 4, .. })
    ));
}

#[test]
fn each_rule_of_job_arns_refuses_with_what_is_wrong() {
    for (part, other, code) in [
        ("signing-jobs/5808635f-05de-4207-a891-c95f827b50f4", "signing-jobs", "arn-parts"),
        ("5808635f-05de-4207-a891-c95f827b50f4", "", "arn-trailing-slash"),
        ("b50f4", "b50f4/", "arn-trailing-slash"),
        ("b50f4", "b50f4/x", "arn-parts"),
        ("5808635f", "5808_35f", "arn-job-id"),
        ("5808635f", "5808635f\n", "arn-job-id"),
        ("signing-jobs", "signing-profiles", "arn-resource-type"),
        ("111122223333", "", "arn-account"),
    ] {
        let text = JOB.replacen(part, other, 1);
        assert_eq!(SigningJobArn::parse(&text).unwrap_err().code(), code, "{text}");
    }
    let long = JOB.replace("5808635f-05de-4207-a891-c95f827b50f4", &"0".repeat(65));
    assert!(matches!(SigningJobArn::parse(&long), Err(ArnError::JobId { .. })));
    let empty = JOB.replace("signing-jobs/5808635f-05de-4207-a891-c95f827b50f4", "signing-jobs//x");
    assert!(matches!(SigningJobArn::parse(&empty), Err(ArnError::Parts { parts: 3, .. })));
}

#[test]
fn messages_say_what_was_found_and_what_was_expected() {
    let message = |text: &str| SigningProfileArn::parse(text).unwrap_err().to_string();
    assert_eq!(
        message(&format!("{PROFILE}/")),
        "resource of the ARN is \"/signing-profiles/build/\", expected no trailing slash: /signing-profiles/NAME or \
         /signing-profiles/NAME/VERSION"
    );
    assert_eq!(
        message("arn:aws:signer:us-west-2"),
        "ARN \"arn:aws:signer:us-west-2\" has 4 fields, expected 6: arn:PARTITION:signer:REGION:ACCOUNT:RESOURCE"
    );
    // However long the text is, the message is not.
    assert!(message(&"x".repeat(100_000)).len() < 400);
    assert!(message(&PROFILE.replace("build", &"x".repeat(100_000))).len() < 400);
}

#[test]
fn a_profile_matches_its_versions_and_a_version_itself() {
    let other_version = VERSION.replace("IrwHQeF7XW", "awUPb84ibN");
    let other_case = VERSION.replace("build", "Build");
    for (trusted, signed, matches, but_for_case) in [
        (PROFILE, VERSION, true, false),
        (PROFILE, other_version.as_str(), true, false),
        (VERSION, VERSION, true, false),
        (VERSION, other_version.as_str(), false, false),
        (VERSION, PROFILE, false, false),
        (PROFILE, other_case.as_str(), false, true),
        (VERSION, other_case.as_str(), false, true),
        (other_version.as_str(), other_case.as_str(), false, false),
    ] {
        let (trusted, signature) = (self::trusted(trusted), signature(signed));
        assert_eq!(trusted.matches(&signature), matches, "{trusted} {signed}");
        assert_eq!(trusted.matches_but_for_case(&signature), but_for_case, "{trusted} {signed}");
    }
    for (part, other) in
        [("build", "builds"), ("us-west-2", "us-west-1"), ("111122223333", "111122223334"), (":aws:", ":aws-cn:")]
    {
        assert!(!profile(PROFILE).matches(&profile(&VERSION.replacen(part, other, 1))), "{other}");
    }
}

/// Reference: AWS, section 2.6.
#[test]
fn an_alias_matches_what_was_signed_through_it_and_nothing_else() {
    let (folded, other) = (ALIAS.replace("release", "Release"), ALIAS.replace("release", "other"));
    let other_aliased = ALIASED.replace("0c2b", "0c2c");
    for (trusted, signature, matches, but_for_case) in [
        (ALIAS, through(VERSION, ALIAS), true, false),
        (ALIAS, through(ALIASED, ALIAS), true, false),
        // Without the attribute an alias stands for nobody.
        (ALIAS, signature(VERSION), false, false),
        (ALIAS, signature(ALIASED), false, false),
        (ALIAS, through(ALIASED, &other), false, false),
        (ALIAS, through(ALIASED, &folded), false, true),
        (ALIASED, through(ALIASED, &other), true, false),
        (ALIASED, signature(ALIASED), true, false),
        (ALIASED, signature(&other_aliased), false, false),
        (ALIASED, signature(VERSION), false, false),
        (
            &ALIASED
                .to_uppercase()
                .replace("ARN:AWS:SIGNER:US-WEST-2", "arn:aws:signer:us-west-2")
                .replace("ALIASED-SIGNING-PROFILES", "aliased-signing-profiles"),
            signature(ALIASED),
            false,
            true,
        ),
        // An alias that is there and not trusted changes nothing.
        (PROFILE, through(VERSION, &other), true, false),
        (VERSION, through(VERSION, &other), true, false),
        (PROFILE, through(ALIASED, ALIAS), false, false),
    ] {
        let trusted = self::trusted(trusted);
        assert_eq!(trusted.matches(&signature), matches, "{trusted} {signature:?}");
        assert_eq!(trusted.matches_but_for_case(&signature), but_for_case, "{trusted} {signature:?}");
    }
}

#[test]
fn each_form_of_a_trusted_profile_is_read_and_no_other() {
    for (text, is_profile) in [(PROFILE, true), (VERSION, true), (ALIASED, false), (ALIAS, false)] {
        let arn = trusted(text);
        assert_eq!((arn.to_string().as_str(), arn.as_str(), arn.profile().is_some()), (text, text, is_profile));
        assert_eq!((arn.partition(), arn.region(), arn.account()), ("aws", "us-west-2", "111122223333"));
    }
    assert_eq!(ProfileAliasArn::parse(ALIAS).unwrap().name(), "release");
    assert_eq!(AliasedProfileArn::parse(ALIASED).unwrap().id(), "0c2b8a55-1d0e-4e6f-8a0b-5b4b7e1c9d3a");
    let longest = ALIAS.replace("release", &"n".repeat(128));
    assert_eq!(trusted(&longest).as_str(), longest);
    assert_eq!(SignedProfile::parse(VERSION).unwrap().without_version(), trusted(PROFILE));
    assert_eq!(SignedProfile::parse(ALIASED).unwrap().without_version(), trusted(ALIASED));
    for (base, part, other, code) in [
        (ALIAS, "release", "", "arn-trailing-slash"),
        (ALIAS, "release", "release/", "arn-trailing-slash"),
        (ALIAS, "release", "release/1", "arn-parts"),
        (ALIAS, "/release", "", "arn-parts"),
        (ALIAS, "release", "re lease", "arn-alias-name"),
        (ALIAS, "release", "rel*", "arn-alias-name"),
        (ALIAS, "release", &"n".repeat(129), "arn-alias-name"),
        (ALIAS, "/aliases", "aliases", "arn-leading-slash"),
        (ALIAS, "aliases", "Aliases", "arn-resource-type"),
        (ALIAS, "aliases", "alias", "arn-resource-type"),
        (ALIAS, "111122223333", "1", "arn-account"),
        (ALIASED, "0c2b8a55", "0c2b_8a55", "arn-aliased-profile-id"),
        (ALIASED, "0c2b8a55", "0c2b8a55/0", "arn-parts"),
        (ALIASED, "aliased-signing-profiles", "aliased-signing-profile", "arn-resource-type"),
        (ALIASED, ":signer:", ":iam:", "arn-service"),
    ] {
        let text = base.replacen(part, other, 1);
        assert_eq!(TrustedProfile::parse(&text).unwrap_err().code(), code, "{text}");
    }
    // A signature names no alias where its profile stands, and nobody trusts a job.
    assert_eq!(SignedProfile::parse(ALIAS).unwrap_err().code(), "arn-resource-type");
    let message = TrustedProfile::parse(JOB).unwrap_err().to_string();
    assert!(message.ends_with("/aliased-signing-profiles/ID or /aliases/NAME"), "{message}");
}

#[test]
fn what_is_revoked_of_an_aliased_profile_is_named() {
    let chain = chain(certificate!("cert1"));
    let request = RevocationStatusRequest::new(crate::Timestamp::UNIX_EPOCH, &through(ALIASED, ALIAS), &chain);
    assert_eq!(request.profile_version_arn.as_str(), ALIASED);
    let entries = [ALIASED, ALIAS, JOB].map(str::to_owned);
    let (named, _) = revoked(&request, &entries, &chain);
    let [RevokedEntity::ProfileVersion(profile), RevokedEntity::Other(_), RevokedEntity::SigningJob(_)] =
        named.as_slice()
    else {
        panic!("{named:?}");
    };
    assert_eq!(profile.as_str(), ALIASED);
}

#[test]
fn the_embedded_roots_are_those_of_the_vectors_with_the_published_fingerprints() {
    let roots = AwsRoots::embedded();
    let found: Vec<_> = roots
        .known()
        .map(|known| (known.partition(), known.trust_store(), known.certificate().fingerprint()))
        .collect();
    assert_eq!(
        found,
        [
            ("aws", "aws-signer-ts", "90a87d0543c3f094dbff9589b6649affe2f3d6e0f308799be2258461c686473f".to_owned()),
            (
                "aws-us-gov",
                "aws-us-gov-signer-ts",
                "673653ab76f41a10546cdeb4107ecd6df2c15c2c9a0d32ed97d271b4436fc3e8".to_owned()
            ),
        ]
    );
    let commercial = roots.known().next().unwrap();
    // What AWS offers for download has no line feed at the end; two projects pin the hash of that file.
    let download = commercial.pem().strip_suffix('\n').unwrap();
    assert_eq!(
        Digest::sha256(download.as_bytes()).hex(),
        "0ccf529561f610b9eb7f9b0ee02fffe2f74f7ffdf0ac56348ca224e879461c9b"
    );
    assert_eq!(commercial.certificate(), &certificate!("aws-signer-root-commercial-g1"));
    assert_eq!(roots.for_partition("aws"), [certificate!("aws-signer-root-commercial-g1")]);
    assert_eq!(roots.for_partition("aws-us-gov"), [certificate!("aws-signer-root-us-gov-g1")]);
    for partition in ["aws-cn", "aws-eusc", "aws-iso", "AWS", ""] {
        assert_eq!(roots.for_partition(partition), [], "{partition}");
    }
    assert!(!roots.is_replaced());
    for known in roots.known() {
        known.certificate().check_self_signed().unwrap();
        assert_eq!(parse_pem(known.pem().as_bytes()).unwrap(), [known.certificate().clone()]);
        // `anchor` looks at no other keys.
        assert_eq!(known.certificate().public_key().len(), 97);
    }
}

#[test]
fn replaced_roots_stand_for_every_partition_and_awss_own_for_none() {
    let other = certificate!("cert2");
    let roots = AwsRoots::replaced(vec![other.clone()]);
    assert!(roots.is_replaced());
    for partition in ["aws", "aws-us-gov", "aws-cn"] {
        assert_eq!(roots.for_partition(partition), std::slice::from_ref(&other));
    }
    assert_eq!(roots.known().count(), 2);
    let commercial = chain(certificate!("aws-signer-root-commercial-g1"));
    assert!(roots.anchor(&commercial), "the rules of AWS Signer hold for its own roots all the same");
    let refused = check_root(&signature(VERSION), &commercial, &roots);
    assert!(matches!(refused, Err(AwsSignerFailure::RootOfAnother { .. })));
}

#[test]
fn a_chain_is_of_aws_signer_by_the_key_of_any_of_its_certificates() {
    let roots = AwsRoots::embedded();
    let (leaf, root) = (certificate!("cert1"), certificate!("cert2"));
    let (commercial, gov) = (certificate!("aws-signer-root-commercial-g1"), certificate!("aws-signer-root-us-gov-g1"));
    for (certificates, expected) in [
        (vec![commercial.clone()], true),
        (vec![gov.clone()], true),
        (vec![leaf.clone(), commercial], true),
        (vec![leaf.clone(), gov, root.clone()], true),
        (vec![leaf, root.clone()], false),
        (vec![root], false),
    ] {
        assert_eq!(roots.anchor(&CertificateChain::new(certificates).unwrap()), expected);
    }
    let replaced = AwsRoots::replaced(vec![certificate!("cert2")]);
    assert!(replaced.anchor(&chain(certificate!("cert2"))));
    assert!(!replaced.anchor(&chain(certificate!("cert1"))));
}

#[test]
fn the_root_is_the_one_of_the_profiles_partition() {
    let roots = AwsRoots::embedded();
    let (commercial, gov) =
        (chain(certificate!("aws-signer-root-commercial-g1")), chain(certificate!("aws-signer-root-us-gov-g1")));
    let arn = |partition: &str| signature(&VERSION.replace(":aws:", &format!(":{partition}:")));
    assert_eq!(check_root(&arn("aws"), &commercial, &roots), Ok(()));
    assert_eq!(check_root(&arn("aws-us-gov"), &gov, &roots), Ok(()));
    for (partition, chain) in [("aws-us-gov", &commercial), ("aws", &gov)] {
        let Err(AwsSignerFailure::RootOfAnother { root, partition: found }) =
            check_root(&arn(partition), chain, &roots)
        else {
            panic!("{partition}");
        };
        assert_eq!((root, found.as_str()), (chain.root().subject().to_string(), partition));
    }
    assert_eq!(
        check_root(&arn("aws-cn"), &commercial, &roots),
        Err(AwsSignerFailure::PartitionWithoutRoot { partition: "aws-cn".into() })
    );
}

#[test]
fn a_difference_in_case_only_is_said() {
    let refused = |trusted: &[&str]| {
        let trusted: Vec<_> = trusted.iter().map(|text| self::trusted(text)).collect();
        check_profile(&signature(VERSION), trusted.iter(), || vec!["as in the policy".into()]).unwrap_err()
    };
    let (other, folded) = (PROFILE.replace("build", "other"), PROFILE.replace("build", "BUILD"));
    let message = refused(&[&other, &folded]).to_string();
    assert_eq!(
        message,
        format!(
            "signing profile {VERSION} is not one of the trusted ones [\"as in the policy\"]; it differs from {folded} in \
             case only"
        )
    );
    let by_alias = check_profile(&through(ALIASED, ALIAS), [trusted(&other)].iter(), Vec::new).unwrap_err().to_string();
    assert!(by_alias.starts_with(&format!("signing profile {ALIASED}, used through {ALIAS}, is not")), "{by_alias}");
    let AwsSignerFailure::AnotherProfile { same_but_for_case: None, .. } = refused(&[&other]) else {
        panic!("nothing is the same");
    };
    assert!(matches!(refused(&[]), AwsSignerFailure::NoProfileTrusted { .. }));
}

/// The upstream hashes are test data of AWS's plugin.
#[test]
fn certificate_hashes_are_those_of_awss_plugin() {
    let hash = |text: &str| text.trim().to_owned();
    let leaf = hash(include_str!("../../vectors/aws-signer/cert1.tbs-sha384.txt"));
    let root = hash(include_str!("../../vectors/aws-signer/cert2.tbs-sha384.txt"));
    let two = CertificateChain::new(vec![certificate!("cert1"), certificate!("cert2")]).unwrap();
    assert_eq!(certificate_hashes(&two), [format!("{leaf}{root}"), format!("{root}{root}")]);
    assert_eq!(certificate_hashes(&chain(certificate!("cert1"))), [format!("{leaf}{leaf}")]);
    assert!(certificate_hashes(&two).iter().all(|hash| hash.len() == 192));
}

#[test]
fn a_request_goes_to_the_region_of_the_profile() {
    let arn = "arn:aws-us-gov:signer:us-gov-east-1:111122223333:/signing-profiles/build/IrwHQeF7XW";
    let time = "2026-06-01T08:00:00Z".parse().unwrap();
    let request = RevocationStatusRequest::new(time, &signature(arn), &chain(certificate!("cert1")));
    assert_eq!((request.region(), request.partition()), ("us-gov-east-1", "aws-us-gov"));
    assert_eq!((request.profile_version_arn.as_str(), request.job_arn.as_str()), (arn, JOB));
    assert_eq!((request.signature_timestamp, request.certificate_hashes.len()), (time, 1));
}

#[test]
fn what_an_answer_names_is_told_up_to_a_cap() {
    let chain = chain(certificate!("cert1"));
    let request = RevocationStatusRequest::new(crate::Timestamp::UNIX_EPOCH, &signature(VERSION), &chain);
    let at_cap = vec![JOB.to_owned(); crate::limits::REVOKED_ENTITIES];
    let (named, omitted) = revoked(&request, &at_cap, &chain);
    assert_eq!((named.len(), omitted), (at_cap.len(), 0));
    let (named, omitted) = revoked(&request, &[at_cap, vec![JOB.to_owned()]].concat(), &chain);
    assert_eq!((named.len(), omitted), (crate::limits::REVOKED_ENTITIES, 1));
    let long = "x".repeat(10_000);
    let (named, _) = revoked(&request, &[long], &chain);
    assert!(matches!(named.as_slice(), [RevokedEntity::Other(text)] if text.len() < 200));
}

/// Texts that are nearly ARNs.
fn arn_like() -> impl Strategy<Value = String> {
    "(arn|ARN)?:(aws|aws-cn|aws-us-gov|)?:(signer|s3)?:(eu-west-1|us_1|)?:[0-9]{0,13}:/?(signing-profiles|signing-jobs)?/?[a-zA-Z0-9_-]{0,12}/?[a-zA-Z0-9]{0,11}/?"
}

proptest! {
    #[test]
    fn what_is_an_arn_prints_as_it_was_and_has_legal_parts(text in prop_oneof![arn_like(), "\\PC{0,80}"]) {
        if let Ok(arn) = SigningProfileArn::parse(&text) {
            prop_assert_eq!(arn.to_string(), text.clone());
            let rebuilt = format!(
                "arn:{}:signer:{}:{}:/signing-profiles/{}",
                arn.partition(), arn.region(), arn.account(), arn.name()
            );
            prop_assert_eq!(arn.without_version().to_string(), rebuilt);
            prop_assert!(arn.matches(&arn) && arn.without_version().matches(&arn));
            prop_assert_eq!(arn.version().is_some(), !arn.matches(&arn.without_version()));
            let host = format!("{}.{}", arn.region(), arn.partition());
            prop_assert!(host.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.'));
        }
        if let Ok(arn) = SigningJobArn::parse(&text) {
            prop_assert_eq!(arn.to_string(), text.clone());
            prop_assert!(SigningProfileArn::parse(&text).is_err());
        }
    }

    #[test]
    fn every_arn_of_legal_parts_is_read(
        partition in "aws(-[a-z0-9]{1,5}){0,2}",
        region in "[a-z]{2,4}-[a-z]{3,9}-[0-9]",
        account in "[0-9]{12}",
        name in "[a-zA-Z0-9_]{2,64}",
        version in proptest::option::of("[a-zA-Z0-9]{10}"),
    ) {
        let end = version.as_ref().map(|version| format!("/{version}")).unwrap_or_default();
        let arn = profile(&format!("arn:{partition}:signer:{region}:{account}:/signing-profiles/{name}{end}"));
        prop_assert_eq!((arn.partition(), arn.region(), arn.account()), (&*partition, &*region, &*account));
        prop_assert_eq!((arn.name(), arn.version()), (&*name, version.as_deref()));
    }
}
