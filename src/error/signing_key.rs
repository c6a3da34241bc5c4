//! What to do about a key and its certificate chain that cannot sign.

use std::io;

use super::{Error, code};
use crate::signer::Form;
use crate::signer::local_key::LocalKeyError;

/// Where the password of a key is given.
const PASSWORD: &str = "give the password of the key: --key-password-file FILE, or the variable SEALGATE_KEY_PASSWORD";

impl From<LocalKeyError> for Error {
    fn from(error: LocalKeyError) -> Self {
        let told = Self::of(code::SIGNING_KEY, &error);
        match error {
            LocalKeyError::ReadKey { source, .. } | LocalKeyError::ReadChain { source, .. }
                if source.kind() == io::ErrorKind::PermissionDenied =>
            {
                told.help("let the user that runs this job read the file, and no other user read the key")
            }
            LocalKeyError::ReadKey { .. } => told.help("give the file with the private key: --key FILE"),
            LocalKeyError::ReadChain { .. } => told.help("give the file with the chain: --certificate-chain FILE"),
            LocalKeyError::Encrypted { .. } => told.help(PASSWORD),
            LocalKeyError::EncryptedForm { .. } => told
                .help(
                    "convert it into the form that is read: openssl pkcs8 -topk8 -v2 aes-256-cbc -in KEY -out NEW, with umask 077",
                )
                .help("if openssl does not know the old form, add: -provider legacy -provider default"),
            LocalKeyError::OtherPassword { .. } => told.help(PASSWORD).help(
                "check it: openssl pkey -in KEY -passin file:FILE -noout; a password of more than one word needs no quotes in the file",
            ),
            LocalKeyError::DamagedKey { .. } => told.help("check it: openssl asn1parse -in KEY"),
            LocalKeyError::ReadPassword { .. } | LocalKeyError::NotPassword { .. } => told.help(PASSWORD),
            LocalKeyError::NoKey { .. } => {
                told.help("the file needs a block that starts with -----BEGIN PRIVATE KEY----- or similar")
            }
            LocalKeyError::NotKey { form, .. } => told.help(key_from(form)),
            LocalKeyError::NotChain { form, .. } => told.help(chain_from(form)),
            LocalKeyError::Unsupported { .. } | LocalKeyError::LeafKey { .. } => {
                told.help("the Notary Project format allows only these six types of keys")
            }
            LocalKeyError::Chain { .. } | LocalKeyError::ChainLength { .. } => told.help(
                "the file needs PEM blocks for the signing certificate, its issuers, and the root, in this order",
            ),
            LocalKeyError::OtherKey { .. } => {
                told.help("put the key's certificate first in the chain, or use the key of that certificate")
            }
            LocalKeyError::Sign { .. } => told,
        }
    }
}

/// How to get a private key out of what a file holds instead.
const fn key_from(form: Form) -> &'static str {
    match form {
        Form::Path => "give the path itself, not `env:`: --key \"$NAME\"",
        Form::OpenSshKey => "convert a copy: cp KEY COPY && ssh-keygen -p -N '' -m PKCS8 -f COPY, with umask 077",
        Form::PuttyKey => {
            "convert it: puttygen KEY -O private-openssh-new -o COPY, then ssh-keygen -p -N '' -m PKCS8 -f COPY"
        }
        Form::Pkcs12 { old: false } => {
            "convert it into a file with key and chain that only the job can read: openssl pkcs12 -in FILE -nodes -out PLAIN, with umask 077"
        }
        Form::Pkcs12 { old: true } => {
            "convert it into a file with key and chain that only the job can read: openssl pkcs12 -legacy -in FILE -nodes -out PLAIN, with umask 077"
        }
        Form::PublicKey => "give the file with the private key that belongs to it: --key FILE",
        Form::CertificateRequest => "give the private key from which the request was made: --key FILE",
        Form::Certificate | Form::Pkcs7 => {
            "certificates belong to --certificate-chain; give the private key: --key FILE"
        }
        Form::EncryptedKey | Form::PrivateKey => PASSWORD,
    }
}

/// How to get a certificate chain out of what a file holds instead.
const fn chain_from(form: Form) -> &'static str {
    match form {
        Form::Pkcs7 => {
            "convert it: openssl pkcs7 -in FILE -print_certs -out CHAIN (add -inform DER if it is binary), leaf first"
        }
        Form::Pkcs12 { old: false } => "convert it: openssl pkcs12 -in FILE -nokeys -out CHAIN, leaf first",
        Form::Pkcs12 { old: true } => "convert it: openssl pkcs12 -legacy -in FILE -nokeys -out CHAIN, leaf first",
        Form::CertificateRequest => {
            "give the certificate that the authority made of the request, and its issuers: --certificate-chain FILE"
        }
        _ => "give the file with the certificate of the key and its issuers: --certificate-chain FILE",
    }
}
