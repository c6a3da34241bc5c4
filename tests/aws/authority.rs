//! The certificates of one partition, shaped like AWS Signer's (root, intermediate, one CA a region, leaves of days), and not AWS's.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P384_SHA384,
};

use super::clock::days;
use super::random::hex;

/// One who can sign envelopes: a leaf, its key and what is above it.
#[derive(Clone)]
pub(crate) struct Signer {
    /// DER, leaf first, root last.
    pub(crate) chain: Vec<Vec<u8>>,
    key: Vec<u8>,
    not_after: Timestamp,
}

impl Signer {
    /// ECDSA with P-384 and SHA-384; r and s of 48 bytes each, one after the other (RFC 7518 section 3.4).
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &self.key).expect("a key made here");
        key.sign(&SystemRandom::new(), message).expect("signing with a good key").as_ref().to_vec()
    }
}

/// A certification authority: its certificate in DER and its key.
struct Authority {
    der: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

/// The authorities of a partition.
pub(crate) struct Authorities {
    root: Authority,
    intermediate: Authority,
    regions: BTreeMap<String, Authority>,
    leaves: BTreeMap<String, Signer>,
}

/// What must be kept so that signatures of before a restart still end in the same root.
#[derive(serde::Deserialize, serde::Serialize)]
pub(crate) struct Kept {
    root: [String; 2],
    intermediate: [String; 2],
}

impl Authorities {
    /// New keys and certificates.
    pub(crate) fn new(partition: &str, now: Timestamp) -> Self {
        let root = {
            let (key, params) = (new_key(), root_params(partition, now));
            let der = params.self_signed(&key).expect("parameters made here").der().to_vec();
            Authority { der, issuer: Issuer::new(params, key) }
        };
        let intermediate = authority(intermediate_params(now), &root.issuer);
        Self { root, intermediate, regions: BTreeMap::new(), leaves: BTreeMap::new() }
    }

    /// The root certificate in DER.
    pub(crate) fn root(&self) -> &[u8] {
        &self.root.der
    }

    /// The root certificate as PEM.
    pub(crate) fn root_pem(&self) -> String {
        pem("CERTIFICATE", self.root())
    }

    /// The signer of a region: all who sign there share one leaf until a day before its end.
    pub(crate) fn signer(&mut self, region: &str, now: Timestamp) -> Signer {
        let intermediate = &self.intermediate;
        let regional = self
            .regions
            .entry(region.to_owned())
            .or_insert_with(|| authority(regional_params(region, now), &intermediate.issuer));
        if let Some(leaf) = self.leaves.get(region).filter(|leaf| leaf.not_after > now + days(1)) {
            return leaf.clone();
        }
        let (key, not_after) = (new_key(), now + days(4));
        let leaf =
            leaf_params(now - days(3), not_after).signed_by(&key, &regional.issuer).expect("parameters made here");
        let chain = vec![leaf.der().to_vec(), regional.der.clone(), intermediate.der.clone(), self.root.der.clone()];
        let signer = Signer { chain, key: key.serialize_der(), not_after };
        self.leaves.insert(region.to_owned(), signer.clone());
        signer
    }

    /// For a file: certificates and keys of root and intermediate. Regional authorities are made anew.
    pub(crate) fn kept(&self) -> Kept {
        let both = |one: &Authority| [STANDARD.encode(&one.der), one.issuer.key().serialize_pem()];
        Kept { root: both(&self.root), intermediate: both(&self.intermediate) }
    }

