//! Tabu search on the machines' sequences: an operation of a critical path leaves its machine for any place on any
//! machine of its stage.
//!
//! The neighbourhood is that of M. Mastrolilli and L. M. Gambardella, "Effective neighbourhood functions for the
//! flexible job shop problem", Journal of Scheduling 3, 2000. In a flow shop no place closes a cycle, since no path
//! leads back to an earlier stage; and with heads and tails taken without the operation the new makespan is exact: the
//! longer of what is left and of the longest path through the operation.

use heuron_problems::{Cost, Ffsp, Plan, Stream, ffsp::Task};
use rand::Rng;

use crate::run::Watch;

/// Moves between two looks at the clock.
const POLL: u64 = 16;

/// Operations of a path between two looks at the clock: each takes time in proportion to all operations.
const PATH_POLL: usize = 16;

/// Moves for which an operation stays where it was put: this many, and up to as many more.
const TENURE: u64 = 8;

/// Where an operation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its job and stage.
    pub job: u32,
    /// Counted from 0.
    pub stage: usize,
    /// Machine of the stage.
    pub machine: usize,
    /// Place in the machine's sequence once the operation has left its own.
    pub at: usize,
}

/// Sequences with their heads and tails, and the tabu search that changes them.
#[derive(Clone, Debug)]
pub struct Reinsertion<'p> {
    ffsp: &'p Ffsp,
    /// Jobs in order \[stages\]\[machines\].
    sequences: Vec<Vec<Vec<u32>>>,
    /// Where each operation is \[stages x jobs\].
    machine_of: Vec<u32>,
    /// When each operation ends, and the longest path from its beginning to the end of all \[stages x jobs\].
    ends: Vec<Cost>,
    outs: Vec<Cost>,
    makespan: Cost,
    /// The move from which on an operation may move again \[stages x jobs\].
    fixed: Vec<u64>,
    clock: u64,
    path: Vec<(usize, u32)>,
    best: (Cost, Vec<Vec<Vec<u32>>>),
}

impl<'p> Reinsertion<'p> {
    /// The search from `sequences`, which hold every job once per stage.
    pub fn new(ffsp: &'p Ffsp, sequences: Vec<Vec<Vec<u32>>>) -> Self {
        let operations = ffsp.stages() * ffsp.jobs;
        let mut search = Self {
            ffsp,
            sequences: Vec::new(),
            machine_of: vec![0; operations],
            ends: vec![0; operations],
            outs: vec![0; operations],
            makespan: 0,
            fixed: vec![0; operations],
            clock: 0,
            path: Vec::new(),
            best: (Cost::MAX, Vec::new()),
        };
        search.load(sequences);
        search
    }

    /// Continues from other sequences.
    pub fn load(&mut self, sequences: Vec<Vec<Vec<u32>>>) {
        for (stage, machines) in sequences.iter().enumerate() {
            for (machine, jobs) in machines.iter().enumerate() {
                jobs.iter().for_each(|&job| self.machine_of[stage * self.ffsp.jobs + job as usize] = machine as u32);
            }
        }
        self.sequences = sequences;
        self.fixed.fill(0);
        self.clock = 0;
        self.makespan = self.update();
        self.best = (self.makespan, self.sequences.clone());
    }

    /// The makespan now.
    pub fn makespan(&self) -> Cost {
        self.makespan
    }

    /// Jobs in order on each machine now \[stages\]\[machines\].
    pub fn sequences(&self) -> &[Vec<Vec<u32>>] {
        &self.sequences
    }

    /// The best sequences since they were loaded, and their makespan.
    pub fn best(&self) -> &(Cost, Vec<Vec<Vec<u32>>>) {
        &self.best
    }

