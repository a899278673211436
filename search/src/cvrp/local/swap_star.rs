//! SWAP*: exchanges two customers between two routes, each going to the best place of the other route.
//!
//! Source: Vidal (2022), section 3.3 and algorithm 2. The three cheapest places of every customer in every route are
//! cached with the time stamp of the route, so that only routes that changed are scanned again.

use heuron_problems::Cost;

use super::model::Model;
use super::sector::Sector;
use super::state::State;
use crate::cvrp::terrain::Terrain;

/// The three cheapest places of a customer in a route.
#[derive(Clone, Copy, Debug)]
struct Places {
    /// `Route::modified` at the time of the scan; 0: never.
    stamp: u64,
    cost: [i32; 3],
    /// The node before the place, 0 for the start of the route.
    after: [u32; 3],
}

const NO_PLACES: Places = Places { stamp: 0, cost: [i32::MAX; 3], after: [u32::MAX; 3] };

/// A customer of one of the two routes.
#[derive(Clone, Copy, Debug)]
struct Member {
    node: u32,
    prev: u32,
    next: u32,
    d_prev: i32,
    demand: i64,
    /// What the route's distance changes by without it.
    lift: Cost,
}

/// The best exchange found: each customer and the node after which it goes in the other route.
#[derive(Clone, Copy, Debug, Default)]
struct Exchange {
    delta: Cost,
    u: Option<(u32, u32)>,
    v: Option<(u32, u32)>,
}

/// SWAP* with its caches.
#[derive(Debug)]
pub(super) struct SwapStar {
    width: usize,
    /// Places of customer c in route r at `r * width + c` \[fleet x width\].
    places: Vec<Places>,
    /// Sector of a route and the time stamp that it is valid for \[fleet\].
    sectors: Vec<(u64, Sector)>,
    /// When a route was last paired with all others \[fleet\].
    tested: Vec<u64>,
    /// Routes that hold a granular neighbour of the current route \[fleet\].
    adjacent: Vec<bool>,
    a: Vec<Member>,
    b: Vec<Member>,
}

impl SwapStar {
    pub fn new(model: &Model) -> Self {
        let width = model.customers() + 1;
        Self {
            width,
            places: vec![NO_PLACES; model.fleet() * width],
            sectors: vec![(0, Sector::CIRCLE); model.fleet()],
            tested: vec![0; model.fleet()],
            adjacent: vec![false; model.fleet()],
            a: Vec::new(),
            b: Vec::new(),
        }
    }

    /// Tries all pairs of routes with overlapping sectors and some granular neighbours in common of which one changed
    /// since its last turn. True if an exchange was applied.
    ///
    /// The second condition is not in the paper: where many routes are long and thin, most overlapping pairs lie far
    /// from each other (X-n336-k84: a fifth more iterations per second).
    pub fn sweep(&mut self, state: &mut State<'_>) -> bool {
        let before = state.now;
        for ru in 0..state.routes.len() as u32 {
            let tested = std::mem::replace(&mut self.tested[ru as usize], state.now);
            self.mark_adjacent(state, ru);
            for rv in ru + 1..state.routes.len() as u32 {
                let (a, b) = (&state.routes[ru as usize], &state.routes[rv as usize]);
                let fresh = (a.modified > tested || b.modified > tested) && self.adjacent[rv as usize];
                if fresh && a.len > 0 && b.len > 0 && self.sector(state, ru).overlaps(self.sector(state, rv)) {
                    self.exchange(state, ru, rv);
                }
            }
        }
        state.now > before
    }

    fn mark_adjacent(&mut self, state: &State<'_>, route: u32) {
        self.adjacent.fill(false);
        let mut node = state.routes[route as usize].first;
        while node != 0 {
            for &other in state.model.near(node) {
                self.adjacent[state.nodes[other as usize].route as usize] = true;
            }
            node = state.nodes[node as usize].next;
        }
    }

    fn sector(&mut self, state: &State<'_>, route: u32) -> Sector {
        let totals = &state.routes[route as usize];
        let (stamp, sector) = &mut self.sectors[route as usize];
        if *stamp != totals.modified {
            *stamp = totals.modified;
            *sector = state.model.angle(totals.first).map_or(Sector::CIRCLE, Sector::point);
            let mut node = totals.first;
            while let Some(angle) = state.model.angle(node).filter(|_| node != 0) {
                sector.extend(angle);
                node = state.nodes[node as usize].next;
            }
        }
        *sector
    }

    /// Applies the best exchange or relocation between two routes, if it improves.
    fn exchange(&mut self, state: &mut State<'_>, ru: u32, rv: u32) {
        members(state, ru, &mut self.a);
        members(state, rv, &mut self.b);
        let best = self.best_exchange(state, ru, rv);
        if best.delta < 0 {
            apply(state, ru, rv, &best);
        }
    }

