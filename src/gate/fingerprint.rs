//! One digest over everything that a file of gates trusts.

use notary::certificate::Certificate;
use notary::digest::Digest;
use notary::extension::aws_signer::AwsRoots;

use super::model::{Gates, SignerTrust};

/// First line of what is hashed, so that nothing else has the same digest.
const FORMAT: &str = "sealgate gates 1";

impl Gates {
    /// Digest of the file itself.
    pub(crate) fn file_digest(&self) -> String {
        format!("sha256:{}", self.sha256)
    }

    /// Digest of the file, together with the fingerprints of all roots and the ARNs of all signing profiles: a file of a root that
    /// somebody swapped changes it, although the file of gates is the same.
    ///
    /// It is the SHA-256 of lines of text, each with a line break at its end: the format; `file` and the digest of the file; then for
    /// each signer, in the order of the file, `signer` and its name, `profile` and each ARN, and `root` and the SHA-256 of each
    /// certificate, both in ascending order. Roots of AWS Signer are those of the profiles' partitions.
    pub(crate) fn policy_digest(&self, aws_roots: &AwsRoots) -> String {
        let mut text = format!("{FORMAT}\nfile {}\n", self.file_digest());
        for signer in &self.signers {
            text.push_str(&format!("signer {}\n", signer.name));
            let (mut profiles, mut roots) = (Vec::new(), Vec::new());
            match &signer.trust {
                SignerTrust::Profiles(trusted) => {
                    profiles.extend(trusted.iter().map(|profile| profile.as_str()));
                    let of_partition = trusted.iter().flat_map(|profile| aws_roots.for_partition(profile.partition()));
                    roots.extend(of_partition.map(Certificate::fingerprint));
                }
                SignerTrust::Certificates { roots: trusted, .. } => {
                    roots.extend(trusted.iter().map(Certificate::fingerprint));
                }
            }
            profiles.sort_unstable();
            profiles.dedup();
            roots.sort_unstable();
            roots.dedup();
            text.extend(profiles.iter().map(|profile| format!("profile {profile}\n")));
            text.extend(roots.iter().map(|root| format!("root sha256:{root}\n")));
        }
        Digest::sha256(text.as_bytes()).to_string()
    }
}
