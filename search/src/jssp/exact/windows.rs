//! Windows of the operations, and what they imply for each other.

use heuron_problems::Cost;

use super::edges::{Task, find};
use crate::jssp::model::Model;

/// The constraints of an instance.
#[derive(Clone, Debug)]
pub struct Shop<'m> {
    pub(super) model: &'m Model,
    /// Neighbours in the job; 0: none \[nodes\].
    before: Vec<u32>,
    after: Vec<u32>,
    /// Operations \[machines\].
    pub(super) machines: Vec<Vec<u32>>,
}

/// Earliest beginning and latest end of every operation, and what is decided.
#[derive(Clone, Debug)]
pub struct Windows {
    /// \[nodes\]
    pub head: Vec<Cost>,
    /// \[nodes\]
    pub end: Vec<Cost>,
    /// The first operations in their order \[machines\].
    pub prefix: Vec<Vec<u32>>,
    /// Whether an operation is in a prefix \[nodes\].
    pub is_ranked: Vec<bool>,
}

/// The machines that have to be looked at again, and buffers.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    queue: Vec<u32>,
    is_queued: Vec<bool>,
    tasks: Vec<Task>,
    reach: Vec<Cost>,
}

/// No schedule fits the windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict;

impl<'m> Shop<'m> {
    /// The constraints of a model.
    pub fn new(model: &'m Model) -> Self {
        let mut shop = Self {
            model,
            before: vec![0; model.nodes()],
            after: vec![0; model.nodes()],
            machines: vec![Vec::new(); model.machines()],
        };
        for job in 0..model.jobs() {
            for node in model.job(job) {
                let range = model.job(job);
                shop.before[node as usize] = if node > range.start { node - 1 } else { 0 };
                shop.after[node as usize] = if node + 1 < range.end { node + 1 } else { 0 };
                shop.machines[model.machine_of[node as usize] as usize].push(node);
            }
        }
        shop
    }

    /// The windows of schedules that end at `limit`, with everything on the agenda; a conflict if a job is longer.
    pub fn open(&self, limit: Cost, agenda: &mut Agenda) -> Result<Windows, Conflict> {
        let nodes = self.model.nodes();
        let mut windows = Windows {
            head: vec![0; nodes],
            end: vec![limit; nodes],
            prefix: vec![Vec::new(); self.machines.len()],
            is_ranked: vec![false; nodes],
        };
        agenda.clear(self.machines.len());
        for job in 0..self.model.jobs() {
            let range = self.model.job(job);
            for node in range.clone().rev() {
                let after = self.after[node as usize] as usize;
                if after > 0 {
                    windows.end[node as usize] = windows.end[after] - self.duration(after as u32);
                }
            }
            for node in range {
                let before = self.before[node as usize] as usize;
                if before > 0 {
                    windows.head[node as usize] = windows.head[before] + self.duration(before as u32);
                }
                let window = windows.end[node as usize] - windows.head[node as usize];
                if window < self.duration(node) {
                    return Err(Conflict);
                }
            }
        }
        (0..self.machines.len() as u32).for_each(|machine| agenda.push(machine));
        Ok(windows)
    }

    #[inline]
    pub(super) fn duration(&self, node: u32) -> Cost {
        self.model.durations[node as usize]
    }

    /// An operation begins at `head` or later, and so do those after it.
    pub fn raise(
        &self,
        windows: &mut Windows,
        mut node: u32,
        mut head: Cost,
        agenda: &mut Agenda,
    ) -> Result<(), Conflict> {
        while node > 0 && head > windows.head[node as usize] {
            windows.head[node as usize] = head;
            head += self.duration(node);
            if head > windows.end[node as usize] {
                return Err(Conflict);
            }
            agenda.push(self.model.machine_of[node as usize]);
            node = self.after[node as usize];
        }
        Ok(())
    }

    /// An operation ends at `end` or before, and so do those before it.
    pub fn lower(
        &self,
        windows: &mut Windows,
        mut node: u32,
        mut end: Cost,
        agenda: &mut Agenda,
    ) -> Result<(), Conflict> {
        while node > 0 && end < windows.end[node as usize] {
            windows.end[node as usize] = end;
            end -= self.duration(node);
            if end < windows.head[node as usize] {
                return Err(Conflict);
            }
            agenda.push(self.model.machine_of[node as usize]);
            node = self.before[node as usize];
        }
        Ok(())
    }

