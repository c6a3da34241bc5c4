//! A registry inside the test process that does what a test tells it to: it can lie, break off, and never end.
//!
//! It speaks HTTP/1.1 by hand, because a proper server library does not let one send half an answer.

mod wire;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use notary::descriptor::{Descriptor, media_type};
use notary::digest::Digest;
use notary::signature_manifest::THUMBPRINTS;
use serde_json::{Value, json};
use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};

use self::wire::{read_request, write_reply};

#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Path without query.
    pub(crate) path: String,
    pub(crate) query: HashMap<String, String>,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
}

/// How an answer ends.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Whole(Bytes),
    /// Announced whole, then the connection is closed in its middle.
    Half(Bytes),
    /// So many zero bytes, without a length.
    Zeros(u64),
    /// The connection is closed without an answer.
    Nothing,
    /// No answer, and the connection stays open.
    Silence,
}

impl Reply {
    pub(crate) fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::Whole(Bytes::new()) }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn body(mut self, media_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = Body::Whole(body.into());
        self.header("content-type", media_type)
    }

    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self::new(status).body("application/json", value.to_string())
    }

    pub(crate) fn error(status: u16, code: &str) -> Self {
        Self::json(status, &json!({"errors": [{"code": code, "message": "as the test wants"}]}))
    }

    pub(crate) fn dropped() -> Self {
        Self { body: Body::Nothing, ..Self::new(200) }
    }

    pub(crate) fn half(self) -> Self {
        match self.body {
            Body::Whole(bytes) => Self { body: Body::Half(bytes), ..self },
            _ => self,
        }
    }
}

/// Whether and how the referrers API answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    On,
    /// 404 in plain text, as Debian's docker-registry.
    Off,
    /// So many entries on a page.
    Paged(usize),
}

type Hook = Box<dyn FnMut(&Seen) -> Option<Reply> + Send>;

/// What the registry holds and how it behaves.
pub(crate) struct State {
    pub(crate) manifests: BTreeMap<String, (String, Bytes)>,
    pub(crate) blobs: BTreeMap<String, Bytes>,
    pub(crate) api: Api,
    pub(crate) filters: bool,
    pub(crate) subject_header: bool,
    pub(crate) etags: bool,
    /// As GitLab's registry: where there is no tag `sha256-<hex>`, the manifest with that digest is the answer.
    pub(crate) subject_is_under_tag: bool,
    /// Whether a blob may come with the POST.
    pub(crate) single_post: bool,
    pub(crate) log: Vec<Seen>,
    hook: Option<Hook>,
    late: Vec<(String, Duration)>,
    uploads: usize,
}

/// A running registry; its tasks end with the test's runtime.
#[derive(Clone)]
pub(crate) struct Fake {
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) port: u16,
    passing: Arc<tokio::sync::Mutex<()>>,
}

