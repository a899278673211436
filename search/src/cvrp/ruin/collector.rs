//! The routes that a walk meets, for set partitioning.

use heuron_problems::Cost;

use super::ground::Ground;
use super::state::State;
use crate::cvrp::partition::{Pool, Route};

/// Looks at a state now and then.
#[derive(Clone, Debug, Default)]
pub(super) struct Collector {
    pool: Pool,
    /// The versions of the state's routes at the last look.
    seen: Vec<u64>,
}

impl Collector {
    /// Adds the routes of `state` that have changed since the last look.
    pub fn look(&mut self, ground: &Ground, state: &State) {
        self.pool.look();
        self.seen.resize(state.slots(), 0);
        for slot in 1..state.slots() as u32 {
            let (route, version) = (state.route(slot), state.version(slot));
            if std::mem::replace(&mut self.seen[slot as usize], version) != version && route.size > 0 {
                self.pool.meet(state.along(slot), route.duration - ground.problem.service * Cost::from(route.size));
            }
        }
        self.pool.limit(state.used());
    }

    /// Those that were met last. All are forgotten.
    pub fn take(&mut self, state: &State) -> Vec<Route> {
        self.seen.clear();
        self.pool.take(state.used())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use heuron_problems::{Cvrp, Generate, stream};

    use super::super::config::Config;
    use super::super::sweep::sweep;
    use super::*;
    use crate::run::Watch;

    fn sorted(customers: &[u32]) -> Vec<u32> {
        let mut customers = customers.to_vec();
        customers.sort_unstable();
        customers
    }

    #[test]
    fn routes_are_collected_once_with_their_lengths() {
        let spec = Cvrp::spec(60, "x").expect("the X scheme is known");
        let problem = Cvrp::generate(&spec, &mut stream(1, "collector", 0));
        let ground = Ground::new(&problem, &Config::default(), &Watch::never()).expect("there is time");
        let routes = sweep(&ground.problem).routes;
        let mut state = State::new(&ground, &routes);
        let mut collector = Collector::default();
        collector.look(&ground, &state);
        collector.look(&ground, &state);
        assert_eq!(collector.clone().take(&state).len(), routes.len());
        // Every look meets two routes, without a customer and with it.
        for v in 1..=60 {
            let node = *state.node(v);
            state.remove(&ground, v);
            collector.look(&ground, &state);
            state.insert(&ground, v, node.prev, node.route);
            collector.look(&ground, &state);
        }
        let kept = collector.take(&state);
        assert!(kept.len() > 2 * routes.len());
        let sets: HashSet<Vec<u32>> = kept.iter().map(|route| sorted(&route.customers)).collect();
        assert_eq!(sets.len(), kept.len());
        for route in &kept {
            assert_eq!(route.cost, ground.problem.length(&route.customers));
        }
        assert!(collector.take(&state).is_empty());
    }
}
