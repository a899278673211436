//! Plans built task by task: action `job * width of a stage + machine` appends the job's next stage to that machine, as
//! early as possible after everything that is already there.

use super::{Ffsp, Plan, Task};
use crate::construct::Construct;
use crate::problem::Cost;

/// A plan of the first stages of every job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partial {
    /// Tasks so far \[jobs\]\[up to stages\].
    tasks: Vec<Vec<Task>>,
    /// When the job's last task ends \[jobs\].
    job_free: Vec<Cost>,
    /// When the machine's last task ends \[stages\]\[machines\].
    machine_free: Vec<Vec<Cost>>,
}

impl Partial {
    /// Number of stages that `job` has tasks for.
    pub fn stage(&self, job: usize) -> usize {
        self.tasks[job].len()
    }

    /// When the last task of `job` ends.
    pub fn job_free(&self, job: usize) -> Cost {
        self.job_free[job]
    }

    /// When the last task on a machine ends.
    pub fn machine_free(&self, stage: usize, machine: usize) -> Cost {
        self.machine_free[stage][machine]
    }
}

impl Ffsp {
    /// The largest number of machines of a stage: actions per job.
    pub fn widest(&self) -> usize {
        self.machines.iter().copied().max().unwrap_or(0)
    }
}

impl Construct for Ffsp {
    type State = Partial;

    fn width(&self) -> usize {
        self.jobs * self.widest()
    }

    fn start(&self) -> Partial {
        Partial {
            tasks: vec![Vec::with_capacity(self.stages()); self.jobs],
            job_free: vec![0; self.jobs],
            machine_free: self.machines.iter().map(|&machines| vec![0; machines]).collect(),
        }
    }

    fn openings(&self) -> Vec<u32> {
        let widest = self.widest();
        let first = self.machines.first().copied().unwrap_or(0);
        (0..self.width() as u32).filter(|&action| (action as usize % widest) < first).collect()
    }

    fn allowed(&self, partial: &Partial, mask: &mut [bool]) {
        let widest = self.widest();
        for (action, allowed) in mask.iter_mut().enumerate() {
            let machines = self.machines.get(partial.stage(action / widest));
            *allowed = machines.is_some_and(|&machines| action % widest < machines);
        }
    }

    fn step(&self, partial: &mut Partial, action: u32) {
        let (job, machine) = (action as usize / self.widest(), action as usize % self.widest());
        let stage = partial.stage(job);
        let free = &mut partial.machine_free[stage][machine];
        let start = partial.job_free[job].max(*free);
        *free = start + self.time(stage, job, machine);
        partial.job_free[job] = *free;
        partial.tasks[job].push(Task { machine: machine as u32, start });
    }

    fn finish(&self, partial: &Partial) -> Plan {
        Plan { tasks: partial.tasks.clone() }
    }

    /// Tasks by start, end and stage: one of many orders of actions that build a plan that is no longer. Empty if the
    /// plan is infeasible.
    fn trace(&self, plan: &Plan) -> Vec<u32> {
        use crate::problem::Problem;

        if self.evaluate(plan).is_err() {
            return Vec::new();
        }
        let widest = self.widest() as u32;
        let mut actions = Vec::with_capacity(self.jobs * self.stages());
        for (job, tasks) in plan.tasks.iter().enumerate() {
            for (stage, task) in tasks.iter().enumerate() {
                let end = task.start.saturating_add(self.time(stage, job, task.machine as usize));
                actions.push((task.start, end, stage, job as u32 * widest + task.machine));
            }
        }
        actions.sort_unstable();
        actions.into_iter().map(|(.., action)| action).collect()
    }
}
