//! Searches that look for better solutions of combinatorial-optimisation problems.

pub mod cvrp;
pub mod ffsp;
mod hilbert;
pub mod improve;
pub mod jssp;
pub mod knapsack;
pub mod run;
pub mod sample;
pub mod search;
pub mod trajectories;
pub mod tsp;

pub use improve::Improve;
pub use run::{Budget, Clock, Listener, Progress, Run, Setup, Stop, StopReason, Watch};
pub use sample::Sample;
pub use search::{Search, Stages, islands, sequence};
pub use trajectories::{Dispatched, Images, Rule, Trajectories};
