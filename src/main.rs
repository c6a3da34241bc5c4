//! The program `sealgate`. It takes the only snapshot of the environment and the only look at the clock, and hands them to the
//! library, with octocrab for what is shown on GitHub.

use std::process::ExitCode;

use http::{Method, Uri, header};
use notary::Timestamp;
use octocrab::Octocrab;
use sealgate::{Failure, Requests, Sending, World};
use secrecy::SecretString;
use serde_json::Value;

fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "the one snapshot of the environment")]
    let variables = std::env::vars_os().collect();
    #[expect(clippy::disallowed_methods, reason = "the one look at the clock")]
    let now = Timestamp::now;
    sealgate::run(World { words: std::env::args_os().collect(), variables, now, github: open })
}

/// octocrab for one server, over our own HTTP client and without its retries, which repeat a request that makes something.
#[derive(Debug)]
struct GitHub(Octocrab);

fn open(origin: &str, token: &SecretString, client: reqwest::Client) -> Result<Box<dyn Requests>, Failure> {
    let octocrab = Octocrab::builder()
        // Paths are given whole: octocrab leaves out the path of this address where another path begins with it.
        .base_uri(origin)?
        .personal_token(token.clone())
        .add_header(header::ACCEPT, "application/json".to_owned())
        .build_with_reqwest(client)?;
    Ok(Box::new(GitHub(octocrab)))
}

impl Requests for GitHub {
    fn send<'a>(&'a self, method: Method, path: Uri, body: Option<&'a Value>) -> Sending<'a> {
        Box::pin(async move {
            let request = http::Request::builder().method(method).uri(path);
            let request = self.0.build_request(request, body)?;
            let answer = self.0.execute(request).await?;
            Ok(reqwest::Response::from(answer.map(reqwest::Body::wrap)))
        })
    }
}
