//! Properties over broken input.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// One change to bytes.
#[derive(Clone, Debug)]
enum Mutation {
    Set(Index, u8),
    Flip(Index, u8),
    Remove(Index),
    Insert(Index, u8),
    Truncate(Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        any::<Index>().prop_map(Mutation::Remove),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Insert(at, byte)),
        any::<Index>().prop_map(Mutation::Truncate),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutations: &[Mutation]) {
    for mutation in mutations.iter().filter(|_| !bytes.is_empty()).cloned().collect::<Vec<_>>() {
        let length = bytes.len().max(1);
        match mutation {
            _ if bytes.is_empty() => {}
            Mutation::Set(at, byte) => bytes[at.index(length)] = byte,
            Mutation::Flip(at, bit) => bytes[at.index(length)] ^= 1 << bit,
            Mutation::Remove(at) => drop(bytes.remove(at.index(length))),
            Mutation::Insert(at, byte) => bytes.insert(at.index(length), byte),
            Mutation::Truncate(at) => bytes.truncate(at.index(length)),
        }
    }
}

/// Asks a certificate for everything it can be asked for.
fn ask(certificate: &Certificate) {
    let _ = format!("{certificate:?} {} {}", certificate.subject(), certificate.issuer());
    let _ = (certificate.key_spec(), certificate.serial_number(), certificate.check_self_signed());
    assert!(!certificate.tbs_der().is_empty() && !certificate.spki_der().is_empty());
    assert!(certificate.subject().excerpt().chars().count() <= 257);
    let chain = CertificateChain::new(vec![certificate.clone(); 3]).unwrap();
    let _ = (chain.check_code_signing(), chain.check_valid_at(Timestamp::UNIX_EPOCH));
}

proptest! {
    #[test]
    fn parsing_broken_der_never_panics(file in any::<Index>(), mutations in prop::collection::vec(mutation(), 0..6)) {
        let files = files("");
        if let Some(first) = certificates(&files[file.index(files.len())]).ok().and_then(|list| list.into_iter().next()) {
            let mut der = first.der().to_vec();
            mutate(&mut der, &mutations);
            if let Ok(certificate) = Certificate::parse_der(&der) {
                prop_assert_eq!(certificate.der(), &der[..]);
                ask(&certificate);
            }
        }
    }

    #[test]
    fn parsing_broken_pem_never_panics(file in any::<Index>(), mutations in prop::collection::vec(mutation(), 0..6)) {
        let mut text = read(&format!("certificates/{}.pem", files("")[file.index(files("").len())]));
        mutate(&mut text, &mutations);
        if let Ok(certificates) = parse_pem(&text) {
            prop_assert!(!certificates.is_empty());
        }
    }

    #[test]
    fn parsing_any_bytes_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = (Certificate::parse_der(&bytes).is_ok(), parse_pem(&bytes).is_ok());
    }

    #[test]
    fn a_changed_certificate_is_never_accepted(
        file in prop::sample::select(vec!["accepted-chain-1", "accepted-chain-4", "accepted-key-rsa-2048", "accepted-issuer-rsa-pss-sha256"]),
        at in any::<Index>(),
        mutations in prop::collection::vec(mutation(), 1..3),
    ) {
        let good = chain(file);
        let mut ders: Vec<_> = good.certificates().iter().map(|certificate| certificate.der().to_vec()).collect();
        let index = at.index(ders.len());
        mutate(&mut ders[index], &mutations);
        let changed = ders[index] != good.certificates()[index].der();
        let accepted = CertificateChain::from_der(ders.iter().map(Vec::as_slice))
            .is_ok_and(|chain| chain.check_code_signing().is_ok());
        prop_assert_eq!(accepted, !changed);
    }
}
