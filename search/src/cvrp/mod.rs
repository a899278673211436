//! Searches for the capacitated vehicle routing problem.

pub mod hgs;
pub mod local;
mod partition;
mod pool;
pub mod ruin;
