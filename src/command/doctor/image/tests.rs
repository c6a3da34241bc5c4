use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use notary::descriptor::{Descriptor, media_type};
use serde_json::json;

use super::*;
use crate::command::stage::{image, reference, registries};
use crate::exit_code::ExitCode;
use crate::registry::server::{Api, Fake, Reply};
use crate::report::CheckStatus;

const LIMIT: Duration = Duration::from_secs(20);

async fn checks(fake: &Fake, rest: &str) -> Vec<CheckReport> {
    check(&registries(), &reference(fake, rest), LIMIT).await
}

/// Status and fact of each check, by name.
fn told(checks: &[CheckReport]) -> Vec<(&'static str, CheckStatus, &str)> {
    checks.iter().map(|check| (check.name, check.status, check.fact.as_str())).collect()
}

fn of<'a>(checks: &'a [CheckReport], name: &str) -> &'a CheckReport {
    checks.iter().find(|check| check.name == name).unwrap_or_else(|| panic!("{name}: {checks:?}"))
}

/// A registry that wants a token, and whose token service grants these actions of those that are asked for.
async fn with_tokens(granted: Option<&'static [&'static str]>) -> (Fake, Descriptor) {
    let fake = Fake::start().await;
    let image = image(&fake, "v1");
    let challenge = format!(r#"Bearer realm="http://{}/token",service="reg""#, fake.host());
    fake.hook(move |seen| {
        if seen.path == "/token" {
            let scope = seen.query.get("scope").cloned().unwrap_or_default();
            let asked: Vec<_> = scope.rsplit(':').next().unwrap_or_default().split(',').map(str::to_owned).collect();
            let token = match granted {
                None => "opaque".to_owned(),
                Some(granted) => {
                    let actions: Vec<_> = asked.iter().filter(|one| granted.contains(&one.as_str())).collect();
                    let access = json!({"access": [{"type": "repository", "name": "app", "actions": actions}]});
                    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(access.to_string()))
                }
            };
            return Some(Reply::json(200, &json!({ "token": token })));
        }
        match seen.header("authorization") {
            Some(_) => None,
            None => Some(Reply::error(401, "UNAUTHORIZED").header("www-authenticate", challenge.clone())),
        }
    });
    (fake, image)
}

#[tokio::test]
async fn an_image_that_can_be_read_is_told_with_its_signatures() {
    let fake = Fake::start().await;
    let image = image(&fake, "v1");
    fake.put_signature(&image, "one");
    let host = fake.host();
    let (answers, digest) = (format!("{host} answers"), image.digest.to_string());
    let found = checks(&fake, ":v1").await;
    assert_eq!(
        told(&found),
        [
            ("registry", CheckStatus::Ok, answers.as_str()),
            ("credential", CheckStatus::Ok, "none was required"),
            ("image", CheckStatus::Ok, digest.as_str()),
            ("pull", CheckStatus::Ok, "allowed"),
            ("push", CheckStatus::NotChecked, "no credential was required; this shows only when something is pushed"),
            ("signatures", CheckStatus::Ok, "1, listed by the referrers API"),
        ]
    );
    assert!(fake.log().iter().all(|seen| seen.method == "GET"), "nothing is changed: {:?}", fake.lines());
}

#[tokio::test]
async fn where_there_is_no_referrers_api_or_no_signature_that_is_told() {
    let fake = Fake::start().await;
    image(&fake, "v1");
    let check = checks(&fake, ":v1").await;
    let check = of(&check, "signatures");
    assert_eq!(
        (check.status, check.fact.as_str()),
        (CheckStatus::Note, "none, listed by the referrers API and the referrers tag")
    );
    fake.with(|state| state.api = Api::Off);
    let check = checks(&fake, ":v1").await;
    assert!(of(&check, "signatures").fact.contains("no referrers API"), "{check:?}");
}

#[tokio::test]
async fn whether_a_push_is_allowed_shows_in_the_token() {
    for (granted, status, fact) in [
        (Some(&["pull", "push"][..]), CheckStatus::Ok, "grants it"),
        (Some(&["pull"]), CheckStatus::Warning, "grants only pull"),
        (None, CheckStatus::NotChecked, "does not say"),
    ] {
        let (fake, _) = with_tokens(granted).await;
        let found = checks(&fake, ":v1").await;
        let push = of(&found, "push");
        assert!(push.status == status && push.fact.contains(fact), "{push:?}");
        assert_eq!(of(&found, "pull").status, CheckStatus::Ok);
        let asked: Vec<_> = fake.log().into_iter().filter_map(|seen| seen.query.get("scope").cloned()).collect();
        assert_eq!(asked, ["repository:app:pull", "repository:app:pull,push"]);
        assert!(fake.log().iter().all(|seen| seen.method == "GET"), "nothing is changed: {:?}", fake.lines());
    }
}

