//! A protected header, whatever it is, under a good signature: none is taken without what the format demands.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notary_fuzz::signed;
use notary_project::envelope::{Envelope, EnvelopeFormat};
use serde_json::Value;

fuzz_target!(|protected: &[u8]| {
    let envelope = signed(protected, b"{}");
    let Ok(verified) = Envelope::new(EnvelopeFormat::Jws.media_type(), &envelope).verify() else { return };
    let value: Value = serde_json::from_slice(protected).unwrap();
    let attributes = verified.signed_attributes();
    assert_eq!(value["alg"], "ES256");
    assert_eq!(value["cty"], "application/vnd.cncf.notary.payload.v1+json");
    assert_eq!(value["io.cncf.notary.signingScheme"], attributes.signing_scheme().name());
    let critical = value["crit"].as_array().unwrap();
    assert!(critical.iter().all(|name| value.get(name.as_str().unwrap()).is_some()));
    assert!(critical.contains(&"io.cncf.notary.signingScheme".into()));
    let expires = value.get("io.cncf.notary.expiry").is_some();
    assert_eq!(expires, attributes.expiry().is_some());
    assert!(!expires || critical.contains(&"io.cncf.notary.expiry".into()));
    assert!(attributes.expiry().is_none_or(|expiry| expiry > attributes.signing_time().timestamp()));
});
