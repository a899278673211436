//! Learning for coupled restless bandits: SEQUOIA, and a residual on a planner's values.
//!
//! L. Xu, B. Wilder, E. Khalil and M. Tambe, "Reinforcement learning with combinatorial actions for coupled restless
//! bandits", ICLR 2025: a Q-network of actions and state, small enough that the best action is found exactly inside it.
//! [`config`] holds the published settings as the code ran them (`faithful`) and settings under which the method learns
//! what it claims to (`repaired`); [`mod@learn`] is the pipeline, [`replay`] its memory. [`residual`] holds networks
//! that all arms share and that correct a planner's values.
//!
//! Everything is written on [`crate::native::Mlp`] and needs no tensor library: hence its place outside of the feature
//! `train`. Searches live to the right of this crate: the best action for a network comes in as a closure.

pub mod config;
pub mod learn;
pub mod replay;
pub mod residual;

pub use config::{Config, Target};
pub use learn::{Course, Env, Learned, learn};
pub use residual::Residual;
