//! The moves of one customer `u` and one place after `v`: relocate, swap, 2-opt and 2-opt*, each in constant time.
//!
//! Source: T. Vidal, "Hybrid genetic search for the CVRP: open-source implementation and SWAP* neighborhood",
//! Computers & Operations Research 140 (2022), section 3.3 (moves M1 to M9). With u, v customers (v also a depot),
//! x = next(u), y = next(v), a pair is rejected by bounds that need only the distances between {u, x} and {v, y}
//! before anything else is looked up.

use heuron_problems::Cost;

use super::state::State;

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
pub(super) struct Origin {
    u: u32,
    prev: u32,
    x: u32,
    xx: u32,
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
    penalty: Cost,
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

impl State<'_> {
    pub fn origin(&self, u: u32) -> Origin {
        let model = self.model;
        let node = self.nodes[u as usize];
        let (prev, x) = (node.prev, node.next);
        let after = self.nodes[x as usize];
        let (d_prev, ux, x_xx) = (Cost::from(node.d_prev), Cost::from(node.d_next), Cost::from(after.d_next));
        Origin {
            u,
            prev,
            x,
            xx: after.next,
            route: node.route,
            pos: node.pos,
            ux,
            outer: d_prev + x_xx,
            lift1: model.distance(prev, x) - d_prev - ux,
            lift2: model.distance(prev, after.next) - d_prev - x_xx,
            flip: model.distance(x, u) - ux,
            demand1: model.demand(u),
            demand2: model.demand(u) + model.demand(x),
            penalty: self.routes[node.route as usize].penalty,
        }
    }

    /// An improving move of `o` and customer `v`, if there is one.
    #[inline]
    pub fn near_move(&self, o: &Origin, v: u32) -> Option<Move> {
        let node = self.nodes[v as usize];
        let spot = Spot { v, y: node.next, route: node.route, pos: node.pos, vy: Cost::from(node.d_next) };
        self.place_move(o, &spot).or_else(|| self.swap_move(o, &spot)).or_else(|| {
            let start = Spot { v: 0, y: v, pos: 0, vy: Cost::from(node.d_prev), ..spot };
            if node.prev == 0 { self.place_move(o, &start) } else { None }
        })
    }

    /// An improving move of `o` into `route`, which is empty.
    pub fn opening_move(&self, o: &Origin, route: u32) -> Option<Move> {
        self.place_move(o, &Spot { v: 0, y: 0, route, pos: 0, vy: 0 })
    }

    /// The charge that a move between the two routes can save at most.
    #[inline(always)]
    fn slack(&self, o: &Origin, route: u32) -> Cost {
        if route == o.route { o.penalty } else { o.penalty + self.routes[route as usize].penalty }
    }

    /// Relocations and exchanges of ends: all that puts something of u's route directly after v.
    #[inline]
    fn place_move(&self, o: &Origin, s: &Spot) -> Option<Move> {
        let (from_u, to_u) = (self.model.from(o.u), self.model.to(o.u));
        let (from_x, to_x) = (self.model.from(o.x), self.model.to(o.x));
        let (v, y) = (s.v as usize, s.y as usize);
        let (vu, uy) = (Cost::from(to_u[v]), Cost::from(from_u[y]));
        let (vx, xy) = (Cost::from(to_x[v]), Cost::from(from_x[y]));
        let slack = self.slack(o, s.route);
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
        let uv = Cost::from(from_u[v]);
        if uv + xy - o.ux - s.vy < slack || !self.model.is_symmetric() {
            return found(Kind::Heads, self.heads(o, s, uv, xy));
        }
        None
    }

