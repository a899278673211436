//! Searches for the capacitated vehicle routing problem.

pub mod exact;
pub mod hgs;
pub mod local;
mod partition;
pub mod ruin;
mod savings;
mod span;
mod table;
mod terrain;

use heuron_problems::Cvrp;

/// Vehicles that the demands fill: a lower bound on the number of routes.
pub fn least_vehicles(problem: &Cvrp) -> usize {
    let demand: i64 = problem.demands.iter().sum();
    (demand as u64).div_ceil(problem.capacity.max(1) as u64) as usize
}
