//! Proxies and names: what is told of them, and what is not tried again.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::super::{Access, Credentials, Kind, Registries, RegistryError, Settings};
use super::settings;
use crate::reference::Reference;
use crate::transport::{Proxies, ProxyFault, ProxyVariable, TransportError};

type Heads = Arc<Mutex<Vec<String>>>;

/// A proxy that gives everyone the same answer, and what it was asked.
fn proxy(status: u16) -> (u16, Heads) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heads = Heads::default();
    let seen = Arc::clone(&heads);
    // The thread ends with the test process.
    std::thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let mut head = [0; 4096];
            let length = socket.read(&mut head).unwrap_or_default();
            seen.lock().unwrap().push(String::from_utf8_lossy(&head[..length]).into_owned());
            let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = socket.write_all(answer.as_bytes());
        }
    });
    (port, heads)
}

/// Why an image of `r.example` cannot be resolved through this proxy, and how many requests were made.
async fn refused(proxy: &str, insecure: &[&str]) -> (RegistryError, usize) {
    let variable = |name| Some(ProxyVariable { name, value: proxy });
    let mut settings = settings();
    settings.retries.budget = Duration::from_secs(60);
    let settings = Settings {
        proxies: Proxies::new(variable("HTTP_PROXY"), variable("HTTPS_PROXY"), ""),
        insecure: insecure.iter().map(|host| (*host).to_owned()).collect(),
        ..settings
    };
    let registries = Registries::new(settings, Credentials::none());
    let reference = Reference::parse("r.example/app:v1").unwrap();
    let error = registries.open(&reference, Access::Pull).unwrap().resolve(&reference).await.unwrap_err();
    (error, registries.meter().requests())
}

#[tokio::test]
async fn what_a_proxy_refuses_is_told_with_its_status_and_only_what_may_pass_is_tried_again() {
    for (status, kind, requests) in [
        (403, Kind::Denied, 1),
        (407, Kind::Denied, 1),
        (401, Kind::Denied, 1),
        (400, Kind::Denied, 1),
        (404, Kind::Denied, 1),
        (405, Kind::Denied, 1),
        (502, Kind::Unavailable, 4),
        (503, Kind::Unavailable, 4),
    ] {
        let (port, heads) = proxy(status);
        let (error, made) = refused(&format!("http://u:s3cret@127.0.0.1:{port}"), &[]).await;
        let RegistryError::Proxy { host, proxy, status: told } = &error else { panic!("{status}: {error}") };
        assert_eq!((host.as_str(), proxy.as_str(), *told), ("r.example", format!("127.0.0.1:{port}").as_str(), status));
        assert_eq!((error.kind(), made), (kind, requests), "{status}");
        assert!(!error.to_string().contains("s3cret"));
        for head in heads.lock().unwrap().iter() {
            assert!(head.starts_with("CONNECT r.example:443 HTTP/1.1\r\n"), "{head}");
            assert!(head.to_ascii_lowercase().contains("proxy-authorization: basic dtpzm2nyzxq="), "{head}");
        }
        assert_eq!(heads.lock().unwrap().len(), 2 * requests, "{status}");
        assert!(!crate::error::Error::from(error).report().help.is_empty());
    }
}

#[tokio::test]
async fn a_proxy_that_wants_a_login_for_plain_http_is_told_as_the_proxy() {
    let (port, heads) = proxy(407);
    let (error, made) = refused(&format!("127.0.0.1:{port}"), &["r.example"]).await;
    assert!(matches!(&error, RegistryError::Proxy { status: 407, .. }), "{error}");
    assert_eq!((made, heads.lock().unwrap().len()), (1, 1));
    assert!(heads.lock().unwrap()[0].starts_with("GET http://r.example/v2/"));
}

#[tokio::test]
async fn a_proxy_that_cannot_be_used_is_never_gone_past() {
    for (value, fact) in [
        ("socks5://127.0.0.1:1080", ProxyFault::Socks),
        ("http://127.0.0.1:99999", ProxyFault::NotUrl),
        ("ftp://127.0.0.1", ProxyFault::Scheme),
    ] {
        for (insecure, variable) in [(&[][..], "HTTPS_PROXY"), (&["r.example"][..], "HTTP_PROXY")] {
            let (error, _) = refused(value, insecure).await;
            let RegistryError::Transport(found) = &error else { panic!("{error}") };
            assert_eq!(found, &TransportError::Proxy { variable, fact });
            assert_eq!(error.kind(), Kind::Configuration);
        }
    }
}

#[tokio::test]
async fn a_name_without_an_address_is_told_at_once() {
    for reference in ["no-such-registry.invalid/app:v1", "no-such-registry.invalid:5000/app:v1"] {
        let registries = Registries::new(settings(), Credentials::none());
        let reference = Reference::parse(reference).unwrap();
        let began = Instant::now();
        let error = registries.open(&reference, Access::Pull).unwrap().resolve(&reference).await.unwrap_err();
        assert!(matches!(&error, RegistryError::UnknownHost { proxy: None, .. }), "{error}");
        assert_eq!((error.kind(), registries.meter().requests()), (Kind::Unavailable, 1));
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
    let (error, made) = refused("http://no-such-proxy.invalid:3128", &[]).await;
    let RegistryError::UnknownHost { host, proxy: Some(proxy) } = &error else { panic!("{error}") };
    assert_eq!((host.as_str(), proxy.as_str(), made), ("r.example", "no-such-proxy.invalid:3128", 1));
}
