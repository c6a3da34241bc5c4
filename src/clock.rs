//! The present: the time at the start, and what has passed since on the monotonic clock.

use std::time::Duration;

use notary::Timestamp;
use tokio::time::Instant;

/// The present time. The clock of the machine is read once, in `main`, so that nothing that sets it during a run changes
/// what is judged; but a registry may take minutes, and each judgment is made at its own time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Timestamp,
    since: Instant,
    /// The look at the clock of the machine; none in tests, whose time stands still or is theirs.
    look: Option<fn() -> Timestamp>,
}

impl Clock {
    /// A clock that is set by this look at the clock of the machine.
    pub(crate) fn set_by(look: fn() -> Timestamp) -> Self {
        Self { start: look(), since: Instant::now(), look: Some(look) }
    }

    /// A clock that reads `start` now.
    #[cfg(test)]
    pub(crate) fn starting_at(start: Timestamp) -> Self {
        Self { start, since: Instant::now(), look: None }
    }

    /// The same clock, set by another look. Between two events of a function the machine may stand still, and with it the monotonic
    /// clock: each event is judged at its own time.
    pub(crate) fn set_anew(&self) -> Self {
        self.look.map_or(*self, Self::set_by)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.after(self.since.elapsed())
    }

    fn after(&self, passed: Duration) -> Timestamp {
        // Timestamps end with the year 9999; everything has expired by then.
        self.start.checked_add(passed).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_present_moves_on_from_the_start() {
        let start: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let clock = Clock::starting_at(start);
        assert_eq!(clock.now(), start);
        for seconds in [6, 600] {
            tokio::time::advance(Duration::from_secs(seconds)).await;
        }
        assert_eq!(clock.now().to_string(), "2026-06-01T12:10:06Z");
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_set_anew_reads_what_the_machine_does() {
        let later: Timestamp = "2026-06-02T12:00:00Z".parse().unwrap();
        let clock = Clock { start: "2026-06-01T12:00:00Z".parse().unwrap(), ..Clock::set_by(|| Timestamp::MAX) };
        assert_eq!(clock.now().to_string(), "2026-06-01T12:00:00Z");
        assert_eq!(clock.set_anew().now(), Timestamp::MAX);
        // Without a look it goes on.
        assert_eq!(Clock::starting_at(later).set_anew().now(), later);
    }

    #[test]
    fn time_has_an_end_and_never_goes_back() {
        let clock = Clock::starting_at(Timestamp::MAX);
        assert_eq!(clock.after(Duration::from_secs(1)), Timestamp::MAX);
        assert_eq!(clock.after(Duration::MAX), Timestamp::MAX);
    }
}
