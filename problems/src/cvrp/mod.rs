//! The capacitated vehicle routing problem, with optional fleet size and route-duration limit.

pub mod construct;
mod feasible;
mod format;
pub mod generate;
pub mod scheme;
mod sol;

use crate::metric::Distances;
use crate::problem::{Cost, Problem, Violation};

pub use feasible::Infeasible;
pub use format::TYPES;
pub use sol::{DeclaredCost, read_sol};

/// A CVRP instance. Node 0 is the depot, nodes 1..=customers() are the customers, numbered as in CVRPLIB solutions.
#[derive(Clone, Debug, PartialEq)]
pub struct Cvrp {
    /// Name as in the file.
    pub name: String,
    /// Comment as in the file; may be empty.
    pub comment: String,
    /// Distances between the nodes; may be asymmetric.
    pub distances: Distances,
    /// Demand of each node \[customers + 1\], never negative; 0 for the depot.
    pub demands: Vec<i64>,
    /// What one vehicle holds.
    pub capacity: i64,
    /// At most this many routes (`VEHICLES`); none: as many as wanted.
    pub vehicles: Option<usize>,
    /// The longest route allowed, service included (`DISTANCE`), in cost units.
    pub limit: Option<Cost>,
    /// Service time of every customer (`SERVICE_TIME`), in cost units. Counts towards `limit`, not towards the cost.
    pub service: Cost,
    /// Points for pictures only, of an instance with explicit weights.
    pub display: Option<Vec<[f64; 2]>>,
    /// Costs divided by this are in the units of the file: 1, or more for unrounded distances and unit-square sets.
    pub scale: f64,
}

/// Routes of a CVRP solution: customers in the order of the visit, without the depot. Empty routes are allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routes {
    /// One list of customers (1..=customers) per vehicle.
    pub routes: Vec<Vec<u32>>,
}

impl Cvrp {
    /// An instance without limits on fleet and duration.
    pub fn new(name: impl Into<String>, distances: Distances, demands: Vec<i64>, capacity: i64) -> Self {
        Self {
            name: name.into(),
            comment: String::new(),
            distances,
            demands,
            capacity,
            vehicles: None,
            limit: None,
            service: 0,
            display: None,
            scale: 1.0,
        }
    }

    /// Number of customers.
    pub fn customers(&self) -> usize {
        self.demands.len() - 1
    }

    /// Points to draw, if there are any.
    pub fn drawing(&self) -> Option<&[[f64; 2]]> {
        self.distances.points().or(self.display.as_deref())
    }

    /// Length of the round trip through `route`.
    pub fn length(&self, route: &[u32]) -> Cost {
        let edge = |a: u32, b: u32| self.distances.get(a as usize, b as usize);
        match (route.first(), route.last()) {
            (Some(&first), Some(&last)) => {
                edge(0, first) + route.windows(2).map(|w| edge(w[0], w[1])).sum::<Cost>() + edge(last, 0)
            }
            _ => 0,
        }
    }

    /// Sum of the demands of `route`.
    pub fn load(&self, route: &[u32]) -> i64 {
        route.iter().map(|&c| self.demands[c as usize]).sum()
    }
}

impl Problem for Cvrp {
    type Solution = Routes;

    const NAME: &'static str = "cvrp";

    fn evaluate(&self, solution: &Routes) -> Result<Cost, Violation> {
        let mut visited = vec![false; self.customers() + 1];
        let (mut cost, mut used) = (0, 0);
        for (index, route) in solution.routes.iter().enumerate() {
            if route.is_empty() {
                continue;
            }
            used += 1;
            for &customer in route {
                let node = customer as usize;
                match visited.get(node) {
                    Some(false) if node != 0 => visited[node] = true,
                    Some(true) => return Err(Violation::Repeated { node }),
                    _ => return Err(Violation::UnknownNode { node }),
                }
            }
            let load = self.load(route);
            if load > self.capacity {
                return Err(Violation::Overload { route: index + 1, load, capacity: self.capacity });
            }
            let length = self.length(route);
            let duration = length + self.service * route.len() as Cost;
            if let Some(limit) = self.limit.filter(|&limit| duration > limit) {
                return Err(Violation::TooLong { route: index + 1, duration, limit });
            }
            cost += length;
        }
        if let Some(node) = (1..visited.len()).find(|&node| !visited[node]) {
            return Err(Violation::Missing { node });
        }
        if let Some(vehicles) = self.vehicles.filter(|&vehicles| used > vehicles) {
            return Err(Violation::TooManyRoutes { routes: used, vehicles });
        }
        Ok(cost)
    }
}
