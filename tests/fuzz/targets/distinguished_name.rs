//! A distinguished name that was read prints a text that reads as the same name.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notary_project::distinguished_name::DistinguishedName;

fuzz_target!(|text: &str| {
    if let Ok(name) = DistinguishedName::parse(text) {
        assert_eq!(DistinguishedName::parse(&name.to_string()).as_ref(), Ok(&name), "{name}");
        assert!(name.is_subset_of(&name));
        for mandatory in ["C", "ST", "O"] {
            assert!(name.attributes().any(|(kind, value)| kind == mandatory && !value.is_empty()));
        }
    }
});
