//! A private key in a file, and the certificate chain that goes with it.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _, RsaSignatureEncoding};
use notary::algorithm::KeySpec;
use notary::certificate::{Certificate, CertificateChain, CertificateError, ChainError, KeyError};
use zeroize::Zeroizing;

use super::encrypted_key::{self, EncryptedForm, Undecrypted};
use super::key_file::{self, Form, KeyDer, NoKey};
use crate::files::Input;
use crate::report::Reason;

/// Bytes of a key file. An RSA key of 4096 bits has 3.3 KiB.
const KEY_FILE_BYTES: u64 = 64 * 1024;

/// Bytes of a chain file: [`notary::limits::CHAIN_CERTIFICATES`] large certificates with text around them.
const CHAIN_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Bytes of a password.
const PASSWORD_BYTES: u64 = 64 * 1024;

/// Permissions of a file that let others read it.
const READABLE_BY_OTHERS: u32 = 0o044;

/// A key that signs, with the chain of its certificate.
pub(crate) struct LocalKey {
    spec: KeySpec,
    pair: Pair,
    /// How the key was given: a file, or `env:NAME`.
    key: String,
    chain: CertificateChain,
    warnings: Vec<Reason>,
}

impl fmt::Debug for LocalKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LocalKey").field("key", &self.key).field("spec", &self.spec).finish_non_exhaustive()
    }
}

enum Pair {
    /// For RSASSA-PSS.
    Rsa(Box<RsaKeyPair>),
    Ecdsa(Box<EcdsaKeyPair>),
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum LocalKeyError {
    #[error("cannot read the private key {key}")]
    ReadKey {
        key: String,
        #[source]
        source: io::Error,
    },
    #[error("the private key {key} is encrypted, and no password is given")]
    Encrypted { key: String },
    #[error("the private key {key} is encrypted with {form}")]
    EncryptedForm { key: String, form: EncryptedForm },
    #[error(
        "the private key {key} cannot be decrypted with the password of {password}: it is another one, or the key is damaged"
    )]
    OtherPassword { key: String, password: String },
    #[error("the private key {key} is encrypted, and damaged")]
    DamagedKey { key: String },
    #[error("cannot read the password of the private key, {password}")]
    ReadPassword {
        password: String,
        #[source]
        source: io::Error,
    },
    /// Nothing in it, or more than one line.
    #[error("{password} has {found}, expected one line with the password of the private key")]
    NotPassword { password: String, found: &'static str },
    #[error("{key} has no private key (PKCS#8, PKCS#1 or SEC 1, as PEM, DER or base64)")]
    NoKey { key: String },
    #[error("{key} holds {form}, expected a private key")]
    NotKey { key: String, form: Form },
    #[error("{chain} holds {form}, expected a certificate chain")]
    NotChain { chain: String, form: Form },
    #[error("the private key {key} is neither RSA with 2048, 3072 or 4096 bits nor ECDSA on P-256, P-384 or P-521")]
    Unsupported { key: String },
    #[error("cannot read the certificate chain {chain}")]
    ReadChain {
        chain: String,
        #[source]
        source: io::Error,
    },
    #[error("{chain} is not a certificate chain")]
    Chain {
        chain: String,
        #[source]
        source: CertificateError,
    },
    #[error("{chain} is not a certificate chain")]
    ChainLength {
        chain: String,
        #[source]
        source: Box<ChainError>,
    },
    #[error("the first certificate of {chain} has a key that may not sign")]
    LeafKey {
        chain: String,
        #[source]
        source: KeyError,
    },
    #[error("the private key {key} does not belong to the first certificate of the chain, {subject}")]
    OtherKey { key: String, subject: String },
    #[error("the private key {key} did not sign")]
    Sign { key: String },
}

impl LocalKey {
    /// Reads a key and its chain, and checks that they belong together. The password counts if the key is encrypted.
    ///
    /// # Errors
    /// [`LocalKeyError`].
    pub(crate) fn load(key: &Input, chain: &Input, password: Option<&Input>) -> Result<Self, LocalKeyError> {
        let given = password.map(read_password).transpose()?;
        let is_one = key.is_same(chain);
        let limit = if is_one { CHAIN_FILE_BYTES } else { KEY_FILE_BYTES };
        let text = key.read(limit).map_err(|source| LocalKeyError::ReadKey { key: key.to_string(), source })?;
        let (spec, pair) = parse_key(&text, key, given.as_ref())?;
        // Both in one file: it is read once, since a pipe has its content once.
        let certificates = if is_one { parse_chain(&text, chain)? } else { read_chain(chain)? };
        let exposed = [("private key", Some(key)), ("password of the private key", password)];
        let exposed = exposed.into_iter().filter_map(|(what, input)| exposure(what, input?));
        let loaded = Self { spec, pair, key: key.to_string(), chain: certificates, warnings: exposed.collect() };
        loaded.check_chain(chain)?;
        Ok(loaded)
    }

