//! Everything between sealgate and where images are: registries and OCI image layouts.
//!
//! Start at [`Registries`]: it opens a [`Source`] for a [`Reference`]. A source resolves, lists signatures, fetches, and
//! takes a signature in steps that overlap. All requests go through one layer (`http`), which authorizes, follows
//! redirects, tries again, reads under a cap, and keeps a log.
//!
//! # What oci-client 0.18 is used for
//!
//! Its index and index entries are what is written into a tag index and into the index of a layout, its error codes are
//! what registries' answers are compared with, and its names of annotations and media types are ours. The rest is not used,
//! for these reasons:
//!
//! - Its client asks `GET /v2/` before each request, reads bodies without a cap, follows no page of a listing, tells nothing
//!   of `OCI-Subject`, and takes a refusal for an empty listing.
//! - What it reads, it reads by `serde`'s derived code, which takes an array for an object (`["a/b","x",1,null,null,null]` is a
//!   descriptor), reads over members in other case, which Go takes for the same, and refuses a whole index for one entry that
//!   it does not know. A manifest is an image or an index by its shape, whatever its media type says (CVE-2021-41190), and an
//!   error without a code hides the others. So no foreign document is read into its types: `notary::json` reads them.
//! - `OciImageIndex` keeps no member that it does not know, and of entries no `urls` and `data`. An index that is there is
//!   changed as the document that it is, so that nothing of what others wrote is lost.
//! - `OciDescriptor` and `OciImageManifest` have no `data`, which notation writes for the empty configuration, and the manifest
//!   has `artifactType` and the annotations in another order: a signature manifest would have another digest. Digests are plain
//!   text, sizes may be negative. The core has a descriptor with neither, and stays free of HTTP.
//! - `Platform` cannot be read without an architecture and a system. `children` reads what is there, to tell it.
//! - `Reference` compiles a regular expression of 45 ms for its first one, has no IPv6 addresses, and adds `docker.io`,
//!   `library` and `latest` silently. It is the second opinion that ours is tested with.
//! - `RegistryAuth` holds passwords in plain strings, and knows no identity tokens.

pub(crate) mod limits;

pub(crate) mod error;
mod excerpt;
pub(crate) mod settings;

mod access;
mod answer;
mod auth;
mod granted;
pub(crate) mod hint;
mod http;
mod meter;
mod origin;
mod retry;
mod room;
mod token;

pub(crate) mod credentials;

mod children;
mod document;
mod listing;
mod look;
mod note;

mod layout;
mod remote;
mod source;

#[cfg(test)]
pub(crate) mod server;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(crate) use self::access::Access;
pub(crate) use self::children::{Child, Listed as ListedChildren};
pub(crate) use self::credentials::Credentials;
pub(crate) use self::error::{Kind, RegistryError};
pub(crate) use self::granted::{Authorization, Authorized};
pub(crate) use self::layout::OciLayout;
pub(crate) use self::listing::{First, Listed, Listing, Mechanism, Resolved};
pub(crate) use self::meter::Meter;
#[cfg(test)]
pub(crate) use self::meter::Purpose;
pub(crate) use self::note::Occupant;
pub(crate) use self::origin::scheme_of;
pub(crate) use self::remote::RemoteRepository;
#[cfg(test)]
pub(crate) use self::remote::{ApiAnswer, Subject, Target, Wanted};
pub(crate) use self::room::{Room, Taken};
pub(crate) use self::settings::{LoopbackScheme, Settings};
#[cfg(test)]
pub(crate) use self::source::Prepared;
pub(crate) use self::source::{PushError, SignaturePush, Source};

use self::http::Http;
use self::token::Sessions;
use crate::reference::Reference;
use crate::transport::Transport;

/// What all sources of one command share: connections, sessions, caps and the log of requests.
pub(crate) struct Registries {
    http: Http,
    sessions: Sessions,
    credentials: Arc<Credentials>,
    room: Arc<Room>,
}

impl Registries {
    /// Nothing is read and no connection is made before a source needs it.
    #[must_use]
    pub(crate) fn new(settings: Settings, credentials: Credentials) -> Self {
        let transport = Arc::new(Transport::new(settings.transport()));
        Self::over(transport, settings, credentials)
    }

    /// The same over HTTP clients that others use too.
    #[must_use]
    pub(crate) fn over(transport: Arc<Transport>, settings: Settings, credentials: Credentials) -> Self {
        let credentials = Arc::new(credentials);
        Self {
            http: Http::new(Arc::new(settings), transport),
            sessions: Sessions::new(Arc::clone(&credentials)),
            credentials,
            room: Arc::new(Room::new()),
        }
    }

    /// The source that a reference names. `access` is what the whole command needs.
    ///
    /// # Errors
    /// [`RegistryError::Setting`] when the host makes no URL.
    pub(crate) fn open(&self, reference: &Reference, access: Access) -> Result<Source, RegistryError> {
        match reference {
            Reference::Layout(layout) => Ok(Source::Layout(OciLayout::new(layout.path(), Arc::clone(&self.room)))),
            Reference::Registry(registry) => {
                let room = Arc::clone(&self.room);
                RemoteRepository::new(&self.http, &self.sessions, registry, access, room).map(Source::Remote)
            }
        }
    }

    #[must_use]
    pub(crate) fn meter(&self) -> &Meter {
        self.http.meter()
    }

    /// Sources of credentials that could not be used.
    #[must_use]
    pub(crate) fn credential_warnings(&self) -> Vec<credentials::CredentialWarning> {
        self.credentials.warnings()
    }
}
