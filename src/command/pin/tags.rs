//! Tags that stand beside a digest: what is deployed is the digest, and people read the tag.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use notary::digest::Digest;

use super::files::digests;
use crate::config::PinFile;
use crate::error::Error;
use crate::reference::Reference;
use crate::registry::{Access, Kind, Registries};
use crate::report::{ArtifactReport, Place, Reason};

/// What a tag names now.
#[derive(Debug)]
enum Now {
    Digest(Digest),
    /// There is no such tag any more.
    Gone,
    /// The registry did not say, for this reason.
    Unknown(String),
}

/// The tags to ask about, and what was answered.
#[derive(Debug, Default)]
pub(super) struct Tags {
    /// By the image whose work asks: each tag is asked about once, and one that is verified anyway is not.
    asked: BTreeMap<String, Vec<Reference>>,
    /// By the image with the tag.
    answers: RefCell<BTreeMap<String, Now>>,
}

impl Tags {
    pub(super) fn of(files: &[PinFile], verified: &[Reference]) -> Self {
        let mut seen: BTreeSet<String> = verified.iter().map(ToString::to_string).collect();
        let mut tags = Self::default();
        for (_, _, tag, target) in beside_digests(files) {
            if seen.insert(tag.to_string()) {
                tags.asked.entry(target.to_string()).or_default().push(tag);
            }
        }
        tags
    }

    /// Asks what the tags beside the digest of an image name.
    pub(super) async fn ask(&self, target: &Reference, registries: &Registries) {
        for tag in self.asked.get(&target.to_string()).into_iter().flatten() {
            let now = match registries.open(tag, Access::Pull) {
                Ok(source) => match source.resolve(tag).await {
                    Ok(resolved) => Now::Digest(resolved.descriptor.digest),
                    Err(error) if error.kind() == Kind::NotFound => Now::Gone,
                    Err(error) => Now::Unknown(Error::from(error).report().message),
                },
                Err(error) => Now::Unknown(Error::from(error).report().message),
            };
            self.answers.borrow_mut().insert(tag.to_string(), now);
        }
    }

    /// A warning for each tag that names something else than the digest beside it, at the first place where it does.
    pub(super) fn moved(&self, files: &[PinFile], artifacts: &[ArtifactReport]) -> Vec<Reason> {
        let (verified, answers) = (digests(artifacts), self.answers.borrow());
        let mut told = BTreeSet::new();
        let mut warnings = Vec::new();
        for (file, place, tag, target) in beside_digests(files) {
            let Some(pinned) = target.digest() else { continue };
            if !told.insert((tag.to_string(), pinned.to_string())) {
                continue;
            }
            let is_now = verified.get(&tag.to_string()).map(|digest| format!("names {digest} now"));
            let text = match (is_now, answers.get(&tag.to_string())) {
                _ if verified.get(&tag.to_string()) == Some(pinned) => continue,
                (Some(text), _) => text,
                (None, Some(Now::Digest(digest))) if digest == pinned => continue,
                (None, Some(Now::Digest(digest))) => format!("names {digest} now"),
                (None, Some(Now::Gone)) => "is gone".to_owned(),
                (None, Some(Now::Unknown(why))) => format!("may name something else now: {why}"),
                (None, None) => continue,
            };
            let warning = Reason::new("moved-tag", format!("{tag} {text}; what is deployed is {pinned}"));
            let place = file.path().map(|path| Place::new(path.display().to_string(), place));
            warnings.push(place.into_iter().fold(warning, Reason::at));
        }
        warnings
    }
}

/// Each image that has a tag beside its digest: its file and place, the image by its tag, and by its digest.
fn beside_digests(files: &[PinFile]) -> impl Iterator<Item = (&PinFile, (usize, usize), Reference, Reference)> {
    let read = files.iter().filter_map(|file| Some((file, file.read.as_ref().ok()?)));
    let found = read.flat_map(|(file, read)| read.found().iter().map(move |found| (file, found)));
    found.filter_map(|(file, found)| {
        let literal = found.literal()?;
        Some((file, found.place, literal.tag_beside_digest()?, literal.target()))
    })
}
