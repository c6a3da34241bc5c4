//! Strict JSON is JSON: what is taken is taken by `serde_json` too, and means the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notary_project::json;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = json::parse(bytes) {
        assert_eq!(value, serde_json::from_slice::<Value>(bytes).unwrap());
        assert_eq!(json::parse_object(bytes).is_ok(), value.is_object());
    }
});
