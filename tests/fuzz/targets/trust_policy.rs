//! A policy that was taken prints a policy that says the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notary_project::trust_policy::TrustPolicy;

fuzz_target!(|bytes: &[u8]| match TrustPolicy::parse(bytes) {
    Ok(policy) => {
        let printed = policy.to_json();
        let again = TrustPolicy::parse(printed.as_bytes()).unwrap();
        assert_eq!(again.to_json(), printed);
        for (one, other) in policy.statements().iter().zip(again.statements()) {
            assert_eq!((one.name(), one.level(), one.scopes()), (other.name(), other.level(), other.scopes()));
            assert_eq!(one.trust_stores(), other.trust_stores());
            assert!(one.level().is_skip() || !one.trusted_identities().is_empty());
        }
        assert_eq!(policy.statements().len(), again.statements().len());
    }
    Err(error) => drop(error.to_string()),
});
