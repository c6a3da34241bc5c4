//! Registries behind TLS: whose certificate is trusted, and what a CA file may be.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use notary::descriptor::media_type;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    date_time_ymd,
};
use rustls::{ServerConfig, ServerConnection, Stream};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::super::{Access, Credentials, Kind, LoopbackScheme, Registries, RegistryError, Settings};
use super::settings;
use crate::reference::Reference;
use crate::transport::{CaFile, Flaw, NoAnswer, TlsFault};

/// A registry behind TLS that answers everything alike. Its port, and the file of the authority that it is known by.
fn tls_registry(folder: &tempfile::TempDir, answer: &'static str) -> (u16, PathBuf) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".into()]).unwrap().signed_by(&key, &authority).unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    (serve(&leaf, &key, answer), file)
}

fn serve(certificate: &Certificate, key: &KeyPair, answer: &'static str) -> u16 {
    serve_at(TcpListener::bind("127.0.0.1:0").unwrap(), certificate, key, answer)
}

/// Serves TLS with this certificate, and answers everything alike. The thread ends with the test process.
fn serve_at(listener: TcpListener, certificate: &Certificate, key: &KeyPair, answer: &'static str) -> u16 {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let (Ok(mut socket), Ok(mut connection)) = (socket, ServerConnection::new(Arc::clone(&config))) else {
                continue;
            };
            let mut stream = Stream::new(&mut connection, &mut socket);
            let mut request = [0; 4096];
            if stream.read(&mut request).is_ok() {
                let _ = stream.write_all(answer.as_bytes());
                connection.send_close_notify();
                let _ = connection.complete_io(&mut socket);
            }
        }
    });
    port
}

fn ca_file(path: PathBuf) -> CaFile {
    CaFile { path, origin: "--ca-file".into() }
}

async fn resolve(port: u16, ca_files: Vec<PathBuf>) -> Result<String, RegistryError> {
    resolve_at(&format!("localhost:{port}"), ca_files).await
}

async fn resolve_at(host: &str, ca_files: Vec<PathBuf>) -> Result<String, RegistryError> {
    let ca_files = ca_files.into_iter().map(ca_file).collect();
    let settings = Settings { ca_files, loopback: LoopbackScheme::Tls, ..settings() };
    let registries = Registries::new(settings, Credentials::none());
    let reference = Reference::parse(&format!("{host}/app:v1")).unwrap();
    let resolved = registries.open(&reference, Access::Pull)?.resolve(&reference).await;
    assert_eq!(registries.meter().requests(), 1, "a certificate that is not trusted is not tried again");
    Ok(resolved?.descriptor.media_type)
}

const MANIFEST: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.oci.image.manifest.v1+json\r\n\
                        content-length: 13\r\nconnection: close\r\n\r\n{\"layers\":[]}";

#[tokio::test]
async fn a_registry_is_trusted_by_the_authority_in_a_ca_file_and_not_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let (port, file) = tls_registry(&folder, MANIFEST);
    assert_eq!(resolve(port, vec![file]).await.unwrap(), media_type::IMAGE_MANIFEST);
    let error = resolve(port, Vec::new()).await.unwrap_err();
    assert!(matches!(&error, RegistryError::Tls { host, .. } if host == &format!("localhost:{port}")), "{error}");
    let (_, other) = tls_registry(&tempfile::tempdir().unwrap(), MANIFEST);
    assert!(!other.exists());
    let folder = tempfile::tempdir().unwrap();
    let (_, other) = tls_registry(&folder, MANIFEST);
    assert!(matches!(resolve(port, vec![other]).await.unwrap_err(), RegistryError::Tls { .. }));
}

/// What a server with a certificate for `name` is refused for, if it is, where the CA file holds `held`, or that certificate itself.
async fn judged(certificate: &Certificate, key: &KeyPair, held: &Certificate) -> Option<NoAnswer> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, held.pem()).unwrap();
    match resolve(serve(certificate, key, MANIFEST), vec![file]).await {
        Ok(_) => None,
        Err(RegistryError::Tls { why, ca_files, .. }) => {
            assert_eq!(ca_files, ["--ca-file"]);
            Some(why)
        }
        Err(error) => panic!("{error}"),
    }
}

fn for_host(name: &str, is_ca: IsCa) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.into()]).unwrap();
    params.is_ca = is_ca;
    params
}

const AUTHORITY: IsCa = IsCa::Ca(BasicConstraints::Unconstrained);

