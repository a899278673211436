//! Start schedules: active schedules with random priorities (B. Giffler and G. L. Thompson, "Algorithms for solving
//! production-scheduling problems", Operations Research 8, 1960), and for large shops a schedule without delay.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use heuron_problems::{Cost, Stream};
use rand::Rng;

use super::model::Model;
use crate::run::Watch;

/// Operations between two looks at the clock.
const POLL: usize = 64;

/// Operations times jobs up to which active schedules are made: some ten milliseconds.
const ACTIVE_WORK: usize = 5_000_000;

/// A topological order of a random active schedule, or of large shops of the schedule without delay.
pub fn start(model: &Model, greed: f64, rng: &mut Stream, watch: &Watch) -> Vec<u32> {
    let is_large = model.operations().saturating_mul(model.jobs()) > ACTIVE_WORK;
    if is_large { without_delay(model) } else { active(model, greed, rng, watch) }
}

/// A topological order of a random active schedule.
///
/// The operation that could end first names the machine; among the operations that could start there before that end, a
/// random one is chosen, or the one of the job with the most work left with probability `greed`. O(operations x jobs):
/// when the watch says stop, the next operations of all jobs come before those after them.
fn active(model: &Model, greed: f64, rng: &mut Stream, watch: &Watch) -> Vec<u32> {
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
            while !open.is_empty() {
                order.extend(open.iter().map(|&job| next[job]));
                open.iter().for_each(|&job| next[job] += 1);
                open.retain(|&job| next[job] < model.job(job).end);
            }
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

/// A topological order of a schedule in which no machine is idle while a job waits for it; the one with the most work
/// left goes first. O(operations log jobs).
fn without_delay(model: &Model) -> Vec<u32> {
    let work = |job: usize| -> Cost { model.job(job).map(|node| model.durations[node as usize]).sum() };
    let mut next: Vec<u32> = (0..model.jobs()).map(|job| model.job(job).start).collect();
    let mut left: Vec<Cost> = (0..model.jobs()).map(work).collect();
    let mut waiting: Vec<BinaryHeap<(Cost, Reverse<usize>)>> = vec![BinaryHeap::new(); model.machines()];
    let mut free_at: Vec<Cost> = vec![0; model.machines()];
    // When a job comes to its next machine, or a machine ends what it does.
    let mut events: BinaryHeap<Reverse<(Cost, usize)>> = BinaryHeap::new();
    let arrivals = (0..model.jobs()).filter(|&job| !model.job(job).is_empty());
    events.extend(arrivals.map(|job| Reverse((0, job))));
    let mut order = Vec::with_capacity(model.operations());
    let mut due: Vec<usize> = Vec::new();
    while let Some(&Reverse((now, _))) = events.peek() {
        // All arrivals of a moment, before any machine chooses.
        while let Some(&Reverse((time, job))) = events.peek() {
            if time > now {
                break;
            }
            events.pop();
            if job < model.jobs() {
                let machine = model.machine_of[next[job] as usize] as usize;
                waiting[machine].push((left[job], Reverse(job)));
                due.push(machine);
            } else {
                due.push(job - model.jobs());
            }
        }
        for machine in due.drain(..) {
            if free_at[machine] > now {
                continue;
            }
            let Some((_, Reverse(job))) = waiting[machine].pop() else { continue };
            let node = next[job];
            let duration = model.durations[node as usize];
            order.push(node);
            (left[job], next[job], free_at[machine]) = (left[job] - duration, node + 1, now + duration);
            if next[job] < model.job(job).end {
                events.push(Reverse((now + duration, job)));
            }
            events.push(Reverse((now + duration, model.jobs() + machine)));
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use heuron_problems::jssp::Operation;
    use heuron_problems::{Generate, Jssp, Problem, stream};

    use super::*;

    fn shops() -> impl Iterator<Item = Jssp> {
        ["uniform", "flow"].into_iter().flat_map(|distribution| {
            [3, 6, 12].map(|jobs| {
                let spec = Jssp::spec(jobs, distribution).unwrap();
                Jssp::generate(&spec, &mut stream(7, "start", jobs as u64))
            })
        })
    }

    #[test]
    fn schedules_without_delay_are_whole_and_no_machine_is_idle_beside_a_job_that_waits() {
        for jssp in shops() {
            let model = Model::new(&jssp);
            let cost = jssp.evaluate(&model.schedule(&without_delay(&model))).unwrap();
            let work: Cost = jssp.jobs.iter().flatten().map(|operation| operation.duration).sum();
            assert!(cost < work, "{cost} {work}");
        }
        // Two jobs for one machine and one for another: nothing waits longer than it must.
        let step = |machine, duration| Operation { machine, duration };
        let jssp = Jssp::new("", 2, vec![vec![step(0, 2), step(1, 5)], vec![step(0, 3)], vec![step(1, 0), step(0, 1)]]);
        let model = Model::new(&jssp);
        assert_eq!(jssp.evaluate(&model.schedule(&without_delay(&model))).unwrap(), 7);
    }

    #[test]
    fn what_is_left_when_time_is_over_goes_side_by_side() {
        let jobs = vec![vec![Operation { machine: 0, duration: 1 }, Operation { machine: 1, duration: 1 }]; 50];
        let model = Model::new(&Jssp::new("", 2, jobs));
        let over = Watch::never().within(Duration::ZERO);
        let order = active(&model, 1.0, &mut stream(1, "start", 0), &over);
        let (first, second) = order.split_at(50);
        assert!(first.iter().all(|node| model.machine_of[*node as usize] == 0), "{first:?}");
        assert_eq!(second.len(), 50);
    }
}
