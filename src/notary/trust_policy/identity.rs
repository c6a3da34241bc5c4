//! Trusted identities: which signers a statement trusts, among those whose chain ends in its trust stores.

use crate::certificate::{Certificate, Name};
use crate::distinguished_name::{DistinguishedName, DistinguishedNameError};
use crate::extension::aws_signer::TrustedProfile;

/// One entry of `trustedIdentities`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrustedIdentity {
    /// `*`: every signer.
    Any,
    /// `x509.subject:`: signers whose subject has all these attributes.
    Subject {
        /// The attributes.
        name: DistinguishedName,
        /// The entry as it is in the policy.
        text: String,
    },
    /// `arn:<partition>:signer:…`: a signing profile of AWS Signer, one version of it, or an alias. It matches nothing in
    /// [`check_identity`]: it is for chains of AWS Signer, and nothing else is.
    SigningProfile(TrustedProfile),
    /// Any other prefix, meant for a verification plugin. It matches nothing here.
    Other(String),
}

impl TrustedIdentity {
    /// The entry as it is in the policy.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Any => super::WILDCARD,
            Self::Subject { text, .. } | Self::Other(text) => text,
            Self::SigningProfile(arn) => arn.as_str(),
        }
    }

    /// The name that a subject must contain, for an `x509.subject` identity.
    #[must_use]
    pub const fn subject(&self) -> Option<&DistinguishedName> {
        match self {
            Self::Subject { name, .. } => Some(name),
            _ => None,
        }
    }
}

/// The identities of one statement: any signer, or a list without `*` in which no name contains another; none at
/// all for level `skip`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedIdentities {
    identities: Vec<TrustedIdentity>,
}

impl TrustedIdentities {
    /// The caller has checked the rules of the list.
    pub(super) const fn new(identities: Vec<TrustedIdentity>) -> Self {
        Self { identities }
    }

    /// The entries, in the order of the policy.
    pub fn iter(&self) -> impl Iterator<Item = &TrustedIdentity> {
        self.identities.iter()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.identities.is_empty()
    }

    /// The signing profiles of AWS Signer among them, and the aliases of such.
    pub fn signing_profiles(&self) -> impl Iterator<Item = &TrustedProfile> {
        self.iter().filter_map(|identity| match identity {
            TrustedIdentity::SigningProfile(arn) => Some(arn),
            _ => None,
        })
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        self.iter().map(|identity| identity.text().to_owned()).collect()
    }
}

/// Finds the identity that the signing certificate has (trust policy specification, "Trusted identities").
///
/// The subject is compared as notation does: it is printed as Go prints names and read by the parser of the policy.
/// So a subject with an attribute that Go has no name for (e-mail address, domain component, user id, …) matches no name,
/// even one of which it has all attributes. To accept such a subject would be to accept what notation refuses.
///
/// Nor does a subject that has two attributes of one type, equal or not, in one relative name or in several. Of two common
/// names or serial numbers Go prints the last alone: who reads the certificate sees two names, and a policy would take it
/// for one of them.
///
/// # Errors
/// [`IdentityError`]: no identity that can be compared, a subject that cannot be, or no match.
pub fn check_identity<'a>(
    leaf: &Certificate,
    identities: &'a TrustedIdentities,
) -> Result<&'a TrustedIdentity, IdentityError> {
    check_subject(leaf.subject(), identities)
}

fn check_subject<'a>(subject: &Name, identities: &'a TrustedIdentities) -> Result<&'a TrustedIdentity, IdentityError> {
    if let Some(any) = identities.iter().find(|identity| **identity == TrustedIdentity::Any) {
        return Ok(any);
    }
    if identities.iter().all(|identity| identity.subject().is_none()) {
        return Err(IdentityError::NoSubjectIdentity { identities: identities.texts() });
    }
    let name = comparable(subject)
        .map_err(|source| IdentityError::UnusableSubject { subject: subject.to_string(), source })?;
    let matches = |identity: &&TrustedIdentity| identity.subject().is_some_and(|expected| expected.is_subset_of(&name));
    identities
        .iter()
        .find(matches)
        .ok_or_else(|| IdentityError::Mismatch { subject: subject.to_string(), identities: identities.texts() })
}

/// The subject as names of a policy are compared with it.
fn comparable(subject: &Name) -> Result<DistinguishedName, DistinguishedNameError> {
    let name = DistinguishedName::parse(&subject.to_string())?;
    match subject.repeated() {
        Some(attribute) => Err(DistinguishedNameError::Duplicate { attribute: attribute.to_owned() }),
        None => Ok(name),
    }
}