    /// The same authorities again.
    pub(crate) fn from_kept(partition: &str, kept: &Kept, now: Timestamp) -> Option<Self> {
        let read = |[der, key]: &[String; 2], params| {
            let key = KeyPair::from_pkcs8_pem_and_sign_algo(key, &PKCS_ECDSA_P384_SHA384).ok()?;
            Some(Authority { der: STANDARD.decode(der).ok()?, issuer: Issuer::new(params, key) })
        };
        let root = read(&kept.root, root_params(partition, now))?;
        let intermediate = read(&kept.intermediate, intermediate_params(now))?;
        Some(Self { root, intermediate, regions: BTreeMap::new(), leaves: BTreeMap::new() })
    }
}

/// SHA-384 of the TBSCertificate as it stands in the certificate, in hexadecimal: half of a `certificateHashes` entry.
pub(crate) fn certificate_hash(der: &[u8]) -> Option<String> {
    let (header, _) = der_header(der)?;
    let tbs = der.get(header..)?;
    let (header, length) = der_header(tbs)?;
    Some(hex(digest::digest(&digest::SHA384, tbs.get(..header + length)?).as_ref()))
}

/// Lengths of the header and of the content of the first element (X.690 section 8.1.3, short and long form).
fn der_header(der: &[u8]) -> Option<(usize, usize)> {
    let first = *der.get(1)?;
    if first < 0x80 {
        return Some((2, usize::from(first)));
    }
    let count = usize::from(first & 0x7f);
    let length = der.get(2..2 + count)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    Some((2 + count, length))
}

/// A block of PEM (RFC 7468).
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn new_key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).expect("P-384 is supported")
}

fn authority(params: CertificateParams, above: &Issuer<'static, KeyPair>) -> Authority {
    let key = new_key();
    let der = params.signed_by(&key, above).expect("parameters made here").der().to_vec();
    Authority { der, issuer: Issuer::new(params, key) }
}

fn params(name: &[(DnType, &str)], not_before: Timestamp, not_after: Timestamp) -> CertificateParams {
    let time = |at: Timestamp| {
        rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(u64::try_from(at.as_second()).expect("after 1970"))
    };
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    for (kind, value) in name {
        params.distinguished_name.push(kind.clone(), *value);
    }
    (params.not_before, params.not_after) = (time(not_before), time(not_after));
    params
}

/// The names of the authorities are in this order in AWS's root.
fn authority_params(common_name: &str, above: BasicConstraints, from: Timestamp, to: Timestamp) -> CertificateParams {
    let name = [
        (DnType::CountryName, "US"),
        (DnType::OrganizationName, "AWS"),
        (DnType::OrganizationalUnitName, "Cryptography"),
        (DnType::StateOrProvinceName, "WA"),
        (DnType::CommonName, common_name),
    ];
    let mut params = params(&name, from, to);
    params.is_ca = IsCa::Ca(above);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn root_params(partition: &str, now: Timestamp) -> CertificateParams {
    let name = match partition {
        "aws" => "AWS Signer Code Signing Root CA G1".to_owned(),
        "aws-us-gov" => "AWS Signer Code Signing GovCloud (US) Root CA G1".to_owned(),
        other => format!("AWS Signer Code Signing {other} Root CA G1"),
    };
    authority_params(&name, BasicConstraints::Unconstrained, now - days(1000), now + days(35_525))
}

fn intermediate_params(now: Timestamp) -> CertificateParams {
    let name = "AWS Signer Code Signing Int CA G1";
    let mut params = authority_params(name, BasicConstraints::Unconstrained, now - days(365), now + days(4 * 365));
    params.use_authority_key_identifier_extension = true;
    params
}

fn regional_params(region: &str, now: Timestamp) -> CertificateParams {
    let name = format!("AWS Signer {region} Code Signing CA G1");
    let mut params = authority_params(&name, BasicConstraints::Constrained(0), now - days(30), now + days(335));
    params.use_authority_key_identifier_extension = true;
    params
}

fn leaf_params(not_before: Timestamp, not_after: Timestamp) -> CertificateParams {
    let name = [
        (DnType::CountryName, "US"),
        (DnType::StateOrProvinceName, "WA"),
        (DnType::LocalityName, "Seattle"),
        (DnType::OrganizationName, "AWS"),
        (DnType::OrganizationalUnitName, "AWS Cryptography"),
        (DnType::CommonName, "AWS Signer"),
    ];
    let mut params = params(&name, not_before, not_after);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
    params.use_authority_key_identifier_extension = true;
    params
}
