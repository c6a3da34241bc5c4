//! The kinds of deploy files: where their images stand, and how they are written, follow from that.

use std::fmt;

/// The kinds of files whose images are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FileKind {
    /// A task definition of Amazon ECS, of a service, a daemon or an Express service; also as `describe-task-definition` shows it.
    Ecs,
    /// `imagedefinitions.json`, for CodePipeline's rolling deployments.
    ImageDefinitions,
    /// `imageDetail.json`, for CodePipeline's blue/green deployments.
    ImageDetail,
    /// Manifests of Kubernetes, any number in one file.
    Kubernetes,
    /// A kustomization, which replaces images in manifests.
    Kustomize,
    /// A compose file.
    Compose,
    /// A template of CloudFormation or SAM.
    CloudFormation,
}

/// All kinds, in the order in which they are listed.
pub(crate) const FILE_KINDS: [FileKind; 7] = [
    FileKind::Ecs,
    FileKind::ImageDefinitions,
    FileKind::ImageDetail,
    FileKind::Kubernetes,
    FileKind::Kustomize,
    FileKind::Compose,
    FileKind::CloudFormation,
];

impl FileKind {
    /// Its name in settings and reports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ecs => "ecs",
            Self::ImageDefinitions => "imagedefinitions",
            Self::ImageDetail => "imagedetail",
            Self::Kubernetes => "kubernetes",
            Self::Kustomize => "kustomize",
            Self::Compose => "compose",
            Self::CloudFormation => "cloudformation",
        }
    }

    /// The kind of this name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        FILE_KINDS.into_iter().find(|kind| kind.name() == name)
    }

    /// What it is, and by what it is told.
    pub(crate) const fn described(self) -> &'static str {
        match self {
            Self::Ecs => "an ECS task definition (containerDefinitions)",
            Self::ImageDefinitions => "imagedefinitions.json (a list with imageUri)",
            Self::ImageDetail => "imageDetail.json (ImageURI)",
            Self::Kubernetes => "a Kubernetes manifest (apiVersion and kind)",
            Self::Kustomize => "a kustomization",
            Self::Compose => "a compose file (services)",
            Self::CloudFormation => "a CloudFormation template (Resources)",
        }
    }

    /// All of them, in words.
    pub(super) fn wanted() -> String {
        let all: Vec<_> = FILE_KINDS.iter().map(|kind| kind.described()).collect();
        match all.split_last() {
            Some((last, others)) => format!("{}, or {last}", others.join(", ")),
            None => String::new(),
        }
    }

    /// Whether its documented form of an image has no tag beside a digest: that of AWS's services.
    pub(super) const fn drops_tags(self) -> bool {
        matches!(self, Self::Ecs | Self::ImageDefinitions | Self::ImageDetail | Self::CloudFormation)
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
