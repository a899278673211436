//! Proofs for small job shops: branch and bound that ranks the operations of one machine after the other (J. Carlier
//! and E. Pinson, "An algorithm for solving the job-shop problem", Management Science 35, 1989), with the windows of
//! the operations narrowed by edge finding, and by tests of single values (P. Martin and D. B. Shmoys, "A new approach
//! to computing optimal schedules for the job-shop scheduling problem", IPCO 1996).

pub mod branch;
pub mod edges;
pub mod forest;
pub mod shave;
pub mod windows;

use heuron_problems::{Cost, Jssp};

use super::bound::lower_bound;
use super::model::Model;
use crate::run::{Run, Watch};
use crate::search::Search;
use forest::Forest;
use shave::refutes;
use windows::{Agenda, Shop};

/// Nodes of an island between two looks at the budget, without and with tests of single values.
const ROUND: [u64; 2] = [200, 10];

/// Part of its time after which branch and bound looks for a lower bound, unless it has begun to test values before: no
/// sooner, because a proof makes it superfluous.
const BOUND_AT: f64 = 0.6;

/// Branch and bound. An iteration is a node. It needs an incumbent, and improves or proves it.
#[derive(Clone, Copy, Debug)]
pub struct Exact {
    /// Most operations of instances that it takes. Default 225: some 15 x 15 files are closed in seconds.
    pub most_operations: usize,
    /// Part of the time left that it may take, from 0 to 1. Default 0.5: half for the proof, half for the search.
    pub share: f64,
    /// Nodes without tests of single values, from every incumbent on, before a tree with them begins. Default 60 000:
    /// most files of 10 x 10 are closed then (ft10: 35 000).
    pub plain: u64,
    /// Nodes of trees with these tests. Default 100 000, minutes: a run without a time limit must end too.
    pub nodes: u64,
}

impl Default for Exact {
    fn default() -> Self {
        Self { most_operations: 225, share: 0.5, plain: 60_000, nodes: 100_000 }
    }
}

impl Search<Jssp> for Exact {
    fn search(&mut self, jssp: &Jssp, run: &mut Run<'_, Jssp>) {
        if jssp.operations() > self.most_operations || run.cost().is_none() {
            return;
        }
        run.set_method("branch-and-bound");
        let (model, watch) = (Model::new(jssp), run.watch());
        let within = |share: f64| watch.remaining().map_or(watch.clone(), |left| watch.within(left.mul_f64(share)));
        let mut proof = Proof {
            model: &model,
            shop: Shop::new(&model),
            watch: within(self.share),
            early: within(BOUND_AT * self.share),
            plain: self.plain,
            nodes: self.nodes,
            has_bound: false,
        };
        // A tree without tests of single values that is too large is followed by one with them.
        while proof.nodes > 0 && run.proceed(0) && !proof.watch.is_late() && proof.grow(self.plain, jssp, run) {}
    }
}

/// What a search still may do.
struct Proof<'m> {
    model: &'m Model,
    shop: Shop<'m>,
    /// Until when.
    watch: Watch,
    /// When it is time for a lower bound.
    early: Watch,
    /// Nodes of trees without tests of single values.
    plain: u64,
    /// Nodes of trees with them.
    nodes: u64,
    has_bound: bool,
}

impl Proof<'_> {
    /// The tree of all schedules better than the incumbent. Whether another one may follow, because this one took all
    /// the nodes of its kind; without tests of single values it may take `plain` after every better schedule.
    fn grow(&mut self, plain: u64, jssp: &Jssp, run: &mut Run<'_, Jssp>) -> bool {
        let (Some(mut cost), shaves) = (run.cost(), self.plain == 0) else { return false };
        let Some(mut forest) = Forest::new(&self.shop, cost - 1, shaves, run.setup(), &self.watch) else {
            run.prove();
            return false;
        };
        loop {
            let left = if shaves { &mut self.nodes } else { &mut self.plain };
            let round = (ROUND[usize::from(shaves)] * run.setup().islands.max(1) as u64).min(*left);
            let allowed = run.allowance(round);
            let (found, done) = forest.explore(allowed, if self.has_bound { &self.watch } else { &self.early });
            *left = left.saturating_sub(done.max(1));
            for order in &found {
                run.offer(&self.model.schedule(order));
            }
            if let Some(better) = run.cost().filter(|&better| better < cost) {
                forest.tighten(cost - better);
                cost = better;
                if !shaves {
                    *left = plain;
                }
            }
            let is_over = *left == 0;
            if forest.is_exhausted() {
                run.prove();
            } else if !self.has_bound && (is_over || allowed < round || self.early.is_late()) {
                run.raise_bound(destructive_bound(&self.shop, lower_bound(jssp), cost, &self.watch));
                self.has_bound = true;
            }
            if !run.proceed(done) || forest.is_exhausted() || self.watch.is_late() {
                return false;
            }
            if is_over {
                return true;
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