    #[cfg(test)]
    pub(crate) const fn spec(&self) -> KeySpec {
        self.spec
    }

    /// The certificates, leaf first. They are of this key; whether they are a good chain is checked before signing.
    pub(crate) const fn chain(&self) -> &CertificateChain {
        &self.chain
    }

    /// The certificate of the chain that expires first, and with it every signature that is made with this key.
    pub(crate) fn expiring(&self) -> &Certificate {
        let first = self.chain.certificates().iter().min_by_key(|certificate| certificate.not_after());
        first.unwrap_or_else(|| self.chain.leaf())
    }

    /// Its name in reports: how it was given.
    pub(crate) fn name(&self) -> String {
        format!("local key {}", self.key)
    }

    /// What deserves attention: a key that others can read.
    pub(crate) fn warnings(&self) -> &[Reason] {
        &self.warnings
    }

    /// Signs a message: RSASSA-PSS with a salt as long as the hash, or ECDSA as r and s at full width.
    ///
    /// # Errors
    /// [`LocalKeyError::Sign`] when the primitive refuses.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, LocalKeyError> {
        let refused = |_unspecified| LocalKeyError::Sign { key: self.key.clone() };
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut bytes = vec![0; pair.public_modulus_len()];
                let encoding = rsa_encoding(self.spec).ok_or_else(|| refused(()))?;
                pair.sign(encoding, &SystemRandom::new(), message, &mut bytes).map_err(|_unspecified| refused(()))?;
                Ok(bytes)
            }
            Pair::Ecdsa(pair) => {
                let signed = pair.sign(&SystemRandom::new(), message).map_err(|_unspecified| refused(()))?;
                Ok(signed.as_ref().to_vec())
            }
        }
    }

    /// The public key, as a certificate's `subjectPublicKey` holds it.
    fn public_key(&self) -> &[u8] {
        match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_ref(),
            Pair::Ecdsa(pair) => pair.public_key().as_ref(),
        }
    }

    /// Checks that the first certificate is of this key.
    fn check_chain(&self, chain: &Input) -> Result<(), LocalKeyError> {
        let leaf = self.chain.leaf();
        let spec = leaf.key_spec().map_err(|source| LocalKeyError::LeafKey { chain: chain.to_string(), source })?;
        if spec != self.spec || leaf.public_key() != self.public_key() {
            let subject = leaf.subject().to_string();
            return Err(LocalKeyError::OtherKey { key: self.key.clone(), subject });
        }
        Ok(())
    }
}

/// The password of a key, and how it was given.
struct Password {
    text: Zeroizing<Vec<u8>>,
    shown: String,
}

/// The one line of a password, without the line breaks behind it, which come from files, `echo` and pasting.
fn read_password(input: &Input) -> Result<Password, LocalKeyError> {
    let shown = input.to_string();
    let mut text = match input.read(PASSWORD_BYTES) {
        Ok(text) => text,
        Err(source) => return Err(LocalKeyError::ReadPassword { password: shown, source }),
    };
    let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let length = text.iter().rposition(|byte| !is_break(byte)).map_or(0, |last| last.saturating_add(1));
    text.truncate(length);
    match text.iter().any(is_break) {
        _ if text.is_empty() => Err(LocalKeyError::NotPassword { password: shown, found: "nothing in it" }),
        true => Err(LocalKeyError::NotPassword { password: shown, found: "several lines" }),
        false => Ok(Password { text, shown }),
    }
}

