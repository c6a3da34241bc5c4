//! Looking for the manifests of an index, at a registry that lies.

use std::time::Duration;

use notary::descriptor::media_type::{IMAGE_INDEX, IMAGE_MANIFEST};
use serde_json::{Value, json};

use super::*;
use crate::gate::ChildrenState;
use crate::reference::Reference;
use crate::registry::server::{Fake, Reply};
use crate::registry::settings::Retries;
use crate::registry::{Access, Credentials, Registries, Settings};

fn image(fake: &Fake, text: &str) -> Descriptor {
    let bytes = json!({ "mediaType": IMAGE_MANIFEST, "config": {}, "layers": [], "annotations": { "text": text } });
    fake.put_manifest(IMAGE_MANIFEST, bytes.to_string(), None)
}

fn index(fake: &Fake, entries: &[Value]) -> Descriptor {
    let bytes = json!({ "mediaType": IMAGE_INDEX, "manifests": entries });
    fake.put_manifest(IMAGE_INDEX, bytes.to_string(), None)
}

fn entry(descriptor: &Descriptor, architecture: &str) -> Value {
    let mut entry = serde_json::to_value(descriptor.plain()).unwrap();
    entry["platform"] = json!({ "os": "linux", "architecture": architecture });
    entry
}

async fn looked(fake: &Fake, artifact: &Descriptor) -> Looked {
    let pause = Duration::from_millis(1);
    let retries = Retries { attempts: 1, first_pause: pause, longest_pause: pause, budget: Duration::from_secs(1) };
    let settings = Settings { retries, proxies: crate::transport::Proxies::None, ..Settings::default() };
    let registries = Registries::new(settings, Credentials::none());
    let reference = Reference::parse(&format!("{}/app:v1", fake.host())).unwrap();
    look(&registries.open(&reference, Access::Pull).unwrap(), artifact).await
}

fn line(descriptor: &Descriptor) -> String {
    format!("GET /v2/app/manifests/{}", descriptor.digest)
}

/// The platform of each that is not there, and what is wrong with it.
fn lacks(looked: &Looked) -> Vec<(Option<String>, Lack)> {
    let platform = |lacking: &Lacking| match lacking {
        Lacking::Child { child, .. } | Lacking::Empty { child } => child.platform.clone(),
        Lacking::Unreadable => None,
    };
    looked.lacking.iter().map(|lacking| (platform(lacking), lacking.lack())).collect()
}

#[tokio::test]
async fn what_an_index_lists_is_looked_for_and_each_manifest_once() {
    let fake = Fake::start().await;
    let (one, two, three) = (image(&fake, "1"), image(&fake, "2"), image(&fake, "3"));
    let inner = index(&fake, &[entry(&three, "s390x"), entry(&one, "amd64")]);
    let attested = json!({ "mediaType": IMAGE_MANIFEST, "digest": format!("sha256:{:064}", 7), "size": 1,
        "annotations": { "vnd.docker.reference.type": "attestation-manifest" },
        "platform": { "os": "unknown", "architecture": "unknown" } });
    let entries = [entry(&one, "amd64"), entry(&two, "arm64"), entry(&two, "arm"), entry(&inner, "mixed"), attested];
    let outer = index(&fake, &entries);
    let found = looked(&fake, &outer).await;
    assert_eq!(found.count(), Children::Counted(Count { there: 3, ..Count::default() }));
    let lines = fake.lines();
    for descriptor in [&outer, &inner, &one, &two, &three] {
        assert_eq!(lines.iter().filter(|seen| **seen == line(descriptor)).count(), 1, "{lines:?}");
    }
    assert_eq!(lines.len(), 5, "{lines:?}");

    let alone = looked(&fake, &one).await;
    assert_eq!((alone.count(), alone.is_index()), (Children::NoIndex, false));
    let empty = looked(&fake, &index(&fake, &[])).await;
    assert_eq!(empty.count(), Children::Counted(Count::default()));
    assert_eq!(empty.count().state(), ChildrenState::Empty);
}

#[tokio::test]
async fn one_that_is_missing_or_another_is_told_by_its_platform() {
    let fake = Fake::start().await;
    let (one, two) = (image(&fake, "1"), image(&fake, "2"));
    let there = entry(&one, "amd64");
    let body = |text: &str| Reply::new(200).body(IMAGE_MANIFEST, text.to_owned());
    let (unavailable, denied) = (Lack::Unknown(Obstacle::Unavailable), Lack::Unknown(Obstacle::Denied));
    for (reply, lack) in [
        (Reply::error(404, "MANIFEST_UNKNOWN"), Lack::Missing),
        (body("{}"), Lack::Different),
        (body(&" ".repeat(usize::try_from(two.size).unwrap())), Lack::Different),
        (body(&" ".repeat(100_000)), Lack::Different),
        (Reply::error(403, "DENIED"), denied),
        (Reply::error(500, "UNKNOWN"), unavailable),
        (Reply::error(429, "TOOMANYREQUESTS"), unavailable),
        (Reply::error(400, "UNSUPPORTED"), unavailable),
        (Reply::dropped(), unavailable),
        (body("x").half(), unavailable),
    ] {
        let artifact = index(&fake, &[there.clone(), entry(&two, "arm64")]);
        fake.spoil(&line(&two), 10, reply.clone());
        let found = looked(&fake, &artifact).await;
        assert_eq!((lacks(&found), found.there), (vec![(Some("linux/arm64".to_owned()), lack)], 1), "{reply:?}");
        assert_ne!(found.count().state(), ChildrenState::Met, "{reply:?}");
        assert_eq!(found.unknown(Obstacle::Denied).is_some(), lack == denied);
    }
}

