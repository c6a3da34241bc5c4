//! A good envelope, damaged: it is accepted only if it still says what its signer signed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notary_fuzz::damage::{Damage, check};

fuzz_target!(|damage: Damage| check(&damage));
