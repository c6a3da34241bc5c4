//! A model of the part of GitHub's REST API that is used, strict in what it takes: method, path, token, form of what is sent. A test
//! may answer in its place.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// The token of a job, which the server knows.
pub(super) const TOKEN: &str = "ghs_0123456789abcdefABCDEF";

/// The commit that people see, and the one that the server made for the run.
pub(super) const HEAD: &str = "1111111111111111111111111111111111111111";
pub(super) const MERGE: &str = "2222222222222222222222222222222222222222";

const REPOSITORY: &str = "/repos/acme/app";

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    /// Path and query.
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Value,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Method and path without the query.
    pub(super) fn line(&self) -> String {
        format!("{} {}", self.method, self.path.split('?').next().unwrap())
    }

    fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.path.split_once('?')?;
        query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

/// What is answered.
pub(super) enum Reply {
    Json(u16, Vec<(&'static str, String)>, Value),
    /// So many bytes.
    Long(usize),
    /// Nothing, for ever.
    Silence,
}

impl Reply {
    pub(super) fn json(status: u16, body: Value) -> Self {
        Self::Json(status, Vec::new(), body)
    }

    /// A refusal as GitHub words it.
    pub(super) fn refusal(status: u16, message: &str, headers: &[(&'static str, &str)]) -> Self {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self::Json(status, headers, json!({"message": message, "documentation_url": "https://docs.github.com/rest"}))
    }
}

/// What the server has.
#[derive(Debug, Default)]
pub(super) struct Has {
    /// Statuses of the head, the oldest first.
    pub(super) statuses: Vec<Value>,
    pub(super) comments: Vec<Value>,
    pub(super) check_runs: Vec<Value>,
    /// Annotations of all requests, by check run.
    pub(super) annotations: Vec<Vec<Value>>,
}

type Instead = Box<dyn Fn(&Asked, &mut Has) -> Option<Reply> + Send + Sync>;

/// A server.
pub(super) struct Api {
    address: String,
    prefix: &'static str,
    asked: Arc<Mutex<Vec<Asked>>>,
    has: Arc<Mutex<Has>>,
}

impl Api {
    /// A server that answers as GitHub does.
    pub(super) fn new() -> Self {
        Self::answering("", |_, _| None)
    }

    /// A server whose paths begin so, and that answers so where it says anything.
    pub(super) fn answering(
        prefix: &'static str,
        instead: impl Fn(&Asked, &mut Has) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (asked, has) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Has::default())));
        let instead: Arc<Instead> = Arc::new(Box::new(instead));
        let (log, state) = (Arc::clone(&asked), Arc::clone(&has));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (log, state, instead) = (Arc::clone(&log), Arc::clone(&state), Arc::clone(&instead));
                thread::spawn(move || serve(stream, prefix, &log, &state, &instead));
            }
        });
        Self { address, prefix, asked, has }
    }

    /// The address of the API.
    pub(super) fn url(&self) -> String {
        format!("{}{}", self.address, self.prefix)
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Method and path of each request.
    pub(super) fn lines(&self) -> Vec<String> {
        self.asked().iter().map(Asked::line).collect()
    }

    pub(super) fn has<T>(&self, look: impl FnOnce(&mut Has) -> T) -> T {
        look(&mut self.has.lock().unwrap())
    }
}

