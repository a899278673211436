//! Proofs for small shops: makespans are refuted one after the other by branch and bound (see [`tree`]).

pub mod tree;

use heuron_problems::Ffsp;

use super::bound::lower_bound;
use super::sequences::plan;
use crate::run::Run;
use crate::search::Search;
use tree::{Outcome, Shop, Tree};

/// Nodes between two looks at the budget.
const ROUND: u64 = 1_000;

/// Branch and bound. An iteration is a node. It needs an incumbent; from the lower bound on it refutes makespans, until
/// one is met or the incumbent is.
#[derive(Clone, Copy, Debug)]
pub struct Exact {
    /// Most tasks of instances that it takes. Default 50: 12 x 3 tasks are often too many for a proof, and the bound
    /// rises by some percent.
    pub most_tasks: usize,
    /// Part of the time left that it may take. Default 0.3.
    pub share: f64,
    /// Nodes that it may take. Default 1 000 000: some seconds.
    pub nodes: u64,
}

impl Default for Exact {
    fn default() -> Self {
        Self { most_tasks: 50, share: 0.3, nodes: 1_000_000 }
    }
}

impl Search<Ffsp> for Exact {
    fn search(&mut self, ffsp: &Ffsp, run: &mut Run<'_, Ffsp>) {
        let is_small = ffsp.jobs * ffsp.stages() <= self.most_tasks;
        if !is_small || !run.cost().is_some_and(|cost| Shop::fits(ffsp, cost)) {
            return;
        }
        run.set_method("branch-and-bound");
        run.raise_bound(lower_bound(ffsp));
        let watch = run.watch();
        let watch = watch.remaining().map_or(watch.clone(), |left| watch.within(left.mul_f64(self.share)));
        let (shop, mut left) = (Shop::new(ffsp), self.nodes);
        let (mut step, mut before) = (1, u64::MAX);
        while let Some((bound, cost)) = run.bound().zip(run.cost()).filter(|(bound, cost)| bound < cost) {
            let mut tree = Tree::new(&shop, (bound + step - 1).min(cost - 1));
            let mut used = 0;
            let outcome = loop {
                let (outcome, nodes) = tree.explore(run.allowance(ROUND.min(left)), &watch);
                (used, left) = (used + nodes, left - nodes);
                match &outcome {
                    Outcome::Found(orders) => _ = run.offer(&plan(ffsp, orders)),
                    Outcome::Exhausted(next) => run.raise_bound((*next).min(cost)),
                    Outcome::Open => {}
                }
                if !run.proceed(nodes) || left == 0 || watch.is_late() {
                    return;
                }
                if outcome != Outcome::Open {
                    break outcome;
                }
            };
            // A tree grows with its limit, some by half in a unit of time, some not at all in ten.
            (step, before) = match outcome {
                Outcome::Found(_) => (1, u64::MAX),
                _ if used / 3 > before => ((step / 2).max(1), used),
                _ if used / 3 * 2 <= before => (2 * step, used),
                _ => (step, used),
            };
        }
    }
}
