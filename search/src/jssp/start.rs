//! Start schedules: active schedules with random priorities (B. Giffler and G. L. Thompson, "Algorithms for solving
//! production-scheduling problems", Operations Research 8, 1960).

use heuron_problems::{Cost, Stream};
use rand::Rng;

use super::model::Model;
use crate::run::Watch;

/// Operations between two looks at the clock.
const POLL: usize = 64;

/// A topological order of a random active schedule.
///
/// The operation that could end first names the machine; among the operations that could start there before that end, a
/// random one is chosen, or the one of the job with the most work left with probability `greed`. O(operations x jobs):
/// what is left when the watch says stop comes job by job.
pub fn active(model: &Model, greed: f64, rng: &mut Stream, watch: &Watch) -> Vec<u32> {
    let jobs = model.jobs();
    let mut next: Vec<u32> = (0..jobs).map(|job| model.job(job).start).collect();
    let mut free_job = vec![0; jobs];
    let mut free_machine = vec![0; model.machines()];
    let mut left: Vec<Cost> =
        (0..jobs).map(|job| model.job(job).map(|node| model.durations[node as usize]).sum()).collect();
    let mut open: Vec<usize> = (0..jobs).filter(|&job| !model.job(job).is_empty()).collect();
    let mut order = Vec::with_capacity(model.operations());
    while !open.is_empty() {
        if order.len().is_multiple_of(POLL) && watch.is_late() {
            order.extend(open.iter().flat_map(|&job| next[job]..model.job(job).end));
            break;
        }
        let machine = |job: usize| model.machine_of[next[job] as usize] as usize;
        let start = |job: usize| free_machine[machine(job)].max(free_job[job]);
        let end = |job: usize| start(job) + model.durations[next[job] as usize];
        let Some(&earliest) = open.iter().min_by_key(|&&job| end(job)) else { break };
        let (limit, on) = (end(earliest), machine(earliest));
        let greedy = rng.random_bool(greed);
        let (mut chosen, mut score) = (earliest, -1);
        // A task of length 0 may end at its start: then it alone is certain to be a candidate.
        for &job in open.iter().filter(|&&job| machine(job) == on && (start(job) < limit || job == earliest)) {
            let value = if greedy { left[job] } else { rng.random_range(0..1 << 30) };
            if value > score {
                (chosen, score) = (job, value);
            }
        }
        let (node, time) = (next[chosen], end(chosen));
        order.push(node);
        left[chosen] -= model.durations[node as usize];
        next[chosen] += 1;
        (free_job[chosen], free_machine[on]) = (time, time);
        if next[chosen] == model.job(chosen).end {
            open.retain(|&job| job != chosen);
        }
    }
    order
}
