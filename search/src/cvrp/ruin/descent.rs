//! Localized local search around the customers that an iteration touched.
//!
//! Granular neighbourhoods (P. Toth and D. Vigo, INFORMS J. Computing 15, 2003): every move creates an edge from the
//! looked-at customer to a near one. Exchange of strings of up to three customers, which includes relocation, Or-opt
//! and swaps (E. Taillard et al., "CROSS exchange", 1997), 2-opt, and 2-opt* in both directions (J.-Y. Potvin and
//! J.-M. Rousseau, 1995). Strings of ruin and recreate are short: exchanging whole tails is what they cannot do.

use heuron_problems::Cost;

use super::config::Config;
use super::ground::Ground;
use super::state::{NONE, State};

/// A move and what it changes the cost by.
#[derive(Clone, Copy, Debug)]
enum Move {
    /// The routes behind customers (or the depot, 0) `h1` on `r1` and `h2` on `r2` exchange their tails.
    Tails { r1: u32, h1: u32, r2: u32, h2: u32 },
    /// The route `r1` up to `h1` goes on with the reversed route `r2` up to `h2`; the tails are joined likewise. On
    /// one route: the customers between are turned around.
    Heads { r1: u32, h1: u32, r2: u32, h2: u32 },
}

/// The local search and its scratch memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Descent {
    queue: Vec<u32>,
    queued: Vec<bool>,
    /// Place on the route, load and duration up to and with every customer, where `known` holds the route's version.
    place: Vec<u32>,
    prefix: Vec<(i64, Cost)>,
    known: Vec<u64>,
    buffer: Vec<u32>,
    other: Vec<u32>,
}

impl Descent {
    /// Improves `state` until no move around the customers touched since the last `keep` does.
    pub fn descend(&mut self, ground: &Ground<'_>, config: &Config, state: &mut State) {
        self.queued.resize(ground.nodes(), false);
        self.place.resize(ground.nodes(), 0);
        self.prefix.resize(ground.nodes(), (0, 0));
        let mut touched = std::mem::take(&mut self.queue);
        state.touched(&mut touched);
        for v in touched.drain(..) {
            self.push(state, v);
        }
        touched.clear();
        while let Some(u) = self.queue.pop() {
            self.queued[u as usize] = false;
            if state.node(u).route == NONE {
                continue;
            }
            if let Some((delta, found)) = self.best_move(ground, config, state, u) {
                let before = state.cost();
                self.apply(ground, state, found);
                debug_assert_eq!(state.cost(), before + delta, "{found:?}");
                self.push(state, u);
            }
        }
    }

    fn push(&mut self, state: &State, v: u32) {
        if v != 0 && state.node(v).route != NONE && !std::mem::replace(&mut self.queued[v as usize], true) {
            self.queue.push(v);
        }
    }

    /// Brings place and prefix sums of a route up to date.
    fn learn(&mut self, ground: &Ground<'_>, state: &State, route: u32) {
        if self.known.len() <= route as usize {
            self.known.resize(state.slots(), 0);
        }
        let version = state.version(route);
        if self.known[route as usize] == version {
            return;
        }
        self.known[route as usize] = version;
        let (mut at, mut place, mut load, mut duration) = (state.route(route).first, 0, 0, 0);
        while at != 0 {
            let node = state.node(at);
            load += ground.demand(at);
            duration += node.before + ground.problem.service;
            self.place[at as usize] = place;
            self.prefix[at as usize] = (load, duration);
            place += 1;
            at = node.next;
        }
    }

    /// The best improving move that creates an edge from `u` to a near customer.
    fn best_move(&mut self, ground: &Ground<'_>, config: &Config, state: &State, u: u32) -> Option<(Cost, Move)> {
        let mut best: (Cost, Option<Move>) = (0, None);
        let node = *state.node(u);
        self.learn(ground, state, node.route);
        let longest = node.before.max(node.after);
        for (v, near) in ground.nearest(u, config.granular) {
            if near >= longest {
                break;
            }
            let r2 = state.node(v).route;
            if r2 == NONE || v == node.prev || v == node.next {
                continue;
            }
            self.learn(ground, state, r2);
            self.cuts(ground, state, (u, v), near, &mut best);
        }
        best.1.map(|found| (best.0, found))
    }

    /// 2-opt and 2-opt* moves that create the edge (u, v) of length `near`.
    fn cuts(
        &self,
        ground: &Ground<'_>,
        state: &State,
        (u, v): (u32, u32),
        near: Cost,
        best: &mut (Cost, Option<Move>),
    ) {
        let (a, b) = (*state.node(u), *state.node(v));
        let (r1, r2) = (a.route, b.route);
        let mut consider = |cost: Cost, found: Move| {
            if cost < best.0 && self.fits(ground, state, found) {
                *best = (cost, Some(found));
            }
        };
        // u and v end their heads; then: both start their tails.
        let heads = near + ground.distance(a.next, b.next) - a.after - b.after;
        let tails = near + ground.distance(a.prev, b.prev) - a.before - b.before;
        if r1 == r2 {
            let (first, second) =
                if self.place[u as usize] < self.place[v as usize] { ((u, a), (v, b)) } else { ((v, b), (u, a)) };
            consider(heads, Move::Heads { r1, h1: first.0, r2, h2: second.0 });
            consider(tails, Move::Heads { r1, h1: first.1.prev, r2, h2: second.1.prev });
            return;
        }
        consider(heads, Move::Heads { r1, h1: u, r2, h2: v });
        consider(tails, Move::Heads { r1, h1: a.prev, r2, h2: b.prev });
        let ahead = near + ground.distance(b.prev, a.next) - a.after - b.before;
        consider(ahead, Move::Tails { r1, h1: u, r2, h2: b.prev });
        let behind = near + ground.distance(a.prev, b.next) - a.before - b.after;
        consider(behind, Move::Tails { r1, h1: a.prev, r2, h2: v });
    }

