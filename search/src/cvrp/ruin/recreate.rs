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
use crate::cvrp::terrain::Terrain;

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
        ground: &Ground,
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
        ground: &Ground,
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
    fn sort(&mut self, ground: &Ground, absent: &[u32], rng: &mut Stream) {
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

fn put(ground: &Ground, state: &mut State, v: u32, place: Place) {
    let route = if place.route == NONE { state.open() } else { place.route };
    state.insert(ground, v, place.prev, route);
}

/// The cheapest feasible position of `v` that costs at most `ceiling`, each passed over with probability
/// `config.blink`.
fn cheapest(ground: &Ground, config: &Config, state: &State, v: u32, ceiling: Cost, rng: &mut Stream) -> Option<Place> {
    let mut best = match ground.table() {
        Some(table) => {
            let (to, from) = (table.to(v), table.from(v));
            let ways = (|u: u32| Cost::from(to[u as usize]), |u: u32| Cost::from(from[u as usize]));
            beside_neighbours(ground, config, state, v, ceiling, ways, rng)
        }
        None => {
            let ways = (|u| ground.distance(u, v), |u| ground.distance(v, u));
            beside_neighbours(ground, config, state, v, ceiling, ways, rng)
        }
    };
    let alone = ground.distance(0, v) + ground.distance(v, 0);
    let spare = state.used() < ground.fleet;
    if alone < best.map_or(ceiling.saturating_add(1), |best| best.delta)
        && spare
        && alone + ground.problem.service <= ground.limit
    {
        best = Some(Place { prev: 0, route: NONE, delta: alone });
    }
    if best.is_some() || spare {
        return best;
    }
    let room = ground.problem.capacity - ground.demand(v);
    let roomy = |u| state.route(state.node(u).route).load <= room;
    if ground.nearest(v).any(|(u, _)| roomy(u)) { None } else { anywhere(ground, state, v, ceiling) }
}

/// The cheapest feasible position of `v` beside one of its nearest neighbours, where `ways` are the distances to and
/// from `v`.
///
/// Nearly all positions fail: both sides of a neighbour are priced without a branch, then compared at once.
#[inline(always)]
fn beside_neighbours(
    ground: &Ground,
    config: &Config,
    state: &State,
    v: u32,
    ceiling: Cost,
    ways: (impl Fn(u32) -> Cost, impl Fn(u32) -> Cost),
    rng: &mut Stream,
) -> Option<Place> {
    let room = ground.problem.capacity - ground.demand(v);
    let (to, from) = ways;
    let price = |u: u32, near: Cost| {
        let node = state.node(u);
        let (back, out) = if ground.is_symmetric() { (near, near) } else { (to(u), near) };
        (back + from(node.next) - node.after, to(node.prev) + out - node.before)
    };
    // Absent customers are on a route that has no room.
    let has_room = |u: u32| state.route(state.node(u).route).load <= room;
    let mut best = Place { prev: 0, route: NONE, delta: ceiling.saturating_add(1) };
    let mut roomy = 0;
    let mut list = ground.nearest(v);
    for (u, near) in list.by_ref().take(config.neighbours) {
        let (behind, ahead) = price(u, near);
        let has_room = has_room(u);
        roomy += usize::from(has_room);
        if (behind.min(ahead) < best.delta) & has_room {
            best = cheaper(ground, config, state, best, u, (behind, ahead), rng);
        }
    }
    // Where demands are bulky, hardly any have room.
    while roomy < ground.roomy
        && let Some((u, near)) = list.next()
    {
        if has_room(u) {
            roomy += 1;
            best = cheaper(ground, config, state, best, u, price(u, near), rng);
        }
    }
    (best.route != NONE).then_some(best)
}

/// `best`, or behind or before `u` if that costs less, is in time and not passed over.
#[inline(always)]
fn cheaper(
    ground: &Ground,
    config: &Config,
    state: &State,
    mut best: Place,
    u: u32,
    (behind, ahead): (Cost, Cost),
    rng: &mut Stream,
) -> Place {
    let node = state.node(u);
    let duration = state.route(node.route).duration + ground.problem.service;
    for (delta, prev) in [(behind, u), (ahead, node.prev)] {
        if delta < best.delta && duration + delta <= ground.limit && !chance(rng, config.blink) {
            best = Place { prev, route: node.route, delta };
        }
    }
    best
}

/// The cheapest feasible position over all routes with room: for the rare case that none is near and no vehicle is
/// left.
fn anywhere(ground: &Ground, state: &State, v: u32, ceiling: Cost) -> Option<Place> {
    let room = ground.problem.capacity - ground.demand(v);
    let mut best: Option<Place> = None;
    for index in 1..state.slots() as u32 {
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
