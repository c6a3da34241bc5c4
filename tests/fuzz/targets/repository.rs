//! A repository is its text, and a policy's scope is the same repository and no other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notary_project::reference::Repository;

fuzz_target!(|text: &str| {
    if let Ok(repository) = Repository::parse(text) {
        assert_eq!(repository.to_string(), text);
        assert!(text.is_ascii() && !text.contains(['*', '@', ' ', '\n']));
        assert_eq!(text.split_once('/'), Some((repository.registry(), repository.name())));
        assert!(!repository.name().contains(':') && repository.name() == repository.name().to_lowercase());
    }
});
