//! Compose files: the image of each service, and what it is if it has none.

use super::walk::{Step, Walk};
use crate::document::{Map, Node};
use crate::pin::found::{Computed, What};

pub(super) fn images<'a>(walk: &mut Walk<'a>, root: Node<'a>) {
    walk.follow(root, "services.*.image");
    walk.go(root, &["services", "*"], &mut service);
    // Other files, with services of their own.
    walk.go(root, &["include"], &mut |walk, include| match include.list() {
        Some(items) => {
            for (index, item) in items.enumerate() {
                walk.inside(Step::Item(index), |walk| walk.add(item, What::Computed(Computed::Elsewhere)));
            }
        }
        None => walk.add(include, What::Computed(Computed::Elsewhere)),
    });
}

/// What a service runs beside its image, or in place of one.
fn service<'a>(walk: &mut Walk<'a>, service: Node<'a>) {
    let Some(map) = service.map() else { return };
    let of = |name| map.candidates(name).into_iter().find(|value: &Node<'_>| !value.is_null());
    if of("image").is_none() {
        if let Some(build) = of("build") {
            walk.inside(Step::Member("build".to_owned()), |walk| {
                walk.add_nameless(build, What::Computed(Computed::Built))
            });
        }
        // A service of the same file is found as that.
        let other = |extends: Map<'a>| extends.get("file");
        if let Some(file) = of("extends").and_then(Node::map).and_then(other) {
            walk.inside(Step::Member("extends".to_owned()), |walk| walk.add(file, What::Computed(Computed::Elsewhere)));
        }
    }
    let volumes = map.candidates("volumes").into_iter().filter_map(Node::list).flatten().enumerate();
    for (index, volume) in volumes {
        let is_image = |kind: Node<'_>| kind.text() == Some("image");
        if volume.map().and_then(|map| map.get("type")).is_some_and(is_image) {
            walk.inside(Step::Member("volumes".to_owned()), |walk| {
                walk.inside(Step::Item(index), |walk| walk.follow(volume, "source!"));
            });
        }
    }
}
