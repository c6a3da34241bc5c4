//! Signing with a signing profile, as a user runs it.

use serde_json::{Value, json};

use crate::aws::answer::Author;
use crate::aws::envelope::{Order, Style};
use crate::aws::fault::{Change, Fault, Rule};
use crate::aws::signer::{Permission, Unit, Validity};
use crate::aws_scene::{Changed as _, Scene, report, says};

/// Annotations of a signature manifest, in the manifest and in the index.
fn annotations(scene: &Scene, name: &str) -> Value {
    let listed = scene.signatures(name).remove(0);
    let manifest: Value = serde_json::from_slice(&scene.blob(name, &listed)).unwrap();
    assert_eq!(manifest["annotations"], listed["annotations"]);
    manifest["annotations"].clone()
}

#[test]
fn an_image_is_signed_and_the_report_names_version_job_and_expiry() {
    let scene = Scene::new();
    let image = scene.image("app");
    let text = scene.sign(&[&image]).exits(0).stdout;
    let version = scene.endpoint.world().signer.profiles[&scene.endpoint.profile()].version_arn();
    let (job, expires) = {
        let world = scene.endpoint.world();
        let job = world.signer.jobs.values().next().unwrap();
        (job.arn(), crate::aws::clock::rfc3339(job.expires_at))
    };
    says(
        &text,
        &[
            "! NOT AN AWS ROOT: ",
            "✓ signed (NOT AN AWS ROOT) oci-layout:app@sha256:",
            &format!("signer: {}\n", scene.endpoint.profile()),
            &format!("signing profile version: {version}\n"),
            &format!("signing job: {job}\n"),
            &format!("expires at: {expires}\n"),
            "! weakened: aws-root = root.pem, NOT AN AWS ROOT (from --aws-root)",
            &format!("! weakened: endpoint-url = {} (from AWS_ENDPOINT_URL)", scene.endpoint.url()),
        ],
    );
    assert_eq!(scene.asked(), ["SignPayload"]);

    let json = report(&scene.sign(&[&scene.image("other"), "--format", "json"]).exits(0));
    let signed = &json["artifacts"][0]["signed"];
    assert_eq!(json["artifacts"][0]["outcome"], "signed");
    assert_eq!(json["artifacts"][0]["verified"], false, "signing is not verifying");
    assert_eq!(signed["signing_profile_version"], version);
    assert!(
        signed["signing_job"].as_str().unwrap().starts_with("arn:aws:signer:us-west-2:111122223333:/signing-jobs/")
    );
    assert!(signed["expiry"].as_str().unwrap().starts_with("20"));
    assert_eq!(signed["signature_manifest"], scene.signatures("other")[0]["digest"]);
}

#[test]
fn a_signing_profile_may_be_named_in_three_ways() {
    let scene = Scene::new();
    let version = scene.endpoint.world().signer.profiles[&scene.endpoint.profile()].version_arn();
    let id = version.rsplit('/').next().unwrap().to_owned();
    for (number, profile) in [
        "ci_images@111122223333/us-west-2".to_owned(),
        format!("ci_images/{id}@111122223333/us-west-2"),
        version.clone(),
    ]
    .iter()
    .enumerate()
    {
        let image = scene.image(&format!("app{number}"));
        let words = ["sign", "--aws-root", "root.pem", "--profile", profile, &image, "--format", "json"];
        let json = report(&scene.as_user(&words).exits(0));
        assert_eq!(json["artifacts"][0]["signed"]["signing_profile_version"], version, "{profile}");
    }
}

#[test]
fn a_profile_version_that_is_not_the_current_one_signs_nothing_and_says_which_is() {
    let scene = Scene::new();
    let image = scene.image("app");
    let current = scene.endpoint.world().signer.profiles[&scene.endpoint.profile()].version_arn();
    let old = format!("{}/AAAAAAAAAA", scene.endpoint.profile());
    let answer = scene.as_user(&["sign", "--aws-root", "root.pem", "--profile", &old, &image]).exits(10);
    says(&answer.stdout, &["error[signer-answer]", &current, &old, &format!("--profile {current}")]);
    assert!(scene.signatures("app").is_empty());
}

