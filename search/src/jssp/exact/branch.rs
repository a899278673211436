//! The tree: at every node one operation of one machine is ranked next, from the front or from the back.

use heuron_problems::Cost;

use super::shave::{shave, trim};
use super::windows::{Agenda, Conflict, Shop, Side, Windows};
use crate::run::Watch;

/// A search for a schedule that ends at a limit, which can be interrupted after any node.
#[derive(Clone, Debug)]
pub struct Branching<'s, 'm> {
    shop: &'s Shop<'m>,
    agenda: Agenda,
    /// Whether single values are tested at every node, not only at the root.
    shaves: bool,
    stack: Vec<Node>,
    /// The windows of a schedule found already at the root.
    leaf: Option<Windows>,
}

/// A node under way.
#[derive(Clone, Debug)]
struct Node {
    windows: Windows,
    side: Side,
    /// Operations that can come next on a machine from this side and are still to be tried, the last one first.
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
    /// The root; none if no schedule ends at `limit`. With `shaves`, single values are tested at every node: trees of
    /// 10 x 10 have a hundredth of the nodes, which take a hundred times as long, and larger ones gain (ta01: 104
    /// nodes in half a second; without, more than 1.4 million).
    pub fn new(shop: &'s Shop<'m>, limit: Cost, shaves: bool, watch: &Watch) -> Option<Self> {
        let mut agenda = Agenda::default();
        let mut windows = shop.open(limit, &mut agenda).ok()?;
        shop.propagate(&mut windows, &mut agenda).ok()?;
        let narrow = if shaves { trim } else { shave };
        narrow(shop, &mut windows, &mut agenda, watch).ok()?;
        let mut branching = Self { shop, agenda, shaves, stack: Vec::new(), leaf: None };
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
            let mut windows = node.windows.clone();
            self.shop.rank(&mut windows, operation, node.side, &mut self.agenda);
            let mut narrowed = self.shop.propagate(&mut windows, &mut self.agenda);
            if self.shaves {
                narrowed = narrowed.and_then(|()| trim(self.shop, &mut windows, &mut self.agenda, watch));
            }
            if narrowed != Err(Conflict) {
                self.descend(windows);
            }
        }
        (Outcome::Open, count)
    }

    /// Goes on with a limit that is `by` lower: what has been refuted stays so.
    pub fn tighten(&mut self, by: Cost) {
        let (shop, agenda) = (self.shop, &mut self.agenda);
        let mut fits = |windows: &mut Windows| shop.tighten(windows, by, agenda).is_ok();
        self.stack.retain_mut(|node| !node.candidates.is_empty() && fits(&mut node.windows));
        self.leaf = self.leaf.take().and_then(|mut windows| fits(&mut windows).then_some(windows));
    }

    /// A part of what is still to be tried, for another to explore; none if that is a single node.
    pub fn split(&mut self) -> Option<Self> {
        let open: usize = self.stack.iter().map(|node| node.candidates.len()).sum();
        if open < 2 {
            return None;
        }
        // The highest nodes have the largest trees.
        let node = self.stack.iter_mut().find(|node| !node.candidates.is_empty())?;
        let rest = node.candidates.split_off(node.candidates.len().div_ceil(2));
        let candidates = std::mem::replace(&mut node.candidates, rest);
        let root = Node { windows: node.windows.clone(), side: node.side, candidates };
        Some(Self { agenda: self.agenda.clone(), stack: vec![root], leaf: None, ..*self })
    }

    /// Begins the node of these windows, or notes that everything is decided.
    fn descend(&mut self, windows: Windows) {
        let open = |machine: &usize| self.shop.unranked(&windows, *machine).len() > 1;
        let room = |machine: &usize| {
            let unranked = self.shop.unranked(&windows, *machine);
            let ends = unranked.iter().map(|&node| windows.end[node as usize]).max().unwrap_or(0);
            let heads = unranked.iter().map(|&node| windows.head[node as usize]).min().unwrap_or(0);
            let work: Cost = unranked.iter().map(|&node| self.shop.duration(node)).sum();
            (ends - heads - work) * unranked.len() as Cost
        };
        // The machine with the least room decides most; times their number, because few operations are soon decided
        // anyway (ft10, orb02: a fifth fewer nodes).
        let Some(machine) = (0..self.shop.machines.len()).filter(open).min_by_key(room) else {
            self.leaf = Some(windows);
            return;
        };
        let branches = [Side::First, Side::Last].map(|side| (side, self.candidates(&windows, machine, side)));
        let size = |(side, candidates): &(Side, Vec<u32>)| -> f64 {
            candidates.iter().map(|&node| self.rest(&windows, machine, node, *side)).sum()
        };
        let [first, last] = branches;
        let (side, candidates) = if size(&first) <= size(&last) { first } else { last };
        self.stack.push(Node { windows, side, candidates });
    }

    /// What is left of the room of the other operations of a machine where this one comes next: the product of the
    /// parts of their windows. It stands for the size of a tree.
    fn rest(&self, windows: &Windows, machine: usize, node: u32, side: Side) -> f64 {
        let (head, end) = (windows.head[node as usize], windows.end[node as usize]);
        let others = self.shop.unranked(windows, machine).iter().filter(|&&other| other != node);
        let left = |&other: &u32| {
            let cut = match side {
                Side::First => head + self.shop.duration(node) - windows.head[other as usize],
                Side::Last => windows.end[other as usize] - (end - self.shop.duration(node)),
            };
            let room = self.shop.room(windows, other) + 1;
            (room - cut.max(0)).max(1) as f64 / room as f64
        };
        others.map(left).product()
    }

    /// What can come next on a machine from one side, the most likely last.
    fn candidates(&self, windows: &Windows, machine: usize, side: Side) -> Vec<u32> {
        // In the mirror, what comes last comes first.
        let window = |node: u32| match side {
            Side::First => (windows.head[node as usize], windows.end[node as usize]),
            Side::Last => (-windows.end[node as usize], -windows.head[node as usize]),
        };
        let unranked = self.shop.unranked(windows, machine);
        let fits = |&node: &u32| {
            let end = window(node).0 + self.shop.duration(node);
            unranked.iter().all(|&other| other == node || end + self.shop.duration(other) <= window(other).1)
        };
        let mut candidates: Vec<u32> = unranked.iter().copied().filter(fits).collect();
        let latest = |node: u32| window(node).1 - self.shop.duration(node);
        candidates.sort_by_key(|&node| std::cmp::Reverse((window(node).0, latest(node), node)));
        candidates
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
