//! Where an envelope is, according to a listing.
//!
//! A signature manifest that we write names its envelope in an annotation, which a listing of referrers repeats, so that
//! manifest and envelope can be fetched together. It is a hint: what the manifest says decides.

use notary::descriptor::Descriptor;
use notary::envelope::EnvelopeFormat;
use notary::{json, limits};
use serde_json::json;

pub(crate) const ENVELOPE_HINT: &str = "io.sealgate.envelope";

/// Its value for an envelope: members in the order of the specification's samples.
pub(crate) fn hint_at(envelope: &Descriptor) -> String {
    let Descriptor { media_type, digest, size, .. } = envelope;
    format!(r#"{{"mediaType":{},"digest":"{digest}","size":{size}}}"#, json!(media_type))
}

/// The envelope that an entry of a listing names in its annotation, if it does so well.
pub(crate) fn hinted_envelope(listed: &Descriptor) -> Option<Descriptor> {
    let text = listed.annotations.get(ENVELOPE_HINT)?;
    let hint = Descriptor::from_value(&json::parse(text.as_bytes()).ok()?).ok()?.plain();
    (EnvelopeFormat::from_media_type(&hint.media_type).is_some() && hint.size <= limits::ENVELOPE_BYTES).then_some(hint)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use notary::descriptor::media_type;

    use super::*;

    fn listed(hint: &str) -> Descriptor {
        let annotations = BTreeMap::from([(ENVELOPE_HINT.to_owned(), hint.to_owned())]);
        Descriptor { annotations, ..Descriptor::of(media_type::IMAGE_MANIFEST, b"{}") }
    }

    #[test]
    fn a_hint_names_the_envelope_that_it_was_made_for() {
        let envelope = Descriptor::of(media_type::JWS, b"envelope");
        let hint = hint_at(&envelope);
        assert!(hint.starts_with(r#"{"mediaType":"application/jose+json","digest":"sha256:"#), "{hint}");
        assert_eq!(hinted_envelope(&listed(&hint)), Some(envelope));
    }

    #[test]
    fn a_hint_that_is_none_is_ignored() {
        let digest = Descriptor::of("", b"").digest;
        let hint = |media_type: &str, size: u64| {
            hinted_envelope(&listed(&format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{size}}}"#)))
        };
        assert!(hint("application/jose+json", 10).is_some());
        assert_eq!(hint("text/html", 10), None);
        assert_eq!(hint("application/jose+json", limits::ENVELOPE_BYTES + 1), None);
        assert_eq!(hinted_envelope(&listed("{}")), None);
        assert_eq!(hinted_envelope(&listed("")), None);
        assert_eq!(hinted_envelope(&Descriptor::of(media_type::IMAGE_MANIFEST, b"{}")), None);
    }
}