    /// Whether a 2-opt or 2-opt* move keeps capacity and duration.
    fn fits(&self, ground: &Ground<'_>, state: &State, found: Move) -> bool {
        let (Move::Heads { r1, h1, r2, h2 } | Move::Tails { r1, h1, r2, h2 }) = found;
        let head = |h: u32| if h == 0 { (0, 0) } else { self.prefix[h as usize] };
        let ((load1, time1), (load2, time2)) = (head(h1), head(h2));
        let (one, two) = (state.route(r1), state.route(r2));
        let next = |r: u32, h: u32| if h == 0 { state.route(r).first } else { state.node(h).next };
        let (t1, t2) = (next(r1, h1), next(r2, h2));
        let arc = |r: u32, h: u32| if h == 0 { state.node(state.route(r).first).before } else { state.node(h).after };
        let (rest1, rest2) = (one.duration - time1 - arc(r1, h1), two.duration - time2 - arc(r2, h2));
        let capacity = ground.problem.capacity;
        match found {
            Move::Tails { .. } => {
                load1 + two.load - load2 <= capacity
                    && load2 + one.load - load1 <= capacity
                    && (ground.limit == Cost::MAX
                        || time1 + ground.distance(h1, t2) + rest2 <= ground.limit
                            && time2 + ground.distance(h2, t1) + rest1 <= ground.limit)
            }
            // A shorter route is never too long: within one route nothing else is to be checked.
            _ if r1 == r2 => true,
            _ => {
                load1 + load2 <= capacity
                    && one.load - load1 + two.load - load2 <= capacity
                    && (ground.limit == Cost::MAX
                        || time1 + ground.distance(h1, h2) + time2 <= ground.limit
                            && rest1 + ground.distance(t1, t2) + rest2 <= ground.limit)
            }
        }
    }

    fn apply(&mut self, ground: &Ground<'_>, state: &mut State, found: Move) {
        self.buffer.clear();
        self.other.clear();
        match found {
            Move::Tails { r1, h1, r2, h2 } => {
                tail(state, r1, h1, &mut self.buffer);
                tail(state, r2, h2, &mut self.other);
                for &w in self.buffer.iter().chain(&self.other) {
                    state.remove(ground, w);
                }
                append(ground, state, r1, h1, &self.other);
                append(ground, state, r2, h2, &self.buffer);
                for w in [h1, h2, self.buffer.first().copied().unwrap_or(0), self.other.first().copied().unwrap_or(0)] {
                    self.push(state, w);
                }
            }
            Move::Heads { r1, h1, r2, h2 } if r1 == r2 => {
                let mut at = if h1 == 0 { state.route(r1).first } else { state.node(h1).next };
                while at != 0 {
                    self.buffer.push(at);
                    if at == h2 {
                        break;
                    }
                    at = state.node(at).next;
                }
                let behind = state.node(h2).next;
                for &w in &self.buffer {
                    state.remove(ground, w);
                }
                let first = self.buffer[0];
                self.buffer.reverse();
                append(ground, state, r1, h1, &self.buffer);
                for w in [h1, h2, first, behind] {
                    self.push(state, w);
                }
            }
            Move::Heads { r1, h1, r2, h2 } => {
                tail(state, r1, h1, &mut self.buffer);
                let mut at = h2;
                while at != 0 {
                    self.other.push(at);
                    at = state.node(at).prev;
                }
                let behind = if h2 == 0 { state.route(r2).first } else { state.node(h2).next };
                for &w in self.buffer.iter().chain(&self.other) {
                    state.remove(ground, w);
                }
                let first = self.buffer.first().copied().unwrap_or(0);
                append(ground, state, r1, h1, &self.other);
                self.buffer.reverse();
                append(ground, state, r2, 0, &self.buffer);
                for w in [h1, h2, first, behind] {
                    self.push(state, w);
                }
            }
        }
    }
}

/// Customers behind `head` (0: all) on `route`, in order.
fn tail(state: &State, route: u32, head: u32, into: &mut Vec<u32>) {
    let first = if head == 0 { state.route(route).first } else { state.node(head).next };
    let mut at = first;
    while at != 0 {
        into.push(at);
        at = state.node(at).next;
    }
}

/// Inserts `customers` one after the other behind `prev`.
fn append(ground: &Ground<'_>, state: &mut State, route: u32, prev: u32, customers: &[u32]) {
    let mut prev = prev;
    for &w in customers {
        state.insert(ground, w, prev, route);
        prev = w;
    }
}
