//! A certificate that is taken is one for another parser too, and every question to it is answered.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notary_project::certificate::{Certificate, CertificateChain};
use x509_cert::der::{Decode as _, Encode as _};

fuzz_target!(|der: &[u8]| {
    if let Ok(certificate) = Certificate::parse_der(der) {
        assert_eq!(certificate.der(), der);
        if let Ok(other) = x509_cert::Certificate::from_der(der) {
            // Not the whole signed part: that one sorts sets when it writes.
            let other = other.tbs_certificate();
            assert_eq!(other.subject_public_key_info().to_der().unwrap(), certificate.spki_der());
            let from = other.validity().not_before.to_unix_duration().as_secs();
            assert_eq!(i64::try_from(from), Ok(certificate.not_before().as_second()));
        }
        let _ = (certificate.key_spec(), certificate.check_self_signed(), certificate.revocation_pointers());
        let _ =
            (certificate.key_usage(), certificate.extended_key_usage(), certificate.covers(certificate.not_after()));
        let _ = format!("{certificate:?} {} {}", certificate.serial_number(), certificate.issuer());
        let _ = CertificateChain::from_der([der]).unwrap().check_code_signing();
    }
});
