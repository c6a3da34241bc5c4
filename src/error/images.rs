//! What to do about a source that gives no images.

use std::path::Path;

use super::place::{at, in_json};
use super::{Error, code};
use crate::config::image_source::SourceError;
use crate::images::ImagesError;
use crate::report::Place;

impl From<SourceError> for Error {
    fn from(error: SourceError) -> Self {
        match &error {
            SourceError::Read { .. } => Self::of(code::FILE, &error)
                .help("give the file that the build writes: --images-from FILE; it has to be there before this step runs"),
            SourceError::Content { source: ImagesError::Nothing { .. }, .. } => Self::of(code::NO_IMAGES, &error)
                .help("check that the build pushed an image, and that this step reads what it wrote"),
            SourceError::Content { source: ImagesError::NoName { .. }, .. } => Self::of(code::NO_IMAGES, &error)
                .help("push by name: docker buildx build --tag NAME --push --metadata-file FILE")
                .help("or name the image: --digest DIGEST -- NAME"),
            SourceError::Content { file, source, .. } => Self::of(code::INVALID_SETTING, &error)
                .at(file.as_deref().and_then(|file| in_images(file, source)))
                .help("give a list of names, one a line, or the JSON of buildx, bake, docker/metadata-action, Jib, GoReleaser or CodePipeline"),
            SourceError::NoCi => Self::of(code::NO_IMAGES, &error)
                .help("name the images, or the file in which the build names them: --images-from FILE"),
            SourceError::NotImages { name, errors, place } => Self::references(errors)
                .because(format!("read from {name}"))
                .at(place.as_ref().map(|(file, place)| at(file, *place))),
            SourceError::NoDigest { .. } => Self::of(code::NO_DIGEST, &error)
                .help("give the digest that the build tells: --digest DIGEST (of docker/build-push-action: ${{ steps.ID.outputs.digest }})")
                .help("or read what the build wrote after it pushed: docker buildx build --metadata-file FILE, --images-from FILE"),
            SourceError::SeveralDigests { .. } | SourceError::OtherDigest { .. } => {
                Self::of(code::CONFLICT, &error).help("give each image with its own digest: host/repository@sha256:…")
            }
            SourceError::NoImage { .. } => {
                Self::of(code::NO_IMAGES, &error).help("name the image that it belongs to, for example: -- host/repository")
            }
        }
    }
}

/// Where a document is none.
fn in_images(file: &Path, error: &ImagesError) -> Option<Place> {
    match error {
        ImagesError::Json(error) => in_json(file, error),
        _ => None,
    }
}
