//! The recorded signatures of `tests/vectors/aws-plugin`, given to the binary: each as an OCI image layout, with what AWS answered
//! then behind `--endpoint-url`. The core is held to the same vectors by its own tests; here it is the whole way.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::aws::request::Request;
use crate::sealgate::Sandbox;

/// Signed an hour after it was recorded: refused then, and no longer now.
const DEPENDS_ON_THE_TIME: &str = "future-time-hand";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const SIGNATURE: &str = "application/vnd.cncf.notary.signature";

/// Names and values of a query.
type Query = Vec<(String, String)>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/aws-plugin")
}

fn vectors() -> Vec<Value> {
    let mut paths: Vec<_> = fs::read_dir(folder().join("cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap()).collect()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}"))
}

/// What stands in the place of AWS: it says of revocation what was said when the vector was recorded.
struct Replay {
    url: String,
    asked: Arc<Mutex<Vec<Query>>>,
}

impl Replay {
    /// Serves until the test ends.
    fn of(exchange: &Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, exchange) = (Arc::clone(&asked), exchange.clone());
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (seen, exchange) = (Arc::clone(&seen), exchange.clone());
                thread::spawn(move || answer(&mut connection.unwrap(), &exchange, &seen));
            }
        });
        Self { url, asked }
    }
}

fn answer(connection: &mut TcpStream, exchange: &Value, seen: &Mutex<Vec<Query>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        // A connection that was opened early may close without a request.
        if connection.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.extend(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let line: Vec<_> = head.split(' ').take(2).collect();
    // Of what has expired the plugin asked nothing: then there is no answer to give.
    let revocations = line[1].strip_prefix("/revocations?").filter(|_| line[0] == "GET" && exchange.is_object());
    let Some(query) = revocations else {
        let _ = connection.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        return;
    };
    let request = Request { query: query.to_owned(), ..Request::default() };
    seen.lock().unwrap().push(request.query_pairs());
    let body = text(exchange, "answer");
    let missing = if exchange["complete"] == true { 0 } else { 7 };
    let (status, length) = (&exchange["status"], body.len() + missing);
    let head = format!(
        "HTTP/1.1 {status} .\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n"
    );
    let named = error_name(status.as_u64().unwrap());
    let _ = connection.write_all(format!("{head}{named}\r\n{body}").as_bytes());
}

/// The header by which AWS names an error; it was not recorded, the status and the body were.
fn error_name(status: u64) -> &'static str {
    match status {
        403 => "x-amzn-errortype: AccessDeniedException\r\n",
        429 => "x-amzn-errortype: TooManyRequestsException\r\n",
        500 => "x-amzn-errortype: InternalServiceErrorException\r\n",
        _ => "",
    }
}

/// Writes the image, its signature and whom to trust, as notation's users have them.
fn write(sandbox: &Sandbox, vector: &Value) {
    let (artifact, signature) = (text(vector, "artifactManifest"), text(vector, "signatureManifest"));
    for content in [artifact, signature, text(vector, "envelope"), "{}"] {
        sandbox.write(&format!("layout/blobs/sha256/{}", hexadecimal(content)), content);
    }
    let described = |content: &str| json!({"mediaType": MANIFEST, "digest": format!("sha256:{}", hexadecimal(content)), "size": content.len()});
    let mut listed = described(signature);
    listed["artifactType"] = SIGNATURE.into();
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [described(artifact), listed]});
    sandbox
        .write("layout/index.json", &index.to_string())
        .write("layout/oci-layout", r#"{"imageLayoutVersion": "1.0.0"}"#)
        .write("trustpolicy.json", &vector["trustPolicy"].to_string());
    for (store, file) in vector["trustStores"].as_object().unwrap() {
        let path = format!("truststore/x509/{}/root.crt", store.replace(':', "/"));
        sandbox.write(&path, &fs::read_to_string(folder().join(file.as_str().unwrap())).unwrap());
    }
}

fn hexadecimal(content: &str) -> String {
    digest(&SHA256, content.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Row and reason of the first enforced validation that did not pass, as the vectors have them.
fn says(report: &Value) -> (String, String) {
    let Some(artifact) = report["artifacts"].get(0) else {
        return ("none".to_owned(), text(&report["error"], "code").to_owned());
    };
    let outcome = text(artifact, "outcome");
    assert_eq!(artifact["verified"] == true, outcome == "verified");
    if ["verified", "accepted-with-warnings"].contains(&outcome) {
        return (outcome.to_owned(), String::new());
    }
    let rows = artifact["candidates"][0]["rows"].as_array().unwrap();
    let refuses =
        |row: &&Value| row["action"] == "enforce" && row["status"] != "passed" && row["status"] != "nothing-to-check";
    let row = rows.iter().find(refuses).unwrap_or_else(|| panic!("{artifact}"));
    (text(row, "validation").to_owned(), text(&row["reason"], "code").to_owned())
}

fn sorted(query: &Value) -> Query {
    let mut pairs: Query = serde_json::from_value(query.clone()).unwrap();
    pairs.sort();
    pairs
}

/// Verifies one vector. What was asked of AWS must be what the plugin asked.
fn replay(vector: &Value) {
    let name = text(vector, "name");
    let sandbox = Sandbox::new();
    write(&sandbox, vector);
    let aws = Replay::of(&vector["revocation"]);
    let root = folder().join(text(vector, "awsRoot"));
    let image = format!("oci-layout:layout@{}", text(&vector["artifact"], "digest"));
    let words = [
        ["verify", "--format", "json", "--policy", "trustpolicy.json", "--trust-store", "truststore"].as_slice(),
        &["--aws-root", root.to_str().unwrap(), "--endpoint-url", &aws.url, "--scope", "registry.example/app", &image],
    ];
    let exit = i32::try_from(vector["sealgate"]["exit"].as_i64().unwrap()).unwrap();
    let run = sandbox.sealgate(&words.concat());
    let run = run.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "secret");
    // Otherwise throttling is waited for for minutes.
    let answer = run.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_MAX_ATTEMPTS", "2").exits(exit);
    let report: Value = serde_json::from_str(&answer.stdout).unwrap();
    let expected = (text(&vector["sealgate"], "row").to_owned(), text(&vector["sealgate"], "reason").to_owned());
    assert_eq!(says(&report), expected, "{name}\n{}", answer.stdout);

    for query in aws.asked.lock().unwrap().iter() {
        let mut query = query.clone();
        query.sort();
        assert_eq!(query, sorted(&vector["revocation"]["query"]), "{name}");
    }
    let asks = ["verified", "revocation"].contains(&expected.0.as_str());
    assert!(
        !asks || !vector["revocation"].is_object() || !aws.asked.lock().unwrap().is_empty(),
        "{name}: nothing was asked"
    );
}

#[test]
fn each_recorded_signature_is_judged_by_the_binary_as_it_must_and_aws_is_asked_what_the_plugin_asked() {
    let vectors: Vec<_> = vectors().into_iter().filter(|vector| text(vector, "name") != DEPENDS_ON_THE_TIME).collect();
    let names: BTreeSet<_> = vectors.iter().map(|vector| text(vector, "name")).collect();
    assert_eq!(names.len(), 88);
    // Some wait between attempts, so more at a time than there are cores.
    let waiting = Mutex::new(vectors.iter());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let Some(vector) = ({ waiting.lock().unwrap().next() }) else { break };
                    replay(vector);
                }
            });
        }
    });
}
