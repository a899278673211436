//! Why a CVRP instance can have no solution, where that shows without a search.

use thiserror::Error;

use super::Cvrp;
use crate::problem::Cost;

/// Up to this many nodes detours are searched for, which takes O(nodes^2): a fraction of a second.
const DETOUR_NODES: usize = 4000;

/// A reason why no solution can exist. Customers are numbered as in solution files, and costs are in cost units.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Infeasible {
    /// Demands and distances are of different numbers of nodes.
    #[error("there are demands of {demands} nodes and distances between {nodes}")]
    Sizes {
        /// Entries of `demands`.
        demands: usize,
        /// Nodes that have distances.
        nodes: usize,
    },
    /// The capacity is negative.
    #[error("the capacity is {capacity}")]
    Capacity {
        /// Capacity of a vehicle.
        capacity: i64,
    },
    /// A customer's demand is negative.
    #[error("customer {customer} demands {demand}")]
    NegativeDemand {
        /// From 1.
        customer: usize,
        /// What it demands.
        demand: i64,
    },
    /// A customer fits into no vehicle.
    #[error("customer {customer} demands {demand}, a vehicle holds {capacity}")]
    TooLarge {
        /// From 1.
        customer: usize,
        /// What it demands.
        demand: i64,
        /// Capacity of a vehicle.
        capacity: i64,
    },
    /// All vehicles together hold too little.
    #[error(
        "the customers demand {total} in all, which takes {needed} vehicles of capacity {capacity}, the fleet has \
         {vehicles}"
    )]
    Fleet {
        /// Sum of the demands.
        total: i128,
        /// Vehicles that could just hold it.
        needed: i128,
        /// Capacity of a vehicle.
        capacity: i64,
        /// Size of the fleet.
        vehicles: usize,
    },
    /// A customer cannot be served within the duration limit, even alone.
    #[error("serving customer {customer} alone lasts {duration}, the limit of a route is {limit}")]
    OutOfReach {
        /// From 1.
        customer: usize,
        /// Shortest duration of a route with the customer.
        duration: Cost,
        /// Longest duration allowed.
        limit: Cost,
    },
}

impl Cvrp {
    /// The first reason found why no solution can exist. None proves nothing: packing and routing are not tried.
    ///
    /// O(customers), or O(customers^2) with a limit that some customer seems to be out of reach of.
    pub fn infeasibility(&self) -> Option<Infeasible> {
        let (demands, nodes) = (self.demands.len(), self.distances.len());
        if demands != nodes || nodes == 0 {
            return Some(Infeasible::Sizes { demands, nodes });
        }
        let capacity = self.capacity;
        if capacity < 0 {
            return Some(Infeasible::Capacity { capacity });
        }
        for (customer, &demand) in self.demands.iter().enumerate().skip(1) {
            if demand < 0 {
                return Some(Infeasible::NegativeDemand { customer, demand });
            }
            if demand > capacity {
                return Some(Infeasible::TooLarge { customer, demand, capacity });
            }
        }
        self.fleet_too_small().or_else(|| self.out_of_reach())
    }

    fn fleet_too_small(&self) -> Option<Infeasible> {
        let (capacity, vehicles) = (self.capacity, self.vehicles?);
        let total: i128 = self.demands.iter().skip(1).map(|&demand| i128::from(demand)).sum();
        // Customers without any demand still need one vehicle. A capacity of 0 means that nobody demands anything.
        let holds = i128::from(capacity.max(1));
        let needed = ((total + holds - 1) / holds).max(i128::from(self.customers() > 0));
        (needed > vehicles as i128).then_some(Infeasible::Fleet { total, needed, capacity, vehicles })
    }

    /// Judged by the shortest way out and back over any customers: rounding, and explicit weights all the more, can
    /// make a detour shorter than the direct way.
    fn out_of_reach(&self) -> Option<Infeasible> {
        let limit = self.limit?;
        let suspect = |customer: usize| {
            let way = self.distances.get(0, customer) + self.distances.get(customer, 0);
            way + self.service > limit
        };
        let nodes = self.distances.len();
        if nodes > DETOUR_NODES || !(1..nodes).any(suspect) {
            return None;
        }
        let out = self.shortest(|from, to| self.distances.get(from, to));
        let back = self.shortest(|from, to| self.distances.get(to, from));
        (1..nodes).find_map(|customer| {
            // Both ways include the service of the customer.
            let duration = out[customer] + back[customer] - self.service;
            (duration > limit).then_some(Infeasible::OutOfReach { customer, duration, limit })
        })
    }

    /// Shortest durations from the depot to every node, its own service included (Dijkstra 1959, without a heap: the
    /// graph is complete). O(nodes^2).
    fn shortest(&self, length: impl Fn(usize, usize) -> Cost) -> Vec<Cost> {
        let nodes = self.distances.len();
        let mut duration: Vec<Cost> =
            (0..nodes).map(|to| if to == 0 { 0 } else { length(0, to) + self.service }).collect();
        let mut open: Vec<usize> = (1..nodes).collect();
        while let Some(at) = (0..open.len()).min_by_key(|&at| duration[open[at]]) {
            let from = open.swap_remove(at);
            for &to in &open {
                duration[to] = duration[to].min(duration[from] + length(from, to) + self.service);
            }
        }
        duration
    }
}
