//! `key generate`: a key for development, with its certificate chain and its trust anchor.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notary::Timestamp;
use notary::algorithm::KeySpec;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use zeroize::Zeroizing;

use super::{Done, key_algorithm};
use crate::config::key_generate::KeyGenerateArgs;
use crate::context::Context;
use crate::error::{Error, code};
use crate::files::{self, Existing, Prepared};
use crate::report::{Findings, KeyReport, Report};
use crate::signer::{LocalKey, LocalKeyError};

/// How long the certificates are valid. There is no revocation, so it is short, but long enough for an afternoon's work.
pub(super) const VALIDITY: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// How long before now they are valid, for machines whose clock is behind.
const BACKDATED: Duration = Duration::from_secs(60 * 60);

/// Longest name: a common name has 64 characters (RFC 5280, ub-common-name), and the anchor's name adds to it.
const NAME_LENGTH: usize = 40;

/// Country of the subjects: a code that ISO 3166 leaves to users.
const COUNTRY: &str = "ZZ";

const STATE: &str = "Development";

const ORGANIZATION: &str = "sealgate development";

const UNIT: &str = "not for production";

/// What stands before the first block of each file, where PEM allows explanatory text (RFC 7468 section 2).
const REMARK: &str = "# Made by sealgate for development. No authority vouches for it, and it cannot be revoked.\n";

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum KeyGenerateError {
    #[error(
        "the name of a key is 1 to {NAME_LENGTH} of `A-Z a-z 0-9 _ . -` and starts with a letter or digit, got `{found}`"
    )]
    Name { found: String },
    #[error("unknown algorithm `{found}`")]
    Algorithm { found: String },
    #[error("the key or its certificates could not be made")]
    Generate(#[from] rcgen::Error),
    #[error("the key was not made")]
    Task(#[from] tokio::task::JoinError),
    #[error("{} already exists", path.display())]
    Exists { path: PathBuf },
    /// One of the files cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl From<KeyGenerateError> for Error {
    fn from(error: KeyGenerateError) -> Self {
        match &error {
            KeyGenerateError::Name { .. } | KeyGenerateError::Algorithm { .. } => Self::of(code::USAGE, &error),
            KeyGenerateError::Generate(_) | KeyGenerateError::Task(_) => Self::of(code::INTERNAL, &error),
            KeyGenerateError::Exists { .. } => Self::of(code::FILE_EXISTS, &error)
                .help("choose another --name or --out; --force replaces the key, which is then lost"),
            KeyGenerateError::Write { .. } => {
                Self::of(code::FILE, &error).help("give a folder that you can write to: --out DIR")
            }
        }
    }
}

/// Texts of a new key and its certificates.
pub(crate) struct Material {
    /// The private key (PEM, PKCS#8).
    pub(crate) key: Zeroizing<String>,
    /// The chain, leaf first (PEM).
    pub(crate) chain: String,
    pub(crate) anchor: String,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
}

pub(super) async fn run(args: KeyGenerateArgs, context: &Context) -> Result<Done, Error> {
    Ok(make(args, context).await?)
}

pub(super) struct KeyFiles {
    pub(super) key: PathBuf,
    pub(super) certificate_chain: PathBuf,
    pub(super) root: PathBuf,
    /// The identity to verify with.
    pub(super) identity: String,
}

impl KeyFiles {
    /// The key of these files.
    ///
    /// # Errors
    /// [`LocalKeyError`].
    pub(super) fn load(&self) -> Result<LocalKey, LocalKeyError> {
        LocalKey::load(&self.key.as_path().into(), &self.certificate_chain.as_path().into(), None)
    }
}

/// Makes a key of the usual kind in a folder that has none of that name.
///
/// # Errors
/// [`KeyGenerateError`].
pub(super) fn make_files(folder: &Path, name: &str, now: Timestamp) -> Result<KeyFiles, KeyGenerateError> {
    let files = Files::new(folder, name);
    files.write(&generate(name, KeySpec::Ec256, now)?, Existing::Keep)?;
    let Files { key, chain, anchor, .. } = files;
    Ok(KeyFiles { key, certificate_chain: chain, root: anchor, identity: identity(name) })
}

/// Makes a key and writes its files.
async fn make(args: KeyGenerateArgs, context: &Context) -> Result<Done, KeyGenerateError> {
    check_name(&args.name)?;
    let unknown = || KeyGenerateError::Algorithm { found: args.algorithm.clone() };
    let (algorithm, spec) = key_algorithm::by_name(&args.algorithm).ok_or_else(unknown)?;
    let files = Files::new(Path::new(&args.out), &args.name);
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    files.check(existing)?;
    let (name, now) = (args.name.clone(), context.clock.now());
    let material = tokio::task::spawn_blocking(move || generate(&name, spec, now)).await??;
    files.write(&material, existing)?;
    let key = KeyReport {
        algorithm,
        key: files.key.display().to_string(),
        certificate_chain: files.chain.display().to_string(),
        root: files.anchor.display().to_string(),
        identity: identity(&args.name),
        not_before: material.not_before.to_string(),
        not_after: material.not_after.to_string(),
    };
    Ok(Done::Report(Box::new(Report::of(context.command, Findings::Key(key)))))
}

/// The identity to verify a development key with.
pub(crate) fn identity(name: &str) -> String {
    format!("x509.subject: C={COUNTRY}, ST={STATE}, O={ORGANIZATION}, CN={name}")
}

/// Checks that a name can be a file name, a common name, and a part of an identity without escapes.
fn check_name(name: &str) -> Result<(), KeyGenerateError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let starts = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    if starts && name.len() <= NAME_LENGTH && name.bytes().all(allowed) {
        return Ok(());
    }
    Err(KeyGenerateError::Name { found: name.to_owned() })
}

