//! Schedules as machine sequences or start times, and the rules that they must keep.

use super::Jssp;
use crate::problem::{Cost, Violation};

/// A solution of the job shop in one of its two usual forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Jobs in the order of processing, one list per machine \[machines\]. The k-th mention of a job on a machine is
    /// the k-th of its operations there.
    Sequences(Vec<Vec<u32>>),
    /// Start time of every operation \[jobs\]\[operations\].
    Starts(Vec<Vec<Cost>>),
}

impl Jssp {
    /// Start time of every operation \[jobs\]\[operations\]: as early as the sequences allow, or as stated.
    ///
    /// # Errors
    /// The first rule that the schedule breaks.
    pub fn start_times(&self, schedule: &Schedule) -> Result<Vec<Vec<Cost>>, Violation> {
        match schedule {
            Schedule::Sequences(sequences) => self.earliest(sequences),
            Schedule::Starts(starts) => self.check_starts(starts).map(|()| starts.clone()),
        }
    }

    /// The operations of every machine as (job, place in the job) in the order of processing \[machines\].
    ///
    /// # Errors
    /// The first rule that the schedule breaks.
    pub fn orders(&self, schedule: &Schedule) -> Result<Vec<Vec<(u32, u32)>>, Violation> {
        let starts = self.start_times(schedule)?;
        let mut lists = self.by_machine();
        for list in &mut lists {
            list.sort_by_key(|&(job, place)| self.span(&starts, job, place));
        }
        Ok(lists)
    }

    /// Start and end of an operation, and its place. Sorting by these keeps the order of every job and of every
    /// machine, also where operations of length 0 share their start with others.
    pub(super) fn span(&self, starts: &[Vec<Cost>], job: u32, place: u32) -> (Cost, Cost, u32) {
        let start = starts[job as usize][place as usize];
        (start, start.saturating_add(self.jobs[job as usize][place as usize].duration), place)
    }

    /// The earliest start times that machine sequences allow, in topological order of the disjunctive graph.
    pub(super) fn earliest(&self, sequences: &[Vec<u32>]) -> Result<Vec<Vec<Cost>>, Violation> {
        self.check_sequences(sequences)?;
        let mut starts: Vec<Vec<Cost>> = self.jobs.iter().map(|job| Vec::with_capacity(job.len())).collect();
        let mut free = vec![0; self.machines];
        let mut next = vec![0; self.machines];
        // Machines whose next operation may have become ready.
        let mut ready: Vec<usize> = (0..self.machines).collect();
        while let Some(machine) = ready.pop() {
            while let Some(&job) = sequences[machine].get(next[machine]) {
                let (operations, own) = (&self.jobs[job as usize], &mut starts[job as usize]);
                let operation = match operations.get(own.len()) {
                    Some(operation) if operation.machine as usize == machine => operation,
                    _ => break,
                };
                let before = own.len().checked_sub(1).map_or(0, |last| own[last] + operations[last].duration);
                own.push(before.max(free[machine]));
                free[machine] = before.max(free[machine]) + operation.duration;
                next[machine] += 1;
                let following = operations.get(own.len()).map(|operation| operation.machine as usize);
                ready.extend(following.filter(|&following| following != machine));
            }
        }
        match starts.iter().zip(&self.jobs).position(|(starts, job)| starts.len() < job.len()) {
            Some(job) => Err(Violation::Cycle { job, operation: starts[job].len() }),
            None => Ok(starts),
        }
    }

    /// Every machine processes each of its operations once.
    fn check_sequences(&self, sequences: &[Vec<u32>]) -> Result<(), Violation> {
        if sequences.len() != self.machines {
            return Err(Violation::WrongMachines { expected: self.machines, found: sequences.len() });
        }
        let mut left = vec![0_usize; self.jobs.len()];
        for (machine, (sequence, operations)) in sequences.iter().zip(self.by_machine()).enumerate() {
            operations.iter().for_each(|&(job, _)| left[job as usize] += 1);
            for &job in sequence {
                match left.get_mut(job as usize) {
                    None => return Err(Violation::UnknownJob { job: job as usize }),
                    Some(0) => return Err(Violation::ExtraOperation { job: job as usize, machine }),
                    Some(left) => *left -= 1,
                }
            }
            if let Some(job) = left.iter().position(|&left| left > 0) {
                return Err(Violation::MissingOperation { job, machine });
            }
        }
        Ok(())
    }

    /// Operations keep the order of their job, and no machine works on two at a time. Reads nothing but the start
    /// times.
    pub(super) fn check_starts(&self, starts: &[Vec<Cost>]) -> Result<(), Violation> {
        if starts.len() != self.jobs.len() {
            return Err(Violation::WrongJobs { expected: self.jobs.len(), found: starts.len() });
        }
        for (job, (starts, operations)) in starts.iter().zip(&self.jobs).enumerate() {
            if starts.len() != operations.len() {
                return Err(Violation::WrongOperations { job, expected: operations.len(), found: starts.len() });
            }
            let mut earliest = 0;
            for (place, (&start, operation)) in starts.iter().zip(operations).enumerate() {
                if start < earliest {
                    return Err(Violation::EarlyStart { job, operation: place, start, earliest });
                }
                earliest = start.saturating_add(operation.duration);
            }
        }
        for (machine, mut list) in self.by_machine().into_iter().enumerate() {
            list.sort_by_key(|&(job, place)| self.span(starts, job, place));
            for pair in list.windows(2) {
                let [(_, end, _), (start, ..)] = [pair[0], pair[1]].map(|(job, place)| self.span(starts, job, place));
                if start < end {
                    let [first, second] = [pair[0].0 as usize, pair[1].0 as usize];
                    return Err(Violation::Overlap { machine, first, second, at: start });
                }
            }
        }
        Ok(())
    }
}