#[test]
fn a_profile_that_cannot_be_used_is_told_before_anything_is_asked() {
    let scene = Scene::new();
    let image = scene.image("app");
    let arn = scene.endpoint.profile();
    let slash = format!("{arn}/");
    let short = format!("{arn}/abc");
    let long = format!("{arn}/aaaaaaaaaa/b");
    let no_slash = arn.replace(":/signing", ":signing");
    #[rustfmt::skip]
    let table: [(&[&str], i32, &str, &[&str]); 17] = [
        (&["--profile", ""], 2, "usage", &["--profile: the value is empty", "a variable of the job is probably not set"]),
        (&["--profile", "ci"], 2, "usage", &["`ci`", "NAME@ACCOUNT/REGION", "for example --profile arn:aws:signer:"]),
        (&["--profile", "ci-x@111122223333/us-west-2"], 2, "usage", &["\"ci-x\"", "2 to 64 letters, digits and underscores"]),
        (&["--profile", "ci@1/us-west-2"], 2, "usage", &["account of the ARN is \"1\", expected 12 digits"]),
        (&["--profile", "ci@111122223333/"], 2, "usage", &["region of the ARN is \"\""]),
        (&["--profile", "arn:aws:s3:::bucket"], 2, "usage", &["service of the ARN is \"s3\", expected \"signer\""]),
        (&["--profile", &slash], 2, "usage", &["expected no trailing slash"]),
        (&["--profile", &short], 2, "usage", &["version of the signing profile is \"abc\", expected 10 letters and digits"]),
        (&["--profile", &long], 2, "usage", &["with 4 parts"]),
        (&["--profile", &no_slash], 2, "usage", &["expected a leading slash"]),
        (&["--profile", "arn:aws:signer:us-west-2:111122223333:/signing-jobs/x"], 2, "usage", &["\"/signing-jobs/x\", expected /signing-profiles/NAME"]),
        (&["--profile", "p1@111122223333/cn-north-1"], 3, "trust-store", &["partition aws-cn", "--aws-root FILE"]),
        (&["--profile", &arn, "--profile", "other@111122223333/us-west-2"], 2, "usage", &["--profile: expected one value"]),
        (&["--profile", &arn, "--region", "eu-west-1"], 2, "usage", &["region eu-west-1 was given", &arn, "leave out --region"]),
        (&["--profile", &arn, "--key", "a.key"], 2, "conflict", &["cannot be used together with --key", "give either --profile or --key"]),
        (&["--profile", &arn, "--key", "a.key", "--certificate-chain", "a.crt"], 2, "conflict", &["--key"]),
        (&["--profile", &arn, "--expiry", "90d"], 2, "conflict", &["--expiry"]),
    ];
    for (words, exit, code, texts) in table {
        let answer = scene.as_user(&[&["sign", &image], words].concat()).exits(exit);
        assert!(answer.stderr.starts_with(&format!("error[{code}]: ")), "{words:?}: {}", answer.stderr);
        assert!(answer.stderr.contains("help: ") || words.len() == 4, "{words:?}: {}", answer.stderr);
        says(&answer.stderr, texts);
        assert_eq!(answer.stdout, "", "{words:?}");
    }
    let alone = scene.as_user(&["sign", &image, "--aws-root", "root.pem", "--key", "a", "--certificate-chain", "b"]);
    says(&alone.exits(2).stderr, &["error[conflict]", "--aws-root", "--profile"]);
    assert!(scene.endpoint.requests().is_empty(), "nothing was asked");
}

#[test]
fn the_profiles_own_region_may_be_given() {
    let scene = Scene::new();
    scene.sign(&[&scene.image("app"), "--region", "us-west-2"]).exits(0);
}

#[test]
fn a_profile_of_another_region_is_asked_for_there() {
    let scene = Scene::new();
    scene.endpoint.put_profile("eu-central-1", "111122223333", "ci_images", Validity::default());
    let image = scene.image("app");
    let words = ["sign", "--aws-root", "root.pem", "--profile", "ci_images@111122223333/eu-central-1", &image];
    // The job's own region is another one.
    scene.as_user(&words).env("AWS_REGION", "us-east-1").exits(0);
    let requests = scene.endpoint.requests();
    let signed: Vec<_> = requests.iter().filter(|one| one.operation == "SignPayload").collect();
    assert_eq!(signed[0].region.as_deref(), Some("eu-central-1"));
}

