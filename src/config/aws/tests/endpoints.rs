//! Endpoints that replace AWS's: what they may be, where they are named, and that each is reported.

use super::super::forms::endpoint_url;
use super::*;
use crate::aws::facts::AwsErrorKind;

/// The variable of each service, and the SDK's own name of it.
const VARIABLES: [(&str, Option<&str>); 9] = [
    ("AWS_ENDPOINT_URL", None),
    ("AWS_ENDPOINT_URL_SIGNER", Some("signer")),
    ("AWS_ENDPOINT_URL_SIGNER_DATA", Some("Signer Data")),
    ("AWS_ENDPOINT_URL_STS", Some("STS")),
    ("AWS_ENDPOINT_URL_ECR", Some("ECR")),
    ("AWS_ENDPOINT_URL_ECR_PUBLIC", Some("ECR PUBLIC")),
    ("AWS_ENDPOINT_URL_ECS", Some("ECS")),
    ("AWS_ENDPOINT_URL_SSO", None),
    ("AWS_ENDPOINT_URL_SSO_OIDC", None),
];

/// Texts that are not endpoints, in every way that one can be mistyped.
const WRONG: [&str; 24] = [
    "http://proxy.example",
    "proxy.example",
    "ftp://127.0.0.1",
    "https://u:p@proxy.example",
    "https://u@proxy.example",
    "https://x/?y",
    "https://x/#y",
    "127.0.0.1:1",
    "127.0.0.1",
    "localhost",
    "localhost:4566",
    "https://",
    "http://",
    "https:",
    "://",
    "/",
    " https://proxy.example",
    "https://proxy.example ",
    "https://proxy.example\n",
    "https://proxy.example\r\n",
    "https://proxy\t.example",
    "https://proxy.example/a b",
    "https://pröxy.example",
    "https://proxy.example:port",
];

#[test]
fn an_endpoint_is_https_or_on_this_machine() {
    for (text, expected) in [
        ("https://proxy.example", "https://proxy.example"),
        ("https://proxy.example/aws/", "https://proxy.example/aws"),
        ("http://127.0.0.1:4566", "http://127.0.0.1:4566"),
        ("http://localhost:1/", "http://localhost:1"),
        ("http://[::1]:2", "http://[::1]:2"),
        ("HTTPS://Proxy.example:443", "https://proxy.example"),
        // What one reads for a URL and the other does not, is passed on as the one reads it.
        ("https:proxy.example", "https://proxy.example"),
        ("https:\\\\proxy.example", "https://proxy.example"),
    ] {
        assert_eq!(endpoint_url(text).as_deref(), Ok(expected));
    }
    for text in WRONG {
        assert!(matches!(endpoint_url(text), Err(Fault::NotEndpoint { .. })), "{text:?}");
    }
    let told = endpoint_url("https://user:geheim@proxy.example/?geheim").unwrap_err().to_string();
    assert!(told.contains("`https://proxy.example`") && !told.contains("geheim"), "{told}");
}

