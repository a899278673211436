//! Jobs spread over threads whose results do not depend on the number of threads: every job writes to its own place, and
//! whoever is free takes the next.

use std::sync::Mutex;
use std::thread;

/// Runs `work` on every job, by as many threads as there are `workers`; a worker's memory serves one job after another.
pub fn crew<W: Send, J: Send>(workers: &mut [W], jobs: &mut [J], work: impl Fn(&mut W, usize, &mut J) + Sync) {
    let queue = Mutex::new(jobs.iter_mut().enumerate());
    // A poisoned queue means that another worker panicked: the scope passes that on.
    let next = || queue.lock().ok().and_then(|mut queue| queue.next());
    let run = |worker: &mut W| {
        while let Some((number, job)) = next() {
            work(worker, number, job);
        }
    };
    match workers {
        [worker] => run(worker),
        workers => thread::scope(|scope| {
            for worker in workers {
                scope.spawn(|| run(worker));
            }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_is_done_once_by_any_number_of_workers() {
        for workers in 1..4 {
            let mut counts = vec![0; workers];
            let mut jobs = vec![0; 50];
            crew(&mut counts, &mut jobs, |count, number, job| {
                *count += 1;
                *job += number + 1;
            });
            assert_eq!(jobs, (1..=50).collect::<Vec<_>>());
            assert_eq!(counts.iter().sum::<i32>(), 50);
        }
    }
}
