//! The manifests that an index lists: one for each platform, and indexes of more. Whether they are there is asked one by one.

use notary::descriptor::Descriptor;
use notary::limits::MANIFEST_BYTES;
use serde_json::{Map, Value};

use super::document;
use super::error::RegistryError;
use super::excerpt::excerpt;
use super::limits;
use super::source::Source;

/// By this annotation BuildKit marks what describes a platform manifest, and is nothing that runs.
const KIND: &str = "vnd.docker.reference.type";

/// The one value of [`KIND`] that means something.
const ATTESTATION: &str = "attestation-manifest";

/// What BuildKit writes where a platform has its names: for something that runs nowhere.
const NOWHERE: &str = "unknown";

/// A manifest that an index lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Child {
    /// Media type, digest and size, nothing else.
    pub(crate) descriptor: Descriptor,
    /// What the index says that it is for: `linux/arm64/v8`, `windows(10.0.17763)/amd64`. Foreign text.
    pub(crate) platform: Option<String>,
}

/// What an index lists, without attestations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) children: Vec<Child>,
    /// Entries that cannot be read: nobody can say what they name.
    pub(crate) unreadable: usize,
    /// Whether there are more than [`limits::CHILDREN`], of which the others are left out.
    pub(crate) is_cut: bool,
}

impl Source {
    /// Reads a manifest by its descriptor, and of an index what it lists; nothing for any other manifest. One round.
    ///
    /// # Errors
    /// As [`Self::fetch`]; what comes is no manifest, or another than the descriptor says.
    pub(crate) async fn children(&self, manifest: &Descriptor) -> Result<Option<Listed>, RegistryError> {
        let what = manifest.digest.to_string();
        if !document::is_manifest(&manifest.media_type) {
            return Err(RegistryError::NotManifest { what, found: excerpt(&manifest.media_type), named: None });
        }
        // Until what is needed of it was read.
        let _room = self.room().take(manifest.size).await;
        let bytes = self.fetch(manifest, MANIFEST_BYTES).await?;
        document::media_type_of(&what, Some(&manifest.media_type), &bytes)?;
        match document::is_index(&manifest.media_type) {
            true => listed(&what, &document::parse(&what, &bytes)?).map(Some),
            false => Ok(None),
        }
    }
}

impl Listed {
    /// Whether it lists nothing that could run.
    pub(crate) const fn is_empty(&self) -> bool {
        self.children.is_empty() && self.unreadable == 0
    }
}

fn listed(what: &str, index: &Map<String, Value>) -> Result<Listed, RegistryError> {
    let mut listed = Listed::default();
    let entries = index.get("manifests").and_then(Value::as_array).into_iter().flatten();
    for (entry, read) in std::iter::zip(entries, document::entries(what, index)?) {
        let platform = entry.get("platform").and_then(Value::as_object);
        match read {
            Some(descriptor) if is_attestation(&descriptor, platform) => continue,
            _ if listed.children.len() + listed.unreadable == limits::CHILDREN => {
                listed.is_cut = true;
                break;
            }
            Some(descriptor) => {
                listed.children.push(Child { descriptor: descriptor.plain(), platform: platform.and_then(words) });
            }
            None => listed.unreadable += 1,
        }
    }
    Ok(listed)
}

/// Whether a manifest describes another, and is for no platform itself. What names a platform may be run, whatever else it says, and so may
/// what names none: containerd takes it for its own platform.
fn is_attestation(descriptor: &Descriptor, platform: Option<&Map<String, Value>>) -> bool {
    let is_nowhere = |platform: &Map<String, Value>| {
        ["os", "architecture"].iter().all(|member| text(platform, member).is_some_and(|text| text == NOWHERE))
    };
    descriptor.annotations.get(KIND).is_some_and(|kind| kind == ATTESTATION) && platform.is_some_and(is_nowhere)
}

/// A platform as containerd writes it.
fn words(platform: &Map<String, Value>) -> Option<String> {
    let os = text(platform, "os")?;
    let version = text(platform, "os.version").map(|version| format!("({version})")).unwrap_or_default();
    let rest = ["architecture", "variant"].iter().filter_map(|member| text(platform, member));
    let rest: String = rest.map(|part| format!("/{part}")).collect();
    Some(excerpt(&format!("{os}{version}{rest}")))
}

