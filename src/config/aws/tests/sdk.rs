//! Variables and files of the SDK: what of them is refused, and when.

use secrecy::ExposeSecret as _;

use super::super::sdk;
use super::*;
use crate::aws::facts::AwsErrorKind;
use crate::aws::facts::container::ContainerToken;
use crate::aws::facts::files::SdkFile;
use crate::aws::facts::settings::Sources;

fn sources(variables: Variables<'_>) -> Sources {
    verify(&[], variables).aws.sources
}

#[test]
fn no_file_of_the_sdk_is_read_below_the_working_folder() {
    const CONFIG: (&str, &str) = ("AWS_CONFIG_FILE", "/c");
    const CREDENTIALS: (&str, &str) = ("AWS_SHARED_CREDENTIALS_FILE", "c");
    const BELOW_HOME: (&str, &str) = ("AWS_CONFIG_FILE", "~/c");
    let usual = |path: &str| Some(SdkFile { path: PathBuf::from(path), variable: None });
    let named = |path: &str, variable| Some(SdkFile { path: PathBuf::from(path), variable: Some(variable) });
    let (config, credentials) = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE");
    for (variables, expected) in [
        (vec![], [None, None]),
        (vec![("HOME", "")], [None, None]),
        (vec![("HOME", ".")], [None, None]),
        (vec![("HOME", "/h")], [usual("/h/.aws/config"), usual("/h/.aws/credentials")]),
        (vec![CONFIG], [named("/c", config), None]),
        (vec![CREDENTIALS], [None, named("c", credentials)]),
        (vec![CONFIG, CREDENTIALS], [named("/c", config), named("c", credentials)]),
        (vec![BELOW_HOME, ("HOME", "/h")], [named("/h/c", config), usual("/h/.aws/credentials")]),
    ] {
        let found = sdk::paths(&Env::of(&variables)).unwrap();
        assert_eq!([found.config, found.credentials], expected, "{variables:?}");
    }
    for home in [vec![], vec![("HOME", ".")]] {
        let error = sdk::paths(&Env::of(&[&[BELOW_HOME], &home[..]].concat())).unwrap_err();
        assert!(error.message.starts_with("AWS_CONFIG_FILE ~/c: HOME"), "{error}");
    }
}

#[test]
fn a_variable_that_the_sdk_would_choke_on_is_named_when_aws_is_first_needed() {
    for (name, value) in [
        ("AWS_USE_FIPS_ENDPOINT", "yes"),
        ("AWS_USE_FIPS_ENDPOINT", "1"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "true\nfalse"),
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "on"),
        ("AWS_REGION", "US-WEST-2"),
        ("AWS_REGION", "us-west-2\neu-west-1\n"),
        ("AWS_REGION", " us-west-2"),
        ("AWS_DEFAULT_REGION", "us-west-2.evil.example"),
        ("AWS_REGION", "us-west-2/"),
        ("AWS_EXECUTION_ENV", "a\r\nx-header: y"),
        // The SDK puts it into a header as it is written.
        ("AWS_EXECUTION_ENV", "a\n"),
        ("AWS_CONFIG_FILE", "/no/such/file"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/no/such/file"),
        ("AWS_PROFILE", "prod"),
        ("AWS_DEFAULT_PROFILE", "prod"),
    ] {
        let fault = verify(&[], &[(name, value)]).aws.fault.unwrap();
        assert_eq!(fault.kind, AwsErrorKind::Setting);
        assert!(fault.message.starts_with(name), "{name}={value}: {fault}");
    }
    for (name, value) in [
        ("AWS_USE_FIPS_ENDPOINT", "True"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "false"),
        ("AWS_USE_DUALSTACK_ENDPOINT", ""),
        ("AWS_REGION", ""),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_CONFIG_FILE", ""),
        ("AWS_PROFILE", "default"),
        ("AWS_PROFILE", ""),
        ("AWS_DEFAULT_PROFILE", ""),
        ("AWS_SHARED_CREDENTIALS_FILE", ""),
        ("AWS_EXECUTION_ENV", ""),
        ("AWS_USE_DUALSTACK_ENDPOINT", "true\n"),
        ("AWS_REGION", "us-west-2\n"),
        ("AWS_PROFILE", "default\r\n"),
        ("AWS_CONFIG_FILE", "/dev/null\n"),
        ("AWS_SHARED_CREDENTIALS_FILE", "\n"),
    ] {
        let fault = verify(&[], &[(name, value)]).aws.fault;
        assert!(fault.is_none(), "{name}={value}: {fault:?}");
    }
    // A region that is not used does not matter.
    let settings = verify(&["--region", "us-west-2"], &[("AWS_REGION", "nonsense")]);
    assert!(settings.aws.fault.is_none() && settings.aws.region.as_deref() == Some("us-west-2"));
    let named = verify(&["--aws-profile", "prod"], &[]).aws.fault.unwrap();
    assert!(named.message.starts_with("--aws-profile: profile prod is not in "), "{named}");
}