    /// Exchanges of one or two customers from u with one or two from v.
    #[inline]
    fn swap_move(&self, o: &Origin, s: &Spot) -> Option<Move> {
        let model = self.model;
        let (v, y, before) = (s.v, s.y, self.nodes[s.v as usize].prev);
        if o.u == before || o.u == y {
            return None;
        }
        let slack = self.slack(o, s.route);
        let d_prev_v = Cost::from(self.nodes[v as usize].d_prev);
        let found = |kind, delta| (delta < 0).then_some(Move { kind, u: o.u, v, route: s.route, delta });
        let (from_prev, to_u) = (model.from(o.prev), model.to(o.u));
        let (uv, pv, vu) = (to_u[v as usize], from_prev[v as usize], to_u[before as usize]);
        let (uv, pv, vu) = (Cost::from(uv), Cost::from(pv), Cost::from(vu));
        let d_prev_u = Cost::from(self.nodes[o.u as usize].d_prev);

        // By the triangle inequality a swap gains at most twice what it removes less the distances between the pairs.
        let removed = d_prev_u + o.ux + d_prev_v + s.vy;
        if o.u < v && 4 * uv - 2 * removed < slack {
            let into_u = pv + Cost::from(model.to(o.x)[v as usize]) - d_prev_u - o.ux;
            let into_v = vu + Cost::from(model.from(o.u)[y as usize]) - d_prev_v - s.vy;
            if into_u + into_v < slack {
                let delta = self.shifted(o, s.route, (into_u, into_v), o.demand1 - model.demand(v), 0);
                if delta < 0 {
                    return found(Kind::Swap11, delta);
                }
            }
        }
        if o.x == 0 || o.x == before {
            return None;
        }
        let (from_x, to_xx) = (model.from(o.x), model.to(o.xx));
        let xy = Cost::from(from_x[y as usize]);
        let xv = Cost::from(model.to(o.x)[v as usize]);
        let x_xx = o.outer - d_prev_u;
        let removed = o.outer + d_prev_v + s.vy;
        if 2 * (uv + xv - removed) < slack {
            let into_u = pv + Cost::from(to_xx[v as usize]) - o.outer;
            let into_v = vu + xy - d_prev_v - s.vy;
            if into_u + into_v < slack {
                let change = (into_u - o.ux, into_v + o.ux);
                let delta = self.shifted(o, s.route, change, o.demand2 - model.demand(v), 1);
                if delta < 0 {
                    return found(Kind::Swap21, delta);
                }
            }
        }
        let after = self.nodes[y as usize];
        if y == 0 || y == o.prev || o.u > v {
            return None;
        }
        let removed = d_prev_u + x_xx + d_prev_v + Cost::from(after.d_next);
        if 2 * (uv + xy - removed) < slack {
            let into_u = pv + Cost::from(to_xx[y as usize]) - o.outer;
            let into_v = vu + Cost::from(from_x[after.next as usize]) - d_prev_v - Cost::from(after.d_next);
            if into_u + into_v < slack {
                let change = (into_u + s.vy - o.ux, into_v + o.ux - s.vy);
                let moved = o.demand2 - model.demand(v) - model.demand(y);
                return found(Kind::Swap22, self.shifted(o, s.route, change, moved, 0));
            }
        }
        None
    }

    /// Effect of changing the distance of u's route and of v's route while `load` and `stops` go from u's to v's.
    #[inline]
    fn shifted(&self, o: &Origin, route: u32, (du, dv): (Cost, Cost), load: i64, stops: i64) -> Cost {
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
    fn turned(&self, o: &Origin, s: &Spot, xy: Cost) -> Cost {
        let twist = |node: u32| self.prefix[node as usize].twist;
        if o.pos < s.pos {
            let inner = if s.v == o.x { 0 } else { twist(s.v) - twist(o.x) };
            Cost::from(self.model.from(o.u)[s.v as usize]) + xy - o.ux - s.vy + inner
        } else {
            let inner = if s.y == o.u { 0 } else { twist(o.u) - twist(s.y) };
            let yx = Cost::from(self.model.to(o.x)[s.y as usize]);
            Cost::from(self.model.to(o.u)[s.v as usize]) + yx - o.ux - s.vy + inner
        }
    }

    /// Effect of joining u to y and v to x.
    fn tails(&self, o: &Origin, s: &Spot, uy: Cost, vx: Cost) -> Cost {
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
    fn heads(&self, o: &Origin, s: &Spot, uv: Cost, xy: Cost) -> Cost {
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
