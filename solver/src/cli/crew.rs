//! Work on many items at the same time, with results in the order of the items.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;

/// Calls `work` on every item of `source`, on `workers` threads, and `sink` on the results, on this thread and in the
/// order of the items, each as soon as all before it are there. No further item is begun once `sink` says false.
pub fn in_order<T: Send, R: Send>(
    workers: usize,
    source: impl Iterator<Item = T> + Send,
    work: impl Fn(T) -> R + Sync,
    mut sink: impl FnMut(R) -> bool,
) {
    let source = Mutex::new(source.enumerate());
    let next = || source.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).next();
    thread::scope(|scope| {
        let (send, receive) = channel();
        for _ in 0..workers.max(1) {
            let (send, work, next) = (send.clone(), &work, &next);
            scope.spawn(move || {
                while let Some((number, item)) = next() {
                    // Nobody listens any more: the sink has said that it is enough.
                    if send.send((number, work(item))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let mut early = BTreeMap::new();
        let mut due = 0;
        for (number, result) in receive {
            early.insert(number, result);
            while let Some(result) = early.remove(&due) {
                due += 1;
                if !sink(result) {
                    return;
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_keep_the_order_of_the_items_on_any_number_of_threads() {
        for workers in [0, 1, 2, 5] {
            let mut results = Vec::new();
            let slow_first = |item: u64| {
                thread::sleep(Duration::from_millis(if item.is_multiple_of(3) { 2 } else { 0 }));
                item * item
            };
            in_order(workers, 0..20, slow_first, |result| {
                results.push(result);
                true
            });
            assert_eq!(results, (0..20).map(|item| item * item).collect::<Vec<u64>>(), "{workers} workers");
        }
    }

    #[test]
    fn sink_that_has_enough_ends_the_work() {
        let mut results = Vec::new();
        in_order(
            2,
            0..1_000_000_000_u64,
            |item| item,
            |result| {
                results.push(result);
                results.len() < 3
            },
        );
        assert_eq!(results, [0, 1, 2]);
    }
}
