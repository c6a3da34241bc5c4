//! `--wait`: signatures that come from elsewhere, such as ECR's managed signing or another job, may come later.

use std::time::Duration;

use crate::clock::Clock;
use crate::reference::Reference;
use crate::report::{ArtifactReport, WaitReport};

/// Time before the second look, and the shortest and the longest between two: a registry of many jobs is asked twice a minute.
const FIRST: Duration = Duration::from_secs(2);
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// What a look at the end has to come to an end.
const LAST: Duration = Duration::from_secs(2);

/// Looks at an image until there is a verdict that more time does not change, for `limit` in all. Each look judges afresh; a tag is
/// resolved once, as another image may be behind it later.
pub(super) async fn until_final<F>(
    limit: Duration,
    reference: &Reference,
    clock: Clock,
    look: impl Fn(Reference) -> F,
) -> ArtifactReport
where
    F: Future<Output = ArtifactReport>,
{
    let start = clock.now();
    let passed = || clock.now().duration_since(start).unsigned_abs();
    let mut target = reference.clone();
    let mut report = look(target.clone()).await;
    let (mut rounds, mut pause) = (1, FIRST);
    while report.exit_code().changes_with_time() {
        let left = limit.saturating_sub(passed());
        if left.is_zero() {
            break;
        }
        if let Some(digest) = &report.digest_reference
            && let Ok(resolved) = Reference::parse(digest)
        {
            target = resolved;
        }
        // Towards the end looks come closer, and one is at the end.
        tokio::time::sleep(pause.min((left / 2).max(SHORTEST)).min(left)).await;
        let left = limit.saturating_sub(passed());
        let Ok(next) = tokio::time::timeout(left.max(LAST), look(target.clone())).await else { break };
        report = next;
        rounds += 1;
        pause = pause.saturating_mul(2).min(LONGEST);
    }
    report.reference = reference.to_string();
    report.waited = (rounds > 1).then(|| WaitReport { rounds, seconds: passed().as_secs() });
    report
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use notary::Timestamp;

    use super::*;
    use crate::exit_code::ExitCode;
    use crate::report::{ArtifactOutcome, ErrorReport};

    const DIGEST: &str = "registry.example/app@sha256:1111111111111111111111111111111111111111111111111111111111111111";

    fn found(outcome: ArtifactOutcome) -> ArtifactReport {
        ArtifactReport { digest_reference: Some(DIGEST.to_owned()), ..ArtifactReport::new("x", outcome) }
    }

    fn failed(exit_code: ExitCode) -> ArtifactReport {
        let (code, message) = ("x".to_owned(), "x".to_owned());
        let error = ErrorReport { code, message, causes: Vec::new(), help: Vec::new(), exit_code, place: None };
        ArtifactReport { error: Some(error), ..ArtifactReport::new("x", ArtifactOutcome::Error) }
    }

    /// What is found, look by look, the last of them for ever; and what was asked about.
    async fn waited(limit: u64, found: Vec<ArtifactReport>) -> (ArtifactReport, Vec<String>) {
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
        let reference = Reference::parse("registry.example/app:v1").unwrap();
        let (asked, left) = (Mutex::new(Vec::new()), Mutex::new(found.into_iter().rev().collect::<Vec<_>>()));
        let look = |target: Reference| {
            asked.lock().unwrap().push(target.to_string());
            let mut left = left.lock().unwrap();
            let next = if left.len() > 1 { left.pop() } else { left.last().map(again) };
            async move { next.unwrap() }
        };
        let report = until_final(Duration::from_secs(limit), &reference, clock, look).await;
        (report, asked.into_inner().unwrap())
    }

    /// The same again, of what these tests look at.
    fn again(report: &ArtifactReport) -> ArtifactReport {
        let (digest_reference, error) = (report.digest_reference.clone(), report.error.clone());
        ArtifactReport { digest_reference, error, ..ArtifactReport::new("x", report.outcome) }
    }

    #[tokio::test(start_paused = true)]
    async fn a_signature_that_comes_later_is_waited_for_and_the_tag_is_resolved_once() {
        let (report, asked) = waited(
            300,
            vec![
                failed(ExitCode::Unavailable),
                found(ArtifactOutcome::Unsigned),
                found(ArtifactOutcome::Rejected),
                found(ArtifactOutcome::Verified),
            ],
        )
        .await;
        assert_eq!((report.outcome, report.reference.as_str()), (ArtifactOutcome::Verified, "registry.example/app:v1"));
        // Nothing was resolved by the first look.
        assert_eq!(asked, ["registry.example/app:v1", "registry.example/app:v1", DIGEST, DIGEST]);
        assert_eq!(report.waited, Some(WaitReport { rounds: 4, seconds: 2 + 4 + 8 }));
    }

    #[tokio::test(start_paused = true)]
    async fn what_more_time_does_not_change_is_not_waited_for() {
        for first in [
            found(ArtifactOutcome::Verified),
            found(ArtifactOutcome::AcceptedWithWarnings),
            found(ArtifactOutcome::Skipped),
            failed(ExitCode::Usage),
            failed(ExitCode::Configuration),
            failed(ExitCode::Denied),
            failed(ExitCode::NotFound),
            failed(ExitCode::Internal),
            failed(ExitCode::Interrupted),
        ] {
            let expected = first.exit_code();
            let (report, asked) = waited(300, vec![first, found(ArtifactOutcome::Unsigned)]).await;
            assert_eq!((report.exit_code(), asked.len(), report.waited), (expected, 1, None));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_verdict_counts_when_the_time_is_over() {
        for limit in [1, 60, 3600] {
            let start = tokio::time::Instant::now();
            let (report, asked) = waited(limit, vec![found(ArtifactOutcome::Unsigned)]).await;
            assert_eq!(report.exit_code(), ExitCode::Unsigned);
            let passed = start.elapsed();
            assert!(asked.len() > 1 && passed <= Duration::from_secs(limit), "{limit}: {passed:?}");
            assert!(asked.len() < 130, "{}", asked.len());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_does_not_end_is_cut_and_the_one_before_counts() {
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH);
        let reference = Reference::parse("registry.example/app:v1").unwrap();
        let looks = Mutex::new(0);
        let look = |_: Reference| {
            *looks.lock().unwrap() += 1;
            let is_first = *looks.lock().unwrap() == 1;
            async move {
                if !is_first {
                    std::future::pending::<()>().await;
                }
                found(ArtifactOutcome::Unsigned)
            }
        };
        let start = tokio::time::Instant::now();
        let report = until_final(Duration::from_secs(60), &reference, clock, look).await;
        assert_eq!((report.exit_code(), start.elapsed().as_secs()), (ExitCode::Unsigned, 60));
    }
}