/// Makes a key, a certificate for it, and an authority that signed the certificate and whose key is thrown away.
pub(crate) fn generate(name: &str, spec: KeySpec, now: Timestamp) -> Result<Material, KeyGenerateError> {
    let anchor_key = key_algorithm::generate(spec)?;
    let anchor_params = anchor_params(name, now);
    let anchor = anchor_params.self_signed(&anchor_key)?.pem();
    let key = key_algorithm::generate(spec)?;
    let leaf_params = leaf_params(name, now);
    let (not_before, not_after) = (leaf_params.not_before, leaf_params.not_after);
    let leaf = leaf_params.signed_by(&key, &Issuer::from_params(&anchor_params, anchor_key))?.pem();
    let moment = |time: i64| Timestamp::from_second(time).unwrap_or(now);
    Ok(Material {
        key: private_pem(&key),
        chain: format!("{REMARK}{leaf}{anchor}"),
        anchor: format!("{REMARK}{anchor}"),
        not_before: moment(not_before.unix_timestamp()),
        not_after: moment(not_after.unix_timestamp()),
    })
}

/// The private key as PEM, marked like the certificates.
fn private_pem(key: &KeyPair) -> Zeroizing<String> {
    let pem = Zeroizing::new(key.serialize_pem());
    Zeroizing::new([REMARK, pem.as_str()].concat())
}

/// What both certificates have: names and times, and nothing that points to a revocation service.
fn params(common_name: &str, now: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    // Before 1970 no certificate is made.
    let now = Duration::from_secs(u64::try_from(now.as_second()).unwrap_or(0));
    params.not_before = epoch + now.saturating_sub(BACKDATED);
    params.not_after = epoch + now + VALIDITY;
    let mut subject = DistinguishedName::new();
    if let Ok(country) = COUNTRY.try_into() {
        subject.push(DnType::CountryName, DnValue::PrintableString(country));
    }
    subject.push(DnType::StateOrProvinceName, STATE);
    subject.push(DnType::OrganizationName, ORGANIZATION);
    subject.push(DnType::OrganizationalUnitName, UNIT);
    subject.push(DnType::CommonName, common_name);
    params.distinguished_name = subject;
    params
}

