//! Local search of hybrid genetic search: granular moves and SWAP* on a solution that may break limits at a price.
//!
//! Source: T. Vidal, "Hybrid genetic search for the CVRP: open-source implementation and SWAP* neighborhood",
//! Computers & Operations Research 140 (2022), section 3.3.
//!
//! Unlike there, SWAP* starts only once the other moves have nothing left to do, and a pair of customers is tried again
//! only if one of the two has new neighbours, or if a limit or a charge could have decided against it: that skips the
//! pairs of a changed route whose moves cannot have become better, and loses none.

mod apply;
pub mod model;
mod moves;
pub mod penalty;
pub mod plan;
mod sector;
mod state;
mod swap_star;

#[cfg(test)]
mod tests;

use heuron_problems::Stream;
use rand::Rng;
use rand::seq::SliceRandom;

use crate::cvrp::terrain::Terrain;
use crate::run::Watch;
use model::Model;
use penalty::Penalty;
use plan::Plan;
use state::State;
use swap_star::SwapStar;

/// Customers between two looks at the clock: about 0.1 ms.
const CLOCK_EVERY: usize = 256;

/// For which customers a sweep tries to open a route: for none in the first sweep of a new plan, where other moves
/// still empty and fill routes at will, then once for all, then for those whose route has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Openings {
    Never,
    Always,
    Changed,
}

/// Improves plans until no move of the neighbourhood helps. Keeps its memory between calls, and nothing else.
#[derive(Debug)]
pub struct LocalSearch<'m> {
    state: State<'m>,
    swap_star: SwapStar,
    /// When the moves of a customer were last evaluated, on the clock of `State::now` \[customers + 1\].
    tested: Vec<u64>,
    /// Bit k: the moves with the k-th neighbour are held back by the limits alone \[customers + 1\]. The last bit
    /// stands for all neighbours from the 64th on.
    tense: Vec<u64>,
    order: Vec<u32>,
    /// Neighbours are tried from anywhere in their list on, not from the nearest.
    anywhere: bool,
    /// Where the lists are entered.
    first: usize,
    scratch: Vec<u32>,
    /// Routes by the angle of their centre, for `export`.
    by_angle: Vec<(u16, u32)>,
}

impl<'m> LocalSearch<'m> {
    /// A local search on `model`, whose improvements enter the lists of neighbours `anywhere` or at the nearest.
    pub fn new(model: &'m Model, anywhere: bool) -> Self {
        Self {
            state: State::new(model, Penalty::new(1, 1, [1; 2])),
            swap_star: SwapStar::new(model),
            tested: vec![0; model.customers() + 1],
            tense: vec![0; model.customers() + 1],
            anywhere,
            first: 0,
            order: Vec::new(),
            scratch: Vec::new(),
            by_angle: Vec::new(),
        }
    }

    /// Improves `plan` under `penalty` to a local optimum, or until the watch says stop.
    pub fn improve(&mut self, plan: &mut Plan, penalty: Penalty, rng: &mut Stream, watch: &Watch) {
        self.state.load(plan, penalty);
        // Nothing is left of earlier plans: whichever search improves a plan, the outcome is the same.
        self.tense.fill(0);
        self.order.clear();
        self.order.extend(1..=self.state.model.customers() as u32);
        self.order.shuffle(rng);
        self.first = if self.anywhere { rng.random_range(0..64) } else { 0 };
        let start = self.state.cost();
        let mut openings = Openings::Never;
        loop {
            while self.sweep(openings, watch) || openings == Openings::Never {
                openings = if openings == Openings::Never { Openings::Always } else { Openings::Changed };
            }
            if watch.is_late() || !self.swap_star.sweep(&mut self.state) {
                break;
            }
        }
        debug_assert!(self.state.cost() <= start);
        self.export(plan);
    }

    /// Tries the moves of every customer whose surroundings changed since its last turn. True if any was applied.
    fn sweep(&mut self, openings: Openings, watch: &Watch) -> bool {
        let before = self.state.now;
        for turn in 0..self.order.len() {
            if turn % CLOCK_EVERY == CLOCK_EVERY - 1 && watch.is_late() {
                return false;
            }
            self.improve_customer(self.order[turn], openings);
        }
        self.state.now > before
    }

    fn improve_customer(&mut self, u: u32, openings: Openings) {
        let model = self.state.model;
        let tested = std::mem::replace(&mut self.tested[u as usize], self.state.now);
        let mut origin = self.state.origin(u);
        let modified = |state: &State<'_>, route: u32| state.routes[route as usize].modified > tested;
        let mut moved = self.state.nodes[u as usize].touched > tested;
        let mut changed = moved || modified(&self.state, origin.route);
        let mut charged = self.state.routes[origin.route as usize].penalty > 0;
        let mut tense = self.tense[u as usize];
        let near = model.near(u);
        let first = self.first % near.len().max(1);
        for k in (first..near.len()).chain(0..first) {
            let v = near[k];
            let node = &self.state.nodes[v as usize];
            let bit = 1 << k.min(63);
            // Without new neighbours nothing can have become better unless a limit or a charge was in play.
            let stale = moved || node.touched > tested || {
                let other = &self.state.routes[node.route as usize];
                (changed || other.modified > tested) && (charged || other.penalty > 0 || tense & bit != 0)
            };
            if !stale {
                continue;
            }
            let mut held = !model.is_symmetric();
            let step = self.state.near_move(&origin, v, &mut held);
            tense = if held {
                tense | bit
            } else if k < 63 {
                tense & !bit
            } else {
                tense
            };
            if let Some(step) = step {
                self.state.apply(&step, &mut self.scratch);
                origin = self.state.origin(u);
                charged = self.state.routes[origin.route as usize].penalty > 0;
                (moved, changed) = (true, true);
            }
        }
        self.tense[u as usize] = tense;
        if (openings == Openings::Always || openings == Openings::Changed && changed)
            && let Some(step) = self.state.empty_route().and_then(|route| self.state.opening_move(&origin, route))
        {
            self.state.apply(&step, &mut self.scratch);
        }
    }

    /// Writes the routes to `plan`, in the order of the polar angles of their centres.
    fn export(&mut self, plan: &mut Plan) {
        let model = self.state.model;
        plan.clear();
        self.by_angle.clear();
        for (index, route) in (0..).zip(&self.state.routes).filter(|(_, route)| route.len > 0) {
            // The middle customer stands for the route: exact centres make no difference to crossover.
            let mut middle = route.first;
            for _ in 0..route.len / 2 {
                middle = self.state.nodes[middle as usize].next;
            }
            self.by_angle.push((model.angle(middle).unwrap_or(0), index));
        }
        self.by_angle.sort_unstable();
        for &(_, route) in &self.by_angle {
            self.scratch.clear();
            self.state.collect(route, &mut self.scratch);
            plan.push(&self.scratch);
        }
    }
}
