//! Windows of the operations, and what they imply for each other.

use std::collections::VecDeque;

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
    /// Which of these an operation is, counted from 1; 0: none of them \[nodes\].
    pub rank: Vec<u32>,
}

/// What has to be looked at again, and buffers.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    /// Operations whose windows are narrower than they were.
    nodes: Queue,
    /// Machines of such operations.
    machines: Queue,
    tasks: Vec<Task>,
    reach: Vec<Cost>,
}

/// Numbers to be dealt with, each once, the first one first: the last one first takes a third longer (ft10).
#[derive(Clone, Debug, Default)]
struct Queue {
    list: VecDeque<u32>,
    is_in: Vec<bool>,
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
            rank: vec![0; nodes],
        };
        agenda.clear(self);
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
        self.model.all().for_each(|node| agenda.push(node));
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
            agenda.push(node);
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
            agenda.push(node);
            node = self.before[node as usize];
        }
        Ok(())
    }

    /// Everything that follows from the windows of the operations on the agenda.
    pub fn propagate(&self, windows: &mut Windows, agenda: &mut Agenda) -> Result<(), Conflict> {
        let result = self.exhaust(windows, agenda);
        agenda.clear(self);
        result
    }

    fn exhaust(&self, windows: &mut Windows, agenda: &mut Agenda) -> Result<(), Conflict> {
        loop {
            // What is cheap first, to its end.
            if let Some(node) = agenda.nodes.pop() {
                let machine = self.model.machine_of[node as usize] as usize;
                self.keep_rank(windows, node, machine, agenda)?;
                self.compare(windows, node, machine, agenda)?;
                agenda.machines.push(machine as u32);
            } else if let Some(machine) = agenda.machines.pop() {
                self.find_edges(windows, machine as usize, agenda)?;
            } else {
                return Ok(());
            }
        }
    }

    /// What is ranked comes one after the other, and everything else of the machine after that.
    fn keep_rank(&self, windows: &mut Windows, node: u32, machine: usize, agenda: &mut Agenda) -> Result<(), Conflict> {
        let (rank, count) = (windows.rank[node as usize] as usize, windows.prefix[machine].len());
        let before = if rank == 0 { count } else { rank - 1 };
        if before > 0 {
            self.order(windows, windows.prefix[machine][before - 1], node, agenda)?;
        }
        if rank > 0 && rank < count {
            self.order(windows, node, windows.prefix[machine][rank], agenda)?;
        } else if rank > 0 {
            for &other in &self.machines[machine] {
                if windows.rank[other as usize] == 0 {
                    self.order(windows, node, other, agenda)?;
                }
            }
        }
        Ok(())
    }

    /// `first` before `second`.
    fn order(&self, windows: &mut Windows, first: u32, second: u32, agenda: &mut Agenda) -> Result<(), Conflict> {
        self.raise(windows, second, windows.head[first as usize] + self.duration(first), agenda)?;
        self.lower(windows, first, windows.end[second as usize] - self.duration(second), agenda)
    }

    /// Of two operations that fit in one order only, that is their order; nothing of those that are ranked.
    fn compare(&self, windows: &mut Windows, a: u32, machine: usize, agenda: &mut Agenda) -> Result<(), Conflict> {
        for &b in &self.machines[machine] {
            if b == a || windows.rank[a as usize] + windows.rank[b as usize] > 0 {
                continue;
            }
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
        Ok(())
    }

    /// Edge finding, forwards and in the mirror, among what is not ranked and the last that is.
    fn find_edges(&self, windows: &mut Windows, machine: usize, agenda: &mut Agenda) -> Result<(), Conflict> {
        for mirrored in [false, true] {
            let (mut tasks, mut reach) = (std::mem::take(&mut agenda.tasks), std::mem::take(&mut agenda.reach));
            tasks.clear();
            let ranked = windows.prefix[machine].len() as u32;
            let open = |&&node: &&u32| windows.rank[node as usize] == 0 || windows.rank[node as usize] == ranked;
            tasks.extend(self.machines[machine].iter().filter(open).map(|&node| {
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
    fn clear(&mut self, shop: &Shop<'_>) {
        self.nodes.clear(shop.model.nodes());
        self.machines.clear(shop.machines.len());
    }

    /// Puts an operation on the agenda.
    pub fn push(&mut self, node: u32) {
        self.nodes.push(node);
    }
}

impl Queue {
    fn clear(&mut self, count: usize) {
        self.list.clear();
        self.is_in.clear();
        self.is_in.resize(count, false);
    }

    fn push(&mut self, item: u32) {
        if !std::mem::replace(&mut self.is_in[item as usize], true) {
            self.list.push_back(item);
        }
    }

    fn pop(&mut self) -> Option<u32> {
        let item = self.list.pop_front()?;
        self.is_in[item as usize] = false;
        Some(item)
    }
}