fn text<'a>(platform: &'a Map<String, Value>, member: &str) -> Option<&'a str> {
    platform.get(member).and_then(Value::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use notary::descriptor::media_type;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn entry(number: usize, more: &Value) -> Value {
        let descriptor = Descriptor::of(media_type::IMAGE_MANIFEST, &number.to_be_bytes());
        let mut entry = serde_json::to_value(descriptor).unwrap();
        entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        entry
    }

    fn read(entries: Vec<Value>) -> Listed {
        let index = json!({ "manifests": entries });
        listed("x", index.as_object().unwrap()).unwrap()
    }

    #[test]
    fn platforms_are_told_as_containerd_tells_them() {
        for (platform, told) in [
            (json!({"os": "linux", "architecture": "amd64"}), Some("linux/amd64")),
            (json!({"os": "linux", "architecture": "arm", "variant": "v7"}), Some("linux/arm/v7")),
            (json!({"os": "windows", "architecture": "amd64", "os.version": "10.0.1"}), Some("windows(10.0.1)/amd64")),
            (json!({"os": "linux", "architecture": ""}), Some("linux")),
            (json!({"architecture": "amd64"}), None),
            (json!({}), None),
        ] {
            let listed = read(vec![entry(1, &json!({ "platform": platform }))]);
            assert_eq!(listed.children[0].platform.as_deref(), told, "{platform}");
        }
        assert_eq!(read(vec![entry(1, &json!({}))]).children[0].platform, None);
    }

    #[test]
    fn only_what_is_marked_and_runs_nowhere_is_an_attestation() {
        let unknown = json!({"os": "unknown", "architecture": "unknown"});
        let marked = |kind: &str| json!({ KIND: kind });
        for (annotations, platform, counts) in [
            (marked(ATTESTATION), unknown.clone(), false),
            (marked(ATTESTATION), json!(null), true),
            (marked(ATTESTATION), json!({}), true),
            (marked(ATTESTATION), json!({"os": "", "architecture": ""}), true),
            (marked(ATTESTATION), json!({"os": "unknown"}), true),
            (marked(ATTESTATION), json!({"os": "linux", "architecture": "amd64"}), true),
            (marked(ATTESTATION), json!({"os": "unknown", "architecture": "amd64"}), true),
            (marked("Attestation-Manifest"), unknown.clone(), true),
            (json!({}), unknown, true),
        ] {
            let listed = read(vec![entry(1, &json!({ "annotations": annotations, "platform": platform }))]);
            assert_eq!(listed.children.len(), usize::from(counts), "{annotations} {platform}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_counted_and_the_number_has_an_end() {
        let listed = read(vec![json!({"digest": "sha256:no"}), entry(1, &json!({})), json!("x")]);
        assert_eq!((listed.children.len(), listed.unreadable, listed.is_cut), (1, 2, false));
        let many = |count| read((0..count).map(|number| entry(number, &json!({}))).collect());
        let (all, cut) = (many(limits::CHILDREN), many(limits::CHILDREN + 1));
        assert_eq!((all.children.len(), all.is_cut), (limits::CHILDREN, false));
        assert_eq!((cut.children.len(), cut.is_cut), (limits::CHILDREN, true));
        // Attestations need no room.
        let marked =
            json!({ "annotations": { KIND: ATTESTATION }, "platform": { "os": NOWHERE, "architecture": NOWHERE } });
        let attested = (0..=limits::CHILDREN).map(|number| entry(number, &marked));
        assert_eq!(read(attested.collect()), Listed::default());
    }

    proptest! {
        #[test]
        fn every_entry_is_listed_or_counted(texts in proptest::collection::vec("[a-z/\\\\\"{}é\u{202e}]{0,12}", 0..8)) {
            let platform = |text: &String| json!({ "platform": { "os": text, "architecture": text, "variant": text } });
            let entries: Vec<_> = texts.iter().enumerate().map(|(at, text)| entry(at, &platform(text))).collect();
            let listed = read(entries.into_iter().chain(texts.iter().map(|text| json!(text))).collect());
            prop_assert_eq!((listed.children.len(), listed.unreadable), (texts.len(), texts.len()));
        }
    }
}
