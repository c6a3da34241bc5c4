//! The images of a deploy file. Each kind is a table of paths; [`walk`] goes along them.

mod cloudformation;
mod compose;
mod kubernetes;
mod kustomize;
mod walk;

use self::walk::Walk;
use super::error::PinError;
use super::found::{Found, Unseen};
use super::kind::FileKind;
use crate::document::{Document, Node};

/// Images of a task definition, whichever request or answer of the API it is part of. A member that ends with `!` must be there.
const ECS: [&str; 6] = [
    "containerDefinitions[].image!",
    "primaryContainer.image!",
    "taskDefinition.containerDefinitions[].image!",
    "taskDefinition.primaryContainer.image!",
    "daemonTaskDefinition.containerDefinitions[].image!",
    "daemonTaskDefinition.primaryContainer.image!",
];

/// The containers alone, as `--container-definitions` takes them, and Terraform.
const ECS_LIST: &str = "[].image!";

/// Finds every image. Scalars that several places share by an alias are found once, where they are defined.
pub(super) fn images(documents: &[Document], kind: FileKind) -> Result<(Vec<Found>, Vec<Unseen>), PinError> {
    let mut walk = Walk::new(kind);
    for (index, document) in documents.iter().enumerate() {
        let root = document.root();
        if root.is_null() {
            continue;
        }
        let may_be_list = matches!(kind, FileKind::ImageDefinitions | FileKind::Ecs) && root.list().is_some();
        if root.map().is_none() && !may_be_list {
            return Err(PinError::NotOfKind { kind, place: root.place() });
        }
        walk.begin(index, document);
        in_document(&mut walk, root, kind)?;
    }
    let (found, unseen) = walk.finish()?;
    if found.is_empty() { Err(PinError::NoImages { kind }) } else { Ok((found, unseen)) }
}

fn in_document<'a>(walk: &mut Walk<'a>, root: Node<'a>, kind: FileKind) -> Result<(), PinError> {
    match kind {
        FileKind::Ecs if root.list().is_some() => walk.follow(root, ECS_LIST),
        FileKind::Ecs => ECS.iter().for_each(|path| walk.follow(root, path)),
        FileKind::ImageDefinitions => walk.follow(root, "[].imageUri!"),
        FileKind::ImageDetail => walk.follow(root, "ImageURI!"),
        FileKind::Compose => compose::images(walk, root),
        FileKind::CloudFormation => cloudformation::images(walk, root),
        FileKind::Kustomize => kustomize::images(walk, root),
        FileKind::Kubernetes => kubernetes::images(walk, root)?,
    }
    Ok(())
}
