//! The current solution: routes as doubly linked lists, with a journal that takes an iteration back.
//!
//! Every operation is O(1), so that an iteration costs the same at 300 and at 30 000 customers.

use heuron_problems::{Cost, Routes};

use super::ground::Ground;
use crate::cvrp::terrain::Terrain;

/// No route: the customer is absent (taken out, or owned by another island). The route of this index is always full.
pub(super) const NONE: u32 = 0;

/// A load that leaves no room, small enough to add demands to.
const FULL: i64 = i64::MAX / 2;

/// A customer's place. Neighbours of value 0 are the depot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub prev: u32,
    pub next: u32,
    /// Index of the route, or `NONE`.
    pub route: u32,
    /// Distance to `prev`: the evaluation of a position reads this cache line only.
    pub before: Cost,
    /// Distance to `next`.
    pub after: Cost,
}

/// One route; `first` and `last` are 0 where it is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Route {
    pub first: u32,
    pub last: u32,
    /// Customers on the route.
    pub size: u32,
    pub load: i64,
    /// Length plus service times.
    pub duration: Cost,
}

/// One change, as much of it as is needed to take it back.
#[derive(Clone, Copy, Debug)]
enum Change {
    Removed { v: u32, prev: u32, route: u32 },
    Inserted { v: u32 },
}

/// The incumbent of one trajectory, kept as links that are brought up to date for changed nodes only.
#[derive(Clone, Debug, Default)]
struct Best {
    cost: Cost,
    /// Successor of every node; of absent ones too.
    next: Vec<u32>,
    /// First customer of every route.
    first: Vec<u32>,
    /// Nodes and routes changed since the incumbent was last brought up to date.
    nodes: Vec<u32>,
    routes: Vec<u32>,
    /// Whether a node or a route is in these lists.
    node_marked: Vec<bool>,
    route_marked: Vec<bool>,
}

/// A solution of all customers, or of an island's part of them.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// \[customers + 1\]; entry 0 is not used.
    nodes: Vec<Node>,
    /// The first one is `NONE`.
    routes: Vec<Route>,
    /// Changes whenever the route does, to a value it never had \[routes\].
    versions: Vec<u64>,
    /// Changes so far.
    changes: u64,
    /// Empty routes. Taken and given back as a stack, which is what lets the journal be undone backwards.
    free: Vec<u32>,
    cost: Cost,
    /// Customers on the routes once all removed ones are back.
    customers: usize,
    journal: Vec<Change>,
    best: Best,
}

impl State {
    /// The state of `routes`; customers that are not on them are absent.
    pub fn new(ground: &Ground, routes: &[Vec<u32>]) -> Self {
        let absent = Node { prev: 0, next: 0, route: NONE, before: 0, after: 0 };
        let mut state = Self {
            nodes: vec![absent; ground.nodes()],
            routes: Vec::new(),
            versions: Vec::new(),
            changes: 0,
            free: Vec::new(),
            cost: 0,
            customers: 0,
            journal: Vec::new(),
            best: Best::default(),
        };
        state.load(ground, routes);
        state
    }

    /// Replaces the solution, in O(n), and makes it the incumbent. Memory stays where it is: small tables made anew for
    /// one island after the other may share cache lines, which their threads then take from each other.
    pub fn load(&mut self, ground: &Ground, routes: &[Vec<u32>]) {
        self.nodes.iter_mut().for_each(|node| node.route = NONE);
        self.routes.clear();
        self.routes.push(Route { load: FULL, ..Route::default() });
        self.versions.clear();
        self.versions.push(0);
        self.free.clear();
        self.cost = 0;
        for route in routes.iter().filter(|route| !route.is_empty()) {
            let index = self.open();
            let mut prev = 0;
            for &v in route {
                self.insert(ground, v, prev, index);
                prev = v;
            }
        }
        self.customers = self.journal.len();
        self.journal.clear();
        let best = &mut self.best;
        best.cost = self.cost;
        best.next.clear();
        best.next.extend(self.nodes.iter().map(|node| node.next));
        best.first.clear();
        best.first.extend(self.routes.iter().map(|route| route.first));
        best.nodes.clear();
        best.routes.clear();
        best.node_marked.clear();
        best.node_marked.resize(self.nodes.len(), false);
        best.route_marked.clear();
        best.route_marked.resize(self.routes.len(), false);
    }

    #[inline(always)]
    pub fn node(&self, v: u32) -> &Node {
        &self.nodes[v as usize]
    }