    /// Everything that follows from the windows of the machines on the agenda.
    pub fn propagate(&self, windows: &mut Windows, agenda: &mut Agenda) -> Result<(), Conflict> {
        let result = self.exhaust(windows, agenda);
        agenda.clear(self.machines.len());
        result
    }

    fn exhaust(&self, windows: &mut Windows, agenda: &mut Agenda) -> Result<(), Conflict> {
        while let Some(machine) = agenda.queue.pop() {
            agenda.is_queued[machine as usize] = false;
            self.keep_prefix(windows, machine as usize, agenda)?;
            self.compare(windows, machine as usize, agenda)?;
            self.find_edges(windows, machine as usize, agenda)?;
        }
        Ok(())
    }

    /// What is ranked comes one after the other, and everything else of the machine after that.
    fn keep_prefix(&self, windows: &mut Windows, machine: usize, agenda: &mut Agenda) -> Result<(), Conflict> {
        let mut last = 0;
        for at in 0..windows.prefix[machine].len() {
            let node = windows.prefix[machine][at];
            self.order(windows, last, node, agenda)?;
            last = node;
        }
        for &node in self.machines[machine].iter().filter(|_| last > 0) {
            if !windows.is_ranked[node as usize] {
                self.order(windows, last, node, agenda)?;
            }
        }
        Ok(())
    }

    /// `first` before `second`.
    fn order(&self, windows: &mut Windows, first: u32, second: u32, agenda: &mut Agenda) -> Result<(), Conflict> {
        if first == 0 {
            return Ok(());
        }
        self.raise(windows, second, windows.head[first as usize] + self.duration(first), agenda)?;
        self.lower(windows, first, windows.end[second as usize] - self.duration(second), agenda)
    }

    /// Of two operations that fit in one order only, that is their order.
    fn compare(&self, windows: &mut Windows, machine: usize, agenda: &mut Agenda) -> Result<(), Conflict> {
        let nodes = &self.machines[machine];
        for (at, &a) in nodes.iter().enumerate() {
            for &b in &nodes[at + 1..] {
                let both = self.duration(a) + self.duration(b);
                let a_first = windows.head[a as usize] + both <= windows.end[b as usize];
                let b_first = windows.head[b as usize] + both <= windows.end[a as usize];
                match (a_first, b_first) {
                    (true, true) => {}
                    (true, false) => self.order(windows, a, b, agenda)?,
                    (false, true) => self.order(windows, b, a, agenda)?,
                    (false, false) => return Err(Conflict),
                }
            }
        }
        Ok(())
    }

    /// Edge finding, forwards and in the mirror.
    fn find_edges(&self, windows: &mut Windows, machine: usize, agenda: &mut Agenda) -> Result<(), Conflict> {
        for mirrored in [false, true] {
            let (mut tasks, mut reach) = (std::mem::take(&mut agenda.tasks), std::mem::take(&mut agenda.reach));
            tasks.clear();
            tasks.extend(self.machines[machine].iter().map(|&node| {
                let (head, end) = (windows.head[node as usize], windows.end[node as usize]);
                let (head, end) = if mirrored { (-end, -head) } else { (head, end) };
                Task { node, head, end, duration: self.duration(node), proven: head }
            }));
            let mut result = if find(&mut tasks, &mut reach) { Ok(()) } else { Err(Conflict) };
            for task in &tasks {
                result = result.and_then(|()| match mirrored {
                    false => self.raise(windows, task.node, task.proven, agenda),
                    true => self.lower(windows, task.node, -task.proven, agenda),
                });
            }
            (agenda.tasks, agenda.reach) = (tasks, reach);
            result?;
        }
        Ok(())
    }
}

impl Agenda {
    fn clear(&mut self, machines: usize) {
        self.queue.clear();
        self.is_queued.clear();
        self.is_queued.resize(machines, false);
    }

    /// Puts a machine on the agenda.
    pub fn push(&mut self, machine: u32) {
        if !std::mem::replace(&mut self.is_queued[machine as usize], true) {
            self.queue.push(machine);
        }
    }
}
