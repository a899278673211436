//! The moves of one customer `u` and one place after `v`: relocate, swap, 2-opt and 2-opt*, each in constant time.
//!
//! Source: T. Vidal, "Hybrid genetic search for the CVRP: open-source implementation and SWAP* neighborhood",
//! Computers & Operations Research 140 (2022), section 3.3 (moves M1 to M9). With u, v customers (v also a depot),
//! x = next(u), y = next(v), a pair is rejected by bounds that need only the distances between {u, x} and {v, y}
//! before anything else is looked up.

use heuron_problems::Cost;

use super::state::{Node, State};
use crate::cvrp::terrain::Terrain;

/// A change of cost that no move has: stands for moves that do not exist.
const NEVER: Cost = 1 << 40;

/// How `u`, `x` and `v`, `y` change places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// u goes after v.
    One,
    /// (u, x) goes after v.
    Two,
    /// (x, u) goes after v.
    TwoFlipped,
    /// u and v change places.
    Swap11,
    /// (u, x) and v change places.
    Swap21,
    /// (u, x) and (v, y) change places.
    Swap22,
    /// On one route: the part between u and v turns round.
    TwoOpt,
    /// u is followed by v and what came before it, in reverse.
    Heads,
    /// u is followed by y and the rest of its route, v by x.
    Tails,
}

/// A move with its exact effect on the penalised cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    pub kind: Kind,
    pub u: u32,
    /// 0: the depot at the start of `route`.
    pub v: u32,
    /// The route of v.
    pub route: u32,
    pub delta: Cost,
}

/// What all moves of `u` have in common.
#[derive(Clone, Copy)]
pub(super) struct Origin<'m> {
    /// Distances from and to u, from and to x, from prev, to xx \[customers + 1\].
    from_u: &'m [i32],
    to_u: &'m [i32],
    from_x: &'m [i32],
    to_x: &'m [i32],
    from_prev: &'m [i32],
    to_xx: &'m [i32],
    u: u32,
    prev: u32,
    x: u32,
    pub route: u32,
    pos: u32,
    /// Distance u to x.
    ux: Cost,
    /// Distances prev to u plus x to xx.
    outer: Cost,
    /// What the route's distance changes by without u.
    lift1: Cost,
    /// Without u and x.
    lift2: Cost,
    /// Turning (u, x) into (x, u).
    flip: Cost,
    demand1: i64,
    demand2: i64,
    /// Distance from prev.
    d_prev: Cost,
    /// Load and charge of the route, and its load up to u.
    load: i64,
    penalty: Cost,
    head: i64,
}

/// The least that moves of a pair change the cost by, before the charges that they save; computed without branches,
/// for few pairs pass and mispredicted branches would cost more than all the sums.
#[derive(Clone, Copy)]
struct Bound {
    /// Distance alone.
    bare: Cost,
    /// Distance and the new charge for overload: exact if there is no duration limit.
    charged: Cost,
}

/// A place to insert: after `v`, before `y`, on `route`.
#[derive(Clone, Copy)]
struct Spot {
    v: u32,
    y: u32,
    route: u32,
    pos: u32,
    vy: Cost,
}

