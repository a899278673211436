//! Windows of the operations, and what they imply for each other.

use std::collections::VecDeque;
use std::ops::Range;

use heuron_problems::Cost;

use super::edges::{Task, find};
use crate::jssp::model::Model;

/// The constraints of an instance.
#[derive(Clone, Debug)]
pub struct Shop<'m> {
    pub(super) model: &'m Model,
    /// \[nodes\]
    durations: Vec<Cost>,
    /// Neighbours in the job; 0: none \[nodes\].
    before: Vec<u32>,
    after: Vec<u32>,
    /// Operations \[machines\].
    pub(in crate::jssp) machines: Vec<Vec<u32>>,
    /// Their places, where the sequences of the machines lie one after the other \[machines\].
    places: Vec<Range<usize>>,
}

/// Earliest beginning and latest end of every operation, and what is decided.
#[derive(Clone, Debug)]
pub struct Windows {
    /// \[nodes\]
    pub head: Vec<Cost>,
    /// \[nodes\]
    pub end: Vec<Cost>,
    /// The sequences of the machines one after the other; what is not ranked is in any order \[nodes - 1\].
    sequence: Vec<u32>,
    /// Places in there of what is not ranked: what is comes before and after them \[machines\].
    open: Vec<Range<usize>>,
    /// Place of an operation in there \[nodes\].
    place: Vec<u32>,
    /// Its window when single values of it were last tested \[nodes\].
    pub(super) tested: Vec<(Cost, Cost)>,
}

/// The end of a machine's sequence that is ranked next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Before everything that is not ranked.
    First,
    /// After it.
    Last,
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
            durations: model.durations.clone(),
            before: vec![0; model.nodes()],
            after: vec![0; model.nodes()],
            machines: vec![Vec::new(); model.machines()],
            places: Vec::new(),
        };
        for job in 0..model.jobs() {
            for node in model.job(job) {
                let range = model.job(job);
                shop.before[node as usize] = if node > range.start { node - 1 } else { 0 };
                shop.after[node as usize] = if node + 1 < range.end { node + 1 } else { 0 };
                shop.machines[model.machine_of[node as usize] as usize].push(node);
            }
        }
        let mut place = 0;
        for machine in &shop.machines {
            shop.places.push(place..place + machine.len());
            place += machine.len();
        }
        shop
    }

    /// The windows of schedules that end at `limit`, with everything on the agenda; a conflict if a job is longer.
    pub fn open(&self, limit: Cost, agenda: &mut Agenda) -> Result<Windows, Conflict> {
        let nodes = self.model.nodes();
        let mut windows = Windows {
            head: vec![0; nodes],
            end: vec![limit; nodes],
            sequence: self.machines.concat(),
            open: self.places.clone(),
            place: vec![0; nodes],
            tested: vec![(0, 0); nodes],
        };
        for (place, &node) in windows.sequence.iter().enumerate() {
            windows.place[node as usize] = place as u32;
        }
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
        self.durations[node as usize]
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

    /// The windows of schedules that end at a limit that is `by` lower, and what follows from them.
    pub fn tighten(&self, windows: &mut Windows, by: Cost, agenda: &mut Agenda) -> Result<(), Conflict> {
        // A schedule that ends so much earlier fits the windows where it is and moved so much to the right.
        windows.end.iter_mut().for_each(|end| *end -= by);
        if self.model.all().any(|node| self.room(windows, node) < 0) {
            return Err(Conflict);
        }
        self.model.all().for_each(|node| agenda.push(node));
        self.propagate(windows, agenda)
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

    /// An operation comes next on its machine, from one side.
    pub fn rank(&self, windows: &mut Windows, node: u32, side: Side, agenda: &mut Agenda) {
        let open = &mut windows.open[self.model.machine_of[node as usize] as usize];
        let place = match side {
            Side::First => open.start,
            Side::Last => open.end - 1,
        };
        *open = match side {
            Side::First => place + 1..open.end,
            Side::Last => open.start..place,
        };
        let (other, from) = (windows.sequence[place], windows.place[node as usize]);
        windows.sequence.swap(place, from as usize);
        windows.place[other as usize] = from;
        windows.place[node as usize] = place as u32;
        agenda.push(node);
    }

    /// What is left of an operation's window beyond its length.
    pub fn room(&self, windows: &Windows, node: u32) -> Cost {
        windows.end[node as usize] - windows.head[node as usize] - self.duration(node)
    }

    /// What of a machine is not ranked.
    pub fn unranked<'a>(&self, windows: &'a Windows, machine: usize) -> &'a [u32] {
        &windows.sequence[windows.open[machine].clone()]
    }

    /// What is ranked comes one after the other, and everything else of the machine in between.
    fn keep_rank(&self, windows: &mut Windows, node: u32, machine: usize, agenda: &mut Agenda) -> Result<(), Conflict> {
        let (open, all, place) = (windows.open[machine].clone(), &self.places[machine], windows.place[node as usize]);
        let place = place as usize;
        let (before, after) = if open.contains(&place) { (open.start, open.end) } else { (place, place + 1) };
        if before > all.start && !open.contains(&(before - 1)) {
            self.order(windows, windows.sequence[before - 1], node, agenda)?;
        }
        if after < all.end && !open.contains(&after) {
            self.order(windows, node, windows.sequence[after], agenda)?;
        }
        if after == open.start {
            for at in open {
                self.order(windows, node, windows.sequence[at], agenda)?;
            }
        } else if before == open.end {
            for at in open {
                self.order(windows, windows.sequence[at], node, agenda)?;
            }
        }
        Ok(())
    }

    /// `first` before `second`.
    #[inline]
    fn order(&self, windows: &mut Windows, first: u32, second: u32, agenda: &mut Agenda) -> Result<(), Conflict> {
        let head = windows.head[first as usize] + self.duration(first);
        if head > windows.head[second as usize] {
            self.raise(windows, second, head, agenda)?;
        }
        let end = windows.end[second as usize] - self.duration(second);
        if end < windows.end[first as usize] {
            self.lower(windows, first, end, agenda)?;
        }
        Ok(())
    }

    /// Of two operations that fit in one order only, that is their order; nothing of those that are ranked.
    fn compare(&self, windows: &mut Windows, a: u32, machine: usize, agenda: &mut Agenda) -> Result<(), Conflict> {
        let open = windows.open[machine].clone();
        if !open.contains(&(windows.place[a as usize] as usize)) {
            return Ok(());
        }
        let duration = self.duration(a);
        for at in open {
            let b = windows.sequence[at];
            if b == a {
                continue;
            }
            let both = duration + self.duration(b);
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

    /// Edge finding, forwards and in the mirror, among what is not ranked and its neighbours that are.
    fn find_edges(&self, windows: &mut Windows, machine: usize, agenda: &mut Agenda) -> Result<(), Conflict> {
        if windows.open[machine].len() <= 2 {
            // Comparing the two says it all.
            return Ok(());
        }
        for mirrored in [false, true] {
            let (mut tasks, mut reach) = (std::mem::take(&mut agenda.tasks), std::mem::take(&mut agenda.reach));
            tasks.clear();
            let (open, all) = (&windows.open[machine], &self.places[machine]);
            let counted = open.start.saturating_sub(1).max(all.start)..(open.end + 1).min(all.end);
            tasks.extend(windows.sequence[counted].iter().map(|&node| {
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
