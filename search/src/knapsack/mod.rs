//! Searches for the 0-1 knapsack problem.

mod bound;
mod dual;
pub mod exact;
mod expand;
mod split;
mod trail;

pub use exact::Exact;
