//! Manifests of Kubernetes: the pods of the built-in kinds, and what looks like one in others.

use super::walk::{Step, Walk};
use crate::document::{Map, Node};
use crate::pin::detect::is_kustomization;
use crate::pin::error::PinError;
use crate::pin::kind::FileKind;

/// Where the pods of a kind are.
#[rustfmt::skip]
const PODS: [(&str, &str); 9] = [
    ("Pod", "spec"),
    ("PodTemplate", "template.spec"),
    ("Deployment", "spec.template.spec"),
    ("StatefulSet", "spec.template.spec"),
    ("DaemonSet", "spec.template.spec"),
    ("ReplicaSet", "spec.template.spec"),
    ("ReplicationController", "spec.template.spec"),
    ("Job", "spec.template.spec"),
    ("CronJob", "spec.jobTemplate.spec.template.spec"),
];

/// Groups of the API that have these kinds; the first has no name. Others may have kinds of the same names.
const GROUPS: [&str; 4] = ["", "apps", "batch", "extensions"];

/// Images of a pod.
const POD: [&str; 4] =
    ["containers[].image!", "initContainers[].image!", "ephemeralContainers[].image!", "volumes[].image.reference!"];

/// How a list of several objects is called: `List`, or the kind with this behind it.
const LIST: &str = "List";

/// Where custom resources have pods that are like those of a Deployment: Argo Rollouts, Knative services.
const CUSTOM_POD: [&str; 3] = ["spec", "template", "spec"];

pub(super) fn images<'a>(walk: &mut Walk<'a>, root: Node<'a>) -> Result<(), PinError> {
    let Some(map) = root.map() else { return Ok(()) };
    let (kind, version) = (text(map, "kind"), text(map, "apiVersion"));
    let (Some(kind), Some(version), false) = (kind, version, is_kustomization(map)) else {
        return Err(PinError::NotOfKind { kind: FileKind::Kubernetes, place: root.place() });
    };
    object(walk, root, kind, version);
    Ok(())
}

fn text<'a>(map: Map<'a>, name: &str) -> Option<&'a str> {
    map.candidates(name).first().and_then(|node| node.text())
}

fn object<'a>(walk: &mut Walk<'a>, object: Node<'a>, kind: &'a str, version: &'a str) {
    let group = version.rsplit_once('/').map_or("", |(group, _)| group);
    if let Some(of) = kind.strip_suffix(LIST).filter(|_| has_items(object)) {
        // Items of a list of one kind may leave it out.
        return walk.go(object, &["items", "[]"], &mut |walk, item| {
            let own = |name| item.map().and_then(|map| text(map, name));
            self::object(walk, item, own("kind").unwrap_or(of), own("apiVersion").unwrap_or(version));
        });
    }
    let pods = PODS.iter().find(|(known, _)| *known == kind).filter(|_| GROUPS.contains(&group));
    match pods {
        Some((_, path)) => walk.go(object, &path.split('.').collect::<Vec<_>>(), &mut pod),
        None => walk.guessing(|walk| custom(walk, object)),
    }
}

fn has_items(object: Node<'_>) -> bool {
    object.map().is_some_and(|map| map.candidates("items").iter().any(|items| items.list().is_some()))
}

fn pod<'a>(walk: &mut Walk<'a>, spec: Node<'a>) {
    POD.iter().for_each(|path| walk.follow(spec, path));
}

/// A resource whose kind is not known.
fn custom<'a>(walk: &mut Walk<'a>, resource: Node<'a>) {
    let has_pod =
        |spec: Node<'a>| spec.map().is_some_and(|map| map.get("containers").is_some_and(|list| list.list().is_some()));
    if along(resource, &CUSTOM_POD).is_some_and(has_pod) {
        walk.go(resource, &CUSTOM_POD, &mut pod);
    }
    guess(walk, resource, None);
}

fn along<'a>(node: Node<'a>, names: &[&str]) -> Option<Node<'a>> {
    names.iter().try_fold(node, |node, name| node.map()?.get(name))
}

/// Goes through a whole value for lists that are called like those of containers, or `steps`, as Tekton's are. What is called `image`
/// elsewhere may be one.
fn guess<'a>(walk: &mut Walk<'a>, node: Node<'a>, name: Option<&str>) {
    if let Some(map) = node.map() {
        for (key, value) in map.members() {
            let name = key.raw().unwrap_or_default();
            walk.inside(Step::Member(name.to_owned()), |walk| {
                if name == "image" {
                    walk.perhaps(value);
                }
                guess(walk, value, Some(name));
            });
        }
    }
    let Some(items) = node.list() else { return };
    let holds_containers = name.is_some_and(|name| name.ends_with("ontainers") || name == "steps");
    for (index, item) in items.enumerate() {
        walk.inside(Step::Item(index), |walk| {
            if holds_containers && item.map().is_some() {
                walk.follow(item, "image");
            }
            guess(walk, item, None);
        });
    }
}
