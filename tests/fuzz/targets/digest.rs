//! A digest is its text: nothing is folded, trimmed or completed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notary_project::digest::Digest;

fuzz_target!(|text: &str| {
    if let Ok(digest) = Digest::parse(text) {
        assert_eq!(digest.as_str(), text);
        assert_eq!(digest.hex().len(), digest.algorithm().hex_length());
        assert_eq!(text, format!("{}:{}", digest.algorithm().name(), digest.hex()));
        assert!(digest.hex().bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    }
});
