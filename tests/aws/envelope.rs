//! Envelopes: JWS JSON, flattened, as AWS Signer returns them. Written without the code that they test.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::authority::Signer;

/// The only payload type.
pub(crate) const PAYLOAD_TYPE: &str = "application/vnd.cncf.notary.payload.v1+json";
/// The plugin that AWS names.
pub(crate) const PLUGIN: &str = "com.amazonaws.signer.notation.plugin";

pub(crate) const SCHEME: &str = "io.cncf.notary.signingScheme";
pub(crate) const AUTHENTIC_SIGNING_TIME: &str = "io.cncf.notary.authenticSigningTime";
pub(crate) const SIGNING_TIME: &str = "io.cncf.notary.signingTime";
pub(crate) const EXPIRY: &str = "io.cncf.notary.expiry";
pub(crate) const VERIFICATION_PLUGIN: &str = "io.cncf.notary.verificationPlugin";
pub(crate) const PROFILE_VERSION: &str = "com.amazonaws.signer.signingProfileVersion";
pub(crate) const PROFILE_ALIAS: &str = "com.amazonaws.signer.signingProfileAlias";
pub(crate) const JOB: &str = "com.amazonaws.signer.signingJob";

/// In which order the names of the protected header come. AWS's is not public.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Order {
    /// `alg`, `crit`, `cty`, then the attributes as they were added.
    #[default]
    AlgFirst,
    /// By name.
    Sorted,
    /// By name, backwards.
    Reversed,
}

/// What of the envelope's form is not public, to be tried in all ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub(crate) struct Style {
    /// Of the names of the header, and of those in `crit`.
    pub(crate) order: Order,
    /// Whether the two attributes of AWS are in `crit`.
    pub(crate) aws_attributes_critical: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { order: Order::AlgFirst, aws_attributes_critical: true }
    }
}

/// One attribute of the protected header.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    /// Its name.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: Value,
    /// Whether `crit` lists it.
    pub(crate) critical: bool,
}

/// What is to be signed. Names may occur twice.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// As it was sent in.
    pub(crate) payload: Vec<u8>,
    /// `cty`.
    pub(crate) content_type: String,
    /// All but `alg`, `cty` and `crit`.
    pub(crate) attributes: Vec<Attribute>,
    /// Order of names.
    pub(crate) order: Order,
    /// Whether one bit of the signature is to be wrong.
    pub(crate) broken: bool,
}

impl Plan {
    /// Adds an attribute.
    pub(crate) fn with(mut self, name: &str, value: &str, critical: bool) -> Self {
        self.attributes.push(Attribute { name: name.to_owned(), value: value.into(), critical });
        self
    }

    /// Gives an attribute another value; one that is not there is added as a critical one.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        match self.attributes.iter_mut().find(|attribute| attribute.name == name) {
            Some(attribute) => attribute.value = value.into(),
            None => self.attributes.push(Attribute { name: name.to_owned(), value: value.into(), critical: true }),
        }
    }

    /// Takes an attribute away.
    pub(crate) fn remove(&mut self, name: &str) {
        self.attributes.retain(|attribute| attribute.name != name);
    }

    /// Signs, and writes the envelope.
    pub(crate) fn sign(&self, signer: &Signer) -> Vec<u8> {
        let protected = URL_SAFE_NO_PAD.encode(self.protected_header());
        let payload = URL_SAFE_NO_PAD.encode(&self.payload);
        let mut signature = signer.sign(format!("{protected}.{payload}").as_bytes());
        if self.broken {
            signature[40] ^= 1;
        }
        let chain: Vec<_> = signer.chain.iter().map(|der| STANDARD.encode(der)).collect();
        json!({
            "payload": payload,
            "protected": protected,
            "header": {"x5c": chain},
            "signature": URL_SAFE_NO_PAD.encode(signature),
        })
        .to_string()
        .into_bytes()
    }

    /// By hand, because the order of names and a name that comes twice matter here.
    fn protected_header(&self) -> String {
        let mut critical: Vec<&str> = Vec::new();
        for attribute in self.attributes.iter().filter(|attribute| attribute.critical) {
            if !critical.contains(&attribute.name.as_str()) {
                critical.push(&attribute.name);
            }
        }
        self.arrange(&mut critical, |name| name);
        let mut fields = vec![("alg", json!("ES384")), ("crit", json!(critical)), ("cty", json!(self.content_type))];
        fields.extend(self.attributes.iter().map(|one| (one.name.as_str(), one.value.clone())));
        self.arrange(&mut fields, |(name, _)| name);
        let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
        format!("{{{}}}", fields.join(","))
    }

    fn arrange<T>(&self, items: &mut [T], name: impl Fn(&T) -> &str) {
        match self.order {
            Order::AlgFirst => {}
            Order::Sorted => items.sort_by(|one, other| name(one).cmp(name(other))),
            Order::Reversed => items.sort_by(|one, other| name(other).cmp(name(one))),
        }
    }
}