#[test]
fn a_govcloud_profile_has_its_own_root() {
    let options = crate::aws::endpoint::Options { region: "us-gov-west-1".to_owned(), ..Default::default() };
    let scene = Scene::with(options);
    let image = scene.image("app");
    let text = scene.sign(&[&image]).exits(0).stdout;
    says(&text, &["arn:aws-us-gov:signer:us-gov-west-1:"]);
    scene.verify(&[&image]).exits(0);
}

#[test]
fn a_profile_of_another_account_signs_with_its_owners_permission_only() {
    let scene = Scene::new();
    let owner = "999999999999";
    scene.endpoint.put_profile("us-west-2", owner, "shared", Validity::default());
    let arn = "arn:aws:signer:us-west-2:999999999999:/signing-profiles/shared";
    let image = scene.image("app");
    let words = ["sign", "--aws-root", "root.pem", "--profile", arn, &image];
    let refused = scene.as_user(&words).exits(5).stdout;
    says(
        &refused,
        &[
            "error[denied]",
            "arn:aws:iam::111122223333:user/tester",
            "(request id ",
            &format!(r#"{{"Action":"signer:SignPayload","Effect":"Allow","Resource":"{arn}"}}"#),
            "account 999999999999 owns the profile and must permit it too: aws signer add-profile-permission",
            "--profile-name shared --principal 111122223333 --action signer:SignPayload",
        ],
    );
    assert!(scene.signatures("app").is_empty());

    scene.endpoint.world().signer.profiles.get_mut(arn).unwrap().permissions.push(Permission {
        action: "signer:SignPayload".to_owned(),
        principal: "111122223333".to_owned(),
        statement_id: "sealgate".to_owned(),
        profile_version: None,
    });
    says(&scene.as_user(&words).exits(0).stdout, &[arn, "arn:aws:signer:us-west-2:999999999999:/signing-jobs/"]);
    scene.as_user(&["verify", "--aws-root", "root.pem", "--profile", arn, &image]).exits(0);
}

#[test]
fn a_payload_that_is_too_large_is_refused_with_the_bytes_over_and_without_a_request() {
    let scene = Scene::new();
    let image = scene.image("app");
    let metadata = format!("note={}", "x".repeat(5000));
    let answer = scene.sign(&[&image, "--user-metadata", &metadata]).exits(3);
    says(
        &answer.stderr,
        &[
            "error[invalid-setting]: payload has ",
            " more than the 4096 that AWS Signer signs",
            "help: shorten --user-metadata by at least ",
        ],
    );
    let number = |before: &str| -> usize {
        let (_, rest) = answer.stderr.split_once(before).unwrap();
        rest.split_whitespace().next().unwrap().parse().unwrap()
    };
    assert_eq!(number("payload has ") - number("bytes, "), 4096);
    assert!(scene.endpoint.requests().is_empty());

    // What the message asks for is enough, give or take what the image itself adds.
    let over = number("at least ");
    let metadata = format!("note={}", "x".repeat(5000 - over - 8));
    scene.sign(&[&image, "--user-metadata", &metadata]).exits(0);
}

#[test]
fn user_metadata_is_signed_along() {
    let scene = Scene::new();
    let image = scene.image("app");
    scene.sign(&[&image, "--user-metadata", "build=17", "--user-metadata", "commit=abc"]).exits(0);
    scene.verify(&[&image, "--user-metadata", "build=17"]).exits(0);
    let refused = scene.verify(&[&image, "--user-metadata", "build=18"]).exits(10).stdout;
    says(&refused, &["error[rejected]", "build=18", "user-metadata-missing"]);
}

#[test]
fn metadata_of_the_answer_is_carried_and_never_over_notarys_own() {
    let scene = Scene::new();
    let image = scene.image("app");
    {
        let mut world = scene.endpoint.world();
        for (key, value) in [
            ("com.amazonaws.signer.note", "carried"),
            ("io.cncf.notary.x509chain.thumbprint#S256", "[\"00\"]"),
            ("io.cncf.notary.anything", "forged"),
            ("org.opencontainers.image.created", "1970-01-01T00:00:00Z"),
        ] {
            world.metadata.insert(key.to_owned(), value.to_owned());
        }
    }
    scene.sign(&[&image]).exits(0);
    let annotations = annotations(&scene, "app");
    assert_eq!(annotations["com.amazonaws.signer.note"], "carried");
    let thumbprints: Vec<String> =
        serde_json::from_str(annotations["io.cncf.notary.x509chain.thumbprint#S256"].as_str().unwrap()).unwrap();
    assert_eq!(thumbprints.len(), 4);
    assert_eq!(annotations["io.cncf.notary.anything"], Value::Null);
    assert!(!annotations["org.opencontainers.image.created"].as_str().unwrap().starts_with("1970"));
    scene.verify(&[&image]).exits(0);
}

#[test]
fn an_image_that_is_signed_is_left_alone() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let first = scene.signatures("app")[0]["digest"].clone();
    let json = report(&scene.sign(&[&image, "--format", "json"]).exits(0));
    let artifact = &json["artifacts"][0];
    assert_eq!((&artifact["outcome"], &artifact["signed"]["signature_manifest"]), (&json!("already-signed"), &first));
    assert!(artifact["signed"]["signing_job"].is_string() && artifact["signed"]["expiry"].is_string(), "{artifact}");
    assert_eq!((scene.endpoint.count("SignPayload"), scene.endpoint.count("GetRevocationStatus")), (1, 1));

    says(&scene.sign(&[&image, "--force"]).exits(0).stdout, &["✓ signed (NOT AN AWS ROOT) "]);
    assert_eq!((scene.endpoint.count("SignPayload"), scene.signatures("app").len()), (2, 2));
}