impl Fake {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            manifests: BTreeMap::new(),
            blobs: BTreeMap::new(),
            api: Api::On,
            filters: true,
            subject_header: true,
            etags: false,
            subject_is_under_tag: false,
            single_post: false,
            log: Vec::new(),
            hook: None,
            late: Vec::new(),
            uploads: 0,
        }));
        let fake = Self { state, port, passing: Arc::default() };
        let accepting = fake.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(accepting.clone().serve(stream));
            }
        });
        fake
    }

    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A name of the same server that is another origin.
    pub(crate) fn other_host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap())
    }

    /// Answers in place of the registry where the hook has an answer.
    pub(crate) fn hook(&self, hook: impl FnMut(&Seen) -> Option<Reply> + Send + 'static) {
        self.with(|state| state.hook = Some(Box::new(hook)));
    }

    /// Spoils the first `count` answers to requests that begin with `line`.
    pub(crate) fn spoil(&self, line: &str, count: usize, reply: Reply) {
        let (line, mut left) = (line.to_owned(), count);
        self.hook(move |seen| {
            if left == 0 || !seen.line().starts_with(&line) {
                return None;
            }
            left -= 1;
            Some(reply.clone())
        });
    }

    /// `METHOD /path` of all requests.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.with(|state| state.log.iter().map(Seen::line).collect())
    }

    pub(crate) fn log(&self) -> Vec<Seen> {
        self.with(|state| state.log.clone())
    }

    pub(crate) fn put_manifest(&self, media_type: &str, bytes: impl Into<Bytes>, tag: Option<&str>) -> Descriptor {
        let bytes = bytes.into();
        let descriptor = Descriptor::of(media_type, &bytes);
        self.with(|state| {
            let stored = (media_type.to_owned(), bytes);
            if let Some(tag) = tag {
                state.manifests.insert(tag.to_owned(), stored.clone());
            }
            state.manifests.insert(descriptor.digest.to_string(), stored);
        });
        descriptor
    }

    pub(crate) fn put_image(&self, tag: &str) -> Descriptor {
        let text = format!(r#"{{"schemaVersion":2,"mediaType":"{}","config":{{}},"layers":[]}}"#, IMAGE);
        self.put_manifest(IMAGE, text, Some(tag))
    }

    /// A signature of `subject`: manifest and envelope. `name` makes them different.
    pub(crate) fn put_signature(&self, subject: &Descriptor, name: &str) -> Descriptor {
        let push = signature(subject, name);
        let (descriptor, bytes) = push.manifest;
        self.with(|state| {
            state.manifests.insert(descriptor.digest.to_string(), (descriptor.media_type.clone(), bytes));
            state.blobs.insert(push.envelope.0.digest.to_string(), push.envelope.1);
        });
        descriptor
    }

    /// Answers come so much later to requests that begin with `line`. The test's clock jumps; nothing waits.
    pub(crate) fn delay(&self, line: &str, late: Duration) {
        self.with(|state| state.late.push((line.to_owned(), late)));
    }

    /// Lets time pass for everybody in this runtime.
    async fn pass(&self, time: Duration) {
        let _alone = self.passing.lock().await;
        tokio::time::pause();
        tokio::time::advance(time).await;
        tokio::time::resume();
    }

    async fn serve(self, stream: TcpStream) {
        stream.set_nodelay(true).unwrap();
        let mut stream = BufReader::new(stream);
        while let Some(seen) = read_request(&mut stream).await {
            let head = seen.method == "HEAD";
            let (late, reply) = self.with(|state| (state.late(&seen), state.answer(seen)));
            if let Some(late) = late {
                self.pass(late).await;
            }
            match write_reply(&mut stream, reply, head).await {
                Some(()) => {}
                None => return,
            }
        }
    }
}

const IMAGE: &str = media_type::IMAGE_MANIFEST;

/// What a signer would push for `subject`, with an annotation that a listing keeps.
pub(crate) fn signature(subject: &Descriptor, name: &str) -> crate::registry::SignaturePush {
    let envelope = Bytes::from(format!("envelope {name}"));
    let config = Bytes::from_static(b"{}");
    let (envelope, config) =
        ((Descriptor::of(media_type::JWS, &envelope), envelope), (Descriptor::of(media_type::EMPTY, &config), config));
    let manifest = json!({
        "schemaVersion": 2, "mediaType": IMAGE, "artifactType": media_type::SIGNATURE,
        "config": config.0, "layers": [envelope.0], "subject": subject.plain(), "annotations": {THUMBPRINTS: name},
    });
    let bytes = Bytes::from(manifest.to_string());
    let descriptor = Descriptor {
        artifact_type: Some(media_type::SIGNATURE.into()),
        annotations: [(THUMBPRINTS.to_owned(), name.to_owned())].into(),
        ..Descriptor::of(IMAGE, &bytes)
    };
    crate::registry::SignaturePush { subject: subject.digest.clone(), config, envelope, manifest: (descriptor, bytes) }
}

impl State {
    fn late(&self, seen: &Seen) -> Option<Duration> {
        let line = seen.line();
        self.late.iter().find(|(begin, _)| line.starts_with(begin)).map(|(_, late)| *late)
    }

    fn answer(&mut self, seen: Seen) -> Reply {
        self.log.push(seen.clone());
        if let Some(mut hook) = self.hook.take() {
            let reply = hook(&seen);
            self.hook.get_or_insert(hook);
            if let Some(reply) = reply {
                return reply;
            }
        }
        let Some(path) = seen.path.strip_prefix("/v2/app/") else { return Reply::error(404, "NAME_UNKNOWN") };
        let (kind, name) = path.split_once('/').unwrap_or((path, ""));
        match (seen.method.as_str(), kind) {
            ("GET", "manifests") => self.manifest(name),
            ("PUT", "manifests") => self.put(name, &seen),
            ("GET", "referrers") => self.referrers(name, &seen),
            ("POST", "blobs") if name == "uploads/" && self.single_post && seen.query.contains_key("digest") => {
                self.store(&seen)
            }
            ("POST", "blobs") if name == "uploads/" => {
                self.uploads += 1;
                Reply::new(202).header("location", format!("/v2/app/blobs/uploads/{}?state=x", self.uploads))
            }
            ("PUT", "blobs") => self.upload(&seen),
            ("GET" | "HEAD", "blobs") => match self.blobs.get(name) {
                Some(bytes) => Reply::new(200).body("application/octet-stream", bytes.clone()),
                None => Reply::error(404, "BLOB_UNKNOWN"),
            },
            _ => Reply::error(405, "UNSUPPORTED"),
        }
    }

