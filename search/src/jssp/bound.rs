//! Lower bounds: the longest job, and every machine alone with heads and tails, preemption allowed (J. R. Jackson,
//! 1955; J. Carlier, "The one-machine sequencing problem", EJOR 11, 1982).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use heuron_problems::{Cost, Jssp};

/// A task of a one-machine problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// When it may begin.
    pub head: Cost,
    /// How long the machine needs for it.
    pub duration: Cost,
    /// What must still follow on other machines.
    pub tail: Cost,
}

/// A lower bound on the makespan, in O(n log n) per machine.
pub fn lower_bound(jssp: &Jssp) -> Cost {
    let mut machines: Vec<Vec<Task>> = vec![Vec::new(); jssp.machines];
    let mut longest = 0;
    for job in &jssp.jobs {
        let total: Cost = job.iter().map(|operation| operation.duration).sum();
        longest = longest.max(total);
        let mut head = 0;
        for operation in job {
            let tail = total - head - operation.duration;
            machines[operation.machine as usize].push(Task { head, duration: operation.duration, tail });
            head += operation.duration;
        }
    }
    machines.iter_mut().map(|tasks| preemptive(tasks)).fold(longest, Cost::max)
}

/// The optimal length of one machine with preemption: always the available task with the longest tail. Sorts the tasks.
pub fn preemptive(tasks: &mut [Task]) -> Cost {
    tasks.sort_unstable_by_key(|task| (task.head, Reverse(task.tail)));
    // Tail and what is left of the available tasks.
    let mut available: BinaryHeap<(Cost, Cost)> = BinaryHeap::new();
    let (mut now, mut longest) = (0, 0);
    let mut next = tasks.iter().peekable();
    loop {
        if available.is_empty() {
            let Some(task) = next.peek() else { return longest };
            now = now.max(task.head);
        }
        while let Some(task) = next.next_if(|task| task.head <= now) {
            available.push((task.tail, task.duration));
        }
        let Some((tail, left)) = available.pop() else { continue };
        let until = next.peek().map_or(now + left, |task| task.head.min(now + left));
        if until < now + left {
            available.push((tail, left - (until - now)));
        } else {
            longest = longest.max(until + tail);
        }
        now = until;
    }
}
