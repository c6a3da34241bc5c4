//! The roots of AWS Signer, one for each partition of AWS that has a known one.

use std::sync::LazyLock;

use crate::certificate::{Certificate, CertificateChain, parse_pem};

/// Partition, name of the trust store in which AWS's installer puts it, and the certificate in PEM. Where they come
/// from and what they were compared with is in `tests/vectors/aws-signer/README.md`.
const EMBEDDED: [(&str, &str, &str); 2] = [
    ("aws", "aws-signer-ts", include_str!("roots/aws.pem")),
    ("aws-us-gov", "aws-us-gov-signer-ts", include_str!("roots/aws-us-gov.pem")),
];

/// Bytes of the key of each, P-384 without compression.
const KEY_BYTES: usize = 97;

/// A root that is part of this crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRoot {
    partition: &'static str,
    trust_store: &'static str,
    pem: &'static str,
    certificate: Certificate,
}

impl KnownRoot {
    /// The partition whose signing profiles it is for.
    #[must_use]
    pub const fn partition(&self) -> &'static str {
        self.partition
    }

    /// The name, without the type, of the `signingAuthority` trust store in which AWS's installer puts it.
    #[must_use]
    pub const fn trust_store(&self) -> &'static str {
        self.trust_store
    }

    /// The certificate in PEM.
    #[must_use]
    pub const fn pem(&self) -> &'static str {
        self.pem
    }

    /// The certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }
}

/// AWS's own, read once.
static KNOWN: LazyLock<Vec<KnownRoot>> = LazyLock::new(|| {
    let read = |(partition, trust_store, pem): (&'static str, &'static str, &'static str)| {
        // Both files are read by a test, so that none is missing here.
        let certificate = parse_pem(pem.as_bytes()).ok()?.into_iter().next()?;
        Some(KnownRoot { partition, trust_store, pem, certificate })
    };
    EMBEDDED.into_iter().filter_map(read).collect()
});

/// The certificates that count as roots of AWS Signer.
///
/// Whatever they are, AWS's own stay known: a chain that ends in one of those is always held to the rules of AWS Signer, and
/// if it does not count here, it is trusted by nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsRoots {
    replaced: Option<Vec<Certificate>>,
}

impl AwsRoots {
    /// AWS's own.
    #[must_use]
    pub const fn embedded() -> Self {
        Self { replaced: None }
    }

    /// Other roots that replace AWS's, for every partition.
    #[must_use]
    pub const fn replaced(roots: Vec<Certificate>) -> Self {
        Self { replaced: Some(roots) }
    }

    /// No roots: every signature of AWS Signer is refused.
    #[must_use]
    pub const fn none() -> Self {
        Self::replaced(Vec::new())
    }

    /// Whether others replace AWS's own.
    #[must_use]
    pub const fn is_replaced(&self) -> bool {
        self.replaced.is_some()
    }

    /// The roots in which the chain of a signing profile of that partition must end; none if none is known.
    #[must_use]
    pub fn for_partition(&self, partition: &str) -> &[Certificate] {
        match &self.replaced {
            Some(roots) => roots,
            None => KNOWN
                .iter()
                .find(|known| known.partition == partition)
                .map(|known| std::slice::from_ref(&known.certificate))
                .unwrap_or_default(),
        }
    }

    /// AWS's own roots, even if others replace them.
    pub fn known(&self) -> impl Iterator<Item = &KnownRoot> {
        KNOWN.iter()
    }

    /// Whether a chain is to be judged by the rules of AWS Signer: a certificate of it has the key of a root. A root is
    /// found by its key, so that neither a root over the same key that says something else nor a certificate that
    /// another authority made for that key gets around those rules.
    pub(crate) fn anchor(&self, chain: &CertificateChain) -> bool {
        let keys = || chain.certificates().iter().map(Certificate::public_key);
        let has_key_of = |root: &Certificate| keys().any(|key| key == root.public_key());
        // For a chain that cannot have the key of AWS's own they are not read.
        let is_known =
            keys().any(|key| key.len() == KEY_BYTES) && KNOWN.iter().any(|root| has_key_of(&root.certificate));
        is_known || self.replaced.iter().flatten().any(has_key_of)
    }
}
