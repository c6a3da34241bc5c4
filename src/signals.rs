//! Ctrl-C and SIGTERM, received on a thread of their own while the main thread does the work: whatever that waits for, a file,
//! a lock, a library, the run ends when it is told to.
//!
//! As the first process of a container we would not get these signals without asking for them.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::Signal as Number;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::called_off::{CallOff, Stop};
use crate::error::{Error, code};

/// How long work that is called off may take to end by itself, with a report of what it has done.
pub(crate) const END: Duration = Duration::from_millis(100);

/// How long a thread may take then that writes files.
pub(crate) const LEAVE_WRITING: Duration = Duration::from_millis(400);

/// How long the run waits in all for work that is called off. Work that takes longer has written nothing in that time either.
const LEAVE: Duration = Duration::from_millis(1500);

pub(crate) struct Signals {
    runtime: Runtime,
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Starts listening for signals.
    pub(crate) fn new() -> Result<Self, Error> {
        let unheard = |error| Error::of(code::INTERNAL, &error);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unheard)?;
        let heard = runtime.block_on(async {
            // A limit on the size of files (`ulimit -f`) would end the process at once. Heard, it is an error of writing.
            let _too_large = signal(SignalKind::from_raw(Number::XFSZ.as_raw()))?;
            Ok((signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
        });
        let (interrupt, terminate) = heard.map_err(unheard)?;
        Ok(Self { runtime, interrupt, terminate })
    }

    /// Does work on this thread until it is done. If a signal comes before that, the work is called off and has [`LEAVE`] to
    /// end; then `exit` gets what it ended with, reports, and ends the process.
    pub(crate) fn during<T: Send + 'static>(
        mut self,
        call_off: CallOff,
        work: impl FnOnce() -> T,
        exit: impl FnOnce(Stop, Option<T>) -> Infallible + Send + 'static,
    ) -> Result<T, Error> {
        let (done, left) = oneshot::channel();
        // The work that is done, or the signal that came before: one of them ends the run.
        let first = Arc::new(AtomicBool::new(true));
        let is_first = |first: &AtomicBool| first.swap(false, Ordering::AcqRel);
        let listening = {
            let first = Arc::clone(&first);
            move || {
                let stop = self.received();
                if is_first(&first) {
                    call_off.call_off(stop);
                    let left = self.runtime.block_on(async { tokio::time::timeout(LEAVE, left).await });
                    exit(stop, left.ok().and_then(Result::ok));
                }
            }
        };
        // A panic ends the process before its thread ends.
        let thread = thread::Builder::new().name("signals".to_owned()).spawn(listening);
        let _detached = thread.map_err(|error| Error::of(code::INTERNAL, &error))?;
        let result = work();
        if is_first(&first) {
            return Ok(result);
        }
        let _too_late = done.send(result);
        // The other thread ends the process.
        loop {
            thread::park();
        }
    }

    /// Waits for a signal.
    fn received(&mut self) -> Stop {
        let Self { runtime, interrupt, terminate } = self;
        runtime.block_on(async {
            tokio::select! {
                biased;
                _ = interrupt.recv() => Stop::Interrupt,
                _ = terminate.recv() => Stop::Terminate,
            }
        })
    }
}
