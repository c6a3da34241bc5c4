//! Templates of CloudFormation and SAM: the properties that name images, by the type of the resource.

use super::walk::{Step, Walk};
use crate::document::{Node, Resolved};
use crate::pin::found::{Computed, What};

/// Types of resources, each with the paths of its images below `Properties`.
#[rustfmt::skip]
const TYPES: [(&str, &[&str]); 10] = [
    ("AWS::ECS::TaskDefinition", &["ContainerDefinitions[].Image"]),
    ("AWS::ECS::DaemonTaskDefinition", &["ContainerDefinitions[].Image"]),
    ("AWS::ECS::ExpressGatewayService", &["PrimaryContainer.Image"]),
    ("AWS::Lambda::Function", &["Code.ImageUri"]),
    ("AWS::Serverless::Function", &["ImageUri"]),
    ("AWS::AppRunner::Service", &["SourceConfiguration.ImageRepository.ImageIdentifier"]),
    ("AWS::SageMaker::Model", &["PrimaryContainer.Image", "Containers[].Image"]),
    ("AWS::SageMaker::ModelPackage", &["InferenceSpecification.Containers[].Image"]),
    ("AWS::Batch::JobDefinition", &[
        "ContainerProperties.Image",
        "NodeProperties.NodeRangeProperties[].Container.Image",
        "NodeProperties.NodeRangeProperties[].EcsProperties.TaskProperties[].Containers[].Image",
        "EcsProperties.TaskProperties[].Containers[].Image",
        "EksProperties.PodProperties.Containers[].Image",
        "EksProperties.PodProperties.InitContainers[].Image",
    ]),
    ("AWS::CodeBuild::Project", &["Environment.Image"]),
];

/// Images that CodeBuild keeps itself begin like this; they are in no registry.
const MANAGED: &str = "aws/codebuild/";

/// SAM builds the image of a function that has these, and no image.
const BUILT: [&str; 2] = ["Metadata", "Dockerfile"];

pub(super) fn images<'a>(walk: &mut Walk<'a>, root: Node<'a>) {
    let resources = root.map().map(|map| map.candidates("Resources")).unwrap_or_default();
    for resources in resources.into_iter().filter_map(Node::map) {
        walk.inside(Step::Member("Resources".to_owned()), |walk| {
            for (key, value) in resources.members() {
                let name = key.raw().unwrap_or_default().to_owned();
                let is_macro = name.starts_with("Fn::");
                walk.inside(Step::Member(name.clone()), |walk| match is_macro {
                    // Resources that only the service makes.
                    true => walk.add(key, What::Computed(Computed::Function(name))),
                    false => resource(walk, value),
                });
            }
        });
    }
}

fn resource<'a>(walk: &mut Walk<'a>, resource: Node<'a>) {
    let Some(map) = resource.map() else { return };
    let kind = map.candidates("Type").first().and_then(|node| node.text()).unwrap_or_default();
    let Some((_, paths)) = TYPES.iter().find(|(known, _)| *known == kind) else { return };
    for path in *paths {
        let path: Vec<_> = path.split('.').flat_map(split_items).collect();
        let steps: Vec<_> = std::iter::once("Properties").chain(path).collect();
        walk.go(resource, &steps, &mut image);
    }
    let properties = map.candidates("Properties").into_iter().filter_map(Node::map);
    let has_image = properties.clone().any(|map| !map.candidates("ImageUri").is_empty());
    if kind == "AWS::Serverless::Function" && !has_image {
        walk.go(resource, &BUILT, &mut |walk, dockerfile| {
            walk.add_nameless(dockerfile, What::Computed(Computed::Built))
        });
    }
}

/// A step, and the items of what it leads to.
fn split_items(step: &'static str) -> impl Iterator<Item = &'static str> {
    let (name, items) = step.strip_suffix("[]").map_or((step, None), |name| (name, Some("[]")));
    std::iter::once(name).chain(items)
}

fn image<'a>(walk: &mut Walk<'a>, node: Node<'a>) {
    match node.resolved() {
        Some(Resolved::Text(text)) if text.starts_with(MANAGED) => walk.add(node, What::Computed(Computed::Managed)),
        _ => walk.image(node),
    }
}
