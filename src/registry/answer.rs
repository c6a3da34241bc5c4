//! What a server answered, read whole under its cap.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use notary::json::{self, JsonError, Object};
use oci_client::errors::OciErrorCode;
use serde_json::Value;
use url::Url;

use super::error::{RegistryError, ServerAnswer, error_code};
use super::excerpt::excerpt;
use super::limits;
use super::origin::HostOrigin;

/// Headers in which registries name a request, so that their operators can find it.
const REQUEST_ID: [&str; 6] = [
    "x-request-id",
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-github-request-id",
    "x-ms-correlation-request-id",
    "x-correlation-id",
];

/// A final answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The host that answered, after all redirects.
    pub(super) origin: HostOrigin,
    /// The last URL requested.
    pub(super) url: Url,
    /// The host that redirected to another, where the authorization stayed behind.
    pub(super) left: Option<HostOrigin>,
}

impl Answer {
    /// A header's text, if it is there and is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The media type without its parameters, in lower case.
    pub(super) fn media_type(&self) -> Option<String> {
        let text = self.header(header::CONTENT_TYPE.as_str())?;
        let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        (!essence.is_empty()).then_some(essence)
    }

    /// Where a redirect leads to; nothing for any other status.
    ///
    /// # Errors
    /// [`RegistryError::Malformed`] when the `Location` is not a URL.
    pub(super) fn redirect(&self) -> Result<Option<Url>, RegistryError> {
        match self.status.as_u16() {
            301 | 302 | 303 | 307 | 308 => self.location().map(Some),
            _ => Ok(None),
        }
    }

    /// The `Location`, relative to what was asked.
    ///
    /// # Errors
    /// [`RegistryError::Malformed`] when it is missing or no URL.
    pub(super) fn location(&self) -> Result<Url, RegistryError> {
        let malformed = |fact: &str| RegistryError::Malformed {
            what: format!("answer {} of {}", self.status.as_u16(), self.origin),
            fact: fact.to_owned(),
        };
        let text = self.header(header::LOCATION.as_str()).ok_or_else(|| malformed("it has no Location"))?;
        self.url.join(text).map_err(|_| malformed("its Location is not a URL"))
    }

    /// The first error code of the body.
    pub(super) fn error_code(&self) -> Option<OciErrorCode> {
        read_words(&self.body).ok()?.listed_code.as_deref().map(error_code)
    }

    /// The answer as an error quotes it.
    pub(super) fn quoted(&self, method: &Method) -> ServerAnswer {
        let (code, message) = self.words();
        ServerAnswer {
            host: self.origin.to_string(),
            method: method.to_string(),
            path: excerpt(self.url.path()),
            status: self.status.as_u16(),
            code: code.map(|text| excerpt(&text)),
            message: message.map(|text| excerpt(text.trim())).filter(|text| !text.is_empty()),
            request_id: REQUEST_ID.iter().find_map(|name| self.header(name)).map(excerpt),
        }
    }

    /// The error for a status that the caller has no other word for.
    pub(super) fn refused(&self, method: &Method) -> RegistryError {
        RegistryError::Answered(Box::new(self.quoted(method)))
    }

    pub(super) fn not_found(&self, method: &Method, what: &str) -> RegistryError {
        RegistryError::NotFound { what: what.to_owned(), answer: Box::new(self.quoted(method)) }
    }

    /// Error code and message, or a text.
    fn words(&self) -> (Option<String>, Option<String>) {
        match read_words(&self.body) {
            Ok(words) => (words.listed_code.or(words.code), words.message),
            Err(JsonError::Syntax { .. }) => {
                let text = String::from_utf8_lossy(&self.body);
                match self.media_type().as_deref() {
                    None | Some("text/plain") => (None, Some(text.into_owned())),
                    Some("application/xml" | "text/xml") => store_words(&text),
                    Some(_) => (None, None),
                }
            }
            // JSON that has more than one meaning, or none that is known: its words are not quoted.
            Err(_) => (None, None),
        }
    }
}

/// Code and message of an error of a store (S3 and those like it; Azure Blob Storage), to which registries redirect.
fn store_words(text: &str) -> (Option<String>, Option<String>) {
    let element = |name: &str| {
        let (_, behind) = text.split_once(&format!("<{name}>"))?;
        Some(behind.split_once("</")?.0.trim().to_owned())
    };
    match text.contains("<Error>") {
        true => (element("Code"), element("Message")),
        false => (None, None),
    }
}

/// What the body of an error says.
struct Words {
    /// Code of the first error in the list of the distribution specification.
    listed_code: Option<String>,
    /// Code of a token service (RFC 6749 section 5.2).
    code: Option<String>,
    message: Option<String>,
}

/// Reads the body of an error: of the distribution specification, or of a token service (RFC 6749, Docker). A code decides
/// what an error is, and must be a text where it is one; a message is only quoted, and is none where it is no text.
fn read_words(body: &[u8]) -> Result<Words, JsonError> {
    let document = json::parse_object(body)?;
    let members = Object::new(&document, &[])?;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let message = |members: Object<'_>, name| owned(members.text(name).ok().flatten());
    members.objects("errors", &[])?;
    let errors = document.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if let Some((first, further)) = errors.split_first() {
        let further = further.iter().take(limits::FURTHER_ERRORS).map(|error| {
            let code = error.get("code").and_then(Value::as_str).map(str::to_owned);
            code.into_iter().chain(reason(error)).collect::<Vec<_>>().join(": ")
        });
        let reasons: Vec<_> = reason(first).into_iter().chain(further).filter(|text| !text.is_empty()).collect();
        let message = (!reasons.is_empty()).then(|| reasons.join("; "));
        return Ok(Words { listed_code: owned(Object::of(first, &[])?.text("code")?), code: None, message });
    }
    let places = ["error_description", "details", "message"];
    let message = places.into_iter().find_map(|name| message(members, name));
    Ok(Words { listed_code: None, code: owned(members.text("error")?), message })
}

