//! Ctrl-C and SIGTERM, received while the work is done on another thread: whatever that thread waits for, a file, a lock, a
//! library, the run ends when it is told to.
//!
//! As the first process of a container we would not get these signals without asking for them.

use std::future::Future;
use std::thread;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::error::{self, Error, code};

/// Stack of the working thread: that of a main thread.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// How long canceled work may take to drop what it has: temporary files, programs. Work that does not come to
/// it has written nothing in that time either.
const LEAVE: Duration = Duration::from_millis(500);

/// How much of [`LEAVE`] a thread has that writes files.
pub(crate) const LEAVE_WRITING: Duration = Duration::from_millis(400);

pub(crate) struct Signals {
    runtime: Runtime,
    interrupt: Signal,
    terminate: Signal,
}

/// Tells running work that it was canceled.
pub(crate) struct CalledOff(oneshot::Receiver<()>);

impl Signals {
    /// Starts listening for signals.
    pub(crate) fn new() -> Result<Self, Error> {
        let unheard = |error| Error::of(code::INTERNAL, &error);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unheard)?;
        let heard =
            runtime.block_on(async { Ok((signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)) });
        let (interrupt, terminate) = heard.map_err(unheard)?;
        Ok(Self { runtime, interrupt, terminate })
    }

    /// Does work on another thread until it is done or a signal comes. Canceled work has [`LEAVE`] to end.
    pub(crate) fn during<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(CalledOff) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let ((done, mut result), (call_off, called_off)) = (oneshot::channel(), oneshot::channel());
        let worker = move || {
            // Nothing waits for work that was canceled.
            let _unwanted = done.send(work(CalledOff(called_off)));
        };
        let thread = thread::Builder::new().name("work".to_owned()).stack_size(STACK_BYTES).spawn(worker);
        // A panic has ended the process before its thread ends.
        let _detached = thread.map_err(|error| Error::of(code::INTERNAL, &error))?;
        let Self { runtime, interrupt, terminate } = self;
        runtime.block_on(async {
            let signal = tokio::select! {
                biased;
                _ = interrupt.recv() => error::interrupted(),
                _ = terminate.recv() => error::terminated(),
                done = &mut result => return done.map_err(|error| Error::of(code::INTERNAL, &error)),
            };
            let _gone = call_off.send(());
            let _left_or_not = tokio::time::timeout(LEAVE, result).await;
            Err(signal)
        })
    }
}

impl CalledOff {
    /// Does work that can be dropped at any of its steps: `None` when it was canceled.
    pub(crate) async fn or<T>(self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            // If it were dropped, the work could no longer be canceled.
            Ok(()) = self.0 => None,
            done = work => Some(done),
        }
    }
}
