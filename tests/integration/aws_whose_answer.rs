//! Whose answer about revocation it was: AWS is the exact host of service and region, and every other is told, wherever it was named.

use serde_json::Value;

use crate::aws::endpoint::{ACCESS_KEY, SECRET};
use crate::aws_scene::{Scene, report, says, with_env};
use crate::aws_secrets::Front;
use crate::sealgate::Run;

/// The caveats of the first image.
fn caveats(report: &Value) -> Vec<&str> {
    let caveats = report["artifacts"][0]["caveats"].as_array().unwrap();
    caveats.iter().map(|caveat| caveat["code"].as_str().unwrap()).collect()
}

/// Somebody who may ask, and no endpoint.
fn keys(run: Run<'_>) -> Run<'_> {
    let keys = [("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()), ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned())];
    with_env(run, &keys)
}

/// What anybody can put into a bucket.
fn nothing_revoked(_: Option<&str>) -> (&'static str, &'static str, &'static str) {
    ("200 OK", "", r#"{"revokedEntities":[]}"#)
}

#[test]
fn a_bucket_below_amazonaws_com_is_not_aws() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let words =
        ["verify", "--aws-root", "root.pem", "--profile", &scene.endpoint.profile(), &image, "--ca-file", "ca.pem"];
    for (host, is_aws) in [
        ("bucket.s3.us-west-2.amazonaws.com", false),
        ("data-signer.us-east-1.amazonaws.com", false),
        ("evil.data-signer.us-west-2.vpce.amazonaws.com", false),
        ("signer.us-west-2.amazonaws.com", false),
        ("data-signer.us-west-2.amazonaws.com", true),
        ("data-signer-fips.us-west-2.api.aws", true),
        ("vpce-0123456789abcdef0-1a2b3c4d.data-signer.us-west-2.vpce.amazonaws.com", true),
    ] {
        let front = Front::new(host, nothing_revoked);
        scene.sandbox.write("ca.pem", &front.root);
        scene.sandbox.write(".aws/config", &format!("[default]\nendpoint_url = https://{host}\n"));
        let run = |words: &[&str]| {
            keys(scene.sandbox.sealgate(words)).env("HTTPS_PROXY", &format!("http://{}", front.address)).exits(0)
        };
        let told = report(&run(&[&words[..], &["--format", "json"]].concat()));
        let expected =
            if is_aws { &["not-an-aws-root"][..] } else { &["not-an-aws-root", "revocation-answered-elsewhere"] };
        assert_eq!(caveats(&told), expected, "{host}");
        let row = &told["artifacts"][0]["candidates"][0]["rows"][4];
        let by = if is_aws { Value::Null } else { format!("https://{host}").into() };
        assert_eq!((&row["status"], &row["answered_by"]), (&"passed".into(), &by), "{host}");
        assert_eq!(front.authorizations.lock().unwrap().len(), 1, "it was asked");
        if !is_aws {
            let text = run(&words).stdout;
            says(&text, &[&format!("revocation status came from https://{host}, not from AWS) oci-layout:")]);
        }
    }
}

#[test]
fn an_endpoint_is_told_with_the_place_where_it_was_named_by_every_command() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let (url, profile) = (scene.endpoint.url(), scene.endpoint.profile());
    let services = ["signer", "signer-data", "sts"].map(|name| format!("{name} =\n  endpoint_url = {url}\n")).concat();
    let files = [
        (format!("[default]\nendpoint_url = {url}\n"), "endpoint_url of profile default in [FOLDER]/.aws/config"),
        (
            format!("[default]\nservices = s\n[services s]\n{services}"),
            "endpoint_url of signer-data in section [services s] in [FOLDER]/.aws/config",
        ),
    ];
    let named: [(&str, &[&str], &str); 5] = [
        ("--endpoint-url", &["--endpoint-url", &url], ""),
        ("SEALGATE_ENDPOINT_URL", &[], "SEALGATE_ENDPOINT_URL"),
        ("AWS_ENDPOINT_URL", &[], "AWS_ENDPOINT_URL"),
        (files[0].1, &[], ""),
        (files[1].1, &[], ""),
    ];
    for (origin, flags, variable) in named {
        let config = files.iter().find(|(_, name)| *name == origin).map_or("", |(config, _)| config);
        scene.sandbox.write(".aws/config", config);
        for command in ["sign", "verify", "doctor"] {
            let words = [command, "--aws-root", "root.pem", "--profile", &profile, &image];
            let run = |more: &[&str]| {
                let run = keys(scene.sandbox.sealgate(&[&words[..], flags, more].concat()));
                if variable.is_empty() { run.exits(0) } else { run.env(variable, &url).exits(0) }
            };
            let told = report(&run(&["--format", "json"]));
            let weakened = told["weakened"].as_array().unwrap();
            let found = weakened
                .iter()
                .any(|one| one["setting"] == "endpoint-url" && one["value"] == url.as_str() && one["origin"] == origin);
            assert!(found, "{command} {origin}: {weakened:?}");
            says(&run(&[]).stdout, &[&url, origin]);
            match command {
                "verify" => {
                    assert_eq!(caveats(&told), ["not-an-aws-root", "revocation-answered-elsewhere"], "{origin}")
                }
                "doctor" => {
                    let checks = told["doctor"]["checks"].as_array().unwrap();
                    let revocation = checks.iter().find(|check| check["name"] == "revocation").unwrap();
                    assert_eq!(revocation["status"], "warning", "{origin}: {revocation}");
                    says(revocation["fact"].as_str().unwrap(), &[&url, "it is not AWS"]);
                }
                _ => {}
            }
        }
    }
    // What is not in force is not told.
    let words = ["verify", "--aws-root", "root.pem", "--profile", &profile, &image, "--format", "json"];
    scene.sandbox.write(".aws/config", &format!("[profile other]\nendpoint_url = {url}\n"));
    let told = report(&scene.as_user(&words).exits(0));
    assert_eq!(told["weakened"].as_array().unwrap().len(), 2, "{told}");
}