/// The reason of one error: its message, and the detail that it adds.
fn reason(error: &Value) -> Option<String> {
    let message = error.get("message").and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let detail = match error.get("detail") {
        None | Some(Value::Null | Value::Bool(_)) => None,
        Some(Value::String(text)) => Some(text.trim().to_owned()),
        Some(Value::Array(list)) if list.is_empty() => None,
        Some(Value::Object(members)) if members.is_empty() => None,
        Some(other) => Some(other.to_string()),
    };
    let detail =
        detail.filter(|detail| !detail.is_empty() && message.is_none_or(|message| !message.contains(detail.as_str())));
    match (message, detail) {
        (Some(message), Some(detail)) => Some(format!("{message}: {detail}")),
        (message, detail) => detail.or_else(|| message.map(str::to_owned)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(media_type: &str, body: &str) -> Answer {
        let url = Url::parse("https://r.example/v2/app/x?secret=1").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("content-type", media_type.parse().unwrap());
        headers.insert("x-request-id", "id-1".parse().unwrap());
        let origin = HostOrigin::of(&url).unwrap();
        Answer { status: StatusCode::BAD_REQUEST, headers, body: Bytes::from(body.to_owned()), origin, url, left: None }
    }

    #[test]
    fn a_server_s_words_are_found_where_they_stand() {
        for (media_type, body, code, message) in [
            ("application/json", r#"{"errors":[{"code":"A","message":"b"}]}"#, Some("A"), Some("b")),
            (
                "application/json",
                r#"{"errors":[{"code":"A","message":"b","detail":"c"},{"code":"D","message":"e","detail":{"f":1}}]}"#,
                Some("A"),
                Some(r#"b: c; D: e: {"f":1}"#),
            ),
            ("application/json", r#"{"errors":[{"code":"A","message":"b c","detail":"c"}]}"#, Some("A"), Some("b c")),
            ("application/json", r#"{"errors":[{"code":"A","detail":"c"},{"code":"D"}]}"#, Some("A"), Some("c; D")),
            ("application/json", r#"{"errors":[{"code":"A","detail":{}},{}]}"#, Some("A"), None),
            ("application/json", r#"{"error":"A","error_description":"b"}"#, Some("A"), Some("b")),
            ("application/json", r#"{"details":"b"}"#, None, Some("b")),
            ("application/json", r#"{"errors":[]}"#, None, None),
            ("application/json", "{\"errors\":[{\"code\":\"A\",\"detail\":[1]}]}\n", Some("A"), Some("[1]")),
            ("application/json", r#"{"errors":{"0":{"code":"A","message":"b"}}}"#, None, None),
            ("application/json", r#"{"errors":[["A","b"]]}"#, None, None),
            ("application/json", r#"{"errors":[{"code":["A"],"message":"b"}]}"#, None, None),
            ("application/json", r#"{"errors":[{"code":"A","code":"B"}]}"#, None, None),
            ("application/json", r#"[{"code":"A","message":"b"}]"#, None, None),
            ("application/json", r#"{"error":{"code":"A"},"message":"b"}"#, None, None),
            ("application/json", r#"{"errors":[{"code":"A","message":["b"]}],"error":1}"#, Some("A"), None),
            ("application/json", r#"{"error":"A","details":{},"message":"b"}"#, Some("A"), Some("b")),
            ("text/plain; charset=utf-8", "404 page not found\nmore", None, Some("404 page not found\nmore")),
            ("text/html", "<html>", None, None),
            (
                "application/xml",
                "<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>",
                Some("AccessDenied"),
                Some("Request has expired"),
            ),
            ("text/xml; charset=utf-8", "<Error><Message>a</Message>", None, Some("a")),
            ("application/xml", "<html><Code>A</Code>", None, None),
            ("application/xml", "<Error><Code>A", None, None),
            ("text/plain", "", None, None),
        ] {
            let quoted = answer(media_type, body).quoted(&Method::GET);
            assert_eq!((quoted.code.as_deref(), quoted.message.as_deref()), (code, message), "{body}");
            assert_eq!(quoted.request_id.as_deref(), Some("id-1"));
            assert_eq!(quoted.path, "/v2/app/x");
        }
    }

    #[test]
    fn media_types_are_compared_without_parameters_and_case() {
        for (text, essence) in [("a/B; charset=utf-8", Some("a/b")), (" a/b ", Some("a/b")), ("", None), (";x", None)] {
            assert_eq!(answer(text, "").media_type().as_deref(), essence);
        }
    }

    #[test]
    fn locations_are_relative_to_the_request() {
        let mut answer = answer("a/b", "");
        assert!(matches!(answer.location(), Err(RegistryError::Malformed { .. })));
        for (text, url) in [
            ("/up/1?x=y", "https://r.example/up/1?x=y"),
            ("https://b.example/u", "https://b.example/u"),
            ("up", "https://r.example/v2/app/up"),
            ("//c.example/u", "https://c.example/u"),
        ] {
            answer.headers.insert(header::LOCATION, text.parse().unwrap());
            assert_eq!(answer.location().unwrap().as_str(), url);
        }
        answer.headers.insert(header::LOCATION, "http://[".parse().unwrap());
        assert!(matches!(answer.location(), Err(RegistryError::Malformed { .. })));
    }
}
