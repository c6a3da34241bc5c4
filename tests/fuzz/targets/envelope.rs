//! An envelope whose integrity holds says what another reader finds in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notary_fuzz::said::Said;
use notary_project::envelope::{Envelope, EnvelopeFormat};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(verified) = Envelope::new(EnvelopeFormat::Jws.media_type(), bytes).verify() {
        let said = Said::read(bytes).unwrap();
        assert_eq!((verified.payload_bytes(), verified.signature()), (&said.payload[..], &said.signature[..]));
        assert!(verified.chain().certificates().iter().map(|one| one.der()).eq(&said.x5c));
        drop(verified.payload());
    }
});