impl<'m> State<'m> {
    pub fn origin(&self, u: u32) -> Origin<'m> {
        let model = self.model;
        let node = self.nodes[u as usize];
        let (prev, x) = (node.prev, node.next);
        let (after, route) = (self.nodes[x as usize], &self.routes[node.route as usize]);
        let (d_prev, ux, x_xx) = (Cost::from(node.d_prev), Cost::from(node.d_next), Cost::from(after.d_next));
        let lift1 = model.distance(prev, x) - d_prev - ux;
        let lift2 = if x == 0 { NEVER } else { model.distance(prev, after.next) - d_prev - x_xx };
        Origin {
            u,
            prev,
            x,
            route: node.route,
            pos: node.pos,
            ux,
            outer: d_prev + x_xx,
            lift1,
            lift2,
            flip: model.distance(x, u) - ux,
            demand1: model.demand(u),
            demand2: model.demand(u) + model.demand(x),
            load: route.load,
            penalty: route.penalty,
            head: self.prefix[u as usize].load,
            d_prev,
            from_u: model.from(u),
            to_u: model.to(u),
            from_x: model.from(x),
            to_x: model.to(x),
            from_prev: model.from(prev),
            to_xx: model.to(after.next),
        }
    }

    /// An improving move of `o` and customer `v`, if there is one.
    ///
    /// Sets `tense` if some move would shorten the routes by more than the charges that it could save, and only the
    /// limits speak against it. Otherwise no change elsewhere can make one of these moves pay as long as the
    /// neighbours of u and v stay the same and neither route is charged.
    #[inline]
    pub fn near_move(&self, o: &Origin<'_>, v: u32, tense: &mut bool) -> Option<Move> {
        let node = self.nodes[v as usize];
        let spot = Spot { v, y: node.next, route: node.route, pos: node.pos, vy: Cost::from(node.d_next) };
        let slack = self.slack(o, spot.route);
        if v != o.x && spot.y != o.u {
            let place = self.place_bound(o, &spot);
            let swap = self.swap_bound(o, &spot, &node);
            *tense |= place.bare.min(swap.bare) < slack;
            if place.charged < slack
                && let Some(step) = self.place_move(o, &spot, slack)
            {
                return Some(step);
            }
            if swap.charged < slack
                && let Some(step) = self.swap_move(o, &spot, slack)
            {
                return Some(step);
            }
        }
        if node.prev != 0 {
            return None;
        }
        let start = Spot { v: 0, y: v, pos: 0, vy: Cost::from(node.d_prev), ..spot };
        let bound = self.place_bound(o, &start);
        *tense |= bound.bare < slack;
        if bound.charged < slack { self.place_move(o, &start, slack) } else { None }
    }

    /// An improving move of `o` into `route`, which is empty.
    pub fn opening_move(&self, o: &Origin<'_>, route: u32) -> Option<Move> {
        self.place_move(o, &Spot { v: 0, y: 0, route, pos: 0, vy: 0 }, o.penalty)
    }

    /// The charge that a move between the two routes can save at most.
    #[inline(always)]
    fn slack(&self, o: &Origin<'_>, route: u32) -> Cost {
        if route == o.route { o.penalty } else { o.penalty + self.routes[route as usize].penalty }
    }

    /// The charge for overload once `load` has gone from u's route to v's.
    #[inline(always)]
    fn overload(&self, o: &Origin<'_>, route: u32, load: i64) -> Cost {
        let (same, capacity) = (route == o.route, self.model.capacity());
        let load = if same { 0 } else { load };
        let other = if same { capacity } else { self.routes[route as usize].load };
        self.penalty.of((o.load - load - capacity).max(0) + (other + load - capacity).max(0), 0)
    }

    /// Bounds on all moves of `place_move`.
    #[inline(always)]
    fn place_bound(&self, o: &Origin<'_>, s: &Spot) -> Bound {
        let (v, y) = (s.v as usize, s.y as usize);
        let (vu, uy) = (Cost::from(o.to_u[v]), Cost::from(o.from_u[y]));
        let (vx, xy) = (Cost::from(o.to_x[v]), Cost::from(o.from_x[y]));
        let same = s.route == o.route;
        let charge = |load| self.overload(o, s.route, load);
        let one = o.lift1 + vu + uy;
        let two = o.lift2 + (vu + xy).min(o.flip + vx + uy);
        let tails = uy + vx - o.ux;
        let heads = Cost::from(o.from_u[v]) + xy - o.ux;
        let head = self.prefix[v].load;
        let tail = self.routes[s.route as usize].load - head;
        let cut = o.load - o.head;
        let exchange = if same { NEVER } else { tails + charge(cut - tail) };
        // Turning parts of routes round has no cheap bound where directions differ.
        let turned = if self.model.is_symmetric() { 0 } else { NEVER };
        let charged = (one + charge(o.demand1)).min(two + charge(o.demand2));
        let charged = charged.min(exchange).min(heads + charge(cut - head));
        Bound { bare: one.min(two).min(tails).min(heads) - s.vy - turned, charged: charged - s.vy - turned }
    }

    /// Bounds on all moves of `swap_move`.
    #[inline(always)]
    fn swap_bound(&self, o: &Origin<'_>, s: &Spot, node: &Node) -> Bound {
        let (v, y, before) = (s.v as usize, s.y as usize, node.prev as usize);
        let after = &self.nodes[y];
        let at = |row: &[i32], node: usize| Cost::from(row[node]);
        let charge = |load| self.overload(o, s.route, load);
        let (demand_v, demand_y) = (self.model.demand(s.v), self.model.demand(s.y));
        let d_prev_v = Cost::from(node.d_prev);
        let common = at(o.from_prev, v) + at(o.to_u, before) - d_prev_v;
        let one = common + at(o.to_x, v) + at(o.from_u, y) - o.d_prev - o.ux - s.vy;
        let one_x = if o.x == 0 { NEVER } else { common - o.outer };
        let two_one = one_x + at(o.to_xx, v) + at(o.from_x, y) - s.vy;
        let one_y = if s.y == 0 { NEVER } else { one_x };
        let two_two = one_y + at(o.to_xx, y) + at(o.from_x, after.next as usize) - Cost::from(after.d_next);
        let charged = (one + charge(o.demand1 - demand_v)).min(two_one + charge(o.demand2 - demand_v));
        Bound {
            bare: one.min(two_one).min(two_two),
            charged: charged.min(two_two + charge(o.demand2 - demand_v - demand_y)),
        }
    }

    /// Relocations and exchanges of ends: all that puts something of u's route directly after v.
    fn place_move(&self, o: &Origin<'_>, s: &Spot, slack: Cost) -> Option<Move> {
        let (v, y) = (s.v as usize, s.y as usize);
        let (vu, uy) = (Cost::from(o.to_u[v]), Cost::from(o.from_u[y]));
        let (vx, xy) = (Cost::from(o.to_x[v]), Cost::from(o.from_x[y]));
        let same = s.route == o.route;
        let found = |kind, delta| (delta < 0).then_some(Move { kind, u: o.u, v: s.v, route: s.route, delta });

        let put = vu + uy - s.vy;
        if o.lift1 + put < slack && s.y != o.u {
            let delta = self.shifted(o, s.route, (o.lift1, put), o.demand1, 1);
            if delta < 0 {
                return found(Kind::One, delta);
            }
        }
        if o.x != 0 && s.v != o.x && s.y != o.u {
            let put = vu + xy - s.vy;
            if o.lift2 + put < slack {
                let delta = self.shifted(o, s.route, (o.lift2 - o.ux, put + o.ux), o.demand2, 2);
                if delta < 0 {
                    return found(Kind::Two, delta);
                }
            }
            let put = vx + uy - s.vy + o.flip;
            if o.lift2 + put < slack {
                let delta = self.shifted(o, s.route, (o.lift2 - o.ux, put + o.ux), o.demand2, 2);
                if delta < 0 {
                    return found(Kind::TwoFlipped, delta);
                }
            }
        }
        if same {
            let delta = self.turned(o, s, xy);
            return if delta < slack { found(Kind::TwoOpt, self.timed(o.route, delta)) } else { None };
        }
        if uy + vx - o.ux - s.vy < slack {
            let delta = self.tails(o, s, uy, vx);
            if delta < 0 {
                return found(Kind::Tails, delta);
            }
        }
        // The sum over reversed parts is zero for symmetric distances; otherwise there is no cheap bound.
        let uv = Cost::from(o.from_u[v]);
        if uv + xy - o.ux - s.vy < slack || !self.model.is_symmetric() {
            return found(Kind::Heads, self.heads(o, s, uv, xy));
        }
        None
    }

    /// Exchanges of one or two customers from u with one or two from v.
    fn swap_move(&self, o: &Origin<'_>, s: &Spot, slack: Cost) -> Option<Move> {
        let (node, after) = (self.nodes[s.v as usize], self.nodes[s.y as usize]);
        let (v, y, before) = (s.v as usize, s.y as usize, node.prev);
        if o.x == s.v || o.u == s.y {
            return None;
        }
        let found = |kind, delta| (delta < 0).then_some(Move { kind, u: o.u, v: s.v, route: s.route, delta });
        let at = |row: &[i32], node: usize| Cost::from(row[node]);
        let (d_prev_v, yyy) = (Cost::from(node.d_prev), Cost::from(after.d_next));
        let (pv, vu, demand_v) = (at(o.from_prev, v), at(o.to_u, before as usize), self.model.demand(s.v));
        let into_u = pv + at(o.to_x, v) - o.d_prev - o.ux;
        let into_v = vu + at(o.from_u, y) - d_prev_v - s.vy;
        if into_u + into_v < slack {
            let delta = self.shifted(o, s.route, (into_u, into_v), o.demand1 - demand_v, 0);
            if delta < 0 {
                return found(Kind::Swap11, delta);
            }
        }
        if o.x == 0 || o.x == before {
            return None;
        }
        let into_u = pv + at(o.to_xx, v) - o.outer - o.ux;
        let into_v = vu + at(o.from_x, y) - d_prev_v - s.vy + o.ux;
        if into_u + into_v < slack {
            let delta = self.shifted(o, s.route, (into_u, into_v), o.demand2 - demand_v, 1);
            if delta < 0 {
                return found(Kind::Swap21, delta);
            }
        }
        if s.y == 0 || s.y == o.prev {
            return None;
        }
        let into_u = pv + at(o.to_xx, y) - o.outer + s.vy - o.ux;
        let into_v = vu + at(o.from_x, after.next as usize) - d_prev_v - yyy + o.ux - s.vy;
        if into_u + into_v < slack {
            let moved = o.demand2 - demand_v - self.model.demand(s.y);
            return found(Kind::Swap22, self.shifted(o, s.route, (into_u, into_v), moved, 0));
        }
        None
    }

    /// Effect of changing the distance of u's route and of v's route while `load` and `stops` go from u's to v's.
    #[inline]
    fn shifted(&self, o: &Origin<'_>, route: u32, (du, dv): (Cost, Cost), load: i64, stops: i64) -> Cost {
        if route == o.route {
            return self.timed(route, du + dv);
        }
        let (a, b) = (&self.routes[o.route as usize], &self.routes[route as usize]);
        let service = self.model.service() * stops;
        let charge = self.model.excess_cost(self.penalty, a.load - load, a.duration + du - service)
            + self.model.excess_cost(self.penalty, b.load + load, b.duration + dv + service);
        du + dv + charge - a.penalty - b.penalty
    }

    /// Effect of changing the distance of one route and nothing else.
    #[inline]
    fn timed(&self, route: u32, delta: Cost) -> Cost {
        let route = &self.routes[route as usize];
        delta + self.model.excess_cost(self.penalty, route.load, route.duration + delta) - route.penalty
    }

    /// Change of distance by 2-opt between u and v on one route.
    #[inline]
    fn turned(&self, o: &Origin<'_>, s: &Spot, xy: Cost) -> Cost {
        let twist = |node: u32| self.prefix[node as usize].twist;
        if o.pos < s.pos {
            let inner = if s.v == o.x { 0 } else { twist(s.v) - twist(o.x) };
            Cost::from(o.from_u[s.v as usize]) + xy - o.ux - s.vy + inner
        } else {
            let inner = if s.y == o.u { 0 } else { twist(o.u) - twist(s.y) };
            let yx = Cost::from(o.to_x[s.y as usize]);
            Cost::from(o.to_u[s.v as usize]) + yx - o.ux - s.vy + inner
        }
    }

    /// Effect of joining u to y and v to x.
    fn tails(&self, o: &Origin<'_>, s: &Spot, uy: Cost, vx: Cost) -> Cost {
        let (a, b) = (&self.routes[o.route as usize], &self.routes[s.route as usize]);
        let (u, v) = (&self.prefix[o.u as usize], &self.prefix[s.v as usize]);
        let (tail_u, tail_v) = (a.distance - u.distance - o.ux, b.distance - v.distance - s.vy);
        let (stops_u, stops_v) = (o.pos + b.len - s.pos, s.pos + a.len - o.pos);
        let service = self.model.service();
        let first = u.distance + uy + tail_v + service * Cost::from(stops_u);
        let second = v.distance + vx + tail_u + service * Cost::from(stops_v);
        uy + vx - o.ux - s.vy - a.penalty - b.penalty
            + self.model.excess_cost(self.penalty, u.load + b.load - v.load, first)
            + self.model.excess_cost(self.penalty, v.load + a.load - u.load, second)
    }

    /// Effect of joining u to v and x to y, with v's head and u's tail in reverse.
    fn heads(&self, o: &Origin<'_>, s: &Spot, uv: Cost, xy: Cost) -> Cost {
        let (a, b) = (&self.routes[o.route as usize], &self.routes[s.route as usize]);
        let (u, v) = (&self.prefix[o.u as usize], &self.prefix[s.v as usize]);
        let twist_u = if o.x == 0 { 0 } else { a.twist - self.prefix[o.x as usize].twist };
        let (tail_u, tail_v) = (a.distance - u.distance - o.ux, b.distance - v.distance - s.vy);
        let (stops_u, stops_v) = (o.pos + s.pos, a.len - o.pos + b.len - s.pos);
        let service = self.model.service();
        let first = u.distance + uv + v.distance + v.twist + service * Cost::from(stops_u);
        let second = tail_u + twist_u + xy + tail_v + service * Cost::from(stops_v);
        uv + xy - o.ux - s.vy + v.twist + twist_u - a.penalty - b.penalty
            + self.model.excess_cost(self.penalty, u.load + v.load, first)
            + self.model.excess_cost(self.penalty, a.load - u.load + b.load - v.load, second)
    }
}
