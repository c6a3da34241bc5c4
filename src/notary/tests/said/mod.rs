//! What an envelope says, read and written by another way than the core does.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use notary_project::certificate::Certificate;
use serde_json::{Value, json};

/// What the signature and the chain cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The protected header, decoded.
    pub protected: Vec<u8>,
    /// The payload, decoded.
    pub payload: Vec<u8>,
    /// The signature, decoded.
    pub signature: Vec<u8>,
    /// The certificates in DER, leaf first.
    pub x5c: Vec<Vec<u8>>,
}

impl Said {
    /// Reads an envelope. `None` when it says nothing that is clear.
    #[must_use]
    pub fn read(envelope: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(envelope).ok()?;
        let part = |name: &str| URL_SAFE_NO_PAD.decode(value.get(name)?.as_str()?).ok();
        let certificates = value.get("header")?.get("x5c")?.as_array()?.iter();
        let x5c = certificates.map(|text| STANDARD.decode(text.as_str()?).ok()).collect::<Option<_>>()?;
        Some(Self { protected: part("protected")?, payload: part("payload")?, signature: part("signature")?, x5c })
    }

    /// Writes a plain envelope that says this.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let x5c: Vec<_> = self.x5c.iter().map(|der| STANDARD.encode(der)).collect();
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({
            "payload": part(&self.payload),
            "protected": part(&self.protected),
            "header": { "x5c": x5c },
            "signature": part(&self.signature),
        })
        .to_string()
        .into_bytes()
    }

    /// The key of the leaf.
    #[must_use]
    pub fn key(&self) -> Vec<u8> {
        Certificate::parse_der(&self.x5c[0]).unwrap().public_key().to_vec()
    }
}
