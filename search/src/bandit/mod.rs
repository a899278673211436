//! Policies for coupled restless bandits, and their simulation.
//!
//! A policy is a [`Player`]: in every step it sees the state and names the actions. What it maximises is a [`Score`]:
//! values of arms, a small ReLU network of the actions, or both. Between the score and the actions stand the tiers of
//! [`argmax`]: the exact [`oracle`] where the score is linear, [`blocks`] where actions share arms and only their
//! number is ruled, [`enumerate`] where sets are few, [`local`] search elsewhere, and [`branch`] and bound for a proof.
//! What they find can be certified by mixed-integer programming ([`certify`]).
//!
//! | file | what it holds |
//! | --- | --- |
//! | [`baselines`] | null, random, sampling, myopic (exact), iterative myopic |
//! | [`planner`] | Lagrangian planners: values of arms under prices, from the start or anew in every step |
//! | [`standing`] | the planner with standing orders: the best set to take again and again, and a step before it |
//! | [`corrected`] | the same with a residual that all instances share, and its training |
//! | [`learned`] | models in files; Q-networks of one instance (SEQUOIA) |
//! | [`simulate`] | episodes with common random numbers, and the [`Search`](crate::Search) that plays them |

pub mod argmax;
pub mod baselines;
pub mod blocks;
pub mod branch;
pub mod certify;
pub mod corrected;
pub mod enumerate;
pub mod learned;
pub mod local;
pub mod oracle;
pub mod planner;
pub mod score;
pub mod simulate;
pub mod standing;

pub use argmax::{Argmax, Tier};
pub use score::{Gate, Score};
pub use simulate::{Player, Simulation, play};