/// The first private key of a file.
fn parse_key(text: &[u8], input: &Input, password: Option<&Password>) -> Result<(KeySpec, Pair), LocalKeyError> {
    let key = || input.to_string();
    let der = key_file::private_key(text).map_err(|none| match none {
        NoKey::PemHeaders => LocalKeyError::EncryptedForm { key: key(), form: EncryptedForm::PemHeaders },
        NoKey::Other(form) => LocalKeyError::NotKey { key: key(), form },
        NoKey::Nothing => LocalKeyError::NoKey { key: key() },
    })?;
    let found = match &der {
        KeyDer::Pkcs8(der) => pkcs8(der),
        KeyDer::Pkcs1(der) => pkcs1(der),
        KeyDer::Sec1(der) => sec1(der),
        KeyDer::Unnamed(der) => pkcs8(der).or_else(|| pkcs1(der)).or_else(|| sec1(der)),
        KeyDer::Encrypted(der) => {
            let plain = decrypt(der, input, password)?;
            // One password in 256 that is wrong leaves something that looks as if it were padded.
            if let (false, Some(password)) = (key_file::is_private_key(&plain), password) {
                return Err(LocalKeyError::OtherPassword { key: key(), password: password.shown.clone() });
            }
            pkcs8(&plain)
        }
    };
    found.ok_or_else(|| LocalKeyError::Unsupported { key: key() })
}

/// The PKCS#8 of an encrypted key.
fn decrypt(der: &[u8], input: &Input, password: Option<&Password>) -> Result<Zeroizing<Vec<u8>>, LocalKeyError> {
    let key = input.to_string();
    let Some(password) = password else {
        // A form that is not read is told first: no password would help.
        return Err(match encrypted_key::check_form(der) {
            Err(Undecrypted::Form(form)) => LocalKeyError::EncryptedForm { key, form },
            _ => LocalKeyError::Encrypted { key },
        });
    };
    encrypted_key::decrypt(der, &password.text).map_err(|why| match why {
        Undecrypted::Form(form) => LocalKeyError::EncryptedForm { key, form },
        Undecrypted::Password => LocalKeyError::OtherPassword { key, password: password.shown.clone() },
        Undecrypted::Malformed => LocalKeyError::DamagedKey { key },
    })
}

fn pkcs1(der: &[u8]) -> Option<(KeySpec, Pair)> {
    rsa(RsaKeyPair::from_der(der).ok())
}

fn sec1(der: &[u8]) -> Option<(KeySpec, Pair)> {
    ecdsa(|algorithm| EcdsaKeyPair::from_private_key_der(algorithm, der).ok())
}

/// A key in PKCS#8 (RFC 5958), which names its own kind.
fn pkcs8(der: &[u8]) -> Option<(KeySpec, Pair)> {
    rsa(RsaKeyPair::from_pkcs8(der).ok()).or_else(|| ecdsa(|algorithm| EcdsaKeyPair::from_pkcs8(algorithm, der).ok()))
}

/// An RSA key of one of the three sizes.
fn rsa(pair: Option<RsaKeyPair>) -> Option<(KeySpec, Pair)> {
    let pair = pair?;
    let spec = match pair.public_modulus_len() {
        256 => KeySpec::Rsa2048,
        384 => KeySpec::Rsa3072,
        512 => KeySpec::Rsa4096,
        _ => return None,
    };
    Some((spec, Pair::Rsa(Box::new(pair))))
}

/// An ECDSA key of the one curve for which it can be read.
fn ecdsa(read: impl Fn(&'static EcdsaSigningAlgorithm) -> Option<EcdsaKeyPair>) -> Option<(KeySpec, Pair)> {
    let curves = [
        (KeySpec::Ec256, &signature::ECDSA_P256_SHA256_FIXED_SIGNING),
        (KeySpec::Ec384, &signature::ECDSA_P384_SHA384_FIXED_SIGNING),
        (KeySpec::Ec521, &signature::ECDSA_P521_SHA512_FIXED_SIGNING),
    ];
    curves.into_iter().find_map(|(spec, algorithm)| Some((spec, Pair::Ecdsa(Box::new(read(algorithm)?)))))
}

/// RSASSA-PSS of a key; `None` for a key that is not RSA.
fn rsa_encoding(spec: KeySpec) -> Option<&'static RsaSignatureEncoding> {
    match spec {
        KeySpec::Rsa2048 => Some(&signature::RSA_PSS_SHA256),
        KeySpec::Rsa3072 => Some(&signature::RSA_PSS_SHA384),
        KeySpec::Rsa4096 => Some(&signature::RSA_PSS_SHA512),
        KeySpec::Ec256 | KeySpec::Ec384 | KeySpec::Ec521 => None,
    }
}

fn read_chain(input: &Input) -> Result<CertificateChain, LocalKeyError> {
    let text = input.read(CHAIN_FILE_BYTES);
    let text = text.map_err(|source| LocalKeyError::ReadChain { chain: input.to_string(), source })?;
    parse_chain(&text, input)
}

