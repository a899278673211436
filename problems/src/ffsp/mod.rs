//! The flexible flow shop, also called hybrid flow shop: every job passes all stages in the same order and takes one of
//! the machines of each, and the last completion, the makespan, is to be as early as possible.

pub mod construct;
mod format;
pub mod generate;

use crate::problem::{Cost, Problem, Violation};

pub use format::{is_cut_off, resembles};

/// A flexible flow shop with unrelated machines. Jobs, stages and the machines of a stage are numbered from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ffsp {
    /// Name as in the file.
    pub name: String,
    /// Processing times \[stages\]\[jobs\]\[machines of the stage\], never negative.
    pub times: Vec<Vec<Vec<Cost>>>,
    /// Number of machines \[stages\], at least 1.
    pub machines: Vec<usize>,
    /// Number of jobs.
    pub jobs: usize,
}

/// Where and when a job is processed at a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// Number of the machine within the stage.
    pub machine: u32,
    /// When it begins.
    pub start: Cost,
}

/// A solution: a task per job and stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// \[jobs\]\[stages\]
    pub tasks: Vec<Vec<Task>>,
}

impl Ffsp {
    /// Number of stages.
    pub fn stages(&self) -> usize {
        self.machines.len()
    }

    /// Time of a job on a machine of a stage.
    #[inline]
    pub fn time(&self, stage: usize, job: usize, machine: usize) -> Cost {
        self.times[stage][job][machine]
    }

    /// Jobs on each machine in the order of processing \[stages\]\[machines\].
    pub fn orders(&self, plan: &Plan) -> Vec<Vec<Vec<u32>>> {
        let order = |stage: usize, machine: usize| {
            let mut jobs: Vec<u32> = (0..self.jobs as u32)
                .filter(|&job| plan.tasks[job as usize][stage].machine as usize == machine)
                .collect();
            // Tasks of length 0 come before one that begins at the same time.
            jobs.sort_by_key(|&job| {
                let start = plan.tasks[job as usize][stage].start;
                (start, start.saturating_add(self.time(stage, job as usize, machine)))
            });
            jobs
        };
        let stage = |stage: usize| (0..self.machines[stage]).map(|machine| order(stage, machine)).collect();
        (0..self.stages()).map(stage).collect()
    }

    /// Every job has a task per stage, on a machine that exists, not before the task of the stage before ends.
    fn check_jobs(&self, plan: &Plan) -> Result<(), Violation> {
        if plan.tasks.len() != self.jobs {
            return Err(Violation::WrongJobs { expected: self.jobs, found: plan.tasks.len() });
        }
        for (job, tasks) in plan.tasks.iter().enumerate() {
            if tasks.len() != self.stages() {
                return Err(Violation::WrongOperations { job, expected: self.stages(), found: tasks.len() });
            }
            let mut earliest = 0;
            for (stage, task) in tasks.iter().enumerate() {
                let machine = task.machine as usize;
                if machine >= self.machines[stage] {
                    return Err(Violation::UnknownMachine { machine, stage });
                }
                if task.start < earliest {
                    return Err(Violation::EarlyStart { job, operation: stage, start: task.start, earliest });
                }
                earliest = task.start.saturating_add(self.time(stage, job, machine));
            }
        }
        Ok(())
    }
}

impl Problem for Ffsp {
    type Solution = Plan;

    const NAME: &'static str = "ffsp";

    fn evaluate(&self, plan: &Plan) -> Result<Cost, Violation> {
        self.check_jobs(plan)?;
        let end = |job: u32, stage: usize| {
            let task = plan.tasks[job as usize][stage];
            task.start.saturating_add(self.time(stage, job as usize, task.machine as usize))
        };
        for (stage, orders) in self.orders(plan).iter().enumerate() {
            for (machine, order) in orders.iter().enumerate() {
                for pair in order.windows(2) {
                    let at = plan.tasks[pair[1] as usize][stage].start;
                    if at < end(pair[0], stage) {
                        let [first, second] = [pair[0] as usize, pair[1] as usize];
                        return Err(Violation::Together { stage, machine, first, second, at });
                    }
                }
            }
        }
        let last = self.stages().checked_sub(1);
        let ends = last.map(|stage| (0..self.jobs as u32).map(move |job| end(job, stage)));
        Ok(ends.into_iter().flatten().max().unwrap_or(0))
    }
}
