//! Whether a run was told to end: what work asks that can end by itself, with what it has.

use std::future::{self, Future};

use tokio::sync::watch;

/// What told a run to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Ctrl-C (SIGINT).
    Interrupt,
    /// SIGTERM.
    Terminate,
}

/// Calls a run off.
#[derive(Debug)]
pub(crate) struct CallOff(watch::Sender<Option<Stop>>);

/// Tells running work that it was called off.
#[derive(Clone, Debug)]
pub(crate) struct CalledOff(watch::Receiver<Option<Stop>>);

/// Both ends, nothing called off yet.
pub(crate) fn channel() -> (CallOff, CalledOff) {
    let (sender, receiver) = watch::channel(None);
    (CallOff(sender), CalledOff(receiver))
}

impl CallOff {
    /// Calls the run off, for good.
    pub(crate) fn call_off(&self, stop: Stop) {
        self.0.send_replace(Some(stop));
    }
}

impl CalledOff {
    /// What has called the run off, so far.
    pub(crate) fn stop(&self) -> Option<Stop> {
        *self.0.borrow()
    }

    /// Waits until the run is called off.
    pub(crate) async fn told(&self) -> Stop {
        let told = self.0.clone().wait_for(Option::is_some).await.ok().and_then(|stop| *stop);
        match told {
            Some(stop) => stop,
            // Nobody is left who could.
            None => future::pending().await,
        }
    }

    /// Does work that can be dropped at any of its steps, unless the run is called off.
    ///
    /// # Errors
    /// What has called it off. Work that is done by then counts.
    pub(crate) async fn or<T>(&self, work: impl Future<Output = T>) -> Result<T, Stop> {
        tokio::select! {
            biased;
            done = work => Ok(done),
            stop = self.told() => Err(stop),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_ends_when_it_is_called_off_and_not_before() {
        let (call_off, called_off) = channel();
        assert_eq!((called_off.stop(), called_off.or(async { 1 }).await), (None, Ok(1)));
        call_off.call_off(Stop::Terminate);
        assert_eq!(called_off.stop(), Some(Stop::Terminate));
        assert_eq!(called_off.or(future::pending::<()>()).await, Err(Stop::Terminate));
        // What is done is done.
        assert_eq!(called_off.or(async { 1 }).await, Ok(1));
    }

    #[tokio::test]
    async fn work_that_nobody_can_call_off_goes_on() {
        let (_, called_off) = channel();
        assert_eq!(called_off.or(tokio::task::yield_now()).await, Ok(()));
        assert_eq!(called_off.stop(), None);
    }
}
