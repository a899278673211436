//! Recreate by greedy insertion with blinks.
//!
//! Christiaens and Vanden Berghe (2020), section 5.2. Instead of all positions, those beside the nearest neighbours
//! of a customer are looked at, which makes the cost independent of n.

use heuron_problems::{Cost, Stream};
use rand::RngCore;

use super::config::Config;
use super::draw::{below, chance};
use super::ground::Ground;
use super::state::{NONE, State};

/// Puts removed customers back.
#[derive(Clone, Debug, Default)]
pub(super) struct Recreate {
    /// Sort keys and customers, in the order of insertion.
    order: Vec<(i64, u32)>,
}

/// Where a customer goes: behind `prev` (0: at the front) on `route` (`NONE`: on a new one).
#[derive(Clone, Copy, Debug)]
struct Place {
    prev: u32,
    route: u32,
    delta: Cost,
}

impl Recreate {
    /// Inserts `absent` one by one at the cheapest position. Gives up, with customers still absent, once the cost
    /// must exceed `ceiling` or a customer fits nowhere. Returns whether all are back.
    pub fn greedy(
        &mut self,
        ground: &Ground<'_>,
        config: &Config,
        state: &mut State,
        absent: &[u32],
        ceiling: Cost,
        rng: &mut Stream,
    ) -> bool {
        self.sort(ground, absent, rng);
        for &(_, v) in &self.order {
            let Some(place) = cheapest(ground, config, state, v, ceiling - state.cost(), rng) else { return false };
            put(ground, state, v, place);
        }
        true
    }

    /// As `greedy`, but what fits nowhere goes to `left` and the others are inserted all the same.
    pub fn partial(
        &mut self,
        ground: &Ground<'_>,
        config: &Config,
        state: &mut State,
        absent: &[u32],
        left: &mut Vec<u32>,
        rng: &mut Stream,
    ) {
        self.sort(ground, absent, rng);
        for &(_, v) in &self.order {
            match cheapest(ground, config, state, v, Cost::MAX / 4, rng) {
                Some(place) => put(ground, state, v, place),
                None => left.push(v),
            }
        }
    }

    /// Random, by demand, far first, close first, with weights 4 : 4 : 2 : 1.
    fn sort(&mut self, ground: &Ground<'_>, absent: &[u32], rng: &mut Stream) {
        let rule = below(rng, 11);
        let mut key = |v: u32| match rule {
            0..4 => (rng.next_u64() >> 1) as i64,
            4..8 => -ground.demand(v),
            8..10 => -ground.to_depot(v),
            _ => ground.to_depot(v),
        };
        self.order.clear();
        self.order.extend(absent.iter().map(|&v| (key(v), v)));
        self.order.sort_unstable();
    }
}

fn put(ground: &Ground<'_>, state: &mut State, v: u32, place: Place) {
    let route = if place.route == NONE { state.open() } else { place.route };
    state.insert(ground, v, place.prev, route);
}

/// The cheapest feasible position of `v` that costs at most `ceiling`, each passed over with probability
/// `config.blink`.
///
/// A position between a and b costs at least 2 d(v, a) - d(a, b) if a is the nearer end; it is looked at from there,
/// and only if this bound is below the best. With the depot as an end it is looked at from the other.
fn cheapest(
    ground: &Ground<'_>,
    config: &Config,
    state: &State,
    v: u32,
    ceiling: Cost,
    rng: &mut Stream,
) -> Option<Place> {
    let demand = ground.demand(v);
    let room = ground.problem.capacity - demand;
    let home = ground.to_depot(v);
    let service = ground.problem.service;
    let mut best = Place { prev: 0, route: NONE, delta: ceiling.saturating_add(1) };
    let (mut found, mut roomy) = (false, false);
    for (u, near) in ground.nearest(v, config.neighbours) {
        let node = state.node(u);
        if node.route == NONE {
            continue;
        }
        let longer = if node.prev == 0 || node.next == 0 { Cost::MAX } else { node.before.max(node.after) };
        if longer != Cost::MAX && 2 * near - longer >= best.delta {
            continue;
        }
        let route = state.route(node.route);
        if route.load > room {
            continue;
        }
        roomy = true;
        let other = if node.next == 0 { home } else { ground.distance(v, node.next) };
        let behind = near + other - node.after;
        let mut consider = |delta: Cost, prev: u32| {
            if delta < best.delta && route.duration + delta + service <= ground.limit && !chance(rng, config.blink) {
                best = Place { prev, route: node.route, delta };
                found = true;
            }
        };
        consider(behind, u);
        let other = if node.prev == 0 { home } else { ground.distance(node.prev, v) };
        consider(near + other - node.before, node.prev);
    }
    let alone = 2 * home;
    if alone < best.delta && state.used() < ground.fleet && alone + service <= ground.limit {
        best = Place { prev: 0, route: NONE, delta: alone };
        found = true;
    }
    if !found && !roomy && state.used() >= ground.fleet {
        return anywhere(ground, state, v, ceiling);
    }
    found.then_some(best)
}

/// The cheapest feasible position over all routes with room: for the rare case that none is near and no vehicle is
/// left.
fn anywhere(ground: &Ground<'_>, state: &State, v: u32, ceiling: Cost) -> Option<Place> {
    let room = ground.problem.capacity - ground.demand(v);
    let mut best: Option<Place> = None;
    for index in 0..state.slots() as u32 {
        let route = state.route(index);
        if route.size == 0 || route.load > room {
            continue;
        }
        let (mut prev, mut next) = (0, route.first);
        loop {
            let split = if prev == 0 { state.node(next).before } else { state.node(prev).after };
            let delta = ground.distance(prev, v) + ground.distance(v, next) - split;
            let fits = route.duration + delta + ground.problem.service <= ground.limit;
            if fits && delta <= best.map_or(ceiling, |best| best.delta - 1) {
                best = Some(Place { prev, route: index, delta });
            }
            if next == 0 {
                break;
            }
            (prev, next) = (next, state.node(next).next);
        }
    }
    best
}
