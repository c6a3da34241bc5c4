//! Trust stores: named sets of certificates, each of one type.
//!
//! A store is usable as a whole or not at all: one certificate that may not be in it spoils it, as in notation. What
//! could not be read stays visible as [`UnusableTrustStore`], so that a missing store is never taken for an empty one.

mod name;

use std::collections::BTreeMap;

use der::{Reader as _, SliceReader};

use crate::certificate::{self, Certificate, CertificateError, IssueError};
use crate::limits;

pub use name::{TrustStoreName, TrustStoreNameError, TrustStoreType};

/// Reads one file of a trust store: all its PEM blocks if it has any, else certificates in DER one after another.
///
/// # Errors
/// [`TrustStoreError`]: too large, no certificate in it, or anything in it that is not a certificate.
pub fn parse_certificates(file: &[u8]) -> Result<Vec<Certificate>, TrustStoreError> {
    let length = u64::try_from(file.len()).unwrap_or(u64::MAX);
    if length > limits::TRUST_STORE_FILE_BYTES {
        return Err(TrustStoreError::FileTooLarge { found: length, limit: limits::TRUST_STORE_FILE_BYTES });
    }
    let certificates = if file.windows(PEM_MARK.len()).any(|window| window == PEM_MARK) {
        certificate::parse_pem(file)?
    } else {
        parse_concatenated(file)?
    };
    match certificates.len() {
        0 => Err(TrustStoreError::EmptyFile),
        1..=limits::TRUST_STORE_CERTIFICATES => Ok(certificates),
        _ => Err(TrustStoreError::TooManyCertificates { limit: limits::TRUST_STORE_CERTIFICATES }),
    }
}

/// What makes a file PEM (RFC 7468 section 3).
const PEM_MARK: &[u8] = b"-----BEGIN ";

fn parse_concatenated(file: &[u8]) -> Result<Vec<Certificate>, TrustStoreError> {
    let encoding = |error| TrustStoreError::Encoding(DerError(error));
    let mut reader = SliceReader::new(file).map_err(encoding)?;
    let mut certificates = Vec::new();
    while !reader.is_finished() {
        if certificates.len() == limits::TRUST_STORE_CERTIFICATES {
            return Err(TrustStoreError::TooManyCertificates { limit: limits::TRUST_STORE_CERTIFICATES });
        }
        certificates.push(Certificate::parse_der(reader.tlv_bytes().map_err(encoding)?)?);
    }
    Ok(certificates)
}

/// A trust store whose certificates may all be in it.
#[derive(Clone, Debug)]
pub struct TrustStore {
    name: TrustStoreName,
    certificates: Vec<Certificate>,
}

impl TrustStore {
    /// Checks the certificates of all files of a store (trust store specification, as notation enforces it).
    ///
    /// Each must be a CA, or signed with its own key. In a `tsa` store each must be both: a root. A root without basic
    /// constraints (X.509 version 1) is refused there, although notation takes it.
    ///
    /// # Errors
    /// [`TrustStoreError`]: a certificate of another kind, none at all, or more than
    /// [`limits::TRUST_STORE_CERTIFICATES`].
    pub fn new(name: TrustStoreName, certificates: Vec<Certificate>) -> Result<Self, TrustStoreError> {
        if certificates.is_empty() {
            return Err(TrustStoreError::Empty { store: name });
        }
        if certificates.len() > limits::TRUST_STORE_CERTIFICATES {
            return Err(TrustStoreError::TooManyCertificates { limit: limits::TRUST_STORE_CERTIFICATES });
        }
        for certificate in &certificates {
            match name.store_type() {
                TrustStoreType::Ca | TrustStoreType::SigningAuthority => check_anchor(certificate)?,
                TrustStoreType::Tsa => check_root(certificate)?,
            }
        }
        Ok(Self { name, certificates })
    }

    /// Type and name.
    #[must_use]
    pub const fn name(&self) -> &TrustStoreName {
        &self.name
    }

    /// The certificates, at least one.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Whether the very same certificate, byte by byte, is in the store. Any certificate of a chain may be: a store
    /// that holds a leaf pins it.
    #[must_use]
    pub fn contains(&self, certificate: &Certificate) -> bool {
        self.certificates.iter().any(|anchor| anchor.der() == certificate.der())
    }
}

fn is_ca(certificate: &Certificate) -> bool {
    certificate.basic_constraints().is_some_and(|constraints| constraints.ca)
}

