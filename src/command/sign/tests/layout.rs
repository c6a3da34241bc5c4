//! Signing into an OCI image layout.

use std::fs;
use std::future::Future as _;
use std::path::Path;
use std::pin::pin;
use std::task::Poll;

use notary::descriptor::{Descriptor, media_type};
use notary::digest::Digest;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::verification::{Verdict, examine};

/// A layout with one image.
fn layout() -> (TempDir, Reference) {
    let folder = tempfile::tempdir().unwrap();
    let text =
        json!({"schemaVersion": 2, "mediaType": media_type::IMAGE_MANIFEST, "config": {}, "layers": []}).to_string();
    let image = Descriptor::of(media_type::IMAGE_MANIFEST, text.as_bytes());
    let blobs = folder.path().join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    fs::write(blobs.join(image.digest.hex()), text).unwrap();
    fs::write(folder.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let index = json!({"schemaVersion": 2, "mediaType": media_type::IMAGE_INDEX, "manifests": [image]});
    fs::write(folder.path().join("index.json"), index.to_string()).unwrap();
    let reference = Reference::parse(&format!("oci-layout:{}@{}", folder.path().display(), image.digest)).unwrap();
    (folder, reference)
}

async fn sign_in(reference: &Reference, order: &Order<'_>) -> Result<Signed, SigningError> {
    let source = stage::registries().open(reference, Access::PullPush).unwrap();
    sign_artifact(&source, reference, order).await
}

async fn verdict(reference: &Reference, signer: &stage::Signer) -> Verdict {
    let source = stage::registries().open(reference, Access::Pull).unwrap();
    let trust = signer.trust();
    examine(&source, reference, &stage::terms(&trust)).await.unwrap().verdict()
}

/// Every file is whole: blobs have the digest of their name, the index names blobs that are there, nothing else lies
/// around.
fn check_whole(folder: &Path) {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !["blobs", "oci-layout", "index.json"].contains(&name.as_str()));
    assert!(names.is_empty() || names.iter().all(|name| name.contains("lock")), "{names:?}");
    for blob in fs::read_dir(folder.join("blobs/sha256")).unwrap() {
        let path = blob.unwrap().path();
        let digest = Digest::sha256(&fs::read(&path).unwrap());
        assert_eq!(path.file_name().unwrap().to_str().unwrap(), digest.hex());
    }
    let index: Value = serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
    for entry in index["manifests"].as_array().unwrap() {
        let (_, hex) = entry["digest"].as_str().unwrap().split_once(':').unwrap();
        assert!(folder.join("blobs/sha256").join(hex).exists());
    }
}

#[tokio::test]
async fn an_image_in_a_layout_is_signed_once_and_verified() {
    let ours = stage::Signer::new("ours");
    for form in [ManifestForm::Current, ManifestForm::Legacy] {
        let (folder, reference) = layout();
        assert_eq!(verdict(&reference, &ours).await, Verdict::Unsigned);
        let order = Order { form, ..ours.order() };
        assert_eq!(sign_in(&reference, &order).await.unwrap().work, Work::Made);
        assert_eq!(sign_in(&reference, &order).await.unwrap().work, Work::Found);
        check_whole(folder.path());
        assert_eq!(verdict(&reference, &ours).await, Verdict::Verified);
        assert_eq!(verdict(&reference, &stage::Signer::new("stranger")).await, Verdict::Rejected);
    }
}

#[tokio::test]
async fn a_damaged_signature_hides_no_good_one_and_is_signed_over() {
    let ours = stage::Signer::new("ours");
    let (folder, reference) = layout();
    let first = sign_in(&reference, &ours.order()).await.unwrap();
    let manifest = folder.path().join("blobs/sha256").join(first.signature_manifest.hex());
    let read: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    let (_, envelope) = read["layers"][0]["digest"].as_str().unwrap().split_once(':').unwrap();
    fs::write(folder.path().join("blobs/sha256").join(envelope), "damaged").unwrap();
    assert_eq!(verdict(&reference, &ours).await, Verdict::Rejected);
    assert_eq!(sign_in(&reference, &ours.order()).await.unwrap().work, Work::Made);
    assert_eq!(verdict(&reference, &ours).await, Verdict::Verified);
}

#[test]
fn who_is_interrupted_at_any_step_leaves_a_whole_layout() {
    let ours = stage::Signer::new("ours");
    let mut finished = false;
    for steps in 0..200 {
        let (folder, reference) = layout();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let order = ours.order();
        let ended = runtime.block_on(async {
            let mut signing = pin!(sign_in(&reference, &order));
            let mut polled = 0;
            std::future::poll_fn(|context| {
                if polled == steps {
                    return Poll::Ready(None);
                }
                polled += 1;
                signing.as_mut().poll(context).map(Some)
            })
            .await
        });
        // Waits for file work that had begun.
        drop(runtime);
        check_whole(folder.path());
        if let Some(signed) = ended {
            signed.unwrap();
            finished = true;
            break;
        }
    }
    assert!(finished);
}
