//! Reading DER (X.690) field by field, without copying and without re-encoding.
//!
//! `x509-cert` decodes certificates into owned values. It does not parse them here: what is signed and compared must be
//! the bytes that were received, but it sorts the attributes of a relative name and so encodes another name; and in its
//! default profile it refuses certificates that notation (Go's `crypto/x509`) takes: serial numbers over 21 bytes and,
//! in its lenient profile, too, dates before 1970, a path length over 255, an X.400 address among the names of a
//! distribution point. The tests use it as a second opinion.

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use der::{Decode, Reader as _, SliceReader, Tag, TagNumber};

/// A cursor over the fields of one constructed value. `None` from any method means: not this field, or not DER.
pub(super) struct Fields<'a> {
    reader: SliceReader<'a>,
}

impl<'a> Fields<'a> {
    /// Reads the fields in `content`, which has no header of its own.
    pub(super) fn new(content: &'a [u8]) -> Option<Self> {
        SliceReader::new(content).ok().map(|reader| Self { reader })
    }

    /// Reads the fields of the one SEQUENCE that `der` must be.
    pub(super) fn of_sequence(der: &'a [u8]) -> Option<Self> {
        let mut outer = Self::new(der)?;
        let inner = outer.sequence()?;
        outer.finish()?;
        Some(inner)
    }

    /// Whether no field is left.
    pub(super) fn is_finished(&self) -> bool {
        self.reader.is_finished()
    }

    /// Succeeds when no field is left.
    pub(super) fn finish(self) -> Option<()> {
        self.reader.finish().ok()
    }

    /// The next field with its header, as received.
    pub(super) fn raw(&mut self) -> Option<&'a [u8]> {
        self.reader.tlv_bytes().ok()
    }

    /// The next field, of any type.
    pub(super) fn any(&mut self) -> Option<AnyRef<'a>> {
        self.reader.decode().ok()
    }

    /// The content of the next field, which must have this tag.
    pub(super) fn content(&mut self, tag: Tag) -> Option<&'a [u8]> {
        let field = self.any()?;
        (der::Tagged::tag(&field) == tag).then(|| field.value())
    }

    /// The content of the next field if it has this tag; otherwise nothing is read.
    pub(super) fn optional(&mut self, tag: Tag) -> Option<Option<&'a [u8]>> {
        if self.is_finished() || Tag::peek(&self.reader).ok()? != tag {
            return Some(None);
        }
        self.content(tag).map(Some)
    }

    /// The fields of the SEQUENCE that is next.
    pub(super) fn sequence(&mut self) -> Option<Self> {
        Self::new(self.content(Tag::Sequence)?)
    }

    /// The next field as a type that `der` knows.
    pub(super) fn decode<T: Decode<'a>>(&mut self) -> Option<T> {
        self.reader.decode().ok()
    }

    /// The BIT STRING that is next. X.690 section 11.2.1: bits that are not used are zero. (Section 11.2.2, a list of named
    /// bits ends with a one, is not held here: there are certificates that break it, and Go takes them.)
    pub(super) fn bit_string(&mut self) -> Option<BitStringRef<'a>> {
        let bits = self.decode::<BitStringRef<'a>>()?;
        let unused = (1_u8 << bits.unused_bits()) - 1;
        bits.raw_bytes().last().is_none_or(|last| last & unused == 0).then_some(bits)
    }

    /// The content of the BIT STRING that is next, which must be whole bytes.
    pub(super) fn whole_bytes(&mut self) -> Option<&'a [u8]> {
        self.bit_string()?.as_bytes()
    }

    /// The OBJECT IDENTIFIER that is next, without padding, which the library takes. Go refuses an arc of more than 31 bits,
    /// and so a certificate with one.
    pub(super) fn object_identifier(&mut self) -> Option<ObjectIdentifier> {
        let content = self.content(Tag::ObjectIdentifier)?;
        let oid = ObjectIdentifier::from_bytes(content).ok().filter(|_| is_object_identifier(content))?;
        oid.arcs().all(|arc| i32::try_from(arc).is_ok()).then_some(oid)
    }
}

/// Whether bytes are the content of an OBJECT IDENTIFIER with arcs of any size (X.690 section 8.19).
pub(super) fn is_object_identifier(content: &[u8]) -> bool {
    let begins =
        |place: usize| place.checked_sub(1).and_then(|before| content.get(before)).is_none_or(|byte| byte & 0x80 == 0);
    let padded = content.iter().enumerate().any(|(place, byte)| *byte == 0x80 && begins(place));
    content.last().is_some_and(|last| last & 0x80 == 0) && !padded
}

/// The tag `[number]` over constructed content.
pub(super) const fn constructed(number: u32) -> Tag {
    Tag::ContextSpecific { constructed: true, number: TagNumber(number) }
}

/// The tag `[number]` over primitive content.
pub(super) const fn primitive(number: u32) -> Tag {
    Tag::ContextSpecific { constructed: false, number: TagNumber(number) }
}
