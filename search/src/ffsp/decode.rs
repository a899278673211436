//! Permutations of jobs as plans: the first stage takes the jobs in their order, every later stage in the order in
//! which they come, and each job goes to the machine that finishes it first (R. Ruiz and J. A. Vázquez-Rodríguez, "The
//! hybrid flow shop scheduling problem", EJOR 205, 2010).

use heuron_problems::{Cost, Ffsp};

/// Scratch memory of the decoding.
#[derive(Clone, Debug)]
pub struct Decoder<'p> {
    ffsp: &'p Ffsp,
    /// Jobs in the order of the stage, and when each is done with the stage before \[jobs of the permutation\].
    queue: Vec<(Cost, u32)>,
    /// When each machine of the stage is free.
    free: Vec<Cost>,
}

impl<'p> Decoder<'p> {
    /// A decoder of permutations of some or all jobs.
    pub fn new(ffsp: &'p Ffsp) -> Self {
        Self { ffsp, queue: Vec::new(), free: Vec::new() }
    }

    /// The makespan of a permutation of some jobs.
    pub fn makespan(&mut self, jobs: &[u32]) -> Cost {
        self.decode(jobs, |_, _, _| {})
    }

    /// Jobs in order on each machine of each stage: the sequences of a permutation \[stages\]\[machines\].
    pub fn sequences(&mut self, jobs: &[u32]) -> Vec<Vec<Vec<u32>>> {
        let mut sequences: Vec<Vec<Vec<u32>>> =
            self.ffsp.machines.iter().map(|&machines| vec![Vec::new(); machines]).collect();
        self.decode(jobs, |stage, machine, job| sequences[stage][machine].push(job));
        sequences
    }

    /// Tells `place` the stage, machine and job of every task as it is scheduled; returns the makespan.
    fn decode(&mut self, jobs: &[u32], mut place: impl FnMut(usize, usize, u32)) -> Cost {
        self.queue.clear();
        self.queue.extend(jobs.iter().map(|&job| (0, job)));
        for (stage, times) in self.ffsp.times.iter().enumerate() {
            if stage > 0 {
                // Stable: jobs that come together keep their order.
                self.queue.sort_by_key(|&(ready, _)| ready);
            }
            self.free.clear();
            self.free.resize(self.ffsp.machines[stage], 0);
            for (ready, job) in &mut self.queue {
                let row = &times[*job as usize];
                let ends = self.free.iter().zip(row).map(|(&free, &time)| free.max(*ready) + time);
                // The first of the machines that finish the job first; a stage has at least one.
                let (machine, end) = ends.enumerate().min_by_key(|&(_, end)| end).unwrap_or((0, 0));
                self.free[machine] = end;
                *ready = end;
                place(stage, machine, *job);
            }
        }
        self.queue.iter().map(|&(end, _)| end).max().unwrap_or(0)
    }
}
