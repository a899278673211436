//! Instances over threads, with the same result for any number of them.

use std::sync::Mutex;
use std::thread;

/// Runs `task` on every slot with its index, on up to `threads` threads. A slot is worked on as a whole, so that what
/// it holds afterwards does not depend on the threads: give every fixed chunk of a batch a slot with sums of its own,
/// and add the slots up in order.
pub fn spread<S: Send>(threads: usize, slots: &mut [S], task: impl Fn(usize, &mut S) + Sync) {
    let threads = threads.min(slots.len());
    if threads <= 1 {
        slots.iter_mut().enumerate().for_each(|(index, slot)| task(index, slot));
        return;
    }
    let queue = Mutex::new(slots.iter_mut().enumerate());
    let work = || {
        loop {
            // A thread that panicked took nothing else with it: the queue is whole.
            let next = queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).next();
            let Some((index, slot)) = next else { return };
            task(index, slot);
        }
    };
    thread::scope(|scope| {
        (1..threads).for_each(|_| drop(scope.spawn(work)));
        work();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_is_worked_on_once_whatever_the_threads() {
        for threads in 0..5 {
            let mut slots = vec![0; 7];
            spread(threads, &mut slots, |index, slot| *slot += index + 1);
            assert_eq!(slots, [1, 2, 3, 4, 5, 6, 7]);
        }
        spread(2, &mut [] as &mut [u8], |_, _| unreachable!());
    }
}
