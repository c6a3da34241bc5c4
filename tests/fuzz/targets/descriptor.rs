//! A descriptor that was read is read again from what it prints.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notary_project::descriptor::Descriptor;
use notary_project::json;

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = json::parse(bytes) else { return };
    if let Ok(descriptor) = Descriptor::from_value(&value) {
        assert!(value.is_object());
        assert_eq!(value["digest"], descriptor.digest.as_str());
        assert_eq!(value["size"], descriptor.size);
        let printed = serde_json::to_value(&descriptor).unwrap();
        assert_eq!(Descriptor::from_value(&printed).unwrap(), descriptor);
        assert!(descriptor.plain().same_content(&descriptor));
    }
});