#[test]
fn in_doubt_about_the_signature_that_is_there_another_is_made() {
    type Spoil = fn(&Scene, &str);
    let table: [(&str, Spoil); 8] = [
        ("revoked job", |scene, _| scene.revoke_jobs()),
        ("revoked profile version", |scene, _| scene.revoke_profile_version(-3600)),
        ("denied", |scene, _| scene.endpoint.fault("GetRevocationStatus", Fault::Denied { author: Author::Iam })),
        ("no list", |scene, _| scene.endpoint.fault("GetRevocationStatus", Fault::EmptyObject)),
        ("other metadata", |_, _| {}),
        ("almost expired", |scene, name| scene.replace_signature(name, -60 * 60 * 24 * 2, 60 * 60)),
        ("expired", |scene, name| scene.replace_signature(name, -60 * 60 * 24 * 2, -60)),
        ("of another profile", |scene, name| {
            let plan = scene
                .plan(name, 0, 3600)
                .profile("arn:aws:signer:us-west-2:111122223333:/signing-profiles/other/AAAAAAAAAA");
            scene.replace_with(name, &plan);
        }),
    ];
    for (number, (label, spoil)) in table.into_iter().enumerate() {
        let scene = Scene::new();
        let name = format!("app{number}");
        let image = scene.signed_image(&name);
        spoil(&scene, &name);
        // A revoked version signs no more.
        if label == "revoked profile version" {
            scene.endpoint.put_profile("us-west-2", "111122223333", "ci_images", Validity::default());
        }
        let metadata: &[&str] = if label == "other metadata" { &["--user-metadata", "a=b"] } else { &[] };
        let text = scene.sign(&[&[image.as_str()], metadata].concat()).exits(0).stdout;
        says(&text, &["✓ signed (NOT AN AWS ROOT) "]);
        let unknown = ["denied", "no list"].contains(&label);
        assert_eq!(
            text.contains("signed again although an existing signature may be good"),
            unknown,
            "{label}: {text}"
        );
        assert_eq!(scene.signatures(&name).len(), 2, "{label}");
    }
}

#[test]
fn who_does_not_tell_about_one_signature_is_not_asked_about_the_others() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    for _ in 0..2 {
        scene.sign(&[&image, "--force"]).exits(0);
    }
    scene.endpoint.fault("GetRevocationStatus", Fault::Denied { author: Author::Iam });
    scene.sign(&[&image]).exits(0);
    assert_eq!((scene.signatures("app").len(), scene.endpoint.count("GetRevocationStatus")), (4, 1));
}

#[test]
fn a_signature_with_more_than_half_of_its_life_ahead_is_kept() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    scene.replace_signature("app", -60 * 60 * 24, 60 * 60 * 24 * 2);
    says(&scene.sign(&[&image]).exits(0).stdout, &["✓ already signed (NOT AN AWS ROOT) "]);
    assert_eq!(scene.signatures("app").len(), 1);
}

