//! Tests over the certificates in `vectors`; the folder's README says how they were made.

mod chain;
mod hostile;
mod parse;

use serde_json::Value;

use super::*;

/// A file of the vectors: `certificates/name.pem`.
pub(super) fn read(path: &str) -> Vec<u8> {
    let path = format!("{}/vectors/{path}", env!("CARGO_MANIFEST_DIR"));
    #[expect(clippy::disallowed_methods, reason = "test data, too many files to include one by one")]
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The certificates of one file.
pub(super) fn certificates(name: &str) -> Result<Vec<Certificate>, CertificateError> {
    parse_pem(&read(&format!("certificates/{name}.pem")))
}

/// The first certificate of one file, which must parse.
pub(super) fn certificate(name: &str) -> Certificate {
    certificates(name).unwrap_or_else(|error| panic!("{name}: {error:?}")).remove(0)
}

/// The chain of one file, which must parse.
pub(super) fn chain(name: &str) -> CertificateChain {
    CertificateChain::new(certificates(name).unwrap_or_else(|error| panic!("{name}: {error:?}"))).unwrap()
}

/// What notation makes of one file.
pub(super) struct Verdict {
    pub(super) file: String,
    pub(super) parses: bool,
    pub(super) accepts: bool,
    pub(super) subject: String,
}

/// What notation makes of every file there is.
pub(super) fn notation() -> Vec<Verdict> {
    let lines = read("certificates/notation.jsonl");
    let verdicts: Vec<_> = serde_json::Deserializer::from_slice(&lines)
        .into_iter::<Value>()
        .map(|line| {
            let line = line.unwrap();
            Verdict {
                file: line["file"].as_str().unwrap().to_owned(),
                parses: line["parses"].as_bool().unwrap(),
                accepts: line["accepts"].as_bool().unwrap(),
                subject: line["subject"].as_str().unwrap_or_default().to_owned(),
            }
        })
        .collect();
    assert!(verdicts.len() > 150);
    verdicts
}

/// Names of the files that begin with `prefix`.
pub(super) fn files(prefix: &str) -> Vec<String> {
    notation().into_iter().map(|verdict| verdict.file).filter(|file| file.starts_with(prefix)).collect()
}
