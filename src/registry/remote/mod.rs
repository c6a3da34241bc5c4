//! One repository of a registry (distribution specification 1.1).

mod fetch;
mod link;
mod push;
mod record;
mod referrers;
mod repository;
mod tag_index;

pub(crate) use self::push::Blob;
pub(crate) use self::push::Subject;
#[cfg(test)]
pub(crate) use self::referrers::{ApiAnswer, Wanted};
pub(crate) use self::repository::{RemoteRepository, Target};