fn check_anchor(certificate: &Certificate) -> Result<(), TrustStoreError> {
    if is_ca(certificate) {
        return Ok(());
    }
    certificate
        .check_self_signed()
        .map_err(|source| TrustStoreError::NotAnAnchor { subject: certificate.subject().to_string(), source })
}

fn check_root(certificate: &Certificate) -> Result<(), TrustStoreError> {
    if !is_ca(certificate) {
        return Err(TrustStoreError::NotACa { subject: certificate.subject().to_string() });
    }
    certificate
        .check_self_signed()
        .map_err(|source| TrustStoreError::NotARoot { subject: certificate.subject().to_string(), source })
}

/// Why a file or a set of certificates is not a trust store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustStoreError {
    /// A part of the file is not a certificate.
    #[error("trust store file has something that is not a certificate")]
    Certificate(#[from] CertificateError),
    /// Neither PEM nor DER.
    #[error("trust store file is neither PEM nor certificates in DER")]
    Encoding(#[source] DerError),
    /// The file has no certificate.
    #[error("trust store file has no certificate")]
    EmptyFile,
    /// The file is larger than the cap.
    #[error("trust store file has {found} bytes, expected at most {limit}")]
    FileTooLarge {
        /// Bytes of the file.
        found: u64,
        /// The cap.
        limit: u64,
    },
    /// More certificates than the cap.
    #[error("trust store has more than {limit} certificates")]
    TooManyCertificates {
        /// The cap.
        limit: usize,
    },
    /// No certificate in the whole store.
    #[error("trust store {store} has no certificate")]
    Empty {
        /// The store.
        store: TrustStoreName,
    },
    /// Neither a CA nor signed with its own key.
    #[error("certificate with subject {subject:?} is neither a CA nor self-signed")]
    NotAnAnchor {
        /// Its subject.
        subject: String,
        /// Why it is not self-signed.
        source: IssueError,
    },
    /// In a `tsa` store, but not a CA.
    #[error("certificate with subject {subject:?} is not a CA, which a tsa store needs")]
    NotACa {
        /// Its subject.
        subject: String,
    },
    /// In a `tsa` store, but not self-signed.
    #[error("certificate with subject {subject:?} is not a root, which a tsa store needs")]
    NotARoot {
        /// Its subject.
        subject: String,
        /// Why it is not self-signed.
        source: IssueError,
    },
}

/// What bytes have that is not DER (X.690).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct DerError(der::Error);

impl TrustStoreError {
    /// Stable name of the rule that was broken.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Certificate(_) => "trust-store-certificate",
            Self::Encoding(_) => "trust-store-encoding",
            Self::EmptyFile => "trust-store-file-empty",
            Self::FileTooLarge { .. } => "trust-store-file-too-large",
            Self::TooManyCertificates { .. } => "trust-store-too-many-certificates",
            Self::Empty { .. } => "trust-store-empty",
            Self::NotAnAnchor { .. } => "trust-store-not-an-anchor",
            Self::NotACa { .. } => "trust-store-not-a-ca",
            Self::NotARoot { .. } => "trust-store-not-a-root",
        }
    }
}

/// A trust store that a policy names and that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("trust store {name} cannot be used: {reason}")]
pub struct UnusableTrustStore {
    name: TrustStoreName,
    reason: String,
}

impl UnusableTrustStore {
    /// Says why a store cannot be used, in words that fit behind a colon.
    #[must_use]
    pub fn new(name: TrustStoreName, reason: impl Into<String>) -> Self {
        Self { name, reason: reason.into() }
    }