    fn best_exchange(&mut self, state: &State<'_>, ru: u32, rv: u32) -> Exchange {
        let (a, b) = (&state.routes[ru as usize], &state.routes[rv as usize]);
        let (of_u, of_v) = (ru as usize * self.width, rv as usize * self.width);
        let old = a.penalty + b.penalty;
        let charge = |load: i64, stops: i64, du: Cost, dv: Cost| {
            let service = state.model.service() * stops;
            state.model.excess_cost(state.penalty, a.load - load, a.duration + du - service)
                + state.model.excess_cost(state.penalty, b.load + load, b.duration + dv + service)
                - old
        };
        // A lower bound on the charge, exact without duration limit.
        let least = |load: i64| {
            state.penalty.of((a.load - load - state.model.capacity()).max(0), 0)
                + state.penalty.of((b.load + load - state.model.capacity()).max(0), 0)
                - old
        };
        let mut best = Exchange::default();
        for u in &self.a {
            let at_v = of_v + u.node as usize;
            for v in &self.b {
                let at_u = of_u + v.node as usize;
                let load = u.demand - v.demand;
                let least = least(load);
                // Insertions cost nothing at best.
                if u.lift + v.lift + least < best.delta {
                    refresh(state, rv, &self.b, u.node, &mut self.places[at_v]);
                    let (to_v, after_v) = cheapest(state, u.node, v, &self.places[at_v]);
                    let dv = v.lift + to_v;
                    if u.lift + dv + least >= best.delta {
                        continue;
                    }
                    refresh(state, ru, &self.a, v.node, &mut self.places[at_u]);
                    let (to_u, after_u) = cheapest(state, v.node, u, &self.places[at_u]);
                    let du = u.lift + to_u;
                    if du + dv + least < best.delta {
                        let delta = du + dv + charge(load, 0, du, dv);
                        if delta < best.delta {
                            best = Exchange { delta, u: Some((u.node, after_v)), v: Some((v.node, after_u)) };
                        }
                    }
                }
            }
        }
        for u in &self.a {
            if u.lift + least(u.demand) < best.delta {
                let place = &mut self.places[of_v + u.node as usize];
                refresh(state, rv, &self.b, u.node, place);
                let dv = Cost::from(place.cost[0]);
                let delta = u.lift + dv + charge(u.demand, 1, u.lift, dv);
                if delta < best.delta {
                    best = Exchange { delta, u: Some((u.node, place.after[0])), v: None };
                }
            }
        }
        for v in &self.b {
            if v.lift + least(-v.demand) < best.delta {
                let place = &mut self.places[of_u + v.node as usize];
                refresh(state, ru, &self.a, v.node, place);
                let du = Cost::from(place.cost[0]);
                let delta = v.lift + du + charge(-v.demand, -1, du, v.lift);
                if delta < best.delta {
                    best = Exchange { delta, u: None, v: Some((v.node, place.after[0])) };
                }
            }
        }
        best
    }
}

/// Lists the customers of `route` with what their removal gains.
fn members(state: &State<'_>, route: u32, list: &mut Vec<Member>) {
    list.clear();
    let mut id = state.routes[route as usize].first;
    while id != 0 {
        let node = &state.nodes[id as usize];
        let lift = state.model.distance(node.prev, node.next) - Cost::from(node.d_prev) - Cost::from(node.d_next);
        list.push(Member {
            node: id,
            prev: node.prev,
            next: node.next,
            d_prev: node.d_prev,
            demand: state.model.demand(id),
            lift,
        });
        id = node.next;
    }
}

/// Finds the three cheapest places of `guest` in `route`, whose customers are `hosts`, unless the entry is fresh.
#[inline]
fn refresh(state: &State<'_>, route: u32, hosts: &[Member], guest: u32, entry: &mut Places) {
    let stamp = state.routes[route as usize].modified;
    if entry.stamp != stamp {
        *entry = Places { stamp, ..NO_PLACES };
        scan(state, hosts, guest, entry);
    }
}

fn scan(state: &State<'_>, hosts: &[Member], guest: u32, entry: &mut Places) {
    let (from, to) = (state.model.from(guest), state.model.to(guest));
    let mut arrive = to[0];
    let mut after = 0;
    for host in hosts {
        entry.insert(arrive + from[host.node as usize] - host.d_prev, after);
        arrive = to[host.node as usize];
        after = host.node;
    }
    entry.insert(arrive + from[0] - state.nodes[after as usize].d_next, after);
}

impl Places {
    #[inline(always)]
    fn insert(&mut self, cost: i32, after: u32) {
        if cost >= self.cost[2] {
            return;
        }
        let rank = if cost < self.cost[0] {
            0
        } else if cost < self.cost[1] {
            1
        } else {
            2
        };
        for k in (rank..2).rev() {
            (self.cost[k + 1], self.after[k + 1]) = (self.cost[k], self.after[k]);
        }
        (self.cost[rank], self.after[rank]) = (cost, after);
    }
}

/// The cheapest place of `guest` in `route` once `gone` has left it: one of the three that does not touch `gone`, or
/// where `gone` was.
#[inline]
fn cheapest(state: &State<'_>, guest: u32, gone: &Member, places: &Places) -> (Cost, u32) {
    let (from, to) = (state.model.from(guest), state.model.to(guest));
    let hole = state.model.distance(gone.prev, gone.next);
    let mut best = (Cost::from(to[gone.prev as usize]) + Cost::from(from[gone.next as usize]) - hole, gone.prev);
    for (&cost, &after) in places.cost.iter().zip(&places.after) {
        if after == u32::MAX || Cost::from(cost) >= best.0 {
            break;
        }
        if after != gone.node && after != gone.prev {
            best = (Cost::from(cost), after);
            break;
        }
    }
    best
}

fn apply(state: &mut State<'_>, ru: u32, rv: u32, best: &Exchange) {
    let before = if cfg!(debug_assertions) { state.pair_cost(ru, rv) } else { 0 };
    state.now += 1;
    for ((node, _), route) in best.u.iter().zip([ru]).chain(best.v.iter().zip([rv])) {
        let place = state.nodes[*node as usize];
        state.link(route, place.prev, place.next);
    }
    for ((node, after), route) in best.u.iter().zip([rv]).chain(best.v.iter().zip([ru])) {
        let next = state.next(route, *after);
        state.link(route, *after, *node);
        state.link(route, *node, next);
    }
    state.refresh(ru);
    state.refresh(rv);
    debug_assert!(state.pair_cost(ru, rv) - before == best.delta, "{best:?}: {}", state.pair_cost(ru, rv) - before);
}
