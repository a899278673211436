//! The instance as flat arrays.

use heuron_problems::{Cost, Jssp, Schedule};

/// A job shop with its operations as numbered nodes.
///
/// The operations of a job have successive numbers, and a node that is no operation comes before the first job and
/// after every job: so the job neighbours of node x are always x - 1 and x + 1, without a test for the ends. Node 0
/// stands for "none" among the machine neighbours.
#[derive(Debug)]
pub struct Model {
    /// Processing time \[nodes\]; 0 where there is no operation.
    pub(super) durations: Vec<Cost>,
    /// Machine \[nodes\]; 0 where there is no operation.
    pub(super) machine_of: Vec<u32>,
    /// Job \[nodes\]; 0 where there is no operation.
    job_of: Vec<u32>,
    /// First node of every job \[jobs\], and the node that would come next.
    first: Vec<u32>,
    machines: usize,
}

impl Model {
    /// The model of an instance.
    pub fn new(jssp: &Jssp) -> Self {
        let nodes = jssp.operations() + jssp.jobs.len() + 1;
        let mut model = Self {
            durations: vec![0; nodes],
            machine_of: vec![0; nodes],
            job_of: vec![0; nodes],
            first: vec![1],
            machines: jssp.machines,
        };
        let mut node = 1;
        for (job, operations) in (0..).zip(&jssp.jobs) {
            for operation in operations {
                model.durations[node] = operation.duration;
                model.machine_of[node] = operation.machine;
                model.job_of[node] = job;
                node += 1;
            }
            node += 1;
            model.first.push(node as u32);
        }
        model
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.durations.len()
    }

    /// Number of operations.
    pub fn operations(&self) -> usize {
        self.nodes() - self.jobs() - 1
    }

    /// Number of jobs.
    pub fn jobs(&self) -> usize {
        self.first.len() - 1
    }

    /// Number of machines.
    pub fn machines(&self) -> usize {
        self.machines
    }

    /// The operations of a job.
    pub(super) fn job(&self, job: usize) -> std::ops::Range<u32> {
        self.first[job]..self.first[job + 1] - 1
    }

    /// All operations, job by job.
    pub(super) fn all(&self) -> impl Iterator<Item = u32> {
        (0..self.jobs()).flat_map(|job| self.job(job))
    }

    /// A topological order \[operations\] of a feasible schedule; none if it is infeasible.
    pub fn order(&self, jssp: &Jssp, schedule: &Schedule) -> Option<Vec<u32>> {
        let starts = jssp.start_times(schedule).ok()?;
        let key = |node: u32| {
            let job = self.job_of[node as usize] as usize;
            let place = node - self.first[job];
            let start = starts[job][place as usize];
            (start, start.saturating_add(self.durations[node as usize]), place, job)
        };
        let mut order: Vec<u32> = self.all().collect();
        order.sort_by_key(|&node| key(node));
        Some(order)
    }

    /// The machine sequences of a topological order.
    pub fn schedule(&self, order: &[u32]) -> Schedule {
        let mut sequences = vec![Vec::new(); self.machines];
        for &node in order {
            sequences[self.machine_of[node as usize] as usize].push(self.job_of[node as usize]);
        }
        Schedule::Sequences(sequences)
    }
}
