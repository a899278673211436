//! Instances of combinatorial-optimisation problems: exact evaluation, file formats, generators and step-wise
//! construction. No learning and no search lives here.

pub mod bandit;
pub mod config;
pub mod construct;
pub mod cvrp;
pub mod disjoint;
pub mod ffsp;
pub mod format;
pub mod generate;
pub mod jssp;
pub mod kdtree;
pub mod knapsack;
pub mod knuth;
pub mod metric;
pub mod mt19937;
pub mod mutate;
pub mod near;
pub mod normal;
pub mod npz;
pub mod problem;
pub mod sets;
mod stated;
pub mod text;
pub mod tsp;
mod tsplib;
pub mod whole;

pub use bandit::{Bandit, Play};
pub use config::ConfigError;
pub use construct::Construct;
pub use cvrp::{Cvrp, Routes};
pub use disjoint::DisjointSets;
pub use ffsp::{Ffsp, Plan};
pub use format::{Format, ParseError, Rounding};
pub use generate::{Generate, SpecError, Stream, stream};
pub use jssp::{Jssp, Schedule};
pub use knapsack::{Knapsack, Selection};
pub use metric::{Distances, Metric};
pub use near::Near;
pub use problem::{COST_LIMIT, Cost, Problem, Violation};
pub use sets::{Instances, SETS, Set};
pub use tsp::{Tour, Tsp};
