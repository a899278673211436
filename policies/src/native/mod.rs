//! Attention models on plain slices: forward passes and their gradients by hand, without a tensor library.
//!
//! One instance at a time: all its matrices fit the L2 cache, and callers spread instances over threads
//! ([`spread::spread`]). The network is that of Kwon et al., "POMO: policy optimization with multiple optima", NeurIPS
//! 2020; see [`crate::architecture`] for its options and tensors.

mod decode;
mod decoder;
mod encoder;
pub mod kernels;
mod matrix;
mod model;
mod norm;
mod tables;

pub use decode::{Scratch, Trajectory};
pub use encoder::Encoded;
pub use model::{AttentionModel, Misfit};