    #[inline(always)]
    pub fn route(&self, r: u32) -> &Route {
        &self.routes[r as usize]
    }

    /// Customers of a route, in order.
    pub fn along(&self, r: u32) -> impl Iterator<Item = u32> + Clone {
        let follow = |v: u32| Some(v).filter(|&v| v != 0);
        std::iter::successors(follow(self.route(r).first), move |&v| follow(self.node(v).next))
    }

    /// A number that is the same only as long as the route is.
    #[inline(always)]
    pub fn version(&self, r: u32) -> u64 {
        self.versions[r as usize]
    }

    /// Lists the customers whose neighbours changed since the last `keep` or `undo`, some of them more than once.
    pub fn touched(&self, list: &mut Vec<u32>) {
        for change in &self.journal {
            match *change {
                Change::Removed { prev, .. } if prev != 0 => list.extend([prev, self.node(prev).next]),
                Change::Removed { route, .. } => list.push(self.route(route).first),
                Change::Inserted { v } => list.extend([v, self.node(v).prev, self.node(v).next]),
            }
        }
    }

    /// Length of all routes.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Customers that belong on the routes, removed ones included.
    pub fn customers(&self) -> usize {
        self.customers
    }

    /// Routes that serve a customer.
    pub fn used(&self) -> usize {
        self.routes.len() - 1 - self.free.len()
    }

    /// One past the largest route index; the first is `NONE`.
    pub fn slots(&self) -> usize {
        self.routes.len()
    }

    /// The empty route that the next insertion has to use if it wants one.
    pub fn open(&mut self) -> u32 {
        match self.free.last() {
            Some(&index) => index,
            None => {
                self.routes.push(Route::default());
                self.versions.push(0);
                self.free.push(self.routes.len() as u32 - 1);
                self.routes.len() as u32 - 1
            }
        }
    }

    /// Takes customer `v` off its route.
    pub fn remove(&mut self, ground: &Ground, v: u32) {
        let Node { prev, route, .. } = self.nodes[v as usize];
        self.journal.push(Change::Removed { v, prev, route });
        self.unlink(ground, v);
    }

    /// Puts the absent customer `v` behind `prev` (0: at the front) on `route`.
    pub fn insert(&mut self, ground: &Ground, v: u32, prev: u32, route: u32) {
        self.journal.push(Change::Inserted { v });
        self.link(ground, v, prev, route);
    }

    fn unlink(&mut self, ground: &Ground, v: u32) {
        let Node { prev, next, route: r, before, after } = self.nodes[v as usize];
        self.changes += 1;
        self.versions[r as usize] = self.changes;
        let route = &mut self.routes[r as usize];
        route.size -= 1;
        let joined = if route.size == 0 {
            self.free.push(r);
            0
        } else {
            ground.distance(prev, next)
        };
        let delta = joined - before - after;
        route.load -= ground.demand(v);
        route.duration += delta - ground.problem.service;
        if prev == 0 {
            route.first = next;
        } else {
            let node = &mut self.nodes[prev as usize];
            (node.next, node.after) = (next, joined);
        }
        if next == 0 {
            route.last = prev;
        } else {
            let node = &mut self.nodes[next as usize];
            (node.prev, node.before) = (prev, joined);
        }
        self.nodes[v as usize].route = NONE;
        self.cost += delta;
    }

    fn link(&mut self, ground: &Ground, v: u32, prev: u32, r: u32) {
        self.changes += 1;
        self.versions[r as usize] = self.changes;
        let route = &mut self.routes[r as usize];
        let (next, split) = if prev == 0 {
            (route.first, self.nodes[route.first as usize].before)
        } else {
            (self.nodes[prev as usize].next, self.nodes[prev as usize].after)
        };
        let split = if route.size == 0 {
            let top = self.free.pop();
            debug_assert_eq!(top, Some(r), "empty routes are taken in the order of the stack");
            0
        } else {
            split
        };
        let (before, after) = (ground.distance(prev, v), ground.distance(v, next));
        let delta = before + after - split;
        route.size += 1;
        route.load += ground.demand(v);
        route.duration += delta + ground.problem.service;
        if prev == 0 {
            route.first = v;
        } else {
            let node = &mut self.nodes[prev as usize];
            (node.next, node.after) = (v, before);
        }
        if next == 0 {
            route.last = v;
        } else {
            let node = &mut self.nodes[next as usize];
            (node.prev, node.before) = (v, after);
        }
        self.nodes[v as usize] = Node { prev, next, route: r, before, after };
        self.cost += delta;
    }

