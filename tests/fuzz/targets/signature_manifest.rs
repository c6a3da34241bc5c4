//! A manifest that is taken names one envelope and one subject, as another reader finds them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notary_project::limits::ENVELOPE_BYTES;
use notary_project::signature_manifest::SignatureManifest;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = SignatureManifest::parse(bytes) {
        let value: Value = serde_json::from_slice(bytes).unwrap();
        let blobs = value[if manifest.form().is_some() { "layers" } else { "blobs" }].as_array().unwrap();
        assert_eq!(blobs.len(), 1);
        assert_eq!(blobs[0]["digest"], manifest.envelope().digest.as_str());
        assert_eq!(value["subject"]["digest"], manifest.subject().digest.as_str());
        assert!(manifest.envelope().size <= ENVELOPE_BYTES);
    }
});
