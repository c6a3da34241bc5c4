//! A signature that is made in memory and pushed nowhere: what `sign` would make with a key.

use std::collections::BTreeMap;

use notary::descriptor::{Descriptor, media_type};
use notary::payload;
use notary::sign::{self, SignedEnvelope};
use notary::signature_manifest::ManifestForm;

use super::error::SigningError;
use super::order::{Existing, Order};
use crate::clock::Clock;
use crate::signer::{LocalKey, Signer};

/// A signature of an artifact that exists nowhere.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(crate) artifact: Descriptor,
    pub(crate) envelope: SignedEnvelope,
}

/// Signs as `sign` would, by the same rules.
///
/// # Errors
/// As `sign` would fail for every image.
pub(crate) fn try_key(key: &LocalKey, clock: Clock) -> Result<Trial, SigningError> {
    let (artifact, user_metadata) = (Descriptor::of(media_type::IMAGE_MANIFEST, b""), BTreeMap::new());
    let order = Order {
        signer: Signer::LocalKey(key),
        user_metadata: &user_metadata,
        lifetime: None,
        clock,
        form: ManifestForm::Current,
        existing: Existing::SignAgain,
    };
    let payload = payload::assemble(&artifact, &user_metadata)?;
    let unsigned = sign::prepare(&order.request(key, &payload, clock.now()))?;
    let signature = key.sign(unsigned.message())?;
    Ok(Trial { artifact, envelope: unsigned.assemble(&signature)? })
}