/// The authority: may sign certificates, and none of other authorities.
pub(super) fn anchor_params(name: &str, now: Timestamp) -> CertificateParams {
    let mut params = params(&format!("{name} development CA"), now);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// The signer: may sign code, and nothing else (certificate requirements of the signature specification).
pub(super) fn leaf_params(name: &str, now: Timestamp) -> CertificateParams {
    let mut params = params(name, now);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
    params.use_authority_key_identifier_extension = true;
    params
}

struct Files {
    folder: PathBuf,
    key: PathBuf,
    chain: PathBuf,
    anchor: PathBuf,
}

impl Files {
    fn new(folder: &Path, name: &str) -> Self {
        Self {
            folder: folder.to_owned(),
            key: folder.join(format!("{name}.key")),
            chain: folder.join(format!("{name}.crt")),
            anchor: folder.join(format!("{name}-ca.crt")),
        }
    }

    /// Checks before the work that nothing would be overwritten.
    fn check(&self, existing: Existing) -> Result<(), KeyGenerateError> {
        let there = |path: &&PathBuf| existing == Existing::Keep && path.symlink_metadata().is_ok();
        match [&self.key, &self.chain, &self.anchor].into_iter().find(there) {
            Some(path) => Err(KeyGenerateError::Exists { path: path.clone() }),
            None => Ok(()),
        }
    }

    fn write(&self, material: &Material, existing: Existing) -> Result<(), KeyGenerateError> {
        let failed = |path: &Path, source| KeyGenerateError::Write { path: path.to_owned(), source };
        files::make_folder(&self.folder).map_err(|source| failed(&self.folder, source))?;
        let contents = [
            (&self.anchor, material.anchor.as_bytes(), 0o644),
            (&self.chain, material.chain.as_bytes(), 0o644),
            (&self.key, material.key.as_bytes(), 0o600),
        ];
        let mut prepared = Vec::new();
        for (path, content, mode) in contents {
            prepared.push(Prepared::new(path, content, mode).map_err(|source| failed(path, source))?);
        }
        files::publish_all(prepared, existing).map_err(|(path, source)| match source.kind() {
            io::ErrorKind::AlreadyExists => KeyGenerateError::Exists { path },
            _ => KeyGenerateError::Write { path, source },
        })
    }
}

#[cfg(test)]
mod tests {
    use notary::certificate::{self, CertificateChain};

    use super::*;
    use crate::command::key_algorithm::ALGORITHMS;

    fn now() -> Timestamp {
        "2026-03-04T05:06:07Z".parse().unwrap()
    }

    #[test]
    fn the_chain_of_each_kind_of_key_may_sign_code() {
        // Long keys take long to make: `tests/integration/key_generate.rs` has every kind, and signs and verifies with it.
        let short = ALGORITHMS.into_iter().filter(|(_, spec)| !matches!(spec, KeySpec::Rsa3072 | KeySpec::Rsa4096));
        for (name, spec) in short {
            let material = generate("dev", spec, now()).unwrap();
            let chain = certificate::parse_pem(material.chain.as_bytes()).unwrap();
            let anchor = certificate::parse_pem(material.anchor.as_bytes()).unwrap();
            assert_eq!(chain.len(), 2, "{name}");
            assert_eq!(chain[1].der(), anchor[0].der(), "{name}");
            assert_eq!(chain[0].key_spec().unwrap(), spec, "{name}");
            assert!(chain[0].revocation_pointers().is_empty(), "{name}");
            let chain = CertificateChain::new(chain).unwrap();
            chain.check_code_signing().unwrap_or_else(|error| panic!("{name}: {error:?}"));
            chain.check_valid_at(now()).unwrap();
        }
    }

    #[test]
    fn a_certificate_is_valid_from_an_hour_ago_for_ninety_days() {
        let material = generate("dev", KeySpec::Ec256, now()).unwrap();
        assert_eq!(material.not_before.to_string(), "2026-03-04T04:06:07Z");
        assert_eq!(material.not_after.to_string(), "2026-06-02T05:06:07Z");
        let leaf = &certificate::parse_pem(material.chain.as_bytes()).unwrap()[0];
        assert_eq!((leaf.not_before(), leaf.not_after()), (material.not_before, material.not_after));
    }

    #[test]
    fn the_subject_says_what_it_is_and_fits_the_identity() {
        let material = generate("dev", KeySpec::Ec256, now()).unwrap();
        let leaf = &certificate::parse_pem(material.chain.as_bytes()).unwrap()[0];
        insta::assert_snapshot!(leaf.subject(), @"CN=dev,OU=not for production,O=sealgate development,ST=Development,C=ZZ");
        insta::assert_snapshot!(leaf.issuer(), @"CN=dev development CA,OU=not for production,O=sealgate development,ST=Development,C=ZZ");
        insta::assert_snapshot!(identity("dev"), @"x509.subject: C=ZZ, ST=Development, O=sealgate development, CN=dev");
    }

    #[test]
    fn the_key_file_holds_one_key_and_says_what_it_is_for() {
        let material = generate("dev", KeySpec::Ec256, now()).unwrap();
        let key = material.key.strip_prefix(REMARK).unwrap();
        assert!(key.starts_with("-----BEGIN PRIVATE KEY-----"));
        assert!(material.key.trim_end().ends_with("-----END PRIVATE KEY-----"));
        assert_eq!(material.key.matches("-----BEGIN").count(), 1);
    }

    #[test]
    fn names_that_are_no_plain_file_names_are_refused() {
        for name in ["dev", "a", "A-1_b.c", &"x".repeat(NAME_LENGTH)] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["", ".", "..", ".dev", "-dev", "a/b", "a b", "a,b", "ä", "a\n", &"x".repeat(NAME_LENGTH + 1)] {
            assert!(matches!(check_name(name), Err(KeyGenerateError::Name { .. })), "{name}");
        }
    }
}
