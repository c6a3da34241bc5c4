//! A small client for the test endpoint: signs, sends, and looks at every byte that comes back.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::aws::clock::{basic, parse_basic};
use crate::aws::endpoint::{ACCESS_KEY, Endpoint, SECRET};
use crate::aws::request::Request;
use crate::aws::sigv4::Authorization;

/// Whom a request is from, and what a signature says. Each field can be wrong.
#[derive(Clone)]
pub(crate) struct Client {
    /// Where it connects to.
    pub(crate) address: String,
    /// Access key id.
    pub(crate) access_key: String,
    /// Secret.
    pub(crate) secret: String,
    /// Session token.
    pub(crate) token: Option<String>,
    /// Region of the scope.
    pub(crate) region: String,
    /// Name of the service in the scope.
    pub(crate) service: String,
    /// The `Host` header.
    pub(crate) host: String,
    /// Whether the request line has the whole URL, as a client sends it to a proxy.
    pub(crate) whole_url: bool,
    /// Names that are not signed although they are sent.
    pub(crate) unsigned: Vec<&'static str>,
    /// Seconds by which this client's clock is ahead.
    pub(crate) ahead: i64,
    /// The query that is signed, where it is another than the one that is sent.
    pub(crate) signed_query: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answered {
    /// HTTP status.
    pub(crate) status: u16,
    /// Status line and headers, in lower case.
    pub(crate) head: String,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Answered {
    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The result of a call that succeeded.
    #[track_caller]
    pub(crate) fn good(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?} {}", self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// Status and name of the error, in lower case as headers are here.
    #[track_caller]
    pub(crate) fn error(&self) -> (u16, String) {
        let name = self.header("x-amzn-errortype").map(str::to_owned);
        (self.status, name.unwrap_or_else(|| panic!("no error: {self:?} {}", self.text())))
    }
}

impl Client {
    /// The endpoint's first user, asking Signer.
    pub(crate) fn new(endpoint: &Endpoint) -> Self {
        Self {
            address: endpoint.address().to_string(),
            access_key: ACCESS_KEY.to_owned(),
            secret: SECRET.to_owned(),
            token: None,
            region: "us-west-2".to_owned(),
            service: "signer".to_owned(),
            host: endpoint.address().to_string(),
            whole_url: false,
            unsigned: Vec::new(),
            ahead: 0,
            signed_query: None,
        }
    }

    /// The same for another service.
    pub(crate) fn service(&self, service: &str) -> Self {
        Self { service: service.to_owned(), ..self.clone() }
    }

    /// The same in another region.
    pub(crate) fn region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    /// The same as another principal.
    pub(crate) fn user(&self, (access_key, secret): (String, String)) -> Self {
        Self { access_key, secret, ..self.clone() }
    }

    /// The same with the credentials of a session.
    pub(crate) fn session(&self, access_key: &str, secret: &str, token: &str) -> Self {
        let token = Some(token.to_owned());
        Self { access_key: access_key.to_owned(), secret: secret.to_owned(), token, ..self.clone() }
    }

    /// GET with a signature.
    pub(crate) fn get(&self, target: &str) -> Answered {
        self.call("GET", target, &Value::Null)
    }

    /// Any method, with a signature. Null is no body.
    pub(crate) fn call(&self, method: &str, target: &str, body: &Value) -> Answered {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.send(method, target, &[("content-type", "application/json")], body).unwrap()
    }

    /// An action of STS, with a signature.
    pub(crate) fn sts(&self, fields: &[(&str, &str)]) -> Answered {
        let form = form(fields);
        self.service("sts").send("POST", "/", &[("content-type", FORM)], form).unwrap()
    }

    /// An action of STS, without one.
    pub(crate) fn sts_unsigned(&self, fields: &[(&str, &str)]) -> Answered {
        let mut request = self.request("POST", "/", &[("content-type", FORM)], form(fields));
        request.headers.retain(|(name, _)| !name.starts_with("x-amz"));
        exchange(&self.address, &request).unwrap()
    }

    /// A GET without a signature.
    pub(crate) fn get_unsigned(&self, target: &str, headers: &[(&str, &str)]) -> Answered {
        let mut request = self.request("GET", target, headers, Vec::new());
        request.headers.retain(|(name, _)| !name.starts_with("x-amz"));
        exchange(&self.address, &request).unwrap()
    }

    /// Sends with a signature.
    pub(crate) fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> io::Result<Answered> {
        let mut request = self.request(method, target, headers, body);
        let authorization = self.authorization(&request);
        request.headers.push(("authorization".to_owned(), authorization));
        if self.whole_url {
            request.path = format!("http://{}{}", self.host, request.path);
        }
        exchange(&self.address, &request)
    }

    fn request(&self, method: &str, target: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Request {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut all = vec![("host".to_owned(), self.host.clone()), ("x-amz-date".to_owned(), self.date())];
        all.extend(self.token.iter().map(|token| ("x-amz-security-token".to_owned(), token.clone())));
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Request { method: method.to_owned(), path: path.to_owned(), query: query.to_owned(), headers: all, body }
    }

    #[allow(clippy::disallowed_methods, reason = "tests")]
    fn date(&self) -> String {
        basic(jiff::Timestamp::now() + jiff::SignedDuration::from_secs(self.ahead))
    }

    fn authorization(&self, request: &Request) -> String {
        let date = request.header("x-amz-date").unwrap();
        assert!(parse_basic(date).is_some());
        let signed = request.headers.iter().map(|(name, _)| name.clone());
        let mut signed: Vec<_> = signed.filter(|name| !self.unsigned.contains(&name.as_str())).collect();
        signed.sort();
        let scope = format!("{}/{}/{}/{}/aws4_request", self.access_key, &date[..8], self.region, self.service);
        let header = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={}, Signature=", signed.join(";"));
        let mut request = request.clone();
        if let Some(query) = &self.signed_query {
            request.query.clone_from(query);
        }
        let authorization = Authorization::parse(&header).unwrap();
        format!("{header}{}", authorization.expected_signature(&request, date, &self.secret))
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

fn form(fields: &[(&str, &str)]) -> Vec<u8> {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes()
}

/// One request on a connection of its own. A reset and a body that is cut off are errors.
fn exchange(address: &str, request: &Request) -> io::Result<Answered> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let mut text = format!("{} {}{query} HTTP/1.1\r\n", request.method, request.path);
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", request.body.len()));
    stream.write_all(text.as_bytes())?;
    stream.write_all(&request.body)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let status = head.get(9..12).and_then(|status| status.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    let answered = Answered { status, head, body: bytes[end + 4..].to_vec() };
    if answered.header("content-length") != Some(answered.body.len().to_string().as_str()) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(answered)
}