/// Why a signer is not a trusted identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The statement names no subject, only identities of other kinds, or none.
    #[error("no x509.subject identity is configured, only {identities:?}")]
    NoSubjectIdentity {
        /// The entries of the policy.
        identities: Vec<String>,
    },
    /// The subject of the signing certificate has a form that no name can match.
    #[error("subject {subject:?} of the signing certificate cannot be compared with x509.subject identities")]
    UnusableSubject {
        /// The subject, as Go prints it.
        subject: String,
        /// What is wrong with it: [`DistinguishedNameError::EncodedValue`] for an attribute without a name,
        /// [`DistinguishedNameError::MultiValued`] or [`DistinguishedNameError::Duplicate`] for two values of one type.
        source: DistinguishedNameError,
    },
    /// None of the names is part of the subject.
    #[error("subject {subject:?} of the signing certificate matches none of the trusted identities {identities:?}")]
    Mismatch {
        /// The subject, as Go prints it.
        subject: String,
        /// The entries of the policy.
        identities: Vec<String>,
    },
}

impl IdentityError {
    /// Stable name of the rule that was broken.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSubjectIdentity { .. } => "identity-no-subject-configured",
            Self::UnusableSubject { .. } => "identity-unusable-subject",
            Self::Mismatch { .. } => "identity-mismatch",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate;
    use crate::trust_policy::TrustPolicy;
    use crate::trust_store::{TrustStoreName, TrustStoreType};

    /// A certificate of tests/vectors/trust, made by openssl.
    macro_rules! certificate {
        ($name:literal) => {
            certificate::parse_pem(include_bytes!(concat!("../vectors/trust/", $name, ".pem"))).unwrap().remove(0)
        };
    }

    fn identities(texts: &[&str]) -> TrustedIdentities {
        let store = TrustStoreName::new(TrustStoreType::Ca, "acme").unwrap();
        let policy = TrustPolicy::strict("test", &["*"], &[store], texts).unwrap();
        policy.statements()[0].trusted_identities().clone()
    }

    const ACME: &str = "x509.subject: C=US, ST=WA, O=acme";

    #[test]
    fn a_name_matches_a_subject_that_has_all_its_attributes() {
        let leaf = certificate!("leaf");
        for text in
            [ACME, "x509.subject:O=acme,ST=WA,C=US", "x509.subject: C=US, S=WA, O=acme, OU=build, L=Seattle, CN=signer"]
        {
            assert_eq!(check_identity(&leaf, &identities(&[text])).unwrap().text(), text);
        }
        let both = identities(&["arn:aws:signer:us-east-1:111122223333:/signing-profiles/build", ACME]);
        assert_eq!(check_identity(&leaf, &both).unwrap().text(), ACME);
    }

    #[test]
    fn another_subject_is_refused_with_both_texts() {
        let leaf = certificate!("leaf");
        for text in [
            "x509.subject: C=US, ST=WA, O=Acme",
            "x509.subject: C=US, ST=WA, O=acme, OU=other",
            "x509.subject: C=US, ST=WA, O=acme, OU=",
            "x509.subject: C=US, ST=WA, O=acme, cn=signer",
            "x509.subject: C=US, ST=WA, O=acme, STREET=x",
        ] {
            let Err(IdentityError::Mismatch { subject, identities }) = check_identity(&leaf, &identities(&[text]))
            else {
                panic!("{text}");
            };
            assert_eq!(subject, "CN=signer,OU=build,O=acme,L=Seattle,ST=WA,C=US");
            assert_eq!(identities, [text]);
        }
    }

    /// The table "Leaf subject has" of the reference: the second column.
    #[test]
    fn subjects_that_notation_cannot_compare_match_no_name() {
        let cases = [
            (certificate!("email"), DistinguishedNameError::EncodedValue),
            (certificate!("hash-in-name"), DistinguishedNameError::EncodedValue),
            (certificate!("two-units"), DistinguishedNameError::MultiValued { attribute: "OU".into() }),
            (certificate!("no-state"), DistinguishedNameError::Missing { attribute: "ST" }),
        ];
        for (leaf, expected) in cases {
            let error = check_identity(&leaf, &identities(&[ACME])).unwrap_err();
            assert!(
                matches!(&error, IdentityError::UnusableSubject { source, .. } if *source == expected),
                "{expected:?}: {error:?}"
            );
            assert_eq!(check_identity(&leaf, &identities(&["*"])), Ok(&TrustedIdentity::Any));
        }
    }