#[tokio::test]
async fn a_server_s_own_certificate_in_a_ca_file_is_trusted_for_exactly_itself() {
    let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let authority =
        CertifiedIssuer::self_signed(for_host("localhost", AUTHORITY), KeyPair::generate().unwrap()).unwrap();
    let own = for_host("localhost", AUTHORITY).self_signed(&key).unwrap();
    let leaf = for_host("localhost", IsCa::NoCa).signed_by(&key, &authority).unwrap();
    let own_leaf = for_host("localhost", IsCa::ExplicitNoCa).self_signed(&key).unwrap();
    for trusted in [&own, &leaf, &own_leaf] {
        assert_eq!(judged(trusted, &key, trusted).await, None);
    }
    let flaw = |flaw| Some(NoAnswer::Certificate(flaw));
    // Another one with the same names, and with the same key.
    let twin = for_host("localhost", AUTHORITY).self_signed(&other).unwrap();
    assert_eq!(judged(&twin, &other, &leaf).await, flaw(Flaw::Authority));
    let renewed = for_host("localhost", IsCa::NoCa).signed_by(&key, &authority).unwrap();
    assert_eq!(judged(&renewed, &key, &leaf).await, flaw(Flaw::UnknownIssuer));
    // A leaf vouches for no other certificate, though its key signed it.
    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa] {
        let leaf = CertifiedIssuer::self_signed(for_host("localhost", is_ca), KeyPair::generate().unwrap()).unwrap();
        let below = for_host("localhost", IsCa::NoCa).signed_by(&key, &leaf).unwrap();
        assert_eq!(judged(&below, &key, leaf.as_ref()).await, flaw(Flaw::UnknownIssuer));
    }
}

#[tokio::test]
async fn name_validity_and_usage_of_a_certificate_in_a_ca_file_are_checked_as_everyone_else_s() {
    let key = KeyPair::generate().unwrap();
    for is_ca in [AUTHORITY, IsCa::ExplicitNoCa] {
        let params = || for_host("localhost", is_ca);
        let elsewhere = for_host("r.example", is_ca).self_signed(&key).unwrap();
        let names = vec!["r.example".to_owned()];
        let expected = Some(NoAnswer::Certificate(Flaw::OtherName { names, more: 0 }));
        assert_eq!(judged(&elsewhere, &key, &elsewhere).await, expected);
        let mut expired = params();
        expired.not_after = date_time_ymd(2020, 1, 1);
        expired.not_before = date_time_ymd(2019, 1, 1);
        let expired = expired.self_signed(&key).unwrap();
        let found = judged(&expired, &key, &expired).await;
        assert!(matches!(&found, Some(NoAnswer::Certificate(Flaw::Expired(Some(_))))), "{found:?}");
        let mut future = params();
        future.not_before = date_time_ymd(4000, 1, 1);
        let future = future.self_signed(&key).unwrap();
        let found = judged(&future, &key, &future).await;
        assert!(matches!(&found, Some(NoAnswer::Certificate(Flaw::NotYet(Some(_))))), "{found:?}");
        let mut client = params();
        client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let client = client.self_signed(&key).unwrap();
        assert_eq!(judged(&client, &key, &client).await, Some(NoAnswer::Certificate(Flaw::Purpose)));
    }
}

#[tokio::test]
async fn a_registry_at_an_address_is_trusted_by_the_address_in_its_certificate() {
    let key = KeyPair::generate().unwrap();
    for (address, host) in [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")] {
        // Not every machine has IPv6.
        let Ok(listener) = TcpListener::bind((address, 0)) else { continue };
        let certificate = for_host(address, AUTHORITY).self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, certificate.pem()).unwrap();
        let port = serve_at(listener, &certificate, &key, MANIFEST);
        let resolved = resolve_at(&format!("{host}:{port}"), vec![file]).await;
        assert_eq!(resolved.unwrap(), media_type::IMAGE_MANIFEST, "{host}");
    }
}

#[tokio::test]
async fn what_speaks_no_tls_is_told_as_that() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let _ = socket.read(&mut [0; 4096]);
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
        }
    });
    let error = resolve(port, Vec::new()).await.unwrap_err();
    assert!(matches!(&error, RegistryError::Tls { why: NoAnswer::Tls(TlsFault::NotTls), .. }), "{error}");
    let help = crate::error::Error::from(error).report().help_text();
    assert!(help.contains(&format!("--plain-http localhost:{port}")) && !help.contains("--ca-file"), "{help}");
}

