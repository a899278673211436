//! Searches for the capacitated vehicle routing problem.

pub mod hgs;
pub mod local;
pub mod ruin;
mod savings;
mod table;
