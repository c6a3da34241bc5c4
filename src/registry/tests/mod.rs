//! The whole edge against the registry of `server`, theme by theme. Nothing sleeps: pauses are set to a millisecond.

mod access;
mod credential_forms;
mod credentials;
mod ecr_public;
mod faults;
mod hints;
mod layout;
mod listing;
mod oci_client;
mod proxy;
mod push;
mod refusals;
mod resolve;
mod tls;

use std::time::Duration;

use notary::descriptor::Descriptor;

use super::server::Fake;
use super::settings::{Retries, TagIndexSettings, Timeouts};
use super::{Access, Credentials, Registries, RemoteRepository, Settings, Source};
use crate::reference::Reference;
use crate::transport::Proxies;

/// Settings with very short pauses between attempts.
fn settings() -> Settings {
    Settings {
        proxies: Proxies::None,
        timeouts: Timeouts {
            connect: Duration::from_secs(2),
            progress: Duration::from_secs(5),
            request: Duration::from_secs(10),
            helper: Duration::from_secs(5),
        },
        retries: Retries {
            attempts: 3,
            first_pause: Duration::from_millis(1),
            longest_pause: Duration::from_millis(2),
            budget: Duration::from_secs(1),
        },
        tag_index: TagIndexSettings { rounds: 12, pause: Duration::from_millis(1) },
        ..Settings::default()
    }
}

fn registries(credentials: Credentials) -> Registries {
    Registries::new(settings(), credentials)
}

fn reference(fake: &Fake, rest: &str) -> Reference {
    Reference::parse(&format!("{}/app{rest}", fake.host())).unwrap()
}

fn at(fake: &Fake, descriptor: &Descriptor) -> Reference {
    reference(fake, &format!("@{}", descriptor.digest))
}

fn source(fake: &Fake, registries: &Registries, access: Access) -> Source {
    registries.open(&reference(fake, ":v1"), access).unwrap()
}

/// The repository of the fake registry, without credentials.
fn remote(fake: &Fake) -> RemoteRepository {
    remote_with(fake, Credentials::none(), Access::PullPush)
}

fn remote_with(fake: &Fake, credentials: Credentials, access: Access) -> RemoteRepository {
    match source(fake, &registries(credentials), access) {
        Source::Remote(remote) => remote,
        Source::Layout(_) => unreachable!("a registry reference"),
    }
}