    /// Type and name.
    #[must_use]
    pub const fn name(&self) -> &TrustStoreName {
        &self.name
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// What was found of each trust store that a policy names.
#[derive(Clone, Debug, Default)]
pub struct TrustStores {
    stores: BTreeMap<TrustStoreName, Result<TrustStore, UnusableTrustStore>>,
}

impl TrustStores {
    /// Nothing was looked for yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what was found of one store; a later finding for the same name replaces an earlier one.
    pub fn insert(&mut self, found: Result<TrustStore, UnusableTrustStore>) {
        let name = match &found {
            Ok(store) => store.name(),
            Err(unusable) => unusable.name(),
        };
        self.stores.insert(name.clone(), found);
    }

    /// Of the stores with these names (those of a statement) the ones of one type, each once, in the order of the names. One
    /// that was never inserted is unusable, not absent.
    pub fn stores_of(
        &self,
        names: &[TrustStoreName],
        store_type: TrustStoreType,
    ) -> impl Iterator<Item = Result<&TrustStore, UnusableTrustStore>> {
        let first_of_name = move |(index, name): &(usize, &TrustStoreName)| {
            name.store_type() == store_type && !names.iter().take(*index).any(|earlier| earlier == *name)
        };
        names.iter().enumerate().filter(first_of_name).map(|(_, name)| match self.stores.get(name) {
            Some(Ok(store)) => Ok(store),
            Some(Err(unusable)) => Err(unusable.clone()),
            None => Err(UnusableTrustStore::new(name.clone(), "it was not loaded")),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// PEM of tests/vectors/trust, made by openssl.
    macro_rules! pem {
        ($name:literal) => {
            &include_bytes!(concat!("../vectors/trust/", $name, ".pem"))[..]
        };
    }

    fn read(pem: &[u8]) -> Certificate {
        parse_certificates(pem).unwrap().remove(0)
    }

    fn name(text: &str) -> TrustStoreName {
        TrustStoreName::parse(text).unwrap()
    }

    #[test]
    fn names_are_parsed_and_printed() {
        for (text, store_type, store) in [
            ("ca:acme", TrustStoreType::Ca, "acme"),
            ("signingAuthority:a.b_c-D0", TrustStoreType::SigningAuthority, "a.b_c-D0"),
            ("tsa:...", TrustStoreType::Tsa, "..."),
        ] {
            let name = name(text);
            assert_eq!((name.store_type(), name.name(), name.to_string().as_str()), (store_type, store, text));
        }
        assert!(name("ca:b") < name("tsa:a"));
    }

    #[test]
    fn each_rule_of_names_refuses() {
        for text in ["", "ca", "acme"] {
            assert!(matches!(TrustStoreName::parse(text), Err(TrustStoreNameError::Separator { .. })), "{text}");
        }
        for text in ["CA:acme", ":acme", "signingauthority:acme", " ca:acme", "x509:acme"] {
            assert!(matches!(TrustStoreName::parse(text), Err(TrustStoreNameError::Type { .. })), "{text}");
        }
        for text in ["ca:", "ca:a/b", "ca:../x", "ca:a b", "ca:a:b", "ca:é", "ca:a\n", "ca:a\0"] {
            assert!(matches!(TrustStoreName::parse(text), Err(TrustStoreNameError::Name { .. })), "{text}");
        }
        for text in ["ca:.", "tsa:.."] {
            assert!(matches!(TrustStoreName::parse(text), Err(TrustStoreNameError::Dots { .. })), "{text}");
        }
    }

    #[test]
    fn a_file_is_pem_or_der_with_one_or_more_certificates() {
        let (root, leaf) = (read(pem!("root")), read(pem!("leaf")));
        let both = [root.der(), leaf.der()];
        let count = |file: &[u8]| {
            let found = parse_certificates(file).unwrap();
            found.iter().zip(both).for_each(|(found, expected)| assert_eq!(found.der(), expected));
            found.len()
        };
        assert_eq!(count(pem!("root")), 1);
        assert_eq!(count(&[pem!("root"), pem!("leaf")].concat()), 2);
        assert_eq!(count(root.der()), 1);
        assert_eq!(count(&both.concat()), 2);
    }

    #[test]
    fn a_file_with_anything_else_is_refused() {
        let root = read(pem!("root"));
        assert!(matches!(parse_certificates(b""), Err(TrustStoreError::EmptyFile)));
        for file in [&b"see the wiki"[..], &[root.der(), b"\n"].concat(), &root.der()[..100], b"0\x84\xff\xff\xff\xff"]
        {
            assert!(matches!(parse_certificates(file), Err(TrustStoreError::Encoding(_))), "{file:x?}");
        }
        for file in [&b"0\0"[..], b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"] {
            assert!(matches!(parse_certificates(file), Err(TrustStoreError::Certificate(_))), "{file:x?}");
        }
        let large = vec![0; usize::try_from(limits::TRUST_STORE_FILE_BYTES).unwrap() + 1];
        assert!(matches!(parse_certificates(&large), Err(TrustStoreError::FileTooLarge { .. })));
        let largest = &large[1..];
        assert!(matches!(
            parse_certificates(largest),
            Err(TrustStoreError::Encoding(_) | TrustStoreError::Certificate(_))
        ));
        let many = read(pem!("root")).der().repeat(limits::TRUST_STORE_CERTIFICATES + 1);
        assert!(matches!(parse_certificates(&many), Err(TrustStoreError::TooManyCertificates { .. })));
    }

    /// Which certificate may be in which store: CA or self-signed, and both in `tsa`.
    #[test]
    fn certificates_fit_the_type_of_store() {
        let refused = |store: &str, pem: &[u8]| match TrustStore::new(name(store), vec![read(pem)]) {
            Ok(_) => None,
            Err(error) => Some(error.code()),
        };
        let anchor = Some("trust-store-not-an-anchor");
        for (pem, ca, tsa) in [
            (pem!("root"), None, None),
            (pem!("intermediate"), None, Some("trust-store-not-a-root")),
            (pem!("self-signed-leaf"), None, Some("trust-store-not-a-ca")),
            (pem!("leaf"), anchor, Some("trust-store-not-a-ca")),
        ] {
            assert_eq!(refused("ca:a", pem), ca);
            assert_eq!(refused("signingAuthority:a", pem), ca);
            assert_eq!(refused("tsa:a", pem), tsa);
        }
    }

    #[test]
    fn one_bad_certificate_or_none_spoils_the_store() {
        let (root, leaf) = (read(pem!("root")), read(pem!("leaf")));
        let mixed = TrustStore::new(name("ca:a"), vec![root.clone(), leaf.clone()]);
        assert!(
            matches!(mixed, Err(TrustStoreError::NotAnAnchor { subject, .. }) if subject == leaf.subject().to_string())
        );
        assert!(matches!(TrustStore::new(name("ca:a"), Vec::new()), Err(TrustStoreError::Empty { .. })));
        let many = vec![root.clone(); limits::TRUST_STORE_CERTIFICATES + 1];
        assert!(matches!(TrustStore::new(name("ca:a"), many), Err(TrustStoreError::TooManyCertificates { .. })));
        let store = TrustStore::new(name("ca:a"), vec![root.clone()]).unwrap();
        assert!(store.contains(&root));
        assert!(!store.contains(&leaf));
        assert_eq!((store.name(), store.certificates().len()), (&name("ca:a"), 1));
    }

    #[test]
    fn a_store_that_was_not_loaded_is_unusable() {
        let names = ["ca:a", "tsa:a", "ca:b", "ca:a", "ca:c"].map(name);
        let mut stores = TrustStores::new();
        stores.insert(Err(UnusableTrustStore::new(name("ca:a"), "replaced below")));
        stores.insert(TrustStore::new(name("ca:a"), vec![read(pem!("root"))]).map_err(|_| unreachable!("a root")));
        stores.insert(Err(UnusableTrustStore::new(name("ca:c"), "folder is missing")));
        let found = |store_type| -> Vec<_> {
            let found = stores.stores_of(&names, store_type);
            found.map(|found| found.map(|store| store.name().to_string()).map_err(|error| error.to_string())).collect()
        };
        assert_eq!(
            found(TrustStoreType::Ca),
            [
                Ok("ca:a".to_owned()),
                Err("trust store ca:b cannot be used: it was not loaded".to_owned()),
                Err("trust store ca:c cannot be used: folder is missing".to_owned()),
            ]
        );
        assert_eq!(found(TrustStoreType::Tsa), [Err("trust store tsa:a cannot be used: it was not loaded".to_owned())]);
        assert_eq!(found(TrustStoreType::SigningAuthority), []);
    }

    proptest! {
        #[test]
        fn what_is_a_name_prints_as_it_was_and_names_one_folder(text in "(ca|tsa|signingAuthority):[a-z./_ -]{0,5}|\\PC{0,12}") {
            if let Ok(name) = TrustStoreName::parse(&text) {
                prop_assert_eq!(name.to_string(), text);
                prop_assert!(!name.name().contains('/') && name.name() != "." && name.name() != "..");
            }
        }

        #[test]
        fn any_file_is_judged(file in prop::collection::vec(any::<u8>(), 0..200), at in 0..500_usize, byte in any::<u8>()) {
            prop_assert!(parse_certificates(&file).is_err());
            let mut damaged = read(pem!("root")).der().to_vec();
            let index = at % damaged.len();
            damaged[index] = byte;
            let _ = parse_certificates(&damaged);
        }
    }
}
