//! AWS Signature Version 4, from the verifier's side: canonical request, string to sign, signature.
//!
//! Written from AWS's description ("Create a signed AWS API request"), without the SDK: what checks the SDK must not be the SDK.

use aws_lc_rs::{digest, hmac};

use super::random::hex;
use super::request::{Request, percent_decoded};

/// What an `Authorization` header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authorization {
    /// Access key id.
    pub(crate) access_key: String,
    /// `20150830`.
    pub(crate) date: String,
    /// Region of the scope.
    pub(crate) region: String,
    /// Signing name of the service.
    pub(crate) service: String,
    /// Lower-case names, in the order in which they are listed.
    pub(crate) signed_headers: Vec<String>,
    /// 64 hexadecimal digits.
    pub(crate) signature: String,
}

impl Authorization {
    /// Reads the header. The error names the part that is missing or has another form.
    pub(crate) fn parse(header: &str) -> Result<Self, &'static str> {
        let fields = header.trim().strip_prefix("AWS4-HMAC-SHA256 ").ok_or("AWS4-HMAC-SHA256")?;
        let field = |name: &'static str| {
            fields.split(',').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('=')).ok_or(name)
        };
        let scope: Vec<_> = field("Credential")?.split('/').collect();
        let [access_key, date, region, service, "aws4_request"] = scope[..] else { return Err("Credential") };
        Ok(Self {
            access_key: access_key.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            signed_headers: field("SignedHeaders")?.split(';').map(str::to_owned).collect(),
            signature: field("Signature")?.to_owned(),
        })
    }

    /// The scope of the signature.
    fn scope(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.date, self.region, self.service)
    }

    /// The signature that this secret gives for the request, in hexadecimal.
    pub(crate) fn expected_signature(&self, request: &Request, amz_date: &str, secret: &str) -> String {
        let canonical = canonical_request(request, &self.signed_headers);
        let hash = sha256(canonical.as_bytes());
        let string_to_sign = format!("AWS4-HMAC-SHA256\n{amz_date}\n{}\n{hash}", self.scope());
        let mut key = format!("AWS4{secret}").into_bytes();
        for part in [self.date.as_str(), &self.region, &self.service, "aws4_request"] {
            key = hmac_sha256(&key, part);
        }
        hex(&hmac_sha256(&key, &string_to_sign))
    }
}

/// Method, path, query, headers, names of the headers, hash of the body: one below the other.
pub(crate) fn canonical_request(request: &Request, signed_headers: &[String]) -> String {
    let headers: String =
        signed_headers.iter().map(|name| format!("{name}:{}\n", header_value(request, name))).collect();
    [
        request.method.as_str(),
        &canonical_path(&request.path),
        &canonical_query(&request.query),
        &headers,
        &signed_headers.join(";"),
        &sha256(&request.body),
    ]
    .join("\n")
}

/// The path without empty and dot segments, each segment encoded once more than it was sent. (S3 alone differs.)
fn canonical_path(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    let encoded: Vec<_> = kept.into_iter().map(encoded).collect();
    let slash = if path.ends_with('/') && !encoded.is_empty() { "/" } else { "" };
    format!("/{}{slash}", encoded.join("/"))
}

/// Names and values encoded in one way, sorted by name, then by value.
fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encoded(&percent_decoded(name)), encoded(&percent_decoded(value))))
        .collect();
    pairs.sort();
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// All values of a header with a comma between, runs of spaces as one.
fn header_value(request: &Request, name: &str) -> String {
    let values = request.headers.iter().filter(|(header, _)| header == name);
    let values: Vec<_> = values.map(|(_, value)| value.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    values.join(",")
}

/// Everything but the unreserved characters of RFC 3986 as `%XX`.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn hmac_sha256(key: &[u8], message: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message.as_bytes()).as_ref().to_vec()
}
