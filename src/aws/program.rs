//! The program of a profile (`credential_process`): asked like any other source of credentials, for as long as one request
//! may take, and ended with everything that it started.
//!
//! The SDK would wait for it without end, and leave it running. What it prints may be secret, so none of it is shown.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use notary::{Timestamp, json};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use tokio::process::Command;

use super::facts::error::{AwsError, AwsErrorKind, Operation};
use super::facts::keys::usable;
use crate::process::{self, ProcessError};

/// Bytes of an answer. A session token has a few KiB.
const ANSWER_BYTES: u64 = 64 * 1024;

/// The only version of the output format.
const VERSION: u64 = 1;

/// Runs the command of a profile as a shell would. `place` says where it is defined, for errors.
///
/// # Errors
/// [`AwsError`] of kind `Unavailable` when it does not answer in time, `NoCredentials` when it fails, cannot be started or
/// prints something else than credentials, `Setting` when it prints credentials that no request can contain.
pub(super) async fn ask(command: &SecretString, place: &str, limit: Duration) -> Result<Credentials, AwsError> {
    let told = |kind, fact: &str| {
        let message = format!("{place}: the program of credential_process {fact}");
        AwsError::new(Operation::CREDENTIAL_PROCESS, kind, message)
    };
    let mut shell = Command::new("sh");
    // What was given to us for something else is not its business.
    shell.args(["-c", command.expose_secret()]).env_remove("SEALGATE_PASSWORD").env_remove("SEALGATE_KEY_PASSWORD");
    let answer = process::ask(&mut shell, b"", ANSWER_BYTES, limit).await.map_err(|error| match error {
        ProcessError::TimedOut(limit) => {
            let fact = format!("gave no answer within {} s, and was ended", limit.as_secs_f32());
            told(AwsErrorKind::Unavailable, &fact)
        }
        ProcessError::TooLarge(limit) => told(AwsErrorKind::NoCredentials, &format!("printed more than {limit} bytes")),
        // How the system puts it: no word of the program's.
        ProcessError::Start(error) | ProcessError::Pipe(error) => {
            told(AwsErrorKind::NoCredentials, &format!("cannot be run by sh: {error}"))
        }
    })?;
    if !answer.status.success() {
        return Err(told(AwsErrorKind::NoCredentials, &format!("failed with {}", answer.status)));
    }
    let found = read(&answer.output);
    let found = found.map_err(|fact| told(AwsErrorKind::NoCredentials, &format!("gave no credentials: {fact}")))?;
    // It is the user's own program: what it prints is a setting like another.
    usable(found).map_err(|fact| told(AwsErrorKind::Setting, &fact))
}

/// Reads the answer (AWS SDKs and Tools Reference Guide, "Process credential provider"). Members have any case, as the
/// SDK has it.
fn read(answer: &[u8]) -> Result<Credentials, &'static str> {
    let object = json::parse_object(answer).map_err(|_| "what it printed is not one JSON object")?;
    if member(&object, "Version")?.and_then(Value::as_u64) != Some(VERSION) {
        return Err("Version is not 1");
    }
    let (Some(id), Some(secret)) = (text(&object, "AccessKeyId")?, text(&object, "SecretAccessKey")?) else {
        return Err("AccessKeyId or SecretAccessKey is missing");
    };
    let expiry = text(&object, "Expiration")?.map(str::parse::<Timestamp>).transpose();
    let expiry = expiry.map_err(|_| "Expiration is not an RFC 3339 time")?;
    let mut credentials = Credentials::builder().access_key_id(id).secret_access_key(secret).provider_name("process");
    credentials.set_session_token(text(&object, "SessionToken")?.map(str::to_owned));
    credentials.set_expiry(expiry.map(SystemTime::from));
    let mut credentials = credentials.build();
    credentials
        .get_property_mut_or_default::<Vec<AwsCredentialFeature>>()
        .push(AwsCredentialFeature::CredentialsProcess);
    Ok(credentials)
}

/// A member by its name in any case. Two that differ in case only would have two meanings.
fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Result<Option<&'a Value>, &'static str> {
    let mut found = object.iter().filter(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_null());
    match (found.next(), found.next()) {
        (found, None) => Ok(found.map(|(_, value)| value)),
        _ => Err("a member occurs twice"),
    }
}

