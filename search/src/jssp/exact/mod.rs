//! Proofs for small job shops: branch and bound that ranks the operations of one machine after the other (J. Carlier
//! and E. Pinson, "An algorithm for solving the job-shop problem", Management Science 35, 1989), with the windows of
//! the operations narrowed by edge finding, and by tests of single values (P. Martin and D. B. Shmoys, "A new approach
//! to computing optimal schedules for the job-shop scheduling problem", IPCO 1996).

pub mod branch;
pub mod edges;
pub mod shave;
pub mod windows;

use heuron_problems::{Cost, Jssp};

use super::bound::lower_bound;
use super::model::Model;
use crate::run::{Run, Watch};
use crate::search::Search;
use branch::{Branching, Outcome};
use shave::refutes;
use windows::{Agenda, Shop};

/// Nodes between two looks at the budget.
const ROUND: u64 = 200;

/// Nodes, and part of its time, after which branch and bound looks for a lower bound: no sooner, because a proof makes
/// it superfluous.
const BOUND_AFTER: u64 = 100_000;
const BOUND_AT: f64 = 0.3;

/// Branch and bound. An iteration is a node. It needs an incumbent, and improves or proves it.
#[derive(Clone, Copy, Debug)]
pub struct Exact {
    /// Most operations of instances that it takes. Default 150: 15 x 10 files are closed in seconds, 15 x 15 seldom.
    pub most_operations: usize,
    /// Part of the time left that it may take, from 0 to 1. Default 0.5: half for the proof, half for the search.
    pub share: f64,
    /// Nodes that it may take. Default 1 000 000; a run without a time limit must end too.
    pub nodes: u64,
}

impl Default for Exact {
    fn default() -> Self {
        Self { most_operations: 150, share: 0.5, nodes: 1_000_000 }
    }
}

impl Search<Jssp> for Exact {
    fn search(&mut self, jssp: &Jssp, run: &mut Run<'_, Jssp>) {
        let Some(mut cost) = run.cost().filter(|_| jssp.operations() <= self.most_operations) else { return };
        run.set_method("branch-and-bound");
        let (model, watch) = (Model::new(jssp), run.watch());
        let within = |share: f64| watch.remaining().map_or(watch.clone(), |left| watch.within(left.mul_f64(share)));
        let (watch, early) = (within(self.share), within(BOUND_AT * self.share));
        let shop = Shop::new(&model);
        let (mut left, mut has_bound) = (self.nodes, false);
        while left > 0 && run.proceed(0) && !watch.is_late() {
            let Some(mut branching) = Branching::new(&shop, cost - 1, &watch) else {
                run.prove();
                return;
            };
            loop {
                let round = ROUND.min(left);
                let allowed = run.allowance(round);
                let (outcome, nodes) = branching.explore(allowed, if has_bound { &watch } else { &early });
                left = left.saturating_sub(nodes.max(1));
                match outcome {
                    Outcome::Found(order) => {
                        run.offer(&model.schedule(&order));
                        run.proceed(nodes);
                        let better = run.cost().filter(|&found| found < cost);
                        debug_assert!(better.is_some());
                        // Without a better schedule there is nothing to prove.
                        let Some(found) = better else { return };
                        cost = found;
                        break;
                    }
                    Outcome::Exhausted => {
                        run.prove();
                        run.proceed(nodes);
                        return;
                    }
                    Outcome::Open => {
                        let is_last = left == 0 || allowed < round;
                        if !has_bound && (self.nodes - left >= BOUND_AFTER || is_last || early.is_late()) {
                            run.raise_bound(destructive_bound(&shop, lower_bound(jssp), cost, &watch));
                            has_bound = true;
                        }
                        if !run.proceed(nodes) || left == 0 || watch.is_late() {
                            return;
                        }
                    }
                }
            }
        }
    }
}

/// The least makespan below `cost` that the narrowing of windows does not refute; `bound` is a lower bound.
pub fn destructive_bound(shop: &Shop<'_>, bound: Cost, cost: Cost, watch: &Watch) -> Cost {
    least_open(bound, cost, watch, |limit| refutes(shop, limit, watch))
}

/// As [`destructive_bound`], by what windows imply alone, without tests of values: milliseconds up to 50 x 20.
pub fn propagated_bound(shop: &Shop<'_>, bound: Cost, cost: Cost, watch: &Watch) -> Cost {
    least_open(bound, cost, watch, |limit| {
        let mut agenda = Agenda::default();
        shop.open(limit, &mut agenda).and_then(|mut windows| shop.propagate(&mut windows, &mut agenda)).is_err()
    })
}

fn least_open(bound: Cost, cost: Cost, watch: &Watch, mut is_refuted: impl FnMut(Cost) -> bool) -> Cost {
    let (mut low, mut high) = (bound, cost);
    while low < high && !watch.is_late() {
        let middle = low + (high - low) / 2;
        if is_refuted(middle) { low = middle + 1 } else { high = middle }
    }
    low
}
