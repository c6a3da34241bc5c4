//! What a registry may have under a name that is no image of today: each command tells it as what it is.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use aws_lc_rs::digest;

use crate::aws_scene::says;
use crate::sealgate::Sandbox;

/// An image of OCI as a document that names its type.
const IMAGE: &str =
    r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{},"layers":[]}"#;

/// An image of Docker's schema 1.
const SCHEMA_1: &str =
    r#"{"schemaVersion":1,"name":"app","tag":"v1","architecture":"amd64","fsLayers":[],"history":[]}"#;

/// A registry that has one manifest, under every tag and digest, and sends it with this `Content-Type`; returns its host.
fn registry(media_type: Option<&str>, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let header = media_type.map(|media_type| format!("content-type: {media_type}\r\n")).unwrap_or_default();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 8192];
            let read = stream.read(&mut request).unwrap_or_default();
            let is_manifest = request[..read].windows(13).any(|part| part == b"app/manifests");
            let (status, header, body) =
                if is_manifest { ("200 OK", &*header, body) } else { ("404 Not Found", "", "") };
            let answer = format!(
                "HTTP/1.1 {status}\r\n{header}connection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            // A client that has gone is no matter.
            let _written = stream.write_all(answer.as_bytes());
        }
    });
    host
}

#[test]
fn what_is_no_manifest_of_today_is_told_as_what_it_is_by_every_command() {
    let sandbox = Sandbox::new();
    sandbox.sealgate(&["key", "generate", "--out", "k", "--name", "acme"]).exits(0);
    let sign = ["sign", "--key", "k/acme.key", "--certificate-chain", "k/acme.crt"];
    let verify = ["verify", "--root", "k/acme-ca.crt", "--identity", "*"];
    let schema_1 = ["is an image of Docker's schema 1", "help: build the image again"];
    let own = [
        "the document itself names application/vnd.oci.image.manifest.v1+json",
        "help: let the registry, or what stands",
    ];
    let website = ["was sent with media type \"text/html\"", "help: check the registry's name"];
    for (media_type, body, told) in [
        (Some("application/vnd.docker.distribution.manifest.v1+prettyjws"), SCHEMA_1, schema_1),
        (Some("application/vnd.docker.distribution.manifest.v1+json"), SCHEMA_1, schema_1),
        (Some("application/json"), SCHEMA_1, schema_1),
        (None, SCHEMA_1, schema_1),
        (Some("application/json; charset=utf-8"), IMAGE, own),
        (Some("text/plain"), IMAGE, own),
        (Some("text/html"), "<html></html>", website),
    ] {
        let host = registry(media_type, body);
        let hash = digest::digest(&digest::SHA256, body.as_bytes());
        let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        for image in [format!("{host}/app:v1"), format!("{host}/app@sha256:{hex}")] {
            for command in [&sign[..], &verify, &["list"], &["inspect"]] {
                let words = [command, &["--", &image]].concat();
                let text = sandbox.sealgate(&words).exits(10).stdout;
                says(&text, &["error[content]"]);
                says(&text, &told);
                assert!(!text.contains("do not use this image"), "{text}");
            }
        }
    }
}

#[test]
fn without_a_content_type_an_image_is_what_it_says_and_known_by_its_digest() {
    let sandbox = Sandbox::new();
    let host = registry(None, IMAGE);
    let text = sandbox.sealgate(&["list", "--", &format!("{host}/app:v1")]).exits(0).stdout;
    says(&text, &["app@sha256:"]);
}
