//! Route minimisation: down to the fleet, by ruin and recreate that may leave customers out, and by packing.
//!
//! Christiaens and Vanden Berghe (2020), section 5.4: customers that are often left out weigh more, so that the
//! search insists on those that are hard to place.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use heuron_problems::{Problem, Routes, Stream};

use super::config::Config;
use super::draw::below;
use super::ground::Ground;
use super::recreate::Recreate;
use super::state::State;
use super::strings::Ruin;
use crate::cvrp::terrain::Terrain;
use crate::run::Watch;

/// Iterations after which the fleet counts as too small, per customer.
const PATIENCE: u64 = 1_000;

/// Routes of all customers that need no more vehicles than there are, from `routes` that need more. None if none are
/// found in time.
pub(super) fn reduce(
    ground: &Ground,
    config: &Config,
    mut routes: Routes,
    rng: &mut Stream,
    watch: &Watch,
) -> Option<Routes> {
    routes.routes.retain(|route| !route.is_empty());
    // The routes that carry least are given up.
    routes.routes.sort_by_key(|route| Reverse((ground.problem.load(route), route.first().copied())));
    let mut absent: Vec<u32> = routes.routes.drain(ground.fleet.min(routes.routes.len())..).flatten().collect();
    let mut state = State::new(ground, &routes.routes);
    let (mut ruin, mut recreate) = (Ruin::default(), Recreate::default());
    let mut weight = vec![1_u64; ground.nodes()];
    let (mut wanted, mut left) = (Vec::new(), Vec::new());
    for iteration in 0..PATIENCE * ground.nodes() as u64 {
        if absent.is_empty() {
            return Some(state.current_routes());
        }
        if iteration % 64 == 0 && watch.is_late() {
            return None;
        }
        let seed = absent[below(rng, absent.len())];
        ruin.strings(ground, config, &mut state, seed, rng);
        wanted.clear();
        wanted.extend_from_slice(&absent);
        wanted.extend_from_slice(&ruin.removed);
        left.clear();
        recreate.partial(ground, config, &mut state, &wanted, &mut left, rng);
        let burden = |list: &[u32]| list.iter().map(|&v| weight[v as usize]).sum::<u64>();
        if burden(&left) <= burden(&absent) {
            std::mem::swap(&mut absent, &mut left);
            state.keep();
        } else {
            left.iter().for_each(|&v| weight[v as usize] += 1);
            state.undo(ground);
        }
    }
    None
}

/// Routes of the fleet by best fit of decreasing demands (D. S. Johnson, "Near-optimal bin packing algorithms", 1973),
/// each in the order of the numbers, so along a Hilbert curve; none if they do not fit, or last too long. They are
/// long, but where demands hardly fit the fleet nothing else may be found. O(n log n).
pub(super) fn packed(ground: &Ground) -> Option<Routes> {
    let demand = |v: u32| ground.problem.demands[v as usize];
    let mut customers: Vec<u32> = (1..ground.nodes() as u32).collect();
    customers.sort_by_key(|&v| (Reverse(demand(v)), v));
    let fleet = ground.fleet.min(customers.len());
    let mut routes = vec![Vec::new(); fleet];
    let mut room: BTreeSet<(i64, usize)> = (0..fleet).map(|route| (ground.problem.capacity, route)).collect();
    for v in customers {
        let &(left, route) = room.range((demand(v), 0)..).next()?;
        room.remove(&(left, route));
        room.insert((left - demand(v), route));
        routes[route].push(v);
    }
    routes.iter_mut().for_each(|route: &mut Vec<u32>| route.sort_unstable());
    routes.retain(|route| !route.is_empty());
    let routes = Routes { routes };
    ground.problem.evaluate(&routes).is_ok().then_some(routes)
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Cvrp, Distances, Generate, stream};

    use super::*;

    #[test]
    fn single_customer_routes_come_down_to_the_fleet() {
        for seed in 0..4 {
            let spec = Cvrp::spec(100, "x").expect("the X scheme is known");
            let mut problem = Cvrp::generate(&spec, &mut stream(seed, "fleet", 0));
            let demand: i64 = problem.demands.iter().sum();
            problem.vehicles = Some((demand / problem.capacity) as usize + 2);
            let (config, watch) = (Config { lists: 50, ..Config::default() }, Watch::never());
            let ground = Ground::new(&problem, &config, &watch).expect("there is time");
            let singles = Routes { routes: (1..=100).map(|v| vec![v]).collect() };
            let mut rng = stream(seed, "fleet", 1);
            let reduced = reduce(&ground, &Config::default(), singles, &mut rng, &watch).expect("there is slack");
            assert!(ground.problem.evaluate(&reduced).is_ok());
        }
    }

    #[test]
    fn demands_that_leave_no_room_are_packed() {
        // 12 vehicles, every one full with 6 and 4.
        let demands: Vec<i64> = [0].into_iter().chain([6, 4].into_iter().cycle().take(24)).collect();
        let mut problem = Cvrp::new("full", Distances::from_matrix(25, vec![1; 25 * 25]), demands, 10);
        problem.vehicles = Some(12);
        let ground = Ground::new(&problem, &Config::default(), &Watch::never()).expect("there is time");
        assert_eq!(packed(&ground).map(|routes| routes.routes.len()), Some(12));
        problem.vehicles = Some(11);
        let ground = Ground::new(&problem, &Config::default(), &Watch::never()).expect("there is time");
        assert_eq!(packed(&ground), None);
    }
}