#[tokio::test]
async fn what_an_index_says_of_a_manifest_has_to_be_true() {
    let fake = Fake::start().await;
    let one = image(&fake, "1");
    let changed = |member: &str, value: Value| {
        let mut changed = entry(&one, "arm64");
        changed[member] = value;
        changed
    };
    for wrong in [
        changed("size", json!(one.size + 1)),
        changed("size", json!(one.size - 1)),
        changed("size", json!(notary::limits::MANIFEST_BYTES + 1)),
        changed("mediaType", json!(IMAGE_INDEX)),
        // A layer, which nobody can run.
        changed("mediaType", json!("application/vnd.oci.image.layer.v1.tar")),
        changed("digest", json!("sha256:no")),
        json!(["x"]),
    ] {
        let found = looked(&fake, &index(&fake, std::slice::from_ref(&wrong))).await;
        assert_eq!(found.count().state(), ChildrenState::Different, "{wrong}: {:?}", found.lacking);
    }
    // The image itself may be gone by now.
    let gone = Descriptor::of(IMAGE_INDEX, b"gone");
    assert_eq!(looked(&fake, &gone).await.count().state(), ChildrenState::Missing);
}

#[tokio::test]
async fn an_index_in_it_that_lists_nothing_leaves_its_platform_without_a_manifest() {
    let fake = Fake::start().await;
    let there = entry(&image(&fake, "1"), "amd64");
    let mut attested = entry(&image(&fake, "2"), "unknown");
    attested["platform"]["os"] = json!("unknown");
    attested["annotations"] = json!({ "vnd.docker.reference.type": "attestation-manifest" });
    for inside in [vec![], vec![attested]] {
        let inner = entry(&index(&fake, &inside), "arm64");
        let found = looked(&fake, &index(&fake, &[there.clone(), inner])).await;
        assert_eq!((lacks(&found), found.there), (vec![(Some("linux/arm64".to_owned()), Lack::Empty)], 1));
        assert_eq!(found.count().state(), ChildrenState::Empty, "{inside:?}");
    }
    // Of one whose manifests another index has already named nothing is missing.
    let inner = entry(&index(&fake, std::slice::from_ref(&there)), "arm64");
    let found = looked(&fake, &index(&fake, &[there, inner])).await;
    assert_eq!((found.count().state(), found.there), (ChildrenState::Met, 1));
}

#[tokio::test]
async fn caps_are_answers_and_never_met() {
    let fake = Fake::start().await;
    let small = |number: usize| {
        let descriptor = Descriptor::of(IMAGE_MANIFEST, &number.to_be_bytes());
        serde_json::to_value(descriptor).unwrap()
    };
    let many: Vec<_> = (0..=limits::CHILDREN).map(small).collect();
    let found = looked(&fake, &index(&fake, &many)).await;
    assert_eq!((found.cut, found.there), (Some(Cut::Number(limits::CHILDREN)), 0));
    assert_eq!(fake.lines().len(), 1, "nothing is asked for in vain");

    // Over several indexes.
    let halves = many.chunks(limits::CHILDREN / 2).map(|half| index(&fake, half));
    let halves: Vec<_> = halves.map(|half| entry(&half, "x")).collect();
    assert_eq!(looked(&fake, &index(&fake, &halves)).await.count().state(), ChildrenState::Cut);

    // Of what cannot be read no more is held.
    let broken = vec![json!("x"); limits::CHILDREN];
    let broken: Vec<_> = (0..4).map(|at| [broken.clone(), vec![json!(at)]].concat()).collect();
    let broken: Vec<_> = broken.iter().map(|entries| entry(&index(&fake, &entries[1..]), "x")).collect();
    let found = looked(&fake, &index(&fake, &broken)).await;
    assert_eq!((found.cut, found.lacking.len()), (Some(Cut::Number(limits::CHILDREN)), limits::CHILDREN));
    assert_eq!(found.count().state(), ChildrenState::Different);

    let nested = |levels: usize| {
        let innermost = entry(&image(&fake, "1"), "amd64");
        (0..levels).fold(innermost, |inside, _| entry(&index(&fake, &[inside]), "x"))
    };
    let descriptor = |value: &Value| Descriptor::from_value(value).unwrap();
    let deepest = looked(&fake, &descriptor(&nested(limits::CHILDREN_DEPTH))).await;
    assert_eq!((deepest.cut, deepest.there), (None, 1));
    let deeper = looked(&fake, &descriptor(&nested(limits::CHILDREN_DEPTH + 1))).await;
    assert_eq!((deeper.cut, deeper.there), (Some(Cut::Depth(limits::CHILDREN_DEPTH)), 0));

    let large = |number: usize| {
        let mut large = small(number);
        large["size"] = json!(notary::limits::MANIFEST_BYTES);
        large
    };
    let count = usize::try_from(limits::CHILDREN_BYTES / notary::limits::MANIFEST_BYTES).unwrap() + 1;
    let heavy: Vec<_> = (0..count).map(large).collect();
    let found = looked(&fake, &index(&fake, &heavy)).await;
    assert_eq!((found.cut, found.count().state()), (Some(Cut::Bytes(limits::CHILDREN_BYTES)), ChildrenState::Cut));
}
