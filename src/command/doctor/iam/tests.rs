use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

const PROFILE: &str = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/release";
const IMAGE: &str = "111122223333.dkr.ecr.us-west-2.amazonaws.com/team/app";

fn settings(images: &[&str], profiles: &[&str], role_arn: Option<&str>) -> IamSettings {
    IamSettings {
        images: images.iter().map(|image| ImagePlace::parse(image)).collect(),
        profiles: profiles.iter().map(|profile| TrustedProfile::parse(profile).unwrap()).collect(),
        role_arn: role_arn.map(str::to_owned),
        region: None,
    }
}

fn documents(settings: &IamSettings) -> Vec<(&'static str, Value)> {
    let report = report(settings).unwrap();
    report.documents.iter().map(|document| (document.name, serde_json::to_value(&document.policy).unwrap())).collect()
}

fn document(settings: &IamSettings, name: &str) -> Value {
    documents(settings).into_iter().find(|(found, _)| *found == name).unwrap().1
}

/// Each action with its resources, one line each.
fn allowed(policy: &Value) -> BTreeSet<String> {
    let list = |value: &Value| match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(more) => more.iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
        _ => Vec::new(),
    };
    let statements = policy["Statement"].as_array().unwrap();
    let lines = statements.iter().flat_map(|statement| {
        assert_eq!(statement["Effect"], "Allow");
        let resources = list(&statement["Resource"]);
        list(&statement["Action"])
            .into_iter()
            .flat_map(move |action| resources.iter().map(|resource| format!("{action} {resource}")).collect::<Vec<_>>())
    });
    lines.collect()
}

#[test]
fn sign_and_verify_get_what_they_need_and_nothing_more() {
    let settings = settings(&[IMAGE], &[PROFILE], None);
    let repository = "arn:aws:ecr:us-west-2:111122223333:repository/team/app";
    let verify: BTreeSet<_> = [
        "ecr:GetAuthorizationToken *".to_owned(),
        format!("ecr:BatchGetImage {repository}"),
        format!("ecr:GetDownloadUrlForLayer {repository}"),
        format!("signer:GetRevocationStatus {PROFILE}"),
        "signer:GetRevocationStatus arn:aws:signer:us-west-2:111122223333:/signing-jobs/*".to_owned(),
    ]
    .into();
    assert_eq!(allowed(&document(&settings, "verify")), verify);
    let more = [
        format!("ecr:BatchCheckLayerAvailability {repository}"),
        format!("ecr:InitiateLayerUpload {repository}"),
        format!("ecr:UploadLayerPart {repository}"),
        format!("ecr:CompleteLayerUpload {repository}"),
        format!("ecr:PutImage {repository}"),
        format!("signer:SignPayload {PROFILE}"),
    ];
    assert_eq!(allowed(&document(&settings, "sign")), verify.into_iter().chain(more).collect());
}

#[test]
fn a_pinned_version_is_a_condition_of_signing_and_no_part_of_a_resource() {
    let pinned = format!("{PROFILE}/AbCdEf1234");
    let policy = document(&settings(&[IMAGE], &[&pinned, &format!("{PROFILE}2")], None), "sign");
    let statements = policy["Statement"].as_array().unwrap();
    let signing: Vec<_> = statements.iter().filter(|one| one["Action"] == "signer:SignPayload").collect();
    let [with, without] = signing.as_slice() else { panic!("{policy}") };
    assert_eq!(
        (&with["Resource"], &with["Condition"]["StringEquals"]["signer:ProfileVersion"]),
        (&PROFILE.into(), &"AbCdEf1234".into())
    );
    assert_eq!((&without["Resource"], without.get("Condition")), (&format!("{PROFILE}2").into(), None));
    assert!(
        !allowed(&document(&settings(&[], &[&pinned], None), "verify")).iter().any(|line| line.contains("AbCdEf1234"))
    );
}

#[test]
fn what_is_not_given_stands_there_in_capitals() {
    let all = allowed(&document(&settings(&[], &[], None), "sign"));
    assert!(all.contains("signer:SignPayload arn:aws:signer:REGION:ACCOUNT:/signing-profiles/NAME"), "{all:?}");
    assert!(all.contains("signer:GetRevocationStatus arn:aws:signer:REGION:ACCOUNT:/signing-jobs/*"), "{all:?}");
    assert!(all.contains("ecr:PutImage arn:aws:ecr:REGION:ACCOUNT:repository/REPOSITORY"), "{all:?}");
    let command = &report(&settings(&[], &[], None)).unwrap().commands[0].command;
    assert_eq!(
        command,
        "aws signer put-signing-profile --profile-name NAME --platform-id Notation-OCI-SHA384-ECDSA --region REGION"
    );
    let with_role = settings(&[], &[], Some("arn:aws-us-gov:iam::444455556666:role/ci"));
    let all = allowed(&document(&with_role, "sign"));
    assert!(
        all.contains("signer:SignPayload arn:aws-us-gov:signer:REGION:444455556666:/signing-profiles/NAME"),
        "{all:?}"
    );
}

