//! Routes that a trajectory has met lately, for set partitioning.

use std::collections::HashMap;

use heuron_problems::Cost;

use super::ground::Ground;
use super::state::State;
use crate::cvrp::partition::Route;

/// Routes kept per route of the solution.
const KEPT: usize = 60;

/// Routes by the set of their customers, each set in the best order met.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    routes: Vec<Route>,
    /// The look at which a route was met last \[routes\].
    met: Vec<u64>,
    /// Places in `routes` by the name of the set.
    places: HashMap<u64, usize>,
    /// The versions of the state's routes at the last look.
    seen: Vec<u64>,
    looks: u64,
}

impl Pool {
    /// Adds the routes of `state` that have changed since the last look.
    pub fn look(&mut self, ground: &Ground, state: &State) {
        self.looks += 1;
        self.seen.resize(state.slots(), 0);
        for slot in 1..state.slots() as u32 {
            let (route, version) = (state.route(slot), state.version(slot));
            if std::mem::replace(&mut self.seen[slot as usize], version) == version || route.size == 0 {
                continue;
            }
            let cost = route.duration - ground.problem.service * Cost::from(route.size);
            let new = || Route { cost, customers: state.along(slot).collect() };
            let place = *self.places.entry(name(state.along(slot))).or_insert(self.routes.len());
            if place == self.routes.len() {
                self.routes.push(new());
                self.met.push(self.looks);
            } else if cost < self.routes[place].cost {
                self.routes[place] = new();
            }
            self.met[place] = self.looks;
        }
        let most = KEPT * state.used();
        if self.routes.len() > 2 * most {
            self.keep(most);
        }
    }

    /// Keeps at most so many routes: those that were met last.
    fn keep(&mut self, most: usize) {
        if self.routes.len() > most {
            let mut met = self.met.clone();
            let oldest = *met.select_nth_unstable_by(most, |a, b| b.cmp(a)).1;
            let mut recent = self.met.iter().map(|&met| met > oldest);
            self.routes.retain(|_| recent.next().unwrap_or(false));
            self.met.retain(|&met| met > oldest);
            self.places = self.routes.iter().map(|route| name(route.customers.iter().copied())).zip(0..).collect();
        }
    }

    /// Those that were met last, which are forgotten.
    pub fn take(&mut self, state: &State) -> Vec<Route> {
        self.keep(KEPT * state.used());
        std::mem::take(self).routes
    }
}

/// A number for a set of customers: the sum of a random-looking one for each (the finaliser of SplitMix64; G. L. Steele,
/// D. Lea and C. H. Flood, 2014).
fn name(customers: impl Iterator<Item = u32>) -> u64 {
    let scrambled = |customer: u32| {
        let mixed = (u64::from(customer) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    customers.map(scrambled).fold(0, u64::wrapping_add)
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Cvrp, Generate, stream};

    use super::super::config::Config;
    use super::super::sweep::sweep;
    use super::*;
    use crate::run::Watch;

    #[test]
    fn routes_are_kept_once_with_their_lengths_and_the_latest_ones_longest() {
        let spec = Cvrp::spec(60, "x").expect("the X scheme is known");
        let problem = Cvrp::generate(&spec, &mut stream(1, "pool", 0));
        let ground = Ground::new(&problem, &Config::default(), &Watch::never()).expect("there is time");
        let routes = sweep(&ground.problem).routes;
        let mut state = State::new(&ground, &routes);
        let mut pool = Pool::default();
        pool.look(&ground, &state);
        pool.look(&ground, &state);
        assert_eq!(pool.routes.len(), routes.len());
        // Every look meets two routes, without a customer and with it.
        for v in (1..=60).cycle().take(60 * KEPT) {
            let node = *state.node(v);
            state.remove(&ground, v);
            pool.look(&ground, &state);
            state.insert(&ground, v, node.prev, node.route);
            pool.look(&ground, &state);
        }
        let count = pool.routes.len();
        assert!(count > routes.len() && count <= 2 * KEPT * state.used());
        let kept = pool.take(&state);
        for route in &kept {
            assert_eq!(route.cost, ground.problem.length(&route.customers));
        }
        assert_eq!(kept.len(), count.min(KEPT * state.used()));
        assert!(pool.routes.is_empty());
    }
}
