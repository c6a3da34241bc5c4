//! `verify --wait`: a signature that another job makes while this one waits.

use std::thread;
use std::time::Duration;

use crate::aws_scene::{layout, report};
use crate::sealgate::Sandbox;

const VERIFY: [&str; 8] =
    ["verify", "--root", "k/acme-ca.crt", "--identity", "*", "--format", "json", "oci-layout:app:v1"];

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sealgate(&["key", "generate", "--out", "k", "--name", "acme"]).exits(0);
    layout(&sandbox.path("app"), &["v1"]);
    sandbox
}

#[test]
fn a_signature_that_comes_later_is_verified() {
    let sandbox = sandbox();
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(500));
            let sign = ["sign", "--key", "k/acme.key", "--certificate-chain", "k/acme.crt", "oci-layout:app:v1"];
            sandbox.sealgate(&sign).exits(0);
        });
        let waited = report(&sandbox.sealgate(&[&VERIFY[..], &["--wait", "1m"]].concat()).exits(0));
        assert_eq!(
            (&waited["artifacts"][0]["outcome"], &waited["artifacts"][0]["reference"]),
            (&"verified".into(), &"oci-layout:app:v1".into())
        );
        assert!(waited["artifacts"][0]["waited"]["rounds"].as_u64() >= Some(2), "{waited:#}");
    });
}

#[test]
fn a_signature_that_never_comes_is_told_as_without_a_wait() {
    let sandbox = sandbox();
    let waited = report(&sandbox.sealgate(&[&VERIFY[..], &["--wait", "1s"]].concat()).exits(11));
    assert!(waited["artifacts"][0]["waited"]["rounds"].as_u64() >= Some(2), "{waited:#}");
    sandbox
        .sealgate(&["verify", "--root", "k/acme-ca.crt", "--identity", "*", "oci-layout:app:v2", "--wait", "1m"])
        .exits(6);
}