#[test]
fn a_profile_decides_how_long_a_signature_lives() {
    let scene = Scene::new();
    scene.endpoint.put_profile("us-west-2", "111122223333", "ci_images", Validity { value: 3, unit: Unit::Days });
    let json = report(&scene.sign(&[&scene.image("app"), "--format", "json"]).exits(0));
    let signed = &json["artifacts"][0]["signed"];
    let expiry: jiff::Timestamp = signed["expiry"].as_str().unwrap().parse().unwrap();
    let created = scene.endpoint.world().signer.jobs.values().next().unwrap().created_at;
    assert_eq!(expiry.as_second() - created.as_second(), 3 * 24 * 60 * 60);
}

#[test]
fn what_the_signer_returns_is_judged_before_anything_is_pushed() {
    use Change::*;
    let scene = Scene::new();
    let image = scene.image("app");
    let before = scene.files();
    let arn = scene.endpoint.profile();
    #[rustfmt::skip]
    let table: [(Change, &[&str]); 25] = [
        (AnotherPayload, &["another artifact was signed: sha256:0000", ", expected sha256:"]),
        (MoreAnnotations, &["another payload"]),
        (DuplicateTarget, &["member \"targetArtifact\" occurs twice"]),
        (AnotherProfile, &["/signing-profiles/another_profile/", &arn]),
        (AnotherAccount, &["signer:us-west-2:999999999999:/signing-profiles/ci_images/", &arn]),
        (AnotherCase, &["/signing-profiles/CI_IMAGES/", "differs from", "in case only"]),
        (AnotherPartition, &["arn:aws-us-gov:signer:", &arn]),
        (PartitionChain, &["GovCloud (US) Root CA G1", "not in the AWS Signer root"]),
        (AnotherRoot, &["not in the AWS Signer root"]),
        (JobRegion, &["/signing-jobs/", "not of the same partition and region"]),
        (ExtraAttribute, &["com.example.unknown are unknown and may not be passed over"]),
        (ExtraUncriticalAttribute, &["com.example.unknown are unknown and may not be passed over"]),
        (FurtherCriticalAttribute, &["com.amazonaws.signer.further are unknown and may not be passed over"]),
        (AliasAccount, &["/aliases/release and signing profile ", "not of the same partition, region and account"]),
        (WrongScheme, &["signing scheme is notary.x509, expected notary.x509.signingAuthority"]),
        (Expired, &["signature expired at ", ", now is "]),
        (FutureTime, &["authentic signing time ", "more than 5 minutes after "]),
        (BeforeLeaf, &["certificate 0 ", "expected to be valid at "]),
        (MissingPlugin, &["names no verification plugin, expected \"com.amazonaws.signer.notation.plugin\""]),
        (AnotherPlugin, &["\"com.example.plugin\", expected \"com.amazonaws.signer.notation.plugin\""]),
        (MissingProfile, &["no signed attribute \"com.amazonaws.signer.signingProfileVersion\""]),
        (MissingJob, &["no signed attribute \"com.amazonaws.signer.signingJob\""]),
        (DuplicateAttribute, &["\"com.amazonaws.signer.signingProfileVersion\" occurs twice"]),
        (BrokenSignature, &["signature does not match the key of the signing certificate"]),
        (NotAnEnvelope, &["envelope is not a JWS"]),
    ];
    for (change, texts) in table {
        scene.endpoint.add_fault(Rule::new("SignPayload", Fault::Envelope { change }).times(1));
        let answer = scene.sign(&[&image]).exits(10);
        says(&answer.stdout, &["error[signer-answer]: ", "nothing was pushed", "help: "]);
        says(&answer.stdout, texts);
        assert_eq!(scene.files(), before, "{change:?}");
    }
}

#[test]
fn what_aws_may_do_differently_is_accepted() {
    use Change::*;
    let scene = Scene::new();
    for (number, change) in [JobAccount, NoExpiry, FurtherAttribute].into_iter().enumerate() {
        let name = format!("app{number}");
        let image = scene.image(&name);
        scene.endpoint.add_fault(Rule::new("SignPayload", Fault::Envelope { change }).times(1));
        scene.sign(&[&image]).exits(0);
        scene.verify(&[&image]).exits(0);
    }
    for (number, order) in [Order::AlgFirst, Order::Sorted, Order::Reversed].into_iter().enumerate() {
        for aws_attributes_critical in [true, false] {
            scene.endpoint.world().style = Style { order, aws_attributes_critical };
            let name = format!("style{number}{aws_attributes_critical}");
            let image = scene.image(&name);
            scene.sign(&[&image]).exits(0);
            scene.verify(&[&image]).exits(0);
        }
    }
}
