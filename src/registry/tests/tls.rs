//! Registries behind TLS: whose certificate is trusted, and what a CA file may be.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use notary::descriptor::media_type;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, ServerConnection, Stream};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::super::{Access, Credentials, Kind, LoopbackScheme, Registries, RegistryError, Settings};
use super::settings;
use crate::reference::Reference;

/// A registry behind TLS that answers everything alike. Its port, and the file of the authority that it is known by.
fn tls_registry(folder: &tempfile::TempDir, answer: &'static str) -> (u16, PathBuf) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".into()]).unwrap().signed_by(&key, &authority).unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, authority.pem()).unwrap();

    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(config);
    // The thread ends with the test process.
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
    (port, file)
}

async fn resolve(port: u16, ca_files: Vec<PathBuf>) -> Result<String, RegistryError> {
    let settings = Settings { ca_files, loopback: LoopbackScheme::Tls, ..settings() };
    let registries = Registries::new(settings, Credentials::none());
    let reference = Reference::parse(&format!("localhost:{port}/app:v1")).unwrap();
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
    let settings = Settings { ca_files: vec![path], loopback: LoopbackScheme::Tls, ..settings() };
    let registries = Registries::new(settings, Credentials::none());
    let reference = Reference::parse("localhost:1/app:v1").unwrap();
    let error = registries.open(&reference, Access::Pull).unwrap().resolve(&reference).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Configuration, "{expected}: {error}");
    assert!(error.to_string().contains(expected), "{error}");
}
