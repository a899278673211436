//! Searches for the CVRP.

pub mod hgs;
pub mod local;