#[test]
fn what_the_selected_profile_says_of_endpoints_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    let with = |text: &str, variables: Variables<'_>| {
        std::fs::write(&path, text).unwrap();
        verify(&[], &[&[("AWS_CONFIG_FILE", path.to_str().unwrap())], variables].concat()).aws
    };
    let found = with("[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = TRUE\n", &[]);
    assert!(found.fips && found.dual_stack && found.fault.is_none());
    let found = with("[default]\nuse_fips_endpoint = true\n", &[("AWS_USE_FIPS_ENDPOINT", "false")]);
    assert!(!found.fips, "the variable wins");
    let found = with("[default]\nuse_fips_endpoint = yes\n", &[]);
    assert!(found.fault.unwrap().message.starts_with("use_fips_endpoint of profile default in "));
    let found = with("[default]\nignore_configured_endpoint_urls = true\nendpoint_url = https://a.example\n", &[]);
    assert!(found.endpoints.named.is_empty() && found.endpoints.by_service.is_empty());
}

#[test]
fn half_of_who_asks_is_nobody() {
    let role = ("AWS_ROLE_ARN", ROLE);
    let file = ("AWS_WEB_IDENTITY_TOKEN_FILE", "/t");
    let message = |found: Result<(), AwsError>| {
        let error = found.unwrap_err();
        assert_eq!(error.kind, AwsErrorKind::Setting);
        error.message
    };
    for (variables, named) in [
        (&[("AWS_ACCESS_KEY_ID", "geheim")][..], "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not"),
        (&[("AWS_SECRET_ACCESS_KEY", "geheim")], "AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not"),
        (&[("AWS_SESSION_TOKEN", "geheim")], "AWS_SESSION_TOKEN is set and AWS_ACCESS_KEY_ID is not"),
        (
            &[("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "")],
            "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not",
        ),
        (&[("AWS_ACCESS_KEY_ID", "a\u{1}"), ("AWS_SECRET_ACCESS_KEY", "b")], "AWS_ACCESS_KEY_ID: expected"),
        (&[("AWS_ACCESS_KEY_ID", "a\nb\n"), ("AWS_SECRET_ACCESS_KEY", "b")], "AWS_ACCESS_KEY_ID: expected"),
        (&[("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "geheim ")], "AWS_SECRET_ACCESS_KEY: expected"),
    ] {
        let told = message(sources(variables).keys.map(drop));
        assert!(told.starts_with(named) && !told.contains("geheim"), "{told}");
    }
    let told = message(sources(&[role]).web_identity.map(drop));
    assert!(told.starts_with("AWS_ROLE_ARN is set, but there is no token for the role"), "{told}");
    let told = message(sources(&[file]).web_identity.map(drop));
    assert!(told.starts_with("AWS_WEB_IDENTITY_TOKEN_FILE is set, but there is no role for the token"), "{told}");
    let told = message(sources(&[("AWS_ROLE_ARN", "ci"), file]).web_identity.map(drop));
    assert!(told.starts_with("AWS_ROLE_ARN: expected the ARN of a role"), "{told}");
    assert!(sources(&[role, file]).web_identity.unwrap().is_some());
    assert!(sources(&[]).web_identity.unwrap().is_none() && sources(&[]).keys.unwrap().is_none());
    // What was filled from a file, with its last line break, and what was filled from nothing.
    let lines = [("AWS_ACCESS_KEY_ID", "a\n"), ("AWS_SECRET_ACCESS_KEY", "b\r\n"), ("AWS_SESSION_TOKEN", "\n")];
    assert!(sources(&lines).keys.unwrap().is_some());
    let lines = [("AWS_ROLE_ARN", &*format!("{ROLE}\n")), ("AWS_WEB_IDENTITY_TOKEN_FILE", "/t\n")];
    let found = sources(&lines).web_identity.unwrap().unwrap();
    assert!(found.arn == ROLE && matches!(found.token, TokenSource::File(path) if path.as_os_str() == "/t"));
    assert!(sources(&[("AWS_ROLE_ARN", ""), ("AWS_WEB_IDENTITY_TOKEN_FILE", "")]).web_identity.unwrap().is_none());
}

#[test]
fn the_machine_gives_credentials_at_addresses_of_its_own_only() {
    let (relative, full) = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    let token = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
    for variables in [
        &[(relative, "/v2/credentials/1?x=y")][..],
        &[(full, "http://127.0.0.1:1/x"), (token, "Bearer geheim")],
        &[(full, "http://169.254.170.23/v1/credentials")],
        &[(full, "https://credentials.example/")],
    ] {
        assert!(sources(variables).container.unwrap().is_some(), "{variables:?}");
    }
    assert!(sources(&[(token, "x"), (full, ""), (relative, "")]).container.unwrap().is_none());
    // An empty one counts as absent, whatever else is set.
    let both = [(relative, ""), (full, "http://127.0.0.1:1/x"), ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "")];
    assert_eq!(sources(&both).container.unwrap().unwrap().url.as_str(), "http://127.0.0.1:1/x");
    let lines = [(full, "http://127.0.0.1:1/x\n"), (token, "geheim\r\n")];
    let found = sources(&lines).container.unwrap().unwrap();
    assert_eq!(found.url.as_str(), "http://127.0.0.1:1/x");
    assert!(matches!(found.token, ContainerToken::Variable(token) if token.expose_secret() == "geheim"));
    for (variables, named) in [
        (&[(relative, "v2/credentials")][..], relative),
        (&[(relative, "/v2/ credentials")], relative),
        (&[(full, "http://192.0.2.1/geheim")], full),
        (&[(full, "127.0.0.1:1")], full),
        (&[(full, "http://127.0.0.1:1\n/")], full),
        (&[(full, "localhost")], full),
        (&[(full, "localhost:1/x")], full),
        (&[(relative, "localhost")], relative),
        (&[(relative, "//localhost")], relative),
        (&[(full, "https://user:geheim@a.example/")], full),
        (&[(full, "ftp://127.0.0.1/")], full),
    ] {
        let error = sources(variables).container.unwrap_err();
        assert_eq!(error.kind, AwsErrorKind::Setting);
        assert!(error.message.starts_with(&format!("{named}: ")), "{error}");
    }
    let mode = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
    let endpoint = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
    for (variables, expected) in [
        (&[][..], Some("http://169.254.169.254")),
        (&[(mode, "ipv6\n")], Some("http://[fd00:ec2::254]")),
        (&[(endpoint, "http://127.0.0.1:1338")], Some("http://127.0.0.1:1338/")),
        (&[(endpoint, ""), (mode, "")], Some("http://169.254.169.254")),
        (&[("AWS_EC2_METADATA_DISABLED", "")], Some("http://169.254.169.254")),
        (&[("AWS_EC2_METADATA_DISABLED", "false")], Some("http://169.254.169.254")),
        (&[("AWS_EC2_METADATA_DISABLED", "true")], None),
        (&[("AWS_EC2_METADATA_DISABLED", "True\n")], None),
    ] {
        assert_eq!(sources(variables).instance.unwrap().as_deref(), expected, "{variables:?}");
    }
    for (name, value) in
        [(mode, "IPv5"), (endpoint, "127.0.0.1:1"), (endpoint, "http://192.0.2.1"), ("AWS_EC2_METADATA_DISABLED", "1")]
    {
        let error = sources(&[(name, value)]).instance.unwrap_err();
        assert!(error.message.starts_with(&format!("{name}: ")), "{error}");
    }
}

#[test]
fn what_the_sdk_asks_by_itself_for_iam_identity_center_is_checked_as_well() {
    let ignored = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC"] {
        // The SDK reads them as they are written.
        for value in ["", "127.0.0.1:1", "\n", "https://sso.example\n"] {
            let error = sources(&[(name, value), ignored]).sso.unwrap_err();
            assert!(error.kind == AwsErrorKind::Setting && error.message.starts_with(name), "{error}");
        }
        assert!(sources(&[(name, "https://sso.example")]).sso.is_ok());
    }
    assert!(sources(&[("AWS_ENDPOINT_URL_STS", "")]).sso.is_ok());
}

#[test]
fn the_profile_is_the_one_that_was_named_first() {
    let both = [("AWS_PROFILE", "default"), ("AWS_DEFAULT_PROFILE", "prod")];
    assert!(verify(&[], &both).aws.fault.is_none());
    let token = verify(&["--aws-profile", "eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.geheim"], &[]).aws.fault.unwrap();
    assert!(token.message.starts_with("--aws-profile: ") && !token.message.contains("eyJ"), "{token}");
}
