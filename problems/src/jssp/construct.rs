//! Schedules built operation by operation: action j appends the next operation of job j to its machine, as early as
//! possible after everything that is already there (a semi-active schedule). The environment of L2D (Zhang et al.,
//! 2020).

use super::{Jssp, Operation, Schedule};
use crate::construct::Construct;
use crate::problem::Cost;

/// A schedule of the first operations of every job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partial {
    /// Jobs in the order of processing, per machine.
    sequences: Vec<Vec<u32>>,
    /// Operations scheduled so far \[jobs\].
    next: Vec<usize>,
    /// When the job's last scheduled operation ends \[jobs\].
    job_free: Vec<Cost>,
    /// When the machine's last scheduled operation ends \[machines\].
    machine_free: Vec<Cost>,
}

impl Partial {
    /// Number of operations of `job` that are scheduled.
    pub fn scheduled(&self, job: usize) -> usize {
        self.next[job]
    }

    /// When the last scheduled operation of `job` ends.
    pub fn job_free(&self, job: usize) -> Cost {
        self.job_free[job]
    }

    /// When the last scheduled operation on `machine` ends.
    pub fn machine_free(&self, machine: usize) -> Cost {
        self.machine_free[machine]
    }
}

impl Jssp {
    /// The next operation of `job` and when it would start.
    pub fn upcoming(&self, partial: &Partial, job: usize) -> Option<(Operation, Cost)> {
        let operation = *self.jobs[job].get(partial.next[job])?;
        Some((operation, partial.job_free[job].max(partial.machine_free[operation.machine as usize])))
    }
}

impl Construct for Jssp {
    type State = Partial;

    fn width(&self) -> usize {
        self.jobs.len()
    }

    fn start(&self) -> Partial {
        Partial {
            sequences: vec![Vec::new(); self.machines],
            next: vec![0; self.jobs.len()],
            job_free: vec![0; self.jobs.len()],
            machine_free: vec![0; self.machines],
        }
    }

    fn openings(&self) -> Vec<u32> {
        (0..self.jobs.len() as u32).filter(|&job| !self.jobs[job as usize].is_empty()).collect()
    }

    fn allowed(&self, partial: &Partial, mask: &mut [bool]) {
        for (job, allowed) in mask.iter_mut().enumerate() {
            *allowed = partial.next[job] < self.jobs[job].len();
        }
    }

    fn step(&self, partial: &mut Partial, action: u32) {
        let job = action as usize;
        let Some((operation, start)) = self.upcoming(partial, job) else { return };
        let machine = operation.machine as usize;
        partial.sequences[machine].push(action);
        partial.next[job] += 1;
        partial.job_free[job] = start + operation.duration;
        partial.machine_free[machine] = start + operation.duration;
    }

    fn finish(&self, partial: &Partial) -> Schedule {
        Schedule::Sequences(partial.sequences.clone())
    }

    /// Jobs by start, end and place of their operations: one of many orders of actions that build the schedule. Empty
    /// if the schedule is infeasible.
    fn trace(&self, schedule: &Schedule) -> Vec<u32> {
        let Ok(starts) = self.start_times(schedule) else { return Vec::new() };
        let mut order: Vec<(u32, u32)> = self.by_machine().concat();
        order.sort_by_key(|&(job, place)| (self.span(&starts, job, place), job));
        order.into_iter().map(|(job, _)| job).collect()
    }
}
