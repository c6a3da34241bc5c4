//! Kustomizations: what replaces images of manifests. A digest takes the place of the new tag.

use super::walk::{Walk, literal};
use crate::document::{Kind, Map, Node};
use crate::pin::found::{Computed, Literal, Unsupported, What, Write, Wrong};

pub(super) fn images<'a>(walk: &mut Walk<'a>, root: Node<'a>) {
    walk.go(root, &["images", "[]"], &mut |walk, image| {
        let Some(map) = image.map() else {
            return walk.add(image, What::Wrong(Wrong::Kind { found: image.kind(), expected: Kind::Map }));
        };
        let (node, what) = replacement(walk, map);
        walk.within(map, |walk| walk.add(node, what));
    });
}

/// What an entry makes of an image, and the value that says which one.
fn replacement<'a>(walk: &Walk<'a>, map: Map<'a>) -> (Node<'a>, What) {
    let of = |member: &str| map.candidates(member).into_iter().find(|value| !value.is_null());
    let Some(name) = of("newName").or_else(|| of("name")) else {
        return (map.node(), What::Wrong(Wrong::Missing { member: "name".to_owned() }));
    };
    let (tag, digest) = (of("newTag"), of("digest"));
    let Some(place) = digest.or(tag) else {
        // The tag that the manifest has stays, and it is in another file.
        return (name, What::Computed(Computed::Elsewhere));
    };
    if of("tagSuffix").is_some() {
        return (place, What::Computed(Computed::Elsewhere));
    }
    for value in [name, place] {
        if value.text().is_none() {
            return (value, What::Wrong(Wrong::Kind { found: value.kind(), expected: Kind::Text }));
        }
    }
    let sign = if digest.is_some() { '@' } else { ':' };
    let text = format!("{}{sign}{}", name.text().unwrap_or_default(), place.text().unwrap_or_default());
    let name = match literal(&text) {
        Ok(name) => name,
        Err(nameless) => return (place, nameless.into()),
    };
    if digest.is_some() {
        return (place, What::Literal(Literal { name, slots: Vec::new() }));
    }
    let key = map.members().find(|(key, _)| key.raw() == Some("newTag")).map(|(key, _)| key);
    let (Some(key), false) = (key.filter(|key| !walk.is_shared(*key)), walk.is_shared(place)) else {
        return (place, What::Unsupported(Unsupported::Shared));
    };
    match (walk.slot(key, Write::Key("digest")), walk.slot(place, Write::Digest)) {
        (Some(key), Some(value)) => (place, What::Literal(Literal { name, slots: vec![key, value] })),
        _ => (place, What::Unsupported(Unsupported::Block)),
    }
}
