//! A tree that several islands explore: whoever has nothing left takes a part of what others still have to try.

use heuron_problems::Cost;

use super::branch::{Branching, Outcome};
use super::windows::Shop;
use crate::run::{Setup, Watch};
use crate::search::islands;

/// The parts of a tree, at most one per island.
#[derive(Clone, Debug)]
pub struct Forest<'s, 'm> {
    trees: Vec<Branching<'s, 'm>>,
    islands: usize,
    threads: usize,
}

impl<'s, 'm> Forest<'s, 'm> {
    /// As [`Branching::new`].
    pub fn new(shop: &'s Shop<'m>, limit: Cost, shaves: bool, setup: &Setup, watch: &Watch) -> Option<Self> {
        let trees = vec![Branching::new(shop, limit, shaves, watch)?];
        Some(Self { trees, islands: setup.islands.max(1), threads: setup.threads })
    }

    /// Up to `count` nodes in all, and how many. They do not depend on the number of threads.
    pub fn explore(&mut self, count: u64, watch: &Watch) -> (Outcome, u64) {
        while self.trees.len() < self.islands {
            let Some(part) = self.trees.iter_mut().find_map(Branching::split) else { break };
            self.trees.push(part);
        }
        let parts = self.trees.len() as u64;
        let mut work: Vec<_> = self.trees.iter_mut().map(|tree| (tree, (Outcome::Open, 0))).collect();
        islands(self.threads, &mut work, |index, (tree, end)| {
            *end = tree.explore(count / parts + u64::from((index as u64) < count % parts), watch);
        });
        let ends: Vec<(Outcome, u64)> = work.into_iter().map(|(_, end)| end).collect();
        let done = ends.iter().map(|(_, done)| done).sum();
        let mut outcomes = ends.iter().map(|(outcome, _)| outcome);
        self.trees.retain(|_| outcomes.next() != Some(&Outcome::Exhausted));
        let found = ends.into_iter().map(|(outcome, _)| outcome).find(|outcome| matches!(outcome, Outcome::Found(_)));
        let rest = if self.trees.is_empty() { Outcome::Exhausted } else { Outcome::Open };
        (found.unwrap_or(rest), done)
    }
}
