//! Searches that look for better solutions of combinatorial-optimisation problems.

pub mod cvrp;
pub mod ffsp;
pub mod jssp;
pub mod run;
pub mod sample;
pub mod search;
pub mod tsp;

pub use run::{Budget, Clock, Listener, Progress, Run, Setup, Stop, StopReason, Watch};
pub use sample::Sample;
pub use search::{Search, Stages, islands, sequence};
