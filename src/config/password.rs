//! A password, read from where the settings say it is.

use std::io::{self, IsTerminal as _, Read};
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::registry::PasswordSource;

/// Bytes of a password on standard input. Identity tokens have a few KiB.
const PASSWORD_BYTES: u64 = 64 * 1024;

impl PasswordSource {
    /// The password. Standard input is read to its end on another thread, which is left behind when that takes longer than
    /// `limit`. A person at a terminal has all the time there is.
    pub(crate) async fn read(&self, limit: Duration) -> io::Result<SecretString> {
        let reader = match self {
            Self::Given(password) => return Ok(password.clone()),
            Self::Stdin => tokio::task::spawn_blocking(|| read_from(io::stdin().lock())),
        };
        if io::stdin().is_terminal() {
            return reader.await?;
        }
        timeout(limit, reader).await.map_err(|_elapsed| {
            let fact = format!("standard input was not closed within {} s", limit.as_secs_f32());
            io::Error::new(io::ErrorKind::TimedOut, fact)
        })??
    }
}

/// All of it, without the line breaks behind it, as docker and podman take it: keys of service accounts are JSON of several lines.
fn read_from(input: impl Read) -> io::Result<SecretString> {
    let mut text = Zeroizing::new(String::new());
    input.take(PASSWORD_BYTES.saturating_add(1)).read_to_string(&mut text)?;
    let refused = |reason: &'static str| Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > PASSWORD_BYTES {
        return refused("the password on standard input is longer than 64 KiB");
    }
    match text.trim_end_matches(['\n', '\r']) {
        "" => refused("there is no password on standard input"),
        password => Ok(password.into()),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn all_of_it_is_the_password_without_the_line_breaks_behind_it() {
        for (input, password) in [
            ("a b", "a b"),
            ("a\n", "a"),
            ("a\r\n", "a"),
            ("a\n\n", "a"),
            (" a ", " a "),
            ("{\n  \"type\": \"service_account\"\n}\n", "{\n  \"type\": \"service_account\"\n}"),
            ("a\r\nb\r\n", "a\r\nb"),
        ] {
            assert_eq!(read_from(input.as_bytes()).unwrap().expose_secret(), password);
        }
    }

    #[test]
    fn nothing_too_much_and_what_is_no_text_are_refused() {
        let long = "x".repeat(65 * 1024);
        for input in [&b""[..], b"\n", b"\r\n", b"\n\n", b"\xff", long.as_bytes()] {
            assert_eq!(read_from(input).unwrap_err().kind(), io::ErrorKind::InvalidData);
        }
    }

    #[test]
    fn a_password_is_not_shown_by_accident() {
        assert!(!format!("{:?}", PasswordSource::Given("geheim".into())).contains("geheim"));
    }
}
