//! A payload, whatever it is, under a good signature: what is read of it is what another reader finds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notary_fuzz::{PROTECTED, signed};
use notary_project::envelope::{Envelope, EnvelopeError, EnvelopeFormat};
use serde_json::Value;

fuzz_target!(|payload: &[u8]| {
    let envelope = signed(PROTECTED, payload);
    let verified = match Envelope::new(EnvelopeFormat::Jws.media_type(), &envelope).verify() {
        Ok(verified) => verified,
        Err(error) => return assert!(payload.is_empty() && matches!(error, EnvelopeError::PayloadEmpty), "{error}"),
    };
    assert_eq!(verified.payload_bytes(), payload);
    if let Ok(read) = verified.payload() {
        let value: Value = serde_json::from_slice(payload).unwrap();
        assert_eq!(value["targetArtifact"]["digest"], read.target_artifact().digest.as_str());
        assert_eq!(value["targetArtifact"]["size"], read.target_artifact().size);
    }
});
