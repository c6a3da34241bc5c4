//! OCI image layouts on disk (image specification 1.1, "OCI Image Layout Specification").
//!
//! Reading creates and changes nothing. Content is addressed by checked digests only, so that no document in a layout
//! can name a path outside of it.

mod files;
mod graph;
mod write;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use notary::descriptor::Descriptor;
use notary::digest::Digest;
use notary::limits::MANIFEST_BYTES;
// The annotation that holds the tag of an entry of `index.json`.
use oci_client::annotations::ORG_OPENCONTAINERS_IMAGE_REF_NAME as TAG;

use self::graph::Graph;
use super::document;
use super::error::RegistryError;
use super::excerpt::excerpt;
use super::limits;
use super::listing::{Listing, Resolved};
use super::room::Room;

/// A layout. Clones name the same folder.
#[derive(Clone, Debug)]
pub(crate) struct OciLayout {
    path: Arc<PathBuf>,
    room: Arc<Room>,
}

impl OciLayout {
    /// The layout in a folder. Nothing is read yet.
    pub(super) fn new(path: &Path, room: Arc<Room>) -> Self {
        Self { path: Arc::new(path.to_owned()), room }
    }

    pub(super) fn room(&self) -> &Room {
        &self.room
    }

    /// Reads the manifest or index that an entry of `index.json` has the tag for.
    ///
    /// # Errors
    /// [`RegistryError::TagNotInLayout`] when there is none; [`RegistryError::Malformed`] when two entries have the tag.
    pub(crate) async fn resolve_tag(&self, tag: &str) -> Result<Resolved, RegistryError> {
        let tag = tag.to_owned();
        self.reading(move |path| {
            let index = files::index(path)?;
            let what = files::shown(path);
            let entries = document::entries(&what, &index)?.flatten();
            let (tagged, others): (Vec<_>, Vec<_>) =
                entries.partition(|entry| entry.annotations.get(TAG) == Some(&tag));
            let mut tagged = tagged.into_iter();
            let descriptor = tagged.next().ok_or_else(|| no_such_tag(path, &tag, &others))?;
            if tagged.any(|other| !other.same_content(&descriptor)) {
                let fact = format!("more than one entry has the tag {tag}");
                return Err(RegistryError::Malformed { what: files::shown(path), fact });
            }
            read_artifact(path, &descriptor)
        })
        .await
    }

    /// Reads the manifest or index with a digest, which an index of the layout must name.
    ///
    /// # Errors
    /// [`RegistryError::NotInLayout`] when there is none.
    pub(crate) async fn resolve_digest(&self, digest: &Digest) -> Result<Resolved, RegistryError> {
        let digest = digest.clone();
        self.reading(move |path| read_artifact(path, &Graph::read(path)?.find(path, &digest)?)).await
    }

    /// All referrers of the artifact with an artifact type.
    pub(crate) async fn referrers(&self, subject: &Digest, artifact_type: &str) -> Result<Listing, RegistryError> {
        let (subject, artifact_type) = (subject.clone(), artifact_type.to_owned());
        self.reading(move |path| Graph::read(path)?.referrers(path, &subject, &artifact_type)).await
    }

    /// Reads content by its descriptor, at most `cap` bytes: size and digest agree.
    pub(crate) async fn fetch(&self, descriptor: &Descriptor, cap: u64) -> Result<Bytes, RegistryError> {
        let descriptor = descriptor.clone();
        self.reading(move |path| files::blob(path, &descriptor, cap)).await
    }

    /// Writes blobs, then names the last of them, a manifest, in `index.json`. Nothing is ever half-written: each file is
    /// renamed into its place. Signers that write at the same time wait for each other.
    pub(crate) async fn push(
        &self,
        blobs: Vec<(Descriptor, Bytes)>,
        manifest: Descriptor,
    ) -> Result<(), RegistryError> {
        self.blocking(move |path| write::push(path, &blobs, &manifest)).await
    }

    /// Reads where it does not hold up the requests of others.
    async fn reading<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> Result<T, RegistryError> + Send + 'static,
    ) -> Result<T, RegistryError> {
        let path = Arc::clone(&self.path);
        self.room.read(move || work(&path)).await.unwrap_or_else(|| {
            let source = std::io::Error::other("the thread that reads has ended");
            Err(RegistryError::File { path: self.path.to_path_buf(), action: "read", source })
        })
    }

    /// Runs file work where it does not hold up the requests of others.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> Result<T, RegistryError> + Send + 'static,
    ) -> Result<T, RegistryError> {
        let path = Arc::clone(&self.path);
        let ended = tokio::task::spawn_blocking(move || work(&path)).await;
        ended.map_err(|error| RegistryError::File {
            path: self.path.to_path_buf(),
            action: "written",
            source: std::io::Error::other(error),
        })?
    }
}

/// An artifact's bytes; its media type is that of its descriptor and of itself.
fn read_artifact(path: &Path, descriptor: &Descriptor) -> Result<Resolved, RegistryError> {
    let bytes = files::blob(path, descriptor, MANIFEST_BYTES)?;
    let what = format!("{}@{}", path.display(), descriptor.digest);
    document::media_type_of(&what, Some(&descriptor.media_type), &bytes)?;
    Ok(Resolved {
        descriptor: descriptor.plain(),
        #[cfg(test)]
        bytes,
    })
}

/// The tags that there are instead, some of them.
fn no_such_tag(path: &Path, tag: &str, others: &[Descriptor]) -> RegistryError {
    let tags: BTreeSet<_> = others.iter().filter_map(|entry| entry.annotations.get(TAG)).collect();
    let shown: Vec<_> = tags.iter().take(limits::LAYOUT_TAGS_SHOWN).map(|tag| excerpt(tag)).collect();
    let more = tags.len().saturating_sub(shown.len());
    RegistryError::TagNotInLayout { path: path.to_owned(), tag: tag.to_owned(), tags: shown, more }
}
