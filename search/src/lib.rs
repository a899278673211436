//! Searches that look for better solutions of combinatorial-optimisation problems.

pub mod active;
pub mod bandit;
pub mod beam;
pub mod cmaes;
pub mod cvrp;
pub mod ffsp;
pub mod first;
pub mod guided;
mod hilbert;
pub mod improve;
pub mod inference;
pub mod jssp;
pub mod knapsack;
pub mod latent;
pub mod mip;
pub mod population;
pub mod run;
pub mod sample;
pub mod schedules;
pub mod search;
mod subsets;
pub mod tactics;
pub mod trajectories;
pub mod tsp;

pub use first::{First, Listed};
pub use improve::Improve;
pub use run::{Budget, Clock, Listener, Progress, Run, Setup, Stop, StopReason, Watch};
pub use sample::Sample;
pub use search::{Search, Stages, islands, sequence};
pub use tactics::{Adapt, Tactic, Tries};
pub use trajectories::{Dispatched, Images, Rule, Trajectories};
