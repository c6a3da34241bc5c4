//! What a checkout, a setting or an answer can be that wants to harm.

use std::io::ErrorKind;
use std::net::TcpListener;

use crate::aws_scene::{Scene, says};

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
        let run = scene.sandbox.sealgate(&words).env("HOME", "").env(other, "/nowhere");
        let text = run.env("AWS_ENDPOINT_URL", &scene.endpoint.url()).exits(5).stdout;
        says(&text, &["error[denied]"]);
        assert!(!waiting.was_asked(), "{file}");
    }
}