#[test]
fn registries_other_than_ecr_are_not_iams_business_and_ecr_public_has_actions_of_its_own() {
    let elsewhere = settings(&["registry.example/app:1", "oci-layout:out:1"], &[PROFILE], None);
    assert!(documents(&elsewhere).iter().all(|(_, policy)| !policy.to_string().contains("ecr:")));
    let public = settings(&["public.ecr.aws/a1b2c3/team/app:1"], &[PROFILE], None);
    let sign = allowed(&document(&public, "sign"));
    let repository = "arn:aws:ecr-public::111122223333:repository/team/app";
    for line in [
        "ecr-public:GetAuthorizationToken *".to_owned(),
        "sts:GetServiceBearerToken *".to_owned(),
        format!("ecr-public:PutImage {repository}"),
        format!("ecr-public:InitiateLayerUpload {repository}"),
    ] {
        assert!(sign.contains(&line), "{line}: {sign:?}");
    }
    assert!(!sign.iter().any(|line| line.starts_with("ecr:")));
    assert!(!document(&public, "verify").to_string().contains("ecr"));
}

#[test]
fn several_images_and_profiles_are_one_policy() {
    let digest = format!("{IMAGE}@sha256:{}", "0".repeat(64));
    let settings = settings(&[IMAGE, &digest, &format!("{IMAGE}2:1")], &[PROFILE, &format!("{PROFILE}2")], None);
    let verify = document(&settings, "verify");
    assert_eq!(verify["Statement"][1]["Resource"].as_array().unwrap().len(), 2, "{verify}");
    assert_eq!(verify["Statement"][2]["Resource"].as_array().unwrap().len(), 3, "{verify}");
}

#[test]
fn a_job_on_github_is_trusted_by_branch_or_environment_in_both_forms_of_the_subject() {
    let settings = settings(&[], &[PROFILE], Some("arn:aws:iam::444455556666:role/ci"));
    for (name, rest) in [("github-branch", "ref:refs/heads/BRANCH"), ("github-environment", "environment:ENVIRONMENT")]
    {
        let policy = document(&settings, name);
        let statement = &policy["Statement"][0];
        assert_eq!(statement["Action"], "sts:AssumeRoleWithWebIdentity");
        assert_eq!(
            statement["Principal"]["Federated"],
            "arn:aws:iam::444455556666:oidc-provider/token.actions.githubusercontent.com"
        );
        assert!(statement.get("Resource").is_none());
        let equals = &statement["Condition"]["StringEquals"];
        assert_eq!(equals["token.actions.githubusercontent.com:aud"], "sts.amazonaws.com");
        let subjects = equals["token.actions.githubusercontent.com:sub"].as_array().unwrap();
        let expected =
            [format!("repo:OWNER/REPOSITORY:{rest}"), format!("repo:OWNER@OWNER_ID/REPOSITORY@REPOSITORY_ID:{rest}")];
        assert_eq!(subjects, &expected.map(Value::from));
    }
}

#[test]
fn a_job_on_gitlab_is_trusted_by_project_and_branch() {
    let policy = document(&settings(&[], &[PROFILE], None), "gitlab");
    let statement = &policy["Statement"][0];
    assert_eq!(statement["Principal"]["Federated"], "arn:aws:iam::111122223333:oidc-provider/gitlab.com");
    let equals = &statement["Condition"]["StringEquals"];
    assert_eq!(equals["gitlab.com:sub"], "project_path:GROUP/PROJECT:ref_type:branch:ref:BRANCH");
    assert_eq!(equals["gitlab.com:aud"], "sts.amazonaws.com");
}

#[test]
fn each_partition_has_its_arns_and_its_audience() {
    for (region, partition, audience) in [
        ("us-west-2", "aws", "sts.amazonaws.com"),
        ("us-gov-west-1", "aws-us-gov", "sts.amazonaws.com"),
        ("cn-north-1", "aws-cn", "sts.amazonaws.com.cn"),
    ] {
        let profile = format!("arn:{partition}:signer:{region}:111122223333:/signing-profiles/release");
        let settings = settings(&[], &[&profile], None);
        for (name, policy) in documents(&settings) {
            let text = policy.to_string();
            let arns = text.matches("arn:").count();
            assert!(arns > 0 && text.matches(&format!("arn:{partition}:")).count() == arns, "{name}: {text}");
            assert!(!text.contains(":aud") || text.contains(&format!("\"{audience}\"")), "{name}: {text}");
        }
        assert!(report(&settings).unwrap().commands[0].command.ends_with(&format!("--region {region}")));
    }
    let by_image = settings(&["111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/app:1"], &[], None);
    let sign = document(&by_image, "sign").to_string();
    assert!(sign.contains("arn:aws-cn:ecr:cn-north-1:111122223333:repository/app"), "{sign}");
    assert!(sign.contains("arn:aws-cn:signer:cn-north-1:111122223333:/signing-profiles/NAME"), "{sign}");
}

#[test]
fn the_name_of_an_image_that_is_none_is_refused() {
    let error = report(&settings(&["Not An Image"], &[], None)).unwrap_err();
    assert_eq!(error.exit_code().number(), 2);
}
