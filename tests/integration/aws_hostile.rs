//! What a checkout, a setting or an answer can be that wants to harm.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use crate::aws_scene::{Scene, report, says};

/// Somebody who waits to be asked.
struct Waiting(TcpListener);

impl Waiting {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    fn was_asked(&self) -> bool {
        match self.0.accept() {
            Ok(_) => true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => false,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn the_working_folder_does_not_say_where_an_instance_has_its_credentials() {
    let scene = Scene::new();
    let image = scene.image("app");
    let words = ["sign", "--aws-root", "root.pem", "--profile", &scene.endpoint.profile(), &image];
    // Without a home folder the SDK takes `~` for a folder in the working one.
    for (file, other) in [("credentials", "AWS_CONFIG_FILE"), ("config", "AWS_SHARED_CREDENTIALS_FILE")] {
        let waiting = Waiting::new();
        let content = format!("[default]\nec2_metadata_service_endpoint = {}\n", waiting.url());
        scene.sandbox.write(&format!("~/.aws/{file}"), &content);
        let run = scene.sandbox.sealgate(&words).env("HOME", "").env(other, "/dev/null");
        let text = run.env("AWS_ENDPOINT_URL", &scene.endpoint.url()).exits(5).stdout;
        says(&text, &["error[denied]"]);
        assert!(!waiting.was_asked(), "{file}");
    }
}

/// Answers every request with this body, for as long as the test lives; returns its address.
pub(crate) fn answering(body: impl Into<String>) -> String {
    let body = body.into();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // A request without body is here in one piece; who sends more is not waited for.
            let _request = stream.read(&mut [0; 16 * 1024]);
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            let _answered = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    url
}

#[test]
fn an_answer_about_revocation_that_can_be_read_in_two_ways_is_none() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let verify =
        |body| scene.verify(&["--format", "json", &image]).env("AWS_ENDPOINT_URL_SIGNER_DATA", &answering(body));
    report(&verify(r#"{"revokedEntities": []}"#).exits(0));
    for body in [
        r#"{"revokedEntities": ["x"], "revokedEntities": []}"#,
        r#"{"RevokedEntities": ["x"], "revokedEntities": []}"#,
        r#"{"revokedEntities": [null]}"#,
        "",
    ] {
        let told = report(&verify(body).exits(10));
        let row = &told["artifacts"][0]["candidates"][0]["rows"][4];
        assert_eq!((&row["status"], &row["reason"]["code"]), (&"not-evaluated".into(), &"revocation-malformed".into()));
    }
}