    /// Whether all routes touched since the last `keep` or `undo` are short enough. Insertions see to it, but where the
    /// triangle inequality does not hold a removal can make a route longer.
    pub fn in_time(&self, ground: &Ground) -> bool {
        let route = |change: &Change| match *change {
            Change::Removed { route, .. } => route,
            Change::Inserted { v } => self.node(v).route,
        };
        let short = |change| self.route(route(change)).duration <= ground.limit;
        ground.limit == Cost::MAX || self.journal.iter().all(short)
    }

    /// Takes back everything since the last `keep` or `undo`.
    pub fn undo(&mut self, ground: &Ground) {
        while let Some(change) = self.journal.pop() {
            match change {
                Change::Removed { v, prev, route } => self.link(ground, v, prev, route),
                Change::Inserted { v } => self.unlink(ground, v),
            }
        }
    }

    /// Accepts everything since the last `keep` or `undo`; it becomes the incumbent if it is better.
    pub fn keep(&mut self) {
        let best = &mut self.best;
        best.route_marked.resize(self.routes.len(), false);
        best.first.resize(self.routes.len(), 0);
        let mut mark_node = |v: u32| {
            if !std::mem::replace(&mut best.node_marked[v as usize], true) {
                best.nodes.push(v);
            }
        };
        let mut mark_route = |r: u32| {
            if r != NONE && !std::mem::replace(&mut best.route_marked[r as usize], true) {
                best.routes.push(r);
            }
        };
        for change in self.journal.drain(..) {
            let (v, prev, route) = match change {
                Change::Removed { v, prev, route } => (v, prev, route),
                Change::Inserted { v } => (v, self.nodes[v as usize].prev, self.nodes[v as usize].route),
            };
            mark_node(v);
            mark_node(prev);
            mark_route(route);
        }
        if self.cost < self.best.cost {
            self.snapshot();
        }
    }

    fn snapshot(&mut self) {
        let best = &mut self.best;
        best.cost = self.cost;
        for v in best.nodes.drain(..) {
            best.node_marked[v as usize] = false;
            best.next[v as usize] = self.nodes[v as usize].next;
        }
        for r in best.routes.drain(..) {
            best.route_marked[r as usize] = false;
            best.first[r as usize] = self.routes[r as usize].first;
        }
    }

    /// Cost of the incumbent.
    pub fn best_cost(&self) -> Cost {
        self.best.cost
    }

    /// Routes of the incumbent, without empty ones.
    pub fn best_routes(&self) -> Routes {
        Routes { routes: walk(&self.best.first, |v| self.best.next[v as usize]) }
    }

    /// Routes of the current solution, without empty ones.
    pub fn current_routes(&self) -> Routes {
        let first: Vec<u32> = self.routes.iter().map(|route| route.first).collect();
        Routes { routes: walk(&first, |v| self.nodes[v as usize].next) }
    }
}

fn walk(first: &[u32], next: impl Fn(u32) -> u32) -> Vec<Vec<u32>> {
    let follow = |&v: &u32| std::iter::successors(Some(v), |&v| Some(next(v)).filter(|&v| v != 0)).collect();
    first.iter().filter(|&&v| v != 0).map(follow).collect()
}

#[cfg(test)]
impl State {
    /// Compares links, loads, durations and cost with what follows from the routes.
    pub fn check(&self, ground: &Ground) {
        let mut on_routes = 0;
        let mut cost = 0;
        for (index, route) in self.routes.iter().enumerate().skip(1) {
            let (mut prev, mut at, mut size, mut load, mut duration) = (0, route.first, 0, 0, 0);
            while at != 0 {
                let node = self.node(at);
                assert_eq!((node.prev, node.route), (prev, index as u32));
                assert_eq!(node.before, ground.distance(prev, at));
                assert_eq!(node.after, ground.distance(at, node.next));
                size += 1;
                load += ground.demand(at);
                duration += node.before + ground.problem.service;
                (prev, at) = (at, node.next);
            }
            cost += duration - ground.problem.service * Cost::from(size) + ground.distance(prev, 0);
            duration += ground.distance(prev, 0);
            let whole = Route { first: route.first, last: prev, size, load, duration };
            assert_eq!(*route, whole);
            assert_eq!(size == 0, self.free.contains(&(index as u32)));
            on_routes += size as usize;
        }
        assert_eq!((cost, on_routes), (self.cost, self.customers));
    }
}
