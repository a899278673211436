//! Searches, sequences of searches, and logical islands executed by threads.

use std::sync::Mutex;
use std::thread;

use heuron_problems::Problem;

use crate::run::Run;

/// Something that looks for better solutions.
pub trait Search<P: Problem> {
    /// Improves the run's incumbent until `run.proceed` says no or the search has nothing left to do.
    fn search(&mut self, problem: &P, run: &mut Run<'_, P>);
}

/// The searches of a recipe, in their order.
pub type Stages<P> = Vec<Box<dyn Search<P>>>;

/// Runs the stages of a recipe one after the other; each starts from the incumbent of those before.
pub fn sequence<P: Problem>(stages: &mut [Box<dyn Search<P>>], problem: &P, run: &mut Run<'_, P>) {
    for stage in stages {
        if !run.proceed(0) && run.best().is_some() {
            return;
        }
        stage.search(problem, run);
    }
}

/// Calls `work(index, island)` for every island, on at most `threads` threads, and returns when all are done.
///
/// Islands must not share mutable state: then the outcome does not depend on the number of threads.
pub fn islands<T: Send>(threads: usize, islands: &mut [T], work: impl Fn(usize, &mut T) + Sync) {
    if threads <= 1 || islands.len() <= 1 {
        islands.iter_mut().enumerate().for_each(|(index, island)| work(index, island));
        return;
    }
    let workers = threads.min(islands.len());
    let queue = Mutex::new(islands.iter_mut().enumerate());
    let next = || queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).next();
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((index, island)) = next() {
                    work(index, island);
                }
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_island_is_worked_on_once_whatever_the_threads() {
        for threads in [0, 1, 2, 3, 9] {
            let mut states = vec![0_usize; 7];
            islands(threads, &mut states, |index, state| *state += index + 1);
            assert_eq!(states, [1, 2, 3, 4, 5, 6, 7], "{threads} threads");
        }
    }
}
