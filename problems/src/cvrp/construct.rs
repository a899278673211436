//! Route plans built visit by visit: action c goes to customer c, action 0 back to the depot for a new route.
//! Conventions of POMO (Kwon et al., 2020): every customer is an opening, and the last return is not an action.

use crate::construct::Construct;
use crate::cvrp::{Cvrp, Routes};
use crate::problem::Cost;

/// Closed routes and one that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Actions so far: customers, and 0 between routes.
    actions: Vec<u32>,
    /// Customers already served; the depot's entry is not used \[customers + 1\].
    served: Vec<bool>,
    /// Customers not served yet, and the sum of their demands.
    left: usize,
    demand_left: i64,
    /// Load and duration without the way back of the route under way.
    load: i64,
    duration: Cost,
    /// Routes, including the one under way.
    routes: usize,
}

impl Plan {
    /// Where the vehicle is: a customer, or 0 for the depot.
    pub fn current(&self) -> u32 {
        self.actions.last().copied().unwrap_or(0)
    }

    /// What the vehicle carries on the route under way.
    pub fn load(&self) -> i64 {
        self.load
    }

    /// Actions so far: customers, and 0 between routes.
    pub fn actions(&self) -> &[u32] {
        &self.actions
    }
}

impl Cvrp {
    /// Whether `customer`, who is not served yet, can be the next stop with the depot after it.
    fn fits(&self, plan: &Plan, customer: u32) -> bool {
        let edge = |a: u32, b: u32| self.distances.get(a as usize, b as usize);
        plan.load + self.demands[customer as usize] <= self.capacity
            && self.limit.is_none_or(|limit| {
                plan.duration + edge(plan.current(), customer) + self.service + edge(customer, 0) <= limit
            })
    }
}

impl Construct for Cvrp {
    type State = Plan;

    fn width(&self) -> usize {
        self.demands.len()
    }

    fn start(&self) -> Plan {
        Plan {
            actions: Vec::with_capacity(2 * self.customers()),
            served: vec![false; self.demands.len()],
            left: self.customers(),
            demand_left: self.demands.iter().sum(),
            load: 0,
            duration: 0,
            routes: 1,
        }
    }

    fn openings(&self) -> Vec<u32> {
        (1..=self.customers() as u32).collect()
    }

    /// Capacity and duration limit always hold. A fleet limit cannot be promised step by step (it is bin packing): the
    /// depot is left out while the vehicles left could not carry what is left, unless nobody fits the vehicle any more.
    fn allowed(&self, plan: &Plan, mask: &mut [bool]) {
        let mut any = false;
        for (customer, allowed) in mask.iter_mut().enumerate().skip(1) {
            *allowed = !plan.served[customer] && self.fits(plan, customer as u32);
            any |= *allowed;
        }
        let vehicles_left = self.vehicles.map(|vehicles| vehicles.saturating_sub(plan.routes) as i64);
        let enough = vehicles_left.is_none_or(|vehicles| plan.demand_left <= vehicles.saturating_mul(self.capacity));
        mask[0] = plan.current() != 0 && plan.left > 0 && (enough || !any);
    }

    fn step(&self, plan: &mut Plan, action: u32) {
        let node = action as usize;
        if action == 0 {
            (plan.load, plan.duration) = (0, 0);
            plan.routes += 1;
        } else {
            plan.duration += self.distances.get(plan.current() as usize, node) + self.service;
            plan.load += self.demands[node];
            plan.demand_left -= self.demands[node];
            plan.served[node] = true;
            plan.left -= 1;
        }
        plan.actions.push(action);
    }

    fn finish(&self, plan: &Plan) -> Routes {
        let routes = plan.actions.split(|&action| action == 0);
        Routes { routes: routes.filter(|route| !route.is_empty()).map(<[u32]>::to_vec).collect() }
    }

    fn trace(&self, solution: &Routes) -> Vec<u32> {
        let routes: Vec<&[u32]> = solution.routes.iter().filter(|r| !r.is_empty()).map(Vec::as_slice).collect();
        routes.join(&0)
    }
}