#[tokio::test]
async fn a_refusal_to_grant_push_is_no_failure_for_who_only_verifies() {
    let (fake, _) = with_tokens(Some(&["pull"])).await;
    let realm = format!(r#"Bearer realm="http://{}/token",service="reg""#, fake.host());
    fake.hook(move |seen| match (seen.path.as_str(), seen.header("authorization")) {
        ("/token", _) if seen.query.get("scope").is_some_and(|scope| scope.contains("push")) => {
            Some(Reply::error(403, "DENIED"))
        }
        ("/token", _) => Some(Reply::json(200, &json!({"token": "opaque"}))),
        (_, None) => Some(Reply::error(401, "UNAUTHORIZED").header("www-authenticate", realm.clone())),
        _ => None,
    });
    let found = checks(&fake, ":v1").await;
    assert_eq!((of(&found, "push").status, of(&found, "push").exit_code), (CheckStatus::Warning, None));
    assert_eq!(of(&found, "signatures").status, CheckStatus::Note);
}

#[tokio::test]
async fn a_password_that_goes_to_the_registry_itself_shows_no_permission() {
    let authorization = Authorization {
        credential: CredentialSource::Variable("CI_REGISTRY_PASSWORD"),
        authorized: Authorized::AsGiven,
    };
    let check = granted(&About::subject(Area::Image, "a"), Some(&authorization));
    assert!(check.status == CheckStatus::NotChecked && check.fact.contains("no tokens"), "{check:?}");
}

#[tokio::test]
async fn an_image_that_is_not_there_is_told_apart_from_a_registry_that_is_not() {
    let fake = Fake::start().await;
    let found = checks(&fake, ":v1").await;
    assert_eq!(of(&found, "registry").status, CheckStatus::Ok);
    assert_eq!(of(&found, "image").exit_code, Some(ExitCode::NotFound));
    assert_eq!(of(&found, "signatures").status, CheckStatus::NotChecked);
    image(&fake, "v1");
    fake.hook(|_| Some(Reply::dropped()));
    let found = checks(&fake, ":v1").await;
    assert_eq!(of(&found, "registry").exit_code, Some(ExitCode::Unavailable));
    assert_eq!(found.len(), 3, "{found:?}");
}

#[tokio::test]
async fn a_registry_that_never_answers_ends_at_the_time_limit() {
    let fake = Fake::start().await;
    fake.hook(|_| Some(Reply { body: crate::registry::server::Body::Silence, ..Reply::new(200) }));
    let found = check(&registries(), &reference(&fake, ":v1"), Duration::from_millis(50)).await;
    assert_eq!(of(&found, "registry").exit_code, Some(ExitCode::Unavailable));
    assert!(of(&found, "registry").fact.contains("no answer within 0.05 s"), "{found:?}");
}

#[tokio::test]
async fn a_denied_pull_names_the_permission_where_iam_says_which() {
    let fake = Fake::start().await;
    image(&fake, "v1");
    fake.hook(|_| Some(Reply::error(403, "DENIED")));
    let found = checks(&fake, ":v1").await;
    assert_eq!(
        (of(&found, "registry").status, of(&found, "pull").exit_code),
        (CheckStatus::Ok, Some(ExitCode::Denied))
    );
    assert_eq!(of(&found, "pull").denial, None);
    let sentence = "User: arn:aws:iam::111122223333:user/u is not authorized to perform: ecr:BatchGetImage on resource: \
        arn:aws:ecr:us-west-2:111122223333:repository/app because no identity-based policy allows the action";
    fake.hook(move |_| Some(Reply::json(403, &json!({"errors": [{"code": "DENIED", "message": sentence}]}))));
    let found = checks(&fake, ":v1").await;
    let denial = of(&found, "pull").denial.clone().unwrap();
    assert_eq!(denial.principal.as_deref(), Some("arn:aws:iam::111122223333:user/u"));
    assert_eq!((denial.action.as_str(), denial.resources.len()), ("ecr:BatchGetImage", 1));
    assert!(denial.statement.unwrap().line().contains("ecr:BatchGetImage"));
}

#[test]
fn what_a_push_to_ecr_needs_is_told_without_pushing() {
    let reference = Reference::parse("111122223333.dkr.ecr.us-gov-west-1.amazonaws.com/team/app:1").unwrap();
    let ecr = EcrHost::parse(reference.host().unwrap()).unwrap();
    let check = ecr_push(&About::subject(Area::Image, "a"), &reference, &ecr);
    assert_eq!(check.status, CheckStatus::NotChecked);
    for action in ECR_PUSH {
        assert!(check.help_text().contains(action), "{:?}", check.help);
    }
    assert!(check.help_text().contains("\"arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/team/app\""));
    let public = Reference::parse("public.ecr.aws/a1b2c3/app:1").unwrap();
    assert!(ecr_push(&About::subject(Area::Image, "a"), &public, &EcrHost::Public).help.is_empty());
}

#[tokio::test]
async fn an_image_layout_has_an_image_and_signatures_and_no_registry() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let bytes =
        json!({"schemaVersion": 2, "mediaType": media_type::IMAGE_MANIFEST, "config": {}, "layers": []}).to_string();
    let mut entry = Descriptor::of(media_type::IMAGE_MANIFEST, bytes.as_bytes());
    let blob = folder.path().join("blobs/sha256").join(entry.digest.as_str().trim_start_matches("sha256:"));
    std::fs::create_dir_all(blob.parent().unwrap()).unwrap();
    std::fs::write(blob, bytes).unwrap();
    entry.annotations = [("org.opencontainers.image.ref.name".to_owned(), "v1".to_owned())].into();
    let index = json!({"schemaVersion": 2, "mediaType": media_type::IMAGE_INDEX, "manifests": [entry]});
    std::fs::write(folder.path().join("index.json"), index.to_string()).unwrap();
    let at = |tag: &str| Reference::parse(&format!("oci-layout:{}:{tag}", folder.path().display())).unwrap();
    let found = check(&registries(), &at("v1"), LIMIT).await;
    let names: Vec<_> = found.iter().map(|check| (check.name, check.status)).collect();
    assert_eq!(names, [("image", CheckStatus::Ok), ("signatures", CheckStatus::Note)], "{found:?}");
    let found = check(&registries(), &at("v2"), LIMIT).await;
    let names: Vec<_> = found.iter().map(|check| (check.name, check.exit_code)).collect();
    assert_eq!(names, [("image", Some(ExitCode::NotFound)), ("signatures", None)]);
}