/// A string that is not empty.
fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, &'static str> {
    match member(object, name)? {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => Err("a member is not a string"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    async fn kind(script: &str, limit: Duration) -> AwsErrorKind {
        let error = ask(&script.into(), "profile ci", limit).await.unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("profile ci: the program of credential_process "), "{text}");
        assert!(!text.contains("geheim"), "{text}");
        assert_eq!(error.operation, Operation::CREDENTIAL_PROCESS);
        error.kind
    }

    #[tokio::test]
    async fn what_a_program_prints_is_who_asks() {
        let printed = r#"{"Version": 1, "accesskeyid": "AKIA", "SecretAccessKey": "s", "SessionToken": "t",
            "Expiration": "2026-01-01T00:00:00Z", "Other": [1]}"#;
        let found = ask(&format!("echo '{printed}'").into(), "profile ci", LONG).await.unwrap();
        assert_eq!((found.access_key_id(), found.secret_access_key(), found.session_token()), ("AKIA", "s", Some("t")));
        let expiry = found.expiry().map(|expiry| Timestamp::try_from(expiry).unwrap());
        assert_eq!(expiry, Some("2026-01-01T00:00:00Z".parse().unwrap()));
        let short = r#"echo '{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b"}'"#;
        let found = ask(&short.into(), "profile ci", LONG).await.unwrap();
        assert_eq!((found.session_token(), found.expiry()), (None, None));
    }

    #[tokio::test]
    async fn what_a_program_prints_may_end_in_a_line_break_and_has_no_other() {
        let ends = r#"printf '{"Version":1,"AccessKeyId":"a\\n","SecretAccessKey":"b\\r\\n","SessionToken":"\\n"}'"#;
        let found = ask(&ends.into(), "profile ci", LONG).await.unwrap();
        assert_eq!((found.access_key_id(), found.secret_access_key(), found.session_token()), ("a", "b", None));
        for script in [
            r#"printf '{"Version":1,"AccessKeyId":"geheim\\u0001","SecretAccessKey":"b"}'"#,
            r#"printf '{"Version":1,"AccessKeyId":"a","SecretAccessKey":"geheim\\ngeheim"}'"#,
            r#"printf '{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b","SessionToken":"\\tgeheim"}'"#,
        ] {
            assert_eq!(kind(script, LONG).await, AwsErrorKind::Setting, "{script}");
        }
    }

    #[tokio::test]
    async fn a_program_that_does_not_answer_is_not_waited_for() {
        for script in ["sleep 1000", "sleep 1000 & wait", "echo geheim; sleep 1000", "exec cat /dev/zero > /dev/null"] {
            assert_eq!(kind(script, Duration::from_millis(200)).await, AwsErrorKind::Unavailable, "{script}");
        }
    }

    #[tokio::test]
    async fn what_is_no_answer_gives_no_credentials() {
        for script in [
            "exit 3",
            "echo geheim >&2; exit 1",
            "/no/program geheim",
            "true",
            "echo geheim",
            "echo '[]'",
            "yes geheim",
            r#"echo '{"Version":2,"AccessKeyId":"geheim","SecretAccessKey":"b"}'"#,
            r#"echo '{"AccessKeyId":"geheim","SecretAccessKey":"b"}'"#,
            r#"echo '{"Version":1,"AccessKeyId":"geheim"}'"#,
            r#"echo '{"Version":1,"AccessKeyId":"geheim","SecretAccessKey":""}'"#,
            r#"echo '{"Version":1,"AccessKeyId":"geheim","SecretAccessKey":1}'"#,
            r#"echo '{"Version":1,"AccessKeyId":"geheim","accessKeyId":"b","SecretAccessKey":"c"}'"#,
            r#"echo '{"Version":1,"AccessKeyId":"geheim","SecretAccessKey":"b","Expiration":"soon"}'"#,
        ] {
            assert_eq!(kind(script, LONG).await, AwsErrorKind::NoCredentials, "{script}");
        }
    }
}
