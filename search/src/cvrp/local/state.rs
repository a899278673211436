//! Routes as linked lists with running sums, so that every move is evaluated in constant time.
//!
//! The depot is node 0 in all of them: a predecessor or successor 0 means that the route starts or ends there.

use heuron_problems::Cost;

use super::model::Model;
use super::penalty::Penalty;
use super::plan::Plan;
use crate::cvrp::terrain::Terrain;

/// A customer's place: half a cache line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Node {
    pub prev: u32,
    pub next: u32,
    pub route: u32,
    /// Customers of the route up to here, this one included.
    pub pos: u32,
    /// Distance from `prev`.
    pub d_prev: i32,
    /// Distance to `next`.
    pub d_next: i32,
    /// When `prev`, `next` or the node after `next` changed last, on the clock of `State::now`.
    pub touched: u64,
}

/// Running sums from the depot up to a customer, the customer included.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Prefix {
    pub load: i64,
    /// Distance from the depot.
    pub distance: Cost,
    /// How much longer the way here would be in reverse; 0 for symmetric distances.
    pub twist: Cost,
}

/// A route's ends and totals.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Route {
    pub first: u32,
    pub last: u32,
    pub len: u32,
    /// Number of the move that changed the route last.
    pub modified: u64,
    pub load: i64,
    pub distance: Cost,
    /// How much longer the route is in reverse.
    pub twist: Cost,
    /// Distance and service.
    pub duration: Cost,
    /// Charge for overload and overtime.
    pub penalty: Cost,
}

/// The solution under improvement.
#[derive(Debug)]
pub(super) struct State<'m> {
    pub model: &'m Model,
    pub penalty: Penalty,
    /// \[customers + 1\]; the entry of the depot stays zero.
    pub nodes: Vec<Node>,
    /// \[customers + 1\]; the entry of the depot stays zero.
    pub prefix: Vec<Prefix>,
    /// \[fleet\]
    pub routes: Vec<Route>,
    /// Plans loaded and moves applied: the clock of all time stamps. It never goes back, so that stamps of earlier
    /// plans are stale without being cleared.
    pub now: u64,
}

impl<'m> State<'m> {
    pub fn new(model: &'m Model, penalty: Penalty) -> Self {
        let width = model.customers() + 1;
        Self {
            model,
            penalty,
            nodes: vec![Node::default(); width],
            prefix: vec![Prefix::default(); width],
            routes: vec![Route::default(); model.fleet()],
            now: 0,
        }
    }

    /// Takes over `plan`, which has at most as many routes as the fleet.
    pub fn load(&mut self, plan: &Plan, penalty: Penalty) {
        self.penalty = penalty;
        self.now += 1;
        let unlinked = Node { prev: u32::MAX, next: u32::MAX, ..Node::default() };
        self.nodes.fill(unlinked);
        self.nodes[0] = Node::default();
        self.routes.fill(Route { modified: self.now, ..Route::default() });
        for (index, route) in plan.routes().enumerate() {
            let mut before = 0;
            for &customer in route {
                self.link(index as u32, before, customer);
                before = customer;
            }
            self.link(index as u32, before, 0);
            self.refresh(index as u32);
        }
    }

    /// Makes `b` follow `a` on `route`; either may be the depot.
    #[inline(always)]
    pub fn link(&mut self, route: u32, a: u32, b: u32) {
        let distance = self.model.distance(a, b) as i32;
        if a == 0 {
            self.routes[route as usize].first = b;
        } else {
            let node = &mut self.nodes[a as usize];
            if node.next != b {
                (node.next, node.d_next, node.touched) = (b, distance, self.now);
            }
        }
        if b == 0 {
            self.routes[route as usize].last = a;
        } else {
            let node = &mut self.nodes[b as usize];
            if node.prev != a {
                (node.prev, node.d_prev, node.touched) = (a, distance, self.now);
            }
        }
    }

    /// The customer after `node` on `route`, where the depot comes before the first.
    #[inline(always)]
    pub fn next(&self, route: u32, node: u32) -> u32 {
        if node == 0 { self.routes[route as usize].first } else { self.nodes[node as usize].next }
    }

    /// Recomputes positions, running sums and totals of a route whose links have changed.
    pub fn refresh(&mut self, route: u32) {
        let model = self.model;
        let symmetric = model.is_symmetric();
        let mut sum = Prefix::default();
        let (mut pos, mut before, mut node) = (0, 0, self.routes[route as usize].first);
        while node != 0 {
            pos += 1;
            let place = &mut self.nodes[node as usize];
            let relinked = place.touched == self.now;
            (place.route, place.pos) = (route, pos);
            sum.load += model.demand(node);
            sum.distance += Cost::from(place.d_prev);
            if !symmetric {
                sum.twist += model.distance(node, before) - Cost::from(place.d_prev);
            }
            self.prefix[node as usize] = sum;
            let next = place.next;
            if relinked && before != 0 {
                self.nodes[before as usize].touched = self.now;
            }
            before = node;
            node = next;
        }
        let back = model.distance(before, 0);
        let totals = &mut self.routes[route as usize];
        totals.len = pos;
        totals.modified = self.now;
        totals.load = sum.load;
        totals.distance = sum.distance + back;
        totals.twist = sum.twist + model.distance(0, before) - back;
        totals.duration = totals.distance + model.service() * Cost::from(pos);
        totals.penalty = model.excess_cost(self.penalty, totals.load, totals.duration);
    }

    /// Distance and penalties of one route.
    pub fn route_cost(&self, route: u32) -> Cost {
        let route = &self.routes[route as usize];
        route.distance + route.penalty
    }

    /// Distance and penalties of all routes.
    pub fn cost(&self) -> Cost {
        (0..self.routes.len() as u32).map(|route| self.route_cost(route)).sum()
    }

    /// A route without customers, if the fleet has one left.
    pub fn empty_route(&self) -> Option<u32> {
        self.routes.iter().position(|route| route.len == 0).map(|route| route as u32)
    }

    /// Customers of `route` in order, appended to `list`.
    pub fn collect(&self, route: u32, list: &mut Vec<u32>) {
        let mut node = self.routes[route as usize].first;
        while node != 0 {
            list.push(node);
            node = self.nodes[node as usize].next;
        }
    }
}
