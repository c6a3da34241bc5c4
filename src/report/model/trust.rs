//! What is found of trust: a folder with its policy and stores, and the roots that need none.

use serde::Serialize;

use super::{CertificateReport, Reason};

#[derive(Debug, Serialize)]
pub(crate) struct TrustReport {
    pub(crate) folder: String,
    /// Files written by this run; empty when all was as asked for.
    pub(crate) written: Vec<String>,
    /// Files removed by this run.
    pub(crate) removed: Vec<String>,
    /// Backups of files that were replaced.
    pub(crate) backups: Vec<String>,
    /// Policy files that were read.
    pub(crate) policies: Vec<String>,
    pub(crate) statements: Vec<TrustStatementReport>,
    pub(crate) stores: Vec<TrustStoreReport>,
    /// The roots of AWS Signer that are part of sealgate; only in `trust show`.
    pub(crate) aws_roots: Vec<AwsRootReport>,
    /// What would make a verification fail.
    pub(crate) problems: Vec<Reason>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TrustStatementReport {
    pub(crate) name: String,
    pub(crate) level: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) stores: Vec<String>,
    pub(crate) identities: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TrustStoreReport {
    /// Type and name, for example `ca:acme`.
    pub(crate) name: String,
    /// Its certificates, in the order of the files.
    pub(crate) certificates: Vec<AnchorReport>,
}

/// A certificate of a trust store.
#[derive(Debug, Serialize)]
pub(crate) struct AnchorReport {
    #[serde(flatten)]
    pub(crate) certificate: CertificateReport,
    /// The partition whose AWS Signer root it is, byte for byte.
    pub(crate) aws_root: Option<String>,
    /// Whether it is not one of AWS's roots, but replaces them through `--aws-root`.
    pub(crate) not_an_aws_root: bool,
}

/// A root of AWS Signer that is part of sealgate.
#[derive(Debug, Serialize)]
pub(crate) struct AwsRootReport {
    /// The partition, for example `aws`.
    pub(crate) partition: String,
    /// Type and name of the trust store in which AWS's installer puts it.
    pub(crate) trust_store: String,
    #[serde(flatten)]
    pub(crate) certificate: CertificateReport,
}
