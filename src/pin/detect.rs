//! What a deploy file is, told by what is in it.

use super::error::PinError;
use super::kind::FileKind;
use crate::document::{Document, Map, Node};

/// Names of the files that kustomize looks for.
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// How the API versions of kustomize begin.
const KUSTOMIZE_GROUP: &str = "kustomize.config.k8s.io/";

/// Members of an unknown map that are named.
const SHOWN: usize = 5;

/// Tells what a file is. `name` is its last part, which counts for kustomizations alone: `kind` may be left out in them.
pub(super) fn kind_of(documents: &[Document], name: &str) -> Result<FileKind, PinError> {
    let roots = || documents.iter().map(Document::root).filter(|root| !root.is_null());
    if roots().next().is_none() {
        return Err(PinError::Empty);
    }
    if KUSTOMIZATIONS.contains(&name) && roots().all(|root| root.map().is_some()) {
        return Ok(FileKind::Kustomize);
    }
    let mut found: Vec<_> = roots().flat_map(marks).collect();
    found.sort_unstable();
    found.dedup();
    match (found.as_slice(), roots().next()) {
        ([kind], _) => Ok(*kind),
        ([first, second, ..], _) => Err(PinError::Ambiguous(*first, *second)),
        ([], root) => Err(PinError::Unknown { found: root.map(described).unwrap_or_default() }),
    }
}

/// The kinds whose marks a document bears. One that says its kind is that.
fn marks(root: Node<'_>) -> Vec<FileKind> {
    if let Some(items) = root.list() {
        let has = |name| items.clone().any(|item| item.map().is_some_and(|item| item.get(name).is_some()));
        let marks = [(has("image"), FileKind::Ecs), (has("imageUri"), FileKind::ImageDefinitions)];
        return marks.into_iter().filter(|(is_one, _)| *is_one).map(|(_, kind)| kind).collect();
    }
    let Some(map) = root.map() else { return Vec::new() };
    let has = |name| !map.candidates(name).is_empty();
    if has("apiVersion") && has("kind") {
        return vec![if is_kustomization(map) { FileKind::Kustomize } else { FileKind::Kubernetes }];
    }
    let is_map = |name| map.candidates(name).iter().any(|node| node.map().is_some());
    let marks = [
        (is_task_definition(map), FileKind::Ecs),
        (has("ImageURI"), FileKind::ImageDetail),
        (is_map("services"), FileKind::Compose),
        // An AppSpec has a list of this name.
        (is_map("Resources"), FileKind::CloudFormation),
    ];
    marks.into_iter().filter(|(is_one, _)| *is_one).map(|(_, kind)| kind).collect()
}

pub(super) fn is_kustomization(map: Map<'_>) -> bool {
    let starts = |node: &Node<'_>| node.text().is_some_and(|text| text.starts_with(KUSTOMIZE_GROUP));
    map.candidates("apiVersion").iter().any(starts)
}

/// Its members are those of the API's requests and answers, for services, daemons and Express services.
fn is_task_definition(map: Map<'_>) -> bool {
    let is_one =
        |map: Map<'_>| ["containerDefinitions", "primaryContainer"].iter().any(|name| !map.candidates(name).is_empty());
    let below = |name| map.candidates(name).into_iter().filter_map(Node::map).any(is_one);
    is_one(map) || below("taskDefinition") || below("daemonTaskDefinition")
}

/// What a document is that is none of them.
fn described(root: Node<'_>) -> String {
    let Some(map) = root.map() else { return root.kind().to_string() };
    let names: Vec<_> =
        map.members().take(SHOWN).filter_map(|(key, _)| key.raw()).map(|name| format!("{name:?}")).collect();
    match names.as_slice() {
        [] => "an empty map".to_owned(),
        names => format!("a map with {}", names.join(", ")),
    }
}
