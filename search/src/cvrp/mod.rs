//! Searches for the capacitated vehicle routing problem.
pub mod ruin;
