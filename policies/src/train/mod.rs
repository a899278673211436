//! Training: collect trajectories on the native path, weigh them, replay those that teach something, update.
//!
//! One file per idea: [`config`] says what is trained how, [`reinforce`], [`preference`], [`ppo`], [`poppy`] and
//! [`compass`] are the losses in closed form, [`train`] is the loop around them with checkpoints and log. Searches live
//! to the right of this crate: what training needs of them comes in as closures ([`Hooks`]).
//!
//! A run by steps depends on configuration, steps and version only: not on threads, not on interruptions.

mod actor_critic;
mod batched;
mod candidates;
pub mod checkpoint;
mod collect;
pub mod compass;
pub mod config;
mod engine;
pub mod error;
mod fit;
pub mod log;
pub mod loss;
pub mod optimiser;
mod policy_gradient;
pub mod poppy;
pub mod ppo;
pub mod preference;
pub mod problem;
pub mod reinforce;
mod rival;
mod run;
pub mod schedule;
mod step;
#[cfg(test)]
mod tests;
mod validate;

pub use config::{Algorithm, Config};
pub use error::TrainError;
pub use policy_gradient::Improve;
pub use problem::Train;
pub use run::{Budget, Files, Hooks, Job, Progress, Summary, rows, train};
pub use validate::Reference;
