//! The same work on many values, on all cores of the machine.

use std::sync::{Mutex, PoisonError};
use std::thread;

/// Threads at most: each takes memory of its own, and small work is done before more of them have begun.
const THREADS: usize = 8;

/// Bytes from which on a value is worked on alone among those that are as large: what is read of a file may take fifty times
/// its size for a moment, and the memory of several of them would add up.
const LARGE: usize = 1024 * 1024;

/// Works on each value; the results are in the order of the values. `size` is how many bytes of input one has. Values
/// are taken from the iterator by one thread at a time, in order, while others work.
pub(crate) fn each<T: Send, R: Send>(
    values: impl Iterator<Item = T> + Send,
    size: impl Fn(&T) -> usize + Sync,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let count = values.size_hint().1.unwrap_or(usize::MAX);
    let others = cores.min(THREADS).min(count).saturating_sub(1);
    if others == 0 {
        return values.map(work).collect();
    }
    let (next, turn) = (Mutex::new(values.enumerate()), Mutex::new(()));
    let take = || next.lock().unwrap_or_else(PoisonError::into_inner).next();
    let share = || {
        let mut done = Vec::new();
        while let Some((index, value)) = take() {
            let _turn = (size(&value) >= LARGE).then(|| turn.lock().unwrap_or_else(PoisonError::into_inner));
            done.push((index, work(value)));
        }
        done
    };
    let mut done = thread::scope(|scope| {
        let threads: Vec<_> = (0..others).map(|_| thread::Builder::new().spawn_scoped(scope, share)).collect();
        let mut done = share();
        for thread in threads.into_iter().flatten() {
            match thread.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_values() {
        for count in [0, 1, 2, 1000] {
            let pause =
                |value: usize| thread::sleep(Duration::from_micros(if value.is_multiple_of(7) { 100 } else { 0 }));
            let doubled = each(
                0..count,
                |_| 0,
                |value| {
                    pause(value);
                    value * 2
                },
            );
            assert_eq!(doubled, (0..count).map(|value| value * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn of_large_values_one_is_worked_on_at_a_time() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |_| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(2));
            now.fetch_sub(1, Ordering::SeqCst);
        };
        each([LARGE; 20].into_iter(), |size| *size, work);
        assert_eq!(most.load(Ordering::SeqCst), 1);
    }
}