fn parse_chain(text: &[u8], input: &Input) -> Result<CertificateChain, LocalKeyError> {
    let chain = input.to_string();
    let certificates = match key_file::certificates(text) {
        Ok(certificates) => certificates,
        Err((_, Some(form))) => return Err(LocalKeyError::NotChain { chain, form }),
        Err((source, None)) => return Err(LocalKeyError::Chain { chain, source }),
    };
    CertificateChain::new(certificates).map_err(|source| LocalKeyError::ChainLength { chain, source: Box::new(source) })
}

/// A warning, if others can read the file of a secret.
fn exposure(what: &str, input: &Input) -> Option<Reason> {
    let mode = fs::metadata(input.path()?).ok()?.permissions().mode() & 0o777;
    (mode & READABLE_BY_OTHERS != 0).then(|| {
        Reason::new(
            "key-file-readable",
            format!("the {what} {input} can be read by others (mode {mode:o}, expected 600)"),
        )
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use aws_lc_rs::encoding::AsDer as _;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;
    use crate::command::key_algorithm::{ALGORITHMS, generate};

    /// A folder with `key` and `chain`: a certificate of `certified` next to a key file with this text.
    struct Files(tempfile::TempDir);

    impl Files {
        fn new(key_text: &str, certified: &KeyPair) -> Self {
            let files = Self(tempfile::tempdir().unwrap());
            let mut params = CertificateParams::default();
            params.distinguished_name.push(DnType::CommonName, "leaf");
            fs::write(files.key(), key_text).unwrap();
            fs::set_permissions(files.key(), fs::Permissions::from_mode(0o600)).unwrap();
            fs::write(files.chain(), params.self_signed(certified).unwrap().pem()).unwrap();
            files
        }

        fn key(&self) -> PathBuf {
            self.0.path().join("key")
        }

        fn chain(&self) -> PathBuf {
            self.0.path().join("chain")
        }

        fn load(&self) -> Result<LocalKey, LocalKeyError> {
            LocalKey::load(&self.key().into(), &Input::from(self.chain()), None)
        }
    }

    fn pem(label: &str, der: &[u8]) -> String {
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
    }

    #[test]
    fn each_of_the_six_kinds_signs_what_the_core_accepts() {
        for (name, spec) in ALGORITHMS {
            let pair = generate(spec).unwrap();
            let key = Files::new(&pair.serialize_pem(), &pair).load().unwrap();
            assert_eq!(key.spec(), spec, "{name}");
            let signed = key.sign(b"message").unwrap();
            assert_eq!(spec.verify(key.chain().leaf().public_key(), b"message", &signed), Ok(()), "{name}");
            assert!(spec.verify(key.chain().leaf().public_key(), b"other", &signed).is_err(), "{name}");
        }
    }

    #[test]
    fn pkcs1_and_sec1_are_read_like_pkcs8() {
        let rsa = generate(KeySpec::Rsa2048).unwrap();
        // PKCS#8 of RSA is 26 bytes of header, then PKCS#1 (RFC 8017 appendix A.1.2).
        let files = Files::new(&pem("RSA PRIVATE KEY", &rsa.serialized_der()[26..]), &rsa);
        assert_eq!(files.load().unwrap().spec(), KeySpec::Rsa2048);

        let ec = generate(KeySpec::Ec384).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P384_SHA384_FIXED_SIGNING, ec.serialized_der()).unwrap();
        let sec1: aws_lc_rs::encoding::EcPrivateKeyRfc5915Der<'_> = pair.private_key().as_der().unwrap();
        let parameters = pem("EC PARAMETERS", &[6, 5, 43, 129, 4, 0, 34]);
        let files = Files::new(&format!("{parameters}{}", pem("EC PRIVATE KEY", sec1.as_ref())), &ec);
        assert_eq!(files.load().unwrap().spec(), KeySpec::Ec384);
    }

    const ENCRYPTED: &str = include_str!("../../tests/vectors/keys/encrypted/aes-256-cbc-hmacWithSHA256.pem");
    const PLAIN: &[u8] = include_bytes!("../../tests/vectors/keys/encrypted/plain.der");

    /// An encrypted key with a certificate of it.
    fn encrypted(text: &str) -> Files {
        Files::new(text, &KeyPair::try_from(PLAIN).unwrap())
    }

    fn password(content: &str) -> Input {
        Input::Text { shown: "SEALGATE_KEY_PASSWORD".to_owned(), content: content.into() }
    }

    #[test]
    fn an_encrypted_key_signs_with_its_password_and_not_without() {
        let files = encrypted(ENCRYPTED);
        let load = |given: Option<Input>| LocalKey::load(&files.key().into(), &files.chain().into(), given.as_ref());
        assert!(matches!(load(None), Err(LocalKeyError::Encrypted { .. })));
        for given in ["päss wörd", "päss wörd\n", "päss wörd\r\n\n"] {
            let key = load(Some(password(given))).unwrap();
            let signed = key.sign(b"message").unwrap();
            assert_eq!(key.spec().verify(key.chain().leaf().public_key(), b"message", &signed), Ok(()));
        }
        let other = load(Some(password("pass word")));
        assert!(
            matches!(other, Err(LocalKeyError::OtherPassword { password, .. }) if password == "SEALGATE_KEY_PASSWORD")
        );
        for given in ["\n", "päss wörd\npäss wörd\n"] {
            assert!(matches!(load(Some(password(given))), Err(LocalKeyError::NotPassword { .. })), "{given:?}");
        }
        let file = files.0.path().join("password");
        assert!(matches!(load(Some(file.as_path().into())), Err(LocalKeyError::ReadPassword { .. })));
        fs::write(&file, "päss wörd\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let key = load(Some(file.as_path().into())).unwrap();
        let warnings: Vec<_> = key.warnings().iter().map(|reason| reason.code.as_str()).collect();
        assert_eq!(warnings, ["key-file-readable"]);
    }

    #[test]
    fn no_password_that_is_wrong_is_taken_for_one_of_a_key_of_another_kind() {
        let files = encrypted(include_str!("../../tests/vectors/keys/encrypted/rounds-1.pem"));
        // One in 256 leaves something that looks as if it were padded.
        for number in 0..2000 {
            let given = password(&number.to_string());
            let refused = LocalKey::load(&files.key().into(), &files.chain().into(), Some(&given));
            assert!(matches!(refused, Err(LocalKeyError::OtherPassword { .. })), "{number}");
        }
    }

    #[test]
    fn a_form_that_is_not_read_is_told_with_and_without_a_password() {
        for (text, form) in [
            (include_str!("../../tests/vectors/keys/encrypted/scrypt.pem"), EncryptedForm::Scrypt),
            (include_str!("../../tests/vectors/keys/encrypted/pem-headers.pem"), EncryptedForm::PemHeaders),
        ] {
            let files = encrypted(text);
            for given in [None, Some(&password("päss wörd"))] {
                let refused = LocalKey::load(&files.key().into(), &files.chain().into(), given);
                assert!(matches!(refused, Err(LocalKeyError::EncryptedForm { form: found, .. }) if found == form));
            }
        }
        let damaged = pem("ENCRYPTED PRIVATE KEY", b"xxxx");
        let files = encrypted(&damaged);
        let refused = LocalKey::load(&files.key().into(), &files.chain().into(), Some(&password("x")));
        assert!(matches!(refused, Err(LocalKeyError::DamagedKey { .. })));
    }

    #[test]
    fn key_and_chain_may_be_in_variables() {
        let pair = generate(KeySpec::Ec256).unwrap();
        let files = Files::new(&pair.serialize_pem(), &pair);
        let variable = |name: &str, content: String| Input::Text { shown: name.to_owned(), content: content.into() };
        let chain = fs::read_to_string(files.chain()).unwrap();
        let key = variable("env:KEY", pair.serialize_pem().replace('\n', "\\n"));
        let loaded = LocalKey::load(&key, &variable("env:CHAIN", chain.clone()), None).unwrap();
        assert_eq!((loaded.name().as_str(), loaded.warnings()), ("local key env:KEY", &[][..]));
        let both = variable("env:BOTH", format!("{}{chain}", pair.serialize_pem()));
        assert!(
            LocalKey::load(&both, &both, None).is_ok() && LocalKey::load(&both, &files.chain().into(), None).is_ok()
        );
        let error = LocalKey::load(&variable("env:KEY", "geheim".to_owned()), &files.chain().into(), None).unwrap_err();
        assert!(matches!(error, LocalKeyError::NoKey { .. }));
        assert!(error.to_string().starts_with("env:KEY has no private key") && !error.to_string().contains("geheim"));
    }

    #[test]
    fn a_file_without_a_key_is_refused() {
        let pair = generate(KeySpec::Ec256).unwrap();
        for text in ["", "hello", "-----BEGIN PRIVATE KEY-----\nAAAA\n", &pem("X9.42 DH PARAMETERS", b"x")] {
            let refused = Files::new(text, &pair).load();
            assert!(matches!(refused, Err(LocalKeyError::NoKey { .. })), "{text}");
        }
    }

    #[test]
    fn key_and_chain_may_be_one_file_and_any_text_or_der() {
        let pair = generate(KeySpec::Ec384).unwrap();
        let files = Files::new(&pair.serialize_pem(), &pair);
        let chain = fs::read_to_string(files.chain()).unwrap();
        let both = format!("{}{chain}", pair.serialize_pem());
        let utf16: Vec<u8> = "\u{feff}".encode_utf16().chain(both.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for bytes in [
            both.clone().into_bytes(),
            format!("\u{feff}{both}").into_bytes(),
            both.replace('\n', "").into_bytes(),
            STANDARD.encode(&both).into_bytes(),
            utf16,
        ] {
            fs::write(files.key(), &bytes).unwrap();
            let one = Input::from(files.key());
            let key = LocalKey::load(&one, &one, None).unwrap();
            assert_eq!(key.spec(), KeySpec::Ec384);
            // Each of the two may also be named beside the other.
            assert!(files.load().is_ok());
        }
        let rsa = generate(KeySpec::Rsa2048).unwrap();
        // Bare DER does not say which form it is: PKCS#8, or PKCS#1 inside of it.
        for der in [rsa.serialized_der(), &rsa.serialized_der()[26..]] {
            let files = Files::new("", &rsa);
            fs::write(files.key(), der).unwrap();
            assert_eq!(files.load().unwrap().spec(), KeySpec::Rsa2048);
        }
    }

    #[test]
    fn what_is_no_key_or_no_chain_is_named() {
        let pair = generate(KeySpec::Ec256).unwrap();
        let files = Files::new(&pair.public_key_pem(), &pair);
        assert!(matches!(files.load(), Err(LocalKeyError::NotKey { form: Form::PublicKey, .. })));
        fs::write(files.key(), pair.serialize_pem()).unwrap();
        fs::write(files.chain(), pair.serialize_pem()).unwrap();
        assert!(matches!(files.load(), Err(LocalKeyError::NotChain { form: Form::PrivateKey, .. })));
        let request = CertificateParams::default().serialize_request(&pair).unwrap();
        fs::write(files.chain(), request.pem().unwrap()).unwrap();
        assert!(matches!(files.load(), Err(LocalKeyError::NotChain { form: Form::CertificateRequest, .. })));
    }

    #[test]
    fn a_key_of_another_kind_is_refused() {
        let pair = generate(KeySpec::Ec256).unwrap();
        let ed25519 = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        for text in [
            ed25519.serialize_pem(),
            pem("PRIVATE KEY", b"x"),
            pem("EC PRIVATE KEY", b"x"),
            pem("RSA PRIVATE KEY", b"x"),
        ] {
            let refused = Files::new(&text, &pair).load();
            assert!(matches!(refused, Err(LocalKeyError::Unsupported { .. })), "{text}");
        }
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let (pair, other) = (generate(KeySpec::Ec256).unwrap(), generate(KeySpec::Ec256).unwrap());
        assert!(matches!(Files::new(&pair.serialize_pem(), &other).load(), Err(LocalKeyError::OtherKey { .. })));
        let other = generate(KeySpec::Ec384).unwrap();
        assert!(matches!(Files::new(&pair.serialize_pem(), &other).load(), Err(LocalKeyError::OtherKey { .. })));
    }

    #[test]
    fn a_chain_that_is_none_is_refused() {
        let pair = generate(KeySpec::Ec256).unwrap();
        let files = Files::new(&pair.serialize_pem(), &pair);
        fs::write(files.chain(), "hello").unwrap();
        assert!(matches!(files.load(), Err(LocalKeyError::Chain { .. })));
        fs::remove_file(files.chain()).unwrap();
        assert!(matches!(files.load(), Err(LocalKeyError::ReadChain { .. })));
        fs::remove_file(files.key()).unwrap();
        assert!(matches!(files.load(), Err(LocalKeyError::ReadKey { .. })));
    }

    #[test]
    fn a_key_that_others_can_read_is_told() {
        let pair = generate(KeySpec::Ec256).unwrap();
        let files = Files::new(&pair.serialize_pem(), &pair);
        for (mode, warned) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true), (0o644, true)] {
            fs::set_permissions(files.key(), fs::Permissions::from_mode(mode)).unwrap();
            let warnings: Vec<_> = files.load().unwrap().warnings().iter().map(|reason| reason.code.clone()).collect();
            assert_eq!(warnings == ["key-file-readable"], warned, "{mode:o}");
        }
    }
}
