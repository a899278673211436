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

    /// Topological orders of schedules within the limit that up to `count` nodes in all have led to, and how many
    /// nodes. They do not depend on the number of threads.
    pub fn explore(&mut self, count: u64, watch: &Watch) -> (Vec<Vec<u32>>, u64) {
        while self.trees.len() < self.islands {
            let Some(part) = self.trees.iter_mut().find_map(Branching::split) else { break };
            self.trees.push(part);
        }
        let parts = self.trees.len() as u64;
        let mut work: Vec<_> = self.trees.drain(..).map(|tree| (tree, (Outcome::Open, 0))).collect();
        islands(self.threads, &mut work, |index, (tree, end)| {
            *end = tree.explore(count / parts + u64::from((index as u64) < count % parts), watch);
        });
        let (mut found, mut done) = (Vec::new(), 0);
        for (tree, (outcome, nodes)) in work {
            done += nodes;
            match outcome {
                Outcome::Found(order) => found.push(order),
                Outcome::Exhausted => continue,
                Outcome::Open => {}
            }
            self.trees.push(tree);
        }
        (found, done)
    }

    /// As [`Branching::tighten`].
    pub fn tighten(&mut self, by: Cost) {
        self.trees.iter_mut().for_each(|tree| tree.tighten(by));
    }

    /// Whether there is nothing left to explore.
    pub fn is_exhausted(&self) -> bool {
        self.trees.is_empty()
    }
}
