//! One piece of work for each artifact, however many references of a call name it: a signing job is not made twice
//! because an image has two tags.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell};

use crate::error::Error;
use crate::reference::Reference;
use crate::registry::{Access, Registries, RegistryError};
use crate::signing::{Order, Signed, SigningError, sign_artifact};

/// What was done in this run, by artifact.
#[derive(Debug, Default)]
pub(in crate::command) struct Shared {
    /// Repositories and layouts that are named more than once.
    places: BTreeSet<String>,
    done: Mutex<HashMap<String, Arc<Once>>>,
}

/// The work on one artifact, and its result.
type Once = OnceCell<Result<Signed, NotSigned>>;

/// Why an artifact is not signed, for as many references as name it.
#[derive(Clone, Debug)]
pub(in crate::command) struct NotSigned {
    pub(in crate::command) error: Error,
    /// Whether a signature was taken, and not shown to be there.
    is_unproven: bool,
}

impl NotSigned {
    /// Whether nothing is wrong but that something was unavailable or denied. A signature that did not pass its read-back is
    /// worse: it may be there, and not as it was made.
    pub(in crate::command) fn is_only_out_of_reach(&self) -> bool {
        !self.is_unproven && self.error.is_out_of_reach()
    }
}

impl From<SigningError> for NotSigned {
    fn from(error: SigningError) -> Self {
        let is_unproven = matches!(error, SigningError::Unproven(_));
        Self { error: error.into(), is_unproven }
    }
}

impl From<RegistryError> for NotSigned {
    fn from(error: RegistryError) -> Self {
        SigningError::from(error).into()
    }
}

impl Shared {
    /// For these references, nothing done yet.
    pub(in crate::command) fn of(references: &[Reference]) -> Self {
        let mut once = BTreeSet::new();
        let again = references.iter().map(place).filter(|place| !once.insert(place.clone()));
        Self { places: again.collect(), done: Mutex::default() }
    }

    /// Signs what a reference names, or waits for the task that already does.
    ///
    /// # Errors
    /// As [`sign_artifact`].
    pub(in crate::command) async fn sign(
        &self,
        registries: &Registries,
        reference: &Reference,
        order: &Order<'_>,
    ) -> Result<Signed, NotSigned> {
        let source = registries.open(reference, Access::PullPush)?;
        // The usual case: no second reference can mean the same, and nothing has to be known first.
        if !self.places.contains(&place(reference)) {
            return Ok(sign_artifact(&source, reference, order).await?);
        }
        // The tag may move meanwhile; the digest is what was found and what is reported.
        let artifact = source.by_digest(reference).await?;
        // The work waits inside of what makes it happen once, which would hold it several times over.
        let work = Box::pin(async { Ok(sign_artifact(&source, &artifact, order).await?) });
        self.once(artifact.to_string(), work).await
    }

    async fn once(
        &self,
        name: String,
        work: impl Future<Output = Result<Signed, NotSigned>>,
    ) -> Result<Signed, NotSigned> {
        let once = Arc::clone(self.done.lock().await.entry(name).or_default());
        once.get_or_init(|| work).await.clone()
    }
}

fn place(reference: &Reference) -> String {
    match reference {
        Reference::Registry(registry) => registry.name(),
        Reference::Layout(layout) => layout.path().display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_that_are_named_more_than_once_cost_a_look() {
        let references = ["registry.example/a:1", "registry.example/a:2", "registry.example/b:1", "oci-layout:c:1"];
        let references = references.map(|text| Reference::parse(text).unwrap());
        let shared = Shared::of(&references);
        assert_eq!(shared.places.into_iter().collect::<Vec<_>>(), ["registry.example/a"]);
    }
}
