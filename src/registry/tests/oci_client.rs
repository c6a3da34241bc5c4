//! Why nothing foreign is read into oci-client's types: what they take and refuse. Where a new version of it does otherwise,
//! the list at the top of this module's parent is to be looked at again.

use notary::digest::Digest;
use oci_client::errors::OciEnvelope;
use oci_client::manifest::{OciDescriptor, OciImageIndex, OciManifest};
use serde_json::{from_value, json};

#[test]
fn its_types_read_what_has_another_meaning_to_others() {
    let digest = Digest::sha256(b"x");
    let array = json!(["a/b", digest, 1, null, null, null]);
    assert!(from_value::<OciDescriptor>(array).is_ok(), "an array for an object");
    let negative = json!({"mediaType": "a/b", "digest": "x", "size": -1, "Digest": digest});
    let read: OciDescriptor = from_value(negative).unwrap();
    assert_eq!((read.size, read.digest.as_str()), (-1, "x"), "no size, no digest, and a member that Go takes for it");
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "config": {"mediaType": "a/b", "digest": digest, "size": 1},
        "layers": [],
        "manifests": [],
    });
    assert!(matches!(from_value(index).unwrap(), OciManifest::Image(_)), "an image that calls itself an index");
}

#[test]
fn one_part_that_it_cannot_read_hides_the_others() {
    let good = json!({"mediaType": "a/b", "digest": Digest::sha256(b"x"), "size": 1});
    for odd in [json!({"mediaType": "a/b"}), json!({"mediaType": "a/b", "digest": "x", "size": 1, "platform": {}})] {
        let index = json!({"schemaVersion": 2, "manifests": [good, odd]});
        assert!(from_value::<OciImageIndex>(index).is_err());
    }
    let errors = json!({"errors": [{"code": "DENIED"}, {"message": "no code"}]});
    assert!(from_value::<OciEnvelope>(errors).is_err());
}

#[test]
fn its_index_loses_what_it_does_not_know() {
    let entry = json!({"mediaType": "a/b", "digest": "x", "size": 1, "urls": ["https://a.example"], "data": "eA=="});
    let index = json!({"schemaVersion": 2, "manifests": [entry], "other": 1});
    let written = serde_json::to_value(from_value::<OciImageIndex>(index).unwrap()).unwrap();
    let kept = json!({"mediaType": "a/b", "digest": "x", "size": 1});
    assert_eq!(written, json!({"schemaVersion": 2, "manifests": [kept]}));
}
