//! Searches for the travelling salesman problem.

mod array;
mod assignment;
mod asymmetric;
pub mod branch;
pub mod construct;
mod curve;
pub mod eax;
pub mod exact;
pub mod graph;
pub mod held_karp;
pub mod ils;
pub mod islands;
mod lin_kernighan;
mod neighbours;
mod parts;
mod patching;
mod queue;

pub use curve::Curve;
pub use graph::Graph;
pub use ils::Ils;
pub use islands::LocalSearch;