    fn manifest(&self, name: &str) -> Reply {
        let alias = name.replacen("sha256-", "sha256:", 1);
        let by_alias = || self.manifests.get(&alias).filter(|_| self.subject_is_under_tag);
        let Some((media_type, bytes)) = self.manifests.get(name).or_else(by_alias) else {
            return Reply::error(404, "MANIFEST_UNKNOWN");
        };
        let digest = Digest::sha256(bytes);
        let reply = Reply::new(200).body(media_type, bytes.clone()).header("docker-content-digest", digest.as_str());
        if self.etags { reply.header("etag", format!("\"{digest}\"")) } else { reply }
    }

    fn put(&mut self, name: &str, seen: &Seen) -> Reply {
        if self.etags {
            let current = self.manifests.get(name).map(|(_, bytes)| format!("\"{}\"", Digest::sha256(bytes)));
            let stale = seen.header("if-match").is_some_and(|wanted| Some(wanted) != current.as_deref());
            if stale || (seen.header("if-none-match") == Some("*") && current.is_some()) {
                return Reply::error(412, "PRECONDITION_FAILED");
            }
        }
        let media_type = seen.header("content-type").unwrap_or_default().to_owned();
        let digest = Digest::sha256(&seen.body).to_string();
        if name.starts_with("sha256:") && name != digest {
            return Reply::error(400, "DIGEST_INVALID");
        }
        let document: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
        for descriptor in document.pointer("/layers").and_then(Value::as_array).into_iter().flatten() {
            if !self.blobs.contains_key(descriptor["digest"].as_str().unwrap_or_default()) {
                return Reply::error(404, "MANIFEST_BLOB_UNKNOWN");
            }
        }
        self.manifests.insert(name.to_owned(), (media_type.clone(), seen.body.clone()));
        self.manifests.insert(digest, (media_type, seen.body.clone()));
        let reply = Reply::new(201);
        match document.pointer("/subject/digest").and_then(Value::as_str) {
            Some(subject) if self.subject_header && self.api != Api::Off => reply.header("oci-subject", subject),
            _ => reply,
        }
    }

    fn upload(&mut self, seen: &Seen) -> Reply {
        if seen.query.get("state").map(String::as_str) != Some("x") {
            return Reply::error(400, "BLOB_UPLOAD_INVALID");
        }
        self.store(seen)
    }

    fn store(&mut self, seen: &Seen) -> Reply {
        let digest = Digest::sha256(&seen.body).to_string();
        if seen.query.get("digest") != Some(&digest) {
            return Reply::error(400, "DIGEST_INVALID");
        }
        self.blobs.insert(digest, seen.body.clone());
        Reply::new(201)
    }

    fn referrers(&self, subject: &str, seen: &Seen) -> Reply {
        let page = match self.api {
            Api::Off => return Reply::new(404).body("text/plain; charset=utf-8", "404 page not found\n"),
            Api::On => usize::MAX,
            Api::Paged(page) => page,
        };
        let all: Vec<Value> = self
            .manifests
            .iter()
            .filter(|(name, _)| name.starts_with("sha256:"))
            .filter_map(|(_, (media_type, bytes))| {
                let document: Value = serde_json::from_slice(bytes).ok()?;
                (document.pointer("/subject/digest")?.as_str()? == subject).then_some(())?;
                let mut entry = serde_json::to_value(Descriptor::of(media_type, bytes)).unwrap();
                entry["artifactType"] = document["artifactType"].clone();
                entry["annotations"] = document["annotations"].clone();
                Some(entry)
            })
            .collect();
        let begin: usize = seen.query.get("last").map_or(0, |last| last.parse().unwrap());
        let entries: Vec<_> = all.iter().skip(begin).take(page).cloned().collect();
        let end = begin + entries.len();
        let index = json!({"schemaVersion": 2, "mediaType": media_type::IMAGE_INDEX, "manifests": entries});
        let mut reply = Reply::new(200).body(media_type::IMAGE_INDEX, index.to_string());
        if end < all.len() {
            reply = reply.header("link", format!("</v2/app/referrers/{subject}?last={end}>; rel=\"next\""));
        }
        if self.filters { reply.header("oci-filters-applied", "artifactType") } else { reply }
    }
}
