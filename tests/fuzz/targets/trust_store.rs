//! A file of a trust store: PEM or DER, one certificate or several. None is lost, and only anchors may be in a store.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notary_project::certificate::CertificateChain;
use notary_project::trust_store::{TrustStore, TrustStoreName, TrustStoreType, parse_certificates};

fuzz_target!(|file: &[u8]| {
    let Ok(certificates) = parse_certificates(file) else { return };
    assert!(!certificates.is_empty());
    let marks = file.windows(11).filter(|window| window == b"-----BEGIN ").count();
    assert!(marks == 0 || marks == certificates.len(), "{marks} blocks, {} certificates", certificates.len());
    let name = TrustStoreName::new(TrustStoreType::Ca, "fuzz").unwrap();
    if let Ok(store) = TrustStore::new(name, certificates.clone()) {
        let anchor = |one: &notary_project::certificate::Certificate| {
            one.basic_constraints().is_some_and(|constraints| constraints.ca) || one.check_self_signed().is_ok()
        };
        assert!(store.certificates().iter().all(anchor));
    }
    drop(CertificateChain::new(certificates).map(|chain| chain.check_code_signing()));
});
