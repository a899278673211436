//! A plan as the jobs' sequences on the machines, with heads and tails: an operation is taken out and put back anywhere
//! on any machine of its stage.
//!
//! The neighbourhood is that of M. Mastrolilli and L. M. Gambardella, "Effective neighbourhood functions for the
//! flexible job shop problem", Journal of Scheduling 3, 2000. In a flow shop no place closes a cycle, since no path
//! leads back to an earlier stage; and with heads and tails taken without the operation the new makespan is exact: the
//! longer of what is left and of the longest path through the operation.

use std::ops::Range;

use heuron_problems::{Cost, Ffsp, Plan, Stream, ffsp::Task};
use rand::Rng;

/// A job's passage of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Counted from 0.
    pub stage: usize,
    /// Counted from 0.
    pub job: u32,
}

/// Where an operation is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Machine, counted over all stages.
    pub line: usize,
    /// Place in the machine's sequence without the operation.
    pub at: usize,
}

/// Sequences on all machines, when every operation ends, and how long the rest takes from its beginning.
#[derive(Clone, Debug)]
pub struct Sequences {
    jobs: usize,
    /// Machines of each stage, counted over all stages \[stages\].
    lines_of: Vec<Range<usize>>,
    /// Processing times \[machines\]\[jobs\].
    times: Vec<Cost>,
    /// Jobs in order \[machines\].
    lines: Vec<Vec<u32>>,
    /// The machine of each operation \[stages x jobs\].
    line_of: Vec<usize>,
    /// When each operation ends, and the longest path from its beginning to the end of all \[stages x jobs\].
    ends: Vec<Cost>,
    outs: Vec<Cost>,
    makespan: Cost,
    /// Ends, tails and makespan before an operation was taken out.
    saved: (Vec<Cost>, Vec<Cost>, Cost),
}

impl Sequences {
    /// The plan of jobs in order \[stages\]\[machines\], every job once per stage.
    pub fn new(ffsp: &Ffsp, orders: &[Vec<Vec<u32>>]) -> Self {
        let mut next = 0;
        let lines_of: Vec<Range<usize>> = ffsp
            .machines
            .iter()
            .map(|&machines| {
                next += machines;
                next - machines..next
            })
            .collect();
        let row = |(stage, machine)| (0..ffsp.jobs).map(move |job| ffsp.time(stage, job, machine));
        let lines = (0..ffsp.stages()).flat_map(|stage| (0..ffsp.machines[stage]).map(move |machine| (stage, machine)));
        let operations = ffsp.stages() * ffsp.jobs;
        let mut sequences = Self {
            jobs: ffsp.jobs,
            lines_of,
            times: lines.flat_map(row).collect(),
            lines: vec![Vec::new(); next],
            line_of: vec![0; operations],
            ends: vec![0; operations],
            outs: vec![0; operations],
            makespan: 0,
            saved: Default::default(),
        };
        sequences.load(orders);
        sequences
    }

    /// Continues from other orders \[stages\]\[machines\].
    pub fn load(&mut self, orders: &[Vec<Vec<u32>>]) {
        for (line, jobs) in orders.iter().flatten().enumerate() {
            self.lines[line].clone_from(jobs);
        }
        for (stage, lines) in self.lines_of.iter().enumerate() {
            for line in lines.clone() {
                self.lines[line].iter().for_each(|&job| self.line_of[stage * self.jobs + job as usize] = line);
            }
        }
        self.update_heads(0);
        self.update_tails(self.stages());
    }

    /// Number of stages.
    pub fn stages(&self) -> usize {
        self.lines_of.len()
    }

    /// Number of jobs.
    pub fn jobs(&self) -> usize {
        self.jobs
    }

    /// The makespan; without an operation that is taken out, that of the others.
    pub fn makespan(&self) -> Cost {
        self.makespan
    }

    /// Jobs in order \[stages\]\[machines\].
    pub fn orders(&self) -> Vec<Vec<Vec<u32>>> {
        self.lines_of.iter().map(|lines| self.lines[lines.clone()].to_vec()).collect()
    }

    /// Processing time on a machine, counted over all stages.
    pub fn time(&self, line: usize, job: u32) -> Cost {
        self.times[line * self.jobs + job as usize]
    }

    /// Where an operation is.
    pub fn place(&self, Operation { stage, job }: Operation) -> Place {
        let line = self.line_of[stage * self.jobs + job as usize];
        Place { line, at: self.lines[line].iter().position(|&other| other == job).unwrap_or(0) }
    }

    /// Takes an operation out of its place: its job passes the stage in no time.
    pub fn take(&mut self, operation: Operation, place: Place) {
        self.saved.0.clone_from(&self.ends);
        self.saved.1.clone_from(&self.outs);
        self.saved.2 = self.makespan;
        self.lines[place.line].remove(place.at);
        let Operation { stage, job } = operation;
        let at = stage * self.jobs + job as usize;
        self.ends[at] = if stage == 0 { 0 } else { self.ends[at - self.jobs] };
        self.outs[at] = self.outs.get(at + self.jobs).copied().unwrap_or(0);
        self.update_heads(stage);
        self.update_tails(stage + 1);
    }