fn serve(mut stream: TcpStream, prefix: &str, log: &Mutex<Vec<Asked>>, has: &Mutex<Has>, instead: &Instead) {
    let Some(asked) = read(&stream) else { return };
    log.lock().unwrap().push(asked.clone());
    let reply = {
        let mut has = has.lock().unwrap();
        instead(&asked, &mut has).unwrap_or_else(|| github(&asked, prefix, &mut has))
    };
    match reply {
        Reply::Json(status, headers, body) => {
            let body = body.to_string();
            let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let head =
                format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n", body.len());
            let _is_gone = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        }
        Reply::Long(bytes) => {
            let _is_gone = stream.write_all(format!("HTTP/1.1 200 X\r\ncontent-length: {bytes}\r\n\r\n").as_bytes());
            let part = vec![b' '; 1024 * 1024];
            for _ in 0..bytes / part.len() {
                if stream.write_all(&part).is_err() {
                    return;
                }
            }
        }
        Reply::Silence => thread::sleep(Duration::from_secs(120)),
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    Some(Asked { method, path, headers, body })
}

/// What GitHub answers.
fn github(asked: &Asked, prefix: &str, has: &mut Has) -> Reply {
    if asked.header("authorization") != Some(&format!("Bearer {TOKEN}")) {
        return Reply::refusal(401, "Bad credentials", &[]);
    }
    if asked.header("user-agent").is_none_or(str::is_empty) {
        return Reply::refusal(
            403,
            "Request forbidden by administrative rules. Make sure your request has a User-Agent",
            &[],
        );
    }
    let line = asked.line();
    if let Some(rest) = line.strip_prefix(&format!("POST {}/graphql", prefix.strip_suffix("/v3").unwrap_or(prefix))) {
        assert!(rest.is_empty() && asked.body["query"].as_str().unwrap().contains("viewer"), "{asked:?}");
        return Reply::json(200, json!({"data": {"viewer": {"login": "github-actions[bot]"}}}));
    }
    let (method, path) = line.split_once(' ').unwrap();
    let path = path.strip_prefix(prefix).unwrap_or_default();
    // The token of a job has no user.
    if path == "/user" {
        return Reply::refusal(403, "Resource not accessible by integration", &[]);
    }
    let Some(path) = path.strip_prefix(REPOSITORY) else { return Reply::refusal(404, "Not Found", &[]) };
    match (method, path.trim_start_matches('/').split('/').collect::<Vec<_>>().as_slice()) {
        ("POST", ["statuses", HEAD]) => status(asked, has),
        ("GET", ["commits", HEAD, "statuses"]) => page(asked, has.statuses.iter().rev().cloned().collect()),
        ("GET", ["issues", "7", "comments"]) => page(asked, has.comments.clone()),
        ("POST", ["issues", "7", "comments"]) => comment(asked, has),
        ("PATCH", ["issues", "comments", id]) => {
            let found =
                has.comments.iter_mut().find(|comment| Some(comment["id"].as_u64().unwrap()) == id.parse().ok());
            let Some(comment) = found else { return Reply::refusal(404, "Not Found", &[]) };
            comment["body"] = Value::from(text(&asked.body, "body", 65_536));
            Reply::json(200, comment.clone())
        }
        ("POST", ["check-runs"]) => check_run(asked, has),
        ("PATCH", ["check-runs", id]) => {
            let id: usize = id.parse().unwrap();
            let annotations = annotations(&asked.body["output"]);
            has.annotations[id - 1].extend(annotations);
            Reply::json(200, json!({"id": id}))
        }
        _ => Reply::refusal(404, "Not Found", &[]),
    }
}

fn status(asked: &Asked, has: &mut Has) -> Reply {
    let body = &asked.body;
    let state = body["state"].as_str().unwrap();
    assert!(["error", "failure", "pending", "success"].contains(&state), "{body}");
    text(body, "description", 140);
    text(body, "context", 255);
    has.statuses.push(body.clone());
    Reply::json(
        201,
        json!({"id": has.statuses.len(), "state": state, "context": body["context"], "creator": {"login": "github-actions[bot]"}}),
    )
}

fn comment(asked: &Asked, has: &mut Has) -> Reply {
    let body = text(&asked.body, "body", 65_536);
    let id = 1000 + has.comments.len();
    let comment = json!({"id": id, "body": body, "user": {"login": "github-actions[bot]", "type": "Bot"}});
    has.comments.push(comment.clone());
    Reply::json(201, comment)
}

fn check_run(asked: &Asked, has: &mut Has) -> Reply {
    let body = &asked.body;
    assert_eq!((body["head_sha"].as_str(), body["status"].as_str()), (Some(HEAD), Some("completed")), "{body}");
    let conclusion = body["conclusion"].as_str().unwrap();
    assert!(["success", "failure", "neutral"].contains(&conclusion), "{body}");
    text(&body["output"], "title", 255);
    text(&body["output"], "summary", 65_535);
    has.annotations.push(annotations(&body["output"]));
    has.check_runs.push(body.clone());
    Reply::json(201, json!({"id": has.check_runs.len(), "name": body["name"]}))
}

/// The annotations of one request, of which GitHub takes fifty.
fn annotations(output: &Value) -> Vec<Value> {
    let annotations = output["annotations"].as_array().cloned().unwrap_or_default();
    assert!(annotations.len() <= 50, "{} annotations", annotations.len());
    for one in &annotations {
        assert!(["notice", "warning", "failure"].contains(&one["annotation_level"].as_str().unwrap()), "{one}");
        assert!(one["start_line"].as_u64().unwrap() >= 1 && one["end_line"] == one["start_line"], "{one}");
        text(one, "path", 4096);
        text(one, "title", 255);
        text(one, "message", 64 * 1024);
    }
    annotations
}

/// A text that has to be there, of at most so many characters.
#[track_caller]
fn text(object: &Value, name: &str, most: usize) -> String {
    let text = object[name].as_str().unwrap_or_else(|| panic!("{name}: {object}"));
    assert!(!text.is_empty() && text.chars().count() <= most, "{name} has {} characters", text.chars().count());
    text.to_owned()
}

/// The page that was asked for, with a link to the next one.
fn page(asked: &Asked, all: Vec<Value>) -> Reply {
    let size: usize = asked.query("per_page").map_or(30, |size| size.parse().unwrap());
    let number: usize = asked.query("page").map_or(1, |number| number.parse().unwrap());
    assert!((1..=100).contains(&size) && number >= 1, "{asked:?}");
    let shown: Vec<_> = all.iter().skip((number - 1) * size).take(size).cloned().collect();
    let link = (number * size < all.len()).then(|| {
        (
            "link",
            format!(
                "<https://elsewhere.example/?page={}>; rel=\"next\", <https://elsewhere.example/>; rel=\"last\"",
                number + 1
            ),
        )
    });
    Reply::Json(200, link.into_iter().collect(), Value::from(shown))
}
