//! Ctrl-C and SIGTERM, received on a thread of their own while the main thread does the work: whatever that waits for, a file,
//! a lock, a library, the run ends when it is told to.
//!
//! As the first process of a container we would not get these signals without asking for them.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::error::{self, Error, code};

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

    /// Does work on this thread until it is done. If a signal comes before that, the work is canceled and has [`LEAVE`] to
    /// end; then `exit` reports the signal and ends the process.
    pub(crate) fn during<T>(
        mut self,
        work: impl FnOnce(CalledOff) -> T,
        exit: impl FnOnce(&Error) -> Infallible + Send + 'static,
    ) -> Result<T, Error> {
        let ((done, left), (call_off, called_off)) = (oneshot::channel(), oneshot::channel());
        // The work that is done, or the signal that came before: one of them ends the run.
        let first = Arc::new(AtomicBool::new(true));
        let is_first = |first: &AtomicBool| first.swap(false, Ordering::AcqRel);
        let listening = {
            let first = Arc::clone(&first);
            move || {
                let signal = self.received();
                if is_first(&first) {
                    let _gone = call_off.send(());
                    let _left_or_not = self.runtime.block_on(async { tokio::time::timeout(LEAVE, left).await });
                    exit(&signal);
                }
            }
        };
        // A panic ends the process before its thread ends.
        let thread = thread::Builder::new().name("signals".to_owned()).spawn(listening);
        let _detached = thread.map_err(|error| Error::of(code::INTERNAL, &error))?;
        let result = work(CalledOff(called_off));
        if !is_first(&first) {
            let _unheard = done.send(());
            // The other thread ends the process.
            loop {
                thread::park();
            }
        }
        Ok(result)
    }

    /// Waits for a signal.
    fn received(&mut self) -> Error {
        let Self { runtime, interrupt, terminate } = self;
        runtime.block_on(async {
            tokio::select! {
                biased;
                _ = interrupt.recv() => error::interrupted(),
                _ = terminate.recv() => error::terminated(),
            }
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
