//! Where a job meets what is around it: variables of others, certificate authorities, proxies, names.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};
use rustls::{ServerConfig, ServerConnection, Stream};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::aws::endpoint::{ACCESS_KEY, SECRET};
use crate::aws_scene::{layout, says};
use crate::sealgate::Sandbox;

/// An image whose registry would be asked over TLS.
const IMAGE: &str = "no-such-registry.invalid/app:v1";

#[test]
fn a_service_called_sealgate_in_the_same_namespace_keeps_no_job_from_running() {
    let sandbox = Sandbox::new();
    let doctor = || sandbox.sealgate(&["doctor"]).env("AWS_EC2_METADATA_DISABLED", "true");
    doctor()
        .env("SEALGATE_PORT", "tcp://10.96.0.17:443")
        .env("SEALGATE_SERVICE_HOST", "10.96.0.17")
        .env("SEALGATE_SERVICE_PORT", "443")
        .env("SEALGATE_SERVICE_PORT_HTTPS", "443")
        .env("SEALGATE_PORT_443_TCP_ADDR", "10.96.0.17")
        .env("SEALGATE_VERSION", "0.1.0")
        .exits(0);
    let refused = doctor().env("SEALGATE_PORT", "443").exits(3);
    assert!(format!("{refused:?}").contains("unknown environment variable SEALGATE_PORT"), "{refused:?}");
}

#[test]
fn a_file_of_authorities_that_is_not_there_is_named_with_what_names_it() {
    let sandbox = Sandbox::new();
    let missing = sandbox.path("none.pem");
    let missing = missing.to_str().unwrap();
    sandbox.write(".aws/config", &format!("[profile own]\nca_bundle = {missing}\n"));
    for (flags, variable, value, origin) in [
        (&["--ca-file", missing][..], "A", "b", "--ca-file"),
        (&[], "SEALGATE_CA_FILE", missing, "SEALGATE_CA_FILE"),
        (&[], "AWS_CA_BUNDLE", missing, "AWS_CA_BUNDLE"),
        (&[], "AWS_PROFILE", "own", "profile own in [FOLDER]/.aws/config"),
        (&[], "SSL_CERT_FILE", missing, "SSL_CERT_FILE or SSL_CERT_DIR"),
        (&[], "SSL_CERT_DIR", missing, "SSL_CERT_FILE or SSL_CERT_DIR"),
    ] {
        let words = [&["list"], flags, &["--", IMAGE]].concat();
        let told = sandbox.sealgate(&words).env(variable, value).exits(3).stdout;
        assert!(told.contains(&format!("CA file [FOLDER]/none.pem ({origin}) cannot be used")), "{told}");
        assert!(told.contains("help: ") && !told.contains("--ca-file FILE"), "{told}");
        let weakened = format!("weakened: ca-file = [FOLDER]/none.pem (from {origin})");
        assert_eq!(told.contains(&weakened), !variable.starts_with("SSL"), "{told}");
    }
}

#[test]
fn a_proxy_that_cannot_be_used_is_an_error_that_names_the_variable_and_hides_the_password() {
    let sandbox = Sandbox::new();
    for (variable, value) in [
        ("HTTPS_PROXY", "socks5://u:s3cret@p.corp:1080"),
        ("https_proxy", "http://u:s3cret@p.corp:port"),
        ("ALL_PROXY", "ftp://u:s3cret@p.corp"),
    ] {
        let told = sandbox.sealgate(&["list", "--verbose", "--", IMAGE]).env(variable, value).exits(3);
        assert!(told.stdout.contains(&format!("error[invalid-setting]: {variable} cannot be used")), "{told:?}");
        assert!(told.stdout.contains("help: ") && !format!("{told:?}").contains("s3cret"), "{told:?}");
        // It is not needed for what is reached without one.
        sandbox.sealgate(&["list", "--", IMAGE]).env(variable, value).env("NO_PROXY", "*").exits(4);
    }
}

#[test]
fn a_name_without_an_address_ends_a_run_at_once() {
    let sandbox = Sandbox::new();
    for image in [IMAGE, "no-such-registry.invalid:5000/team/app:v1"] {
        let began = Instant::now();
        let told = sandbox.sealgate(&["list", "--", image]).exits(4).stdout;
        let host = image.split('/').next().unwrap();
        assert!(told.contains(&format!("no address is known for the host {host}")), "{told}");
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
}

#[test]
fn notation_s_password_is_for_one_registry_and_named_where_there_are_two() {
    let sandbox = Sandbox::new();
    let two = ["list", "--", "a.invalid/app:v1", "b.invalid/app:v1"];
    let told = sandbox.sealgate(&two).env("NOTATION_PASSWORD", "s3cret\n").exits(2);
    assert!(format!("{told:?}").contains("NOTATION_PASSWORD") && !format!("{told:?}").contains("s3cret"), "{told:?}");
    // A user name alone is notation's own affair.
    sandbox.sealgate(&two).env("NOTATION_USERNAME", "me").exits(4);
}

/// A server with a certificate of its own, as a proxy that ends TLS has one; its address and the certificate.
fn ends_tls() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let url = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = Stream::new(&mut connection, &mut socket);
            if stream.read(&mut [0; 4096]).is_ok() {
                let _written = stream.write_all(b"HTTP/1.1 404 X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            }
        }
    });
    (url, certificate.pem())
}

#[test]
fn an_authority_that_nobody_knows_on_the_way_to_aws_is_told_with_the_flag_for_it() {
    let sandbox = Sandbox::new();
    layout(&sandbox.path("app"), &["v1"]);
    let ((url, certificate), (_, other)) = (ends_tls(), ends_tls());
    sandbox.write("own.pem", &certificate).write("other.pem", &other);
    let profile = "arn:aws:signer:us-west-2:111122223333:/signing-profiles/release";
    let sign = |words: &[&str], variables: &[(&str, &str)]| {
        let words = [&["sign", "--profile", profile, "--endpoint-url", &url], words, &["oci-layout:app:v1"]].concat();
        let keys = [("AWS_ACCESS_KEY_ID", ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", SECRET)];
        keys.iter().chain(variables).fold(sandbox.sealgate(&words), |run, (name, value)| run.env(name, value))
    };
    let role = "arn:aws:iam::111122223333:role/ci";
    for (words, operation) in [
        (&[][..], "signer:SignPayload"),
        (&["--ca-file", "other.pem"], "signer:SignPayload"),
        (&["--role-arn", role], "sts:AssumeRole"),
    ] {
        let text = sign(words, &[]).exits(3).stdout;
        says(
            &text,
            &[
                "error[aws-refused]",
                operation,
                "its TLS certificate",
                "belongs in the file of --ca-file or AWS_CA_BUNDLE",
            ],
        );
    }
    // With it there is an answer, though not of AWS.
    let own = sandbox.path("own.pem");
    for variables in [&[][..], &[("AWS_CA_BUNDLE", own.to_str().unwrap())]] {
        let words = if variables.is_empty() { &["--ca-file", "own.pem"][..] } else { &[] };
        let text = sign(words, variables).exits(3).stdout;
        assert!(!text.contains("certificate"), "{text}");
    }
}
