//! Edge finding on one machine: which operation must come after a set of others, and when it can then begin (J. Carlier
//! and E. Pinson, "An algorithm for solving the job-shop problem", Management Science 35, 1989; as the quadratic
//! algorithm of W. P. M. Nuijten, "Time and resource constrained scheduling", 1994).

use heuron_problems::Cost;

/// An operation with its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// Which.
    pub node: u32,
    /// When it may begin at the earliest.
    pub head: Cost,
    /// When it must have ended.
    pub end: Cost,
    /// How long the machine needs for it.
    pub duration: Cost,
    /// The earliest beginning that edge finding has proven; never before `head`.
    pub proven: Cost,
}

/// Raises `proven` where a set of other tasks must come before. False if no order fits the windows. Sorts the tasks by
/// head.
pub fn find(tasks: &mut [Task], reach: &mut Vec<Cost>) -> bool {
    tasks.sort_unstable_by_key(|task| (task.head, task.node));
    tasks.iter_mut().for_each(|task| task.proven = task.head);
    for last in 0..tasks.len() {
        if !find_before(tasks, tasks[last].end, reach) {
            return false;
        }
    }
    true
}

/// As [`find`] for the set of tasks that must have ended at `limit`, and its subsets of the latest heads.
fn find_before(tasks: &mut [Task], limit: Cost, reach: &mut Vec<Cost>) -> bool {
    // Earliest end of those of the set that are not before a task, by position.
    reach.resize(tasks.len(), Cost::MIN);
    let (mut work, mut end, mut longest_other) = (0, Cost::MIN / 2, 0);
    for (at, task) in tasks.iter().enumerate().rev() {
        if task.end <= limit {
            work += task.duration;
            end = end.max(task.head + work);
            if end > limit {
                return false;
            }
        } else {
            longest_other = task.duration.max(longest_other);
        }
        reach[at] = end;
    }
    // Most sets leave room for any other task.
    if end + longest_other <= limit {
        return true;
    }
    let mut longest = Cost::MIN / 2;
    for (at, task) in tasks.iter_mut().enumerate() {
        if task.end <= limit {
            longest = longest.max(task.head + work);
            work -= task.duration;
            continue;
        }
        if task.head + work + task.duration > limit {
            task.proven = task.proven.max(reach[at]);
        }
        if longest + task.duration > limit {
            task.proven = task.proven.max(end);
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use heuron_problems::stream;
    use rand::Rng;

    use super::*;

    /// Earliest beginning of every task over all orders that fit; none if there is no order.
    fn brute(tasks: &[Task]) -> Option<Vec<Cost>> {
        fn extend(tasks: &[Task], used: &mut Vec<(usize, Cost)>, now: Cost, best: &mut [Cost]) {
            if used.len() == tasks.len() {
                used.iter().for_each(|&(at, start)| best[at] = best[at].min(start));
                return;
            }
            for (at, task) in tasks.iter().enumerate() {
                let start = now.max(task.head);
                if used.iter().all(|&(other, _)| other != at) && start + task.duration <= task.end {
                    used.push((at, start));
                    extend(tasks, used, start + task.duration, best);
                    used.pop();
                }
            }
        }
        let mut best = vec![Cost::MAX; tasks.len()];
        extend(tasks, &mut Vec::new(), 0, &mut best);
        best.iter().all(|&start| start < Cost::MAX).then_some(best)
    }

    #[test]
    fn what_is_proven_holds_in_every_order_that_fits() {
        let (mut refuted, mut raised) = (0, 0);
        for draw in 0..2_000 {
            let mut rng = stream(101, "edges", draw);
            let task = |node| {
                let (head, duration) = (rng.random_range(0..15), rng.random_range(1..7));
                Task { node, head, end: head + duration + rng.random_range(0..14), duration, proven: 0 }
            };
            let mut tasks: Vec<Task> = (0..5).map(task).collect();
            let fits = find(&mut tasks, &mut Vec::new());
            let Some(best) = brute(&tasks) else {
                refuted += u32::from(!fits);
                continue;
            };
            assert!(fits, "{tasks:?}");
            for (task, &best) in tasks.iter().zip(&best) {
                assert!(task.head <= task.proven && task.proven <= best, "{task:?} {best}");
                raised += u32::from(task.proven > task.head);
            }
        }
        assert!(refuted > 100 && raised > 100, "{refuted} {raised}");
    }

    #[test]
    fn task_that_only_fits_last_waits_for_the_others() {
        let task = |node, head, end, duration| Task { node, head, end, duration, proven: 0 };
        let mut tasks = [task(0, 0, 25, 6), task(1, 1, 9, 3), task(2, 1, 9, 4)];
        assert!(find(&mut tasks, &mut Vec::new()));
        assert_eq!(tasks[0].proven, 8);
    }
}
