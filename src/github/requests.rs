//! What makes the requests: octocrab, which the program brings (`src/main.rs`). It takes as long to compile as all of the library, which
//! therefore does not wait for it.

use std::error::Error as StdError;
use std::fmt::Debug;
use std::pin::Pin;

use http::{Method, Uri};
use secrecy::SecretString;
use serde_json::Value;

/// Opens a server by its origin, such as `https://api.github.com`, for requests with this token over this client. Makes no request.
pub type Open = fn(origin: &str, token: &SecretString, client: reqwest::Client) -> Result<Box<dyn Requests>, Failure>;

/// Makes requests to one server, with one token.
pub trait Requests: Debug + Send + Sync {
    /// Makes one request, once: nothing is tried again, and no redirect followed. `path` has the query, too. The answer is what came,
    /// whatever its status; its body is not read.
    fn send<'a>(&'a self, method: Method, path: Uri, body: Option<&'a Value>) -> Sending<'a>;
}

/// A request on its way.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<reqwest::Response, Failure>> + Send + 'a>>;

/// Why there is no answer. Where a request failed, the error of `reqwest` is among its sources.
pub type Failure = Box<dyn StdError + Send + Sync>;
