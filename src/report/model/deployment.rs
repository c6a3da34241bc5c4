//! What later steps deploy of the images of a run.

/// What is deployed of a run's images, each by its reference as it was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deployment {
    /// The name of each container, and its image.
    pub(crate) containers: Vec<(String, String)>,
    /// The image of `imageDetail.json`.
    pub(crate) detail: Option<String>,
}