    /// A self-signed certificate of tests/vectors/certificates, whose subject has an attribute twice.
    macro_rules! repeated {
        ($name:literal) => {
            certificate::parse_pem(include_bytes!(concat!("../vectors/certificates/name-", $name, ".pem")))
                .unwrap()
                .remove(0)
        };
    }

    /// Go prints the last of two common names, or of two serial numbers, alone: nobody is the last of two.
    #[test]
    fn a_subject_with_an_attribute_twice_matches_no_name() {
        let duplicate = |attribute: &str| DistinguishedNameError::Duplicate { attribute: attribute.into() };
        let several = |attribute: &str| DistinguishedNameError::MultiValued { attribute: attribute.into() };
        for (leaf, expected) in [
            (repeated!("two-common-names"), duplicate("CN")),
            (repeated!("two-common-names-joined"), duplicate("CN")),
            (repeated!("same-common-name-twice"), duplicate("CN")),
            (repeated!("common-name-in-two-string-types"), duplicate("CN")),
            (repeated!("common-name-before-an-empty-one"), duplicate("CN")),
            (repeated!("common-name-after-an-empty-one"), duplicate("CN")),
            (repeated!("two-serial-numbers"), duplicate("SERIALNUMBER")),
            (repeated!("two-serial-numbers-joined"), duplicate("SERIALNUMBER")),
            (repeated!("two-countries"), several("C")),
            (repeated!("two-states"), several("ST")),
            (repeated!("two-localities"), several("L")),
            (repeated!("two-streets"), several("STREET")),
            (repeated!("two-postal-codes"), several("POSTALCODE")),
            (repeated!("two-organizations"), several("O")),
            (repeated!("two-units"), several("OU")),
        ] {
            for identity in [
                ACME,
                "x509.subject: C=US, ST=WA, O=acme, CN=first",
                "x509.subject: C=US, ST=WA, O=acme, CN=last",
                "x509.subject: C=US, ST=WA, O=acme, CN=",
                "x509.subject: C=US, ST=WA, O=acme, SERIALNUMBER=1",
                "x509.subject: C=US, ST=WA, O=acme, SERIALNUMBER=2",
            ] {
                let error = check_identity(&leaf, &identities(&[identity])).unwrap_err();
                assert!(
                    matches!(&error, IdentityError::UnusableSubject { source, .. } if *source == expected),
                    "{identity}: {expected:?}: {error:?}"
                );
                assert_eq!(error.code(), "identity-unusable-subject");
            }
            assert!(leaf.subject().repeated().is_some(), "{expected:?}");
            assert_eq!(check_identity(&leaf, &identities(&["*"])), Ok(&TrustedIdentity::Any));
        }
        assert_eq!(certificate!("leaf").subject().repeated(), None);
        assert_eq!(certificate!("joined").subject().repeated(), None);
    }

    #[test]
    fn a_joined_name_in_the_certificate_is_flattened() {
        let expected = "x509.subject: C=US, ST=WA, O=acme, CN=signer, OU=build";
        assert_eq!(check_identity(&certificate!("joined"), &identities(&[expected])).unwrap().text(), expected);
    }

    #[test]
    fn a_value_never_becomes_an_attribute_of_its_own() {
        let leaf = certificate!("escapes");
        let own = r"x509.subject: C=US, ST=WA, O=acme\, Inc., CN=x\+O=evil";
        assert_eq!(check_identity(&leaf, &identities(&[own])).unwrap().text(), own);
        let other = identities(&["x509.subject: C=US, ST=WA, O=evil", ACME]);
        assert!(matches!(check_identity(&leaf, &other), Err(IdentityError::Mismatch { .. })));
    }

    #[test]
    fn without_a_name_nothing_matches() {
        let leaf = certificate!("leaf");
        for texts in [
            &["arn:aws:signer:us-east-1:111122223333:/signing-profiles/build"][..],
            &["X509.subject: C=US, ST=WA, O=acme"],
        ] {
            let error = check_identity(&leaf, &identities(texts)).unwrap_err();
            assert_eq!(
                error,
                IdentityError::NoSubjectIdentity { identities: texts.iter().map(ToString::to_string).collect() }
            );
        }
        let none = TrustedIdentities::default();
        assert!(matches!(check_identity(&leaf, &none), Err(IdentityError::NoSubjectIdentity { .. })));
    }
}