    /// Tells `visit` every place for an operation that was taken out, and the exact makespan there.
    pub fn places(&self, Operation { stage, job }: Operation, mut visit: impl FnMut(Place, Cost)) {
        let base = stage * self.jobs;
        let (before, after) = (self.ends[base + job as usize], self.outs[base + job as usize]);
        let (ends, outs) = (&self.ends[base..], &self.outs[base..]);
        for line in self.lines_of[stage].clone() {
            let time = self.time(line, job);
            let mut free = 0;
            for (at, &next) in self.lines[line].iter().enumerate() {
                let through = before.max(free) + time + outs[next as usize].max(after);
                visit(Place { line, at }, through.max(self.makespan));
                free = ends[next as usize];
            }
            let through = before.max(free) + time + after;
            visit(Place { line, at: self.lines[line].len() }, through.max(self.makespan));
        }
    }

    /// Puts an operation that was taken out at a place.
    pub fn put(&mut self, Operation { stage, job }: Operation, place: Place) {
        self.lines[place.line].insert(place.at, job);
        self.line_of[stage * self.jobs + job as usize] = place.line;
        self.update_heads(stage);
        self.update_tails(stage + 1);
    }

    /// Puts the operation that was taken out last back where it was.
    pub fn put_back(&mut self, operation: Operation, place: Place) {
        self.lines[place.line].insert(place.at, operation.job);
        std::mem::swap(&mut self.ends, &mut self.saved.0);
        std::mem::swap(&mut self.outs, &mut self.saved.1);
        self.makespan = self.saved.2;
    }

    /// A random critical path, from its last operation to its first.
    pub fn critical_path(&self, rng: &mut Stream, path: &mut Vec<Operation>) {
        path.clear();
        let Some(stage) = self.stages().checked_sub(1) else { return };
        let ends = &self.ends[stage * self.jobs..];
        let (mut ties, mut current) = (0, None);
        for job in (0..self.jobs as u32).filter(|&job| ends[job as usize] == self.makespan) {
            ties += 1;
            if rng.random_range(0..ties) == 0 {
                current = Some(Operation { stage, job });
            }
        }
        while let Some(operation) = current {
            path.push(operation);
            let Operation { stage, job } = operation;
            let Place { line, at } = self.place(operation);
            let start = self.ends[stage * self.jobs + job as usize] - self.time(line, job);
            let by_machine = at.checked_sub(1).map(|at| Operation { stage, job: self.lines[line][at] });
            let by_job = stage.checked_sub(1).map(|stage| Operation { stage, job });
            let joins = |&Operation { stage, job }: &Operation| self.ends[stage * self.jobs + job as usize] == start;
            current = match (by_machine.filter(joins), by_job.filter(joins)) {
                (Some(a), Some(b)) => Some(if rng.random_bool(0.5) { a } else { b }),
                (a, b) => a.or(b),
            };
        }
    }

    /// Ends from a stage on, and the makespan. Those of an operation that is taken out are its predecessor's.
    fn update_heads(&mut self, from: usize) {
        for stage in from..self.lines_of.len() {
            let (before, here) = self.ends.split_at_mut(stage * self.jobs);
            let ready = before.len().checked_sub(self.jobs).map(|at| &before[at..]);
            for line in self.lines_of[stage].clone() {
                let times = &self.times[line * self.jobs..][..self.jobs];
                let mut free = 0;
                for &job in &self.lines[line] {
                    let job = job as usize;
                    free = ready.map_or(0, |ready| ready[job]).max(free) + times[job];
                    here[job] = free;
                }
            }
        }
        let last = self.ends.len() - self.jobs.min(self.ends.len());
        self.makespan = self.ends[last..].iter().copied().max().unwrap_or(0);
    }

    /// Tails of all stages before `to`.
    fn update_tails(&mut self, to: usize) {
        for stage in (0..to).rev() {
            let (here, behind) = self.outs.split_at_mut((stage + 1) * self.jobs);
            let here = &mut here[stage * self.jobs..];
            let after = behind.get(..self.jobs);
            for line in self.lines_of[stage].clone() {
                let times = &self.times[line * self.jobs..][..self.jobs];
                let mut rest = 0;
                for &job in self.lines[line].iter().rev() {
                    let job = job as usize;
                    rest = after.map_or(0, |after| after[job]).max(rest) + times[job];
                    here[job] = rest;
                }
            }
        }
    }
}

/// The plan in which every operation starts as early as the orders \[stages\]\[machines\] allow.
pub fn plan(ffsp: &Ffsp, orders: &[Vec<Vec<u32>>]) -> Plan {
    let mut tasks: Vec<Vec<Task>> = vec![Vec::with_capacity(ffsp.stages()); ffsp.jobs];
    let mut ready = vec![0; ffsp.jobs];
    for (stage, machines) in orders.iter().enumerate() {
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
