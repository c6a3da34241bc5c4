//! Reads and checks what came in, as the service does: the messages name the field.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::answer::Failure;
use super::request::Request;

/// The fields of a JSON body. An empty body is an empty object.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads the body.
    pub(crate) fn read(request: &Request) -> Result<Self, Failure> {
        if request.body.is_empty() {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(&request.body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            _ => Err(Failure::new("SerializationException", 400, "the body is not a JSON object")),
        }
    }

    /// Any value that is not null.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text, where there is one.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Failure> {
        let wrong = || Failure::new("SerializationException", 400, format!("'{name}' is not a string"));
        self.get(name).map(|value| value.as_str().ok_or_else(wrong)).transpose()
    }

    /// A text that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Failure> {
        self.text(name)?.ok_or_else(|| null(name))
    }

    /// Seconds since 1970 that must be there.
    pub(crate) fn time(&self, name: &str) -> Result<Timestamp, Failure> {
        let seconds = self.get(name).ok_or_else(|| null(name))?.as_f64();
        #[allow(clippy::as_conversions, reason = "saturates, and is checked by the timestamp")]
        let time = seconds.and_then(|seconds| Timestamp::from_second(seconds as i64).ok());
        time.ok_or_else(|| Failure::new("SerializationException", 400, format!("'{name}' is not a time")))
    }

    /// A reason of 1 to 500 characters.
    pub(crate) fn reason(&self) -> Result<&str, Failure> {
        let reason = self.required("reason")?;
        check("reason", reason, (1..=500).contains(&reason.chars().count()), "have length between 1 and 500")?;
        Ok(reason)
    }
}

/// A field that must be there is not.
pub(crate) fn null(name: &str) -> Failure {
    Failure::validation(format!(
        "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
    ))
}

/// Refuses a value in the words of the service.
pub(crate) fn check(name: &str, value: &str, fits: bool, constraint: &str) -> Result<(), Failure> {
    if fits {
        return Ok(());
    }
    Err(Failure::validation(format!(
        "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: Member must {constraint}"
    )))
}

/// `^[a-zA-Z0-9_]{2,}`, at most 64.
pub(crate) fn check_profile_name(name: &str) -> Result<(), Failure> {
    let characters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let fits = characters && (2..=64).contains(&name.len());
    check("profileName", name, fits, "satisfy regular expression pattern: ^[a-zA-Z0-9_]{2,}")
}

/// `^[0-9]{12}$`.
pub(crate) fn check_account(name: &str, account: &str) -> Result<(), Failure> {
    let fits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    check(name, account, fits, "satisfy regular expression pattern: ^[0-9]{12}$")
}

/// `^[a-zA-Z0-9]{10}$`.
pub(crate) fn check_version(version: &str) -> Result<(), Failure> {
    let fits = version.len() == 10 && version.bytes().all(|byte| byte.is_ascii_alphanumeric());
    check("profileVersion", version, fits, "satisfy regular expression pattern: ^[a-zA-Z0-9]{10}$")
}

/// One page of a list: `maxResults` of 1 to 25, `nextToken` of an earlier answer.
pub(crate) fn page<T>(request: &Request, all: Vec<T>) -> Result<(Vec<T>, Option<String>), Failure> {
    let size = match request.parameter("maxResults") {
        None => 25,
        Some(text) => {
            let size = text.parse().unwrap_or(0);
            check("maxResults", &text, (1..=25).contains(&size), "have value between 1 and 25")?;
            size
        }
    };
    let start: usize = match request.parameter("nextToken") {
        None => 0,
        Some(token) => {
            let start = token.strip_prefix("from-").and_then(|start| start.parse().ok());
            start.ok_or_else(|| Failure::validation("Invalid nextToken"))?
        }
    };
    let more = (all.len() > start.saturating_add(size)).then(|| format!("from-{}", start + size));
    Ok((all.into_iter().skip(start).take(size).collect(), more))
}
