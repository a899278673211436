//! The job shop: every job visits machines in its own order, every machine works on one operation at a time, and the
//! last completion, the makespan, is to be as early as possible.

pub mod construct;
mod format;
pub mod generate;
mod json;
mod solution;
pub mod taillard;

use crate::problem::{Cost, Problem, Violation};

pub use format::resembles;
pub use solution::Schedule;

/// One step of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Where it is processed.
    pub machine: u32,
    /// How long that takes; never negative.
    pub duration: Cost,
}

/// A job shop instance. Jobs and machines are numbered from 0, as in the OR-Library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jssp {
    /// Name as in the file.
    pub name: String,
    /// Comment as in the file; may be empty.
    pub comment: String,
    /// Operations of each job in their order. Jobs may differ in length and come back to a machine.
    pub jobs: Vec<Vec<Operation>>,
    /// Number of machines.
    pub machines: usize,
}

impl Jssp {
    /// An instance without a comment. Every operation's machine must be below `machines`.
    pub fn new(name: impl Into<String>, machines: usize, jobs: Vec<Vec<Operation>>) -> Self {
        debug_assert!(jobs.iter().flatten().all(|operation| (operation.machine as usize) < machines));
        Self { name: name.into(), comment: String::new(), jobs, machines }
    }

    /// Number of operations of all jobs.
    pub fn operations(&self) -> usize {
        self.jobs.iter().map(Vec::len).sum()
    }

    /// The operations of every machine as (job, place in the job), by job and place.
    pub(crate) fn by_machine(&self) -> Vec<Vec<(u32, u32)>> {
        let mut lists = vec![Vec::new(); self.machines];
        for (job, operations) in (0..).zip(&self.jobs) {
            for (place, operation) in (0..).zip(operations) {
                lists[operation.machine as usize].push((job, place));
            }
        }
        lists
    }

    /// Last completion of `starts` \[jobs\]\[operations\].
    fn makespan(&self, starts: &[Vec<Cost>]) -> Cost {
        let ends = starts.iter().zip(&self.jobs).filter_map(|(starts, operations)| {
            let (start, operation) = (starts.last()?, operations.last()?);
            Some(start.saturating_add(operation.duration))
        });
        ends.max().unwrap_or(0)
    }
}

impl Problem for Jssp {
    type Solution = Schedule;

    const NAME: &'static str = "jssp";

    /// The makespan. Machine sequences are timed as early as possible: the longest path of the disjunctive graph. Start
    /// times are judged as they are.
    fn evaluate(&self, schedule: &Schedule) -> Result<Cost, Violation> {
        match schedule {
            Schedule::Sequences(sequences) => Ok(self.makespan(&self.earliest(sequences)?)),
            Schedule::Starts(starts) => {
                self.check_starts(starts)?;
                Ok(self.makespan(starts))
            }
        }
    }
}