    /// Moves until `patience` of them in a row bring no better plan, or the best one is as short as `bound`.
    pub fn walk(&mut self, patience: u64, bound: Cost, rng: &mut Stream, watch: &Watch) {
        let mut idle = 0;
        while idle < patience && self.best.0 > bound {
            if idle % POLL == 0 && watch.is_over(self.best.0) {
                return;
            }
            let Some((place, makespan)) = self.choose(rng, watch) else { return };
            self.apply(place);
            debug_assert_eq!(self.makespan, makespan);
            let operation = place.stage * self.ffsp.jobs + place.job as usize;
            self.fixed[operation] = self.clock + TENURE + rng.random_range(0..=TENURE);
            self.clock += 1;
            idle += 1;
            if self.makespan < self.best.0 {
                self.best.0 = self.makespan;
                self.best.1.clone_from(&self.sequences);
                idle = 0;
            }
        }
    }

    /// The best place for an operation of a random critical path, and the makespan there. Operations that moved lately
    /// stay, unless they promise a new best plan. None if there is no move, or the watch says stop.
    fn choose(&mut self, rng: &mut Stream, watch: &Watch) -> Option<(Place, Cost)> {
        self.critical_path(rng);
        let path = std::mem::take(&mut self.path);
        let (mut best, mut ties, mut chosen) = (Cost::MAX, 0, None);
        for (index, &(stage, job)) in path.iter().enumerate() {
            if index % PATH_POLL == PATH_POLL - 1 && watch.is_over(self.best.0) {
                chosen = None;
                break;
            }
            let is_fixed = self.fixed[stage * self.ffsp.jobs + job as usize] > self.clock;
            let record = self.best.0;
            self.places(stage, job, |place, makespan| {
                if makespan > best || is_fixed && makespan >= record {
                    return;
                }
                ties = if makespan < best { 1 } else { ties + 1 };
                best = makespan;
                if rng.random_range(0..ties) == 0 {
                    chosen = Some(place);
                }
            });
        }
        self.path = path;
        self.update();
        chosen.map(|place| (place, best))
    }

    /// Tells `visit` every other place for an operation, and the exact makespan there. Leaves heads and tails to be
    /// updated.
    pub fn places(&mut self, stage: usize, job: u32, mut visit: impl FnMut(Place, Cost)) {
        let (jobs, from) = (self.ffsp.jobs, self.machine_of[stage * self.ffsp.jobs + job as usize] as usize);
        let Some(own) = self.sequences[stage][from].iter().position(|&other| other == job) else { return };
        self.sequences[stage][from].remove(own);
        let rest = self.update_without(stage, job);
        let before = if stage == 0 { 0 } else { self.ends[(stage - 1) * jobs + job as usize] };
        let after = if stage + 1 == self.ffsp.stages() { 0 } else { self.outs[(stage + 1) * jobs + job as usize] };
        for machine in 0..self.ffsp.machines[stage] {
            let time = self.ffsp.time(stage, job as usize, machine);
            let sequence = &self.sequences[stage][machine];
            let mut free = 0;
            for at in 0..=sequence.len() {
                let out = sequence.get(at).map_or(0, |&next| self.outs[stage * jobs + next as usize]);
                if machine != from || at != own {
                    let through = before.max(free) + time + out.max(after);
                    visit(Place { job, stage, machine, at }, rest.max(through));
                }
                if let Some(&next) = sequence.get(at) {
                    free = self.ends[stage * jobs + next as usize];
                }
            }
        }
        self.sequences[stage][from].insert(own, job);
    }

    /// Carries out a move.
    pub fn apply(&mut self, place: Place) {
        let machine_of = &mut self.machine_of[place.stage * self.ffsp.jobs + place.job as usize];
        let machines = &mut self.sequences[place.stage];
        machines[*machine_of as usize].retain(|&job| job != place.job);
        machines[place.machine].insert(place.at, place.job);
        *machine_of = place.machine as u32;
        self.makespan = self.update();
    }

