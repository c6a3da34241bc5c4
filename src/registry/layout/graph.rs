//! What the indexes of a layout name, and which of it are signatures of an artifact.

use std::collections::HashSet;
use std::path::Path;

use notary::descriptor::Descriptor;
use notary::digest::Digest;
use notary::json::Object;
use notary::limits::MANIFEST_BYTES;
use serde_json::{Map, Value};

use super::super::document;
use super::super::error::{Kind, RegistryError};
use super::super::limits;
use super::super::listing::{HINTS, Listing, Mechanism};
use super::files;

/// All manifests and indexes that `index.json` and the indexes below it name, each once, in their order.
pub(super) struct Graph {
    nodes: Vec<Descriptor>,
    entries: usize,
    complete: bool,
    unreadable: usize,
}

impl Graph {
    /// Follows the indexes. What one of them names and the layout does not hold is left out (an image for other
    /// platforms); what is damaged is counted.
    pub(super) fn read(path: &Path) -> Result<Self, RegistryError> {
        let mut graph = Self { nodes: Vec::new(), entries: 0, complete: true, unreadable: 0 };
        let mut known = HashSet::new();
        let top = files::index(path)?;
        let mut level = graph.entries(&files::shown(path), &top)?;
        drop(top);
        for depth in 0.. {
            if depth == limits::LAYOUT_DEPTH {
                graph.complete &= level.is_empty();
                break;
            }
            let mut below = Vec::new();
            for entry in level {
                if !known.insert(entry.digest.clone()) {
                    continue;
                }
                if graph.nodes.len() == limits::LAYOUT_MANIFESTS {
                    graph.complete = false;
                    return Ok(graph);
                }
                if document::is_index(&entry.media_type) {
                    below.extend(graph.below(path, &entry));
                }
                graph.nodes.push(entry);
            }
            if below.is_empty() {
                break;
            }
            level = below;
        }
        Ok(graph)
    }

    /// The descriptor of the manifest or index with a digest.
    pub(super) fn find(&self, path: &Path, digest: &Digest) -> Result<Descriptor, RegistryError> {
        let missing = || RegistryError::NotInLayout { path: path.to_owned(), what: digest.to_string() };
        self.nodes.iter().find(|node| node.digest == *digest).cloned().ok_or_else(missing)
    }

    /// The manifests of an artifact type whose subject is the artifact.
    pub(super) fn referrers(
        &self,
        path: &Path,
        subject: &Digest,
        artifact_type: &str,
    ) -> Result<Listing, RegistryError> {
        let subject = self.find(path, subject)?;
        let mut listing = Listing::empty(artifact_type, Mechanism::Layout);
        listing.complete = self.complete;
        listing.unreadable = self.unreadable;
        for node in &self.nodes {
            if document::is_index(&node.media_type) {
                continue;
            }
            match referrer(path, node, &subject, artifact_type) {
                Ok(Some(found)) => listing.take([Some(found)]),
                Ok(None) => {}
                // Not here: nothing that could be shown.
                Err(error) if error.kind() == Kind::NotFound => {}
                Err(_) => listing.unreadable += 1,
            }
        }
        Ok(listing)
    }

    /// The manifests and indexes that an index names, without what else it says of them.
    fn entries(&mut self, what: &str, index: &Map<String, Value>) -> Result<Vec<Descriptor>, RegistryError> {
        let mut manifests = Vec::new();
        for entry in document::entries(what, index)? {
            if self.entries == limits::LAYOUT_ENTRIES {
                self.complete = false;
                break;
            }
            self.entries += 1;
            match entry {
                Some(entry) if document::is_manifest(&entry.media_type) => manifests.push(entry.plain()),
                Some(_) => {}
                None => self.unreadable += 1,
            }
        }
        Ok(manifests)
    }

    fn below(&mut self, path: &Path, index: &Descriptor) -> Vec<Descriptor> {
        if self.entries == limits::LAYOUT_ENTRIES {
            self.complete = false;
            return Vec::new();
        }
        let what = format!("{}@{}", path.display(), index.digest);
        let read = files::blob(path, index, limits::LAYOUT_INDEX_BYTES)
            .and_then(|bytes| document::parse(&what, &bytes))
            .and_then(|document| self.entries(&what, &document));
        match read {
            Ok(entries) => entries,
            Err(error) => {
                self.unreadable += usize::from(error.kind() != Kind::NotFound);
                Vec::new()
            }
        }
    }
}

/// The descriptor of a manifest, with its annotations, if its subject is `subject` and it has this artifact type.
///
/// # Errors
/// When it cannot be read, or names the subject with another size or media type.
fn referrer(
    path: &Path,
    node: &Descriptor,
    subject: &Descriptor,
    wanted: &str,
) -> Result<Option<Descriptor>, RegistryError> {
    let bytes = files::blob(path, node, MANIFEST_BYTES)?;
    let what = format!("{}@{}", path.display(), node.digest);
    let object = document::parse(&what, &bytes)?;
    let wrap = |source| RegistryError::Json { what: what.clone(), source };
    let members = Object::new(&object, &[]).map_err(wrap)?;
    let malformed = |fact: &str| RegistryError::Malformed { what: what.clone(), fact: fact.to_owned() };
    let Some(named) = members.object("subject", &[]).map_err(wrap)? else { return Ok(None) };
    if named.text("digest").map_err(wrap)? != Some(subject.digest.as_str()) {
        return Ok(None);
    }
    if document::artifact_type(&node.media_type, &object).map_err(wrap)? != Some(wanted) {
        return Ok(None);
    }
    let same = |named| Descriptor::from_unsigned(named).is_ok_and(|named| named.same_content(subject));
    if !object.get("subject").is_some_and(same) {
        return Err(malformed("its subject has the digest of the artifact and another size or media type"));
    }
    let mut annotations = document::annotations(&object);
    annotations.retain(|name, _| HINTS.contains(&name.as_str()));
    Ok(Some(Descriptor { annotations, artifact_type: Some(wanted.into()), ..node.plain() }))
}
