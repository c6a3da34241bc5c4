//! The clock of this machine, against what servers say of the time.

use jiff::SignedDuration;
use notary::Timestamp;

use super::check::About;
use crate::error::code;
use crate::report::{Area, CheckReport};
use crate::transport::ServerDate;

const ABOUT: About = About::area(Area::Job);

const NAME: &str = "clock";

/// How far off a clock may be without anybody noticing: answers take time, and dates have whole seconds.
const FINE: SignedDuration = SignedDuration::from_secs(30);

/// How far off AWS takes requests, and a signature counts as made now.
const USABLE: SignedDuration = SignedDuration::from_mins(5);

/// Compares the clock with the dates of the servers that were asked. `start` is the clock's time when the clients were
/// made. The server that differs least counts: where one agrees, it is the other that is wrong.
pub(super) fn check(dates: &[ServerDate], start: Timestamp) -> CheckReport {
    let off = |date: &ServerDate| {
        let passed = SignedDuration::try_from(date.after).unwrap_or(SignedDuration::MAX);
        start.saturating_add(passed).map_or(SignedDuration::MAX, |local| local.duration_since(date.time))
    };
    let Some(nearest) = dates.iter().min_by_key(|date| off(date).abs()) else {
        return ABOUT.not_checked(NAME, "no server that reports the time was contacted");
    };
    let fact = words(off(nearest), &nearest.host);
    let astray = dates.iter().find(|date| (off(date) - off(nearest)).abs() > FINE);
    match (off(nearest).abs(), astray) {
        (distance, None) if distance <= FINE => ABOUT.ok(NAME, fact),
        (distance, Some(other)) if distance <= FINE => {
            ABOUT.warning(NAME, format!("{fact}; it is {}", words(off(other), &other.host)))
        }
        (distance, _) if distance <= USABLE => {
            ABOUT.warning(NAME, fact).with_help("synchronize it with a time server (NTP) before it is five minutes off")
        }
        _ => ABOUT
            .failed(NAME, code::DENIED, fact)
            .with_help("synchronize it with a time server (NTP): AWS accepts requests for five minutes only"),
    }
}

/// By how much the clock is off.
fn words(off: SignedDuration, host: &str) -> String {
    let direction = if off.is_negative() { "behind" } else { "ahead of" };
    match off.abs().as_secs() {
        0 | 1 => format!("agrees with {host}"),
        seconds @ 2..120 => format!("{seconds} s {direction} {host}"),
        seconds => format!("{} min {direction} {host}", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use crate::exit_code::ExitCode;
    use std::time::Duration;

    use super::*;
    use crate::report::CheckStatus;

    fn start() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    /// A server whose clock is `ahead` of ours by so many seconds, three seconds after the start.
    fn server(host: &str, ahead: i64) -> ServerDate {
        let time = start() + SignedDuration::from_secs(3 + ahead);
        ServerDate { host: host.to_owned(), time, after: Duration::from_millis(3400) }
    }

    #[test]
    fn a_clock_is_fine_to_30_seconds_and_wrong_beyond_5_minutes() {
        use CheckStatus::{Failed, Ok, Warning};
        for (ahead, status, fact) in [
            (0, Ok, "agrees with a"),
            (29, Ok, "28 s behind a"),
            (-29, Ok, "29 s ahead of a"),
            (31, Warning, "30 s behind a"),
            (-90, Warning, "90 s ahead of a"),
            (299, Warning, "4 min behind a"),
            (301, Failed, "5 min behind a"),
            (-86_400, Failed, "1440 min ahead of a"),
        ] {
            let check = check(&[server("a", ahead)], start());
            assert_eq!((check.status, check.fact.as_str()), (status, fact), "{ahead}");
            assert_eq!(check.exit_code, (status == Failed).then_some(ExitCode::Denied));
            assert_eq!(check.help.is_empty(), status == Ok);
        }
    }

    #[test]
    fn where_servers_disagree_the_one_that_agrees_with_us_counts_and_the_other_is_named() {
        let found = check(&[server("a", 600), server("b", 0)], start());
        assert_eq!(found.status, CheckStatus::Warning);
        assert_eq!(found.fact, "agrees with b; it is 9 min behind a");
        assert_eq!(check(&[server("a", 600), server("b", 601)], start()).status, CheckStatus::Failed);
        assert_eq!(check(&[server("a", 5), server("b", 0)], start()).status, CheckStatus::Ok);
    }

    #[test]
    fn nobody_asked_is_nobody_who_agrees() {
        assert_eq!(check(&[], start()).status, CheckStatus::NotChecked);
    }
}