#[test]
fn a_variable_that_is_no_endpoint_is_named_before_aws_is_asked() {
    for (variable, _) in VARIABLES {
        // Line breaks at its end are no part of a variable.
        let (lines, wrong): (Vec<_>, Vec<_>) = WRONG.into_iter().partition(|text| text.ends_with('\n'));
        for text in lines {
            let found = verify(&[], &[(variable, text)]).aws;
            assert!(found.fault.is_none() && !found.endpoints.named.is_empty(), "{variable}={text:?}");
        }
        for text in wrong {
            let fault = verify(&[], &[(variable, text)]).aws.fault.unwrap();
            assert_eq!(fault.kind, AwsErrorKind::Setting);
            assert!(fault.message.starts_with(&format!("{variable}: expected an HTTPS URL")), "{text:?}: {fault}");
        }
        let good = verify(&[], &[(variable, "https://proxy.example")]).aws;
        assert!(good.fault.is_none() && verify(&[], &[(variable, "")]).aws.endpoints == Default::default());
        let ignored = [(variable, "nonsense"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")];
        let ignored = verify(&[], &ignored).aws;
        assert!(ignored.fault.is_none() && ignored.endpoints == Default::default(), "{variable}");
    }
    for text in WRONG {
        let words = ["verify", "a", "--profile", PROFILE, "--endpoint-url", text];
        assert!(matches!(fault(&words, &[]).2, Fault::NotEndpoint { .. }), "{text:?}");
    }
}

/// The endpoint of each service, by the SDK's own names.
fn chosen(words: &[&str], variables: Variables<'_>) -> Vec<(&'static str, String)> {
    let settings = verify(words, variables);
    assert!(settings.aws.fault.is_none(), "{settings:?}");
    settings.aws.endpoints.by_service.into_iter().collect()
}

#[test]
fn each_service_has_the_endpoint_that_was_named_for_it_first() {
    for (variable, service) in VARIABLES {
        let found = chosen(&[], &[(variable, "https://a.example")]);
        let services: Vec<_> = found.iter().map(|(service, _)| *service).collect();
        match (variable, service) {
            ("AWS_ENDPOINT_URL", _) => assert_eq!(services.len(), 6),
            (_, Some(service)) => assert_eq!(services, [service]),
            _ => assert!(services.is_empty(), "{variable}"),
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(
        &path,
        "[default]\nendpoint_url = https://file.example\nservices = s\n\
         [services s]\nsigner-data =\n  endpoint_url = https://section.example\nsts =\n  endpoint_url = https://sts.example\n",
    )
    .unwrap();
    let file = ("AWS_CONFIG_FILE", path.to_str().unwrap());
    let of = |variables: Variables<'_>, service: &str| {
        let found = chosen(&[], &[&[file], variables].concat()).into_iter().find(|(name, _)| *name == service);
        found.unwrap().1
    };
    assert_eq!(of(&[], "signer"), "https://file.example");
    assert_eq!(of(&[], "Signer Data"), "https://section.example");
    let everywhere = ("AWS_ENDPOINT_URL", "https://everywhere.example");
    assert_eq!(of(&[everywhere], "Signer Data"), "https://everywhere.example");
    assert_eq!(of(&[everywhere, ("AWS_ENDPOINT_URL_STS", "https://own.example")], "STS"), "https://own.example");
    let found = chosen(&["--endpoint-url", "https://flag.example"], &[file, everywhere]);
    assert!(found.len() == 6 && found.iter().all(|(_, url)| url == "https://flag.example"), "{found:?}");
}

/// Setting, value and origin of what weakens.
fn weakened(words: &[&str], variables: Variables<'_>) -> Vec<String> {
    let words = [&["verify", "a", "--profile", PROFILE], words].concat();
    let weakened = resolved(&words, variables).unwrap().weakened;
    weakened.into_iter().map(|one| format!("{} = {} ({})", one.setting, one.value, one.origin)).collect()
}

#[test]
fn an_endpoint_in_place_of_aws_is_shown_with_who_named_it() {
    assert_eq!(weakened(&[], &[]), [""; 0]);
    let local = "http://127.0.0.1:4566";
    assert_eq!(weakened(&["--endpoint-url", local], &[]), [format!("endpoint-url = {local} (--endpoint-url)")]);
    let own = [("SEALGATE_ENDPOINT_URL", local)];
    assert_eq!(weakened(&[], &own), [format!("endpoint-url = {local} (SEALGATE_ENDPOINT_URL)")]);
    for (variable, _) in VARIABLES {
        let expected = format!("endpoint-url = {local} ({variable})");
        assert_eq!(weakened(&[], &[(variable, local)]), [expected]);
    }
    let two = [("AWS_ENDPOINT_URL_SIGNER_DATA", "https://a.example"), ("AWS_ENDPOINT_URL_STS", "https://b.example")];
    assert_eq!(weakened(&[], &two).len(), 2);
    let secret = [("AWS_ENDPOINT_URL_STS", "https://user:geheim@b.example/?token=geheim")];
    assert_eq!(weakened(&[], &secret), ["endpoint-url = https://b.example (AWS_ENDPOINT_URL_STS)"]);
    // A flag is for all services, so what the variables say does not matter.
    assert_eq!(weakened(&["--endpoint-url", local], &two), [format!("endpoint-url = {local} (--endpoint-url)")]);
    let (key, _, wrong) =
        fault(&["verify", "a", "--profile", PROFILE], &[("GITHUB_ACTIONS", "true"), ("INPUT_ENDPOINT-URL", local)]);
    assert_eq!((key, wrong), ("endpoint-url", Fault::WeakeningInput));
}

#[test]
fn an_endpoint_in_a_file_of_the_sdk_is_shown_with_the_place_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(
        &path,
        "[default]\nendpoint_url = https://user:geheim@a.example\n\
         [profile ci]\nservices = s\n[services s]\nsigner-data =\n  endpoint_url = https://b.example\n",
    )
    .unwrap();
    let path = path.to_str().unwrap();
    let file = ("AWS_CONFIG_FILE", path);
    let expected = format!("endpoint-url = https://a.example (endpoint_url of profile default in {path})");
    assert_eq!(weakened(&[], &[file]), [expected]);
    let expected =
        format!("endpoint-url = https://b.example (endpoint_url of signer-data in section [services s] in {path})");
    assert_eq!(weakened(&[], &[file, ("AWS_PROFILE", "ci")]), std::slice::from_ref(&expected));
    assert_eq!(weakened(&["--aws-profile", "ci"], &[file]), [expected]);
    let fault = verify(&[], &[file]).aws.fault.unwrap();
    assert!(fault.message.starts_with("endpoint_url of profile default in ") && !fault.message.contains("geheim"));
}
