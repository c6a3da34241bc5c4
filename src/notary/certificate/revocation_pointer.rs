//! Where a certificate says that its revocation can be asked for.
//!
//! "Nothing to check" has to be proven. So every OCSP access description and every distribution point counts as a
//! pointer, also one without an address that could be asked, and so does an empty list of distribution points.

use const_oid::db::rfc5280::ID_AD_OCSP;
use der::asn1::AnyRef;
use der::{Tag, Tagged as _};

use super::der::{Fields, constructed, primitive};

/// One place to ask. The address is foreign text: any scheme, or none; it is ASCII and not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevocationPointer {
    /// An OCSP responder (authority information access, RFC 5280 section 4.2.2.1).
    Ocsp(String),
    /// A CRL or delta CRL (CRL distribution points and freshest CRL, sections 4.2.1.13 and 4.2.1.15).
    Crl(String),
    /// A pointer that names no address: a directory name, a relative name, an issuer only, or nothing at all.
    Other,
}

/// `uniformResourceIdentifier` of `GeneralName`.
const URI: Tag = primitive(6);

/// Reads `AuthorityInfoAccessSyntax ::= SEQUENCE OF SEQUENCE { accessMethod, accessLocation GeneralName }`.
pub(super) fn read_authority_info_access(value: &[u8]) -> Option<Vec<RevocationPointer>> {
    let mut descriptions = Fields::of_sequence(value)?;
    let mut pointers = Vec::new();
    while !descriptions.is_finished() {
        let mut description = descriptions.sequence()?;
        let method = description.object_identifier()?;
        let location = description.any()?;
        description.finish()?;
        if method == ID_AD_OCSP {
            pointers.push(read_uri(location).map_or(RevocationPointer::Other, RevocationPointer::Ocsp));
        }
    }
    Some(pointers)
}

/// Reads `CRLDistributionPoints ::= SEQUENCE OF DistributionPoint`.
pub(super) fn read_distribution_points(value: &[u8]) -> Option<Vec<RevocationPointer>> {
    let mut points = Fields::of_sequence(value)?;
    let mut pointers = Vec::new();
    while !points.is_finished() {
        pointers.extend(read_distribution_point(points.sequence()?)?);
    }
    if pointers.is_empty() {
        pointers.push(RevocationPointer::Other);
    }
    Some(pointers)
}

/// `DistributionPoint ::= SEQUENCE { distributionPoint [0], reasons [1], cRLIssuer [2] }`, all optional. The names of
/// one point are addresses of one list.
fn read_distribution_point(mut point: Fields<'_>) -> Option<Vec<RevocationPointer>> {
    let mut pointers = Vec::new();
    if let Some(name) = point.optional(constructed(0))? {
        let mut sole = Fields::new(name)?;
        let choice = sole.any()?;
        sole.finish()?;
        if choice.tag() == constructed(0) {
            let mut names = Fields::new(choice.value())?;
            while !names.is_finished() {
                pointers.extend(read_uri(names.any()?).map(RevocationPointer::Crl));
            }
        } else if choice.tag() != constructed(1) {
            return None;
        }
    }
    point.optional(primitive(1))?;
    point.optional(constructed(2))?;
    point.finish()?;
    if pointers.is_empty() {
        pointers.push(RevocationPointer::Other);
    }
    Some(pointers)
}

fn read_uri(name: AnyRef<'_>) -> Option<String> {
    let text = std::str::from_utf8(name.value()).ok().filter(|text| !text.is_empty() && text.is_ascii())?;
    (name.tag() == URI).then(|| text.to_owned())
}
