//! Localized local search around the customers that an iteration touched.
//!
//! 2-opt and, between routes, 2-opt* in both directions (J.-Y. Potvin and J.-M. Rousseau, "An exchange heuristic for
//! routeing problems with time windows", JORS 46, 1995), in granular neighbourhoods (P. Toth and D. Vigo, INFORMS
//! Journal on Computing 15, 2003): every move creates an edge from the looked-at customer to a near one that is
//! shorter than an edge it replaces. Exchanging whole tails is what ruin and recreate of short strings cannot do;
//! moves and swaps of single customers it does itself, and they were measured not to pay here.

use heuron_problems::Cost;

use super::config::Config;
use super::ground::Ground;
use super::state::{NONE, State};
use crate::cvrp::terrain::Terrain;

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
    touched: Vec<u32>,
    /// Place on the route, load and duration up to and with every customer, where `known` holds the route's version.
    place: Vec<u32>,
    prefix: Vec<(i64, Cost)>,
    known: Vec<u64>,
    buffer: Vec<u32>,
    other: Vec<u32>,
}

impl Descent {
    /// Improves `state` until no move around the customers touched since the last `keep` does.
    pub fn descend(&mut self, ground: &Ground, config: &Config, state: &mut State) {
        self.queued.resize(ground.nodes(), false);
        self.place.resize(ground.nodes(), 0);
        self.prefix.resize(ground.nodes(), (0, 0));
        let mut touched = std::mem::take(&mut self.touched);
        state.touched(&mut touched);
        for v in touched.drain(..) {
            self.push(state, v);
        }
        self.touched = touched;
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
    fn learn(&mut self, ground: &Ground, state: &State, route: u32) {
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
    fn best_move(&mut self, ground: &Ground, config: &Config, state: &State, u: u32) -> Option<(Cost, Move)> {
        let mut best = None;
        let mut gain = 0;
        let node = state.node(u);
        let longest = node.before.max(node.after);
        for (v, near) in ground.nearest(u).take(config.granular) {
            if near >= longest {
                break;
            }
            if state.node(v).route == NONE || v == node.prev || v == node.next {
                continue;
            }
            for (delta, found) in cuts(ground, state, (u, v), near) {
                if delta < gain && self.fits(ground, state, found) {
                    gain = delta;
                    best = Some((delta, self.ordered(found)));
                }
            }
        }
        best
    }

    /// A move within one route takes the head that comes first as the first.
    fn ordered(&self, found: Move) -> Move {
        let place = |h: u32| if h == 0 { -1 } else { i64::from(self.place[h as usize]) };
        match found {
            Move::Heads { r1, h1, r2, h2 } if r1 == r2 && place(h1) > place(h2) => {
                Move::Heads { r1, h1: h2, r2, h2: h1 }
            }
            _ => found,
        }
    }

    /// Whether a 2-opt or 2-opt* move keeps capacity and duration.
    fn fits(&mut self, ground: &Ground, state: &State, found: Move) -> bool {
        let (Move::Heads { r1, h1, r2, h2 } | Move::Tails { r1, h1, r2, h2 }) = found;
        self.learn(ground, state, r1);
        self.learn(ground, state, r2);
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

    fn apply(&mut self, ground: &Ground, state: &mut State, found: Move) {
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

/// The 2-opt and 2-opt* moves that create the edge (u, v), of length `near`, or (v, u), and what they change the cost
/// by. What turns a part of a route around is left out where directions differ.
#[inline]
fn cuts(ground: &Ground, state: &State, (u, v): (u32, u32), near: Cost) -> [(Cost, Move); 4] {
    let (a, b) = (state.node(u), state.node(v));
    let (r1, r2) = (a.route, b.route);
    // Cost of replacing the arcs of lengths `mine` at u and `theirs` at v; the second new edge is (x, y).
    let delta = |possible: bool, near: Cost, mine: Cost, theirs: Cost, x: u32, y: u32| {
        if possible && near < mine { near + ground.distance(x, y) - mine - theirs } else { 0 }
    };
    let turns = ground.is_symmetric();
    let back = if turns { near } else { ground.distance(v, u) };
    // Exchanging tails within one route is no move.
    let apart = r1 != r2;
    [
        (delta(turns, near, a.after, b.after, a.next, b.next), Move::Heads { r1, h1: u, r2, h2: v }),
        (delta(turns, near, a.before, b.before, a.prev, b.prev), Move::Heads { r1, h1: a.prev, r2, h2: b.prev }),
        (delta(apart, near, a.after, b.before, b.prev, a.next), Move::Tails { r1, h1: u, r2, h2: b.prev }),
        (delta(apart, back, a.before, b.after, a.prev, b.next), Move::Tails { r1, h1: a.prev, r2, h2: v }),
    ]
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
fn append(ground: &Ground, state: &mut State, route: u32, prev: u32, customers: &[u32]) {
    let mut prev = prev;
    for &w in customers {
        state.insert(ground, w, prev, route);
        prev = w;
    }
}
