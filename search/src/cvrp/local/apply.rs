//! Carries out the moves found in `moves`.

use super::moves::{Kind, Move};
use super::state::State;

impl State<'_> {
    /// Applies `step` and refreshes the one or two routes that it changes.
    pub fn apply(&mut self, step: &Move, scratch: &mut Vec<u32>) {
        let Move { kind, u, v, route: rv, .. } = *step;
        let node = self.nodes[u as usize];
        let ru = node.route;
        let before = if cfg!(debug_assertions) { self.pair_cost(ru, rv) } else { 0 };
        let (p, x, y) = (node.prev, node.next, self.next(rv, v));
        let (xx, pv, yy) = (self.nodes[x as usize].next, self.nodes[v as usize].prev, self.nodes[y as usize].next);
        self.now += 1;
        match kind {
            Kind::One => self.links(&[(ru, p, x), (rv, v, u), (rv, u, y)]),
            Kind::Two => self.links(&[(ru, p, xx), (rv, v, u), (rv, x, y)]),
            Kind::TwoFlipped => self.links(&[(ru, p, xx), (rv, v, x), (rv, x, u), (rv, u, y)]),
            Kind::Swap11 => self.links(&[(ru, p, v), (ru, v, x), (rv, pv, u), (rv, u, y)]),
            Kind::Swap21 => self.links(&[(ru, p, v), (ru, v, xx), (rv, pv, u), (rv, x, y)]),
            Kind::Swap22 => self.links(&[(ru, p, v), (ru, y, xx), (rv, pv, u), (rv, x, yy)]),
            Kind::TwoOpt => self.turn(step, scratch),
            Kind::Heads | Kind::Tails => self.exchange(step, scratch),
        }
        self.refresh(ru);
        if rv != ru {
            self.refresh(rv);
        }
        debug_assert!(self.pair_cost(ru, rv) - before == step.delta, "{step:?}: {}", self.pair_cost(ru, rv) - before);
    }

    fn links(&mut self, pairs: &[(u32, u32, u32)]) {
        pairs.iter().for_each(|&(route, a, b)| self.link(route, a, b));
    }

    /// Cost of one or two routes.
    pub fn pair_cost(&self, a: u32, b: u32) -> i64 {
        self.route_cost(a) + if a == b { 0 } else { self.route_cost(b) }
    }

    /// 2-opt: u is followed by v (or v by u, whichever comes first), the part between in reverse.
    fn turn(&mut self, step: &Move, scratch: &mut Vec<u32>) {
        let (u, v) = (step.u, step.v);
        let (a, b) = if self.nodes[u as usize].pos < self.nodes[v as usize].pos { (u, v) } else { (v, u) };
        let end = self.nodes[b as usize].next;
        scratch.clear();
        let mut node = self.next(step.route, a);
        while node != end {
            scratch.push(node);
            node = self.nodes[node as usize].next;
        }
        scratch.reverse();
        self.chain(step.route, a, scratch, end);
    }

    /// 2-opt*: exchanges tails, or joins heads and tails.
    fn exchange(&mut self, step: &Move, scratch: &mut Vec<u32>) {
        let Move { kind, u, v, route: rv, .. } = *step;
        let ru = self.nodes[u as usize].route;
        let (x, y) = (self.nodes[u as usize].next, self.next(rv, v));
        scratch.clear();
        self.collect(ru, scratch);
        let middle = scratch.len();
        self.collect(rv, scratch);
        let (of_u, of_v) = scratch.split_at_mut(middle);
        let (head_u, tail_u) = of_u.split_at_mut(self.nodes[u as usize].pos as usize);
        let (head_v, tail_v) = of_v.split_at_mut(self.nodes[v as usize].pos as usize);
        debug_assert!(head_u.last() == Some(&u) && head_v.last().is_none_or(|&last| last == v));
        if kind == Kind::Tails {
            self.chain(ru, u, tail_v, 0);
            self.chain(rv, v, tail_u, 0);
            debug_assert!(tail_u.first().is_none_or(|&first| first == x));
        } else {
            head_v.reverse();
            self.chain(ru, u, head_v, 0);
            tail_u.reverse();
            self.chain(rv, 0, tail_u, y);
        }
    }

    /// Puts `list` between `a` and `b` on `route`.
    fn chain(&mut self, route: u32, a: u32, list: &[u32], b: u32) {
        let mut before = a;
        for &node in list {
            self.link(route, before, node);
            before = node;
        }
        self.link(route, before, b);
    }
}