    /// A random critical path, from its last operation to its first, as (stage, job).
    fn critical_path(&mut self, rng: &mut Stream) {
        self.path.clear();
        let jobs = self.ffsp.jobs;
        let Some(last) = self.ffsp.stages().checked_sub(1) else { return };
        let ends: Vec<u32> =
            (0..jobs as u32).filter(|&job| self.ends[last * jobs + job as usize] == self.makespan).collect();
        let mut current = (!ends.is_empty()).then(|| (last, ends[rng.random_range(0..ends.len())]));
        while let Some((stage, job)) = current {
            self.path.push((stage, job));
            let machine = self.machine_of[stage * jobs + job as usize] as usize;
            let start = self.ends[stage * jobs + job as usize] - self.ffsp.time(stage, job as usize, machine);
            let sequence = &self.sequences[stage][machine];
            let at = sequence.iter().position(|&other| other == job).unwrap_or(0);
            let by_machine = at.checked_sub(1).map(|at| (stage, sequence[at]));
            let by_job = stage.checked_sub(1).map(|stage| (stage, job));
            let joins = |&(stage, job): &(usize, u32)| self.ends[stage * jobs + job as usize] == start;
            current = match (by_machine.filter(joins), by_job.filter(joins)) {
                (Some(a), Some(b)) => Some(if rng.random_bool(0.5) { a } else { b }),
                (a, b) => a.or(b),
            };
        }
    }

    /// Heads and tails of all operations; returns the makespan.
    fn update(&mut self) -> Cost {
        self.update_without(usize::MAX, 0)
    }

    /// As `update` where the job passes one stage in no time; `usize::MAX`: none.
    fn update_without(&mut self, skipped: usize, passing: u32) -> Cost {
        let (jobs, stages) = (self.ffsp.jobs, self.ffsp.stages());
        let mut makespan = 0;
        for stage in 0..stages {
            for (machine, sequence) in self.sequences[stage].iter().enumerate() {
                let mut free = 0;
                for &job in sequence {
                    let ready = if stage == 0 { 0 } else { self.ends[(stage - 1) * jobs + job as usize] };
                    free = ready.max(free) + self.ffsp.time(stage, job as usize, machine);
                    self.ends[stage * jobs + job as usize] = free;
                    makespan = makespan.max(free);
                }
            }
            if stage == skipped {
                let before = if stage == 0 { 0 } else { self.ends[(stage - 1) * jobs + passing as usize] };
                self.ends[stage * jobs + passing as usize] = before;
            }
        }
        for stage in (0..stages).rev() {
            for (machine, sequence) in self.sequences[stage].iter().enumerate() {
                let mut rest = 0;
                for &job in sequence.iter().rev() {
                    let after = if stage + 1 == stages { 0 } else { self.outs[(stage + 1) * jobs + job as usize] };
                    rest = after.max(rest) + self.ffsp.time(stage, job as usize, machine);
                    self.outs[stage * jobs + job as usize] = rest;
                }
            }
            if stage == skipped {
                let after = if stage + 1 == stages { 0 } else { self.outs[(stage + 1) * jobs + passing as usize] };
                self.outs[stage * jobs + passing as usize] = after;
            }
        }
        makespan
    }
}

/// The plan in which every operation starts as early as the sequences \[stages\]\[machines\] allow.
pub fn plan(ffsp: &Ffsp, sequences: &[Vec<Vec<u32>>]) -> Plan {
    let mut tasks: Vec<Vec<Task>> = vec![Vec::with_capacity(ffsp.stages()); ffsp.jobs];
    let mut ready = vec![0; ffsp.jobs];
    for (stage, machines) in sequences.iter().enumerate() {
        for (machine, jobs) in machines.iter().enumerate() {
            let mut free: Cost = 0;
            for &job in jobs {
                let start = free.max(ready[job as usize]);
                free = start + ffsp.time(stage, job as usize, machine);
                ready[job as usize] = free;
                tasks[job as usize].push(Task { machine: machine as u32, start });
            }
        }
    }
    Plan { tasks }
}
