//! Which of several jobs of the same kind this is, so that each takes a part of the work.

use std::fmt;

use super::CiSystem;
use super::limits::JOBS;
use super::row::ShardVariables;
use crate::env::Env;

/// One of so many jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    /// From 1.
    index: u32,
    /// At least `index`.
    total: u32,
}

/// Why it is not known which of how many.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ShardError {
    #[error("expected `K/N`, such as `1/4`, with K from 1 to N and N at most {JOBS}, or `auto`")]
    Form,
    /// The system has no variables for it, or does not set them for this job.
    #[error("{} does not say which of several jobs this is", .0.name())]
    NotSaid(CiSystem),
    #[error("{index_variable}={index} and {total_variable}={total} are not an index from {first} and a number of jobs")]
    Variables { index_variable: &'static str, index: String, total_variable: &'static str, total: String, first: u32 },
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.index, self.total)
    }
}

impl Shard {
    fn new(index: u32, total: u32) -> Option<Self> {
        ((1..=total).contains(&index) && total <= JOBS).then_some(Self { index, total })
    }

    /// Reads `K/N`.
    fn parse(text: &str) -> Option<Self> {
        let (index, total) = text.split_once('/')?;
        Self::new(number(index)?, number(total)?)
    }

    /// Whether this job takes the item that has this place in the order of all.
    pub(crate) fn takes(self, place: usize) -> bool {
        let (index, total) = (usize::try_from(self.index), usize::try_from(self.total));
        matches!((index, total), (Ok(index), Ok(total)) if place.checked_rem(total).is_some_and(|rest| rest.saturating_add(1) == index))
    }
}

/// The shard that a setting names: `K/N`, or `auto` for what the CI system says.
///
/// # Errors
/// [`ShardError`].
pub(crate) fn shard(text: &str, environment: &Env, system: CiSystem) -> Result<Shard, ShardError> {
    if text != "auto" {
        return Shard::parse(text).ok_or(ShardError::Form);
    }
    let not_said = ShardError::NotSaid(system);
    let Some(ShardVariables { index, total, first }) = system.row().shard else { return Err(not_said) };
    let (said_index, said_total) = match (environment.get(index), environment.get(total)) {
        // A job that is the only one of its kind has no index on GitLab.
        (None, Some("1")) => return Shard::new(1, 1).ok_or(not_said),
        (Some(said_index), Some(said_total)) => (said_index, said_total),
        _ => return Err(not_said),
    };
    // Counted from 1.
    let from_one = number(said_index).and_then(|said| said.checked_sub(first)?.checked_add(1));
    let shard = from_one.zip(number(said_total)).and_then(|(index, total)| Shard::new(index, total));
    shard.ok_or_else(|| ShardError::Variables {
        index_variable: index.name,
        index: said_index.to_owned(),
        total_variable: total.name,
        total: said_total.to_owned(),
        first,
    })
}

/// A number in digits alone.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Shard, ShardError> {
        shard(text, &Env::of(&[]), CiSystem::None)
    }

    #[test]
    fn a_shard_is_one_of_so_many_from_one() {
        for (text, shown) in [("1/1", "1/1"), ("2/4", "2/4"), ("4/4", "4/4"), ("01/10000", "1/10000")] {
            assert_eq!(of(text).unwrap().to_string(), shown);
        }
        for text in
            ["", "1", "/", "0/4", "5/4", "1/0", "-1/4", "+1/4", "1/4/4", "1/ 4", "a/b", "1/10001", "1/99999999999"]
        {
            assert_eq!(of(text), Err(ShardError::Form), "{text}");
        }
    }

    #[test]
    fn each_place_is_taken_by_one_job_and_no_job_takes_much_more_than_another() {
        for total in 1..8 {
            let shards: Vec<_> = (1..=total).map(|index| Shard::new(index, total).unwrap()).collect();
            for place in 0..40 {
                assert_eq!(shards.iter().filter(|shard| shard.takes(place)).count(), 1, "{place} of {total}");
            }
            let taken = |shard: &Shard| (0..40).filter(|place| shard.takes(*place)).count();
            let counts: Vec<_> = shards.iter().map(taken).collect();
            assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{counts:?}");
        }
    }

    #[test]
    fn auto_is_what_the_system_says() {
        let auto = |system, variables: &[(&str, &str)]| {
            shard("auto", &Env::of(variables), system).map(|shard| shard.to_string())
        };
        let gitlab = |index, total| auto(CiSystem::GitLab, &[("CI_NODE_INDEX", index), ("CI_NODE_TOTAL", total)]);
        assert_eq!(gitlab("1", "4").as_deref(), Ok("1/4"));
        assert_eq!(gitlab("4", "4").as_deref(), Ok("4/4"));
        assert_eq!(auto(CiSystem::GitLab, &[("CI_NODE_TOTAL", "1")]).as_deref(), Ok("1/1"));
        for (index, total) in [("0", "4"), ("5", "4"), ("x", "4"), ("1", "0"), ("1", "x"), ("-1", "4")] {
            assert!(matches!(gitlab(index, total), Err(ShardError::Variables { first: 1, .. })), "{index} of {total}");
        }
        assert_eq!(auto(CiSystem::GitLab, &[("CI_NODE_TOTAL", "4")]), Err(ShardError::NotSaid(CiSystem::GitLab)));
        let table = [
            (CiSystem::GitLab, "CI_NODE_INDEX", "CI_NODE_TOTAL", 1),
            (CiSystem::Buildkite, "BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", 0),
            (CiSystem::CircleCi, "CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0),
            (CiSystem::Bitbucket, "BITBUCKET_PARALLEL_STEP", "BITBUCKET_PARALLEL_STEP_COUNT", 0),
            (CiSystem::Azure, "SYSTEM_JOBPOSITIONINPHASE", "SYSTEM_TOTALJOBSINPHASE", 1),
            (CiSystem::Semaphore, "SEMAPHORE_JOB_INDEX", "SEMAPHORE_JOB_COUNT", 1),
        ];
        for (system, index, total, first) in table {
            let of = |place: i32| auto(system, &[(index, &place.to_string()), (total, "3")]);
            assert_eq!(of(first).as_deref(), Ok("1/3"), "{system:?}");
            assert_eq!(of(first + 2).as_deref(), Ok("3/3"), "{system:?}");
            assert!(of(first - 1).is_err() && of(first + 3).is_err(), "{system:?}");
        }
        let tried = table.map(|(system, ..)| system);
        let known = CiSystem::ALL.iter().filter(|system| system.row().shard.is_some());
        assert_eq!(known.copied().collect::<Vec<_>>(), tried, "the table is whole");
        for system in [CiSystem::GitHub, CiSystem::CodeBuild, CiSystem::Generic, CiSystem::None] {
            assert_eq!(
                auto(system, &[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "2")]),
                Err(ShardError::NotSaid(system))
            );
        }
    }
}
