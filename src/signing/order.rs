//! What to sign, with which signer, and how.

use std::collections::BTreeMap;
use std::time::Duration;

use notary::Timestamp;
use notary::descriptor::{Descriptor, media_type};
use notary::payload;
use notary::sign;
use notary::signature_manifest::ManifestForm;

use super::error::SigningError;
use crate::clock::Clock;
use crate::signer::{AwsSigner, LocalKey, Signer};

/// What our signatures call the tool that made them.
const SIGNING_AGENT: &str = concat!("sealgate/", env!("CARGO_PKG_VERSION"));

/// What is to be done to each artifact.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order<'a> {
    pub(crate) signer: Signer<'a>,
    pub(crate) user_metadata: &'a BTreeMap<String, String>,
    /// How long a signature of a local key is to live. A signing profile decides that itself.
    pub(crate) lifetime: Option<Duration>,
    /// The present: when each signature is made, that is its signing time.
    pub(crate) clock: Clock,
    pub(crate) form: ManifestForm,
    /// What an existing signature means.
    pub(crate) existing: Existing,
}

impl Order<'_> {
    /// Checks what can be checked before anything is asked for: metadata, chain, and the time to live.
    ///
    /// # Errors
    /// As [`super::sign_artifact`] would fail for every artifact.
    pub(crate) fn check(&self) -> Result<(), SigningError> {
        let any = Descriptor::of(media_type::IMAGE_MANIFEST, b"");
        let payload = payload::assemble(&any, self.user_metadata)?;
        match self.signer {
            Signer::LocalKey(key) => sign::prepare(&self.request(key, &payload, self.clock.now())).map(drop)?,
            Signer::SigningProfile(_) => AwsSigner::check(&payload)?,
        }
        Ok(())
    }

    pub(super) fn request<'a>(&self, key: &'a LocalKey, payload: &'a [u8], now: Timestamp) -> sign::Request<'a> {
        sign::Request::new(payload, key.chain(), now).with_expiry(self.expiry(now)).with_signing_agent(SIGNING_AGENT)
    }

    /// The moment at which a signature that a local key makes `now` is to expire.
    pub(crate) fn expiry(&self, now: Timestamp) -> Option<Timestamp> {
        // Timestamps end with the year 9999; a signature that outlives it has no expiry either way.
        self.lifetime.map(|lifetime| now.checked_add(lifetime).unwrap_or(Timestamp::MAX))
    }
}

/// What to make of a signature that meets all that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It is enough.
    Keep,
    /// It is enough if a signing authority says that it is no older than this.
    KeepYoung(Duration),
    SignAgain,
}