/// The record of a fatal alert (RFC 8446 section 6).
fn alert(description: u8) -> Vec<u8> {
    vec![21, 3, 3, 0, 2, 2, description]
}

/// A server's choice of TLS 1.2 with a cipher suite (RFC 5246 section 7.4.1.3).
fn server_hello(suite: [u8; 2]) -> Vec<u8> {
    let hello = [&[3, 3][..], &[7; 32], &[0], &suite, &[0]].concat();
    let length = u8::try_from(hello.len()).unwrap();
    [&[22, 3, 3, 0, length + 4, 2, 0, 0, length][..], &hello].concat()
}

#[tokio::test]
async fn a_server_without_a_common_cipher_suite_or_version_is_told_in_words() {
    for (answer, fault, words) in [
        (alert(40), TlsFault::NothingInCommon, "no cipher suite, key exchange or kind of signature in common"),
        (alert(71), TlsFault::NothingInCommon, "no cipher suite"),
        // TLS_RSA_WITH_3DES_EDE_CBC_SHA, and one that nobody has.
        (server_hello([0x00, 0x0a]), TlsFault::NothingInCommon, "no cipher suite"),
        (server_hello([0xfa, 0xfa]), TlsFault::NothingInCommon, "no cipher suite"),
        (alert(70), TlsFault::Version, "neither TLS 1.2 nor TLS 1.3"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let sent = answer.clone();
        std::thread::spawn(move || {
            for mut socket in listener.incoming().flatten() {
                let _ = socket.read(&mut [0; 4096]);
                let _ = socket.write_all(&sent);
            }
        });
        let error = resolve(port, Vec::new()).await.unwrap_err();
        let found = match &error {
            RegistryError::Tls { why: NoAnswer::Tls(found), .. } => *found,
            other => panic!("{other:?}"),
        };
        assert_eq!(found, fault, "{answer:?}");
        let told = crate::error::Error::from(error).report();
        assert!(told.message.contains(words), "{}", told.message);
        let help = told.help_text();
        assert!(help.contains("accept TLS 1.2 or 1.3 with") && !help.contains("--ca-file"), "{help}");
    }
}

#[tokio::test]
async fn a_flag_that_was_given_is_not_advised() {
    let folder = tempfile::tempdir().unwrap();
    let (port, _) = tls_registry(&folder, MANIFEST);
    let (_, other) = tls_registry(&folder, MANIFEST);
    let help = |error: RegistryError| crate::error::Error::from(error).report().help_text();
    let without = help(resolve(port, Vec::new()).await.unwrap_err());
    assert!(without.contains("pass its certificate: --ca-file FILE"), "{without}");
    let with = help(resolve(port, vec![other]).await.unwrap_err());
    assert!(with.contains("the file of --ca-file holds neither") && !with.contains("--ca-file FILE"), "{with}");
}

#[tokio::test]
async fn https_is_not_left_for_another_host_s_plain_http() {
    let folder = tempfile::tempdir().unwrap();
    let moved = "HTTP/1.1 307 X\r\nlocation: http://evil.example/x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (port, file) = tls_registry(&folder, moved);
    let error = resolve(port, vec![file]).await.unwrap_err();
    assert!(matches!(error, RegistryError::Hop { fact: "plain HTTP after HTTPS", .. }), "{error}");
}

#[tokio::test]
async fn a_ca_file_without_certificates_is_a_wrong_setting() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("missing", None),
        ("empty", Some("")),
        ("text", Some("no certificate")),
        ("damaged", Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")),
    ] {
        let path = folder.path().join(name);
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        refuses_ca_file(path, name).await;
    }
    // Neither may be waited for or read to its end.
    for device in ["/dev/zero", "/dev/null"] {
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(device, &link).unwrap();
        refuses_ca_file(link.clone(), "not a regular file").await;
        std::fs::remove_file(link).unwrap();
    }
    let large = folder.path().join("large");
    std::fs::File::create(&large).unwrap().set_len(1 << 40).unwrap();
    refuses_ca_file(large, "it has more than 4194304 bytes").await;
}

async fn refuses_ca_file(path: PathBuf, expected: &str) {
    let settings = Settings { ca_files: vec![ca_file(path)], loopback: LoopbackScheme::Tls, ..settings() };
    let registries = Registries::new(settings, Credentials::none());
    let reference = Reference::parse("localhost:1/app:v1").unwrap();
    let error = registries.open(&reference, Access::Pull).unwrap().resolve(&reference).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Configuration, "{expected}: {error}");
    assert!(error.to_string().contains(expected), "{error}");
}
