//! Answers, and the three forms in which AWS's protocols write errors.

use std::time::Duration;

use serde_json::{Value, json};

use super::random;

/// How errors and results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Signer and Signer Data.
    RestJson,
    /// ECR, ECR Public and ECS. Errors come with status 400.
    Json11,
    /// STS: form in, XML out.
    Query,
}

/// How an answer goes over the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// At once.
    Whole,
    /// The body in eight parts over this time.
    Slow(Duration),
    /// The connection ends after half of the body that was announced.
    CutOff,
    /// The connection is reset without an answer.
    Reset,
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// Media type of the body.
    pub(crate) content_type: &'static str,
    /// Name of the error, for the log and the header.
    pub(crate) error: Option<&'static str>,
    /// Whether the header `x-amzn-ErrorType` is there, and what it says.
    pub(crate) error_header: Option<String>,
    /// All of it.
    pub(crate) body: Vec<u8>,
    /// Waited for before anything is sent.
    pub(crate) delay: Duration,
    /// How it is sent.
    pub(crate) manner: Manner,
    /// In a header, and in the XML of STS.
    pub(crate) request_id: String,
}

impl Answer {
    fn new(status: u16, content_type: &'static str, body: Vec<u8>) -> Self {
        let request_id = random::uuid();
        let (delay, manner) = (Duration::ZERO, Manner::Whole);
        Self { status, content_type, error: None, error_header: None, body, delay, manner, request_id }
    }

    /// A JSON value; null is an empty body.
    pub(crate) fn json(content_type: &'static str, value: &Value) -> Self {
        let body = if value.is_null() { Vec::new() } else { value.to_string().into_bytes() };
        Self::new(200, content_type, body)
    }

    /// What an operation of this protocol gave.
    pub(crate) fn result(protocol: Protocol, operation: &str, value: &Value) -> Self {
        match protocol {
            Protocol::RestJson => Self::json("application/json", value),
            Protocol::Json11 => Self::json("application/x-amz-json-1.1", value),
            Protocol::Query => {
                let mut answer = Self::new(200, "text/xml", Vec::new());
                answer.body = format!(
                    "<{operation}Response xmlns=\"{STS_NAMESPACE}\"><{operation}Result>{}</{operation}Result>\
                     <ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{operation}Response>",
                    xml(value),
                    answer.request_id
                )
                .into_bytes();
                answer
            }
        }
    }
}

const STS_NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Who wrote a refusal: the two look different, and clients have stumbled over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Author {
    /// The service: `{"message": …, "code": …}`.
    Service,
    /// IAM, before the service is asked: `{"Message": …}`.
    Iam,
}

/// Where Signer puts the name of an error. Both are read by every SDK.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ErrorName {
    /// `x-amzn-ErrorType: ValidationException`.
    #[default]
    Header,
    /// `x-amzn-ErrorType: ValidationException:http://internal.amazon.com/coral/…`.
    HeaderWithUrl,
    /// `"__type": "com.amazonaws.signer#ValidationException"` in the body.
    Body,
}

/// Why an operation was refused.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// The name by which SDKs know it.
    pub(crate) code: &'static str,
    /// HTTP status under `Protocol::RestJson` and `Protocol::Query`.
    pub(crate) status: u16,
    /// For a person.
    pub(crate) message: String,
    /// Who says it.
    pub(crate) author: Author,
}

impl Failure {
    /// A refusal by the service.
    pub(crate) fn new(code: &'static str, status: u16, message: impl Into<String>) -> Self {
        Self { code, status, message: message.into(), author: Author::Service }
    }

    /// Something in the request has another form than the service wants.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", 400, message)
    }

    /// There is no such thing.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new("ResourceNotFoundException", 404, message)
    }

    /// The principal may not do this, in the sentence of IAM.
    pub(crate) fn denied(author: Author, principal: &str, action: &str, resource: &str) -> Self {
        let message = format!(
            "User: {principal} is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the {action} action"
        );
        Self { author, ..Self::new("AccessDeniedException", 403, message) }
    }

    /// The answer that says so. STS and its siblings leave `Exception` out of most names; who builds the failure knows.
    pub(crate) fn answer(&self, protocol: Protocol, error_name: ErrorName) -> Answer {
        let mut answer = match protocol {
            Protocol::RestJson => self.rest_json(error_name),
            Protocol::Json11 => self.json11(),
            Protocol::Query => self.query(),
        };
        answer.error = Some(self.code);
        answer
    }

    fn rest_json(&self, error_name: ErrorName) -> Answer {
        let mut body = match self.author {
            Author::Service => json!({"message": self.message, "code": self.code.trim_end_matches("Exception")}),
            Author::Iam => json!({"Message": self.message}),
        };
        let header = match error_name {
            ErrorName::Header => Some(self.code.to_owned()),
            ErrorName::HeaderWithUrl => {
                Some(format!("{}:http://internal.amazon.com/coral/com.amazonaws.signer/", self.code))
            }
            ErrorName::Body => {
                // boto3 would believe `code` before `__type`.
                body.as_object_mut().into_iter().for_each(|fields| drop(fields.remove("code")));
                body["__type"] = format!("com.amazonaws.signer#{}", self.code).into();
                None
            }
        };
        let mut answer = Answer::json("application/json", &body);
        answer.status = self.status;
        answer.error_header = header;
        answer
    }

    fn json11(&self) -> Answer {
        let name = match self.author {
            Author::Service => "message",
            Author::Iam => "Message",
        };
        let mut answer = Answer::json("application/x-amz-json-1.1", &json!({"__type": self.code, name: self.message}));
        answer.status = if self.status >= 500 { self.status } else { 400 };
        answer
    }

    fn query(&self) -> Answer {
        let mut answer = Answer::new(self.status, "text/xml", Vec::new());
        let kind = if self.status >= 500 { "Receiver" } else { "Sender" };
        answer.body = format!(
            "<ErrorResponse xmlns=\"{STS_NAMESPACE}\"><Error><Type>{kind}</Type><Code>{}</Code><Message>{}</Message></Error>\
             <RequestId>{}</RequestId></ErrorResponse>",
            self.code,
            escaped(&self.message),
            answer.request_id
        )
        .into_bytes();
        answer
    }
}

/// An object as XML elements.
fn xml(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| format!("<{name}>{}</{name}>", xml(value))).collect()
        }
        Value::String(text) => escaped(text),
        other => escaped(&other.to_string()),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
