//! Room for content that is held while it is judged: over all images of a run, so that many large ones wait for each other
//! instead of filling the memory together.

use std::fmt;
use std::sync::OnceLock;
use std::sync::mpsc::{self, Sender};

use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use super::limits;

/// Bytes that one permit stands for.
const PERMIT_BYTES: u64 = 1024;

/// The room. Small content has its own, so that a large one, which a stranger may have pushed, holds up no small one.
pub(crate) struct Room {
    small: Semaphore,
    large: Semaphore,
    reader: OnceLock<Sender<Work>>,
}

/// Something to be done by the reader.
type Work = Box<dyn FnOnce() + Send>;

/// Room that was taken; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Taken<'a> {
    _permits: Option<SemaphorePermit<'a>>,
}

#[cfg(test)]
impl Taken<'_> {
    pub(crate) const fn nothing() -> Self {
        Self { _permits: None }
    }
}

impl Room {
    /// The total room of a run.
    pub(super) fn new() -> Self {
        let permits =
            |bytes: u64| Semaphore::new(usize::try_from(bytes / PERMIT_BYTES).unwrap_or(Semaphore::MAX_PERMITS));
        Self { small: permits(limits::ROOM_SMALL), large: permits(limits::ROOM_LARGE), reader: OnceLock::new() }
    }

    /// Waits for room for content of this size, as its descriptor declares: no more is ever read. A holder of room takes
    /// no more before that is given back, or two would wait for each other.
    pub(crate) async fn take(&self, bytes: u64) -> Taken<'_> {
        let (semaphore, all) = match bytes <= notary::limits::SMALL_ENVELOPE_BYTES {
            true => (&self.small, limits::ROOM_SMALL),
            false => (&self.large, limits::ROOM_LARGE),
        };
        // What would never fit waits until it is alone.
        let permits = u32::try_from(bytes.min(all) / PERMIT_BYTES).unwrap_or(u32::MAX).max(1);
        // The semaphores are never closed, so this only waits.
        Taken { _permits: semaphore.acquire_many(permits).await.ok() }
    }

    /// Reads files where that does not hold up the requests of others: of all image layouts one after the other, and on one
    /// thread, since an allocator keeps for each thread what it once took. Nothing when the thread has ended.
    pub(super) async fn read<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (tell, told) = oneshot::channel();
        let work: Work = Box::new(move || {
            // The receiver is gone, so the result is not needed.
            let _unwanted = tell.send(work());
        });
        self.reader.get_or_init(start_reader).send(work).ok()?;
        told.await.ok()
    }
}

/// Starts the thread, which ends with the room.
fn start_reader() -> Sender<Work> {
    let (sender, receiver) = mpsc::channel::<Work>();
    let _detached = tokio::task::spawn_blocking(move || receiver.into_iter().for_each(|work| work()));
    sender
}

impl fmt::Debug for Room {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let free = (self.small.available_permits(), self.large.available_permits());
        formatter.debug_struct("Room").field("free", &free).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use notary::limits::{FETCHED_ENVELOPE_BYTES, MANIFEST_BYTES, SMALL_ENVELOPE_BYTES};

    use super::*;

    #[test]
    fn a_large_one_waits_for_others_and_holds_up_no_small_one() {
        let room = Room::new();
        let first = room.take(FETCHED_ENVELOPE_BYTES).now_or_never().unwrap();
        let second = room.take(FETCHED_ENVELOPE_BYTES).now_or_never().unwrap();
        let mut third = Box::pin(room.take(SMALL_ENVELOPE_BYTES + 1));
        assert!(third.as_mut().now_or_never().is_none());
        for _ in 0..16 {
            assert!(room.take(SMALL_ENVELOPE_BYTES).now_or_never().is_some());
        }
        drop(first);
        assert!(third.now_or_never().is_some());
        drop(second);
    }

    #[test]
    fn small_ones_wait_for_each_other_too() {
        let room = Room::new();
        let count = limits::ROOM_SMALL / SMALL_ENVELOPE_BYTES;
        let held: Vec<_> = (0..count).map(|_| room.take(SMALL_ENVELOPE_BYTES).now_or_never().unwrap()).collect();
        assert!(room.take(1).now_or_never().is_none());
        assert!(room.take(FETCHED_ENVELOPE_BYTES).now_or_never().is_some());
        drop(held);
        assert!(room.take(0).now_or_never().is_some());
    }

    #[test]
    fn nothing_is_too_large_to_ever_fit() {
        let room = Room::new();
        for bytes in [MANIFEST_BYTES + FETCHED_ENVELOPE_BYTES, u64::MAX] {
            assert!(room.take(bytes).now_or_never().is_some());
        }
    }
}
