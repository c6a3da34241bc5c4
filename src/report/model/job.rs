use serde::Serialize;

/// The job of a CI system, as it says itself.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct JobReport {
    /// Name of the CI system.
    pub(crate) system: &'static str,
    /// The commit that the job is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) commit: Option<String>,
    /// Address of the page that shows the job or its run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) page: Option<String>,
}

/// The part of the images that one of several jobs takes.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ShardReport {
    /// Which part of how many, as `1/4`.
    pub(crate) part: String,
    /// The number of all images.
    pub(crate) of_images: usize,
}
