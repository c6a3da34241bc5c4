//! A registry of one image layout, which is only read: for what must not be done with a layout.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

/// A registry on this machine, until the test process ends.
pub(crate) struct LayoutRegistry {
    /// Its host with port.
    pub(crate) host: String,
    asked: Arc<AtomicUsize>,
    before: Before,
    after: Before,
}

/// What happens before the first request is answered, or after.
type Before = Arc<Mutex<Option<Box<dyn FnOnce() + Send>>>>;

impl LayoutRegistry {
    /// Serves the layout of this folder as `HOST/app`, as it is when it is asked.
    pub(crate) fn of(folder: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let before = Before::default();
        let after = Before::default();
        let (due, behind) = (Arc::clone(&before), Arc::clone(&after));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if let Some(action) = due.lock().unwrap().take() {
                    action();
                }
                let (folder, counter, behind) = (folder.clone(), Arc::clone(&counter), Arc::clone(&behind));
                thread::spawn(move || serve(stream.unwrap(), &folder, &counter, &behind));
            }
        });
        Self { host, asked, before, after }
    }

    /// An image of it by tag.
    pub(crate) fn image(&self, tag: &str) -> String {
        format!("{}/app:{tag}", self.host)
    }

    /// Does something before it answers the next connection.
    pub(crate) fn before_answering(&self, action: impl FnOnce() + Send + 'static) {
        *self.before.lock().unwrap() = Some(Box::new(action));
    }

    /// Does something once it has read what it answers to the next request for a manifest.
    pub(crate) fn after_manifest(&self, action: impl FnOnce() + Send + 'static) {
        *self.after.lock().unwrap() = Some(Box::new(action));
    }

    /// Requests so far.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Answers the requests of one connection.
fn serve(stream: TcpStream, folder: &Path, asked: &AtomicUsize, after: &Before) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).unwrap_or_default() == 0 {
            return;
        }
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap_or_default() > 2 {
            line.clear();
        }
        asked.fetch_add(1, Ordering::SeqCst);
        let path = first.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default();
        let answer = answer(folder, path);
        if let Some(action) = path.contains("/manifests/").then(|| after.lock().unwrap().take()).flatten() {
            action();
        }
        let (status, media_type, body) = match answer {
            Some((media_type, body)) => ("200 OK", media_type, body),
            None => (
                "404 Not Found",
                "application/json".to_owned(),
                b"{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\"}]}".to_vec(),
            ),
        };
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\n\r\n", body.len());
        let is_head = first.starts_with("HEAD ");
        let written =
            writer.write_all(head.as_bytes()).and_then(|()| if is_head { Ok(()) } else { writer.write_all(&body) });
        if written.is_err() {
            return;
        }
    }
}

/// The media type and the content of what is asked for.
fn answer(folder: &Path, path: &str) -> Option<(String, Vec<u8>)> {
    let index: Value = serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
    let entries = index["manifests"].as_array().unwrap();
    let blob = |digest: &str| fs::read(folder.join("blobs").join(digest.replace(':', "/"))).ok();
    let rest = path.strip_prefix("/v2/app/")?;
    let (kind, name) = rest.split_once('/')?;
    match kind {
        "manifests" => {
            let is_it = |entry: &&Value| {
                entry["digest"] == name || entry["annotations"]["org.opencontainers.image.ref.name"] == name
            };
            let entry = entries.iter().find(is_it)?;
            Some((entry["mediaType"].as_str()?.to_owned(), blob(entry["digest"].as_str()?)?))
        }
        "blobs" => Some(("application/octet-stream".to_owned(), blob(name)?)),
        "referrers" => {
            let of = |entry: &Value| -> Option<Value> {
                let manifest: Value = serde_json::from_slice(&blob(entry["digest"].as_str()?)?).ok()?;
                (manifest["subject"]["digest"] == name).then(|| {
                    let mut listed = entry.clone();
                    listed["artifactType"] = match manifest["artifactType"].is_null() {
                        true => manifest["config"]["mediaType"].clone(),
                        false => manifest["artifactType"].clone(),
                    };
                    listed["annotations"] = manifest["annotations"].clone();
                    listed
                })
            };
            let listed: Vec<_> = entries.iter().filter_map(of).collect();
            let media_type = "application/vnd.oci.image.index.v1+json";
            let body = json!({"schemaVersion": 2, "mediaType": media_type, "manifests": listed});
            Some((media_type.to_owned(), body.to_string().into_bytes()))
        }
        _ => None,
    }
}
