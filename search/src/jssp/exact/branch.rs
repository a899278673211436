//! The tree: at every node one operation of one machine is ranked next.

use heuron_problems::Cost;

use super::shave::shave;
use super::windows::{Agenda, Conflict, Shop, Windows};
use crate::run::Watch;

/// A search for a schedule that ends at a limit, which can be interrupted after any node.
#[derive(Clone, Debug)]
pub struct Branching<'s, 'm> {
    shop: &'s Shop<'m>,
    agenda: Agenda,
    stack: Vec<Node>,
    /// The windows of a schedule found already at the root.
    leaf: Option<Windows>,
}

/// A node under way.
#[derive(Clone, Debug)]
struct Node {
    windows: Windows,
    machine: usize,
    /// Operations that can come next on the machine and are still to be tried, the last one first.
    candidates: Vec<u32>,
}

/// How an exploration ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A topological order of a schedule within the limit.
    Found(Vec<u32>),
    /// There is none.
    Exhausted,
    /// There is more to explore.
    Open,
}

impl<'s, 'm> Branching<'s, 'm> {
    /// The root; none if no schedule ends at `limit`.
    pub fn new(shop: &'s Shop<'m>, limit: Cost, watch: &Watch) -> Option<Self> {
        let mut agenda = Agenda::default();
        let mut windows = shop.open(limit, &mut agenda).ok()?;
        shop.propagate(&mut windows, &mut agenda).ok()?;
        shave(shop, &mut windows, &mut agenda, watch).ok()?;
        let mut branching = Self { shop, agenda, stack: Vec::new(), leaf: None };
        branching.descend(windows);
        Some(branching)
    }

    /// Up to `count` nodes, and how many.
    pub fn explore(&mut self, count: u64, watch: &Watch) -> (Outcome, u64) {
        for done in 0..count {
            if let Some(windows) = self.leaf.take() {
                return (Outcome::Found(self.order(&windows)), done);
            }
            if watch.is_late() {
                return (Outcome::Open, done);
            }
            let Some(node) = self.stack.last_mut() else { return (Outcome::Exhausted, done) };
            let Some(operation) = node.candidates.pop() else {
                self.stack.pop();
                continue;
            };
            let (mut windows, machine) = (node.windows.clone(), node.machine);
            windows.prefix[machine].push(operation);
            windows.rank[operation as usize] = windows.prefix[machine].len() as u32;
            self.agenda.push(operation);
            if self.shop.propagate(&mut windows, &mut self.agenda) != Err(Conflict) {
                self.descend(windows);
            }
        }
        (Outcome::Open, count)
    }

    /// Begins the node of these windows, or notes that everything is decided.
    fn descend(&mut self, windows: Windows) {
        let open = |machine: &usize| self.unranked(&windows, *machine).count() > 1;
        let room = |machine: &usize| {
            let ends = self.unranked(&windows, *machine).map(|node| windows.end[node as usize]).max().unwrap_or(0);
            let heads = self.unranked(&windows, *machine).map(|node| windows.head[node as usize]).min().unwrap_or(0);
            let work: Cost = self.unranked(&windows, *machine).map(|node| self.shop.duration(node)).sum();
            (ends - heads - work) * self.unranked(&windows, *machine).count() as Cost
        };
        // The machine with the least room decides most; times their number, because few operations are soon decided
        // anyway (ft10, orb02: a fifth fewer nodes).
        let Some(machine) = (0..self.shop.machines.len()).filter(open).min_by_key(room) else {
            self.leaf = Some(windows);
            return;
        };
        let can_begin = |&node: &u32| {
            let end = windows.head[node as usize] + self.shop.duration(node);
            let others = self.unranked(&windows, machine).filter(|&other| other != node);
            others.into_iter().all(|other| end + self.shop.duration(other) <= windows.end[other as usize])
        };
        let mut candidates: Vec<u32> = self.unranked(&windows, machine).filter(can_begin).collect();
        let latest = |node: u32| windows.end[node as usize] - self.shop.duration(node);
        candidates.sort_by_key(|&node| std::cmp::Reverse((windows.head[node as usize], latest(node), node)));
        self.stack.push(Node { windows, machine, candidates });
    }

    fn unranked<'a>(&'a self, windows: &'a Windows, machine: usize) -> impl Iterator<Item = u32> + 'a {
        self.shop.machines[machine].iter().copied().filter(|&node| windows.rank[node as usize] == 0)
    }

    /// All operations by their earliest beginnings.
    fn order(&self, windows: &Windows) -> Vec<u32> {
        let mut order: Vec<u32> = self.shop.model.all().collect();
        // Operations of length 0 come before those that begin with them; in a job, the earlier number is first.
        order.sort_by_key(|&node| {
            let head = windows.head[node as usize];
            (head, head + self.shop.duration(node), node)
        });
        order
    }
}
